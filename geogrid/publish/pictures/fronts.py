"""Front: what balance costs in walk, or how plans change with the number of grids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.errors import InputError
from geogrid.locale import phrases
from geogrid.publish.mapdata import about_plan
from geogrid.publish.pictures.chart import bare, note, round_ticks, scale_x, scale_y
from geogrid.publish.pictures.sheet import Key, Sheet
from geogrid.publish.pictures.style import ACCENT, ALARM, INK, SOFT, house_style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from geogrid.governance.fronts import Front
    from geogrid.locale import Language
    from geogrid.plans.plan import Plan
    from geogrid.publish.pictures.picture import Picture

__all__ = ["front"]

# how sure a plan is, by sign and fill together
_SIGNS: dict[str, dict[str, Any]] = {
    "optimal": {"marker": "o", "mfc": ACCENT, "mec": ACCENT},
    "gap": {"marker": "o", "mfc": "#ffffff", "mec": ACCENT},
    "heuristic": {"marker": "^", "mfc": "#ffffff", "mec": SOFT},
}
_NONE: dict[str, Any] = {"marker": "x", "mfc": ALARM, "mec": ALARM, "mew": 1.6}
_CHOSEN: dict[str, Any] = {"marker": "o", "ms": 15, "mfc": "none", "mec": ALARM, "mew": 1.6}
_ROOM = 0.12


def front(found: Front, *, plan: Plan | None = None, language: Language = "zh") -> Picture:
    """Draw the best plans along one axis.

    Parameters
    ----------
    found : Front
        From `balance_front` or `grids_front`.
    plan : Plan, optional
        The plan at hand: its district's name and date then stand on the sheet.
    language : {"zh", "en"}
        Of every word.

    Returns
    -------
    Picture
        Walk against the spread of households, a point for each weight of balance; or
        both over the number of grids. The plan at hand is ringed; filled points are
        proven optimal; a cross stands where there is no plan.

    Raises
    ------
    InputError
        If no plan of the front exists.
    StorageError
        If the Chinese font is not in its place.
    """
    words = phrases(language, "pictures")
    table = found.table
    solved = table[table["status"] != "infeasible"].reset_index(drop=True)
    if solved.empty:
        raise InputError("No plan of this front exists; try other weights or numbers of grids.")
    facts = _facts(found, solved, plan, words)
    is_balance = found.axis == "balance_m"
    with house_style():
        title = words["front_title" if is_balance else "front_grids_title"].format(**facts)
        said = ["front_range", "front_proven"]
        said += ["front_chosen"] if found.chosen is not None else []
        figures = [words[key].format(**facts) for key in said]
        sheet = Sheet(plan, title, figures, language=language, is_synthetic=found.is_synthetic)
        x, y, width, height = sheet.room(below=sheet.key_room(1))
        if is_balance:
            axes = sheet.axes(x + 0.65, y + 0.6, width - 0.9, height - 1.1)
            _trade(axes, solved, words)
        else:
            half = (height - 1.75) / 2
            above = sheet.axes(x + 0.65, y + half + 1.25, width - 0.9, half)
            below = sheet.axes(x + 0.65, y + 0.6, width - 0.9, half)
            gone = table.loc[table["status"] == "infeasible", "grids"].to_numpy(float)
            _series(above, solved, gone, "walk_mean_m", words)
            _series(below, solved, gone, "cv", words)
            ticks = round_ticks(*below.get_xlim(), 11, least=1.0)
            scale_x(above, *ticks, "", grid=True)
            scale_x(below, *ticks, words["front_grids_x"], grid=True)
        # one target for all only if somebody froze it
        is_frozen = not is_balance and len(solved) > 1 and bool(np.ptp(solved["target"]) == 0)
        key = "front_grids_frozen_note" if is_frozen else f"front_{found.axis}_note"
        sheet.key([_keys(table, words)], note=words[key])
    return sheet.picture


def _facts(
    found: Front, solved: pd.DataFrame, plan: Plan | None, words: dict[str, str]
) -> dict[str, str]:
    """Return the figures of a front as words."""
    first, last = solved.iloc[0], solved.iloc[-1]
    name = "" if plan is None else words["of_district"].format(name=about_plan(plan)["name"])
    facts = {
        "name": name,
        "n": f"{len(solved):,}",
        "n_proven": f"{int((solved['status'] == 'optimal').sum()):,}",
        "from": f"{first[found.axis]:,.0f}",
        "to": f"{last[found.axis]:,.0f}",
        "more": f"{abs(last['walk_mean_m'] - first['walk_mean_m']):.1f}",
        "walk_first": f"{first['walk_mean_m']:.1f}",
        "walk_last": f"{last['walk_mean_m']:.1f}",
        "cv_first": f"{first['cv']:.3f}",
        "cv_last": f"{last['cv']:.3f}",
    }
    own = solved[solved["is_chosen"].astype(bool)]
    if len(own):
        row = own.iloc[0]
        facts |= {
            "chosen": f"{row[found.axis]:,.0f}",
            "walk": f"{row['walk_mean_m']:.1f}",
            "cv": f"{row['cv']:.3f}",
            "within": f"{row['share_within_20']:.0%}",
        }
    else:
        facts |= dict.fromkeys(("chosen", "walk", "cv", "within"), "-")
    return facts


def _trade(axes: Axes, solved: pd.DataFrame, words: dict[str, str]) -> None:
    """Draw walk against spread, the weights beside the points."""
    walk, cv = solved["walk_mean_m"].to_numpy(float), solved["cv"].to_numpy(float)
    _limits(axes, walk, cv)
    axes.plot(walk, cv, color="#a9bcc6", lw=1.4, zorder=2)
    _points(axes, walk, cv, solved)
    width, height = (np.subtract(*lim[::-1]) for lim in (axes.get_xlim(), axes.get_ylim()))
    for number, row in enumerate(solved.to_dict("records")):
        at = (float(walk[number]), float(cv[number]))
        text = words["metres"].format(n=f"{row['balance_m']:,.0f}")
        if row["is_chosen"]:
            text = words["front_this"].format(text=text)
        colour = ALARM if row["is_chosen"] else INK
        # above and to the right of a falling curve is free
        crowd = _is_crowded(number, walk / width, cv / height)
        shift = (9.0, 8.0) if not crowd else (-8.0, -9.0)
        ha = "left" if not crowd else "right"
        note(axes, at, text, size=9, color=colour, above=shift, ha=ha)
    bare(axes)
    scale_x(axes, *round_ticks(*axes.get_xlim(), 12), words["front_walk_x"], grid=True)
    scale_y(axes, *round_ticks(*axes.get_ylim(), 9), words["front_cv_y"])
    note(axes, _corner(axes), words["front_better"], size=9, color=SOFT, ha="left", va="bottom")


def _is_crowded(number: int, x: np.ndarray, y: np.ndarray) -> bool:
    """Return whether a point's name must go to the other side: the one before is too near."""
    if number == 0:
        return False
    near = bool(np.hypot(x[number] - x[number - 1], y[number] - y[number - 1]) < 0.045)
    return near and not _is_crowded(number - 1, x, y)


def _corner(axes: Axes) -> tuple[float, float]:
    """Return a place a little inside the lower left corner."""
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    return west + 0.015 * (east - west), south + 0.02 * (north - south)


def _series(
    axes: Axes, solved: pd.DataFrame, gone: np.ndarray, column: str, words: dict[str, str]
) -> None:
    """Draw one figure over the number of grids."""
    k, value = solved["grids"].to_numpy(float), solved[column].to_numpy(float)
    _limits(axes, np.concatenate([k, gone]), value)
    axes.plot(k, value, color="#a9bcc6", lw=1.4, zorder=2)
    _points(axes, k, value, solved)
    low = axes.get_ylim()[0]
    axes.plot(gone, np.full(len(gone), low), ls="", ms=9, zorder=5, clip_on=False, **_NONE)
    form = "{:.1f}" if column == "walk_mean_m" else "{:.3f}"
    for row in solved.to_dict("records"):
        if row["is_chosen"] or row["grids"] in {k.min(), k.max()}:
            text = form.format(row[column])
            if row["is_chosen"]:
                text = words["front_this"].format(text=text)
            colour = ALARM if row["is_chosen"] else INK
            at = (float(row["grids"]), float(row[column]))
            note(axes, at, text, size=9, color=colour, above=(0, 11), ha="center")
    bare(axes)
    title = words["front_walk_x" if column == "walk_mean_m" else "front_cv_y"]
    scale_y(axes, *round_ticks(*axes.get_ylim(), 6), title)


def _points(axes: Axes, x: np.ndarray, y: np.ndarray, solved: pd.DataFrame) -> None:
    """Draw the plans by how sure they are, and a ring around the plan at hand."""
    for status, sign in _SIGNS.items():
        rows = (solved["status"] == status).to_numpy()
        axes.plot(x[rows], y[rows], ls="", ms=8, mew=1.4, zorder=4, **sign)
    own = solved["is_chosen"].to_numpy(bool)
    axes.plot(x[own], y[own], ls="", zorder=5, **_CHOSEN)


def _limits(axes: Axes, x: np.ndarray, y: np.ndarray) -> None:
    """Leave room around the points."""
    for values, set_limits in ((x, axes.set_xlim), (y, axes.set_ylim)):
        span = max(float(values.max() - values.min()), abs(float(values.max())) * 1e-3, 1e-9)
        set_limits(values.min() - _ROOM * span, values.max() + 1.3 * _ROOM * span)


def _keys(table: pd.DataFrame, words: dict[str, str]) -> list[Key]:
    """Return the key of the points that occur."""
    held = set(table["status"])
    keys = [
        Key(words[f"status_{status}_plain"], {**sign, "ms": 7, "mew": 1.4}, "dot")
        for status, sign in _SIGNS.items()
        if status in held or status == "optimal"
    ]
    if table["is_chosen"].any():
        keys.append(Key(words["front_own"], {**_CHOSEN, "ms": 10}, "dot"))
    if "infeasible" in held:
        keys.append(Key(words["front_none"], {**_NONE, "ms": 7}, "dot"))
    return keys
