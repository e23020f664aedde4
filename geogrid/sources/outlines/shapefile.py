"""Read a Shapefile: text in any encoding and cut by its width, with or without an index."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from geogrid.errors import EncodingError, InputError
from geogrid.sources.dbf import dbf_widths, decode_cut, find_encoding, sibling, stated_encoding
from geogrid.sources.findings import Finding
from geogrid.sources.outlines.raw_layer import (
    MOST_BYTES,
    CrsFrom,
    RawLayer,
    encoding_note,
    read_raw,
    require_small,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["read_shapefile"]

# length in bytes of a DBF field name, to which longer names are cut
_DBF_NAME = 10
# every byte is a sign of its own: what the library reads so can be turned back into bytes
_BYTES = "ISO-8859-1"


def read_shapefile(path: Path) -> RawLayer:
    """Read a Shapefile as bytes, find out its encoding, and decode with cut ends allowed."""
    from pyogrio.errors import CRSError

    table = sibling(path, ".dbf")
    if table is None:
        msg = f"{path.name} has no .dbf beside it, so no attributes; copy all files of it."
        raise InputError(msg, path=str(path))
    require_small(table, MOST_BYTES)
    with _with_index(path) as whole:
        try:
            meta, shapes, data = read_raw(whole, name=path, encoding=_BYTES)
        except InputError as error:
            if not isinstance(error.__cause__, CRSError):
                raise
            with _copy(path, without=".prj") as bare:
                meta, shapes, data = read_raw(bare, name=path, encoding=_BYTES)
    heads = [str(name).encode(_BYTES) for name in meta["fields"]]
    texts = {
        n: [None if value is None else value.encode(_BYTES) for value in values]
        for n, values in enumerate(data)
        if any(isinstance(value, str) for value in values)
    }
    plain = {raw for values in texts.values() for raw in values if raw is not None}
    found = find_encoding([*heads, *sorted(plain)], stated=stated_encoding(path))
    if found is None:
        msg = f"{table.name} is neither UTF-8 nor GB18030 throughout; export it in UTF-8, or add "
        msg += "a .cpg file that states its encoding."
        raise EncodingError(msg, path=str(table))
    findings = [encoding_note(path, found.name)] if found.sample else []
    widths = dbf_widths(table)
    names = [decode_cut(head, found.name)[0] for head in heads]
    columns: dict[str, Any] = {}
    cut = set()
    for n, name in enumerate(names):
        full = _unlike(name, columns)
        columns[full] = data[n]
        if n in texts:
            width = widths[n] if n < len(widths) else 0
            columns[full], more = _decoded(texts[n], found.name, width, path, full)
            findings += more
        if len(heads[n]) >= _DBF_NAME:
            cut.add(full)
    crs_from: CrsFrom = "none" if meta["crs"] is None else "file"
    if meta["crs"] is None and sibling(path, ".prj") is not None:
        findings.append(Finding("system_unreadable", "note", path.name, field="file"))
    return RawLayer(columns, shapes, meta["crs"], findings, frozenset(cut), crs_from)


def _decoded(
    values: Sequence[bytes | None], encoding: str, width: int, path: Path, column: str
) -> tuple[list[str | None], list[Finding]]:
    """Decode one field; a value that fills its width may end within a sign."""
    texts: list[str | None] = []
    findings = []
    for ix, raw in enumerate(values):
        if raw is None:
            texts.append(None)
            continue
        text, is_cut = decode_cut(raw, encoding)
        texts.append(text)
        if is_cut:
            told = {"width": str(width)}
            findings.append(
                Finding("text_cut", "mended", path.name, "", ix + 1, "", "", column, text, told)
            )
    return texts, findings


def _unlike(name: str, taken: Mapping[str, Any]) -> str:
    """Return a name that is not taken: cut names may be the same."""
    number, unlike = 2, name
    while unlike in taken:
        unlike, number = f"{name}_{number}", number + 1
    return unlike


@contextmanager
def _with_index(path: Path) -> Iterator[Path]:
    """Give a Shapefile with its .shx; a missing one is made anew beside a copy, not here."""
    if sibling(path, ".shx") is not None:
        yield path
        return
    import pyogrio

    with _copy(path) as copied:
        option = "SHAPE_RESTORE_SHX"
        before = pyogrio.get_gdal_config_option(option)
        pyogrio.set_gdal_config_options({option: True})
        try:
            yield copied
        finally:
            pyogrio.set_gdal_config_options({option: before})


@contextmanager
def _copy(path: Path, *, without: str = "") -> Iterator[Path]:
    """Copy the parts of a Shapefile that are read, but for one, to a place of their own."""
    with TemporaryDirectory() as folder:
        for suffix in {".shp", ".shx", ".dbf", ".prj"} - {without}:
            file = sibling(path, suffix)
            if file is not None:
                shutil.copyfile(file, Path(folder, f"layer{suffix}"))
        yield Path(folder, "layer.shp")
