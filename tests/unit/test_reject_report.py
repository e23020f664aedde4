"""Laws of the reject report: counts that add up, rows to be corrected, nothing about persons."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import json
import re
import zipfile
from html.parser import HTMLParser
from types import SimpleNamespace

import pandas as pd
import pytest
from python_calamine import load_workbook

from geogrid.errors import InputError
from geogrid.locale import phrases
from geogrid.sources.findings import Finding, Tally
from geogrid.sources.intake import Change, Changes, Import, SystemTold
from geogrid.sources.ledger import Ledger, LedgerRow, LedgerWords, TableTold, read_ledger
from geogrid.sources.names import kind_name
from geogrid.sources.reject_report import Report, write_reject_report
from geogrid.sources.tables import read_sheets

DAY = dt.date(2026, 3, 1)
HEADS = {0: "编号", 1: "名称", 2: "社区", 3: "户数", 5: "联系电话", 6: "备注", 7: "原因"}
FIELDS = {0: "courtyard_id", 1: "name", 2: "community_code", 3: "households"}
PHONE = "13905320000"
FORMULA = '=HYPERLINK("http://evil.example","x")'
MARKUP = "<script>alert(1)</script>"


def row(number, cells, sheet="甲", table=0, **values):
    return LedgerRow(sheet=sheet, row=number, cells=tuple(cells), values=values, table=table)


LEDGER = Ledger(
    file="台账.xlsx",
    tables=(
        TableTold("甲", 3, FIELDS, HEADS, personal=(5,)),
        TableTold("香港路", 1, {0: "courtyard_id", 1: "households"}, {0: "编号", 1: "户数"}),
    ),
    rows=(
        row(4, ["C1", "1号院", "香港路社区", "120", "", PHONE]),
        row(5, ["C2", "2号院", "同上", "若干", "x", PHONE, FORMULA]),
        row(6, ["C3", "3号院", "", "约80户", "", PHONE], households=80),
        row(7, ["", MARKUP, "火星社区", "100-120户", "", PHONE]),
        row(2, ["D1", "-5"], sheet="香港路", table=1, community_code="370202001013"),
    ),
    findings=(),
    passed_over=(),
    has_ids=True,
    words=LedgerWords.ours(),
)


class Seen:
    def words(self, language):
        return {"zh": "落在各自社区内的点占 98 %", "en": "98 % lie in their own community"}[
            language
        ]


def found(kind, number, field, column, value, verdict="rejected", **more):
    told = {"sheet": "甲", "file": "台账.xlsx", **more}
    ident = {4: "C1", 5: "C2", 6: "C3"}.get(number, "")
    return Finding(
        kind, verdict, row=number, ident=ident, field=field, column=column, value=value, **told
    )


FINDINGS = (
    found("column_personal", None, "file", "联系电话", "", "note"),
    found("households_unreadable", 5, "households", "户数", "若干"),
    found("approximate_count", 6, "households", "户数", "约80户", "mended"),
    found("households_range", 7, "households", "户数", "100-120户"),
    # what is mended in a row that is left out anyway counts nowhere
    found("full_width", 7, "name", "名称", "１", "mended"),
    found("community_unknown", 7, "community_code", "社区", "火星社区"),
    found("id_missing", 7, "courtyard_id", "编号", ""),
    found("households_negative", 2, "households", "户数", "-5", sheet="香港路"),
    found("not_an_area", 9, "geometry", "", "", file="院落.shp", sheet=""),
)
IMPORT = Import(
    district=None,
    tally=Tally(read=5, taken=1, mended=1, rejected=3),
    findings=FINDINGS,
    ledgers=(LEDGER,),
    systems={"courtyards": SystemTold("gcj02", "confirmed", (Seen(),))},
    changes=Changes(("C1",), (Change("C2", "households", "80", "90"),), 0, ("C9",)),
)
WHOLE = Import(district=None, tally=Tally(1, 1, 0, 0), findings=(), ledgers=())


SAID = {
    "zh": {
        "households_unreadable": "户数“{value}”不是数。",
        "households_unreadable_remedy": "填写一个整数。",
        "approximate_count": "“{value}”按约数读。",
        "households_range": "户数“{value}”是一个范围。",
        "households_range_remedy": "填写一个整数。",
        "community_unknown": "没有名为“{value}”的社区。",
        "community_unknown_remedy": "填写社区全称。",
        "id_missing": "没有编号。",
        "full_width": "全角字符按半角读。",
        "column_personal": "“{column}”含个人信息，没有读取。",
    },
    "en": {
        "households_unreadable": "Households '{value}' is no number.",
        "households_unreadable_remedy": "Write a whole number.",
        "approximate_count": "'{value}' is read as a rough count.",
        "households_range": "Households '{value}' is a range.",
        "households_range_remedy": "Write a whole number.",
        "community_unknown": "There is no community '{value}'.",
        "community_unknown_remedy": "Write its full name.",
        "id_missing": "There is no identifier.",
        "full_width": "Full-width signs are read as plain ones.",
        "column_personal": "'{column}' is about persons and was not read.",
    },
}


@pytest.fixture(scope="module", autouse=True)
def sentences():
    """Let findings speak by sentences that need nothing but a value."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("geogrid.sources.findings.phrases", lambda language, _: SAID[language])
        yield


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "结果.xlsx"
    return write_reject_report(IMPORT, path, day=DAY)


def test_rejected_rows_stand_as_written_under_their_own_heads(book):
    first, second, *_ = read_sheets(book.read_bytes())
    assert (first.name, second.name) == ("待改正", "待改正2")
    assert first.rows[2][:6] == ["编号", "名称", "社区", "户数", "备注", "原因"]
    assert first.rows[3][:5] == ["C2", "2号院", "香港路社区", "若干", FORMULA]
    assert first.rows[4][:5] == ["", MARKUP, "火星社区", "100-120户", ""]
    # the sheet's name told the community: it is lost with the sheet
    assert second.rows[2][:3] == ["编号", "户数", "社区"]
    assert second.rows[3][:3] == ["D1", "-5", "370202001013"]
    assert first.rows[4][-1] == "台账.xlsx · 甲 · 7"


def test_every_cause_of_a_row_is_told_in_both_languages(book):
    first = read_sheets(book.read_bytes())[0]
    head = first.rows[2]
    for language, reason, remedy in (("zh", "原因", "怎么改"), ("en", "Reason", "What to do")):
        told = first.rows[4] + [""] * 20
        causes = [one for one in FINDINGS if one.row == 7 and one.verdict == "rejected"]
        for one in causes:
            assert one.reason(language).rstrip("。；") in told[head.index(reason)]
            assert one.remedy(language).rstrip("。；") in told[head.index(remedy)]


def test_what_was_mended_and_what_else_was_left_out_are_lists_of_their_own(book):
    by_name = {sheet.name: sheet.rows for sheet in read_sheets(book.read_bytes())}
    assert by_name["已自动更正"][2][:7] == ["台账.xlsx", "甲", "6", "C3", "户数", "约80户", "80"]
    assert by_name["图层待改正"][2][:3] == ["院落.shp", "", "9"]


def test_counts_add_up(book):
    rows = {sheet.name: sheet.rows for sheet in read_sheets(book.read_bytes())}["汇总"]
    counted = {cells[0].split("  ")[0]: cells[1] for cells in rows.values() if len(cells) == 2}
    assert counted["读入的行"] == "5"
    assert [counted[k] for k in ("原样采用", "按规则更正", "未采用")] == ["1", "1", "3"]
    kinds = Report.of(IMPORT).kinds
    for verdict, n_findings in (("rejected", 6), ("mended", 1)):
        counts = [one for one in kinds if one.verdict == verdict]
        assert sum(one.n_first for one in counts) == getattr(IMPORT.tally, verdict)
        assert sum(one.n_findings for one in counts) == n_findings


def test_what_an_update_did_is_listed(book):
    rows = {sheet.name: sheet.rows for sheet in read_sheets(book.read_bytes())}["更新内容"]
    told = [["C1", "新增"], ["C2", "改动", "户数", "80", "90"], ["C9", "这次没有列出，保留"]]
    assert list(rows.values())[1:] == told


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_kind_with_a_remedy_has_a_name(language):
    kinds = [key[:-7] for key in phrases(language, "intake") if key.endswith("_remedy")]
    assert [kind for kind in kinds if kind_name(kind, language) == kind] == []


def test_texts_stay_texts_in_a_spreadsheet(book):
    with zipfile.ZipFile(book) as archive:
        sheets = [archive.read(n).decode() for n in archive.namelist() if "worksheets/" in n]
        names = archive.namelist()
    assert not any("<f>" in text or "<hyperlink" in text for text in sheets)
    assert not any("externalLink" in name for name in names)
    cells = load_workbook(io.BytesIO(book.read_bytes())).get_sheet_by_index(0).to_python()
    assert cells[2][4] == FORMULA


@pytest.mark.parametrize("suffix", [".xlsx", ".html", ".json"])
def test_no_form_tells_what_columns_about_persons_hold(suffix, tmp_path):
    path = write_reject_report(IMPORT, tmp_path / f"a{suffix}", day=DAY)
    raw = path.read_bytes()
    texts = [raw]
    if suffix == ".xlsx":
        with zipfile.ZipFile(path) as archive:
            texts = [archive.read(name) for name in archive.namelist()]
    assert not any(PHONE.encode() in text for text in texts)


class Page(HTMLParser):
    """Gather what a page shows and what it might fetch."""

    def __init__(self):
        super().__init__()
        self.tags, self.links, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in {"src", "href", "action"}]

    def handle_data(self, data):
        self.text += data


def test_the_page_shows_everything_escaped_and_fetches_nothing(tmp_path):
    text = write_reject_report(IMPORT, tmp_path / "a.html", day=DAY).read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert page.tags.count("script") == page.tags.count("style") == 1
    assert not page.links
    assert MARKUP in page.text
    assert FORMULA in page.text
    assert "2026-03-01" in page.text
    assert not re.search(r"https?://|@import|url\(", text.replace("http://evil.example", ""))
    assert page.tags.count("article") == 3 + 1 + 1 + 1


def test_the_json_form_is_stable(tmp_path):
    told = json.loads(write_reject_report(IMPORT, tmp_path / "a.json", day=DAY).read_text("utf-8"))
    keys = ["schema", "made", "synthetic", "files", "tally", "kinds", "rows", "findings", "systems"]
    keys += ["changes"]
    assert (list(told), told["schema"], told["made"]) == (keys, 1, "2026-03-01")
    assert told["tally"] == {"read": 5, "taken": 1, "mended": 1, "rejected": 3}
    assert [one["row"] for one in told["rows"]] == [5, 7, 2]
    assert told["rows"][0]["cells"][3] == ["户数", "若干"]
    assert told["systems"]["courtyards"]["how"] == "confirmed"
    assert told["changes"]["missing"] == ["C9"]
    assert len(told["findings"]) == len(FINDINGS)


@pytest.mark.parametrize("suffix", [".xlsx", ".html", ".json"])
def test_an_import_without_faults_has_a_report_too(suffix, tmp_path):
    assert write_reject_report(WHOLE, tmp_path / f"a{suffix}").stat().st_size > 100


def test_halves_of_signs_do_not_end_a_report(tmp_path):
    odd = Finding("households_unreadable", "rejected", "a.csv", value="\ud800", row=1)
    imported = Import(None, Tally(1, 0, 0, 1), (odd,), ())
    for suffix in (".xlsx", ".html", ".json"):
        assert write_reject_report(imported, tmp_path / f"a{suffix}").exists()


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(InputError, match="ends with none of"):
        write_reject_report(IMPORT, tmp_path / "a.pdf")


COMMUNITIES = pd.DataFrame(
    {
        "community_code": ["370202001013", "370202001014"],
        "name": ["香港路社区", "太平路社区"],
    }
)


def test_a_corrected_report_is_a_ledger_again(tmp_path):
    """Read, rejected, corrected in the report, read again: nothing is lost and nothing new."""
    lines = ["社区楼院台账", "编号,名称,社区,户数,联系电话", f"C1,1号院,香港路社区,80,{PHONE}"]
    lines += [f"C2,2号院,同上,若干,{PHONE}", f"C3,3号院,太平路,50,{PHONE}", "合计,,,130,"]
    first = read_ledger("\n".join(lines).encode("gbk"), name="a.csv", communities=COMMUNITIES)
    assert first.tally == Tally(3, 1, 1, 1)
    imported = Import(None, first.tally, first.findings, (first,))
    path = write_reject_report(imported, tmp_path / "a.xlsx")
    again = read_ledger(path.read_bytes(), name="a.xlsx", communities=COMMUNITIES)
    assert [(one.cells[0], one.verdict) for one in again.rows] == [("C2", "rejected")]
    assert {one.kind for one in again.findings} == {"households_unreadable"}
    (row,) = again.rows
    assert row.values["community_code"] == "370202001013"
    cells = read_sheets(path.read_bytes())[0].rows
    cells[row.row][3] = "90"
    book = io.StringIO()
    csv.writer(book).writerows([cells[1], cells[2], cells[row.row]])
    mended = read_ledger(book.getvalue().encode(), name="b.csv", communities=COMMUNITIES)
    assert mended.tally == Tally(1, 1, 0, 0)
    assert mended.rows[0].values["households"] == 90


def test_a_report_of_made_up_data_says_so_in_every_form(tmp_path):
    made_up = SimpleNamespace(is_synthetic=True)
    found = dataclasses.replace(IMPORT, district=made_up)
    page = write_reject_report(found, tmp_path / "a.html").read_text("utf-8")
    assert "模拟数据" in page
    assert json.loads(write_reject_report(found, tmp_path / "a.json").read_text("utf-8"))[
        "synthetic"
    ]
    sheets = read_sheets(write_reject_report(found, tmp_path / "a.xlsx").read_bytes())
    assert any("模拟数据" in cells for sheet in sheets for cells in sheet.rows.values())
    true = write_reject_report(IMPORT, tmp_path / "b.html").read_text("utf-8")
    assert "模拟数据" not in true


@pytest.mark.parametrize("suffix", [".xlsx", ".html", ".json"])
def test_numbers_of_persons_are_masked_wherever_they_stand(tmp_path, suffix):
    card = "370202198501011234"
    notes = f"找王某 {PHONE}，身份证{card}；139-0532-0001"
    rows = [
        ["编号", "地址", "社区", "户数", "备注"],
        [PHONE, "香港路1号", "火星", f"见{PHONE}", notes],
        ["370202001013001", "香港路2号", "", "约80户，0532-85812345", "120.13905320000"],
    ]
    text = "\n".join(",".join(row) for row in rows)
    names = pd.DataFrame({"community_code": ["370202001013"], "name": ["香港路社区"]})
    ledger = read_ledger(text.encode(), name="台账", communities=names)
    imported = Import(None, ledger.tally, ledger.findings, (ledger,))
    raw = write_reject_report(imported, tmp_path / f"r{suffix}").read_bytes()
    if suffix == ".xlsx":
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            raw = b"".join(archive.read(name) for name in archive.namelist())
    told = raw.decode("utf-8", "replace")
    assert not any(one in told for one in (f"见{PHONE}", f"王某 {PHONE}", card, "139-0532-0001"))
    assert all(one in told for one in ("见139****0000", "370202************", "139****0001"))
    # identifiers and decimals stay
    kept = (PHONE, "370202001013001", "120.13905320000", "0532-85812345")
    assert all(one in told for one in kept)
