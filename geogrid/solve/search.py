"""Search: good covers of parts whose regions are too many to list.

Seeded annealing from many starts, then the best choice among all regions met
(a set partition over them), then exact re-solving of small neighbourhoods.
Nothing found here is claimed optimal; the bound is a valid one of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import SolverError
from geogrid.solve.apportion import largest_remainder
from geogrid.solve.columns import Columns, columns_of_sets, enumerate_columns
from geogrid.solve.master import Master, Packing
from geogrid.solve.parts import Part
from geogrid.solve.study import Study, possible_ks
from geogrid.solve.terms import apply_rules, local_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.solve.options import PartitionRules

__all__ = ["SearchStudy", "open_search"]

# annealing runs per number of regions, and tries per unit in each
_RUNS = 16
_TRIES_PER_UNIT = 2500
# metres that a household outside the band costs while annealing: dearer than any walk
_OUTSIDE_M = 3000.0
# a neighbourhood re-solved exactly: units at most, and regions of it that may be listed
_NEAR_UNITS = 26
_NEAR_COLUMNS = 60_000
_BOUND_ROUNDS = 150


@dataclass
class SearchStudy(Study):
    """Hold what a search knows of one part; the same questions as for a `Study`.

    Parameters
    ----------
    rules : PartitionRules
        What regions must obey.
    target : float
        T.
    claimable : (c,) int64
        Old regions that this part may carry on.
    seed : int
        Of the whole search.
    """

    rules: PartitionRules = field(kw_only=True)
    target: float = field(kw_only=True)
    claimable: NDArray[np.int64] = field(kw_only=True)
    seed: int = field(kw_only=True)
    met: dict[bytes, NDArray[np.int64]] = field(default_factory=dict)
    bounds: dict[int, float] = field(default_factory=dict)
    is_exact = False

    def relax(self, k: int) -> None:
        """Do nothing: a search learns by packing."""

    def pack(self, k: int) -> Packing:
        """Return the best cover found for k regions, searching at most once."""
        if k not in self.packed:
            self.packed[k] = self._search(k)
        return self.packed[k]

    def regions(self, k: int) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
        """Return the regions found for k, and their medoids, in local numbers."""
        return self.covers[k]

    def bound(self, k: int) -> float:
        """Return a valid lower bound for k regions: the best medoids, perfect balance."""
        if k not in self.bounds:
            walk = _median_bound(self.part, k)
            off = (self.part.total / k - self.target) / self.target
            self.bounds[k] = walk + k * self.rules.balance_m * self.target * off**2
        return self.bounds[k]

    def guess(self, k: int) -> float:
        """Return what k regions cost, or likely cost as long as none were looked for."""
        if k in self.packed:
            return self.packed[k].cost
        known = [j for j, p in self.packed.items() if math.isfinite(p.cost)]
        if not known:
            return self.bound(k)
        near = min(known, key=lambda j: abs(j - k))

        def balance(j: int) -> float:
            off = (self.part.total / j - self.target) / self.target
            return j * self.rules.balance_m * self.target * off**2

        # walks shrink as regions do: by the root of their number
        walk = max(0.0, self.packed[near].cost - balance(near))
        return walk * math.sqrt(near / k) + balance(k)

    covers: dict[int, tuple[list[NDArray[np.int64]], NDArray[np.int64]]] = field(
        default_factory=dict
    )

    # ------------------------------------------------------------------ search

    def _search(self, k: int) -> Packing:
        """Anneal, choose among all regions met, mend by exact neighbourhoods."""
        for label in _annealed(self.part, k, self.rules, self.band, self.target, self.seed):
            for region in range(k):
                rows = np.flatnonzero(label == region)
                self.met.setdefault(rows.astype(np.int16).tobytes(), rows)
        low, high = self.band
        pool = columns_of_sets(
            self.part,
            [self.met[key] for key in sorted(self.met)],
            target=self.target,
            balance_m=self.rules.balance_m,
        )
        slack = 1e-9 * (1.0 + self.part.total)
        fits = (pool.weight >= low * self.target - slack) & (
            pool.weight <= high * self.target + slack
        )
        pool = apply_rules(
            pool.take(np.flatnonzero(fits)),
            self.part,
            self.rules,
            target=self.target,
            claimable=self.claimable,
        )
        if not len(pool):
            return Packing(np.inf, np.zeros(0, np.int64))
        packing = Master(self.part, pool).certify(k)
        if not math.isfinite(packing.cost):
            return packing
        chosen = [pool.units_of(int(c)) for c in packing.columns]
        cost = packing.cost
        if self.rules.moved_m == 0:
            chosen, cost = self._mend(chosen, cost)
        own = columns_of_sets(self.part, chosen, target=self.target, balance_m=self.rules.balance_m)
        self.covers[k] = (chosen, own.medoid.astype(np.int64))
        return Packing(cost, np.arange(len(chosen)))

    def _mend(
        self, regions: list[NDArray[np.int64]], cost: float
    ) -> tuple[list[NDArray[np.int64]], float]:
        """Re-solve neighbourhoods exactly until none gets cheaper."""
        label = np.zeros(self.part.n, np.int64)
        regions = list(regions)
        for r, rows in enumerate(regions):
            label[rows] = r
        touch = self._touching(label, len(regions))
        stale = set(range(len(regions)))
        while stale:
            centre = min(stale)
            stale.discard(centre)
            group = self._around(centre, touch, regions)
            if len(group) < 2:
                continue
            gain, better = self._resolve([regions[g] for g in group])
            if gain <= 1e-7 * (1.0 + cost):
                continue
            cost -= gain
            for g, rows in zip(group, better, strict=True):
                regions[g] = rows
                label[rows] = g
            touch = self._touching(label, len(regions))
            for g in group:
                stale |= touch[g] | {g}
        return regions, cost

    def _touching(self, label: NDArray[np.int64], k: int) -> list[set[int]]:
        """Return which regions each region touches."""
        touch: list[set[int]] = [set() for _ in range(k)]
        for a, b in np.unique(np.sort(label[self.part.edges], axis=1), axis=0):
            if a != b:
                touch[a].add(int(b))
                touch[b].add(int(a))
        return touch

    def _around(
        self, centre: int, touch: list[set[int]], regions: list[NDArray[np.int64]]
    ) -> list[int]:
        """Return a region and its neighbours, nearest first, as far as they are few units."""
        heart = regions[centre][0]
        ring = sorted(touch[centre], key=lambda r: (self.part.distance[heart, regions[r][0]], r))
        group, units = [centre], len(regions[centre])
        for region in ring:
            if units + len(regions[region]) <= _NEAR_UNITS:
                group.append(region)
                units += len(regions[region])
        return sorted(group)

    def _resolve(self, regions: list[NDArray[np.int64]]) -> tuple[float, list[NDArray[np.int64]]]:
        """Return how much cheaper a neighbourhood can be had, and how."""
        rows = np.sort(np.concatenate(regions))
        local = np.full(self.part.n, -1, np.int64)
        local[rows] = np.arange(len(rows))
        inner = local[self.part.edges]
        near = Part(
            self.part.units[rows],
            self.part.weights[rows],
            inner[(inner >= 0).all(axis=1)],
            self.part.distance[np.ix_(rows, rows)],
        )
        low, high = self.band
        try:
            pool = enumerate_columns(
                near,
                low=low * self.target,
                high=high * self.target,
                target=self.target,
                balance_m=self.rules.balance_m,
                limit=_NEAR_COLUMNS,
            )
        except SolverError:
            return 0.0, regions
        pool = self._priced(near, pool)
        now = self._priced(
            near,
            columns_of_sets(
                near,
                [local[r] for r in regions],
                target=self.target,
                balance_m=self.rules.balance_m,
            ),
        )
        found = Master(near, pool).certify(len(regions))
        gain = float(now.cost.sum()) - found.cost
        return gain, [rows[pool.units_of(int(c))] for c in found.columns]

    def _priced(self, part: Part, pool: Columns) -> Columns:
        return apply_rules(
            pool, part, self.rules, target=self.target, claimable=np.zeros(0, np.int64)
        )


def open_search(
    part: Part,
    *,
    rules: PartitionRules,
    target: float,
    claimable: NDArray[np.int64],
    seed: int,
    why: str,
) -> SearchStudy:
    """Open a part for searching, in the narrowest band in which a cover is found.

    Parameters
    ----------
    part : Part
        The problem.
    rules : PartitionRules
        What regions must obey.
    target : float
        T.
    claimable : (c,) int64
        Old regions that this part may carry on.
    seed : int
        Same seed, same cover.
    why : str
        Why the part is searched instead of listed.

    Returns
    -------
    SearchStudy
        With at least one k for which a cover was found.

    Raises
    ------
    SolverError
        If no cover was found in any band; one may exist all the same.
    """
    ladder = rules.ladder()
    for low, high in ladder:
        ks = possible_ks(part, low * target, high * target, rules)
        if not ks:
            continue
        likely = min(max(round(part.total / target), ks[0]), ks[-1])
        reason = why
        if (low, high) != ladder[0]:
            reason += f"; no cover was found in [{rules.low:g}, {rules.high:g}] T"
        study = SearchStudy(
            part=part,
            master=Master(part, columns_of_sets(part, [], target=target, balance_m=0.0)),
            band=(low, high),
            reason=reason,
            ks=ks,
            likely_k=likely,
            rules=rules,
            target=target,
            claimable=claimable,
            seed=seed,
        )
        nearest = sorted(ks, key=lambda k: abs(k - likely))[:3]
        if any(math.isfinite(study.pack(k).cost) for k in nearest):
            return study
    msg = (
        f"No cover of a part of {part.n} units was found that obeys the rules; there may be one. "
        "Widen the band, drop a rule, or cut the part by a barrier."
    )
    raise SolverError(msg, units=part.units.tolist())


def _annealed(
    part: Part,
    k: int,
    rules: PartitionRules,
    band: tuple[float, float],
    target: float,
    seed: int,
) -> list[NDArray[np.int64]]:
    """Return the best covers of several annealing runs; locked regions stand still."""
    from geogrid.solve import annealing

    locked = [r for r in (local_rows(part, region) for region in rules.locked) if r is not None]
    base = np.full(part.n, -1, np.int64)
    for number, rows in enumerate(locked):
        base[rows] = number
    pieces = _pieces(part, base < 0)
    free_k = k - len(locked)
    if not pieces or free_k < len(pieces):
        return [base] if not pieces and free_k == 0 else []
    shares = largest_remainder(
        np.array([part.weights[rows].sum() for rows in pieces]),
        free_k,
        least=np.ones(len(pieces), np.int64),
        most=np.array([len(rows) for rows in pieces]),
    )
    high = band[1] * target if math.isfinite(band[1]) else 1e300
    walked = part.weights[:, None] * part.distance
    heat = float(np.median(part.weights) * np.median(part.distance)) / max(1.0, math.sqrt(k))
    heat = max(heat, 1e-6)
    out = []
    for run in range(_RUNS):
        label, offset = base.copy(), len(locked)
        for number, (rows, share) in enumerate(zip(pieces, shares, strict=True)):
            indptr, indices = _compressed(part, rows)
            own = seed + 7919 * run + 104_729 * number
            start = annealing.grow_regions(
                indptr, indices, part.weights[rows], int(share), own % 2**31
            )
            best, _ = annealing.anneal(
                (indptr, indices),
                part.weights[rows],
                walked[np.ix_(rows, rows)],
                start,
                int(share),
                (band[0] * target, high),
                (target, rules.balance_m, _OUTSIDE_M),
                (heat, heat / 300, _TRIES_PER_UNIT * len(rows)),
                own % 2**31,
            )
            label[rows] = best + offset
            offset += int(share)
        out.append(label)
    return out


def _pieces(part: Part, free: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Return the connected pieces of the units that are free to move."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    inner = part.edges[free[part.edges].all(axis=1)]
    graph = coo_array((np.ones(len(inner)), (inner[:, 0], inner[:, 1])), shape=(part.n, part.n))
    _, component = connected_components(graph, directed=False)
    return [np.flatnonzero((component == c) & free) for c in np.unique(component[free])]


def _compressed(part: Part, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the neighbours among some units in compressed rows."""
    local = np.full(part.n, -1, np.int64)
    local[rows] = np.arange(len(rows))
    inner = local[part.edges]
    inner = inner[(inner >= 0).all(axis=1)]
    both = np.concatenate([inner, inner[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    indptr = np.searchsorted(both[:, 0], np.arange(len(rows) + 1)).astype(np.int64)
    return indptr, np.ascontiguousarray(both[:, 1])


def _median_bound(part: Part, k: int) -> float:
    """Bound the walk of k regions from below: k medoids anywhere, no band, no contiguity.

    Lagrangian relaxation of the k-median problem (Geoffrion 1974) by subgradient
    steps; each round's value is valid, the best is kept.
    """
    walked = part.weights[:, None] * part.distance
    price = np.sort(walked, axis=1)[:, min(1, part.n - 1)].copy()
    best, step = 0.0, 1.0
    near = np.partition(walked, min(k, part.n) - 1, axis=1)[:, 0].sum()
    upper = max(float(near), float(np.median(walked, axis=1).sum()))
    for _ in range(_BOUND_ROUNDS):
        saved = np.minimum(walked - price[:, None], 0.0)
        reach = saved.sum(axis=0)
        chosen = np.argpartition(reach, k - 1)[:k]
        value = float(price.sum() + reach[chosen].sum())
        best = max(best, value)
        served = (saved[:, chosen] < 0).sum(axis=1)
        slope = 1.0 - served
        norm = float(slope @ slope)
        if norm == 0:
            break
        price = np.maximum(price + step * (upper - value) / norm * slope, 0.0)
        step *= 0.97
    return best
