"""Catalogue: which plans a store keeps, each one row, and how one is added."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from geogrid.errors import ConflictError, InputError, NotFoundError
from geogrid.store.calendar import info_of, plans_with_ends
from geogrid.store.documents import pack_plan, read_outline, save_document
from geogrid.store.edits import plain_text
from geogrid.store.known import plain_names
from geogrid.store.room import Room, Shelf
from geogrid.store.tables import LARGEST, districts, grid_codes, plans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from geogrid.plans.plan import Plan
    from geogrid.store.documents import PackedPlan
    from geogrid.store.outlines import Outline
    from geogrid.store.records import PlanInfo

__all__ = ["Catalogue", "require_status"]

_TITLE = 200


class Catalogue(Room):
    """Keep plans, drafts and published ones alike."""

    def __init__(self, *given: Any, **more: Any) -> None:  # noqa: ANN401 - as Room takes them
        super().__init__(*given, **more)
        self._outlines: Shelf[str, Outline] = Shelf(16)

    def add_plan(
        self,
        plan: Plan,
        *,
        title: str,
        by: str,
        scope: str | None = None,
        dropped: Sequence[str] = (),
    ) -> PlanInfo:
        """Keep a plan as a new draft of its district, as far as the data model knows it.

        Parameters
        ----------
        plan : Plan
            What the draft starts from.
        title, by : str
            What people call it; the user who adds it.
        scope : str, optional
            The subdistrict whose own draft it is.
        dropped : sequence of str
            What reading its file left out already; see `foreign_layers`.

        Returns
        -------
        PlanInfo
            With the next number of its district; ``dropped`` names the columns and
            layers that are not kept.

        Raises
        ------
        InputError
            If the scope is no subdistrict of the plan, or the title no plain text.
        StorageError
            If it cannot be saved.
        """
        packed = pack_plan(plan)
        with self.database.write() as connection:
            return self._insert(
                connection, packed, title=title, by=by, scope=scope, dropped=dropped
            )

    def derive_plan(
        self, base_plan_id: int, *, title: str, by: str, scope: str | None = None
    ) -> PlanInfo:
        """Start a new draft from where another plan stands now.

        Parameters
        ----------
        base_plan_id : int
            A published version, or any draft.
        title, by : str
            What people call it; the user who adds it.
        scope : str, optional
            The subdistrict whose own draft it is.

        Returns
        -------
        PlanInfo
            Without locks and comments of the other.

        Raises
        ------
        NotFoundError
            If there is no such plan.
        InputError
            If the scope is no subdistrict of the plan, or the title no plain text.
        """
        base = self.plan_info(base_plan_id)
        sha256 = base.final_document or (base.start_document if base.revision == 0 else None)
        # a draft with edits becomes a file of its own first, outside of the transaction
        packed = None if sha256 else pack_plan(self.plan(base_plan_id))
        with self.database.write() as connection:
            given = packed or (sha256 or "", self._outline(connection, sha256 or ""))
            return self._insert(
                connection, given, title=title, by=by, scope=scope, base=base.plan_id
            )

    def plan(self, plan_id: int) -> Plan:
        """Return a plan as it stands now; see `Publication`."""
        raise NotImplementedError

    def plans(
        self, *, district_code: str | None = None, scope: str | None = None
    ) -> list[PlanInfo]:
        """Return all plans, newest first.

        Parameters
        ----------
        district_code : str, optional
            Of this district only.
        scope : str, optional
            Of this subdistrict's drafts only.

        Returns
        -------
        list of PlanInfo
            With the status shown today.
        """
        query = plans_with_ends().order_by(plans.c.plan_id.desc())
        if district_code is not None:
            query = query.where(plans.c.district_code == district_code)
        if scope is not None:
            query = query.where(plans.c.scope == scope)
        with self.database.read() as connection:
            rows = connection.execute(query).mappings().all()
        today = self.today()
        return [info_of(row, today) for row in rows]

    def plan_info(self, plan_id: int) -> PlanInfo:
        """Return what is known of a plan.

        Parameters
        ----------
        plan_id : int
            Its number in the store.

        Returns
        -------
        PlanInfo
            With the status shown today.

        Raises
        ------
        NotFoundError
            If there is no such plan.
        """
        with self.database.peek() as connection:
            return self._info(connection, plan_id)

    def _insert(
        self,
        connection: Connection,
        given: PackedPlan | tuple[str, Outline],
        *,
        title: str,
        by: str,
        scope: str | None,
        base: int | None = None,
        dropped: Sequence[str] = (),
    ) -> PlanInfo:
        """Add a plan's row, its district's if need be, and its file."""
        now = self.now()
        title = plain_text(title, "title", most=_TITLE)
        if isinstance(given, tuple):
            sha256, outline = given
        else:
            outline = given.outline
            dropped = (*dropped, *given.dropped)
            sha256 = save_document(connection, given, now)
        if scope is not None and scope not in outline.subdistricts:
            known = ", ".join(sorted(outline.subdistricts))
            raise InputError(
                f"Subdistrict {scope} is not in this plan; it has {known}.", scope=scope
            )
        dialect = sqlite if self.database.is_sqlite else postgresql
        row = {
            "district_code": outline.district_code,
            "name": outline.district_name[:128],
            "crs": outline.crs[:32],
        }
        connection.execute(dialect.insert(districts).values(row).on_conflict_do_nothing())
        # numbers are counted one after the other
        mine = districts.c.district_code == outline.district_code
        connection.execute(sa.select(districts).where(mine).with_for_update())
        highest = sa.select(sa.func.max(plans.c.number))
        number = connection.execute(
            highest.where(plans.c.district_code == outline.district_code)
        ).scalar()
        values = {
            "district_code": outline.district_code,
            "number": (number or 0) + 1,
            "title": title,
            "status": "draft",
            "scope": scope,
            "base_plan_id": base,
            "start_document": sha256,
            "revision": 0,
            "created_by": by,
            "created_at": now,
        }
        made = connection.execute(plans.insert().returning(plans.c.plan_id), values).scalar_one()
        self._outlines.put(sha256, outline)
        told: dict[str, Any] = {"sha256": sha256, "scope": scope, "base": base}
        left_out = plain_names(dropped)
        if left_out:
            told["dropped"] = left_out
        self._told(connection, "plan.add", f"plan:{made}", by, **told)
        return replace(self._info(connection, made), dropped=tuple(left_out))

    def _info(self, connection: Connection, plan_id: int) -> PlanInfo:
        """Return a plan's row, or raise NotFoundError."""
        row = None
        if 0 < plan_id <= LARGEST:
            query = plans_with_ends().where(plans.c.plan_id == plan_id)
            row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFoundError(f"There is no plan {plan_id}.", plan_id=plan_id)
        return info_of(row, self.today())

    def _locked(self, connection: Connection, plan_id: int) -> PlanInfo:
        """Return a plan's row and keep others from writing to it until the transaction ends."""
        if 0 < plan_id <= LARGEST:
            only = sa.select(plans.c.plan_id).where(plans.c.plan_id == plan_id)
            connection.execute(only.with_for_update())
        return self._info(connection, plan_id)

    def _update(self, connection: Connection, plan_id: int, **values: Any) -> None:  # noqa: ANN401
        """Change columns of a plan's row."""
        connection.execute(plans.update().where(plans.c.plan_id == plan_id).values(**values))

    def _outline(self, connection: Connection, sha256: str) -> Outline:
        """Return an outline, from memory if it was used lately."""
        return self._outlines.get(sha256) or self._outlines.put(
            sha256, read_outline(connection, sha256)
        )

    def _published_codes(self, connection: Connection, district_code: str) -> set[str]:
        """Return every code that a published version of a district ever gave."""
        query = sa.select(grid_codes.c.grid_code)
        return set(
            connection.execute(query.where(grid_codes.c.district_code == district_code)).scalars()
        )


def require_status(info: PlanInfo, *allowed: str) -> None:
    """Refuse a plan in another state of its life."""
    if info.status not in allowed:
        msg = f"Plan {info.plan_id} is {info.shown}; only {' and '.join(allowed)} ones can do this."
        raise ConflictError(msg, status=info.status, allowed=list(allowed))
