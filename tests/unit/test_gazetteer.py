"""Laws of addresses taken apart, and of where they lie: known, between two known, or not found.

The drawn road runs east, odd numbers north of it and even ones south::

      1    3    5    9    11         21 (甲5 beside 5)
    ------------------------------------------------ 海滨路
      2    4         10
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geogrid.errors import CrsError
from geogrid.sources.addresses import HouseNumber, parse_address
from geogrid.sources.intake.gazetteer import MOST_NUMBERS, Gazetteer, Spot
from geogrid.sources.osm import district_from_osm, read_osm_layers

CRS = "EPSG:4549"
EAST, NORTH = 534_000.0, 3_992_000.0
STEP = 12.0


def house(number, *, side=20.0, size=16.0):
    """Draw the lot of a number: 12 m of road per number, odd ones north."""
    x, y = EAST + STEP * number, NORTH + (side if number % 2 else -side)
    half = size / 2
    return shapely.box(x - half, y - half, x + half, y + half)


def addressed(**shapes):
    return gpd.GeoDataFrame({"address": list(shapes)}, geometry=list(shapes.values()), crs=CRS)


ROADS = gpd.GeoDataFrame(
    {"name": ["海滨路", "海滨路", "海滨路", None]},
    geometry=[
        shapely.LineString([(EAST, NORTH), (EAST + 150, NORTH)]),
        shapely.LineString([(EAST + 150, NORTH), (EAST + 900, NORTH)]),
        # a piece of the same name in another quarter
        shapely.LineString([(EAST, NORTH + 9000), (EAST + 900, NORTH + 9000)]),
        shapely.LineString([(EAST, NORTH + 50), (EAST + 900, NORTH + 50)]),
    ],
    crs=CRS,
)
YARDS = addressed(
    **{f"海滨路{n}号": house(n) for n in (1, 3, 5, 9, 11, 21, 55, 2, 4, 10)},
    **{
        "海滨路甲5号": house(6, side=-45.0),
        "海滨路31号院2号楼": house(31),
        "海滨路33、35号": house(34, side=-20.0, size=30.0),
        "海滨路40-46号双号": house(43, side=-20.0, size=70.0),
    },
)
BOOK = Gazetteer([YARDS], ROADS, places=["云霄路社区", "香港中路街道"])


def holds(spot, shape):
    """Tell whether a spot's accuracy covers a whole lot."""
    return shapely.Point(spot.x, spot.y).buffer(spot.accuracy_m + 0.5).covers(shape)


@pytest.mark.parametrize(
    ("text", "road", "numbers"),
    [
        ("漳州二路69号", "漳州二路", [(69, "", None)]),
        ("漳州二路 ６９ 號", "漳州二路", [(69, "", None)]),
        ("漳州二路六十九号", "漳州二路", [(69, "", None)]),
        ("漳州二路69", "漳州二路", [(69, "", None)]),
        ("闽江路甲12号", "闽江路", [(12, "甲", None)]),
        ("闽江路12号甲", "闽江路", [(12, "甲", None)]),
        ("闽江路12甲号", "闽江路", [(12, "甲", None)]),
        ("闽江路69-1号", "闽江路", [(69, "", 1)]),
        ("闽江路69号-1", "闽江路", [(69, "", 1)]),
        ("海滨路3、5、7号", "海滨路", [(3, "", None), (5, "", None), (7, "", None)]),
        ("海滨路3号、5号", "海滨路", [(3, "", None), (5, "", None)]),
        ("海滨路3，甲5号", "海滨路", [(3, "", None), (5, "甲", None)]),
        ("海滨路1-5号单号", "海滨路", [(1, "", None), (3, "", None), (5, "", None)]),
        ("海滨路1号—5号单号", "海滨路", [(1, "", None), (3, "", None), (5, "", None)]),
        ("海滨路单号1至5号", "海滨路", [(1, "", None), (3, "", None), (5, "", None)]),
        ("海滨路10~14号双号", "海滨路", [(10, "", None), (12, "", None), (14, "", None)]),
        ("一号路3号", "1号路", [(3, "", None)]),
        ("大学丁12号", "大学丁", [(12, "", None)]),
        ("海滨花园12号楼", "海滨花园", [(12, "", None)]),
    ],
)
def test_an_address_is_taken_apart(text, road, numbers):
    found = parse_address(text)
    assert found.road == road
    assert found.numbers == tuple(HouseNumber(*one) for one in numbers)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("漳州二路8号院3号楼2单元", (8, 3, 2)),
        ("漳州二路8号院内三号楼二单元", (8, 3, 2)),
        ("漳州二路8号大院", (8, None, None)),
        ("漳州二路8号3栋", (8, 3, None)),
        ("漳州二路8号2单元", (None, None, 2)),
        ("漳州二路8号十二号楼", (8, 12, None)),
        ("漳州二路8号", (None, None, None)),
    ],
)
def test_yard_house_and_stairwell_are_told(text, parts):
    found = parse_address(text)
    assert (found.yard, found.building, found.entrance) == parts
    assert found.numbers[0].number == 8


@pytest.mark.parametrize(
    "text", ["", "号", "海滨路", "海滨大院", "3号楼", "香港中路18楼", "香港中路2单元", "路123456号"]
)
def test_what_names_no_number_on_a_road_is_none(text):
    assert parse_address(text) is None


def test_a_slip_of_the_pen_is_no_list_of_fifty_thousand():
    assert len(parse_address("海滨路1-99999号单号").numbers) == 1


@given(st.text(alphabet="海滨路甲乙号院楼单双-,、0123456789一二十 ", max_size=40))
def test_any_text_is_parsed_or_none_and_found_or_not(text):
    found = parse_address(text)
    assert found is None or (found.numbers and len(found.road) >= 2)
    spot = BOOK.find(text)
    assert (spot.x is None) == (spot.how == "none")
    assert spot.how == "none" or spot.accuracy_m > 0


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("海滨路5号", 5),
        ("海滨路５號", 5),
        ("青岛市市南区香港中路街道云霄路社区海滨路5号", 5),
        ("海滨路5号院3号楼2单元", 5),
        ("海滨路31号院2号楼", 31),
    ],
)
def test_a_known_number_is_exact_and_its_accuracy_holds_the_lot(text, number):
    spot = BOOK.find(text)
    assert spot.how == "exact"
    assert holds(spot, house(number))
    assert spot.accuracy_m < 20


def test_a_letter_is_another_house():
    assert holds(BOOK.find("海滨路甲5号"), house(6, side=-45.0))
    assert not holds(BOOK.find("海滨路5号"), house(6, side=-45.0))
    # 甲3 stands somewhere about 3: between its neighbours, or nowhere
    assert BOOK.find("海滨路甲3号").how == "interpolated"


def test_lists_are_one_place_that_holds_them_all():
    spot = BOOK.find("海滨路1、3、5号")
    assert spot.how == "exact"
    assert all(holds(spot, house(n)) for n in (1, 3, 5))
    assert BOOK.find("海滨路33号") == BOOK.find("海滨路35号")
    assert BOOK.find("海滨路42号").how == "exact"
    spread = BOOK.find("海滨路1号、55号")
    assert (spread.how, spread.x) == ("none", None)


def test_a_number_between_two_known_ones_is_put_along_the_road():
    spot = BOOK.find("海滨路7号")
    assert spot.how == "interpolated"
    assert spot.x == pytest.approx(EAST + 7 * STEP, abs=0.5)
    assert spot.y == pytest.approx(NORTH + 20, abs=0.5)
    # at least half the way from 5 to 9
    assert spot.accuracy_m >= 2 * STEP - 0.1
    assert holds(spot, house(7).centroid)


def test_odd_and_even_numbers_stand_on_their_own_sides():
    spot = BOOK.find("海滨路6号")
    assert spot.how == "interpolated"
    assert spot.y == pytest.approx(NORTH - 20, abs=0.5)
    both = BOOK.find("海滨路6、7号")
    assert both.how == "interpolated"
    assert both.accuracy_m > spot.accuracy_m


def test_another_house_of_a_yard_is_not_where_one_house_stands():
    assert BOOK.find("海滨路31号院5号楼").how != "exact"


@pytest.mark.parametrize("text", ["海滨路57号", "海滨路12号", "海滨路999号", "海滨路1、99号"])
def test_beyond_the_known_numbers_nothing_is_guessed(text):
    spot = BOOK.find(text)
    assert (spot.how, spot.x, spot.accuracy_m) == ("none", None, None)
    assert spot.candidates


def test_numbers_far_apart_leave_a_gap():
    # 35 to 55 are just twenty numbers, and the way between them is short enough
    assert MOST_NUMBERS == 20
    assert BOOK.find("海滨路51号").how == "interpolated"
    far = addressed(海滨路1号=house(1), 海滨路9号=shapely.affinity.translate(house(9), 400))
    assert Gazetteer([far], ROADS).find("海滨路5号").how == "none"
    wide = addressed(海滨路1号=house(1), 海滨路23号=house(3))
    assert Gazetteer([wide], ROADS).find("海滨路5号").how == "none"


def test_without_the_roads_line_nothing_is_interpolated():
    assert Gazetteer([YARDS]).find("海滨路7号").how == "none"
    assert Gazetteer([YARDS]).find("海滨路5号").how == "exact"
    elsewhere = ROADS.set_geometry(ROADS.translate(0, 500))
    assert Gazetteer([YARDS], elsewhere).find("海滨路7号").how == "none"


def test_the_nearest_known_addresses_are_told():
    assert BOOK.find("海滨路57号").candidates[:2] == ("海滨路55号", "海滨路46号")
    # one sign wrong
    assert Gazetteer([addressed(漳州二路69号=house(1))]).find("漳洲二路69号") == Spot(
        candidates=("漳州二路69号",)
    )
    assert BOOK.find("火星路7号").candidates == ()
    assert BOOK.find("没有号码").candidates == ()


def test_the_same_address_in_two_places_is_no_address():
    twice = [addressed(海滨路5号=house(5)), addressed(海滨路5号=house(90))]
    spot = Gazetteer(twice, ROADS).find("海滨路5号")
    assert (spot.how, spot.candidates) == ("none", ("海滨路5号",))


def test_layers_without_addresses_or_in_degrees():
    bare = YARDS.drop(columns="address")
    blank = YARDS.assign(address=None)
    empty = YARDS.assign(geometry=[None] * len(YARDS))
    assert len(Gazetteer([bare, blank, empty], ROADS)) == 0
    with pytest.raises(CrsError):
        Gazetteer([YARDS.to_crs("EPSG:4326")])


def test_buildings_known_by_points_are_taken_as_wide_as_houses():
    point = gpd.GeoDataFrame({"address": ["海滨路5号"]}, geometry=[house(5).centroid], crs=CRS)
    assert BOOK.find("海滨路5号").accuracy_m < Gazetteer([point]).find("海滨路5号").accuracy_m


def test_over_the_sample_stated_accuracies_hold(sample):
    """Each courtyard is looked for as if it alone were not known."""
    courtyards = sample.courtyards
    book = Gazetteer([courtyards, sample["buildings"]], sample["roads"])
    x, y = courtyards.centroid.x, courtyards.centroid.y
    within = []
    for address, east, north in zip(courtyards["address"], x, y, strict=True):
        assert book.find(address).how == "exact"
        parsed = parse_address(address)
        spot = book._between(parsed.road, parsed.numbers[0])
        if spot is not None:
            within.append(np.hypot(spot.x - east, spot.y - north) <= spot.radius_m)
    # a third of the numbers have known ones beside them; 99.6 of 100 lie as near as is said
    assert len(within) > 400
    assert np.mean(within) >= 0.95


def test_the_samples_buildings_carry_their_courtyards_address(sample):
    buildings = sample["buildings"]
    own = buildings["courtyard_id"].notna()
    told = dict(zip(sample.courtyards["courtyard_id"], sample.courtyards["address"], strict=True))
    assert (buildings.loc[own, "courtyard_id"].map(told) == buildings.loc[own, "address"]).all()
    assert buildings.loc[~own, "address"].isna().all()
    book = Gazetteer([buildings])
    for courtyard_id in ("C0001", "C0700"):
        spot = book.find(told[courtyard_id])
        assert all(
            holds(spot, shape)
            for shape in buildings[buildings["courtyard_id"] == courtyard_id].geometry
        )


def test_mapped_numbers_of_buildings_come_in_as_addresses():
    houses = gpd.GeoDataFrame(
        {
            "osm_id": ["1", "2", "3", "4"],
            "building": "residential",
            "addr:street": ["南街", "南街", "", "南街"],
            "addr:housenumber": ["18", "20号", "7", ""],
        },
        geometry=[
            shapely.box(120 + n * 3e-4, 36, 120 + n * 3e-4 + 2e-4, 36.0002) for n in range(4)
        ],
        crs="EPSG:4326",
    )
    streets = gpd.GeoDataFrame(
        {"highway": ["residential"], "name": ["南街"]},
        geometry=[shapely.LineString([(119.999, 35.9999), (120.002, 35.9999)])],
        crs="EPSG:4326",
    )
    district = district_from_osm(read_osm_layers(buildings=houses, roads=streets))
    addresses = district["buildings"]["address"]
    assert sorted(addresses.dropna()) == ["南街18号", "南街20号"]
    assert len(addresses) == 4


@pytest.mark.parametrize(
    "rest",
    [
        *("号对面", "号旁", "号北侧", "号以东50米", "号斜对过", "号西邻", "号周边", "号与99号之间"),
        *("号和99号", "号、太平路3号", "弄3号", "号附1号", "号之3", "支3号", "A号", "/9号"),
        "-9号（双号）",
    ],
)
def test_what_is_not_within_a_known_number_is_another_place(rest):
    spot = BOOK.find(f"海滨路5{rest}")
    assert spot.how == "none"
    assert "海滨路5号" in spot.candidates


@pytest.mark.parametrize(
    "rest",
    ["", "号", "号院", "号楼", "号院1-5号楼", "号2单元501室", "号（海信花园）", "号海信大厦"],
)
def test_what_is_within_a_known_number_is_found_at_it(rest):
    assert BOOK.find(f"海滨路5{rest}").how == "exact"


def test_what_stands_beside_a_number_does_not_make_it_known():
    beside = addressed(海滨路7号对面=house(7))
    assert Gazetteer([beside]).find("海滨路7号").how == "none"
