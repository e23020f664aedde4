"""Vector tiles (MVT) of a snapshot: cut when asked for, kept while there is room.

A tile of several collections is the tiles of each one after another, since that is what the
format says of layers. Coordinates are whole numbers before they are written, so neighbours
that share a border on the ground share it in the tile.
"""

from __future__ import annotations

import gzip
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from geogrid.publish.archive import Archive, archive_name, split_layers
from geogrid.publish.mercator import limits, tile_bounds, to_mercator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import shapely
    from numpy.typing import NDArray

    from geogrid.publish.mercator import Limits
    from geogrid.publish.snapshot import Collection, Snapshot

__all__ = ["EXTENT", "MEDIA", "SHOWN", "Tile", "Tiles", "tiles_of"]

MEDIA = "application/vnd.mapbox-vector-tile"
# steps across a tile, and how far shapes go on beyond it so that no border shows at its edge
EXTENT = 4096
BUFFER = 64
# what a map needs to draw and to name; the rest is a click away under /collections
SHOWN: dict[str, tuple[str, ...]] = {
    "subdistricts": ("subdistrict_code", "name"),
    "communities": ("community_code", "name", "subdistrict_code"),
    "courtyards": ("courtyard_id", "name", "address", "grid_code", "households"),
    "gov_grids": (
        *("grid_code", "name", "community_code", "beat_id", "households", "n_courtyards"),
        "deviation",
    ),
    "basic_grids": ("grid_code", "name", "community_code", "beat_id", "households"),
    "beats": ("beat_id", "name", "station_id", "station_name"),
    "compounds": ("compound_id", "name", "community_code"),
}
# half a pixel of a map at zoom 0, in its own metres; outlines may move by so much
_HALF_PIXEL_M = 78_271.5
# outlines are thinned for every second zoom, and not at all from the last one on
_LEVELS = (8, 10, 12, 14, 16, 18)
# tiles kept, raw and gzip together, of one snapshot
_KEPT_BYTES = 64_000_000
_ZIP_LEVEL = 6
# numbers beyond this are not exact in JavaScript
_LARGEST_ID = 2**53


@dataclass(frozen=True, slots=True)
class Tile:
    """Hold one tile.

    Parameters
    ----------
    body : bytes
        MVT; empty if nothing is there.
    zipped : bytes
        The same, gzip; empty as well then.
    """

    body: bytes
    zipped: bytes


class _Layer:
    """One collection, ready to be cut at every zoom."""

    def __init__(self, collection: Collection) -> None:
        self.name = collection.info.id
        self.ids = _numeric_ids(collection.ids)
        self.properties = [
            {name: values[name] for name in SHOWN[self.name] if values.get(name) is not None}
            for values in collection.properties
        ]
        self._geometry = collection.geometry
        self._levels: dict[int, tuple[NDArray[np.object_], shapely.STRtree]] = {}
        self._lock = Lock()

    def cut(self, zoom: int, row: int, col: int) -> bytes:
        """Write one tile; empty if nothing is there."""
        import shapely
        from mapbox_vector_tile import encode

        west, north, size = tile_bounds(zoom, row, col)
        shapes, tree = self._level(zoom)
        more = size * BUFFER / EXTENT
        window = shapely.box(west - more, north - size - more, west + size + more, north + more)
        rows = np.sort(tree.query(window))
        if not rows.size:
            return b""
        whole = _in_steps(shapes[rows], west, north, size)
        features = [
            {"geometry": shape, "id": self.ids[at], "properties": self.properties[at]}
            for shape, at in zip(whole.tolist(), rows.tolist(), strict=True)
            if not shape.is_empty
        ]
        if not features:
            return b""
        options = {"y_coord_down": True, "extents": EXTENT}
        layer = {"name": self.name, "features": features}
        written: bytes = encode([layer], default_options=options)
        return written

    def _level(self, zoom: int) -> tuple[NDArray[np.object_], shapely.STRtree]:
        """Return the shapes in EPSG:3857, as plain as the zoom allows, and their index."""
        import shapely

        level = next((known for known in _LEVELS if known >= zoom), _LEVELS[-1])
        with self._lock:
            if level not in self._levels:
                shapes = shapely.transform(self._geometry, to_mercator)
                if level != _LEVELS[-1]:
                    shapes = _thinned(shapes, _HALF_PIXEL_M / 2**level)
                self._levels[level] = shapes, shapely.STRtree(shapes)
            return self._levels[level]


class Tiles:
    """Hand out the tiles of a snapshot.

    Parameters
    ----------
    snapshot : Snapshot
        Whose features; small counts are hidden there already.
    folder : Path, optional
        Where tiles cut ahead may lie (`geogrid.publish.archive`). A file that was cut from
        exactly this content is read; what it does not reach is cut here.
    """

    def __init__(self, snapshot: Snapshot, *, folder: Path | None = None) -> None:
        self._layers = {name: _Layer(found) for name, found in snapshot.collections.items()}
        self._limits: dict[tuple[str, ...], tuple[Limits, ...]] = {}
        self._extents = {name: found.extent for name, found in snapshot.collections.items()}
        self._archive: Archive | None = None
        if folder is not None:
            path = folder / archive_name(snapshot.tag)
            self._archive = Archive(path) if path.is_file() else None
        self._kept: OrderedDict[tuple[Any, ...], Tile] = OrderedDict()
        self._kept_bytes = 0
        self._lock = Lock()

    def limits_of(self, names: Sequence[str]) -> tuple[Limits, ...]:
        """Return where tiles of these collections have anything in them.

        Parameters
        ----------
        names : sequence of str
            Collections.

        Returns
        -------
        tuple of Limits
            Zoom by zoom; none if all are empty.
        """
        found = self._limits.get(tuple(names))
        if found is None:
            found = self._limits[tuple(names)] = limits(self.extent_of(names))
        return found

    def extent_of(self, names: Sequence[str]) -> tuple[float, float, float, float] | None:
        """Return where these collections lie.

        Parameters
        ----------
        names : sequence of str
            Collections.

        Returns
        -------
        tuple of float or None
            West, south, east, north in WGS84 degrees; None if all are empty.
        """
        known = [extent for name in names if (extent := self._extents[name]) is not None]
        if not known:
            return None
        west, south, east, north = zip(*known, strict=True)
        return (min(west), min(south), max(east), max(north))

    def tile(self, names: Sequence[str], zoom: int, row: int, col: int) -> Tile:
        """Return one tile.

        Parameters
        ----------
        names : sequence of str
            Collections, one layer each.
        zoom : int in [0, 20]
            Tile matrix.
        row, col : int
            From the north, from the west.

        Returns
        -------
        Tile
            Without a body if nothing is there.
        """
        key = (*names, zoom, row, col)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                return kept
        body = self._cut(names, zoom, row, col)
        tile = Tile(body, gzip.compress(body, _ZIP_LEVEL, mtime=0) if body else b"")
        with self._lock:
            if key not in self._kept:
                self._kept[key] = tile
                self._kept_bytes += _weight(tile)
                while self._kept_bytes > _KEPT_BYTES:
                    _, old = self._kept.popitem(last=False)
                    self._kept_bytes -= _weight(old)
        return tile

    def _cut(self, names: Sequence[str], zoom: int, row: int, col: int) -> bytes:
        """Cut a tile, or take it from those cut ahead."""
        if self._archive is not None and zoom <= self._archive.max_zoom:
            ahead = split_layers(self._archive.tile(zoom, row, col))
            return b"".join(ahead.get(name, b"") for name in names)
        return b"".join(self._layers[name].cut(zoom, row, col) for name in names)


_KEPT: WeakKeyDictionary[Snapshot, Tiles] = WeakKeyDictionary()
_LOCK = Lock()


def tiles_of(snapshot: Snapshot, *, folder: Path | None = None) -> Tiles:
    """Return the tiles of a snapshot, kept as long as the snapshot is.

    Parameters
    ----------
    snapshot : Snapshot
        Of one audience.
    folder : Path, optional
        Where tiles cut ahead may lie; counts when first asked.

    Returns
    -------
    Tiles
        The same object every time.
    """
    with _LOCK:
        if snapshot not in _KEPT:
            _KEPT[snapshot] = Tiles(snapshot, folder=folder)
        return _KEPT[snapshot]


def _weight(tile: Tile) -> int:
    """Return the bytes that a kept tile takes, its own entry included."""
    return len(tile.body) + len(tile.zipped) + 400


def _numeric_ids(ids: Sequence[str]) -> list[int]:
    """Return the whole numbers by which tiles know features: codes if they are, else rows."""
    if all(ident.isascii() and ident.isdecimal() and ident[0] != "0" for ident in ids):
        numbers = [int(ident) for ident in ids]
        if max(numbers, default=0) < _LARGEST_ID:
            return numbers
    return list(range(1, len(ids) + 1))


def _thinned(shapes: NDArray[np.object_], tolerance_m: float) -> NDArray[np.object_]:
    """Return plainer outlines; what is shared between neighbours stays shared."""
    import shapely

    areas = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    thin = shapes.copy()
    if areas.size:
        plain = shapely.coverage_simplify(shapes[areas], tolerance_m)
        good = shapely.is_valid(plain) & ~shapely.is_empty(plain)
        thin[areas[good]] = plain[good]
    return thin


def _in_steps(
    shapes: NDArray[np.object_], west: float, north: float, size: float
) -> NDArray[np.object_]:
    """Return shapes in whole steps of a tile, cut at its buffer; empty what vanishes."""
    import shapely

    def place(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack([xy[:, 0] - west, north - xy[:, 1]]) * (EXTENT / size)

    low, high = -BUFFER, EXTENT + BUFFER
    local = shapely.transform(shapes, place)
    cut = shapely.clip_by_rect(local, low, low, high, high)
    # GEOS says that its quick cut may break a shape; then the slow one is asked
    broken = ~shapely.is_valid(cut)
    cut[broken] = shapely.intersection(
        shapely.make_valid(local[broken]), shapely.box(low, low, high, high)
    )
    whole = shapely.transform(cut, np.rint)
    # neighbours round alike; only a shape that rounding breaks is mended by itself
    broken = ~shapely.is_valid(whole)
    whole[broken] = shapely.set_precision(cut[broken], 1.0)
    keeps = shapely.get_dimensions(whole) == shapely.get_dimensions(shapes)
    whole[~keeps] = shapely.Point()
    return whole
