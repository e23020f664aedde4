"""Contiguity: which courtyards are neighbours, and what lies between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.space.barriers import worst_barrier

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.space.cells import Enclosures

__all__ = ["find_neighbours"]

# a link that touches a barrier within this is taken to cross it (rounding)
_TOUCH_M = 0.05
# borders shorter than this are points that rounding drew out
_POINT_M = 0.05
# pairs whose borders are held at a time: a border has a piece for every bend
_BATCH = 5_000


def find_neighbours(
    courtyards: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    enclosures: Enclosures,
    barriers: gpd.GeoDataFrame,
    *,
    max_link_m: float,
) -> pd.DataFrame:
    """Find the pairs of courtyards whose cells meet, or face each other over a barrier.

    Parameters
    ----------
    courtyards, cells : GeoDataFrame, n rows each
        In the same order. Metres.
    enclosures : Enclosures
        Faces and loose ends.
    barriers : GeoDataFrame
        From `geogrid.space.barriers.barriers_of`.
    max_link_m : float
        Pairs over area barriers are looked for up to this straight distance.

    Returns
    -------
    DataFrame
        ``a_ix, b_ix`` (rows, a < b), ``border_m``, ``straight_m``, ``barrier``
        (None or kind), sorted.
    """
    import pandas as pd

    places = shapely.point_on_surface(courtyards.geometry.to_numpy())
    loose = shapely.STRtree(enclosures.loose_ends)
    batches = []
    for a, b, border_m, links in _rook_pairs(cells.geometry.to_numpy(), places):
        # inside one face only a barrier with a loose end can stand between two cells
        may_cross = enclosures.face_ix[a] != enclosures.face_ix[b]
        may_cross[loose.query(links, predicate="intersects")[0]] = True
        barrier = np.full(len(a), None, object)
        barrier[may_cross] = worst_barrier(links[may_cross], barriers, within_m=_TOUCH_M)
        batches.append((a, b, border_m, barrier))
    a, b, border_m, barrier = (np.concatenate(column) for column in zip(*batches, strict=True))

    far_a, far_b, far_kind = _pairs_over_areas(places, barriers, (a, b), max_link_m)
    a, b = np.concatenate([a, far_a]), np.concatenate([b, far_b])
    frame = pd.DataFrame(
        {
            "a_ix": a,
            "b_ix": b,
            "border_m": np.concatenate([border_m, np.zeros(len(far_a))]),
            "straight_m": shapely.distance(places[a], places[b]),
            "barrier": np.concatenate([barrier, far_kind]),
        }
    )
    return frame.sort_values(["a_ix", "b_ix"], ignore_index=True)


def _rook_pairs(
    cells: NDArray[np.object_], places: NDArray[np.object_]
) -> Iterator[
    tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.object_]]
]:
    """Hand out the pairs of cells that share a border, its length and the link over it."""
    a, b = shapely.STRtree(cells).query(cells, predicate="intersects")
    keep = a < b
    a, b = a[keep], b[keep]
    # an empty batch too: then there are columns, with nothing in them
    for begin in range(0, max(len(a), 1), _BATCH):
        left, right = a[begin : begin + _BATCH], b[begin : begin + _BATCH]
        near, at = np.unique(np.concatenate([left, right]), return_inverse=True)
        rims = shapely.boundary(cells[near])[at]
        shared = shapely.intersection(rims[: len(left)], rims[len(left) :])
        length = shapely.length(shared)
        met = length > _POINT_M
        left, right = left[met], right[met]
        yield left, right, length[met], _links(places[left], places[right], shared[met])


def _links(
    start: NDArray[np.object_], end: NDArray[np.object_], border: NDArray[np.object_]
) -> NDArray[np.object_]:
    """Return the walk from place to place through the nearest point of their border."""
    if not len(start):
        return np.zeros(0, object)
    straight = shapely.linestrings(
        np.stack([shapely.get_coordinates(start), shapely.get_coordinates(end)], axis=1)
    )
    door = shapely.get_point(shapely.shortest_line(border, straight), 0)
    links: NDArray[np.object_] = np.asarray(
        shapely.linestrings(
            np.stack([shapely.get_coordinates(p) for p in (start, door, end)], axis=1)
        )
    )
    return links


def _pairs_over_areas(
    places: NDArray[np.object_],
    barriers: gpd.GeoDataFrame,
    known: tuple[NDArray[np.int64], NDArray[np.int64]],
    max_link_m: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.object_]]:
    """Return the pairs that face each other over an area barrier such as a river."""
    from scipy.spatial import Delaunay, QhullError

    none = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, object)
    areal = shapely.get_dimensions(barriers.geometry.to_numpy()) == 2
    if not areal.any() or len(places) < 4:
        return none
    xy = shapely.get_coordinates(places)
    try:
        triangles = Delaunay(xy).simplices.astype(np.int64)
    except QhullError:
        # all courtyards on one line or in one place: nothing faces anything
        return none
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    n = len(places)
    pairs = pairs[~np.isin(pairs[:, 0] * n + pairs[:, 1], known[0] * n + known[1])]
    pairs = pairs[np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T) <= max_link_m]
    if not len(pairs):
        return none
    links = shapely.linestrings(xy[pairs])
    over_area = worst_barrier(links, barriers[areal].reset_index(drop=True), within_m=0.0)
    kind = worst_barrier(links, barriers, within_m=0.0)
    keep = np.array([k is not None for k in over_area], bool)
    return pairs[keep, 0], pairs[keep, 1], kind[keep]
