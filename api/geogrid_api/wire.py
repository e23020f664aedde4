"""Wire: the bodies that plans are written and shown in."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from geogrid.store.records import Level  # noqa: TC001 - pydantic reads it
from geogrid_api.schemas import LARGEST_WHOLE

if TYPE_CHECKING:
    from geogrid.store.records import LogEntry, PlanInfo, RevisionInfo
    from geogrid_api.sight import Sight

__all__ = [
    "CommentOrder",
    "Decision",
    "EditOrder",
    "LockOrder",
    "MendOrder",
    "MergeOrder",
    "Note",
    "PlanOrder",
    "Publication",
    "UndoOrder",
    "entry_body",
    "plan_body",
    "plan_tag",
    "revision_body",
]

# as the store takes them (`geogrid.store.edits.plain_text`), for the document to say so: one
# line has a sign that is no blank, and neither holds control characters
_LINE = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
_LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
_SOME_LINES = (
    r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f]"
    r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
)

_Id = Annotated[int, Field(ge=1, le=LARGEST_WHOLE)]
_Text = Annotated[str, Field(max_length=2_000, pattern=_LINES)]
_Words = Annotated[str, Field(min_length=1, max_length=100, pattern=_LINE)]
_Many = Annotated[list[_Words], Field(min_length=1, max_length=20_000)]


_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _iso_day(value: object) -> object:
    """Refuse what pydantic would also read as a day: seconds since 1970, times of a day."""
    if not isinstance(value, str) or not _ISO_DAY.fullmatch(value):
        raise ValueError("a day is written YYYY-MM-DD")
    return value


_Day = Annotated[dt.date, BeforeValidator(_iso_day)]


class _Form(BaseModel):
    """A body that holds what it names and nothing else."""

    model_config = ConfigDict(extra="forbid")


class PlanOrder(_Form):
    """Start a draft from a plan, or from what a job made."""

    base: _Id | None = Field(None, description="Number of the plan to start from.")
    job: str | None = Field(None, max_length=64, description="Or the job that made it.")
    title: str = Field(min_length=1, max_length=200, pattern=_LINE)
    scope: str | None = Field(
        None,
        min_length=1,
        max_length=32,
        description="A subdistrict's own draft; a clerk's always.",
    )


class MoveEdit(_Form):
    """Move courtyards into a grid that is there."""

    op: Literal["move"]
    courtyards: _Many
    to: _Words


class SplitEdit(_Form):
    """Move courtyards of one community into a new grid; the store gives its code."""

    op: Literal["split"]
    courtyards: _Many


class MergeEdit(_Form):
    """Move all of one grid into another."""

    op: Literal["merge"]
    grid: _Words
    into: _Words


class RenameEdit(_Form):
    """Give a grid another display name."""

    op: Literal["rename"]
    grid: _Words
    name: _Words


class LockEdit(_Form):
    """Keep a courtyard or a grid as it is, or let it go."""

    op: Literal["lock", "unlock"]
    subject: _Words


_Edit = Annotated[
    MoveEdit | SplitEdit | MergeEdit | RenameEdit | LockEdit, Field(discriminator="op")
]


class EditOrder(_Form):
    """Edits that are one revision: all of them or none."""

    edits: list[_Edit] = Field(min_length=1, max_length=1_000)
    note: _Text = ""


class MendOrder(_Form):
    """The communities whose grids may change, and how long to look for better ones."""

    communities: list[_Words] = Field(min_length=1, max_length=200)
    seconds: float = Field(10.0, ge=1, le=15)


class UndoOrder(_Form):
    """The revision to take back."""

    revision: _Id


class LockOrder(_Form):
    """What to lock and what to let go: ``courtyard:ID`` or ``grid:CODE``."""

    lock: list[_Words] = Field(default_factory=list, max_length=500)
    unlock: list[_Words] = Field(default_factory=list, max_length=500)
    note: _Text = ""


class MergeOrder(_Form):
    """The draft whose changes are replayed into this one."""

    draft: _Id


class CommentOrder(_Form):
    """A remark on the plan, or on one grid or courtyard of it."""

    body: str = Field(min_length=1, max_length=4_000, pattern=_SOME_LINES)
    subject: str = Field("", max_length=128, pattern=_LINES)


class Note(_Form):
    """Why."""

    note: _Text = ""


class Decision(_Form):
    """For whom one speaks, and why."""

    level: Level = "district"
    note: _Text = ""


class Publication(_Form):
    """What makes a version binding."""

    document_no: str = Field(min_length=1, max_length=64, pattern=_LINE)
    effective_date: _Day
    accepted_because: str | None = Field(
        None,
        min_length=1,
        max_length=2_000,
        pattern=_SOME_LINES,
        description="Why soft rules may be broken.",
    )
    follows: _Id | None = Field(
        None,
        description="Number of the plan published last, if this one was not made from it.",
    )


def plan_tag(plan_id: int, revision: int) -> str:
    """Return what names a plan at a revision; an ETag once it stands in quotes."""
    return f"{plan_id}-{revision}"


def plan_body(info: PlanInfo, base: str) -> dict[str, Any]:
    """Return what is known of a plan.

    Parameters
    ----------
    info : PlanInfo
        From the store.
    base : str
        Address of the service.

    Returns
    -------
    dict
        Its row without inner names of documents, ``status`` as it stands today, links;
        ``dropped`` if parts of the file handed in were not kept.
    """
    told = asdict(info)
    for inner in ("start_document", "final_document", "shown"):
        del told[inner]
    if not info.dropped:
        del told["dropped"]
    here = f"{base}/plans/{info.plan_id}"
    links = [{"rel": "self", "href": here}]
    links += [
        {"rel": name, "href": f"{here}/{name}"}
        for name in ("assignment", "moves", "comments", "validate", "file")
    ]
    return {
        **told,
        "status": info.shown,
        "etag": plan_tag(info.plan_id, info.revision),
        "links": links,
    }


def entry_body(entry: LogEntry) -> dict[str, Any]:
    """Return one line of the log."""
    return asdict(entry)


def revision_body(saved: RevisionInfo, sight: Sight) -> dict[str, Any]:
    """Return what one edit did, as far as the caller sees it.

    Parameters
    ----------
    saved : RevisionInfo
        From the store.
    sight : Sight
        Of the caller.

    Returns
    -------
    dict
        Revision, entries, grids that appeared or disappeared, revisions replayed over.
    """
    return {
        "plan_id": saved.plan_id,
        "revision": saved.revision,
        "etag": plan_tag(saved.plan_id, saved.revision),
        "made_by": saved.made_by,
        "made_at": saved.made_at,
        "note": saved.note,
        "undoes": saved.undoes,
        "replayed_over": saved.replayed_over,
        "created": sight.codes(saved.created),
        "emptied": sight.codes(saved.emptied),
        "entries": [entry_body(entry) for entry in sight.entries(saved.entries)],
    }
