"""Messy ledgers of the whole sample: every row in as it is meant, or out for its true cause.

The ledgers and the truth about them were written before the reader (see `messy_ledgers`).
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from messy_ledgers import FAULTS, LAYOUTS, make_ledger, truth_table

from geogrid.sources.intake import import_district
from geogrid.sources.vector import layers_of, write_tables

SEED = int(os.environ.get("GEOGRID_LEDGER_SEED", "7"))
# the data model moves a point this near to a building onto it, and says so
SNAP_M = 20.0
_SAME = ("address", "community_code", "n_buildings", "n_entrances", "year_built")
VALUES = (
    "courtyard_id",
    "name",
    *_SAME,
    "households",
    "renovated_year",
    "share_over_60",
    "property_service",
    "committee",
    "previous_grid",
)


@pytest.fixture(scope="module")
def base(sample, tmp_path_factory):
    """Return the sample without its courtyards."""
    path = tmp_path_factory.mktemp("base") / "base.gpkg"
    write_tables({n: t for n, t in layers_of(sample).items() if n != "courtyards"}, path)
    return path


@pytest.fixture(scope="module")
def bare_base(sample, tmp_path_factory):
    """Return only its communities and roads: nothing onto which points are moved."""
    path = tmp_path_factory.mktemp("bare") / "base.gpkg"
    kept = ("communities", "roads", "subdistricts")
    write_tables({n: t for n, t in layers_of(sample).items() if n in kept}, path)
    return path


def imported(ledger, base, folder, **how):
    path = folder / ledger.name
    path.write_bytes(ledger.raw)
    return import_district(courtyards=path, vector=base, **how)


def same(got, want):
    if want is None:
        return pd.isna(got)
    if pd.isna(got):
        return False
    return abs(got - want) < 1e-9 if isinstance(want, float) else got == want


class Judge:
    """Hold what came of an import against the truth, row by row."""

    def __init__(self, ledger, found):
        self.found = found
        self.rows = found.district.courtyards.set_index("courtyard_id", drop=False)
        self.said = defaultdict(list)
        in_sheets = not ledger.name.endswith(".csv")
        for one in found.findings:
            self.said[one.sheet if in_sheets else "", one.row].append(one)
        lonlat = [(row.values["lon"], row.values["lat"]) for row in ledger.truth]
        points = gpd.GeoSeries(gpd.points_from_xy(*zip(*lonlat, strict=True)), crs="EPSG:4326")
        meant = points.to_crs(self.rows.crs).to_numpy()
        self.meant = dict(zip([(row.sheet, row.row) for row in ledger.truth], meant, strict=True))
        self.buildings = found.district["buildings"].geometry.to_numpy()
        self.tree = shapely.STRtree(self.buildings)
        self.walls = shapely.STRtree(shapely.boundary(self.buildings))

    def wrong(self, row):
        """Say what is wrong about a row; nothing if it came out as it must."""
        said = self.said[row.sheet, row.row]
        kinds = {one.kind for one in said if one.verdict == "rejected"}
        if row.expected == "out":
            if not kinds & row.causes:
                return f"not rejected for {sorted(row.causes)} but {sorted(kinds) or 'taken'}"
            false = kinds - row.causes - row.also
            return f"rejected for {sorted(false)}, which is false" if false else ""
        if kinds:
            return f"rejected for {sorted(kinds)}"
        if row.fault and row.fault not in {one.kind for one in said if one.verdict == "mended"}:
            return "mended without a word"
        if row.courtyard_id not in self.rows.index:
            return "lost"
        return self.wrong_values(row, self.rows.loc[row.courtyard_id]) or self.wrong_place(
            row, said
        )

    def wrong_values(self, row, got):
        names = [*VALUES, *({"households_source"} & row.values.keys())]
        told = [
            f"{name} {got[name]!r} is not {row.values[name]!r}"
            for name in names
            if not same(got[name], row.values[name])
        ]
        return "; ".join(told)

    def wrong_place(self, row, said):
        meant, got = self.meant[row.sheet, row.row], self.rows.geometry[row.courtyard_id]
        off_m = shapely.distance(meant, got)
        if row.tolerance == "stated":
            (stated,) = (one.told["accuracy"] for one in said if one.kind == row.fault)
            return f"{off_m:.1f} m off, {stated} stated" if off_m > float(stated) else ""
        return f"{off_m:.1f} m off" if off_m > 1 and not self.is_snapped(meant, got) else ""

    def is_snapped(self, meant, got):
        """Tell whether a point stands in the middle of the building nearest to where it was.

        Two buildings of one yard are often as near as the coordinates are written.
        """
        nearest_m = float(shapely.distance(self.walls.geometries[self.walls.nearest(meant)], meant))
        # within a building it stays, but for one on the very wall
        is_inside = len(self.tree.query(meant, predicate="within")) > 0
        if nearest_m > (0.2 if is_inside else SNAP_M + 1):
            return False
        near = self.tree.query(meant, predicate="dwithin", distance=nearest_m + 0.5)
        middles = shapely.point_on_surface(self.buildings[near])
        return bool((shapely.distance(middles, got) < 1).any())


def judge_all(ledger, found, record_property):
    judge = Judge(ledger, found)
    wrong = defaultdict(list)
    for row in ledger.truth:
        why = judge.wrong(row)
        if why:
            wrong[row.fault].append(f"{ledger.name} {row.sheet} row {row.row}: {why}")
    n_rows = Counter(row.fault or "intact" for row in ledger.truth)
    table = truth_table(
        (fault, n_rows[fault], n_rows[fault] - len(wrong[None if fault == "intact" else fault]))
        for fault in ("intact", *FAULTS)
        if n_rows[fault]
    )
    record_property("table", table)
    looks = os.environ.get("GEOGRID_LOOKS")
    if looks:
        Path(looks).mkdir(parents=True, exist_ok=True)
        (Path(looks) / f"{ledger.name}.txt").write_text(f"{table}\n{found.tally}\n")
    listed = [one for rows in wrong.values() for one in rows[:5]]
    assert not listed, "\n".join([table, *listed])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_row_is_in_as_meant_or_out_for_its_true_cause(
    layout, sample, base, tmp_path, record_property
):
    ledger = make_ledger(sample, seed=SEED, layout=layout)
    # an office's own sheet tells no system; the others are told
    how = {} if layout in {"sheet", "sheets"} else {"crs": ledger.system}
    found = imported(ledger, base, tmp_path, **how)
    assert found.systems["courtyards"].system == "gcj02"
    judge_all(ledger, found, record_property)
    tally = found.tally
    assert (tally.read, tally.rejected) == (len(ledger.truth), len(ledger.truth) - ledger.n_in)
    # nothing is there that no row brought
    meant = {row.courtyard_id for row in ledger.truth if row.expected == "in"}
    assert set(found.district.courtyards["courtyard_id"]) == meant


@pytest.mark.parametrize("system", ["gcj02", "bd09", "wgs84", "EPSG:4528", "EPSG:4549"])
def test_coordinates_of_any_system_come_back_within_a_metre(system, sample, bare_base, tmp_path):
    ledger = make_ledger(sample, seed=SEED, faulty=0.0, layout="gbk", system=system)
    found = imported(ledger, bare_base, tmp_path, crs=system)
    assert found.tally.rejected == 0
    back = found.district.courtyards.set_index("courtyard_id").to_crs("EPSG:4549").geometry
    truth = sample.courtyards.set_index("courtyard_id").geometry.representative_point()
    off_m = back.reindex(truth.index).distance(truth)
    assert float(np.max(off_m)) < 1.0
