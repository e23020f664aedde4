"""Read a workbook of Excel 97-2003 in a process of its own: bytes in, JSON out.

It is run as a script by `geogrid.sources.tables.old_workbook`, and imports nothing of ours: what a
file does to the libraries that read it ends with this process. It limits itself before it looks at
the file, and does not go on where the system lets it set no limit.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import struct
import sys
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["main"]

# exit codes: the parent's phrases
DAMAGED, LOCKED, TOO_MUCH, TOO_MANY_ROWS, NOT_LIMITED = 11, 12, 13, 14, 15
# [MS-XLS] 2.3: what a row, a formula, a cell with an error, a sheet and a locked file begin with
_ROW, _FORMULA, _ERROR, _BEGIN, _END, _LOCK = 0x0208, 0x0006, 0x0205, 0x0809, 0x000A, 0x002F
_PAGE, _LISTED = 0x0042, 0x0085
_EXCEL_95, _EXCEL_97 = 0x0500, 0x0600
_UNICODE, _WESTERN_PAGE = 1200, 1252
# code pages with signs of two bytes: GBK and Big5
_CODECS = {936: "gb18030", 950: "cp950"}
# each byte as the sign that the western page shows for it, and back
_WESTERN = {
    **{chr(byte): bytes([byte]) for byte in range(256)},
    **{bytes([b]).decode("cp1252", "ignore") or chr(b): bytes([b]) for b in range(128, 160)},
}
_ROW_IS_HIDDEN = 0x20
# of a formula's last value that is no number: its kind, and two bytes that no number has
_NO_NUMBER = b"\xff\xff"
_KIND_ERROR, _KIND_EMPTY = 2, 3
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
_SPECIAL_SECTORS = 0xFFFFFFFA
_EXACT, _SHOWN_DIGITS = 10**15, 15


def main() -> int:
    """Read the file of standard input within limits, write its sheets to standard output.

    Returns
    -------
    int
        0, or which phrase of the parent's says why not.
    """
    where, limits = sys.argv[1], json.loads(sys.argv[2])
    if not _limited(limits):
        return NOT_LIMITED
    sys.path.insert(0, where)
    raw = sys.stdin.buffer.read()
    import python_calamine as calamine

    told = _Told(raw)
    try:
        book = calamine.load_workbook(io.BytesIO(told.read_well(raw)))
        sheets = _sheets(book, told, limits)
    except calamine.PasswordError:
        return LOCKED
    except calamine.CalamineError:
        return LOCKED if told.is_locked else DAMAGED
    except OverflowError:
        return TOO_MANY_ROWS
    json.dump(sheets, sys.stdout)
    sys.stdout.flush()
    return 0


def _limited(limits: dict[str, int]) -> bool:
    """Limit this process for good; tell whether the system let it."""
    try:
        import resource
    except ImportError:
        # there is nothing like it on this system: the parent still watches the clock
        return True
    # the answer is text in JSON, six bytes for a sign at most
    wanted = {
        resource.RLIMIT_AS: limits["memory"],
        resource.RLIMIT_CPU: limits["seconds"],
        resource.RLIMIT_FSIZE: limits["bytes"],
        resource.RLIMIT_CORE: 0,
    }
    try:
        for what, most in wanted.items():
            hard = resource.getrlimit(what)[1]
            least = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(what, (least, least))
    except (OSError, ValueError):
        return False
    return True


def _sheets(book: Any, file: _Told, limits: dict[str, int]) -> list[dict[str, Any]]:  # noqa: ANN401 - of calamine
    """Return the sheets as JSON holds them."""
    import python_calamine as kinds

    found: list[dict[str, Any]] = []
    n_left, n_read = limits["rows"], 0
    for place, told in enumerate(book.sheets_metadata):
        if told.typ != kinds.SheetTypeEnum.WorkSheet:
            continue
        name = _shown(told.name, file.codec)[: limits["cell"]]
        if told.visible != kinds.SheetVisibleEnum.Visible:
            if len(found) < limits["sheets"]:
                found.append({"name": name, "is_hidden": True})
            continue
        if n_read == limits["sheets"]:
            raise MemoryError
        n_read += 1
        mark = file.marks[place] if place < len(file.marks) else _Marks()
        sheet = book.get_sheet_by_index(place)
        values = _rows(sheet, mark, limits, file.codec)
        rows: dict[int, list[str]] = {}
        for number, cells in values:
            if len(rows) == n_left:
                raise OverflowError
            rows[number] = cells
        n_left -= len(rows)
        merged = [
            [left + 1, top + 1, bottom + 1]
            for (top, left), (bottom, _) in (sheet.merged_cell_ranges or [])
            if top != bottom
        ]
        if len(merged) > limits["rows"]:
            raise MemoryError
        hidden = sorted(mark.hidden.intersection(rows))
        found.append({"name": name, "rows": rows, "merged": merged, "hidden": hidden})
    return found


def _rows(
    sheet: Any,  # noqa: ANN401 - of calamine
    mark: _Marks,
    limits: dict[str, int],
    codec: str,
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a sheet that have any text, by number."""
    widest, longest = limits["columns"], limits["cell"]
    # rows come from the first of the sheet on, but their cells from the first that is filled
    indent = [""] * (sheet.start[1] if sheet.start else 0)
    n_last = max(mark.cells, default=0)
    # below the last row with a value there may be cells without one
    below: repeat[list[object]] = repeat([], max(0, n_last - sheet.total_height))
    for number, values in enumerate(chain(sheet.iter_rows(), below), start=1):
        cells = indent + [_shown(value, codec)[:longest] for value in values[:widest]]
        for column, text in mark.cells.get(number, {}).items():
            cells.extend([""] * (column + 1 - len(cells)))
            cells[column] = cells[column] or text
        del cells[widest:]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield number, cells


def _shown(value: object, codec: str) -> str:
    """Write a value as the other readers do."""
    if isinstance(value, str):
        if codec:
            value = b"".join(_WESTERN.get(sign, b"?") for sign in value).decode(codec, "replace")
        # a lone half of a sign cannot be written anywhere
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        is_whole = value == value // 1 and abs(value) < _EXACT
        return str(int(value)) if is_whole else format(value, f".{_SHOWN_DIGITS}g")
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds").removesuffix(" 00:00:00")
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)


class _Marks:
    """Hold what the library does not tell of a sheet: hidden rows, and cells without a value."""

    def __init__(self) -> None:
        self.hidden: set[int] = set()
        self.cells: dict[int, dict[int, str]] = {}

    def take(self, kind: int, data: bytes) -> None:
        """Read one record of the sheet."""
        if kind == _ROW and len(data) >= 16:
            if data[12] & _ROW_IS_HIDDEN:
                self.hidden.add(struct.unpack_from("<H", data)[0] + 1)
        elif kind == _ERROR and len(data) >= 8 and data[7]:
            self._mark(data, _ERRORS.get(data[6], "#VALUE!"))
        elif kind == _FORMULA and data[12:14] == _NO_NUMBER:
            if data[6] == _KIND_ERROR:
                self._mark(data, _ERRORS.get(data[8], "#VALUE!"))
            elif data[6] == _KIND_EMPTY:
                # one whose last value is nothing cannot be told from one without any
                self._mark(data, "=")

    def _mark(self, data: bytes, text: str) -> None:
        row, column = struct.unpack_from("<HH", data)
        self.cells.setdefault(row + 1, {})[column] = text


class _Told:
    """Hold what the records of a file tell beside its values.

    Parameters
    ----------
    raw : bytes
        The file. The library knows more forms of it than this: of those nothing is told.
    """

    def __init__(self, raw: bytes) -> None:
        self.marks: list[_Marks] = []
        self.codec = ""
        # a whole workbook inside, or a record that says so
        self.is_locked = "EncryptedPackage".encode("utf-16-le") in raw
        self._page: tuple[bytes, bytes] | None = None
        try:
            self._take(_stream(raw))
        except (struct.error, LookupError, ValueError):
            return

    def read_well(self, raw: bytes) -> bytes:
        """Return the file with the code page by which the library reads its texts well."""
        return raw.replace(*self._page, 1) if self._page else raw

    def _take(self, stream: bytes) -> None:
        """Read the records, the marks in the order of the file's list of sheets."""
        listed: list[int] = []
        by_begin: dict[int, _Marks] = {}
        at, depth, version = 0, 0, 0
        marks = _Marks()
        while at + 4 <= len(stream):
            kind, length = struct.unpack_from("<HH", stream, at)
            data = stream[at + 4 : at + 4 + length]
            if kind == _BEGIN:
                depth += 1
                # charts within a sheet begin anew
                if depth == 1:
                    marks = by_begin[at] = _Marks()
                    version = version or struct.unpack_from("<H", data)[0]
            elif kind == _END:
                depth = max(0, depth - 1)
            elif kind == _LISTED:
                listed.append(struct.unpack_from("<I", data)[0])
            elif kind == _LOCK:
                self.is_locked = True
            elif kind == _PAGE:
                self._take_page(version, stream[at : at + 6])
            elif depth == 1:
                marks.take(kind, data)
            at += 4 + length
        self.marks = [by_begin.get(begin, _Marks()) for begin in listed]

    def _take_page(self, version: int, record: bytes) -> None:
        """Say another code page where the library would read by this one what is not in it."""
        page = struct.unpack_from("<H", record, 4)[0]
        instead = page
        if version == _EXCEL_97:
            # texts are Unicode, whatever the page that some programs name
            instead = _UNICODE
        elif version == _EXCEL_95 and page in _CODECS:
            # signs of two bytes: the library takes them apart, so it is given single ones
            instead, self.codec = _WESTERN_PAGE, _CODECS[page]
        if instead != page:
            self._page = record, record[:4] + struct.pack("<H", instead)


def _stream(raw: bytes) -> bytes:
    """Return the workbook within a compound file ([MS-CFB]: sectors, chained by a table)."""
    size = 1 << struct.unpack_from("<H", raw, 30)[0]
    small = 1 << struct.unpack_from("<H", raw, 32)[0]
    if size not in {512, 4096}:
        raise ValueError("sector")
    n_tables, first, _, least, first_small, _, further, n_further = struct.unpack_from(
        "<IIIIIIII", raw, 44
    )
    places = list(struct.unpack_from("<109I", raw, 76))
    step = size // 4
    for _ in range(min(n_further, len(raw) // size)):
        more = struct.unpack_from(f"<{step}I", raw, (further + 1) * size)
        places += more[:-1]
        further = more[-1]
    table: list[int] = []
    for place in places[: min(n_tables, len(raw) // size)]:
        table += struct.unpack_from(f"<{step}I", raw, (place + 1) * size)

    def joined(begin: int, chained: list[int], whole: bytes, width: int, skip: int) -> bytes:
        pieces: list[bytes] = []
        while begin < _SPECIAL_SECTORS:
            if len(pieces) > len(raw) // width:
                raise ValueError("a ring")
            pieces.append(whole[(begin + skip) * width : (begin + skip + 1) * width])
            begin = chained[begin]
        return b"".join(pieces)

    entries = joined(first, table, raw, size, 1)
    found: dict[str, tuple[int, int]] = {}
    for at in range(0, len(entries) - 127, 128):
        length = struct.unpack_from("<H", entries, at + 64)[0]
        name = entries[at : at + max(0, length - 2)].decode("utf-16-le", "replace").lower()
        found.setdefault(name, struct.unpack_from("<II", entries, at + 116))
    begin, n_bytes = found.get("workbook") or found["book"]
    if n_bytes >= least:
        return joined(begin, table, raw, size, 1)[:n_bytes]
    inner = joined(found["root entry"][0], table, raw, size, 1)
    packed = joined(first_small, table, raw, size, 1)
    links = list(struct.unpack(f"<{len(packed) // 4}I", packed))
    return joined(begin, links, inner, small, 0)[:n_bytes]


if __name__ == "__main__":
    try:
        code = main()
    except (MemoryError, OSError):
        code = TOO_MUCH
    os._exit(code)
