"""Coordinate systems in which features are handed out, in their authority's axis order.

CGCS2000 (EPSG:4490) is WGS84 for all that PROJ knows: a null transformation, right to a
decimetre or two. EPSG:4549 is computed from what is published, seven decimals of a degree,
so its metres are right to a centimetre.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.crs import WGS84

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import Transformer

__all__ = ["CRS84", "SYSTEMS", "System", "shapes_as_json", "to_system", "to_wgs84"]

_LONG_NUMBER = re.compile(r"-?[0-9]+\.[0-9]{12,}")


@dataclass(frozen=True)
class System:
    """Describe one coordinate system.

    Parameters
    ----------
    uri : str
        As OGC writes it.
    epsg : str
        Code for PROJ.
    is_swapped : bool
        Whether the authority puts latitude or northing first.
    decimals : int or None
        To which coordinates are rounded; None: as they are kept, in degrees.
    short : str
        What may stand for ``uri`` in an address.
    """

    uri: str
    epsg: str
    is_swapped: bool
    decimals: int | None
    short: str

    @property
    def is_geographic(self) -> bool:
        """Tell whether coordinates are degrees, the same as those kept."""
        return self.decimals is None

    @property
    def written_as(self) -> str:
        """Return the same key for systems in which features are written the same."""
        return f"{'degrees' if self.is_geographic else self.epsg}{'-' if self.is_swapped else '+'}"


_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = System(
    "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    WGS84,
    is_swapped=False,
    decimals=None,
    short="OGC:CRS84",
)
# a millimetre is finer than what is kept, and what clients of metric systems expect
_MILLIMETRES = 3
SYSTEMS: dict[str, System] = {
    system.uri: system
    for system in (
        CRS84,
        System(_EPSG + "4326", "EPSG:4326", is_swapped=True, decimals=None, short="EPSG:4326"),
        System(_EPSG + "4490", "EPSG:4490", is_swapped=True, decimals=None, short="EPSG:4490"),
        System(
            _EPSG + "4549", "EPSG:4549", is_swapped=True, decimals=_MILLIMETRES, short="EPSG:4549"
        ),
    )
}


def to_system(shapes: NDArray[np.object_], system: System) -> NDArray[np.object_]:
    """Bring shapes from WGS84 into a system, axes in its authority's order.

    Parameters
    ----------
    shapes : ndarray of Geometry, shape (n,)
        Longitude and latitude; None stays None.
    system : System
        Where to.

    Returns
    -------
    ndarray of Geometry, shape (n,)
        Rounded to the system's decimals.
    """
    import shapely

    def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        if not system.is_geographic:
            xy = np.column_stack(_transformer(system.epsg).transform(xy[:, 0], xy[:, 1]))
            xy = np.round(xy, system.decimals or 0)
        return xy[:, ::-1] if system.is_swapped else xy

    if system.is_geographic and not system.is_swapped:
        return shapes
    return np.asarray(shapely.transform(shapes, move), dtype=object)


def to_wgs84(shape: Any, system: System) -> Any:  # noqa: ANN401 - any geometry
    """Bring one shape from a system, axes in its authority's order, to WGS84.

    Parameters
    ----------
    shape : Geometry
        As a reader of that system writes it.
    system : System
        Where from.

    Returns
    -------
    Geometry
        Longitude and latitude; coordinates that have no place on the globe are infinite.
    """
    import shapely

    def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        if system.is_swapped:
            xy = xy[:, ::-1]
        if system.is_geographic:
            return xy
        there = _transformer(system.epsg)
        return np.column_stack(there.transform(xy[:, 0], xy[:, 1], direction="INVERSE"))

    return shapely.transform(shape, move)


def shapes_as_json(shapes: NDArray[np.object_]) -> list[bytes]:
    """Write shapes as GeoJSON geometry objects.

    Parameters
    ----------
    shapes : ndarray of Geometry, shape (n,)
        In the order of axes in which they are to be written.

    Returns
    -------
    list of bytes
        One each; ``null`` where there is no shape.
    """
    import shapely

    written: list[str | None] = shapely.to_geojson(shapes).tolist()
    # GEOS puts no needless spaces, but its own member order; both are RFC 7946
    return [b"null" if text is None else _shortest(text).encode() for text in written]


def _shortest(text: str) -> str:
    """Write each number as short as it can be read back.

    GEOS misses the shortest form of one double in some hundred: 36.068175599999996 is
    36.0681756, seven decimals as promised.
    """
    return _LONG_NUMBER.sub(lambda found: repr(float(found[0])), text)


@cache
def _transformer(epsg: str) -> Transformer:
    """Return the way from WGS84, longitude first on both sides; safe in many threads."""
    from pyproj import Transformer

    return Transformer.from_crs(WGS84, epsg, always_xy=True)
