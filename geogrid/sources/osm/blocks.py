"""Cut the land into street blocks, and put blocks together to communities."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import shapely
    from numpy.typing import NDArray

__all__ = ["border_ranks", "cut_blocks", "join_blocks", "reach_frame"]

# drawing noise below this is snapped together before the land is cut
_GRID_M = 0.05
# shorter common borders make no neighbours
_BORDER_M = 5.0
# how near a line must run to a border to be that border
_ALONG_M = 1.0
# a community holds at least and at most so many courtyards, where barriers allow it
_FEWEST = 15
_MOST = 60
# streets one may cross inside a community, then those that only a small one crosses
_STREETS = (0, 1)
_BARRIERS = (2, 3)


def reach_frame(
    lines: NDArray[np.object_], frame: shapely.Geometry, reach_m: float
) -> NDArray[np.object_]:
    """Lead lines that end near the frame on to it, where the data was cut.

    Parameters
    ----------
    lines : (n,) LineString
        Streets, metres.
    frame : Polygon
        What they should reach.
    reach_m : float
        Ends at most this far from the frame are led on.

    Returns
    -------
    (n,) LineString or MultiLineString
        The lines, with straight pieces added at loose ends.
    """
    import numpy as np
    import shapely

    edge = shapely.boundary(frame)
    starts, ends = shapely.get_point(lines, 0), shapely.get_point(lines, -1)
    tree = shapely.STRtree(lines)
    reached = lines.copy()
    for tips in (starts, ends):
        near = (shapely.distance(tips, edge) <= reach_m).nonzero()[0]
        ix, _ = tree.query(tips[near], predicate="dwithin", distance=_ALONG_M)
        loose = near[np.bincount(ix, minlength=len(near)) == 1]
        pieces = shapely.shortest_line(tips[loose], edge)
        reached[loose] = shapely.union(reached[loose], pieces)
    return reached


def cut_blocks(
    lines: NDArray[np.object_], water: NDArray[np.object_], frame: shapely.Geometry
) -> NDArray[np.object_]:
    """Cut the land within a frame along lines; water is no land.

    Parameters
    ----------
    lines : array of LineString
        Streets, railways and river lines, metres.
    water : array of Polygon
        Water areas.
    frame : Polygon
        Where to cut.

    Returns
    -------
    array of Polygon
        Faces without overlap that share their vertices, west to east within
        south to north.
    """
    import numpy as np
    import shapely

    sea = shapely.union_all(water, grid_size=_GRID_M) if len(water) else shapely.Polygon()
    edges = [*lines, shapely.boundary(sea), shapely.boundary(frame)]
    noded = shapely.union_all(shapely.intersection(edges, frame), grid_size=_GRID_M)
    lines_only = [part for part in shapely.get_parts(noded) if part.geom_type == "LineString"]
    faces = shapely.get_parts(shapely.polygonize(lines_only))
    inner = shapely.point_on_surface(faces)
    shapely.prepare(sea)
    faces, inner = faces[~shapely.intersects(sea, inner)], inner[~shapely.intersects(sea, inner)]
    return np.asarray(faces[np.lexsort((shapely.get_x(inner), shapely.get_y(inner)))])


def border_ranks(
    blocks: NDArray[np.object_], ranked: Iterable[NDArray[np.object_]]
) -> dict[tuple[int, int], tuple[int, float]]:
    """Find neighbouring blocks, and what kind of line runs between them.

    Parameters
    ----------
    blocks : array of Polygon, n
        From `cut_blocks`.
    ranked : iterable of array of LineString
        Lines by rank, the weakest first: rank 0 is what none of them covers,
        rank r + 1 the r-th array.

    Returns
    -------
    dict of (int, int) to (int, float)
        For a < b that share at least 5 m: the rank of the strongest line
        along most of the border, and the border's length in metres.
    """
    import shapely

    left, right = shapely.STRtree(blocks).query(blocks, predicate="intersects")
    keep = left < right
    left, right = left[keep], right[keep]
    shared = shapely.intersection(blocks[left], blocks[right])
    long = shapely.length(shared) >= _BORDER_M
    left, right, shared = left[long], right[long], shared[long]
    rank = [0] * len(shared)
    for number, lines in enumerate(ranked, start=1):
        if not len(lines):
            continue
        band = shapely.buffer(shapely.union_all(lines), _ALONG_M)
        shapely.prepare(band)
        covered = shapely.length(shapely.intersection(shared, band))
        for ix in (covered >= shapely.length(shared) / 2).nonzero()[0]:
            rank[ix] = number
    borders = zip(left, right, rank, shapely.length(shared), strict=True)
    return {(int(a), int(b)): (r, float(m)) for a, b, r, m in borders}


def join_blocks(
    counts: NDArray[np.int64], borders: dict[tuple[int, int], tuple[int, float]]
) -> NDArray[np.int64]:
    """Join blocks to communities of 15 to 60 courtyards, over streets before barriers.

    Parameters
    ----------
    counts : (n,) int
        Courtyards in each block.
    borders : dict
        From `border_ranks`; ranks 0 and 1 are streets, 2 and 3 barriers.

    Returns
    -------
    (n,) int
        Community of each block, connected, numbered by their first block; -1
        for land that is in none.

    Notes
    -----
    Greedy, the smallest first. Within a face of arterials, railways and rivers
    blocks are joined while the sum is at most 60; a community that stays below
    15 is then joined over a barrier. Land without courtyards goes to the
    neighbour with the longest border.
    """
    import numpy as np

    merging = _Merging(counts, borders)
    for rank in _STREETS:
        merging.run(rank, below=_MOST)
    # the strip between two carriageways would keep their sides apart
    merging.attach_empty()
    for rank in (*_STREETS, *_BARRIERS):
        merging.run(rank, below=_FEWEST)
    labels = np.array([merging.home(n) for n in range(len(counts))], dtype=np.int64)
    filled = {int(label) for label in labels if merging.counts[label] > 0}
    numbers = {label: n for n, label in enumerate(sorted(filled))}
    return np.array([numbers.get(int(label), -1) for label in labels], dtype=np.int64)


class _Merging:
    """Hold groups of blocks while they grow."""

    def __init__(
        self, counts: NDArray[np.int64], borders: dict[tuple[int, int], tuple[int, float]]
    ) -> None:
        self.counts = {n: int(count) for n, count in enumerate(counts)}
        self._parent = list(range(len(counts)))
        self._borders: dict[int, dict[int, dict[int, float]]] = defaultdict(dict)
        for (a, b), (rank, length) in borders.items():
            self._borders[a][b] = {rank: length}
            self._borders[b][a] = {rank: length}

    def home(self, n: int) -> int:
        """Follow a block to its group, which is its smallest member."""
        while self._parent[n] != n:
            n = self._parent[n]
        return n

    def run(self, rank: int, *, below: int) -> None:
        """Join groups smaller than ``below`` over borders of one rank, the smallest first."""
        waiting = {n for n, count in self.counts.items() if 0 < count < below}
        while waiting:
            n = min(waiting, key=lambda g: (self.counts[g], g))
            near = self._borders[n]
            fits = [
                g
                for g, ranks in near.items()
                if rank in ranks and self.counts[g] and self.counts[g] + self.counts[n] <= _MOST
            ]
            if not fits:
                waiting.discard(n)
                continue
            partner = max(fits, key=lambda g: (near[g][rank], -g))
            waiting -= {n, partner}
            joined = self._join(n, partner)
            if self.counts[joined] < below:
                waiting.add(joined)

    def attach_empty(self) -> None:
        """Give land without courtyards to the neighbour with the longest border."""
        grown = True
        while grown:
            grown = False
            for n in sorted(g for g, count in self.counts.items() if count == 0):
                near = {
                    g: sum(ranks.values())
                    for g, ranks in self._borders[n].items()
                    if self.counts[g] > 0
                }
                if near:
                    self._join(n, max(near, key=lambda g: (near[g], -g)))
                    grown = True

    def _join(self, a: int, b: int) -> int:
        """Join two groups; the smaller number stands for both."""
        kept, gone = min(a, b), max(a, b)
        self._parent[gone] = kept
        self.counts[kept] += self.counts.pop(gone)
        for other, ranks in self._borders.pop(gone).items():
            self._borders[other].pop(gone)
            if other == kept:
                continue
            known: dict[int, Any] = self._borders[kept].setdefault(other, {})
            for rank, length in ranks.items():
                known[rank] = known.get(rank, 0.0) + length
            self._borders[other][kept] = known
        return kept
