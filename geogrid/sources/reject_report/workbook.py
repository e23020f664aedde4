"""Reject report as an Excel workbook: rows to correct under their own heads, and what was mended.

The first sheets are tables as the reader of ledgers takes them: whoever corrects their cells
imports the file again as it is. Texts are written as texts, whatever they begin with.
"""

from __future__ import annotations

import datetime as dt
import io
import unicodedata
from typing import TYPE_CHECKING, Any

from geogrid.locale import LANGUAGES, phrases
from geogrid.sources.names import field_name, kind_name, layer_name, system_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from geogrid.sources.findings import Finding
    from geogrid.sources.intake.imported import Changes
    from geogrid.sources.reject_report.rows import Report, ReportTable

__all__ = ["report_workbook"]

_A4 = 9
# what a cell holds at most, and a sheet's name
_LONGEST_TEXT, _LONGEST_NAME = 32_000, 31
# widths in digits of the usual letter, of which a Chinese sign takes two
_LEAST_WIDTH, _MOST_WIDTH = 6, 30
_LOOKED_AT = 200
_REASON_WIDTH, _PLACE_WIDTH = 46, 22
_HINT_HEIGHT, _HEAD_HEIGHT = 32.0, 22.0
_COLOURS = {"head": "#E8EEF4", "told": "#F3F0E6", "fault": "#FFD9D2", "line": "#B7C0C8"}
_MOST_ROWS = 1_048_000


def report_workbook(report: Report) -> bytes:
    """Return a report as an Excel workbook.

    Parameters
    ----------
    report : Report
        What it tells.

    Returns
    -------
    bytes
        A sheet per table with rows to be corrected, one of what was mended, one of counts,
        and one of other layers where something of those was left out. No text becomes a
        formula or a link.
    """
    import xlsxwriter

    zh = phrases("zh", "reject_report")
    into = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(into, options) as book:
        made = report.day or dt.date(2000, 1, 1)
        book.set_properties({"title": zh["title"], "created": dt.datetime.combine(made, dt.time())})
        pen = _Pen(book)
        for number, table in enumerate(report.tables, start=1):
            name = zh["sheet_rejected"] + (str(number) if number > 1 else "")
            pen.rejected(name, table)
        if not report.tables:
            pen.rejected(zh["sheet_rejected"], None)
        pen.listed(
            zh["sheet_mended"],
            "mended",
            ([*_place(one), one.value, read, *_rule(one)] for one, read in report.mended),
            (20, 16, 7, 16, 14, 18, 18, 50, 50),
        )
        if report.others:
            pen.listed(
                zh["sheet_others"],
                "others",
                ([*_place(one), one.value, *_cause(one)] for one in report.others),
                (20, 16, 7, 16, 14, 18, 46, 40, 46, 40),
            )
        if report.imported.changes is not None:
            changes = _changes(report.imported.changes)
            pen.listed(zh["sheet_changes"], "changes", changes, (18, 12, 20, 30, 30))
        pen.summary(zh["sheet_summary"], report)
    return into.getvalue()


class _Pen:
    """Write the sheets of one workbook."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401 - a Workbook, which carries no types
        line = {"border": 1, "border_color": _COLOURS["line"], "valign": "top", "text_wrap": True}
        bold = {"bold": True, "valign": "vcenter", "align": "center"}
        self._book = book
        self._zh, self._en = (phrases(language, "reject_report") for language in LANGUAGES)
        self._cell = book.add_format(line)
        self._fault = book.add_format({**line, "bg_color": _COLOURS["fault"], "bold": True})
        self._told = book.add_format({**line, "bg_color": _COLOURS["told"]})
        self._head = book.add_format({**line, **bold, "bg_color": _COLOURS["head"]})
        self._told_head = book.add_format({**line, **bold, "bg_color": _COLOURS["told"]})
        self._title = book.add_format({"bold": True, "font_size": 14, "valign": "vcenter"})
        self._hint = book.add_format({"text_wrap": True, "valign": "vcenter"})
        self._number = book.add_format({**line, "num_format": "#,##0", "align": "right"})
        self._strong = book.add_format(
            {**line, "num_format": "#,##0", "align": "right", "bold": True}
        )

    def rejected(self, name: str, table: ReportTable | None) -> None:
        """Write rows to be corrected, their own heads first, then what is told of them."""
        heads = table.heads if table else ()
        rows = table.rows if table else ()
        told = [self._zh["head_reason"], self._zh["head_remedy"]]
        told += [self._en["head_reason"], self._en["head_remedy"], self._zh["head_place"]]
        sheet = self._sheet(name, 2)
        key = "hint_rejected" if rows else "hint_whole"
        sheet.set_row(0, _HINT_HEIGHT)
        sheet.write_string(0, 0, f"{self._zh[key]}  {self._en[key]}", self._title_of_rows())
        sheet.set_row(1, _HEAD_HEIGHT)
        for column, head in enumerate(heads):
            sheet.set_column(column, column, _width(head, rows, column))
            self._write(sheet, 1, column, head, self._head)
        for column, head in enumerate(told, start=len(heads)):
            is_place = column == len(heads) + len(told) - 1
            sheet.set_column(column, column, _PLACE_WIDTH if is_place else _REASON_WIDTH)
            self._write(sheet, 1, column, head, self._told_head)
        for number, row in enumerate(rows[:_MOST_ROWS], start=2):
            for column, text in enumerate(row.cells):
                form = self._fault if column in row.faults else self._cell
                self._write(sheet, number, column, text, form)
            for column, text in enumerate(_causes(row.findings), start=len(heads)):
                self._write(sheet, number, column, text, self._told)
            where = " · ".join(str(part) for part in row.key if part)
            self._write(sheet, number, len(heads) + len(told) - 1, where, self._told)
        # numbers stand as texts, as they were written: a spreadsheet need not mark them
        sheet.ignore_errors({"number_stored_as_text": f"A1:{_letters(len(heads))}1048576"})
        if rows:
            sheet.autofilter(1, 0, len(rows) + 1, len(heads) + len(told) - 1)

    def listed(
        self, name: str, key: str, rows: Iterable[Sequence[object]], widths: Sequence[int]
    ) -> None:
        """Write a list with a head for each column."""
        heads = self._zh[f"heads_{key}"].split("|")
        sheet = self._sheet(name, 1)
        sheet.set_row(0, _HEAD_HEIGHT)
        for column, (head, width) in enumerate(zip(heads, widths, strict=True)):
            sheet.set_column(column, column, width)
            self._write(sheet, 0, column, head, self._head)
        n_rows = 0
        for number, row in enumerate(rows, start=1):
            if number > _MOST_ROWS:
                break
            n_rows = number
            for column, value in enumerate(row):
                self._write(sheet, number, column, value, self._cell)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        if n_rows:
            sheet.autofilter(0, 0, n_rows, len(heads) - 1)

    def summary(self, name: str, report: Report) -> None:
        """Write the counts, and how each system is known."""
        sheet = self._sheet(name, 0)
        for column, width in enumerate((34, 34, 12, 12, 12, 60)):
            sheet.set_column(column, column, width)
        row = 0
        sheet.set_row(0, _HINT_HEIGHT)
        sheet.write_string(0, 0, f"{self._zh['title']}  {self._en['title']}", self._title)
        facts = [("file", " · ".join(report.files))]
        facts += [("day", report.day.isoformat())] if report.day else []
        if report.imported.is_synthetic:
            facts.append(("data", self._zh["synthetic"]))
        for row, (key, text) in enumerate(facts, start=1):
            self._pair(sheet, row, key, text)
        told = report.imported.tally
        row += 2
        for key in ("read", "taken", "mended", "rejected"):
            self._pair(sheet, row, key, getattr(told, key))
            row += 1
        sheet.write_string(row, 0, f"{self._zh['adds_up']}  {self._en['adds_up']}")
        row = self._kinds(sheet, row + 2, report)
        row = self._systems(sheet, row + 1, report)
        changes = report.imported.changes
        if changes is not None:
            figures = {
                "added": len(changes.added),
                "changed": changes.n_changed,
                "unchanged": changes.n_unchanged,
                "missing": len(changes.missing),
            }
            for number, (key, value) in enumerate(figures.items(), start=row + 1):
                self._pair(sheet, number, key, value)

    def _kinds(self, sheet: Any, row: int, report: Report) -> int:  # noqa: ANN401 - of xlsxwriter
        """Write the counts by kind, and return the row beneath them."""
        for column, head in enumerate(self._zh["heads_kinds"].split("|")):
            self._write(sheet, row, column, head, self._head)
        for verdict in ("rejected", "mended", "note"):
            kinds = [one for one in report.kinds if one.verdict == verdict]
            for one in kinds:
                row += 1
                names = [kind_name(one.kind, language) for language in LANGUAGES]
                values = [*names, one.n_findings, one.n_rows, one.n_first]
                for column, value in enumerate([*values, self._zh[f"verdict_{verdict}"]]):
                    self._write(sheet, row, column, value, self._cell)
            if kinds and verdict != "note":
                row += 1
                self._write(sheet, row, 0, self._zh["sum_of"], self._head)
                self._write(sheet, row, 1, self._en["sum_of"], self._head)
                # read again, a count must not need a program that computes
                n_first = sum(one.n_first for one in kinds)
                for column, value in ((2, sum(one.n_findings for one in kinds)), (4, n_first)):
                    self._write(sheet, row, column, value, self._strong)
        return row + 1

    def _systems(self, sheet: Any, row: int, report: Report) -> int:  # noqa: ANN401 - of xlsxwriter
        """Write each layer's system and how it is known, and return the row beneath them."""
        if not report.imported.systems:
            return row
        for column, head in enumerate(self._zh["heads_systems"].split("|")):
            self._write(sheet, row, column, head, self._head)
        for layer, told in report.imported.systems.items():
            row += 1
            names = [layer_name(layer, language) for language in LANGUAGES]
            self._write(sheet, row, 0, "  ".join(names), self._cell)
            self._write(sheet, row, 1, system_name(told.system, "zh"), self._cell)
            self._write(sheet, row, 2, self._zh[f"how_{told.how}"], self._cell)
            evidence = [one.words(language) for language in LANGUAGES for one in told.evidence]
            self._write(sheet, row, 5, "\n".join(evidence), self._cell)
        return row + 1

    def _sheet(self, name: str, n_head: int) -> Any:  # noqa: ANN401 - of xlsxwriter
        """Return a new sheet, ready to be printed on A4."""
        sheet = self._book.add_worksheet(name[:_LONGEST_NAME])
        sheet.freeze_panes(n_head, 0)
        if n_head:
            sheet.repeat_rows(0, n_head - 1)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&C&P / &N")
        return sheet

    def _title_of_rows(self) -> Any:  # noqa: ANN401 - of xlsxwriter
        """Return the form of the line above the heads."""
        return self._book.add_format({"bold": True, "valign": "vcenter"})

    def _pair(self, sheet: Any, row: int, key: str, value: object) -> None:  # noqa: ANN401 - of xlsxwriter
        """Write what something is called, in both languages, and its value."""
        self._write(sheet, row, 0, f"{self._zh[key]}  {self._en[key]}", self._cell)
        self._write(sheet, row, 1, value, self._cell)

    def _write(self, sheet: Any, row: int, column: int, value: object, form: Any) -> None:  # noqa: ANN401 - of xlsxwriter
        """Write a cell: numbers as numbers, everything else as text."""
        if isinstance(value, int):
            sheet.write_number(row, column, value, form if form is self._strong else self._number)
        elif value is None or value == "":
            sheet.write_blank(row, column, None, form)
        else:
            sheet.write_string(row, column, _clean(str(value)), form)


def _causes(findings: Iterable[Finding]) -> list[str]:
    """Return reasons and remedies, Chinese then English."""
    told = list(findings)
    texts = []
    for language in LANGUAGES:
        between = "；" if language == "zh" else " "
        reasons = dict.fromkeys(one.reason(language).rstrip("。；") for one in told)
        remedies = dict.fromkeys(one.remedy(language).rstrip("。；") for one in told)
        texts += [between.join(filter(None, reasons)), between.join(filter(None, remedies))]
    return texts


def _cause(one: Finding) -> list[str]:
    """Return a finding's reason and remedy, Chinese then English."""
    return [text for language in LANGUAGES for text in (one.reason(language), one.remedy(language))]


def _rule(one: Finding) -> list[str]:
    """Return by which rule something was mended, Chinese then English."""
    return [one.reason(language) for language in LANGUAGES]


def _place(one: Finding) -> list[object]:
    """Return where a finding is: file, sheet, row, identifier, head."""
    return [one.file, one.sheet, one.row, one.ident, one.column or field_name(one.field, "zh")]


def _changes(changes: Changes) -> Iterator[list[object]]:
    """Yield what an update did: courtyard, how, field, before, after."""
    zh = phrases("zh", "reject_report")
    for ident in changes.added:
        yield [ident, zh["change_added"], "", "", ""]
    for one in changes.changed:
        yield [
            one.courtyard_id,
            zh["change_changed"],
            field_name(one.field, "zh"),
            one.old,
            one.new,
        ]
    # after a list of some rows nearly everything is kept: the summary counts it
    told = len(changes.added) + changes.n_changed + changes.n_unchanged
    for ident in changes.missing if changes.dropped or len(changes.missing) <= told else ():
        yield [ident, zh["change_dropped" if changes.dropped else "change_missing"], "", "", ""]


def _clean(text: str) -> str:
    """Return a text that a cell can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")[:_LONGEST_TEXT]


def _width(head: str, rows: Sequence[Any], column: int) -> int:
    """Return the width that a column's texts need."""
    texts = [head, *(row.cells[column] for row in rows[:_LOOKED_AT])]
    widest = max(
        sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text[:_MOST_WIDTH])
        for text in texts
    )
    return min(max(widest + 2, _LEAST_WIDTH), _MOST_WIDTH)


def _letters(n_columns: int) -> str:
    """Return the letters of the last of some columns."""
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(max(n_columns - 1, 0)))
