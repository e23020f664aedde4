"""The tiling scheme WebMercatorQuad: which square of the world a tile is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["MAX_ZOOM", "Limits", "limits", "tile_bounds", "to_mercator"]

# 4 cm a pixel: finer than what is kept
MAX_ZOOM = 20
_RADIUS_M = 6_378_137.0
# half the width of the square world
_HALF_M = float(np.pi * _RADIUS_M)
# beyond, the square ends
_MOST_LAT = 85.051_128_779_806_59


@dataclass(frozen=True, slots=True)
class Limits:
    """Hold the tiles of one zoom level that have anything in them, borders included.

    Parameters
    ----------
    zoom : int
        Tile matrix.
    min_row, max_row, min_col, max_col : int
        Closed; rows are counted from the north, columns from the west.
    """

    zoom: int
    min_row: int
    max_row: int
    min_col: int
    max_col: int

    def __contains__(self, tile: tuple[int, int]) -> bool:
        """Tell whether a (row, column) is among them."""
        row, col = tile
        return self.min_row <= row <= self.max_row and self.min_col <= col <= self.max_col

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Yield every (row, column)."""
        for row in range(self.min_row, self.max_row + 1):
            for col in range(self.min_col, self.max_col + 1):
                yield row, col


def to_mercator(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Project WGS84 degrees as web maps do (EPSG:3857).

    Parameters
    ----------
    degrees : ndarray of float, shape (n, 2)
        Longitude, latitude.

    Returns
    -------
    ndarray of float, shape (n, 2)
        East and north in the map's own metres, which are 1.24 to the metre in Qingdao.

    Examples
    --------
    >>> to_mercator(np.array([[120.38, 36.06]])).round().tolist()
    [[13400640.0, 4308880.0]]
    """
    angle = np.radians(np.clip(degrees[:, 1], -_MOST_LAT, _MOST_LAT))
    north = _RADIUS_M * np.arctanh(np.sin(angle))
    return np.column_stack([_RADIUS_M * np.radians(degrees[:, 0]), north])


def tile_bounds(zoom: int, row: int, col: int) -> tuple[float, float, float]:
    """Return where a tile lies.

    Parameters
    ----------
    zoom, row, col : int
        Tile matrix, row from the north, column from the west.

    Returns
    -------
    west, north, size : float
        Corner and width in EPSG:3857.
    """
    size = 2.0 * _HALF_M / 2**zoom
    return col * size - _HALF_M, _HALF_M - row * size, size


def limits(extent: tuple[float, float, float, float] | None) -> tuple[Limits, ...]:
    """Return the tiles that an extent meets, zoom by zoom.

    Parameters
    ----------
    extent : tuple of float or None
        West, south, east, north in WGS84 degrees; None: nothing is anywhere.

    Returns
    -------
    tuple of Limits
        For zoom 0 to `MAX_ZOOM`; none without an extent.
    """
    if extent is None:
        return ()
    west, south, east, north = extent
    corners = to_mercator(np.array([[west, north], [east, south]]))
    found = []
    for zoom in range(MAX_ZOOM + 1):
        size = 2.0 * _HALF_M / 2**zoom
        cols = np.floor((corners[:, 0] + _HALF_M) / size)
        rows = np.floor((_HALF_M - corners[:, 1]) / size)
        (first_col, last_col), (first_row, last_row) = (
            np.clip(ends, 0, 2**zoom - 1).astype(int).tolist() for ends in (cols, rows)
        )
        found.append(Limits(zoom, first_row, last_row, first_col, last_col))
    return tuple(found)
