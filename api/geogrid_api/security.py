"""Who asks: a token, a key or the map's cookie, and what a route demands of the asker."""

from __future__ import annotations

from collections.abc import AsyncIterator  # noqa: TC003 - FastAPI reads it
from typing import TYPE_CHECKING, Annotated, Any

from anyio import to_thread
from fastapi import Depends, Request

from geogrid_api.access import ANONYMOUS, LOCAL, Caller
from geogrid_api.problems import CHALLENGE, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.store.accounts import Permission
    from geogrid.store.store import Store
    from geogrid_api.asgi import Scope

__all__ = ["COOKIE", "CSRF_HEADER", "SIGN_IN_PAGE", "Asker", "Doorkeeper", "Identify", "needs"]

COOKIE = "geogrid_token"
SIGN_IN_PAGE = "/sign-in"
CSRF_HEADER = "X-Geogrid"
_CSRF = CSRF_HEADER.lower().encode()
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_COOKIE = COOKIE.encode() + b"="
# no secret of ours is longer; a longer one is not looked up
_LONGEST_SECRET = 512
_REFUSED = "This token or key is not valid (any more); sign in again at POST /token."


class Identify:
    """Tell who asks; called once a request, by whoever needs it first.

    Parameters
    ----------
    store : Store or None
        Knows accounts, keys and tokens. None: one plan, served to this computer only.
    """

    def __init__(self, store: Store | None) -> None:
        self._store = store

    async def __call__(self, scope: Scope) -> Caller:
        """Return who asks.

        Parameters
        ----------
        scope : dict
            The ASGI scope; keeps the answer.

        Returns
        -------
        Caller
            `ANONYMOUS` if nothing was shown.

        Raises
        ------
        Problem
            401 if what was shown is not valid; 403 if a cookie would change something without
            the header ``X-Geogrid: 1``, which no foreign page can send.
        """
        known: Caller | None = scope.get("geogrid.caller")
        if known is None:
            known = scope["geogrid.caller"] = await self._find(scope)
        return known

    async def _find(self, scope: Scope) -> Caller:
        """Look the caller up."""
        if self._store is None:
            return LOCAL
        secret, via = _shown(scope["headers"])
        if not secret:
            return ANONYMOUS
        account = None
        if len(secret) <= _LONGEST_SECRET:
            account = await to_thread.run_sync(self._store.who, secret)
        if account is not None and via != "cookie":
            # what was shown decides, not the header that it came in
            via = account.via
        if account is not None and via == "cookie" and account.via != "token":
            # the sign-in page hands out tokens only
            account = None
        if account is None:
            # a browser sends an old cookie whether it wants or not
            if via == "cookie":
                return ANONYMOUS
            raise Problem(401, _REFUSED, headers=CHALLENGE)
        if via == "cookie" and not _is_meant(scope):
            raise Problem(403, f"With a cookie, send the header {CSRF_HEADER}: 1 as well.")
        scope["geogrid.secret"] = secret
        return Caller(account.name, account.role, account.subdistrict, via)


def _shown(headers: list[tuple[bytes, bytes]]) -> tuple[str, Any]:
    """Return the secret shown and how."""
    cookie = ""
    for name, value in headers:
        if name == b"authorization":
            scheme, _, secret = value.decode("latin-1").partition(" ")
            if scheme.lower() != "bearer" or not secret.strip():
                raise Problem(401, "Authorization takes `Bearer TOKEN`.", headers=CHALLENGE)
            return secret.strip(), "token"
        if name == b"x-api-key":
            return value.decode("latin-1").strip(), "key"
        if name == b"cookie" and _COOKIE in value:
            for pair in value.split(b";"):
                if pair.strip().startswith(_COOKIE):
                    cookie = pair.strip()[len(_COOKIE) :].decode("latin-1")
    return cookie, "cookie"


def _is_meant(scope: Scope) -> bool:
    """Tell whether a page of ours sent this, not another one in the same browser."""
    # the form of the sign-in page sends no header of its own; it looks at where it comes from
    is_harmless = scope["method"] in _SAFE or scope["path"] == SIGN_IN_PAGE
    return is_harmless or (_CSRF, b"1") in scope["headers"]


async def _ask(request: Request) -> AsyncIterator[Caller]:
    """Tell who asks, and let all that the route does be done in their name."""
    from geogrid.store.audit import Actor, acting

    caller = await request.app.state.identify(request.scope)
    address = request.client.host if request.client else ""
    with acting(Actor(caller.name, caller.role or "", address)):
        yield caller


Asker = Annotated[Caller, Depends(_ask)]


def _store(request: Request) -> Any:  # noqa: ANN401 - FastAPI would make a model of a Store
    """Return the store; its routes are there only if it is."""
    return request.app.state.store


Doorkeeper = Annotated[Any, Depends(_store)]


def needs(permission: Permission | None = None) -> Callable[..., Caller]:
    """Make a dependency that lets only callers with a permission pass.

    Parameters
    ----------
    permission : Permission, optional
        By default any known caller.

    Returns
    -------
    callable
        For ``Depends``: the caller, or 401 for the public, 403 for whoever may not.
    """

    def check(caller: Asker) -> Caller:
        if not caller.is_known:
            raise Problem(401, "Sign in at POST /token, or show a key.", headers=CHALLENGE)
        if permission is not None and not caller.may(permission):
            raise Problem(403, f"The role {caller.role} may not do this ({permission}).")
        return caller

    return check
