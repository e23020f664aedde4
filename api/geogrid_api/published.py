"""A plan's documents, each written by the library once and then kept as bytes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from geogrid.errors import NotFoundError

if TYPE_CHECKING:
    from geogrid.plans.plan import Plan

__all__ = ["Published"]


class Published:
    """Hold what one plan looks like from outside.

    Parameters
    ----------
    plan : Plan
        The plan; it is frozen, so its documents never go stale.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        # two first readers at once must not both do the work
        self._lock = Lock()
        self._page: bytes | None = None
        self._layers: dict[str, bytes] = {}

    def page(self) -> bytes:
        """Return the map as one self-contained HTML page, UTF-8."""
        from geogrid.publish.maps import write_map

        with self._lock:
            if self._page is None:
                with tempfile.TemporaryDirectory(prefix="geogrid-") as folder:
                    path = Path(folder) / "map.html"
                    write_map(self._plan, path)
                    self._page = path.read_bytes()
            return self._page

    def layers(self) -> dict[str, bytes]:
        """Return every layer with a geometry as RFC 7946 GeoJSON, by name."""
        from geogrid.publish.geojson import write_geojson

        with self._lock:
            if not self._layers:
                with tempfile.TemporaryDirectory(prefix="geogrid-") as folder:
                    for path in write_geojson(self._plan, folder):
                        self._layers[path.stem] = path.read_bytes()
            return self._layers

    def layer(self, name: str) -> bytes:
        """Return one layer, or raise NotFoundError with the names there are."""
        layers = self.layers()
        try:
            return layers[name]
        except KeyError:
            msg = f"This plan has no layer {name}; it has {', '.join(layers)}."
            raise NotFoundError(msg, layer=name) from None
