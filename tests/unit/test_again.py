"""Laws of a new layout of a district that has one."""

from __future__ import annotations

import pytest
from towns import town

from geogrid.errors import InputError
from geogrid.governance.again import plan_again
from geogrid.governance.choices import read_choices
from geogrid.governance.layout import make_plan
from geogrid.governance.previous import old_layout_of_plan
from geogrid.governance.scenarios import run_scenarios


@pytest.fixture(scope="module")
def base():
    return make_plan(town(), n_grids=6)


def test_the_same_question_gets_the_same_grids_with_the_same_codes(base):
    again = plan_again(base, n_grids=6, previous=base)
    assert again.courtyards["grid_code"].tolist() == base.courtyards["grid_code"].tolist()


def test_every_layer_is_paired(base):
    again = plan_again(base, n_grids=6)
    assert set(again.pairings["grid_layer"]) == {"gov_grids", "basic_grids"}


def test_codes_that_ended_are_not_given_again(base):
    ended = [
        f"{code[:-3]}{serial:03d}" for code in base.gov_grids["grid_code"] for serial in (4, 5)
    ]
    again = plan_again(base, n_grids=8, previous=base, reserved=ended)
    assert not set(again.gov_grids["grid_code"]) & set(ended)
    assert set(base.gov_grids["grid_code"]) & set(again.gov_grids["grid_code"])


def test_reserved_codes_need_the_layout_before(base):
    with pytest.raises(InputError, match="given before"):
        plan_again(base, n_grids=6, reserved=["370202001001001"])


@pytest.mark.parametrize("weight", ["nowhere", "name", "geometry"])
def test_a_weight_must_be_a_column_of_numbers(base, weight):
    with pytest.raises(InputError, match="column of numbers"):
        plan_again(base, n_grids=6, weight=weight)


def test_scenarios_of_a_later_plan_give_no_ended_code_again():
    many = make_plan(town(), n_grids=8)
    few = again_as(many, 5)
    base = again_as(few, 8)
    found = run_scenarios(
        town(), read_choices({"same": {}, "more": {"grids": 9}}, base=base), n_jobs=1
    )
    ended = set(base.report["continuity"]["codes_retired"])
    assert ended
    assert not ended & set(found["more"].gov_grids["grid_code"])
    assert found["same"].report["continuity"] == base.report["continuity"]
    assert set(found["same"].gov_grids["grid_code"]) == set(base.gov_grids["grid_code"])


def again_as(plan, n_grids):
    before = old_layout_of_plan(plan.district.courtyards, plan)
    return make_plan(town(), n_grids=n_grids, previous=before)
