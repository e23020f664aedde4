"""Reject report: the rows that an import left out, with cause and cure, ready to be corrected.

As an Excel workbook it is imported again as it is, once its cells are corrected; as a page it is
read on a phone or printed; as JSON other programs read it. What columns about persons hold is in
none of them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geogrid.errors import InputError
from geogrid.files import replacing
from geogrid.locale import LANGUAGES
from geogrid.sources.names import kind_name
from geogrid.sources.reject_report.rows import Report

if TYPE_CHECKING:
    import datetime as dt

    from geogrid.sources.findings import Finding
    from geogrid.sources.intake.imported import Import

__all__ = ["write_reject_report"]

# of the JSON form; another number where a key changes its meaning
_SCHEMA = 1
_SUFFIXES = (".xlsx", ".html", ".json")


def write_reject_report(imported: Import, path: Path | str, *, day: dt.date | None = None) -> Path:
    """Write what came of an import, in the form that the file's suffix names.

    Parameters
    ----------
    imported : Import
        What came of it.
    path : Path or str
        To write: .xlsx, to be corrected and imported again; .html, to be read and printed;
        .json, for programs.
    day : date, optional
        When the import was made, for the report to tell.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the suffix is none of these.
    StorageError
        If the file cannot be written; an older one stays as it was.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        msg = f"A report is an Excel workbook, a page or JSON: {path.name} ends with none of "
        raise InputError(msg + ", ".join(_SUFFIXES) + ".", path=str(path))
    report = Report.of(imported, day=day)
    with replacing(path) as aside:
        if suffix == ".json":
            text = json.dumps(_report_json(report), ensure_ascii=False, indent=1)
            aside.write_text(_encodable(text), encoding="utf-8")
        elif suffix == ".html":
            from geogrid.sources.reject_report.page import report_page

            aside.write_text(_encodable(report_page(report)), encoding="utf-8")
        else:
            from geogrid.sources.reject_report.workbook import report_workbook

            aside.write_bytes(report_workbook(report))
    return path


def _report_json(report: Report) -> dict[str, Any]:
    """Return a report for programs.

    Parameters
    ----------
    report : Report
        What it tells.

    Returns
    -------
    dict
        ``schema``; whether the data is ``synthetic``; ``tally``; ``kinds`` with their
        counts; ``rows`` that were left out, their cells by head and findings; every one of
        the ``findings``, in both languages;
        ``systems`` by layer; ``changes`` of an update, or null.
    """
    imported, told = report.imported, report.imported.tally
    changes = imported.changes
    return {
        "schema": _SCHEMA,
        "made": report.day.isoformat() if report.day else None,
        "synthetic": imported.is_synthetic,
        "files": list(report.files),
        "tally": {
            "read": told.read,
            "taken": told.taken,
            "mended": told.mended,
            "rejected": told.rejected,
        },
        "kinds": [
            {
                "kind": one.kind,
                "verdict": one.verdict,
                "name": {language: kind_name(one.kind, language) for language in LANGUAGES},
                "n_findings": one.n_findings,
                "n_rows": one.n_rows,
                "n_first": one.n_first,
            }
            for one in report.kinds
        ],
        "rows": [
            {
                "file": row.key[0],
                "sheet": row.key[1],
                "row": row.key[2],
                "ident": row.ident,
                "cells": [list(pair) for pair in zip(table.heads, row.cells, strict=True)],
                "findings": [_finding_json(one) for one in row.findings],
            }
            for table in report.tables
            for row in table.rows
        ],
        "findings": [_finding_json(one) for one in imported.findings],
        "systems": {
            layer: {
                "system": one.system,
                "how": one.how,
                "evidence": [
                    {language: seen.words(language) for language in LANGUAGES}
                    for seen in one.evidence
                ],
            }
            for layer, one in imported.systems.items()
        },
        "changes": None
        if changes is None
        else {
            "added": list(changes.added),
            "changed": [
                {"courtyard_id": c.courtyard_id, "field": c.field, "old": c.old, "new": c.new}
                for c in changes.changed
            ],
            "n_unchanged": changes.n_unchanged,
            "missing": list(changes.missing),
            "dropped": changes.dropped,
        },
    }


def _finding_json(one: Finding) -> dict[str, Any]:
    """Return a finding for programs."""
    return {
        "kind": one.kind,
        "verdict": one.verdict,
        "file": one.file,
        "sheet": one.sheet,
        "row": one.row,
        "ident": one.ident,
        "field": one.field,
        "column": one.column,
        "value": one.value,
        "told": dict(one.told),
        "reason": {language: one.reason(language) for language in LANGUAGES},
        "remedy": {language: one.remedy(language) for language in LANGUAGES},
    }


def _encodable(text: str) -> str:
    """Return a text without halves of signs, which no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
