"""Bring OpenStreetMap features of any origin into one plain form.

Raw tags (an .osm file, osmnx) and the names of vector tiles (Tilezen's
``kind`` and ``kind_detail``) end in the same few columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geogrid.crs import WGS84
from geogrid.errors import CrsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import pandas as pd

__all__ = [
    "TAGS",
    "OsmLayers",
    "mapped_address",
    "plain_barriers",
    "plain_buildings",
    "plain_gates",
    "plain_landuse",
    "plain_roads",
    "plain_water",
]

# a tag that says what a building is for, other than living in it
_FUNCTIONS = (
    "amenity",
    "shop",
    "office",
    "tourism",
    "leisure",
    "healthcare",
    "man_made",
    "historic",
    "craft",
    "military",
    "railway",
    "public_transport",
)
_LAND = ("landuse", "leisure", "amenity", "tourism", "natural", "military", "kind")

# tags that are read; everything else in OSM is left where it is
TAGS = (
    *_FUNCTIONS,
    *_LAND[:-1],
    "name",
    "building",
    "building:part",
    "building:levels",
    "height",
    "addr:street",
    "addr:housenumber",
    "highway",
    "tunnel",
    "layer",
    "waterway",
    "barrier",
    "access",
)

# OSM's highway values by the rank they have here; links count as their road
_RANKS = {
    "arterial": ("motorway", "trunk", "primary"),
    "secondary": ("secondary", "tertiary"),
    "lane": ("residential", "service", "living_street", "unclassified", "road"),
    "path": ("footway", "path", "pedestrian", "steps", "cycleway", "track", "bridleway"),
}
_RANK = {value: rank for rank, values in _RANKS.items() for value in values}
# trains that run on the ground unless tagged as a tunnel
_RAILS = ("rail", "subway", "light_rail", "narrow_gauge", "monorail")
_WALLS = ("wall", "fence", "city_wall")
_GATES = ("gate", "lift_gate", "swing_gate", "sliding_gate", "entrance")
_RIVERS = ("river", "canal", "riverbank")
_WATER = ("water", "riverbank", "river", "canal", "dock", "lake", "basin", "bay")
_POOLS = ("swimming_pool", "fountain")


@dataclass(frozen=True)
class OsmLayers:
    """Hold OpenStreetMap features in plain form, all in WGS84.

    Parameters
    ----------
    buildings : GeoDataFrame
        Polygons; ``osm_id, building, part, function, name, street, number,
        levels, height_m``.
    roads : GeoDataFrame
        Lines; ``osm_id, name, highway, kind, tunnel``; kind is one of
        `geogrid.district.ROAD_KINDS`.
    landuse : GeoDataFrame
        Polygons; ``osm_id, name, kind, access, barrier``.
    barriers : GeoDataFrame
        Lines of walls and fences; ``osm_id, kind``.
    gates : GeoDataFrame
        Points, single or multi; ``osm_id, kind``.
    water : GeoDataFrame
        Polygons and lines; ``osm_id, name``.
    source : str
        File name or place, for the district's metadata.
    is_invented : bool
        Whether the file says that nothing of it is on the ground.
    """

    buildings: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    landuse: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    gates: gpd.GeoDataFrame
    water: gpd.GeoDataFrame
    source: str = ""
    is_invented: bool = False


def plain_buildings(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Pick the building polygons; columns as in `OsmLayers`."""
    building, kind = _text(frame, "building"), _text(frame, "kind")
    tiled = kind.isin(["building", "building_part"])
    building = building.where(~tiled, _text(frame, "kind_detail"))
    part = (kind == "building_part") | (_text(frame, "building:part").isin(["", "no"]) == False)  # noqa: E712 - elementwise
    wanted = tiled | ~building.isin(["", "no"]) | part
    return _plain(
        frame,
        wanted,
        _AREA,
        building=building.replace("", "yes"),
        part=part,
        function=_text(frame, *_FUNCTIONS).where(~tiled, ""),
        name=_text(frame, "name", "name:zh"),
        street=_text(frame, "addr:street", "addr_street"),
        number=_text(frame, "addr:housenumber", "addr_housenumber"),
        levels=_number(frame, "building:levels"),
        height_m=_number(frame, "height"),
    )


def plain_roads(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Pick roads and railways; columns as in `OsmLayers`."""
    highway, railway = _text(frame, "highway"), _text(frame, "railway")
    detail, kind = _text(frame, "kind_detail"), _text(frame, "kind")
    railway = railway.where(kind != "rail", detail)
    highway = highway.where(~kind.isin(["major_road", "minor_road", "path", "highway"]), detail)
    rank = highway.str.removesuffix("_link").map(_RANK).fillna("")
    rank = rank.where(~railway.isin(_RAILS) | (rank != ""), "rail")
    layer = _number(frame, "layer").fillna(0)
    tunnel = ~_text(frame, "tunnel", "is_tunnel").str.lower().isin(["", "no", "false", "0"])
    return _plain(
        frame,
        rank != "",
        _LINE,
        name=_text(frame, "name", "name:zh"),
        highway=highway.where(rank != "rail", railway),
        kind=rank,
        tunnel=tunnel | ((rank == "rail") & (layer < 0)),
    )


def plain_landuse(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Pick land polygons that are no buildings; columns as in `OsmLayers`."""
    kind = _text(frame, *_LAND)
    wanted = (kind != "") & _text(frame, "building").isin(["", "no"])
    return _plain(
        frame,
        wanted,
        _AREA,
        name=_text(frame, "name", "name:zh"),
        kind=kind,
        access=_text(frame, "access"),
        barrier=_text(frame, "barrier"),
    )


def plain_barriers(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Pick walls and fences; columns as in `OsmLayers`."""
    kind = _text(frame, "barrier", "kind")
    return _plain(frame, kind.isin(_WALLS), _LINE, kind=kind)


def plain_gates(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Pick gates; columns as in `OsmLayers`."""
    kind = _text(frame, "barrier", "kind")
    return _plain(frame, kind.isin(_GATES), ("Point", "MultiPoint"), kind=kind)


def plain_water(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Pick water polygons and river lines; columns as in `OsmLayers`."""
    kind = _text(frame, "waterway", "natural", "kind")
    areas = frame.geometry.geom_type.isin(_AREA)
    leisure = _text(frame, "leisure", "amenity")
    tunnel = ~_text(frame, "tunnel").isin(["", "no"])
    wanted = (areas & kind.isin(_WATER) & ~leisure.isin(_POOLS)) | (~areas & kind.isin(_RIVERS))
    return _plain(frame, wanted & ~tunnel, (*_AREA, *_LINE), name=_text(frame, "name", "name:zh"))


def mapped_address(frame: pd.DataFrame) -> pd.Series[Any]:
    """Write the addresses that features are tagged with.

    Parameters
    ----------
    frame : DataFrame
        n rows with ``street`` and ``number``, "" where there is none.

    Returns
    -------
    Series of str, n rows
        Road and number, 号 at its end whether the tag had it or not; "" without a road or
        a number.
    """
    number = frame["number"]
    bare = number.str.contains(r"\d$")
    told = frame["street"] + number + bare.map({True: "号", False: ""})
    return told.where((frame["street"] != "") & (number != ""), "")


_AREA = ("Polygon", "MultiPolygon")
_LINE = ("LineString", "MultiLineString")


def _plain(
    frame: gpd.GeoDataFrame,
    wanted: pd.Series[bool],
    types: Iterable[str],
    **columns: pd.Series[Any],
) -> gpd.GeoDataFrame:
    """Keep the wanted rows of some geometry types, in WGS84, with plain columns."""
    import geopandas as gpd

    if frame.crs is None:
        msg = "An OSM layer declares no CRS; OpenStreetMap is EPSG:4326, declare that."
        raise CrsError(msg)
    data = {"osm_id": _osm_ids(frame), **columns}
    plain = gpd.GeoDataFrame(data, geometry=frame.geometry.values, crs=frame.crs)
    keep = wanted.to_numpy() & frame.geometry.geom_type.isin(list(types)).to_numpy()
    keep &= ~frame.geometry.is_empty.to_numpy()
    plain = plain[keep].reset_index(drop=True).to_crs(WGS84)
    # OSM is drawn by hand: bow ties are made valid, keeping every corner
    return plain.set_geometry(plain.geometry.make_valid())


def _osm_ids(frame: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Name each feature by its OSM type and number, as far as the source tells."""
    import pandas as pd

    if frame.index.nlevels == 2:
        # osmnx indexes by element and number
        ids = [f"{str(element)[0]}{number}" for element, number in frame.index]
        return pd.Series(ids, index=frame.index)
    ways = _text(frame, "osm_way_id")
    other = _text(frame, "osm_id", "tile_feature_id", "@id", "id").str.removesuffix(".0")
    # tiles give relations negative numbers
    return ("w" + ways).where(ways != "", other.str.replace("-", "r", n=1))


def _text(frame: gpd.GeoDataFrame, *names: str) -> pd.Series[Any]:
    """Take the first value present among columns, as text; "" where there is none."""
    import pandas as pd

    result = pd.Series("", index=frame.index, dtype=object)
    for name in names:
        if name in frame.columns:
            column = frame[name]
            filled = column.notna() & (result == "")
            result = result.where(~filled, column.astype(object).astype(str).str.strip())
    return result


def _number(frame: gpd.GeoDataFrame, name: str) -> pd.Series[Any]:
    """Read a column of numbers that may carry a unit ("12 m"); NaN where unreadable."""
    import pandas as pd

    digits = _text(frame, name).str.extract(r"^(-?\d+(?:\.\d+)?)\s*m?$", expand=False)
    return pd.to_numeric(digits, errors="coerce").astype("float64")
