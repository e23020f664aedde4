"""Assignment: pair things with things at least cost, under counts and loads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from geogrid.errors import InfeasibleError, InputError, SolverError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Assignment", "assign"]


@dataclass(frozen=True)
class Assignment:
    """Hold which column each row was given to.

    Parameters
    ----------
    labels : (n,) int64
        Column of each row.
    objective, bound : float
        Cost, balance included; proven lower bound.
    status : {"optimal", "gap"}
        Whether the two meet (1e-6 relative).
    """

    labels: NDArray[np.int64]
    objective: float
    bound: float
    status: Literal["optimal", "gap"]


def assign(
    cost: ArrayLike,
    *,
    count: tuple[ArrayLike, ArrayLike],
    load: tuple[ArrayLike, float, float] | None = None,
    balance: float = 0.0,
    time_limit: float | None = None,
) -> Assignment:
    """Give every row to one column at least cost.

    Parameters
    ----------
    cost : (n, m) array
        Cost of giving row i to column j; inf where it is not allowed.
    count : (low, high)
        Rows a column takes at least and at most; numbers, or (m,) arrays.
    load : (weights, low, high), optional
        Weight of each row, (n,), and the limits of a column's sum.
    balance : float
        Cost per unit of weight by which a column is off the mean of all
        (weights of ``load``; without it every row weighs one).
    time_limit : float, optional
        Wall seconds.

    Returns
    -------
    Assignment
        Optimal unless the time limit came first.

    Raises
    ------
    InputError
        If an array has the wrong shape or values.
    InfeasibleError
        If no assignment exists; ``facts`` name rows without any column, or the
        counts that clash.
    SolverError
        If the solver gave up for another reason.

    Notes
    -----
    A sparse mixed-integer program, solved by HiGHS through scipy.

    Examples
    --------
    >>> assign([[1, 9], [2, 1], [1, 3]], count=(1, 2)).labels.tolist()
    [0, 1, 0]
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array, csr_array, hstack, vstack

    table = np.asarray(cost, np.float64)
    if table.ndim != 2 or not table.size or np.isnan(table).any():
        raise InputError(f"cost has shape {table.shape}; give one number per row and column.")
    n, m = table.shape
    low, high = (np.broadcast_to(np.asarray(c, np.float64), (m,)) for c in count)
    weights, least, most = (np.ones(n), 0.0, np.inf) if load is None else load
    weights = np.asarray(weights, np.float64)
    if weights.shape != (n,):
        raise InputError(f"load weights have shape {weights.shape}; give one per row, ({n},).")
    row, column = np.nonzero(np.isfinite(table))
    _refuse_impossible(table, low, high)

    e = np.arange(len(row))
    one = np.ones(len(row))
    per_row = coo_array((one, (row, e)), shape=(n, len(row)))
    per_column = coo_array((one, (column, e)), shape=(m, len(row)))
    weighed = coo_array((weights[row], (column, e)), shape=(m, len(row)))
    # the two slacks of a column are how far it is over and under the mean
    eye = csr_array(np.eye(m))
    nothing = csr_array((n, 2 * m))
    idle = csr_array((m, 2 * m))
    matrix = vstack(
        [
            hstack([per_row, nothing]),
            hstack([per_column, idle]),
            hstack([weighed, idle]),
            hstack([weighed, -eye, eye]),
        ]
    ).tocsc()
    mean = float(weights.sum()) / m
    lower = np.concatenate([np.ones(n), low, np.full(m, least), np.full(m, mean)])
    upper = np.concatenate([np.ones(n), high, np.full(m, most), np.full(m, mean)])
    solved = milp(
        np.concatenate([table[row, column], np.full(2 * m, balance)]),
        constraints=LinearConstraint(matrix, lower, upper),
        bounds=Bounds(0, np.concatenate([one, np.full(2 * m, np.inf)])),
        integrality=np.concatenate([one, np.zeros(2 * m)]),
        options={"mip_rel_gap": 1e-7} | ({} if time_limit is None else {"time_limit": time_limit}),
    )
    if solved.x is None:
        if solved.status == 2:
            msg = (
                f"No assignment of {n} rows to {m} columns keeps every count in "
                f"[{low.min():g}, {high.max():g}] and every load in [{least:g}, {most:g}]; "
                "widen one of them."
            )
            raise InfeasibleError(msg, n_rows=n, n_columns=m)
        raise SolverError(f"The assignment ended without an answer: {solved.message}")
    labels = np.zeros(n, np.int64)
    chosen = solved.x[: len(row)] > 0.5
    labels[row[chosen]] = column[chosen]
    bound = float(solved.mip_dual_bound)
    closed = solved.fun - bound <= 1e-6 * max(1.0, abs(solved.fun))
    return Assignment(labels, float(solved.fun), bound, "optimal" if closed else "gap")


def _refuse_impossible(
    table: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> None:
    """Name the rows and columns that no solver could satisfy."""
    n, m = table.shape
    allowed = np.isfinite(table)
    lonely = np.flatnonzero(~allowed.any(axis=1)).tolist()
    if lonely:
        msg = f"Rows {lonely[:8]} are allowed no column at all; allow one or leave them out."
        raise InfeasibleError(msg, rows=lonely)
    starved = np.flatnonzero(allowed.sum(axis=0) < low).tolist()
    if starved:
        msg = f"Columns {starved[:8]} want more rows than are allowed to them; lower their count."
        raise InfeasibleError(msg, columns=starved)
    if not low.sum() <= n <= high.sum():
        msg = (
            f"{n} rows cannot be given to {m} columns that take {low.sum():g} to "
            f"{high.sum():g} in all; widen the counts."
        )
        raise InfeasibleError(msg, n_rows=n, least=float(low.sum()), most=float(high.sum()))
