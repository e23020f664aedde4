"""Codes and names of grids: 15 digits by community, west to east, north to south."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import InputError
from geogrid.space.grouping import rows_by_label

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

__all__ = ["grid_name", "number_grids", "split_code"]

# a code is the community code (12 digits in Shinan) and a serial of three digits
_MOST = 999


def number_grids(
    communities: Sequence[str],
    centres: NDArray[np.float64],
    *,
    kept: Sequence[str] = (),
    used: Collection[str] = (),
) -> tuple[list[str], NDArray[np.int64]]:
    """Give every grid its code: survivors keep theirs, no code comes back.

    Parameters
    ----------
    communities : sequence of str, length k
        Community code of each grid.
    centres : (k, 2) float64
        A point of each grid, metres east and north.
    kept : sequence of str, length k, optional
        Code of the old grid that each carries on; empty text for none. One that
        is not the grid's own community and three digits is not kept.
    used : collection of str, optional
        Every code that was ever given, kept or not.

    Returns
    -------
    codes : list of str, length k
        Community code and serial.
    serials : (k,) int64
        Inside each community the old ones, then from the highest ever given
        upwards (from 1 where there is none), west to east, then north to south.

    Raises
    ------
    InputError
        If a community needs more than 999 serials.
    """
    names, community_ix = np.unique(np.asarray(communities, object), return_inverse=True)
    serials = np.zeros(len(communities), np.int64)
    if len(kept):
        old = zip(communities, map(split_code, kept), strict=True)
        serials[:] = [serial if head == community else 0 for community, (head, serial) in old]
    highest: dict[str, int] = {}
    for head, serial in map(split_code, used):
        highest[head] = max(serial, highest.get(head, 0))
    members = rows_by_label(community_ix, len(names))
    for community, rows in zip(names.tolist(), members, strict=True):
        fresh = rows[serials[rows] == 0]
        last = highest.get(community, 0) + len(fresh)
        if last > _MOST:
            msg = f"Community {community} needs serials up to {last}; three digits number {_MOST}."
            raise InputError(msg, community=community)
        order = np.lexsort((-centres[fresh, 1], centres[fresh, 0]))
        serials[fresh[order]] = np.arange(last - len(fresh) + 1, last + 1)
    return [f"{c}{s:03d}" for c, s in zip(communities, serials, strict=True)], serials


def split_code(code: str) -> tuple[str, int]:
    """Return the community and the serial of a code.

    Parameters
    ----------
    code : str
        A grid's.

    Returns
    -------
    community : str
        The whole code where it is of another form.
    serial : int
        0 then.
    """
    head, digits = code[:-3], code[-3:]
    fits = len(digits) == 3 and digits.isascii() and digits.isdigit()
    return (head, int(digits)) if fits else (code, 0)


def grid_name(community_name: str, serial: int) -> str:
    """Return the display name, for example 江苏路社区第3网格."""
    return f"{community_name}第{serial}网格"
