"""Bad input of every kind: the right refusal each, never a failure of ours."""

from __future__ import annotations

import json

import pytest

from geogrid_api.problems import MEDIA

ITEMS = "/collections/courtyards/items"


def deep(n):
    return '{"op":"not","args":[' * n + "true" + "]}" * n


BAD = {
    "bbox=nan,36,121,37": 400,
    "bbox=120,36,inf,37": 400,
    "bbox=1,2,3": 400,
    "bbox=1,2,3,4,5": 400,
    "bbox=1,2,3,4,5,6,7": 400,
    "bbox=a,b,c,d": 400,
    "bbox=,,,": 400,
    "bbox=120,37,121,36": 400,
    "bbox=120,36,9,121,37,1": 400,
    "bbox=1_0,2,3,4": 400,
    "bbox=%EF%BC%91,2,3,4": 400,
    "bbox=1e999,2,3,4": 400,
    "bbox=1,2,3,4&bbox-crs=EPSG:9999": 400,
    "bbox=0,0,1e9,1e9&bbox-crs=EPSG:4549": 400,
    "limit=100000000000000000000": 400,
    "limit=10001": 400,
    "limit=0": 400,
    "limit=-1": 400,
    "limit=1.5": 400,
    "limit=%D9%A3": 400,
    "limit=": 400,
    "limit=1&limit=1": 400,
    "limit": 400,
    "offset=-1": 400,
    "offset=1000001": 400,
    "datetime=yesterday": 400,
    "datetime=2026-02-30": 400,
    "datetime=2026-13-01": 400,
    "datetime=2026-01-01T25:00:00Z": 400,
    "datetime=2026-01-01T00:00:00": 400,
    "datetime=2026-01-02/2026-01-01": 400,
    "datetime=0001-01-01T00:00:00%2B14:00": 400,
    "datetime=//": 400,
    "crs=EPSG:3857": 400,
    "crs=http://www.opengis.net/def/crs/EPSG/0/99999": 400,
    "filter=(((": 400,
    "filter=households": 400,
    "filter=households%20%3E": 400,
    "filter=households%3D%27x%27": 400,
    "filter=households+%2B+1+%3D+2": 400,
    "filter=drop(table)=1": 400,
    "filter=S_INTERSECTS(geometry,BBOX(1,2,3))": 400,
    "filter=S_INTERSECTS(name,POINT(1%202))": 400,
    "filter=S_INTERSECTS(geometry,POLYGON((0%200,1%201,0%201,1%200,0%200)))": 400,
    "filter=S_INTERSECTS(geometry,POINT(1e400%202))": 400,
    "filter=geometry%3D1": 400,
    "filter=T_AFTER(name,DATE('2026-01-01'))": 400,
    "filter=name%20LIKE%20households": 400,
    "filter=" + "(" * 100 + "1=1" + ")" * 100: 400,
    "filter=" + "NOT%20" * 300 + "1=1": 400,
    "filter=households%3D1" + "%2B1" * 2_000: 400,
    "filter=x&filter-lang=sql": 400,
    "filter-lang=cql2-json&filter=[]": 400,
    "filter-lang=cql2-json&filter=NaN": 400,
    'filter-lang=cql2-json&filter={"op":"=","args":[1]}': 400,
    'filter-lang=cql2-json&filter={"op":"=","args":[1,NaN]}': 400,
    'filter-lang=cql2-json&filter={"op":"in","args":[1,[]]}': 400,
    'filter-lang=cql2-json&filter={"op":1,"args":[1,2]}': 400,
    'filter-lang=cql2-json&filter={"op":"and","args":[true]}': 400,
    "filter-lang=cql2-json&filter=" + deep(60): 400,
    "households=many": 400,
    "households=1.5": 400,
    "households=120.0": 400,
    "households=1.2e2": 400,
    "households=-5": 400,
    "households=1e400": 400,
    "property_service=perhaps": 400,
    "geometry=1": 400,
    "f=xml": 400,
    "lang=de": 400,
    "lang=en&lang=zh": 400,
    "name=%FF": 400,
    "name=%00": 400,
    "%FF=1": 400,
    "=1": 400,
    "x" * 20_000 + "=1": 414,
    "filter=" + "a" * 60_000: 414,
}


@pytest.mark.parametrize("query", list(BAD), ids=lambda query: query[:60])
def test_what_cannot_be_is_refused(client, query):
    answer = client.get(f"{ITEMS}?{query}")
    assert answer.status_code == BAD[query], answer.text[:300]
    assert answer.headers["content-type"] == MEDIA
    problem = answer.json()
    assert problem["status"] == BAD[query]
    assert len(problem["detail"]) < 1_000
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "bbox=120,36,0,121,37,100",
        "bbox=120.378,36.0675,120.378,36.0675",
        "bbox=-180,-90,180,90",
        "bbox=%2B1.2e2,36.,121,.37e2",
        "bbox=3993070,534010,3993070,534010&bbox-crs=EPSG:4549",
        "limit=10000",
        "offset=1000000",
        "datetime=../..",
        "filter=" + "(" * 40 + "1=1" + ")" * 40,
        "filter=name%20LIKE%20'" + "%25_" * 200 + "x'",
        "filter-lang=cql2-json&filter=" + deep(20),
        "filter-lang=cql2-json&filter=true",
        "name=%27%20OR%201=1--",
        "&limit=1&",
        "name=a+b",
    ],
    ids=lambda query: query[:60],
)
def test_what_can_be_is_answered_however_odd(client, query):
    assert client.get(f"{ITEMS}?{query}").status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/collections/nowhere", 404),
        ("/collections/nowhere/items", 404),
        ("/collections/nowhere/items/a1", 404),
        ("/collections/courtyards/items/nobody", 404),
        ("/collections/courtyards/items/" + "x" * 5_000, 404),
        ("/collections/courtyards/items/..%2F..%2Fetc%2Fpasswd", 404),
        ("/collections/courtyards/items/%00", 404),
        ("/collections/courtyards/items/甲", 404),
        ("/collections/" + "x" * 20_000, 414),
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_is_not_there_is_not_found(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status
    assert "x" * 300 not in answer.text


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("image/png", 406),
        ("application/xml;q=1.0, text/csv", 406),
        ("application/geo+json;q=0", 406),
        ("*/*;q=0", 406),
        (";;;", 406),
        ("application/json;q=nonsense, text/html", 200),
        ("text/*", 200),
        ("a" * 5_000 + ", */*", 406),
        ("*/*", 200),
        ("", 200),
    ],
    ids=lambda value: str(value)[:40],
)
def test_only_formats_there_are_can_be_asked_for(client, accept, status):
    answer = client.get(ITEMS, headers={"accept": accept})
    assert answer.status_code == status, answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "BREW"])
def test_nothing_can_be_changed_here(client, method):
    answer = client.request(method, ITEMS, content=json.dumps({"a": 1}))
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("host", ["", "a b", 'x"y', "h" * 300, "a/b", "<script>"])
def test_a_host_that_is_none_gets_into_no_link(client, host):
    answer = client.get("/collections", headers={"host": host})
    if answer.status_code == 200:
        assert answer.json()["links"][0]["href"].startswith("http://testserver")
    else:
        assert answer.status_code == 400


def test_an_address_cannot_break_out_of_links_and_headers(client):
    answer = client.get(ITEMS + "?limit=1&name=%22%3E%0D%0Ax&f=json&lang=zh")
    assert answer.status_code == 200
    assert "\n" not in answer.headers["link"]
    assert json.loads(answer.content)["numberMatched"] == 0
