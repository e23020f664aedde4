"""Intake: what a ledger of a district, and one seventy times as large, take to import.

``python intake.py PART LEDGER BASE`` does one part in a process of its own and prints CPU seconds,
wall seconds and peak memory. Three rows of ten are faulty, as in the tests. Never a pass or a fail.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import tables

TESTS = Path(__file__).resolve().parents[1]
# rows -> CPU seconds that the issue allows for the whole import
LIMITS_S = {1_418: 5.0, 100_000: 60.0}
# metres that courtyards of further copies are moved by, within their own land
_MOVE_M = 5.0
PARTS = {
    "pandas": "pandas with calamine: cells alone",
    "read": "geogrid: ledger read and judged",
    "import": "geogrid: imported, located and joined",
    "report": "geogrid: imported, and the report written",
}


def do(part, ledger, base):
    """Do one part of an import."""
    if part == "pandas":
        import pandas as pd

        return len(pd.read_excel(ledger, engine="calamine", header=None))
    if part == "read":
        from geogrid.sources.ledger import read_ledger
        from geogrid.sources.vector import read_tables

        communities = read_tables(base, ["communities"])["communities"]
        return len(read_ledger(ledger.read_bytes(), name="l", communities=communities).rows)
    from geogrid.sources.intake import import_district

    found = import_district(courtyards=ledger, vector=base, crs="gcj02")
    if part == "report":
        from geogrid.sources.reject_report import write_reject_report

        write_reject_report(found, base.with_name("report.xlsx"))
    return found.tally.read


def intake():
    """Measure the import of small and large ledgers; return the rows."""
    sys.path.insert(0, str(TESTS))
    from messy_ledgers import make_ledger

    from geogrid.sources.sample import make_sample
    from geogrid.sources.vector import layers_of, write_tables

    district = make_sample()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base.gpkg"
        layers = layers_of(district)
        write_tables({name: t for name, t in layers.items() if name != "courtyards"}, base)
        for n, limit_s in LIMITS_S.items():
            ledger = make_ledger(_copies(district, n), seed=1, layout="sheet")
            path = Path(folder) / f"{n}.xlsx"
            path.write_bytes(ledger.raw)
            print(f"{n:,} rows, {len(ledger.raw) / 1e6:.1f} MB", file=sys.stderr, flush=True)
            rows += [_measured(part, n, path, base, limit_s) for part in PARTS]
    print(lines(rows))
    return rows


def _copies(district, n):
    """Return the district with n courtyards: those of the sample again and again, numbered on."""
    import geopandas as gpd
    import pandas as pd

    plain = district.courtyards
    if n <= len(plain):
        return district
    rng = np.random.default_rng(0)
    copies = []
    for k in range(-(-n // len(plain))):
        shift = rng.uniform(-_MOVE_M, _MOVE_M, 2) if k else (0.0, 0.0)
        copy = plain.assign(
            courtyard_id=plain["courtyard_id"] + (f"-{k}" if k else ""),
            address=plain["address"].str.replace("号", f"号甲{k}" if k else "号"),
            geometry=plain.geometry.translate(*shift),
        )
        copies.append(copy.assign(name=copy["address"] + "院"))
    many = gpd.GeoDataFrame(pd.concat(copies, ignore_index=True).iloc[:n], crs=plain.crs)
    return replace(district, tables={**district.tables, "courtyards": many})


def _measured(part, n, path, base, limit_s):
    done = subprocess.run(
        [sys.executable, __file__, part, path, base], capture_output=True, text=True, check=False
    )
    row = {"part": PARTS[part], "rows": n, "limit_s": limit_s if part == "import" else None}
    if done.returncode:
        return row | {"failed": (done.stderr.strip().splitlines() or ["?"])[-1]}
    return row | json.loads(done.stdout)


def lines(rows):
    """Return the table, one line to a part, ratios against pandas on the same bytes."""
    head = ["", "rows", "CPU s", "over pandas", "wall s", "peak MB", "allowed s"]
    peer_s = {r["rows"]: r.get("cpu_s") for r in rows if r["part"] == PARTS["pandas"]}
    body = []
    for r in rows:
        if "failed" in r:
            body.append([r["part"], f"{r['rows']:,}", r["failed"], "", "", "", ""])
            continue
        peer = peer_s[r["rows"]]
        body.append(
            [
                r["part"],
                f"{r['rows']:,}",
                f"{r['cpu_s']:.2f}",
                f"{r['cpu_s'] / peer:.1f}" if peer else "",
                f"{r['wall_s']:.2f}",
                f"{r['peak_mb']:.0f}",
                "" if r["limit_s"] is None else f"{r['limit_s']:.0f}",
            ]
        )
    return tables.layout(head, body)


def main():
    """Do one part, as told, and print what it took; libraries are loaded before the clock runs."""
    part, ledger, base = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    import geopandas  # noqa: F401
    import pandas as pd
    import pyogrio  # noqa: F401
    import python_calamine  # noqa: F401

    sys.path.insert(0, str(TESTS))
    from memory import peak_mb

    import geogrid.sources.intake
    import geogrid.sources.reject_report  # noqa: F401

    pd.DataFrame({"a": ["b"]})
    cpu, wall = _cpu_s(), time.perf_counter()
    read = do(part, ledger, base)
    told = {"cpu_s": _cpu_s() - cpu, "wall_s": time.perf_counter() - wall, "read": read}
    told["peak_mb"] = peak_mb()
    print(json.dumps(told))


def _cpu_s():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
