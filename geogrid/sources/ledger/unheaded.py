"""Cells without a head: columns that nobody named, and rows that are longer than their heads."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from geogrid.sources.ledger.cells import Issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geogrid.sources.ledger.result import TableTold

__all__ = ["Unheaded"]


class Unheaded:
    """Find the cells of a table that stand below no head.

    Parameters
    ----------
    table : TableTold
        With its heads.
    rows : iterable of sequence of str
        What stands below them.
    """

    def __init__(self, table: TableTold, rows: Iterable[Sequence[str]]) -> None:
        self._heads = table.heads
        # of a CSV file alone: a comma within a number parts its cell and moves all that follow
        self._is_text = not table.sheet
        self._width = max(table.heads) + 1
        widths = Counter(map(len, rows)) if self._is_text else Counter[int]()
        # empty cells at the end of most rows are how some programs write
        most = [width for width, n in widths.items() if 2 * n > widths.total()]
        self._usual = max([self._width, *most])
        self._told: set[int] = set()

    def too_long(self, cells: Sequence[str]) -> Issue | None:
        """Return the cause why a row cannot be read, if it is longer than its heads."""
        if not self._is_text or (len(cells) <= self._usual and not any(cells[self._width :])):
            return None
        told = {"n": str(self._width), "m": str(len(cells))}
        return Issue("row_too_long", "row", "", "", told)

    def columns(self, cells: Sequence[str]) -> list[str]:
        """Return the letters of columns without a head that no row had filled before."""
        found = [
            column
            for column, cell in enumerate(cells)
            if cell and column not in self._heads and column not in self._told
        ]
        self._told.update(found)
        return [_letters(column) for column in found]


def _letters(column: int) -> str:
    """Return a column's name in a spreadsheet, counted from 0."""
    above, own = divmod(column, 26)
    return (_letters(above - 1) if above else "") + chr(ord("A") + own)
