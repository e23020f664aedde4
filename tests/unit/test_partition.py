"""Laws of the partition engine on hand-drawn parts."""

from __future__ import annotations

import numpy as np
import pytest

from geogrid.errors import InfeasibleError, InputError, SolverError, SolverTimeout
from geogrid.solve.columns import enumerate_columns
from geogrid.solve.options import PartitionRules, Progress, SolveOptions
from geogrid.solve.partition import partition
from geogrid.solve.parts import Part

# 0 - 1 - 2
# |   |   |      a 3 x 3 lattice, 100 m apart
# 3 - 4 - 5
# |   |   |
# 6 - 7 - 8
LATTICE = [(r * 3 + c, r * 3 + c + 1) for r in range(3) for c in range(2)] + [
    (r * 3 + c, r * 3 + c + 3) for r in range(2) for c in range(3)
]
PLACES = [(c * 100.0, -r * 100.0) for r in range(3) for c in range(3)]


def test_partition_of_a_lattice_is_three_rows_or_columns_of_three():
    found = partition([100] * 9, LATTICE, 3, coords=PLACES)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(3 * 100 * 2 * 130.0)
    assert np.bincount(found.labels).tolist() == [3, 3, 3]


def test_labels_are_numbered_by_their_smallest_unit():
    found = partition([100] * 9, LATTICE, 4, coords=PLACES)
    firsts = [int(np.flatnonzero(found.labels == r)[0]) for r in range(4)]
    assert firsts == sorted(firsts)
    assert found.labels.dtype == np.int32


def test_no_region_crosses_a_group():
    within = [0, 0, 1] * 3
    found = partition([100] * 9, LATTICE, 3, coords=PLACES, within=within)
    for region in range(3):
        groups = {within[i] for i in np.flatnonzero(found.labels == region)}
        assert len(groups) == 1


def test_a_small_part_gets_a_wider_band_and_says_so():
    # a lone unit of 5 households beside a pair of 60: T = 41.7
    found = partition([5, 60, 60], [(1, 2)], 3, coords=[(900, 0), (0, 0), (50, 0)])
    lone = found.parts[0]
    assert lone.band == (0.0, np.inf)
    assert "0.12 T" in lone.reason
    assert found.parts[1].reason == ""
    assert lone.reason in found.explain()


def test_a_unit_heavier_than_the_band_stands_with_the_widest_one():
    chain = [(0, 1), (1, 2), (2, 3)]
    places = [(0, 0), (1, 0), (2, 0), (3, 0)]
    found = partition([1000, 10, 10, 10], chain, 3, coords=places)
    assert found.status == "optimal"
    assert "one unit alone" in found.parts[0].reason


def test_zero_households_everywhere_still_gives_exactly_k():
    found = partition([0] * 9, LATTICE, 4, coords=PLACES)
    assert len(set(found.labels.tolist())) == 4


@pytest.mark.parametrize("n_regions", [1, 10])
def test_k_below_the_parts_or_above_the_units_is_infeasible(n_regions):
    edges = [e for e in LATTICE if set(e) not in ({2, 5}, {1, 2})]
    with pytest.raises(InfeasibleError) as caught:
        partition([100] * 9, edges, n_regions, coords=PLACES)
    assert caught.value.facts["least"] == 2
    assert "ask for 2 to 9" in caught.value.message


def test_a_k_that_the_bands_exclude_names_the_parts():
    rules = PartitionRules(low=0.9, high=1.1, target=100.0)
    with pytest.raises(InfeasibleError) as caught:
        partition([100] * 9, LATTICE, 3, coords=PLACES, rules=rules)
    assert caught.value.facts["parts"] == [{"part": 0, "least": 9, "most": 9, "band": (0.9, 1.1)}]


def test_largest_remainder_fixes_the_share_of_each_group():
    within = [0, 0, 0, 0, 0, 0, 1, 1, 1]
    rules = PartitionRules(apportion="largest_remainder")
    found = partition([100] * 9, LATTICE, 3, coords=PLACES, within=within, rules=rules)
    assert {p.group: p.k for p in found.parts} == {0: 2, 1: 1}


def test_given_shares_are_kept():
    within = [0, 0, 0, 0, 0, 0, 1, 1, 1]
    rules = PartitionRules(low=0.3, high=2.0, apportion="given", given={0: 1, 1: 2})
    found = partition([100] * 9, LATTICE, 3, coords=PLACES, within=within, rules=rules)
    assert {p.group: p.k for p in found.parts} == {0: 1, 1: 2}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weights": [1, -1, 1]}, "units [1]"),
        ({"weights": [1, float("nan"), 1]}, "units [1]"),
        ({"edges": [(0, 3)]}, "outside 0..2"),
        ({"edges": [(1, 1)]}, "join one to itself"),
        ({"coords": [(0, 0)]}, "must be (3, 2)"),
        ({"within": [0, 1]}, "one label per unit"),
        ({"coords": None}, "exactly one of coords and distance"),
        ({"coords": None, "distance": [[0, 1, 2], [1, 0, 1], [3, 1, 0]]}, "symmetric"),
    ],
)
def test_bad_arrays_are_refused_with_the_place(change, words):
    given = {
        "weights": [1, 1, 1],
        "edges": [(0, 1), (1, 2)],
        "coords": [(0, 0), (1, 0), (2, 0)],
    } | change
    with pytest.raises(InputError) as caught:
        partition(given.pop("weights"), given.pop("edges"), 1, **given)
    assert words in caught.value.message


@pytest.mark.parametrize(
    "change",
    [
        {"low": 2.0},
        {"target": -1.0},
        {"balance_m": -1.0},
        {"apportion": "given"},
        {"given": {0: 1}},
    ],
)
def test_rules_that_mean_nothing_are_refused(change):
    with pytest.raises(InputError):
        PartitionRules(**change)


def test_progress_tells_stages_and_ends_without_a_gap():
    seen: list[Progress] = []
    partition([100] * 9, LATTICE, 3, coords=PLACES, options=SolveOptions(on_progress=seen.append))
    assert seen[0].stage == "parts"
    assert seen[-1].gap == pytest.approx(0.0, abs=1e-9)


def test_a_time_limit_of_nothing_is_a_timeout():
    with pytest.raises(SolverTimeout):
        partition([100] * 9, LATTICE, 3, coords=PLACES, options=SolveOptions(time_limit=-1.0))


def test_too_many_regions_to_list_is_said_not_suffered():
    n = 22
    full = np.array([(i, j) for i in range(n) for j in range(i + 1, n)])
    part = Part(np.arange(n), np.ones(n), full, np.zeros((n, n)))
    with pytest.raises(SolverError, match="more than 1 MB"):
        enumerate_columns(part, low=0, high=99, target=5, balance_m=1, memory_mb=1)


def test_parts_of_more_than_64_units_use_several_words():
    n = 130
    weights = np.full(n, 10.0)
    chain = [(i, i + 1) for i in range(n - 1)]
    found = partition(weights, chain, 65, coords=[(10.0 * i, 0) for i in range(n)])
    assert np.bincount(found.labels).tolist() == [2] * 65
    assert found.objective == pytest.approx(65 * 10 * 13.0)
