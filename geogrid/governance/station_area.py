"""Station area: its grids paired with its beats, and which rules gave way for that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import InfeasibleError
from geogrid.solve.assign import Assignment, assign

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.governance.rules import PairingRules

__all__ = ["StationArea", "count_limits", "pair_area"]

# names in a message; the facts hold all
_NAMED = 6


@dataclass(frozen=True)
class StationArea:
    """Hold what is paired in one station area: r grids with c beats.

    Parameters
    ----------
    name : str
        Of the station.
    layer : {"gov_grids", "basic_grids"}
        Which grids.
    cost : (r, c) float64
        Household-metres.
    households : (r,) float64
        Of each grid.
    links : (e, 2) int64
        Pairs of grids that touch.
    grids, beats : tuple of str
        What people call them.
    """

    name: str
    layer: str
    cost: NDArray[np.float64]
    households: NDArray[np.float64]
    links: NDArray[np.int64]
    grids: tuple[str, ...]
    beats: tuple[str, ...]


def pair_area(area: StationArea, rules: PairingRules) -> tuple[Assignment, list[str]]:
    """Pair the grids of one station area with its beats.

    Parameters
    ----------
    area : StationArea
        At least one grid and one beat.
    rules : PairingRules
        Counts and households give way where they cannot be kept, contiguity
        does not.

    Returns
    -------
    solved : Assignment
        Grids are its rows, beats its columns.
    reasons : list of str
        Which limits gave way, and why.

    Raises
    ------
    InfeasibleError
        If contiguity cannot be had.
    """
    low, high, reason = count_limits(rules.count(area.layer), len(area.grids), len(area.beats))
    reasons = [reason] if reason else []
    mean = float(area.households.sum()) / len(area.beats)
    fewest, most = rules.households or (0.0, np.inf)
    limits = np.repeat([[fewest], [most]], len(area.beats), axis=1) * max(mean, 1.0)
    while True:
        try:
            solved = assign(
                area.cost,
                count=(low, high),
                load=(area.households, *limits),
                balance=rules.balance_m,
                adjacent=area.links if rules.contiguous else None,
            )
        except InfeasibleError as error:
            over, short = error.facts.get("over", {}), error.facts.get("short", {})
            if not over and not short:
                raise _in_names(error, area) from error
            before = limits.copy()
            limits[1, list(over)] += list(over.values())
            limits[0, list(short)] -= list(short.values())
            reasons += [
                f"no pairing keeps the households of every beat in [{fewest:g}, {most:g}] times "
                f"their mean of {mean:.0f}, so for {area.beats[j]} [{before[0, j]:.0f}, "
                f"{before[1, j]:.0f}] became [{limits[0, j]:.0f}, {limits[1, j]:.0f}]"
                for j in sorted({*over, *short})
            ]
        else:
            return solved, reasons


def count_limits(wanted: tuple[int, int], n_grids: int, n_beats: int) -> tuple[int, int, str]:
    """Return the limits per beat, widened where the counts force it, and why.

    Parameters
    ----------
    wanted : (int, int)
        Fewest and most grids of a beat.
    n_grids, n_beats : int
        Of one station area.

    Returns
    -------
    low, high : int
        Limits that some pairing keeps.
    reason : str
        Empty where they are those wanted.
    """
    low, high = wanted
    floor, ceiling = n_grids // n_beats, -(-n_grids // n_beats)
    if low <= floor and ceiling <= high:
        return low, high, ""
    reason = (
        f"{n_grids} grids on {n_beats} beats are {n_grids / n_beats:.2f} each, "
        f"so [{low}, {high}] became [{min(low, floor)}, {max(high, ceiling)}]"
    )
    return min(low, floor), max(high, ceiling), reason


def _in_names(error: InfeasibleError, area: StationArea) -> InfeasibleError:
    """Return an assignment's error in the names of beats and grids."""
    grids = [area.grids[i] for i in error.facts["rows"]]
    beats = [area.beats[j] for j in error.facts["columns"]]
    who = f"{_few(grids)} cannot be led" if grids else f"{_few(beats)} cannot lead grids"
    who += f" by {_few(beats)}" if grids and beats else ""
    how = {
        "contiguity": "so that the grids of each beat touch one another; widen [pairing] "
        f"{area.layer} or households, or set contiguous = false",
        # only if no widening was found in the time that looking for it may take
        "load": "within [pairing] households; widen it",
    }
    kind = error.facts["kind"]
    return InfeasibleError(
        f"{area.name}: {who} {how[kind]}.",
        station=area.name,
        layer=area.layer,
        grids=grids,
        beats=beats,
        kind=kind,
    )


def _few(names: list[str]) -> str:
    """Return names in words, the first few of them."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
