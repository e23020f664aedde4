"""Laws of the database below: it fails in clear words, and nothing of a failed write stays."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from geogrid.errors import InputError, StorageError
from geogrid.store.database import Database, store_url
from geogrid.store.edits import Move
from geogrid.store.store import Store

W2 = "370202001001002"


@pytest.mark.parametrize(
    "place", ["", "a\x00b", "mysql://h/d", "postgresql", "sqlite://", "://", "http://h:port/x"]
)
def test_a_strange_address_is_refused(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((InputError, StorageError)):
        Store.open(place)
    assert list(tmp_path.iterdir()) == []


def test_addresses_are_read_as_people_write_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for place in ("a b.db", "sqlite:///a b.db", tmp_path / "a b.db"):
        assert store_url(place).database == str(tmp_path / "a b.db")
    assert store_url("postgres://h/d").drivername == "postgresql+psycopg"


def test_no_message_tells_a_password():
    database = Database("postgresql://u:geheim@127.0.0.1:1/d?password=geheim", patience_s=1)
    assert "geheim" not in database.name
    with pytest.raises(StorageError, match=r"lost|refuse") as failed, database.peek():
        pass
    assert "geheim" not in str(failed.value) + str(failed.value.facts)


def test_a_missing_store_is_told_and_not_made(tmp_path):
    with pytest.raises(StorageError, match="no store at"):
        Store.open(tmp_path / "none.db")
    with pytest.raises(StorageError):
        Store.upgrade(tmp_path / "none.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 99, b"PK\x03\x04"])
def test_another_file_is_no_store(tmp_path, content):
    path = tmp_path / "other.db"
    path.write_bytes(content)
    for ask in (Store.open, Store.upgrade):
        with pytest.raises(StorageError, match="no geogrid store"):
            ask(path)
    assert path.read_bytes()[:20] == content[:20]


def test_a_store_is_for_its_owner_only(tmp_path):
    with Store.create(tmp_path / "deep" / "in" / "store.db") as store:
        assert Path(store.name).stat().st_mode & 0o077 == 0


def test_writes_are_synced_before_they_are_answered(store):
    asked = {
        True: ("PRAGMA journal_mode", "wal", "PRAGMA synchronous", 2, "PRAGMA foreign_keys", 1),
        False: ("SHOW synchronous_commit", "on", "SHOW timezone", "UTC", "SELECT 1", 1),
    }[store.database.is_sqlite]
    with store.database.write() as connection:
        for question, answer in zip(asked[::2], asked[1::2], strict=True):
            assert connection.exec_driver_sql(question).scalar() == answer


def test_a_failed_write_leaves_nothing(store):
    with pytest.raises(ZeroDivisionError), store.database.write() as connection:  # noqa: PT012
        store._set(connection, "x", 1)
        raise ZeroDivisionError
    with store.database.read() as connection:
        assert store._setting(connection, "x") is None


def test_a_reader_sees_one_moment(store, store_url):
    with store.database.read() as connection:
        before = store._setting(connection, "head")
        with Store.open(store_url) as other:
            other.set_public("beats", public=False)
            assert other.head() == before + 1
        assert store._setting(connection, "head") == before
    assert store.head() == before + 1


def test_who_waits_too_long_for_another_is_told(store, store_url, draft):
    impatient = Store(Database(store_url, patience_s=0.1))
    with store.database.write() as connection:
        store._locked(connection, draft.plan_id)
        with pytest.raises(StorageError, match=r"busy for 0\.1 s; nothing was saved"):
            impatient.edit(draft.plan_id, [Move(("c01",), W2)], expected=0, by="planner")
        # reading goes on
        assert impatient.draft(draft.plan_id).revision == 0
    assert impatient.edit(draft.plan_id, [Move(("c01",), W2)], expected=0, by="x").revision == 1
    impatient.close()


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path, small_plan):
    store = Store.create(tmp_path / "store.db")
    draft = store.add_plan(small_plan, title="x", by="planner")
    store.edit(draft.plan_id, [Move(("c01",), W2)], expected=0, by="planner")

    # the file may not grow any more: what SQLite meets on a full disk
    @sa.event.listens_for(store.database.engine, "checkout")
    def narrow(connection, *_):
        connection.execute("PRAGMA max_page_count = 1")

    with pytest.raises(StorageError, match="full; nothing was saved"):
        store.add_plan(small_plan.with_report(note="x"), title="y", by="planner")
    store.close()
    with Store.open(tmp_path / "store.db") as again:
        assert again.draft(draft.plan_id).assignment["c01"] == W2
        assert len(again.plans()) == 1
        assert again.add_plan(small_plan, title="y", by="planner").number == 2


def test_a_read_only_store_is_told_and_nothing_is_lost(store, store_url, draft):
    question = "PRAGMA query_only = ON" if store.database.is_sqlite else None
    reader = Store(Database(store_url))

    @sa.event.listens_for(reader.database.engine, "checkout")
    def close_off(connection, *_):
        if question:
            connection.execute(question)
        else:
            connection.execute("SET default_transaction_read_only = on")
            connection.commit()

    with pytest.raises(StorageError, match=r"read-only.*nothing was saved"):
        reader.edit(draft.plan_id, [Move(("c01",), W2)], expected=0, by="planner")
    assert reader.draft(draft.plan_id).assignment["c01"] != W2
    reader.close()
    assert store.plan_info(draft.plan_id).revision == 0


@pytest.fixture
def no_root(tmp_path):
    """Return a folder of one's own, without root's right to write everywhere."""
    if os.geteuid():
        yield tmp_path
        return
    nobody = 65_534
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    os.chown(folder, nobody, nobody)
    os.seteuid(nobody)
    try:
        yield folder
    finally:
        os.seteuid(0)
        shutil.rmtree(folder)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_read_only_file_or_folder_is_told(no_root, what):
    path = no_root / "deep" / "store.db"
    Store.create(path).close()
    shut = path if what == "file" else path.parent
    shut.chmod(0o500)
    with pytest.raises(StorageError, match=r"read-only|cannot be opened"):
        Store.open(path).set_public("beats", public=False)
    with pytest.raises(StorageError, match=r"cannot be made"):
        Store.create(shut / "another" / "store.db")
    shut.chmod(0o700)
    with Store.open(path) as store:
        assert store.is_public("beats")


def test_a_lost_connection_is_told_and_the_next_call_works(store, draft):
    if store.database.is_sqlite:
        return
    ending = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    other = Database(store.database.url.render_as_string(hide_password=False))
    with pytest.raises(StorageError, match=r"lost; nothing was saved"):  # noqa: SIM117, PT012
        with store.database.write() as connection:
            store._update(connection, draft.plan_id, title="half")
            with other.write() as killer:
                killer.execute(ending)
            store._update(connection, draft.plan_id, title="done")
    assert store.plan_info(draft.plan_id).title == "第一版"
    # a connection that died while it waited in the pool is replaced unseen
    with other.write() as killer:
        killer.execute(ending)
    assert store.edit(draft.plan_id, [Move(("c01",), W2)], expected=0, by="planner").revision == 1
    other.close()


def test_a_connection_lost_while_saving_is_told_as_unknown(store, draft):
    if store.database.is_sqlite:
        return
    ending = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    other = Database(store.database.url.render_as_string(hide_password=False))

    def kill(_):
        with other.write() as killer:
            killer.execute(ending)

    sa.event.listen(store.database.engine, "commit", kill, once=True)
    with pytest.raises(StorageError, match="look whether the change is there"):
        store.edit(draft.plan_id, [Move(("c01",), W2)], expected=0, by="planner")
    other.close()


def test_many_threads_share_a_store(store, draft):
    seen, failures = [], []

    def work():
        try:
            seen.extend(store.draft(draft.plan_id).revision + store.head() for _ in range(10))
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(seen) == 200


def test_a_file_that_was_moved_or_replaced_is_not_written_to(store, draft, tmp_path):
    if not store.database.is_sqlite:
        return
    path, aside = Path(store.database.name), tmp_path / "aside.db"
    move = [Move(("c01",), W2)]
    path.rename(aside)
    for _ in range(2):
        with pytest.raises(StorageError, match="is gone"):
            store.edit(draft.plan_id, move, expected=0, by="planner")
        with pytest.raises(StorageError, match="is gone"):
            store.head()
    aside.rename(path)
    assert store.edit(draft.plan_id, move, expected=0, by="planner").revision == 1
    shutil.copy(path, aside)
    aside.rename(path)
    with pytest.raises(StorageError, match="replaced"):
        store.edit(draft.plan_id, move, expected=1, by="planner")
