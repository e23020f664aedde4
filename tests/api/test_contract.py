"""The law of the whole service: it does what its own document says, whoever asks for what."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
import sys

import pytest
from contract import run_contract

from geogrid.store.store import Store

pytestmark = pytest.mark.slow

EXAMPLES = 50
# version 1 is in force, 2 is a planner's draft, 3 a clerk's
PLANS = (1, 2, 3)


@pytest.fixture
def store(house_template, tmp_path):
    """Return the file of a store with one version in force and two drafts, and its keys."""
    path = shutil.copy(house_template, tmp_path / "store.db")
    with Store.open(path) as store:
        store.submit(1, expected=0, by="planner")
        store.approve(1, expected=0, by="approver")
        store.publish(
            1,
            expected=0,
            document_no="1",
            effective_date=dt.date(2026, 1, 1),
            by="approver",
            accepted_because="a drawn town",
        )
        store.derive_plan(1, title="草案", by="planner")
        store.derive_plan(1, title="西街道", by="clerk_a", scope="370202001")
        return path, {"anybody": "", "planner": store.add_key("planner", label="contract").secret}


@pytest.fixture
def base(store, tmp_path):
    """Return the address of a service of its own, in processes of its own."""
    given = {"STORE": store[0], "PORT": 0, "WORKERS": 1, "LOG_LEVEL": "warning"}
    # jobs that are ordered stay in the queue; those waited for are done by the worker
    given["RUNNER"] = "false"
    given |= {"RATE_PUBLIC": 0, "RATE_KNOWN": 0, "RATE_SIGN_IN": 0}
    with (tmp_path / "service.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "geogrid.cli", "serve"],
            env=os.environ | {f"GEOGRID_{name}": str(value) for name, value in given.items()},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    yield re.search(r"http://[\d.:]+", process.stdout.readline())[0]
    process.terminate()
    process.communicate(timeout=30)


@pytest.mark.parametrize("role", ["anybody", "planner"])
def test_the_service_keeps_its_contract(base, role, store, tmp_path):
    done = run_contract(base, tmp_path, plans=PLANS, key=store[1][role], examples=EXAMPLES)
    said = (tmp_path / "service.log").read_text()
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{said}"
    # the most that failures can hide behind: nothing was asked
    assert int(re.search(r"([\d,]+) generated", done.stdout)[1].replace(",", "")) > 5_000
    assert '"level": "error"' not in said
