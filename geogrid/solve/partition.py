"""Partition: group weighted units into exactly k connected regions, with a proof.

The parts (connected components inside one group) are independent. For each,
all feasible regions are listed and the linear relaxation gives a bound for
every k; dynamic programming hands out the k regions using these bounds; only
what it picks is solved to integrality, and it picks again until everything
picked is integral. The result is then a global optimum.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.errors import InfeasibleError, InputError, SolverError, SolverTimeout
from geogrid.solve.apportion import cheapest_shares, largest_remainder
from geogrid.solve.options import PartitionRules, Progress, SolveOptions
from geogrid.solve.parts import Part, split_parts
from geogrid.solve.result import Partition, PartResult, is_closed
from geogrid.solve.search import open_search
from geogrid.solve.study import Study, open_study

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["partition", "solve_parts"]

_HEAVIEST = 1e9


def partition(
    weights: ArrayLike,
    edges: ArrayLike,
    n_regions: int,
    *,
    coords: ArrayLike | None = None,
    distance: ArrayLike | None = None,
    within: ArrayLike | None = None,
    rules: PartitionRules | None = None,
    options: SolveOptions | None = None,
) -> Partition:
    """Group units into exactly k connected regions at a proven optimum.

    The cost of a region is the walk of its households to its best meeting
    unit (the medoid) plus ``balance_m * T * ((H - T) / T)**2``.

    Parameters
    ----------
    weights : (n,) array
        Households of each unit, >= 0.
    edges : (m, 2) int array
        Pairs of units between which one may walk.
    n_regions : int
        k, exactly so many regions are made.
    coords : (n, 2) array, optional
        Planar metres; walks follow the edges, straight, times 1.3.
    distance : (n, n) array, optional
        Walking metres, symmetric. Exactly one of ``coords`` and ``distance``.
    within : (n,) int array, optional
        Labels no region may cross; by default all units share one.
    rules : PartitionRules, optional
        Band, target, balance, apportionment.
    options : SolveOptions, optional
        Time limit and progress.

    Returns
    -------
    Partition
        Labels with objective, bound and status.

    Raises
    ------
    InputError
        If an array has the wrong shape or values.
    InfeasibleError
        If no k regions exist; ``facts`` name the parts and their limits.
    SolverTimeout
        If the time limit passed before any plan was found.

    Notes
    -----
    Exact: set partitioning over all connected sets in the band, bounded by
    linear programming, with the apportionment chosen by dynamic programming
    over bounds and certified lazily. Time grows with the number of connected
    sets, so it is for parts of some dozens of units with few units a region.

    Examples
    --------
    >>> import numpy as np
    >>> found = partition([10, 10, 10, 10], [(0, 1), (1, 2), (2, 3)], 2,
    ...                   coords=[(0, 0), (50, 0), (100, 0), (150, 0)])
    >>> found.labels.tolist(), found.status
    ([0, 0, 1, 1], 'optimal')
    """
    weights = _as_array(weights, "weights")
    if isinstance(n_regions, bool) or not isinstance(n_regions, int | np.integer):
        raise InputError(f"n_regions is {n_regions!r}; give a whole number.")
    n = _check_weights(weights)
    edges = _check_edges(edges, n)
    groups = np.zeros(n, np.int64) if within is None else np.asarray(within)
    if groups.dtype.kind not in "iuU":
        raise InputError("within must hold whole numbers or text, one label per unit.")
    if groups.shape != (n,):
        raise InputError(f"within has shape {groups.shape}; give one label per unit, ({n},).")
    names, groups = np.unique(groups, return_inverse=True)
    if (coords is None) == (distance is None):
        raise InputError("Give exactly one of coords and distance.")
    parts = split_parts(
        weights,
        edges,
        groups,
        coords=None if coords is None else _as_array(coords, "coords"),
        distance=None if distance is None else _as_array(distance, "distance"),
    )
    return solve_parts(
        parts,
        [names[groups[p.units[0]]].item() for p in parts],
        n_regions,
        rules=rules or PartitionRules(),
        options=options or SolveOptions(),
    )


def _as_array(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return numbers as an array, or refuse what holds no numbers."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InputError(f"{name} is ragged; give rows of one length.") from error
    if array.dtype.kind not in "iufb":
        raise InputError(f"{name} holds {array.dtype}, not numbers.")
    return array.astype(np.float64)


def _check_weights(weights: NDArray[np.float64]) -> int:
    """Return the number of units, or refuse the weights."""
    if weights.ndim != 1 or not len(weights):
        raise InputError(f"weights has shape {weights.shape}; give one number per unit.")
    # beyond the largest, sums are no longer exact and costs leave the solver's range
    bad = np.flatnonzero(~((weights >= 0) & (weights <= _HEAVIEST)))
    if len(bad):
        msg = (
            f"weights of units {bad[:5].tolist()} are negative, missing or too large; "
            f"give numbers from 0 to {_HEAVIEST:g}."
        )
        raise InputError(msg, units=bad.tolist())
    return len(weights)


def _check_edges(edges: ArrayLike, n: int) -> NDArray[np.int64]:
    """Return the edges as sorted unique pairs, or refuse them."""
    try:
        given = np.asarray(edges)
    except ValueError as error:
        raise InputError("edges is ragged; give (m, 2) whole numbers.") from error
    if given.size and (given.ndim != 2 or given.shape[1] != 2 or given.dtype.kind not in "iu"):
        msg = f"edges has shape {given.shape} and type {given.dtype}; give (m, 2) whole numbers."
        raise InputError(msg, shape=given.shape)
    pairs = given.astype(np.int64).reshape(-1, 2)
    bad = np.flatnonzero((pairs < 0).any(1) | (pairs >= n).any(1) | (pairs[:, 0] == pairs[:, 1]))
    if len(bad):
        msg = f"Edges {bad[:5].tolist()} name units outside 0..{n - 1} or join one to itself."
        raise InputError(msg, edges=bad.tolist())
    return np.unique(np.sort(pairs, axis=1), axis=0)


def solve_parts(
    parts: Sequence[Part],
    groups: Sequence[Hashable],
    n_regions: int,
    *,
    rules: PartitionRules,
    options: SolveOptions,
) -> Partition:
    """Solve a partition whose parts are already split.

    Parameters
    ----------
    parts : sequence of Part
        They share no unit; together they hold rows 0 .. n - 1.
    groups : sequence of int or str
        Group of each part; ``rules.given`` speaks of these.
    n_regions : int
        k.
    rules : PartitionRules
        What is allowed and what is good.
    options : SolveOptions
        How long to look and whom to tell.

    Returns
    -------
    Partition
        As `partition`.

    Raises
    ------
    InfeasibleError
        If no k regions exist.
    SolverTimeout
        If the time limit passed before any plan was found.
    """
    run = _Run(parts, groups, n_regions, rules, options)
    run.check_counts()
    run.open_studies()
    run.bound_all()
    run.prove()
    return run.result()


class _Run:
    """One run: the studies of all parts, and the shares chosen so far."""

    def __init__(
        self,
        parts: Sequence[Part],
        groups: Sequence[Hashable],
        n_regions: int,
        rules: PartitionRules,
        options: SolveOptions,
    ) -> None:
        self.parts = list(parts)
        self.groups = list(groups)
        self.n_regions = n_regions
        self.rules = rules
        self.options = options
        total = sum(p.total for p in parts)
        # a district without any household is balanced whatever the target
        self.target = rules.target or (total / n_regions if n_regions > 0 and total > 0 else 1.0)
        self.studies: list[Study] = []
        self.best: tuple[float, NDArray[np.int64]] | None = None
        self.bound: float | None = None
        started = time.monotonic()
        limit = options.time_limit
        self.deadline = None if limit is None else started + limit

    def check_counts(self) -> None:
        """Refuse a k that no choice of regions can meet."""
        n_units = sum(p.n for p in self.parts)
        if not len(self.parts) <= self.n_regions <= n_units:
            msg = (
                f"{self.n_regions} regions are impossible: {n_units} units fall into "
                f"{len(self.parts)} parts that no region may join; "
                f"ask for {len(self.parts)} to {n_units}."
            )
            raise InfeasibleError(
                msg, n_regions=self.n_regions, least=len(self.parts), most=n_units
            )

    def tell(self, stage: str, done: int) -> None:
        """Pass progress on, if anybody listens."""
        if self.options.on_progress is not None:
            incumbent = None if self.best is None else self.best[0]
            self.options.on_progress(Progress(stage, incumbent, self.bound, done, len(self.parts)))

    def is_late(self) -> bool:
        """Tell whether the time limit has passed."""
        return self.deadline is not None and time.monotonic() > self.deadline

    def open_studies(self) -> None:
        """List the regions of every part."""
        claims = self.claims()
        for i, part in enumerate(self.parts):
            if self.is_late():
                msg = (
                    f"The time limit passed after {i} of {len(self.parts)} parts were listed; "
                    "no plan was found. Allow more time."
                )
                raise SolverTimeout(msg, parts_done=i)
            self.studies.append(self.open_part(part, claims[i]))
            self.tell("columns", i + 1)

    def open_part(self, part: Part, claimable: NDArray[np.int64]) -> Study:
        """List the regions of a part, or search it where they are too many."""
        mode = self.options.mode
        why = "searched, as asked"
        if mode == "auto" and part.n > self.options.exact_units:
            why = f"searched, since {part.n} units are more than {self.options.exact_units}"
        elif mode != "search":
            try:
                return open_study(
                    part,
                    rules=self.rules,
                    target=self.target,
                    claimable=claimable,
                    options=self.options,
                )
            except SolverError as error:
                if mode == "exact" or "limit" not in error.facts:
                    raise
                why = f"searched, since {error.facts['limit']}"
        return open_search(
            part,
            rules=self.rules,
            target=self.target,
            claimable=claimable,
            seed=self.options.seed,
            why=why,
        )

    def pack(self, i: int, k: int) -> None:
        """Solve one part for k regions; a proof that takes too long gives way to a search."""
        try:
            self.studies[i].pack(k)
        except SolverError as error:
            if self.options.mode == "exact" or "limit" not in error.facts:
                raise
            self.studies[i] = open_search(
                self.parts[i],
                rules=self.rules,
                target=self.target,
                claimable=self.claims()[i],
                seed=self.options.seed,
                why="searched, since its proof took too long",
            )

    def claims(self) -> list[NDArray[np.int64]]:
        """Return which old regions each part may carry on: those it holds most of."""
        none = np.zeros(0, np.int64)
        if self.rules.previous is None:
            return [none for _ in self.parts]
        old = np.asarray(self.rules.previous, np.int64)
        held: dict[int, tuple[float, int]] = {}
        for i, part in enumerate(self.parts):
            for name in np.unique(old[part.units]):
                weight = float(part.weights[old[part.units] == name].sum())
                # equal shares: the first part
                if name >= 0 and weight > held.get(int(name), (-1.0, 0))[0]:
                    held[int(name)] = (weight, i)
        homes: list[list[int]] = [[] for _ in self.parts]
        for name, (_, i) in held.items():
            homes[i].append(name)
        return [np.array(sorted(h), np.int64) for h in homes]

    def bound_all(self) -> None:
        """Bound every part around its share; the slopes bound the rest."""
        for i, study in enumerate(self.studies):
            if self.is_late():
                # the bounds found while listing serve, only less sharply
                return
            for k in (study.likely_k, study.likely_k - 1, study.likely_k + 1):
                study.relax(k)
            self.tell("bounds", i + 1)

    def shares(self) -> tuple[NDArray[np.int64], float]:
        """Choose the shares that cost least by what is known so far."""
        shares = np.zeros(len(self.parts), np.int64)
        total = 0.0
        for members, k in self.budgets():
            picked, cost = cheapest_shares(
                [[self.studies[i].guess(j) for j in self.studies[i].ks] for i in members],
                [self.studies[i].ks.start for i in members],
                k,
            )
            if not len(picked):
                self.raise_infeasible(members, k)
            shares[members] = picked
            total += cost
        return shares, total

    def budgets(self) -> list[tuple[NDArray[np.int64], int]]:
        """Return which parts share how many regions."""
        if self.rules.apportion == "optimal":
            return [(np.arange(len(self.parts)), self.n_regions)]
        labels = list(dict.fromkeys(self.groups))
        members = [
            np.array([i for i, g in enumerate(self.groups) if g == label], np.int64)
            for label in labels
        ]
        if self.rules.given is not None:
            counts = self.given_counts(labels)
        else:
            limits = [[self.studies[i].limits() for i in m] for m in members]
            counts = largest_remainder(
                np.array([sum(self.parts[i].total for i in m) for m in members]),
                self.n_regions,
                least=np.array([sum(low for low, _ in one) for one in limits]),
                most=np.array([sum(high for _, high in one) for one in limits]),
            )
        return [(m, int(c)) for m, c in zip(members, counts, strict=True)]

    def given_counts(self, labels: list[Hashable]) -> NDArray[np.int64]:
        """Return the given regions per group, or refuse them."""
        given: dict[Hashable, int] = dict(self.rules.given or {})
        wrong = sorted(map(str, set(given) ^ set(labels)))
        if wrong:
            msg = f"Give regions for every group and no other; check {', '.join(wrong[:8])}."
            raise InputError(msg, groups=wrong)
        counts = np.array([given[label] for label in labels], np.int64)
        if counts.sum() != self.n_regions:
            msg = f"The given regions add up to {counts.sum()}, not to {self.n_regions}."
            raise InputError(msg, total=int(counts.sum()), n_regions=self.n_regions)
        return counts

    def raise_infeasible(self, members: NDArray[np.int64], k: int) -> None:
        """Name the parts whose bands leave no room for k regions."""
        rows: list[dict[str, Any]] = []
        for i in members:
            study = self.studies[i]
            least, most = study.limits()
            rows.append({"part": int(i), "least": least, "most": most, "band": study.band})
        least, most = sum(r["least"] for r in rows), sum(r["most"] for r in rows)
        msg = (
            f"{k} regions are impossible here: in their bands the parts hold at least {least} "
            f"and at most {most}, and not every number between; ask for another, or widen the band."
        )
        raise InfeasibleError(msg, n_regions=k, least=least, most=most, parts=rows)

    def prove(self) -> None:
        """Certify what is chosen until everything chosen is certified."""
        while True:
            shares, cost = self.shares()
            self.bound = cost if all(s.is_exact for s in self.studies) else self.bound_below()
            open_parts = [i for i, k in enumerate(shares) if int(k) not in self.studies[i].packed]
            if not open_parts:
                self.best = (cost, shares)
                self.tell("proof", len(self.parts))
                return
            for i in open_parts:
                if self.is_late():
                    self.note_incumbent()
                    if self.best is None:
                        raise SolverTimeout(
                            "The time limit passed before any plan was found; allow more time."
                        )
                    return
                study = self.studies[i]
                k = int(shares[i])
                # a bound by slope alone is weak: sharpen it before packing
                known = not study.is_exact or k in study.master.cuts
                study.relax(k)
                if known:
                    self.pack(i, k)
            self.note_incumbent()
            self.tell("proof", len(self.parts) - len(open_parts))

    def bound_below(self) -> float:
        """Return the least total of the proven bounds over all ways to share k out."""
        total = 0.0
        for members, k in self.budgets():
            curves = [[self.studies[i].bound(j) for j in self.studies[i].ks] for i in members]
            _, cost = cheapest_shares(curves, [self.studies[i].ks.start for i in members], k)
            total += cost
        return total

    def note_incumbent(self) -> None:
        """Keep the best plan among the covers found so far."""
        costs = [s.found() for s in self.studies]
        firsts = [s.ks.start for s in self.studies]
        chosen = np.zeros(len(self.parts), np.int64)
        total = 0.0
        for members, k in self.budgets():
            picked, cost = cheapest_shares(
                [costs[i] for i in members], [firsts[i] for i in members], k
            )
            if not len(picked):
                return
            chosen[members] = picked
            total += cost
        if self.best is None or total < self.best[0]:
            self.best = (total, chosen)

    def result(self) -> Partition:
        """Collect the regions of the best shares."""
        assert self.best is not None  # noqa: S101 - prove() sets it or raises
        assert self.bound is not None  # noqa: S101
        objective, shares = self.best
        results = []
        for study, group, k in zip(self.studies, self.groups, shares, strict=True):
            results.append(_part_result(study, group, int(k)))
        regions = [r for p in results for r in p.regions]
        medoids = np.concatenate([p.medoids for p in results])
        order = np.argsort([int(r[0]) for r in regions])
        labels = np.zeros(sum(p.n for p in self.parts), np.int32)
        for label, region in enumerate(order):
            labels[regions[region]] = label
        bound = min(self.bound, objective)
        return Partition(
            labels=labels,
            objective=objective,
            bound=bound,
            status="optimal" if is_closed(objective, bound) else "gap",
            target=self.target,
            medoids=medoids[order],
            parts=tuple(results),
        )


def _part_result(study: Study, group: Hashable, k: int) -> PartResult:
    """Return the regions of one part in rows of the whole."""
    units = study.part.units
    local, medoids = study.regions(k)
    regions = [units[rows] for rows in local]
    order = np.argsort([int(r[0]) for r in regions])
    cost = study.packed[k].cost
    lp_bound = max((cut.bound(k) for cut in study.cuts), default=study.bound(k))
    return PartResult(
        units=units,
        group=group,
        regions=tuple(regions[i] for i in order),
        medoids=units[medoids][order],
        objective=cost,
        bound=min(study.bound(k), cost),
        lp_bound=min(lp_bound, cost),
        band=study.band,
        reason=study.reason,
        cuts=study.cuts,
        proven={j: p.cost for j, p in sorted(study.packed.items())} if study.is_exact else {},
    )
