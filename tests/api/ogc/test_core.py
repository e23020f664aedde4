"""OGC API - Features, Part 1: what /req/core states, one test each."""

from __future__ import annotations

import pytest

requirement = pytest.mark.requirement
NAMES = [
    "subdistricts",
    "communities",
    "courtyards",
    "gov_grids",
    "basic_grids",
    "beats",
    "compounds",
]
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


@requirement("/req/core/root-op")
def test_the_root_can_be_asked(client):
    assert client.get("/").status_code == 200


@requirement("/req/core/root-success")
def test_the_root_leads_to_the_definition_the_standards_and_the_data(client, rels):
    links = rels(client.get("/").json())
    assert {"self", "alternate", "service-desc", "service-doc", "conformance", "data"} <= set(links)
    for found in links.values():
        for link in found:
            if "spdx.org" not in link["href"]:
                assert client.get(link["href"]).status_code == 200, link


@requirement("/req/core/api-definition-op")
def test_every_link_to_the_definition_can_be_followed(client, rels):
    links = rels(client.get("/").json())
    for link in links["service-desc"] + links["service-doc"]:
        assert client.get(link["href"]).status_code == 200


@requirement("/req/core/api-definition-success")
def test_the_definition_has_the_media_type_its_link_says(client, rels):
    links = rels(client.get("/").json())
    for link in links["service-desc"] + links["service-doc"]:
        answer = client.get(link["href"])
        assert answer.headers["content-type"].startswith(link["type"])


@requirement("/req/core/conformance-op")
def test_the_standards_can_be_asked_for(client):
    assert client.get("/conformance").status_code == 200


@requirement("/req/core/conformance-success")
def test_the_standards_are_listed(client):
    declared = client.get("/conformance").json()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in declared
    assert len(declared) == len(set(declared))


@requirement("/req/core/http")
def test_http_is_spoken_as_it_is_meant(client):
    whole = client.get("/collections")
    head = client.head("/collections")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]
    refused = client.delete("/collections")
    assert refused.status_code == 405
    assert refused.headers["allow"] == "GET, HEAD, OPTIONS"
    assert client.get("/collections", headers={"accept": "image/png"}).status_code == 406


@requirement("/req/core/query-param-unknown")
@pytest.mark.parametrize(
    "path", ["/", "/conformance", "/api", "/collections", "/collections/beats"]
)
def test_a_parameter_nobody_knows_is_refused(client, path):
    assert client.get(path, params={"colour": "red"}).status_code == 400


@requirement("/req/core/query-param-unknown")
@pytest.mark.parametrize("path", ["", "/a1"])
def test_a_parameter_nobody_knows_is_refused_among_features(client, path):
    answer = client.get(f"/collections/courtyards/items{path}", params={"colour": "red"})
    assert answer.status_code == 400
    assert "colour" in answer.json()["detail"]


@requirement("/req/core/query-param-invalid")
@pytest.mark.parametrize(
    "query", ["limit=0", "limit=ten", "bbox=1,2,3", "datetime=yesterday", "offset=-1", "f=xml"]
)
def test_a_parameter_that_cannot_be_is_refused(client, query):
    answer = client.get(f"/collections/courtyards/items?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


@requirement("/req/core/crs84")
def test_without_a_word_coordinates_are_longitude_and_latitude(client):
    feature = client.get("/collections/courtyards/items/a1").json()
    lon, lat = feature["geometry"]["coordinates"][0][0]
    assert (round(lon, 1), round(lat, 1)) == (120.4, 36.1)


@requirement("/req/core/fc-md-op")
def test_the_collections_can_be_asked_for(client):
    assert client.get("/collections").status_code == 200


@requirement("/req/core/fc-md-success")
def test_the_collections_are_listed_with_links(client):
    found = client.get("/collections").json()
    assert found["links"]
    assert all(one["id"] and one["links"] for one in found["collections"])


@requirement("/req/core/fc-md-links")
def test_the_list_links_to_itself_and_its_page(client, rels):
    links = rels(client.get("/collections").json())
    assert [link["type"] for link in links["self"]] == ["application/json"]
    assert [link["type"] for link in links["alternate"]] == ["text/html"]


@requirement("/req/core/fc-md-items")
def test_every_collection_there_is_is_listed(client):
    assert [one["id"] for one in client.get("/collections").json()["collections"]] == NAMES


@requirement("/req/core/fc-md-items-links")
def test_every_collection_links_to_its_features_in_each_format(client, rels):
    for one in client.get("/collections").json()["collections"]:
        links = rels(one)["items"]
        assert {link["type"] for link in links} == {"application/geo+json", "text/html"}
        for link in links:
            answer = client.get(link["href"])
            assert answer.headers["content-type"].startswith(link["type"])


@requirement("/req/core/fc-md-extent")
def test_the_extent_holds_every_feature_and_every_version(client):
    for one in client.get("/collections").json()["collections"]:
        west, south, east, north = one["extent"]["spatial"]["bbox"][0]
        found = client.get(f"/collections/{one['id']}/items", params={"limit": 100}).json()
        for feature in found["features"]:
            shape = feature["geometry"]
            rings = shape["coordinates"]
            rings = rings if shape["type"] == "Polygon" else [r for part in rings for r in part]
            assert all(west <= x <= east and south <= y <= north for ring in rings for x, y in ring)
        # midnight in China is 16:00 the day before in UTC
        assert one["extent"]["temporal"]["interval"] == [["2025-12-31T16:00:00Z", None]]


@requirement("/req/core/sfc-md-op")
def test_each_collection_can_be_asked_for(client):
    for name in NAMES:
        assert client.get(f"/collections/{name}").status_code == 200
    assert client.get("/collections/nowhere").status_code == 404


@requirement("/req/core/sfc-md-success")
def test_a_collection_alone_says_what_it_says_in_the_list(client):
    for listed in client.get("/collections").json()["collections"]:
        alone = client.get(f"/collections/{listed['id']}").json()
        for member in listed:
            if member != "links":
                assert alone[member] == listed[member]
        assert all(link in alone["links"] for link in listed["links"])


@requirement("/req/core/fc-op")
def test_the_features_of_each_collection_can_be_asked_for(client):
    for name in NAMES:
        assert client.get(f"/collections/{name}/items").status_code == 200


@requirement("/req/core/fc-limit-definition")
def test_the_definition_says_how_many_features_may_be_asked_for(client):
    limit = client.get("/api").json()["components"]["parameters"]["limit"]
    assert (limit["in"], limit["required"], limit["explode"]) == ("query", False, False)
    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 10}


@requirement("/req/core/fc-limit-response-1")
def test_no_more_features_come_than_asked_for(client):
    for limit in (1, 5, 12, 13):
        found = client.get("/collections/courtyards/items", params={"limit": limit}).json()
        assert len(found["features"]) == min(limit, 12)


@requirement("/req/core/fc-bbox-definition")
def test_the_definition_says_how_a_box_is_written(client):
    box = client.get("/api").json()["components"]["parameters"]["bbox"]
    assert box["schema"]["oneOf"] == [
        {"minItems": 4, "maxItems": 4},
        {"minItems": 6, "maxItems": 6},
    ]
    assert (box["schema"]["items"], box["style"], box["explode"]) == (
        {"type": "number"},
        "form",
        False,
    )


@requirement("/req/core/fc-bbox-response")
def test_only_features_that_meet_the_box_come(client, ids):
    feature = client.get("/collections/courtyards/items/c1").json()
    xs, ys = zip(*feature["geometry"]["coordinates"][0], strict=True)
    inside = [min(xs) + 1e-5, min(ys) + 1e-5, max(xs) - 1e-5, max(ys) - 1e-5]
    assert ids(bbox=",".join(map(str, inside))) == ["c1"]
    assert ids(bbox="0,0,1,1") == []
    assert len(ids(bbox="120,36,0,121,37,500")) == 12, "heights are ignored"
    assert len(ids(bbox="120,36,-120,37")) == 12, "over the 180th meridian, eastwards"
    assert ids(bbox="121,36,120,37") == [], "round the world, past the district"


@requirement("/req/core/fc-time-definition")
@pytest.mark.parametrize(
    "when",
    [
        "2026-07-01",
        "2026-07-01T00:00:00Z",
        "2026-07-01t08:00:00.5+08:00",
        "2026-01-01T00:00:00Z/2026-07-01T00:00:00Z",
        "2026-01-01/..",
        "../2026-07-01",
        "2026-01-01/",
        "/2026-07-01",
        "../..",
    ],
)
def test_moments_and_intervals_are_understood(client, when):
    definition = client.get("/api").json()["components"]["parameters"]["datetime"]
    assert definition["schema"]["type"] == "string"
    answer = client.get("/collections/courtyards/items", params={"datetime": when})
    assert answer.status_code == 200
    assert answer.json()["numberMatched"] == 12


@requirement("/req/core/fc-time-response")
@pytest.mark.parametrize(
    ("when", "name"),
    [
        (None, "新院"),
        ("2026-05-31", "老院"),
        ("2026-06-01", "新院"),
        # the day turns at midnight in China, 16:00 in UTC
        ("2026-05-31T15:59:59Z", "老院"),
        ("2026-05-31T16:00:00Z", "新院"),
        ("2026-01-01/2026-05-01", "老院"),
        ("../2026-06-01", "新院"),
        ("2025-01-01", None),
        ("../2025-12-31", None),
    ],
)
def test_the_version_in_force_then_comes(client, when, name):
    query = {} if when is None else {"datetime": when}
    found = client.get("/collections/courtyards/items", params=query).json()["features"]
    assert [feature["properties"]["name"] for feature in found[:1]] == ([name] if name else [])
    alone = client.get("/collections/courtyards/items/a1", params=query)
    assert alone.status_code == (200 if name else 404)


@requirement("/req/core/fc-response")
def test_a_successful_answer_holds_what_was_found(client):
    answer = client.get("/collections/courtyards/items", params={"grid_code": "370202001001001"})
    assert answer.status_code == 200
    assert [feature["id"] for feature in answer.json()["features"]] == ["a1", "a2"]


@requirement("/req/core/fc-links")
def test_pages_lead_to_themselves_and_to_one_another(client, rels):
    address, seen = "/collections/courtyards/items?limit=5", []
    while address:
        found = client.get(address).json()
        links = rels(found)
        assert {"self", "alternate"} <= set(links)
        assert links["self"][0]["href"].endswith(address.removeprefix("http://testserver"))
        seen += [feature["id"] for feature in found["features"]]
        address = links.get("next", [{"href": ""}])[0]["href"]
    assert len(seen) == len(set(seen)) == 12
    assert "prev" in links


@requirement("/req/core/fc-rel-type")
def test_every_link_of_a_page_names_relation_and_media_type(client):
    for link in client.get("/collections/courtyards/items").json()["links"]:
        assert link["rel"]
        assert link["type"]


@requirement("/req/core/fc-timeStamp")
def test_no_time_stamp_is_claimed(client):
    # it would have to be the moment of the answer, and then the same content would never be the
    # same bytes: no strong ETag; the header Date says it
    assert "timeStamp" not in client.get("/collections/courtyards/items").json()


@requirement("/req/core/fc-numberMatched")
def test_the_number_found_counts_all_pages(client):
    query = {"limit": 1, "households": 50}
    found = client.get("/collections/courtyards/items", params=query).json()
    assert found["numberMatched"] == 2


@requirement("/req/core/fc-numberReturned")
def test_the_number_shown_counts_this_page(client):
    found = client.get("/collections/courtyards/items", params={"limit": 5, "offset": 10}).json()
    assert found["numberReturned"] == len(found["features"]) == 2


@requirement("/req/core/f-op")
def test_each_feature_can_be_asked_for(client):
    for name in NAMES:
        found = client.get(f"/collections/{name}/items").json()["features"]
        for feature in found:
            assert client.get(f"/collections/{name}/items/{feature['id']}").status_code == 200
    assert client.get("/collections/courtyards/items/nobody").status_code == 404


@requirement("/req/core/f-success")
def test_a_feature_alone_is_the_feature_of_the_list(client):
    for listed in client.get("/collections/gov_grids/items").json()["features"]:
        alone = client.get(f"/collections/gov_grids/items/{listed['id']}").json()
        assert {**alone, **listed} == alone


@requirement("/req/core/f-links")
def test_a_feature_leads_to_itself_its_page_and_its_collection(client, rels):
    links = rels(client.get("/collections/courtyards/items/a1").json())
    for relation in ("self", "alternate", "collection"):
        (link,) = links[relation]
        assert client.get(link["href"]).headers["content-type"].startswith(link["type"])
