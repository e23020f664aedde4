"""Neighbours: which grids of a layer touch, so that one beat can walk through them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from geogrid.plans.plan import Plan

__all__ = ["touching_grids"]

# what parts two grids for a patrol as well; a street, however wide, does not
_IMPASSABLE = ("rail", "river", "coast", "wall")


def touching_grids(
    plan: Plan, layer: str, grids: gpd.GeoDataFrame, *, min_border_m: float
) -> NDArray[np.int64]:
    """Find the pairs of grids that touch.

    Governance grids touch if courtyards of both face each other in the plan's
    contiguity, usable for a grid or not, but not over rail, river, coast or
    wall. Basic grids cover the ground: they touch if they share a border.

    Parameters
    ----------
    plan : Plan
        Its courtyards and contiguity.
    layer : {"gov_grids", "basic_grids"}
        Which grids.
    grids : GeoDataFrame, g rows
        Those of the layer. Metres.
    min_border_m : float
        Shortest border that counts between basic grids; corners do not.

    Returns
    -------
    (e, 2) int64
        Rows of ``grids``, a < b, sorted.
    """
    if layer == "gov_grids":
        row = {code: i for i, code in enumerate(grids["grid_code"])}
        home = dict(
            zip(
                plan.courtyards["courtyard_id"],
                plan.courtyards["grid_code"].map(row),
                strict=True,
            )
        )
        faced = plan.contiguity[~plan.contiguity["barrier"].isin(_IMPASSABLE)]
        pairs = np.stack([faced[end].map(home).to_numpy(np.int64) for end in ("a", "b")], axis=1)
    else:
        shapes = grids.geometry.to_numpy()
        a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        a, b = a[a < b], b[a < b]
        # of areas that overlap by a slip of the pen, the overlap's outline counts
        border_m = shapely.length(shapely.intersection(shapes[a], shapes[b]))
        pairs = np.stack([a, b], axis=1)[border_m >= min_border_m].astype(np.int64)
    pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
    return np.unique(pairs, axis=0)
