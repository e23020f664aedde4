"""Roads: the edges between blocks with their names and ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geogrid.sources.sample.facts import read_facts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.sources.sample.blocks import Blocks, Edges
    from geogrid.sources.sample.outlines import Land
    from geogrid.sources.sample.streets import Skeleton

__all__ = ["HALF_WIDTH_M", "Roads", "name_roads", "walkable"]

# from the centre line to the front of a lot
HALF_WIDTH_M = {
    "arterial": 15.0,
    "secondary": 9.0,
    "lane": 6.0,
    "path": 3.0,
    "rail": 16.0,
    "river": 12.0,
    "coast": 4.0,
}
ON_M = 1.5
# a border or outline takes the name of the drawn street that runs this near
NAMING_M = 120.0
SECONDARY_RUN_M = 650.0


@dataclass(frozen=True)
class Roads:
    """Hold what runs along every edge of the block map.

    Parameters
    ----------
    kind : ndarray of str, (m,)
        A road rank, or ``river``, ``coast``.
    name : ndarray of str, (m,)
        Street name; empty for paths and the coast.
    """

    kind: NDArray[np.object_]
    name: NDArray[np.object_]


def walkable(kind: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which edges can be walked."""
    return ~np.isin(kind, ["rail", "river", "coast"])


def name_roads(land: Land, skeleton: Skeleton, blocks: Blocks, edges: Edges) -> Roads:
    """Give every edge the rank and the name of the street it is part of.

    Parameters
    ----------
    land : Land
        For the coast.
    skeleton : Skeleton
        Named streets.
    blocks : Blocks
        The inner streets as they were drawn.
    edges : Edges
        The edges, metres.

    Returns
    -------
    Roads
        Names of inner streets come from the subdistrict's list in
        ``street_names.csv``; none is used twice.
    """
    middle = shapely.line_interpolate_point(edges.lines, 0.5, normalized=True)
    m = len(edges.lines)
    kind = np.full(m, "", dtype=object)
    name = np.full(m, "", dtype=object)
    outer = (edges.left < 0) | (edges.right < 0)
    sea = shapely.distance(middle, land.sea) < 4.0
    kind[outer & sea] = "coast"
    _take(kind, name, middle, np.array([s.line for s in skeleton.streets]), skeleton.streets)
    cuts = np.array(skeleton.shore_cuts, dtype=object)
    at, gap = _nearest(cuts, middle)
    kind[(kind == "") & (gap < ON_M)] = "path"
    border = (kind == "") & (
        outer | (shapely.distance(middle, shapely.union_all(list(skeleton.borders))) < ON_M)
    )
    near, gap = _nearest(np.array([s.line for s in skeleton.naming]), middle)
    for e in np.flatnonzero(border & (gap < NAMING_M)):
        street = skeleton.naming[near[e]]
        if _parallel(edges.lines[e], street.line):
            kind[e], name[e] = street.kind, street.name
    group = np.full(m, -1, dtype=np.int64)
    at, gap = _nearest(blocks.courses, middle)
    inner = (kind == "") & ~border & (gap < ON_M)
    group[inner] = blocks.course_street[at[inner]]
    # what is left: borders no drawn street runs along; one street per pair of sides
    n_streets = int(blocks.course_street.max()) + 1
    side = np.column_stack([edges.left, edges.right])
    subs = np.where(side >= 0, blocks.subdistrict[side], -1)
    rest = kind == ""
    group[rest & ~inner] = n_streets + (subs.max(axis=1) * 64 + subs.min(axis=1) + 1)[rest & ~inner]
    length = shapely.length(edges.lines)
    run = np.bincount(group[rest], weights=length[rest])
    kind[rest] = np.where(
        (run[group[rest]] > SECONDARY_RUN_M) & (group[rest] % 3 == 0) | border[rest],
        "secondary",
        "lane",
    )
    name[rest] = _names(group[rest], length[rest], subs.max(axis=1)[rest], land.codes, set(name))
    _cut_off(edges, kind, name)
    return Roads(kind, name)


def _take(
    kind: NDArray[np.object_],
    name: NDArray[np.object_],
    middle: NDArray[np.object_],
    lines: NDArray[np.object_],
    streets: object,
) -> None:
    """Fill in the edges that lie on a skeleton street."""
    at, gap = _nearest(lines, middle)
    for e in np.flatnonzero((gap < ON_M) & (kind == "")):
        kind[e], name[e] = streets[at[e]].kind, streets[at[e]].name  # type: ignore[index]


def _nearest(
    lines: NDArray[np.object_], points: NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the nearest line of every point and its distance."""
    tree = shapely.STRtree(lines)
    at = tree.nearest(points)
    return at, shapely.distance(points, lines[at])


def _parallel(edge: object, street: object) -> bool:
    """Tell whether an edge runs along a street rather than across it."""
    ends = shapely.get_coordinates(edge)[[0, -1]]
    at = shapely.line_locate_point(street, shapely.points(ends))
    span = float(np.hypot(*(ends[1] - ends[0])))
    return bool(abs(at[1] - at[0]) > 0.6 * span)


def _names(
    group: NDArray[np.int64],
    length: NDArray[np.float64],
    sub: NDArray[np.int64],
    codes: tuple[str, ...],
    used: set[str],
) -> NDArray[np.object_]:
    """Name the inner streets, the longest first, from their subdistrict's list."""
    table = read_facts("street_names")
    pools = {
        str(c): [n for n in str(names).split() if n not in used]
        for c, names in zip(table["subdistrict_code"], table["names"], strict=True)
    }
    bases = {code: list(pool) for code, pool in pools.items()}
    taken = set(used) | {n for pool in pools.values() for n in pool}
    groups, first = np.unique(group, return_inverse=True)
    run = np.bincount(first, weights=length)
    names = np.full(len(groups), "", dtype=object)
    for g in np.argsort(-run, kind="stable"):
        mine = first == g
        code = codes[int(np.bincount(sub[mine]).argmax())]
        if pools[code]:
            names[g] = pools[code].pop(0)
        else:
            names[g] = _branch(bases[code], taken)
    return names[first]


def _branch(bases: list[str], taken: set[str]) -> str:
    """Make the name of a branch street once the list is used up."""
    for prefix in ("", "一", "二", "三", "四", "五"):
        for base in bases:
            name = f"{base.removesuffix('路')}{prefix}支路"
            if name not in taken:
                taken.add(name)
                return name
    msg = "street_names.csv is too short"
    raise AssertionError(msg)


def _cut_off(edges: Edges, kind: NDArray[np.object_], name: NDArray[np.object_]) -> None:
    """Turn edges that the walking network does not reach into nameless coast, in place."""
    walk = np.flatnonzero(walkable(kind))
    ends = np.vstack(
        [
            shapely.get_coordinates(shapely.get_point(edges.lines[walk], 0)),
            shapely.get_coordinates(shapely.get_point(edges.lines[walk], -1)),
        ]
    )
    _, node = np.unique(np.round(ends, 2), axis=0, return_inverse=True)
    node = node.ravel()
    a, b = node[: len(walk)], node[len(walk) :]
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(node.max() + 1, node.max() + 1))
    label = connected_components(graph, directed=False)[1]
    lost = walk[label[a] != np.bincount(label[a]).argmax()]
    kind[lost], name[lost] = "coast", ""
