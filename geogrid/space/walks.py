"""Walks: shortest paths between courtyards on the street network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

__all__ = ["Network", "build_network", "walk_lengths"]

# walks longer than this are not asked for between neighbours or inside a community
_HORIZON_M = 6000.0
# sources per call of Dijkstra: bounds the memory of its dense answer
_CHUNK = 256
# junctions nearer than this are one
_JOIN_M = 0.01


@dataclass(frozen=True)
class Network:
    """Hold the walking network with the courtyards joined to it.

    Parameters
    ----------
    graph : (v, v) sparse array
        Metres along the streets; junctions and doors.
    door : (n,) int64
        Vertex where each place meets the network.
    access_m : (n,) float64
        Straight metres from the place to its door.
    """

    graph: csr_array
    door: NDArray[np.int64]
    access_m: NDArray[np.float64]


def build_network(roads: gpd.GeoDataFrame, places: NDArray[np.object_]) -> Network | None:
    """Join places to the streets.

    Parameters
    ----------
    roads : GeoDataFrame
        ``kind`` and lines, metric; rail carries nobody. Lines need not be cut
        at junctions; they are cut wherever they meet, bridges included.
    places : (n,) Point
        Where walks begin and end. Metres.

    Returns
    -------
    Network or None
        None without any street.
    """
    from scipy.sparse import csr_array

    streets = roads.loc[roads["kind"] != "rail"].geometry.to_numpy()
    if not len(streets):
        return None
    edges = shapely.get_parts(shapely.union_all(streets, grid_size=_JOIN_M))
    _, edge = shapely.STRtree(edges).query_nearest(places, all_matches=False)
    along = shapely.line_locate_point(edges[edge], places)
    access = shapely.distance(edges[edge], places)

    ends = shapely.get_coordinates(
        np.concatenate([shapely.get_point(edges, 0), shapely.get_point(edges, -1)])
    )
    _, vertex = np.unique(np.rint(ends / _JOIN_M).astype(np.int64), axis=0, return_inverse=True)
    m, n_junctions = len(edges), int(vertex.max()) + 1
    # the stops along each street: its two ends and every door, in order
    door = n_junctions + np.arange(len(places))
    stop_edge = np.concatenate([np.arange(m), np.arange(m), edge])
    stop_at = np.concatenate([np.zeros(m), shapely.length(edges), along])
    stop_vertex = np.concatenate([vertex[:m], vertex[m:], door])
    rank = np.concatenate([np.zeros(m), np.full(m, 2), np.ones(len(places))])
    order = np.lexsort((stop_vertex, rank, stop_at, stop_edge))
    stop_edge, stop_at, stop_vertex = stop_edge[order], stop_at[order], stop_vertex[order]
    step = stop_edge[1:] == stop_edge[:-1]
    start, end = stop_vertex[:-1][step], stop_vertex[1:][step]
    # two doors may share a spot; a stored zero would read as no edge
    length = np.maximum(np.diff(stop_at)[step], 1e-9)
    # parallel streets between the same corners: keep the shorter
    keep = np.lexsort((length, np.maximum(start, end), np.minimum(start, end)))
    low, high = np.minimum(start, end)[keep], np.maximum(start, end)[keep]
    first = np.concatenate([[True], (np.diff(low) != 0) | (np.diff(high) != 0)])
    size = n_junctions + len(places)
    graph = csr_array((length[keep][first], (low[first], high[first])), shape=(size, size))
    return Network(graph, door, access)


def walk_lengths(
    network: Network, a_ix: NDArray[np.int64], b_ix: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Measure the walk between pairs of places.

    Parameters
    ----------
    network : Network
        From `build_network`.
    a_ix, b_ix : (m,) int64
        Row numbers of the places.

    Returns
    -------
    (m,) float64
        Metres from place to place; inf if the streets do not join them
        within 6 km.
    """
    from scipy.sparse.csgraph import dijkstra

    out = np.full(len(a_ix), np.inf)
    order = np.argsort(a_ix, kind="stable")
    sources, first = np.unique(a_ix[order], return_index=True)
    first = np.append(first, len(order))
    for begin in range(0, len(sources), _CHUNK):
        end = min(begin + _CHUNK, len(sources))
        paths = dijkstra(
            network.graph,
            directed=False,
            indices=network.door[sources[begin:end]],
            limit=_HORIZON_M,
        )
        rows = order[first[begin] : first[end]]
        which = np.searchsorted(sources, a_ix[rows]) - begin
        out[rows] = paths[which, network.door[b_ix[rows]]]
    return out + network.access_m[a_ix] + network.access_m[b_ix]
