"""Rows that say the same courtyard twice: copies, identifiers and addresses given twice."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING

from geogrid.sources.addresses import plain_address
from geogrid.sources.ledger.values import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from geogrid.sources.ledger.columns import LedgerWords
    from geogrid.sources.ledger.result import LedgerRow, TableTold

__all__ = ["IdMaker", "doubles", "parts_told"]

_DIGITS, _MORE_DIGITS = 8, 16


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
        empty where there is none.
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

    return [(told(r, columns[r.table][0]), told(r, columns[r.table][1])) for r in rows]


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
        one stays), ``duplicate_id`` (all of them go) or ``same_address`` (the earlier one
        stays); place of the other row.
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
    for place, kind, other in _same_places(rows, made):
        if place not in parted:
            yield place, kind, other


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
    for place, row in enumerate(rows):
        key = _place_key(row, is_made=made[place])
        if not key:
            continue
        ident = str(row.values["courtyard_id"])
        other = known.get(key)
        if other is not None and (made[place] or rows[other].values["courtyard_id"] != ident):
            yield place, "same_address", other
        # what is refused for another cause takes no place from anybody
        elif other is None and row.verdict != "rejected":
            known[key] = place
