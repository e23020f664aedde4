"""PartStudy: one part at work, all its regions listed, from its band to the proven optimum."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.solve.columns import columns_of_sets, enumerate_columns
from geogrid.solve.master import Master
from geogrid.solve.report import NO_COVER, Cover, PartReport, Step
from geogrid.solve.terms import apply_rules

if TYPE_CHECKING:
    from geogrid.solve.clock import Clock
    from geogrid.solve.options import SolveOptions
    from geogrid.solve.part_rules import PartRules
    from geogrid.solve.parts import Part
    from geogrid.solve.result import Cause

__all__ = ["ListedStudy", "PartStudy", "likely_k", "narrowest_band", "open_listed", "possible_ks"]


class PartStudy(ABC):
    """Answer what k regions of one part cost.

    Parameters
    ----------
    part : Part
        The problem.
    rules : PartRules
        What regions must obey.
    band : tuple of float
        Band in use, in multiples of T.
    ks : range
        Numbers of regions that the band leaves possible.
    """

    # whether the covers found are proven cheapest
    is_exact: bool

    def __init__(self, part: Part, rules: PartRules, band: tuple[float, float], ks: range) -> None:
        self.part = part
        self.rules = rules
        self.band = band
        self.ks = ks
        self.covers: dict[int, Cover] = {}
        self.steps: list[Step] = []

    def ask(self, step: Step, clock: Clock) -> None:
        """Sharpen the bound for k regions, or find the best cover by k."""
        kind, k = step
        if k not in self.covers and k in self.ks:
            if kind == "pack":
                self.covers[k] = self.pack(k, clock)
            else:
                self.relax(k, clock)
        self.steps.append(step)

    @abstractmethod
    def relax(self, k: int, clock: Clock) -> None:
        """Sharpen the bound for k regions."""

    @abstractmethod
    def pack(self, k: int, clock: Clock) -> Cover:
        """Return the best cover by k regions."""

    @abstractmethod
    def report(self) -> PartReport:
        """Return what is known so far."""

    def start_of_report(self, cause: Cause, reason: str) -> PartReport:
        """Return what is known so far, but for the bounds."""
        return PartReport(
            total=self.part.total,
            target=self.rules.target,
            balance_m=self.rules.balance_m,
            band=self.band,
            reason=reason,
            cause=cause,
            ks=self.ks,
            is_exact=self.is_exact,
            covers=dict(self.covers),
            is_bounded=self.rules.extra_cost is None,
            steps=tuple(self.steps),
        )

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """Return the memory that keeping it takes."""


class ListedStudy(PartStudy):
    """Hold a part whose regions are all listed.

    Parameters
    ----------
    part : Part
        The problem.
    rules : PartRules
        What regions must obey.
    band : tuple of float
        Band in use, in multiples of T.
    ks : range
        Numbers of regions that the band leaves possible.
    master : Master
        The columns and their linear program.
    """

    is_exact = True

    def __init__(
        self,
        part: Part,
        rules: PartRules,
        band: tuple[float, float],
        ks: range,
        master: Master,
    ) -> None:
        super().__init__(part, rules, band, ks)
        self.master = master

    def relax(self, k: int, clock: Clock) -> None:
        """Solve the relaxation for k regions; it may prove that there are none."""
        if self.master.relax(k, clock) is None:
            self.covers[k] = NO_COVER

    def pack(self, k: int, clock: Clock) -> Cover:
        """Return the proven cheapest cover by k regions."""
        packing = self.master.certify(k, clock)
        if not math.isfinite(packing.cost):
            return NO_COVER
        columns, chosen = self.master.columns, packing.columns
        regions = tuple(columns.units_of(int(c)) for c in chosen)
        return Cover(packing.cost, regions, columns.medoid[chosen].astype(np.int64))

    def resume(self, before: PartReport, clock: Clock) -> None:
        """Take up an earlier report: its covers as they are, its duals in the same order."""
        for k in dict.fromkeys(k for _, k in before.steps):
            if k in self.ks:
                self.master.relax(k, clock)
        self.covers = dict(before.covers)
        self.steps = list(before.steps)

    def report(self) -> PartReport:
        """Return what is known so far."""
        narrow = self.band == self.rules.bands[0]
        cause: Cause
        cause, reason = ("", "") if narrow else _reason(self.part, self.rules)
        return replace(self.start_of_report(cause, reason), cuts=dict(self.master.cuts))

    @property
    def nbytes(self) -> int:
        """Return the memory that keeping it takes."""
        return self.master.nbytes


def open_listed(
    part: Part,
    rules: PartRules,
    options: SolveOptions,
    *,
    before: PartReport | None,
    clock: Clock,
) -> ListedStudy:
    """List the regions of a part in the narrowest band that can cover it.

    Parameters
    ----------
    part : Part
        The problem.
    rules : PartRules
        The bands to try, narrowest first, and everything else.
    options : SolveOptions
        Memory for the regions; size of the first restricted pool.
    before : PartReport, optional
        What is known from an earlier visit; its band is taken as proven.
    clock : Clock
        When to stop.

    Returns
    -------
    ListedStudy
        With one k known to be feasible; without any if no band has a cover.

    Raises
    ------
    SolverError
        If the part has too many possible regions to list.
    SolverTimeout
        If the clock ran out.
    """
    bands = rules.bands if before is None else (before.band,)
    # nothing to list where the rules contradict one another
    bands = () if rules.is_contradictory else bands
    study = None
    for band in bands:
        low, high = rules.limits(band)
        ks = possible_ks(part, rules, band)
        if not ks:
            continue
        columns = enumerate_columns(
            part,
            low=low,
            high=high,
            target=rules.target,
            balance_m=rules.balance_m,
            memory_mb=options.memory_mb,
            clock=clock,
        )
        columns = apply_rules(columns, part, rules)
        master = Master(part, columns, start=options.first_pool)
        study = ListedStudy(part, rules, band, ks, master)
        if before is not None:
            study.resume(before, clock)
            return study
        likely = likely_k(part, rules, ks)
        # nearest first: a part that can be covered at all nearly always can by its share
        for k in sorted(ks, key=lambda k: abs(k - likely)):
            study.ask(("pack", k), clock)
            if study.covers[k].exists:
                return study
    if study is None:
        # not even the weights fit: a study with nothing to say
        nothing = Master(part, columns_of_sets(part, [], target=1.0, balance_m=0.0))
        study = ListedStudy(part, rules, rules.bands[-1], range(0), nothing)
    study.ks = range(0)
    return study


def likely_k(part: Part, rules: PartRules, ks: range) -> int:
    """Return the k nearest to a part's share of households; 0 if there is none."""
    return min(max(round(part.total / rules.target), ks[0]), ks[-1]) if ks else 0


def possible_ks(part: Part, rules: PartRules, band: tuple[float, float]) -> range:
    """Return the numbers of regions that a band does not rule out by weight alone."""
    low, high = rules.limits(band)
    free = np.ones(part.n, bool)
    for region in rules.locked:
        free[region] = False
    weights = part.weights[free]
    n_locked, n_free, total = len(rules.locked), len(weights), float(weights.sum())
    if not n_free:
        return range(n_locked, n_locked + 1)
    slack = 1e-9 * (1.0 + part.total)
    if weights.max() > high + slack or total < low - slack:
        return range(0)
    fewest = 1 if math.isinf(high) else max(1, math.ceil((total - slack) / high))
    most = n_free if low <= 0 else min(n_free, math.floor((total + slack) / low))
    return range(n_locked + fewest, n_locked + most + 1)


def narrowest_band(part: Part, rules: PartRules) -> tuple[tuple[float, float], range]:
    """Return the narrowest band that the weights of a part fit, and the ks it leaves.

    Parameters
    ----------
    part : Part
        The problem.
    rules : PartRules
        The bands to try.

    Returns
    -------
    band : tuple of float
        In multiples of T; the last if none fits.
    ks : range
        Empty if none fits.
    """
    for band in rules.bands:
        ks = possible_ks(part, rules, band)
        if ks:
            return band, ks
    return rules.bands[-1], range(0)


def _reason(part: Part, rules: PartRules) -> tuple[Cause, str]:
    """Say why the asked band could not hold a part, in a word and in a sentence."""
    low, high = rules.bands[0]
    share = part.total / rules.target
    if share < low:
        words = f"its {part.total:,.0f} households are {share:.2f} T"
        return "light", f"{words}, less than one region of {low:g} T"
    heaviest = float(part.weights.max()) / rules.target
    if heaviest > high:
        return "heavy", f"one unit alone has {heaviest:.2f} T, more than a region of {high:g} T"
    words = (
        f"its {part.total:,.0f} households ({share:.2f} T) in {part.n} units cannot be cut into "
        f"connected regions of {low:g} to {high:g} T"
    )
    is_free = rules.walk_max_m is None and rules.veto is None
    if not (is_free and not rules.locked and not rules.must_join and not rules.must_part):
        words += " under its locks, ties and limits"
    return "shape", words
