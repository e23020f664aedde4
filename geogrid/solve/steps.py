"""Steps: what one group costs with some regions more or fewer, everything else as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from geogrid.errors import InfeasibleError, SolverError, SolverTimeout
from geogrid.solve.result import is_closed

if TYPE_CHECKING:
    from collections.abc import Hashable

    from geogrid.solve.run import Run
    from geogrid.solve.whatif import WhatIf

__all__ = ["GroupCost", "Obstacle", "cost_of_groups"]

Obstacle = Literal["", "parts", "units", "limits", "searched"]


@dataclass(frozen=True)
class GroupCost:
    """Tell what the best regions of one group cost.

    Parameters
    ----------
    group : int or str
        Its label.
    n_regions : int
        How many regions.
    objective : float or None
        Least cost, shared out over the group's own parts at best; None if there
        are no such regions.
    walk : float or None
        Household-metres of walk in it.
    is_proven : bool
        Whether it is proven that none cost less, or that there are none.
    obstacle : str
        Why there are none: ``parts`` (each needs a region), ``units`` (fewer than
        regions), ``limits`` (the band and the rules), ``searched`` (none was found, but
        some part was only searched); else empty.
    reach : (int, int), optional
        Fewest and most regions that the limits leave.
    """

    group: Hashable
    n_regions: int
    objective: float | None
    walk: float | None
    is_proven: bool
    obstacle: Obstacle = ""
    reach: tuple[int, int] | None = None


def cost_of_groups(study: WhatIf, more: int) -> dict[Hashable, GroupCost]:
    """Return what every group costs with so many regions more than in the plan at hand.

    Parameters
    ----------
    study : WhatIf
        A solved problem; its target and rules stay.
    more : int
        Regions more in one group; negative for fewer. The other groups keep theirs.

    Returns
    -------
    dict of group to GroupCost
        In the order of the groups.

    Notes
    -----
    Exact: the regions are shared out over the group's parts by dynamic programming,
    and what is chosen is proven, as in a full solve.
    """
    members: dict[Hashable, list[int]] = {}
    for i, group in enumerate(study.groups):
        members.setdefault(group, []).append(i)
    run = study.open_run()
    return {
        group: _cost(study, run, group, np.array(rows, np.int64), more)
        for group, rows in members.items()
    }


def _cost(study: WhatIf, run: Run, group: Hashable, rows: np.ndarray, more: int) -> GroupCost:
    """Return what one group costs with so many regions more."""
    k = sum(study.base.parts[i].k for i in rows) + more
    if k < len(rows):
        return GroupCost(group, k, None, None, is_proven=True, obstacle="parts")
    if k > sum(study.parts[i].n for i in rows):
        return GroupCost(group, k, None, None, is_proven=True, obstacle="units")
    run.share_only([(rows, k)])
    try:
        run.prove()
    except InfeasibleError as error:
        reach = (int(error.facts["least"]), int(error.facts["most"]))
        return GroupCost(group, k, None, None, is_proven=True, obstacle="limits", reach=reach)
    except SolverTimeout:
        raise
    except SolverError:
        return GroupCost(group, k, None, None, is_proven=False, obstacle="searched")
    assert run.best is not None  # noqa: S101 - proved
    cost, shares = run.best
    walk = 0.0
    for i in rows.tolist():
        part, cover = study.parts[i], run.known.cover(i, int(shares[i]))
        for units, medoid in zip(cover.regions, cover.medoids, strict=True):
            walk += float(part.weights[units] @ part.distance[units, medoid])
    proven = run.bound is not None and is_closed(cost, run.bound)
    return GroupCost(group, k, cost, walk, is_proven=proven)
