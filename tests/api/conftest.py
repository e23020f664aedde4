"""A store with accounts and one version in force, and a service that hands it out."""

from __future__ import annotations

import datetime as dt
import shutil

import pytest
from fastapi.testclient import TestClient
from served import DAY, PASSWORD, make_served

from geogrid.store.store import Store
from geogrid_api.app import create_app
from geogrid_api.settings import load_settings


class Clock:
    """Stand still until told otherwise."""

    def __init__(self):
        self.moment = DAY

    def __call__(self):
        return self.moment

    def pass_time(self, **more):
        self.moment += dt.timedelta(**more)


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
