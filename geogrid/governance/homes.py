"""Homes: where households live, in which beat and station area, and how far the rooms are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.space.graph import DETOUR
from geogrid.space.walks import build_network, walk_lengths

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from geogrid.plans.plan import Plan

__all__ = ["Homes", "find_homes", "own_stations", "station_name", "walks_to_rooms"]


@dataclass(frozen=True)
class Homes:
    """Hold where households live: a point, a number, a beat, a grid.

    Parameters
    ----------
    places : (h,) Point
        Metres.
    households : (h,) float64
        At each.
    beat_ix, grid_ix : (h,) int64
        Rows of the beat and of the grid.
    """

    places: NDArray[np.object_]
    households: NDArray[np.float64]
    beat_ix: NDArray[np.int64]
    grid_ix: NDArray[np.int64]

    def per_beat(self, n_grids: int, n_beats: int) -> NDArray[np.float64]:
        """Return the households of each grid in each beat, (n_grids, n_beats)."""
        table = np.zeros((n_grids, n_beats))
        np.add.at(table, (self.grid_ix, self.beat_ix), self.households)
        return table


def find_homes(plan: Plan, layer: str, grids: gpd.GeoDataFrame, beats: gpd.GeoDataFrame) -> Homes:
    """Locate all households in grids and beats.

    Parameters
    ----------
    plan : Plan
        Its courtyards; the compounds too where basic grids are asked for.
    layer : {"gov_grids", "basic_grids"}
        Which grids.
    grids, beats : GeoDataFrame
        Their rows.

    Returns
    -------
    Homes
        Every household in one grid and one beat.
    """
    courtyards = plan.courtyards
    places = [shapely.point_on_surface(courtyards.geometry.to_numpy())]
    counts = [courtyards["households"].to_numpy(np.float64)]
    compounds = plan.district["compounds"]
    if layer == "basic_grids" and len(compounds) and "households" in compounds:
        # basic grids answer for everybody, governance grids for open courtyards
        places.append(shapely.point_on_surface(compounds.geometry.to_numpy()))
        counts.append(compounds["households"].fillna(0).to_numpy(np.float64))
    points, households = np.concatenate(places), np.concatenate(counts)
    beat_ix = _nearest(points, beats)
    # what the ledger says of a courtyard's beat counts more than where its middle lies
    known = {beat: i for i, beat in enumerate(beats["beat_id"])}
    told = courtyards["beat_id"].map(known) if "beat_id" in courtyards else None
    if told is not None:
        stated = np.flatnonzero(told.notna().to_numpy())
        beat_ix[stated] = told.to_numpy(np.float64)[stated].astype(np.int64)
    if layer == "gov_grids":
        index = {code: i for i, code in enumerate(grids["grid_code"])}
        grid_ix = courtyards["grid_code"].map(index).to_numpy(np.int64)
    else:
        grid_ix = _nearest(points, grids)
    return Homes(points, households, beat_ix, grid_ix)


def _nearest(points: NDArray[np.object_], areas: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Return the area each point lies in, or the nearest one."""
    _, found = areas.sindex.nearest(points, return_all=False)
    return np.asarray(found, np.int64)


def own_stations(
    grids: gpd.GeoDataFrame, beats: gpd.GeoDataFrame, per_beat: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Return the station area where most households of each grid live.

    Parameters
    ----------
    grids, beats : GeoDataFrame, g and b rows
        Beats carry ``station_id``.
    per_beat : (g, b) float64
        Households.

    Returns
    -------
    (g,) object
        ``station_id``.
    """
    station = beats["station_id"].to_numpy(object)
    names = np.unique(station)
    share = np.stack([per_beat[:, station == n].sum(axis=1) for n in names], axis=1)
    own: NDArray[np.object_] = names[np.argmax(share, axis=1)]
    # where nobody lives, the ground decides
    empty = np.flatnonzero(share.sum(axis=1) <= 0)
    for row in empty:
        shared = shapely.area(shapely.intersection(grids.geometry.iloc[row], beats.geometry))
        own[row] = station[int(np.argmax(shared))]
    return own


def walks_to_rooms(
    plan: Plan,
    layer: str,
    grids: gpd.GeoDataFrame,
    beats: gpd.GeoDataFrame,
    homes: Homes,
) -> NDArray[np.float64]:
    """Return the walk from every grid's medoid to every police room.

    Parameters
    ----------
    plan : Plan
        Its roads.
    layer : {"gov_grids", "basic_grids"}
        Which grids.
    grids, beats : GeoDataFrame, g and b rows
        Those asked for.
    homes : Homes
        Where the medoids lie.

    Returns
    -------
    (g, b) float64
        Metres; straight x 1.3 where no street leads.
    """
    hearts = _hearts(plan, layer, grids, homes)
    rooms = shapely.point_on_surface(beats.geometry.to_numpy())
    if {"room_x", "room_y"} <= set(beats.columns):
        known = (beats["room_x"].notna() & beats["room_y"].notna()).to_numpy()
        rooms[known] = shapely.points(
            beats["room_x"].to_numpy()[known], beats["room_y"].to_numpy()[known]
        )
    a = np.repeat(np.arange(len(hearts)), len(rooms))
    b = np.tile(np.arange(len(rooms)), len(hearts))
    straight = shapely.distance(hearts[a], rooms[b]) * DETOUR
    network = build_network(plan.district["roads"], np.concatenate([hearts, rooms]))
    if network is None:
        return np.asarray(straight).reshape(len(hearts), len(rooms))
    # each room once: the fewer side asks
    walk = walk_lengths(network, b + len(hearts), a)
    return np.where(np.isfinite(walk), walk, straight).reshape(len(hearts), len(rooms))


def _hearts(plan: Plan, layer: str, grids: gpd.GeoDataFrame, homes: Homes) -> NDArray[np.object_]:
    """Return the point of each grid from which its walk is measured."""
    if layer == "gov_grids":
        place = dict(zip(plan.courtyards["courtyard_id"], homes.places, strict=False))
        return np.array([place[i] for i in grids["medoid_id"]], object)
    hearts = shapely.point_on_surface(grids.geometry.to_numpy())
    xy = shapely.get_coordinates(homes.places)
    for grid in np.unique(homes.grid_ix):
        rows = np.flatnonzero(homes.grid_ix == grid)
        away = np.hypot(*(xy[rows, None] - xy[None, rows]).transpose(2, 0, 1))
        hearts[grid] = homes.places[rows[int(np.argmin(homes.households[rows] @ away))]]
    return hearts


def station_name(plan: Plan, station: str) -> str:
    """Return the station's name, or its id where it has none.

    Parameters
    ----------
    plan : Plan
        Its stations.
    station : str
        ``station_id``.

    Returns
    -------
    str
        For people.
    """
    stations = plan.district["stations"]
    if not len(stations):
        return station
    return str(stations.set_index("station_id")["name"].get(station, station))
