"""Problem: a district turned into what the solver takes, and its answers in names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import InfeasibleError, InputError
from geogrid.solve.partition import solve_parts
from geogrid.solve.parts import Part
from geogrid.space.graph import SpatialGraph, build_graph
from geogrid.space.grouping import rows_by_label

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.district import District
    from geogrid.governance.rules import LayoutRules
    from geogrid.solve.options import SolveOptions
    from geogrid.solve.result import Partition

__all__ = ["Problem", "make_problem", "solve_named"]

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
    """

    def __init__(
        self, district: District, graph: SpatialGraph, weights: NDArray[np.float64]
    ) -> None:
        self.district = district
        self.graph = graph
        self.weights = weights
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

    def part_title(self, part: int) -> str:
        """Return a part's name for a message: its community and number."""
        code, _, serial = self.graph.part_ids[part].rpartition("-")
        return f"{self.community_names.get(code, code)} part {serial}"


def make_problem(district: District, *, rules: LayoutRules, weight: str = "households") -> Problem:
    """Build the graph of a district and the parts that the solver takes.

    Parameters
    ----------
    district : District
        What is planned.
    rules : LayoutRules
        When courtyards are neighbours.
    weight : str
        Numeric column of the courtyards that balances grids.

    Returns
    -------
    Problem
        Graph, weights and parts.

    Raises
    ------
    InputError
        If the weight column is missing or holds negative or missing numbers.
    """
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
    return Problem(district, build_graph(district, rules.contiguity), weights)


def solve_named(
    problem: Problem, k: int, *, rules: LayoutRules, options: SolveOptions, hint: str = ""
) -> Partition:
    """Solve a problem; infeasibility speaks of communities instead of numbers."""
    groups = [name.rpartition("-")[0] for name in problem.graph.part_ids]
    try:
        return solve_parts(problem.parts, groups, k, rules=rules.partition, options=options)
    except InfeasibleError as error:
        short = error.facts.get("least", 0) > k
        words = _infeasible_words(problem, k, error) + (hint if short else "")
        raise InfeasibleError(words, **error.facts) from error


def _infeasible_words(problem: Problem, k: int, error: InfeasibleError) -> str:
    """Say in names what the solver said in numbers."""
    n_parts, n_units = len(problem.parts), len(problem.nodes)
    per_community: dict[str, list[int]] = {}
    for part, name in enumerate(problem.graph.part_ids):
        per_community.setdefault(name.rpartition("-")[0], []).append(part)
    broken = {c: p for c, p in per_community.items() if len(p) > 1}
    if k > n_units:
        return (
            f"{k} grids are more than the {n_units} courtyards (those in one spot count once); "
            f"ask for at most {n_units}."
        )
    if k < n_parts:
        worst = sorted(broken.items(), key=lambda item: -len(item[1]))[:5]
        listed = "; ".join(
            f"{problem.community_names.get(c, c)} is in {len(p)} parts" for c, p in worst
        )
        return (
            f"{k} grids are fewer than the {n_parts} parts into which borders and barriers cut "
            f"the courtyards ({listed or 'one per community'}); ask for at least {n_parts} grids, "
            "waive a barrier, or use --bridge."
        )
    rows = sorted(error.facts.get("parts", []), key=lambda r: r["least"] - r["most"])
    tight = "; ".join(
        f"{problem.part_title(r['part'])}: {r['least']} to {r['most']}" for r in rows[:5]
    )
    return f"{error.message} Parts and the grids they can hold: {tight}."
