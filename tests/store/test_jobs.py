"""Laws of jobs: each runs once at a time, and outlives its runner."""

from __future__ import annotations

import threading

import pytest

from geogrid.errors import ConflictError, NotFoundError
from geogrid.store.jobs import ATTEMPTS, LEASE_S
from geogrid.store.store import Store

N_JOBS = 12


def test_a_job_goes_from_hand_to_hand(store, store_url, draft, clock):
    job = store.add_job("layout", {"n_grids": 6, "名": "海滨"}, by="planner")
    assert (job.status, job.progress, job.attempts) == ("accepted", 0, 0)
    with Store.open(store_url, now=clock) as runner:
        claimed = runner.claim_job("runner 1")
        assert claimed.job_id == job.job_id
        assert claimed.inputs == {"n_grids": 6, "名": "海滨"}
        assert runner.claim_job("runner 2") is None
        clock.pass_time(seconds=5)
        assert runner.beat(claimed, 40, "packing")
        assert store.job(job.job_id).progress == 40
        assert runner.finish_job(claimed, result={"k": 6}, plan_id=draft.plan_id)
    done = store.job(job.job_id)
    assert (done.status, done.progress, done.result) == ("successful", 100, {"k": 6})
    assert done.plan_id == draft.plan_id
    assert done.started_at < done.finished_at
    assert store.claim_job("runner 1") is None


def test_jobs_are_claimed_oldest_first(store, clock):
    jobs = []
    for _ in range(3):
        jobs.append(store.add_job("layout", {}, by="planner").job_id)
        clock.pass_time(seconds=1)
    assert [store.claim_job("r").job_id for _ in jobs] == jobs
    assert [job.job_id for job in store.jobs_of("planner")] == jobs[::-1]
    assert store.jobs_of("somebody") == []
    assert len(store.jobs_of(limit=2)) == 2


def test_a_dead_runners_job_is_claimed_again_but_not_for_ever(store, clock):
    job = store.add_job("layout", {}, by="planner")
    for attempt in range(1, ATTEMPTS + 1):
        claimed = store.claim_job(f"runner {attempt}")
        assert claimed.attempts == attempt
        clock.pass_time(seconds=LEASE_S - 1)
        assert store.claim_job("another") is None
        clock.pass_time(seconds=2)
    assert store.claim_job("another") is None
    given_up = store.job(job.job_id)
    assert given_up.status == "failed"
    assert str(ATTEMPTS) in given_up.message


def test_a_runner_that_was_taken_for_dead_is_told_so(store, clock):
    store.add_job("layout", {}, by="planner")
    slow = store.claim_job("slow")
    clock.pass_time(seconds=LEASE_S + 1)
    quick = store.claim_job("quick")
    assert not store.beat(slow, 99)
    assert not store.finish_job(slow, result={"from": "slow"})
    assert store.finish_job(quick, result={"from": "quick"})
    assert store.job(slow.job_id).result == {"from": "quick"}


def test_a_beat_keeps_the_lease(store, clock):
    store.add_job("layout", {}, by="planner")
    job = store.claim_job("r")
    for _ in range(5):
        clock.pass_time(seconds=LEASE_S - 1)
        assert store.beat(job, 1)
        assert store.claim_job("another") is None


def test_a_dismissed_job_stops_its_runner(store):
    waiting, running = (store.add_job("layout", {}, by="planner") for _ in range(2))
    job = store.claim_job("r")
    for each in (waiting, running):
        assert store.dismiss_job(each.job_id).status == "dismissed"
        with pytest.raises(ConflictError, match="dismissed"):
            store.dismiss_job(each.job_id)
    assert not store.beat(job, 50)
    assert not store.finish_job(job, result={})
    assert store.claim_job("r") is None


def test_a_failure_is_told(store):
    store.add_job("layout", {}, by="planner")
    job = store.claim_job("r")
    assert store.finish_job(job, error="no 400 grids fit: 泰安路社区")
    assert store.job(job.job_id).message == "no 400 grids fit: 泰安路社区"
    assert store.job(job.job_id).status == "failed"


@pytest.mark.parametrize("job_id", ["nobody", "", "a\x00b", "\ud800", "'; DROP TABLE jobs; --"])
def test_an_unknown_job_is_not_found(store, job_id):
    for ask in (store.job, store.dismiss_job):
        with pytest.raises(NotFoundError):
            ask(job_id)


def test_no_job_runs_twice_at_a_time(store_url):
    with Store.open(store_url) as store:
        wanted = {store.add_job("layout", {}, by="planner").job_id for _ in range(N_JOBS)}
    claimed = []

    def work(name):
        with Store.open(store_url) as own:
            while job := own.claim_job(name):
                claimed.append(job.job_id)

    threads = [threading.Thread(target=work, args=(f"runner {i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(wanted)
