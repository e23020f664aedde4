"""Fronts, next grids, prices, sensitivity: every figure is that of a full plan, proven."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from towns import EAST_CODE, WEST_CODE, town

from geogrid.errors import InputError
from geogrid.governance.fronts import balance_front, grids_front
from geogrid.governance.layout import make_plan
from geogrid.governance.next_grid import next_grids
from geogrid.governance.previous import old_layout_of_plan
from geogrid.governance.problem import make_problem
from geogrid.governance.rules import LayoutRules
from geogrid.governance.sensitivity import household_sensitivity
from geogrid.governance.whatif import open_what_if
from geogrid.locale import LANGUAGES
from geogrid.solve.options import SolveOptions
from geogrid.solve.partition import solve_parts

K = 6


@pytest.fixture(scope="module")
def district():
    return town()


@pytest.fixture(scope="module")
def problem(district):
    return make_problem(district, rules=LayoutRules())


@pytest.fixture(scope="module")
def plan(district, problem):
    return make_plan(district, n_grids=K, problem=problem)


@pytest.fixture(scope="module")
def at_hand(plan, problem):
    return open_what_if(plan, problems=[problem])


@pytest.fixture(scope="module")
def roomy(district, problem):
    """A plan whose parts hold whole numbers of grids: counts that err leave it possible."""
    return open_what_if(make_plan(district, n_grids=8, problem=problem), problems=[problem])


@pytest.fixture(scope="module")
def kept(district, problem):
    """A plan after another, with a lock, a tie and a price for moving."""
    before = make_plan(district, n_grids=K + 1, problem=problem)
    rules = LayoutRules().changed(
        locked=[["c13", "c14", "c15"]],
        together=[["c01", "c02"]],
        apart=[["c07", "c08"]],
        moved_m=30,
    )
    made = make_plan(
        district,
        n_grids=K,
        rules=rules,
        problem=problem,
        previous=old_layout_of_plan(district.courtyards, before),
    )
    return open_what_if(made, problems=[problem])


def test_a_graph_at_hand_is_not_built_again(plan, problem, at_hand):
    assert at_hand.problem.graph is problem.graph
    other = make_plan(plan.district, n_grids=K, rules=LayoutRules().changed(barriers=["rail"]))
    assert open_what_if(other, problems=[problem]).problem.graph is not problem.graph


# fronts


def test_a_front_walks_more_the_more_balance_weighs(plan, at_hand):
    front = balance_front(at_hand, (0.0, 200.0, 5000.0), n_jobs=1)
    table = front.table
    assert front.axis == "balance_m"
    assert table["balance_m"].tolist() == [0.0, 200.0, 500.0, 5000.0]
    assert table["walk_mean_m"].is_monotonic_increasing
    assert table["cv"].is_monotonic_decreasing
    assert set(table["status"]) == {"optimal"}
    (own,) = table[table["is_chosen"]].to_dict("records")
    assert own["balance_m"] == front.chosen == 500.0
    assert own["objective"] == pytest.approx(plan.report["objective"])
    assert own["walk_mean_m"] == pytest.approx(plan.report["metrics"]["walk_mean_m"])


def test_each_point_of_a_front_is_a_plan_of_its_own(district, problem, plan, at_hand):
    table = grids_front(at_hand, [3, 5, 9], n_jobs=1).table.set_index("grids")
    assert table.index.tolist() == [3, 5, K, 9]
    for k, row in table.iterrows():
        alone = make_plan(district, n_grids=k, problem=problem).report
        assert row["objective"] == pytest.approx(alone["objective"])
        assert row["target"] == pytest.approx(alone["target"])
        assert row["cv"] == pytest.approx(alone["metrics"]["cv"])
    front = balance_front(at_hand, [2000.0], n_jobs=1)
    rules = LayoutRules().changed(balance_m=2000.0, target=plan.target)
    alone = make_plan(district, n_grids=K, rules=rules, problem=problem).report
    assert front.table["objective"].iloc[-1] == pytest.approx(alone["objective"])


def test_a_front_at_one_target_tells_the_price_of_each_grid(at_hand):
    front = grids_front(at_hand, [K + 1, K - 1], target="frozen", n_jobs=1)
    fewer, own, more = front.table["objective"]
    prices = {p.values["n"]: p.change for p in at_hand.price_grids()}
    assert fewer - own == pytest.approx(prices[K - 1])
    assert more - own == pytest.approx(prices[K + 1])
    assert front.table["target"].nunique() == 1


def test_a_number_without_a_plan_has_a_row_with_the_reason(at_hand):
    front = grids_front(at_hand, [2, 25], n_jobs=1)
    assert front.table["status"].tolist() == ["infeasible", "optimal", "infeasible"]
    assert front.table["reason"].tolist()[1] == ""
    assert "24" in front.reasons[25]["en"]
    assert front.table["reason"].iloc[2] == front.reasons[25]["zh"]


def test_a_plan_at_a_target_of_its_own_is_not_on_the_front(district, problem):
    rules = LayoutRules().changed(target=450.0)
    made = make_plan(district, n_grids=K, rules=rules, problem=problem)
    front = grids_front(open_what_if(made, problems=[problem]), [7], n_jobs=1)
    assert front.chosen is None
    assert not front.table["is_chosen"].any()
    assert front.table["target"].tolist() == pytest.approx([2424 / 6, 2424 / 7])


@pytest.mark.parametrize("values", [[0], [True], [7.5], ["7"]])
def test_only_whole_numbers_of_grids_are_tried(at_hand, values):
    with pytest.raises(InputError, match="give whole numbers"):
        grids_front(at_hand, values, n_jobs=1)


def test_a_front_refuses_what_is_no_weight(at_hand):
    with pytest.raises(InputError, match="balance_m is -1"):
        balance_front(at_hand, [-1.0], n_jobs=1)
    with pytest.raises(InputError, match="target is 'mine'"):
        grids_front(at_hand, [7], target="mine", n_jobs=1)


# the next grid


def given_shares(study, shares):
    """What a full solve with so many grids in each community costs, at the same target."""
    rules = replace(study.study.rules, apportion="given", given=shares)
    found = solve_parts(
        study.problem.parts,
        study.problem.groups,
        sum(shares.values()),
        rules=rules,
        options=SolveOptions(),
    )
    return found.objective


@pytest.mark.parametrize("which", ["at_hand", "kept"])
def test_the_next_grid_is_the_difference_of_two_full_solves(which, request):
    study = request.getfixturevalue(which)
    found = next_grids(study)
    table = found.table.set_index("community_code")
    now = table["grids"].to_dict()
    assert sum(now.values()) == K
    assert table["is_proven"].all()
    base = study.base.objective
    assert table["objective"].sum() == pytest.approx(base)
    for code, row in table.iterrows():
        for side, more, sign in (("gain", 1, -1), ("loss", -1, 1)):
            if np.isnan(row[side]):
                reason = found.reasons[code, "more" if more > 0 else "fewer"]
                assert set(reason) == set(LANGUAGES)
                assert "{" not in "".join(reason.values())
                continue
            then = given_shares(study, now | {code: now[code] + more})
            assert row[side] == pytest.approx(sign * (then - base), abs=1e-6)
            assert row[f"{side}_each_m"] == pytest.approx(row[side] / row["households"])
    assert found.table["gain"].is_monotonic_decreasing
    changes = {p.values["n"]: p.change for p in study.price_grids()}
    assert found.whole_gain == pytest.approx(-changes[K + 1])
    assert found.whole_loss == pytest.approx(changes[K - 1])
    assert found.whole_gain >= table["gain"].max() - 1e-6


def test_walks_after_the_next_grid_are_those_of_its_plan(at_hand, plan):
    table = next_grids(at_hand).table.set_index("community_code")
    walks = plan.gov_grids.assign(all_m=lambda g: g["walk_mean_m"] * g["households"])
    sums = walks.groupby("community_code")[["all_m", "households"]].sum()
    for code, row in table.iterrows():
        own = sums.loc[code]
        # a plan's own table is rounded to decimetres
        assert row["walk_mean_m"] == pytest.approx(own["all_m"] / own["households"], abs=0.1)
        assert row["walk_more_m"] < row["walk_mean_m"] < row["walk_fewer_m"]


def test_a_community_that_can_have_no_fewer_says_why(district, problem):
    made = make_plan(district, n_grids=3, problem=problem)
    found = next_grids(open_what_if(made, problems=[problem]))
    table = found.table.set_index("community_code")
    # the arterial cuts the west in two, and each part needs a grid
    assert table.loc[WEST_CODE, "grids"] == 2
    assert np.isnan(table.loc[WEST_CODE, "loss"])
    assert "one for each part" in found.reasons[WEST_CODE, "fewer"]["en"]
    assert table.loc[WEST_CODE, "why_not_fewer"] == found.reasons[WEST_CODE, "fewer"]["zh"]
    assert found.whole_loss is None
    rules = LayoutRules().changed(band="hard", low=0.9, high=1.1)
    tight = next_grids(open_what_if(make_plan(district, n_grids=4, rules=rules, problem=problem)))
    assert "not 3" in tight.reasons[EAST_CODE, "more"]["en"]
    for language in LANGUAGES:
        assert "西岸社区" in found.say(language)
        assert "东岸社区" in tight.say(language)
        assert "{" not in found.say(language) + tight.say(language)


# prices


def test_prices_carry_what_a_map_needs(plan, kept, at_hand):
    table = at_hand.prices().table
    assert table["kind"].tolist() == ["grids", "grids", "band", "border"]
    border = table.iloc[-1]
    assert (border["community_code"], border["community"]) == (WEST_CODE, "西岸社区")
    facing = plan.contiguity[plan.contiguity["barrier"] == "arterial"]
    facing = facing[facing["link_m"] <= 400]
    pairs = {tuple(sorted(pair)) for pair in zip(facing["a"], facing["b"], strict=True)}
    assert {tuple(sorted(pair)) for pair in border["pairs"]} == pairs
    assert set(border["courtyards"]) == {i for pair in pairs for i in pair}
    prices = kept.prices()
    locked = prices.table.set_index("kind").loc["lock"]
    assert locked["courtyards"] == ("c13", "c14", "c15")
    assert locked["community_code"] == EAST_CODE
    assert locked["change"] <= 1e-6
    assert prices.table["kind"].tolist() == [row.kind for row in prices.rows]
    assert not prices.table["what"].str.contains("{", regex=False).any()
    assert "c13, c14, c15" in locked["what_en"]


# sensitivity


def test_counts_that_do_not_err_move_nobody(at_hand, kept):
    for study in (at_hand, kept):
        found = household_sensitivity(study, error=0, draws=2, n_jobs=1)
        assert not found.table["share_moved"].any()
        assert found.codes_kept.tolist() == [1.0, 1.0]
        assert found.share_households_moved == 0
        assert found.draws["objective"].tolist() == pytest.approx([study.base.objective] * 2)
    assert found.draws["regret"].isna().all()
    assert found.draws["is_allowed"].all()


def test_the_same_seed_draws_the_same_counts(roomy):
    one = household_sensitivity(roomy, error=0.3, draws=4, rng=7, n_jobs=1)
    two = household_sensitivity(roomy, error=0.3, draws=4, rng=np.random.default_rng(7), n_jobs=1)
    assert one.table.equals(two.table)
    assert one.draws.equals(two.draws)
    other = household_sensitivity(roomy, error=0.3, draws=4, rng=8, n_jobs=1)
    assert not other.draws.equals(one.draws)


def test_every_draw_is_the_best_plan_with_its_counts(district, roomy):
    found = household_sensitivity(roomy, error=0.2, draws=3, rng=1, n_jobs=1)
    factors = 1 + 0.2 * np.random.default_rng(1).uniform(-1, 1, (3, 24))
    times = np.zeros(24)
    for factor, (_, row) in zip(factors, found.draws.iterrows(), strict=True):
        courtyards = district.courtyards.assign(load=district.courtyards["households"] * factor)
        wrong = replace(district, tables={**district.tables, "courtyards": courtyards})
        rules = LayoutRules().changed(target=roomy.base.target)
        before = old_layout_of_plan(courtyards, roomy.plan)
        made = make_plan(wrong, n_grids=8, rules=rules, weight="load", previous=before)
        assert row["objective"] == pytest.approx(made.report["objective"])
        assert row["status"] == "optimal"
        told = made.report["continuity"]
        assert row["courtyards_moved"] == len(told["moved"])
        assert row["codes_kept"] == len(told["codes_kept"])
        times += courtyards["courtyard_id"].isin(told["moved"]).to_numpy()
        if row["is_allowed"]:
            assert row["regret"] >= -1e-9
            if not told["moved"]:
                assert row["regret"] == pytest.approx(0)
    assert found.table["share_moved"].tolist() == pytest.approx(times / 3)
    assert found.draws["courtyards_moved"].sum() > 0
    assert found.share_households_moved == pytest.approx(
        (found.table["share_moved"] * found.table["households"]).sum() / 2424
    )


def test_a_draw_without_a_plan_is_told_and_stops_no_other(district, problem):
    rules = LayoutRules().changed(band="hard", low=0.95, high=1.05)
    made = make_plan(district, n_grids=4, rules=rules, problem=problem)
    found = household_sensitivity(open_what_if(made), error=0.3, draws=6, n_jobs=1)
    assert "infeasible" in set(found.draws["status"])
    assert len(found.draws) == 6


@pytest.mark.parametrize(
    ("given", "words"),
    [({"error": 1.0}, "error is 1.0"), ({"error": -0.1}, "error is"), ({"draws": 0}, "draws is 0")],
)
def test_errors_and_draws_that_mean_nothing_are_refused(at_hand, given, words):
    with pytest.raises(InputError, match=words):
        household_sensitivity(at_hand, n_jobs=1, **given)


@pytest.mark.slow
def test_two_processes_give_the_same_figures(roomy):
    one, two = (
        household_sensitivity(roomy, error=0.3, draws=3, rng=7, n_jobs=jobs) for jobs in (1, 2)
    )
    assert one.table.equals(two.table)
    assert one.draws.equals(two.draws)
    fronts = [balance_front(roomy, (0.0, 4000.0), n_jobs=jobs).table for jobs in (1, 2)]
    assert fronts[0].equals(fronts[1])
