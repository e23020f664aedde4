"""What came of an import: the district, every row's verdict, and how each system is known."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from geogrid.showing import Shown
from geogrid.sources.findings import Tally
from geogrid.sources.tables.lists import plain_head

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from geogrid.district import District
    from geogrid.locale import Language
    from geogrid.sources.coordinates import Evidence
    from geogrid.sources.findings import Fate, Finding, RowKey, Verdict

__all__ = [
    "Change",
    "Changes",
    "How",
    "Import",
    "SystemTold",
    "Verdicts",
]

How = Literal["declared", "detected", "confirmed"]
_FATES: tuple[Fate, ...] = ("taken", "mended", "rejected")
_RANK: dict[Verdict, int] = {"note": 0, "mended": 1, "rejected": 2}


@dataclass(frozen=True)
class SystemTold:
    """Hold the coordinate system of a layer, and how it is known.

    Parameters
    ----------
    system : str
        As `geogrid.crs.point_system` names it, or as the file states it.
    how : {"declared", "detected", "confirmed"}
        By the file or the caller; by its numbers alone; by its numbers, and a person agreed.
    evidence : tuple of Evidence
        What spoke for it; empty where it was declared.
    """

    system: str
    how: How
    evidence: tuple[Evidence, ...] = ()

    def __str__(self) -> str:
        """Return it as a district's metadata keep it."""
        return f"{self.system} ({self.how})"


@dataclass(frozen=True, slots=True)
class Change:
    """Hold one value of one courtyard that an update changed.

    Parameters
    ----------
    courtyard_id : str
        Which.
    field : str
        Column of the data model, or ``geometry``.
    old, new : str
        Before and after, as text; of a geometry its middle, in metres.
    """

    courtyard_id: str
    field: str
    old: str
    new: str


@dataclass(frozen=True)
class Changes:
    """Hold what an update did to a district.

    Parameters
    ----------
    added : tuple of str
        Courtyards that are new.
    changed : tuple of Change
        Values that are others than before, by courtyard and column.
    n_unchanged : int
        Courtyards told again just as they are.
    missing : tuple of str
        Courtyards of the district that the new ledger does not tell.
    dropped : bool
        Whether those were left out; else they stay as they are.
    """

    added: tuple[str, ...]
    changed: tuple[Change, ...]
    n_unchanged: int
    missing: tuple[str, ...]
    dropped: bool = False

    @property
    def n_changed(self) -> int:
        """Return how many courtyards changed."""
        return len({change.courtyard_id for change in self.changed})


class Verdicts:
    """Count rows by their gravest finding.

    Parameters
    ----------
    rows : iterable of (str, str, int)
        File, sheet and number of every row that counts; each once.
    """

    def __init__(self, rows: Iterable[RowKey]) -> None:
        self._rank = dict.fromkeys(rows, 0)

    def add(self, key: RowKey, verdict: Verdict) -> None:
        """Take a finding of a row; findings of other rows, and of whole files, do not count."""
        if key in self._rank:
            self._rank[key] = max(self._rank[key], _RANK[verdict])

    def of(self, key: RowKey) -> Fate:
        """Return what became of a row."""
        return _FATES[self._rank[key]]

    def tally(self) -> Tally:
        """Return the counts."""
        found = Counter(self._rank.values())
        return Tally(len(self._rank), found[0], found[1], found[2])


@dataclass(frozen=True, repr=False)
class Import(Shown):
    """Hold what came of an import.

    Parameters
    ----------
    district : District or None
        All that was taken or mended; None if no courtyard was.
    tally : Tally
        Rows of courtyards: read = taken + mended + rejected.
    findings : tuple of Finding
        Everything that was said of a row or file, in the order of the sources.
    ledgers : tuple of Ledger
        The rows as written, with their heads; the courtyards of a vector file stand here too,
        as a ledger of their attributes.
    systems : mapping of str to SystemTold
        Coordinate system by layer; ``courtyards`` is that of the ledger's coordinates, and
        ``polygons`` that of the courtyards drawn beside a ledger.
    changes : Changes, optional
        What an update changed.
    """

    district: District | None
    tally: Tally
    findings: tuple[Finding, ...]
    ledgers: tuple[Any, ...] = ()
    systems: Mapping[str, SystemTold] = field(default_factory=dict)
    changes: Changes | None = None

    @property
    def is_synthetic(self) -> bool:
        """Return whether the district is made up, so that every output must say so."""
        return self.district is not None and self.district.is_synthetic

    @property
    def is_of_report(self) -> bool:
        """Return whether a ledger is what a reject report listed: some rows of a whole."""
        return any(
            plain_head(head) in ledger.words.report
            for ledger in self.ledgers
            for table in ledger.tables
            for head in table.heads.values()
        )

    def counts(self, verdict: Verdict) -> dict[str, int]:
        """Count the findings of a verdict by their kind.

        Parameters
        ----------
        verdict : {"note", "mended", "rejected"}
            Which.

        Returns
        -------
        dict of str to int
            Kind to number of findings, the most frequent first. A row may have several; one
            that is rejected is not mended, whatever was found in it.
        """
        out = {one.key for one in self.findings if one.verdict == "rejected"} - {None}
        found = Counter(
            one.kind
            for one in self.findings
            if one.verdict == verdict and not (verdict == "mended" and one.key in out)
        )
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def table(self, language: Language = "zh") -> pd.DataFrame:
        """Return the findings as a table.

        Parameters
        ----------
        language : {"zh", "en"}
            Of reasons and remedies.

        Returns
        -------
        DataFrame
            A row per finding: verdict, kind, file, sheet, row, courtyard_id, field, column,
            value, reason, remedy.
        """
        import pandas as pd

        names = ["verdict", "kind", "file", "sheet", "row", "ident", "field", "column", "value"]
        rows = [
            {
                **{name: getattr(one, name) for name in names},
                "reason": one.reason(language),
                "remedy": one.remedy(language),
            }
            for one in self.findings
        ]
        told = pd.DataFrame(rows, columns=[*names, "reason", "remedy"])
        return told.rename(columns={"ident": "courtyard_id"}).astype({"row": "Int64"})

    def _in_short(self) -> str:
        """Return how many rows were read, and what became of them."""
        told = self.tally
        rows = f"{told.read:,} rows = {told.taken:,} taken + {told.mended:,} mended"
        return f"{rows} + {told.rejected:,} rejected"
