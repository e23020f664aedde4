"""Other days than today: made beside the event loop, once each, in nobody's way.

Seven versions follow each other, one a month; only the last one is in force today.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import threading

import httpx2 as httpx
import pytest

from geogrid.publish.snapshot import VersionInfo
from geogrid_api import locate, ogc, tiles
from geogrid_api.access import ANONYMOUS
from geogrid_api.front import Part, front_operations
from geogrid_api.library import N_KEPT, Library
from geogrid_api.reader import Reader
from geogrid_api.versions import About

ITEMS = "/collections/courtyards/items"
PATHS = (ITEMS, f"{ITEMS}/a1", "/collections/courtyards/tiles/WebMercatorQuad", "/locate")
N_VERSIONS = N_KEPT + 1
MONTHS = [dt.date(2026, month, 1) for month in range(1, N_VERSIONS + 2)]
LATE = 10.0


class Calendar:
    """A source that notes which thread reads what, and waits where a test tells it to."""

    def __init__(self, tables):
        self._tables = tables
        self.number = 1
        self.read = []
        self.gates = {}
        self.reached = threading.Event()

    def head(self):
        return self.number

    def versions(self):
        ends = [*MONTHS[1:N_VERSIONS], None]
        return [
            VersionInfo(i, "370202", i, f"第{i}版", None, begin, end)
            for i, (begin, end) in enumerate(zip(MONTHS, ends, strict=False), 1)
        ]

    def tables(self, plan_id):
        self.read.append((plan_id, threading.get_ident()))
        if plan_id in self.gates:
            self.reached.set()
            assert self.gates[plan_id].wait(LATE)
        return self._tables

    def is_public(self, collection):
        return bool(collection)

    def about(self):
        return About("东山区")


@pytest.fixture
def calendar(both_tables):
    return Calendar(both_tables[1])


@pytest.fixture
def library(calendar):
    return Library(calendar, today=lambda: MONTHS[-1])


def serve(library):
    """Return a client for use on one's own event loop."""

    async def identify(_scope):
        return ANONYMOUS

    async def nothing(_scope, _receive, _send):
        raise AssertionError

    reader = Reader(
        front_operations(map(Part.of, (ogc, tiles, locate))), lambda: library, identify, nothing
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(reader), base_url="http://testserver")


def on(day, **more):
    return {"datetime": day.isoformat(), **more}


@pytest.mark.parametrize("path", PATHS)
def test_no_day_is_made_on_the_event_loop(calendar, library, path):
    here = threading.get_ident()
    calendar.read.clear()

    async def ask():
        place = {"lon": 120.3, "lat": 36.07} if path == "/locate" else {}
        async with serve(library) as client:
            for _ in range(2):
                for day in MONTHS[:N_VERSIONS]:
                    answer = await client.get(path, params=on(day, **place))
                    assert answer.status_code == 200, answer.text

    asyncio.run(ask())
    assert {plan_id for plan_id, _ in calendar.read} == set(range(1, N_VERSIONS))
    assert here not in {thread for _, thread in calendar.read}


def test_what_is_at_hand_is_answered_without_a_thread(library, monkeypatch):
    async def ask():
        async with serve(library) as client:
            await client.get(ITEMS, params=on(MONTHS[0]))
            monkeypatch.setattr("geogrid_api.past.to_thread", None)
            monkeypatch.setattr("geogrid_api.reader.asyncio", None)
            for query in ({}, on(MONTHS[-1]), on(MONTHS[0], limit=3)):
                assert (await client.get(ITEMS, params=query)).status_code == 200

    asyncio.run(ask())


def test_many_who_ask_for_a_day_wait_for_one_making_and_today_for_none(calendar, library):
    calendar.read.clear()
    gate = calendar.gates[1] = threading.Event()

    async def ask():
        async with serve(library) as client:
            waiting = [
                asyncio.create_task(client.get(ITEMS, params=on(MONTHS[0], limit=limit)))
                for limit in range(1, 9)
            ]
            await asyncio.to_thread(calendar.reached.wait, LATE)
            assert (await client.get(ITEMS)).status_code == 200
            other = await client.get(ITEMS, params=on(MONTHS[1]))
            assert other.status_code == 200, "there is a second place"
            assert not any(task.done() for task in waiting)
            # one who gives up takes nothing from the others
            waiting.pop().cancel()
            gate.set()
            return [answer.status_code for answer in await asyncio.gather(*waiting)]

    assert asyncio.run(ask()) == [200] * 7
    assert [plan_id for plan_id, _ in calendar.read] == [1, 2]


def test_neither_a_making_nor_a_refresh_holds_up_who_reads_what_is_at_hand(calendar, library):
    older = library.at(MONTHS[1], public=True)
    gate = threading.Event()
    calendar.gates = {1: gate, N_VERSIONS: gate}
    making = threading.Thread(target=library.at, args=(MONTHS[0],), kwargs={"public": True})
    making.start()
    assert calendar.reached.wait(LATE)
    calendar.reached.clear()
    # whatever is known of today's version is said anew, so that it is read again
    calendar.number = 2
    calendar.versions = lambda: [
        VersionInfo(N_VERSIONS, "370202", N_VERSIONS, "另一个名字", None, MONTHS[0], None)
    ]
    refreshing = threading.Thread(target=library.refresh)
    refreshing.start()
    assert calendar.reached.wait(LATE)
    found = []

    def read():
        found.append(library.token)
        found.append(library.at(None, public=True))
        found.append(library.at(MONTHS[1], public=True))

    reading = threading.Thread(target=read, daemon=True)
    reading.start()
    reading.join(LATE)
    try:
        assert len(found) == 3, "somebody was waited for"
        assert found[2] is older
    finally:
        gate.set()
        making.join()
        refreshing.join()
    assert library.at(None, public=True).versions[0].title == "另一个名字"


def test_days_that_push_each_other_out_leave_today_alone(calendar, library):
    today = library.at(None, public=True)
    for day in MONTHS[:N_VERSIONS]:
        library.at(day, public=True)
    calendar.read.clear()
    assert library.at(MONTHS[-1], public=True) is today
    calendar.number = 2
    assert library.refresh()
    assert library.at(None, public=True) is today
    assert calendar.read == []
