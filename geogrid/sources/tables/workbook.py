"""Read the cells of an Excel workbook (.xlsx) with nothing but the standard library.

People hand these in, so size and shape are bounded before anything is kept: rows, columns,
sheets, merged areas, and the bytes that are parsed, however often a part is named. Libraries
that build a dense table of every sheet are ended by one cell in the last row and column.
What a formula or a link calls to is never opened.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, NamedTuple

from geogrid.errors import InputError
from geogrid.sources.tables.archive_parts import DAMAGE, Handler, Parts, local_name
from geogrid.sources.tables.cell_forms import (
    date_styles,
    padded_styles,
    percent_styles,
    plain_number,
    shown_date,
    struck_out,
)
from geogrid.sources.tables.sheets import LIST_LIMITS, Sheet, SheetLimits, file_refused, fill_merged

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["is_workbook", "read_workbook"]

# what a sheet has rows at all
_LAST_ROW = 1_048_576
_SIGNATURE = b"PK\x03\x04"
_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_DIGITS = "0123456789"
# surrogates are halves of a sign
_SPELT = re.compile("_x((?![Dd][89A-Fa-f])[0-9A-Fa-f]{4})_")
_TRUE = frozenset({"1", "true"})
# styles and number formats of their own that a workbook can have
_MOST_STYLES = 70_000


def is_workbook(raw: bytes) -> bool:
    """Tell whether a file is a workbook (.xlsx), whatever its name says.

    Parameters
    ----------
    raw : bytes
        The file.

    Returns
    -------
    bool
        True also for a damaged one.
    """
    return raw.startswith(_SIGNATURE)


def read_workbook(
    raw: bytes, limits: SheetLimits = LIST_LIMITS, *, tells_hidden: bool = False
) -> list[Sheet]:
    """Read every visible sheet of a workbook.

    Parameters
    ----------
    raw : bytes
        The file.
    limits : SheetLimits
        What is read of it at most; by default what anyone may send to the service.
    tells_hidden : bool
        Whether hidden sheets are told too, without rows: they are never read.

    Returns
    -------
    list of Sheet
        In their order. Formulas count by their last value; one without a value reads as
        itself. The text of an area merged downwards stands in each of its rows. Numbers
        with the style of a date are ISO dates; what could not be computed is ``#REF!``
        and the like.

    Raises
    ------
    InputError
        If it is damaged, or larger than is read.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = Parts(archive, limits.bytes)
            book = _Book(limits.cell)
            parts.parse("xl/workbook.xml", book)
            shared = _Shared(
                limits,
                _Texts.of(parts, limits.cell),
                *_Styles.of(parts),
                is_1904=book.is_1904,
                is_computed=book.is_computed,
            )
            n_left, n_read = limits.rows, 0
            sheets: list[Sheet] = []
            for name, path, is_hidden in _listed_sheets(parts, book):
                if is_hidden:
                    if tells_hidden and len(sheets) < limits.sheets:
                        sheets.append(Sheet(name, {}, is_hidden=True))
                    continue
                if n_read == limits.sheets:
                    raise file_refused("too_much")
                cells = _Cells(shared, n_left)
                parts.parse(path, cells)
                rows = fill_merged(cells.rows, cells.merged, limits)
                hidden = frozenset(cells.hidden & rows.keys())
                told = Sheet(
                    name,
                    rows,
                    hidden,
                    merged=tuple(cells.merged),
                    percents=cells.percents,
                    hidden_columns=frozenset(cells.hidden_columns),
                )
                sheets.append(told)
                n_left -= len(rows)
                n_read += 1
            return sheets
    except InputError:
        raise
    except DAMAGE as why:
        raise file_refused("damaged") from why


def _listed_sheets(parts: Parts, book: _Book) -> Iterator[tuple[str, str, bool]]:
    """Yield name and member of each sheet, and whether it is hidden."""
    links = _Links()
    parts.parse("xl/_rels/workbook.xml.rels", links)
    for name, link, is_hidden in book.sheets:
        target = links.targets[link]
        # a chart is a sheet too, but has no cells
        if "/worksheets/" in f"/{target}":
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            yield name, path, is_hidden


class _Book(Handler):
    """Gather the sheets of a workbook, how it counts days, and whether it was computed."""

    def __init__(self, longest: int) -> None:
        self.sheets: list[tuple[str, str, bool]] = []
        self.is_1904 = False
        self.is_computed = True
        self._longest = longest

    def start(self, name: str, values: dict[str, str]) -> None:
        if name == "sheet":
            links = [v for key, v in values.items() if local_name(key) == "id" and ":" in key]
            is_hidden = values.get("state", "visible") != "visible"
            self.sheets.append((values["name"][: self._longest], links[0], is_hidden))
        elif name == "workbookPr":
            self.is_1904 = values.get("date1904") in _TRUE
        elif name == "calcPr":
            # programs that compute nothing ask Excel to, and write 0 for every formula
            self.is_computed = values.get("fullCalcOnLoad") not in _TRUE


class _Links(Handler):
    """Gather where the links of a workbook lead."""

    def __init__(self) -> None:
        self.targets: dict[str, str] = {}

    def start(self, name: str, values: dict[str, str]) -> None:
        if name == "Relationship":
            self.targets[values["Id"]] = values["Target"]


class _Texts(Handler):
    """Gather the texts that the sheets share."""

    def __init__(self, longest: int) -> None:
        self.texts: list[str] = []
        self._longest = longest
        self._pieces: list[str] = []
        self._is_text = self._is_reading_aid = self._is_struck = False

    @classmethod
    def of(cls, parts: Parts, longest: int) -> list[str]:
        """Return the shared texts of a workbook; it need not have any."""
        found = cls(longest)
        if "xl/sharedStrings.xml" in parts:
            parts.parse("xl/sharedStrings.xml", found)
        return found.texts

    def start(self, name: str, values: dict[str, str]) -> None:
        if name == "rPh":
            self._is_reading_aid = True
        elif name in {"r", "si"}:
            self._is_struck = False
        elif name == "strike":
            self._is_struck = values.get("val", "1") in _TRUE
        self._is_text = name == "t" and not self._is_reading_aid

    def end(self, name: str) -> None:
        self._is_text = False
        if name == "rPh":
            self._is_reading_aid = False
        elif name == "si":
            text = "".join(self._pieces)[: self._longest]
            self.texts.append(_spelt_out(text).strip())
            self._pieces.clear()

    def text(self, data: str) -> None:
        if self._is_text:
            self._pieces.append(struck_out(data) if self._is_struck else data)


class _Styles(Handler):
    """Gather the number formats of a workbook, and which style has which."""

    def __init__(self) -> None:
        self.codes: dict[int, str] = {}
        self.styles: list[int] = []
        self._is_of_cells = False

    @classmethod
    def of(cls, parts: Parts) -> tuple[frozenset[str], frozenset[str], dict[str, tuple[str, int]]]:
        """Return styles of dates, of per cent, of codes with their digits, as cells name them."""
        found = cls()
        if "xl/styles.xml" in parts:
            parts.parse("xl/styles.xml", found)
        padded = padded_styles(found.codes, found.styles)
        dates = frozenset(map(str, date_styles(found.codes, found.styles)))
        percents = frozenset(map(str, percent_styles(found.codes, found.styles)))
        return dates, percents, {str(style): shown for style, shown in padded.items()}

    def start(self, name: str, values: dict[str, str]) -> None:
        if name == "numFmt" and len(self.codes) < _MOST_STYLES:
            self.codes[int(values["numFmtId"])] = values.get("formatCode", "")
        elif name == "cellXfs":
            self._is_of_cells = True
        elif name == "xf" and self._is_of_cells and len(self.styles) < _MOST_STYLES:
            self.styles.append(int(values.get("numFmtId", "0")))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._is_of_cells = False


class _Shared(NamedTuple):
    """Hold what all sheets of a workbook have in common."""

    limits: SheetLimits
    texts: list[str]
    dates: frozenset[str]
    percents: frozenset[str]
    padded: dict[str, tuple[str, int]]
    is_1904: bool
    is_computed: bool


class _Cells(Handler):
    """Gather the cells of one sheet, its merged areas and its hidden rows."""

    def __init__(self, shared: _Shared, n_left: int) -> None:
        self.rows: dict[int, list[str]] = {}
        self.merged: list[tuple[int, int, int]] = []
        self.hidden: set[int] = set()
        self.hidden_columns: set[int] = set()
        self._styled: dict[int, bool] = {}
        self._shared = shared
        self._n_left = n_left
        self._longest, self._widest = shared.limits.cell, shared.limits.columns
        self._numbers: dict[str, int] = {}
        self._row = self._column = 0
        self._kind = self._style = self._into = ""
        self._is_aid = self._is_struck = self._is_valued = False
        # what is written in a cell: its value, its text, its formula if it has one
        self._value = self._text = ""
        self._formula: str | None = None

    @property
    def percents(self) -> frozenset[int]:
        """Return the columns, from 1, whose numbers are all shown as per cent."""
        return frozenset(column for column, is_so in self._styled.items() if is_so)

    def start(self, name: str, values: dict[str, str]) -> None:
        if name == "c":
            column = self._column + 1
            place = values.get("r")
            if place is not None:
                column = self._numbered(place.rstrip(_DIGITS)) or column
            self._column = column
            self._kind, self._style = values.get("t", "n"), values.get("s", "")
            self._value = self._text = ""
            self._formula = None
            self._is_valued = False
        elif name == "v":
            self._into = "v"
            self._is_valued = True
        elif name == "row":
            # both numbers may be left out: the next one is meant
            self._row = int(values.get("r", self._row + 1))
            # a row that comes twice would lose one of the two
            if not 0 < self._row <= _LAST_ROW or self._row in self.rows:
                raise ValueError("row")
            self._column = 0
            if values.get("hidden") in _TRUE and len(self.hidden) < self._shared.limits.rows:
                self.hidden.add(self._row)
        else:
            self._start_rare(name, values)

    def end(self, name: str) -> None:
        self._into = ""
        if name == "c":
            if self._column <= self._widest:
                text = self._read()
                if text:
                    self._keep(text)
        elif name == "rPh":
            self._is_aid = False

    def text(self, data: str) -> None:
        into = self._into
        if into == "v":
            self._value = (self._value + data)[: self._longest]
        elif into == "t":
            shown = struck_out(data) if self._is_struck else data
            self._text = (self._text + shown)[: self._longest]
        elif into == "f":
            self._formula = ((self._formula or "") + data)[: self._longest]

    def _start_rare(self, name: str, values: dict[str, str]) -> None:
        """Begin an element that few cells have."""
        if name == "t" and not self._is_aid:
            self._into = "t"
        elif name in {"r", "is"}:
            self._is_struck = False
        elif name == "strike":
            self._is_struck = values.get("val", "1") in _TRUE
        elif name == "f":
            self._into = "f"
            # one that is shared may be written in its first cell alone
            self._formula = ""
        elif name == "rPh":
            self._is_aid = True
        elif name == "mergeCell":
            self._merge(values["ref"])
        elif name == "col" and values.get("hidden") in _TRUE:
            last = min(int(values["max"]), self._widest)
            self.hidden_columns.update(range(int(values["min"]), last + 1))

    def _numbered(self, letters: str) -> int:
        """Return the number of a column, 0 if there is none of that name."""
        number = self._numbers.get(letters)
        if number is None:
            number = _number(letters) if _PLACE.fullmatch(f"{letters}1") else 0
            # no more names than a sheet has columns
            if number:
                self._numbers[letters] = number
        return number

    def _keep(self, text: str) -> None:
        cells = self.rows.get(self._row)
        if cells is None:
            if len(self.rows) >= self._n_left:
                raise file_refused("too_many_rows", most=self._shared.limits.rows)
            cells = self.rows[self._row] = []
        missing = self._column - len(cells)
        if missing == 1:
            cells.append(text)
            return
        if missing > 0:
            cells.extend([""] * missing)
        cells[self._column - 1] = text

    def _read(self) -> str:
        """Return what a cell says."""
        value, kind, shared = self._value.strip(), self._kind, self._shared
        if not value:
            text = _spelt_out(self._text).strip()
            # a formula whose result is an empty text has one
            has_result = self._formula is None or (kind == "str" and self._is_valued)
            return text if text or has_result else f"={self._formula}"
        if kind == "s":
            return shared.texts[int(value)]
        if kind == "n":
            return self._read_number(value)
        if kind == "b":
            return "TRUE" if value in _TRUE else "FALSE"
        # a day written out, as strict workbooks do
        return value.removesuffix("T00:00:00") if kind == "d" else _spelt_out(value)

    def _read_number(self, value: str) -> str:
        """Return what a cell with a number says."""
        shared = self._shared
        if self._formula is not None and value == "0" and not shared.is_computed:
            return f"={self._formula}"
        if self._style in shared.dates:
            return shown_date(value, is_1904=shared.is_1904)
        if shared.percents:
            is_so = self._style in shared.percents
            self._styled[self._column] = is_so and self._styled.get(self._column, True)
        plain = plain_number(value)
        if self._style in shared.padded and plain.isdecimal():
            before, n_digits = shared.padded[self._style]
            return before + plain.zfill(n_digits)
        return plain

    def _merge(self, area: str) -> None:
        first, _, last = area.partition(":")
        begin, end = _PLACE.fullmatch(first), _PLACE.fullmatch(last)
        if begin and end and begin[2] != end[2]:
            if len(self.merged) >= self._shared.limits.rows:
                raise file_refused("too_much")
            self.merged.append((_number(begin[1]), int(begin[2]), int(end[2])))


def _number(letters: str) -> int:
    """Return the number of a column, A is 1."""
    total = 0
    for letter in letters:
        total = total * 26 + ord(letter) - ord("A") + 1
    return total


def _spelt_out(text: str) -> str:
    """Return a text with the signs that a workbook spells in hexadecimal digits."""
    return _SPELT.sub(_sign, text) if "_x" in text else text


def _sign(found: re.Match[str]) -> str:
    """Return the sign that is spelt; of those that control a device only line ends and tabs."""
    sign = chr(int(found[1], 16))
    return sign if sign >= " " or sign in "\t\n\r" else ""
