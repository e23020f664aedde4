"""Coordinate systems: what is metric, what is not, and how to say so.

Lengths and areas are computed in a metric system only; exchange is in WGS84.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from geogrid.errors import CrsError

if TYPE_CHECKING:
    from pyproj import CRS

__all__ = [
    "SHINAN_CRS",
    "WGS84",
    "is_stretched",
    "metric_crs_for",
    "require_metric",
]

# CGCS2000 / 3-degree Gauss-Krueger CM 120E: the municipal system of Qingdao.
SHINAN_CRS = "EPSG:4549"
WGS84 = "EPSG:4326"

_CGCS2000_DEGREES = (73.0, 3.0, 136.0, 54.0)


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
        If ``crs`` is missing, unknown, geographic, or in another unit.
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
