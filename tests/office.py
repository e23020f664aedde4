"""A small office: the town's map, and ledgers of its courtyards as staff keep them."""

from __future__ import annotations

import csv
import io

from towns import EAST_CODE, WEST_CODE, town, town_layers

from geogrid.sources.vector import write_district, write_tables

NAMES = {WEST_CODE: "西岸社区", EAST_CODE: "东岸社区"}
HEADS = ("楼院编号", "楼院名称", "地址", "所属社区", "总户数", "经度", "纬度")
ID, NAME, ADDRESS, COMMUNITY, HOUSEHOLDS, X, Y = range(7)


def base_map(folder):
    """Write the town without its courtyards."""
    layers = town_layers()
    del layers["courtyards"]
    path = folder / "base.gpkg"
    write_tables(layers, path)
    return path


def whole_district(folder, name="district.gpkg"):
    """Write the town as a district."""
    path = folder / name
    write_district(town(), path)
    return path


def ledger_rows(system="EPSG:4549"):
    """Return the rows of the town's ledger: points in the middle of the lots."""
    from geogrid.crs import WGS84, from_wgs84

    courtyards = town_layers()["courtyards"]
    points = courtyards.geometry.centroid
    lon, lat = (getattr(points.to_crs(WGS84), axis).to_numpy() for axis in "xy")
    x, y = from_wgs84(lon, lat, system)
    n = 2 if system.startswith("EPSG") else 7
    return [
        [
            row.courtyard_id,
            row.name,
            row.address,
            NAMES[row.community_code],
            str(row.households),
            f"{x[ix]:.{n}f}",
            f"{y[ix]:.{n}f}",
        ]
        for ix, row in enumerate(courtyards.itertuples(index=False))
    ]


def ledger(folder, rows, name="ledger.csv", heads=HEADS):
    """Write a ledger in the encoding of offices."""
    text = io.StringIO()
    csv.writer(text).writerows([heads, *rows])
    path = folder / name
    path.write_bytes(text.getvalue().encode("gb18030"))
    return path
