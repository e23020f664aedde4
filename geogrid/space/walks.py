"""Walks: shortest paths between courtyards on the street network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.space.grouping import rows_by_label

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

__all__ = ["Network", "build_network", "walk_lengths"]

# walks longer than this are not asked for between neighbours or inside a community
_HORIZON_M = 6000.0
# the least reach of a search around its pairs
_REACH_M = 500.0
# pairs that begin in one square are searched for together; its side, in reaches
_SQUARE = 2.0
# path lengths per call of Dijkstra, sources times vertices: 32 MB
_ANSWER = 2**22
# junctions nearer than this are one
_JOIN_M = 0.01


@dataclass(frozen=True)
class Network:
    """Hold the walking network with the courtyards joined to it.

    Parameters
    ----------
    graph : (v, v) sparse array
        Metres along the streets, both ways; junctions and doors, from west to east.
    xy : (v, 2) float64
        Where the vertices lie. Metres.
    component : (v,) int32
        Vertices that streets join, directly or not, carry one number.
    door : (n,) int64
        Vertex where each place meets the network.
    access_m : (n,) float64
        Straight metres from the place to its door.
    """

    graph: csr_array
    xy: NDArray[np.float64]
    component: NDArray[np.int32]
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
    from scipy.sparse.csgraph import connected_components

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
    _, corner, vertex = np.unique(
        np.rint(ends / _JOIN_M).astype(np.int64), axis=0, return_index=True, return_inverse=True
    )
    m, n_junctions = len(edges), len(corner)
    doors = shapely.get_coordinates(shapely.line_interpolate_point(edges[edge], along))
    xy = np.concatenate([ends[corner], doors])
    # from west to east, so that a window of the map is a stretch of vertices
    order = np.argsort(xy[:, 0], kind="stable")
    number = np.empty(len(xy), np.int64)
    number[order] = np.arange(len(xy))
    vertex, door = number[vertex], number[n_junctions:]
    # the stops along each street: its two ends and every door, in order
    stop_edge = np.concatenate([np.arange(m), np.arange(m), edge])
    stop_at = np.concatenate([np.zeros(m), shapely.length(edges), along])
    stop_vertex = np.concatenate([vertex, door])
    rank = np.concatenate([np.zeros(m), np.full(m, 2), np.ones(len(places))])
    order_of_stops = np.lexsort((stop_vertex, rank, stop_at, stop_edge))
    stop_edge, stop_at = stop_edge[order_of_stops], stop_at[order_of_stops]
    stop_vertex = stop_vertex[order_of_stops]
    step = stop_edge[1:] == stop_edge[:-1]
    start, end = stop_vertex[:-1][step], stop_vertex[1:][step]
    # two doors may share a spot; a stored zero would read as no edge
    length = np.maximum(np.diff(stop_at)[step], 1e-9)
    # both ways; of parallel streets between the same corners the shorter
    start, end, length = np.r_[start, end], np.r_[end, start], np.r_[length, length]
    keep = np.lexsort((length, end, start))
    start, end, length = start[keep], end[keep], length[keep]
    first = np.concatenate([[True], (np.diff(start) != 0) | (np.diff(end) != 0)])
    graph = csr_array((length[first], (start[first], end[first])), shape=(len(xy), len(xy)))
    _, component = connected_components(graph, directed=False)
    return Network(graph, xy[order], component, door, access)


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

    Notes
    -----
    Exact. Pairs that begin near one another are searched for together, in a
    window of the network around them; the few whose walk may leave it are asked
    again in a wider one. Time and memory follow the pairs, not the size of the city.
    """
    start, end = network.door[a_ix], network.door[b_ix]
    out = np.full(len(a_ix), np.inf)
    straight = np.hypot(*(network.xy[start] - network.xy[end]).T)
    joined = network.component[start] == network.component[end]
    pending = np.flatnonzero(joined & (straight <= _HORIZON_M))
    # how far around a pair to look: about as far as its ends lie apart, by powers of two
    wider = np.ceil(np.log2(np.maximum(straight / _REACH_M, 1.0))).astype(np.int64)
    scratch = np.full(len(network.xy), -1, np.int64)
    while len(pending):
        together = _neighbourhoods(network.xy[start[pending]], wider[pending])
        unsettled = []
        for rows in together:
            pairs = pending[rows]
            margin_m = _REACH_M * 2.0 ** wider[pairs[0]]
            metres, limit = _search(network, start[pairs], end[pairs], margin_m, scratch)
            settled = metres <= limit
            out[pairs[settled]] = metres[settled]
            # what lies beyond the horizon stays infinite
            unsettled.append(pairs[~settled & (limit < _HORIZON_M)])
        pending = np.concatenate(unsettled)
        wider[pending] += 1
    return out + network.access_m[a_ix] + network.access_m[b_ix]


def _neighbourhoods(xy: NDArray[np.float64], wider: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Group pairs that begin in one square of the map and look equally far around."""
    side_m = _SQUARE * _REACH_M * 2.0**wider
    key = np.column_stack([np.floor(xy / side_m[:, None]).astype(np.int64), wider])
    key -= key.min(axis=0)
    flat = np.ravel_multi_index(tuple(key.T), tuple(key.max(axis=0) + 1))
    _, group = np.unique(flat, return_inverse=True)
    return rows_by_label(group, int(group.max()) + 1)


def _search(
    network: Network,
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    margin_m: float,
    scratch: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measure paths in a window, and tell up to what length they are proven shortest.

    ``scratch`` (v,) holds -1 before and after. Returns metres and limit, (m,) each.
    """
    from scipy.sparse.csgraph import dijkstra

    # a path from s to t that leaves the window meets a vertex v outside it. No street is
    # shorter than the straight line, so the path is at least |sv| + |vt| long, which is
    # at least the way of s to the window's rim and that of t together. A path inside
    # that is no longer than this is therefore the shortest of the whole network
    from_xy, to_xy = network.xy[start], network.xy[end]
    low = np.minimum(from_xy.min(axis=0), to_xy.min(axis=0)) - margin_m
    high = np.maximum(from_xy.max(axis=0), to_xy.max(axis=0)) + margin_m
    to_rim = [np.minimum(xy - low, high - xy).min(axis=1) for xy in (from_xy, to_xy)]
    limit = np.minimum(to_rim[0] + to_rim[1], _HORIZON_M)

    window = slice(*np.searchsorted(network.xy[:, 0], (low[0], high[0])))
    north = network.xy[window, 1]
    inside = window.start + np.flatnonzero((north >= low[1]) & (north <= high[1]))
    graph = _cut_out(network.graph, inside, scratch)
    sources, source_ix = np.unique(np.searchsorted(inside, start), return_inverse=True)
    targets = np.searchsorted(inside, end)
    metres = np.empty(len(start))
    chunk = max(1, _ANSWER // len(inside))
    for begin in range(0, len(sources), chunk):
        paths = dijkstra(graph, indices=sources[begin : begin + chunk], limit=limit.max())
        rows = (source_ix >= begin) & (source_ix < begin + chunk)
        metres[rows] = paths[source_ix[rows] - begin, targets[rows]]
    return metres, limit


def _cut_out(graph: csr_array, inside: NDArray[np.int64], scratch: NDArray[np.int64]) -> csr_array:
    """Return the graph among some vertices, reading no more than their own edges.

    Slicing by columns would read as much as the graph has vertices.
    """
    from scipy.sparse import csr_array

    first, degree = graph.indptr[inside], graph.indptr[inside + 1] - graph.indptr[inside]
    row = np.repeat(np.arange(len(inside)), degree)
    edge = np.arange(len(row)) + np.repeat(first - np.cumsum(degree) + degree, degree)
    scratch[inside] = np.arange(len(inside))
    column = scratch[graph.indices[edge]]
    scratch[inside] = -1
    stays = column >= 0
    return csr_array(
        (graph.data[edge[stays]], (row[stays], column[stays])), shape=(len(inside), len(inside))
    )
