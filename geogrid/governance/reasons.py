"""Reasons: what changes would cost and why a courtyard is where it is, as data and in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from geogrid.locale import phrases
from geogrid.plans.explain import border_name
from geogrid.showing import Shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from geogrid.locale import Language
    from geogrid.plans.plan import Plan

__all__ = ["Price", "Prices", "Why", "say_prices", "say_why"]

PriceKind = Literal["grids", "band", "walk", "lock", "join", "part", "border"]

# household-metres that are rounded to nothing
_HALF = 0.5
_KIND_OF: dict[str, PriceKind] = {
    "more_grids": "grids",
    "wider_band": "band",
    "without_walk": "walk",
    "without_lock": "lock",
    "without_join": "join",
    "without_part": "part",
    "without_border": "border",
}


@dataclass(frozen=True)
class Price:
    """Tell what the best plan costs after one change, above the plan at hand.

    Parameters
    ----------
    phrase : str
        Key of the phrase that says what was changed.
    values : dict
        What the phrase needs.
    change : float or None
        Household-metres; negative if the change saves; None if no plan is left.
    each_m : float or None
        The same in metres for every household.
    is_proven : bool
        Whether the plan with the change is proven, as the plan at hand is; else
        a better one may exist, and the change be less.
    community_code : str
        Where it is, if in one community.
    courtyards : tuple of str
        Courtyards of the lock or tie; those on either side of the border.
    pairs : tuple of (str, str)
        Courtyards that face each other over the border.
    """

    phrase: str
    values: dict[str, Any]
    change: float | None
    each_m: float | None
    is_proven: bool
    community_code: str = ""
    courtyards: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> PriceKind:
        """Return what was changed, in a word."""
        return _KIND_OF[self.phrase]

    def say(self, language: Language = "zh") -> str:
        """Return what was changed, in a few words."""
        values = dict(self.values)
        if "kind" in values:
            values["border"] = border_name(values["kind"], values["name"], language)
        return phrases(language, "explain")[self.phrase].format(**values)


@dataclass(frozen=True, repr=False)
class Prices(Shown):
    """Hold what changes would cost.

    Parameters
    ----------
    rows : tuple of Price
        In a fixed order.
    table : DataFrame
        The same, a row each: ``what`` (Chinese), ``what_en``, ``kind`` (grids, band,
        walk, lock, join, part, border), ``community_code``, ``community`` (its name;
        both empty for the whole district), ``change`` (household-metres; missing if no
        plan is left), ``each_m`` (metres for every household of the district),
        ``is_proven``, ``courtyards`` (tuple of courtyard_id), ``pairs`` (tuple of pairs
        of courtyard_id that face each other over the border).
    is_synthetic : bool
        Whether the district is made up, as every output of it must say.
    """

    rows: tuple[Price, ...]
    table: pd.DataFrame
    is_synthetic: bool = False

    @classmethod
    def of(
        cls,
        rows: Sequence[Price],
        community_names: Mapping[str, str],
        *,
        is_synthetic: bool = False,
    ) -> Prices:
        """Gather prices.

        Parameters
        ----------
        rows : sequence of Price
            In their order.
        community_names : mapping of str to str
            By code.
        is_synthetic : bool
            Whether the district is made up.

        Returns
        -------
        Prices
            With their table.
        """
        import pandas as pd

        table = pd.DataFrame(
            [
                {
                    "what": row.say("zh"),
                    "what_en": row.say("en"),
                    "kind": row.kind,
                    "community_code": row.community_code,
                    "community": community_names.get(row.community_code, ""),
                    "change": np.nan if row.change is None else row.change,
                    "each_m": np.nan if row.each_m is None else row.each_m,
                    "is_proven": row.is_proven,
                    "courtyards": row.courtyards,
                    "pairs": row.pairs,
                }
                for row in rows
            ]
        )
        return cls(tuple(rows), table, is_synthetic)

    def say(self, language: Language = "zh") -> str:
        """Return the prices as sentences, a line each under a heading."""
        return say_prices(self.rows, language)


@dataclass(frozen=True)
class Why:
    """Tell what it would cost a courtyard to be in a neighbouring grid.

    Parameters
    ----------
    grid_code : str
        The neighbouring grid.
    best : float or None
        Household-metres more if it must share that grid's medoid, everything
        else chosen anew; None if no plan has it there.
    move : float or None
        Household-metres more if it alone moves; None if that breaks a rule.
    obstacle : str
        Which: ``cuts``, ``empties``, ``band``, ``rules``; empty if it may move.
    """

    grid_code: str
    best: float | None
    move: float | None
    obstacle: str


def say_prices(prices: Sequence[Price], language: Language = "zh") -> str:
    """Put prices into sentences.

    Parameters
    ----------
    prices : sequence of Price
        From `LayoutWhatIf.prices`.
    language : {"zh", "en"}
        Chinese or English.

    Returns
    -------
    str
        A line each under a heading.
    """
    words = phrases(language, "explain")
    lines, same = [words["prices_head"]], []
    for price in prices:
        what = price.say(language)
        if price.change is None or price.each_m is None:
            lines.append("  " + words["price_none"].format(what=what))
        elif price.is_proven and abs(price.change) < _HALF:
            same.append(what)
        else:
            figures = {"change": f"{price.change:+,.0f}", "each": f"{price.each_m:+.4f}"}
            lines.append(
                "  "
                + words["price" if price.is_proven else "price_at_most"].format(
                    what=what, **figures
                )
            )
    if same:
        lines.append("  " + words["price_same"].format(what=words["and"].join(same)))
    return "\n".join(lines)


def say_why(plan: Plan, courtyard_id: str, whys: Sequence[Why], language: Language = "zh") -> str:
    """Put the reasons why a courtyard is where it is into sentences.

    Parameters
    ----------
    plan : Plan
        Where it is.
    courtyard_id : str
        The courtyard.
    whys : sequence of Why
        From `LayoutWhatIf.why_here`.
    language : {"zh", "en"}
        Chinese or English.

    Returns
    -------
    str
        A line each under a heading.
    """
    words = phrases(language, "explain")
    names = dict(zip(plan.gov_grids["grid_code"], plan.gov_grids["name"], strict=True))
    row = plan.courtyards.set_index("courtyard_id").loc[courtyard_id]
    titles = [row[key] for key in ("name", "address") if isinstance(row.get(key), str) and row[key]]
    title = words["titled"].format(name=titles[0], id=courtyard_id) if titles else courtyard_id
    lines = [words["why_head"].format(courtyard=title, grid=names[row["grid_code"]])]
    for why in whys:
        alone = words[f"why_{why.obstacle}" if why.obstacle else "why_alone"]
        alone = alone.format(move="" if why.move is None else f"{why.move:,.0f}")
        if not why.obstacle and plan.report["rules"].get("keep", {}).get("moved_m"):
            alone += words["why_not_moved"]
        frame = words["why_none" if why.best is None else "why"]
        best = "" if why.best is None else f"{why.best:,.0f}"
        grid = words["titled"].format(name=names[why.grid_code], id=why.grid_code)
        lines.append("  " + frame.format(grid=grid, best=best, alone=alone))
    return "\n".join(lines if whys else [*lines, "  " + words["why_nobody"]])
