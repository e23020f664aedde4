"""Grammar of a share: a fraction, or per cent where the cell, the column or its head says so."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from geogrid.sources.ledger.counts import SPELT, spelt_count
from geogrid.sources.ledger.values import ABOUT, DASHES, WIDE, Cell, out_of_range, rules_of, within
from geogrid.sources.spelling import half_width

if TYPE_CHECKING:
    from geogrid.district import Column

__all__ = ["bare_share", "read_share"]

_BARE = re.compile(r"[0-9]*\.?[0-9]+")
_SHARE = re.compile(
    rf"(?P<about>{ABOUT})?(?P<of>百分之)?(?P<number>[0-9]*\.?[0-9]+|{SPELT})(?P<percent>%)?(?P<around>左右|上下)?"
)


def read_share(
    text: str, column: Column, *, is_percent: bool = False, is_said: bool = False
) -> Cell:
    """Read a share.

    Parameters
    ----------
    text : str
        Cleaned, not blank.
    column : Column
        Its limits, 0 and 1.
    is_percent : bool
        Whether bare numbers of the column are per cent.
    is_said : bool
        Whether its head says so; else that is a rule, and told.

    Returns
    -------
    Cell
        A ``float``, 0 to 1.
    """
    half = half_width(text).translate(DASHES)
    plain = "".join(half.split()).casefold() if not re.search(r"[0-9] +[0-9]", half) else "?"
    wide = rules_of(full_width=bool(WIDE.search(text)))
    found = _SHARE.fullmatch(plain)
    if found is None:
        if re.fullmatch(r"-[0-9]*\.?[0-9]+%?", plain):
            return out_of_range(column)
        return Cell(fault="value_unreadable")
    is_spelt = found["number"][0] not in ".0123456789"
    if is_spelt:
        counted = spelt_count(found["number"])
        if counted is None or not found["of"]:
            return Cell(fault="value_unreadable")
        number = float(counted)
    else:
        number = float(found["number"])
    is_hundredth = bool(found["percent"]) or bool(found["of"])
    is_bare = not is_hundredth
    if is_bare and is_percent:
        # half of the people, or half of a hundredth; all of them, or one in a hundred
        if 0 < number <= 1:
            return Cell(fault="value_unreadable")
        is_hundredth = True
    value = _hundredth(found["number"]) if is_hundredth and not is_spelt else number
    if is_hundredth and is_spelt:
        value = number / 100
    is_about = bool(found["about"] or found["around"])
    rules = wide + rules_of(
        approximate_count=is_about,
        percent_read=is_bare and is_hundredth and not is_said,
        unit_dropped=is_hundredth and not (is_about or is_spelt or is_bare),
        spelt_number=is_spelt,
    )
    return within(value, column, rules)


def _hundredth(digits: str) -> float:
    """Return a hundredth of a number without what division by 100 adds."""
    return float(Decimal(digits) / 100)


def bare_share(text: str) -> float | None:
    """Return the number of a cell that holds nothing else, None if it holds another thing."""
    plain = "".join(half_width(text).split())
    return float(plain) if _BARE.fullmatch(plain) else None
