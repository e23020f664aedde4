"""Other days than today: their snapshots are made beside the event loop, few at a time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from anyio import CapacityLimiter, to_thread

if TYPE_CHECKING:
    from geogrid.publish.snapshot import Snapshot, VersionInfo
    from geogrid_api.library import Library
    from geogrid_api.operations import Answer, Call, Operation

__all__ = ["Past"]

# making holds the interpreter: more at a time only slow the readers of today down
_N_AT_ONCE = 2


class Past:
    """Answer for days whose snapshot is not at hand.

    Notes
    -----
    Threads of its own, so that whoever asks for many days in turn keeps nobody else waiting;
    one task for each snapshot, however many wait for it.
    """

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(_N_AT_ONCE)
        self._underway: dict[
            tuple[Library, tuple[VersionInfo, ...], bool], asyncio.Task[Snapshot]
        ] = {}

    async def answer(
        self, operation: Operation, call: Call, versions: tuple[VersionInfo, ...]
    ) -> Answer:
        """Have the snapshot made, then ask the operation again.

        Parameters
        ----------
        operation : Operation
            That raised `NotAtHandError`.
        call : Call
            What it was asked.
        versions : tuple of VersionInfo
            What is missing.

        Returns
        -------
        Answer
            Written in a thread too: the first answer from a snapshot makes more of it ready.
        """
        made = await self._snapshot(call.library, versions, public=call.is_public)
        again = replace(call, snapshot=made)
        return await to_thread.run_sync(operation.answer, again, limiter=self._limiter)

    async def _snapshot(
        self, library: Library, versions: tuple[VersionInfo, ...], *, public: bool
    ) -> Snapshot:
        """Wait for a snapshot, which somebody else may already be waiting for."""
        key = (library, versions, public)
        task = self._underway.get(key)
        if task is None:
            task = self._underway[key] = asyncio.create_task(self._make(*key))
            task.add_done_callback(lambda done: self._end(key, done))
        # one who gives up does not take it from the others
        return await asyncio.shield(task)

    async def _make(
        self,
        library: Library,
        versions: tuple[VersionInfo, ...],
        public: bool,  # noqa: FBT001 - a part of the key
    ) -> Snapshot:
        """Make a snapshot in a thread."""
        return await to_thread.run_sync(
            lambda: library.made(versions, public=public), limiter=self._limiter
        )

    def _end(
        self,
        key: tuple[Library, tuple[VersionInfo, ...], bool],
        done: asyncio.Task[Snapshot],
    ) -> None:
        """Forget a task; its error was told to whoever still waited."""
        self._underway.pop(key, None)
        if not done.cancelled():
            done.exception()
