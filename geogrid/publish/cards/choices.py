"""Choices: the card of several scenarios, the best of each column marked, maps in one scale."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from geogrid.governance.scenarios import Scenarios
from geogrid.publish.cards.layouts import deviation_classes, plan_map
from geogrid.publish.cards.sheet import (
    Html,
    all_proven_mark,
    best,
    both,
    image,
    in_both,
    many,
    marks_of,
    number,
    plain,
    said_status,
    sheet,
    source_of,
    swatches,
    table,
    titled,
)
from geogrid.showing import card

__all__: list[str] = []

_MAP_PX = 270
_MOST_MAPS = 12
_MOST_ROWS = 20
# figures of the table: how they are written, and which end of them is the better one
_FIGURES = {
    "cv": (".3f", "least"),
    "share_within_20": (".1%", "most"),
    "least": (",.0f", "most"),
    "most": (",.0f", "least"),
    "walk_mean_m": (",.1f", "least"),
    "walk_max_m": (",.0f", "least"),
    "courtyards_moved": (",.0f", "least"),
    "share_staying": (".1%", "most"),
}


@card.register(Scenarios)
def _(found: Scenarios) -> str:
    rows = found.table.head(_MOST_ROWS)
    all_proven = bool((found.table["status"] == "optimal").all())
    proof = [] if all_proven else ["proof"]
    heads = ["scenario", "f_n_grids", *proof, *(f"f_{name}" for name in _FIGURES)]
    columns = [_column(found.table, name) for name in _FIGURES]
    cells = [
        (
            str(name),
            number(row["grids"]),
            *([] if all_proven else [_proof(row)]),
            *(column[position] for column in columns),
        )
        for position, (name, row) in enumerate(rows.iterrows())
    ]
    district = next((plan.district for plan in found.plans.values()), None)
    shown = list(found.plans.items())[:_MOST_MAPS]
    maps = (
        image(
            plan_map(plan, width_px=_MAP_PX, theme="deviation"),
            alt=f"{name}: {plain('deviation_map')}",
            caption=str(name),
            width_px=_MAP_PX,
        )
        for name, plan in shown
    )
    left = len(found.plans) - len(shown)
    pictured = Html(many(maps) + (f"<p>{both('more_maps', n=left)}</p>" if left else ""))
    legend = Html(f"<p>{both('deviation_legend')}{swatches(deviation_classes())}</p>")
    return sheet(
        both("scenarios"),
        table([both(head) for head in heads], cells, text=(2,) if proof else (), most=_MOST_ROWS),
        _failures(found),
        titled("deviation_map", Html(pictured + legend)) if shown else "",
        marks=[*all_proven_mark(all_proven), *(marks_of(district) if district else [])],
        notes=[both("scenarios_read"), source_of(district) if district else ""],
    )


def _column(rows: pd.DataFrame, name: str) -> list[Html]:
    """Return a column written out, its best marked unless all are the same."""
    form, better = _FIGURES[name]
    written = [number(value, form).replace("%", " %") for value in rows[name].astype(object)]
    known = rows[name].astype("Float64").astype(float)
    # the first scenario stays what it is: it is measured against, and moves nobody
    if name in {"courtyards_moved", "share_staying"}:
        known = known.where(rows["against"] != "")
    if known.nunique() < 2:
        return [best(text, is_best=False) for text in written]
    ideal = known.min() if better == "least" else known.max()
    winners = (known == ideal).to_numpy()
    return [best(text, is_best=bool(wins)) for text, wins in zip(written, winners, strict=True)]


def _proof(row: Any) -> Html:  # noqa: ANN401 - a row of the table
    """Return what is proven of one scenario."""
    if row["status"] in {"infeasible", "stopped"}:
        return both(f"status_{row['status']}")
    return said_status(str(row["status"]), None if pd.isna(row["gap"]) else float(row["gap"]))


def _failures(found: Scenarios) -> Html:
    """Return why some scenarios have no plan, Chinese first."""
    lines = [
        f"<p>{escape(str(name))}: {in_both(words['zh'], words['en'])}</p>"
        for name, words in found.failures.items()
    ]
    return titled("no_plan", "".join(lines)) if lines else Html("")
