"""Trial map: what the what-if widget draws, as packed numbers; sent once.

The borders of courtyards come as arcs with the courtyards on either side, so that the borders
between grids can be drawn for any grouping without another message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.governance.grid_table import clip_feet
from geogrid.publish.arcs import cut_arcs
from geogrid.publish.colours import (
    CALM,
    DEVIATION_BREAKS,
    DEVIATION_COLOURS,
    PALETTE,
    grid_colours,
)
from geogrid.publish.flat import to_horizon

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from geogrid.plans.plan import Plan

__all__ = ["TrialMap"]

# corners are whole numbers in a square around the district, twice as wide, so that the ground goes
# on for whoever pans: a step is a third of a metre in Shinan
_STEPS = 65_535
_WIDER = 2.0
_LEAST_M = 1000.0
# cells meet in saw teeth between buildings; on a small map a plain line reads better
_SMOOTHING_M = 5.0
_AREA = 2
_ROADS = ("arterial", "secondary")
# of these the ground is made, in this order
_GROUND = ("sea", "water", "park", "hill")


class TrialMap:
    """Draw one plan's courtyards, grouped in any way.

    Parameters
    ----------
    plan : Plan
        What is tried against.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        feet = _feet(plan)
        self._frame = _frame_of(feet)
        rings, area = shapely.get_rings(feet, return_index=True)
        self._feet = feet
        self._area_of_ring = area
        self._rings = rings
        corners, ring_of = shapely.get_coordinates(rings, return_index=True)
        arcs = cut_arcs(self._steps(corners).astype(np.int64), ring_of, area)
        self._arcs = arcs
        inside = (arcs.left >= 0) & (arcs.right >= 0)
        pairs = np.sort(np.stack([arcs.left[inside], arcs.right[inside]], axis=1), axis=1)
        self._touching: NDArray[np.int64] = np.unique(pairs, axis=0)
        self._colours = grid_colours(plan.gov_grids).astype(np.int64)

    def _steps(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return places in the map's whole numbers."""
        west, south, unit = self._frame
        return np.clip(np.rint((xy - [west, south]) / unit), 0, _STEPS)

    def _packed(self, xy: NDArray[np.float64]) -> bytes:
        """Return places as bytes, two little-endian numbers of 16 bits each."""
        return self._steps(xy).astype("<u2").tobytes()

    def scene(self) -> dict[str, Any]:
        """Return what does not change with the grouping.

        Returns
        -------
        dict
            JSON values and bytes: ``unit_m`` (metres a step), ``shapes`` (corners, where each ring
            ends, whose it is), ``arcs`` (corners, where each ends, the courtyards left and right,
            -1 for none), ``places`` (a point in every courtyard), ``ground``, ``roads``,
            ``communities``, ``courtyards``, ``grids``, ``palette``, ``deviation``.
        """
        plan, arcs = self.plan, self._arcs
        yards = plan.courtyards
        codes = list(plan.district.communities["community_code"])
        row = {code: i for i, code in enumerate(codes)}
        lines = np.concatenate(arcs.lines) if arcs.lines else np.zeros((0, 2), np.int64)
        return {
            "unit_m": self._frame[2],
            "shapes": self._lines(self._rings) | {"of": _ints(self._area_of_ring)},
            "arcs": {
                "xy": lines.astype("<u2").tobytes(),
                "ends": _ints(np.cumsum([len(line) for line in arcs.lines])),
                "left": _ints(arcs.left),
                "right": _ints(arcs.right),
            },
            "places": self._packed(shapely.get_coordinates(shapely.point_on_surface(self._feet))),
            "ground": self._ground(),
            "roads": self._roads(),
            "communities": self._communities(),
            "courtyards": {
                "names": [
                    _title(n, a)
                    for n, a in zip(_text(yards, "name"), _text(yards, "address"), strict=True)
                ],
                "households": _ints(yards["households"].to_numpy()),
                "community": _ints([row[code] for code in yards["community_code"]]),
            },
            "grids": {"names": plan.gov_grids["name"].astype(str).tolist()},
            "palette": list(PALETTE),
            "deviation": {"breaks": list(DEVIATION_BREAKS), "colours": list(DEVIATION_COLOURS)},
        }

    def colours(self, labels: NDArray[np.int64], carries: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Colour the grids of a grouping: as in the plan where they carry on, neighbours apart.

        Parameters
        ----------
        labels : (n,) int64
            Grid of each courtyard, in [0, k).
        carries : (k,) int64
            Row of the plan's grid that each carries on, -1 for none.

        Returns
        -------
        (k,) uint8
            Numbers in the palette.
        """
        colour = np.where(carries >= 0, self._colours[carries], -1)
        sides = labels[self._touching]
        sides = np.unique(np.sort(sides[sides[:, 0] != sides[:, 1]], axis=1), axis=0)
        beside: list[list[int]] = [[] for _ in range(len(carries))]
        for a, b in sides.tolist():
            beside[a].append(b)
            beside[b].append(a)
        for grid, near in enumerate(beside):
            taken = {int(colour[other]) for other in near}
            if colour[grid] < 0 or colour[grid] in taken:
                free = [c for c in range(len(PALETTE)) if c not in taken] or [0]
                # by turns, so that new grids are not all of one colour
                calm = [c for c in free if c < CALM] or free
                colour[grid] = calm[grid % len(calm)]
        return colour.astype(np.uint8)

    def _lines(self, shapes: NDArray[np.object_]) -> dict[str, Any]:
        """Return rings or lines as corners and where each ends."""
        xy, of = shapely.get_coordinates(shapes, return_index=True)
        return {
            "xy": self._packed(xy),
            "ends": _ints(np.cumsum(np.bincount(of, minlength=len(shapes)))),
        }

    def _window(self) -> tuple[float, float, float, float]:
        """Return the frame's edges."""
        west, south, unit = self._frame
        return west, south, west + _STEPS * unit, south + _STEPS * unit

    def _ground(self) -> list[dict[str, Any]]:
        """Return sea, parks and hills, for orientation."""
        layer, found = self.plan.district["landscape"], []
        for kind in _GROUND if len(layer) else ():
            # two seas side by side are one water
            whole = shapely.union_all(np.asarray(layer.geometry[layer["kind"] == kind], object))
            whole = to_horizon(whole) if kind == "sea" else whole
            parts = shapely.get_parts(shapely.clip_by_rect(whole, *self._window()))
            areas = parts[shapely.get_dimensions(parts) == _AREA]
            if len(areas):
                rings = shapely.get_rings(shapely.simplify(areas, _SMOOTHING_M))
                found.append({"kind": kind} | self._lines(rings))
        return found

    def _roads(self) -> dict[str, Any]:
        """Return the main roads."""
        layer = self.plan.district["roads"]
        main = layer[layer["kind"].isin(_ROADS)] if "kind" in layer else layer
        shapes = shapely.clip_by_rect(np.asarray(main.geometry, object), *self._window())
        lines = shapely.get_parts(shapely.simplify(shapes, _SMOOTHING_M))
        return self._lines(lines[shapely.get_dimensions(lines) == 1])

    def _communities(self) -> dict[str, Any]:
        """Return the communities' names, where they stand, and their borders."""
        layer = self.plan.district.communities
        shapes = np.asarray(layer.geometry, object)
        middle = shapely.point_on_surface(shapes)
        return self._lines(shapely.get_rings(shapely.simplify(shapes, _SMOOTHING_M))) | {
            "names": layer["name"].astype(str).tolist(),
            "at": self._packed(shapely.get_coordinates(middle)),
        }


def _feet(plan: Plan) -> NDArray[np.object_]:
    """Return the ground of each courtyard that is coloured, in the order of the courtyards."""
    cells = plan.cells.set_index("courtyard_id").geometry.reindex(plan.courtyards["courtyard_id"])
    own, held = np.asarray(cells, object), ~shapely.is_missing(np.asarray(cells, object))
    reach = float(plan.report["rules"].get("reach_m", 60.0))
    shapes = np.asarray(plan.courtyards.geometry, object)
    feet = np.full(len(own), None, object)
    feet[held] = shapely.coverage_simplify(clip_feet(own[held], shapes[held], reach), _SMOOTHING_M)
    # courtyards in one spot share a cell; the others of the spot are drawn as they are
    feet[~held] = shapes[~held]
    return feet


def _frame_of(feet: NDArray[np.object_]) -> tuple[float, float, float]:
    """Return west, south and the length of a step, so that all feet lie well inside."""
    west, south, east, north = shapely.total_bounds(feet)
    side = _WIDER * max(east - west, north - south, _LEAST_M)
    return (west + east - side) / 2, (south + north - side) / 2, side / _STEPS


def _ints(values: Any) -> bytes:  # noqa: ANN401 - any list of whole numbers
    """Return whole numbers as bytes, little-endian, 32 bits each."""
    return np.asarray(values).astype("<i4").tobytes()


def _text(frame: gpd.GeoDataFrame, column: str) -> list[str]:
    """Return a column of text; empty where there is none."""
    if column not in frame:
        return [""] * len(frame)
    return ["" if value is None or value != value else str(value) for value in frame[column]]  # noqa: PLR0124 - NaN


def _title(name: str, address: str) -> str:
    """Return a courtyard's name, or where it stands."""
    return name or address
