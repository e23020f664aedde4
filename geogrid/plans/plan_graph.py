"""Plan graph: a plan's own layers as arrays, so that nothing is built from the roads again."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.errors import InputError
from geogrid.space.graph import DETOUR
from geogrid.space.grouping import rows_by_label

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.plans.plan import Plan

__all__ = ["PlanGraph"]

# ids in a message; the facts hold all
_NAMED = 8


class PlanGraph:
    """Hold what a plan's layers say about space, in the order of its courtyards.

    Parameters
    ----------
    plan : Plan
        Its ``courtyards``, ``contiguity``, ``walks`` and ``cells`` are read.

    Attributes
    ----------
    ids, communities : (n,) object
        ``courtyard_id`` and ``community_code``.
    weights : (n,) float64
        What balances the grids.
    a_ix, b_ix : (m,) int64
        Rows of each contiguous pair.
    is_usable : (m,) bool
        Whether a grid may hold together by it.
    part_ids : tuple of str
        In the order of the report.
    part_ix : (n,) int64
        Part of each courtyard.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        courtyards = plan.courtyards
        self.ids = courtyards["courtyard_id"].to_numpy(object)
        self.row_of = {str(ident): row for row, ident in enumerate(self.ids)}
        self.communities = courtyards["community_code"].to_numpy(object)
        weight = plan.report["provenance"]["weight"]
        self.weights: NDArray[np.float64] = courtyards[weight].to_numpy(np.float64)
        self.a_ix, self.b_ix = (self._rows(plan.contiguity[end]) for end in ("a", "b"))
        self.is_usable = plan.contiguity["usable"].to_numpy() == 1
        self.part_ids = tuple(str(part["part_id"]) for part in plan.report["parts"])
        number = {name: i for i, name in enumerate(self.part_ids)}
        self.part_ix = np.array([number[part] for part in courtyards["part_id"]], np.int64)

    def _rows(self, ids: pd.Series[str]) -> NDArray[np.int64]:
        """Return the rows of some courtyards."""
        return np.array([self.row_of[ident] for ident in ids.to_numpy(object)], np.int64)

    @property
    def contiguity(self) -> pd.DataFrame:
        """Return the contiguity with ``a_ix, b_ix``, as `measure_labels` takes it."""
        return self.plan.contiguity.assign(a_ix=self.a_ix, b_ix=self.b_ix)

    @cached_property
    def spot_ix(self) -> NDArray[np.int64]:
        """Return the courtyard whose cell each one shares (mostly itself)."""
        spot = np.arange(len(self.ids))
        has_cell = np.isin(self.ids, self.plan.cells["courtyard_id"].to_numpy(object))
        pairs = self.plan.contiguity
        same = self.is_usable & (pairs["border_m"] == 0) & (pairs["link_m"] == 0)
        for a, b in ((self.a_ix, self.b_ix), (self.b_ix, self.a_ix)):
            joined = same & has_cell[a] & ~has_cell[b]
            spot[b[joined]] = a[joined]
        return spot

    @cached_property
    def place_ix(self) -> NDArray[np.int64]:
        """Return the number of each courtyard's spot, in [0, p): those in one share it."""
        return np.unique(self.spot_ix, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def bands(self) -> NDArray[np.float64]:
        """Return the fewest and most households of a grid in each part, (p, 2)."""
        bands = [part["band"] for part in self.plan.report["parts"]]
        # infinity is no JSON number
        edges = [(low, np.inf if high is None else high) for low, high in bands]
        return self.plan.target * np.array(edges, np.float64)

    @cached_property
    def _walks(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return the rows of every pair with a walk, and the walk in metres."""
        table = self.plan.walks
        return self._rows(table["a"]), self._rows(table["b"]), table["walk_m"].to_numpy(np.float64)

    def labels(self, assignment: Mapping[str, str]) -> tuple[list[str], NDArray[np.int64]]:
        """Turn an assignment into codes and labels.

        Parameters
        ----------
        assignment : mapping of courtyard_id to grid_code
            Every courtyard of the plan, and none besides.

        Returns
        -------
        codes : list of str, length k
            Sorted.
        labels : (n,) int64
            Number of each courtyard's code.

        Raises
        ------
        InputError
            If a courtyard has no grid, or is not in the plan.
        """
        lost = [ident for ident in self.row_of if not assignment.get(ident)]
        strange = sorted(set(assignment) - set(self.row_of))
        if lost or strange:
            msg = (
                f"{len(lost)} courtyards have no grid ({', '.join(lost[:_NAMED])}) and "
                f"{len(strange)} are not in the plan ({', '.join(strange[:_NAMED])}); "
                "give every courtyard of the plan one grid."
            )
            raise InputError(msg, courtyards=lost, unknown=strange)
        codes = sorted({assignment[ident] for ident in self.row_of})
        number = {code: i for i, code in enumerate(codes)}
        labels = np.array([number[assignment[ident]] for ident in self.row_of], np.int64)
        return codes, labels

    def walks_inside(
        self, labels: NDArray[np.int64]
    ) -> tuple[list[NDArray[np.float64]], NDArray[np.int64]]:
        """Return the walks inside every grid, from the plan's own table.

        Parameters
        ----------
        labels : (n,) int64
            Grid of each courtyard, in [0, k), every one used.

        Returns
        -------
        walks : list of (m, m) float64, length k
            Metres between the courtyards of a grid, by ascending row.
        strewn : (s,) int64
            Grids over two parts: no walk is known between them, so the straight
            line x 1.3 stands in.
        """
        squares, missing = self._squares(np.arange(len(labels)), labels)
        return squares, np.array(missing, np.int64)

    def walks_among(
        self, rows: NDArray[np.int64], labels: NDArray[np.int64]
    ) -> list[NDArray[np.float64]]:
        """Return the walks inside some grids only.

        Parameters
        ----------
        rows : (r,) int64
            Their courtyards, ascending.
        labels : (r,) int64
            Grid of each, in [0, k), every one used.

        Returns
        -------
        list of (m, m) float64, length k
            As `walks_inside` gives them.
        """
        return self._squares(rows, labels)[0]

    def _squares(
        self, rows: NDArray[np.int64], labels: NDArray[np.int64]
    ) -> tuple[list[NDArray[np.float64]], list[int]]:
        """Return the walks inside the grids of some courtyards, and which grids are strewn."""
        members = rows_by_label(labels, int(labels.max()) + 1)
        sizes = np.array([len(inside) for inside in members])
        begins = np.concatenate([[0], np.cumsum(sizes**2)])
        local = np.empty(len(labels), np.int64)
        for inside in members:
            local[inside] = np.arange(len(inside))
        place = np.full(len(self.ids), -1)
        place[rows] = np.arange(len(rows))
        a, b, walk_m = self._walks
        a, b = place[a], place[b]
        inner = (a >= 0) & (b >= 0)
        inner[inner] = labels[a[inner]] == labels[b[inner]]
        a, b, walk_m = a[inner], b[inner], walk_m[inner]
        flat = np.full(begins[-1], np.inf)
        grid = labels[a]
        flat[begins[grid] + local[a] * sizes[grid] + local[b]] = walk_m
        flat[begins[grid] + local[b] * sizes[grid] + local[a]] = walk_m
        squares = [
            piece.reshape(size, size)
            for piece, size in zip(np.split(flat, begins[1:-1]), sizes, strict=True)
        ]
        strewn = []
        for number, (inside, square) in enumerate(zip(members, squares, strict=True)):
            np.fill_diagonal(square, 0.0)
            missing = np.isinf(square)
            if missing.any():
                shapes = self.plan.courtyards.geometry.to_numpy()[rows[inside]]
                places = shapely.point_on_surface(shapes)
                straight = shapely.distance(places[:, None], places[None, :]) * DETOUR
                square[missing] = straight[missing]
                strewn.append(number)
        return squares, strewn
