"""Named: a plan's grids with the names that people know beside the codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geogrid.plans.plan import Plan

__all__ = ["named_grids"]

_FIRST = ("grid_code", "name", "community", "subdistrict", "households", "n_courtyards")
_THEN = ("deviation", "walk_mean_m", "walk_max_m", "beat_id", "beat", "room_m")


def named_grids(plan: Plan) -> gpd.GeoDataFrame:
    """Return a plan's grids, one row each, with names and the walk to the police room.

    Parameters
    ----------
    plan : Plan
        Paired or not.

    Returns
    -------
    GeoDataFrame, k rows
        ``grid_code, name, community, subdistrict, households, n_courtyards,
        deviation`` (share of the target), ``walk_mean_m, walk_max_m, beat_id, beat,
        room_m`` (metres from the medoid to the police room), then the plan's other
        columns, then the footprint in the district's CRS. What a plan or a district does
        not know is left out.
    """
    district = plan.district
    grids = plan.gov_grids.copy()
    for key, layer, title in (
        ("community_code", "communities", "community"),
        ("subdistrict_code", "subdistricts", "subdistrict"),
        ("beat_id", "beats", "beat"),
    ):
        names = _names(district[layer], key)
        if key in grids and names:
            grids[title] = [names.get(code, "") for code in grids[key]]
    pairs = plan.pairings[plan.pairings["grid_layer"] == "gov_grids"]
    if len(pairs):
        metres = dict(zip(pairs["grid_code"], pairs["distance_m"], strict=True))
        grids["room_m"] = [metres.get(code) for code in grids["grid_code"]]
    else:
        grids = grids.drop(columns=["beat_id", "beat"], errors="ignore")
    known = [name for name in (*_FIRST, *_THEN) if name in grids]
    rest = [name for name in grids.columns if name not in {*known, "geometry"}]
    return grids[[*known, *rest, "geometry"]]


def _names(layer: pd.DataFrame, key: str) -> dict[str, str]:
    """Return the name of each code of a layer, those that have one."""
    if not len(layer) or "name" not in layer:
        return {}
    rows = layer[layer["name"].notna()]
    return dict(zip(rows[key], rows["name"].astype(str), strict=True))
