"""The audit log: who did what, when, from where; written with the deed itself."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geogrid.errors import ConflictError, InputError
from geogrid.files import replacing
from geogrid.store import tables

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from geogrid.store.database import Database

__all__ = [
    "KEEP_DAYS",
    "NOBODY",
    "Actor",
    "AuditRow",
    "Entry",
    "Rotated",
    "acting",
    "actor",
    "read",
    "record",
    "redact",
    "rotate",
    "stream",
    "write_lines",
]

# at least six months stay in the store (DOMAIN section 9)
KEEP_DAYS = 180

# a key or a token of ours, wherever it strayed
_SECRET = re.compile(r"\b(g[gt]_)[\w-]{16,}")
_WIDTHS = {"user_name": 64, "role": 16, "address": 64, "action": 64, "subject": 200, "outcome": 16}


@dataclass(frozen=True, slots=True)
class Actor:
    """Name who acts.

    Parameters
    ----------
    name : str
        User name; empty for the public.
    role : str
        Their role at that moment; ``console`` for the command line.
    address : str
        Where they sit, as far as the service can see.
    """

    name: str = ""
    role: str = ""
    address: str = ""


NOBODY = Actor()
_ACTOR: ContextVar[Actor] = ContextVar("geogrid_actor", default=NOBODY)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line to be written.

    Parameters
    ----------
    action : str
        ``plan.move``, ``user.add``, ``export.items`` ...: the thing, a dot, the verb.
    subject : str
        What was acted upon.
    outcome : str
        ``done``, ``refused``, ``failed`` or ``tried``.
    details : dict
        JSON values; no secret, no person.
    by : Actor or None
        None: whoever acts at the moment (`acting`).
    made_at : datetime or None
        None: the moment it is written.
    """

    action: str
    subject: str = ""
    outcome: str = "done"
    details: dict[str, Any] = field(default_factory=dict)
    by: Actor | None = None
    made_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line of the log, as it was written.

    Parameters
    ----------
    audit_id : int
        Counts up.
    made_at : datetime
        UTC.
    user_name, role, address : str
        Who, as what, from where.
    action, subject, outcome : str
        What was done to what, and how it ended.
    details : dict
        Whatever else there is to know.
    """

    audit_id: int
    made_at: dt.datetime
    user_name: str
    role: str
    address: str
    action: str
    subject: str
    outcome: str
    details: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return the line as JSON values."""
        named = {name: getattr(self, name) for name in self.__slots__}
        return named | {"made_at": self.made_at.isoformat()}


@dataclass(frozen=True, slots=True)
class Rotated:
    """Tell what left the log.

    Parameters
    ----------
    n_rows : int
        Lines written away; 0: none was old enough, no file was made.
    path : Path or None
        Where they are now.
    sha256 : str
        Of the file; also in the log itself.
    """

    n_rows: int
    path: Path | None = None
    sha256: str = ""


@contextmanager
def acting(who: Actor) -> Iterator[None]:
    """Let everything inside be done in somebody's name.

    Parameters
    ----------
    who : Actor
        The one who acts, in this thread or task only.

    Yields
    ------
    None
        While they act.
    """
    token = _ACTOR.set(who)
    try:
        yield
    finally:
        _ACTOR.reset(token)


def actor() -> Actor:
    """Return who acts at the moment; `NOBODY` if nobody said so."""
    return _ACTOR.get()


def redact(text: str) -> str:
    """Return a text in which no key and no token of ours can be read.

    Parameters
    ----------
    text : str
        A line of a log, an address, a message.

    Returns
    -------
    str
        The same, with what follows the prefix of a secret struck out.

    Examples
    --------
    >>> redact("GET /plans?key=gg_abcdefghijklmnop123")
    'GET /plans?key=gg_***'
    """
    return _SECRET.sub(r"\1***", text)


def record(connection: sa.Connection, *entries: Entry, now: dt.datetime) -> None:
    """Write lines in the transaction of the deed they tell of.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Inside a transaction; both are kept or neither.
    *entries : Entry
        One, or a batch.
    now : datetime
        For those that state no moment.
    """
    rows = [_row(entry, now) for entry in entries]
    if rows:
        connection.execute(tables.audit.insert(), rows)


def _row(entry: Entry, now: dt.datetime) -> dict[str, Any]:
    """Return a line as the table holds it: no secret, nothing too long."""
    who = entry.by or _ACTOR.get()
    texts = {
        "user_name": who.name,
        "role": who.role,
        "address": who.address,
        "action": entry.action,
        "subject": entry.subject,
        "outcome": entry.outcome,
    }
    # PostgreSQL keeps no zero byte in a text
    short = {
        key: redact(text.replace("\0", "\ufffd"))[: _WIDTHS[key]] for key, text in texts.items()
    }
    details = redact(json.dumps(entry.details, ensure_ascii=False, default=str))
    return short | {
        "made_at": entry.made_at or now,
        "details": json.loads(details.replace("\\u0000", "\ufffd")),
    }


def read(  # noqa: PLR0913 - each is one filter of the page
    connection: sa.Connection,
    *,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    user_name: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    outcome: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[AuditRow]:
    """Return a page of the log, newest first.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        To read from.
    since, until : datetime, optional
        From this moment on; before that one.
    user_name : str, optional
        Exactly this.
    action : str, optional
        Exactly this, or all that begin with it and a dot: ``user``.
    subject, outcome : str, optional
        Exactly this.
    before : int, optional
        The `audit_id` that the page before ended with.
    limit : int
        Rows at most.

    Returns
    -------
    list of AuditRow
        At most `limit`.
    """
    table = tables.audit.c
    wanted = [
        None if since is None else table.made_at >= since,
        None if until is None else table.made_at < until,
        None if user_name is None else table.user_name == user_name,
        None
        if action is None
        else sa.or_(table.action == action, table.action.startswith(f"{action}.", autoescape=True)),
        None if subject is None else table.subject == subject,
        None if outcome is None else table.outcome == outcome,
        None if before is None else table.audit_id < before,
    ]
    query = (
        sa.select(tables.audit)
        .where(*(clause for clause in wanted if clause is not None))
        .order_by(table.audit_id.desc())
        .limit(limit)
    )
    return [AuditRow(**row) for row in connection.execute(query).mappings()]


def stream(
    connection: sa.Connection,
    *,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> Iterator[AuditRow]:
    """Go through the log, oldest first, in constant memory.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        To read from, until the last row was taken.
    since, until : datetime, optional
        From this moment on; before that one.

    Yields
    ------
    AuditRow
        One after the other.
    """
    table = tables.audit.c
    query = sa.select(tables.audit).order_by(table.audit_id)
    if since is not None:
        query = query.where(table.made_at >= since)
    if until is not None:
        query = query.where(table.made_at < until)
    for row in connection.execute(query, execution_options={"yield_per": 1000}).mappings():
        yield AuditRow(**row)


def rotate(database: Database, out: Path | str, *, days: int, now: dt.datetime) -> Rotated:
    """Move lines older than so many days into a file beside the store.

    The file is complete and on disk before a line is taken out, and taking out is
    one transaction with the line that tells of it: after a crash the lines are in
    the file, in the store, or in both, never in neither.

    Parameters
    ----------
    database : Database
        The store's; nobody who writes has to wait while the file is made.
    out : Path or str
        The file to make, JSON lines packed by gzip; never one that exists.
    days : int
        What is younger stays; at least 180.
    now : datetime
        Counted from here.

    Returns
    -------
    Rotated
        How many, where, and the file's SHA-256.

    Raises
    ------
    InputError
        If fewer days shall stay than must, or the file exists.
    ConflictError
        If somebody else rotates at the same time.
    StorageError
        If the file cannot be written; nothing is taken out.
    """
    out = Path(out)
    if days < KEEP_DAYS:
        raise InputError(f"The last {KEEP_DAYS} days of the audit log must stay; {days} is fewer.")
    if out.exists():
        raise InputError(f"{out} exists; a part of the audit log is never written over.")
    cutoff = now - timedelta(days=days)
    old = tables.audit.c.made_at < cutoff
    with database.read() as connection:
        last = connection.scalar(sa.select(sa.func.max(tables.audit.c.audit_id)).where(old))
        if last is None:
            return Rotated(0)
        with replacing(out) as aside:
            n_rows = write_lines(stream(connection, until=cutoff), aside)
            with aside.open("rb") as handle:
                sha256 = hashlib.file_digest(handle, "sha256").hexdigest()
    with database.write() as connection:
        _allow(connection, last)
        if connection.execute(tables.audit.delete().where(old)).rowcount != n_rows:
            raise ConflictError(f"Somebody else rotates the audit log; {out} is a copy only.")
        told = {"n_rows": n_rows, "before": cutoff.isoformat(), "sha256": sha256}
        record(connection, Entry("audit.rotate", out.name, details=told), now=now)
    return Rotated(n_rows, out, sha256)


def _allow(connection: sa.Connection, last: int) -> None:
    """Tell the trigger that guards the log up to which line rows may leave it."""
    key = {"key": "audit_rotated"}
    connection.execute(tables.settings.delete().where(tables.settings.c.key == key["key"]))
    connection.execute(tables.settings.insert().values(value=last, **key))


def write_lines(rows: Iterable[AuditRow], path: Path) -> int:
    """Write rows as JSON lines, packed by gzip.

    Parameters
    ----------
    rows : iterable of AuditRow
        Taken one by one.
    path : Path
        The file.

    Returns
    -------
    int
        How many there were.
    """
    n_rows = 0
    with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
        for row in rows:
            n_rows += 1
            line = json.dumps(row.as_dict(), ensure_ascii=False, sort_keys=True)
            packed.write(line.encode() + b"\n")
    path.chmod(0o600)
    return n_rows
