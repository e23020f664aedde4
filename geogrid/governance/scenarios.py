"""Scenarios: one district planned by several sets of rules, side by side."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from geogrid.errors import InfeasibleError, InputError, SolverError, SolverTimeout
from geogrid.governance.layout import make_plan
from geogrid.governance.previous import OldLayout, layout_of
from geogrid.governance.problem import find_problem
from geogrid.governance.rules import LayoutRules
from geogrid.locale import LANGUAGES, phrases
from geogrid.plans.compare import compare
from geogrid.plans.plan import Plan
from geogrid.showing import Shown
from geogrid.solve.at_once import at_once
from geogrid.solve.options import SolveOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from geogrid.district import District
    from geogrid.governance.problem import Problem
    from geogrid.locale import Language
    from geogrid.space.graph import ContiguityRules

__all__ = ["Scenario", "Scenarios", "run_scenarios"]

# figures of a plan's metrics that stand in the table
_METRICS = ("cv", "share_within_20", "least", "most", "walk_mean_m", "walk_max_m")

# columns of the table
_KINDS: dict[str, Any] = {
    "grids": "Int64",
    "status": object,
    "gap": float,
    "objective": float,
    "target": float,
    "cv": float,
    "share_within_20": float,
    "least": float,
    "most": float,
    "walk_mean_m": float,
    "walk_max_m": float,
    "against": object,
    "courtyards_moved": "Int64",
    "households_moved": "Int64",
    "share_staying": float,
    "codes_kept": "Int64",
    "reason": object,
}


@dataclass(frozen=True)
class Scenario:
    """State what is planned in one scenario.

    Parameters
    ----------
    grids : int, optional
        k. Exactly one of this and ``households_per_grid``.
    rules : LayoutRules
        Of any kind; scenarios with equal contiguity rules share one graph.
    previous : str, OldLayout or Plan, optional
        The layout before: a column, a CSV, or a plan.
    households_per_grid : float, optional
        k is the total divided by this, rounded.
    """

    grids: int | None = None
    rules: LayoutRules = field(default_factory=LayoutRules)
    previous: str | OldLayout | Plan | None = None
    households_per_grid: float | None = None


@dataclass(frozen=True, repr=False)
class Scenarios(Shown):
    """Hold the plans of several scenarios.

    Parameters
    ----------
    plans : dict of str to Plan
        By the name of the scenario, in their order; those without a plan left out.
    failures : dict of str to dict of language to str
        Why there is no plan, of the others.
    table : DataFrame
        A row a scenario, in their order, the name as index: ``grids, status``
        (optimal, gap, heuristic, infeasible, stopped), ``gap, objective, target, cv,
        share_within_20, least, most, walk_mean_m, walk_max_m``, then what moves:
        ``against`` (``previous``: the scenario's own layout before; ``first``: the
        first scenario that has a plan; empty text for that one itself),
        ``courtyards_moved, households_moved, share_staying, codes_kept``, and
        ``reason`` (Chinese) where there is no plan. Objectives compare only at one
        target, balance and price of moving.
    """

    plans: dict[str, Plan]
    failures: dict[str, dict[Language, str]]
    table: pd.DataFrame

    def __getitem__(self, name: str) -> Plan:
        """Return the plan of one scenario."""
        try:
            return self.plans[name]
        except KeyError:
            if name in self.failures:
                raise InfeasibleError(f"{name}: {self.failures[name]['en']}") from None
            msg = f"There is no scenario {name!r}; known: {', '.join(self.table.index)}."
            raise InputError(msg) from None


@dataclass(frozen=True)
class _Question:
    """Ask for the plan of one scenario; the layout before is read already."""

    grids: int | None
    households_per_grid: float | None
    rules: LayoutRules
    previous: OldLayout | None
    weight: str
    options: SolveOptions


def run_scenarios(
    district: District,
    scenarios: Mapping[str, Scenario],
    *,
    n_jobs: int | None = None,
    options: SolveOptions | None = None,
    weight: str = "households",
    problems: Sequence[Problem] = (),
    on_progress: Callable[[int, int], None] | None = None,
) -> Scenarios:
    """Plan one district by several sets of rules, several at a time.

    Parameters
    ----------
    district : District
        What is planned.
    scenarios : mapping of str to Scenario
        By any name.
    n_jobs : int, optional
        Scenarios at a time, each solved in one process; by default one for each
        core. The plans are those of `make_plan`, whatever the number.
    options : SolveOptions, optional
        Time limit and seed of each scenario.
    weight : str
        Column that balances grids.
    problems : sequence of Problem
        Graphs of the district that are built already.
    on_progress : callable, optional
        Called with how many scenarios are done and how many there are.

    Returns
    -------
    Scenarios
        A scenario without a plan stops no other. If the run is interrupted, those that
        were done by then.

    Raises
    ------
    InputError
        If there is no scenario, or one asks for what cannot be: no size or two, unknown
        courtyards, a layout before that is not there. The message names it.
    SolverTimeout
        If the run was interrupted before any plan was found.

    Notes
    -----
    Exact, as `make_plan` is. The graph is built once for all scenarios with equal
    contiguity rules, and goes to each process once.

    Examples
    --------
    >>> from geogrid.governance.rules import LayoutRules
    >>> from geogrid.governance.scenarios import Scenario
    >>> even = Scenario(grids=340, rules=LayoutRules().changed(balance_m=2000))
    >>> even.rules.partition.balance_m
    2000
    """
    if not scenarios:
        raise InputError("There is no scenario; give at least one by its name.")
    one = (options or SolveOptions()).in_one_process()
    questions = [
        _Question(
            each.grids,
            each.households_per_grid,
            each.rules,
            _before(district, name, each),
            weight,
            one,
        )
        for name, each in scenarios.items()
    ]
    shared = _Ground(district, _graphs(district, questions, problems))
    names = list(scenarios)
    answers: dict[str, Plan | dict[Language, str]] = {}
    statuses: dict[str, str] = {}
    try:
        for number, answer in at_once(
            _solve, shared, questions, n_jobs=n_jobs, on_progress=on_progress
        ):
            name = names[number]
            if isinstance(answer, InputError):
                raise InputError(f"{name}: {answer.message}", **answer.facts) from answer
            if isinstance(answer, Plan):
                answers[name] = _at_home(answer, district)
            else:
                statuses[name], answers[name] = answer
    except KeyboardInterrupt:
        if not any(isinstance(answer, Plan) for answer in answers.values()):
            msg = "The run was interrupted before any plan was found; allow more time."
            raise SolverTimeout(msg) from None
    stopped = {language: phrases(language, "scenarios")["interrupted"] for language in LANGUAGES}
    return _gather(
        scenarios,
        {name: answers.get(name, stopped) for name in names},
        {name: statuses.get(name, "stopped") for name in names},
    )


@dataclass(frozen=True)
class _Ground:
    """Hold what all scenarios stand on: the district, and its graphs."""

    district: District
    problems: tuple[Problem, ...]


def _before(district: District, name: str, scenario: Scenario) -> OldLayout | None:
    """Return the layout before one scenario, and look at its size while at it."""
    if (scenario.grids is None) == (scenario.households_per_grid is None):
        raise InputError(f"{name}: give exactly one of grids and households_per_grid.")
    given = scenario.previous
    try:
        return None if given is None else layout_of(district.courtyards, given)
    except InputError as error:
        raise InputError(f"{name}: {error.message}", **error.facts) from error


def _graphs(
    district: District, questions: Sequence[_Question], ready: Sequence[Problem]
) -> tuple[Problem, ...]:
    """Return the graphs that more than one scenario needs, and those that are there."""
    wanted: dict[ContiguityRules, list[_Question]] = {}
    for question in questions:
        wanted.setdefault(question.rules.contiguity, []).append(question)
    found = []
    for own in wanted.values():
        rules, weight = own[0].rules, own[0].weight
        # one that nobody shares is built where it is used, beside the others
        if len(own) > 1 or any(p.suits(district, rules, weight=weight) for p in ready):
            found.append(find_problem(ready, district, rules=rules, weight=weight))
    return tuple(found)


def _solve(ground: _Ground, question: _Question) -> Plan | InputError | tuple[str, dict[Any, str]]:
    """Return the plan of one scenario, or why there is none."""
    rules = question.rules
    ready = [p for p in ground.problems if p.graph.rules == rules.contiguity]
    try:
        return make_plan(
            ground.district,
            n_grids=question.grids,
            households_per_grid=question.households_per_grid,
            rules=rules,
            options=question.options,
            weight=question.weight,
            previous=question.previous,
            problem=ready[0] if ready else None,
        )
    except InfeasibleError as error:
        return "infeasible", error.facts.get("words") or dict.fromkeys(LANGUAGES, error.message)
    except SolverError as error:
        key = "late" if isinstance(error, SolverTimeout) else "not_found"
        return "stopped", {language: phrases(language, "scenarios")[key] for language in LANGUAGES}
    except InputError as error:
        return error


def _at_home(plan: Plan, district: District) -> Plan:
    """Return a plan that came from another process, with the layers that are here anyway."""
    courtyards = plan.district.tables["courtyards"]
    tables = {**district.tables, "courtyards": courtyards}
    return replace(plan, district=replace(plan.district, tables=tables))


def _gather(
    scenarios: Mapping[str, Scenario],
    answers: Mapping[str, Plan | dict[Language, str]],
    statuses: Mapping[str, str],
) -> Scenarios:
    """Set the answers side by side."""
    import pandas as pd

    plans = {name: answer for name, answer in answers.items() if isinstance(answer, Plan)}
    failures = {name: answer for name, answer in answers.items() if not isinstance(answer, Plan)}
    first = next(iter(plans), "")
    rows: list[dict[str, Any]] = []
    for name, scenario in scenarios.items():
        if name in failures:
            reason = failures[name]["zh"]
            rows.append({"grids": scenario.grids, "status": statuses[name], "reason": reason})
            continue
        plan = plans[name]
        metrics, report = plan.report["metrics"], plan.report
        rows.append(
            {
                "grids": plan.n_grids,
                **{key: report[key] for key in ("status", "gap", "objective", "target")},
                **{key: metrics[key] for key in _METRICS},
                **(_moves(plan) if "continuity" in report else _since(plans[first], plan)),
                "reason": "",
            }
        )
        if name == first and "continuity" not in report:
            rows[-1]["against"] = ""
    table = pd.DataFrame(rows, columns=list(_KINDS), index=pd.Index(scenarios, name="scenario"))
    return Scenarios(plans, failures, table.astype(_KINDS))


def _moves(plan: Plan) -> dict[str, Any]:
    """Return what a plan keeps of its own layout before."""
    told = plan.report["continuity"]
    yards = plan.courtyards
    return {
        "against": "previous",
        "courtyards_moved": len(told["moved"]),
        "households_moved": int(
            yards.loc[yards["courtyard_id"].isin(told["moved"]), "households"].sum()
        ),
        "share_staying": told["share_staying"],
        "codes_kept": len(told["codes_kept"]),
    }


def _since(first: Plan, plan: Plan) -> dict[str, Any]:
    """Return what a plan keeps of the first scenario's."""
    found = compare(first, plan)
    return {
        "against": "first",
        "courtyards_moved": len(found.moved),
        "households_moved": found.households_moved,
        "share_staying": found.continuity.share_staying,
        "codes_kept": len(found.continuity.codes_kept),
    }
