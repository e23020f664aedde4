"""Proven: what is proven already, and the layout and bound that it gives in a moment.

For one number of grids, one band and one longest walk, the least total cost is concave in the
weight of balance: every layout's cost is a straight line in it, walk plus weight times imbalance,
and the least of straight lines is concave. So two proven optima bound all between them from below,
and their layouts, priced anew, bound them from above. And where rules only become tighter, a
proven optimum that still obeys them stays one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geogrid.governance.live.dials import Dials
    from geogrid.solve.parts import Part
    from geogrid.solve.result import Partition

__all__ = ["First", "Proven"]

# so many proven layouts are remembered, some 100 kB each
_KEPT = 200
_SLACK = 1e-9


@dataclass(frozen=True)
class First:
    """Hold a layout under given dials, and what no other can undercut.

    Parameters
    ----------
    labels : (n,) int32
        In the solver's rows.
    objective : float
        What it costs.
    bound : float
        No layout costs less; 0 if nothing better is known.
    """

    labels: NDArray[np.int32]
    objective: float
    bound: float


class Proven:
    """Remember proven layouts by their dials, to bound others by them.

    Parameters
    ----------
    parts : sequence of Part
        Of the problem; its costs are never negative.
    across : bool
        Whether layouts by one band or walk may bound those by another: not where the numbers that
        communities get follow from what they can hold.
    """

    def __init__(self, parts: Sequence[Part], *, across: bool = True) -> None:
        self.parts = tuple(parts)
        self._across = across
        self._weights = np.zeros(sum(p.n for p in parts))
        for part in parts:
            self._weights[part.units] = part.weights
        self._found: dict[Dials, Partition] = {}

    def note(self, dials: Dials, found: Partition) -> None:
        """Remember a layout, if it is proven."""
        if found.status == "optimal":
            self._found.pop(dials, None)
            self._found[dials] = found
            if len(self._found) > _KEPT:
                # the oldest goes
                del self._found[next(iter(self._found))]

    def has(self, dials: Dials) -> bool:
        """Return whether the layout by these dials is proven already."""
        return dials in self._found

    def knows_rules(self, dials: Dials) -> bool:
        """Return whether any number of grids is proven under these rules."""
        return any(d.without_count == dials.without_count for d in self._found)

    def nearest_rules(self, dials: Dials) -> Dials | None:
        """Return proven dials that differ least, turned to the same number of grids.

        Parameters
        ----------
        dials : Dials
            What is asked.

        Returns
        -------
        Dials or None
            Rules that are known, at the number asked; None where moving is priced otherwise.
        """

        def distance(other: Dials) -> tuple[int, float]:
            names = ("low", "high", "walk_max_m")
            differ = sum(getattr(other, name) != getattr(dials, name) for name in names)
            return differ, abs(np.log((other.balance_m + 1) / (dials.balance_m + 1)))

        like = [d for d in self._found if d.moved_m == dials.moved_m]
        if not like:
            return None
        return min(like, key=distance).changed(grids=dials.grids)

    def first(self, dials: Dials) -> First | None:
        """Return a layout and a bound for some dials, without solving anything.

        Parameters
        ----------
        dials : Dials
            What is asked.

        Returns
        -------
        First or None
            The best layout proven for the same number under other rules that obeys these; None
            if there is none.
        """
        found = []
        for known, plan in self._comparable(dials):
            if known.without_balance != dials.without_balance and not self._obeys(plan, dials):
                continue
            turned = dials.balance_m - known.balance_m
            found.append((plan.objective + turned * self._imbalance(plan), plan))
        if not found:
            return None
        objective, best = min(found, key=lambda pair: pair[0])
        return First(best.labels, objective, min(objective, self.bound(dials, witness=best)))

    def bound(self, dials: Dials, *, witness: Partition | None) -> float:
        """Return what no layout under some dials can undercut, by what was proven before.

        Parameters
        ----------
        dials : Dials
            What is asked.
        witness : Partition or None
            Some layout of this problem. If it obeys the dials, every part has a cover in the
            asked band, and none gives way to a wider one: then looser rules bound these.

        Returns
        -------
        float
            0 if nothing better is known.
        """
        points = [(0.0, 0.0)]
        is_sure = witness is not None and self._obeys(witness, dials)
        for known, plan in self._comparable(dials):
            same = known.without_balance == dials.without_balance
            if same or (is_sure and self._is_tighter(dials, known, plan)):
                points.append((known.balance_m, plan.bound or 0.0))
        return _below(points, dials.balance_m)

    def _comparable(self, dials: Dials) -> list[tuple[Dials, Partition]]:
        """Return what is proven for the same number of grids and the same price of moving."""
        return [
            (known, plan)
            for known, plan in self._found.items()
            if (known.grids, known.moved_m) == (dials.grids, dials.moved_m)
        ]

    def _imbalance(self, plan: Partition) -> float:
        """Return what one metre of balance costs a layout, in households."""
        loads = np.bincount(plan.labels, weights=self._weights)
        return float(((loads - plan.target) ** 2).sum() / plan.target)

    def _obeys(self, plan: Partition, dials: Dials) -> bool:
        """Return whether every grid of a layout lies in the asked band and walk, none in a wider.

        Only then is it sure that each part keeps the asked band.
        """
        if not self._across:
            return False
        loads = np.bincount(plan.labels, weights=self._weights) / plan.target
        if loads.min() < dials.low - _SLACK or loads.max() > dials.high + _SLACK:
            return False
        return dials.walk_max_m is None or self._longest(plan) <= dials.walk_max_m + _SLACK

    def _longest(self, plan: Partition) -> float:
        """Return the longest walk of a layout."""
        walks = [0.0]
        for part, solved in zip(self.parts, plan.parts, strict=True):
            for region, medoid in zip(solved.regions, solved.medoids, strict=True):
                rows = np.searchsorted(part.units, region)
                walks.append(float(part.distance[np.searchsorted(part.units, medoid), rows].max()))
        return max(walks)

    def _is_tighter(self, dials: Dials, known: Dials, plan: Partition) -> bool:
        """Return whether the asked rules allow nothing that the known ones forbade in any part."""
        most = np.inf if known.walk_max_m is None else known.walk_max_m
        asked = np.inf if dials.walk_max_m is None else dials.walk_max_m
        return asked <= most and all(
            solved.band[0] <= dials.low and dials.high <= solved.band[1] for solved in plan.parts
        )


def _below(points: Sequence[tuple[float, float]], at: float) -> float:
    """Return the least that a concave rising function through some points, or over them, can be.

    Parameters
    ----------
    points : sequence of (float, float)
        Where, and a lower bound on the function there.
    at : float
        Where it is bounded.

    Returns
    -------
    float
        The highest chord between a point before and one behind, or point before.

    Examples
    --------
    >>> _below([(0, 0), (100, 10), (200, 14)], 150), _below([(0, 0), (100, 10)], 300)
    (12.0, 10)
    """
    before = [p for p in points if p[0] <= at]
    behind = [p for p in points if p[0] > at]
    chords = [
        low + (high - low) * (at - here) / (there - here)
        for here, low in before
        for there, high in behind
    ]
    return max([*chords, *(low for _, low in before)])
