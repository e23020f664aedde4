"""Measure how time and memory grow: python tests/bench/tiles.py N [--until STAGE].

Lays N copies of the sample side by side and plans them; prints CPU seconds and
peak memory after every stage. Never a pass or a fail.
"""

from __future__ import annotations

import argparse
import math
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geogrid.district import District
from geogrid.governance.bridges import open_bridges
from geogrid.governance.keep import keep_by_rows
from geogrid.governance.layout import _assemble, _certificate
from geogrid.governance.problem import make_problem, solve_named
from geogrid.governance.rules import load_rules
from geogrid.solve.options import SolveOptions
from geogrid.sources.sample import make_sample
from geogrid.sources.vector import read_district, write_district
from geogrid.store.plan_file import write_plan

STAGES = ("read", "problem", "bridges", "solve", "assemble", "write")
GRIDS = 349
# so far apart that no cell, link or street joins two copies
_GAP_M = 2000.0
# codes that begin with six digits for the district; a copy gets a number of its own
_CODES = ("community_code", "subdistrict_code", "grid_code", "previous_grid")
_COUNTY = 900_000


def tile_district(district, n):
    """Lay n copies of a district side by side, in rows of about the root of n.

    ::

        6 7 8
        3 4 5      each under ids and codes of its own
        0 1 2
    """
    west, south, east, north = district.communities.total_bounds
    columns = math.ceil(math.sqrt(n))
    shifts = [
        ((i % columns) * (east - west + _GAP_M), (i // columns) * (north - south + _GAP_M))
        for i in range(n)
    ]
    tables = {}
    for layer, frame in district.tables.items():
        copies = [_copy(frame, i, *shift) for i, shift in enumerate(shifts)]
        tables[layer] = gpd.GeoDataFrame(
            pd.concat(copies, ignore_index=True) if len(frame) else frame, crs=district.crs
        )
    # the order that every reader promises
    tables["courtyards"] = tables["courtyards"].sort_values("courtyard_id", ignore_index=True)
    facts = {**district.metadata, "synthetic": "true"}
    return District(tables, district.crs, f"{district.name} x {n}", facts)


def _copy(frame, number, east_m, north_m):
    """Return one layer of one copy: shifted, under ids of its own."""
    if not len(frame):
        return frame
    changed = {"geometry": frame.geometry.translate(east_m, north_m)}
    for name in frame.columns:
        if name in _CODES:
            changed[name] = str(_COUNTY + number) + frame[name].str[6:]
        elif name.endswith("_id"):
            changed[name] = f"{number:03d}-" + frame[name]
    if "room_x" in frame:
        changed |= {"room_x": frame["room_x"] + east_m, "room_y": frame["room_y"] + north_m}
    return frame.assign(**changed)


def peak_mb():
    """Return the most memory this process has held, in megabytes."""
    # Linux counts kilobytes, macOS bytes
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def measure(path, k, until, out):
    """Plan a district stage by stage, as `geogrid plan` does."""
    wanted = STAGES[: STAGES.index(until) + 1]
    started = time.process_time()

    def done(stage, note=""):
        nonlocal started
        now = time.process_time()
        print(
            f"{stage:<10}{now - started:>9.1f} CPU s{peak_mb():>9.0f} MB peak  {note}", flush=True
        )
        started = now
        return stage != wanted[-1]

    rules = load_rules(None)
    district = read_district(path)
    if not done("read", f"{len(district.courtyards)} courtyards"):
        return
    problem = make_problem(district, rules=rules)
    if not done("problem", f"{len(problem.parts)} parts"):
        return
    target = float(problem.weights.sum()) / k
    rules = replace(rules, partition=replace(rules.partition, target=target))
    open_bridges(problem, rules, k=k)
    if not done("bridges"):
        return
    by_rows = keep_by_rows(problem, rules, before=None)
    found = solve_named(problem, k, rules=by_rows, options=SolveOptions())
    if not done("solve", f"{found.objective:.3f} {found.status}"):
        return
    proof = _certificate(problem, found, by_rows, None)
    plan = _assemble(problem, found, rules, weight="households", before=None, certificate=proof)
    # the command holds nothing but the plan while it writes
    del district, problem, found
    if not done("assemble", f"{plan.n_grids} grids"):
        return
    write_plan(plan, out)
    done("write", f"{out.stat().st_size / 2**20:.0f} MB file")


def main():
    """Tile the sample, or plan a file of tiles made before."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n", type=int)
    parser.add_argument("--until", choices=STAGES, default="write")
    parser.add_argument("--made", type=Path, help="keep the tiles in this file, or use it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = given.made or Path(folder) / "tiles.gpkg"
        if not path.exists():
            write_district(tile_district(make_sample(), given.n), path)
            print(f"tiles made, {peak_mb():.0f} MB peak", flush=True)
        measure(path, given.n * GRIDS, given.until, Path(folder) / "plan.gpkg")


if __name__ == "__main__":
    main()
