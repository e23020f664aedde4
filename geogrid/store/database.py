"""The database under a store: SQLite or PostgreSQL, one way to read and one to write.

A write is one transaction and answers after the database has synced it; whatever
goes wrong in it, nothing of it stays. Errors of drivers become words for people.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import make_url

from geogrid.errors import ConflictError, GeogridError, InputError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL, Connection, Engine

__all__ = ["Database", "store_url"]

# how long one waits for another's write before giving up
PATIENCE_S = 15.0
# threads that may hold a connection at once; further ones wait
_POOL, _OVERFLOW = 5, 35
_MODE = "geogrid_mode"

# what SQLite says (in lower case) -> what a person can do about it
_SQLITE_WORDS = (
    ("disk is full", "The disk that holds {store} is full; nothing was saved. Make room, retry."),
    (
        "readonly database",
        "{store} cannot be written: the file or its folder is read-only; nothing was saved.",
    ),
    (
        "unable to open",
        "{store} cannot be opened: the file or its folder is missing or may not be read.",
    ),
    (
        "is locked",
        "Another process kept {store} busy for {patience:g} s; nothing was saved. Retry.",
    ),
    ("disk i/o", "The disk that holds {store} failed; nothing was saved. Look after the disk."),
    ("malformed", "{store} is damaged; run `geogrid store check`, then restore a backup."),
    ("not a database", "{store} is no geogrid store."),
    ("no such table", "{store} is no geogrid store; make one with `geogrid store init`."),
    ("no such column", "{store} has other tables than this geogrid; run `geogrid store upgrade`."),
)
# SQLSTATE, or its class of two letters -> the same
_POSTGRES_WORDS = {
    "53100": "The disk of {store} is full; nothing was saved. Make room, retry.",
    "53200": "{store} ran out of memory; nothing was saved. Retry.",
    "53300": "{store} takes no more connections; nothing was saved. Retry, or allow more.",
    "25006": "{store} is read-only; nothing was saved.",
    "42501": "This database user may not do that in {store}; nothing was saved.",
    "55P03": "Another process kept {store} busy for {patience:g} s; nothing was saved. Retry.",
    "57014": "{store} took too long and was stopped; nothing was saved. Retry.",
    "42P01": "{store} is no geogrid store; make one with `geogrid store init`.",
    "42703": "{store} has other tables than this geogrid; run `geogrid store upgrade`.",
    "3D000": "{store} does not exist; create the database, then run `geogrid store init`.",
    "28": "{store} refuses this user or password.",
    "40": "Two writes met in {store}; nothing was saved. Retry.",
    "53": "{store} ran out of something; nothing was saved. Retry.",
    "08": "The connection to {store} was lost; nothing was saved. Retry.",
    "57": "The connection to {store} was lost; nothing was saved. Retry.",
}
_LOST = "The connection to {store} was lost; nothing was saved. Retry."
# the one moment at which nobody can tell what the other side did
_UNKNOWN = (
    "The connection to {store} was lost while it saved: look whether the change is there, "
    "then retry."
)


def store_url(place: str | Path) -> URL:
    """Return the address of a store: a plain path is a SQLite file.

    Parameters
    ----------
    place : str or Path
        A path, ``sqlite:///FILE``, or ``postgresql://USER@HOST/NAME``.

    Returns
    -------
    URL
        With the driver that we use.

    Raises
    ------
    InputError
        If the address is of another kind.
    """
    text = str(place)
    if "://" not in text:
        if "\0" in text or not text.strip():
            raise InputError("The store's path is empty or no plain text.")
        return sa.URL.create("sqlite", database=str(Path(text).absolute()))
    try:
        url = make_url(text)
        kind = url.get_backend_name()
    except (exc.ArgumentError, ValueError) as error:
        msg = "The store's address cannot be read; give a path or postgresql://USER@HOST/NAME."
        raise InputError(msg) from error
    if kind == "sqlite" and url.database and url.database != ":memory:":
        return url.set(drivername="sqlite", database=str(Path(url.database).absolute()))
    if kind in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg")
    msg = f"A store is a SQLite file or a PostgreSQL database, not {kind}."
    raise InputError(msg, kind=kind)


class Database:
    """Hold the connections of one store; safe for many threads.

    Parameters
    ----------
    place : str or Path
        See `store_url`.
    patience_s : float
        Seconds to wait for another's write.
    """

    def __init__(self, place: str | Path, *, patience_s: float = PATIENCE_S) -> None:
        self.url = store_url(place)
        self.patience_s = patience_s
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        try:
            self.engine = (
                _sqlite(self.url, patience_s) if self.is_sqlite else _postgres(self.url, patience_s)
            )
        except ModuleNotFoundError as error:
            msg = "PostgreSQL needs the driver psycopg: install `geogrid[postgis]`."
            raise StorageError(msg) from error
        # SQLite goes on writing into a file that was deleted or replaced, and says that all is well
        self._file: tuple[int, int] | None = None
        self._reader = self.engine.execution_options(**_reading(self.is_sqlite))
        self._writer = self.engine.execution_options(**{_MODE: "IMMEDIATE"})
        self._single = self.engine.execution_options(
            **({_MODE: ""} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"})
        )

    @property
    def name(self) -> str:
        """Return the store's address without the password."""
        if self.is_sqlite:
            return str(self.url.database)
        plain = self.url.set(drivername="postgresql", query={})
        return plain.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one moment of the store.

        Yields
        ------
        Connection
            Everything read through it belongs together.

        Raises
        ------
        StorageError
            If the database fails.
        """
        with self._words(), self._reader.connect() as connection:
            self._require_same_file()
            yield connection

    @contextmanager
    def peek(self) -> Iterator[Connection]:
        """Give a connection for a single question, without a transaction.

        Yields
        ------
        Connection
            The cheapest way to one row.

        Raises
        ------
        StorageError
            If the database fails.
        """
        with self._words(), self._single.connect() as connection:
            self._require_same_file()
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection whose changes are kept all or not at all.

        On SQLite one writes after the other; on PostgreSQL whoever needs that locks
        the row that it depends on (``with_for_update``, which SQLite does not need).

        Yields
        ------
        Connection
            Committed, synced to disk, when the block ends without an error.

        Raises
        ------
        StorageError
            If the database fails; nothing was saved.
        ConflictError
            If a rule of the tables refuses the change.
        """
        saving = threading.Event()
        with self._words(saving), self._writer.connect() as connection:
            transaction = connection.begin()
            try:
                self._require_same_file()
                yield connection
                self._require_same_file()
            except BaseException:
                transaction.rollback()
                raise
            saving.set()
            transaction.commit()

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()
        self._file = None

    def _require_same_file(self) -> None:
        """Refuse to go on with a SQLite file that lies no more where it was opened."""
        if not self.is_sqlite:
            return
        try:
            found = os.stat(self.name)  # noqa: PTH116 - asked at every turn: a third of the time
        except FileNotFoundError:
            raise self._failure("{store} is gone; put it back, or restart with another.") from None
        here = (found.st_dev, found.st_ino)
        if self._file is None:
            self._file = here
        elif self._file != here:
            raise self._failure("{store} was replaced by another file; restart what uses it.")

    @contextmanager
    def _words(self, saving: threading.Event | None = None) -> Iterator[None]:
        """Turn what drivers raise into errors of ours."""
        try:
            yield
        except GeogridError:
            raise
        except exc.TimeoutError as error:
            raise self._failure("Too many at once ask {store}; retry.") from error
        except exc.IntegrityError as error:
            said = str(error.orig).split("\n", 1)[0]
            msg = f"The store refuses this change ({said}); look at its state and retry."
            raise ConflictError(msg) from error
        except (exc.DataError, OverflowError, UnicodeError) as error:
            raise InputError("A value is too long, too large or no plain text.") from error
        except exc.DBAPIError as error:
            in_doubt = saving is not None and saving.is_set() and error.connection_invalidated
            raise self._failure(_UNKNOWN if in_doubt else self._explain(error)) from error
        except OSError as error:
            raise self._failure(f"{{store}} failed: {error.strerror or error}.") from error

    def _failure(self, words: str) -> StorageError:
        """Return an error that names the store, never its password."""
        msg = words.replace("{store}", self.name).replace("{patience:g}", f"{self.patience_s:g}")
        return StorageError(msg, store=self.name)

    def _explain(self, error: exc.DBAPIError) -> str:
        """Return the words for what a driver raised."""
        if self.is_sqlite:
            said = str(error.orig).lower()
            for sign, words in _SQLITE_WORDS:
                if sign in said:
                    return words
            return f"{{store}} failed ({said}); nothing was saved."
        state = str(getattr(error.orig, "sqlstate", None) or "")
        words = _POSTGRES_WORDS.get(state) or _POSTGRES_WORDS.get(state[:2], "")
        if words:
            return words
        if error.connection_invalidated or not state:
            return _LOST
        return f"{{store}} failed (SQLSTATE {state}); nothing was saved."


def _reading(is_sqlite: bool) -> dict[str, Any]:  # noqa: FBT001 - which of the two
    """Return the options of a connection that only reads."""
    if is_sqlite:
        return {_MODE: "DEFERRED"}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def _sqlite(url: URL, patience_s: float) -> Engine:
    """Return the engine for a SQLite file: write-ahead log, every commit synced."""
    # never make a file by looking for it
    address = f"file:{quote(str(url.database))}?mode=rw"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, timeout=patience_s, check_same_thread=False)

    engine = sa.create_engine(
        url,
        creator=connect,
        pool_size=_POOL,
        max_overflow=_OVERFLOW,
        pool_timeout=2 * patience_s,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, record: object) -> None:
        del record
        # the driver must not begin transactions by its own rules
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get(_MODE, "IMMEDIATE")
        if mode:
            connection.exec_driver_sql(f"BEGIN {mode}")

    return engine


def _postgres(url: URL, patience_s: float) -> Engine:
    """Return the engine for PostgreSQL: commits wait for the disk, nobody waits for ever."""
    milliseconds = int(1000 * patience_s)
    # said per connection, so that a server's own defaults cannot weaken them
    settings = {
        "synchronous_commit": "on",
        "lock_timeout": str(milliseconds),
        "idle_in_transaction_session_timeout": str(20 * milliseconds),
        "timezone": "UTC",
        "client_encoding": "UTF8",
    }
    said = " ".join(f"-c {key}={value}" for key, value in settings.items())
    return sa.create_engine(
        url,
        pool_size=_POOL,
        max_overflow=_OVERFLOW,
        pool_timeout=2 * patience_s,
        pool_pre_ping=True,
        connect_args={
            "options": said,
            "connect_timeout": int(patience_s),
            "application_name": "geogrid",
        },
    )
