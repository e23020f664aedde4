"""Bands, locks, ties, walk limits, the layout before and beats, against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import best_with_rules, connected, random_case

from geogrid.errors import InfeasibleError
from geogrid.solve.options import PartitionRules, SolveOptions
from geogrid.solve.partition import partition


@st.composite
def cases(draw):
    """A small district and a random choice of rules over it."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=1, max_size=3).filter(lambda s: sum(s) <= 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weights, edges, coords = random_case(sizes, rng)
    n = len(weights)
    rules = {"low": 0.5, "high": 1.6, "balance_m": 500.0}
    unit = st.integers(0, n - 1)
    if draw(st.booleans()):
        rules["band"] = "hard"
    if draw(st.booleans()) and edges:
        a, b = edges[draw(st.integers(0, len(edges) - 1))]
        # two neighbours, one unit alone, or any units: in pieces, over two parts
        some = tuple(sorted({draw(unit), draw(unit), a}))
        rules["locked"] = (draw(st.sampled_from([(a, b), (a,), (a, b), (a,), some])),)
    if draw(st.booleans()) and n > 1:
        # mostly neighbours or their neighbours; now and then over two parts
        a, b = draw(st.sampled_from(edges)) if edges else (0, n - 1)
        ties = [(a, b), tuple(sorted({a, b, draw(unit)})), tuple(sorted({draw(unit), draw(unit)}))]
        rules["join"] = (draw(st.sampled_from(ties)),)
    if draw(st.booleans()) and n > 1:
        pair = tuple(sorted({draw(unit), draw(unit)}))
        rules["part"] = (pair,) if len(pair) == 2 else ()
    if draw(st.booleans()):
        rules["walk_max_m"] = draw(st.sampled_from([80.0, 150.0, 400.0]))
    if draw(st.booleans()):
        rules["previous"] = [draw(st.integers(-1, 2)) for _ in range(n)]
        rules["moved_m"] = draw(st.sampled_from([50.0, 500.0]))
    if draw(st.booleans()):
        rules["beats"] = [draw(st.integers(0, 2)) for _ in range(n)]
        rules["split_m"] = 200.0
    k = min(len(sizes) + draw(st.integers(0, 3)), n)
    return weights, edges, coords, k, rules


def as_rules(plain):
    """Turn the oracle's plain rules into ours."""
    more = dict(plain)
    more["must_join"] = tuple(t for t in more.pop("join", ()) if len(t) > 1)
    more["must_part"] = more.pop("part", ())
    return PartitionRules(**more)


@settings(max_examples=600)
@given(cases())
def test_rules_agree_with_brute_force(case):
    weights, edges, coords, k, rules = case
    expected = best_with_rules(weights, edges, k, coords, rules)
    options = SolveOptions(first_pool=5)
    if expected is None:
        with pytest.raises(InfeasibleError):
            partition(weights, edges, k, coords=coords, rules=as_rules(rules), options=options)
        return
    found = partition(weights, edges, k, coords=coords, rules=as_rules(rules), options=options)
    assert found.objective == pytest.approx(expected, rel=1e-9, abs=1e-6)
    assert found.status == "optimal"
    for region in range(k):
        assert connected(np.flatnonzero(found.labels == region).tolist(), edges)


@settings(max_examples=60)
@given(cases(), st.integers(0, 2**32 - 1))
def test_a_users_cost_and_veto_are_obeyed(case, seed):
    weights, edges, coords, k, _ = case
    rng = np.random.default_rng(seed)
    noise, size = rng.random(len(weights)) * 1000, int(rng.integers(1, 5))
    rules = PartitionRules(
        low=0.0,
        high=9.0,
        extra_cost=lambda regions: regions.sum_of(noise),
        veto=lambda regions: np.diff(regions.starts) > size,
    )
    plain = PartitionRules(low=0.0, high=9.0, veto=rules.veto)
    try:
        found = partition(weights, edges, k, coords=coords, rules=rules)
    except InfeasibleError:
        with pytest.raises(InfeasibleError):
            partition(weights, edges, k, coords=coords, rules=plain)
        return
    assert np.bincount(found.labels).max() <= size
    # a cost that every layout pays alike changes the objective, not the choice
    same = partition(weights, edges, k, coords=coords, rules=plain)
    assert found.objective == pytest.approx(same.objective + noise.sum())
