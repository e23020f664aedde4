"""Themes: how grids are filled: colour, hatch and figure together, never colour alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from geogrid.errors import InputError
from geogrid.publish.colours import (
    DEVIATION_BREAKS,
    DEVIATION_COLOURS,
    PALETTE,
    WALK_COLOURS,
    grid_colours,
    walk_breaks,
)
from geogrid.publish.pictures.sheet import Key
from geogrid.publish.pictures.style import EDGE, signed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geogrid.plans.plan import Plan

__all__ = ["THEMES", "UNKNOWN", "Fill", "Theme", "fill_of", "walk_limits"]

Theme = Literal["grids", "deviation", "walk"]
THEMES: tuple[Theme, ...] = ("grids", "deviation", "walk")

# too few: strokes; too many: dots; the further off, the denser
_DEVIATION_HATCHES = ("/////", "///", "", "", "", "...", "......")
UNKNOWN = "#dcdcdc"


@dataclass(frozen=True)
class Fill:
    """Tell how the grids of one plan are filled.

    Parameters
    ----------
    classes : (n,) int
        Class of each grid; -1 where nothing is known.
    colours : tuple of str
        Of each class.
    hatches : tuple of str
        Of each class.
    texts : list of str
        What stands in each grid.
    keys : list of Key
        The classes with their limits; empty where colours have no meaning.
    """

    classes: NDArray[np.intp]
    colours: tuple[str, ...]
    hatches: tuple[str, ...]
    texts: list[str]
    keys: list[Key] = field(default_factory=list)

    def counts(self) -> list[int]:
        """Return how many grids each class has."""
        return [int((self.classes == number).sum()) for number in range(len(self.colours))]


def walk_limits(plans: Sequence[Plan]) -> tuple[int, ...]:
    """Return limits of the walk's classes that serve several plans alike.

    Parameters
    ----------
    plans : sequence of Plan
        Whose grids are shown together.

    Returns
    -------
    tuple of int
        Metres, ascending.
    """
    return walk_breaks(np.concatenate([_figures(plan, "walk_mean_m") for plan in plans]))


def fill_of(
    plan: Plan, theme: Theme, words: dict[str, str], *, limits: Sequence[int] | None = None
) -> Fill:
    """Return how a theme fills a plan's grids.

    Parameters
    ----------
    plan : Plan
        Whose grids.
    theme : {"grids", "deviation", "walk"}
        What is shown: which grid is which, households against the target, the mean walk.
    words : dict
        The table ``pictures``.
    limits : sequence of int, optional
        Of the walk's classes; by default the plan's own.

    Returns
    -------
    Fill
        One class, one text per grid.

    Raises
    ------
    InputError
        If there is no such theme.
    """
    if theme == "grids":
        texts = [str(int(serial)) for serial in plan.gov_grids["serial"]]
        return Fill(grid_colours(plan.gov_grids), PALETTE, ("",) * len(PALETTE), texts)
    if theme == "deviation":
        return _deviation(plan, words)
    if theme == "walk":
        return _walk(plan, words, walk_limits([plan]) if limits is None else tuple(limits))
    msg = f"There is no theme {theme!r}; choose one of {', '.join(THEMES)}."
    raise InputError(msg)


def _deviation(plan: Plan, words: dict[str, str]) -> Fill:
    """Return the fill by households against the target."""
    off = _figures(plan, "deviation")
    classes = _classes(off, DEVIATION_BREAKS)
    texts = [signed(100 * value) if np.isfinite(value) else "" for value in off]
    names = [signed(100 * limit, "%") for limit in DEVIATION_BREAKS]
    keys = _keys(names, classes, DEVIATION_COLOURS, _DEVIATION_HATCHES, words)
    return Fill(classes, DEVIATION_COLOURS, _DEVIATION_HATCHES, texts, keys)


def _walk(plan: Plan, words: dict[str, str], limits: tuple[int, ...]) -> Fill:
    """Return the fill by mean walk."""
    walks = _figures(plan, "walk_mean_m")
    classes = _classes(walks, limits)
    colours = WALK_COLOURS[-(len(limits) + 1) :]
    # the longest are pointed out by more than their colour
    hatches = (*("",) * (len(colours) - 1), "...") if limits else ("",)
    texts = [f"{value:.0f}" if np.isfinite(value) else "" for value in walks]
    names = [words["metres"].format(n=limit) for limit in limits]
    keys = _keys(names, classes, colours, hatches, words)
    return Fill(classes, colours, hatches, texts, keys)


def _keys(
    limits: Sequence[str],
    classes: NDArray[np.intp],
    colours: Sequence[str],
    hatches: Sequence[str],
    words: dict[str, str],
) -> list[Key]:
    """Return the key of classes between limits, with how many grids each has."""
    found = []
    for number, (colour, hatch) in enumerate(zip(colours, hatches, strict=True)):
        if number == 0:
            said = words["below"].format(a=limits[0]) if limits else words["all"]
        elif number == len(limits):
            said = words["above"].format(a=limits[-1])
        else:
            said = words["between"].format(a=limits[number - 1], b=limits[number])
        count = words["n_grids"].format(n=int((classes == number).sum()))
        style = {"fc": colour, "hatch": hatch, "ec": EDGE, "lw": 0.6}
        found.append(Key(said, style, count=words["paren"].format(text=count)))
    return found


def _classes(values: NDArray[np.float64], limits: Sequence[float]) -> NDArray[np.intp]:
    """Return the class of each value, -1 for none."""
    classes = np.searchsorted(np.asarray(limits, float), values, side="right")
    return np.where(np.isfinite(values), classes, -1)


def _figures(plan: Plan, column: str) -> NDArray[np.float64]:
    """Return a column of the grids, NaN where it has none."""
    if column not in plan.gov_grids:
        return np.full(plan.n_grids, np.nan)
    return plan.gov_grids[column].to_numpy(np.float64, na_value=np.nan)
