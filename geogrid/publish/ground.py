"""Ground: what lies where in a plan, for the web map; the same for every layout of it.

The map gets the ground once and a layout (`geogrid.publish.layout`) at every change. Grids
have no shape here: the map draws them from the borders of the courtyards' footprints, so that
it is right after any move without asking again.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.governance.grid_table import clip_feet
from geogrid.governance.homes import find_homes
from geogrid.governance.verdict import Judge
from geogrid.locale import LANGUAGES, phrases
from geogrid.plans.codes import split_code
from geogrid.plans.explain import part_reasons
from geogrid.publish.arcs import cut_arcs
from geogrid.publish.audience import hide_counts, rows_seen, subdistrict_of
from geogrid.publish.flat import (
    coast,
    in_units,
    is_estimated,
    layer_table,
    origin_of,
    shapes_of,
    table_of,
)
from geogrid.publish.geojson import json_value
from geogrid.publish.ground_layers import Layers
from geogrid.publish.snapshot import THRESHOLD

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.plans.plan import Plan
    from geogrid.publish.audience import Audience

__all__ = ["Ground"]

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
_NOBODY = -1


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
        self._layers = Layers(plan, self._origin)

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
            "subdistricts": self._layers.areas("subdistricts", audience),
            "communities": self._layers.areas("communities", audience),
            "courtyards": hide_counts(self._courtyards(rows, audience), audience),
            "cells": self._cells(rows),
            "parts": self._parts(rows, audience),
            "edges": self._edges(rows),
            "rules": self._rules(rows),
            "retired": self._retired(audience),
            "stations": self._layers.stations(audience),
            "beats": self._layers.beats(audience),
            "basic_grids": self._layers.basic_grids(audience),
            "landscape": self._layers.plain("landscape", ("name", "kind"), labelled=True),
            "coast": coast(self.district, self._origin) if self._layers.has("barriers") else None,
            "roads": self._layers.roads(is_large=True),
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
            "roads": self._layers.roads(is_large=False),
            "buildings": self._buildings(rows) if audience.is_known else None,
            "compounds": self._layers.compounds(audience),
            "walks": self._walks(rows),
        }

    def _renumbered(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the new number of every courtyard, -1 for those that are not sent."""
        numbers = np.full(len(self._graph.ids), _NOBODY)
        numbers[rows] = np.arange(len(rows))
        return numbers

    @cached_property
    def _beat_of_yard(self) -> list[str | None]:
        """Return the beat of each courtyard: as stated, else where it lies."""
        if not self._layers.has("beats"):
            return [None] * len(self._graph.ids)
        beats = self.district["beats"]
        homes = find_homes(self.plan, "gov_grids", self.plan.gov_grids, beats)
        return [str(beat) for beat in beats["beat_id"].to_numpy(object)[homes.beat_ix]]

    def _courtyards(self, rows: NDArray[np.int64], audience: Audience) -> dict[str, Any]:
        """Return the courtyards."""
        frame = self.plan.courtyards.iloc[rows]
        numbers = self._renumbered(rows)
        parts = {part: i for i, part in enumerate(self._part_ids(rows))}
        stations = {code: i for i, code in enumerate(self._layers.station_ids)}
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

    def _retired(self, audience: Audience) -> list[str]:
        """Return the codes that ended, of the communities of which an audience sees the rows."""
        above = subdistrict_of(self.plan)
        return [
            code
            for code in sorted(self._judge.retired)
            if audience.within in {None, above.get(split_code(code)[0])}
        ]

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

    def _buildings(self, rows: NDArray[np.int64]) -> dict[str, Any] | None:
        """Return the buildings, each with the row of its courtyard."""
        if not self._layers.has("buildings"):
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

    def _walks(self, rows: NDArray[np.int64]) -> dict[str, list[Any]]:
        """Return the walks between the courtyards that are sent, in whole metres.

        Where the rules limit walks they are exact: the map judges them as the server does.
        """
        numbers, table, row_of = self._renumbered(rows), self.plan.walks, self._graph.row_of
        a, b = (numbers[[row_of[str(i)] for i in table[end]]] for end in ("a", "b"))
        kept = np.flatnonzero((a >= 0) & (b >= 0))
        kept = kept[np.lexsort((b[kept], a[kept]))]
        metres = table["walk_m"].to_numpy(np.float64)[kept]
        if self._judge.rules.partition.walk_max_m is None:
            metres = np.rint(metres).astype(np.int64)
        return {"a": a[kept].tolist(), "b": b[kept].tolist(), "m": metres.tolist()}


def _cells_of(frame: pd.DataFrame, name: str) -> list[Any]:
    """Return a column as JSON values, nulls where there is none."""
    if name not in frame:
        return [None] * len(frame)
    return [json_value(value, whole=True) for value in frame[name]]
