"""Cells: the land shared out to the courtyards, inside faces nothing may cross.

The faces are what barriers and community borders leave of the land, gated
compounds taken out. Inside each, every courtyard gets the ground that is
nearer to its outline than to any other's (an enclosed tessellation: Fleischmann
et al. 2020, doi:10.1016/j.compenvurbsys.2019.101441).
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.errors import TopologyError
from geogrid.space.grouping import rows_by_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["Enclosures", "clean_coverage", "find_enclosures", "map_pieces", "tessellate"]

_LOG = logging.getLogger(__name__)

# courtyards often share a wall: stepping back keeps their outline points apart
_STEP_BACK_M = 1.0
# outline points so close that the border between two courtyards is straight, not a saw
_OUTLINE_M = 2.0
# gaps and overlaps that rounding may leave; DOMAIN section 4 allows 0.1 m
_SNAP_M = 0.01
# shapes made and cleaned at a time: cleaning takes about 60 kB a cell
_PIECE = 2_000
# seams fit as they come; rounds are for what nobody has seen yet
_SEAM_ROUNDS = 5


@dataclass(frozen=True)
class Enclosures:
    """Hold the faces of the district and where each courtyard lies.

    Parameters
    ----------
    faces : (f,) Polygon or MultiPolygon
        Land between barriers and borders, compounds taken out. Metres.
    face_ix : (n,) int64
        The face of each courtyard.
    loose_ends : (m,) LineString
        Barrier lines that enclose nothing: they may still cut a link.
    """

    faces: NDArray[np.object_]
    face_ix: NDArray[np.int64]
    loose_ends: NDArray[np.object_]


def find_enclosures(
    courtyards: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    compounds: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame,
) -> Enclosures:
    """Cut the communities into faces along the barriers.

    Parameters
    ----------
    courtyards, communities, compounds : GeoDataFrame
        Layers of one district. Metres; ``community_code`` on the first two.
    barriers : GeoDataFrame
        From `geogrid.space.barriers.barriers_of`.

    Returns
    -------
    Enclosures
        One face a courtyard: that of its own community which holds most of it.

    Raises
    ------
    TopologyError
        If a courtyard lies in no face of its community (for example wholly in
        a river); names the courtyards.
    """
    borders = communities.geometry.boundary.to_numpy()
    lines = barriers.geometry.to_numpy()
    areal = shapely.get_dimensions(lines) == 2
    rims = np.concatenate([borders, lines[~areal], shapely.boundary(lines[areal])])
    noded = shapely.get_parts(shapely.union_all(rims, grid_size=0.001))
    faces, cuts, dangles, _ = shapely.polygonize_full(noded)
    faces = shapely.get_parts(faces)
    loose = np.concatenate([shapely.get_parts(cuts), shapely.get_parts(dangles)])

    inside = shapely.point_on_surface(faces)
    face_of, community_of = communities.sindex.query(inside, predicate="intersects")
    # polygons handed in with overlaps would name two communities: the first counts
    owner = np.full(len(faces), -1, np.int64)
    owner[face_of[::-1]] = community_of[::-1]
    if areal.any():
        drowned, _ = shapely.STRtree(lines[areal]).query(inside, predicate="intersects")
        owner[drowned] = -1

    codes = communities["community_code"].to_numpy()
    own = np.where(owner >= 0, codes[np.maximum(owner, 0)], "")
    face_ix = _place(courtyards, faces, own)
    if len(compounds):
        faces = _without(faces, np.unique(face_ix), compounds.geometry.to_numpy())
    return Enclosures(faces, face_ix, loose)


def _place(
    courtyards: gpd.GeoDataFrame, faces: NDArray[np.object_], own: NDArray[np.object_]
) -> NDArray[np.int64]:
    """Return for each courtyard the face of its community that holds most of it."""
    shapes = courtyards.geometry.to_numpy()
    row, face = shapely.STRtree(faces).query(shapes, predicate="intersects")
    code = courtyards["community_code"].to_numpy()
    keep = own[face] == code[row]
    row, face = row[keep], face[keep]
    share = shapely.area(shapely.intersection(shapes[row], faces[face]))
    # by courtyard, largest share first; points share nothing and take any face they touch
    order = np.lexsort((face, -share, row))
    row, face = row[order], face[order]
    rows, first = np.unique(row, return_index=True)
    lost = np.setdiff1d(np.arange(len(shapes)), rows)
    if len(lost):
        ids = courtyards["courtyard_id"].iloc[lost].tolist()
        msg = (
            f"{len(lost)} courtyards lie in no land of their community "
            f"({', '.join(map(str, ids[:8]))}): wholly in a river or on a barrier; move them."
        )
        raise TopologyError(msg, courtyards=ids)
    placed: NDArray[np.int64] = face[first]
    return placed


def _without(
    faces: NDArray[np.object_], used: NDArray[np.int64], compounds: NDArray[np.object_]
) -> NDArray[np.object_]:
    """Take the compounds out of the faces that hold courtyards."""
    faces = faces.copy()
    hit, compound = shapely.STRtree(compounds).query(faces[used], predicate="intersects")
    for face, rows in zip(used, rows_by_label(hit, len(used)), strict=True):
        if len(rows):
            gated = shapely.union_all(compounds[compound[rows]])
            faces[face] = shapely.difference(faces[face], gated)
    return faces


def tessellate(courtyards: gpd.GeoDataFrame, enclosures: Enclosures) -> gpd.GeoDataFrame:
    """Share the land of each face out to its courtyards.

    Parameters
    ----------
    courtyards : GeoDataFrame, n rows
        ``courtyard_id``; points or polygons that do not overlap. Metres.
    enclosures : Enclosures
        Their faces.

    Returns
    -------
    GeoDataFrame, n rows
        ``courtyard_id`` and the cell: a valid coverage, in the same order.

    Raises
    ------
    TopologyError
        If a courtyard gets no land (it lies wholly inside another one or in a
        compound), or the coverage cannot be made valid.
    """
    import geopandas as gpd

    shapes = courtyards.geometry.to_numpy()
    cells = clean_coverage(_shared_out(shapes, enclosures), len(shapes))
    ids = courtyards["courtyard_id"].to_numpy()
    bare = shapely.is_empty(cells) | (shapely.area(cells) <= 0)
    if bare.any():
        names = ids[bare].tolist()
        msg = (
            f"{len(names)} courtyards get no land of their own ({', '.join(map(str, names[:8]))}): "
            "they lie inside another courtyard or a gated compound; mend the overlap."
        )
        raise TopologyError(msg, courtyards=names)
    misfits = _misfits(cells, np.arange(len(cells)))
    if len(misfits):
        broken = ids[misfits].tolist()
        msg = f"The cells of courtyards {', '.join(map(str, broken[:8]))} do not fit together."
        raise TopologyError(msg, courtyards=broken)
    return gpd.GeoDataFrame({"courtyard_id": ids}, geometry=cells, crs=courtyards.crs)


def _shared_out(
    shapes: NDArray[np.object_], enclosures: Enclosures
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.object_]]]:
    """Hand out rows and their cells as they come, some neighbouring faces at a time."""
    used, face_ix = np.unique(enclosures.face_ix, return_inverse=True)
    members = rows_by_label(face_ix, len(used))
    faces = enclosures.faces[used]
    for piece in map_pieces(faces, np.array([len(rows) for rows in members])):
        rows = np.concatenate([members[i] for i in piece])
        cells = np.concatenate([_share_out(shapes[members[i]], faces[i]) for i in piece])
        order = np.argsort(rows)
        yield rows[order], cells[order]


def _share_out(shapes: NDArray[np.object_], face: shapely.Geometry) -> NDArray[np.object_]:
    """Return the cell of each shape inside one face."""
    if len(shapes) == 1:
        return _own_pieces(np.array([face], object), shapes)
    stepped = shapely.buffer(shapes, -_STEP_BACK_M, join_style="mitre")
    # a shape too thin to step back from keeps a point
    gone = shapely.is_empty(stepped)
    stepped[gone] = shapely.point_on_surface(shapes[gone])
    outline = shapely.segmentize(stepped, _OUTLINE_M)
    points, owner = shapely.get_coordinates(outline, return_index=True)
    # coincident points give the land between them to the first
    points, first = np.unique(points.round(3), axis=0, return_index=True)
    owner = owner[first]
    # around the face's own corner: with northings of seven digits before the point,
    # the diagram loses the digits that keep its tiles from crossing themselves
    corner = np.floor(points.min(axis=0))
    near_face = shapely.transform(face, lambda xy: xy - corner)
    diagram = shapely.voronoi_polygons(
        shapely.multipoints(points - corner), extend_to=near_face, ordered=True
    )
    tiles = shapely.get_parts(diagram)
    crossed = ~shapely.is_valid(tiles)
    if crossed.any():
        _LOG.info("mended %d tiles of a face with %d courtyards", crossed.sum(), len(shapes))
        tiles[crossed] = shapely.make_valid(tiles[crossed])
    # tiles fit together as they come: no need to look for crossings, unless some were mended
    union = shapely.union_all if crossed.any() else shapely.coverage_union_all
    raw = np.array([union(tiles[rows]) for rows in rows_by_label(owner, len(shapes))], object)
    cells = shapely.intersection(raw, near_face)
    return _own_pieces(shapely.transform(cells, lambda xy: xy + corner), shapes)


def _own_pieces(cells: NDArray[np.object_], shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Keep of each cell the pieces that its courtyard touches.

    What lies behind a compound is nearer to the courtyard only as the crow
    flies; kept, it would make neighbours of courtyards that are none.
    """
    pieces, owner = shapely.get_parts(_polygonal(cells), return_index=True)
    touched = shapely.intersects(pieces, shapes[owner])
    out = np.full(len(cells), shapely.Polygon(), object)
    pieces, owner = pieces[touched], owner[touched]
    for i, rows in enumerate(rows_by_label(owner, len(cells))):
        if len(rows):
            mine = pieces[rows]
            out[i] = mine[0] if len(mine) == 1 else shapely.multipolygons(mine)
    return out


def clean_coverage(
    pieces: Iterable[tuple[NDArray[np.int64], NDArray[np.object_]]], n: int
) -> NDArray[np.object_]:
    """Make polygons fit together: the same corners on both sides, no overlap.

    Cleaning holds many times its input in memory, so a city is cleaned piece by
    piece, each with what it touches of the pieces before it; corners that fit
    already stay where they are. Where pieces are made as they are asked for, raw
    and clean polygons of a whole city never exist at once.

    Parameters
    ----------
    pieces : iterable of ((m,) int64, (m,) Polygon or MultiPolygon)
        Row numbers and polygons, nearly a coverage; each row in one piece. Metres.
    n : int
        How many rows there are.

    Returns
    -------
    (n,) Polygon or MultiPolygon
        Moved by no more than a centimetre.
    """
    out = np.full(n, None, object)
    n_cleaned = 0
    for rows, shapes in pieces:
        for part in map_pieces(shapes):
            before = _touched(out, shapes[part])
            together = np.concatenate([before, rows[part]])
            out[together] = _clean(np.concatenate([out[before], shapes[part]]))
            n_cleaned += 1
    rows = np.arange(n)
    for _ in range(_SEAM_ROUNDS if n_cleaned > 1 else 0):
        broken = _misfits(out, rows)
        if not len(broken):
            break
        rows = _touched(out, out[broken])
        out[rows] = _clean(out[rows])
    return out


def map_pieces(
    shapes: NDArray[np.object_], sizes: NDArray[np.int64] | None = None
) -> list[NDArray[np.int64]]:
    """Cut a map into compact pieces that are small enough to work on at a time.

    Parameters
    ----------
    shapes : (n,) geometry
        Metres.
    sizes : (n,) int64, optional
        What each counts, at least 1; by default 1.

    Returns
    -------
    list of (m,) int64
        Row numbers, ascending, of about `_PIECE` counts.
    """
    sizes = np.ones(len(shapes), np.int64) if sizes is None else sizes
    bounds = shapely.bounds(shapes)
    east, north = bounds[:, 0] + bounds[:, 2], bounds[:, 1] + bounds[:, 3]

    def cut(rows: NDArray[np.int64], n_cuts: int) -> list[NDArray[np.int64]]:
        begins = np.cumsum(sizes[rows]) - sizes[rows]
        ends = np.searchsorted(begins * n_cuts, sizes[rows].sum() * np.arange(1, n_cuts))
        return np.split(rows, ends)

    n_pieces = sizes.sum() / _PIECE
    pieces = []
    for band in cut(np.argsort(north, kind="stable"), max(math.ceil(math.sqrt(n_pieces)), 1)):
        row = band[np.argsort(east[band], kind="stable")]
        pieces += cut(row, max(math.ceil(sizes[row].sum() / _PIECE), 1))
    return [np.sort(rows) for rows in pieces if len(rows)]


def _touched(shapes: NDArray[np.object_], by: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return the rows of the shapes that some others touch, or nearly; None touches nothing."""
    rows, _ = shapely.STRtree(by).query(shapes, predicate="dwithin", distance=_SNAP_M)
    touched: NDArray[np.int64] = np.unique(rows)
    return touched


def _misfits(cells: NDArray[np.object_], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return those of some rows that do not fit together with every cell around them."""
    tree = shapely.STRtree(cells)
    found = [np.zeros(0, np.int64)]
    for piece in map_pieces(cells[rows]):
        _, around = tree.query(cells[rows[piece]])
        near = np.unique(around)
        wrong = ~shapely.is_empty(shapely.coverage_invalid_edges(cells[near]))
        found.append(np.intersect1d(near[wrong], rows[piece]))
    return np.concatenate(found)


def _clean(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Clean shapes in one go, and pack their corners, which cleaning leaves four times as big."""
    # the type stubs are older than the function
    cleaned = shapely.coverage_clean(shapes, snapping_distance=_SNAP_M)  # type: ignore[attr-defined]
    packed: NDArray[np.object_] = shapely.force_2d(_polygonal(cleaned))
    return packed


def _polygonal(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Drop the points and lines that clipping leaves beside polygons."""
    out = shapes.copy()
    for i in np.flatnonzero(shapely.get_type_id(shapes) == 7):
        parts = shapely.get_parts(shapes[i])
        areas = parts[shapely.get_dimensions(parts) == 2]
        out[i] = shapely.union_all(areas) if len(areas) else shapely.Polygon()
    return out
