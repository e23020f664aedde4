"""Desk: what every route on plans asks first: which address, which revision, whose eyes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Header, Path, Request, Response, params
from fastapi.dependencies.utils import get_flat_params
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse

from geogrid.errors import StaleError
from geogrid_api.access import Caller
from geogrid_api.framework import stated_base
from geogrid_api.problems import Problem
from geogrid_api.schemas import LARGEST_WHOLE
from geogrid_api.security import Doorkeeper, needs
from geogrid_api.sight import Sight, see_plan
from geogrid_api.wire import plan_tag

__all__ = [
    "Base",
    "Doorkeeper",
    "IfMatch",
    "PlanId",
    "Seen",
    "answer",
    "etag",
    "heeding",
    "next_link",
    "note_export",
    "strict",
]

PlanId = Annotated[int, Path(ge=1, le=LARGEST_WHOLE, description="Number of the plan.")]


Base = Annotated[str, Depends(stated_base)]


def _seen(
    plan_id: PlanId, store: Doorkeeper, caller: Annotated[Caller, Depends(needs("read"))]
) -> Sight:
    """Return the plan of the address as the caller sees it."""
    return see_plan(store, caller, plan_id)


Seen = Annotated[Any, Depends(_seen)]


def etag(plan_id: int, revision: int) -> str:
    """Return the validator of a plan at a revision, in quotes."""
    return f'"{plan_tag(plan_id, revision)}"'


def _expected(
    plan_id: PlanId,
    if_match: Annotated[
        str | None,
        Header(
            description='The ETag `"{id}-{revision}"` of what you have seen.',
            pattern=r'^"[0-9]{1,16}-[0-9]{1,15}"$',
        ),
    ] = None,
) -> int:
    """Return the revision that the caller has seen; nobody edits blindly."""
    if if_match is None:
        raise Problem(428, f'Send If-Match: "{plan_id}-REVISION", the ETag of what you saw.')
    number, _, revision = if_match.strip('"').partition("-")
    if int(number) != plan_id:
        raise Problem(400, f'If-Match of plan {plan_id} is "{plan_id}-REVISION", one strong ETag.')
    return int(revision)


IfMatch = Annotated[int, Depends(_expected)]


@contextmanager
def heeding(sight: Sight) -> Iterator[None]:
    """Turn a stale edit into 412 that tells only what the caller may see.

    Parameters
    ----------
    sight : Sight
        Of the caller.

    Yields
    ------
    None
        While the store is asked.
    """
    try:
        yield
    except StaleError as error:
        raise sight.stale(error) from None


def answer(
    body: Any,  # noqa: ANN401 - what JSON can say, and dates
    *,
    plan: tuple[int, int] | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer a body, with the validator of the plan that it shows.

    Parameters
    ----------
    body : Any
        JSON values, dates and dataclasses.
    plan : (int, int), optional
        The plan and its revision.
    status : int
        HTTP status.
    headers : mapping, optional
        Further headers.

    Returns
    -------
    Response
        JSON, ``ETag``.
    """
    told = dict(headers or {})
    if plan is not None:
        told["ETag"] = etag(*plan)
    return JSONResponse(jsonable_encoder(body), status_code=status, headers=told)


def note_export(request: Request) -> None:
    """Let the audit log tell that this answer takes a plan's rows out of the house.

    Parameters
    ----------
    request : Request
        That is being answered well.
    """
    request.scope["geogrid.is_export"] = True


def next_link(here: str, given: Mapping[str, Any]) -> str:
    """Return the address of the next page: the same question, further on."""
    return f"{here}?{urlencode({k: v for k, v in given.items() if v is not None})}"


def strict(request: Request) -> None:
    """Refuse a query parameter that the route does not know, or that comes twice."""
    fields = get_flat_params(request.scope["route"].dependant)
    known = [field.alias for field in fields if isinstance(field.field_info, params.Query)]
    given = [name for name, _ in request.query_params.multi_items()]
    unknown = sorted(set(given) - set(known))
    twice = sorted({name for name in given if given.count(name) > 1})
    if unknown:
        words = ", ".join(known) or "none"
        raise Problem(400, f"Unknown parameter {', '.join(unknown)[:200]}; known: {words}.")
    if twice:
        raise Problem(400, f"Parameter {', '.join(twice)} is given more than once.")
