"""Read one layer of outlines as an office hands it in: any encoding, cut heads, no system.

What is found out rather than declared is told; geometry is not judged here (see
`geogrid.sources.outlines.mending`), and a system that is not declared stays unknown.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geogrid.district import TABLES
from geogrid.errors import EncodingError, InputError
from geogrid.sources.dbf import find_encoding
from geogrid.sources.findings import Finding
from geogrid.sources.geopackage import readable, require_file, require_geopackage
from geogrid.sources.outlines import drawing
from geogrid.sources.outlines.drawn import outlines_of
from geogrid.sources.outlines.fields import fields_of
from geogrid.sources.outlines.raw_layer import (
    MOST_BYTES,
    CrsFrom,
    RawLayer,
    encoding_note,
    read_raw,
    require_small,
)
from geogrid.sources.outlines.shapefile import read_shapefile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geogrid.sources.ledger.columns import LedgerWords

__all__ = ["CrsFrom", "MessyLayer", "read_messy_layer"]

_SUFFIXES = (".shp", ".dxf", ".geojson", ".json", ".gpkg")

# the file library takes GeoJSON into memory whole, some twenty times its size
_MOST_BYTES = {".dxf": drawing.MOST_BYTES, ".geojson": 128 << 20, ".json": 128 << 20}
_MOST_VERTICES = 20_000_000
# one outline with more is no courtyard and no community
_MOST_IN_ONE = 200_000


@dataclass(frozen=True)
class MessyLayer:
    """Hold one layer as read, and what was found out about it.

    Parameters
    ----------
    frame : GeoDataFrame
        Rows that were not rejected, index ``row - 1`` in the order of the
        file; fields of the data model under their names, others as written.
        Geometry as drawn: it may be missing, open or invalid. ``crs`` is None
        where the file declares none.
    findings : tuple of Finding
        Notes of the file (row None), rows mended or rejected.
    n_read : int
        Rows of the file, rejected ones included.
    crs_from : {"file", "format", "none"}
        Whether the file states the system, or only its format supposes one: GeoJSON means
        WGS84, and web maps write theirs into it all the same.
    """

    frame: gpd.GeoDataFrame
    findings: tuple[Finding, ...]
    n_read: int
    crs_from: CrsFrom


def read_messy_layer(
    path: Path | str,
    layer: str,
    *,
    words: LedgerWords | None = None,
    drawn_on: Sequence[str] = (),
) -> MessyLayer:
    """Read one layer from a Shapefile, DXF drawing, GeoJSON file or GeoPackage.

    Parameters
    ----------
    path : Path or str
        The file; its own name does not matter. Beside a Shapefile its .dbf is
        needed; .shx, .cpg and .prj are used where they are. A ``fields.csv``
        (short,name) beside the file is used.
    layer : str
        Which layer of `geogrid.district.TABLES` it holds.
    words : LedgerWords, optional
        Heads that stand for fields, besides those known.
    drawn_on : sequence of str
        Layers of a drawing that hold it; by default those whose name says so.

    Returns
    -------
    MessyLayer
        Rows, findings, count.

    Raises
    ------
    InputError
        If the file is missing, of another format, broken, too large, or it
        cannot be told which of its layers is meant.
    EncodingError
        If its text is neither UTF-8 nor GB18030 nor as stated.

    Notes
    -----
    Limits: 200,000 rows, 20 million vertices in all and 200,000 in one row;
    .shp and .gpkg 512 MB, GeoJSON 128 MB, DXF 64 MB.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    require_file(path)
    if suffix not in _SUFFIXES:
        msg = f"{path.name} is none of {', '.join(_SUFFIXES)}; export it as one of them."
        raise InputError(msg, path=str(path))
    require_small(path, _MOST_BYTES.get(suffix, MOST_BYTES))
    if suffix == ".dxf":
        raw = _read_drawing(path, layer, drawn_on)
    elif suffix == ".shp":
        raw = read_shapefile(path)
    elif suffix == ".gpkg":
        raw = _read_geopackage(path, layer)
    else:
        raw = _read_geojson(path)
    return _layer(raw, path, layer, words)


def _read_drawing(path: Path, layer: str, drawn_on: Sequence[str]) -> RawLayer:
    found = drawing.read_drawing(path.read_bytes(), name=path.name)
    frame, findings = outlines_of(found, layer, name=path.name, drawn_on=drawn_on)
    if found.sample:
        findings.insert(0, encoding_note(path, found.encoding))
    columns = {str(name): frame[name] for name in frame.columns if name != "geometry"}
    return RawLayer(columns, frame.geometry.to_numpy(), None, findings, crs_from="none")


def _read_geopackage(path: Path, layer: str) -> RawLayer:
    """Read the layer of that name, or the only one with shapes."""
    import pyogrio

    require_geopackage(path)
    with readable(path):
        found = {str(name): kind for name, kind in pyogrio.list_layers(path)}
    shaped = [name for name, kind in found.items() if kind is not None]
    fits = [name for name in shaped if name.lower() == layer] or shaped
    if len(fits) != 1:
        msg = f"{path.name} holds the layers {', '.join(shaped) or 'none'}; "
        msg += f"name the one meant {layer}."
        raise InputError(msg, path=str(path), layers=shaped)
    # a view can be made to compute for ever
    with closing(sqlite3.connect(f"file:{path.resolve()}?mode=ro", uri=True)) as database:
        query = "SELECT type FROM sqlite_master WHERE lower(name) = lower(?)"
        try:
            kinds = [kind for (kind,) in database.execute(query, (fits[0],))]
        except sqlite3.Error as error:
            msg = f"{path.name} cannot be read: {error}; export it again."
            raise InputError(msg, path=str(path)) from error
    if kinds != ["table"]:
        msg = f"{path.name}: layer {fits[0]} is no table; save it as one."
        raise InputError(msg, path=str(path), layer=fits[0])
    meta, shapes, data = read_raw(path, layer=fits[0])
    columns = {str(name): values for name, values in zip(meta["fields"], data, strict=True)}
    return RawLayer(
        columns, shapes, meta["crs"], [], crs_from="none" if meta["crs"] is None else "file"
    )


def _read_geojson(path: Path) -> RawLayer:
    """Read GeoJSON, in UTF-8 as it must be or in what it is."""
    raw = path.read_bytes()
    found = find_encoding([raw])
    if found is None:
        msg = f"{path.name} is neither UTF-8 nor GB18030; save it in UTF-8, as GeoJSON must be."
        raise EncodingError(msg, path=str(path))
    findings = []
    if found.name != "UTF-8":
        findings.append(encoding_note(path, found.name))
        raw = found.sample.encode()
    meta, shapes, data = read_raw(raw, name=path)
    columns = {str(name): values for name, values in zip(meta["fields"], data, strict=True)}
    stated = re.search(rb'"crs"\s*:\s*\{', raw) is not None
    crs_from: CrsFrom = "none" if meta["crs"] is None else "file" if stated else "format"
    return RawLayer(columns, shapes, meta["crs"], findings, crs_from=crs_from)


def _layer(raw: RawLayer, path: Path, layer: str, words: LedgerWords | None) -> MessyLayer:
    """Name the columns, make shapes of the bytes, and leave out what was rejected."""
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    shapes, findings = _shapes(raw.shapes, path)
    table = pd.DataFrame({name: pd.Series(_flat(v)) for name, v in raw.columns.items()})
    renamed, told = fields_of(raw, path, layer, words)
    # what is no field of ours may be somebody's telephone number
    table = table[list(renamed)].rename(columns=renamed)
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=raw.crs)
    key = TABLES[layer].key
    idents = [""] * len(frame)
    if key in frame.columns:
        idents = ["" if pd.isna(value) else str(value) for value in frame[key]]
    # nothing is said of columns that are left out
    both = [one for one in raw.findings if one.column in renamed or not one.column]
    both += [*told, *findings]
    settled = [_settled(finding, renamed, key, idents) for finding in both]
    settled = [
        replace(one, value=_sample(frame, renamed)) if one.kind == "encoding_found" else one
        for one in settled
    ]
    rejected = {one.row - 1 for one in settled if one.verdict == "rejected" and one.row}
    kept = frame[~np.isin(np.arange(len(frame)), list(rejected))]
    return MessyLayer(kept, tuple(settled), len(frame), raw.crs_from)


def _flat(values: Any) -> Any:  # noqa: ANN401 - an array or a list, of whatever the file holds
    """Write lists within a column as text: a field holds one value."""
    from numpy import ndarray

    if isinstance(values, ndarray) and values.dtype.kind != "O":
        return values
    return [", ".join(map(str, one)) if isinstance(one, ndarray) else one for one in values]


def _sample(frame: gpd.GeoDataFrame, renamed: Mapping[str, str]) -> str:
    """Return a text beyond ASCII of the kept columns, for a person to see whether it reads well."""
    for column in renamed:
        if not column.isascii():
            return column
    for field in renamed.values():
        for value in frame[field]:
            if isinstance(value, str) and not value.isascii():
                return value[:40]
    return ""


def _settled(
    finding: Finding, renamed: Mapping[str, str], key: str, idents: Sequence[str]
) -> Finding:
    """Give a finding the row's number and the field's name; a cut number is none."""
    if finding.row is None:
        return finding
    field = finding.field or renamed.get(finding.column, finding.column)
    verdict = finding.verdict
    if finding.kind == "text_cut" and field in {key, "community_code"}:
        verdict = "rejected"
    ident = finding.ident or idents[finding.row - 1]
    return replace(finding, field=field, ident=ident, verdict=verdict)


def _shapes(raw: NDArray[Any], path: Path) -> tuple[NDArray[Any], list[Finding]]:
    """Make flat shapes of bytes, close rings without their last point, and require few vertices."""
    import numpy as np
    import shapely

    # shapes of a drawing are made already; coordinates that are no numbers are judged later
    is_bytes = np.array([isinstance(one, bytes) for one in raw], bool)
    shapes = raw.copy()
    with np.errstate(invalid="ignore", over="ignore"):
        shapes[is_bytes] = shapely.from_wkb(raw[is_bytes], on_invalid="ignore")
        broken = np.flatnonzero(is_bytes & shapely.is_missing(shapes))
        mended = shapely.from_wkb(raw[broken], on_invalid="fix")
    findings = []
    for ix, closed in zip(broken, mended, strict=True):
        if closed is not None and not shapely.is_empty(closed):
            shapes[ix] = closed
            findings.append(
                Finding("ring_closed", "mended", path.name, "", int(ix) + 1, "", "geometry")
            )
    counts = shapely.get_num_coordinates(shapes)
    if counts.sum() > _MOST_VERTICES or counts.max(initial=0) > _MOST_IN_ONE:
        msg = f"{path.name} holds too many vertices ({int(counts.sum()):,}; at most "
        msg += f"{_MOST_VERTICES:,}, and {_MOST_IN_ONE:,} in one row); simplify the outlines."
        raise InputError(msg, path=str(path))
    return shapely.force_2d(shapes), findings
