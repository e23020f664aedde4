"""Several sets of rules side by side: each plan is the one that it would be alone."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from towns import town

from geogrid.errors import InfeasibleError, InputError, SolverTimeout
from geogrid.governance import scenarios as scenarios_module
from geogrid.governance.layout import make_plan
from geogrid.governance.problem import make_problem
from geogrid.governance.rules import LayoutRules, PairingRules
from geogrid.governance.scenarios import Scenario, run_scenarios
from geogrid.solve.options import SolveOptions

EVEN = LayoutRules().changed(balance_m=4000)
OPEN = LayoutRules().changed(barriers=["rail"])


@pytest.fixture(scope="module")
def district():
    return town()


@pytest.fixture(scope="module")
def asked():
    return {
        "现行": Scenario(grids=6),
        "更均衡": Scenario(grids=6, rules=EVEN),
        "太多": Scenario(grids=25),
        "a village": Scenario(households_per_grid=303.0, rules=OPEN),
    }


@pytest.fixture(scope="module")
def found(district, asked):
    return run_scenarios(district, asked, n_jobs=1)


def same(one, other):
    """Whether two plans are one, to the last bit."""
    assert one.courtyards["grid_code"].tolist() == other.courtyards["grid_code"].tolist()
    assert one.report == other.report
    assert one.gov_grids.equals(other.gov_grids)
    assert one.cells.equals(other.cells)
    for layer in ("contiguity", "walks", "certificate"):
        assert getattr(one, layer).equals(getattr(other, layer)), layer
    return True


def test_each_plan_is_the_one_that_it_would_be_alone(district, asked, found):
    for name, plan in found.plans.items():
        alone = make_plan(
            district,
            n_grids=asked[name].grids,
            households_per_grid=asked[name].households_per_grid,
            rules=asked[name].rules,
        )
        assert same(found[name], alone)
        assert plan is found[name]


@pytest.mark.slow
def test_two_processes_find_the_same_plans(district, asked, found):
    told = []
    other = run_scenarios(
        district, asked, n_jobs=2, on_progress=lambda done, total: told.append((done, total))
    )
    assert told == [(i, 4) for i in range(1, 5)]
    assert all(same(plan, found[name]) for name, plan in other.plans.items())
    assert other.table.equals(found.table)
    assert other.failures == found.failures


def test_the_table_has_a_row_a_scenario_in_their_order(asked, found):
    table = found.table
    assert table.index.tolist() == list(asked)
    assert table["grids"].tolist() == [6, 6, 25, 8]
    assert table["status"].tolist() == ["optimal", "optimal", "infeasible", "optimal"]
    assert table["against"].tolist() == ["", "first", np.nan, "first"]
    assert table.loc["更均衡", "cv"] <= table.loc["现行", "cv"]
    assert table.loc["现行", ["courtyards_moved", "share_staying"]].tolist() == [0, 1.0]


def test_one_without_a_plan_stops_no_other_and_tells_why(found):
    assert list(found.failures) == ["太多"]
    assert "24" in found.failures["太多"]["en"]
    assert found.table.loc["太多", "reason"] == found.failures["太多"]["zh"]
    with pytest.raises(InfeasibleError, match="太多"):
        found["太多"]
    with pytest.raises(InputError, match="no scenario 'x'; known: 现行"):
        found["x"]


def test_moves_are_told_against_the_layout_before(district, found):
    before = found["现行"]
    again = run_scenarios(
        district,
        {
            "free": Scenario(grids=7, rules=EVEN),
            "kept": Scenario(grids=6, previous=before),
        },
        n_jobs=1,
    )
    row = again.table.loc["kept"]
    assert row["against"] == "previous"
    assert (row["courtyards_moved"], row["codes_kept"]) == (0, 6)
    assert again["kept"].report["continuity"]["share_staying"] == 1.0


def test_graphs_at_hand_are_not_built_again(district, asked, found, monkeypatch):
    ready = [make_problem(district, rules=rules) for rules in (LayoutRules(), OPEN)]
    monkeypatch.setattr("geogrid.governance.problem.build_graph", None)
    again = run_scenarios(district, asked, n_jobs=1, problems=ready)
    assert all(same(plan, found[name]) for name, plan in again.plans.items())


def test_what_cannot_be_asked_is_refused_by_its_name(district):
    plain = Scenario(grids=6)
    lost = Scenario(grids=6, rules=LayoutRules().changed(locked=[["c99"]]))
    for scenarios, words in (
        ({}, "no scenario"),
        ({"甲": Scenario()}, "甲: give exactly one"),
        ({"甲": Scenario(6, households_per_grid=100)}, "甲: give exactly one"),
        ({"甲": Scenario(6, previous="nowhere.csv")}, "甲: nowhere.csv is neither"),
        ({"b": plain, "甲": lost}, "甲: .*c99"),
    ):
        with pytest.raises(InputError, match=words):
            run_scenarios(district, scenarios, n_jobs=1)
    with pytest.raises(InputError, match="n_jobs is 0"):
        run_scenarios(district, {"b": plain}, n_jobs=0)


def test_an_interrupt_hands_out_what_is_done(district, asked, monkeypatch):
    solve, calls = scenarios_module._solve, []

    def interrupted(ground, question):
        calls.append(question)
        if len(calls) > n_before:
            raise KeyboardInterrupt
        return solve(ground, question)

    monkeypatch.setattr(scenarios_module, "_solve", interrupted)
    n_before = 1
    found = run_scenarios(district, asked, n_jobs=1)
    assert list(found.plans) == ["现行"]
    assert found.table["status"].tolist() == ["optimal", "stopped", "stopped", "stopped"]
    assert "interrupted" in found.failures["更均衡"]["en"]
    calls.clear()
    n_before = 0
    with pytest.raises(SolverTimeout, match="interrupted before any plan"):
        run_scenarios(district, asked, n_jobs=1)


def test_an_interrupt_ends_all_of_many_runs():
    """A run alone hands out its best plan; one of many ends all of them."""
    from geogrid.solve.partition import partition

    def stop(progress):
        if progress.stage == "proof":
            raise KeyboardInterrupt

    chain = {"edges": [(i, i + 1) for i in range(7)], "coords": [(50 * i, 0) for i in range(8)]}
    ending = SolveOptions(on_progress=stop, on_interrupt="raise")
    with pytest.raises(KeyboardInterrupt):
        partition([10] * 8, n_regions=3, options=ending, **chain)
    kept = partition([10] * 8, n_regions=3, options=SolveOptions(on_progress=stop), **chain)
    assert len(kept.medoids) == 3


def test_a_problem_serves_only_its_own_district_rules_and_weight(district):
    problem = make_problem(district, rules=LayoutRules())
    plan = make_plan(district, n_grids=6, problem=problem)
    assert same(plan, make_plan(district, n_grids=6))
    # the plan's own district holds the same, and columns of its own
    assert problem.suits(plan.district, EVEN)
    assert same(
        make_plan(plan.district, n_grids=6, problem=problem), make_plan(plan.district, n_grids=6)
    )
    others = (
        ({"district": town(stations=None)}, {}),
        ({"district": district}, {"rules": OPEN}),
        ({"district": district}, {"weight": "n_buildings"}),
    )
    for given, more in others:
        with pytest.raises(InputError, match="problem at hand is of another"):
            make_plan(**given, n_grids=6, problem=problem, **more)


def test_rules_change_by_name_whatever_table_they_stand_in():
    rules = LayoutRules().changed(
        balance_m=np.int64(1000),
        band="hard",
        walk_max_m=250.0,
        max_link_m=300,
        barriers=["rail", "river"],
        locked=[["c1", "c2"]],
        moved_m=20,
        reach_m=40,
        pairing={"outside_m": 300, "gov_grids": [1, 4]},
    )
    assert (rules.partition.balance_m, rules.partition.band) == (1000, "hard")
    assert (rules.partition.walk_max_m, rules.contiguity.max_link_m) == (250.0, 300)
    assert rules.contiguity.barriers == ("rail", "river")
    assert (rules.keep.locked, rules.keep.moved_m, rules.reach_m) == ((("c1", "c2"),), 20, 40.0)
    assert (rules.pairing.outside_m, rules.pairing.gov_grids) == (300, (1, 4))
    # what is not named stays, also after a first change
    again = rules.changed(balance_m=500.0, pairing=PairingRules(balance_m=7.0))
    assert again == dataclasses.replace(
        rules,
        partition=dataclasses.replace(rules.partition, balance_m=500.0),
        pairing=PairingRules(balance_m=7.0),
    )
    assert LayoutRules().changed() == LayoutRules()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"balance": 3}, "has no balance; known: .*balance_m.*reach_m"),
        ({"previous": [1, 2]}, "has no previous; known"),
        ({"balance_m": "high"}, r"\[partition\] balance_m is 'high'"),
        ({"low": 2.0}, r"\[partition\]: The band"),
        ({"barriers": ["hedge"]}, "hedge is no kind of barrier"),
        ({"moved_m": -1}, r"\[keep\] moved_m is -1"),
        ({"reach_m": 0}, "reach_m is 0; give metres > 0"),
        ({"pairing": {"outside": 1}}, r"\[pairing\] has no outside; known: outside_m"),
    ],
)
def test_a_rule_that_is_not_there_is_refused(changes, words):
    with pytest.raises(InputError, match=words):
        LayoutRules().changed(**changes)
