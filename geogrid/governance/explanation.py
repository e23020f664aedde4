"""Explanation: why a layout, or a courtyard's place in it, is as it is, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.governance.reasons import say_why
from geogrid.locale import LANGUAGES
from geogrid.plans.explain import explain_plan
from geogrid.showing import Shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.governance.reasons import Why
    from geogrid.governance.whatif import LayoutWhatIf
    from geogrid.locale import Language
    from geogrid.plans.plan import Plan

__all__ = ["Explanation", "explain_courtyard", "explain_layout"]


@dataclass(frozen=True, repr=False)
class Explanation(Shown):
    """Hold what is said of a layout or of one courtyard; ``print`` it to read it.

    Parameters
    ----------
    texts : mapping of language to str
        The same in Chinese and English, a sentence a line.
    language : {"zh", "en"}
        In which ``str()`` says it; the card shows both.
    courtyard_id : str
        Whom it is about; empty for the layout as a whole.
    whys : tuple of Why
        Of a courtyard: what each neighbouring grid would cost, cheapest first.
    is_synthetic : bool
        Whether the district is made up, as every output of it must say.
    """

    texts: Mapping[Language, str]
    language: Language = "zh"
    courtyard_id: str = ""
    whys: tuple[Why, ...] = ()
    is_synthetic: bool = False

    def __str__(self) -> str:
        """Return the text in the language of choice."""
        return self.texts[self.language]

    def _in_short(self) -> str:
        """Return whom it is about, and how long it is."""
        about = f"courtyard {self.courtyard_id}" if self.courtyard_id else "the layout"
        return f"of {about}, {len(str(self).splitlines())} lines: print it"


def explain_layout(plan: Plan, *, language: Language = "zh") -> Explanation:
    """Say what a plan achieves, what is proven, and where borders force its hand.

    Parameters
    ----------
    plan : Plan
        With its report.
    language : {"zh", "en"}
        In which ``str()`` says it.

    Returns
    -------
    Explanation
        Of the layout as a whole.
    """
    texts: dict[Language, str] = {known: explain_plan(plan, known) for known in LANGUAGES}
    return Explanation(texts, language, is_synthetic=plan.district.is_synthetic)


def explain_courtyard(
    what_if: LayoutWhatIf, courtyard_id: str, *, language: Language = "zh"
) -> Explanation:
    """Say why a courtyard is where it is: what each neighbouring grid would cost.

    Parameters
    ----------
    what_if : LayoutWhatIf
        The plan, kept solved.
    courtyard_id : str
        The courtyard.
    language : {"zh", "en"}
        In which ``str()`` says it.

    Returns
    -------
    Explanation
        Exact: each figure is the difference of two proven plans.

    Raises
    ------
    NotFoundError
        If there is no such courtyard.
    """
    whys = tuple(what_if.why_here(courtyard_id))
    texts: dict[Language, str] = {
        known: say_why(what_if.plan, courtyard_id, whys, known) for known in LANGUAGES
    }
    made_up = what_if.plan.district.is_synthetic
    return Explanation(texts, language, courtyard_id, whys, made_up)
