"""FastAPI as this house wants it: HEAD, 405 and 415 by the book, no pages from elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fastapi import Depends, FastAPI, Request
from starlette.exceptions import HTTPException

from geogrid_api.asgi import base_of
from geogrid_api.problems import Problem, add_handlers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from geogrid_api.asgi import Message, Receive, Scope, Send

__all__ = ["Framework", "make_framework", "stated_base"]

_JSON = frozenset({"application/json"})
_HOLE = re.compile(r"\\{[^}]*\\}")


def make_framework(title: str) -> FastAPI:
    """Make the application that the routes stand in.

    Parameters
    ----------
    title : str
        Of its part of the OpenAPI document.

    Returns
    -------
    FastAPI
        Every error a problem; a body of a kind that the route does not take is 415; no document
        and no pages of its own, since those would load scripts from elsewhere.
    """
    app = FastAPI(
        title=title,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        dependencies=[Depends(stated_base), Depends(_check_media)],
    )
    add_handlers(app)
    return app


class Framework:
    """Wrap FastAPI for what it leaves out.

    Parameters
    ----------
    app : FastAPI
        From `make_framework`, with all its routes.
    others : callable
        Path to the methods that somebody else answers there, for ``Allow``.
    """

    def __init__(self, app: FastAPI, others: Callable[[str], Iterable[str]]) -> None:
        self._app = app
        self._others = others
        self._table: list[tuple[re.Pattern[str], frozenset[str]]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Parameters
        ----------
        scope, receive, send
            As ASGI has them.
        """
        if scope["method"] not in (allowed := self.methods(scope["path"])):
            if not allowed:
                # the framework's own words become ours
                raise Problem(404, "There is nothing at this address; /api lists all there is.")
            raise Problem(
                405,
                f"{scope['path']} takes {', '.join(sorted(allowed))}.",
                headers={"Allow": ", ".join(sorted(allowed))},
            )
        if scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            """Send all but the body."""
            if message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        # a scope of its own: the server looks at its own one to know that no body comes
        inner = {**scope, "method": "GET"}
        try:
            await self._app(inner, receive, send_head)
        finally:
            scope.update(inner, method="HEAD")

    def methods(self, path: str) -> frozenset[str]:
        """Return the methods that an address takes, here or elsewhere; none if there is nothing.

        Parameters
        ----------
        path : str
            As it was asked for.

        Returns
        -------
        frozenset of str
            With HEAD where there is GET.
        """
        found = self.own_methods(path) | set(self._others(path))
        return frozenset(found | {"HEAD"} if "GET" in found else found)

    def own_methods(self, path: str) -> frozenset[str]:
        """Return the methods that an address takes here.

        Parameters
        ----------
        path : str
            As it was asked for.

        Returns
        -------
        frozenset of str
            As the routes state them.
        """
        if self._table is None:
            self._table = [
                (_pattern(template), frozenset(map(str.upper, answers)))
                for template, answers in self._app.openapi()["paths"].items()
            ]
        found: frozenset[str] = frozenset()
        for pattern, methods in self._table:
            if pattern.fullmatch(path):
                found |= methods
        return found


def _pattern(template: str) -> re.Pattern[str]:
    """Return what an address must look like: /plans/{plan_id}/moves."""
    return re.compile(_HOLE.sub("[^/]+", re.escape(template)))


async def stated_base(request: Request) -> str:
    """Return the address that links begin with, as the reader does.

    Parameters
    ----------
    request : Request
        Of any route.

    Returns
    -------
    str
        The settings' ``base_url``, else what the request was sent to, without a slash at the end.

    Raises
    ------
    Problem
        400 if the header Host names no host.
    """
    settings = getattr(request.app.state, "settings", None)
    if settings is not None and settings.base_url:
        return str(settings.base_url)
    return base_of(request.scope, request.headers.get("host", "").encode("latin-1"))


def _check_media(request: Request) -> None:
    """Refuse a body of a kind that the route does not take."""
    route: Any = request.scope.get("route")
    extra = getattr(route, "openapi_extra", None) or {}
    kinds = frozenset(extra.get("requestBody", {}).get("content", ()))
    if not kinds:
        if getattr(route, "body_field", None) is None:
            return
        kinds = _JSON
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given in kinds:
        return
    length = request.headers.get("content-length")
    if not given and (length == "0" or (length is None and _is_alone(request))):
        return
    raise HTTPException(415, f"The body must be {' or '.join(sorted(kinds))}.")


def _is_alone(request: Request) -> bool:
    """Tell whether a request has no body at all."""
    return "transfer-encoding" not in request.headers
