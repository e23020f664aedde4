"""Carry: which new grid goes on under which code, and the edits that lead there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["NEW", "carry_codes", "edits_between"]

# what stands for the code of a grid that is not there yet, before its number
NEW = "new:"

# among grids that share no household, the courtyards decide
_PER_COURTYARD = 1e-6


def carry_codes(
    labels: NDArray[np.int64],
    now: NDArray[np.object_],
    *,
    weights: NDArray[np.float64],
    community: str,
    forced: Mapping[str, int],
) -> list[str]:
    """Return the code that each new grid goes on under, such that most households keep theirs.

    Parameters
    ----------
    labels : (n,) int64
        New grid of each courtyard of one community, in [0, k).
    now : (n,) object
        Its grid code now.
    weights : (n,) float64
        Households.
    community : str
        Codes of another community's grids are not carried on here.
    forced : mapping of grid_code to int
        Grids that the locks bind to a code.

    Returns
    -------
    list of str, length k
        Empty text for a grid that goes on under none.
    """
    from scipy.optimize import linear_sum_assignment

    k = int(labels.max()) + 1
    codes = sorted({str(c) for c in now if str(c)[:-3] == community} | set(forced))
    number = {code: i for i, code in enumerate(codes)}
    stays = np.zeros((k, len(codes)))
    known = np.flatnonzero([str(code) in number for code in now])
    column = np.array([number[str(code)] for code in now[known]], np.int64)
    np.add.at(stays, (labels[known], column), weights[known] + _PER_COURTYARD)
    # more than everything else together
    most = float(stays.sum()) + 1.0
    for code, grid in forced.items():
        stays[grid, number[code]] += most
    carried = [""] * k
    for grid, code in zip(*linear_sum_assignment(stays, maximize=True), strict=True):
        if stays[grid, code] > 0:
            carried[grid] = codes[code]
    return carried


def edits_between(now: Mapping[str, str], after: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the edits that lead from one assignment to another.

    Parameters
    ----------
    now : mapping of courtyard_id to grid_code
        The draft, every courtyard.
    after : mapping of courtyard_id to grid_code
        Every courtyard; a grid that is not there yet is called `NEW` and a number.

    Returns
    -------
    list of dict
        In their plain form, as ``POST /plans/{id}/moves`` takes them: new grids in the order
        of their numbers, then whole grids that merge, then courtyards that move.
    """
    moving: dict[tuple[str, str], list[str]] = {}
    for ident in sorted(now):
        if now[ident] != after[ident]:
            moving.setdefault((now[ident], after[ident]), []).append(ident)
    targets: dict[str, set[str]] = {}
    for ident, code in now.items():
        targets.setdefault(code, set()).add(after[ident])
    fresh = sorted({to for _, to in moving if to.startswith(NEW)}, key=_number)
    edits: list[dict[str, Any]] = []
    for code in fresh:
        into = sorted(i for (_, to), idents in moving.items() if to == code for i in idents)
        edits.append({"op": "split", "courtyards": into})
    left: dict[str, list[str]] = {}
    for (old, to), idents in sorted(moving.items()):
        if to.startswith(NEW):
            continue
        if targets[old] == {to}:
            edits.append({"op": "merge", "grid": old, "into": to})
        else:
            left.setdefault(to, []).extend(idents)
    edits += [{"op": "move", "courtyards": sorted(left[to]), "to": to} for to in sorted(left)]
    return edits


def _number(code: str) -> int:
    """Return the number of a grid that is not there yet."""
    return int(code.removeprefix(NEW))
