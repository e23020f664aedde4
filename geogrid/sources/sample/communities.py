"""Communities: unions of blocks that follow the larger streets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.optimize import linear_sum_assignment

from geogrid.sources.sample.facts import read_facts
from geogrid.sources.sample.sweeps import cut_regions, map_pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.sources.sample.blocks import Blocks, Edges
    from geogrid.sources.sample.outlines import Land

__all__ = ["draw_communities"]

# a metre of border counts this much, by what runs there
BORDER_COST = {"rail": 0.02, "arterial": 0.2, "river": 0.3, "secondary": 0.45, "lane": 1.0}
# a hectare of park draws fewer people than a hectare of town
PARK_WEIGHT = 0.15


def draw_communities(
    land: Land, blocks: Blocks, edges: Edges, kinds: NDArray[np.object_]
) -> NDArray[np.object_]:
    """Share out the blocks of every subdistrict to its communities.

    Parameters
    ----------
    land : Land
        Subdistricts.
    blocks : Blocks
        The pieces to share out.
    edges : Edges
        Streets between blocks.
    kinds : ndarray of str, (m,)
        Rank of every edge.

    Returns
    -------
    ndarray of str, (n,)
        Community code of every block; each community is connected.
    """
    table = read_facts("communities")
    cost = np.array([BORDER_COST.get(str(k), 1.0) for k in kinds])
    pieces = map_pieces(blocks.polygons, edges, cost)
    area = shapely.area(blocks.polygons)
    weight = area * np.where(blocks.park != "", PARK_WEIGHT, 1.0)
    code = np.full(len(area), "", dtype=object)
    for s, sub in enumerate(land.codes):
        mine = table[table["subdistrict_code"] == sub]
        nodes = [int(i) for i in np.flatnonzero(blocks.subdistrict == s)]
        regions = cut_regions(pieces, nodes, weight, len(mine), border_weight=1.6)
        west, south, east, north = land.polygons[s].bounds
        centre = np.array([np.average(pieces.xy[r], axis=0, weights=weight[r]) for r in regions])
        hint = np.column_stack(
            [
                west + mine["hint_x"].to_numpy() * (east - west),
                south + mine["hint_y"].to_numpy() * (north - south),
            ]
        )
        gap = np.hypot(*(centre[:, None, :] - hint[None, :, :]).transpose(2, 0, 1))
        for r, c in zip(*linear_sum_assignment(gap**2), strict=True):
            code[regions[r]] = mine["community_code"].iloc[c]
    return code
