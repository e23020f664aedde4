"""Laws of lists from spreadsheets: what is read as what, and what is refused unread."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import time
import tracemalloc
import zipfile
from contextlib import suppress

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from workbooks import sheet_xml, workbook

from geogrid.errors import InputError
from geogrid.locale import phrases
from geogrid.sources.tables import LIST_LIMITS, read_sheets, tables_of

ALIASES = {"id": ("编号", "id"), "to": ("划入网格", "调整后网格"), "from": ("调整前网格",)}
NEEDED = (("id",), ("to",))


def table(raw):
    (found,) = tables_of(read_sheets(raw), ALIASES, needed=NEEDED)
    return found


def refused(raw):
    with pytest.raises(InputError) as caught:
        read_sheets(raw)
    words = caught.value.facts["words"]
    return next(
        key
        for key, frame in phrases("zh", "list_file").items()
        if frame.format(most=LIST_LIMITS.rows) == words["zh"]
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_reads_the_same_in_every_encoding(encoding, delimiter):
    text = "名单\n\n编号,划入网格\nC1,第2网格\n".replace(",", delimiter)
    found = table(text.encode(encoding))
    assert (found.head_row, found.rows) == (3, {4: ["C1", "第2网格"]})


def test_titles_heads_over_two_columns_and_heads_over_two_rows_are_one_head():
    rows = [
        ["调整名单"],
        ["编号", "调整前", "", "调整后", ""],
        ["", "网格", "户数", "网格", "户数"],
        ["C1", "1", 90, "2", 80],
    ]
    merged = ("A1:E1", "A2:A3", "B2:C2", "D2:E2")
    found = table(workbook({"甲": sheet_xml(rows, merged)}))
    assert found.columns == {"id": (0,), "from": (1,), "to": (3,)}
    assert found.ignored == ["户数", "户数"]
    assert (found.values(4, "to"), found.head("to")) == (["2"], "调整后网格")


def test_an_area_merged_downwards_counts_for_each_of_its_rows_and_for_no_empty_one():
    rows = [["编号", "划入网格"], ["C1", "2"], ["C2", ""], [], ["C4", ""], ["C5", ""]]
    found = table(workbook({"甲": sheet_xml(rows, ("B2:B5",))}))
    assert found.rows == {2: ["C1", "2"], 3: ["C2", "2"], 5: ["C4", "2"], 6: ["C5"]}


def test_cells_read_as_people_see_them():
    shared = ["<r><t>第</t></r><r><t>2网格</t></r><rPh><t>dì</t></rPh>"]
    rows = [
        ["编号", "划入网格"],
        [7, b"0"],
        [1.5, 370202001001002],
        [("f", "A2", "C9"), ("f", "B2", None)],
        ["　Ｃ１ ", "3.70202E+14"],
    ]
    found = table(workbook({"甲": rows}, shared=shared))
    assert list(found.rows.values()) == [
        ["7", "第2网格"],
        ["1.5", "370202001001002"],
        ["C9", "=B2"],
        ["Ｃ１", "3.70202E+14"],
    ]


def test_every_visible_sheet_with_heads_is_read():
    rows = [["编号", "划入网格"], ["C1", "2"]]
    raw = workbook({"说明": [["看这里"]], "甲": rows, "乙": rows, "丙": rows}, hidden=("丙",))
    sheets = read_sheets(raw)
    assert [sheet.name for sheet in sheets] == ["说明", "甲", "乙"]
    assert [one.sheet for one in tables_of(sheets, ALIASES, needed=NEEDED)] == ["甲", "乙"]


def test_rows_and_cells_without_numbers_follow_one_another():
    cells = "<c t='inlineStr'><is><t>{}</t></is></c>"
    row = "<row>" + cells + cells + "</row>"
    xml = "<worksheet><sheetData>" + row.format("编号", "划入网格") + row.format("C1", "2")
    found = table(workbook({"甲": xml + "</sheetData></worksheet>"}))
    assert found.rows == {2: ["C1", "2"]}


def test_a_cell_in_the_farthest_corner_costs_nothing():
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    rows = [["编号", "划入网格"], ["C1", "2"]]
    assert table(workbook({"甲": sheet_xml(rows, more=far)})).rows == {2: ["C1", "2"]}


def written(write, **options):
    """Return a workbook as xlsxwriter writes it."""
    into = io.BytesIO()
    with xlsxwriter.Workbook(into, options) as book:
        write(book, book.add_worksheet("甲"))
    return into.getvalue()


@pytest.mark.parametrize("is_1904", [False, True])
def test_numbers_with_the_style_of_a_date_read_as_dates(is_1904):
    styles = ["yyyy-mm-dd", 'yyyy"年"m"月"d"日"', "[$-804]aaaa yyyy/m/d", 14, 31]
    others = ["0.00", '0"d"', "General", "0_d", "[Red]0", "@"]

    def write(book, sheet):
        for column, style in enumerate([*styles, *others]):
            sheet.write(0, column, 35582, book.add_format({"num_format": style}))
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_datetime(1, 0, dt.datetime(2024, 2, 29, 8, 30), moment)  # noqa: DTZ001 - a cell's
        for column, value in enumerate([0.5, 0, 1985.25, 3e6, -1], start=1):
            sheet.write(1, column, value, moment)

    (sheet,) = read_sheets(written(write, date_1904=is_1904))
    day = "2001-06-02" if is_1904 else "1997-06-01"
    assert sheet.rows[1] == [day] * len(styles) + ["35582"] * len(others)
    first = "1904-01-01" if is_1904 else "0"
    years = "1909-06-08 06:00:00" if is_1904 else "1905-06-07 06:00:00"
    assert sheet.rows[2] == ["2024-02-29 08:30:00", "12:00:00", first, years, "3000000", "-1"]


def test_the_day_that_never_was_stays_a_number():
    def write(book, sheet):
        for row, day in enumerate([1, 59, 60, 61]):
            sheet.write(row, 0, day, book.add_format({"num_format": 14}))

    (sheet,) = read_sheets(written(write))
    shown = ["1900-01-01", "1900-02-28", "60", "1900-03-01"]
    assert [cells[0] for cells in sheet.rows.values()] == shown


def test_what_could_not_be_computed_says_so():
    xml = (
        '<worksheet><sheetData><row r="1"><c r="A1" t="e"><f>B9</f><v>#REF!</v></c>'
        '<c r="B1"><f t="shared" si="0"/></c><c r="C1"><f>A1+B1</f></c>'
        '<c r="D1"><f>A2</f><v>0</v></c><c r="E1"><f>A2</f><v>7</v></c><c r="F1"><v>0</v></c>'
        '<c r="G1" t="b"><v>1</v></c><c r="H1" t="d"><v>1997-06-01T00:00:00</v></c>'
        '<c r="I1" t="str"><v>a_x000D_b_xD83D__x0000_</v></c>'
        '<c r="J1"><v>120.38330999999999</v></c>'
        "</row></sheetData></worksheet>"
    )
    raw = workbook({"甲": xml})
    told = ["#REF!", "=", "=A1+B1", "0", "7", "0", "TRUE", "1997-06-01", "a\rb_xD83D_", "120.38331"]
    assert read_sheets(raw)[0].rows[1] == told
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    book = parts["xl/workbook.xml"].decode()
    # a program that computes nothing writes 0 for every formula, and asks Excel to compute
    parts["xl/workbook.xml"] = book.replace("<sheets>", '<calcPr fullCalcOnLoad="1"/><sheets>')
    told[3] = "=A2"
    assert read_sheets(packed(parts))[0].rows[1] == told


def test_hidden_rows_are_read_and_told_and_hidden_sheets_only_told():
    def write(book, sheet):
        for row in range(4):
            sheet.write(row, 0, row)
        sheet.set_row(1, None, None, {"hidden": True})
        sheet.set_row(9, None, None, {"hidden": True})
        for name in ("乙", "丙"):
            book.add_worksheet(name).write(0, 0, "x")
        book.get_worksheet_by_name("乙").hide()
        book.get_worksheet_by_name("丙").very_hidden()

    raw = written(write)
    (sheet,) = read_sheets(raw)
    assert (list(sheet.rows), sheet.hidden_rows) == ([1, 2, 3, 4], {2})
    told = [(one.name, one.is_hidden, len(one.rows)) for one in read_sheets(raw, tells_hidden=True)]
    assert told == [("甲", False, 4), ("乙", True, 0), ("丙", True, 0)]


def test_wider_limits_read_longer_files_and_narrower_ones_refuse_sooner():
    raw = workbook({"甲": [["a"]] * (LIST_LIMITS.rows + 1)})
    more = dataclasses.replace(LIST_LIMITS, rows=LIST_LIMITS.rows + 1)
    assert len(read_sheets(raw, more)[0].rows) == LIST_LIMITS.rows + 1
    with pytest.raises(InputError, match="more than 3 rows"):
        read_sheets(b"a\n" * 4, dataclasses.replace(LIST_LIMITS, rows=3))
    with pytest.raises(InputError, match="too large"):
        read_sheets(raw, dataclasses.replace(LIST_LIMITS, bytes=len(raw) - 1))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_quotes_hide_delimiters_and_line_ends_of_a_csv(newline):
    text = 'a;"1,2,3,4,5,6;\n7";c\n="0012";d;""\n'.replace("\n", newline)
    rows = read_sheets(text.encode())[0].rows
    assert rows == {1: ["a", f"1,2,3,4,5,6;{newline}7", "c"], 2: ["0012", "d", ""]}


def test_a_quote_that_never_closes_spoils_no_other_row():
    text = '编号,户数\n"C1,7\nC2,8\n"C,3",9\nC4,"1"0\n'
    rows = read_sheets(text.encode())[0].rows
    assert rows == {
        1: ["编号", "户数"],
        2: ['"C1', "7"],
        3: ["C2", "8"],
        4: ["C,3", "9"],
        5: ["C4", '"1"0'],
    }


@pytest.mark.parametrize("begin", ["a,b\n", '"a,b\n'])
def test_lines_without_end_take_little_memory(begin):
    raw = (begin + "\n" * 200_000).encode()
    tracemalloc.start()
    try:
        assert len(read_sheets(raw)[0].rows) == 1
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
    finally:
        tracemalloc.stop()


def bomb():
    """Return an archive whose sheet says that it unpacks to very much."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 100_000_001)
    return raw.getvalue()


GOOD = workbook({"甲": [["编号", "划入网格"], ["C1", "2"]]})
ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"\xd0\xcf\x11\xe0 old", "old_workbook"),
        (GOOD[:-30], "damaged"),
        (b"PK\x03\x04 nothing", "damaged"),
        (workbook({"甲": "<worksheet><sheetData>"}), "damaged"),
        (workbook({"甲": ENTITIES}), "damaged"),
        (workbook({"甲": [[b"7"]]}, shared=["<t>x</t>"]), "damaged"),
        (workbook({}, members={"xl/workbook.xml": "<workbook><sheet/></workbook>"}), "damaged"),
        (bomb(), "too_much"),
        (b"\x89PNG\r\n\x00\x00", "neither"),
        ("编号,划入网格\n".encode() + b"\xff\xff\x80", "encoding"),
        (b"\n".join([b"a,b"] * (LIST_LIMITS.rows + 1)), "too_many_rows"),
        (workbook({"甲": [["a"]] * (LIST_LIMITS.rows + 1)}), "too_many_rows"),
        (workbook({"甲": [["a"]] * 12_000, "乙": [["a"]] * 12_000}), "too_many_rows"),
        (b'a,"' + b"b" * 200_000, "neither"),
        ("\ufeff\n <HTML><table><tr><td>编号</td></tr></table>".encode(), "web_page"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why_in_chinese(raw, why):
    assert refused(raw) == why


def sheets_of_one_member(n, sheet):
    """Return a workbook whose n sheets are all the same member."""
    first = workbook({"甲": sheet})
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        book = archive.read("xl/workbook.xml").decode()
        parts = {name: archive.read(name) for name in archive.namelist()}
    head, _, rest = book.partition("<sheet ")
    one, _, tail = rest.partition("/>")
    parts["xl/workbook.xml"] = (head + f"<sheet {one}/>" * n + tail).encode()
    return packed(parts)


def packed(parts, how=zipfile.ZIP_DEFLATED):
    """Return an archive of members."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", how) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return raw.getvalue()


def test_one_member_as_many_sheets_counts_as_often_as_it_is_parsed():
    assert refused(sheets_of_one_member(51, "<worksheet/>")) == "too_much"
    large = sheet_xml([["编号"]]) + " " * 3_000_000
    assert refused(sheets_of_one_member(20, large)) == "too_much"


@pytest.mark.parametrize(
    "sheet",
    [
        "<a>" * 1_000_000,
        f"<!--{' ' * 30_000_000}--><worksheet/>",
        f'<worksheet a="{" " * 30_000_000}"/>',
    ],
)
def test_markup_that_costs_more_than_it_weighs_is_refused_at_once(sheet):
    begin = time.process_time()
    assert refused(workbook({"甲": sheet})) == "damaged"
    assert time.process_time() - begin < 5


@pytest.mark.parametrize("how", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_ways_of_packing_that_no_spreadsheet_uses_are_refused(how):
    with zipfile.ZipFile(io.BytesIO(workbook({"甲": [["编号", "划入网格"]]}))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    raw = bytearray(packed(parts, how))
    assert refused(bytes(raw)) == "damaged"
    raw[len(raw) // 4] ^= 0xFF
    assert refused(bytes(raw)) == "damaged"


@pytest.mark.parametrize("sign", "(【一0至\ufdfa")
def test_a_long_row_of_one_sign_is_read_once(sign):
    text = f"{sign * 120_000},编号,划入网格\n{sign * 120_000}x,C1,{sign * 120_000}x\n"
    begin = time.process_time()
    found = table(text.encode())
    assert found.values(2, "id") == ["C1"]
    assert len(found.values(2, "to")[0]) == LIST_LIMITS.cell
    assert time.process_time() - begin < 5


def test_merged_areas_without_end_are_refused():
    rows = [["a"], *([["b"]] * 5_000)]
    areas = [f"A1:{'A' if i % 2 else 'B'}1048576" for i in range(100)]
    assert refused(workbook({"甲": sheet_xml(rows, areas)})) == "too_much"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda more: GOOD[:60] + more))
def test_any_bytes_are_read_or_refused(raw):
    with suppress(InputError):
        assert isinstance(read_sheets(raw), list)


SIGNS = st.characters(codec="gb18030", exclude_categories=("C", "Z"))
CELLS = st.lists(st.text(SIGNS, max_size=5), min_size=1, max_size=4)


@settings(max_examples=50, deadline=None)
@given(st.lists(CELLS, max_size=6))
def test_a_workbook_and_a_csv_of_the_same_cells_read_alike(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    lines = text.getvalue().replace("\t", " ")
    by_csv = [
        [c for c in cells if c] for s in read_sheets(lines.encode()) for cells in s.rows.values()
    ]
    if max(lines.count(d) for d in "\t;") > lines.count(","):
        return
    by_book = [
        [c for c in cells if c]
        for s in read_sheets(workbook({"甲": rows}))
        for cells in s.rows.values()
    ]
    assert by_csv == by_book


@pytest.mark.parametrize("number", ["0", "-1", "1048577", "99999999999999999999"])
def test_a_row_beyond_the_sheet_is_damage(number):
    row = f'<row r="{number}"><c r="A3"><v>1</v></c></row>'
    assert refused(workbook({"甲": sheet_xml([["编号", "划入网格"]], more=row)})) == "damaged"
