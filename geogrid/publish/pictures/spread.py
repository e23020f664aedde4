"""Spread: how even the grids are, and how far households walk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.errors import InputError
from geogrid.locale import phrases
from geogrid.publish.mapdata import about_plan
from geogrid.publish.pictures.chart import bare, nice_step, note, round_ticks, scale_x, scale_y
from geogrid.publish.pictures.lettering import axes_text
from geogrid.publish.pictures.sheet import Key, Sheet
from geogrid.publish.pictures.style import ACCENT, ALARM, INK, SOFT, house_style, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from geogrid.locale import Language
    from geogrid.plans.plan import Plan
    from geogrid.publish.pictures.picture import Picture

__all__ = ["households", "walks"]

# the range in which most real grids lie, as a share of the target (DOMAIN section 3)
_NEAR = 0.2
# colour and hatch of what is near, further and out
_CLASSES = (("#7fb3c8", ""), ("#f0c68a", "///"), ("#c96b4b", "xxx"))
_BAND = "#edf3f6"
_NAMED = 6
_LIST_WIDTH = 2.75
_SLACK = 1e-9
# a bar holds its name from this share of the height
_TALL = 0.4


def households(plan: Plan, *, language: Language = "zh") -> Picture:
    """Draw how many households the grids have, against target and band.

    Parameters
    ----------
    plan : Plan
        The plan.
    language : {"zh", "en"}
        Of every word.

    Returns
    -------
    Picture
        A histogram of grids; the furthest off are named beside it.

    Raises
    ------
    StorageError
        If the Chinese font is not in its place.
    """
    words = phrases(language, "pictures")
    load, band = _loads(plan), _band(plan)
    target = plan.target
    near = np.abs(load - target) <= _NEAR * target + _SLACK
    out = (load < band[0] - _SLACK) | (load > band[1] + _SLACK)
    facts = {
        "name": about_plan(plan)["name"],
        "n": f"{near.sum():,}",
        "grids": f"{len(load):,}",
        "share": f"{near.mean():.0%}",
        "target": f"{target:,.0f}",
        "low": f"{band[0]:,.0f}",
        "high": f"{band[1]:,.0f}",
        "out": f"{out.sum():,}",
        "cv": f"{load.std() / max(load.mean(), _SLACK):.3f}",
        "least": f"{load.min():,.0f}",
        "most": f"{load.max():,.0f}",
    }
    with house_style():
        said = ("households_target", "households_band", "households_range", "households_cv")
        title = words["households_title"].format(**facts)
        sheet = Sheet(plan, title, [words[key].format(**facts) for key in said], language=language)
        keys = [
            *_class_keys(words, ("households_near", "households_far", "households_out")),
            Key(words["households_in_band"], {"fc": _BAND, "ec": "#b9c9d1", "lw": 0.6}),
        ]
        x, y, width, height = sheet.room(below=sheet.key_room(1))
        axes = sheet.axes(x + 0.4, y + 0.55, width - _LIST_WIDTH - 0.75, height - 1.05)
        _bars(axes, load, [near & ~out, ~near & ~out, out], width=_bin_width(load, target))
        axes.axvspan(*band, color=_BAND, zorder=0.1, lw=0)
        _target_line(axes, target, words["target_line"].format(**facts))
        for edge, word in zip(band, ("band_low", "band_high"), strict=True):
            axes.axvline(edge, color="#8ba3b0", lw=0.9, ls=(0, (4, 3)), zorder=3)
            side = ("left", 3) if word == "band_low" else ("right", -3)
            text = words[word].format(n=f"{edge:,.0f}")
            top = axes.get_ylim()[1]
            note(
                axes,
                (edge, top),
                text,
                size=8,
                color=SOFT,
                ha=side[0],
                va="top",
                above=(side[1], 0),
            )
        _scale(axes, words["households_x"], words["grids_y"])
        _extremes(sheet, plan, load, words, x + width - _LIST_WIDTH, y + height)
        sheet.key([keys])
    return sheet.picture


def walks(plan: Plan, *, language: Language = "zh") -> Picture:
    """Draw how far households walk to the courtyard in the middle of their grid.

    Parameters
    ----------
    plan : Plan
        The plan.
    language : {"zh", "en"}
        Of every word.

    Returns
    -------
    Picture
        A histogram of households; the longest walks are named beside it.

    Raises
    ------
    InputError
        If the plan knows no walks.
    StorageError
        If the Chinese font is not in its place.
    """
    words = phrases(language, "pictures")
    metres = walks_of(plan)
    known = np.isfinite(metres)
    if not known.any():
        raise InputError("The plan's table walks tells no walk; plan again, then draw the walks.")
    weight = plan.courtyards["households"].to_numpy(float)
    if not weight[known].any():
        raise InputError("No courtyard of the plan has households; there is nobody who walks.")
    order = np.argsort(metres[known], kind="stable")
    held = np.cumsum(weight[known][order])
    half, most = (
        float(metres[known][order][np.searchsorted(held, share * held[-1])])
        for share in (0.5, 0.95)
    )
    mean = float(np.average(metres[known], weights=weight[known]))
    limit = ((plan.report.get("rules") or {}).get("partition") or {}).get("walk_max_m")
    facts = {
        "name": about_plan(plan)["name"],
        "half": f"{half:,.0f}",
        "most": f"{most:,.0f}",
        "mean": f"{mean:,.1f}",
        "longest": f"{metres[known].max():,.0f}",
        "households": f"{weight[known].sum():,.0f}",
    }
    with house_style():
        said = ("walks_mean", "walks_most", "walks_longest")
        title = words["walks_title"].format(**facts)
        sheet = Sheet(plan, title, [words[key].format(**facts) for key in said], language=language)
        keys = _class_keys(words, ("walks_half", "walks_rest", "walks_last"))
        x, y, width, height = sheet.room(below=sheet.key_room(1))
        axes = sheet.axes(x + 0.6, y + 0.55, width - _LIST_WIDTH - 0.95, height - 1.05)
        classes = [metres <= half, (metres > half) & (metres <= most), metres > most]
        wide = nice_step(max(float(metres[known].max()), 10.0), 32)
        _bars(axes, metres, [c & known for c in classes], width=wide, weights=weight, origin=0.0)
        axes.set_xlim(-wide, None)
        own = float(weight[known & (metres < wide)].sum())
        if own > _TALL * axes.get_ylim()[1]:
            # in the bar, upright: beside it the mean's line may stand
            axes_text(axes, (wide / 2, own / 2), words["walks_own"], size=8, rotation=90)
        _target_line(axes, mean, words["mean_line"].format(**facts))
        if limit is not None:
            axes.axvline(float(limit), color=ALARM, lw=1.2, ls=(0, (4, 3)), zorder=3)
            text = words["walk_limit"].format(n=f"{limit:,.0f}")
            note(axes, (float(limit), axes.get_ylim()[1]), text, color=ALARM, ha="right", va="top")
        _scale(axes, words["walks_x"], words["households_y"])
        _longest(sheet, plan, metres, words, (x + width - _LIST_WIDTH, y + height))
        sheet.key([keys], note=words["walks_note"])
    return sheet.picture


def walks_of(plan: Plan) -> NDArray[np.float64]:
    """Return each courtyard's walk to the middle courtyard of its grid.

    Parameters
    ----------
    plan : Plan
        With walks.

    Returns
    -------
    (n,) float64
        Metres; NaN where the plan does not tell.
    """
    yards = plan.courtyards
    medoid = dict(zip(plan.gov_grids["grid_code"], plan.gov_grids["medoid_id"], strict=True))
    pairs = plan.walks
    length = dict(zip(zip(pairs["a"], pairs["b"], strict=True), pairs["walk_m"], strict=True))
    found = []
    for ident, code in zip(yards["courtyard_id"], yards["grid_code"], strict=True):
        heart = medoid[code]
        walk = length.get((ident, heart), length.get((heart, ident), np.nan))
        found.append(0.0 if ident == heart else float(walk))
    return np.array(found)


def _loads(plan: Plan) -> NDArray[np.float64]:
    """Return what each grid weighs: households, unless the plan was made by other figures."""
    column = "load" if "load" in plan.gov_grids else "households"
    return plan.gov_grids[column].to_numpy(np.float64)


def _band(plan: Plan) -> tuple[float, float]:
    """Return the least and the most households that a grid should have."""
    rules = (plan.report.get("rules") or {}).get("partition") or {}
    return rules.get("low", 0.5) * plan.target, rules.get("high", 1.5) * plan.target


def _bar(colour: str, hatch: str) -> dict[str, Any]:
    """Return the style of a bar."""
    return {"fc": colour, "hatch": hatch, "ec": "#ffffff", "lw": 0.5}


def _class_keys(words: dict[str, str], names: tuple[str, ...]) -> list[Key]:
    """Return the key of the three classes of bars."""
    return [Key(words[name], _bar(*style)) for name, style in zip(names, _CLASSES, strict=True)]


def _bin_width(load: NDArray[np.float64], target: float) -> float:
    """Return a round width of bars that suits the number of grids."""
    span = max(float(load.max() - load.min()), 0.2 * target)
    return nice_step(span, 32 if len(load) > 100 else 16)


def _bars(
    axes: Axes,
    values: NDArray[np.float64],
    classes: list[NDArray[np.bool_]],
    *,
    width: float,
    weights: NDArray[np.float64] | None = None,
    origin: float | None = None,
) -> None:
    """Draw a histogram, its classes stacked and hatched apart."""
    known = np.isfinite(values)
    low = np.floor(values[known].min() / width) * width if origin is None else origin
    edges = np.arange(low, values[known].max() + width * 1.001, width)
    edges = edges if len(edges) > 1 else np.array([low, low + width])
    foot = np.zeros(len(edges) - 1)
    for rows, style in zip(classes, _CLASSES, strict=True):
        share = None if weights is None else weights[rows]
        tall, _ = np.histogram(values[rows], edges, weights=share)
        axes.bar(edges[:-1], tall, width, foot, align="edge", zorder=2, **_bar(*style))
        foot = foot + tall
    axes.set_ylim(0, foot.max() * 1.16)
    bare(axes, keep=("bottom",))


def _target_line(axes: Axes, at: float, text: str) -> None:
    """Draw the line that everything is measured against, its name above it."""
    axes.axvline(at, color=INK, lw=1.4, zorder=4)
    top = axes.get_ylim()[1]
    note(axes, (at, top), text, color=INK, ha="left", va="top", above=(5, 0))


def _scale(axes: Axes, x_title: str, y_title: str) -> None:
    """Write round figures along both sides."""
    low, high = axes.get_xlim()
    scale_x(axes, *round_ticks(max(low, 0.0), high, 9, least=1.0), x_title)
    top = axes.get_ylim()[1]
    scale_y(axes, *round_ticks(0.0, top, 6, least=1.0), y_title)


def _extremes(
    sheet: Sheet,
    plan: Plan,
    load: NDArray[np.float64],
    words: dict[str, str],
    x: float,
    top: float,
) -> None:
    """Name the grids that lie furthest off the target, on either side."""
    order = np.argsort(load, kind="stable")
    names = plan.gov_grids["name"].to_numpy(object)
    y = top
    count = min(_NAMED, len(order) // 2)
    lists = (("grids_most", order[::-1][:count]), ("grids_least", order[:count]))
    for key, rows in lists:
        said = [
            (str(names[row]), f"{load[row]:,.0f}", _off(load[row] / plan.target - 1))
            for row in rows
        ]
        y = _list(sheet, words[key], said, x, y) - 0.3


def _longest(
    sheet: Sheet,
    plan: Plan,
    metres: NDArray[np.float64],
    words: dict[str, str],
    at: tuple[float, float],
) -> None:
    """Name the courtyards whose households walk furthest."""
    yards = plan.courtyards
    order = np.argsort(-np.nan_to_num(metres, nan=-1.0), kind="stable")[: 2 * _NAMED]
    names = [
        next((str(v) for v in (row.get("name"), row.get("address")) if isinstance(v, str)), ident)
        for ident, row in zip(
            yards["courtyard_id"].iloc[order], yards.iloc[order].to_dict("records"), strict=True
        )
    ]
    said = [
        (
            name,
            words["metres"].format(n=f"{metres[i]:,.0f}"),
            words["n_households"].format(n=int(h)),
        )
        for name, i, h in zip(names, order, yards["households"].iloc[order], strict=True)
        if np.isfinite(metres[i])
    ]
    _list(sheet, words["walks_list"], said, *at)


def _list(sheet: Sheet, title: str, rows: list[tuple[str, str, str]], x: float, y: float) -> float:
    """Write a short list, name and two figures a line; return where it ends."""
    right = x + _LIST_WIDTH
    sheet.write(x, y - 0.12, title, size=9.5, color=ACCENT, va="center_baseline")
    y -= 0.2
    for name, first, second in rows:
        y -= 0.215
        held = sheet.write(x, y, name, size=8.3)
        sheet.shorten(held, _LIST_WIDTH - 1.15)
        sheet.write(right - 0.55, y, first, size=8.3, ha="right")
        sheet.write(right, y, second, size=8.3, color=SOFT, ha="right")
    return y


def _off(share: float) -> str:
    """Return a deviation in per cent."""
    return signed(100 * share, "%")
