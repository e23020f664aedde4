"""Mend measure: what the communities of a draft cost and lack, as they are and as they could be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.governance.carry import NEW
from geogrid.governance.mend_problem import CommunityProblem
from geogrid.governance.price import part_costs
from geogrid.plans.codes import number_grids, split_code
from geogrid.plans.metrics import measure_labels

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.governance.findings import Finding
    from geogrid.governance.verdict import Judge

__all__ = ["Figures", "Measured", "WorkingDraft"]

# faults that other grids can mend though they bar nothing
_MENDABLE = frozenset({"out_of_band", "rule"})


@dataclass(frozen=True)
class Figures:
    """Hold the figures of some communities.

    Parameters
    ----------
    objective : float
        What their grids cost by the plan's own rules, household-metres.
    n_grids, in_band : int
        Their grids, and how many of these have no more and no fewer households than allowed.
    cv : float
        Standard deviation over mean of households per grid.
    walk_mean_m : float
        Mean walk of a household to the middle of its grid.
    hard, soft : int
        Faults of their grids and courtyards.
    """

    objective: float
    n_grids: int
    cv: float
    walk_mean_m: float
    in_band: int
    hard: int
    soft: int


@dataclass(frozen=True)
class Measured:
    """Hold what some communities cost and lack under one assignment.

    Parameters
    ----------
    cost : dict of str to float
        Household-metres of each community, by the plan's own rules.
    faults : dict of str to (int, int)
        Of each: hard faults, and grids out of their band or against a rule.
    figures : Figures
        Of all of them.
    """

    cost: dict[str, float]
    faults: dict[str, tuple[int, int]]
    figures: Figures


class WorkingDraft:
    """Hold a draft while it is mended, and measure what it could be.

    Parameters
    ----------
    judge : Judge
        Of the plan that the draft started from.
    assignment : mapping of courtyard_id to grid_code
        Every courtyard.
    communities : sequence of str
        Those asked for.
    locks : collection of str
        ``courtyard:ID`` and ``grid:CODE``.
    names : mapping of grid_code to str
        For the words.
    reserved : collection of str
        Codes that were given elsewhere.
    """

    def __init__(
        self,
        judge: Judge,
        assignment: Mapping[str, str],
        *,
        communities: Sequence[str],
        locks: Collection[str],
        names: Mapping[str, str],
        reserved: Collection[str],
    ) -> None:
        self.judge, self.communities = judge, communities
        self.graph, self.locks, self.names = judge.graph, locks, names
        codes, labels = self.graph.labels(assignment)
        self.now = np.array(codes, object)[labels]
        self.used = {*reserved, *judge.plan.gov_grids["grid_code"], *names, *codes, *judge.retired}
        self.rules = replace(
            judge.rules, partition=replace(judge.rules.partition, target=judge.plan.target)
        )
        self.problems = [
            problem
            for code in communities
            if len((problem := CommunityProblem(self.graph, code)).rows)
        ]

    def measure(self, codes: NDArray[np.object_]) -> Measured:
        """Return what the communities cost and lack under an assignment.

        Parameters
        ----------
        codes : (n,) object
            Grid code of every courtyard of the plan; new ones may be called `NEW` and a number.

        Returns
        -------
        Measured
            Of the communities asked for.
        """
        codes = self._numbered(codes)
        graph, partition = self.graph, self.rules.partition
        known, labels = np.unique(codes.astype(str), return_inverse=True)
        labels = labels.astype(np.int64)
        _, grids = measure_labels(
            labels,
            households=graph.weights,
            communities=graph.communities,
            contiguity=graph.contiguity,
            walks=graph.walks_inside(labels)[0],
            target=self.judge.plan.target,
            band=(partition.low, partition.high),
            balance_m=partition.balance_m,
        )
        costs = part_costs(graph, self.rules, labels, grids)
        cost = dict.fromkeys(self.communities, 0.0)
        for part, value in zip(graph.part_ids, costs.tolist(), strict=True):
            community = part.rpartition("-")[0]
            if community in cost:
                cost[community] += value
        faults = [(fault, where) for fault in self._faults(codes) if (where := self._where(fault))]
        own = grids[[self._is_own(code) for code in known.tolist()]]
        return Measured(
            cost,
            {
                community: (
                    sum(f.severity == "hard" and community in where for f, where in faults),
                    sum(f.kind in _MENDABLE and community in where for f, where in faults),
                )
                for community in self.communities
            },
            self._figures(own, sum(cost.values()), [fault for fault, _ in faults]),
        )

    def _figures(self, own: pd.DataFrame, objective: float, faults: list[Finding]) -> Figures:
        """Return the figures of the communities' own grids."""
        load = own["load"].to_numpy(np.float64)
        outside = sum(f.kind == "out_of_band" and self._is_own(f.grid_code) for f in faults)
        return Figures(
            objective=objective,
            n_grids=len(own),
            cv=float(load.std() / load.mean()) if load.sum() > 0 else 0.0,
            walk_mean_m=float(own["walk_cost"].sum()) / max(float(load.sum()), 1.0),
            in_band=len(own) - outside,
            hard=sum(f.severity == "hard" for f in faults),
            soft=sum(f.severity == "soft" for f in faults),
        )

    def _is_own(self, code: str) -> bool:
        """Tell whether a grid counts in the communities asked for."""
        return split_code(code)[0] in self.communities

    def _faults(self, codes: NDArray[np.object_]) -> tuple[Finding, ...]:
        """Judge an assignment under the draft's locks."""
        ids = self.graph.ids.tolist()
        return self.judge.judge(
            dict(zip(ids, codes.tolist(), strict=True)),
            locks=self.locks,
            names=self.names,
            held=dict(zip(ids, self.now.tolist(), strict=True)),
        ).faults

    def _where(self, fault: Finding) -> set[str]:
        """Return the communities asked for in which a fault lies."""
        rows = [self.graph.row_of[i] for i in fault.courtyard_ids if i in self.graph.row_of]
        found = {split_code(fault.grid_code)[0], *self.graph.communities[rows].tolist()}
        return found & set(self.communities)

    def _numbered(self, codes: NDArray[np.object_]) -> NDArray[np.object_]:
        """Return codes with real ones for new grids, as a store could give them."""
        fresh = sorted({code for code in codes.tolist() if code.startswith(NEW)})
        if not fresh:
            return codes
        homes = [str(self.graph.communities[np.flatnonzero(codes == code)[0]]) for code in fresh]
        given, _ = number_grids(homes, np.zeros((len(homes), 2)), used=self.used)
        real = dict(zip(fresh, given, strict=True))
        return np.array([real.get(code, code) for code in codes.tolist()], object)
