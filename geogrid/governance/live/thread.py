"""Thread: one that always answers the newest question about a plan.

First comes a picture with its honest gap, then the proof. A newer question overtakes an older one,
whose answer nobody gets to see; what was learned on the way is kept. The target T stays as it was,
whatever is asked, so that costs compare.
"""

from __future__ import annotations

import atexit
import threading
import weakref
from functools import partial
from typing import TYPE_CHECKING

from geogrid.errors import GeogridError
from geogrid.governance.live.answer import Answer, say_failed
from geogrid.governance.live.answering import Answering, OvertakenError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geogrid.governance.live.dials import Dials
    from geogrid.governance.live.view import View
    from geogrid.governance.problem import Problem
    from geogrid.plans.plan import Plan

__all__ = ["LiveWhatIf"]

# weights of balance worked out ahead, from short walks to even grids
_ENDS_M = (50.0, 8000.0)
# seconds that leaving the program waits for the part at work
_LEAVE_S = 5.0


class LiveWhatIf:
    """Answer questions about a plan in the background, always the newest one.

    Parameters
    ----------
    plan : Plan
        A proven plan.
    on_answer : callable
        Gets each `Answer` that is still of the newest question; called in the thread that answers.
    on_kept : callable, optional
        Gets the number given to `keep`, and the plan made or the error, in the same thread.
    ahead : bool
        Whether to work out the ends of the balance scale while nobody asks.
    problems : sequence of Problem
        Graphs that are built already; the plan's is taken if it is among them.
    """

    def __init__(
        self,
        plan: Plan,
        on_answer: Callable[[Answer], None],
        *,
        on_kept: Callable[[int, Plan | Exception], None] | None = None,
        ahead: bool = True,
        problems: Sequence[Problem] = (),
    ) -> None:
        self.plan = plan
        self._answering = Answering(
            plan,
            say=self._say,
            is_off=self._is_off,
            ends=_ENDS_M if ahead else (),
            problems=problems,
        )
        self._on_answer = on_answer
        self._on_kept = on_kept or (lambda _number, _plan: None)
        # everything below is shared between threads
        self._change = threading.Condition()
        self._newest = 0
        self._wish: tuple[int, Dials] | None = None
        self._keeps: list[tuple[int, Dials]] = []
        self._n_keeps = 0
        self._at_work: int | None = None
        self._thread: threading.Thread | None = None
        self._is_closed = False
        # the dials of the layout that is shown, in the thread that answers
        self._answered: Dials | None = self.dials
        _OPEN.add(self)

    @property
    def dials(self) -> Dials:
        """Return where the plan's own dials stand."""
        return self._answering.dials

    @property
    def plan_itself(self) -> View:
        """Return the plan as it is seen beside itself."""
        return self._answering.viewer.plan_itself(self.dials)

    def ask(self, number: int, dials: Dials) -> None:
        """Ask what a layout by other dials would be; an older question is given up.

        Parameters
        ----------
        number : int
            Higher than those before; a lower one is a late one and is dropped.
        dials : Dials
            What is asked.
        """
        with self._change:
            if number <= self._newest:
                return
            self._newest, self._wish = number, (number, dials)
            self._start()

    def keep(self, number: int, dials: Dials) -> None:
        """Ask for the full plan by some dials; ``on_kept`` gets it.

        Parameters
        ----------
        number : int
            Handed back with the plan.
        dials : Dials
            What is kept.
        """
        with self._change:
            self._keeps.append((number, dials))
            self._n_keeps += 1
            self._start()

    def prepare(self) -> None:
        """Open the study before anybody asks, so that the first answer is quick."""
        with self._change:
            self._start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until everything asked is answered and proven.

        Parameters
        ----------
        timeout : float, optional
            Seconds; by default as long as it takes.

        Returns
        -------
        bool
            Whether it is.
        """
        with self._change:
            return self._change.wait_for(self._is_done, timeout)

    def wait_for_keeps(self) -> None:
        """Wait until every plan that was to be kept is made."""
        with self._change:
            self._change.wait_for(lambda: self._is_closed or not self._n_keeps)

    def _is_done(self) -> bool:
        at_hand = self._answering
        is_opening = self._thread is not None and at_hand.held is None and at_hand.refused is None
        is_busy = self._wish or self._keeps or self._at_work is not None
        return self._is_closed or not (is_busy or is_opening)

    def close(self, timeout: float | None = None) -> None:
        """Give up what is at work and leave no thread behind; questions are no longer answered.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait for the part at work; by default as long as it takes.
        """
        with self._change:
            self._is_closed = True
            self._change.notify_all()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)
        if thread is None or not thread.is_alive():
            self._answering.close()

    def _start(self) -> None:
        """Start a thread unless one is at work; it ends when there is nothing left to do."""
        if self._is_closed or self._thread is not None:
            return
        # a daemon, so that leaving waits for one part at most (see the end of this file)
        self._thread = threading.Thread(target=self._work, name="geogrid-live", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        """Do what is asked until nothing is."""
        while True:
            with self._change:
                self._at_work = None
                job = self._next_job()
                if job is None:
                    self._thread = None
                number = self._newest if self._at_work is None else self._at_work
                self._change.notify_all()
            if job is None:
                return
            try:
                job()
            except OvertakenError:
                continue
            except Exception as error:  # noqa: BLE001 - nobody else hears of it in this thread
                is_refused = error is self._answering.refused
                self._say(say_failed(number, error, is_refused=is_refused))

    def _next_job(self) -> Callable[[], object] | None:
        """Take what is to be done next: a plan to keep, the newest question, what is ahead."""
        at_hand = self._answering
        job: Callable[[], object] | None = None
        if self._is_closed:
            return None
        if self._keeps:
            number, dials = self._keeps.pop(0)
            self._at_work, job = number, partial(self._make, number, dials)
        elif self._wish is not None:
            (number, dials), self._wish = self._wish, None
            self._at_work, job = number, partial(at_hand.answer, number, dials)
        elif at_hand.held is None and at_hand.refused is None:
            self._at_work, job = self._newest, at_hand.open
        elif at_hand.held is not None and at_hand.ahead:
            job = partial(at_hand.look_ahead, at_hand.ahead.pop(0))
        return job

    def _is_off(self) -> bool:
        """Return whether nobody waits for what is at work."""
        if self._is_closed or self._answering.held is None:
            # whatever is asked needs the study
            return self._is_closed
        at_work = self._at_work
        return bool(self._keeps or self._wish) if at_work is None else at_work < self._newest

    def _say(self, answer: Answer) -> None:
        """Hand out an answer, unless a newer question is there."""
        if not self._is_closed and answer.number >= self._newest:
            self._answered = None if answer.view is None else answer.view.dials
            self._on_answer(answer)

    def _make(self, number: int, dials: Dials) -> None:
        """Make the full plan of some dials; show it where it ties with what was shown."""
        made: Plan | Exception
        try:
            made = self._answering.make(dials, called_off=lambda: self._is_closed)
        except GeogridError as error:
            made = error
        try:
            if not self._is_closed:
                self._on_kept(number, made)
                if not isinstance(made, Exception) and self._answered == dials:
                    self._answering.show_plan(self._newest, dials, made)
        finally:
            with self._change:
                self._n_keeps -= 1
                self._change.notify_all()


_OPEN: weakref.WeakSet[LiveWhatIf] = weakref.WeakSet()


@atexit.register
def _leave() -> None:
    """Let no thread run on while the program ends: compiled code would crash it."""
    for live in list(_OPEN):
        live.close(_LEAVE_S)
