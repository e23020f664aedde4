"""Reasons: what changes would cost and why a courtyard is where it is, as data and in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geogrid.locale import phrases
from geogrid.plans.explain import border_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.locale import Language
    from geogrid.plans.plan import Plan

__all__ = ["Price", "Why", "say_prices", "say_why"]

# household-metres that are rounded to nothing
_HALF = 0.5


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
    """

    phrase: str
    values: dict[str, Any]
    change: float | None
    each_m: float | None
    is_proven: bool


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
        values = dict(price.values)
        if "kind" in values:
            values["border"] = border_name(values["kind"], values["name"], language)
        what = words[price.phrase].format(**values)
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
