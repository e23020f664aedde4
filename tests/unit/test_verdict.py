"""The verdict on a draft: every fault by name, and nothing else."""

from __future__ import annotations

import pytest
from towns import EAST_CODE, WEST_CODE, town, town_layers

from geogrid.governance.edit import regroup
from geogrid.governance.layout import make_plan
from geogrid.governance.rules import KeepRules, LayoutRules
from geogrid.governance.verdict import Judge, judge
from geogrid.locale import phrases
from geogrid.solve.options import PartitionRules


@pytest.fixture(scope="module")
def plan():
    """The town in six grids: two in each half of the west, and two in the east."""
    return make_plan(town(), n_grids=6)


@pytest.fixture(scope="module")
def home(plan):
    return dict(zip(plan.courtyards["courtyard_id"], plan.courtyards["grid_code"], strict=True))


@pytest.fixture(scope="module")
def judge_of(plan):
    return Judge(plan)


def kinds(verdict):
    return [
        (f.kind, f.grid_code, f.courtyard_ids) for f in verdict.faults if f.kind != "station_area"
    ]


def test_the_plan_itself_has_no_fault(judge_of, home):
    verdict = judge_of.judge(home)
    assert kinds(verdict) == []
    assert verdict.is_publishable
    assert (verdict.n_courtyards, verdict.n_grids) == (24, 6)


def test_courtyards_without_a_grid_or_of_elsewhere(judge_of, home):
    given = {i: c for i, c in home.items() if i != "c01"} | {"c02": "", "zz": "x"}
    verdict = judge_of.judge(given)
    assert [k for k in kinds(verdict) if k[0] in {"unassigned", "unknown_courtyard"}] == [
        ("unassigned", "", ("c01", "c02")),
        ("unknown_courtyard", "", ("zz",)),
    ]
    assert not verdict.is_publishable
    assert judge_of.judge({}).n_grids == 0


def test_a_grid_over_a_community_border_is_split_and_not_called_broken_as_well(judge_of, home):
    west = home["c01"]
    verdict = judge_of.judge(home | {"c13": west})
    assert ("split_community", west, ("c13",)) in kinds(verdict)
    assert not any(kind == "broken" and code == west for kind, code, _ in kinds(verdict))
    (fault,) = [f for f in verdict.faults if f.kind == "split_community"]
    assert fault.severity == "hard"
    assert "西岸社区" in fault.words["zh"]
    assert "c13" in fault.words["en"]


def test_a_grid_over_the_arterial_does_not_hang_together(judge_of, home):
    south, north = home["c01"], home["c07"]
    verdict = judge_of.judge(home | {"c07": south})
    assert ("broken", south, ("c07",)) in kinds(verdict)
    assert [f.severity for f in verdict.faults if f.kind == "broken"] == ["hard"] * sum(
        f.kind == "broken" for f in verdict.faults
    )
    assert south != north


def test_a_grid_outside_its_band_is_a_warning(judge_of, home):
    east = sorted({c for i, c in home.items() if c.startswith(EAST_CODE)})
    merged = {i: east[0] if c == east[1] else c for i, c in home.items()}
    (fault,) = [f for f in judge_of.judge(merged).faults if f.kind != "station_area"]
    assert (fault.kind, fault.severity, fault.grid_code) == ("out_of_band", "soft", east[0])
    assert "户" in fault.words["zh"]
    assert "more than" in fault.words["en"]
    assert judge_of.judge(merged).is_publishable


def test_a_grid_in_two_station_areas_is_a_warning():
    layers = town_layers()
    beats = layers["beats"].assign(station_id=["s1", "s2"])
    stations = layers["stations"]
    both = stations.iloc[[0, 0]].assign(station_id=["s1", "s2"], name=["南派出所", "北派出所"])
    plan = make_plan(town(beats=beats, stations=both.reset_index(drop=True)), n_grids=6)
    home = dict(zip(plan.courtyards["courtyard_id"], plan.courtyards["grid_code"], strict=True))
    beat = dict(zip(plan.courtyards["courtyard_id"], plan.courtyards["beat_id"], strict=True))
    over = {c for c in home.values() if len({beat[i] for i in home if home[i] == c}) > 1}
    found = [f for f in judge(plan, home).faults if f.kind == "station_area"]
    assert {f.grid_code for f in found} == over
    extra = home | {"c19": home["c13"]}
    (fault,) = [
        f
        for f in judge(plan, extra).faults
        if f.kind == "station_area" and f.grid_code == home["c13"]
    ]
    assert fault.severity == "soft"
    assert "派出所" in fault.words["zh"]


def test_locks_hold_to_the_plan_or_to_what_was_so_when_they_were_set(judge_of, home):
    a, b = (
        home["c01"],
        next(c for c in home.values() if c.startswith(WEST_CODE) and c != home["c01"]),
    )
    moved = home | {"c01": b}
    locks = {f"grid:{a}", "courtyard:c01", "courtyard:c02", "courtyard:nobody"}
    found = [k for k in kinds(judge_of.judge(moved, locks=locks)) if k[0] == "locked"]
    assert found == [("locked", a, ("c01",))] * 2
    assert not [
        k for k in kinds(judge_of.judge(moved, locks=locks, held=moved)) if k[0] == "locked"
    ]
    assert not [k for k in kinds(judge_of.judge(home, locks=locks)) if k[0] == "locked"]


def test_what_the_rules_keep_is_looked_after():
    rules = LayoutRules(
        keep=KeepRules(
            locked=(("c19", "c20"),), together=(("c13", "c14"),), apart=(("c13", "c18"),)
        ),
        partition=PartitionRules(walk_max_m=500.0),
    )
    plan = make_plan(town(), n_grids=8, rules=rules)
    home = dict(zip(plan.courtyards["courtyard_id"], plan.courtyards["grid_code"], strict=True))
    judge_of = Judge(plan)
    assert kinds(judge_of.judge(home)) == []
    other = next(c for i, c in home.items() if c.startswith(EAST_CODE) and c != home["c13"])
    torn = judge_of.judge(home | {"c13": other})
    assert any(f.kind == "rule" and "c14" in f.courtyard_ids for f in torn.soft)
    loose = judge_of.judge(home | {"c19": home["c13"]})
    assert any(f.kind == "locked" and "c19" in f.courtyard_ids for f in loose.hard)
    close = judge_of.judge(home | {"c18": home["c13"]})
    assert any(f.kind == "rule" and f.courtyard_ids == ("c13", "c18") for f in close.soft)
    everywhere = judge_of.judge(dict.fromkeys(home, home["c01"]))
    assert any(f.kind == "rule" and "500 m" in f.words["en"] for f in everywhere.soft)


def test_codes_have_a_form_and_are_given_once(plan, home):
    ended, other = (
        home["c01"],
        next(c for c in home.values() if c.startswith(WEST_CODE) and c != home["c01"]),
    )
    after = regroup(plan, {i: other if c == ended else c for i, c in home.items()})
    now = dict(zip(after.courtyards["courtyard_id"], after.courtyards["grid_code"], strict=True))
    for code in (ended, WEST_CODE + "777"):
        found = kinds(judge(after, now | {"c01": code}, reserved=[WEST_CODE + "777"]))
        assert ("code", code, ()) in found
    for code in ("grid 1", WEST_CODE + "000", EAST_CODE + "050"):
        assert ("code", code, ()) in kinds(judge(after, now | {"c01": code}))
    fine = kinds(judge(after, now | {"c01": WEST_CODE + "050"}, reserved=[WEST_CODE + "777"]))
    assert not [k for k in fine if k[0] == "code"]


def test_listed_grids_without_a_courtyard_and_names_of_the_draft(judge_of, home):
    verdict = judge_of.judge(home, codes=[*home.values(), "old"], names={"old": "老网格"})
    (fault,) = [f for f in verdict.faults if f.kind == "empty"]
    assert (fault.severity, fault.words["zh"]) == ("soft", "老网格（old）已没有楼院，其编码停用。")


def test_courtyards_in_one_spot_may_not_be_torn_apart():
    layers = town_layers()
    layers["courtyards"].loc[1, "geometry"] = layers["courtyards"].geometry[0]
    plan = make_plan(town(courtyards=layers["courtyards"], buildings=None), n_grids=6)
    home = dict(zip(plan.courtyards["courtyard_id"], plan.courtyards["grid_code"], strict=True))
    found = judge(plan, home | {"c02": WEST_CODE + "050"}).hard
    assert any("one spot" in f.words["en"] and f.courtyard_ids == ("c01", "c02") for f in found)


def test_long_lists_are_cut_and_everything_is_plain_data(judge_of, home):
    verdict = judge_of.judge(dict.fromkeys(home, ""))
    (fault,) = verdict.faults
    assert "and 19 more" in fault.words["en"]
    assert len(fault.courtyard_ids) == 24
    told = verdict.as_dict()
    assert (told["is_publishable"], told["n_hard"], told["n_soft"]) == (False, 1, 0)
    assert told["faults"][0]["courtyard_ids"][0] == "c01"


def test_both_languages_have_the_same_phrases_with_the_same_blanks():
    import string

    zh, en = phrases("zh", "verdict"), phrases("en", "verdict")
    assert zh.keys() == en.keys()
    for key in zh:
        blanks = [{f for _, f, _, _ in string.Formatter().parse(w[key]) if f} for w in (zh, en)]
        assert blanks[0] == blanks[1], key
