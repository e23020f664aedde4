"""What leaves the house: files, the web map, and the versions that a service hands out.

- files of one plan: `geojson`, `maps` (one offline page);
- a version in memory: `features` (the collections and their columns), `snapshot` (made ready,
  small counts hidden), `systems`; asked by `selection` (boxes, values, `cql`, `conditions`);
- where a point lies: `locate`, `nearest`, `points`, `address`, `answers`;
- vector tiles: `tiles`, `mercator`, cut ahead into an `archive`.

Decides nothing about a plan, keeps nothing (that is `geogrid.store`), and knows no HTTP.
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
