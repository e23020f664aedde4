"""Who read what in bulk: kept for a moment, then written to the audit log in one go."""

from __future__ import annotations

import datetime as dt
from collections import deque
from typing import TYPE_CHECKING, Any

import structlog
from anyio import to_thread

from geogrid.errors import StorageError

if TYPE_CHECKING:
    from geogrid.store.audit import Entry
    from geogrid.store.store import Store
    from geogrid_api.access import Caller

__all__ = ["ExportLog"]

# while the store is away so many lines are kept; more would be a flood, and is told as such
_N_KEPT = 100_000
_N_AT_ONCE = 1_000
_LONGEST_QUERY = 1_000


class ExportLog:
    """Gather what known callers took out.

    Parameters
    ----------
    store : Store or None
        Keeps the audit log; without one nothing is gathered.
    """

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._waiting: deque[Entry] = deque()
        self._n_lost = 0
        self._events = structlog.get_logger("geogrid_api")

    def add(self, scope: Any, caller: Caller) -> None:  # noqa: ANN401 - an ASGI scope
        """Note one export.

        Parameters
        ----------
        scope : dict
            ASGI scope of the request.
        caller : Caller
            Who took it; the public is not written down.
        """
        if self._store is None or not caller.name:
            return
        if len(self._waiting) >= _N_KEPT:
            self._n_lost += 1
            return
        from geogrid.store.audit import Actor, Entry

        client = scope["client"]
        self._waiting.append(
            Entry(
                "export.read",
                scope["path"],
                details={
                    "query": scope["query_string"].decode("latin-1")[:_LONGEST_QUERY],
                    "request_id": scope.get("geogrid.request_id", ""),
                },
                by=Actor(caller.name, caller.role or "", client[0] if client else ""),
                made_at=dt.datetime.now(dt.UTC),
            )
        )

    async def flush(self) -> None:
        """Write what is waiting; what cannot be written waits on."""
        while self._waiting and self._store is not None:
            batch = [self._waiting.popleft() for _ in range(min(_N_AT_ONCE, len(self._waiting)))]
            try:
                await to_thread.run_sync(self._write, batch)
            except StorageError as error:
                self._waiting.extendleft(reversed(batch))
                await self._events.aerror("audit waits", n_lines=len(self._waiting), why=str(error))
                return

    def _write(self, batch: list[Entry]) -> None:
        """Write lines in one transaction."""
        from geogrid.store.audit import Entry

        if self._store is None:
            return
        if self._n_lost:
            lost, self._n_lost = self._n_lost, 0
            batch = [*batch, Entry("export.lost", "audit", "failed", details={"n_lines": lost})]
        self._store.record(*batch)
