"""Laws of workbooks of Excel 97-2003: read as the newer ones are, in a process of their own."""

from __future__ import annotations

import datetime as dt
import io
import struct
from contextlib import suppress
from dataclasses import replace

import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from xlwt.CompoundDoc import XlsDoc

from geogrid.errors import InputError
from geogrid.locale import phrases
from geogrid.sources.tables import LIST_LIMITS, read_sheets
from geogrid.sources.tables.old_workbook import read_old_workbook


def written(write, **options):
    """Return a workbook as xlwt writes it."""
    book = xlwt.Workbook(**options)
    write(book, book.add_sheet("甲"))
    into = io.BytesIO()
    book.save(into)
    return into.getvalue()


def style(code):
    found = xlwt.XFStyle()
    found.num_format_str = code
    return found


def ledger(book, sheet):
    sheet.write_merge(0, 0, 0, 3, "楼院台账")
    day = dt.date(1997, 6, 1)
    rows = [
        ["编号", "社区", "户数", "建成"],
        [370202001002, "香港路", 120, (day, "yyyy-mm-dd")],
        ["Ｃ2", "", 12.5, (35582, 'yyyy"年"')],
        [],
        [True, "", 0, "1985"],
    ]
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, tuple):
                sheet.write(number, column, value[0], style(value[1]))
            elif value != "":
                sheet.write(number, column, value)
    sheet.merge(2, 5, 1, 1)
    sheet.write(6, 0, xlwt.Formula("C3+C4"))
    sheet.row(6).set_cell_error(2, 0x17)
    sheet.row(3).hidden = True
    book.add_sheet("乙").visibility = 1
    aside = book.add_sheet("丙")
    aside.write(3, 2, "第四行")
    book.add_sheet("丁").row(1).set_cell_error(1, 0x2A)


LEDGER = written(ledger)
ROWS = {
    1: ["楼院台账"],
    2: ["编号", "社区", "户数", "建成"],
    3: ["370202001002", "香港路", "120", "1997-06-01"],
    4: ["Ｃ2", "香港路", "12.5", "1997-06-01"],
    6: ["TRUE", "香港路", "0", "1985"],
    7: ["=", "", "#REF!"],
}


def refused(raw, limits=LIST_LIMITS):
    with pytest.raises(InputError) as caught:
        read_sheets(raw, limits)
    words = caught.value.facts["words"]
    forms = phrases("zh", "list_file").items()
    return next(key for key, form in forms if form.format(most=limits.rows) == words["zh"])


def test_cells_read_as_those_of_newer_workbooks():
    first, aside, last = read_sheets(LEDGER)
    assert (first.name, first.rows, first.hidden_rows) == ("甲", ROWS, {4})
    assert (aside.name, aside.rows) == ("丙", {4: ["", "", "第四行"]})
    assert (last.name, last.rows) == ("丁", {2: ["", "#N/A"]})


def test_hidden_sheets_are_told_and_not_read():
    told = [(one.name, one.is_hidden) for one in read_old_workbook(LEDGER, tells_hidden=True)]
    assert told == [("甲", False), ("乙", True), ("丙", False), ("丁", False)]


def test_days_count_from_1904_where_the_workbook_says_so():
    def write(book, sheet):
        book.dates_1904 = True
        sheet.write(0, 0, 35582, style("yyyy-mm-dd"))

    assert read_sheets(written(write))[0].rows == {1: ["2001-06-02"]}


def record(kind, data):
    return struct.pack("<HH", kind, len(data)) + data


def test_texts_of_excel_95_are_those_of_its_code_page():
    """Before 1997 texts were bytes, of a code page that the workbook names: 936 is GBK."""
    name, text = "台账".encode("gbk"), "香港路社区".encode("gbk")
    begin = record(0x0809, struct.pack("<HHHH", 0x0500, 0x0005, 0, 0))
    page = record(0x0042, struct.pack("<H", 936))
    listed = record(0x0085, struct.pack("<IHB", 0, 0, len(name)) + name)
    at = len(begin + page + listed) + 4
    listed = record(0x0085, struct.pack("<IHB", at, 0, len(name)) + name)
    sheet = record(0x0809, struct.pack("<HHHH", 0x0500, 0x0010, 0, 0))
    sheet += record(0x0204, struct.pack("<HHHH", 0, 0, 0, len(text)) + text)
    stream = begin + page + listed + record(0x000A, b"") + sheet + record(0x000A, b"")
    into = io.BytesIO()
    XlsDoc().save(into, stream)
    (found,) = read_sheets(into.getvalue())
    assert (found.name, found.rows) == ("台账", {1: ["香港路社区"]})


@pytest.mark.parametrize("page", [936, 1252])
def test_texts_since_excel_97_are_unicode_whatever_page_a_program_names(page):
    told = record(0x0042, struct.pack("<H", 1200))
    raw = LEDGER.replace(told, record(0x0042, struct.pack("<H", page)))
    assert raw != LEDGER
    assert read_sheets(raw)[0].rows == ROWS


def locked():
    """Return a workbook whose second record says that it has a password."""
    begin = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    into = io.BytesIO()
    XlsDoc().save(into, begin + record(0x002F, b"\x01\x00\x01\x00" + b"x" * 50))
    return into.getvalue()


def far(book, sheet):
    del book
    for row, column in ((0, 0), (65_535, 255)):
        sheet.write(row, column, "x")


TIGHT = replace(LIST_LIMITS, memory=200 << 20)


@pytest.mark.parametrize(
    ("raw", "limits", "why"),
    [
        (b"\xd0\xcf\x11\xe0 no workbook", LIST_LIMITS, "old_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, LIST_LIMITS, "damaged"),
        (LEDGER[:2_000], LIST_LIMITS, "damaged"),
        (locked(), LIST_LIMITS, "old_workbook"),
        (LEDGER, replace(LIST_LIMITS, rows=5), "too_many_rows"),
        (LEDGER, replace(LIST_LIMITS, sheets=2), "too_much"),
        (written(far), TIGHT, "too_much"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(raw, limits, why):
    assert refused(raw, limits) == why


def test_a_file_that_never_ends_is_given_up():
    assert refused(LEDGER, replace(LIST_LIMITS, seconds=0)) == "too_much"


@settings(max_examples=12)
@given(st.lists(st.tuples(st.integers(8, len(LEDGER) - 1), st.integers(0, 255)), max_size=40))
def test_any_damage_is_read_or_refused(damage):
    raw = bytearray(LEDGER)
    for place, byte in damage:
        raw[place] = byte
    with suppress(InputError):
        assert isinstance(read_sheets(bytes(raw)), list)
