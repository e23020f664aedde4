"""Price: what any layout of a plan's courtyards costs, by the plan's own rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.governance.keep import at_places, beats_at_places
from geogrid.governance.previous import layout_before

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.governance.rules import LayoutRules
    from geogrid.plans.plan_graph import PlanGraph

__all__ = ["kept_whole", "outside_band", "part_costs", "too_far"]

# what rounding may add to a sum of households
_SLACK = 1e-6


def part_costs(
    graph: PlanGraph, rules: LayoutRules, labels: NDArray[np.int64], measured: pd.DataFrame
) -> NDArray[np.float64]:
    """Return what the grids of each part cost, by the formula that the solver minimises.

    Parameters
    ----------
    graph : PlanGraph
        The plan's layers.
    rules : LayoutRules
        Its rules.
    labels : (n,) int64
        Grid of each courtyard, in [0, k).
    measured : DataFrame, k rows
        From `measure_labels`.

    Returns
    -------
    (p,) float64
        Household-metres: walk, imbalance, households in other beats, and those
        who move. A grid over two parts counts where its medoid lies.
    """
    home = graph.part_ix[measured["medoid_ix"].to_numpy()]
    cost = (measured["walk_cost"] + measured["balance_cost"]).to_numpy(np.float64)
    n_parts = len(graph.part_ids)
    if rules.keep.split_m > 0:
        cost = cost + rules.keep.split_m * _outside_majority(graph, labels)
    costs = np.bincount(home, weights=cost, minlength=n_parts).astype(np.float64)
    if rules.keep.moved_m > 0:
        loads = np.bincount(home, weights=measured["load"].to_numpy(), minlength=n_parts)
        costs = costs + rules.keep.moved_m * (loads - _staying(graph, labels, home))
    return costs


def _outside_majority(graph: PlanGraph, labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the households of each grid outside the beat that holds most of it."""
    place = graph.place_ix
    beats = beats_at_places(graph.plan.courtyards, rows=place, weights=graph.weights)
    held = np.zeros((int(labels.max()) + 1, int(beats.max()) + 1))
    np.add.at(held, (labels, beats[place]), graph.weights)
    outside: NDArray[np.float64] = held.sum(axis=1) - held.max(axis=1)
    return outside


def _staying(
    graph: PlanGraph, labels: NDArray[np.int64], home: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the most households of each part that can stay in the grid they had.

    An old grid may be carried on in the part that holds most of it, by one grid.
    """
    from scipy.optimize import linear_sum_assignment

    staying = np.zeros(len(graph.part_ids))
    before = layout_before(graph.plan)
    if before is None:
        return staying
    place = graph.place_ix
    old = at_places(before.labels, rows=place, weights=graph.weights)[place]
    had = old >= 0
    held = np.full((int(old.max()) + 1, len(staying)), -1.0)
    held[old[had], graph.part_ix[had]] = 0.0
    np.add.at(held, (old[had], graph.part_ix[had]), graph.weights[had])
    claimed_in = np.where(held.max(axis=1) >= 0, held.argmax(axis=1), -1)
    stays = np.zeros((int(labels.max()) + 1, len(held)))
    np.add.at(stays, (labels[had], old[had]), graph.weights[had])
    for part in range(len(staying)):
        table = stays[np.ix_(home == part, claimed_in == part)]
        a, b = linear_sum_assignment(table, maximize=True)
        staying[part] = table[a, b].sum()
    return staying


def kept_whole(
    graph: PlanGraph, rules: LayoutRules, labels: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return which grids are exactly one that the rules lock.

    Parameters
    ----------
    graph : PlanGraph
        The plan's layers.
    rules : LayoutRules
        With ``keep.locked``.
    labels : (n,) int64
        Grid of each courtyard, -1 for none.

    Returns
    -------
    (k,) bool
        The band and the walk limit do not bind these.
    """
    place = graph.place_ix
    sizes = np.bincount(labels[labels >= 0], minlength=1)
    whole = np.zeros(len(sizes), bool)
    for group in rules.keep.locked:
        rows = np.flatnonzero(np.isin(place, place[[graph.row_of[ident] for ident in group]]))
        held = np.unique(labels[rows])
        if len(held) == 1 and held[0] >= 0 and sizes[held[0]] == len(rows):
            whole[held[0]] = True
    return whole


def too_far(
    measured: pd.DataFrame, rules: LayoutRules, whole: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return the grids in which somebody walks further than the rules allow.

    Parameters
    ----------
    measured : DataFrame, k rows
        From `measure_labels`.
    rules : LayoutRules
        With ``partition.walk_max_m``.
    whole : (k,) bool
        From `kept_whole`.

    Returns
    -------
    (k,) bool
        True beyond.
    """
    limit = rules.partition.walk_max_m
    if limit is None:
        return np.zeros(len(measured), bool)
    far: NDArray[np.bool_] = ~whole & (measured["walk_max_m"].to_numpy() > limit + _SLACK)
    return far


def outside_band(
    graph: PlanGraph,
    loads: NDArray[np.float64],
    home: NDArray[np.int64],
    whole: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Return which grids have fewer or more households than their part's band allows.

    Parameters
    ----------
    graph : PlanGraph
        The plan's layers and report.
    loads : (k,) float64
        Weight of each grid.
    home : (k,) int64
        Part that each grid counts in.
    whole : (k,) bool
        From `kept_whole`.

    Returns
    -------
    (k,) bool
        True outside.
    """
    low, high = graph.bands[home].T
    outside: NDArray[np.bool_] = ~whole & ((loads < low - _SLACK) | (loads > high + _SLACK))
    return outside
