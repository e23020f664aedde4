"""Columns: every feasible region of one part, with what it costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.errors import SolverError
from geogrid.solve.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geogrid.solve.parts import Part

__all__ = ["Columns", "columns_of_sets", "enumerate_columns", "set_masks"]

_WORD = 64
# bytes of a column besides its mask and members: where it begins, weight, walk, cost, medoid,
# and while it is priced three more numbers
_COLUMN_BYTES = 8 + 3 * 8 + 2 + 3 * 8


@dataclass(frozen=True)
class Columns:
    """Hold the feasible regions of one part.

    Rows are the units to cover; a layout before adds one row per old region
    that may be carried on, with a filler column each for "not carried on".

    Parameters
    ----------
    n_rows : int
        Units, and old regions that may be carried on.
    n_units : int
        Units; rows beyond are old regions.
    masks : (m, W) uint64
        Members as bits.
    starts : (m + 1,) int64
        Where each column's members begin in ``members``.
    members : (q,) int16
        Local unit numbers, column after column.
    weight, walk, cost : (m,) float64
        Households; household-metres to the medoid; the whole cost.
    medoid : (m,) int16
        Local unit number of the medoid; -1 for a filler.
    """

    n_rows: int
    n_units: int
    masks: NDArray[np.uint64]
    starts: NDArray[np.int64]
    members: NDArray[np.int16]
    weight: NDArray[np.float64]
    walk: NDArray[np.float64]
    cost: NDArray[np.float64]
    medoid: NDArray[np.int16]

    def __len__(self) -> int:
        """Return the number of columns."""
        return len(self.cost)

    @property
    def nbytes(self) -> int:
        """Return the bytes that the columns take."""
        arrays = (self.masks, self.starts, self.members, self.weight, self.walk, self.cost)
        return sum(a.nbytes for a in arrays) + self.medoid.nbytes

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Return the number of units in each column."""
        return np.diff(self.starts)

    def units_of(self, column: int) -> NDArray[np.int64]:
        """Return the local unit numbers of one column, ascending."""
        members = self.members[self.starts[column] : self.starts[column + 1]]
        return np.sort(members[members < self.n_units].astype(np.int64))

    @property
    def is_region(self) -> NDArray[np.bool_]:
        """Return which columns are regions, not fillers."""
        return self.medoid >= 0

    def take(self, columns: NDArray[np.int64]) -> Columns:
        """Return some of the columns, in the order given."""
        flat, begins = self.flat_members(columns)
        return replace(
            self,
            masks=self.masks[columns],
            starts=begins,
            members=flat.astype(np.int16),
            weight=self.weight[columns],
            walk=self.walk[columns],
            cost=self.cost[columns],
            medoid=self.medoid[columns],
        )

    def flat_members(
        self, columns: Sequence[int] | NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the members of some columns end to end, and where each begins."""
        columns = np.asarray(columns, np.int64)
        lengths = self.starts[columns + 1] - self.starts[columns]
        begins = np.concatenate([[0], np.cumsum(lengths)])
        within = np.arange(begins[-1]) - np.repeat(begins[:-1], lengths)
        flat = self.members[np.repeat(self.starts[columns], lengths) + within]
        return flat.astype(np.int64), begins


def enumerate_columns(
    part: Part,
    *,
    low: float,
    high: float,
    target: float,
    balance_m: float,
    memory_mb: int = 1024,
    clock: Clock | None = None,
) -> Columns:
    """List every connected set of a part whose households lie in a band.

    Parameters
    ----------
    part : Part
        The problem.
    low, high : float
        Households a region must and may have (absolute, not multiples of T).
    target : float
        T, households.
    balance_m : float
        Metres that being 100 % off target costs every household of T.
    memory_mb : int
        Memory that they may take.
    clock : Clock, optional
        When to stop.

    Returns
    -------
    Columns
        In a fixed order.

    Raises
    ------
    SolverError
        If they take more; ``facts`` hold ``n_units`` and ``limit``, the reason.
    SolverTimeout
        If the clock ran out.
    """
    from geogrid.solve import kernels

    words = max(1, -(-part.n // _WORD))
    neighbours = np.zeros((part.n, words), np.uint64)
    for a, b in part.edges:
        neighbours[a, b // _WORD] |= np.uint64(1) << np.uint64(b % _WORD)
        neighbours[b, a // _WORD] |= np.uint64(1) << np.uint64(a % _WORD)
    walked = part.weights[:, None] * part.distance
    # sums of weights in another order may differ in the last bit
    slack = 1e-9 * (1.0 + part.total)
    band = (low - slack, high + slack)

    def room(m: int, q: int) -> tuple[np.ndarray, ...]:
        return (
            np.zeros((m, words), np.uint64),
            np.zeros(m + 1, np.int64),
            np.zeros(q, np.int16),
            np.zeros(m, np.float64),
            np.zeros(m, np.float64),
            np.zeros(m, np.int16),
        )

    budget = (memory_mb * 1_000_000, _COLUMN_BYTES + 8 * words)
    clock = clock or Clock(None)
    given = (neighbours, part.weights, walked, band, budget, clock.flag)
    m, q = kernels.enumerate_sets(*given, room(0, 0))
    if m < 0:
        clock.check()
        limit = f"its possible regions need more than {memory_mb:,} MB"
        msg = (
            f"A part of {part.n} units cannot be listed: {limit}; narrow the band, ask for more "
            "regions, add barriers, or allow more memory."
        )
        raise SolverError(msg, n_units=part.n, limit=limit)
    out = room(m, q)
    if m:
        kernels.enumerate_sets(*given, out)
        clock.check()
    masks, starts, members, weight, walk, medoid = out
    cost = walk + balance_m * target * ((weight - target) / target) ** 2
    return Columns(part.n, part.n, masks, starts, members, weight, walk, cost, medoid)


def set_masks(
    members: NDArray[np.integer[Any]], sizes: NDArray[np.int64], n_rows: int
) -> NDArray[np.uint64]:
    """Return the members of sets as bits.

    Parameters
    ----------
    members : (q,) int
        Rows in each set, set after set.
    sizes : (m,) int64
        How many there are in each.
    n_rows : int
        Rows in all.

    Returns
    -------
    (m, W) uint64
        A word for every 64 rows, at least one.
    """
    masks = np.zeros((len(sizes), max(1, -(-n_rows // _WORD))), np.uint64)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    bits = np.uint64(1) << (members.astype(np.uint64) % np.uint64(_WORD))
    np.bitwise_or.at(masks, (owner, members // _WORD), bits)
    return masks


def columns_of_sets(
    part: Part,
    sets: Sequence[NDArray[np.int64]],
    *,
    target: float,
    balance_m: float,
) -> Columns:
    """Price some sets of a part as columns.

    Parameters
    ----------
    part : Part
        What they are sets of.
    sets : sequence of (s,) int64
        Local unit numbers of each, ascending.
    target : float
        T, households.
    balance_m : float
        Metres that being 100 % off target costs every household of T.

    Returns
    -------
    Columns
        In the order of the sets.
    """
    sizes = np.array([len(s) for s in sets], np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    members = np.concatenate([np.zeros(0, np.int64), *sets]).astype(np.int64)
    masks = set_masks(members, sizes, part.n)
    weight = np.array([part.weights[s].sum() for s in sets], np.float64)
    walk, medoid = np.zeros(len(sets)), np.zeros(len(sets), np.int16)
    for i, rows in enumerate(sets):
        reach = part.weights[rows] @ part.distance[np.ix_(rows, rows)]
        best = int(np.argmin(reach))
        walk[i], medoid[i] = reach[best], rows[best]
    cost = walk + balance_m * target * ((weight - target) / target) ** 2
    return Columns(
        part.n, part.n, masks, starts, members.astype(np.int16), weight, walk, cost, medoid
    )
