"""Laws of reading out of a store: what is published and allowed, until that changes."""

from __future__ import annotations

import datetime as dt
import re

import jsonschema
from schemathesis.specs.openapi.definitions import OPENAPI_30

from geogrid.store.store import Store
from geogrid_api.library import Library

ITEMS = "/collections/courtyards/items"


def test_a_store_s_version_in_force_is_read_by_everybody(web, served):
    first = web.get("/").json()
    assert (first["title"], first["synthetic"]) == ("海滨区", True)
    found = web.get(ITEMS, params={"limit": 100}).json()
    assert found["numberMatched"] == len(served.features(1)["courtyards"].ids)
    extent = web.get("/collections/courtyards").json()["extent"]
    assert extent["temporal"]["interval"] == [["2025-12-31T16:00:00Z", None]]
    assert web.get(ITEMS, params={"datetime": "2025-12-31"}).json()["numberMatched"] == 0


def test_what_known_readers_get_is_for_them_alone(web, sign_in):
    assert web.get(f"{ITEMS}/c01").headers["cache-control"].startswith("public")
    answer = web.get(f"{ITEMS}/c01", headers=sign_in("vera"))
    assert answer.headers["cache-control"].startswith("private")
    assert answer.headers["etag"] != web.get(f"{ITEMS}/c01").headers["etag"]


def test_a_collection_is_closed_to_the_public_by_a_setting(web, served, service, sign_in):
    served.set_public("courtyards", public=False)
    assert service.library.refresh()
    refused = web.get(ITEMS)
    assert refused.status_code == 401
    assert "bearer" in refused.headers["www-authenticate"].lower()
    assert web.get(ITEMS, headers=sign_in("vera")).status_code == 200
    assert web.get("/collections/gov_grids/items").status_code == 200


def test_a_token_that_is_none_is_refused_even_where_nobody_need_show_one(web):
    assert web.get(ITEMS, headers={"authorization": "Bearer nonsense"}).status_code == 401


def test_an_empty_store_is_served_as_such(tmp_path):
    with Store.create(tmp_path / "empty.db") as store:
        library = Library.of_store(store, today=lambda: dt.date(2026, 1, 1))
        assert library.versions() == []
        assert library.about.title == ""


def test_what_a_plan_says_of_its_district_is_said_of_the_service(served, monkeypatch):
    facts = {"district_synthetic": "true", "district_licence": "ODbL-1.0", "district_name": "甲区"}
    report = {"provenance": {**facts, "district_attribution": "某局", "seed": 0}}
    monkeypatch.setattr("geogrid_api.versions.report_of_bytes", lambda _: report)
    about = Library.of_store(served, today=lambda: dt.date(2026, 3, 1)).about
    assert (about.title, about.is_synthetic) == ("甲区", True)
    assert (about.attribution, about.licence) == ("某局", "ODbL-1.0")
    assert b"synthetic" in about.stamp


def test_the_whole_service_is_described_in_openapi_3_0(web):
    document = web.get("/api").json()
    jsonschema.Draft4Validator(OPENAPI_30).validate(document)
    assert {"/token", "/plans", "/collections/courtyards/items"} <= set(document["paths"])
    text = web.get("/api").text
    pointers = set(re.findall(r'"#/components/(\w+)/([^"]+)"', text))
    lost = [found for found in pointers if found[1] not in document["components"][found[0]]]
    assert lost == []
    assert web.get("/api.html").status_code == 200
