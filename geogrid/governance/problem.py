"""Problem: a district turned into what the solver takes, and its answers in names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import InfeasibleError, InputError
from geogrid.governance.refusal import say_infeasible
from geogrid.plans.metrics import LayoutMetrics, measure_labels
from geogrid.solve.conflict import find_conflicts
from geogrid.solve.partition import solve_parts
from geogrid.solve.parts import Part
from geogrid.space.graph import SpatialGraph, build_graph
from geogrid.space.grouping import rows_by_label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from geogrid.district import District
    from geogrid.governance.rules import LayoutRules
    from geogrid.locale import Language
    from geogrid.solve.options import PartitionRules, SolveOptions
    from geogrid.solve.result import Partition

__all__ = ["Problem", "find_problem", "make_problem", "solve_named"]

# a weight beyond this is a slip of the pen, and too large to add up exactly
_MOST = 1e7


class Problem:
    """Hold a district turned into a partition problem.

    Parameters
    ----------
    district : District
        What is planned.
    graph : SpatialGraph
        Its geometry as a graph.
    weights : (n,) float64
        Households (or another load) of each courtyard.
    weight : str
        Column that the weights come from.
    """

    def __init__(
        self,
        district: District,
        graph: SpatialGraph,
        weights: NDArray[np.float64],
        *,
        weight: str = "households",
    ) -> None:
        self.district = district
        self.graph = graph
        self.weights = weights
        self.weight = weight
        courtyards = district.courtyards
        self.communities = courtyards["community_code"].to_numpy(object)
        self.community_names: dict[str, str] = dict(
            zip(district.communities["community_code"], district.communities["name"], strict=True)
        )
        nodes = np.unique(graph.node_ix)
        self.nodes = nodes
        merged = np.bincount(graph.node_ix, weights=weights, minlength=len(weights))
        # the solver's rows are the distinct spots, numbered 0 .. n - 1
        number = np.full(len(weights), -1, np.int64)
        number[nodes] = np.arange(len(nodes))
        self.rows: NDArray[np.int64] = number[graph.node_ix]
        used = graph.contiguity[graph.contiguity["usable"] == 1]
        a = graph.node_ix[used["a_ix"].to_numpy()]
        b = graph.node_ix[used["b_ix"].to_numpy()]
        a, b = number[a[a != b]], number[b[a != b]]
        links = rows_by_label(graph.part_ix[nodes[a]], len(graph.part_ids))
        self.parts: list[Part] = []
        for rows, link, walk in zip(graph.part_rows, links, graph.walk_m, strict=True):
            single = graph.node_ix[rows] == rows
            units = number[rows[single]]
            edges = np.searchsorted(units, np.stack([a[link], b[link]], axis=1))
            self.parts.append(
                Part(units, merged[rows[single]], edges, walk[np.ix_(single, single)])
            )

    @property
    def part_ids(self) -> tuple[str, ...]:
        """Return the name of each part."""
        return tuple(self.graph.part_ids)

    @property
    def groups(self) -> list[str]:
        """Return the community code of each part."""
        return [name.rpartition("-")[0] for name in self.graph.part_ids]

    def suits(self, district: District, rules: LayoutRules, *, weight: str = "households") -> bool:
        """Tell whether a district, planned by some rules, is this very problem.

        Parameters
        ----------
        district : District
            Its layers may be others than the problem's own, if they hold the same.
        rules : LayoutRules
            Only when courtyards are neighbours matters.
        weight : str
            Column that balances grids.

        Returns
        -------
        bool
            Whether `make_problem` would build the same again.
        """
        if weight != self.weight or rules.contiguity != self.graph.rules:
            return False
        own = self.district
        if district is own:
            return True
        if district.crs != own.crs or district.tables.keys() != own.tables.keys():
            return False
        # a plan's courtyards carry columns of their own
        columns = ["courtyard_id", "community_code", weight, "geometry"]
        if weight not in district.courtyards:
            return False
        return bool(own.courtyards[columns].equals(district.courtyards[columns])) and all(
            district[name] is own[name] or own[name].equals(district[name])
            for name in own.tables
            if name != "courtyards"
        )

    def part_title(self, part: int) -> str:
        """Return a part's name for a message: its community and number."""
        code, _, serial = self.graph.part_ids[part].rpartition("-")
        return f"{self.community_names.get(code, code)} part {serial}"

    def measure(
        self, labels: NDArray[np.int64], *, rules: PartitionRules, target: float
    ) -> tuple[LayoutMetrics, pd.DataFrame]:
        """Measure a layout of the courtyards, as `measure_labels` does."""
        return measure_labels(
            labels,
            households=self.weights,
            communities=self.communities,
            contiguity=self.graph.contiguity,
            walks=self.graph.walks_inside(labels),
            target=target,
            band=(rules.low, rules.high),
            balance_m=rules.balance_m,
        )

    def courtyards_at(self, rows: ArrayLike) -> list[str]:
        """Return the ids of all courtyards in some of the solver's rows."""
        ids = self.district.courtyards["courtyard_id"].to_numpy(object)
        return [str(i) for i in ids[np.isin(self.rows, rows)]]


def make_problem(
    district: District,
    *,
    rules: LayoutRules,
    weight: str = "households",
    ready: Problem | None = None,
) -> Problem:
    """Build the graph of a district and the parts that the solver takes.

    Parameters
    ----------
    district : District
        What is planned.
    rules : LayoutRules
        When courtyards are neighbours.
    weight : str
        Numeric column of the courtyards that balances grids.
    ready : Problem, optional
        The same, made before: its graph is taken over instead of built again.

    Returns
    -------
    Problem
        Graph, weights and parts.

    Raises
    ------
    InputError
        If the weight column is missing or holds negative or missing numbers, or what is
        ready is of another district, other contiguity rules or another weight.
    """
    if ready is not None:
        if not ready.suits(district, rules, weight=weight):
            msg = (
                "The problem at hand is of another district, of other contiguity rules or of "
                "another weight; make it anew with make_problem."
            )
            raise InputError(msg)
        if ready.district is district:
            return ready
        return Problem(district, ready.graph, ready.weights, weight=weight)
    courtyards = district.courtyards
    if weight not in courtyards:
        numbers = courtyards.select_dtypes("number").columns
        msg = f"Courtyards have no column {weight}; numeric ones are {', '.join(numbers)}."
        raise InputError(msg, column=weight)
    if courtyards[weight].dtype.kind not in "iufb":
        raise InputError(f"Column {weight} is not numeric; choose another weight.", column=weight)
    weights = courtyards[weight].to_numpy(np.float64, na_value=np.nan)
    bad = courtyards.loc[~((weights >= 0) & (weights <= _MOST)), "courtyard_id"].tolist()
    if bad:
        msg = (
            f"Column {weight} is negative, missing or above {_MOST:,.0f} for courtyards "
            f"{', '.join(bad[:8])}; mend them."
        )
        raise InputError(msg, courtyards=bad)
    return Problem(district, build_graph(district, rules.contiguity), weights, weight=weight)


def find_problem(
    ready: Sequence[Problem], district: District, *, rules: LayoutRules, weight: str = "households"
) -> Problem:
    """Return the problem of a district: one that is ready, or a new one.

    Parameters
    ----------
    ready : sequence of Problem
        Made before, of any district.
    district, rules, weight : District, LayoutRules, str
        As `make_problem` takes them.

    Returns
    -------
    Problem
        With the district's own layers.
    """
    fits = (p for p in ready if p.suits(district, rules, weight=weight))
    return make_problem(district, rules=rules, weight=weight, ready=next(fits, None))


def solve_named(
    problem: Problem,
    k: int,
    *,
    rules: PartitionRules,
    options: SolveOptions,
    hints: Mapping[Language, str] | None = None,
) -> Partition:
    """Solve a problem; what is impossible is said in names.

    Parameters
    ----------
    problem : Problem
        What to solve.
    k : int
        Grids.
    rules : PartitionRules
        In the problem's rows, with the target.
    options : SolveOptions
        How long to look and whom to tell.
    hints : mapping of language to str, optional
        What to add where there are fewer grids than parts.

    Returns
    -------
    Partition
        In the problem's rows.

    Raises
    ------
    InfeasibleError
        If no k grids exist: the conflict in English; ``facts["words"]`` has it in
        Chinese too, ``facts["conflicts"]`` as data.
    """
    try:
        return solve_parts(problem.parts, problem.groups, k, rules=rules, options=options)
    except InfeasibleError as error:
        conflicts = find_conflicts(problem.parts, problem.groups, k, rules=rules, options=options)
        words = say_infeasible(problem, k, error, conflicts=conflicts, rules=rules)
        if error.facts.get("least", 0) > k:
            words = {
                language: said + (hints or {}).get(language, "") for language, said in words.items()
            }
        facts = error.facts | {"conflicts": conflicts, "words": words}
        raise InfeasibleError(words["en"], **facts) from error
