"""Grammar of a position: one coordinate, or both in one cell."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from geogrid.sources.ledger.values import Cell, rules_of
from geogrid.sources.spelling import half_width

__all__ = ["Pair", "read_coordinate", "split_pair"]

Axis = Literal["x", "y"]

_SIDES = {
    "东经": "E",
    "西经": "W",
    "北纬": "N",
    "南纬": "S",
    "经度": "E",
    "纬度": "N",
    "经": "E",
    "纬": "N",
}
_SIDE = re.compile("|".join(_SIDES))
_OF_AXIS = {"x": "EW", "y": "NS"}
_SAME = str.maketrans("′’‘＇`´″”“＂º˚﹣−－﹒", "''''''\"\"\"\"°°---.")
_NUMBER = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,20})?")
_DEGREES = re.compile(r"(?P<sign>-?)(?P<d>[0-9]+(?:\.[0-9]+)?)(?:°|度)?")
_DMS = re.compile(
    r"(?P<sign>-?)(?P<d>[0-9]{1,3})(?:°|度)(?P<m>[0-9]{1,2}(?:\.[0-9]+)?)(?:'|分)"
    r"(?:(?P<s>[0-9]{1,2}(?:\.[0-9]+)?)(?:\"|''|秒))?"
)
_COLONS = re.compile(
    r"(?P<sign>-?)(?P<d>[0-9]{1,3}):(?P<m>[0-9]{1,2}):(?P<s>[0-9]{1,2}(?:\.[0-9]+)?)"
)
# after 经度 and the like; between digits they part degrees
_LONE_COLON = re.compile(r"(?<![0-9]):|:(?![0-9])")
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_WIDE = re.compile("[０-９Ａ-Ｚａ-ｚ]")
_UNIT = re.compile(r"(?<=[0-9])(?:米|m)$")
_PARTED = re.compile(r"[0-9０-９]\s+[0-9０-９]")
_POINT = re.compile(r"point(?:z)?\s*\((.*)\)", re.IGNORECASE)
_PARTS = re.compile(r"[,;、/|]|\s+")
# E120.38 N36.06, 120.38E 36.06N
_LETTERED = (
    re.compile(
        r"(?P<a>[NSEW])\s*[:=]?(?P<first>[^NSEW,;]+)[,;、/]?\s*(?P<b>[NSEW])\s*[:=]?(?P<second>[^NSEW]+)"
    ),
    re.compile(r"(?P<first>[^NSEW]+)(?P<a>[NSEW])[,;、/]?(?P<second>[^NSEW]+)(?P<b>[NSEW])"),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Hold both coordinates of one cell, as written.

    Parameters
    ----------
    x, y : str
        In the order of the cell, unless it says itself which is which.
    """

    x: str
    y: str


def read_coordinate(text: str, axis: Axis) -> Cell:
    """Read one coordinate.

    Parameters
    ----------
    text : str
        Cleaned, not blank: degrees or metres, degrees with minutes and seconds, with E or 东经.
    axis : {"x", "y"}
        Which one it should be.

    Returns
    -------
    Cell
        A ``float``, in the unit of the cell; ``coordinate_unreadable`` if it is none, or says
        that it is the other one.
    """
    if _NUMBER.fullmatch(text):
        return Cell(float(text))
    # blanks between digits may part two numbers
    plain = "?" if _PARTED.search(text) else _plain(text)
    side = "".join(sign for sign in plain if sign in "NSEW")
    is_odd = len(side) > 1 or (side and side not in _OF_AXIS[axis])
    if is_odd or side not in {plain[:1], plain[-1:], ""}:
        return Cell(fault="coordinate_unreadable")
    plain = plain.replace(side, "") if side else plain
    is_grouped = bool(_GROUPED.fullmatch(plain))
    plain = plain.replace(",", "") if is_grouped else plain
    dms, degrees = _DMS.fullmatch(plain) or _COLONS.fullmatch(plain), _DEGREES.fullmatch(plain)
    if dms is not None:
        minutes, seconds = float(dms["m"]), float(dms["s"] or 0)
        if minutes >= 60 or seconds >= 60 or (dms["s"] and not minutes.is_integer()):
            return Cell(fault="coordinate_unreadable")
        value = float(dms["d"]) + minutes / 60 + seconds / 3600
        sign = dms["sign"]
    elif degrees is not None:
        value, sign = float(degrees["d"]), degrees["sign"]
    else:
        return Cell(fault="coordinate_unreadable")
    if not math.isfinite(value) or (sign and side):
        return Cell(fault="coordinate_unreadable")
    value = -value if sign or side in {"W", "S"} else value
    rules = rules_of(
        full_width=bool(_WIDE.search(text)),
        grouped_digits=is_grouped,
        dms_read=dms is not None,
        unit_dropped=dms is None and (bool(side) or plain[-1] in "°度" or _has_unit(text)),
    )
    return Cell(value, rules, told={"read": f"{value:.9g}" if dms else f"{value!r}"})


def split_pair(text: str) -> Pair | None:
    """Part a cell that holds both coordinates.

    Parameters
    ----------
    text : str
        Cleaned, not blank: ``120.38,36.06``, ``(120.38 36.06)``, ``POINT(120.38 36.06)``,
        ``东经120.38 北纬36.06``.

    Returns
    -------
    Pair or None
        East first, or as the letters say; None if they are not two.
    """
    half = half_width(text).translate(_SAME).strip()
    inner = _POINT.fullmatch(half)
    half = (inner[1] if inner else half).strip("()[]{}【】 ").upper()
    half = _SIDE.sub(lambda found: _SIDES[found.group()], half)
    for form in _LETTERED:
        found = form.fullmatch(half)
        if found:
            told = {found["a"]: found["first"].strip(), found["b"]: found["second"].strip()}
            east, north = (
                next((s for s in "EW" if s in told), ""),
                next((s for s in "NS" if s in told), ""),
            )
            return Pair(east + told[east], north + told[north]) if east and north else None
    parts = [part.strip() for part in _PARTS.split(half) if part.strip()]
    return Pair(parts[0], parts[1]) if len(parts) == 2 else None


def _plain(text: str) -> str:
    """Write a coordinate half-width, with one kind of sign for each thing."""
    half = "".join(half_width(text).translate(_SAME).split())
    half = _SIDE.sub(lambda found: _SIDES[found.group()], half)
    return _LONE_COLON.sub("", _UNIT.sub("", half).upper())


def _has_unit(text: str) -> bool:
    return bool(_UNIT.search(half_width(text)))
