"""The program behind an assignment: counts, loads, and cuts that hold columns together."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geogrid.errors import SolverError, SolverTimeout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

__all__ = ["Answer", "Cut", "Task", "count_pieces", "first_cuts", "solve_task"]

# rows of each piece that get cuts of their own: all of them in small columns, where this saves
# rounds; enough to make progress in large ones
_ENDS = 3


@dataclass(frozen=True)
class Task:
    """State one assignment in arrays.

    Parameters
    ----------
    cost : (n, m) float64
        Inf where a row may not go to a column.
    low, high : (m,) int64
        Rows of a column.
    weights : (n,) float64
        Of the rows.
    least, most : (m,) float64
        Sum of the weights in a column.
    balance : float
        Cost per unit of weight off the mean of all columns.
    must : (n,) bool
        Rows that have to go somewhere.
    whole : (m,) bool
        Columns whose rows must hang together.
    links : (e, 2) int64
        Pairs of rows that touch.
    beyond : float
        Cost per unit of weight beyond ``least`` and ``most``; inf forbids it.
    """

    cost: NDArray[np.float64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    weights: NDArray[np.float64]
    least: NDArray[np.float64]
    most: NDArray[np.float64]
    balance: float
    must: NDArray[np.bool_]
    whole: NDArray[np.bool_]
    links: NDArray[np.int64]
    beyond: float = np.inf

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """Return where a row may go, (n, m)."""
        return np.isfinite(self.cost)

    @property
    def mean(self) -> float:
        """Return the mean load of a column."""
        return float(self.weights.sum()) / len(self.low)

    def loads(self, labels: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the load of each column, (m,), under labels, (n,), -1 for none."""
        given = labels >= 0
        load = np.bincount(labels[given], self.weights[given], len(self.low))
        return load.astype(np.float64)

    def price(self, labels: NDArray[np.int64]) -> float:
        """Return what labels, (n,), cost, with every price for loads."""
        row = np.flatnonzero(labels >= 0)
        load = self.loads(labels)
        off = float(np.abs(load - self.mean).sum()) * self.balance
        excess = np.maximum(load - self.most, 0) + np.maximum(self.least - load, 0)
        if np.isfinite(self.beyond):
            off += float(excess.sum()) * self.beyond
        return float(self.cost[row, labels[row]].sum()) + off


@dataclass(frozen=True)
class Answer:
    """Hold an assignment that keeps every limit.

    Parameters
    ----------
    labels : (n,) int64
        Column of each row; -1 for rows left out.
    objective, bound : float
        Cost; proven lower bound.
    """

    labels: NDArray[np.int64]
    objective: float
    bound: float


class Cut(NamedTuple):
    """Say that of ``rows`` a column takes at most ``most`` more than it takes of ``gates``."""

    column: int
    rows: tuple[int, ...]
    gates: tuple[int, ...]
    most: int


def count_pieces(
    labels: NDArray[np.int64], n_columns: int, links: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Count the pieces into which each column's rows fall.

    Parameters
    ----------
    labels : (n,) int64
        Column of each row; -1 for none.
    n_columns : int
        M.
    links : (e, 2) int64
        Pairs of rows that touch.

    Returns
    -------
    (m,) int64
        0 for a column without rows.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(labels)
    a, b = links[labels[links[:, 0]] == labels[links[:, 1]]].T
    _, piece = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(n, n)))
    # every piece once, by its first row
    _, first = np.unique(piece, return_index=True)
    home = labels[first]
    return np.bincount(home[home >= 0], minlength=n_columns).astype(np.int64)


def solve_task(task: Task, cuts: dict[Cut, None], *, deadline: float | None) -> Answer | None:
    """Solve a task exactly, adding cuts until every column hangs together.

    Parameters
    ----------
    task : Task
        With or without columns that must hang together.
    cuts : dict of Cut to None
        Found for the same counts, links and allowed columns. Those found here are
        added, in a reproducible order, for the next call.
    deadline : float, optional
        By `time.monotonic`.

    Returns
    -------
    Answer or None
        None if no assignment exists.

    Raises
    ------
    SolverTimeout
        If the deadline came before any assignment that keeps all limits.
    SolverError
        If the solver gave up for another reason.

    Notes
    -----
    Every round solves a relaxation, so that the best bound of all rounds stays
    valid. A round that ends with a scattered column violates at least one new
    cut; there are finitely many.
    """
    bound = -np.inf
    while True:
        found = _solve_round(task, cuts, deadline, bound)
        if found is None:
            return None
        bound = max(bound, found.bound)
        fresh = dict.fromkeys(_violated(task, found.labels))
        if not fresh:
            return replace(found, bound=bound)
        cuts |= fresh


def _solve_round(
    task: Task, cuts: Iterable[Cut], deadline: float | None, bound: float
) -> Answer | None:
    """Solve the task under the cuts known so far; None if that is impossible."""
    from scipy.optimize import Bounds, LinearConstraint
    from scipy.sparse import coo_array, csr_array, hstack, vstack

    n, m = task.cost.shape
    row, column = np.nonzero(task.allowed)
    e, one = np.arange(len(row)), np.ones(len(row))
    per_row = coo_array((one, (row, e)), shape=(n, len(row)))
    per_column = coo_array((one, (column, e)), shape=(m, len(row)))
    weighed = coo_array((task.weights[row], (column, e)), shape=(m, len(row)))
    held, ceiling = _cut_rows(task, cuts, row, column)
    # a column's slacks: how far it is over and under the mean, over and under its limits
    eye, nil = csr_array(np.eye(m)), csr_array((m, m))
    matrix = vstack(
        [
            hstack([per_row, csr_array((n, 4 * m))]),
            hstack([per_column, csr_array((m, 4 * m))]),
            hstack([weighed, nil, nil, -eye, eye]),
            hstack([weighed, -eye, eye, nil, nil]),
            hstack([held, csr_array((len(ceiling), 4 * m))]),
        ]
    ).tocsc()
    mean = np.full(m, task.mean)
    # a mean that costs nothing to miss is no limit
    near = mean if task.balance > 0 else np.full(m, -np.inf)
    free = np.full(len(ceiling), -np.inf)
    lower = np.concatenate([task.must, task.low, task.least, near, free])
    upper = np.concatenate([np.ones(n), task.high, task.most, mean + (mean - near), ceiling])
    elastic = np.isfinite(task.beyond)
    slack = np.repeat([task.balance, task.beyond if elastic else 0.0], 2 * m)
    room = np.repeat([np.inf, np.inf if elastic else 0.0], 2 * m)
    program = {
        "c": np.concatenate([task.cost[row, column], slack]),
        "constraints": LinearConstraint(matrix, lower, upper),
        "bounds": Bounds(0, np.concatenate([one, room])),
        "integrality": np.concatenate([one, np.zeros(4 * m)]),
    }
    solved = _run(program, deadline, bound)
    if solved is None:
        return None
    labels = np.full(n, -1, np.int64)
    chosen = solved.x[: len(row)] > 0.5
    labels[row[chosen]] = column[chosen]
    # the solver's own sum is off by its tolerance times the prices
    objective = task.price(labels)
    return Answer(labels, objective, min(float(solved.mip_dual_bound), objective))


def _run(program: dict[str, Any], deadline: float | None, bound: float) -> Any:  # noqa: ANN401 - scipy is untyped
    """Return what HiGHS found; None if the program is infeasible."""
    from scipy.optimize import milp

    # a presolved answer may break a limit by a hair once it is translated back, which HiGHS
    # reports as an error of its own; without presolve there is nothing to translate
    for presolve in (True, False):
        options: dict[str, Any] = {"mip_rel_gap": 1e-7, "presolve": presolve}
        if deadline is not None:
            options["time_limit"] = deadline - time.monotonic()
            if options["time_limit"] <= 0:
                raise _too_late(bound)
        solved = milp(**program, options=options)
        if solved.x is not None:
            return solved
        if solved.status == 2:
            return None
        if solved.status == 1:
            raise _too_late(bound)
    raise SolverError(f"The assignment ended without an answer: {solved.message}")


def _too_late(bound: float) -> SolverTimeout:
    """Return the error of a time limit that passed without any assignment."""
    msg = "The time limit passed before any assignment kept all limits; allow more seconds."
    return SolverTimeout(msg, bound=bound)


def _cut_rows(
    task: Task, cuts: Iterable[Cut], row: NDArray[np.int64], column: NDArray[np.int64]
) -> tuple[object, NDArray[np.float64]]:
    """Return the cuts that the task asks for as a sparse matrix (c, e), and their limits."""
    from scipy.sparse import coo_array

    asked = [cut for cut in cuts if task.whole[cut.column]]
    variable = np.full(task.cost.shape, -1, np.int64)
    variable[row, column] = np.arange(len(row))
    entries = [
        (i, variable[r, cut.column], sign)
        for i, cut in enumerate(asked)
        for sign, members in ((1.0, cut.rows), (-1.0, cut.gates))
        for r in members
    ]
    i, at, sign = np.array(entries, np.float64).reshape(-1, 3).T
    held = coo_array((sign, (i.astype(int), at.astype(int))), shape=(len(asked), len(row)))
    return held, np.array([cut.most for cut in asked], np.float64)


def first_cuts(task: Task) -> dict[Cut, None]:
    """Return the cuts that are worth having before anything is known.

    A row enters a column that takes two or more only with a neighbour.
    """
    near = _neighbours(task)
    return dict.fromkeys(
        cut for row in range(len(task.must)) for cut in _too_small(task, [row], near)
    )


def _too_small(task: Task, piece: list[int], near: list[set[int]]) -> Iterator[Cut]:
    """Yield cuts of the columns that take more rows than a piece has, so need one of its rim."""
    rim = set().union(*(near[i] for i in piece)) - set(piece)
    larger = task.whole & (task.low > len(piece)) & task.allowed[piece].all(axis=0)
    for column in np.flatnonzero(larger).tolist():
        gates = tuple(sorted(i for i in rim if task.allowed[i, column]))
        yield Cut(column, tuple(piece), gates, len(piece) - 1)


def _neighbours(task: Task) -> list[set[int]]:
    """Return the rows that touch each row."""
    near: list[set[int]] = [set() for _ in task.must]
    for a, b in task.links.tolist():
        near[a].add(b)
        near[b].add(a)
    return near


def _violated(task: Task, labels: NDArray[np.int64]) -> Iterator[Cut]:
    """Yield cuts that scattered columns violate, at least one for each of them."""
    scattered = task.whole & (count_pieces(labels, len(task.low), task.links) > 1)
    if not scattered.any():
        return
    near = _neighbours(task)
    allowed = task.allowed
    for j in np.flatnonzero(scattered).tolist():
        chosen = set(np.flatnonzero(labels == j).tolist())
        inside = set(np.flatnonzero(allowed[:, j]).tolist())
        # what separates two rows here does so in every column with no more ground and room
        alike = task.whole & (task.high <= task.high[j])
        alike &= (allowed <= allowed[:, [j]]).all(axis=0)
        pieces = _pieces(chosen, near)
        for piece in pieces:
            yield from _too_small(task, piece, near)
        for first, second in combinations(pieces, 2):
            for a, b in product(first[:_ENDS], second[:_ENDS]):
                for gates in _separators(
                    a, b, chosen, _on_the_way(a, b, inside, near, task.high[j]), near
                ):
                    for k in np.flatnonzero(alike & allowed[a] & allowed[b]).tolist():
                        yield Cut(k, (a, b), tuple(g for g in gates if allowed[g, k]), 1)


def _steps(start: int, inside: set[int], near: list[set[int]]) -> dict[int, int]:
    """Return how many steps lead from a row to every row that it reaches inside."""
    steps, frontier = {start: 0}, {start}
    while frontier:
        further = set().union(*(near[i] for i in frontier)) & inside - steps.keys()
        steps |= dict.fromkeys(further, steps[min(frontier)] + 1)
        frontier = further
    return steps


def _pieces(chosen: set[int], near: list[set[int]]) -> list[list[int]]:
    """Return the pieces into which rows fall, each sorted, by their first rows."""
    left, pieces = set(chosen), []
    while left:
        piece = _steps(min(left), left, near)
        pieces.append(sorted(piece))
        left -= piece.keys()
    return pieces


def _on_the_way(a: int, b: int, inside: set[int], near: list[set[int]], room: int) -> set[int]:
    """Return the rows that can join two rows in a column with room for so many rows."""
    from_a, from_b = _steps(a, inside, near), _steps(b, inside, near)
    return {i for i in from_a.keys() & from_b.keys() if from_a[i] + from_b[i] + 1 <= room} | {a, b}


def _separators(
    a: int, b: int, chosen: set[int], ground: set[int], near: list[set[int]]
) -> Iterator[tuple[int, ...]]:
    """Yield two minimal sets, none of them chosen, one of which every way from a to b meets.

    The first lies close to the piece that holds a, the second to that of b.
    """
    for start, end in ((a, b), (b, a)):
        piece = _steps(start, chosen & ground, near).keys()
        rim = set().union(*(near[i] for i in piece)) & ground - piece
        beyond = _steps(end, ground - rim, near).keys()
        yield tuple(sorted(i for i in rim if near[i] & beyond))
