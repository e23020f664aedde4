"""Layouts: the cards of a district and of a plan, a small map beside the key figures."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from geogrid.district import District
from geogrid.plans.plan import GRID_LAYERS, Plan
from geogrid.publish.cards.drawing import (
    Window,
    backdrop,
    dots_path,
    fills,
    plain_coverage,
    small_map,
    window_on_homes,
)
from geogrid.publish.cards.sheet import (
    MAP_PX,
    Html,
    beside,
    both,
    figure_list,
    map_image,
    marks_of,
    number,
    plain,
    sheet,
    source_of,
    status_mark,
)
from geogrid.publish.colours import (
    DEVIATION_BREAKS,
    DEVIATION_COLOURS,
    PALETTE,
    grid_colours,
)
from geogrid.showing import card

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["deviation_classes", "district_map", "plan_figures", "plan_map"]

_DOT = "#4d6a86"
_DOT_PX = 2.0
# sides of the areas that a district may show, in the order of its figures
_LAYERS = ("communities", "subdistricts", "beats", "basic_grids", "compounds")

Theme = Literal["grids", "deviation"]


@card.register(District)
def _(district: District) -> str:
    figures = [
        ("courtyards", number(len(district.courtyards)), ""),
        ("households", number(int(district.courtyards["households"].sum())), ""),
    ]
    figures += [(name, number(len(district[name])), "") for name in _LAYERS if len(district[name])]
    title = district.name or plain("district")
    return sheet(
        title,
        beside(
            map_image(district_map(district, width_px=MAP_PX), "district_map"),
            figure_list(figures),
        ),
        marks=marks_of(district),
        notes=[source_of(district)],
    )


@card.register(Plan)
def _(plan: Plan) -> str:
    district = plan.district
    return sheet(
        Html(f"{both('plan')}{_of(district.name)}"),
        beside(
            map_image(plan_map(plan, width_px=MAP_PX), "plan_map"),
            figure_list(plan_figures(plan)),
        ),
        marks=[status_mark(plan), *marks_of(district)],
        notes=[source_of(district)],
    )


def _of(name: str) -> str:
    """Return a district's name behind a title."""
    from html import escape

    return f" — {escape(name)}" if name else ""


def plan_figures(plan: Plan) -> list[tuple[str, str, str]]:
    """Return a plan's key figures, those that it knows.

    Parameters
    ----------
    plan : Plan
        Any.

    Returns
    -------
    list of (str, str, str)
        As `figure_list` takes them.
    """
    report, yards = plan.report, plan.courtyards
    m: dict[str, Any] = dict(report.get("metrics") or {})
    loads = plan.gov_grids["households"]
    least, most = m.get("least", loads.min()), m.get("most", loads.max())
    rows = [
        ("grids", number(plan.n_grids), ""),
        (
            "courtyards",
            number(len(yards)),
            both("households_of", n=f"{yards['households'].sum():,.0f}"),
        ),
        ("per_grid", f"{least:,.0f}–{most:,.0f}", both("target", n=f"{plan.target:,.1f}")),
    ]
    if "cv" in m:
        within = both("within", share=f"{100 * m['share_within_20']:.1f}")
        rows.append(("cv", number(m["cv"], ".3f"), within))
    if "walk_mean_m" in m:
        longest = both("longest", m=f"{m['walk_max_m']:,.0f}")
        rows.append(("walk", number(m["walk_mean_m"], ",.1f", "m"), longest))
    rows.append(("objective", number(report["objective"]), both("household_metres")))
    kept = report.get("continuity")
    if kept:
        moved = both("moved_of", n=f"{kept['n_moved']:,}", of=f"{kept['n_courtyards']:,}")
        rows.append(("staying", f"{100 * kept['share_staying']:.1f} %", moved))
    paired = m.get("pairings") or {}
    for layer, found in ((layer, paired[layer]) for layer in GRID_LAYERS if layer in paired):
        inside = both("inside", share=f"{100 * found['share_inside']:.1f}")
        rows.append((f"paired_{layer}", f"{found['n_grids']:,} → {found['n_beats']:,}", inside))
    return rows


def plan_map(
    plan: Plan, *, width_px: int, theme: Theme = "grids", window: Window | None = None
) -> str:
    """Return a plan's small map.

    Parameters
    ----------
    plan : Plan
        Any.
    width_px : int
        Of the map.
    theme : {"grids", "deviation"}
        Neighbours in colours that differ, or households against the target.
    window : Window, optional
        What it shows; by default all grids.

    Returns
    -------
    str
        SVG.
    """
    grids = plan.gov_grids
    window = window or window_on_homes(plan.district, width_px)
    under, over = backdrop(plan.district, window)
    colours = _by_deviation(plan) if theme == "deviation" else _by_grid(plan)
    return small_map(window, under, fills(window, plain_coverage(grids, window), colours), over)


def _by_grid(plan: Plan) -> list[str]:
    """Return a colour for each grid that its neighbours do not have."""
    return [PALETTE[i] for i in grid_colours(plan.gov_grids)]


def _by_deviation(plan: Plan) -> list[str]:
    """Return the colour of each grid's class of households against the target."""
    deviation = plan.gov_grids["deviation"].to_numpy(np.float64)
    return [DEVIATION_COLOURS[i] for i in np.searchsorted(DEVIATION_BREAKS, deviation)]


def deviation_classes() -> dict[str, str]:
    """Return the classes of households against the target, for a legend."""
    ends = [f"{100 * limit:+.0f} %" for limit in DEVIATION_BREAKS]
    names: Sequence[str] = [
        f"< {ends[0]}",
        *(f"{a} … {b}" for a, b in pairwise(ends)),
        f"> {ends[-1]}",
    ]
    return dict(zip(names, DEVIATION_COLOURS, strict=True))


def district_map(district: District, *, width_px: int) -> str:
    """Return a district's small map: its communities, its courtyards as dots.

    Parameters
    ----------
    district : District
        Any.
    width_px : int
        Of the map.

    Returns
    -------
    str
        SVG.
    """
    import shapely

    window = window_on_homes(district, width_px)
    under, over = backdrop(district, window)
    places = shapely.get_coordinates(shapely.centroid(district.courtyards.geometry.to_numpy()))
    dots = f'<path fill="{_DOT}" d="{dots_path(window, places, _DOT_PX)}"/>'
    return small_map(window, under, over, dots)
