"""How a street office lays its ledger out: heads, titles, totals, notes, and the bytes of the file.

Written from DOMAIN section 7, before the reader of ledgers and without a look at any reader.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Layout = Literal["sheet", "sheets", "gbk", "gb18030", "utf8", "xls"]
LAYOUTS: tuple[Layout, ...] = ("sheet", "sheets", "gbk", "gb18030", "utf8", "xls")
ENCODINGS = {"gbk": "gbk", "gb18030": "gb18030", "utf8": "utf-8-sig"}
WORKBOOKS = frozenset({"sheet", "sheets", "xls"})

# what xlsxwriter is given for a formula that was never reckoned; cut out of the file again
_NEVER = "@@never"
# as the old format numbers them; xlwt's own table of words has #VALUE! wrong
_ERROR_CODES = {"#VALUE!": 0x0F, "#REF!": 0x17, "#N/A": 0x2A}


@dataclass(frozen=True)
class Formula:
    """Hold a formula and what it last gave; None if it was never reckoned."""

    text: str
    value: float | str | None = None


@dataclass(frozen=True)
class CellError:
    """Hold what a spreadsheet shows where a formula failed."""

    code: str


@dataclass
class Line:
    """Hold one line of a sheet: what it is, and the cells of a row of data by field."""

    kind: Literal["title", "head", "row", "total", "note", "empty"]
    cells: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    is_hidden: bool = False
    # the record of which it is a row; anything that the caller knows again
    record: Any = None


@dataclass(frozen=True)
class Style:
    """Say how one office sets up its table: file, columns, and what stands around them."""

    heads: dict[str, str]
    titles: tuple[str, ...] = ()
    groups: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    has_totals: bool = True
    is_percent: bool = False
    has_joined_xy: bool = False


_TITLES = (
    "市南区开放式楼院基础情况台账（合成数据）",
    "填报单位：某某街道办事处　　填报日期：2026年1月5日",
)
_NOTES = (
    "注：1.户数以社区台账为准；2.坐标取自地图。",
    "说明：本表仅供内部使用。",
    "填表人：某某　　审核人：某某　　联系电话：0532-0000 0000",
)

STYLES: dict[Layout, Style] = {
    "sheet": Style(
        {
            "serial": "序号",
            "courtyard_id": "楼院编号",
            "name": "楼院名称",
            "address": "地址",
            "community": "所属社区",
            "households": "户数（户）",
            "n_buildings": "楼栋数",
            "n_entrances": "单元数",
            "year_built": "建成年份",
            "renovated_year": "改造年份",
            "share_over_60": "60岁以上\n占比",
            "property_service": "物业服务",
            "committee": "自治组织",
            "previous_grid": "原网格编号",
            "x": "经度",
            "y": "纬度",
            "phone": "联系电话",
            "remark": "备注",
        },
        titles=_TITLES,
        groups={
            "households": "房屋情况",
            "n_buildings": "房屋情况",
            "n_entrances": "房屋情况",
            "year_built": "建设与改造",
            "renovated_year": "建设与改造",
            "x": "坐标",
            "y": "坐标",
        },
        notes=_NOTES,
    ),
    "sheets": Style(
        {
            "courtyard_id": "编号",
            "name": "名称",
            "address": "详细地址",
            "households": "总户数",
            "n_buildings": "楼座数",
            "n_entrances": "单元数(个)",
            "year_built": "建成年代",
            "renovated_year": "改造年度",
            "share_over_60": "60岁及以上占比",
            "property_service": "物业情况",
            "committee": "业委会/自管会",
            "previous_grid": "原网格",
            "x": "经度",
            "y": "纬度",
            "phone": "楼院长电话",
            "remark": "备注",
        },
        titles=("社区开放式楼院台账（合成数据）",),
        notes=_NOTES[:1],
    ),
    "gbk": Style(
        {
            "courtyard_id": "楼院编码",
            "name": "楼院名称",
            "address": "楼院地址",
            "community": "社区",
            "households": "户数",
            "n_buildings": "楼栋数(栋)",
            "n_entrances": "单元数(个)",
            "year_built": "建成时间",
            "renovated_year": "改造时间",
            "share_over_60": "60岁以上老人占比",
            "property_service": "物业服务",
            "committee": "业委会（自管会）",
            "previous_grid": "原网格编码",
            "x": "经度",
            "y": "纬度",
            "phone": "手机号",
            "remark": "备注",
        },
        has_totals=False,
    ),
    "gb18030": Style(
        {
            "serial": "序号",
            "courtyard_id": "院落编号",
            "name": "院落名称",
            "address": "门牌地址",
            "community": "社区名称",
            "households": "居民户数",
            "n_buildings": "楼座",
            "n_entrances": "单元",
            "year_built": "建造年份",
            "renovated_year": "旧改年份",
            "share_over_60": "60岁以上人口占比",
            "property_service": "物业",
            "committee": "自治组织",
            "previous_grid": "原网格编号",
            "y": "纬度",
            "x": "经度",
            "phone": "电话",
            "remark": "备注",
        },
        titles=_TITLES[:1],
        notes=_NOTES[:2],
    ),
    "utf8": Style(
        {
            "courtyard_id": "楼院编号",
            "name": "楼院名称",
            "address": "地址",
            "community": "所在社区",
            "households": "户数(户)",
            "n_buildings": "楼栋数",
            "n_entrances": "单元数",
            "year_built": "建成年份",
            "renovated_year": "改造年份",
            "share_over_60": "60岁以上占比",
            "property_service": "物业服务",
            "committee": "自治组织",
            "previous_grid": "原网格编号",
            "xy": "经纬度",
            "phone": "联系电话",
            "remark": "备注",
        },
        has_totals=False,
        has_joined_xy=True,
    ),
    "xls": Style(
        {
            "courtyard_id": "楼院 编号",
            "name": "楼院 名称",
            "address": "地 址",
            "community": "社 区",
            "households": "居民户数（户）",
            "n_buildings": "楼栋数（栋）",
            "n_entrances": "单元数（个）",
            "year_built": "建成年份（年）",
            "renovated_year": "改造年份（年）",
            "share_over_60": "60岁以上占比（%）",
            "property_service": "物业服务",
            "committee": "自治组织",
            "previous_grid": "原网格编号",
            "x": "经度",
            "y": "纬度",
            "phone": "联系电话",
            "remark": "备 注",
        },
        titles=_TITLES[:1],
        notes=_NOTES,
        is_percent=True,
    ),
}
# surveyors call the northing X; an office that knows it writes the directions instead
PROJECTED_HEADS = {"x": "东坐标", "y": "北坐标", "xy": "东坐标,北坐标"}


def heads_of(layout: Layout, *, is_projected: bool) -> dict[str, str]:
    """Return the head of every field, in the order of the columns."""
    heads = dict(STYLES[layout].heads)
    if is_projected:
        heads.update({name: head for name, head in PROJECTED_HEADS.items() if name in heads})
    return heads


def write_file(
    layout: Layout, sheets: dict[str, list[Line]], heads: dict[str, str]
) -> tuple[bytes, list[tuple[Any, str, int]]]:
    """Return the file's bytes, and where each record stands: sheet, and row as it is shown."""
    if layout in ENCODINGS:
        return _write_csv(layout, sheets, heads)
    if layout == "xls":
        return _write_xls(layout, sheets, heads)
    return _write_xlsx(layout, sheets, heads)


def _head_rows(layout: Layout, heads: dict[str, str]) -> list[list[str]]:
    """Return the row or the two rows that the head takes."""
    groups = STYLES[layout].groups
    if not groups:
        return [list(heads.values())]
    return [
        [groups.get(name, head) for name, head in heads.items()],
        [head if name in groups else "" for name, head in heads.items()],
    ]


def _rows(layout: Layout, lines: Sequence[Line], heads: dict[str, str]) -> Iterator[tuple]:
    """Yield the line and its cells; a head of two rows comes twice."""
    for line in lines:
        if line.kind == "head":
            yield from ((line, cells) for cells in _head_rows(layout, heads))
        elif line.kind in {"title", "note"}:
            yield line, [line.text]
        else:
            yield line, [line.cells.get(name) for name in heads]


def as_text(cell: Any) -> str:
    """Write a cell as a spreadsheet writes it into a CSV."""
    match cell:
        case None:
            return ""
        case dt.date():
            return f"{cell.year}/{cell.month}/{cell.day}"
        case Formula():
            return cell.text if cell.value is None else as_text(cell.value)
        case CellError():
            return cell.code
    return str(cell)


def _write_csv(layout, sheets, heads):
    text, places = io.StringIO(newline=""), []
    (sheet, lines) = next(iter(sheets.items()))
    writer = csv.writer(text)
    for row, (line, cells) in enumerate(_rows(layout, lines, heads), 1):
        filled = [as_text(cell) for cell in cells]
        writer.writerow(filled + [""] * (len(heads) - len(filled)))
        if line.record is not None:
            places.append((line.record, sheet, row))
    return text.getvalue().encode(ENCODINGS[layout]), places


def _write_xlsx(layout, sheets, heads):
    import xlsxwriter

    raw, places = io.BytesIO(), []
    book = xlsxwriter.Workbook(raw, {"in_memory": True})
    book.set_properties({"created": dt.datetime(2026, 1, 5, tzinfo=dt.UTC)})
    forms = {
        "day": book.add_format({"num_format": "yyyy/m/d"}),
        "share": book.add_format({"num_format": "0.0%"}),
        "head": book.add_format({"bold": True, "text_wrap": True, "align": "center"}),
    }
    for name, lines in sheets.items():
        sheet = book.add_worksheet(name)
        if name.startswith("旧"):
            sheet.hide()
        merges = _Merges(heads)
        for row, (line, cells) in enumerate(_rows(layout, lines, heads)):
            if line.kind == "title":
                sheet.merge_range(row, 0, row, len(heads) - 1, line.text, forms["head"])
                continue
            for column, cell in enumerate(cells):
                _put_xlsx(sheet, row, column, cell, forms)
            if line.is_hidden:
                sheet.set_row(row, options={"hidden": True})
            if line.record is not None:
                places.append((line.record, name, row + 1))
            merges.note(line, row)
        if STYLES[layout].groups:
            _merge_head(sheet, layout, lines, heads, forms["head"])
        for first, last, column, cell in merges.areas():
            sheet.merge_range(first, column, last, column, cell)
    book.close()
    return _forget_values(raw.getvalue()), places


class _Merges:
    """Gather the runs of rows over which an office merged the name of their community."""

    def __init__(self, heads):
        self.column = list(heads).index("community") if "community" in heads else None
        self.runs = {}

    def note(self, line, row):
        key = line.cells.get("merge")
        if key is not None and self.column is not None:
            self.runs.setdefault(key, []).append((row, line.cells["community"]))

    def areas(self):
        for run in self.runs.values():
            if len(run) > 1:
                yield run[0][0], run[-1][0], self.column, run[0][1]


def _merge_head(sheet, layout, lines, heads, form):
    """Merge the head's cells: single heads over both rows, a group's over its columns."""
    groups = STYLES[layout].groups
    names = list(heads)
    first = next(i for i, line in enumerate(lines) if line.kind == "head")
    column = 0
    while column < len(names):
        group = groups.get(names[column])
        if group is None:
            sheet.merge_range(first, column, first + 1, column, heads[names[column]], form)
            column += 1
            continue
        last = column
        while last + 1 < len(names) and groups.get(names[last + 1]) == group:
            last += 1
        sheet.merge_range(first, column, first, last, group, form)
        column = last + 1


def _put_xlsx(sheet, row, column, cell, forms):
    match cell:
        case None:
            return
        case Formula():
            sheet.write_formula(
                row, column, cell.text, None, _NEVER if cell.value is None else cell.value
            )
        case CellError():
            sheet.write_formula(row, column, f"={cell.code}", None, cell.code)
        case dt.date():
            sheet.write_datetime(row, column, dt.datetime(*cell.timetuple()[:3]), forms["day"])  # noqa: DTZ001 - a spreadsheet's days have no zone
        case str():
            sheet.write_string(row, column, cell)
        case float() if 0 < cell < 1:
            sheet.write_number(row, column, cell, forms["share"])
        case _:
            sheet.write_number(row, column, cell)


def _forget_values(raw: bytes) -> bytes:
    """Take out the last values that stand for none, as programs write that never reckon."""
    out = io.BytesIO()
    never = re.compile(rb' t="str"(><f>[^<]*</f>)<v>' + _NEVER.encode() + rb"</v>")
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
        for item in old.infolist():
            new.writestr(item, never.sub(rb"\1", old.read(item)), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _write_xls(layout, sheets, heads):
    import xlwt

    raw, places = io.BytesIO(), []
    book = xlwt.Workbook(encoding="utf-8")
    day = xlwt.easyxf(num_format_str="yyyy/m/d")
    for name, lines in sheets.items():
        sheet = book.add_sheet(name)
        for row, (line, cells) in enumerate(_rows(layout, lines, heads)):
            if line.kind == "title":
                sheet.write_merge(row, row, 0, len(heads) - 1, line.text)
                continue
            for column, cell in enumerate(cells):
                match cell:
                    case None:
                        continue
                    case Formula(value=None):
                        sheet.write(row, column, xlwt.Formula(cell.text.removeprefix("=")))
                    case Formula():
                        sheet.write(row, column, cell.value)
                    case CellError():
                        sheet.row(row).set_cell_error(column, _ERROR_CODES[cell.code])
                    case dt.date():
                        sheet.write(row, column, cell, day)
                    case _:
                        sheet.write(row, column, cell)
            if line.record is not None:
                places.append((line.record, name, row + 1))
    book.save(raw)
    return raw.getvalue(), places
