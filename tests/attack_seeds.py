"""Small files that are as they should be: what attacks begin with."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

from drawings import block, dxf, insert, lwpolyline, mtext, polyline, text
from messy_files import STYLES, CellError, Formula, Line, heads_of, write_file

_SQUARE_M = 40.0
_CORNER = (535_100.0, 3_993_000.0)
N_ROWS = 6


def lists(kind: str) -> list[dict[str, bytes]]:
    """Return small ledgers: each layout of a suffix, with cells of every sort."""
    layouts = {"csv": ("gbk", "gb18030", "utf8"), "xlsx": ("sheet", "sheets"), "xls": ("xls",)}
    found = []
    for layout in layouts[kind]:
        heads = heads_of(layout, is_projected=False)
        style = STYLES[layout]
        lines = [Line("title", text=title) for title in style.titles] + [Line("head")]
        lines += [Line("row", _cells(i), record=i, is_hidden=i == 3) for i in range(N_ROWS)]
        lines += [Line("note", text=note) for note in style.notes]
        sheets = {"香港路": lines}
        if layout == "sheets":
            sheets["旧台账"] = lines
        raw, _ = write_file(layout, sheets, heads)
        found.append({f"list.{kind}": raw})
    if kind == "csv":
        text = found[-1]["list.csv"].decode("utf-8-sig")
        found.append({"list.csv": text.encode("utf-16")})
        found.append({"list.csv": text.replace(",", "\t").encode()})
    return found


def _cells(i: int) -> dict[str, object]:
    return {
        "serial": i + 1,
        "courtyard_id": f"C{i:04d}",
        "name": f"香港路{i}号院",
        "address": f"香港路{i}号",
        "community": ("香港路社区", "香港路", "同上", None, "湛山", "太平")[i],
        "households": (90, "约120户", "一百二十户", Formula("=E5+E6"), CellError("#REF!"), "1,200")[
            i
        ],
        "n_buildings": (3, "3栋", None, -1, 2.5, "若干")[i],
        "n_entrances": 6,
        "year_built": (1985, "1985年", dt.date(1985, 6, 1), 31199, 3020, "不详")[i],
        "renovated_year": (2020, None, "未改造", 2021, 2022, 2023)[i],
        "share_over_60": (0.35, "35%", 35.2, "较高", 1.7, None)[i],
        "property_service": ("无", "先尝后买", "合同物业", "?", None, "无")[i],
        "committee": ("业委会", "自管会", "无", "?", None, "无")[i],
        "previous_grid": "370202001013001",
        "x": (120.38, "120°22′33″", 36.07, None, "120.38", "见地图")[i],
        "y": (36.07, "36°03′33″", 120.38, None, "36.07", None)[i],
        "xy": ("120.38,36.07", "120°22′33″，36°3′", None, "120.38", "36.07 120.38", "x")[i],
        "phone": "10000000000",
        "remark": ("", "一\n二", "=cmd|'/c calc'!A1", '"', "，", "注：")[i],
        "merge": "1" if i < 3 else None,
    }


def outlines(suffix: str) -> list[dict[str, bytes]]:
    """Return small layers of courtyards: names in GBK and UTF-8, points, holes, parts."""
    import geopandas as gpd
    import pyogrio
    from shapely import MultiPolygon, Point, box

    x, y = _CORNER
    squares = [
        box(x + i * 60, y, x + i * 60 + _SQUARE_M, y + _SQUARE_M).normalize() for i in range(4)
    ]
    holed = squares[0].difference(squares[0].centroid.buffer(5))
    shapes = {
        "polygons": [holed, squares[1], MultiPolygon([squares[2], squares[3]])],
        "points": [Point(x, y), Point(x + 50, y), Point(x, y + 50)],
    }
    found = []
    for kind, geometry in shapes.items():
        frame = gpd.GeoDataFrame(
            {
                "courtyard_id": ["C1", "C2", "C3"],
                "name": ["香港路1号院", "香港路3号院", "团岛路院"],
                "households": [90, 120, 60],
                "share_over_60": [0.3, None, 0.4],
            },
            geometry=geometry,
            crs="EPSG:4549",
        )
        # one driver writes degrees only
        options = {} if suffix != ".geojson" else {"RFC7946": "YES"}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"courtyards{suffix}"
            encoding = {"encoding": "GBK"} if suffix == ".shp" and kind == "polygons" else {}
            pyogrio.write_dataframe(
                frame.to_crs("EPSG:4326") if suffix == ".geojson" else frame,
                path,
                **({"layer": "courtyards"} if suffix == ".gpkg" else {}),
                **encoding,
                **options,
            )
            files = {file.name: file.read_bytes() for file in sorted(path.parent.iterdir())}
        found.append(files)
        if suffix == ".shp" and kind == "polygons":
            found.append({name: raw for name, raw in files.items() if not name.endswith("cpg")})
    return found


def drawings() -> list[dict[str, bytes]]:
    """Return small drawings, old and new: closed lines, arcs, texts inside, blocks."""
    x, y = _CORNER
    found = []
    for version in ("AC1009", "AC1015", "AC1032"):
        entities = []
        for i in range(3):
            left = x + i * 60
            ring = [(left, y), (left + 40, y), (left + 40, y + 40), (left, y + 40)]
            if version == "AC1009":
                entities.append(polyline("楼院", ring))
            else:
                entities.append(lwpolyline("楼院", ring, bulges=(0, 0.4)[: i + 1]))
            entities.append(text("楼院", left + 20, y + 20, f"香港路{i}号院"))
        if version != "AC1009":
            entities.append(mtext("楼院", x + 20, y + 10, "C1\\P{\\fSimSun;90户}"))
        entities.append(insert("院", x, y + 80, more="41\n2\n50\n30\n"))
        inside = block("院", lwpolyline("楼院", [(0, 0), (30, 0), (30, 30)]))
        found.append({"courtyards.dxf": dxf(entities, version=version, blocks=inside)})
    return found


def words_files() -> list[dict[str, bytes]]:
    """Return small tables of an office's own words."""
    text = """# 本街道的说法
[columns]
households = ["住户", "总户"]
x = ["东经"]
[communities]
"香港路" = "370202001013"
[choices.property_service]
none = ["没有"]
contract = ["签了"]
[personal]
heads = ["楼长"]
"""
    return [{"words.toml": text.encode()}, {"words.toml": b"[columns]\nhouseholds = []\n"}]
