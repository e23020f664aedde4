"""Parts of a packed file: XML members, parsed piece by piece and no more of them than is read."""

from __future__ import annotations

import zipfile
import zlib
from xml.parsers import expat

from geogrid.sources.tables.sheets import file_refused

__all__ = ["DAMAGE", "Handler", "Parts", "local_name"]

_PIECE = 65_536
# Excel nests a dozen elements, and writes no longer ones; expat keeps every open element, and
# begins anew on an unfinished one with every piece
_DEEPEST, _LONGEST_MARKUP = 50, 1_000_000
# ways of packing that Excel knows; others take memory as they please
_PACKINGS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
# what the standard library raises on archives and markup that are not what they should be,
# on members with a password, and on ways of packing that it does not know
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    LookupError,
    ValueError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)


class Handler:
    """Take the events of one XML member, names without their namespaces."""

    def start(self, name: str, values: dict[str, str]) -> None:
        """Begin an element, with its attributes."""

    def end(self, name: str) -> None:
        """End an element."""

    def text(self, data: str) -> None:
        """Take a piece of text."""


class Parts:
    """Parse members of a workbook, together no more than is read of one file.

    Parameters
    ----------
    archive : ZipFile
        The workbook.
    n_most : int
        Bytes that are parsed.
    """

    def __init__(self, archive: zipfile.ZipFile, n_most: int) -> None:
        self._archive = archive
        self._n_left = n_most

    def __contains__(self, path: str) -> bool:
        """Return whether there is a member of that path."""
        return path in self._archive.NameToInfo

    def parse(self, path: str, handler: Handler) -> None:
        """Send a member through a handler.

        Parameters
        ----------
        path : str
            Of the member.
        handler : Handler
            Takes its events.

        Raises
        ------
        InputError
            If more is parsed than is read of one file.
        LookupError, ValueError, and others of `DAMAGE`
            If there is no such member, or it is not what it should be.
        """
        member = self._archive.getinfo(path)
        # counted whenever it is parsed: many sheets may be one member
        self._n_left -= member.file_size
        if self._n_left < 0:
            raise file_refused("too_much")
        if member.compress_type not in _PACKINGS:
            raise ValueError("packing")
        depth = n_fed = 0

        def start(name: str, values: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > _DEEPEST:
                raise ValueError("depth")
            handler.start(local_name(name), values)

        def end(name: str) -> None:
            nonlocal depth
            depth -= 1
            handler.end(local_name(name))

        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.CharacterDataHandler = handler.text
        # no workbook has a document type; entities that grow without end begin with one
        parser.StartDoctypeDeclHandler = _refuse_doctype
        with self._archive.open(member) as file:
            while piece := file.read(_PIECE):
                parser.Parse(piece, False)
                n_fed += len(piece)
                if n_fed - parser.CurrentByteIndex > _LONGEST_MARKUP:
                    raise ValueError("markup")
        parser.Parse(b"", True)


def _refuse_doctype(*_: object) -> None:
    raise ValueError("document type")


def local_name(name: str) -> str:
    """Return a name without its namespace.

    Parameters
    ----------
    name : str
        As written.

    Returns
    -------
    str
        What follows the colon, if there is one.
    """
    return name.rpartition(":")[2]
