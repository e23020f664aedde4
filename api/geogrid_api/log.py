"""Logs: one line an event, JSON or words; no secret, no body, no query."""

from __future__ import annotations

import logging
import re
import sys
import time
from json.encoder import encode_basestring_ascii as _quote
from typing import IO, TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from geogrid_api.settings import Settings

__all__ = ["AccessLog", "configure_logs"]

# keys and tokens of ours, and passwords in addresses of databases, wherever they strayed
_SECRETS = re.compile(r"\b(g[gt]_)[\w-]{8,}|(?<=://)([^:/@\s\"]*):[^@/\s\"]+(?=@)")
_KEEP_LINES = 64


def redact(text: str) -> str:
    """Return a text in which no secret can be read.

    Parameters
    ----------
    text : str
        Any line that is about to be logged.

    Returns
    -------
    str
        The same with keys, tokens and passwords of addresses struck out.

    Examples
    --------
    >>> redact("postgresql://geogrid:hush@db/geogrid")
    'postgresql://geogrid:***@db/geogrid'
    """
    return _SECRETS.sub(lambda found: f"{found[1]}***" if found[1] else f"{found[2]}:***", text)


def configure_logs(settings: Settings, stream: IO[str] | None = None) -> None:
    """Send all that is logged in this process, the server's own too, to one place.

    Parameters
    ----------
    settings : Settings
        Level and form.
    stream : text file, optional
        By default the standard error.
    """
    as_json = settings.log_format == "json"
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    ending: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=True)]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=False)]
    )
    form = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Redacting(form))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    # what libraries warn of is an event too, not a line of its own form
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


class _Redacting(logging.Formatter):
    """Strike secrets out of whatever another formatter has written."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        """Write one record down."""
        return redact(self._inner.format(record))


class AccessLog:
    """Write one line a request, in a microsecond or two.

    structlog builds each event from a dictionary through a chain of functions, which costs more
    than answering a request from memory; these lines have its form but are put together by hand,
    and written by the handful.

    Parameters
    ----------
    settings : Settings
        Level and form.
    stream : text file, optional
        By default the standard error.
    """

    def __init__(self, settings: Settings, stream: IO[str] | None = None) -> None:
        self.is_on = settings.log_level in {"debug", "info"}
        self._as_json = settings.log_format == "json"
        self._stream = stream or sys.stderr
        self._lines: list[str] = []
        self._second = 0
        self._stamp = ""

    def write(  # noqa: PLR0913, PLR0917 - a request has so many sides; positions are cheaper
        self,
        request_id: str,
        method: str,
        path: str,
        route: str,
        status: int,
        seconds: float,
        size: int,
        address: str,
        user: str,
    ) -> None:
        """Keep a line for the next `flush`.

        Parameters
        ----------
        request_id : str
            As in the answer's header.
        method, path, route : str
            What was asked; the query stays out, it may hold addresses of people.
        status : int
            Of the answer.
        seconds : float
            From the request's arrival to the answer's end.
        size : int
            Bytes of the answer's body.
        address, user : str
            Who asked; no user: the public.
        """
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second = second
            self._stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        stamp = f"{self._stamp}.{int((now - second) * 1000):03d}Z"
        if "g" in path and _SECRETS.search(path):
            path = redact(path)
        if self._as_json:
            line = (
                f'{{"timestamp":"{stamp}","level":"info","event":"request",'
                f'"request_id":"{request_id}","method":"{method}","path":{_quote(path)},'
                f'"route":"{route}","status":{status},"ms":{seconds * 1000:.2f},"bytes":{size},'
                f'"address":{_quote(address)},"user":"{user}"}}\n'
            )
        else:
            line = (
                f"{stamp} {method} {_quote(path)[1:-1]} {status} {seconds * 1000:.1f} ms "
                f"{size} bytes {address} {user or '-'} {request_id}\n"
            )
        self._lines.append(line)
        if len(self._lines) >= _KEEP_LINES:
            self.flush()

    def flush(self) -> None:
        """Hand on what was kept."""
        if self._lines:
            lines, self._lines = self._lines, []
            self._stream.write("".join(lines))
            self._stream.flush()
