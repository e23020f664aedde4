"""OGC API - Features, Part 3: queryables and filters, one test a requirement."""

from __future__ import annotations

import json

import jsonschema
import pytest

requirement = pytest.mark.requirement
ITEMS = "/collections/courtyards/items"
RELATION = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
EPSG_4326 = "http://www.opengis.net/def/crs/EPSG/0/4326"


@requirement("/req/queryables/queryables-link")
def test_every_filterable_resource_leads_to_its_queryables_in_a_header(client):
    header = client.get(ITEMS).headers["link"]
    assert f'</collections/courtyards/queryables>; rel="{RELATION}"' in header.replace(
        "http://testserver", ""
    )


@requirement("/req/features-filter/queryables-link")
def test_every_collection_leads_to_its_queryables(client, rels):
    for one in client.get("/collections").json()["collections"]:
        (link,) = rels(one)[RELATION]
        assert client.get(link["href"]).headers["content-type"] == link["type"]


@requirement("/req/queryables/get-queryables-op")
@requirement("/req/features-filter/get-queryables-op")
def test_queryables_can_be_asked_for(client):
    for one in client.get("/collections").json()["collections"]:
        assert client.get(f"/collections/{one['id']}/queryables").status_code == 200


@requirement("/req/queryables/get-queryables-response")
def test_queryables_are_json_schema(client):
    found = client.get("/collections/courtyards/queryables", params={"lang": "en"}).json()
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert found["$id"] == "http://testserver/collections/courtyards/queryables"
    assert found["type"] == "object"
    assert found["properties"]["households"]["type"] == "integer"
    assert found["properties"]["geometry"]["format"] == "geometry-any"


@requirement("/req/queryables-query-parameters/parameters")
def test_every_simple_queryable_is_a_parameter_of_the_same_schema(client, ids):
    document = client.get("/api").json()
    shared = document["components"]["parameters"]
    for name in ("courtyards", "gov_grids", "beats"):
        queryables = client.get(f"/collections/{name}/queryables").json()["properties"]
        listed = document["paths"][f"/collections/{name}/items"]["get"]["parameters"]
        known = [shared[one["$ref"].rsplit("/", 1)[1]] for one in listed]
        schemas = {one["name"]: one["schema"] for one in known}
        for queryable, schema in queryables.items():
            if queryable != "geometry":
                assert schemas[queryable] == {k: v for k, v in schema.items() if k != "title"}
    assert ids(households=50) == ["c1", "c4"]
    assert ids(property_service="trial", year_built=1986) == []
    assert ids(property_service="none", name="Café Hof") == ["b1"]


@requirement("/req/filter/filter-param")
def test_a_filter_picks(ids):
    assert ids(filter="households > 110") == ["b1", "b2"]


@requirement("/req/filter/filter-lang-param")
@requirement("/req/features-filter/filter-lang-param")
def test_a_filter_says_its_language(client, ids):
    tree = json.dumps({"op": "=", "args": [{"property": "households"}, 40]})
    assert ids(filter=tree, **{"filter-lang": "cql2-json"}) == ["c3"]
    assert ids(filter="households = 40", **{"filter-lang": "cql2-text"}) == ["c3"]
    wrong = client.get(ITEMS, params={"filter": tree, "filter-lang": "sql"})
    assert wrong.status_code == 400


@requirement("/req/filter/filter-crs-wgs84")
def test_a_filter_s_shapes_are_longitude_and_latitude(ids):
    assert len(ids(filter="S_INTERSECTS(geometry, BBOX(120, 36, 121, 37))")) == 12
    assert ids(filter="S_INTERSECTS(geometry, BBOX(36, 120, 37, 121))") == []


@requirement("/req/filter/filter-crs-param")
@requirement("/req/features-filter/filter-crs-param")
def test_a_filter_s_shapes_may_be_in_another_system(client, ids):
    swapped = "S_INTERSECTS(geometry, BBOX(36, 120, 37, 121))"
    assert len(ids(filter=swapped, **{"filter-crs": EPSG_4326})) == 12
    metres = "S_INTERSECTS(geometry, POINT(3993100 534050))"
    assert ids(filter=metres, **{"filter-crs": "EPSG:4549"}) == ["c1"]
    wrong = client.get(ITEMS, params={"filter": swapped, "filter-crs": "EPSG:3857"})
    assert wrong.status_code == 400


@requirement("/req/filter/mixing-expressions")
def test_a_filter_holds_together_with_everything_else(ids):
    box = "120.3776,36.0666,120.40,36.0679"
    assert ids(bbox=box) == ["c1", "c2", "c3", "c4"]
    assert ids(bbox=box, filter="households > 45") == ["c1", "c2", "c4"]
    assert ids(bbox=box, filter="households > 45", households=50) == ["c1", "c4"]
    assert ids(filter="name = '老院'") == []
    assert ids(filter="name = '老院'", datetime="2026-05-01") == ["a1"]


@requirement("/req/filter/response")
@requirement("/req/features-filter/response")
def test_what_is_true_comes_and_nothing_else(client, ids):
    assert ids(filter="households >= 95 AND households < 110") == ["a1", "a4"]
    assert ids(filter="year_built = 1986 OR year_built <> 1986") == ids()[1:], "unknown is not true"
    for query in (
        {"filter": "((("},
        {"filter": "households"},
        {"filter": "nothing = 1"},
        {"filter": "households = 'many'"},
        {"filter": "{}", "filter-lang": "cql2-json"},
        {"filter": "households > 1", "filter-crs": "nowhere"},
    ):
        assert client.get(ITEMS, params=query).status_code == 400, query


@requirement("/req/features-filter/filter-param")
def test_features_take_a_filter(client):
    document = client.get("/api").json()
    for path, item in document["paths"].items():
        if path.endswith("/items"):
            listed = [one["$ref"] for one in item["get"]["parameters"]]
            assert "#/components/parameters/filter" in listed
