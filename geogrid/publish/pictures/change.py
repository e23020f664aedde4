"""Change: from one plan to the next, on a map: who moves, and from where to where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.errors import NotFoundError
from geogrid.locale import phrases
from geogrid.plans.compare import compare
from geogrid.publish.mapdata import about_plan, plain_outlines
from geogrid.publish.pictures.ground import draw_borders, draw_ground, furnish, window_of
from geogrid.publish.pictures.labels import Label, Labels
from geogrid.publish.pictures.layout import border_keys, keep_corners, name_areas
from geogrid.publish.pictures.shapes import add_areas, add_lines
from geogrid.publish.pictures.sheet import Key, Sheet
from geogrid.publish.pictures.style import ALARM, INK, house_style

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes

    from geogrid.locale import Language
    from geogrid.plans.plan import Plan
    from geogrid.publish.pictures.ground import Window
    from geogrid.publish.pictures.picture import Picture
    from geogrid.publish.pictures.sheet import Paper

__all__ = ["before_after"]

_CALM = "#dfe6ea"
_MOVED = "#e8a07a"
_EDGE, _OLD_EDGE = "#5f6f7c", "#1d4e89"
# an arrow shorter than this on paper says nothing, points
_SHORTEST_PT = 5.0
_AROUND = 0.06
# borders that lie nearer to each other are the same, metres
_SAME_M = 2.0


def before_after(
    a: Plan,
    b: Plan,
    *,
    community: str | None = None,
    paper: Paper = "a4",
    language: Language = "zh",
) -> Picture:
    """Draw what changes from one plan to another, with arrows for those who move.

    Parameters
    ----------
    a, b : Plan
        Before and after, of one district.
    community : str, optional
        Name or code: zoom to it, and name its courtyards and grids.
    paper : {"a4", "a3"}
        Lying.
    language : {"zh", "en"}
        Of every word.

    Returns
    -------
    Picture
        The new grids; courtyards that move are filled and hatched; an arrow per pair
        of grids runs from the old one's place to the new one's, the wider the more
        households move.

    Raises
    ------
    InputError
        If the plans share no courtyard.
    NotFoundError
        If there is no such community.
    StorageError
        If the Chinese font is not in its place.
    """
    words = phrases(language, "pictures")
    code = None if community is None else _code_of(b, community)
    found = compare(a, b, within=None if code is None else [code])
    facts = _facts(b, found, code)
    with house_style():
        said = ("change_households", "change_codes", "change_grids")
        key = "change_title" if len(found.moved) else "change_none"
        title = words[key].format(**facts)
        sheet = Sheet(
            b, title, [words[k].format(**facts) for k in said], language=language, paper=paper
        )
        x, y, width, height = sheet.room(below=sheet.key_room(2))
        axes = sheet.axes(x, y, width, height)
        window = window_of(_bounds(b, code), width, height)
        draw_ground(axes, b.district, window)
        moved = set(found.moved["courtyard_id"])
        _draw_grids(axes, a, b, moved, window, is_near=code is not None)
        draw_borders(axes, b.district)
        ends = _draw_arrows(axes, a, b, found.moved, window, is_near=code is not None)
        labels = Labels(axes, window)
        keep_corners(labels, window)
        if code is None:
            name_areas(labels, b)
        else:
            _name_near(labels, b, code, ends)
        furnish(axes, window, words)
        sheet.key([_keys(words), border_keys(words)], note=words["change_note"])
    return sheet.picture


def _code_of(plan: Plan, community: str) -> str:
    """Return the code of a community by its code or name."""
    frame = plan.district.communities
    for column in ("community_code", "name"):
        rows = frame.loc[frame[column] == community, "community_code"]
        if len(rows):
            return str(rows.iloc[0])
    msg = f"There is no community {community}; give its name or code."
    raise NotFoundError(msg, community=community)


def _facts(plan: Plan, found: Any, code: str | None) -> dict[str, str]:  # noqa: ANN401 - Comparison
    """Return the figures of a change as words."""
    c = found.continuity
    name = str(about_plan(plan)["name"])
    if code is not None:
        frame = plan.district.communities
        name = str(frame.loc[frame["community_code"] == code, "name"].iloc[0])
    grids = found.figures["n_grids"]
    if code is not None:
        row = found.communities[found.communities["community_code"] == code]
        grids = (row["grids_a"].iloc[0], row["grids_b"].iloc[0]) if len(row) else grids
    return {
        "name": name,
        "n": f"{len(c.moved):,}",
        "courtyards": f"{c.n_courtyards:,}",
        "households": f"{found.households_moved:,}",
        "share": f"{c.share_staying:.1%}",
        "kept": f"{len(c.carried_on):,}",
        "ended": f"{len(c.codes_ended):,}",
        "new": f"{len(c.codes_new):,}",
        "before": f"{int(grids[0] or 0):,}",
        "after": f"{int(grids[1] or 0):,}",
    }


def _bounds(plan: Plan, code: str | None) -> tuple[float, ...]:
    """Return the bounds of the map: everything, or one community's grids."""
    grids = plan.gov_grids
    if code is None:
        return tuple(grids.total_bounds)
    own = grids[grids["community_code"] == code]
    west, south, east, north = own.total_bounds
    air = _AROUND * max(east - west, north - south)
    return (west - air, south - air, east + air, north + air)


def _draw_grids(
    axes: Axes, a: Plan, b: Plan, moved: set[str], window: Window, *, is_near: bool
) -> None:
    """Draw the new grids, the old ones' outlines, and the courtyards that move."""
    new = plain_outlines(b.gov_grids).geometry
    add_areas(axes, new, fc=_CALM, ec="none", alpha=0.9, zorder=3)
    yards = b.courtyards
    if is_near:
        add_areas(axes, yards.geometry, fc="#f7f4ec", ec="#b8b09f", lw=0.5, zorder=3.1)
    rows = yards[yards["courtyard_id"].isin(moved)].geometry
    add_areas(axes, rows, fc=_MOVED, ec="none", zorder=3.2)
    add_areas(axes, rows, fc="none", ec="#7d3a17", hatch="////", lw=0.5, alpha=0.8, zorder=3.3)
    add_lines(axes, new, colors=_EDGE, linewidths=1.3 if is_near else 0.5, zorder=3.4)
    wide = 1.4 if is_near else 0.8
    style = {"colors": _OLD_EDGE, "linestyles": (0, (3, 2)), "linewidths": wide}
    add_lines(axes, [_gone(a, b, window)], zorder=3.5, **style)


def _gone(a: Plan, b: Plan, window: Window) -> Any:  # noqa: ANN401 - any geometry
    """Return the borders of a's grids that are none in b, as far as the window shows them."""
    import shapely

    groups = [
        plan.courtyards.groupby("grid_code")["courtyard_id"].agg(frozenset) for plan in (a, b)
    ]
    held = set(groups[1])
    seen = shapely.box(window.west, window.south, window.east, window.north)
    shown = a.gov_grids.intersects(seen).to_numpy(bool)
    changed = shown & [groups[0][code] not in held for code in a.gov_grids["grid_code"]]
    lines = [shapely.boundary(np.asarray(p.gov_grids.geometry.array, dtype=object)) for p in (a, b)]
    old = shapely.union_all(lines[0][changed])
    near = lines[1][np.sort(np.unique(shapely.STRtree(lines[1]).query(old, "dwithin", _SAME_M)))]
    # what runs along a new border is no news
    return shapely.difference(old, shapely.union_all(shapely.buffer(near, _SAME_M)))


def _hearts(plan: Plan) -> dict[str, tuple[float, float]]:
    """Return the place of each grid: its middle courtyard."""
    from geogrid.publish.pairs import grid_hearts

    points = grid_hearts(plan, "gov_grids")
    places = zip(points.x, points.y, strict=True)
    return dict(zip(map(str, points.index), places, strict=True))


def _draw_arrows(
    axes: Axes, a: Plan, b: Plan, moved: pd.DataFrame, window: Window, *, is_near: bool
) -> list[tuple[float, float]]:
    """Draw an arrow per pair of grids between which courtyards move; return where they end."""
    from matplotlib.patches import FancyArrowPatch

    if moved.empty:
        return []
    old, new = _hearts(a), _hearts(b)
    places = _places(b.courtyards)
    ends = []
    most = float(moved.groupby(["from", "to"])["households"].sum().max())
    for (code, to), rows in moved.groupby(["from", "to"]):
        tail, head = old.get(str(code)), new[str(to)]
        own = [places[ident] for ident in rows["courtyard_id"]]
        middle = tuple(np.mean(own, axis=0).tolist())
        # the same courtyard may be the middle of both: then from where the movers live
        if tail is None or window.points(float(np.hypot(*np.subtract(tail, head)))) < _SHORTEST_PT:
            tail = middle
        if window.points(float(np.hypot(*np.subtract(tail, head)))) < _SHORTEST_PT:
            continue
        weight = float(rows["households"].sum()) / max(most, 1.0)
        thick = 1.0 if is_near else 0.6
        strokes = [(1.6, "#ffffff", 6.0)] if is_near else []
        for wide, colour, z in (*strokes, (0.0, ALARM, 6.1)):
            axes.add_patch(
                FancyArrowPatch(
                    tail,
                    head,
                    connectionstyle="arc3,rad=0.18",
                    arrowstyle=f"-|>,head_length={3 + 2 * weight},head_width={1.6 + weight}",
                    mutation_scale=thick,
                    lw=thick * (0.7 + 1.3 * weight) + wide,
                    color=colour,
                    shrinkA=0,
                    shrinkB=0,
                    zorder=z,
                )
            )
        axes.plot(
            *tail,
            marker="o",
            ms=thick * (2.6 + weight),
            mfc="#ffffff",
            mec=ALARM,
            mew=0.8,
            zorder=6.2,
        )
        ends += [tail, head]
    return ends


def _places(yards: gpd.GeoDataFrame) -> dict[str, tuple[float, float]]:
    """Return a point in each courtyard."""
    points = yards.geometry.representative_point()
    return dict(zip(yards["courtyard_id"], zip(points.x, points.y, strict=True), strict=True))


def _name_near(labels: Labels, plan: Plan, code: str, ends: list[tuple[float, float]]) -> None:
    """Name the grids and the courtyards of one community."""
    import shapely

    for x, y in ends:
        air = labels.window.metres(4)
        labels.keep_free(x - air, y - air, x + air, y + air)
    grids = plan.gov_grids[plan.gov_grids["community_code"] == code]
    yards = plan.courtyards[plan.courtyards["community_code"] == code]
    lots = shapely.union_all(np.asarray(yards.geometry.array, dtype=object))
    for row in grids.to_dict("records"):
        held = labels.inside(row["geometry"], lots, str(row["name"]), size=9.5, color=INK, steps=13)
        labels.place([held])
    places = _places(yards)
    wanted = []
    for row in yards.to_dict("records"):
        texts = (row.get("name"), row.get("address"))
        text = next((str(v) for v in texts if isinstance(v, str) and v), row["courtyard_id"])
        x, y = places[row["courtyard_id"]]
        step = labels.window.metres(9)
        spots = [(x, y + way * step) for way in (0, -1, 1, -2, 2)]
        wanted.append(Label(text, spots, 6.8, "#4a4038"))
    labels.place(wanted)


def _keys(words: dict[str, str]) -> list[Key]:
    """Return the key of what moves."""
    moved = {"fc": _MOVED, "hatch": "////", "ec": "#7d3a17", "lw": 0.5}
    arrow = {"marker": ">", "ms": 6, "mfc": ALARM, "mec": ALARM}
    return [
        Key(words["change_moved"], moved),
        Key(words["change_arrow"], arrow, "dot"),
        Key(words["change_new"], {"fc": _CALM, "ec": _EDGE, "lw": 0.9}),
        Key(words["change_old"], {"color": _OLD_EDGE, "lw": 1.1, "ls": (0, (4, 2.5))}, "line"),
    ]
