"""The faults of a street office's ledger, one function each: how a clerk would have made it.

Written from DOMAIN section 7 and the table of kinds, before the reader of ledgers and without a
look at any reader. A row has one fault; what must become of it stands beside the fault.
"""

# ruff: noqa: ARG001 - every fault is made by a function of the same form
from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from messy_files import WORKBOOKS, CellError, Formula

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

# what a courtyard cannot be taken for: the roads of no town
NO_ROADS = ("月亮湾路", "火星一路", "彩虹桥路", "银杏谷路", "无名三路")
# one sign wrong, as an input method offers it
WRONG_SIGNS = {
    "云霄": "云宵",
    "湛山": "堪山",
    "挪庄": "娜庄",
    "逍遥": "消遥",
    "寿张": "寿章",
    "秀湛": "秀堪",
    "大尧": "大窑",
    "延吉": "延古",
    "徐州": "涂州",
    "辛家庄": "幸家庄",
    "团岛": "困岛",
    "浮山所": "浮山锁",
}
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_DIGITS = "零一二三四五六七八九"


@dataclass
class Record:
    """Hold one row: the truth, the cells as the clerk wrote them, and what must come of it."""

    community_code: str
    truth: dict[str, Any]
    cells: dict[str, Any]
    fault: str | None = None
    expected: Literal["in", "out"] = "in"
    # the causes of which one must be told, and further ones that would be true as well
    causes: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    tolerance: Literal["exact", "stated"] = "exact"
    is_hidden: bool = False
    merge: str | None = None
    # community on whose sheet the row stands, where that is not its own
    sheet_code: str | None = None


@dataclass(frozen=True)
class Desk:
    """Hold what a clerk has at hand: chance, the community's names, the map, the layout."""

    rng: np.random.Generator
    layout: str
    # community code -> official name
    communities: dict[str, str]
    # community code -> codes of communities more than half a kilometre from it
    far: dict[str, list[str]]
    # WGS84 degrees -> cells of the ledger's system
    to_cells: Callable[[float, float], tuple[Any, Any]]
    # community code -> official name of its subdistrict
    subdistricts: dict[str, str]
    is_percent: bool
    used_names: set[str] = field(default_factory=set)

    def one(self, *choices: Any) -> Any:
        """Draw one."""
        return choices[int(self.rng.integers(len(choices)))]

    @property
    def is_workbook(self) -> bool:
        """Whether cells have types."""
        return self.layout in WORKBOOKS


def full_width(text: str) -> str:
    """Write digits, letters and signs as wide as Chinese ones."""
    return str(text).translate(_FULL_WIDTH)


def spelt(number: int) -> str:
    """Write 1 to 9999 in Chinese signs."""
    out, zero = "", False
    for power, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, power)
        if digit:
            out += ("零" if zero and out else "") + _DIGITS[digit] + unit
            zero = False
        else:
            zero = bool(out)
    return out.removeprefix("一") if out.startswith("一十") else out


def _dms(degrees: float, signs: str) -> str:
    minutes, milli = divmod(round(degrees * 3_600_000), 60_000)
    whole, minutes = divmod(minutes, 60)
    seconds = f"{milli / 1000:06.3f}"
    return f"{whole}{signs[0]}{minutes:02d}{signs[1]}{seconds}{signs[2]}"


# --- rows that must come out right ---------------------------------------------------------


def _full_width(row: Record, desk: Desk) -> None:
    name = desk.one("courtyard_id", "households", "address", "households")
    row.cells[name] = full_width(row.cells[name])


def _approximate_count(row: Record, desk: Desk) -> None:
    form = desk.one("约{}户", "约{}", "{}户左右", "近{}户", "{}余户", "大约{}户", "{}左右")
    row.cells["households"] = form.format(row.truth["households"])
    row.truth["households_source"] = "estimated"


def _grouped_digits(row: Record, desk: Desk) -> None:
    number = int(desk.rng.integers(1000, 2000))
    row.truth["households"] = number
    row.cells["households"] = f"{number:,}"


def _unit_dropped(row: Record, desk: Desk) -> None:
    name = desk.one("households", "n_buildings", "year_built", "share_over_60", "households")
    form = {"households": "{}户", "n_buildings": "{}栋", "year_built": "{}年"}.get(name)
    value = row.truth[name]
    row.cells[name] = form.format(value) if form else f"{value * 100:.1f}%"


def _spelt_number(row: Record, desk: Desk) -> None:
    row.cells["households"] = spelt(row.truth["households"]) + desk.one("户", "")


def _date_as_year(row: Record, desk: Desk) -> None:
    day = dt.date(
        row.truth["year_built"], int(desk.rng.integers(1, 13)), int(desk.rng.integers(1, 28))
    )
    # a day's number before 1950 could as well be a year mistyped
    number = (day - dt.date(1899, 12, 30)).days if day.year >= 1950 else day
    row.cells["year_built"] = desk.one(day, day, number, f"{day.year}年{day.month}月")


def _community_short(row: Record, desk: Desk) -> None:
    official = desk.communities[row.community_code]
    short = official.removesuffix("社区")
    begun = [
        short[:end]
        for end in range(2, len(short))
        if sum(name.startswith(short[:end]) for name in desk.communities.values()) == 1
    ]
    row.cells["community"] = desk.one(short, short, short, *begun[-1:])


def _ditto(row: Record, desk: Desk) -> None:
    row.cells["community"] = desk.one("同上", "〃", "同上")


def _axes_swapped(row: Record, desk: Desk) -> None:
    row.cells["x"], row.cells["y"] = row.cells["y"], row.cells["x"]


def _dms_read(row: Record, desk: Desk) -> None:
    signs = desk.one("°′″", "°'\"", "度分秒")
    row.cells["x"] = _dms(row.cells["x"], signs)
    row.cells["y"] = _dms(row.cells["y"], signs)


def _community_located(row: Record, desk: Desk) -> None:
    row.cells["community"] = None


def _located_by_address(row: Record, desk: Desk) -> None:
    row.cells["x"] = row.cells["y"] = None
    row.tolerance = "stated"


# --- rows that must be left out -------------------------------------------------------------


def _id_missing(row: Record, desk: Desk) -> None:
    row.cells["courtyard_id"] = None


def _id_rounded(row: Record, desk: Desk) -> None:
    row.cells["courtyard_id"] = desk.one("3.70202E+14", "3.70202E+11", "3.702E+14")
    # rounding made several ids one
    row.also |= {"duplicate_id"}


def _households_missing(row: Record, desk: Desk) -> None:
    row.cells["households"] = desk.one(None, None, "-", "无", "待定", "不详", "—")


def _households_unreadable(row: Record, desk: Desk) -> None:
    row.cells["households"] = desk.one("若干", "一百多", "很多", "见备注", "八九十户", "百余户")


def _households_range(row: Record, desk: Desk) -> None:
    low = row.truth["households"] // 10 * 10
    form = desk.one("{}-{}户", "{}~{}", "{}至{}户", "{}—{}", "{}－{}户")
    row.cells["households"] = form.format(low, low + 20)


def _households_negative(row: Record, desk: Desk) -> None:
    number = -row.truth["households"]
    row.cells["households"] = desk.one(number, str(number))


def _households_fraction(row: Record, desk: Desk) -> None:
    number = row.truth["households"] + 0.5
    row.cells["households"] = desk.one(number, str(number))


def _households_too_many(row: Record, desk: Desk) -> None:
    # a postal number, and a telephone's length of digits that is nobody's
    row.cells["households"] = desk.one(266071, 10_000_000_001, "266071", 12_000)


def _formula_without_value(row: Record, desk: Desk) -> None:
    row.cells["households"] = Formula(desk.one("=E5+E6", "=SUM(E5:E6)", "=E7-1"))
    if desk.layout == "xls":
        # the old format cannot tell a formula never reckoned from one that gives nothing
        row.causes |= {"households_missing"}


def _cell_error(row: Record, desk: Desk) -> None:
    name = desk.one("households", "households", "x", "courtyard_id")
    row.cells[name] = CellError(desk.one("#REF!", "#N/A", "#VALUE!"))
    if name == "x":
        row.also |= {"coordinate_unreadable"}
    if name == "households":
        row.also |= {"households_unreadable"}


def _text_lost(row: Record, desk: Desk) -> None:
    names = ("name", "address", "community") if "community" in row.cells else ("name", "address")
    name = desk.one(*names)
    text = str(row.cells[name])
    if desk.layout == "gbk" or desk.rng.random() < 0.5:
        lost = desk.one(re.sub(r"[\u4e00-\u9fff]", "?", text), "锟斤拷" + text[2:])
    else:
        lost = "\ufffd\ufffd" + text[1:]
    row.cells[name] = lost
    if name == "community":
        row.also |= {"community_unknown"}


def _duplicate(row: Record, desk: Desk) -> None:
    """Leave the row as it is: it is a copy already."""


def _same_address(row: Record, desk: Desk) -> None:
    name, address = row.cells["name"], row.cells["address"]
    match desk.one("blank", "wide", "same"):
        case "blank":
            row.cells["name"], row.cells["address"] = f" {name}", address.replace("号", " 号")
        case "wide":
            row.cells["address"] = full_width(address)
    row.cells["households"] = row.truth["households"] + desk.one(0, 3)


def _community_ambiguous(row: Record, desk: Desk) -> None:
    row.cells["community"] = shared_start(row.community_code, desk.communities)


def _community_unknown(row: Record, desk: Desk) -> None:
    official = desk.communities[row.community_code]
    wrong = [
        official.replace(right, bad) for right, bad in WRONG_SIGNS.items() if right in official
    ]
    row.cells["community"] = desk.one("火星社区", "幸福里社区", *wrong, *wrong)


def _value_out_of_range(row: Record, desk: Desk) -> None:
    name, value = desk.one(
        ("year_built", 3020),
        ("year_built", 1085),
        ("share_over_60", 170 if desk.is_percent else 1.7),
        ("renovated_year", 1900),
        ("n_buildings", -2),
    )
    row.cells[name] = value


def _value_unreadable(row: Record, desk: Desk) -> None:
    name, value = desk.one(
        ("year_built", "九几年"),
        ("year_built", "abc"),
        ("share_over_60", "较高"),
        ("n_buildings", "若干"),
        ("property_service", "看情况"),
        ("committee", "正在商量"),
        ("renovated_year", "近几年"),
    )
    row.cells[name] = value


def _coordinate_unreadable(row: Record, desk: Desk) -> None:
    x, y = row.cells["x"], row.cells["y"]
    row.cells["x"], row.cells["y"] = desk.one(
        ("见地图", None), (x, None), (None, y), (f"{x}.12", y), (x, "待测")
    )


def _no_position(row: Record, desk: Desk) -> None:
    whose = ("纺织厂", "教师", "机务段", "粮油站", "港务局", "公交公司", "无线电厂")
    number = len(desk.used_names)
    desk.used_names.add(f"name {number}")
    # a name without road or number, and no other courtyard's
    name = f"{whose[number % 7]}宿舍{'甲乙丙丁戊己庚辛壬癸'[number // 7 % 10]}院"
    row.cells.update(name=name, address=None, x=None, y=None)


def _address_not_found(row: Record, desk: Desk) -> None:
    road = re.sub(r"\d+.*", "", row.truth["address"])
    number = len(desk.used_names) + 1
    desk.used_names.add(f"address {number}")
    address = desk.one(f"{desk.one(*NO_ROADS)}{number}号", f"{road}{2800 + number}号")
    row.cells.update(name=f"{address}院", address=address, x=None, y=None)


def _outside_district(row: Record, desk: Desk) -> None:
    lon, lat = row.truth["lon"], row.truth["lat"]
    far = (120.50 + desk.rng.random() * 0.06, 36.12 + desk.rng.random() * 0.06)
    row.cells["x"], row.cells["y"] = desk.to_cells(*desk.one(far, (lon + 1, lat)))
    row.also |= {"community_mismatch"}


def _community_mismatch(row: Record, desk: Desk) -> None:
    other = desk.one(*desk.far[row.community_code])
    if "community" in row.cells:
        row.cells["community"] = desk.communities[other]
    else:
        row.sheet_code = other


def shared_start(code: str, communities: dict[str, str]) -> str | None:
    """Return the beginning of two signs and more that other communities' names have as well."""
    name = communities[code].removesuffix("社区")
    for end in range(len(name) - 1, 1, -1):
        if sum(other.startswith(name[:end]) for other in communities.values()) > 1:
            return name[:end]
    return None


@dataclass(frozen=True)
class Fault:
    """Say how often a fault occurs, what must come of its rows, and how the clerk makes it."""

    per_mille: int
    expected: Literal["in", "out"]
    make: Callable[[Record, Desk], None]


# rows of a thousand; together the 300 that are faulty
FAULTS: dict[str, Fault] = {
    "full_width": Fault(12, "in", _full_width),
    "approximate_count": Fault(14, "in", _approximate_count),
    "grouped_digits": Fault(6, "in", _grouped_digits),
    "unit_dropped": Fault(14, "in", _unit_dropped),
    "spelt_number": Fault(10, "in", _spelt_number),
    "date_as_year": Fault(10, "in", _date_as_year),
    "community_short": Fault(14, "in", _community_short),
    "ditto": Fault(10, "in", _ditto),
    "axes_swapped": Fault(10, "in", _axes_swapped),
    "dms_read": Fault(8, "in", _dms_read),
    "community_located": Fault(8, "in", _community_located),
    "located_by_address": Fault(14, "in", _located_by_address),
    "id_missing": Fault(6, "out", _id_missing),
    "id_rounded": Fault(5, "out", _id_rounded),
    "households_missing": Fault(12, "out", _households_missing),
    "households_unreadable": Fault(8, "out", _households_unreadable),
    "households_range": Fault(8, "out", _households_range),
    "households_negative": Fault(5, "out", _households_negative),
    "households_fraction": Fault(5, "out", _households_fraction),
    "households_too_many": Fault(5, "out", _households_too_many),
    "formula_without_value": Fault(6, "out", _formula_without_value),
    "cell_error": Fault(7, "out", _cell_error),
    "text_lost": Fault(8, "out", _text_lost),
    "duplicate_row": Fault(10, "out", _duplicate),
    "duplicate_id": Fault(10, "out", _duplicate),
    "same_address": Fault(8, "out", _same_address),
    "community_ambiguous": Fault(5, "out", _community_ambiguous),
    "community_unknown": Fault(9, "out", _community_unknown),
    "value_out_of_range": Fault(9, "out", _value_out_of_range),
    "value_unreadable": Fault(8, "out", _value_unreadable),
    "coordinate_unreadable": Fault(8, "out", _coordinate_unreadable),
    "no_position": Fault(6, "out", _no_position),
    "address_not_found": Fault(8, "out", _address_not_found),
    "outside_district": Fault(7, "out", _outside_district),
    "community_mismatch": Fault(7, "out", _community_mismatch),
}
# faults of the cell that tells the community
TOUCH_COMMUNITY = frozenset(
    {
        "ditto",
        "community_located",
        "community_ambiguous",
        "community_unknown",
        "community_mismatch",
        "text_lost",
    }
)
# where every community has its sheet no cell tells the community, so none tells it wrongly
NEED_COMMUNITY = frozenset(
    {
        "community_short",
        "ditto",
        "community_located",
        "community_ambiguous",
        "community_unknown",
    }
)
