"""Parameters of reading features: parser and schema side by side."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geogrid.publish.cql import parse_filter
from geogrid.publish.systems import CRS84, SYSTEMS, System
from geogrid.store.calendar import CHINA
from geogrid_api.operations import Parameter
from geogrid_api.routing import one_of
from geogrid_api.schemas import LARGEST_WHOLE, value_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.publish.features import CollectionInfo, Property

__all__ = [
    "BBOX",
    "BBOX_CRS",
    "CRS",
    "DATETIME",
    "FILTER",
    "FILTER_CRS",
    "FILTER_LANG",
    "LIMIT",
    "MOST",
    "N_SHOWN",
    "OFFSET",
    "When",
    "queryable_parameters",
    "read_box",
    "read_filter",
    "read_system",
    "read_when",
]

# page sizes: without a word, and at most
N_SHOWN, MOST = 10, 10_000
_FURTHEST = 1_000_000
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})",
    re.ASCII | re.IGNORECASE,
)
_NAMES = {name: system for uri, system in SYSTEMS.items() for name in (uri, system.short)}
_SYSTEM = {"type": "string", "enum": list(_NAMES), "default": CRS84.uri}


@dataclass(frozen=True, slots=True)
class When:
    """Say for which days something is asked.

    Parameters
    ----------
    start, end : date or None
        First and last day; None: open.
    is_instant : bool
        Whether one moment was asked for; then both are the same day.
    """

    start: dt.date | None
    end: dt.date | None
    is_instant: bool


def read_whole(low: int, high: int, *, digits: int = 20) -> Any:  # noqa: ANN401 - a parser
    """Make the parser of a whole number.

    Parameters
    ----------
    low, high : int
        Closed limits.
    digits : int
        Longest text, leading zeros included.

    Returns
    -------
    callable
        Text to int; ValueError names the limits.
    """

    def parse(text: str) -> int:
        plain = text.isascii() and text.isdecimal() and len(text) <= digits
        if not plain or not low <= int(text) <= high:
            msg = f"give a whole number from {low} to {high}"
            raise ValueError(msg)
        return int(text)

    return parse


# what the store numbers: plans, revisions
read_serial = read_whole(0, LARGEST_WHOLE, digits=len(str(LARGEST_WHOLE)))


def read_number(text: str) -> float:
    """Read a number as JSON writes it.

    Parameters
    ----------
    text : str
        Without blanks.

    Returns
    -------
    float
        Finite.

    Raises
    ------
    ValueError
        If it is none.
    """
    if len(text) > 64 or not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        msg = f"{text[:40]!r} is no number"
        raise ValueError(msg)
    return float(text)


def read_box(text: str) -> tuple[float, ...]:
    """Read the corners of a box.

    Parameters
    ----------
    text : str
        Four numbers, or six with heights, separated by commas.

    Returns
    -------
    tuple of float
        As they were given.

    Raises
    ------
    ValueError
        If they are not four or six finite numbers.

    Examples
    --------
    >>> read_box("120.3,36.05,120.4,36.1")
    (120.3, 36.05, 120.4, 36.1)
    """
    parts = text.split(",")
    if len(parts) not in {4, 6}:
        msg = f"give four numbers, or six with heights, not {len(parts)}"
        raise ValueError(msg)
    return tuple(map(read_number, parts))


def read_when(text: str) -> When:
    """Read a day, a moment, or an interval of either.

    Parameters
    ----------
    text : str
        RFC 3339; an interval is two with a slash between them, ``..`` or nothing for an open
        end.

    Returns
    -------
    When
        In days of China's time.

    Raises
    ------
    ValueError
        If it is neither.

    Examples
    --------
    >>> read_when("2026-03-01/..").start
    datetime.date(2026, 3, 1)
    """
    first, slash, last = text.partition("/")
    if not slash:
        day = _read_day(first)
        return When(day, day, is_instant=True)
    start = None if first in {"", ".."} else _read_day(first)
    end = None if last in {"", ".."} else _read_day(last)
    if start is not None and end is not None and start > end:
        msg = "the interval ends before it begins"
        raise ValueError(msg)
    return When(start, end, is_instant=False)


def _read_day(text: str) -> dt.date:
    """Read a day or a moment."""
    try:
        if _DAY.fullmatch(text):
            return dt.date.fromisoformat(text)
        if _MOMENT.fullmatch(text):
            return dt.datetime.fromisoformat(text.upper()).astimezone(CHINA).date()
    except (ValueError, OverflowError) as error:
        msg = f"{text!r} is no day of the calendar"
        raise ValueError(msg) from error
    msg = f"{text[:40]!r} is no date such as 2026-03-01 and no moment such as 2026-03-01T00:00:00Z"
    raise ValueError(msg)


def read_system(text: str) -> System:
    """Find a coordinate system by its address or short name.

    Parameters
    ----------
    text : str
        For example ``http://www.opengis.net/def/crs/EPSG/0/4549`` or ``EPSG:4549``.

    Returns
    -------
    System
        One of those there are.

    Raises
    ------
    ValueError
        If there is no such system here.
    """
    try:
        return _NAMES[text]
    except KeyError:
        msg = f"give one of {', '.join(SYSTEMS)}"
        raise ValueError(msg) from None


def _read_text(text: str) -> str:
    """Take text as it is."""
    return text


_CORNERS = "lower corner, upper corner, in the axis order of bbox-crs"
BBOX = Parameter(
    "bbox",
    {
        "type": "array",
        "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
        "items": {"type": "number"},
    },
    read_box,
    f"Only features whose shape meets this box: {_CORNERS}; six numbers include heights. A box "
    "whose west lies east of its east crosses the 180th meridian.",
    more={"style": "form", "explode": False},
)
BBOX_CRS = Parameter("bbox-crs", _SYSTEM, read_system, "Coordinate system of bbox.")
CRS = Parameter(
    "crs",
    _SYSTEM,
    read_system,
    "Coordinate system of the answer, axes in its authority's order: latitude or northing first "
    "in all but CRS84.",
)
DATETIME = Parameter(
    "datetime",
    {"type": "string", "minLength": 1},
    read_when,
    "The version in force on a day (2026-03-01) or at a moment (RFC 3339), or the last one in "
    "force within an interval (2026-01-01/2026-06-30, 2026-01-01/.., ../2026-06-30).",
    more={"style": "form", "explode": False},
)
FILTER = Parameter(
    "filter",
    {"type": "string", "minLength": 1},
    _read_text,
    "CQL2 condition over the queryables, for example households > 300 AND name LIKE '%路%'.",
)
FILTER_LANG = Parameter(
    "filter-lang",
    {"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"},
    one_of(("cql2-text", "cql2-json")),
    "Which form of CQL2 the filter has.",
)
FILTER_CRS = Parameter(
    "filter-crs", _SYSTEM, read_system, "Coordinate system of the geometries in the filter."
)
LIMIT = Parameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MOST, "default": N_SHOWN},
    read_whole(1, MOST),
    "How many features at most; the link next leads to those that follow.",
    more={"style": "form", "explode": False},
)
OFFSET = Parameter(
    "offset",
    {"type": "integer", "minimum": 0, "maximum": _FURTHEST, "default": 0},
    read_whole(0, _FURTHEST),
    "How many features to pass over.",
    more={"style": "form", "explode": False},
)


def queryable_parameters(info: CollectionInfo) -> list[Parameter]:
    """Describe the properties of a collection as parameters.

    Parameters
    ----------
    info : CollectionInfo
        The collection.

    Returns
    -------
    list of Parameter
        One a property: only features in which it has the value.
    """
    return [_queryable(known) for known in info.properties.values()]


def _queryable(known: Property) -> Parameter:
    """Describe one property as a parameter."""
    if known.choices:
        parse = one_of(known.choices)
    elif known.kind == "text":
        parse = _read_text
    else:
        parse = _read_within(known)
    return Parameter(
        known.name,
        value_schema(known),
        parse,
        f"Only features in which this has the value: {known.meaning['en']}.",
        more={"style": "form", "explode": False},
    )


def _read_within(known: Property) -> Any:  # noqa: ANN401 - a parser
    """Make the parser of a number inside a property's limits; columns hold floats."""
    low = -math.inf if known.low is None else known.low
    high = math.inf if known.high is None else known.high

    def parse(text: str) -> float:
        number = read_number(text)
        # 120.0 and 1.2e2 are whole as well, but the schema says integer
        if known.kind == "int" and not _WHOLE.fullmatch(text):
            msg = "give a whole number, in digits"
            raise ValueError(msg)
        if not low <= number <= high:
            msg = f"give a number from {low:g} to {high:g}"
            raise ValueError(msg)
        return number

    return parse


def read_filter(query: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Return the filter of a query as a tree.

    Parameters
    ----------
    query : mapping
        Parsed parameters.

    Returns
    -------
    dict, bool or None
        CQL2 JSON; None: no filter is given.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    text = query.get("filter")
    if text is None:
        return None
    return parse_filter(text, query.get("filter-lang", "cql2-text"))
