"""Read the cells of an Excel workbook (.xlsx) with nothing but the standard library.

People hand these in, so size and shape are bounded before anything is kept: rows, columns,
sheets, merged areas, and the bytes that are parsed, however often a part is named. Libraries
that build a dense table of every sheet are ended by one cell in the last row and column.
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

__all__ = [
    "LONGEST_CELL",
    "MOST_COLUMNS",
    "MOST_ROWS",
    "Sheet",
    "file_refused",
    "is_workbook",
    "read_workbook",
]

# a district of ten times the usual size has 14,180 courtyards
MOST_ROWS = 20_000
# lists have a dozen columns; what stands further out is not read
MOST_COLUMNS = 200
# characters of a cell that are read
LONGEST_CELL = 1_000
_MOST_SHEETS = 50
# a full list has a tenth of it; more elements take more than some seconds
_MOST_BYTES = 50_000_000
# of each sheet: five columns of a full list
_MOST_FILLED = 100_000
_PIECE = 65_536
# Excel nests a dozen elements, and writes no longer ones; expat keeps every open element, and
# begins anew on an unfinished one with every piece
_DEEPEST, _LONGEST_MARKUP = 50, 1_000_000
# ways of packing that Excel knows; others take memory as they please
_PACKINGS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
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
            parts = _Parts(archive)
            texts = _Texts.of(parts)
            n_left = MOST_ROWS
            sheets: list[Sheet] = []
            for name, path in _listed_sheets(parts):
                if len(sheets) == _MOST_SHEETS:
                    raise file_refused("too_much")
                cells = _Cells(texts, n_left)
                parts.parse(path, cells)
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


class _Parts:
    """Parse members of a workbook, together no more than is read of one file.

    Parameters
    ----------
    archive : ZipFile
        The workbook.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._n_left = _MOST_BYTES

    def __contains__(self, path: str) -> bool:
        return path in self._archive.NameToInfo

    def parse(self, path: str, handler: _Handler) -> None:
        """Send a member through a handler, names without their namespaces."""
        member = self._archive.getinfo(path)
        # counted whenever it is parsed: many sheets may be one member
        self._n_left -= member.file_size
        if self._n_left < 0:
            raise file_refused("too_much")
        if member.compress_type not in _PACKINGS:
            raise ValueError("packing")
        depth = n_fed = 0

        def start(name: str, values: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > _DEEPEST:
                raise ValueError("depth")
            handler.start(_local(name), values)

        def end(name: str) -> None:
            nonlocal depth
            depth -= 1
            handler.end(_local(name))

        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.CharacterDataHandler = handler.text
        # no workbook has a document type; entities that grow without end begin with one
        parser.StartDoctypeDeclHandler = _refuse_doctype
        with self._archive.open(member) as file:
            while piece := file.read(_PIECE):
                parser.Parse(piece, False)
                n_fed += len(piece)
                if n_fed - parser.CurrentByteIndex > _LONGEST_MARKUP:
                    raise ValueError("markup")
        parser.Parse(b"", True)


def _refuse_doctype(*_: object) -> None:
    raise ValueError("document type")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _listed_sheets(parts: _Parts) -> Iterator[tuple[str, str]]:
    """Yield name and member of each visible sheet."""
    book = _Book()
    parts.parse("xl/workbook.xml", book)
    links = _Links()
    parts.parse("xl/_rels/workbook.xml.rels", links)
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
            self.sheets.append((values["name"][:LONGEST_CELL], links[0]))


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
    def of(cls, parts: _Parts) -> list[str]:
        """Return the shared texts of a workbook; it need not have any."""
        found = cls()
        if "xl/sharedStrings.xml" in parts:
            parts.parse("xl/sharedStrings.xml", found)
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
            self.texts.append("".join(self._pieces)[:LONGEST_CELL])
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
            self._found[self._into] = (self._found.get(self._into, "") + data)[:LONGEST_CELL]

    def filled(self) -> dict[int, list[str]]:
        """Return the rows, the text of areas merged downwards in each of their rows."""
        n_filled, lowest = 0, max(self.rows, default=0)
        for column, first, last in self._merged:
            head = self.rows.get(first, [])
            text = head[column - 1] if len(head) >= column else ""
            if not text:
                continue
            for row in range(first + 1, min(last, first + MOST_ROWS, lowest) + 1):
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
