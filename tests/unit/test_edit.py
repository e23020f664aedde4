"""An edited plan: measured by the same formula, the rest untouched, every claim provable."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from checker import check_plan
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal
from towns import EAST_CODE, WEST_CODE, town, town_layers

from geogrid.errors import InputError
from geogrid.governance.edit import regroup
from geogrid.governance.layout import make_plan
from geogrid.governance.pairing import pair_plan
from geogrid.governance.previous import old_layout_of_plan
from geogrid.governance.rules import KeepRules, LayoutRules
from geogrid.publish.geojson import write_geojson
from geogrid.publish.maps import write_map
from geogrid.solve.options import PartitionRules
from geogrid.store.plan_file import read_plan, write_plan

N_GRIDS = 6


@pytest.fixture(scope="module")
def plan():
    """The town in six grids, paired: two in each half of the west, and two in the east."""
    return pair_plan(make_plan(town(), n_grids=N_GRIDS), "gov_grids").plan


def assigned(plan):
    return dict(zip(plan.courtyards["courtyard_id"], plan.courtyards["grid_code"], strict=True))


def border_pairs(plan):
    """Usable edges between two grids."""
    home, edges = assigned(plan), plan.contiguity
    used = edges[edges["usable"] == 1]
    return [(a, b) for a, b in zip(used["a"], used["b"], strict=True) if home[a] != home[b]]


def moved_once(plan):
    """A move of one courtyard to a neighbouring grid that leaves both connected."""
    home = assigned(plan)
    for pair in border_pairs(plan):
        for a, b in (pair, pair[::-1]):
            found = home | {a: home[b]}
            edited = regroup(plan, found)
            if edited.n_grids == plan.n_grids and not edited.report["metrics"]["n_broken"]:
                return found, edited
    raise AssertionError("no such move")


def faults(plan, tmp_path):
    path = tmp_path / "edited.gpkg"
    write_plan(plan, path)
    return check_plan(path)


def test_an_assignment_that_moves_nobody_gives_the_plan_as_it_is(plan):
    code = plan.gov_grids["grid_code"].iloc[0]
    same = regroup(plan, assigned(plan), names={code: "码头网格", "gone": "x"})
    assert dict(same.report) == dict(plan.report)
    assert same.gov_grids["name"].tolist()[0] == "码头网格"
    assert_geodataframe_equal(same.gov_grids.iloc[1:], plan.gov_grids.iloc[1:])
    assert regroup(plan, assigned(plan)).gov_grids is plan.gov_grids


def test_one_move_is_measured_by_the_same_formula_and_proves_itself(plan, tmp_path):
    _, edited = moved_once(plan)
    report = edited.report
    assert report["status"] == "edited"
    assert report["target"] == plan.report["target"]
    assert report["bound"] == plan.report["bound"]
    assert report["objective"] >= plan.report["objective"]
    assert report["gap"] == pytest.approx(1 - report["bound"] / report["objective"])
    assert report["edited"]["n_moved"] == 1
    assert len(report["edited"]["grids_changed"]) == 2
    assert report["provenance"]["edited"] is True
    assert edited.certificate is plan.certificate
    assert faults(edited, tmp_path) == []


def test_a_false_objective_or_bound_of_an_edited_plan_is_caught(plan, tmp_path):
    _, edited = moved_once(plan)
    cheaper = edited.with_report(objective=edited.report["objective"] - 100.0)
    assert any("objective is" in fault for fault in faults(cheaper, tmp_path))
    bolder = edited.with_report(bound=edited.report["bound"] + 0.01 * edited.report["objective"])
    assert any("shared out" in f or "lies above" in f for f in faults(bolder, tmp_path))


def test_back_and_forth_costs_what_it_did(plan):
    _, edited = moved_once(plan)
    back = regroup(edited, assigned(plan))
    assert back.report["objective"] == pytest.approx(plan.report["objective"], rel=1e-12)
    assert back.report["status"] == "edited"
    assert back.report["gap"] == pytest.approx(0, abs=1e-9)
    assert_frame_equal(
        back.gov_grids.drop(columns="geometry"), plan.gov_grids.drop(columns="geometry")
    )
    assert all(
        ours.normalize().equals_exact(theirs.normalize(), 0)
        for ours, theirs in zip(back.gov_grids.geometry, plan.gov_grids.geometry, strict=True)
    )


def test_grids_that_did_not_change_keep_their_rows(plan):
    _, edited = moved_once(plan)
    rest = ~plan.gov_grids["grid_code"].isin(edited.report["edited"]["grids_changed"])
    now = ~edited.gov_grids["grid_code"].isin(edited.report["edited"]["grids_changed"])
    assert rest.sum() == N_GRIDS - 2
    assert_geodataframe_equal(edited.gov_grids[now], plan.gov_grids[rest])
    kept = plan.pairings[plan.pairings["grid_code"].isin(plan.gov_grids.loc[rest, "grid_code"])]
    same = edited.pairings[edited.pairings["grid_code"].isin(kept["grid_code"])]
    assert_frame_equal(same, kept)


def test_a_merge_ends_a_code_for_good_and_gives_up_the_bound(plan, tmp_path):
    a, b = next((a, b) for a, b in border_pairs(plan) if assigned(plan)[a].startswith(EAST_CODE))
    home = assigned(plan)
    into, gone = home[a], home[b]
    merged = regroup(plan, {i: into if code == gone else code for i, code in home.items()})
    assert merged.n_grids == N_GRIDS - 1
    assert (merged.report["bound"], merged.report["gap"], len(merged.certificate)) == (
        None,
    ) * 2 + (0,)
    assert merged.report["edited"]["codes_ended"] == [gone]
    assert merged.report["edited"]["out_of_band"] == [into]
    assert faults(merged, tmp_path) == []
    assert gone in old_layout_of_plan(merged.courtyards, merged).used
    after = make_plan(
        town(), n_grids=N_GRIDS, previous=old_layout_of_plan(town().courtyards, merged)
    )
    assert gone not in set(after.gov_grids["grid_code"])
    # nor in the next edit
    again = regroup(merged, assigned(merged) | {a: EAST_CODE + "099"}, reserved=["old code"])
    assert {gone, "old code"} <= set(again.report["edited"]["codes_retired"])


def test_a_split_makes_a_grid_with_a_name_and_a_beat(plan, tmp_path):
    home = assigned(plan)
    code = plan.gov_grids["grid_code"].iloc[0]
    members = sorted(i for i, c in home.items() if c == code)
    fresh = code[:-3] + "017"
    split = regroup(plan, home | {members[0]: fresh}, names={fresh: "新网格"})
    row = split.gov_grids.set_index("grid_code").loc[fresh]
    assert (row["name"], row["serial"], row["n_courtyards"]) == ("新网格", 17, 1)
    assert row["community_code"] == code[:-3]
    assert row["beat_id"] in {"s1-1", "s1-2"}
    given = split.report["pairing"]["gov_grids"]["given"]
    assert [(g["grid_code"], g["beat_id"]) for g in given] == [(fresh, row["beat_id"])]
    assert split.report["metrics"]["pairings"]["gov_grids"]["n_grids"] == N_GRIDS + 1
    plain = regroup(plan, home | {members[0]: fresh})
    named = plain.gov_grids.set_index("grid_code").loc[fresh, "name"]
    assert named == "西岸社区第17网格"
    assert faults(split, tmp_path) == []


def test_a_grid_fewer_here_and_one_more_there_keeps_the_bound(plan, tmp_path):
    """The bound speaks of k grids, however they are shared out among the parts."""
    home = assigned(plan)
    a, b = sorted({code for code in home.values() if code.startswith(EAST_CODE)})[:2]
    grids = plan.gov_grids
    west = grids[(grids["n_courtyards"] > 3) & (grids["community_code"] == WEST_CODE)]
    large = west["grid_code"].iloc[0] if len(west) else home["c01"]
    alone = next(i for i, code in home.items() if code == large)
    change = {i: a if code == b else code for i, code in home.items()}
    edited = regroup(plan, change | {alone: WEST_CODE + "030"})
    assert edited.n_grids == plan.n_grids
    assert edited.report["bound"] == plan.report["bound"]
    assert edited.report["gap"] > 0
    assert sum(part["k"] for part in edited.report["parts"]) == N_GRIDS
    assert [f for f in faults(edited, tmp_path) if "connected" not in f] == []


def test_a_grid_across_everything_is_measured_and_told(plan):
    home = assigned(plan)
    west = next(code for code in home.values() if code.startswith(WEST_CODE))
    east = next(i for i, code in home.items() if code.startswith(EAST_CODE))
    edited = regroup(plan, home | {east: west})
    assert edited.report["edited"]["straight_walks"] == [west]
    assert edited.report["metrics"]["n_split"] == 1
    assert np.isfinite(edited.report["objective"])
    assert edited.gov_grids.geometry.is_valid.all()


@pytest.mark.parametrize(
    ("change", "words"),
    [({"c01": ""}, "c01"), ({"c01": None}, "c01"), ({"nobody": "x"}, "nobody")],
)
def test_a_courtyard_without_a_grid_or_of_elsewhere_is_refused(plan, change, words):
    with pytest.raises(InputError, match=words):
        regroup(plan, assigned(plan) | change)


def test_a_plan_without_pairings_is_edited_without(plan):
    bare = make_plan(town(), n_grids=N_GRIDS)
    edited = regroup(bare, moved_once(plan)[0])
    assert len(edited.pairings) == 0
    assert "pairings" not in edited.report["metrics"]
    assert edited.gov_grids["beat_id"].isna().all()


def test_courtyards_in_one_spot_that_are_torn_apart_still_make_a_picture():
    layers = town_layers()
    layers["courtyards"].loc[1, "geometry"] = layers["courtyards"].geometry[0]
    plan = make_plan(town(courtyards=layers["courtyards"], buildings=None), n_grids=N_GRIDS)
    torn = regroup(plan, assigned(plan) | {"c02": WEST_CODE + "050"})
    row = torn.gov_grids.set_index("grid_code").loc[WEST_CODE + "050"]
    assert row.geometry.area > 0


@pytest.mark.parametrize("n_grids", [7, 8, 9])
def test_a_layout_before_and_prices_of_moving_and_beats_stay_in_the_formula(tmp_path, n_grids):
    first = make_plan(town(), n_grids=6)
    beats = (
        town()
        .courtyards["courtyard_id"]
        .map(lambda ident: "s1-1" if int(ident[1:]) % 3 else "s1-2")
    )
    district = town(courtyards=town_layers()["courtyards"].assign(beat_id=beats))
    rules = LayoutRules(
        keep=KeepRules(moved_m=80.0, split_m=40.0), partition=PartitionRules(walk_max_m=400.0)
    )
    plan = make_plan(
        district,
        n_grids=n_grids,
        rules=rules,
        previous=old_layout_of_plan(district.courtyards, first),
    )
    _, edited = moved_once(plan)
    assert faults(edited, tmp_path) == []
    said = edited.report["continuity"]
    assert set(said["codes_kept"]) <= set(edited.gov_grids["grid_code"])


def test_an_edited_plan_goes_wherever_a_plan_goes(plan, tmp_path, run_cli):
    assignment, edited = moved_once(plan)
    path = tmp_path / "edited.gpkg"
    write_plan(edited, path)
    read = read_plan(path)
    assert dict(read.report) == json.loads(json.dumps(dict(edited.report)))
    assert assigned(read) == assignment
    assert "人工调整" in read.explain("zh")
    assert "Changed by hand" in read.explain("en")
    free = replace(read, report={**read.report, "bound": None, "gap": None})
    assert "not known" in free.explain("en")
    write_map(read, tmp_path / "map.html")
    assert write_geojson(read, tmp_path / "geojson")
    assert "edited" in run_cli("report", path).stdout
    assert "人工调整" in run_cli("explain", path).stdout
    refused = run_cli("explain", path, "--prices", check=False)
    assert refused.returncode == 2
    assert "changed by hand" in refused.stderr
    run_cli("pair", path, "--layer", "gov_grids")
    assert check_plan(path) == []
    # and can be edited again
    assert regroup(read, assigned(plan)).report["objective"] == pytest.approx(
        plan.report["objective"], rel=1e-12
    )
