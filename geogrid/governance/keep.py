"""Keep: what a layout keeps, from courtyard ids to the solver's rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.governance.previous import OldLayout
    from geogrid.governance.problem import Problem
    from geogrid.governance.rules import LayoutRules
    from geogrid.solve.options import PartitionRules

__all__ = ["at_places", "beats_at_places", "keep_by_rows"]


def keep_by_rows(
    problem: Problem, rules: LayoutRules, *, before: OldLayout | None = None
) -> PartitionRules:
    """Return the partition rules with what is to be kept, in the solver's rows.

    The rows are the distinct places: courtyards in one spot share one. A lock or
    a tie that names only some of the courtyards in one spot takes all of them
    with it. A place's old grid and beat are those of its largest courtyard.

    Parameters
    ----------
    problem : Problem
        Its ``nodes`` are the rows.
    rules : LayoutRules
        ``keep`` by courtyard_id, ``partition``.
    before : OldLayout, optional
        The layout before; ``keep.moved_m`` needs it.

    Returns
    -------
    PartitionRules
        ``rules.partition`` and what is kept.

    Raises
    ------
    InputError
        If a courtyard is unknown, two locks name courtyards in one spot, a pair that
        is to be kept apart lies in one spot, or the layout before or a beat is missing.
    """
    keep = rules.keep
    ids = problem.district.courtyards["courtyard_id"].to_numpy(object)
    row_of = dict(zip(ids.tolist(), problem.rows.tolist(), strict=True))
    groups = {name: getattr(keep, name) for name in ("locked", "together", "apart")}
    for name, named in groups.items():
        unknown = sorted({ident for group in named for ident in group} - set(row_of))
        if unknown:
            msg = f"[keep] {name} names courtyards that are not there: {', '.join(unknown[:8])}."
            raise InputError(msg, courtyards=unknown)

    def rows_of(named: Iterable[tuple[str, ...]]) -> list[tuple[int, ...]]:
        return [tuple(sorted({row_of[ident] for ident in group})) for group in named]

    locked, apart = rows_of(keep.locked), rows_of(keep.apart)
    _refuse_shared_locks(problem, locked)
    for pair, rows in zip(keep.apart, apart, strict=True):
        if len(rows) < 2:
            msg = f"[keep] apart: {' and '.join(pair)} lie in one spot; no grid can part them."
            raise InputError(msg, courtyards=list(pair))
    if keep.moved_m > 0 and before is None:
        raise InputError("[keep] moved_m needs the layout before: give --previous.")
    return replace(
        rules.partition,
        locked=tuple(locked),
        # courtyards of one spot share a grid anyway
        must_join=tuple(rows for rows in rows_of(keep.together) if len(rows) > 1),
        must_part=tuple((rows[0], rows[1]) for rows in apart),
        previous=None
        if before is None
        else at_places(before.labels, rows=problem.rows, weights=problem.weights),
        moved_m=keep.moved_m,
        beats=None
        if keep.split_m == 0
        else beats_at_places(
            problem.district.courtyards, rows=problem.rows, weights=problem.weights
        ),
        split_m=keep.split_m,
    )


def _refuse_shared_locks(problem: Problem, locked: list[tuple[int, ...]]) -> None:
    """Refuse locks that tear courtyards of one spot apart."""
    taken = np.array([row for rows in locked for row in rows], np.int64)
    rows, counts = np.unique(taken, return_counts=True)
    if (counts > 1).any():
        shared = problem.courtyards_at(rows[counts > 1])
        msg = (
            f"[keep] locked puts courtyards of one spot into different grids "
            f"({', '.join(shared[:8])}); lock them into one."
        )
        raise InputError(msg, courtyards=shared)


def beats_at_places(
    courtyards: pd.DataFrame, *, rows: NDArray[np.int64], weights: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the beat of each place: that of its largest courtyard.

    Parameters
    ----------
    courtyards : DataFrame, n rows
        With ``beat_id``.
    rows : (n,) int64
        Place of each courtyard.
    weights : (n,) float64
        Households.

    Returns
    -------
    (p,) int64
        Beats, numbered.

    Raises
    ------
    InputError
        If a courtyard has no beat.
    """
    if "beat_id" not in courtyards:
        msg = "[keep] split_m needs each courtyard's beat: add the layer beats, or drop split_m."
        raise InputError(msg)
    beats = courtyards["beat_id"]
    lost = courtyards.loc[beats.isna() | (beats == ""), "courtyard_id"].tolist()
    if lost:
        msg = (
            f"[keep] split_m needs each courtyard's beat, and {len(lost)} have none: "
            f"{', '.join(lost[:8])}; fill column beat_id."
        )
        raise InputError(msg, courtyards=lost)
    _, number = np.unique(beats.to_numpy(str), return_inverse=True)
    return at_places(number.astype(np.int64), rows=rows, weights=weights)


def at_places(
    labels: NDArray[np.int64], *, rows: NDArray[np.int64], weights: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return for each place the label of its largest courtyard that has one.

    Parameters
    ----------
    labels : (n,) int64
        Of each courtyard, -1 for none.
    rows : (n,) int64
        Place of each courtyard.
    weights : (n,) float64
        Households.

    Returns
    -------
    (p,) int64
        -1 where no courtyard of a place has one.
    """
    # the last one wins: no label comes first, then few households, then later rows
    order = np.lexsort((-np.arange(len(labels)), weights, labels >= 0))
    kept = np.full(int(rows.max()) + 1, -1, np.int64)
    kept[rows[order]] = labels[order]
    return kept
