"""Floors: what k regions of a part must walk at least, whatever they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.solve.parts import Part

__all__ = ["walk_floor"]

_ROUNDS = 150


def walk_floor(part: Part, k: int) -> NDArray[np.float64]:
    """Bound the walk of any number of regions from below; sharpest for k.

    Parameters
    ----------
    part : Part
        The problem.
    k : int
        Regions for which the bound is made sharp.

    Returns
    -------
    (n,) float64
        Household-metres by 1 .. n regions, at least.

    Notes
    -----
    k medoids anywhere, no band, no contiguity: the Lagrangian relaxation of the
    k-median problem (Geoffrion 1974, doi:10.1007/BFb0120690) by subgradient
    steps. Every price vector bounds every number of medoids at once; the one
    that is best for k is kept.
    """
    walked = part.weights[:, None] * part.distance
    price = np.sort(walked, axis=1)[:, min(1, part.n - 1)].copy()
    best, step = -np.inf, 1.0
    floor = np.zeros(part.n)
    # the length of the steps wants some value above the bound: everybody walks the median way
    upper = float(np.median(walked, axis=1).sum())
    for _ in range(_ROUNDS):
        saved = np.minimum(walked - price[:, None], 0.0)
        reach = saved.sum(axis=0)
        chosen = np.argpartition(reach, k - 1)[:k]
        value = float(price.sum() + reach[chosen].sum())
        if value > best:
            best = value
            floor = price.sum() + np.cumsum(np.sort(reach))
        served = (saved[:, chosen] < 0).sum(axis=1)
        slope = 1.0 - served
        norm = float(slope @ slope)
        if norm == 0:
            break
        price = np.maximum(price + step * (upper - value) / norm * slope, 0.0)
        step *= 0.97
    return np.maximum(floor, 0.0)
