"""Ten infeasible districts drawn by hand: each names rules of which dropping any one helps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from geogrid.errors import InfeasibleError
from geogrid.solve.conflict import without
from geogrid.solve.options import PartitionRules
from geogrid.solve.partition import partition

# 0 - 1 - 2
# |   |   |      a 3 x 3 lattice, 100 m apart, 100 households each
# 3 - 4 - 5
# |   |   |
# 6 - 7 - 8
LATTICE = [(r * 3 + c, r * 3 + c + 1) for r in range(3) for c in range(2)] + [
    (r * 3 + c, r * 3 + c + 3) for r in range(2) for c in range(3)
]
PLACES = [(c * 100.0, -r * 100.0) for r in range(3) for c in range(3)]
# 0 - 1 - 2   3 - 4 - 5      two chains that nothing joins
CHAINS = [(0, 1), (1, 2), (3, 4), (4, 5)]
ALONG = [(i * 100.0, 0.0) for i in range(6)]

DISTRICTS = {
    # three grids are locked, three are asked for, and six courtyards are left over
    "locks that use up the grids": (
        {"weights": [100] * 9, "edges": LATTICE, "coords": PLACES, "n_regions": 3},
        PartitionRules(low=0.1, high=3.0, locked=((0,), (2,), (6,))),
        {"n_regions", "locked"},
    ),
    # 0 and 8 are in one grid, but 400 m of others lie between
    "a tie longer than the longest walk": (
        {"weights": [100] * 9, "edges": LATTICE, "coords": PLACES, "n_regions": 3},
        PartitionRules(must_join=((0, 8),), walk_max_m=150.0),
        {"must_join", "walk_max_m"},
    ),
    "a tie and its opposite": (
        {"weights": [100] * 9, "edges": LATTICE, "coords": PLACES, "n_regions": 3},
        PartitionRules(must_join=((0, 1), (1, 2)), must_part=((0, 2),)),
        {"must_join", "must_part"},
    ),
    "a lock that takes what a tie needs": (
        {"weights": [100] * 9, "edges": LATTICE, "coords": PLACES, "n_regions": 3},
        PartitionRules(locked=((0, 1, 2),), must_join=((2, 5),)),
        {"locked", "must_join"},
    ),
    "a lock in two pieces": (
        {"weights": [100] * 6, "edges": CHAINS, "coords": ALONG, "n_regions": 2},
        PartitionRules(locked=((0, 2),), low=0.1, high=3.0),
        {"locked"},
    ),
    "a tie over two islands": (
        {"weights": [100] * 6, "edges": CHAINS, "coords": ALONG, "n_regions": 2},
        PartitionRules(must_join=((2, 3),)),
        {"must_join"},
    ),
    "fewer grids than islands": (
        {"weights": [100] * 6, "edges": CHAINS, "coords": ALONG, "n_regions": 1},
        PartitionRules(),
        {"n_regions"},
    ),
    # each chain holds 3 x 100; grids of 90 to 110 make six of them, not four
    "a band that fixes the number of grids": (
        {"weights": [100] * 6, "edges": CHAINS, "coords": ALONG, "n_regions": 4},
        PartitionRules(low=0.9, high=1.1, target=100.0),
        {"n_regions", "high"},
    ),
    "a group that is given more grids than it has courtyards": (
        {
            "weights": [100] * 6,
            "edges": CHAINS,
            "coords": ALONG,
            "n_regions": 5,
            "within": ["a"] * 3 + ["b"] * 3,
        },
        PartitionRules(low=0.0, high=3.0, apportion="given", given={"a": 4, "b": 1}),
        {"given"},
    ),
    # 250 households in one courtyard, at most 200 in a grid, and no way to widen
    "a courtyard heavier than a hard band": (
        {"weights": [100, 250, 100], "edges": CHAINS[:2], "coords": ALONG[:3], "n_regions": 2},
        PartitionRules(low=0.2, high=0.8, target=250.0, band="hard"),
        {"high"},
    ),
    # three that may not share a grid, and only two grids
    "three that keep apart in two grids": (
        {"weights": [100] * 9, "edges": LATTICE, "coords": PLACES, "n_regions": 2},
        PartitionRules(low=0.1, high=3.0, must_part=((0, 1), (1, 3), (0, 3))),
        {"n_regions", "must_part"},
    ),
    "a veto that nothing passes": (
        {"weights": [100] * 9, "edges": LATTICE, "coords": PLACES, "n_regions": 3},
        PartitionRules(veto=lambda regions: regions.weight > 0),
        {"veto"},
    ),
}


def feasible_count(problem, rules):
    """Whether some number of regions, or some sharing of them out, makes a plan."""
    free = replace(rules, apportion="optimal", given=None)
    for k in range(1, len(problem["weights"]) + 1):
        try:
            partition(**problem | {"n_regions": k}, rules=replace(free, target=rules.target))
        except InfeasibleError:
            continue
        return True
    return False


@pytest.mark.parametrize("name", DISTRICTS)
def test_dropping_any_one_named_rule_makes_the_district_feasible(name):
    problem, rules, kinds = DISTRICTS[name]
    # the target stays what it was, whichever number of grids is tried
    rules = replace(rules, target=rules.target or sum(problem["weights"]) / problem["n_regions"])
    with pytest.raises(InfeasibleError) as caught:
        partition(**problem, rules=rules)
    conflicts = caught.value.facts["conflicts"]
    assert len(conflicts) == 1, conflicts
    (conflict,) = conflicts
    assert {rule.kind for rule in conflict.rules} == kinds
    assert all(conflict.enough)
    for rule in conflict.rules:
        if rule.kind in {"n_regions", "given"}:
            assert feasible_count(problem, rules), rule
        else:
            partition(**problem, rules=without(rules, [rule]))
    assert "No plan obeys this" in caught.value.message


def test_two_conflicts_are_both_named_and_neither_alone_is_enough():
    rules = PartitionRules(must_join=((0, 1), (7, 8)), must_part=((0, 1), (7, 8)))
    with pytest.raises(InfeasibleError) as caught:
        partition([100] * 9, LATTICE, 3, coords=PLACES, rules=rules)
    conflicts = caught.value.facts["conflicts"]
    assert len(conflicts) == 2
    assert not any(enough for c in conflicts for enough in c.enough)
    named = {(r.kind, r.number) for c in conflicts for r in c.rules}
    assert named == {("must_join", 0), ("must_join", 1), ("must_part", 0), ("must_part", 1)}
    assert "units 7, 8 may not share a region" in caught.value.message
