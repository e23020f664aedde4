"""Assignment: pair things with things at least cost, under counts, loads and contiguity."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from geogrid.errors import InputError
from geogrid.solve.assign_model import Task, count_pieces, first_cuts, solve_task
from geogrid.solve.shortfall import load_conflict, refuse_counts, scatter_conflict

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
    counts : (m,) int64
        Rows of each column.
    loads : (m,) float64
        Sum of their weights; the counts again where no ``load`` was given.
    pieces : (m,) int64, optional
        Pieces into which each column's rows fall, 0 for a column without rows;
        None where ``adjacent`` was not given.
    """

    labels: NDArray[np.int64]
    objective: float
    bound: float
    status: Literal["optimal", "gap"]
    counts: NDArray[np.int64]
    loads: NDArray[np.float64]
    pieces: NDArray[np.int64] | None = None


def assign(
    cost: ArrayLike,
    *,
    count: tuple[ArrayLike, ArrayLike],
    load: tuple[ArrayLike, ArrayLike, ArrayLike] | None = None,
    balance: float = 0.0,
    adjacent: ArrayLike | None = None,
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
        Weight >= 0 of each row, (n,), and the limits of a column's sum; numbers,
        or (m,) arrays.
    balance : float
        Cost >= 0 per unit of weight by which a column is off the mean of all
        (weights of ``load``; without it every row weighs one).
    adjacent : (e, 2) array of int, optional
        Pairs of rows that touch. With it the rows of each column must hang
        together; without it they may lie anywhere.
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
        If no assignment exists. ``facts`` hold ``rows`` and ``columns``, a small
        group that cannot be served together, and the ``kind`` of limit at fault:
        ``allowed``, ``most``, ``least``, ``load`` (with ``over`` and ``short``, by
        how much columns' limits have to give) or ``contiguity``.
    SolverTimeout
        If the time limit came before any assignment that keeps all limits.
    SolverError
        If the solver gave up for another reason.

    Notes
    -----
    A sparse mixed-integer program, solved exactly by HiGHS through scipy.
    Contiguity is added by cuts: while a column falls into pieces, of two rows in
    different pieces it may take only one, or a row of each set that separates
    them [1]_; sets count only rows on ways that the column has room for. A group
    in conflict has lost all members that could be spared (a deletion filter [2]_).

    References
    ----------
    .. [1] Carvajal, Constantino, Goycoolea, Vielma and Weintraub (2013), "Imposing
       connectivity constraints in forest planning models", Operations Research 61,
       doi:10.1287/opre.2013.1183.
    .. [2] Chinneck and Dravnieks (1991), "Locating minimal infeasible constraint
       sets in linear programs", ORSA Journal on Computing 3, doi:10.1287/ijoc.3.2.157.

    Examples
    --------
    >>> assign([[1, 9], [2, 1], [1, 3]], count=(1, 2)).labels.tolist()
    [0, 1, 0]

    The same rows in a line, 0 - 1 - 2: column 0 may not take the two ends alone.

    >>> assign([[1, 9], [2, 1], [1, 3]], count=(1, 2), adjacent=[(0, 1), (1, 2)]).labels.tolist()
    [0, 1, 1]
    """
    task = _read_task(cost, count, load, balance, adjacent)
    deadline = None if time_limit is None else time.monotonic() + time_limit
    refuse_counts(task)
    cuts = first_cuts(task)
    found = solve_task(task, cuts, deadline=deadline)
    if found is None:
        loose = replace(task, whole=np.zeros_like(task.whole))
        if not task.whole.any() or solve_task(loose, {}, deadline=deadline) is None:
            raise load_conflict(task, deadline=deadline)
        raise scatter_conflict(task, cuts, deadline=deadline)
    n_columns = len(task.low)
    closed = found.objective - found.bound <= 1e-6 * max(1.0, abs(found.objective))
    return Assignment(
        found.labels,
        found.objective,
        found.bound,
        "optimal" if closed else "gap",
        counts=np.bincount(found.labels, minlength=n_columns).astype(np.int64),
        loads=task.loads(found.labels),
        pieces=None if adjacent is None else count_pieces(found.labels, n_columns, task.links),
    )


def _read_task(
    cost: ArrayLike,
    count: tuple[ArrayLike, ArrayLike],
    load: tuple[ArrayLike, ArrayLike, ArrayLike] | None,
    balance: float,
    adjacent: ArrayLike | None,
) -> Task:
    """Return the arrays of an assignment, or refuse them."""
    table = np.asarray(cost, np.float64)
    if table.ndim != 2 or not table.size or np.isnan(table).any() or (table == -np.inf).any():
        msg = (
            f"cost has shape {table.shape} or values that are no cost; give one number, or inf, "
            "per row and column."
        )
        raise InputError(msg)
    n, m = table.shape
    low, high = _limits(count, m, "count")
    weights, least, most = (np.ones(n), 0.0, np.inf) if load is None else load
    weights = np.asarray(weights, np.float64)
    if weights.shape != (n,) or not np.isfinite(weights).all() or (weights < 0).any():
        msg = f"load weights have shape {weights.shape}; give one number >= 0 per row, ({n},)."
        raise InputError(msg)
    least, most = _limits((least, most), m, "load")
    if not np.isfinite(balance) or balance < 0:
        raise InputError(f"balance is {balance!r}; give a cost >= 0.")
    # more than n rows are never there, so that no limit is beyond an integer
    low, high = np.clip(np.ceil(low), 0, n + 1), np.clip(np.floor(high), -1, n)
    return Task(
        table,
        low.astype(np.int64),
        high.astype(np.int64),
        weights,
        least,
        most,
        balance,
        must=np.ones(n, np.bool_),
        whole=np.full(m, adjacent is not None),
        links=_links(adjacent, n),
    )


def _limits(
    given: tuple[ArrayLike, ArrayLike], m: int, name: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both limits of each column, (m,), or refuse them."""
    try:
        low, high = (np.broadcast_to(np.asarray(x, np.float64), (m,)) for x in given)
    except ValueError as error:
        msg = f"{name} limits must be numbers, or one per column, ({m},)."
        raise InputError(msg) from error
    # not <=, so that nan is caught as well
    wrong = np.flatnonzero(~(low <= high) | (high < 0)).tolist()
    if wrong:
        msg = (
            f"{name} limits of columns {wrong[:8]} leave no choice, such as "
            f"[{low[wrong[0]]:g}, {high[wrong[0]]:g}]; give a low and a high >= low, high >= 0."
        )
        raise InputError(msg, columns=wrong)
    return low, high


def _links(adjacent: ArrayLike | None, n: int) -> NDArray[np.int64]:
    """Return pairs of rows that touch, each once, or refuse them."""
    given = np.asarray(() if adjacent is None else adjacent)
    if not given.size:
        return np.zeros((0, 2), np.int64)
    whole = given.ndim == 2 and given.shape[1] == 2 and given.dtype.kind in "iu"
    if not whole or given.min() < 0 or given.max() >= n:
        msg = f"adjacent has shape {given.shape}; give pairs of rows in [0, {n}), (e, 2) integers."
        raise InputError(msg)
    return np.unique(np.sort(given.astype(np.int64), axis=1), axis=0)
