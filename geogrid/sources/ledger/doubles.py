"""Rows that say the same courtyard twice: copies, identifiers and addresses given twice."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING

from geogrid.sources.addresses import plain_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from geogrid.sources.ledger.result import LedgerRow

__all__ = ["IdMaker", "doubles"]

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


def doubles(
    rows: Sequence[LedgerRow], contents: Sequence[tuple[str, ...]], made: Sequence[bool]
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

    Yields
    ------
    (int, str, int)
        Place of the row; ``duplicate_row`` (the earlier one stays), ``duplicate_id`` (all of
        them go) or ``same_address`` (the earlier one stays); place of the other row.
    """
    by_id: dict[str, list[int]] = defaultdict(list)
    first_of: dict[tuple[str, ...], int] = {}
    for place, row in enumerate(rows):
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
    yield from _same_places(rows, made)


def _same_places(rows: Sequence[LedgerRow], made: Sequence[bool]) -> Iterator[tuple[int, str, int]]:
    """Yield rows of the same place under another identifier, or under the same made one."""
    known: dict[tuple[str, ...], int] = {}
    for place, row in enumerate(rows):
        values = row.values
        ident = str(values.get("courtyard_id", ""))
        address = str(values.get("address", ""))
        if not ident or not (address or made[place]):
            continue
        key: tuple[str, ...] = ("made", ident)
        if not made[place]:
            name = plain_address(str(values.get("name", "")))
            key = (str(values.get("community_code", "")), name, plain_address(address))
        other = known.get(key)
        if other is not None and (made[place] or rows[other].values["courtyard_id"] != ident):
            yield place, "same_address", other
        # what is refused for another cause takes no place from anybody
        elif other is None and row.verdict != "rejected":
            known[key] = place
