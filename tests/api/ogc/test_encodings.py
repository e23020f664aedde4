"""OGC API - Features, Part 1: OpenAPI 3.0, GeoJSON and HTML, one test a requirement."""

from __future__ import annotations

import html.parser
import re

import jsonschema
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_30

from geogrid_api.openapi import to_openapi_30

requirement = pytest.mark.requirement
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
PAGES = [
    "/",
    "/conformance",
    "/api",
    "/collections",
    "/collections/courtyards",
    "/collections/courtyards/queryables",
    "/collections/courtyards/schema",
    "/collections/courtyards/items",
    "/collections/courtyards/items/a1",
]


@pytest.fixture
def document(client):
    return client.get("/api").json()


def as_json_schema(node, document):
    """Say an OpenAPI 3.0 schema as JSON Schema."""
    if isinstance(node, list):
        return [as_json_schema(item, document) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[1]
        return as_json_schema(document["components"]["schemas"][name], document)
    found = {key: as_json_schema(value, document) for key, value in node.items()}
    if found.pop("nullable", False):
        return {"anyOf": [found, {"type": "null"}]}
    return found


@requirement("/req/oas30/oas-definition-1")
def test_the_definition_is_openapi_3_0_in_json_and_html(client):
    answer = client.get("/api")
    assert answer.headers["content-type"] == OPENAPI
    assert answer.json()["openapi"] == "3.0.3"
    for query in ({"params": {"f": "html"}}, {"headers": {"accept": "text/html"}}):
        assert client.get("/api", **query).headers["content-type"].startswith("text/html")
    assert client.get("/api", headers={"accept": OPENAPI}).status_code == 200
    assert client.get("/api", headers={"accept": "application/json"}).status_code == 200


@requirement("/req/oas30/oas-definition-2")
def test_the_definition_keeps_to_its_specification(document):
    jsonschema.Draft4Validator(OPENAPI_30).validate(document)
    names = [row["operationId"] for item in document["paths"].values() for row in item.values()]
    assert len(names) == len(set(names))


@requirement("/req/oas30/oas-impl")
def test_every_operation_of_the_definition_answers(client, document):
    for path in document["paths"]:
        place = path.replace("{feature}", "a1") if "courtyards" in path else path
        if "{" not in place:
            assert client.get(place).status_code == 200, path


@requirement("/req/oas30/completeness")
def test_every_answer_has_the_form_the_definition_says(client, document):
    for path, item in document["paths"].items():
        place = path.replace("{feature}", "a1") if "courtyards" in path else path
        if "{" in place:
            continue
        answer = client.get(place)
        media = answer.headers["content-type"].removesuffix("; charset=utf-8")
        content = item["get"]["responses"]["200"]["content"]
        assert media in content, path
        if "json" in media:
            schema = as_json_schema(content[media]["schema"], document)
            jsonschema.Draft7Validator(schema).validate(answer.json())


@requirement("/req/oas30/exception-codes")
def test_the_definition_names_the_refusals_that_happen(client, document):
    for address, path in (
        ("/collections/courtyards/items?limit=0", "/collections/courtyards/items"),
        ("/collections/courtyards/items/nobody", "/collections/courtyards/items/{feature}"),
    ):
        answer = client.get(address)
        named = document["paths"][path]["get"]["responses"][str(answer.status_code)]
        shared = document["components"]["responses"][named["$ref"].rsplit("/", 1)[1]]
        schema = shared["content"]["application/problem+json"]["schema"]
        jsonschema.Draft7Validator(as_json_schema(schema, document)).validate(answer.json())


@requirement("/req/oas30/security")
def test_the_definition_says_how_to_sign_in_where_one_can(client, library):
    assert "securitySchemes" not in client.get("/api").json()["components"]
    library.store = object()
    document = client.get("/api", params={"lang": "en"}).json()
    schemes = document["components"]["securitySchemes"]
    assert {scheme["type"] for scheme in schemes.values()} == {"http", "apiKey"}
    assert {} in document["security"], "what is public needs no sign"


@requirement("/req/geojson/definition")
def test_features_come_as_geojson(client):
    for path in ("/collections/courtyards/items", "/collections/courtyards/items/a1"):
        for accept in ("application/geo+json", "application/json", "*/*"):
            answer = client.get(path, headers={"accept": accept})
            assert answer.headers["content-type"] == "application/geo+json"


@requirement("/req/geojson/content")
def test_what_comes_is_geojson_with_links(client):
    found = client.get("/collections/gov_grids/items").json()
    assert found["type"] == "FeatureCollection"
    assert found["links"]
    assert "crs" not in found
    for feature in found["features"]:
        assert feature["type"] == "Feature"
        assert feature["geometry"]["type"] in {"Polygon", "MultiPolygon"}
    assert client.get("/collections/gov_grids/items/370202001001001").json()["links"]


@requirement("/req/html/definition")
@pytest.mark.parametrize("path", PAGES)
def test_every_resource_is_a_page_as_well(client, path):
    answer = client.get(path, headers={"accept": "text/html,*/*;q=0.5"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text.startswith("<!doctype html>")


class Reading(html.parser.HTMLParser):
    """Collect a page's links and text; complain of elements left open."""

    def __init__(self):
        super().__init__()
        self.links, self.text, self.open = set(), "", []

    def handle_starttag(self, tag, attrs):
        self.links |= {value for name, value in attrs if name == "href"}
        if tag not in {"meta", "path", "circle"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in {"path", "circle"}:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def formless(href):
    """Return an address without what it says of its format."""
    path, _, query = href.partition("?")
    return path, frozenset(pair for pair in query.split("&") if pair and pair[:2] != "f=")


@requirement("/req/html/content")
@pytest.mark.parametrize("path", PAGES)
def test_a_page_tells_what_the_document_tells_and_links_where_it_links(client, path):
    document = client.get(path).json()
    page = Reading()
    page.feed(client.get(path, params={"f": "html"}).text)
    assert page.open == []
    told = [feature["properties"] for feature in document.get("features", [])]
    if "features" not in document and isinstance(document.get("properties"), dict):
        told = [document["properties"]]
    if path.endswith(("items", "a1")):
        values = [value for properties in told for value in properties.values()]
        plain = [str(value) for value in values if not isinstance(value, list | None)]
        assert [text for text in plain if text not in page.text] == []
    linked = {formless(href) for href in page.links}
    for link in document.get("links", []):
        assert formless(link["href"]) in linked, link


@pytest.mark.parametrize("path", PAGES)
def test_no_page_runs_or_loads_anything(client, path):
    answer = client.get(path, params={"f": "html"})
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.search(r"<script|<link|<img|src=|url\(|@import| style=| on\w+=", answer.text)


def test_pages_speak_chinese_until_english_is_chosen_and_then_keep_to_it(client):
    # offices' old computers are often set to English, their readers are not
    headers = {"accept-language": "en-GB,en;q=0.8"}
    for path in PAGES:
        assert '<html lang="zh-CN">' in client.get(path + "?f=html", headers=headers).text, path
        page = Reading()
        page.feed(client.get(path + "?f=html&lang=en").text)
        own = {link for link in page.links if link.startswith("http://testserver/collections")}
        stuck = [link for link in own if "lang=en" in link]
        assert stuck or path == "/collections/courtyards/items/a1" or not own, path
    assert "Collections" in client.get("/?f=html&lang=en").text
    # a program says what it reads
    assert client.get("/collections", headers=headers).json()["collections"][0]["title"].isascii()


def test_a_table_of_features_has_no_column_twice_and_begins_with_what_is_looked_for(client):
    text = client.get("/collections/gov_grids/items?f=html").text
    head = re.findall(r"<th>(.*?)</th>", text)
    assert head[:4] == ["网格代码", "名称", "户数", "警格"]
    assert len(head) == len(set(head))


def test_a_browser_is_refused_by_a_page_and_a_program_by_problem_details(client):
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for path, status in (
        ("/collections/courtyards/items/nobody", 404),
        ("/collections/courtyards/items?limit=0&x=%3Cb%3E", 400),
    ):
        answer = client.get(path, headers=browser)
        assert answer.status_code == status
        assert answer.text.startswith('<!doctype html><html lang="zh-CN">')
        assert "style-src 'sha256-" in answer.headers["content-security-policy"]
        assert "<b>" not in answer.text
        page = Reading()
        page.feed(answer.text)
        assert page.open == []
        plain = client.get(path + "&?"["?" not in path] + "f=json", headers=browser)
        for program in (client.get(path), plain):
            assert program.headers["content-type"] == "application/problem+json"
    english = client.get("/collections/courtyards/items/nobody?lang=en", headers=browser).text
    assert "no such page" in english
    assert 'href="../../../?lang=en"' in english


def test_markup_in_names_stays_text(shelf, library, client):
    from dataclasses import replace

    bad = "<script>alert(1)</script>"
    tables = dict(shelf.tables(2))
    yards = tables["courtyards"]
    renamed = tuple({**values, "name": bad} for values in yards.properties)
    tables["courtyards"] = replace(yards, properties=renamed)
    shelf._tables = {**shelf._tables, 2: tables}
    shelf.number = 2
    # a published version never changes: this is another one
    shelf.listed = [replace(one, title="改") for one in shelf.listed]
    assert library.refresh()
    for path in ("/collections/courtyards/items", "/collections/courtyards/items/a1"):
        page = client.get(path, params={"f": "html"}).text
        assert bad not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"const": 3}, {"enum": [3]}),
        ({"exclusiveMinimum": 0}, {"exclusiveMinimum": True, "minimum": 0}),
        ({"type": "string", "examples": ["a", "b"]}, {"type": "string", "example": "a"}),
        (
            {"anyOf": [{"$ref": "#/x"}, {"type": "null"}]},
            {"anyOf": [{"$ref": "#/x"}], "nullable": True},
        ),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
    ],
)
def test_what_3_1_says_is_said_in_3_0(new, old):
    assert to_openapi_30(new) == old
