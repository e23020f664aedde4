"""What a ledger says: its rows with their verdicts, its tables, and what was passed over."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from geogrid.sources.findings import Finding, Tally, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.sources.findings import Fate
    from geogrid.sources.ledger.columns import LedgerWords

__all__ = ["KINDS", "Ledger", "LedgerRow", "PassedOver", "TableTold", "Why"]

# why lines of a sheet are no rows of data
Why = Literal[
    "title",
    "head",
    "numbering",
    "section",
    "total",
    "note",
    "blank",
    "no_table",
    "hidden_sheet",
    "report_sheet",
]
PassedOver = tuple[str, int | None, Why]

# what reading a ledger may say, and what that does to the row; phrases: table ``intake``
KINDS: dict[str, Verdict] = {
    "full_width": "mended",
    "approximate_count": "mended",
    "grouped_digits": "mended",
    "unit_dropped": "mended",
    "spelt_number": "mended",
    "percent_read": "mended",
    "date_as_year": "mended",
    "community_short": "mended",
    "ditto": "mended",
    "dms_read": "mended",
    "row_too_long": "rejected",
    "id_missing": "rejected",
    "id_rounded": "rejected",
    "households_missing": "rejected",
    "households_unreadable": "rejected",
    "households_range": "rejected",
    "households_negative": "rejected",
    "households_fraction": "rejected",
    "households_too_many": "rejected",
    "formula_without_value": "rejected",
    "cell_error": "rejected",
    "text_lost": "rejected",
    "text_struck": "rejected",
    "id_dated": "rejected",
    "two_values": "rejected",
    "cell_merged": "rejected",
    "courtyard_in_parts": "rejected",
    "duplicate_row": "rejected",
    "duplicate_id": "rejected",
    "same_address": "rejected",
    "other_count": "rejected",
    "parts_suspected": "rejected",
    "community_overview": "rejected",
    "community_ambiguous": "rejected",
    "community_unknown": "rejected",
    "value_out_of_range": "rejected",
    "value_unreadable": "rejected",
    "year_as_date": "rejected",
    "coordinate_unreadable": "rejected",
    "year_or_date": "note",
    "id_made": "note",
    "community_of_sheet": "note",
    "households_zero": "note",
    "row_hidden": "note",
    "sheet_hidden": "note",
    "sheet_without_table": "note",
    "table_other": "note",
    "column_hidden": "note",
    "column_headless": "note",
    "column_ignored": "note",
    "column_personal": "note",
}


@dataclass(slots=True)
class LedgerRow:
    """Hold one row of data.

    Parameters
    ----------
    sheet : str
        Empty for a CSV file.
    row : int
        As the spreadsheet numbers it.
    cells : tuple of str
        As written, columns about persons among them.
    values : mapping of str to str, int or float
        By column of the data model; what is not told, or was refused, is absent.
    x, y : float or None
        As written: longitude and latitude or easting and northing, in an unknown system.
    xy_written : tuple of str
        The two cells; empty where nothing stands.
    verdict : {"taken", "mended", "rejected"}
        What became of it here; nobody asked yet where it lies.
    table : int
        Which of the ledger's tables it stands in.
    """

    sheet: str
    row: int
    cells: tuple[str, ...]
    values: Mapping[str, str | int | float]
    x: float | None = None
    y: float | None = None
    xy_written: tuple[str, str] = ("", "")
    verdict: Fate = "taken"
    table: int = 0


@dataclass(frozen=True)
class TableTold:
    """Hold what was read as what in one table.

    Parameters
    ----------
    sheet : str
        Where.
    head_row : int
        Row number of the lowest row of heads.
    columns : mapping of int to str
        Field of each column that is read, from 0.
    heads : mapping of int to str
        What stands above each column, as written.
    ignored : tuple of int
        Columns that are not read, though something stands there.
    personal : tuple of int
        Columns about persons: not read, and to be copied nowhere.
    percents : frozenset of int
        Columns whose numbers are fractions that the spreadsheet shows as per cent.
    """

    sheet: str
    head_row: int
    columns: Mapping[int, str]
    heads: Mapping[int, str]
    ignored: tuple[int, ...] = ()
    personal: tuple[int, ...] = ()
    percents: frozenset[int] = frozenset()

    def head(self, field: str) -> str:
        """Return the head of a field's first column, empty if it has none."""
        return next((self.heads.get(c, "") for c, f in self.columns.items() if f == field), "")


@dataclass(frozen=True)
class Ledger:
    """Hold what a ledger says.

    Parameters
    ----------
    file : str
        Its name.
    rows : tuple of LedgerRow
        Every row of data, refused ones too, in their order.
    findings : tuple of Finding
        Whatever was read otherwise than written, refused, or worth a look, by row.
    tables : tuple of TableTold
        What was read as what.
    passed_over : tuple of (str, int or None, str)
        Sheet, row (None: the whole sheet) and why it is no row of data.
    has_ids : bool
        Whether any table has a column of identifiers.
    words : LedgerWords
        What it was read by.
    """

    file: str
    rows: tuple[LedgerRow, ...] = field(repr=False)
    findings: tuple[Finding, ...] = field(repr=False)
    tables: tuple[TableTold, ...]
    passed_over: tuple[PassedOver, ...] = field(repr=False)
    has_ids: bool
    words: LedgerWords = field(repr=False)

    @property
    def tally(self) -> Tally:
        """Return how many rows were taken, mended and rejected."""
        found = Counter(row.verdict for row in self.rows)
        return Tally(len(self.rows), found["taken"], found["mended"], found["rejected"])
