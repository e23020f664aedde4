"""Drafts: plans that people edit, each edit one line of history, none ever lost.

The state of a draft is its start document and its log (`geogrid.store.folding`); an edit
appends to the log in one transaction. Whoever edits says which revision they saw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from geogrid.errors import ConflictError, NotFoundError, StaleError
from geogrid.store.catalogue import Catalogue, require_status
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
from geogrid.store.records import Draft, LogEntry, RevisionInfo
from geogrid.store.room import Shelf
from geogrid.store.tables import columns_of, log, revisions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from geogrid.store.edits import Edit
    from geogrid.store.records import PlanInfo

__all__ = ["Drafts"]

_NOTE = 2_000


class Drafts(Catalogue):
    """Keep the edits of plans."""

    def __init__(self, *given: Any, **more: Any) -> None:  # noqa: ANN401 - as Room takes them
        super().__init__(*given, **more)
        self._states: Shelf[int, State] = Shelf(64)

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
            `LogEntry`), ``made_since`` (by whom and when, by revision) and
            ``collisions`` (subjects).
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
                    raise self._stale(connection, info, expected, since, sorted(touched))
                replayed = info.revision - expected
            sheet = self._sheet(connection, info, state, within)
            sheet.apply(edits)
            saved = self._append(connection, info, sheet, by=by, note=note, replayed_over=replayed)
        self._states.put(plan_id, fold(state, sheet.entries, saved.revision))
        return saved

    def undo(
        self,
        plan_id: int,
        revision: int,
        *,
        expected: int,
        by: str,
        within: str | None = None,
        rebase: bool = False,
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
        rebase : bool
            Take it back though others edited since, if they changed other courtyards,
            names and locks.

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
            if not rebase:
                self._require_current(connection, info, expected)
            since = self._since(connection, info, expected)
            if not 0 < revision <= info.revision:
                msg = f"Plan {plan_id} has revisions 1 to {info.revision}, not {revision}."
                raise NotFoundError(msg, revision=revision)
            later = self._entries(connection, plan_id, revision - 1)
            own = [entry for entry in later if entry.revision == revision]
            state = self._state(connection, info, info.revision)
            sheet = self._sheet(connection, info, state, within)
            # whoever may not take it back is not told what stood in it either
            sheet.require_all_within(own)
            subjects = {(entry.kind, entry.subject) for entry in own}
            collisions = {_named(e) for e in since if (e.kind, e.subject) in subjects}
            if collisions:
                raise self._stale(connection, info, expected, since, sorted(collisions))
            met = [e for e in later if e.revision > revision and (e.kind, e.subject) in subjects]
            if met:
                named = sorted({entry.subject for entry in met})
                msg = (
                    f"Revision {revision} cannot be taken back: revision {met[-1].revision} "
                    f"changed {', '.join(named[:5])} again; take that back first."
                )
                raise ConflictError(msg, subjects=named, revision=met[-1].revision)
            sheet.take_back([Entry(e.kind, e.subject, e.before, e.after) for e in own])
            replayed = info.revision - expected
            saved = self._append(
                connection, info, sheet, by=by, undoes=revision, replayed_over=replayed
            )
        self._states.put(plan_id, fold(state, sheet.entries, saved.revision))
        return saved

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

    def _locked_draft(self, connection: Connection, plan_id: int) -> PlanInfo:
        """Return a locked row that may be edited."""
        info = self._locked(connection, plan_id)
        require_status(info, "draft")
        return info

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
            raise self._stale(connection, info, expected, [], [])
        return self._entries(connection, info.plan_id, expected)

    def _require_current(self, connection: Connection, info: PlanInfo, expected: int) -> None:
        """Refuse what was decided on another revision than the newest."""
        if expected != info.revision:
            since = self._since(connection, info, expected)
            raise self._stale(connection, info, expected, since, [])

    def _stale(
        self,
        connection: Connection,
        info: PlanInfo,
        expected: int,
        since: Sequence[LogEntry],
        collisions: Sequence[str],
    ) -> StaleError:
        """Return the error that tells what happened since, and whose doing it was."""
        msg = f"Plan {info.plan_id} is at revision {info.revision}, not {expected}"
        if collisions:
            msg += f"; meanwhile others touched {', '.join(collisions[:5])}"
        query = sa.select(revisions.c.revision, revisions.c.made_by, revisions.c.made_at).where(
            revisions.c.plan_id == info.plan_id, revisions.c.revision > expected
        )
        made = connection.execute(query).all() if since else []
        return StaleError(
            f"{msg}. Look at it again.",
            revision=info.revision,
            moves_since=tuple(since),
            made_since={row.revision: (row.made_by, row.made_at) for row in made},
            collisions=tuple(collisions),
        )

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


def _named(entry: LogEntry) -> str:
    """Return what an entry changes, as a subject."""
    return {"move": f"courtyard:{entry.subject}", "name": f"grid:{entry.subject}"}.get(
        entry.kind, entry.subject
    )
