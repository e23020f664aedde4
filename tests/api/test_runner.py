"""Laws of the runner: one job after another, whatever a job or the store does."""

from __future__ import annotations

import threading

from geogrid.errors import StorageError
from geogrid_api.runner import run_jobs


class Desk:
    """Hand out jobs, then tell the runner to stop."""

    def __init__(self, *jobs):
        self.jobs = list(jobs)
        self.stop = threading.Event()
        self.told = []

    def claim_job(self, runner):
        self.runner = runner
        if not self.jobs:
            self.stop.set()
            return None
        job = self.jobs.pop(0)
        if isinstance(job, Exception):
            raise job
        return job

    def beat(self, job, percent, message):
        self.told.append((job.job_id, percent, message))
        return True


class Job:
    process = "layout"
    attempts = 1

    def __init__(self, job_id):
        self.job_id = job_id


def test_jobs_are_done_in_turn_and_told_of():
    desk = Desk(Job("a"), Job("b"))
    run_jobs(desk, desk.stop, work=lambda _store, _job, tell: tell(50, "half"), look_s=0)
    assert desk.told == [("a", 50, "half"), ("b", 50, "half")]
    assert len(desk.runner) <= 64


def test_neither_a_broken_job_nor_a_lost_store_ends_the_runner():
    done = []

    def work(_store, job, _tell):
        if job.job_id == "bad":
            raise RuntimeError("broken")
        done.append(job.job_id)

    desk = Desk(Job("bad"), StorageError("away"), Job("good"))
    run_jobs(desk, desk.stop, work=work, look_s=0)
    assert done == ["good"]


def test_a_stop_is_told_to_the_job_at_hand():
    heard = []
    desk = Desk(Job("a"))

    def work(_store, _job, tell):
        desk.stop.set()
        heard.append(tell(10, "going on"))

    run_jobs(desk, desk.stop, work=work, look_s=0)
    assert heard == [False]
    assert desk.told == []
