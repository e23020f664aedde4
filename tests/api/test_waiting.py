"""Laws of waiting for a layout: it takes no thread from anybody, and has an end."""

from __future__ import annotations

import asyncio
import threading

import httpx2 as httpx
import pytest

from geogrid_api.routes import processes as routes

EXECUTE = "/processes/layout/execution"
ORDER = {"inputs": {"base": 1, "grids": 6}}
LATE = 20.0


def waiting_with(house, ask):
    """Run something on an event loop with a client of the planner's."""

    async def run():
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(house.client.app, client=("192.0.2.7", 4000)),
            base_url="http://testserver",
            headers={"X-API-Key": house.secrets["planner"]},
            timeout=LATE,
        ) as client:
            return await ask(client)

    return asyncio.run(run())


async def until_there_are(house, n_jobs):
    """Wait until so many jobs were ordered."""
    async with asyncio.timeout(LATE):
        n_ordered = 0
        while n_ordered < n_jobs:
            n_ordered = len(await asyncio.to_thread(house.store.jobs_of))


def test_who_waits_takes_no_thread_and_too_many_are_told_to_come_back(house, monkeypatch):
    monkeypatch.setattr(routes, "MOST_WAITING", 45)
    monkeypatch.setattr(routes, "LOOK_S", 0.01)

    async def ask(client):
        waiting = [asyncio.create_task(client.post(EXECUTE, json=ORDER)) for _ in range(45)]
        await until_there_are(house, 45)
        # more wait than the common threads are; whoever shows a key needs one
        seen = await client.get("/plans")
        refused = await client.post(EXECUTE, json=ORDER)
        ordered = await client.post(EXECUTE, json=ORDER, headers={"Prefer": "respond-async"})
        monkeypatch.setattr(routes, "WAIT_S", 0.0)
        told = await asyncio.gather(*waiting)
        return seen, refused, ordered, {answer.status_code for answer in told}

    monkeypatch.setattr(routes, "PATIENCE_S", 1e9)
    seen, refused, ordered, told = waiting_with(house, ask)
    assert seen.status_code == 200
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    assert "respond-async" in refused.json()["detail"]
    assert ordered.status_code == 201
    assert told == {504}, "the jobs go on"
    assert len(house.store.jobs_of()) == 46, "a refused order is no job"


def test_a_worker_does_few_jobs_itself_at_a_time(house, monkeypatch, two_plan):
    gate, entered = threading.Event(), threading.Semaphore(0)
    running = []

    def plan_again(*_, **__):
        running.append(1)
        entered.release()
        assert gate.wait(LATE)
        return two_plan

    monkeypatch.setattr("geogrid.governance.again.plan_again", plan_again)
    monkeypatch.setattr(routes, "PATIENCE_S", 0.0)
    monkeypatch.setattr(routes, "LOOK_S", 0.01)

    async def ask(client):
        waiting = [asyncio.create_task(client.post(EXECUTE, json=ORDER)) for _ in range(4)]
        await until_there_are(house, 4)
        for _ in range(routes.MOST_OWN):
            assert await asyncio.to_thread(entered.acquire, timeout=LATE)
        seen = await client.get("/plans")
        at_once = len(running)
        gate.set()
        told = await asyncio.gather(*waiting)
        return seen.status_code, at_once, [answer.status_code for answer in told]

    assert waiting_with(house, ask) == (200, routes.MOST_OWN, [200] * 4)


@pytest.mark.parametrize("host", ["a b", 'x"y', "h" * 300, "a/b", "<script>", "u@evil"])
@pytest.mark.parametrize("path", ["/plans", "/plans/1", "/jobs", "/collections", "/processes"])
def test_a_host_that_is_none_is_refused_by_whatever_answers(house, path, host):
    assert house.planner.get(path, headers={"host": host}).status_code == 400
    assert house.planner.get(path, headers={"host": "grids.example:8443"}).status_code == 200
