"""Laws of one cell of a ledger: what is read as what, by which rule, and what is refused why."""

from __future__ import annotations

import pytest

from geogrid.district import TABLES
from geogrid.sources.ledger.columns import LedgerWords
from geogrid.sources.ledger.counts import CountGrammar, spelt_count
from geogrid.sources.ledger.places import Communities
from geogrid.sources.ledger.positions import read_coordinate, split_pair
from geogrid.sources.ledger.shares import read_share
from geogrid.sources.ledger.values import clean, read_ident, read_text, trouble
from geogrid.sources.ledger.years import read_year

COLUMN = TABLES["courtyards"].column
UNITS = LedgerWords.ours().units


def said(cell):
    """Return the value and its rules, or the cause why there is none."""
    return cell.fault or (cell.value, *cell.rules)


HOUSEHOLDS = """
120           120
0             0
012           12
12.0          12
120.00        120
１２０         120     full_width
1,200         1200    grouped_digits
１，２００     1200    full_width grouped_digits
120户         120     unit_dropped
120_户        120     unit_dropped
120(户)       120     unit_dropped
120（户）      120     unit_dropped
120戶         120     unit_dropped
１２０户       120     full_width unit_dropped
共120户       120     unit_dropped
1,200户       1200    grouped_digits unit_dropped
约120户       120     approximate_count
约120         120     approximate_count
大约120户     120     approximate_count
约_120_户     120     approximate_count
近120         120     approximate_count
120户左右     120     approximate_count
120左右       120     approximate_count
120余户       120     approximate_count
120多户       120     approximate_count
about_120     120     approximate_count
120_households  120   unit_dropped
约１２０户     120     full_width approximate_count
一百二十      120     spelt_number
一百二十户    120     spelt_number
约一百二十    120     approximate_count spelt_number
二百零五户    205     spelt_number
两百户        200     spelt_number
壹佰贰拾      120     spelt_number
三千五百户    3500    spelt_number
零            0       spelt_number
若干          households_unreadable
很多          households_unreadable
一百多        households_unreadable
一百多户      households_unreadable
一百余户      households_unreadable
100多户       100     approximate_count
100余户       100     approximate_count
几十户        households_unreadable
一百二        households_unreadable
三四          households_unreadable
二三十户      households_unreadable
一二〇        households_unreadable
120（含租户）  households_unreadable
120人         households_unreadable
1-9号         households_unreadable
3、5、7号     households_unreadable
100、20       households_unreadable
100_20        households_unreadable
1,20          households_unreadable
12,34         households_unreadable
1_200         households_unreadable
120+80        households_unreadable
120/80        households_unreadable
不到120户     households_unreadable
120户以上     households_unreadable
2024-06       households_unreadable
1997-06-01    households_unreadable
1.2E+02       households_unreadable
①             households_unreadable
NaN12         households_unreadable
0532-8581     households_unreadable
100-120户     households_range
100~120       households_range
100～120       households_range
100—120       households_range
100至120户    households_range
约100-120户   households_range
100户-120户   households_range
一百到一百二十户  households_range
-12           households_negative
－12           households_negative
−12户         households_negative
负12          households_negative
12.5          households_fraction
12.5户        households_fraction
1.200         households_fraction
5000          5000
5001          households_too_many
266071        households_too_many
13800001234   households_too_many
1,200,000     households_too_many
99999999999999999999999  households_too_many
"""


def cases(table):
    """Return each cell and what it should say; _ stands for a blank within a cell."""
    lines = [line.split() for line in table.strip().splitlines()]
    return [pytest.param(cell.replace("_", " "), rest, id=cell) for cell, *rest in lines]


def told(rest, number=int):
    return rest[0] if rest[0][0].isalpha() else (number(rest[0]), *rest[1:])


@pytest.mark.parametrize(("written", "rest"), cases(HOUSEHOLDS))
def test_households_are_read_by_rule_or_refused_by_cause(written, rest):
    grammar = CountGrammar(COLUMN("households"), UNITS["households"])
    cell = grammar.read(clean(written))
    assert said(cell) == told(rest)
    assert cell.is_estimated == ("approximate_count" in rest)


@pytest.mark.parametrize(
    ("written", "rest"),
    cases("""
3             3
3栋           3       unit_dropped
三栋          3       spelt_number
约3栋         3       approximate_count
2、3          value_unreadable
2,3           value_unreadable
2-3           value_unreadable
3层           value_unreadable
3、5、7号     value_unreadable
3号楼         value_unreadable
2.5           value_unreadable
-1            value_out_of_range
2000000       value_out_of_range
"""),
)
def test_buildings_are_counted_not_listed(written, rest):
    cell = CountGrammar(COLUMN("n_buildings"), UNITS["n_buildings"]).read(clean(written))
    assert said(cell) == told(rest)


@pytest.mark.parametrize(
    ("written", "rest"),
    cases("""
1985          1985
1985.0        1985
１９８５       1985    full_width
1985年        1985    unit_dropped
1985年建成    1985    unit_dropped
约1985年      1985    approximate_count
1985年前后    1985    approximate_count
一九八五年    1985    spelt_number
二〇〇五      2005    spelt_number
1985-06       1985    date_as_year
1985.6        1985    date_as_year
1985.10       1985    date_as_year
1985/6/1      1985    date_as_year
1985-06-01    1985    date_as_year
1985-06-01_00:00:00  1985  date_as_year
1985年6月     1985    date_as_year
1985年6月1日  1985    date_as_year
19850601      1985    date_as_year
198506        1985    date_as_year
6/1/1985      1985    date_as_year
13/6/1985     1985    date_as_year
35431         1997    date_as_year
35431.0       1997    date_as_year
19850         1954    date_as_year year_or_date
18499         1950    date_as_year
1905-01-01    1905    date_as_year
1905-06-07    year_as_date
1905/6/7      year_as_date
1905-06-07_00:00:00  year_as_date
1905年6月7日  1905    date_as_year
1905-06       1905    date_as_year
85年          value_unreadable
85            value_unreadable
85.6          value_unreadable
八五年        value_unreadable
80年代        value_unreadable
1980年代      value_unreadable
1985-1990     value_unreadable
1985、1990    value_unreadable
1985以前      value_unreadable
1985年前      value_unreadable
1985-13       value_unreadable
1985.60       value_unreadable
解放前        value_unreadable
abc           value_unreadable
6/1/85        value_unreadable
3020          value_out_of_range
1840          value_out_of_range
199           value_out_of_range
19851301      value_out_of_range
99999         value_out_of_range
-1985         value_out_of_range
"""),
)
def test_a_year_has_four_digits_or_a_date_says_it(written, rest):
    assert said(read_year(clean(written), COLUMN("year_built"))) == told(rest)


@pytest.mark.parametrize(
    ("written", "rest"),
    cases("""
0.35          0.35
1             1
0             0
.35           0.35
０.35          0.35    full_width
35%           0.35    unit_dropped
35.5%         0.355   unit_dropped
35％           0.35    unit_dropped
35_%          0.35    unit_dropped
百分之35      0.35    unit_dropped
百分之三十五  0.35    spelt_number
约35%         0.35    approximate_count
35            value_out_of_range
1.7           value_out_of_range
135%          value_out_of_range
-0.2          value_out_of_range
三成          value_unreadable
35人          value_unreadable
0.35-0.4      value_unreadable
3_5           value_unreadable
"""),
)
def test_a_share_is_a_fraction_unless_it_says_per_cent(written, rest):
    assert said(read_share(clean(written), COLUMN("share_over_60"))) == told(rest, float)


def test_a_bare_number_is_per_cent_where_the_column_or_its_head_says_so():
    column = COLUMN("share_over_60")
    assert said(read_share("35", column, is_percent=True)) == (0.35, "percent_read")
    assert said(read_share("35", column, is_percent=True, is_said=True)) == (0.35,)
    # below a head with % it may be half of a hundredth, or half of all
    assert said(read_share("0.5", column, is_percent=True, is_said=True)) == "value_unreadable"
    # all of them, or one in a hundred
    assert said(read_share("1", column, is_percent=True)) == "value_unreadable"
    assert said(read_share("0", column, is_percent=True)) == (0.0, "percent_read")
    assert said(read_share("135", column, is_percent=True)) == "value_out_of_range"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("C001", ("C001",)),
        ("370202001001001", ("370202001001001",)),
        ("00123", ("00123",)),
        ("'00123", ("00123",)),
        ('="00123"', ("00123",)),
        ("\u200bC001\u00a0", ("C001",)),
        ("12.0", ("12",)),
        ("2.10", ("2.10",)),
        ("3E5", ("3E5",)),
        ("A-1.2E3", ("A-1.2E3",)),
        ("Ｃ００１", ("C001", "full_width")),
        ("Ｃ－００１", ("C-001", "full_width")),
        ("3.70202E+14", "id_rounded"),
        ("3.70202e14", "id_rounded"),
        ("３.７Ｅ＋１４", "id_rounded"),
        ("1.00E+02", "id_rounded"),
        ("4E+11", "id_rounded"),
    ],
)
def test_an_identifier_comes_back_as_it_was_given_out(written, expected):
    assert said(read_ident(clean(written))) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("香港中路12号", ("香港中路12号",)),
        ("  香港中路12号　", ("香港中路12号",)),
        ("香港中路12号（甲）", ("香港中路12号（甲）",)),
        ("香港中路\n12号", ("香港中路 12号",)),
        ("香港中路１２号", ("香港中路12号", "full_width")),
        ("香港中路　12号", ("香港中路 12号", "full_width")),
        ("Ａ座，Ｂ座", ("A座，B座", "full_width")),
    ],
)
def test_names_keep_their_punctuation(written, expected):
    assert said(read_text(clean(written))) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("#REF!", "cell_error"),
        ("#n/a", "cell_error"),
        ("#DIV/0!", "cell_error"),
        ("######", "cell_error"),
        ("#12", ""),
        ("3#楼", ""),
        ("=A1+B1", "formula_without_value"),
        ("＝A1", "formula_without_value"),
        ("=", "formula_without_value"),
        ("香港\ufffd路", "text_lost"),
        ("????12?", "text_lost"),
        ("香港路??号", "text_lost"),
        ("锟斤拷锟斤拷", "text_lost"),
        ("香港中路12号".encode().decode("latin-1"), "text_lost"),
        ("香港中路12号".encode("gbk").decode("latin-1"), "text_lost"),
        ("香港路社区1号".encode().decode("gb18030", "replace"), "text_lost"),
        ("香港中路".encode().decode("gb18030", "ignore"), "text_lost"),
        ("香港路12号?", ""),
        ("×××小区", ""),
        ("甲·乙院", ""),
        ("Café院", ""),
        ("龘靐齉爩院", ""),
        ("浠水路澧县路3号", ""),
    ],
)
def test_what_is_no_value_whatever_its_column(written, expected):
    assert trouble(written, is_text=True) == expected


def test_every_name_of_the_sample_is_no_lost_text():
    from geogrid.sources.sample.facts import read_facts

    names = " ".join(read_facts("street_names")["names"]).split()
    texts = [f"{name}{n}号" for name in names for n in (1, 12, 123)]
    assert not [text for text in texts if trouble(text, is_text=True)]


@pytest.mark.parametrize(
    ("spelt", "number"),
    [
        *[("零", 0), ("十", 10), ("十二", 12), ("二十", 20), ("一百零五", 105), ("一百一十", 110)],
        *[("一百一十五", 115), ("一千零五十", 1050), ("两千零五", 2005), ("九千九百九十九", 9999)],
        *[("一百二", None), ("一百十", None), ("零五", None), ("一百五十零", None), ("百", None)],
        *[("一千五", None), ("二三", None), ("一万", None), ("", None), ("一百零五十", None)],
    ],
)
def test_numbers_are_spelt_whole(spelt, number):
    assert spelt_count(spelt) == number


@pytest.mark.parametrize(
    ("written", "axis", "expected"),
    [
        ("120.38", "x", (120.38,)),
        ("-73.5", "x", (-73.5,)),
        ("528113.25", "x", (528113.25,)),
        ("3,990,512.3", "y", (3990512.3, "grouped_digits")),
        ("１２０.３８", "x", (120.38, "full_width")),
        ("120.38°", "x", (120.38, "unit_dropped")),
        ("东经120.38", "x", (120.38, "unit_dropped")),
        ("120.38E", "x", (120.38, "unit_dropped")),
        ("N36.06", "y", (36.06, "unit_dropped")),
        ("120°22′30″", "x", (120.375, "dms_read")),
        ("120度22分30秒", "x", (120.375, "dms_read")),
        ("120°22'30\"E", "x", (120.375, "dms_read")),
        ("36°3′36″", "y", (36.06, "dms_read")),
        ("36°3.6′", "y", (36.06, "dms_read")),
        ("120:22:30", "x", (120.375, "dms_read")),
        ("N36:03:36.0", "y", (36.06, "dms_read")),
        ("经度：120.38", "x", (120.38, "unit_dropped")),
        ("120:72:30", "x", "coordinate_unreadable"),
        ("120:22", "x", "coordinate_unreadable"),
        ("36.06N", "x", "coordinate_unreadable"),
        ("120°72′30″", "x", "coordinate_unreadable"),
        ("120-22-30", "x", "coordinate_unreadable"),
        ("120,38", "x", "coordinate_unreadable"),
        ("120 38", "x", "coordinate_unreadable"),
        ("120.38,36.06", "x", "coordinate_unreadable"),
        ("1.2038E+02", "x", "coordinate_unreadable"),
        ("栈桥东", "x", "coordinate_unreadable"),
        ("NaN", "x", "coordinate_unreadable"),
    ],
)
def test_a_coordinate_is_one_number(written, axis, expected):
    found = said(read_coordinate(clean(written), axis))
    if isinstance(expected, tuple):
        expected = (pytest.approx(expected[0], abs=1e-12), *expected[1:])
    assert found == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("120.38,36.06", ("120.38", "36.06")),
        ("120.38，36.06", ("120.38", "36.06")),
        ("(120.38, 36.06)", ("120.38", "36.06")),
        ("120.38 36.06", ("120.38", "36.06")),
        ("POINT(120.38 36.06)", ("120.38", "36.06")),
        ("东经120.38，北纬36.06", ("E120.38", "N36.06")),
        ("北纬36.06 东经120.38", ("E120.38", "N36.06")),
        ("经度：120.38，纬度：36.06", ("E120.38", "N36.06")),
        ("120.38 E, 36.06 N", ("E120.38", "N36.06")),
        ("E120.38 E36.06", None),
        ("120°22′30″E 36°3′36″N", ("E120°22'30\"", "N36°3'36\"")),
        ("120.38", None),
        ("120.38,36.06,12", None),
        ("栈桥", None),
    ],
)
def test_both_coordinates_in_one_cell(written, expected):
    pair = split_pair(clean(written))
    assert (pair and (pair.x, pair.y)) == expected


NAMES = {
    "370202001013": "香港路社区",
    "370202001001": "云霄路社区",
    "370202005007": "太平路社区",
    "370202009004": "太平角社区",
    "370202013013": "银川西路社区",
    "370202010004": "湛山社区",
}


@pytest.mark.parametrize(
    ("written", "name", "kind"),
    [
        ("香港路社区", "香港路社区", ""),
        ("370202001013", "香港路社区", ""),
        ("370202001013.0", "香港路社区", ""),
        ("３７０２０２００１０１３", "香港路社区", "full_width"),
        ("香港路　社区", "香港路社区", "full_width"),
        ("香港路", "香港路社区", "community_short"),
        ("香 港 路 社 区", "香港路社区", "community_short"),
        ("香港路社区居委会", "香港路社区", "community_short"),
        ("香港路社区党委", "香港路社区", "community_short"),
        ("珠海路街道香港路社区", "香港路社区", "community_short"),
        ("市南区香港中路街道办事处香港路社区", "香港路社区", "community_short"),
        ("香港路社区(370202001013)", "香港路社区", "community_short"),
        ("银川西", "银川西路社区", "community_short"),
        ("太平路", "太平路社区", "community_short"),
        ("太平", "", "community_ambiguous"),
        ("太平社区", "", "community_unknown"),
        ("银川西社区", "", "community_unknown"),
        ("云宵路社区", "", "community_unknown"),
        ("火星社区", "", "community_unknown"),
        ("香", "", "community_unknown"),
        ("香港中路社区", "", "community_unknown"),
        ("香港路社区(370202001001)", "", "community_unknown"),
        ("香港路社区、云霄路社区", "", "community_unknown"),
        ("370202001099", "", "community_unknown"),
        ("3.70202E+11", "", "id_rounded"),
    ],
)
def test_a_community_is_one_or_none(written, name, kind):
    place = Communities(NAMES).place(clean(written))
    assert (place.name, place.kind) == (name, kind)


def test_names_that_may_be_meant_are_told():
    places = Communities(NAMES)
    assert set(places.place("太平").candidates) == {"太平路社区", "太平角社区"}
    assert places.place("云宵路社区").candidates[0] == "云霄路社区"
    assert places.place("火星社区").candidates == ()
    own = Communities(NAMES, {"火星社区": "370202010004"})
    assert own.place("火星社区").name == "湛山社区"
