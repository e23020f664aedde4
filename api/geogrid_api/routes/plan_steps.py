"""Steps of a version's life: submitted, approved or objected to, published, withdrawn."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from geogrid.errors import InputError
from geogrid_api.access import Caller
from geogrid_api.problems import Problem
from geogrid_api.routes.desk import (
    Base,
    Doorkeeper,
    IfMatch,
    Seen,
    answer,
    heeding,
    strict,
)
from geogrid_api.routes.plans import require_whole
from geogrid_api.security import needs
from geogrid_api.wire import Decision, Note, Publication, plan_body

__all__ = ["router"]

router = APIRouter(tags=["Plans"], dependencies=[Depends(strict)])

Editor = Annotated[Caller, Depends(needs("edit"))]
Approver = Annotated[Caller, Depends(needs("approve"))]
STALE: dict[int | str, dict[str, Any]] = {
    409: {"description": "Its state does not allow this, or somebody else must do it."},
    412: {"description": "It was edited since."},
    428: {"description": "If-Match is missing."},
}


def _stands(info: object, base: str) -> Response:
    """Answer a plan as it stands after a step."""
    return answer(plan_body(info, base), plan=(info.plan_id, info.revision))  # type: ignore[arg-type, attr-defined]


@router.post(
    "/plans/{plan_id}/submit", summary="Propose a draft", operation_id="submit", responses=STALE
)
def submit(
    sight: Seen, store: Doorkeeper, caller: Editor, base: Base, expected: IfMatch
) -> Response:
    """Hand a draft in; it cannot be edited until it is sent back."""
    require_whole(sight, caller, "its submission")
    with heeding(sight):
        info = store.submit(sight.info.plan_id, expected=expected, by=caller.name)
    return _stands(info, base)


@router.post(
    "/plans/{plan_id}/send-back",
    summary="Make a proposal a draft again",
    operation_id="sendBack",
    responses=STALE,
)
def send_back(
    note: Note, sight: Seen, store: Doorkeeper, caller: Approver, base: Base, expected: IfMatch
) -> Response:
    """Send a proposal back, saying what is to be mended."""
    with heeding(sight):
        info = store.send_back(
            sight.info.plan_id, expected=expected, by=caller.name, note=note.note
        )
    return _stands(info, base)


@router.post("/plans/{plan_id}/approve", summary="Agree", operation_id="approve", responses=STALE)
def approve(
    decision: Decision,
    sight: Seen,
    store: Doorkeeper,
    caller: Approver,
    base: Base,
    expected: IfMatch,
) -> Response:
    """Agree for a community or subdistrict; for the district that approves the proposal."""
    with heeding(sight):
        if decision.level != "district":
            agreed = store.decide(
                sight.info.plan_id,
                "agree",
                level=decision.level,
                by=caller.name,
                expected=expected,
                note=decision.note,
            )
            return answer(agreed, plan=(sight.info.plan_id, agreed.revision))
        info = store.approve(
            sight.info.plan_id, expected=expected, by=caller.name, note=decision.note
        )
    return _stands(info, base)


@router.post("/plans/{plan_id}/object", summary="Object", operation_id="object", responses=STALE)
def object_to(
    decision: Decision, sight: Seen, store: Doorkeeper, caller: Approver, expected: IfMatch
) -> Response:
    """Object, saying why; it is kept for good and blocks nothing by itself."""
    with heeding(sight):
        objected = store.decide(
            sight.info.plan_id,
            "object",
            level=decision.level,
            by=caller.name,
            expected=expected,
            note=decision.note,
        )
    return answer(objected, plan=(sight.info.plan_id, objected.revision))


@router.get(
    "/plans/{plan_id}/approvals",
    summary="Who agreed and who objected",
    operation_id="getApprovals",
)
def list_approvals(
    sight: Seen, store: Doorkeeper, _: Annotated[Caller, Depends(needs("see_drafts"))]
) -> Response:
    """List decisions on every revision, oldest first."""
    found = store.approvals(sight.info.plan_id)
    if sight.within is not None and sight.info.scope is None:
        # reasons speak of any subdistrict; a clerk reads them once the plan is published
        found = [replace(one, note="") for one in found]
    return answer({"approvals": found})


@router.post(
    "/plans/{plan_id}/publish",
    summary="Make an approved plan the version from a day on",
    operation_id="publish",
    responses=STALE,
)
def publish(
    order: Publication,
    request: Request,
    sight: Seen,
    store: Doorkeeper,
    caller: Approver,
    base: Base,
    expected: IfMatch,
) -> Response:
    """Publish; from here on it never changes, and it is in force from its day on."""
    try:
        with heeding(sight):
            info = store.publish(
                sight.info.plan_id,
                expected=expected,
                document_no=order.document_no,
                effective_date=order.effective_date,
                by=caller.name,
                accepted_because=order.accepted_because,
                follows=order.follows,
            )
    except InputError as error:
        findings = error.facts.get("findings")
        if findings is None:
            raise
        # the request is well formed; what it names is not fit to be published
        raise Problem(409, str(error), findings=[f.as_dict() for f in findings]) from None
    # the other workers follow within half a second; who publishes sees it at once
    library = request.app.state.service.library
    if library is not None:
        library.refresh()
    return _stands(info, base)


@router.post(
    "/plans/{plan_id}/withdraw",
    summary="Give a draft or proposal up",
    operation_id="withdraw",
    responses=STALE,
)
def withdraw(note: Note, sight: Seen, store: Doorkeeper, caller: Editor, base: Base) -> Response:
    """End a plan that was never published, whatever its revision; its history stays."""
    require_whole(sight, caller, "its withdrawal")
    return _stands(store.withdraw(sight.info.plan_id, by=caller.name, note=note.note), base)
