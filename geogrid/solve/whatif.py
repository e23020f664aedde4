"""What-if: a solved problem kept at hand, to learn what a change would cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from geogrid.errors import InfeasibleError, InputError
from geogrid.solve.options import PartitionRules, SolveOptions
from geogrid.solve.part_rules import localise
from geogrid.solve.partition import check_count, check_weights, parts_of_arrays
from geogrid.solve.run import Desk, Run
from geogrid.solve.terms import price_sets

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import ArrayLike

    from geogrid.solve.parts import Part
    from geogrid.solve.result import Partition

__all__ = ["Neighbour", "WhatIf", "what_if"]


@dataclass(frozen=True)
class Neighbour:
    """Tell what it would cost if a unit went to a neighbouring region.

    Parameters
    ----------
    region : int
        The neighbouring region.
    medoid : int
        Its medoid.
    move : float or None
        Cost of moving the unit alone, everything else as it is (what a layout
        before makes of it left aside); None if that breaks a rule.
    obstacle : str
        Why it may not move alone: ``cuts`` (its own region falls apart), ``empties``,
        ``band`` (either region leaves the band) or ``rules``; empty if it may.
    best : float or None
        Cost of the best plan in which the unit shares a region with that
        medoid and every part keeps its band, above the plan at hand; None if
        there is none.
    """

    region: int
    medoid: int
    move: float | None
    obstacle: str
    best: float | None


class WhatIf:
    """Keep a solved problem at hand and solve it again after a change.

    The target stays as it was, so that costs compare. Only the parts that a
    change touches are worked out anew; the regions are shared out again over
    all parts, and what is newly chosen is proven: the answer costs what a full
    solve with the same target would.

    Parameters
    ----------
    parts : sequence of Part
        They share no unit; together they hold rows 0 .. n - 1.
    groups : sequence of int or str
        Group of each part.
    n_regions : int
        k.
    rules : PartitionRules, optional
        What is allowed and what is good.
    options : SolveOptions, optional
        How to work.

    Raises
    ------
    InfeasibleError
        If no k regions exist to begin with.

    Examples
    --------
    >>> from geogrid.solve.whatif import what_if
    >>> chain = [(0, 1), (1, 2), (2, 3)]
    >>> study = what_if([10, 10, 10, 10], chain, 2, coords=[(0, 0), (50, 0), (99, 0), (150, 0)])
    >>> tied = study.solve(rules=study.changed(must_join=((1, 2),)))
    >>> tied.labels.tolist(), round(tied.objective - study.base.objective)
    ([0, 0, 0, 1], 4974)
    """

    def __init__(
        self,
        parts: Sequence[Part],
        groups: Sequence[Hashable],
        n_regions: int,
        *,
        rules: PartitionRules | None = None,
        options: SolveOptions | None = None,
    ) -> None:
        self.parts = tuple(parts)
        self.groups = tuple(groups)
        self.n_regions = check_count(n_regions)
        self._desk = Desk(options or SolveOptions())
        run = Run(parts, groups, n_regions, rules=rules or PartitionRules(), desk=self._desk)
        self.base: Partition = run.solve()
        self.rules = replace(rules or PartitionRules(), target=run.target)

    @property
    def options(self) -> SolveOptions:
        """Return how it works."""
        return self._desk.options

    def open_run(self) -> Run:
        """Return a run over the problem at hand that knows what is known of its parts."""
        return Run(self.parts, self.groups, self.n_regions, rules=self.rules, desk=self._desk)

    def close(self) -> None:
        """Let go of workers and of what they hold; questions can still be asked."""
        self._desk.workers.close()

    def solve(
        self,
        *,
        n_regions: int | None = None,
        rules: PartitionRules | None = None,
        weights: ArrayLike | None = None,
        parts: Sequence[Part] | None = None,
        groups: Sequence[Hashable] | None = None,
        shares: Literal["free", "fixed"] = "free",
    ) -> Partition:
        """Solve the problem again after a change.

        Parameters
        ----------
        n_regions : int, optional
            Another k.
        rules : PartitionRules, optional
            Other rules, from `changed`.
        weights : (n,) array, optional
            Other households.
        parts, groups : sequences, optional
            Other parts (a border opened or closed) and the group of each.
        shares : {"free", "fixed"}
            Whether the regions may be shared out anew, or every part keeps its number.

        Returns
        -------
        Partition
            With the target of the problem at hand.

        Raises
        ------
        InfeasibleError
            If the change leaves no plan.
        InputError
            If weights have another shape, or shares are fixed for other parts or another k.
        """
        rules = rules or self.rules
        own = self.parts if parts is None else tuple(parts)
        labels: Sequence[Hashable] = self.groups if groups is None else tuple(groups)
        if weights is not None:
            load = check_weights(weights)
            if len(load) != sum(p.n for p in own):
                raise InputError(f"weights has {len(load)} rows; give one number per unit.")
            own = tuple(replace(p, weights=load[p.units]) for p in own)
        if shares not in {"free", "fixed"}:
            raise InputError(f"shares is {shares!r}; known: free, fixed.")
        if shares == "fixed":
            if parts is not None or n_regions not in {None, self.n_regions}:
                raise InputError("Shares can be fixed only for the same parts and the same k.")
            labels = range(len(own))
            given: dict[Hashable, int] = {i: p.k for i, p in enumerate(self.base.parts)}
            rules = replace(rules, apportion="given", given=given)
        k = self.n_regions if n_regions is None else check_count(n_regions)
        return Run(own, labels, k, rules=rules, desk=self._desk).solve()

    def changed(self, **changes: object) -> PartitionRules:
        """Return the rules at hand with some of them changed.

        Parameters
        ----------
        **changes : object
            Fields of `PartitionRules`.

        Returns
        -------
        PartitionRules
            With the target frozen.
        """
        try:
            return replace(self.rules, **changes)  # type: ignore[arg-type]
        except TypeError as error:
            raise InputError(f"There is no such rule: {error}.") from error

    def locked(self, regions: Sequence[int]) -> PartitionRules:
        """Return the rules at hand with some regions of the plan locked as they are.

        Parameters
        ----------
        regions : sequence of int
            Labels of the plan at hand.

        Returns
        -------
        PartitionRules
            For `solve`.
        """
        more = tuple(tuple(np.flatnonzero(self.base.labels == r).tolist()) for r in regions)
        return self.changed(locked=self.rules.locked + more)

    def price(self, **changes: object) -> float | None:
        """Return how much dearer the best plan gets by changed rules; None if there is none.

        Parameters
        ----------
        **changes : object
            Fields of `PartitionRules`, or ``n_regions``.

        Returns
        -------
        float or None
            Household-metres; negative if the change makes better plans possible.
        """
        k = check_count(changes.pop("n_regions", self.n_regions))
        try:
            found = self.solve(n_regions=k, rules=self.changed(**changes))
        except InfeasibleError:
            return None
        return found.objective - self.base.objective

    def why_here(self, unit: int) -> tuple[Neighbour, ...]:
        """Tell what every neighbouring region of a unit would cost it to join.

        Parameters
        ----------
        unit : int
            Row of the unit.

        Returns
        -------
        tuple of Neighbour
            Cheapest first.
        """
        labels, medoids = self.base.labels, self.base.medoids
        if not (isinstance(unit, int | np.integer) and 0 <= unit < len(labels)):
            raise InputError(f"There is no unit {unit!r}; there are 0 to {len(labels) - 1}.")
        number = next(i for i, p in enumerate(self.parts) if unit in p.units)
        part = self.parts[number]
        here = int(np.searchsorted(part.units, unit))
        touching = part.edges[(part.edges == here).any(axis=1)]
        around = np.unique(labels[part.units[touching]])
        rows = []
        for region in around[around != labels[unit]]:
            move, obstacle = self._move(number, here, int(region))
            tied = (*self.rules.must_join, (unit, int(medoids[region])))
            best = self._price_in_bands(self.changed(must_join=tied))
            rows.append(Neighbour(int(region), int(medoids[region]), move, obstacle, best))
        return tuple(sorted(rows, key=lambda r: (np.inf if r.best is None else r.best, r.region)))

    def _price_in_bands(self, rules: PartitionRules) -> float | None:
        """Return how much dearer the best plan gets if every part keeps its band.

        Else a tie could push a part into a wider band, and seem to save.
        """
        bands = [part.band for part in self.base.parts]
        run = Run(
            self.parts, self.groups, self.n_regions, rules=rules, desk=self._desk, bands=bands
        )
        try:
            return run.solve().objective - self.base.objective
        except InfeasibleError:
            return None

    def _move(self, number: int, unit: int, region: int) -> tuple[float | None, str]:
        """Return what moving one unit of a part alone costs, or why it may not."""
        part, solved = self.parts[number], self.base.parts[number]
        label = self.base.labels[part.units]
        left = np.flatnonzero((label == label[unit]) & (np.arange(part.n) != unit))
        if not len(left):
            return None, "empties"
        grown = np.sort(np.append(np.flatnonzero(label == region), unit))
        if not part.is_connected(left):
            return None, "cuts"
        low, high = (edge * self.base.target for edge in solved.band)
        loads = [float(part.weights[rows].sum()) for rows in (left, grown)]
        if not all(low - 1e-9 <= load <= high + 1e-9 for load in loads):
            return None, "band"
        rules = localise(self.parts, self.rules, self.base.target)[number]
        before = [np.flatnonzero(label == own) for own in (label[unit], region)]
        now, then = (price_sets(part, rules, sets) for sets in (before, [left, grown]))
        return (None, "rules") if now is None or then is None else (then - now, "")


def what_if(
    weights: ArrayLike,
    edges: ArrayLike,
    n_regions: int,
    *,
    coords: ArrayLike | None = None,
    distance: ArrayLike | None = None,
    within: ArrayLike | None = None,
    rules: PartitionRules | None = None,
    options: SolveOptions | None = None,
) -> WhatIf:
    """Solve a partition and keep it at hand for what-if questions.

    Parameters
    ----------
    weights : (n,) array
        Households of each unit, >= 0.
    edges : (m, 2) int array
        Pairs of units between which one may walk.
    n_regions : int
        k.
    coords : (n, 2) array, optional
        Planar metres.
    distance : (n, n) array, optional
        Walking metres. Exactly one of ``coords`` and ``distance``.
    within : (n,) int array, optional
        Labels no region may cross.
    rules : PartitionRules, optional
        What is allowed and what is good.
    options : SolveOptions, optional
        How to work.

    Returns
    -------
    WhatIf
        Solved.

    Raises
    ------
    InputError
        If an array has the wrong shape or values.
    InfeasibleError
        If no k regions exist to begin with.
    """
    parts, groups = parts_of_arrays(weights, edges, coords=coords, distance=distance, within=within)
    return WhatIf(parts, groups, n_regions, rules=rules, options=options)
