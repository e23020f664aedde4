"""Laws of mending: as good as trying everything, locks kept, and the edits lead where they say."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
from oracles import connected, connected_sets
from oracles import cost as cost_of
from towns import EAST_CODE, WEST_CODE, town, town_layers

from geogrid.errors import InputError
from geogrid.governance.layout import make_plan
from geogrid.governance.mend import MOVED_M, mend
from geogrid.governance.previous import OldLayout
from geogrid.governance.rules import KeepRules, LayoutRules
from geogrid.governance.verdict import Judge
from geogrid.locale import LANGUAGES
from geogrid.solve.options import PartitionRules
from geogrid.store.edits import parse_edits
from geogrid.store.folding import Sheet, State
from geogrid.store.outlines import outline_of
from geogrid.store.plan_file import read_plan

N_GRIDS = 6


@pytest.fixture(scope="module")
def judge():
    """The town in six grids: two in each half of the west would be too few, three in each half."""
    return Judge(make_plan(town(), n_grids=N_GRIDS))


def start_of(judge):
    yards = judge.plan.courtyards
    return dict(zip(yards["courtyard_id"], yards["grid_code"], strict=True))


def names_of(judge):
    grids = judge.plan.gov_grids
    return dict(zip(grids["grid_code"], grids["name"], strict=True))


def of(assignment, community):
    return {i: code for i, code in assignment.items() if code.startswith(community)}


def grids_of(assignment):
    found = {}
    for ident, code in assignment.items():
        found.setdefault(code, set()).add(ident)
    return found


def replayed(judge, draft, found, locks=()):
    """Apply the edits as a store does; new grids are called as the proposal calls them."""
    names = names_of(judge) | dict.fromkeys(set(draft.values()), "")
    sheet = Sheet(outline_of(judge.plan), State(1, draft, names, frozenset(locks)))
    sheet.apply(parse_edits(json.loads(json.dumps(found.edits))))
    called = {code: f"new:{i}" for i, code in enumerate(sheet.created, start=1)}
    return {ident: called.get(code, code) for ident, code in sheet.assignment.items()}


class Everything:
    """Every layout of one community, and what each costs."""

    def __init__(self, judge, community):
        plan = judge.plan
        yards = plan.courtyards[plan.courtyards["community_code"] == community]
        self.idents = sorted(yards["courtyard_id"])
        self.weight = dict(zip(yards["courtyard_id"], yards["households"], strict=True))
        used = plan.contiguity[plan.contiguity["usable"] == 1]
        self.edges = [
            (a, b) for a, b in zip(used["a"], used["b"], strict=True) if {a, b} <= set(self.idents)
        ]
        self.walk = {(i, i): 0.0 for i in self.idents}
        for a, b, metres in plan.walks[["a", "b", "walk_m"]].itertuples(index=False):
            self.walk[a, b] = self.walk[b, a] = metres
        self.target = plan.target
        self.balance_m = judge.rules.partition.balance_m
        parts = yards.groupby("part_id")["courtyard_id"].agg(sorted)
        bands = {row["part_id"]: row["band"] for row in plan.report["parts"]}
        self.sets = []
        for part, members in parts.items():
            low, high = bands[part]
            high = math.inf if high is None else high
            low, high = low * self.target, high * self.target
            self.sets += connected_sets(members, self.edges, self.weight, low, high)

    def price(self, members):
        return cost_of(members, self.weight, self.walk, self.target, self.balance_m)

    def covers(self, k, allowed):
        """Every way to cut the community into k of the sets allowed."""
        sets = [frozenset(s) for s in self.sets if allowed(frozenset(s))]

        def grow(left, chosen):
            if not left:
                if len(chosen) == k:
                    yield tuple(chosen)
            elif len(chosen) < k:
                first = min(left)
                for one in sets:
                    if first in one and one <= left:
                        yield from grow(left - one, [*chosen, one])

        yield from grow(frozenset(self.idents), [])

    def moving(self, cover, draft, bound):
        """The fewest households that change their grid; codes that are bound stay."""
        from scipy.optimize import linear_sum_assignment

        codes = sorted(set(of(draft, self.idents and draft[self.idents[0]][:-3]).values()))
        stays = np.array(
            [[sum(self.weight[i] for i in s if draft[i] == c) for c in codes] for s in cover], float
        )
        for row, members in enumerate(cover):
            for column, code in enumerate(codes):
                stays[row, column] += 1e9 * bool(bound.get(code, set()) & members)
        rows, columns = linear_sum_assignment(stays, maximize=True)
        kept = stays[rows, columns].sum() - 1e9 * sum(map(bool, bound.values()))
        return sum(self.weight.values()) - kept

    def best(self, draft, k, locks):
        """What the best layout costs with moving counted, None if there is none."""
        grids = grids_of(of(draft, self.community_of(draft)))
        whole = [m for code, m in grids.items() if f"grid:{code}" in locks]
        bound = {
            code: {i for i in members if f"courtyard:{i}" in locks}
            for code, members in grids.items()
            if members not in whole
        }

        def allowed(members):
            is_kept = all(m == members or not m & members for m in whole)
            held = [b for b in bound.values() if b & members]
            return is_kept and len(held) <= 1 and all(b <= members for b in held)

        held = {tuple(sorted(m)) for m in whole if connected(m, self.edges)}
        self.sets = sorted({*self.sets, *held})
        bound |= {code: m for code, m in grids.items() if m in whole}
        prices = [
            sum(map(self.price, cover)) + MOVED_M * self.moving(cover, draft, bound)
            for cover in self.covers(k, allowed)
        ]
        return min(prices, default=None)

    def community_of(self, draft):
        return draft[self.idents[0]][:-3]


def disturbed(judge, rng, n_moves, community):
    """Move courtyards of one community into a neighbour's grid."""
    draft = start_of(judge)
    used = judge.plan.contiguity[judge.plan.contiguity["usable"] == 1]
    pairs = [p for p in zip(used["a"], used["b"], strict=True) if draft[p[0]].startswith(community)]
    n_grids = len(grids_of(draft))
    for _ in range(n_moves):
        a, b = pairs[rng.integers(len(pairs))]
        moved = draft | {a: draft[b]}
        draft = moved if len(grids_of(moved)) == n_grids else draft
    return draft


@pytest.mark.parametrize("community", [WEST_CODE, EAST_CODE])
@pytest.mark.parametrize("seed", range(10))
def test_a_proposal_is_as_good_as_trying_everything(judge, community, seed):
    rng = np.random.default_rng(seed)
    draft = disturbed(judge, rng, int(rng.integers(1, 6)), community)
    own = sorted(of(draft, community))
    locks = {f"courtyard:{own[rng.integers(len(own))]}" for _ in range(seed % 4)}
    if seed % 3 == 2:
        locks.add(f"grid:{draft[own[rng.integers(len(own))]]}")
    k = len(set(of(draft, community).values()))
    found = mend(judge, draft, communities=[community], locks=locks, names=names_of(judge))
    want = Everything(judge, community).best(draft, k, locks)
    if want is None:
        assert found.status == "impossible" or found.after.n_grids != k or not found.edits
        return
    if found.status == "unchanged":
        assert found.before.objective <= want * (1 + 1e-6)
        assert found.before == found.after
        assert found.edits == ()
    else:
        assert found.status == "optimal"
        moving = sum(Everything(judge, community).weight[i] for i in found.moved)
        assert found.after.objective + MOVED_M * moving == pytest.approx(want)
        assert found.bound == pytest.approx(want)
        assert replayed(judge, draft, found, locks) == draft | found.assignment
        assert found.after.objective <= found.before.objective or (
            (found.after.hard, found.after.soft) < (found.before.hard, found.before.soft)
        )
    assert found.after.hard == 0 or found.after.hard < found.before.hard or not found.edits


@pytest.mark.parametrize("seed", range(6))
def test_locks_are_kept(judge, seed):
    rng = np.random.default_rng(100 + seed)
    draft = disturbed(judge, rng, 4, EAST_CODE)
    own = sorted(of(draft, EAST_CODE))
    yard, grid = own[rng.integers(len(own))], draft[own[rng.integers(len(own))]]
    locks = {f"courtyard:{yard}", f"grid:{grid}"}
    found = mend(judge, draft, communities=[EAST_CODE], locks=locks, names=names_of(judge))
    after = draft | found.assignment
    assert after[yard] == draft[yard]
    assert grids_of(after)[grid] == grids_of(draft)[grid]


def test_an_optimum_stays_as_it_is(judge):
    found = mend(judge, start_of(judge), communities=[WEST_CODE, EAST_CODE])
    assert (found.status, found.edits, found.moved) == ("unchanged", (), ())
    assert found.gap == pytest.approx(0, abs=1e-9)
    assert found.before.objective == pytest.approx(judge.plan.report["objective"])
    assert found.assignment == start_of(judge)
    assert "已证明" in found.words["zh"]


def test_a_moved_courtyard_goes_back_and_nobody_else_moves(judge):
    home = start_of(judge)
    for seed in range(4):
        draft = disturbed(judge, np.random.default_rng(seed), 1, EAST_CODE)
        moved = [i for i in home if home[i] != draft[i]]
        found = mend(judge, draft, communities=[EAST_CODE], names=names_of(judge))
        if found.status != "unchanged":
            assert list(found.moved) == moved
            assert draft | found.assignment == home


def test_too_few_grids_become_the_nearest_number_there_is_a_layout_of(judge):
    home = start_of(judge)
    code = min(set(of(home, EAST_CODE).values()))
    draft = home | dict.fromkeys(of(home, EAST_CODE), code)
    found = mend(judge, draft, communities=[EAST_CODE], names=names_of(judge))
    assert (found.before.n_grids, found.before.in_band) == (1, 0)
    assert (found.after.n_grids, found.after.in_band) == (2, 2)
    assert [edit["op"] for edit in found.edits] == ["split"]
    assert "new:1" in found.assignment.values()
    assert replayed(judge, draft, found) == draft | found.assignment
    assert "2 is the nearest number" in found.words["en"]


def test_a_grid_too_many_stays_if_that_can_be(judge):
    home = start_of(judge)
    code = min(set(of(home, EAST_CODE).values()))
    yard = min(i for i in home if home[i] == code)
    draft = home | {yard: EAST_CODE + "044"}
    found = mend(judge, draft, communities=[EAST_CODE], names=names_of(judge))
    assert found.after.n_grids == found.before.n_grids
    assert found.after.in_band == found.after.n_grids
    assert set(found.assignment.values()) == set(of(draft, EAST_CODE).values())


def test_a_number_that_no_layout_has_is_come_down_to(judge):
    draft = start_of(judge)
    draft |= {i: f"{EAST_CODE}{n:03d}" for n, i in enumerate(sorted(of(draft, EAST_CODE)), 1)}
    found = mend(judge, draft, communities=[EAST_CODE], names=names_of(judge))
    assert found.before.n_grids == 12
    assert found.after.n_grids == found.after.in_band < 12
    assert replayed(judge, draft, found) == draft | found.assignment


def test_what_locks_forbid_is_named_in_both_languages(judge):
    home = start_of(judge)
    own = sorted(of(home, EAST_CODE))
    code = home[own[0]]
    draft = home | dict.fromkeys(own[:7], code)
    locks = {f"courtyard:{i}" for i in own[:7]}
    found = mend(judge, draft, communities=[EAST_CODE], locks=locks, names=names_of(judge))
    assert (found.status, found.edits) == ("impossible", ())
    for language in LANGUAGES:
        assert own[0] in found.words[language]
    assert "东岸社区" in found.words["zh"]
    assert found.before == found.after


def test_a_locked_grid_in_two_pieces_is_impossible(judge):
    home = start_of(judge)
    first, second, *_ = sorted(set(of(home, WEST_CODE).values()))
    halves = judge.plan.courtyards.groupby("part_id")["courtyard_id"].agg(sorted)
    far = [part[0] for name, part in halves.items() if name.startswith(WEST_CODE)]
    draft = home | dict.fromkeys(far, WEST_CODE + "077")
    found = mend(judge, draft, communities=[WEST_CODE], locks={f"grid:{WEST_CODE}077"})
    assert found.status == "impossible"
    assert all(i in found.words["en"] for i in far)
    assert {first, second} <= set(home.values())


def test_a_grid_over_a_border_is_mended_on_the_side_asked_for(judge):
    home = start_of(judge)
    stray = min(of(home, WEST_CODE))
    draft = home | {stray: min(set(of(home, EAST_CODE).values()))}
    found = mend(judge, draft, communities=[WEST_CODE], names=names_of(judge))
    assert found.before.hard > 0 == found.after.hard
    assert found.assignment[stray].startswith(WEST_CODE)
    assert replayed(judge, draft, found) == draft | found.assignment
    locked = {f"courtyard:{stray}"}
    found = mend(judge, draft, communities=[WEST_CODE], locks=locked)
    assert found.status == "impossible"
    assert stray in found.words["zh"]


def test_one_community_cannot_bar_another(judge):
    home = start_of(judge)
    east = sorted(of(home, EAST_CODE))
    draft = home | dict.fromkeys(east[:7], home[east[0]])
    west = sorted(of(home, WEST_CODE))
    draft |= {west[0]: next(home[i] for i in west if home[i] != home[west[0]])}
    locks = {f"courtyard:{i}" for i in east[:7]}
    found = mend(judge, draft, communities=[WEST_CODE, EAST_CODE], locks=locks)
    assert found.status == "optimal"
    assert {i for i in home if (draft | found.assignment)[i] != draft[i]} <= set(
        of(home, WEST_CODE)
    )
    assert "东岸社区" in found.words["zh"]
    assert found.bound is None


def test_courtyards_in_one_spot_are_brought_together():
    courtyards = town_layers()["courtyards"]
    shapes = courtyards.geometry.to_list()
    shapes[1] = shapes[0]
    judge = Judge(make_plan(town(courtyards=courtyards.set_geometry(shapes)), n_grids=N_GRIDS))
    home = start_of(judge)
    other = min(set(of(home, WEST_CODE).values()) - {home["c01"]})
    draft = home | {"c01": other}
    found = mend(judge, draft, communities=[WEST_CODE])
    assert found.before.hard > 0 == found.after.hard
    assert found.assignment["c01"] == found.assignment["c02"]
    locks = {"courtyard:c01", "courtyard:c02"}
    assert mend(judge, draft, communities=[WEST_CODE], locks=locks).status == "impossible"
    locks = {f"grid:{other}"}
    stuck = mend(judge, draft, communities=[WEST_CODE], locks=locks)
    assert stuck.status == "impossible"
    assert "c02" in stuck.words["en"]


BY_HAND = [f"{WEST_CODE}{1 + i // 3:03d}" for i in range(12)] + [
    f"{EAST_CODE}{1 + i % 3:03d}" for i in range(12)
]


@pytest.mark.parametrize(
    "keep",
    [
        {"split_m": 300.0},
        {"together": (("c13", "c24"),), "apart": (("c14", "c17"),)},
        {"locked": (("c13", "c14", "c15"),)},
        {"moved_m": 200.0, "split_m": 50.0},
    ],
    ids="-".join,
)
def test_the_plans_own_rules_are_obeyed_and_priced(keep):
    rules = LayoutRules(keep=KeepRules(**keep), partition=PartitionRules(walk_max_m=500.0))
    previous = None
    if "moved_m" in keep:
        grids = np.array(BY_HAND, object)
        previous = OldLayout(grids, tuple(sorted(set(BY_HAND))))
    plan = make_plan(town(), n_grids=7, rules=rules, previous=previous)
    judge = Judge(plan)
    wanted = [WEST_CODE, EAST_CODE]
    untouched = mend(judge, start_of(judge), communities=wanted)
    assert untouched.status == "unchanged"
    assert untouched.before.objective == pytest.approx(plan.report["objective"])
    for seed in range(4):
        draft = disturbed(judge, np.random.default_rng(seed), 5, EAST_CODE)
        # with moving free, nothing keeps it from the optimum but the number of grids
        found = mend(judge, draft, communities=wanted, moved_m=0.0)
        assert found.after.objective == pytest.approx(plan.report["objective"])
        assert found.after.hard == 0
        dear = mend(judge, draft, communities=wanted)
        assert dear.after.objective >= found.after.objective - 1e-6
        assert dear.moved_households <= found.moved_households
        assert dear.gap is None or dear.gap < 1e-6


def test_only_communities_of_the_plan_can_be_mended(judge):
    for wanted in ([], ["370202001099"]):
        with pytest.raises(InputError, match="communities of this plan"):
            mend(judge, start_of(judge), communities=wanted)


def test_a_community_without_courtyards_is_as_it_is():
    layers = town_layers()
    yards = layers["courtyards"]
    west = yards[yards["community_code"] == WEST_CODE].reset_index(drop=True)
    buildings = layers["buildings"]
    buildings = buildings[buildings["courtyard_id"].isin(west["courtyard_id"])]
    judge = Judge(make_plan(town(courtyards=west, buildings=buildings), n_grids=3))
    found = mend(judge, start_of(judge), communities=[EAST_CODE])
    assert (found.status, found.assignment, found.after.n_grids) == ("unchanged", {}, 0)


def test_no_time_leaves_everything_as_it_is(judge, monkeypatch):
    monkeypatch.setattr("geogrid.governance.mend._LEAST_S", 0.0)
    draft = disturbed(judge, np.random.default_rng(1), 5, EAST_CODE)
    found = mend(judge, draft, communities=[EAST_CODE], seconds=-1.0)
    assert (found.status, found.edits) == ("unchanged", ())
    assert "东岸社区" in found.words["zh"]


def test_what_was_cut_short_gets_the_time_that_is_left(judge, monkeypatch):
    from geogrid.governance import mend as module

    shares, passed = [], [0.0]
    solve = module._solve
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: passed[0]))

    def slow(draft, problem, seconds, moved_m):
        shares.append((problem.code, seconds))
        if len(shares) == 1:
            # as if it had not been finished
            passed[0] += seconds
            return module.replace(solve(draft, problem, 10.0, moved_m), found=None, after=None)
        return solve(draft, problem, 10.0, moved_m)

    monkeypatch.setattr(module, "_solve", slow)
    draft = disturbed(judge, np.random.default_rng(3), 4, WEST_CODE)
    found = mend(judge, draft, communities=[WEST_CODE, EAST_CODE], seconds=3.0)
    first, second, third = shares
    assert first[0] == third[0] != second[0]
    assert (first[1], third[1]) == (1.5, 1.5)
    assert found.status == "optimal"


@pytest.fixture(scope="module")
def sample_judge(sample_plan_path):
    return Judge(read_plan(sample_plan_path))


@pytest.mark.parametrize("seed", range(4))
def test_the_sample_is_brought_back_by_few_moves(sample_judge, seed):
    rng = np.random.default_rng(seed)
    home = start_of(sample_judge)
    codes = sorted(set(sample_judge.plan.courtyards["community_code"]))
    community = codes[rng.integers(len(codes))]
    draft = disturbed(sample_judge, rng, 6, community)
    found = mend(sample_judge, draft, communities=[community], names=names_of(sample_judge))
    assert found.after.hard == 0
    assert found.after.objective <= found.before.objective
    assert len(found.moved) <= sum(home[i] != draft[i] for i in home)
    if found.edits:
        assert replayed(sample_judge, draft, found) == draft | found.assignment
