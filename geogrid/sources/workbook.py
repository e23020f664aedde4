"""Read the cells of an Excel workbook (.xlsx) with nothing but the standard library.

People hand these in, so size and shape are bounded before anything is kept: rows, columns,
unpacked bytes, merged areas. Libraries that build a dense table of every sheet are ended by
one cell in the last row and column.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.parsers import expat

from geogrid.errors import InputError
from geogrid.locale import LANGUAGES, phrases

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MOST_COLUMNS", "MOST_ROWS", "Sheet", "file_refused", "is_workbook", "read_workbook"]

# a district of ten times the usual size has 14,180 courtyards
MOST_ROWS = 20_000
# lists have a dozen columns; what stands further out is not read
MOST_COLUMNS = 200
_MOST_BYTES = 100_000_000
_MOST_FILLED = 400_000
_LONGEST = 1_000
_PIECE = 65_536
# what the standard library raises on archives and markup that are not what they should be,
# on members with a password, and on ways of packing that it does not know
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    LookupError,
    ValueError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)
_SIGNATURE = b"PK\x03\x04"
# Excel 97-2003, and every workbook with a password
_OLD_SIGNATURE = b"\xd0\xcf\x11\xe0"
_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
# beyond 15 digits a spreadsheet has rounded the number
_EXACT = 10**15


@dataclass(frozen=True)
class Sheet:
    """Hold the cells of one sheet as text.

    Parameters
    ----------
    name : str
        Of the sheet; empty for a CSV file.
    rows : dict of int to list of str
        By row number as the spreadsheet shows it, from 1; rows without any text are left out.
    """

    name: str
    rows: dict[int, list[str]]


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


def is_workbook(raw: bytes) -> bool:
    """Tell whether a file is a workbook, whatever its name says.

    Parameters
    ----------
    raw : bytes
        The file.

    Returns
    -------
    bool
        True also for a damaged one.

    Raises
    ------
    InputError
        If it is one of Excel 97-2003, or has a password.
    """
    if raw.startswith(_OLD_SIGNATURE):
        raise file_refused("old_workbook")
    return raw.startswith(_SIGNATURE)


def read_workbook(raw: bytes) -> list[Sheet]:
    """Read every visible sheet of a workbook.

    Parameters
    ----------
    raw : bytes
        The file.

    Returns
    -------
    list of Sheet
        In their order. Formulas count by their last value; one without a value reads as
        itself. The text of an area merged downwards stands in each of its rows.

    Raises
    ------
    InputError
        If it is damaged, or larger than is read.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if sum(member.file_size for member in archive.infolist()) > _MOST_BYTES:
                raise file_refused("too_much")
            texts = _Texts.of(archive)
            n_left = MOST_ROWS
            sheets = []
            for name, path in _listed_sheets(archive):
                cells = _Cells(texts, n_left)
                _parse(archive, path, cells)
                sheets.append(Sheet(name, cells.filled()))
                n_left -= len(cells.rows)
            return sheets
    except InputError:
        raise
    except _DAMAGE as why:
        raise file_refused("damaged") from why


class _Handler:
    """Take the events of one XML member."""

    def start(self, name: str, values: dict[str, str]) -> None:
        """Begin an element."""

    def end(self, name: str) -> None:
        """End an element."""

    def text(self, data: str) -> None:
        """Take a piece of text."""


def _parse(archive: zipfile.ZipFile, path: str, handler: _Handler) -> None:
    """Send a member through a handler, names without their namespaces."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, values: handler.start(_local(name), values)
    parser.EndElementHandler = lambda name: handler.end(_local(name))
    parser.CharacterDataHandler = handler.text
    # no workbook has a document type; entities that grow without end begin with one
    parser.StartDoctypeDeclHandler = _refuse_doctype
    with archive.open(path) as member:
        while piece := member.read(_PIECE):
            parser.Parse(piece, False)
    parser.Parse(b"", True)


def _refuse_doctype(*_: object) -> None:
    raise ValueError("document type")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _listed_sheets(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Yield name and member of each visible sheet."""
    book = _Book()
    _parse(archive, "xl/workbook.xml", book)
    links = _Links()
    _parse(archive, "xl/_rels/workbook.xml.rels", links)
    for name, link in book.sheets:
        target = links.targets[link]
        # a chart is a sheet too, but has no cells
        if "/worksheets/" in f"/{target}":
            yield name, target.lstrip("/") if target.startswith("/") else f"xl/{target}"


class _Book(_Handler):
    """Gather the sheets that a workbook shows."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []

    def start(self, name: str, values: dict[str, str]) -> None:
        if name == "sheet" and values.get("state", "visible") == "visible":
            links = [v for key, v in values.items() if _local(key) == "id" and ":" in key]
            self.sheets.append((values["name"][:_LONGEST], links[0]))


class _Links(_Handler):
    """Gather where the links of a workbook lead."""

    def __init__(self) -> None:
        self.targets: dict[str, str] = {}

    def start(self, name: str, values: dict[str, str]) -> None:
        if name == "Relationship":
            self.targets[values["Id"]] = values["Target"]


class _Texts(_Handler):
    """Gather the texts that the sheets share."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._pieces: list[str] = []
        self._is_text = False
        self._is_reading_aid = False

    @classmethod
    def of(cls, archive: zipfile.ZipFile) -> list[str]:
        """Return the shared texts of a workbook; it need not have any."""
        found = cls()
        if "xl/sharedStrings.xml" in archive.namelist():
            _parse(archive, "xl/sharedStrings.xml", found)
        return found.texts

    def start(self, name: str, values: dict[str, str]) -> None:
        del values
        if name == "rPh":
            self._is_reading_aid = True
        self._is_text = name == "t" and not self._is_reading_aid

    def end(self, name: str) -> None:
        self._is_text = False
        if name == "rPh":
            self._is_reading_aid = False
        elif name == "si":
            self.texts.append("".join(self._pieces)[:_LONGEST])
            self._pieces.clear()

    def text(self, data: str) -> None:
        if self._is_text:
            self._pieces.append(data)


class _Cells(_Handler):
    """Gather the cells of one sheet, and its merged areas."""

    def __init__(self, texts: list[str], n_left: int) -> None:
        self.rows: dict[int, list[str]] = {}
        self._texts = texts
        self._n_left = n_left
        self._merged: list[tuple[int, int, int]] = []
        self._row = self._column = 0
        self._kind = ""
        self._into = ""
        self._found: dict[str, str] = {}

    def start(self, name: str, values: dict[str, str]) -> None:
        if name == "row":
            # both numbers may be left out: the next one is meant
            self._row = int(values.get("r", self._row + 1))
            self._column = 0
        elif name == "c":
            place = _PLACE.fullmatch(values.get("r", ""))
            self._column = _number(place[1]) if place else self._column + 1
            self._kind = values.get("t", "n")
            self._found = {}
        elif name in {"v", "f", "t"}:
            self._into = name
        elif name == "mergeCell":
            self._merge(values["ref"])

    def end(self, name: str) -> None:
        self._into = ""
        if name == "c" and self._column <= MOST_COLUMNS:
            text = self._value()
            if text:
                self._keep(text)

    def text(self, data: str) -> None:
        if self._into:
            self._found[self._into] = (self._found.get(self._into, "") + data)[:_LONGEST]

    def filled(self) -> dict[int, list[str]]:
        """Return the rows, the text of areas merged downwards in each of their rows."""
        n_filled = 0
        for column, first, last in self._merged:
            head = self.rows.get(first, [])
            text = head[column - 1] if len(head) >= column else ""
            if not text:
                continue
            for row in range(first + 1, min(last, first + MOST_ROWS) + 1):
                cells = self.rows.get(row)
                n_filled += 1
                if n_filled > _MOST_FILLED:
                    raise file_refused("too_much")
                # a row with nothing of its own is no row of the list
                if cells is None:
                    continue
                cells.extend([""] * (column - len(cells)))
                cells[column - 1] = cells[column - 1] or text
        return dict(sorted(self.rows.items()))

    def _keep(self, text: str) -> None:
        cells = self.rows.get(self._row)
        if cells is None:
            if len(self.rows) >= self._n_left:
                raise file_refused("too_many_rows", most=MOST_ROWS)
            cells = self.rows[self._row] = []
        cells.extend([""] * (self._column - len(cells)))
        cells[self._column - 1] = text

    def _value(self) -> str:
        value = self._found.get("v", self._found.get("t", "")).strip()
        if self._kind == "s" and value:
            return self._texts[int(value)].strip()
        if self._kind == "n" and value:
            return _plain_number(value)
        if not value and "f" in self._found:
            return f"={self._found['f']}"
        return value

    def _merge(self, area: str) -> None:
        first, _, last = area.partition(":")
        begin, end = _PLACE.fullmatch(first), _PLACE.fullmatch(last)
        if begin and end and begin[2] != end[2]:
            if len(self._merged) >= MOST_ROWS:
                raise file_refused("too_much")
            self._merged.append((_number(begin[1]), int(begin[2]), int(end[2])))


def _number(letters: str) -> int:
    """Return the number of a column, A is 1."""
    total = 0
    for letter in letters:
        total = total * 26 + ord(letter) - ord("A") + 1
    return total


def _plain_number(value: str) -> str:
    """Write a number as people do: whole ones without fraction or exponent."""
    number = float(value)
    if number.is_integer() and abs(number) < _EXACT:
        return str(int(number))
    return value
