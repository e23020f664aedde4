"""Place courtyards: which community, which beat; and what contradicts what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geogrid.district import Fault
from geogrid.sources.columns import rows_text
from geogrid.sources.standing import standings

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from geogrid.sources.standing import Standing

__all__ = [
    "community_overlaps",
    "dangling_references",
    "locate_beats",
    "locate_communities",
    "same_place_notes",
    "snap_points",
]

# two digitised borders may disagree by this much and no more (DOMAIN section 4)
_OVERLAP_M2 = 1.0
_OVERLAP_M = 0.1
# an address point stands at most this far from its building
_SNAP_M = 20.0

# (layer, column) -> the layer whose key it must name, if that layer has rows
_REFERENCES = {
    ("communities", "subdistrict_code"): "subdistricts",
    ("courtyards", "community_code"): "communities",
    ("courtyards", "beat_id"): "beats",
    ("buildings", "courtyard_id"): "courtyards",
    ("buildings", "compound_id"): "compounds",
    ("compounds", "community_code"): "communities",
    ("basic_grids", "community_code"): "communities",
    ("beats", "station_id"): "stations",
}


def community_overlaps(communities: gpd.GeoDataFrame) -> list[Fault]:
    """Report communities that claim the same land.

    Parameters
    ----------
    communities : GeoDataFrame
        Valid polygons in metres, with ``community_code``.

    Returns
    -------
    list of Fault
        One error per pair whose overlap is larger than 1 m2 and wider than
        0.1 m; thinner slivers are drawing noise.
    """
    import shapely

    shapes = communities.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    faults = []
    for a, b in sorted((a, b) for a, b in zip(left, right, strict=True) if a < b):
        shared = shapely.intersection(shapes[a], shapes[b])
        wide = not shapely.is_empty(shapely.buffer(shared, -_OVERLAP_M / 2))
        if shared.area <= _OVERLAP_M2 or not wide:
            continue
        rows = [int(communities.index[ix]) + 1 for ix in (a, b)]
        names = [_community_text(communities, ix) for ix in (a, b)]
        reason = f"{names[0]} (row {rows[0]}) and {names[1]} (row {rows[1]}) overlap"
        reason += f" on {shared.area:,.1f} m2"
        remedy = "move the border so that each place has one community"
        ident = str(communities["community_code"].iloc[a])
        faults.append(Fault("communities", rows[0], ident, "geometry", reason, remedy))
    return faults


def locate_communities(
    courtyards: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> tuple[pd.Series[Any], list[Fault]]:
    """Find the community of each courtyard and hold it against the given code.

    Parameters
    ----------
    courtyards : GeoDataFrame
        n rows of valid points or polygons in metres, with ``courtyard_id``;
        ``community_code`` where it is given.
    communities : GeoDataFrame
        Valid polygons in metres, with ``community_code`` and ``name``.

    Returns
    -------
    codes : Series of str, n rows
        The given code where it is possible, else the community with the
        largest share of the courtyard; missing where there is none.
    faults : list of Fault
        Errors for courtyards outside every community and for given codes that
        contradict the place; notes for courtyards on a border.
    """
    import pandas as pd

    codes = communities["community_code"].to_numpy()
    located: list[str | None] = []
    faults: list[Fault] = []
    for ix, standing in enumerate(standings(courtyards, communities)):
        fault = _judge_place(courtyards, communities, ix, standing)
        if fault is not None:
            faults.append(fault)
        located.append(None if standing.chosen is None else codes[standing.chosen])
    return pd.Series(located, index=courtyards.index, dtype=pd.Series(["code"]).dtype), faults


def locate_beats(courtyards: gpd.GeoDataFrame, beats: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Find the beat each courtyard lies in by its representative point.

    Parameters
    ----------
    courtyards : GeoDataFrame
        n rows in metres; a given ``beat_id`` is kept.
    beats : GeoDataFrame
        Polygons in metres, with ``beat_id``.

    Returns
    -------
    Series of str, n rows
        Missing where no beat covers the courtyard.
    """
    import pandas as pd
    import shapely

    places = courtyards.geometry.representative_point().to_numpy()
    ix, beat_ix = shapely.STRtree(beats.geometry.to_numpy()).query(places, predicate="intersects")
    # on a border the first beat by row wins, so that the answer does not depend on the tree
    first = pd.Series(beat_ix).groupby(ix).min()
    ids = beats["beat_id"].to_numpy()
    found = [ids[first[n]] if n in first.index else None for n in range(len(courtyards))]
    series = pd.Series(found, index=courtyards.index, dtype=pd.Series(["id"]).dtype)
    if "beat_id" in courtyards.columns:
        return courtyards["beat_id"].where(courtyards["beat_id"].notna(), series)
    return series


def dangling_references(layers: Mapping[str, gpd.GeoDataFrame]) -> list[Fault]:
    """Report codes that name a row no layer has.

    Parameters
    ----------
    layers : mapping of str to GeoDataFrame
        Layers with judged columns.

    Returns
    -------
    list of Fault
        One error per row and column; layers without rows are not asked.
    """
    from geogrid.district import TABLES

    faults = []
    for (layer, column), target in _REFERENCES.items():
        if layer not in layers or target not in layers or not len(layers[target]):
            continue
        frame, key = layers[layer], TABLES[target].key
        if column not in frame.columns or key not in layers[target].columns:
            continue
        own = TABLES[layer].key
        idents = list(frame[own]) if own in frame.columns else [""] * len(frame)
        unknown = ~frame[column].isin(layers[target][key].dropna()) & frame[column].notna()
        for ix in unknown.to_numpy().nonzero()[0]:
            reason = f"{frame[column].iloc[ix]!r} does not exist in {target}"
            remedy = f"correct {column}, leave it empty, or add the row to {target}"
            faults.append(Fault(layer, int(ix) + 1, str(idents[ix]), column, reason, remedy))
    return faults


def same_place_notes(courtyards: gpd.GeoDataFrame) -> list[Fault]:
    """Note courtyards that share one geometry; they will stay together.

    Parameters
    ----------
    courtyards : GeoDataFrame
        Points or polygons with ``courtyard_id``, index 0 to n - 1.

    Returns
    -------
    list of Fault
        One note per shared geometry, naming all rows.
    """
    import pandas as pd
    import shapely

    keys = pd.Series(
        shapely.to_wkb(shapely.normalize(courtyards.geometry.to_numpy())), index=courtyards.index
    )
    # nearly all have a place of their own: no group is made for them
    shared = keys.duplicated(keep=False)
    faults = []
    for _, group in courtyards[shared].groupby(keys[shared], sort=False):
        rows = [int(ix) + 1 for ix in group.index]
        ids = ", ".join(str(ident) for ident in group["courtyard_id"])
        kind = "point" if group.geometry.iloc[0].geom_type == "Point" else "polygon"
        reason = f"rows {rows_text(rows)} ({ids}) have the same {kind}; kept as rows of their own"
        remedy = "nothing, if they share a building: they get the same grid"
        ident = str(group["courtyard_id"].iloc[0])
        faults.append(Fault("courtyards", rows[0], ident, "geometry", reason, remedy, "note"))
    return faults


def snap_points(
    courtyards: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Move courtyard points onto their building.

    A point inside a building stays. A point within 20 m of one goes to that
    building's representative point, unless that lies in another community.

    Parameters
    ----------
    courtyards : GeoDataFrame
        n rows in metres with a located ``community_code``; polygons are kept.
    buildings : GeoDataFrame
        Footprints in metres.
    communities : GeoDataFrame
        Polygons in metres, with ``community_code``.

    Returns
    -------
    courtyards : GeoDataFrame
        The same rows, points moved.
    notes : list of Fault
        One note that counts the moved points.
    """
    import numpy as np
    import shapely

    shapes = courtyards.geometry.to_numpy().copy()
    point_ix = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.POINT)
    if not len(point_ix) or not len(buildings):
        return courtyards, []
    footprints = buildings.geometry.to_numpy()
    near = shapely.STRtree(footprints).query_nearest(
        shapes[point_ix], max_distance=_SNAP_M, return_distance=True, all_matches=False
    )
    (which, building_ix), away_m = near
    outside = away_m > 0
    moved_ix = point_ix[which[outside]]
    targets = shapely.point_on_surface(footprints[building_ix[outside]])
    shape_of = dict(zip(communities["community_code"], communities.geometry, strict=False))
    homes = [shape_of[code] for code in courtyards["community_code"].iloc[moved_ix]]
    at_home = shapely.intersects(homes, targets)
    shapes[moved_ix[at_home]] = targets[at_home]
    count = int(at_home.sum())
    if not count:
        return courtyards, []
    rows = [int(courtyards.index[ix]) + 1 for ix in moved_ix[at_home]]
    reason = f"{count} points lay beside a building (rows {rows_text(rows)}) and were moved onto it"
    remedy = "check them on the map, or give courtyards as polygons"
    note = Fault("courtyards", None, "", "geometry", reason, remedy, "note")
    return courtyards.set_geometry(shapes, crs=courtyards.crs), [note]


def _judge_place(
    courtyards: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, ix: int, standing: Standing
) -> Fault | None:
    """Say what is odd about one courtyard's place and its given community."""
    if standing.verdict == "outside":
        return _outside(courtyards, communities, ix)
    if standing.verdict == "contradicts":
        reason = (
            f"community_code says {_community_text(communities, standing.wanted)}, "
            f"the courtyard lies in {_community_text(communities, standing.largest)}"
        )
        remedy = "correct the code, or move the courtyard or the border"
        return _fault(courtyards, ix, "community_code", reason, remedy)
    if standing.verdict == "border":
        return _on_border(courtyards, communities, ix, standing)
    return None


def _community_text(communities: gpd.GeoDataFrame, ix: int | None) -> str:
    if ix is None:
        return ""
    row = communities.iloc[ix]
    name = row["name"] if isinstance(row.get("name"), str) else ""
    return f"{name} {row['community_code']}".strip()


def _fault(
    courtyards: gpd.GeoDataFrame,
    ix: int,
    field: str,
    reason: str,
    remedy: str,
    severity: Any = "error",  # noqa: ANN401 - the literal of Fault.severity
) -> Fault:
    row = int(courtyards.index[ix]) + 1
    ident = courtyards["courtyard_id"].iloc[ix] if "courtyard_id" in courtyards else ""
    return Fault("courtyards", row, str(ident), field, reason, remedy, severity)


def _outside(courtyards: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, ix: int) -> Fault:
    away_m = communities.geometry.distance(courtyards.geometry.iloc[ix])
    nearest = int(away_m.to_numpy().argmin())
    name = _community_text(communities, nearest)
    reason = f"outside every community; {name} is nearest, {away_m.iloc[nearest]:,.1f} m away"
    remedy = "check its coordinates and CRS, or extend the community"
    return _fault(courtyards, ix, "geometry", reason, remedy)


def _on_border(
    courtyards: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    ix: int,
    standing: Standing,
) -> Fault:
    """Note a courtyard that lies in several communities, and where it went."""
    here, wanted = standing.shares, standing.wanted
    order = sorted(here, key=lambda c: (-here[c], c))
    parts = ", ".join(f"{here[c]:.0%} in {_community_text(communities, c)}" for c in order)
    chosen = _community_text(communities, order[0] if wanted is None else wanted)
    why = "largest share" if wanted is None else "community_code says so"
    reason = f"lies on a border ({parts}); placed in {chosen}: {why}"
    remedy = "fill in community_code to settle it"
    return _fault(courtyards, ix, "community_code", reason, remedy, "note")
