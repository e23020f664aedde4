"""What-if: questions to the solved sample, timed and compared with full solves.

Each trial locks a region, ties a courtyard to its neighbour, or changes the
households of one community; it is answered with every part's number of regions
fixed and with the regions shared out anew, and compared with a full solve at
the same target. CPU and wall seconds; never a pass or a fail.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from geogrid.errors import InfeasibleError
from geogrid.governance.problem import make_problem
from geogrid.governance.rules import LayoutRules
from geogrid.solve.options import SolveOptions
from geogrid.solve.partition import solve_parts
from geogrid.solve.whatif import WhatIf

K = 349


def trials(study, rng, count):
    """Yield kinds of change, and what they change."""
    labels = study.base.labels
    for number in range(count):
        kind = ("lock", "tie", "weights")[number % 3]
        if kind == "lock":
            yield kind, {"rules": study.locked([int(rng.integers(len(study.base.medoids)))])}
        elif kind == "tie":
            part = study.parts[int(rng.integers(len(study.parts)))]
            across = part.edges[
                labels[part.units[part.edges[:, 0]]] != labels[part.units[part.edges[:, 1]]]
            ]
            pair = across if len(across) else part.edges
            a, b = pair[int(rng.integers(len(pair)))]
            tie = (int(part.units[a]), int(part.units[b]))
            yield kind, {"rules": study.changed(must_join=(tie,))}
        else:
            weights = np.concatenate([p.weights for p in study.parts])
            weights[np.concatenate([p.units for p in study.parts])] = weights.copy()
            group = study.groups[int(rng.integers(len(study.groups)))]
            for part, own in zip(study.parts, study.groups, strict=True):
                if own == group:
                    noise = rng.normal(1.0, 0.1, part.n)
                    weights[part.units] = np.maximum(1.0, np.round(part.weights * noise))
            yield kind, {"weights": weights}


def timed(ask):
    """Return the answer (None if there is none), wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        found = ask()
    except InfeasibleError:
        found = None
    return found, time.perf_counter() - wall, time.process_time() - cpu


def full(study, change):
    """Solve the changed problem from scratch at the same target."""
    rules, parts = change.get("rules", study.rules), study.parts
    if "weights" in change:
        parts = [replace(p, weights=change["weights"][p.units]) for p in parts]
    return solve_parts(parts, study.groups, K, rules=rules, options=SolveOptions())


def question(trial_count):
    """Ask, time, compare; print one line a kind and return all trials."""
    from geogrid.sources.sample import make_sample

    problem = make_problem(make_sample(), rules=LayoutRules())
    groups = [name.rpartition("-")[0] for name in problem.graph.part_ids]
    study = WhatIf(problem.parts, groups, K, rules=LayoutRules().partition)
    # the first answer waits for nothing to be compiled
    study.price(n_regions=K + 1)
    rows = []
    asked = trials(study, np.random.default_rng(0), trial_count)
    for number, (kind, change) in enumerate(asked):
        # who asks second finds the changed part known: take turns
        if number % 2:
            free, free_wall, free_cpu = timed(lambda c=change: study.solve(**c))
        fixed, fixed_wall, fixed_cpu = timed(lambda c=change: study.solve(**c, shares="fixed"))
        if not number % 2:
            free, free_wall, free_cpu = timed(lambda c=change: study.solve(**c))
        whole, full_wall, _ = timed(lambda c=change: full(study, c))
        equal = (
            (free is None) == (whole is None)
            and (free is None or abs(free.objective - whole.objective) <= 1e-9 * whole.objective)
            and (fixed is None or fixed.objective >= free.objective - 1e-6)
        )
        rows.append(
            {
                "kind": kind,
                "fixed_s": fixed_wall,
                "free_s": free_wall,
                "full_s": full_wall,
                "fixed_cpu_s": fixed_cpu,
                "free_cpu_s": free_cpu,
                "equal": bool(equal),
                "feasible": free is not None,
            }
        )
    head = ("kind", "trials", "fixed s", "free s", "worst s", "full s", "equal")
    print("{:<10}{:>7}{:>10}{:>10}{:>10}{:>10}{:>8}".format(*head))
    for kind in ("lock", "tie", "weights", "all"):
        own = [r for r in rows if kind in {r["kind"], "all"}]
        median = {key: np.median([r[key] for r in own]) for key in ("fixed_s", "free_s", "full_s")}
        print(
            f"{kind:<10}{len(own):>7}{median['fixed_s']:>10.3f}{median['free_s']:>10.3f}"
            f"{max(max(r['free_s'], r['fixed_s']) for r in own):>10.3f}{median['full_s']:>10.3f}"
            f"{sum(r['equal'] for r in own):>5}/{len(own)}"
        )
    return rows
