"""Outcomes: what a job or an edit comes to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geogrid.store.documents import pack_plan
from geogrid.store.jobs import Jobs, mine
from geogrid.store.publication import Publication

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from geogrid.plans.plan import Plan
    from geogrid.store.outlines import Outline
    from geogrid.store.records import Job, PlanInfo, RevisionInfo

__all__ = ["GridChange", "Outcomes"]


@dataclass(frozen=True, slots=True)
class GridChange:
    """Hold what a revision changed in the figures of one grid; a grid that is not there has 0.

    Parameters
    ----------
    grid_code : str
        The grid.
    n_courtyards_before, n_courtyards, households_before, households : int
        Courtyards and households in it.
    deviation : float or None
        (households - target) / target, afterwards; None once it is empty.
    """

    grid_code: str
    n_courtyards_before: int
    n_courtyards: int
    households_before: int
    households: int
    deviation: float | None


class Outcomes(Publication, Jobs):
    """Let jobs make plans, and tell what edits did to the figures."""

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

    def grid_changes(self, saved: RevisionInfo) -> list[GridChange]:
        """Return what a revision changed in the figures of the grids that it touched.

        Parameters
        ----------
        saved : RevisionInfo
            As `edit` returned it.

        Returns
        -------
        list of GridChange
            By grid code; empty if no courtyard moved.
        """
        moves = [entry for entry in saved.entries if entry.kind == "move"]
        if not moves:
            return []
        start = self._document(self.plan_info(saved.plan_id).start_document)
        yards = start.courtyards
        counted = dict(zip(yards["courtyard_id"], yards["households"].astype(int), strict=True))
        after = self.draft(saved.plan_id, at_revision=saved.revision).assignment
        before = dict(after)
        for entry in reversed(moves):
            before[entry.subject] = entry.before
        touched = sorted({code for entry in moves for code in (entry.before, entry.after)})
        n_was, was = _sums(before, counted, touched)
        n_is, now_is = _sums(after, counted, touched)
        return [
            GridChange(
                code,
                n_was[code],
                n_is[code],
                was[code],
                now_is[code],
                round(now_is[code] / start.target - 1, 4) if n_is[code] else None,
            )
            for code in touched
        ]

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
            told = {"status": "successful", "plan_id": info.plan_id}
            self._told(connection, "job.finish", f"job:{job.job_id}", job.made_by, **told)
            return info


def _sums(
    assignment: Mapping[str, str], counted: Mapping[str, int], codes: Collection[str]
) -> tuple[dict[str, int], dict[str, int]]:
    """Count the courtyards and households of some grids."""
    wanted = set(codes)
    yards: dict[str, int] = defaultdict(int)
    homes: dict[str, int] = defaultdict(int)
    for ident, code in assignment.items():
        if code in wanted:
            yards[code] += 1
            homes[code] += counted.get(ident, 0)
    return yards, homes
