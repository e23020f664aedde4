"""Workers: where tasks are carried out: here, in processes, or on a Dask cluster."""

from __future__ import annotations

import signal
import uuid
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any

from geogrid.errors import InputError, SolverError
from geogrid.solve.tasks import Studies, Task, perform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from geogrid.solve.options import SolveOptions
    from geogrid.solve.report import PartReport

__all__ = ["Workers", "in_processes"]

# tasks that travel together: one message a part would cost more than many small parts
_BATCH = 16
# how often batches are sent again when a process is killed; Dask counts for itself
_RETRIES = 3
# a scheduler that does not answer within so many seconds is not there
_CONNECT_S = 5
# a cluster that answers nothing for so many seconds, and has no worker then, will answer nothing
_PATIENCE_S = 60

# the studies of one run that a worker process has at hand; it serves one run at a time
_AT_HAND: dict[str, Studies] = {}


@dataclass
class Workers:
    """Carry out tasks; the answers do not depend on where.

    Parameters
    ----------
    options : SolveOptions
        ``n_jobs`` processes, or a ``cluster``; memory of each.
    """

    options: SolveOptions
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    _here: Studies = field(init=False)
    _client: Any = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Make room for studies."""
        self._here = Studies(self.options.memory_mb)
        if self.options.cluster is not None:
            # a wrong address is told before anything is worked out
            self._connect(_distributed())

    def carry_out(self, tasks: Sequence[Task]) -> Iterator[tuple[int, PartReport | None]]:
        """Carry out tasks and hand out their answers as they come.

        Parameters
        ----------
        tasks : sequence of Task
            Of different parts.

        Yields
        ------
        number : int
            Which task.
        report : PartReport or None
            Its answer.

        Raises
        ------
        SolverError
            If workers were lost too often, or a task failed.
        """
        if self.options.cluster is not None:
            yield from self._on_cluster(_batches(tasks))
        elif self.options.n_jobs > 1 and len(tasks) > 1:
            yield from self._in_processes(_batches(tasks))
        else:
            for number, task in enumerate(tasks):
                yield number, perform(task, self._here)

    def _in_processes(
        self, batches: list[list[tuple[int, Task]]]
    ) -> Iterator[tuple[int, PartReport | None]]:
        """Share batches out over processes; send them again if one is killed."""
        calls = {
            name: (self.token, self.options.memory_mb, name, batch)
            for name, batch in enumerate(batches)
        }
        for _, (_, answers) in in_processes(_carry_out_batch, calls, self.options.n_jobs):
            yield from answers

    def _on_cluster(
        self, batches: list[list[tuple[int, Task]]]
    ) -> Iterator[tuple[int, PartReport | None]]:
        """Send batches to a Dask cluster, which itself sends those of a lost worker again."""
        distributed = _distributed()
        client = self._connect(distributed)
        futures = [
            client.submit(
                _carry_out_batch,
                self.token,
                self.options.memory_mb,
                name,
                batch,
                pure=False,
            )
            for name, batch in enumerate(batches)
        ]
        waiting = set(futures)
        try:
            while waiting:
                with client.as_current():
                    done = distributed.as_completed(waiting, with_results=True, timeout=_PATIENCE_S)
                # the time may run out while workers are busy: that is no fault
                with suppress(TimeoutError):
                    for future, (_, answers) in done:
                        waiting.remove(future)
                        yield from answers
                if waiting and not client.nthreads():
                    msg = (
                        f"The cluster {self.options.cluster} has no workers (waited {_PATIENCE_S} "
                        "s); start some (dask worker), with the same geogrid and your own modules."
                    )
                    raise SolverError(msg)
        except distributed.KilledWorker as error:
            msg = f"The cluster {self.options.cluster} lost its workers again and again: {error}"
            raise SolverError(msg) from error
        finally:
            client.cancel(futures)

    def _connect(self, distributed: Any) -> Any:  # noqa: ANN401 - distributed has no types
        """Return a client of the cluster, connected once."""
        if self._client is None:
            try:
                self._client = distributed.Client(
                    self.options.cluster, set_as_default=False, timeout=_CONNECT_S
                )
            except (OSError, ValueError) as error:
                msg = (
                    f"There is no Dask scheduler at {self.options.cluster} ({error}); start one "
                    "(dask scheduler) and give its address, tcp://host:8786."
                )
                raise InputError(msg, cluster=self.options.cluster) from error
        return self._client

    def close(self) -> None:
        """Let go of the cluster and of what is at hand."""
        if self._client is not None:
            self._client.close()
            self._client = None
        self._here = Studies(self.options.memory_mb)


def in_processes(
    work: Callable[..., Any], calls: Mapping[int, tuple[Any, ...]], n_jobs: int
) -> Iterator[tuple[int, Any]]:
    """Carry out calls in processes and hand out their answers as they come.

    Parameters
    ----------
    work : callable
        Found by its name: of a module, not of a function.
    calls : mapping of int to tuple
        What to call it with.
    n_jobs : int
        Processes.

    Yields
    ------
    name : int
        Which call.
    answer : object
        What it returned.

    Raises
    ------
    SolverError
        If processes were killed too often; what a killed one held is sent again.
    """
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    waiting = dict(calls)
    for attempt in range(_RETRIES + 1):
        parallel = Parallel(n_jobs=n_jobs, return_as="generator_unordered")
        with _later_ctrl_c():
            answers = parallel(
                delayed(_named)(work, name, given) for name, given in list(waiting.items())
            )
        try:
            for name, answer in answers:
                del waiting[name]
                yield name, answer
        except TerminatedWorkerError as error:
            if attempt == _RETRIES:
                msg = f"Worker processes were killed {attempt + 1} times; is memory short?"
                raise SolverError(msg) from error
        else:
            return
        finally:
            # whoever stops listening ends the processes now, not when the collector comes round;
            # that tasks were left is no news to them
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answers.close()


@contextmanager
def _later_ctrl_c() -> Iterator[None]:
    """Hold Ctrl-C back; processes and threads begun meanwhile never hear it.

    It reaches every process of a terminal, and the first of them decides what it means. A
    process that is only starting could not yet say that it leaves it to another. Systems
    without signal masks go without.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # it would let signals in again if it were started meanwhile (Python 3.11)
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _named(work: Callable[..., Any], name: int, given: tuple[Any, ...]) -> tuple[int, Any]:
    """Carry out one call in a worker process, and say which it was."""
    with suppress(ValueError):
        # where there are no signal masks; only a main thread may say so
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return name, work(*given)


def _batches(tasks: Sequence[Task]) -> list[list[tuple[int, Task]]]:
    """Group tasks into batches: the largest parts first and alone, small ones together."""
    order = sorted(range(len(tasks)), key=lambda i: (-tasks[i].part.n, i))
    size = min(_BATCH, max(1, len(tasks) // 32))
    return [[(i, tasks[i]) for i in order[at : at + size]] for at in range(0, len(order), size)]


def _carry_out_batch(
    token: str, memory_mb: int, name: int, batch: list[tuple[int, Task]]
) -> tuple[int, list[tuple[int, PartReport | None]]]:
    """Carry out a batch in a worker process, which keeps the studies of one run."""
    if token not in _AT_HAND:
        _AT_HAND.clear()
        _AT_HAND[token] = Studies(memory_mb)
    studies = _AT_HAND[token]
    return name, [(number, perform(task, studies)) for number, task in batch]


def _distributed() -> Any:  # noqa: ANN401 - distributed has no types
    """Return the library that speaks to Dask clusters."""
    try:
        import distributed
    except ImportError as error:
        msg = "A cluster needs the extra: pip install 'geogrid[cluster]'."
        raise InputError(msg) from error
    return distributed
