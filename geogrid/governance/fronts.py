"""Fronts: the best plan at each weight of balance, or with each number of grids."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from geogrid.errors import InputError
from geogrid.governance.questions import Question, Refusal, solve_each
from geogrid.showing import Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from geogrid.governance.whatif import LayoutWhatIf
    from geogrid.locale import Language
    from geogrid.solve.options import PartitionRules
    from geogrid.solve.result import Partition

__all__ = ["BALANCES_M", "Front", "balance_front", "grids_front"]

# weights of balance, from short walks to even grids
BALANCES_M = (50.0, 100.0, 200.0, 350.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
_FIGURES = ("walk_mean_m", "walk_max_m", "cv", "share_within_20", "least", "most")


@dataclass(frozen=True, repr=False)
class Front(Shown):
    """Hold the best plans along one axis.

    Parameters
    ----------
    axis : {"balance_m", "grids"}
        What is tried.
    table : DataFrame
        A row a plan, ascending along the axis: ``balance_m, grids, target, walk_mean_m,
        walk_max_m, cv, share_within_20, least, most, objective, gap, status`` (optimal,
        gap, heuristic, infeasible), ``is_chosen`` (the plan at hand), ``reason``
        (Chinese) where there is no plan.
    chosen : float or int or None
        Where on the axis the plan at hand stands; None if it is not on the front.
    reasons : dict of float or int to dict of language to str
        Why there is no plan, by the value on the axis.
    is_synthetic : bool
        Whether the district is made up, as every output of it must say.
    """

    axis: Literal["balance_m", "grids"]
    table: pd.DataFrame
    chosen: float | None
    reasons: dict[float, dict[Language, str]]
    is_synthetic: bool = False


def balance_front(
    what_if: LayoutWhatIf,
    balances_m: Iterable[float] = BALANCES_M,
    *,
    n_jobs: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Front:
    """Return the front of walk against balance: the best plan at each weight of balance.

    Parameters
    ----------
    what_if : LayoutWhatIf
        The plan at hand; its own weight joins the others.
    balances_m : iterable of float
        Weights of balance, metres.
    n_jobs : int, optional
        Plans at a time; by default one for each core.
    on_progress : callable, optional
        Called with how many are solved and how many there are.

    Returns
    -------
    Front
        At the target and the number of grids of the plan at hand.

    Raises
    ------
    InputError
        If a weight is no number of metres >= 0.

    Notes
    -----
    Each row is optimal for its weight. Where nothing but walk and balance is priced,
    no plan is better in both than one of them. Objectives of different weights do not
    compare. Plans between two rows may exist that no weight leads to.
    """
    rules = what_if.study.rules
    own = float(rules.balance_m)
    values = sorted({own, *map(_weight, _several(balances_m, "balances_m"))})
    rules_of = {balance_m: what_if.study.changed(balance_m=balance_m) for balance_m in values}
    asked = [Question(what_if.study.n_regions, rules_of[value]) for value in values if value != own]
    answers = _answers(what_if, asked, n_jobs, on_progress)
    found = {value: what_if.base if value == own else next(answers) for value in values}
    return _front(what_if, "balance_m", found, rules_of, chosen=own)


def grids_front(
    what_if: LayoutWhatIf,
    grids: Iterable[int],
    *,
    target: Literal["own", "frozen"] = "own",
    n_jobs: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Front:
    """Return the best plan with each number of grids.

    Parameters
    ----------
    what_if : LayoutWhatIf
        The plan at hand; its own number joins the others.
    grids : iterable of int
        Numbers of grids.
    target : {"own", "frozen"}
        ``own``: every number has the target that a plan with so many grids has, total
        over k, and its band with it; objectives do not compare, walks and CVs do.
        ``frozen``: all at the target of the plan at hand; objectives compare, and fall
        or rise by what `next_grids` tells.
    n_jobs : int, optional
        Plans at a time; by default one for each core.
    on_progress : callable, optional
        Called with how many are solved and how many there are.

    Returns
    -------
    Front
        A number that leaves no plan has a row with the reason.

    Raises
    ------
    InputError
        If a number is no whole number >= 1, or the target is unknown.
    """
    if target not in {"own", "frozen"}:
        raise InputError(f"target is {target!r}; known: own, frozen.")
    study = what_if.study
    total = max(float(what_if.problem.weights.sum()), 1.0)
    values = sorted({_count(k) for k in _several(grids, "grids")} | {study.n_regions})

    def rules_of(k: int) -> PartitionRules:
        return study.rules if target == "frozen" else study.changed(target=total / k)

    ruled = {k: rules_of(k) for k in values}
    # a plan at a target that somebody chose is not the one that its number leads to
    own_target = ruled[study.n_regions].target
    is_on = own_target is not None and math.isclose(own_target, what_if.base.target)
    known = {study.n_regions: what_if.base} if is_on else {}
    asked = [Question(k, ruled[k]) for k in values if k not in known]
    answers = _answers(what_if, asked, n_jobs, on_progress)
    found = {k: known[k] if k in known else next(answers) for k in values}
    return _front(what_if, "grids", found, ruled, chosen=study.n_regions if is_on else None)


def _several(values: object, name: str) -> Iterable[Any]:
    """Return the values of an axis, or refuse a single one."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InputError(f"{name} is {values!r}; give several numbers.")
    return values


def _weight(value: object) -> float:
    """Return a weight of balance, or refuse it."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise InputError(f"balances_m holds {value!r}; give metres >= 0.")
    return float(value)


def _count(value: object) -> int:
    """Return a number of grids, or refuse it."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InputError(f"grids holds {value!r}; give whole numbers >= 1.")
    return int(value)


def _answers(
    what_if: LayoutWhatIf,
    asked: Sequence[Question],
    n_jobs: int | None,
    on_progress: Callable[[int, int], None] | None,
) -> Any:  # noqa: ANN401 - an iterator over answers
    """Solve what is not known yet, in order."""
    return iter(
        solve_each(
            what_if.problem,
            asked,
            n_jobs=n_jobs,
            options=what_if.study.options,
            on_progress=on_progress,
        )
    )


def _front(
    what_if: LayoutWhatIf,
    axis: Literal["balance_m", "grids"],
    found: dict[Any, Partition | Refusal],
    rules_of: dict[Any, PartitionRules],
    *,
    chosen: float | None,
) -> Front:
    """Set the plans in a row."""
    import pandas as pd

    rows, reasons = [], {}
    for value, answer in found.items():
        rules = rules_of[value]
        row: dict[str, Any] = {
            "balance_m": float(rules.balance_m),
            "grids": what_if.study.n_regions,
            "target": rules.target,
            axis: value,
            "is_chosen": value == chosen,
            "reason": "",
        }
        if isinstance(answer, Refusal):
            reasons[value] = answer.words
            row |= {"status": "infeasible", "reason": answer.words["zh"]}
        else:
            row |= _figures(what_if, answer, rules)
        rows.append(row)
    columns = ["balance_m", "grids", "target", *_FIGURES, "objective", "gap", "status"]
    table = pd.DataFrame(rows, columns=[*columns, "is_chosen", "reason"])
    numbers = [*_FIGURES, "objective", "gap", "target"]
    table = table.astype(dict.fromkeys(numbers, float))
    return Front(axis, table, chosen, reasons, what_if.plan.district.is_synthetic)


def _figures(what_if: LayoutWhatIf, found: Partition, rules: PartitionRules) -> dict[str, Any]:
    """Return walk and balance of a solution."""
    problem = what_if.problem
    labels = found.labels[problem.rows].astype(np.int64)
    metrics, _ = problem.measure(labels, rules=rules, target=found.target)
    return {
        **{key: getattr(metrics, key) for key in _FIGURES},
        "objective": found.objective,
        "gap": found.gap,
        "status": found.status,
    }
