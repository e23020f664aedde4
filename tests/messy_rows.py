"""What stands between a clerk's rows and the file: odd but harmless forms, and the lines around.

Written from DOMAIN section 7, before the reader of ledgers and without a look at any reader.
"""

# ruff: noqa: ARG001 - every odd form is written by a function of the same form
from __future__ import annotations

from typing import TYPE_CHECKING

from messy_files import STYLES, CellError, Formula, Line, as_text

if TYPE_CHECKING:
    from messy_faults import Desk, Record

# every so many communities an office merged the cells of the name, left a line free, or the
# printed page began again with the head
_MERGED_EVERY, _EMPTY_EVERY, _HEAD_EVERY = 10, 7, 24
_FEWEST_MERGED = 3
_HIDDEN_EVERY = 90
_OLD_ROWS = 5


def write_oddly(record: Record, desk: Desk) -> None:
    """Write one cell of a row in a form that is unusual and means the same; no fault."""
    forms = [_as_text, _blanks, _blank, _pandas, _zero, _many, _not_renovated, _blank_grid]
    if desk.layout in {"sheet", "sheets"}:
        forms += [_formula, _formula]
    if "community" in record.cells:
        forms += [_community, _community]
    desk.one(*forms)(record, desk)


def _as_text(record: Record, desk: Desk) -> None:
    for name in desk.one(("households",), ("year_built", "n_buildings"), ("x", "y")):
        record.cells[name] = str(record.cells[name])


def _blanks(record: Record, desk: Desk) -> None:
    name = desk.one("households", "address", "name", "courtyard_id", "previous_grid")
    record.cells[name] = desk.one(" {}", "{} ", "  {} ").format(record.cells[name])


def _blank(record: Record, desk: Desk) -> None:
    name = desk.one("year_built", "n_entrances", "share_over_60")
    record.cells[name] = desk.one(None, "不详", "-") if name == "year_built" else None
    record.truth[name] = None


def _pandas(record: Record, desk: Desk) -> None:
    name = desk.one("households", "n_buildings", "year_built")
    record.cells[name] = f"{record.truth[name]}.0"


def _zero(record: Record, desk: Desk) -> None:
    record.cells["households"] = record.truth["households"] = 0


def _many(record: Record, desk: Desk) -> None:
    record.cells["households"] = record.truth["households"] = int(desk.rng.integers(1000, 2000))


def _not_renovated(record: Record, desk: Desk) -> None:
    record.cells["renovated_year"] = desk.one("未改造", "无", "-")
    record.truth["renovated_year"] = None


def _blank_grid(record: Record, desk: Desk) -> None:
    record.cells["previous_grid"] = record.truth["previous_grid"] = None


def _formula(record: Record, desk: Desk) -> None:
    number = record.truth["households"]
    record.cells["households"] = Formula(f"=SUM({number - 7},7)", number)


def _community(record: Record, desk: Desk) -> None:
    name, code = desk.communities[record.community_code], record.community_code
    record.cells["community"] = desk.one(
        desk.subdistricts[code] + name, f"{name}居委会", code, int(code), f" {name}"
    )


def lay_out(records: list[Record], desk: Desk, heads: dict[str, str]) -> dict[str, list[Line]]:
    """Put rows onto sheets, community by community, with all that an office writes around them."""
    blocks: dict[str, list[Record]] = {code: [] for code in desk.communities}
    # a row on another community's sheet, or written a second time, comes after its rows
    for record in sorted(records, key=lambda record: record.sheet_code is not None):
        blocks[record.sheet_code or record.community_code].append(record)
    if desk.layout == "sheets":
        return _many_sheets(blocks, desk)
    style = STYLES[desk.layout]
    lines = [Line("title", text=title) for title in style.titles] + [Line("head")]
    for n, (code, block) in enumerate(blocks.items(), 1):
        if desk.layout == "sheet":
            _hide_and_merge(block, desk.communities[code], n)
        lines += _rows_of(block, desk)
        if style.has_totals:
            lines.append(_total("小计", block, heads))
        if n % _EMPTY_EVERY == 0:
            lines.append(Line("empty"))
        if n % _HEAD_EVERY == 0 and not style.groups:
            lines.append(Line("head"))
    if style.has_totals:
        lines.append(_total("合计", records, heads))
    lines += [Line("note", text=note) for note in style.notes]
    sheets = {"Sheet1" if desk.layout == "xls" else "楼院台账": lines}
    if desk.layout == "sheet":
        sheets["旧台账"] = [Line("head"), *map(_nobodys, lines[3 : 3 + _OLD_ROWS])]
    return sheets


def _many_sheets(blocks: dict[str, list[Record]], desk: Desk) -> dict[str, list[Line]]:
    """Give every community its sheet, named as people call it or as the office writes it."""
    sheets = {
        "填表说明": [
            Line("title", text="填表说明"),
            Line("note", text="一、每个社区填一张表，表名写社区名称。"),
            Line("note", text="二、坐标请从地图上量取，户数填总户数。"),
        ]
    }
    style = STYLES[desk.layout]
    for n, (code, block) in enumerate(blocks.items()):
        name = desk.communities[code]
        lines = [Line("title", text=f"{name}开放式楼院台账（合成数据）"), Line("head")]
        lines += _rows_of(block, desk)
        lines.append(_total("合计", block, style.heads))
        lines += [Line("note", text=note) for note in style.notes]
        sheets[name if n % 2 else name.removesuffix("社区")] = lines
    return sheets


def _rows_of(block: list[Record], desk: Desk) -> list[Line]:
    lines = []
    for record in block:
        cells = record.cells | {"merge": record.merge}
        if STYLES[desk.layout].has_joined_xy:
            cells["xy"] = _joined(cells["x"], cells["y"])
        lines.append(Line("row", cells, is_hidden=record.is_hidden, record=record))
    return lines


def _joined(x: object, y: object) -> object:
    """Write two coordinates into one cell."""
    failed = [one for one in (x, y) if isinstance(one, CellError)]
    if failed:
        return failed[0]
    return ",".join(as_text(one) for one in (x, y) if one is not None) or None


def _total(word: str, rows: list[Record], heads: dict[str, str]) -> Line:
    """Return a line of totals: its word in the first column, sums below counts."""
    cells: dict[str, object] = {next(iter(heads)): word}
    for name in ("households", "n_buildings"):
        cells[name] = Formula(f"=SUM(A1:A{len(rows)})", sum(row.truth[name] for row in rows))
    return Line("total", cells)


def _nobodys(line: Line) -> Line:
    """Return a row of a sheet that was put out of sight: not this year's data."""
    return Line("row", dict(line.cells, merge=None))


def _hide_and_merge(block: list[Record], name: str, n: int) -> None:
    """Hide a row here and there; merge the name of every tenth community over its rows."""
    for i, record in enumerate(block):
        if record.fault is None and (n * 31 + i) % _HIDDEN_EVERY == 0:
            record.is_hidden = True
    if n % _MERGED_EVERY:
        return
    run: list[Record] = []
    runs = [run]
    for record in block:
        if record.cells["community"] == name:
            run.append(record)
        else:
            run = []
            runs.append(run)
    for k, run in enumerate(runs):
        if len(run) >= _FEWEST_MERGED:
            for record in run:
                record.merge = f"{n}-{k}"
