"""The verdict agrees with brute force over random moves of the sample's plan."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from geogrid.governance.verdict import Judge
from geogrid.store.plan_file import read_plan


@pytest.fixture(scope="module")
def plan(sample_plan_path):
    return read_plan(sample_plan_path)


@pytest.fixture(scope="module")
def facts(plan):
    """What the layers say, as plain dictionaries; nothing of the Judge's own."""
    yards = plan.courtyards
    near = defaultdict(set)
    for edge in plan.contiguity.itertuples():
        if edge.usable == 1:
            near[edge.a].add(edge.b)
            near[edge.b].add(edge.a)
    station = dict(
        zip(plan.district["beats"]["beat_id"], plan.district["beats"]["station_id"], strict=True)
    )
    ids = yards["courtyard_id"].tolist()
    return {
        "near": near,
        "community": dict(zip(ids, yards["community_code"], strict=True)),
        "households": dict(zip(ids, yards["households"].tolist(), strict=True)),
        "station": {i: station[b] for i, b in zip(ids, yards["beat_id"], strict=True)},
        "home": dict(zip(ids, yards["grid_code"], strict=True)),
    }


def n_pieces(group, near):
    left, count = set(group), 0
    while left:
        count += 1
        stack = [left.pop()]
        while stack:
            found = near[stack.pop()] & left
            left -= found
            stack += found
    return count


def by_brute_force(plan, facts, assignment):
    """(kind, grid) of every fault that geography and numbers make."""
    members = defaultdict(list)
    for ident in facts["home"]:
        if assignment.get(ident):
            members[assignment[ident]].append(ident)
    rule = plan.report["rules"]["partition"]
    found = Counter()
    for code, group in members.items():
        by_community = defaultdict(list)
        for ident in group:
            by_community[facts["community"][ident]].append(ident)
        if len(by_community) > 1:
            found["split_community", code] = 1
        if any(n_pieces(own, facts["near"]) > 1 for own in by_community.values()):
            found["broken", code] = 1
        if len({facts["station"][i] for i in group}) > 1:
            found["station_area", code] = 1
        load = sum(facts["households"][i] for i in group)
        if not rule["low"] * plan.target <= load <= rule["high"] * plan.target:
            found["out_of_band", code] = 1
        heaviest = max(
            by_community, key=lambda c: sum(facts["households"][i] for i in by_community[c])
        )
        if not (code.startswith(heaviest) and len(code) == len(heaviest) + 3):
            found["code", code] = 1
    if any(not assignment.get(i) for i in facts["home"]):
        found["unassigned", ""] = 1
    if set(assignment) - set(facts["home"]):
        found["unknown_courtyard", ""] = 1
    return found


def random_draft(facts, rng):
    """A few moves to a neighbour's grid, some to anywhere, some lost, merged, split, strange."""
    home = dict(facts["home"])
    ids = sorted(home)
    for _ in range(rng.integers(1, 40)):
        ident = ids[rng.integers(len(ids))]
        beside = sorted(facts["near"][ident]) or [ident]
        home[ident] = home[beside[rng.integers(len(beside))]]
    for _ in range(rng.integers(0, 6)):
        home[ids[rng.integers(len(ids))]] = facts["home"][ids[rng.integers(len(ids))]]
    if rng.random() < 0.5:
        a, b = (facts["home"][ids[i]] for i in rng.integers(len(ids), size=2))
        home = {i: a if code == b else code for i, code in home.items()}
    if rng.random() < 0.5:
        ident = ids[rng.integers(len(ids))]
        home[ident] = facts["community"][ident] + "900"
    if rng.random() < 0.3:
        del home[ids[rng.integers(len(ids))]]
    if rng.random() < 0.3:
        home["nobody"] = "x"
    return home


@pytest.mark.parametrize("first_seed", range(0, 40, 10))
def test_the_verdict_is_what_brute_force_finds(plan, facts, first_seed):
    judge_of = Judge(plan)
    for seed in range(first_seed, first_seed + 10):
        draft = random_draft(facts, np.random.default_rng(seed))
        faults = judge_of.judge(draft).faults
        found = Counter((f.kind, f.grid_code) for f in faults)
        assert found == by_brute_force(plan, facts, draft), f"seed {seed}"
        for fault in faults:
            if fault.kind in {"broken", "split_community"}:
                # taken away, what is named mends the fault
                rest = {i: c for i, c in draft.items() if i not in set(fault.courtyard_ids)}
                left = judge_of.judge(rest).faults
                assert (fault.kind, fault.grid_code) not in {(f.kind, f.grid_code) for f in left}
