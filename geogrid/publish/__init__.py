"""What leaves the house: GeoJSON and the web map.

Reads one plan and writes files; decides nothing about it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geogrid.publish.geojson import to_geojson, write_geojson
    from geogrid.publish.maps import draw_map, write_map

__all__ = ["draw_map", "to_geojson", "write_geojson", "write_map"]

_HOMES = {
    "draw_map": "geogrid.publish.maps",
    "to_geojson": "geogrid.publish.geojson",
    "write_geojson": "geogrid.publish.geojson",
    "write_map": "geogrid.publish.maps",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module holds
    """Import a public name when it is first asked for."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
