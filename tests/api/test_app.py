"""Laws of the service: one plan, read-only, everything from memory.

The plan of these tests: one community with two courtyards, one grid each::

    +-----+-----+
    | c1  | c2  |
    +-----+-----+
"""

from __future__ import annotations

import socket

import geopandas as gpd
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from shapely import box

from geogrid.crs import SHINAN_CRS
from geogrid.district import TABLES, District
from geogrid.plans.plan import PAIRING_COLUMNS, Plan
from geogrid_api.app import create_app
from geogrid_api.serve import listen

COMMUNITY = "370202001001"
EAST, NORTH = 550_000, 3_990_000


def frame(columns, shapes):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=SHINAN_CRS)


@pytest.fixture
def plan():
    halves = [box(EAST, NORTH, EAST + 100, NORTH + 100)]
    halves.append(box(EAST + 100, NORTH, EAST + 200, NORTH + 100))
    codes = [COMMUNITY + "001", COMMUNITY + "002"]
    yards = {"courtyard_id": ["c1", "c2"], "households": [40, 60], "grid_code": codes}
    yards |= {"community_code": COMMUNITY, "part_id": 0}
    tables = {
        name: frame({column.name: [] for column in table.columns}, [])
        for name, table in TABLES.items()
    }
    whole = [box(EAST, NORTH, EAST + 200, NORTH + 100)]
    tables["communities"] = frame({"community_code": [COMMUNITY], "name": ["甲社区"]}, whole)
    tables["courtyards"] = frame(yards, halves)
    grids = {"grid_code": codes, "name": ["一", "二"], "households": [40, 60]}
    grids |= {"community_code": COMMUNITY, "n_courtyards": 1, "medoid_id": ["c1", "c2"]}
    grids |= {"serial": [1, 2], "walk_mean_m": 0.0, "walk_max_m": 0.0, "deviation": [-0.2, 0.2]}
    grids |= {"subdistrict_code": "370202001", "beat_id": None}
    return Plan(
        district=District(tables, SHINAN_CRS, name="乙区", metadata={"synthetic": "true"}),
        cells=frame({"courtyard_id": ["c1", "c2"]}, halves),
        contiguity=pd.DataFrame(
            {"a": ["c1"], "b": ["c2"], "border_m": 100.0, "link_m": 100.0, "usable": 1}
        ),
        walks=pd.DataFrame({"a": ["c1"], "b": ["c2"], "walk_m": [130.0]}),
        gov_grids=frame(grids, halves),
        report={"target": 50.0, "objective": 0.0, "status": "optimal", "metrics": {}, "parts": []},
        certificate=pd.DataFrame(columns=["part_id", "k", "row", "dual"]),
        pairings=pd.DataFrame(columns=list(PAIRING_COLUMNS)),
    )


@pytest.fixture
def client(plan):
    with TestClient(create_app(plan)) as client:
        yield client


def test_the_first_page_leads_to_the_map(client):
    answer = client.get("/", headers={"accept": "text/html"})
    assert 'href="http://testserver/map"' in answer.text


def test_every_listed_collection_is_geojson(client):
    collections = client.get("/collections").json()["collections"]
    assert {"courtyards", "gov_grids"} <= {layer["id"] for layer in collections}
    for layer in collections:
        href = next(link["href"] for link in layer["links"] if link["rel"] == "items")
        answer = client.get(href)
        assert answer.headers["content-type"] == "application/geo+json"
        assert answer.json()["type"] == "FeatureCollection", layer["id"]


def test_grids_keep_their_codes(client, plan):
    features = client.get("/collections/gov_grids/items").json()["features"]
    codes = [feature["properties"]["grid_code"] for feature in features]
    assert codes == plan.gov_grids["grid_code"].tolist()


def test_an_unknown_layer_is_a_problem_that_names_those_there_are(client):
    answer = client.get("/collections/nowhere/items")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "gov_grids" in answer.json()["detail"]


def test_one_plan_is_alive_and_ready(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}


@pytest.mark.parametrize("path", ["/users", "/token", "/audit"])
def test_one_plan_has_no_accounts(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("address", ["/docs", "/redoc"])
def test_no_page_comes_from_elsewhere(client, address):
    assert client.get(address).status_code == 404


def test_a_port_in_use_is_named_and_the_next_free_one_taken():
    said = []
    with listen(0, say=said.append) as first:
        port = first.getsockname()[1]
        with listen(port, say=said.append) as second:
            taken = second.getsockname()[1]
    assert taken > port
    assert said == [f"Port {port} is in use; taking {taken}."]


def test_the_service_listens_on_this_computer_only():
    with listen(0) as door:
        assert door.getsockname()[0] == "127.0.0.1"
        assert door.family is socket.AF_INET
