"""Chart: axes with figures and units, for what is no map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.publish.pictures.style import INK, RULE, SOFT, font

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes

__all__ = ["bare", "nice_step", "note", "round_ticks", "scale_x", "scale_y"]

_NICE = (1.0, 2.0, 5.0, 10.0)


def nice_step(span: float, parts: int) -> float:
    """Return a round step that shares a span out into about so many parts.

    Parameters
    ----------
    span : float
        Above nought.
    parts : int
        At most.

    Returns
    -------
    float
        1, 2 or 5 times a power of ten.

    Examples
    --------
    >>> nice_step(293, 8)
    50.0
    """
    raw = max(span, 1e-12) / parts
    power = 10.0 ** np.floor(np.log10(raw))
    return float(next(step for step in _NICE if step * power >= raw * (1 - 1e-9)) * power)


def round_ticks(
    low: float, high: float, parts: int, *, least: float = 0.0
) -> tuple[list[float], Callable[[float], str]]:
    """Return round figures between two, and how they are said, all with as many decimals.

    Parameters
    ----------
    low, high : float
        Ends of the axis.
    parts : int
        About how many figures there are at most.
    least : float
        The smallest step: 1 for what is counted.

    Returns
    -------
    list of float
        Ascending.
    callable
        Figure to words.

    Examples
    --------
    >>> ticks, say = round_ticks(0.08, 0.21, 4)
    >>> [say(tick) for tick in ticks]
    ['0.10', '0.15', '0.20']
    """
    step = max(nice_step(high - low, parts), least)
    digits = max(0, -int(np.floor(np.log10(step) + 1e-9)))
    # the product of whole numbers is round, a sum of steps is not
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    ticks = [round(number * step, digits) for number in range(first, last + 1)]
    return ticks, lambda v: f"{v:,.{digits}f}".replace("-", "\u2212")


def bare(axes: Axes, *, keep: Sequence[str] = ("left", "bottom")) -> None:
    """Leave the axes no more sides than wanted.

    Parameters
    ----------
    axes : Axes
        Whose.
    keep : sequence of str
        Sides that stay.
    """
    for name, spine in axes.spines.items():
        spine.set_visible(name in keep)
        spine.set(edgecolor="#aab4bc", linewidth=0.7)


def scale_x(
    axes: Axes,
    ticks: Sequence[float],
    say: Callable[[float], str],
    title: str = "",
    *,
    grid: bool = False,
) -> None:
    """Write figures and a title along the foot of the axes.

    Parameters
    ----------
    axes : Axes
        Whose.
    ticks : sequence of float
        Where.
    say : callable
        Figure to words.
    title : str
        What is measured, with its unit.
    grid : bool
        Whether lines go up from the figures.
    """
    axes.set_xticks(list(ticks), [say(t) for t in ticks], **_tick_text())
    axes.tick_params(axis="x", length=3, width=0.6, color="#aab4bc")
    if title:
        axes.set_xlabel(title, fontproperties=font(9), color=SOFT, labelpad=5)
    if grid:
        axes.grid(axis="x", color=RULE, lw=0.6)
        axes.set_axisbelow(True)


def scale_y(
    axes: Axes,
    ticks: Sequence[float],
    say: Callable[[float], str],
    title: str = "",
    *,
    grid: bool = True,
) -> None:
    """Write figures and a title beside the axes.

    Parameters
    ----------
    axes : Axes
        Whose.
    ticks : sequence of float
        Where.
    say : callable
        Figure to words.
    title : str
        What is measured, with its unit; stands above, lying.
    grid : bool
        Whether lines go across from the figures.
    """
    axes.set_yticks(list(ticks), [say(t) for t in ticks], **_tick_text())
    axes.tick_params(axis="y", length=0)
    if title:
        axes.set_title(title, fontproperties=font(9), color=SOFT, loc="left", pad=8)
    if grid:
        axes.grid(axis="y", color=RULE, lw=0.6)
        axes.set_axisbelow(True)


def _tick_text() -> dict[str, Any]:
    """Return how figures along the axes are written."""
    # a dollar sign in a name starts no formula
    return {"fontproperties": font(8.5), "color": INK, "parse_math": False}


def note(
    axes: Axes,
    at: tuple[float, float],
    text: str,
    *,
    size: float = 8.5,
    color: str = INK,
    ha: str = "left",
    va: str = "center",
    above: tuple[float, float] = (0.0, 0.0),
) -> None:
    """Write beside a point of a chart.

    Parameters
    ----------
    axes : Axes
        Where.
    at : (float, float)
        In the axes' coordinates.
    text : str
        Words; several lines do.
    size : float
        Points.
    color : str
        Ink.
    ha, va : str
        Which point of the text stands there.
    above : (float, float)
        Points to the right and up.
    """
    axes.annotate(
        text,
        at,
        xytext=above,
        textcoords="offset points",
        fontproperties=font(size),
        color=color,
        ha=ha,
        va=va,
        zorder=9,
        annotation_clip=False,
        parse_math=False,
        linespacing=1.35,
    )
