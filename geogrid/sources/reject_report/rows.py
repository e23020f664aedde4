"""Rows that an import left out, gathered under their own heads, with counts that add up."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geogrid.locale import phrases
from geogrid.sources.spelling import plain_word
from geogrid.sources.tables import plain_head

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from geogrid.sources.findings import Finding, RowKey, Verdict
    from geogrid.sources.intake import Import
    from geogrid.sources.ledger import Ledger, LedgerRow, TableTold

__all__ = [
    "Report",
    "ReportRow",
    "ReportTable",
]

_VERDICTS: tuple[Verdict, ...] = ("rejected", "mended", "note")
_PLACE = frozenset({"x", "y", "xy", "geometry"})
_COMMUNITY = "community_code"
# a mobile telephone's number, and that of a person's identity card with its date of birth
_OF_PERSONS = re.compile(
    r"(?<![\d.])(?:(?P<phone>[1１][3-9３-９]\d)([- ]?)\d{4}\2(?P<end>\d{4})"
    r"|(?P<card>[1-9１-９]\d{5})[12１２]\d{10}[\dXxＸｘ])(?![\d.])"
)
_SHORTEST = 11
# numbers of the place itself
_NOT_OF_PERSONS = frozenset({"courtyard_id", "previous_grid", "beat_id", "x", "y", "xy"})
# so that not every cell is looked up
_LONGEST_DITTO = 8


@dataclass(frozen=True, slots=True)
class ReportRow:
    """Hold a row that is to be corrected.

    Parameters
    ----------
    key : (str, str, int)
        File, sheet and number of the row.
    ident : str
        Its identifier, if it has one.
    cells : tuple of str
        As written, under the heads of its table.
    faults : frozenset of int
        Places in ``cells`` of those at fault.
    findings : tuple of Finding
        Why it was left out.
    """

    key: RowKey
    ident: str
    cells: tuple[str, ...]
    faults: frozenset[int]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ReportTable:
    """Hold rows to be corrected that have the same heads.

    Parameters
    ----------
    heads : tuple of str
        As written.
    rows : tuple of ReportRow
        In the order of the sources.
    """

    heads: tuple[str, ...]
    rows: tuple[ReportRow, ...]


@dataclass(frozen=True, slots=True)
class KindCount:
    """Count the findings of a kind.

    Parameters
    ----------
    kind : str
        Which.
    verdict : {"note", "mended", "rejected"}
        What became of the rows by it.
    n_findings, n_rows : int
        Findings, and rows of ledgers that have one.
    n_first : int
        Rows of which it is the first: over the kinds of a verdict they add up to its rows.
    """

    kind: str
    verdict: Verdict
    n_findings: int
    n_rows: int
    n_first: int


@dataclass(frozen=True)
class Report:
    """Hold what a report tells, whatever its form.

    Parameters
    ----------
    imported : Import
        What came of the import.
    day : date or None
        When it was made.
    tables : tuple of ReportTable
        Rows of ledgers to be corrected.
    others : tuple of Finding
        Causes of rejection outside the ledgers: rows of other layers, whole files.
    mended : tuple of (Finding, str)
        What was read otherwise than written, with what was read.
    kinds : tuple of KindCount
        Rejections first, the most frequent first.
    """

    imported: Import
    day: dt.date | None
    tables: tuple[ReportTable, ...]
    others: tuple[Finding, ...]
    mended: tuple[tuple[Finding, str], ...]
    kinds: tuple[KindCount, ...]

    @classmethod
    def of(cls, imported: Import, *, day: dt.date | None = None) -> Report:
        """Gather what a report tells.

        Parameters
        ----------
        imported : Import
            What came of an import.
        day : date, optional
            When it was made; as the caller knows it.

        Returns
        -------
        Report
            Nothing of columns about persons is in it; numbers of telephones and identity cards
            in other columns are masked.
        """
        imported = replace(imported, findings=tuple(map(_masked, imported.findings)))
        by_row: dict[RowKey, list[Finding]] = {}
        for one in imported.findings:
            if one.verdict == "rejected" and one.key is not None:
                by_row.setdefault(one.key, []).append(one)
        tables, values = _gathered(imported.ledgers, by_row)
        listed = {row.key for table in tables for row in table.rows}
        # a row that was left out is not mended, whatever was found in it
        told = [
            one for one in imported.findings if one.verdict != "mended" or one.key not in by_row
        ]
        return cls(
            imported=imported,
            day=day,
            tables=tables,
            others=tuple(
                one for one in told if one.verdict == "rejected" and one.key not in listed
            ),
            mended=tuple((one, _read_as(one, values)) for one in told if one.verdict == "mended"),
            kinds=_counted(told, {*listed, *values}),
        )

    @property
    def files(self) -> tuple[str, ...]:
        """Return the ledgers' names."""
        return tuple(dict.fromkeys(str(one.file) for one in self.imported.ledgers))


def _gathered(
    ledgers: Iterable[Ledger], by_row: Mapping[RowKey, list[Finding]]
) -> tuple[tuple[ReportTable, ...], dict[RowKey, Mapping[str, object]]]:
    """Return the rejected rows by their heads, and what was read of every other row."""
    gathered: dict[tuple[str, ...], list[ReportRow]] = {}
    values: dict[RowKey, Mapping[str, object]] = {}
    for ledger in ledgers:
        shown = [_Shown(ledger, table) for table in ledger.tables]
        for row in ledger.rows:
            key = (ledger.file, row.sheet, row.row)
            table = shown[row.table]
            cells = table.cells(row)
            findings = by_row.get(key)
            if findings is None:
                values[key] = row.values
                continue
            if table.is_by_sheet:
                cells.append(_community(row, findings))
            told = ReportRow(
                key=key,
                ident=next((one.ident for one in findings if one.ident), ""),
                cells=tuple(cells),
                faults=_faults(findings, table.heads, table.fields),
                findings=tuple(findings),
            )
            gathered.setdefault(table.heads, []).append(told)
    tables = tuple(ReportTable(heads, tuple(rows)) for heads, rows in gathered.items())
    return tables, values


class _Shown:
    """Say what a report shows of a table.

    Parameters
    ----------
    ledger : Ledger
        Whose table it is.
    table : TableTold
        With its heads.
    """

    def __init__(self, ledger: Ledger, table: TableTold) -> None:
        words = ledger.words
        self._columns = [
            column
            for column, head in sorted(table.heads.items())
            # a report that was imported gets its own columns anew
            if column not in table.personal and plain_head(head) not in words.report
        ]
        self._ditto = words.ditto
        self._above: dict[int, str] = {}
        # a sheet's name that stands for a community is lost with the sheet
        self.is_by_sheet = _COMMUNITY not in table.columns.values()
        more = (phrases("zh", "reject_report")["community"],) if self.is_by_sheet else ()
        self.heads = (*(table.heads[column] for column in self._columns), *more)
        self.fields = [table.columns.get(column, "") for column in self._columns]

    def cells(self, row: LedgerRow) -> list[str]:
        """Return a row's cells; one that says "as above" says what stands there."""
        cells = []
        for column, field in zip(self._columns, self.fields, strict=True):
            text = row.cells[column] if column < len(row.cells) else ""
            if field not in _NOT_OF_PERSONS:
                text = _without_persons(text)
            if text:
                # in the report other rows stand above it
                if len(text) <= _LONGEST_DITTO and plain_word(text) in self._ditto:
                    text = self._above.get(column, text)
                self._above[column] = text
            cells.append(text)
        return cells


def _without_persons(text: str) -> str:
    """Return a text in which no number leads to a person."""
    if len(text) < _SHORTEST:
        return text
    return _OF_PERSONS.sub(
        lambda found: (
            f"{found['phone']}****{found['end']}"
            if found["phone"]
            else f"{found['card']}{'*' * 12}"
        ),
        text,
    )


def _masked(finding: Finding) -> Finding:
    """Return a finding that names no number of a person."""
    if finding.field in _NOT_OF_PERSONS:
        return finding
    value = _without_persons(finding.value)
    told = {name: _without_persons(text) for name, text in finding.told.items()}
    if value == finding.value and told == finding.told:
        return finding
    return replace(finding, value=value, told=told)


def _community(row: LedgerRow, findings: Iterable[Finding]) -> str:
    """Return the community of a row whose sheet may tell it."""
    told = next((one.value for one in findings if one.field == _COMMUNITY and one.value), "")
    return told or str(row.values.get(_COMMUNITY, "") or "")


def _faults(
    findings: Iterable[Finding], heads: Sequence[str], fields: Sequence[str]
) -> frozenset[int]:
    """Return which cells of a row are at fault."""
    found: set[int] = set()
    for one in findings:
        named = [place for place, head in enumerate(heads) if one.column and head == one.column]
        # a place may be told in two columns or in one
        same = _PLACE if one.field in _PLACE else {one.field}
        found.update(named or [place for place, name in enumerate(fields) if name in same])
    return frozenset(found)


def _read_as(finding: Finding, values: Mapping[RowKey, Mapping[str, object]]) -> str:
    """Return what was read where something else is written."""
    told = finding.told.get("read")
    if told is None and finding.key is not None:
        row = values.get(finding.key, {})
        told = str(row.get(finding.field, ""))
    return told or ""


def _counted(findings: Iterable[Finding], rows: Collection[RowKey]) -> tuple[KindCount, ...]:
    """Count findings by kind; only some rows count."""
    seen: dict[tuple[Verdict, str], set[RowKey]] = {}
    n_findings: Counter[tuple[Verdict, str]] = Counter()
    n_first: Counter[tuple[Verdict, str]] = Counter()
    begun: set[tuple[Verdict, RowKey]] = set()
    for one in findings:
        key = (one.verdict, one.kind)
        n_findings[key] += 1
        of_kind = seen.setdefault(key, set())
        row = one.key
        if row is None or row not in rows:
            continue
        of_kind.add(row)
        if (one.verdict, row) not in begun:
            begun.add((one.verdict, row))
            n_first[key] += 1
    order = sorted(seen, key=lambda key: (_VERDICTS.index(key[0]), -n_findings[key], key[1]))
    return tuple(
        KindCount(kind, verdict, n_findings[key], len(seen[key]), n_first[key])
        for key in order
        for verdict, kind in (key,)
    )
