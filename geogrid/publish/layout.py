"""Layout: which courtyard lies in which grid, for the web map; small, and made in a moment.

What an edit did not touch is as the plan has it; the figures of the other grids come from the
plan's own walks, by the same formula.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.plans.codes import grid_name, split_code
from geogrid.plans.plan_graph import PlanGraph
from geogrid.publish.audience import hide_counts
from geogrid.publish.flat import beat_by_grid, short, table_of
from geogrid.publish.geojson import json_value
from geogrid.space.grouping import rows_by_label

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from geogrid.plans.plan import Plan
    from geogrid.publish.audience import Audience

__all__ = ["Layouts"]

_REPORTED = ("objective", "bound", "gap", "status", "target")
# sums over the district, of which none tells of a single courtyard
_FIGURES = (
    "households",
    "n_courtyards",
    "n_grids",
    "n_communities",
    "mean",
    "cv",
    "share_within_20",
    "share_within_30",
    "share_in_band",
    "walk_mean_m",
    "walk_max_m",
)


class Layouts:
    """Make what the map gets of any layout of a plan's courtyards.

    Parameters
    ----------
    plan : Plan
        What layouts start from.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._graph = PlanGraph(plan)
        grids, yards = plan.gov_grids, plan.courtyards
        self._start = yards["grid_code"].to_numpy(object)
        self._counted = yards["households"].to_numpy(np.int64)
        self._homes = np.asarray(yards["community_code"].astype(str), object)
        beats = beat_by_grid(plan.pairings)
        stated = grids["beat_id"] if "beat_id" in grids else [None] * len(grids)
        self._beat_of = {
            str(code): beats.get(code, (json_value(beat), None))
            for code, beat in zip(grids["grid_code"], stated, strict=True)
        }
        table = plan.district.communities
        self._titles = dict(zip(table["community_code"], table["name"], strict=True))
        self._name_of = dict(zip(grids["grid_code"], grids["name"], strict=True))
        self._community_of = dict(zip(grids["grid_code"], grids["community_code"], strict=True))

    def layout(
        self,
        rows: NDArray[np.int64],
        audience: Audience,
        *,
        assignment: Mapping[str, str] | None = None,
        names: Mapping[str, str] | None = None,
        locks: Collection[str] = (),
    ) -> dict[str, Any]:
        """Return a layout without the plan that it is of.

        Parameters
        ----------
        rows : (r,) int64
            Courtyards that the audience sees, from `rows_seen`.
        audience : Audience
            Who reads.
        assignment : mapping of courtyard_id to grid_code, optional
            As it is now; by default the plan's own.
        names : mapping of grid_code to str, optional
            Names that people gave.
        locks : collection of str
            ``courtyard:ID`` and ``grid:CODE``, those that the audience sees.

        Returns
        -------
        dict
            JSON values; ``LayoutWire`` in ``api/web/src/model/types.ts`` says what each is.
            A grid of which an audience sees no courtyard is not there.
        """
        now = self._start
        if assignment is not None:
            now = np.array([assignment.get(str(i)) or "" for i in self._graph.ids], object)
        shown = now[rows]
        # figures too are of what is seen
        seen = np.zeros(len(now), bool)
        seen[rows] = True
        now = np.where(seen, now, "")
        codes = sorted(set(shown) - {""})
        number = {code: i for i, code in enumerate(codes)} | {"": -1}
        table = self._grids(now, seen, codes, {**self._name_of, **(names or {})})
        # rows are counted as they are sent
        place = np.full(len(now), -1)
        place[rows] = np.arange(len(rows))
        medoid = table["medoid"]
        table["medoid"] = [None if row is None or place[row] < 0 else place[row] for row in medoid]
        table["medoid"] = [json_value(row) for row in table["medoid"]]
        report, figures = self.plan.report, self.plan.report["metrics"]
        created = str((report.get("provenance") or {}).get("created") or "")[:10]
        return {
            "codes": codes,
            "grid_ix": [number[code] for code in shown],
            "grids": hide_counts(table_of(table), audience),
            "locks": sorted(locks),
            "report": {name: json_value(report.get(name)) for name in _REPORTED}
            | {name: json_value(figures[name]) for name in _FIGURES if name in figures},
            "created": created or None,
        }

    def _grids(
        self,
        now: NDArray[np.object_],
        seen: NDArray[np.bool_],
        codes: list[str],
        names: Mapping[str, str],
    ) -> dict[str, list[Any]]:
        """Return the grids' columns; the medoid by the plan's own rows."""
        moved = (now != self._start) & seen
        changed = (set(now[moved]) | set(self._start[moved])) & set(codes)
        facts = {code: self._facts[code] for code in codes if code not in changed}
        facts |= self._measured(now, sorted(changed))
        beats = {code: self._beat_of.get(code, (None, None)) for code in codes}
        serials = {code: split_code(code)[1] for code in codes}
        return {
            "grid_code": codes,
            "name": [
                names.get(code) or grid_name(self._title_of(facts[code]), serials[code])
                for code in codes
            ],
            "serial": [serials[code] for code in codes],
            "community_code": [facts[code]["community_code"] for code in codes],
            **{
                column: [facts[code][column] for code in codes]
                for column in ("households", "n_courtyards", "walk_mean_m", "walk_max_m")
            },
            "deviation": [facts[code]["deviation"] for code in codes],
            "beat_id": [beats[code][0] for code in codes],
            # a grid that changed is paired again, and its way measured, when it is published
            "room_m": [None if code in changed else short(beats[code][1], 0) for code in codes],
            "medoid": [facts[code]["medoid"] for code in codes],
        }

    def _title_of(self, facts: Mapping[str, Any]) -> str:
        """Return the name of a grid's community, its code if it has none."""
        code = str(facts["community_code"])
        return str(self._titles.get(code) or code)

    @cached_property
    def _facts(self) -> dict[str, dict[str, Any]]:
        """Return the figures of the plan's own grids, by code."""
        grids, row_of = self.plan.gov_grids, self._graph.row_of
        empty = [None] * len(grids)
        columns = ("walk_mean_m", "walk_max_m", "deviation", "medoid_id")
        cells = zip(*(grids.get(name, empty) for name in columns), strict=True)
        known = zip(grids["grid_code"], grids["households"], grids["n_courtyards"], strict=True)
        return {
            code: {
                "community_code": str(self._community_of[code]),
                "households": json_value(households, whole=True),
                "n_courtyards": json_value(n, whole=True),
                "walk_mean_m": short(mean, 1),
                "walk_max_m": short(most, 1),
                "deviation": short(deviation, 4),
                "medoid": row_of.get(json_value(medoid)),
            }
            for (code, households, n), (mean, most, deviation, medoid) in zip(
                known, cells, strict=True
            )
        }

    def _measured(self, now: NDArray[np.object_], codes: list[str]) -> dict[str, dict[str, Any]]:
        """Measure some grids afresh, as `geogrid.plans.metrics.measure_labels` does."""
        if not codes:
            return {}
        rows = np.flatnonzero(np.isin(now, codes))
        number = {code: i for i, code in enumerate(codes)}
        labels = np.array([number[code] for code in now[rows]], np.int64)
        squares = self._graph.walks_among(rows, labels)
        target, found = self.plan.target, {}
        for code, inside, square in zip(
            codes, rows_by_label(labels, len(codes)), squares, strict=True
        ):
            own = rows[inside]
            weight = self._graph.weights[own]
            costs = weight @ square
            best, total = int(np.argmin(costs)), float(weight.sum())
            mean = costs[best] / total if total > 0 else square[:, best].mean()
            found[code] = {
                "community_code": str(self._homes[own[best]]),
                "households": int(self._counted[own].sum()),
                "n_courtyards": len(own),
                "walk_mean_m": short(float(mean), 1),
                "walk_max_m": short(float(square[:, best].max()), 1),
                "deviation": short((total - target) / target, 4),
                "medoid": int(own[best]),
            }
        return found
