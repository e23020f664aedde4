"""Graph: a district as cells, contiguity, walks and parts; what the solver takes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.errors import InputError, NotFoundError
from geogrid.space.barriers import CROSSING_RANK, barriers_of
from geogrid.space.cells import find_enclosures, tessellate
from geogrid.space.contiguity import find_neighbours
from geogrid.space.grouping import rows_by_label
from geogrid.space.walks import Network, build_network, walk_lengths

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.district import District

__all__ = ["ContiguityRules", "SpatialGraph", "build_graph"]

# walk over straight distance where no street is known (DESIGN section 3)
DETOUR = 1.3


@dataclass(frozen=True)
class ContiguityRules:
    """State when two courtyards count as neighbours.

    Parameters
    ----------
    min_border_m : float
        Shared border of their cells that is more than a point.
    max_link_m : float
        Longest walk from one to the other.
    barriers : tuple of str
        Kinds that stop a grid, from `CROSSING_RANK`.
    waivers : tuple of (str, str)
        Pairs of courtyard_id that may be joined over a barrier all the same.
    """

    min_border_m: float = 3.0
    max_link_m: float = 400.0
    barriers: tuple[str, ...] = ("rail", "arterial", "river", "wall", "coast")
    waivers: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        unknown = sorted({str(kind) for kind in self.barriers} - set(CROSSING_RANK))
        if unknown:
            msg = f"{', '.join(unknown)} is no kind of barrier; known: {', '.join(CROSSING_RANK)}."
            raise InputError(msg, barriers=unknown)
        if not (self.min_border_m >= 0 and 0 < self.max_link_m < math.inf):
            raise InputError("min_border_m must be >= 0 and max_link_m > 0 metres.")
        for pair in self.waivers:
            ids = pair if isinstance(pair, tuple) else ()
            if len(ids) != 2 or not all(type(i) is str for i in ids):
                msg = f'Waiver {pair!r} is no pair of courtyard ids; write ["C1", "C2"].'
                raise InputError(msg)


@dataclass(frozen=True)
class SpatialGraph:
    """Hold everything the solver and the plan need to know about space.

    Parameters
    ----------
    cells : GeoDataFrame, n rows
        ``courtyard_id`` and the cell, in the district's order.
    contiguity : DataFrame
        ``a_ix, b_ix, border_m, link_m, barrier, usable``.
    part_ix : (n,) int64
        Part of each courtyard, numbered by smallest row.
    part_ids : tuple of str
        Name of each part: community code, a dash, a number.
    walk_m : tuple of (p, p) float64
        Walks inside each part, in the order of its rows.
    n_straight : int
        Pairs whose walk follows straight links because no street joins them.
    node_ix : (n,) int64
        The first courtyard in the same spot (mostly itself): they are joined.
    places : (n,) Point
        Where walks begin. Metres.
    network : Network or None
        The streets with the places joined to them.
    rules : ContiguityRules
        What it was built by.
    """

    cells: gpd.GeoDataFrame
    contiguity: pd.DataFrame
    part_ix: NDArray[np.int64]
    part_ids: tuple[str, ...]
    walk_m: tuple[NDArray[np.float64], ...] = field(repr=False)
    n_straight: int
    node_ix: NDArray[np.int64]
    places: NDArray[np.object_] = field(repr=False)
    network: Network | None = field(repr=False)
    rules: ContiguityRules = field(repr=False)

    @cached_property
    def part_rows(self) -> list[NDArray[np.int64]]:
        """Return the courtyard rows of every part, ascending."""
        return rows_by_label(self.part_ix, len(self.part_ids))

    def walks_between(
        self, a_ix: NDArray[np.int64], b_ix: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return the walk of any pairs of courtyards, in metres; never infinite."""
        straight = shapely.distance(self.places[a_ix], self.places[b_ix]) * DETOUR
        if self.network is None:
            return np.asarray(straight)
        walk = walk_lengths(self.network, a_ix, b_ix)
        # the same spot is no walk, whatever its way to the street
        walk[self.node_ix[a_ix] == self.node_ix[b_ix]] = 0.0
        return np.where(np.isfinite(walk), walk, straight)

    def walks_inside(self, labels: NDArray[np.int64]) -> list[NDArray[np.float64]]:
        """Return the walks inside every grid of a layout, whatever parts it reaches over.

        Parameters
        ----------
        labels : (n,) int64
            Grid of each courtyard, in [0, k), every one used.

        Returns
        -------
        list of (m, m) float64, length k
            Metres between the courtyards of a grid, by ascending row; never infinite.
        """
        local = np.empty(len(self.part_ix), np.int64)
        for rows in self.part_rows:
            local[rows] = np.arange(len(rows))
        members = rows_by_label(labels, int(labels.max()) + 1)
        out, strewn = [], []
        for grid, rows in enumerate(members):
            part = self.part_ix[rows]
            if (part == part[0]).all():
                inner = local[rows]
                out.append(self.walk_m[part[0]][np.ix_(inner, inner)])
            else:
                out.append(np.zeros((len(rows), len(rows))))
                strewn.append(grid)
        if strewn:
            corners = [np.triu_indices(len(members[grid]), 1) for grid in strewn]
            a, b = _pairs([members[grid] for grid in strewn], corners)
            ends = np.cumsum([len(i) for i, _ in corners])[:-1]
            metres = np.split(self.walks_between(a, b), ends)
            for grid, (i, j), own in zip(strewn, corners, metres, strict=True):
                out[grid][i, j] = out[grid][j, i] = own
        return out


def build_graph(district: District, rules: ContiguityRules | None = None) -> SpatialGraph:
    """Turn a district's geometry into cells, contiguity, walks and parts.

    Parameters
    ----------
    district : District
        Courtyards, communities, roads or barriers, compounds.
    rules : ContiguityRules, optional
        When two courtyards count as neighbours.

    Returns
    -------
    SpatialGraph
        In the order of ``district.courtyards``.

    Raises
    ------
    TopologyError
        If a courtyard gets no land.
    NotFoundError
        If a waiver names a pair that is not contiguous, or of two communities.
    """
    rules = rules or ContiguityRules()
    courtyards = district.courtyards
    community = courtyards["community_code"].to_numpy()
    node_ix = _same_spot(courtyards.geometry.to_numpy(), community)
    nodes = np.unique(node_ix)
    single = courtyards.iloc[nodes].reset_index(drop=True)
    # what takes much memory while it is made comes before what takes much for good
    places = shapely.point_on_surface(courtyards.geometry.to_numpy())
    network = build_network(district["roads"], places)
    barriers = barriers_of(district, rules.barriers)
    enclosures = find_enclosures(single, district.communities, district["compounds"], barriers)
    cells = tessellate(single, enclosures)
    pairs = find_neighbours(single, cells, enclosures, barriers, max_link_m=rules.max_link_m)
    pairs = pairs.assign(a_ix=nodes[pairs["a_ix"]], b_ix=nodes[pairs["b_ix"]])

    a, b = pairs["a_ix"].to_numpy(), pairs["b_ix"].to_numpy()
    straight = pairs["straight_m"].to_numpy() * DETOUR
    link_m = straight if network is None else walk_lengths(network, a, b)
    # streets that do not meet leave no walk: take the straight link
    link_m = np.where(np.isfinite(link_m), link_m, straight)
    blocked = pairs["barrier"].notna().to_numpy()
    inside = community[a] == community[b]
    waived = _waived(
        courtyards["courtyard_id"].to_numpy(), a[inside], b[inside], rules.waivers, inside
    )
    usable = (
        inside
        & (link_m <= rules.max_link_m)
        & np.where(blocked, waived, pairs["border_m"].to_numpy() >= rules.min_border_m)
    )
    contiguity = pairs.assign(link_m=link_m, usable=usable.astype(np.int64))
    contiguity = _join_same_spot(contiguity.drop(columns="straight_m"), node_ix)
    part_ix, part_ids = _components(contiguity, community)
    members = rows_by_label(part_ix, len(part_ids))
    walks, n_straight = _part_walks(members, part_ix, contiguity, places, network)
    for rows, square in zip(members, walks, strict=True):
        spot = node_ix[rows]
        square[spot[:, None] == spot[None, :]] = 0.0
    return SpatialGraph(
        cells, contiguity, part_ix, part_ids, walks, n_straight, node_ix, places, network, rules
    )


def _same_spot(shapes: NDArray[np.object_], community: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return for each row the first of its community with the same geometry (to 1 cm)."""
    rounded = shapely.normalize(shapely.set_precision(shapes, 0.01))
    first: dict[tuple[bytes, str], int] = {}
    keys = zip(shapely.to_wkb(rounded), community, strict=True)
    return np.array([first.setdefault(key, row) for row, key in enumerate(keys)], np.int64)


def _join_same_spot(contiguity: pd.DataFrame, node_ix: NDArray[np.int64]) -> pd.DataFrame:
    """Add an edge from every courtyard that shares a spot to the first one there."""
    import pandas as pd

    double = np.flatnonzero(node_ix != np.arange(len(node_ix)))
    if not len(double):
        return contiguity
    joins = pd.DataFrame(
        {
            "a_ix": node_ix[double],
            "b_ix": double,
            "border_m": 0.0,
            "barrier": None,
            "link_m": 0.0,
            "usable": 1,
        }
    )
    return pd.concat([contiguity, joins.astype({"barrier": object})], ignore_index=True)


def _waived(
    ids: NDArray[np.object_],
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    waivers: tuple[tuple[str, str], ...],
    inside: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Return which pairs a waiver names, or refuse waivers that name none.

    ``a, b`` are the pairs inside one community, ``inside`` tells them among all.
    """
    out = np.zeros(len(inside), bool)
    if not waivers:
        return out
    names = {frozenset((ids[i], ids[j])): row for row, (i, j) in enumerate(zip(a, b, strict=True))}
    lost = [pair for pair in waivers if frozenset(pair) not in names]
    if lost:
        msg = (
            f"Waivers name pairs that do not face each other inside one community: "
            f"{'; '.join(' - '.join(p) for p in lost[:5])}; check the courtyard ids."
        )
        raise NotFoundError(msg, waivers=lost)
    out[np.flatnonzero(inside)[[names[frozenset(pair)] for pair in waivers]]] = True
    return out


def _components(
    contiguity: pd.DataFrame, community: NDArray[np.object_]
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return the part of each courtyard, numbered by smallest row, and the parts' names."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(community)
    used = contiguity[contiguity["usable"] == 1]
    links = (used["a_ix"].to_numpy(), used["b_ix"].to_numpy())
    graph = coo_array((np.ones(len(used)), links), shape=(n, n))
    _, component = connected_components(graph, directed=False)
    # by smallest row, so that names do not depend on scipy
    _, first = np.unique(component, return_index=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    serial: dict[str, int] = {}
    names = []
    for row in np.sort(first):
        code = str(community[row])
        serial[code] = serial.get(code, 0) + 1
        names.append(f"{code}-{serial[code]}")
    return rank[component], tuple(names)


def _pairs(
    members: Sequence[NDArray[np.int64]], corners: Sequence[tuple[NDArray[np.int64], ...]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs inside groups of rows, group by group; ``corners`` are `triu_indices`."""
    a = [rows[i] for rows, (i, _) in zip(members, corners, strict=True)]
    b = [rows[j] for rows, (_, j) in zip(members, corners, strict=True)]
    return np.concatenate(a), np.concatenate(b)


def _part_walks(
    members: list[NDArray[np.int64]],
    part_ix: NDArray[np.int64],
    contiguity: pd.DataFrame,
    places: NDArray[np.object_],
    network: Network | None,
) -> tuple[tuple[NDArray[np.float64], ...], int]:
    """Measure all walks inside every part, on streets or by straight links."""
    used = contiguity.loc[contiguity["usable"] == 1, ["a_ix", "b_ix"]].to_numpy()
    links = rows_by_label(part_ix[used[:, 0]], len(members))
    corners = [np.triu_indices(len(rows), 1) for rows in members]
    a, b = _pairs(members, corners)
    metres = walk_lengths(network, a, b) if network is not None else np.full(len(a), np.inf)
    walks, n_straight, begin = [], 0, 0
    for rows, link, (i, j) in zip(members, links, corners, strict=True):
        own = metres[begin : begin + len(i)]
        begin += len(i)
        square = np.zeros((len(rows), len(rows)))
        missing = ~np.isfinite(own)
        if missing.any():
            n_straight += int(missing.sum())
            own = np.where(missing, _straight_walks(rows, used[link], places)[i, j], own)
        square[i, j] = square[j, i] = own
        walks.append(square)
    return tuple(walks), n_straight


def _straight_walks(
    rows: NDArray[np.int64], links: NDArray[np.int64], places: NDArray[np.object_]
) -> NDArray[np.float64]:
    """Return walks along the straight links (m, 2) of one part, times the detour."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    a, b = np.searchsorted(rows, links).T
    length = shapely.distance(places[rows[a]], places[rows[b]]) * DETOUR
    graph = coo_array((np.maximum(length, 1e-9), (a, b)), shape=(len(rows), len(rows)))
    out: NDArray[np.float64] = dijkstra(graph, directed=False)
    return out
