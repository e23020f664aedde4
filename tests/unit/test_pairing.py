"""Laws of pairing: contiguous beats, households per beat, and conflicts in people's words."""

from __future__ import annotations

import json

import numpy as np
import pytest
from towns import EAST_CODE, WEST_CODE, area, frame, town, town_layers

from geogrid.errors import InfeasibleError, InputError
from geogrid.governance.layout import make_plan
from geogrid.governance.neighbours import touching_grids
from geogrid.governance.pairing import pair_plan
from geogrid.governance.rules import LayoutRules, PairingRules, load_rules
from geogrid.governance.station_area import StationArea, pair_area
from geogrid.plans.metrics import measure_plan
from geogrid.store.plan_file import read_plan, write_plan


@pytest.fixture(scope="module")
def plan():
    return make_plan(town(), n_grids=7)


def pairs_of(plan, layer, **limits):
    """The touching grids by the end of their codes."""
    grids = plan.gov_grids if layer == "gov_grids" else plan.district[layer]
    codes = grids["grid_code"].str[-4:].to_numpy()
    links = touching_grids(plan, layer, grids, min_border_m=limits.get("min_border_m", 3.0))
    return {tuple(codes[pair]) for pair in links}


def drawn_area(**changes):
    """Four grids in a line and one on an island, two beats.

    ::

        g0 - g1 - g2 - g3      g4
    """
    given = {
        "name": "海滨派出所",
        "layer": "gov_grids",
        "cost": np.array([[0, 9], [1, 9], [9, 1], [9, 0], [0, 9]], float),
        "households": np.array([10.0, 10, 10, 10, 20]),
        "links": np.array([(0, 1), (1, 2), (2, 3)]),
        "grids": tuple(f"g{i}" for i in range(5)),
        "beats": ("一警格", "二警格"),
    }
    return StationArea(**given | changes)


def test_an_arterial_does_not_part_two_grids_but_a_railway_does(plan):
    """The arterial between the western blocks may be crossed on foot."""
    assert ("1002", "1003") in pairs_of(plan, "gov_grids")
    layers = town_layers()
    layers["roads"].loc[layers["roads"]["kind"] == "arterial", "kind"] = "rail"
    railway = make_plan(town(roads=layers["roads"]), n_grids=7)
    north, south = {"1001", "1002"}, {"1003", "1004"}
    over = {p for p in pairs_of(railway, "gov_grids") if set(p) & north and set(p) & south}
    assert over == set()


def test_basic_grids_touch_along_a_border_and_not_at_a_corner(plan):
    """Stripes of 300 x 100 m: above one another and side by side, never across a corner."""
    pairs = pairs_of(plan, "basic_grids")
    assert ("1001", "1002") in pairs
    assert ("1001", "2001") in pairs
    assert ("1001", "2002") not in pairs
    assert len(pairs) == 16
    # the stripes' short sides are 100 m
    assert ("1001", "2001") not in pairs_of(plan, "basic_grids", min_border_m=150.0)


def scattered_by_hand(plan, layer):
    """Beats whose grids a walk over touching grids does not join."""
    rows = plan.pairings[plan.pairings["grid_layer"] == layer]
    touch = pairs_of(plan, layer)
    found = []
    for beat, group in rows.groupby("beat_id"):
        left = set(group["grid_code"].str[-4:])
        reached = {min(left)}
        while more := {
            c for p in touch if set(p) & reached for c in p if c in left and c not in reached
        }:
            reached |= more
        if reached != left:
            found.append(beat)
    return found


def test_scattered_beats_are_told_by_name_and_in_number(plan):
    paired = pair_plan(plan, "basic_grids")
    expected = scattered_by_hand(paired.plan, "basic_grids")
    assert list(paired.scattered) == expected != []
    assert paired.plan.report["pairing"]["basic_grids"]["scattered"] == expected
    figures = paired.plan.report["metrics"]["pairings"]["basic_grids"]
    assert figures["n_scattered"] == len(expected)


@pytest.mark.parametrize("layer", ["gov_grids", "basic_grids"])
def test_contiguous_beats_hang_together_and_cost_no_less(plan, layer):
    free = pair_plan(plan, layer)
    held = pair_plan(plan, layer, rules=PairingRules(contiguous=True))
    assert held.scattered == ()
    assert scattered_by_hand(held.plan, layer) == []
    assert held.plan.report["metrics"]["pairings"][layer]["n_scattered"] == 0
    assert held.objective >= free.objective - 1e-6
    assert held.status == "optimal"


def test_a_gap_that_no_beat_can_span_is_told_in_names():
    """Two stripes north of the gap, ten south, and each of two beats takes exactly six.

    ::

        600 +-----------+-----------+
            |   1001    |   2001    |
            :           gap         :
        300 +-----------+-----------+
            | 1002-1006 | 2002-2006 |
         50 +-----------+-----------+
    """
    stripes = [
        {
            "grid_code": f"{code}{serial:03d}",
            "name": f"第{serial}网格",
            "community_code": code,
            "geometry": area(x, y, x + 300, y + 50),
        }
        for code, x in ((WEST_CODE, 0), (EAST_CODE, 300))
        for serial, y in enumerate((550, 250, 200, 150, 100, 50), start=1)
    ]
    gap = make_plan(town(basic_grids=frame(stripes)), n_grids=7)
    rules = PairingRules(contiguous=True, basic_grids=(6, 6))
    with pytest.raises(InfeasibleError, match=r"海滨派出所: .*contiguous = false") as caught:
        pair_plan(gap, "basic_grids", rules=rules)
    assert caught.value.facts == {
        "station": "海滨派出所",
        "layer": "basic_grids",
        "grids": [],
        "beats": ["海滨1警格 (s1-1)", "海滨2警格 (s1-2)"],
        "kind": "contiguity",
    }


def test_the_island_is_named_and_fewer_grids_per_beat_let_it_be():
    with pytest.raises(InfeasibleError) as caught:
        pair_area(drawn_area(), PairingRules(contiguous=True))
    assert caught.value.facts["grids"] == ["g4"]
    assert caught.value.message.startswith("海滨派出所: g4 cannot be led by 一警格, 二警格 so that")
    solved, reasons = pair_area(drawn_area(), PairingRules(contiguous=True, gov_grids=(1, 4)))
    assert solved.pieces.tolist() == [1, 1]
    assert reasons == []


def test_households_per_beat_stay_within_their_multiples_of_the_mean():
    """Sixty households, thirty a beat; the cheapest pairing has 40 and 20."""
    free, _ = pair_area(drawn_area(), PairingRules(balance_m=0.0))
    assert free.loads.tolist() == [40.0, 20.0]
    rules = PairingRules(balance_m=0.0, households=(0.9, 1.1))
    held, reasons = pair_area(drawn_area(), rules)
    assert held.loads.tolist() == [30.0, 30.0]
    assert reasons == []


def test_households_give_way_with_a_reason_where_no_pairing_keeps_them():
    """One grid of 50 of 60 households: its beat cannot have 33."""
    heavy = drawn_area(households=np.array([2.0, 2, 3, 3, 50]))
    rules = PairingRules(balance_m=0.0, households=(0.2, 1.1))
    solved, reasons = pair_area(heavy, rules)
    assert sorted(solved.loads.tolist()) == [8.0, 52.0]
    assert any("became [6, 52]" in reason for reason in reasons)
    assert "[0.2, 1.1] times their mean of 30" in reasons[0]


def test_widened_households_are_told_with_the_station():
    """An odd number of households cannot be halved."""
    courtyards = town_layers()["courtyards"]
    courtyards.loc[0, "households"] += 1
    odd = make_plan(town(courtyards=courtyards), n_grids=7)
    paired = pair_plan(odd, "gov_grids", rules=PairingRules(households=(1.0, 1.0)))
    _, *reasons = paired.widened
    assert reasons
    for reason in reasons:
        assert reason.startswith("海滨派出所: no pairing keeps the households of every beat in ")
        assert "警格 (s1-" in reason
    assert paired.plan.report["pairing"]["gov_grids"]["widened"] == list(paired.widened)


def test_figures_per_beat_are_those_of_the_rows(plan):
    paired = pair_plan(plan, "gov_grids").plan
    per_beat = paired.pairings.groupby("beat_id")["households"].agg(["size", "sum"])
    figures = paired.report["metrics"]["pairings"]["gov_grids"]
    for name, column in (("grids", "size"), ("households", "sum")):
        assert figures[f"{name}_per_beat_min"] == per_beat[column].min()
        assert figures[f"{name}_per_beat_mean"] == pytest.approx(per_beat[column].mean())
        assert figures[f"{name}_per_beat_max"] == per_beat[column].max()


def test_a_plan_paired_before_scatter_was_looked_at_claims_nothing(plan):
    paired = pair_plan(plan, "gov_grids").plan
    old = paired.with_report(pairing={"gov_grids": {"objective": 1.0}})
    assert "n_scattered" not in measure_plan(old)["pairings"]["gov_grids"]


def test_beats_without_names_are_called_by_their_id():
    """Three pairs of stripes that do not touch cannot make two beats of three."""
    layers = town_layers()
    stripes = layers["basic_grids"]
    apart = stripes[stripes["grid_code"].str.endswith(("001", "003", "006"))]
    beats = layers["beats"].assign(name=["海滨1警格", None])
    plan = make_plan(town(beats=beats, basic_grids=apart), n_grids=7)
    rules = PairingRules(contiguous=True, basic_grids=(3, 3))
    with pytest.raises(InfeasibleError) as caught:
        pair_plan(plan, "basic_grids", rules=rules)
    assert set(caught.value.facts["beats"]) <= {"海滨1警格 (s1-1)", "s1-2"}


def test_the_rules_come_from_the_file_and_stay_with_the_plan(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text("[pairing]\ncontiguous = true\nhouseholds = [0.5, 1.5]\n", "utf-8")
    rules = load_rules(path)
    assert rules.pairing == PairingRules(contiguous=True, households=(0.5, 1.5))
    plan = make_plan(town(), n_grids=7, rules=rules)
    write_plan(plan, tmp_path / "plan.gpkg")
    paired = pair_plan(read_plan(tmp_path / "plan.gpkg"), "basic_grids")
    assert paired.scattered == ()
    assert json.loads(json.dumps(paired.plan.report["rules"]["pairing"]))["contiguous"] is True


def test_the_rules_in_the_data_folder_are_the_defaults(request):
    assert load_rules(request.config.rootpath / "data/rules.toml") == LayoutRules()


@pytest.mark.parametrize(
    "text",
    [
        "contiguous = 1\n",
        'contiguous = "yes"\n',
        "households = 1.5\n",
        "households = [1.5]\n",
        "households = [1.5, 0.5]\n",
        "households = [0.5, 0.9]\n",
        "households = [1.1, 2]\n",
        "households = [-1, 2]\n",
        'households = ["a", "b"]\n',
    ],
)
def test_senseless_rules_are_refused(tmp_path, text):
    path = tmp_path / "rules.toml"
    path.write_text(f"[pairing]\n{text}", "utf-8")
    with pytest.raises(InputError):
        load_rules(path)


def test_contiguous_must_be_a_truth_in_python_too():
    with pytest.raises(InputError, match="true or false"):
        PairingRules(contiguous=1)
