"""ASGI: its types, and the little that every plain application of ours does with them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from geogrid_api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["App", "Message", "Receive", "Scope", "Send", "base_of", "read_body", "send_answer"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


_HOST = re.compile(r"[A-Za-z0-9._~-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
_LONGEST_HOST = 255


def base_of(scope: Scope, host: bytes) -> str:
    """Return the address that a request was sent to, for links.

    Parameters
    ----------
    scope : Scope
        Of the request.
    host : bytes
        The header Host; empty: the server's own name.

    Returns
    -------
    str
        Scheme, host and root path, without a slash at the end.

    Raises
    ------
    Problem
        400 if the header names no host: it shall get into no link.
    """
    name = host.decode("latin-1")
    if not name and scope.get("server"):
        name = "{}:{}".format(*scope["server"])
    if len(name) > _LONGEST_HOST or not _HOST.fullmatch(name):
        raise Problem(400, "The header Host names no host.")
    return f"{scope['scheme']}://{name}{scope.get('root_path', '')}"


async def read_body(receive: Receive, limit: int) -> bytes:
    """Read a request's body.

    Parameters
    ----------
    receive : Receive
        As ASGI has it.
    limit : int
        Bytes at most.

    Returns
    -------
    bytes
        All of it.

    Raises
    ------
    Problem
        413 if it is larger, 400 if it broke off.
    """
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(400, "The body broke off.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise Problem(413, f"A body may have at most {limit} bytes here.")
        if not message.get("more_body", False):
            return b"".join(parts)


async def send_answer(
    scope: Scope,
    send: Send,
    body: bytes,
    *,
    media: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Send one answer; a HEAD gets no body.

    Parameters
    ----------
    scope : Scope
        Of the request.
    send : Send
        As ASGI has it.
    body : bytes
        As it shall arrive.
    media : str
        Its media type; empty: there is no body to tell of.
    status : int
        HTTP status.
    headers : mapping of str to str, optional
        Further headers.
    """
    lines = [(name.encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    if media:
        lines.append((b"content-type", media.encode()))
        lines.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
