"""Rows that say the same courtyard twice: copies, identifiers and addresses given twice."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from geogrid.sources.addresses import plain_address
from geogrid.sources.ledger.values import clean
from geogrid.sources.spelling import half_width

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from geogrid.sources.ledger.columns import LedgerWords
    from geogrid.sources.ledger.result import LedgerRow, TableTold

__all__ = ["IdMaker", "doubles", "going_on", "parts_told"]

_DIGITS, _MORE_DIGITS = 8, 16
# below a head that is not known; 3栋 may be a count
_BUILDING = re.compile(r"第?[0-9一二三四五六七八九十]{1,3}(?:号楼|#楼?|单元)")
_OF_PLACE = ("community_code", "name", "address")


class IdMaker:
    """Make identifiers that stay the same when a ledger without any is read again."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}

    def make(self, values: Mapping[str, object]) -> str:
        """Return the identifier of a row.

        Parameters
        ----------
        values : mapping of str to Any
            What the row says.

        Returns
        -------
        str
            A and eight digits, from community and address, or the name where there is no
            address; empty where there is neither. Rows of one place have one.
        """
        text = str(values.get("address") or values.get("name") or "")
        if not text:
            return ""
        key = f"{values.get('community_code', '')}|{plain_address(text)}"
        digest = hashlib.blake2s(key.encode()).hexdigest().upper()
        # two of a hundred thousand places may share their first eight digits
        is_free = self._given.setdefault(digest[:_DIGITS], key) == key
        return f"A{digest[: _DIGITS if is_free else _MORE_DIGITS]}"


def parts_told(
    rows: Sequence[LedgerRow], tables: Sequence[TableTold], words: LedgerWords
) -> list[tuple[str, str]]:
    """Return which building or entrance each row names, in columns of their own.

    Parameters
    ----------
    rows : sequence of LedgerRow
        All rows of data.
    tables : sequence of TableTold
        Of the ledger.
    words : LedgerWords
        Which heads name one.

    Returns
    -------
    list of tuple of str
        As long as ``rows``: what is certainly a name, and what may be a count as well (楼栋: 2);
        empty where there is none. Below a head that is not known, 2号楼 is a name too.
    """
    columns = [
        [
            [c for c, head in t.heads.items() if words.is_of_part(head) and (c in t.columns) == may]
            for may in (False, True)
        ]
        for t in tables
    ]

    def told(row: LedgerRow, some: list[int]) -> str:
        return "|".join(clean(row.cells[c]) for c in some if c < len(row.cells)).strip("|")

    def found(row: LedgerRow) -> str:
        cells = (clean(row.cells[c]) for c in tables[row.table].ignored if c < len(row.cells))
        return "|".join(cell for cell in cells if _BUILDING.fullmatch(half_width(cell)))

    return [(told(r, columns[r.table][0]) or found(r), told(r, columns[r.table][1])) for r in rows]


def doubles(
    rows: Sequence[LedgerRow],
    contents: Sequence[tuple[str, ...]],
    made: Sequence[bool],
    parts: Sequence[tuple[str, str]],
) -> Iterator[tuple[int, str, int]]:
    """Yield the rows that tell a courtyard again.

    Parameters
    ----------
    rows : sequence of LedgerRow
        All rows of data, in their order.
    contents : sequence of tuple of str
        What each says, column by column.
    made : sequence of bool
        Whether its identifier was made here.
    parts : sequence of tuple of str
        Which building of its courtyard each is about, see `parts_told`.

    Yields
    ------
    (int, str, int)
        Place of the row; ``courtyard_in_parts`` (all of them go), ``duplicate_row`` (the earlier
        one stays), ``duplicate_id``, ``other_count`` (all of them go) or ``same_address``
        (the earlier one stays); place of the other row.
    """
    by_id: dict[str, list[int]] = defaultdict(list)
    first_of: dict[tuple[str, ...], int] = {}
    parted = _in_parts(rows, made, parts)
    for place, row in enumerate(rows):
        if place in parted:
            yield place, "courtyard_in_parts", parted[place]
            continue
        other = first_of.setdefault(contents[place], place)
        if other != place:
            yield place, "duplicate_row", other
        ident = str(row.values.get("courtyard_id", ""))
        if ident and not made[place]:
            by_id[ident].append(place)
    for places in by_id.values():
        if len({contents[place] for place in places}) > 1:
            for place in places:
                others = (p for p in places if contents[p] != contents[place])
                yield place, "duplicate_id", next(others)
    yield from (one for one in _same_places(rows, made) if one[0] not in parted)


def _in_parts(
    rows: Sequence[LedgerRow], made: Sequence[bool], parts: Sequence[tuple[str, str]]
) -> dict[int, int]:
    """Return the rows that tell one building each of the same courtyard, with another of them.

    None of them has the count of the whole, and whether they are all there cannot be told.
    """
    found: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        if parts[place][0]:
            found["id", str(row.values.get("courtyard_id", ""))].append(place)
        if any(parts[place]):
            found[_place_key(row, is_made=made[place])].append(place)
    found.pop((), None)
    found.pop(("id", ""), None)
    parted: dict[int, int] = {}
    for key, places in found.items():
        idents = {rows[place].values.get("courtyard_id") for place in places}
        # counts that differ under one identifier are other contents, and refused as that
        is_name = key[0] != "made" and len(idents) == 1
        label = {place: parts[place][:1] if is_name else parts[place] for place in places}
        if len(set(label.values())) > 1:
            for place in places:
                parted[place] = next(o for o in places if label[o] != label[place])
    return parted


def _place_key(row: LedgerRow, *, is_made: bool) -> tuple[str, ...]:
    """Return what rows of one courtyard share, whatever their identifiers; empty if nothing."""
    values = row.values
    ident, address = str(values.get("courtyard_id", "")), str(values.get("address", ""))
    if not ident or not (address or is_made):
        return ()
    if is_made:
        return ("made", ident)
    name = plain_address(str(values.get("name", "")))
    return (str(values.get("community_code", "")), name, plain_address(address))


def _same_places(rows: Sequence[LedgerRow], made: Sequence[bool]) -> Iterator[tuple[int, str, int]]:
    """Yield rows of the same place under another identifier, or under the same made one."""
    known: dict[tuple[str, ...], int] = {}
    nameless: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        key = _place_key(row, is_made=made[place])
        if not key:
            continue
        if made[place] and "households" in row.values:
            nameless[key].append(place)
        ident = str(row.values["courtyard_id"])
        other = known.get(key)
        if other is not None and (made[place] or rows[other].values["courtyard_id"] != ident):
            yield place, "same_address", other
        # what is refused for another cause takes no place from anybody
        elif other is None and row.verdict != "rejected":
            known[key] = place
    # nobody gave these an identifier: other counts may be those of other buildings
    for places in nameless.values():
        count = {place: rows[place].values["households"] for place in places}
        if len(set(count.values())) > 1:
            for place in places:
                yield place, "other_count", next(o for o in places if count[o] != count[place])


def going_on(
    rows: Sequence[LedgerRow], made: Sequence[bool], tables: Sequence[TableTold]
) -> Iterator[tuple[int, str, int]]:
    """Yield rows that may tell more of the courtyard above, and that courtyard's own.

    Parameters
    ----------
    rows : sequence of LedgerRow
        All rows of data, in their order.
    made : sequence of bool
        Whether its identifier was made here.
    tables : sequence of TableTold
        Of the ledger.

    Yields
    ------
    (int, str, int)
        Place of the row, ``parts_suspected``, place of the other row.
    """
    begin, last = 0, -1
    counts: list[int] = []
    for place, row in enumerate(rows):
        columns = tables[row.table].columns
        is_more = bool(counts) and rows[place - 1].row + 1 == row.row
        if is_more and _is_more(rows[begin], row, columns, is_made=made[place]):
            # the sum of what stands above, which nobody called one
            if len(counts) == 1 or row.values["households"] != sum(counts):
                if last != begin:
                    yield begin, "parts_suspected", place
                last = begin
                yield place, "parts_suspected", begin
            continue
        counts = counts if row.table == rows[begin].table else []
        counts.append(int(row.values.get("households", 0)))
        begin = place


def _is_more(
    above: LedgerRow, row: LedgerRow, columns: Mapping[int, str], *, is_made: bool
) -> bool:
    """Say whether a row has a count, and nothing to tell it from one above."""
    values = row.values
    has_own = ("address" if is_made else "courtyard_id") in values
    if row.table != above.table or "households" not in values or has_own:
        return False
    told = [name for name in _OF_PLACE if name in values]
    refused = (
        name in {"courtyard_id", *_OF_PLACE} and name not in values and row.cells[column]
        for column, name in columns.items()
        if column < len(row.cells)
    )
    return all(values[name] == above.values.get(name) for name in told) and not any(refused)
