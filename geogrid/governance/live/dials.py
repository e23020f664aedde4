"""Dials: the few rules that a planner turns to see what a layout would be."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from geogrid.errors import InputError
from geogrid.governance.rules import frozen_rules_of

if TYPE_CHECKING:
    from geogrid.governance.rules import LayoutRules
    from geogrid.plans.plan import Plan
    from geogrid.solve.options import PartitionRules

__all__ = ["Dials"]


@dataclass(frozen=True)
class Dials:
    """Hold what can be turned; everything else stays as the plan has it, the target too.

    Parameters
    ----------
    grids : int
        k.
    balance_m : float
        Weight of balance, metres.
    low, high : float
        The band, in multiples of the plan's target.
    walk_max_m : float or None
        Longest walk to the middle of a grid, metres; None for no limit.
    moved_m : float
        Metres that a household costs whose grid does not carry on the one of the layout before.

    Examples
    --------
    >>> dials = Dials(349, 500.0, 0.5, 1.5, None, 0.0)
    >>> dials.changed(grids=345).grids
    345
    """

    grids: int
    balance_m: float
    low: float
    high: float
    walk_max_m: float | None
    moved_m: float

    @classmethod
    def of(cls, plan: Plan) -> Dials:
        """Return where a plan's dials stand.

        Parameters
        ----------
        plan : Plan
            Any, with its rules.

        Returns
        -------
        Dials
            Its number of grids and its rules.
        """
        rules = frozen_rules_of(plan)
        part = rules.partition
        return cls(
            grids=plan.n_grids,
            balance_m=float(part.balance_m),
            low=float(part.low),
            high=float(part.high),
            walk_max_m=None if part.walk_max_m is None else float(part.walk_max_m),
            moved_m=float(rules.keep.moved_m),
        )

    @property
    def without_count(self) -> Dials:
        """Return the same rules, whatever the number of grids."""
        return replace(self, grids=0)

    @property
    def without_balance(self) -> Dials:
        """Return the same number and rules, whatever the weight of balance."""
        return replace(self, balance_m=0.0)

    def changed(self, **values: Any) -> Dials:  # noqa: ANN401 - any of the fields
        """Return the dials with some of them turned.

        Parameters
        ----------
        **values : Any
            Numbers, by name.

        Returns
        -------
        Dials
            Not yet tried.

        Raises
        ------
        InputError
            If there is no such dial.
        """
        known = [f.name for f in fields(self)]
        wrong = sorted(set(values) - set(known))
        if wrong:
            raise InputError(f"There is no dial {', '.join(wrong)}; known: {', '.join(known)}.")
        return replace(self, **values)

    def in_rules(self, rules: LayoutRules) -> LayoutRules:
        """Return a layout's rules with the dials where these stand.

        Parameters
        ----------
        rules : LayoutRules
            Of the plan, its target frozen.

        Returns
        -------
        LayoutRules
            With the same target.

        Raises
        ------
        InputError
            If a value means nothing (an empty band, a negative weight).
        """
        return replace(
            rules,
            partition=self._turned(rules.partition),
            keep=replace(rules.keep, moved_m=self.moved_m),
        )

    def in_rows(self, rules: PartitionRules) -> PartitionRules:
        """Return the solver's rules with the dials where these stand.

        Parameters
        ----------
        rules : PartitionRules
            In the solver's rows, the target frozen.

        Returns
        -------
        PartitionRules
            With the same target.

        Raises
        ------
        InputError
            If a value means nothing, or moving costs and there is no layout before.
        """
        return replace(self._turned(rules), moved_m=self.moved_m)

    def _turned(self, rules: PartitionRules) -> PartitionRules:
        """Return partition rules with balance, band and walk as they stand here."""
        return replace(
            rules,
            balance_m=self.balance_m,
            low=self.low,
            high=self.high,
            walk_max_m=self.walk_max_m,
        )
