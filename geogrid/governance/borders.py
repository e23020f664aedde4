"""Borders: what parts a community, by name, and the imbalance that this forces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.space.barriers import barriers_of

if TYPE_CHECKING:
    import pandas as pd

    from geogrid.governance.problem import Problem
    from geogrid.governance.rules import LayoutRules
    from geogrid.solve.result import Partition

__all__ = ["find_borders", "forced_imbalance"]

# grids that lie this far off the target on average, in multiples of it, are worth a word
_NOTEWORTHY = 0.2
# a link that comes so near to a barrier is taken to cross it (rounding)
_TOUCH_M = 0.05


def find_borders(problem: Problem, rules: LayoutRules) -> pd.DataFrame:
    """Find the barriers between the parts of one community.

    Parameters
    ----------
    problem : Problem
        The parts as barriers leave them.
    rules : LayoutRules
        Which kinds are barriers.

    Returns
    -------
    DataFrame
        A row per pair of parts and barrier: ``part_a, part_b`` (numbers, a <
        b), ``kind, name`` (empty where it has none), ``a_ix, b_ix, walk_m``
        (arrays: courtyard rows that face each other over it, and their walks);
        the most pairs first.
    """
    import pandas as pd

    graph, communities = problem.graph, problem.communities
    pairs = graph.contiguity
    a, b = pairs["a_ix"].to_numpy(), pairs["b_ix"].to_numpy()
    part_a, part_b = graph.part_ix[a], graph.part_ix[b]
    facing = np.flatnonzero(
        (communities[a] == communities[b]) & (part_a != part_b) & pairs["barrier"].notna()
    )
    kind = pairs["barrier"].to_numpy(object)[facing]
    name = _names(problem, rules, a[facing], b[facing], kind)
    table = pd.DataFrame(
        {
            "part_a": np.minimum(part_a, part_b)[facing],
            "part_b": np.maximum(part_a, part_b)[facing],
            "kind": kind,
            "name": name,
            "a_ix": a[facing],
            "b_ix": b[facing],
            "walk_m": pairs["link_m"].to_numpy()[facing],
        }
    )
    rows = [
        {
            **dict(zip(("part_a", "part_b", "kind", "name"), key, strict=True)),
            "a_ix": group["a_ix"].to_numpy(),
            "b_ix": group["b_ix"].to_numpy(),
            "walk_m": group["walk_m"].to_numpy(),
        }
        for key, group in table.groupby(["part_a", "part_b", "kind", "name"])
    ]
    columns = ["part_a", "part_b", "kind", "name", "a_ix", "b_ix", "walk_m"]
    found = pd.DataFrame(rows, columns=columns)
    # groups come sorted; equal numbers of pairs keep that order
    order = np.argsort([-len(pairs) for pairs in found["a_ix"]], kind="stable")
    return found.iloc[order].reset_index(drop=True)


def _names(
    problem: Problem, rules: LayoutRules, a: np.ndarray, b: np.ndarray, kind: np.ndarray
) -> np.ndarray:
    """Return the name of the barrier of one kind that each pair faces each other over."""
    out = np.full(len(a), "", object)
    barriers = barriers_of(problem.district, rules.contiguity.barriers)
    if not len(barriers) or not len(a):
        return out
    places = problem.graph.places
    ends = [shapely.get_coordinates(places[ix]) for ix in (a, b)]
    links = shapely.linestrings(np.stack(ends, axis=1))
    link, barrier = barriers.sindex.query(links, predicate="dwithin", distance=_TOUCH_M)
    names = barriers["name"].to_numpy(object)[barrier]
    known = (barriers["kind"].to_numpy(object)[barrier] == kind[link]) & (names != "")
    # the last written is the first found: ties go to the first in the layer
    for row, name in zip(link[known][::-1], names[known][::-1], strict=True):
        out[row] = name
    return out


def forced_imbalance(
    problem: Problem, found: Partition, rules: LayoutRules
) -> list[dict[str, Any]]:
    """Name the parts whose grids cannot come near the target, and the border that forces it.

    Parameters
    ----------
    problem : Problem
        What was planned.
    found : Partition
        Its solution.
    rules : LayoutRules
        Which kinds are barriers.

    Returns
    -------
    list of dict
        ``part_id, community_code, k, share`` (the part's load in multiples of
        T), ``deviation`` (of its grids on average), ``border_kind`` (a barrier
        kind, ``distance`` where the others are too far to walk, barrier or not,
        or ``community`` where the part is all of its community),
        ``border_name``; the furthest off first.
    """
    borders = find_borders(problem, rules)
    rows = []
    for number, solved in enumerate(found.parts):
        part, name = problem.parts[number], problem.graph.part_ids[number]
        share = part.total / found.target
        # the best that any number of grids could do on average
        best = min((abs(share / k - 1.0), k) for k in range(1, part.n + 1))[0]
        if best < _NOTEWORTHY:
            continue
        own = borders[(borders["part_a"] == number) | (borders["part_b"] == number)]
        near = [bool((walk <= rules.contiguity.max_link_m).any()) for walk in own["walk_m"]]
        kind, title = ("distance" if len(own) else "community"), ""
        if any(near):
            kind, title = (str(own.loc[near, key].iloc[0]) for key in ("kind", "name"))
        rows.append(
            {
                "part_id": name,
                "community_code": name.rpartition("-")[0],
                "k": solved.k,
                "share": share,
                "deviation": share / solved.k - 1.0,
                "border_kind": kind,
                "border_name": title,
            }
        )
    return sorted(rows, key=lambda r: (-abs(r["deviation"]), r["part_id"]))
