"""Trade-offs: the cards of a front, of prices, of the next grid and of counts that err."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geogrid.governance.fronts import Front
from geogrid.governance.next_grid import NextGrids
from geogrid.governance.reasons import Price, Prices
from geogrid.governance.sensitivity import Sensitivity
from geogrid.publish.cards.curves import Curve, curve
from geogrid.publish.cards.sheet import (
    Html,
    all_proven_mark,
    both,
    figure_list,
    image,
    in_both,
    many,
    number,
    percent,
    plain,
    said_status,
    sheet,
    synthetic_mark,
    table,
    titled,
)
from geogrid.showing import card

__all__: list[str] = []

_CHOSEN = "◆ "
_CURVE_PX = 430
# what is drawn against what, along each axis
_CURVES = {
    "balance_m": [("walk_mean_m", "cv")],
    "grids": [("grids", "walk_mean_m"), ("grids", "cv")],
}
# household-metres that are rounded to nothing
_HALF = 0.5
_MOST = 8
# how often a courtyard moves: classes of the share of draws
_OFTEN = (0.0, 0.2, 0.5, 1.0)


@card.register(Front)
def _(found: Front) -> str:
    solved = found.table[found.table["objective"].notna()]
    curves = [_curve(found, solved, x, y) for x, y in _CURVES[found.axis]] if len(solved) else []
    heads = [f"axis_{found.axis}", "f_walk_mean_m", "f_walk_max_m", "f_cv", "f_share_within_20"]
    heads += ["per_grid", "proof"]
    all_proven = bool((found.table["status"] == "optimal").all())
    rows = [
        (
            _axis(found, row),
            number(row["walk_mean_m"], ",.1f"),
            number(row["walk_max_m"], ",.0f"),
            number(row["cv"], ".3f"),
            percent(row["share_within_20"]),
            "–" if pd.isna(row["least"]) else f"{row['least']:,.0f}–{row['most']:,.0f}",
            _proof(row),
        )[: -1 if all_proven else None]
        for row in found.table.to_dict("records")
    ]
    failed = [
        Html(f"{value:g}: {in_both(words['zh'], words['en'])}")
        for value, words in found.reasons.items()
    ]
    return sheet(
        both(f"front_{found.axis}"),
        many(curves),
        table([both(head) for head in heads[: len(rows[0])]], rows, text=(6,), most=20),
        marks=[*all_proven_mark(all_proven), *synthetic_mark(found)],
        notes=[*failed[:3], both(f"front_{found.axis}_read")],
    )


def _axis(found: Front, row: dict[Any, Any]) -> str:
    """Return where a row stands on its axis; the plan at hand stands out."""
    said = number(row[found.axis], ",g" if found.axis == "balance_m" else ",.0f")
    return Html(f"<b>{_CHOSEN}{said}</b>") if row["is_chosen"] else said


def _curve(found: Front, rows: pd.DataFrame, x: str, y: str) -> Html:
    """Return the curve of two columns."""
    labels = [number(value, "g") for value in rows[found.axis]]
    if x == found.axis:
        labels = [""] * len(rows)
    chosen = np.flatnonzero(rows["is_chosen"].to_numpy(bool))
    svg = curve(
        Curve(rows[x].tolist(), rows[y].tolist(), labels, int(chosen[0]) if len(chosen) else None)
    )
    key = f"curve_{x}_{y}"
    return image(svg, alt=plain(key), caption=both(key), width_px=_CURVE_PX)


def _proof(row: dict[Any, Any]) -> Html:
    """Return what is proven of one point."""
    if row["status"] == "infeasible":
        return both("status_infeasible")
    return said_status(str(row["status"]), None if pd.isna(row["gap"]) else float(row["gap"]))


@card.register(Prices)
def _(found: Prices) -> str:
    all_proven = all(price.is_proven for price in found.rows)
    heads = ["what", "price", "each_m", *([] if all_proven else ["proof"])]
    rows = [
        (in_both(price.say("zh"), price.say("en")), _change(price), _each(price), _sure(price))[
            : len(heads)
        ]
        for price in found.rows
    ]
    return sheet(
        both("prices"),
        table([both(head) for head in heads], rows, text=(0, 3), most=20),
        marks=[*all_proven_mark(all_proven), *synthetic_mark(found)],
        notes=[both("prices_read")],
    )


def _change(price: Price) -> str:
    """Return a price with its sign; nothing where it is rounded to nothing."""
    if price.change is None:
        return both("status_infeasible")
    if abs(price.change) < _HALF:
        return "0"
    return f"{price.change:+,.0f} {'▲' if price.change > 0 else '▼'}"


def _each(price: Price) -> str:
    """Return a price for every household."""
    if price.each_m is None:
        return "–"
    return "0" if abs(price.change or 0.0) < _HALF else f"{price.each_m:+.4f}"


def _sure(price: Price) -> Html:
    """Return whether a price is exact."""
    return both("status_optimal" if price.is_proven else "price_at_most")


@card.register(NextGrids)
def _(found: NextGrids) -> str:
    rows = found.table
    can = rows[rows["gain"].notna()]
    tiles = [
        ("whole_gain", number(found.whole_gain), both("household_metres")),
        ("whole_loss", number(found.whole_loss), both("household_metres")),
        (
            "communities_gaining",
            number(int((can["gain"] > _HALF).sum())),
            both("of_communities", n=len(rows)),
        ),
    ]
    heads = ["community", "grids", "gain", "gain_each_m", "walk_then", "loss"]
    cells = [
        (
            str(row["name"]),
            f"{row['grids']} → {row['grids'] + 1}",
            number(row["gain"], "+,.0f"),
            number(row["gain_each_m"], "+.1f"),
            f"{row['walk_mean_m']:.0f} → {row['walk_more_m']:.0f}",
            number(row["loss"], "+,.0f"),
        )
        for row in can.to_dict("records")
    ]
    cannot = rows[rows["gain"].isna()]
    reasons = [
        (str(row["name"]), str(row["grids"]), _reason(found, str(row["community_code"])))
        for row in cannot.to_dict("records")
    ]
    none = table([both(head) for head in ("community", "grids", "why")], reasons, text=(2,), most=5)
    return sheet(
        both("next_grids"),
        figure_list(tiles),
        titled("next_first", table([both(head) for head in heads], cells, most=_MOST)),
        titled("next_none", none) if reasons else "",
        marks=[*all_proven_mark(bool(rows["is_proven"].all())), *synthetic_mark(found)],
        notes=[both("next_read", target=f"{found.target:,.1f}")],
    )


def _reason(found: NextGrids, code: str) -> Html:
    """Return why a community can have no further grid, in both languages."""
    words = found.reasons.get((code, "more"))
    return Html("") if words is None else in_both(words["zh"], words["en"])


@card.register(Sensitivity)
def _(found: Sensitivity) -> str:
    draws, yards = found.draws, found.table
    solved = draws[draws["objective"].notna()]
    allowed = solved["is_allowed"].fillna(value=False).astype(bool)
    kept = found.codes_kept[np.isfinite(found.codes_kept)]
    regret = solved["regret"].dropna()
    of_draws = both("mean_of_draws", n=len(solved))
    tiles = [
        ("households_move", percent(found.share_households_moved), of_draws),
        (
            "codes_stay",
            percent(kept.mean() if len(kept) else None),
            both("at_least", share=percent(kept.min() if len(kept) else None)),
        ),
        ("still_allowed", f"{int(allowed.sum())} / {len(solved)}", ""),
        (
            "regret",
            percent(regret.mean() if len(regret) else None, 2),
            both("at_most", share=percent(regret.max() if len(regret) else None, 2)),
        ),
    ]
    share = yards["share_moved"].to_numpy(float)
    classes = np.searchsorted(_OFTEN, share - 1e-9)
    cells = [
        (
            both(f"often_{rank}"),
            number(int((classes == rank).sum())),
            number(float(yards["households"][classes == rank].sum())),
        )
        for rank in range(len(_OFTEN))
    ]
    moving = yards[share > 0].assign(order=-share[share > 0])
    listed = [
        (
            str(row["courtyard_id"]),
            str(row["grid_code"]),
            number(row["households"]),
            percent(row["share_moved"], 0),
        )
        for row in moving.sort_values(["order", "courtyard_id"]).to_dict("records")
    ]
    tables = [table([both(h) for h in ("how_often", "courtyards", "households")], cells)]
    if listed:
        heads = ["courtyard", "its_grid", "households", "share_moved"]
        tables.append(titled("most_often", table([both(h) for h in heads], listed, most=6)))
    return sheet(
        both("sensitivity", error=f"{100 * found.error:g}"),
        figure_list(tiles),
        many(tables),
        marks=[
            *all_proven_mark(bool((draws["status"] == "optimal").all())),
            *synthetic_mark(found),
        ],
        notes=[both("sensitivity_read", error=f"{100 * found.error:g}")],
    )
