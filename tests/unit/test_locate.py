"""Laws of locating: who owns a point, what is exact, what is near, and what is nowhere.

The town is that of ``map_plan``: 90 m courtyards with 10 m lanes, footprints 8 m around them.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from map_plan import EAST, NORTH, A, B, C, drawn_plan

from geogrid.crs import to_wgs84
from geogrid.publish.answers import CSV_COLUMNS, address_answer, answer, columns_csv, columns_json
from geogrid.publish.features import feature_tables
from geogrid.publish.locate import BY, LAYERS, NOWHERE, REACH_M, Locator, locator_of
from geogrid.publish.nearest import Nearest, metres_per_degree
from geogrid.publish.snapshot import Snapshot, VersionInfo

VERSION = VersionInfo(1, "370202", 1, "第一版", None, None, None)


@pytest.fixture(scope="module")
def tables():
    return feature_tables(drawn_plan(names={"a1": "甲院"}))


@pytest.fixture(scope="module")
def snapshot(tables):
    return Snapshot([tables], versions=[VERSION], public=True)


@pytest.fixture(scope="module")
def locator(snapshot):
    return locator_of(snapshot)


def degrees(x, y):
    """Turn metres of the drawing into WGS84."""
    lon, lat = to_wgs84(EAST + x, NORTH + y, "EPSG:4549")
    return float(lon), float(lat)


def codes(locator, place):
    """Return the code in each layer."""
    found = zip(locator.layers, place.rows, strict=True)
    return {layer.name: layer.ids[row] if row != NOWHERE else None for layer, row in found}


def test_a_point_in_a_courtyard_belongs_to_the_courtyards_grid(locator):
    place = locator.place(*degrees(150, 250))
    assert codes(locator, place) == {
        "courtyards": "a2",
        "gov_grids": A + "001",
        "basic_grids": A + "011",
        "communities": A,
        "subdistricts": A[:9],
        "beats": "J1",
        "compounds": None,
    }
    assert (place.distance_m, BY[place.by], place.is_approximate) == (0, "courtyard", False)


def test_beside_the_courtyard_the_footprint_says_the_grid_and_the_courtyard_is_near(locator):
    # 8 m north of a3, inside the footprint of its grid
    place = locator.place(*degrees(250, 307))
    found = codes(locator, place)
    assert (found["courtyards"], found["gov_grids"]) == ("a3", A + "002")
    assert (place.distance_m, BY[place.by], place.is_approximate) == (7, "footprint", True)


def test_beside_every_footprint_the_nearest_courtyard_says_the_grid(locator):
    place = locator.place(*degrees(250, 350))
    found = codes(locator, place)
    assert (found["courtyards"], found["gov_grids"]) == ("a3", A + "002")
    assert (place.distance_m, BY[place.by]) == (50, "nearest")


def test_the_nearest_courtyard_is_never_one_across_the_communitys_border(locator):
    # 35 m from c1 in community C, 30 m from a1: but the point lies in A
    place = locator.place(*degrees(55, 181))
    found = codes(locator, place)
    assert found["communities"] == A
    assert found["courtyards"] == "a1"
    # and just below the border it is the other way round
    assert codes(locator, locator.place(*degrees(55, 179)))["courtyards"] == "c1"


def test_further_than_the_reach_there_is_a_community_but_no_courtyard(locator):
    place = locator.place(*degrees(810, 20))
    found = codes(locator, place)
    assert found["communities"] == C
    assert (found["courtyards"], found["gov_grids"], place.distance_m) == (None, None, None)
    assert BY[place.by] is None
    assert place.is_found
    assert REACH_M == 100


def test_inside_a_gated_compound_no_courtyard_is_looked_for(locator):
    place = locator.place(*degrees(650, 340))
    found = codes(locator, place)
    assert (found["compounds"], found["communities"], found["beats"]) == ("k1", B, "J2")
    assert (found["courtyards"], found["gov_grids"]) == (None, None)


def test_outside_everything_is_an_answer_and_no_error(locator):
    for lon, lat in ((121.0, 37.0), (-180.0, 90.0), degrees(5000, 5000)):
        place = locator.place(lon, lat)
        assert not place.is_found
        told = answer(locator, place)
        assert told["found"] is False
        assert told["gov_grid"] is None
        assert told["duties"] == []


def test_on_a_shared_border_the_lowest_code_counts_and_grids_stay_nested(locator):
    for y in (200, 300, 400):
        place = locator.place(*degrees(405, y))
        found = codes(locator, place)
        if found["gov_grids"]:
            assert found["gov_grids"].startswith(found["communities"])
        assert found["subdistricts"] == found["communities"][:9]


@given(st.lists(st.tuples(st.floats(-150, 950), st.floats(-150, 550)), min_size=1, max_size=40))
def test_many_points_are_answered_as_one_by_one(locator, metres):
    points = [degrees(x, y) for x, y in metres]
    lon, lat = np.array(points).T
    many = locator.places(lon, lat)
    for row, (x, y) in enumerate(points):
        one = locator.place(x, y)
        assert one.rows == tuple(many.rows[:, row].tolist())
        assert one.by == many.by[row]
        metres_apart = many.distance_m[row]
        assert one.distance_m == (None if np.isnan(metres_apart) else int(metres_apart))


@given(st.floats(-150, 950), st.floats(-150, 550))
def test_what_lies_around_a_point_agrees_with_plain_geometry(snapshot, locator, x, y):
    point = shapely.Point(*degrees(x, y))
    found = codes(locator, locator.place(point.x, point.y))
    for name in ("basic_grids", "beats", "compounds"):
        around = [
            ident
            for ident, shape in zip(snapshot[name].ids, snapshot[name].geometry, strict=True)
            if shape.intersects(point)
        ]
        assert found[name] == min(around, default=None)
    yards = snapshot["courtyards"]
    inside = [i for i, shape in enumerate(yards.geometry) if shape.intersects(point)]
    if inside:
        assert found["courtyards"] == yards.ids[inside[0]]
        assert found["gov_grids"] == yards.properties[inside[0]]["grid_code"]


def test_many_threads_ask_at_once_and_all_are_answered(snapshot):
    x, y = np.meshgrid(np.linspace(-50, 870, 60), np.linspace(-50, 470, 40))
    lon, lat = to_wgs84(EAST + x.ravel(), NORTH + y.ravel(), "EPSG:4549")
    fresh = Locator(snapshot.collections)
    with ThreadPoolExecutor(8) as pool:
        many = list(pool.map(lambda _: fresh.places(lon, lat), range(16)))
    for one in many:
        assert (one.rows == many[0].rows).all()


def test_the_snapshots_own_shapes_are_left_as_they_are(snapshot, locator):
    del locator
    for name in LAYERS:
        assert not shapely.is_prepared(snapshot[name].geometry).any()


def test_no_points_are_no_trouble(locator):
    assert locator.places([], []).rows.shape == (len(LAYERS), 0)
    assert json.loads(columns_json(locator, locator.places([], [])))["count"] == 0


def test_a_district_with_next_to_nothing_still_answers(tables):
    bare = {
        name: table
        if name in {"courtyards", "communities"}
        else replace(table, ids=(), properties=(), geometry=np.empty(0, dtype=object))
        for name, table in tables.items()
    }
    lonely = Locator(Snapshot([bare], versions=[VERSION], public=True).collections)
    found = codes(lonely, lonely.place(*degrees(150, 250)))
    assert (found["courtyards"], found["communities"], found["gov_grids"]) == ("a2", A, None)


def test_courtyards_known_by_a_point_only_are_near_and_never_around(tables):
    yards = tables["courtyards"]
    as_points = tables | {
        "courtyards": replace(yards, geometry=shapely.centroid(yards.geometry)),
    }
    sparse = Locator(Snapshot([as_points], versions=[VERSION], public=True).collections)
    place = sparse.place(*degrees(150, 250))
    assert codes(sparse, place)["courtyards"] == "a2"
    assert BY[place.by] == "footprint"
    assert place.distance_m == 7


def test_beats_of_two_districts_that_share_their_names_are_told_apart(tables):
    shift = 0.5
    there = {
        name: replace(
            table, geometry=shapely.transform(table.geometry, lambda xy: np.add(xy, [shift, 0]))
        )
        for name, table in tables.items()
    }
    other = replace(VERSION, plan_id=2, district_code="370203")
    both = locator_of(Snapshot([tables, there], versions=[VERSION, other], public=True))
    lon, lat = degrees(450, 250)
    here, far = both.place(lon, lat), both.place(lon + shift, lat)
    beats = both.layers[LAYERS.index("beats")]
    grids = both.layers[LAYERS.index("gov_grids")]
    assert beats.ids[grids.lead_beat[here.rows[LAYERS.index("gov_grids")]]] == "J2"
    assert beats.ids[grids.lead_beat[far.rows[LAYERS.index("gov_grids")]]] == "370203:J2"


def test_an_answer_says_codes_names_and_roles_and_nothing_else(locator):
    told = answer(locator, locator.place(*degrees(150, 250)), base="http://x")
    assert told["courtyard"] == {
        "code": "a2",
        "name": None,
        "address": "东山路2号",
        "distance_m": 0,
    }
    assert told["gov_grid"]["href"] == f"http://x/g/gov_grids/{A}001"
    assert told["gov_grid"]["by"] == "courtyard"
    assert told["station"] == {"code": "S1", "name": "东山派出所"}
    assert [(duty["role"], duty["of"], duty["code"]) for duty in told["duties"]] == [
        ("beat_lead", "beats", "J1"),
        ("grid_lead", "gov_grids", A + "001"),
        ("grid_worker", "basic_grids", A + "011"),
    ]
    assert told["duties"][0]["title"] == {"zh": "警格长", "en": "beat lead"}
    written = json.dumps(told, ensure_ascii=False)
    for word in ("households", "phone", "person", "committee"):
        assert word not in written


def test_without_a_grid_the_basic_grids_beat_and_lead_are_told(locator):
    told = answer(locator, locator.place(*degrees(650, 340)))
    assert {duty["role"]: duty["code"] for duty in told["duties"]} == {
        "beat_lead": "J2",
        "grid_lead": B + "011",
        "grid_worker": B + "011",
    }


@pytest.mark.parametrize("name", LAYERS)
def test_nothing_is_told_of_a_hidden_collection(locator, name):
    places = locator.places(*np.array([degrees(150, 250), degrees(650, 340)]).T)
    code = {"beats": "J1", "courtyards": "a2", "compounds": "k1"}.get(name)
    told = [
        json.dumps(answer(locator, locator.place(*degrees(x, y)), hidden={name}))
        for x, y in ((150, 250), (650, 340))
    ]
    told.append(columns_json(locator, places, hidden={name}).decode())
    told.append(columns_csv(locator, places, hidden={name}).decode())
    for text in told:
        assert json.dumps(name)[1:-1] not in text
        if code is not None:
            assert f'"{code}"' not in text
            assert f",{code}," not in text
    if name == "beats":
        assert "S1" not in "".join(told)


def test_columns_hold_each_code_once_and_point_at_it(locator):
    points = [degrees(150, 250), degrees(5000, 5000), degrees(250, 307), degrees(650, 340)]
    places = locator.places(*np.array(points).T)
    told = json.loads(columns_json(locator, places, ids=["p", "q", "r", "s"]))
    assert (told["count"], told["n_found"], told["n_approximate"]) == (4, 3, 1)
    assert told["ids"] == ["p", "q", "r", "s"]
    grids = told["features"]["gov_grid"]["code"]
    assert grids == sorted(set(grids))
    said = [None if i is None else grids[i] for i in told["columns"]["gov_grid"]]
    assert said == [A + "001", None, A + "002", None]
    assert told["columns"]["distance_m"] == [0, None, 7, None]
    by = [None if i is None else told["features"]["by"][i] for i in told["columns"]["by"]]
    assert by == ["courtyard", None, "footprint", None]
    leads = told["features"]["lead_beat"]["code"]
    assert [None if i is None else leads[i] for i in told["columns"]["lead_beat"]] == [
        *("J1", None, "J1", None)
    ]


def test_csv_says_the_same_and_quotes_what_it_must(locator):
    points = [degrees(150, 250), degrees(5000, 5000)]
    places = locator.places(*np.array(points).T)
    lines = columns_csv(locator, places, ids=['a,"b"', "c"]).decode().split("\r\n")
    assert lines[0] == ",".join(CSV_COLUMNS)
    start = '"a,""b""",1,0,0,courtyard,a2,'
    assert lines[1] == start + f"{A}001,{A}011,{A},{A[:9]},J1,S1,J1,"
    assert lines[2] == "c,0,0," + "," * (len(CSV_COLUMNS) - 4)
    assert lines[3] == ""
    assert columns_csv(locator, places).decode().split("\r\n")[2].startswith("2,0,0,")


def test_an_address_that_is_one_courtyard_is_answered_like_a_point_in_it(locator):
    told = address_answer(locator, "东山路２號", locator.book.search("东山路２號"))
    assert (told["found"], told["approximate"]) == (True, False)
    assert told["courtyard"]["code"] == "a2"
    assert told["gov_grid"]["code"] == A + "001"
    assert told["address"] == {"asked": "东山路２號", "by": "address", "n_matches": 1, "apart": 0}
    lon, lat = degrees(155, 255)
    assert told["lon"] == pytest.approx(lon, abs=5e-4)
    assert told["lat"] == pytest.approx(lat, abs=5e-4)


def test_the_nearest_number_is_flagged_and_equal_ones_are_listed(locator):
    near = address_answer(locator, "东山路14号", locator.book.search("东山路14号"))
    assert (near["found"], near["approximate"], near["address"]["apart"]) == (True, True, 2)
    assert near["courtyard"]["code"] == "c4"


def test_metres_per_degree_agree_with_the_ellipsoid():
    from pyproj import Geod

    for lat in (0.0, 18.0, 36.06, 53.0, 80.0):
        east, north = metres_per_degree(np.array([lat]))
        step = 1e-4
        geod = Geod(ellps="WGS84")
        assert geod.inv(120, lat, 120 + step, lat)[2] / step == pytest.approx(east[0], abs=0.01)
        along = geod.inv(120, lat - step / 2, 120, lat + step / 2)[2]
        assert along / step == pytest.approx(north[0], abs=0.01)


@given(st.floats(-89, 89), st.floats(-200, 200), st.floats(-200, 200))
def test_one_point_and_many_find_the_same_shapes_near_them(lat, x, y):
    square = shapely.box(120, lat, 120.0001, lat + 0.0001)
    near = Nearest(np.array([square, None], dtype=object), reach_m=100.0)
    lon, at = 120 + x / 111_000, lat + y / 111_000
    _, shapes, metres = near.pairs(np.array([lon]), np.array([at]))
    assert near.around(lon, at) == (shapes.tolist(), metres.tolist())
