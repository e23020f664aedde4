"""Police: eleven station areas and 148 beats that follow streets, not communities."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING

import numpy as np

from geogrid.sources.sample.basic_grids import apportion, serial_order, workload
from geogrid.sources.sample.facts import read_facts
from geogrid.sources.sample.sweeps import cut_regions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.sources.sample.fabric import Fabric

__all__ = ["N_BEATS", "Police", "draw_police"]

N_BEATS = 148
# stepping over a subdistrict border counts as so many metres more
BORDER_STEP_M = 260.0


@dataclass(frozen=True)
class Police:
    """Hold stations and beats.

    Parameters
    ----------
    station_ids, station_names : list of str
        The stations.
    station_xy : ndarray, (11, 2)
        Where they stand, metres.
    station : ndarray of str, (t,)
        Station of every piece of ground.
    beat : ndarray of str, (t,)
        Beat of every piece of ground.
    """

    station_ids: list[str]
    station_names: list[str]
    station_xy: NDArray[np.float64]
    station: NDArray[np.object_]
    beat: NDArray[np.object_]


def draw_police(fabric: Fabric, basic_grid: NDArray[np.object_]) -> Police:
    """Lay out station areas and beats.

    Parameters
    ----------
    fabric : Fabric
        The pieces of ground.
    basic_grid : ndarray of str, (t,)
        Their basic grids: beats go to stations by the number of these.

    Returns
    -------
    Police
        Every station area and every beat is connected.
    """
    table = read_facts("stations")
    ids = [str(v) for v in table["station_id"]]
    xy = _station_places(fabric)
    area = _station_areas(fabric, xy)
    counts = _grids_of_stations(fabric, basic_grid, area, len(ids))
    n_beats = apportion(counts.astype(float), N_BEATS, 2)
    # beats are for the open courtyards first
    weight = workload(fabric, gated_weight=0.15, hectare_weight=0.4)
    beat = np.full(len(area), "", dtype=object)
    for s, n in enumerate(n_beats):
        nodes = [int(t) for t in np.flatnonzero(area == s)]
        regions = cut_regions(
            fabric.pieces,
            nodes,
            weight,
            int(n),
            border_weight=0.5,
            lived_in=fabric.open_households > 0,
        )
        centre = np.array([fabric.pieces.xy[r].mean(axis=0) for r in regions])
        for serial, r in enumerate(serial_order(centre), start=1):
            beat[regions[int(r)]] = f"{ids[s]}-{serial:02d}"
    return Police(
        ids,
        [str(v) for v in table["name"]],
        xy,
        np.array(ids, dtype=object)[area],
        beat,
    )


def _station_places(fabric: Fabric) -> NDArray[np.float64]:
    """Put each station near the middle of its subdistrict's households."""
    table = read_facts("stations")
    places = []
    for row in table.itertuples(index=False):
        mine = fabric.subdistrict == row.subdistrict_code
        weight = fabric.all_households[mine] + 1.0
        middle = np.average(fabric.pieces.xy[mine], axis=0, weights=weight)
        places.append(middle + np.array([row.shift_x_m, row.shift_y_m]))
    return np.array(places)


def _station_areas(fabric: Fabric, xy: NDArray[np.float64]) -> NDArray[np.int64]:
    """Grow all station areas at once over the pieces, block by block."""
    reach = np.full(len(fabric.block), np.inf)
    area = np.full(len(fabric.block), -1, dtype=np.int64)
    heap: list[tuple[float, int, int]] = []
    for s, place in enumerate(xy):
        gap = np.hypot(*(fabric.pieces.xy - place).T)
        heappush(heap, (0.0, int(np.argmin(gap)), s))
    while heap:
        metres, t, s = heappop(heap)
        if area[t] >= 0:
            continue
        area[t] = s
        for j in fabric.pieces.neighbours[t]:
            step = float(np.hypot(*(fabric.pieces.xy[j] - fabric.pieces.xy[t])))
            if fabric.block[j] == fabric.block[t]:
                step = 0.0
            if fabric.subdistrict[j] != fabric.subdistrict[t]:
                step += BORDER_STEP_M
            if metres + step < reach[j]:
                reach[j] = metres + step
                heappush(heap, (metres + step, j, s))
    return area


def _grids_of_stations(
    fabric: Fabric, basic_grid: NDArray[np.object_], area: NDArray[np.int64], n: int
) -> NDArray[np.int64]:
    """Count the basic grids of which each station has most households."""
    grids, g = np.unique(basic_grid.astype(str), return_inverse=True)
    share = np.zeros((len(grids), n))
    np.add.at(share, (g, area), fabric.all_households + 1e-3)
    return np.bincount(share.argmax(axis=1), minlength=n)
