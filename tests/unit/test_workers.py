"""Where parts are worked on changes nothing: here, in processes, on a cluster."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from oracles import random_case

from geogrid.errors import InputError, SolverError
from geogrid.solve.options import PartitionRules, SolveOptions
from geogrid.solve.partition import partition

if TYPE_CHECKING:
    from geogrid.solve.regions import Regions

ROOT = Path(__file__).resolve().parents[2]


def city(seed=0, sizes=(24, 30, 9, 18, 5, 27)):
    """Several parts side by side, and a k that takes several rounds to share out."""
    weights, edges, coords = random_case(list(sizes), np.random.default_rng(seed))
    return {"weights": weights, "edges": edges, "n_regions": sum(sizes) // 4, "coords": coords}


def solved(options, seed=0):
    found = partition(**city(seed), options=options)
    return found.labels.tolist(), found.objective, [p.cuts for p in found.parts]


def same_proof(one, other):
    """Whether two certificates hold the same duals to the last bit."""
    return all(
        a.k == b.k and a.slope == b.slope and np.array_equal(a.dual, b.dual)
        for cuts, more in zip(one, other, strict=True)
        for a, b in zip(cuts, more, strict=True)
    )


@pytest.mark.parametrize("mode", ["auto", "search"])
def test_two_processes_find_the_same_plan_and_the_same_proof(mode):
    alone = solved(SolveOptions(mode=mode))
    shared = solved(SolveOptions(mode=mode, n_jobs=2))
    assert shared[:2] == alone[:2]
    assert same_proof(shared[2], alone[2])


def test_no_memory_for_studies_changes_nothing():
    # one megabyte keeps next to no study: each is opened again for each question
    alone, poor = solved(SolveOptions()), solved(SolveOptions(memory_mb=4))
    assert poor[:2] == alone[:2]
    assert same_proof(poor[2], alone[2])


class KillsOnce:
    """A user's cost that kills the worker process it runs in, the first time it is asked."""

    def __init__(self, mark: Path, home: int) -> None:
        self.mark = mark
        self.home = home

    def __call__(self, regions: Regions):
        if os.getpid() != self.home and not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return np.zeros(len(regions))


# joblib tells of the worker that was killed, and Python of the pipe it left behind
@pytest.mark.filterwarnings("ignore:.*worker:UserWarning", "ignore:resource_tracker:UserWarning")
def test_a_killed_process_costs_nothing_but_time(tmp_path):
    rules = PartitionRules(extra_cost=KillsOnce(tmp_path / "killed", os.getpid()))
    alone = partition(**city(), rules=rules)
    shared = partition(**city(), rules=rules, options=SolveOptions(n_jobs=2))
    assert (tmp_path / "killed").exists()
    assert shared.labels.tolist() == alone.labels.tolist()


def test_another_process_finds_the_same_labels():
    script = (
        "import sys; sys.path[:0] = ['tests/property', 'tests/unit', '.']\n"
        "from test_workers import solved\n"
        "from geogrid.solve.options import SolveOptions\n"
        "print(solved(SolveOptions(mode='search', seed=3))[0])"
    )
    told = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "17"},
    )
    assert told.stdout.strip() == str(solved(SolveOptions(mode="search", seed=3))[0])


def test_jobs_and_cluster_exclude_each_other():
    with pytest.raises(InputError, match="not both"):
        SolveOptions(n_jobs=2, cluster="tcp://127.0.0.1:1")


@pytest.fixture
def dask_cluster():
    """A Dask scheduler and two worker processes on this machine."""
    distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        # any free port, should another cluster run beside
        dashboard_address="127.0.0.1:0",
        host="127.0.0.1",
        silence_logs=50,
    ) as cluster:
        yield cluster


@pytest.mark.slow
def test_a_cluster_finds_the_same_plan_even_if_a_worker_is_killed(dask_cluster, tmp_path):
    alone = solved(SolveOptions())
    address = dask_cluster.scheduler_address
    assert solved(SolveOptions(cluster=address))[:2] == alone[:2]
    rules = PartitionRules(extra_cost=KillsOnce(tmp_path / "killed", os.getpid()))
    found = partition(**city(), rules=rules, options=SolveOptions(cluster=address))
    assert (tmp_path / "killed").exists()
    assert found.labels.tolist() == alone[0]


@pytest.mark.slow
def test_a_cluster_without_workers_is_told(monkeypatch):
    distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")
    monkeypatch.setattr("geogrid.solve.workers._PATIENCE_S", 1)
    empty = {"n_workers": 0, "dashboard_address": "127.0.0.1:0", "host": "127.0.0.1"}
    with (
        distributed.LocalCluster(**empty, silence_logs=50) as cluster,
        pytest.raises(SolverError, match="has no workers"),
    ):
        solved(SolveOptions(cluster=cluster.scheduler_address))


def test_a_cluster_that_is_not_there_is_bad_input():
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    with pytest.raises(InputError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:9"):
        partition(**city(), options=SolveOptions(cluster="tcp://127.0.0.1:9"))


def test_a_study_counts_its_linear_program_too():
    from geogrid.solve.columns import enumerate_columns
    from geogrid.solve.master import Master
    from geogrid.solve.parts import split_parts

    n = 6
    (part,) = split_parts(
        np.ones(n),
        np.array([(i, i + 1) for i in range(n - 1)]),
        np.zeros(n, np.int64),
        coords=np.arange(2.0 * n).reshape(n, 2),
    )
    master = Master(part, enumerate_columns(part, low=0, high=9, target=2, balance_m=1.0))
    before = master.nbytes
    master.relax(2)
    assert before == master.columns.nbytes < master.nbytes
