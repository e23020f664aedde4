"""Annealing: compiled moves of single units between connected regions.

The state is a partition into exactly k connected regions throughout; a move
takes one unit to a neighbouring region if what it leaves stays connected.
"""

# ruff: noqa: NPY002 - numba compiles its own seeded twin of the legacy generator

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["anneal", "grow_regions"]


@njit(cache=True, nogil=True)
def _random_tree(
    indptr: np.ndarray, indices: np.ndarray, inside: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the units of a connected set in the order of a random tree, and their parents."""
    n = inside.shape[0]
    seen = ~inside
    parent = np.full(n, -1, np.int64)
    order = np.empty(size, np.int64)
    stack = np.empty(n, np.int64)
    skip = np.random.randint(size)
    for u in range(n):
        if inside[u]:
            if skip == 0:
                stack[0] = u
                seen[u] = True
                break
            skip -= 1
    top, reached = 1, 0
    while top > 0:
        # taking now the last, now any, mixes long branches with bushy ones
        at = top - 1 if np.random.random() < 0.5 else np.random.randint(top)
        u = stack[at]
        top -= 1
        stack[at] = stack[top]
        order[reached] = u
        reached += 1
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            if not seen[v]:
                seen[v] = True
                parent[v] = u
                stack[top] = v
                top += 1
    return order, parent


@njit(cache=True, nogil=True)
def grow_regions(
    indptr: np.ndarray, indices: np.ndarray, weights: np.ndarray, k: int, seed: int
) -> np.ndarray:
    """Cut a connected graph into k connected regions of about equal weight.

    The region that stands for most final ones is spanned by a random tree and
    loses the subtree nearest to a whole number of fair shares, again and again.

    Parameters
    ----------
    indptr, indices : (n + 1,), (2m,) int64
        Neighbours in compressed rows.
    weights : (n,) float64
        Households, not negative.
    k : int
        Regions, at most n.
    seed : int
        Of the random trees.

    Returns
    -------
    (n,) int64
        Region of each unit, in [0, k).
    """
    np.random.seed(seed)
    n = weights.shape[0]
    label = np.zeros(n, np.int64)
    worth = np.zeros(k, np.int64)
    worth[0] = k
    below = np.empty(n, np.float64)
    count = np.empty(n, np.int64)
    for made in range(1, k):
        region = int(np.argmax(worth))
        inside = label == region
        size = int(inside.sum())
        order, parent = _random_tree(indptr, indices, inside, size)
        total = 0.0
        for u in order:
            below[u] = weights[u]
            count[u] = 1
            total += weights[u]
        for i in range(size - 1, 0, -1):
            u = order[i]
            below[parent[u]] += below[u]
            count[parent[u]] += count[u]
        fair = total / worth[region]
        cut, cut_share, cut_off = -1, 0, np.inf
        for i in range(1, size):
            u = order[i]
            share = 1 if fair <= 0 else int(np.rint(below[u] / fair))
            # both sides keep at least one unit per final region
            share = max(share, worth[region] - (size - count[u]), 1)
            share = min(share, count[u], worth[region] - 1)
            off = abs(below[u] - share * fair) / share
            if worth[region] - share <= size - count[u] and off < cut_off:
                cut, cut_share, cut_off = u, share, off
        inside[:] = False
        inside[cut] = True
        label[cut] = made
        for u in order:
            if parent[u] >= 0 and inside[parent[u]]:
                inside[u] = True
                label[u] = made
        worth[region] -= cut_share
        worth[made] = cut_share
    return label


@njit(inline="always")
def _off_band(weight: float, low: float, high: float) -> float:
    """How far a weight lies outside the band."""
    if weight < low:
        return low - weight
    if weight > high:
        return weight - high
    return 0.0


@njit(cache=True, nogil=True)
def _stays_connected(
    unit: int,
    label: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    stamp: np.ndarray,
    queue: np.ndarray,
    mark: int,
) -> bool:
    """Whether a region stays connected without one of its units."""
    region = label[unit]
    start, wanted = -1, 0
    for e in range(indptr[unit], indptr[unit + 1]):
        v = indices[e]
        if label[v] == region:
            wanted += 1
            start = v
    if wanted <= 1:
        return wanted == 1
    # its neighbours inside must reach one another without it
    stamp[unit] = mark
    stamp[start] = mark
    queue[0] = start
    head, tail, met = 0, 1, 0
    while head < tail:
        u = queue[head]
        head += 1
        for e in range(indptr[unit], indptr[unit + 1]):
            if indices[e] == u:
                met += 1
        if met == wanted:
            return True
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            if label[v] == region and stamp[v] != mark:
                stamp[v] = mark
                queue[tail] = v
                tail += 1
    return False


@njit(cache=True, nogil=True)
def anneal(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917 - one compiled loop, kept whole
    graph: tuple[np.ndarray, np.ndarray],
    weights: np.ndarray,
    walked: np.ndarray,
    label: np.ndarray,
    k: int,
    band: tuple[float, float],
    balance: tuple[float, float, float],
    schedule: tuple[float, float, int],
    seed: int,
) -> tuple[np.ndarray, float]:
    """Move units between regions, uphill ever less often.

    Parameters
    ----------
    graph : (indptr, indices)
        Neighbours in compressed rows.
    weights : (n,) float64
        Households.
    walked : (n, n) float64
        ``weights[i] * distance[i, j]``.
    label : (n,) int64
        Start, changed in place to the last state.
    k : int
        Regions.
    band : (float, float)
        Lowest and highest weight; what lies outside costs ``balance[2]`` per
        household.
    balance : (float, float, float)
        Target T, balance_m, price of a household outside the band.
    schedule : (float, float, int)
        First and last temperature, number of tries.
    seed : int
        Of the moves.

    Returns
    -------
    best, cost : (n,) int64, float
        The best state met, and its cost, band price included.
    """
    np.random.seed(seed)
    indptr, indices = graph
    low, high = band
    target, balance_m, outside = balance
    first, last, tries = schedule
    n = weights.shape[0]
    members = np.empty((k, n), np.int64)
    size = np.zeros(k, np.int64)
    place = np.empty(n, np.int64)
    total = np.zeros(k, np.float64)
    for u in range(n):
        r = label[u]
        place[u] = size[r]
        members[r, size[r]] = u
        size[r] += 1
        total[r] += weights[u]
    # reach[u]: weighted walk of u's region to u
    reach = np.zeros(n, np.float64)
    for r in range(k):
        for a in range(size[r]):
            for b in range(size[r]):
                reach[members[r, a]] += walked[members[r, b], members[r, a]]
    price = np.zeros(k, np.float64)
    spent = 0.0
    for r in range(k):
        least = np.inf
        for a in range(size[r]):
            least = min(least, reach[members[r, a]])
        off = (total[r] - target) / target
        price[r] = least + balance_m * target * off * off
        price[r] += outside * _off_band(total[r], low, high)
        spent += price[r]
    best, best_spent = label.copy(), spent
    stamp = np.zeros(n, np.int64)
    queue = np.empty(n, np.int64)
    cooling = (last / first) ** (1.0 / max(1, tries)) if first > 0 else 1.0
    heat = first
    for step in range(tries):
        heat *= cooling
        unit = np.random.randint(n)
        degree = indptr[unit + 1] - indptr[unit]
        if degree == 0:
            continue
        origin = label[unit]
        goal = label[indices[indptr[unit] + np.random.randint(degree)]]
        if goal == origin or size[origin] == 1:
            continue
        weight = weights[unit]
        left = np.inf
        for a in range(size[origin]):
            u = members[origin, a]
            if u != unit:
                left = min(left, reach[u] - walked[unit, u])
        own, gained = 0.0, np.inf
        for a in range(size[goal]):
            u = members[goal, a]
            gained = min(gained, reach[u] + walked[unit, u])
            own += walked[u, unit]
        gained = min(gained, own + walked[unit, unit])
        off = (total[origin] - weight - target) / target
        left += balance_m * target * off * off
        left += outside * _off_band(total[origin] - weight, low, high)
        off = (total[goal] + weight - target) / target
        gained += balance_m * target * off * off
        gained += outside * _off_band(total[goal] + weight, low, high)
        change = left + gained - price[origin] - price[goal]
        if change > 0 and (heat <= 0 or np.random.random() >= np.exp(-change / heat)):
            continue
        if not _stays_connected(unit, label, indptr, indices, stamp, queue, step + 1):
            continue
        # the last member fills the gap that the unit leaves
        size[origin] -= 1
        other = members[origin, size[origin]]
        members[origin, place[unit]] = other
        place[other] = place[unit]
        for a in range(size[origin]):
            reach[members[origin, a]] -= walked[unit, members[origin, a]]
        for a in range(size[goal]):
            reach[members[goal, a]] += walked[unit, members[goal, a]]
        reach[unit] = own + walked[unit, unit]
        members[goal, size[goal]] = unit
        place[unit] = size[goal]
        size[goal] += 1
        label[unit] = goal
        total[origin] -= weight
        total[goal] += weight
        price[origin], price[goal] = left, gained
        spent += change
        if spent < best_spent - 1e-9:
            best_spent = spent
            best[:] = label
    return best, best_spent
