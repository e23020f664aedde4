"""Laws of refusals: every error is a problem of one form, with a status and no inner words."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

import pytest
from fastapi import Body, FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel

from geogrid import errors
from geogrid.district import Fault
from geogrid_api.problems import MEDIA, STATUS, Problem, add_handlers, problem_body, problem_of

LEAVES = [
    kind for kind in (getattr(errors, name) for name in errors.__all__) if not kind.__subclasses__()
]


class Person(BaseModel):
    name: str
    age: int


@pytest.fixture
def client():
    app = FastAPI()
    add_handlers(app)

    @app.get("/raise/{name}")
    def fail(name: str):
        if name == "unexpected":
            raise RuntimeError("the password is 1234")
        if name == "problem":
            raise Problem(428, "Send If-Match.", headers={"X-More": "1"}, revision=7)
        raise getattr(errors, name)("Inner words.")

    @app.post("/people")
    def people(person: Annotated[Person, Body()]):
        return person

    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.__name__)
def test_every_leaf_error_has_a_status(kind):
    assert any(base in STATUS for base in kind.__mro__)
    assert 400 <= problem_of(kind("Words.")).status < 600


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("InputError", 400),
        ("SchemaError", 400),
        ("CrsError", 400),
        ("NotFoundError", 404),
        ("ForbiddenError", 403),
        ("ConflictError", 409),
        ("StaleError", 412),
        ("InfeasibleError", 409),
        ("SolverTimeout", 504),
        ("SolverError", 500),
        ("StorageError", 503),
        ("unexpected", 500),
    ],
)
def test_errors_have_their_status_and_the_servers_faults_lose_their_words(client, name, status):
    answer = client.get(f"/raise/{name}")
    told = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"] == MEDIA
    assert told["status"] == status
    assert told["instance"] == f"/raise/{name}"
    assert ("Inner words." in told["detail"]) == (status < 500 or status == 504)
    assert "1234" not in answer.text


def test_a_problem_keeps_its_headers_and_members(client):
    answer = client.get("/raise/problem")
    assert answer.status_code == 428
    assert answer.headers["x-more"] == "1"
    assert answer.json()["revision"] == 7


def test_the_store_away_says_when_to_come_back(client):
    assert int(client.get("/raise/StorageError").headers["retry-after"]) > 0


def test_unknown_address_and_wrong_method_are_problems(client):
    lost = client.get("/nowhere")
    wrong = client.delete("/people")
    assert (lost.status_code, wrong.status_code) == (404, 405)
    assert lost.headers["content-type"] == wrong.headers["content-type"] == MEDIA
    assert wrong.headers["allow"] == "POST"


def test_what_does_not_fit_is_400_and_is_not_repeated(client):
    for sent in ('{"name": "secret", "age": "old"}', '{"name": "secret"', "[]"):
        answer = client.post("/people", content=sent, headers={"content-type": "application/json"})
        assert answer.status_code == 400, sent
        assert answer.headers["content-type"] == MEDIA
        assert answer.json()["errors"]
        assert "secret" not in answer.text


def test_conflicts_carry_their_facts_and_input_its_faults():
    stale = problem_of(errors.StaleError("Others moved.", moves_since=[{"op": "move"}], status=1))
    fault = Fault("courtyards", 3, "c3", "households", "is missing", "fill it in")
    wrong = problem_of(errors.SchemaError("One fault.", [fault]))
    told = json.loads(problem_body(stale, "/plans/1/moves", request_id="r1"))
    assert told["moves_since"] == [{"op": "move"}]
    assert (told["status"], told["request_id"]) == (412, "r1")
    assert json.loads(problem_body(wrong, "/plans"))["faults"][0]["reason"] == "is missing"


def test_the_server_knows_all_along_that_a_head_gets_no_body():
    from geogrid_api.framework import Framework, make_framework

    inner = make_framework("test")
    inner.get("/there")(lambda: {"some": "thing"})
    seen = []

    async def ask(scope):
        async def send(message):
            seen.append((scope["method"], message.get("status"), message.get("body")))

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        await Framework(inner, lambda _: ())(scope, receive, send)

    scope = {"type": "http", "method": "HEAD", "path": "/there", "raw_path": b"/there"}
    scope |= {"query_string": b"", "headers": [(b"host", b"grids")], "client": None}
    scope |= {"server": None, "scheme": "http"}
    asyncio.run(ask(scope))
    assert seen == [("HEAD", 200, None), ("HEAD", None, b"")]
