"""Small districts drawn by hand, with an ASCII picture each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
from shapely.geometry import LineString, Point, box

from geogrid.sources.validation import make_district

if TYPE_CHECKING:
    from geogrid.district import District

CRS = "EPSG:4549"
# somewhere near Shinan, so that WGS84 output looks right
EAST, NORTH = 530_000.0, 3_994_000.0
WEST_CODE, EAST_CODE = "370202001001", "370202001002"


def frame(rows: list[dict], crs: str = CRS) -> gpd.GeoDataFrame:
    """Make a layer from plain rows."""
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=crs)


def place(x: float, y: float) -> Point:
    """Put a point into the town's own frame."""
    return Point(EAST + x, NORTH + y)


def area(x0: float, y0: float, x1: float, y1: float):
    """Draw a rectangle in the town's own frame."""
    return box(EAST + x0, NORTH + y0, EAST + x1, NORTH + y1)


def line(*points: tuple[float, float]) -> LineString:
    """Draw a line in the town's own frame."""
    return LineString([(EAST + x, NORTH + y) for x, y in points])


def town_layers(*, households: int = 100) -> dict[str, gpd.GeoDataFrame]:
    """Draw two communities of twelve courtyards each, the west one cut by an arterial.

    ::

        600 +-----------+-----------+
            | 9 a b |   | l m n |   |      lots of 60 x 60 m in blocks of 3 x 2,
            | 6 7 8 |   | i j k |   |      lanes around the blocks,
        300 +==arterial=+-----------+      the arterial crosses the west only
            | 3 4 5 |   | f g h |   |
            | 0 1 2 |   | c d e |   |
          0 +-----------+-----------+
            0          300         600
    """
    courtyards, buildings, roads = [], [], []
    number = 0
    for column, code in ((0, WEST_CODE), (300, EAST_CODE)):
        for block in (0, 300):
            for lot in range(6):
                x = column + 40 + 75 * (lot % 3)
                y = block + 40 + 75 * (lot // 3)
                number += 1
                ident = f"c{number:02d}"
                courtyards.append(
                    {
                        "courtyard_id": ident,
                        "name": f"{number}号院",
                        "address": f"海滨路{number}号",
                        "community_code": code,
                        "households": households + number % 3,
                        "geometry": area(x, y, x + 60, y + 60),
                    }
                )
                buildings.append(
                    {
                        "building_id": f"b{number:02d}",
                        "courtyard_id": ident,
                        "use": "dwelling",
                        "levels": 6,
                        "geometry": area(x + 5, y + 10, x + 55, y + 25),
                    }
                )
    streets = [
        ("arterial", (0, 300), (300, 300)),
        ("lane", (300, 300), (600, 300)),
        ("secondary", (300, 0), (300, 300)),
        ("secondary", (300, 300), (300, 600)),
        *(("lane", (0, y), (600, y)) for y in (20, 200, 320, 500)),
        *(("lane", (x, 0), (x, 600)) for x in (20, 270, 330, 580)),
    ]
    for i, (kind, start, end) in enumerate(streets):
        roads.append(
            {"road_id": f"r{i:02d}", "name": "海滨路", "kind": kind, "geometry": line(start, end)}
        )
    return {
        "subdistricts": frame(
            [
                {
                    "subdistrict_code": "370202001",
                    "name": "海滨街道",
                    "geometry": area(0, 0, 600, 600),
                }
            ]
        ),
        "communities": frame(
            [
                {
                    "community_code": WEST_CODE,
                    "name": "西岸社区",
                    "subdistrict_code": "370202001",
                    "geometry": area(0, 0, 300, 600),
                },
                {
                    "community_code": EAST_CODE,
                    "name": "东岸社区",
                    "subdistrict_code": "370202001",
                    "geometry": area(300, 0, 600, 600),
                },
            ]
        ),
        "courtyards": frame(courtyards),
        "buildings": frame(buildings),
        "roads": frame(roads),
        "stations": frame(
            [{"station_id": "s1", "name": "海滨派出所", "geometry": place(300, 300)}]
        ),
        # the beats' border runs east and west: it does not follow the communities
        "beats": frame(
            [
                {
                    "beat_id": f"s1-{i}",
                    "name": f"海滨{i}警格",
                    "station_id": "s1",
                    "room_x": EAST + 280,
                    "room_y": NORTH + y + 150,
                    "geometry": area(0, y, 600, y + 300),
                }
                for i, y in ((1, 0.0), (2, 300.0))
            ]
        ),
        "basic_grids": frame(
            [
                {
                    "grid_code": f"{code}{serial:03d}",
                    "name": f"第{serial}网格",
                    "community_code": code,
                    "geometry": area(x, y, x + 300, y + 100),
                }
                for code, x in ((WEST_CODE, 0), (EAST_CODE, 300))
                for serial, y in enumerate(range(500, -1, -100), start=1)
            ]
        ),
    }


def town(**changes) -> District:
    """Validate the town, with layers replaced or left out (None)."""
    layers = {k: v for k, v in (town_layers() | changes).items() if v is not None}
    return make_district(layers, name="海滨区", metadata={"synthetic": "true"})
