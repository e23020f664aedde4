"""Sensitivity: on a map, which courtyards would change their grid if counts are a little wrong."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import InputError
from geogrid.locale import phrases
from geogrid.publish.mapdata import about_plan, plain_outlines
from geogrid.publish.pictures.ground import draw_borders, draw_ground, furnish, window_of
from geogrid.publish.pictures.labels import Labels
from geogrid.publish.pictures.layout import border_keys, keep_corners, name_areas
from geogrid.publish.pictures.shapes import add_areas, add_lines
from geogrid.publish.pictures.sheet import Key, Sheet
from geogrid.publish.pictures.style import EDGE, HATCH_INK, house_style

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.governance.sensitivity import Sensitivity
    from geogrid.locale import Language
    from geogrid.plans.plan import Plan
    from geogrid.publish.pictures.picture import Picture
    from geogrid.publish.pictures.sheet import Paper

__all__ = ["SHARE_COLOURS", "sensitivity"]

# shares of the draws in which a courtyard's grid does not carry on its grid
_LIMITS = (0.10, 0.25, 0.50)
SHARE_COLOURS = ("#eef1ea", "#f7dfa8", "#eda95c", "#cc6a2c", "#7f2f12")
_HATCHES = ("", "", "", "////", "xxxx")


def sensitivity(
    plan: Plan, found: Sensitivity, *, paper: Paper = "a4", language: Language = "zh"
) -> Picture:
    """Draw how often every courtyard would change its grid if counts err.

    Parameters
    ----------
    plan : Plan
        The plan at hand.
    found : Sensitivity
        Of this plan.
    paper : {"a4", "a3"}
        Lying.
    language : {"zh", "en"}
        Of every word.

    Returns
    -------
    Picture
        Courtyards by the share of draws in which they change their grid, darker and
        hatched the more often; the plan's grids as outlines.

    Raises
    ------
    InputError
        If it is told of other courtyards than the plan's.
    StorageError
        If the Chinese font is not in its place.
    """
    words = phrases(language, "pictures")
    shares = _shares(plan, found)
    classes = np.where(shares <= 0, 0, 1 + np.searchsorted(_LIMITS, shares, side="left"))
    with house_style():
        title, figures = _finding(plan, found, shares, words)
        sheet = Sheet(plan, title, figures, language=language, paper=paper)
        rows = [_keys(classes, words), border_keys(words)]
        x, y, width, height = sheet.room(below=sheet.key_room(len(rows)))
        axes = sheet.axes(x, y, width, height)
        window = window_of(plan.gov_grids.total_bounds.tolist(), width, height)
        draw_ground(axes, plan.district, window)
        outlines = plain_outlines(plan.gov_grids).geometry
        add_areas(axes, outlines, fc="#ffffff", ec="none", alpha=0.8, zorder=3)
        lots = _lots(plan)
        for number, (colour, hatch) in enumerate(zip(SHARE_COLOURS, _HATCHES, strict=True)):
            own = lots[classes == number]
            add_areas(axes, own, fc=colour, ec="#b9b3a6", lw=0.25, zorder=3.1)
            if hatch:
                add_areas(axes, own, fc="none", ec=HATCH_INK, hatch=hatch, lw=0, zorder=3.2)
        add_lines(axes, outlines, colors=EDGE, linewidths=0.6, zorder=3.3)
        draw_borders(axes, plan.district)
        labels = Labels(axes, window)
        keep_corners(labels, window)
        name_areas(labels, plan)
        furnish(axes, window, words)
        sheet.key(rows, note=words["sensitivity_note"].format(error=f"{found.error:.0%}"))
    return sheet.picture


def _shares(plan: Plan, found: Sensitivity) -> NDArray[np.float64]:
    """Return each courtyard's share of draws, in the plan's order."""
    held = found.table.set_index("courtyard_id")["share_moved"]
    shares = held.reindex(plan.courtyards["courtyard_id"]).to_numpy(np.float64)
    if np.isnan(shares).any():
        msg = (
            f"The sensitivity does not tell of {int(np.isnan(shares).sum())} of the plan's "
            "courtyards; ask it of this plan."
        )
        raise InputError(msg)
    return shares


def _lots(plan: Plan) -> NDArray[np.object_]:
    """Return what stands for each courtyard: its cell within its grid, else its own shape."""
    import shapely

    yards = plan.courtyards
    own = np.asarray(yards.geometry.array, dtype=object)
    cells = dict(zip(plan.cells["courtyard_id"], plan.cells.geometry, strict=True))
    reach = dict(zip(plan.gov_grids["grid_code"], plan.gov_grids.geometry, strict=True))
    shapes = np.array([cells.get(ident) for ident in yards["courtyard_id"]], dtype=object)
    grids = np.array([reach[code] for code in yards["grid_code"]], dtype=object)
    clipped = shapely.intersection(shapes, grids)
    held: NDArray[np.object_] = np.where(shapely.area(clipped) > 0, clipped, own)
    return held


def _finding(
    plan: Plan, found: Sensitivity, shares: NDArray[np.float64], words: dict[str, str]
) -> tuple[str, list[str]]:
    """Return what the map shows: a title, and the figures below it."""
    solved = found.draws[found.draws["status"] != "infeasible"]
    facts = {
        "name": about_plan(plan)["name"],
        "error": f"{found.error:.0%}",
        "draws": f"{len(found.draws):,}",
        "solved": f"{len(solved):,}",
        "stay": f"{1 - float(solved['share_households_moved'].mean()):.0%}" if len(solved) else "-",
        "never": f"{int((shares <= 0).sum()):,}",
        "courtyards": f"{len(shares):,}",
        "often": f"{int((shares > _LIMITS[-1]).sum()):,}",
        "codes": f"{float(solved['share_codes_kept'].mean()):.1%}" if len(solved) else "-",
        "regret": f"{float(solved['regret'].mean()):.2%}",
    }
    figures = [words["sensitivity_never"], words["sensitivity_codes"], words["sensitivity_draws"]]
    if len(solved) and solved["regret"].notna().any():
        figures.insert(2, words["sensitivity_regret"])
    key = "sensitivity_title" if len(solved) else "sensitivity_none"
    return words[key].format(**facts), [text.format(**facts) for text in figures]


def _keys(classes: NDArray[np.intp], words: dict[str, str]) -> list[Key]:
    """Return the key of the shares, with how many courtyards each class has."""
    names = [f"{limit:.0%}" for limit in _LIMITS]
    said = [
        words["sensitivity_stays"],
        words["at_most"].format(a=names[0]),
        *(words["over_to"].format(a=a, b=b) for a, b in pairwise(names)),
        words["over"].format(a=names[-1]),
    ]
    return [
        Key(
            text,
            {"fc": colour, "hatch": hatch, "ec": EDGE, "lw": 0.6},
            count=words["paren"].format(text=words["n_courtyards"].format(n=f"{n:,}")),
        )
        for text, colour, hatch, n in zip(
            said,
            SHARE_COLOURS,
            _HATCHES,
            [int((classes == number).sum()) for number in range(len(said))],
            strict=True,
        )
    ]
