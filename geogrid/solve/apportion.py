"""Apportionment: how many of the k regions each part or group gets."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import InfeasibleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["cheapest_shares", "largest_remainder", "share_price"]

# dearer shares that the first try looks at, beside every part's best
_FIRST_STEPS = 40


def cheapest_shares(
    costs: Sequence[Sequence[float] | NDArray[np.float64]], firsts: Sequence[int], total: int
) -> tuple[NDArray[np.int64], float]:
    """Choose one share per part so that the shares add up and cost least.

    Parameters
    ----------
    costs : sequence of (m_p,) float64
        Cost of each share of a part; inf where it cannot be had.
    firsts : sequence of int
        The share that the first entry of each curve stands for.
    total : int
        Sum of the shares.

    Returns
    -------
    shares : (p,) int64
        One per part; empty if no choice adds up.
    cost : float
        Their sum; inf if no choice adds up.

    Notes
    -----
    Exact for any curves. A price per share (the Lagrangian dual of the sum)
    tells how much dearer each share is than the part's best at that price; if
    the best choice among shares that are dearer by at most ``room`` costs no
    more than the bound plus ``room``, no other share can be in a cheaper one.
    Dynamic programming over the few that are left takes no longer for a city
    than for a district.
    """
    curves = [np.asarray(curve, np.float64) for curve in costs]
    none = np.zeros(0, np.int64)
    open_at = [np.flatnonzero(np.isfinite(curve)) for curve in curves]
    if not all(map(len, open_at)):
        return none, np.inf
    least = sum(f + int(at[0]) for f, at in zip(firsts, open_at, strict=True))
    most = sum(f + int(at[-1]) for f, at in zip(firsts, open_at, strict=True))
    if not least <= total <= most:
        return none, np.inf
    price = _marginal_price(curves, open_at, total - least)
    shares = [f + at for f, at in zip(firsts, open_at, strict=True)]
    values = [curve[at] for curve, at in zip(curves, open_at, strict=True)]
    dearer, bound = [], price * total
    for share, value in zip(shares, values, strict=True):
        reduced = value - price * share
        bound += float(reduced.min())
        dearer.append(reduced - reduced.min())
    steps = np.sort(np.concatenate(dearer))
    steps = steps[steps > 0]
    room = float(steps[min(len(steps) - 1, _FIRST_STEPS)]) if len(steps) else 0.0
    while True:
        kept = [np.flatnonzero(extra <= room) for extra in dearer]
        chosen, cost = _cheapest_sum(
            [s[i] for s, i in zip(shares, kept, strict=True)],
            [v[i] for v, i in zip(values, kept, strict=True)],
            total,
        )
        if cost <= bound + room or all(len(i) == len(s) for i, s in zip(kept, shares, strict=True)):
            return chosen, cost
        room = max(2.0 * room, float(steps[0]))


def share_price(costs: Sequence[NDArray[np.float64]], firsts: Sequence[int], total: int) -> float:
    """Return what one more share costs where some parts share a total best.

    Parameters
    ----------
    costs : sequence of (m_p,) float64
        Cost of each share of a part; inf where it cannot be had, not everywhere.
    firsts : sequence of int
        The share that the first entry of each curve stands for.
    total : int
        Sum of the shares; what is out of reach counts as the nearest within.

    Returns
    -------
    float
        Cost per share, mostly negative: shares save.
    """
    open_at = [np.flatnonzero(np.isfinite(curve)) for curve in costs]
    least = sum(f + int(at[0]) for f, at in zip(firsts, open_at, strict=True))
    return _marginal_price(list(costs), open_at, max(0, total - least))


def _marginal_price(
    curves: list[NDArray[np.float64]], open_at: list[NDArray[np.int64]], extra: int
) -> float:
    """Return what one more share costs where the parts share ``extra`` best (hulls only)."""
    slopes, lengths = [], []
    for curve, at in zip(curves, open_at, strict=True):
        hull = [int(at[0])]
        for x in map(int, at[1:]):
            # drop corners that lie above the line from the one before to the new one
            while len(hull) > 1 and (curve[hull[-1]] - curve[hull[-2]]) * (x - hull[-2]) >= (
                curve[x] - curve[hull[-2]]
            ) * (hull[-1] - hull[-2]):
                hull.pop()
            hull.append(x)
        for i, j in pairwise(hull):
            slopes.append((curve[j] - curve[i]) / (j - i))
            lengths.append(j - i)
    if not slopes:
        return 0.0
    order = np.argsort(np.array(slopes), kind="stable")
    filled = np.cumsum(np.array(lengths)[order])
    # between two slopes either serves; the one that the last share costs is sharpest
    last = int(np.searchsorted(filled, max(1, extra)))
    return float(slopes[order[min(last, len(order) - 1)]])


def _cheapest_sum(
    shares: list[NDArray[np.int64]], values: list[NDArray[np.float64]], total: int
) -> tuple[NDArray[np.int64], float]:
    """Choose one share per part that add up at least cost, by dynamic programming."""
    lows = np.array([s[0] for s in shares])
    spare = total - int(lows.sum())
    none = np.zeros(0, np.int64)
    if spare < 0:
        return none, np.inf
    best = np.zeros(1)
    picks: list[tuple[int, NDArray[np.int64]]] = []
    for i, (share, value) in enumerate(zip(shares, values, strict=True)):
        if len(share) == 1:
            best = best + value[0]
            continue
        width = min(spare + 1, len(best) + int(share[-1] - share[0]))
        reached = np.full(width, np.inf)
        pick = np.full(width, -1, np.int64)
        for j, cost in enumerate(value):
            shift = int(share[j] - share[0])
            candidate = best[: max(0, width - shift)] + cost
            here = slice(shift, shift + len(candidate))
            better = candidate < reached[here]
            reached[here][better] = candidate[better]
            pick[here][better] = j
        best = reached
        picks.append((i, pick))
    if spare >= len(best) or not np.isfinite(best[spare]):
        return none, np.inf
    chosen = lows.copy()
    left = spare
    for i, pick in reversed(picks):
        chosen[i] = shares[i][pick[left]]
        left -= int(chosen[i] - lows[i])
    return chosen, float(sum(v[s == c][0] for s, v, c in zip(shares, values, chosen, strict=True)))


def largest_remainder(
    weights: NDArray[np.float64],
    total: int,
    *,
    least: NDArray[np.int64],
    most: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Share a total in proportion to weights, by largest remainder, inside limits.

    Parameters
    ----------
    weights : (g,) float64
        Households of each group.
    total : int
        Regions to hand out.
    least, most : (g,) int64
        Fewest and most regions a group can hold.

    Returns
    -------
    (g,) int64
        Shares that add up to ``total``.

    Raises
    ------
    InfeasibleError
        If the limits do not leave room for ``total``.
    """
    if not least.sum() <= total <= most.sum():
        msg = (
            f"{total} regions cannot be shared out: the groups hold at least {least.sum()} "
            f"and at most {most.sum()}; ask for a number between."
        )
        raise InfeasibleError(msg, least=int(least.sum()), most=int(most.sum()), n_regions=total)
    quota = weights / max(weights.sum(), 1e-12) * total
    shares: NDArray[np.int64] = np.clip(np.floor(quota).astype(np.int64), least, most)
    while shares.sum() != total:
        step = 1 if shares.sum() < total else -1
        room = shares < most if step > 0 else shares > least
        # the group furthest from its quota moves first; ties by its own number
        claim = np.where(room, (quota - shares) * step, -np.inf)
        shares[int(np.argmax(claim))] += step
    return shares
