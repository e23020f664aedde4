"""Which shapes lie within a few metres of a point, and how far."""

from __future__ import annotations

from math import cos, radians
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Degrees = NDArray[np.float64]

__all__ = ["Nearest", "metres_per_degree"]

# the ellipsoid of WGS84
_AXIS_M = 6_378_137.0
_ECCENTRICITY_2 = 0.006_694_379_990_141
# points looked at in one go; bounds the memory
_BATCH = 20_000
# further from the equator no degree of longitude has a use as a measure
_MOST_LAT = 85.0
# a degree of latitude is nowhere shorter, one of longitude never shorter than this times
# the cosine
_SHORTEST_DEGREE_M = 110_574.0


def metres_per_degree(lat: Degrees) -> tuple[Degrees, Degrees]:
    """Return how long a degree of longitude and of latitude is.

    Parameters
    ----------
    lat : ndarray of float, shape (n,)
        WGS84 degrees.

    Returns
    -------
    east, north : ndarray of float, shape (n,)
        Metres, by the ellipsoid's radii of curvature across the meridian and along it.

    Examples
    --------
    >>> east, north = metres_per_degree(np.array([36.06]))
    >>> round(float(east[0])), round(float(north[0]))
    (90095, 110960)
    """
    angle = np.radians(np.clip(lat, -_MOST_LAT, _MOST_LAT))
    bend = 1.0 - _ECCENTRICITY_2 * np.sin(angle) ** 2
    east = np.radians(_AXIS_M / np.sqrt(bend) * np.cos(angle))
    return east, np.radians(_AXIS_M * (1.0 - _ECCENTRICITY_2) / bend**1.5)


class Nearest:
    """Find the shapes within reach of points.

    Parameters
    ----------
    shapes : ndarray of Geometry, shape (m,)
        WGS84 degrees; None where missing.
    reach_m : float
        How far to look.

    Notes
    -----
    Each shape is measured in metres east and north of its own latitude, which is exact to a
    thousandth of the distance as far as a few kilometres.
    """

    def __init__(self, shapes: NDArray[np.object_], *, reach_m: float) -> None:
        import shapely

        self._reach_m = reach_m
        self._tree = shapely.STRtree(shapes)
        bounds = shapely.bounds(shapes)
        self._scale = np.column_stack(metres_per_degree((bounds[:, 1] + bounds[:, 3]) / 2))
        points, of = shapely.get_coordinates(shapes, return_index=True)
        # set_coordinates writes into the geometries it is given
        self._metric = shapely.set_coordinates(shapes.copy(), points * self._scale[of])

    def around(self, lon: float, lat: float) -> tuple[list[int], list[float]]:
        """Return the shapes within reach of one point.

        Parameters
        ----------
        lon, lat : float
            WGS84 degrees.

        Returns
        -------
        shapes : list of int
            Rows.
        distance_m : list of float
            0 inside the shape.
        """
        import shapely

        # a hair more than the reach: the true measure decides below
        high = 1.02 * self._reach_m / _SHORTEST_DEGREE_M
        wide = high / max(cos(radians(min(abs(lat), _MOST_LAT))), 0.01)
        near = self._tree.query(shapely.box(lon - wide, lat - high, lon + wide, lat + high))
        if not near.size:
            return [], []
        scale = self._scale[near]
        places = shapely.points(scale * (lon, lat))
        metres = shapely.distance(self._metric[near], places)
        close = metres <= self._reach_m
        return near[close].tolist(), metres[close].tolist()

    def pairs(
        self, lon: Degrees, lat: Degrees
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], Degrees]:
        """Return every point and shape within reach of one another.

        Parameters
        ----------
        lon, lat : ndarray of float, shape (n,)
            WGS84 degrees.

        Returns
        -------
        point, shape : ndarray of int, shape (p,)
            Rows.
        distance_m : ndarray of float, shape (p,)
            0 inside the shape.
        """
        import shapely

        found = []
        for start in range(0, len(lon), _BATCH):
            x, y = lon[start : start + _BATCH], lat[start : start + _BATCH]
            east, north = metres_per_degree(y)
            wide, high = self._reach_m / east, self._reach_m / north
            boxes = shapely.box(x - wide, y - high, x + wide, y + high)
            point, shape = self._tree.query(boxes)
            scale = self._scale[shape]
            places = shapely.points(x[point] * scale[:, 0], y[point] * scale[:, 1])
            metres = shapely.distance(self._metric[shape], places)
            near = metres <= self._reach_m
            found.append((point[near] + start, shape[near], metres[near]))
        if not found:
            return np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0)
        point, shape, metres = (np.concatenate(part) for part in zip(*found, strict=True))
        return point, shape, metres
