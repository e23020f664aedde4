"""Curves: a few points on two axes as SVG text; what the axes mean is said beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Curve", "curve"]

_PAPER = "#faf8f2"
_INK = "#3d4a55"
_LINE = "#17607d"
_CHOSEN = "#c2410c"
_RULE = "#ddd8ca"
_SIZE = (430, 250)
# room for the figures: left, top, right, bottom
_ROOM = (46, 18, 18, 26)
_TICKS = 5


@dataclass(frozen=True)
class Curve:
    """Hold what a curve shows.

    Parameters
    ----------
    x, y : sequence of float
        The points, in the order in which they are joined.
    labels : sequence of str
        A short one for each: digits and Latin letters.
    chosen : int or None
        Which point stands out.
    """

    x: Sequence[float]
    y: Sequence[float]
    labels: Sequence[str]
    chosen: int | None = None


def curve(shown: Curve) -> str:
    """Return a curve with its points, ticks and labels.

    Parameters
    ----------
    shown : Curve
        At least one point, all finite.

    Returns
    -------
    str
        SVG with its size on the page.
    """
    wide, high = _SIZE
    left, top, right, bottom = _ROOM
    x_ticks, y_ticks = _ticks(shown.x), _ticks(shown.y)
    across = _scale(x_ticks, left, wide - right)
    up = _scale(y_ticks, high - bottom, top)
    xs, ys = across(np.asarray(shown.x, float)), up(np.asarray(shown.y, float))
    words = 'font-family="Helvetica,Arial,sans-serif" font-size="10"'
    parts = [f'<rect width="{wide}" height="{high}" fill="{_PAPER}"/>']
    rules = "".join(f"M{left} {y:.1f}H{wide - right}" for y in up(y_ticks))
    rules += "".join(f"M{x:.1f} {top}V{high - bottom}" for x in across(x_ticks))
    parts.append(f'<path d="{rules}" stroke="{_RULE}" fill="none"/>')
    marks = [
        (x, high - bottom + 14, "middle", said)
        for x, said in zip(across(x_ticks), _said(x_ticks), strict=True)
    ]
    marks += [
        (left - 6, y + 3.5, "end", said)
        for y, said in zip(up(y_ticks), _said(y_ticks), strict=True)
    ]
    parts.append(
        f'<g {words} fill="{_INK}">'
        + "".join(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{said}</text>'
            for x, y, anchor, said in marks
        )
        + "</g>"
    )
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))
    parts.append(f'<path d="M{line}" fill="none" stroke="{_LINE}" stroke-width="1.6"/>')
    for i, (x, y, label) in enumerate(zip(xs, ys, shown.labels, strict=True)):
        parts.append(_point(x, y, is_chosen=i == shown.chosen))
        style = f'{words} fill="{_INK}" stroke="{_PAPER}" stroke-width="3" paint-order="stroke"'
        weight = ' font-weight="bold"' if i == shown.chosen else ""
        parts.append(f'<text x="{x + 6:.1f}" y="{y - 5:.1f}" {style}{weight}>{label}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" '
        f'viewBox="0 0 {wide} {high}">{"".join(parts)}</svg>'
    )


def _point(x: float, y: float, *, is_chosen: bool) -> str:
    """Return one point: a dot, or a larger diamond for the one that stands out."""
    if is_chosen:
        return (
            f'<path d="M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6-6z" fill="{_CHOSEN}" '
            'stroke="#ffffff" stroke-width="1.2"/>'
        )
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{_LINE}"/>'


def _ticks(values: Sequence[float]) -> NDArray[np.float64]:
    """Return round limits of some values, from just below the least to just above the most."""
    least, most = float(min(values)), float(max(values))
    if most - least < 1e-9 * max(abs(most), 1.0):
        least, most = least - 0.5 * max(abs(least), 1.0), most + 0.5 * max(abs(most), 1.0)
    raw = (most - least) / _TICKS
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(k * power for k in (1, 2, 5, 10) if k * power >= raw * (1 - 1e-9))
    first, last = np.floor(least / step + 1e-9), np.ceil(most / step - 1e-9)
    ticks: NDArray[np.float64] = np.arange(first, last + 0.5) * step
    return ticks


def _scale(ticks: NDArray[np.float64], start: float, end: float) -> _Scale:
    """Return how values become pixels."""
    return _Scale(float(ticks[0]), float(ticks[-1]), start, end)


@dataclass(frozen=True)
class _Scale:
    """Turn values into pixels."""

    least: float
    most: float
    start: float
    end: float

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        share = (values - self.least) / (self.most - self.least)
        return self.start + share * (self.end - self.start)


def _said(ticks: NDArray[np.float64]) -> list[str]:
    """Return ticks as text, all with as many digits as the step asks for."""
    digits = max(0, -int(np.floor(np.log10(ticks[1] - ticks[0]) + 1e-9)))
    return [f"{tick:,.{digits}f}" for tick in ticks]
