"""What the tests of the service stand on: stores, accounts, services that hand them out."""

from __future__ import annotations

import shutil

import plan_service
import pytest
from fastapi.testclient import TestClient
from served import PASSWORD, make_served
from steps import Clock

from geogrid.store.store import Store
from geogrid_api.app import create_app
from geogrid_api.settings import load_settings


@pytest.fixture(scope="session")
def served_template(once):
    """Return the file of a store with accounts and one version in force, to be copied."""
    return once("served.db", make_served)


@pytest.fixture
def served_file(served_template, tmp_path):
    """Return such a file of one's own."""
    return shutil.copy(served_template, tmp_path / "served.db")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def served(served_file, clock):
    """Return such a store, opened."""
    with Store.open(served_file, now=clock) as store:
        yield store


@pytest.fixture
def service(served):
    """Return the service of it, without limits of rate."""
    return create_app(served, settings=load_settings(rate_public=0, rate_sign_in=0))


@pytest.fixture
def web(service):
    """Return a reader of it, on another computer."""
    with TestClient(service, client=("192.0.2.7", 4000)) as client:
        yield client


@pytest.fixture
def sign_in(web):
    """Return what signs somebody in and gives the headers that show it."""

    def show(name, password=PASSWORD):
        answer = web.post("/token", json={"name": name, "password": password})
        assert answer.status_code == 201, answer.text
        return {"Authorization": f"Bearer {answer.json()['token']}"}

    return show


@pytest.fixture(scope="session")
def two_plan_path(once):
    """Return the plan file of the town of two subdistricts; do not write to it."""
    from geogrid.store.plan_file import write_plan

    return once("two-subdistricts.gpkg", lambda path: write_plan(plan_service.town_plan(), path))


@pytest.fixture(scope="session")
def two_plan(two_plan_path):
    """Return the plan of the town of two subdistricts."""
    from geogrid.store.plan_file import read_plan

    return read_plan(two_plan_path)


@pytest.fixture(scope="session")
def sound(two_plan):
    """Return a courtyard, its grid and another of plan 1 that it may join."""
    return plan_service.sound_move(two_plan)


@pytest.fixture(scope="session")
def house_template(once, two_plan):
    """Return the file of a store with accounts and one draft, number 1, to be copied."""

    def make(path):
        with Store.create(path, now=Clock()) as store:
            store.add_plan(two_plan, title="第一版", by="planner")
            plan_service.add_accounts(store, path.parent)

    return once("house.db", make)


@pytest.fixture
def house(house_template, tmp_path):
    """Return a service over a store of its own."""
    shutil.copy(house_template, tmp_path / "store.db")
    opened = plan_service.open_house(tmp_path / "store.db", house_template.parent)
    yield opened
    opened.close()
