"""Copies: the sample's plan as other districts, moved aside, with codes of their own.

Side by side in a store (`copies`), or grown together into one district (`one_city`).
"""

from __future__ import annotations

import json
import re
from dataclasses import replace

import geopandas as gpd
import pandas as pd
from shapely.affinity import translate

CODE = "370202"
# further districts of the same city that no real code names
FIRST_COPY = 50
# metres between two copies; a district is 11.7 by 5.1 km
STEP_EAST, STEP_NORTH, IN_ROW = 13_000.0, 6_000.0, 5
# columns that hold identifiers of one district, to be told apart from those of another
KEYS = {
    "courtyard_id",
    "building_id",
    "compound_id",
    "road_id",
    "barrier_id",
    "beat_id",
    "station_id",
    "medoid_id",
    "landscape_id",
    "a",
    "b",
    "row",
}


def copies(plan, n):
    """Return a plan and n - 1 copies of it, none over another."""
    return [plan, *(moved(plan, at) for at in range(1, n))]


def moved(plan, at):
    """Return a plan as that of another district."""
    code = str(int(CODE[:4]) * 100 + FIRST_COPY + at - 1)
    mark = f"D{at}-"
    # to the west, away from the edge of the projection
    east, north = -STEP_EAST * (at % IN_ROW), STEP_NORTH * (at // IN_ROW)

    def words(text):
        return re.sub(rf"(?<!\d){CODE}", code, text)

    def frame(table):
        if table is None:
            return None
        made = table.copy()
        for name in made.columns:
            column = made[name]
            if name == "geometry" and isinstance(made, gpd.GeoDataFrame):
                made[name] = [shape and translate(shape, east, north) for shape in column]
            elif name in KEYS:
                made[name] = [mark + str(v) if pd.notna(v) else None for v in column]
            elif name in {"room_x", "room_y"}:
                made[name] = column + (east if name == "room_x" else north)
            elif any(isinstance(v, str) for v in column.head(50)):
                made[name] = [words(v) if isinstance(v, str) else v for v in column]
        return made

    tables = {name: frame(table) for name, table in plan.district.tables.items()}
    name = f"{plan.district.name} {at}"
    report = json.loads(words(json.dumps(plan.report)))
    return replace(
        plan,
        district=replace(plan.district, tables=tables, name=name),
        cells=frame(plan.cells),
        contiguity=frame(plan.contiguity),
        walks=frame(plan.walks),
        gov_grids=frame(plan.gov_grids),
        pairings=frame(plan.pairings),
        certificate=frame(plan.certificate),
        report=report,
    )


def one_city(plan, n):
    """Return a plan of one district that is made of n copies, none over another."""
    plans = copies(plan, n)
    tables = {
        name: together([one.district.tables[name] for one in plans])
        for name, table in plan.district.tables.items()
        if table is not None
    }
    report = plan.report | {
        "parts": [part for one in plans for part in one.report["parts"]],
        "objective": sum(one.report["objective"] for one in plans),
        "bound": sum(one.report["bound"] for one in plans),
    }
    metadata = plan.district.metadata | {"district_code": CODE}
    parts = {
        name: together([getattr(one, name) for one in plans])
        for name in ("cells", "contiguity", "walks", "gov_grids", "pairings", "certificate")
    }
    district = replace(plan.district, tables=tables, metadata=metadata)
    return replace(plan, district=district, report=report, **parts)


def together(tables):
    """Return tables below one another."""
    made = pd.concat(tables, ignore_index=True)
    if not isinstance(tables[0], gpd.GeoDataFrame):
        return made
    return gpd.GeoDataFrame(made, geometry="geometry", crs=tables[0].crs)
