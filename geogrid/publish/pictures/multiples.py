"""Multiples: several plans side by side, in one scale, with one key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import InputError
from geogrid.governance.scenarios import Scenarios
from geogrid.locale import phrases
from geogrid.publish.pictures.ground import (
    Window,
    draw_borders,
    draw_ground,
    north_arrow,
    scale_bar,
    window_of,
)
from geogrid.publish.pictures.layout import border_keys, draw_grids
from geogrid.publish.pictures.sheet import MARGIN, Key, Sheet, status_of
from geogrid.publish.pictures.style import SOFT, house_style
from geogrid.publish.pictures.themes import Fill, Theme, fill_of, walk_limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.locale import Language
    from geogrid.plans.plan import Plan
    from geogrid.publish.pictures.picture import Picture
    from geogrid.publish.pictures.sheet import Paper

__all__ = ["multiples"]

_GAP = 0.22
_CAPTION = 0.46


def multiples(
    plans: Scenarios | Mapping[str, Plan],
    theme: Theme = "deviation",
    *,
    paper: Paper = "a4",
    language: Language = "zh",
) -> Picture:
    """Draw several plans as small maps in one scale, with one key.

    Parameters
    ----------
    plans : Scenarios or mapping of str to Plan
        By name, in the order shown. What has no plan is told in the line of figures.
    theme : {"deviation", "walk", "grids"}
        What the maps show.
    paper : {"a4", "a3"}
        Lying.
    language : {"zh", "en"}
        Of every word.

    Returns
    -------
    Picture
        A map each, its name above it, its figures below.

    Raises
    ------
    InputError
        If there is no plan to draw, or no such theme.
    StorageError
        If the Chinese font is not in its place.
    """
    words = phrases(language, "pictures")
    held: dict[str, Plan] = dict(plans.plans if isinstance(plans, Scenarios) else plans)
    failed = list(plans.failures) if isinstance(plans, Scenarios) else []
    if not held:
        raise InputError("There is no plan to draw; give at least one.")
    limits = walk_limits(list(held.values()))
    fills = {name: fill_of(plan, theme, words, limits=limits) for name, plan in held.items()}
    first = next(iter(held.values()))
    with house_style():
        figures = [words[f"{theme}_multiples"], words["one_scale"]]
        if failed:
            figures.append(words["no_plan"].format(names=words["and"].join(failed)))
        title = words["multiples_title"].format(n=len(held), finding=_best(held, words))
        sheet = Sheet(first, title, figures, language=language, paper=paper)
        keys = _one_key(list(fills.values()))
        borders = border_keys(words)[: 2 if len(held) == 1 else 1]
        rows = [*(sheet.wrap(keys) if keys else []), borders]
        _, y, width, height = sheet.room(below=sheet.key_room(len(rows)))
        bounds = np.array([plan.gov_grids.total_bounds for plan in held.values()])
        box = (*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0))
        wide, tall, columns = _shares(len(held), width, height, box)
        top = y + height
        for number, (name, plan) in enumerate(held.items()):
            left = MARGIN + number % columns * (wide + _GAP)
            head = top - number // columns * (tall + _CAPTION + _GAP)
            text = sheet.write(left, head - 0.13, name, size=10, va="center_baseline")
            sheet.shorten(text, wide)
            said = sheet.write(
                left, head - 0.33, _line(plan, words), size=8, color=SOFT, va="center_baseline"
            )
            sheet.shorten(said, wide)
            axes = sheet.axes(left, head - _CAPTION - tall, wide, tall)
            window = window_of(box, wide, tall)
            draw_ground(axes, plan.district, window)
            draw_grids(axes, plan, fills[name], width=0.25)
            draw_borders(axes, plan.district, width=0.6, inner=len(held) == 1)
        sheet.key(rows)
        _strip(sheet, window, words)
    return sheet.picture


def _shares(
    n: int, width: float, height: float, box: tuple[float, ...]
) -> tuple[float, float, int]:
    """Return width and height of each map and how many stand in a row, for the largest scale."""
    best = (0.0, 1.0, 1.0, 1)
    shape = max(box[2] - box[0], 1.0), max(box[3] - box[1], 1.0)
    for columns in range(1, n + 1):
        rows = -(-n // columns)
        wide = (width - (columns - 1) * _GAP) / columns
        tall = (height - rows * _CAPTION - (rows - 1) * _GAP) / rows
        if tall <= 0:
            continue
        scale = min(wide / shape[0], tall / shape[1])
        # a map needs no more height than its land, and some sea
        best = max(best, (scale, wide, min(tall, 1.35 * wide * shape[1] / shape[0]), columns))
    return best[1:]


def _strip(sheet: Sheet, window: Window, words: dict[str, str]) -> None:
    """Draw the scale that all maps share, and north, at the right end of the key."""
    wide, tall = 2.4, 0.5
    axes = sheet.axes(sheet.width - MARGIN - wide, sheet.room()[1] - 0.06, wide, tall)
    axes.axis("off")
    axes.set_xlim(0, wide * window.m_per_inch)
    axes.set_ylim(0, tall * window.m_per_inch)
    scale_bar(axes, (0.25 * window.m_per_inch, 0.16 * window.m_per_inch), 1.6, window, words)
    north_arrow(axes, (wide, tall + 0.1), words["north"])


def _one_key(fills: list[Fill]) -> list[Key]:
    """Return the key that serves every map: the classes, without numbers of grids."""
    return [replace(key, count="") for key in fills[0].keys]


def _line(plan: Plan, words: dict[str, str]) -> str:
    """Return a plan's figures in one line."""
    metrics = plan.report.get("metrics") or {}
    off = np.abs(plan.gov_grids["deviation"].to_numpy(float))
    facts = {"grids": plan.n_grids, "within": f"{(off <= 0.2).mean():.0%}"}
    said = [words["multiples_grids"].format(**facts), words["multiples_within"].format(**facts)]
    if metrics.get("walk_mean_m") is not None:
        said.append(words["multiples_walk"].format(walk=f"{metrics['walk_mean_m']:.1f}"))
    return words["dot"].join([*said, status_of(plan, words)])


def _best(plans: Mapping[str, Plan], words: dict[str, str]) -> str:
    """Say which plan walks least, and which is the most even."""
    walk = {n: (p.report.get("metrics") or {}).get("walk_mean_m") for n, p in plans.items()}
    known = {name: metres for name, metres in walk.items() if metres is not None}
    even = min(plans, key=lambda n: float(plans[n].gov_grids["deviation"].std(ddof=0)))
    if not known:
        return words["best_even"].format(name=even)
    near = min(known, key=lambda name: known[name])
    if near == even:
        return words["best_both"].format(name=near)
    return words["best_each"].format(near=near, even=even)
