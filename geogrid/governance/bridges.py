"""Bridges: the cheapest crossings that mend parts which cannot hold a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.space.barriers import CROSSING_RANK

if TYPE_CHECKING:
    from geogrid.governance.problem import Problem
    from geogrid.governance.rules import LayoutRules

__all__ = ["Crossings", "open_bridges"]

_LISTED = 5


@dataclass(frozen=True)
class Crossings:
    """Hold the crossings that would mend a district, cheapest first.

    Parameters
    ----------
    waivers : tuple of (str, str)
        Pairs of courtyard_id.
    kinds : tuple of str
        Barrier crossed by each.
    walks_m : tuple of float
        Walk over each.
    reasons : tuple of str
        What each mends.
    beyond_help : tuple of str
        Parts that no crossing mends.
    """

    waivers: tuple[tuple[str, str], ...]
    kinds: tuple[str, ...]
    walks_m: tuple[float, ...]
    reasons: tuple[str, ...]
    beyond_help: tuple[str, ...]

    def rows(self, opened: bool) -> list[dict[str, Any]]:  # noqa: FBT001 - a fact, not a switch
        """Return the crossings as plain values for the report."""
        return [
            {
                "a": pair[0],
                "b": pair[1],
                "barrier": kind,
                "walk_m": round(walk, 1),
                "reason": reason,
                "opened": opened,
            }
            for pair, kind, walk, reason in zip(
                self.waivers, self.kinds, self.walks_m, self.reasons, strict=True
            )
        ]

    def sentence(self, opened: bool) -> str:  # noqa: FBT001 - a fact, not a switch
        """Return a hint to add to a message, empty if there is nothing to open."""
        if opened or not self.waivers:
            return ""
        listed = "; ".join(
            f"{a} - {b} over {kind} ({walk:.0f} m; {reason})"
            for (a, b), kind, walk, reason in list(
                zip(self.waivers, self.kinds, self.walks_m, self.reasons, strict=True)
            )[:_LISTED]
        )
        return f" Crossings that would help, cheapest first (--bridge opens them): {listed}."


def open_bridges(problem: Problem, rules: LayoutRules, *, k: int) -> Crossings:
    """Find the cheapest crossings that let every part hold a grid, and k grids suffice.

    Parameters
    ----------
    problem : Problem
        The parts as barriers leave them.
    rules : LayoutRules
        With the target set.
    k : int
        Grids wanted.

    Returns
    -------
    Crossings
        Chosen greedily: the part in need joins over the easiest barrier, then
        the shortest walk; empty if nothing needs mending.
    """
    target = rules.partition.target or 1.0
    graph = problem.graph
    ids = problem.district.courtyards["courtyard_id"].to_numpy(object)
    home = np.arange(len(problem.parts))
    total = np.array([part.total for part in problem.parts])
    pairs = graph.contiguity
    part_a = graph.part_ix[pairs["a_ix"].to_numpy()]
    part_b = graph.part_ix[pairs["b_ix"].to_numpy()]
    inside = (
        problem.communities[pairs["a_ix"].to_numpy()]
        == problem.communities[pairs["b_ix"].to_numpy()]
    )
    open_to = (
        inside
        & (part_a != part_b)
        & pairs["barrier"].isin(rules.contiguity.barriers).to_numpy()
        & (pairs["barrier"] != "coast").to_numpy()
        & (pairs["link_m"] <= rules.contiguity.max_link_m).to_numpy()
    )
    rank = pairs["barrier"].map(CROSSING_RANK).fillna(0).to_numpy()
    order = np.lexsort((pairs["link_m"].to_numpy(), rank))
    order = order[open_to[order]]

    chosen: list[int] = []
    reasons: list[str] = []

    def join(row: int, reason: str) -> None:
        keep, lose = sorted((int(home[part_a[row]]), int(home[part_b[row]])))
        home[home == lose] = keep
        chosen.append(row)
        reasons.append(reason)

    def households(part: int) -> float:
        return float(total[home == home[part]].sum())

    beyond = []
    for part in np.argsort(total, kind="stable"):
        while households(part) < rules.partition.low * target:
            here = [r for r in order if _joins(home, part_a[r], part_b[r], home[part])]
            if not here:
                beyond.append(problem.part_title(int(part)))
                break
            share = households(part) / target
            join(here[0], f"{problem.part_title(int(part))} has only {share:.2f} T")
    for row in order:
        if len(np.unique(home)) <= k:
            break
        if home[part_a[row]] != home[part_b[row]]:
            join(int(row), "there are more parts than grids")
    a, b = pairs["a_ix"].to_numpy()[chosen], pairs["b_ix"].to_numpy()[chosen]
    return Crossings(
        waivers=tuple((str(ids[i]), str(ids[j])) for i, j in zip(a, b, strict=True)),
        kinds=tuple(str(kind) for kind in pairs["barrier"].to_numpy(object)[chosen]),
        walks_m=tuple(float(x) for x in pairs["link_m"].to_numpy()[chosen]),
        reasons=tuple(reasons),
        beyond_help=tuple(beyond),
    )


def _joins(home: np.ndarray, a: int, b: int, part: int) -> bool:
    """Tell whether a pair leads out of the joined parts that hold one part."""
    return bool((home[a] == part) != (home[b] == part))
