"""Materials: a plan in full, as it stands now: file, verdict, features.

Reading and regrouping take seconds, so what was made last is kept in memory, and none of
it happens inside a transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geogrid.errors import ForbiddenError
from geogrid.governance.register import Register, yards_of
from geogrid.store.catalogue import require_status
from geogrid.store.documents import bytes_of_plan, plan_of_bytes, read_document
from geogrid.store.drafts import Drafts
from geogrid.store.feature_rows import tables_of_rows
from geogrid.store.folding import start_state
from geogrid.store.room import Shelf
from geogrid.store.tables import features as feature_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.governance.change_list import ChangeList
    from geogrid.governance.findings import Verdict
    from geogrid.governance.mend import Mended
    from geogrid.governance.verdict import Judge
    from geogrid.plans.plan import Plan
    from geogrid.publish.features import FeatureTable
    from geogrid.store.folding import State
    from geogrid.store.records import PlanInfo

__all__ = ["Materials"]


class Materials(Drafts):
    """Make plans in full from documents and logs."""

    def __init__(self, *given: Any, **more: Any) -> None:  # noqa: ANN401 - as Room takes them
        super().__init__(*given, **more)
        # a plan of 14,180 courtyards takes 100 MB
        self._documents: Shelf[str, Plan] = Shelf(3)
        self._made: Shelf[tuple[int, int], Plan] = Shelf(3)
        self._judges: Shelf[str, Judge] = Shelf(3)

    def plan(self, plan_id: int) -> Plan:
        """Return a plan as it stands now.

        Parameters
        ----------
        plan_id : int
            Any plan.

        Returns
        -------
        Plan
            Do not change it: others get the same object.

        Raises
        ------
        NotFoundError
            If there is no such plan.
        StorageError
            If its file is damaged.
        """
        info, state = self._standing(plan_id)
        return self._plan_at(info, state)

    def plan_bytes(self, plan_id: int) -> bytes:
        """Return a plan's GeoPackage as it stands now.

        Parameters
        ----------
        plan_id : int
            Any plan.

        Returns
        -------
        bytes
            For a published version the very file that was published.

        Raises
        ------
        NotFoundError
            If there is no such plan.
        StorageError
            If its file is damaged.
        """
        info, state = self._standing(plan_id)
        if info.final_document is None and not _is_start(self._start(info), state):
            return bytes_of_plan(self._plan_at(info, state))
        with self.database.read() as connection:
            return read_document(connection, info.final_document or info.start_document)

    def standing_on(self, plan_id: int) -> Plan:
        """Return the plan of the file that a plan stands on.

        Parameters
        ----------
        plan_id : int
            Any plan.

        Returns
        -------
        Plan
            What was published; of a draft, what it started from. Do not change it.

        Raises
        ------
        NotFoundError
            If there is no such plan.
        StorageError
            If its file is damaged.
        """
        info = self.plan_info(plan_id)
        return self._document(info.final_document or info.start_document)

    def verdict(self, plan_id: int) -> Verdict:
        """Judge a plan as it stands now.

        Parameters
        ----------
        plan_id : int
            Any plan.

        Returns
        -------
        Verdict
            Faults, hard ones and soft ones; nothing is refused here.

        Raises
        ------
        NotFoundError
            If there is no such plan.
        """
        return self._verdict_at(*self._standing(plan_id))

    def mend(
        self,
        plan_id: int,
        communities: Sequence[str],
        *,
        expected: int,
        within: str | None = None,
        seconds: float = 10.0,
    ) -> Mended:
        """Propose better grids for some communities of a draft; nothing is saved.

        Parameters
        ----------
        plan_id : int
            A draft.
        communities : sequence of str
            Whose grids may change.
        expected : int
            The newest revision that the asker saw: what is proposed fits that one.
        within : str, optional
            A clerk's own subdistrict.
        seconds : float
            Time to look.

        Returns
        -------
        Mended
            `edit` takes its edits, read by `geogrid.store.edits.parse_edits`.

        Raises
        ------
        StaleError
            If others edited since.
        ConflictError
            If the plan is no draft any more.
        ForbiddenError
            If a community lies in another subdistrict.
        InputError
            If a community is not in the plan.
        """
        from geogrid.governance.mend import mend

        with self.database.read() as connection:
            info = self._info(connection, plan_id)
            require_status(info, "draft")
            self._require_current(connection, info, expected)
            state = self._state(connection, info, info.revision)
            outline = self._outline(connection, info.start_document)
            reserved = self._used(connection, info)
        limits = [held for held in (within, info.scope) if held is not None]
        for community in communities:
            home = outline.subdistrict_of(community)
            if community in outline.communities and any(home != held for held in limits):
                msg = f"Community {community} lies outside subdistrict {', '.join(limits)}."
                raise ForbiddenError(msg, within=limits)
        return mend(
            self._judge(info.start_document),
            state.assignment,
            communities=communities,
            locks=state.locks,
            names=_names(state),
            reserved=reserved,
            seconds=seconds,
        )

    def prepare(self, plan_id: int) -> None:
        """Read a plan's file and judge it once, so that its first editor need not wait.

        Parameters
        ----------
        plan_id : int
            A published version; drafts start from its file.

        Raises
        ------
        NotFoundError
            If there is no such plan.
        StorageError
            If its file is damaged.
        """
        info, state = self._standing(plan_id)
        self._judge(info.final_document or info.start_document).judge(state.assignment)

    def features(self, plan_id: int) -> dict[str, FeatureTable]:
        """Return a plan's feature collections.

        Parameters
        ----------
        plan_id : int
            Any plan.

        Returns
        -------
        dict of str to FeatureTable
            For a published version the very rows that were published.

        Raises
        ------
        NotFoundError
            If there is no such plan.
        """
        info, state = self._standing(plan_id)
        if info.status != "published":
            from geogrid.publish.features import feature_tables

            return feature_tables(self._plan_at(info, state))
        query = sa.select(feature_rows).where(feature_rows.c.plan_id == plan_id)
        with self.database.read() as connection:
            ordered = query.order_by(feature_rows.c.collection, feature_rows.c.position)
            return tables_of_rows(connection.execute(ordered).all())

    def read_change_list(
        self, plan_id: int, raw: bytes, *, within: str | None = None
    ) -> tuple[int, ChangeList]:
        """Hold a list of courtyards and grids against a draft; nothing is changed.

        Parameters
        ----------
        plan_id : int
            A draft.
        raw : bytes
            CSV or .xlsx.
        within : str, optional
            A clerk's own subdistrict.

        Returns
        -------
        revision : int
            What it was held against.
        found : ChangeList
            What it asks for, and which rows are refused.

        Raises
        ------
        NotFoundError
            If there is no such plan.
        ConflictError
            If it is no draft.
        InputError
            If the file cannot be read; with ``words``.
        """
        from geogrid.governance.change_list import read_change_list

        info, state = self._standing(plan_id)
        require_status(info, "draft")
        with self.database.peek() as connection:
            outline = self._outline(connection, info.start_document)
        held = [one for one in (within, info.scope) if one is not None]
        own = {c for c, (_, sub) in outline.communities.items() if all(sub == h for h in held)}
        register = Register(
            yards_of(self._document(info.start_document).courtyards),
            {code: outline.community_name(code) for code in outline.communities},
            state.assignment,
            state.names,
            homes=outline.grid_community,
            locks=state.locks,
            own=own if held else None,
        )
        return info.revision, read_change_list(raw, register)

    def _standing(self, plan_id: int) -> tuple[PlanInfo, State]:
        """Return a plan's row and its newest state."""
        with self.database.read() as connection:
            info = self._info(connection, plan_id)
            return info, self._state(connection, info, info.revision)

    def _start(self, info: PlanInfo) -> State:
        """Return the state before the first revision."""
        with self.database.peek() as connection:
            return start_state(self._outline(connection, info.start_document))

    def _plan_at(self, info: PlanInfo, state: State) -> Plan:
        """Return a plan at a state."""
        if info.final_document is not None:
            return self._document(info.final_document)
        start = self._document(info.start_document)
        if _is_start(self._start(info), state):
            return start
        key = (info.plan_id, state.revision)
        kept = self._made.get(key)
        if kept is not None:
            return kept
        from geogrid.governance.edit import regroup

        with self.database.read() as connection:
            reserved = self._used(connection, info)
        made = regroup(start, state.assignment, names=_names(state), reserved=reserved)
        return self._made.put(key, made)

    def _verdict_at(self, info: PlanInfo, state: State) -> Verdict:
        """Judge a plan at a state."""
        # nothing that is locked has moved since: the log saw to that
        return self._judge(info.start_document).judge(
            state.assignment, locks=state.locks, names=state.names, held=state.assignment
        )

    def _judge(self, sha256: str) -> Judge:
        """Return the judge of drafts that start from a file."""
        from geogrid.governance.verdict import Judge

        return self._judges.get(sha256) or self._judges.put(sha256, Judge(self._document(sha256)))

    def _document(self, sha256: str) -> Plan:
        """Return the plan of a file."""
        kept = self._documents.get(sha256)
        if kept is not None:
            return kept
        with self.database.read() as connection:
            raw = read_document(connection, sha256)
        return self._documents.put(sha256, plan_of_bytes(raw))


def _names(state: State) -> dict[str, str]:
    """Return the names of the grids that are there."""
    return {code: state.names[code] for code in sorted(state.grids) if code in state.names}


def _is_start(start: State, state: State) -> bool:
    """Tell whether everything is as in the start document."""
    return state.revision == 0 or (
        dict(state.assignment) == dict(start.assignment) and _names(state) == _names(start)
    )
