"""Codes and names of grids: 15 digits by community, west to east, north to south."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["grid_name", "number_grids"]

# a code is the community code (12 digits in Shinan) and a serial of three digits
_MOST = 999


def number_grids(
    communities: Sequence[str], centres: NDArray[np.float64]
) -> tuple[list[str], NDArray[np.int64]]:
    """Give every grid of a first issue its code.

    Parameters
    ----------
    communities : sequence of str, length k
        Community code of each grid.
    centres : (k, 2) float64
        A point of each grid, metres east and north.

    Returns
    -------
    codes : list of str, length k
        Community code and serial.
    serials : (k,) int64
        1, 2, ... inside each community, west to east, then north to south.

    Raises
    ------
    InputError
        If a community has more than 999 grids.
    """
    codes = np.asarray(communities, object)
    serials = np.zeros(len(codes), np.int64)
    for community in np.unique(codes):
        rows = np.flatnonzero(codes == community)
        if len(rows) > _MOST:
            msg = f"Community {community} has {len(rows)} grids; three digits number {_MOST}."
            raise InputError(msg, community=community)
        order = np.lexsort((-centres[rows, 1], centres[rows, 0]))
        serials[rows[order]] = np.arange(1, len(rows) + 1)
    return [f"{c}{s:03d}" for c, s in zip(codes, serials, strict=True)], serials


def grid_name(community_name: str, serial: int) -> str:
    """Return the display name, for example 江苏路社区第3网格."""
    return f"{community_name}第{serial}网格"
