"""Triggers that keep what was published or logged from being changed, by anybody.

They stand below our own code, so that a slip in it, or a hand in the database, is refused.
Steps of the migration call these functions; change them only by a new step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["triggers"]

# no row of these is ever changed or taken away
_APPEND_ONLY = ("approvals", "changes", "crosswalk", "documents", "features", "log", "revisions")
# and none is added for a plan that is published
_OF_A_PLAN = ("crosswalk", "features", "log", "revisions")

_ROTATED = """EXISTS (SELECT 1 FROM settings WHERE settings.key = 'audit_rotated'
  AND OLD.audit_id <= CAST(CAST(settings.value AS VARCHAR(32)) AS {number}))"""

# name, table, event, condition (of OLD and NEW), what it says
_Rule = tuple[str, str, str, str, str]


def _rules(number: str) -> Iterator[_Rule]:
    """Yield every rule; ``number`` is the type that holds an audit_id."""
    for table in _APPEND_ONLY:
        for what in ("UPDATE", "DELETE"):
            yield f"{table}_no_{what.lower()}", table, what, "", f"{table} is only added to"
    for table in _OF_A_PLAN:
        closed = (
            "EXISTS (SELECT 1 FROM plans WHERE plans.plan_id = NEW.plan_id"
            " AND plans.status = 'published')"
        )
        yield f"{table}_closed", table, "INSERT", closed, "a published plan is never changed"
    published = "OLD.status = 'published'"
    yield "plans_no_update", "plans", "UPDATE", published, "a published plan is never changed"
    yield "plans_no_delete", "plans", "DELETE", "", "plans are kept"
    ended = (
        "OLD.ended_plan_id IS NOT NULL OR NEW.grid_code <> OLD.grid_code"
        " OR NEW.district_code <> OLD.district_code OR NEW.first_plan_id <> OLD.first_plan_id"
    )
    yield "grid_codes_no_update", "grid_codes", "UPDATE", ended, "a grid code is never given twice"
    yield "grid_codes_no_delete", "grid_codes", "DELETE", "", "a grid code is never given twice"
    yield "audit_no_update", "audit", "UPDATE", "", "the audit log is only added to"
    # rotation writes the last audit_id that it took out to settings, in its own transaction
    kept = f"NOT {_ROTATED.format(number=number)}"
    yield "audit_no_delete", "audit", "DELETE", kept, "the audit log is only rotated"


def triggers(dialect: str) -> list[str]:
    """Return the statements that make every trigger.

    Parameters
    ----------
    dialect : str
        ``sqlite`` or ``postgresql``.

    Returns
    -------
    list of str
        To be run in order.
    """
    if dialect == "sqlite":
        return [_sqlite(*rule) for rule in _rules("INTEGER")]
    made = [text for rule in _rules("BIGINT") for text in _postgres(*rule)]
    tables = sorted({*_APPEND_ONLY, "audit", "grid_codes", "plans"})
    return [_REFUSE, *made, *(_no_truncate(table) for table in tables)]


def _sqlite(name: str, table: str, what: str, condition: str, said: str) -> str:
    """Return one trigger for SQLite."""
    when = f" WHEN {condition}" if condition else ""
    return (
        f"CREATE TRIGGER {name} BEFORE {what} ON {table}{when}"
        f" BEGIN SELECT RAISE(ABORT, '{said}'); END"
    )


_REFUSE = """
CREATE FUNCTION geogrid_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $$
"""


def _postgres(name: str, table: str, what: str, condition: str, said: str) -> Iterator[str]:
    """Yield the statements of one trigger for PostgreSQL."""
    if "SELECT" not in condition:
        when = f" WHEN ({condition})" if condition else ""
        yield (
            f"CREATE TRIGGER {name} BEFORE {what} ON {table} FOR EACH ROW{when}"
            f" EXECUTE FUNCTION geogrid_refuse('{said}')"
        )
        return
    # a condition that looks into another table needs a function of its own
    row = "OLD" if what == "DELETE" else "NEW"
    yield f"""
CREATE FUNCTION geogrid_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {condition} THEN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN {row};
END $$
"""
    yield (
        f"CREATE TRIGGER {name} BEFORE {what} ON {table} FOR EACH ROW"
        f" EXECUTE FUNCTION geogrid_{name}('{said}')"
    )


def _no_truncate(table: str) -> str:
    """Return the trigger that keeps a table of PostgreSQL from being emptied."""
    return (
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
        f" EXECUTE FUNCTION geogrid_refuse('{table} is never emptied')"
    )
