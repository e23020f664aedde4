"""Write layers as RFC 7946 GeoJSON: WGS84, seven decimals, whole numbers whole."""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.crs import WGS84
from geogrid.district import TABLES
from geogrid.errors import CrsError
from geogrid.files import replacing
from geogrid.publish.pairs import pairing_lines, police_rooms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from geogrid.plans.plan import Plan

__all__ = ["json_value", "plan_stamp", "to_geojson", "wgs84_rounded", "write_geojson"]

# 1e-7 degrees is a centimetre: the finest RFC 7946 reader will ever need
DECIMALS = 7
# a polygon that rounding would break keeps more of them
_MORE_DECIMALS = (8, 9, 12)

# the first of these a layer has is its identifier; a building also names its courtyard
_KEYS = (
    "building_id",
    "courtyard_id",
    "road_id",
    "barrier_id",
    "landscape_id",
    "compound_id",
    "grid_code",
    "beat_id",
    "station_id",
    "community_code",
    "subdistrict_code",
)
_WHOLE = frozenset(
    column.name for table in TABLES.values() for column in table.columns if column.kind == "int"
)
# metric coordinates of the police room, which the layer police_rooms says in degrees, and
# duty lines, which are for those who are signed in
_LEFT_OUT = ("room_x", "room_y", "duty_phone")


def to_geojson(frame: gpd.GeoDataFrame, *, drop: Iterable[str] = ()) -> dict[str, Any]:
    """Turn a layer into a GeoJSON FeatureCollection (RFC 7946).

    Coordinates are longitude and latitude in WGS84 with at most seven
    decimals; a polygon that rounding would make invalid keeps more. Outer
    rings run counter-clockwise, and there is no ``crs`` member.

    Parameters
    ----------
    frame : GeoDataFrame, n rows
        Any declared CRS. Missing and empty geometries become null.
    drop : iterable of str
        Columns to leave out; unknown names are ignored.

    Returns
    -------
    dict
        ``type`` and ``features`` (n). The layer's key, if it is unique, is
        each feature's ``id`` and stays among its properties, since many
        readers look there only. NaN and NA are null, whole numbers are ints.

    Raises
    ------
    CrsError
        If the layer declares no CRS.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import Point
    >>> yard = gpd.GeoDataFrame(
    ...     {"courtyard_id": ["a"], "households": [96.0]},
    ...     geometry=[Point(120.38, 36.06)],
    ...     crs="EPSG:4326",
    ... )
    >>> to_geojson(yard)["features"][0]["id"]
    'a'
    >>> to_geojson(yard)["features"][0]["properties"]["households"]
    96
    """
    left_out = {*drop, str(frame.geometry.name)}
    columns = [str(name) for name in frame.columns if name not in left_out]
    key = next((name for name in _KEYS if name in columns and frame[name].is_unique), None)
    values = {name: [json_value(v, whole=name in _WHOLE) for v in frame[name]] for name in columns}
    features = []
    for row, shape in enumerate(_shapes_as_json(frame)):
        feature: dict[str, Any] = {"type": "Feature"}
        if key is not None and values[key][row] is not None:
            feature["id"] = values[key][row]
        feature["geometry"] = shape
        feature["properties"] = {name: values[name][row] for name in columns}
        features.append(feature)
    return {"type": "FeatureCollection", "features": features}


def write_geojson(plan: Plan, folder: Path | str) -> list[Path]:
    """Write every layer of a plan that has a geometry, one file each.

    Parameters
    ----------
    plan : Plan
        The plan; its district's layers are written as well.
    folder : Path or str
        Made if missing; files of the same name are replaced one by one, each
        as a whole.

    Returns
    -------
    list of Path
        The files, ``<layer>.geojson``, in the order of the data model. Empty
        layers are not written. Synthetic data is stamped with the foreign
        members ``synthetic`` and ``notice``; ``attribution`` goes along where
        the district has one.

    Raises
    ------
    StorageError
        If a file cannot be written.
    CrsError
        If a layer declares no CRS.
    """
    stamp = plan_stamp(plan)
    written = []
    for name, frame in _layers(plan):
        if frame.empty:
            continue
        collection = to_geojson(frame, drop=_LEFT_OUT)
        body = {"type": collection["type"], "name": name, **stamp}
        body["features"] = collection["features"]
        path = Path(folder) / f"{name}.geojson"
        with replacing(path) as aside:
            text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            aside.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def json_value(value: Any, *, whole: bool = False) -> Any:  # noqa: ANN401 - a cell of any table
    """Turn one cell into a JSON value; what is missing or not finite is null.

    Parameters
    ----------
    value : Any
        A cell of a table.
    whole : bool
        Whether the column holds whole numbers that a missing value turned
        into floats.

    Returns
    -------
    bool, int, float, str, list or None
        Dates are ISO 8601 text.
    """
    import pandas as pd

    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray | list | tuple):
        found: Any = [json_value(item, whole=whole) for item in value]
    elif value is pd.NA or value is pd.NaT or (isinstance(value, float) and not isfinite(value)):
        found = None
    elif isinstance(value, float):
        found = int(value) if whole and value.is_integer() else value
    elif value is None or isinstance(value, str | bool | int):
        found = value
    else:
        found = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return found


def wgs84_rounded(frame: gpd.GeoDataFrame, *, decimals: int = DECIMALS) -> NDArray[np.object_]:
    """Return a layer's geometries in WGS84, rounded, valid, rings turned right.

    Parameters
    ----------
    frame : GeoDataFrame, n rows
        Any declared CRS.
    decimals : int
        Decimals of a degree; polygons that rounding would break keep more.

    Returns
    -------
    ndarray of Geometry, shape (n,)
        Two-dimensional; outer rings counter-clockwise; missing stays None.

    Raises
    ------
    CrsError
        If the layer declares no CRS.
    """
    import shapely

    if frame.crs is None:
        raise CrsError("A layer declares no CRS; declare it before it is published.")
    exact = shapely.force_2d(np.asarray(frame.geometry.to_crs(WGS84).array, dtype=object))
    sound = shapely.is_valid(exact)
    best = _rounded(exact, decimals)
    for more in _MORE_DECIMALS:
        broken = sound & ~shapely.is_valid(best)
        if not broken.any():
            break
        best[broken] = _rounded(exact[broken], more)
    broken = sound & ~shapely.is_valid(best)
    best[broken] = exact[broken]
    return shapely.orient_polygons(best, exterior_cw=False)


def _rounded(shapes: NDArray[np.object_], decimals: int) -> NDArray[np.object_]:
    """Round every coordinate and drop the points that became one."""
    import shapely

    near = shapely.transform(shapes, lambda xy: np.round(xy, decimals))
    # what collapsed is left to the caller; GEOS refuses to thin it further
    whole = shapely.is_valid(near)
    near[whole] = shapely.remove_repeated_points(near[whole])
    return near


def _shapes_as_json(frame: gpd.GeoDataFrame) -> Iterator[dict[str, Any] | None]:
    """Yield each row's geometry as a GeoJSON object, or None."""
    import shapely

    for shape in wgs84_rounded(frame):
        if shape is None or shape.is_empty:
            yield None
        else:
            yield json.loads(shapely.to_geojson(shape))


def _layers(plan: Plan) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    """Yield the name and frame of every layer with a geometry."""
    for name in TABLES:
        if name in plan.district.tables:
            yield name, plan.district[name]
    yield "cells", plan.cells
    yield "gov_grids", plan.gov_grids
    yield "police_rooms", police_rooms(plan.district)
    yield "pairings", pairing_lines(plan)


def plan_stamp(plan: Plan) -> dict[str, Any]:
    """Return the foreign members that every file of a plan carries."""
    stamp: dict[str, Any] = {}
    if plan.district.is_synthetic:
        stamp["synthetic"] = True
        stamp["notice"] = "模拟数据 Synthetic data"
    for name in ("attribution", "licence"):
        if plan.district.metadata.get(name):
            stamp[name] = plan.district.metadata[name]
    return stamp
