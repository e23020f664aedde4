"""Lines of a sheet that are no rows of data: totals, notes, sections, numbered but empty ones."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from geogrid.sources.spelling import plain_ident

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.sources.ledger.result import TableTold, Why

__all__ = ["why_no_row"]

_TOTAL = re.compile(
    r".{0,20}(?:合计|小计|总计|共计|累计|总和)(?:数)?(?:\(.{0,6}\))?:?(?:[0-9].*)?"
    r"|汇总:?|(?:总户数|户数合计):?(?:[0-9].*)?|(?:承|接)(?:前|上)页|(?:上|前)页结转|(?:转|过)(?:下|次)页|[0-9]+处"
    r"|(?:sub|grand)?total:?|sum:?|共[0-9]+(?:处|个|座)(?:楼院|院落|小区).*",
    re.IGNORECASE,
)
_PEOPLE = "填表|填报|制表|审核|复核|审批|统计|编制|负责|单位负责|分管领导|经办|联系"
_NOTE = re.compile(
    r"(?:注|备注|附注|注意|注意事项|说明|(?:填表|填报|填写)(?:说明|要求|须知)|例|示例|样例|note|notes|remark|remarks)"
    r"[0-9]*(?:[:、.]|$).*"
    rf"|(?:{_PEOPLE})(?:人|单位|部门|日期|时间|电话|员)?(?:签字|签名|盖章|\(.{{0,10}}\))?(?::.*|$)"
    r"|(?:日期|单位|数据来源|来源|统计口径|截止日期|盖章)(?::.*|$)"
    r"|(?:以上|上述|本表|此表|数据截至|数据截止|截至|截止)(?!.{0,4}(?:路|院|里|村|小区)).*"
    r"|第[0-9]+页(?:[,共/].*)?|(?:签字|签名)(?::.*|$)|示例.*|例如.*|preparedby.*",
    re.IGNORECASE,
)
_CHINESE = re.compile(r"[一-鿿]{2}")
_ABOUT_A_YARD = ("name", "address")
# a single cell is a line of its own only in a table wider than this
_NARROW = 3


@lru_cache(maxsize=1 << 16)
def _line(text: str) -> str:
    """Return whether a cell begins a total or a note, empty if neither."""
    plain = plain_ident(text)
    if _TOTAL.fullmatch(plain):
        return "total"
    return "note" if _NOTE.fullmatch(plain) else ""


def why_no_row(cells: Sequence[str], table: TableTold) -> Why | None:
    """Return why a line under the heads is no row of data.

    Parameters
    ----------
    cells : sequence of str
        Of the line.
    table : TableTold
        Of the heads above.

    Returns
    -------
    str or None
        None for a row of data. What has an identifier of its own is always one.
    """
    told = {field: cells[c] for c, field in table.columns.items() if c < len(cells) and cells[c]}
    ident = told.get("courtyard_id", "")
    first = next((cell for cell in cells if cell), "")
    if ident:
        what = _line(ident)
        if what:
            return what  # type: ignore[return-value] # one of Why
    elif not told.keys() - {"community_code", "road"}:
        what = _line(first)
        return what or _of_one_cell(cells, table) or "blank"  # type: ignore[return-value] # as above
    else:
        texts = (first, *(told.get(f, "") for f in ("name", "address", "community_code")))
        if any(_line(text) == "total" for text in texts):
            return "total"
        if _line(first) == "note" and len(told) < _NARROW:
            return "note"
    return _of_one_cell(cells, table)


def _of_one_cell(cells: Sequence[str], table: TableTold) -> Why | None:
    """Say what a line with one text is, in a table that is wider."""
    filled = [column for column, cell in enumerate(cells) if cell]
    if len(filled) != 1 or len(table.heads) <= _NARROW:
        return None
    (column,) = filled
    field = table.columns.get(column)
    # words where an identifier should be; a name alone is a row that lacks the rest
    if (field in _ABOUT_A_YARD and column) or field in {"households", "community_code"}:
        return None
    return "section" if _CHINESE.search(cells[column]) else None
