"""Rows of heads: where a table begins, which column is what, heads over two rows and more."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.sources.tables import plain_head

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.sources.ledger.columns import LedgerWords
    from geogrid.sources.tables import Sheet

__all__ = ["DEEPEST_HEAD", "Head", "find_head", "is_numbering", "nearest_head"]

# heads stand this far down at most: titles, document numbers and hints come before them
DEEPEST_HEAD = 30
_MOST_HEAD_ROWS = 3
# a courtyard is told by one of these, and needs a count
_LEADING = ("courtyard_id", "name", "address")
_DIGIT = re.compile(r"[0-9０-９]")
_LEAST_NUMBERED = 3
_LEAST_GROUPS = 2
# households counted by the hundred, below their head or in a title
_SCALE = re.compile("[十百千万][户戶]")
_UNIT_OF_ALL = re.compile(r"单位[\s为是:：]*[十百千万][户戶]")
# groups of heads below which households are all of them
_OF_ALL = re.compile(
    r"(?:[一二三四五六七八九十0-9]+[、.])?(?:居民|住户|住宅|户数|户|人口|家庭|房屋|住房|建筑|楼宇|楼房|楼栋"
    r"|楼院|院落|小区|社区|开放式|老旧|基本|基础|总体|规模|及|与|和|、|情况|信息|概况|数据|统计|数量|指标)+"
)
_OF_SOME = frozenset({"property_service", "committee", "share_over_60"})


@dataclass(frozen=True)
class Head:
    """Hold the heads of a table.

    Parameters
    ----------
    first, last : int
        Places of its rows among those of the sheet.
    columns : mapping of int to str
        Field of each column that is read.
    heads : mapping of int to str
        What stands above each column; of heads over two rows, both.
    """

    first: int
    last: int
    columns: Mapping[int, str]
    heads: Mapping[int, str]

    @property
    def is_whole(self) -> bool:
        """Return whether a ledger can be read by it."""
        fields = set(self.columns.values())
        return "households" in fields and not fields.isdisjoint(_LEADING)


def find_head(sheet: Sheet, numbers: Sequence[int], place: int, words: LedgerWords) -> Head | None:
    """Return the heads that begin at a row, if they do.

    Parameters
    ----------
    sheet : Sheet
        With its rows.
    numbers : sequence of int
        Their numbers, sorted.
    place : int
        Which of them.
    words : LedgerWords
        What heads mean.

    Returns
    -------
    Head or None
        Of one row or several, with ``households`` and one of id, name, address.
    """
    own = sheet.rows[numbers[place]]
    # a lower row has heads of its own; else a row of data would be taken for one
    if not any(words.field_of(cell) for cell in own if cell):
        return None
    head = _head(place, place, _plain_texts(own), words)
    if place and numbers[place] == numbers[place - 1] + 1:
        joined = _joined(sheet.rows[numbers[place - 1]], own, words)
        both = _head(place - 1, place, joined, words)
        if both.is_whole and len(both.columns) > len(head.columns):
            head = both
        elif _is_below_groups(sheet.rows[numbers[place - 1]], head, both):
            return None
    if not head.is_whole or _is_scaled(sheet, numbers[:place]):
        return None
    grown = _grown(head, sheet, numbers, words)
    return grown if grown.is_whole else None


def _is_scaled(sheet: Sheet, above: Sequence[int]) -> bool:
    """Say whether a title counts households by the hundred: 单位：百户."""
    titles = above[-DEEPEST_HEAD:]
    return any(_UNIT_OF_ALL.search(cell) for n in titles for cell in sheet.rows[n] if cell)


def _as_scaled(head: Head, words: LedgerWords) -> Head:
    """Write a title's unit beside the head of the households, which then are none."""
    counts = {c for c, field in head.columns.items() if field == "households"}
    texts = {c: f"{text}（百户）" if c in counts else text for c, text in head.heads.items()}
    return _head(head.first, head.last, texts, words)


def _is_below_groups(above: Sequence[str], head: Head, both: Head) -> bool:
    """Say whether the row above parts the heads into groups, with households in another one."""
    told = [cell for cell in above if cell]
    is_titles = len(told) < _LEAST_GROUPS or any(_DIGIT.search(t) or "：" in t for t in told)
    counts = {c for c, field in head.columns.items() if field == "households"}
    return bool(counts) and not is_titles and counts.isdisjoint(both.columns)


def nearest_head(sheet: Sheet, words: LedgerWords) -> Head | None:
    """Return the row that comes nearest to heads, for whoever asks what is missing.

    Parameters
    ----------
    sheet : Sheet
        In which no heads were found.
    words : LedgerWords
        What heads mean.

    Returns
    -------
    Head or None
        None if no row has two columns that are known.
    """
    numbers = sorted(sheet.rows)[:DEEPEST_HEAD]
    found = []
    for place, number in enumerate(numbers):
        own = sheet.rows[number]
        head = _head(place, place, _plain_texts(own), words)
        if place:
            above = sheet.rows[numbers[place - 1]]
            both = _head(place - 1, place, _joined(above, own, words), words)
            head = both if _is_below_groups(above, head, both) else head
        if _is_scaled(sheet, numbers[:place]):
            head = _as_scaled(head, words)
        found.append(_grown(head, sheet, numbers, words) if len(head.columns) > 1 else head)
    best = max(found, key=lambda head: len(head.columns), default=None)
    return best if best is not None and len(best.columns) > 1 else None


def is_numbering(cells: Sequence[str]) -> bool:
    """Return whether a row below the heads only numbers the columns: 1, 2, 3, ..."""
    told = [cell.strip("()（）") for cell in cells if cell]
    return len(told) >= _LEAST_NUMBERED and told in (
        [str(n) for n in range(1, len(told) + 1)],
        [str(n) for n in range(len(told))],
    )


def _grown(head: Head, sheet: Sheet, numbers: Sequence[int], words: LedgerWords) -> Head:
    """Take the rows below that are heads too."""
    above = sheet.rows[numbers[head.last]]
    while head.last - head.first + 1 < _MOST_HEAD_ROWS and head.last + 1 < len(numbers):
        below = sheet.rows[numbers[head.last + 1]]
        if not _goes_on(head, above, below, words):
            break
        texts = _joined([head.heads.get(c, "") for c in range(_width(head))], below, words, above)
        head = _head(head.first, head.last + 1, texts, words)
        above = below
    return head


def _width(head: Head) -> int:
    return max(head.heads, default=-1) + 1


def _plain_texts(cells: Sequence[str]) -> dict[int, str]:
    return {column: cell for column, cell in enumerate(cells) if cell}


def _head(first: int, last: int, texts: Mapping[int, str], words: LedgerWords) -> Head:
    """Say which column is what; of several heads for a field the better ones count."""
    best = {c: field for c, text in texts.items() if (field := words.sure_field(text))}
    rest = {
        c: field for c, text in texts.items() if c not in best and (field := words.field_of(text))
    }
    told = set(best.values())
    # two coordinates of one kind belong together
    if {"x", "y"} <= told or not {"x", "y"} <= set(rest.values()):
        told |= {"x", "y"} if told & {"x", "y"} else set()
    else:
        best = {c: f for c, f in best.items() if f not in {"x", "y"}}
    columns = {**best, **{c: f for c, f in rest.items() if f not in told}}
    if {"x", "y"} <= set(columns.values()):
        columns = {c: f for c, f in columns.items() if f != "xy"}
    # one coordinate alone says nothing
    if len({"x", "y"} & set(columns.values())) == 1:
        columns = {c: f for c, f in columns.items() if f not in {"x", "y"}}
    # the number of a house needs its road, an address does not; a road alone is better than none
    if "address" in told:
        columns = {c: f for c, f in columns.items() if f != "road"}
    elif "address" not in columns.values():
        columns = {c: "address" if f == "road" else f for c, f in columns.items()}
    return Head(first, last, dict(sorted(columns.items())), dict(texts))


def _joined(
    above: Sequence[str], own: Sequence[str], words: LedgerWords, spans: Sequence[str] | None = None
) -> dict[int, str]:
    """Join heads with those below them; ``spans`` is the row that stands right above."""
    direct = above if spans is None else spans
    texts: dict[int, str] = {}
    over = ""
    for column in range(max(len(own), len(above))):
        text = own[column] if column < len(own) else ""
        upper = above[column] if column < len(above) else ""
        over = upper or over
        if text and upper and _is_aside(text):
            joined = f"{upper}({text.strip('()（）')})"
        elif not text or plain_head(text) == plain_head(upper):
            joined = upper
        elif _knows(over + text, words):
            joined = over + text
        elif words.field_of(text) == "households" and not _is_of_all(over, words):
            # a count below the head of another group: 独居老人 over 户数
            joined = over + text
        else:
            # below a head of one column stand units and hints, not other heads
            next_upper = direct[column + 1] if column + 1 < len(direct) else ""
            next_own = own[column + 1] if column + 1 < len(own) else ""
            is_single = bool(upper) and bool(next_upper or not next_own)
            is_own = not words.field_of(upper) and _knows(text, words)
            joined = upper if is_single and not is_own else text
        if joined:
            texts[column] = joined
    return texts


def _is_aside(text: str) -> bool:
    """Say whether a lower head only adds to the upper one: （百户）, or 百户."""
    return (text[0] in "(（" and not plain_head(text)) or bool(_SCALE.fullmatch(text))


def _is_of_all(over: str, words: LedgerWords) -> bool:
    """Say whether households below a head are all of a courtyard's."""
    field = words.field_of(over)
    if field is None:
        return not over or bool(_OF_ALL.fullmatch(plain_head(over)))
    return field not in _OF_SOME


def _knows(head: str, words: LedgerWords) -> bool:
    return bool(words.field_of(head)) or words.is_personal(head) or words.knows(head)


def _goes_on(head: Head, above: Sequence[str], below: Sequence[str], words: LedgerWords) -> bool:
    """Say whether the row below heads is one of heads too.

    It tells nothing of a courtyard, has no number, and stands below something that it parts.
    """
    is_part = False
    for column, cell in enumerate(below):
        upper = head.heads.get(column, "")
        if not cell or plain_head(cell) == plain_head(upper):
            continue
        over = next((above[c] for c in range(min(column, len(above) - 1), -1, -1) if above[c]), "")
        is_known = _knows(cell, words) or _knows(over + cell, words)
        if head.columns.get(column) in _LEADING and not is_known:
            return False
        if _DIGIT.search(cell) and not is_known:
            return False
        stands_free = column >= len(above) or not above[column]
        is_unit = any(cell.strip("()（）") in units for units in words.units.values())
        is_unit = is_unit or (head.columns.get(column) == "households" and _is_aside(cell))
        is_part = is_part or is_known or stands_free or is_unit
    return is_part
