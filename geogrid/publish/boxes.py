"""Boxes in any of the systems, as shapes in WGS84."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.errors import InputError
from geogrid.publish.systems import CRS84, System, to_wgs84

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["box_shape"]

# a straight line of a projected system is bent in degrees; this many pieces follow it
_PIECES = 16
# no point has a coordinate beyond that, in any unit; a line of fewer metres is straight enough
_FURTHEST, _STRAIGHT = 1e9, 1.0


def box_shape(box: Sequence[float], system: System = CRS84) -> Any:  # noqa: ANN401 - a geometry
    """Turn the numbers of a box into a shape.

    Parameters
    ----------
    box : sequence of float
        Four or six numbers, as in `Selection`.
    system : System
        Whose axes they follow.

    Returns
    -------
    Polygon, MultiPolygon, LineString or Point
        In WGS84, longitude first. A box whose west lies east of its east crosses the
        180th meridian.

    Raises
    ------
    InputError
        If it has not four or six finite numbers, or is upside down.

    Examples
    --------
    >>> box_shape([120.0, 36.0, 120.5, 36.5]).bounds
    (120.0, 36.0, 120.5, 36.5)
    >>> box_shape([179.0, -1.0, -179.0, 1.0]).geom_type
    'MultiPolygon'
    """
    import shapely

    if len(box) == 6:
        low_z, high_z = box[2], box[5]
        if not low_z <= high_z:
            raise InputError("The box's lowest height lies above its highest.")
        box = (box[0], box[1], box[3], box[4])
    if len(box) != 4 or not all(map(math.isfinite, box)):
        raise InputError("A box has four finite numbers, or six with heights.")
    west, south, east, north = (min(max(value, -_FURTHEST), _FURTHEST) for value in box)
    if system.is_swapped:
        west, south, east, north = south, west, north, east
    if south > north:
        raise InputError("The box's south lies north of its north.")
    if system.is_geographic:
        if west <= east:
            return shapely.box(west, south, east, north)
        halves = [shapely.box(west, south, 180.0, north), shapely.box(-180.0, south, east, north)]
        return shapely.union_all(halves)
    if west > east:
        raise InputError("The box's west lies east of its east.")
    lower, upper = (south, west), (north, east)
    if not system.is_swapped:
        lower, upper = lower[::-1], upper[::-1]
    outline = shapely.box(*lower, *upper)
    longest = max(east - west, north - south)
    if longest > _STRAIGHT:
        outline = shapely.segmentize(outline, longest / _PIECES)
    shape = to_wgs84(outline, system)
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        raise InputError("The box lies outside its coordinate system.")
    return shape
