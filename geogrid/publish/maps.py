"""Draw a plan as a map: one HTML file that needs no network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from geogrid.crs import WGS84
from geogrid.files import replacing
from geogrid.publish.mapdata import map_data

if TYPE_CHECKING:
    import folium

    from geogrid.plans.plan import Plan

__all__ = ["draw_map", "write_map"]

Language = Literal["zh", "en"]


def draw_map(plan: Plan, *, language: Language = "zh") -> folium.Map:
    """Draw a plan as an interactive map that asks no server for anything.

    Parameters
    ----------
    plan : Plan
        The plan; pairings are shown where it has them.
    language : {"zh", "en"}
        Language on opening; one click switches the whole page.

    Returns
    -------
    folium.Map
        Shows itself in a notebook; `write_map` makes a file of it. Leaflet,
        styles, scripts and data are inside; the base map is drawn from the
        district's own layers.

    Raises
    ------
    StorageError
        If Leaflet is not in the package yet (``make web`` puts it there).
    """
    import folium

    from geogrid.publish.page import Furniture

    west, south, east, north = plan.gov_grids.to_crs(WGS84).total_bounds
    sheet = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=13,
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        attribution_control=False,
        zoom_snap=0.25,
        zoom_delta=0.5,
    )
    # folium would load these from servers that an intranet does not reach
    sheet.default_js = []
    sheet.default_css = []
    sheet.add_child(Furniture(map_data(plan, language=language)))
    return sheet


def write_map(plan: Plan, path: Path | str, *, language: Language = "zh") -> Path:
    """Write a plan's map as one HTML file that works without a network.

    Parameters
    ----------
    plan : Plan
        The plan.
    path : Path or str
        The file to make or replace.
    language : {"zh", "en"}
        Language on opening.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StorageError
        If Leaflet is not in the package yet, or the file cannot be written.
    """
    path = Path(path)
    page = draw_map(plan, language=language).get_root().render()
    with replacing(path) as aside:
        aside.write_text(page, encoding="utf-8")
    return path
