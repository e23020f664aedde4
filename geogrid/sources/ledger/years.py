"""Grammar of a year: four digits, a date, or a spreadsheet's number of days."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from geogrid.sources.ledger.values import ABOUT, DASHES, WIDE, Cell, out_of_range, rules_of, within
from geogrid.sources.spelling import half_width

if TYPE_CHECKING:
    from geogrid.district import Column

__all__ = ["read_year"]

_YEAR_WORD = r"(?:年度?|年建成?|年建造|年竣工|年完工|年改造|年完成改造|年整治|年旧改)"
_YEAR = re.compile(
    rf"(?P<about>{ABOUT})?(?P<year>[0-9]{{4}}|[{'零〇一二三四五六七八九'}]{{4}})(?P<unit>{_YEAR_WORD})?(?P<around>左右|前后)?"
)
_WHOLE_NUMBER = re.compile(r"(?P<year>[0-9]+)\.0+")
_DATES = (
    # 1985-06, 1985.6.1, 1985/6/1 0:00, 1985年6月1日
    re.compile(
        r"(?P<year>[0-9]{4})(?:[-./]|年)(?P<month>[0-9]{1,2})(?:(?:[-./]|月)(?P<day>[0-9]{1,2})日?|月(?:份|底|初)?)?"
        r"(?:[ t][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?(?:建成?|建造|竣工|完工|改造)?"
    ),
    re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})?"),
    # 6/1/1985, whichever of the two is the month
    re.compile(r"(?P<day>[0-9]{1,2})[-./](?P<month>[0-9]{1,2})[-./](?P<year>[0-9]{4})"),
)
_DAY = re.compile(r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})(?![0-9])")
# what a date is to a spreadsheet: days since the last one of 1899
_SERIAL = re.compile(r"[0-9]{5}")
_SERIAL_DAY = date(1899, 12, 30)
# 1985 typed into a cell with the style of a date is shown as a day of 1905
_TYPED = (1850, 2100)


def read_year(text: str, column: Column) -> Cell:
    """Read a year.

    Parameters
    ----------
    text : str
        Cleaned, not blank.
    column : Column
        Its limits.

    Returns
    -------
    Cell
        An ``int``, by the rule ``date_as_year`` where the cell holds a date or, with five digits,
        a spreadsheet's number of days. Two digits have no century: refused, and so is a day
        whose number is a year.
    """
    plain = half_width(text).translate(DASHES).casefold()
    wide = rules_of(full_width=bool(WIDE.search(text)))
    plain = re.sub(r"(?<![0-9]) +| +(?![0-9])", "", plain)
    found = _YEAR.fullmatch(plain)
    if found is not None:
        is_spelt = not found["year"].isdigit() or not found["year"].isascii()
        year = _spelt_year(found["year"]) if is_spelt else int(found["year"])
        is_about = bool(found["about"] or found["around"])
        rules = wide + rules_of(
            approximate_count=is_about,
            unit_dropped=not is_about and not is_spelt and bool(found["unit"]),
            spelt_number=is_spelt,
        )
        return within(year, column, rules)
    whole = _WHOLE_NUMBER.fullmatch(plain)
    if whole is not None and len(whole["year"]) == 4:
        return within(int(whole["year"]), column, wide)
    for form in _DATES:
        dated = form.fullmatch(plain)
        if dated is not None and _is_date(dated):
            typed = _typed_year(plain)
            cell = within(int(dated["year"]), column, (*wide, "date_as_year"))
            return Cell(fault="year_as_date", told={"year": str(typed)}) if typed else cell
    days = whole["year"] if whole is not None else plain
    if _SERIAL.fullmatch(days):
        day = _SERIAL_DAY + timedelta(days=int(days))
        # 19850 is a day of 1954, or 1985 with a digit too much
        is_open = _TYPED[0] <= int(days[:4]) <= _TYPED[1]
        rules = (*wide, "date_as_year", *rules_of(year_or_date=is_open))
        cell = within(day.year, column, rules)
        told = {**cell.told, "date": day.isoformat(), "year": days[:4]}
        return cell if cell.fault else replace(cell, told=told)
    if re.fullmatch(r"-?[0-9]{3,}(?:\.0+)?年?", plain):
        return out_of_range(column)
    return Cell(fault="value_unreadable")


def _typed_year(plain: str) -> int | None:
    """Return the year that was typed where a spreadsheet shows the day of that number."""
    found = _DAY.match(plain)
    if found is None:
        return None
    try:
        serial = (date(*map(int, found.groups())) - _SERIAL_DAY).days
    except ValueError:
        return None
    return serial if _TYPED[0] <= serial <= _TYPED[1] else None


def _spelt_year(spelt: str) -> int:
    return int(
        "".join(str("零一二三四五六七八九".find(sign.replace("〇", "零"))) for sign in spelt)
    )


def _is_date(found: re.Match[str]) -> bool:
    """Say whether month and day are some, in either order if all three are numbers."""
    month, day = int(found["month"]), int(found["day"] or 1)
    is_first = found.string.startswith(found["year"])
    return (1 <= month <= 12 and 1 <= day <= 31) or (
        not is_first and 1 <= day <= 12 and 1 <= month <= 31
    )
