"""Drafts: plans that people edit, each edit one line of history, none ever lost.

The state of a draft is its start document and its log (`geogrid.store.folding`); an edit
appends to the log in one transaction. Whoever edits says which revision they saw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from geogrid.errors import ConflictError, InputError, NotFoundError, StaleError
from geogrid.store.calendar import info_of, plans_with_ends
from geogrid.store.documents import pack_plan, read_outline, save_document
from geogrid.store.edits import checked, plain_text
from geogrid.store.folding import (
    Entry,
    Sheet,
    State,
    fold,
    start_state,
    touched_by_edits,
    touched_by_log,
)
from geogrid.store.records import Draft, LogEntry, PlanInfo, RevisionInfo
from geogrid.store.room import Room, Shelf
from geogrid.store.tables import LARGEST, columns_of, districts, grid_codes, log, plans, revisions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from geogrid.plans.plan import Plan
    from geogrid.store.documents import PackedPlan
    from geogrid.store.edits import Edit
    from geogrid.store.outlines import Outline

__all__ = ["Drafts", "require_status"]

_TITLE, _NOTE = 200, 2_000


class Drafts(Room):
    """Keep plans and their edits."""

    def __init__(self, *given: Any, **more: Any) -> None:  # noqa: ANN401 - as Room takes them
        super().__init__(*given, **more)
        self._outlines: Shelf[str, Outline] = Shelf(16)
        self._states: Shelf[int, State] = Shelf(64)

    def add_plan(self, plan: Plan, *, title: str, by: str, scope: str | None = None) -> PlanInfo:
        """Keep a plan as a new draft of its district.

        Parameters
        ----------
        plan : Plan
            What the draft starts from.
        title, by : str
            What people call it; the user who adds it.
        scope : str, optional
            The subdistrict whose own draft it is.

        Returns
        -------
        PlanInfo
            With the next number of its district.

        Raises
        ------
        InputError
            If the scope is no subdistrict of the plan, or the title no plain text.
        StorageError
            If it cannot be saved.
        """
        packed = pack_plan(plan)
        with self.database.write() as connection:
            return self._insert(connection, packed, title=title, by=by, scope=scope)

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

    def draft(self, plan_id: int, *, at_revision: int | None = None) -> Draft:
        """Return the state of a plan.

        Parameters
        ----------
        plan_id : int
            Its number in the store.
        at_revision : int, optional
            An older revision; the newest by default.

        Returns
        -------
        Draft
            Assignment, names and locks.

        Raises
        ------
        NotFoundError
            If there is no such plan or revision.
        """
        with self.database.read() as connection:
            info = self._info(connection, plan_id)
            wanted = info.revision if at_revision is None else at_revision
            if not 0 <= wanted <= info.revision:
                msg = f"Plan {plan_id} has revisions 0 to {info.revision}, not {wanted}."
                raise NotFoundError(msg, revision=wanted)
            state = self._state(connection, info, wanted)
        return Draft(
            info=info,
            revision=wanted,
            assignment=dict(state.assignment),
            names={code: state.names.get(code, "") for code in sorted(state.grids)},
            locks=state.locks,
        )

    def edit(
        self,
        plan_id: int,
        edits: Sequence[Edit],
        *,
        expected: int,
        by: str,
        within: str | None = None,
        rebase: bool = False,
        note: str = "",
    ) -> RevisionInfo:
        """Apply edits to a draft as one revision: all of them or none.

        Parameters
        ----------
        plan_id : int
            A draft.
        edits : sequence of Edit
            In their order.
        expected : int
            The revision that the editor saw.
        by : str
            The user.
        within : str, optional
            A clerk's own subdistrict.
        rebase : bool
            Replay the edits on what others did since, if they touch nothing that it touched.
        note : str
            Why, for the history.

        Returns
        -------
        RevisionInfo
            Saved for good when it is returned.

        Raises
        ------
        StaleError
            If others edited since; ``facts`` hold ``revision``, ``moves_since`` (of
            `LogEntry`) and ``collisions`` (subjects).
        ConflictError
            If the plan is no draft any more, or a lock forbids it.
        ForbiddenError
            If it touches another subdistrict's courtyard or grid.
        InputError
            If a courtyard or grid is not there, or nothing would change.
        """
        edits = checked(edits)
        with self.database.write() as connection:
            info = self._locked_draft(connection, plan_id)
            state = self._state(connection, info, info.revision)
            replayed = 0
            if expected != info.revision:
                since = self._since(connection, info, expected)
                touched = touched_by_log(since) & touched_by_edits(edits, state)
                if not rebase or touched:
                    raise _stale(info, expected, since, sorted(touched))
                replayed = info.revision - expected
            sheet = self._sheet(connection, info, state, within)
            sheet.apply(edits)
            saved = self._append(connection, info, sheet, by=by, note=note, replayed_over=replayed)
        self._states.put(plan_id, fold(state, sheet.entries, saved.revision))
        return saved

    def undo(
        self, plan_id: int, revision: int, *, expected: int, by: str, within: str | None = None
    ) -> RevisionInfo:
        """Take a revision back by a new one.

        Parameters
        ----------
        plan_id : int
            A draft.
        revision : int
            What to take back; later ones may follow it, if they touched other things.
        expected : int
            The newest revision that the editor saw.
        by : str
            The user.
        within : str, optional
            A clerk's own subdistrict.

        Returns
        -------
        RevisionInfo
            The new revision; its ``undoes`` names the old one.

        Raises
        ------
        StaleError
            If others edited since.
        ConflictError
            If a later revision touched the same courtyards, names or locks, or a lock
            forbids it; the message names them.
        NotFoundError
            If there is no such revision.
        """
        with self.database.write() as connection:
            info = self._locked_draft(connection, plan_id)
            self._require_current(connection, info, expected)
            if not 0 < revision <= info.revision:
                msg = f"Plan {plan_id} has revisions 1 to {info.revision}, not {revision}."
                raise NotFoundError(msg, revision=revision)
            later = self._entries(connection, plan_id, revision - 1)
            own = [entry for entry in later if entry.revision == revision]
            subjects = {(entry.kind, entry.subject) for entry in own}
            met = [e for e in later if e.revision > revision and (e.kind, e.subject) in subjects]
            if met:
                named = sorted({entry.subject for entry in met})
                msg = (
                    f"Revision {revision} cannot be taken back: revision {met[-1].revision} "
                    f"changed {', '.join(named[:5])} again; take that back first."
                )
                raise ConflictError(msg, subjects=named, revision=met[-1].revision)
            state = self._state(connection, info, info.revision)
            sheet = self._sheet(connection, info, state, within)
            sheet.take_back([Entry(e.kind, e.subject, e.before, e.after) for e in own])
            saved = self._append(connection, info, sheet, by=by, undoes=revision)
        self._states.put(plan_id, fold(state, sheet.entries, saved.revision))
        return saved

    def log_since(self, plan_id: int, revision: int) -> list[LogEntry]:
        """Return what was done after a revision.

        Parameters
        ----------
        plan_id : int
            Any plan.
        revision : int
            0 for everything.

        Returns
        -------
        list of LogEntry
            In the order in which it was done.

        Raises
        ------
        NotFoundError
            If there is no such plan.
        """
        with self.database.read() as connection:
            self._info(connection, plan_id)
            return self._entries(connection, plan_id, max(0, min(revision, LARGEST)))

    def history(self, plan_id: int) -> list[RevisionInfo]:
        """Return the revisions of a plan, oldest first, each with its entries.

        Parameters
        ----------
        plan_id : int
            Any plan.

        Returns
        -------
        list of RevisionInfo
            ``created`` and ``emptied`` are not told again.

        Raises
        ------
        NotFoundError
            If there is no such plan.
        """
        query = sa.select(revisions).where(revisions.c.plan_id == plan_id)
        with self.database.read() as connection:
            self._info(connection, plan_id)
            rows = connection.execute(query.order_by(revisions.c.revision)).all()
            entries = self._entries(connection, plan_id, 0)
        of: dict[int, list[LogEntry]] = {row.revision: [] for row in rows}
        for entry in entries:
            of[entry.revision].append(entry)
        return [
            RevisionInfo(
                plan_id=plan_id,
                revision=row.revision,
                made_by=row.made_by,
                made_at=row.made_at,
                note=row.note,
                undoes=row.undoes,
                entries=tuple(of[row.revision]),
            )
            for row in rows
        ]

    def _insert(
        self,
        connection: Connection,
        given: PackedPlan | tuple[str, Outline],
        *,
        title: str,
        by: str,
        scope: str | None,
        base: int | None = None,
    ) -> PlanInfo:
        """Add a plan's row, its district's if need be, and its file."""
        now = self.now()
        title = plain_text(title, "title", most=_TITLE)
        if isinstance(given, tuple):
            sha256, outline = given
        else:
            outline = given.outline
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
        self._told(
            connection, "plan.add", f"plan:{made}", by, sha256=sha256, scope=scope, base=base
        )
        return self._info(connection, made)

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

    def _locked_draft(self, connection: Connection, plan_id: int) -> PlanInfo:
        """Return a locked row that may be edited."""
        info = self._locked(connection, plan_id)
        require_status(info, "draft")
        return info

    def _update(self, connection: Connection, plan_id: int, **values: Any) -> None:  # noqa: ANN401
        """Change columns of a plan's row."""
        connection.execute(plans.update().where(plans.c.plan_id == plan_id).values(**values))

    def _outline(self, connection: Connection, sha256: str) -> Outline:
        """Return an outline, from memory if it was used lately."""
        return self._outlines.get(sha256) or self._outlines.put(
            sha256, read_outline(connection, sha256)
        )

    def _state(self, connection: Connection, info: PlanInfo, revision: int) -> State:
        """Return the state at a revision: what is kept in memory, and the log since."""
        kept = self._states.get(info.plan_id)
        if kept is None or kept.revision > revision:
            kept = start_state(self._outline(connection, info.start_document))
        if kept.revision < revision:
            entries = self._entries(connection, info.plan_id, kept.revision, revision)
            kept = fold(kept, entries, revision)
        if revision == info.revision:
            self._states.put(info.plan_id, kept)
        return kept

    def _entries(
        self, connection: Connection, plan_id: int, after: int, until: int | None = None
    ) -> list[LogEntry]:
        """Return the log between two revisions."""
        query = sa.select(*columns_of(log, LogEntry)).where(
            log.c.plan_id == plan_id, log.c.revision > after
        )
        if until is not None:
            query = query.where(log.c.revision <= until)
        rows = connection.execute(query.order_by(log.c.revision, log.c.seq))
        return [LogEntry(*row) for row in rows]

    def _since(self, connection: Connection, info: PlanInfo, expected: int) -> list[LogEntry]:
        """Return the log since the revision that an editor saw."""
        if not 0 <= expected <= info.revision:
            raise _stale(info, expected, [], [])
        return self._entries(connection, info.plan_id, expected)

    def _require_current(self, connection: Connection, info: PlanInfo, expected: int) -> None:
        """Refuse what was decided on another revision than the newest."""
        if expected != info.revision:
            raise _stale(info, expected, self._since(connection, info, expected), [])

    def _sheet(
        self, connection: Connection, info: PlanInfo, state: State, within: str | None
    ) -> Sheet:
        """Return a sheet to edit on, with every limit that holds."""
        return Sheet(
            self._outline(connection, info.start_document),
            state,
            within=[held for held in (within, info.scope) if held is not None],
            used=lambda: self._used(connection, info),
        )

    def _used(self, connection: Connection, info: PlanInfo) -> set[str]:
        """Return every code that a version of the district or this draft ever gave."""
        published = self._published_codes(connection, info.district_code)
        # codes that the draft gave and took back stay its own
        moved = sa.select(log.c.after).where(log.c.plan_id == info.plan_id, log.c.kind == "move")
        return published | set(connection.execute(moved.distinct()).scalars())

    def _published_codes(self, connection: Connection, district_code: str) -> set[str]:
        """Return every code that a published version of a district ever gave."""
        query = sa.select(grid_codes.c.grid_code)
        return set(
            connection.execute(query.where(grid_codes.c.district_code == district_code)).scalars()
        )

    def _append(
        self,
        connection: Connection,
        info: PlanInfo,
        sheet: Sheet,
        *,
        by: str,
        note: str = "",
        undoes: int | None = None,
        replayed_over: int = 0,
    ) -> RevisionInfo:
        """Write a sheet's entries as the next revision."""
        revision, now = info.revision + 1, self.now()
        note = plain_text(note, "note", most=_NOTE, least=0)
        key = {"plan_id": info.plan_id, "revision": revision}
        about = {"made_by": by, "made_at": now, "undoes": undoes, "note": note}
        connection.execute(revisions.insert(), {**key, **about, "n_entries": len(sheet.entries)})
        made = tuple(
            LogEntry(revision, seq, e.kind, e.subject, e.before, e.after)
            for seq, e in enumerate(sheet.entries)
        )
        rows = [
            {
                **key,
                "seq": e.seq,
                "kind": e.kind,
                "subject": e.subject,
                "before": e.before,
                "after": e.after,
            }
            for e in made
        ]
        if rows:
            connection.execute(log.insert(), rows)
        self._update(connection, info.plan_id, revision=revision)
        told = {"revision": revision, "n_entries": len(made), "undoes": undoes}
        self._told(connection, "plan.edit", f"plan:{info.plan_id}", by, **told)
        return RevisionInfo(
            **cast("dict[str, Any]", {**key, **about}),
            entries=made,
            created=sheet.created,
            emptied=sheet.emptied,
            replayed_over=replayed_over,
        )


def require_status(info: PlanInfo, *allowed: str) -> None:
    """Refuse a plan in another state of its life."""
    if info.status not in allowed:
        msg = f"Plan {info.plan_id} is {info.shown}; only {' and '.join(allowed)} ones can do this."
        raise ConflictError(msg, status=info.status, allowed=list(allowed))


def _stale(
    info: PlanInfo, expected: int, since: Sequence[LogEntry], collisions: Sequence[str]
) -> StaleError:
    """Return the error that tells what happened since."""
    msg = f"Plan {info.plan_id} is at revision {info.revision}, not {expected}"
    if collisions:
        msg += f"; meanwhile others touched {', '.join(collisions[:5])}"
    return StaleError(
        f"{msg}. Look at it again.",
        revision=info.revision,
        moves_since=tuple(since),
        collisions=tuple(collisions),
    )
