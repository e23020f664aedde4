"""Read a ledger: every row of data is taken, mended by a named rule, or refused with the cause."""

from __future__ import annotations

import re
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from geogrid.errors import InputError
from geogrid.locale import LANGUAGES, phrases
from geogrid.sources.findings import Finding
from geogrid.sources.ledger.cells import Issue, RowReader
from geogrid.sources.ledger.columns import LedgerWords, refused
from geogrid.sources.ledger.doubles import IdMaker, doubles, going_on, parts_told
from geogrid.sources.ledger.heads import DEEPEST_HEAD, Head, find_head, is_numbering, nearest_head
from geogrid.sources.ledger.lines import why_no_row
from geogrid.sources.ledger.merged import rows_counted_once, shared_counts
from geogrid.sources.ledger.overviews import overview_rows
from geogrid.sources.ledger.places import Communities, community_key
from geogrid.sources.ledger.result import KINDS, Ledger, LedgerRow, TableTold
from geogrid.sources.ledger.unheaded import Unheaded
from geogrid.sources.tables import LEDGER_LIMITS, plain_head, read_sheets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from geogrid.sources.findings import Fate
    from geogrid.sources.ledger.places import Place
    from geogrid.sources.ledger.result import PassedOver, Why
    from geogrid.sources.tables import Sheet

__all__ = ["read_ledger"]

# what stands around a community's name in that of a sheet: 3. 香港路社区楼院台账
_AROUND_NAME = re.compile(
    r"^[0-9一二三四五六七八九十]{1,3}[、.．\s_-]+|(?:开放式)?(?:楼院|院落|小区)?"
    r"(?:台账|台帐|明细表?|统计表?|清单|名单|信息表?|摸底表?|登记表|表)$"
)
_LONGEST_HEAD = 40
# so many known heads in one line are those of another table
_LEAST_HEADS = 3
_COMMUNITY = re.compile("社区|居委|居民委")
# memory for texts met before
_MOST_KNOWN = 50_000
_FIELDS_OF_DOUBLES = {
    "duplicate_id": "courtyard_id",
    "same_address": "address",
    "other_count": "households",
    "parts_suspected": "households",
}
# gaps in a sheet are told row by row up to here
_MOST_GAPS = 10_000


def read_ledger(
    raw: bytes, *, name: str, communities: pd.DataFrame, words: LedgerWords | None = None
) -> Ledger:
    """Read a ledger of courtyards as an office keeps it.

    Parameters
    ----------
    raw : bytes
        .xlsx, .xls or CSV.
    name : str
        Of the file, for the findings.
    communities : DataFrame, n rows
        With ``community_code`` and ``name``.
    words : LedgerWords, optional
        What heads and cells mean; ours, if left out.

    Returns
    -------
    Ledger
        Every row of data with its verdict, and what was said of it.

    Raises
    ------
    InputError
        If the file cannot be read, no sheet has the heads that are needed, or ``words`` name a
        community that is not there; with ``words`` in both languages, and ``heads`` and
        ``missing`` where heads are the cause.
    """
    words = words or LedgerWords.ours()
    names = dict(
        zip(communities["community_code"].astype(str), communities["name"].astype(str), strict=True)
    )
    for text, code in words.communities.items():
        if code not in names:
            raise refused("words_community", place=text, code=code)
    reading = _Reading(name, words, Communities(names, words.communities))
    sheets = read_sheets(raw, LEDGER_LIMITS, tells_hidden=True)
    has_report = any(plain_head(sheet.name) in words.report_data for sheet in sheets)
    for sheet in sheets:
        if has_report and plain_head(sheet.name) in words.report_others:
            reading.passed.append((sheet.name, None, "report_sheet"))
        else:
            reading.take(sheet)
    if not reading.tables:
        raise reading.no_table(sheets)
    return reading.result()


class _Reading:
    """Take sheets one by one, then hold their rows against one another."""

    def __init__(self, file: str, words: LedgerWords, places: Communities) -> None:
        self.tables: list[TableTold] = []
        self.passed: list[PassedOver] = []
        self._file = file
        self._words = words
        self._places = places
        self._rows: list[LedgerRow] = []
        self._contents: list[tuple[str, ...]] = []
        self._made: list[bool] = []
        self._once: set[int] = set()
        self._idents = IdMaker()
        self._order: list[str] = []
        self._known_heads: dict[str, str | None] = {}
        # findings of the file and its sheets, and of each row by its place
        self._notes: list[Finding] = []
        self._findings: list[list[Finding]] = []

    def take(self, sheet: Sheet) -> None:
        """Read one sheet."""
        self._order.append(sheet.name)
        if sheet.is_hidden:
            self._note("sheet_hidden", sheet.name)
            self.passed.append((sheet.name, None, "hidden_sheet"))
            return
        if not sheet.rows:
            return
        numbers = sorted(sheet.rows)
        n_rows, n_tables = len(self._rows), len(self.tables)
        for place, what in self._lines(sheet, numbers):
            self.passed.append((sheet.name, numbers[place], what))
        if len(self.tables) == n_tables:
            self._note("sheet_without_table", sheet.name, **self._missing(sheet))
            del self.passed[-len(numbers) :]
            self.passed.append((sheet.name, None, "no_table"))
            return
        self._tell_gaps(sheet.name, numbers, self._rows[n_rows:])
        self._refuse_merged(sheet, n_rows)

    def _lines(self, sheet: Sheet, numbers: Sequence[int]) -> Iterator[tuple[int, Why]]:
        """Read the lines of a sheet; yield those that are no rows of data."""
        own = self._place_of(sheet.name)
        reader: RowReader | None = None
        head: Head | None = None
        is_other = False
        head_lines: set[tuple[str, ...]] = set()
        n_lines = len(numbers)
        place = 0
        while place < n_lines:
            cells = sheet.rows[numbers[place]]
            found = self._head_at(sheet, numbers, place, is_first=head is None)
            if found is not None:
                for above in range(place, found.last + 1):
                    yield above, "head"
                head_lines |= {tuple(sheet.rows[n]) for n in numbers[found.first : found.last + 1]}
                place = found.last + 1
                if head is None or found.columns != head.columns:
                    reader = self._begin(sheet, numbers, found, own)
                head, is_other = found, False
                if place < n_lines and is_numbering(sheet.rows[numbers[place]]):
                    yield place, "numbering"
                    place += 1
                continue
            if reader is None:
                yield place, "title"
            elif tuple(cells) in head_lines:
                yield place, "head"
            elif is_other or self._begins_another(cells, reader.table, numbers[place]):
                is_other = True
                yield place, "no_table"
            else:
                why = why_no_row(cells, reader.table)
                if why is None:
                    self._take_row(sheet, numbers[place], cells, reader)
                else:
                    if why == "section":
                        text = next(filter(None, cells))
                        reader.begin_section(
                            self._places.place(text),
                            is_community=bool(_COMMUNITY.search(text)),
                        )
                    yield place, why
            place += 1

    def _place_of(self, sheet: str) -> Place | None:
        """Return the community that a sheet is named after."""
        for name in dict.fromkeys((sheet, _AROUND_NAME.sub("", sheet))):
            place = self._places.place(name.strip()) if name.strip() else None
            # what only begins a name may be any word
            if (
                place
                and place.code
                and community_key(name) in {community_key(place.name), place.code}
            ):
                return place
        return None

    def _head_at(
        self, sheet: Sheet, numbers: Sequence[int], place: int, *, is_first: bool
    ) -> Head | None:
        """Return the heads whose uppermost row this is, if it is one."""
        for own in (place, place + 1):
            if own >= len(numbers) or (is_first and own >= DEEPEST_HEAD):
                break
            if is_first or self._may_be_head(sheet.rows[numbers[own]]):
                found = find_head(sheet, numbers, own, self._words)
                if found is not None and found.first == place:
                    return found
        return None

    def _may_be_head(self, cells: Sequence[str]) -> bool:
        """Say fast whether a line under heads may be heads again."""
        # no head of households, and none that must stand beside it, begins with a digit
        fields = {self._field(cell) for cell in cells if cell and not cell[0].isdigit()}
        return "households" in fields and len(fields - {None}) > 1

    def _begins_another(self, cells: Sequence[str], table: TableTold, row: int) -> bool:
        """Say whether a line heads a table that is no ledger, and tell of it."""
        is_another = self._heads_another(cells, table)
        if is_another:
            heads = ", ".join(filter(None, cells))
            self._note("table_other", table.sheet, heads=heads, row=str(row))
        return is_another

    def _heads_another(self, cells: Sequence[str], table: TableTold) -> bool:
        """Say whether a line heads a table that is no ledger: of companies, of persons."""
        told = [cell for cell in cells if cell]
        if len(told) < _LEAST_HEADS or any(len(cell) > _LONGEST_HEAD for cell in told):
            return False
        if not any(self._field(cell) for cell in told):
            return False
        # below heads of counts stand numbers
        counts = (
            cells[c] for c, f in table.columns.items() if f == "households" and c < len(cells)
        )
        if any(sign.isdigit() for cell in counts for sign in cell):
            return False
        words = self._words
        known = [c for c in told if self._field(c) or words.knows(c) or words.is_personal(c)]
        return len(known) >= _LEAST_HEADS and 2 * len(known) > len(told)

    def _field(self, text: str) -> str | None:
        known = self._known_heads
        if text not in known:
            # heads are short, and cells of a ledger many
            field = self._words.field_of(text) if len(text) <= _LONGEST_HEAD else None
            if len(known) >= _MOST_KNOWN:
                return field
            known[text] = field
        return known[text]

    def _begin(
        self, sheet: Sheet, numbers: Sequence[int], head: Head, own: Place | None
    ) -> RowReader:
        """Open a table under its heads, and tell what is not read of it."""
        words = self._words
        ignored: list[int] = []
        personal: list[int] = []
        row = numbers[head.last]
        for column, text in head.heads.items():
            if column in head.columns and column + 1 in sheet.hidden_columns:
                self._note("column_hidden", sheet.name, column=text)
            if column in head.columns or words.knows(text):
                continue
            is_personal = words.is_personal(text)
            (personal if is_personal else ignored).append(column)
            kind = "column_personal" if is_personal else "column_ignored"
            self._note(kind, sheet.name, column=text)
        shown = frozenset(column - 1 for column in sheet.percents)
        table = TableTold(
            sheet.name, row, head.columns, head.heads, tuple(ignored), tuple(personal), shown
        )
        below = numbers[head.last + 1 :]

        def column_texts(column: int) -> Iterator[str]:
            for number in below:
                cells = sheet.rows[number]
                if column < len(cells) and cells[column]:
                    yield cells[column]

        self.tables.append(table)
        self._unheaded = Unheaded(table, (sheet.rows[number] for number in below))
        reader = RowReader(table, words, self._places, own, column_texts)
        if own is not None and "community_code" not in head.columns.values():
            self._note("community_of_sheet", sheet.name, value=sheet.name, read=own.name)
        return reader

    def _take_row(self, sheet: Sheet, number: int, cells: Sequence[str], reader: RowReader) -> None:
        """Read one row of data."""
        row = reader.read(cells)
        values = row.values
        is_made = not reader.has_ids
        if is_made:
            row.ident = self._idents.make(values)
            if row.ident:
                values["courtyard_id"] = row.ident
            else:
                row.issues.append(Issue("id_missing", "courtyard_id", "", ""))
        taken = LedgerRow(
            sheet.name,
            number,
            tuple(cells),
            values,
            row.x,
            row.y,
            row.xy_written,
            table=len(self.tables) - 1,
        )
        for letters in self._unheaded.columns(cells):
            self._note("column_headless", sheet.name, column=letters)
        too_long = self._unheaded.too_long(cells)
        issues = [too_long, *row.issues] if too_long else row.issues
        findings = [self._finding(taken, issue, row.ident) for issue in issues]
        if number in sheet.hidden_rows:
            findings.append(self._finding(taken, Issue("row_hidden", "row", "", ""), row.ident))
        taken.verdict = _fate(findings)
        self._rows.append(taken)
        self._findings.append(findings)
        self._contents.append(row.contents)
        self._made.append(is_made)

    def _finding(self, row: LedgerRow, issue: Issue, ident: str) -> Finding:
        return Finding(
            issue.kind,
            KINDS[issue.kind],
            self._file,
            row.sheet,
            row.row,
            ident,
            issue.field,
            issue.column,
            issue.value,
            issue.told,
        )

    def _note(
        self, kind: str, sheet: str, *, column: str = "", value: str = "", **told: str
    ) -> None:
        """Say something of a whole sheet."""
        verdict, field = KINDS[kind], "file"
        self._notes.append(
            Finding(kind, verdict, self._file, sheet, None, "", field, column, value, told)
        )

    def _missing(self, sheet: Sheet) -> dict[str, str]:
        """Say what a sheet without a table has, and what it lacks."""
        near = nearest_head(sheet, self._words)
        heads = [] if near is None else list(near.heads.values())
        return {"heads": ", ".join(heads), "n": str(len(sheet.rows))}

    def no_table(self, sheets: Sequence[Sheet]) -> InputError:
        """Return the refusal of a file in which nothing is headed as a ledger is."""
        near = [found for s in sheets if s.rows and (found := nearest_head(s, self._words))]
        best = max(near, key=lambda head: len(head.columns), default=None)
        heads = [] if best is None else list(dict.fromkeys(best.heads.values()))
        told = set() if best is None else set(best.columns.values())
        missing = [n for n in ("households", "courtyard_id") if n not in told]
        if told & {"name", "address"}:
            missing = [n for n in missing if n != "courtyard_id"]
        frames = {one: phrases(one, "intake") for one in LANGUAGES}
        words = {
            one: frame["no_ledger_heads" if heads else "no_ledger"].format(
                heads=frame["and"].join(heads)
            )
            for one, frame in frames.items()
        }
        return InputError(words["en"], words=words, heads=heads, missing=missing)

    def _refuse_merged(self, sheet: Sheet, begin: int) -> None:
        """Refuse counts that stand in one cell for several courtyards of a sheet."""
        rows, contents = self._rows[begin:], self._contents[begin:]
        self._once.update(begin + n for n in rows_counted_once(sheet, rows, self.tables))
        for shared in shared_counts(sheet, rows, contents, self.tables):
            row = rows[shared.place]
            table = self.tables[row.table]
            told = {
                f"where_{one}": phrases(one, "intake")["where_rows"].format(
                    first=shared.first, last=shared.last
                )
                for one in LANGUAGES
            }
            field, head = table.columns[shared.column], table.heads[shared.column]
            issue = Issue("cell_merged", field, head, row.cells[shared.column], told)
            self._refuse(begin + shared.place, issue)

    def _refuse(self, place: int, issue: Issue) -> None:
        """Refuse a row for what its own cells do not tell."""
        row = self._rows[place]
        ident = str(row.values.get("courtyard_id", ""))
        self._findings[place].append(self._finding(row, issue, ident))
        row.verdict = "rejected"

    def _tell_gaps(self, sheet: str, numbers: Sequence[int], rows: Sequence[LedgerRow]) -> None:
        """List the empty rows between rows of data."""
        if not rows:
            return
        filled = set(numbers)
        gaps = (
            number
            for above, below in pairwise(rows)
            for number in range(above.row + 1, below.row)
            if number not in filled
        )
        self.passed += [(sheet, number, "blank") for number in islice(gaps, _MOST_GAPS)]

    def result(self) -> Ledger:
        """Hold the rows against one another, and gather everything."""
        rows, findings = self._rows, self._findings
        parts = parts_told(rows, self.tables, self._words)
        parts = [("", "") if place in self._once else part for place, part in enumerate(parts)]
        found = list(doubles(rows, self._contents, self._made, parts))
        gone = {place for place, _, _ in found} | self._once
        more = going_on(rows, self._made, self.tables)
        for place, kind, other in (*found, *(one for one in more if one[0] not in gone)):
            row, first = rows[place], rows[other]
            told = _where(first)
            field = _FIELDS_OF_DOUBLES.get(kind, "row")
            table = self.tables[row.table]
            value = str(row.values.get("courtyard_id" if field == "row" else field, ""))
            issue = Issue(kind, field, table.head(field), value, told)
            self._refuse(place, issue)
        for place in overview_rows(rows, self.tables):
            self._refuse(place, Issue("community_overview", "row", "", ""))
        if any(self._made):
            n_made = sum(self._made)
            self._note("id_made", "", n=str(n_made))
        order = {sheet: place for place, sheet in enumerate(self._order)}
        passed = sorted(self.passed, key=lambda p: (order.get(p[0], -1), p[1] or 0))
        return Ledger(
            self._file,
            tuple(rows),
            (*self._notes, *(finding for of_row in findings for finding in of_row)),
            tuple(self.tables),
            tuple(passed),
            not all(self._made),
            self._words,
        )


def _where(row: LedgerRow) -> dict[str, str]:
    """Name a row in both languages."""
    told = {}
    for one in LANGUAGES:
        key = "where_sheet" if row.sheet else "where"
        told[f"where_{one}"] = phrases(one, "intake")[key].format(sheet=row.sheet, row=row.row)
    return told


def _fate(findings: Sequence[Finding]) -> Fate:
    verdicts = {finding.verdict for finding in findings}
    return "rejected" if "rejected" in verdicts else "mended" if "mended" in verdicts else "taken"
