"""Findings: the faults of a draft as data, each with a sentence for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from geogrid.locale import Language

__all__ = ["Finding", "FindingKind", "Severity", "Verdict"]

FindingKind = Literal[
    "unassigned",
    "unknown_courtyard",
    "split_community",
    "broken",
    "out_of_band",
    "station_area",
    "locked",
    "empty",
    "code",
    "rule",
]
Severity = Literal["hard", "soft"]


@dataclass(frozen=True)
class Finding:
    """Hold one fault of a draft.

    Parameters
    ----------
    kind : str
        ``unassigned, unknown_courtyard, split_community, broken, locked, code``
        (hard), ``out_of_band, station_area, empty, rule`` (soft).
    severity : {"hard", "soft"}
        Hard ones bar publication; soft ones need a reason.
    grid_code : str
        The grid; empty where the fault is none of a grid.
    courtyard_ids : tuple of str
        Courtyards at fault, sorted.
    words : dict of language to str
        One sentence in Chinese and in English.
    """

    kind: FindingKind
    severity: Severity
    grid_code: str
    courtyard_ids: tuple[str, ...]
    words: dict[Language, str]

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as plain values."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "grid_code": self.grid_code,
            "courtyard_ids": list(self.courtyard_ids),
            "words": dict(self.words),
        }


@dataclass(frozen=True)
class Verdict:
    """Hold every fault of a draft.

    Parameters
    ----------
    faults : tuple of Finding
        Hard ones first, then by kind and grid.
    n_courtyards, n_grids : int
        Courtyards with a grid, and grids with a courtyard.
    """

    faults: tuple[Finding, ...]
    n_courtyards: int
    n_grids: int

    @property
    def hard(self) -> tuple[Finding, ...]:
        """Return the faults that bar publication."""
        return tuple(f for f in self.faults if f.severity == "hard")

    @property
    def soft(self) -> tuple[Finding, ...]:
        """Return the faults that need a reason."""
        return tuple(f for f in self.faults if f.severity == "soft")

    @property
    def is_publishable(self) -> bool:
        """Return whether no hard fault is left."""
        return not self.hard

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as plain values."""
        return {
            "is_publishable": self.is_publishable,
            "n_hard": len(self.hard),
            "n_soft": len(self.soft),
            "n_courtyards": self.n_courtyards,
            "n_grids": self.n_grids,
            "faults": [fault.as_dict() for fault in self.faults],
        }
