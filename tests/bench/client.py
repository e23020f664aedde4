"""Client: many requests over few connections that stay open, every answer looked at."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from servers import HOST

# one answer may take so long
ANSWER_S = 60.0


@dataclass
class Tally:
    """Count answers.

    Parameters
    ----------
    statuses : dict of int to int
        How often each came.
    faults : list of str
        What went wrong, the first few.
    times_ms : list of float
        Latency of each answer.
    """

    statuses: dict[int, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    times_ms: list[float] = field(default_factory=list)

    @property
    def n(self):
        """Return the number of answers."""
        return sum(self.statuses.values())

    def note(self, status, took_s):
        """Count one answer."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.times_ms.append(1e3 * took_s)

    def fault(self, words):
        """Keep what went wrong."""
        if len(self.faults) < 20:
            self.faults.append(words)


class Connection:
    """Speak HTTP/1.1 over one connection; open it again when the service has closed it."""

    def __init__(self, port):
        self.port = port
        self.reader = self.writer = None

    async def ask(self, method, path, *, headers=(), body=b""):
        """Return status, headers and body of one answer."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}:{self.port}", *headers]
        if body or method in {"POST", "PUT", "PATCH"}:
            lines.append(f"Content-Length: {len(body)}")
        asked = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
        async with asyncio.timeout(ANSWER_S):
            if self.writer is None or self.reader.at_eof():
                await self.close()
                self.reader, self.writer = await asyncio.open_connection(HOST, self.port)
            self.writer.write(asked)
            return await self._answer(method)

    async def _answer(self, method):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split()[1])
        held = (line.partition(":") for line in head[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in held}
        if method == "HEAD" or status in {204, 304}:
            body = b""
        elif headers.get("transfer-encoding") == "chunked":
            body = await self._chunks()
        else:
            body = await self.reader.readexactly(int(headers["content-length"]))
        if headers.get("connection") == "close":
            await self.close()
        return status, headers, body

    async def _chunks(self):
        found = []
        while True:
            size = int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16)
            found.append(await self.reader.readexactly(size))
            await self.reader.readexactly(2)
            if not size:
                return b"".join(found)

    async def close(self):
        """Let the connection go."""
        if self.writer is not None:
            self.writer.close()
            self.reader = self.writer = None


async def ask_all(port, asked, *, connections, expected, on_answer=None):
    """Ask for everything in a list of (method, path, headers, body), in order.

    Parameters
    ----------
    port : int
        Where the service listens.
    asked : iterable
        Requests; taken one by one by whichever connection is free.
    connections : int
        How many at once.
    expected : callable
        Request and answer to a fault in words, or None.
    on_answer : callable, optional
        Called with the number of answers so far.

    Returns
    -------
    Tally
        What came back.
    """
    tally, left = Tally(), iter(asked)

    async def work():
        line = Connection(port)
        for request in left:
            method, path, headers, body = request
            began = time.perf_counter()
            try:
                answer = await line.ask(method, path, headers=headers, body=body)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
                tally.fault(f"{method} {path}: {type(error).__name__} {error}")
                await line.close()
                continue
            tally.note(answer[0], time.perf_counter() - began)
            if fault := expected(request, answer):
                tally.fault(f"{method} {path}: {fault}")
            if on_answer is not None:
                on_answer(tally.n)
        await line.close()

    await asyncio.gather(*(work() for _ in range(connections)))
    return tally
