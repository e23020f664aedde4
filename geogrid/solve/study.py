"""Study: one part at work, from its band to the proven optimum for each k."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import InfeasibleError
from geogrid.solve.columns import enumerate_columns
from geogrid.solve.master import Cut, Master, Packing
from geogrid.solve.terms import apply_rules, local_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.solve.options import PartitionRules, SolveOptions
    from geogrid.solve.parts import Part

__all__ = ["Study", "open_study", "possible_ks"]


@dataclass
class Study:
    """Hold what is known of one part so far.

    Parameters
    ----------
    part : Part
        The problem.
    master : Master
        Its columns and linear program.
    band : tuple of float
        Band in use, in multiples of T.
    reason : str
        Why that band is wider than the first; empty if it is the first.
    ks : range
        Numbers of regions that the band leaves possible.
    likely_k : int
        The k nearest to the part's share of households.
    """

    part: Part
    master: Master
    band: tuple[float, float]
    reason: str
    ks: range
    likely_k: int
    packed: dict[int, Packing] = field(default_factory=dict)
    # a search finds covers but proves none
    is_exact = True

    def relax(self, k: int) -> None:
        """Learn the bound for k regions (and, by its slope, for every other)."""
        if k in self.ks and k not in self.packed and self.master.relax(k) is None:
            self.packed[k] = Packing(np.inf, np.zeros(0, np.int64))

    def pack(self, k: int) -> Packing:
        """Return the proven optimum for k regions, solving it at most once."""
        if k not in self.packed:
            self.packed[k] = self.master.certify(k)
        return self.packed[k]

    def bound(self, k: int) -> float:
        """Return the best known lower bound for k regions; inf if proven to be none."""
        if k in self.packed:
            return self.packed[k].cost
        return max((cut.bound(k) for cut in self.master.cuts.values()), default=0.0)

    def limits(self) -> tuple[int, int]:
        """Return the fewest and most regions that a cover in the band has, proven."""
        least = next(k for k in self.ks if math.isfinite(self.pack(k).cost))
        most = next(k for k in reversed(self.ks) if math.isfinite(self.pack(k).cost))
        return least, most

    def found(self) -> NDArray[np.float64]:
        """Return the cost of the covers found, inf where none was, for all ``ks``."""
        return np.array([self.packed[k].cost if k in self.packed else np.inf for k in self.ks])

    def guess(self, k: int) -> float:
        """Return what the apportionment counts on for k regions: here the bound."""
        return self.bound(k)

    def regions(self, k: int) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
        """Return the regions of the best cover by k, and their medoids, in local numbers."""
        columns, chosen = self.master.columns, self.packed[k].columns
        return [columns.units_of(int(c)) for c in chosen], columns.medoid[chosen].astype(np.int64)

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """Return every set of duals found; the certificate."""
        return tuple(self.master.cuts[k] for k in sorted(self.master.cuts))


def open_study(
    part: Part,
    *,
    rules: PartitionRules,
    target: float,
    claimable: NDArray[np.int64],
    options: SolveOptions,
) -> Study:
    """List the regions of a part in the narrowest band that can cover it.

    Parameters
    ----------
    part : Part
        The problem.
    rules : PartitionRules
        The bands to try, narrowest first, and the balance weight.
    target : float
        T, households.
    claimable : (c,) int64
        Old regions that this part may carry on.
    options : SolveOptions
        Most columns to hold; size of the first restricted pool.

    Returns
    -------
    Study
        With at least one k known to be feasible.

    Raises
    ------
    InfeasibleError
        If locks, ties, walk limit or veto leave no cover at all.
    SolverError
        If the part has too many possible regions to list.
    """
    ladder = rules.ladder()
    for low, high in ladder:
        ks = possible_ks(part, low * target, high * target, rules)
        if not ks:
            continue
        columns = enumerate_columns(
            part,
            low=low * target,
            high=high * target,
            target=target,
            balance_m=rules.balance_m,
            limit=options.max_columns,
        )
        columns = apply_rules(
            columns,
            part,
            rules,
            target=target,
            claimable=claimable,
        )
        likely = min(max(round(part.total / target), ks[0]), ks[-1])
        study = Study(
            part=part,
            master=Master(part, columns, start=options.first_pool),
            band=(low, high),
            reason="" if (low, high) == ladder[0] else _reason(part, rules, target),
            ks=ks,
            likely_k=likely,
        )
        # nearest first: a part that can be covered at all nearly always can by its share
        if any(
            math.isfinite(study.pack(k).cost) for k in sorted(ks, key=lambda k: abs(k - likely))
        ):
            return study
    msg = (
        f"A part of {part.n} units cannot be cut into regions at all under the rules "
        "(locks, ties, walk limit or veto); drop one of them."
    )
    raise InfeasibleError(msg, units=part.units.tolist())


def possible_ks(part: Part, low: float, high: float, rules: PartitionRules) -> range:
    """Return the numbers of regions that the band does not rule out by weight alone."""
    regions = [r for r in (local_rows(part, region) for region in rules.locked) if r is not None]
    free = np.ones(part.n, bool)
    for region in regions:
        free[region] = False
    weights = part.weights[free]
    n_locked, n_free, total = len(regions), len(weights), float(weights.sum())
    if not n_free:
        return range(n_locked, n_locked + 1)
    slack = 1e-9 * (1.0 + part.total)
    if weights.max() > high + slack or total < low - slack:
        return range(0)
    fewest = 1 if math.isinf(high) else max(1, math.ceil((total - slack) / high))
    most = n_free if low <= 0 else min(n_free, math.floor((total + slack) / low))
    return range(n_locked + fewest, n_locked + most + 1)


def _reason(part: Part, rules: PartitionRules, target: float) -> str:
    """Say why the asked band could not hold a part."""
    share = part.total / target
    if share < rules.low:
        return (
            f"its {part.total:,.0f} households are {share:.2f} T, "
            f"less than one region of {rules.low:g} T"
        )
    heaviest = float(part.weights.max()) / target
    if heaviest > rules.high:
        return f"one unit alone has {heaviest:.2f} T, more than a region of {rules.high:g} T"
    return (
        f"its {part.total:,.0f} households ({share:.2f} T) in {part.n} units cannot be cut into "
        f"connected regions of {rules.low:g} to {rules.high:g} T"
    )
