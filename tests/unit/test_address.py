"""Laws of addresses: one spelling, nothing guessed, equal matches listed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geogrid.publish.address import MOST_APART, MOST_MATCHES, AddressBook, plain_address


def book(*addresses, **more):
    return AddressBook([{"address": told, "name": None} for told in addresses], **more)


ROAD = book("漳州二路69号", "漳州二路71号", "漳州二路70号", "漳州二路74号", "闽江路3号", None)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("漳州二路69号", "漳州二路69号"),
        ("漳州二路 ６９ 號", "漳州二路69号"),
        ("  漳州二路\t69号\n", "漳州二路69号"),
        ("漳州二路六十九号", "漳州二路69号"),
        ("闽江一路一号", "闽江一路1号"),
        ("宁夏路十号", "宁夏路10号"),
        ("宁夏路一百零五号", "宁夏路105号"),
        ("宁夏路三百二十一号", "宁夏路321号"),
        ("宁夏路二二号", "宁夏路二二号"),
        ("一号路3号", "1号路3号"),
        ("ＡＢ座１－２號樓", "ab座1-2号楼"),
    ],
)
def test_addresses_have_one_spelling(written, plain):
    assert plain_address(written) == plain


@given(st.text(max_size=60))
def test_any_text_has_an_answer(text):
    found = ROAD.search(text)
    assert found.n >= len(found.rows)
    assert len(found.rows) <= MOST_MATCHES
    assert plain_address(plain_address(text)) == plain_address(plain_address(plain_address(text)))


@pytest.mark.parametrize(
    "asked",
    [
        *("漳州二路69号", "漳州二路69號", "漳州二路６９号", "漳州二路六十九号", "漳州二路69"),
        *("青岛市市南区漳州二路69号", "山东省青岛市市南区漳州二路69号", "市南区漳州二路69号"),
        *("漳州二路69号院", "漳州二路69号楼院", "漳州二路69号3号楼2单元", "漳州二路69号甲"),
    ],
)
def test_an_address_is_found_however_it_is_written(asked):
    found = ROAD.search(asked)
    assert (found.rows, found.n) == ((0,), 1)
    assert found.by in {"address", "number"}
    assert found.apart == 0


def test_a_community_or_subdistrict_may_stand_before_the_road():
    known = book("漳州二路69号", places=["云霄路社区", "香港中路街道"])
    for asked in ("云霄路社区漳州二路69号", "市南区香港中路街道云霄路社区漳州二路69号"):
        assert known.search(asked).by == "address", asked


def test_a_name_counts_like_an_address():
    known = AddressBook([{"name": "海滨大院", "address": "莱阳路1号"}])
    assert known.search("海滨大院").rows == (0,)
    assert known.search("海滨").by == "address"


def test_the_nearest_number_is_sought_on_its_own_side_first():
    found = ROAD.search("漳州二路76号")
    assert (found.rows, found.by, found.apart) == ((3,), "nearest", 2)
    # 73 faces 74, but its neighbour is 71
    assert ROAD.search("漳州二路73号").rows == (1,)
    # on a road with even numbers only, the other side is the best there is
    assert ROAD.search("闽江路4号").rows == (4,)


def test_two_equally_near_numbers_are_listed_and_none_is_picked():
    found = ROAD.search("漳州二路72号")
    assert (found.rows, found.n, found.by) == ((2, 3), 2, "nearest")


def test_a_part_of_a_number_is_not_the_number():
    assert ROAD.search("漳州二路69-1号").by == "nearest"
    assert book("漳州二路69-1号").search("漳州二路69-1号").by == "address"


def test_too_far_along_the_road_is_no_answer_but_a_list():
    found = ROAD.search(f"漳州二路{74 + MOST_APART + 2}号")
    assert found.by == "candidates"
    # the likest first: the nearest number
    assert found.rows[0] == 3


def test_the_same_road_in_two_towns_is_listed():
    found = book("中山路3号", "中山路3号").search("中山路3号")
    assert (found.rows, found.n, found.by) == ((0, 1), 2, "address")


def test_lists_and_sides_of_numbers_are_understood():
    listed = book("海滨路3、5、7号", "海滨路10-16号双号")
    assert listed.search("海滨路5号").rows == (0,)
    assert listed.search("海滨路14号").by == "number"
    assert listed.search("海滨路14号").rows == (1,)
    assert listed.search("海滨路15号").rows != (1,)


def test_a_mistyped_road_gives_candidates_never_an_answer():
    found = ROAD.search("漳洲二路69号")
    assert (found.by, found.rows[0]) == ("candidates", 0)
    assert ROAD.search("香港中路1号").by == "nothing"


def test_part_of_a_name_gives_at_most_five_candidates():
    many = book(*(f"东海路{n}号" for n in range(1, 100)))
    found = many.search("东海路")
    assert (len(found.rows), found.n, found.by) == (MOST_MATCHES, 99, "candidates")


def test_an_empty_book_and_an_empty_question_find_nothing():
    assert book().search("漳州二路69号").by == "nothing"
    assert ROAD.search("").by == "nothing"
    assert ROAD.search("号").n == 0 or ROAD.search("号").by == "candidates"
