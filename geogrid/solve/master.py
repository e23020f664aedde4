"""Master problem of one part: set partitioning over its columns, exactly k of them.

The linear relaxation is solved by pricing over the whole pool; its duals give
a bound for every k at once (the k row's dual is the slope). The integer
optimum is found and proved among the columns whose reduced cost fits between
the bound and the best cover: any cover that uses another column costs more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.errors import SolverError
from geogrid.solve.clock import Clock

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.solve.columns import Columns
    from geogrid.solve.parts import Part

__all__ = ["Cut", "Master", "Packing"]

# columns of the first restricted pool, per unit of the part
_START_PER_UNIT = 8
# columns that enter the linear program per pricing round, per unit and over all
_ENTER_PER_UNIT = 2
_ENTER_BEST = 150
# a reduced cost above this counts as not negative, relative to the cost scale
_TOLERANCE = 1e-9
# nodes of depth-first search before the mixed-integer solver takes over
_NODE_LIMIT = 400_000
# nodes that one mixed-integer program may take, not seconds: the same on every machine
_PROGRAM_NODES = 20_000

# memory of the linear program, measured: once it has run, and for each column that entered
_PROGRAM_BYTES = 190_000
_ENTERED_BYTES = 512


def _quiet_highs() -> Any:  # noqa: ANN401 - highspy has no types
    """Return a solver that prints nothing and uses one thread."""
    import highspy

    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    return highs


@dataclass(frozen=True)
class Cut:
    """Bound the cost of a part for every k by one set of duals.

    ``base + k * slope`` is at most the cost of any cover with k columns,
    since every column costs at least its members' duals plus the slope.

    Parameters
    ----------
    k : int
        The number of regions whose linear program gave these duals.
    dual : (n,) float64
        One per unit.
    slope : float
        Dual of the k row, lowered until no column prices out.
    """

    k: int
    dual: NDArray[np.float64]
    slope: float

    @property
    def base(self) -> float:
        """Return the sum of the unit duals."""
        return float(self.dual.sum())

    def bound(self, k: int) -> float:
        """Return the bound for k regions."""
        return self.base + k * self.slope


@dataclass(frozen=True)
class Packing:
    """Hold the proven cheapest cover of a part by k columns, or its absence.

    Parameters
    ----------
    cost : float
        Its cost; inf if no cover exists.
    columns : (k,) int64
        Columns chosen, ascending; empty if none exists.
    """

    cost: float
    columns: NDArray[np.int64]


@dataclass
class Master:
    """Solve one part for several k, keeping columns and basis between calls.

    Parameters
    ----------
    part : Part
        The problem.
    columns : Columns
        Its whole pool.
    start : int, optional
        Size of the first restricted pool; by default in proportion to the part.
    node_limit : int
        Nodes of depth-first search before the mixed-integer solver takes over.
    """

    part: Part
    columns: Columns
    start: int | None = None
    node_limit: int = _NODE_LIMIT
    cuts: dict[int, Cut] = field(default_factory=dict)
    _active: NDArray[np.int64] = field(init=False, repr=False)
    _highs: Any = field(init=False, default=None, repr=False)
    _penalty: float = field(init=False, default=0.0)
    _factor: float = field(init=False, default=1.0)

    def __post_init__(self) -> None:
        """Order nothing yet; the linear program is built on first use."""
        self._active = np.zeros(0, np.int64)
        largest = float(np.abs(self.columns.cost).max(initial=0.0))
        self._factor = 1.0 / largest if 0.0 < largest < 1.0 else 1.0

    @property
    def nbytes(self) -> int:
        """Return the bytes that the columns and the linear program take."""
        program = 0 if self._highs is None else _PROGRAM_BYTES + _ENTERED_BYTES * len(self._active)
        return self.columns.nbytes + program

    def relax(self, k: int, clock: Clock | None = None) -> Cut | None:
        """Solve the linear relaxation for k regions.

        Parameters
        ----------
        k : int
            Number of regions.
        clock : Clock, optional
            When to stop.

        Returns
        -------
        Cut or None
            The duals, safe over all columns; None if even the relaxation has
            no solution (proved: its bound exceeds the cost of any k columns).

        Raises
        ------
        SolverTimeout
            If the clock ran out.
        """
        clock = clock or Clock(None)
        if k in self.cuts:
            return self.cuts[k]
        if not len(self.columns):
            return None
        if self._highs is None:
            self._build()
        highs = self._highs
        n = self.columns.n_rows
        highs.changeRowBounds(n, float(k), float(k))
        # tiny costs are blown up for the solver, whose own tolerances are absolute
        scale = float(np.abs(self.columns.cost).mean()) + (1.0 if self._factor == 1.0 else 0.0)
        # no k columns together can cost more than this
        ceiling = k * float(self.columns.cost.max()) + scale
        while True:
            clock.check()
            highs.run()
            status = highs.getModelStatus()
            if str(status) != "HighsModelStatus.kOptimal":
                msg = f"The linear program of a part of {n} units ended as {status}; report this."
                raise SolverError(msg, n_units=n, k=k)
            duals = np.array(highs.getSolution().row_dual) / self._factor
            dual, slope = duals[:n], float(duals[n])
            # rounding apart: a filler costs nothing, so its row is worth nothing or less
            dual[self.columns.n_units :] = np.minimum(dual[self.columns.n_units :], 0.0)
            priced = self.price(dual, slope)
            least = float(priced.min())
            cut = Cut(k, dual, slope + min(0.0, least))
            if cut.bound(k) > ceiling:
                return None
            if least >= -_TOLERANCE * scale:
                if self._uses_slack(highs):
                    self._raise_penalty(highs)
                    continue
                self.cuts[k] = cut
                return cut
            self._enter(highs, self._choose(priced, _TOLERANCE * scale))

    def price(self, dual: NDArray[np.float64], slope: float) -> NDArray[np.float64]:
        """Return the reduced cost of every column."""
        from geogrid.solve import kernels

        c = self.columns
        priced: NDArray[np.float64] = kernels.reduced_costs(
            c.cost, c.starts, c.members, c.is_region, dual, slope
        )
        return priced

    def _build(self) -> None:
        """Set up the restricted linear program with its slack columns."""
        import highspy

        n = self.columns.n_rows
        highs = self._open_program(1)
        highs.setOptionValue("presolve", "off")
        self._penalty = 10.0 * self._factor * float(np.abs(self.columns.cost).max()) + 1.0
        # one slack a unit that covers it, and two that bend the number of regions
        rows = np.concatenate([np.arange(n), [n, n]]).astype(np.int32)
        values = np.concatenate([np.ones(n), [1.0, -1.0]])
        n_slack = n + 2
        highs.addCols(
            n_slack,
            np.full(n_slack, self._penalty),
            np.zeros(n_slack),
            np.full(n_slack, highspy.kHighsInf),
            n_slack,
            np.arange(n_slack, dtype=np.int32),
            rows,
            values,
        )
        # the average price of a household is the first guess of the duals
        per_household = self.columns.cost / np.maximum(self.columns.weight, 1.0)
        guess = np.zeros(n)
        guess[: self.part.n] = np.median(per_household) * self.part.weights
        priced = self.price(guess, 0.0)
        start = self.start or _START_PER_UNIT * n
        first = np.argsort(priced, kind="stable")[:start]
        if self.start is None:
            first = np.union1d(first, self._best_per_unit(priced, _ENTER_PER_UNIT))
        # with every filler in from the start, no old region's row can be worth more than nothing
        first = np.union1d(first, np.flatnonzero(~self.columns.is_region))
        self._highs = highs
        self._enter(highs, first)

    def _open_program(self, k: int) -> Any:  # noqa: ANN401 - highspy has no types
        """Return a program with its rows: each unit once, k regions."""
        n = self.columns.n_rows
        highs = _quiet_highs()
        rhs = np.concatenate([np.ones(n), [float(k)]])
        nothing = np.zeros(0, np.int32)
        highs.addRows(n + 1, rhs, rhs, 0, nothing, nothing, np.zeros(0))
        return highs

    def _add_columns(
        self,
        highs: Any,  # noqa: ANN401 - highspy has no types
        columns: NDArray[np.int64],
        cost: NDArray[np.float64],
        most: float,
    ) -> None:
        """Add columns to a program, each to be used at most so often."""
        m = len(columns)
        rows, starts = self._matrix(columns)
        ones = np.ones(len(rows))
        highs.addCols(m, cost, np.zeros(m), np.full(m, most), len(rows), starts, rows, ones)

    def _enter(self, highs: Any, columns: NDArray[np.int64]) -> None:  # noqa: ANN401 - highspy has no types
        """Let columns enter the linear program."""
        self._add_columns(highs, columns, self._factor * self.columns.cost[columns], np.inf)
        self._active = np.concatenate([self._active, columns])

    def _matrix(self, columns: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the rows of some columns end to end, the k row included, and where each begins."""
        flat, begins = self.columns.flat_members(columns)
        regions = self.columns.is_region[columns]
        # each region also counts once in the k row
        rows = np.insert(flat, begins[1:][regions], self.columns.n_rows)
        starts = begins[:-1] + np.concatenate([[0], np.cumsum(regions)[:-1]])
        return rows.astype(np.int32), starts.astype(np.int32)

    def _choose(self, priced: NDArray[np.float64], tolerance: float) -> NDArray[np.int64]:
        """Pick the columns that enter: the best over all and the best of each unit."""
        count = min(_ENTER_BEST, len(priced))
        best = np.argpartition(priced, count - 1)[:count]
        chosen = np.union1d(best, self._best_per_unit(priced, _ENTER_PER_UNIT))
        chosen = chosen[priced[chosen] < -tolerance]
        return np.setdiff1d(chosen, self._active)

    def _best_per_unit(self, priced: NDArray[np.float64], count: int) -> NDArray[np.int64]:
        """Return the cheapest columns that contain each unit."""
        some = min(len(priced), 40 * self.columns.n_rows)
        pool = np.argpartition(priced, some - 1)[:some]
        pool = pool[np.argsort(priced[pool], kind="stable")]
        flat, begins = self.columns.flat_members(pool)
        owner = np.repeat(np.arange(len(pool)), np.diff(begins))
        order = np.lexsort((owner, flat))
        flat, owner = flat[order], owner[order]
        first = np.searchsorted(flat, np.arange(self.columns.n_rows))
        rank = np.arange(len(flat)) - first[flat]
        return np.unique(pool[owner[rank < count]])

    def _uses_slack(self, highs: Any) -> bool:  # noqa: ANN401 - highspy has no types
        """Tell whether the linear program still leans on its slack columns."""
        value = np.array(highs.getSolution().col_value[: self.columns.n_rows + 2])
        return bool(value.max(initial=0.0) > 1e-7)

    def _raise_penalty(self, highs: Any) -> None:  # noqa: ANN401 - highspy has no types
        """Make slack dearer, so that it leaves or proves that it cannot."""
        self._penalty *= 100.0
        n_slack = self.columns.n_rows + 2
        highs.changeColsCost(
            n_slack, np.arange(n_slack, dtype=np.int32), np.full(n_slack, self._penalty)
        )

    def certify(self, k: int, clock: Clock | None = None) -> Packing:
        """Find the proven cheapest cover by exactly k columns.

        Parameters
        ----------
        k : int
            Number of regions.
        clock : Clock, optional
            When to stop.

        Returns
        -------
        Packing
            Proven optimal; cost inf if proven that none exists.

        Raises
        ------
        SolverError
            If the proof takes too many nodes.
        SolverTimeout
            If the clock ran out.
        """
        clock = clock or Clock(None)
        cut = self.relax(k, clock)
        if cut is None:
            return Packing(np.inf, np.zeros(0, np.int64))
        priced = np.maximum(self.price(cut.dual, cut.slope), 0.0)
        # ties broken by the column's own number, so that the order is fixed
        first = min(len(priced), self.start or max(60, 6 * self.part.n))
        window = float(np.partition(priced, first - 1)[first - 1])
        window = max(window, 1e-6 * (1.0 + abs(cut.bound(k))))
        while True:
            inside = np.flatnonzero(priced <= window)
            inside = inside[np.argsort(priced[inside], kind="stable")]
            found = self._pack(inside, priced, k, window, clock)
            if found is not None:
                cost = float(self.columns.cost[found].sum())
                return Packing(cost, np.sort(found[self.columns.is_region[found]]))
            if not np.isfinite(window):
                return Packing(np.inf, np.zeros(0, np.int64))
            # a cover never costs more than each row at its dearest
            window = window * 2.0
            if window > self.columns.n_rows * float(priced.max()):
                window = np.inf

    def _pack(
        self,
        inside: NDArray[np.int64],
        priced: NDArray[np.float64],
        k: int,
        window: float,
        clock: Clock,
    ) -> NDArray[np.int64] | None:
        """Return the cheapest cover that fits the window, or None if none does."""
        from geogrid.solve import kernels

        n = self.columns.n_rows
        flat, begins = self.columns.flat_members(inside)
        owner = np.repeat(np.arange(len(inside)), np.diff(begins))
        order = np.lexsort((owner, flat))
        by_unit = (np.searchsorted(flat[order], np.arange(n + 1)), owner[order])
        state, _, chosen, _ = kernels.pack_exactly(
            self.columns.masks[inside],
            priced[inside],
            np.diff(begins),
            self.columns.is_region[inside].astype(np.int64),
            by_unit,
            (k, k),
            window,
            self.node_limit,
            clock.flag,
        )
        if state == 1:
            return inside[chosen] if len(chosen) else None
        clock.check()
        return self._pack_by_program(inside, priced, k, window, clock)

    def _pack_by_program(
        self,
        inside: NDArray[np.int64],
        priced: NDArray[np.float64],
        k: int,
        window: float,
        clock: Clock,
    ) -> NDArray[np.int64] | None:
        """Do the same with the mixed-integer solver."""
        import highspy

        m = len(inside)
        highs = self._open_program(k)
        for option in ("mip_rel_gap", "mip_abs_gap"):
            highs.setOptionValue(option, 0.0)
        highs.setOptionValue("mip_max_nodes", _PROGRAM_NODES)
        highs.setOptionValue("time_limit", max(0.01, clock.left()))
        self._add_columns(highs, inside, priced[inside], 1.0)
        kinds = np.full(m, highspy.HighsVarType.kInteger)
        highs.changeColsIntegrality(m, np.arange(m, dtype=np.int32), kinds)
        highs.run()
        status = str(highs.getModelStatus())
        if status == "HighsModelStatus.kInfeasible":
            return None
        clock.check()
        n = self.part.n
        if status == "HighsModelStatus.kSolutionLimit":
            msg = f"The proof of a part of {n} units takes more than {_PROGRAM_NODES:,} nodes."
            raise SolverError(msg, n_units=n, k=k, limit="its proof takes too long")
        if status != "HighsModelStatus.kOptimal":
            msg = f"The packing of a part of {n} units ended as {status}; report this."
            raise SolverError(msg, n_units=n, k=k)
        value = np.array(highs.getSolution().col_value)
        chosen = inside[value > 0.5]
        return chosen if priced[chosen].sum() <= window * (1 + 1e-9) + 1e-9 else None
