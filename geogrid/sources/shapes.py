"""Judge the geometry of layers: systems that can be, shapes that hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from geogrid.crs import WGS84, is_stretched, metric_crs_for, refuse_old, require_metric
from geogrid.district import Fault, Table
from geogrid.errors import CrsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

__all__ = ["crs_name", "judge_crs", "judge_shapes", "metric_system", "overlap_faults"]

# a district is kilometres wide; five units across can only be degrees
_DEGREES_EXTENT = 5.0
# layers of one district lie closer than this
_APART_M = 20_000.0

_AREA_ADVICE = "repair it (for example 'Fix geometries' in QGIS) and look at the result"


def judge_crs(frame: gpd.GeoDataFrame, layer: str) -> list[Fault]:
    """Say whether a layer's declared system fits its coordinates.

    Parameters
    ----------
    frame : GeoDataFrame
        One raw layer.
    layer : str
        Its name, for the report.

    Returns
    -------
    list of Fault
        Empty if the system is declared, known, no old one without parameters, and the
        numbers can be in it.
    """
    if frame.crs is None:
        reason = "the layer declares no coordinate system"
        remedy = "add a .prj file or declare it, for example EPSG:4549; GCJ-02 is not EPSG:4326"
        return [Fault(layer, None, "", "crs", reason, remedy)]
    try:
        refuse_old(frame.crs, what=layer)
    except CrsError as old:
        reason = f"{crs_name(frame.crs)[:60]} is {old.facts['datum']}, off by tens of metres"
        remedy = "declare it as a PROJ string with your +towgs84= parameters, or project it"
        return [Fault(layer, None, "", "crs", reason, remedy)]
    west, south, east, north = (float(v) for v in frame.total_bounds)
    if math.isnan(west):
        # nothing drawn, nothing to judge
        return []
    box = f"x {west:.6g} to {east:.6g}, y {south:.6g} to {north:.6g}"
    fits_degrees = max(abs(west), abs(east)) <= 180.0 and max(abs(south), abs(north)) <= 90.0
    if frame.crs.is_geographic and not fits_degrees:
        swapped = max(abs(west), abs(east)) <= 90.0 and max(abs(south), abs(north)) <= 180.0
        reason = f"{crs_name(frame.crs)} is in degrees, the coordinates are not ({box})"
        remedy = (
            "swap x and y: longitude comes first"
            if swapped
            else "declare the metric system the numbers are in, for example EPSG:4549"
        )
        return [Fault(layer, None, "", "crs", reason, remedy)]
    # a drawing of a few metres at the origin is no map in degrees, a lone point tells nothing
    extent = max(east - west, north - south)
    tiny = 0 < extent < _DEGREES_EXTENT and extent < max(abs(west), abs(south))
    if frame.crs.is_projected and fits_degrees and tiny:
        reason = f"{crs_name(frame.crs)} is metric, the coordinates look like degrees ({box})"
        remedy = "declare the system in degrees the numbers are in, for example EPSG:4326"
        return [Fault(layer, None, "", "crs", reason, remedy)]
    return []


def metric_system(frame: gpd.GeoDataFrame, crs: str | None) -> str:
    """Name the metric system of a district.

    Parameters
    ----------
    frame : GeoDataFrame
        The courtyards (or the layer that stands in for them).
    crs : str, optional
        The wanted system.

    Returns
    -------
    str
        ``crs``, else the frame's own system if it is metric, else the one of
        its middle.

    Raises
    ------
    CrsError
        If ``crs`` is not metric, or the frame is projected but not in metres.
    """
    if crs is not None:
        require_metric(crs, what="crs argument")
        return crs
    if frame.crs is not None and frame.crs.is_projected and not is_stretched(frame.crs):
        require_metric(frame.crs, what="courtyards")
        return crs_name(frame.crs)
    west, south, east, north = frame.to_crs(WGS84).total_bounds
    return metric_crs_for((west + east) / 2, (south + north) / 2)


def crs_name(crs: Any) -> str:  # noqa: ANN401 - a pyproj.CRS, kept out of the imports
    """Write a system as EPSG:n if it has a number, else as the library writes it."""
    epsg = crs.to_epsg()
    return f"EPSG:{epsg}" if epsg else str(crs.to_string())


def judge_shapes(frame: gpd.GeoDataFrame, table: Table) -> list[Fault]:
    """Find the rows whose geometry is missing, empty, invalid or of a wrong type.

    Parameters
    ----------
    frame : GeoDataFrame
        One layer with index 0 to n - 1 and its key as text, if it has one.
    table : Table
        What the layer should be.

    Returns
    -------
    list of Fault
        One error per bad row, in row order.
    """
    import shapely

    shapes = frame.geometry.to_numpy()
    idents = frame[table.key].fillna("") if table.key in frame.columns else [""] * len(frame)
    missing = shapely.is_missing(shapes)
    empty = shapely.is_empty(shapes)
    names = frame.geometry.geom_type.to_numpy()
    valid = shapely.is_valid(shapes)
    allowed = ", ".join(table.geometry)
    faults: list[Fault] = []
    for ix, ident in enumerate(idents):
        if missing[ix]:
            why = ("the geometry is missing", "draw it or drop the row")
        elif empty[ix]:
            why = (f"the {names[ix]} is empty", "draw it or drop the row")
        elif names[ix] not in table.geometry:
            why = (f"{names[ix]} is not allowed here", f"give one of {allowed}")
        elif not valid[ix]:
            reason = shapely.is_valid_reason(shapes[ix])
            why = (f"invalid {names[ix]}: {reason}", _AREA_ADVICE)
        else:
            continue
        faults.append(Fault(table.name, ix + 1, str(ident), "geometry", *why))
    return faults


def overlap_faults(metric: Mapping[str, gpd.GeoDataFrame]) -> list[Fault]:
    """Report layers that lie nowhere near the others.

    Parameters
    ----------
    metric : mapping of str to GeoDataFrame
        Layers in one metric system, rows with usable geometry only.

    Returns
    -------
    list of Fault
        One error per layer further than 20 km from the communities (or from
        the courtyards, if there are no communities).
    """
    import numpy as np
    import shapely

    boxes = {
        layer: shapely.box(*np.nan_to_num(frame.total_bounds))
        for layer, frame in metric.items()
        if len(frame)
    }
    anchor = next((layer for layer in ("communities", "courtyards") if layer in boxes), None)
    if anchor is None:
        return []
    faults = []
    for layer, box in boxes.items():
        away_m = float(box.distance(boxes[anchor]))
        if away_m > _APART_M:
            reason = f"the layer lies {away_m / 1000:,.0f} km from {anchor}"
            remedy = "check the declared coordinate systems of both layers"
            faults.append(Fault(layer, None, "", "crs", reason, remedy))
    return faults
