"""What-if answers cost what a full solve with the same target would, no more and no less."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from oracles import connected, cost, random_case, walks

from geogrid.errors import InfeasibleError, InputError
from geogrid.solve.options import PartitionRules
from geogrid.solve.partition import partition
from geogrid.solve.whatif import what_if

SIZES = (13, 17, 9, 4)
K = 11


@cache
def city(seed=0):
    """Four parts side by side, two of them in one group."""
    weights, edges, coords = random_case(list(SIZES), np.random.default_rng(seed))
    within = np.repeat([0, 1, 1, 2], SIZES)
    return {"weights": weights, "edges": edges, "coords": coords, "within": within}


@pytest.fixture(scope="module", params=[0, 1, 2])
def study(request):
    return what_if(**city(request.param), n_regions=K), request.param


def fully(seed, k, rules, **changes):
    """The objective of a full solve; None if there is no plan."""
    try:
        return partition(**city(seed) | changes, n_regions=k, rules=rules).objective
    except InfeasibleError:
        return None


def again(held, **change):
    """The objective of the what-if; None if there is no plan."""
    try:
        return held.solve(**change).objective
    except InfeasibleError:
        return None


def same(one, other):
    """Whether two solves agree to the last few bits, or agree that there is no plan."""
    return one == other if None in {one, other} else one == pytest.approx(other, rel=1e-9)


CHANGES = {
    "balance": {"balance_m": 1500.0},
    "no balance": {"balance_m": 0.0},
    "band": {"low": 0.7, "high": 1.3},
    "hard band": {"band": "hard"},
    "walk": {"walk_max_m": 220.0},
    "nobody walks": {"walk_max_m": 0.0},
}


def test_the_target_of_the_problem_at_hand_is_kept(study):
    held, seed = study
    assert held.base.target == pytest.approx(sum(city(seed)["weights"]) / K)
    assert held.solve(n_regions=K + 2).target == held.base.target
    heavier = [2 * w for w in city(seed)["weights"]]
    assert held.solve(weights=heavier, n_regions=2 * K).target == held.base.target


@pytest.mark.parametrize("name", CHANGES)
def test_changed_rules_cost_what_a_full_solve_does(study, name):
    held, seed = study
    rules = held.changed(**CHANGES[name])
    assert same(again(held, rules=rules), fully(seed, K, rules))
    price, full = held.price(**CHANGES[name]), fully(seed, K, rules)
    assert (price is None) == (full is None)
    if full is not None:
        assert price == pytest.approx(full - held.base.objective, abs=1e-9 * full)


@pytest.mark.parametrize("regions", [[0], [2, 5], [1, 3, 10]])
def test_locked_regions_of_the_plan_cost_nothing_and_stay(study, regions):
    held, seed = study
    rules = held.locked(regions)
    found = held.solve(rules=rules)
    assert found.objective == pytest.approx(held.base.objective, rel=1e-9)
    assert same(found.objective, fully(seed, K, rules))
    for region in regions:
        kept = np.flatnonzero(held.base.labels == region).tolist()
        label = found.labels[kept[0]]
        assert np.flatnonzero(found.labels == label).tolist() == kept


def test_locked_regions_stay_when_the_weights_change(study):
    held, seed = study
    rng = np.random.default_rng(seed)
    weights = rng.permutation(city(seed)["weights"]).tolist()
    rules = held.locked([0, 4])
    assert same(again(held, rules=rules, weights=weights), fully(seed, K, rules, weights=weights))
    free = again(held, weights=weights)
    assert same(free, fully(seed, K, held.rules, weights=weights))


def borders(held, seed):
    """Links between two regions of the plan, and links inside one."""
    label = held.base.labels
    outside = [e for e in city(seed)["edges"] if label[e[0]] != label[e[1]]]
    inside = [e for e in city(seed)["edges"] if label[e[0]] == label[e[1]]]
    return outside, inside


@pytest.mark.parametrize("pick", [0, 0.3, 0.7])
def test_ties_across_borders_cost_what_a_full_solve_does(study, pick):
    held, seed = study
    outside, inside = borders(held, seed)
    tie = outside[int(pick * len(outside))]
    split = inside[int(pick * len(inside))]
    for change in ({"must_join": (tie,)}, {"must_part": (split,)}):
        rules = held.changed(**change)
        expected = fully(seed, K, rules)
        assert same(again(held, rules=rules), expected)
        if expected is not None:
            # the plan at hand breaks the tie, so nothing that keeps it is cheaper
            assert expected >= held.base.objective * (1 - 1e-9)


@pytest.mark.parametrize("k", [K - 2, K - 1, K + 1, K + 3, len(SIZES) - 1, sum(SIZES) + 1])
def test_another_k_costs_what_a_full_solve_at_the_same_target_does(study, k):
    held, seed = study
    expected = fully(seed, k, held.rules)
    assert same(again(held, n_regions=k), expected)
    price = held.price(n_regions=k)
    assert (price is None) == (expected is None)
    if expected is not None:
        assert price == pytest.approx(expected - held.base.objective, abs=1e-9 * expected)


@pytest.mark.parametrize("change", [{}, {"balance_m": 3000.0}, {"walk_max_m": 250.0}])
def test_fixed_shares_cost_what_given_ones_do_and_never_less_than_free_ones(study, change):
    held, seed = study
    rng = np.random.default_rng(seed + 7)
    weights = (np.array(city(seed)["weights"]) * rng.uniform(0.8, 1.25, sum(SIZES))).tolist()
    shares = {i: p.k for i, p in enumerate(held.base.parts)}
    rules = held.changed(**change)
    given = replace(rules, apportion="given", given=shares)
    expected = fully(seed, K, given, weights=weights, within=np.repeat(range(4), SIZES))
    fixed = again(held, rules=rules, weights=weights, shares="fixed")
    assert same(fixed, expected)
    free = again(held, rules=rules, weights=weights)
    if fixed is not None:
        assert [
            p.k for p in held.solve(rules=rules, weights=weights, shares="fixed").parts
        ] == list(shares.values())
        assert free <= fixed * (1 + 1e-9)


def test_shares_cannot_stay_fixed_for_another_k(study):
    held, _ = study
    with pytest.raises(InputError, match="same k"):
        held.solve(n_regions=K + 1, shares="fixed")


@pytest.mark.parametrize("weights", [[1.0], [-1.0] * sum(SIZES)])
def test_weights_that_mean_nothing_are_refused(study, weights):
    held, _ = study
    with pytest.raises(InputError, match="weights"):
        held.solve(weights=weights)


def test_answers_do_not_depend_on_what_was_asked_before(study):
    held, seed = study
    fresh = what_if(**city(seed), n_regions=K)
    rules = fresh.changed(balance_m=900.0)
    before = fresh.solve(rules=rules)
    held.price(n_regions=K + 1)
    held.price(walk_max_m=180.0)
    after = held.solve(rules=rules)
    assert before.labels.tolist() == after.labels.tolist()
    assert held.solve().labels.tolist() == held.base.labels.tolist()


@cache
def distances(seed):
    return walks(range(sum(SIZES)), city(seed)["edges"], city(seed)["coords"])


def plain_cost(seed, label, target, balance_m):
    """The objective of any layout by the oracle's cost function."""
    members = [[i for i, r in enumerate(label) if r == region] for region in sorted(set(label))]
    return sum(
        cost(group, city(seed)["weights"], distances(seed), target, balance_m) for group in members
    )


def far(seed, group):
    """The longest walk to the medoid of a group, if only one member can be the medoid."""
    weights, d = city(seed)["weights"], distances(seed)
    medoid = min(group, key=lambda j: (sum(weights[i] * d[i, j] for i in group), j))
    return max(d[i, medoid] for i in group)


def is_allowed(seed, group, rules):
    """Whether locks, ties and the walk limit leave a region standing that is no lock."""
    members = set(group)
    return (
        not any(members & set(named) for named in rules.locked)
        and all(not members & set(tied) or set(tied) <= members for tied in rules.must_join)
        and not any(set(pair) <= members for pair in rules.must_part)
        and (rules.walk_max_m is None or far(seed, group) <= rules.walk_max_m)
    )


def expected_move(held, seed, unit, region):
    """What moving one unit costs, or why it may not, worked out from the layout alone."""
    base, rules, weights = held.base, held.rules, city(seed)["weights"]
    label = base.labels.tolist()
    left = [i for i, r in enumerate(label) if r == label[unit] and i != unit]
    grown = sorted([*(i for i, r in enumerate(label) if r == region), unit])
    (band,) = [p.band for p in base.parts if unit in p.units]
    loads = [sum(weights[i] for i in group) / base.target for group in (left, grown)]
    if not left:
        return None, "empties"
    if not connected(left, city(seed)["edges"]):
        return None, "cuts"
    if not all(band[0] <= load <= band[1] for load in loads):
        return None, "band"
    if not all(is_allowed(seed, group, rules) for group in (left, grown)):
        return None, "rules"
    moved = [region if i == unit else r for i, r in enumerate(label)]
    before, after = (plain_cost(seed, x, base.target, rules.balance_m) for x in (label, moved))
    return after - before, ""


def some_rules(name, edges):
    """Three sets of rules, under which all kinds of obstacles occur."""
    return {
        "plain": PartitionRules(low=0.4, high=1.8),
        "narrow": PartitionRules(low=0.4, high=1.6, balance_m=100.0, band="hard"),
        "bound": PartitionRules(
            locked=(edges[0],),
            must_join=(edges[20], edges[-1]),
            must_part=(edges[30], edges[8], edges[24], edges[40]),
            walk_max_m=320.0,
            low=0.3,
            high=2.0,
        ),
    }[name]


@cache
def ruled(name, seed):
    return what_if(**city(seed), n_regions=K, rules=some_rules(name, city(seed)["edges"]))


@pytest.mark.parametrize("name", ["plain", "narrow", "bound"])
@pytest.mark.parametrize("seed", [0, 1])
def test_why_here_tells_the_price_of_each_move_and_each_obstacle(name, seed):
    held = ruled(name, seed)
    label, told = held.base.labels, []
    for unit in range(sum(SIZES)):
        touching = {b for a, b in city(seed)["edges"] if a == unit}
        touching |= {a for a, b in city(seed)["edges"] if b == unit}
        around = {int(label[u]) for u in touching} - {int(label[unit])}
        rows = held.why_here(unit)
        assert {r.region for r in rows} == around
        best = [np.inf if r.best is None else r.best for r in rows]
        assert best == sorted(best)
        for row in rows:
            assert row.medoid == held.base.medoids[row.region]
            move, obstacle = expected_move(held, seed, unit, row.region)
            assert row.obstacle == obstacle, (unit, row)
            assert row.move == (None if move is None else pytest.approx(move, abs=1e-6))
            if row.best is not None:
                # every part keeps its band: one more rule saves nothing
                assert row.best >= -1e-9 * held.base.objective
            if move is not None:
                # moving it alone is one way to let it share that medoid's region
                assert row.best is not None
                assert row.best <= move + 1e-6
            told.append((row, unit))
    seen = {row.obstacle for row, _ in told}
    assert seen >= {"", "cuts", "band"} | ({"rules"} if name == "bound" else set())
    for row, unit in told[:: len(told) // 4]:
        tie = (*held.rules.must_join, (unit, row.medoid))
        rules = replace(held.rules, must_join=tie)
        full = fully(seed, K, rules)
        if full is None:
            assert row.best is None
            continue
        bands = [p.band for p in held.solve(rules=rules).parts]
        # a full solve may leave the band that the plan at hand keeps
        if bands == [p.band for p in held.base.parts]:
            assert row.best == pytest.approx(full - held.base.objective, abs=1e-9 * full)
