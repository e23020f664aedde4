"""Ground: what lies where in a plan, for the web map; the same for every layout of it.

The map gets the ground once and a layout (`geogrid.publish.layout`) at every change. Grids
have no shape here: the map draws them from the borders of the courtyards' footprints, so that
it is right after any move without asking again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.governance.grid_table import clip_feet
from geogrid.governance.homes import find_homes
from geogrid.governance.verdict import Judge
from geogrid.locale import LANGUAGES, phrases
from geogrid.plans.explain import part_reasons
from geogrid.publish.arcs import cut_arcs
from geogrid.publish.flat import (
    beat_by_grid,
    coast,
    drawn,
    in_units,
    is_estimated,
    layer_table,
    origin_of,
    shapes_of,
    short,
    table_of,
)
from geogrid.publish.geojson import json_value
from geogrid.publish.snapshot import THRESHOLD, suppress

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.plans.plan import Plan

__all__ = ["Audience", "Ground", "hide_counts", "rows_seen"]

# corners of a footprint are thinned by as much; neighbours stay edge to edge
_THIN_M = 2.5
_YARD_COLUMNS = (
    "n_buildings",
    "n_entrances",
    "year_built",
    "renovated_year",
    "property_service",
    "committee",
    "households_source",
)
# the streets that a whole district is read by; the others come with the detail
_LARGE_ROADS = frozenset({"arterial", "rail"})
_DUTY = "duty_phone"
_SUBDISTRICT: tuple[str, tuple[str, ...]] = ("subdistrict_code", ())
_NOBODY = -1


@dataclass(frozen=True)
class Audience:
    """Say for whom something is made.

    Parameters
    ----------
    is_known : bool
        Whether it is signed in: it sees every count, and duty lines.
    within : str or None
        The only subdistrict whose rows it sees; None: all.
    layers : frozenset of str or None
        Collections that are open to it; None: all.
    """

    is_known: bool = True
    within: str | None = None
    layers: frozenset[str] | None = None

    def sees(self, layer: str) -> bool:
        """Tell whether a collection is open."""
        return self.layers is None or layer in self.layers


def hide_counts(table: dict[str, Any], audience: Audience) -> dict[str, Any]:
    """Return a table with small counts hidden, as the public's collections hide them.

    Parameters
    ----------
    table : dict
        ``columns`` and ``rows``.
    audience : Audience
        Who reads; whoever is known gets the table as it is.

    Returns
    -------
    dict
        A new table, or the same.
    """
    if audience.is_known:
        return table
    columns = table["columns"]
    hidden = [suppress(dict(zip(columns, row, strict=True))) for row in table["rows"]]
    return {"columns": columns, "rows": [[row[name] for name in columns] for row in hidden]}


def rows_seen(plan: Plan, audience: Audience) -> NDArray[np.int64]:
    """Return the courtyards that an audience sees.

    Parameters
    ----------
    plan : Plan
        Any plan.
    audience : Audience
        Who reads.

    Returns
    -------
    (r,) int64
        Rows of the plan's courtyards; what is sent counts them anew from 0.
    """
    homes = plan.courtyards["community_code"].astype(str)
    if audience.within is None:
        return np.arange(len(homes))
    return np.flatnonzero(homes.map(_above(plan)) == audience.within)


def _above(plan: Plan) -> dict[str, str]:
    """Return each community's subdistrict, by code."""
    above = plan.district.communities.set_index("community_code").get("subdistrict_code")
    return {} if above is None else {str(c): str(s) for c, s in above.items()}


class Ground:
    """Make what the map gets of a plan's ground, for any audience.

    Parameters
    ----------
    plan : Plan
        Any plan; of a draft, the one it started from.
    code : str
        Of its district; by default the first six digits of its communities.
    """

    def __init__(self, plan: Plan, *, code: str = "") -> None:
        self.plan = plan
        self.district = plan.district
        self._code = code or str(plan.district.communities["community_code"].iloc[0])[:6]
        self._origin = origin_of(plan.district)
        self._judge = Judge(plan)
        self._graph = self._judge.graph
        self._above = _above(plan)

    def ground(self, audience: Audience) -> dict[str, Any]:
        """Return the ground without its key: what the map needs to open.

        Parameters
        ----------
        audience : Audience
            Who reads.

        Returns
        -------
        dict
            JSON values; ``GroundWire`` in ``api/web/src/model/types.ts`` says what each is.
        """
        rows = rows_seen(self.plan, audience)
        facts = self.district.metadata
        roads = self._roads(is_large=True)
        return {
            "origin": self._origin,
            "district": {
                "code": self._code,
                "name": self.district.name,
                "synthetic": self.district.is_synthetic,
                "estimated": is_estimated(self.plan.courtyards),
                "attribution": facts.get("attribution", ""),
                "weight": self.plan.report["provenance"]["weight"],
            },
            "subdistricts": self._areas("subdistricts", audience),
            "communities": self._areas("communities", audience),
            "courtyards": hide_counts(self._courtyards(rows, audience), audience),
            "cells": self._cells(rows),
            "parts": self._parts(rows, audience),
            "edges": self._edges(rows),
            "rules": self._rules(rows),
            "retired": sorted(self._judge.retired),
            "stations": self._stations(audience),
            "beats": self._beats(audience),
            "basic_grids": self._basic_grids(audience),
            "landscape": self._layer("landscape", ("name", "kind"), labelled=True),
            "coast": coast(self.district, self._origin) if self._has("barriers") else None,
            "roads": roads,
            "phrases": {language: phrases(language, "verdict") for language in LANGUAGES},
        }

    def detail(self, audience: Audience) -> dict[str, Any]:
        """Return without its key what may come a moment after the ground.

        Parameters
        ----------
        audience : Audience
            Who reads.

        Returns
        -------
        dict
            JSON values; ``DetailWire``. The public gets no buildings: they are no open
            collection, and would tell counts that are hidden.
        """
        rows = rows_seen(self.plan, audience)
        return {
            "roads": self._roads(is_large=False),
            "buildings": self._buildings(rows) if audience.is_known else None,
            "compounds": self._compounds(audience),
            "walks": self._walks(rows),
        }

    def _has(self, layer: str) -> bool:
        """Tell whether the district has anything of a layer."""
        return layer in self.district.tables and len(self.district[layer]) > 0

    def _renumbered(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the new number of every courtyard, -1 for those that are not sent."""
        numbers = np.full(len(self._graph.ids), _NOBODY)
        numbers[rows] = np.arange(len(rows))
        return numbers

    def _layer(
        self, layer: str, columns: Sequence[str], *, labelled: bool = False
    ) -> dict[str, Any] | None:
        """Return a layer as a table, None if there is none."""
        if not self._has(layer):
            return None
        labels = self.district[layer] if labelled else None
        return layer_table(drawn(self.district, layer), columns, self._origin, labels)

    def _with_duty(
        self, layer: str, columns: tuple[str, ...], audience: Audience
    ) -> tuple[str, ...]:
        """Add the duty line, where there is one and the audience is no stranger."""
        is_there = _DUTY in self.district[layer].columns and audience.is_known
        return (*columns, _DUTY) if is_there else columns

    def _areas(self, layer: str, audience: Audience) -> dict[str, Any]:
        """Return subdistricts or communities: names, outlines, sums."""
        is_low = layer == "communities"
        key, above = ("community_code", ("subdistrict_code",)) if is_low else _SUBDISTRICT
        frame = self.district[layer].sort_values(key, kind="stable", ignore_index=True)
        columns = self._with_duty(layer, (key, "name", *above), audience)
        yards = self.plan.courtyards
        home = yards["community_code"].astype(str)
        grouped = yards.groupby((home if is_low else home.map(self._above)).to_numpy())
        sums = grouped["households"].agg(["size", "sum"]).reindex(frame[key]).fillna(0)
        counted = frame.assign(
            n_courtyards=sums["size"].to_numpy(np.int64), households=sums["sum"].to_numpy(np.int64)
        )
        columns = (*columns, "n_courtyards", "households")
        if audience.within is not None:
            # outlines of all, sums of the own
            own = frame["subdistrict_code"] == audience.within
            counted["households"] = counted["households"].where(own).astype(object)
            counted["n_courtyards"] = counted["n_courtyards"].where(own).astype(object)
        return hide_counts(layer_table(counted, columns, self._origin, frame), audience)

    @cached_property
    def _beat_of_yard(self) -> list[str | None]:
        """Return the beat of each courtyard: as stated, else where it lies."""
        if not self._has("beats"):
            return [None] * len(self._graph.ids)
        beats = self.district["beats"]
        homes = find_homes(self.plan, "gov_grids", self.plan.gov_grids, beats)
        return [str(beat) for beat in beats["beat_id"].to_numpy(object)[homes.beat_ix]]

    @cached_property
    def _station_ids(self) -> list[str]:
        """Return the code of every station, sorted: of equals the first counts, as in a verdict."""
        known = set(self.district["stations"]["station_id"]) if self._has("stations") else set()
        led = set(self.district["beats"]["station_id"]) if self._has("beats") else set()
        return sorted(map(str, known | led))

    def _courtyards(self, rows: NDArray[np.int64], audience: Audience) -> dict[str, Any]:
        """Return the courtyards."""
        frame = self.plan.courtyards.iloc[rows]
        numbers = self._renumbered(rows)
        parts = {part: i for i, part in enumerate(self._part_ids(rows))}
        stations = {code: i for i, code in enumerate(self._station_ids)}
        # in whose beat a courtyard lies is known from the beats' own outlines
        is_told = audience.sees("beats")
        of_yard = self._judge.station_ids if is_told else None
        values: dict[str, list[Any]] = {
            "courtyard_id": list(map(str, frame["courtyard_id"])),
            **{name: _cells_of(frame, name) for name in ("name", "address")},
            "community_code": list(map(str, frame["community_code"])),
            "households": _cells_of(frame, "households"),
            "load": [json_value(v, whole=True) for v in self._graph.weights[rows]],
            "part": [parts[part] for part in frame["part_id"]],
            "spot": numbers[self._graph.spot_ix[rows]].tolist(),
            "station": [_NOBODY if of_yard is None else stations[of_yard[row]] for row in rows],
            "beat_id": [self._beat_of_yard[row] if is_told else None for row in rows],
            **{name: _cells_of(frame, name) for name in _YARD_COLUMNS},
        }
        points = shapely.point_on_surface(frame.geometry.to_numpy())
        values["at"] = in_units(points, frame.crs, self._origin)
        values["shape"] = shapes_of(frame, self._origin)
        return table_of(values)

    @cached_property
    def _footprints(self) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
        """Return the thinned footprints, and the courtyard of each."""
        cells = self.plan.cells
        at = np.array([self._graph.row_of[str(i)] for i in cells["courtyard_id"]], np.int64)
        yards = self.plan.courtyards.geometry.to_numpy()[at]
        feet = clip_feet(cells.geometry.to_numpy(), yards, self._judge.rules.reach_m)
        return shapely.coverage_simplify(feet, _THIN_M), at

    @cached_property
    def _borders(self) -> dict[str, list[Any]]:
        """Return the footprints' borders by the plan's own rows."""
        import geopandas as gpd

        from geogrid.crs import WGS84

        feet, at = self._footprints
        upright = shapely.orient_polygons(feet, exterior_cw=False)
        parts, part_of = shapely.get_parts(upright, return_index=True)
        rings, ring_part = shapely.get_rings(parts, return_index=True)
        corners, ring_of = shapely.get_coordinates(rings, return_index=True)
        points = gpd.GeoSeries.from_xy(corners[:, 0], corners[:, 1], crs=self.plan.cells.crs)
        degrees = shapely.get_coordinates(points.to_crs(WGS84).to_numpy())
        units = np.rint(degrees * 1e6).astype(np.int64) - np.array(self._origin)
        arcs = cut_arcs(units, ring_of, at[part_of[ring_part]])
        lines = []
        for line in arcs.lines:
            steps = np.diff(line, axis=0, prepend=[[0, 0]])
            lines.append(steps.ravel().tolist())
        return {"arcs": lines, "left": arcs.left.tolist(), "right": arcs.right.tolist()}

    def _cells(self, rows: NDArray[np.int64]) -> dict[str, list[Any]]:
        """Return the borders beside the courtyards that are sent."""
        numbers = self._renumbered(rows)
        left, right = (
            np.where(side >= 0, numbers[side], _NOBODY)
            for side in (np.array(self._borders[name], np.int64) for name in ("left", "right"))
        )
        kept = np.flatnonzero((left >= 0) | (right >= 0))
        return {
            "arcs": [self._borders["arcs"][arc] for arc in kept],
            "left": left[kept].tolist(),
            "right": right[kept].tolist(),
        }

    def _part_ids(self, rows: NDArray[np.int64]) -> list[str]:
        """Return the parts in which some courtyards lie, in the plan's order."""
        return [self._graph.part_ids[part] for part in np.unique(self._graph.part_ix[rows])]

    def _parts(self, rows: NDArray[np.int64], audience: Audience) -> dict[str, Any]:
        """Return how many households a grid of each part may have, and why."""
        number = {part: i for i, part in enumerate(self._graph.part_ids)}
        said = {language: part_reasons(self.plan, language) for language in LANGUAGES}
        of_part = {part["part_id"]: part for part in self.plan.report["parts"]}
        loads = np.bincount(self._graph.part_ix, weights=self._graph.weights)
        table = []
        for part in self._part_ids(rows):
            low, high = self._graph.bands[number[part]]
            is_told = audience.is_known or loads[number[part]] >= THRESHOLD
            reasons = [said[language].get(part, "") if is_told else "" for language in LANGUAGES]
            community = str(of_part[part]["community_code"])
            table.append([part, community, float(low), json_value(float(high)), *reasons])
        columns = ["part_id", "community_code", "low", "high"]
        return {"columns": [*columns, *(f"reason_{lang}" for lang in LANGUAGES)], "rows": table}

    def _edges(self, rows: NDArray[np.int64]) -> dict[str, list[Any]]:
        """Return the contiguity among the courtyards that are sent."""
        numbers = self._renumbered(rows)
        a, b = numbers[self._graph.a_ix], numbers[self._graph.b_ix]
        kept = np.flatnonzero((a >= 0) & (b >= 0))
        kept = kept[np.lexsort((b[kept], a[kept]))]
        barrier = self.plan.contiguity["barrier"].to_numpy(object)[kept]
        return {
            "a": a[kept].tolist(),
            "b": b[kept].tolist(),
            "usable": self._graph.is_usable[kept].astype(int).tolist(),
            "barrier": [json_value(kind) for kind in barrier],
        }

    def _rules(self, rows: NDArray[np.int64]) -> dict[str, Any]:
        """Return what binds every layout; of a rule on several courtyards, those that are sent."""
        numbers, row_of = self._renumbered(rows), self._graph.row_of
        keep, place = self._judge.rules.keep, self._graph.place_ix

        def sent(group: Sequence[str]) -> list[int]:
            found = numbers[[row_of[ident] for ident in group]]
            return [int(row) for row in found if row >= 0]

        # a lock holds everybody in the same place
        locked = [
            numbers[np.isin(place, place[[row_of[ident] for ident in group]])]
            for group in keep.locked
        ]
        return {
            "target": self.plan.target,
            "walk_max_m": self._judge.rules.partition.walk_max_m,
            "together": [own for group in keep.together if len(own := sent(group)) > 1],
            "apart": [own for pair in keep.apart if len(own := sent(pair)) == len(pair)],
            "locked": [group.tolist() for group in locked if (group >= 0).all()],
        }

    def _stations(self, audience: Audience) -> dict[str, Any]:
        """Return the stations, sorted; one that only beats name has no place."""
        import geopandas as gpd

        codes = self._station_ids if audience.sees("beats") else []
        if not self._has("stations"):
            empty: list[Any] = [None] * len(codes)
            shapes: list[Any] = [[] for _ in codes]
            return table_of({"station_id": codes, "name": codes, "shape": shapes, "at": empty})
        columns = self._with_duty("stations", ("station_id", "name"), audience)
        known = self.district["stations"].set_index("station_id")
        lined = known.reindex(codes)
        lined["name"] = lined["name"].fillna(lined.index.to_series())
        frame = gpd.GeoDataFrame(lined.reset_index(names="station_id"), crs=known.crs)
        return layer_table(frame, columns, self._origin, frame)

    def _beats(self, audience: Audience) -> dict[str, Any]:
        """Return the beats with the places of their rooms."""
        import geopandas as gpd

        frame = self.district["beats"]
        columns = self._with_duty("beats", ("beat_id", "name", "station_id"), audience)
        if not audience.sees("beats"):
            frame = frame.iloc[:0]
        table = layer_table(frame, columns, self._origin, frame)
        rooms: list[Any] = [None] * len(frame)
        if len(frame) and {"room_x", "room_y"} <= set(frame.columns):
            east, north = (frame[name].astype(float) for name in ("room_x", "room_y"))
            points = np.asarray(gpd.points_from_xy(east, north), object)
            points[(east.isna() | north.isna()).to_numpy()] = None
            rooms = in_units(points, frame.crs, self._origin)
        rows = [[*row, room] for row, room in zip(table["rows"], rooms, strict=True)]
        return {"columns": [*table["columns"], "room"], "rows": rows}

    def _basic_grids(self, audience: Audience) -> dict[str, Any] | None:
        """Return the basic grids with the beat that each is paired with."""
        if not self._has("basic_grids") or not audience.sees("basic_grids"):
            return None
        frame = self._own(self.district["basic_grids"], audience)
        beats = beat_by_grid(self.plan.pairings, "basic_grids")
        paired = [beats.get(code, (None, None)) for code in frame["grid_code"]]
        leads: dict[str, Any] = {
            "beat_id": [beat for beat, _ in paired],
            "room_m": [short(far, 0) for _, far in paired],
        }
        counted = frame.assign(**leads)
        columns = ("grid_code", "name", "community_code", "households", "beat_id", "room_m")
        return hide_counts(layer_table(counted, columns, self._origin, frame), audience)

    def _own(self, frame: gpd.GeoDataFrame, audience: Audience) -> gpd.GeoDataFrame:
        """Return the rows of a layer that lie in communities of which an audience sees the rows."""
        if audience.within is None:
            return frame
        if "community_code" not in frame:
            return frame.iloc[:0]
        above: pd.Series[Any] = frame["community_code"].astype(str).map(self._above)
        return frame[above == audience.within]

    def _roads(self, *, is_large: bool) -> dict[str, Any] | None:
        """Return the streets that carry a district, or the others."""
        if not self._has("roads"):
            return None
        frame = drawn(self.district, "roads")
        large = frame["kind"].isin(_LARGE_ROADS) if "kind" in frame else np.zeros(len(frame), bool)
        return layer_table(frame[large == is_large], ("name", "kind"), self._origin)

    def _buildings(self, rows: NDArray[np.int64]) -> dict[str, Any] | None:
        """Return the buildings, each with the row of its courtyard."""
        if not self._has("buildings"):
            return None
        frame = self.district["buildings"]
        numbers = self._renumbered(rows)
        row_of = self._graph.row_of
        named = frame.get("courtyard_id", [None] * len(frame))
        of_yard = [numbers[row_of[i]] if i in row_of else _NOBODY for i in named]
        counted = frame.assign(courtyard=np.array(of_yard, np.int64))
        if len(rows) < len(numbers):
            counted = counted[counted["courtyard"] >= 0]
        return layer_table(counted, ("use", "courtyard"), self._origin)

    def _compounds(self, audience: Audience) -> dict[str, Any] | None:
        """Return the gated compounds."""
        if not self._has("compounds") or not audience.sees("compounds"):
            return None
        frame = self._own(self.district["compounds"], audience)
        columns = ("compound_id", "name", "community_code", "households")
        return hide_counts(layer_table(frame, columns, self._origin), audience)

    def _walks(self, rows: NDArray[np.int64]) -> dict[str, list[int]]:
        """Return the walks between the courtyards that are sent, in whole metres."""
        numbers, table, row_of = self._renumbered(rows), self.plan.walks, self._graph.row_of
        a, b = (numbers[[row_of[str(i)] for i in table[end]]] for end in ("a", "b"))
        kept = np.flatnonzero((a >= 0) & (b >= 0))
        kept = kept[np.lexsort((b[kept], a[kept]))]
        metres = np.rint(table["walk_m"].to_numpy(np.float64)[kept]).astype(np.int64)
        return {"a": a[kept].tolist(), "b": b[kept].tolist(), "m": metres.tolist()}


def _cells_of(frame: pd.DataFrame, name: str) -> list[Any]:
    """Return a column as JSON values, nulls where there is none."""
    if name not in frame:
        return [None] * len(frame)
    return [json_value(value, whole=True) for value in frame[name]]
