"""The reader: answers the operations, straight on ASGI, with nothing in between.

What a framework does for a request costs more here than the answer: a row of the table of
operations is looked up by path, its parameters are parsed by its own parsers, and finished
answers are kept until what is served changes. Whatever is no operation goes on to the
application behind.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zlib import MAX_WBITS, compress

from geogrid_api.asgi import base_of, read_body
from geogrid_api.library import NotAtHandError
from geogrid_api.negotiation import best_form, language_of, matches, takes_gzip
from geogrid_api.operations import Answer, Call
from geogrid_api.past import Past
from geogrid_api.problem_page import refusal
from geogrid_api.problems import CHALLENGE, Problem, problem_of
from geogrid_api.routing import LONGEST, Routes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from geogrid_api.access import Caller
    from geogrid_api.asgi import App, Receive, Scope, Send
    from geogrid_api.library import Library
    from geogrid_api.operations import Operation
    from geogrid_api.routing import Route

__all__ = ["Reader"]

_LOG = logging.getLogger(__name__)
# below this, gzip costs more than it saves
_SMALLEST_ZIPPED = 1000
_ZIP_LEVEL = 4
# finished answers: so many bytes altogether, and none larger than this
_KEPT_BYTES = 32_000_000
_LARGEST_KEPT = 8_000_000
_LONGEST_SHOWN = 255
_UNSAFE = re.compile(r"[^!#-;=?-\[\]_a-z~]")

_VARY = (b"vary", b"Accept, Accept-Encoding, Accept-Language, Authorization, Cookie, X-API-Key")
_PUBLIC = (b"cache-control", b"public, max-age=0, must-revalidate")
_PRIVATE = (b"cache-control", b"private, max-age=0, must-revalidate")
_NO_STORE = (b"cache-control", b"no-store")
_ANYBODY = (b"access-control-allow-origin", b"*")
_SHOWN = (b"access-control-expose-headers", b"Content-Crs, ETag, Link, X-Request-Id")
_ZIPPED = (b"content-encoding", b"gzip")
_PREFLIGHT = (
    (b"access-control-allow-headers", b"Accept, Accept-Language, Content-Type, If-None-Match"),
    (b"access-control-max-age", b"86400"),
)


class _Asked:
    """What the headers of one request say."""

    __slots__ = ("accept", "content", "encoding", "host", "language", "match", "origin")

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.accept = self.language = self.encoding = self.match = b""
        self.host = self.content = self.origin = b""
        for name, value in headers:
            if name == b"accept":
                self.accept = self.accept + b"," + value if self.accept else value
            elif name == b"accept-encoding":
                self.encoding = value
            elif name == b"host":
                self.host = value
            elif name == b"accept-language":
                self.language = value
            elif name == b"if-none-match":
                self.match = self.match + b"," + value if self.match else value
            elif name == b"content-type":
                self.content = value
            elif name == b"origin":
                self.origin = value


class _Finished:
    """An answer as it is sent."""

    __slots__ = ("body", "etag", "headers", "is_export", "status")

    def __init__(
        self,
        status: int,
        headers: list[tuple[bytes, bytes]],
        body: bytes,
        etag: bytes,
        *,
        is_export: bool,
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.etag = etag
        self.is_export = is_export


class Reader:
    """Answer read operations; hand everything else on.

    Parameters
    ----------
    operations : iterable of Operation
        What it answers.
    library : callable
        Returns what is served now.
    identify : callable
        Scope to `Caller`; awaited once a request. Raises `Problem` for a token that is not
        valid.
    fallback : ASGI application
        Answers whatever is no operation.
    elsewhere : callable, optional
        Tells whether the fallback answers other methods at a path of ours.
    base : str
        Public address without a slash at the end, for links; by default what each request
        was sent to.
    """

    def __init__(
        self,
        operations: Iterable[Operation],
        library: Callable[[], Library],
        identify: Callable[[Scope], Awaitable[Caller]],
        fallback: App,
        *,
        elsewhere: Callable[[str], bool] = lambda path: False,  # noqa: ARG005 - nothing else
        base: str = "",
    ) -> None:
        self._routes = Routes(operations)
        self._library = library
        self._identify = identify
        self._fallback = fallback
        self._elsewhere = elsewhere
        self._base = base.rstrip("/")
        self._past = Past()
        self._kept: OrderedDict[tuple[Any, ...], _Finished] = OrderedDict()
        self._kept_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Parameters
        ----------
        scope, receive, send
            As ASGI has them.
        """
        if scope["type"] != "http":
            await self._fallback(scope, receive, send)
            return
        path: str = scope["path"]
        root: str = scope.get("root_path", "")
        if root and path.startswith(root):
            path = path[len(root) :]
        found = self._routes.find(path)
        if found is None:
            await self._fallback(scope, receive, send)
            return
        methods, named = found
        method: str = scope["method"]
        route = methods.get("GET" if method == "HEAD" else method)
        if route is None and self._elsewhere(path):
            await self._fallback(scope, receive, send)
            return
        asked = _Asked(scope["headers"])
        try:
            if route is None:
                finished = _without_route(method, methods)
            else:
                scope["geogrid.route"] = route.operation.path
                caller = await self._identify(scope)
                finished = await self._answer(scope, receive, route, named, asked, caller)
        except Exception as error:  # noqa: BLE001 - whatever it is, the reader gets an answer
            finished = _refused(error, scope)
        scope["geogrid.is_export"] = finished.is_export
        status, headers, body = finished.status, finished.headers, finished.body
        if asked.match and finished.etag and matches(asked.match, finished.etag):
            status, body = 304, b""
            headers = [
                pair for pair in headers if pair[0] not in {b"content-length", b"content-type"}
            ]
        elif method == "HEAD":
            body = b""
        # a list of its own: layers above add to it
        start = {"type": "http.response.start", "status": status, "headers": [*headers]}
        await send(start)
        await send({"type": "http.response.body", "body": body})

    async def _answer(
        self,
        scope: Scope,
        receive: Receive,
        route: Route,
        named: Mapping[str, str],
        asked: _Asked,
        caller: Caller,
    ) -> _Finished:
        """Answer with what is kept, or ask the operation."""
        operation = route.operation
        if not (operation.is_open or caller.is_known):
            raise Problem(401, "Sign in first, or show a key.", headers=CHALLENGE)
        query: bytes = scope["query_string"]
        if len(query) + len(scope["path"]) > LONGEST:
            raise Problem(414, f"An address may have at most {LONGEST} characters.")
        library = self._library()
        key = (
            library.token,
            caller.is_known,
            caller.role,
            scope["path"],
            query,
            asked.accept,
            asked.language,
            asked.encoding,
            asked.host,
            scope["scheme"],
        )
        if operation.is_kept:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                return kept
        values = route.read_query(query)
        form = values.pop("f", None) or best_form(operation.formats, asked.accept.decode("latin-1"))
        # offices' old computers are often set to English: pages speak it only when told to
        language = values.pop("lang", None) or (
            "zh" if form == "html" else language_of(asked.language.decode("latin-1"))
        )
        body, content = b"", ""
        is_read = operation.method == "GET"
        if not is_read:
            content = _content_type(operation, asked.content)
            body = await read_body(receive, operation.max_body)
        call = Call(
            library,
            caller,
            route.read_path(named),
            values,
            form,
            self._base or base_of(scope, asked.host),
            _address(scope),
            body,
            content,
            language,
        )
        try:
            if operation.is_slow or not is_read:
                answer = await asyncio.to_thread(operation.answer, call)
            else:
                answer = operation.answer(call)
        except NotAtHandError as missing:
            answer = await self._past.answer(operation, call, missing.versions)
        finished = _finished(answer, asked, is_known=caller.is_known, is_read=is_read)
        if operation.is_kept and answer.status == 200:
            self._keep(key, finished)
        return finished

    def _keep(self, key: tuple[Any, ...], finished: _Finished) -> None:
        """Remember a finished answer; forget what was not asked for longest."""
        size = len(finished.body)
        if size > _LARGEST_KEPT or key in self._kept:
            return
        # the rest of an entry: key, headers, objects
        self._kept_bytes += size + 2000
        self._kept[key] = finished
        while self._kept_bytes > _KEPT_BYTES:
            _, old = self._kept.popitem(last=False)
            self._kept_bytes -= len(old.body) + 2000


def _finished(answer: Answer, asked: _Asked, *, is_known: bool, is_read: bool) -> _Finished:
    """Add validators, encoding and the headers that say who may keep it."""
    body, status = answer.body, answer.status
    is_text = "json" in answer.media or answer.media.startswith("text/")
    headers = [(b"content-type", answer.media.encode()), _VARY]
    etag = b""
    if is_read and status == 200:
        name = answer.etag or blake2b(body, digest_size=12).hexdigest()
        etag = name.encode()
    zips = (answer.zipped or (is_text and len(body) >= _SMALLEST_ZIPPED)) and asked.encoding
    if zips and takes_gzip(asked.encoding.decode("latin-1")):
        body = answer.zipped or compress(body, _ZIP_LEVEL, MAX_WBITS | 16)
        headers.append(_ZIPPED)
        etag = etag and etag + b"-gzip"
    if etag:
        etag = b'"' + etag + b'"'
        headers.append((b"etag", etag))
        headers.append(_PRIVATE if is_known else _PUBLIC)
    else:
        headers.append(_NO_STORE)
    if not is_known:
        headers += [_ANYBODY, _SHOWN]
    headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers]
    headers.append((b"content-length", str(len(body)).encode()))
    return _Finished(status, headers, body, etag, is_export=answer.is_export)


def _refused(error: Exception, scope: Scope) -> _Finished:
    """Answer an error as a problem."""
    problem = problem_of(error)
    if problem.status >= 500 and not isinstance(error, Problem):
        _LOG.error("an operation failed", exc_info=error)
    body, headers = refusal(problem, scope)
    headers += [_NO_STORE, _VARY, _ANYBODY]
    return _Finished(problem.status, headers, body, b"", is_export=False)


def _without_route(method: str, methods: Mapping[str, Route]) -> _Finished:
    """Answer a browser's question before the question, or refuse the method."""
    allowed = [*methods, "OPTIONS"]
    if "GET" in methods:
        allowed.insert(1, "HEAD")
    listed = ", ".join(allowed)
    if method != "OPTIONS":
        raise Problem(405, f"This address takes {listed}.", headers={"Allow": listed})
    headers = [
        (b"allow", listed.encode()),
        (b"access-control-allow-methods", listed.encode()),
        _ANYBODY,
        *_PREFLIGHT,
        _VARY,
    ]
    return _Finished(204, headers, b"", b"", is_export=False)


def _address(scope: Scope) -> str:
    """Return path and query as they were asked."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    raw: bytes = scope.get("raw_path") or path.encode()
    shown = raw.partition(b"?")[0].decode("latin-1")
    if root and shown.startswith(root):
        shown = shown[len(root) :]
    query: bytes = scope["query_string"]
    if query:
        shown = f"{shown}?{query.decode('latin-1')}"
    # what a browser sends raw must not end a link or a header
    return _UNSAFE.sub(lambda sign: quote(sign.group(), encoding="latin-1"), shown)


def _content_type(operation: Operation, header: bytes) -> str:
    """Return the media type of a body, or refuse it."""
    content = header.decode("latin-1").partition(";")[0].strip().lower()
    if content not in operation.accepts:
        listed = ", ".join(operation.accepts)
        raise Problem(415, f"Send the body as {listed}.", headers={"Accept-Post": listed})
    return content
