"""Change list: a spreadsheet of courtyards and the grids they are to join, row by row.

Every row is taken, or refused with a reason and a way to mend it. What may mean two things is
refused; nothing is changed here.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from geogrid.locale import LANGUAGES, phrases
from geogrid.sources.spelling import is_rounded, plain_ident
from geogrid.sources.tables import ListTable, read_sheets, tables_of
from geogrid.sources.tables.sheets import file_refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geogrid.governance.register import Register
    from geogrid.locale import Language

    Words = dict[Language, str]

__all__ = ["ChangeList", "Rejected", "Taken", "read_change_list"]

# heads as `plain_head` writes them; of those in two fields' reach the longer one is meant
_ALIASES: dict[str, tuple[str, ...]] = {
    "courtyard_id": (
        *("楼院编号", "楼院编码", "楼院代码", "楼院id", "院落编号", "小区编号"),
        *("courtyardid", "courtyard", "id"),
    ),
    "name": ("楼院名称", "楼院", "楼院名", "院落", "院落名称", "小区名称", "name", "courtyardname"),
    "address": ("地址", "楼院地址", "详细地址", "门牌", "门牌号", "address"),
    "community": (
        *("社区", "社区名称", "所属社区", "社区编号", "社区代码"),
        *("community", "communitycode", "communityname"),
    ),
    "from": (
        *("现网格", "原网格", "当前网格", "现所属网格", "原所属网格", "调出网格", "划出网格"),
        *("现网格编号", "原网格编号", "当前网格编号", "现网格名称", "原网格名称"),
        *("调整前网格", "调整前网格编号", "调整前网格名称", "from", "currentgrid", "oldgrid"),
    ),
    "to": (
        *("调入网格", "划入网格", "新网格", "目标网格", "拟划入网格", "调整后网格"),
        *("调入网格编号", "划入网格编号", "新网格编号", "调整后网格编号", "调整后网格名称"),
        *("to", "togrid", "newgrid"),
    ),
    # the grid before or after, as the other columns tell
    "grid": ("网格编号", "网格编码", "网格代码", "所属网格", "网格", "gridcode", "grid"),
    "rename": ("新网格名", "新网格名称", "网格新名", "网格新名称", "网格改名", "改名", "rename"),
    "note": ("备注", "说明", "调整原因", "原因", "note", "remark"),
}
_YARD_FIELDS = ("courtyard_id", "name", "address")
_NEEDED = ((*_YARD_FIELDS, "grid", "to"), ("to", "grid", "rename"))
# what stands in a cell that asks for nothing
_NOTHING = frozenset({"-", "--", "/", "无", "不变", "不调整", "保持不变", "—", "——"})
_NEW = re.compile(r"(?:新|新设|新增|新建|new)(?:网格|grid)?:?([0-9]{0,3})", re.IGNORECASE)
_NOTE = re.compile(r"(?:注|备注|说明|填表|制表|审核|合计|小计|总计|共计)")
_LONGEST_NAME = 100
_LONGEST_TOLD = 100
_N_CANDIDATES = 8
_N_UNREAD = 50
# likenesses take time; who gets a hundred rows wrong has another trouble than one name
_N_GUESSED = 100


@dataclass(frozen=True, slots=True)
class Rejected:
    """Hold why a row is not taken, and what to do.

    Parameters
    ----------
    sheet : str
        Empty for a CSV file.
    row : int
        As the spreadsheet numbers it.
    field, column : str
        What it is about, and the head of that column in the file.
    value : str
        What stands there.
    kind : str
        Key of the phrase.
    reason, remedy : dict of language to str
        One sentence each.
    """

    sheet: str
    row: int
    field: str
    column: str
    value: str
    kind: str
    reason: Words
    remedy: Words


@dataclass(frozen=True, slots=True)
class Taken:
    """Hold one courtyard that moves; a new grid's code is ``new:1`` and so on."""

    sheet: str
    row: int
    courtyard_id: str
    name: str
    old: str
    new: str


@dataclass(frozen=True)
class ChangeList:
    """Hold what a list asks for.

    Parameters
    ----------
    moves : mapping of str to tuple of str
        Courtyards that join each grid that is there.
    splits : tuple of tuple of str
        Courtyards of each new grid, ``new:1`` first.
    renames : mapping of str to str
        New name of each grid.
    taken : tuple of Taken
        The same by row.
    rejected : tuple of Rejected
        Rows that are not taken.
    n_unchanged : int
        Rows whose courtyard lies there already.
    n_without_target : int
        Rows of known courtyards that ask for nothing.
    unread : tuple of (str, int)
        Sheet and number of rows under the heads that are no rows of the list: notes, sums.
    tables : tuple of ListTable
        What was read as what.
    skipped_sheets : tuple of str
        Sheets without a head row.
    """

    moves: Mapping[str, tuple[str, ...]]
    splits: tuple[tuple[str, ...], ...]
    renames: Mapping[str, str]
    taken: tuple[Taken, ...]
    rejected: tuple[Rejected, ...]
    n_unchanged: int
    n_without_target: int
    unread: tuple[tuple[str, int], ...]
    tables: tuple[ListTable, ...] = field(repr=False)
    skipped_sheets: tuple[str, ...] = ()


def read_change_list(raw: bytes, register: Register) -> ChangeList:
    """Read a change list against a plan as it stands.

    Parameters
    ----------
    raw : bytes
        CSV (UTF-8, GB18030, UTF-16), .xlsx or .xls.
    register : Register
        Of the plan.

    Returns
    -------
    ChangeList
        What it asks for, and why not where it asks in vain.

    Raises
    ------
    InputError
        If the file cannot be read, or no sheet has a head row; with ``words``.
    """
    sheets = read_sheets(raw)
    tables = tuple(_settled(table) for table in tables_of(sheets, _ALIASES, needed=_NEEDED))
    if not tables:
        raise file_refused("no_head")
    reading = _Reading(register, has_sheets=len(tables) > 1)
    for table in tables:
        for row in table.rows:
            reading.take(table, row)
    reading.refuse_contradictions()
    named = {table.sheet for table in tables}
    skipped = tuple(sheet.name for sheet in sheets if sheet.rows and sheet.name not in named)
    return reading.result(tables, skipped)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Hold what a row asks for; ``target`` is a code, or a community and a label for a new grid."""

    table: ListTable
    row: int
    ident: str = ""
    target: str | tuple[str, str] = ""
    grid: str = ""
    name: str = ""


class _RefusedError(Exception):
    """Say which phrase refuses a row, about which field, with what values."""

    def __init__(self, kind: str, field: str, value: str, **values: object) -> None:
        super().__init__(kind)
        self.kind, self.field, self.value, self.values = kind, field, value, values


class _Reading:
    """Take rows one by one, then hold them against one another."""

    def __init__(self, register: Register, *, has_sheets: bool) -> None:
        self.register = register
        self.rejected: list[Rejected] = []
        self._has_sheets = has_sheets
        self._asked: list[_Asked] = []
        self._dropped: set[int] = set()
        self._n_guessed = 0
        self._n_without_target = 0
        self._unread: list[tuple[str, int]] = []

    def take(self, table: ListTable, row: int) -> None:
        """Read one row."""
        wishes = {
            name: [v for v in table.values(row, name) if plain_ident(v) not in _NOTHING]
            for name in ("to", "rename")
        }
        told = any(table.values(row, name) for name in _YARD_FIELDS)
        first = next((cell for cell in table.rows[row] if cell), "")
        if not any(wishes.values()) or _NOTE.match(first):
            if told and not _NOTE.match(first) and self._is_known(table, row):
                self._n_without_target += 1
            else:
                self._unread.append((table.sheet, row))
            return
        try:
            self._asked.append(self._read(table, row, wishes, told=told))
        except _RefusedError as refused:
            self._reject(table, row, refused)

    def refuse_contradictions(self) -> None:
        """Refuse rows that say the same twice or contradict one another."""
        renamed: dict[str, list[_Asked]] = defaultdict(list)
        for asked in self._asked:
            if asked.name:
                renamed[asked.grid].append(asked)
        for code, rows in renamed.items():
            if len({asked.name for asked in rows}) > 1:
                grid = self.register.name_of_grid(code)
                self._refuse_all(rows, "two_names", "rename", grid=grid)
        moved: dict[str, list[_Asked]] = defaultdict(list)
        for asked in self._standing():
            if asked.ident and asked.target:
                moved[asked.ident].append(asked)
        for ident, rows in moved.items():
            if len({asked.target for asked in rows}) > 1:
                self._refuse_all(rows, "contradiction", "to", name=self._titled(ident))
            else:
                for asked in rows[1:]:
                    told = self._rows([rows[0]])
                    what = next(n for n in _YARD_FIELDS if asked.table.values(asked.row, n))
                    value = asked.table.values(asked.row, what)[0]
                    self._drop(asked, _RefusedError("twice", what, value, rows=told))

    def result(self, tables: Sequence[ListTable], skipped: Sequence[str]) -> ChangeList:
        """Gather what is left."""
        splits: dict[tuple[str, str], int] = {}
        gathered: dict[str, list[str]] = defaultdict(list)
        taken: list[Taken] = []
        renames: dict[str, str] = {}
        n_unchanged = 0
        for asked in self._standing():
            if asked.name and self.register.names.get(asked.grid) != asked.name:
                renames[asked.grid] = asked.name
            if not asked.ident or not asked.target:
                continue
            old = self.register.assignment[asked.ident]
            if isinstance(asked.target, tuple):
                new = f"new:{splits.setdefault(asked.target, len(splits) + 1)}"
            else:
                new = asked.target
            if new == old:
                n_unchanged += 1
                continue
            gathered[new].append(asked.ident)
            name = self.register.yards[asked.ident].name
            taken.append(Taken(asked.table.sheet, asked.row, asked.ident, name, old, new))
        order = {table.sheet: place for place, table in enumerate(tables)}
        return ChangeList(
            moves={c: tuple(ids) for c, ids in gathered.items() if not c.startswith("new:")},
            splits=tuple(tuple(gathered[f"new:{place}"]) for place in splits.values()),
            renames=renames,
            taken=tuple(taken),
            rejected=tuple(sorted(self.rejected, key=lambda r: (order[r.sheet], r.row))),
            n_unchanged=n_unchanged,
            n_without_target=self._n_without_target,
            unread=tuple(self._unread[:_N_UNREAD]),
            tables=tuple(tables),
            skipped_sheets=tuple(skipped),
        )

    def _standing(self) -> list[_Asked]:
        """Return what is not refused so far."""
        return [asked for asked in self._asked if id(asked) not in self._dropped]

    def _read(
        self, table: ListTable, row: int, wishes: Mapping[str, Sequence[str]], *, told: bool
    ) -> _Asked:
        """Return what a row asks for."""
        name = _new_name(_single(table, row, "rename", wishes["rename"]))
        ident = ""
        community: str | None = None
        if told:
            ident = self._courtyard(table, row)
            community = self.register.yards[ident].community
            self._check_current(table, row, ident)
        elif not (name and wishes["to"]):
            raise _RefusedError("no_courtyard", "courtyard_id", "")
        else:
            homes = self._communities(table, row)
            community = homes[0] if len(homes) == 1 else None
        target: str | tuple[str, str] = ""
        if wishes["to"]:
            found = {self._target(text, community, ident) for text in wishes["to"]}
            if len(found) > 1:
                raise _RefusedError("two_values", "to", " / ".join(wishes["to"]))
            target = found.pop()
        if name and isinstance(target, tuple):
            raise _RefusedError("new_name", "rename", name)
        if ident and target:
            self._check_locks(ident, target, wishes["to"][0])
        grid = target if isinstance(target, str) and target else ""
        if name and not grid:
            grid = self.register.assignment[ident]
        return _Asked(table, row, ident, target if ident else "", grid, name)

    def _is_known(self, table: ListTable, row: int) -> bool:
        """Return whether a row speaks of a courtyard at all."""
        by_id = [self.register.yards_by_id(v) for v in table.values(row, "courtyard_id")]
        by_name = [
            self.register.yards_by_name(v)
            for name in ("name", "address")
            for v in table.values(row, name)
        ]
        return any(by_id) or any(by_name)

    def _courtyard(self, table: ListTable, row: int) -> str:
        """Return the one courtyard that a row speaks of."""
        register = self.register
        homes = self._communities(table, row)
        text = _single(table, row, "courtyard_id")
        name, address = _single(table, row, "name"), _single(table, row, "address")
        if text:
            found = register.yards_by_id(text)
            if len(found) != 1:
                if is_rounded(plain_ident(text)):
                    raise _RefusedError("mangled", "courtyard_id", text)
                # what else the row says helps to find it, but does not decide
                near = [i for told in (name, address) if told for i in self._guesses(told, homes)]
                raise self._unknown("unknown_id", "courtyard_id", text, near)
            ident = found[0]
            self._require_own(ident, "courtyard_id", text)
            # an address has many forms; a name that belongs to another courtyard is a slip
            others = register.yards_by_name(name) if name else [ident]
            if ident not in others:
                shown = {"courtyard_id": ident, "name": register.yards[ident].name or ident}
                raise _RefusedError("two_courtyards", "name", f"{text} / {name}", **shown)
        else:
            ident = self._named(name, address, homes)
        if homes and register.yards[ident].community not in homes:
            told = _single(table, row, "community")
            shown = {"courtyard_id": ident, "name": register.yards[ident].name or ident}
            value = f"{text or name or address} / {told}"
            raise _RefusedError("two_courtyards", "community", value, **shown)
        return ident

    def _named(self, name: str, address: str, homes: Sequence[str]) -> str:
        """Return the one courtyard of a name, an address, or both."""
        register = self.register
        by_name = register.yards_by_name(name, homes) if name else []
        by_address = register.yards_by_address(address, homes) if address else []
        what, text = ("name", name) if name else ("address", address)
        found = by_name or by_address
        if by_name and by_address:
            found = sorted({*by_name} & {*by_address})
            if not found:
                shown = {"courtyard_id": by_name[0], "name": register.yards[by_name[0]].name}
                raise _RefusedError("two_courtyards", what, f"{name} / {address}", **shown)
        if not found:
            raise self._unknown("unknown_name", what, text, self._guesses(text, homes))
        if len(found) > 1:
            listed = [self._titled(ident) for ident in found[:_N_CANDIDATES]]
            many = {"n": len(found), "candidates": listed}
            raise _RefusedError("many_courtyards", what, text, **many)
        return found[0]

    def _communities(self, table: ListTable, row: int) -> list[str]:
        """Return the communities that a row names; none if it names none."""
        text = _single(table, row, "community")
        if not text:
            return []
        found = self.register.communities_by_name(text)
        if not found:
            own = [n for c, n in self.register.communities.items() if self.register.may_change(c)]
            listed = [name for name in own if plain_ident(text)[:1] in name][:_N_CANDIDATES]
            raise _RefusedError("unknown_community", "community", text, candidates=listed)
        return found

    def _check_current(self, table: ListTable, row: int, ident: str) -> None:
        """Refuse a row that was written when the courtyard lay elsewhere."""
        register = self.register
        now = register.assignment[ident]
        shown = {"name": self._titled(ident), "now": register.name_of_grid(now)}
        for text in table.values(row, "from"):
            if plain_ident(text) in _NOTHING:
                continue
            if is_rounded(plain_ident(text)):
                raise _RefusedError("mangled", "from", text)
            found = register.grids_by_text(text, register.yards[ident].community)
            if not found:
                raise _RefusedError("unknown_from", "from", text, **shown)
            if now not in found:
                raise _RefusedError("stale", "from", text, **shown, column=table.head("from"))

    def _target(self, text: str, community: str | None, ident: str) -> str | tuple[str, str]:
        """Return the one grid that a text means."""
        register = self.register
        plain = plain_ident(text)
        if is_rounded(plain):
            raise _RefusedError("mangled", "to", text)
        new = _NEW.fullmatch(plain)
        if new and ident and community is not None:
            return community, new[1]
        found = register.grids_by_text(text, community)
        home = register.communities.get(community or "", "")
        # within its community a grid's number is name enough
        listed = [
            register.name_of_grid(c).removeprefix(home)
            for c in register.grids_of.get(community or "", ())[:_N_CANDIDATES]
        ]
        if not found:
            kind = "unknown_grid" if home else "unknown_grid_anywhere"
            raise _RefusedError(kind, "to", text, community=home, candidates=listed)
        if len(found) > 1:
            raise _RefusedError("many_grids", "to", text, candidates=found[:_N_CANDIDATES])
        other = register.home_of_grid(found[0])
        if community is not None and other != community:
            raise _RefusedError(
                "other_community",
                "to",
                text,
                grid=register.name_of_grid(found[0]),
                other=register.communities.get(other, other),
                name=self._titled(ident) if ident else text,
                community=home,
                candidates=listed,
            )
        return found[0]

    def _check_locks(self, ident: str, target: str | tuple[str, str], text: str) -> None:
        """Refuse to move what is locked."""
        register = self.register
        now = register.assignment[ident]
        if target == now:
            return
        if f"courtyard:{ident}" in register.locks:
            subject = _words("courtyard", name=self._titled(ident))
            raise _RefusedError("locked", "to", text, subject=subject)
        for code in (now, target):
            if f"grid:{code}" in register.locks:
                grid = register.name_of_grid(str(code))
                raise _RefusedError("locked", "to", text, subject=grid)

    def _require_own(self, ident: str, what: str, text: str) -> None:
        if not self.register.may_change(self.register.yards[ident].community):
            # its name is none of the writer's business: it is told as it was written
            raise _RefusedError("outside", what, text, name=text)

    def _unknown(self, kind: str, what: str, text: str, near: Iterable[str]) -> _RefusedError:
        listed = [self._titled(ident) for ident in dict.fromkeys(near)][:_N_CANDIDATES]
        return _RefusedError(kind, what, text, candidates=listed)

    def _guesses(self, text: str, homes: Sequence[str]) -> list[str]:
        self._n_guessed += 1
        if self._n_guessed > _N_GUESSED:
            return []
        exact = self.register.yards_by_name(text, homes)
        return exact or self.register.like(text, homes)

    def _titled(self, ident: str) -> Words | str:
        name = self.register.yards[ident].name
        return _words("titled", name=name, id=ident) if name else ident

    def _refuse_all(self, rows: Sequence[_Asked], kind: str, what: str, **values: object) -> None:
        """Refuse rows that contradict one another, each naming the others."""
        for asked in rows:
            # a few are named: thousands of rows may speak of one courtyard
            others = list(islice((o for o in rows if o is not asked), _N_CANDIDATES))
            value = (asked.table.values(asked.row, what) or [""])[0]
            self._drop(asked, _RefusedError(kind, what, value, rows=self._rows(others), **values))

    def _rows(self, rows: Sequence[_Asked]) -> Words:
        """Name rows."""
        named = []
        for asked in rows:
            key = "sheet_row" if self._has_sheets else "row"
            named.append(_words(key, row=asked.row, sheet=asked.table.sheet))
        return {
            one: phrases(one, "change_list")["and"].join(words[one] for words in named)
            for one in LANGUAGES
        }

    def _drop(self, asked: _Asked, refused: _RefusedError) -> None:
        self._dropped.add(id(asked))
        self._reject(asked.table, asked.row, refused)

    def _reject(self, table: ListTable, row: int, refused: _RefusedError) -> None:
        value = refused.value[:_LONGEST_TOLD]
        values = {"candidates": [], **refused.values, "value": value}
        self.rejected.append(
            Rejected(
                sheet=table.sheet,
                row=row,
                field=refused.field,
                column=table.head(refused.field),
                value=value,
                kind=refused.kind,
                reason=_words(refused.kind, **values),
                remedy=_words(f"{refused.kind.removesuffix('_anywhere')}_remedy", **values),
            )
        )


def _settled(table: ListTable) -> ListTable:
    """Say whether a column "grid" is the one before or the one after."""
    columns = dict(table.columns)
    grid = columns.pop("grid", None)
    if grid is not None:
        if "to" not in columns:
            columns["to"] = grid
        elif "from" not in columns:
            columns["from"] = grid
    return ListTable(table.sheet, table.head_row, columns, table.heads, table.rows)


def _single(table: ListTable, row: int, what: str, told: Sequence[str] | None = None) -> str:
    """Return the one thing that a row says about a field, empty if it says nothing."""
    found = table.values(row, what) if told is None else told
    if len({plain_ident(text) for text in found}) > 1:
        raise _RefusedError("two_values", what, " / ".join(found))
    return found[0] if found else ""


def _new_name(text: str) -> str:
    """Return a grid's new name if it is one."""
    if len(text) > _LONGEST_NAME or any(unicodedata.category(c) in {"Cc", "Cs"} for c in text):
        raise _RefusedError("long_name", "rename", text)
    return text


def _words(key: str, **values: Any) -> Words:  # noqa: ANN401 - what sentences name
    """Return a sentence in each language; values may be words themselves, or a list."""
    found: Words = {}
    for one in LANGUAGES:
        frames = phrases(one, "change_list")
        told: dict[str, Any] = {}
        for name, value in values.items():
            if isinstance(value, dict):
                told[name] = value[one]
            elif name == "candidates":
                listed = frames["and"].join(v[one] if isinstance(v, dict) else v for v in value)
                told[name] = frames["candidates"].format(listed=listed) if value else ""
            else:
                told[name] = value
        found[one] = frames[key].format(**told)
    return found
