"""The workbench: each method is one call, bars come and go, graphs are built once."""

from __future__ import annotations

import dataclasses
import sys
from types import SimpleNamespace

import geopandas as gpd
import pandas as pd
import pytest
from towns import town, town_layers

import geogrid
from geogrid.errors import InputError, NotFoundError
from geogrid.governance import problem as problems
from geogrid.governance.choices import open_rules_of, read_choices
from geogrid.governance.explanation import Explanation
from geogrid.progress import notebook_bar, show_count, show_progress
from geogrid.solve.options import Progress

K = 6


@pytest.fixture(scope="module")
def study():
    return geogrid.open(town(), progress=False)


@pytest.fixture(scope="module")
def plan(study):
    return study.plan(grids=K)


def codes(plan):
    return plan.courtyards.set_index("courtyard_id")["grid_code"]


def test_a_plan_is_that_of_the_library_to_the_last_bit(study, plan):
    alone = geogrid.make_plan(town(), n_grids=K)
    assert codes(plan).equals(codes(alone))
    assert plan.report["objective"] == alone.report["objective"]
    assert study.plan(grids=K, seed=3).report["objective"] == alone.report["objective"]


def test_rules_are_changed_by_name(study):
    even = study.plan(grids=K, balance_m=5000, low=0.4)
    assert even.report["rules"]["partition"]["balance_m"] == 5000
    assert even.report["metrics"]["cv"] <= study.plan(grids=K).report["metrics"]["cv"]
    with pytest.raises(InputError, match="balence_m"):
        study.plan(grids=K, balence_m=5000)


def test_a_size_is_given_once(study):
    with pytest.raises(InputError, match="exactly one"):
        study.plan()
    assert study.plan(households_per_grid=400).n_grids == K


def test_the_graph_is_built_once(monkeypatch):
    built = []
    true = problems.build_graph
    monkeypatch.setattr(problems, "build_graph", lambda *a: built.append(1) or true(*a))
    study = geogrid.open(town(), progress=False)
    for k in (K, K + 1):
        study.plan(grids=k, balance_m=100 * k)
    study.score(study.plan(grids=K))
    assert len(built) == 1
    study.plan(grids=K, max_link_m=350)
    assert len(built) == 2


@pytest.mark.parametrize("form", ["plan", "series", "column", "csv"])
def test_the_layout_before_is_named_in_any_form(study, plan, form, tmp_path):
    path = tmp_path / "old.csv"
    codes(plan).rename("grid").to_csv(path)
    yards = study.district.courtyards.assign(old=codes(plan).to_numpy())
    tables = {**study.district.tables, "courtyards": yards}
    with_column = geogrid.open(dataclasses.replace(study.district, tables=tables), progress=False)
    previous = {"plan": plan, "series": codes(plan), "column": "old", "csv": path}[form]
    after = with_column.plan(grids=K, previous=previous)
    assert after.report["continuity"]["n_moved"] == 0
    assert codes(after).equals(codes(plan))


def test_a_layout_is_scored_in_any_form(study, plan):
    own = study.score(plan)
    assert own.optimum == pytest.approx(own.metrics.objective)
    shuffled = codes(plan).sample(frac=1, random_state=1)
    assert study.score(shuffled).metrics == own.metrics
    assert study.score(codes(plan).reset_index(drop=True)).metrics == own.metrics
    assert study.score(plan, balance_m=50).metrics.objective < own.metrics.objective
    with pytest.raises(InputError, match="rows"):
        study.score(pd.Series(["a", "b"]))
    with pytest.raises(InputError, match="neither a column"):
        study.score("nowhere")
    with pytest.raises(InputError, match="no grid"):
        study.score(codes(plan).where(codes(plan) != codes(plan).iloc[0]))


def test_pairing_takes_rules_by_name(study, plan):
    held = study.pair(plan, gov_grids=(3, 3)).pairings.query("grid_layer == 'gov_grids'")
    assert set(held.groupby("beat_id").size()) == {3}
    with pytest.raises(InputError, match="outside"):
        study.pair(plan, outside=1)


def test_the_crosswalk_tells_what_old_and_new_grids_share(study, plan):
    before = codes(plan).reset_index(drop=True).replace(codes(plan).iloc[0], "old")
    found = study.crosswalk(before, plan)
    assert (found["share_of_new"] == 1).all()
    assert found.loc[found["old_code"] == "old", "new_code"].tolist() == [codes(plan).iloc[0]]
    assert found["households"].sum() == plan.courtyards["households"].sum()
    assert len(study.crosswalk(plan, plan)) == K
    with pytest.raises(InputError, match="layout before"):
        study.crosswalk(None, plan)


def test_the_table_tells_names(study, plan):
    table = study.table(study.pair(plan))
    assert isinstance(table, gpd.GeoDataFrame)
    assert table.crs == plan.gov_grids.crs
    assert len(table) == K
    names = dict(
        zip(
            plan.district.communities["community_code"],
            plan.district.communities["name"],
            strict=True,
        )
    )
    assert table["community"].tolist() == [names[c] for c in table["community_code"]]
    assert {"beat_id", "room_m"} <= set(table.columns)
    assert table["room_m"].notna().all()
    unpaired = study.table(plan)
    assert not {"beat_id", "beat", "room_m"} & set(unpaired.columns)


def test_an_explanation_speaks_both_languages(study, plan):
    of_layout = study.explain(plan)
    assert isinstance(of_layout, Explanation)
    assert str(of_layout) == plan.explain("zh")
    assert str(study.explain(plan, language="en")) == plan.explain("en")
    ident = plan.courtyards["courtyard_id"].iloc[0]
    of_one = study.explain(plan, ident)
    assert of_one.courtyard_id == ident
    assert of_one.texts["zh"] != of_one.texts["en"]
    assert len(of_one.whys) == len(str(of_one).splitlines()) - 1
    with pytest.raises(NotFoundError):
        study.explain(plan, "nobody")


def test_a_plan_asked_about_stays_solved(study, plan):
    assert study.what_if(plan) is study.what_if(plan)
    other = study.plan(grids=K + 1)
    assert study.what_if(other).plan is other


def test_scenarios_start_from_a_plan(study, plan):
    found = study.scenarios(
        {"as it is": {}, "even": {"balance_m": 5000}, "more": {"grids": K + 1}, "no": {"grids": 1}},
        base=plan,
        n_jobs=1,
    )
    assert list(found.table.index) == ["as it is", "even", "more", "no"]
    assert codes(found["as it is"]).equals(codes(plan))
    assert found.table.loc["more", "grids"] == K + 1
    assert found.table.loc["as it is", "courtyards_moved"] == 0
    assert list(found.failures) == ["no"]
    html = found._repr_html_()
    assert "★" in html
    assert "\n" not in repr(found)


def test_questions_reach_the_library(study, plan):
    what_if = study.what_if(plan)
    assert study.prices(plan).rows == what_if.prices().rows
    front = study.front(plan, balances_m=(100.0, 5000.0), n_jobs=1)
    assert front.table["balance_m"].tolist() == [100.0, 500.0, 5000.0]
    assert study.front(plan, grids=(5,), n_jobs=1).table["grids"].tolist() == [5, K]
    assert study.front(plan, n_jobs=1).axis == "balance_m"
    with pytest.raises(InputError, match="one axis"):
        study.front(plan, balances_m=(1.0,), grids=(5,))
    assert study.next_grids(plan).target == plan.target
    shaken = study.sensitivity(plan, error=0.05, draws=2, n_jobs=1)
    assert (shaken.error, len(shaken.draws)) == (0.05, 2)
    assert study.what_if(plan) is what_if


def test_a_choice_is_a_table_rules_or_a_scenario(plan):
    rules = geogrid.LayoutRules().changed(balance_m=9)
    whole = geogrid.Scenario(grids=9)
    read = read_choices(
        {"a": {"households_per_grid": 300, "balance_m": 7}, "b": rules, "c": whole}, base=plan
    )
    assert (read["a"].grids, read["a"].rules.partition.balance_m) == (None, 7)
    assert (read["b"].grids, read["b"].rules) == (K, rules)
    assert read["c"] is whole
    # the target follows the number of grids, unless it was set
    assert open_rules_of(plan).partition.target is None
    with pytest.raises(InputError, match="wrong"):
        read_choices({"wrong": 5}, base=plan)
    with pytest.raises(InputError, match="odd: "):
        read_choices({"odd": {"balence": 5}}, base=plan)


class Cell:
    """A notebook's cell: what its output holds after each message."""

    def __init__(self):
        self.shown = []

    def display(self, data, **_):
        self.shown.append(data["text/html"])
        return SimpleNamespace(update=lambda data, **_: self.shown.append(data["text/html"]))


@pytest.fixture
def cell(monkeypatch):
    found = Cell()
    fake = SimpleNamespace(display=found.display)
    shell = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=1), display=fake)
    monkeypatch.setitem(sys.modules, "IPython", shell)
    monkeypatch.setitem(sys.modules, "IPython.display", fake)
    return found


def test_a_bar_in_a_notebook_leaves_an_empty_output(cell):
    with show_progress() as show:
        show(Progress("parts", None, None, 1, 4))
        show(Progress("proof", 200.0, 100.0, 2, 4))
    assert cell.shown[-1] == ""
    assert 'value="2" max="4"' in cell.shown[-2]
    assert "gap 50.000 %" in cell.shown[-2]


def test_a_bar_that_is_gone_stays_gone(cell):
    with show_progress() as show:
        pass
    # a study kept solved still holds it, and asks on in a later cell
    show(Progress("proof", 200.0, 100.0, 2, 4))
    assert cell.shown[-1] == ""


def test_a_bar_is_taken_away_when_a_run_fails(cell):
    with pytest.raises(InputError), notebook_bar():
        raise InputError("no")
    assert cell.shown[-1] == ""


def test_several_runs_are_counted(cell):
    with show_count("scenarios") as count:
        count(3, 12)
    assert 'value="3" max="12"' in cell.shown[-2]


def test_a_script_shows_nothing(monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    with show_progress() as show:
        assert show is None
    with show_count("scenarios") as count:
        assert count is None


def test_silence_can_be_asked_for(cell):
    with show_progress(is_wanted=False) as show:
        assert show is None
    geogrid.open(town(), progress=False).plan(grids=K)
    assert not cell.shown


def test_a_front_refuses_what_is_no_row_of_numbers(study, plan):
    for given, words in (
        ({"balances_m": "100"}, "give several"),
        ({"balances_m": 5}, "give several"),
        ({"balances_m": ["x"]}, "holds 'x'"),
        ({"grids": 6}, "give several"),
    ):
        with pytest.raises(InputError, match=words):
            study.front(plan, **given)


@pytest.mark.parametrize("grids", ["6", 6.0, True, [6], float("inf")])
def test_a_number_of_grids_is_a_whole_number(study, grids):
    with pytest.raises(InputError, match="give a whole number"):
        study.plan(grids=grids)
    with pytest.raises(InputError, match=r"甲: .*give a whole number"):
        study.scenarios({"甲": {"grids": grids}}, n_jobs=1)


@pytest.mark.parametrize("size", ["400", [1]])
def test_households_per_grid_are_a_number(study, size):
    with pytest.raises(InputError, match="give a number > 0"):
        study.plan(households_per_grid=size)


def test_scenarios_are_a_table_by_name_with_rules_that_are_rules(study, plan):
    for given, words in (
        (None, "table by name"),
        (["x"], "table by name"),
        ({"甲": {"rules": {"balance_m": 5}}}, "甲: rules is"),
        ({"甲": {5: 6}}, "甲: .*has no 5"),
        ({"甲": {"previous": 5}}, "layout before is 5"),
    ):
        with pytest.raises(InputError, match=words):
            study.scenarios(given, base=plan, n_jobs=1)


def test_a_community_that_costs_nothing_is_nothing_above_its_optimum():
    layers = town_layers()
    for name in ("courtyards", "buildings"):
        layers[name] = layers[name][layers[name]["courtyard_id"] == "c19"].reset_index(drop=True)
    alone = geogrid.open(town(**layers), progress=False)
    score = alone.score(alone.plan(grids=1))
    assert score.communities["excess"].tolist() == [0.0]
    assert "nan %" not in score._repr_html_()


def test_a_plan_without_households_has_no_picture_of_walks():
    layers = town_layers()
    layers["courtyards"]["households"] = 0
    plan = geogrid.open(town(**layers), progress=False).plan(grids=6)
    with pytest.raises(InputError, match="nobody who walks"):
        geogrid.pictures.walks(plan)


def test_costs_counted_otherwise_are_not_subtracted(study, plan):
    alike = study.compare(plan, study.plan(grids=K, walk_max_m=5000))._repr_html_()
    other = study.compare(plan, study.plan(grids=K, balance_m=3000))._repr_html_()
    fewer = study.compare(plan, study.plan(grids=K + 1))._repr_html_()
    said = "The costs do not compare"
    assert [said in shown for shown in (alike, other, fewer)] == [False, True, True]


@pytest.mark.parametrize(
    "ask", ["pair", "table", "map", "explain", "what_if", "try_out", "prices", "front"]
)
def test_a_question_about_what_is_no_plan_says_so(study, ask):
    with pytest.raises(InputError, match=r"asks for a plan, not str; make one: study\.plan"):
        getattr(study, ask)("plan.gpkg")


def test_a_plan_of_another_district_is_refused(study, plan):
    other = study.district.courtyards.iloc[1:].reset_index(drop=True)
    tables = {**study.district.tables, "courtyards": other}
    elsewhere = geogrid.open(dataclasses.replace(study.district, tables=tables), progress=False)
    with pytest.raises(InputError, match="another district: 1 of its courtyards"):
        elsewhere.table(plan)


def test_a_language_is_one_that_there_is(study, plan):
    for ask in (study.map, study.explain, study.try_out):
        with pytest.raises(InputError, match="no language 'fr'; say one of zh, en"):
            ask(plan, language="fr")
