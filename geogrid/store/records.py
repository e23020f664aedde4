"""What a store hands out: frozen rows, each with the words of the tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

__all__ = [
    "Approval",
    "Change",
    "Comment",
    "Decision",
    "Draft",
    "Job",
    "JobStatus",
    "Level",
    "LogEntry",
    "LogKind",
    "PlanInfo",
    "RevisionInfo",
    "Role",
    "ShownStatus",
    "Status",
]

# what is kept of a version's life; in_force and retired follow from dates (store/calendar.py)
Status = Literal["draft", "proposed", "approved", "published", "withdrawn"]

ShownStatus = Literal[
    "draft", "proposed", "approved", "upcoming", "in_force", "retired", "withdrawn"
]
LogKind = Literal["move", "name", "lock"]
Level = Literal["community", "subdistrict", "district"]
Decision = Literal["agree", "object"]
JobStatus = Literal["accepted", "running", "successful", "failed", "dismissed"]
Role = Literal["viewer", "clerk", "planner", "approver", "admin"]


@dataclass(frozen=True, slots=True)
class PlanInfo:
    """Hold what is known of one version of a layout plan.

    Parameters
    ----------
    plan_id : int
        Its number in the store.
    district_code, number, title : str, int, str
        Its district; version 1, 2, ... of it; what people call it.
    status : Status
        What is kept.
    shown : ShownStatus
        What it means on the day of asking: a published version is upcoming, in
        force or retired.
    scope : str or None
        The subdistrict whose own draft it is; None: the district's.
    revision : int
        Counted up by every edit.
    valid_from, valid_to : date or None
        First day in force, and first day no longer (the next version's first);
        None before publication, and without a next version.
    dropped : tuple of str
        Columns and layers of the plan handed in that were not kept; said once, by
        the call that adds it.
    """

    plan_id: int
    district_code: str
    number: int
    title: str
    status: Status
    shown: ShownStatus
    scope: str | None
    base_plan_id: int | None
    merged_into: int | None
    start_document: str
    final_document: str | None
    revision: int
    created_by: str
    created_at: dt.datetime
    proposed_by: str | None
    proposed_at: dt.datetime | None
    approved_by: str | None
    approved_at: dt.datetime | None
    published_by: str | None
    published_at: dt.datetime | None
    document_no: str | None
    effective_date: dt.date | None
    accepted_because: str | None
    valid_from: dt.date | None
    valid_to: dt.date | None
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LogEntry:
    """Hold one line of a plan's log.

    Parameters
    ----------
    revision, seq : int
        The revision it belongs to and its place there.
    kind : {"move", "name", "lock"}
        What it changes.
    subject : str
        A courtyard_id, a grid_code, or ``courtyard:ID`` or ``grid:CODE``.
    before, after : str
        Grid code, name, or lock ("1" or empty).
    """

    revision: int
    seq: int
    kind: LogKind
    subject: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RevisionInfo:
    """Hold what one call of `Store.edit` did.

    Parameters
    ----------
    plan_id, revision : int
        The plan, and its revision from now on.
    entries : tuple of LogEntry
        What was written.
    created, emptied : tuple of str
        Grid codes that appeared or disappeared.
    replayed_over : int
        Number of revisions by others that came between; 0 if none did.
    """

    plan_id: int
    revision: int
    made_by: str
    made_at: dt.datetime
    note: str
    undoes: int | None
    entries: tuple[LogEntry, ...]
    created: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()
    replayed_over: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """Hold the state of a plan at one revision; changing it changes nothing in the store.

    Parameters
    ----------
    info : PlanInfo
        The version; its ``revision`` is the newest.
    revision : int
        The revision that is shown.
    assignment : mapping of str to str
        Grid code of every courtyard.
    names : mapping of str to str
        Name of every grid that holds a courtyard.
    locks : frozenset of str
        ``courtyard:ID`` and ``grid:CODE``.
    """

    info: PlanInfo
    revision: int
    assignment: Mapping[str, str]
    names: Mapping[str, str]
    locks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Comment:
    """Hold a remark on a plan, a grid or a courtyard; settled or open."""

    comment_id: int
    plan_id: int
    subject: str
    body: str
    made_by: str
    made_at: dt.datetime
    settled_by: str | None
    settled_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Approval:
    """Hold what somebody decided about one revision of a plan."""

    approval_id: int
    plan_id: int
    revision: int
    level: Level
    decision: Decision
    made_by: str
    made_at: dt.datetime
    note: str


@dataclass(frozen=True, slots=True)
class Change:
    """Hold one line of the integrators' feed.

    Parameters
    ----------
    cursor : int
        Ever rising, with gaps.
    kind : str
        ``publish``, or a grid event: create, retire, split, merge, change, rename.
    subject : str
        A grid code; empty for ``publish``.
    """

    cursor: int
    district_code: str
    plan_id: int
    made_at: dt.datetime
    effective_date: dt.date
    kind: str
    subject: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """Hold work that outlives a request."""

    job_id: str
    process: str
    status: JobStatus
    inputs: Mapping[str, Any]
    progress: int
    message: str
    made_by: str
    created_at: dt.datetime
    started_at: dt.datetime | None
    updated_at: dt.datetime
    finished_at: dt.datetime | None
    lease_until: dt.datetime | None
    runner: str | None
    attempts: int
    plan_id: int | None
    result: Mapping[str, Any] | None
