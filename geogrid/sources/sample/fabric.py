"""The fabric: the smallest pieces of ground, from which every area layer is united."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.sources.sample.blocks import find_edges, owners
from geogrid.sources.sample.outlines import GRID_M
from geogrid.sources.sample.sweeps import map_pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.sources.sample.blocks import Blocks
    from geogrid.sources.sample.landuse import LandUse
    from geogrid.sources.sample.sweeps import PieceMap

__all__ = ["Fabric", "unite", "weave"]

# a border through a block instead of along a street costs this much more
THROUGH_BLOCK = 1.6
# bands may cut a short border between two blocks into shorter ones
MIN_BORDER_M = 0.5


@dataclass(frozen=True)
class Fabric:
    """Hold the noded pieces of ground.

    Parameters
    ----------
    polygons : ndarray of Polygon, (t,)
        A valid coverage of the district.
    block : ndarray of int, (t,)
        The block of each piece.
    community : ndarray of str, (t,)
        Its community code.
    subdistrict : ndarray of str, (t,)
        Its subdistrict code.
    pieces : PieceMap
        Who is beside whom.
    site_tile : ndarray of int, (s,)
        The piece of every plot.
    open_households, all_households : ndarray of float, (t,)
        Households of open courtyards, and with the compounds'.
    """

    polygons: NDArray[np.object_]
    block: NDArray[np.int64]
    community: NDArray[np.object_]
    subdistrict: NDArray[np.object_]
    pieces: PieceMap
    site_tile: NDArray[np.int64]
    open_households: NDArray[np.float64]
    all_households: NDArray[np.float64]


def weave(
    blocks: Blocks,
    use: LandUse,
    community: NDArray[np.object_],
    codes: tuple[str, ...],
    households: NDArray[np.int64],
) -> Fabric:
    """Node the bands of all blocks into one coverage.

    Parameters
    ----------
    blocks : Blocks
        The blocks.
    use : LandUse
        Plots, and bands of blocks.
    community : ndarray of str, (n,)
        Community of every block.
    codes : tuple of str
        Subdistrict codes.
    households : ndarray of int, (s,)
        Households of every plot; 0 where nobody lives.

    Returns
    -------
    Fabric
        As many pieces as bands.
    """
    lines = shapely.union_all(shapely.boundary(use.tiles), grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize([lines]))
    owner = owners(use.tiles, shapely.point_on_surface(faces))
    polygons = np.empty(len(use.tiles), dtype=object)
    for t in range(len(polygons)):
        mine = faces[owner == t]
        polygons[t] = mine[0] if len(mine) == 1 else shapely.coverage_union_all(mine)
    edges = find_edges(polygons)
    same = (edges.left >= 0) & (edges.right >= 0)
    same &= use.tile_block[edges.left] == use.tile_block[edges.right]
    tile = np.array([s.tile for s in use.sites])
    kind = np.array([s.kind for s in use.sites])
    opened = np.bincount(
        tile[kind == "open"], weights=households[kind == "open"], minlength=len(polygons)
    )
    return Fabric(
        polygons=polygons,
        block=use.tile_block,
        community=community[use.tile_block],
        subdistrict=np.array(codes, dtype=object)[blocks.subdistrict[use.tile_block]],
        pieces=map_pieces(
            polygons,
            edges,
            np.where(same, THROUGH_BLOCK, 1.0),
            min_border_m=MIN_BORDER_M,
        ),
        site_tile=tile,
        open_households=opened,
        all_households=np.bincount(tile, weights=households, minlength=len(polygons)),
    )


def unite(
    polygons: NDArray[np.object_], label: NDArray[np.object_]
) -> tuple[list[str], NDArray[np.object_]]:
    """Unite pieces of one label, keeping the coverage valid.

    Returns
    -------
    (list of str, ndarray of Polygon)
        The labels in order, and their areas.
    """
    names = sorted(set(label))
    areas = np.empty(len(names), dtype=object)
    for i, name in enumerate(names):
        areas[i] = shapely.coverage_union_all(polygons[label == name])
        parts = shapely.get_parts(areas[i])
        if len(parts) == 1:
            areas[i] = parts[0]
    return names, areas
