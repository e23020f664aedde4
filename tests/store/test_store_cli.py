"""The command line of a store: made, filled, saved, looked after; passwords by no argument."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import sys
from dataclasses import replace
from functools import partial

import pytest

from geogrid.errors import StorageError
from geogrid.store.plan_file import write_plan
from geogrid.store.store import Store

PHRASE = "a walk along the sea"
DAY = "2026-04-01"


@pytest.fixture
def run(run):
    """Run ``geogrid store ...`` in this process; return exit code, stdout and stderr."""
    return partial(run, "store")


@pytest.fixture
def home(run, tmp_path, monkeypatch):
    """Return a new store's path; commands find it by the environment."""
    path = tmp_path / "store.db"
    assert run("init", path)[0] == 0
    monkeypatch.setenv("GEOGRID_STORE", str(path))
    return path


@pytest.fixture
def plan_path(small_plan, tmp_path):
    path = tmp_path / "plan.gpkg"
    write_plan(small_plan, path)
    return path


def test_from_an_empty_store_to_a_version_in_force(run, home, plan_path):
    code, out, err = run(
        "add", plan_path, "--document-no", "青南〔2026〕1号", "--effective-date", DAY
    )
    assert code == 0, err
    assert "Plan 1: version 1" in out
    code, out, _ = run("add", plan_path, "--title", "next")
    assert (code, "version 2, draft" in out) == (0, True)
    # the second version has two pairs of eyes
    code, _, err = run("add", plan_path, "--document-no", "2", "--effective-date", "2026-05-01")
    assert code == 1
    assert "in the service" in err
    with Store.open(home) as store:
        first = store.plan_info(1)
        assert (first.status, first.document_no) == ("published", "青南〔2026〕1号")
        assert str(first.effective_date) == DAY
        rows = store.read_audit(action="plan.publish")
        assert rows[0].role == "console"
        assert rows[0].user_name.startswith("console")
    code, out, _ = run("check")
    assert (code, "all is well" in out) == (0, True)


def test_what_is_not_kept_is_said(run, home, small_plan, tmp_path):
    path = tmp_path / "plan.gpkg"
    yards = small_plan.courtyards.assign(telephone="13800138000")
    tables = {**small_plan.district.tables, "courtyards": yards}
    write_plan(replace(small_plan, district=replace(small_plan.district, tables=tables)), path)
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE residents (name TEXT)")
        file.execute(
            "INSERT INTO gpkg_contents (table_name, data_type) VALUES ('residents', 'attributes')"
        )
    file.close()
    code, out, err = run("add", path)
    assert code == 0, err
    assert "Not kept, since the data model does not know it: residents, courtyards.telephone" in out
    with Store.open(home) as store:
        assert "telephone" not in store.plan(1).courtyards


def test_a_first_version_that_is_refused_does_not_stand_in_the_way(
    run, home, plan_path, monkeypatch
):
    def refuse(*_, **__):
        raise StorageError("no")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "publish", refuse)
        code, _, _ = run("add", plan_path, "--document-no", "1", "--effective-date", DAY)
        assert code == 1
    with Store.open(home) as store:
        assert [info.status for info in store.plans()] == ["withdrawn"]
    assert run("add", plan_path, "--document-no", "1", "--effective-date", DAY)[0] == 0
    assert run("add", plan_path, "--document-no", "1")[0] == 2


@pytest.mark.usefixtures("home")
def test_saved_and_restored(run, plan_path, tmp_path):
    run("add", plan_path)
    archive, again = tmp_path / "a.zip", tmp_path / "again.db"
    code, out, _ = run("backup", archive)
    assert (code, "1 plans" in out) == (0, True)
    code, out, _ = run("restore", archive, again)
    assert (code, "1 plans" in out) == (0, True)
    assert run("restore", archive, again)[0] == 1
    archive.write_bytes(archive.read_bytes()[:-100])
    code, _, err = run("restore", archive, tmp_path / "third.db")
    assert (code, "damaged" in err) == (2, True)
    assert run("check", "--store", again)[0] == 0


def test_check_tells_findings_with_exit_code_1(run, home, plan_path, tmp_path):
    run("add", plan_path)
    with sqlite3.connect(home) as plain:
        plain.execute("DROP TRIGGER documents_no_update")
        plain.execute("UPDATE documents SET body = x'00'")
    plain.close()
    code, out, _ = run("check", "--json", tmp_path / "r.json")
    assert (code, "document" in out) == (1, True)
    report = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert not report["ok"]
    assert report["findings"][0]["kind"] == "document"


def test_users_are_made_without_a_password_in_an_argument(run, home, monkeypatch):
    monkeypatch.setenv("FIRST", PHRASE)
    code, out, err = run("user", "add", "chief", "--role", "admin", "--password-env", "FIRST")
    assert (code, err) == (0, "")
    code, _, _ = run(
        *("user", "add", "wang", "--role", "clerk", "--subdistrict", "370202001"),
        *("--password-stdin",),
        typed="by the harbour at dawn\n",
    )
    assert code == 0
    assert PHRASE not in out
    code, out, _ = run("user", "list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["name", "chief", "wang"]
    with Store.open(home) as store:
        assert store.sign_in("chief", PHRASE)
        assert store.sign_in("wang", "by the harbour at dawn")


def test_a_password_is_asked_for_twice(run, home, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    answers = iter([PHRASE, "another one, typed wrong", PHRASE, PHRASE])
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    assert run("user", "add", "chief", "--role", "admin")[0] == 2
    assert run("user", "add", "chief", "--role", "admin")[0] == 0
    with Store.open(home) as store:
        assert store.sign_in("chief", PHRASE)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--role", "clerk", "--no-password"], "subdistrict"),
        (["--role", "viewer", "--password-env", "NOT_SET"], "not set"),
        (["--role", "viewer", "--password-stdin"], "10 to 256"),
        (["--role", "viewer", "--password-stdin", "--password-env", "X"], "one of"),
        (["--role", "viewer"], "nobody to ask"),
        (["--role", "root"], "root"),
    ],
)
def test_what_cannot_be_a_user_is_said_with_exit_code_2(words, said, run, home):
    code, _, err = run("user", "add", "wang", *words, typed="short\n")
    assert code == 2
    assert said in err
    with Store.open(home) as store:
        assert store.users() == []


def test_closing_and_opening_and_a_new_password(run, home):
    with Store.open(home) as store:
        store.add_user("chief", role="admin", password=PHRASE, by="x")
        store.add_user("wang", role="viewer", password=PHRASE, by="x")
        token = store.sign_in("wang", PHRASE).token
    code, _, err = run("user", "close", "chief")
    assert (code, "last active admin" in err) == (1, True)
    assert run("user", "close", "wang")[0] == 0
    assert run("user", "open", "wang")[0] == 0
    assert (
        run("user", "password", "wang", "--password-stdin", typed="gulls over the pier\n")[0] == 0
    )
    assert run("user", "password", "nobody", "--password-stdin", typed="x\n")[0] == 2
    with Store.open(home) as store:
        assert store.who(token) is None
        assert store.sign_in("wang", "gulls over the pier")


def test_a_key_is_shown_once_alone_on_standard_output(run, home):
    run("user", "add", "line12345", "--role", "viewer", "--no-password")
    code, out, err = run("key", "add", "line12345", "--label", "pulls", "--days", 30)
    assert code == 0
    secret = out.strip()
    assert secret.startswith("gg_")
    assert secret not in err
    with Store.open(home) as store:
        assert store.who(secret).name == "line12345"
        (key,) = store.keys()
    code, out, _ = run("key", "list")
    assert key.key_id in out
    assert secret not in out
    assert run("key", "end", key.key_id)[0] == 0
    assert run("key", "end", key.key_id)[0] == 2
    with Store.open(home) as store:
        assert store.who(secret) is None


@pytest.mark.usefixtures("home")
def test_the_log_is_exported_and_rotated(run, tmp_path):
    run("user", "add", "bot", "--role", "viewer", "--no-password")
    out_path = tmp_path / "audit.jsonl.gz"
    code, out, _ = run("audit", "export", out_path)
    assert (code, "1 lines" in out) == (0, True)
    (line,) = gzip.decompress(out_path.read_bytes()).splitlines()
    assert json.loads(line)["action"] == "user.add"
    assert out_path.stat().st_mode & 0o077 == 0
    code, out, _ = run("audit", "export", out_path, "--until", "2020-01-01")
    assert "0 lines" in out
    code, out, _ = run("audit", "rotate", tmp_path / "old.jsonl.gz")
    assert (code, "No line" in out) == (0, True)
    code, _, err = run("audit", "rotate", tmp_path / "old.jsonl.gz", "--older-than", 30)
    assert (code, "180" in err) == (2, True)


def test_stores_that_are_not_there_or_there_already_are_said(run, home, tmp_path):
    assert run("init", home)[0] == 1
    code, _, err = run("check", "--store", tmp_path / "none.db")
    assert (code, "geogrid store init" in err) == (1, True)
    assert run("check", "--store", "mysql://x/y")[0] == 2
    code, out, _ = run("upgrade", home)
    assert (code, "0001" in out) == (0, True)
