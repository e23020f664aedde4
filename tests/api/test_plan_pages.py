"""Laws of the pages that integrators and planners read: every command works as printed.

A page is one story, told from top to bottom; JSON under commands is part of the last answer.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from plan_service import EAST_IN_B

DOCS = Path(__file__).resolve().parents[2] / "docs"
_BLOCK = re.compile(r"^```(sh|json)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def steps(page):
    """Yield the commands of a page, and what the last of them must have answered."""
    for kind, text in _BLOCK.findall((DOCS / page).read_text(encoding="utf-8")):
        if kind == "json":
            yield "json", json.loads(text)
        else:
            for command in text.replace("\\\n", " ").strip().splitlines():
                yield "sh", command


def run(house, command, folder):
    """Ask the service what a curl command asks."""
    words = {"$BASE": "http://testserver", "$KEY": house.secrets["planner"]}
    words |= {"$APPROVER": house.secrets["approver"], "$CLERK": house.secrets["clerk_a"]}
    words |= {"$VIEWER": house.secrets["viewer"]}
    for name, value in words.items():
        command = command.replace(name, value)
    program, *parts = shlex.split(command)
    assert program == "curl"
    method, headers, content, url = "GET", {}, None, None
    rest = iter(parts)
    for part in rest:
        if part == "-X":
            method = next(rest)
        elif part == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif part == "-d":
            content = next(rest).encode()
        elif part == "--data-binary":
            content = (folder / next(rest).removeprefix("@")).read_bytes()
        else:
            assert url is None, f"unknown part {part!r} of {command}"
            url = part
    return house.anonymous.ask(method, url, headers=headers, content=content)


def holds(told, want, where="answer"):
    """Assert that an answer holds what a page prints of it."""
    if isinstance(want, dict):
        for name, value in want.items():
            assert name in told, f"{where} has no {name}"
            holds(told[name], value, f"{where}.{name}")
    elif isinstance(want, list) and want:
        assert any(_fits(one, want[0]) for one in told), f"{where} has nothing like {want[0]}"
    else:
        assert told == want, f"{where} is {told!r}, not {want!r}"


def _fits(told, want):
    try:
        holds(told, want)
    except AssertionError:
        return False
    return True


def tell(house, page, folder):
    """Run a page from top to bottom."""
    answer = None
    n_answers = 0
    for kind, step in steps(page):
        if kind == "sh":
            answer = run(house, step, folder)
            assert answer.status_code < 500, f"{step}\n{answer.text}"
        else:
            assert answer is not None
            holds(answer.json(), step, f"{page}: {answer.request.method} {answer.request.url}")
            assert answer.status_code == step.get("status", answer.status_code) or isinstance(
                step.get("status"), str
            )
            n_answers += 1
    return n_answers


def test_plans_over_http_work_as_printed(house, two_plan_path, tmp_path):
    shutil.copy(two_plan_path, tmp_path / "plan.gpkg")
    (tmp_path / "changes.csv").write_text("楼院编号,划入网格\nc01,3\nc02,9\n", encoding="gbk")
    house.publish(1, day=dt.date(2026, 3, 1))
    assert tell(house, "reference/plans-api.md", tmp_path) >= 10


@pytest.fixture
def followed(house):
    """Return a service with two versions, the second merging one grid into another."""
    house.publish(1, day=dt.date(2026, 3, 1))
    other = house.draft()
    house.store.withdraw(other, by="planner")
    later = house.draft()
    grids = sorted(house.grids(later, EAST_IN_B))
    merge = {"edits": [{"op": "merge", "grid": grids[1], "into": grids[0]}]}
    assert house.planner.post(f"/plans/{later}/moves", merge, at=0).status_code == 200
    house.publish(later, day=dt.date(2026, 3, 10), no="2号")
    house.client.app.library.refresh()
    return house


def test_keeping_in_step_works_as_printed(followed, tmp_path):
    assert tell(followed, "how-to/integrate.md", tmp_path) >= 5
