"""Jobs: a queue that survives its runners.

A runner claims a job for a while and says now and then that it is alive; when it does
not, the job is claimed again, at most `ATTEMPTS` times.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geogrid.errors import ConflictError, NotFoundError
from geogrid.store.records import Job
from geogrid.store.room import Room
from geogrid.store.tables import columns_of, jobs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Connection

__all__ = ["ATTEMPTS", "LEASE_S", "Jobs", "mine"]

# a job that took down three runners will take down the fourth
ATTEMPTS = 3
# a runner reports several times a minute
LEASE_S = 60.0
_MESSAGE = 2_000
_COLUMNS = columns_of(jobs, Job)
_DONE = ("successful", "failed", "dismissed")


class Jobs(Room):
    """Keep work that outlives a request."""

    def add_job(self, process: str, inputs: Mapping[str, Any], *, by: str) -> Job:
        """Put a job into the queue.

        Parameters
        ----------
        process : str
            What to run, at most 32 characters.
        inputs : mapping
            JSON values.
        by : str
            The user.

        Returns
        -------
        Job
            Accepted.
        """
        now = self.now()
        values = {
            "job_id": str(uuid.uuid4()),
            "process": process,
            "status": "accepted",
            "inputs": dict(inputs),
            "made_by": by,
            "created_at": now,
            "updated_at": now,
        }
        with self.database.write() as connection:
            self._told(connection, "job.add", f"job:{values['job_id']}", by, process=process)
            return Job(*connection.execute(jobs.insert().values(values).returning(*_COLUMNS)).one())

    def job(self, job_id: str) -> Job:
        """Return a job.

        Parameters
        ----------
        job_id : str
            As `add_job` gave it.

        Returns
        -------
        Job
            As it stands.

        Raises
        ------
        NotFoundError
            If there is none.
        """
        with self.database.peek() as connection:
            return _row(connection, _known(job_id))

    def jobs_of(self, by: str | None = None, *, limit: int = 100) -> list[Job]:
        """Return jobs, newest first.

        Parameters
        ----------
        by : str, optional
            Of this user only.
        limit : int
            At most so many.

        Returns
        -------
        list of Job
            Of any status.
        """
        query = sa.select(*_COLUMNS).order_by(jobs.c.created_at.desc(), jobs.c.job_id).limit(limit)
        if by is not None:
            query = query.where(jobs.c.made_by == by)
        with self.database.peek() as connection:
            return [Job(*row) for row in connection.execute(query)]

    def claim_job(
        self, runner: str, *, lease_s: float = LEASE_S, job_id: str | None = None
    ) -> Job | None:
        """Take the oldest job that waits, or whose runner is gone.

        Parameters
        ----------
        runner : str
            Who will run it, at most 64 characters.
        lease_s : float
            Seconds until it is given to another unless `beat` is called.
        job_id : str, optional
            Take this one or none.

        Returns
        -------
        Job or None
            Running, and nobody else's; None if nothing waits.
        """
        now = self.now()
        gone = (jobs.c.status == "running") & (jobs.c.lease_until < now)
        oldest = (
            sa.select(jobs.c.job_id)
            .where((jobs.c.status == "accepted") | (gone & (jobs.c.attempts < ATTEMPTS)))
            .order_by(jobs.c.created_at, jobs.c.job_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if job_id is not None:
            oldest = oldest.where(jobs.c.job_id == job_id)
        given_up = jobs.update().where(gone, jobs.c.attempts >= ATTEMPTS)
        with self.database.write() as connection:
            connection.execute(
                given_up.values(
                    status="failed",
                    message=f"{ATTEMPTS} runners were lost over this job; it was given up.",
                    lease_until=None,
                    updated_at=now,
                    finished_at=now,
                )
            )
            taken = connection.execute(oldest).scalar()
            if taken is None:
                return None
            update = jobs.update().where(jobs.c.job_id == taken)
            values = {
                "status": "running",
                "runner": runner,
                "attempts": jobs.c.attempts + 1,
                "started_at": sa.func.coalesce(
                    jobs.c.started_at, sa.bindparam("at", now, jobs.c.started_at.type)
                ),
                "updated_at": now,
                "lease_until": now + dt.timedelta(seconds=lease_s),
            }
            return Job(*connection.execute(update.values(values).returning(*_COLUMNS)).one())

    def beat(self, job: Job, progress: int, message: str = "", *, lease_s: float = LEASE_S) -> bool:
        """Say that a runner is alive and how far it is.

        Parameters
        ----------
        job : Job
            As `claim_job` gave it.
        progress : int
            Percent.
        message : str
            For people.
        lease_s : float
            Seconds from now.

        Returns
        -------
        bool
            False if the job was dismissed or given to another: stop working on it.
        """
        now = self.now()
        values = {
            "progress": max(0, min(100, int(progress))),
            "message": message[:_MESSAGE],
            "updated_at": now,
            "lease_until": now + dt.timedelta(seconds=lease_s),
        }
        with self.database.write() as connection:
            return connection.execute(mine(job).values(values)).rowcount == 1

    def finish_job(
        self,
        job: Job,
        *,
        result: Mapping[str, Any] | None = None,
        plan_id: int | None = None,
        error: str | None = None,
    ) -> bool:
        """End a job, well or not.

        Parameters
        ----------
        job : Job
            As `claim_job` gave it.
        result : mapping, optional
            JSON values.
        plan_id : int, optional
            The draft that it made.
        error : str, optional
            Why it failed, for people.

        Returns
        -------
        bool
            False if the job was dismissed or given to another: the result is not kept.
        """
        now = self.now()
        values: dict[str, Any] = {
            "status": "successful" if error is None else "failed",
            "result": None if result is None else dict(result),
            "plan_id": plan_id,
            "lease_until": None,
            "updated_at": now,
            "finished_at": now,
        }
        if error is None:
            values["progress"] = 100
        else:
            values["message"] = error[:_MESSAGE]
        with self.database.write() as connection:
            held = connection.execute(mine(job).values(values)).rowcount == 1
            if held:
                told = {"status": values["status"]}
                self._told(connection, "job.finish", f"job:{job.job_id}", job.made_by, **told)
            return held

    def dismiss_job(self, job_id: str) -> Job:
        """Stop a job that waits or runs; its runner hears of it at the next `beat`.

        Parameters
        ----------
        job_id : str
            As `add_job` gave it.

        Returns
        -------
        Job
            Dismissed.

        Raises
        ------
        NotFoundError
            If there is none.
        ConflictError
            If it has ended.
        """
        now = self.now()
        mine = jobs.update().where(jobs.c.job_id == _known(job_id), jobs.c.status.not_in(_DONE))
        values = {
            "status": "dismissed",
            "lease_until": None,
            "updated_at": now,
            "finished_at": now,
        }
        with self.database.write() as connection:
            row = connection.execute(mine.values(values).returning(*_COLUMNS)).first()
            if row is None:
                ended = _row(connection, job_id)
                raise ConflictError(f"Job {job_id} is {ended.status} already.", status=ended.status)
            self._told(connection, "job.dismiss", f"job:{job_id}")
            return Job(*row)


def mine(job: Job) -> sa.Update:
    """Return the update of a job that still runs where it was claimed."""
    return jobs.update().where(
        jobs.c.job_id == job.job_id,
        jobs.c.status == "running",
        jobs.c.runner == job.runner,
        jobs.c.attempts == job.attempts,
    )


def _known(job_id: str) -> str:
    """Return an identifier that may be asked for, or raise NotFoundError."""
    # those that we gave have nothing else in them
    if not (job_id.isascii() and job_id.replace("-", "").isalnum()):
        raise NotFoundError("There is no such job.")
    return job_id


def _row(connection: Connection, job_id: str) -> Job:
    """Return a job, or raise NotFoundError."""
    row = connection.execute(sa.select(*_COLUMNS).where(jobs.c.job_id == job_id)).first()
    if row is None:
        raise NotFoundError(f"There is no job {job_id}.", job_id=job_id)
    return Job(*row)
