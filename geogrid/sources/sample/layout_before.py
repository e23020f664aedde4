"""The layout before: about 341 grids, as an office draws them by road and number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.sources.sample.basic_grids import apportion, serial_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["N_BEFORE", "group_by_address"]

# property-management areas drawn in June 2025
N_BEFORE = 341
# how unevenly groups are wanted
SIGMA = 0.24


def group_by_address(
    xy: NDArray[np.float64],
    street: list[str],
    number: list[int],
    community: list[str],
    households: NDArray[np.int64],
    rng: np.random.Generator,
) -> list[str]:
    """Group courtyards road by road into the grids of the old layout.

    Parameters
    ----------
    xy : ndarray, (n, 2)
        Where they are.
    street, number : list
        Their addresses.
    community : list of str
        Their community codes.
    households : ndarray of int, (n,)
        Their households.
    rng : Generator
        Source of the unevenness.

    Returns
    -------
    list of str
        Grid code (community + 3 digits) of every courtyard.
    """
    home = np.array(community)
    codes = sorted(set(community))
    count = np.array([int((home == c).sum()) for c in codes])
    label = np.full(len(home), "", dtype=object)
    for code, k in zip(codes, apportion(count.astype(float), N_BEFORE), strict=True):
        mine = np.flatnonzero(home == code)
        order = _along_roads(xy[mine], [street[i] for i in mine], [number[i] for i in mine])
        walk = mine[order]
        want = np.cumsum(np.exp(rng.normal(0.0, SIGMA, int(k))))
        done = np.cumsum(households[walk]) - households[walk] / 2
        group = np.searchsorted(want / want[-1] * households[walk].sum(), done)
        # every group keeps at least one courtyard
        group = np.unique(group, return_inverse=True)[1]
        centre = np.array([xy[walk[group == g]].mean(axis=0) for g in range(group.max() + 1)])
        serial = np.argsort(serial_order(centre))
        label[walk] = [f"{code}{serial[g] + 1:03d}" for g in group]
    return [str(v) for v in label]


def _along_roads(
    xy: NDArray[np.float64], street: list[str], number: list[int]
) -> NDArray[np.int64]:
    """Order courtyards road after road, each next road the nearest one."""
    names = np.array(street)
    left = set(names)
    here = xy[int(np.argmin(xy[:, 0]))]
    order: list[int] = []
    while left:
        gap = np.hypot(*(xy - here).T)
        gap[~np.isin(names, sorted(left))] = np.inf
        name = names[int(np.argmin(gap))]
        mine = np.flatnonzero(names == name)
        mine = mine[np.argsort(np.array(number)[mine], kind="stable")]
        if gap[mine[0]] > gap[mine[-1]]:
            mine = mine[::-1]
        order += [int(i) for i in mine]
        here = xy[mine[-1]]
        left.discard(name)
    return np.array(order)
