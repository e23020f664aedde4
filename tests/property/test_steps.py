"""One region more or fewer in a group: what plain search finds, and laws of all groups together."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracles import best_with_rules, random_case

from geogrid.errors import InfeasibleError
from geogrid.solve.options import PartitionRules
from geogrid.solve.steps import cost_of_groups
from geogrid.solve.whatif import what_if


@st.composite
def towns(draw):
    """A small district of two or three groups of one or two parts each, under some rules."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=2, max_size=4).filter(lambda s: sum(s) <= 11))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weights, edges, coords = random_case(sizes, rng)
    n = len(weights)
    names = draw(st.lists(st.sampled_from("甲乙丙"), min_size=len(sizes), max_size=len(sizes)))
    within = [name for name, size in zip(names, sizes, strict=True) for _ in range(size)]
    k = min(len(sizes) + draw(st.integers(0, 3)), n)
    rules = {"low": draw(st.sampled_from([0.3, 0.5])), "high": 1.6, "balance_m": 500.0}
    if draw(st.booleans()):
        rules["band"] = "hard"
    if draw(st.booleans()):
        rules["walk_max_m"] = draw(st.sampled_from([120.0, 200.0, 500.0]))
    if draw(st.booleans()) and edges:
        rules["part"] = (draw(st.sampled_from(edges)),)
    if draw(st.booleans()) and edges:
        rules["join"] = (draw(st.sampled_from(edges)),)
    if draw(st.booleans()):
        # every old region lies in one group, as grids do
        number = {name: 2 * i for i, name in enumerate("甲乙丙")}
        rules["previous"] = [number[w] + int(rng.integers(2)) for w in within]
        rules["moved_m"] = 40.0
    return weights, edges, coords, within, k, rules


def solver_rules(rules):
    given = {key: rules[key] for key in ("low", "high", "balance_m")}
    given |= {key: rules[key] for key in ("band", "walk_max_m", "moved_m") if key in rules}
    given |= {"must_join": rules.get("join", ()), "must_part": rules.get("part", ())}
    if "previous" in rules:
        given["previous"] = np.array(rules["previous"])
    return PartitionRules(**given)


def alone(case, name, target):
    """The curve of one group: what plain search finds for every number of regions."""
    weights, edges, coords, within, _, rules = case
    units = [i for i, w in enumerate(within) if w == name]
    row = {u: r for r, u in enumerate(units)}

    def inside(groups):
        return tuple(tuple(row[u] for u in g) for g in groups if set(g) <= set(units))

    own = rules | {
        "target": target,
        "join": inside(rules.get("join", ())),
        "part": inside(rules.get("part", ())),
    }
    if "previous" in rules:
        own["previous"] = [rules["previous"][u] for u in units]
    inner = inside(edges)
    return {
        k: best_with_rules([weights[u] for u in units], inner, k, [coords[u] for u in units], own)
        for k in range(len(units) + 2)
    }


def is_convex(curve):
    """Whether the numbers of regions that there are lie side by side, each saving less."""
    there = [k for k, cost in curve.items() if cost is not None]
    costs = [curve[k] for k in there]
    steps = [b - a for a, b in itertools.pairwise(costs)]
    side_by_side = there == list(range(there[0], there[-1] + 1))
    return side_by_side and all(b >= a - 1e-9 for a, b in itertools.pairwise(steps))


@settings(max_examples=150)
@given(towns())
def test_a_step_is_what_plain_search_finds_and_all_steps_obey_the_laws(case):
    weights, edges, coords, within, k, rules = case
    try:
        study = what_if(weights, edges, k, coords=coords, within=within, rules=solver_rules(rules))
    except InfeasibleError:
        assume(False)
    names = sorted(set(within))
    curves = {name: alone(case, name, study.base.target) for name in names}
    steps = {more: cost_of_groups(study, more) for more in (-1, 0, 1)}
    for found in steps.values():
        assert sorted(found) == names
        for name, step in found.items():
            expected = curves[name].get(step.n_regions)
            assert step.is_proven
            assert bool(step.obstacle) == (expected is None)
            if expected is None:
                assert step.objective is step.walk is None
            else:
                assert step.objective == pytest.approx(expected, rel=1e-9, abs=1e-6)
                assert 0 <= step.walk <= step.objective + 1e-6
    assert sum(s.n_regions for s in steps[0].values()) == k
    now = sum(s.objective for s in steps[0].values())
    assert now == pytest.approx(study.base.objective, rel=1e-9, abs=1e-6)

    def change(name, more):
        then = steps[more][name].objective
        return math.inf if then is None else then - steps[0][name].objective

    # shares are optimal: nobody gains more than anybody else loses
    for a, b in itertools.permutations(names, 2):
        assert change(a, 1) + change(b, -1) >= -1e-6 * (1 + now)
    for more in (1, -1):
        best = min(change(name, more) for name in names)
        try:
            whole = study.solve(n_regions=k + more).objective - study.base.objective
        except InfeasibleError:
            whole = math.inf
        # giving it to one group is one way to share it out
        assert whole <= best + 1e-6 * (1 + now)
        if all(map(is_convex, curves.values())):
            assert whole == pytest.approx(best, rel=1e-9, abs=1e-6 * (1 + now))
