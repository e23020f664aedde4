"""Addresses: road and house number, odd on one side, even on the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["number_houses"]

# one house number on a side for so many metres of street
METRES_PER_NUMBER = 26.0


def number_houses(
    lots: NDArray[np.object_], lines: NDArray[np.object_], names: NDArray[np.object_]
) -> tuple[list[str], list[int]]:
    """Give every lot a number on its street.

    Parameters
    ----------
    lots : ndarray of Polygon, (n,)
        The lots.
    lines : ndarray of LineString, (m,)
        Named pieces of street.
    names : ndarray of str, (m,)
        Their names.

    Returns
    -------
    (list of str, list of int)
        Street name and number of every lot; no pair occurs twice, numbers rise
        along the street.
    """
    tree = shapely.STRtree(lines)
    centres = shapely.centroid(lots)
    # the front is the nearest street; the centre decides between the two of a corner lot
    piece = tree.nearest(
        shapely.line_interpolate_point(
            shapely.shortest_line(centres, lines[tree.nearest(centres)]), 0.5, normalized=True
        )
    )
    street = names[piece].astype(str)
    number = np.zeros(len(lots), dtype=np.int64)
    xy = shapely.get_coordinates(centres)
    foot = shapely.get_coordinates(
        shapely.line_interpolate_point(
            lines[piece], shapely.line_locate_point(lines[piece], centres)
        )
    )
    start = shapely.get_coordinates(shapely.get_point(lines, 0))
    end = shapely.get_coordinates(shapely.get_point(lines, -1))
    for name in sorted(set(street)):
        mine = np.flatnonzero(street == name)
        course = names == name
        points = np.vstack([start[course], end[course]])
        axis = _axis(points)
        low = float((points @ axis).min())
        along = foot[mine] @ axis - low
        way = end[piece[mine]] - start[piece[mine]]
        way *= np.where(way @ axis < 0, -1.0, 1.0)[:, None]
        off = xy[mine] - foot[mine]
        left = way[:, 0] * off[:, 1] - way[:, 1] * off[:, 0] > 0
        for side in (False, True):
            here = np.flatnonzero(left == side)
            last = 0 if side else -1
            for i in here[np.lexsort((mine[here], along[here]))]:
                step = 2 * int(along[i] // METRES_PER_NUMBER) + (2 if side else 1)
                last = max(step, last + 2)
                number[mine[i]] = last
    return list(street), [int(v) for v in number]


def _axis(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the main direction of a street, pointing east or south."""
    spread = points - points.mean(axis=0)
    _, vectors = np.linalg.eigh(spread.T @ spread + np.eye(2) * 1e-9)
    axis = vectors[:, 1]
    main = axis[0] if abs(axis[0]) > abs(axis[1]) else -axis[1]
    return np.asarray(axis if main > 0 else -axis)
