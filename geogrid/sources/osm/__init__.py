"""OpenStreetMap as a source: elements, dwellings, lots, gates, communities.

In comes a raw file, layers made from one, or a place by name; out goes a
validated `geogrid.district.District` whose courtyards, households and (unless
given) communities are estimates, and say so. Nothing here uses the network
except `district_from_place`, when called.
"""

from __future__ import annotations

from geogrid.sources.osm.build import district_from_osm
from geogrid.sources.osm.elements import OsmLayers
from geogrid.sources.osm.reading import (
    district_from_place,
    read_osm,
    read_osm_file,
    read_osm_geopackage,
    read_osm_layers,
)

__all__ = [
    "OsmLayers",
    "district_from_osm",
    "district_from_place",
    "read_osm",
    "read_osm_file",
    "read_osm_geopackage",
    "read_osm_layers",
]
