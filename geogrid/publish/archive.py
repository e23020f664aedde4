"""Tiles cut ahead: one PMTiles file of a snapshot, written once and read by every worker.

The file's name is the snapshot's own tag, so a file never answers for another content.
"""

from __future__ import annotations

import gzip
import mmap
from typing import TYPE_CHECKING, Any

from geogrid.errors import StorageError
from geogrid.files import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from geogrid.publish.snapshot import Snapshot

__all__ = ["Archive", "archive_name", "cut_ahead", "split_layers", "write_pmtiles"]

# field numbers and kinds of the format, as they stand before a layer and before its name
_LAYER, _NAME = 0x1A, 0x0A
_DECIMALS = 10_000_000


def archive_name(tag: str) -> str:
    """Return the file name of a snapshot's tiles.

    Parameters
    ----------
    tag : str
        `Snapshot.tag`.

    Returns
    -------
    str
        ``<tag>.pmtiles``.
    """
    return f"{tag}.pmtiles"


class Archive:
    """Read tiles that were cut ahead; safe in many threads.

    Parameters
    ----------
    path : Path
        PMTiles, as `write_pmtiles` writes it.

    Raises
    ------
    StorageError
        If the file cannot be read or is no such file.
    """

    def __init__(self, path: Path) -> None:
        from pmtiles.reader import Reader

        try:
            with path.open("rb") as file:
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._reader = Reader(lambda start, n: self._bytes[start : start + n])
            self.max_zoom: int = self._reader.header()["max_zoom"]
        # the reader tells a broken file by whatever goes wrong first
        except Exception as error:
            msg = f"{path} is not a readable PMTiles file ({error}); cut it again."
            raise StorageError(msg, path=str(path)) from error

    def tile(self, zoom: int, row: int, col: int) -> bytes:
        """Return one tile.

        Parameters
        ----------
        zoom, row, col : int
            Tile matrix, row from the north, column from the west.

        Returns
        -------
        bytes
            MVT with all layers; empty if nothing is there.
        """
        found = self._reader.get(zoom, col, row)
        return b"" if found is None else gzip.decompress(found)


def split_layers(tile: bytes) -> dict[str, bytes]:
    """Take a tile apart into its layers, each a tile by itself.

    Parameters
    ----------
    tile : bytes
        MVT.

    Returns
    -------
    dict of str to bytes
        By layer name, in order.

    Raises
    ------
    StorageError
        If it is not a sequence of layers.
    """
    found: dict[str, bytes] = {}
    at = 0
    try:
        while at < len(tile):
            if tile[at] != _LAYER:
                raise StorageError("A tile cut ahead is damaged; cut the file again.")
            size, start = _varint(tile, at + 1)
            found[_layer_name(tile[start : start + size])] = tile[at : start + size]
            at = start + size
    except IndexError as error:
        raise StorageError("A tile cut ahead is damaged; cut the file again.") from error
    return found


def write_pmtiles(
    snapshot: Snapshot,
    path: Path,
    *,
    max_zoom: int = 16,
    on_progress: Callable[[int, int], None] | None = None,
) -> int:
    """Cut all tiles of a snapshot into one PMTiles file.

    Parameters
    ----------
    snapshot : Snapshot
        Whose features; a public one has small counts hidden.
    path : Path
        The file to make or replace.
    max_zoom : int in [0, 20]
        Deepest zoom; each more is four times the tiles. Deeper ones are cut when asked for.
    on_progress : callable, optional
        Gets the tiles done and the tiles in all.

    Returns
    -------
    int
        How many tiles have anything in them.

    Raises
    ------
    StorageError
        If the snapshot has no shape at all, or the file cannot be written.
    """
    from pmtiles.tile import Compression, TileType, zxy_to_tileid
    from pmtiles.writer import Writer

    from geogrid.publish.tiles import SHOWN, Tiles

    if snapshot.extent is None:
        raise StorageError("There is nothing to cut tiles of.", path=str(path))
    tiles, names = Tiles(snapshot), list(SHOWN)
    places = sorted(
        (zxy_to_tileid(level.zoom, col, row), level.zoom, row, col)
        for level in tiles.limits_of(names)[: max_zoom + 1]
        for row, col in level
    )
    n_written = 0
    with replacing(path) as aside, aside.open("wb") as file:
        writer = Writer(file)
        for done, (number, zoom, row, col) in enumerate(places, start=1):
            cut = tiles.tile(names, zoom, row, col)
            if cut.body:
                writer.write_tile(number, cut.zipped)
                n_written += 1
            if on_progress is not None:
                on_progress(done, len(places))
        west, south, east, north = snapshot.extent
        header = {
            "tile_type": TileType.MVT,
            "tile_compression": Compression.GZIP,
            "min_lon_e7": round(west * _DECIMALS),
            "min_lat_e7": round(south * _DECIMALS),
            "max_lon_e7": round(east * _DECIMALS),
            "max_lat_e7": round(north * _DECIMALS),
            "center_zoom": min(13, max_zoom),
            "center_lon_e7": round((west + east) / 2 * _DECIMALS),
            "center_lat_e7": round((south + north) / 2 * _DECIMALS),
        }
        writer.finalize(header, _metadata(snapshot, names, max_zoom))
    return n_written


def cut_ahead(
    snapshot: Snapshot,
    folder: Path,
    *,
    max_zoom: int = 16,
    on_progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Cut a snapshot's tiles into a folder where the service finds them.

    Parameters
    ----------
    snapshot : Snapshot
        Whose features.
    folder : Path
        Made if missing; the service's setting ``GEOGRID_TILES`` names it.
    max_zoom : int in [0, 20]
        Deepest zoom.
    on_progress : callable, optional
        Gets the tiles done and the tiles in all.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StorageError
        As `write_pmtiles`.
    """
    path = folder / archive_name(snapshot.tag)
    write_pmtiles(snapshot, path, max_zoom=max_zoom, on_progress=on_progress)
    return path


def _metadata(snapshot: Snapshot, names: list[str], max_zoom: int) -> dict[str, Any]:
    """Describe the layers as PMTiles readers want it."""
    return {
        "name": "geogrid",
        "format": "pbf",
        "version": snapshot.tag,
        "vector_layers": [
            {"id": name, "fields": fields, "minzoom": 0, "maxzoom": max_zoom}
            for name, fields in _fields(names)
        ],
    }


def _fields(names: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each layer with its properties' types."""
    from geogrid.publish.features import COLLECTIONS
    from geogrid.publish.tiles import SHOWN

    for name in names:
        known = COLLECTIONS[name].properties
        yield (
            name,
            {shown: "String" if known[shown].kind == "text" else "Number" for shown in SHOWN[name]},
        )


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of variable length; return it and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7


def _layer_name(layer: bytes) -> str:
    """Read the name of a layer, wherever among its fields it stands."""
    at = 0
    while True:
        field = layer[at]
        if field & 7 == 0:
            _, at = _varint(layer, at + 1)
            continue
        size, at = _varint(layer, at + 1)
        if field == _NAME:
            return layer[at : at + size].decode()
        at += size
