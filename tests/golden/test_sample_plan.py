"""The sample city, from its file to 349 grids and 148 paired beats, proved again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from checker import check_plan

from geogrid.governance.pairing import pair_plan
from geogrid.governance.rules import load_rules
from geogrid.governance.score import read_assignment, score_layout
from geogrid.store.plan_file import read_plan, write_plan

GOLDEN = Path(__file__).parent / "sample_plan.json"


@pytest.fixture(scope="module")
def plan(sample_plan_path):
    return read_plan(sample_plan_path)


@pytest.fixture(scope="module")
def paired(plan):
    return pair_plan(pair_plan(plan, "gov_grids").plan, "basic_grids").plan


def test_the_checker_re_proves_the_sample_plan(sample_plan_path):
    assert check_plan(sample_plan_path, n_grids=349, small=11) == []


def test_1418_courtyards_in_exactly_349_proven_grids(plan):
    metrics = plan.report["metrics"]
    assert (metrics["n_courtyards"], metrics["n_grids"], metrics["n_communities"]) == (
        1418,
        349,
        50,
    )
    assert plan.report["status"] == "optimal"
    assert plan.report["gap"] <= 1e-6
    assert (metrics["n_broken"], metrics["n_split"], metrics["n_barriers"]) == (0, 0, 0)


def test_both_layers_are_paired_with_all_148_beats(paired, tmp_path):
    counts = paired.pairings.groupby("grid_layer")["grid_code"].nunique().to_dict()
    assert counts == {"basic_grids": 505, "gov_grids": 349}
    figures = paired.report["metrics"]["pairings"]
    assert figures["basic_grids"]["n_beats"] == 148
    assert all(p["status"] == "optimal" for p in paired.report["pairing"].values())
    path = tmp_path / "paired.gpkg"
    write_plan(paired, path)
    assert check_plan(path, n_grids=349, small=6) == []


def test_no_grid_is_led_from_another_station_area(paired):
    """Most households of a grid live in the station area of its lead beat."""
    station = dict(
        zip(
            paired.district["beats"]["beat_id"], paired.district["beats"]["station_id"], strict=True
        )
    )
    homes = paired.courtyards.assign(station=paired.courtyards["beat_id"].map(station))
    most = (
        homes.groupby(["grid_code", "station"])["households"]
        .sum()
        .reset_index()
        .sort_values("households")
        .drop_duplicates("grid_code", keep="last")
        .set_index("grid_code")["station"]
    )
    lead = paired.gov_grids.set_index("grid_code")["beat_id"].map(station)
    wrong = [code for code in most.index if most[code] != lead[code]]
    assert wrong == []


def test_the_older_layout_is_worse_and_told_where(plan):
    labels = read_assignment(plan.district.courtyards, "previous_grid")
    scored = score_layout(plan.district, labels, rules=load_rules(None))
    assert scored.optimum is not None
    assert scored.metrics.objective > 1.1 * scored.optimum
    assert len(scored.communities) == 50


def test_figures_stay_as_they_were(plan, request):
    """Guard against silent change; --update-golden and a changelog line renew it."""
    metrics = plan.report["metrics"]
    found = {
        "objective": plan.report["objective"],
        "n_parts": len(plan.report["parts"]),
        "cv": metrics["cv"],
        "walk_mean_m": metrics["walk_mean_m"],
        "households": metrics["households"],
    }
    if request.config.getoption("--update-golden"):
        GOLDEN.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))
    # geometry libraries differ in the last digits from machine to machine
    assert found == pytest.approx(expected, rel=1e-3)
