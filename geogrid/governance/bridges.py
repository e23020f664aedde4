"""Bridges: the cheapest crossings that mend parts which cannot hold a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.locale import LANGUAGES, phrases
from geogrid.space.barriers import CROSSING_RANK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.governance.problem import Problem
    from geogrid.governance.rules import LayoutRules
    from geogrid.locale import Language

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

    def hints(self, opened: bool) -> dict[Language, str]:  # noqa: FBT001 - a fact, not a switch
        """Return a hint to add to a message, by language; empty if there is nothing to open."""
        if opened or not self.waivers:
            return {}
        first = list(zip(self.waivers, self.kinds, self.walks_m, self.reasons, strict=True))
        hints: dict[Language, str] = {}
        for language in LANGUAGES:
            words, kinds = phrases(language, "infeasible"), phrases(language, "border")
            listed = words["between"].join(
                words["crossing"].format(a=a, b=b, kind=kinds[kind], walk=f"{walk:.0f}", why=why)
                for (a, b), kind, walk, why in first[:_LISTED]
            )
            hints[language] = words["crossings"].format(listed=listed)
        return hints


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

    total = np.array([part.total for part in problem.parts])
    joined = _Joined(total, part_a[order], part_b[order])
    ways: list[int] = []
    reasons: list[str] = []
    beyond = []
    for part in np.argsort(total, kind="stable").tolist():
        while (households := joined.households(part)) < rules.partition.low * target:
            way = joined.first_way_out(part)
            if way is None:
                beyond.append(problem.part_title(part))
                break
            joined.join(way)
            ways.append(way)
            reasons.append(f"{problem.part_title(part)} has only {households / target:.2f} T")
    for way in range(len(order)):
        if joined.n_groups <= k:
            break
        if joined.join(way):
            ways.append(way)
            reasons.append("there are more parts than grids")
    chosen = order[ways]
    a, b = pairs["a_ix"].to_numpy()[chosen], pairs["b_ix"].to_numpy()[chosen]
    return Crossings(
        waivers=tuple((str(ids[i]), str(ids[j])) for i, j in zip(a, b, strict=True)),
        kinds=tuple(str(kind) for kind in pairs["barrier"].to_numpy(object)[chosen]),
        walks_m=tuple(float(x) for x in pairs["link_m"].to_numpy()[chosen]),
        reasons=tuple(reasons),
        beyond_help=tuple(beyond),
    )


class _Joined:
    """Hold which parts are joined, and the ways that lead out of them.

    ``total`` are the households of each part; way w joins parts ``a[w]`` and ``b[w]``,
    easiest first. Each group knows its own ways, so nothing is searched district-wide.
    """

    def __init__(
        self, total: NDArray[np.float64], a: NDArray[np.int64], b: NDArray[np.int64]
    ) -> None:
        self.ends: list[tuple[int, int]] = list(zip(a.tolist(), b.tolist(), strict=True))
        self.group: list[int] = list(range(len(total)))
        self.total: list[float] = total.tolist()
        self.members = [[part] for part in self.group]
        self.ways: list[list[int]] = [[] for _ in self.group]
        for way, parts in enumerate(self.ends):
            for part in parts:
                self.ways[part].append(way)
        self.n_groups = len(total)

    def households(self, part: int) -> float:
        """Return the households of everything joined to a part."""
        return self.total[self.group[part]]

    def first_way_out(self, part: int) -> int | None:
        """Return the easiest way from a part's group to another one."""
        return next((way for way in self.ways[self.group[part]] if self._parts_two(way)), None)

    def join(self, way: int) -> bool:
        """Join what a way leads to; return False if it was joined before."""
        if not self._parts_two(way):
            return False
        keep, lose = sorted(self.group[part] for part in self.ends[way])
        for part in self.members[lose]:
            self.group[part] = keep
        self.members[keep] += self.members[lose]
        self.total[keep] += self.total[lose]
        ways = {w for w in self.ways[keep] + self.ways[lose] if self._parts_two(w)}
        self.ways[keep] = sorted(ways)
        self.n_groups -= 1
        return True

    def _parts_two(self, way: int) -> bool:
        """Tell whether a way still leads from one group to another."""
        a, b = self.ends[way]
        return self.group[a] != self.group[b]
