"""Comparisons: the cards of two plans side by side and of a layout beside its optimum."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.governance.score import Score
from geogrid.plans.compare import Comparison
from geogrid.publish.cards.drawing import (
    backdrop,
    dots_path,
    fills,
    outlines,
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
    many,
    map_image,
    mark,
    marks_of,
    number,
    sheet,
    source_of,
    status_words,
    table,
    titled,
)
from geogrid.publish.colours import WALK_COLOURS
from geogrid.showing import card

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from geogrid.plans.plan import Plan

__all__ = ["excess_map", "movers_map"]

_MOVER = "#c2410c"
_GRID = "#e9e4d6"
_OLD = "#5a6b78"
# how far a community is from its optimum, in the colours of the walk theme
_EXCESS_LIMITS = (0.05, 0.2, 0.5, 1.0)
_EXCESS = dict(zip(("≤ 5 %", "≤ 20 %", "≤ 50 %", "≤ 100 %", "> 100 %"), WALK_COLOURS, strict=True))
_NO_OPTIMUM = "#cfcac2"
# the figures that a meeting asks for, and how they are written
_FIGURES = {
    "n_grids": ",.0f",
    "least": ",.0f",
    "most": ",.0f",
    "cv": ".3f",
    "share_within_20": ".1%",
    "walk_mean_m": ",.1f",
    "walk_max_m": ",.0f",
    "objective": ",.0f",
    "gov_grids.share_inside": ".1%",
    "gov_grids.distance_mean_m": ",.1f",
}


@card.register(Comparison)
def _(found: Comparison) -> str:
    a, b = found.plans
    c = found.continuity
    moved = [
        ("moved", number(len(c.moved)), both("of_courtyards", n=f"{c.n_courtyards:,}")),
        ("households_moved", number(found.households_moved), ""),
        ("share_staying", f"{100 * c.share_staying:.1f} %", ""),
        ("codes_kept", number(len(c.codes_kept)), _codes(found)),
    ]
    tiles = figure_list(moved)
    if len(found.moved):
        seen = map_image(movers_map(found, width_px=MAP_PX), "movers_map")
        tiles = beside(seen, tiles)
    return sheet(
        both("comparison"),
        tiles,
        many([_side_by_side(found), f"<div>{_communities(found)}{_movers(found)}</div>"]),
        marks=[
            mark(Html(f"A {status_words(a)}")),
            mark(Html(f"B {status_words(b)}")),
            *marks_of(b.district),
        ],
        notes=[
            both("comparison_read"),
            *([] if _is_one_price(a, b) else [both("comparison_prices")]),
            source_of(b.district),
        ],
    )


def _is_one_price(a: Plan, b: Plan) -> bool:
    """Return whether both plans' costs are counted alike."""
    told = []
    for plan in (a, b):
        rules = plan.report["rules"]
        balance = (rules.get("partition") or {}).get("balance_m")
        moved = (rules.get("keep") or {}).get("moved_m") or 0
        told.append((balance, moved))
    return told[0] == told[1] and math.isclose(a.target, b.target)


def _codes(found: Comparison) -> Html:
    """Return what became of the grid codes."""
    c = found.continuity
    return both(
        "codes",
        renumbered=len(c.carried_on) - len(c.codes_kept),
        ended=len(c.codes_ended),
        new=len(c.codes_new),
    )


def _side_by_side(found: Comparison) -> Html:
    """Return the figures of a, those of b, and how they differ."""
    is_one_price = _is_one_price(*found.plans)
    rows = [
        (
            both(f"f_{key}"),
            f"{_said(a, form)} → {_said(b, form)}",
            _change(a, b, form) if key != "objective" or is_one_price else "–",
        )
        for key, form in _FIGURES.items()
        for a, b in [found.figures.get(key, (None, None))]
        if (a, b) != (None, None)
    ]
    return table([both("figure"), "A → B", both("change")], rows, most=len(_FIGURES))


def _said(value: float | None, form: str) -> str:
    """Return a figure as it is written on paper, a dash where there is none."""
    return number(value, form).replace("%", " %")


def _change(a: float | None, b: float | None, form: str) -> str:
    """Return b - a with its sign, and an arrow that says which way."""
    if a is None or b is None:
        return ""
    # shares differ by points of a hundred
    said = format(b - a, f"+{form}").replace("%", "")
    if not any(digit in said for digit in "123456789"):
        return "="
    return f"{said} {'▲' if b > a else '▼'}"


def _communities(found: Comparison) -> Html:
    """Return the communities where most households move."""
    rows = found.communities
    rows = rows[(rows["courtyards_moved"] > 0) | (rows["grids_a"] != rows["grids_b"])]
    if not len(rows):
        return Html("")
    heads = ["community", "grids", "moved", "households_moved"]
    cells = [
        (
            str(row["name"]),
            f"{row['grids_a']} → {row['grids_b']}",
            number(row["courtyards_moved"]),
            number(row["households_moved"]),
        )
        for row in rows.to_dict("records")
    ]
    return titled("where", table([both(head) for head in heads], cells, most=6))


def _movers(found: Comparison) -> Html:
    """Return the first courtyards that move."""
    if not len(found.moved):
        return Html(f"<p>{both('nobody_moves')}</p>")
    heads = ["courtyard", "households", "from", "to"]
    rows = [
        (
            f"{row['name'] or row['courtyard_id']}",
            number(row["households"]),
            f"{row['from_name'] or row['from']}",
            f"{row['to_name'] or row['to']}",
        )
        for row in found.moved.to_dict("records")
    ]
    tabled = table([both(head) for head in heads], rows, text=(2, 3), most=6)
    return titled("who_moves", tabled)


def movers_map(found: Comparison, *, width_px: int) -> str:
    """Return a small map of who moves: the communities concerned, old and new grids.

    Parameters
    ----------
    found : Comparison
        With its plans.
    width_px : int
        Of the map.

    Returns
    -------
    str
        SVG.
    """
    a, b = found.plans
    moved = set(found.moved["courtyard_id"])
    window = window_on_homes(b.district, width_px, set(found.moved["community_code"]))
    under, over = backdrop(b.district, window)
    new = plain_coverage(b.gov_grids, window)
    gone = set(found.moved["from"])
    old = plain_coverage(a.gov_grids, window)[a.gov_grids["grid_code"].isin(gone).to_numpy()]
    yards = b.courtyards[b.courtyards["courtyard_id"].isin(moved)]
    places = shapely.get_coordinates(shapely.centroid(np.asarray(yards.geometry.array, object)))
    # few movers are told apart even if they are drawn large
    size_px = 5.5 if len(places) <= 150 else 3.5
    return small_map(
        window,
        under,
        fills(window, new, [_GRID] * len(new), edge="#8d8a80"),
        outlines(window, old, _OLD, dash="3 2"),
        over,
        f'<path fill="{_MOVER}" stroke="#ffffff" stroke-width="1" '
        f'd="{dots_path(window, places, size_px)}"/>',
    )


@card.register(Score)
def _(found: Score) -> str:
    m = found.metrics
    if found.optimum is None:
        distance = ("optimum", "–", both("no_optimum"))
    else:
        excess = max(0.0, 100 * (m.objective / max(found.optimum, 1e-9) - 1))
        distance = ("above_optimum", f"{excess:.1f} %", both("optimum_is", n=number(found.optimum)))
    rows = [
        distance,
        ("grids", number(m.n_grids), both("courtyards_of", n=f"{m.n_courtyards:,}")),
        ("per_grid", f"{m.least:,.0f}–{m.most:,.0f}", both("target", n=f"{m.target:,.1f}")),
        ("cv", number(m.cv, ".3f"), both("within", share=f"{100 * m.share_within_20:.1f}")),
        ("walk", number(m.walk_mean_m, ",.1f", "m"), both("longest", m=f"{m.walk_max_m:,.0f}")),
        ("f_n_broken", number(m.n_broken), ""),
        ("f_n_split", number(m.n_split), ""),
        ("f_n_barriers", number(m.n_barriers), ""),
    ]
    heads = ["community", "grids", "objective", "optimum", "excess", "f_n_broken"]
    worst = table(
        [both(head) for head in heads],
        [_scored(row) for row in found.communities.to_dict("records")],
        most=8,
    )
    return sheet(
        both("score"),
        beside(
            map_image(excess_map(found, width_px=MAP_PX), "excess_map", legend=_EXCESS),
            figure_list(rows),
        ),
        titled("worst_first", worst),
        marks=marks_of(found.district),
        notes=[both("score_read"), source_of(found.district)],
    )


def excess_map(found: Score, *, width_px: int) -> str:
    """Return a small map of how far each community is from its optimum.

    Parameters
    ----------
    found : Score
        With its district.
    width_px : int
        Of the map.

    Returns
    -------
    str
        SVG.
    """
    district = found.district
    window = window_on_homes(district, width_px)
    under, over = backdrop(district, window)
    excess = dict(
        zip(found.communities["community_code"], found.communities["excess"], strict=True)
    )
    homes = district.communities[district.communities["community_code"].isin(excess)]
    colours = [_excess_colour(excess[code]) for code in homes["community_code"]]
    return small_map(window, under, fills(window, plain_coverage(homes, window), colours), over)


def _excess_colour(excess: float) -> str:
    """Return the colour of a community's distance from its optimum."""
    if not np.isfinite(excess):
        return _NO_OPTIMUM
    return WALK_COLOURS[int(np.searchsorted(_EXCESS_LIMITS, excess))]


def _scored(row: dict[Hashable, Any]) -> Sequence[str]:
    """Return one community beside its optimum."""
    known = bool(np.isfinite(row["optimum"]))
    return (
        str(row["name"]),
        number(row["grids"]),
        number(row["objective"]),
        number(row["optimum"]) if known else "–",
        f"{100 * row['excess']:.1f} %" if known else both("not_by_rules"),
        number(row["broken"]),
    )
