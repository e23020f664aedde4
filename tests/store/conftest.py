"""Every test of the store runs on SQLite and on PostgreSQL with PostGIS."""

from __future__ import annotations

import datetime as dt
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa
from towns import town

from geogrid.governance.layout import make_plan
from geogrid.store.plan_file import read_plan, write_plan
from geogrid.store.store import Store

_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


class Clock:
    """Stand still until told otherwise."""

    def __init__(self):
        self.moment = dt.datetime(2026, 3, 1, 4, 0, tzinfo=dt.UTC)

    def __call__(self):
        return self.moment

    def pass_time(self, **more):
        self.moment += dt.timedelta(**more)


def _missing(cause):
    """Fail where everything must be there, skip elsewhere."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(cause)
    pytest.skip(cause)


def _as_owner():
    """Return the words in front of a command that PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


class Cluster:
    """Hold a PostgreSQL server of one's own, reached through a socket in its folder."""

    def __init__(self, folder, binaries):
        self.folder, self.binaries = folder, binaries
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name

    def run(self, program, *args):
        command = [*_as_owner(), str(self.binaries / program), *map(str, args)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    def start(self, *, durable=False):
        data = self.folder / "data"
        if not data.exists():
            self.run(
                "initdb", "-D", data, "-A", "trust", "-U", self.user, "-E", "UTF8", "--no-sync"
            )
        on = "on" if durable else "off"
        options = (
            f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync={on}"
            f" -c full_page_writes={on} -c max_connections=60 -c shared_buffers=32MB"
            " -c autovacuum=off -c jit=off"
        )
        self.run(
            "pg_ctl", "-D", data, "-w", "-s", "-l", self.folder / "log", "-o", options, "start"
        )

    def stop(self, mode="fast"):
        self.run("pg_ctl", "-D", self.folder / "data", "-w", "-s", "-m", mode, "stop")

    def url(self, database):
        return f"postgresql://{self.user}@/{database}?host={self.folder}"

    def execute(self, *statements):
        engine = sa.create_engine(
            self.url("postgres").replace("postgresql:", "postgresql+psycopg:"),
            isolation_level="AUTOCOMMIT",
        )
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()


@pytest.fixture(scope="session")
def postgres():
    """Return a PostgreSQL server that lives as long as the tests; it syncs nothing."""
    folder = _cluster_folder()
    cluster = Cluster(folder, _BINARIES[0])
    try:
        cluster.start()
        yield cluster
        cluster.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _cluster_folder():
    """Return a new folder with a short name, as sockets need, that the server may write."""
    if not _BINARIES:
        _missing("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        _missing("PostgreSQL does not run as root, and there is no runuser")
    folder = Path(tempfile.mkdtemp(prefix="ggpg", dir="/tmp"))
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    # the tests' own user reaches the socket through it
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def postgres_template(postgres):
    """Return the name of a database that holds an empty store, to be copied."""
    extensions = Path("/usr/share/postgresql").glob("*/extension/postgis.control")
    if not any(extensions):
        _missing("PostGIS is not installed (Debian: apt-get install postgresql-15-postgis-3)")
    postgres.execute("CREATE DATABASE template_store TEMPLATE template0")
    Store.create(postgres.url("template_store")).close()
    return "template_store"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """Return the path of an empty store, to be copied."""
    path = tmp_path_factory.mktemp("template") / "store.db"
    Store.create(path).close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request, tmp_path):
    """Return the address of an empty store of one's own."""
    if request.param == "sqlite":
        path = tmp_path / "store.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield str(path)
        return
    postgres = request.getfixturevalue("postgres")
    template = request.getfixturevalue("postgres_template")
    name = f"t{uuid.uuid4().hex[:12]}"
    postgres.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield postgres.url(name)
    postgres.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(store_url, clock):
    """Return an empty store."""
    with Store.open(store_url, now=clock) as opened:
        yield opened


@pytest.fixture(scope="session")
def small_plan(once):
    """Return the plan of the hand-drawn town: in two communities 12 courtyards, 3 grids each."""
    path = once("town-plan.gpkg", lambda aside: write_plan(make_plan(town(), n_grids=6), aside))
    return read_plan(path)


@pytest.fixture
def draft(store, small_plan):
    """Return a draft of the town."""
    return store.add_plan(small_plan, title="第一版", by="planner")
