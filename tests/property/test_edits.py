"""Random edits of the sample's plan: pictures fit, sums hold, the rest stays as it was."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geogrid.governance.edit import regroup
from geogrid.governance.pairing import pair_plan
from geogrid.store.plan_file import read_plan


@pytest.fixture(scope="module")
def plan(sample_plan_path):
    return pair_plan(read_plan(sample_plan_path), "gov_grids").plan


@pytest.fixture(scope="module")
def neighbours(plan):
    """Rows of each usable pair."""
    row = {ident: i for i, ident in enumerate(plan.courtyards["courtyard_id"])}
    used = plan.contiguity[plan.contiguity["usable"] == 1]
    return np.stack([used[end].map(row).to_numpy(np.int64) for end in ("a", "b")], axis=1)


@pytest.mark.parametrize(("seed", "n_moves"), [*((seed, 1) for seed in range(6)), (6, 5), (7, 200)])
def test_any_moves_leave_what_they_do_not_touch_and_fit_together(plan, neighbours, seed, n_moves):
    rng = np.random.default_rng(seed)
    before = plan.courtyards["grid_code"].to_numpy(object)
    codes = before.copy()
    for _ in range(n_moves):
        a, b = neighbours[rng.integers(len(neighbours))]
        codes[a] = codes[b]
    edited = regroup(plan, dict(zip(plan.courtyards["courtyard_id"], codes, strict=True)))
    changed = {*before[codes != before], *codes[codes != before]}
    grids = edited.gov_grids
    assert shapely.coverage_is_valid(grids.geometry.to_numpy())
    kept = grids[~grids["grid_code"].isin(changed)]
    old = plan.gov_grids.set_index("grid_code").loc[kept["grid_code"]].reset_index()
    assert kept.drop(columns="geometry").to_dict("records") == old.drop(columns="geometry").to_dict(
        "records"
    )
    assert shapely.equals_exact(kept.geometry.to_numpy(), old.geometry.to_numpy(), 0).all()
    # no ground is lost or won, whoever it goes to
    assert grids.area.sum() == pytest.approx(plan.gov_grids.area.sum(), rel=1e-9)
    assert grids["households"].sum() == plan.gov_grids["households"].sum()
    report = edited.report
    assert report["objective"] == pytest.approx(report["metrics"]["objective"], rel=1e-9)
    assert sum(p["objective"] for p in report["parts"]) == pytest.approx(report["objective"])
    assert sum(p["k"] for p in report["parts"]) == edited.n_grids
    assert set(edited.pairings["grid_code"]) == set(grids["grid_code"])
