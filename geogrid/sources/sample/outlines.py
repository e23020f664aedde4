"""The land: subdistrict outlines drawn by hand or handed in, and the sea."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from geogrid.crs import SHINAN_CRS, WGS84
from geogrid.errors import SchemaError
from geogrid.sources.sample.facts import read_facts, split_line_table

if TYPE_CHECKING:
    import pandas as pd
    from shapely.geometry import LineString, MultiLineString, Polygon

__all__ = ["Land", "draw_land", "land_from_boundaries"]

GRID_M = 0.05
# how far the picture reaches beyond the district
MARGIN_M = 700.0
# the shore road keeps this far from the water; headlands narrower than twice the first stay parks
HEADLAND_M = 210.0
SHORE_M = 75.0


@dataclass(frozen=True)
class Land:
    """Hold the ground the sample stands on.

    Parameters
    ----------
    codes : tuple of str
        Subdistrict codes.
    polygons : tuple of Polygon
        Their outlines, same order, a valid coverage.
    whole : Polygon or MultiPolygon
        Their union.
    sea : Polygon or MultiPolygon
        The water in the picture's frame.
    inland : Polygon or MultiPolygon
        The land behind the shore road.
    """

    codes: tuple[str, ...]
    polygons: tuple[Polygon, ...]
    whole: Polygon
    sea: Polygon
    inland: Polygon

    @property
    def borders(self) -> list[LineString]:
        """Return the lines between subdistricts, one per pair and piece."""
        pieces: list[LineString] = []
        for i, one in enumerate(self.polygons):
            for other in self.polygons[i + 1 :]:
                shared = shapely.line_merge(
                    shapely.intersection(one.boundary, other.boundary, grid_size=GRID_M)
                )
                pieces += [
                    p
                    for p in shapely.get_parts(shared)
                    if p.geom_type == "LineString" and p.length > 1.0
                ]
        return pieces

    @property
    def coastline(self) -> MultiLineString:
        """Return the part of the outline that the sea washes."""
        return shapely.line_merge(self.whole.boundary.intersection(self.sea.buffer(1.0)))


def draw_land() -> Land:
    """Build the land from the coarse drawing in ``sketch_outlines.csv``.

    Returns
    -------
    Land
        Eleven subdistricts in EPSG:4549; where a face lies tells its code,
        by the centroids in ``subdistricts.csv``.
    """
    arcs = split_line_table(read_facts("sketch_outlines"))
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(arcs, grid_size=GRID_M)]))
    facts = read_facts("subdistricts")
    centres = gpd.GeoSeries(gpd.points_from_xy(facts["lon"], facts["lat"]), crs=WGS84)
    # the drawing is coarse, so a centroid is matched to the nearest face that is still free
    distance = shapely.distance(
        centres.to_crs(SHINAN_CRS).to_numpy()[:, None], shapely.centroid(faces)[None, :]
    )
    polygons = tuple(faces[int(np.argmin(row))] for row in distance)
    return _finish(tuple(facts["subdistrict_code"]), polygons)


def land_from_boundaries(boundaries: gpd.GeoDataFrame) -> Land:
    """Build the land from real subdistrict polygons.

    Parameters
    ----------
    boundaries : GeoDataFrame
        Any CRS; a column ``division_code`` or ``subdistrict_code`` that starts
        with the 9-digit code, or a column ``name``.

    Returns
    -------
    Land
        The largest part of each polygon, in EPSG:4549.

    Raises
    ------
    SchemaError
        If one of the eleven subdistricts is missing.
    """
    facts = read_facts("subdistricts")
    frame = boundaries.to_crs(SHINAN_CRS)
    codes = _codes_of(frame, facts)
    wanted = list(facts["subdistrict_code"])
    missing = sorted(set(wanted) - set(codes))
    if missing:
        msg = (
            f"The boundaries lack {len(missing)} subdistricts ({', '.join(missing)}); "
            "give a column division_code or name that covers all eleven."
        )
        raise SchemaError(msg, missing=missing)
    by_code = dict(zip(codes, frame.geometry, strict=True))
    lines = shapely.union_all([by_code[c].boundary for c in wanted], grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize([lines]))
    inner = shapely.point_on_surface(faces)
    polygons = []
    for code in wanted:
        mine = shapely.union_all(faces[shapely.contains(by_code[code], inner)])
        parts = shapely.get_parts(mine)
        polygons.append(parts[int(np.argmax(shapely.area(parts)))])
    return _finish(tuple(wanted), tuple(polygons))


def _codes_of(frame: gpd.GeoDataFrame, facts: pd.DataFrame) -> list[str]:
    """Read the 9-digit code of every row, by code or by name."""
    for column in ("division_code", "subdistrict_code"):
        if column in frame.columns:
            return [str(v)[:9] for v in frame[column]]
    by_name = dict(zip(facts["name"], facts["subdistrict_code"], strict=True))
    names = frame["name"] if "name" in frame.columns else []
    return [by_name.get(str(v), "") for v in names]


def _finish(codes: tuple[str, ...], polygons: tuple[Polygon, ...]) -> Land:
    """Add what follows from the outlines: union, sea, land behind the shore road."""
    whole = shapely.union_all(polygons)
    west, south, east, north = whole.bounds
    frame = shapely.box(west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, north + MARGIN_M)
    line = read_facts("sketch_north")[["x", "y"]].to_numpy()
    top = north + 3 * MARGIN_M
    mainland = shapely.polygons(
        np.vstack(
            [
                [line[0, 0], top],
                line,
                [east + 3 * MARGIN_M, line[-1, 1] - 250.0],
                [east + 3 * MARGIN_M, top],
            ]
        )
    )
    ground = whole.union(mainland)
    # slivers between a real border and the drawn mainland are no water
    ground = ground.buffer(120.0).buffer(-120.0).union(whole)
    sea = frame.difference(ground)
    parts = shapely.get_parts(sea)
    sea = shapely.union_all(parts[shapely.area(parts) > 20_000.0])
    solid = frame.buffer(4 * MARGIN_M).difference(sea)
    inland = solid.buffer(-HEADLAND_M).buffer(HEADLAND_M - SHORE_M).intersection(whole)
    inland = inland.simplify(6.0)
    parts = shapely.get_parts(inland)
    inland = parts[int(np.argmax(shapely.area(parts)))]
    return Land(codes, polygons, whole, sea, inland)
