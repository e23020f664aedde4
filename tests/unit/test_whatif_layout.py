"""What-if on a layout: every price is the difference of two full plans; sentences name things."""

from __future__ import annotations

import dataclasses

import pytest
from towns import town

from geogrid.errors import InputError, NotFoundError
from geogrid.governance.layout import make_plan
from geogrid.governance.reasons import say_why
from geogrid.governance.rules import LayoutRules
from geogrid.governance.whatif import open_what_if
from geogrid.locale import LANGUAGES, phrases
from geogrid.space.graph import ContiguityRules

K = 6


@pytest.fixture(scope="module")
def plan():
    return make_plan(town(), n_grids=K)


@pytest.fixture(scope="module")
def study(plan):
    return open_what_if(plan)


def full(plan, **changes):
    """The objective of a plan made from scratch at the same target."""
    k = changes.pop("n_grids", K)
    waivers = changes.pop("waivers", ())
    rules = LayoutRules(contiguity=ContiguityRules(waivers=waivers))
    partition = dataclasses.replace(rules.partition, target=plan.target, **changes)
    rules = dataclasses.replace(rules, partition=partition)
    return make_plan(town(), n_grids=k, rules=rules).report["objective"]


def test_the_price_of_a_grid_is_the_difference_of_two_plans(plan, study):
    for price, k in zip(study.price_grids(), (K - 1, K + 1), strict=True):
        assert price.change == pytest.approx(full(plan, n_grids=k) - plan.report["objective"])


def test_the_price_of_the_band_is_the_difference_of_two_plans(plan, study):
    (price,) = study.price_rules()
    wider = full(plan, low=0.4, high=1.6)
    assert price.change == pytest.approx(wider - plan.report["objective"])


def test_the_price_of_a_border_is_what_waiving_it_saves(plan, study):
    # the arterial between the two west blocks: courtyards 4-6 face 7-9 over it
    (price,) = study.price_borders()
    assert price.values["kind"] == "arterial"
    assert price.values["name"] == "海滨路"
    pairs = plan.contiguity[plan.contiguity["barrier"] == "arterial"]
    waivers = tuple(zip(pairs["a"], pairs["b"], strict=True))
    opened = full(plan, waivers=waivers)
    assert price.change == pytest.approx(opened - plan.report["objective"], abs=1.0)


def test_why_here_names_the_neighbouring_grids(plan, study):
    here = plan.courtyards.set_index("courtyard_id")["grid_code"]
    told = {courtyard: study.why_here(courtyard) for courtyard in here.index}
    assert sum(map(bool, told.values())) > 6
    for courtyard, whys in told.items():
        for why in whys:
            assert why.grid_code != here[courtyard]
            assert why.best is None or why.best >= -1e-6
            assert (why.move is None) == bool(why.obstacle)
    with pytest.raises(NotFoundError, match="no courtyard c99"):
        study.why_here("c99")


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_name_communities_and_grids(plan, study, language):
    text = plan.explain(language)
    assert "24" in text.splitlines()[0]
    said = study.prices().say(language)
    assert "西岸社区" in said
    assert "海滨路" in said
    why = say_why(plan, "c01", study.why_here("c01"), language)
    assert ("1号院（c01）" if language == "zh" else "1号院 (c01)") in why
    assert "{" not in text + said + why


def test_both_languages_hold_the_same_phrases():
    for table in ("explain", "border", "scenarios", "next_grid"):
        chinese, english = phrases("zh", table), phrases("en", table)
        assert chinese.keys() == english.keys()
        for key, words in english.items():
            assert words.count("{") == chinese[key].count("{"), key


def test_a_plan_changed_by_hand_has_no_prices(plan):
    courtyards = plan.courtyards.copy()
    first, second = plan.gov_grids["grid_code"].iloc[:2]
    moved = courtyards.index[courtyards["grid_code"] == first][0]
    courtyards.loc[moved, "grid_code"] = second
    tables = {**plan.district.tables, "courtyards": courtyards}
    district = dataclasses.replace(plan.district, tables=tables)
    with pytest.raises(InputError, match="not the proven optimum"):
        open_what_if(dataclasses.replace(plan, district=district))


def test_an_imbalance_is_laid_to_the_border_that_forces_it():
    # seven grids: one of the west blocks of six must take two, a third too light
    rows = make_plan(town(), n_grids=7).report["forced"]
    for row in rows:
        assert row["border_kind"] in {"arterial", "community"}
        assert abs(row["deviation"]) >= 0.2
