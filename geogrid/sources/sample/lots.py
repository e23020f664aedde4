"""Lots and buildings inside one block, in the block's own axes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry import Polygon
    from shapely.geometry.base import BaseGeometry

__all__ = ["Frame", "LotStyle", "cut_bands", "cut_lots", "frame_of", "place_slabs"]


@dataclass(frozen=True)
class LotStyle:
    """Hold the texture of lots.

    Parameters
    ----------
    area_m2 : float
        Wanted size of a lot.
    one_row_m : float
        A block shallower than this has one row of lots.
    slab_m : float
        Depth of a building.
    gap_m : float
        Distance between the buildings of one lot.
    """

    area_m2: float
    one_row_m: float
    slab_m: float
    gap_m: float


@dataclass(frozen=True)
class Frame:
    """Hold a block's own axes: origin and unit vector of its long side."""

    origin: NDArray[np.float64]
    axis: NDArray[np.float64]

    def local(self, shape: BaseGeometry) -> BaseGeometry:
        """Return a shape in these axes."""
        turn = np.column_stack([self.axis, [-self.axis[1], self.axis[0]]])
        return shapely.transform(shape, lambda xy: (xy - self.origin) @ turn)

    def world(self, shape: BaseGeometry) -> BaseGeometry:
        """Return a shape of these axes in the map's coordinates."""
        turn = np.column_stack([self.axis, [-self.axis[1], self.axis[0]]])
        return shapely.transform(shape, lambda xy: xy @ turn.T + self.origin)


def frame_of(block: Polygon) -> Frame:
    """Return the axes of a block: its smallest enclosing rectangle's."""
    box = shapely.get_coordinates(shapely.oriented_envelope(block))
    if len(box) < 4:
        return Frame(shapely.get_coordinates(block)[0], np.array([1.0, 0.0]))
    sides = np.diff(box[:3], axis=0)
    long = sides[int(np.argmax(np.hypot(*sides.T)))]
    if long[0] < 0:
        long = -long
    return Frame(box[:4].mean(axis=0), long / np.hypot(*long))


def cut_bands(block: Polygon, frame: Frame, n: int) -> list[Polygon]:
    """Cut a block across its long side into n bands, seamless.

    Parameters
    ----------
    block : Polygon
        Map coordinates.
    frame : Frame
        Its axes.
    n : int
        Wanted number; fewer come back if a cut would leave loose pieces.

    Returns
    -------
    list of Polygon
        Map coordinates, along the axis.
    """
    local = frame.local(block)
    x0, y0, x1, y1 = local.bounds
    for k in range(n, 1, -1):
        at = np.linspace(x0, x1, k + 1)
        at[0], at[-1] = x0 - 5.0, x1 + 5.0
        bands = shapely.intersection(local, shapely.box(at[:-1], y0 - 5.0, at[1:], y1 + 5.0))
        if all(b.geom_type == "Polygon" and b.area > 150.0 for b in bands):
            return [frame.world(b) for b in bands]
    return [block]


def cut_lots(
    net: BaseGeometry, frame: Frame, style: LotStyle, rng: np.random.Generator
) -> list[Polygon]:
    """Divide the building land of a band into lots along its streets.

    Parameters
    ----------
    net : Polygon
        The band without the streets' width, map coordinates.
    frame : Frame
        The block's axes.
    style : LotStyle
        Size of the lots.
    rng : Generator
        Source of the small irregularities.

    Returns
    -------
    list of Polygon
        Lots a metre apart, none narrower than 18 m.
    """
    local = frame.local(net)
    if local.is_empty:
        return []
    x0, y0, x1, y1 = local.bounds
    depth, width = y1 - y0, x1 - x0
    rows = 1 if depth < style.one_row_m else 2
    middle = (y0 + y1) / 2 + rng.uniform(-0.04, 0.04) * depth
    levels = [y0 - 2.0, y1 + 2.0] if rows == 1 else [y0 - 2.0, middle, y1 + 2.0]
    lots: list[Polygon] = []
    for low, high in pairwise(levels):
        row = shapely.intersection(local, shapely.box(x0 - 1, low, x1 + 1, high))
        n = max(1, round(row.area / style.area_m2))
        n = max(1, min(n, int(width // 22.0)))
        at = np.linspace(x0, x1, n + 1)
        lean = rng.uniform(-1.6, 1.6, n + 1)
        at[1:-1] += rng.uniform(-0.12, 0.12, n - 1) * width / n
        at[0], at[-1] = x0 - 3.0, x1 + 3.0
        lean[0] = lean[-1] = 0.0
        for i in range(n):
            quad = shapely.polygons(
                [
                    (at[i] - lean[i], low),
                    (at[i + 1] - lean[i + 1], low),
                    (at[i + 1] + lean[i + 1], high),
                    (at[i] + lean[i], high),
                ]
            )
            lot = shapely.intersection(row, quad).buffer(-0.6, join_style="mitre")
            if _is_good(lot, style):
                lots.append(frame.world(lot.simplify(0.3)))
    return lots


def _is_good(lot: BaseGeometry, style: LotStyle) -> bool:
    """Tell whether a piece of land makes a lot: size, shape, breadth."""
    if lot.geom_type != "Polygon" or lot.is_empty or lot.interiors:
        return False
    if not 0.42 * style.area_m2 < lot.area < 2.6 * style.area_m2:
        return False
    if lot.area < 0.86 * lot.convex_hull.area:
        return False
    box = shapely.get_coordinates(shapely.oriented_envelope(lot))
    sides = np.hypot(*np.diff(box[:3], axis=0).T)
    return bool(sides.min() > 18.0 and lot.area > 0.68 * sides.prod())


def place_slabs(
    lot: BaseGeometry,
    frame: Frame,
    *,
    depths: Sequence[float],
    margin_m: float,
    longest_m: float,
    shortest_m: float = 11.0,
) -> list[Polygon]:
    """Put parallel slabs into a lot, as many as depths are given.

    Parameters
    ----------
    lot : Polygon
        Map coordinates.
    frame : Frame
        Axes to follow.
    depths : sequence of float
        Depth of each slab, metres.
    margin_m : float
        Distance to the lot's line.
    longest_m, shortest_m : float
        Limits of a slab's length.

    Returns
    -------
    list of Polygon
        At most one rectangle per depth, inside the lot.
    """
    inner = frame.local(lot).buffer(-margin_m, join_style="mitre")
    parts = shapely.get_parts(inner)
    parts = parts[shapely.area(parts) > 0.0]
    if len(parts) == 0:
        return []
    inner = parts[int(np.argmax(shapely.area(parts)))]
    _, y0, _, y1 = inner.bounds
    # neighbours keep at least four metres
    depths = list(depths)
    while len(depths) > 1 and y1 - y0 < sum(depths) + 4.0 * (len(depths) - 1):
        depths.pop()
    n = len(depths)
    room = (y1 - y0 - sum(depths)) / max(n - 1, 1)
    slabs = []
    low = y0 if n > 1 else (y0 + y1 - depths[0]) / 2
    for i, depth in enumerate(depths):
        # a slab at a slanting end moves inward until it fits
        inward = 0.0 if n == 1 else 1.0 - 2.0 * i / (n - 1)
        for shift in (0.0, 3.0, 6.0) if room > 14.0 else (0.0,):
            slab = _widest(inner, low + inward * shift, depth, longest_m)
            if slab is not None and slab.bounds[2] - slab.bounds[0] >= shortest_m:
                slabs.append(frame.world(slab))
                break
        low += depth + room
    return slabs


def _widest(inner: Polygon, low: float, depth: float, longest_m: float) -> Polygon | None:
    """Return the widest slab between two levels of a shape, if there is one."""
    x0, _, x1, y1 = inner.bounds
    high = min(low + depth, y1)
    levels = np.linspace(low + 0.2, high - 0.2, 3)
    rows = shapely.intersection(
        inner, shapely.linestrings([[(x0 - 1, y), (x1 + 1, y)] for y in levels])
    )
    if any(r.geom_type != "LineString" or r.is_empty for r in rows):
        return None
    left = max(r.bounds[0] for r in rows) + 0.1
    right = min(r.bounds[2] for r in rows) - 0.1
    spare = max(0.0, right - left - longest_m) / 2
    if right - left < 2.0:
        return None
    slab = shapely.box(left + spare, low + 0.2, right - spare, high - 0.2)
    return slab if inner.buffer(0.05).covers(slab) else None
