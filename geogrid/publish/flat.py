"""Flat shapes: layers as small tables, whole numbers from point to point.

Tables are ``{"columns": [...], "rows": [[...], ...]}``. A shape is a list of
rings or lines; each is flat, ``[x, y, dx, dy, dx, dy, ...]``, in millionths of
a degree from an origin and then from point to point. That is a third of the
size of GeoJSON, which counts on a phone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.publish.geojson import json_value, wgs84_rounded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.district import District

__all__ = [
    "beat_by_grid",
    "coast",
    "drawn",
    "flat_parts",
    "in_units",
    "is_estimated",
    "label_points",
    "layer_table",
    "origin_of",
    "shapes_of",
    "short",
    "table_of",
    "to_horizon",
]

# a millionth of a degree is a decimetre: finer than a screen can show
_DECIMALS = 6
_SCALE = 10**_DECIMALS
# metres by which an outline may be smoothed; shared borders stay as they are
_SMOOTHING_M = {"landscape": 1.5, "roads": 0.5}
# a sea that ends at the frame of its data goes on as far as anybody can pan
_HORIZON_M = 60_000.0
_AREA = 2


def origin_of(district: District) -> list[int]:
    """Return the south-west corner of a district in millionths of a degree.

    Parameters
    ----------
    district : District
        With communities.

    Returns
    -------
    list of int
        West and south.
    """
    from geogrid.crs import WGS84

    west, south, _, _ = district.communities.to_crs(WGS84).total_bounds
    return [int(np.floor(west * _SCALE)), int(np.floor(south * _SCALE))]


def in_units(
    points: NDArray[np.object_],
    crs: Any,  # noqa: ANN401 - any CRS
    origin: Sequence[int],
) -> list[list[int] | None]:
    """Return points in millionths of a degree from an origin.

    Parameters
    ----------
    points : (n,) Point or None
        In the CRS.
    crs : Any
        Declared.
    origin : sequence of int
        From `origin_of`.

    Returns
    -------
    list
        ``[x, y]`` each, None where there is no point.
    """
    import geopandas as gpd

    layer = gpd.GeoDataFrame(geometry=gpd.GeoSeries(list(points), crs=crs), crs=crs)
    rounded = wgs84_rounded(layer, decimals=_DECIMALS)
    return [flat[0] if flat else None for flat in flat_parts(rounded, origin)]


def drawn(district: District, name: str) -> gpd.GeoDataFrame:
    """Return a layer as it is drawn: smoothed a little, the sea to the horizon.

    Parameters
    ----------
    district : District
        Any.
    name : str
        One of its layers.

    Returns
    -------
    GeoDataFrame
        The same rows.
    """
    frame = district[name]
    tolerance = _SMOOTHING_M.get(name)
    if tolerance is None or frame.empty:
        return frame
    shapes = list(frame.geometry.simplify(tolerance))
    if name == "landscape":
        pairs = zip(frame["kind"], shapes, strict=True)
        shapes = [to_horizon(shape) if kind == "sea" else shape for kind, shape in pairs]
    return frame.set_geometry(shapes, crs=frame.crs)


def to_horizon(sea: Any) -> Any:  # noqa: ANN401 - any geometry
    """Return a sea whose straight outer edges are moved far out.

    Parameters
    ----------
    sea : geometry or None
        Metres.

    Returns
    -------
    geometry or None
        As it was where moving would break it.
    """
    import shapely

    if sea is None or sea.is_empty:
        return sea
    # a ring names its first point twice
    points = np.unique(shapely.get_coordinates(sea), axis=0)
    edges = [
        (axis, limit, way)
        for axis in (0, 1)
        for limit, way in ((points[:, axis].min(), -1), (points[:, axis].max(), 1))
        # one point alone is a cape of the sea, two make an edge of the frame
        if np.sum(np.abs(points[:, axis] - limit) < 1.0) >= 2
    ]

    def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        far = xy.copy()
        for axis, limit, way in edges:
            far[np.abs(xy[:, axis] - limit) < 1.0, axis] += way * _HORIZON_M
        return far

    wide = shapely.transform(sea, move)
    return wide if wide.is_valid else sea


def coast(district: District, origin: Sequence[int]) -> dict[str, Any]:
    """Return the coastline out of the barriers.

    Parameters
    ----------
    district : District
        Any.
    origin : sequence of int
        From `origin_of`.

    Returns
    -------
    dict
        A table of ``name`` and ``shape``.
    """
    barriers = district["barriers"]
    if "kind" in barriers:
        barriers = barriers[barriers["kind"] == "coast"]
    return layer_table(barriers, ("name",), origin)


def layer_table(
    frame: gpd.GeoDataFrame,
    columns: Sequence[str],
    origin: Sequence[int],
    labels: gpd.GeoDataFrame | None = None,
) -> dict[str, Any]:
    """Return a layer as a table with its shapes and, where asked for, label points.

    Parameters
    ----------
    frame : GeoDataFrame, n rows
        Any declared CRS.
    columns : sequence of str
        Which to take; those that are missing are null.
    origin : sequence of int
        From `origin_of`.
    labels : GeoDataFrame, n rows, optional
        In whose shapes the labels stand.

    Returns
    -------
    dict
        The columns, then ``shape``, then ``at``.
    """
    values: dict[str, list[Any]] = {
        column: [json_value(v, whole=True) for v in frame[column]]
        if column in frame
        else [None] * len(frame)
        for column in columns
    }
    values["shape"] = shapes_of(frame, origin)
    if labels is not None:
        values["at"] = label_points(labels, origin)
    return table_of(values)


def table_of(values: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Return columns as a table.

    Parameters
    ----------
    values : mapping of str to list
        Columns of one length.

    Returns
    -------
    dict
        ``columns`` and ``rows``.
    """
    rows = [list(row) for row in zip(*values.values(), strict=True)]
    return {"columns": list(values), "rows": rows}


def beat_by_grid(pairings: pd.DataFrame, layer: str = "gov_grids") -> dict[str, tuple[str, Any]]:
    """Return lead beat and distance to its room, by code of a layer's grids.

    Parameters
    ----------
    pairings : DataFrame
        Of a plan.
    layer : {"gov_grids", "basic_grids"}
        Which grids.

    Returns
    -------
    dict of str to (str, Any)
        Paired grids only.
    """
    pairs = pairings[pairings["grid_layer"] == layer]
    rows = zip(pairs["grid_code"], pairs["beat_id"], pairs["distance_m"], strict=True)
    return {code: (beat, metres) for code, beat, metres in rows if json_value(beat) is not None}


def short(value: Any, digits: int) -> float | int | None:  # noqa: ANN401 - a cell of any table
    """Return a number with few digits; None for whatever is none.

    Parameters
    ----------
    value : Any
        A cell of a table.
    digits : int
        After the point; 0: a whole number.

    Returns
    -------
    float, int or None
        Rounded.
    """
    number = json_value(value)
    if not isinstance(number, int | float):
        return None
    return round(float(number), digits) if digits else round(number)


def shapes_of(frame: gpd.GeoDataFrame, origin: Sequence[int]) -> list[list[list[int]]]:
    """Return each row's rings, lines or points as flat differences.

    Parameters
    ----------
    frame : GeoDataFrame, n rows
        Any declared CRS.
    origin : sequence of int
        From `origin_of`.

    Returns
    -------
    list, length n
        Empty lists where a row has no shape.
    """
    return flat_parts(wgs84_rounded(frame, decimals=_DECIMALS), origin)


def flat_parts(shapes: NDArray[np.object_], origin: Sequence[int]) -> list[list[list[int]]]:
    """Return geometries in degrees as flat differences, all of them at once.

    Parameters
    ----------
    shapes : (n,) geometry or None
        Longitude and latitude.
    origin : sequence of int
        From `origin_of`.

    Returns
    -------
    list, length n
        Of lists: one for every ring, line or point.

    Examples
    --------
    >>> import numpy as np
    >>> from shapely import LineString
    >>> flat_parts(np.array([LineString([(1, 2), (1.5, 2.25)]), None]), [0, 0])
    [[[1000000, 2000000, 500000, 250000]], []]
    """
    import shapely

    parts, row_of_part = shapely.get_parts(shapes, return_index=True)
    is_area = shapely.get_dimensions(parts) == _AREA
    rings, area_of_ring = shapely.get_rings(parts[is_area], return_index=True)
    part_of = np.concatenate([np.flatnonzero(is_area)[area_of_ring], np.flatnonzero(~is_area)])
    singles = np.concatenate([rings, parts[~is_area]])
    order = np.argsort(part_of, kind="stable")
    singles, row_of = singles[order], row_of_part[part_of[order]]
    coordinates, single_of = shapely.get_coordinates(singles, return_index=True)
    points = np.rint(coordinates * _SCALE).astype(np.int64) - np.asarray(origin)
    steps = np.diff(points, axis=0, prepend=points[:1])
    is_first = np.diff(single_of, prepend=-1) != 0
    steps[is_first] = points[is_first]
    # points that fell together carry nothing
    kept = is_first | np.any(steps != 0, axis=1)
    numbers = steps[kept].ravel().tolist()
    ends = 2 * np.cumsum(np.bincount(single_of[kept], minlength=len(singles)))
    found: list[list[list[int]]] = [[] for _ in range(len(shapes))]
    begin = 0
    for row, end in zip(row_of.tolist(), ends.tolist(), strict=True):
        if end > begin:
            found[row].append(numbers[begin:end])
        begin = end
    return found


def label_points(frame: gpd.GeoDataFrame, origin: Sequence[int]) -> list[list[int] | None]:
    """Return for each row the middle of the largest circle that fits into it.

    Parameters
    ----------
    frame : GeoDataFrame, n rows
        Metres.
    origin : sequence of int
        From `origin_of`.

    Returns
    -------
    list, length n
        ``[x, y]``, None where a row has no shape.
    """
    import shapely

    points: list[Any] = []
    for shape in frame.geometry:
        if shape is None or shape.is_empty:
            points.append(None)
            continue
        largest = max(shapely.get_parts(shape), key=lambda part: part.area)
        if shapely.get_dimensions(largest) == _AREA:
            largest = shapely.get_point(shapely.maximum_inscribed_circle(largest, tolerance=3), 0)
        points.append(largest)
    return in_units(np.array(points, object), frame.crs, origin)


def is_estimated(courtyards: gpd.GeoDataFrame) -> bool:
    """Tell whether any courtyard's households are an estimate, which a map must say.

    Parameters
    ----------
    courtyards : GeoDataFrame
        Of a district or a plan.

    Returns
    -------
    bool
        False too where nobody says where the counts come from.
    """
    source = courtyards.get("households_source")
    return source is not None and bool((source == "estimated").any())
