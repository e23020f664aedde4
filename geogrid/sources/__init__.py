"""How a district comes in: vector files, ledgers, drawings, OSM, the synthetic sample.

Each way in reads, judges every row, and ends in one validated
`geogrid.district.District` or in an `InputError` that lists every fault.
Nothing here knows grids: no contiguity, no solving, no plans.

Files of the data model are read and judged in this room itself. What offices hand over comes
through the rooms within: `tables` and `outlines` read files, `ledger` reads rows,
`coordinates` tells systems apart, `intake` joins all to one import; `reject_report` writes what
was left out.

The public names load on first use, so that importing the room costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geogrid.sources.osm import (
        OsmLayers,
        district_from_osm,
        district_from_place,
        read_osm,
        read_osm_file,
        read_osm_geopackage,
        read_osm_layers,
    )
    from geogrid.sources.validation import find_faults, make_district
    from geogrid.sources.vector import read_district, read_layer, read_layers, write_district

__all__ = [
    "OsmLayers",
    "district_from_osm",
    "district_from_place",
    "find_faults",
    "make_district",
    "read_district",
    "read_layer",
    "read_layers",
    "read_osm",
    "read_osm_file",
    "read_osm_geopackage",
    "read_osm_layers",
    "write_district",
]

_HOMES = {
    "OsmLayers": "osm",
    "district_from_osm": "osm",
    "district_from_place": "osm",
    "find_faults": "validation",
    "make_district": "validation",
    "read_district": "vector",
    "read_layer": "vector",
    "read_layers": "vector",
    "read_osm": "osm",
    "read_osm_file": "osm",
    "read_osm_geopackage": "osm",
    "read_osm_layers": "osm",
    "write_district": "vector",
}


def __getattr__(name: str) -> object:
    """Load a public name from the file that defines it."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
