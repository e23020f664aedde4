"""Laws of the shell: every answer is named, guarded, counted and logged; limits hold."""

from __future__ import annotations

import asyncio
import io
import json

import pytest
from starlette.testclient import TestClient

from geogrid.errors import StorageError
from geogrid_api.access import ANONYMOUS, Caller
from geogrid_api.limits import Buckets, check_depth
from geogrid_api.log import AccessLog, redact
from geogrid_api.metrics import Metrics
from geogrid_api.problems import MEDIA, Problem
from geogrid_api.settings import load_settings
from geogrid_api.shell import API_POLICY, Shell

PUBLIC = ("192.0.2.1", 5000)
TOKEN = "gt_" + "a" * 43


async def echo(scope, receive, send):
    """Answer with the body; do worse where the path says so."""
    path = scope["path"]
    if path == "/break":
        raise RuntimeError(f"the token is {TOKEN}")
    if path == "/away":
        raise StorageError("postgresql://geogrid:hush@db is away")
    if path == "/problem":
        raise Problem(428, "Send If-Match.")
    scope["geogrid.route"] = "/echo/{word}"
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = [(b"content-type", b"text/plain")]
    if path == "/page":
        headers.append((b"content-security-policy", b"default-src 'self'"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def identify(scope):
    shown = dict(scope["headers"]).get(b"authorization", b"").decode()
    if not shown:
        return ANONYMOUS
    if shown != f"Bearer {TOKEN}":
        raise Problem(401, "This token is not valid.")
    caller = scope["geogrid.caller"] = Caller("ann", "viewer", None, "token")
    return caller


class Room:
    """One shell, with what it wrote."""

    def __init__(self, app=echo, **settings):
        self.written = io.StringIO()
        self.metrics = Metrics()
        given = load_settings(**settings)
        self.log = AccessLog(given, self.written)
        self.shell = Shell(
            app, settings=given, identify=identify, metrics=self.metrics, log=self.log
        )
        self.client = TestClient(self.shell, client=PUBLIC, raise_server_exceptions=False)

    def lines(self):
        self.log.flush()
        return self.written.getvalue().splitlines()


@pytest.mark.parametrize("path", ["/echo", "/break", "/away", "/problem", "/page"])
def test_every_answer_carries_the_security_headers_and_a_name(path):
    answer = Room().client.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert answer.headers["x-request-id"]
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert policy == ("default-src 'self'" if path == "/page" else API_POLICY.decode())
    assert "strict-transport-security" not in answer.headers


def test_only_https_is_told_to_stay_https():
    room = Room()
    secure = TestClient(room.shell, base_url="https://testserver", client=PUBLIC)
    assert "max-age" in secure.get("/echo").headers["strict-transport-security"]


def test_the_unexpected_is_500_with_the_requests_name_and_no_inner_words():
    answer = Room().client.get("/break")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == MEDIA
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert TOKEN not in answer.text


def test_the_store_away_is_503():
    answer = Room().client.get("/away")
    assert answer.status_code == 503
    assert "hush" not in answer.text


def test_an_answer_that_broke_off_is_not_continued():
    async def half(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("half way")

    with pytest.raises(ConnectionAbortedError):
        TestClient(Room(half).shell, client=PUBLIC).get("/echo")


def test_long_addresses_headers_and_bodies_are_refused():
    client = Room(max_url=300, max_headers=2_000, max_body=1_000).client
    assert client.get("/echo?q=" + "a" * 300).status_code == 414
    assert client.get("/echo", headers={"x-long": "a" * 2_000}).status_code == 431
    assert client.post("/echo", content=b"a" * 1_001).status_code == 413
    assert client.post("/echo", content=b"a" * 1_000).status_code == 200


def test_a_body_without_a_length_is_counted_as_it_comes():
    client = Room(max_body=1_000).client
    for kind in ("text/plain", "application/json"):
        chunks = (b"a" * 100 for _ in range(11))
        answer = client.post("/echo", content=chunks, headers={"content-type": kind})
        assert answer.status_code == 413, kind
        assert answer.headers["content-type"] == MEDIA


def test_a_refused_body_stays_refused_whatever_the_inside_makes_of_it():
    async def deaf(_scope, receive, send):
        try:
            await receive()
        except Exception:  # noqa: BLE001 - as frameworks do
            await send({"type": "http.response.start", "status": 400, "headers": []})

    client = Room(deaf, max_body=1_000).client
    chunks = (b"a" * 600 for _ in range(2))
    assert client.post("/echo", content=b"".join(chunks)).status_code == 413


def test_known_callers_may_hand_in_more_than_json():
    client = Room(max_body=1_000, max_upload=5_000).client
    known = {"authorization": f"Bearer {TOKEN}"}
    sent = b"a" * 4_000
    assert client.post("/echo", content=sent, headers=known).status_code == 200
    known["content-type"] = "application/json"
    assert client.post("/echo", content=sent, headers=known).status_code == 413


def test_deep_json_is_refused_before_anything_reads_it():
    client = Room(max_depth=8).client
    as_json = {"content-type": "application/json"}
    deep = b"[" * 9 + b"]" * 9
    assert client.post("/echo", content=deep, headers=as_json).status_code == 400
    assert client.post("/echo", content=deep[1:-1], headers=as_json).status_code == 200
    assert client.post("/echo", content=b"[" * 100_000, headers=as_json).status_code == 400


@pytest.mark.parametrize(
    "body", [b'{"a": "[[[[[[[["}', b'["\\"[[[[[[", 1]', b"[[1,2],[3,4]]" * 1, b"[]" * 50]
)
def test_brackets_in_texts_and_in_a_row_are_not_deep(body):
    check_depth(body, 4)


def test_whoever_asks_too_often_waits():
    client = Room(rate_public=2.0).client
    answers = [client.get("/echo") for _ in range(6)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert answers[0].status_code == 200
    assert refused
    assert int(refused[0].headers["retry-after"]) >= 1
    known = client.get("/echo", headers={"authorization": f"Bearer {TOKEN}"})
    assert known.status_code == 200, "a known caller has a bucket of their own"


def test_guessing_tokens_is_slow():
    client = Room(rate_public=10.0).client
    wrong = {"authorization": "Bearer gt_wrong"}
    statuses = [client.get("/echo", headers=wrong).status_code for _ in range(4)]
    assert statuses == [401, 401, 429, 429]


def test_signing_in_is_limited_by_address():
    client = Room(rate_sign_in=6.0, rate_public=0).client
    statuses = [client.post("/token").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    assert client.get("/token").status_code == 200


def test_buckets_fill_again_and_forget_the_oldest():
    buckets = Buckets(2.0, burst=2.0)
    assert [buckets.take("a", now=0.0) for _ in range(3)] == [0.0, 0.0, 0.5]
    assert buckets.take("a", now=0.5) == 0.0
    assert buckets.take("b", now=0.5) == 0.0
    assert Buckets(0.0).take("a", now=0.0, cost=1e9) == 0.0


def test_the_log_names_requests_and_holds_no_secret():
    room = Room()
    room.client.get(
        f"/echo/{TOKEN}?address=secret-street",
        headers={"authorization": f"Bearer {TOKEN}", "cookie": "geogrid_token=hidden"},
    )
    room.client.post("/token", json={"name": "ann", "password": "correct horse"})
    room.client.get("/echo", headers={"x-api-key": "gg_" + "k" * 40})
    lines = room.lines()
    first = json.loads(lines[0])
    assert first["event"] == "request"
    assert first["route"] == "/echo/{word}"
    assert first["user"] == "ann"
    assert first["status"] == 200
    assert first["address"] == PUBLIC[0]
    whole = "\n".join(lines)
    for secret in (TOKEN, "hidden", "correct horse", "k" * 40, "secret-street"):
        assert secret not in whole


def test_a_path_cannot_forge_a_line():
    room = Room()
    room.client.get('/echo/%0A{"event":"forged"}')
    (line,) = room.lines()
    assert json.loads(line)["path"] == '/echo/\n{"event":"forged"}'


def test_words_for_a_person_hold_one_line_a_request():
    room = Room(log_format="console")
    room.client.get("/echo/%0Aforged")
    (line,) = room.lines()
    assert "GET /echo/\\nforged 200" in line


def test_secrets_are_struck_out_of_any_text():
    assert redact(f"x {TOKEN}.") == "x gt_***."
    assert "hush" not in redact("postgresql+psycopg://geogrid:hush@db:5432/geogrid")


def test_metrics_count_by_template_and_never_by_address():
    room = Room()
    for word in ("one", "two"):
        room.client.get(f"/echo/{word}")
    room.client.get("/break")
    page = room.metrics.page().decode()
    counted = 'geogrid_requests_total{method="GET",route="/echo/{word}",status="200"} 2.0'
    assert counted in page
    assert 'route="other",status="500"' in page
    assert 'geogrid_request_seconds_count{route="/echo/{word}"} 2.0' in page
    assert "/echo/one" not in page


def test_a_reading_that_does_not_begin_is_given_up_but_never_a_change():
    entered = asyncio.Event()

    async def stuck(*_):
        entered.set()
        await asyncio.Event().wait()

    async def ask(method, room):
        entered.clear()
        scope = {"type": "http", "method": method, "path": "/x", "raw_path": b"/x"}
        scope |= {"query_string": b"", "headers": [], "client": PUBLIC, "scheme": "http"}
        sent = []

        async def send(message):
            sent.append(message)

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        task = asyncio.create_task(room.shell(scope, receive, send))
        await entered.wait()
        room.shell.sweep(1e12)
        await asyncio.wait([task], timeout=0.05)
        is_done = task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return is_done, sent

    async def both():
        room = Room(stuck)
        return await ask("GET", room), await ask("POST", room)

    (read_done, sent), (change_done, _) = asyncio.run(both())
    assert read_done
    assert sent[0]["status"] == 503
    assert not change_done


def test_a_body_that_does_not_arrive_is_408():
    async def ask():
        room = Room(body_timeout_s=0.01)
        scope = {"type": "http", "method": "POST", "path": "/x", "raw_path": b"/x"}
        scope |= {"query_string": b"", "client": PUBLIC, "scheme": "http"}
        scope["headers"] = [(b"content-type", b"application/json")]
        sent = []

        async def send(message):
            sent.append(message)

        await room.shell(scope, asyncio.Event().wait, send)
        return sent

    assert asyncio.run(ask())[0]["status"] == 408


def trickle(room, *, n_pieces, kind=b"application/json"):
    """Send a body of ten bytes a piece; return what comes back."""
    scope = {"type": "http", "method": "POST", "path": "/x", "raw_path": b"/x"}
    scope |= {"query_string": b"", "client": PUBLIC, "scheme": "http"}
    scope["headers"] = [(b"content-type", kind)]
    sent, came = [], iter(range(1, n_pieces + 1))

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b"1" * 10, "more_body": next(came) < n_pieces}

    asyncio.run(room.shell(scope, receive, send))
    return sent[0]


@pytest.mark.parametrize("kind", [b"application/json", b"text/csv"])
def test_a_body_that_trickles_is_408_however_short_each_pause(monkeypatch, kind):
    # every look at the clock is a second later: a piece takes one
    clock = iter(range(100_000))
    monkeypatch.setattr("geogrid_api.shell.perf_counter", lambda: float(next(clock)))
    slow = trickle(Room(body_timeout_s=20, body_rate=100), n_pieces=1000, kind=kind)
    assert slow["status"] == 408
    assert (b"connection", b"close") in slow["headers"]
    steady = trickle(Room(body_timeout_s=20, body_rate=10), n_pieces=1000, kind=kind)
    assert steady["status"] == 200
