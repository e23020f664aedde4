"""The first step: every table, and the triggers that keep them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geogrid.store.migrations.triggers import triggers

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    _audit()
    _districts()
    _documents()
    _settings()
    _users()
    _keys()
    _plans()
    _sessions()
    _approvals()
    _changes()
    _comments()
    _crosswalk()
    _features()
    _grid_codes()
    _jobs()
    _revisions()
    _log()
    # there from the beginning, so that the first two publications have a row to queue for
    op.execute("INSERT INTO settings (key, value) VALUES ('head', '0')")
    for statement in triggers(op.get_context().dialect.name):
        op.execute(statement)


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column(
            "audit_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("user_name", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_made_at"), "audit", ["made_at"], unique=False)


def _districts() -> None:
    op.create_table(
        "districts",
        sa.Column("district_code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("crs", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("district_code", name=op.f("pk_districts")),
    )


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("outline", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_documents")),
    )


def _settings() -> None:
    op.create_table(
        "settings",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_settings")),
    )


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("user_name", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("subdistrict_code", sa.String(length=32), nullable=True),
        sa.Column("password_hash", sa.String(length=256), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("n_failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("closed_until", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "role IN ('viewer', 'clerk', 'planner', 'approver', 'admin')",
            name=op.f("ck_users_role"),
        ),
        sa.PrimaryKeyConstraint("user_name", name=op.f("pk_users")),
    )


def _keys() -> None:
    op.create_table(
        "keys",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("label", sa.String(length=128), nullable=False),
        sa.Column("user_name", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_name"], ["users.user_name"], name=op.f("fk_keys_user_name")),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_keys")),
        sa.UniqueConstraint("key_id", name=op.f("uq_keys_key_id")),
    )


def _plans() -> None:
    op.create_table(
        "plans",
        sa.Column(
            "plan_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("district_code", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=True),
        sa.Column(
            "base_plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "merged_into", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("start_document", sa.String(length=64), nullable=False),
        sa.Column("final_document", sa.String(length=64), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("proposed_by", sa.String(length=64), nullable=True),
        sa.Column("proposed_at", sa.DateTime(), nullable=True),
        sa.Column("approved_by", sa.String(length=64), nullable=True),
        sa.Column("approved_at", sa.DateTime(), nullable=True),
        sa.Column("published_by", sa.String(length=64), nullable=True),
        sa.Column("published_at", sa.DateTime(), nullable=True),
        sa.Column("document_no", sa.String(length=64), nullable=True),
        sa.Column("effective_date", sa.Date(), nullable=True),
        sa.Column("accepted_because", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('draft', 'proposed', 'approved', 'published', 'withdrawn')",
            name=op.f("ck_plans_status"),
        ),
        sa.ForeignKeyConstraint(
            ["base_plan_id"], ["plans.plan_id"], name=op.f("fk_plans_base_plan_id")
        ),
        sa.ForeignKeyConstraint(
            ["district_code"], ["districts.district_code"], name=op.f("fk_plans_district_code")
        ),
        sa.ForeignKeyConstraint(
            ["final_document"], ["documents.sha256"], name=op.f("fk_plans_final_document")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into"], ["plans.plan_id"], name=op.f("fk_plans_merged_into")
        ),
        sa.ForeignKeyConstraint(
            ["start_document"], ["documents.sha256"], name=op.f("fk_plans_start_document")
        ),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_plans")),
        sa.UniqueConstraint("district_code", "number", name=op.f("uq_plans_district_code_number")),
    )
    op.create_index(
        "uq_plans_effective",
        "plans",
        ["district_code", "effective_date"],
        unique=True,
        sqlite_where=sa.text("status = 'published'"),
        postgresql_where=sa.text("status = 'published'"),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_name", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_name"], ["users.user_name"], name=op.f("fk_sessions_user_name")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_user_name"), "sessions", ["user_name"], unique=False)


def _approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column(
            "approval_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("decision IN ('agree', 'object')", name=op.f("ck_approvals_decision")),
        sa.CheckConstraint(
            "level IN ('community', 'subdistrict', 'district')", name=op.f("ck_approvals_level")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name=op.f("fk_approvals_plan_id")),
        sa.PrimaryKeyConstraint("approval_id", name=op.f("pk_approvals")),
    )
    op.create_index(op.f("ix_approvals_plan_id"), "approvals", ["plan_id"], unique=False)


def _changes() -> None:
    op.create_table(
        "changes",
        sa.Column(
            "cursor",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("district_code", sa.String(length=32), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("effective_date", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["district_code"], ["districts.district_code"], name=op.f("fk_changes_district_code")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name=op.f("fk_changes_plan_id")),
        sa.PrimaryKeyConstraint("cursor", name=op.f("pk_changes")),
    )


def _comments() -> None:
    op.create_table(
        "comments",
        sa.Column(
            "comment_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject", sa.String(length=128), server_default="", nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("settled_by", sa.String(length=64), nullable=True),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name=op.f("fk_comments_plan_id")),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_comments")),
    )
    op.create_index(op.f("ix_comments_plan_id"), "comments", ["plan_id"], unique=False)


def _crosswalk() -> None:
    op.create_table(
        "crosswalk",
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("old_code", sa.String(length=32), nullable=False),
        sa.Column("new_code", sa.String(length=32), nullable=False),
        sa.Column(
            "old_plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("n_courtyards", sa.Integer(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("share_of_old", sa.Float(), nullable=False),
        sa.Column("share_of_new", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["old_plan_id"], ["plans.plan_id"], name=op.f("fk_crosswalk_old_plan_id")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name=op.f("fk_crosswalk_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "old_code", "new_code", name=op.f("pk_crosswalk")),
    )


def _features() -> None:
    op.create_table(
        "features",
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("collection", sa.String(length=32), nullable=False),
        sa.Column("feature_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("properties", sa.Text(), nullable=False),
        sa.Column("geometry", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name=op.f("fk_features_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "collection", "feature_id", name=op.f("pk_features")),
    )


def _grid_codes() -> None:
    op.create_table(
        "grid_codes",
        sa.Column("district_code", sa.String(length=32), nullable=False),
        sa.Column("grid_code", sa.String(length=32), nullable=False),
        sa.Column(
            "first_plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "ended_plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["district_code"], ["districts.district_code"], name=op.f("fk_grid_codes_district_code")
        ),
        sa.ForeignKeyConstraint(
            ["ended_plan_id"], ["plans.plan_id"], name=op.f("fk_grid_codes_ended_plan_id")
        ),
        sa.ForeignKeyConstraint(
            ["first_plan_id"], ["plans.plan_id"], name=op.f("fk_grid_codes_first_plan_id")
        ),
        sa.PrimaryKeyConstraint("district_code", "grid_code", name=op.f("pk_grid_codes")),
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("process", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("progress", sa.Integer(), server_default="0", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.Column("runner", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "status IN ('accepted', 'running', 'successful', 'failed', 'dismissed')",
            name=op.f("ck_jobs_status"),
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name=op.f("fk_jobs_plan_id")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_jobs")),
    )
    op.create_index(op.f("ix_jobs_status"), "jobs", ["status"], unique=False)


def _revisions() -> None:
    op.create_table(
        "revisions",
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("n_entries", sa.Integer(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name=op.f("fk_revisions_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "revision", name=op.f("pk_revisions")),
    )


def _log() -> None:
    op.create_table(
        "log",
        sa.Column("plan_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("before", sa.String(length=200), nullable=False),
        sa.Column("after", sa.String(length=200), nullable=False),
        sa.CheckConstraint("kind IN ('move', 'name', 'lock')", name=op.f("ck_log_kind")),
        sa.ForeignKeyConstraint(
            ["plan_id", "revision"],
            ["revisions.plan_id", "revisions.revision"],
            name=op.f("fk_log_plan_id_revision"),
        ),
        sa.PrimaryKeyConstraint("plan_id", "revision", "seq", name=op.f("pk_log")),
    )
