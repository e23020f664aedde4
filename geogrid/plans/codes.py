"""Codes and names of grids: 15 digits by community, west to east, north to south."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

__all__ = ["grid_name", "number_grids"]

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
    codes = np.asarray(communities, object)
    serials = np.zeros(len(codes), np.int64)
    for community in np.unique(codes):
        rows = np.flatnonzero(codes == community)
        if len(kept):
            serials[rows] = [_serial(kept[row], community) for row in rows.tolist()]
        fresh = rows[serials[rows] == 0]
        highest = max((_serial(code, community) for code in used), default=0)
        if highest + len(fresh) > _MOST:
            msg = (
                f"Community {community} needs serials up to {highest + len(fresh)}; three digits "
                f"number {_MOST}."
            )
            raise InputError(msg, community=community)
        order = np.lexsort((-centres[fresh, 1], centres[fresh, 0]))
        serials[fresh[order]] = highest + np.arange(1, len(fresh) + 1)
    return [f"{c}{s:03d}" for c, s in zip(codes, serials, strict=True)], serials


def _serial(code: str, community: str) -> int:
    """Return the serial of a code of a community, 0 if it is of another form."""
    digits = code.removeprefix(community)
    fits = len(digits) == 3 and digits.isascii() and digits.isdigit()
    return int(digits) if fits and len(code) == len(community) + 3 else 0


def grid_name(community_name: str, serial: int) -> str:
    """Return the display name, for example 江苏路社区第3网格."""
    return f"{community_name}第{serial}网格"
