"""Laws of the running service: N real processes, which are replaced, stopped and quiet."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from served import PASSWORD

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


class Running:
    """`geogrid serve` over a store, with all that it says."""

    def __init__(self, store, **settings):
        given = {"STORE": store, "PORT": 0, "WORKERS": 2, "RATE_PUBLIC": 0} | settings
        environment = {f"GEOGRID_{key}": str(value) for key, value in given.items()}
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "geogrid.cli", "serve"],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = []
        self.hello = self.process.stdout.readline()
        self.port = int(re.search(r":(\d+)/", self.hello)[1])

    def wait_for(self, event, times=1):
        """Read the log until something was said so often."""
        found = []
        for line in self.process.stderr:
            self.said.append(line)
            told = json.loads(line)
            if told["event"] == event:
                found.append(told)
                if len(found) == times:
                    return found
        raise AssertionError("".join(self.said))

    def ask(self, path, *, body=None, **headers):
        """Return status and text."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json", **headers},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def raw(self, *parts):
        """Send bytes as they are; return what comes back until the other side hangs up."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as line:
            for part in parts:
                try:
                    line.sendall(part)
                except OSError:
                    break
            came = b""
            try:
                while piece := line.recv(65_536):
                    came += piece
            except ConnectionResetError:
                pass
        return came

    def end(self):
        """Read the rest of the log and return the exit code."""
        self.said += self.process.stderr.readlines()
        return self.process.wait(timeout=15)


@pytest.fixture
def running(served_file):
    service = Running(served_file)
    yield service
    if service.process.poll() is None:
        service.process.kill()
    service.process.communicate()


def test_workers_answer_are_replaced_and_stop_in_order_without_telling_secrets(running):
    running.wait_for("ready", times=2)
    assert running.ask("/readyz") == (200, '{"status": "ready"}')
    status, page = running.ask("/collections/gov_grids/items?limit=2")
    assert status == 200
    assert len(json.loads(page)["features"]) == 2
    status, text = running.ask("/token", body={"name": "ada", "password": PASSWORD})
    token = json.loads(text)["token"]
    shown = {"Authorization": f"Bearer {token}"}
    assert running.ask("/users", **shown)[0] == 200
    # metrics of one worker are those of both
    counted = running.ask("/metrics")[1]
    assert 'geogrid_requests_total{method="GET",route="/readyz",status="200"} 1.0' in counted
    assert 'geogrid_requests_total{method="GET",route="/users",status="200"} 1.0' in counted

    started = [json.loads(line) for line in running.said]
    worker = next(told["pid"] for told in started if told.get("process") == "worker 1")
    os.kill(worker, signal.SIGKILL)
    assert running.wait_for("process died")[0]["code"] == -signal.SIGKILL
    assert running.ask("/collections/gov_grids/items?limit=1")[0] == 200
    running.wait_for("ready")

    running.process.send_signal(signal.SIGTERM)
    assert running.end() == 0
    log = "".join(running.said)
    assert '"event": "stopped"' in log
    assert "Traceback" not in log
    assert "did not stop" not in log
    for secret in (PASSWORD, token):
        assert secret not in log
    # what a killed worker had not written yet is lost; the others' lines are not
    assert '"path":"/collections/gov_grids/items"' in log


WARNS = """
import warnings
from geogrid_api.log import configure_logs
from geogrid_api.settings import Settings

configure_logs(Settings(store="none.db"))
warnings.warn("of a library, gt_0123456789")
"""


def test_a_warning_of_a_library_is_an_event_like_others():
    path = os.pathsep.join([str(ROOT), str(ROOT / "api")])
    done = subprocess.run(
        [sys.executable, "-c", WARNS],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = done.stderr.splitlines()
    told = json.loads(line)
    assert told["level"] == "warning"
    assert "of a library, gt_***" in told["event"]


def test_answers_without_a_body_come_at_once_on_a_line_that_stays_open(running):
    running.wait_for("ready", times=2)
    line = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
    for method, path in (("HEAD", "/collections"), ("GET", "/collections"), ("HEAD", "/readyz")):
        line.request(method, path)
        answer = line.getresponse()
        assert answer.status == 200
        assert bool(answer.read()) == (method == "GET")
    line.request("GET", "/collections", headers={"If-None-Match": "*"})
    assert line.getresponse().status == 304
    line.close()


def test_heads_without_end_are_hung_up_on(running):
    running.wait_for("ready", times=2)
    start = b"GET / HTTP/1.1\r\nHost: a\r\n"
    assert b" 431 " in running.raw(start, *[b"x: " + b"a" * 50_000 + b"\r\n"] * 8)
    assert b" 431 " in running.raw(start, b"x: a\r\n" * 300)
    assert b" 431 " in running.raw(b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\n")
    long = b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    assert b" 414 " in running.raw(long)
    assert b"400" in running.raw(b"\x16\x03\x01\x02\x00\x01\x00")


def test_requests_sent_together_are_answered_in_turn(running):
    running.wait_for("ready", times=2)
    path = "/collections/gov_grids/items?limit=1"

    def request(method, *headers, body=b"", at=path):
        head = [f"{method} {at} HTTP/1.1", "Host: a", *headers]
        return "\r\n".join([*head, "", ""]).encode() + body

    # one after another on one line, none waited for: with a body, without, and not changed
    tag = re.search(rb'etag: ("[^"]+")', running.raw(request("GET", "Connection: close")))[1]
    asked = [request("GET"), request("HEAD"), request("OPTIONS")]
    asked += [
        request("GET", f"If-None-Match: {tag.decode()}"),
        request("HEAD", "Connection: close"),
    ]
    came = running.raw(b"".join(asked))
    assert re.findall(rb"HTTP/1.1 (\d+)", came) == [b"200", b"200", b"204", b"304", b"200"]
    # whoever waits for leave to send a body gets it
    body = b'{"points": [[120.3, 36.0]]}'
    size = (f"Content-Length: {len(body)}", "Content-Type: application/json", "Connection: close")
    order = request("POST", "Expect: 100-continue", *size, body=body, at="/locate")
    assert re.findall(rb"HTTP/1.1 (\d+)", running.raw(order))[-1] == b"200"


def test_nothing_is_left_when_the_supervisor_is_killed(running):
    running.wait_for("ready", times=2)
    running.process.kill()
    # workers write to the same pipe: its end is reached when the last of them is gone
    assert running.end() == -signal.SIGKILL
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", running.port), timeout=5)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"GEOGRID_STORE": ""}, "--store"),
        ({"GEOGRID_STORE": "/nowhere/geogrid.db"}, "no store"),
        ({"GEOGRID_STORE": "x.db", "GEOGRID_WORKERS": "none"}, "GEOGRID_WORKERS"),
        ({"GEOGRID_STORE": "postgresql://geogrid:hush@127.0.0.1:9/none"}, "connection"),
    ],
)
def test_a_start_that_cannot_be_says_why_and_keeps_the_password(settings, told, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "geogrid.cli", "serve"],
        env=os.environ | settings,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert told in done.stderr
    assert "hush" not in done.stderr
    assert "Traceback" not in done.stderr
