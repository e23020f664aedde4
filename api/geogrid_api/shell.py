"""The shell around everything: names each request, limits it, counts it, logs it.

One plain ASGI layer, since it is paid for by every request: no framework, no
closure that is not needed, and nothing that can be made ahead is made twice.
"""

from __future__ import annotations

import asyncio
import secrets
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING, Any

import structlog

from geogrid.errors import GeogridError
from geogrid_api.limits import Buckets, check_depth, neighbourhood
from geogrid_api.problem_page import refusal
from geogrid_api.problems import Problem, problem_of
from geogrid_api.security import SIGN_IN_PAGE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from geogrid_api.access import Caller
    from geogrid_api.asgi import App, Message, Receive, Scope, Send
    from geogrid_api.log import AccessLog
    from geogrid_api.metrics import Metrics
    from geogrid_api.settings import Settings

__all__ = ["API_POLICY", "Shell"]

API_POLICY = b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"geolocation=(self), camera=(), microphone=(), payment=(), usb=()"),
)
_POLICY = (b"content-security-policy", API_POLICY)
_NO_STORE = (b"cache-control", b"no-store")
_BODIES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_READS = frozenset({"GET", "HEAD"})
_TELLING = frozenset({b"authorization", b"x-api-key", b"cookie"})
# a wrong token counts like so many requests: guessing is slow
_WRONG_COST = 10.0
_SIGN_IN = frozenset({"/token", SIGN_IN_PAGE})
# nobody was there any more to hear the answer; nginx counts it so as well
_GONE = 499
_SWEEP_S = 1.0
_LOG_FLUSH_S = 0.2


class Shell:
    """Wrap the service.

    Parameters
    ----------
    app : ASGI application
        Answers what is let through; names the route it took in ``scope["geogrid.route"]``,
        or as Starlette does.
    settings : Settings
        The limits.
    identify : callable
        Scope to `Caller`; asked only if the request shows something.
    metrics : Metrics
        Counts.
    log : AccessLog
        Writes.
    """

    def __init__(
        self,
        app: App,
        *,
        settings: Settings,
        identify: Callable[[Scope], Awaitable[Caller]],
        metrics: Metrics,
        log: AccessLog,
    ) -> None:
        self._app = app
        self._settings = settings
        self._identify = identify
        self._metrics = metrics
        self._log = log
        self._max_url = settings.max_url
        self._max_headers = settings.max_headers
        self._public = Buckets(settings.rate_public)
        self._known = Buckets(settings.rate_known)
        per_second = settings.rate_sign_in / 60.0
        self._sign_in = Buckets(per_second, burst=max(3.0, settings.rate_sign_in / 2))
        self._hsts = (
            b"strict-transport-security",
            f"max-age={settings.hsts_s}; includeSubDomains".encode(),
        )
        self._prefix = secrets.token_hex(4)
        self._serial = count(1)
        self._events = structlog.get_logger("geogrid_api")
        # what is being answered now; a plain dict: made and dropped for every request
        self._flying: dict[_Exchange, None] = {}

    @property
    def n_in_flight(self) -> int:
        """Return how many requests are being answered."""
        return len(self._flying)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand on what is none.

        Parameters
        ----------
        scope, receive, send
            As ASGI has them.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = perf_counter()
        request_id = f"{self._prefix}-{next(self._serial):x}"
        scope["geogrid.request_id"] = request_id
        exchange = _Exchange(scope, send, request_id)
        if scope["scheme"] == "https" and self._settings.hsts_s:
            exchange.more = (*_ALWAYS, self._hsts)
        self._flying[exchange] = None
        try:
            await self._admit(scope, start)
            if scope["method"] in _BODIES:
                receive = await self._take_body(scope, receive, exchange)
            exchange.start = start
            await self._app(scope, receive, exchange.send)
        except Problem as problem:
            await exchange.refuse(problem)
        except asyncio.CancelledError:
            if not exchange.is_late:
                raise
            exchange.task.uncancel()
            await exchange.refuse(
                Problem(503, "This took too long; ask for less.", headers={"Retry-After": "5"})
            )
        except GeogridError as error:
            await exchange.refuse(problem_of(error))
        except Exception as error:  # noqa: BLE001 - the last door: nobody above could answer
            await self._fail(exchange, error)
        finally:
            del self._flying[exchange]
            seconds = perf_counter() - start
            route = scope.get("geogrid.route")
            if route is None:
                found = scope.get("route")
                route = "other" if found is None else found.path
            method = scope["method"]
            status = exchange.status or _GONE
            self._metrics.count(method, route, status, seconds)
            if self._log.is_on:
                caller = scope.get("geogrid.caller")
                client = scope["client"]
                self._log.write(
                    request_id,
                    method,
                    scope["path"],
                    route,
                    status,
                    seconds,
                    exchange.size,
                    client[0] if client else "",
                    caller.name if caller else "",
                )

    async def _admit(self, scope: Scope, now: float) -> None:
        """Refuse what is too long, and whoever asks too often."""
        if len(scope["raw_path"]) + len(scope["query_string"]) > self._max_url:
            raise Problem(414, f"An address may have at most {self._max_url} bytes.")
        size = 0
        tells = False
        for name, value in scope["headers"]:
            size += len(name) + len(value)
            if name in _TELLING:
                tells = True
        if size > self._max_headers:
            raise Problem(431, f"All headers may have at most {self._max_headers} bytes.")
        client = scope["client"]
        address = neighbourhood(client[0]) if client else ""
        caller = None
        if tells:
            try:
                caller = await self._identify(scope)
            except Problem:
                _spend(self._public, address, now, _WRONG_COST)
                raise
        if caller is not None and caller.name:
            _spend(self._known, caller.name, now)
        else:
            _spend(self._public, address, now)
        if scope["method"] == "POST" and scope["path"] in _SIGN_IN:
            _spend(self._sign_in, address, now)

    async def _take_body(self, scope: Scope, receive: Receive, exchange: _Exchange) -> Receive:
        """Return a `receive` that gives no more than allowed; JSON is looked at first."""
        length = kind = b""
        for name, value in scope["headers"]:
            if name == b"content-length":
                length = value
            elif name == b"content-type":
                kind = value
        is_json = b"json" in kind.lower()
        caller = scope.get("geogrid.caller")
        is_upload = not is_json and caller is not None and caller.is_known
        limit = self._settings.max_upload if is_upload else self._settings.max_body
        if length.isdigit() and int(length) > limit:
            raise _too_large(limit)
        source = _Body(receive, limit, self._settings, exchange)
        if not is_json:
            return source.receive
        await source.read_all()
        check_depth(source.body, self._settings.max_depth)
        return source.replay

    async def _fail(self, exchange: _Exchange, error: Exception) -> None:
        """Log what nobody expected, and answer without its words."""
        if exchange.problem is None:
            await self._events.aexception(
                "failed", request_id=exchange.request_id, path=exchange.scope["path"]
            )
        await exchange.refuse(problem_of(error))

    async def keep_house(self) -> None:
        """Write logs, show states and give up late answers until cancelled."""
        waited = 0.0
        try:
            while True:
                await asyncio.sleep(_LOG_FLUSH_S)
                self._log.flush()
                waited += _LOG_FLUSH_S
                if waited >= _SWEEP_S:
                    waited = 0.0
                    self.sweep(perf_counter())
        finally:
            self._log.flush()

    def sweep(self, now: float) -> None:
        """Give up reading answers that have not begun in time.

        Parameters
        ----------
        now : float
            Of ``time.perf_counter``.
        """
        self._metrics.show(in_flight=len(self._flying))
        oldest = now - self._settings.timeout_s
        for exchange in tuple(self._flying):
            # a change runs to its end: nobody shall wonder whether it was made
            is_read = exchange.scope["method"] in _READS
            if is_read and not exchange.status and 0 < exchange.start < oldest:
                exchange.is_late = True
                exchange.task.cancel()


class _Exchange:
    """One request being answered."""

    __slots__ = (
        "_send",
        "is_done",
        "is_late",
        "more",
        "problem",
        "request_id",
        "scope",
        "size",
        "start",
        "status",
        "task",
    )

    def __init__(self, scope: Scope, send: Send, request_id: str) -> None:
        self.scope = scope
        self._send = send
        self.request_id = request_id
        self.more: tuple[tuple[bytes, bytes], ...] = _ALWAYS
        self.status = 0
        self.size = 0
        self.start = 0.0
        self.is_late = False
        self.is_done = False
        self.problem: Problem | None = None
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - ASGI runs in tasks
        self.task: asyncio.Task[Any] = task

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on, with the headers that all answers have."""
        if message["type"] == "http.response.start":
            if self.problem is not None:
                raise self.problem
            self.status = message["status"]
            message["headers"] = self._headers(message.get("headers", ()))
        else:
            self.size += len(message.get("body", b""))
            self.is_done = not message.get("more_body", False)
        await self._send(message)

    def _headers(self, given: Any) -> list[tuple[bytes, bytes]]:  # noqa: ANN401 - any iterable
        """Add what is missing."""
        headers = [*given, *self.more, (b"x-request-id", self.request_id.encode())]
        has_policy = has_cache = False
        for name, _ in headers:
            if name == b"content-security-policy":
                has_policy = True
            elif name == b"cache-control":
                has_cache = True
        if not has_policy:
            headers.append(_POLICY)
        if not has_cache:
            headers.append(_NO_STORE)
        return headers

    async def refuse(self, problem: Problem) -> None:
        """Answer with a problem, unless an answer has begun: then it breaks off."""
        if self.is_done:
            return
        if self.status:
            raise ConnectionAbortedError("An answer broke off.") from problem
        self.problem = None
        body, headers = refusal(problem, self.scope)
        start = {"type": "http.response.start", "status": problem.status, "headers": headers}
        await self.send(start)
        shown = b"" if self.scope["method"] == "HEAD" else body
        await self.send({"type": "http.response.body", "body": shown})


class _Body:
    """A request's body as it arrives: counted, and not waited for without end."""

    __slots__ = (
        "_exchange",
        "_is_replayed",
        "_is_whole",
        "_limit",
        "_rate",
        "_receive",
        "_size",
        "_wait_s",
        "_waited_s",
        "body",
    )

    def __init__(
        self, receive: Receive, limit: int, settings: Settings, exchange: _Exchange
    ) -> None:
        self._receive = receive
        self._limit = limit
        self._wait_s = settings.body_timeout_s
        self._rate = settings.body_rate
        self._exchange = exchange
        self._size = 0
        # only waiting counts: what we do with a piece is not the sender's slowness
        self._waited_s = 0.0
        self._is_whole = False
        self._is_replayed = False
        self.body = b""

    async def receive(self) -> Message:
        """Return the next part."""
        if self._is_whole:
            # whoever listens on waits for the asker to go away
            return await self._receive()
        left_s = self._wait_s + self._size / self._rate - self._waited_s
        if left_s <= 0:
            raise self._refused(_too_slow())
        start = perf_counter()
        try:
            async with asyncio.timeout(min(self._wait_s, left_s)):
                message = await self._receive()
        except TimeoutError:
            raise self._refused(_too_slow()) from None
        self._waited_s += perf_counter() - start
        self._is_whole = not message.get("more_body", False)
        self._size += len(message.get("body", b""))
        if self._size > self._limit:
            raise self._refused(_too_large(self._limit))
        return message

    def _refused(self, problem: Problem) -> Problem:
        """Remember a refusal, should somebody inside turn it into something else."""
        self._exchange.problem = problem
        return problem

    async def read_all(self) -> None:
        """Read the whole body."""
        parts = []
        more = True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ConnectionResetError("The asker went away.")
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        self.body = b"".join(parts)

    async def replay(self) -> Message:
        """Return the whole body once, then whatever else comes."""
        if self._is_replayed:
            return await self._receive()
        self._is_replayed = True
        return {"type": "http.request", "body": self.body, "more_body": False}


def _too_slow() -> Problem:
    """Say that a body took too long; the line is closed, or the rest would keep it busy."""
    return Problem(408, "The body did not arrive in time.", headers={"Connection": "close"})


def _too_large(limit: int) -> Problem:
    """Say how large a body may be."""
    return Problem(413, f"A body may have at most {limit} bytes here.")


def _spend(buckets: Buckets, caller: str, now: float, cost: float = 1.0) -> None:
    """Take one request's worth, or refuse."""
    wait = buckets.take(caller, now=now, cost=cost)
    if wait:
        seconds = max(1, round(wait + 0.5))
        raise Problem(
            429,
            f"Too many requests; come back in {seconds} s.",
            headers={"Retry-After": str(seconds)},
        )
