"""Prices: on a map, what opening each border would save and what each lock costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.locale import phrases
from geogrid.publish.mapdata import about_plan, plain_outlines
from geogrid.publish.pictures.ground import draw_borders, draw_ground, furnish, window_of
from geogrid.publish.pictures.labels import Labels
from geogrid.publish.pictures.layout import border_keys, keep_corners, name_areas
from geogrid.publish.pictures.lettering import axes_text
from geogrid.publish.pictures.shapes import add_areas, add_lines
from geogrid.publish.pictures.sheet import Key, Sheet
from geogrid.publish.pictures.style import ACCENT, INK, SOFT, house_style, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from geogrid.governance.reasons import Price, Prices
    from geogrid.locale import Language
    from geogrid.plans.plan import Plan
    from geogrid.publish.pictures.ground import Window
    from geogrid.publish.pictures.picture import Picture
    from geogrid.publish.pictures.sheet import Paper

__all__ = ["prices"]

_TIES = ("lock", "join", "part")
_LISTED = 18
_LIST_WIDTH = 3.05
# household-metres that are rounded to nothing
_NOTHING = 0.5
# a border is drawn so far from the line between two facing courtyards: metres, and points so
# that it can be seen
_NEAR_M, _NEAR_PT = 45.0, 8.0
_AIR_PT = 5.0
# shares of the greatest saving: by width and colour together, nothing saved is dashed
_STEPS = (0.1, 0.4)
_COLOURS = ("#e6a562", "#d2691e", "#8c2d04")
_WIDTHS = (1.8, 3.2, 4.8)
_IDLE = {"color": "#6c7a86", "lw": 1.2, "ls": (0, (3, 2))}
_NO_PLAN = {"color": "#6c7a86", "lw": 1.4, "ls": (0, (1, 1.5))}
_LOCK = "#7b68a6"


@dataclass(frozen=True)
class Row:
    """Hold one price with its rank in the list.

    Parameters
    ----------
    rank : int
        From 1.
    price : Price
        Of the border or tie.
    saving : float
        Household-metres that the plan without it saves; NaN where there is none.
    """

    rank: int
    price: Price
    saving: float


def prices(plan: Plan, found: Prices, *, paper: Paper = "a4", language: Language = "zh") -> Picture:
    """Draw what each border and each lock costs, where it lies.

    Parameters
    ----------
    plan : Plan
        The plan at hand.
    found : Prices
        Of this plan.
    paper : {"a4", "a3"}
        Lying.
    language : {"zh", "en"}
        Of every word.

    Returns
    -------
    Picture
        Borders inside communities, wider and darker the more opening them saves;
        courtyards that are locked or tied, hatched; each with its number, and beside the
        map a list, the dearest first. What concerns the whole district (a grid
        more or fewer, the band, the longest walk) stands below it.

    Raises
    ------
    StorageError
        If the Chinese font is not in its place.
    """
    words = phrases(language, "pictures")
    rows = _ranked(found)
    with house_style():
        title, figures = _finding(plan, rows, words, language)
        sheet = Sheet(plan, title, figures, language=language, paper=paper)
        keys = _keys(rows, words)
        packed = [*sheet.wrap(keys), border_keys(words)]
        x, y, width, height = sheet.room(below=sheet.key_room(len(packed)))
        wide = width - _LIST_WIDTH - 0.25
        axes = sheet.axes(x, y, wide, height)
        window = window_of(plan.gov_grids.total_bounds.tolist(), wide, height)
        draw_ground(axes, plan.district, window)
        outlines = plain_outlines(plan.gov_grids).geometry
        add_areas(axes, outlines, fc="#e3e7e4", ec="#9aa5ad", lw=0.4, zorder=3)
        draw_borders(axes, plan.district)
        labels = Labels(axes, window)
        keep_corners(labels, window)
        _draw_rows(axes, plan, rows, window, labels)
        name_areas(labels, plan, only={row.price.community_code for row in rows})
        furnish(axes, window, words)
        said = [_say(plan, row.price, words, language) for row in rows]
        _write_list(sheet, rows, said, found, (x + wide + 0.25, y + height, y), language)
        sheet.key(packed, note=words["prices_note"])
    return sheet.picture


def _ranked(found: Prices) -> list[Row]:
    """Return the borders and ties, the greatest saving first; what leaves no plan last."""
    local = [price for price in found.rows if price.kind == "border" or price.kind in _TIES]
    savings = [np.nan if price.change is None else -float(price.change) for price in local]
    order = np.argsort([np.inf if np.isnan(v) else -v for v in savings], kind="stable")
    return [Row(rank + 1, local[i], savings[i]) for rank, i in enumerate(order)]


def _finding(
    plan: Plan, rows: list[Row], words: dict[str, str], language: Language
) -> tuple[str, list[str]]:
    """Return what the map shows: a title, and the figures below it."""
    borders = [row for row in rows if row.price.kind == "border"]
    ties = [row for row in rows if row.price.kind in _TIES]
    facts = {
        "name": about_plan(plan)["name"],
        "borders": len(borders),
        "saving_borders": sum(row.saving > _NOTHING for row in borders),
        "ties": len(ties),
        "saving_ties": sum(row.saving > _NOTHING for row in ties),
    }
    figures = [words["prices_borders"].format(**facts), words["prices_ties"].format(**facts)]
    if not rows or not rows[0].saving > _NOTHING:
        return words["prices_title_none"].format(**facts), figures
    best = rows[0].price
    each = 0.0 if best.each_m is None else -best.each_m
    facts |= {"what": _say(plan, best, words, language), "saving": f"{rows[0].saving:,.0f}"}
    figures.append(words["prices_each"].format(each=f"{each:.3f}"))
    return words["prices_title"].format(**facts), figures


def _say(plan: Plan, price: Price, words: dict[str, str], language: Language) -> str:
    """Say what was changed; courtyards by the first one's name and their number."""
    if price.kind not in _TIES:
        return price.say(language)
    frame = plan.district.communities
    homes = dict(zip(frame["community_code"], frame["name"], strict=True))
    own = plan.courtyards[plan.courtyards["courtyard_id"] == price.courtyards[0]]
    names = [own[key].iloc[0] for key in ("name", "address") if key in own and len(own)]
    first = next((str(v) for v in names if isinstance(v, str) and v), price.courtyards[0])
    return words[f"prices_{price.kind}"].format(
        community=homes.get(price.community_code, ""), first=first, n=len(price.courtyards)
    )


def _class(row: Row, most: float) -> int:
    """Return how dear something is: 0, 1, 2; -1 if it costs nothing; -2 if there is no plan."""
    if np.isnan(row.saving):
        return -2
    if row.saving <= _NOTHING:
        return -1
    return int(np.searchsorted(_STEPS, row.saving / max(most, 1e-9), side="right"))


def _most(rows: list[Row]) -> float:
    """Return the greatest saving of a border."""
    borders = [row.saving for row in rows if row.price.kind == "border"]
    return max((saving for saving in borders if not np.isnan(saving)), default=0.0)


def _line(number: int) -> dict[str, Any]:
    """Return how a border of a class is drawn."""
    if number < 0:
        return _IDLE if number == -1 else _NO_PLAN
    return {"color": _COLOURS[number], "lw": _WIDTHS[number]}


def _draw_rows(axes: Axes, plan: Plan, rows: list[Row], window: Window, labels: Labels) -> None:
    """Draw every border and tie, and its number."""
    import shapely

    from geogrid.space.barriers import barriers_of

    yards = plan.courtyards.set_index("courtyard_id").geometry
    kinds = ((plan.report.get("rules") or {}).get("contiguity") or {}).get("barriers") or ()
    lines = barriers_of(plan.district, kinds) if kinds else None
    most = _most(rows)
    spots = []
    # the dear ones lie on top, the first of all in rank
    for row in reversed(rows):
        number, price = _class(row, most), row.price
        if price.kind == "border":
            links = _links(yards, price.pairs)
            shape = _along(links, lines, price, max(_NEAR_M, window.metres(_NEAR_PT)))
            held = _line(number)
            style = {"colors": held["color"], "linewidths": held["lw"], "zorder": 5.2}
            if "ls" in held:
                style["linestyles"] = held["ls"]
            else:
                rim = {"colors": "#ffffff", "linewidths": held["lw"] + 1.6, "zorder": 5.1}
                add_lines(axes, [shape], **rim)
            add_lines(axes, [shape], **style)
            middle = shapely.line_interpolate_point(
                max(shapely.get_parts(shape), key=shapely.length), 0.5, normalized=True
            )
        else:
            shapes = [yards[ident] for ident in price.courtyards if ident in yards.index]
            add_areas(axes, shapes, fc="#cfc6e3", ec=_LOCK, lw=0.9, hatch="xxxx", zorder=5.0)
            middle = shapely.point_on_surface(shapely.union_all(shapes))
        spots.append((row, (middle.x, middle.y)))
    for row, at in reversed(spots):
        if row.rank <= _LISTED:
            _number(axes, row, at, window, labels)


def _number(axes: Axes, row: Row, at: tuple[float, float], window: Window, labels: Labels) -> None:
    """Write the rank of a border or tie near it, at the end of a thin line."""
    air = window.metres(_AIR_PT)
    place = at
    for reach in (2.6, 3.8, 5.0):
        ways = np.arange(8) * np.pi / 4 + np.pi / 8
        spots = [(at[0] + reach * air * np.cos(w), at[1] + reach * air * np.sin(w)) for w in ways]
        free = next((s for s in spots if labels.claim(*_around(s, air))), None)
        if free is not None:
            place = (float(free[0]), float(free[1]))
            break
    axes.plot([at[0], place[0]], [at[1], place[1]], color=INK, lw=0.6, zorder=6.9)
    axes.plot(*place, marker="o", ms=2 * _AIR_PT, mfc="#ffffff", mec=INK, mew=0.8, zorder=7.0)
    axes_text(axes, place, str(row.rank), size=6.4, zorder=7.1, va="center_baseline")


def _around(at: tuple[float, float], air: float) -> tuple[float, float, float, float]:
    """Return the box around a point."""
    return at[0] - air, at[1] - air, at[0] + air, at[1] + air


def _links(yards: Any, pairs: tuple[tuple[str, str], ...]) -> Any:  # noqa: ANN401 - geometries
    """Return the lines between the courtyards that face each other."""
    import shapely

    ends = [
        (yards[a].representative_point(), yards[b].representative_point())
        for a, b in pairs
        if a in yards.index and b in yards.index
    ]
    return shapely.multilinestrings(
        [shapely.linestrings([(a.x, a.y), (b.x, b.y)]) for a, b in ends]
    )


def _along(links: Any, lines: Any, price: Price, near_m: float) -> Any:  # noqa: ANN401 - geometries
    """Return the stretch of a border that the links cross; the links where it is not found."""
    import shapely

    if lines is not None:
        same = lines[lines["kind"] == price.values.get("kind")]
        near = shapely.buffer(links, near_m)
        own = same.geometry.to_numpy()[np.sort(same.sindex.query(near, predicate="intersects"))]
        # only what some link crosses, so that the next street does not count
        own = own[shapely.intersects(own, links)] if len(own) else own
        shape = shapely.intersection(shapely.union_all(own), near) if len(own) else None
        if shape is not None and not shape.is_empty:
            held = shapely.boundary(shape) if shapely.get_dimensions(shape) > 1 else shape
            parts = [p for p in shapely.get_parts(held) if shapely.get_dimensions(p) == 1]
            if parts:
                return shapely.line_merge(shapely.multilinestrings(parts))
    return links


def _write_list(
    sheet: Sheet,
    rows: list[Row],
    said: list[str],
    found: Prices,
    place: tuple[float, float, float],
    language: Language,
) -> None:
    """Write what everything costs beside the map, the dearest first."""
    words = sheet.words
    x, top, foot = place
    right = x + _LIST_WIDTH
    whole = [p for p in found.rows if p.kind in {"grids", "band", "walk"}]
    tail = 0.45 + 0.2 * len(whole)
    y = top - 0.1
    sheet.write(x, y - 0.02, words["prices_list"], size=9.5, color=ACCENT, va="center_baseline")
    y -= 0.12
    room = max(int((y - foot - tail) / 0.2) - 1, 1)
    listed = rows[: min(_LISTED, room)]
    for row, what in zip(listed, said, strict=False):
        y -= 0.2
        sheet.write(x, y, f"{row.rank}", size=7.8, color=SOFT)
        held = sheet.write(x + 0.24, y, what, size=7.8)
        sheet.shorten(held, _LIST_WIDTH - 1.02)
        text = words["prices_no_plan"] if np.isnan(row.saving) else _said(row, words)
        sheet.write(right, y, text, size=7.8, color=INK, ha="right")
    if len(rows) > len(listed):
        y -= 0.2
        text = words["prices_more"].format(n=len(rows) - len(listed))
        sheet.write(x + 0.24, y, text, size=7.8, color=SOFT)
    if not whole:
        return
    y -= 0.36
    sheet.write(x, y, words["prices_whole"], size=9.5, color=ACCENT)
    y -= 0.04
    for price in whole:
        y -= 0.2
        held = sheet.write(x, y, price.say(language), size=7.8)
        sheet.shorten(held, _LIST_WIDTH - 0.8)
        text = words["prices_no_plan"] if price.change is None else signed(price.change)
        sheet.write(right, y, text, size=7.8, color=INK, ha="right")


def _said(row: Row, words: dict[str, str]) -> str:
    """Return a saving as words; at least so much where it is not proven."""
    text = f"{max(row.saving, 0.0):,.0f}" if row.saving > _NOTHING else words["prices_nothing"]
    return text if row.price.is_proven else words["prices_at_least"].format(n=text)


def _keys(rows: list[Row], words: dict[str, str]) -> list[Key]:
    """Return the key of the borders and ties that occur."""
    most = _most(rows)
    borders = [row for row in rows if row.price.kind == "border"]
    held = {_class(row, most) for row in borders}
    limits = [f"{share * most:,.0f}" for share in _STEPS]
    said = [
        words["below"].format(a=limits[0]),
        words["between"].format(a=limits[0], b=limits[1]),
        words["above"].format(a=limits[1]),
    ]
    keys = [
        Key(words["prices_saves"].format(n=said[number]), _line(number), "line")
        for number in range(len(said))
        if number in held
    ]
    if -1 in held:
        keys.append(Key(words["prices_idle"], _IDLE, "line"))
    if -2 in held:
        keys.append(Key(words["prices_gone"], _NO_PLAN, "line"))
    if any(row.price.kind in _TIES for row in rows):
        style = {"fc": "#cfc6e3", "ec": _LOCK, "lw": 0.9, "hatch": "xxxx"}
        keys.append(Key(words["prices_tie"], style))
    return keys
