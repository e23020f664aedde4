"""Report: what is known of one part so far, as plain data that travels."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from geogrid.solve.master import Cut
    from geogrid.solve.result import Cause

__all__ = ["NO_COVER", "Cover", "PartReport", "Step", "balance_cost"]

# what a part was asked: sharpen the bound for k regions, or find the best cover by k
Step = tuple[Literal["relax", "pack"], int]


def balance_cost(total: float, k: int, target: float, balance_m: float) -> float:
    """Return what k regions of one weight cost; no k regions of that total cost less."""
    off = (total / k - target) / target
    return k * balance_m * target * off * off


@dataclass(frozen=True)
class Cover:
    """Hold a cover of a part by some regions, in the part's own numbers.

    Parameters
    ----------
    cost : float
        Its cost; inf if there is none.
    regions : tuple of (s,) int64
        Units of each region, ascending.
    medoids : (k,) int64
        Medoid of each region.
    """

    cost: float
    regions: tuple[NDArray[np.int64], ...]
    medoids: NDArray[np.int64]

    @property
    def exists(self) -> bool:
        """Return whether there is a cover."""
        return math.isfinite(self.cost)


NO_COVER = Cover(math.inf, (), np.zeros(0, np.int64))


@dataclass(frozen=True)
class PartReport:
    """Hold what is known of one part so far.

    Parameters
    ----------
    total, target, balance_m : float
        Households of the part; T; weight of balance.
    band : tuple of float
        Band in use, in multiples of T.
    reason : str
        Why it is not the first band, or why the part was searched; else empty.
    cause : str
        The same in one word.
    ks : range
        Numbers of regions that the band leaves possible; empty if there is no cover.
    is_exact : bool
        Whether covers are proven cheapest.
    covers : mapping of int to Cover
        Best cover per k that was asked for; without regions if there is none.
    cuts : mapping of int to Cut
        Duals of every relaxation solved.
    floors : tuple of (n,) float64
        Bounds on the walk by 1 .. n regions, of searched parts.
    is_bounded : bool
        Whether any bound holds: a user's own cost may be negative.
    steps : tuple of Step
        What was asked so far, in order.
    """

    total: float
    target: float
    balance_m: float
    band: tuple[float, float]
    reason: str
    cause: Cause
    ks: range
    is_exact: bool
    covers: Mapping[int, Cover] = field(default_factory=dict)
    cuts: Mapping[int, Cut] = field(default_factory=dict)
    floors: tuple[NDArray[np.float64], ...] = ()
    is_bounded: bool = True
    steps: tuple[Step, ...] = ()

    def bound(self, k: int) -> float:
        """Return the best known lower bound for k regions; inf if there are proven to be none."""
        if self.is_exact and k in self.covers:
            return self.covers[k].cost
        if self.is_exact and self.cuts:
            # duals bound whatever the costs are
            return max(cut.bound(k) for cut in self.cuts.values())
        if not self.is_bounded:
            return -math.inf
        walk = max((float(floor[k - 1]) for floor in self.floors), default=0.0)
        return walk + balance_cost(self.total, k, self.target, self.balance_m)

    def guess(self, k: int) -> float:
        """Return what the apportionment counts on for k regions: the bound, or an estimate."""
        if self.is_exact:
            return self.bound(k)
        if k in self.covers:
            return self.covers[k].cost
        known = [j for j, cover in self.covers.items() if cover.exists]
        if not known:
            return self.bound(k)
        near = min(known, key=lambda j: (abs(j - k), j))

        def balance(j: int) -> float:
            return balance_cost(self.total, j, self.target, self.balance_m)

        # walks shrink as regions do: by the root of their number
        walk = max(0.0, self.covers[near].cost - balance(near))
        return walk * math.sqrt(near / k) + balance(k)

    def wanted(self, price: float) -> int:
        """Return the k that is cheapest by what is known, if each region costs ``price`` less."""
        return min(self.ks, key=lambda k: (self.guess(k) - price * k, k))

    def is_sharp(self, k: int) -> bool:
        """Tell whether the bound for k is as good as its relaxation."""
        return not self.is_exact or k in self.cuts

    def found(self) -> NDArray[np.float64]:
        """Return the cost of the covers found, inf where none was, for all ``ks``."""
        return np.array([self.covers[k].cost if k in self.covers else math.inf for k in self.ks])
