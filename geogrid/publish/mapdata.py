"""What the map knows: one plan as one small JSON document, its shapes flat."""

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
from geogrid.publish.flat import (
    beat_by_grid,
    coast,
    drawn,
    is_estimated,
    label_points,
    layer_table,
    origin_of,
    shapes_of,
    short,
    table_of,
)
from geogrid.publish.geojson import json_value
from geogrid.publish.pairs import pairing_lines, police_rooms

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geogrid.district import District
    from geogrid.plans.plan import Plan

__all__ = ["about_plan", "map_data", "plain_outlines"]

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
# cells meet in saw teeth between buildings; on the map a plain line reads better
_GRID_SMOOTHING_M = 5.0
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
    origin = origin_of(district)
    tables = {
        name: layer_table(drawn(district, name), columns, origin, _label_layer(district, name))
        for name, columns in _COLUMNS.items()
        if name in district.tables
    }
    tables["coast"] = coast(district, origin)
    tables["gov_grids"] = _grids(plan, origin)
    tables["rooms"] = layer_table(police_rooms(district), ("beat_id", "name", "station_id"), origin)
    tables["pairings"] = layer_table(
        pairing_lines(plan),
        ("grid_layer", "grid_code", "beat_id", "distance_m"),
        origin,
    )
    breaks = walk_breaks(_column(plan.gov_grids, "walk_mean_m"))
    return {
        "language": language,
        "about": about_plan(plan),
        "origin": origin,
        "themes": {
            "palette": PALETTE,
            "deviation": {"breaks": DEVIATION_BREAKS, "colours": DEVIATION_COLOURS},
            "walk": {"breaks": breaks, "colours": WALK_COLOURS[-(len(breaks) + 1) :]},
        },
        "tables": tables,
    }


def about_plan(plan: Plan) -> dict[str, Any]:
    """Return the title, the figures, the status, the date and the marks.

    Parameters
    ----------
    plan : Plan
        Any.

    Returns
    -------
    dict
        Plain values; what the plan does not tell is None or empty.
    """
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
        "estimated": is_estimated(plan.courtyards),
        "attribution": plan.district.metadata.get("attribution", ""),
    }


def _column(frame: gpd.GeoDataFrame, name: str) -> NDArray[np.float64]:
    """Return a column of figures, NaN where the layer has none."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    return frame[name].to_numpy(dtype=np.float64, na_value=np.nan)


def _label_layer(district: District, name: str) -> gpd.GeoDataFrame | None:
    """Return the layer in whose shapes the labels stand, if it has any."""
    return district[name] if name in _LABELLED else None


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
        values[column] = [short(v, digits) for v in cells]
    beats = beat_by_grid(plan.pairings)
    paired = [beats.get(code, (None, None)) for code in frame["grid_code"]]
    values["beat_id"] = [beat for beat, _ in paired]
    values["room_m"] = [short(metres, 0) for _, metres in paired]
    values["colour"] = grid_colours(frame).tolist()
    values["shape"] = shapes_of(plain_outlines(frame), origin)
    values["at"] = label_points(frame, origin)
    return table_of(values)


def plain_outlines(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the grids with plainer outlines, neighbours still edge to edge.

    Parameters
    ----------
    grids : GeoDataFrame
        Footprints in a metric CRS.

    Returns
    -------
    GeoDataFrame
        The same rows, without the saw teeth of cells.
    """
    import shapely

    exact = np.asarray(grids.geometry.array, dtype=object)
    plain = shapely.coverage_simplify(exact, _GRID_SMOOTHING_M)
    kept = np.where(shapely.is_valid(plain) & ~shapely.is_empty(plain), plain, exact)
    return grids.set_geometry(list(kept), crs=grids.crs)
