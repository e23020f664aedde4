"""A service of two versions, one after the other, for everybody to read but one collection.

::

    2026-01-01            2026-06-01      2026-07-01
    |---- version 1 ------|---- version 2 ----*-------->   * today
"""

from __future__ import annotations

import datetime as dt

import pytest
from fastapi.testclient import TestClient
from map_plan import drawn_plan

from geogrid.publish.features import feature_tables
from geogrid.publish.snapshot import VersionInfo
from geogrid_api import ogc
from geogrid_api.access import ANONYMOUS, Caller
from geogrid_api.front import Part, front_operations
from geogrid_api.library import About, Library
from geogrid_api.reader import Reader

TODAY = dt.date(2026, 7, 1)
TURN = dt.date(2026, 6, 1)
VERSIONS = [
    VersionInfo(1, "370202", 1, "第一版", "青南〔2026〕1号", dt.date(2026, 1, 1), TURN),
    VersionInfo(2, "370202", 2, "第二版", "青南〔2026〕9号", TURN, None),
]


class Shelf:
    """A source of two versions whose settings a test may change."""

    def __init__(self, tables):
        self.number = 1
        self.hidden = set()
        self.listed = list(VERSIONS)
        self._tables = tables

    def head(self):
        return self.number

    def versions(self):
        return self.listed

    def tables(self, plan_id):
        return self._tables[plan_id]

    def is_public(self, collection):
        return collection not in self.hidden

    def about(self):
        return About("东山区", is_synthetic=True, attribution="某局", licence="ODbL-1.0")


async def nobody_else(scope, receive, send):
    del scope, receive
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def _client_of(library, caller=ANONYMOUS):
    async def identify(scope):
        del scope
        return caller

    operations = front_operations([Part.of(ogc)])
    return TestClient(Reader(operations, lambda: library, identify, nobody_else))


@pytest.fixture(scope="session")
def both_tables():
    names = {"a1": "老院"}, {"a1": "新院", "b1": "Café Hof"}
    return {i: feature_tables(drawn_plan(names=n)) for i, n in enumerate(names, 1)}


@pytest.fixture
def shelf(both_tables):
    return Shelf(both_tables)


@pytest.fixture(scope="session")
def client_of():
    """Return a function: a library as a caller meets it."""
    return _client_of


@pytest.fixture
def library(shelf):
    return Library(shelf, today=lambda: TODAY)


@pytest.fixture
def client(library):
    return _client_of(library)


@pytest.fixture
def insider(library):
    """The same service, asked by somebody who signed in."""
    return _client_of(library, Caller("zhang", "viewer", None, "token"))


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
