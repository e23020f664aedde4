"""Register: which courtyard, community or grid of a plan somebody means who writes a list.

It answers with everything that a text may mean; whoever asks refuses what is none or several.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from geogrid.plans.codes import split_code
from geogrid.sources.addresses import plain_address, spelt_number
from geogrid.sources.ledger.places import community_key
from geogrid.sources.spelling import plain_ident

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import pandas as pd

__all__ = ["Register", "Yard", "yards_of"]

_YARD = re.compile(r"(?:楼院|大院|院)$")
_NUMBERED = re.compile(
    r"^(?P<head>.*?)第?(?P<serial>[0-9]{1,3}|[一二三四五六七八九十百零]{1,9})号?(?:网格|grid)?$"
)
# people compare with a few names, not with hundreds
_MOST_LIKE, _MOST_COMPARED = 3, 300
_LIKE = 0.5


@dataclass(frozen=True, slots=True)
class Yard:
    """Hold what tells one courtyard from another; a missing name or address is empty."""

    courtyard_id: str
    name: str
    address: str
    community: str


@dataclass(frozen=True)
class Register:
    """Hold the names of everything in a plan as it stands.

    Parameters
    ----------
    yards : mapping of str to Yard
        By courtyard_id.
    communities : mapping of str to str
        Name of each community code.
    assignment : mapping of str to str
        Grid code of each courtyard.
    names : mapping of str to str
        Name of each grid code.
    homes : mapping of str to str, optional
        Community code of each grid; where it is missing, the grid's code tells it.
    locks : collection of str
        ``courtyard:ID`` and ``grid:CODE``.
    own : collection of str, optional
        Community codes that may be changed, and whose rows may be named; None: all.
    """

    yards: Mapping[str, Yard] = field(repr=False)
    communities: Mapping[str, str] = field(repr=False)
    assignment: Mapping[str, str] = field(repr=False)
    names: Mapping[str, str] = field(repr=False)
    homes: Mapping[str, str] = field(default_factory=dict, repr=False)
    locks: Collection[str] = field(default=(), repr=False)
    own: Collection[str] | None = field(default=None, repr=False)

    def may_change(self, community: str) -> bool:
        """Return whether a community's courtyards and grids may be changed."""
        return self.own is None or community in self.own

    def yards_by_id(self, text: str) -> list[str]:
        """Return the courtyards that an identifier may mean, those that nobody may name too."""
        plain = plain_ident(text)
        return [plain] if plain in self.yards else list(self._by_ident.get(plain.casefold(), ()))

    def yards_by_name(self, text: str, communities: Collection[str] = ()) -> list[str]:
        """Return the own courtyards of a name or, where none has it, of an address.

        Parameters
        ----------
        text : str
            As somebody wrote it.
        communities : collection of str
            Only in these; empty: in all.

        Returns
        -------
        list of str
            Identifiers, sorted.
        """
        key = _yard_key(text)
        found = self._by_name.get(key) or self._by_address.get(key, [])
        return sorted(i for i in found if not communities or self.yards[i].community in communities)

    def yards_by_address(self, text: str, communities: Collection[str] = ()) -> list[str]:
        """Return the own courtyards at an address; see `yards_by_name`."""
        found = self._by_address.get(_yard_key(text), ())
        return sorted(i for i in found if not communities or self.yards[i].community in communities)

    def like(self, text: str, communities: Collection[str] = ()) -> list[str]:
        """Return a few own courtyards with names like a text, the likest first."""
        key = _yard_key(text)
        pool: Iterable[str] = self._by_start.get(key[:2], ())
        named: dict[str, str] = {}
        for ident in pool:
            yard = self.yards[ident]
            if not communities or yard.community in communities:
                named.setdefault(_yard_key(yard.name or yard.address), ident)
            if len(named) == _MOST_COMPARED:
                break
        return [named[n] for n in difflib.get_close_matches(key, named, _MOST_LIKE, _LIKE)]

    def communities_by_name(self, text: str) -> list[str]:
        """Return the communities that a code or a name, short or in full, may mean."""
        plain = plain_ident(text)
        if plain in self.communities:
            return [plain]
        return list(self._by_community.get(community_key(plain), ()))

    def grids_by_text(self, text: str, community: str | None) -> list[str]:
        """Return the own grids that a code, a name or a number may mean.

        Parameters
        ----------
        text : str
            As somebody wrote it: 370202001001002, 云霄路社区第2网格, 第二网格, 2.
        community : str or None
            Where numbers count; None: a number alone means nothing.

        Returns
        -------
        list of str
            Codes, sorted.
        """
        plain = plain_ident(text)
        if plain in self.names:
            return [plain] if self._shows(plain) else []
        found = {c for c in self._by_grid_name.get(plain.casefold(), ()) if self._shows(c)}
        numbered = _NUMBERED.match(plain.casefold())
        if numbered is not None:
            head = numbered["head"]
            homes = self._by_community.get(community_key(head), ()) if head else (community,)
            serial = spelt_number(numbered["serial"])
            if serial.isdigit():
                found |= {
                    code
                    for home in homes
                    if home is not None
                    for code in self.grids_of.get(home, ())
                    if split_code(code)[1] == int(serial)
                }
        if community is not None and len(found) > 1:
            # the same name in several communities: one's own is meant
            inside = {code for code in found if self.home_of_grid(code) == community}
            found = inside or found
        return sorted(found)

    def home_of_grid(self, code: str) -> str:
        """Return a grid's community code."""
        return self.homes.get(code, code[:-3])

    def name_of_grid(self, code: str) -> str:
        """Return a grid's name, its code if it has none."""
        return self.names.get(code) or code

    @cached_property
    def grids_of(self) -> dict[str, list[str]]:
        """Return the own grids of each community that hold a courtyard."""
        found: dict[str, list[str]] = defaultdict(list)
        for code in sorted(set(self.assignment.values())):
            if self._shows(code):
                found[self.home_of_grid(code)].append(code)
        return dict(found)

    def _shows(self, code: str) -> bool:
        return self.may_change(self.home_of_grid(code))

    @cached_property
    def _own(self) -> list[Yard]:
        return [yard for yard in self.yards.values() if self.may_change(yard.community)]

    @cached_property
    def _by_ident(self) -> dict[str, list[str]]:
        return _gathered((i.casefold(), i) for i in self.yards)

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        return _gathered((_yard_key(y.name), y.courtyard_id) for y in self._own if y.name)

    @cached_property
    def _by_address(self) -> dict[str, list[str]]:
        return _gathered((_yard_key(y.address), y.courtyard_id) for y in self._own if y.address)

    @cached_property
    def _by_start(self) -> dict[str, list[str]]:
        return _gathered((_yard_key(y.name or y.address)[:2], y.courtyard_id) for y in self._own)

    @cached_property
    def _by_community(self) -> dict[str, list[str]]:
        return _gathered((community_key(name), code) for code, name in self.communities.items())

    @cached_property
    def _by_grid_name(self) -> dict[str, list[str]]:
        return _gathered((plain_ident(n).casefold(), code) for code, n in self.names.items() if n)


def yards_of(courtyards: pd.DataFrame) -> dict[str, Yard]:
    """Return the courtyards of a plan by identifier.

    Parameters
    ----------
    courtyards : DataFrame, n rows
        With ``courtyard_id`` and ``community_code``; ``name`` and ``address`` if there are any.

    Returns
    -------
    dict of str to Yard
        In their order.
    """
    columns = [
        courtyards[name].fillna("").astype(str).tolist()
        if name in courtyards
        else [""] * len(courtyards)
        for name in ("courtyard_id", "name", "address", "community_code")
    ]
    return {values[0]: Yard(*values) for values in zip(*columns, strict=True)}


def _gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return dict(found)


def _yard_key(text: str) -> str:
    plain = plain_address(text)
    return _YARD.sub("", plain) or plain
