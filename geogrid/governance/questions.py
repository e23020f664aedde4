"""Questions: one district's problem solved for many rules, numbers or households."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.errors import InfeasibleError
from geogrid.governance.problem import Problem, solve_named
from geogrid.locale import LANGUAGES
from geogrid.solve.at_once import at_once
from geogrid.solve.options import PartitionRules, SolveOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from geogrid.locale import Language
    from geogrid.solve.result import Partition

__all__ = ["Question", "Refusal", "solve_each"]


@dataclass(frozen=True)
class Question:
    """Ask for the best layout under some rules.

    Parameters
    ----------
    n_grids : int
        k.
    rules : PartitionRules
        In the problem's rows, with the target.
    weights : (n,) float64, optional
        Other households of each courtyard.
    """

    n_grids: int
    rules: PartitionRules
    weights: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Refusal:
    """Tell why a question has no layout.

    Parameters
    ----------
    words : dict of language to str
        The conflict, in names.
    """

    words: dict[Language, str]


def solve_each(
    problem: Problem,
    questions: Sequence[Question],
    *,
    n_jobs: int | None = None,
    options: SolveOptions | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Partition | Refusal]:
    """Solve a problem once for each question.

    Parameters
    ----------
    problem : Problem
        What is planned.
    questions : sequence of Question
        What is asked of it.
    n_jobs : int, optional
        Questions at a time; by default one for each core. The answers are the same.
    options : SolveOptions, optional
        Of each.
    on_progress : callable, optional
        Called with how many are solved and how many there are.

    Returns
    -------
    list of Partition or Refusal
        In their order.
    """
    one = (options or SolveOptions()).in_one_process()
    shared = (problem, one)
    answers = dict(at_once(_answer, shared, questions, n_jobs=n_jobs, on_progress=on_progress))
    return [answers[i] for i in range(len(questions))]


def _answer(shared: tuple[Problem, SolveOptions], question: Question) -> Partition | Refusal:
    """Solve one question."""
    problem, options = shared
    if question.weights is not None:
        problem = Problem(problem.district, problem.graph, question.weights, weight=problem.weight)
    try:
        return solve_named(problem, question.n_grids, rules=question.rules, options=options)
    except InfeasibleError as error:
        return Refusal(error.facts.get("words") or dict.fromkeys(LANGUAGES, error.message))
