"""Mend problem: one community of a plan, as its draft stands, turned into what the solver takes.

All of it comes from the plan's own layers, so nothing is read from the roads again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.governance.keep import at_places, beats_at_places
from geogrid.governance.previous import layout_before
from geogrid.plans.codes import split_code
from geogrid.solve.parts import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from numpy.typing import ArrayLike, NDArray

    from geogrid.governance.rules import LayoutRules
    from geogrid.plans.plan_graph import PlanGraph
    from geogrid.solve.options import PartitionRules
    from geogrid.solve.regions import Regions

__all__ = ["Clash", "CommunityProblem", "Held", "held_by", "rules_for"]


@dataclass(frozen=True)
class Clash:
    """Name locks that no layout can obey.

    Parameters
    ----------
    phrase : str
        Key of the table ``mend``.
    courtyards : tuple of str
        Those at odds.
    """

    phrase: str
    courtyards: tuple[str, ...]


@dataclass(frozen=True)
class Held:
    """Hold what the locks of a draft keep, in the solver's rows.

    Parameters
    ----------
    whole : dict of str to tuple of int
        Locked grids: exactly these rows.
    tied : dict of str to tuple of int
        Grids with locked courtyards: these rows among others.
    clash : Clash or None
        Locks that contradict one another before anything is solved.
    """

    whole: dict[str, tuple[int, ...]]
    tied: dict[str, tuple[int, ...]]
    clash: Clash | None = None


class CommunityProblem:
    """Hold one community, or one part of it, as a partition problem.

    Parameters
    ----------
    graph : PlanGraph
        The plan's layers.
    code : str
        ``community_code``.
    part : int, optional
        The only part to take.
    """

    def __init__(self, graph: PlanGraph, code: str, *, part: int | None = None) -> None:
        self.graph = graph
        self.code = code
        own = graph.communities == code
        if part is not None:
            own &= graph.part_ix == part
        self.rows: NDArray[np.int64] = np.flatnonzero(own)
        # courtyards in one spot share a row of the solver
        self.nodes, unit_ix = np.unique(graph.place_ix[self.rows], return_inverse=True)
        self.unit_ix: NDArray[np.int64] = unit_ix.astype(np.int64)
        self.weights: NDArray[np.float64] = np.bincount(
            self.unit_ix, weights=graph.weights[self.rows], minlength=len(self.nodes)
        ).astype(np.float64)
        self.numbers: NDArray[np.int64] = np.unique(graph.part_ix[self.rows])
        self.parts = [self._part(int(number)) for number in self.numbers]
        table = graph.plan.district.communities
        self.community_names: dict[str, str] = dict(
            zip(table["community_code"], table["name"], strict=True)
        )

    def _part(self, number: int) -> Part:
        """Return one part, as `geogrid.governance.problem` makes it from the ground."""
        graph = self.graph
        unit_of = np.full(len(graph.ids), -1, np.int64)
        unit_of[self.rows] = self.unit_ix
        mine = self.rows[graph.part_ix[self.rows] == number]
        units = np.unique(unit_of[mine])
        inner = graph.is_usable & (graph.part_ix[graph.a_ix] == number)
        inner &= graph.part_ix[graph.b_ix] == number
        a, b = unit_of[graph.a_ix[inner]], unit_of[graph.b_ix[inner]]
        pairs = np.sort(np.stack([a[a != b], b[a != b]], axis=1), axis=1)
        edges = np.searchsorted(units, np.unique(pairs, axis=0).reshape(-1, 2))
        # the courtyard of each spot that has the cell; spots are numbered in their order
        hosts = np.unique(graph.spot_ix[mine])
        (walk,) = graph.walks_among(hosts, np.zeros(len(hosts), np.int64))
        return Part(units, self.weights[units], edges.astype(np.int64), walk)

    @property
    def part_ids(self) -> tuple[str, ...]:
        """Return the name of each part."""
        return tuple(self.graph.part_ids[number] for number in self.numbers)

    @property
    def groups(self) -> list[str]:
        """Return the community code of each part."""
        return [self.code] * len(self.parts)

    @property
    def bands(self) -> list[tuple[float, float]]:
        """Return the band that each part was planned in, in multiples of T."""
        rows = [self.graph.plan.report["parts"][number]["band"] for number in self.numbers]
        return [(low, np.inf if high is None else high) for low, high in rows]

    @property
    def name(self) -> str:
        """Return the community's name."""
        return self.community_names.get(self.code, self.code)

    def courtyards_at(self, rows: ArrayLike) -> list[str]:
        """Return the ids of all courtyards in some of the solver's rows."""
        return [str(i) for i in self.graph.ids[self.rows[np.isin(self.unit_ix, rows)]]]

    def units_of(self, idents: Collection[str]) -> tuple[int, ...]:
        """Return the solver's rows of those courtyards that lie here."""
        wanted = [self.graph.row_of[ident] for ident in idents if ident in self.graph.row_of]
        return tuple(np.unique(self.unit_ix[np.isin(self.rows, wanted)]).tolist())


def held_by(
    problem: CommunityProblem, now: NDArray[np.object_], locks: Collection[str], rules: LayoutRules
) -> Held:
    """Return what locks keep of a community as it stands.

    Parameters
    ----------
    problem : CommunityProblem
        The community.
    now : (n,) object
        Grid code of each of its courtyards, in the order of ``problem.rows``.
    locks : collection of str
        ``courtyard:ID`` and ``grid:CODE``.
    rules : LayoutRules
        ``keep.locked`` may stand against them.

    Returns
    -------
    Held
        With the first contradiction, if there is one.
    """
    ids = problem.graph.ids[problem.rows]
    whole: dict[str, tuple[int, ...]] = {}
    clash = None
    for code in np.unique(now.astype(str)).tolist():
        if f"grid:{code}" not in locks:
            continue
        units = np.unique(problem.unit_ix[now == code])
        strange = ids[np.isin(problem.unit_ix, units) & (now != code)]
        if len(strange):
            clash = clash or Clash("lock_spot", tuple(map(str, strange)))
        whole[code] = tuple(units.tolist())
    tied: dict[str, tuple[int, ...]] = {}
    is_locked = np.array([f"courtyard:{ident}" in locks for ident in ids], bool)
    for code in np.unique(now[is_locked].astype(str)).tolist():
        if code in whole:
            continue
        held = is_locked & (now == code)
        if split_code(code)[0] != problem.code:
            clash = clash or Clash("lock_abroad", tuple(map(str, ids[held])))
        tied[code] = tuple(np.unique(problem.unit_ix[held]).tolist())
    taken = {unit for units in whole.values() for unit in units}
    for group in rules.keep.locked:
        units_of_rule = problem.units_of(group)
        if set(units_of_rule) & taken and units_of_rule not in whole.values():
            clash = clash or Clash("lock_rule", tuple(problem.courtyards_at(units_of_rule)))
    return Held(whole, tied, clash)


def rules_for(
    problem: CommunityProblem,
    rules: LayoutRules,
    held: Held,
    now: NDArray[np.object_],
    *,
    moved_m: float,
) -> PartitionRules:
    """Return the plan's rules for one community, with what is locked and what moving costs.

    Parameters
    ----------
    problem : CommunityProblem
        The community.
    rules : LayoutRules
        The plan's; in ``partition`` its target.
    held : Held
        From `held_by`, without a clash.
    now : (n,) object
        Grid code of each of its courtyards.
    moved_m : float
        Metres that a household costs that leaves the grid where the draft has it.

    Returns
    -------
    PartitionRules
        In the problem's rows.
    """
    keep = rules.keep
    groups = {
        name: [units for group in getattr(keep, name) if (units := problem.units_of(group))]
        for name in ("locked", "together", "apart")
    }
    ties = list(held.tied.values())
    # one courtyard of each stands for all that are tied to it
    parted = [(a[0], b[0]) for a, b in combinations(ties, 2)]
    # a pair in one spot can never be parted: the rule names that one row twice
    parted += [(units[0], units[-1]) for units in groups["apart"]]
    locked = list(dict.fromkeys([*held.whole.values(), *groups["locked"]]))
    codes, draft = np.unique(now.astype(str), return_inverse=True)
    old = at_places(
        np.where(
            [split_code(code)[0] == problem.code for code in codes], np.arange(len(codes)), -1
        )[draft],
        rows=problem.unit_ix,
        weights=problem.graph.weights[problem.rows],
    )
    # a grid with a locked courtyard goes on where that is
    heirs = {codes.tolist().index(code): units[0] for code, units in held.tied.items()}
    price: dict[str, Any] = {
        "previous": old,
        "moved_m": moved_m,
        "heirs": tuple((unit, grid) for grid, unit in heirs.items()),
    }
    if keep.moved_m > 0:
        # the plan's own price of moving speaks of another layout: both count
        price = {
            "previous": _before(problem),
            "moved_m": keep.moved_m,
            "extra_cost": _leaving(problem.weights, old, heirs, moved_m),
        }
    return replace(
        rules.partition,
        apportion="optimal",
        given=None,
        locked=tuple(locked),
        must_join=tuple(units for units in [*ties, *groups["together"]] if len(units) > 1),
        must_part=tuple(parted),
        beats=_beats(problem) if keep.split_m > 0 else None,
        split_m=keep.split_m,
        **price,
    )


def _beats(problem: CommunityProblem) -> NDArray[np.int64]:
    """Return the beat of each row."""
    graph = problem.graph
    every = beats_at_places(graph.plan.courtyards, rows=graph.place_ix, weights=graph.weights)
    return every[problem.nodes]


def _before(problem: CommunityProblem) -> NDArray[np.int64]:
    """Return the grid of each row in the layout before the plan; -1 also for those claimed abroad.

    As `geogrid.governance.price` counts: an old grid goes on in the part that holds most of it.
    """
    graph = problem.graph
    before = layout_before(graph.plan)
    if before is None:
        return np.full(len(problem.nodes), -1, np.int64)
    old = at_places(before.labels, rows=graph.place_ix, weights=graph.weights)
    of_row = old[graph.place_ix]
    had = of_row >= 0
    held = np.zeros((int(old.max()) + 1, len(graph.part_ids)))
    np.add.at(held, (of_row[had], graph.part_ix[had]), graph.weights[had])
    mine = old[problem.nodes]
    is_own = (mine >= 0) & np.isin(held.argmax(axis=1)[np.maximum(mine, 0)], problem.numbers)
    return np.where(is_own, mine, -1)


def _leaving(
    weights: NDArray[np.float64], old: NDArray[np.int64], heirs: Mapping[int, int], moved_m: float
) -> Callable[[Regions], NDArray[np.float64]]:
    """Return what prices the households of a region outside the grid that it may carry on.

    That two regions may not carry on one grid is left aside: it counts at most as much.
    """

    def cost(regions: Regions) -> NDArray[np.float64]:
        most = np.zeros(len(regions))
        is_bound = np.zeros(len(regions), bool)
        for grid, unit in heirs.items():
            own = regions.sum_of(np.arange(len(weights)) == unit) > 0
            stays = regions.sum_of(np.where(old == grid, weights, 0.0))
            most = np.where(own, stays, most)
            is_bound |= own
        for grid in sorted(set(old[old >= 0].tolist()) - set(heirs)):
            stays = regions.sum_of(np.where(old == grid, weights, 0.0))
            most = np.where(is_bound, most, np.maximum(most, stays))
        leaving: NDArray[np.float64] = moved_m * (regions.weight - most)
        return leaving

    return cost
