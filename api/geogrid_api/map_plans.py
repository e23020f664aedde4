"""Plans and districts as the web map is told of them: `PlanInfo` of ``types.ts``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geogrid_api.wire import plan_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geogrid.store.records import PlanInfo

__all__ = ["district_wire", "one_plan", "plan_wire"]

_UNKNOWN = ("scope", "base_plan_id", "document_no", "effective_date", "made_by", "made_at")


def one_plan(district_code: str, title: str) -> dict[str, Any]:
    """Return the one plan that is served from its file.

    Parameters
    ----------
    district_code, title : str
        Of it.

    Returns
    -------
    dict
        Number 0, in force.
    """
    return {
        "plan_id": 0,
        "title": title,
        "status": "in_force",
        "revision": 0,
        "etag": plan_tag(0, 0),
        "district_code": district_code,
        **dict.fromkeys(_UNKNOWN),
    }


def plan_wire(info: PlanInfo, *, is_known: bool) -> dict[str, Any]:
    """Return a plan of a store.

    Parameters
    ----------
    info : PlanInfo
        The plan.
    is_known : bool
        Whether the asker is; who made it is nobody's business outside.

    Returns
    -------
    dict
        JSON values.
    """
    day = info.effective_date
    return {
        "plan_id": info.plan_id,
        "title": info.title,
        "status": info.shown,
        "revision": info.revision,
        "etag": plan_tag(info.plan_id, info.revision),
        "district_code": info.district_code,
        "scope": info.scope,
        "base_plan_id": info.base_plan_id if is_known else None,
        "document_no": info.document_no,
        "effective_date": None if day is None else day.isoformat(),
        "made_by": info.created_by if is_known else None,
        "made_at": info.created_at.isoformat() if is_known else None,
    }


def district_wire(code: str, name: str, plans: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a district with its version in force and the next one.

    Parameters
    ----------
    code, name : str
        Of the district.
    plans : iterable of mapping
        Its plans that the asker may know of; empty ones count for nothing.

    Returns
    -------
    dict
        ``in_force`` and ``upcoming`` are null where there is none.
    """
    known = list(plans)
    upcoming = [plan for plan in known if plan.get("status") == "upcoming"]
    return {
        "district_code": code,
        "name": name,
        "in_force": next((plan for plan in known if plan.get("status") == "in_force"), None),
        "upcoming": min(upcoming, key=lambda plan: str(plan["effective_date"]), default=None),
    }
