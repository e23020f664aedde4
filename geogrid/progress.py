"""Progress: how far a run has come, as a bar on a terminal or in a notebook.

Rich draws the terminal's bar. In a notebook it would leave a widget behind whose
number is another in every run, and a gap; there the bar is one output of the cell,
rewritten as the run goes on and empty at the end.
"""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

from geogrid.locale import phrases
from geogrid.solve.options import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

__all__ = [
    "STAGES",
    "notebook_bar",
    "progress_figures",
    "show_count",
    "show_progress",
    "terminal_bar",
]

STAGES = {"parts": "listing regions", "proof": "proving", "conflict": "finding why"}
# a notebook's bar moves at most this often: each step is a message to the browser
_STEP_S = 0.1


@contextmanager
def show_progress(*, is_wanted: bool = True) -> Iterator[Callable[[Progress], None] | None]:
    """Show a run's progress where somebody may be looking, nowhere else.

    Parameters
    ----------
    is_wanted : bool
        False for silence everywhere.

    Yields
    ------
    callable or None
        To pass as ``on_progress``: a bar in a notebook or on a terminal, gone at the
        end; None in a script.
    """
    if is_wanted and _in_notebook():
        with notebook_bar() as show:
            yield show
    elif is_wanted and sys.stderr.isatty():
        from rich.console import Console

        with terminal_bar(Console(stderr=True, highlight=False), is_kept=False) as show:
            yield show
    else:
        yield None


@contextmanager
def show_count(what: str, *, is_wanted: bool = True) -> Iterator[Callable[[int, int], None] | None]:
    """Show how many of several runs are done, where somebody may be looking.

    Parameters
    ----------
    what : str
        A phrase of the table ``progress``.
    is_wanted : bool
        False for silence everywhere.

    Yields
    ------
    callable or None
        To call with how many are done and how many there are.
    """
    with show_progress(is_wanted=is_wanted) as show:
        if show is None:
            yield None
            return
        yield lambda done, total: show(Progress(what, None, None, done, total))


def _in_notebook() -> bool:
    """Tell whether a notebook's kernel runs this."""
    shell = sys.modules.get("IPython")
    running: Any = None if shell is None else shell.get_ipython()
    return getattr(running, "kernel", None) is not None


@contextmanager
def notebook_bar() -> Iterator[Callable[[Progress], None]]:
    """Show a bar in the cell that runs; its output is empty at the end, in every run.

    Yields
    ------
    callable
        To pass as ``on_progress``.
    """
    from IPython.display import display

    first = {"text/html": "<progress></progress>"}
    handle = display(first, raw=True, display_id=True)  # type: ignore[no-untyped-call]
    last_at, last_stage, is_over = 0.0, "", False

    def show(progress: Progress) -> None:
        nonlocal last_at, last_stage
        now = time.monotonic()
        if is_over or handle is None:
            # what keeps the callback and asks on: the cell of the first run is done
            return
        if progress.stage != last_stage or now - last_at > _STEP_S:
            last_at, last_stage = now, progress.stage
            handle.update({"text/html": _bar_html(progress)}, raw=True)

    try:
        yield show
    finally:
        is_over = True
        if handle is not None:
            handle.update({"text/html": ""}, raw=True)


def _bar_html(progress: Progress) -> str:
    """Return a bar with what it stands for beside it, Chinese first."""
    told = [phrases(language, "progress").get(progress.stage, "") for language in ("zh", "en")]
    stage = " ".join(dict.fromkeys(filter(None, told))) or progress.stage
    count = f"{progress.parts_done:,} / {progress.parts_total:,}"
    words = "  ".join(filter(None, [stage, count, progress_figures(progress)]))
    value, most = progress.parts_done, max(progress.parts_total, 1)
    style = "width:16em;height:.9em;vertical-align:middle;margin-right:.8em"
    return (
        f'<div style="font-size:13px;white-space:pre-wrap"><progress style="{style}" '
        f'value="{value}" max="{most}"></progress>{escape(words)}</div>'
    )


@contextmanager
def terminal_bar(console: Console, *, is_kept: bool = True) -> Iterator[Callable[[Progress], None]]:
    """Show a bar on a terminal.

    Parameters
    ----------
    console : rich.console.Console
        The terminal.
    is_kept : bool
        Whether the full bar stays on the screen at the end.

    Yields
    ------
    callable
        To pass as ``on_progress``.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description:<15}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=console, transient=not is_kept) as bar:
        task = bar.add_task("reading", total=None, figures="")

        def show(progress: Progress) -> None:
            bar.update(
                task,
                description=STAGES.get(progress.stage, progress.stage),
                completed=progress.parts_done,
                total=progress.parts_total,
                figures=progress_figures(progress),
            )

        yield show


def progress_figures(progress: Progress) -> str:
    """Return incumbent, bound and gap as far as they are known.

    Parameters
    ----------
    progress : Progress
        Of any stage.

    Returns
    -------
    str
        Household-metres, and the gap as a share of the incumbent.
    """
    told = {"best": progress.incumbent, "bound": progress.bound}
    words = [f"{name} {value:,.0f}" for name, value in told.items() if value is not None]
    if progress.gap is not None:
        words.append(f"gap {100 * progress.gap:.3f} %")
    return "  ".join(words)
