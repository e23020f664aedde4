"""Read the cells of one row by the heads above them."""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.district import TABLES
from geogrid.locale import LANGUAGES, phrases
from geogrid.sources.addresses import plain_address
from geogrid.sources.ledger.counts import CountGrammar
from geogrid.sources.ledger.places import community_key
from geogrid.sources.ledger.positions import read_coordinate, split_pair
from geogrid.sources.ledger.shares import bare_share, read_share
from geogrid.sources.ledger.values import NOTHING, Cell, clean, read_ident, read_text, trouble
from geogrid.sources.ledger.years import read_year
from geogrid.sources.spelling import plain_word
from geogrid.sources.tables import plain_head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from geogrid.sources.ledger.columns import LedgerWords
    from geogrid.sources.ledger.places import Communities, Place
    from geogrid.sources.ledger.result import TableTold

    Read = Callable[[str], Cell]

__all__ = ["COUNTS", "Issue", "Row", "RowReader", "listed"]

_COLUMNS = {column.name: column for column in TABLES["courtyards"].columns}
COUNTS = frozenset({"households", "n_buildings", "n_entrances"})
_YEARS = frozenset({"year_built", "renovated_year"})
_IDENTS = frozenset({"courtyard_id", "previous_grid", "beat_id"})
_TEXTS = frozenset({*_IDENTS, "name", "address", "road", "community_code"})
_PLACES = frozenset({"x", "y", "xy"})
# a count said again may be the one above counted twice
_REPEATABLE = frozenset(
    {
        *("name", "address", "road", "community_code", "previous_grid", "beat_id"),
        *("year_built", "renovated_year", "property_service", "committee", "households_source"),
    }
)
_PERCENT = re.compile("[%％]|百分|percent", re.IGNORECASE)
_DITTO = Cell(fault="ditto")
# longer cells are no words
_LONGEST_WORD = 20
# memory for texts read before; names and addresses are rarely the same
_MOST_KNOWN = 50_000


@dataclass(frozen=True, slots=True)
class Issue:
    """Hold what is said of one cell: a finding that knows no row yet."""

    kind: str
    field: str
    column: str
    value: str
    told: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(slots=True)
class Row:
    """Hold what the cells of one row say."""

    values: dict[str, str | int | float]
    issues: list[Issue]
    contents: tuple[str, ...]
    ident: str = ""
    x: float | None = None
    y: float | None = None
    xy_written: tuple[str, str] = ("", "")


def listed(names: Sequence[str]) -> dict[str, str]:
    """Return candidates as the sentences of both languages name them."""
    told = {}
    for one in LANGUAGES:
        frames = phrases(one, "intake")
        text = frames["and"].join(names)
        for form in ("candidates", "similar"):
            told[f"{form}_{one}"] = frames[form].format(listed=text) if names else ""
    return told


class RowReader:
    """Read rows of one table.

    Parameters
    ----------
    table : TableTold
        What stands in which column.
    words : LedgerWords
        What cells mean.
    places : Communities
        Which community a text means.
    own : Place or None
        Community of the whole sheet, where no column tells it.
    column : callable
        Texts of a column, all its rows.
    """

    def __init__(
        self,
        table: TableTold,
        words: LedgerWords,
        places: Communities,
        own: Place | None,
        column: Callable[[int], Iterable[str]],
    ) -> None:
        self.table = table
        self._words = words
        self._places = places
        found: dict[str, list[int]] = defaultdict(list)
        for number, name in table.columns.items():
            found[name].append(number)
        self._fields = {name: tuple(numbers) for name, numbers in found.items()}
        self.has_ids = "courtyard_id" in self._fields
        self._own = None if "community_code" in self._fields else own
        self._above: dict[str, Cell] = {}
        self._known: dict[int, dict[str, Cell]] = {number: {} for number in table.columns}
        self._read: dict[int, Read] = {
            number: self._reader(name, number, column)
            for number, name in table.columns.items()
            if name not in _PLACES
        }

    def begin_section(self, place: Place, *, is_community: bool) -> None:
        """Take the title of a section: its rows belong to that community, if it names one.

        One that we cannot tell is nobody's; other titles (续表, a stage of works) change nothing.
        """
        self._above.clear()
        is_named = place.code or place.kind != "community_unknown" or is_community
        if "community_code" not in self._fields and is_named:
            self._own = place if place.code and community_key(place.name) else None

    def read(self, cells: Sequence[str]) -> Row:
        """Read one row."""
        values: dict[str, str | int | float] = {}
        issues: list[Issue] = []
        contents: list[str] = []
        is_estimated = False
        for name, numbers in self._fields.items():
            if name in _PLACES:
                contents.extend(cells[n] for n in numbers if n < len(cells))
                continue
            cell = self._field(name, numbers, cells, issues)
            self._above[name] = cell
            if cell.value is not None:
                values[name] = cell.value
                contents.append(f"{name}={cell.value}")
                is_estimated = is_estimated or (name == "households" and cell.is_estimated)
            elif cell.fault:
                contents.extend(cells[n] for n in numbers if n < len(cells))
        if is_estimated:
            values["households_source"] = "estimated"
            contents.append("estimated")
        if self._own is not None:
            values["community_code"] = self._own.code
            contents.append(self._own.code)
        self._join_road(values)
        self._require(values, cells, issues)
        ident = values.get("courtyard_id") or (
            self._written("courtyard_id", cells) if self.has_ids else ""
        )
        row = Row(values, issues, tuple(contents), str(ident))
        self._locate(row, cells)
        return row

    def _require(
        self, values: Mapping[str, object], cells: Sequence[str], issues: list[Issue]
    ) -> None:
        """Refuse rows without a count or an identifier."""
        refused = {issue.field for issue in issues}
        for name, kind in (("courtyard_id", "id_missing"), ("households", "households_missing")):
            if name in self._fields and name not in values and name not in refused:
                issues.append(Issue(kind, name, self.table.head(name), self._written(name, cells)))
        if values.get("households") == 0:
            head = self.table.head("households")
            issues.append(
                Issue("households_zero", "households", head, self._written("households", cells))
            )

    def _written(self, name: str, cells: Sequence[str]) -> str:
        told = (cells[n] for n in self._fields[name] if n < len(cells) and cells[n])
        return " / ".join(dict.fromkeys(told))

    def _field(
        self, name: str, numbers: tuple[int, ...], cells: Sequence[str], issues: list[Issue]
    ) -> Cell:
        """Read what one or several columns say of a field."""
        if len(numbers) == 1:
            return self._column(name, numbers[0], cells, issues)
        told = {n: self._column(name, n, cells, issues) for n in numbers}
        said = {n: cell for n, cell in told.items() if cell.value is not None}
        # 业委会: 无 beside 自管会: 有 denies only the former
        if any(cell.value != "none" for cell in said.values()) and name == "committee":
            said = {n: cell for n, cell in said.items() if cell.value != "none"}
        if len({cell.value for cell in said.values()}) > 1:
            heads = " / ".join(dict.fromkeys(self.table.heads[n] for n in said))
            written = " / ".join(dict.fromkeys(cells[n] for n in said))
            issues.append(Issue("two_values", name, heads, written))
            return Cell(fault="two_values")
        return next(iter(said.values() or told.values()))

    def _column(self, name: str, number: int, cells: Sequence[str], issues: list[Issue]) -> Cell:
        """Read one cell, and tell what it took."""
        if number >= len(cells) or not cells[number]:
            return NOTHING
        written = cells[number]
        known = self._known[number]
        cell = known.get(written)
        if cell is None:
            cell = self._cell(name, number, written)
            if cell.fault == "value_unreadable":
                cell = dataclasses.replace(cell, told={**cell.told, **self._how_written(name)})
            if len(known) < _MOST_KNOWN:
                known[written] = cell
        if not cell.rules and not cell.fault:
            return cell
        head = self.table.heads[number]
        if cell is _DITTO:
            cell = self._above.get(name, NOTHING)
            if name not in _REPEATABLE or cell.value is None:
                cell = Cell(fault=_fault_of_ditto(name))
                told = _told_of_none(name) or self._how_written(name)
                issues.append(Issue(cell.fault, name, head, written, told))
                return cell
            shown = cell.told.get("name") or str(cell.value)
            issues.append(Issue("ditto", name, head, written, {"read": shown}))
            return Cell(cell.value, told={"name": shown})
        issues.extend(Issue(rule, name, head, written, cell.told) for rule in cell.rules)
        if cell.fault:
            issues.append(Issue(cell.fault, name, head, written, cell.told))
        return cell

    def _how_written(self, name: str) -> dict[str, str]:
        """Say how a value of a column is written, in both languages."""
        firsts: dict[str, str] = {}
        for word, choice in self._words.choices.get(name, {}).items():
            # the house's own names of choices are no words of an office
            if not word.isascii():
                firsts.setdefault(choice, word)
        kind = "choice" if firsts else "year" if name in _YEARS else "number"
        if name == "share_over_60":
            kind = "share"
        told = {one: phrases(one, "intake") for one in LANGUAGES}
        return {
            f"how_{one}": words[f"how_{kind}"].format(words=words["comma"].join(firsts.values()))
            for one, words in told.items()
        }

    def _cell(self, name: str, number: int, written: str) -> Cell:
        text = clean(written)
        word = plain_word(text) if len(text) <= _LONGEST_WORD else text
        choices = self._words.choices.get(name, {})
        if word in choices:
            return Cell(choices[word])
        if not text or word in self._words.blank:
            return NOTHING
        if word in self._words.ditto:
            return _DITTO
        fault = trouble(text, is_text=name in _TEXTS)
        return Cell(fault=fault) if fault else self._read[number](text)

    def _reader(self, name: str, number: int, column: Callable[[int], Iterable[str]]) -> Read:
        """Return the grammar of a column."""
        if name == "community_code":
            return self._community
        if name in COUNTS:
            return CountGrammar(_COLUMNS[name], self._words.units.get(name, ())).read
        if name in _YEARS:
            return lambda text: read_year(text, _COLUMNS[name])
        if name == "share_over_60":
            is_said = bool(_PERCENT.search(self.table.heads[number]))
            # what the spreadsheet shows as 29 % is written 0.29
            is_percent = number not in self.table.percents and (
                is_said or _are_percent(column(number))
            )
            return lambda text: read_share(
                text, _COLUMNS[name], is_percent=is_percent, is_said=is_said
            )
        choices = self._words.choices.get(name)
        if choices is not None:
            # a yes below 业委会 is an owners' committee
            named = choices.get(plain_head(self.table.heads[number]))
            yes = named if named != "none" else None
            return lambda text: _of_yes(text, yes, self._words.yes)
        return read_ident if name in _IDENTS else read_text

    def _community(self, text: str) -> Cell:
        place = self._places.place(text)
        if not place.code:
            told = {} if place.kind == "id_rounded" else listed(place.candidates)
            return Cell(fault=place.kind, told=told)
        rules = (place.kind,) if place.kind else ()
        return Cell(place.code, rules, told={"read": place.name, "name": place.name})

    def _join_road(self, values: dict[str, str | int | float]) -> None:
        """Write road and number, kept in two columns, as one address."""
        road = str(values.pop("road", ""))
        if road:
            number = str(values.get("address", ""))
            is_whole = plain_address(number).startswith(plain_address(road))
            values["address"] = number if is_whole else f"{road}{number}"

    def _locate(self, row: Row, cells: Sequence[str]) -> None:
        """Read where a row lies."""
        if "xy" in self._fields:
            self._read_pair(row, cells)
        elif "x" not in self._fields:
            return
        else:
            east, north = (
                self._field_of_place(axis, self._fields[axis], cells, row.issues)
                for axis in ("x", "y")
            )
            row.xy_written = (east[1], north[1])
            if east[0].value is not None and north[0].value is not None:
                row.x, row.y = float(east[0].value), float(north[0].value)
            elif not (east[0].fault or north[0].fault) and (east[1] or north[1]):
                missing = "y" if east[1] else "x"
                written = east[1] or north[1]
                head = self.table.head(missing)
                row.issues.append(Issue("coordinate_unreadable", missing, head, written))

    def _read_pair(self, row: Row, cells: Sequence[str]) -> None:
        numbers = self._fields["xy"]
        written = self._written("xy", cells)
        text = clean(written)
        if not text or plain_word(text) in self._words.blank:
            return
        head = self.table.heads[numbers[0]]
        pair = split_pair(text)
        fault = trouble(text, is_text=False)
        if fault or pair is None:
            kind = fault or "coordinate_unreadable"
            row.issues.append(Issue(kind, "x", head, written))
            return
        row.xy_written = (pair.x, pair.y)
        east, north = read_coordinate(pair.x, "x"), read_coordinate(pair.y, "y")
        for axis, cell in (("x", east), ("y", north)):
            issues = [*cell.rules, *filter(None, [cell.fault])]
            row.issues.extend(Issue(kind, axis, head, written, cell.told) for kind in issues)
        if east.value is not None and north.value is not None:
            row.x, row.y = float(east.value), float(north.value)

    def _field_of_place(
        self, axis: str, numbers: tuple[int, ...], cells: Sequence[str], issues: list[Issue]
    ) -> tuple[Cell, str]:
        """Read one coordinate; return it and what is written."""
        told: list[tuple[Cell, str]] = []
        for number in numbers:
            written = cells[number] if number < len(cells) else ""
            text = clean(written)
            if not text or plain_word(text) in self._words.blank:
                continue
            fault = trouble(text, is_text=False)
            cell = (
                Cell(fault=fault) if fault else read_coordinate(text, "x" if axis == "x" else "y")
            )
            kinds = [*cell.rules, *filter(None, [cell.fault])]
            head = self.table.heads[number]
            issues.extend(Issue(kind, axis, head, written, cell.told) for kind in kinds)
            told.append((cell, text))
        if len({cell.value for cell, _ in told if cell.value is not None}) > 1:
            heads = " / ".join(dict.fromkeys(self.table.heads[n] for n in numbers))
            issues.append(Issue("two_values", axis, heads, " / ".join(text for _, text in told)))
            return Cell(fault="two_values"), told[0][1]
        return told[0] if told else (NOTHING, "")


def _are_percent(texts: Iterable[str]) -> bool:
    """Say whether the numbers of a column can only be per cent: most that are not 0 exceed 1."""
    found = [number for text in texts if (number := bare_share(clean(text)))]
    return len(found) > 1 and 2 * sum(number > 1 for number in found) > len(found)


def _of_yes(text: str, yes: str | None, words: frozenset[str]) -> Cell:
    """Read a yes below a head that says what it is of."""
    is_yes = yes is not None and plain_word(text) in words
    return Cell(yes) if is_yes else Cell(fault="value_unreadable")


def _fault_of_ditto(name: str) -> str:
    faults = {
        "courtyard_id": "id_missing",
        "households": "households_unreadable",
        "community_code": "community_unknown",
    }
    return faults.get(name, "value_unreadable")


def _told_of_none(name: str) -> dict[str, str]:
    return listed(()) if name == "community_code" else {}
