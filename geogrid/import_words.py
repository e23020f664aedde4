"""What an import says when it is done: counts that add up, and loudly what was left out."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from geogrid.console import count_map, counts_text, make_console, print_table
from geogrid.locale import phrases
from geogrid.sources.names import kind_name, layer_name, system_name

if TYPE_CHECKING:
    from rich.console import Console

    from geogrid.district import District
    from geogrid.locale import Language
    from geogrid.sources.findings import Finding
    from geogrid.sources.intake import Changes, Import

__all__ = ["layer_counts", "print_import"]

# rows of one kind that are named; the report has them all
_MOST_ROWS = 12


def print_import(found: Import, language: Language) -> None:
    """Print the summary, and on the error stream what was rejected.

    Parameters
    ----------
    found : Import
        What came of it.
    language : {"zh", "en"}
        In which language.
    """
    say = phrases(language, "intake_dialogue")
    told = found.tally
    counts = {key: f"{getattr(told, key):,}" for key in ("read", "taken", "mended", "rejected")}
    rows = [(say["rows"], say["rows_line"].format(**counts))]
    title = say["systems"]
    for text in _system_lines(found, language):
        rows.append((title, text))
        title = ""
    for verdict in ("mended", "note"):
        title = say["mended" if verdict == "mended" else "notes"]
        for kind, count in found.counts(verdict).items():
            rows.append((title, _counted(found, kind, count, language)))
            title = ""
    if found.changes is not None:
        rows.append((say["changes"], _changes_text(found.changes, say)))
    print_table(make_console(), say["summary"], rows)
    if told.rejected:
        _print_rejected(make_console(stderr=True), found, language)


def _counted(found: Import, kind: str, count: int, language: Language) -> str:
    """Say how often a kind was found; of what is said once of a whole file, what it is."""
    (first, *more) = (one for one in found.findings if one.kind == kind)
    if not more and first.row is None:
        return first.reason(language)
    times = phrases(language, "intake_dialogue")["times"].format(count=f"{count:,}")
    return f"{times}  {kind_name(kind, language)}"


def layer_counts(district: District, language: Language) -> str:
    """Return how many rows each layer has, in a line.

    Parameters
    ----------
    district : District
        Any.
    language : {"zh", "en"}
        In which language its layers are called.

    Returns
    -------
    str
        In English by the names of their tables.
    """
    if language == "en":
        return counts_text(district)
    # what an import calls courtyards is the system of their coordinates
    own = {"courtyards": phrases(language, "intake_dialogue")["counted_courtyards"]}
    counts = count_map(district).items()
    return "，".join(
        f"{own.get(layer) or layer_name(layer, language)} {n:,}" for layer, n in counts
    )


def _system_lines(found: Import, language: Language) -> list[str]:
    """Return which layers are in which system, and how that is known; the same in one line."""
    known = phrases(language, "reject_report")
    layers: dict[tuple[str, str], list[str]] = {}
    for layer, told in found.systems.items():
        layers.setdefault((told.system, told.how), []).append(layer_name(layer, language))
    return [
        known["system_line"].format(
            system=system_name(system, language),
            layers=known["comma"].join(names),
            how=known[f"how_{how}"],
        )
        for (system, how), names in layers.items()
    ]


def _print_rejected(console: Console, found: Import, language: Language) -> None:
    """Say what was left out: by cause, how often, what to do, where."""
    say = phrases(language, "intake_dialogue")

    def line(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    line(say["rejected_head"].format(rejected=f"{found.tally.rejected:,}"))
    for kind, count in found.counts("rejected").items():
        some = [one for one in found.findings if one.kind == kind and one.verdict == "rejected"]
        first = some[0]
        told = {"reason": first.reason(language), "remedy": first.remedy(language)}
        form = say["rejected_kind" if count == 1 else "rejected_kind_many"]
        line("  " + form.format(count=f"{count:,}", **told))
        for text in _places(some, say):
            line(text)


def _places(some: list[Finding], say: dict[str, str]) -> list[str]:
    """Return where findings are, by sheet; the first rows of them."""
    listed = [one for one in some if one.row is not None]
    lines = []
    for sheet, own in groupby(listed[:_MOST_ROWS], key=lambda one: one.sheet):
        rows = ", ".join(dict.fromkeys(str(one.row) for one in own))
        form = say["rejected_where_sheet" if sheet else "rejected_where"]
        lines.append(form.format(sheet=sheet, rows=rows))
    more = len(listed) - _MOST_ROWS
    if more > 0 and lines:
        lines[-1] += say["rejected_more"].format(count=f"{more:,}")
    return lines


def _changes_text(changes: Changes, say: dict[str, str]) -> str:
    """Return what an update did, in a line."""
    return say["changes_line"].format(
        added=f"{len(changes.added):,}",
        changed=f"{changes.n_changed:,}",
        unchanged=f"{changes.n_unchanged:,}",
        missing=f"{len(changes.missing):,}",
        fate=say["missing_dropped" if changes.dropped else "missing_kept"],
    )
