"""Read the closed lines and the texts of a CAD drawing (DXF), with bounds on what it may hold.

The file library knows the geometry: arcs, blocks put in at any angle, extrusions,
formats within texts. It is handed only the entities needed here, in an encoding made
sure of: it reads UTF-8 as GBK where newer drawings still name ANSI_936, and a few
nested blocks make it write out millions of lines.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geogrid.errors import EncodingError, InputError
from geogrid.sources.dbf import find_encoding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["MOST_BYTES", "Drawing", "read_drawing"]

# a district's outlines with all their texts are some megabytes
MOST_BYTES = 64 << 20
# after all blocks are written out; a hundred megabytes or so
_MOST_VERTICES = 10_000_000
# vertices that a line or text costs as much as, and that an arc becomes at most
_WEIGHT = 50
_ARC = 90
_DEEPEST = 16
# what the file library writes out of one block; it leaves out the rest without a word
_MOST_IN_BLOCK = 10_000
# beyond any coordinate on earth, in millimetres
_FARTHEST = 1e11
# an arc this bent is a circle drawn between two points that are one
_MOST_BULGE = 1000.0

_KINDS = {"POLYLINE", "LWPOLYLINE", "TEXT", "MTEXT", "INSERT"}
# what draws lines or areas too, but is not read
_OTHERS = {"LINE", "ARC", "CIRCLE", "ELLIPSE", "SPLINE", "HATCH", "MPOLYGON", "REGION", "SOLID"}
_PARTS = {"VERTEX": "POLYLINE", "ATTRIB": "INSERT"}
# layer, texts, block, vertices, sizes, angles, flags, extrusion; no handles and no private data
_CODES = {1, 2, 3, 5, 8, 66, 67, *range(10, 60), *range(70, 79), 210, 220, 230}
_NUMBERS = {*range(10, 60), 210, 220, 230}
_COUNTS = {66, 67, *range(70, 79)}
_TEXTS = {1, 2, 3, 8}
# flags of a POLYLINE that make it a mesh of faces
_MESH = 16 | 64
_PAGES = {
    "UTF-8": "UTF-8",
    "ANSI_936": "GB18030",
    "GB2312": "GB18030",
    "GBK": "GB18030",
    "ANSI_1252": "cp1252",
}
_UNICODE = re.compile(r"\\U\+([0-9A-Fa-f]{4})")
# the digit names the code page; 5 is 936
_MULTIBYTE = re.compile(r"\\M\+5([0-9A-Fa-f]{4})")
_CODE = re.compile(r"%%(0\d\d|1[01]\d|12[0-6])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Drawing:
    """Hold what a drawing holds of lines and texts, blocks written out.

    Parameters
    ----------
    encoding : str
        How its texts were read.
    sample : str
        A text of it, if the encoding was found out rather than stated.
    units : int
        Its ``$INSUNITS``: 4 millimetres, 5 centimetres, 6 metres, 0 none.
    lines : ndarray of LineString, shape (n,)
        In the order of the drawing, numbers as written, heights dropped.
    line_layers : ndarray of str, shape (n,)
        Name of the drawing's layer.
    texts : ndarray of str, shape (m,)
        Without formats; a text of several lines holds line breaks.
    text_layers : ndarray of str, shape (m,)
        Name of the drawing's layer.
    places : ndarray of Point, shape (m,)
        Where the texts stand.
    others : mapping of str to int
        How many other lines and areas each layer of the drawing holds: single
        lines, arcs, circles, splines, hatches. They are not read.
    """

    encoding: str
    sample: str
    units: int
    lines: NDArray[Any]
    line_layers: NDArray[Any]
    texts: NDArray[Any]
    text_layers: NDArray[Any]
    places: NDArray[Any]
    others: Mapping[str, int]


@dataclass
class _Entity:
    """Hold one entity: its groups of code and value, and what belongs to it."""

    kind: str
    groups: list[tuple[int, str]]
    parts: list[_Entity] = field(default_factory=list)

    def number(self, code: int, default: int = 0) -> int:
        """Return a whole number."""
        return next((int(value) for this, value in self.groups if this == code), default)

    def text(self, code: int) -> str:
        """Return a text."""
        return next((value for this, value in self.groups if this == code), "")


def read_drawing(raw: bytes, *, name: str) -> Drawing:
    """Read the polylines and texts of a drawing in the text form of DXF, R12 to R2018.

    Parameters
    ----------
    raw : bytes
        The whole file.
    name : str
        Its name, for messages.

    Returns
    -------
    Drawing
        What stands in its model space; entities of other kinds are left out.

    Raises
    ------
    InputError
        If the file is no such drawing, is broken, or holds more than ten
        million vertices (some 200,000 lines and texts) once its blocks are written out.
    EncodingError
        If its texts are neither UTF-8 nor GB18030 nor as it states.
    """
    _require_drawing(raw, name)
    stated = _header(raw)
    # from R2007 on texts are UTF-8, whatever page the drawing names
    page = "UTF-8" if stated["$ACADVER"] >= "AC1021" else stated["$DWGCODEPAGE"].upper()
    found = find_encoding(raw.splitlines(), stated=_PAGES.get(page))
    if found is None:
        msg = f"{name}: its texts are neither UTF-8 nor GB18030; save the drawing anew as DXF."
        raise EncodingError(msg, path=name)
    # signs that no sane text holds are lost, not the drawing
    pairs = _pairs(raw.decode(found.name, "replace"), name)
    blocks, entities, others = _sections(pairs, name)
    _require_few(blocks, entities, name)
    layers, texts, shapes = _written_out(blocks, entities, name)
    import numpy as np
    import shapely

    lines = np.array([text is None for text in texts], bool)
    shapes = shapely.force_2d(shapes)
    spoken = np.array([text or "" for text in texts], object)
    at_point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    labels = ~lines & at_point & (spoken != "")
    units = stated["$INSUNITS"]
    return Drawing(
        encoding=found.name,
        sample=found.sample,
        units=int(units) if units.isdecimal() else 0,
        lines=shapes[lines],
        line_layers=layers[lines],
        texts=spoken[labels],
        text_layers=layers[labels],
        places=shapes[labels],
        others=others,
    )


def _require_drawing(raw: bytes, name: str) -> None:
    """Refuse what is no text DXF, by its first bytes."""
    if len(raw) > MOST_BYTES:
        msg = f"{name} is larger than {MOST_BYTES >> 20} MB; save the outlines alone as DXF."
        raise InputError(msg, path=name)
    if raw.startswith(b"AutoCAD Binary DXF"):
        msg = f"{name} is a binary DXF; save it as DXF in text form (ASCII)."
        raise InputError(msg, path=name)
    if re.match(rb"AC1\d\d\d", raw):
        msg = f"{name} is a DWG file; save it as DXF."
        raise InputError(msg, path=name)
    if not re.search(rb"^\s*0\s*\r?\n\s*SECTION\s*$", raw[:65536], re.MULTILINE):
        msg = f"{name} is not a DXF drawing; export it again."
        raise InputError(msg, path=name)


def _header(raw: bytes) -> dict[str, str]:
    """Read the variables wanted; "" for those that are not set."""
    found = {}
    head = raw.partition(b"ENDSEC")[0]
    for variable in ("$ACADVER", "$DWGCODEPAGE", "$INSUNITS"):
        pattern = rf"^{re.escape(variable)}\s*\r?\n\s*\d+\s*\r?\n([^\r\n]*)"
        match = re.search(pattern.encode(), head, re.MULTILINE)
        found[variable] = match[1].decode("ascii", "replace").strip() if match else ""
    return found


def _pairs(text: str, name: str) -> Iterator[tuple[int, str]]:
    """Split a drawing into group codes and values."""
    lines = io.StringIO(text.lstrip("\ufeff"), newline=None)
    for at, line in enumerate(lines):
        code = line.strip()
        value = next(lines, "")
        if not re.fullmatch(r"-?[0-9]{1,5}", code):
            if not code and not value.strip():
                continue
            msg = f"{name}: line {2 * at + 1} should be a group code; export it again."
            raise InputError(msg, path=name, line=2 * at + 1)
        yield int(code), value.rstrip("\n")


def _sections(
    pairs: Iterable[tuple[int, str]], name: str
) -> tuple[dict[str, list[_Entity]], list[_Entity], Counter[str]]:
    """Gather the wanted entities of every block and of the drawing itself; count the others."""
    others: Counter[str] = Counter()
    blocks: dict[str, list[_Entity]] = {}
    entities: list[_Entity] = []
    into: list[_Entity] | None = None
    section = ""
    parent: _Entity | None = None
    for entity in _entities(pairs, name):
        kind = entity.kind
        if kind in _PARTS:
            if parent is not None and parent.kind == _PARTS[kind]:
                parent.parts.append(entity)
            continue
        parent = None
        if kind == "SECTION":
            section = entity.text(2).strip()
            into = entities if section == "ENTITIES" else None
        elif kind == "BLOCK" and section == "BLOCKS":
            into = blocks.setdefault(entity.text(2).strip().upper(), [])
        elif kind == "ENDBLK":
            into = None
        elif kind in _KINDS and into is not None and _is_wanted(entity):
            into.append(entity)
            parent = entity
        elif kind in _OTHERS and into is not None:
            others[entity.text(8)] += 1
    return blocks, entities, others


def _is_wanted(entity: _Entity) -> bool:
    """Say whether an entity stands in model space and is no mesh of faces."""
    is_mesh = entity.kind == "POLYLINE" and bool(entity.number(70) & _MESH)
    return not is_mesh and entity.number(67) == 0


def _entities(pairs: Iterable[tuple[int, str]], name: str) -> Iterator[_Entity]:
    """Cut the groups into entities, each with the groups that are wanted of it."""
    kind, groups = "", list[tuple[int, str]]()
    for code, value in pairs:
        if code == 0:
            if kind:
                yield _Entity(kind, groups)
            kind, groups = value.strip(), []
        elif code in _CODES and (kind in _KINDS or kind in _PARTS or code in {2, 8}):
            groups.append((code, _plain(code, value, kind, name)))
    if kind:
        yield _Entity(kind, groups)


def _plain(code: int, value: str, kind: str, name: str) -> str:
    """Check a number, or write the escapes of a text as the signs they mean."""
    if code in _TEXTS:
        value = _UNICODE.sub(lambda found: chr(int(found[1], 16)), value)
        value = _MULTIBYTE.sub(
            lambda found: bytes.fromhex(found[1]).decode("gb18030", "replace"), value
        )
        value = _CODE.sub(lambda found: chr(int(found[1])), value) if code == 1 else value
        # a line break in here would be read as groups of another entity
        value = _CONTROL.sub(" ", value)
        # names of blocks are the same in capitals
        return value.strip().upper() if kind == "INSERT" and code == 2 else value
    try:
        if code in _NUMBERS:
            most = _MOST_BULGE if code == 42 and kind in {"LWPOLYLINE", "VERTEX"} else _FARTHEST
            fits = abs(float(value)) <= most
        else:
            fits = code not in _COUNTS or abs(int(value)) < 1 << 31
    except ValueError:
        fits = False
    if not fits:
        msg = f"{name}: a {kind} holds {value.strip()[:40]!r} where a number belongs "
        msg += f"(group {code}); export it again."
        raise InputError(msg, path=name)
    return value.strip()


def _require_few(blocks: dict[str, list[_Entity]], entities: list[_Entity], name: str) -> None:
    """Refuse blocks within blocks that would be written out without end."""
    sizes: dict[str, tuple[int, int]] = {}

    def size(these: Sequence[_Entity], depth: int) -> tuple[int, int]:
        if depth > _DEEPEST:
            msg = f"{name}: blocks lie more than {_DEEPEST} deep in one another, or in themselves; "
            raise InputError(msg + "explode them.", path=name)
        weight = count = 0
        for entity in these:
            weight += _weight(entity)
            count += 1 + len(entity.parts)
            if entity.kind != "INSERT":
                continue
            block = entity.text(2)
            if block not in sizes:
                sizes[block] = size(blocks.setdefault(block, []), depth + 1)
                if sizes[block][1] > _MOST_IN_BLOCK:
                    msg = f"{name}: block {block} holds more than {_MOST_IN_BLOCK:,} lines and "
                    raise InputError(msg + "texts; explode it.", path=name)
            copies = max(entity.number(70, 1), 1) * max(entity.number(71, 1), 1)
            weight += (sizes[block][0] + _WEIGHT) * copies
            count += sizes[block][1] * copies
            if weight > _MOST_VERTICES:
                break
        return weight, count

    if size(entities, 0)[0] > _MOST_VERTICES:
        msg = f"{name} holds too much once its blocks are written out (limit "
        msg += f"{_MOST_VERTICES:,} vertices); save the outlines and their texts alone."
        raise InputError(msg, path=name)


def _weight(entity: _Entity) -> int:
    """Count the vertices an entity becomes; arcs become many, and each entity costs some."""
    total = _WEIGHT
    for these in (entity, *entity.parts):
        codes = [
            code for code, value in these.groups if code == 10 or (code == 42 and value != "0")
        ]
        total += sum(1 if code == 10 else _ARC for code in codes)
    return total


def _written_out(
    blocks: dict[str, list[_Entity]], entities: list[_Entity], name: str
) -> tuple[NDArray[Any], list[str | None], NDArray[Any]]:
    """Let the file library write out blocks and arcs: layers, texts (None: a line), shapes."""
    import numpy as np
    import shapely
    from pyogrio.raw import read

    from geogrid.sources.geopackage import readable

    parts = ["0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1021\n0\nENDSEC\n0\nSECTION\n2\nBLOCKS\n"]
    for block, inside in blocks.items():
        parts.append(f"0\nBLOCK\n8\n0\n2\n{block}\n70\n0\n10\n0\n20\n0\n30\n0\n3\n{block}\n")
        parts.extend(_as_text(inside))
        parts.append("0\nENDBLK\n")
    parts.append("0\nENDSEC\n0\nSECTION\n2\nENTITIES\n")
    parts.extend(_as_text(entities))
    parts.append("0\nENDSEC\n0\nEOF\n")
    text = "".join(parts).encode()
    with readable(Path(name)):
        options = {"ENCODING": "UTF-8", "MERGE_BLOCK_GEOMETRIES": "FALSE"}
        columns = ["Layer", "Text", "SubClasses"]
        meta, _, shapes, data = read(text, columns=columns, **options)
        lines = shapely.from_wkb(shapes, on_invalid="ignore")
    at = {str(field): n for n, field in enumerate(meta["fields"])}
    layers = np.array([str(layer) for layer in data[at["Layer"]]], object)
    is_line = shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING
    texts = [
        None if line else text if isinstance(text, str) else ""
        for line, text in zip(is_line, data[at["Text"]], strict=True)
    ]
    return layers, texts, lines


def _as_text(entities: Sequence[_Entity]) -> Iterator[str]:
    """Write entities as groups again."""
    for entity in entities:
        yield f"0\n{entity.kind}\n"
        if entity.kind == "LWPOLYLINE":
            yield f"90\n{sum(code == 10 for code, _ in entity.groups)}\n"
        yield "".join(f"{code}\n{value}\n" for code, value in entity.groups)
        if entity.parts:
            yield from _as_text(entity.parts)
            yield "0\nSEQEND\n"
