"""Read OpenStreetMap: a raw file, layers made from it, or live by a place's name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geogrid.errors import InputError
from geogrid.sources.geopackage import readable
from geogrid.sources.osm.build import district_from_osm
from geogrid.sources.osm.elements import (
    TAGS,
    OsmLayers,
    plain_barriers,
    plain_buildings,
    plain_gates,
    plain_landuse,
    plain_roads,
    plain_water,
)
from geogrid.sources.osm.writing import INVENTED
from geogrid.sources.vector import read_layer

if TYPE_CHECKING:
    import geopandas as gpd

    from geogrid.district import District

    Source = Path | str | gpd.GeoDataFrame

__all__ = [
    "district_from_place",
    "read_osm",
    "read_osm_file",
    "read_osm_geopackage",
    "read_osm_layers",
]

_SUFFIXES = (".osm", ".pbf", ".osm.bz2")
# what each layer may be called inside a GeoPackage
_NAMES = {
    "buildings": ("buildings", "building"),
    "roads": ("roads", "highways", "lines"),
    "landuse": ("landuse", "land"),
    "barriers": ("barriers", "barriers_and_lines", "walls"),
    "water": ("water", "waterways"),
    "gates": ("gates", "pois", "points"),
}
_PLAIN = {
    "buildings": plain_buildings,
    "roads": plain_roads,
    "landuse": plain_landuse,
    "barriers": plain_barriers,
    "gates": plain_gates,
    "water": plain_water,
}
# the root of an .osm file stands here
_HEAD_BYTES = 400
# GDAL writes the tags that have no column of their own as "key"=>"value" pairs
_PAIR = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')


def read_osm_file(path: Path | str) -> OsmLayers:
    """Read an OpenStreetMap file, XML or PBF.

    Parameters
    ----------
    path : Path or str
        An ``.osm`` or ``.osm.pbf`` file, in WGS84 as all of OSM.

    Returns
    -------
    OsmLayers
        Buildings, roads, land, walls, gates and water in plain form.

    Raises
    ------
    InputError
        If the file is missing, has another ending, cannot be read, or holds
        neither buildings nor roads.
    """
    import pyogrio

    path = Path(path)
    _require(path)
    if not path.name.lower().endswith(_SUFFIXES):
        msg = f"{path.name} is not an OSM file; give one that ends in .osm or .osm.pbf."
        raise InputError(msg, path=str(path))
    frames = {}
    for layer in ("points", "lines", "multipolygons"):
        with readable(path):
            frames[layer] = _with_tags(pyogrio.read_dataframe(path, layer=layer))
    areas, lines = frames["multipolygons"], frames["lines"]
    layers = OsmLayers(
        buildings=plain_buildings(areas),
        roads=plain_roads(lines),
        landuse=plain_landuse(areas),
        barriers=plain_barriers(lines),
        gates=plain_gates(frames["points"]),
        water=_stacked(plain_water(areas), plain_water(lines)),
        source=path.name,
        is_invented=_says_invented(path),
    )
    if not len(layers.buildings) and not len(layers.roads):
        msg = f"{path.name} holds neither buildings nor roads; is it the right extract?"
        raise InputError(msg, path=str(path))
    return layers


def read_osm(
    path: Path | str,
    *,
    communities: gpd.GeoDataFrame | Path | str | None = None,
    name: str = "",
) -> District:
    """Make a district of one file from OpenStreetMap.

    Parameters
    ----------
    path : Path or str
        An ``.osm`` or ``.osm.pbf`` file, or a GeoPackage of layers made from one.
    communities : GeoDataFrame, Path or str, optional
        Official communities, as a frame or a vector file (``community_code``,
        ``name``); without them communities are made by barriers.
    name : str
        Display name; by default that of the file.

    Returns
    -------
    District
        As `district_from_osm` makes it: what is estimated says so.

    Raises
    ------
    InputError
        If a file is missing or cannot be read, or holds no homes.
    """
    path = Path(path)
    packed = path.suffix.lower() == ".gpkg"
    layers = read_osm_geopackage(path) if packed else read_osm_file(path)
    if isinstance(communities, (str, Path)):
        communities = read_layer(communities, "communities")
    title = name or path.name.partition(".")[0]
    return district_from_osm(layers, communities=communities, name=title)


def read_osm_layers(
    *,
    buildings: Source,
    roads: Source,
    landuse: Source | None = None,
    barriers: Source | None = None,
    water: Source | None = None,
    gates: Source | None = None,
) -> OsmLayers:
    """Take layers that somebody made from OpenStreetMap.

    Parameters
    ----------
    buildings, roads : Path, str or GeoDataFrame
        A vector file, a GeoPackage with a layer of that name, or a frame; with
        OSM's tags as columns (``building``, ``highway``) or those of Tilezen
        tiles (``kind``, ``kind_detail``). Any declared CRS.
    landuse, barriers, water, gates : Path, str or GeoDataFrame, optional
        The same; ``gates`` may be a layer of points of interest. What is not
        given is empty, and dwellings and gated compounds are told less well.

    Returns
    -------
    OsmLayers
        All layers in plain form, WGS84.

    Raises
    ------
    InputError
        If a file cannot be read or holds no layer of that name.
    CrsError
        If a layer declares no CRS.
    """
    given = {
        "buildings": buildings,
        "roads": roads,
        "landuse": landuse,
        "barriers": barriers,
        "water": water,
        "gates": gates,
    }
    frames: dict[str, Any] = {}
    for layer, source in given.items():
        raw = _nothing() if source is None else _read_source(source, layer)
        frames[layer] = _PLAIN[layer](raw)
    files = {Path(source).name for source in given.values() if isinstance(source, (str, Path))}
    return OsmLayers(**frames, source=", ".join(sorted(files)))


def read_osm_geopackage(path: Path | str) -> OsmLayers:
    """Take all layers of one GeoPackage that somebody made from OpenStreetMap.

    Parameters
    ----------
    path : Path or str
        A file with at least the layers ``buildings`` and ``roads``; also
        ``landuse``, ``barriers`` (or ``barriers_and_lines``), ``water`` and
        ``gates`` (or ``pois``) if it has them.

    Returns
    -------
    OsmLayers
        All layers in plain form, WGS84.

    Raises
    ------
    InputError
        If the file is missing, unreadable, or lacks buildings or roads.
    """
    import pyogrio

    path = Path(path)
    _require(path)
    with readable(path):
        found = {str(name) for name, _ in pyogrio.list_layers(path)}
    given = {
        layer: path
        for layer, names in _NAMES.items()
        if layer in ("buildings", "roads") or found.intersection(names)
    }
    return read_osm_layers(**given)


def district_from_place(
    name: str, *, communities: gpd.GeoDataFrame | None = None, crs: str | None = None
) -> District:
    """Download a place from OpenStreetMap and make a district of it.

    This is the one function that uses the network, and only when called.

    Parameters
    ----------
    name : str
        What OpenStreetMap's search knows, for example "市南区, 青岛市".
    communities : GeoDataFrame, optional
        As for `district_from_osm`.
    crs : str, optional
        Metric system of the result; by default that of its middle.

    Returns
    -------
    District
        As `district_from_osm` makes it.

    Raises
    ------
    InputError
        If osmnx is not installed, or the place is not found.
    """
    try:
        import osmnx
    except ImportError as error:
        msg = "Downloading a place needs osmnx; run: pip install geogrid[osm]"
        raise InputError(msg, place=name) from error
    keys = ("building", "highway", "railway", "landuse", "leisure", "amenity", "natural")
    tags: dict[str, bool | str | list[str]] = dict.fromkeys((*keys, "barrier", "waterway"), True)
    try:
        frame = osmnx.features_from_place(name, tags=tags)
    except Exception as error:
        # osmnx raises its own and the network library's errors alike
        msg = f"OpenStreetMap gave nothing for {name!r}: {error}; check the name and the network."
        raise InputError(msg, place=name) from error
    found: dict[str, Any] = {layer: plain(frame) for layer, plain in _PLAIN.items()}
    layers = OsmLayers(**found, source=name)
    return district_from_osm(layers, communities=communities, name=name, crs=crs)


def _says_invented(path: Path) -> bool:
    """Tell whether a file's root names its features as invented."""
    with path.open("rb") as handle:
        return INVENTED.encode() in handle.read(_HEAD_BYTES)


def _require(path: Path) -> None:
    if not path.exists():
        msg = f"There is no file {path}; check the path."
        raise InputError(msg, path=str(path))


def _with_tags(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the wanted tags in GDAL's ``other_tags`` columns of their own."""
    if "other_tags" not in frame.columns:
        return frame
    rows = [
        dict(_PAIR.findall(text)) if isinstance(text, str) else {} for text in frame["other_tags"]
    ]
    present = {key for row in rows for key in row}
    columns: dict[str, list[Any]] = {
        tag: [row.get(tag) for row in rows]
        for tag in dict.fromkeys(TAGS)
        if tag in present and tag not in frame.columns
    }
    return frame.assign(**columns)


def _read_source(source: Source, layer: str) -> gpd.GeoDataFrame:
    """Read a frame, a single-layer file, or the layer of that name in a file."""
    import geopandas as gpd
    import pyogrio

    if not isinstance(source, (str, Path)):
        return source
    path = Path(source)
    _require(path)
    with readable(path):
        found = [str(name) for name, _ in pyogrio.list_layers(path)]
    fits = [name for name in _NAMES[layer] if name in found]
    if not fits and len(found) == 1:
        fits = found
    if not fits:
        msg = f"{path.name} has no layer {layer} (layers found: {', '.join(found)})."
        raise InputError(msg, path=str(path), found=found)
    with readable(path):
        frame = pyogrio.read_dataframe(path, layer=fits[0])
    if not isinstance(frame, gpd.GeoDataFrame):
        msg = f"Layer {fits[0]} of {path.name} has no geometry; give one that has."
        raise InputError(msg, path=str(path), layer=layer)
    return frame


def _nothing() -> gpd.GeoDataFrame:
    import geopandas as gpd

    return gpd.GeoDataFrame(geometry=[], crs="EPSG:4326")


def _stacked(first: gpd.GeoDataFrame, second: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    import pandas as pd

    filled = [frame for frame in (first, second) if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else first
