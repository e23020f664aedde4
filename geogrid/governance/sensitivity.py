"""Sensitivity: what becomes of a plan if the counts of households are a little wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.errors import InputError
from geogrid.governance.questions import Question, Refusal, solve_each
from geogrid.plans.continuity import match_grids
from geogrid.showing import Shown
from geogrid.solve.part_rules import localise
from geogrid.solve.terms import price_sets

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.governance.whatif import LayoutWhatIf
    from geogrid.solve.result import Partition

__all__ = ["Sensitivity", "household_sensitivity"]

_NAMES = ("courtyard_id", "community_code", "grid_code")
# columns of a draw
_KINDS: dict[str, Any] = {
    "status": object,
    "gap": float,
    "objective": float,
    "stay_objective": float,
    "regret": float,
    "is_allowed": "boolean",
    "courtyards_moved": "Int64",
    "households_moved": float,
    "codes_kept": "Int64",
    "share_codes_kept": float,
}
# households that are rounded to nothing
_ROUNDING = 1e-9


@dataclass(frozen=True, repr=False)
class Sensitivity(Shown):
    """Hold how often a plan would have come out otherwise.

    Parameters
    ----------
    table : DataFrame
        A row a courtyard, in the plan's order: ``courtyard_id, community_code, grid_code,
        households, share_moved``: in which share of the draws its grid does not carry
        on the plan's grid.
    draws : DataFrame
        A row a draw: ``status, gap, objective`` (of the best plan with the counts
        drawn), ``stay_objective`` (what the plan at hand costs with them; missing where
        moving has a price), ``regret`` (how much more that is, as a share; missing unless
        ``is_allowed``: whether the plan at hand keeps band and rules with the counts
        drawn), ``courtyards_moved, households_moved, codes_kept, share_codes_kept,
        share_households_moved``. Households are those of the plan; a code is kept if a
        grid carries it on. A draw that leaves no plan is ``infeasible``, the rest missing.
    error : float
        Each count is multiplied by a number drawn evenly from [1 - error, 1 + error],
        each courtyard for itself.
    is_synthetic : bool
        Whether the district is made up, as every output of it must say.
    """

    table: pd.DataFrame
    draws: pd.DataFrame
    error: float
    is_synthetic: bool = False

    @property
    def codes_kept(self) -> NDArray[np.float64]:
        """Return for each draw the share of codes that some grid carries on."""
        return self.draws["share_codes_kept"].to_numpy(np.float64)

    @property
    def share_households_moved(self) -> float:
        """Return the share of households that move, on average over the draws."""
        return float(self.draws["share_households_moved"].mean())


def household_sensitivity(
    what_if: LayoutWhatIf,
    *,
    error: float = 0.10,
    draws: int = 20,
    rng: np.random.Generator | int = 0,
    n_jobs: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Sensitivity:
    """Plan again with wrong counts, and tell how much of a plan stays.

    Parameters
    ----------
    what_if : LayoutWhatIf
        The plan at hand. Its target, number of grids and rules stay.
    error : float in [0, 1)
        How far a count may be off, as a share of it.
    draws : int
        How often counts are drawn.
    rng : Generator or int
        The same seed gives the same figures, whatever the number of jobs.
    n_jobs : int, optional
        Draws at a time; by default one for each core.
    on_progress : callable, optional
        Called with how many are solved and how many there are.

    Returns
    -------
    Sensitivity
        By courtyard and by draw.

    Raises
    ------
    InputError
        If the error lies not in [0, 1), or there is no draw.

    Notes
    -----
    Errors are independent and even between the limits: counts that err together, a
    whole street undercounted, may move more. Each draw is solved to a proven optimum;
    two plans of nearly the same cost may look quite different, so a courtyard that moves
    often lies where little depends on it: `Sensitivity.draws` tells by ``regret`` what it
    costs to stay with the plan. New grids are matched with the plan's by `match_grids`,
    as the codes of a next plan would be. Households stay fractions.
    """
    import pandas as pd

    if not (isinstance(error, int | float) and 0 <= error < 1):
        raise InputError(f"error is {error!r}; give a share in [0, 1).")
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 1:
        raise InputError(f"draws is {draws!r}; give a whole number >= 1.")
    problem, study, plan = what_if.problem, what_if.study, what_if.plan
    drawn = np.random.default_rng(rng).uniform(-1.0, 1.0, (draws, len(problem.weights)))
    loads = problem.weights * (1.0 + error * drawn)
    found = solve_each(
        problem,
        [Question(study.n_regions, study.rules, load) for load in loads],
        n_jobs=n_jobs,
        options=study.options,
        on_progress=on_progress,
    )
    codes = sorted(plan.gov_grids["grid_code"])
    number = {code: i for i, code in enumerate(codes)}
    old = np.array([number[code] for code in plan.courtyards["grid_code"]], np.int64)
    times = np.zeros(len(old), np.int64)
    rows: list[dict[str, Any]] = []
    for load, answer in zip(loads, found, strict=True):
        if isinstance(answer, Refusal):
            rows.append({"status": "infeasible"})
            continue
        moved, n_kept = _moves(what_if, answer, old, load)
        times += moved
        rows.append(
            {
                "status": answer.status,
                "gap": answer.gap,
                "objective": answer.objective,
                **_stay(what_if, answer, load),
                "courtyards_moved": int(moved.sum()),
                "households_moved": float(problem.weights[moved].sum()),
                "codes_kept": n_kept,
                "share_codes_kept": n_kept / len(codes),
            }
        )
    frame = pd.DataFrame(rows, columns=list(_KINDS)).astype(_KINDS)
    frame["share_households_moved"] = frame["households_moved"] / max(problem.weights.sum(), 1.0)
    # draws without a plan tell nothing of who moves
    n_solved = max(int(frame["objective"].notna().sum()), 1)
    table = pd.DataFrame(
        {
            **{name: plan.courtyards[name].to_numpy(object) for name in _NAMES},
            "households": problem.weights,
            "share_moved": times / n_solved,
        }
    )
    return Sensitivity(table, frame, float(error), plan.district.is_synthetic)


def _moves(
    what_if: LayoutWhatIf, found: Partition, old: NDArray[np.int64], load: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], int]:
    """Return which courtyards' grids do not carry on the plan's, and how many do."""
    problem = what_if.problem
    labels = found.labels[problem.rows].astype(np.int64)
    carries = match_grids(labels, old, weights=load, communities=problem.communities)
    return carries[labels] != old, int((carries >= 0).sum())


def _stay(what_if: LayoutWhatIf, found: Partition, load: NDArray[np.float64]) -> dict[str, Any]:
    """Return what the plan at hand costs with the counts drawn, beside the best plan."""
    problem, study, base = what_if.problem, what_if.study, what_if.base
    merged = np.bincount(problem.rows, weights=load).astype(np.float64)
    total, is_allowed = 0.0, True
    of_parts = localise(study.parts, study.rules, base.target)
    for part, rules, solved, anew in zip(
        study.parts, of_parts, base.parts, found.parts, strict=True
    ):
        heavier = replace(part, weights=merged[part.units])
        sets = [np.searchsorted(part.units, region) for region in solved.regions]
        low, high = rules.limits(anew.band)
        for rows in sets:
            held = float(heavier.weights[rows].sum())
            is_locked = any(np.array_equal(rows, lock) for lock in rules.locked)
            is_allowed &= is_locked or low - _ROUNDING <= held <= high + _ROUNDING
        cost = price_sets(heavier, rules, sets)
        if cost is None:
            return {"is_allowed": False}
        total += cost
    if study.rules.moved_m:
        # what the layout before makes of it is shared out between grids, not a sum over them
        return {"is_allowed": is_allowed}
    regret = total / max(found.objective, 1e-9) - 1.0 if is_allowed else np.nan
    return {"stay_objective": total, "regret": regret, "is_allowed": is_allowed}
