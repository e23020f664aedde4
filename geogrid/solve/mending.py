"""Mending: small neighbourhoods of a cover solved again exactly until none gets cheaper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import SolverError
from geogrid.solve.columns import columns_of_sets, enumerate_columns
from geogrid.solve.master import Master
from geogrid.solve.parts import Part
from geogrid.solve.terms import apply_rules

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.solve.clock import Clock
    from geogrid.solve.part_rules import PartRules

__all__ = ["mend"]

# a neighbourhood: units at most, and memory for its regions
_NEAR_UNITS = 26
_NEAR_MB = 6


def mend(
    part: Part,
    rules: PartRules,
    band: tuple[float, float],
    regions: list[NDArray[np.int64]],
    clock: Clock,
) -> list[NDArray[np.int64]]:
    """Re-solve neighbourhoods of a cover exactly until none gets cheaper.

    Parameters
    ----------
    part : Part
        What is covered.
    rules : PartRules
        What regions must obey.
    band : tuple of float
        In multiples of T.
    regions : list of (s,) int64
        A valid cover.
    clock : Clock
        When to stop; what was mended by then stays.

    Returns
    -------
    list of (s,) int64
        A cover by as many regions that costs no more.
    """
    label = np.zeros(part.n, np.int64)
    regions = list(regions)
    for r, rows in enumerate(regions):
        label[rows] = r
    touch = _touching(part, label, len(regions))
    stale = set(range(len(regions)))
    while stale and not clock.is_late:
        centre = min(stale)
        stale.discard(centre)
        group = _around(part, centre, touch, regions)
        if len(group) < 2:
            continue
        better = _resolved(part, rules, band, [regions[g] for g in group], clock)
        if better is None:
            continue
        for g, rows in zip(group, better, strict=True):
            regions[g] = rows
            label[rows] = g
        touch = _touching(part, label, len(regions))
        for g in group:
            stale |= touch[g] | {g}
    return regions


def _touching(part: Part, label: NDArray[np.int64], k: int) -> list[set[int]]:
    """Return which regions each region touches."""
    touch: list[set[int]] = [set() for _ in range(k)]
    for a, b in np.unique(np.sort(label[part.edges], axis=1), axis=0):
        if a != b:
            touch[a].add(int(b))
            touch[b].add(int(a))
    return touch


def _around(
    part: Part, centre: int, touch: list[set[int]], regions: list[NDArray[np.int64]]
) -> list[int]:
    """Return a region and its neighbours, nearest first, as far as they are few units."""
    heart = regions[centre][0]
    ring = sorted(touch[centre], key=lambda r: (part.distance[heart, regions[r][0]], r))
    group, units = [centre], len(regions[centre])
    for region in ring:
        if units + len(regions[region]) <= _NEAR_UNITS:
            group.append(region)
            units += len(regions[region])
    return sorted(group)


def _resolved(
    part: Part,
    rules: PartRules,
    band: tuple[float, float],
    regions: list[NDArray[np.int64]],
    clock: Clock,
) -> list[NDArray[np.int64]] | None:
    """Return a cheaper cover of some regions' units by as many, if there is one."""
    rows = np.sort(np.concatenate(regions))
    local = np.full(part.n, -1, np.int64)
    local[rows] = np.arange(len(rows))
    inner = local[part.edges]
    near = Part(
        part.units[rows],
        part.weights[rows],
        inner[(inner >= 0).all(axis=1)],
        part.distance[np.ix_(rows, rows)],
    )
    own = rules.within(rows)
    low, high = rules.limits(band)
    target, balance_m = rules.target, rules.balance_m
    sets = [local[r] for r in regions]
    now = apply_rules(columns_of_sets(near, sets, target=target, balance_m=balance_m), near, own)
    try:
        pool = enumerate_columns(
            near,
            low=low,
            high=high,
            target=target,
            balance_m=balance_m,
            memory_mb=_NEAR_MB,
            clock=clock,
        )
        pool = apply_rules(pool, near, own)
        found = Master(near, pool).certify(len(regions), clock)
    except SolverError:
        # too many regions, or no time: leave it as it is
        return None
    before = float(now.cost.sum())
    if before - found.cost <= 1e-7 * (1.0 + abs(before)):
        return None
    return [rows[pool.units_of(int(c))] for c in found.columns]
