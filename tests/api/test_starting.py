"""Laws of starting, and of a store that is away: who waits, who is told what."""

from __future__ import annotations

import threading

import pytest
from fastapi.testclient import TestClient

from geogrid.errors import StorageError
from geogrid_api.app import create_app
from geogrid_api.library import Library
from geogrid_api.settings import load_settings

SETTINGS = load_settings(rate_public=0, refresh_s=0.01)


@pytest.fixture
def held(monkeypatch):
    """Return what lets the versions be read; until then they are not."""
    go = threading.Event()
    read = Library.of_store

    def wait_and_read(store):
        assert go.wait(timeout=30)
        return read(store)

    monkeypatch.setattr(Library, "of_store", wait_and_read)
    yield go
    go.set()


def test_readiness_says_what_it_waits_for_and_requests_wait_with_it(served, held):
    service = create_app(served, settings=SETTINGS, is_waiting=True)
    with TestClient(service) as web:
        assert web.get("/healthz").status_code == 200
        waiting = web.get("/readyz")
        assert (waiting.status_code, waiting.json()["status"]) == (503, "waiting")
        service._patience_s = 0.01
        late = web.get("/collections")
        assert (late.status_code, late.headers["retry-after"]) == (503, "1")
        service._patience_s = 30
        held.set()
        assert web.get("/collections").status_code == 200
        assert web.get("/readyz").status_code == 200


def test_a_store_that_goes_away_is_told_and_reading_goes_on(served, monkeypatch):
    service = create_app(served, settings=SETTINGS)
    with TestClient(service) as web:

        def away():
            raise StorageError("The connection to postgresql://geogrid:hush@db was lost.")

        monkeypatch.setattr(served, "head", away)
        told = web.get("/readyz")
        assert told.status_code == 503
        assert "hush" not in told.text
        assert web.get("/collections/beats/items?limit=1").status_code == 200
        monkeypatch.undo()
        assert web.get("/readyz").status_code == 200


def test_a_store_away_refuses_writes_clearly(served, monkeypatch):
    with TestClient(create_app(served, settings=SETTINGS)) as web:

        def away(*_args, **_more):
            raise StorageError("The disk of /srv/secret/geogrid.db is full.")

        monkeypatch.setattr(served, "sign_in", away)
        answer = web.post("/token", json={"name": "ada", "password": "does not matter"})
    assert answer.status_code == 503
    assert "retry-after" in answer.headers
    assert "secret" not in answer.text


def test_exports_wait_while_the_store_is_away(served, service, monkeypatch):
    from geogrid_api.access import Caller

    with TestClient(service) as web:
        scope = {"path": "/x", "query_string": b"", "client": ("192.0.2.7", 1)}

        def away(*_):
            raise StorageError("away")

        monkeypatch.setattr(served, "record", away)
        service.exports.add(scope, Caller("vera", "viewer", None, "token"))
        web.portal.call(service.exports.flush)
        monkeypatch.undo()
        web.portal.call(service.exports.flush)
        assert [row.user_name for row in served.read_audit(action="export")] == ["vera"]


def test_metrics_are_shown_by_the_setting(served):
    for setting, there, away in (("local", 200, 403), ("off", 404, 404), ("admin", 403, 403)):
        settings = load_settings(rate_public=0, metrics=setting)
        service = create_app(served, settings=settings)
        for address, status in (("127.0.0.1", there), ("192.0.2.7", away)):
            web = TestClient(service, client=(address, 4000))
            answer = web.get("/metrics")
            assert answer.status_code == status, (setting, address)
            if status == 200:
                assert 'geogrid_jobs{status="accepted"} 0.0' in answer.text
                assert "geogrid_requests_in_flight" in answer.text
