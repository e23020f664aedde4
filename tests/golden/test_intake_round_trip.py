"""The sample as an office hands it over comes back as it was, and to the same plan.

Outlines in a GBK Shapefile without .cpg and with names cut at ten bytes, the ledger in Excel with
coordinates of a web map, communities in the eight digits of zone 40.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pyogrio
import pytest
from messy_ledgers import make_ledger

from geogrid.sources.intake import import_district
from geogrid.sources.vector import layers_of, write_district
from geogrid.store.plan_file import read_plan

# heads as people name them, which DBF cuts within the sixth sign
_HEADS = {"courtyard_id": "楼院编号", "name": "开放式楼院名称", "households": "居民总户数（户）"}
# not in the ledger, or another word for where the ledger comes from
_OTHERS = {"households_source", "beat_id", "geometry"}


@pytest.fixture(scope="module")
def found(sample, tmp_path_factory):
    folder = tmp_path_factory.mktemp("handed-over")
    vector = folder / "vector"
    vector.mkdir()
    layers = {name: table for name, table in layers_of(sample).items() if name != "metadata"}
    communities = layers.pop("communities").to_crs("EPSG:4528")
    pyogrio.write_dataframe(communities, folder / "communities.gpkg")
    outlines = layers.pop("courtyards")[[*_HEADS, "geometry"]].rename(
        columns={name: head.encode("gbk")[:10].decode("gbk") for name, head in _HEADS.items()}
    )
    pyogrio.write_dataframe(outlines, vector / "courtyards.shp", encoding="GBK")
    (vector / "courtyards.cpg").unlink()
    for name, table in layers.items():
        pyogrio.write_dataframe(table, vector / f"{name}.geojson", COORDINATE_PRECISION=9)
    ledger = make_ledger(sample, seed=1, faulty=0.0, layout="sheet")
    (folder / ledger.name).write_bytes(ledger.raw)
    return ledger, import_district(
        courtyards=folder / ledger.name, vector=vector, communities=folder / "communities.gpkg"
    )


def test_every_courtyard_and_every_value_comes_back(sample, found):
    ledger, back = found
    assert (back.tally.read, back.tally.rejected) == (1418, 0)
    assert back.systems["courtyards"].system == "gcj02"
    got = back.district.courtyards.set_index("courtyard_id").sort_index()
    meant = sample.courtyards.set_index("courtyard_id").sort_index()
    assert got.crs == meant.crs
    assert float(got.geometry.hausdorff_distance(meant.geometry).max()) < 1.0
    # a few rows are written with other numbers than the sample has; the truth tells which
    truth = pd.DataFrame([row.values for row in ledger.truth]).set_index("courtyard_id")
    for name in [name for name in meant.columns if name not in _OTHERS]:
        wanted = truth[name].reindex(meant.index)
        same = (got[name] == wanted) | (got[name].isna() & wanted.isna())
        assert same.all(), (name, got[~same][name].head(), wanted[~same].head())
    assert (got["beat_id"] == meant["beat_id"]).all()
    assert set(got["households_source"]) == {"ledger"}


@pytest.mark.slow
def test_it_comes_to_the_plan_of_the_plain_file(sample, found, sample_plan_path, tmp_path, run_cli):
    _, back = found
    # the households of the sample, where the ledger was written with others on purpose
    path, plan = tmp_path / "back.gpkg", tmp_path / "plan.gpkg"
    frame = back.district.courtyards
    plain = sample.courtyards.set_index("courtyard_id")["households"]
    frame = frame.assign(households=frame["courtyard_id"].map(plain).to_numpy())
    tables = {**back.district.tables, "courtyards": frame}
    write_district(replace(back.district, tables=tables), path)
    run_cli("plan", path, "--grids", 349, "--out", plan)
    objective = [read_plan(one).report["objective"] for one in (plan, sample_plan_path)]
    assert objective[0] == pytest.approx(objective[1], rel=1e-6)
