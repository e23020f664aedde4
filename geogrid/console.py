"""What a command hands to people and programs: progress, summaries, faults, machine reports."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from geogrid.errors import InputError
from geogrid.progress import STAGES, progress_figures, terminal_bar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from geogrid.district import District, Fault
    from geogrid.plans.plan import Plan
    from geogrid.solve.options import Progress

__all__ = [
    "Tongue",
    "check_out",
    "count_map",
    "counts_text",
    "make_console",
    "need_api",
    "plan_table",
    "print_faults",
    "print_table",
    "progress_bar",
    "write_json",
]

# plain lines (no terminal) come at most this often
_QUIET_S = 2.0


class Tongue(StrEnum):
    """Name the languages that people read."""

    zh = "zh"
    en = "en"


def need_api(what: str, *modules: str) -> None:
    """Say what a command needs, if it is not there.

    Parameters
    ----------
    what : str
        The beginning of the sentence: ``Serving``.
    *modules : str
        What it imports of the extra ``api``.

    Raises
    ------
    InputError
        If one of them is missing.
    """
    from importlib.util import find_spec

    if any(find_spec(name) is None for name in modules):
        raise InputError(f"{what} needs the extra `api`: pip install 'geogrid[api]'.")


def check_out(out: Path) -> None:
    """Refuse an output that cannot be written before the work is done."""
    if out.suffix.lower() != ".gpkg" or out.is_dir():
        raise InputError(f"--out is {str(out)!r}; name a file that ends in .gpkg.")


def count_map(district: District) -> dict[str, int]:
    """Return how many rows each layer of a district has, without the empty ones."""
    return {name: len(table) for name, table in district.tables.items() if len(table)}


def counts_text(district: District) -> str:
    """Return the same in a line."""
    return ", ".join(f"{n:,} {name}" for name, n in count_map(district).items())


def write_json(path: Path | None, values: Mapping[str, Any]) -> None:
    """Write a machine report, if one was asked for; an old file stays until it is whole."""
    if path is None:
        return
    from geogrid.files import replacing

    with replacing(path) as aside:
        text = json.dumps(values, ensure_ascii=False, indent=2, allow_nan=False)
        aside.write_text(text + "\n", encoding="utf-8")


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
    with terminal_bar(console) as show:
        yield show


def _line_printer(console: Console) -> Callable[[Progress], None]:
    """Return a callback that prints a line per stage, and now and then between."""
    last_at, last_stage = 0.0, ""

    def show(progress: Progress) -> None:
        nonlocal last_at, last_stage
        now = time.monotonic()
        done = progress.stage == "proof" and progress.gap == 0
        if progress.stage != last_stage or done or now - last_at > _QUIET_S:
            last_at, last_stage = now, progress.stage
            what = "rules" if progress.stage == "conflict" else "parts"
            parts = f"{progress.parts_done}/{progress.parts_total} {what}"
            console.print(
                f"{STAGES[progress.stage]}: {parts} {progress_figures(progress)}".rstrip()
            )

    return show


def print_table(console: Console, title: str, rows: Iterable[Sequence[Any]]) -> None:
    """Print rows of a name and its values under a title."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    for row in rows:
        while len(table.columns) < len(row):
            # nothing is cut off, in a language without blanks either
            table.add_column(overflow="fold")
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
    band = report["rules"]["partition"]
    asked = [band["low"], band["high"]]
    wider = sum(part["band"] != asked for part in report["parts"])
    shares = {key: f"{100 * metrics[key]:.1f} %" for key in ("share_within_20", "share_in_band")}
    gap = "unknown" if report["gap"] is None else f"{100 * report['gap']:.4f} %"
    bound = "none" if report["bound"] is None else f"{report['bound']:,.1f}"
    in_band = f"{shares['share_in_band']} of grids have {band['low']:g} to {band['high']:g} T"
    walk = f"mean {metrics['walk_mean_m']:.1f} m, longest {metrics['walk_max_m']:.0f} m"
    rows = [
        ("courtyards", f"{metrics['n_courtyards']:,}"),
        ("governance grids", f"{metrics['n_grids']:,}"),
        ("communities", f"{metrics['n_communities']:,}, in {len(report['parts'])} parts"),
        ("households", f"{metrics['households']:,}, target {report['target']:.1f} per grid"),
        ("objective", f"{report['objective']:,.1f} household-metres"),
        ("bound", bound),
        ("gap", f"{gap} ({report['status']})"),
        ("balance", f"CV {metrics['cv']:.3f}, {shares['share_within_20']} within 20 % of T"),
        ("band", f"{in_band}; parts with a wider one: {wider}"),
        ("walk", walk),
    ]
    rows += _continuity_rows(report.get("continuity"))
    for layer, figures in metrics.get("pairings", {}).items():
        spread = ", ".join(f"{n} with {size}" for size, n in figures["grids_per_beat"].items())
        rows.append((f"paired {layer}", f"{figures['n_grids']} with {figures['n_beats']} beats"))
        rows.append(("", f"grids per beat: {spread}"))
        inside = f"{100 * figures['share_inside']:.1f} % of households inside their lead beat"
        rows.append(("", f"{inside}, mean walk {figures['distance_mean_m']:.0f} m"))
    return rows


def _continuity_rows(found: dict[str, Any] | None) -> list[tuple[str, str]]:
    """Return what a plan keeps of the layout before, if there was one."""
    if found is None:
        return []
    moved = f"{found['n_moved']:,} of {found['n_courtyards']:,} courtyards moved"
    new = f"; {found['n_new_courtyards']:,} are new" if found["n_new_courtyards"] else ""
    gone = f"; {len(found['gone_courtyards']):,} are gone" if found["gone_courtyards"] else ""
    n_kept = len(found["codes_kept"])
    renamed = len(found["carried_on"]) - n_kept
    codes = [f"{n_kept:,} kept"]
    if renamed:
        codes.append(f"{renamed:,} renumbered")
    codes += [f"{len(found['codes_ended']):,} ended", f"{len(found['codes_new']):,} new"]
    return [
        ("layout before", f"{100 * found['share_staying']:.1f} % of households stay"),
        ("", f"{moved}{new}{gone}"),
        ("grid codes", ", ".join(codes)),
    ]
