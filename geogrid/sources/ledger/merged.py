"""Counts that stand in one merged cell for several courtyards: nobody's count."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.sources.ledger.cells import COUNTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geogrid.sources.ledger.result import LedgerRow, TableTold
    from geogrid.sources.tables import Sheet

__all__ = ["Shared", "rows_counted_once", "shared_counts"]


@dataclass(frozen=True, slots=True)
class Shared:
    """Hold a cell of one row that is part of a merged one.

    Parameters
    ----------
    place : int
        Of the row.
    column : int
        Of the cell, from 0.
    first, last : int
        Row numbers of the merged cell.
    """

    place: int
    column: int
    first: int
    last: int


def shared_counts(
    sheet: Sheet,
    rows: Sequence[LedgerRow],
    contents: Sequence[tuple[str, ...]],
    tables: Sequence[TableTold],
) -> Iterator[Shared]:
    """Yield the counts that several courtyards share.

    Parameters
    ----------
    sheet : Sheet
        With its merged areas.
    rows : sequence of LedgerRow
        Its rows of data.
    contents : sequence of tuple of str
        What each says: several lines of one courtyard say the same.
    tables : sequence of TableTold
        Of the ledger.

    Yields
    ------
    Shared
        Each cell that was read as a count.
    """
    numbers = [row.row for row in rows]
    for column, first, last in sheet.merged:
        places = range(bisect.bisect_left(numbers, first), bisect.bisect_right(numbers, last))
        if len({contents[place] for place in places}) < 2:
            continue
        for place in places:
            row = rows[place]
            field = tables[row.table].columns.get(column - 1, "")
            if field in COUNTS and field in row.values:
                yield Shared(place, column - 1, first, last)


def rows_counted_once(
    sheet: Sheet, rows: Sequence[LedgerRow], tables: Sequence[TableTold]
) -> Iterator[int]:
    """Yield the lines whose households stand in one cell with those of other lines.

    Parameters
    ----------
    sheet : Sheet
        With its merged areas.
    rows : sequence of LedgerRow
        Its rows of data.
    tables : sequence of TableTold
        Of the ledger.

    Yields
    ------
    int
        Place of a row that tells the count of a whole, though it may name a part.
    """
    numbers = [row.row for row in rows]
    for column, first, last in sheet.merged:
        begin, end = bisect.bisect_left(numbers, first), bisect.bisect_right(numbers, last)
        for place in range(begin, end):
            if tables[rows[place].table].columns.get(column - 1) == "households":
                yield place
