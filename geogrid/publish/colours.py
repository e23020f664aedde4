"""Colours of the map: neighbours that differ, and classes that read at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.crs import require_metric

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = [
    "DEVIATION_BREAKS",
    "DEVIATION_COLOURS",
    "PALETTE",
    "WALK_COLOURS",
    "adjacent_pairs",
    "colour_graph",
    "grid_colours",
    "walk_breaks",
]

# seven calm colours after Paul Tol's "light" scheme, which people with any
# colour vision tell apart; the last three are for maps that seven cannot colour
PALETTE = (
    "#8fb8de",
    "#a5d6a0",
    "#f2dc8c",
    "#f0a98b",
    "#c9b3dc",
    "#7fcbc0",
    "#f5b9c6",
    "#cdd17a",
    "#d9c2a3",
    "#b8c4ce",
)
CALM = 7

# households against the target: from far fewer (blue) to far more (brown);
# a fifth of the target is about the range in which real grids lie (DOMAIN section 3)
DEVIATION_BREAKS = (-0.30, -0.15, -0.05, 0.05, 0.15, 0.30)
DEVIATION_COLOURS = ("#3b7ab5", "#83b3d8", "#c5dcec", "#ece6d3", "#f6d9ae", "#e6a562", "#b8692a")

WALK_COLOURS = ("#e3f0d8", "#b5dcc0", "#7cbfb4", "#48939f", "#2c637f")


def adjacent_pairs(frame: gpd.GeoDataFrame, *, reach_m: float = 25.0) -> NDArray[np.intp]:
    """List the pairs of rows that lie beside each other or across a street.

    Parameters
    ----------
    frame : GeoDataFrame, n rows
        Polygons in a metric CRS.
    reach_m : float
        Each polygon is thought to be this much larger all around, metres.

    Returns
    -------
    ndarray of int, shape (m, 2)
        Row numbers, first < second, sorted.

    Raises
    ------
    CrsError
        If the CRS is not metric.
    """
    import shapely

    require_metric(frame.crs, what="gov_grids")
    shapes = np.asarray(frame.geometry.array, dtype=object)
    tree = shapely.STRtree(shapes)
    pairs = tree.query(shapes, predicate="dwithin", distance=2 * reach_m).T
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def colour_graph(n: int, pairs: NDArray[np.intp], *, n_colours: int = CALM) -> NDArray[np.intp]:
    """Colour a graph so that neighbours differ (DSATUR).

    Nodes are taken by saturation, then degree, then number, so that the same
    graph always gets the same colours. Each takes the colour used least so
    far among those its neighbours leave, which spreads the colours evenly.

    Parameters
    ----------
    n : int
        Number of nodes.
    pairs : ndarray of int, shape (m, 2)
        Edges.
    n_colours : int
        Colours to spread over; more are used only where these do not do.

    Returns
    -------
    ndarray of int, shape (n,)
        Colour of each node, from 0.

    References
    ----------
    Brelaz (1979), New methods to color the vertices of a graph,
    doi:10.1145/359094.359101.

    Examples
    --------
    >>> import numpy as np
    >>> colour_graph(3, np.array([[0, 1], [1, 2]]), n_colours=2).tolist()
    [1, 0, 1]
    """
    neighbours: list[list[int]] = [[] for _ in range(n)]
    for a, b in pairs.tolist():
        neighbours[a].append(b)
        neighbours[b].append(a)
    colours = np.full(n, -1, dtype=np.intp)
    taken: list[set[int]] = [set() for _ in range(n)]
    used = [0] * n_colours
    waiting = set(range(n))
    while waiting:
        node = min(waiting, key=lambda i: (-len(taken[i]), -len(neighbours[i]), i))
        waiting.remove(node)
        free = [c for c in range(len(used)) if c not in taken[node]]
        if not free:
            used.append(0)
            free = [len(used) - 1]
        # a colour beyond those asked for is the last resort
        calm = [c for c in free if c < n_colours] or free
        colour = min(calm, key=lambda c: (used[c], c))
        colours[node] = colour
        used[colour] += 1
        for other in neighbours[node]:
            taken[other].add(colour)
    return colours


def grid_colours(grids: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """Give each grid a colour of `PALETTE` that none of its neighbours has.

    Parameters
    ----------
    grids : GeoDataFrame, n rows
        Footprints in a metric CRS.

    Returns
    -------
    ndarray of int, shape (n,)
        Index into `PALETTE`. Grids across a street count as neighbours, as
        long as the palette has colours enough; those that touch always do.
    """
    colours = np.zeros(len(grids), dtype=np.intp)
    for reach_m in (25.0, 10.0, 0.0):
        colours = colour_graph(len(grids), adjacent_pairs(grids, reach_m=reach_m))
        if colours.size == 0 or int(colours.max()) < len(PALETTE):
            break
    return np.minimum(colours, len(PALETTE) - 1)


def walk_breaks(walks_m: NDArray[np.float64]) -> tuple[int, ...]:
    """Choose four round limits that share the grids out about evenly.

    Parameters
    ----------
    walks_m : ndarray of float, shape (n,)
        Mean walk of each grid, metres; NaN is passed over.

    Returns
    -------
    tuple of int
        At most four limits, ascending, in tens of metres.

    Examples
    --------
    >>> import numpy as np
    >>> walk_breaks(np.arange(0.0, 200.0))
    (40, 80, 120, 160)
    """
    known = walks_m[np.isfinite(walks_m)]
    if known.size == 0:
        return ()
    cuts = np.quantile(known, [0.2, 0.4, 0.6, 0.8])
    return tuple(sorted({max(10, round(float(cut) / 10) * 10) for cut in cuts}))
