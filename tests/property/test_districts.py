"""Twenty random districts: exactly k regions, none in pieces, none outside its band, all proven."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from oracles import random_case, violations

from geogrid.solve.options import PartitionRules, SolveOptions
from geogrid.solve.partition import partition

LADDER = PartitionRules().ladder()


@cache
def district(seed):
    """Ten parts of 5 to 30 units; every third one is shared by two groups."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(5, 31, 10).tolist()
    weights, edges, coords = random_case(sizes, rng)
    home = np.repeat(np.arange(10), sizes)
    north = np.array([y for _, y in coords])
    within = 2 * home + ((home % 3 == 0) & (north > np.median(north)))
    k = round(len(weights) / rng.uniform(3.5, 4.5))
    return {"weights": weights, "edges": edges, "coords": coords, "within": within.tolist()}, k


@cache
def proven(seed):
    given, k = district(seed)
    return partition(**given, n_regions=k)


@pytest.mark.parametrize("seed", range(20))
def test_a_random_district_is_cut_into_exactly_k_proven_regions(seed):
    given, k = district(seed)
    found = proven(seed)
    assert violations(found, **given, k=k) == []
    assert found.status == "optimal"
    for part in found.parts:
        assert part.band in LADDER
        assert part.status == "optimal"
        assert bool(part.reason) == (part.band != LADDER[0])


@pytest.mark.parametrize("seed", range(5))
def test_search_comes_close_and_never_below_the_proof(seed):
    given, k = district(seed)
    options = SolveOptions(mode="search", seed=seed)
    found = partition(**given, n_regions=k, options=options)
    assert violations(found, **given, k=k) == []
    best = proven(seed).objective
    assert found.objective >= best * (1 - 1e-9)
    assert found.objective <= 1.01 * best
    assert found.bound <= best * (1 + 1e-9)
    assert all(part.reason.startswith("searched") for part in found.parts)
    again = partition(**given, n_regions=k, options=options)
    assert again.labels.tolist() == found.labels.tolist()


def test_the_listing_of_violations_sees_each_of_them():
    """A plan that is spoiled in one way at a time is told from a good one."""
    given, k = district(0)
    found = proven(0)

    def spoiled(**changes):
        return " ".join(violations(replace(found, **changes), **given, k=k))

    labels = found.labels.copy()
    labels[-1] = 0
    assert "in pieces" in spoiled(labels=labels)
    assert "several groups" in spoiled(labels=labels)
    labels = found.labels.copy()
    labels[labels == k - 1] = 0
    assert "not 0 to" in spoiled(labels=labels)
    assert "smallest unit" in spoiled(labels=k - 1 - found.labels)
    assert "connected components" in spoiled(parts=found.parts[1:])
    assert "all costs" in spoiled(objective=found.objective * 1.001)
    assert "lies above" in spoiled(bound=found.bound * 1.001)
    assert "status is gap" in spoiled(status="gap")
    first, *others = found.parts
    assert "outside" in spoiled(parts=(replace(first, band=(0.99, 1.0)), *others))
    assert "part 0 costs" in spoiled(parts=(replace(first, objective=1.0), *others))
    fewer = replace(first, regions=first.regions[1:])
    assert "other regions" in spoiled(parts=(fewer, *others))
