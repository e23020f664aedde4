"""One plan as feature collections: what every reader of the service gets to see.

Only the columns listed here leave the house. A column that the data model does not know
may hold anything, somebody's telephone number too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.crs import WGS84
from geogrid.district import TABLES
from geogrid.locale import LANGUAGES, phrases
from geogrid.publish.geojson import DECIMALS, json_value, wgs84_rounded
from geogrid.publish.pairs import police_rooms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.district import Column, Kind
    from geogrid.plans.plan import Plan

__all__ = ["COLLECTIONS", "CollectionInfo", "FeatureTable", "Property", "feature_tables"]


@dataclass(frozen=True)
class FeatureTable:
    """Hold one collection of one plan, ready to hand out.

    Parameters
    ----------
    name : str
        Collection, a key of `COLLECTIONS`.
    ids : tuple of str
        Identifiers, unique; n of them.
    properties : tuple of dict
        JSON values by name, n; every property of the collection, null where unknown.
    geometry : ndarray of Geometry, shape (n,)
        WGS84 longitude and latitude, at most seven decimals where validity allows; a shape
        of one part is that part; None where missing.
    """

    name: str
    ids: tuple[str, ...]
    properties: tuple[dict[str, Any], ...]
    geometry: NDArray[np.object_]


@dataclass(frozen=True)
class Property:
    """Describe one property of a collection.

    Parameters
    ----------
    name : str
        As it stands in a feature.
    kind : {"text", "int", "float", "bool"}
        Type of its values.
    meaning : mapping of str to str
        One line by language.
    choices : tuple of str
        Allowed values, if they are few.
    low, high : float, optional
        Closed limits.
    """

    name: str
    kind: Kind
    meaning: Mapping[str, str]
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class CollectionInfo:
    """Describe one collection.

    Parameters
    ----------
    id : str
        Its name in addresses.
    key : str
        Property that is the feature's identifier.
    title, description : mapping of str to str
        By language.
    properties : mapping of str to Property
        In the order in which features carry them.
    geometry : tuple of str
        GeoJSON geometry types that occur.
    """

    id: str
    key: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    properties: Mapping[str, Property]
    geometry: tuple[str, ...]


# in the order of the data model; the first is the key. share_over_60 of a single courtyard
# would tell of a few people, so it is published for grids only
_PROPERTIES: dict[str, tuple[str, ...]] = {
    "subdistricts": (
        *("subdistrict_code", "name", "n_communities", "n_courtyards", "n_gov_grids"),
        "households",
    ),
    "communities": (
        *("community_code", "name", "subdistrict_code", "n_courtyards", "n_gov_grids"),
        "households",
    ),
    "courtyards": (
        *("courtyard_id", "name", "address", "grid_code", "community_code", "subdistrict_code"),
        *("beat_id", "households", "households_source", "n_buildings", "n_entrances"),
        *("year_built", "renovated_year", "property_service", "committee", "previous_grid"),
        "part_id",
    ),
    "gov_grids": (
        *("grid_code", "serial", "name", "community_code", "subdistrict_code", "households"),
        *("load", "n_courtyards", "beat_id", "households_inside", "distance_m", "medoid_id"),
        *("walk_mean_m", "walk_max_m", "deviation", "share_over_60"),
    ),
    "basic_grids": (
        *("grid_code", "name", "community_code", "subdistrict_code", "households", "beat_id"),
        *("households_inside", "distance_m"),
    ),
    "beats": (
        *("beat_id", "name", "station_id", "station_name", "room_lon", "room_lat"),
        *("n_gov_grids", "n_basic_grids"),
    ),
    "compounds": (*("compound_id", "name", "community_code", "subdistrict_code", "households"),),
}
# of columns that no table of the district has; text is what is not listed
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("serial", "n_communities", "n_courtyards"), "int"),
    **dict.fromkeys(("n_gov_grids", "n_basic_grids", "households", "households_inside"), "int"),
    **dict.fromkeys(("load", "walk_mean_m", "walk_max_m", "deviation"), "float"),
    **dict.fromkeys(("distance_m", "share_over_60", "room_lon", "room_lat"), "float"),
}
_AREAS = ("Polygon", "MultiPolygon")
_SHARE_DECIMALS = 4


def _property(layer: str, name: str) -> Property:
    """Describe one property out of the data model and the words."""
    columns: dict[str, Column] = {}
    if layer in TABLES:
        columns = {column.name: column for column in TABLES[layer].columns}
    meaning = {str(lang): phrases(lang, "properties")[name] for lang in LANGUAGES}
    if name not in columns:
        return Property(name, _KINDS.get(name, "text"), meaning)
    known = columns[name]
    return Property(name, known.kind, meaning, known.choices, known.low, known.high)


def _info(layer: str) -> CollectionInfo:
    """Describe one collection out of the data model and the words."""
    names = _PROPERTIES[layer]
    return CollectionInfo(
        layer,
        names[0],
        {str(lang): phrases(lang, "collections")[layer] for lang in LANGUAGES},
        {str(lang): phrases(lang, "collections_about")[layer] for lang in LANGUAGES},
        {name: _property(layer, name) for name in names},
        TABLES[layer].geometry if layer in TABLES else _AREAS,
    )


COLLECTIONS: dict[str, CollectionInfo] = {layer: _info(layer) for layer in _PROPERTIES}


def feature_tables(plan: Plan) -> dict[str, FeatureTable]:
    """Turn a plan into the collections that are handed out.

    Parameters
    ----------
    plan : Plan
        Any plan; pairings may be missing.

    Returns
    -------
    dict of str to FeatureTable
        Every collection of `COLLECTIONS`, sorted by identifier; empty where the district has
        no such layer.

    Raises
    ------
    CrsError
        If a layer declares no CRS.
    """
    frames = {"gov_grids": plan.gov_grids} | {
        layer: plan.district.tables[layer] for layer in COLLECTIONS if layer in plan.district.tables
    }
    found = {}
    for layer, info in COLLECTIONS.items():
        frame = frames.get(layer)
        if frame is None or frame.empty or info.key not in frame:
            found[layer] = FeatureTable(layer, (), (), np.empty(0, dtype=object))
            continue
        ordered = frame.sort_values(info.key, kind="stable").reset_index(drop=True)
        columns = _known(ordered) | _MADE.get(layer, _nothing)(ordered, plan)
        found[layer] = _table(info, ordered, columns)
    return found


def _table(
    info: CollectionInfo, frame: gpd.GeoDataFrame, columns: Mapping[str, list[Any]]
) -> FeatureTable:
    """Gather one collection: identifiers, properties, shapes."""
    missing = [None] * len(frame)
    values = [
        [_value(cell, known.kind) for cell in columns.get(name, missing)]
        for name, known in info.properties.items()
    ]
    rows = tuple(dict(zip(info.properties, row, strict=True)) for row in zip(*values, strict=True))
    return FeatureTable(info.id, tuple(str(row[info.key]) for row in rows), rows, _shapes(frame))


def _value(cell: Any, kind: Kind) -> Any:  # noqa: ANN401 - a cell of any table
    """Turn one cell into a JSON value of its property's type."""
    value = json_value(cell, whole=kind == "int")
    return str(value) if kind == "text" and value is not None else value


def _shapes(frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return valid shapes in WGS84, each of the simplest type; None where there is none."""
    import shapely

    shapes = wgs84_rounded(frame)
    broken = ~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken])
    # a layer of a GeoPackage has one type: read back, its plain polygons are collections of one
    alone = shapely.get_num_geometries(shapes) == 1
    shapes[alone] = shapely.get_geometry(shapes[alone], 0)
    shapes[shapely.is_empty(shapes)] = None
    return shapes


def _known(frame: gpd.GeoDataFrame) -> dict[str, list[Any]]:
    """Return a frame's columns as lists."""
    return {str(n): frame[n].tolist() for n in frame.columns if n != frame.geometry.name}


def _nothing(frame: gpd.GeoDataFrame, plan: Plan) -> dict[str, list[Any]]:
    """Add no column."""
    del frame, plan
    return {}


def _subdistrict_of(plan: Plan) -> dict[str, Any]:
    """Return each community's subdistrict."""
    table = plan.district.communities
    if "subdistrict_code" not in table:
        return {}
    return dict(zip(table["community_code"], table["subdistrict_code"], strict=True))


def _codes_above(frame: gpd.GeoDataFrame, plan: Plan) -> dict[str, list[Any]]:
    """Add the subdistrict to whatever names its community."""
    above = _subdistrict_of(plan)
    if "community_code" not in frame:
        return {}
    return {"subdistrict_code": [above.get(code) for code in frame["community_code"]]}


def _of_communities(frame: gpd.GeoDataFrame, plan: Plan) -> dict[str, list[Any]]:
    """Add what lies in each community."""
    return _counts(frame["community_code"], _yards_by(plan, "community_code"))


def _of_subdistricts(frame: gpd.GeoDataFrame, plan: Plan) -> dict[str, list[Any]]:
    """Add what lies in each subdistrict."""
    found = _counts(frame["subdistrict_code"], _yards_by(plan, "subdistrict_code"))
    above = list(_subdistrict_of(plan).values())
    return found | {"n_communities": [above.count(code) for code in frame["subdistrict_code"]]}


def _yards_by(plan: Plan, level: str) -> pd.DataFrame:
    """Count courtyards, grids and households by community or subdistrict."""
    yards = plan.courtyards
    above = _subdistrict_of(plan)
    codes = yards["community_code"]
    if level == "subdistrict_code":
        codes = codes.map(above)
    grouped = yards.groupby(codes.to_numpy())
    return grouped.agg(
        n_courtyards=("courtyard_id", "size"),
        n_gov_grids=("grid_code", "nunique"),
        households=("households", "sum"),
    )


def _counts(codes: pd.Series[Any], counts: pd.DataFrame) -> dict[str, list[Any]]:
    """Line counts up with codes; what holds no courtyard counts nought."""
    lined = counts.reindex(list(codes)).fillna(0)
    return {str(name): [int(n) for n in lined[name]] for name in lined.columns}


def _paired(frame: gpd.GeoDataFrame, plan: Plan, layer: str) -> dict[str, list[Any]]:
    """Add each grid's lead beat and what its pairing says."""
    pairs = plan.pairings[plan.pairings["grid_layer"] == layer]
    lined = pairs.drop_duplicates("grid_code").set_index("grid_code").reindex(frame["grid_code"])
    names = ("beat_id", "households_inside", "distance_m")
    return {name: lined[name].tolist() for name in names}


def _of_gov_grids(frame: gpd.GeoDataFrame, plan: Plan) -> dict[str, list[Any]]:
    """Add subdistrict, pairing and the share of the old to the governance grids."""
    found = _codes_above(frame, plan) | _paired(frame, plan, "gov_grids")
    if "beat_id" in frame:
        pairs = zip(found["beat_id"], frame["beat_id"], strict=True)
        found["beat_id"] = [own if json_value(lead) is None else lead for lead, own in pairs]
    if "load" not in frame:
        found["load"] = frame["households"].tolist()
    yards = plan.courtyards
    if "share_over_60" in yards:
        told = yards[yards["share_over_60"].notna()]
        old = (told["share_over_60"] * told["households"]).groupby(told["grid_code"]).sum()
        of = told["households"].groupby(told["grid_code"]).sum()
        shares = (old / of.where(of > 0)).reindex(frame["grid_code"]).round(_SHARE_DECIMALS)
        found["share_over_60"] = shares.tolist()
    return found


def _of_basic_grids(frame: gpd.GeoDataFrame, plan: Plan) -> dict[str, list[Any]]:
    """Add subdistrict and pairing to the basic grids."""
    return _codes_above(frame, plan) | _paired(frame, plan, "basic_grids")


def _of_beats(frame: gpd.GeoDataFrame, plan: Plan) -> dict[str, list[Any]]:
    """Add station, place of the room in degrees, and the grids that each beat leads."""
    stations = plan.district["stations"] if "stations" in plan.district.tables else None
    name_of: dict[str, Any] = {}
    if stations is not None and not stations.empty:
        name_of = dict(zip(stations["station_id"], stations["name"], strict=True))
    rooms = police_rooms(plan.district)
    points = rooms.geometry.to_crs(WGS84)
    room_of = dict(zip(rooms["beat_id"], zip(points.x, points.y, strict=True), strict=True))
    nowhere = (None, None)
    places = [room_of.get(beat, nowhere) for beat in frame["beat_id"]]
    found: dict[str, list[Any]] = {
        "station_name": [name_of.get(station) for station in frame["station_id"]],
        "room_lon": [None if x is None else round(x, DECIMALS) for x, _ in places],
        "room_lat": [None if y is None else round(y, DECIMALS) for _, y in places],
    }
    leads = plan.pairings.groupby("grid_layer")["beat_id"].value_counts()
    for layer in ("gov_grids", "basic_grids"):
        found[f"n_{layer}"] = [int(leads.get((layer, beat), 0)) for beat in frame["beat_id"]]
    return found


_MADE: dict[str, Callable[[gpd.GeoDataFrame, Plan], dict[str, list[Any]]]] = {
    "subdistricts": _of_subdistricts,
    "communities": _of_communities,
    "courtyards": _codes_above,
    "gov_grids": _of_gov_grids,
    "basic_grids": _of_basic_grids,
    "beats": _of_beats,
    "compounds": _codes_above,
}
