"""Tables that sum up communities: their rows are no courtyards, and would count them again."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geogrid.sources.ledger.result import LedgerRow, TableTold

__all__ = ["overview_rows"]

# rows of a ledger may be missing or refused; a courtyard has far less than its whole community
_LEAST_SHARE = 0.8
# fewer may be large courtyards by chance, and need the very sum
_FEW = 3


def overview_rows(rows: Sequence[LedgerRow], tables: Sequence[TableTold]) -> Iterator[int]:
    """Yield the rows of tables that have one row for each community.

    Parameters
    ----------
    rows : sequence of LedgerRow
        All rows of data.
    tables : sequence of TableTold
        Of the ledger.

    Yields
    ------
    int
        Place of each row of a table without identifiers and names, most of whose counts are
        those of all courtyards that other tables list in the community.
    """
    places: dict[int, list[int]] = defaultdict(list)
    counts: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, row in enumerate(rows):
        places[row.table].append(place)
        counts[_community(row)][row.table].append(_count(row))
    for table, own in places.items():
        told = [_community(rows[place]) for place in own]
        has_names = not {"courtyard_id", "name"}.isdisjoint(tables[table].columns.values())
        if has_names or len({*told, ""}) <= len(own):
            continue
        n_sums = 0
        for place, code in zip(own, told, strict=True):
            others = [n for other, some in counts[code].items() if other != table for n in some]
            count, whole = _count(rows[place]), sum(others)
            is_sum = count == whole or (len(own) >= _FEW and count >= _LEAST_SHARE * whole)
            n_sums += len(others) > 1 and whole > 0 and is_sum
        if 2 * n_sums > len(own):
            yield from own


def _community(row: LedgerRow) -> str:
    return str(row.values.get("community_code", ""))


def _count(row: LedgerRow) -> int:
    return int(row.values.get("households", 0))
