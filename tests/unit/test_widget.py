"""The what-if widget shows the newest question's answer only, and claims no more than is proven."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from towns import town, town_layers

from geogrid.errors import InfeasibleError, InputError
from geogrid.governance.layout import make_plan
from geogrid.governance.live.dials import Dials
from geogrid.governance.live.proven import Proven
from geogrid.governance.live.thread import LiveWhatIf
from geogrid.governance.problem import make_problem
from geogrid.governance.rules import LayoutRules, frozen_rules_of
from geogrid.governance.whatif import open_what_if
from geogrid.locale import LANGUAGES, phrases
from geogrid.publish.trial_map import TrialMap
from geogrid.solve import workers
from geogrid.solve.options import SolveOptions
from geogrid.widget import TryOut, _asset, _script
from geogrid.workbench import Study

K = 7
# a comparison to the last few bits
SAME = 1e-9


@cache
def uneven_town():
    """The town with households that leave no two layouts equally good."""
    layers = town_layers()
    drawn = np.random.default_rng(5).integers(40, 160, len(layers["courtyards"]))
    layers["courtyards"]["households"] = drawn
    return town(**layers)


@cache
def graph():
    return make_problem(uneven_town(), rules=LayoutRules())


@pytest.fixture(scope="module")
def plan():
    return make_plan(uneven_town(), n_grids=K, problem=graph())


@pytest.fixture
def open_widget():
    """Open widgets, and close them whatever happens."""
    made = []

    def opened(*given, **more):
        made.append(TryOut(*given, **more, problems=[graph()]))
        return made[-1]

    yield opened
    for widget in made:
        widget.close()


@pytest.fixture
def talk(plan):
    """Somebody who asks, and notes every answer."""
    answers = []
    live = LiveWhatIf(plan, answers.append, ahead=False, problems=[graph()])
    live.heard = answers
    yield live
    live.close()


TURNS = {
    "a grid more": {"grids": K + 1},
    "three grids fewer": {"grids": K - 3},
    "more balance": {"balance_m": 1400.0},
    "hardly any balance": {"balance_m": 50.0},
    "a tighter band": {"low": 0.7, "high": 1.3},
    "a wider band": {"low": 0.2, "high": 1.9},
    "a longest walk": {"walk_max_m": 140.0},
    "everything": {"grids": K + 2, "balance_m": 120.0, "low": 0.3, "high": 1.4},
}


def full(plan, dials):
    """The plan by a full solve at the same target; None if there is none."""
    rules = dials.in_rules(frozen_rules_of(plan))
    try:
        return make_plan(uneven_town(), n_grids=dials.grids, rules=rules, problem=graph())
    except InfeasibleError:
        return None


def same_groups(one, other):
    pairs = set(zip(list(one), list(other), strict=True))
    return len(pairs) == len(set(one)) == len(set(other))


@pytest.mark.parametrize("name", TURNS)
def test_the_last_answer_is_what_a_full_solve_at_the_same_target_gives(talk, plan, name):
    dials = talk.dials.changed(**TURNS[name])
    talk.ask(1, dials)
    assert talk.wait(60)
    whole, last = full(plan, dials), talk.heard[-1]
    if whole is None:
        assert last.state == "infeasible"
        return
    assert last.state == "proven"
    assert last.view.figures["objective"] == pytest.approx(whole.report["objective"], rel=SAME)
    assert last.view.figures["gap"] == pytest.approx(0.0, abs=1e-6)
    assert same_groups(last.view.labels, whole.courtyards["grid_code"])
    assert last.view.figures["cv"] == pytest.approx(whole.report["metrics"]["cv"], rel=SAME)


def test_no_answer_on_the_way_claims_more_than_is_true(talk, plan):
    """Whatever was asked before, cost and bound enclose the optimum from both sides."""
    rng, dials, firsts = np.random.default_rng(3), talk.dials, 0
    for number in range(1, 25):
        turn = [
            {"grids": int(rng.integers(K - 2, K + 3))},
            {"balance_m": float(rng.choice([60, 200, 480, 700, 2500]))},
            {"low": float(rng.choice([0.3, 0.5, 0.6])), "high": float(rng.choice([1.4, 1.5, 1.7]))},
            {"walk_max_m": rng.choice([None, 150.0, 200.0])},
        ][int(rng.integers(4))]
        dials = dials.changed(**turn)
        talk.heard.clear()
        talk.ask(number, dials)
        assert talk.wait(60)
        best = full(plan, dials)
        assert {a.number for a in talk.heard} == {number}
        if best is None:
            assert {a.state for a in talk.heard} == {"infeasible"}
            continue
        optimum = best.report["objective"]
        for answer in talk.heard:
            figures = answer.view.figures
            assert figures["objective"] >= optimum * (1 - SAME)
            assert figures["bound"] <= optimum * (1 + SAME)
            assert len(set(answer.view.labels)) == dials.grids
            firsts += answer.state == "first"
        assert talk.heard[-1].state == "proven"
    assert firsts > 3


def test_proven_layouts_bound_every_weight_of_balance_between_them(plan):
    held = open_what_if(plan)
    study, start = held.study, Dials.of(plan)
    proven = Proven(study.parts)
    for balance_m in (100.0, 500.0, 4000.0):
        dials = start.changed(balance_m=balance_m)
        proven.note(dials, study.solve(rules=dials.in_rows(study.rules)))
    for balance_m in (0.0, 30.0, 100.0, 180.0, 499.0, 900.0, 3000.0, 20000.0):
        dials = start.changed(balance_m=balance_m)
        first = proven.first(dials)
        optimum = study.solve(rules=dials.in_rows(study.rules)).objective
        assert first.bound <= optimum * (1 + SAME)
        assert first.objective >= optimum * (1 - SAME)
        if 100 <= balance_m <= 4000:
            assert first.objective - first.bound < 0.2 * optimum
    assert proven.first(start.changed(grids=K + 1)) is None


def test_rules_that_only_get_tighter_keep_an_optimum_that_obeys_them(plan):
    held = open_what_if(plan)
    study, start = held.study, Dials.of(plan)
    loads = np.bincount(study.base.labels, weights=held.problem.weights) / study.base.target
    snug = start.changed(low=float(loads.min()) - 0.001, high=float(loads.max()) + 0.001)
    proven = Proven(study.parts)
    proven.note(start, study.base)
    first = proven.first(snug)
    assert first.bound == first.objective == study.base.objective
    assert study.solve(rules=snug.in_rows(study.rules)).objective == pytest.approx(first.objective)
    # wider rules may allow something cheaper
    assert proven.first(start.changed(high=1.9)).bound < first.objective
    # a layout that breaks the asked rules says nothing
    assert proven.first(snug.changed(low=float(loads.min()) + 0.01)) is None
    # nor where communities' numbers follow from what they can hold
    held_back = Proven(study.parts, across=False)
    held_back.note(start, study.base)
    assert held_back.first(snug) is None


def test_a_run_called_off_at_any_step_leaves_what_is_kept_sound(plan):
    left = {"n": None}

    def called_off():
        if left["n"] is None:
            return False
        left["n"] -= 1
        return left["n"] < 0

    study = open_what_if(plan, options=SolveOptions(called_off=called_off)).study
    steps, ended = 0, False
    while not ended:
        # new rules every time, so that everything is worked out anew
        rules = study.changed(balance_m=300.0 + steps)
        left["n"] = steps
        try:
            found = study.solve(rules=rules, n_regions=K + 1)
        except InputError:
            raise
        except Exception as error:  # noqa: BLE001 - told apart by its words
            assert "called off before any plan" in str(error)  # noqa: PT017
            found = None
        ended, left["n"] = left["n"] >= 0, None
        whole = open_what_if(plan, problems=[graph()]).study.solve(rules=rules, n_regions=K + 1)
        if found is not None:
            assert found.objective >= whole.objective * (1 - SAME)
            assert found.bound is None or found.bound <= whole.objective * (1 + SAME)
        again = study.solve(rules=rules, n_regions=K + 1)
        assert again.status == "optimal"
        assert again.objective == pytest.approx(whole.objective, rel=SAME)
        assert again.labels.tolist() == whole.labels.tolist()
        steps += 1
    assert steps > len(study.parts)


def test_what_is_overtaken_is_never_shown(talk, plan, monkeypatch):
    talk.prepare()
    assert talk.wait(60)
    is_at_work, may_go_on = threading.Event(), threading.Event()
    perform = workers.perform

    def slowly(task, studies):
        is_at_work.set()
        assert may_go_on.wait(30)
        return perform(task, studies)

    monkeypatch.setattr(workers, "perform", slowly)
    talk.ask(1, talk.dials.changed(low=0.3))
    assert is_at_work.wait(30)
    asked = talk.dials.changed(balance_m=900.0)
    talk.ask(2, talk.dials.changed(low=0.4, grids=K + 1))
    talk.ask(3, asked)
    # somebody else's late message
    talk.ask(2, talk.dials)
    may_go_on.set()
    assert talk.wait(60)
    # what the old question had shown before the new one came stands; nothing after it does
    numbers = [a.number for a in talk.heard if a.number != 1]
    assert set(numbers) == {3}
    assert [a.number for a in talk.heard] == sorted(a.number for a in talk.heard)
    last = talk.heard[-1]
    assert (last.state, last.view.dials) == ("proven", asked)
    optimum = full(plan, asked).report["objective"]
    assert last.view.figures["objective"] == pytest.approx(optimum, rel=SAME)


def test_no_thread_stays_when_there_is_nothing_to_do_or_the_widget_is_closed(plan, open_widget):
    def at_work():
        return [t for t in threading.enumerate() if t.name == "geogrid-live"]

    widget = open_widget(plan)
    widget.turn(grids=K + 1)
    assert widget.wait(60)
    for thread in at_work():
        thread.join(60)
    assert not at_work()
    widget.turn(balance_m=950)
    widget.close()
    assert not at_work()
    # nobody answers any more, and nobody waits for ever
    widget.turn(balance_m=60)
    assert widget.wait(1)
    assert not at_work()


def test_two_widgets_of_one_plan_do_not_meddle(plan, open_widget):
    one, other = open_widget(plan), open_widget(plan, language="en")
    one.turn(grids=K + 1)
    other.turn(grids=K + 2)
    assert one.wait(60)
    assert other.wait(60)
    assert (one.grids, other.grids) == (K + 1, K + 2)
    assert one.answer["picture"]["labels"] != other.answer["picture"]["labels"]


def test_settings_without_a_layout_keep_the_picture_and_say_why(plan, open_widget):
    widget = open_widget(plan)
    widget.turn(grids=K + 1)
    assert widget.wait(60)
    before = widget.answer["picture"]
    widget.turn(walk_max_m=1.0, grids=K)
    assert widget.wait(60)
    answer = widget.answer
    assert answer["state"] == "infeasible"
    assert answer["picture"] == before
    assert widget.grids == K + 1
    assert re.search("[\u4e00-\u9fff]", answer["words"]["zh"])
    assert "1 m" in answer["words"]["en"]
    # and from there on as if nothing had been
    widget.turn(walk_max_m=None)
    assert widget.wait(60)
    assert widget.answer["state"] == "proven"
    assert widget.answer["picture"]["figures"]["objective"] == pytest.approx(
        plan.report["objective"], rel=SAME
    )


def test_what_is_kept_is_what_planning_by_the_shown_rules_gives(plan, open_widget):
    widget = open_widget(plan)
    assert widget.plan is plan
    widget.turn(grids=K + 2, balance_m=800, low=0.4)
    assert widget.wait(60)
    kept = widget.keep()
    assert widget.plan is kept
    # the target is the plan's own, also at another number of grids
    assert kept.target == plan.target == widget.rules.partition.target
    assert widget.rules.partition.balance_m == 800
    planned = Study(uneven_town()).plan(grids=widget.grids, rules=widget.rules)
    assert kept.report == planned.report
    assert kept.courtyards["grid_code"].tolist() == planned.courtyards["grid_code"].tolist()
    assert kept.gov_grids.equals(planned.gov_grids)
    labels = np.frombuffer(widget.answer["picture"]["labels"], "<i4")
    assert same_groups(labels, kept.courtyards["grid_code"])
    assert widget.kept["state"] == "done"
    assert widget.kept["grids"] == K + 2


def test_a_layout_that_ties_is_shown_as_it_was_kept():
    # all courtyards alike: many layouts cost the same
    tied = make_plan(town(), n_grids=5)
    widget = TryOut(tied)
    try:
        for balance_m in (900, 200):
            widget.turn(grids=6, balance_m=balance_m)
            assert widget.wait(60)
        kept = widget.keep()
        assert widget.wait(60)
        labels = np.frombuffer(widget.answer["picture"]["labels"], "<i4")
        assert same_groups(labels, kept.courtyards["grid_code"])
        shown = widget.answer["picture"]["figures"]["objective"]
        assert shown == pytest.approx(kept.report["objective"], rel=SAME)
    finally:
        widget.close()


def test_moving_has_a_price_only_after_a_layout_before(plan, open_widget):
    assert "moved_m" not in open_widget(plan).scene["stops"]
    before = plan.courtyards["grid_code"]
    follower = make_plan(uneven_town(), n_grids=K + 1, previous=before)
    widget = open_widget(follower)
    assert "moved_m" in widget.scene["stops"]
    widget.turn(moved_m=500)
    assert widget.wait(60)
    assert widget.answer["state"] == "proven"
    kept = widget.keep()
    assert kept.report["rules"]["keep"]["moved_m"] == 500
    assert kept.report["objective"] == pytest.approx(
        widget.answer["picture"]["figures"]["objective"], rel=SAME
    )


def test_a_plan_that_is_not_proven_is_refused_in_words(plan, open_widget):
    courtyards = plan.courtyards.copy()
    first, second = plan.gov_grids["grid_code"].iloc[:2]
    moved = courtyards.index[courtyards["grid_code"] == first][0]
    courtyards.loc[moved, "grid_code"] = second
    tables = {**plan.district.tables, "courtyards": courtyards}
    by_hand = replace(plan, district=replace(plan.district, tables=tables))
    widget = open_widget(by_hand)
    widget.turn(grids=K + 1)
    assert widget.wait(60)
    assert widget.answer["state"] == "refused"
    assert widget.answer["words"]["zh"] == phrases("zh", "try_out")["refused"]


def test_nonsense_from_a_page_is_answered_not_raised(plan, open_widget):
    widget = open_widget(plan)
    start = widget.asked["dials"]
    for number, wrong in enumerate([{**start, "low": 9.0}, {"grids": 3}, {**start, "grids": "a"}]):
        widget.asked = {"number": number + 1, "dials": wrong}
        assert widget.answer["number"] == number + 1
        assert widget.answer["state"] == "failed"
    with pytest.raises(InputError, match="no dial"):
        widget.turn(weight=3)
    with pytest.raises(InputError, match="band"):
        widget.turn(low=1.5, high=1.2)


def test_shapes_are_sent_once_and_answers_are_small(plan, open_widget):
    widget = open_widget(plan)
    before = widget.scene
    widget.turn(grids=K + 1)
    assert widget.wait(60)
    assert widget.scene is before
    picture = widget.answer["picture"]
    n, k = len(plan.courtyards), K + 1
    sent = [picture[name] for name in ("labels", "carries", "moved", "colours")]
    sent += picture["grids"].values()
    assert sum(map(len, sent)) <= 5 * n + 21 * k


def test_sliders_stop_where_the_plan_stands(open_widget):
    rules = LayoutRules().changed(balance_m=333, low=0.43, walk_max_m=401.0)
    odd = make_plan(uneven_town(), n_grids=K + 2, rules=rules, problem=graph())
    scene = open_widget(odd).scene
    for name, stops in scene["stops"].items():
        assert scene["dials"][name] in stops
        limits = [stop for stop in stops if stop is not None]
        assert limits == sorted(set(limits))
    # no fewer grids than parts, no more than courtyards
    assert scene["stops"]["grids"][0] == len(odd.report["parts"])
    assert scene["stops"]["grids"][-1] == len(odd.courtyards)


def test_borders_of_courtyards_make_the_borders_of_any_grouping(plan):
    scene = TrialMap(plan).scene()
    left, right = (np.frombuffer(scene["arcs"][side], "<i4") for side in ("left", "right"))
    ends = np.frombuffer(scene["arcs"]["ends"], "<i4")
    xy = np.frombuffer(scene["arcs"]["xy"], "<u2").reshape(-1, 2)
    assert len(left) == len(right) == len(ends)
    assert ends[-1] == len(xy)
    assert set(left) | set(right) == {-1, *range(len(plan.courtyards))}
    # along every courtyard's own arcs one comes back to where one began
    for yard in range(len(plan.courtyards)):
        own = np.flatnonzero((left == yard) != (right == yard))
        tips = [p for a in own for p in (xy[ends[a - 1] if a else 0], xy[ends[a] - 1])]
        _, counts = np.unique(tips, axis=0, return_counts=True)
        assert (counts % 2 == 0).all()


def test_neighbouring_grids_differ_in_colour_whatever_is_asked(plan):
    drawn = TrialMap(plan)
    rng = np.random.default_rng(2)
    codes = np.unique(plan.courtyards["grid_code"], return_inverse=True)[1]
    for labels in (codes, rng.permutation(codes), np.arange(len(codes))):
        k = int(labels.max()) + 1
        colours = drawn.colours(labels, np.minimum(np.arange(k), K - 1))
        for a, b in drawn._touching:
            assert labels[a] == labels[b] or colours[labels[a]] != colours[labels[b]]


def test_every_word_the_page_says_is_there_in_both_languages():
    chinese, english = (phrases(language, "try_out") for language in LANGUAGES)
    assert chinese.keys() == english.keys()
    for key, words in english.items():
        assert set(re.findall(r"\{\w+\}", words)) == set(re.findall(r"\{\w+\}", chinese[key])), key
    said = set(re.findall(r"""(?:say|tool)\(\s*'(\w+)'""", _script()))
    assert said <= english.keys()


def test_the_page_asks_nobody_for_anything():
    script = _script()
    assert not re.search(
        r"^\s*(import|export (?!default))|\bimport\(|https?:|fetch\(", script, re.MULTILINE
    )
    assert script.count("export default") == 1
    assert "url(" not in _asset("widget.css")
    assert "@import" not in _asset("widget.css")
