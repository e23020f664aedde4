"""Jobs: what a runner does with one, and what it tells meanwhile."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from geogrid.errors import GeogridError, InputError, NotFoundError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from geogrid.plans.plan import Plan
    from geogrid.solve.options import Progress
    from geogrid.store.records import Job
    from geogrid.store.store import Store

__all__ = ["JobDismissed", "run_job"]

# how often the store hears of progress, and the lease is renewed
_TICK_S = 1.0
_PULSE_S = 15.0
# where each stage of a run begins and ends, in percent
_STAGES = {"conflict": (40, 90), "parts": (10, 40), "proof": (40, 90)}
_READ, _PAIR = 5, 92


class JobDismissed(Exception):  # noqa: N818 - it stops a run; nothing went wrong
    """Stop a run whose job nobody wants any more, or whose lease another runner has."""


def run_job(
    store: Store,
    job: Job,
    on_progress: Callable[[int, str], bool] | None = None,
    *,
    clock: Callable[[], float] = time.monotonic,
    pulse_s: float = _PULSE_S,
) -> Job:
    """Run one claimed job to its end and write its outcome into the store.

    Parameters
    ----------
    store : Store
        Where the job, its base plan and the new draft are.
    job : Job
        Claimed by this runner.
    on_progress : callable, optional
        Gets percent and a message, renews the lease, and answers False once the job was
        dismissed or taken over; by default `Store.beat`.
    clock : callable
        Seconds; the store is told of progress once a second.
    pulse_s : float
        Seconds after which the lease is renewed though nothing new is to be told: reading a
        large district takes longer than a lease.

    Returns
    -------
    Job
        As it stands afterwards: successful, failed, or dismissed meanwhile.

    Notes
    -----
    Errors of ours end the job as failed, in their own words, since trying again would meet
    them again; anything else rises, and the lease that runs out lets another runner try. The
    draft and the job's success are one transaction: a runner that dies leaves both or neither.
    """
    tell = _Teller(store, job, on_progress, clock)
    try:
        with tell.kept_alive(pulse_s):
            plan = _lay_out(store, job, tell)
        tell(99, "保存 saving")
        title = job.inputs["inputs"]["title"]
        told = {"title": title, "n_grids": plan.n_grids, "status": plan.report["status"]}
        result = {"plan": told, "report": dict(plan.report)}
        store.finish_with_plan(job, plan, title=title, result=result)
    except JobDismissed:
        pass
    except StorageError:
        # the store went away, not the sense of the job: the lease lets it be tried again
        raise
    except GeogridError as error:
        store.finish_job(job, result={"error": type(error).__name__}, error=str(error))
    return store.job(job.job_id)


class _Teller:
    """Tell the store how far a job is, at most once a tick; stop it when told to."""

    def __init__(
        self,
        store: Store,
        job: Job,
        on_progress: Callable[[int, str], bool] | None,
        clock: Callable[[], float],
    ) -> None:
        self._tell = on_progress or (lambda done, said: store.beat(job, done, said))
        self._clock = clock
        self._next = -1.0
        self._last = (0, "")
        self._is_lost = False

    def __call__(self, percent: int, message: str, *, now: bool = True) -> None:
        """Tell a step; ``now`` is for steps that are told whatever the time."""
        # a run that goes back to an earlier stage has not lost what it did
        self._last = (max(self._last[0], percent), message)
        moment = self._clock()
        if now or moment >= self._next:
            self._next = moment + _TICK_S
            self._beat()
        if self._is_lost:
            raise JobDismissed

    def _beat(self) -> None:
        """Tell what was told last, and note whether anybody still wants it."""
        if not self._tell(*self._last):
            self._is_lost = True

    @contextmanager
    def kept_alive(self, pulse_s: float) -> Iterator[None]:
        """Renew the lease from beside while work goes on that tells nothing."""
        is_over = threading.Event()

        def pulse() -> None:
            while not is_over.wait(pulse_s):
                # the store may be away for a moment; the lease is longer than that
                with suppress(StorageError):
                    self._beat()

        beside = threading.Thread(target=pulse, name="job-pulse", daemon=True)
        beside.start()
        try:
            yield
        finally:
            is_over.set()
            beside.join()

    def follow(self, progress: Progress) -> None:
        """Tell what the solver tells."""
        low, high = _STAGES[progress.stage]
        share = progress.parts_done / max(progress.parts_total, 1)
        message = f"{progress.stage}: {progress.parts_done}/{progress.parts_total}"
        if progress.gap is not None:
            message += f", gap {progress.gap:.2%}"
        self(low + round((high - low) * min(share, 1.0)), message, now=False)


def _lay_out(store: Store, job: Job, tell: _Teller) -> Plan:
    """Do what the process `layout` promises."""
    from geogrid.governance.again import plan_again
    from geogrid.governance.rules import rules_from_dict
    from geogrid.solve.options import SolveOptions

    given: Mapping[str, Any] = job.inputs["inputs"]
    tell(1, "读取 reading the base plan")
    base_id = given["base"]
    base = store.plan(base_id)
    district = store.plan_info(base_id).district_code
    before = store.latest_published(district)
    if before is not None and not given["previous"]:
        msg = f"District {district} has published versions; codes go on, set previous to true."
        raise InputError(msg)
    if before is None:
        previous = None
    else:
        previous = base if before.plan_id == base_id else store.plan(before.plan_id)
    tell(_READ, "空间 reading the ground")
    plan = plan_again(
        base,
        n_grids=given.get("grids"),
        households_per_grid=given.get("households_per_grid"),
        rules=rules_from_dict(given["rules"], where="rules"),
        options=SolveOptions(
            time_limit=given.get("time_limit"), seed=given["seed"], on_progress=tell.follow
        ),
        weight=given["weight"],
        bridge=given["bridge"],
        previous=previous,
        reserved=store.used_codes(district),
        created=job.created_at.date(),
    )
    tell(_PAIR, "配对 paired")
    return plan


def base_of(store: Store, inputs: dict[str, Any]) -> int:
    """Return the plan that a job starts from, as it stands when the job is ordered.

    Parameters
    ----------
    store : Store
        What there is.
    inputs : dict
        ``base``, or ``district``, or neither.

    Returns
    -------
    int
        A plan_id.

    Raises
    ------
    NotFoundError
        If no version is in force to start from.
    InputError
        If several districts could be meant.
    """
    if "base" in inputs:
        return int(inputs["base"])
    found = store.in_force()
    if "district" in inputs:
        found = [info for info in found if info.district_code == inputs["district"]]
    if not found:
        raise NotFoundError("No version is in force to start from; name the base plan.")
    if len(found) > 1:
        names = ", ".join(info.district_code for info in found)
        raise InputError(f"Several districts are in force ({names}); name district or base.")
    return found[0].plan_id
