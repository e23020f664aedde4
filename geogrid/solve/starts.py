"""Starts: covers found by annealing, from random trees, many times over."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from geogrid.solve.apportion import largest_remainder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.solve.part_rules import PartRules
    from geogrid.solve.parts import Part

__all__ = ["annealed"]

# metres that a household outside the band costs while annealing: dearer than any walk
_OUTSIDE_M = 3000.0


def annealed(
    part: Part,
    k: int,
    rules: PartRules,
    band: tuple[float, float],
    *,
    seed: int,
    runs: int,
    tries: int,
) -> list[NDArray[np.int64]]:
    """Cut a part into k connected regions, several times; locked regions stand still.

    Parameters
    ----------
    part : Part
        The problem.
    k : int
        Regions.
    rules : PartRules
        Target, balance, locks; other rules are not looked at.
    band : tuple of float
        In multiples of T; left only where nothing else is found.
    seed : int
        Same seed, same covers.
    runs, tries : int
        Covers to make; moves tried per unit in each.

    Returns
    -------
    list of (n,) int64
        Region of each unit, in [0, k); empty if locks leave no room for k.
    """
    from geogrid.solve import annealing

    target, locked = rules.target, rules.locked
    base = np.full(part.n, -1, np.int64)
    for number, rows in enumerate(locked):
        base[rows] = number
    pieces = _pieces(part, base < 0)
    free_k = k - len(locked)
    if not pieces or free_k < len(pieces):
        return [base] if not pieces and free_k == 0 else []
    shares = largest_remainder(
        np.array([part.weights[rows].sum() for rows in pieces]),
        free_k,
        least=np.ones(len(pieces), np.int64),
        most=np.array([len(rows) for rows in pieces]),
    )
    high = band[1] * target if math.isfinite(band[1]) else 1e300
    walked = part.weights[:, None] * part.distance
    heat = float(np.median(part.weights) * np.median(part.distance)) / max(1.0, math.sqrt(k))
    heat = max(heat, 1e-6)
    out = []
    for run in range(runs):
        label, offset = base.copy(), len(locked)
        for number, (rows, share) in enumerate(zip(pieces, shares, strict=True)):
            indptr, indices = _compressed(part, rows)
            own = seed + 7919 * run + 104_729 * number
            start = annealing.grow_regions(
                indptr, indices, part.weights[rows], int(share), own % 2**31
            )
            best, _ = annealing.anneal(
                (indptr, indices),
                part.weights[rows],
                walked[np.ix_(rows, rows)],
                start,
                int(share),
                (band[0] * target, high),
                (target, rules.balance_m, _OUTSIDE_M),
                (heat, heat / 300, tries * len(rows)),
                own % 2**31,
            )
            label[rows] = best + offset
            offset += int(share)
        out.append(label)
    return out


def _pieces(part: Part, free: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Return the connected pieces of the units that are free to move."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    inner = part.edges[free[part.edges].all(axis=1)]
    graph = coo_array((np.ones(len(inner)), (inner[:, 0], inner[:, 1])), shape=(part.n, part.n))
    _, component = connected_components(graph, directed=False)
    return [np.flatnonzero((component == c) & free) for c in np.unique(component[free])]


def _compressed(part: Part, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the neighbours among some units in compressed rows."""
    local = np.full(part.n, -1, np.int64)
    local[rows] = np.arange(len(rows))
    inner = local[part.edges]
    inner = inner[(inner >= 0).all(axis=1)]
    both = np.concatenate([inner, inner[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    indptr = np.searchsorted(both[:, 0], np.arange(len(rows) + 1)).astype(np.int64)
    return indptr, np.ascontiguousarray(both[:, 1])
