"""Laws of bulk bodies: three forms, the same points; bad rows are named, never dropped."""

from __future__ import annotations

import json
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geogrid.errors import CrsError, InputError
from geogrid.offset import wgs84_to_gcj02
from geogrid.publish.points import MOST_POINTS, read_points

PAIRS = [[120.38, 36.06], [120.39, 36.07]]
JSON, GEOJSON, CSV = "application/json", "application/geo+json", "text/csv"


def feature(pair, **more):
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": pair}, **more}


@pytest.mark.parametrize(
    ("body", "media", "ids"),
    [
        ({"points": PAIRS}, JSON, None),
        ({"points": PAIRS, "ids": ["a", 7], "crs": "wgs84"}, JSON, ("a", "7")),
        ({"type": "MultiPoint", "coordinates": PAIRS}, GEOJSON, None),
        ({"type": "MultiPoint", "coordinates": [[*p, 12.5] for p in PAIRS]}, JSON, None),
        (
            {
                "type": "FeatureCollection",
                "features": [feature(p, id=i, properties=None) for i, p in enumerate(PAIRS)],
            },
            GEOJSON,
            ("0", "1"),
        ),
        ("id,lon,lat\na,120.38,36.06\nb,120.39,36.07\n", CSV, ("a", "b")),
        ("﻿经度,纬度\r\n120.38,36.06\r\n120.39,36.07\r\n", CSV, None),
        ('lat,note,lng,id\n36.06,"x,y",120.38,1\n36.07,,120.39,2', CSV, ("1", "2")),
    ],
)
def test_every_form_gives_the_same_points(body, media, ids):
    written = body if isinstance(body, str) else json.dumps(body)
    points = read_points(written.encode(), media)
    assert np.column_stack([points.lon, points.lat]).tolist() == PAIRS
    assert points.ids == ids


def test_a_table_from_a_chinese_windows_is_read():
    body = "id,经度,纬度\n东山路1号,120.38,36.06\n".encode("gb18030")
    assert read_points(body, CSV).ids == ("东山路1号",)


@pytest.mark.parametrize("inside", [True, False])
def test_the_system_may_stand_in_the_body_or_in_the_address(inside):
    east, north = wgs84_to_gcj02(120.38, 36.06)
    told = {"points": [[float(east), float(north)]]} | ({"crs": "gcj02"} if inside else {})
    points = read_points(json.dumps(told).encode(), JSON, crs=None if inside else "GCJ-02")
    assert float(points.lon[0]) == pytest.approx(120.38, abs=1e-9)
    assert float(points.lat[0]) == pytest.approx(36.06, abs=1e-9)


def test_two_systems_at_once_are_refused():
    body = json.dumps({"points": PAIRS, "crs": "bd09"}).encode()
    with pytest.raises(InputError, match="say it once"):
        read_points(body, JSON, crs="gcj02")
    with pytest.raises(CrsError):
        read_points(body, JSON, crs="mars")


@pytest.mark.parametrize(
    ("body", "media", "rows"),
    [
        ({"points": [*PAIRS, [120.38], PAIRS[0], "x", None]}, JSON, [3, 5, 6]),
        ({"points": [[36.06, 120.38], *PAIRS]}, JSON, [1]),
        (
            {"points": [*PAIRS, [True, 36.0], ["120", "36"], [1, 2, 3, 4], [10**400, 1]]},
            JSON,
            [3, 4, 5, 6],
        ),
        ({"points": PAIRS, "ids": ["a", 1.5]}, JSON, [2]),
        ({"type": "MultiPoint", "coordinates": [PAIRS[0], [[1, 2]]]}, GEOJSON, [2]),
        (
            {"type": "FeatureCollection", "features": [feature(PAIRS[0]), feature([]), 3, {}]},
            GEOJSON,
            [2, 3, 4],
        ),
        ("lon,lat\n120.38,36.06\n120.38\n120.38,north\n", CSV, [2]),
        ("lon,lat\n120.38,36.06\n,36\n120.38,north\n", CSV, [2, 3]),
        ("lon,lat\n120.38,36.06\nnan,36\ninf,36\n", CSV, [2, 3]),
    ],
)
def test_bad_rows_are_named_from_one(body, media, rows):
    written = body if isinstance(body, str) else json.dumps(body)
    with pytest.raises(InputError) as caught:
        read_points(written.encode(), media)
    assert caught.value.facts["rows"] == rows
    assert caught.value.facts["n_rows"] == len(rows)
    assert str(rows[0]) in str(caught.value)


def test_of_many_bad_rows_the_first_twenty_are_named():
    body = json.dumps({"points": [[0, 91]] * 500}).encode()
    with pytest.raises(InputError, match=r"^500 rows .* 20 \.\.\.") as caught:
        read_points(body, JSON)
    assert caught.value.facts["rows"] == list(range(1, 21))


@pytest.mark.parametrize(
    ("body", "media"),
    [
        *((text, JSON) for text in ("", "[]", "3", "{", '{"points": 3}', '{"points": [[NaN, 1]]}')),
        *((text, JSON) for text in ('{"points": [], "x": 1}', '{"type": "Point"}', "[" * 100_000)),
        *((text, JSON) for text in ('{"points": [], "crs": 3}', '{"points": [], "ids": [1]}')),
        ('{"type": "FeatureCollection", "features": 3}', GEOJSON),
        *((text, CSV) for text in ("", "a,b\n1,2\n", "lon,lng,lat\n1,2,3\n", "lon\n1\n")),
    ],
)
def test_what_is_no_list_of_points_is_refused(body, media):
    with pytest.raises(InputError):
        read_points(body.encode(), media)


@pytest.mark.parametrize("media", [JSON, GEOJSON, CSV])
@given(body=st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(media, body):
    with suppress(InputError):
        read_points(body, media)


def test_no_more_than_the_limit():
    lines = "\n".join(["120,36"] * (MOST_POINTS + 1))
    with pytest.raises(InputError, match="send them in parts"):
        read_points(f"lon,lat\n{lines}".encode(), CSV)
    assert len(read_points(f"lon,lat\n{lines[:-7]}".encode(), CSV).lon) == MOST_POINTS
