"""Ground: what lies under every map: sea, hills, streets, borders, their names, a scale, north."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geogrid.publish.pictures.lettering import axes_text, halo_text
from geogrid.publish.pictures.shapes import add_areas, add_lines
from geogrid.publish.pictures.style import INK, PURPLE, SUBDISTRICT

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from matplotlib.axes import Axes

    from geogrid.district import District

__all__ = [
    "Window",
    "draw_borders",
    "draw_ground",
    "furnish",
    "north_arrow",
    "scale_bar",
    "window_of",
]

_BEYOND = "#ecebe5"
_LAND = "#faf8f2"
_SEA = "#d3e5ef"
_WATERS = ("sea",)
_KINDS = {
    "water": _SEA,
    "park": "#dbe9cc",
    "hill": "#dde6cd",
    "beach": "#f4e7c3",
    "other": "#eceadf",
}
_COAST = "#7fa9c2"
# streets by kind: width in metres; those too thin to see at a scale are left out
_STREETS_M = {"path": 4.0, "lane": 10.0, "secondary": 22.0, "arterial": 40.0}
_THINNEST_PT = 0.45
_PAD = 0.03
_SLIT_M = 2.0
_POINTS_PER_INCH = 72
_NICE = (1, 2, 5)
_KILOMETRE = 1000


@dataclass(frozen=True)
class Window:
    """Be the piece of land that a map shows, and how large.

    Parameters
    ----------
    west, south, east, north : float
        Metres.
    m_per_inch : float
        Scale on paper.
    """

    west: float
    south: float
    east: float
    north: float
    m_per_inch: float

    def points(self, metres: float) -> float:
        """Return a length on the ground in points on the paper."""
        return metres / self.m_per_inch * _POINTS_PER_INCH

    def metres(self, points: float) -> float:
        """Return a length on the paper in metres on the ground."""
        return points / _POINTS_PER_INCH * self.m_per_inch


def window_of(bounds: Sequence[float], width: float, height: float) -> Window:
    """Fit some bounds into a box of the sheet.

    Parameters
    ----------
    bounds : sequence of float
        West, south, east, north in metres.
    width, height : float
        Of the box, inches.

    Returns
    -------
    Window
        The bounds in its middle, with a little air around them.
    """
    west, south, east, north = (float(v) for v in bounds)
    wide, high = max(east - west, 1.0), max(north - south, 1.0)
    scale = max(wide * (1 + 2 * _PAD) / width, high * (1 + 2 * _PAD) / height)
    x, y = (west + east) / 2, (south + north) / 2
    half = (scale * width / 2, scale * height / 2)
    return Window(x - half[0], y - half[1], x + half[0], y + half[1], scale)


def draw_ground(axes: Axes, district: District, window: Window) -> None:
    """Draw what lies under the grids.

    Parameters
    ----------
    axes : Axes
        Of `Sheet.axes`; from now on in metres.
    district : District
        Whose land.
    window : Window
        What is shown.
    """
    axes.set_xlim(window.west, window.east)
    axes.set_ylim(window.south, window.north)
    axes.set_facecolor(_BEYOND)
    for spine in axes.spines.values():
        spine.set(edgecolor="#b9c2c9", linewidth=0.6)
    add_areas(axes, district.communities.geometry, fc=_LAND, ec="none", zorder=1)
    _landscape(axes, district)
    _streets(axes, district, window)
    barriers = district["barriers"]
    if "kind" in barriers:
        coast = barriers[barriers["kind"] == "coast"].geometry
        add_lines(axes, coast, colors=_COAST, linewidths=0.8, zorder=2.4)


def _landscape(axes: Axes, district: District) -> None:
    """Draw sea, hills and parks; a sea goes on beyond its data's frame."""
    from geogrid.publish.flat import drawn

    if "landscape" not in district.tables or district["landscape"].empty:
        return
    frame = drawn(district, "landscape")
    kinds = frame["kind"].to_numpy(object)
    for kind, colour in {**dict.fromkeys(_WATERS, _SEA), **_KINDS}.items():
        rows = frame[kinds == kind]
        # a sea reaches under the land: its data end in a frame, not at the coast
        height = 0.9 if kind in _WATERS else 1.2
        add_areas(axes, rows.geometry, fc=colour, ec="none", zorder=height)


def _streets(axes: Axes, district: District, window: Window) -> None:
    """Draw the streets that are wide enough to see at this scale, and the rails."""
    roads = district["roads"]
    if roads.empty:
        return
    kinds = roads["kind"].to_numpy(object)
    for number, (kind, wide_m) in enumerate(_STREETS_M.items()):
        points = window.points(wide_m)
        if points < _THINNEST_PT:
            continue
        lines = roads.geometry[kinds == kind]
        points = min(points, 5.0)
        edge = {"colors": "#d9d2c4", "linewidths": points + 0.7, "capstyle": "round"}
        add_lines(axes, lines, zorder=1.5 + number / 100, **edge)
        inner = {"colors": "#ffffff", "linewidths": points, "capstyle": "round"}
        add_lines(axes, lines, zorder=1.6 + number / 100, **inner)
    rails = roads.geometry[kinds == "rail"]
    add_lines(axes, rails, colors="#8f8f8f", linewidths=1.4, zorder=1.8)
    add_lines(axes, rails, colors="#ffffff", linewidths=0.8, linestyles=(0, (4, 4)), zorder=1.81)


def draw_borders(
    axes: Axes, district: District, *, width: float = 1.0, inner: bool = True, zorder: float = 4.0
) -> None:
    """Draw the borders of communities and, over them, of subdistricts.

    Parameters
    ----------
    axes : Axes
        With `draw_ground`.
    district : District
        Whose.
    width : float
        Against the usual one.
    inner : bool
        Whether those of communities are drawn.
    zorder : float
        Height.
    """
    if inner:
        dashed = {"colors": PURPLE, "linestyles": (0, (5, 2)), "alpha": 0.75}
        communities = _whole(district.communities)
        add_lines(axes, communities, linewidths=0.7 * width, zorder=zorder, **dashed)
    areas = _whole(district["subdistricts"])
    rim = {"colors": "#ffffff", "linewidths": 2.4 * width, "alpha": 0.8}
    add_lines(axes, areas, zorder=zorder + 0.1, **rim)
    add_lines(axes, areas, colors=SUBDISTRICT, linewidths=1.1 * width, zorder=zorder + 0.2)


def _whole(frame: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return areas without the slits that joining their parts may have left."""
    return frame.geometry.buffer(_SLIT_M, join_style="mitre").buffer(-_SLIT_M, join_style="mitre")


def furnish(axes: Axes, window: Window, words: dict[str, str]) -> None:
    """Put a scale bar and a north arrow on a map.

    Parameters
    ----------
    axes : Axes
        With `draw_ground`.
    window : Window
        What is shown.
    words : dict
        The table ``pictures``.
    """
    width_in = (window.east - window.west) / window.m_per_inch
    height_in = (window.north - window.south) / window.m_per_inch
    at = (window.west + window.metres(12), window.south + window.metres(11))
    scale_bar(axes, at, min(1.6, width_in / 5), window, words)
    north_arrow(axes, (width_in, height_in), words["north"])


def scale_bar(
    axes: Axes,
    at: tuple[float, float],
    longest: float,
    window: Window,
    words: dict[str, str],
) -> None:
    """Draw a scale bar of a round length.

    Parameters
    ----------
    axes : Axes
        In metres.
    at : (float, float)
        Its left end, metres.
    longest : float
        Inches that it may take.
    window : Window
        Whose scale.
    words : dict
        The table ``pictures``.
    """
    metres = _round_length(longest * window.m_per_inch)
    said = (
        words["kilometres"].format(n=f"{metres / _KILOMETRE:g}")
        if metres >= _KILOMETRE
        else words["metres"].format(n=f"{metres:g}")
    )
    (x, y), tick = at, window.metres(3)
    box = {"color": INK, "solid_capstyle": "butt", "zorder": 9.0}
    axes.plot([x, x, x + metres, x + metres], [y + tick, y, y, y + tick], lw=1.1, **box)  # type: ignore[arg-type]
    halo_text(axes, (x + metres / 2, y + window.metres(8)), said, size=7.5, zorder=9)


def north_arrow(axes: Axes, size: tuple[float, float], word: str) -> None:
    """Draw the north arrow in the upper right corner.

    Parameters
    ----------
    axes : Axes
        Where.
    size : (float, float)
        Of the axes, inches.
    word : str
        North.
    """
    from matplotlib.patches import Polygon

    width, height = size
    x, top = 1 - 0.24 / width, 1 - 0.14 / height
    half, tall = 0.085 / width, 0.30 / height
    for side, colour in ((-1, INK), (1, "#ffffff")):
        points = np.array([(x, top), (x + side * half, top - tall), (x, top - 0.76 * tall)])
        axes.add_patch(
            Polygon(points, transform=axes.transAxes, fc=colour, ec=INK, lw=0.7, zorder=9)
        )
    at = (x, top - tall - 0.02 / height)
    axes_text(axes, at, word, size=8, zorder=9, transform=axes.transAxes, va="top", clip_on=False)


def _round_length(most: float) -> float:
    """Return the longest of 1, 2, 5, 10, 20, 50 ... metres within a length."""
    power = 10 ** np.floor(np.log10(max(most, 1.0)))
    return float(max(step * power for step in _NICE if step * power <= most or step == 1))
