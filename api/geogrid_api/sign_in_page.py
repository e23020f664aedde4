"""The page where a person with a browser signs in: one form, no script."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

from anyio import to_thread

from geogrid.locale import phrases
from geogrid_api.asgi import read_body, send_answer
from geogrid_api.problems import Problem
from geogrid_api.routes.accounts import HASHING
from geogrid_api.security import COOKIE

if TYPE_CHECKING:
    from geogrid.locale import Language
    from geogrid.store.store import Store
    from geogrid_api.asgi import Receive, Scope, Send

__all__ = ["SignInPage"]

_MOST_BODY = 4_096
# where to go afterwards: an address of ours, with what it was to show
_NEXT = re.compile(r"/[A-Za-z0-9_-][A-Za-z0-9/_.-]{0,200}(\?[A-Za-z0-9/_.:=&%,~+-]{0,400})?")
_STYLE = (
    "body{font:16px/1.6 system-ui,'Noto Sans SC','Microsoft YaHei',sans-serif;max-width:22rem;"
    "margin:12vh auto;padding:0 1rem;color:#1d2b36}label{display:block;margin:.8rem 0 .2rem}"
    "input,button{font:inherit;width:100%;box-sizing:border-box;padding:.5rem .6rem;"
    "border:1px solid #8a99a6;border-radius:.4rem}button{margin-top:1.2rem;color:#fff;"
    "background:#0b5a7a;border-color:#0b5a7a}p[role=alert]{color:#a3221b}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
# no script; the one style is known by its hash, and the form comes back to us
_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    f"style-src 'sha256-{_HASH}'"
)
_PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title><style>{style}</style></head><body><h1>{title}</h1>{told}
<form method="post" action="sign-in{chosen}"><input type="hidden" name="next" value="{next}">
<label for="name">{name}</label>
<input id="name" name="name" autocomplete="username" required autofocus>
<label for="password">{password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>{button}</button></form>
<p><a href="sign-in?next={quoted}{switch}" lang="{other_language}">{other}</a></p></body></html>
"""


class SignInPage:
    """Show the form, and change what was typed for the cookie.

    Parameters
    ----------
    store : Store
        Knows the accounts.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Parameters
        ----------
        scope, receive, send
            As ASGI has them.
        """
        headers: dict[bytes, bytes] = dict(scope["headers"])
        asked = parse_qs(scope["query_string"].decode("latin-1"))
        language: Language = "en" if asked.get("lang") == ["en"] else "zh"
        if scope["method"] != "POST":
            typed = asked
            await _show(scope, send, language, 200, _next(typed))
            return
        if not _is_our_own(headers):
            raise Problem(403, "This form is only sent from its own page.")
        if not headers.get(b"content-type", b"").startswith(b"application/x-www-form-urlencoded"):
            raise Problem(415, "The body must be application/x-www-form-urlencoded.")
        typed = parse_qs((await read_body(receive, _MOST_BODY)).decode("utf-8", "replace"))
        token = await self._knock(scope, typed)
        if not token:
            await _show(scope, send, language, 401, _next(typed))
            return
        secure = "; Secure" if scope["scheme"] == "https" else ""
        cookie = f"{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age=1800{secure}"
        lines = [
            # without the leading slash: a proxy may serve us under a path of its own
            (b"location", _next(typed)[1:].encode()),
            (b"set-cookie", cookie.encode()),
            (b"content-length", b"0"),
        ]
        await send({"type": "http.response.start", "status": 303, "headers": lines})
        await send({"type": "http.response.body", "body": b""})

    async def _knock(self, scope: Scope, typed: dict[str, list[str]]) -> str:
        """Return a token, or nothing."""
        name, password = typed.get("name", [""])[0], typed.get("password", [""])[0]
        client = scope["client"]

        def ask() -> Any:  # noqa: ANN401 - a SignedIn
            address = client[0] if client else ""
            return self._store.sign_in(name, password, address=address)

        signed = await to_thread.run_sync(ask, limiter=HASHING)
        return "" if signed is None else str(signed.token)


def _is_our_own(headers: dict[bytes, bytes]) -> bool:
    """Tell whether a form was sent from its own page, as far as the browser says."""
    # only said where the connection counts as safe
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site in {b"same-origin", b"none"}
    origin = headers.get(b"origin")
    return origin is None or origin.partition(b"://")[2] == headers.get(b"host")


def _next(typed: dict[str, list[str]]) -> str:
    """Return where to go afterwards; never to another house."""
    wanted = typed.get("next", ["/map"])[0]
    return wanted if _NEXT.fullmatch(wanted) else "/map"


async def _show(scope: Scope, send: Send, language: Language, status: int, after: str) -> None:
    """Send the form."""
    words = phrases(language, "sign_in")
    told = f'<p role="alert">{words["refused"]}</p>' if status != 200 else ""
    page = _PAGE.format(
        language="zh-CN" if language == "zh" else "en",
        style=_STYLE,
        told=told,
        next=escape(after),
        quoted=quote(after, safe="/"),
        chosen="?lang=en" if language == "en" else "",
        switch="&amp;lang=en" if language == "zh" else "",
        other=phrases(language, "pages")["other"],
        other_language="en" if language == "zh" else "zh-CN",
        **{key: words[key] for key in ("title", "name", "password", "button")},
    )
    await send_answer(
        scope,
        send,
        page.encode("utf-8"),
        media="text/html; charset=utf-8",
        status=status,
        headers={"content-security-policy": _POLICY},
    )
