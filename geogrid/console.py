"""What a person at a terminal sees: progress, summaries, faults."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rich.console import Console

    from geogrid.district import Fault
    from geogrid.plans.plan import Plan
    from geogrid.solve.options import Progress

__all__ = ["make_console", "plan_table", "print_faults", "print_table", "progress_bar"]

_STAGES = {"columns": "listing regions", "bounds": "bounding", "proof": "proving"}
# plain lines (no terminal) come at most this often
_QUIET_S = 2.0


def make_console(*, stderr: bool = False) -> Console:
    """Return a console that keeps its width readable in files and pipes."""
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console.width = 120
    return console


@contextmanager
def progress_bar(console: Console) -> Iterator[Callable[[Progress], None]]:
    """Show how a plan comes along: stage, parts, incumbent, bound, gap.

    Parameters
    ----------
    console : rich.console.Console
        A bar on a terminal, a line now and then elsewhere.

    Yields
    ------
    callable
        To pass as ``on_progress``.
    """
    if not console.is_terminal:
        yield _line_printer(console)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description:<15}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=console, transient=False) as bar:
        task = bar.add_task("reading", total=None, figures="")

        def show(progress: Progress) -> None:
            bar.update(
                task,
                description=_STAGES[progress.stage],
                completed=progress.parts_done,
                total=progress.parts_total,
                figures=_figures(progress),
            )

        yield show


def _line_printer(console: Console) -> Callable[[Progress], None]:
    """Return a callback that prints a line per stage, and now and then between."""
    last = {"at": 0.0, "stage": ""}

    def show(progress: Progress) -> None:
        now = time.monotonic()
        done = progress.stage == "proof" and progress.gap == 0
        if progress.stage != last["stage"] or done or now - float(last["at"]) > _QUIET_S:
            last.update(at=now, stage=progress.stage)
            parts = f"{progress.parts_done}/{progress.parts_total} parts"
            console.print(f"{_STAGES[progress.stage]}: {parts} {_figures(progress)}".rstrip())

    return show


def _figures(progress: Progress) -> str:
    """Return incumbent, bound and gap as far as they are known."""
    if progress.bound is None:
        return ""
    if progress.incumbent is None:
        return f"bound {progress.bound:,.0f}"
    return (
        f"best {progress.incumbent:,.0f}  bound {progress.bound:,.0f}  "
        f"gap {100 * (progress.gap or 0):.3f} %"
    )


def print_table(console: Console, title: str, rows: Iterable[Sequence[Any]]) -> None:
    """Print rows of a name and its values under a title."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console.print(table)


def print_faults(console: Console, faults: Sequence[Fault], *, most: int = 50) -> None:
    """Print faults one a line, errors first; the rest is counted."""
    ordered = sorted(faults, key=lambda f: f.severity != "error")
    for fault in ordered[:most]:
        console.print(f"  {fault.severity}: {fault}", markup=False, soft_wrap=True)
    if len(ordered) > most:
        console.print(f"  ... and {len(ordered) - most} more")


def plan_table(plan: Plan) -> list[tuple[str, str]]:
    """Return the key figures of a plan, in the order a planner asks for them."""
    report, metrics = plan.report, plan.report["metrics"]
    low = report["rules"]["partition"]["low"]
    high = report["rules"]["partition"]["high"]
    gap = report["gap"]
    wider = [p for p in report["parts"] if p["reason"]]
    rows = [
        ("courtyards", f"{metrics['n_courtyards']:,}"),
        ("governance grids", f"{metrics['n_grids']:,}"),
        ("communities", f"{metrics['n_communities']:,}, in {len(report['parts'])} parts"),
        ("households", f"{metrics['households']:,}, target {report['target']:.1f} per grid"),
        ("objective", f"{report['objective']:,.1f} household-metres"),
        ("bound", "none" if report["bound"] is None else f"{report['bound']:,.1f}"),
        ("gap", "unknown" if gap is None else f"{100 * gap:.4f} % ({report['status']})"),
        ("balance", f"CV {metrics['cv']:.3f}, {100 * metrics['share_within_20']:.1f} % within 20 %"),
        (
            "in the band",
            f"{100 * metrics['share_in_band']:.1f} % of grids have {low:g} to {high:g} T; "
            f"{len(wider)} parts needed a wider one",
        ),
        (
            "walk",
            f"mean {metrics['walk_mean_m']:.1f} m, longest {metrics['walk_max_m']:.0f} m",
        ),
    ]
    for layer, figures in metrics.get("pairings", {}).items():
        spread = ", ".join(f"{n} x {size}" for size, n in figures["grids_per_beat"].items())
        rows.append(
            (
                f"paired {layer}",
                f"{figures['n_grids']} grids with {figures['n_beats']} beats (beats x grids: "
                f"{spread}), {100 * figures['share_inside']:.1f} % of households inside, "
                f"mean {figures['distance_mean_m']:.0f} m",
            )
        )
    return rows
