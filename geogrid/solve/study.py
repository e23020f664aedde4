"""Study: one part at work, from its band to the proven optimum for each k."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from geogrid.solve.columns import enumerate_columns
from geogrid.solve.master import Master, Packing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.solve.options import PartitionRules
    from geogrid.solve.parts import Part

__all__ = ["Study", "open_study"]


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

    def curve(self) -> NDArray[np.float64]:
        """Return the bounds for all ``ks``."""
        return np.array([self.bound(k) for k in self.ks])


def open_study(
    part: Part, *, rules: PartitionRules, target: float, first_pool: int | None = None
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
    first_pool : int, optional
        Columns in the first restricted pool; for tests.

    Returns
    -------
    Study
        With at least one k known to be feasible.

    Raises
    ------
    SolverError
        If the part has too many possible regions to list.
    """
    ladder = rules.ladder()
    for low, high in ladder:
        ks = _possible_ks(part, low * target, high * target)
        if not ks:
            continue
        columns = enumerate_columns(
            part,
            low=low * target,
            high=high * target,
            target=target,
            balance_m=rules.balance_m,
        )
        likely = min(max(round(part.total / target), ks[0]), ks[-1])
        study = Study(
            part=part,
            master=Master(part, columns, start=first_pool),
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
    raise AssertionError("the last band of the ladder holds every part as one region")


def _possible_ks(part: Part, low: float, high: float) -> range:
    """Return the numbers of regions that the band does not rule out by weight alone."""
    slack = 1e-9 * (1.0 + part.total)
    if part.weights.max() > high + slack or part.total < low - slack:
        return range(0)
    fewest = 1 if math.isinf(high) else max(1, math.ceil((part.total - slack) / high))
    most = part.n if low <= 0 else min(part.n, math.floor((part.total + slack) / low))
    return range(fewest, most + 1)


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
