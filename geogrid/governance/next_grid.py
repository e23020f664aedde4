"""Next grid: what every community would gain from one more, and lose with one fewer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.errors import InfeasibleError
from geogrid.locale import LANGUAGES, phrases
from geogrid.showing import Shown
from geogrid.solve.steps import cost_of_groups

if TYPE_CHECKING:
    import pandas as pd

    from geogrid.governance.whatif import LayoutWhatIf
    from geogrid.locale import Language
    from geogrid.solve.steps import GroupCost

__all__ = ["NextGrids", "next_grids"]

_LISTED = 12


@dataclass(frozen=True, repr=False)
class NextGrids(Shown):
    """Hold what one grid more or fewer makes of every community.

    Parameters
    ----------
    table : DataFrame
        A row a community, where the next grid helps most first: ``community_code,
        name, grids, courtyards, households, walk_mean_m, objective`` now; ``gain``,
        the household-metres that one more grid saves (negative if it costs), ``gain_each_m``
        for each household of the community, ``walk_more_m`` its mean walk then; ``loss``,
        what one fewer costs (negative if it saves), ``loss_each_m, walk_fewer_m``;
        ``is_proven``; ``why_not_more, why_not_fewer`` (Chinese), where figures are missing
        because there is no such plan.
    reasons : dict of (str, str) to dict of language to str
        The same reasons in each language, by community_code and ``more`` or ``fewer``.
    target : float
        T, frozen.
    whole_gain, whole_loss : float or None
        What one grid more saves, one fewer costs, if all grids are shared out anew
        over the district; None if there is no such plan.
    is_synthetic : bool
        Whether the district is made up, as every output of it must say.
    """

    table: pd.DataFrame
    reasons: dict[tuple[str, str], dict[Language, str]]
    target: float
    whole_gain: float | None
    whole_loss: float | None
    is_synthetic: bool = False

    def say(self, language: Language = "zh") -> str:
        """Say where the next grid helps most, and where there can be none."""
        words = phrases(language, "next_grid")
        can = self.table[self.table["gain"].notna()]
        lines = [words["head_more"]]
        lines += [
            "  "
            + words["more"].format(
                community=row["name"],
                now=row["grids"],
                k=row["grids"] + 1,
                change=f"{row['gain']:,.0f}",
                each=f"{row['gain_each_m']:.1f}",
                walk=f"{row['walk_mean_m']:.0f}",
                walk_then=f"{row['walk_more_m']:.0f}",
            )
            for row in can.head(_LISTED).to_dict("records")
        ]
        cannot = self.table[self.table["gain"].isna()]
        if len(cannot):
            lines.append(words["head_none"])
        lines += [
            "  " + words["none"].format(community=name, why=self.reasons[code, "more"][language])
            for code, name in zip(cannot["community_code"], cannot["name"], strict=True)
        ]
        return "\n".join(lines)


def next_grids(what_if: LayoutWhatIf) -> NextGrids:
    """Tell what one grid more or fewer would make of every community.

    Parameters
    ----------
    what_if : LayoutWhatIf
        The plan at hand. Its target and rules stay: locks, ties, the layout before.

    Returns
    -------
    NextGrids
        By community, the greatest gain first.

    Notes
    -----
    Every figure is the difference of two proven optima of one community, its grids
    shared out over its own parts at best; the other communities stay as they are. Where
    the plan's shares are optimal, no community gains more by one more than any other
    loses by one fewer, and one grid more, shared out anew over the whole district, saves
    at least the greatest gain (more, if several communities then change).
    """
    import pandas as pd

    problem, study, plan = what_if.problem, what_if.study, what_if.plan
    now, more, fewer = (cost_of_groups(study, step) for step in (0, 1, -1))
    yards = pd.DataFrame({"code": problem.communities, "load": problem.weights}).groupby("code")
    sizes, loads = yards.size().to_dict(), yards["load"].sum().to_dict()
    rows: list[dict[str, Any]] = []
    reasons: dict[tuple[str, str], dict[Language, str]] = {}
    for group in dict.fromkeys(problem.groups):
        base, load = now[group], loads[group]
        row: dict[str, Any] = {
            "community_code": group,
            "name": problem.community_names.get(group, group),
            "grids": base.n_regions,
            "courtyards": sizes[group],
            "households": load,
            "walk_mean_m": _each(base.walk, load),
            "objective": base.objective,
            "is_proven": all(cost[group].is_proven for cost in (now, more, fewer)),
        }
        for side, then, sign in (("more", more[group], -1), ("fewer", fewer[group], 1)):
            name = "gain" if side == "more" else "loss"
            change = None
            if base.objective is not None and then.objective is not None:
                change = sign * (then.objective - base.objective)
            row |= {
                name: change,
                f"{name}_each_m": _each(change, load),
                f"walk_{side}_m": _each(then.walk, load),
                f"why_not_{side}": "",
            }
            if then.obstacle:
                reasons[group, side] = {
                    language: _why(then, base.n_regions, language) for language in LANGUAGES
                }
                row[f"why_not_{side}"] = reasons[group, side]["zh"]
        rows.append(row)
    columns = ["community_code", "name", "grids", "courtyards", "households", "walk_mean_m"]
    columns += ["objective", "gain", "gain_each_m", "walk_more_m", "loss", "loss_each_m"]
    columns += ["walk_fewer_m", "is_proven", "why_not_more", "why_not_fewer"]
    table = pd.DataFrame(rows, columns=columns)
    numbers = [c for c in columns if c.endswith("_m")] + ["objective", "gain", "loss"]
    table = table.astype(dict.fromkeys(numbers, float))
    table = table.sort_values(["gain", "community_code"], ascending=[False, True])
    return NextGrids(
        table.reset_index(drop=True),
        reasons,
        plan.target,
        whole_gain=_whole(what_if, 1),
        whole_loss=_whole(what_if, -1),
        is_synthetic=plan.district.is_synthetic,
    )


def _each(total: float | None, load: float) -> float:
    """Return a total for every household of a community; no number where there is none."""
    return np.nan if total is None else total / max(load, 1.0)


def _why(cost: GroupCost, now: int, language: Language) -> str:
    """Say why a community cannot have so many grids."""
    words, k = phrases(language, "next_grid"), cost.n_regions
    if cost.reach is None:
        return words[cost.obstacle].format(now=now, k=k)
    least, most = cost.reach
    key = "between" if least <= k <= most else "limits"
    return words[key].format(least=least, most=most, k=k)


def _whole(what_if: LayoutWhatIf, more: int) -> float | None:
    """Return what some grids more save, or fewer cost, in the whole district."""
    study = what_if.study
    try:
        found = study.solve(n_regions=study.n_regions + more)
    except InfeasibleError:
        return None
    return (study.base.objective - found.objective) * more
