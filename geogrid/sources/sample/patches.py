"""Streets inside one superblock: lines led between opposite sides (a Coons patch)."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry import LineString, Polygon

__all__ = ["Junctions", "lead_streets"]

_CORNERS = np.array(list(combinations(range(13), 4)))


class Junctions:
    """Remember where streets already meet the skeleton, so that new ones meet them.

    Parameters
    ----------
    points : ndarray, (n, 2)
        Junctions of the skeleton itself; they belong to no line.
    """

    def __init__(self, points: NDArray[np.float64]) -> None:
        self._points = [tuple(p) for p in points]
        self._lines = [-1] * len(points)
        self.pairs: list[tuple[int, int]] = []

    def meet(self, point: NDArray[np.float64], line: int, reach_m: float) -> NDArray[np.float64]:
        """Return the known junction within reach, or make this point one."""
        known = np.array(self._points)
        gap = np.hypot(*(known - point).T)
        at = int(np.argmin(gap))
        if gap[at] <= reach_m:
            if self._lines[at] >= 0:
                self.pairs.append((self._lines[at], line))
            return known[at]
        self._points.append((float(point[0]), float(point[1])))
        self._lines.append(line)
        return point


def lead_streets(
    face: Polygon,
    spacing_m: tuple[float, float],
    junctions: Junctions,
    first_line: int,
    *,
    bend: float,
    rng: np.random.Generator,
) -> list[LineString]:
    """Draw the streets of one superblock.

    Parameters
    ----------
    face : Polygon
        The superblock, metres.
    spacing_m : (float, float)
        Wanted distance between streets along its long and its short side.
    junctions : Junctions
        Known meeting points; updated.
    first_line : int
        Number of the first line drawn here.
    bend : float
        How much a line may swing, as a share of the spacing.
    rng : Generator
        Source of the small irregularities.

    Returns
    -------
    list of LineString
        Not clipped; every end lies on the superblock's boundary. Numbered
        from ``first_line`` on in the ledger of ``junctions``.
    """
    sides = _sides(face)
    lengths = [shapely.length(s) for s in sides]
    across = (lengths[0] + lengths[2]) / 2
    along = (lengths[1] + lengths[3]) / 2
    spacing = spacing_m if across >= along else (spacing_m[1], spacing_m[0])
    lines: list[LineString] = []
    for turned, (n_length, gap) in enumerate(((across, spacing[0]), (along, spacing[1]))):
        n = round(n_length / gap)
        if n < 2:
            continue
        quad = sides if not turned else [sides[3], sides[2], sides[1], sides[0]]
        at = (np.arange(1, n) + rng.uniform(-0.13, 0.13, n - 1)) / n
        for u in at:
            swing = bend * gap * rng.uniform(-1.0, 1.0)
            number = first_line + len(lines)
            lines.append(_lead(quad, float(u), swing, junctions, number, 0.3 * gap))
    return lines


def _lead(
    sides: list[LineString],
    u: float,
    swing: float,
    junctions: Junctions,
    number: int,
    reach_m: float,
) -> LineString:
    """Lead one line from the first side to the third, shaped by the other two."""
    bottom, right, top, left = sides
    v = np.linspace(0.0, 1.0, 9)
    low = shapely.get_coordinates(bottom.interpolate(u, normalized=True))[0]
    high = shapely.get_coordinates(top.interpolate(u, normalized=True))[0]
    corners = [shapely.get_coordinates(s)[i] for s in (bottom, top) for i in (0, -1)]
    lefts = shapely.get_coordinates(shapely.line_interpolate_point(left, v, normalized=True))
    rights = shapely.get_coordinates(shapely.line_interpolate_point(right, v, normalized=True))
    w = v[:, None]
    xy = (
        (1 - w) * low
        + w * high
        + (1 - u) * lefts
        + u * rights
        - (1 - u) * (1 - w) * corners[0]
        - u * (1 - w) * corners[1]
        - (1 - u) * w * corners[2]
        - u * w * corners[3]
    )
    chord = xy[-1] - xy[0]
    normal = np.array([-chord[1], chord[0]]) / max(float(np.hypot(*chord)), 1.0)
    xy = xy + swing * np.sin(np.pi * w) * normal
    for at in (0, -1):
        met = junctions.meet(xy[at], number, reach_m)
        # the whole line yields to the junction, most of all near it
        fade = (1 - w if at == 0 else w) ** 2
        xy = xy + fade * (met - xy[at])
    return shapely.linestrings(xy)


def _sides(face: Polygon) -> list[LineString]:
    """Cut the outline at its four best corners.

    The sides come as bottom, right, top, left with bottom and top, left and
    right running the same way.
    """
    ring = shapely.get_coordinates(face.exterior)[:-1]
    if not shapely.is_ccw(face.exterior):
        ring = ring[::-1]
    closed = np.vstack([ring, ring[:1]])
    outline = shapely.linestrings(closed)
    at = np.sort(outline.length * _corner_fractions(outline))
    parts = []
    for i in range(4):
        start, end = at[i], at[(i + 1) % 4]
        span = (end - start) % outline.length
        steps = np.concatenate([np.linspace(0.0, span, 25), _vertices_between(closed, start, span)])
        where = (start + np.unique(steps)) % outline.length
        parts.append(shapely.linestrings(_points_at(outline, where)))
    return [parts[0], parts[1], shapely.reverse(parts[2]), shapely.reverse(parts[3])]


def _points_at(line: LineString, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the coordinates at the given distances along a line."""
    return shapely.get_coordinates(shapely.line_interpolate_point(line, at))


def _vertices_between(
    closed: NDArray[np.float64], start: float, span: float
) -> NDArray[np.float64]:
    """Return distances from ``start`` to the outline's own vertices within the span."""
    steps = np.hypot(*np.diff(closed, axis=0).T)
    at = np.concatenate([[0.0], np.cumsum(steps)])
    ahead = (at[:-1] - start) % at[-1]
    return ahead[(ahead > 0) & (ahead < span)]


def _corner_fractions(outline: LineString) -> NDArray[np.float64]:
    """Choose four corners: large quadrilateral, angles near the right one."""
    simple = shapely.get_coordinates(outline.simplify(18.0))[:-1]
    n = len(simple)
    before, after = np.roll(simple, 1, axis=0) - simple, np.roll(simple, -1, axis=0) - simple
    cosine = np.sum(before * after, axis=1) / (np.hypot(*before.T) * np.hypot(*after.T) + 1e-9)
    sharp = np.argsort(cosine)[::-1][:13] if n > 13 else np.arange(n)
    candidates = simple[np.sort(sharp)]
    if len(candidates) < 13:
        extra = np.linspace(0.0, 1.0, 13 - len(candidates), endpoint=False) + 0.037
        candidates = np.vstack(
            [
                candidates,
                shapely.get_coordinates(
                    shapely.line_interpolate_point(outline, extra, normalized=True)
                ),
            ]
        )
    at = shapely.line_locate_point(outline, shapely.points(candidates), normalized=True)
    order = np.argsort(at, kind="stable")
    xy = candidates[order][_CORNERS]
    sides = np.roll(xy, -1, axis=1) - xy
    length = np.hypot(sides[..., 0], sides[..., 1]) + 1e-9
    back = -np.roll(sides, 1, axis=1)
    sine = np.abs(back[..., 0] * sides[..., 1] - back[..., 1] * sides[..., 0]) / (
        length * np.roll(length, 1, axis=1)
    )
    area = 0.5 * np.abs(
        np.sum(
            xy[..., 0] * np.roll(xy[..., 1], -1, axis=1)
            - xy[..., 1] * np.roll(xy[..., 0], -1, axis=1),
            axis=1,
        )
    )
    best = int(np.argmax(area * (0.35 + sine.min(axis=1))))
    return at[order][_CORNERS[best]]
