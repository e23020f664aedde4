"""A service of two versions, one after the other, for everybody to read but one collection.

::

    2026-01-01            2026-06-01      2026-07-01
    |---- version 1 ------|---- version 2 ----*-------->   * today
"""

from __future__ import annotations

import datetime as dt

import pytest
from map_plan import drawn_plan
from shelves import Shelf, client_of

from geogrid.publish.features import feature_tables
from geogrid.publish.snapshot import VersionInfo
from geogrid_api.access import Caller
from geogrid_api.library import Library

TODAY = dt.date(2026, 7, 1)
TURN = dt.date(2026, 6, 1)
VERSIONS = [
    VersionInfo(1, "370202", 1, "第一版", "青南〔2026〕1号", dt.date(2026, 1, 1), TURN),
    VersionInfo(2, "370202", 2, "第二版", "青南〔2026〕9号", TURN, None),
]


@pytest.fixture(scope="session")
def both_tables():
    names = {"a1": "老院"}, {"a1": "新院", "b1": "Café Hof"}
    return {i: feature_tables(drawn_plan(names=n)) for i, n in enumerate(names, 1)}


@pytest.fixture
def shelf(both_tables):
    return Shelf(VERSIONS, both_tables, attribution="某局", licence="ODbL-1.0")


@pytest.fixture(scope="session", name="client_of")
def _client_of():
    """Return a function: a library as a caller meets it."""
    return client_of


@pytest.fixture
def library(shelf):
    return Library(shelf, today=lambda: TODAY)


@pytest.fixture
def client(library):
    return client_of(library)


@pytest.fixture
def insider(library):
    """The same service, asked by somebody who signed in."""
    return client_of(library, Caller("zhang", "viewer", None, "token"))


@pytest.fixture
def ids(client):
    """Return a function: which courtyards does a query find?"""

    def find(collection="courtyards", **query):
        answer = client.get(f"/collections/{collection}/items", params={"limit": 1000, **query})
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert found["numberMatched"] == found["numberReturned"] == len(found["features"])
        return [feature["id"] for feature in found["features"]]

    return find


@pytest.fixture
def rels():
    """Return a function: the links of a document by relation."""

    def by_relation(document):
        found: dict[str, list[dict]] = {}
        for link in document["links"]:
            found.setdefault(link["rel"], []).append(link)
        return found

    return by_relation
