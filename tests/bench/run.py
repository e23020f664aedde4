"""Measure geogrid beside METIS on one graph: python tests/bench/run.py [--json FILE].

One table per district: CPU seconds, objective, balance, walk, violations. Never a
pass or a fail. Everything is solved on the same contiguity, walks and target.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pymetis

from geogrid.governance.problem import Problem, make_problem
from geogrid.governance.rules import LayoutRules
from geogrid.plans.metrics import measure_labels
from geogrid.solve.apportion import largest_remainder
from geogrid.solve.options import SolveOptions
from geogrid.solve.partition import partition, solve_parts

ROOT = Path(__file__).resolve().parents[2]
SEEDS = 20
# METIS's ufactor: parts may be heavier than the mean by so many thousandths
IMBALANCES = (30, 100, 200, 400)
FIRMER_M = 1000.0


def districts():
    """Yield what is measured: a name, a district, a number of grids."""
    from geogrid.sources.sample import make_sample

    yield "sample (synthetic)", make_sample(), 349
    shared = Path(os.environ.get("GEOGRID_SHARED_DATA", ROOT.parent / "shared" / "data"))
    path = shared / "osm-shanghai-huangpu" / "shanghai_huangpu_osm.gpkg"
    if path.exists():
        from geogrid.sources.osm import district_from_osm, read_osm_geopackage

        district = district_from_osm(read_osm_geopackage(path), name="Shanghai Huangpu")
        # as many courtyards a grid as in Shinan: 1,418 in 349
        k = round(len(district.courtyards) * 349 / 1418)
        yield "Shanghai Huangpu (OSM)", district, k


def bench(name, district, k):
    """Measure one district; return its rows."""
    rules = LayoutRules()
    started = time.process_time()
    problem = make_problem(district, rules=rules)
    graph_cpu = time.process_time() - started
    target = float(problem.weights.sum()) / k
    rules = replace(rules, partition=replace(rules.partition, target=target))
    k = max(k, len(problem.parts))
    found, exact_cpu = solve(problem, k, rules)
    shares = np.array([p.k for p in found.parts])
    weights = np.array([p.total for p in problem.parts])
    by_households = largest_remainder(
        weights,
        k,
        least=np.ones(len(weights), np.int64),
        most=np.array([p.n for p in problem.parts]),
    )
    rows = [row("geogrid exact", problem, found.labels, rules, exact_cpu, found.objective)]
    rows[0] |= {"status": found.status, "gap": found.gap}
    # the same engine told to weigh balance more: what the default gives away for short walks
    firmer = replace(rules, partition=replace(rules.partition, balance_m=FIRMER_M))
    firm, firm_cpu = solve(problem, k, firmer)
    title = f"geogrid exact, balance {FIRMER_M:.0f} m"
    rows.append(row(title, problem, firm.labels, rules, firm_cpu, found.objective))
    for title, counts in (("our k", shares), ("largest remainder", by_households)):
        started = time.process_time()
        labels, runs = metis(problem, counts, rules)
        cpu = time.process_time() - started
        rows.append(
            row(f"METIS per part, {title}", problem, labels, rules, cpu, found.objective)
            | {"runs": runs}
        )
    show(name, problem, k, graph_cpu, rows)
    return {"district": name, "k": k, "parts": len(problem.parts), "graph_cpu_s": graph_cpu} | {
        "rows": rows
    }


def solve(problem, k, rules):
    """Plan exactly; return what was found and the CPU seconds."""
    started = time.process_time()
    groups = [0] * len(problem.parts)
    found = solve_parts(problem.parts, groups, k, rules=rules.partition, options=SolveOptions())
    return found, time.process_time() - started


def metis(problem: Problem, counts, rules):
    """Cut every part by METIS; keep the best of all seeds and imbalances by our objective."""
    labels = np.zeros(len(problem.nodes), np.int64)
    offset = runs = 0
    for part, k in zip(problem.parts, counts, strict=True):
        best, best_cost = np.zeros(part.n, np.int64), np.inf
        if k == part.n:
            best = np.arange(part.n)
        elif k > 1:
            neighbours = [[] for _ in range(part.n)]
            for a, b in part.edges:
                neighbours[a].append(int(b))
                neighbours[b].append(int(a))
            weights = np.maximum(part.weights, 1).astype(int).tolist()
            for seed in range(SEEDS):
                for ufactor in IMBALANCES:
                    options = pymetis.Options(seed=seed, ufactor=ufactor, contig=1)
                    _, cut = pymetis.part_graph(
                        int(k),
                        adjacency=neighbours,
                        vweights=weights,
                        options=options,
                        recursive=False,
                    )
                    runs += 1
                    cost = price(part, np.asarray(cut), rules)
                    if cost < best_cost:
                        best, best_cost = np.asarray(cut), cost
        _, best = np.unique(best, return_inverse=True)
        labels[part.units] = best + offset
        offset += int(best.max()) + 1
    return labels, runs


def price(part, cut, rules):
    """Our objective of one part's cut."""
    target, balance_m = rules.partition.target, rules.partition.balance_m
    total = 0.0
    for region in np.unique(cut):
        rows = np.flatnonzero(cut == region)
        weight = part.weights[rows]
        total += float((weight @ part.distance[np.ix_(rows, rows)]).min())
        total += balance_m * target * ((weight.sum() - target) / target) ** 2
    return total


def row(title, problem, node_labels, rules, cpu, optimum):
    """Measure one layout of the distinct places."""
    graph = problem.graph
    number = np.full(len(graph.node_ix), -1, np.int64)
    number[problem.nodes] = np.arange(len(problem.nodes))
    labels = np.asarray(node_labels, np.int64)[number[graph.node_ix]]
    walk = np.full((len(labels), len(labels)), np.inf)
    for part, square in enumerate(graph.walk_m):
        rows = graph.rows_of(part)
        walk[np.ix_(rows, rows)] = square
    metrics, _ = measure_labels(
        labels,
        households=problem.weights,
        communities=problem.communities,
        contiguity=graph.contiguity,
        walk_m=walk,
        target=rules.partition.target,
        band=(rules.partition.low, rules.partition.high),
        balance_m=rules.partition.balance_m,
    )
    return {
        "method": title,
        "cpu_s": cpu,
        "grids": metrics.n_grids,
        "broken": metrics.n_broken,
        "objective": metrics.objective,
        # rounded: the optimum is not -0.00 % above itself
        "over_optimum": round(metrics.objective / optimum - 1, 9) + 0.0,
        "cv": metrics.cv,
        "walk_m": metrics.walk_mean_m,
        "within_20": metrics.share_within_20,
        "within_30": metrics.share_within_30,
    }


def show(name, problem, k, graph_cpu, rows):
    """Print one district's table."""
    sizes = [p.n for p in problem.parts]
    print(
        f"\n{name}: {len(problem.nodes)} places, {len(sizes)} parts (largest {max(sizes)}), "
        f"k = {k}, graph {graph_cpu:.1f} CPU s"
    )
    head = ("method", "CPU s", "grids", "broken", "objective", "over", "CV", "walk m", "<20 %")
    print("{:<34}{:>8}{:>7}{:>8}{:>14}{:>9}{:>8}{:>8}{:>8}".format(*head))
    for r in rows:
        print(
            f"{r['method']:<34}{r['cpu_s']:>8.2f}{r['grids']:>7}{r['broken']:>8}"
            f"{r['objective']:>14,.0f}{100 * r['over_optimum']:>8.2f}%{r['cv']:>8.3f}"
            f"{r['walk_m']:>8.1f}{100 * r['within_20']:>7.1f}%"
        )
    first = rows[0]
    print(f"geogrid exact: {first['status']}, gap {first['gap']:.1e}")


def main():
    """Measure everything; write the figures beside the table if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    started = time.process_time()
    partition([1, 1], [(0, 1)], 1, coords=[(0, 0), (1, 0)])
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, ", end="")
    print(f"compiled code ready after {time.process_time() - started:.1f} CPU s")
    found = [bench(*district) for district in districts()]
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
