"""Plans: which there are, a new one, what one holds."""

import asyncio
import csv
import io
import tempfile
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import ValidationError

from geogrid.errors import GeogridError, NotFoundError
from geogrid.store.records import ShownStatus
from geogrid_api.access import Caller
from geogrid_api.problems import Problem
from geogrid_api.routes.desk import (
    Base,
    Doorkeeper,
    Seen,
    answer,
    etag,
    next_link,
    note_export,
    strict,
)
from geogrid_api.schemas import LARGEST_WHOLE
from geogrid_api.security import needs
from geogrid_api.sight import Sight, may_see, see_plan
from geogrid_api.wire import PlanOrder, plan_body

__all__ = ["router"]

router = APIRouter(tags=["Plans"], dependencies=[Depends(strict)])

GEOPACKAGE = "application/geopackage+sqlite3"
_SQLITE = b"SQLite format 3\x00"

Reader = Annotated[Caller, Depends(needs("read"))]


@router.get("/plans", summary="List the plans you may see, newest first", operation_id="getPlans")
def list_plans(
    store: Doorkeeper,
    caller: Reader,
    base: Base,
    status: Annotated[ShownStatus | None, Query(description="As it stands today.")] = None,
    district: Annotated[str | None, Query(max_length=32)] = None,
    scope: Annotated[str | None, Query(max_length=32, description="A subdistrict.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Response:
    """List published versions, and drafts for those who may see drafts."""
    found = [
        info
        for info in store.plans(district_code=district, scope=scope)
        if may_see(info, caller) and (status is None or info.shown == status)
    ]
    here = f"{base}/plans"
    links = [{"rel": "self", "href": here}]
    if len(found) > offset + limit:
        given = {"status": status, "district": district, "scope": scope, "limit": limit}
        links.append({"rel": "next", "href": next_link(here, {**given, "offset": offset + limit})})
    shown = [plan_body(info, base) for info in found[offset : offset + limit]]
    return answer({"plans": shown, "n_matched": len(found), "links": links})


@router.post(
    "/plans",
    summary="Start a draft: from a plan, from a job's outcome, or from a plan file",
    operation_id="addPlan",
    status_code=201,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": PlanOrder.model_json_schema()},
                GEOPACKAGE: {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
)
async def add_plan(
    request: Request,
    store: Doorkeeper,
    caller: Annotated[Caller, Depends(needs("edit"))],
    base: Base,
    title: Annotated[str, Query(min_length=1, max_length=200)] = "导入的方案 imported plan",
    scope: Annotated[str | None, Query(min_length=1, max_length=32)] = None,
) -> Response:
    """Start a draft; a plan file comes as the body itself, its title in the address."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == GEOPACKAGE:
        if not caller.may("compute"):
            raise Problem(403, f"The role {caller.role} may not hand in plan files (compute).")
        # anybody's file is read in a folder of its own, under a name that we chose
        with tempfile.TemporaryDirectory(prefix="geogrid-upload-") as folder:
            path = FilePath(folder) / "plan.gpkg"
            with path.open("wb") as file:
                async for chunk in request.stream():
                    file.write(chunk)
            info = await asyncio.to_thread(
                _keep_file, store, path, title=title, by=caller.name, scope=scope
            )
    elif kind == "application/json":
        try:
            order = PlanOrder.model_validate_json(await request.body())
        except ValidationError as error:
            faults = [
                {"where": ".".join(map(str, fault["loc"])), "what": fault["msg"]}
                for fault in error.errors(include_input=False, include_url=False)
            ]
            told = "; ".join(f"{f['where']}: {f['what']}" for f in faults[:3])
            raise Problem(400, f"The request does not fit: {told}.", errors=faults) from None
        info = await asyncio.to_thread(_derive, store, caller, order)
    else:
        raise Problem(415, f"Send application/json, or a plan file as {GEOPACKAGE}.")
    return answer(
        plan_body(info, base),
        plan=(info.plan_id, info.revision),
        status=201,
        headers={"Location": f"{base}/plans/{info.plan_id}"},
    )


def _keep_file(store: Any, path: FilePath, *, title: str, by: str, scope: str | None) -> Any:  # noqa: ANN401
    """Read a plan file that somebody handed in and keep it as a draft."""
    from geogrid.store.known import foreign_layers
    from geogrid.store.plan_file import read_plan

    with path.open("rb") as file:
        if file.read(len(_SQLITE)) != _SQLITE:
            raise Problem(400, "The body is no GeoPackage; send a file that geogrid plan wrote.")
    try:
        plan = read_plan(path)
    except GeogridError as error:
        # whatever is wrong with it, it is the sender's file; our own path is nobody's business
        told = str(error).replace(str(path), "The file").replace(str(path.parent), "")
        raise Problem(400, f"The plan file cannot be taken: {told}") from None
    dropped = foreign_layers(path)
    return store.add_plan(plan, title=title, by=by, scope=scope, dropped=dropped)


def _derive(store: Any, caller: Caller, order: PlanOrder) -> Any:  # noqa: ANN401 - a PlanInfo
    """Start a draft from a plan that is there."""
    if (order.base is None) == (order.job is None):
        raise Problem(400, "Give exactly one of base and job.")
    base = order.base
    if base is None:
        job = store.job(order.job)
        if job.made_by != caller.name or job.plan_id is None:
            raise NotFoundError(f"You have no job {order.job} that made a plan.")
        base = job.plan_id
    sight = see_plan(store, caller, base)
    scope = order.scope
    if caller.role == "clerk":
        scope = scope or caller.subdistrict
        if scope != caller.subdistrict:
            raise Problem(403, f"Your drafts are of subdistrict {caller.subdistrict}.")
        # a copy of the district's draft would show what others are still working on
        if sight.info.status != "published" and sight.info.scope != caller.subdistrict:
            raise Problem(403, "Start from a published version, or from a draft of your own.")
    return store.derive_plan(base, title=order.title, by=caller.name, scope=scope)


@router.get("/plans/{plan_id}", summary="Show a plan", operation_id="getPlan")
def show_plan(sight: Seen, base: Base) -> Response:
    """Tell what is known of a plan; the ETag names the plan and its revision."""
    info = sight.info
    return answer(plan_body(info, base), plan=(info.plan_id, info.revision))


@router.get(
    "/plans/{plan_id}/assignment",
    summary="Which courtyard lies in which grid",
    operation_id="getAssignment",
    responses={200: {"content": {"text/csv": {}}}},
)
def show_assignment(
    sight: Seen,
    store: Doorkeeper,
    request: Request,
    revision: Annotated[int | None, Query(ge=0, le=LARGEST_WHOLE)] = None,
    form: Annotated[Literal["json", "csv"] | None, Query(alias="f")] = None,
) -> Response:
    """Answer JSON, or CSV that `geogrid score` and `geogrid plan --previous` read."""
    draft = store.draft(sight.info.plan_id, at_revision=revision)
    assignment = sight.assignment(draft.assignment)
    note_export(request)
    plan = (sight.info.plan_id, draft.revision)
    wants_csv = request.headers.get("accept", "").partition(";")[0].strip() == "text/csv"
    if form == "csv" or (form is None and wants_csv):
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\r\n")
        rows.writerow(("courtyard_id", "grid_code"))
        rows.writerows(assignment.items())
        # the mark at the beginning lets spreadsheets know that this is UTF-8
        return Response(
            "\ufeff" + text.getvalue(),
            media_type="text/csv; charset=utf-8",
            headers={
                "ETag": etag(*plan),
                "Content-Disposition": f'attachment; filename="plan-{plan[0]}-{plan[1]}.csv"',
            },
        )
    return answer(
        {
            "plan_id": plan[0],
            "revision": plan[1],
            "assignment": assignment,
            "names": {c: n for c, n in draft.names.items() if sight.sees(f"grid:{c}")},
            "locks": sight.subjects(sorted(draft.locks)),
        },
        plan=plan,
    )


@router.get(
    "/plans/{plan_id}/file",
    summary="The plan as a GeoPackage",
    operation_id="getPlanFile",
    response_class=Response,
    responses={200: {"content": {GEOPACKAGE: {"schema": {"type": "string", "format": "binary"}}}}},
)
def show_file(
    request: Request,
    sight: Seen,
    store: Doorkeeper,
    caller: Annotated[Caller, Depends(needs("export"))],
) -> Response:
    """Hand out everything that is needed to prove the plan again."""
    require_whole(sight, caller, "its file")
    note_export(request)
    info = sight.info
    name = f"plan-{info.plan_id}-{info.revision}.gpkg"
    return Response(
        store.plan_bytes(info.plan_id),
        media_type=GEOPACKAGE,
        headers={
            "ETag": etag(info.plan_id, info.revision),
            "Content-Disposition": f'attachment; filename="{name}"',
        },
    )


def require_whole(sight: Sight, caller: Caller, what: str) -> None:
    """Refuse a clerk what shows or changes a draft of the whole district at once.

    Parameters
    ----------
    sight : Sight
        Of the caller.
    caller : Caller
        Who asks.
    what : str
        For the message.

    Raises
    ------
    Problem
        403 for a clerk, unless the plan is published or the clerk's own subdistrict's.
    """
    if caller.role != "clerk" or sight.info.status == "published":
        return
    if sight.info.scope != caller.subdistrict:
        raise Problem(403, f"This is a draft of the whole district; {what} is not a clerk's.")
