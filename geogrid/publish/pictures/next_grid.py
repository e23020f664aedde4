"""Next grid: where one more grid helps most, and where one fewer hurts least."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from geogrid.errors import InputError
from geogrid.locale import phrases
from geogrid.publish.mapdata import about_plan
from geogrid.publish.pictures.chart import bare, note, round_ticks, scale_x
from geogrid.publish.pictures.sheet import Key, Sheet
from geogrid.publish.pictures.style import INK, SOFT, house_style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from geogrid.governance.next_grid import NextGrids
    from geogrid.locale import Language
    from geogrid.plans.plan import Plan
    from geogrid.publish.pictures.picture import Picture

__all__ = ["next_grids"]

_MORE: dict[str, Any] = {"fc": "#5b97b1", "ec": "#ffffff", "lw": 0.5}
_FEWER: dict[str, Any] = {"fc": "#f0c68a", "ec": "#ffffff", "lw": 0.5, "hatch": "////"}
_NAMES = 1.75
# rows that can be read on A4; more are counted, not drawn
_MOST_ROWS = 60
_ROW_IN = 0.26
# what a figure takes beside its bar, of the axis
_FIGURE, _GAP = 0.16, 0.3


def next_grids(found: NextGrids, *, plan: Plan | None = None, language: Language = "zh") -> Picture:
    """Draw what one grid more saves every community, and what one fewer costs it.

    Parameters
    ----------
    found : NextGrids
        Of one plan.
    plan : Plan, optional
        The plan at hand: its district's name and date then stand on the sheet.
    language : {"zh", "en"}
        Of every word.

    Returns
    -------
    Picture
        Two bars a community, the greatest gain on top; where a community cannot
        have one more or one fewer, the reason stands in the bar's place.

    Raises
    ------
    InputError
        If there is no community.
    StorageError
        If the Chinese font is not in its place.
    """
    words = phrases(language, "pictures")
    table = found.table.head(_MOST_ROWS)
    if table.empty:
        raise InputError("No community is told of; draw the next grids of a whole plan.")
    with house_style():
        title, figures = _finding(found, plan, words)
        sheet = Sheet(plan, title, figures, language=language, is_synthetic=found.is_synthetic)
        x, y, width, height = sheet.room(below=sheet.key_room(1))
        step = min((height - 0.75) / len(table), _ROW_IN)
        tall, top = step * len(table), y + height - 0.3
        half = (width - _NAMES - _GAP) / 2
        for number, side in enumerate(("more", "fewer")):
            left = x + _NAMES + number * (half + _GAP)
            axes = sheet.axes(left, top - tall, half, tall)
            _bars(axes, found, table, side, step, language)  # type: ignore[arg-type]  # one of two
            scale_x(axes, *round_ticks(*axes.get_xlim(), 6), words[f"next_{side}_x"], grid=True)
        size = min(8.5, step * 72 * 0.8)
        for row, (name, grids) in enumerate(zip(table["name"], table["grids"], strict=True)):
            at = top - (row + 0.5) * step
            held = sheet.write(
                x + _NAMES - 0.5, at, str(name), size=size, ha="right", va="center_baseline"
            )
            sheet.shorten(held, _NAMES - 0.55)
            said = words["grids_n"].format(n=int(grids))
            sheet.write(
                x + _NAMES - 0.1, at, said, size=size, color=SOFT, ha="right", va="center_baseline"
            )
        sheet.write(x + _NAMES - 0.1, top + 0.1, words["next_now"], size=8, color=SOFT, ha="right")
        keys = [Key(words["next_more"], _MORE), Key(words["next_fewer"], _FEWER)]
        sheet.key([keys], note=words["next_note"].format(target=f"{found.target:,.0f}"))
    return sheet.picture


def _finding(found: NextGrids, plan: Plan | None, words: dict[str, str]) -> tuple[str, list[str]]:
    """Return what the bars show: a title, and the figures below it."""
    can = found.table[found.table["gain"].notna()]
    name = "" if plan is None else words["of_district"].format(name=about_plan(plan)["name"])
    figures = [words["next_target"].format(target=f"{found.target:,.0f}")]
    for key, change in (
        ("next_whole_gain", found.whole_gain),
        ("next_whole_loss", found.whole_loss),
    ):
        if change is not None:
            figures.append(words[key].format(change=f"{change:,.0f}"))
    n_cannot = len(found.table) - len(can)
    if n_cannot:
        figures.append(words["next_cannot"].format(n=n_cannot))
    if can.empty:
        return words["next_title_none"].format(name=name), figures
    best = can.iloc[0]
    facts = {
        "name": name,
        "community": best["name"],
        "change": f"{abs(best['gain']):,.0f}",
        "before": f"{best['walk_mean_m']:.0f}",
        "after": f"{best['walk_more_m']:.0f}",
    }
    # even the best place may cost more than it saves
    key = "next_title" if best["gain"] > 0 else "next_title_cost"
    return words[key].format(**facts), figures


def _bars(
    axes: Axes,
    found: NextGrids,
    table: pd.DataFrame,
    side: Literal["more", "fewer"],
    step: float,
    language: Language,
) -> None:
    """Draw a bar a row, or why there is none."""
    words = phrases(language, "pictures")
    rows = np.arange(len(table))
    figures = table["gain" if side == "more" else "loss"].to_numpy(float)
    known = figures[np.isfinite(figures)].tolist()
    low, high = min([0.0, *known]), max([0.0, *known])
    span = max(high - low, 1.0)
    # figures stand outside of their bars
    axes.set_xlim(low - (_FIGURE * span if low < 0 else 0.0), high + _FIGURE * span)
    axes.set_ylim(len(table) - 0.5, -0.5)
    size = min(8.0, step * 72 * 0.72)
    there = np.isfinite(figures)
    style = _MORE if side == "more" else _FEWER
    axes.barh(rows[there], figures[there], 0.66, zorder=2, **style)
    for row in rows[there].tolist():
        value = float(figures[row])
        ha, shift = ("left", 3) if value >= 0 else ("right", -3)
        text = f"{abs(value):,.0f}" if value >= 0 else f"\u2212{abs(value):,.0f}"
        note(axes, (value, row), text, size=size, color=INK, ha=ha, above=(shift, 0))
    for row in rows[~there].tolist():
        code = str(table["community_code"].iloc[row])
        why = found.reasons.get((code, side), {}).get(language, "")
        text = words[f"next_no_{side}"].format(why=why)
        note(axes, (0.0, row), text, size=min(size, 6.5), color=SOFT, above=(3, 0))
    for row in rows[1:].tolist():
        axes.axhline(row - 0.5, color="#eef1f3", lw=0.5, zorder=0.5)
    axes.axvline(0.0, color="#8795a0", lw=0.8, zorder=3)
    bare(axes, keep=())
