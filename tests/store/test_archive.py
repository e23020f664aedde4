"""Laws of archives: all of a store in one file, whole or refused, into either database."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import uuid
import zipfile

import pytest
import sqlalchemy as sa

from geogrid.errors import ConflictError, InputError, StorageError
from geogrid.store import passwords, tables
from geogrid.store.archive import backup, inspect, restore
from geogrid.store.checks import check_store
from geogrid.store.database import Database
from geogrid.store.edits import Lock, Move, Rename
from geogrid.store.store import Store

NOW = dt.datetime(2026, 3, 1, 5, 0, tzinfo=dt.UTC)
W = "370202001001"
PHRASE = "a walk along the sea"


@pytest.fixture
def filled(store, draft, monkeypatch):
    """Fill a store with a row of everything that a draft and its people leave."""
    monkeypatch.setattr(passwords, "hash_password", lambda _: "hashed")
    plan_id = draft.plan_id
    store.edit(plan_id, [Move(("c01",), f"{W}002")], expected=0, by="wang", note="朝海\n\u2028二")
    store.edit(plan_id, [Rename(f"{W}001", "海边 二"), Lock("courtyard:c05")], expected=1, by="li")
    store.undo(plan_id, 1, expected=2, by="wang")
    store.add_user("chief", role="admin", password=PHRASE, by="console")
    store.add_user("wang", role="clerk", subdistrict="370202001", by="chief")
    store.add_key("wang", label="脚本", expires_at=NOW + dt.timedelta(days=9))
    store.set_public("beats", False)
    store.add_job("layout", {"grids": 6}, by="wang")
    return store


@pytest.fixture(params=["sqlite", "postgresql"])
def blank(request, tmp_path):
    """Return the address of a place where a store could be."""
    if request.param == "sqlite":
        yield str(tmp_path / "new" / "store.db")
        return
    postgres = request.getfixturevalue("postgres")
    name = f"b{uuid.uuid4().hex[:12]}"
    postgres.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    yield postgres.url(name)
    postgres.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def rows_of(store):
    """Return every row of every table but sessions, as plain values."""
    found = {}
    with store.database.read() as connection:
        for table in tables.METADATA.sorted_tables:
            if table is not tables.sessions:
                query = sa.select(table).order_by(*table.primary_key.columns)
                found[table.name] = [tuple(row) for row in connection.execute(query)]
    return found


def test_a_restored_store_is_the_same_in_either_database(filled, blank, small_plan, tmp_path):
    kept, path = rows_of(filled), tmp_path / "a.zip"
    made = backup(filled.database, path, now=NOW)
    assert made.counts["log"] == len(kept["log"]) == 4
    assert path.stat().st_mode & 0o077 == 0
    assert restore(path, blank, now=NOW).counts == made.counts == inspect(path).counts
    with Store.open(blank, now=filled.now) as other:
        restored = rows_of(other)
        *audit, last = restored.pop("audit")
        assert audit == kept.pop("audit")
        assert last[5] == "store.restore"
        assert restored == kept
        assert check_store(other.database) == []
        # what is not there is not the JSON word null
        with other.database.read() as connection:
            jobs = tables.jobs
            assert connection.scalar(sa.select(sa.func.count()).where(jobs.c.result.is_(sa.null())))
        # and life goes on: numbers are not given twice, the same guards stand
        assert other.edit(1, [Lock("courtyard:c09")], expected=3, by="li").revision == 4
        again = other.add_plan(small_plan, title="二", by="li")
        assert (again.plan_id, again.number) == (2, 2)
        with pytest.raises(ConflictError), other.database.write() as connection:
            connection.execute(tables.log.delete())


def test_a_draft_merged_into_a_younger_plan_is_restored(store, draft, blank, tmp_path):
    own = store.derive_plan(draft.plan_id, title="街道稿", by="clerk", scope="370202001")
    store.edit(own.plan_id, [Move(("c01",), f"{W}002")], expected=0, by="clerk")
    younger = store.derive_plan(draft.plan_id, title="区稿", by="planner")
    store.merge_draft(younger.plan_id, own.plan_id, expected=0, by="planner")
    kept, path = rows_of(store), tmp_path / "a.zip"
    backup(store.database, path, now=NOW)
    restore(path, blank, now=NOW)
    with Store.open(blank, now=store.now) as other:
        assert rows_of(other)["plans"] == kept["plans"]
        assert other.plan_info(own.plan_id).merged_into == younger.plan_id
        assert check_store(other.database) == []


def test_nobody_is_signed_in_after_a_restore(filled, tmp_path):
    filled.set_password("chief", PHRASE)
    with filled.database.write() as connection:
        connection.execute(
            tables.sessions.insert().values(
                token_hash="0" * 64, user_name="chief", created_at=NOW, expires_at=NOW
            )
        )
    backup(filled.database, tmp_path / "a.zip", now=NOW)
    with zipfile.ZipFile(tmp_path / "a.zip") as packed:
        assert "sessions.jsonl" not in packed.namelist()


def test_a_backup_shows_one_moment_while_others_write(filled, tmp_path, monkeypatch):
    from geogrid.store import archive

    write = archive._write_table

    def meanwhile(connection, table, out):
        if table is tables.plans:
            filled.edit(1, [Lock("courtyard:c09")], expected=3, by="li")
        return write(connection, table, out)

    monkeypatch.setattr(archive, "_write_table", meanwhile)
    path = tmp_path / "a.zip"
    backup(filled.database, path, now=NOW)
    assert filled.plan_info(1).revision == 4
    restore(path, tmp_path / "b.db", now=NOW)
    with Store.open(tmp_path / "b.db") as other:
        assert other.plan_info(1).revision == 3
        assert check_store(other.database) == []


def test_a_store_that_holds_something_is_not_restored_into(filled, store_url, tmp_path):
    path = tmp_path / "a.zip"
    backup(filled.database, path, now=NOW)
    before = rows_of(filled)
    with pytest.raises(ConflictError):
        restore(path, store_url, now=NOW)
    assert rows_of(filled) == before


@pytest.fixture(scope="module")
def good(once, sqlite_template, small_plan):
    """Return the archive of a small store; copy it before bending it."""

    def make(aside):
        shutil.copy(sqlite_template, aside.with_suffix(".db"))
        with Store.open(aside.with_suffix(".db"), now=lambda: NOW) as store:
            plan_id = store.add_plan(small_plan, title="一", by="li").plan_id
            store.edit(plan_id, [Move(("c01", "c02"), f"{W}002")], expected=0, by="li")
            store.add_user("wang", role="clerk", subdistrict="370202001", by="console")
            store.add_key("wang", label="x")
            backup(store.database, aside, now=NOW)

    return once("good.zip", make)


@pytest.fixture
def bent(good, tmp_path):
    """Return an archive of one's own to bend."""
    return shutil.copy(good, tmp_path / "a.zip")


def packed_parts(path):
    """Return the parts of an archive, the manifest read."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    return parts, json.loads(parts.pop("manifest.json"))


def pack(path, parts, manifest):
    """Write an archive from its parts."""
    with zipfile.ZipFile(path, "w") as packed:
        for name, part in parts.items():
            packed.writestr(name, part)
        if manifest is not None:
            packed.writestr("manifest.json", json.dumps(manifest))


def swapped(parts, name, old, new):
    return parts | {name: parts[name].replace(old, new)}


RAW = {
    "cut": lambda raw: raw[: len(raw) // 2],
    "a bit": lambda raw: (
        raw[: len(raw) // 3] + bytes([raw[len(raw) // 3] ^ 1]) + raw[len(raw) // 3 + 1 :]
    ),
    "text": lambda _: b"no archive",
    "nothing": lambda _: b"",
}
BENT = {
    "table gone": lambda p, m: ({k: v for k, v in p.items() if k != "log.jsonl"}, m),
    "row gone": lambda p, m: (p | {"log.jsonl": p["log.jsonl"].split(b"\n", 1)[1]}, m),
    "row changed": lambda p, m: (swapped(p, "users.jsonl", b'"clerk"', b'"admin"'), m),
    "no manifest": lambda p, _: (p, None),
    "a list": lambda p, _: (p, []),
    "later form": lambda p, m: (p, m | {"format": "geogrid-store-9"}),
    "other step": lambda p, m: (p, m | {"revision": "9999"}),
    "no tables": lambda p, m: (p, m | {"tables": []}),
    "other columns": lambda p, m: (
        p,
        m | {"tables": [t | {"columns": ["x"]} for t in m["tables"]]},
    ),
}


def spoil(path, how):
    """Bend an archive in one way."""
    if how in RAW:
        path.write_bytes(RAW[how](path.read_bytes()))
    else:
        pack(path, *BENT[how](*packed_parts(path)))


@pytest.mark.parametrize("how", [*RAW, *BENT])
def test_a_damaged_archive_is_refused_and_the_target_untouched(how, bent, tmp_path, blank):
    path = bent
    spoil(path, how)
    with pytest.raises(InputError) as caught:
        restore(path, blank, now=NOW)
    assert str(path) in caught.value.message
    if "://" not in blank:
        assert not (tmp_path / "new").exists()
    else:
        database = Database(blank)
        with database.read() as connection:
            assert sa.inspect(connection).get_table_names() == []
        database.close()


def test_an_archive_that_lies_with_right_hashes_leaves_nothing_either(bent, tmp_path, blank):
    """Bend rows and make the manifest fit: the database's own rules are the last guard."""
    path = bent
    parts, manifest = packed_parts(path)
    parts = swapped(parts, "keys.jsonl", b'"wang"', b'"nobody"')
    for entry in manifest["tables"]:
        if entry["name"] == "keys":
            entry["sha256"] = hashlib.sha256(parts["keys.jsonl"]).hexdigest()
    pack(path, parts, manifest)
    with pytest.raises(ConflictError, match="refuses"):
        restore(path, blank, now=NOW)
    if "://" not in blank:
        assert not list((tmp_path / "new").iterdir())


def test_an_archive_that_is_not_there_or_a_place_that_cannot_be_is_said(filled, tmp_path):
    with pytest.raises(InputError, match="no archive"):
        restore(tmp_path / "none.zip", tmp_path / "b.db", now=NOW)
    path = tmp_path / "a.zip"
    backup(filled.database, path, now=NOW)
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        restore(path, tmp_path / "file" / "b.db", now=NOW)
    with pytest.raises(StorageError):
        backup(filled.database, tmp_path / "file" / "a.zip", now=NOW)
