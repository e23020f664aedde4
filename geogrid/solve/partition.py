"""Partition: group weighted units into exactly k connected regions, with a proof.

The parts (connected components inside one group) are independent. For each,
all feasible regions are listed and the linear relaxation gives a bound for
every k; dynamic programming hands out the k regions using these bounds; only
what it picks is solved to integrality, and it picks again until everything
picked is integral. The result is then a global optimum.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import InfeasibleError, InputError
from geogrid.solve.conflict import explain_conflicts, find_conflicts
from geogrid.solve.options import PartitionRules, SolveOptions
from geogrid.solve.parts import Part, split_parts, target_of
from geogrid.solve.run import Desk, Run

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from geogrid.solve.result import Partition

__all__ = [
    "check_count",
    "check_weights",
    "load_compiled",
    "partition",
    "parts_of_arrays",
    "solve_parts",
]

_HEAVIEST = 1e9


def partition(
    weights: ArrayLike,
    edges: ArrayLike,
    n_regions: int,
    *,
    coords: ArrayLike | None = None,
    distance: ArrayLike | None = None,
    within: ArrayLike | None = None,
    rules: PartitionRules | None = None,
    options: SolveOptions | None = None,
) -> Partition:
    """Group units into exactly k connected regions at a proven optimum.

    The cost of a region is the walk of its households to its best meeting
    unit (the medoid) plus ``balance_m * T * ((H - T) / T)**2``.

    Parameters
    ----------
    weights : (n,) array
        Households of each unit, >= 0.
    edges : (m, 2) int array
        Pairs of units between which one may walk.
    n_regions : int
        k, exactly so many regions are made.
    coords : (n, 2) array, optional
        Planar metres; walks follow the edges, straight, times 1.3.
    distance : (n, n) array, optional
        Walking metres, symmetric. Exactly one of ``coords`` and ``distance``.
    within : (n,) int array, optional
        Labels no region may cross; by default all units share one.
    rules : PartitionRules, optional
        Band, target, balance, apportionment.
    options : SolveOptions, optional
        Time limit and progress.

    Returns
    -------
    Partition
        Labels with objective, bound and status.

    Raises
    ------
    InputError
        If an array has the wrong shape or values.
    InfeasibleError
        If no k regions exist; ``facts["conflicts"]`` name the rules that clash.
    SolverTimeout
        If the time limit passed before any plan was found.

    Notes
    -----
    Exact: set partitioning over all connected sets in the band, bounded by
    linear programming, with the apportionment chosen by dynamic programming
    over bounds and certified lazily. Time grows with the number of connected
    sets, so it is for parts of some dozens of units with few units a region.

    Examples
    --------
    >>> import numpy as np
    >>> found = partition([10, 10, 10, 10], [(0, 1), (1, 2), (2, 3)], 2,
    ...                   coords=[(0, 0), (50, 0), (100, 0), (150, 0)])
    >>> found.labels.tolist(), found.status
    ([0, 0, 1, 1], 'optimal')
    """
    n_regions = check_count(n_regions)
    parts, groups = parts_of_arrays(weights, edges, coords=coords, distance=distance, within=within)
    rules, options = rules or PartitionRules(), options or SolveOptions()
    try:
        return solve_parts(parts, groups, n_regions, rules=rules, options=options)
    except InfeasibleError as error:
        conflicts = find_conflicts(parts, groups, n_regions, rules=rules, options=options)
        if not conflicts:
            raise
        rules = replace(rules, target=rules.target or target_of(parts, n_regions))
        words = explain_conflicts(conflicts, parts, rules=rules, n_regions=n_regions)
        facts = error.facts | {"conflicts": conflicts}
        raise InfeasibleError(f"{error.message} {words}", **facts) from error


def parts_of_arrays(
    weights: ArrayLike,
    edges: ArrayLike,
    *,
    coords: ArrayLike | None,
    distance: ArrayLike | None,
    within: ArrayLike | None,
) -> tuple[list[Part], list[Hashable]]:
    """Check a problem given as arrays and split it into its parts.

    Parameters
    ----------
    weights, edges, coords, distance, within : arrays
        As `partition` takes them.

    Returns
    -------
    parts : list of Part
        In order of their smallest unit.
    groups : list of int or str
        Label of each part in ``within``.

    Raises
    ------
    InputError
        If an array has the wrong shape or values.
    """
    load = check_weights(weights)
    n = len(load)
    pairs = _check_edges(edges, n)
    try:
        groups = np.zeros(n, np.int64) if within is None else np.asarray(within)
    except ValueError as error:
        raise InputError("within is ragged; give one label per unit.") from error
    if groups.dtype.kind not in "iuU":
        raise InputError("within must hold whole numbers or text, one label per unit.")
    if groups.shape != (n,):
        raise InputError(f"within has shape {groups.shape}; give one label per unit, ({n},).")
    names, numbers = np.unique(groups, return_inverse=True)
    if (coords is None) == (distance is None):
        raise InputError("Give exactly one of coords and distance.")
    parts = split_parts(
        load,
        pairs,
        numbers,
        coords=None if coords is None else _as_array(coords, "coords"),
        distance=None if distance is None else _as_array(distance, "distance"),
    )
    return parts, [names[numbers[p.units[0]]].item() for p in parts]


def _as_array(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return numbers as an array, or refuse what holds no numbers."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InputError(f"{name} is ragged; give rows of one length.") from error
    if array.dtype.kind not in "iufb":
        raise InputError(f"{name} holds {array.dtype}, not numbers.")
    return array.astype(np.float64)


def check_count(n_regions: object) -> int:
    """Return a number of regions, or refuse what is no whole number."""
    if isinstance(n_regions, bool) or not isinstance(n_regions, int | np.integer):
        raise InputError(f"n_regions is {n_regions!r}; give a whole number.")
    return int(n_regions)


def check_weights(weights: ArrayLike) -> NDArray[np.float64]:
    """Return the households of each unit, or refuse them."""
    load = _as_array(weights, "weights")
    if load.ndim != 1 or not len(load):
        raise InputError(f"weights has shape {load.shape}; give one number per unit.")
    # beyond the largest, sums are no longer exact and costs leave the solver's range
    bad = np.flatnonzero(~((load >= 0) & (load <= _HEAVIEST)))
    if len(bad):
        msg = (
            f"weights of units {bad[:5].tolist()} are negative, missing or too large; "
            f"give numbers from 0 to {_HEAVIEST:g}."
        )
        raise InputError(msg, units=bad.tolist())
    return load


def _check_edges(edges: ArrayLike, n: int) -> NDArray[np.int64]:
    """Return the edges as sorted unique pairs, or refuse them."""
    try:
        given = np.asarray(edges)
    except ValueError as error:
        raise InputError("edges is ragged; give (m, 2) whole numbers.") from error
    if given.size and (given.ndim != 2 or given.shape[1] != 2 or given.dtype.kind not in "iu"):
        msg = f"edges has shape {given.shape} and type {given.dtype}; give (m, 2) whole numbers."
        raise InputError(msg, shape=given.shape)
    pairs = given.astype(np.int64).reshape(-1, 2)
    bad = np.flatnonzero((pairs < 0).any(1) | (pairs >= n).any(1) | (pairs[:, 0] == pairs[:, 1]))
    if len(bad):
        msg = f"Edges {bad[:5].tolist()} name units outside 0..{n - 1} or join one to itself."
        raise InputError(msg, edges=bad.tolist())
    return np.unique(np.sort(pairs, axis=1), axis=0)


def solve_parts(
    parts: Sequence[Part],
    groups: Sequence[Hashable],
    n_regions: int,
    *,
    rules: PartitionRules,
    options: SolveOptions,
    bands: Sequence[tuple[float, float]] | None = None,
) -> Partition:
    """Solve a partition whose parts are already split.

    Parameters
    ----------
    parts : sequence of Part
        They share no unit; together they hold rows 0 .. n - 1.
    groups : sequence of int or str
        Group of each part; ``rules.given`` speaks of these.
    n_regions : int
        k.
    rules : PartitionRules
        What is allowed and what is good.
    options : SolveOptions
        How long to look and whom to tell.
    bands : sequence of (float, float), optional
        Band of each part, in multiples of T; by default each finds its own.

    Returns
    -------
    Partition
        As `partition`.

    Raises
    ------
    InfeasibleError
        If no k regions exist.
    SolverTimeout
        If the time limit passed before any plan was found.
    """
    if options.time_limit is not None:
        # loading compiled code is not what the time is meant for
        load_compiled()
    desk = Desk(options)
    try:
        return Run(parts, groups, n_regions, rules=rules, desk=desk, bands=bands).solve()
    finally:
        desk.workers.close()


@cache
def load_compiled() -> None:
    """Load all compiled code, by solving the smallest problem that uses it."""
    pair = Part(np.arange(2), np.ones(2), np.array([[0, 1]]), np.zeros((2, 2)))
    rules = PartitionRules(low=0.0, high=9.0)
    for k in (1, 2):
        Run([pair], [0], k, rules=rules, desk=Desk(SolveOptions())).solve()
