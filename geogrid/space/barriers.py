"""Barriers: the lines and areas that a grid may not cross."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from numpy.typing import NDArray

    from geogrid.district import District

__all__ = ["CROSSING_RANK", "barriers_of", "worst_barrier"]

# how hard a crossing is to defend before residents, easiest first (DESIGN section 3)
CROSSING_RANK = {
    "lane": 0,
    "secondary": 1,
    "arterial": 2,
    "wall": 3,
    "river": 4,
    "rail": 5,
    "coast": 6,
}


def barriers_of(district: District, kinds: Iterable[str]) -> gpd.GeoDataFrame:
    """Collect every barrier of the given kinds, from both layers that hold some.

    Parameters
    ----------
    district : District
        Its ``barriers``, and its ``roads`` of a kind that is a barrier.
    kinds : iterable of str
        Kinds to collect, from `CROSSING_RANK`.

    Returns
    -------
    GeoDataFrame
        ``kind``, ``name`` (empty where it has none) and geometry (lines or
        polygons), district CRS, hardest first.
    """
    import geopandas as gpd
    import pandas as pd

    wanted = set(kinds)
    layers = [
        district[layer]
        .loc[lambda f: f["kind"].isin(wanted)]
        .reindex(columns=["kind", "name", "geometry"])
        # a layer without names has a column of numbers that are missing
        .astype({"name": object})
        .fillna({"name": ""})
        for layer in ("barriers", "roads")
        if len(district[layer])
    ]
    layers = [layer for layer in layers if len(layer)]
    if not layers:
        return gpd.GeoDataFrame({"kind": [], "name": []}, geometry=[], crs=district.crs)
    found = gpd.GeoDataFrame(pd.concat(layers, ignore_index=True), crs=district.crs)
    rank = found["kind"].map(CROSSING_RANK).to_numpy()
    return found.iloc[np.argsort(-rank, kind="stable")].reset_index(drop=True)


def worst_barrier(
    links: NDArray[np.object_], barriers: gpd.GeoDataFrame, *, within_m: float
) -> NDArray[np.object_]:
    """Name the hardest barrier that each link crosses.

    Parameters
    ----------
    links : (m,) LineString
        What is walked. Metres.
    barriers : GeoDataFrame
        From `barriers_of`, hardest first.
    within_m : float
        A link that comes so near is taken to cross; for rounding only.

    Returns
    -------
    (m,) object
        Kind, or None.
    """
    out = np.full(len(links), None, object)
    if not len(links) or not len(barriers):
        return out
    link_ix, barrier_ix = barriers.sindex.query(links, predicate="dwithin", distance=within_m)
    hardest = np.full(len(links), len(barriers))
    np.minimum.at(hardest, link_ix, barrier_ix)
    crossed = hardest < len(barriers)
    out[crossed] = barriers["kind"].to_numpy(object)[hardest[crossed]]
    return out
