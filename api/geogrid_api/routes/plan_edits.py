"""Edits of a draft: moves, locks, undo, what was done since, remarks, merging drafts."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from geogrid.store.edits import parse_edits
from geogrid.store.records import RevisionInfo
from geogrid_api.access import Caller
from geogrid_api.problems import Problem
from geogrid_api.routes.desk import Doorkeeper, IfMatch, Seen, answer, heeding, strict
from geogrid_api.schemas import LARGEST_WHOLE
from geogrid_api.security import needs
from geogrid_api.sight import Sight, see_plan
from geogrid_api.verdicts import judged
from geogrid_api.wire import (
    CommentOrder,
    EditOrder,
    LockOrder,
    MergeOrder,
    UndoOrder,
    entry_body,
    revision_body,
)

__all__ = ["router"]

router = APIRouter(tags=["Plans"], dependencies=[Depends(strict)])

Editor = Annotated[Caller, Depends(needs("edit"))]
Talker = Annotated[Caller, Depends(needs("comment"))]
CommentId = Annotated[int, Path(ge=1, le=LARGEST_WHOLE, description="Number of the remark.")]


def _within(caller: Caller) -> str | None:
    """Return the subdistrict that a clerk may not leave."""
    return caller.subdistrict if caller.role == "clerk" else None


def _saved(store: Any, sight: Sight, saved: RevisionInfo, *, verdict: bool = True) -> Response:  # noqa: ANN401
    """Answer an edit: what it did, what is wrong with the grids it touched, their figures."""
    body = revision_body(saved, sight)
    if verdict:
        body |= judged(store, sight, saved)
    return answer(body, plan=(saved.plan_id, saved.revision))


@router.get(
    "/plans/{plan_id}/moves", summary="What was done since a revision", operation_id="getMoves"
)
def list_moves(
    sight: Seen,
    store: Doorkeeper,
    since: Annotated[int, Query(ge=0, le=LARGEST_WHOLE)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="Revisions at most.")] = 100,
) -> Response:
    """List revisions after one, oldest first, with who made them and why."""
    info = sight.info
    later = [one for one in store.history(info.plan_id) if one.revision > since]
    shown = []
    for one in later[:limit]:
        entries = [entry_body(entry) for entry in sight.entries(one.entries)]
        if entries or sight.within is None:
            shown.append(
                {
                    "revision": one.revision,
                    "made_by": one.made_by,
                    "made_at": one.made_at,
                    # a note on what others did as well may speak of that
                    "note": one.note if len(entries) == len(one.entries) else "",
                    "undoes": one.undoes,
                    "entries": entries,
                }
            )
    last = later[:limit][-1].revision if later else info.revision
    body = {"revision": info.revision, "since": since, "next": last, "revisions": shown}
    return answer(body, plan=(info.plan_id, info.revision))


@router.post(
    "/plans/{plan_id}/moves",
    summary="Edit a draft: all edits or none, as one revision",
    operation_id="addMoves",
    responses={
        409: {"description": "A lock forbids it, or the plan is no draft any more."},
        412: {"description": "Others edited since: what, and which of it collides."},
        428: {"description": "If-Match is missing."},
    },
)
def add_moves(
    order: EditOrder,
    sight: Seen,
    store: Doorkeeper,
    caller: Editor,
    expected: IfMatch,
    rebase: Annotated[
        bool,
        Query(description="Replay on what others did since, unless both touched the same."),
    ] = False,
    verdict: Annotated[
        bool, Query(description="Whether warnings and figures come with the answer.")
    ] = True,
) -> Response:
    """Move, split, merge, rename, lock; warnings come with the answer, they refuse nothing."""
    edits = parse_edits([edit.model_dump() for edit in order.edits])
    with heeding(sight):
        saved = store.edit(
            sight.info.plan_id,
            edits,
            expected=expected,
            by=caller.name,
            within=_within(caller),
            rebase=rebase,
            note=order.note,
        )
    return _saved(store, sight, saved, verdict=verdict)


@router.post(
    "/plans/{plan_id}/undo", summary="Take a revision back by a new one", operation_id="undo"
)
def undo(
    order: UndoOrder,
    sight: Seen,
    store: Doorkeeper,
    caller: Editor,
    expected: IfMatch,
    rebase: Annotated[
        bool,
        Query(description="Take it back on what others did since, unless that is the same."),
    ] = False,
) -> Response:
    """Undo; nothing is ever taken out of the log."""
    with heeding(sight):
        saved = store.undo(
            sight.info.plan_id,
            order.revision,
            expected=expected,
            by=caller.name,
            within=_within(caller),
            rebase=rebase,
        )
    return _saved(store, sight, saved)


@router.get("/plans/{plan_id}/locks", summary="What is locked", operation_id="getLocks")
def list_locks(sight: Seen, store: Doorkeeper) -> Response:
    """List locked courtyards and grids."""
    draft = store.draft(sight.info.plan_id)
    locks = sight.subjects(sorted(draft.locks))
    return answer({"locks": locks}, plan=(sight.info.plan_id, draft.revision))


@router.post("/plans/{plan_id}/locks", summary="Lock and let go", operation_id="addLocks")
def add_locks(
    order: LockOrder, sight: Seen, store: Doorkeeper, caller: Editor, expected: IfMatch
) -> Response:
    """Keep courtyards or grids as they are, or let them go."""
    wanted = [("lock", s) for s in order.lock] + [("unlock", s) for s in order.unlock]
    if not wanted:
        raise Problem(400, "Name at least one subject in lock or unlock.")
    edits = parse_edits([{"op": op, "subject": subject} for op, subject in wanted])
    with heeding(sight):
        saved = store.edit(
            sight.info.plan_id,
            edits,
            expected=expected,
            by=caller.name,
            within=_within(caller),
            note=order.note,
        )
    return _saved(store, sight, saved)


@router.post(
    "/plans/{plan_id}/merge",
    summary="Replay a subdistrict's draft into this one",
    operation_id="mergeDraft",
)
def merge(
    order: MergeOrder, sight: Seen, store: Doorkeeper, caller: Editor, expected: IfMatch
) -> Response:
    """Take over what another draft changed; the other one ends."""
    if caller.role == "clerk":
        raise Problem(403, "Submit your draft; a planner merges it.")
    see_plan(store, caller, order.draft)
    with heeding(sight):
        saved = store.merge_draft(
            sight.info.plan_id, order.draft, expected=expected, by=caller.name
        )
    return _saved(store, sight, saved)


@router.get("/plans/{plan_id}/comments", summary="Remarks on a plan", operation_id="getComments")
def list_comments(
    sight: Seen, store: Doorkeeper, _: Annotated[Caller, Depends(needs("see_drafts"))]
) -> Response:
    """List remarks, oldest first, settled ones too."""
    found = [c for c in store.comments(sight.info.plan_id) if sight.sees(c.subject)]
    return answer({"comments": found})


@router.post(
    "/plans/{plan_id}/comments",
    summary="Remark on a plan, a grid or a courtyard",
    operation_id="addComment",
    status_code=201,
)
def add_comment(order: CommentOrder, sight: Seen, store: Doorkeeper, caller: Talker) -> Response:
    """Say something; it changes nothing."""
    if not sight.sees(order.subject):
        raise Problem(403, f"{order.subject} lies outside subdistrict {sight.within}.")
    made = store.comment(sight.info.plan_id, order.body, by=caller.name, subject=order.subject)
    return answer(made, status=201)


@router.post(
    "/plans/{plan_id}/comments/{comment_id}/settle",
    summary="Mark a remark as settled",
    operation_id="settleComment",
)
def settle_comment(
    comment_id: CommentId, sight: Seen, store: Doorkeeper, caller: Talker
) -> Response:
    """Settle a remark; it stays readable."""
    mine = [c for c in store.comments(sight.info.plan_id) if c.comment_id == comment_id]
    if not any(sight.sees(c.subject) for c in mine):
        raise Problem(404, f"There is no comment {comment_id} on this plan.")
    return answer(store.settle_comment(comment_id, by=caller.name))
