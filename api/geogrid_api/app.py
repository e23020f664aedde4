"""The application: what answers at which address, and what goes on beside it."""

from __future__ import annotations

import asyncio
import gc
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import structlog
from anyio import to_thread

from geogrid.errors import GeogridError
from geogrid.store.records import JobStatus
from geogrid_api import changes, locate, ogc, processes, tiles
from geogrid_api.asgi import send_answer
from geogrid_api.exports import ExportLog
from geogrid_api.framework import Framework, make_framework
from geogrid_api.front import Part, front_operations
from geogrid_api.log import AccessLog
from geogrid_api.map_ledger import MapLedger
from geogrid_api.metrics import MEDIA as METRICS_MEDIA
from geogrid_api.metrics import Metrics
from geogrid_api.problems import Problem
from geogrid_api.reader import Reader
from geogrid_api.routes import ROUTERS
from geogrid_api.routing import Routes
from geogrid_api.security import SIGN_IN_PAGE, Identify
from geogrid_api.settings import load_settings
from geogrid_api.shell import Shell
from geogrid_api.sign_in_page import SignInPage
from geogrid_api.web_map import WebMap

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from geogrid.plans.plan import Plan
    from geogrid.store.store import Store
    from geogrid_api.asgi import Message, Receive, Scope, Send
    from geogrid_api.library import Library
    from geogrid_api.settings import Settings

__all__ = ["Service", "create_app"]

# what each standard, or each extra of ours, adds
PARTS = (ogc, tiles, processes, locate, changes)

# as many districts as a store keeps at hand
_N_PREPARED = 3
_AUDIT_FLUSH_S = 1.0
_RETRY_LOAD_S = 1.0
# how long a request waits for a worker that is still reading
_PATIENCE_S = 10.0
_LOCAL = frozenset({"127.0.0.1", "::1"})
_JSON = "application/json"


def create_app(
    served: Plan | Store, *, settings: Settings | None = None, is_waiting: bool = False
) -> Service:
    """Build the service.

    Parameters
    ----------
    served : Plan or Store
        One plan, read-only, to this computer only, everything open; or a store's versions.
    settings : Settings, optional
        By default those of the environment.
    is_waiting : bool
        Whether the versions are read in the background once the server runs, which meanwhile
        answers 503; otherwise at once.

    Returns
    -------
    Service
        An ASGI application.
    """
    service = Service(served, settings or load_settings())
    if not is_waiting:
        service.load()
    return service


class Service:
    """Answer requests, and keep what is served up to date.

    Parameters
    ----------
    served : Plan or Store
        What is handed out.
    settings : Settings
        Of this process.

    Attributes
    ----------
    store : Store or None
        None: one plan.
    library : Library or None
        None until the versions are read.
    """

    def __init__(self, served: Plan | Store, settings: Settings) -> None:
        from geogrid.plans.plan import Plan

        self.plan: Plan | None = None
        self.store: Store | None = None
        if isinstance(served, Plan):
            self.plan = served
            # one person at one computer: there is nobody to keep off
            settings = settings.model_copy(update={"rate_public": 0.0, "rate_sign_in": 0.0})
        else:
            self.store = served
        self.settings = settings
        self.library: Library | None = None
        self.metrics = Metrics()
        self.exports = ExportLog(self.store)
        self.identify = Identify(self.store)
        self._reason = "The versions are being read."
        self._loaded = asyncio.Event()
        self._patience_s = _PATIENCE_S
        self._sign_in = None if self.store is None else SignInPage(self.store)
        self.web_map = WebMap(
            served,
            settings=settings,
            library=self._library_now,
            identify=self.identify,
            exports=self.exports,
        )
        ledger = MapLedger(served, identify=self.identify, exports=self.exports)
        self._events = structlog.get_logger("geogrid_api")
        self._tasks: set[asyncio.Task[None]] = set()
        inner = make_framework("geogrid")
        inner.state.store = self.store
        inner.state.settings = settings
        inner.state.identify = self.identify
        inner.state.service = self
        # one plan has no accounts and no versions: those addresses are not there
        for router in ROUTERS if self.store is not None else ():
            inner.include_router(router)
        operations = front_operations(map(Part.of, PARTS), others=inner.openapi)
        routes = Routes(operations)
        framework = Framework(inner, lambda path: (routes.find(path) or ((), None))[0])
        self._reader = Reader(
            operations,
            self._served,
            self.identify,
            framework,
            elsewhere=lambda path: bool(framework.own_methods(path)),
            base=settings.base_url,
        )
        self._fronts: Mapping[str, Callable[[Scope, Send], Awaitable[None]]] = {
            "/healthz": self._health,
            "/readyz": self._readiness,
            "/metrics": self._numbers,
            **self.web_map.fronts,
            **ledger.fronts,
            "/favicon.ico": self._icon,
        }
        self._shell = Shell(
            self._front,
            settings=settings,
            identify=self.identify,
            metrics=self.metrics,
            log=AccessLog(settings),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or start and stop with the server.

        Parameters
        ----------
        scope, receive, send
            As ASGI has them.
        """
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._shell(scope, receive, send)
        else:
            # no WebSocket is spoken here
            await send({"type": "websocket.close", "code": 1000})

    def load(self) -> None:
        """Read the versions in force; readers see them from then on."""
        from geogrid_api.library import Library

        if self.plan is not None:
            library = Library.of_plan(self.plan)
        elif self.store is not None:
            library = Library.of_store(self.store)
        else:
            return
        library.tiles_folder = Path(self.settings.tiles) if self.settings.tiles else None
        self.library = library
        self._reason = ""

    async def _front(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a request where it belongs."""
        if self._sign_in is not None and scope["path"] == SIGN_IN_PAGE:
            scope["geogrid.route"] = SIGN_IN_PAGE
            if scope["method"] not in {"GET", "HEAD", "POST"}:
                headers = {"Allow": "GET, HEAD, POST"}
                raise Problem(405, "This page is read, and its form is sent.", headers=headers)
            await self._sign_in(scope, receive, send)
            return
        front = self._fronts.get(scope["path"]) or self.web_map.front_of(scope["path"])
        if front is not None:
            scope["geogrid.route"] = scope["path"]
            if scope["method"] not in {"GET", "HEAD"}:
                raise Problem(405, "This address is only read.", headers={"Allow": "GET, HEAD"})
            await front(scope, send)
            return
        if self.library is None:
            await self._wait_for_library()
        await self._reader(scope, receive, send)
        if scope.get("geogrid.is_export"):
            self.exports.add(scope, scope["geogrid.caller"])

    async def _library_now(self) -> Library:
        """Return what is served, if need be after a moment."""
        if self.library is None:
            await self._wait_for_library()
        return self._served()

    async def _wait_for_library(self) -> None:
        """Wait a moment for the versions: another worker may have said that we are ready."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience_s):
                await self._loaded.wait()
        self._served()

    def _served(self) -> Library:
        """Return what is served; asked only once there is something."""
        if self.library is None:
            raise Problem(503, self._reason, headers={"Retry-After": "1"})
        return self.library

    async def _health(self, scope: Scope, send: Send) -> None:
        """Say that this process lives."""
        await send_answer(scope, send, b'{"status":"ok"}', media=_JSON)

    async def _icon(self, scope: Scope, send: Send) -> None:
        """Say that there is no icon, which browsers ask for on every page."""
        await send_answer(scope, send, b"", media="", status=204)

    async def _readiness(self, scope: Scope, send: Send) -> None:
        """Say whether requests should be sent here, and why not."""
        reason = self._reason
        if not reason and self.store is not None:
            try:
                await to_thread.run_sync(self.store.head)
            except GeogridError:
                reason = "The store cannot be reached."
        status = 503 if reason else 200
        told = {"status": "waiting", "reason": reason} if reason else {"status": "ready"}
        await send_answer(scope, send, json.dumps(told).encode(), media=_JSON, status=status)

    async def _numbers(self, scope: Scope, send: Send) -> None:
        """Hand out the metrics to whoever may see them."""
        allowed = self.settings.metrics
        client = scope["client"]
        if allowed == "off":
            raise Problem(404, "Metrics are switched off.")
        if allowed == "local" and (client is None or client[0] not in _LOCAL):
            raise Problem(403, "Metrics are shown to this computer only.")
        if allowed == "admin" and not (await self.identify(scope)).may("administer"):
            raise Problem(403, "Metrics are shown to an admin only.")
        if self.store is not None:
            with suppress(GeogridError):
                jobs = await to_thread.run_sync(_count_jobs, self.store)
                self.metrics.show(jobs=jobs)
        self.metrics.show(in_flight=self._shell.n_in_flight)
        page = await to_thread.run_sync(self.metrics.page)
        await send_answer(scope, send, page, media=METRICS_MEDIA)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Start what goes on beside the requests, and end it in order."""
        message: Message = await receive()
        assert message["type"] == "lifespan.startup"  # noqa: S101 - the standard says so
        jobs = [self._shell.keep_house(), self._keep_fresh(), self._keep_audit()]
        if self.library is None:
            # a server's worker; what was read before is in somebody's own process
            jobs.append(self._prepare())
        for job in jobs:
            task = asyncio.create_task(job)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await send({"type": "lifespan.startup.complete"})
        message = await receive()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.exports.flush()
        if self.store is not None:
            await to_thread.run_sync(self.store.close)
        await send({"type": "lifespan.shutdown.complete"})

    async def _load_when_possible(self) -> None:
        """Read the versions, again and again until the store lets us."""
        while self.library is None:
            try:
                await to_thread.run_sync(self.load)
            except GeogridError as error:
                self._reason = "The store cannot be read yet."
                await self._events.aerror("cannot load", why=str(error))
                await asyncio.sleep(_RETRY_LOAD_S)
        self._loaded.set()
        # what is served stays; the collector need not walk over millions of objects again
        gc.freeze()
        await self._events.ainfo("ready", n_versions=len(self.library.versions()))

    async def _keep_fresh(self) -> None:
        """Follow the store; while it is away, go on with what is in memory."""
        await self._load_when_possible()
        is_away = False
        while self.library is not None and self.store is not None:
            await asyncio.sleep(self.settings.refresh_s)
            try:
                if await to_thread.run_sync(self.library.refresh):
                    await self._events.ainfo("refreshed", n_versions=len(self.library.versions()))
                self.metrics.show(head=await to_thread.run_sync(self.store.head))
                is_away = False
            except Exception as error:  # noqa: BLE001 - this loop must outlive whatever happens
                if not is_away:
                    await self._events.aerror("cannot refresh", why=str(error))
                is_away = True

    async def _prepare(self) -> None:
        """Make the versions in force ready for their first reader and editor, once all can read."""
        await self._loaded.wait()
        assert self.store is not None  # noqa: S101 - a single plan is read before it is served
        try:
            for info in (await to_thread.run_sync(self.store.in_force))[:_N_PREPARED]:
                await to_thread.run_sync(self.store.prepare, info.plan_id)
                await self.web_map.prepare(info.plan_id)
        except GeogridError as error:
            await self._events.awarning("cannot prepare", why=str(error))

    async def _keep_audit(self) -> None:
        """Write what was taken out, every second."""
        while True:
            await asyncio.sleep(_AUDIT_FLUSH_S)
            await self.exports.flush()


def _count_jobs(store: Store) -> dict[str, int]:
    """Return how many jobs stand where."""
    found = dict.fromkeys(get_args(JobStatus), 0)
    for job in store.jobs_of(limit=1_000):
        found[job.status] += 1
    return found
