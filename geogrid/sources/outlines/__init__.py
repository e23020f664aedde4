"""Outlines as offices hand them in: Shapefiles, drawings, GeoPackages, read and mended by rules.

What enters is a file of polygons or lines; what leaves is one layer under the data model's
names, and a finding for each row that was mended or rejected. Nothing here decides which
coordinate system a layer is in, nor joins it with any other.
"""

from __future__ import annotations

from geogrid.sources.outlines.mending import mend_shapes
from geogrid.sources.outlines.reading import CrsFrom, MessyLayer, read_messy_layer

__all__ = [
    "CrsFrom",
    "MessyLayer",
    "mend_shapes",
    "read_messy_layer",
]
