"""Find out how a Shapefile's text is encoded, without ever guessing wrong silently."""

from __future__ import annotations

import codecs
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.errors import EncodingError, InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

__all__ = [
    "Encoding",
    "dbf_encoding",
    "dbf_widths",
    "decode_cut",
    "decode_text",
    "find_encoding",
    "sibling",
    "stated_encoding",
]

# UTF-8 is strict enough to refuse nearly all GBK text; the reverse does not hold
_CANDIDATES = ("UTF-8", "GB18030")
# GB18030 contains GBK, which contains GB2312
_CHINESE = {"gbk", "gb2312", "cp936", "936", "ansi936"}
_HEADER = 32
# from here on a character is neither Latin, Greek nor Cyrillic: Chinese signs and punctuation
_FAR_EAST = 0x2E80
# bytes of a sign that a cut may leave behind, fewer than the whole sign
_STUMP = 3


@dataclass(frozen=True)
class Encoding:
    """Name the encoding of a DBF file and how it is known.

    Parameters
    ----------
    name : str
        A codec's name.
    sample : str
        First text beyond ASCII if the encoding was found out, not declared;
        "" if a .cpg file states it or all text is ASCII.
    """

    name: str
    sample: str = ""


def dbf_encoding(shapefile: Path) -> Encoding:
    """Find the encoding of a Shapefile's field names and text.

    Parameters
    ----------
    shapefile : Path
        The .shp file; its .dbf and .cpg lie beside it.

    Returns
    -------
    Encoding
        As the .cpg file states; without one UTF-8 if every text is valid
        UTF-8, else GB18030 if every text is valid in that.

    Raises
    ------
    EncodingError
        If the .cpg file states an unknown encoding or a wrong one, or if
        neither candidate reads every text; names row and field.
    InputError
        If the .dbf file is broken.
    """
    table = sibling(shapefile, ".dbf")
    if table is None:
        return Encoding("UTF-8")
    texts = list(_texts(table))
    page = sibling(shapefile, ".cpg")
    if page is not None:
        stated = page.read_text(encoding="ascii", errors="replace").strip()
        failure = _first_failure(texts, _codec(stated, page))
        if failure is not None:
            row, name = failure
            msg = f"{page.name} states {stated}, but row {row}, field {name} of {table.name} "
            msg += "is not that; correct or delete the .cpg file."
            raise EncodingError(msg, path=str(table), row=row, field=name)
        return Encoding(_codec(stated, page))
    foreign = [raw for _, _, raw in texts if not raw.isascii()]
    if not foreign:
        return Encoding("UTF-8")
    for candidate in _CANDIDATES:
        failure = _first_failure(texts, candidate)
        if failure is None:
            return Encoding(candidate, foreign[0].decode(candidate))
    row, name = failure or (0, "")
    msg = f"{table.name}: row {row}, field {name} is neither UTF-8 nor GB18030; "
    msg += "export it in UTF-8, or add a .cpg file that states its encoding."
    raise EncodingError(msg, path=str(table), row=row, field=name)


def decode_text(raw: bytes, *, what: str) -> str:
    """Decode a text file: UTF-8 (with or without mark), else GB18030.

    Parameters
    ----------
    raw : bytes
        The whole file.
    what : str
        Its name, for the message.

    Returns
    -------
    str
        The text.

    Raises
    ------
    EncodingError
        If it is neither.
    """
    for candidate in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(candidate)
        except UnicodeDecodeError:
            continue
    msg = f"{what} is neither UTF-8 nor GB18030; save it as UTF-8."
    raise EncodingError(msg, what=what)


def dbf_widths(table: Path) -> list[int]:
    """Return the width in bytes of each field of a DBF table, in its order.

    Parameters
    ----------
    table : Path
        The .dbf file.

    Returns
    -------
    list of int
        Widths; empty if the header is broken.
    """
    with table.open("rb") as handle:
        head = handle.read(_HEADER)
        if len(head) < _HEADER:
            return []
        (header_size,) = struct.unpack_from("<H", head, 8)
        data = handle.read(max(header_size - _HEADER, 0))
    widths = []
    for at in range(0, len(data) - _HEADER + 1, _HEADER):
        if data[at : at + 1] == b"\r":
            break
        high = data[at + 17] << 8 if data[at + 11 : at + 12] == b"C" else 0
        widths.append(data[at + 16] + high)
    return widths


def find_encoding(texts: Collection[bytes], *, stated: str | None = None) -> Encoding | None:
    """Find the encoding that reads every text, some of them cut within a sign at their end.

    A short Chinese text in GBK can be valid UTF-8, and the other way round, so
    that all texts are asked at once and must come out with Chinese signs.

    Parameters
    ----------
    texts : collection of bytes
        Field names and values.
    stated : str, optional
        Codec that the source itself names; taken if it reads every text. A
        codec of single bytes reads anything, and is taken only if no text looks Chinese.

    Returns
    -------
    Encoding or None
        ``sample`` is the first text beyond ASCII unless the encoding is the
        stated one; None if no encoding reads every text.
    """
    foreign = [raw for raw in dict.fromkeys(texts) if not raw.isascii()]
    if not foreign:
        return Encoding(stated or "UTF-8")
    multibyte = stated is not None and _is_multibyte(stated)
    if stated is not None and multibyte and _reads(foreign, stated, cut=True):
        return Encoding(stated)
    # UTF-8 is asked first: its order of bytes is hardly ever met by chance
    for name in _CANDIDATES:
        if _reads(foreign, name, cut=True) and _looks_chinese(foreign, name):
            return Encoding(name, decode_cut(foreign[0], name)[0])
    if stated is not None and not multibyte and _reads(foreign, stated, cut=False):
        return Encoding(stated)
    for name in _CANDIDATES:
        if _reads(foreign, name, cut=False):
            return Encoding(name, foreign[0].decode(name))
    return None


def decode_cut(raw: bytes, codec: str) -> tuple[str, bool]:
    """Decode a text whose last sign may have been cut by the width of its field.

    Parameters
    ----------
    raw : bytes
        The text.
    codec : str
        Its encoding.

    Returns
    -------
    text : str
        Without the stump of a sign at its end.
    is_cut : bool
        Whether there was one.

    Raises
    ------
    UnicodeDecodeError
        If anything but the last sign cannot be decoded.
    """
    try:
        return raw.decode(codec), False
    except UnicodeDecodeError as error:
        decoder = codecs.getincrementaldecoder(codec)()
        text = decoder.decode(raw)
        if len(raw) - error.start > _STUMP:
            raise
        return text, True


def stated_encoding(shapefile: Path) -> str | None:
    """Return the codec that the .cpg file of a Shapefile means, None without a usable one."""
    page = sibling(shapefile, ".cpg")
    if page is None or page.stat().st_size > _HEADER:
        return None
    try:
        return _codec(page.read_text(encoding="ascii", errors="replace").strip(), page)
    except EncodingError:
        return None


def _is_multibyte(codec: str) -> bool:
    try:
        return len("路".encode(codec)) > 1
    except (UnicodeEncodeError, LookupError):
        return False


def _reads(texts: Collection[bytes], codec: str, *, cut: bool) -> bool:
    """Say whether a codec reads every text."""
    try:
        for raw in texts:
            if cut:
                decode_cut(raw, codec)
            else:
                raw.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _looks_chinese(texts: Collection[bytes], codec: str) -> bool:
    return any(ord(sign) >= _FAR_EAST for raw in texts for sign in decode_cut(raw, codec)[0])


def sibling(shapefile: Path, suffix: str) -> Path | None:
    """Find the file of that suffix (small or capital) beside a Shapefile."""
    for candidate in (shapefile.with_suffix(suffix), shapefile.with_suffix(suffix.upper())):
        if candidate.exists():
            return candidate
    return None


def _codec(stated: str, page: Path) -> str:
    """Find the codec a .cpg file means."""
    plain = re.sub(r"[^a-z0-9]", "", stated.lower())
    if plain in _CHINESE:
        return "GB18030"
    for name in (stated, f"cp{plain.removeprefix('ansi')}", plain):
        try:
            # codecs that turn no bytes into text are none here, nor is a name with a zero byte
            b"x".decode(name, "ignore")
            return codecs.lookup(name).name
        except (LookupError, ValueError):
            continue
    msg = f"{page.name} states the unknown encoding {stated!r}; write UTF-8 or GB18030."
    raise EncodingError(msg, path=str(page), stated=stated)


def _texts(table: Path) -> Iterator[tuple[int, str, bytes]]:
    """Yield (row, field, bytes) of all text in a DBF file; row 0 holds the field names."""
    data = table.read_bytes()
    try:
        n_rows, header_size, row_size = struct.unpack_from("<IHH", data, 4)
    except struct.error:
        n_rows = header_size = row_size = 0
    if not row_size or header_size < _HEADER:
        msg = f"{table.name} is not a DBF table; export the Shapefile again."
        raise InputError(msg, path=str(table))
    # a header may claim four billion rows
    n_rows = min(n_rows, max(len(data) - header_size, 0) // row_size)
    fields = []
    start = 1  # the first byte of a record marks deletion
    for at in range(_HEADER, min(header_size, len(data)) - _HEADER + 1, _HEADER):
        name = data[at : at + 11].split(b"\0")[0]
        if data[at : at + 1] == b"\r":
            break
        shown = name.decode("ascii", "backslashreplace")
        yield 0, shown, name
        width = data[at + 16]
        if data[at + 11 : at + 12] == b"C":
            # long text fields keep the high byte of their width where decimals would be
            width += data[at + 17] << 8
            fields.append((shown, start, start + width))
        start += width
    for row in range(n_rows):
        record = header_size + row * row_size
        for shown, begin, end in fields:
            raw = data[record + begin : record + end].rstrip(b" \0")
            if raw:
                yield row + 1, shown, raw


def _first_failure(texts: list[tuple[int, str, bytes]], codec: str) -> tuple[int, str] | None:
    for row, name, raw in texts:
        try:
            raw.decode(codec)
        except UnicodeError:
            return row, name
    return None
