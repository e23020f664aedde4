"""The skeleton: arterials, shore road, borders, rail and rivers, trimmed to fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.sources.sample.facts import read_facts, split_line_table

if TYPE_CHECKING:
    from shapely.geometry import LineString, Point
    from shapely.geometry.base import BaseGeometry

    from geogrid.sources.sample.outlines import Land

__all__ = ["Skeleton", "Street", "draw_skeleton"]

# a drawn street closer than this to one already there runs on it instead of beside it
PARALLEL_M = 75.0
# crossings leave shorter pieces inside that distance than parallel courses do
PARALLEL_RUN_M = 240.0
END_REACH_M = 130.0
SHORT_M = 130.0
SHORE_CUT_M = 330.0
# behind a headland the shore road is this far from the water at most
SHORE_REACH_M = 450.0


@dataclass(frozen=True)
class Street:
    """Hold one course of a street (or rail, river) with its name and rank."""

    name: str
    kind: str
    line: LineString


@dataclass(frozen=True)
class Skeleton:
    """Hold the lines that all others are fitted between.

    Parameters
    ----------
    streets : tuple of Street
        Courses that cut the land, shore road first.
    borders : tuple of LineString
        Subdistrict borders; they are streets too.
    naming : tuple of Street
        Drawn courses before trimming: a border near one takes its name.
    shore_cuts : tuple of LineString
        Short paths from the shore road to the water.
    """

    streets: tuple[Street, ...]
    borders: tuple[LineString, ...]
    naming: tuple[Street, ...]
    shore_cuts: tuple[LineString, ...]


def draw_skeleton(land: Land) -> Skeleton:
    """Fit the drawn streets to the land.

    Parameters
    ----------
    land : Land
        Outlines, in EPSG:4549.

    Returns
    -------
    Skeleton
        Every course ends on another course, a border or the outline; none
        runs beside another one closer than `PARALLEL_M`.
    """
    borders = land.borders
    shore = _shore_road(land)
    taken: BaseGeometry = shapely.union_all([land.whole.boundary, *borders])
    streets: list[Street] = []
    for name, line in shore:
        pieces = _fit(line, taken, land, snap_ends=False)
        streets += [Street(name, "arterial", piece) for piece in pieces]
    taken = shapely.union_all([taken, *[s.line for s in streets]])
    table = read_facts("sketch_streets")
    naming = [Street(n, "arterial", line) for n, line in shore]
    for name, kind, line in zip(table["name"], table["kind"], split_line_table(table), strict=True):
        naming.append(Street(name, kind, line))
        pieces = _fit(line, taken, land, snap_ends=True)
        streets += [Street(name, kind, piece) for piece in pieces]
        taken = shapely.union_all([taken, *pieces])
    cuts = _shore_cuts(land, [s.line for s in streets[: len(shore) + 40] if s.kind == "arterial"])
    return Skeleton(tuple(streets), tuple(borders), tuple(naming), tuple(cuts))


def _shore_road(land: Land) -> list[tuple[str, LineString]]:
    """Draw the road behind the shore, in named stretches from west to east."""
    inner = land.whole.buffer(-2.0)
    road = shapely.intersection(land.inland.boundary, inner.buffer(-8.0))
    road = shapely.line_merge(road.intersection(land.sea.buffer(SHORE_REACH_M)))
    table = read_facts("sketch_shore")
    west = land.whole.bounds[0] - 10.0
    south, north = land.whole.bounds[1], land.whole.bounds[3]
    pieces: list[tuple[str, LineString]] = []
    low = west
    for high, name in zip(table["x_to"], table["road"], strict=True):
        stretch = shapely.line_merge(road.intersection(shapely.box(low, south, high, north)))
        pieces += [
            (str(name), p) for p in shapely.get_parts(stretch) if p.geom_type == "LineString"
        ]
        low = float(high)
    return [(name, line) for name, line in pieces if line.length > 20.0]


def _fit(line: LineString, taken: BaseGeometry, land: Land, *, snap_ends: bool) -> list[LineString]:
    """Cut a course to the land, drop what runs beside others, tie its ends."""
    inside = shapely.intersection(line, land.whole)
    if snap_ends:
        west, south, east, north = line.buffer(2 * PARALLEL_M).bounds
        nearby = shapely.clip_by_rect(taken, west, south, east, north)
        near = shapely.buffer(nearby, PARALLEL_M, quad_segs=3)
        beside = [
            p for p in shapely.get_parts(inside.intersection(near)) if p.length > PARALLEL_RUN_M
        ]
        if beside:
            inside = inside.difference(shapely.union_all(beside).buffer(0.5))
    merged = shapely.line_merge(inside) if inside.geom_type != "LineString" else inside
    pieces = [p for p in shapely.get_parts(merged) if p.geom_type == "LineString"]
    if not snap_ends:
        return pieces
    return [_tie(p, taken) for p in pieces if p.length > SHORT_M]


def _tie(line: LineString, taken: BaseGeometry) -> LineString:
    """Lead both ends of a course to the nearest course within reach."""
    xy = shapely.get_coordinates(line)
    for at in (0, -1):
        end: Point = shapely.points(xy[at])
        gap = taken.distance(end)
        if 0.01 < gap < END_REACH_M:
            foot = shapely.get_coordinates(shapely.shortest_line(taken, end))[0]
            xy = np.vstack([foot, xy]) if at == 0 else np.vstack([xy, foot])
    return shapely.linestrings(xy)


def _shore_cuts(land: Land, roads: list[LineString]) -> list[LineString]:
    """Divide the strip between shore road and water into plots."""
    coast = land.coastline
    cuts = []
    for road in roads:
        n = int(road.length // SHORE_CUT_M)
        for i in range(n):
            start = road.interpolate((i + 0.5) / n, normalized=True)
            if land.inland.boundary.distance(start) > 1.0:
                continue
            link = shapely.shortest_line(start, coast)
            if 20.0 < link.length < 260.0:
                cuts.append(link)
    return cuts
