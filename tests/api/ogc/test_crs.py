"""OGC API - Features, Part 2: coordinate systems by reference, one test a requirement."""

from __future__ import annotations

import pytest
from pyproj import Transformer

requirement = pytest.mark.requirement
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
ALL = [CRS84, EPSG + "4326", EPSG + "4490", EPSG + "4549"]
# first corner of c1 in its plan: 534010 + 90 east, 3993070 north
C1_BOX = {
    CRS84: (120.3776, 36.0666, 120.3784, 36.0679),
    EPSG + "4326": (36.0666, 120.3776, 36.0679, 120.3784),
    EPSG + "4490": (36.0666, 120.3776, 36.0679, 120.3784),
    EPSG + "4549": (3_993_071, 534_011, 3_993_159, 534_099),
}


def corner(client, **query):
    found = client.get("/collections/courtyards/items/c1", params=query).json()
    return found["geometry"]["coordinates"][0][0]


@requirement("/req/crs/crs-uri")
def test_every_system_is_known_by_its_address(client):
    for uri in client.get("/collections/courtyards").json()["crs"]:
        assert uri.startswith("http://www.opengis.net/def/crs/")
        answer = client.get("/collections/courtyards/items", params={"crs": uri})
        assert answer.status_code == 200


@requirement("/req/crs/fc-md-crs-list")
def test_every_collection_lists_its_systems(client):
    for one in client.get("/collections").json()["collections"]:
        assert one["crs"] == ALL


@requirement("/req/crs/fc-md-crs-list-global")
def test_the_systems_of_all_are_those_of_each(client):
    found = client.get("/collections").json()
    assert found["crs"] == ALL
    assert all(set(found["crs"]) <= set(one["crs"]) for one in found["collections"])


@requirement("/req/crs/fc-md-storageCrs")
def test_every_collection_says_in_which_system_it_is_kept(client):
    for one in client.get("/collections").json()["collections"]:
        assert one["storageCrs"] == CRS84


@requirement("/req/crs/fc-md-storageCrs-valid-value")
def test_the_system_of_keeping_is_one_of_the_list(client):
    for one in client.get("/collections").json()["collections"]:
        assert one["storageCrs"] in one["crs"]


@requirement("/req/crs/fc-bbox-crs-definition")
def test_the_definition_has_the_box_s_system(client):
    known = client.get("/api").json()["components"]["parameters"]["bbox-crs"]
    assert (known["in"], known["required"]) == ("query", False)
    assert known["schema"]["type"] == "string"


@requirement("/req/crs/fc-bbox-crs-valid-value")
def test_a_box_in_a_system_not_listed_is_refused(client):
    query = {"bbox": "1,2,3,4", "bbox-crs": EPSG + "3857"}
    assert client.get("/collections/courtyards/items", params=query).status_code == 400


@requirement("/req/crs/fc-bbox-crs-default-value")
def test_a_box_without_a_system_is_longitude_and_latitude(ids):
    box = ",".join(map(str, C1_BOX[CRS84]))
    assert ids(bbox=box) == ids(bbox=box, **{"bbox-crs": CRS84}) == ["c1"]


@requirement("/req/crs/fc-bbox-crs-action")
@pytest.mark.parametrize("uri", ALL)
def test_a_box_is_read_in_its_system_s_order_of_axes(ids, uri):
    box = ",".join(map(str, C1_BOX[uri]))
    assert ids(bbox=box, **{"bbox-crs": uri}) == ["c1"]


@requirement("/req/crs/fc-crs-definition")
def test_the_definition_has_the_answer_s_system(client):
    document = client.get("/api").json()
    known = document["components"]["parameters"]["crs"]
    assert (known["in"], known["required"]) == ("query", False)
    for path in ("/collections/beats/items", "/collections/beats/items/{feature}"):
        listed = [p["$ref"] for p in document["paths"][path]["get"]["parameters"]]
        assert "#/components/parameters/crs" in listed


@requirement("/req/crs/fc-crs-valid-value")
@pytest.mark.parametrize("path", ["", "/c1"])
def test_an_answer_in_a_system_not_listed_is_refused(client, path):
    query = {"crs": EPSG + "3857"}
    assert client.get(f"/collections/courtyards/items{path}", params=query).status_code == 400


@requirement("/req/crs/fc-crs-default-value")
def test_an_answer_without_a_system_is_longitude_and_latitude(client):
    assert corner(client) == corner(client, crs=CRS84)


@requirement("/req/crs/fc-crs-action")
@pytest.mark.parametrize("uri", ALL[1:])
def test_the_answer_is_in_its_system_s_order_of_axes(client, uri):
    lon, lat = corner(client)
    # as PROJ has the authority's order
    there = Transformer.from_crs("OGC:CRS84", "EPSG:" + uri.rsplit("/", 1)[1])
    first, second = there.transform(lon, lat)
    tolerance = 0.001 if first > 90 else 1e-9
    assert corner(client, crs=uri) == pytest.approx([first, second], abs=tolerance)


def test_short_names_of_systems_do_as_well(client):
    assert corner(client, crs="EPSG:4549") == corner(client, crs=EPSG + "4549")


@requirement("/req/crs/geojson")
def test_geojson_in_other_systems_comes_only_where_it_was_asked_for(client):
    assert corner(client)[0] == pytest.approx(120.4, abs=0.1)
    assert corner(client, crs=EPSG + "4549")[0] > 1_000_000


@requirement("/req/crs/ogc-crs-header")
@pytest.mark.parametrize("path", ["/collections/beats/items", "/collections/beats/items/J1"])
def test_every_answer_with_shapes_names_its_system(client, path):
    assert "content-crs" in client.get(path).headers
    assert "content-crs" in client.get(path, params={"f": "html"}).headers


@requirement("/req/crs/ogc-crs-header-value")
@pytest.mark.parametrize("uri", ALL)
def test_the_header_has_the_address_between_angle_brackets(client, uri):
    answer = client.get("/collections/courtyards/items", params={"crs": uri})
    assert answer.headers["content-crs"] == f"<{uri}>"
    assert client.get("/collections/beats/items").headers["content-crs"] == f"<{CRS84}>"
