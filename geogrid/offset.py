"""GCJ-02 and BD-09: the offset degrees of Chinese map services, to and from WGS84.

Amap and Tencent give GCJ-02, Baidu gives BD-09. Both look like ordinary degrees and lie
half a kilometre beside them: around Qingdao about 455 m, which is two grids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Lonlat = tuple[NDArray[np.float64], NDArray[np.float64]]
    Offset = Callable[[NDArray[np.float64], NDArray[np.float64]], Lonlat]

__all__ = ["bd09_to_wgs84", "gcj02_to_wgs84", "in_offset_area", "wgs84_to_bd09", "wgs84_to_gcj02"]

# the rectangle in which map services shift their coordinates: west, south, east, north
AREA = (72.004, 0.8293, 137.8347, 55.8271)

# the ellipsoid of Krasovsky (1940), on which the published formula works
_AXIS_M = 6_378_245.0
_ECCENTRICITY_2 = 0.006_693_421_622_965_943
# the waves are counted from this point
_HEART = (105.0, 35.0)

_BAIDU_WAVE = np.pi * 3000.0 / 180.0
_BAIDU_SHIFT = (0.0065, 0.006)

# the inverse stops when no coordinate moves further than this, far below a micrometre
_STILL_DEGREES = 1e-13
# each round gains two digits, so half of these are never used
_MOST_ROUNDS = 30


def in_offset_area(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Tell which WGS84 places map services shift: those in a rectangle around China.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        WGS84 degrees.

    Returns
    -------
    ndarray of bool, shape (n,)
        False for what is not a number.
    """
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    west, south, east, north = AREA
    inside: NDArray[np.bool_] = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    return inside


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Lonlat:
    """Shift WGS84 degrees as Amap, Tencent and other Chinese map services do.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        WGS84 degrees.

    Returns
    -------
    lon, lat : ndarray of float, shape (n,)
        GCJ-02 degrees; places outside the rectangle around China are returned as they are.

    Notes
    -----
    The system is not published by its authority. The formula is the one that has been in
    public use since 2013, when it was read out of a map service's program: an offset in
    metres east and north is the sum of a second-degree polynomial in the degrees from
    105 E, 35 N and of sine waves along each axis, and is turned into degrees on the ellipsoid
    of Krasovsky. Published test vectors agree to 1e-6 degrees (tests/unit/test_offset.py).

    References
    ----------
    The test vectors of the public library eviltransform (googollee, MIT), which names the
    first known implementations.

    Examples
    --------
    >>> lon, lat = wgs84_to_gcj02(121.5272106, 31.1774276)
    >>> round(float(lon), 6), round(float(lat), 6)
    (121.531542, 31.175304)
    """
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    inside = in_offset_area(x, y)
    east, north = _gcj_offset(x, y)
    return np.where(inside, x + east, x), np.where(inside, y + north, y)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Lonlat:
    """Undo `wgs84_to_gcj02` exactly.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        GCJ-02 degrees.

    Returns
    -------
    lon, lat : ndarray of float, shape (n,)
        WGS84 degrees. Shifting them again gives the input to 1e-9 degrees (a tenth of a
        millimetre). A point whose origin would lie outside the rectangle is returned as it is.

    Notes
    -----
    Fixed-point iteration: the offset changes by less than a hundredth of a metre per metre,
    so the origin is the point minus the offset at the last guess, and each round gains two
    digits. Within the offset's own width of the rectangle's border, shifted and unshifted
    places overlap; there the shifted origin is given.

    Examples
    --------
    >>> lon, lat = gcj02_to_wgs84(121.531541859215, 31.17530398364597)
    >>> round(float(lon), 6), round(float(lat), 6)
    (121.527211, 31.177428)
    """
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    back_x, back_y = _undo(_gcj_offset, x, y)
    inside = _nearly_in_area(back_x, back_y)
    return np.where(inside, back_x, x), np.where(inside, back_y, y)


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Lonlat:
    """Shift WGS84 degrees as Baidu does: GCJ-02, then once more.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        WGS84 degrees.

    Returns
    -------
    lon, lat : ndarray of float, shape (n,)
        BD-09 degrees; places outside the rectangle around China are returned as they are.

    Notes
    -----
    The second shift adds a small wave to the point's distance and to its angle as seen from
    0 E, 0 N, then 0.0065 and 0.006 degrees. Published pairs of points agree to 1e-6 degrees.
    """
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    inside = in_offset_area(x, y)
    gcj_x, gcj_y = wgs84_to_gcj02(x, y)
    east, north = _baidu_offset(gcj_x, gcj_y)
    return np.where(inside, gcj_x + east, x), np.where(inside, gcj_y + north, y)


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Lonlat:
    """Undo `wgs84_to_bd09` exactly.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        BD-09 degrees.

    Returns
    -------
    lon, lat : ndarray of float, shape (n,)
        WGS84 degrees; shifting them again gives the input to 1e-9 degrees. A point whose
        origin would lie outside the rectangle is returned as it is.

    Examples
    --------
    >>> lon, lat = bd09_to_wgs84(*wgs84_to_bd09(120.38, 36.06))
    >>> round(float(lon), 9), round(float(lat), 9)
    (120.38, 36.06)
    """
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    back_x, back_y = _undo(_gcj_offset, *_undo(_baidu_offset, x, y))
    inside = _nearly_in_area(back_x, back_y)
    return np.where(inside, back_x, x), np.where(inside, back_y, y)


def _nearly_in_area(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which recovered origins lie in the area, those on its border included."""
    west, south, east, north = AREA
    near_x, near_y = np.clip(lon, west, east), np.clip(lat, south, north)
    hair = 1000 * _STILL_DEGREES
    close: NDArray[np.bool_] = (np.abs(lon - near_x) <= hair) & (np.abs(lat - near_y) <= hair)
    return close


def _gcj_offset(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Lonlat:
    """Return the offset of GCJ-02 at WGS84 places, degrees."""
    x, y = lon - _HEART[0], lat - _HEART[1]
    root = np.sqrt(np.abs(x))
    ripple = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north_m = north_m + (ripple + _waves(y, (20.0, 40.0, 160.0, 320.0))) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east_m = east_m + (ripple + _waves(x, (20.0, 40.0, 150.0, 300.0))) * 2.0 / 3.0
    angle = np.radians(lat)
    bend = 1.0 - _ECCENTRICITY_2 * np.sin(angle) ** 2
    # radii of curvature along the meridian and across it
    along_m = _AXIS_M * (1.0 - _ECCENTRICITY_2) / bend**1.5
    across_m = _AXIS_M / np.sqrt(bend)
    return np.degrees(east_m / (across_m * np.cos(angle))), np.degrees(north_m / along_m)


def _waves(x: NDArray[np.float64], heights: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the sum of four sine waves of 2, 6, 24 and 60 degrees' length."""
    total = np.zeros_like(x)
    for height, half in zip(heights, (1.0, 3.0, 12.0, 30.0), strict=True):
        total = total + height * np.sin(np.pi * x / half)
    return total


def _baidu_offset(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Lonlat:
    """Return what BD-09 adds at GCJ-02 places, degrees."""
    reach = np.hypot(lon, lat) + 0.000_02 * np.sin(lat * _BAIDU_WAVE)
    angle = np.arctan2(lat, lon) + 0.000_003 * np.cos(lon * _BAIDU_WAVE)
    east, north = _BAIDU_SHIFT
    return reach * np.cos(angle) + east - lon, reach * np.sin(angle) + north - lat


def _undo(offset: Offset, x: NDArray[np.float64], y: NDArray[np.float64]) -> Lonlat:
    """Find the places that an offset moves to these points."""
    back_x, back_y = x, y
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for _ in range(_MOST_ROUNDS):
            east, north = offset(back_x, back_y)
            moved = np.maximum(np.abs(x - east - back_x), np.abs(y - north - back_y))
            back_x, back_y = x - east, y - north
            # what is not a number never comes to rest
            if not np.any(moved > _STILL_DEGREES):
                break
    return back_x, back_y
