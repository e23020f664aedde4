"""Views of a plan: its verdict, another beside it, which old grid went where."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from geogrid_api.access import Caller
from geogrid_api.problems import Problem
from geogrid_api.routes.desk import (
    Doorkeeper,
    Seen,
    answer,
    note_export,
    strict,
)
from geogrid_api.schemas import LARGEST_WHOLE
from geogrid_api.security import needs
from geogrid_api.sight import see_plan
from geogrid_api.verdicts import verdict_body

__all__ = ["router"]

router = APIRouter(tags=["Plans"], dependencies=[Depends(strict)])

Reader = Annotated[Caller, Depends(needs("read"))]
Insider = Annotated[Caller, Depends(needs("see_drafts"))]


@router.get(
    "/plans/{plan_id}/validate", summary="What is wrong with a plan", operation_id="validate"
)
def validate(sight: Seen, store: Doorkeeper, _: Insider) -> Response:
    """Judge: assigned once, nested, contiguous, locks, codes, band, beats; in both languages."""
    body = verdict_body(store, sight)
    return answer(body, plan=(sight.info.plan_id, sight.info.revision))


@router.get(
    "/plans/{plan_id}/compare", summary="Two plans side by side", operation_id="comparePlans"
)
def compare_plans(
    request: Request,
    sight: Seen,
    store: Doorkeeper,
    caller: Insider,
    other: Annotated[
        int, Query(alias="with", ge=1, le=LARGEST_WHOLE, description="The other plan.")
    ],
) -> Response:
    """Compare figures, and which courtyards lie elsewhere: from the other plan to this one.

    A clerk is told of the own subdistrict alone, unless both plans are published.
    """
    from geogrid.plans.compare import compare

    beside = see_plan(store, caller, other)
    if beside.info.district_code != sight.info.district_code:
        raise Problem(400, "Both plans must be of one district.")
    # a clerk's own rows, if either of the two is not for everybody's eyes
    limit = sight if sight.within is not None else beside
    note_export(request)
    body = compare(
        store.plan(other), store.plan(sight.info.plan_id), within=limit.communities
    ).as_dict()
    return answer(body, plan=(sight.info.plan_id, sight.info.revision))


@router.get(
    "/plans/{plan_id}/crosswalk",
    summary="Which old grid went into which new one",
    operation_id="getCrosswalk",
)
def show_crosswalk(request: Request, sight: Seen, store: Doorkeeper, caller: Reader) -> Response:
    """Answer a published version's own crosswalk; of a draft, that to the last version."""
    info = sight.info
    if info.status == "published":
        table = store.crosswalk(info.plan_id)
    else:
        if not caller.may("export"):
            raise Problem(403, f"The role {caller.role} may not export drafts (export).")
        table = _planned(store, info)
    note_export(request)
    rows: list[dict[str, Any]] = table.to_dict("records")
    body = {"plan_id": info.plan_id, "rows": sight.rows(rows, "old_code", "new_code")}
    return answer(body, plan=(info.plan_id, info.revision))


def _planned(store: Any, info: Any) -> Any:  # noqa: ANN401 - a Store, a PlanInfo, a DataFrame
    """Compare a draft with the version that it would follow."""
    from geogrid.plans.crosswalk import crosswalk

    before = store.latest_published(info.district_code)
    if before is None:
        raise Problem(409, "No version was published yet; there is nothing to walk from.")
    return crosswalk(store.plan(before.plan_id), store.plan(info.plan_id))
