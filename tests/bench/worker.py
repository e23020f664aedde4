"""Worker: one method on one case, alone in its process, so that its costs are its own.

Started by `run.py`: worker.py METHOD CASE.npz OUT.npz OPTIONS. Imports, warm-up (compiled
code) and solving are timed apart; CPU seconds include all threads and child processes.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import peers
from districts import Case, synthetic

if TYPE_CHECKING:
    from collections.abc import Callable

# the units and grids that compiled code is made ready on
WARM_PARTS = 6
FIRMER_M = 1000.0


@dataclass(frozen=True)
class Method:
    """Name a method and what it must import."""

    title: str
    imports: tuple[str, ...]
    run: Callable


def geogrid(case, options, *, mode, balance_m=None):
    """Plan by geogrid; return labels and what it claims."""
    from geogrid.solve.options import PartitionRules, SolveOptions
    from geogrid.solve.partition import solve_parts

    marks = []
    cpu, wall = cpu_seconds(), time.perf_counter()

    def note(progress):
        if progress.incumbent is not None and not marks:
            marks.append((cpu_seconds() - cpu, time.perf_counter() - wall))

    rules = PartitionRules(target=case.target, balance_m=balance_m or options["balance_m"])
    groups = [0] * len(case.parts)
    found = solve_parts(
        case.parts,
        groups,
        case.k,
        rules=rules,
        options=SolveOptions(mode=mode, on_progress=note),
    )
    first_cpu_s, first_wall_s = marks[0] if marks else (None, None)
    return found.labels, {
        "status": found.status,
        "gap": found.gap,
        "claimed": found.objective if balance_m is None else None,
        "bound": found.bound,
        "first_cpu_s": first_cpu_s,
        "first_wall_s": first_wall_s,
        "shares": [p.k for p in found.parts],
        "bands": [[min(edge, 1e9) for edge in p.band] for p in found.parts],
    }


def peer(case, options, *, cut):
    """Run a peer with the numbers of grids that our optimum has."""
    return cut(case, np.array(options["shares"]), options["balance_m"])


OURS = ("geogrid.solve.partition", "geogrid.solve.search", "geogrid.solve.study", "numba")
GERRY = ("gerrychain", "networkx")
GEODA = ("pygeoda",)
SPOPT = ("spopt.region", "geopandas", "sklearn.metrics.pairwise")
METHODS = {
    "exact": Method("geogrid exact", OURS, partial(geogrid, mode="exact")),
    # the same engine told to weigh balance more: what the default gives away for short walks
    "exact-firm": Method(
        f"geogrid exact, balance {FIRMER_M:.0f} m",
        OURS,
        partial(geogrid, mode="exact", balance_m=FIRMER_M),
    ),
    "search": Method("geogrid search", OURS, partial(geogrid, mode="search")),
    "metis": Method("METIS", ("pymetis",), partial(peer, cut=peers.metis)),
    "recom-tilted": Method(
        "GerryChain ReCom, tilted", GERRY, partial(peer, cut=partial(peers.recom, tilted=True))
    ),
    "recom": Method(
        "GerryChain ReCom, plain", GERRY, partial(peer, cut=partial(peers.recom, tilted=False))
    ),
} | {
    f"{package}-{method.replace(' ', '-')}": Method(
        f"{package} {method}",
        imports,
        partial(peer, cut=partial(getattr(peers, package), method=method)),
    )
    for package, imports, methods in (
        ("pygeoda", GEODA, ("max-p", "azp", "skater")),
        ("spopt", SPOPT, ("max-p", "k-means", "skater")),
    )
    for method in methods
}


def cpu_seconds():
    """Return user and system seconds of this process and its ended children."""
    own, ended = (
        resource.getrusage(resource.RUSAGE_SELF),
        resource.getrusage(resource.RUSAGE_CHILDREN),
    )
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime


def peak_mb():
    """Return the most memory that this process held, in MB."""
    status = Path("/proc/self/status")
    if status.exists():
        # Linux hands the starter's peak down in ru_maxrss; this one begins with the process
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1024**2 if sys.platform == "darwin" else 1024)


def warm_up(method, options):
    """Make compiled code ready on a few small parts."""
    case = synthetic(1, np.random.default_rng(0))
    order = sorted(case.parts, key=lambda p: p.n)[20 : 20 + WARM_PARTS]
    ends = np.cumsum([p.n for p in order])
    parts = [replace(p, units=np.arange(e - p.n, e)) for p, e in zip(order, ends, strict=True)]
    xy = np.concatenate([case.xy[p.units] for p in order])
    small = Case("warm", parts, xy, round(sum(p.total for p in parts) / case.target))
    shares = [max(1, round(p.total / small.target)) for p in parts]
    method.run(small, options | {"shares": shares})


def main():
    """Import, warm up, solve; write labels and figures."""
    name, given, out, options = sys.argv[1:]
    options = json.loads(options)
    method = METHODS[name]
    started = cpu_seconds()
    for module in method.imports:
        import_module(module)
    import_s = cpu_seconds() - started
    case = Case.load(Path(given))
    started = cpu_seconds()
    # only our own code compiles; a peer has nothing to warm
    if method.imports is OURS:
        warm_up(method, options)
    warm_s = cpu_seconds() - started
    base_mb = peak_mb()
    limit = int(cpu_seconds() + options["cap_s"]) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
    cpu, wall = cpu_seconds(), time.perf_counter()
    labels, claims = method.run(case, options)
    figures = {
        "method": name,
        "cpu_s": cpu_seconds() - cpu,
        "wall_s": time.perf_counter() - wall,
        "import_s": import_s,
        "warm_s": warm_s,
        "base_mb": base_mb,
        "peak_mb": peak_mb(),
    }
    np.savez(out, labels=np.asarray(labels, np.int64), figures=json.dumps(figures | claims))
    sys.stdout.flush()
    # some native libraries trip over their own feet while they are unloaded
    os._exit(0)


if __name__ == "__main__":
    main()
