"""Reject report as one page that needs nothing else: read on a phone, filtered by kind, printed.

Chinese stands first and English a click away; both are in the page. It has one style and one
script of ours, named by their hash, and may fetch nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from geogrid.locale import LANGUAGES, phrases
from geogrid.sources.names import field_name, kind_name, layer_name, system_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geogrid.sources.findings import Finding
    from geogrid.sources.reject_report.rows import Report, ReportRow, ReportTable

__all__ = ["report_page"]

# entries of each part: a phone lays out no more; the workbook has all
_MOST_SHOWN = 2_000


def report_page(report: Report) -> str:
    """Return a report as a page.

    Parameters
    ----------
    report : Report
        What it tells.

    Returns
    -------
    str
        HTML 5. Everything of the files is escaped; nothing in it refers to another file.
    """
    imported = report.imported
    style, script = _asset("report.css"), _asset("report.js")
    policy = f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}"
    mark = f' <span class="mark">{_both("synthetic")}</span>' if imported.is_synthetic else ""
    day = f' <span class="day">{report.day.isoformat()}</span>' if report.day else ""
    parts = [
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(phrases('zh', 'reject_report')['title'])}</title>",
        f"<style>{style}</style></head><body><main>",
        f"<header><div><h1>{_both('title')}</h1>",
        f"<p>{escape(' · '.join(report.files))}{day}{mark}</p></div>",
        '<button type="button" id="language" lang="en" aria-pressed="false">English</button>',
        "</header>",
        _figures(report),
        _changes(report),
        _rejected(report),
        _mended(report),
        _notes(report),
        _systems(report),
        f"</main><script>{script}</script></body></html>\n",
    ]
    return "".join(parts)


def _asset(name: str) -> str:
    return (
        files("geogrid.sources.reject_report").joinpath("assets", name).read_text(encoding="utf-8")
    )


def _hash(text: str) -> str:
    """Return how a policy names a style or script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _in_both(texts: Sequence[str]) -> str:
    """Return a text in both languages, of which the page shows one."""
    zh, en = map(escape, texts)
    return f'<span class="zh">{zh}</span><span class="en" lang="en">{en}</span>'


def _both(key: str, **values: object) -> str:
    """Return a phrase in both languages."""
    return _in_both(
        [phrases(language, "reject_report")[key].format(**values) for language in LANGUAGES]
    )


def _figures(report: Report) -> str:
    """Return the counts, and a bar of their shares."""
    told = report.imported.tally
    signs = {"read": "", "taken": "=", "mended": "+", "rejected": "+"}
    shown = "".join(
        f'<div class="figure {key}"><i aria-hidden="true">{sign}</i>'
        f"<b>{getattr(told, key):,}</b>{_both(key)}</div>"
        for key, sign in signs.items()
    )
    # whole shares as classes would need a rule each: an SVG takes numbers
    x, bars = 0.0, []
    for key in ("taken", "mended", "rejected"):
        width = 100 * getattr(told, key) / told.read if told.read else 0
        bars.append(f'<rect class="{key}" x="{x:.3f}" y="0" width="{width:.3f}" height="1"/>')
        x += width
    box = '<svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
    bar = f"{box}{''.join(bars)}</svg>"
    return f'<section class="figures">{shown}{bar}<p class="aside">{_both("adds_up")}</p></section>'


def _changes(report: Report) -> str:
    """Return what an update did to its district, in one line."""
    changes = report.imported.changes
    if changes is None:
        return ""
    figures = {
        "added": len(changes.added),
        "changed": changes.n_changed,
        "unchanged": changes.n_unchanged,
        "missing": len(changes.missing),
    }
    shown = "".join(f"<li>{_both(key)} <b>{n:,}</b></li>" for key, n in figures.items())
    return f'<ul class="changes">{shown}</ul>'


def _systems(report: Report) -> str:
    """Return each layer's system and how it is known."""
    rows = []
    for layer, told in report.imported.systems.items():
        evidence = "".join(
            f"<li>{_in_both([one.words(language) for language in LANGUAGES])}</li>"
            for one in told.evidence
        )
        names = [layer_name(layer, language) for language in LANGUAGES]
        systems = [system_name(told.system, language) for language in LANGUAGES]
        rows.append(
            f"<li><b>{_in_both(names)}</b> {_in_both(systems)} · {_both(f'how_{told.how}')}"
            + (f"<ul>{evidence}</ul>" if evidence else "")
            + "</li>"
        )
    if not rows:
        return ""
    return f'<section class="systems"><h2>{_both("systems")}</h2><ul>{"".join(rows)}</ul></section>'


def _rejected(report: Report) -> str:
    """Return the rows to be corrected, then what else was left out."""
    rows = [(table, row) for table in report.tables for row in table.rows]
    if not rows and not report.others:
        return f'<section><p class="whole">{_both("hint_whole")}</p></section>'
    shown = [_row(table, row) for table, row in rows[:_MOST_SHOWN]]
    findings = [one for _, row in rows for one in row.findings]
    parts = [_section("rejected", findings, shown, len(rows), hint="hint_page")] if rows else []
    if report.others:
        shown = [_other(one) for one in report.others[:_MOST_SHOWN]]
        parts.append(_section("others", report.others, shown, len(report.others)))
    return "".join(parts)


def _mended(report: Report) -> str:
    """Return what was read otherwise than written."""
    shown = [_change(one, read) for one, read in report.mended[:_MOST_SHOWN]]
    findings = [one for one, _ in report.mended]
    return _section("mended", findings, shown, len(findings)) if shown else ""


def _notes(report: Report) -> str:
    """Return what was taken, but is worth a look."""
    notes = [one for one in report.imported.findings if one.verdict == "note"]
    shown = [_note(one) for one in notes[:_MOST_SHOWN]]
    return _section("note", notes, shown, len(notes)) if shown else ""


def _section(
    verdict: str, findings: Iterable[Finding], shown: Sequence[str], n_all: int, *, hint: str = ""
) -> str:
    """Return a part of the page with a button per kind."""
    buttons = "".join(
        f'<button type="button" data-kind="{escape(kind)}" aria-pressed="false">'
        f"{_in_both([kind_name(kind, language) for language in LANGUAGES])} <b>{n:,}</b></button>"
        for kind, n in Counter(one.kind for one in findings).most_common()
    )
    every = f'<button type="button" data-kind="" aria-pressed="true">{_both("every")}</button>'
    n = _both("n_rows" if verdict == "rejected" else "n_findings", n=f"{n_all:,}")
    more = f'<p class="aside">{_both("more", n=f"{n_all - len(shown):,}")}</p>'
    return (
        f'<section class="list {verdict}"><h2>{_both(f"verdict_{verdict}")} <b>{n}</b></h2>'
        + (f'<p class="aside">{_both(hint)}</p>' if hint else "")
        + f'<nav class="kinds">{every}{buttons}</nav>'
        + "".join(shown)
        + (more if n_all > len(shown) else "")
        + "</section>"
    )


def _row(table: ReportTable, row: ReportRow) -> str:
    """Return a row of a ledger that was left out."""
    cells = list(zip(table.heads, row.cells, strict=True))
    faults = "".join(
        _cell(escape(cells[place][0]), cells[place][1]) for place in sorted(row.faults)
    )
    whole = "".join(
        f"<div{' class=fault' if place in row.faults else ''}><dt>{escape(head)}</dt>"
        f"<dd>{escape(text) or '—'}</dd></div>"
        for place, (head, text) in enumerate(cells)
    )
    # heads of names differ: the first cells of a row tell which one it is
    title = " · ".join(dict.fromkeys(text for _, text in cells[:3] if text))
    return (
        _article([one.kind for one in row.findings], _where(*row.key), title)
        + (f'<p class="cells">{faults}</p>' if faults else "")
        + "".join(_told(one) for one in row.findings)
        + f"<details><summary>{_both('whole_row')}</summary><dl>{whole}</dl></details></article>"
    )


def _other(one: Finding) -> str:
    """Return something that was left out, and is no row of a ledger."""
    cell = f'<p class="cells">{_cell(_head(one), one.value)}</p>' if one.value else ""
    place = _where(one.file, one.sheet, one.row)
    return _article([one.kind], place, one.ident) + cell + _told(one) + "</article>"


def _change(one: Finding, read: str) -> str:
    """Return something that was read otherwise than written."""
    as_read = (
        f'<span class="to">→</span><span class="cell good">{escape(read)}</span>' if read else ""
    )
    return (
        _article([one.kind], _where(one.file, one.sheet, one.row), one.ident)
        + f'<p class="cells">{_cell(_head(one), one.value)}{as_read}</p>'
        + _told(one)
        + "</article>"
    )


def _note(one: Finding) -> str:
    """Return something that is worth a look."""
    place = _where(one.file, one.sheet, one.row)
    return _article([one.kind], place, one.ident) + _told(one) + "</article>"


def _article(kinds: Iterable[str], place: str, title: str) -> str:
    """Return the beginning of an entry."""
    names = escape(" ".join(dict.fromkeys(kinds)))
    return f'<article data-kinds="{names}"><h3>{place}<b>{escape(title)}</b></h3>'


def _where(file: str, sheet: str, row: int | None) -> str:
    """Return where something is."""
    number = _both("row_number", row=row) if row is not None else ""
    return f'<span class="place">{" · ".join(filter(None, (number, escape(sheet or file))))}</span>'


def _head(one: Finding) -> str:
    """Return the head of the cell that a finding is about, as HTML."""
    names = [field_name(one.field, language) for language in LANGUAGES]
    return escape(one.column) if one.column else _in_both(names)


def _cell(head: str, text: str) -> str:
    """Return a cell with its head, which is HTML."""
    return f'<span class="cell"><small>{head}</small>{escape(text) or "—"}</span>'


def _told(one: Finding) -> str:
    """Return what is said of a row, and what to do."""
    reason = _in_both([one.reason(language) for language in LANGUAGES])
    remedies = [one.remedy(language) for language in LANGUAGES]
    cure = f'<p class="cure">{_in_both(remedies)}</p>' if any(remedies) else ""
    return f'<div class="told"><p>{reason}</p>{cure}</div>'
