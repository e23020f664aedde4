"""Whatever goes wrong, as problem details (RFC 9457): one table, one form of body."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from geogrid import errors

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

__all__ = ["CHALLENGE", "MEDIA", "STATUS", "Problem", "add_handlers", "problem_body", "problem_of"]

MEDIA = "application/problem+json"
# what goes with 401: how one may show who one is
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="geogrid"'}

# the nearest class upwards counts; a test asserts that every leaf finds one
STATUS: dict[type[errors.GeogridError], HTTPStatus] = {
    errors.InputError: HTTPStatus.BAD_REQUEST,
    errors.InfeasibleError: HTTPStatus.CONFLICT,
    errors.SolverError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.SolverTimeout: HTTPStatus.GATEWAY_TIMEOUT,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.ConflictError: HTTPStatus.CONFLICT,
    errors.StaleError: HTTPStatus.PRECONDITION_FAILED,
    errors.ForbiddenError: HTTPStatus.FORBIDDEN,
    errors.StorageError: HTTPStatus.SERVICE_UNAVAILABLE,
}

# our own words may name files or addresses of the house; these do not
_FIXED_WORDS = {
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong inside the service; nothing was "
    "changed. Tell the operator the request_id.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The store cannot read or write at the moment; nothing was "
    "changed. Try again, and tell the operator the request_id if it goes on.",
}
_EVENTS = logging.getLogger("geogrid_api")
_RETRY_S = 5
_N_FAULTS = 100
_OWN_MEMBERS = frozenset({"type", "title", "status", "detail", "instance", "request_id"})


class Problem(Exception):  # noqa: N818 - the standard's own word
    """Refuse a request with a status and a sentence.

    Parameters
    ----------
    status : int
        HTTP status, 400 to 599.
    detail : str
        What is wrong and what to do.
    title : str, optional
        By default the status's own phrase.
    type : str
        Address of the kind of problem; ``about:blank``: the status says it all.
    headers : mapping of str to str
        Further headers of the answer: ``Allow``, ``Retry-After``, ``WWW-Authenticate``.
    **members : Any
        Further members of the body, JSON values.

    Examples
    --------
    >>> Problem(428, "Send If-Match with the revision you edit.").title
    'Precondition Required'
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        title: str | None = None,
        type: str = "about:blank",  # noqa: A002 - the standard's own word
        headers: Mapping[str, str] | None = None,
        **members: Any,  # noqa: ANN401 - any JSON value
    ) -> None:
        super().__init__(detail)
        self.status = int(status)
        self.detail = detail
        self.title = HTTPStatus(status).phrase if title is None else title
        self.type = type
        self.headers: Mapping[str, str] = headers or {}
        self.members = members


def problem_of(error: BaseException) -> Problem:
    """Turn any error into the problem that the asker may read.

    Parameters
    ----------
    error : BaseException
        A `Problem` stays; one of ours finds its status in `STATUS`; anything else is the
        service's fault and loses its words.

    Returns
    -------
    Problem
        Conflicts carry their facts, refused input its faults. Words of ours that the asker may
        not read go to the log.
    """
    if isinstance(error, Problem):
        return error
    found = (STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    status = next(found, HTTPStatus.INTERNAL_SERVER_ERROR)
    headers = {"Retry-After": str(_RETRY_S)} if status is HTTPStatus.SERVICE_UNAVAILABLE else None
    if status in _FIXED_WORDS and isinstance(error, errors.GeogridError):
        _EVENTS.error("%s: %s", type(error).__name__, error)
    detail = _FIXED_WORDS.get(status, str(error))
    return Problem(status, detail, headers=headers, **_members(error))


def problem_body(problem: Problem, instance: str, *, request_id: str = "") -> bytes:
    """Write a problem down.

    Parameters
    ----------
    problem : Problem
        What is wrong.
    instance : str
        Path that was asked for.
    request_id : str
        Finds the request in the logs; left out if empty.

    Returns
    -------
    bytes
        JSON: type, title, status, detail, instance, and whatever the problem adds.
    """
    members = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": instance,
    }
    if request_id:
        members["request_id"] = request_id
    members |= {name: value for name, value in problem.members.items() if name not in _OWN_MEMBERS}
    return json.dumps(members, ensure_ascii=False, default=_plain).encode("utf-8", "replace")


def add_handlers(app: FastAPI) -> None:
    """Make an application answer every error, its framework's own too, as a problem.

    Parameters
    ----------
    app : FastAPI
        Unknown route: 404; wrong method: 405 with ``Allow``; a body or parameter that does not
        fit, or is no JSON: 400; anything unexpected: 500 without inner words.
    """
    for kind in (Problem, errors.GeogridError, Exception):
        app.add_exception_handler(kind, _answer)
    app.add_exception_handler(HTTPException, _answer_framework)
    app.add_exception_handler(RequestValidationError, _answer_validation)


def _respond(request: Request, problem: Problem) -> Response:
    """Answer with a problem."""
    from geogrid_api.problem_page import refusal

    body, headers = refusal(problem, request.scope)
    answer = Response(body, status_code=problem.status)
    answer.raw_headers = headers
    return answer


async def _answer(request: Request, error: Exception) -> Response:
    """Answer one of ours, or the unexpected."""
    return _respond(request, problem_of(error))


async def _answer_framework(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses, in our form."""
    if not isinstance(error, HTTPException):
        raise TypeError(type(error).__name__)
    detail = str(error.detail)
    if error.status_code == HTTPStatus.NOT_FOUND:
        detail = "There is nothing at this address; /api lists all there is."
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        detail = "This address does not take that method; the header Allow lists those it takes."
    return _respond(request, Problem(error.status_code, detail, headers=error.headers))


async def _answer_validation(request: Request, error: Exception) -> Response:
    """Answer a request that does not fit, without repeating what was sent: it may be secret."""
    if not isinstance(error, RequestValidationError):
        raise TypeError(type(error).__name__)
    faults = [
        {"where": ".".join(map(str, fault["loc"])), "what": fault["msg"]}
        for fault in error.errors()[:_N_FAULTS]
    ]
    told = "; ".join(f"{fault['where']}: {fault['what']}" for fault in faults[:3])
    return _respond(request, Problem(400, f"The request does not fit: {told}.", errors=faults))


def _members(error: BaseException) -> dict[str, Any]:
    """Return what a caller may know beyond the sentence, to act upon it."""
    if isinstance(error, errors.ConflictError | errors.InfeasibleError):
        taken = _OWN_MEMBERS | {"headers"}
        return {name: value for name, value in error.facts.items() if name not in taken}
    if isinstance(error, errors.InputError) and error.faults:
        return {"faults": list(error.faults[:_N_FAULTS])}
    return {}


def _plain(value: object) -> object:
    """Turn what JSON does not know into what it knows."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if isinstance(value, Sequence):
        return list(value)
    return str(value)
