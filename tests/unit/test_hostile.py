"""Inputs that somebody will hand in one day end in a plan that holds, or in our own error."""

from __future__ import annotations

import numpy as np
import pytest

from geogrid.errors import InfeasibleError, InputError, SolverError
from geogrid.solve.options import PartitionRules, SolveOptions
from geogrid.solve.partition import partition
from geogrid.solve.whatif import what_if

SEARCH = SolveOptions(mode="search")


def chain(n):
    """A road of n units, 50 m apart."""
    return [(i, i + 1) for i in range(n - 1)], [(50.0 * i, 0.0) for i in range(n)]


def along(weights, k, **more):
    edges, coords = chain(len(weights))
    return partition(weights, edges, k, coords=coords, **more)


@pytest.mark.parametrize(
    ("n", "lock", "options"), [(6, (0, 2), SEARCH), (130, (0, 129), SolveOptions())]
)
def test_a_lock_in_two_pieces_is_refused_in_searched_parts_too(n, lock, options):
    with pytest.raises(InfeasibleError, match="do not hang together"):
        along([10] * n, n // 3, rules=PartitionRules(locked=(lock,)), options=options)


@pytest.mark.parametrize(
    "rules",
    [
        PartitionRules(locked=((3, 4),), must_part=((3, 4),)),
        PartitionRules(locked=((3, 4),), must_join=((4, 5),)),
        PartitionRules(must_join=((3, 4),), must_part=((3, 4),)),
        PartitionRules(must_part=((3, 3),)),
    ],
)
def test_contradictions_are_proven_in_parts_too_large_to_list(rules):
    with pytest.raises(InfeasibleError) as caught:
        along([10] * 130, 40, rules=rules)
    assert caught.value.facts["conflicts"]


def test_what_a_search_does_not_find_is_not_called_impossible():
    weights = np.random.default_rng(129).integers(5, 90, 129)
    locked, tied, apart = ((63, 64), (0, 1, 2)), ((60, 61),), ((10, 11),)
    rules = PartitionRules(locked=locked, must_join=tied, must_part=apart)
    with pytest.raises(SolverError, match="there may be one"):
        along(weights, 43, rules=rules)
    listed = along(weights, 43, rules=rules, options=SolveOptions(exact_units=200))
    assert listed.status == "optimal"


def test_a_search_with_a_cost_of_ones_own_that_finds_nothing_says_so():
    rules = PartitionRules(walk_max_m=0.0, extra_cost=lambda regions: np.zeros(len(regions)))
    with pytest.raises(SolverError, match="there may be one"):
        along([10, 20, 30], 2, rules=rules, options=SEARCH)


def test_a_cost_below_nothing_is_a_cost_like_any_other():
    plain = along([1, 1, 1], 2)
    rules = PartitionRules(extra_cost=lambda regions: np.full(len(regions), -1e4))
    found = along([1, 1, 1], 2, rules=rules)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(plain.objective - 2e4)


@pytest.mark.parametrize("factor", [1e-6, 1e-9, 1e-10, 1e-12])
def test_tiny_numbers_end_and_give_the_same_plan(factor):
    weights = np.array([30.0, 40.0, 20.0, 10.0, 25.0, 60.0])
    assert along(weights * factor, 2).labels.tolist() == along(weights, 2).labels.tolist()


@pytest.mark.parametrize(
    "change",
    [
        {"locked": ((0.5, 1),)},
        {"locked": None},
        {"locked": "ab"},
        {"must_join": (0, 1)},
        {"must_part": ((0, 1, 2),)},
        {"previous": [0.2, 0.7], "moved_m": 1.0},
        {"beats": [None, 1], "split_m": 1.0},
        {"balance_m": 1e300},
        {"balance_m": "500"},
        {"target": 1e-300},
        {"walk_max_m": float("nan")},
        {"given": {0: 1.5}, "apportion": "given"},
        {"veto": 5},
        {"band": []},
    ],
)
def test_rules_of_the_wrong_kind_are_bad_input(change):
    with pytest.raises(InputError):
        PartitionRules(**change)


def test_arrays_of_rows_are_as_good_as_tuples():
    rules = PartitionRules(locked=np.array([[0, 1]]), must_part=[(np.int64(2), 3)])
    assert rules.locked == ((0, 1),)
    assert rules.must_part == ((2, 3),)


@pytest.mark.parametrize(
    "change",
    [{"time_limit": float("nan")}, {"time_limit": "5"}, {"seed": 1.5}, {"memory_mb": "1"}],
)
def test_options_of_the_wrong_kind_are_bad_input(change):
    with pytest.raises(InputError):
        SolveOptions(**change)


def test_a_very_long_time_is_as_good_as_none():
    assert along([10, 10, 10], 2, options=SolveOptions(time_limit=1e300)).status == "optimal"


def test_questions_that_mean_nothing_are_bad_input():
    edges, coords = chain(6)
    study = what_if([10] * 6, edges, 3, coords=coords)
    for ask in (
        lambda: study.why_here(-1),
        lambda: study.why_here("a"),
        lambda: study.solve(n_regions=2.0),
        lambda: study.solve(weights=[1e300] * 6),
        lambda: study.solve(shares="x"),
        lambda: study.changed(foo=1),
    ):
        with pytest.raises(InputError):
            ask()
    with pytest.raises(InputError):
        what_if([10] * 6, edges, 2.0, coords=coords)
    with pytest.raises(InputError, match="too large"):
        partition([1, 1], [(0, 1)], 1, coords=[(0, 0), (1e300, 0)])
