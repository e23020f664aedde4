"""Answering: one what-if question, first from what is known already, then proven."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import (
    GeogridError,
    InfeasibleError,
    SolverError,
    SolverTimeout,
)
from geogrid.governance.layout import make_plan
from geogrid.governance.live.answer import Answer, State
from geogrid.governance.live.dials import Dials
from geogrid.governance.live.proven import Proven
from geogrid.governance.live.view import Viewer
from geogrid.governance.previous import layout_before
from geogrid.governance.refusal import say_infeasible
from geogrid.governance.rules import frozen_rules_of
from geogrid.governance.whatif import open_what_if
from geogrid.solve.conflict import find_conflicts
from geogrid.solve.options import SolveOptions
from geogrid.solve.result import gap_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from geogrid.governance.problem import Problem
    from geogrid.governance.whatif import LayoutWhatIf
    from geogrid.plans.plan import Plan
    from geogrid.solve.conflict import Conflict
    from geogrid.solve.options import Progress
    from geogrid.solve.result import Partition

__all__ = ["Answering", "OvertakenError"]

# a first picture so near the optimum is shown at once; a worse one waits a moment for a better one
_NEAR = 0.05
_PATIENCE_S = 0.4
# a later picture must close a fifth of the gap, else it only flickers
_NOTICED = 0.8
# what a proof leaves between cost and bound is rounding
_ROUNDING = 1e-9
# sets of rules whose regions are kept listed (60 MB each in a district of 1,400 courtyards)
_KEPT = 4


@dataclass
class _Question:
    """The question at work: what has been found, and what of it was shown."""

    number: int
    dials: Dials
    began: float
    labels: NDArray[np.int32] | None = None
    objective: float = np.inf
    bound: float = 0.0
    shown: float | None = None


class OvertakenError(Exception):
    """A newer question is there, or nobody asks any more."""


class Answering:
    """Answer questions about a plan, one after another.

    Parameters
    ----------
    plan : Plan
        A proven plan.
    say : callable
        Gets every `Answer`, so far and final.
    is_off : callable
        Says whether nobody waits any more for what is being answered.
    ends : tuple of float
        Weights of balance worth knowing ahead: they bound all those between them.
    problems : sequence of Problem
        Graphs that are built already; the plan's is taken if it is among them.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        say: Callable[[Answer], None],
        is_off: Callable[[], bool],
        ends: tuple[float, ...],
        problems: Sequence[Problem] = (),
    ) -> None:
        self.plan = plan
        self._problems = problems
        self.viewer = Viewer(plan)
        self.dials = Dials.of(plan)
        self.held: LayoutWhatIf | None = None
        self.refused: GeogridError | None = None
        # what is worth working out while nobody asks
        self.ahead: list[Dials] = []
        self._say = say
        self._is_off = is_off
        self._ends = ends
        self._proven = Proven(())
        self._n_listed = 0
        self._question: _Question | None = None

    def open(self) -> LayoutWhatIf:
        """Return the study, opened when it is first needed.

        Returns
        -------
        LayoutWhatIf
            Solved once.

        Raises
        ------
        InputError
            If the plan is not the proven optimum under its rules.
        """
        if self.refused is not None:
            raise self.refused
        if self.held is None:
            options = SolveOptions(called_off=self._is_off, on_progress=self._hear)
            try:
                held = open_what_if(self.plan, options=options, problems=self._problems)
            except SolverTimeout:
                raise OvertakenError from None
            except GeogridError as error:
                self.refused = error
                raise
            is_free = held.study.rules.apportion == "optimal"
            self._proven = Proven(held.study.parts, across=is_free)
            self._proven.note(self.dials, held.base)
            self._plan_ahead(self.dials)
            self.held = held
        return self.held

    def _solve(self, dials: Dials) -> Partition:
        """Return the proven plan, unless the question is overtaken meanwhile."""
        held = self.open()
        if not self._proven.knows_rules(dials):
            self._n_listed += 1
            if self._n_listed > _KEPT:
                # what is proven stays known; lists of regions are made again where they are needed
                held.study.close()
                self._n_listed = 1
        found = held.study.solve(n_regions=dials.grids, rules=dials.in_rows(held.study.rules))
        if self._is_off():
            raise OvertakenError
        self._proven.note(dials, found)
        return found

    def answer(self, number: int, dials: Dials) -> None:
        """Answer a question: at once if it is proven already, else first something, then all.

        Parameters
        ----------
        number : int
            Of the question.
        dials : Dials
            What is asked.

        Raises
        ------
        OvertakenError
            If nobody waits for it any more.
        SolverError
            If no layout was found, and none excluded.
        """
        self.open()
        question = self._question = _Question(number, dials, time.monotonic())
        try:
            if not self._proven.knows_rules(dials) and self._look_first(question):
                return
            found = self._solve(dials)
        except InfeasibleError as error:
            self._say_infeasible(number, dials, error)
            return
        finally:
            self._question = None
        state: State = "proven" if found.status == "optimal" else "best"
        self._show(number, state, dials, found.labels, (found.objective, found.bound, found.status))
        self._plan_ahead(dials)

    def _look_first(self, question: _Question) -> bool:
        """Offer what follows from earlier proofs; return whether that is the proof already."""
        dials = question.dials
        first = self._proven.first(dials)
        near = self._proven.nearest_rules(dials)
        if first is None and near is not None and not self._proven.has(near):
            self._solve_beside(near, dials)
            first = self._proven.first(dials)
        if first is None:
            return False
        if (gap_of(first.objective, first.bound) or 0.0) <= _ROUNDING:
            known = (first.objective, first.objective, "optimal")
            self._show(question.number, "proven", dials, first.labels, known)
            return True
        # where the layout was the best under other rules, it is worth a look whatever the gap
        self._offer(question, first.labels, first.objective, first.bound, patience_s=0.0)
        return False

    def _solve_beside(self, near: Dials, dials: Dials) -> None:
        """Prove another number of grids under known rules: as a rule a matter of moments."""
        listening, self._question = self._question, None
        try:
            self._solve(near)
        except InfeasibleError:
            # whether there is a plan at all does not depend on the weight of balance
            if near.without_balance == dials.without_balance:
                raise
        finally:
            self._question = listening

    def _hear(self, progress: Progress) -> None:
        """Take in how far a question has come."""
        question = self._question
        if question is None or self._is_off() or progress.stage == "conflict":
            return
        best = progress.best()
        if best is not None:
            bound = self._proven.bound(question.dials, witness=best)
            self._offer(question, best.labels, best.objective, max(bound, progress.bound or 0.0))

    def _offer(
        self,
        question: _Question,
        labels: NDArray[np.int32],
        objective: float,
        bound: float,
        *,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        """Show the best so far, where it is worth a look."""
        if objective < question.objective:
            question.labels, question.objective = labels, objective
        question.bound = max(question.bound, bound)
        gap = gap_of(question.objective, question.bound) or 0.0
        if gap <= _ROUNDING:
            # the proof is on its way
            return
        waited = time.monotonic() - question.began
        if question.shown is None:
            is_worth = gap <= _NEAR or waited >= patience_s
        else:
            is_worth = gap <= _NOTICED * question.shown
        if is_worth and question.labels is not None:
            question.shown = gap
            known = (question.objective, min(question.bound, question.objective), "gap")
            self._show(question.number, "first", question.dials, question.labels, known)

    def _show(
        self,
        number: int,
        state: State,
        dials: Dials,
        labels: NDArray[np.int32],
        known: tuple[float, float | None, str],
    ) -> None:
        """Hand out a layout of the solver's rows with its figures."""
        rows = labels[self.open().problem.rows].astype(np.int64)
        self._show_rows(number, state, dials, rows, known)

    def _show_rows(
        self,
        number: int,
        state: State,
        dials: Dials,
        rows: NDArray[np.int64],
        known: tuple[float, float | None, str],
    ) -> None:
        """Hand out a layout of the courtyards with its figures."""
        held = self.open()
        rules, target = dials.in_rows(held.study.rules), held.base.target
        measured = held.problem.measure(rows, rules=rules, target=target)
        objective, bound, status = known
        view = self.viewer.see(
            dials, rows, measured, objective=objective, bound=bound, status=status
        )
        self._say(Answer(number, state, view))

    def _say_infeasible(self, number: int, dials: Dials, error: InfeasibleError) -> None:
        """Say that there is no layout; then find out which rules leave none."""
        held = self.open()
        problem, rules = held.problem, dials.in_rows(held.study.rules)

        def say(conflicts: Sequence[Conflict]) -> None:
            if self._is_off():
                raise OvertakenError
            words = say_infeasible(problem, dials.grids, error, conflicts=conflicts, rules=rules)
            self._say(Answer(number, "infeasible", words=words))

        say(())
        options = SolveOptions(called_off=self._is_off)
        parts, groups = problem.parts, problem.groups
        say(find_conflicts(parts, groups, dials.grids, rules=rules, options=options))

    def _plan_ahead(self, dials: Dials) -> None:
        """Note what to work out while nobody asks: the ends of the balance scale."""
        near = self.dials.changed(grids=dials.grids, balance_m=dials.balance_m)
        self.ahead = []
        if near == dials:
            ends = [dials.changed(balance_m=end) for end in self._ends]
            self.ahead = [end for end in ends if not self._proven.has(end)]

    def look_ahead(self, dials: Dials) -> None:
        """Work something out before it is asked; begin again later if somebody asks meanwhile.

        Parameters
        ----------
        dials : Dials
            From ``ahead``.

        Raises
        ------
        OvertakenError
            If somebody asks.
        """
        try:
            self._solve(dials)
        except InfeasibleError:
            self.ahead = []
        except (OvertakenError, SolverTimeout):
            self.ahead.insert(0, dials)
            raise OvertakenError from None
        except SolverError:
            self.ahead = []

    def make(self, dials: Dials, *, called_off: Callable[[], bool]) -> Plan:
        """Return the full plan of some dials, as `make_plan` makes it from the same rules.

        Parameters
        ----------
        dials : Dials
            What is kept; the target is the plan's own.
        called_off : callable
            Says whether nobody wants it any more.

        Returns
        -------
        Plan
            Not yet paired.

        Raises
        ------
        InfeasibleError
            If there is no such layout.
        """
        if dials == self.dials:
            return self.plan
        return make_plan(
            self.plan.district,
            n_grids=dials.grids,
            rules=dials.in_rules(frozen_rules_of(self.plan)),
            options=SolveOptions(called_off=called_off),
            weight=self.plan.report["provenance"]["weight"],
            previous=layout_before(self.plan),
            problem=None if self.held is None else self.held.problem,
        )

    def show_plan(self, number: int, dials: Dials, made: Plan) -> None:
        """Show a plan that was made: of two layouts that cost the same it may have the other.

        Parameters
        ----------
        number : int
            Of the question that is shown.
        dials : Dials
            What it was made by.
        made : Plan
            From `make`.
        """
        if self.held is not None and dials != self.dials:
            report = made.report
            state: State = "proven" if report["status"] == "optimal" else "best"
            known = (report["objective"], report["bound"], report["status"])
            self._show_rows(number, state, dials, self.viewer.rows_of(made), known)

    def close(self) -> None:
        """Let go of what is kept listed."""
        if self.held is not None:
            self.held.study.close()
        self.held, self._proven, self.ahead = None, Proven(()), []
