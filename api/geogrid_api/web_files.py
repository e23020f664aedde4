"""The web map's program as it was built: one page and its files, read once, zipped once."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from threading import Lock

from geogrid_api.problems import Problem

__all__ = ["FOLDER", "WebFile", "WebFiles"]

# where `make web` puts it: package data, in no repository
FOLDER = Path(__file__).parent / "web"
_PAGE = "index.html"
_PARTS = "map"
_MEDIA = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_ZIPPED = frozenset({".html", ".js", ".css", ".json", ".txt", ".svg"})
_LEVEL = 9


@dataclass(frozen=True, slots=True)
class WebFile:
    """Hold one finished file.

    Parameters
    ----------
    body : bytes
        As it is.
    zipped : bytes
        With gzip; empty: it would not get smaller.
    media : str
        Its media type.
    etag : str
        Names this content.
    """

    body: bytes
    zipped: bytes
    media: str
    etag: str


class WebFiles:
    """Read the program's files when first asked; only those that lie in its folder.

    Parameters
    ----------
    folder : Path
        With ``index.html`` and the folder ``map``.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._lock = Lock()
        self._files: dict[str, WebFile] = {}

    def page(self) -> WebFile:
        """Return the page.

        Returns
        -------
        WebFile
            HTML.

        Raises
        ------
        Problem
            503 if the program was not built.
        """
        page = self._all().get(_PAGE)
        if page is None:
            raise Problem(
                503, "The web map has not been built on this machine; run `make web` and try again."
            )
        return page

    def part(self, name: str) -> WebFile | None:
        """Return one of the page's files.

        Parameters
        ----------
        name : str
            As it stands in the address; never used as a path.

        Returns
        -------
        WebFile or None
            None if there is no such file.
        """
        return self._all().get(f"{_PARTS}/{name}")

    def _all(self) -> dict[str, WebFile]:
        """Return every file by name; page and files are of one build."""
        if not self._files:
            with self._lock:
                if not self._files and (self._folder / _PAGE).is_file():
                    paths = [self._folder / _PAGE, *sorted((self._folder / _PARTS).glob("*"))]
                    self._files = {
                        path.relative_to(self._folder).as_posix(): _read(path)
                        for path in paths
                        if path.is_file() and path.suffix in _MEDIA
                    }
        return self._files


def _read(path: Path) -> WebFile:
    """Read a file and zip it."""
    body = path.read_bytes()
    zipped = gzip.compress(body, _LEVEL, mtime=0) if path.suffix in _ZIPPED else b""
    return WebFile(body, zipped, _MEDIA[path.suffix], blake2b(body, digest_size=12).hexdigest())
