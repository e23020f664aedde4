"""Outcomes: what a job leaves behind, and what a new layout must know of old ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geogrid.store.documents import pack_plan
from geogrid.store.jobs import Jobs, mine
from geogrid.store.publication import Publication
from geogrid.store.tables import grid_codes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.plans.plan import Plan
    from geogrid.store.outlines import Outline
    from geogrid.store.records import Job, PlanInfo

__all__ = ["Outcomes"]


class Outcomes(Publication, Jobs):
    """Let jobs make plans."""

    def outline(self, plan_id: int) -> Outline:
        """Return who lies where in a plan's start document.

        Parameters
        ----------
        plan_id : int
            Any plan.

        Returns
        -------
        Outline
            Communities and subdistricts, which no edit changes.

        Raises
        ------
        NotFoundError
            If there is no such plan.
        """
        with self.database.peek() as connection:
            info = self._info(connection, plan_id)
            return self._outline(connection, info.start_document)

    def used_codes(self, district_code: str) -> frozenset[str]:
        """Return every grid code that a published version of a district ever gave.

        Parameters
        ----------
        district_code : str
            The district.

        Returns
        -------
        frozenset of str
            Those in force too.
        """
        query = sa.select(grid_codes.c.grid_code)
        with self.database.peek() as connection:
            rows = connection.execute(query.where(grid_codes.c.district_code == district_code))
            return frozenset(rows.scalars())

    def latest_published(self, district_code: str) -> PlanInfo | None:
        """Return the version that new layouts carry on: the last one by its day.

        Parameters
        ----------
        district_code : str
            The district.

        Returns
        -------
        PlanInfo or None
            In force, or upcoming; None if nothing was published.
        """
        found = [i for i in self.plans(district_code=district_code) if i.valid_from is not None]
        return max(found, key=lambda info: info.valid_from or info.created_at.date(), default=None)

    def finish_with_plan(
        self, job: Job, plan: Plan, *, title: str, result: Mapping[str, Any]
    ) -> PlanInfo | None:
        """End a job well: its plan becomes a draft in the same transaction.

        Parameters
        ----------
        job : Job
            As `claim_job` gave it.
        plan : Plan
            What it made.
        title : str
            Of the draft.
        result : mapping
            JSON values; the new ``plan_id`` is added to its ``plan``.

        Returns
        -------
        PlanInfo or None
            The draft; None if the job was dismissed or given to another: nothing is kept.
        """
        packed, now = pack_plan(plan), self.now()
        with self.database.write() as connection:
            # the job's row first: whoever dismisses it waits, or was first
            held = connection.execute(mine(job).values(updated_at=now)).rowcount == 1
            if not held:
                return None
            info = self._insert(connection, packed, title=title, by=job.made_by, scope=None)
            told = {**result, "plan": {**result.get("plan", {}), "plan_id": info.plan_id}}
            values: dict[str, Any] = {
                "status": "successful",
                "progress": 100,
                "message": "",
                "result": told,
                "plan_id": info.plan_id,
                "lease_until": None,
                "updated_at": now,
                "finished_at": now,
            }
            connection.execute(mine(job).values(values))
            return info
