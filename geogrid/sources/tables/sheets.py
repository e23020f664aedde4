"""Sheets: the cells of a spreadsheet as text, and how much of one file is read at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.errors import InputError
from geogrid.locale import LANGUAGES, phrases

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "LEDGER_LIMITS",
    "LIST_LIMITS",
    "Sheet",
    "SheetLimits",
    "file_refused",
    "fill_merged",
]


@dataclass(frozen=True)
class SheetLimits:
    """Bound what is read of one file.

    Parameters
    ----------
    rows : int
        Rows with text, in all sheets together; of merged areas, too, that are looked at.
    columns : int
        Of each sheet; what stands further out is not read.
    cell : int
        Characters of a cell that are read.
    sheets : int
        Sheets that are read.
    bytes : int
        That are parsed, once unpacked, however often a part is named.
    filled : int
        Cells that areas merged downwards may fill, of each sheet.
    memory : int
        Bytes of address space that a reader in a process of its own may take.
    seconds : int
        Of processor time for such a reader.
    """

    rows: int
    columns: int = 200
    cell: int = 1_000
    sheets: int = 50
    bytes: int = 50_000_000
    filled: int = 100_000
    memory: int = 256 << 20
    seconds: int = 10


# a file that anyone sends to the service: a district of ten times the usual size has 14,180
# courtyards, and a full list a tenth of those bytes; more elements take more than some seconds
LIST_LIMITS = SheetLimits(rows=20_000)
# a file that its owner imports: 100,000 rows of 14 columns unpack to 65 MB; an office keeps a
# sheet for each community, and one that says how to fill them in
LEDGER_LIMITS = SheetLimits(
    rows=200_000,
    sheets=500,
    bytes=400_000_000,
    filled=1_000_000,
    memory=2 << 30,
    seconds=60,
)


@dataclass(frozen=True)
class Sheet:
    """Hold the cells of one sheet as text.

    Parameters
    ----------
    name : str
        Of the sheet; empty for a CSV file.
    rows : dict of int to list of str
        By row number as the spreadsheet shows it, from 1; rows without any text are left out.
    hidden_rows : frozenset of int
        Those of ``rows`` that the spreadsheet hides, by hand or by a filter.
    is_hidden : bool
        Whether the sheet is hidden; it has no rows then, as nothing of it is read.
    merged : tuple of (int, int, int)
        First column, from 1, first and last row of each area merged downwards; its text stands
        in each of ``rows``.
    percents : frozenset of int
        Columns, from 1, whose numbers are all shown as per cent: 0.23 stands for 23 %.
    hidden_columns : frozenset of int
        Columns, from 1, that the spreadsheet hides.
    """

    name: str
    rows: dict[int, list[str]]
    hidden_rows: frozenset[int] = frozenset()
    is_hidden: bool = False
    merged: tuple[tuple[int, int, int], ...] = ()
    percents: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()


def file_refused(key: str, **values: object) -> InputError:
    """Return the refusal of a whole file, in both languages.

    Parameters
    ----------
    key : str
        Of the table ``list_file`` of the phrases.
    **values : Any
        What the sentence names.

    Returns
    -------
    InputError
        With ``words``; the message is the English one.
    """
    words = {one: phrases(one, "list_file")[key].format(**values) for one in LANGUAGES}
    return InputError(words["en"], words=words)


def fill_merged(
    rows: dict[int, list[str]], areas: Iterable[tuple[int, int, int]], limits: SheetLimits
) -> dict[int, list[str]]:
    """Let the text of areas merged downwards stand in each of their rows.

    Parameters
    ----------
    rows : dict of int to list of str
        By row number; their cells are filled in place.
    areas : iterable of (int, int, int)
        First column, from 1, first and last row of each.
    limits : SheetLimits
        Of the file.

    Returns
    -------
    dict of int to list of str
        The rows in their order; a row with nothing of its own is not among them.

    Raises
    ------
    InputError
        If the areas reach over more cells than are read; with ``words``.
    """
    n_filled, lowest = 0, max(rows, default=0)
    for column, first, last in areas:
        head = rows.get(first, [])
        text = head[column - 1] if len(head) >= column else ""
        if not text:
            continue
        for row in range(first + 1, min(last, first + limits.rows, lowest) + 1):
            cells = rows.get(row)
            n_filled += 1
            if n_filled > limits.filled:
                raise file_refused("too_much")
            # a row with nothing of its own is no row of the list
            if cells is None:
                continue
            cells.extend([""] * (column - len(cells)))
            cells[column - 1] = cells[column - 1] or text
    return dict(sorted(rows.items()))
