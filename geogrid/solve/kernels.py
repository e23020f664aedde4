"""Compiled inner loops: sets of units as bit masks, enumerated, priced, packed.

A set over n units is ``W = ceil(n / 64)`` words of 64 bits. Each kernel has a
plain twin in the tests that a property test compares it with.
"""

from __future__ import annotations

import numpy as np
from numba import njit, uint64

__all__ = ["enumerate_sets", "pack_exactly", "reduced_costs"]

_WORD = 64
# sets looked at per set that may be kept: light ones below the band are looked at too
_VISITS_PER_SET = 20
# the stop sign is looked at once in so many steps, less one (a mask of low bits)
_STOP_EVERY = 4095


@njit(inline="always")
def _lowest_bit(word: np.uint64) -> int:
    """Index of the lowest set bit of a non-zero word."""
    index = 0
    if not (word & uint64(0xFFFFFFFF)):
        index += 32
        word = word >> uint64(32)
    if not (word & uint64(0xFFFF)):
        index += 16
        word = word >> uint64(16)
    if not (word & uint64(0xFF)):
        index += 8
        word = word >> uint64(8)
    if not (word & uint64(0xF)):
        index += 4
        word = word >> uint64(4)
    if not (word & uint64(0x3)):
        index += 2
        word = word >> uint64(2)
    if not (word & uint64(0x1)):
        index += 1
    return index


@njit(cache=True, nogil=True)
def enumerate_sets(  # noqa: C901, PLR0912, PLR0915 - one compiled loop, kept whole for speed
    neighbours: np.ndarray,
    weights: np.ndarray,
    walked: np.ndarray,
    band: tuple[float, float],
    budget: tuple[int, int],
    stop: np.ndarray,
    out: tuple[np.ndarray, ...],
) -> tuple[int, int]:
    """Visit every connected set whose weight lies in the band, each once.

    The order of growth follows Wernicke (2006, doi:10.1109/TCBB.2006.51): a set
    grows only by units above its root that no earlier member touches.

    Parameters
    ----------
    neighbours : (n, W) uint64
        Neighbours of each unit as masks.
    weights : (n,) float64
        Households, not negative.
    walked : (n, n) float64
        ``weights[i] * distance[i, j]``, household-metres.
    band : (float, float)
        Lowest and highest weight of a set.
    budget : (int, int)
        Bytes that all sets may take, and that each takes besides two for every
        member; counting stops once they are spent.
    stop : (1,) int64
        Somebody else sets it to 1 to end the loop early.
    out : tuple of arrays
        Masks (m, W), starts (m + 1,), members (q,), weight (m,), walk (m,) and
        medoid (m,) to fill; with m = 0 the sets are only counted.

    Returns
    -------
    n_sets, n_members : int
        Number of sets, and of members over all sets; ``(-1, 0)`` beyond the budget
        or when stopped.
    """
    masks, starts, members, out_weight, out_walk, out_medoid = out
    low, high = band
    most_bytes, each = budget
    most_visits = _VISITS_PER_SET * (most_bytes // each)
    n, words = neighbours.shape
    fill = masks.shape[0] > 0
    sub = np.zeros((n + 1, words), np.uint64)
    ext = np.zeros((n + 1, words), np.uint64)
    seen = np.zeros((n + 1, words), np.uint64)
    path = np.zeros(n + 1, np.int64)
    total = np.zeros(n + 1, np.float64)
    # sums[d, j]: weighted walk of the first d + 1 members to the j-th member
    sums = np.zeros((n + 1, n + 1), np.float64)
    above = np.zeros(words, np.uint64)
    n_sets = 0
    n_members = 0
    visits = 0
    for root in range(n):
        if weights[root] > high:
            continue
        for w in range(words):
            above[w] = uint64(0)
        for unit in range(root + 1, n):
            above[unit // _WORD] |= uint64(1) << uint64(unit % _WORD)
        depth = 0
        for w in range(words):
            sub[0, w] = uint64(0)
            seen[0, w] = neighbours[root, w]
            ext[0, w] = neighbours[root, w] & above[w]
        sub[0, root // _WORD] |= uint64(1) << uint64(root % _WORD)
        seen[0, root // _WORD] |= uint64(1) << uint64(root % _WORD)
        path[0] = root
        total[0] = weights[root]
        sums[0, 0] = walked[root, root]
        fresh = True
        while depth >= 0:
            if fresh:
                visits += 1
                # too many sets below the band to look through, or no time left
                if visits > most_visits or (visits & _STOP_EVERY == 0 and stop[0]):
                    return -1, 0
            if fresh and total[depth] >= low:
                if fill:
                    best = sums[depth, 0]
                    medoid = path[0]
                    for j in range(1, depth + 1):
                        # equal walks: the smallest unit, so that the order of growth does not show
                        if sums[depth, j] < best or (sums[depth, j] == best and path[j] < medoid):
                            best = sums[depth, j]
                            medoid = path[j]
                    for w in range(words):
                        masks[n_sets, w] = sub[depth, w]
                    out_weight[n_sets] = total[depth]
                    out_walk[n_sets] = best
                    out_medoid[n_sets] = medoid
                    starts[n_sets] = n_members
                    for j in range(depth + 1):
                        members[n_members + j] = path[j]
                n_sets += 1
                n_members += depth + 1
                if n_sets * each + 2 * n_members > most_bytes:
                    return -1, 0
            fresh = False
            unit = -1
            for w in range(words):
                if ext[depth, w]:
                    unit = w * _WORD + _lowest_bit(ext[depth, w])
                    break
            if unit < 0:
                depth -= 1
                continue
            word = unit // _WORD
            bit = uint64(1) << uint64(unit % _WORD)
            ext[depth, word] &= ~bit
            weight = total[depth] + weights[unit]
            if weight > high:
                continue
            new = depth + 1
            for w in range(words):
                sub[new, w] = sub[depth, w]
                ext[new, w] = ext[depth, w] | (neighbours[unit, w] & ~seen[depth, w] & above[w])
                seen[new, w] = seen[depth, w] | neighbours[unit, w]
            sub[new, word] |= bit
            path[new] = unit
            total[new] = weight
            inward = walked[unit, unit]
            for j in range(new):
                sums[new, j] = sums[depth, j] + walked[unit, path[j]]
                inward += walked[path[j], unit]
            sums[new, new] = inward
            depth = new
            fresh = True
    if fill:
        starts[n_sets] = n_members
    return n_sets, n_members


@njit(cache=True, nogil=True)
def reduced_costs(
    cost: np.ndarray,
    starts: np.ndarray,
    members: np.ndarray,
    is_region: np.ndarray,
    dual: np.ndarray,
    dual_k: float,
) -> np.ndarray:
    """Return cost minus the duals of the members and of the k row, per column."""
    out = np.empty(cost.shape[0], np.float64)
    for c in range(cost.shape[0]):
        value = cost[c]
        if is_region[c]:
            value -= dual_k
        for e in range(starts[c], starts[c + 1]):
            value -= dual[members[e]]
        out[c] = value
    return out


@njit(inline="always")
def _meets(a: np.ndarray, i: int, b: np.ndarray, j: int, words: int) -> bool:
    """Whether two masks share a unit."""
    for w in range(words):  # noqa: SIM110 - numba compiles a loop, not a generator
        if a[i, w] & b[j, w]:
            return True
    return False


@njit(cache=True, nogil=True)
def pack_exactly(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917 - one compiled loop, kept whole for speed
    masks: np.ndarray,
    price: np.ndarray,
    sizes: np.ndarray,
    counts: np.ndarray,
    by_unit: tuple[np.ndarray, np.ndarray],
    n_sets: tuple[int, int],
    budget: float,
    node_limit: int,
    stop: np.ndarray,
) -> tuple[int, float, np.ndarray, int]:
    """Find the cheapest exact cover by depth-first search with bounds.

    Branches on the open unit with the fewest columns left; prunes by the sum,
    over open units, of the least price per unit that could still cover them.

    Parameters
    ----------
    masks : (m, W) uint64
        Columns sorted by price.
    price : (m,) float64
        Reduced costs, not negative.
    sizes : (m,) int64
        Rows in each column.
    counts : (m,) int64
        1 for a region, 0 for a filler.
    by_unit : (starts, columns)
        For each unit its columns, by price.
    n_sets : (int, int)
        Fewest and most regions to use.
    budget : float
        No cover of a higher price is wanted.
    node_limit : int
        Give up after so many nodes.
    stop : (1,) int64
        Somebody else sets it to 1 to end the search early.

    Returns
    -------
    state, price, columns, nodes : int, float, (k,) int64, int
        1 if proved, 0 if the limit came first; price of the best cover (inf if
        none) and its columns; nodes visited.
    """
    starts, listed = by_unit
    least, most = n_sets
    n = starts.shape[0] - 1
    m, words = masks.shape
    none = np.empty(0, np.int64)
    # price shared out over a column's units: a bound that adds up over open units
    share = np.empty(m, np.float64)
    for c in range(m):
        share[c] = price[c] / sizes[c]
    deepest = n + 1
    covered = np.zeros((deepest, words), np.uint64)
    branch = np.zeros(deepest, np.int64)
    cursor = np.zeros(deepest, np.int64)
    spent = np.zeros(deepest, np.float64)
    chosen = np.zeros(deepest, np.int64)
    used = np.zeros(deepest, np.int64)
    best = budget
    best_columns = none
    found = False
    nodes = 0
    depth = 0
    entering = True
    while depth >= 0:
        if entering:
            entering = False
            nodes += 1
            if nodes > node_limit or (nodes & _STOP_EVERY == 0 and stop[0]):
                return 0, best if found else np.inf, best_columns, nodes
            fewest = m + 1
            pick = -1
            bound = spent[depth]
            dead = False
            for unit in range(n):
                word = unit // _WORD
                if covered[depth, word] >> uint64(unit % _WORD) & uint64(1):
                    continue
                count = 0
                least_share = np.inf
                for e in range(starts[unit], starts[unit + 1]):
                    c = listed[e]
                    if spent[depth] + price[c] > best:
                        break
                    if not _meets(masks, c, covered, depth, words):
                        count += 1
                        least_share = min(least_share, share[c])
                if count == 0:
                    dead = True
                    break
                bound += least_share
                if count < fewest:
                    fewest = count
                    pick = unit
            if pick < 0 and not dead:
                # every unit is covered
                if used[depth] >= least and (spent[depth] < best or not found):
                    best = spent[depth]
                    best_columns = chosen[:depth].copy()
                    found = True
                depth -= 1
                continue
            # the slack keeps rounding from cutting an equal or better cover
            if dead or bound > best + 1e-9 * (1.0 + abs(best)):
                depth -= 1
                continue
            branch[depth] = pick
            cursor[depth] = starts[pick]
        unit = branch[depth]
        advanced = False
        while cursor[depth] < starts[unit + 1]:
            c = listed[cursor[depth]]
            cursor[depth] += 1
            then = spent[depth] + price[c]
            # columns come by price: once one is too dear, so is the rest
            if then > best or (found and then >= best):
                cursor[depth] = starts[unit + 1]
                break
            if used[depth] + counts[c] > most:
                continue
            if not _meets(masks, c, covered, depth, words):
                used[depth + 1] = used[depth] + counts[c]
                for w in range(words):
                    covered[depth + 1, w] = covered[depth, w] | masks[c, w]
                spent[depth + 1] = then
                chosen[depth] = c
                depth += 1
                entering = True
                advanced = True
                break
        if not advanced:
            depth -= 1
    return 1, best if found else np.inf, best_columns, nodes
