"""Pairing: which beat leads how many grids of which community, station area by station area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from geogrid.errors import InputError
from geogrid.locale import phrases
from geogrid.publish.mapdata import about_plan
from geogrid.publish.pictures.lettering import axes_text
from geogrid.publish.pictures.sheet import Key, Sheet
from geogrid.publish.pictures.style import ACCENT, INK, RULE, SOFT, house_style, ink_on

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from geogrid.locale import Language
    from geogrid.plans.plan import Plan
    from geogrid.publish.pictures.picture import Picture
    from geogrid.publish.pictures.sheet import Paper

__all__ = ["pairing"]

GridLayer = Literal["gov_grids", "basic_grids"]

# one, two, three and more grids of a community: darker and with their number
_SHADES = ("#d7e6ee", "#9cc3d5", "#5b97b1", "#2f6f8c", "#1c4d66")
# households of a beat
_LOAD = "#c9cfd4"
_BLOCK_GAP, _AIR = 0.3, 0.14
_HEAD, _SIDE, _TOTALS = 0.68, 0.46, 0.5
_NARROWEST = 1.9
# heights of a row, inches
_STEPS = tuple(0.05 + 0.005 * number for number in range(31))


@dataclass(frozen=True)
class Block:
    """Hold the matrix of one station area.

    Parameters
    ----------
    name : str
        Of the station.
    beats : list of str
        Rows: short names.
    communities : list of str
        Columns: short names.
    grids : (r, c) int
        Grids of a community that a beat leads.
    households : (r,) float
        That each beat leads.
    """

    name: str
    beats: list[str]
    communities: list[str]
    grids: np.ndarray
    households: np.ndarray


def pairing(
    plan: Plan,
    layer: GridLayer = "gov_grids",
    *,
    paper: Paper = "a4",
    language: Language = "zh",
) -> Picture:
    """Draw which beat leads how many grids of which community.

    Parameters
    ----------
    plan : Plan
        Paired.
    layer : {"gov_grids", "basic_grids"}
        Whose pairing.
    paper : {"a4", "a3"}
        Lying.
    language : {"zh", "en"}
        Of every word.

    Returns
    -------
    Picture
        A matrix per station area: beats down, communities across, in each cell
        the number of grids; beside it the households of every beat.

    Raises
    ------
    InputError
        If the layer has not been paired.
    StorageError
        If the Chinese font is not in its place.
    """
    words = phrases(language, "pictures")
    pairs = plan.pairings[plan.pairings["grid_layer"] == layer]
    if pairs.empty:
        msg = f"The layer {layer} of this plan has no pairing; pair the plan with beats first."
        raise InputError(msg)
    blocks = _blocks(plan, pairs, layer)
    facts = _facts(plan, pairs, words[layer])
    with house_style():
        said = ("pairing_grids", "pairing_households", "pairing_inside", "pairing_distance")
        sheet = Sheet(
            plan,
            words["pairing_title"].format(**facts),
            [words[key].format(**facts) for key in said],
            language=language,
            paper=paper,
        )
        x, y, width, height = sheet.room(below=sheet.key_room(1))
        stacks, step = _stack([len(block.beats) for block in blocks], width, height)
        wide = (width - (len(stacks) - 1) * _BLOCK_GAP) / len(stacks)
        most = max(float(block.households.max()) for block in blocks)
        for number, stack in enumerate(stacks):
            top = y + height
            for block in (blocks[i] for i in stack):
                _draw(sheet, block, (x + number * (wide + _BLOCK_GAP), top), (wide, step), most)
                top -= _HEAD + len(block.beats) * step + _AIR
        shades = [
            Key(
                words["pairing_cell"].format(n=n),
                {"fc": _SHADES[n - 1], "ec": "#ffffff", "lw": 0.5},
            )
            for n in range(1, min(int(max(b.grids.max() for b in blocks)), len(_SHADES)) + 1)
        ]
        bars = Key(words["pairing_bar"].format(**facts), {"fc": _LOAD, "ec": "none"})
        sheet.key([[*shades, bars]], note=words["pairing_note"])
    return sheet.picture


def _facts(plan: Plan, pairs: pd.DataFrame, layer: str) -> dict[str, str]:
    """Return the figures of a pairing as words."""
    held = pairs.groupby("beat_id")["grid_code"].size()
    households = pairs.groupby("beat_id")["households"].sum()
    total = max(float(pairs["households"].sum()), 1.0)
    metres = float((pairs["distance_m"] * pairs["households"]).sum()) / total
    return {
        "name": str(about_plan(plan)["name"]),
        "layer": layer,
        "grids": f"{len(pairs):,}",
        "beats": f"{len(held):,}",
        "spread": _counts(held),
        "least_grids": f"{held.min():,}",
        "most_grids": f"{held.max():,}",
        "least": f"{households.min():,.0f}",
        "most": f"{households.max():,.0f}",
        "mean": f"{households.mean():,.0f}",
        "inside": f"{pairs['households_inside'].sum() / total:.0%}",
        "metres": f"{metres:,.0f}",
    }


def _counts(held: pd.Series[int]) -> str:
    """Return how many beats lead two grids, three grids ..."""
    sizes = held.value_counts().sort_index()
    return ", ".join(f"{size} × {count}" for size, count in sizes.items())


def _blocks(plan: Plan, pairs: pd.DataFrame, layer: GridLayer) -> list[Block]:
    """Return the matrix of every station area, in the stations' order."""
    import pandas as pd

    district = plan.district
    grids = plan.gov_grids if layer == "gov_grids" else district["basic_grids"]
    home = dict(zip(grids["grid_code"], grids["community_code"], strict=True))
    beats, stations = district["beats"], district["stations"]
    titles = dict(zip(stations["station_id"], stations["name"], strict=True))
    names = dict(
        zip(district.communities["community_code"], district.communities["name"], strict=True)
    )
    ends = _common_end([str(name) for name in names.values()])
    points = district.communities.geometry.representative_point()
    places = dict(zip(district.communities["community_code"], points.x, strict=True))
    table = pairs.assign(community=[home.get(code, "") for code in pairs["grid_code"]])
    found = []
    for station, rows in beats.groupby("station_id", sort=True):
        own = table[table["beat_id"].isin(rows["beat_id"])]
        if own.empty:
            continue
        # west to east, as on the map
        codes = sorted(own["community"].unique(), key=lambda c: (places.get(c, 0.0), c))
        counts = pd.crosstab(own["beat_id"], own["community"])
        ids = list(rows["beat_id"])
        matrix = counts.reindex(index=ids, columns=codes, fill_value=0).to_numpy(int)
        sums = own.groupby("beat_id")["households"].sum().reindex(ids, fill_value=0)
        title = str(titles.get(station) or station)
        found.append(
            Block(
                title,
                [_without(str(name), title) for name in rows["name"].fillna(rows["beat_id"])],
                [str(names.get(c, c)).removesuffix(ends) for c in codes],
                matrix,
                sums.to_numpy(float),
            )
        )
    return found


def _common_end(names: list[str]) -> str:
    """Return the letters that every name ends in, unless nothing is left of one."""
    end = ""
    while names and all(len(name) > len(end) + 1 for name in names):
        longer = names[0][-len(end) - 1 :]
        if not all(name.endswith(longer) for name in names):
            break
        end = longer
    return end if len(names) > 1 else ""


def _without(name: str, title: str) -> str:
    """Return a beat's name without the station's before it."""
    return name.removeprefix(title) or name


def _stack(rows: list[int], width: float, height: float) -> tuple[list[list[int]], float]:
    """Share blocks out over columns of the sheet, in order, so that rows are as high as can be.

    Returns the blocks of each column, and the height of a row in inches.
    """
    best: tuple[float, list[list[int]]] = (0.0, [list(range(len(rows)))])
    for n_columns in range(1, len(rows) + 1):
        if (width - (n_columns - 1) * _BLOCK_GAP) / n_columns < _NARROWEST:
            break
        for step in _STEPS:
            stacks, used = [[0]], 0.0
            for number, n_rows in enumerate(rows):
                tall = _HEAD + n_rows * step
                if used and used + _AIR + tall > height:
                    stacks.append([])
                    used = 0.0
                elif used:
                    used += _AIR
                stacks[-1] = [*stacks[-1], number] if number else [0]
                used += tall
            if len(stacks) <= n_columns and step > best[0]:
                best = (step, stacks)
    return best[1], best[0] or _STEPS[0]


def _draw(
    sheet: Sheet,
    block: Block,
    at: tuple[float, float],
    size: tuple[float, float],
    most: float,
) -> None:
    """Draw one block with its upper left corner at a place."""
    x, top = at
    wide, step = size
    n_rows, n_columns = block.grids.shape
    cell = min((wide - _SIDE - _TOTALS - 0.08) / n_columns, 0.34)
    sheet.write(x, top - 0.14, block.name, size=9, color=ACCENT, va="center_baseline")
    axes = sheet.axes(x + _SIDE, top - _HEAD - n_rows * step, n_columns * cell, n_rows * step)
    axes.set_xlim(0, n_columns)
    axes.set_ylim(n_rows, 0)
    for spine in axes.spines.values():
        spine.set(edgecolor=RULE, linewidth=0.6)
    letters = min(7.2, step * 72 * 0.82)
    for row in range(n_rows):
        axes.axhline(row, color="#eef1f3", lw=0.5, zorder=0.5)
        _write(axes, (-0.06 / cell, row + 0.5), block.beats[row], letters, ha="right")
        for column in range(n_columns):
            _cell(axes, row, column, int(block.grids[row, column]), letters)
    for column, name in enumerate(block.communities):
        axes.axvline(column, color="#eef1f3", lw=0.5, zorder=0.5)
        slanted: dict[str, Any] = {
            "rotation": 52,
            "rotation_mode": "anchor",
            "ha": "left",
            "va": "bottom",
        }
        axes_text(axes, (column + 0.5, -0.05 / step), name, size=6.8, clip_on=False, **slanted)
    totals = sheet.axes(
        x + _SIDE + n_columns * cell + 0.06, top - _HEAD - n_rows * step, _TOTALS, n_rows * step
    )
    totals.axis("off")
    totals.set_xlim(0, most)
    totals.set_ylim(n_rows, 0)
    totals.barh(np.arange(n_rows) + 0.5, block.households, 0.62, color=_LOAD)
    for row, households in enumerate(block.households):
        _write(totals, (most * 0.03, row + 0.5), f"{households:,.0f}", letters * 0.92, color=INK)


def _cell(axes: Axes, row: int, column: int, count: int, letters: float) -> None:
    """Draw how many grids of a community a beat leads."""
    from matplotlib.patches import Rectangle

    if count == 0:
        return
    shade = _SHADES[min(count, len(_SHADES)) - 1]
    axes.add_patch(Rectangle((column, row), 1, 1, fc=shade, ec="#ffffff", lw=0.8))
    _write(axes, (column + 0.5, row + 0.5), str(count), letters, ha="center", color=ink_on(shade))


def _write(
    axes: Axes,
    at: tuple[float, float],
    text: str,
    size: float,
    *,
    ha: str = "left",
    color: str = SOFT,
) -> None:
    """Write one line in the matrix."""
    axes_text(axes, at, text, size=size, color=color, ha=ha, va="center_baseline", clip_on=False)
