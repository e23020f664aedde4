"""Measure: what a layout is worth, from nothing but parts and labels.

Written apart from geogrid's own metrics on purpose: no method, ours included,
is measured by code that it shares.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# grids are in band up to rounding
SLACK = 1e-9


def price(part, cut, target, balance_m):
    """Return our objective of one part's labels: walks to medoids, and imbalance."""
    walks, loads = _grids(part, cut)
    return float(walks.sum() + balance_m * target * ((loads / target - 1) ** 2).sum())


def measure(parts, labels, *, target, balance_m, bands):
    """Measure a layout.

    Parameters
    ----------
    parts : list of Part
        Together they hold rows 0 .. n - 1.
    labels : (n,) int array
        Grid of each unit.
    target : float
        T, households.
    balance_m : float
        Weight of imbalance, metres.
    bands : (n_parts, 2) float64
        The narrowest band, in T, in which each part can be covered at all.

    Returns
    -------
    dict
        Objective, balance (cv, shares of grids near T), walk in metres to the medoid
        by household, grids, and violations: ``broken`` grids are not connected,
        ``outside`` are out of the band of their part, ``across`` span two parts.
    """
    used, labels = np.unique(labels, return_inverse=True)
    n_parts_of = np.zeros(len(used), np.int64)
    walk_cost, loads_all, broken, outside = 0.0, [], 0, 0
    for part, (low, high) in zip(parts, bands, strict=True):
        names, cut = np.unique(labels[part.units], return_inverse=True)
        n_parts_of[names] += 1
        walks, loads = _grids(part, cut)
        walk_cost += float(walks.sum())
        loads_all.append(loads)
        broken += _n_broken(part, cut)
        outside += int(((loads < low * target - SLACK) | (loads > high * target + SLACK)).sum())
    loads = np.concatenate(loads_all)
    off = np.abs(loads / target - 1)
    balance_cost = float(balance_m * target * (off**2).sum())
    return {
        "grids": len(used),
        "objective": walk_cost + balance_cost,
        "cv": float(loads.std() / loads.mean()),
        "walk_m": walk_cost / float(loads.sum()),
        "within_20": float((off <= 0.2).mean()),
        "within_30": float((off <= 0.3).mean()),
        "broken": broken,
        "outside": outside,
        "across": int((n_parts_of > 1).sum()),
    }


def _grids(part, cut):
    """Return household-metres to the medoid and households of each grid of one part."""
    k, rows = int(cut.max()) + 1, np.arange(part.n)
    held = np.zeros((k, part.n))
    held[cut, rows] = part.weights
    member = np.zeros((k, part.n), bool)
    member[cut, rows] = True
    walks = np.where(member, held @ part.distance, np.inf).min(axis=1)
    return walks, held.sum(axis=1)


def _n_broken(part, cut):
    """Count the grids that the part's links do not hold together."""
    a, b = part.edges[cut[part.edges[:, 0]] == cut[part.edges[:, 1]]].T
    links = coo_array((np.ones(len(a)), (a, b)), shape=(part.n, part.n))
    _, component = connected_components(links, directed=False)
    pairs = np.unique(np.stack([cut, component]), axis=1)
    return int((np.bincount(pairs[0]) > 1).sum())
