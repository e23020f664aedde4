"""Checks: does a store still keep everything that it promised.

Told from the rows alone, by other ways than those that wrote them: logs are replayed here
by hand, published features are made anew from their plan files.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geogrid.errors import GeogridError, StorageError
from geogrid.store import tables
from geogrid.store.documents import plan_of_bytes, read_document, read_outline
from geogrid.store.feature_rows import rows_of_tables
from geogrid.store.outlines import outline_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from geogrid.publish.features import FeatureTable
    from geogrid.store.database import Database
    from geogrid.store.outlines import Outline

__all__ = ["Finding", "check_store"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Name one broken promise.

    Parameters
    ----------
    kind : str
        ``database``, ``document``, ``log``, ``published``, ``calendar`` or ``codes``.
    subject : str
        Which table, file, plan or code.
    message : str
        What is wrong.
    """

    kind: str
    subject: str
    message: str


def check_store(
    database: Database, *, on_progress: Callable[[str], None] | None = None
) -> list[Finding]:
    """Look through a whole store; takes a second or two for every plan file.

    Parameters
    ----------
    database : Database
        May be in use; everything is looked at as it is at one moment.
    on_progress : callable, optional
        Told what is looked at.

    Returns
    -------
    list of Finding
        Empty: all is well.

    Raises
    ------
    StorageError
        If the store cannot even be opened.
    """
    say = on_progress or (lambda _: None)
    found: list[Finding] = []
    steps: tuple[tuple[str, Callable[[sa.Connection], Iterator[Finding]]], ...] = (
        ("database", _database),
        ("links", _links),
        ("documents", _documents),
        ("logs", _logs),
        ("published", _published),
        ("calendar", _calendar),
        ("codes", _codes),
    )
    for name, step in steps:
        say(name)
        try:
            # a moment each: a database that fails in one step may answer in the next
            with database.read() as connection:
                found += step(connection)
        except StorageError as error:
            found.append(Finding("database", name, error.message))
    return found


def _database(connection: sa.Connection) -> Iterator[Finding]:
    """Ask the database what it thinks of its own files."""
    if connection.dialect.name == "sqlite":
        for (said,) in connection.execute(sa.text("PRAGMA integrity_check")):
            if said != "ok":
                yield Finding("database", "file", str(said))
        return
    invalid = sa.text(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE NOT i.indisvalid AND n.nspname = current_schema()"
    )
    for (name,) in connection.execute(invalid):
        yield Finding("database", name, "this index is not valid; REINDEX it")
    has_tool = sa.text("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'")
    if connection.execute(has_tool).first():
        # raises where an index and its table do not agree
        connection.execute(
            sa.text(
                "SELECT bt_index_check(i.indexrelid, true) FROM pg_index i "
                "JOIN pg_class c ON c.oid = i.indexrelid "
                "JOIN pg_namespace n ON n.oid = c.relnamespace "
                "JOIN pg_am a ON a.oid = c.relam "
                "WHERE a.amname = 'btree' AND n.nspname = current_schema()"
            )
        ).all()


def _links(connection: sa.Connection) -> Iterator[Finding]:
    """Look for rows that point at rows which are not there."""
    for table in tables.METADATA.sorted_tables:
        for key in table.foreign_key_constraints:
            # under another name, since a table may point at itself
            other = key.referred_table.alias("other")
            pairs = [(link.parent, other.c[link.column.name]) for link in key.elements]
            lost = sa.select(sa.func.count()).where(
                *(mine.is_not(None) for mine, _ in pairs),
                ~sa.exists().where(*(mine == theirs for mine, theirs in pairs)),
            )
            n_lost = connection.scalar(lost.select_from(table))
            if n_lost:
                message = f"{n_lost} rows point at {key.referred_table.name} that are gone"
                yield Finding("database", table.name, message)


def _documents(connection: sa.Connection) -> Iterator[Finding]:
    """Hold every plan file against its hash, and its outline against the file."""
    known = tables.documents.c
    for sha256, size in connection.execute(sa.select(known.sha256, known.size)).all():
        try:
            raw = read_document(connection, sha256)
            outline = read_outline(connection, sha256)
            if len(raw) != size:
                yield Finding("document", sha256, f"{len(raw)} bytes, not {size}")
            if outline != outline_of(plan_of_bytes(raw)):
                yield Finding("document", sha256, "its outline tells another plan")
        except GeogridError as error:
            yield Finding("document", sha256, error.message)


def _logs(connection: sa.Connection) -> Iterator[Finding]:
    """Replay every plan's log, each entry upon what the one before left."""
    for plan in connection.execute(sa.select(tables.plans)).all():
        subject = f"plan {plan.plan_id}"
        try:
            start = read_outline(connection, plan.start_document)
            end = (
                None
                if plan.final_document is None
                else read_outline(connection, plan.final_document)
            )
        except StorageError as error:
            yield Finding("log", subject, error.message)
            continue
        for message in _replay(connection, plan, start, end):
            yield Finding("log", subject, message)


def _replay(
    connection: sa.Connection,
    plan: Any,  # noqa: ANN401 - a row of plans
    start: Outline,
    end: Outline | None,
) -> Iterator[str]:
    """Yield what is wrong with the log of one plan."""
    head, lines = tables.revisions.c, tables.log.c
    heads = connection.execute(
        sa.select(head.revision, head.n_entries)
        .where(head.plan_id == plan.plan_id)
        .order_by(head.revision)
    ).all()
    if [row.revision for row in heads] != list(range(1, plan.revision + 1)):
        yield f"its revisions do not run from 1 to {plan.revision}"
    counted: dict[int, list[int]] = defaultdict(list)
    state = {"move": dict(start.assignment), "name": dict(start.names), "lock": {}}
    query = (
        sa.select(tables.log)
        .where(lines.plan_id == plan.plan_id)
        .order_by(lines.revision, lines.seq)
    )
    for entry in connection.execute(query, execution_options={"yield_per": 1000}):
        counted[entry.revision].append(entry.seq)
        held = state[entry.kind]
        if held.get(entry.subject, "") != entry.before:
            yield (
                f"revision {entry.revision} takes {entry.kind} {entry.subject} from "
                f"{entry.before!r}, but it was {held.get(entry.subject, '')!r}"
            )
        held[entry.subject] = entry.after
    for row in heads:
        seqs = counted.pop(row.revision, [])
        first = seqs[0] if seqs else 0
        if len(seqs) != row.n_entries or seqs != list(range(first, first + len(seqs))):
            yield f"revision {row.revision} has {len(seqs)} entries, not {row.n_entries} in a row"
    if end is not None and state["move"] != dict(end.assignment):
        yield "its log does not lead to its final file"


def _published(connection: sa.Connection) -> Iterator[Finding]:
    """Hold what is handed out against the plan file it was made from."""
    from geogrid.publish.features import feature_tables

    query = sa.select(tables.plans).where(tables.plans.c.status == "published")
    for plan in connection.execute(query).all():
        subject = f"plan {plan.plan_id}"
        needed = ("final_document", "document_no", "effective_date", "published_at")
        missing = [name for name in needed if getattr(plan, name) is None]
        if missing:
            yield Finding("published", subject, f"published without {', '.join(missing)}")
            continue
        try:
            made = feature_tables(plan_of_bytes(read_document(connection, plan.final_document)))
        except GeogridError as error:
            yield Finding("published", subject, error.message)
            continue
        for message in _compare(connection, plan.plan_id, made):
            yield Finding("published", subject, message)


def _compare(
    connection: sa.Connection, plan_id: int, made: dict[str, FeatureTable]
) -> Iterator[str]:
    """Yield how the features that are kept differ from those made anew."""
    column = tables.features.c
    names = connection.scalars(
        sa.select(column.collection).where(column.plan_id == plan_id).distinct()
    ).all()
    for name in sorted({*names, *made}):
        query = (
            sa.select(column.feature_id, column.properties, column.geometry)
            .where(column.plan_id == plan_id, column.collection == name)
            .order_by(column.position)
        )
        kept = connection.execute(query).all()
        table = made.get(name)
        n_made = 0 if table is None else len(table.ids)
        if len(kept) != n_made:
            yield f"{name} has {len(kept)} features, its plan file {n_made}"
            continue
        if table is None:
            continue
        made_rows = rows_of_tables(plan_id, {name: table})
        differ = [
            row.feature_id
            for row, again in zip(kept, made_rows, strict=True)
            if row.feature_id != again["feature_id"]
            or json.loads(row.properties) != json.loads(again["properties"])
            or row.geometry != again["geometry"]
        ]
        if differ:
            yield f"{len(differ)} features of {name} differ from its plan file ({differ[0]} ...)"


def _calendar(connection: sa.Connection) -> Iterator[Finding]:
    """Look for days on which two versions would be in force."""
    column = tables.plans.c
    query = (
        sa.select(column.district_code, column.effective_date, sa.func.count())
        .where(column.status == "published")
        .group_by(column.district_code, column.effective_date)
        .having(sa.func.count() > 1)
    )
    for district, day, n_plans in connection.execute(query):
        yield Finding("calendar", district, f"{n_plans} versions come into force on {day}")


def _codes(connection: sa.Connection) -> Iterator[Finding]:
    """Look for codes that came back after they had ended, or that nobody wrote down."""
    column, code = tables.plans.c, tables.grid_codes.c
    written = {
        (row.district_code, row.grid_code)
        for row in connection.execute(sa.select(code.district_code, code.grid_code))
    }
    seen: dict[str, set[str]] = defaultdict(set)
    living: dict[str, set[str]] = {}
    query = (
        sa.select(column.plan_id, column.district_code, column.final_document)
        .where(column.status == "published", column.final_document.is_not(None))
        .order_by(column.district_code, column.effective_date)
    )
    for plan_id, district, sha256 in connection.execute(query).all():
        try:
            codes = set(read_outline(connection, sha256).assignment.values())
        except StorageError:
            continue  # told by the documents
        for again in sorted((codes - living.get(district, set())) & seen[district]):
            yield Finding("codes", again, f"plan {plan_id} gives it again after it had ended")
        for lost in sorted(c for c in codes if (district, c) not in written):
            yield Finding("codes", lost, f"plan {plan_id} gives it, but it is not written down")
        seen[district] |= codes
        living[district] = codes
