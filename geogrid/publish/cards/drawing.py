"""Drawing: small maps as SVG text, from shapes made plain for the size they are seen at.

Nothing is drawn that a few hundred pixels cannot show. The same plan gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.crs import require_metric

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geogrid.district import District

__all__ = [
    "Window",
    "backdrop",
    "dots_path",
    "fills",
    "outlines",
    "plain_coverage",
    "small_map",
    "window_on",
    "window_on_homes",
]

# steps of the drawing's grid in one pixel: sharp on screens of twice the density
_FINE = 2
# smallest thing worth a corner, in pixels
_CORNER_PX = 0.6
# beyond it a pixel holds much of a grid: lines get thinner, or they would hide it
_COARSE_M = 30.0
_MARGIN = 0.03
_TALLEST = 1.1
_BAR_SHARE = 0.28

_PAPER = "#faf8f2"
_SEA = "#d6e6f0"
_GREEN = {"park": "#dfebd3", "hill": "#e1e9d4", "beach": "#f5ecd2"}
_BORDER = "#6b4f7d"
_INK = "#3d4a55"


@dataclass(frozen=True)
class Window:
    """Hold which ground a drawing shows, and how large.

    Parameters
    ----------
    west, north : float
        Its upper left corner, metres.
    width_px, height_px : int
        Size on the page.
    metres : float
        Of one pixel.
    """

    west: float
    north: float
    width_px: int
    height_px: int
    metres: float

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north, metres."""
        east = self.west + self.width_px * self.metres
        return (self.west, self.north - self.height_px * self.metres, east, self.north)

    @property
    def corner_m(self) -> float:
        """Return the smallest thing worth a corner, metres."""
        return self.metres * (_CORNER_PX if self.metres < _COARSE_M else 2 * _CORNER_PX)

    def steps(self, xy: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return places in steps of the drawing, from its upper left corner."""
        per = self.metres / _FINE
        corner = np.array([self.west, self.north])
        steps: NDArray[np.int64] = np.rint((xy - corner) / per * np.array([1.0, -1.0])).astype(
            np.int64
        )
        return steps

    def path(self, shapes: NDArray[np.object_]) -> str:
        """Return the outlines of areas and lines as one SVG path.

        Parameters
        ----------
        shapes : (n,) geometry
            In metres; cut off at the window's edge.

        Returns
        -------
        str
            Empty if nothing of them is seen.
        """
        seen = shapely.clip_by_rect(shapely.force_2d(shapes), *self.bounds)
        pieces = shapely.get_parts(seen)
        rings = shapely.get_parts(_lines(pieces))
        return "".join(_stroke(self.steps(shapely.get_coordinates(ring))) for ring in rings)


def window_on(bounds: Iterable[float], width_px: int) -> Window:
    """Return a window on some ground, with a margin around it.

    Parameters
    ----------
    bounds : iterable of float
        West, south, east, north, metres.
    width_px : int
        Of the drawing; ground taller than wide gets a narrower one.

    Returns
    -------
    Window
        As high as the ground asks for.
    """
    west, south, east, north = (float(x) for x in bounds)
    wide, high = max(east - west, 100.0), max(north - south, 100.0)
    margin = _MARGIN * max(wide, high)
    wide, high = wide + 2 * margin, high + 2 * margin
    metres = max(wide / width_px, high / (width_px * _TALLEST))
    size = (max(1, round(wide / metres)), max(1, round(high / metres)))
    return Window((west + east - wide) / 2, (south + north + high) / 2, *size, metres)


def window_on_homes(
    district: District, width_px: int, codes: Collection[str] | None = None
) -> Window:
    """Return a window on the communities that have courtyards.

    Parameters
    ----------
    district : District
        Any.
    width_px : int
        Of the drawing.
    codes : collection of str, optional
        Of the communities to look at alone.

    Returns
    -------
    Window
        As `window_on` gives it.
    """
    homes, yards = district.communities, district.courtyards
    seen = homes[homes["community_code"].isin(yards["community_code"] if codes is None else codes)]
    return window_on((seen if len(seen) else yards).total_bounds, width_px)


def _lines(pieces: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the rings of areas, and lines as they are."""
    is_area = shapely.get_dimensions(pieces) == 2
    lines: NDArray[np.object_] = pieces.copy()
    lines[is_area] = shapely.boundary(pieces[is_area])
    lines = lines[shapely.get_dimensions(lines) == 1]
    return lines  # noqa: RET504 - typed


def _stroke(steps: NDArray[np.int64]) -> str:
    """Return one line as a path of relative steps, closed if it ends where it began."""
    moved = np.diff(steps, axis=0)
    moved = moved[moved.any(axis=1)]
    if len(moved) < 2:
        return ""
    x, y = steps[0].tolist()
    is_ring = bool((steps[0] == steps[-1]).all())
    if is_ring:
        moved = moved[:-1]
    # a sign parts numbers as well as a blank does
    line = " ".join(str(way) for way in moved.ravel().tolist()).replace(" -", "-")
    return f"M{x} {y}l{line}{'z' if is_ring else ''}"


def dots_path(window: Window, places: NDArray[np.float64], size_px: float) -> str:
    """Return places as small squares in one path.

    Parameters
    ----------
    window : Window
        Where they are drawn.
    places : (n, 2) float64
        Metres.
    size_px : float
        Side of a square.

    Returns
    -------
    str
        Those within the window.
    """
    side = max(1, round(size_px * _FINE))
    steps = window.steps(places) - side // 2
    inside = (steps >= -side).all(axis=1) & (
        steps <= np.array([window.width_px, window.height_px]) * _FINE
    ).all(axis=1)
    return "".join(f"M{x} {y}h{side}v{side}h-{side}z" for x, y in steps[inside].tolist())


def plain_coverage(frame: gpd.GeoDataFrame, window: Window) -> NDArray[np.object_]:
    """Return areas with as many corners as the window can show, neighbours edge to edge.

    Parameters
    ----------
    frame : GeoDataFrame, n rows
        Areas that do not overlap, in metres.
    window : Window
        Where they will be seen.

    Returns
    -------
    (n,) geometry
        As they are where they would fall apart.
    """
    require_metric(frame.crs, what="a map")
    exact = np.asarray(frame.geometry.array, dtype=object)
    if not len(exact):
        return exact
    easy = shapely.coverage_simplify(exact, window.corner_m)
    kept: NDArray[np.object_] = np.where(
        shapely.is_valid(easy) & ~shapely.is_empty(easy), easy, exact
    )
    return kept


def fills(
    window: Window, shapes: NDArray[np.object_], colours: Sequence[str], *, edge: str = "#ffffff"
) -> str:
    """Return areas in their colours, those of one colour as one path.

    Parameters
    ----------
    window : Window
        Where they are drawn.
    shapes : (n,) geometry
        Metres.
    colours : sequence of str, length n
        Of each.
    edge : str
        Colour of the thin line around each.

    Returns
    -------
    str
        SVG.
    """
    of = np.asarray(colours, dtype=object)
    paths = (
        f'<path fill="{colour}" d="{window.path(shapes[of == colour])}"/>'
        for colour in dict.fromkeys(colours)
    )
    width = 0.5 if window.metres < _COARSE_M else 0.2
    line = f'stroke="{edge}" stroke-width="{width * _FINE:g}" stroke-linejoin="round"'
    return f"<g {line}>{''.join(paths)}</g>"


def outlines(window: Window, shapes: NDArray[np.object_], colour: str, *, dash: str = "") -> str:
    """Return the outlines of areas as one thin line.

    Parameters
    ----------
    window : Window
        Where they are drawn.
    shapes : (n,) geometry
        Metres.
    colour : str
        Of the line.
    dash : str
        Lengths of strokes and gaps in pixels; empty for a full line.

    Returns
    -------
    str
        SVG.
    """
    dashes = " ".join(f"{float(part) * _FINE:g}" for part in dash.split())
    broken = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<path fill="none" stroke="{colour}" stroke-width="{0.8 * _FINE:g}"{broken} '
        f'd="{window.path(shapes)}"/>'
    )


def backdrop(district: District, window: Window) -> tuple[str, str]:
    """Return what lies under the areas of a map, and the lines over them.

    Parameters
    ----------
    district : District
        With communities; sea and parks are drawn if they are there.
    window : Window
        Where they are drawn.

    Returns
    -------
    under, over : str
        SVG: sea, parks and the communities' ground; the communities' borders.
    """
    homes = window.path(plain_coverage(district.communities, window))
    under = [
        f'<defs><path id="homes" d="{homes}"/></defs>',
        f'<use href="#homes" fill="{_PAPER}"/>',
    ]
    ground = district["landscape"]
    if len(ground) and "kind" in ground:
        kinds = ground["kind"].to_numpy(object)
        shapes = shapely.simplify(np.asarray(ground.geometry.array, dtype=object), window.corner_m)
        for kind, colour in {"sea": _SEA, "water": _SEA, **_GREEN}.items():
            path = window.path(shapes[kinds == kind])
            under += [f'<path fill="{colour}" d="{path}"/>'] if path else []
    width = 0.9 if window.metres < _COARSE_M else 0.5
    over = (
        f'<use href="#homes" fill="none" stroke="{_BORDER}" stroke-opacity=".75" '
        f'stroke-width="{width * _FINE:g}" stroke-linejoin="round"/>'
    )
    return "".join(under), over


def small_map(window: Window, *layers: str) -> str:
    """Return a map with its scale bar.

    Parameters
    ----------
    window : Window
        What it shows.
    *layers : str
        SVG, the lowest first.

    Returns
    -------
    str
        SVG with its size on the page, north up.
    """
    wide, high = window.width_px * _FINE, window.height_px * _FINE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{window.width_px}" '
        f'height="{window.height_px}" viewBox="0 0 {wide} {high}">'
        f'<rect width="{wide}" height="{high}" fill="#efece4"/>'
        f"{''.join(layers)}{_scale_bar(window)}</svg>"
    )


def _scale_bar(window: Window) -> str:
    """Return a bar of a round length with its length beside it."""
    most = window.width_px * window.metres * _BAR_SHARE
    power = 10.0 ** np.floor(np.log10(most))
    length = max(step * power for step in (1, 2, 5) if step * power <= most)
    said = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    px = length / window.metres
    x, y = 10, window.height_px - 9
    bar = f"M{x} {y - 4}v4h{px:.1f}v-4"
    text = f'x="{x + px / 2:.1f}" y="{y - 5}"'
    style = 'font-family="Helvetica,Arial,sans-serif" font-size="10" text-anchor="middle"'
    halo = 'stroke="#ffffff" stroke-opacity=".85" stroke-linejoin="round"'
    return (
        f'<g transform="scale({_FINE})"><path d="{bar}" fill="none" {halo} stroke-width="3.5"/>'
        f'<path d="{bar}" fill="none" stroke="{_INK}" stroke-width="1.4"/>'
        f'<text {text} {style} fill="{_INK}" {halo} stroke-width="3" paint-order="stroke">{said}'
        f"</text></g>"
    )
