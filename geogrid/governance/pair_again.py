"""Pair again: lead beats after an edit; grids that did not change keep theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.governance.homes import find_homes, own_stations, station_name, walks_to_rooms
from geogrid.governance.neighbours import touching_grids
from geogrid.governance.pairing import pairing_rows, with_pairings_of
from geogrid.governance.station_area import count_limits
from geogrid.plans.metrics import measure_plan
from geogrid.solve.assign_model import count_pieces

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.governance.rules import PairingRules
    from geogrid.plans.plan import Plan

__all__ = ["pair_again"]

_LAYER = "gov_grids"


def pair_again(plan: Plan, *, before: Plan, changed: set[str], rules: PairingRules) -> Plan:
    """Return an edited plan with its governance grids paired, if they were.

    A changed grid keeps its beat where that is still of the station area with
    most of its households. Any other takes the cheapest beat of its area that
    may lead one more, or, if none may, of those with the fewest grids the
    cheapest. By code, one after the other: simple to follow, not an optimum.

    Parameters
    ----------
    plan : Plan
        Edited; the rows of changed grids have no beat yet.
    before : Plan
        What it was made from.
    changed : set of str
        Codes of grids that changed, before or after.
    rules : PairingRules
        Grids per beat, price of households outside it.

    Returns
    -------
    Plan
        With the pairings and the figures of both layers.
    """
    old = before.pairings[before.pairings["grid_layer"] == _LAYER]
    beats = plan.district["beats"]
    if not len(old) or not len(beats):
        left = plan.pairings[plan.pairings["grid_layer"] != _LAYER].reset_index(drop=True)
        bare = plan.with_pairings(left, plan.gov_grids.assign(beat_id=None))
        return bare.with_report(metrics=measure_plan(bare)) if len(left) else bare
    area = _Area.of(plan, old, changed, rules)
    given = area.give_leads()
    table = area.rows(old)
    objective = area.objective(table)
    scattered = area.scattered(before)
    told = {
        "objective": objective,
        "bound": None,
        "status": "edited",
        "widened": area.widened(),
        "scattered": scattered,
        "kept": len(table) - len(given),
        "given": given,
    }
    return with_pairings_of(plan, _LAYER, table, told)


@dataclass
class _Area:
    """Hold grids and beats while leads are given."""

    plan: Plan
    grids: gpd.GeoDataFrame
    beats: gpd.GeoDataFrame
    rules: PairingRules
    per_beat: NDArray[np.float64]
    station: NDArray[np.object_]
    own_station: NDArray[np.object_]
    is_changed: NDArray[np.bool_]
    lead: NDArray[np.int64]
    walk: NDArray[np.float64]

    @classmethod
    def of(cls, plan: Plan, old: pd.DataFrame, changed: set[str], rules: PairingRules) -> _Area:
        """Gather who leads what, and what a lead would cost where one is to be found."""
        grids, beats = plan.gov_grids, plan.district["beats"]
        homes = find_homes(plan, _LAYER, grids, beats)
        per_beat = homes.per_beat(len(grids), len(beats))
        station = beats["station_id"].to_numpy(object)
        own = own_stations(grids, beats, per_beat)
        code = grids["grid_code"]
        row_of = {beat: i for i, beat in enumerate(beats["beat_id"])}
        led = dict(zip(old["grid_code"], old["beat_id"], strict=True))
        lead = np.array([row_of.get(led.get(c), -1) for c in code], np.int64)
        is_changed = code.isin(changed).to_numpy()
        astray = is_changed & (lead >= 0) & (station[lead] != own)
        lead[astray] = -1
        walk = np.full(per_beat.shape, np.nan)
        rows = np.flatnonzero(is_changed)
        columns = np.flatnonzero(np.isin(station, own[rows]))
        walk[np.ix_(rows, columns)] = walks_to_rooms(
            plan, _LAYER, grids.iloc[rows], beats.iloc[columns], homes
        )
        return cls(plan, grids, beats, rules, per_beat, station, own, is_changed, lead, walk)

    def give_leads(self) -> list[dict[str, Any]]:
        """Give every grid without a lead one, and tell which and why."""
        given = []
        households = self.per_beat.sum(axis=1)
        for row in np.flatnonzero(self.lead < 0):
            columns = np.flatnonzero(self.station == self.own_station[row])
            n_grids = int((self.own_station == self.own_station[row]).sum())
            _, most, _ = count_limits(self.rules.count(_LAYER), n_grids, len(columns))
            outside = households[row] - self.per_beat[row, columns]
            cost = households[row] * self.walk[row, columns] + self.rules.outside_m * outside
            count = np.bincount(self.lead[self.lead >= 0], minlength=len(self.beats))[columns]
            is_open = count < most
            open_to = is_open if is_open.any() else count == count.min()
            column = columns[np.lexsort((cost, ~open_to))[0]]
            self.lead[row] = column
            given.append(
                {
                    "grid_code": str(self.grids["grid_code"].iloc[row]),
                    "beat_id": str(self.beats["beat_id"].iloc[column]),
                    "reason": "cheapest" if is_open.any() else "least_overfull",
                }
            )
        return given

    def rows(self, old: pd.DataFrame) -> pd.DataFrame:
        """Return the pairings: the old row of every grid that did not change."""
        import pandas as pd

        fresh = pairing_rows(_LAYER, self.grids, self.beats, self.lead, self.per_beat, self.walk)
        codes = self.grids.loc[self.is_changed, "grid_code"]
        kept = old[old["grid_code"].isin(self.grids["grid_code"]) & ~old["grid_code"].isin(codes)]
        both = [part for part in (kept, fresh[fresh["grid_code"].isin(codes)]) if len(part)]
        return pd.concat(both).sort_values("grid_code", ignore_index=True)

    def objective(self, table: pd.DataFrame) -> float:
        """Return what the pairing costs, from its own rows: walks, outsiders, imbalance."""
        load, inside = table["households"], table["households_inside"]
        cost = load * table["distance_m"] + self.rules.outside_m * (load - inside)
        led = np.bincount(self.lead, weights=load.to_numpy(float), minlength=len(self.beats))
        uneven = 0.0
        for name in sorted(set(self.own_station)):
            mine = led[self.station == name]
            uneven += float(np.abs(mine - mine.mean()).sum())
        return float(cost.sum()) + self.rules.balance_m * uneven

    def widened(self) -> list[str]:
        """Return the beats that lead fewer or more grids than the rules want."""
        low, high = self.rules.count(_LAYER)
        count = np.bincount(self.lead, minlength=len(self.beats))
        return [
            f"{station_name(self.plan, str(self.station[beat]))}: beat "
            f"{self.beats['beat_id'].iloc[beat]} leads {count[beat]} grids, not {low} to {high}"
            for beat in np.flatnonzero((count < low) | (count > high))
        ]

    def scattered(self, before: Plan) -> list[str]:
        """Return the beats whose grids do not hang together."""
        min_border_m = before.report["rules"]["contiguity"]["min_border_m"]
        links = touching_grids(self.plan, _LAYER, self.grids, min_border_m=min_border_m)
        pieces = count_pieces(self.lead, len(self.beats), links)
        return sorted(map(str, self.beats["beat_id"].to_numpy(object)[pieces > 1]))
