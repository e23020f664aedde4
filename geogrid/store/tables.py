"""The tables of a store: one schema for SQLite and PostgreSQL.

Whatever was published or logged is only ever added to: ``revisions``, ``log``,
``approvals``, ``changes``, ``audit``, ``features`` and ``crosswalk`` know no update.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import fields
from typing import TYPE_CHECKING, Any, get_args

import sqlalchemy as sa

from geogrid.store.records import Decision, JobStatus, Level, LogKind, Role, Status

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

__all__ = [
    "LARGEST",
    "METADATA",
    "Moment",
    "approvals",
    "audit",
    "changes",
    "columns_of",
    "comments",
    "crosswalk",
    "districts",
    "documents",
    "features",
    "grid_codes",
    "jobs",
    "keys",
    "log",
    "plans",
    "revisions",
    "sessions",
    "settings",
    "users",
]

# no database counts further
LARGEST = 2**63 - 1

# a number that SQLite counts up by itself must be its own INTEGER
_Count = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Moment(sa.TypeDecorator[dt.datetime]):
    """A moment in UTC, to the microsecond; naive in the database, aware in Python."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Store UTC without its name, which SQLite cannot keep."""
        del dialect
        if value is None:
            return None
        try:
            return value.astimezone(dt.UTC).replace(tzinfo=None)
        except OverflowError:
            # within a day of the calendar's ends, where a zone reaches beyond them
            return value.replace(tzinfo=None)

    def process_result_value(
        self, value: dt.datetime | None, dialect: Dialect
    ) -> dt.datetime | None:
        """Give UTC its name back."""
        del dialect
        return None if value is None else value.replace(tzinfo=dt.UTC)


METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _one_of(column: str, words: Any) -> sa.CheckConstraint:  # noqa: ANN401 - a Literal
    """Allow a column these words only."""
    listed = ", ".join(f"'{word}'" for word in get_args(words))
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def columns_of(table: sa.Table, record: type) -> list[sa.Column[Any]]:
    """Return the columns that a record holds, in its own order.

    Parameters
    ----------
    table : Table
        One of ours.
    record : type
        A dataclass whose members are columns.

    Returns
    -------
    list of Column
        To be selected or returned.
    """
    return [table.c[field.name] for field in fields(record)]


# head: counts what changes the served version; public: collections that anybody may read
settings = sa.Table(
    "settings",
    METADATA,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
)

# plan files by the hash of their bytes, and who lies where in them (store/outlines.py);
# both compressed, never changed
documents = sa.Table(
    "documents",
    METADATA,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("outline", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
)

districts = sa.Table(
    "districts",
    METADATA,
    sa.Column("district_code", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(128), nullable=False),
    sa.Column("crs", sa.String(32), nullable=False),
)

# one row a version of a district's layout plan
plans = sa.Table(
    "plans",
    METADATA,
    sa.Column("plan_id", _Count, primary_key=True, autoincrement=True),
    sa.Column("district_code", sa.ForeignKey("districts.district_code"), nullable=False),
    # counted per district, for people: version 7
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    # a subdistrict's own draft; NULL: the whole district
    sa.Column("scope", sa.String(32)),
    sa.Column("base_plan_id", sa.ForeignKey("plans.plan_id")),
    # a subdistrict's draft ends by being replayed into one of the district
    sa.Column("merged_into", sa.ForeignKey("plans.plan_id")),
    # what the log starts from, and the finished file once published
    sa.Column("start_document", sa.ForeignKey("documents.sha256"), nullable=False),
    sa.Column("final_document", sa.ForeignKey("documents.sha256")),
    sa.Column("revision", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_by", sa.String(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("proposed_by", sa.String(64)),
    sa.Column("proposed_at", Moment),
    sa.Column("approved_by", sa.String(64)),
    sa.Column("approved_at", Moment),
    sa.Column("published_by", sa.String(64)),
    sa.Column("published_at", Moment),
    sa.Column("document_no", sa.String(64)),
    sa.Column("effective_date", sa.Date),
    # why soft rules may be broken (DOMAIN section 4: the reason is recorded)
    sa.Column("accepted_because", sa.Text),
    sa.UniqueConstraint("district_code", "number"),
    _one_of("status", Status),
)
# two versions of a district cannot begin on one day
sa.Index(
    "uq_plans_effective",
    plans.c.district_code,
    plans.c.effective_date,
    unique=True,
    sqlite_where=plans.c.status == "published",
    postgresql_where=plans.c.status == "published",
)

revisions = sa.Table(
    "revisions",
    METADATA,
    sa.Column("plan_id", sa.ForeignKey("plans.plan_id"), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("n_entries", sa.Integer, nullable=False),
    sa.Column("undoes", sa.Integer),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
)

# the state of a draft is its start document and these, in order
log = sa.Table(
    "log",
    METADATA,
    sa.Column("plan_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    # move: a courtyard's grid_code; name: a grid's name; lock: "courtyard:ID" or "grid:CODE"
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("subject", sa.String(128), nullable=False),
    sa.Column("before", sa.String(200), nullable=False),
    sa.Column("after", sa.String(200), nullable=False),
    sa.ForeignKeyConstraint(["plan_id", "revision"], ["revisions.plan_id", "revisions.revision"]),
    _one_of("kind", LogKind),
)

comments = sa.Table(
    "comments",
    METADATA,
    sa.Column("comment_id", _Count, primary_key=True, autoincrement=True),
    sa.Column("plan_id", sa.ForeignKey("plans.plan_id"), nullable=False, index=True),
    # "grid:CODE", "courtyard:ID", or empty: the plan as a whole
    sa.Column("subject", sa.String(128), nullable=False, server_default=""),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("settled_by", sa.String(64)),
    sa.Column("settled_at", Moment),
)

approvals = sa.Table(
    "approvals",
    METADATA,
    sa.Column("approval_id", _Count, primary_key=True, autoincrement=True),
    sa.Column("plan_id", sa.ForeignKey("plans.plan_id"), nullable=False, index=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("level", sa.String(16), nullable=False),
    sa.Column("decision", sa.String(16), nullable=False),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    _one_of("level", Level),
    _one_of("decision", Decision),
)

# every code that a published version ever gave, or knew to have ended before (first and ended
# are then the same version); none is given twice
grid_codes = sa.Table(
    "grid_codes",
    METADATA,
    sa.Column("district_code", sa.ForeignKey("districts.district_code"), primary_key=True),
    sa.Column("grid_code", sa.String(32), primary_key=True),
    sa.Column("first_plan_id", sa.ForeignKey("plans.plan_id"), nullable=False),
    sa.Column("ended_plan_id", sa.ForeignKey("plans.plan_id")),
)

# a published version as it is handed out: WGS84, WKB, properties as JSON text
features = sa.Table(
    "features",
    METADATA,
    sa.Column("plan_id", sa.ForeignKey("plans.plan_id"), primary_key=True),
    sa.Column("collection", sa.String(32), primary_key=True),
    sa.Column("feature_id", sa.String(64), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("properties", sa.Text, nullable=False),
    sa.Column("geometry", sa.LargeBinary),
)

crosswalk = sa.Table(
    "crosswalk",
    METADATA,
    sa.Column("plan_id", sa.ForeignKey("plans.plan_id"), primary_key=True),
    sa.Column("old_code", sa.String(32), primary_key=True),
    sa.Column("new_code", sa.String(32), primary_key=True),
    sa.Column("old_plan_id", sa.ForeignKey("plans.plan_id"), nullable=False),
    sa.Column("n_courtyards", sa.Integer, nullable=False),
    sa.Column("households", sa.Integer, nullable=False),
    sa.Column("share_of_old", sa.Float, nullable=False),
    sa.Column("share_of_new", sa.Float, nullable=False),
)

# the integrators' feed; written under the publication lock, so cursors never step back
changes = sa.Table(
    "changes",
    METADATA,
    sa.Column("cursor", _Count, primary_key=True, autoincrement=True),
    sa.Column("district_code", sa.ForeignKey("districts.district_code"), nullable=False),
    sa.Column("plan_id", sa.ForeignKey("plans.plan_id"), nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("effective_date", sa.Date, nullable=False),
    sa.Column("kind", sa.String(24), nullable=False),
    sa.Column("subject", sa.String(128), nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
)

users = sa.Table(
    "users",
    METADATA,
    sa.Column("user_name", sa.String(64), primary_key=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("subdistrict_code", sa.String(32)),
    sa.Column("password_hash", sa.String(256)),
    sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("created_by", sa.String(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("n_failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("closed_until", Moment),
    _one_of("role", Role),
)

# only hashes of keys and tokens are kept; whoever reads the store cannot use them
keys = sa.Table(
    "keys",
    METADATA,
    sa.Column("key_hash", sa.String(64), primary_key=True),
    sa.Column("key_id", sa.String(16), nullable=False, unique=True),
    sa.Column("label", sa.String(128), nullable=False),
    sa.Column("user_name", sa.ForeignKey("users.user_name"), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment),
    sa.Column("ended_at", Moment),
)

sessions = sa.Table(
    "sessions",
    METADATA,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("user_name", sa.ForeignKey("users.user_name"), nullable=False, index=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
)

audit = sa.Table(
    "audit",
    METADATA,
    sa.Column("audit_id", _Count, primary_key=True, autoincrement=True),
    sa.Column("made_at", Moment, nullable=False, index=True),
    sa.Column("user_name", sa.String(64), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("action", sa.String(64), nullable=False),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
)

# work that outlives a request; a runner that dies loses its lease
jobs = sa.Table(
    "jobs",
    METADATA,
    sa.Column("job_id", sa.String(36), primary_key=True),
    sa.Column("process", sa.String(32), nullable=False),
    sa.Column("status", sa.String(16), nullable=False, index=True),
    sa.Column("inputs", sa.JSON, nullable=False),
    sa.Column("progress", sa.Integer, nullable=False, server_default="0"),
    sa.Column("message", sa.Text, nullable=False, server_default=""),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("started_at", Moment),
    sa.Column("updated_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.Column("lease_until", Moment),
    sa.Column("runner", sa.String(64)),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("plan_id", sa.ForeignKey("plans.plan_id")),
    sa.Column("result", sa.JSON),
    _one_of("status", JobStatus),
)
