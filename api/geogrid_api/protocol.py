"""HTTP as uvicorn reads it, with an end to what it waits for and to what it keeps.

uvicorn gathers the address and the headers before anything of ours runs, however long they
are and however slowly they arrive; `geogrid_api.shell` sees only whole requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

__all__ = ["Protocol"]

# far above the shell's own limits, which answer in full; this one only keeps memory small
_MOST_HEAD = 262_144
_MOST_LINES = 200
_HEAD_WAIT_S = 10.0
# bodies up to here are copied behind their heads; that costs less than to gather two pieces
_COPIED = 65_536
# what an asker may wait for before it sends a body; the answer itself follows
_CONTINUE = b"HTTP/1.1 100 "
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class Protocol(HttpToolsProtocol):
    """Read requests; hang up on heads without end."""

    _began: float | None = None
    _size = 0
    _n_lines = 0
    _watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as theirs
        """Begin to watch a new connection."""
        super().connection_made(transport)
        self._began = self.loop.time()
        self._watch = self.loop.call_later(_HEAD_WAIT_S, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin to count."""
        self._began = self.loop.time()
        self._size = self._n_lines = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count the address."""
        self._size += len(url)
        if self._size > _MOST_HEAD:
            self._hang_up()
            return
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._size += len(name) + len(value)
        self._n_lines += 1
        if self._size > _MOST_HEAD or self._n_lines > _MOST_LINES:
            self._hang_up()
            return
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Let a whole head through."""
        self._began = None
        if not self.transport.is_closing():
            before = self.cycle
            super().on_headers_complete()
            # an answer to HEAD has no body, whose write would send the head
            if self.cycle is not before and self.cycle.scope["method"] != "HEAD":
                # its task has not begun yet
                self.cycle.transport = _OneWrite(self.transport)  # type: ignore[assignment]  # what of it is used

    def _look(self) -> None:
        """Hang up if a head has been arriving for too long; else look again later."""
        if self._began is not None and self.loop.time() - self._began >= _HEAD_WAIT_S:
            self.transport.close()
            return
        self._watch = self.loop.call_later(_HEAD_WAIT_S, self._look)

    def _hang_up(self) -> None:
        """Refuse without reading on."""
        if not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()


class _OneWrite:
    """Send an answer's head together with the beginning of its body.

    uvicorn writes them one after the other, and each write is a system call, a packet and a
    reader woken up: half of what a small answer costs.
    """

    __slots__ = ("_head", "_inner", "_is_begun", "is_closing")

    def __init__(self, inner: asyncio.Transport) -> None:
        self._inner = inner
        self._head = b""
        self._is_begun = False
        self.is_closing = inner.is_closing

    def write(self, data: bytes) -> None:
        """Keep the head; write whatever else comes, after it."""
        if self._is_begun:
            head, self._head = self._head, b""
            if head and len(data) > _COPIED:
                self._inner.writelines((head, data))
            else:
                self._inner.write(head + data)
        elif data.startswith(_CONTINUE):
            self._inner.write(data)
        else:
            self._is_begun = True
            self._head = data

    def close(self) -> None:
        """Write what is kept, and hang up."""
        if self._head:
            self.write(b"")
        self._inner.close()
