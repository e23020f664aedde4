"""Search mode: parts too large to list, and shapes that trip up heuristics."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import connected, random_case

from geogrid.errors import SolverError
from geogrid.solve.options import PartitionRules, SolveOptions
from geogrid.solve.partition import partition

SEARCH = SolveOptions(mode="search")


def lattice(side):
    """Edges and places of a square lattice, 50 m apart."""
    n = side * side
    edges = [(i, i + 1) for i in range(n) if (i + 1) % side]
    edges += [(i, i + side) for i in range(n - side)]
    return edges, [(50.0 * (i % side), 50.0 * (i // side)) for i in range(n)]


def is_valid(found, edges, k):
    """Whether exactly k regions came out, each in one piece."""
    assert sorted(set(found.labels.tolist())) == list(range(k))
    for region in range(k):
        assert connected(np.flatnonzero(found.labels == region).tolist(), edges), region
    assert found.bound is not None
    assert found.bound <= found.objective + 1e-6
    return True


@pytest.mark.parametrize("seed", range(4))
def test_search_comes_within_one_per_cent_of_the_optimum(seed):
    weights, edges, coords = random_case([40], np.random.default_rng(seed))
    exact = partition(weights, edges, 10, coords=coords)
    found = partition(weights, edges, 10, coords=coords, options=SEARCH)
    assert exact.objective <= found.objective + 1e-6
    assert found.objective <= 1.01 * exact.objective
    assert found.bound <= exact.objective + 1e-6
    assert is_valid(found, edges, 10)


def test_the_same_seed_gives_the_same_labels():
    weights, edges, coords = random_case([60], np.random.default_rng(1))
    labels = [
        partition(weights, edges, 15, coords=coords, options=SEARCH).labels.tolist()
        for _ in range(2)
    ]
    assert labels[0] == labels[1]


@pytest.mark.slow
def test_a_community_of_400_units_is_searched_and_says_so():
    weights, edges, coords = random_case([400], np.random.default_rng(2))
    found = partition(weights, edges, 100, coords=coords)
    assert is_valid(found, edges, 100)
    assert found.status == "gap"
    assert "400 units" in found.parts[0].reason
    load = np.bincount(found.labels, weights=weights)
    assert load.std() / load.mean() < 0.2


def test_exact_mode_refuses_what_it_cannot_list():
    edges, places = lattice(9)
    options = SolveOptions(mode="exact", memory_mb=1)
    with pytest.raises(SolverError, match="more than 1 MB"):
        partition([10.0] * 81, edges, 16, coords=places, options=options)


def test_too_many_regions_to_list_are_searched_instead():
    edges, places = lattice(9)
    found = partition([10.0] * 81, edges, 16, coords=places, options=SolveOptions(memory_mb=1))
    assert is_valid(found, edges, 16)
    assert "more than 1 MB" in found.parts[0].reason


def test_a_lattice_with_twenty_units_a_region():
    edges, places = lattice(20)
    found = partition([10.0] * 400, edges, 20, coords=places)
    assert is_valid(found, edges, 20)
    load = np.bincount(found.labels)
    assert load.min() >= 18
    assert load.max() <= 22


def test_a_third_of_zero_weights():
    weights, edges, coords = random_case([140], np.random.default_rng(3))
    weights = [0 if i % 3 == 0 else w for i, w in enumerate(weights)]
    assert is_valid(partition(weights, edges, 30, coords=coords), edges, 30)


def test_islands_are_parts_of_their_own():
    weights, edges, coords = random_case([150, 1, 1, 2], np.random.default_rng(4))
    found = partition(weights, edges, 40, coords=coords)
    assert is_valid(found, edges, 40)
    assert len(found.parts) == 4


@pytest.mark.parametrize("options", [SolveOptions(), SEARCH])
def test_a_star_can_only_lose_its_rays(options):
    edges = [(0, i) for i in range(1, 12)]
    places = [(0.0, 0.0)] + [(100.0 * np.cos(i), 100.0 * np.sin(i)) for i in range(1, 12)]
    rules = PartitionRules(low=0.0, high=11.0)
    found = partition([10.0] * 12, edges, 5, coords=places, rules=rules, options=options)
    assert is_valid(found, edges, 5)
    assert sorted(np.bincount(found.labels).tolist()) == [1, 1, 1, 1, 8]


@pytest.mark.parametrize("k", [1, 30])
def test_one_region_and_as_many_as_units(k):
    weights, edges, coords = random_case([30], np.random.default_rng(5))
    rules = PartitionRules(low=0.0, high=40.0)
    found = partition(weights, edges, k, coords=coords, rules=rules, options=SEARCH)
    assert is_valid(found, edges, k)


def test_locks_and_ties_hold_in_search_too():
    weights, edges, coords = random_case([50], np.random.default_rng(6))
    a, b = edges[0]
    rules = PartitionRules(locked=((a, b),), low=0.2, high=2.5)
    found = partition(weights, edges, 13, coords=coords, rules=rules, options=SEARCH)
    assert is_valid(found, edges, 13)
    assert np.flatnonzero(found.labels == found.labels[a]).tolist() == [a, b]
