"""At once: many questions about one thing, side by side in processes; the answers are the same."""

from __future__ import annotations

import pickle
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geogrid.errors import InputError
from geogrid.solve.workers import in_processes

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

__all__ = ["at_once", "count_jobs"]

# what a worker process has at hand, by the file that it came in; it serves one caller at a time
_AT_HAND: dict[str, Any] = {}


def count_jobs(n_jobs: int | None) -> int:
    """Return how many processes to use: so many, or one for each core.

    Parameters
    ----------
    n_jobs : int, optional
        At least 1.

    Returns
    -------
    int
        Cores are those that this process may use.

    Raises
    ------
    InputError
        If it is no whole number >= 1.
    """
    if n_jobs is None:
        from joblib import cpu_count

        return int(cpu_count())
    if type(n_jobs) is not int or n_jobs < 1:
        raise InputError(f"n_jobs is {n_jobs!r}; give a whole number >= 1, or None for all cores.")
    return n_jobs


def at_once(
    work: Callable[[Any, Any], Any],
    shared: Any,  # noqa: ANN401 - whatever the questions are about
    questions: Sequence[Any],
    *,
    n_jobs: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Iterator[tuple[int, Any]]:
    """Ask many questions about one thing.

    Parameters
    ----------
    work : callable
        Takes what is shared and a question, returns an answer; of a module, so that
        another process finds it by name.
    shared : object
        What the questions are about; it travels to each process once, by a file.
    questions : sequence
        Each is answered by itself, in one process.
    n_jobs : int, optional
        Processes; by default one for each core. The answers are the same.
    on_progress : callable, optional
        Called with how many are answered and how many there are.

    Yields
    ------
    number : int
        Which question.
    answer : object
        In the order in which they come.

    Raises
    ------
    InputError
        If ``n_jobs`` is no whole number >= 1.
    SolverError
        If processes were killed too often.
    """
    n_processes = min(count_jobs(n_jobs), len(questions))
    answers = (
        _apart(work, shared, questions, n_processes)
        if n_processes > 1
        else ((i, work(shared, question)) for i, question in enumerate(questions))
    )
    with closing(answers):
        for done, (number, answer) in enumerate(answers, start=1):
            if on_progress is not None:
                on_progress(done, len(questions))
            yield number, answer


def _apart(
    work: Callable[[Any, Any], Any],
    shared: Any,  # noqa: ANN401 - as above
    questions: Sequence[Any],
    n_processes: int,
) -> Generator[tuple[int, Any]]:
    """Ask in processes of their own."""
    with tempfile.TemporaryDirectory(prefix="geogrid-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "shared"
        path.write_bytes(pickle.dumps(shared, protocol=pickle.HIGHEST_PROTOCOL))
        calls = {i: (work, str(path), question) for i, question in enumerate(questions)}
        yield from in_processes(_answer, calls, n_processes)


def _answer(work: Callable[[Any, Any], Any], path: str, question: Any) -> Any:  # noqa: ANN401 - as above
    """Answer in a worker process, which keeps what is shared until somebody else asks."""
    if path not in _AT_HAND:
        _AT_HAND.clear()
        # our own file of a moment ago, in a folder that only this user may enter
        _AT_HAND[path] = pickle.loads(Path(path).read_bytes())  # noqa: S301
    return work(_AT_HAND[path], question)
