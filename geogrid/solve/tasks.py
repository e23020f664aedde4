"""Tasks: what is asked of one part, and how it is answered wherever that happens.

A task holds everything that its answer depends on, the earlier questions
included. Whoever has no study of the part at hand opens it again and takes the
earlier questions up in the same order, so that the answer is the same in this
process, in another, or on another machine.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from geogrid.errors import SolverError, SolverTimeout
from geogrid.solve.clock import Clock
from geogrid.solve.search import open_search
from geogrid.solve.study import PartStudy, open_listed

if TYPE_CHECKING:
    from geogrid.solve.options import SolveOptions
    from geogrid.solve.part_rules import PartRules
    from geogrid.solve.parts import Part
    from geogrid.solve.report import PartReport, Step
    from geogrid.solve.result import Cause

__all__ = ["Studies", "Task", "perform"]

_TOO_LONG = "searched, since its proof took too long"


@dataclass(frozen=True)
class Task:
    """Ask something of one part.

    Parameters
    ----------
    key : str
        Name of the problem, for finding its study again.
    part : Part
        The problem.
    rules : PartRules
        Its rules.
    options : SolveOptions
        Mode, seed, memory.
    before : PartReport or None
        What was known before; None for a part never opened.
    steps : tuple of Step
        What to find out.
    deadline : float or None
        When to stop, seconds since the epoch.
    price : float, optional
        What one more region costs elsewhere: the part also finds its best cover
        by the number of regions that is cheapest at this price.
    """

    key: str
    part: Part
    rules: PartRules
    options: SolveOptions
    before: PartReport | None
    steps: tuple[Step, ...]
    deadline: float | None
    price: float | None = None


@dataclass
class Studies:
    """Keep studies at hand as long as they do not take too much memory.

    Parameters
    ----------
    memory_mb : int
        Memory that they may take.
    """

    memory_mb: int
    _kept: dict[str, PartStudy] = field(default_factory=dict)
    _bytes: int = 0
    # a cluster's worker may run several threads
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str, before: PartReport | None) -> PartStudy | None:
        """Return the study of a part out of the store, if it knows just what is known."""
        with self._lock:
            study = self._kept.pop(key, None)
            if study is not None:
                self._bytes -= study.nbytes
        if study is None or before is None or tuple(study.steps) != before.steps:
            return None
        return study

    def keep(self, key: str, study: PartStudy) -> None:
        """Put a study into the store."""
        with self._lock:
            self._kept[key] = study
            self._bytes += study.nbytes
            while self._bytes > self.memory_mb * 1_000_000:
                # a run goes over the parts again and again: what was used last is needed last
                _, dropped = self._kept.popitem()
                self._bytes -= dropped.nbytes


def perform(task: Task, studies: Studies) -> PartReport | None:
    """Answer a task.

    Parameters
    ----------
    task : Task
        What to find out.
    studies : Studies
        Those at hand; the part's own is put there.

    Returns
    -------
    PartReport or None
        What is known now; None if time ran out before anything was.

    Raises
    ------
    SolverError
        If the part cannot be listed and may not be searched, or the search
        found nothing.
    InputError
        If a rule of the user's own returns nonsense.
    """
    with Clock(task.deadline) as clock:
        try:
            study = studies.take(task.key, task.before) or _open(task, clock)
        except SolverTimeout:
            return task.before
        try:
            for step in task.steps:
                study = _asked(task, study, step, clock)
            if task.price is not None:
                study = _settled(task, study, task.price, clock)
        except SolverTimeout:
            # what was learned before the last question stands
            return study.report()
        report = study.report()
        studies.keep(task.key, study)
        return report


def _open(task: Task, clock: Clock) -> PartStudy:
    """List the regions of a part, or search it where they are too many."""
    options, part, before = task.options, task.part, task.before
    if task.rules.is_contradictory:
        # proven to have no cover, however large the part
        return open_listed(part, task.rules, options, before=None, clock=clock)
    cause: Cause = "asked"
    why = "searched, as asked"
    if options.mode == "auto" and part.n > options.exact_units:
        cause, why = "large", f"searched, since {part.n} units are more than {options.exact_units}"
    elif before is not None and not before.is_exact:
        cause, why = before.cause, before.reason
    elif options.mode != "search":
        try:
            return open_listed(part, task.rules, options, before=before, clock=clock)
        except SolverError as error:
            if options.mode == "exact" or "limit" not in error.facts:
                raise
            cause, why = "large", f"searched, since {error.facts['limit']}"
    return open_search(
        part, task.rules, seed=options.seed, cause=cause, why=why, before=before, clock=clock
    )


def _settled(task: Task, study: PartStudy, price: float, clock: Clock) -> PartStudy:
    """Ask a study until the number of regions that is cheapest at a price has its best cover."""
    while True:
        report = study.report()
        if not report.ks:
            return study
        k = report.wanted(price)
        if k in report.covers:
            return study
        study = _asked(task, study, ("pack" if report.is_sharp(k) else "relax", k), clock)


def _asked(task: Task, study: PartStudy, step: Step, clock: Clock) -> PartStudy:
    """Ask a study; one whose proof takes too long gives way to a search."""
    try:
        study.ask(step, clock)
    except SolverError as error:
        if task.options.mode == "exact" or "limit" not in error.facts:
            raise
        study = open_search(
            task.part,
            task.rules,
            seed=task.options.seed,
            cause="long",
            why=_TOO_LONG,
            before=None,
            clock=clock,
        )
        study.ask(step, clock)
    return study
