"""Addresses and numbers as people write them: one spelling, one grammar.

Readers, the gazetteer and the search of the map all take addresses apart here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "Address",
    "HouseNumber",
    "parse_address",
    "plain_address",
    "spelt_number",
    "without_places",
]

_SAME = str.maketrans({"號": "号", "樓": "楼", "單": "单", "—": "-", "–": "-", "−": "-"})
_LISTED = str.maketrans({"、": ",", "，": ",", "~": "-", "至": "-"})
_DIGITS = {sign: number for number, sign in enumerate("零一二三四五六七八九")}
# beginning where the number does: a long row of signs is read once
_SPELT = re.compile(r"(?<![一二三四五六七八九十百零])[一二三四五六七八九十百零]+(?=号)")
# normal forms of some signs are eighteen times as long; no address is
_LONGEST = 1_000

# a province, a city, a district or county at the front, each with its own last sign
_REGION = re.compile(r"^(?:[^省]{2,3}省)?(?:[^市区县路号\d]{2,4}市)?(?:[^区县路号\d]{1,4}[区县])?")
# a house beside another has its number with a letter: 甲12号 or 12号甲; house numbers are short,
# longer ones are something else
_LETTER = "[甲乙丙丁戊己]"
_ONE = rf"\d{{1,5}}(?!\d){_LETTER}?(?:号?-\d{{1,5}}(?!\d))?"
_NUMBERED = re.compile(
    # a road may have a number of its own: 1号路
    rf"^(?P<road>(?:\d{{1,3}}号(?=[路街巷线]))?\D+?)(?P<told>{_ONE}(?:号?,{_LETTER}?{_ONE})*)"
    r"(?P<sign>号)?(?P<side>单号|双号)?(?P<rest>.*)$",
    re.DOTALL,
)
_SIDED = re.compile(r"^(?P<road>\D{2,}?)(?P<side>单号|双号)(?P<told>\d.*)$", re.DOTALL)
_NUMBER = re.compile(rf"({_LETTER}?)(\d+)({_LETTER}?)(?:号?-(\d+))?")
_SMALL = r"(\d{1,3}|[一二三四五六七八九十]{1,3})"
_WITHIN = re.compile(
    rf"^(?P<letter>{_LETTER})?(?:-\d+)?(?:号?(?P<yard>大院|楼院|小院|院)内?)?"
    rf"(?:{_SMALL}号?(?P<house>楼|栋|幢|座))?(?:{_SMALL}(?P<door>单元|门洞|门))?"
)
# more houses, a room, a name of its own: still within the number
_INSIDE = re.compile(
    r"(?:号?[楼院])?(?:[\d,\-]+号?(?:[楼栋幢座]|单元|门洞|门))*(?:\d{0,4}[室层户])?"
    r"(?:[^\d,/()]{2,12}(?:大厦|花园|小区|公寓|院|楼|宿舍|广场|苑|城|里|村|庭))?"
    r"(?:\([^\d,/()]{2,12}\))?"
)
# beside it, between it and another, or on one side of a road
_BESIDE = re.compile("[旁对侧邻边间与和及到以附之支弄隔近前外东西南北]|单号|双号")
# where a road's name ends: a number after it without 号 may be a floor
_ROAD_END = re.compile(r"(?:路|街|巷|道|弄|里|胡同|线)$")
_INDOORS = ("楼", "层", "室", "单元", "栋", "幢", "座")
# no list of one side is longer; a slip of the pen may be
_LONGEST_RANGE = 200


@dataclass(frozen=True, slots=True)
class HouseNumber:
    """Hold one number on a road.

    Parameters
    ----------
    number : int
        For example 12.
    letter : str
        甲, 乙 ... of a house beside the one with the plain number; else empty.
    part : int or None
        The second number of 69-1, which is a part of 69 (or the end of a range whose side
        nobody told).
    """

    number: int
    letter: str = ""
    part: int | None = None

    @property
    def is_plain(self) -> bool:
        """Return whether it is the number itself, no neighbour or part of it."""
        return not self.letter and self.part is None


@dataclass(frozen=True, slots=True)
class Address:
    """Hold the parts of one address.

    Parameters
    ----------
    road : str
        The road, or the estate that houses are numbered in.
    numbers : tuple of HouseNumber
        At least one; several of a list or of one side of a range.
    yard : int or None
        The number of the yard, in 8号院3号楼: 8.
    building : int or None
        The house within the yard: 3.
    entrance : int or None
        The stairwell (单元).
    plain : str
        The whole text as `plain_address` writes it.
    side : {"odd", "even"} or None
        The side that a range was said to be on.
    beyond : str
        What follows the number and is not within it (对面, 之3): the place is another one.
    """

    road: str
    numbers: tuple[HouseNumber, ...]
    yard: int | None = None
    building: int | None = None
    entrance: int | None = None
    plain: str = ""
    side: Literal["odd", "even"] | None = None
    beyond: str = ""


def plain_address(text: str) -> str:
    """Write an address the one way that addresses are compared.

    Parameters
    ----------
    text : str
        Full-width digits, spaces, 號, and numbers spelt before 号 are all fine.

    Returns
    -------
    str
        Half-width, without spaces, in lower case.

    Examples
    --------
    >>> plain_address("漳州二路 ６９ 號")
    '漳州二路69号'
    >>> plain_address("闽江一路十二号")
    '闽江一路12号'
    """
    half_width = unicodedata.normalize("NFKC", text)[:_LONGEST]
    plain = half_width.casefold().translate(_SAME).translate(_LISTED)
    plain = "".join(plain.split())
    return _SPELT.sub(lambda found: spelt_number(found.group()), plain)


def spelt_number(spelt: str) -> str:
    """Turn a number up to 999 spelt in Chinese into digits; leave anything else.

    Parameters
    ----------
    spelt : str
        For example 二十三.

    Returns
    -------
    str
        Digits, or the text as it was.

    Examples
    --------
    >>> spelt_number("二十三"), spelt_number("三号")
    ('23', '三号')
    """
    found = re.fullmatch(r"(?:(.)百)?零?(?:(.?)十)?(.?)", spelt)
    if found is None:
        return spelt
    hundreds, tens, ones = found.groups()
    parts = ((hundreds, 100), (tens, 10), (ones, 1))
    total = 0
    for sign, worth in parts:
        if sign:
            total += _DIGITS.get(sign, 1000) * worth
        elif sign == "" and worth == 10:
            total += worth
    return str(total) if 0 < total < 1000 else spelt


def parse_address(text: str) -> Address | None:
    """Take an address apart.

    Parameters
    ----------
    text : str
        As a person wrote it, the road first (`without_places` takes off what may stand before).

    Returns
    -------
    Address or None
        None if it names no number on a road: a name alone, a floor (香港中路18楼).

    Examples
    --------
    >>> found = parse_address("漳州二路8号院3号楼2单元")
    >>> found.road, found.yard, found.building, found.entrance
    ('漳州二路', 8, 3, 2)
    >>> [house.number for house in parse_address("海滨路1-9号单号").numbers]
    [1, 3, 5, 7, 9]
    >>> parse_address("闽江路甲12号").numbers
    (HouseNumber(number=12, letter='甲', part=None),)
    """
    plain = plain_address(text)
    sided = _SIDED.match(plain)
    # the side may stand before the numbers: 单号1-9号
    read = plain if sided is None else f"{sided['road']}{sided['told']}{sided['side']}"
    found = _NUMBERED.match(read)
    if found is None or len(found["road"]) < 2:
        return None
    rest = found["rest"]
    is_floor = not found["sign"] and rest.startswith(_INDOORS)
    road, letter = _road_and_letter(found["road"])
    if len(road) < 2 or (is_floor and _ROAD_END.search(road)):
        return None
    within = _WITHIN.match(rest)
    building = entrance = None
    if within is not None:
        letter = letter or within["letter"] or ""
        building, entrance = _small(within[3]), _small(within[5])
    numbers = _numbers(found["told"], found["side"], letter)
    side: Literal["odd", "even"] | None = None
    if found["side"]:
        side = "odd" if found["side"] == "单号" else "even"
    is_yard = within is not None and bool(within["yard"] or within["house"])
    yard = numbers[0].number if is_yard and len(numbers) == 1 else None
    after = rest if within is None else rest[within.end() :]
    is_inside = _INSIDE.fullmatch(after) and not _BESIDE.search(after)
    beyond = "" if is_inside else after
    return Address(road, numbers, yard, building, entrance, plain, side, beyond)


def without_places(plain: str, places: Sequence[str]) -> Iterator[str]:
    """Yield an address, then without what may stand before the road.

    Parameters
    ----------
    plain : str
        From `plain_address`.
    places : sequence of str
        Plain names of communities and subdistricts, the longest first.

    Yields
    ------
    str
        The text itself; without province, city and district; without a subdistrict; without a
        community.
    """
    yield plain
    plain = _REGION.sub("", plain)
    yield plain
    # a subdistrict, then a community in it
    for _ in range(2):
        for place in places:
            if place and plain.startswith(place):
                plain = plain.removeprefix(place)
                yield plain
                break


def _road_and_letter(road: str) -> tuple[str, str]:
    """Part 甲 of 甲12号 from the road before it, unless it is the road's own sign."""
    if re.search(_LETTER + "$", road) and _ROAD_END.search(road[:-1]):
        return road[:-1], road[-1]
    return road, ""


def _numbers(told: str, side: str | None, letter: str) -> tuple[HouseNumber, ...]:
    """Read one number, a list, or the numbers of one side."""
    found: dict[HouseNumber, None] = {}
    for before, number, after, last in _NUMBER.findall(told):
        low, high = int(number), int(last or 0)
        if side and low <= high <= low + _LONGEST_RANGE:
            wanted = side == "单号"
            found |= dict.fromkeys(HouseNumber(n) for n in range(low, high + 1) if n % 2 == wanted)
        else:
            # 69-1 is the first part of 69, not a range, unless a side is named
            found[HouseNumber(low, before or after, int(last) if last else None)] = None
    houses = tuple(found) or (HouseNumber(int(_NUMBER.findall(told)[0][1])),)
    if letter and len(houses) == 1 and not houses[0].letter:
        return (HouseNumber(houses[0].number, letter, houses[0].part),)
    return houses


def _small(told: str | None) -> int | None:
    """Read the number of a house or stairwell."""
    digits = spelt_number(told) if told else ""
    return int(digits) if digits.isdigit() else None
