"""What reading said of rows: one finding at a time, in both languages, and counts that add up."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from geogrid.locale import LANGUAGES, phrases

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.locale import Language

__all__ = ["Fate", "Finding", "RowKey", "Tally", "Verdict"]

Verdict = Literal["note", "mended", "rejected"]
# what became of a row
Fate = Literal["taken", "mended", "rejected"]
# a row as the sources number it: file, sheet, row
RowKey = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold one thing that reading said of a row, or of a whole file.

    Parameters
    ----------
    kind : str
        Key of the phrases ``intake``: the reason; with ``_remedy`` what to do.
    verdict : {"note", "mended", "rejected"}
        Worth a look; read otherwise than written, by the rule that ``kind`` names; left out.
    file, sheet : str
        Where; the sheet is empty for a file without sheets.
    row : int or None
        As the source numbers it, from 1; None for the file as a whole.
    ident : str
        The row's identifier, if it has one.
    field : str
        Column of the data model, or ``geometry``, ``row``, ``file``.
    column : str
        Head of that column as written.
    value : str
        What stands there.
    told : mapping of str to str
        What the sentences name besides ``value`` and ``column``; a text of two languages
        stands as ``name_zh`` and ``name_en``.
    """

    kind: str
    verdict: Verdict
    file: str = ""
    sheet: str = ""
    row: int | None = None
    ident: str = ""
    field: str = "row"
    column: str = ""
    value: str = ""
    told: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def key(self) -> RowKey | None:
        """Return the row as the sources number it; None for a whole file."""
        return None if self.row is None else (self.file, self.sheet, self.row)

    def reason(self, language: Language) -> str:
        """Say in one sentence what is odd."""
        return self._say(self.kind, language)

    def remedy(self, language: Language) -> str:
        """Say in one sentence what to do; empty where there is nothing to do."""
        return self._say(f"{self.kind}_remedy", language)

    def _say(self, key: str, language: Language) -> str:
        form = phrases(language, "intake").get(key, "")
        told = dict(self.told)
        for name in self.told:
            stem, _, tongue = name.rpartition("_")
            if tongue == language and stem:
                told[stem] = self.told[name]
        other = {one for one in LANGUAGES if one != language}
        told = {name: text for name, text in told.items() if name.rpartition("_")[2] not in other}
        return form.format(value=self.value, column=self.column, **told)


@dataclass(frozen=True, slots=True)
class Tally:
    """Count rows: every one that was read is taken, mended or rejected.

    Parameters
    ----------
    read : int
        Rows of data; titles, heads, notes, totals and empty rows are none.
    taken, mended, rejected : int
        As written; by a named rule; left out. Their sum is ``read``.
    """

    read: int
    taken: int
    mended: int
    rejected: int

    def __post_init__(self) -> None:
        """Hold the counts against one another."""
        if self.taken + self.mended + self.rejected != self.read:
            msg = f"{self.taken} + {self.mended} + {self.rejected} is not {self.read}"
            raise ValueError(msg)
