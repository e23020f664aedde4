"""Workbench: what a planner's questions to the sample take, and what their answers prove.

CPU seconds of this process and of all that it starts, their starting included; the
graph is built within the first row and at hand afterwards. Never a pass or a fail.
"""

from __future__ import annotations

import resource
import time

import numpy as np
import tables

from geogrid.governance.fronts import balance_front, grids_front
from geogrid.governance.layout import make_plan
from geogrid.governance.next_grid import next_grids
from geogrid.governance.problem import make_problem
from geogrid.governance.rules import LayoutRules
from geogrid.governance.scenarios import Scenario, run_scenarios
from geogrid.governance.sensitivity import household_sensitivity
from geogrid.governance.whatif import open_what_if
from geogrid.solve.partition import load_compiled

K = 349
DRAWS = 20
# what the issue allows
LIMITS_S = {"12 rule sets": 180.0}


def cpu_s():
    """Return the CPU seconds of this process and of those that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def timed(ask):
    """Return the answer, CPU and wall seconds; workers are ended, so that theirs count."""
    from joblib.externals.loky import get_reusable_executor

    cpu, wall = cpu_s(), time.perf_counter()
    found = ask()
    get_reusable_executor().shutdown(wait=True)
    return found, cpu_s() - cpu, time.perf_counter() - wall


def rule_sets(first):
    """Return twelve things that a planner would try, some of them far from the others."""
    rules = LayoutRules()
    grids = first.gov_grids.sort_values("grid_code")["grid_code"].tolist()
    members = first.courtyards.groupby("grid_code")["courtyard_id"].agg(list)
    locked = [sorted(members[code]) for code in grids[:: len(grids) // 8][:8]]
    return {
        "as it is": Scenario(K),
        "short walks": Scenario(K, rules.changed(balance_m=100)),
        "even grids": Scenario(K, rules.changed(balance_m=4000)),
        "by largest remainder": Scenario(K, rules.changed(apportion="largest_remainder")),
        "narrow band": Scenario(K, rules.changed(low=0.7, high=1.3)),
        "wide band": Scenario(K, rules.changed(low=0.4, high=1.8)),
        "no walk over 600 m": Scenario(K, rules.changed(walk_max_m=600)),
        "eight grids locked": Scenario(K, rules.changed(locked=locked)),
        "whole beats": Scenario(K, rules.changed(split_m=200)),
        "after the old grids": Scenario(K, rules.changed(moved_m=100), "previous_grid"),
        "320 grids": Scenario(320),
        "380 grids": Scenario(380),
    }


def workbench(jobs):
    """Ask everything, print a line each, return the figures."""
    from geogrid.sources.sample import make_sample

    load_compiled()
    district = make_sample()
    first, *spent = timed(lambda: make_plan(district, n_grids=K))
    rows = [row("one plan, for comparison", spent, [first.report], jobs=1)]
    asked = rule_sets(first)
    found, *spent = timed(lambda: run_scenarios(district, asked, n_jobs=jobs))
    rows.append(row("12 rule sets", spent, [p.report for p in found.plans.values()], jobs=jobs))
    problem = make_problem(district, rules=LayoutRules())
    same = sum(is_same(problem, asked[name], plan) for name, plan in found.plans.items())
    rows[-1]["note"] = f"{same} of {len(asked)} are the plans of make_plan, label by label"
    at_hand, *spent = timed(lambda: open_what_if(first, problems=[problem]))
    rows.append(row("a plan solved again, its graph at hand", spent, [at_hand.base], jobs=1))
    steps, *spent = timed(lambda: next_grids(at_hand))
    rows.append(row("next grid of 50 communities", spent, [], jobs=1))
    # what all communities together could gain by one grid is what a full solve says
    gain, loss = steps.table["gain"].max(), steps.table["loss"].min()
    rows[-1]["note"] = (
        f"best gain {gain:,.0f} of {steps.whole_gain:,.0f} with all shared out anew; "
        f"least loss {loss:,.0f} of {steps.whole_loss:,.0f}; "
        f"{int(steps.table['is_proven'].sum())} of {len(steps.table)} proven"
    )
    for title, ask in (
        ("balance, 9 weights", lambda: balance_front(at_hand, n_jobs=jobs)),
        ("300 to 400 grids", lambda: grids_front(at_hand, range(300, 401, 10), n_jobs=jobs)),
    ):
        front, *spent = timed(ask)
        rows.append(row(title, spent, front.table.to_dict("records"), jobs=jobs))
    drawn, *spent = timed(lambda: household_sensitivity(at_hand, draws=DRAWS, n_jobs=jobs))
    rows.append(row(f"{DRAWS} draws of counts", spent, drawn.draws.to_dict("records"), jobs=jobs))
    rows[-1]["note"] = (
        f"{100 * drawn.share_households_moved:.1f} % of households move, "
        f"{100 * np.mean(drawn.codes_kept):.1f} % of codes stay, "
        f"staying costs {100 * drawn.draws['regret'].mean():.2f} % more"
    )
    print(lines(rows))
    return rows


def is_same(problem, scenario, plan):
    """Tell whether a scenario's plan is the one that is made alone."""
    district = problem.district
    alone = make_plan(
        district,
        n_grids=scenario.grids,
        rules=scenario.rules,
        previous=scenario.previous and district.courtyards[scenario.previous],
        problem=problem,
    )
    return alone.report["objective"] == plan.report["objective"] and (
        alone.courtyards["grid_code"].tolist() == plan.courtyards["grid_code"].tolist()
    )


def row(title, spent, answers, *, jobs):
    """Return one line's figures; answers are reports, rows of a table, or partitions."""
    told = [a if isinstance(a, dict) else {"status": a.status, "gap": a.gap} for a in answers]
    return {
        "asked": title,
        "jobs": jobs,
        "cpu_s": spent[0],
        "wall_s": spent[1],
        "limit_s": LIMITS_S.get(title),
        "plans": len(told),
        "optimal": sum(t["status"] == "optimal" for t in told),
        "worst_gap": max((t["gap"] for t in told), default=None),
        "note": "",
    }


def lines(rows):
    """Return the figures as a Markdown table, and what is worth a word under it."""
    head = ("asked", "jobs", "CPU s", "limit", "wall s", "plans", "proven", "worst gap")
    body = [
        (
            r["asked"],
            r["jobs"],
            f"{r['cpu_s']:.1f}",
            "" if r["limit_s"] is None else f"{r['limit_s']:.0f}",
            f"{r['wall_s']:.1f}",
            r["plans"] or "",
            r["optimal"] or "",
            "" if r["worst_gap"] is None else tables.percent(r["worst_gap"], 4),
        )
        for r in rows
    ]
    notes = [f"{r['asked']}: {r['note']}." for r in rows if r["note"]]
    return "\n".join([tables.layout(head, body), "", *notes])
