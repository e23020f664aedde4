"""Cluster: one synthetic district planned here, and by two workers of which one is killed."""

from __future__ import annotations

import json
import os
import signal
import threading
import time

import numpy as np
from distributed import LocalCluster

from geogrid.solve.options import PartitionRules, SolveOptions
from geogrid.solve.partition import solve_parts


def solved(case, options):
    """Return the partition and its wall seconds."""
    started = time.perf_counter()
    groups = list(range(len(case.parts)))
    found = solve_parts(case.parts, groups, case.k, rules=PartitionRules(), options=options)
    return found, time.perf_counter() - started


def lose_a_worker(case, kill_after_s):
    """Plan in one process, then on a Dask cluster that loses a worker; print and return."""
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

        timer = threading.Timer(kill_after_s, kill)
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
    return row
