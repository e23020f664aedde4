"""Versions to serve without a store, whoever asks for them, and a client to ask with."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from map_plan import A, drawn_plan
from starlette.testclient import TestClient

from geogrid.publish.features import feature_tables
from geogrid.publish.snapshot import VersionInfo
from geogrid_api import locate, ogc, tiles
from geogrid_api.access import ANONYMOUS, Caller
from geogrid_api.front import Part, front_operations
from geogrid_api.library import Library
from geogrid_api.reader import Reader
from geogrid_api.versions import About

TODAY = dt.date(2026, 6, 1)
FIRST = VersionInfo(
    1, "370202", 1, "第一版", "南办发〔2025〕1号", dt.date(2025, 1, 1), dt.date(2026, 1, 1)
)
SECOND = VersionInfo(2, "370202", 2, "第二版", None, dt.date(2026, 1, 1), None)
VIEWER = Caller("ann", "viewer", None, "token")


class Shelf:
    """A source of versions whose settings a test may change."""

    def __init__(self, listed, tables, *, hidden=(), **about):
        self.number = 1
        self.hidden = set(hidden)
        self.listed = list(listed)
        self._tables = tables
        self._about = About("东山区", is_synthetic=True, **about)

    def head(self):
        return self.number

    def versions(self):
        return self.listed

    def tables(self, plan_id):
        return self._tables[plan_id]

    def is_public(self, collection):
        return collection not in self.hidden

    def about(self):
        return self._about


def two_versions(*, hidden=()):
    """Return two versions of the drawn plan; in the first, a2 belongs to the other grid."""
    now = feature_tables(drawn_plan())
    yards = now["courtyards"]
    moved = [
        values | ({"grid_code": A + "002"} if values["courtyard_id"] == "a2" else {})
        for values in yards.properties
    ]
    before = now | {"courtyards": replace(yards, properties=tuple(moved))}
    return Shelf([FIRST, SECOND], {1: before, 2: now}, hidden=hidden)


def client_of(library, caller=ANONYMOUS, parts=(ogc,)):
    """Serve a library to one kind of caller."""

    async def identify(scope):
        scope["geogrid.caller"] = caller
        return caller

    async def nobody_else(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    operations = front_operations(map(Part.of, parts))
    return TestClient(Reader(operations, lambda: library, identify, nobody_else))


def client(*, closed=(), caller=ANONYMOUS, tiles_folder=None):
    """Serve the two versions, tiles and places too, to one kind of caller."""
    library = Library(two_versions(hidden=closed), today=lambda: TODAY)
    library.tiles_folder = tiles_folder
    return client_of(library, caller, (ogc, tiles, locate))
