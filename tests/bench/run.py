"""Measure geogrid beside its peers: python tests/bench/run.py [--json FILE] [--svg FILE].

One table per district, never a pass or a fail. Every method runs in a process of its
own on the same parts, walks and target; `measure.py` looks at all layouts alike.
Other modes: --scale 10 or 100, --seeds N, --anytime, --what-if N, --workbench, --widget N,
--cluster SCALE, --service, --grow N, --web N, --intake.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
import tables
from districts import huangpu, sample, synthetic
from measure import measure
from worker import METHODS, OURS

WORKER = Path(__file__).with_name("worker.py")
# the default of PartitionRules, and of all comparisons
BALANCE_M = 500.0
BALANCES_M = (200.0, 500.0, 1000.0, 2000.0, 4000.0)
CAP_S = 60.0
# geogrid on a hundredfold district
LONG_CAP_S = 1800.0
PEERS = ("gerrychain", "pygeoda", "pymetis", "spopt", "numpy", "numba", "highspy")


class Bench:
    """Run methods on one case and measure what they return.

    Parameters
    ----------
    case : Case
        What is planned.
    folder : Path
        Where case and layouts are kept while it runs.
    cap_s : float
        CPU seconds after which a peer is stopped.
    """

    def __init__(self, case, folder, cap_s):
        self.case, self.cap_s = case, cap_s
        self.path = Path(folder) / "case.npz"
        case.save(self.path)
        self.optimum = None
        self.rows = []

    def run(self, name, *, balance_m=BALANCE_M):
        """Run one method; return its row."""
        print(f"  {METHODS[name].title} ...", file=sys.stderr, flush=True)
        out = self.path.with_name("layout.npz")
        out.unlink(missing_ok=True)
        ours = METHODS[name].imports is OURS
        options = {"balance_m": balance_m, "cap_s": LONG_CAP_S if ours else self.cap_s}
        if not ours:
            options["shares"] = self.optimum["shares"]
        command = [sys.executable, WORKER, name, self.path, out, json.dumps(options)]
        # one thread each: CPU seconds of waiting threads say nothing
        env = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(command, env=env, check=False, capture_output=True, text=True)
        row = {"method": METHODS[name].title, "balance_m": balance_m}
        if done.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
            row["failed"] = f"did not end within {options['cap_s']:.0f} s"
        elif not out.exists():
            words = done.stderr.strip().splitlines() or [f"exit {done.returncode}"]
            row["failed"] = words[-1]
        else:
            with np.load(out) as held:
                row |= json.loads(str(held["figures"])) | {"method": METHODS[name].title}
                labels = held["labels"]
            shares, bands = row.pop("shares", None), row.pop("bands", None)
            if name == "exact" and balance_m == BALANCE_M:
                self.optimum = {"shares": shares, "bands": bands, "bound": row["bound"]}
            row |= measure(
                self.case.parts,
                labels,
                target=self.case.target,
                balance_m=BALANCE_M,
                bands=self.optimum["bands"],
            )
            row["over"] = row["objective"] / self.optimum["bound"] - 1
            row["violations"] = row["broken"] + row["outside"] + row["across"]
        self.rows.append(row)
        return row

    def result(self):
        """Return the case and its rows as plain data."""
        sizes = [p.n for p in self.case.parts]
        return {
            "district": self.case.name,
            "units": sum(sizes),
            "parts": len(sizes),
            "largest": max(sizes),
            "k": self.case.k,
            "graph_cpu_s": self.case.graph_cpu_s,
            "rows": self.rows,
        }


def bench(case, names, cap_s):
    """Run some methods on one case."""
    print(f"{case.name}:", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        held = Bench(case, folder, cap_s)
        for name in names:
            held.run(name)
        return held.result()


def compare(given):
    """Measure all methods on the sample, a synthetic district and one from OpenStreetMap."""
    cases = [sample(), synthetic(1, np.random.default_rng(given.seed)), huangpu()]
    found = []
    for case in cases:
        if case is None:
            continue
        found.append(bench(case, list(METHODS), given.cap))
        print(tables.methods(found[-1]), flush=True)
    return found


def scale(given):
    """Measure growth: the same generator at 1x and larger; METIS up to tenfold."""
    found = []
    for factor in sorted({1, 10, given.scale}):
        names = ["exact", "search", "metis"] if factor <= 10 else ["exact"]
        case = synthetic(factor, np.random.default_rng(given.seed))
        found.append(bench(case, names, 10 * given.cap))
    print(tables.growth(found))
    return found


def seeds(given):
    """Count exact numbers of grids and violations over many synthetic districts."""
    found = [
        bench(synthetic(1, np.random.default_rng(seed)), ["exact", "metis"], given.cap)
        for seed in range(given.seeds)
    ]
    print(tables.seeds(found))
    return found


def anytime(given):
    """Measure on the sample when a plan is there, when it is proven, and at other weights."""
    case = sample()
    with tempfile.TemporaryDirectory() as folder:
        held = Bench(case, folder, given.cap)
        held.run("exact")
        for balance_m in BALANCES_M:
            held.run("exact", balance_m=balance_m)
        found = held.result()
    print(tables.anytime(found))
    return [found]


def over_http(given):
    """Return what measures the service in the way asked for, if that is asked for."""
    if given.service:
        from service import compare_services

        return compare_services
    if given.grow:
        from grow import grow

        return grow
    if given.web:
        from web import web

        return web
    return None


def keep(found, path):
    """Write all figures to a file, if one was named."""
    if path:
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def of_planners(given):
    """Return what measures a planner's own questions and files, None if none is asked for."""
    if given.what_if:
        from whatif import question

        return partial(question, given.what_if)
    if given.workbench:
        from workbench import workbench

        return partial(workbench, os.cpu_count())
    if given.widget:
        from live import slide

        return partial(slide, given.widget)
    if given.intake:
        from intake import intake

        return intake
    return None


def main():
    """Measure what is asked for; write the figures beside the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--svg", type=Path, help="draw walk against balance into this file")
    parser.add_argument("--seed", type=int, default=0, help="of the synthetic district")
    parser.add_argument("--cap", type=float, default=CAP_S, help="CPU seconds a peer may take")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--scale", type=int, choices=(10, 100), help="measure growth up to here")
    mode.add_argument("--seeds", type=int, help="so many synthetic districts, exact and METIS")
    mode.add_argument("--anytime", action="store_true", help="first plan, proof, other weights")
    mode.add_argument("--what-if", type=int, metavar="N", help="time so many questions")
    mode.add_argument("--workbench", action="store_true", help="scenarios, fronts, sensitivity")
    mode.add_argument("--widget", type=int, metavar="N", help="time so many moves of its sliders")
    mode.add_argument("--cluster", type=int, metavar="SCALE", help="two workers, one killed")
    mode.add_argument("--service", action="store_true", help="geogrid serve beside pygeoapi")
    mode.add_argument("--grow", type=int, metavar="N", help="N districts in one store")
    mode.add_argument("--web", type=int, metavar="N", help="the web map, of one and of N samples")
    mode.add_argument("--intake", action="store_true", help="import messy ledgers, small and large")
    given = parser.parse_args()
    if (measured := over_http(given)) is not None:
        keep(measured(given), given.json)
        return
    versions = ", ".join(f"{name} {version(name)}" for name in PEERS)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{versions}\n")
    if given.scale:
        found = scale(given)
    elif given.seeds:
        found = seeds(given)
    elif given.anytime:
        found = anytime(given)
    elif (asked := of_planners(given)) is not None:
        found = asked()
    elif given.cluster:
        from cluster import lose_a_worker

        case = synthetic(given.cluster, np.random.default_rng(given.seed))
        # about half-way through
        found = lose_a_worker(case, 0.6 * given.cluster)
    else:
        found = compare(given)
    keep(found, given.json)
    if given.svg:
        from plot import draw

        draw(found, given.svg)


if __name__ == "__main__":
    main()
