"""Coordinate systems: what is metric, what is not, and how to say so.

Lengths and areas are computed in a metric system only; exchange is in WGS84.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import CrsError
from geogrid.offset import bd09_to_wgs84, gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02
from geogrid.old_systems import own_system, refuse_old

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from pyproj import CRS, Transformer

__all__ = [
    "POINT_SYSTEMS",
    "SHINAN_CRS",
    "WGS84",
    "from_wgs84",
    "is_stretched",
    "metric_crs_for",
    "misplaced",
    "point_system",
    "refuse_old",
    "require_metric",
    "to_wgs84",
]

# CGCS2000 / 3-degree Gauss-Krueger CM 120E: the municipal system of Qingdao.
SHINAN_CRS = "EPSG:4549"
WGS84 = "EPSG:4326"

_CGCS2000_DEGREES = (73.0, 3.0, 136.0, 54.0)

# what points may be handed in as, and other names of the same; always x before y
POINT_SYSTEMS = {
    "wgs84": ("EPSG:4326", "CRS84", "OGC:CRS84"),
    "gcj02": ("GCJ-02",),
    "bd09": ("BD-09",),
    "cgcs2000": ("EPSG:4490",),
    "EPSG:4549": (),
    "EPSG:4528": (),
}
_SYSTEM_OF = {
    name.casefold(): system for system, names in POINT_SYSTEMS.items() for name in (system, *names)
}
_OGC_URI = "http://www.opengis.net/def/crs/"
# lowest and highest x and y; EPSG:4528 puts the zone's number before the easting
_WHOLE_GLOBE = (-180.0, 180.0, -90.0, 90.0)
_BOUNDS = {
    "EPSG:4549": (0.0, 1_000_000.0, 0.0, 10_000_000.0),
    "EPSG:4528": (40_000_000.0, 41_000_000.0, 0.0, 10_000_000.0),
}
# of a town's own metres nobody knows the range; the globe is smaller than this
_ANYWHERE = (-1e8, 1e8, -1e8, 1e8)
_FIRST_FAULTS = 5


def metric_crs_for(lon: float, lat: float) -> str:
    """Name the metric system to measure in around a place.

    Parameters
    ----------
    lon, lat : float
        WGS84 degrees.

    Returns
    -------
    str
        The CGCS2000 three-degree Gauss-Krueger zone (EPSG:4534 ... EPSG:4554)
        in China, a UTM zone elsewhere.

    Raises
    ------
    CrsError
        If the place is not on the globe.
    """
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        msg = f"({lon}, {lat}) is not a longitude and latitude; declare the file's CRS."
        raise CrsError(msg, lon=lon, lat=lat)
    west, south, east, north = _CGCS2000_DEGREES
    if west <= lon <= east and south <= lat <= north:
        # zones are 3 degrees wide, EPSG:4534 has its central meridian at 75 E
        zone = min(max(round((lon - 75.0) / 3.0), 0), 20)
        return f"EPSG:{4534 + zone}"
    utm = min(int((lon + 180.0) // 6.0) + 1, 60)
    return f"EPSG:{(32600 if lat >= 0 else 32700) + utm}"


def require_metric(crs: CRS | str | None, *, what: str) -> None:
    """Refuse a coordinate system whose unit is not the metre.

    Parameters
    ----------
    crs : pyproj.CRS or str or None
        The declared system.
    what : str
        The layer's name, for the message.

    Raises
    ------
    CrsError
        If ``crs`` is missing, unknown, old (`refuse_old`), geographic, or in another unit.
    """
    from pyproj import CRS as _CRS
    from pyproj.exceptions import CRSError

    if crs is None:
        msg = f"Layer {what} declares no CRS; add one (a .prj file, or --crs EPSG:...)."
        raise CrsError(msg, layer=what)
    try:
        parsed = _CRS.from_user_input(crs)
    except CRSError as error:
        msg = f"Layer {what}: {crs!r} is not a known CRS; give an EPSG code such as {SHINAN_CRS}."
        raise CrsError(msg, layer=what) from error
    refuse_old(parsed, what=f"Layer {what}")
    if is_stretched(parsed):
        msg = (
            f"Layer {what} is in {parsed.name}, whose metres are not metres on the ground "
            f"(a fourth too long in Qingdao); project it, for example to {SHINAN_CRS}."
        )
        raise CrsError(msg, layer=what)
    axes = parsed.axis_info
    if not parsed.is_projected or any(abs(a.unit_conversion_factor - 1.0) > 1e-9 for a in axes):
        msg = (
            f"Layer {what} is in {parsed.name}, which is not metric; "
            f"project it, for example to {SHINAN_CRS}."
        )
        raise CrsError(msg, layer=what)


def is_stretched(crs: CRS) -> bool:
    """Tell whether a projected system's metres are not metres on the ground: web maps' Mercator."""
    operation = crs.coordinate_operation
    method = operation.method_name if operation is not None else ""
    return "Mercator" in method and "Transverse" not in method


def point_system(name: str) -> str:
    """Return the house's name of a coordinate system that points may be handed in as.

    Parameters
    ----------
    name : str
        A key of `POINT_SYSTEMS`, another name of it or its OGC address, in any case.

    Returns
    -------
    str
        A key of `POINT_SYSTEMS`.

    Raises
    ------
    CrsError
        If the system is not among them; the message lists those that are. Beijing 1954,
        Xi'an 1980 and local systems are told apart by EPSG number and by name.

    Examples
    --------
    >>> point_system("http://www.opengis.net/def/crs/EPSG/0/4490")
    'cgcs2000'
    """
    plain = name.strip()
    if plain.startswith(_OGC_URI):
        authority, _, code = plain.removeprefix(_OGC_URI).partition("/")
        plain = f"{authority}:{code.rpartition('/')[2]}"
    try:
        return _SYSTEM_OF[plain.casefold()]
    except KeyError:
        known = ", ".join(POINT_SYSTEMS)
        msg = f"{name[:80]!r} is not a system that points may be handed in as; say one of {known}."
        try:
            refuse_old(plain, what="Points")
        except CrsError as old:
            msg = f"{old.message} Else: {known}."
        raise CrsError(msg, crs=name) from None


def misplaced(x: ArrayLike, y: ArrayLike, crs: str) -> NDArray[np.bool_]:
    """Tell which points cannot lie in their coordinate system.

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        Longitude and latitude, or easting and northing.
    crs : str
        What `to_wgs84` takes.

    Returns
    -------
    ndarray of bool, shape (n,)
        True where a coordinate is not a finite number or beyond the system's range.

    Raises
    ------
    CrsError
        If the system is not known.

    Examples
    --------
    >>> misplaced([120.38, 36.06], [36.06, 120.38], "wgs84").tolist()
    [False, True]
    """
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    west, east, south, north = _bounds(_system(crs))
    fits: NDArray[np.bool_] = (xs >= west) & (xs <= east) & (ys >= south) & (ys <= north)
    return ~fits


def to_wgs84(
    x: ArrayLike, y: ArrayLike, crs: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bring points into WGS84.

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        Always x first: longitude and latitude in degrees, or easting and northing in
        metres, whatever order the system's own definition has (EPSG:4326 and EPSG:4490
        put latitude first, EPSG:4549 and EPSG:4528 northing).
    crs : str
        ``wgs84``, ``gcj02`` (Amap, Tencent), ``bd09`` (Baidu), ``cgcs2000``, ``EPSG:4549``
        (six-digit easting), ``EPSG:4528`` (easting with the zone 40 before it), another
        name of these (`POINT_SYSTEMS`), or a PROJ string with its own parameters
        (`geogrid.old_systems.own_system`).

    Returns
    -------
    lon, lat : ndarray of float, shape (n,)
        WGS84 degrees. CGCS2000 is taken as equal to it: they differ by decimetres, less
        than the points' own accuracy, and no public transformation joins them better.

    Raises
    ------
    CrsError
        If the system is not known or a point cannot lie in it (``.rows``, from 0).

    Examples
    --------
    >>> lon, lat = to_wgs84(40_534_229.0, 3_992_000.0, "EPSG:4528")
    >>> round(float(lon), 4), round(float(lat), 4)
    (120.3799, 36.0576)
    """
    system = _system(crs)
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    _refuse(misplaced(xs, ys, system), system, xs, ys)
    if system == "gcj02":
        return gcj02_to_wgs84(xs, ys)
    if system == "bd09":
        return bd09_to_wgs84(xs, ys)
    if system in ("wgs84", "cgcs2000"):
        return xs, ys
    lon, lat = _transformer(system).transform(xs, ys)
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    _refuse(misplaced(lon, lat, "wgs84"), system, xs, ys)
    return lon, lat


def from_wgs84(
    lon: ArrayLike, lat: ArrayLike, crs: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bring points out of WGS84: undo `to_wgs84`.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        WGS84 degrees.
    crs : str
        What `to_wgs84` takes.

    Returns
    -------
    x, y : ndarray of float, shape (n,)
        Always x first, in the system's own unit. Brought back by `to_wgs84` they differ from
        the input by at most 1e-9 degrees, a tenth of a millimetre (by some millimetres with a
        PROJ string, whose shift drops the height).

    Raises
    ------
    CrsError
        If the system is not known, or a point is none or lies beyond its range, for example
        further than 500 km from the meridian of EPSG:4549 (``.rows``, from 0).

    Examples
    --------
    >>> x, y = from_wgs84(120.38, 36.06, "EPSG:4528")
    >>> round(float(x), 1), round(float(y), 1)
    (40534236.3, 3992267.1)
    """
    system = _system(crs)
    lons, lats = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    _refuse(misplaced(lons, lats, "wgs84"), "wgs84", lons, lats)
    if system == "gcj02":
        return wgs84_to_gcj02(lons, lats)
    if system == "bd09":
        return wgs84_to_bd09(lons, lats)
    if system in ("wgs84", "cgcs2000"):
        return lons, lats
    x, y = _transformer(system).transform(lons, lats, direction="INVERSE")
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    _refuse(misplaced(x, y, system), system, x, y)
    return x, y


def _system(crs: str) -> str:
    """Return the house's name of a system, or a PROJ string with parameters."""
    return own_system(crs) or point_system(crs)


def _bounds(system: str) -> tuple[float, float, float, float]:
    """Return the lowest and highest x and y of a system."""
    if system.startswith("+") and not re.search(r"\+proj=l", system):
        return _ANYWHERE
    return _BOUNDS.get(system, _WHOLE_GLOBE)


def _refuse(
    wrong: NDArray[np.bool_], system: str, x: NDArray[np.float64], y: NDArray[np.float64]
) -> None:
    """Raise CrsError if a point is wrong, naming the first."""
    if not wrong.any():
        return
    rows = np.flatnonzero(wrong)
    first = int(rows[0])
    shown = ", ".join(str(row) for row in rows[:_FIRST_FAULTS].tolist())
    where = f" (rows {shown})" if wrong.ndim else ""
    west, east, south, north = _bounds(system)
    msg = (
        f"({x.flat[first]:.10g}, {y.flat[first]:.10g}) is not a point in {system}{where}: "
        f"x, which comes first, lies within {west:.10g} and {east:.10g}, y within {south:.10g} "
        f"and {north:.10g}; check the order and the declared system."
    )
    raise CrsError(msg, crs=system, rows=rows.tolist())


@lru_cache(maxsize=16)
def _transformer(system: str) -> Transformer:
    """Return what turns easting and northing into WGS84 degrees."""
    from pyproj import Transformer as _Transformer

    return _Transformer.from_crs(system, WGS84, always_xy=True)
