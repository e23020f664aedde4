"""The web map's own tests, and its verdict against the server's on a thousand moves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from web_moves import make_moves, with_rules

from geogrid.store.plan_file import read_plan

ROOT = Path(__file__).resolve().parent.parent.parent


def _ruled(plan):
    """Return the plan as if its rules had locked, joined and parted some courtyards."""
    members = plan.courtyards.groupby("grid_code")["courtyard_id"].apply(list).tolist()
    return with_rules(
        plan,
        walk_max_m=180.0,
        locked=[members[3], members[40]],
        together=[members[10][:2], [members[20][0], members[22][0]]],
        apart=[members[5][:2], [members[30][0], members[31][0]]],
        codes_retired=["370202001001009", "370202005008003"],
    )


@pytest.fixture(scope="module")
def moves(sample_plan_path):
    plan = read_plan(sample_plan_path)
    return [make_moves(plan), make_moves(_ruled(plan), n_moves=300, seed=6)]


def test_many_of_the_moves_hurt(moves):
    steps = moves[0]["steps"]
    assert len(steps) == 1_000
    assert sum(step["is_cut"] or step["is_border"] for step in steps) >= 400
    assert min(sum(step[word] for step in steps) for word in ("is_cut", "is_border")) >= 200
    kinds = {fault["kind"] for case in moves for fault in case["findings"]}
    assert kinds >= {"split_community", "broken", "out_of_band", "station_area", "locked", "rule"}


def test_the_map_judges_as_the_server_does(moves, tmp_path):
    path = tmp_path / "moves.json"
    path.write_text(json.dumps(moves, ensure_ascii=False), encoding="utf-8")
    done = subprocess.run(
        ["sh", ROOT / "api" / "web" / "npm.sh", sys.executable, "test"],
        env={**os.environ, "GEOGRID_MOVES": str(path), "CI": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-4_000:]
    assert "skipped" not in done.stdout
