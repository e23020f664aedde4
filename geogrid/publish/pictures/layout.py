"""Layout: a plan as a map to print: every grid, its figure, the borders around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.locale import phrases
from geogrid.publish.mapdata import about_plan, plain_outlines
from geogrid.publish.pictures.ground import (
    Window,
    draw_borders,
    draw_ground,
    furnish,
    window_of,
)
from geogrid.publish.pictures.labels import Label, Labels
from geogrid.publish.pictures.shapes import add_areas, add_lines
from geogrid.publish.pictures.sheet import Key, Paper, Sheet, status_of
from geogrid.publish.pictures.style import (
    EDGE,
    HATCH_INK,
    PURPLE,
    SUBDISTRICT,
    house_style,
    ink_on,
    text_width,
)
from geogrid.publish.pictures.themes import UNKNOWN, Fill, Theme, fill_of

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd
    from matplotlib.axes import Axes

    from geogrid.locale import Language
    from geogrid.plans.plan import Plan
    from geogrid.publish.pictures.picture import Picture

__all__ = ["border_keys", "draw_grids", "keep_corners", "layout", "name_areas"]

# sizes of text in a grid: as large as fits between these, points
_FIGURE_PT = (4.2, 7.5)
# how much of the circle inside a grid its figure may fill, from rim to rim; a narrow figure is
# as tall as one of so many ems
_FILLED, _NARROWEST = 0.9, 1.1


def layout(
    plan: Plan, *, theme: Theme = "grids", paper: Paper = "a4", language: Language = "zh"
) -> Picture:
    """Draw a plan as one map.

    Parameters
    ----------
    plan : Plan
        The plan.
    theme : {"grids", "deviation", "walk"}
        Which grid is which (with serial numbers); households against the target
        (with per cent); mean walk (with metres).
    paper : {"a4", "a3"}
        Lying; A3 has room for twice as much.
    language : {"zh", "en"}
        Of every word.

    Returns
    -------
    Picture
        A matplotlib figure that shows itself; `save` makes a file of it.

    Raises
    ------
    InputError
        If there is no such theme.
    StorageError
        If the Chinese font is not in its place.
    """
    words = phrases(language, "pictures")
    fill = fill_of(plan, theme, words)
    with house_style():
        title, figures = _finding(plan, theme, words)
        sheet = Sheet(plan, title, figures, language=language, paper=paper)
        rows = [*(sheet.wrap(fill.keys) if fill.keys else []), border_keys(words)]
        x, y, width, height = sheet.room(below=sheet.key_room(len(rows)))
        axes = sheet.axes(x, y, width, height)
        window = window_of(plan.gov_grids.total_bounds.tolist(), width, height)
        draw_ground(axes, plan.district, window)
        draw_grids(axes, plan, fill)
        draw_borders(axes, plan.district)
        labels = Labels(axes, window)
        keep_corners(labels, window)
        name_areas(labels, plan, fill)
        furnish(axes, window, words)
        sheet.key(rows, note=words[f"{theme}_note"].format(target=f"{plan.target:,.0f}"))
    return sheet.picture


def _finding(plan: Plan, theme: Theme, words: dict[str, str]) -> tuple[str, list[str]]:
    """Return what the map of a theme shows: a title, and the figures below it."""
    about, grids = about_plan(plan), plan.gov_grids
    off = np.abs(grids["deviation"].to_numpy(float))
    walk = "" if about["walk_m"] is None else f"{about['walk_m']:.1f}"
    facts = {
        "name": about["name"],
        "courtyards": f"{about['n_courtyards']:,}",
        "grids": f"{about['n_grids']:,}",
        "communities": f"{about['n_communities']:,}",
        "households": f"{about['households']:,}",
        "target": f"{plan.target:,.0f}",
        "walk": walk,
        "within": f"{(off <= 0.2).mean():.0%}",
        "n_within": f"{int((off <= 0.2).sum()):,}",
        "least": f"{int(grids['households'].min()):,}",
        "most": f"{int(grids['households'].max()):,}",
        "walk_max": f"{grids['walk_max_m'].max():,.0f}",
        "status": status_of(plan, words),
    }
    said = ["figures_plan", "figures_households", "figures_range"]
    said += ["figures_walk"] if walk else []
    key = f"title_{theme}" if walk or theme != "walk" else "title_grids"
    return words[key].format(**facts), [*(words[name].format(**facts) for name in said)]


def border_keys(words: dict[str, str]) -> list[Key]:
    """Return the key of the borders."""
    return [
        Key(words["subdistrict_border"], {"color": SUBDISTRICT, "lw": 1.3}, "line"),
        Key(words["community_border"], {"color": PURPLE, "lw": 0.9, "ls": (0, (5, 2))}, "line"),
    ]


def draw_grids(axes: Axes, plan: Plan, fill: Fill, *, width: float = 0.5) -> None:
    """Draw a plan's grids, each class in its colour and hatch.

    Parameters
    ----------
    axes : Axes
        With `draw_ground`.
    plan : Plan
        Whose grids.
    fill : Fill
        From `fill_of`.
    width : float
        Of the outlines, points.
    """
    shapes = np.asarray(plain_outlines(plan.gov_grids).geometry.array, dtype=object)
    known = fill.classes >= 0
    add_areas(axes, shapes[~known], fc=UNKNOWN, ec="none", zorder=3)
    for number, (colour, hatch) in enumerate(zip(fill.colours, fill.hatches, strict=True)):
        rows = shapes[fill.classes == number]
        add_areas(axes, rows, fc=colour, ec="none", alpha=0.93, zorder=3)
        if hatch:
            add_areas(
                axes, rows, fc="none", ec=HATCH_INK, hatch=hatch, lw=0, alpha=0.55, zorder=3.1
            )
    add_lines(axes, shapes, colors=EDGE, linewidths=width, zorder=3.2)


def name_areas(
    labels: Labels,
    plan: Plan,
    fill: Fill | None = None,
    *,
    only: Collection[str] | None = None,
) -> None:
    """Write the names of subdistricts and communities, and a figure in every grid.

    Parameters
    ----------
    labels : Labels
        Of the map.
    plan : Plan
        The plan.
    fill : Fill, optional
        What stands in the grids.
    only : collection of str, optional
        Codes of the communities that are named; by default all.
    """
    district = plan.district
    for label in _titles(labels, plan, district["subdistricts"], 9.5, SUBDISTRICT):
        labels.place([label])
    # a grid's figure goes in its middle or not at all, and before the communities' names
    if fill is not None:
        labels.place(_figures(labels, plan, fill))
    frame = district.communities
    if only is not None:
        frame = frame[frame["community_code"].isin(list(only))]
    labels.place(_titles(labels, plan, frame, 6.2, "#5c3f70"))


def _titles(
    labels: Labels, plan: Plan, frame: gpd.GeoDataFrame, size: float, color: str
) -> list[Label]:
    """Return the names of areas as labels beside their grids, the largest first."""
    import shapely

    areas = np.asarray(frame.geometry.array, dtype=object)
    # roughly does for finding room
    grids = shapely.simplify(np.asarray(plan.gov_grids.geometry.array, dtype=object), 8.0)
    tree = shapely.STRtree(grids)
    found = []
    names = frame["name"].to_numpy(object)
    for i in np.argsort(-shapely.area(areas), kind="stable"):
        if isinstance(names[i], str) and names[i]:
            near = shapely.union_all(grids[np.sort(tree.query(areas[i]))])
            found.append(labels.inside(areas[i], near, names[i], size=size, color=color))
    return found


def _figures(labels: Labels, plan: Plan, fill: Fill) -> list[Label]:
    """Return each grid's figure as a label, where its grid is large enough."""
    import shapely

    shapes = np.asarray(plan.gov_grids.geometry.array, dtype=object)
    circles = shapely.maximum_inscribed_circle(shapes, tolerance=5.0)
    hearts = shapely.get_coordinates(shapely.get_point(circles, 0))
    radii = shapely.length(circles)
    least, most = _FIGURE_PT
    found = []
    for number, (text, (x, y)) in enumerate(zip(fill.texts, hearts.tolist(), strict=True)):
        across = 2 * labels.window.points(float(radii[number]))
        size = min(most, _FILLED * across / max(text_width(text, 1.0), _NARROWEST))
        if text and size >= least:
            number_of = int(fill.classes[number])
            ink = ink_on(fill.colours[number_of] if number_of >= 0 else UNKNOWN)
            found.append(Label(text, [(x, y)], size, ink, rim=False))
    return found


def keep_corners(labels: Labels, window: Window) -> None:
    """Keep the places of the scale bar and of the north arrow free of names.

    Parameters
    ----------
    labels : Labels
        Of the map.
    window : Window
        What it shows.
    """
    labels.keep_free(
        window.west,
        window.south,
        window.west + 1.9 * window.m_per_inch,
        window.south + 0.4 * window.m_per_inch,
    )
    labels.keep_free(
        window.east - 0.45 * window.m_per_inch,
        window.north - 0.7 * window.m_per_inch,
        window.east,
        window.north,
    )
