"""Laws of the layout: sizes, codes, messages, bridges, pairing, score, file."""

from __future__ import annotations

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from checker import check_plan
from towns import EAST_CODE, WEST_CODE, area, frame, town, town_layers

from geogrid.crs import require_metric
from geogrid.errors import CrsError, InfeasibleError, InputError, SchemaError
from geogrid.governance.layout import make_plan
from geogrid.governance.pairing import pair_plan
from geogrid.governance.rules import LayoutRules, PairingRules, load_rules, rules_from_dict
from geogrid.governance.score import read_assignment, score_layout
from geogrid.plans.codes import number_grids
from geogrid.plans.plan import PLAN_LAYERS
from geogrid.solve.options import PartitionRules
from geogrid.sources.validation import make_district
from geogrid.sources.vector import layers_of, read_tables, write_tables
from geogrid.store.plan_file import read_plan, write_plan


@pytest.fixture(scope="module")
def plan():
    return make_plan(town(), n_grids=7)


def test_the_plan_has_exactly_the_grids_asked_for(plan):
    assert plan.n_grids == 7
    assert plan.report["status"] == "optimal"
    assert plan.courtyards["grid_code"].nunique() == 7


def test_households_per_grid_sets_the_number():
    assert make_plan(town(), households_per_grid=404).n_grids == 6


def test_codes_are_the_community_and_a_serial_west_to_east(plan):
    for code, grids in plan.gov_grids.groupby("community_code"):
        assert grids["grid_code"].tolist() == [f"{code}{i:03d}" for i in range(1, len(grids) + 1)]
    assert plan.gov_grids["name"].iloc[0] == "西岸社区第1网格"


def test_numbers_run_west_to_east_then_north_to_south():
    centres = np.array([(50.0, 0.0), (0.0, 0.0), (0.0, 100.0), (-5.0, 7.0)])
    codes, serials = number_grids(["A", "A", "A", "B"], centres)
    assert serials.tolist() == [3, 2, 1, 1]
    assert codes == ["A003", "A002", "A001", "B001"]


def test_numbers_of_one_community_do_not_depend_on_the_others():
    rng = np.random.default_rng(5)
    centres = rng.uniform(0, 1000, (60, 2))
    communities = rng.choice(["A", "B", "C"], 60)
    kept = [f"{c}{i:03d}" if i % 4 == 0 else "" for i, c in enumerate(communities)]
    used = [code for code in kept if code] + ["A070", "D900", "odd"]
    codes, _ = number_grids(communities.tolist(), centres, kept=kept, used=used)
    for name in "ABC":
        own = np.flatnonzero(communities == name)
        alone, _ = number_grids(
            [name] * len(own), centres[own], kept=[kept[i] for i in own], used=used
        )
        assert [codes[i] for i in own] == alone


def test_footprints_are_a_coverage(plan):
    assert shapely.coverage_is_valid(plan.gov_grids.geometry.to_numpy())


def test_footprints_stay_within_reach_of_the_courtyards(plan):
    everything = shapely.union_all(plan.district.courtyards.geometry.to_numpy())
    reach = shapely.buffer(everything, 60.5)
    assert shapely.covers(reach, plan.gov_grids.geometry.to_numpy()).all()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "exactly one"),
        ({"n_grids": 7, "households_per_grid": 400}, "exactly one"),
        ({"n_grids": 0}, "at least 1"),
        ({"households_per_grid": -4}, "number > 0"),
        ({"n_grids": 7, "weight": "beds"}, "no column beds"),
        ({"n_grids": 7, "weight": "name"}, "not numeric"),
    ],
)
def test_sizes_that_mean_nothing_are_refused(asked, words):
    with pytest.raises(InputError, match=words):
        make_plan(town(), **asked)


def test_fewer_grids_than_parts_names_the_broken_community():
    with pytest.raises(InfeasibleError) as caught:
        make_plan(town(), n_grids=2)
    assert "3 parts" in caught.value.message
    assert "西岸社区 is in 2 parts" in caught.value.message
    assert "c04 - c07 over an arterial road" in caught.value.message


def test_more_grids_than_courtyards_says_how_many_there_are():
    with pytest.raises(InfeasibleError, match="24 courtyards"):
        make_plan(town(), n_grids=25)


def test_a_k_that_the_bands_exclude_names_parts_and_limits():
    rules = LayoutRules(partition=PartitionRules(low=0.9, high=1.1, target=101.0))
    with pytest.raises(InfeasibleError, match="东岸社区 part 1: 12 to 12"):
        make_plan(town(), n_grids=7, rules=rules)


def test_bridges_open_the_cheapest_crossing_and_list_it():
    plan = make_plan(town(), n_grids=2, bridge=True)
    (crossing,) = plan.report["provenance"]["crossings"]
    assert crossing["barrier"] == "arterial"
    assert crossing["opened"]
    assert {crossing["a"], crossing["b"]} in ({"c04", "c07"}, {"c06", "c09"})
    assert plan.n_grids == 2


def test_a_district_without_need_gets_no_bridge(plan):
    assert plan.report["provenance"]["crossings"] == []


def test_zero_households_are_taken():
    layers = town_layers()
    courtyards = layers["courtyards"].copy()
    courtyards.loc[courtyards.index[:3], "households"] = 0
    assert make_plan(town(courtyards=courtyards), n_grids=7).n_grids == 7


def test_pairing_gives_every_grid_one_beat_and_says_why_it_widened(plan):
    paired = pair_plan(plan, "gov_grids")
    assert paired.status == "optimal"
    rows = paired.plan.pairings
    assert rows["grid_code"].is_unique
    assert len(rows) == 7
    assert "7 grids on 2 beats" in paired.widened[0]
    assert paired.plan.gov_grids["beat_id"].notna().all()


def test_pairing_both_layers_keeps_both(plan):
    both = pair_plan(pair_plan(plan, "gov_grids").plan, "basic_grids").plan
    again = pair_plan(both, "gov_grids").plan
    counts = again.pairings["grid_layer"].value_counts().to_dict()
    assert counts == {"gov_grids": 7, "basic_grids": 12}
    assert set(again.report["metrics"]["pairings"]) == {"gov_grids", "basic_grids"}


def test_pairing_prefers_the_beat_where_people_live(plan):
    rules = PairingRules(outside_m=100_000.0, balance_m=0.0, gov_grids=(1, 6))
    rows = pair_plan(plan, "gov_grids", rules=rules).plan.pairings
    per_beat = plan.courtyards.pivot_table(
        index="grid_code", columns="beat_id", values="households", aggfunc="sum", fill_value=0
    )
    inside = rows.set_index("grid_code")["households_inside"]
    assert (inside == per_beat.max(axis=1).reindex(inside.index)).all()


def test_pairing_without_beats_says_what_is_missing():
    bare = make_plan(town(beats=None, stations=None), n_grids=7)
    with pytest.raises(InputError, match="no beats"):
        pair_plan(bare, "gov_grids")
    with pytest.raises(InputError, match="no grid layer tiles"):
        pair_plan(bare, "tiles")


def test_the_optimum_scores_as_the_optimum(plan):
    labels = plan.courtyards["grid_code"]
    scored = score_layout(plan.district, labels, rules=LayoutRules())
    assert scored.metrics.objective == pytest.approx(plan.report["objective"])
    assert scored.optimum == pytest.approx(plan.report["objective"])
    assert scored.communities["excess"].abs().max() < 1e-9


def test_a_bad_layout_is_told_where_it_fails():
    district = town()
    # every third courtyard together: over streets, barriers and the border
    labels = pd.Series([f"g{i % 7}" for i in range(24)])
    scored = score_layout(district, labels, rules=LayoutRules())
    assert scored.metrics.n_split == 7
    assert scored.metrics.n_broken == 7
    assert scored.optimum is not None
    assert scored.metrics.objective > scored.optimum
    assert [r[0] for r in scored.worst()][1:] != []
    json.dumps(scored.as_dict(), allow_nan=False)


def test_assignments_come_from_a_column_or_a_csv(tmp_path):
    courtyards = town().courtyards
    path = tmp_path / "old.csv"
    ids = courtyards["courtyard_id"]
    pd.DataFrame({"courtyard_id": ids, "grid": "g"}).to_csv(path, index=False)
    assert read_assignment(courtyards, str(path)).tolist() == ["g"] * 24
    assert read_assignment(courtyards, "community_code").nunique() == 2
    with pytest.raises(InputError, match="neither a column"):
        read_assignment(courtyards, "nothing")
    pd.DataFrame({"courtyard_id": [*ids[:-1], ids[0]], "grid": "g"}).to_csv(path, index=False)
    with pytest.raises(InputError, match="c01 twice"):
        read_assignment(courtyards, str(path))
    pd.DataFrame({"courtyard_id": ids[:-2], "grid": "g"}).to_csv(path, index=False)
    with pytest.raises(InputError, match=r"2 courtyards have no grid.*c23, c24"):
        read_assignment(courtyards, str(path))


def test_a_plan_survives_its_file(plan, tmp_path):
    paired = pair_plan(plan, "gov_grids").plan
    path = tmp_path / "plan.gpkg"
    write_plan(paired, path)
    back = read_plan(path)
    assert back.report == json.loads(json.dumps(paired.report))
    assert back.gov_grids["grid_code"].tolist() == paired.gov_grids["grid_code"].tolist()
    assert back.contiguity["usable"].tolist() == paired.contiguity["usable"].tolist()
    assert back.pairings["beat_id"].tolist() == paired.pairings["beat_id"].tolist()
    assert back.district.is_synthetic


def test_a_district_is_no_plan(tmp_path):
    from geogrid.sources.vector import write_district

    path = tmp_path / "district.gpkg"
    write_district(town(), path)
    with pytest.raises(InputError, match="geogrid plan"):
        read_plan(path)


def test_a_plan_refuses_courtyards_without_a_grid(plan):
    from dataclasses import replace

    courtyards = plan.courtyards.assign(grid_code="nowhere")
    tables = {**plan.district.tables, "courtyards": courtyards}
    with pytest.raises(SchemaError, match="24 courtyards lie in no grid"):
        replace(plan, district=replace(plan.district, tables=tables))


def test_rules_come_from_toml_and_unknown_ones_are_refused(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text(
        'reach_m = 40\n[partition]\nlow = 0.6\n[contiguity]\nwaivers = [["a", "b"]]\n', "utf-8"
    )
    rules = load_rules(path)
    assert rules.reach_m == 40
    assert rules.partition.low == 0.6
    assert rules.contiguity.waivers == (("a", "b"),)
    for text, words in [
        ("[partition]\nlo = 1\n", "has no lo"),
        ("[party]\n", "has no party"),
        ("partition = 3\n", "must be a table"),
        ("reach_m = -1\n", "metres > 0"),
        ("[partition\n", "not valid TOML"),
        ('[partition]\nlow = "x"\n', "low"),
    ]:
        path.write_text(text, "utf-8")
        with pytest.raises(InputError, match=words):
            load_rules(path)
    with pytest.raises(InputError, match="no rules file"):
        load_rules(tmp_path / "none.toml")


def test_rules_survive_the_report(plan):
    again = rules_from_dict(json.loads(json.dumps(plan.report["rules"])), where="the plan")
    assert again.partition.target == pytest.approx(plan.target)


@pytest.mark.parametrize(
    "text",
    [
        "reach_m = nan\n",
        "[contiguity]\nmax_link_m = inf\n",
        "[contiguity]\nbarriers = [1]\n",
        "[contiguity]\nwaivers = [1]\n",
        '[contiguity]\nwaivers = ["c01", "c02"]\n',
        "[partition]\ntarget = {a = 1}\n",
        '[partition]\napportion = "optmal"\n',
        "[partition]\nbalance_m = 1e300\n",
        "[pairing]\noutside_m = -5\n",
        "[pairing]\ngov_grids = [3]\n",
        "[pairing]\ngov_grids = [3, 2]\n",
        '[pairing]\nbasic_grids = ["a", "b"]\n',
    ],
)
def test_rules_with_senseless_values_are_refused(tmp_path, text):
    path = tmp_path / "rules.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError):
        load_rules(path)


def test_another_weight_balances_but_households_stay_households():
    layers = town_layers()
    courtyards = layers["courtyards"].assign(pop=[0.5 + i % 4 for i in range(24)])
    plan = make_plan(town(courtyards=courtyards), n_grids=7, weight="pop")
    assert plan.gov_grids["households"].sum() == courtyards["households"].sum()
    assert plan.gov_grids["load"].sum() == pytest.approx(courtyards["pop"].sum())


def test_the_checker_finds_a_wrong_apportionment(tmp_path):
    given = PartitionRules(low=0.2, high=3.0, apportion="given", given={WEST_CODE: 5, EAST_CODE: 2})
    plan = make_plan(town(), n_grids=7, rules=LayoutRules(partition=given))
    rules = {**plan.report["rules"]}
    rules["partition"] = {**rules["partition"], "apportion": "optimal"}
    path = tmp_path / "plan.gpkg"
    write_plan(plan.with_report(rules=rules), path)
    assert any("shared out" in fault for fault in check_plan(path))


def test_courtyards_in_one_spot_pass_the_checker(tmp_path):
    layers = town_layers()
    courtyards = layers["courtyards"].copy()
    courtyards.loc[1, "geometry"] = courtyards.loc[0, "geometry"]
    path = tmp_path / "plan.gpkg"
    write_plan(make_plan(town(courtyards=courtyards), n_grids=6), path)
    assert check_plan(path, n_grids=6) == []


def test_one_grid_for_a_lattice_of_thirty_six_is_found_not_refused(tmp_path):
    layers = town_layers()
    rows = [
        {
            "courtyard_id": f"g{i:02d}",
            "households": 100,
            "geometry": area(
                10 + 46 * (i % 6), 10 + 96 * (i // 6), 40 + 46 * (i % 6), 60 + 96 * (i // 6)
            ),
        }
        for i in range(36)
        for x, y in [(10 + 46 * (i % 6), 10 + 96 * (i // 6))]
    ]
    district = town(
        courtyards=frame(rows),
        communities=layers["communities"].iloc[:1],
        roads=layers["roads"].assign(kind="lane"),
        buildings=None,
        basic_grids=None,
    )
    assert make_plan(district, n_grids=1).n_grids == 1
    two = make_plan(district, n_grids=2)
    path = tmp_path / "plan.gpkg"
    write_plan(two, path)
    assert check_plan(path, n_grids=2) == []


def test_police_rooms_move_with_their_layer():
    layers = town_layers()
    degrees = {name: layer.to_crs("EPSG:4326") for name, layer in layers.items()}
    rooms = gpd.GeoSeries(
        gpd.points_from_xy(layers["beats"]["room_x"], layers["beats"]["room_y"]), crs="EPSG:4549"
    ).to_crs("EPSG:4326")
    degrees["beats"] = degrees["beats"].assign(room_x=rooms.x, room_y=rooms.y)
    district = make_district(degrees, crs="EPSG:4549")
    assert np.allclose(district["beats"]["room_x"], layers["beats"]["room_x"], atol=0.01)


def test_web_mercator_metres_are_no_metres():
    district = make_district({n: f.to_crs("EPSG:3857") for n, f in town_layers().items()})
    assert district.crs == "EPSG:4549"
    with pytest.raises(CrsError, match="not metres on the ground"):
        require_metric("EPSG:3857", what="x")


def test_a_plan_file_edited_by_hand_is_refused_with_every_fault(plan_path):
    tables = read_tables(plan_path, ["courtyards", "communities", "roads", *PLAN_LAYERS])
    tables["gov_grids"] = tables["gov_grids"].drop(columns="medoid_id")
    report = tables["report"]
    tables["report"] = report[report["key"] != "metrics"]
    write_tables(tables, plan_path)
    with pytest.raises(InputError, match=r"report metrics.*gov_grids\.medoid_id"):
        read_plan(plan_path)


def test_the_default_rules_file_says_what_the_code_does():
    from pathlib import Path

    stated = load_rules(Path(__file__).parents[2] / "data" / "rules.toml")
    assert stated == LayoutRules()


@pytest.fixture
def plan_path(plan, tmp_path):
    path = tmp_path / "plan.gpkg"
    write_plan(plan, path)
    return path


def test_the_checker_finds_nothing_wrong(plan_path):
    assert check_plan(plan_path, n_grids=7) == []


@pytest.mark.parametrize("wrong", ["moved", "cut", "doubled", "cheap", "counted"])
def test_the_checker_catches_planted_faults(plan, plan_path, wrong):
    tables = dict(layers_of(plan.district)) | read_tables(
        plan_path,
        ["cells", "contiguity", "walks", "gov_grids", "pairings", "report", "certificate"],
    )
    words = _plant(tables, wrong)
    write_tables(tables, plan_path)
    faults = check_plan(plan_path, n_grids=8 if wrong == "counted" else 7)
    assert any(words in fault for fault in faults), faults


def _plant(tables, wrong):
    """Break one thing in a plan's layers; return words of the fault to expect."""
    courtyards = tables["courtyards"].copy()
    tables["courtyards"] = courtyards
    grids = tables["gov_grids"]["grid_code"].tolist()
    if wrong == "moved":
        row = courtyards.index[courtyards["community_code"] == WEST_CODE][0]
        courtyards.loc[row, "grid_code"] = next(g for g in grids if g.startswith(EAST_CODE))
        return "lies in grid"
    if wrong == "cut":
        links = tables["contiguity"].copy()
        first = courtyards.loc[courtyards["grid_code"] == grids[0], "courtyard_id"]
        links.loc[links["a"].isin(first) & links["b"].isin(first), "usable"] = 0
        tables["contiguity"] = links
        return "is not connected"
    if wrong == "doubled":
        doubled = tables["gov_grids"].copy()
        doubled.loc[1, "grid_code"] = grids[0]
        tables["gov_grids"] = doubled
        return "stands 2 times"
    if wrong == "cheap":
        report = tables["report"].copy()
        row = report.index[report["key"] == "objective"][0]
        report.loc[row, "value"] = str(float(report.loc[row, "value"]) * 0.999)
        tables["report"] = report
        return "the objective is"
    return "7 grids, not 8"


def test_a_worse_choice_is_caught_although_every_sum_is_right(plan, tmp_path):
    """Judge the best grids by other weights: all sums fit, only the choice is wrong."""
    from dataclasses import replace

    rules = LayoutRules(partition=PartitionRules(balance_m=0.0))
    shortest = make_plan(town(), n_grids=7, rules=rules)
    swapped = replace(
        shortest,
        report={**shortest.report, "rules": plan.report["rules"], **_sums(shortest, plan)},
    )
    path = tmp_path / "worse.gpkg"
    write_plan(swapped, path)
    faults = check_plan(path, n_grids=7)
    assert faults
    words = ("can be had for", "certificate", "shared out")
    assert all(any(w in f for w in words) for f in faults), faults


def _sums(plan, other):
    """The objective of a plan's grids by the rules of another plan, part by part."""
    from geogrid.plans.metrics import measure_labels
    from geogrid.space.graph import build_graph

    graph = build_graph(plan.district)
    codes, labels = np.unique(plan.courtyards["grid_code"], return_inverse=True)
    metrics, grids = measure_labels(
        labels,
        households=plan.courtyards["households"].to_numpy(float),
        communities=plan.courtyards["community_code"].to_numpy(object),
        contiguity=graph.contiguity,
        walks=graph.walks_inside(labels),
        target=plan.target,
        band=(0.5, 1.5),
        balance_m=other.report["rules"]["partition"]["balance_m"],
    )
    spent = grids["walk_cost"] + grids["balance_cost"]
    part_of = dict(zip(plan.courtyards["grid_code"], plan.courtyards["part_id"], strict=True))
    per_part = spent.groupby([part_of[c] for c in codes]).sum()
    parts = [
        {**part, "objective": float(per_part[part["part_id"]])} for part in plan.report["parts"]
    ]
    return {"objective": metrics.objective, "bound": metrics.objective, "parts": parts}


def test_grids_are_paired_inside_their_own_station_area():
    layers = town_layers()
    north = layers["beats"].iloc[[1]].assign(station_id="s2")
    beats = pd.concat([layers["beats"].iloc[[0]], north])
    stations = frame(
        [{"station_id": s, "name": s, "geometry": area(0, 0, 1, 1).centroid} for s in ("s1", "s2")]
    )
    plan = make_plan(town(beats=beats, stations=stations), n_grids=7)
    paired = pair_plan(plan, "gov_grids")
    station = dict(zip(beats["beat_id"], beats["station_id"], strict=True))
    assert {station[b] for b in paired.plan.pairings["beat_id"]} == {"s1", "s2"}


def test_a_plan_with_courtyards_in_one_spot_is_read_again(tmp_path):
    district = town()
    yards = district.courtyards
    # the second goes to the first, of the same community
    home = yards["community_code"].iloc[0]
    first, second = yards.index[yards["community_code"] == home][:2]
    shapes = yards.geometry.copy()
    shapes[second] = shapes[first]
    tables = {**district.tables, "courtyards": yards.set_geometry(shapes)}
    plan = make_plan(replace(district, tables=tables), n_grids=6)
    assert len(plan.cells) == len(yards) - 1
    write_plan(plan, tmp_path / "plan.gpkg")
    again = read_plan(tmp_path / "plan.gpkg")
    assert again.courtyards["grid_code"].tolist() == plan.courtyards["grid_code"].tolist()
    alone = replace(plan, cells=plan.cells.iloc[2:])
    write_plan(alone, tmp_path / "plan.gpkg")
    with pytest.raises(InputError, match="cells"):
        read_plan(tmp_path / "plan.gpkg")
