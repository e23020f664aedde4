"""Messy ledgers of the synthetic sample, with the truth about every row.

Written from DOMAIN section 7 and the table of kinds, before the reader of ledgers was touched and
without a look at any reader; it is not changed to please one. ``make_ledger`` gives the bytes of a
file as a street office hands it in, and what must come of each of its rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from messy_faults import FAULTS, NEED_COMMUNITY, TOUCH_COMMUNITY, Desk, Record, shared_start
from messy_files import ENCODINGS, LAYOUTS, STYLES, Layout, heads_of, write_file
from messy_rows import lay_out, write_oddly

from geogrid.offset import wgs84_to_bd09, wgs84_to_gcj02

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from geogrid.district import District

__all__ = ["FAULTS", "LAYOUTS", "MessyLedger", "TruthRow", "fault_counts", "make_ledger"]

FEWEST = 5
DEGREES = frozenset({"wgs84", "cgcs2000", "gcj02", "bd09"})
# a sign that GB18030 writes with four bytes and GBK cannot write
BEYOND_GBK = "䶮"

# of the rows without a fault, those that are written in another form that is right as well
ODD_SHARE = 0.12
# these faults are rows written a second time
EXTRA = ("duplicate_row", "same_address")

CHOICES = {
    "property_service": {
        "none": ("无", "无物业"),
        "trial": ("先尝后买", "试点"),
        "contract": ("合同物业", "已签合同"),
    },
    "committee": {
        "none": ("无", "未成立"),
        "owners": ("业委会", "业主委员会"),
        "self": ("自管会", "自我管理委员会"),
    },
}
_TEXTS = (
    "courtyard_id",
    "name",
    "address",
    "community_code",
    "previous_grid",
    "property_service",
    "committee",
)
_NUMBERS = ("households", "n_buildings", "n_entrances", "year_built")


@dataclass(frozen=True)
class TruthRow:
    """Hold what must come of one row.

    Parameters
    ----------
    sheet : str
        The sheet; empty for a CSV.
    row : int
        As the spreadsheet shows it, from 1.
    courtyard_id : str
        Of the courtyard that the row was meant for.
    fault : str or None
        Kind of its one fault.
    expected : {"in", "out"}
        Taken or mended; or rejected.
    causes, also : frozenset of str
        Kinds of which one must be told; kinds that would be true besides.
    values : mapping
        Columns of the courtyards, and ``lon`` and ``lat`` (WGS84), as they must be read.
    tolerance : {"exact", "stated"}
        Within 1 m; within the accuracy that the reader states.
    """

    sheet: str
    row: int
    courtyard_id: str
    fault: str | None
    expected: Literal["in", "out"]
    causes: frozenset[str]
    also: frozenset[str]
    values: Mapping[str, Any]
    tolerance: Literal["exact", "stated"]


@dataclass(frozen=True)
class MessyLedger:
    """Hold a file and the truth about it.

    Parameters
    ----------
    raw : bytes
        The file.
    name : str
        Its name, with the suffix.
    truth : tuple of TruthRow
        Every row of data, in the order of the file.
    counts : mapping of str to int
        Fault -> rows.
    system : str
        Of the coordinates.
    """

    raw: bytes
    name: str
    truth: tuple[TruthRow, ...]
    counts: Mapping[str, int]
    system: str

    @property
    def n_in(self) -> int:
        """Number of rows that must be taken or mended."""
        return sum(row.expected == "in" for row in self.truth)


def make_ledger(
    district: District,
    *,
    seed: int,
    faulty: float = 0.30,
    layout: Layout = "sheet",
    system: str = "gcj02",
) -> MessyLedger:
    """Write the courtyards of a district as a street office does, faults and all.

    Parameters
    ----------
    district : District
        With courtyards, communities and roads, in a metric system.
    seed : int
        The same seed gives the same bytes.
    faulty : float in [0, 0.5]
        Share of the courtyards whose number of rows is faulty; each fault in at least 5 rows,
        unless 0.
    layout : str
        One of ``LAYOUTS``.
    system : str
        wgs84, cgcs2000, gcj02, bd09, or an EPSG name of a system in metres.
    """
    rng = np.random.default_rng([seed, LAYOUTS.index(layout)])
    desk = _sit_down(district, rng, layout, system)
    records = _plain_records(district, desk)
    counts = _counts(len(records), faulty, layout, system)
    _make_faults(records, desk, counts)
    for record in records:
        if record.fault is None and rng.random() < ODD_SHARE:
            write_oddly(record, desk)
    if layout in {"gb18030", "sheet"}:
        for record in [record for record in records if record.fault is None][:400:150]:
            record.truth["name"] = record.cells["name"] = BEYOND_GBK + record.truth["name"]
    heads = heads_of(layout, is_projected=system not in DEGREES)
    sheets = lay_out(records + _extra_rows(records, desk, counts), desk, heads)
    raw, places = write_file(layout, sheets, heads)
    truth = tuple(_truth(record, sheet, row, layout) for record, sheet, row in places)
    suffix = {"sheet": "xlsx", "sheets": "xlsx", "xls": "xls"}.get(layout, "csv")
    made = Counter(row.fault for row in truth if row.fault)
    return MessyLedger(raw, f"楼院台账-{layout}.{suffix}", truth, dict(made), system)


def fault_counts(n: int, faulty: float, kinds: Iterable[str]) -> dict[str, int]:
    """Share ``faulty * n`` rows out among the faults by their rates, at least 5 each."""
    kinds = list(kinds)
    if faulty <= 0:
        return dict.fromkeys(kinds, 0)
    total = round(n * faulty)
    weight = np.array([FAULTS[kind].per_mille for kind in kinds], dtype=float)
    quota = np.maximum(weight / weight.sum() * total, FEWEST)
    rows = np.floor(quota).astype(int)
    # the largest remainders first; what the fewest took away is missed where there is most
    for i in np.argsort(-(quota - rows), kind="stable")[: max(total - rows.sum(), 0)]:
        rows[i] += 1
    while rows.sum() > total and rows.max() > FEWEST:
        rows[int(np.argmax(rows))] -= 1
    counts = dict(zip(kinds, map(int, rows), strict=True))
    # two rows have one id
    if counts.get("duplicate_id", 0) % 2:
        counts["duplicate_id"] += 1
        counts["approximate_count"] -= 1
    return counts


def truth_table(rows: Iterable[tuple[str, int, int]]) -> str:
    """Print fault, rows, and rows that came out right, one fault to a line."""
    lines = [f"{'fault':<24}{'expected':>9}{'rows':>7}{'right':>7}"]
    for fault, n_rows, n_right in rows:
        expected = FAULTS[fault].expected if fault in FAULTS else "in"
        lines.append(f"{fault:<24}{expected:>9}{n_rows:>7}{n_right:>7}")
    return "\n".join(lines)


def _counts(n: int, faulty: float, layout: Layout, system: str) -> dict[str, int]:
    kinds = [
        kind
        for kind in FAULTS
        if not (layout == "sheets" and kind in NEED_COMMUNITY)
        and not (system not in DEGREES and kind == "dms_read")
    ]
    return fault_counts(n, faulty, kinds)


def _sit_down(district: District, rng: np.random.Generator, layout: Layout, system: str) -> Desk:
    """Gather what the clerk has at hand."""
    communities = district.communities
    areas = communities.geometry.reset_index(drop=True)
    codes = [str(code) for code in communities["community_code"]]
    far = {
        code: [other for other, m in zip(codes, areas.distance(area), strict=True) if m > 500]
        for code, area in zip(codes, areas, strict=True)
    }
    above = district.tables["subdistricts"].set_index("subdistrict_code")["name"]
    return Desk(
        rng,
        layout,
        dict(zip(codes, communities["name"].astype(str), strict=True)),
        far,
        _to_cells(system),
        {code: str(above[code[:9]]) for code in codes},
        STYLES[layout].is_percent,
    )


def _to_cells(system: str) -> Callable[[float, float], tuple[float, float]]:
    """Give WGS84 degrees in a system: degrees with 6 digits after the point, metres with 2."""
    if system not in DEGREES:
        from pyproj import Transformer

        way = Transformer.from_crs("EPSG:4326", system, always_xy=True)

    def to_cells(lon: float, lat: float) -> tuple[float, float]:
        if system not in DEGREES:
            x, y = way.transform(lon, lat)
            return round(float(x), 2), round(float(y), 2)
        if system in {"gcj02", "bd09"}:
            shift = wgs84_to_gcj02 if system == "gcj02" else wgs84_to_bd09
            (lon,), (lat,) = shift(np.array([lon]), np.array([lat]))
        return round(float(lon), 6), round(float(lat), 6)

    return to_cells


def _plain_records(district: District, desk: Desk) -> list[Record]:
    """Return every courtyard as a careful clerk would write it, community by community."""
    from pyproj import Transformer

    table = district.courtyards.sort_values(["community_code", "courtyard_id"], kind="stable")
    points = table.geometry.representative_point()
    to_degrees = Transformer.from_crs(table.crs, "EPSG:4326", always_xy=True)
    lons, lats = to_degrees.transform(points.x.to_numpy(), points.y.to_numpy())
    records = []
    for i, row in enumerate(table.to_dict("records")):
        truth: dict[str, Any] = {name: str(row[name]) for name in _TEXTS}
        truth.update({name: int(row[name]) for name in _NUMBERS})
        renovated = row["renovated_year"]
        truth["renovated_year"] = None if pd.isna(renovated) else int(renovated)
        truth["share_over_60"] = round(float(row["share_over_60"]), 3)
        truth["lon"], truth["lat"] = float(lons[i]), float(lats[i])
        records.append(Record(truth["community_code"], truth, _cells(truth, i, desk)))
    return records


def _cells(truth: Mapping[str, Any], i: int, desk: Desk) -> dict[str, Any]:
    """Return the cells of one row, without a fault."""
    cells = {name: value for name, value in truth.items() if name not in {"lon", "lat"}}
    del cells["community_code"]
    cells["x"], cells["y"] = desk.to_cells(truth["lon"], truth["lat"])
    if desk.is_percent:
        cells["share_over_60"] = round(truth["share_over_60"] * 100, 1)
    for name, words in CHOICES.items():
        cells[name] = desk.one(*words[truth[name]])
    if desk.layout == "xls":
        # fifteen digits are what a spreadsheet's number holds
        cells["previous_grid"] = int(truth["previous_grid"])
    # nobody's numbers: none begins so
    cells["phone"] = f"1000000{i % 10_000:04d}"
    cells["remark"] = "一楼有商铺\n（沿街）" if i % 97 == 5 else None
    cells["serial"] = i + 1
    if desk.layout != "sheets":
        cells["community"] = desk.communities[truth["community_code"]]
    return cells


def _make_faults(records: list[Record], desk: Desk, counts: Mapping[str, int]) -> None:
    """Spoil rows of their own for every fault, as many as are wanted."""
    order = [int(i) for i in desk.rng.permutation(len(records))]
    # rows whose community the row below repeats
    kept: set[int] = set()
    # the hardest to please choose first
    picky = ("ditto", "community_ambiguous")
    for kind in sorted(counts, key=lambda kind: kind not in picky):
        if kind in EXTRA:
            continue
        chosen: list[int] = []
        for i in order:
            if len(chosen) < counts[kind] and _may_have(kind, i, records, kept, desk):
                _spoil(records[i], kind, desk)
                chosen.append(i)
                kept |= {i - 1} if kind == "ditto" else set()
        assert len(chosen) == counts[kind], f"no rows for {kind}"
        if kind == "duplicate_id":
            for one, other in zip(chosen[::2], chosen[1::2], strict=True):
                records[other].cells["courtyard_id"] = records[one].cells["courtyard_id"]


def _may_have(kind: str, i: int, records: list[Record], kept: set[int], desk: Desk) -> bool:
    """Tell whether a row is free for a fault and has what the fault needs."""
    if records[i].fault is not None or (kind in TOUCH_COMMUNITY and i in kept):
        return False
    code = records[i].community_code
    if kind == "ditto":
        above = records[i - 1]
        return i > 0 and above.community_code == code and above.fault is None
    return kind != "community_ambiguous" or shared_start(code, desk.communities) is not None


def _spoil(record: Record, kind: str, desk: Desk) -> None:
    record.fault = kind
    record.expected = FAULTS[kind].expected
    record.causes = frozenset({kind}) if record.expected == "out" else frozenset()
    FAULTS[kind].make(record, desk)


def _extra_rows(records: list[Record], desk: Desk, counts: Mapping[str, int]) -> list[Record]:
    """Return rows that were written a second time; the first of each stays."""
    intact = [record for record in records if record.fault is None]
    chosen = desk.rng.permutation(len(intact))[: sum(counts[kind] for kind in EXTRA)]
    kinds = [kind for kind in EXTRA for _ in range(counts[kind])]
    extra = []
    for n, (i, kind) in enumerate(zip(chosen, kinds, strict=True)):
        copy = replace(intact[i], truth=dict(intact[i].truth), cells=dict(intact[i].cells))
        if kind == "same_address":
            copy.cells.update(courtyard_id=f"C{9001 + n}", serial=len(records) + n + 1)
        _spoil(copy, kind, desk)
        extra.append(copy)
    return extra


def _truth(record: Record, sheet: str, row: int, layout: Layout) -> TruthRow:
    return TruthRow(
        "" if layout in ENCODINGS else sheet,
        row,
        record.truth["courtyard_id"],
        record.fault,
        record.expected,
        record.causes,
        record.also,
        record.truth,
        record.tolerance,
    )
