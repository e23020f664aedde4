"""Lineage: whether a plan was made from the version that it is to follow.

A draft changes the version that it started from. Published after a later one, it would
take back what that one changed, and nobody would see it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from geogrid.errors import ConflictError
from geogrid.store.documents import read_outline
from geogrid.store.tables import plans

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from geogrid.store.records import PlanInfo

__all__ = ["require_follower"]

_NAMED = 5


def require_follower(
    connection: Connection, info: PlanInfo, before: PlanInfo | None, follows: int | None
) -> None:
    """Refuse a plan that was not made from the version published last.

    Drafts that were merged into it do not count: merging carries what they changed,
    not what they started from.

    Parameters
    ----------
    connection : Connection
        Any.
    info : PlanInfo
        What is to be published.
    before : PlanInfo or None
        The version published last.
    follows : int, optional
        ``plan_id`` of the version that the publisher says it replaces as it stands.

    Raises
    ------
    ConflictError
        If it was made from an older version or from none, with ``facts["latest"]``
        and ``facts["between"]``; if ``follows`` is not the version published last.
    """
    if follows is not None:
        if before is None:
            msg = f"No version is published yet; publish without follows={follows}."
            raise ConflictError(msg, latest=None)
        if follows != before.plan_id:
            msg = (
                f"The version published last is {_named(before.number, before.plan_id)}, not plan "
                f"{follows}; look at it, then say follows={before.plan_id}."
            )
            raise ConflictError(msg, latest=before.plan_id)
        return
    if before is None:
        return
    columns = plans.c
    query = sa.select(
        columns.plan_id, columns.base_plan_id, columns.start_document, columns.number
    ).add_columns(columns.effective_date)
    rows = connection.execute(query.where(columns.district_code == info.district_code)).all()
    kept = {row.plan_id: row for row in rows}
    published = {row.plan_id: row for row in rows if row.effective_date is not None}
    # popped, so that the walk ends whatever a hand in the database made of the bases
    here = kept.pop(info.plan_id, None)
    origin = None
    while here is not None and origin is None:
        base = kept.pop(here.base_plan_id, None)
        if base is not None and base.plan_id in published:
            if base.plan_id != before.plan_id:
                origin = base
            elif _is_whole(connection, here.start_document, before):
                return
        here = base
    since = origin.effective_date if origin is not None else None
    between = sorted(
        (row for row in published.values() if since is None or row.effective_date > since),
        key=lambda row: row.effective_date,
    )
    raise _refusal(info, before, origin, [(row.number, row.plan_id) for row in between])


def _is_whole(connection: Connection, start: str, before: PlanInfo) -> bool:
    """Return whether a draft of a version began with all that was published of it.

    A draft of a draft may have begun before the other's last edits.
    """
    if before.final_document is None or start == before.final_document:
        return True
    mine, whole = (read_outline(connection, sha256) for sha256 in (start, before.final_document))
    return (mine.assignment, mine.names) == (whole.assignment, whole.names)


def _named(number: int, plan_id: int) -> str:
    """Name a version by both of its numbers."""
    return f"version {number} (plan {plan_id})"


def _refusal(
    info: PlanInfo,
    before: PlanInfo,
    origin: sa.Row[tuple[int, int, str, int, object]] | None,
    between: list[tuple[int, int]],
) -> ConflictError:
    """Return an error that names the versions in between and the ways on."""
    names = [_named(*one) for one in between]
    listed = f"{len(names) - _NAMED} more, " if len(names) > _NAMED else ""
    listed += ", ".join(names[-_NAMED:])
    latest = _named(before.number, before.plan_id)
    explicit = f"say follows={before.plan_id} if it replaces {latest} as it stands"
    if info.base_plan_id is None:
        msg = (
            f"Plan {info.plan_id} was not made from a version of this store, and {listed} came "
            f"before it; {explicit}."
        )
    else:
        start = "none of them" if origin is None else _named(origin.number, origin.plan_id)
        msg = (
            f"Plan {info.plan_id} was made from {start}; published now it would take back what "
            f"changed since: {listed}. Send it back, make a new draft from {latest} and merge "
            f"this one into it; or {explicit}."
        )
    return ConflictError(msg, latest=before.plan_id, between=[plan_id for _, plan_id in between])
