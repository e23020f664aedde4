"""Laws of the check: what somebody bent in the files of a store is found, and named."""

from __future__ import annotations

import datetime as dt
import sqlite3
import zlib

import pytest
import sqlalchemy as sa
from steps import publish

from geogrid.errors import StorageError
from geogrid.store import tables
from geogrid.store.archive import backup, restore
from geogrid.store.audit import Actor, acting
from geogrid.store.checks import check_store
from geogrid.store.edits import Lock, Merge, Split
from geogrid.store.store import Store

NOW = dt.datetime(2026, 3, 1, 5, 0, tzinfo=dt.UTC)
W, E = "370202001001", "370202001002"


def fill(store, plan):
    """Publish two versions: in the second a grid has gone and another is new."""
    first = publish(
        store, store.add_plan(plan, title="一", by="planner").plan_id, dt.date(2026, 4, 1)
    )
    second = store.derive_plan(first.plan_id, title="二", by="planner").plan_id
    store.edit(second, [Merge(f"{W}002", f"{W}003")], expected=0, by="planner")
    store.edit(second, [Split(("c20", "c21")), Lock("courtyard:c09")], expected=1, by="li")
    publish(store, second, dt.date(2026, 7, 1))


@pytest.fixture(scope="module")
def good(once, sqlite_template, small_plan):
    """Return the file of a store with two versions; copy it before bending it."""

    def make(aside):
        import shutil

        shutil.copy(sqlite_template, aside)
        with Store.open(aside, now=lambda: NOW) as store:
            fill(store, small_plan)
        # closing brought everything into the one file

    return once("checked.db", make)


@pytest.fixture
def path(good, tmp_path):
    target = tmp_path / "store.db"
    target.write_bytes(good.read_bytes())
    return target


def findings(path):
    with Store.open(path) as store:
        return check_store(store.database)


def bend(path, *statements):
    """Change rows as somebody with the file in their hands could."""
    plain = sqlite3.connect(path, isolation_level=None)
    for (name,) in plain.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        plain.execute(f"DROP TRIGGER {name}")
    for statement, *values in statements:
        plain.execute(statement, values)
    plain.close()


def test_a_good_store_has_no_findings_and_tells_its_steps(path):
    steps = []
    with Store.open(path) as store:
        assert check_store(store.database, on_progress=steps.append) == []
    assert steps == ["database", "links", "documents", "logs", "published", "calendar", "codes"]


OTHER = zlib.compress(b"another file")
CASES = {
    "a plan file changed": ("document", ["UPDATE documents SET body = ?", OTHER]),
    "a plan file gone": ("database", ["DELETE FROM documents"]),
    "an outline changed": ("document", ["UPDATE documents SET outline = ?", zlib.compress(b"{}")]),
    "a log entry gone": ("log", ["DELETE FROM log WHERE plan_id = 2 AND seq = 0"]),
    "a log entry changed": ("log", ["UPDATE log SET before = 'x' WHERE kind = 'move'"]),
    "a log entry's end changed": (
        "log",
        ["UPDATE log SET after = ? WHERE subject = 'c04'", f"{W}001"],
    ),
    "a revision gone": ("log", ["DELETE FROM revisions WHERE plan_id = 2 AND revision = 2"]),
    "a count changed": ("log", ["UPDATE revisions SET n_entries = 9"]),
    "a feature gone": ("published", ["DELETE FROM features WHERE feature_id = 'c05'"]),
    "a feature changed": (
        "published",
        ["UPDATE features SET properties = '{}' WHERE position = 0"],
    ),
    "a shape changed": (
        "published",
        ["UPDATE features SET geometry = x'00' WHERE collection = 'beats' OR position = 1"],
    ),
    "a date gone": ("published", ["UPDATE plans SET effective_date = NULL WHERE plan_id = 1"]),
    "a code not written down": ("codes", ["DELETE FROM grid_codes WHERE grid_code = ?", f"{E}001"]),
    "a user gone": (
        "database",
        ["INSERT INTO comments (plan_id, body, made_by, made_at) VALUES (9, '', '', '2026-01-01')"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_was_bent_is_named(case, path):
    kind, statement = CASES[case]
    bend(path, statement)
    assert kind in {finding.kind for finding in findings(path)}


def test_two_versions_from_one_day_are_named(path):
    bend(
        path, ["DROP INDEX uq_plans_effective"], ["UPDATE plans SET effective_date = '2026-04-01'"]
    )
    assert "calendar" in {finding.kind for finding in findings(path)}


def test_a_code_that_comes_back_is_named(path):
    # the first version once more, as if it followed the second
    columns = [column.name for column in tables.plans.columns]
    other = {
        "plan_id": "3",
        "number": "3",
        "revision": "0",
        "effective_date": "'2027-01-01'",
        "final_document": "start_document",
    }
    values = [sa.literal_column(other.get(name, name)) for name in columns]
    again = sa.select(*values).select_from(tables.plans).where(sa.text("plan_id = 1"))
    bend(path, [str(tables.plans.insert().from_select(columns, again))])
    again = [f for f in findings(path) if "after it had ended" in f.message]
    assert [finding.subject for finding in again] == [f"{W}002"]


def test_a_file_with_broken_pages_is_named(path):
    plain = sqlite3.connect(path)
    ((body,),) = plain.execute("SELECT body FROM documents LIMIT 1")
    plain.close()
    raw = bytearray(path.read_bytes())
    # a page in the midst of a plan file
    page = raw.index(body[30_000:30_100]) // 4096 * 4096
    raw[page : page + 4096] = b"\xff" * 4096
    path.write_bytes(raw)
    assert {finding.kind for finding in findings(path)} >= {"database", "document"}


def test_a_file_that_cannot_even_be_opened_is_said(path):
    raw = bytearray(path.read_bytes())
    raw[4096:40960] = b"\xff" * 36864
    path.write_bytes(raw)
    with pytest.raises(StorageError, match="damaged"):
        findings(path)


def test_published_versions_go_through_an_archive(store, small_plan, tmp_path):
    fill(store, small_plan)
    backup(store.database, tmp_path / "a.zip", now=NOW)
    restore(tmp_path / "a.zip", tmp_path / "b.db", now=NOW)
    with Store.open(tmp_path / "b.db", now=store.now) as other:
        assert check_store(other.database) == []
        assert other.in_force(dt.date(2026, 5, 1)) == store.in_force(dt.date(2026, 5, 1))
        assert other.changes() == store.changes()
        assert other.head() == store.head()
        # its guards stand again
        with pytest.raises(Exception, match="never changed"), other.database.write() as connection:
            connection.execute(tables.plans.update().values(title="x"))


def test_postgresql_is_checked_by_its_own_tool_where_it_is_there(store, small_plan):
    fill(store, small_plan)
    if not store.database.is_sqlite:
        with store.database.write() as connection:
            connection.execute(sa.text("CREATE EXTENSION amcheck"))
    assert check_store(store.database) == []


def test_every_write_leaves_its_line_in_the_log(store, small_plan):
    """Go through every writing call: one line each, in the transaction of the deed."""
    plan_id = store.add_plan(small_plan, title="一", by="li").plan_id
    note = store.comment(plan_id, "?", by="li")
    job = store.add_job("layout", {}, by="li")
    claimed = store.claim_job("r1")
    calls = {
        "plan.edit": lambda: store.edit(plan_id, [Lock("courtyard:c01")], expected=0, by="li"),
        "comment.add": lambda: store.comment(plan_id, "!", by="li"),
        "comment.settle": lambda: store.settle_comment(note.comment_id, by="li"),
        "plan.decide": lambda: store.decide(plan_id, "agree", level="community", by="li"),
        "plan.submit": lambda: store.submit(plan_id, expected=1, by="li"),
        "plan.send_back": lambda: store.send_back(plan_id, expected=1, by="wang"),
        "plan.withdraw": lambda: store.withdraw(plan_id, by="li"),
        "plan.add": lambda: store.derive_plan(plan_id, title="二", by="li"),
        "setting.public": lambda: store.set_public("beats", public=False),
        "job.finish": lambda: store.finish_job(claimed, result={}),
        "job.add": lambda: store.add_job("layout", {}, by="li"),
    }
    for action, call in calls.items():
        before = store.read_audit(limit=1)[0].audit_id
        with acting(Actor("li", "planner", "10.0.0.8")):
            call()
        (line, *more) = [row for row in store.read_audit() if row.audit_id > before]
        assert (line.action, line.user_name, line.role, line.address) == (
            *(action, "li", "planner", "10.0.0.8"),
        )
        assert not more, action
    dismissed = store.add_job("layout", {}, by="wang")
    assert job.job_id != dismissed.job_id
    store.dismiss_job(dismissed.job_id)
    # nobody said who acts: the line names whom the call names
    assert [(row.action, row.user_name) for row in store.read_audit(limit=2)] == [
        *(("job.dismiss", ""), ("job.add", "wang")),
    ]
