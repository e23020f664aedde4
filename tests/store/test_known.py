"""Laws of what a store keeps of a plan: what the data model does not know stays outside."""

from __future__ import annotations

import zipfile
from dataclasses import replace

import pytest
from steps import publish
from versions import SPRING

from geogrid.sources.vector import layers_of, write_tables
from geogrid.store.archive import backup
from geogrid.store.edits import Rename
from geogrid.store.known import foreign_layers, known_only, plain_names
from geogrid.store.plan_file import read_plan, write_plan

SECRET = "13800138000"  # noqa: S105 - a telephone


@pytest.fixture(scope="module")
def talkative(small_plan):
    """Return the town's plan with columns that nobody asked for in every layer."""

    def more(frame, name):
        return frame.assign(**{name: SECRET})

    tables = {n: more(frame, "telephone") for n, frame in small_plan.district.tables.items()}
    names = ("cells", "contiguity", "walks", "gov_grids", "certificate")
    layers = {name: more(getattr(small_plan, name), "head_name") for name in names}
    district = replace(small_plan.district, tables=tables)
    return replace(small_plan, district=district, **layers)


def test_unknown_columns_stay_outside(store, talkative, tmp_path):
    info = store.add_plan(talkative, title="一", by="planner", dropped=("residents",))
    for column in ("residents", "courtyards.telephone", "gov_grids.head_name", "walks.head_name"):
        assert column in info.dropped
    (row,) = store.read_audit(action="plan.add")
    assert tuple(row.details["dropped"]) == info.dropped
    path = tmp_path / "back.gpkg"
    store.edit(info.plan_id, [Rename("370202001001001", "海边")], expected=0, by="planner")
    for published in (False, True):
        if published:
            publish(store, info.plan_id, SPRING)
        path.write_bytes(store.plan_bytes(info.plan_id))
        assert SECRET.encode() not in path.read_bytes()
        plan = read_plan(path)
        assert not {"telephone", "head_name"} & {*plan.courtyards, *plan.gov_grids, *plan.walks}
        assert {"part_id", "grid_code", "households"} <= set(plan.courtyards)
    backup(store.database, tmp_path / "all.zip", now=store.now())
    with zipfile.ZipFile(tmp_path / "all.zip") as packed:
        for name in packed.namelist():
            assert SECRET.encode() not in packed.read(name)
    assert store.plan_info(info.plan_id).dropped == ()


def test_a_plan_of_known_columns_is_kept_as_it_is(small_plan):
    assert known_only(small_plan) == (small_plan, ())


def test_the_weight_stays_if_it_is_a_number(small_plan):
    for values, dropped in ((2.5, ()), ("many", ("courtyards.effort",))):
        yards = small_plan.courtyards.assign(effort=values)
        district = replace(
            small_plan.district, tables={**small_plan.district.tables, "courtyards": yards}
        )
        provenance = {**small_plan.report["provenance"], "weight": "effort"}
        plan = replace(small_plan, district=district).with_report(provenance=provenance)
        kept, left_out = known_only(plan)
        assert left_out == dropped
        assert ("effort" in kept.courtyards) == (not dropped)
        assert kept.report == plan.report


def test_a_job_keeps_no_unknown_column_either(store, talkative):
    job = store.add_job("layout", {}, by="planner")
    info = store.finish_with_plan(
        store.claim_job("runner"), talkative, title="一", result={"plan": {}}
    )
    assert store.job(job.job_id).plan_id == info.plan_id
    assert "courtyards.telephone" in info.dropped
    assert "telephone" not in store.plan(info.plan_id).courtyards


def test_layers_that_no_plan_has_are_named(small_plan, tmp_path):
    path = tmp_path / "plan.gpkg"
    write_plan(small_plan, path)
    assert foreign_layers(path) == ()
    layers = layers_of(small_plan.district) | {"Residents": small_plan.walks}
    write_tables(layers, path)
    assert foreign_layers(path) == ("Residents",)


def test_names_from_a_file_are_cut_and_plain():
    told = plain_names(["a\x1b[2Jb", "x" * 500, *map(str, range(60))])
    assert told[0] == "a?[2Jb"
    assert len(told[1]) == 64
    assert told[-1] == "and 12 more"
    assert len(told) == 51
