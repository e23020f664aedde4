"""The synthetic district, published whole on both databases: 1,418 courtyards, 349 grids."""

from __future__ import annotations

import datetime as dt

import pytest
from steps import publish

from geogrid.store.edits import Merge, Split
from geogrid.store.plan_file import read_plan


@pytest.mark.slow
def test_the_sample_is_published_edited_and_published_again(store, sample_plan_path):
    info = store.add_plan(read_plan(sample_plan_path), title="基准", by="planner")
    first = publish(store, info.plan_id, dt.date(2026, 4, 1))
    sizes = {name: len(table.ids) for name, table in store.features(first.plan_id).items()}
    assert (sizes["courtyards"], sizes["gov_grids"], sizes["basic_grids"]) == (1418, 349, 505)
    info = store.derive_plan(first.plan_id, title="调整", by="planner")
    assignment = store.draft(info.plan_id).assignment
    code = min(set(assignment.values()))
    corner = min(ident for ident, held in assignment.items() if held == code)
    store.edit(info.plan_id, [Split((corner,))], expected=0, by="planner")
    assert not [f for f in store.verdict(info.plan_id).hard if f.kind == "code"]
    made = store.history(info.plan_id)[0].entries[-1].after
    store.edit(info.plan_id, [Merge(made, code)], expected=1, by="planner")
    second = publish(store, info.plan_id, dt.date(2026, 7, 1))
    table = store.crosswalk(second.plan_id)
    assert table["n_courtyards"].sum() == 1418
    assert table.groupby("old_code")["share_of_old"].sum().to_numpy() == pytest.approx(1)
    # everything went back, so nothing is told but the version itself
    assert [c.kind for c in store.changes() if c.plan_id == second.plan_id] == ["publish"]
