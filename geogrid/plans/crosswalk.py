"""Crosswalk: from the grids of one layout to those of the next, and what became of each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from geogrid.errors import InputError
from geogrid.locale import LANGUAGES, phrases
from geogrid.plans.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pandas as pd

    from geogrid.locale import Language

__all__ = ["CROSSWALK_COLUMNS", "EventKind", "GridEvent", "crosswalk", "grid_events"]

CROSSWALK_COLUMNS = (
    "old_code",
    "new_code",
    "n_courtyards",
    "households",
    "share_of_old",
    "share_of_new",
)
EventKind = Literal["create", "retire", "split", "merge", "change", "rename", "keep"]

# ids or codes in a sentence; the event holds all
_NAMED = 5


@dataclass(frozen=True)
class GridEvent:
    """Hold what became of one or more grids.

    Parameters
    ----------
    kind : str
        ``create, retire, split, merge, change, rename`` or ``keep``.
    old_codes, new_codes : tuple of str
        Grids before and after that it speaks of, sorted.
    gained, lost : tuple of str
        Courtyards that a grid has won or given up, sorted (``change``).
    words : dict of language to str
        One sentence in Chinese and in English.
    """

    kind: EventKind
    old_codes: tuple[str, ...]
    new_codes: tuple[str, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    words: dict[Language, str]

    @property
    def codes(self) -> tuple[str, ...]:
        """Return every grid that the event speaks of, sorted."""
        return tuple(sorted({*self.old_codes, *self.new_codes}))

    def as_dict(self) -> dict[str, Any]:
        """Return the event as plain values."""
        return {
            "kind": self.kind,
            "codes": list(self.codes),
            "old_codes": list(self.old_codes),
            "new_codes": list(self.new_codes),
            "gained": list(self.gained),
            "lost": list(self.lost),
            "words": dict(self.words),
        }


def crosswalk(
    old: Plan | Mapping[str, str],
    new: Plan | Mapping[str, str],
    households: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """Tell for every pair of an old and a new grid what they share.

    Parameters
    ----------
    old, new : Plan, or mapping of courtyard_id to grid_code
        The layout before and after. A courtyard may be missing on either side, or
        have an empty code: it is new, or it is gone.
    households : mapping of courtyard_id to int, optional
        Of every courtyard; by default what the plans say, the new one first.

    Returns
    -------
    DataFrame
        `CROSSWALK_COLUMNS`, sorted by codes; a pair that shares no courtyard has no
        row. ``old_code`` is empty for courtyards that are new, ``new_code`` for those
        that are gone. Shares are of households, of courtyards where nobody lives;
        those of an empty code are 0. Every courtyard is counted in one row.

    Raises
    ------
    InputError
        If the households of a courtyard are not known.
    """
    import pandas as pd

    before, after = _assignment(old), _assignment(new)
    ids = sorted({*before, *after})
    known = {**_households(old), **_households(new)} if households is None else households
    lost = [ident for ident in ids if ident not in known]
    if lost:
        msg = f"The households of courtyards {', '.join(lost[:8])} are not known; give them."
        raise InputError(msg, courtyards=lost)
    table = pd.DataFrame(
        {
            "old_code": pd.Series([before.get(i, "") for i in ids], dtype=object),
            "new_code": pd.Series([after.get(i, "") for i in ids], dtype=object),
            "n_courtyards": 1,
            "households": [int(known[i]) for i in ids],
        }
    )
    rows = table.groupby(["old_code", "new_code"], as_index=False).sum()
    for side in ("old", "new"):
        total = rows.groupby(f"{side}_code")[["households", "n_courtyards"]].transform("sum")
        people = rows["households"] / total["households"].where(total["households"] > 0, 1)
        yards = rows["n_courtyards"] / total["n_courtyards"]
        share = people.where(total["households"] > 0, yards)
        rows[f"share_of_{side}"] = share.where(rows[f"{side}_code"] != "", 0.0)
    return rows[list(CROSSWALK_COLUMNS)]


def grid_events(
    old: Plan | Mapping[str, str],
    new: Plan | Mapping[str, str],
    *,
    old_names: Mapping[str, str] | None = None,
    new_names: Mapping[str, str] | None = None,
) -> list[GridEvent]:
    """Tell what became of every grid.

    A code that goes on has one ``keep`` or ``change``, and a ``rename`` if its name
    differs. A code that ended is in one ``split`` (grids were made of it alone),
    ``merge`` (all of it that is still there went into one grid) or ``retire``. A new
    code is in one ``split``, ``merge`` (an old grid went into it whole, beside others)
    or ``create``.

    Parameters
    ----------
    old, new : Plan, or mapping of courtyard_id to grid_code
        The layout before and after.
    old_names, new_names : mapping of grid_code to str, optional
        Names of grids; by default what the plans say.

    Returns
    -------
    list of GridEvent
        By kind as they stand above, then by code.
    """
    before, after = _assignment(old), _assignment(new)
    names = (_names(old) | dict(old_names or {}), _names(new) | dict(new_names or {}))
    return _Events(before, after, names).tell()


class _Events:
    """Hold two layouts while the events between them are told."""

    def __init__(
        self,
        before: dict[str, str],
        after: dict[str, str],
        names: tuple[dict[str, str], dict[str, str]],
    ) -> None:
        self.old_names, self.new_names = names
        self.old_of, self.new_of = _members(before), _members(after)
        self.to = {code: {after[i] for i in m if i in after} for code, m in self.old_of.items()}
        self.of = {code: {before[i] for i in m if i in before} for code, m in self.new_of.items()}
        self.found: list[GridEvent] = []

    def tell(self) -> list[GridEvent]:
        """Return every event."""
        splits: dict[str, list[str]] = defaultdict(list)
        merges: dict[str, list[str]] = defaultdict(list)
        created = []
        for code in sorted(set(self.new_of) - set(self.old_of)):
            source = min(self.of[code], default="")
            if len(self.of[code]) == 1 and len(self.to[source]) > 1:
                splits[source].append(code)
            elif not any(self._went_into(code, ended) for ended in self.of[code]):
                created.append(code)
        retired = []
        for code in sorted(set(self.old_of) - set(self.new_of)):
            into = min(self.to[code], default="")
            if into and self._went_into(into, code):
                merges[into].append(code)
            elif code not in splits:
                retired.append(code)
        for code in created:
            self._note("create", (), (code,))
        for code in retired:
            self._note("retire", (code,), (), phrase="" if self.to[code] else "gone")
        for code, parts in sorted(splits.items()):
            stays = [code] if code in self.new_of else []
            self._note("split", (code,), (*stays, *parts))
        for code, ended in sorted(merges.items()):
            stays = [code] if code in self.old_of else []
            self._note("merge", (*stays, *ended), (code,))
        self._survivors()
        return self.found

    def _went_into(self, code: str, ended: str) -> bool:
        """Tell whether an old grid ended and all of it went into a grid that has more."""
        if ended in self.new_of or self.to[ended] != {code}:
            return False
        return code in self.old_of or len(self.of[code]) > 1

    def _survivors(self) -> None:
        """Note the grids that go on: changed, renamed, or as they were."""
        both = sorted(set(self.old_of) & set(self.new_of))
        changed = [code for code in both if self.old_of[code] != self.new_of[code]]
        for code in changed:
            gained = self.new_of[code] - self.old_of[code]
            lost = self.old_of[code] - self.new_of[code]
            self._note("change", (code,), (code,), gained=gained, lost=lost)
        for code in both:
            name = self.new_names.get(code)
            if name is not None and self.old_names.get(code, name) != name:
                self._note("rename", (code,), (code,))
        for code in sorted(set(both) - set(changed)):
            self._note("keep", (code,), (code,))

    def _note(
        self,
        kind: EventKind,
        old_codes: Sequence[str],
        new_codes: Sequence[str],
        *,
        gained: Collection[str] = (),
        lost: Collection[str] = (),
        phrase: str = "",
    ) -> None:
        """Note an event, with its sentence in every language."""
        old, new = sorted(old_codes), sorted(new_codes)
        words: dict[Language, str] = {}
        for language in LANGUAGES:
            frames = phrases(language, "events")
            towards = sorted({code for ended in old for code in self.to[ended]})
            words[language] = frames[phrase or kind].format(
                old=_listed([_titled(c, self.old_names, frames) for c in old], frames),
                new=_listed([_titled(c, self.new_names, frames) for c in new], frames),
                towards=_listed([_titled(c, self.new_names, frames) for c in towards], frames),
                n=len(self.new_of[new[0]]) if new else 0,
                moves=frames["space"].join(
                    frames[way].format(n=len(ids), courtyards=_listed(sorted(ids), frames))
                    for way, ids in (("gained", gained), ("lost", lost))
                    if ids
                ),
            )
        event = GridEvent(
            kind, tuple(old), tuple(new), tuple(sorted(gained)), tuple(sorted(lost)), words
        )
        self.found.append(event)


def _assignment(side: Plan | Mapping[str, str]) -> dict[str, str]:
    """Return the grid of every courtyard that has one."""
    if isinstance(side, Plan):
        yards = side.courtyards
        return dict(zip(yards["courtyard_id"].tolist(), yards["grid_code"].tolist(), strict=True))
    return {ident: code for ident, code in side.items() if code}


def _households(side: Plan | Mapping[str, str]) -> dict[str, int]:
    """Return the households of a plan's courtyards."""
    if not isinstance(side, Plan):
        return {}
    yards = side.courtyards
    return dict(zip(yards["courtyard_id"].tolist(), yards["households"].tolist(), strict=True))


def _names(side: Plan | Mapping[str, str]) -> dict[str, str]:
    """Return the names of a plan's grids."""
    if not isinstance(side, Plan):
        return {}
    grids = side.gov_grids
    return dict(zip(grids["grid_code"].tolist(), grids["name"].tolist(), strict=True))


def _members(assignment: Mapping[str, str]) -> dict[str, set[str]]:
    """Return the courtyards of every grid."""
    found: dict[str, set[str]] = defaultdict(set)
    for ident, code in assignment.items():
        found[code].add(ident)
    return dict(found)


def _titled(code: str, names: Mapping[str, str], frames: Mapping[str, str]) -> str:
    """Return a grid's name and code, or its code alone."""
    name = names.get(code)
    return frames["titled"].format(name=name, id=code) if name else code


def _listed(names: Sequence[str], frames: Mapping[str, str]) -> str:
    """List names; beyond some, count them."""
    said = frames["comma"].join(names[:_NAMED])
    if len(names) <= _NAMED:
        return said
    return frames["more"].format(listed=said, n=len(names) - _NAMED)
