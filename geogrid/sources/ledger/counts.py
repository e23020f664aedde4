"""Grammar of a count: digits, digits in groups, spelt numbers, units, and about how many."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from geogrid.sources.ledger.values import ABOUT, DASHES, WIDE, Cell, out_of_range, rules_of
from geogrid.sources.spelling import half_width

if TYPE_CHECKING:
    from geogrid.district import Column

__all__ = ["MOST_HOUSEHOLDS", "SPELT", "CountGrammar", "spelt_count"]

# in one courtyard; the largest estates of high-rises have fewer, telephone numbers are larger
MOST_HOUSEHOLDS = 5_000

_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"
SPELT = "[零〇一二两三四五六七八九十百千壹贰叁肆伍陆柒捌玖拾佰仟]+"
# the month of a date
_PADDED = re.compile("0[0-9]")
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_SIGNIFICANT = re.compile(r"[0-9]*[1-9][0-9]*[1-9]0*")


def spelt_count(spelt: str) -> int | None:
    """Read a whole number up to 9,999 spelt in Chinese, if it is spelt as numbers are.

    Parameters
    ----------
    spelt : str
        一百二十, 两千零五, 壹佰. Not 一百二, which is 102 to some and 120 to others, and not
        三四, which is three or four.

    Returns
    -------
    int or None
        None if it is none.

    Examples
    --------
    >>> spelt_count("一百二十"), spelt_count("两千零五"), spelt_count("一百二")
    (120, 2005, None)
    """
    plain = spelt.translate(_PLAIN_DIGITS)
    if plain == "零":
        return 0
    found = _SPELT_NUMBER.fullmatch(plain)
    if found is None or not plain:
        return None
    thousands, hundreds, tens, ones = (found[name] for name in ("q", "b", "s", "g"))
    # a place left out is said: 一百零五, one hundred and five
    places = [thousands is not None, hundreds is not None, tens is not None, ones is not None]
    told = [place for place, is_told in enumerate(places) if is_told]
    gaps = any(b - a > 1 for a, b in itertools.pairwise(told))
    if gaps != ("零" in plain):
        return None
    if tens == "" and (thousands is not None or hundreds is not None):
        # 一百一十, never 一百十
        return None
    return (
        1000 * _digit(thousands) + 100 * _digit(hundreds) + 10 * _digit(tens) + _digit(ones)
    ) or None


_PLAIN_DIGITS = str.maketrans("〇壹贰叁肆伍陆柒捌玖拾佰仟", "零一二三四五六七八九十百千")
_SPELT_NUMBER = re.compile(
    r"(?:(?P<q>[一二两三四五六七八九])千)?零?(?:(?P<b>[一二两三四五六七八九])百)?"
    r"零?(?:(?P<s>[一二三四五六七八九]?)十)?零?(?P<g>[一二两三四五六七八九])?"
)


def _digit(sign: str | None) -> int:
    if sign is None:
        return 0
    return 1 if not sign else "零一二三四五六七八九".find(sign.replace("两", "二"))


def _grammar(units: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return the forms of a count, of a range of counts, and of a negative one."""
    listed = "|".join(re.escape(unit) for unit in sorted(units, key=len, reverse=True)) or "(?!)"
    unit = rf"(?:{listed}|\((?:{listed})\))"
    number = rf"(?:{_NUMBER}|{SPELT})"
    count = re.compile(
        rf"(?P<all>共计|总计|合计|总共|共|计)?(?P<about>{ABOUT})?"
        rf"(?P<number>{number})(?P<more>余|多)?(?P<unit>{unit})?(?P<around>左右|上下)?"
    )
    span = re.compile(
        rf"(?:{ABOUT})?(?P<low>{number}){unit}?(?:-|~|至|到)(?P<high>{number}){unit}?(?:左右|上下)?"
    )
    return count, span, re.compile(rf"(?:-|负){number}{unit}?")


class CountGrammar:
    """Read counts of one column.

    Parameters
    ----------
    column : Column
        Its limits.
    units : tuple of str
        What may follow the number.
    """

    def __init__(self, column: Column, units: tuple[str, ...]) -> None:
        self._column = column
        self._count, self._span, self._negative = _grammar(units)
        # other columns have one cause for whatever cannot be read, and one for limits
        self._is_households = column.name == "households"

    def read(self, text: str) -> Cell:
        """Return what a cell says."""
        if text.isdecimal() and text.isascii():
            return self._limited(int(text), ()) if len(text) < 19 else self._too_many()
        half = half_width(text).translate(DASHES)
        # blanks between digits may part two numbers
        plain = re.sub(r"(?<![0-9]) +| +(?![0-9])", "", half).casefold()
        wide = rules_of(full_width=bool(WIDE.search(text)))
        found = self._count.fullmatch(plain)
        if found is not None:
            return self._counted(found, wide)
        if self._negative.fullmatch(plain):
            return self._refused("households_negative", "value_out_of_range")
        span = self._span.fullmatch(plain)
        if span is not None and not any(map(_PADDED.match, span.group("low", "high"))):
            return self._refused("households_range", "value_unreadable")
        return self._refused("households_unreadable", "value_unreadable")

    def _counted(self, found: re.Match[str], wide: tuple[str, ...]) -> Cell:
        number = found["number"]
        is_spelt = not number[0].isdigit()
        is_estimated = bool(found["about"] or found["around"] or found["more"])
        if is_spelt:
            told = spelt_count(number)
            if told is None:
                return self._refused("households_unreadable", "value_unreadable")
            value = told
        else:
            whole, _, fraction = number.replace(",", "").partition(".")
            if fraction.strip("0"):
                return self._refused("households_fraction", "value_unreadable")
            if len(whole) > 18:
                return self._too_many()
            value = int(whole)
        # 一百多 may be 199: spelt, only the last of several digits is left open; in digits
        # 余 and 多 are one
        if found["more"] and is_spelt and not _SIGNIFICANT.fullmatch(str(value)):
            return self._refused("households_unreadable", "value_unreadable")
        rules = wide + rules_of(
            approximate_count=is_estimated,
            grouped_digits=bool(_GROUPED.fullmatch(number)),
            unit_dropped=not is_estimated and not is_spelt and bool(found["unit"] or found["all"]),
            spelt_number=is_spelt,
        )
        return self._limited(value, rules, is_estimated=is_estimated)

    def _limited(
        self,
        value: int,
        rules: tuple[str, ...],
        *,
        is_estimated: bool = False,
    ) -> Cell:
        most = MOST_HOUSEHOLDS if self._is_households else self._column.high
        if most is not None and value > most:
            return self._too_many()
        return Cell(value, rules, is_estimated=is_estimated, told={"read": str(value)})

    def _too_many(self) -> Cell:
        if self._is_households:
            return Cell(fault="households_too_many", told={"most": f"{MOST_HOUSEHOLDS:,}"})
        return out_of_range(self._column)

    def _refused(self, of_households: str, of_others: str) -> Cell:
        if self._is_households:
            return Cell(fault=of_households)
        if of_others == "value_out_of_range":
            return out_of_range(self._column)
        return Cell(fault=of_others)
