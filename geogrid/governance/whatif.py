"""What-if on a layout: what another number, rule or border would cost, and why a courtyard is here.

Every figure is the difference of two proven plans at one target: the plan at
hand, and the best plan after the change.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.errors import InfeasibleError, InputError, NotFoundError
from geogrid.governance.borders import find_borders
from geogrid.governance.keep import keep_by_rows
from geogrid.governance.previous import layout_before
from geogrid.governance.problem import Problem, find_problem
from geogrid.governance.reasons import Price, Prices, Why
from geogrid.governance.rules import frozen_rules_of
from geogrid.solve.conflict import Rule, without
from geogrid.solve.options import SolveOptions
from geogrid.solve.parts import Part
from geogrid.solve.whatif import WhatIf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geogrid.governance.rules import LayoutRules
    from geogrid.plans.plan import Plan
    from geogrid.solve.result import Partition

__all__ = ["LayoutWhatIf", "open_what_if"]

# how much wider a band is tried, in multiples of T
_BAND_STEP = 0.1
# sums of costs in another order differ by so much, relative, and mean nothing
_ROUNDING = 1e-12


class LayoutWhatIf:
    """Keep a layout solved, to learn what changes would cost.

    Parameters
    ----------
    plan : Plan
        The plan at hand.
    problem : Problem
        What it solved.
    rules : LayoutRules
        Its rules.
    study : WhatIf
        The same, solved again.

    Raises
    ------
    InputError
        If the plan is not what its rules lead to.
    """

    def __init__(self, plan: Plan, problem: Problem, rules: LayoutRules, study: WhatIf) -> None:
        self.plan = plan
        self.problem = problem
        self.rules = rules
        self.study = study
        codes = plan.courtyards["grid_code"].to_numpy(object)[problem.nodes]
        pairs = {(int(r), str(c)) for r, c in zip(study.base.labels, codes, strict=True)}
        # the pairs are as many as the grids only if both layouts are the same
        same = len(pairs) == plan.n_grids and math.isclose(
            study.base.objective, plan.report["objective"], rel_tol=1e-6
        )
        if not same or study.base.status != "optimal":
            msg = (
                "This plan is not the proven optimum under its rules (changed by hand, or stopped "
                "by a time limit); plan again, then ask what changes cost."
            )
            raise InputError(msg)
        self.code_of = dict(pairs)

    @property
    def base(self) -> Partition:
        """Return the solution at hand."""
        return self.study.base

    def prices(self) -> Prices:
        """Return what every change that one may think of would cost, in a fixed order.

        Returns
        -------
        Prices
            A grid fewer and more, a wider band, no longest walk, each lock and
            tie left out, each border inside a community opened.
        """
        rows = [*self.price_grids(), *self.price_rules(), *self.price_borders()]
        names, made_up = self.problem.community_names, self.plan.district.is_synthetic
        return Prices.of(rows, names, is_synthetic=made_up)

    def price_grids(self, steps: Sequence[int] = (-1, 1)) -> list[Price]:
        """Return what fewer or more grids would cost.

        Parameters
        ----------
        steps : sequence of int
            How many more.

        Returns
        -------
        list of Price
            One per step.
        """
        k = self.study.n_regions
        return [
            self._price("more_grids", {"n": k + step, "k": k}, n_regions=k + step) for step in steps
        ]

    def price_rules(self) -> list[Price]:
        """Return what the plan would cost without each rule.

        Returns
        -------
        list of Price
            The band a little wider, the longest walk, each lock, each tie.
        """
        rules, target = self.study.rules, self.base.target
        low, high = max(0.0, rules.low - _BAND_STEP), rules.high + _BAND_STEP
        bounds = {"low": f"{low * target:.0f}", "high": f"{high * target:.0f}"}
        found = [self._price("wider_band", bounds, low=low, high=high)]
        if rules.walk_max_m is not None:
            bound = {"bound": f"{rules.walk_max_m:.0f}"}
            found.append(self._price("without_walk", bound, walk_max_m=None))
        for kind, phrase in (
            ("locked", "without_lock"),
            ("must_join", "without_join"),
            ("must_part", "without_part"),
        ):
            for number, units in enumerate(getattr(rules, kind)):
                dropped = without(rules, [Rule(kind, number)])  # type: ignore[arg-type]
                change = {kind: getattr(dropped, kind)}
                ids = self.problem.courtyards_at(list(units))
                price = self._price(phrase, {"units": ", ".join(ids)}, **change)
                found.append(
                    replace(price, courtyards=tuple(ids), community_code=self._community_of(units))
                )
        return found

    def _community_of(self, units: Sequence[int]) -> str:
        """Return the community of some solver rows, empty text if they lie in several."""
        codes = set(self.problem.communities[self.problem.nodes[list(units)]])
        return str(codes.pop()) if len(codes) == 1 else ""

    def _price(self, phrase: str, values: dict[str, Any], **changes: Any) -> Price:  # noqa: ANN401 - fields of PartitionRules
        """Return the price of changed rules."""
        n_regions = changes.pop("n_regions", self.study.n_regions)
        rules = self.study.changed(**changes)
        return self._priced(phrase, values, n_regions=n_regions, rules=rules)

    def _priced(self, phrase: str, values: dict[str, Any], **question: Any) -> Price:  # noqa: ANN401 - what `WhatIf.solve` takes
        """Return a price with its share for every household."""
        try:
            found = self.study.solve(**question)
        except InfeasibleError:
            return Price(phrase, values, None, None, is_proven=True)
        change = found.objective - self.base.objective
        if abs(change) <= _ROUNDING * abs(self.base.objective):
            change = 0.0
        each_m = change / max(float(self.problem.weights.sum()), 1.0)
        return Price(phrase, values, change, each_m, is_proven=found.status == "optimal")

    def price_borders(self) -> list[Price]:
        """Return what it would cost, or save, to let grids cross each border in a community.

        Returns
        -------
        list of Price
            One per pair of parts and barrier between them, where neighbours
            face each other within the longest link.
        """
        found = []
        ids = self.problem.district.courtyards["courtyard_id"].to_numpy(object)
        rows: Any = find_borders(self.problem, self.rules).itertuples(index=False)
        for row in rows:
            near = row.walk_m <= self.rules.contiguity.max_link_m
            if not near.any():
                # too far to walk from one side to the other, barrier or not
                continue
            parts, groups = self._joined(row.part_a, row.part_b, row.a_ix[near], row.b_ix[near])
            code = self.problem.graph.part_ids[row.part_a].rpartition("-")[0]
            values = {
                "community": self.problem.community_names.get(code, code),
                "kind": row.kind,
                "name": row.name,
            }
            price = self._priced("without_border", values, parts=parts, groups=groups)
            sides = [ids[ix[near]].tolist() for ix in (row.a_ix, row.b_ix)]
            found.append(
                replace(
                    price,
                    community_code=code,
                    courtyards=tuple(sorted({*sides[0], *sides[1]})),
                    pairs=tuple(zip(*sides, strict=True)),
                )
            )
        return found

    def _joined(
        self, first: int, second: int, a_ix: NDArray[np.int64], b_ix: NDArray[np.int64]
    ) -> tuple[list[Part], list[Any]]:
        """Return the parts with two of them joined by pairs of courtyards, and their groups."""
        parts, groups = list(self.study.parts), list(self.study.groups)
        both = (parts[first], parts[second])
        problem, graph = self.problem, self.problem.graph
        units = np.sort(np.concatenate([p.units for p in both]))
        n = len(units)
        distance, weights, edges = np.zeros((n, n)), np.zeros(n), []
        for part in both:
            at = np.searchsorted(units, part.units)
            distance[np.ix_(at, at)] = part.distance
            weights[at] = part.weights
            edges.append(at[part.edges])
        ends = [np.searchsorted(problem.nodes, graph.node_ix[ix]) for ix in (a_ix, b_ix)]
        edges.append(np.sort(np.searchsorted(units, np.stack(ends, axis=1)), axis=1))
        a, b = (np.searchsorted(units, p.units) for p in both)
        rows, columns = (grid.ravel() for grid in np.meshgrid(a, b, indexing="ij"))
        nodes = problem.nodes[units]
        walk = graph.walks_between(nodes[rows], nodes[columns])
        distance[rows, columns] = distance[columns, rows] = walk
        merged = Part(units, weights, np.unique(np.concatenate(edges), axis=0), distance)
        kept = [i for i in range(len(parts)) if i not in {first, second}]
        return (
            [*(parts[i] for i in kept), merged],
            [*(groups[i] for i in kept), groups[first]],
        )

    def why_here(self, courtyard_id: str) -> list[Why]:
        """Tell what every neighbouring grid of a courtyard would cost.

        Parameters
        ----------
        courtyard_id : str
            The courtyard.

        Returns
        -------
        list of Why
            Cheapest first; empty if no other grid of its part touches it.

        Raises
        ------
        NotFoundError
            If there is no such courtyard.
        """
        ids = self.problem.district.courtyards["courtyard_id"].to_numpy(object)
        rows = np.flatnonzero(ids == courtyard_id)
        if not len(rows):
            raise NotFoundError(f"There is no courtyard {courtyard_id}.", courtyard=courtyard_id)
        unit = int(self.problem.rows[rows[0]])
        return [
            Why(self.code_of[n.region], n.best, n.move, n.obstacle)
            for n in self.study.why_here(unit)
        ]


def open_what_if(
    plan: Plan, *, options: SolveOptions | None = None, problems: Sequence[Problem] = ()
) -> LayoutWhatIf:
    """Solve a plan's problem again and keep it, to learn what changes would cost.

    Parameters
    ----------
    plan : Plan
        A proven plan.
    options : SolveOptions, optional
        How to work; by default Ctrl-C ends a question without an answer.
    problems : sequence of Problem
        Graphs that are built already; the plan's is taken if it is among them.

    Returns
    -------
    LayoutWhatIf
        Ready for questions.

    Raises
    ------
    InputError
        If the plan is not the proven optimum under its rules.
    """
    rules = frozen_rules_of(plan)
    weight = plan.report["provenance"]["weight"]
    problem = find_problem(problems, plan.district, rules=rules, weight=weight)
    by_rows = keep_by_rows(problem, rules, before=layout_before(plan))
    options = options or SolveOptions(on_interrupt="raise")
    study = WhatIf(problem.parts, problem.groups, plan.n_grids, rules=by_rows, options=options)
    return LayoutWhatIf(plan, problem, rules, study)
