"""Two plans side by side: figures, who moves, what becomes of codes, where."""

from __future__ import annotations

import json

import pytest
from towns import EAST_CODE, WEST_CODE, town, town_layers

import geogrid
from geogrid.errors import InputError
from geogrid.governance.edit import regroup
from geogrid.governance.layout import make_plan
from geogrid.governance.pairing import pair_plan
from geogrid.plans.compare import compare
from geogrid.store.plan_file import write_plan


@pytest.fixture(scope="module")
def plan():
    return pair_plan(make_plan(town(), n_grids=6), "gov_grids").plan


def home_of(plan):
    return dict(zip(plan.courtyards["courtyard_id"], plan.courtyards["grid_code"], strict=True))


@pytest.fixture(scope="module")
def edited(plan):
    """One courtyard of a large grid in the east in a neighbouring one, none renumbered."""
    home = home_of(plan)
    east = sorted({c for c in home.values() if c.startswith(EAST_CODE)})
    ident = next(i for i, c in home.items() if c == east[0])
    return regroup(plan, home | {ident: east[1]})


def test_a_plan_beside_itself_moves_nobody(plan):
    same = compare(plan, plan)
    assert (same.continuity.moved, same.households_moved, same.recoded) == ((), 0, ())
    assert same.continuity.share_staying == 1
    assert all(a == b for a, b in same.figures.values())
    assert len(same.most_changed()) == 1


def test_one_courtyard_moves(plan, edited):
    found = compare(plan, edited)
    (ident,) = found.continuity.moved
    assert found.recoded == (ident,)
    yards = plan.courtyards.set_index("courtyard_id")["households"]
    assert found.households_moved == yards[ident]
    assert found.continuity.share_staying == pytest.approx(1 - yards[ident] / yards.sum())
    assert found.figures["objective"] == (plan.report["objective"], edited.report["objective"])
    assert found.figures["gov_grids.share_inside"][0] is not None
    assert found.figures["basic_grids.share_inside"] == (None, None)
    assert found.statuses == ("optimal", "edited")
    first = found.communities.iloc[0]
    assert (first["community_code"], first["courtyards_moved"]) == (EAST_CODE, 1)
    assert first["households_moved"] == yards[ident]
    assert found.communities["households_moved"].sum() == found.households_moved
    json.dumps(found.as_dict(), allow_nan=False)


def test_who_moves_is_told_by_name(plan, edited):
    (row,) = compare(plan, edited).as_dict()["moved"]
    yard = plan.courtyards.set_index("courtyard_id").loc[row["courtyard_id"]]
    names = dict(zip(plan.gov_grids["grid_code"], plan.gov_grids["name"], strict=True))
    now = home_of(edited)[row["courtyard_id"]]
    assert row == {
        "courtyard_id": yard.name,
        "name": yard["name"],
        "community_code": EAST_CODE,
        "from": yard["grid_code"],
        "from_name": names[yard["grid_code"]],
        "to": now,
        "to_name": names[now],
        "households": yard["households"],
    }


def test_a_part_of_the_district_is_told_of_itself_alone(plan, edited):
    whole = compare(plan, edited)
    both = compare(plan, edited, within=[WEST_CODE, EAST_CODE])
    assert both.continuity == whole.continuity
    for key, pair in both.figures.items():
        if pair != (None, None):
            # a grid tells its walk in tenths of a metre
            assert pair == pytest.approx(whole.figures[key], rel=1e-3), key
    west, east = (compare(plan, edited, within=[code]) for code in (WEST_CODE, EAST_CODE))
    assert (west.continuity.moved, west.households_moved, west.recoded) == ((), 0, ())
    assert EAST_CODE not in json.dumps(west.as_dict(), allow_nan=False)
    assert all(a == b for a, b in west.figures.values())
    assert east.continuity.moved == whole.continuity.moved
    assert east.as_dict()["moved"] == whole.as_dict()["moved"]
    for key in ("n_courtyards", "n_grids", "households", "objective"):
        for side in (0, 1):
            parts = west.figures[key][side] + east.figures[key][side]
            assert parts == pytest.approx(whole.figures[key][side])


def test_a_part_without_grids_has_no_figures(plan, edited):
    none = compare(plan, edited, within=[])
    assert none.figures["n_grids"] == (0, 0)
    assert none.figures["cv"] == (None, None)
    assert none.continuity.carried_on == {}


def test_a_renumbered_grid_moves_nobody(plan):
    home = home_of(plan)
    code, other = home["c01"], WEST_CODE + "044"
    found = compare(plan, regroup(plan, {i: other if c == code else c for i, c in home.items()}))
    assert found.continuity.moved == ()
    assert len(found.recoded) == sum(c == code for c in home.values())
    assert found.continuity.carried_on[code] == other
    assert ("grid codes", "5 kept, 1 renumbered, 0 ended, 0 new") in found.moves()


def test_of_two_grids_made_one_the_code_that_lives_on_carries_on(plan):
    home = home_of(plan)
    households = plan.gov_grids.set_index("grid_code")["households"]
    west = sorted((c for c in households.index if c.startswith(WEST_CODE)), key=households.get)
    light, heavy = west[0], west[-1]
    assert households[light] < households[heavy]
    found = compare(plan, regroup(plan, {i: light if c == heavy else c for i, c in home.items()}))
    assert found.matched_by == "codes"
    assert found.continuity.codes_ended == (heavy,)
    assert set(found.continuity.moved) == {i for i, c in home.items() if c == heavy}


def test_more_grids_and_courtyards_that_come_and_go(plan):
    layers = town_layers()
    yards = layers["courtyards"].iloc[1:].reset_index(drop=True)
    yards.loc[0, "courtyard_id"] = "new"
    other = make_plan(town(courtyards=yards, buildings=None), n_grids=7)
    found = compare(plan, other)
    assert found.continuity.gone_courtyards == ("c01", "c02")
    assert found.continuity.n_new_courtyards == 1
    assert found.figures["n_grids"] == (6, 7)
    assert found.figures["gov_grids.share_inside"][1] is None
    assert "1 are new; 2 are gone" in dict(found.moves())["courtyards moved"]
    assert found.communities["grids_b"].sum() == 7


def test_plans_of_two_districts_are_refused(plan):
    yards = town_layers()["courtyards"]
    strange = yards.assign(courtyard_id="z" + yards["courtyard_id"])
    other = make_plan(town(courtyards=strange, buildings=None), n_grids=6)
    with pytest.raises(InputError, match="share no courtyard"):
        compare(plan, other)


def test_the_command_prints_tables_and_writes_json(plan, edited, tmp_path, run_cli):
    files = [tmp_path / "a.gpkg", tmp_path / "b.gpkg"]
    for each, path in zip((plan, edited), files, strict=True):
        write_plan(each, path)
    done = run_cli("compare", *files, "--json", tmp_path / "r.json")
    for words in (
        "a.gpkg",
        "b.gpkg",
        "governance grids",
        "edited",
        "1 of 24",
        "东岸社区",
        "6 kept",
    ):
        assert words in done.stdout
    told = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert told["continuity"]["n_moved"] == 1
    assert told["figures"]["objective"]["b"] == pytest.approx(edited.report["objective"])
    missing = run_cli("compare", files[0], tmp_path / "none.gpkg", check=False)
    assert missing.returncode == 2


def test_the_workbench_compares_too(plan, edited):
    study = geogrid.open(plan.district)
    assert study.compare(plan, edited).households_moved == compare(plan, edited).households_moved
