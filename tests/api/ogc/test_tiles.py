"""OGC API - Tiles - Part 1 (20-057), one test per requirement of the classes we declare.

core, tileset, tilesets-list, geodata-tilesets, dataset-tilesets, mvt, oas30; each test names
its requirement. The rest of the file holds laws of our own.
"""

from __future__ import annotations

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from shapely.geometry import shape
from shelves import TODAY, VIEWER, client, two_versions

from geogrid.publish import tiles as cutting
from geogrid.publish.archive import cut_ahead
from geogrid.publish.features import COLLECTIONS
from geogrid.publish.mercator import tile_bounds, to_mercator
from geogrid.publish.tiles import MEDIA, SHOWN
from geogrid_api import tiles
from geogrid_api.library import Library

REL = "http://www.opengis.net/def/rel/ogc/1.0/"
CONF = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"
SUBJECTS = ("/tiles", *(f"/collections/{name}/tiles" for name in COLLECTIONS))


@pytest.fixture(scope="module")
def public():
    return client()


@pytest.fixture(scope="module")
def document(public):
    return public.get("/api").json()


def links(document, rel):
    return [link for link in document["links"] if link["rel"] == rel]


def tileset(public, subject):
    return public.get(f"{subject}/WebMercatorQuad").json()


def some_tile(public, subject, zoom=15):
    """Return zoom, row, column of a tile that has something in it."""
    [limits] = [
        one
        for one in tileset(public, subject)["tileMatrixSetLimits"]
        if one["tileMatrix"] == str(zoom)
    ]
    return zoom, limits["minTileRow"], limits["minTileCol"]


def fill(template, zoom, row, col):
    for name, value in (("tileMatrix", zoom), ("tileRow", row), ("tileCol", col)):
        assert f"{{{name}}}" in template
        template = template.replace(f"{{{name}}}", str(value))
    return template


def parameters(document, path):
    """Return the parameters of a path's GET, references resolved."""
    shared = document["components"]["parameters"]
    found = [
        shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
        for one in document["paths"][path]["get"]["parameters"]
    ]
    return {one["name"]: one for one in found}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_core_tc_op(public, subject):
    """/req/core/tc-op: every tile by GET, by a template of three variables told by the API."""
    [item] = links(tileset(public, subject), "item")
    answer = public.get(fill(item["href"], *some_tile(public, subject)))
    assert answer.status_code == 200
    # tileMatrix, tileRow, tileCol are those of the tile matrix set that is named
    assert tileset(public, subject)["tileMatrixSetURI"].endswith("/WebMercatorQuad")


@pytest.mark.parametrize(
    ("requirement", "name", "kind"),
    [
        ("/req/core/tc-tilematrix-definition", "tileMatrix", "string"),
        ("/req/core/tc-tilerow-definition", "tileRow", "integer"),
        ("/req/core/tc-tilecol-definition", "tileCol", "integer"),
    ],
)
def test_core_tc_definitions(document, requirement, name, kind):
    """/req/core/tc-tilematrix-definition, tc-tilerow-definition, tc-tilecol-definition."""
    for subject in SUBJECTS:
        path = f"{subject}/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
        known = parameters(document, path)[name]
        assert (known["in"], known["required"]) == ("path", True), requirement
        assert known["schema"]["type"] == kind
        if kind == "integer":
            assert known["schema"]["minimum"] == 0


def test_core_tc_success(public):
    """/req/core/tc-success: 200, the negotiated format, what lies in the tile's area."""
    zoom, row, col = some_tile(public, "/tiles")
    answer = public.get(f"/tiles/WebMercatorQuad/{zoom}/{row}/{col}", headers={"accept": MEDIA})
    assert (answer.status_code, answer.headers["content-type"]) == (200, MEDIA)
    found = mapbox_vector_tile.decode(answer.content)
    assert found["communities"]["features"]
    for layer in found.values():
        for feature in layer["features"]:
            west, south, east, north = shape(feature["geometry"]).bounds
            assert west <= 4096 + 64
            assert east >= -64
            assert south <= 4096 + 64
            assert north >= -64


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize(
    "place", ["21/0/0", "-1/0/0", "x/0/0", "3/8/0", "3/0/8", "3/-1/0", "3/a/0", "15/0/0", "014/0/0"]
)
def test_core_tc_error_out_of_range(public, subject, place):
    """/req/core/tc-error, A: outside the tile matrix set or its limits is 404 or 400."""
    answer = public.get(f"{subject}/WebMercatorQuad/{place}")
    assert answer.status_code == 404
    assert answer.json()["status"] == 404


def test_core_tc_error_empty_tile(public):
    """/req/core/tc-error, B: within the limits but without data is 204, or 200 and blank."""
    limits = {
        one["tileMatrix"]: one
        for one in tileset(public, "/collections/compounds/tiles")["tileMatrixSetLimits"]
    }
    # at zoom 0 a compound is smaller than a step of the tile
    assert limits["0"]["minTileRow"] == 0
    answer = public.get("/collections/compounds/tiles/WebMercatorQuad/0/0/0")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == MEDIA


def test_core_conformance_success(public):
    """/req/core/conformance-success: the classes that are kept to are declared."""
    declared = public.get("/conformance").json()["conformsTo"]
    for name in (
        *("core", "tileset", "tilesets-list", "geodata-tilesets", "dataset-tilesets", "mvt"),
        "oas30",
    ):
        assert CONF + name in declared
    assert set(tiles.CONFORMANCE) <= set(declared)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_tileset_description(public, subject):
    """/req/tileset/description: metadata in JSON, scheme, template, media type, templated."""
    answer = public.get(f"{subject}/WebMercatorQuad", headers={"accept": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    found = answer.json()
    assert (found["dataType"], found["crs"]) == (
        "vector",
        "http://www.opengis.net/def/crs/EPSG/0/3857",
    )
    assert found["tileMatrixSetURI"] == (
        "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
    )
    [scheme] = links(found, REL + "tiling-scheme")
    definition = public.get(scheme["href"]).json()
    assert definition["id"] == "WebMercatorQuad"
    assert definition["uri"] == found["tileMatrixSetURI"]
    [item] = links(found, "item")
    assert (item["type"], item["templated"]) == (MEDIA, True)
    for name in ("tileMatrix", "tileRow", "tileCol"):
        assert f"{{{name}}}" in item["href"]
    assert links(found, "self")[0]["href"] == f"http://testserver{subject}/WebMercatorQuad"
    # limits name matrices of the definition, and lie inside them
    matrices = {one["id"]: one for one in definition["tileMatrices"]}
    assert [one["tileMatrix"] for one in found["tileMatrixSetLimits"]] == [
        str(z) for z in range(21)
    ]
    for one in found["tileMatrixSetLimits"]:
        matrix = matrices[one["tileMatrix"]]
        assert 0 <= one["minTileRow"] <= one["maxTileRow"] < matrix["matrixHeight"]
        assert 0 <= one["minTileCol"] <= one["maxTileCol"] < matrix["matrixWidth"]
    for layer in found["layers"]:
        assert set(layer["propertiesSchema"]["properties"]) == set(SHOWN[layer["id"]])


@pytest.mark.parametrize("subject", SUBJECTS)
def test_tilesets_list_tileset_links(public, subject):
    """/req/tilesets-list/tileset-links: data type, crs, self, tiling scheme, its registration."""
    found = public.get(subject).json()
    assert len(found["tilesets"]) == 1
    for one in found["tilesets"]:
        assert (one["dataType"], one["crs"]) == (
            "vector",
            "http://www.opengis.net/def/crs/EPSG/0/3857",
        )
        assert one["tileMatrixSetURI"].endswith("/WebMercatorQuad")
        [own] = links(one, "self")
        full = public.get(own["href"]).json()
        assert full["tileMatrixSetURI"] == one["tileMatrixSetURI"]
        [scheme] = links(one, REL + "tiling-scheme")
        assert public.get(scheme["href"]).status_code == 200
        # the subject's address, the word tiles, the id of the tile matrix set
        assert own["href"] == f"http://testserver{subject}/WebMercatorQuad"


@pytest.mark.parametrize("subject", SUBJECTS)
def test_tilesets_list_tileset_path(public, subject):
    """/req/tilesets-list/tileset-path: GET on .../tiles lists the tilesets."""
    answer = public.get(subject)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert isinstance(answer.json()["tilesets"], list)


@pytest.mark.parametrize("name", COLLECTIONS)
def test_geodata_tilesets_operation(public, name):
    """/req/geodata-tilesets/operation: each collection's tilesets at its address + /tiles."""
    answer = public.get(f"/collections/{name}/tiles")
    assert answer.status_code == 200
    assert len(answer.json()["tilesets"]) >= 1


def test_geodata_tilesets_desc_links(public):
    """/req/geodata-tilesets/desc-links: collections link to their vector tilesets."""
    listed = public.get("/collections").json()["collections"]
    for one in (*listed, *(public.get(f"/collections/{name}").json() for name in COLLECTIONS)):
        [link] = links(one, REL + "tilesets-vector")
        assert link["href"] == f"http://testserver/collections/{one['id']}/tiles"
        assert public.get(link["href"]).status_code == 200


def test_dataset_tilesets_operation(public):
    """/req/dataset-tilesets/operation: the dataset's tilesets at /tiles."""
    answer = public.get("/tiles")
    assert answer.status_code == 200
    assert len(answer.json()["tilesets"]) >= 1


def test_dataset_tilesets_landingpage(public):
    """/req/dataset-tilesets/landingpage: the landing page links to them."""
    [link] = links(public.get("/").json(), REL + "tilesets-vector")
    assert link["href"] == "http://testserver/tiles"
    [schemes] = links(public.get("/").json(), REL + "tiling-schemes")
    [scheme] = public.get(schemes["href"]).json()["tileMatrixSets"]
    assert scheme["id"] == "WebMercatorQuad"
    assert public.get(scheme["links"][0]["href"]).status_code == 200


def test_mvt_content(public):
    """/req/mvt/content: one tile, typed geometries, a grid that maps linearly to the tile."""
    zoom = 17
    [limits] = [
        one
        for one in tileset(public, "/collections/courtyards/tiles")["tileMatrixSetLimits"]
        if one["tileMatrix"] == str(zoom)
    ]
    items = public.get("/collections/courtyards/items?limit=100").json()["features"]
    exact = {one["id"]: shapely.transform(shape(one["geometry"]), to_mercator) for one in items}
    checked = 0
    for row in range(limits["minTileRow"], limits["maxTileRow"] + 1):
        for col in range(limits["minTileCol"], limits["maxTileCol"] + 1):
            answer = public.get(f"/collections/courtyards/tiles/WebMercatorQuad/{zoom}/{row}/{col}")
            found = mapbox_vector_tile.decode(
                answer.content, default_options={"y_coord_down": True}
            )
            west, north, size = tile_bounds(zoom, row, col)
            step = size / 4096
            for feature in found.get("courtyards", {"features": []})["features"]:
                assert feature["geometry"]["type"] in {"Polygon", "MultiPolygon"}
                # 0, 0 is the top left corner
                drawn = shapely.transform(
                    shape(feature["geometry"]),
                    lambda xy: np.column_stack([west + xy[:, 0] * step, north - xy[:, 1] * step]),  # noqa: B023 - called at once
                )
                real = exact[feature["properties"]["courtyard_id"]]
                frame = shapely.box(
                    west - 64 * step, north - 4160 * step, west + 4160 * step, north + 64 * step
                )
                apart = shapely.hausdorff_distance(drawn, real.intersection(frame))
                assert apart < 1.0
                checked += 1
    assert checked >= len(items)


def test_oas30_completeness(public, document):
    """/req/oas30/completeness: all paths and their parameters, as the links say."""
    for subject in SUBJECTS:
        place = f"{subject}/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
        for path in (subject, f"{subject}/WebMercatorQuad", place):
            assert path in document["paths"]
        [item] = links(tileset(public, subject), "item")
        assert item["href"] == f"http://testserver{place}"
        content = document["paths"][place]["get"]["responses"]["200"]["content"]
        assert list(content) == [MEDIA]
    for path in ("/tileMatrixSets", "/tileMatrixSets/WebMercatorQuad"):
        assert path in document["paths"]


def test_oas30_operation_id(document):
    """/req/oas30/operation-id: operationIds end as the standard's table says."""
    seen = set()
    for path, item in document["paths"].items():
        if "/tiles" not in path:
            continue
        end = item["get"]["operationId"]
        kind = "collection" if path.startswith("/collections/") else "dataset"
        what = "getTile" if "{tileCol}" in path else "getTileSet"
        if path.endswith("/tiles"):
            what = "getTileSetsList"
        assert end.endswith(f".{kind}.vector.{what}"), path
        seen.add(end)
    assert len(seen) == 3 * len(SUBJECTS)
    ids = {item["get"]["operationId"] for item in document["paths"].values() if "get" in item}
    assert {"getTileMatrixSetsList", "getTileMatrixSet"} <= ids


def test_tiles_have_validators_and_come_zipped(public):
    place = "/tiles/WebMercatorQuad/{}/{}/{}".format(*some_tile(public, "/tiles"))
    plain = public.get(place, headers={"accept-encoding": "identity"})
    zipped = public.get(place, headers={"accept-encoding": "gzip"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.content == plain.content
    again = public.get(place, headers={"if-none-match": zipped.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = public.head(place)
    assert (head.status_code, head.content) == (200, b"")
    assert public.post(place).status_code == 405


def test_tilejson_leads_web_maps_to_the_tiles(public):
    answer = public.get("/tiles/WebMercatorQuad?f=tilejson")
    found = answer.json()
    assert answer.headers["content-type"] == "application/vnd.mapbox.tile+json"
    assert found["tilejson"] == "3.0.0"
    assert [layer["id"] for layer in found["vector_layers"]] == list(COLLECTIONS)
    zoom, row, col = some_tile(public, "/tiles")
    [template] = found["tiles"]
    for name, value in (("z", zoom), ("x", col), ("y", row)):
        template = template.replace(f"{{{name}}}", str(value))
    assert public.get(template).content
    west, south, east, north = found["bounds"]
    assert west < found["center"][0] < east
    assert south < found["center"][1] < north


def test_templates_keep_the_day_that_was_asked_for(public):
    for form, rel in (("json", "item"), ("tilejson", None)):
        path = f"/tiles/WebMercatorQuad?f={form}&datetime=2025-06-01"
        found = public.get(path).json()
        template = found["tiles"][0] if rel is None else links(found, rel)[0]["href"]
        assert template.endswith("?datetime=2025-06-01")
    [one] = public.get("/tiles?datetime=2025-06-01").json()["tilesets"]
    assert links(one, "self")[0]["href"].endswith("WebMercatorQuad?datetime=2025-06-01")


def test_the_tiles_of_another_day_are_other_tiles(public):
    place = "/collections/courtyards/tiles/WebMercatorQuad/{}/{}/{}".format(
        *some_tile(public, "/collections/courtyards/tiles", 9)
    )
    grids = {}
    for day in ("2025-06-01", "2026-06-01"):
        found = mapbox_vector_tile.decode(public.get(f"{place}?datetime={day}").content)
        grids[day] = {
            one["properties"]["courtyard_id"]: one["properties"]["grid_code"]
            for one in found["courtyards"]["features"]
        }
    assert {y for y, code in grids["2025-06-01"].items() if code != grids["2026-06-01"][y]} == {
        "a2"
    }
    assert public.get(f"{place}?datetime=2024-06-01").status_code == 404


def test_closed_collections_are_in_no_tile_of_the_public():
    closed = client(closed={"beats"})
    assert closed.get("/collections/beats/tiles").status_code == 401
    zoom, row, col = some_tile(closed, "/tiles")
    place = f"WebMercatorQuad/{zoom}/{row}/{col}"
    assert closed.get(f"/collections/beats/tiles/{place}").status_code == 401
    found = mapbox_vector_tile.decode(closed.get(f"/tiles/{place}").content)
    assert "beats" not in found
    layers = {layer["id"] for layer in tileset(closed, "/tiles")["layers"]}
    assert layers == set(COLLECTIONS) - {"beats"}
    known = client(closed={"beats"}, caller=VIEWER)
    assert "beats" in mapbox_vector_tile.decode(known.get(f"/tiles/{place}").content)


def test_tiles_cut_ahead_are_handed_out(tmp_path, monkeypatch):
    snapshot = Library(two_versions(), today=lambda: TODAY).at(None, public=True)
    cut_ahead(snapshot, tmp_path, max_zoom=15)
    live = client()
    place = "/tiles/WebMercatorQuad/{}/{}/{}".format(*some_tile(live, "/tiles"))
    expected = live.get(place).content
    monkeypatch.setattr(cutting._Layer, "cut", lambda *_: pytest.fail("it was cut live"))
    assert client(tiles_folder=tmp_path).get(place).content == expected


@pytest.mark.parametrize("path", ["/tiles", "/tiles/WebMercatorQuad", "/tileMatrixSets"])
@pytest.mark.parametrize("query", ["x=1", "datetime=yesterday", "f=xml"])
def test_unknown_parameters_are_refused(public, path, query):
    assert public.get(f"{path}?{query}").status_code == 400
