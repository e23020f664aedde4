"""Versions to serve without a store: two days, two audiences, and who asks."""

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
from geogrid_api.library import About, Library
from geogrid_api.reader import Reader

TODAY = dt.date(2026, 6, 1)
FIRST = VersionInfo(
    1, "370202", 1, "第一版", "南办发〔2025〕1号", dt.date(2025, 1, 1), dt.date(2026, 1, 1)
)
SECOND = VersionInfo(2, "370202", 2, "第二版", None, dt.date(2026, 1, 1), None)
PARTS = (ogc, tiles, locate)


class Shelf:
    """Two versions of the drawn plan; in the first, a2 belongs to the other grid."""

    def __init__(self, closed=()):
        self._closed = closed
        now = feature_tables(drawn_plan())
        yards = now["courtyards"]
        moved = [
            values | ({"grid_code": A + "002"} if values["courtyard_id"] == "a2" else {})
            for values in yards.properties
        ]
        before = now | {"courtyards": replace(yards, properties=tuple(moved))}
        self._tables = {1: before, 2: now}

    def head(self):
        return 1

    def versions(self):
        return [FIRST, SECOND]

    def tables(self, plan_id):
        return self._tables[plan_id]

    def is_public(self, collection):
        return collection not in self._closed

    def about(self):
        return About("东山区", is_synthetic=True)


def client(*, closed=(), caller=ANONYMOUS, tiles_folder=None):
    """Serve the shelf to one kind of caller."""
    library = Library(Shelf(closed), today=lambda: TODAY)
    library.tiles_folder = tiles_folder

    async def identify(scope):
        scope["geogrid.caller"] = caller
        return caller

    async def nothing(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    reader = Reader(front_operations(map(Part.of, PARTS)), lambda: library, identify, nothing)
    return TestClient(reader)


VIEWER = Caller("ann", "viewer", None, "token")
