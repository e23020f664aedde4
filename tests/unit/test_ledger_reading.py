"""Laws of a ledger: every row of data is taken, mended by a rule, or refused with the cause."""

from __future__ import annotations

import csv
import io
import time

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from workbooks import sheet_xml, workbook

from geogrid.errors import InputError
from geogrid.locale import LANGUAGES, phrases
from geogrid.sources.ledger import KINDS, LedgerWords, field_of_head, read_ledger

COMMUNITIES = pd.DataFrame(
    {
        "community_code": ["370202001013", "370202001001", "370202005007", "370202009004"],
        "name": ["香港路社区", "云霄路社区", "太平路社区", "太平角社区"],
    }
)
HEADS = ["编号", "名称", "地址", "社区", "户数"]
ROW = ["C1", "甲院", "香港路1号", "香港路社区", "120"]


def read(rows, words=None, **sheets):
    """Read rows as CSV, or sheets of rows as a workbook."""
    if sheets:
        raw = workbook({name: sheet_xml(table) for name, table in sheets.items()})
    else:
        raw = as_csv(rows)
    return read_ledger(raw, name="台账", communities=COMMUNITIES, words=words)


def as_csv(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def kinds(ledger, row):
    return {finding.kind for finding in ledger.findings if finding.row == row}


def verdicts(ledger):
    return [row.verdict for row in ledger.rows]


def passed(ledger):
    return {row: why for _, row, why in ledger.passed_over}


def changed(**cells):
    """Return a row that differs from the good one in some cells, by head."""
    return [cells.get(head, cell) for head, cell in zip(HEADS, ROW, strict=True)]


def test_a_clean_row_is_taken_as_written():
    ledger = read([HEADS, ROW])
    (row,) = ledger.rows
    assert row.values == {
        "courtyard_id": "C1",
        "name": "甲院",
        "address": "香港路1号",
        "community_code": "370202001013",
        "households": 120,
    }
    assert (row.verdict, row.row, row.cells, ledger.findings) == ("taken", 2, tuple(ROW), ())
    assert ledger.has_ids


@pytest.mark.parametrize(
    ("head", "cell", "expected"),
    [
        # what is harmless is taken without a word
        *[("编号", " C1 ", set()), ("户数", "120.0", set()), ("社区", "370202001013", set())],
        *[("名称", "", set()), ("地址", "-", set()), ("社区", "", set())],
        # mended
        ("编号", "Ｃ１", {"full_width"}),
        ("户数", "约120户", {"approximate_count"}),
        ("户数", "1,200", {"grouped_digits"}),
        ("户数", "120户", {"unit_dropped"}),
        ("户数", "一百二十", {"spelt_number"}),
        ("社区", "香港路", {"community_short"}),
        # refused
        *[("编号", "", {"id_missing"}), ("编号", "无", {"id_missing"})],
        *[("编号", "同上", {"id_missing"}), ("编号", "3.70202E+14", {"id_rounded"})],
        *[("户数", "", {"households_missing"}), ("户数", "待定", {"households_missing"})],
        *[("户数", "—", {"households_missing"}), ("户数", "N/A", {"households_missing"})],
        *[("户数", "若干", {"households_unreadable"}), ("户数", "同上", {"households_unreadable"})],
        ("户数", "100~120", {"households_range"}),
        ("户数", "-12", {"households_negative"}),
        ("户数", "12.5", {"households_fraction"}),
        ("户数", "13800001234", {"households_too_many"}),
        ("户数", "=A1+B1", {"formula_without_value"}),
        *[("户数", "#N/A", {"cell_error"}), ("名称", "#REF!", {"cell_error"})],
        *[("名称", "锟斤拷", {"text_lost"}), ("社区", "????", {"text_lost"})],
        *[("社区", "太平", {"community_ambiguous"}), ("社区", "云宵路社区", {"community_unknown"})],
        # worth a look
        ("户数", "0", {"households_zero"}),
    ],
)
def test_a_cell_is_taken_mended_or_refused(head, cell, expected):
    ledger = read([HEADS, changed(**{head: cell})])
    assert kinds(ledger, 2) == expected
    gravest = {KINDS[kind] for kind in expected} - {"note"}
    assert verdicts(ledger) == [next(iter(gravest), "taken")]
    for finding in ledger.findings:
        assert (finding.column, finding.file, finding.row) == (head, "台账", 2)
        for language in LANGUAGES:
            assert finding.reason(language)
            assert finding.remedy(language)


def test_counts_add_up_and_estimates_say_so():
    rows = [ROW, changed(编号="C2", 地址="香港路2号", 户数="约90户"), changed(编号="C3", 户数="?")]
    ledger = read([HEADS, *rows])
    assert verdicts(ledger) == ["taken", "mended", "rejected"]
    tally = ledger.tally
    assert (tally.read, tally.taken, tally.mended, tally.rejected) == (3, 1, 1, 1)
    assert ledger.rows[1].values["households_source"] == "estimated"
    assert "households_source" not in ledger.rows[0].values


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (ROW, [set(), {"duplicate_row"}]),
        ([*ROW[:4], "１２０"], [set(), {"full_width", "duplicate_row"}]),
        (changed(户数="130"), [{"duplicate_id"}, {"duplicate_id"}]),
        (changed(编号="C2"), [set(), {"same_address"}]),
        (changed(编号="C2", 户数="80"), [set(), {"same_address"}]),
        (changed(编号="C2", 地址="香港路１號"), [set(), {"full_width", "same_address"}]),
        # near misses
        (changed(编号="C2", 地址="香港路11号"), [set(), set()]),
        (changed(编号="C2", 名称="乙院"), [set(), set()]),
        (changed(编号="C2", 社区="云霄路社区"), [set(), set()]),
        (changed(编号="C2", 地址=""), [set(), set()]),
    ],
)
def test_a_courtyard_is_told_once(second, expected):
    ledger = read([HEADS, ROW, second])
    assert [kinds(ledger, 2), kinds(ledger, 3)] == expected


def test_all_rows_of_an_identifier_go_where_any_two_differ():
    rows = [ROW, ROW, changed(户数="130"), changed(编号="C2", 地址="香港路9号")]
    ledger = read([HEADS, *rows])
    assert verdicts(ledger) == ["rejected", "rejected", "rejected", "taken"]
    assert kinds(ledger, 3) == {"duplicate_row", "duplicate_id"}
    told = next(f for f in ledger.findings if f.row == 4)
    assert "第 2 行" in told.reason("zh")
    assert "row 2" in told.reason("en")


def test_a_row_that_is_refused_takes_no_place_from_another():
    rows = [changed(户数="若干"), changed(编号="C2")]
    assert verdicts(read([HEADS, *rows])) == ["rejected", "taken"]


def test_rows_without_identifiers_get_lasting_ones():
    rows = [
        row[1:] for row in (ROW, changed(地址="香港路2号"), changed(地址="香港路１ 号", 户数="9"))
    ]
    ledger = read([HEADS[1:], *rows])
    again = read([HEADS[1:], *reversed(rows)])
    ids = [row.values["courtyard_id"] for row in ledger.rows]
    assert ids == [row.values["courtyard_id"] for row in reversed(again.rows)]
    assert ids[0] != ids[1]
    assert ids[0] == ids[2]
    assert all(ident[0] == "A" and len(ident) == 9 for ident in ids)
    assert not ledger.has_ids
    assert kinds(ledger, 2) == {"other_count"}
    assert kinds(ledger, 4) >= {"same_address", "other_count"}
    assert kinds(ledger, None) == {"id_made"}
    nameless = read([HEADS[1:], ["", "", "香港路社区", "120"]])
    assert kinds(nameless, 2) == {"id_missing"}


DITTO = ["编号", "名称", "地址", "社区", "户数", "建成年份"]


def test_ditto_repeats_the_row_above():
    rows = [
        [*ROW, "1985"],
        ["C2", "乙院", "香港路2号", "同上", "80", "〃"],
        ["C3", "丙院", "香港路3号", "〃", "80", "同上"],
    ]
    ledger = read([DITTO, *rows])
    assert [row.values["community_code"] for row in ledger.rows] == ["370202001013"] * 3
    assert ledger.rows[2].values["year_built"] == 1985
    assert kinds(ledger, 4) == {"ditto"}


def test_ditto_of_nothing_is_refused():
    ledger = read(
        [
            HEADS,
            changed(社区="同上"),
            changed(编号="C2", 社区="火星"),
            changed(编号="C3", 社区="同上"),
        ]
    )
    assert kinds(ledger, 2) == {"community_unknown"}
    assert "community_unknown" in kinds(ledger, 4)


MORE = [*HEADS, "楼栋数", "建成年份", "改造年份", "60岁以上占比", "物业服务", "业委会"]


@pytest.mark.parametrize(
    ("head", "cell", "field", "expected"),
    [
        ("楼栋数", "3栋", "n_buildings", 3),
        ("楼栋数", "2、3", "n_buildings", "value_unreadable"),
        ("建成年份", "不详", "year_built", None),
        ("建成年份", "35431", "year_built", 1997),
        ("建成年份", "85年", "year_built", "value_unreadable"),
        ("改造年份", "无", "renovated_year", None),
        ("改造年份", "3020", "renovated_year", "value_out_of_range"),
        ("60岁以上占比", "35%", "share_over_60", 0.35),
        ("60岁以上占比", "35", "share_over_60", "value_out_of_range"),
        ("物业服务", "无", "property_service", "none"),
        ("物业服务", "先尝后买", "property_service", "trial"),
        ("物业服务", "已签约", "property_service", "contract"),
        ("物业服务", "contract", "property_service", "contract"),
        ("物业服务", "有", "property_service", "value_unreadable"),
        ("物业服务", "海尔物业", "property_service", "value_unreadable"),
        ("业委会", "自管会", "committee", "self"),
        ("业委会", "有", "committee", "owners"),
        ("业委会", "未成立", "committee", "none"),
        ("业委会", "#N/A", "committee", "cell_error"),
    ],
)
def test_optional_columns_are_read_as_strictly(head, cell, field, expected):
    cells = [*ROW, *(cell if head == name else "" for name in MORE[5:])]
    ledger = read([MORE, cells])
    (row,) = ledger.rows
    if isinstance(expected, str) and expected in KINDS:
        assert kinds(ledger, 2) == {expected}
        assert field not in row.values
    else:
        assert row.verdict != "rejected"
        assert row.values.get(field) == expected


def shares(*cells, head="60岁以上占比"):
    rows = [[f"C{n}", "", f"香港路{n}号", "香港路社区", "90", cell] for n, cell in enumerate(cells)]
    return read([[*HEADS, head], *rows])


def test_shares_are_per_cent_where_the_whole_column_says_so():
    assert [row.values["share_over_60"] for row in shares("35", "1.7", "41").rows] == [
        0.35,
        0.017,
        0.41,
    ]
    assert verdicts(shares("35", "0.3")) == ["rejected", "taken"]
    assert verdicts(shares("35")) == ["rejected"]
    # its head says it: nothing is read otherwise than written
    assert verdicts(shares("35", head="60岁以上占比(%)")) == ["taken"]
    assert verdicts(shares("35", "0.3", head="60岁以上占比（％）")) == ["taken", "rejected"]


@pytest.mark.parametrize(
    ("heads", "cells", "expected"),
    [
        (["经度", "纬度"], ["120.38", "36.06"], (120.38, 36.06, set())),
        (["Y", "X"], ["3990512.3", "528113.2"], (528113.2, 3990512.3, set())),
        (["经度", "纬度"], ["", "-"], (None, None, set())),
        (["经纬度"], ["120.38，36.06"], (120.38, 36.06, set())),
        (["坐标"], ["(120.38 36.06)"], (120.38, 36.06, set())),
        (["经度", "纬度"], ["120°22′30″", "36°3′36″"], (120.375, 36.06, {"dms_read"})),
        (["经度", "纬度"], ["120.38", ""], (None, None, {"coordinate_unreadable"})),
        (["经度", "纬度"], ["栈桥东", "36.06"], (None, None, {"coordinate_unreadable"})),
        (["经纬度"], ["120.38"], (None, None, {"coordinate_unreadable"})),
        (["经度", "纬度"], ["#N/A", "36.06"], (None, None, {"cell_error"})),
        # degrees come first, and metres beside them are another system
        (["X", "Y", "经度", "纬度"], ["528113", "3990512", "120.3", "36.0"], (120.3, 36.0, set())),
        # one alone is none
        (["经度"], ["120.38"], (None, None, set())),
    ],
)
def test_coordinates_are_two_numbers(heads, cells, expected):
    ledger = read([[*HEADS, *heads], [*ROW, *cells]])
    (row,) = ledger.rows
    assert (row.x, row.y, kinds(ledger, 2)) == (
        *(value if value is None else pytest.approx(value, abs=1e-12) for value in expected[:2]),
        expected[2],
    )


def test_coordinates_are_kept_as_written_too():
    (row,) = read([[*HEADS, "经度", "纬度"], [*ROW, "120.380", " 36.06"]]).rows
    assert row.xy_written == ("120.380", "36.06")


# heads ----------------------------------------------------------------------------------------


def test_heads_stand_under_titles_and_over_notes():
    rows = [
        ["市南区开放式楼院台账"],
        ["填报单位：香港路社区居委会", "", "", "", "2024年6月"],
        HEADS,
        ROW,
        ["", "合计", "", "", "120"],
        ["注：户数以入户登记为准"],
        ["填表人：", "", "审核："],
    ]
    ledger = read(rows)
    assert [row.row for row in ledger.rows] == [4]
    assert passed(ledger) == {
        1: "title",
        2: "title",
        3: "head",
        5: "total",
        6: "note",
        7: "note",
    }


def test_a_head_over_two_columns_means_the_total():
    rows = [
        ["编号", "地址", "社区", "户数", "", "楼栋数"],
        ["", "", "", "总户数", "常住户数", ""],
        ["C1", "香港路1号", "香港路社区", "120", "90", "3"],
    ]
    merged = ("A1:A2", "B1:B2", "C1:C2", "D1:E1", "F1:F2")
    for raw in (as_csv(rows), workbook({"甲": sheet_xml(rows, merged)})):
        ledger = read_ledger(raw, name="台账", communities=COMMUNITIES)
        (row,) = ledger.rows
        assert (row.row, row.verdict, row.values["households"]) == (3, "taken", 120)
        assert ledger.tables[0].head_row == 2
        assert [f.column for f in ledger.findings] == ["户数常住户数"]


def test_heads_of_the_lower_row_count_too():
    rows = [
        ["楼院情况", "", "", "坐标", "", "居民情况"],
        ["编号", "地址", "社区", "横", "纵", "户数"],
        ["C1", "香港路1号", "香港路社区", "528113", "3990512", "120"],
    ]
    ledger = read([["台账"], *rows])
    (row,) = ledger.rows
    assert (row.x, row.y, row.values["households"]) == (528113, 3990512, 120)
    assert passed(ledger) == {1: "title", 2: "head", 3: "head"}


def test_parts_of_a_count_are_not_the_count():
    rows = [
        ["编号", "地址", "户数", "", "楼栋数"],
        ["", "", "自住", "出租", ""],
        ["C1", "香港路1号", "100", "20", "3"],
    ]
    with pytest.raises(InputError) as caught:
        read(rows)
    assert caught.value.facts["missing"] == ["households"]
    rows[0][2:4], rows[1][2:4] = ["户数", ""], ["合计", "其中出租"]
    assert read(rows).rows[0].values["households"] == 100


@pytest.mark.parametrize(
    "rows",
    [
        *[[[*HEADS[:4], f"户数（{said}）"]] for said in ("百户", "单位：百户", "空置", "其中租户")],
        *[[HEADS, ["", "", "", "", said]] for said in ("（百户）", "百户", "（低保）")],
        [["台账", "", "单位：百户"], HEADS],
        # of another group
        [[*HEADS[:4], "独居老人", ""], ["", "", "", "", "户数", "人数"]],
        [["楼院情况", "", "", "", "独居老人", ""], [*HEADS, "人数"]],
    ],
)
def test_some_of_the_households_or_hundreds_of_them_are_not_their_count(rows):
    with pytest.raises(InputError) as caught:
        read([*rows, ROW])
    assert caught.value.facts["missing"] == ["households"]


def test_what_an_office_calls_households_in_brackets_is_read():
    words = LedgerWords.ours().with_told({"columns": {"households": ["户数（应改造）"]}})
    assert verdicts(read([[*HEADS[:4], "户数（应改造）"], ROW], words)) == ["taken"]


def test_units_and_numbers_below_heads_are_no_rows():
    rows = [HEADS, ["", "", "", "", "户"], ["1", "2", "3", "4", "5"], ROW]
    ledger = read(rows)
    assert verdicts(ledger) == ["taken"]
    assert passed(ledger) == {1: "head", 2: "head", 3: "numbering"}


def test_heads_may_come_again_in_another_order():
    rows = [
        HEADS,
        ROW,
        HEADS,
        changed(编号="C2", 地址="香港路2号"),
        ["户数", "社区", "名称", "编号"],
        ["80", "云霄路", "丙院", "C3"],
    ]
    ledger = read(rows)
    assert [row.values["courtyard_id"] for row in ledger.rows] == ["C1", "C2", "C3"]
    assert ledger.rows[2].values["households"] == 80
    assert passed(ledger) == {1: "head", 3: "head", 5: "head"}
    assert [table.head_row for table in ledger.tables] == [1, 5]


@pytest.mark.parametrize(
    "heads",
    [["序号", "物业公司", "地址", "社区", "员工数"], [*HEADS[:4], "常住人口"]],
)
def test_another_table_below_is_told_and_not_read(heads):
    rows = [HEADS, ROW, ["附：另一张表"], heads, ["1", "海信", "香港路3号", "香港路社区", "35"]]
    rows += [HEADS, changed(编号="C2", 地址="香港路2号")]
    ledger = read(rows)
    assert [row.values["courtyard_id"] for row in ledger.rows] == ["C1", "C2"]
    assert passed(ledger)[5] == "no_table"
    assert [f.kind for f in ledger.findings] == ["table_other"]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("120", "120户", {"unit_dropped"}),
        ("120", "", set()),
        ("", "120", set()),
        ("120", "130", {"two_values"}),
        ("120", "若干", {"households_unreadable"}),
    ],
)
def test_two_columns_of_one_field_agree_or_the_row_goes(first, second, expected):
    ledger = read([[*HEADS, "总户数"], [*ROW[:4], first, second]])
    assert kinds(ledger, 2) == expected
    if "two_values" in expected:
        assert ledger.findings[0].value == "120 / 130"


def test_a_community_told_by_name_and_code_is_one():
    heads = [*HEADS, "社区编码"]
    assert verdicts(read([heads, [*ROW, "370202001013"]])) == ["taken"]
    assert kinds(read([heads, [*ROW, "370202001001"]]), 2) == {"two_values"}


def test_a_committee_of_one_kind_does_not_deny_the_other():
    heads = [*HEADS, "业委会", "自管会"]
    assert read([heads, [*ROW, "无", "有"]]).rows[0].values["committee"] == "self"
    assert kinds(read([heads, [*ROW, "有", "有"]]), 2) == {"two_values"}


def test_road_and_number_in_two_columns_are_one_address():
    heads = ["编号", "路名", "门牌号", "户数"]
    assert read([heads, ["C1", "香港路", "1号", "9"]]).rows[0].values["address"] == "香港路1号"
    assert (
        read([heads, ["C1", "香港路", "香港路1号", "9"]]).rows[0].values["address"] == "香港路1号"
    )


# rows that are none -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (["合计", "", "", "", "120"], "total"),
        (["", "小 计", "", "", "120"], "total"),
        (["", "", "", "香港路社区小计", "120"], "total"),
        (["总计：", "", "", "", "120"], "total"),
        (["共计12个楼院，1200户"], "total"),
        (["", "汇总", "香港路", "", "120"], "total"),
        (["", "总户数", "", "", "120"], "total"),
        (["", "小计(2)", "", "", "120"], "total"),
        (["", "全街合计（户）", "", "", "120"], "total"),
        (["", "上页结转", "", "", "120"], "total"),
        (["", "承前页", "", "", "120"], "total"),
        (["", "2处", "", "", "120"], "total"),
        (["", "第2页"], "note"),
        (["", "", "签字："], "note"),
        (["Total", "", "", "", "120"], "total"),
        (["备注：", "户数为估计"], "note"),
        (["注1：户数以登记为准"], "note"),
        (["说明：甲院已拆迁"], "note"),
        (["制表人：", "", "负责人："], "note"),
        (["以上数据截至2024年6月"], "note"),
        (["", "", "", "香港路社区", ""], "blank"),
        (["香港路社区"], "section"),
        (["二、云霄路"], "section"),
        # near misses: rows of data all the same
        (["C9", "合计", "香港路9号", "香港路社区", "120"], None),
        (["C9", "注塑厂宿舍", "香港路9号", "香港路社区", "120"], None),
        (["C9", "说明书厂宿舍", "香港路9号", "香港路社区", "120"], None),
        (["C9", "会计学校宿舍", "香港路9号", "香港路社区", ""], None),
        (["C9", "", "", "", ""], None),
        (["", "", "", "", "120"], None),
        (["", "会计楼", "", "", ""], None),
        (["", "汇总大厦", "", "", "120"], None),
        (["", "以上路9号院", "", "", "9"], None),
    ],
)
def test_lines_that_are_no_rows_are_passed_over_with_the_reason(cells, why):
    ledger = read([HEADS, ROW, cells, changed(编号="C8", 地址="香港路8号")])
    assert passed(ledger).get(3) == why
    assert [row.row for row in ledger.rows] == ([2, 4] if why else [2, 3, 4])


def test_numbered_but_empty_rows_are_passed_over():
    rows = [
        ["序号", *HEADS],
        ["1", *ROW],
        ["2", "", "", "", "", ""],
        [],
        ["4", "C2", *ROW[1:3], "", "9"],
    ]
    ledger = read(rows)
    assert [row.row for row in ledger.rows] == [2, 5]
    assert passed(ledger) == {1: "head", 3: "blank", 4: "blank"}


# sheets -----------------------------------------------------------------------------------------


def test_a_sheet_may_be_named_after_its_community():
    heads = [head for head in HEADS if head != "社区"]
    rows = [heads, ["C1", "甲院", "香港路1号", "120"]]
    other = [heads, ["C2", "乙院", "云霄路1号", "80"]]
    ledger = read(
        None,
        香港路社区=rows,
        **{"2.云霄路台账": other, "太平": [heads, ["C3", "", "太平路1号", "9"]]},
    )
    assert [row.values.get("community_code") for row in ledger.rows] == [
        "370202001013",
        "370202001001",
        None,
    ]
    assert verdicts(ledger) == ["taken"] * 3
    assert [f.kind for f in ledger.findings] == ["community_of_sheet"] * 2


def test_a_column_tells_the_community_before_the_sheet_does():
    ledger = read(None, 香港路社区=[HEADS, changed(社区="云霄路社区")])
    assert ledger.rows[0].values["community_code"] == "370202001001"


def test_titles_of_sections_tell_the_community():
    rows = [HEADS[:3] + HEADS[4:], ["香港路社区"], ["C1", "甲院", "香港路1号", "9"]]
    rows += [["云霄路社区"], ["C2", "乙院", "云霄路1号", "9"]]
    ledger = read(rows)
    assert [row.values["community_code"] for row in ledger.rows] == ["370202001013", "370202001001"]


def test_titles_that_name_no_community_change_none():
    heads = HEADS[:3] + HEADS[4:]
    rows = [heads, ["香港路社区"], ["（续表）"], ["C1", "甲院", "香港路1号", "9"]]
    # one that we cannot tell is not the one before
    rows += [["某某社区"], ["C2", "乙院", "云霄路1号", "9"]]
    ledger = read(rows)
    assert [row.values.get("community_code") for row in ledger.rows] == ["370202001013", None]


def test_sheets_without_a_table_are_told():
    ledger = read(None, 说明=[["本表由社区填写"], ["每年一次"]], 台账=[HEADS, ROW])
    assert ("说明", None, "no_table") in ledger.passed_over
    assert [f.kind for f in ledger.findings] == ["sheet_without_table"]


def test_hidden_sheets_are_told_and_not_read():
    raw = workbook({"台账": sheet_xml([HEADS, ROW]), "旧": sheet_xml([HEADS, ROW])}, hidden=("旧",))
    ledger = read_ledger(raw, name="台账", communities=COMMUNITIES)
    assert len(ledger.rows) == 1
    assert ("旧", None, "hidden_sheet") in ledger.passed_over
    assert [f.kind for f in ledger.findings] == ["sheet_hidden"]


def test_hidden_rows_are_read_and_told():
    xml = sheet_xml([HEADS, ROW]).replace('<row r="2">', '<row r="2" hidden="1">')
    ledger = read_ledger(workbook({"甲": xml}), name="台账", communities=COMMUNITIES)
    assert (verdicts(ledger), kinds(ledger, 2)) == (["taken"], {"row_hidden"})


def test_our_own_report_is_read_again_when_it_is_corrected():
    heads = [*HEADS, "原因", "怎么改", "Reason", "What to do"]
    told = ["户数读不出", "填数字", "cannot be read", "write a number"]
    ledger = read(
        None,
        待改正=[heads, [*ROW, *told]],
        已自动更正=[["编号", "写的是", "读作", "户数"], ["C7", "约9户", "9", "9"]],
        汇总=[["编号", "户数"], ["读入", "9"]],
    )
    assert (verdicts(ledger), ledger.findings) == (["taken"], ())
    assert {(s, why) for s, row, why in ledger.passed_over if row is None} == {
        ("已自动更正", "report_sheet"),
        ("汇总", "report_sheet"),
    }
    # in another workbook a sheet of that name is data
    assert len(read(None, 汇总=[HEADS, ROW]).rows) == 1


def test_a_file_without_heads_says_what_comes_near():
    with pytest.raises(InputError) as caught:
        read([["编号", "名称", "人家"], ["C1", "甲院", "120"]])
    facts = caught.value.facts
    assert (facts["heads"], facts["missing"]) == (["编号", "名称", "人家"], ["households"])
    assert "人家" in facts["words"]["zh"]
    with pytest.raises(InputError):
        read([["x"]])


def test_columns_about_persons_are_told_and_never_read():
    ledger = read([[*HEADS, "联系电话", "楼长姓名", "绿化"], [*ROW, "13800001234", "张三", "好"]])
    (table,) = ledger.tables
    assert (table.personal, table.ignored) == ((5, 6), (7,))
    assert [f.kind for f in ledger.findings] == ["column_personal"] * 2 + ["column_ignored"]
    assert not any("138" in f.value or "张三" in f.value for f in ledger.findings)


def merged(rows, *areas):
    raw = workbook({"甲": sheet_xml(rows, areas)})
    return read_ledger(raw, name="台账", communities=COMMUNITIES)


def test_a_count_merged_over_several_courtyards_is_nobodys():
    rows = [HEADS, ROW, ["C2", "乙院", "香港路2号", "", ""], changed(编号="C3", 地址="香港路3号")]
    ledger = merged(rows, "D2:D3", "E2:E3")
    assert [kinds(ledger, row) for row in (2, 3, 4)] == [{"cell_merged"}, {"cell_merged"}, set()]
    assert "第 2 至 3 行" in ledger.findings[0].reason("zh")
    # a community is the same for all of them
    rows[2][4] = "80"
    assert verdicts(merged(rows, "D2:D3")) == ["taken"] * 3


def test_several_lines_of_one_courtyard_count_once():
    heads = [*HEADS, "楼号"]
    rows = [heads, [*ROW, "1号楼"], ["", "", "", "", "", "2号楼"], ["", "", "", "", "", "3号楼"]]
    ledger = merged(rows, *(f"{letter}2:{letter}4" for letter in "ABCDE"))
    assert [kinds(ledger, row) for row in (2, 3, 4)] == [
        set(),
        {"duplicate_row"},
        {"duplicate_row"},
    ]


@pytest.mark.parametrize(
    ("head", "has_ids"), [("楼号", True), ("单元号", True), ("楼号", False), ("楼栋", False)]
)
@pytest.mark.parametrize("other", ["120", "80"])
def test_lines_of_one_building_each_have_nobodys_count(head, has_ids, other):
    begin = 0 if has_ids else 1
    lines = [[*HEADS, head], [*ROW, "1"], [*changed(户数=other), "2"], [*ROW, "3"]]
    ledger = read([line[begin:] for line in lines])
    assert [kinds(ledger, row) for row in (2, 3, 4)] == [{"courtyard_in_parts"}] * 3
    # a copy that names the same building is a copy
    copies = read([[*HEADS, head], [*ROW, "1"], [*ROW, "1"]])
    assert [kinds(copies, row) for row in (2, 3)] == [set(), {"duplicate_row"}]


def test_buildings_under_identifiers_of_their_own_are_one_courtyard_still():
    rows = [[*HEADS, "楼号"], [*ROW, "1号楼"], [*changed(编号="C2"), "2号楼"]]
    assert [kinds(read(rows), row) for row in (2, 3)] == [{"courtyard_in_parts"}] * 2


def test_one_in_a_column_of_per_cent_is_not_everybody():
    heads = [*HEADS, "60岁以上占比"]
    shares = ["35", "40", "22", "0", "1", "0.3"]
    rows = [[f"C{n}", *ROW[1:2], f"香港路{n}号", *ROW[3:], s] for n, s in enumerate(shares)]
    ledger = read([heads, *rows])
    told = [row.values.get("share_over_60") for row in ledger.rows]
    assert told == [0.35, 0.4, 0.22, 0.0, None, None]
    assert verdicts(ledger) == ["mended"] * 4 + ["rejected"] * 2


def test_identifiers_keep_the_noughts_that_their_format_shows(tmp_path):
    book = xlsxwriter.Workbook(str(tmp_path / "l.xlsx"))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADS)
    sheet.write_row(1, 0, ["", *ROW[1:]])
    sheet.write_number(1, 0, 14, book.add_format({"num_format": "000"}))
    book.close()
    raw = (tmp_path / "l.xlsx").read_bytes()
    ledger = read_ledger(raw, name="台账", communities=COMMUNITIES)
    assert ledger.rows[0].values["courtyard_id"] == "014"


@pytest.mark.parametrize("head", ["60岁以上占比", "60岁以上占比(%)"])
def test_shares_with_a_format_of_per_cent_are_what_people_see(tmp_path, head):
    book = xlsxwriter.Workbook(str(tmp_path / "l.xlsx"))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, [*HEADS, head])
    for row, (share, style) in enumerate([(0.29, 9), (0.0075, "0.00%"), (1, "0%;-0%")], start=1):
        sheet.write_row(row, 0, [f"C{row}", *ROW[1:2], f"香港路{row}号", *ROW[3:]])
        sheet.write_number(row, len(HEADS), share, book.add_format({"num_format": style}))
    book.close()
    raw = (tmp_path / "l.xlsx").read_bytes()
    ledger = read_ledger(raw, name="台账", communities=COMMUNITIES)
    assert [row.values["share_over_60"] for row in ledger.rows] == [0.29, 0.0075, 1.0]
    assert verdicts(ledger) == ["taken"] * 3


def made(path, fill):
    """Read a workbook that a function fills, its heads written."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADS)
    sheet.write_row(1, 0, ROW)
    fill(book, sheet)
    book.close()
    return read_ledger(path.read_bytes(), name="台账", communities=COMMUNITIES)


def test_identifiers_are_what_people_see(tmp_path):
    def fill(book, sheet):
        sheet.write_number(1, 0, 5, book.add_format({"num_format": '"C"000'}))
        sheet.write_row(2, 0, ["", "乙院", "香港路2号", *ROW[3:]])
        sheet.write_number(2, 0, 5, book.add_format({"num_format": "\\D0"}))
        sheet.write_row(3, 0, ["", "丙院", "香港路3号", *ROW[3:]])
        sheet.write_number(3, 0, 45356, book.add_format({"num_format": "m-d"}))

    ledger = made(tmp_path / "l.xlsx", fill)
    assert [row.values.get("courtyard_id") for row in ledger.rows] == ["C005", "D5", None]
    assert kinds(ledger, 4) == {"id_dated"}


def test_struck_out_text_is_for_a_person_to_settle(tmp_path):
    def fill(book, sheet):
        struck = book.add_format({"font_strikeout": True})
        sheet.write_rich_string(1, HEADS.index("户数"), "12", struck, "0")

    ledger = made(tmp_path / "l.xlsx", fill)
    assert kinds(ledger, 2) == {"text_struck"}
    assert ledger.rows[0].cells[HEADS.index("户数")] == "120\u0336"


def test_a_hidden_column_is_read_and_told(tmp_path):
    ledger = made(
        tmp_path / "l.xlsx",
        lambda _book, sheet: sheet.set_column(1, 1, None, None, {"hidden": True}),
    )
    notes = [one.column for one in ledger.findings if one.kind == "column_hidden"]
    assert notes == [HEADS[1]]
    assert verdicts(ledger) == ["taken"]


def test_a_formula_whose_result_is_an_empty_text_says_nothing():
    for kept, kind in ((None, {"formula_without_value"}), ("", set())):
        row = [ROW[0], ("f", 'IF(Z1="","",Z1)', kept), *ROW[2:]]
        raw = workbook({"甲": sheet_xml([HEADS, row])})
        assert kinds(read_ledger(raw, name="台账", communities=COMMUNITIES), 2) == kind


def test_a_row_that_comes_twice_is_damage():
    twice = sheet_xml([HEADS, ROW, ROW]).replace('<row r="3"', '<row r="2"')
    with pytest.raises(InputError, match="damaged"):
        read_ledger(workbook({"甲": twice}), name="台账", communities=COMMUNITIES)


# words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "field"),
    [
        ("楼院编号（必填）*", "courtyard_id"),
        ("小区 名称", "name"),
        ("所属社区", "community_code"),
        ("总户数(户)", "households"),
        ("户数（单位：户）", "households"),
        ("户数（必填，截至2024年底）", None),
        ("户数（截至2024年底）（必填）", "households"),
        ("户数（常住）", "households"),
        ("户数（人）", None),
        ("楼栋数（改造）", None),
        ("户数 Households", "households"),
        ("楼院编号\nCourtyard ID", "courtyard_id"),
        ("户数 Households（百户）", None),
        ("户数 Address", None),
        ("百度经度", "x"),
        ("高德纬度", "y"),
        ("楼座（栋）", "n_buildings"),
        ("单元数", "n_entrances"),
        ("60岁以上占比(%)", "share_over_60"),
        ("总\u200b户数\ufeff", "households"),
        ("纵坐标X", "y"),
        ("横坐标Y", "x"),
        ("Courtyard_ID", "courtyard_id"),
        ("原网格编号", "previous_grid"),
        ("所属警格", "beat_id"),
        ("户籍户数", None),
        ("人口", None),
        ("业主姓名", None),
        ("街道", None),
        ("序号", None),
    ],
)
def test_heads_mean_columns(head, field):
    assert field_of_head(head) == field


@pytest.mark.parametrize(
    ("head", "field"),
    [
        ("房屋建成年", "year_built"),
        ("60岁以上人", "share_over_60"),
        ("courtyard_", "courtyard_id"),
        ("community_", "community_code"),
        ("n_building", "n_buildings"),
        ("households", "households"),
        # ten bytes of UTF-8 are three signs
        ("老龄化", "share_over_60"),
        ("开放式", "name"),
        ("居民自", "committee"),
        # may be a house's age or its renovation
        ("老旧小区改", "renovated_year"),
        ("经纬", None),
        ("户", None),
    ],
)
def test_heads_cut_at_ten_bytes_mean_columns_where_they_can_be_one(head, field):
    assert field_of_head(head, cut=True) == field


@pytest.mark.parametrize(
    ("head", "other", "value"),
    [
        ("编号", "楼院编号", {"courtyard_id": "C1"}),
        ("小区名称", "楼院名称", {"name": "甲院"}),
        ("居住户数", "总户数", {"households": 120}),
    ],
)
def test_heads_that_may_mean_another_thing_give_way_to_those_that_do_not(head, other, value):
    (field,) = value
    known = ["courtyard_id", "name", "address", "community_code", "households"]
    at = known.index(field)
    heads = [*("楼院编号", "楼院名称", "地址", "社区", "总户数")]
    assert heads[at] == other
    ledger = read([[head, *heads], ["7", *ROW]])
    assert (verdicts(ledger), ledger.rows[0].values[field]) == (["taken"], value[field])
    # alone it is what there is
    heads[at] = head
    assert read([heads, ROW]).rows[0].values[field] == value[field]


def test_every_column_has_heads_and_every_kind_its_sentences():
    words = LedgerWords.ours()
    from geogrid.sources.ledger.columns import FIELDS

    assert set(words.columns.values()) == set(FIELDS)
    for language in LANGUAGES:
        frames = phrases(language, "intake")
        assert not [k for kind in KINDS for k in (kind, f"{kind}_remedy") if k not in frames]


def own(tmp_path, text):
    path = tmp_path / "words.toml"
    path.write_text(text, encoding="utf-8")
    return LedgerWords.read(path)


def test_an_office_adds_its_words_and_they_win(tmp_path):
    words = own(
        tmp_path,
        """
[columns]
households = ["人家"]
n_buildings = ["户数"]
[communities]
"香港东" = "370202001013"
[choices.property_service]
contract = ["有"]
[blank]
cells = ["没数"]
""",
    )
    heads = ["编号", "地址", "社区", "人家", "户数", "物业"]
    ledger = read([heads, ["C1", "没数", "香港东", "120", "3", "有"]], words)
    (row,) = ledger.rows
    assert (row.verdict, row.values) == (
        "taken",
        {
            "courtyard_id": "C1",
            "community_code": "370202001013",
            "households": 120,
            "n_buildings": 3,
            "property_service": "contract",
        },
    )


@pytest.mark.parametrize(
    ("text", "line", "names"),
    [
        ('[columns]\nhausholds = ["x"]', 2, "hausholds"),
        ('[columns]\nname = ["a"]\naddress = ["a"]', 3, "a"),
        ("[columns]\nname = 3", 2, "name"),
        ('\n[colums]\nname = "x"', 2, "colums"),
        ('[communities]\n"香港东" = "370202"', 2, "香港东"),
        ("[communities]\n香港东 = 1", 2, None),
        ('[choices.committee]\nowner = ["x"]', 2, "owner"),
        ("[choices.name]\na = []", 1, "name"),
        ("columns = 3", 1, "columns"),
    ],
)
def test_a_wrong_word_is_refused_with_its_line(tmp_path, text, line, names):
    with pytest.raises(InputError) as caught:
        own(tmp_path, text)
    said = caught.value.facts["words"]
    assert f"line {line}" in said["en"]
    assert names is None or (names in said["en"] and names in said["zh"])


def test_a_community_that_is_not_there_is_refused(tmp_path):
    words = own(tmp_path, '[communities]\n"香港东" = "370202009999"')
    with pytest.raises(InputError, match="370202009999"):
        read([HEADS, ROW], words)


# any cells --------------------------------------------------------------------------------------

SIGNS = (
    "0123456789０１.,，。、-—~～+E%％°′″'\"#=?()（） 　\n约近共余多左右户栋年月日号百千十一二两零"
    "经纬东北社区香港路同上无〃合计注：REF!N/A\ufffdÃ"
)
CELLS = st.one_of(
    st.text(SIGNS, max_size=14),
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=6),
    st.sampled_from([*ROW, *MORE, "同上", "合计", "", "#REF!", "1985", "35%", "370202001013"]),
)


@settings(max_examples=250, deadline=None)
@given(st.lists(st.lists(CELLS, max_size=len(MORE) + 3), max_size=6))
def test_any_cells_are_read_or_refused_in_words_and_counts_add_up(rows):
    heads = [*MORE, "经度", "纬度"]
    ledger = read([heads, *rows])
    told = {row.row for row in ledger.rows}
    assert told.isdisjoint(passed(ledger))
    grave = {finding.row for finding in ledger.findings if finding.verdict == "rejected"}
    assert grave == {row.row for row in ledger.rows if row.verdict == "rejected"}
    for row in ledger.rows:
        if row.verdict != "rejected":
            assert row.values["courtyard_id"]
            assert 0 <= row.values["households"] <= 5000
    for finding in ledger.findings:
        for language in LANGUAGES:
            assert finding.reason(language)
            assert finding.remedy(language)


@pytest.mark.parametrize(
    "sign", ["约", "一", "1", "1,", "(", "°", "路", "市", "合计", "注", " E", "\ufdfa"]
)
def test_cells_of_one_sign_without_end_take_no_time(sign):
    rows = [[sign * 1000] * (len(MORE) + 2) for _ in range(3)]
    start = time.process_time()
    read([[*MORE, "经度", "纬度"], *rows])
    assert time.process_time() - start < 1


def test_words_with_brackets_without_end_are_refused(tmp_path):
    path = tmp_path / "words.toml"
    path.write_text("[columns]\nhouseholds = " + "[" * 5000)
    with pytest.raises(InputError):
        LedgerWords.read(path)


@pytest.mark.parametrize("parts", [("1号楼", "2#"), ("", "")])
@pytest.mark.parametrize(
    ("lower", "expected"),
    [
        # nothing tells whose households these are
        (["", "", "", "", "30"], {"id_missing", "parts_suspected"}),
        (["", "甲院", "", "", "120"], {"id_missing", "parts_suspected"}),
        (["", "同上", "同上", "同上", "30"], {"ditto", "id_missing", "parts_suspected"}),
        (["", "乙院", "", "", "30"], {"id_missing"}),
        (["3.7E+14", "", "", "", "30"], {"id_rounded"}),
    ],
)
def test_a_row_with_a_count_and_no_place_makes_the_one_above_doubtful(lower, expected, parts):
    ledger = read([[*HEADS, "几号楼"], [*ROW, parts[0]], [*lower, parts[1]]])
    assert kinds(ledger, 3) == expected
    is_doubtful = "parts_suspected" in expected
    assert kinds(ledger, 2) == ({"parts_suspected"} if is_doubtful else set())


def test_a_sum_without_a_name_makes_nothing_doubtful():
    rows = [ROW, changed(编号="C2", 地址="香港路2号", 户数="80"), ["", "", "", "", "200"]]
    assert verdicts(read([HEADS, *rows])) == ["taken", "taken", "rejected"]
    rows[-1][-1] = "199"
    assert verdicts(read([HEADS, *rows])) == ["taken", "rejected", "rejected"]


def test_rows_without_identifiers_at_one_address_with_other_counts_all_go():
    rows = [ROW[1:], changed(户数="60")[1:], ["乙院", "香港路2号", "", "9"], ["乙院", "", "", "8"]]
    ledger = read([HEADS[1:], *rows])
    assert verdicts(ledger) == ["rejected"] * 4
    assert kinds(ledger, 2) == {"other_count"}
    assert kinds(ledger, 5) == {"parts_suspected"}


def test_buildings_below_a_head_that_is_not_known_are_parts_still():
    ledger = read([[*HEADS, "几号楼"], [*ROW, "1号楼"], [*ROW, "2#"]])
    assert [kinds(ledger, row) for row in (2, 3)] == [{"courtyard_in_parts"}] * 2


def test_a_comma_within_a_number_does_not_move_the_cells_after_it():
    text = "编号,地址,社区,户数,楼栋数\nC1,香港路1号,香港路,1,200,3\nC2,香港路2号,香港路,1,200,\n"
    good = "C3,香港路3号,香港路,80,3\nC4,香港路4号,香港路,80,\n"
    raw = (text + good).encode()
    ledger = read_ledger(raw, name="台账", communities=COMMUNITIES)
    assert verdicts(ledger) == ["rejected", "rejected", "mended", "mended"]
    assert all("row_too_long" in kinds(ledger, row) for row in (2, 3))
    # every row ends with an empty cell: so some programs write
    raw = good.replace("\n", ",\n").replace("C3", "编号,地址,社区,户数,楼栋数\nC3", 1).encode()
    ledger = read_ledger(raw, name="台账", communities=COMMUNITIES)
    assert verdicts(ledger) == ["mended", "mended"]


def test_columns_without_a_head_are_told():
    rows = [[*HEADS[:4], "", *HEADS[4:]], [*ROW[:4], "x", *ROW[4:], "y"]]
    ledger = read([], 甲=rows)
    assert verdicts(ledger) == ["taken"]
    told = [f.column for f in ledger.findings if f.kind == "column_headless"]
    assert told == ["E", "G"]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (("200", "110", "95"), "rejected"),
        # as large as one of the courtyards: new ones, one in each community
        (("80", "60", "50"), "taken"),
        # the very sums of two communities
        (("200", "110", None), "rejected"),
        (("210", "115", None), "taken"),
    ],
)
def test_a_table_that_sums_up_communities_has_no_courtyards(counts, expected):
    communities = ("香港路社区", "云霄路社区", "太平路社区")
    listed = ((120, 80), (60, 50), (50, 45))
    yards = [
        [f"C{i}{n}", "", f"{one[:2]}路{n}号", one, count]
        for i, (one, some) in enumerate(zip(communities, listed, strict=True))
        for n, count in enumerate(map(str, some), start=1)
    ]
    sums = [[one, f"{one}居委会", n] for one, n in zip(communities, counts, strict=True) if n]
    ledger = read([], 明细=[HEADS, *yards], 汇总=[["社区", "地址", "户数"], *sums])
    assert verdicts(ledger) == ["taken"] * len(yards) + [expected] * len(sums)
    told = {f.kind for f in ledger.findings if f.sheet == "汇总" and f.verdict == "rejected"}
    assert told == ({"community_overview"} if expected == "rejected" else set())
