"""Archives: one file that holds a whole store, read back into either database.

A zip of JSON lines, a table each, with a manifest that counts and hashes them. Sessions
stay behind: nobody is signed in after a restore. Password hashes go along, so an archive
is as secret as the store; its file opens for its owner only.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import zipfile
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import sqlalchemy as sa

from geogrid.errors import ConflictError, InputError, StorageError
from geogrid.files import replacing
from geogrid.store import migrations
from geogrid.store.audit import Entry, record
from geogrid.store.database import Database
from geogrid.store.store import Store
from geogrid.store.tables import METADATA, Moment, documents, plans, sessions
from geogrid.store.views import make_views

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Archive", "backup", "inspect", "restore"]

FORMAT = "geogrid-store-1"
_MANIFEST = "manifest.json"
_TABLES = tuple(table for table in METADATA.sorted_tables if table is not sessions)
# rows held at once; a row of documents is a plan file of some megabytes
_BATCH, _BATCH_OF_FILES = 500, 1
_OWNER_ONLY = 0o600

# what a zip, a text or a number that somebody bent raises
_BENT = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    TypeError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True, slots=True)
class Archive:
    """Tell what an archive holds.

    Parameters
    ----------
    path : Path
        The file.
    revision : str
        The step of the migrations that its tables stand at.
    made_at : datetime
        The moment it shows, in UTC.
    counts : dict of str to int
        Rows of every table.
    """

    path: Path
    revision: str
    made_at: dt.datetime
    counts: dict[str, int]


def backup(database: Database, path: Path | str, *, now: dt.datetime) -> Archive:
    """Write a whole store, as it is at one moment, into one file.

    Parameters
    ----------
    database : Database
        May be in use; those who write need not wait.
    path : Path or str
        The file to make or replace; the old one stays whole until the new one is.
    now : datetime
        The moment.

    Returns
    -------
    Archive
        What was written.

    Raises
    ------
    StorageError
        If the store cannot be read or the file cannot be written.
    """
    path = Path(path)
    entries: list[dict[str, Any]] = []
    with database.read() as connection, replacing(path) as aside:
        revision = migrations.revision_of(connection)
        if revision is None:
            raise StorageError(f"{database.name} is no store; there is nothing to back up.")
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as packed:
            for table in _TABLES:
                with packed.open(f"{table.name}.jsonl", "w", force_zip64=True) as out:
                    entries.append(_write_table(connection, table, out))
            manifest = {
                "format": FORMAT,
                "revision": revision,
                "made_at": now.isoformat(),
                "tables": entries,
            }
            packed.writestr(_MANIFEST, json.dumps(manifest, indent=1))
        aside.chmod(_OWNER_ONLY)
    # a store that cannot be written any more can still be saved
    with suppress(StorageError), database.write() as connection:
        record(connection, Entry("store.backup", path.name), now=now)
    return Archive(path, revision, now, {entry["name"]: entry["n_rows"] for entry in entries})


def _write_table(connection: sa.Connection, table: sa.Table, out: IO[bytes]) -> dict[str, Any]:
    """Write the rows of a table as JSON lines; return its entry of the manifest."""
    hashed, n_rows = hashlib.sha256(), 0
    plain = [_PLAIN.get(type(column.type)) for column in table.columns]
    query = sa.select(table).order_by(*table.primary_key.columns)
    batch = _BATCH_OF_FILES if table is documents else _BATCH
    for row in connection.execute(query, execution_options={"yield_per": batch}):
        values = [
            value if way is None or value is None else way(value)
            for way, value in zip(plain, row, strict=True)
        ]
        line = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        hashed.update(line)
        out.write(line)
        n_rows += 1
    return {
        "name": table.name,
        "columns": [column.name for column in table.columns],
        "n_rows": n_rows,
        "sha256": hashed.hexdigest(),
    }


# types that JSON does not know: the way out, the way back
_PLAIN: dict[type, Any] = {
    sa.LargeBinary: lambda value: base64.b64encode(value).decode("ascii"),
    Moment: dt.datetime.isoformat,
    sa.Date: dt.date.isoformat,
}
_BACK: dict[type, Any] = {
    sa.LargeBinary: lambda text: base64.b64decode(text, validate=True),
    Moment: dt.datetime.fromisoformat,
    sa.Date: dt.date.fromisoformat,
}


def inspect(path: Path | str) -> Archive:
    """Look through an archive: every count and every hash.

    Parameters
    ----------
    path : Path or str
        From `backup`.

    Returns
    -------
    Archive
        What it holds.

    Raises
    ------
    InputError
        If it is no archive, of a later form, or damaged anywhere.
    """
    path = Path(path)
    with _opened(path) as packed:
        manifest = _manifest(packed, path)
        for table, entry in zip(_TABLES, manifest["tables"], strict=True):
            hashed, n_rows = hashlib.sha256(), 0
            with packed.open(f"{table.name}.jsonl") as lines:
                for line in lines:
                    hashed.update(line)
                    n_rows += 1
            if (n_rows, hashed.hexdigest()) != (entry["n_rows"], entry["sha256"]):
                raise _damaged(path, f"table {table.name} is not as it was written")
        return Archive(
            path,
            manifest["revision"],
            dt.datetime.fromisoformat(manifest["made_at"]),
            {entry["name"]: entry["n_rows"] for entry in manifest["tables"]},
        )


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive; say plainly what is wrong with it."""
    try:
        with zipfile.ZipFile(path) as packed:
            yield packed
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"There is no archive {path}.") from error
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}."
        raise StorageError(msg, path=str(path)) from error
    except _BENT as error:
        raise _damaged(path, str(error) or type(error).__name__) from error


def _damaged(path: Path, cause: str) -> InputError:
    return InputError(
        f"{path} is damaged or no archive of a store ({cause[:200]}); take another one.",
        path=str(path),
    )


def _manifest(packed: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    """Return the manifest of an archive that this geogrid can read."""
    manifest: dict[str, Any] = json.loads(packed.read(_MANIFEST))
    if manifest["format"] != FORMAT:
        raise _damaged(path, f"its form is {manifest['format']!r}, not {FORMAT}")
    if manifest["revision"] != migrations.REVISION:
        raise InputError(
            f"{path} holds tables of step {manifest['revision']!r}, this geogrid has "
            f"{migrations.REVISION!r}; restore with the geogrid that wrote it, then upgrade."
        )
    expected = [(table.name, [c.name for c in table.columns]) for table in _TABLES]
    if [(entry["name"], entry["columns"]) for entry in manifest["tables"]] != expected:
        raise _damaged(path, "its tables are not those of this form")
    return manifest


def restore(path: Path | str, place: Path | str, *, now: dt.datetime) -> Archive:
    """Fill an empty store with what an archive holds.

    A SQLite file is made aside and renamed, a database of PostgreSQL is filled in
    one transaction: the target is whole or as it was.

    Parameters
    ----------
    path : Path or str
        From `backup`, of either database.
    place : Path or str
        A SQLite file that is not there yet, or a database without a row.
    now : datetime
        The moment, for the log.

    Returns
    -------
    Archive
        What was read.

    Raises
    ------
    InputError
        If the archive is damaged; the target was not touched.
    ConflictError
        If the target holds something.
    StorageError
        If the target cannot be written.
    """
    archive = inspect(path)
    database = Database(place)
    try:
        if not database.is_sqlite:
            _fill(database, archive, now)
            return archive
    finally:
        database.close()
    target = Path(str(database.url.database))
    if target.exists():
        raise ConflictError(f"{target} exists; a store is restored into a new file only.")
    with replacing(target) as aside:
        Store.create(aside).close()
        database = Database(aside)
        try:
            _fill(database, archive, now)
        finally:
            # closing the last connection brings everything into the one file
            database.close()
    return archive


def _fill(database: Database, archive: Archive, now: dt.datetime) -> None:
    """Make the tables and fill them, in one transaction."""
    with database.write() as connection, _opened(archive.path) as packed:
        if migrations.revision_of(connection) is None:
            migrations.upgrade(connection)
            make_views(connection)
        held = [
            table.name
            for table in METADATA.sorted_tables
            if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first()
        ]
        # the settings that every new store has are replaced by those of the archive
        if set(held) - {"settings"}:
            raise ConflictError(
                f"{database.name} holds {', '.join(held)}; restore into an empty store."
            )
        connection.execute(METADATA.tables["settings"].delete())
        later: dict[int, dict[str, Any]] = {}
        for table in _TABLES:
            with packed.open(f"{table.name}.jsonl") as lines:
                _read_table(connection, table, lines, later)
        for plan_id, values in later.items():
            connection.execute(plans.update().where(plans.c.plan_id == plan_id).values(values))
        _count_on(connection)
        told = {"made_at": archive.made_at.isoformat(), "counts": archive.counts}
        record(connection, Entry("store.restore", archive.path.name, details=told), now=now)


def _read_table(
    connection: sa.Connection, table: sa.Table, lines: IO[bytes], later: dict[int, dict[str, Any]]
) -> None:
    """Fill one table; note what plans may say only when every row is there."""
    names = [column.name for column in table.columns]
    back = [_BACK.get(type(column.type)) for column in table.columns]
    # JSON that is not there must not become the JSON word null
    unsaid = {c.name for c in table.columns if c.nullable and isinstance(c.type, sa.JSON)}
    size = _BATCH_OF_FILES if table is documents or unsaid else _BATCH
    batch: list[dict[str, Any]] = []
    for line in lines:
        values = [
            value if way is None or value is None else way(value)
            for way, value in zip(back, json.loads(line), strict=True)
        ]
        row = dict(zip(names, values, strict=True))
        if table is plans:
            # a draft may have been merged into a plan that was made after it
            if row["merged_into"] is not None:
                later[row["plan_id"]] = {"merged_into": row["merged_into"]}
                row["merged_into"] = None
            # nothing can be added to a published plan
            if row["status"] == "published":
                later.setdefault(row["plan_id"], {})["status"] = "published"
                row["status"] = "approved"
        batch.append({k: v for k, v in row.items() if v is not None or k not in unsaid})
        if len(batch) >= size:
            connection.execute(table.insert(), batch)
            batch = []
    if batch:
        connection.execute(table.insert(), batch)


def _count_on(connection: sa.Connection) -> None:
    """Let PostgreSQL go on counting where the archive ended; SQLite does by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in _TABLES:
        column = table.autoincrement_column
        if column is None:
            continue
        highest = connection.scalar(sa.select(sa.func.max(column)))
        if highest is not None:
            sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
            connection.execute(sa.select(sa.func.setval(sequence, highest)))
