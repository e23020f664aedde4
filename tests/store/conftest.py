"""Every test of the store runs on SQLite and on PostgreSQL with PostGIS."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

import pytest
from clusters import missing, running_cluster
from steps import Clock
from towns import town

from geogrid.governance.layout import make_plan
from geogrid.store.documents import pack_plan
from geogrid.store.plan_file import read_plan, write_plan
from geogrid.store.store import Store


@pytest.fixture(scope="session")
def postgres():
    """Return a PostgreSQL server that lives as long as the tests; it syncs nothing."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres_template(postgres):
    """Return the name of a database that holds an empty store, to be copied."""
    extensions = Path("/usr/share/postgresql").glob("*/extension/postgis.control")
    if not any(extensions):
        missing("PostGIS is not installed (Debian: apt-get install postgresql-15-postgis-3)")
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


@pytest.fixture(scope="session")
def small_packed(small_plan):
    """Return the town's plan ready to be saved, which takes a while."""
    return pack_plan(small_plan)


@pytest.fixture
def draft(store, small_packed):
    """Return a draft of the town, as `Store.add_plan` makes it."""
    with store.database.write() as connection:
        return store._insert(connection, small_packed, title="第一版", by="planner", scope=None)
