"""A what-if costs what a full solve with the same target does, whatever is changed at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracles import best_with_rules, random_case

from geogrid.errors import InfeasibleError
from geogrid.solve.options import PartitionRules
from geogrid.solve.partition import partition
from geogrid.solve.whatif import what_if


@st.composite
def changes(draw):
    """A small solved district, and some things about it changed at once."""
    sizes = draw(st.lists(st.integers(1, 6), min_size=1, max_size=3).filter(lambda s: sum(s) <= 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weights, edges, coords = random_case(sizes, rng)
    n = len(weights)
    k = min(len(sizes) + draw(st.integers(0, 3)), n)
    unit = st.integers(0, n - 1)
    change = {}
    if draw(st.booleans()):
        change["balance_m"] = draw(st.sampled_from([0.0, 200.0, 2500.0]))
    if draw(st.booleans()) and n > 1:
        change["must_join"] = (tuple(sorted({draw(unit), draw(unit)})),)
    if draw(st.booleans()) and edges:
        change["must_part"] = (draw(st.sampled_from(edges)),)
    if draw(st.booleans()):
        change["walk_max_m"] = draw(st.sampled_from([120.0, 200.0, 500.0]))
    if draw(st.booleans()):
        change["band"] = "hard"
    lock = draw(st.booleans())
    heavier = rng.permutation(weights).tolist() if draw(st.booleans()) else None
    more = draw(st.sampled_from([0, 0, 0, 1, -1]))
    return (weights, edges, coords, k), (change, lock, heavier, more)


@settings(max_examples=300)
@given(changes())
def test_a_what_if_costs_what_a_full_solve_does(case):
    (weights, edges, coords, k), (change, lock, heavier, more) = case
    low_high = {"low": 0.5, "high": 1.6}
    try:
        study = what_if(weights, edges, k, coords=coords, rules=PartitionRules(**low_high))
    except InfeasibleError:
        assume(False)
    target = study.base.target
    rules = replace(study.locked([0]) if lock else study.rules, **change)
    assert rules.target == target
    load = weights if heavier is None else heavier
    plain = low_high | {"balance_m": 500.0, "locked": rules.locked, "target": target} | change
    plain["join"] = plain.pop("must_join", ())
    plain["part"] = plain.pop("must_part", ())
    expected = best_with_rules(load, edges, k + more, coords, plain)
    full = {"coords": coords, "rules": rules}
    if expected is None:
        with pytest.raises(InfeasibleError):
            study.solve(rules=rules, weights=heavier, n_regions=k + more)
        with pytest.raises(InfeasibleError):
            partition(load, edges, k + more, **full)
        return
    found = study.solve(rules=rules, weights=heavier, n_regions=k + more)
    assert found.objective == pytest.approx(expected, rel=1e-9, abs=1e-6)
    assert found.target == target
    again = partition(load, edges, k + more, **full)
    assert found.objective == pytest.approx(again.objective, rel=1e-9, abs=1e-9)
    if more:
        return
    try:
        fixed = study.solve(rules=rules, weights=heavier, shares="fixed")
    except InfeasibleError:
        return
    assert [p.k for p in fixed.parts] == [p.k for p in study.base.parts]
    assert fixed.objective >= expected * (1 - 1e-9)
