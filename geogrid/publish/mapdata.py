"""What the map knows: one plan as one small JSON document.

Tables are ``{"columns": [...], "rows": [[...], ...]}``. A shape is a list of
rings or lines; each is flat, ``[x, y, dx, dy, dx, dy, ...]``, in millionths of
a degree from ``origin`` and then from point to point. That is a third of the
size of GeoJSON, which counts on a phone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.publish.colours import (
    DEVIATION_BREAKS,
    DEVIATION_COLOURS,
    PALETTE,
    WALK_COLOURS,
    grid_colours,
    walk_breaks,
)
from geogrid.publish.geojson import json_value, wgs84_rounded
from geogrid.publish.pairs import pairing_lines, police_rooms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.district import District
    from geogrid.plans.plan import Plan

__all__ = ["map_data"]

# a millionth of a degree is a decimetre: finer than a screen can show
_DECIMALS = 6
_SCALE = 10**_DECIMALS

# which columns of each layer the map shows; missing ones are null
_COLUMNS: dict[str, tuple[str, ...]] = {
    "subdistricts": ("subdistrict_code", "name"),
    "communities": ("community_code", "name", "subdistrict_code"),
    "courtyards": (
        "courtyard_id",
        "name",
        "address",
        "community_code",
        "grid_code",
        "households",
        "households_source",
        "n_buildings",
        "n_entrances",
        "year_built",
        "renovated_year",
        "property_service",
        "committee",
    ),
    "buildings": ("use",),
    "compounds": ("name", "community_code", "households"),
    "roads": ("name", "kind"),
    "beats": ("beat_id", "name", "station_id"),
    "stations": ("station_id", "name"),
    "basic_grids": ("grid_code", "name", "community_code", "households"),
    "landscape": ("name", "kind"),
}
# metres by which an outline may be smoothed; shared borders stay as they are
_SMOOTHING_M = {"landscape": 1.5, "roads": 0.5}
# cells meet in saw teeth between buildings; on the map a plain line reads better
_GRID_SMOOTHING_M = 5.0
# a sea that ends at the frame of its data goes on as far as anybody can pan
_HORIZON_M = 60_000.0
_LABELLED = ("subdistricts", "communities", "basic_grids", "landscape", "beats", "stations")


def map_data(plan: Plan, *, language: str = "zh") -> dict[str, Any]:
    """Gather everything the map shows as one JSON document.

    Parameters
    ----------
    plan : Plan
        The plan.
    language : {"zh", "en"}
        Language on opening; the reader can switch.

    Returns
    -------
    dict
        ``about`` (title, figures, status, date, marks), ``themes`` (colours
        and class limits), ``origin`` and one table per layer. Everything the
        map says comes from the plan; nothing is read from the clock.
    """
    district = plan.district
    origin = _origin(plan)
    tables = {
        name: _table(_drawn(district, name), columns, origin, _label_layer(district, name))
        for name, columns in _COLUMNS.items()
        if name in district.tables
    }
    tables["coast"] = _coast(district, origin)
    tables["gov_grids"] = _grids(plan, origin)
    tables["rooms"] = _table(police_rooms(district), ("beat_id", "name", "station_id"), origin)
    tables["pairings"] = _table(
        pairing_lines(plan),
        ("grid_layer", "grid_code", "beat_id", "distance_m"),
        origin,
    )
    breaks = walk_breaks(_column(plan.gov_grids, "walk_mean_m"))
    return {
        "language": language,
        "about": _about(plan),
        "origin": origin,
        "themes": {
            "palette": PALETTE,
            "deviation": {"breaks": DEVIATION_BREAKS, "colours": DEVIATION_COLOURS},
            "walk": {"breaks": breaks, "colours": WALK_COLOURS[-(len(breaks) + 1) :]},
        },
        "tables": tables,
    }


def _about(plan: Plan) -> dict[str, Any]:
    """Return the title, the figures, the status, the date and the marks."""
    provenance = plan.report.get("provenance") or {}
    created = str(provenance.get("created") or "")[:10]
    yards = plan.courtyards
    grids = plan.gov_grids
    weights = grids["households"].to_numpy(dtype=float)
    walks = _column(grids, "walk_mean_m")
    known = np.isfinite(walks) & (weights > 0)
    walk_m = float(np.average(walks[known], weights=weights[known])) if known.any() else None
    return {
        "name": plan.district.name,
        "n_courtyards": len(yards),
        "n_grids": plan.n_grids,
        "n_communities": len(plan.district.communities),
        "households": int(yards["households"].sum()),
        "target": json_value(plan.target),
        "walk_m": walk_m,
        "status": json_value(plan.report.get("status")),
        "gap": json_value(plan.report.get("gap")),
        "created": created,
        "version": json_value(provenance.get("version")),
        "synthetic": plan.district.is_synthetic,
        "estimated": _is_estimated(plan),
        "attribution": plan.district.metadata.get("attribution", ""),
    }


def _column(frame: gpd.GeoDataFrame, name: str) -> NDArray[np.float64]:
    """Return a column of figures, NaN where the layer has none."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    return frame[name].to_numpy(dtype=np.float64, na_value=np.nan)


def _origin(plan: Plan) -> list[int]:
    """Return the south-west corner of the district in millionths of a degree."""
    from geogrid.crs import WGS84

    west, south, _, _ = plan.district.communities.to_crs(WGS84).total_bounds
    return [int(np.floor(west * _SCALE)), int(np.floor(south * _SCALE))]


def _drawn(district: District, name: str) -> gpd.GeoDataFrame:
    """Return a layer as it is drawn: smoothed a little, the sea to the horizon."""
    frame = district[name]
    tolerance = _SMOOTHING_M.get(name)
    if tolerance is None or frame.empty:
        return frame
    shapes = list(frame.geometry.simplify(tolerance))
    if name == "landscape":
        pairs = zip(frame["kind"], shapes, strict=True)
        shapes = [_to_horizon(shape) if kind == "sea" else shape for kind, shape in pairs]
    return frame.set_geometry(shapes, crs=frame.crs)


def _to_horizon(sea: Any) -> Any:  # noqa: ANN401 - any geometry
    """Return a sea whose straight outer edges are moved far out."""
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


def _label_layer(district: District, name: str) -> gpd.GeoDataFrame | None:
    """Return the layer in whose shapes the labels stand, if it has any."""
    return district[name] if name in _LABELLED else None


def _table(
    frame: gpd.GeoDataFrame,
    columns: Sequence[str],
    origin: Sequence[int],
    labels: gpd.GeoDataFrame | None = None,
) -> dict[str, Any]:
    """Return a layer as a table with its shapes and, where asked for, label points."""
    values: dict[str, list[Any]] = {
        column: [json_value(v, whole=True) for v in frame[column]]
        if column in frame
        else [None] * len(frame)
        for column in columns
    }
    values["shape"] = _shapes(frame, origin)
    if labels is not None:
        values["at"] = _label_points(labels, origin)
    return _columns_to_table(values)


def _columns_to_table(values: Mapping[str, list[Any]]) -> dict[str, Any]:
    rows = [list(row) for row in zip(*values.values(), strict=True)]
    return {"columns": list(values), "rows": rows}


def _grids(plan: Plan, origin: Sequence[int]) -> dict[str, Any]:
    """Return the governance grids: figures, pairing, colour, shape, label point."""
    frame = plan.gov_grids
    plain = (
        "grid_code",
        "serial",
        "name",
        "community_code",
        "households",
        "n_courtyards",
        "medoid_id",
    )
    values: dict[str, list[Any]] = {
        column: [json_value(v, whole=True) for v in frame.get(column, [None] * len(frame))]
        for column in plain
    }
    for column, digits in (("walk_mean_m", 1), ("walk_max_m", 1), ("deviation", 4)):
        cells = frame.get(column, [None] * len(frame))
        values[column] = [_short(v, digits) for v in cells]
    beats = _beat_by_grid(plan.pairings)
    paired = [beats.get(code, (None, None)) for code in frame["grid_code"]]
    values["beat_id"] = [beat for beat, _ in paired]
    values["room_m"] = [_short(metres, 0) for _, metres in paired]
    values["colour"] = grid_colours(frame).tolist()
    values["shape"] = _shapes(_without_teeth(frame), origin)
    values["at"] = _label_points(frame, origin)
    return _columns_to_table(values)


def _without_teeth(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the grids with plainer outlines, neighbours still edge to edge."""
    import shapely

    exact = np.asarray(grids.geometry.array, dtype=object)
    plain = shapely.coverage_simplify(exact, _GRID_SMOOTHING_M)
    kept = np.where(shapely.is_valid(plain) & ~shapely.is_empty(plain), plain, exact)
    return grids.set_geometry(list(kept), crs=grids.crs)


def _beat_by_grid(pairings: pd.DataFrame) -> dict[str, tuple[str, Any]]:
    """Return lead beat and distance to its room, by code of governance grid."""
    pairs = pairings[pairings["grid_layer"] == "gov_grids"]
    rows = zip(pairs["grid_code"], pairs["beat_id"], pairs["distance_m"], strict=True)
    return {code: (beat, metres) for code, beat, metres in rows if json_value(beat) is not None}


def _coast(district: District, origin: Sequence[int]) -> dict[str, Any]:
    """Return the coastline out of the barriers."""
    barriers = district["barriers"]
    if "kind" in barriers:
        barriers = barriers[barriers["kind"] == "coast"]
    return _table(barriers, ("name",), origin)


def _short(value: Any, digits: int) -> float | int | None:  # noqa: ANN401 - a cell of any table
    number = json_value(value)
    if not isinstance(number, int | float):
        return None
    return round(float(number), digits) if digits else round(number)


def _shapes(frame: gpd.GeoDataFrame, origin: Sequence[int]) -> list[list[list[int]]]:
    """Return each row's rings, lines or points as flat differences."""
    return [_flat(shape, origin) for shape in wgs84_rounded(frame, decimals=_DECIMALS)]


def _flat(shape: Any, origin: Sequence[int]) -> list[list[int]]:  # noqa: ANN401 - any geometry
    """Return one geometry's rings, lines or points as flat differences."""
    import shapely

    if shape is None or shape.is_empty:
        return []
    singles = shapely.get_parts(shape)
    if shapely.get_dimensions(shape) == 2:
        singles = shapely.get_rings(singles)
    found = []
    for single in singles:
        points = np.rint(shapely.get_coordinates(single) * _SCALE).astype(np.int64) - origin
        steps = np.diff(points, axis=0)
        # points that fell together carry nothing
        steps = steps[np.any(steps != 0, axis=1)]
        found.append(np.vstack([points[:1], steps]).ravel().tolist())
    return found


def _label_points(frame: gpd.GeoDataFrame, origin: Sequence[int]) -> list[list[int] | None]:
    """Return for each row the middle of the largest circle that fits into it."""
    import geopandas as gpd
    import shapely

    points: list[Any] = []
    for shape in frame.geometry:
        if shape is None or shape.is_empty:
            points.append(None)
            continue
        largest = max(shapely.get_parts(shape), key=lambda part: part.area)
        if shapely.get_dimensions(largest) == 2:
            largest = shapely.get_point(shapely.maximum_inscribed_circle(largest, tolerance=3), 0)
        points.append(largest)
    centres = gpd.GeoDataFrame(geometry=gpd.GeoSeries(points, crs=frame.crs), crs=frame.crs)
    return [
        list(flat[0]) if (flat := _flat(point, origin)) else None
        for point in wgs84_rounded(centres, decimals=_DECIMALS)
    ]


def _is_estimated(plan: Plan) -> bool:
    """Tell whether any courtyard's households are an estimate, which the map must say."""
    courtyards = plan.courtyards
    source = courtyards.get("households_source")
    return source is not None and bool((source == "estimated").any())
