"""Addresses as people write them, and the courtyards they may mean.

Nothing is guessed silently: an answer says whether it is the address itself, a number on the
same road, or a list to choose from.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from geogrid.sources.addresses import parse_address, plain_address, without_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["AddressBook", "Match", "plain_address"]

By = Literal["address", "number", "nearest", "candidates", "nothing"]

# further along the road is another neighbourhood: a list to choose from is more honest
MOST_APART = 20
# a road of that name and number may occur in several towns; nobody reads more than this
MOST_MATCHES = 5

_YARD = re.compile(r"(?:楼院|大院|院)$")
# share of the signs that two roads' names have in common, above which one may stand for the
# other: one wrong sign of four
_LIKE = 0.74


@dataclass(frozen=True)
class Match:
    """Hold which courtyards an address may mean.

    Parameters
    ----------
    rows : tuple of int
        Rows of the courtyards, at most five: all equally good and sorted, or, with
        ``candidates``, the likest first.
    n : int
        How many there are in all.
    by : {"address", "number", "nearest", "candidates", "nothing"}
        The address or name itself; the same road and number; the nearest number on the
        road; things with similar names, none of them an answer; nothing at all.
    apart : int
        Difference to the number asked for; more than 0 only with ``nearest``.
    """

    rows: tuple[int, ...]
    n: int
    by: By
    apart: int = 0


@dataclass(frozen=True)
class _House:
    """Hold the parts of one address: a road, its numbers, and whether one is a part (69-1)."""

    road: str
    numbers: tuple[int, ...]
    is_part: bool


class AddressBook:
    """Find courtyards by address or name.

    Parameters
    ----------
    courtyards : sequence of mapping
        ``address``, ``name`` of each; may be None.
    places : iterable of str
        Names of communities and subdistricts, which may stand before the road.
    """

    def __init__(
        self, courtyards: Sequence[Mapping[str, Any]], *, places: Iterable[str] = ()
    ) -> None:
        self._places = sorted({plain_address(place) for place in places}, key=len, reverse=True)
        self._rows: dict[str, set[int]] = defaultdict(set)
        self._roads: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for row, values in enumerate(courtyards):
            for told in (values.get("address"), values.get("name")):
                if not told:
                    continue
                key = plain_address(str(told))
                self._rows[key].add(row)
                self._rows[_YARD.sub("", key)].add(row)
                house = _house(key)
                if house is not None:
                    self._roads[house.road].extend((number, row) for number in house.numbers)
        self._roads = {road: sorted(set(found)) for road, found in self._roads.items()}
        self._signs: dict[str, set[str]] = defaultdict(set)
        for road in self._roads:
            for sign in road:
                self._signs[sign].add(road)

    def search(self, text: str) -> Match:
        """Find the courtyards that an address means.

        Parameters
        ----------
        text : str
            As a person wrote it.

        Returns
        -------
        Match
            The exact address or name first, then the same road and number, then the nearest
            number of the road, on its own side where there is one within `MOST_APART`; else
            similar names.
        """
        variants = list(dict.fromkeys(without_places(plain_address(text), self._places)))
        for variant in variants:
            rows = self._rows.get(variant) or self._rows.get(_YARD.sub("", variant))
            if variant and rows:
                return _match(rows, "address")
        houses = [house for house in map(_house, variants) if house is not None]
        for house in houses:
            found = self._on_road(house)
            if found is not None:
                return found
        return self._similar(variants, houses)

    def _on_road(self, house: _House) -> Match | None:
        """Find a number on its road; None if the road is not known or the number far off."""
        known = self._roads.get(house.road)
        if known is None:
            return None
        asked = house.numbers[0]
        # even and odd numbers face each other across the road
        own_side = [(n, row) for n, row in known if (n - asked) % 2 == 0]
        for side in (own_side, known):
            best = min((abs(n - asked) for n, _ in side), default=MOST_APART + 1)
            if best <= MOST_APART:
                rows = {row for n, row in side if abs(n - asked) == best}
                is_exact = best == 0 and not house.is_part and len(house.numbers) == 1
                return _match(rows, "number" if is_exact else "nearest", best)
        return None

    def _similar(self, variants: Sequence[str], houses: Sequence[_House]) -> Match:
        """List what has a similar name, the likest first."""
        for variant in variants:
            rows = {row for key, some in self._rows.items() if variant in key for row in some}
            if variant and rows:
                return _match(rows, "candidates")
        for house in houses or [_House(variant, (0,), is_part=False) for variant in variants]:
            signs = set(house.road)
            shared = Counter(road for sign in signs for road in self._signs.get(sign, ()))
            order: dict[int, tuple[float, int]] = {}
            for road, n in shared.items():
                likeness = 2 * n / (len(signs) + len(set(road)))
                if likeness < _LIKE:
                    continue
                for number, row in self._roads[road]:
                    rank = (-likeness, abs(number - house.numbers[0]))
                    order[row] = min(rank, order.get(row, rank))
            if order:
                likest = sorted(order, key=lambda row: (*order[row], row))
                return Match(tuple(likest[:MOST_MATCHES]), len(likest), "candidates")
        return Match((), 0, "nothing")


def _match(rows: set[int], by: By, apart: int = 0) -> Match:
    """Put rows into order."""
    return Match(tuple(sorted(rows)[:MOST_MATCHES]), len(rows), by, apart)


def _house(plain: str) -> _House | None:
    """Take an address apart; None if it has no number on a road."""
    found = parse_address(plain)
    if found is None:
        return None
    numbers = tuple(house.number for house in found.numbers)
    return _House(found.road, numbers, any(house.part is not None for house in found.numbers))
