"""Verdicts: what is wrong with a draft, and what an edit changed, as a caller may see it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geogrid.store.records import RevisionInfo
    from geogrid.store.store import Store
    from geogrid_api.sight import Sight

__all__ = ["judged", "verdict_body"]


def verdict_body(store: Store, sight: Sight) -> dict[str, Any]:
    """Judge a plan as it stands.

    Parameters
    ----------
    store : Store
        Where it is.
    sight : Sight
        Of the caller.

    Returns
    -------
    dict
        Whether it may be published, and every fault that the caller sees, with words in
        Chinese and English.
    """
    verdict = store.verdict(sight.info.plan_id)
    faults = sight.findings(verdict.faults)
    return {
        "is_publishable": not verdict.hard,
        "n_hard": sum(fault.severity == "hard" for fault in faults),
        "n_soft": sum(fault.severity == "soft" for fault in faults),
        "faults": [fault.as_dict() for fault in faults],
    }


def judged(store: Store, sight: Sight, saved: RevisionInfo) -> dict[str, Any]:
    """Tell what is wrong with the grids that an edit touched, and how their figures changed.

    Parameters
    ----------
    store : Store
        Where the plan is.
    sight : Sight
        Of the caller.
    saved : RevisionInfo
        What the edit did.

    Returns
    -------
    dict
        ``warnings`` (faults as the plan stands now) and ``figures`` (each grid before
        and after).
    """
    moves = [entry for entry in saved.entries if entry.kind == "move"]
    grids = {code for entry in moves for code in (entry.before, entry.after)}
    grids |= {entry.subject for entry in saved.entries if entry.kind == "name"}
    yards = {entry.subject for entry in moves}
    faults = [
        fault
        for fault in store.verdict(saved.plan_id).faults
        if fault.grid_code in grids or yards & set(fault.courtyard_ids)
    ]
    changes = [c for c in store.grid_changes(saved) if sight.sees(f"grid:{c.grid_code}")]
    return {
        "warnings": [fault.as_dict() for fault in sight.findings(faults)],
        "figures": [asdict(change) for change in changes],
    }
