"""Edition: all that a publication writes, made before its transaction begins."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geogrid.governance.previous import retired_codes
from geogrid.plans.crosswalk import CROSSWALK_COLUMNS, grid_events
from geogrid.plans.crosswalk import crosswalk as compare
from geogrid.store.feature_rows import rows_of_tables
from geogrid.store.tables import changes, crosswalk, features, grid_codes

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from typing import Self

    from sqlalchemy.engine import Connection

    from geogrid.plans.plan import Plan
    from geogrid.publish.features import FeatureTable
    from geogrid.store.documents import PackedPlan
    from geogrid.store.records import PlanInfo

__all__ = ["Edition"]


@dataclass(frozen=True)
class Edition:
    """Hold what a publication writes.

    Parameters
    ----------
    info : PlanInfo
        The version that is to be published.
    plan : Plan
        In full.
    packed : PackedPlan or None
        Its file; None if that is the file it started from.
    tables : mapping of str to FeatureTable
        As it is handed out.
    before : PlanInfo or None
        The version published last, when this was made.
    crosswalk, events : list of dict
        Rows of ``crosswalk`` and ``changes``, between the two.
    """

    info: PlanInfo
    plan: Plan = field(repr=False)
    packed: PackedPlan | None = field(repr=False)
    tables: Mapping[str, FeatureTable] = field(repr=False)
    before: PlanInfo | None = None
    crosswalk: list[dict[str, Any]] = field(default_factory=list, repr=False)
    events: list[dict[str, Any]] = field(default_factory=list, repr=False)

    @classmethod
    def of(cls, info: PlanInfo, plan: Plan, *, packed: PackedPlan | None) -> Self:
        """Return the edition of a plan, not yet compared with any before."""
        from geogrid.publish.features import feature_tables

        return cls(info, plan, packed, feature_tables(plan))

    def beside(self, before: PlanInfo | None, old: Plan | None) -> Edition:
        """Return the same edition compared with the version published last."""
        rows = [] if old is None else _crosswalk_rows(old, self.plan)
        events = _event_rows(old, self.plan)
        return replace(self, before=before, crosswalk=rows, events=events)

    def write(self, connection: Connection, *, effective_date: dt.date, now: dt.datetime) -> None:
        """Write features, crosswalk, changes and codes.

        Parameters
        ----------
        connection : Connection
            Inside the publication's transaction.
        effective_date : date
            First day in force.
        now : datetime
            The moment.
        """
        info, before = self.info, self.before
        connection.execute(features.insert(), list(rows_of_tables(info.plan_id, self.tables)))
        key = {"plan_id": info.plan_id, "old_plan_id": before.plan_id if before else None}
        if self.crosswalk:
            connection.execute(crosswalk.insert(), [{**key, **row} for row in self.crosswalk])
        told = {
            "district_code": info.district_code,
            "plan_id": info.plan_id,
            "made_at": now,
            "effective_date": effective_date,
        }
        about = {"number": info.number, "title": info.title}
        first = {"kind": "publish", "subject": "", "details": about}
        connection.execute(changes.insert(), [{**told, **row} for row in (first, *self.events)])
        self._write_codes(connection)

    def _write_codes(self, connection: Connection) -> None:
        """Register the codes that are new, end those that are no more."""
        info, codes = self.info, set(self.plan.gov_grids["grid_code"])
        mine = grid_codes.c.district_code == info.district_code
        query = sa.select(grid_codes.c.grid_code, grid_codes.c.ended_plan_id).where(mine)
        known = {row.grid_code: row.ended_plan_id for row in connection.execute(query)}
        row = {"district_code": info.district_code, "first_plan_id": info.plan_id}
        fresh = [
            {**row, "grid_code": code, "ended_plan_id": None} for code in sorted(codes - set(known))
        ]
        # codes that ended before this store began are as good as published
        old = retired_codes(self.plan) - codes - set(known)
        fresh += [{**row, "grid_code": code, "ended_plan_id": info.plan_id} for code in sorted(old)]
        if fresh:
            connection.execute(grid_codes.insert(), fresh)
        running = {code for code, ended in known.items() if ended is None}
        ended = [{"code": code} for code in sorted(running - codes)]
        if ended:
            one = mine & (grid_codes.c.grid_code == sa.bindparam("code"))
            ending = grid_codes.update().where(one).values(ended_plan_id=info.plan_id)
            connection.execute(ending, ended)


def _crosswalk_rows(old: Plan, new: Plan) -> list[dict[str, Any]]:
    """Return the crosswalk as rows of its table."""
    rows = compare(old, new)[list(CROSSWALK_COLUMNS)].to_dict("records")
    return [{str(key): value for key, value in row.items()} for row in rows]


def _event_rows(old: Plan | None, new: Plan) -> list[dict[str, Any]]:
    """Return what became of the grids as rows of the feed; those that go on are not told."""
    rows = []
    for event in grid_events({} if old is None else old, new):
        told = event.as_dict()
        subject = (event.new_codes or event.old_codes)[0]
        if told.pop("kind") != "keep":
            rows.append({"kind": event.kind, "subject": subject, "details": told})
    return rows
