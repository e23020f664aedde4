"""Shortfall: why an assignment cannot be, by the smallest group of rows and columns found."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from geogrid.errors import InfeasibleError, SolverTimeout
from geogrid.solve.assign_model import Cut, Task, solve_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["load_conflict", "refuse_counts", "scatter_conflict"]

# wall seconds that making a group smaller may take; beyond, it stays larger than it need be,
# which costs the reader less than waiting
_PATIENCE_S = 10.0
# names in a message; the facts hold all
_NAMED = 8
# weight below which a limit counts as kept: the solver's own tolerance is 1e-6
_WEIGHT = 1e-5


def refuse_counts(task: Task) -> None:
    """Refuse a task whose counts alone cannot be met.

    Parameters
    ----------
    task : Task
        Its loads and links are not looked at.

    Raises
    ------
    InfeasibleError
        Of kind ``allowed`` (rows without any column), ``most`` (rows whose
        columns together take fewer) or ``least`` (columns that together want
        more rows than are allowed to them).

    Notes
    -----
    Exact: where both the rows and the columns' least counts can be served
    alone, they can be served together (Mendelsohn and Dulmage, 1958,
    doi:10.4153/CJM-1958-027-8). Each side is a maximum flow.
    """
    allowed = task.allowed
    n, m = allowed.shape
    lonely = np.flatnonzero(~allowed.any(axis=1)).tolist()
    if lonely:
        msg = f"{_names('row', lonely)} may go to no column at all; allow one, or leave them out."
        raise InfeasibleError(msg, rows=lonely, columns=[], kind="allowed")

    rows = _smallest_short(allowed, np.ones(n, np.int64), task.high)
    if rows:
        columns = np.flatnonzero(allowed[rows].any(axis=0)).tolist()
        # where all columns are full, all rows compete alike; a few of them would mislead
        rows = list(range(n)) if len(columns) == m else rows
        most = int(task.high[columns].sum())
        msg = (
            f"{_names('row', rows)} may only go to {_names('column', columns).lower()}, which "
            f"take at most {most}{' in all' if len(columns) > 1 else ''}; raise their count, or "
            "allow one of the rows another column."
        )
        raise InfeasibleError(msg, rows=rows, columns=columns, kind="most", most=most)

    columns = _smallest_short(allowed.T, task.low, np.ones(n, np.int64))
    if columns:
        rows = np.flatnonzero(allowed[:, columns].any(axis=1)).tolist()
        columns = list(range(m)) if len(rows) == n else columns
        least = int(task.low[columns].sum())
        together = " together" if len(columns) > 1 else ""
        msg = (
            f"{_names('column', columns)}{together} must take at least {least} rows, but only "
            f"{len(rows)} may go there; lower their count, or allow them more rows."
        )
        raise InfeasibleError(msg, rows=rows, columns=columns, kind="least", least=least)


def load_conflict(task: Task, *, deadline: float | None) -> InfeasibleError:
    """Return the error of a task whose load limits cannot be met.

    Parameters
    ----------
    task : Task
        Possible but for its loads.
    deadline : float, optional
        By `time.monotonic`.

    Returns
    -------
    InfeasibleError
        Of kind ``load``: a small group of rows that do not fit into columns;
        ``over`` and ``short`` map columns to the weight by which their limits
        have to give so that an assignment exists, as little in all as possible.
    """
    plain = replace(task, whole=np.zeros_like(task.whole), balance=0.0)
    rows, columns = _smallest_group(plain, {}, deadline, kind="load")
    over, short = _least_give(plain, deadline)
    given = [f"raise column {j}'s most by {by:g}" for j, by in over.items()]
    given += [f"lower column {j}'s least by {by:g}" for j, by in short.items()]
    advice = f"; the least that helps is to {_listed(given)}" if given else "; widen them"
    msg = f"{_group(rows, columns)} within the limits of their load{advice}."
    return InfeasibleError(msg, rows=rows, columns=columns, kind="load", over=over, short=short)


def scatter_conflict(
    task: Task, cuts: dict[Cut, None], *, deadline: float | None
) -> InfeasibleError:
    """Return the error of a task whose columns cannot all hang together.

    Parameters
    ----------
    task : Task
        Possible but for ``whole``.
    cuts : dict of Cut to None
        Those that made it impossible.
    deadline : float, optional
        By `time.monotonic`.

    Returns
    -------
    InfeasibleError
        Of kind ``contiguity``.
    """
    rows, columns = _smallest_group(task, cuts, deadline, kind="contiguity")
    msg = (
        f"{_group(rows, columns)} so that the rows of each hang together; change their counts or "
        "loads, link more rows, or do without contiguity."
    )
    return InfeasibleError(msg, rows=rows, columns=columns, kind="contiguity")


def _smallest_short(
    allowed: NDArray[np.bool_], demand: NDArray[np.int64], supply: NDArray[np.int64]
) -> list[int]:
    """Return a smallest found set of demanders, (d,), whose suppliers, (s,), fall short.

    By Hall's theorem: from a demander left wanting in a maximum flow, alternating
    ways reach a set whose suppliers are all used up inside it.
    """
    flow = _fill(allowed, demand, supply)
    groups = []
    for first in np.flatnonzero(flow.sum(axis=1) < demand):
        reached = np.zeros(len(demand), np.bool_)
        grown = np.arange(len(demand)) == first
        while (grown & ~reached).any():
            reached = grown
            grown = reached | (flow[:, allowed[reached].any(axis=0)] > 0).any(axis=1)
        groups.append(np.flatnonzero(reached).tolist())
    if not groups:
        return []
    best = min(groups, key=lambda group: (len(group), group))
    # where everybody wants just one, every member is reached by a way along which the
    # shortage could be handed on to it: none can be spared
    if demand[best].max() == 1:
        return best
    return _filtered(
        best, lambda some: _fill(allowed[some], demand[some], supply).sum() < demand[some].sum()
    )


def _fill(
    allowed: NDArray[np.bool_], demand: NDArray[np.int64], supply: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return a maximum flow from suppliers to demanders, (d, s)."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    d, s = allowed.shape
    start, end = d + s, d + s + 1
    a, b = np.nonzero(allowed)
    # nobody can give or take more than there are edges
    edges = max(len(a), 1)
    tail = np.concatenate([np.full(d, start), a, d + np.arange(s)])
    head = np.concatenate([np.arange(d), d + b, np.full(s, end)])
    room = np.concatenate([demand, np.ones(len(a)), np.minimum(supply, edges)]).astype(np.int32)
    graph = csr_array((room, (tail, head)), shape=(end + 1, end + 1))
    flow: NDArray[np.int64] = maximum_flow(graph, start, end).flow.toarray()[:d, d : d + s]
    return flow.astype(np.int64)


def _smallest_group(
    task: Task,
    cuts: dict[Cut, None],
    deadline: float | None,
    *,
    kind: Literal["load", "contiguity"],
) -> tuple[list[int], list[int]]:
    """Return rows that must go somewhere and columns with limits that cannot both be.

    All other rows may stay out, all other columns need not keep their limits.
    """
    n, m = task.cost.shape
    free = replace(task, cost=np.where(task.allowed, 0.0, np.inf), balance=0.0)
    soon = time.monotonic() + _PATIENCE_S
    soon = soon if deadline is None else min(soon, deadline)

    def clash(members: list[int]) -> bool:
        asked = np.isin(np.arange(m + n), members)
        probe = replace(free, must=asked[m:])
        if kind == "load":
            least = np.where(asked[:m], task.least, -np.inf)
            probe = replace(probe, least=least, most=np.where(asked[:m], task.most, np.inf))
        else:
            probe = replace(probe, whole=task.whole & asked[:m])
        try:
            return solve_task(probe, cuts, deadline=soon) is None
        except SolverTimeout:
            # not to know is no proof: the group stays as it is
            return False

    # columns first: those who can be spared go first, and a column is the greater matter
    group = _filtered(list(range(m + n)), clash)
    return [i - m for i in group if i >= m], [i for i in group if i < m]


def _filtered(members: list[int], clash: Callable[[list[int]], bool]) -> list[int]:
    """Return members that still clash although any one of them could be spared.

    A deletion filter that tries large blocks before single members.
    """
    kept, size = members, max(len(members) // 2, 1)
    while size:
        at = 0
        while at < len(kept):
            rest = kept[:at] + kept[at + size :]
            if rest and clash(rest):
                kept = rest
            else:
                at += size
        size //= 2
    return kept


def _least_give(task: Task, deadline: float | None) -> tuple[dict[int, float], dict[int, float]]:
    """Return by how much columns' load limits must give, up and down, least in all."""
    free = replace(task, cost=np.where(task.allowed, 0.0, np.inf), beyond=1.0)
    try:
        found = solve_task(free, {}, deadline=deadline)
    except SolverTimeout:
        found = None
    if found is None:
        return {}, {}
    load = task.loads(found.labels)
    over, short = load - task.most, task.least - load
    return (
        {j: float(over[j]) for j in np.flatnonzero(over > _WEIGHT).tolist()},
        {j: float(short[j]) for j in np.flatnonzero(short > _WEIGHT).tolist()},
    )


def _group(rows: list[int], columns: list[int]) -> str:
    """Return how a sentence about a clash of rows and columns begins."""
    if not rows:
        return f"{_names('column', columns)} cannot take rows"
    where = f" to {_names('column', columns).lower()}" if columns else ""
    return f"{_names('row', rows)} cannot be given{where}"


def _names(kind: str, numbers: list[int]) -> str:
    """Return numbers in words, the first few of them."""
    more = f" and {len(numbers) - _NAMED} more" if len(numbers) > _NAMED else ""
    shown = ", ".join(map(str, numbers[:_NAMED]))
    return f"{kind.capitalize()}{'s' if len(numbers) > 1 else ''} {shown}{more}"


def _listed(words: list[str]) -> str:
    """Return a list in words, the first few of it."""
    more = [f"{len(words) - _NAMED} more"] if len(words) > _NAMED else []
    return " and ".join(words[:_NAMED] + more)
