"""Judge raw layers against the data model and make a District of them.

All faults are found in one pass, so that a district mends its files once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeGuard

from geogrid.crs import require_metric
from geogrid.district import TABLES, District, Fault
from geogrid.errors import CrsError, InputError, SchemaError, TopologyError
from geogrid.sources.columns import as_series, judge_columns
from geogrid.sources.nesting import (
    community_overlaps,
    dangling_references,
    locate_beats,
    locate_communities,
    same_place_notes,
    snap_points,
)
from geogrid.sources.shapes import (
    crs_name,
    judge_crs,
    judge_shapes,
    metric_system,
    overlap_faults,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from geogrid.district import Table

__all__ = ["find_faults", "make_district"]


def find_faults(
    tables: Mapping[str, gpd.GeoDataFrame],
    *,
    crs: str | None = None,
    where: Mapping[str, str] | None = None,
) -> list[Fault]:
    """Find everything wrong, or worth a look, in a district's raw layers.

    Parameters
    ----------
    tables : mapping of str to GeoDataFrame
        Layer name to raw layer; each in any declared CRS, rows in the order of
        the source (row numbers in the report count from 1).
    crs : str, optional
        Metric system to compare the layers in; by default the courtyards' own,
        else the one of their middle.
    where : mapping of str to str, optional
        Layer name to what the report should call it, for example its file.

    Returns
    -------
    list of Fault
        Errors and notes, layers in the order of `TABLES`; empty if all is well.

    Raises
    ------
    CrsError
        If ``crs`` itself is not a metric system.
    """
    return list(_judge(tables, crs=crs, where=where).faults)


def make_district(
    tables: Mapping[str, gpd.GeoDataFrame],
    *,
    name: str = "",
    crs: str | None = None,
    metadata: Mapping[str, str] | None = None,
    where: Mapping[str, str] | None = None,
) -> District:
    """Make one validated district of raw layers, or refuse with every fault.

    Parameters
    ----------
    tables : mapping of str to GeoDataFrame
        Layer name (see `geogrid.district.TABLES`) to raw layer, in any
        declared CRS. Courtyards, communities and either roads or barriers are
        required; the arguments are not changed. Each is asked for once, so that
        a mapping that reads from a file holds one raw layer at a time.
    name : str
        Display name.
    crs : str, optional
        Metric system of the result; by default the courtyards' own if it is
        metric, else the one of their middle (`geogrid.crs.metric_crs_for`).
    metadata : mapping of str to str, optional
        Facts to keep with the data; ``source_crs`` and ``synthetic`` are
        filled in if absent.
    where : mapping of str to str, optional
        Layer name to what the report should call it, for example its file.

    Returns
    -------
    District
        Every layer of `TABLES` in one metric system; courtyards sorted by
        ``courtyard_id`` with ``community_code`` located, and ``beat_id`` if
        there are beats. Notes of what was taken all the same.

    Raises
    ------
    CrsError, TopologyError, SchemaError
        By the first error found; ``.faults`` holds all of them.
    """
    verdict = _judge(tables, crs=crs, where=where)
    errors = tuple(fault for fault in verdict.faults if fault.severity == "error")
    if errors:
        raise _refusal(errors)
    facts = {str(key): str(value) for key, value in (metadata or {}).items()}
    facts.setdefault("source_crs", verdict.source_crs)
    facts.setdefault("synthetic", "false")
    return District(_finished(verdict), verdict.crs, name, facts, verdict.faults)


@dataclass(frozen=True)
class _Verdict:
    """Hold the judged layers in one metric system, and all faults."""

    layers: Mapping[str, gpd.GeoDataFrame]
    crs: str
    source_crs: str
    faults: tuple[Fault, ...]


def _judge(
    tables: Mapping[str, Any], *, crs: str | None, where: Mapping[str, str] | None
) -> _Verdict:
    """Judge columns, shapes, systems and places, in that order, and go on after errors."""
    if crs is not None:
        # a wrong argument is the caller's error, not a fault of the data
        require_metric(crs, what="crs argument")
    faults = _unknown_layers(tables)
    n_rows: dict[str, int] = {}
    layers: dict[str, gpd.GeoDataFrame] = {}
    placed: dict[str, gpd.GeoDataFrame] = {}
    for layer, table in TABLES.items():
        frame = tables.get(layer)
        faults += _layer_faults(frame, table)
        n_rows[layer] = 0 if frame is None else len(frame)
        if not _is_layer(frame):
            continue
        judged = judge_columns(_with_plain_geometry(frame), table)
        bad_crs = judge_crs(judged.frame, layer)
        bad_shapes = judge_shapes(judged.frame, table)
        faults += [*bad_crs, *judged.faults, *bad_shapes]
        layers[layer] = judged.frame
        if not bad_crs:
            bad_ix = [fault.row - 1 for fault in bad_shapes if fault.row]
            placed[layer] = judged.frame.drop(index=bad_ix) if bad_ix else judged.frame
    faults = [*_missing_ways(n_rows), *faults, *dangling_references(layers)]
    source = layers["courtyards"].crs if "courtyards" in layers else None
    # rows in the system of their source are not needed beside the projected ones
    layers.clear()
    system, more = _metric_system(placed, crs)
    faults += more
    placed = {layer: _projected(placed.pop(layer), system) for layer in list(placed) if system}
    more = overlap_faults(placed)
    faults += more
    apart = {fault.layer for fault in more}
    near = {layer: frame for layer, frame in placed.items() if layer not in apart}
    courtyards, more = _placed_courtyards(near)
    faults += more
    if courtyards is not None:
        placed["courtyards"] = courtyards
    order = {layer: n for n, layer in enumerate(TABLES)}
    faults.sort(key=lambda f: (f.row is not None, order.get(f.layer, len(order)), f.row or 0))
    if where:
        faults = [replace(fault, layer=where.get(fault.layer, fault.layer)) for fault in faults]
    return _Verdict(placed, system, "" if source is None else crs_name(source), tuple(faults))


def _layer_faults(frame: object, table: Table) -> list[Fault]:
    """Report a layer that has no geometry, or that is needed and has no rows."""
    if frame is not None and not _is_layer(frame):
        reason = "the layer has no geometry column"
        remedy = f"give it one ({', '.join(table.geometry)})"
        return [Fault(table.name, None, "", "geometry", reason, remedy)]
    if table.required and (frame is None or not len(frame)):
        reason = "the layer is missing" if frame is None else "the layer has no rows"
        remedy = f"add layer {table.name}: {table.meaning}"
        return [Fault(table.name, None, "", "layer", reason, remedy)]
    return []


def _missing_ways(n_rows: Mapping[str, int]) -> list[Fault]:
    """Report a district with neither roads nor barriers."""
    if n_rows["roads"] or n_rows["barriers"]:
        return []
    reason = "there are neither roads nor barriers, so no walk and no border can be told"
    remedy = "add layer roads (centre lines with their kind) or layer barriers"
    return [Fault("roads", None, "", "layer", reason, remedy)]


def _unknown_layers(tables: Mapping[str, Any]) -> list[Fault]:
    """Note layers that no district has."""
    reason = "not a layer of a district; left out"
    remedy = f"rename it to one of {', '.join(TABLES)} if it is one"
    return [
        Fault(layer, None, "", "layer", reason, remedy, "note")
        for layer in sorted(str(layer) for layer in tables if layer not in TABLES)
    ]


def _is_layer(frame: object) -> TypeGuard[gpd.GeoDataFrame]:
    """Say whether this is a GeoDataFrame with a geometry column."""
    import geopandas as gpd

    return isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None


def _with_plain_geometry(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer with its geometry flat and called geometry; copied only if it is not."""
    import shapely

    plain = frame if frame.geometry.name == "geometry" else frame.rename_geometry("geometry")
    is_flat = (shapely.get_coordinate_dimension(plain.geometry.to_numpy()) <= 2).all()
    return plain if is_flat else plain.set_geometry(plain.geometry.force_2d())


def _metric_system(
    layers: Mapping[str, gpd.GeoDataFrame], crs: str | None
) -> tuple[str, list[Fault]]:
    """Name the one metric system of all layers; empty if there is none."""
    anchor = next((f for f in ("courtyards", "communities") if len(layers.get(f, ()))), None)
    if anchor is None:
        return crs or "", []
    try:
        return metric_system(layers[anchor], crs), []
    except CrsError as error:
        remedy = "project it to a metric system, for example EPSG:4549"
        return "", [Fault(anchor, None, "", "crs", error.message, remedy)]


def _projected(frame: gpd.GeoDataFrame, system: str) -> gpd.GeoDataFrame:
    """Project a layer, and the police rooms that stand in its columns with it."""
    import geopandas as gpd

    if frame.crs is not None and frame.crs.is_exact_same(system):
        return frame
    moved = frame.to_crs(system)
    if not {"room_x", "room_y"} <= set(frame.columns) or frame.crs == moved.crs:
        return moved
    known = frame["room_x"].notna() & frame["room_y"].notna()
    rooms = gpd.GeoSeries(
        gpd.points_from_xy(frame.loc[known, "room_x"], frame.loc[known, "room_y"]), crs=frame.crs
    ).to_crs(system)
    moved.loc[known, "room_x"] = rooms.x.to_numpy()
    moved.loc[known, "room_y"] = rooms.y.to_numpy()
    return moved


def _placed_courtyards(
    layers: dict[str, gpd.GeoDataFrame],
) -> tuple[gpd.GeoDataFrame | None, list[Fault]]:
    """Locate the courtyards' communities and beats; needs both layers' keys."""
    communities, courtyards = layers.get("communities"), layers.get("courtyards")
    if communities is None or "community_code" not in communities.columns:
        return None, []
    communities = communities[communities["community_code"].notna()]
    faults = community_overlaps(communities)
    if courtyards is None or "courtyard_id" not in courtyards.columns or not len(communities):
        return None, faults
    codes, found = locate_communities(courtyards, communities)
    faults += found
    courtyards = courtyards.assign(community_code=codes)
    courtyards, moved = snap_points(
        courtyards, layers.get("buildings", communities[:0]), communities
    )
    faults += [*moved, *same_place_notes(courtyards)]
    beats = layers.get("beats")
    if beats is not None and len(beats) and "beat_id" in beats.columns:
        courtyards = courtyards.assign(beat_id=locate_beats(courtyards, beats))
    return courtyards, faults


def _finished(verdict: _Verdict) -> dict[str, gpd.GeoDataFrame]:
    """Fill in what a district always has: every layer, names, sources, order."""
    import geopandas as gpd

    tables = {}
    for layer, table in TABLES.items():
        if layer in verdict.layers:
            tables[layer] = verdict.layers[layer].reset_index(drop=True)
            continue
        columns = {column.name: as_series([], column) for column in table.columns}
        tables[layer] = gpd.GeoDataFrame(columns, geometry=[], crs=verdict.crs)
    courtyards = tables["courtyards"]
    defaults = {"name": "", "address": "", "households_source": "ledger"}
    for column, value in defaults.items():
        if column in courtyards.columns:
            courtyards[column] = courtyards[column].fillna(value)
        else:
            courtyards[column] = as_series(
                [value] * len(courtyards), TABLES["courtyards"].column(column)
            )
    courtyards = courtyards.sort_values("courtyard_id", kind="stable", ignore_index=True)
    order = [c.name for c in TABLES["courtyards"].columns if c.name in courtyards.columns]
    others = [c for c in courtyards.columns if c not in order and c != "geometry"]
    tables["courtyards"] = courtyards[[*order, *others, "geometry"]]
    return tables


def _refusal(errors: tuple[Fault, ...]) -> InputError:
    """Build the error: its class by the first fault, all faults within."""
    kinds: dict[str, type[InputError]] = {"crs": CrsError, "geometry": TopologyError}
    kind = kinds.get(errors[0].field, SchemaError)
    layers = ", ".join(dict.fromkeys(fault.layer for fault in errors))
    count = "1 fault" if len(errors) == 1 else f"{len(errors)} faults"
    msg = f"The input has {count} in {layers}; the first: {errors[0]}."
    return kind(msg, faults=errors)
