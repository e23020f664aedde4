"""Whatever bytes are handed in: a result, or an error of our own; in bounded time and memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys

import pytest
from attacks import ATTACKS, attack
from hostile_books import HOSTILE

# another seed finds other faults: GEOGRID_ATTACK_SEED=$RANDOM
SEED = int(os.environ.get("GEOGRID_ATTACK_SEED", "7"))
# files of each kind; together ten thousand
HERE = {"csv": 2400, "xlsx": 2100, "words": 900, "xls": 150, "import": 150}
# built on a library that is not ours: what ends the process must not end the tests
APART = {"shp": 1000, "geojson": 1200, "gpkg": 800, "dxf": 1300}
_MOST_MB = 1_000
_MOST_CPU_S = 60
# how a file that all memory goes to is ended
_ADDRESSES = 4 << 30

CALLING = ("formulas that call out", "csv that calls out")


def bounded():
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_CPU_S, _MOST_CPU_S))


def run_apart(*words):
    done = subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        preexec_fn=bounded,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert done.returncode == 0, f"{words} ended with {done.returncode}: {done.stderr[-3000:]}"
    return done.stdout


def judge(outcome, n):
    told = "\n".join(f"{one['number']}: {one['error']}\n{one['told']}" for one in outcome.failures)
    assert not outcome.failures, f"{len(outcome.failures)} of {n} {outcome.kind} files:\n{told}"
    assert sum(outcome.results.values()) == n
    # an attack that is always refused at the door tries nothing behind it
    assert outcome.results["read"] > n / 50, outcome.results


def test_ten_thousand_files_in_all():
    assert set(HERE) | set(APART) == set(ATTACKS)
    assert sum(HERE.values()) + sum(APART.values()) >= 10_000


@pytest.mark.parametrize("kind", HERE)
def test_any_bytes_are_read_or_refused(kind, tmp_path, record_property):
    outcome = attack(kind, HERE[kind], SEED, tmp_path)
    record_property("slowest_cpu_s", outcome.slowest_cpu_s)
    record_property("results", outcome.results)
    judge(outcome, HERE[kind])


@pytest.mark.parametrize("kind", APART)
def test_any_layer_is_read_or_refused(kind, tmp_path, record_property):
    from attacks import Outcome

    outcome = Outcome(**json.loads(run_apart("attacks", kind, APART[kind], SEED, tmp_path)))
    record_property("peak_mb", outcome.peak_mb)
    record_property("results", outcome.results)
    judge(outcome, APART[kind])
    assert outcome.peak_mb < _MOST_MB


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_books_take_little_and_reach_for_nothing(name, record_property):
    heard = json.loads(run_apart("hostile_books", name))
    as_list, as_ledger = heard["told"]
    record_property("told", heard["told"])
    for told in (as_list, as_ledger):
        assert told["cpu_s"] < 5
        assert told["peak_mb"] < _MOST_MB
        assert told["n_rows"] <= 200_000
    assert as_list["n_rows"] <= 20_000
    if name.startswith("xls"):
        # read by a child of its own, which gets the bytes through files without a name
        assert not any("socket" in one or "passwd" in one for one in heard["reached"])
    else:
        assert heard["reached"] == []
    if name in CALLING:
        # told as the text that it is, and not reckoned
        assert as_ledger["refused"] == ""
        assert all(text.startswith("=") for text in as_ledger["texts"][2:])
