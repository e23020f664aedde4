"""Known: what is known of all parts of one run, and the plan that follows from it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from geogrid.solve.report import NO_COVER, Cover, PartReport, balance_cost
from geogrid.solve.result import Partition, PartResult, Status, is_closed

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from geogrid.solve.options import PartitionRules
    from geogrid.solve.parts import Part

__all__ = ["Known"]

_NOT_LOOKED_AT = "not studied in the time given: its regions are a first sketch"


class Known:
    """Gather what is known of the parts of one run.

    A curve tells what a part costs for every number of regions: the first
    number, and a cost for each from there on.

    Parameters
    ----------
    parts : sequence of Part
        The problem.
    groups : sequence of int or str
        Group of each part.
    rules : PartitionRules
        What is allowed and what is good.
    target : float
        T.
    reports : list of PartReport or None
        What is known of each part; None for one never opened.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        groups: Sequence[Hashable],
        rules: PartitionRules,
        target: float,
        reports: list[PartReport | None],
    ) -> None:
        self.parts = parts
        self.groups = groups
        self.rules = rules
        self.target = target
        self.reports = reports
        # first covers of parts not yet opened: cover, band, number of regions
        self.sketches: list[tuple[Cover, tuple[float, float], int]] = []

    def of(self, i: int) -> PartReport:
        """Return what is known of a part that was opened."""
        report = self.reports[i]
        assert report is not None  # noqa: S101 - open_parts() came first
        return report

    def some_count(self, i: int) -> int:
        """Return some number of regions for which a part that was opened has a cover."""
        return min(k for k, cover in self.of(i).covers.items() if cover.exists)

    def guesses(self, i: int) -> tuple[int, NDArray[np.float64]]:
        """Return what one part is counted on to cost for every k."""
        report = self.of(i)
        return report.ks.start, np.array([report.guess(k) for k in report.ks])

    def bounds(self, i: int) -> tuple[int, NDArray[np.float64]]:
        """Return the proven bound of one part for every k."""
        report, part = self.reports[i], self.parts[i]
        if report is not None:
            return report.ks.start, np.array([report.bound(k) for k in report.ks])
        if self.rules.extra_cost is not None:
            return 1, np.full(part.n, -math.inf)
        costs = [
            balance_cost(part.total, k, self.target, self.rules.balance_m)
            for k in range(1, part.n + 1)
        ]
        return 1, np.array(costs)

    def found(self, i: int) -> tuple[int, NDArray[np.float64]]:
        """Return the cost of the covers found of one part for every k."""
        report = self.reports[i]
        cover, band, k = self.sketch_of(i)
        if report is None:
            return k, np.array([cover.cost])
        costs = report.found()
        if k in report.ks and band == report.band:
            costs[k - report.ks.start] = min(costs[k - report.ks.start], cover.cost)
        return report.ks.start, costs

    def sketch_of(self, i: int) -> tuple[Cover, tuple[float, float], int]:
        """Return the first cover of one part, its band, and its number of regions."""
        # a run may be stopped before the last sketch is drawn
        if i < len(self.sketches):
            return self.sketches[i]
        return NO_COVER, (0.0, math.inf), 1

    def cover(self, i: int, k: int) -> Cover:
        """Return the best cover found of one part by k regions."""
        report = self.reports[i]
        known = NO_COVER if report is None else report.covers.get(k, NO_COVER)
        drawn, _, count = self.sketch_of(i)
        # of two that cost the same, the one that was studied
        is_better = drawn.cost < known.cost and not math.isclose(drawn.cost, known.cost)
        return drawn if count == k and is_better else known

    def plan(self, shares: NDArray[np.int64], objective: float, bound: float | None) -> Partition:
        """Collect the regions of the best covers by so many regions each.

        Parameters
        ----------
        shares : (p,) int64
            Regions of each part.
        objective : float
            What they cost.
        bound : float or None
            Proven lower bound on all plans.

        Returns
        -------
        Partition
            In rows of the whole.
        """
        results = [self._part_result(i, int(k)) for i, k in enumerate(shares)]
        regions = [r for p in results for r in p.regions]
        medoids = np.concatenate([p.medoids for p in results])
        order = np.argsort([int(r[0]) for r in regions])
        labels = np.zeros(sum(p.n for p in self.parts), np.int32)
        for label, region in enumerate(order):
            labels[regions[region]] = label
        bound = None if bound is None else min(bound, objective)
        status: Status = "heuristic"
        if bound is not None:
            status = "optimal" if is_closed(objective, bound) else "gap"
        return Partition(
            labels=labels,
            objective=objective,
            bound=bound,
            status=status,
            target=self.target,
            medoids=medoids[order],
            parts=tuple(results),
        )

    def _part_result(self, i: int, k: int) -> PartResult:
        """Return the regions of one part in rows of the whole."""
        units, report, cover = self.parts[i].units, self.reports[i], self.cover(i, k)
        order = np.argsort([int(r[0]) for r in cover.regions])
        first, bounds = self.bounds(i)
        bound = float(bounds[k - first])
        cuts = () if report is None else tuple(report.cuts[j] for j in sorted(report.cuts))
        lp_bound = max((cut.bound(k) for cut in cuts), default=bound)
        proven = {}
        if report is not None and report.is_exact:
            proven = {j: c.cost for j, c in sorted(report.covers.items())}
        return PartResult(
            units=units,
            group=self.groups[i],
            regions=tuple(units[cover.regions[r]] for r in order),
            medoids=units[cover.medoids][order],
            objective=cover.cost,
            bound=min(bound, cover.cost) if math.isfinite(bound) else None,
            lp_bound=min(lp_bound, cover.cost) if math.isfinite(lp_bound) else None,
            band=self.sketch_of(i)[1] if report is None else report.band,
            reason=_NOT_LOOKED_AT if report is None else report.reason,
            cause="sketched" if report is None else report.cause,
            cuts=cuts,
            proven=proven,
        )
