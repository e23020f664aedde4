"""Blocks: the faces between streets, and which street lies between which blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geogrid.sources.sample.facts import read_facts
from geogrid.sources.sample.outlines import GRID_M
from geogrid.sources.sample.patches import Junctions, lead_streets

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry import Polygon

    from geogrid.sources.sample.outlines import Land
    from geogrid.sources.sample.streets import Skeleton

__all__ = ["Blocks", "Edges", "find_edges", "lay_out_blocks", "owners"]

# wanted distance between streets (long side, short side of a superblock) and swing,
# by subdistrict: the old town is fine and bent, the east wide and straight
TEXTURE = {
    "370202002": (112.0, 84.0, 0.10),
    "370202004": (104.0, 80.0, 0.10),
    "370202005": (100.0, 80.0, 0.12),
    "370202007": (112.0, 90.0, 0.20),
    "370202009": (160.0, 125.0, 0.20),
    "370202010": (165.0, 125.0, 0.10),
    "370202011": (170.0, 130.0, 0.05),
    "370202012": (170.0, 130.0, 0.05),
    "370202013": (195.0, 145.0, 0.06),
    "370202001": (185.0, 140.0, 0.04),
    "370202014": (190.0, 145.0, 0.06),
}
PARK_SHARE = 0.5
MERGE_AT_RANDOM = 0.07
SLIVER_M2 = 500.0
SLIVER_M = 7.0


@dataclass(frozen=True)
class Edges:
    """Hold the pieces of street between junctions.

    Parameters
    ----------
    lines : ndarray of LineString, (m,)
        Metres.
    left, right : ndarray of int, (m,)
        The faces on either side, in no order; -1 outside.
    """

    lines: NDArray[np.object_]
    left: NDArray[np.int64]
    right: NDArray[np.int64]


@dataclass(frozen=True)
class Blocks:
    """Hold the blocks of the district, seamless.

    Parameters
    ----------
    polygons : ndarray of Polygon, (n,)
        To the street's centre line, metres.
    subdistrict : ndarray of int, (n,)
        Position in ``Land.codes``.
    park : ndarray of str, (n,)
        Name of the park, hill or strip of shore it is; empty for town.
    park_kind : ndarray of str, (n,)
        Its kind, as `geogrid.district.LANDSCAPE_KINDS`.
    courses : ndarray of LineString, (c,)
        The inner streets as drawn, to find an edge's street again.
    course_street : ndarray of int, (c,)
        Which courses are one street, across superblocks.
    """

    polygons: NDArray[np.object_]
    subdistrict: NDArray[np.int64]
    park: NDArray[np.object_]
    park_kind: NDArray[np.object_]
    courses: NDArray[np.object_]
    course_street: NDArray[np.int64]


def owners(polygons: NDArray[np.object_], points: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return for every point the position of the polygon it lies in, or -1."""
    tree = shapely.STRtree(polygons)
    point_ix, polygon_ix = tree.query(points, predicate="within")
    owner = np.full(len(points), -1, dtype=np.int64)
    owner[point_ix[::-1]] = polygon_ix[::-1]
    return owner


def find_edges(polygons: NDArray[np.object_]) -> Edges:
    """Take a coverage apart into the edges between its junctions.

    Parameters
    ----------
    polygons : ndarray of Polygon, (n,)
        A valid coverage.

    Returns
    -------
    Edges
        Every edge once, with the polygons beside it (in no order).
    """
    network = shapely.union_all(shapely.boundary(polygons))
    lines = shapely.get_parts(shapely.line_merge(network))
    first, _ = _segments(lines)
    first = first[np.concatenate([[0], np.cumsum(shapely.get_num_points(lines) - 1)[:-1]])]
    # in a coverage the first segment of an edge is a segment of the faces beside it
    rings, face = shapely.get_rings(polygons, return_index=True)
    side, ring = _segments(rings)
    key, at = np.unique(np.vstack([first, side]), axis=0, return_inverse=True)
    at = at.ravel()
    owner = np.full((len(key), 2), -1, dtype=np.int64)
    mine = face[ring]
    order = np.argsort(at[len(lines) :], kind="stable")
    keys = at[len(lines) :][order]
    head = np.concatenate([[True], keys[1:] != keys[:-1]])
    owner[keys[head], 0] = mine[order][head]
    owner[keys[~head], 1] = mine[order][~head]
    return Edges(lines, owner[at[: len(lines)], 0], owner[at[: len(lines)], 1])


def _segments(
    lines: NDArray[np.object_],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return every segment as (x0, y0, x1, y1), lower end first, and its line."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    inside = line[1:] == line[:-1]
    start, end = xy[:-1][inside], xy[1:][inside]
    swap = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    low, high = np.where(swap[:, None], end, start), np.where(swap[:, None], start, end)
    # snap rounding leaves coordinates equal to well below a millimetre
    return np.round(np.hstack([low, high]), 4), line[1:][inside].astype(np.int64)


def lay_out_blocks(land: Land, skeleton: Skeleton, rng: np.random.Generator) -> Blocks:
    """Draw streets inside the superblocks and return the blocks between them.

    Parameters
    ----------
    land : Land
        The ground.
    skeleton : Skeleton
        Streets that are already there.
    rng : Generator
        Source of the irregularities.

    Returns
    -------
    Blocks
        No block crosses a subdistrict border; slivers are joined to their
        neighbours.
    """
    fixed = [s.line for s in skeleton.streets]
    fixed += [*skeleton.borders, *skeleton.shore_cuts, land.whole.boundary]
    faces = _faces(fixed)
    inner = shapely.point_on_surface(faces)
    parts, owner = shapely.get_parts(np.array(land.polygons), return_index=True)
    at = owners(parts, inner)
    faces, inner, at = faces[at >= 0], inner[at >= 0], at[at >= 0]
    sub = owner[at]
    network = shapely.union_all(shapely.boundary(faces))
    junctions = Junctions(_junction_points(network))
    parks = _parks()
    order = np.lexsort((-shapely.get_y(inner), np.round(shapely.get_x(inner) / 400.0)))
    pieces: list[Polygon] = []
    piece_sub: list[int] = []
    piece_park: list[tuple[str, str]] = []
    courses: list[object] = []
    for i in order:
        face = faces[i]
        shore = not shapely.contains(land.inland, inner[i])
        if shore:
            pieces.append(face)
            piece_sub.append(int(sub[i]))
            piece_park.append(_shore_name(inner[i].x))
            continue
        name = _park_at(face, parks)
        streets: list[object] = []
        if not name[0]:
            wide, deep, bend = TEXTURE[land.codes[sub[i]]]
            streets = list(
                lead_streets(face, (wide, deep), junctions, len(courses), bend=bend, rng=rng)
            )
            courses += streets
        small = 0.34 * wide * deep if streets else 0.0
        for block, park in _divide(face, streets, parks, small, rng=rng):
            pieces.append(block)
            piece_sub.append(int(sub[i]))
            piece_park.append(park if streets else name)
    final, mine = _without_slivers(
        _faces(list(shapely.boundary(np.array(pieces)))), np.array(pieces), np.array(piece_sub)
    )
    names = np.array(piece_park, dtype=object)[mine]
    return Blocks(
        polygons=final,
        subdistrict=np.array(piece_sub)[mine],
        park=names[:, 0],
        park_kind=names[:, 1],
        courses=np.array(courses, dtype=object),
        course_street=_same_street(junctions.pairs, courses),
    )


def _without_slivers(
    faces: NDArray[np.object_], pieces: NDArray[np.object_], sub: NDArray[np.int64]
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Unite the noded faces of each piece; a sliver goes to the face it borders most."""
    mine = owners(pieces, shapely.point_on_surface(faces))
    faces, mine = faces[mine >= 0], mine[mine >= 0]
    for _ in range(4):
        area = shapely.area(faces)
        sliver = (area < SLIVER_M2) | (2 * area / shapely.length(faces) < SLIVER_M)
        mine = _give_away(faces, mine, sub, sliver)
        kept = np.unique(mine)
        united = [shapely.coverage_union_all(faces[mine == k]) for k in kept]
        parts, at = shapely.get_parts(np.array(united, dtype=object), return_index=True)
        if len(parts) == len(faces):
            break
        faces, mine = parts, kept[at]
    # what nothing took in hangs on the outline by a point: fragments of a pier
    solid = shapely.area(faces) > SLIVER_M2 / 5
    return faces[solid], mine[solid]


def _give_away(
    faces: NDArray[np.object_],
    mine: NDArray[np.int64],
    sub: NDArray[np.int64],
    sliver: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Give every sliver to the piece it shares most border with."""
    given = mine.copy()
    tree = shapely.STRtree(faces)
    for i in np.flatnonzero(sliver):
        beside = [int(j) for j in tree.query(faces[i], predicate="intersects") if not sliver[j]]
        shared = [
            faces[i].boundary.intersection(faces[j].boundary).length
            * (1.0 if sub[mine[j]] == sub[mine[i]] else 0.3)
            for j in beside
        ]
        if shared and max(shared) > 0.0:
            given[i] = mine[beside[int(np.argmax(shared))]]
    return given


def _faces(lines: list[object]) -> NDArray[np.object_]:
    """Node all lines and return the faces between them."""
    return shapely.get_parts(shapely.polygonize([shapely.union_all(lines, grid_size=GRID_M)]))


def _junction_points(network: object) -> NDArray[np.float64]:
    """Return the points where at least three edges of the network meet."""
    lines = shapely.get_parts(shapely.line_merge(network))
    ends = np.vstack(
        [
            shapely.get_coordinates(shapely.get_point(lines, 0)),
            shapely.get_coordinates(shapely.get_point(lines, -1)),
        ]
    )
    points, counts = np.unique(np.round(ends, 3), axis=0, return_counts=True)
    return points[counts >= 3]


def _parks() -> list[tuple[str, str, Polygon]]:
    """Draw parks and hills as ellipses."""
    table = read_facts("sketch_landscape")
    turn = np.linspace(0.0, 2 * np.pi, 40, endpoint=False)
    parks = []
    for row in table.itertuples(index=False):
        along, across = row.half_length_m * np.cos(turn), row.half_width_m * np.sin(turn)
        angle = np.radians(row.angle_deg)
        x = row.x + along * np.cos(angle) - across * np.sin(angle)
        y = row.y + along * np.sin(angle) + across * np.cos(angle)
        parks.append((str(row.name), str(row.kind), shapely.polygons(np.column_stack([x, y]))))
    return parks


def _park_at(face: Polygon, parks: list[tuple[str, str, Polygon]]) -> tuple[str, str]:
    """Name the park that covers more than half of a face, if one does."""
    for name, kind, shape in parks:
        if shape.intersects(face) and shape.intersection(face).area > PARK_SHARE * face.area:
            return name, kind
    return "", ""


def _shore_name(x: float) -> tuple[str, str]:
    """Name the strip between shore road and water."""
    table = read_facts("sketch_shore")
    row = table[table["x_to"] >= x].iloc[0]
    return str(row["strip"]), str(row["kind"])


def _same_street(pairs: list[tuple[int, int]], courses: list[object]) -> NDArray[np.int64]:
    """Join courses that continue one another over a junction."""
    ends = shapely.get_coordinates(courses).reshape(len(courses), -1, 2)
    way = ends[:, -1] - ends[:, 0]
    way /= np.hypot(*way.T)[:, None] + 1e-9
    links = [(a, b) for a, b in pairs if a != b and abs(float(way[a] @ way[b])) > 0.9]
    a, b = np.array(links, dtype=np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(len(courses), len(courses)))
    street: NDArray[np.int64] = connected_components(graph, directed=False)[1].astype(np.int64)
    return street


def _divide(
    face: Polygon,
    streets: list[object],
    parks: list[tuple[str, str, Polygon]],
    small_m2: float,
    *,
    rng: np.random.Generator,
) -> list[tuple[Polygon, tuple[str, str]]]:
    """Cut a superblock by its streets; join slivers and the blocks of one park."""
    if not streets:
        return [(face, ("", ""))]
    clipped = [shapely.intersection(s, face) for s in streets]
    cells = list(_faces([face.boundary, *clipped]))
    cells = [c for c in cells if shapely.contains(face, c.point_on_surface())]
    names = [_park_at(c, parks) for c in cells]
    chosen = rng.random(len(cells)) < MERGE_AT_RANDOM
    while True:
        width = [2 * c.area / max(c.length, 1.0) for c in cells]
        poor = [
            i
            for i, c in enumerate(cells)
            if c.area < small_m2
            or (c.area < 3 * small_m2 and (width[i] < 0.42 * small_m2**0.5 or _is_lean(c)))
        ]
        if len(cells) < 2 or not poor:
            break
        i = min(poor, key=lambda j: cells[j].area)
        if not _join(cells, names, i):
            break
    for i in np.flatnonzero(chosen)[::-1]:
        if 2 < i < len(cells) and not names[i][0] and cells[i].area < 3.2 * small_m2:
            _join(cells, names, int(i), strict=True)
    _join_parks(cells, names)
    return list(zip(cells, names, strict=True))


def _is_lean(cell: Polygon) -> bool:
    """Tell a sharp triangle or strip by how badly it fills its circle of equal girth."""
    return bool(4 * np.pi * cell.area / cell.length**2 < 0.42)


def _join(
    cells: list[Polygon], names: list[tuple[str, str]], i: int, *, strict: bool = False
) -> bool:
    """Join one cell to the neighbour that makes the most compact whole."""
    best, best_j = 0.0, -1
    for j, other in enumerate(cells):
        if j == i or not other.intersects(cells[i]):
            continue
        shared = shapely.intersection(cells[i].boundary, other.boundary).length
        if shared < 5.0 or (strict and (names[j] != names[i] or other.area > 2 * cells[i].area)):
            continue
        whole = shapely.union(cells[i], other)
        if whole.geom_type != "Polygon":
            continue
        score = 4 * np.pi * whole.area / whole.length**2 + 0.15 * shared / cells[i].length
        if score > best:
            best, best_j = score, j
    if best_j < 0 or (strict and best < 0.6):
        return False
    cells[best_j] = _union(cells[i], cells[best_j])
    del cells[i], names[i]
    return True


def _join_parks(cells: list[Polygon], names: list[tuple[str, str]]) -> None:
    """Join neighbouring cells of one park, in place."""
    i = 0
    while i < len(cells):
        if names[i][0]:
            for j in range(i + 1, len(cells)):
                if names[j] == names[i]:
                    whole = _union(cells[i], cells[j])
                    if whole.geom_type == "Polygon" and not whole.interiors:
                        cells[i] = whole
                        del cells[j], names[j]
                        i -= 1
                        break
        i += 1


def _union(one: Polygon, other: Polygon) -> Polygon:
    """Unite two noded neighbours."""
    return shapely.union(one, other, grid_size=GRID_M)
