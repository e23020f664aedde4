"""What speaks for a coordinate system, and what was made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from geogrid.locale import phrases
from geogrid.sources.names import system_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.locale import Language

__all__ = ["Detection", "Evidence"]


@dataclass(frozen=True)
class Evidence:
    """Hold one thing that speaks for or against a system.

    Parameters
    ----------
    kind : str
        What: a key of the phrases ``intake``, without ``evidence_``.
    told : mapping of str to str
        What the sentence names; ``system`` is the house's name of a system.
    """

    kind: str
    told: Mapping[str, str] = field(default_factory=dict)

    def words(self, language: Language) -> str:
        """Say it in one sentence.

        Parameters
        ----------
        language : {"zh", "en"}
            Chinese or English.

        Returns
        -------
        str
            The sentence, systems by the names that people know.
        """
        known = phrases(language, "intake")
        told = {
            name: system_name(text, language) if name in {"system", "other"} else text
            for name, text in self.told.items()
        }
        return known[f"evidence_{self.kind}"].format(**told)


@dataclass(frozen=True)
class Detection:
    """Hold which system numbers seem to be in, and why.

    Parameters
    ----------
    system : str or None
        ``wgs84`` (and CGCS2000), ``gcj02``, ``bd09``, ``EPSG:4549`` or ``EPSG:4528``; the
        likeliest where it is not sure, None where nothing speaks for any.
    is_sure : bool
        Whether every other system is clearly worse. If not, ask a person.
    evidence : tuple of Evidence
        What was seen, what it was read as first; the reasons for doubt last.
    ranking : tuple of (str, float)
        Every system that the numbers can be in, the best first, with the share of the tests
        that the points pass under it, 0 to 1.
    is_swapped : bool
        Whether the first number is the latitude or northing.
    """

    system: str | None
    is_sure: bool
    evidence: tuple[Evidence, ...] = ()
    ranking: tuple[tuple[str, float], ...] = ()
    is_swapped: bool = False
