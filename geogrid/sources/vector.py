"""Read and write a district as vector files: GeoPackage, GeoJSON, Shapefile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geogrid.district import TABLES, District, Fault
from geogrid.errors import CrsError, EncodingError, InputError
from geogrid.sources.dbf import dbf_encoding
from geogrid.sources.field_names import FIELDS, field_names, full_names
from geogrid.sources.geopackage import (
    read_tables,
    readable,
    require_file,
    require_geopackage,
    write_tables,
)
from geogrid.sources.validation import make_district

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import geopandas as gpd
    import pandas as pd

__all__ = [
    "Source",
    "layers_of",
    "open_source",
    "read_district",
    "read_layer",
    "read_layers",
    "read_tables",
    "write_district",
    "write_tables",
]

_SUFFIXES = (".geojson", ".json", ".shp")
_METADATA = "metadata"


class Source(Mapping[str, "gpd.GeoDataFrame"]):
    """Hold where the layers of a source lie; each is read when it is asked for.

    Parameters
    ----------
    where : mapping of str to str
        Layer name to what a report should call it.
    read : callable
        Reads a layer by name; may add to ``notes``.
    metadata : mapping of str to str, optional
        Facts kept with the data.
    """

    def __init__(
        self,
        where: Mapping[str, str],
        read: Callable[[str, list[Fault]], gpd.GeoDataFrame],
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        self.where = where
        self.metadata = dict(metadata or {})
        self.notes: list[Fault] = []
        self._read = read

    def __getitem__(self, layer: str) -> gpd.GeoDataFrame:
        """Read a layer."""
        if layer not in self.where:
            raise KeyError(layer)
        return self._read(layer, self.notes)

    def __iter__(self) -> Iterator[str]:
        """Name the layers."""
        return iter(self.where)

    def __len__(self) -> int:
        """Return the number of layers."""
        return len(self.where)


def read_district(
    path: Path | str, *, crs: str | None = None, declared: str | None = None
) -> District:
    """Read a district from a GeoPackage or a folder of vector files.

    Parameters
    ----------
    path : Path or str
        A GeoPackage with layers named as in `geogrid.district.TABLES`, or a
        folder of ``<layer>.geojson`` or ``<layer>.shp`` files. A folder may
        hold ``fields.csv`` (columns ``short,name``): field names used in the
        files, and the ones they stand for.
    crs : str, optional
        Metric system of the result; see `geogrid.sources.make_district`.
    declared : str, optional
        System of the layers that declare none (a Shapefile without .prj).

    Returns
    -------
    District
        Validated; ``notes`` also tell which encoding and field names were
        found out rather than declared.

    Raises
    ------
    InputError
        If the path is missing, unreadable, or holds no known layer.
    EncodingError
        If text can be decoded neither as stated nor as UTF-8 or GB18030.
    SchemaError, CrsError, TopologyError
        If the layers do not make a district; ``.faults`` holds every reason.
    """
    source = open_source(Path(path), declared)
    name = source.metadata.pop("name", "")
    district = make_district(
        source, name=name, crs=crs, metadata=source.metadata, where=source.where
    )
    return replace(district, notes=(*source.notes, *district.notes))


def read_layers(path: Path | str, *, declared: str | None = None) -> dict[str, gpd.GeoDataFrame]:
    """Read the known layers of a GeoPackage or folder as they are, unjudged.

    Parameters
    ----------
    path : Path or str
        As for `read_district`.
    declared : str, optional
        System of the layers that declare none.

    Returns
    -------
    dict of str to GeoDataFrame
        Layer name to raw layer in its own CRS, rows in the file's order.

    Raises
    ------
    InputError, EncodingError
        As for `read_district`.
    """
    return dict(open_source(Path(path), declared))


def read_layer(path: Path | str, layer: str, *, declared: str | None = None) -> gpd.GeoDataFrame:
    """Read one GeoJSON file or Shapefile as a layer of a district, unjudged.

    Parameters
    ----------
    path : Path or str
        The file; its own name does not matter. A ``fields.csv`` beside it is
        used.
    layer : str
        Which layer of `geogrid.district.TABLES` it holds.
    declared : str, optional
        Its system, if the file declares none.

    Returns
    -------
    GeoDataFrame
        Rows in the file's order, field names as in the data model.

    Raises
    ------
    InputError, EncodingError
        As for `read_district`.
    """
    path = Path(path)
    require_file(path)
    frame = _read_file(path, layer, field_names(path.parent), [])
    return _declare(frame, declared)


def write_district(district: District, path: Path | str) -> None:
    """Write a district as a GeoPackage, replacing an older file whole or not at all.

    Parameters
    ----------
    district : District
        What to write; empty layers are left out. The display name goes into
        the layer ``metadata`` (key, value) with the other facts.
    path : Path or str
        A file ending in ``.gpkg``. The same district gives the same content.

    Raises
    ------
    InputError
        If the path does not end in ``.gpkg``.
    StorageError
        If writing fails; an older file stays as it was.
    """
    write_tables(layers_of(district), path)


def layers_of(district: District) -> dict[str, pd.DataFrame]:
    """Return the layers of a district as a GeoPackage keeps them.

    Parameters
    ----------
    district : District
        Any.

    Returns
    -------
    dict of str to DataFrame
        Its non-empty layers, and ``metadata`` (key, value) with the display
        name among the other facts.
    """
    import pandas as pd

    facts = {**district.metadata, "name": district.name}
    rows = sorted((str(key), str(value)) for key, value in facts.items())
    layers: dict[str, pd.DataFrame] = {n: district[n] for n in TABLES if len(district[n])}
    return layers | {_METADATA: pd.DataFrame(rows, columns=["key", "value"])}


def open_source(path: Path, declared: str | None = None) -> Source:
    """Look into a source, reading no layer yet.

    Parameters
    ----------
    path : Path
        As for `read_district`.
    declared : str, optional
        System of the layers that declare none.

    Returns
    -------
    Source
        Its known layers, each read when it is asked for.

    Raises
    ------
    InputError
        If the path is missing, unreadable, or holds no known layer.
    """
    require_file(path)
    return _open_folder(path, declared) if path.is_dir() else _open_geopackage(path, declared)


def _declare(frame: gpd.GeoDataFrame, declared: str | None) -> gpd.GeoDataFrame:
    import geopandas as gpd

    if declared is None or not isinstance(frame, gpd.GeoDataFrame) or frame.crs is not None:
        return frame
    from pyproj.exceptions import CRSError

    try:
        return frame.set_crs(declared)
    except CRSError as error:
        msg = f"{declared} is not a known CRS; give an EPSG code such as EPSG:4549."
        raise CrsError(msg, crs=declared) from error


def _open_geopackage(path: Path, declared: str | None) -> Source:
    """Find the known layers of a GeoPackage, and read its metadata."""
    import pyogrio

    require_geopackage(path)
    with readable(path):
        found = [str(name) for name, _ in pyogrio.list_layers(path)]
    where = {name.lower(): name for name in found if name.lower() in TABLES}
    if not where:
        raise _no_layer(path, found, "layers")
    metadata = {}
    if _METADATA in found:
        with readable(path):
            facts = pyogrio.read_dataframe(path, layer=_METADATA, read_geometry=False)
        if {"key", "value"} <= set(facts.columns):
            pairs = zip(facts["key"], facts["value"].fillna(""), strict=True)
            metadata = {str(key): str(value) for key, value in pairs}

    def read(layer: str, _: list[Fault]) -> gpd.GeoDataFrame:
        with readable(path):
            frame = pyogrio.read_dataframe(path, layer=where[layer])
        return _declare(frame, declared)

    return Source(where, read, metadata)


def _open_folder(path: Path, declared: str | None) -> Source:
    """Find the GeoJSON files and Shapefiles of a folder that carry a layer's name."""
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES)
    named: dict[str, Path] = {}
    for file in files:
        layer = file.stem.lower()
        if layer not in TABLES:
            continue
        if layer in named:
            msg = f"{named[layer].name} and {file.name} both hold {layer}; keep one of them."
            raise InputError(msg, layer=layer)
        named[layer] = file
    if not named:
        raise _no_layer(path, [file.name for file in sorted(path.iterdir())], "files")
    mapping = field_names(path)

    def read(layer: str, notes: list[Fault]) -> gpd.GeoDataFrame:
        return _declare(_read_file(named[layer], layer, mapping, notes), declared)

    return Source({layer: file.name for layer, file in named.items()}, read)


def _no_layer(path: Path, found: list[str], kind: str) -> InputError:
    msg = (
        f"{path.name} holds no layer of a district ({kind} found: {', '.join(found) or 'none'}); "
        f"name them {', '.join(TABLES)}."
    )
    return InputError(msg, path=str(path), found=found)


def _read_file(
    path: Path, layer: str, mapping: Mapping[str, str], notes: list[Fault]
) -> gpd.GeoDataFrame:
    """Read one file, text decoded, field names restored; add what was found out to the notes."""
    import pyogrio

    options: dict[str, Any] = {}
    if path.suffix.lower() == ".shp":
        encoding = dbf_encoding(path)
        options["encoding"] = encoding.name
        if encoding.sample:
            reason = f"no .cpg file; the text was read as {encoding.name}: {encoding.sample!r}"
            remedy = f"check the text; add a .cpg file that says {encoding.name}"
            notes.append(Fault(path.name, None, "", "encoding", reason, remedy, "note"))
    else:
        _require_utf8(path)
    with readable(path):
        frame: gpd.GeoDataFrame = pyogrio.read_dataframe(path, **options)
    renamed, guessed = full_names(list(frame.columns), layer, mapping, where=path.name)
    if guessed:
        reason = f"fields read by prefix: {', '.join(guessed)}"
        remedy = f"state them in {FIELDS} (short,name) to be sure"
        notes.append(Fault(path.name, None, "", "fields", reason, remedy, "note"))
    return frame.rename(columns=renamed)


def _require_utf8(path: Path) -> None:
    """Refuse JSON in another encoding: RFC 8259 knows UTF-8 only."""
    try:
        path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{path.name} is not UTF-8 (byte {error.start}), as GeoJSON must be; save it so."
        raise EncodingError(msg, path=str(path), byte=error.start) from error
