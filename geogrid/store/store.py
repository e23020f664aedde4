"""Store: the one face of everything that is kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geogrid.errors import ConflictError, StorageError
from geogrid.store import migrations
from geogrid.store.database import Database
from geogrid.store.door import Door
from geogrid.store.outcomes import Outcomes
from geogrid.store.views import make_views

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from sqlalchemy.engine import Connection

__all__ = ["Store"]


class Store(Outcomes, Door):
    """Keep plans, their versions and edits, accounts, jobs and the audit log.

    Make one with `create`, `open` or `upgrade`. Every method is safe from many
    threads and processes; each write is one transaction that is synced to disk before
    the method returns.
    """

    @classmethod
    def create(
        cls,
        place: str | Path,
        *,
        now: Callable[[], dt.datetime] | None = None,
        **more: Any,  # noqa: ANN401
    ) -> Self:
        """Make a new store.

        Parameters
        ----------
        place : str or Path
            A path that is free, or an empty database ``postgresql://USER@HOST/NAME``.
        now : callable, optional
            The clock.
        **more
            See `Room`.

        Returns
        -------
        Store
            Empty.

        Raises
        ------
        ConflictError
            If there is a store already.
        StorageError
            If it cannot be made.
        """
        database = Database(place)
        if database.is_sqlite:
            _new_file(Path(str(database.url.database)))
        try:
            with database.write() as connection:
                _require_empty(connection, database.name)
                migrations.upgrade(connection)
                make_views(connection)
        except BaseException:
            database.close()
            raise
        return cls(database, now=now, **more)

    @classmethod
    def open(
        cls,
        place: str | Path,
        *,
        now: Callable[[], dt.datetime] | None = None,
        **more: Any,  # noqa: ANN401
    ) -> Self:
        """Open a store that is there.

        Parameters
        ----------
        place : str or Path
            As given to `create`.
        now : callable, optional
            The clock.
        **more
            See `Room`.

        Returns
        -------
        Store
            Connected.

        Raises
        ------
        StorageError
            If it is missing, cannot be read, or its tables are older or newer than
            this geogrid's.
        """
        database = Database(place)
        if database.is_sqlite and not Path(str(database.url.database)).is_file():
            msg = f"There is no store at {database.name}; make one with `geogrid store init`."
            raise StorageError(msg, store=database.name)
        try:
            with database.read() as connection:
                found = migrations.revision_of(connection)
        except BaseException:
            database.close()
            raise
        if found != migrations.REVISION:
            database.close()
            raise StorageError(
                _other_tables(database.name, found), store=database.name, found=found
            )
        return cls(database, now=now, **more)

    @classmethod
    def upgrade(cls, place: str | Path) -> str:
        """Bring an older store's tables up to date, all steps or none.

        Parameters
        ----------
        place : str or Path
            As given to `create`. Make a backup first.

        Returns
        -------
        str
            The step that its tables stand at now.

        Raises
        ------
        StorageError
            If it is missing, newer than this geogrid, or cannot be changed.
        """
        database = Database(place)
        try:
            with database.write() as connection:
                found = migrations.revision_of(connection)
                if found is None or found > migrations.REVISION:
                    raise StorageError(_other_tables(database.name, found), found=found)
                migrations.upgrade(connection)
                make_views(connection)
        finally:
            database.close()
        return migrations.REVISION

    @property
    def name(self) -> str:
        """Return the store's address without a password."""
        return self.database.name

    def close(self) -> None:
        """Let go of every connection."""
        self.database.close()

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()


def _require_empty(connection: Connection, name: str) -> None:
    """Refuse a database that holds a store."""
    if migrations.revision_of(connection) is not None:
        raise ConflictError(f"{name} is a store already.", store=name)


def _new_file(path: Path) -> None:
    """Make an empty file that only its owner may read, with the write-ahead log on."""
    import sqlite3
    from contextlib import closing

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    except FileExistsError as error:
        raise ConflictError(f"{path} is there already; choose another.", store=str(path)) from error
    except (OSError, sqlite3.Error) as error:
        msg = f"{path} cannot be made: {getattr(error, 'strerror', None) or error}."
        raise StorageError(msg, store=str(path)) from error


def _other_tables(name: str, found: str | None) -> str:
    """Say what to do about tables of another day."""
    if found is None:
        return f"{name} is no geogrid store; make one with `geogrid store init`."
    if found < migrations.REVISION:
        return f"{name} is older than this geogrid; run `geogrid store upgrade` after a backup."
    return f"{name} was made by a newer geogrid; install that one."
