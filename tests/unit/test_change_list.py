"""Laws of change lists: every row is taken or refused with a reason; nothing is guessed.

Two communities of one subdistrict and one of another::

    A: a1 a2 a3 | a4 a5      B: b1 b2      C (elsewhere): c1
       grid 1     grid 2        grid 1        grid 1
"""

from __future__ import annotations

import csv
import io
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workbooks import workbook

from geogrid.errors import InputError
from geogrid.governance.change_list import read_change_list
from geogrid.governance.register import Register, Yard
from geogrid.locale import phrases

A, B, C = "370202001001", "370202001002", "370202002001"
ONE, TWO, BEE, CEE = f"{A}001", f"{A}002", f"{B}001", f"{C}001"


def yard(ident, name, community):
    return Yard(ident, f"{name}院", name, community)


YARDS = [
    yard("a1", "海门路1号", A),
    yard("a2", "海门路2号", A),
    yard("a3", "闽江一路12号", A),
    yard("a4", "海门路4号", A),
    yard("a5", "海门路5号", A),
    yard("b1", "海门路1号", B),
    yard("b2", "漳州路8号", B),
    yard("c1", "江苏路3号", C),
]
REGISTER = Register(
    {one.courtyard_id: one for one in YARDS},
    {A: "云霄路社区", B: "江西路社区", C: "江苏路社区"},
    {"a1": ONE, "a2": ONE, "a3": ONE, "a4": TWO, "a5": TWO, "b1": BEE, "b2": BEE, "c1": CEE},
    {
        ONE: "云霄路社区第1网格",
        TWO: "云霄路社区第2网格",
        BEE: "江西路社区第1网格",
        CEE: "江苏路社区第1网格",
    },
    own=(A, B),
)
HEAD = ["楼院编号", "楼院名称", "地址", "社区", "现网格", "划入网格", "新网格名", "备注"]


def read(*rows, head=HEAD, register=REGISTER, encoding="utf-8"):
    text = io.StringIO()
    csv.writer(text).writerows([head, *rows])
    return read_change_list(text.getvalue().encode(encoding), register)


def row(ident="", to="", *, name="", address="", community="", now="", rename=""):
    return [ident, name, address, community, now, to, rename, ""]


def kinds(found):
    return [(one.row, one.kind) for one in found.rejected]


@pytest.mark.parametrize(
    "to",
    [
        TWO,
        "３７０２０２００１００１００２",
        "云霄路社区第2网格",
        "云霄路第 2 网格",
        "第二网格",
        "2",
        "２",
        "002",
        "2号网格",
        "云霄路社区002网格",
    ],
)
def test_a_grid_is_known_by_code_name_and_number(to):
    found = read(row("a1", to))
    assert (found.moves, found.rejected) == ({TWO: ("a1",)}, ())
    (taken,) = found.taken
    assert (taken.row, taken.courtyard_id, taken.old, taken.new) == (2, "a1", ONE, TWO)


@pytest.mark.parametrize(
    "given",
    [
        row("Ａ１", "2"),
        row(" a1 ", "2"),
        row("", "2", name="海门路1号院", community="云霄路社区"),
        row("", "2", name="海门路１号", community="云霄路"),
        row("", "2", address="海门路1號", community=A),
        row("a1", "2", name="海门路1号院", address="海门路甲1号"),
        row("a1", "2", now="第1网格"),
        row("a1", "2", now=ONE, community="云霄路社区居委会"),
    ],
)
def test_a_courtyard_is_known_by_number_or_by_name_and_community(given):
    assert read(given).moves == {TWO: ("a1",)}, kinds(read(given))


def test_a_name_that_is_there_once_needs_no_community_and_numbers_may_be_spelt():
    assert read(row("", "2", name="闽江一路十二号院")).moves == {TWO: ("a3",)}


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (row("a9", "2"), "unknown_id"),
        (row("1.2E+05", "2"), "mangled"),
        (row("", "2", name="海门路9号院"), "unknown_name"),
        (row("", "2", name="海门路1号院"), "many_courtyards"),
        (row("", "2", name="海门路2号院", address="海门路4号"), "two_courtyards"),
        (row("a1", "2", name="海门路2号院"), "two_courtyards"),
        (row("a1", "2", community="江西路社区"), "two_courtyards"),
        (row("a1", "2", community="云"), "unknown_community"),
        (row("c1", "1"), "outside"),
        (row("", "1", name="江苏路3号院"), "unknown_name"),
        (row("", "2"), "no_courtyard"),
        (row("a1", "9"), "unknown_grid"),
        (row("a1", f"{A}009"), "unknown_grid"),
        (row("a1", CEE), "unknown_grid"),
        (row("a1", "#N/A"), "unknown_grid"),
        (row("a1", "3.70202E+14"), "mangled"),
        (row("a1", BEE), "other_community"),
        (row("a1", "江西路社区第1网格"), "other_community"),
        (row("a1", "2", now="2"), "stale"),
        (row("a1", "2", now="九网格"), "unknown_from"),
        (row("a1", "2", now="3.70202E+14"), "mangled"),
        (row("a1", "新1", rename="新名"), "new_name"),
        (row("a1", "2", rename="长" * 101), "long_name"),
    ],
)
def test_what_is_unknown_or_may_mean_two_things_is_refused(given, kind):
    found = read(given, row("a2", "2"))
    assert kinds(found) == [(2, kind)]
    assert found.moves == {TWO: ("a2",)}
    assert found.rejected[0].reason["zh"] != found.rejected[0].reason["en"]


def test_what_may_be_meant_is_offered():
    (name,) = read(row("", "2", name="海门路1号院")).rejected
    assert "海门路1号院（a1）、海门路1号院（b1）" in name.remedy["zh"]
    (grid,) = read(row("a1", "9")).rejected
    assert "如第1网格、第2网格" in grid.remedy["zh"]
    (like,) = read(row("a9", "2", name="海门路3号院")).rejected
    assert "（a2）" in like.remedy["zh"]
    (outside,) = read(row("c1", "1")).rejected
    assert "江苏路" not in outside.reason["zh"] + outside.remedy["zh"]


def test_a_name_that_one_grid_bears_and_another_is_numbered_by_is_refused():
    names = {**REGISTER.names, ONE: "云霄路社区第2网格"}
    found = read(row("a4", "云霄路社区第2网格"), register=replace(REGISTER, names=names))
    assert kinds(found) == [(2, "many_grids")]
    assert ONE in found.rejected[0].remedy["zh"]


def test_what_is_locked_stays():
    for lock in ("courtyard:a1", f"grid:{ONE}", f"grid:{TWO}"):
        found = read(row("a1", "2"), register=replace(REGISTER, locks=frozenset({lock})))
        assert kinds(found) == [(2, "locked")], lock
    found = read(row("a1", "1"), register=replace(REGISTER, locks=frozenset({f"grid:{ONE}"})))
    assert (found.n_unchanged, kinds(found)) == (1, [])


def test_doubles_and_contradictions_name_the_other_rows():
    found = read(row("a1", "2"), row("a2", "2"), row("a1", "2"), row("a2", "1"))
    assert kinds(found) == [(3, "contradiction"), (4, "twice"), (5, "contradiction")]
    told = [one.reason["zh"] for one in found.rejected]
    for sentence, start in zip(
        told, ("与第 5 行矛盾", "与第 2 行重复", "与第 3 行矛盾"), strict=True
    ):
        assert sentence.startswith(start)
    assert found.moves == {TWO: ("a1",)}


def test_rows_that_ask_for_nothing_are_counted():
    rows = [
        row("a1", "1"),
        row("a2"),
        row("a3", "不变"),
        row("注：以上共三处"),
        ["合计", *[""] * 4, "3"],
    ]
    found = read(*rows, row("", "2", name="海门路4号院"))
    assert (found.n_unchanged, found.n_without_target) == (2, 2)
    assert ([n for _, n in found.unread], kinds(found)) == ([5, 6], [])


def test_new_grids_gather_by_label_within_each_community():
    found = read(row("a1", "新1"), row("a2", "新网格1"), row("a3", "新2"), row("b1", "new1"))
    assert found.splits == (("a1", "a2"), ("a3",), ("b1",))
    assert [one.new for one in found.taken] == ["new:1", "new:1", "new:2", "new:3"]


def test_grids_get_new_names_by_their_courtyards_or_by_themselves():
    found = read(row("a1", rename="东院"), row("a2", rename="东院"), row("b1", "1", rename="西院"))
    assert (found.renames, found.moves) == ({ONE: "东院", BEE: "西院"}, {})
    alone = read([TWO, "南院"], head=["网格编号", "新网格名"])
    assert alone.renames == {TWO: "南院"}
    clash = read(row("a1", rename="东院"), row("a2", "2"), row("a3", rename="西院"))
    assert kinds(clash) == [(2, "two_names"), (4, "two_names")]
    assert clash.moves == {TWO: ("a2",)}


def test_the_column_grid_is_the_one_before_where_another_says_where_to():
    ours = read(["a1", TWO], ["a2", ONE], head=["courtyard_id", "grid_code"])
    assert (ours.moves, ours.n_unchanged) == ({TWO: ("a1",)}, 1)
    both = read(["a1", "1", "2"], head=["楼院编号", "网格编号", "划入网格"])
    assert both.moves == {TWO: ("a1",)}
    stale = read(["a1", "2", "2"], head=["楼院编号", "网格编号", "划入网格"])
    assert kinds(stale) == [(2, "stale")]


def test_two_columns_of_one_meaning_must_agree():
    head = ["楼院编号", "划入网格编号", "划入网格"]
    assert read(["a1", TWO, "第2网格"], head=head).moves == {TWO: ("a1",)}
    assert kinds(read(["a1", TWO, "第1网格"], head=head)) == [(2, "two_values")]


def test_rows_of_several_sheets_are_told_apart():
    rows = [["楼院编号", "划入网格"], ["a1", 2]]
    again = [["楼院编号", "划入网格"], ["a1", 1]]
    found = read_change_list(workbook({"甲": rows, "乙": again, "丙": [["无"]]}), REGISTER)
    assert [(one.sheet, one.row) for one in found.rejected] == [("甲", 2), ("乙", 2)]
    assert found.rejected[0].reason["zh"].startswith("与“乙”第 2 行矛盾")
    assert found.skipped_sheets == ("丙",)


def test_a_file_without_heads_says_which_are_needed():
    with pytest.raises(InputError) as caught:
        read(["a1", "2"], head=["甲", "乙"])
    assert caught.value.facts["words"]["zh"] == phrases("zh", "list_file")["no_head"]


def test_every_reason_has_a_remedy_in_both_languages():
    tables = [phrases(one, "change_list") for one in ("zh", "en")]
    assert set(tables[0]) == set(tables[1])
    reasons = {key.removesuffix("_remedy") for key in tables[0] if key.endswith("_remedy")}
    assert reasons <= set(tables[0])


WORDS = st.sampled_from(
    [
        "",
        "a1",
        "a2",
        "b1",
        "c1",
        "x",
        "海门路1号院",
        "海门路2号",
        "云霄路",
        "1",
        "2",
        "新1",
        TWO,
        CEE,
        "-",
        "注",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(WORDS, min_size=8, max_size=8), max_size=8))
def test_every_row_is_taken_refused_or_counted_and_no_courtyard_goes_two_ways(rows):
    found = read(*rows)
    moved = [i for ids in (*found.moves.values(), *found.splits) for i in ids]
    assert sorted(moved) == sorted(one.courtyard_id for one in found.taken)
    assert len(set(moved)) == len(moved)
    assert all(REGISTER.yards[i].community in {A, B} for i in moved)
    assert all(c[:-3] == REGISTER.yards[i].community for c, ids in found.moves.items() for i in ids)
    seen = [one.row for one in (*found.taken, *found.rejected)] + [n for _, n in found.unread]
    assert len(set(seen)) == len(seen)
    # a row may do no more than name a grid anew
    n_other = found.n_unchanged + found.n_without_target
    n_told = sum(any(cells) for cells in rows)
    n_named = sum(bool(cells[6]) and cells[6] != "-" for cells in rows)
    assert n_told - n_named <= len(seen) + n_other <= n_told


@pytest.mark.parametrize("sign", ["一", "0", "至", "\ufdfa", "("])
def test_names_and_grids_of_one_sign_without_end_take_no_time(sign):
    begin = time.process_time()
    long = sign * 900 + "x"
    rows = [row("c1", long), row("", "2", name=long), row("", "2", address=long)] * 100
    assert len(read(*rows).rejected) == len(rows)
    assert time.process_time() - begin < 5
