"""Sight: which plans a caller sees, and which of their rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from geogrid_api.problems import Problem
from geogrid_api.wire import entry_body, plan_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geogrid.errors import StaleError
    from geogrid.governance.verdict import Finding
    from geogrid.locale import Language
    from geogrid.store.outlines import Outline
    from geogrid.store.records import LogEntry, PlanInfo
    from geogrid.store.store import Store
    from geogrid_api.access import Caller

__all__ = ["Sight", "may_see", "see_plan"]

# what a clerk is told of a fault that others have a part in
_SHARED: dict[Language, str] = {
    "zh": "此问题还涉及其他街道，请联系区级规划人员。",
    "en": "Another subdistrict has a part in this; ask the district's planner.",
}


def may_see(info: PlanInfo, caller: Caller) -> bool:
    """Tell whether a plan exists for a caller.

    Parameters
    ----------
    info : PlanInfo
        Any plan.
    caller : Caller
        Who asks.

    Returns
    -------
    bool
        Published versions for all who may read; drafts for those who may see drafts, a
        clerk only those of the district and of the own subdistrict.
    """
    if info.status == "published":
        return caller.may("read")
    if not caller.may("see_drafts"):
        return False
    return caller.role != "clerk" or info.scope in {None, caller.subdistrict}


@dataclass(frozen=True, slots=True)
class Sight:
    """Hold one plan and what a caller sees of it.

    Parameters
    ----------
    info : PlanInfo
        The plan.
    within : str or None
        The only subdistrict whose rows are seen; None: all are.
    outline : Outline or None
        Who lies where; needed only if there is a limit.
    """

    info: PlanInfo
    within: str | None
    outline: Outline | None = None

    @property
    def communities(self) -> frozenset[str] | None:
        """Return the communities whose rows are seen; None: all."""
        if self.outline is None:
            return None
        told = self.outline.communities
        return frozenset(code for code, (_, home) in told.items() if home == self.within)

    def sees(self, subject: str) -> bool:
        """Tell whether a subject is seen: ``courtyard:ID``, ``grid:CODE``, or empty.

        Parameters
        ----------
        subject : str
            As in the log's locks and in comments.

        Returns
        -------
        bool
            False also for what this plan does not know.
        """
        if self.outline is None or not subject:
            return True
        kind, _, ident = subject.partition(":")
        if kind == "courtyard":
            community = self.outline.community_of.get(ident, "")
        else:
            community = self.outline.community_of_grid(ident)
        return self.outline.subdistrict_of(community) == self.within

    def assignment(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the courtyards that are seen, with their grids."""
        return {i: code for i, code in given.items() if self.sees(f"courtyard:{i}")}

    def codes(self, given: Iterable[str]) -> list[str]:
        """Return the grid codes that are seen, in order."""
        return [code for code in given if self.sees(f"grid:{code}")]

    def subjects(self, given: Iterable[str]) -> list[str]:
        """Return the subjects that are seen, in order."""
        return [subject for subject in given if self.sees(subject)]

    def entries(self, given: Iterable[LogEntry]) -> list[LogEntry]:
        """Return the log entries that are seen."""
        words = {"move": "courtyard:{}", "name": "grid:{}", "lock": "{}"}
        return [e for e in given if self.sees(words[e.kind].format(e.subject))]

    def findings(self, given: Iterable[Finding]) -> list[Finding]:
        """Return the faults that are seen; what names others' courtyards loses its words."""
        if self.outline is None:
            return list(given)
        seen = []
        for fault in given:
            own = tuple(i for i in fault.courtyard_ids if self.sees(f"courtyard:{i}"))
            has_grid = bool(fault.grid_code) and self.sees(f"grid:{fault.grid_code}")
            if has_grid and len(own) == len(fault.courtyard_ids):
                seen.append(fault)
            elif own or has_grid:
                code = fault.grid_code if has_grid else ""
                seen.append(replace(fault, grid_code=code, courtyard_ids=own, words=_SHARED))
        return seen

    def rows(self, given: Sequence[Mapping[str, Any]], *columns: str) -> list[Mapping[str, Any]]:
        """Return the rows of which one of the grid codes is seen."""
        return [row for row in given if any(self.sees(f"grid:{row[c]}") for c in columns if row[c])]

    def stale(self, error: StaleError) -> Problem:
        """Return the refusal of a stale edit, with those moves since that are seen.

        Parameters
        ----------
        error : StaleError
            From the store.

        Returns
        -------
        Problem
            412 with ``revision``, ``moves_since`` (each with who made it, and when) and
            ``collisions``.
        """
        made = error.facts.get("made_since", {})
        since = []
        for entry in self.entries(error.facts.get("moves_since", ())):
            made_by, made_at = made.get(entry.revision, ("", None))
            since.append({**entry_body(entry), "made_by": made_by, "made_at": made_at})
        told = self.subjects(error.facts.get("collisions", ()))
        words = str(error) if self.outline is None else "Others edited this plan; look at it again."
        return Problem(
            412,
            words,
            headers={"ETag": f'"{plan_tag(self.info.plan_id, error.facts["revision"])}"'},
            revision=error.facts["revision"],
            moves_since=since,
            collisions=told,
        )


def see_plan(store: Store, caller: Caller, plan_id: int) -> Sight:
    """Return a plan as a caller sees it.

    Parameters
    ----------
    store : Store
        Where it is.
    caller : Caller
        Who asks.
    plan_id : int
        Its number.

    Returns
    -------
    Sight
        A clerk sees nothing but rows of the own subdistrict, unless the plan is published.

    Raises
    ------
    NotFoundError
        If there is no such plan.
    Problem
        404, in the same words, if it is not for the caller's eyes.
    """
    info = store.plan_info(plan_id)
    if not may_see(info, caller):
        # the same words as for a plan that is not there
        raise Problem(404, f"There is no plan {plan_id}.")
    if caller.role == "clerk" and info.status != "published":
        return Sight(info, caller.subdistrict, store.outline(plan_id))
    return Sight(info, None)
