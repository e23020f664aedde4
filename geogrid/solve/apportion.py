"""Apportionment: how many of the k regions each part or group gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import InfeasibleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["cheapest_shares", "largest_remainder"]


def cheapest_shares(
    costs: Sequence[Sequence[float] | NDArray[np.float64]], firsts: Sequence[int], total: int
) -> tuple[NDArray[np.int64], float]:
    """Choose one share per part so that the shares add up and cost least.

    Dynamic programming over the parts; exact for any cost curves.

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
    """
    best = np.full(total + 1, np.inf)
    best[0] = 0.0
    picks: list[NDArray[np.int64]] = []
    for curve, first in zip(costs, firsts, strict=True):
        reached = np.full(total + 1, np.inf)
        pick = np.full(total + 1, -1, np.int64)
        for offset, cost in enumerate(curve):
            share = first + offset
            if share > total or not np.isfinite(cost):
                continue
            candidate = best[: total + 1 - share] + cost
            better = candidate < reached[share:]
            reached[share:][better] = candidate[better]
            pick[share:][better] = share
        best = reached
        picks.append(pick)
    if not np.isfinite(best[total]):
        return np.zeros(0, np.int64), np.inf
    shares = np.zeros(len(picks), np.int64)
    left = total
    for i in range(len(picks) - 1, -1, -1):
        shares[i] = picks[i][left]
        left -= shares[i]
    return shares, float(best[total])


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
