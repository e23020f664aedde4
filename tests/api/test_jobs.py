"""Laws of jobs: they tell how far they are, stop when told to, and survive their runners."""

from __future__ import annotations

import datetime as dt
import threading

import pytest

from geogrid_api.jobs import run_job
from geogrid_api.routes import processes as routes

EXECUTE = "/processes/layout/execution"
ASYNC = {"Prefer": "respond-async"}
ORDER = {"inputs": {"base": 1, "grids": 6}}


@pytest.fixture(autouse=True)
def no_runner(monkeypatch):
    """Let a caller who waits do the job at once: no runner stands beside these tests."""
    monkeypatch.setattr(routes, "PATIENCE_S", 0.0)


def test_a_job_that_runs_stops_at_its_next_sign_of_progress(house):
    job = house.planner.post(EXECUTE, ORDER, headers=ASYNC).json()["jobID"]
    claimed = house.store.claim_job("runner")
    told = []

    def tell(percent, message):
        told.append((percent, message))
        if len(told) == 2:
            house.planner.ask("DELETE", f"/jobs/{job}")
        return house.store.beat(claimed, percent, message)

    ended = run_job(house.store, claimed, tell, clock=lambda: len(told) * 2.0)
    assert ended.status == "dismissed"
    assert len(told) == 2
    assert [plan.plan_id for plan in house.store.plans()] == [1]


def test_progress_only_rises_and_names_the_stage(house):
    house.planner.post(EXECUTE, ORDER, headers=ASYNC)
    claimed = house.store.claim_job("runner")
    told = []

    def tell(percent, message):
        told.append((percent, message))
        return house.store.beat(claimed, percent, message)

    run_job(house.store, claimed, tell, clock=lambda: len(told) * 2.0)
    percents = [percent for percent, _ in told]
    assert percents == sorted(percents)
    assert 0 < percents[0] < percents[-1] < 100
    assert any("parts" in message for _, message in told)


def test_the_lease_is_renewed_while_the_work_tells_nothing(house, monkeypatch, two_plan):
    house.planner.post(EXECUTE, ORDER, headers=ASYNC)
    claimed = house.store.claim_job("runner")
    told, thrice = [], threading.Event()

    def tell(percent, message):
        told.append((percent, message))
        if len(told) == 5:
            thrice.set()
        return house.store.beat(claimed, percent, message)

    def silent(*_, **__):
        assert thrice.wait(30)
        return two_plan

    monkeypatch.setattr("geogrid.governance.again.plan_again", silent)
    assert run_job(house.store, claimed, tell, pulse_s=0.01).status == "successful"
    assert len(set(told[1:5])) == 1


def test_a_job_dismissed_while_the_work_tells_nothing_leaves_no_draft(house, monkeypatch, two_plan):
    job = house.planner.post(EXECUTE, ORDER, headers=ASYNC).json()["jobID"]
    claimed = house.store.claim_job("runner")

    def silent(*_, **__):
        house.planner.ask("DELETE", f"/jobs/{job}")
        return two_plan

    monkeypatch.setattr("geogrid.governance.again.plan_again", silent)
    assert run_job(house.store, claimed).status == "dismissed"
    assert [plan.plan_id for plan in house.store.plans()] == [1]


def test_a_job_survives_its_runner(house):
    name = house.planner.post(EXECUTE, ORDER, headers=ASYNC).json()["jobID"]
    lost = house.store.claim_job("first")

    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    with pytest.raises(Killed):
        run_job(house.store, lost, die)
    assert house.planner.get(f"/jobs/{name}").json()["status"] == "running"
    assert house.store.claim_job("second") is None
    house.clock.pass_time(days=1)
    again = house.store.claim_job("second")
    assert (again.job_id, again.attempts) == (name, 2)
    assert run_job(house.store, again).status == "successful"
    assert len(house.store.plans()) == 2


def test_codes_go_on_from_the_version_in_force(house):
    draft = house.draft()
    house.publish(draft, day=dt.date(2026, 3, 1))
    refused = {"inputs": {"grids": 6, "previous": False}}
    assert house.planner.post(EXECUTE, refused).status_code == 400
    order = {"inputs": {"grids": 7}, "outputs": {"plan": {}}}
    made = house.planner.post(EXECUTE, order).json()
    before = set(house.store.draft(draft).assignment.values())
    after = set(house.store.draft(made["plan_id"]).assignment.values())
    assert len(after) == 7
    assert len(before & after) >= 4
