"""Publication: from a draft to a version that everybody reads and nobody changes.

draft -> proposed -> approved -> published; back to draft at any step before the last.
Faults warn until publication, which alone refuses. What takes long is made before the
transaction begins; inside it everything that it rests on is looked at again.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from geogrid.errors import ConflictError, ForbiddenError, InputError
from geogrid.store.catalogue import require_status
from geogrid.store.documents import pack_plan, save_document
from geogrid.store.editions import Edition
from geogrid.store.edits import plain_text
from geogrid.store.lineage import require_follower
from geogrid.store.materials import Materials
from geogrid.store.merging import Merging
from geogrid.store.published import Published
from geogrid.store.reviews import Reviews
from geogrid.store.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from geogrid.governance.verdict import Finding, Verdict
    from geogrid.plans.plan import Plan
    from geogrid.store.folding import State
    from geogrid.store.records import PlanInfo

__all__ = ["Publication"]

_DOCUMENT_NO, _REASON = 64, 2_000
# a wrong year would bar every day before it
_AHEAD = dt.timedelta(days=366)
# publications that may overtake one before it gives up
_TRIES = 3


class _OvertakenError(ConflictError):
    """Another version was published while this one was made."""


class Publication(Materials, Published, Reviews, Merging, Settings):
    """Lead plans through their life."""

    def submit(self, plan_id: int, *, expected: int, by: str) -> PlanInfo:
        """Propose a draft.

        A grid whose code was given to another grid before gets a new one, as a
        revision of its own that everybody can see.

        Parameters
        ----------
        plan_id : int
            A draft.
        expected : int
            The revision that is proposed.
        by : str
            The user; somebody else must approve.

        Returns
        -------
        PlanInfo
            Proposed; its revision is one higher if codes were replaced.

        Raises
        ------
        StaleError
            If others edited since.
        ConflictError
            If the plan is no draft any more.
        """
        with self.database.write() as connection:
            info = self._locked_draft(connection, plan_id)
            self._require_current(connection, info, expected)
            state = self._state(connection, info, info.revision)
            reused = [] if info.scope else self._reused(connection, info, state)
            if reused:
                sheet = self._sheet(connection, info, state, None)
                fresh = [f"{code} -> {sheet.renumber(code)}" for code in reused]
                note = f"codes that were given before: {', '.join(fresh)}"
                self._append(connection, info, sheet, by=by, note=note[:_REASON])
            values = {"status": "proposed", "proposed_by": by, "proposed_at": self.now()}
            self._update(connection, plan_id, **values)
            self._told(connection, "plan.submit", f"plan:{plan_id}", by, replaced=reused)
            return self._info(connection, plan_id)

    def send_back(self, plan_id: int, *, expected: int, by: str, note: str = "") -> PlanInfo:
        """Make a proposed or approved plan a draft again; the objection is kept.

        Parameters
        ----------
        plan_id : int
            A proposed or approved plan.
        expected : int
            The revision that was looked at.
        by : str
            The user.
        note : str
            Why.

        Returns
        -------
        PlanInfo
            A draft.

        Raises
        ------
        ConflictError
            If it is neither.
        """
        with self.database.write() as connection:
            info = self._locked(connection, plan_id)
            require_status(info, "proposed", "approved")
            self._require_current(connection, info, expected)
            self._decided(connection, info, "object", level="district", by=by, note=note)
            nobody = dict.fromkeys(("proposed_by", "proposed_at", "approved_by", "approved_at"))
            self._update(connection, plan_id, status="draft", **nobody)
            self._told(connection, "plan.send_back", f"plan:{plan_id}", by)
            return self._info(connection, plan_id)

    def withdraw(self, plan_id: int, *, by: str, note: str = "") -> PlanInfo:
        """End a plan that will not be published; it stays readable.

        Parameters
        ----------
        plan_id : int
            A draft, proposed or approved plan.
        by : str
            The user.
        note : str
            Why; kept as an objection.

        Returns
        -------
        PlanInfo
            Withdrawn.

        Raises
        ------
        ConflictError
            If it is published or withdrawn.
        """
        with self.database.write() as connection:
            info = self._locked(connection, plan_id)
            require_status(info, "draft", "proposed", "approved")
            self._decided(connection, info, "object", level="district", by=by, note=note)
            self._update(connection, plan_id, status="withdrawn")
            self._told(connection, "plan.withdraw", f"plan:{plan_id}", by)
            return self._info(connection, plan_id)

    def approve(self, plan_id: int, *, expected: int, by: str, note: str = "") -> PlanInfo:
        """Approve a proposed plan for the district.

        Parameters
        ----------
        plan_id : int
            A proposed plan of the whole district.
        expected : int
            The revision that was looked at.
        by : str
            The user, not the one who proposed it.
        note : str
            For the record.

        Returns
        -------
        PlanInfo
            Approved.

        Raises
        ------
        ForbiddenError
            If one would approve what one proposed.
        ConflictError
            If it is not proposed, or a subdistrict's own.
        """
        with self.database.write() as connection:
            info = self._locked(connection, plan_id)
            require_status(info, "proposed")
            self._require_current(connection, info, expected)
            _require_other(info, by)
            _require_district(info)
            self._decided(connection, info, "agree", level="district", by=by, note=note)
            values = {"status": "approved", "approved_by": by, "approved_at": self.now()}
            self._update(connection, plan_id, **values)
            self._told(connection, "plan.approve", f"plan:{plan_id}", by, revision=expected)
            return self._info(connection, plan_id)

    def publish(
        self,
        plan_id: int,
        *,
        expected: int,
        document_no: str,
        effective_date: dt.date,
        by: str,
        accepted_because: str | None = None,
        follows: int | None = None,
    ) -> PlanInfo:
        """Publish an approved plan: in force from a day on, never changed again.

        File, features, codes, crosswalk and changes are kept together or not at all.

        Parameters
        ----------
        plan_id : int
            An approved plan.
        expected : int
            The revision that is published.
        document_no : str
            Number of the decree.
        effective_date : date
            First day in force; after that of the version published last, at most 366
            days ahead.
        by : str
            The user, not the one who proposed it.
        accepted_because : str, optional
            Why soft rules may be broken; needed if any is.
        follows : int, optional
            ``plan_id`` of the version published last; needed if the plan was made from
            an older one, or from none, and replaces it as it stands.

        Returns
        -------
        PlanInfo
            Published: upcoming, or in force at once.

        Raises
        ------
        InputError
            If hard rules are broken, or soft ones without a reason, with
            ``facts["findings"]``; if the date is not after the last one's, or too far.
        StaleError
            If the plan was edited since.
        ForbiddenError
            If one would publish what one proposed.
        ConflictError
            If it is not approved, or a code was taken meanwhile by another version; if
            it would take back a version that it was not made from, named in
            ``facts["between"]``; if ``follows`` is not the one in ``facts["latest"]``.
        """
        document_no = plain_text(document_no, "document_no", most=_DOCUMENT_NO)
        if accepted_because is not None:
            accepted_because = plain_text(accepted_because, "accepted_because", most=_REASON)
        _require_soon(self.today(), effective_date)
        info, state = self._standing(plan_id)
        with self.database.read() as connection:
            self._require_publishable(connection, info, expected, by)
            before = self._last(connection, info.district_code)
            require_follower(connection, info, before, follows)
        _require_faultless(self._verdict_at(info, state), accepted_because)
        plan = self._plan_at(info, state)
        written = {
            "status": "published",
            "published_by": by,
            "document_no": document_no,
            "effective_date": effective_date,
            "accepted_because": accepted_because,
        }
        edition = self._edition(info, plan)
        for _ in range(_TRIES):
            try:
                return self._write_edition(edition, state, written, follows)
            except _OvertakenError:
                edition = edition.beside(*self._before(info))
        raise ConflictError("Other versions are being published at the same time; retry.")

    def _reused(self, connection: Connection, info: PlanInfo, state: State) -> list[str]:
        """Return the codes that were given to other grids before.

        A code goes on if the version before has it and the two share a courtyard.
        """
        known = self._published_codes(connection, info.district_code) & state.grids
        if not known:
            return []
        last = self._last(connection, info.district_code)
        going_on: set[str] = set()
        if last is not None and last.final_document is not None:
            before = self._outline(connection, last.final_document).assignment
            going_on = {c for ident, c in before.items() if state.assignment.get(ident) == c}
        return sorted(known - going_on)

    def _require_publishable(
        self, connection: Connection, info: PlanInfo, expected: int, by: str
    ) -> None:
        """Refuse what is not approved at this revision, or one's own."""
        require_status(info, "approved")
        self._require_current(connection, info, expected)
        _require_other(info, by)
        _require_district(info)

    def _edition(self, info: PlanInfo, plan: Plan) -> Edition:
        """Make what a publication writes."""
        is_start = plan is self._document(info.start_document)
        packed = None if is_start else pack_plan(plan)
        return Edition.of(info, plan, packed=packed).beside(*self._before(info))

    def _before(self, info: PlanInfo) -> tuple[PlanInfo | None, Plan | None]:
        """Return the version published last, and its plan."""
        with self.database.read() as connection:
            before = self._last(connection, info.district_code)
        return before, None if before is None else self.plan(before.plan_id)

    def _write_edition(
        self, edition: Edition, state: State, written: dict[str, Any], follows: int | None
    ) -> PlanInfo:
        """Publish in one transaction."""
        info, now = edition.info, self.now()
        effective_date = written["effective_date"]
        with self.database.write() as connection:
            self._raise_head(connection)
            current = self._locked(connection, info.plan_id)
            self._require_publishable(connection, current, state.revision, written["published_by"])
            before = self._last(connection, info.district_code)
            require_follower(connection, current, before, follows)
            if (before and before.plan_id) != (edition.before and edition.before.plan_id):
                raise _OvertakenError("Another version was published meanwhile.")
            _require_later(before, effective_date)
            reused = self._reused(connection, current, state)
            if reused:
                msg = (
                    f"Codes {', '.join(reused[:5])} were given to other grids before; send the "
                    "plan back and submit it again, which replaces them."
                )
                raise ConflictError(msg, grid_codes=reused)
            final = info.start_document
            if edition.packed is not None:
                final = save_document(connection, edition.packed, now)
            edition.write(connection, effective_date=effective_date, now=now)
            self._update(
                connection, info.plan_id, **written, published_at=now, final_document=final
            )
            told = {
                "document_no": written["document_no"],
                "effective_date": effective_date.isoformat(),
                "accepted_because": written["accepted_because"],
                "follows": follows,
            }
            subject = f"plan:{info.plan_id}"
            self._told(connection, "plan.publish", subject, written["published_by"], **told)
            return self._info(connection, info.plan_id)


def _require_other(info: PlanInfo, by: str) -> None:
    """Refuse that one decides on what one proposed."""
    if by == info.proposed_by:
        msg = f"Plan {info.plan_id} was proposed by {by}; somebody else must decide on it."
        raise ForbiddenError(msg, proposed_by=by)


def _require_district(info: PlanInfo) -> None:
    """Refuse a subdistrict's own draft."""
    if info.scope is not None:
        msg = (
            f"Plan {info.plan_id} is subdistrict {info.scope}'s own; merge it into a draft of "
            "the district."
        )
        raise ConflictError(msg, scope=info.scope)


def _require_later(before: PlanInfo | None, effective_date: dt.date) -> None:
    """Refuse to begin before the version published last."""
    if before is None or before.effective_date is None or effective_date > before.effective_date:
        return
    msg = (
        f"Version {before.number} begins on {before.effective_date}; the next one begins on a "
        f"later day than that, not on {effective_date}."
    )
    raise InputError(msg, after=before.effective_date.isoformat())


def _require_soon(today: dt.date, effective_date: dt.date) -> None:
    """Refuse a day so far ahead that it is likely a slip: nothing could begin before it."""
    if effective_date - today > _AHEAD:
        msg = (
            f"{effective_date} is more than {_AHEAD.days} days ahead; a version begins on "
            f"{today + _AHEAD} at the latest."
        )
        raise InputError(msg, latest=(today + _AHEAD).isoformat())


def _require_faultless(verdict: Verdict, accepted_because: str | None) -> None:
    """Refuse hard faults, and soft ones that nobody gave a reason for."""
    hard = [fault for fault in verdict.faults if fault.severity == "hard"]
    soft = [fault for fault in verdict.faults if fault.severity == "soft"]
    if hard:
        raise InputError(_listed("The plan breaks rules that hold always", hard), findings=hard)
    if soft and accepted_because is None:
        msg = _listed("The plan breaks rules; mend it or say why it may (accepted_because)", soft)
        raise InputError(msg, findings=soft)


def _listed(words: str, findings: list[Finding]) -> str:
    """Return a message that names the first few findings."""
    few = "; ".join(finding.words["en"].rstrip(".") for finding in findings[:5])
    return f"{words}: {few}" + (f"; and {len(findings) - 5} more." if len(findings) > 5 else ".")
