"""The runner: one process that does long work, job after job, as the store hands it out."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import structlog

from geogrid.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from geogrid.store.records import Job
    from geogrid.store.store import Store

    Work = Callable[[Store, Job, Callable[[int, str], bool]], object]

__all__ = ["run_jobs"]

_LOOK_S = 1.0


def run_jobs(
    store: Store, stop: Event, *, work: Work | None = None, look_s: float = _LOOK_S
) -> None:
    """Do jobs until told to stop.

    Parameters
    ----------
    store : Store
        Where jobs wait. A job whose runner dies, or is stopped, is taken up again by the next
        one when its lease has run out.
    stop : threading.Event
        Set from outside; the job at hand is given up at its next sign of progress.
    work : callable, optional
        Does one job; by default `geogrid_api.jobs.run_job`.
    look_s : float
        How often to look for work while there is none, or while the store is away.
    """
    name = f"{socket.gethostname()[:32]}:{os.getpid()}"
    events = structlog.get_logger("geogrid_api")
    while not stop.is_set():
        try:
            job = store.claim_job(name)
        except StorageError as error:
            events.error("no jobs: the store is away", why=str(error))
            job = None
        if job is None:
            stop.wait(look_s)
            continue
        events.info("job begins", job_id=job.job_id, process=job.process, attempt=job.attempts)
        try:
            (work or _usual_work())(store, job, _teller(store, job, stop))
        except Exception:  # noqa: BLE001 - whatever a job does, the next one is run
            # its lease lets it be tried again
            events.exception("job broke", job_id=job.job_id)
            stop.wait(look_s)
        else:
            events.info("job ends", job_id=job.job_id)


def _usual_work() -> Work:
    """Return what does a job of this service."""
    from geogrid_api.jobs import run_job

    return run_job


def _teller(store: Store, job: Job, stop: Event) -> Callable[[int, str], bool]:
    """Return what tells the store of progress, and the work whether to go on."""

    def tell(percent: int, message: str) -> bool:
        return not stop.is_set() and store.beat(job, percent, message)

    return tell
