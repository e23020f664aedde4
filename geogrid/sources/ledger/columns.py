"""Words of ledgers: which head means which column, and what offices write for a choice.

They are facts (``data/facts/ledger_columns.toml``); an office adds its own, which win.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass, field, fields, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from geogrid.district import TABLES
from geogrid.errors import InputError
from geogrid.locale import LANGUAGES, phrases
from geogrid.sources.facts import facts_folder
from geogrid.sources.spelling import plain_ident, plain_word, without_unseen
from geogrid.sources.tables import plain_head

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["FIELDS", "LedgerWords", "field_of_head", "refused"]

# what a head may mean: columns of the data model, where the courtyard lies, and a road of its own
_MODEL = tuple(column.name for column in TABLES["courtyards"].columns)
FIELDS = (*_MODEL, "x", "y", "xy", "road")
# dBASE keeps ten bytes of a field's name
_CUT_BYTES = 10
_CODE = re.compile(r"[0-9]{12}")
_CHOICES = {c.name: c.choices for c in TABLES["courtyards"].columns if c.choices}
_SIGNS = re.compile(r"[\s_*:/\-]")
_BRACKET = re.compile(r"[()\[\]【】〔〕]")
_ANY_BRACKET = re.compile(r"[()\[\]【】〔〕（）［］﹙﹚⁽⁾]")
_IN_BRACKETS = re.compile(r"[(\[【〔]([^(\[【〔)\]】〕]*)[)\]】〕]")
_BILINGUAL = re.compile("([一-鿿0-9]+)([a-z.]+)")
# what may stand in the brackets of a count and leaves it the count of all: its unit comes from
# ``units``; anything else may be a part of them (空置, 低保) or hundreds of them (百户)
_COUNTED = frozenset({"households", "n_buildings", "n_entrances"})
_HARMLESS = re.compile(
    r"必填项?|选填项?|可选|数字|整数|填数字|数量?|合计|总数|总计|总|(?:见?注|备注|说明)?[0-9]{0,2}|[a-z]|"
    r"(?:截至|截止|截止到)?(?:19|20)[0-9]{2}(?:年(?:[0-9]{1,2}月)?(?:[0-9]{1,2}日)?)?[底末初]?|"
    r"required|optional|number|total"
)


@dataclass(frozen=True)
class LedgerWords:
    """Hold the words that ledgers are read by; texts are plain, see `plain_head`.

    Parameters
    ----------
    columns : mapping of str to str
        Field of each head.
    columns_else : mapping of str to str
        Field of heads that count only where none of ``columns`` tells it.
    passed, report, personal : frozenset of str
        Heads of no use, of our own reject report, and of columns about persons.
    personal_parts : tuple of str
        A head that holds one is about persons.
    parts : frozenset of str
        Heads of columns that name one building or entrance of a courtyard.
    report_data, report_others : frozenset of str
        Sheets of our own reject report: with rows to read, and with none.
    blank, ditto, yes : frozenset of str
        Cells that say nothing, the same as above, and yes.
    choices : mapping of str to mapping of str to str
        For each field, the value that a text means.
    units : mapping of str to tuple of str
        For each field, what may follow a number.
    communities : mapping of str to str
        Code of each name that an office uses for a community.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    columns_else: Mapping[str, str] = field(default_factory=dict)
    passed: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()
    report: frozenset[str] = frozenset()
    personal: frozenset[str] = frozenset()
    personal_parts: tuple[str, ...] = ()
    report_data: frozenset[str] = frozenset()
    report_others: frozenset[str] = frozenset()
    blank: frozenset[str] = frozenset()
    ditto: frozenset[str] = frozenset()
    yes: frozenset[str] = frozenset()
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    communities: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def ours(cls) -> LedgerWords:
        """Return the words that come with the package.

        Returns
        -------
        LedgerWords
            Of ``ledger_columns.toml``.
        """
        return _ours()

    @classmethod
    def read(cls, path: Path) -> LedgerWords:
        """Read an office's own words: they add to ours, and win over them.

        Parameters
        ----------
        path : Path
            TOML with any of ``[columns]``, ``[columns_else]``, ``[communities]`` (name = code),
            ``[choices.FIELD]``, ``[passed]``, ``[parts]``, ``[personal]``, ``[blank]``,
            ``[ditto]``, ``[yes]``, ``[units]``.

        Returns
        -------
        LedgerWords
            Ours and the office's.

        Raises
        ------
        InputError
            If it cannot be read, or names what is not there; with the line and ``words``.
        """
        try:
            text = path.read_bytes().decode("utf-8-sig")
            told = tomllib.loads(text)
        except (OSError, ValueError, RecursionError) as why:
            # ill-formed, in another encoding, a number without end, brackets without end
            raise refused("words_unreadable", file=path.name, why=str(why)) from why
        return cls.ours().with_told(told, _Where(path.name, text))

    def with_told(self, told: Mapping[str, Any], where: _Where | None = None) -> LedgerWords:
        """Return these words and those of a table as it stands in TOML.

        Parameters
        ----------
        told : mapping
            See `read`.
        where : optional
            Names file and line in a refusal.

        Returns
        -------
        LedgerWords
            What is told anew wins.

        Raises
        ------
        InputError
            If a key is not known, or a value not what it should be; with ``words``.
        """
        found = _Told(where or _Where("", ""))
        found.take(told)
        return self._joined(found)

    def _joined(self, told: _Told) -> LedgerWords:
        heads = {*told.columns, *told.columns_else, *told.sets["passed"], *told.sets["personal"]}
        # a choice that an office names is not also what we thought
        choices = {
            name: {**self.choices.get(name, {}), **told.choices.get(name, {})}
            for name in {*self.choices, *told.choices}
        }
        named = {text for table in told.choices.values() for text in table}
        joined: dict[str, Any] = {
            "columns": {**_without(self.columns, heads), **told.columns},
            "columns_else": {**_without(self.columns_else, heads), **told.columns_else},
            "personal_parts": (*self.personal_parts, *told.parts),
            "choices": choices,
            "communities": {**self.communities, **told.communities},
            "units": {
                name: (*self.units.get(name, ()), *told.units.get(name, ()))
                for name in {*self.units, *told.units}
            },
        }
        for name, texts in told.sets.items():
            ours = getattr(self, name)
            if name in {"passed", "personal", "report"}:
                ours = ours - heads
            joined[name] = (ours - named if name == "blank" else ours) | texts
        return replace(self, **joined)

    def field_of(self, head: str) -> str | None:
        """Return the field of a head as written, None if it is none; see `field_of_head`."""
        return self.sure_field(head) or self._field_in(self.columns_else, head)

    def sure_field(self, head: str) -> str | None:
        """Return the field of a head that can mean nothing else, None if it is none."""
        return self._field_in(self.columns, head)

    def _field_in(self, table: Mapping[str, str], head: str) -> str | None:
        """Look a head up; what a count says in brackets must leave it the count of all."""
        plain = plain_head(head)
        found = table.get(plain)
        both = None if found else _BILINGUAL.fullmatch(plain)
        if both:
            # in two languages: 户数 Households
            here, there = (
                self.columns.get(one) or self.columns_else.get(one) for one in both.groups()
            )
            found = table.get(both[1]) if here == there else None
        # a table asks this of most of its cells
        if not _ANY_BRACKET.search(head):
            return found
        text = _with_brackets(head)
        whole = table.get(_BRACKET.sub("", text))
        if whole in _COUNTED:
            return whole
        if found in _COUNTED:
            units = self.units.get(found, ())
            told = [one.removeprefix("单位") for one in _IN_BRACKETS.findall(text)]
            if not all(one in units or _HARMLESS.fullmatch(one) for one in told):
                return None
        return found

    def is_personal(self, head: str) -> bool:
        """Return whether a head is about persons, whose columns are copied nowhere."""
        plain = plain_head(head)
        if plain in self.columns or plain in self.columns_else or plain in self.passed:
            return False
        return plain in self.personal or any(part in plain for part in self.personal_parts)

    def knows(self, head: str) -> bool:
        """Return whether a head that is no field is passed over without a word."""
        plain = plain_head(head)
        return plain in self.passed or plain in self.report

    def is_of_part(self, head: str) -> bool:
        """Return whether a head names one building or entrance of a courtyard."""
        return plain_head(head) in self.parts

    @cached_property
    def cut(self) -> dict[str, str]:
        """Return the fields of heads cut at ten bytes, those that may be several left out."""
        found: dict[str, set[str]] = {}
        for head, name in {**self.columns_else, **self.columns}.items():
            for encoding in ("gb18030", "utf-8"):
                raw = head.encode(encoding)
                if len(raw) > _CUT_BYTES:
                    short = raw[:_CUT_BYTES].decode(encoding, "ignore")
                    found.setdefault(short, set()).add(name)
        for column in FIELDS:
            if len(column) > _CUT_BYTES:
                found.setdefault(plain_head(column[:_CUT_BYTES]), set()).add(column)
        return {head: names.pop() for head, names in found.items() if len(names) == 1}


def field_of_head(head: str, *, cut: bool = False, words: LedgerWords | None = None) -> str | None:
    """Return which column of the data model a head means.

    Parameters
    ----------
    head : str
        As written.
    cut : bool
        Whether it may have been cut at ten bytes, as in a Shapefile.
    words : LedgerWords, optional
        Ours, if left out.

    Returns
    -------
    str or None
        A column of the courtyards, ``x``, ``y``, ``xy``, ``road``; None if it is none of them,
        or if a head cut short may be several.

    Examples
    --------
    >>> field_of_head("楼院编号（必填）"), field_of_head("60岁以上人", cut=True)
    ('courtyard_id', 'share_over_60')
    """
    words = words or LedgerWords.ours()
    found = words.field_of(head)
    if found is None and cut:
        found = words.cut.get(plain_head(head))
    return found


@cache
def _ours() -> LedgerWords:
    """Read the words of the package once."""
    path = facts_folder() / "ledger_columns.toml"
    text = path.read_text(encoding="utf-8")
    return LedgerWords().with_told(tomllib.loads(text), _Where(path.name, text))


def _with_brackets(head: str) -> str:
    """Write a head as `plain_head` does, but keep its brackets."""
    return _SIGNS.sub("", unicodedata.normalize("NFKC", without_unseen(head)).casefold())


def _without(table: Mapping[str, str], heads: Iterable[str]) -> dict[str, str]:
    gone = set(heads)
    return {head: name for head, name in table.items() if head not in gone}


def refused(key: str, **values: object) -> InputError:
    """Return the refusal of a file of words, in both languages."""
    words = {one: phrases(one, "intake")[key].format(**values) for one in LANGUAGES}
    return InputError(words["en"], words=words)


@dataclass(frozen=True)
class _Where:
    """Name the line of a key."""

    file: str
    text: str

    def refused(
        self, table: str, key: str, why: str, *, under: str = "", **values: object
    ) -> InputError:
        """Return the refusal of one key, with its line where it can be found."""
        begin = max(self.text.find(f"[{table}]"), 0) if table else 0
        at = begin
        for part in filter(None, (under, key)):
            named = re.compile(rf"(?<![\w一-鿿]){re.escape(part)}(?![\w一-鿿])")
            found = named.search(self.text, at)
            at = found.start() if found else at
        line = self.text.count("\n", 0, at) + 1
        place = f"[{table}] {key}" if table else key
        return refused(why, file=self.file, line=line, place=place, **values)


_SETS = ("passed", "parts", "personal", "blank", "ditto", "yes", "report")


class _Told:
    """Take a table of words, and refuse what is none."""

    def __init__(self, where: _Where) -> None:
        self.columns: dict[str, str] = {}
        self.columns_else: dict[str, str] = {}
        self.choices: dict[str, dict[str, str]] = {}
        self.communities: dict[str, str] = {}
        self.units: dict[str, tuple[str, ...]] = {}
        self.parts: tuple[str, ...] = ()
        self.sets: dict[str, frozenset[str]] = {
            f.name: frozenset() for f in fields(LedgerWords) if f.type == "frozenset[str]"
        }
        self._where = where

    def take(self, told: Mapping[str, Any]) -> None:
        """Read each part."""
        parts: dict[str, Any] = {
            "columns": lambda table: self._heads("columns", self.columns, table),
            "columns_else": lambda table: self._heads("columns_else", self.columns_else, table),
            "choices": self._choices,
            "communities": self._communities,
            "units": self._units,
        }
        for name, table in told.items():
            if name not in parts and name not in _SETS:
                raise self._where.refused(
                    "", name, "words_key", allowed=", ".join((*parts, *_SETS))
                )
            if not isinstance(table, dict):
                raise self._where.refused("", name, "words_table")
            if name in parts:
                parts[name](table)
            else:
                self._lists(name, table)

    def _heads(self, name: str, into: dict[str, str], table: Mapping[str, Any]) -> None:
        for column, heads in table.items():
            if column not in FIELDS:
                raise self._where.refused(name, column, "words_key", allowed=", ".join(FIELDS))
            own = (column,) if column in _MODEL and name == "columns" else ()
            for head in (*own, *self._texts(name, column, heads)):
                plain = plain_head(head)
                if into.setdefault(plain, column) != column:
                    told = {"under": column, "other": into[plain]}
                    raise self._where.refused(name, head, "words_twice", **told)
                # a count of what an office says in brackets: 户数（应改造）
                into.setdefault(_BRACKET.sub("", _with_brackets(head)), column)

    def _choices(self, table: Mapping[str, Any]) -> None:
        for column, values in table.items():
            if column not in _CHOICES or not isinstance(values, dict):
                allowed = ", ".join(f"[choices.{one}]" for one in _CHOICES)
                raise self._where.refused("choices", column, "words_key", allowed=allowed)
            place = f"choices.{column}"
            into = self.choices.setdefault(column, {})
            for value, texts in values.items():
                if value not in _CHOICES[column]:
                    allowed = ", ".join(_CHOICES[column])
                    raise self._where.refused(place, value, "words_key", allowed=allowed)
                for text in (value, *self._texts(place, value, texts)):
                    plain = plain_word(text)
                    if into.setdefault(plain, value) != value:
                        told = {"under": value, "other": into[plain]}
                        raise self._where.refused(place, text, "words_twice", **told)

    def _communities(self, table: Mapping[str, Any]) -> None:
        for name, code in table.items():
            if not isinstance(code, str) or not _CODE.fullmatch(code):
                raise self._where.refused("communities", name, "words_code")
            self.communities[plain_ident(name)] = code

    def _units(self, table: Mapping[str, Any]) -> None:
        for column, texts in table.items():
            if column not in FIELDS:
                raise self._where.refused("units", column, "words_key", allowed=", ".join(FIELDS))
            self.units[column] = tuple(map(plain_word, self._texts("units", column, texts)))

    def _lists(self, name: str, table: Mapping[str, Any]) -> None:
        plain = plain_word if name in {"blank", "ditto", "yes"} else plain_head
        slots = {
            "personal": {"heads": "personal", "parts": ""},
            "report": {"heads": "report", "data": "report_data", "others": "report_others"},
        }.get(name, {"heads" if name in {"passed", "parts"} else "cells": name})
        for key, texts in table.items():
            if key not in slots:
                raise self._where.refused(name, key, "words_key", allowed=", ".join(slots))
            found = [plain(text) for text in self._texts(name, key, texts)]
            if slots[key]:
                self.sets[slots[key]] |= frozenset(found)
            else:
                self.parts += tuple(filter(None, found))

    def _texts(self, table: str, key: str, texts: object) -> list[str]:
        listed = [texts] if isinstance(texts, str) else texts
        if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
            raise self._where.refused(table, key, "words_texts")
        return listed
