"""Errors of the library as problem details (RFC 9457), all in one table."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi.responses import JSONResponse

from geogrid import errors

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["STATUS", "answer_problem"]

# the nearest class upwards counts; a test asserts that every leaf finds one
STATUS: dict[type[errors.GeogridError], HTTPStatus] = {
    errors.InputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InfeasibleError: HTTPStatus.CONFLICT,
    errors.SolverError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.SolverTimeout: HTTPStatus.GATEWAY_TIMEOUT,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.ConflictError: HTTPStatus.CONFLICT,
    errors.StorageError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


async def answer_problem(request: Request, error: Exception) -> JSONResponse:
    """Answer an error of ours with its status and its own words.

    Parameters
    ----------
    request : Request
        What was asked for; its path is the problem's instance.
    error : Exception
        A `GeogridError`; anything else has no row in the table and is the
        server's fault.

    Returns
    -------
    JSONResponse
        ``application/problem+json``: type, title, status, detail, instance.
    """
    found = (STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    status = next(found, HTTPStatus.INTERNAL_SERVER_ERROR)
    problem = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": str(error),
        "instance": request.url.path,
    }
    return JSONResponse(problem, status_code=status, media_type="application/problem+json")
