"""Cutting a map of pieces into k connected regions of about equal weight."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from geogrid.sources.sample.blocks import Edges

__all__ = ["PieceMap", "cut_regions", "map_pieces"]

_ANGLES = np.linspace(0.0, 2 * np.pi, 16, endpoint=False)


@dataclass(frozen=True)
class PieceMap:
    """Hold pieces of ground, their neighbours and what a border between them costs.

    Parameters
    ----------
    xy : ndarray, (n, 2)
        A point in each piece, metres.
    neighbours : list of dict
        For every piece, the cost of the border with each neighbour (metres of
        shared edge, less where a border is welcome).
    """

    xy: NDArray[np.float64]
    neighbours: list[dict[int, float]]

    def components(self, nodes: Iterable[int]) -> list[list[int]]:
        """Return the connected parts of a set of pieces, largest first."""
        left = set(nodes)
        parts = []
        for start in sorted(left):
            if start not in left:
                continue
            left.discard(start)
            part, stack = [start], [start]
            while stack:
                for j in self.neighbours[stack.pop()]:
                    if j in left:
                        left.discard(j)
                        part.append(j)
                        stack.append(j)
            parts.append(part)
        return sorted(parts, key=len, reverse=True)


def map_pieces(
    polygons: NDArray[np.object_],
    edges: Edges,
    cost: NDArray[np.float64] | None = None,
    *,
    min_border_m: float = 3.0,
) -> PieceMap:
    """Build the map of which pieces share an edge.

    Parameters
    ----------
    polygons : ndarray of Polygon, (n,)
        The pieces.
    edges : Edges
        Their edges.
    cost : ndarray, (m,), optional
        Factor on each edge's length; 1 by default. Edges of infinite cost
        join nothing.
    min_border_m : float
        Pieces are neighbours over at least so much shared edge.

    Returns
    -------
    PieceMap
        The neighbourhood.
    """
    n = len(polygons)
    factor = np.ones(len(edges.lines)) if cost is None else cost
    length = shapely.length(edges.lines)
    total: list[dict[int, float]] = [{} for _ in range(n)]
    shared: dict[tuple[int, int], list[float]] = {}
    for a, b, metres, f in zip(edges.left, edges.right, length, factor, strict=True):
        if a >= 0 and b >= 0 and a != b and np.isfinite(f):
            entry = shared.setdefault((int(min(a, b)), int(max(a, b))), [0.0, 0.0])
            entry[0] += metres
            entry[1] += metres * f
    for (a, b), (metres, weighted) in sorted(shared.items()):
        if metres >= min_border_m:
            total[a][b] = weighted
            total[b][a] = weighted
    points = shapely.get_coordinates(shapely.centroid(polygons))
    return PieceMap(points, total)


def cut_regions(
    pieces: PieceMap,
    nodes: Sequence[int],
    weight: NDArray[np.float64],
    k: int,
    *,
    border_weight: float = 1.0,
    lived_in: NDArray[np.bool_] | None = None,
) -> list[list[int]]:
    """Cut connected pieces into k connected regions by straight sweeps.

    Parameters
    ----------
    pieces : PieceMap
        Neighbourhood; ``nodes`` must be connected in it.
    nodes : sequence of int
        The pieces to share out.
    weight : ndarray, (n,)
        What is balanced, over all pieces.
    k : int
        Number of regions, at most ``len(nodes)``.
    border_weight : float
        How much a short border counts against a good balance.
    lived_in : ndarray of bool, (n,), optional
        Pieces of which every region needs one, where that can be had.

    Returns
    -------
    list of list of int
        The regions; each connected. Heuristic: at every level the best of 16
        sweep directions is taken.
    """
    if k <= 1 or len(nodes) < 2:
        return [list(nodes)]
    first = k // 2
    total = float(weight[list(nodes)].sum())
    scale = float(np.hypot(*(np.ptp(pieces.xy[list(nodes)], axis=0) + 1.0)))
    lived = np.ones(len(weight), dtype=bool) if lived_in is None else lived_in
    best: tuple[float, list[int], list[int]] | None = None
    for angle in _ANGLES:
        split = _sweep(pieces, nodes, weight, (first, k), angle)
        if split is None:
            continue
        one, rest = split
        off = abs(float(weight[one].sum()) - total * first / k) / (total / k + 1e-9)
        other = set(rest)
        border = sum(c for i in one for j, c in pieces.neighbours[i].items() if j in other)
        # a badly starved side is worse than its distance from the target says
        score = off + 2.0 * max(0.0, off - 0.4) + border_weight * border / scale
        # short of homes: only if nothing else is left
        score += 100.0 * max(0, first - int(lived[one].sum()))
        score += 100.0 * max(0, k - first - int(lived[rest].sum()))
        if best is None or score < best[0]:
            best = (score, one, rest)
    if best is None:
        # no sweep leaves both sides connected and large enough: peel single pieces off
        return _peel(pieces, nodes, k)
    return [
        region
        for side, n in ((best[1], first), (best[2], k - first))
        for region in cut_regions(
            pieces, side, weight, n, border_weight=border_weight, lived_in=lived_in
        )
    ]


def _sweep(
    pieces: PieceMap,
    nodes: Sequence[int],
    weight: NDArray[np.float64],
    share: tuple[int, int],
    angle: float,
) -> tuple[list[int], list[int]] | None:
    """Grow one side along a direction up to its share; both sides connected."""
    first, k = share
    along = pieces.xy @ np.array([np.cos(angle), np.sin(angle)])
    allowed = set(nodes)
    start = min(nodes, key=lambda i: (along[i], i))
    target = float(weight[list(nodes)].sum()) * first / k
    taken: list[int] = []
    inside: set[int] = set()
    seen = {start}
    heap = [(along[start], start)]
    heapify(heap)
    acc = 0.0
    while heap and len(taken) < len(nodes) - (k - first):
        _, i = heappop(heap)
        w = float(weight[i])
        if len(taken) >= first and acc + w / 2 > target:
            break
        taken.append(i)
        inside.add(i)
        acc += w
        for j in pieces.neighbours[i]:
            if j in allowed and j not in seen:
                seen.add(j)
                heappush(heap, (along[j], j))
    parts = pieces.components(allowed - inside)
    if not parts:
        return None
    # enclaves the sweep cut off go to the side that encloses them
    main = max(parts, key=lambda part: float(weight[part].sum()))
    for part in parts:
        if part is not main:
            taken += part
    if len(taken) < first or len(main) < k - first:
        return None
    return sorted(taken), sorted(main)


def _peel(pieces: PieceMap, nodes: Sequence[int], k: int) -> list[list[int]]:
    """Take single pieces off whose loss leaves the rest connected."""
    rest = list(nodes)
    regions: list[list[int]] = []
    while len(regions) < k - 1 and len(rest) > 1:
        for i in sorted(rest, key=lambda j: (len(pieces.neighbours[j]), j)):
            others = [j for j in rest if j != i]
            if len(pieces.components(others)) == 1:
                regions.append([i])
                rest = others
                break
        else:
            # only pieces that were never connected come here
            regions.append([rest.pop()])
    return [*regions, rest]
