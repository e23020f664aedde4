"""Police rooms, and the lines from grids to the room of their lead beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.plans.plan import GRID_LAYERS

if TYPE_CHECKING:
    import geopandas as gpd

    from geogrid.district import District
    from geogrid.plans.plan import Plan

__all__ = ["grid_hearts", "pairing_lines", "police_rooms"]


def police_rooms(district: District) -> gpd.GeoDataFrame:
    """Return the police rooms of a district as points.

    Parameters
    ----------
    district : District
        Its ``beats`` carry ``room_x, room_y`` in the layer's CRS.

    Returns
    -------
    GeoDataFrame
        ``beat_id, name, station_id`` and a Point; one row per beat whose room
        is known, in the district's CRS.
    """
    import geopandas as gpd

    beats = district["beats"]
    if not {"room_x", "room_y"} <= set(beats.columns):
        beats = beats.iloc[:0].assign(room_x=[], room_y=[])
    known = beats[beats["room_x"].notna() & beats["room_y"].notna()]
    columns = [name for name in ("beat_id", "name", "station_id") if name in known]
    points = gpd.points_from_xy(known["room_x"].astype(float), known["room_y"].astype(float))
    return gpd.GeoDataFrame(
        known[columns].reset_index(drop=True), geometry=points, crs=beats.crs or district.crs
    )


def grid_hearts(plan: Plan, layer: str) -> gpd.GeoSeries:
    """Return one point per grid from which its distances are told.

    Parameters
    ----------
    plan : Plan
        The plan.
    layer : {"gov_grids", "basic_grids"}
        Grid layer.

    Returns
    -------
    GeoSeries
        Indexed by grid_code: the medoid courtyard of a governance grid, else
        a point inside the polygon.
    """
    grids = plan.gov_grids if layer == "gov_grids" else plan.district["basic_grids"]
    import geopandas as gpd

    points = list(grids.geometry.representative_point().to_crs(plan.district.crs))
    if "medoid_id" in grids:
        yards = plan.courtyards
        places = yards.geometry.representative_point().to_crs(plan.district.crs)
        by_id = dict(zip(yards["courtyard_id"], places, strict=True))
        pairs = zip(grids["medoid_id"], points, strict=True)
        points = [by_id.get(medoid, inside) for medoid, inside in pairs]
    return gpd.GeoSeries(points, index=list(grids["grid_code"]), crs=plan.district.crs)


def pairing_lines(plan: Plan) -> gpd.GeoDataFrame:
    """Return a line from each paired grid to the police room of its lead beat.

    Parameters
    ----------
    plan : Plan
        The plan; without pairings the result is empty.

    Returns
    -------
    GeoDataFrame
        The columns of ``plan.pairings`` and a LineString, in the district's
        CRS. Pairs whose grid or room is not known are left out.
    """
    import geopandas as gpd
    from shapely import LineString

    rooms = police_rooms(plan.district)
    room_of = dict(zip(rooms["beat_id"], rooms.geometry.to_crs(plan.district.crs), strict=True))
    heart_of = {
        (layer, code): point
        for layer in GRID_LAYERS
        for code, point in grid_hearts(plan, layer).items()
    }
    keys = zip(plan.pairings["grid_layer"], plan.pairings["grid_code"], strict=True)
    known = [
        key in heart_of and beat in room_of
        for key, beat in zip(keys, plan.pairings["beat_id"], strict=True)
    ]
    table = plan.pairings.loc[np.array(known, dtype=bool)].reset_index(drop=True)
    lines = [
        LineString([heart_of[layer, code], room_of[beat]])
        for layer, code, beat in zip(
            table["grid_layer"], table["grid_code"], table["beat_id"], strict=True
        )
    ]
    return gpd.GeoDataFrame(table, geometry=lines, crs=plan.district.crs)
