"""Pairing: every grid gets one lead beat; beats are never redrawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.errors import InputError
from geogrid.governance.homes import find_homes, own_stations, station_name, walks_to_rooms
from geogrid.governance.neighbours import touching_grids
from geogrid.governance.rules import PairingRules, rules_from_dict
from geogrid.governance.station_area import StationArea, pair_area
from geogrid.plans.metrics import measure_plan
from geogrid.plans.plan import GRID_LAYERS
from geogrid.solve.assign_model import count_pieces

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.plans.plan import Plan

__all__ = ["Pairing", "pair_layers", "pair_plan", "pairing_rows", "with_pairings_of"]


@dataclass(frozen=True)
class Pairing:
    """Hold a plan whose grids of one layer were paired, and how that went.

    Parameters
    ----------
    plan : Plan
        With the pairings of that layer replaced.
    layer : str
        ``gov_grids`` or ``basic_grids``.
    objective, bound : float
        Household-metres, over all station areas; proven lower bound.
    status : str
        ``optimal`` if every station area was solved to optimality.
    widened : tuple of str
        Station areas that forced more or fewer grids or households on a beat
        than the rules allow, and why.
    scattered : tuple of str
        Beats (``beat_id``) whose grids do not hang together.
    """

    plan: Plan
    layer: str
    objective: float
    bound: float
    status: str
    widened: tuple[str, ...]
    scattered: tuple[str, ...]


def pair_plan(plan: Plan, layer: str, *, rules: PairingRules | None = None) -> Pairing:
    """Give every grid of a layer its lead beat, at least cost.

    A grid costs its households times the walk from its medoid to the police
    room, plus ``outside_m`` for each household that lives outside the beat.

    Parameters
    ----------
    plan : Plan
        Its district has ``beats`` (and ``basic_grids`` for that layer).
    layer : {"gov_grids", "basic_grids"}
        Which grids to pair.
    rules : PairingRules, optional
        By default those the plan was made with.

    Returns
    -------
    Pairing
        With the new plan; pairings of the other layer are kept.

    Raises
    ------
    InputError
        If the layer is unknown, or the district has no beats or basic grids.
    InfeasibleError
        If the rules ask for contiguous beats where there are none; ``facts`` name
        the ``station``, the ``grids`` and the ``beats`` in conflict.
    SolverError
        If the solver gave up.

    Notes
    -----
    Exact for each station area, since no grid is led from another. Counts give
    way where the numbers of grids and beats force them, households where no
    pairing keeps them; contiguity does not give way.
    """
    if layer not in GRID_LAYERS:
        raise InputError(f"There is no grid layer {layer}; pair {' or '.join(GRID_LAYERS)}.")
    beats = plan.district["beats"]
    grids = plan.gov_grids if layer == "gov_grids" else plan.district[layer]
    for name, table in (("beats", beats), (layer, grids)):
        if not len(table):
            raise InputError(f"The district has no {name}; add that layer, then pair.", layer=name)
    known = rules_from_dict(_plain(plan.report["rules"]), where="the plan")
    rules = rules or known.pairing
    homes = find_homes(plan, layer, grids, beats)
    station = beats["station_id"].to_numpy(object)
    per_beat = homes.per_beat(len(grids), len(beats))
    own_station = own_stations(grids, beats, per_beat)
    walk = walks_to_rooms(plan, layer, grids, beats, homes)
    households = per_beat.sum(axis=1)
    cost = households[:, None] * walk + rules.outside_m * (households[:, None] - per_beat)
    links = touching_grids(plan, layer, grids, min_border_m=known.contiguity.min_border_m)
    grid_names, beat_names = _labels(grids, "grid_code"), _labels(beats, "beat_id")

    lead = np.full(len(grids), -1, np.int64)
    objective = bound = 0.0
    status = "optimal"
    widened = []
    for name in sorted(set(own_station)):
        rows = np.flatnonzero(own_station == name)
        columns = np.flatnonzero(station == name)
        place = np.full(len(grids), -1, np.int64)
        place[rows] = np.arange(len(rows))
        area = StationArea(
            station_name(plan, str(name)),
            layer,
            cost[np.ix_(rows, columns)],
            households[rows],
            place[links[(own_station[links] == name).all(axis=1)]],
            tuple(grid_names[rows]),
            tuple(beat_names[columns]),
        )
        solved, reasons = pair_area(area, rules)
        widened += [f"{area.name}: {reason}" for reason in reasons]
        lead[rows] = columns[solved.labels]
        objective += solved.objective
        bound += solved.bound
        status = status if solved.status == "optimal" else "gap"
    idle = sorted(set(station) - set(own_station))
    widened += [
        f"{station_name(plan, str(s))}: no grid lives here, its beats lead none" for s in idle
    ]
    pieces = count_pieces(lead, len(beats), links)
    scattered = sorted(map(str, beats["beat_id"].to_numpy(object)[pieces > 1]))
    pairings = pairing_rows(layer, grids, beats, lead, per_beat, walk)
    told = {
        "objective": objective,
        "bound": bound,
        "status": status,
        "widened": widened,
        "scattered": scattered,
    }
    return Pairing(
        with_pairings_of(plan, layer, pairings, told),
        layer,
        objective,
        bound,
        status,
        tuple(widened),
        tuple(scattered),
    )


def pair_layers(plan: Plan, *, rules: PairingRules | None = None) -> Plan:
    """Pair every grid layer that the district has.

    Parameters
    ----------
    plan : Plan
        Its district has ``beats``.
    rules : PairingRules, optional
        By default those the plan was made with.

    Returns
    -------
    Plan
        The same, each grid with its lead beat.

    Raises
    ------
    InputError
        If the district has no beats.
    InfeasibleError
        If a station area cannot be paired even with wider limits.
    """
    for layer in GRID_LAYERS:
        if layer == "gov_grids" or len(plan.district[layer]):
            plan = pair_plan(plan, layer, rules=rules).plan
    return plan


def _plain(rules: dict[str, Any]) -> dict[str, Any]:
    """Return those tables of a plan's rules that pairing reads."""
    return {name: rules.get(name, {}) for name in ("pairing", "contiguity")}


def _labels(table: gpd.GeoDataFrame, key: str) -> NDArray[np.object_]:
    """Return what people call each row: its name and its id, or the id alone."""
    ids = table[key].astype(str)
    if "name" not in table:
        return ids.to_numpy(object)
    known = table["name"].notna()
    return ids.where(~known, table["name"].astype(str) + " (" + ids + ")").to_numpy(object)


def pairing_rows(
    layer: str,
    grids: gpd.GeoDataFrame,
    beats: gpd.GeoDataFrame,
    lead: NDArray[np.int64],
    per_beat: NDArray[np.float64],
    walk: NDArray[np.float64],
) -> pd.DataFrame:
    """Return the rows of the pairings layer.

    Parameters
    ----------
    layer : str
        Which grids.
    grids, beats : GeoDataFrame, g and b rows
        Their rows.
    lead : (g,) int64
        Row of each grid's lead beat.
    per_beat, walk : (g, b) float64
        Households, and metres from the medoid to the police room.

    Returns
    -------
    DataFrame, g rows
        By grid code.
    """
    import pandas as pd

    row = np.arange(len(grids))
    return pd.DataFrame(
        {
            "grid_layer": layer,
            "grid_code": grids["grid_code"].to_numpy(object),
            "beat_id": beats["beat_id"].to_numpy(object)[lead],
            "households": per_beat.sum(axis=1).astype(np.int64),
            "households_inside": per_beat[row, lead].astype(np.int64),
            "distance_m": walk[row, lead].round(1),
        }
    ).sort_values("grid_code", ignore_index=True)


def with_pairings_of(plan: Plan, layer: str, table: pd.DataFrame, told: dict[str, Any]) -> Plan:
    """Return the plan with one layer's pairings replaced, and its report told.

    Parameters
    ----------
    plan : Plan
        Pairings of other layers are kept.
    layer : str
        Which grids.
    table : DataFrame
        Their rows; at least one.
    told : dict
        What the pairing says of itself.

    Returns
    -------
    Plan
        With new figures.
    """
    import pandas as pd

    kept = plan.pairings[plan.pairings["grid_layer"] != layer]
    tables = [t for t in (kept, table) if len(t)]
    pairings = pd.concat(tables, ignore_index=True)
    pairings = pairings.sort_values(["grid_layer", "grid_code"], ignore_index=True)
    gov_grids = plan.gov_grids
    if layer == "gov_grids":
        lead = table.set_index("grid_code")["beat_id"]
        gov_grids = gov_grids.copy()
        gov_grids["beat_id"] = gov_grids["grid_code"].map(lead)
    paired = plan.with_pairings(pairings, gov_grids)
    # the figures read what the pairing said of itself
    paired = paired.with_report(pairing={**plan.report.get("pairing", {}), layer: told})
    return paired.with_report(metrics=measure_plan(paired))
