"""Laws of what was acknowledged: kills, full disks and lost servers take nothing of it away."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from clusters import cluster_folder, running_cluster

from geogrid.errors import StorageError
from geogrid.store.checks import check_store
from geogrid.store.edits import Lock, Unlock
from geogrid.store.store import Store
from geogrid.store.tables import plans

KILLS = Path(__file__).resolve().parents[1] / "soak" / "kills.py"
NOBODY = 65534
MEGABYTE = 1024 * 1024


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_was_acknowledged_survives_twenty_kills(database, request):
    if database == "postgresql":
        request.getfixturevalue("postgres_template")  # fails or skips where there is none
    command = [sys.executable, KILLS, "--kills", "20", "--database", database]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["kills"] == 20
    assert report["saved"] >= report["acknowledged"] >= 20
    assert (report["servers_killed"] > 0) == (database == "postgresql")


def assert_goes_on(store, plan_id, revision):
    """Nothing lost, nothing half there, and the next edit is taken."""
    assert store.plan_info(plan_id).revision == revision
    assert check_store(store.database) == []
    assert store.edit(plan_id, [Lock("courtyard:c09")], expected=revision, by="li")


def edit_until(store, plan_id, most=20_000):
    """Lock and unlock until the store refuses; return the last acknowledged revision, the error."""
    revision = store.plan_info(plan_id).revision
    for n in range(most):
        edit = (Unlock if n % 2 else Lock)("courtyard:c01")
        try:
            store.edit(plan_id, [edit], expected=revision, by="li", note="x" * 2000)
        except StorageError as error:
            return revision, error
        revision += 1
    pytest.fail("the disk never got full")


@contextmanager
def small_disk(folder, megabytes):
    """Mount a disk of a few megabytes on a folder; skip where only a superuser could."""
    if os.geteuid():
        pytest.skip("only a superuser may mount a small disk")
    options = f"size={megabytes}m,mode=0755"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder, leave=0):
    """Take the space of a disk but for so many bytes; return the file that holds it."""
    filler = folder / "filler"
    free = shutil.disk_usage(folder).free - leave
    with filler.open("wb") as out, suppress(OSError):
        for _ in range(max(0, free) // 4096):
            out.write(b"\0" * 4096)
    return filler


def test_a_full_disk_is_said_and_takes_nothing(small_plan, tmp_path):
    with small_disk(tmp_path, 16), Store.create(tmp_path / "store.db") as store:
        plan_id = store.add_plan(small_plan, title="一", by="li").plan_id
        filler = fill(tmp_path, leave=256 * 1024)
        revision, error = edit_until(store, plan_id)
        assert "full" in error.message
        assert "nothing was saved" in error.message
        # reading goes on
        assert store.plan_info(plan_id).revision == revision
        filler.unlink()
        assert_goes_on(store, plan_id, revision)


def test_a_file_that_may_not_grow_takes_nothing(small_plan, tmp_path):
    """The same without a disk of one's own: the system refuses larger files."""
    store = Store.create(tmp_path / "store.db")
    plan_id = store.add_plan(small_plan, title="一", by="li").plan_id
    store.close()
    most = (tmp_path / "store.db").stat().st_size + 200_000
    code = (
        "import resource, sys, json; sys.path[:0] = json.loads(sys.argv[3])\n"
        "from test_durability import Store, edit_until\n"
        "store = Store.open(sys.argv[1])\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))\n"
        "revision, error = edit_until(store, int(sys.argv[2]))\n"
        "print(json.dumps([revision, error.message]))\n"
    )
    paths = json.dumps([str(Path(__file__).parent), str(KILLS.parents[1])])
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "store.db", str(plan_id), paths],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    revision, message = json.loads(done.stdout)
    assert revision > 0
    assert "nothing was saved" in message
    with Store.open(tmp_path / "store.db") as store:
        assert_goes_on(store, plan_id, revision)


@contextmanager
def as_somebody():
    """Act as a user without rights, where the tests run as one with all."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_read_only_file_is_said_and_can_be_read(small_plan):
    # outside of the tests' own folder, which somebody else may not even enter
    folder = Path(tempfile.mkdtemp())
    try:
        path = folder / "store.db"
        with Store.create(path) as store:
            plan_id = store.add_plan(small_plan, title="一", by="li").plan_id
            store.edit(plan_id, [Lock("courtyard:c01")], expected=0, by="li")
            path.chmod(0o444)
            for beside in folder.iterdir():
                beside.chmod(0o444)
            folder.chmod(0o555)
            with as_somebody(), Store.open(path) as other:
                assert other.plan_info(plan_id).revision == 1
                with pytest.raises(StorageError, match="read-only") as caught:
                    other.edit(plan_id, [Lock("courtyard:c02")], expected=1, by="li")
                assert str(path) in caught.value.message
                assert other.plan_info(plan_id).revision == 1
            folder.chmod(0o755)
            path.chmod(0o644)
            for beside in folder.iterdir():
                beside.chmod(0o644)
            assert_goes_on(store, plan_id, 1)
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def server(postgres_template):
    """Return a server of one's own that syncs, to be stopped and started."""
    assert postgres_template
    with running_cluster(durable=True) as cluster:
        yield cluster


@pytest.fixture
def served(server, small_plan):
    """Return a store on that server with one draft."""
    name = f"d{uuid.uuid4().hex[:12]}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    with Store.create(server.url(name)) as store:
        store.add_plan(small_plan, title="一", by="li")
        yield store


def test_a_read_only_database_is_said_and_can_be_read(server, served):
    name = served.database.url.database
    server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    served.close()  # new connections learn of it
    with pytest.raises(StorageError, match="read-only"):
        served.edit(1, [Lock("courtyard:c01")], expected=0, by="li")
    assert served.plan_info(1).revision == 0
    server.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    served.close()
    assert_goes_on(served, 1, 0)


@pytest.mark.parametrize("way", ["stopped", "crashed"])
def test_a_lost_server_is_said_and_found_again(way, server, served):
    served.edit(1, [Lock("courtyard:c01")], expected=0, by="li")
    server.crash() if way == "crashed" else server.stop()
    for ask in (
        lambda: served.edit(1, [Lock("courtyard:c02")], expected=1, by="li"),
        lambda: served.plan_info(1),
        served.head,
        lambda: Store.open(served.database.url),
    ):
        with pytest.raises(StorageError):
            ask()
    server.start(durable=True)
    assert_goes_on(served, 1, 1)


def cut(server):
    """End every connection of ours, as a network that breaks would."""
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'geogrid'"
    )


def test_a_connection_cut_in_the_midst_of_a_write_saves_nothing(server, served):
    def write_half():
        with served.database.write() as connection:
            connection.execute(plans.update().values(title="half"))
            cut(server)

    with pytest.raises(StorageError, match="lost") as caught:
        write_half()
    # the database knows nothing of it; from here one cannot know, and says so
    assert "look whether the change is there" in caught.value.message
    assert served.plan_info(1).title == "一"
    assert_goes_on(served, 1, 0)


@pytest.mark.usefixtures("postgres_template")
def test_a_full_disk_of_the_server_is_said_and_takes_nothing(small_plan):
    folder = cluster_folder()
    owner = folder.stat()
    with small_disk(folder, 128):
        os.chown(folder, owner.st_uid, owner.st_gid)
        with (
            running_cluster(durable=True, folder=folder) as cluster,
            Store.create(cluster.url("postgres")) as store,
        ):
            store.add_plan(small_plan, title="一", by="li")
            filler = fill(folder, leave=MEGABYTE)
            # else it writes for long into the file of its log that is there already
            cluster.execute("SELECT pg_switch_wal()")
            revision, error = edit_until(store, 1)
            assert "nothing was saved" in error.message or "look whether" in error.message
            filler.unlink()
            # a server that cannot write its log stops itself
            with suppress(AssertionError):
                cluster.start(durable=True)
            # an edit that was refused in doubt may be there, whole
            now = store.plan_info(1).revision
            assert now in {revision, revision + 1}
            assert_goes_on(store, 1, now)
