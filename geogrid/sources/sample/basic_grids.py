"""Basic grids: 505 unions of half-blocks nested in the communities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.sources.sample.sweeps import cut_regions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.sources.sample.fabric import Fabric

__all__ = ["N_BASIC_GRIDS", "apportion", "draw_basic_grids", "serial_order", "workload"]

N_BASIC_GRIDS = 505
# a household behind a compound's gate is less work than one in an open courtyard
GATED_WEIGHT = 0.3
# land without people still has streets to walk: households for a hectare
HECTARE_WEIGHT = 1.5
COLUMN_M = 250.0


def apportion(weight: NDArray[np.float64], total: int, fewest: int = 1) -> NDArray[np.int64]:
    """Share a total out in whole numbers by weight (largest remainder)."""
    share = weight / weight.sum() * total
    count = np.maximum(np.floor(share).astype(np.int64), fewest)
    while count.sum() < total:
        count[int(np.argmax(share - count))] += 1
    while count.sum() > total:
        spare = np.where(count > fewest, share - count, np.inf)
        count[int(np.argmin(spare))] -= 1
    return count


def workload(
    fabric: Fabric, *, gated_weight: float = GATED_WEIGHT, hectare_weight: float = HECTARE_WEIGHT
) -> NDArray[np.float64]:
    """Weigh every piece of ground: households, compounds' less, and some for the land."""
    gated = fabric.all_households - fabric.open_households
    area_ha = np.array([p.area for p in fabric.polygons]) / 1e4
    weight: NDArray[np.float64] = (
        fabric.open_households + gated_weight * gated + hectare_weight * np.minimum(area_ha, 4.0)
    )
    return weight


def serial_order(xy: NDArray[np.float64]) -> NDArray[np.int64]:
    """Order places from west to east in columns, in each from north to south."""
    column = np.floor((xy[:, 0] - xy[:, 0].min()) / COLUMN_M)
    return np.lexsort((xy[:, 0], -xy[:, 1], column))


def draw_basic_grids(fabric: Fabric) -> NDArray[np.object_]:
    """Cut every community into basic grids.

    Parameters
    ----------
    fabric : Fabric
        The pieces of ground.

    Returns
    -------
    ndarray of str, (t,)
        15-digit grid code of every piece; each grid is connected.
    """
    weight = workload(fabric)
    codes = sorted(set(fabric.community))
    total = np.array([weight[fabric.community == c].sum() for c in codes])
    # no more grids than pieces where somebody lives: every grid has households
    lived_in = np.array(
        [int((fabric.all_households[fabric.community == c] > 0).sum()) for c in codes]
    )
    count = apportion(total, N_BASIC_GRIDS, 3)
    while (count > lived_in).any():
        count[int(np.argmax(count - lived_in))] -= 1
        count[int(np.argmax(np.where(count < lived_in, total / count, 0.0)))] += 1
    label = np.full(len(weight), "", dtype=object)
    for code, n in zip(codes, count, strict=True):
        nodes = [int(t) for t in np.flatnonzero(fabric.community == code)]
        regions = cut_regions(
            fabric.pieces,
            nodes,
            weight,
            int(n),
            border_weight=0.6,
            lived_in=fabric.all_households > 0,
        )
        centre = np.array([fabric.pieces.xy[r].mean(axis=0) for r in regions])
        for serial, r in enumerate(serial_order(centre), start=1):
            label[regions[int(r)]] = f"{code}{serial:03d}"
    return label
