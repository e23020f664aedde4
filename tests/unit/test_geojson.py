"""Laws of the GeoJSON that leaves the house (RFC 7946)."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, Point, Polygon, box
from shapely.geometry import shape

from geogrid.crs import SHINAN_CRS, WGS84
from geogrid.errors import CrsError, StorageError
from geogrid.publish.geojson import to_geojson, wgs84_rounded, write_geojson
from tests.map_plan import drawn_plan


@pytest.fixture
def plan():
    return drawn_plan(attribution="© OpenStreetMap contributors")


def positions(coordinates):
    if coordinates and isinstance(coordinates[0], float | int):
        yield coordinates
    else:
        for inner in coordinates:
            yield from positions(inner)


def rings(geometry):
    parts = geometry["coordinates"]
    return parts if geometry["type"] == "Polygon" else [ring for part in parts for ring in part]


def one(geometry, **columns):
    frame = gpd.GeoDataFrame({k: [v] for k, v in columns.items()}, geometry=[geometry], crs=WGS84)
    return to_geojson(frame)["features"][0]


def test_positions_are_longitude_and_latitude_with_seven_decimals(plan):
    for feature in to_geojson(plan.gov_grids)["features"]:
        for lon, lat in positions(feature["geometry"]["coordinates"]):
            assert 120 < lon < 121
            assert 36 < lat < 37
            assert lon == round(lon, 7)
            assert lat == round(lat, 7)


def test_a_collection_has_no_crs_member(plan):
    assert set(to_geojson(plan.courtyards)) == {"type", "features"}


def test_outer_rings_run_counter_clockwise_and_holes_clockwise():
    clockwise = Polygon(box(0, 0, 3, 3).exterior.coords[::-1], [box(1, 1, 2, 2).exterior.coords])
    outer, hole = rings(one(clockwise)["geometry"])
    assert shapely.is_ccw(shapely.linearrings(outer))
    assert not shapely.is_ccw(shapely.linearrings(hole))


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"courtyard_id": "c1", "grid_code": "g1", "beat_id": "b1"}, "c1"),
        ({"grid_code": "g1", "community_code": "m1", "beat_id": "b1"}, "g1"),
        ({"building_id": "h1", "courtyard_id": "c1"}, "h1"),
        ({"beat_id": "b1", "station_id": "s1"}, "b1"),
        ({"subdistrict_code": "d1", "community_code": "m1"}, "m1"),
    ],
)
def test_the_key_of_the_layer_is_the_id(columns, expected):
    feature = one(Point(120, 36), **columns)
    assert feature["id"] == expected
    assert feature["properties"] == columns


def test_a_key_that_repeats_is_no_id():
    frame = gpd.GeoDataFrame({"grid_code": ["a", "a"]}, geometry=[Point(0, 0)] * 2, crs=WGS84)
    assert all("id" not in feature for feature in to_geojson(frame)["features"])


@pytest.mark.parametrize("missing", [np.nan, None, pd.NA, pd.NaT, np.inf])
def test_what_is_missing_or_not_finite_is_null(missing):
    frame = gpd.GeoDataFrame(
        {"walk_mean_m": pd.Series([missing, 1.5], dtype=object)},
        geometry=[Point(0, 0), Point(1, 1)],
        crs=WGS84,
    )
    values = [f["properties"]["walk_mean_m"] for f in to_geojson(frame)["features"]]
    assert values == [None, 1.5]


def test_whole_numbers_stay_whole_beside_missing_ones():
    frame = gpd.GeoDataFrame(
        {"year_built": [1986.0, np.nan], "walk_m": [84.0, 1.0], "households": np.int64([4, 5])},
        geometry=[Point(0, 0), Point(1, 1)],
        crs=WGS84,
    )
    first, second = (f["properties"] for f in to_geojson(frame)["features"])
    assert json.dumps(first) == '{"year_built": 1986, "walk_m": 84.0, "households": 4}'
    assert second["year_built"] is None


def test_truth_values_and_dates_are_written_as_json():
    feature = one(Point(0, 0), flag=np.True_, day=pd.Timestamp("2026-02-13"))
    assert feature["properties"] == {"flag": True, "day": "2026-02-13T00:00:00"}


@pytest.mark.parametrize("nothing", [None, Polygon()])
def test_a_missing_geometry_is_null(nothing):
    assert one(nothing)["geometry"] is None


def test_height_is_left_out():
    assert one(Point(120, 36, 5))["geometry"]["coordinates"] == [120.0, 36.0]


def test_a_polygon_that_rounding_would_break_keeps_more_decimals():
    # a spike half a unit of the seventh decimal wide, which rounding folds onto itself
    sliver = Polygon([(120, 36), (120.0001, 36), (120.0001, 36.00000004), (120, 36.00000002)])
    written = shape(one(sliver)["geometry"])
    assert written.is_valid
    assert written.area == pytest.approx(sliver.area, rel=0.2)


@pytest.mark.parametrize("decimals", [6, 7])
def test_what_is_smaller_than_a_decimal_does_not_vanish(decimals):
    speck = box(120, 36, 120.00000001, 36.00000001)
    dash = LineString([(120, 36), (120.00000001, 36)])
    frame = gpd.GeoDataFrame(geometry=[speck, None, dash, box(0, 0, 1, 1)], crs=WGS84)
    small, missing, line, large = wgs84_rounded(frame, decimals=decimals)
    assert small.is_valid
    assert small.area > 0
    assert missing is None
    assert line.length > 0
    assert large.equals(box(0, 0, 1, 1))


def test_columns_can_be_left_out(plan):
    features = to_geojson(plan.courtyards, drop=["address", "nowhere"])["features"]
    assert "address" not in features[0]["properties"]
    assert "households" in features[0]["properties"]


def test_a_layer_without_crs_is_refused():
    with pytest.raises(CrsError):
        to_geojson(gpd.GeoDataFrame(geometry=[Point(0, 0)]))


def test_a_frame_is_not_changed(plan):
    before = plan.gov_grids.copy(deep=True)
    to_geojson(plan.gov_grids, drop=["name"])
    assert plan.gov_grids.equals(before)
    assert plan.gov_grids.crs == SHINAN_CRS


def test_every_layer_with_rows_is_written(plan, tmp_path):
    names = {path.stem for path in write_geojson(plan, tmp_path / "new")}
    assert {"subdistricts", "communities", "courtyards", "cells", "gov_grids"} <= names
    assert {"police_rooms", "pairings", "beats", "basic_grids", "landscape"} <= names
    assert {path.stem for path in (tmp_path / "new").iterdir()} == names


def test_every_file_is_valid_and_stamped(plan, tmp_path):
    for path in write_geojson(plan, tmp_path):
        body = json.loads(path.read_text(encoding="utf-8"))
        assert body["type"] == "FeatureCollection"
        assert body["synthetic"] is True
        assert body["attribution"] == "© OpenStreetMap contributors"
        assert "crs" not in body
        for feature in body["features"]:
            assert shape(feature["geometry"]).is_valid, path.name
            assert "id" in feature or path.stem == "pairings"


def test_real_data_carries_no_stamp(tmp_path):
    plan = drawn_plan(synthetic="false")
    bodies = [json.loads(p.read_text(encoding="utf-8")) for p in write_geojson(plan, tmp_path)]
    assert not any("synthetic" in body for body in bodies)


def test_duty_lines_are_not_published(plan, tmp_path):
    for name in ("stations", "beats", "communities"):
        plan.district.tables[name]["duty_phone"] = "0532-0000 0101"
    for path in write_geojson(plan, tmp_path):
        text = path.read_text(encoding="utf-8")
        assert "duty_phone" not in text
        assert "0532-0000" not in text


def test_no_metric_coordinate_hides_among_the_properties(plan, tmp_path):
    write_geojson(plan, tmp_path)
    beats = json.loads((tmp_path / "beats.geojson").read_text(encoding="utf-8"))
    assert "room_x" not in beats["features"][0]["properties"]


def test_pairing_lines_run_from_the_medoid_to_the_police_room(plan, tmp_path):
    write_geojson(plan, tmp_path)
    body = json.loads((tmp_path / "pairings.geojson").read_text(encoding="utf-8"))
    lines = gpd.GeoDataFrame.from_features(body, crs=WGS84).to_crs(SHINAN_CRS)
    line = lines[lines["grid_layer"] == "gov_grids"].iloc[0]
    yards = plan.courtyards.set_index("courtyard_id").geometry
    medoid = plan.gov_grids.set_index("grid_code").loc[line["grid_code"], "medoid_id"]
    start, end = (Point(at) for at in line.geometry.coords)
    assert start.within(yards[medoid])
    room = plan.district["beats"].set_index("beat_id").loc[line["beat_id"]]
    assert end.distance(Point(room["room_x"], room["room_y"])) < 0.1


def test_a_plan_without_pairings_has_no_pairing_file(tmp_path):
    names = {path.stem for path in write_geojson(drawn_plan(paired=False), tmp_path)}
    assert "pairings" not in names


def test_an_old_file_stays_whole_when_writing_fails(plan, tmp_path, monkeypatch):
    old = tmp_path / "subdistricts.geojson"
    old.write_text("old", encoding="utf-8")

    def full_disk(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full_disk)
    with pytest.raises(StorageError, match="unchanged"):
        write_geojson(plan, tmp_path)
    assert old.read_bytes() == b"old"


def test_lines_are_rounded():
    feature = one(LineString([(120, 36), (120.123456789, 36)]), road_id="r")
    assert feature["geometry"]["coordinates"] == [[120.0, 36.0], [120.1234568, 36.0]]
