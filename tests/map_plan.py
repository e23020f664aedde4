"""A hand-drawn plan, small enough to check by eye, with something in every layer.

Metres from the south-west corner; two rows of courtyards, a road between them,
the sea below. Each letter pair is a courtyard of 90 x 90 m, grids are framed::

    400 +---------------------+---------------------+
        |  hill               |  gated compound     |   subdistrict 1
    300 | [a1  a2] [a3  a4]   | [b1  b2] [b3  b4]   |   communities A, B
    200 |====== road =========|=====================|
    100 | [c1  c2  c3  c4]                          |   subdistrict 2, community C
      0 +-------------------------------------------+
        |  sea                                      |
"""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
from shapely import LineString, Point, box, unary_union
from shapely.affinity import translate

from geogrid.crs import SHINAN_CRS
from geogrid.district import TABLES, District
from geogrid.plans.plan import PAIRING_COLUMNS, Plan

EAST, NORTH = 534_000, 3_993_000
ONE, TWO = "370202001", "370202002"
A, B, C = ONE + "001", ONE + "002", TWO + "001"
TARGET = 200.0

# courtyard -> west, south, households, grid
YARDS = {
    "a1": (10, 210, 100, A + "001"),
    "a2": (110, 210, 110, A + "001"),
    "a3": (210, 210, 90, A + "002"),
    "a4": (310, 210, 95, A + "002"),
    "b1": (410, 210, 120, B + "001"),
    "b2": (510, 210, 150, B + "001"),
    "b3": (610, 210, 60, B + "002"),
    "b4": (710, 210, 55, B + "002"),
    "c1": (10, 70, 50, C + "001"),
    "c2": (110, 70, 60, C + "001"),
    "c3": (210, 70, 40, C + "001"),
    "c4": (310, 70, 50, C + "001"),
}
NAMES = {A: "甲社区", B: "乙社区", C: "丙社区"}
BEATS = {A + "001": "J1", A + "002": "J1", B + "001": "J2", B + "002": "J2"}


def at(shape):
    return translate(shape, EAST, NORTH)


def frame(columns, shapes):
    return gpd.GeoDataFrame(columns, geometry=[at(shape) for shape in shapes], crs=SHINAN_CRS)


def drawn_district(*, names=None, synthetic="true", attribution="") -> District:
    """Return the district; ``names`` overrides courtyard names by id."""
    yards = list(YARDS.values())
    lots = [box(x, y, x + 90, y + 90) for x, y, _, _ in yards]
    given = names or {}
    tables = {
        name: frame({column.name: [] for column in table.columns}, [])
        for name, table in TABLES.items()
    }
    tables["subdistricts"] = frame(
        {"subdistrict_code": [ONE, TWO], "name": ["东山街道", "南海街道"]},
        [box(0, 180, 820, 420), box(0, 0, 820, 180)],
    )
    tables["communities"] = frame(
        {
            "community_code": [A, B, C],
            "name": list(NAMES.values()),
            "subdistrict_code": [ONE, ONE, TWO],
        },
        [box(0, 180, 405, 420), box(405, 180, 820, 420), box(0, 0, 820, 180)],
    )
    tables["courtyards"] = frame(
        {
            "courtyard_id": list(YARDS),
            "name": [given.get(key) for key in YARDS],
            "address": [f"东山路{number}号" for number in range(1, len(YARDS) + 1)],
            "community_code": [code[:12] for *_, code in yards],
            "households": [households for _, _, households, _ in yards],
            "households_source": "synthetic",
            "n_buildings": 2,
            "n_entrances": 6,
            "year_built": [None, *[1986.0] * (len(yards) - 1)],
            "renovated_year": [2021.0, *[None] * (len(yards) - 1)],
            "property_service": ["trial", *["none"] * (len(yards) - 1)],
            "committee": ["self", *["none"] * (len(yards) - 1)],
            "part_id": 0,
            "grid_code": [code for *_, code in yards],
        },
        lots,
    )
    tables["buildings"] = frame(
        {"building_id": [f"h{i}" for i in range(len(lots))], "courtyard_id": list(YARDS)},
        [lot.buffer(-30) for lot in lots],
    )
    tables["compounds"] = frame(
        {"compound_id": ["k1"], "name": ["碧海花园"], "community_code": [B], "households": [300]},
        [box(600, 320, 780, 400)],
    )
    tables["roads"] = frame(
        {"road_id": ["r1", "r2"], "name": ["东山路", "铁路"], "kind": ["arterial", "rail"]},
        [LineString([(0, 185), (820, 185)]), LineString([(405, 0), (405, 420)])],
    )
    tables["barriers"] = frame(
        {"barrier_id": ["w1"], "name": ["海岸"], "kind": ["coast"]},
        [LineString([(0, 0), (820, 0)])],
    )
    tables["beats"] = frame(
        {
            "beat_id": ["J1", "J2"],
            "name": ["东山一警格", "东山二警格"],
            "station_id": ["S1", "S1"],
            "room_x": [EAST + 200.0, EAST + 600.0],
            "room_y": [NORTH + 310.0, NORTH + 310.0],
        },
        [box(0, 180, 405, 420), box(405, 180, 820, 420)],
    )
    tables["stations"] = frame({"station_id": ["S1"], "name": ["东山派出所"]}, [Point(405, 360)])
    tables["basic_grids"] = frame(
        {
            "grid_code": [A + "011", B + "011", C + "011"],
            "name": ["甲基础", "乙基础", "丙基础"],
            "community_code": [A, B, C],
            "households": [400, 700, 200],
        },
        list(tables["communities"].geometry.translate(-EAST, -NORTH)),
    )
    tables["landscape"] = frame(
        {"landscape_id": ["l1", "l2"], "name": ["东山", "黄海"], "kind": ["hill", "sea"]},
        [box(20, 330, 300, 410), box(0, -300, 820, 0)],
    )
    metadata = {"synthetic": synthetic, "attribution": attribution}
    return District(tables, SHINAN_CRS, name="东山区", metadata=metadata)


def drawn_plan(*, paired=True, **district) -> Plan:
    """Return the plan: five grids, four of them paired with two beats."""
    made = drawn_district(**district)
    yards = made.courtyards
    rows, shapes = [], []
    for code, members in yards.groupby("grid_code"):
        households = int(members["households"].sum())
        rows.append(
            {
                "grid_code": code,
                "serial": int(code[-3:]),
                "name": f"{NAMES[code[:12]]}第{int(code[-3:])}网格",
                "community_code": code[:12],
                "subdistrict_code": code[:9],
                "households": households,
                "n_courtyards": len(members),
                "beat_id": BEATS.get(code) if paired else None,
                "medoid_id": members["courtyard_id"].iloc[0],
                "walk_mean_m": 50.0 * len(members) - 13.0,
                "walk_max_m": 100.0 * (len(members) - 1),
                "deviation": (households - TARGET) / TARGET,
            }
        )
        near = unary_union([shape.buffer(8, join_style="mitre") for shape in members.geometry])
        shapes.append(near)
    grids = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs=SHINAN_CRS)
    basic = [("basic_grids", A + "011", "J1", 400, 400, 120.0)]
    lead = [("gov_grids", code, beat, 200, 200, 93.4) for code, beat in BEATS.items()]
    return Plan(
        district=made,
        cells=gpd.GeoDataFrame(
            {"courtyard_id": list(YARDS)}, geometry=list(yards.geometry), crs=SHINAN_CRS
        ),
        contiguity=pd.DataFrame(columns=["a", "b", "border_m", "link_m", "barrier", "usable"]),
        walks=pd.DataFrame(columns=["a", "b", "walk_m"]),
        gov_grids=grids,
        report={
            "objective": 1.0,
            "bound": 1.0,
            "gap": 0.0,
            "status": "optimal",
            "target": TARGET,
            "rules": {},
            "parts": [],
            "metrics": {},
            "provenance": {"created": "2026-02-13T08:00:00", "version": "0.1.0", "seed": 0},
        },
        certificate=pd.DataFrame(columns=["part_id", "k", "row", "dual"]),
        pairings=pd.DataFrame(lead + basic if paired else [], columns=list(PAIRING_COLUMNS)),
    )
