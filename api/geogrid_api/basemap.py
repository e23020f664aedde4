"""The basemap under the grids: somebody's tiles, or a file or folder of this machine."""

from __future__ import annotations

import mmap
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from geogrid.errors import StorageError

__all__ = ["MEDIA", "Basemap"]

MEDIA = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}
_MAX_ZOOM = 18
_OWN = "map/basemap/{z}/{x}/{y}"
# numbers of tile types in a PMTiles header
_KINDS = {2: "png", 3: "jpg", 4: "webp"}


class Basemap:
    """Say where the basemap's pictures come from, and hand out those that lie here.

    Parameters
    ----------
    place : str
        Address with ``{z}``, ``{x}``, ``{y}``; or a path: of a PMTiles file of pictures, or
        of a folder ``z/x/y.png``. Empty: there is none.
    attribution : str
        Whom to name on the map.

    Raises
    ------
    StorageError
        If a path leads to neither.
    """

    def __init__(self, place: str, attribution: str) -> None:
        self._place, self._attribution = place, attribution
        self._lock = Lock()
        self._reader: Any = None
        self._folder: Path | None = None
        self._kind = ""
        self._max_zoom = _MAX_ZOOM
        self._is_far = place.startswith(("http://", "https://"))
        if place and not self._is_far:
            self._open(Path(place.partition("{z}")[0].rstrip("/") or "/"))

    def wire(self) -> dict[str, Any] | None:
        """Return what the map is told, None if there is no basemap.

        Returns
        -------
        dict or None
            ``kind, url, attribution, max_zoom``.
        """
        if not self._place:
            return None
        return {
            "kind": "xyz",
            "url": self._place if self._is_far else _OWN,
            "attribution": self._attribution,
            "max_zoom": self._max_zoom,
        }

    @property
    def origin(self) -> str:
        """Return the foreign origin that the page may load pictures from; empty if none."""
        if not self._is_far:
            return ""
        parts = urlsplit(self._place)
        # subdomains a, b, c are written {s}
        return f"{parts.scheme}://{parts.netloc.replace('{s}.', '*.')}"

    def tile(self, place: tuple[int, ...]) -> tuple[bytes, str] | None:
        """Return a picture of this machine's own basemap.

        Parameters
        ----------
        place : (int, int, int)
            Zoom, column, row as in addresses ``z/x/y``, rows from the north.

        Returns
        -------
        (bytes, str) or None
            The picture and its media type; None if there is none.
        """
        zoom, column, row = place
        if not (0 <= column < 2**zoom and 0 <= row < 2**zoom):
            return None
        if self._reader is not None:
            # the library's reader keeps a place in the file
            with self._lock:
                found = self._reader.get(zoom, column, row)
            return None if found is None else (bytes(found), MEDIA[self._kind])
        if self._folder is not None:
            path = self._folder / str(zoom) / str(column) / f"{row}.{self._kind}"
            return (path.read_bytes(), MEDIA[self._kind]) if path.is_file() else None
        return None

    def _open(self, path: Path) -> None:
        """Open a file or a folder."""
        if path.is_dir():
            kinds = [one.suffix[1:] for one in path.glob("*/*/*") if one.suffix[1:] in MEDIA][:1]
            zooms = [int(one.name) for one in path.iterdir() if one.name.isdigit()]
            if kinds and zooms:
                self._folder, self._kind, self._max_zoom = path, kinds[0], max(zooms)
                return
        else:
            from pmtiles.reader import Reader

            try:
                with path.open("rb") as file:
                    held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                reader = Reader(lambda start, n: held[start : start + n])
                header = reader.header()
                self._kind = _KINDS[int(header["tile_type"].value)]
                self._reader, self._max_zoom = reader, int(header["max_zoom"])
            # the reader tells a broken file by whatever goes wrong first
            except Exception as error:
                msg = f"GEOGRID_BASEMAP: {path} is no PMTiles file of pictures ({error!r})."
                raise StorageError(msg, path=str(path)) from error
            return
        raise StorageError(
            f"GEOGRID_BASEMAP: {path} holds no tiles z/x/y.png, .jpg or .webp.", path=str(path)
        )
