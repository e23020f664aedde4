"""Districts: what is measured, as plain arrays.

A `Case` holds the parts, the place of every unit and the number of grids; it
travels to the measured processes as one npz file. Real districts come through
geogrid's own graph; synthetic ones are drawn here and resemble no real place.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from scipy.spatial import Delaunay

from geogrid.solve.parts import Part

ROOT = Path(__file__).resolve().parents[2]
# the size of Shinan: courtyards, parts between barriers, courtyards in the largest, grids
UNITS, PARTS, LARGEST, GRIDS = 1418, 74, 60, 349
SPACING_M = 90.0
HOUSEHOLDS, SIGMA = 82.0, 0.45
# people walk round corners: usual ratio of walk to straight line in dense towns
DETOUR = 1.3
# no border between neighbours whose centres are further apart, in spacings
FAR = 1.9
# share of the other borders that a wall or a road closes
CLOSED = 0.1
# parts stand apart on one plane
BLOCK_M = 2000.0


@dataclass(frozen=True)
class Case:
    """Hold one district to measure.

    Parameters
    ----------
    name : str
        What the tables call it.
    parts : list of Part
        Together they hold rows 0 .. n - 1.
    xy : (n, 2) float64
        Place of each unit, planar metres; what peers that cluster attributes get.
    k : int
        Number of grids.
    graph_cpu_s : float
        CPU seconds that geogrid spent on cells, contiguity and walks; 0 if drawn as arrays.
    """

    name: str
    parts: list[Part]
    xy: np.ndarray
    k: int
    graph_cpu_s: float = 0.0

    @property
    def target(self) -> float:
        """Return the households per grid."""
        return sum(p.total for p in self.parts) / self.k

    def save(self, path: Path) -> None:
        """Write everything as flat arrays."""
        np.savez(
            path,
            name=self.name,
            k=self.k,
            xy=self.xy,
            graph_cpu_s=self.graph_cpu_s,
            n_units=[p.n for p in self.parts],
            n_edges=[len(p.edges) for p in self.parts],
            units=np.concatenate([p.units for p in self.parts]),
            weights=np.concatenate([p.weights for p in self.parts]),
            edges=np.concatenate([p.edges.reshape(-1, 2) for p in self.parts]),
            distance=np.concatenate([p.distance.ravel() for p in self.parts]),
        )

    @classmethod
    def load(cls, path: Path) -> Case:
        """Read what `save` wrote."""
        with np.load(path) as held:
            n = held["n_units"]
            ends = np.cumsum(n)[:-1]
            units = np.split(held["units"], ends)
            weights = np.split(held["weights"], ends)
            edges = np.split(held["edges"], np.cumsum(held["n_edges"])[:-1])
            walks = np.split(held["distance"], np.cumsum(n**2)[:-1])
            parts = [
                Part(u, w, e, d.reshape(len(u), len(u)))
                for u, w, e, d in zip(units, weights, edges, walks, strict=True)
            ]
            return cls(
                str(held["name"]), parts, held["xy"], int(held["k"]), float(held["graph_cpu_s"])
            )


def sample() -> Case:
    """Return the synthetic sample that ships with geogrid, as the solver sees it."""
    from geogrid.sources.sample import make_sample

    return _from_district(make_sample(), "sample", GRIDS)


def huangpu() -> Case | None:
    """Return Huangpu in Shanghai, or None where its data is not at hand."""
    shared = Path(os.environ.get("GEOGRID_SHARED_DATA", ROOT.parent / "shared" / "data"))
    path = shared / "osm-shanghai-huangpu" / "shanghai_huangpu_osm.gpkg"
    if not path.exists():
        return None
    from geogrid.sources.osm import district_from_osm, read_osm_geopackage

    district = district_from_osm(read_osm_geopackage(path), name="Shanghai Huangpu")
    # as many courtyards a grid as in Shinan
    k = round(len(district.courtyards) * GRIDS / UNITS)
    return _from_district(district, "Shanghai Huangpu", k)


def _from_district(district, name, k):
    """Return a district's parts and places; count the CPU seconds of the graph."""
    from geogrid.governance.problem import make_problem
    from geogrid.governance.rules import LayoutRules

    started = time.process_time()
    problem = make_problem(district, rules=LayoutRules())
    graph_cpu_s = time.process_time() - started
    places = district.courtyards.geometry.representative_point()
    xy = np.stack([places.x, places.y], axis=1)[problem.nodes]
    return Case(name, problem.parts, xy, max(k, len(problem.parts)), graph_cpu_s)


def synthetic(scale: int, rng: np.random.Generator) -> Case:
    """Draw a district of `scale` times 1,418 units in 74 parts, for 349 grids.

    Parameters
    ----------
    scale : int
        1 has the size of Shinan, 10 and 100 that of a city.
    rng : Generator
        The only source of chance.

    Returns
    -------
    Case
        Parts have 2 to 60 units with a gamma(2) spread; units stand 90 m apart on a
        shaken hexagonal lattice with gaps; borders are Delaunay edges shorter than
        1.9 spacings, less a tenth, more a spanning tree, so planar and connected;
        walks are shortest paths along them times 1.3; households are lognormal with
        mean 82 and sigma 0.45, within 20 and 300.
    """
    sizes = _sizes(UNITS * scale, PARTS * scale, rng)
    n_columns = int(np.ceil(np.sqrt(len(sizes))))
    spread = rng.normal(np.log(HOUSEHOLDS) - SIGMA**2 / 2, SIGMA, sizes.sum())
    households = np.exp(spread).round().clip(20, 300)
    ends = np.cumsum(sizes)
    parts, places = [], []
    for i, (n, end) in enumerate(zip(sizes.tolist(), ends.tolist(), strict=True)):
        xy = _places(n, rng)
        edges, length = _borders(xy, rng)
        links = coo_array((length * DETOUR, (edges[:, 0], edges[:, 1])), shape=(n, n))
        walk = dijkstra(links.tocsr(), directed=False)
        # a path summed from its other end may differ in the last bit
        walk = np.minimum(walk, walk.T)
        parts.append(Part(np.arange(end - n, end), households[end - n : end], edges, walk))
        places.append(xy + BLOCK_M * np.array(divmod(i, n_columns)))
    return Case(f"synthetic {scale}x", parts, np.concatenate(places), GRIDS * scale)


def _sizes(n_units, n_parts, rng):
    """Draw the units of each part: 2 to 60, the largest just 60, adding up."""
    drawn = rng.gamma(2, 1, n_parts)
    sizes = np.clip(np.round(drawn / drawn.sum() * n_units), 2, LARGEST).astype(np.int64)
    fixed = int(np.argmax(sizes))
    sizes[fixed] = LARGEST
    while missing := n_units - int(sizes.sum()):
        open_ = sizes < LARGEST if missing > 0 else sizes > 2
        open_[fixed] = False
        rows = np.flatnonzero(open_)
        sizes[rng.choice(rows, min(abs(missing), len(rows)), replace=False)] += np.sign(missing)
    return sizes


def _places(n, rng):
    """Draw n places: an oval patch of a hexagonal lattice, with gaps, shaken."""
    reach = int(np.ceil(np.sqrt(2 * n))) + 2
    row, column = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    lattice = np.stack([column + 0.5 * (row % 2), row * np.sqrt(0.75)], axis=-1).reshape(-1, 2)
    lattice += rng.random(2)
    stretch = rng.uniform(1, 2)
    nearest = np.argsort(np.hypot(lattice[:, 0] / stretch, lattice[:, 1]), kind="stable")
    sites = lattice[nearest[: int(np.ceil(1.2 * n))]]
    kept = np.sort(rng.permutation(len(sites))[:n])
    return (sites[kept] + rng.uniform(-0.3, 0.3, (n, 2))) * SPACING_M


def _borders(xy, rng):
    """Return sorted pairs of neighbours and the metres between them."""
    n = len(xy)
    if n < 4:
        order = np.argsort(xy[:, 0])
        edges = np.sort(np.stack([order[:-1], order[1:]], axis=1), axis=1)
        return edges, np.hypot(*(xy[edges[:, 0]] - xy[edges[:, 1]]).T)
    corners = Delaunay(xy).simplices
    edges = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), 1)
    edges = np.unique(edges, axis=0).astype(np.int64)
    length = np.hypot(*(xy[edges[:, 0]] - xy[edges[:, 1]]).T)
    tree = minimum_spanning_tree(coo_array((length, (edges[:, 0], edges[:, 1])), shape=(n, n)))
    row, column = tree.nonzero()
    spanning = np.isin(edges @ (n, 1), np.sort(np.stack([row, column], axis=1), 1) @ (n, 1))
    kept = spanning | ((length < FAR * SPACING_M) & (rng.random(len(edges)) >= CLOSED))
    return edges[kept], length[kept]
