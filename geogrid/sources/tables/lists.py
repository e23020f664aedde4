"""Read lists that people keep in a spreadsheet: which row heads the table, which column is what.

Titles above the table, heads over several columns, notes beneath it and further sheets are all
usual. What was read as what is told, so that nobody has to guess.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.errors import EncodingError
from geogrid.sources.dbf import decode_text
from geogrid.sources.spelling import without_unseen
from geogrid.sources.tables.old_workbook import is_old_workbook, read_old_workbook
from geogrid.sources.tables.sheets import LIST_LIMITS, Sheet, SheetLimits, file_refused
from geogrid.sources.tables.workbook import is_workbook, read_workbook

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

__all__ = ["ListTable", "plain_head", "read_sheets", "tables_of"]

# heads stand this far down at most: titles, document numbers and hints come before them
_DEEPEST_HEAD = 30
_DELIMITERS = (",", "\t", ";")
_SAMPLE = 10_000
# commas within quotes are no delimiters
_QUOTED = re.compile(r'(?<![^,;\t\r\n])"[^"]*"')
_NEWLINE = re.compile(r"\r\n|\r|\n")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_WEB_PAGE = re.compile(
    r"\s{0,999}<(?:!doctype|html|head|meta|table|style|\?xml|script|body)\b", re.IGNORECASE
)
# what is aside holds no bracket: a row of opening ones is read once
_ASIDE = re.compile(r"[(\[【〔][^(\[【〔)\]】〕]*[)\]】〕]|[\s_*:：/\-]")
_LONGEST_HEAD = 200


@dataclass(frozen=True)
class ListTable:
    """Hold the table of one sheet.

    Parameters
    ----------
    sheet : str
        Its name; empty for a CSV file.
    head_row : int
        Row number of the heads.
    columns : mapping of str to tuple of int
        Columns of each field, from 0.
    heads : mapping of int to str
        What stands above each column, as written.
    rows : mapping of int to sequence of str
        Rows under the heads by their number.
    """

    sheet: str
    head_row: int
    columns: Mapping[str, tuple[int, ...]]
    heads: Mapping[int, str]
    rows: Mapping[int, Sequence[str]]

    def values(self, row: int, field: str) -> list[str]:
        """Return what a row says about a field: distinct texts, none if it says nothing."""
        cells = self.rows[row]
        told = (cells[c] for c in self.columns.get(field, ()) if c < len(cells) and cells[c])
        return list(dict.fromkeys(told))

    def head(self, field: str) -> str:
        """Return the head of a field's first column, empty if it has none."""
        columns = self.columns.get(field)
        return self.heads.get(columns[0], "") if columns else ""

    @property
    def ignored(self) -> list[str]:
        """Return the heads that are none of the fields."""
        used = {column for columns in self.columns.values() for column in columns}
        return [head for column, head in sorted(self.heads.items()) if column not in used]


def read_sheets(
    raw: bytes, limits: SheetLimits = LIST_LIMITS, *, tells_hidden: bool = False
) -> list[Sheet]:
    """Read a CSV file or an Excel workbook, whatever its name says.

    Parameters
    ----------
    raw : bytes
        The file; UTF-8, GB18030 or UTF-16 text, .xlsx, or .xls.
    limits : SheetLimits
        What is read of it at most; by default what anyone may send to the service.
    tells_hidden : bool
        Whether hidden sheets are told too, without rows.

    Returns
    -------
    list of Sheet
        One for a CSV file.

    Raises
    ------
    InputError
        If it is none of them, damaged, or too large; with ``words``.
    """
    if len(raw) > limits.bytes:
        raise file_refused("too_much")
    if is_workbook(raw):
        return read_workbook(raw, limits, tells_hidden=tells_hidden)
    if is_old_workbook(raw):
        return read_old_workbook(raw, limits, tells_hidden=tells_hidden)
    text = _decoded(raw)
    rows: dict[int, list[str]] = {}
    try:
        for number, cells in _lines(text):
            stripped = [_as_shown(cell)[: limits.cell] for cell in cells[: limits.columns]]
            if not any(stripped):
                continue
            if len(rows) >= limits.rows:
                raise file_refused("too_many_rows", most=limits.rows)
            rows[number] = stripped
    except csv.Error:
        raise file_refused("neither") from None
    return [Sheet("", rows)]


def tables_of(
    sheets: Sequence[Sheet],
    aliases: Mapping[str, Collection[str]],
    *,
    needed: Sequence[Collection[str]],
) -> list[ListTable]:
    """Find the table of each sheet that has one.

    Parameters
    ----------
    sheets : sequence of Sheet
        As read.
    aliases : mapping of str to collection of str
        Plain heads of each field, see `plain_head`.
    needed : sequence of collection of str
        A head row has at least one field of each.

    Returns
    -------
    list of ListTable
        In the order of the sheets; sheets without heads are left out.
    """
    field_of = {alias: field for field, names in aliases.items() for alias in names}
    found = []
    for sheet in sheets:
        for number, columns, heads in _head_rows(sheet, field_of):
            if all(any(field in columns for field in group) for group in needed):
                rows = {n: cells for n, cells in sheet.rows.items() if n > number}
                found.append(ListTable(sheet.name, number, columns, heads, rows))
                break
    return found


def plain_head(text: str) -> str:
    """Write a head the one way that heads are compared.

    Parameters
    ----------
    text : str
        As it stands in the sheet.

    Returns
    -------
    str
        Half-width, in lower case, without brackets and what they hold.

    Examples
    --------
    >>> plain_head("楼院编号（必填）*"), plain_head("Courtyard_ID")
    ('楼院编号', 'courtyardid')
    """
    seen = without_unseen(text[:_LONGEST_HEAD])
    return _ASIDE.sub("", unicodedata.normalize("NFKC", seen).casefold())


def _decoded(raw: bytes) -> str:
    """Return the text of a file that is no workbook."""
    is_utf16 = raw.startswith(_UTF16)
    if b"\x00" in raw and not is_utf16:
        raise file_refused("neither")
    try:
        text = raw.decode("utf-16") if is_utf16 else decode_text(raw, what="The list")
    except (EncodingError, UnicodeDecodeError):
        raise file_refused("encoding") from None
    # what many programs write under the name of .xls
    if _WEB_PAGE.match(text):
        raise file_refused("web_page")
    return text


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV file by number, as a spreadsheet counts them."""
    sample = _QUOTED.sub("", text[:_SAMPLE])
    delimiter = max(_DELIMITERS, key=sample.count)
    if _closes(text, delimiter):
        yield from enumerate(_reader(text, delimiter), start=1)
        return
    # a quote that never closes would take the rows beneath it into its cell: cut line by line,
    # and where a line's own quotes do not close, at every delimiter
    for number, line in enumerate(_NEWLINE.split(text), start=1):
        if line:
            yield number, _cut(line, delimiter)


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _closes(text: str, delimiter: str) -> bool:
    """Return whether every quote closes; nothing is kept."""
    try:
        deque(_reader(text, delimiter), maxlen=0)
    except csv.Error:
        return False
    return True


def _cut(line: str, delimiter: str) -> list[str]:
    """Return the cells of one line."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])


def _as_shown(cell: str) -> str:
    """Return a cell of a CSV file as a spreadsheet shows it."""
    text = cell.strip()
    # how programs keep a spreadsheet from rounding a number
    return text[2:-1].strip() if text.startswith('="') and text.endswith('"') else text


def _head_rows(
    sheet: Sheet, field_of: Mapping[str, str]
) -> Iterator[tuple[int, dict[str, tuple[int, ...]], dict[int, str]]]:
    """Yield the rows that may be heads: number, columns by field, heads by column."""
    above: list[str] = []
    for number in sorted(sheet.rows)[:_DEEPEST_HEAD]:
        cells = sheet.rows[number]
        columns: dict[str, list[int]] = {}
        heads: dict[int, str] = {}
        over = ""
        for column in range(max(len(cells), len(above))):
            own = cells[column] if column < len(cells) else ""
            upper = above[column] if column < len(above) else ""
            # a head over several columns stands in the first of them
            over = upper or over
            choices = (f"{over}{own}", own) if own else (upper,)
            text = next((c for c in choices if plain_head(c) in field_of), own or upper)
            if text:
                heads[column] = text
                field = field_of.get(plain_head(text))
                if field is not None:
                    columns.setdefault(field, []).append(column)
        yield number, {field: tuple(found) for field, found in columns.items()}, heads
        above = cells
