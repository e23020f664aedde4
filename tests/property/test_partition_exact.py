"""The engine against brute force, the full integer program, and its own bound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import best_partition, connected, connected_sets, cost, random_case, walks

from geogrid.errors import InfeasibleError
from geogrid.solve.columns import enumerate_columns
from geogrid.solve.master import Master
from geogrid.solve.options import PartitionRules, SolveOptions
from geogrid.solve.partition import partition
from geogrid.solve.parts import split_parts

BANDS = [(0.5, 1.5), (0.7, 1.3), (0.2, 3.0)]


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.lists(st.integers(1, 5), min_size=2, max_size=3).filter(lambda s: sum(s) <= 9),
    extra=st.integers(0, 4),
    band=st.sampled_from(BANDS),
    balance_m=st.sampled_from([0.0, 100.0, 500.0, 3000.0]),
)
def test_exact_mode_agrees_with_brute_force(seed, sizes, extra, band, balance_m):
    weights, edges, coords = random_case(sizes, np.random.default_rng(seed))
    k = min(len(sizes) + extra, sum(sizes))
    expected = best_partition(weights, edges, k, coords, *band, balance_m)
    rules = PartitionRules(low=band[0], high=band[1], balance_m=balance_m)
    # five columns at first, so that pricing, windows and their enlargement all happen
    options = SolveOptions(first_pool=5)
    if expected is None:
        with pytest.raises(InfeasibleError):
            partition(weights, edges, k, coords=coords, rules=rules, options=options)
        return
    found = partition(weights, edges, k, coords=coords, rules=rules, options=options)
    assert found.objective == pytest.approx(expected, rel=1e-9, abs=1e-6)
    assert found.status == "optimal"
    assert sorted(set(found.labels.tolist())) == list(range(k))
    for region in range(k):
        members = np.flatnonzero(found.labels == region).tolist()
        assert connected(members, edges), members


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 9), band=st.sampled_from(BANDS))
def test_columns_are_all_connected_sets_in_the_band_each_once(seed, n, band):
    weights, edges, coords = random_case([n], np.random.default_rng(seed))
    target = sum(weights) / 2
    low, high = band[0] * target, band[1] * target
    (part,) = split_parts(
        np.array(weights, float),
        np.array(edges, np.int64).reshape(-1, 2),
        np.zeros(n, np.int64),
        coords=np.array(coords),
    )
    columns = enumerate_columns(part, low=low, high=high, target=target, balance_m=500.0)
    expected = connected_sets(range(n), edges, weights, low, high)
    got = [tuple(columns.units_of(c).tolist()) for c in range(len(columns))]
    assert len(got) == len(set(got))
    assert set(got) == set(expected)
    d = walks(range(n), edges, coords)
    for column, members in enumerate(got):
        assert columns.weight[column] == sum(weights[i] for i in members)
        assert columns.cost[column] == pytest.approx(cost(members, weights, d, target, 500.0))
        bits = sum(int(w) << (64 * i) for i, w in enumerate(columns.masks[column]))
        assert bits == sum(1 << i for i in members)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(3, 14))
def test_every_cut_is_a_bound_for_every_k(seed, n):
    rng = np.random.default_rng(seed)
    weights, edges, coords = random_case([n], rng)
    target = sum(weights) / max(1, n // 3)
    (part,) = split_parts(
        np.array(weights, float),
        np.array(edges, np.int64).reshape(-1, 2),
        np.zeros(n, np.int64),
        coords=np.array(coords),
    )
    columns = enumerate_columns(
        part, low=0.3 * target, high=2.5 * target, target=target, balance_m=500.0
    )
    master = Master(part, columns, start=5)
    costs = {k: master.certify(k).cost for k in range(1, n + 1)}
    assert any(np.isfinite(c) for c in costs.values())
    for cut in master.cuts.values():
        reduced = master.price(cut.dual, cut.slope)
        assert reduced.min() >= -1e-6
        for k, best in costs.items():
            assert cut.bound(k) <= best + 1e-6 * (1 + abs(best))


@pytest.mark.parametrize("seed", range(6))
def test_the_mixed_integer_solver_packs_as_the_search_does(seed):
    rng = np.random.default_rng(seed)
    weights, edges, coords = random_case([14], rng)
    target = sum(weights) / 4
    (part,) = split_parts(
        np.array(weights, float), np.array(edges), np.zeros(14, np.int64), coords=np.array(coords)
    )
    columns = enumerate_columns(
        part, low=0.4 * target, high=2.0 * target, target=target, balance_m=500.0
    )
    for k in range(2, 8):
        by_search = Master(part, columns).certify(k)
        by_program = Master(part, columns, node_limit=0).certify(k)
        assert by_program.cost == pytest.approx(by_search.cost, rel=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_exact_mode_agrees_with_the_integer_program_over_all_columns(seed):
    rng = np.random.default_rng(1000 + seed)
    n = int(rng.integers(25, 31))
    weights, edges, coords = random_case([n], rng)
    k = max(2, round(n / 4.06))
    target = sum(weights) / k
    (part,) = split_parts(
        np.array(weights, float),
        np.array(edges, np.int64),
        np.zeros(n, np.int64),
        coords=np.array(coords),
    )
    columns = enumerate_columns(
        part, low=0.5 * target, high=1.5 * target, target=target, balance_m=500.0
    )
    assert _full_program(columns, n, k) == pytest.approx(
        Master(part, columns).certify(k).cost, rel=1e-9
    )


def _full_program(columns, n, k):
    """Solve the set partition over all columns by scipy's integer programming."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array, vstack

    m = len(columns)
    flat, begins = columns.flat_members(np.arange(m))
    cover = coo_array(
        (np.ones(len(flat)), (flat, np.repeat(np.arange(m), np.diff(begins)))), shape=(n, m)
    )
    rows = vstack([cover, coo_array(np.ones((1, m)))]).tocsc()
    rhs = np.concatenate([np.ones(n), [float(k)]])
    solved = milp(
        columns.cost,
        constraints=LinearConstraint(rows, rhs, rhs),
        bounds=Bounds(0, 1),
        integrality=np.ones(m),
        options={"mip_rel_gap": 0.0},
    )
    assert solved.success, solved.message
    return solved.fun
