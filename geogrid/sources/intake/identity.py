"""Hold the identifiers of a ledger against those of the district that stands.

Updates go by courtyard_id. Where identifiers were given out anew, or a courtyard comes under
another one, its households would count twice, or its row would take what is another's.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from geogrid.sources.addresses import parse_address, plain_address, without_places

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping, Sequence

    import geopandas as gpd

__all__ = ["Doubt", "Standing"]

KEY = "courtyard_id"
# a new courtyard this near to one that no row tells is the same
_SAME_M = 1.0
# a courtyard that was renamed and readdressed stands where it stood, give or take its building
_MOVED_M = 20.0
# nothing but a number, a house and its entrance: 对面 or 之3 after a number is another place
_WHOLE = re.compile(
    r"\D+?\d[\d,\-号甲乙丙丁戊己]*(?:大院|楼院|小院|院)?内?"
    r"(?:\d{1,3}号?[楼栋幢座]?)?(?:\d{1,3}(?:单元|门洞|门))?"
)
_ON_ROAD = re.compile(r"\D+?(?:[路街巷道弄里线]|胡同)\d")


class Doubt(NamedTuple):
    """Hold why a row cannot be of the courtyard that its identifier says.

    Parameters
    ----------
    kind : str
        Key of the phrases ``intake``.
    told : dict of str to str
        What they name.
    is_sure : bool
        Whether the row is to be rejected; else it is worth a look.
    """

    kind: str
    told: dict[str, str]
    is_sure: bool = True

    @property
    def is_astray(self) -> bool:
        """Return whether the identifier may belong to another row."""
        return self.kind in {"id_moved", "id_reused"}


class _Told(NamedTuple):
    """Hold what courtyards are known by, in one spelling."""

    code: str
    place: Hashable
    name: str


class Standing:
    """Know the courtyards of a district by what ledgers say of them.

    Parameters
    ----------
    before : GeoDataFrame
        Courtyards of the district.
    places : sequence of str
        Names that may stand before a road.
    seen : collection of str
        Identifiers of all rows of the ledger.
    """

    def __init__(
        self,
        before: gpd.GeoDataFrame,
        places: Sequence[str],
        *,
        seen: Collection[str],
    ) -> None:
        self._places = sorted(map(plain_address, places), key=len, reverse=True)
        self._seen = seen
        self._shapes = dict(zip(before[KEY], before.geometry, strict=True))
        self._own: dict[str, _Told] = {}
        self._texts: dict[str, str] = {}
        self._by: dict[Hashable, list[str]] = defaultdict(list)
        for values in before.drop(columns="geometry").to_dict("records"):
            ident, told = str(values[KEY]), self._told({str(f): v for f, v in values.items()})
            self._own[ident] = told
            texts = (values.get(field) for field in ("name", "address"))
            self._texts[ident] = " ".join(text for text in texts if isinstance(text, str) and text)
            # a row may not say its community
            for code in {told.code, ""}:
                if told.place or told.name:
                    self._by[code, told.place, told.name].append(ident)
                if told.place:
                    self._by[code, told.place].append(ident)

    def doubts(
        self, rows: Sequence[Mapping[str, Any]], has_place: Sequence[bool], *, keeps: bool
    ) -> tuple[dict[int, Doubt], dict[str, Doubt]]:
        """Find rows that are of another courtyard than their identifier says.

        Parameters
        ----------
        rows : sequence of mapping
            What each row of the ledger says.
        has_place : sequence of bool
            Whether it has coordinates or an outline.
        keeps : bool
            Whether courtyards that no row tells are kept.

        Returns
        -------
        found : dict of int to Doubt
            By place of the row.
        open : dict of str to Doubt
            By identifier: what holds unless the row's place is that of before.
        """
        found: dict[int, Doubt] = {}
        still: dict[str, Doubt] = {}
        told = [self._told(row) for row in rows]
        idents = [str(row.get(KEY) or "") for row in rows]
        # rows that say of their courtyard what the district says
        true = {i for i, one in zip(idents, told, strict=True) if self._is_own(i, one)}
        for ix, (ident, one) in enumerate(zip(idents, told, strict=True)):
            own = self._own.get(ident)
            if not ident or ident in true:
                continue
            doubt = (
                self._new(one, true, keeps=keeps) if own is None else self._moved(ident, one, own)
            )
            if doubt is not None:
                found[ix] = doubt
            elif own is not None and _is_another(own, one):
                doubt = Doubt("id_reused", {"was": self._texts[ident]})
                if has_place[ix]:
                    still[ident] = doubt
                else:
                    found[ix] = doubt
        # whose name and address stand in another row now
        gone = {doubt.told["id"] for doubt in found.values() if doubt.kind == "id_moved"}
        for ix, ident in enumerate(idents):
            if ident in gone and ident not in true and ix not in found:
                found[ix] = Doubt("id_reused", {"was": self._texts[ident]})
        return found, still

    def placed(
        self,
        told: gpd.GeoDataFrame,
        now: gpd.GeoDataFrame,
        still: Mapping[str, Doubt],
        *,
        keeps: bool,
    ) -> dict[str, Doubt]:
        """Find rows that stand where another courtyard does, or far from where theirs did.

        Parameters
        ----------
        told, now : GeoDataFrame
            Courtyards of the rows that were taken, in metres: where the rows put them, and where
            they came to rest.
        still : mapping of str to Doubt
            From `doubts`.
        keeps : bool
            As there.

        Returns
        -------
        dict of str to Doubt
            By identifier.
        """
        import numpy as np
        import shapely

        at = dict(zip(now[KEY], now.geometry, strict=True))
        written = dict(zip(told[KEY], told.geometry, strict=True))
        names = dict(zip(now[KEY], map(plain_address, now["name"]), strict=True))
        found = {
            ident: doubt
            for ident, doubt in still.items()
            if ident in at and shapely.distance(at[ident], self._shapes[ident]) > _MOVED_M
        }
        unseen = [ident for ident in self._shapes if ident not in self._seen]
        new = [ident for ident in at if ident not in self._shapes]
        if not (keeps and unseen and new):
            return found
        tree = shapely.STRtree([self._shapes[ident] for ident in unseen])
        points = shapely.point_on_surface(np.array([at[ident] for ident in new], dtype=object))
        for n, ix in tree.query(points, predicate="dwithin", distance=_SAME_M).T.tolist():
            ident, other = new[n], unseen[ix]
            is_near = shapely.distance(written[ident], self._shapes[other]) <= _SAME_M
            # points of two courtyards may have been moved onto one building
            is_same = is_near or names[ident] in {"", self._own[other].name}
            found.setdefault(ident, Doubt("place_stands", {"id": other}, is_sure=bool(is_same)))
        return found

    def _is_own(self, ident: str, told: _Told) -> bool:
        """Say whether a row contradicts nothing that its courtyard is known by."""
        own = self._own.get(ident)
        return own is not None and all(
            not now or now == was for now, was in zip(told, own, strict=True)
        )

    def _same(self, told: _Told) -> list[str]:
        """Return the courtyards that are known by the same; a name alone must be of one."""
        found = self._by.get(told, []) if told.place or told.name else []
        return [*found] if told.place or len(found) == 1 else []

    def _new(self, told: _Told, true: Collection[str], *, keeps: bool) -> Doubt | None:
        """Doubt a row whose identifier the district has not."""
        for other in self._same(told):
            if other in self._seen and other not in true:
                return Doubt("id_moved", {"id": other})
            if told.place and (keeps or other in true):
                return Doubt("named_otherwise", {"id": other})
        # a road without a number is the address of many
        if isinstance(told.place, tuple) and keeps:
            for other in self._by.get((told.code, told.place), []):
                if other not in self._seen:
                    return Doubt("address_stands", {"id": other})
        return None

    def _moved(self, ident: str, told: _Told, own: _Told) -> Doubt | None:
        """Doubt a row that has name and address of another courtyard of the district."""
        same = self._same(told)
        # where one of the two has no name, the address tells, unless it is the row's own
        is_renamed = not told.name or told.name != own.name
        if isinstance(told.place, tuple) and told.place != own.place and is_renamed:
            wanted = (told.code, told.place, "") if told.name else (told.code, told.place)
            same += self._by.get(wanted, [])
        return Doubt("id_moved", {"id": same[0]}) if same and ident not in same else None

    def _told(self, values: Mapping[str, Any]) -> _Told:
        """Return what a courtyard is known by."""
        told = (values.get(field) for field in ("community_code", "address", "name"))
        code, address, name = (one if isinstance(one, str) else "" for one in told)
        return _Told(code, self._place(address), plain_address(name))

    def _place(self, address: str) -> Hashable:
        """Return what all spellings of one address have in common."""
        plain, *shorter = without_places(plain_address(address), self._places)
        for text in (*reversed(shorter), plain):
            # what is left of an estate without its name is not told by its number
            if _WHOLE.fullmatch(text) and (text == plain or _ON_ROAD.match(text)):
                found = parse_address(text)
                if found is not None:
                    return (found.road, found.numbers, found.building, found.entrance)
        return plain


def _is_another(own: _Told, told: _Told) -> bool:
    """Say whether both name and address are others than they were."""
    if not (own.place and told.place and own.name and told.name):
        return False
    return own.place != told.place and own.name != told.name
