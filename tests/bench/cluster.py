"""Plan one synthetic district here and on a Dask cluster whose worker is killed; compare.

python tests/bench/cluster.py [--scale 10] [--kill-after 5] [--json FILE]: one process,
then two worker processes of which one is killed in mid-run. Wall seconds, labels, objectives.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
from distributed import LocalCluster
from districts import synthetic

from geogrid.solve.options import PartitionRules, SolveOptions
from geogrid.solve.partition import solve_parts


def solved(case, options):
    """Return the partition and its wall seconds."""
    started = time.perf_counter()
    groups = list(range(len(case.parts)))
    found = solve_parts(case.parts, groups, case.k, rules=PartitionRules(), options=options)
    return found, time.perf_counter() - started


def main():
    """Solve twice, kill once, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=int, default=10)
    parser.add_argument("--kill-after", type=float, default=5.0, help="seconds into the run")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    case = synthetic(given.scale, np.random.default_rng(0))
    alone, alone_s = solved(case, SolveOptions())
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=50,
        memory_limit=0,
    ) as cluster:
        victim = cluster.workers[0].pid
        killed = []

        def kill():
            killed.append(time.perf_counter())
            os.kill(victim, signal.SIGKILL)

        timer = threading.Timer(given.kill_after, kill)
        timer.start()
        shared, shared_s = solved(case, SolveOptions(cluster=cluster.scheduler_address))
        timer.cancel()
    row = {
        "case": case.name,
        "k": case.k,
        "alone_s": alone_s,
        "cluster_s": shared_s,
        "worker_killed": bool(killed),
        "same_labels": bool(np.array_equal(alone.labels, shared.labels)),
        "same_objective": alone.objective == shared.objective,
        "status": shared.status,
    }
    print(json.dumps(row, indent=2))
    if given.json:
        given.json.write_text(json.dumps(row, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
