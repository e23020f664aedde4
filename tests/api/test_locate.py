"""Laws of locating over HTTP: exact parameters, one answer or a list, whole or refused bodies."""

from __future__ import annotations

import json

import pytest
from map_plan import EAST, NORTH, A, B
from shelves import VIEWER, client

from geogrid.crs import to_wgs84
from geogrid.offset import wgs84_to_bd09, wgs84_to_gcj02


@pytest.fixture(scope="module")
def public():
    return client()


def degrees(x, y):
    lon, lat = to_wgs84(EAST + x, NORTH + y, "EPSG:4549")
    return float(lon), float(lat)


YARD = degrees(150, 250)


def test_a_point_is_answered_with_codes_roles_a_link_and_the_version(public):
    answer = public.get("/locate", params={"lon": YARD[0], "lat": YARD[1]})
    told = answer.json()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert (told["found"], told["approximate"], told["synthetic"]) == (True, False, True)
    assert told["gov_grid"]["href"] == f"http://testserver/g/gov_grids/{A}001"
    assert [duty["role"] for duty in told["duties"]] == ["beat_lead", "grid_lead", "grid_worker"]
    [version] = told["versions"]
    assert version == {
        "district_code": "370202",
        "number": 2,
        "title": "第二版",
        "document_no": None,
        "valid_from": "2026-01-01",
    }


@pytest.mark.parametrize(
    ("crs", "x", "y"),
    [
        ("gcj02", *map(float, wgs84_to_gcj02(*YARD))),
        ("bd09", *map(float, wgs84_to_bd09(*YARD))),
        ("cgcs2000", *YARD),
        ("EPSG:4549", EAST + 150.0, NORTH + 250.0),
        ("EPSG:4528", EAST + 40_000_150.0, NORTH + 250.0),
    ],
)
def test_every_system_finds_the_same_courtyard(public, crs, x, y):
    told = public.get("/locate", params={"lon": x, "lat": y, "crs": crs}).json()
    assert told["courtyard"]["code"] == "a2"
    assert told["lon"] == pytest.approx(YARD[0], abs=1e-6)


def test_outside_the_district_is_an_answer(public):
    answer = public.get("/locate?lon=121&lat=37")
    assert answer.status_code == 200
    assert answer.json()["found"] is False


def test_the_version_of_a_day_answers(public):
    at = {"lon": YARD[0], "lat": YARD[1]}
    now = public.get("/locate", params=at).json()
    then = public.get("/locate", params=at | {"datetime": "2025-06-01"}).json()
    assert (now["gov_grid"]["code"], then["gov_grid"]["code"]) == (A + "001", A + "002")
    assert then["versions"][0]["document_no"] == "南办发〔2025〕1号"
    assert public.get("/locate", params=at | {"datetime": "2024-06-01"}).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        *("", "lon=1", "lat=1", "lon=1&lat=", "lon=x&lat=1", "lon=nan&lat=1", "lon=1&lat=inf"),
        *("lon=36&lat=120", "lon=1e400&lat=1", "lon=1&lon=2&lat=1", "lon=1&lat=1&zoom=3"),
        *("lon=1&lat=1&crs=mars", "lon=1&lat=1&crs=EPSG:4549x", "lon=120.4&lat=36&crs=EPSG:4528"),
        *("address=", "address=%20", "address=" + "1" * 201, "address=x&lon=1&lat=1"),
        *("address=x&crs=gcj02", "lon=1&lat=1&datetime=yesterday", "address=%FF"),
    ],
)
def test_what_makes_no_sense_is_refused(public, query):
    answer = public.get(f"/locate?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Traceback" not in answer.text


def test_swapped_coordinates_are_told_in_words(public):
    assert "x, which comes first" in public.get("/locate?lon=36&lat=120").json()["detail"]


def test_an_address_is_one_answer_or_a_list(public):
    one = public.get("/locate", params={"address": "东山路２號"}).json()
    assert (one["found"], one["courtyard"]["code"], one["address"]["by"]) == (True, "a2", "address")
    near = public.get("/locate", params={"address": "东山路14号"}).json()
    assert (near["found"], near["approximate"], near["address"]["apart"]) == (True, True, 2)
    some = public.get("/locate", params={"address": "东山路"}).json()
    assert (some["found"], len(some["matches"]), some["address"]["n_matches"]) == (False, 5, 12)
    none = public.get("/locate", params={"address": "无此路1号"}).json()
    assert (none["found"], none["matches"], none["address"]["by"]) == (False, [], "nothing")


def test_the_public_reads_nothing_of_a_closed_collection():
    at = {"lon": YARD[0], "lat": YARD[1]}
    closed = client(closed={"beats", "courtyards"})
    told = closed.get("/locate", params=at).json()
    assert "beat" not in told
    assert "courtyard" not in told
    assert "J1" not in json.dumps(told)
    assert told["gov_grid"]["code"] == A + "001"
    assert closed.get("/locate?address=东山路2号").status_code == 401
    known = client(closed={"beats", "courtyards"}, caller=VIEWER)
    assert known.get("/locate", params=at).json()["beat"]["code"] == "J1"
    assert known.get("/locate?address=东山路2号").json()["found"] is True


def test_points_in_bulk_come_back_in_columns(public):
    body = {"points": [YARD, (121, 37), degrees(650, 340)], "ids": ["p", "q", "r"]}
    answer = public.post("/locate", json=body)
    told = answer.json()
    assert (answer.status_code, told["count"], told["n_found"]) == (200, 3, 2)
    codes = told["features"]["community"]["code"]
    assert [codes[i] if i is not None else None for i in told["columns"]["community"]] == [
        A,
        None,
        B,
    ]
    assert told["ids"] == ["p", "q", "r"]
    assert told["synthetic"] is True
    assert answer.headers["cache-control"] == "no-store"


def test_csv_goes_in_and_comes_out(public):
    answer = public.post(
        "/locate",
        params={"crs": "EPSG:4549"},
        content=f"id,x,y\np,{EAST + 150},{NORTH + 250}\n",
        headers={"content-type": "text/csv; charset=utf-8", "accept": "text/csv"},
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    head, line, end = answer.text.split("\r\n")
    assert head.startswith("id,found,approximate,distance_m,by,courtyard,gov_grid")
    assert line.startswith(f"p,1,0,0,courtyard,a2,{A}001,")
    assert end == ""
    by_word = public.post("/locate?f=csv", json={"points": [YARD]})
    assert by_word.text.split("\r\n")[1].startswith("1,1,0,0,courtyard,a2,")


def test_bad_rows_are_listed_in_the_refusal(public):
    answer = public.post("/locate", json={"points": [YARD, [1], [500, 1], "x"]})
    assert answer.status_code == 400
    assert (answer.json()["rows"], answer.json()["n_rows"]) == ([2, 4], 2)
    assert public.post("/locate", json={"points": [[500, 1]]}).json()["rows"] == [1]


@pytest.mark.parametrize(
    ("status", "more"),
    [
        (415, {"content": "x", "headers": {"content-type": "text/plain"}}),
        (415, {"content": "{}"}),
        (406, {"json": {"points": []}, "headers": {"accept": "image/png"}}),
        (400, {"content": "{", "headers": {"content-type": "application/json"}}),
        (400, {"json": {"points": [], "crs": "mars"}}),
        (413, {"content": b" " * 32_000_001, "headers": {"content-type": "text/csv"}}),
    ],
)
def test_bodies_that_are_not_read_are_refused(public, status, more):
    answer = public.post("/locate", **more)
    assert answer.status_code == status
    assert answer.json()["status"] == status


def test_an_empty_list_is_no_trouble(public):
    assert public.post("/locate", json={"points": []}).json()["count"] == 0


def test_many_points_take_little_time(public):
    """A thousandth of the year's requests; the whole is measured by make bench."""
    told = public.post("/locate", json={"points": [list(YARD)] * 5000}).json()
    assert told["n_found"] == 5000
    assert told["features"]["courtyard"]["code"] == ["a2"]


def test_an_id_of_half_a_character_is_refused(public):
    body = b'{"points": [[120.38, 36.06]], "ids": ["\\ud800"]}'
    answer = public.post("/locate", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
