"""Duals bound what regions cost: every connected set costs at least what they say.

What `partition` hands out as proof is held against an enumeration that is not
the engine's own: the checker's, which is first held against trying all subsets.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from checker import Ground, examine, least_reduced_cost, regions
from hypothesis import given
from hypothesis import strategies as st
from oracles import connected_sets, cost, random_case, walks
from towns import WEST_CODE, area, frame, town, town_layers

from geogrid.governance.layout import make_plan
from geogrid.governance.rules import KeepRules, LayoutRules
from geogrid.solve.options import PartitionRules
from geogrid.solve.partition import partition
from geogrid.sources.vector import layers_of, read_tables, write_tables
from geogrid.store.plan_file import write_plan

LISTED_WAY = "duals held against all regions"


def ground_of(units, weights, edges, d, target, **more):
    """Some units of a district as the checker sees a part."""
    number = {u: i for i, u in enumerate(units)}
    near = [0] * len(units)
    for a, b in edges:
        if a in number and b in number:
            near[number[a]] |= 1 << number[b]
            near[number[b]] |= 1 << number[a]
    return Ground(
        weight=[float(weights[u]) for u in units],
        near=near,
        walk=[[d[u, v] for v in units] for u in units],
        target=target,
        **({"balance_m": 500.0} | more),
    )


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 9), low=st.sampled_from([0.0, 0.4, 0.9]))
def test_the_checker_lists_every_connected_set_once_at_its_cost(seed, n, low):
    weights, edges, coords = random_case([n], np.random.default_rng(seed))
    target, units = sum(weights) / 2, range(n)
    d = walks(units, edges, coords)
    band = (low * target, 1.5 * target)
    found = list(regions(ground_of(units, weights, edges, d, target), *band))
    expected = connected_sets(units, edges, weights, *band)
    assert Counter(tuple(sorted(members)) for members, _ in found) == Counter(expected)
    for members, price in found:
        assert price == pytest.approx(cost(members, weights, d, target, 500.0))


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 9))
def test_the_checker_leaves_out_what_walks_too_far(seed, n):
    weights, edges, coords = random_case([n], np.random.default_rng(seed))
    target, units = sum(weights) / 2, range(n)
    d = walks(units, edges, coords)
    found = regions(ground_of(units, weights, edges, d, target, walk_max_m=120.0), 0.0, math.inf)
    listed = {tuple(sorted(members)) for members, _ in found}
    for members in connected_sets(units, edges, weights, 0.0, math.inf):
        reach = {j: sum(weights[i] * d[i, j] for i in members) for j in members}
        medoid = min(members, key=lambda j: reach[j])
        others = [r for j, r in reach.items() if j != medoid]
        # of two equally good medoids either may be taken
        if min(others, default=math.inf) > reach[medoid] + 1e-6:
            assert (members in listed) == (max(d[i, medoid] for i in members) <= 120.0)


@pytest.fixture(scope="module")
def lattice_plan():
    """Twenty courtyards in one part, five by four, 100 households and a few more."""
    rows = [
        {
            "courtyard_id": f"g{i:02d}",
            "households": 100 + 7 * (i * i % 11),
            "geometry": area(x, y, x + 40, y + 60),
        }
        for i in range(20)
        for x, y in [(10 + 56 * (i % 5), 20 + 140 * (i // 5))]
    ]
    layers = town_layers()
    district = town(
        courtyards=frame(rows),
        communities=layers["communities"].iloc[:1],
        roads=layers["roads"].assign(kind="lane"),
        buildings=None,
        basic_grids=None,
    )
    return make_plan(district, n_grids=5)


@pytest.fixture
def lattice_file(lattice_plan, tmp_path):
    path = tmp_path / "plan.gpkg"
    write_plan(lattice_plan, path)
    return path


def test_a_part_of_twenty_is_held_against_all_its_regions(lattice_file):
    verdict = examine(lattice_file, n_grids=5)
    assert verdict.faults == []
    assert verdict.ways == {LISTED_WAY: 1}


def planted(plan, path, change, n_grids=5):
    """The checker's verdict once some duals of the certificate are changed."""
    tables = dict(layers_of(plan.district)) | read_tables(
        path, ["cells", "contiguity", "walks", "gov_grids", "pairings", "report", "certificate"]
    )
    tables["certificate"] = change(tables["certificate"].copy())
    write_tables(tables, path)
    return examine(path, n_grids=n_grids)


def test_one_household_metre_moved_between_two_duals_is_caught(lattice_plan, lattice_file):
    """The bound stays what it was: only holding it against the regions can tell."""

    def move(certificate):
        first = certificate.index[certificate["row"] == "g07"][0]
        other = certificate.index[certificate["row"] == "g12"][0]
        certificate.loc[first, "dual"] += 1.0
        certificate.loc[other, "dual"] -= 1.0
        return certificate

    (fault,) = planted(lattice_plan, lattice_file, move).faults
    assert "less than the certificate says" in fault
    blind = examine(lattice_file, n_grids=5, listed=10)
    assert (blind.faults, blind.ways) == ([], {"too many regions": 1})


@pytest.mark.parametrize("row", ["k", "g07"])
def test_a_raised_dual_is_caught(lattice_plan, lattice_file, row):
    def lift(certificate):
        certificate.loc[certificate["row"] == row, "dual"] += 1.0
        return certificate

    faults = planted(lattice_plan, lattice_file, lift).faults
    assert any("less than the certificate says" in fault for fault in faults)


def test_a_dual_for_something_elsewhere_is_caught(lattice_plan, lattice_file):
    def rename(certificate):
        return certificate.replace({"row": {"g07": "nowhere"}})

    faults = planted(lattice_plan, lattice_file, rename).faults
    assert any("prices nowhere of elsewhere" in fault for fault in faults)


BEFORE = [f"{WEST_CODE}{1 + i // 3:03d}" for i in range(20)]
KEEPS = {
    "locked": {"locked": (("g00", "g01", "g02", "g03", "g04", "g05", "g06"), ("g19",))},
    "tied": {"together": (("g03", "g08"),), "apart": (("g06", "g07"), ("g11", "g16"))},
    "beats": {"split_m": 300.0},
    "before": {"moved_m": 400.0},
    "all": {
        "locked": (("g00", "g05"),),
        "together": (("g14", "g19"),),
        "split_m": 50.0,
        "moved_m": 100.0,
    },
}


@pytest.mark.parametrize("name", KEEPS)
def test_what_a_plan_keeps_is_checked_too(lattice_plan, tmp_path, name):
    rules = LayoutRules(keep=KeepRules(**KEEPS[name]))
    path = tmp_path / "plan.gpkg"
    previous = pd.Series(BEFORE) if rules.keep.moved_m else None
    plan = make_plan(lattice_plan.district, n_grids=6, rules=rules, previous=previous)
    write_plan(plan, path)
    verdict = examine(path, n_grids=6)
    assert (verdict.faults, verdict.ways) == ([], {LISTED_WAY: 1})

    def lift(certificate):
        certificate.loc[certificate["row"] == "g09", "dual"] += 1.0
        return certificate

    faults = planted(plan, path, lift, n_grids=6).faults
    assert any("less than the certificate says" in fault for fault in faults)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"band": [0.99, 1.0]}, "outside its part's band"), ({}, "more than 20")],
)
def test_a_grid_outside_its_band_or_walked_too_far_is_caught(lattice_plan, tmp_path, change, words):
    rules = lattice_plan.report["rules"]
    if not change:
        rules = {**rules, "partition": {**rules["partition"], "walk_max_m": 20.0}}
    parts = [{**part, **change} for part in lattice_plan.report["parts"]]
    path = tmp_path / "plan.gpkg"
    write_plan(lattice_plan.with_report(parts=parts, rules=rules), path)
    assert any(words in fault for fault in examine(path, n_grids=5).faults)


def test_an_old_grid_with_a_price_is_caught(lattice_plan, tmp_path):
    """What nobody carries on is worth nothing: a price on it would be a bound from nowhere."""
    rules = LayoutRules(keep=KeepRules(moved_m=400.0))
    path = tmp_path / "plan.gpkg"
    plan = make_plan(lattice_plan.district, n_grids=6, rules=rules, previous=pd.Series(BEFORE))
    write_plan(plan, path)

    def lift(certificate):
        certificate.loc[certificate["row"].str.startswith("old:"), "dual"] = 5.0
        return certificate

    faults = planted(plan, path, lift, n_grids=6).faults
    assert any("less than the certificate says" in fault for fault in faults)


def ties(edges):
    """Rules that bind a few units of each part."""
    return {
        "plain": {},
        "locked": {"locked": (edges[3], (edges[-1][0],))},
        "joined": {"must_join": (edges[2], edges[-2])},
        "apart": {"must_part": (edges[2], edges[7], edges[-2])},
        "near": {"walk_max_m": 200.0},
        "all": {
            "locked": (edges[3],),
            "must_join": (edges[-2],),
            "must_part": (edges[-7],),
            "walk_max_m": 250.0,
        },
    }


def is_allowed(members, rules):
    """Whether locks and ties leave a set standing."""
    group = set(members)
    return (
        all(not group & set(r) or group == set(r) for r in rules.locked)
        and all(not group & set(t) or set(t) <= group for t in rules.must_join)
        and not any(set(pair) <= group for pair in rules.must_part)
    )


def share_out(curves, k):
    """The least sum of one entry per curve whose keys add up to k."""
    total = {0: 0.0}
    for curve in curves:
        step = {}
        for used, so_far in total.items():
            for more, extra in curve.items():
                step[used + more] = min(step.get(used + more, math.inf), so_far + extra)
        total = step
    return total.get(k, math.inf)


def possible(part, weights, target, rules):
    """The numbers of regions of a part that locks and weights leave possible."""
    inside = set(part.units.tolist())
    locked = [r for r in rules.locked if set(r) <= inside]
    free = [weights[u] for u in inside - {u for r in locked for u in r}]
    low, high = (edge * target for edge in part.band)
    return [
        n + len(locked)
        for n in range(len(free) + 1)
        if n * low <= sum(free) + 1e-6 and (sum(free) <= n * high + 1e-6)
    ]


@pytest.mark.parametrize("tie", ["plain", "locked", "joined", "apart", "near", "all"])
@pytest.mark.parametrize("seed", range(4))
def test_no_allowed_set_costs_less_than_any_cut_says(seed, tie):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(14, 31, 3).tolist()
    weights, edges, coords = random_case(sizes, rng)
    rules = PartitionRules(**ties(edges)[tie])
    k = round(sum(sizes) / 4.2)
    found = partition(weights, edges, k, coords=coords, rules=rules)
    curves = []
    for part in found.parts:
        units = part.units.tolist()
        d = walks(units, edges, coords)
        limit = math.inf if rules.walk_max_m is None else rules.walk_max_m
        ground = ground_of(units, weights, edges, d, found.target, walk_max_m=limit)
        band = [edge * found.target for edge in part.band]
        listed = (([units[i] for i in m], price) for m, price in regions(ground, *band))
        allowed = [(m, price) for m, price in listed if is_allowed(m, rules)]
        # a lock stands whatever its households and walks are
        allowed += [
            (r, cost(r, weights, d, found.target, 500.0))
            for r in rules.locked
            if set(r) <= set(units)
        ]
        assert part.cuts
        for cut in part.cuts:
            dual = dict(zip(units, cut.dual.tolist(), strict=True))
            worst = min(p - cut.slope - sum(dual[u] for u in m) for m, p in allowed)
            assert worst >= -1e-6 * (1 + part.objective)
            assert cut.base + part.k * cut.slope <= part.objective * (1 + 1e-9)
            for n, best in part.proven.items():
                assert cut.base + n * cut.slope <= best * (1 + 1e-9)
        curves.append(
            {
                n: max(cut.base + n * cut.slope for cut in part.cuts)
                for n in possible(part, weights, found.target, rules)
            }
        )
    assert share_out(curves, k) <= found.objective * (1 + 1e-9)
    sharpened = [
        {n: max(bound, part.proven.get(n, 0.0)) for n, bound in curve.items()}
        for curve, part in zip(curves, found.parts, strict=True)
    ]
    assert share_out(sharpened, k) == pytest.approx(found.objective, rel=1e-9)
    assert found.status == "optimal"


def test_duals_that_say_too_much_are_noticed():
    """The same comparison fails as soon as one dual is a household-metre too high."""
    weights, edges, coords = random_case([20], np.random.default_rng(0))
    found = partition(weights, edges, 5, coords=coords)
    (part,) = found.parts
    units = part.units.tolist()
    ground = ground_of(units, weights, edges, walks(units, edges, coords), found.target)
    band = [edge * found.target for edge in part.band]
    (cut, *_) = part.cuts
    for unit in range(20):
        dual = cut.dual.copy()
        assert least_reduced_cost(ground, band, [(dual, cut.slope)]) >= -1e-6
        dual[unit] += 1.0
        assert least_reduced_cost(ground, band, [(dual, cut.slope)]) < -0.999
