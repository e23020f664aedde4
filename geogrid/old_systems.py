"""Coordinate systems of before 2008: refused as they are, taken with parameters.

Beijing 1954, Xi'an 1980 and the towns' own systems lie tens of metres beside CGCS2000, by a
shift that differs from town to town and is not public. Whoever has the parameters can hand them
in with the system.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from geogrid.errors import CrsError

if TYPE_CHECKING:
    from pyproj import CRS

__all__ = ["old_name", "own_system", "refuse_old"]

_REMEDY = (
    "no public parameters join it to WGS84, so it would be off by tens of metres; give a PROJ "
    "string with your +towgs84= (3 or 7 numbers)"
)
# how people and files call them; the datum of an EPSG number is looked up
_NAMES = {
    "Beijing 1954": re.compile(r"(?:beijing|北京|bj|peking)[\s_\-]*(?:19)?54|new[\s_]*beijing"),
    "Xi'an 1980": re.compile(r"(?:xi'?an|西安|xa)[\s_\-]*(?:19)?80"),
    "a local system": re.compile(r"\blocal\b|地方(?:坐标)?系?|独立坐标|城市坐标|城建坐标"),
}
_DATUMS = {"beijing": "Beijing 1954", "xian": "Xi'an 1980"}
# ellipsoids of Krasovsky (1940) and of 1975: equatorial radius, metres
_ELLIPSOIDS_M = {6_378_245.0: "Beijing 1954", 6_378_140.0: "Xi'an 1980"}

# what a stranger's PROJ string may say: numbers and plain names, no file
_WORD = re.compile(r"\+([a-z_0-9]+)(?:=([A-Za-z0-9.,+\-]+))?")
_KEYS = {
    *("proj", "lat_0", "lon_0", "k", "k_0", "x_0", "y_0", "zone", "south", "ellps", "a", "b"),
    *("rf", "f", "towgs84", "units", "no_defs", "type", "axis"),
}
_PROJECTIONS = ("tmerc", "utm", "longlat", "latlong")
_LONGEST = 500


def refuse_old(crs: CRS | str, *, what: str) -> None:
    """Refuse a system that nothing public joins to WGS84.

    Parameters
    ----------
    crs : pyproj.CRS or str
        A parsed system, an EPSG number, a PROJ string, the text of a .prj file, or a name as
        people write it (北京54, xian80).
    what : str
        Whose it is, for the message.

    Raises
    ------
    CrsError
        If it is Beijing 1954, Xi'an 1980 or a local system without parameters
        (``.facts["datum"]`` says which); a text that is no system at all passes.

    Examples
    --------
    >>> refuse_old("EPSG:4549", what="roads")
    >>> refuse_old("EPSG:2437", what="roads")
    Traceback (most recent call last):
    geogrid.errors.CrsError: roads: 'EPSG:2437' is Beijing 1954; no public parameters join it ...
    """
    datum = _datum_of(crs)
    if datum is None:
        return
    told = crs if isinstance(crs, str) else crs.name
    msg = f"{what}: {told[:40]!r} is {datum}; {_REMEDY}."
    raise CrsError(msg, crs=told[:_LONGEST], datum=datum)


def old_name(text: str) -> str | None:
    """Return the old system that a text names, as people write it; None if it names none.

    Parameters
    ----------
    text : str
        A head, for example.

    Returns
    -------
    str or None
        In English.

    Examples
    --------
    >>> old_name("X坐标（北京54）"), old_name("X坐标")
    ('Beijing 1954', None)
    """
    plain = text[:_LONGEST].casefold()
    return next((datum for datum, form in _NAMES.items() if form.search(plain)), None)


def _datum_of(crs: CRS | str) -> str | None:
    """Name the old datum of a system; None if it has none, or brings its parameters."""
    parsed = _parsed(crs) if isinstance(crs, str) else crs
    if parsed is None:
        return old_name(str(crs))
    if parsed.is_bound:
        return None
    if parsed.is_engineering:
        return "a local system"
    datum = parsed.datum.name.casefold() if parsed.datum is not None else "unknown"
    for name, old in _DATUMS.items():
        if name in datum.replace("'", ""):
            return old
    if not datum.startswith("unknown"):
        return None
    axis_m = parsed.ellipsoid.semi_major_metre if parsed.ellipsoid is not None else 0.0
    # a system of one's own upon today's ellipsoid says all that is needed
    is_new = abs(axis_m - 6_378_137.0) < 0.5 and not _NAMES["a local system"].search(
        parsed.name.casefold()
    )
    return None if is_new else _ELLIPSOIDS_M.get(round(axis_m, 1), "a local system")


@lru_cache(maxsize=64)
def _parsed(text: str) -> CRS | None:
    """Parse a system; None if it is none."""
    from pyproj import CRS as _CRS
    from pyproj.exceptions import CRSError

    try:
        return _CRS.from_user_input(text.strip())
    except CRSError:
        return None


def own_system(text: str) -> str | None:
    """Read a PROJ string that brings its own parameters to WGS84.

    Parameters
    ----------
    text : str
        For example ``+proj=tmerc +lon_0=120 +x_0=500000 +ellps=krass +towgs84=dx,dy,dz +units=m``,
        with three parameters (metres) or seven (and rotations in seconds, scale in ppm).

    Returns
    -------
    str or None
        The string in one spelling; None for a text that is no PROJ string at all.

    Raises
    ------
    CrsError
        If it has no parameters or another number of them, names a file, or is no system.
    """
    if not text.lstrip().startswith("+"):
        return None
    words = text.split()
    found = [_WORD.fullmatch(word) for word in words]
    told = {part[1]: part[2] or "" for part in found if part}
    if len(text) > _LONGEST or None in found or not told.keys() <= _KEYS:
        msg = f"{text[:80]!r} says more than a PROJ string here may; leave out grids and files."
        raise CrsError(msg, crs=text[:_LONGEST])
    plain = " ".join(words)
    refuse_old(plain, what="PROJ string")
    known = told.get("proj") in _PROJECTIONS and told.get("units", "m") == "m"
    if not known or not _is_shift(told.get("towgs84", "")) or _parsed(plain) is None:
        msg = (
            f"{text[:80]!r} is not a system to place points by: it needs +proj=tmerc, utm or "
            "longlat, metres, and +towgs84= with 3 or 7 numbers."
        )
        raise CrsError(msg, crs=text[:_LONGEST])
    return plain


def _is_shift(told: str) -> bool:
    """Tell whether these are three or seven finite numbers."""
    try:
        numbers = [float(part) for part in told.split(",")]
    except ValueError:
        return False
    return len(numbers) in {3, 7} and all(map(math.isfinite, numbers))
