"""Excel workbooks as tests write them: cells, merged areas, and what a hostile one holds."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import escape

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKED = "http://schemas.openxmlformats.org/package/2006/relationships"


def letters(column):
    """Return the letters of a column, from 0."""
    found = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


def cell(place, value):
    """Return one cell: numbers as numbers, ("f", formula, value), text inline."""
    if value is None or value == "":
        return ""
    if isinstance(value, tuple):
        _, formula, last = value
        kept = "" if last is None else f"<v>{escape(str(last))}</v>"
        return f'<c r="{place}" t="str"><f>{escape(formula)}</f>{kept}</c>'
    if isinstance(value, (int, float)):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    if isinstance(value, bytes):
        return f'<c r="{place}" t="s"><v>{value.decode()}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def sheet_xml(rows, merged=(), more=""):
    """Return a sheet's member; rows from 1."""
    body = "".join(
        f'<row r="{number}">'
        + "".join(cell(f"{letters(c)}{number}", value) for c, value in enumerate(values))
        + "</row>"
        for number, values in enumerate(rows, start=1)
    )
    areas = "".join(f'<mergeCell ref="{area}"/>' for area in merged)
    areas = f"<mergeCells>{areas}</mergeCells>" if areas else ""
    return f"<worksheet {_MAIN}><sheetData>{body}{more}</sheetData>{areas}</worksheet>"


def workbook(sheets, *, shared=(), hidden=(), members=()):
    """Return a workbook of sheets by name, each the XML of a sheet or rows of values."""
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"'
        + (' state="hidden"/>' if name in hidden else "/>")
        for i, name in enumerate(sheets, start=1)
    )
    links = "".join(
        f'<Relationship Id="rId{i}" Type="{_LINKS}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    book = f'<workbook {_MAIN} xmlns:r="{_LINKS}"><sheets>{listed}</sheets></workbook>'
    parts = {
        "xl/workbook.xml": book,
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKED}">{links}</Relationships>',
    }
    if shared:
        texts = "".join(f"<si>{text}</si>" for text in shared)
        parts["xl/sharedStrings.xml"] = f"<sst {_MAIN}>{texts}</sst>"
    for i, given in enumerate(sheets.values(), start=1):
        parts[f"xl/worksheets/sheet{i}.xml"] = given if isinstance(given, str) else sheet_xml(given)
    parts |= dict(members)
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return raw.getvalue()
