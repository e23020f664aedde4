"""Score: how good is a layout made by hand, how far from the optimum, and where."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.errors import InfeasibleError, InputError, SolverError
from geogrid.governance.problem import make_problem
from geogrid.plans.plan import Plan
from geogrid.showing import Shown
from geogrid.solve.options import SolveOptions
from geogrid.solve.partition import solve_parts
from geogrid.solve.parts import Part
from geogrid.sources.dbf import decode_text
from geogrid.space.grouping import rows_by_label

if TYPE_CHECKING:
    import pandas as pd

    from geogrid.district import District
    from geogrid.governance.problem import Problem
    from geogrid.governance.rules import LayoutRules
    from geogrid.plans.metrics import LayoutMetrics

__all__ = ["Score", "read_assignment", "read_labels", "score_layout"]

_WORST = 12


@dataclass(frozen=True, repr=False)
class Score(Shown):
    """Hold the figures of a layout beside the optimum with as many grids.

    Parameters
    ----------
    metrics : LayoutMetrics
        Of the layout as it was handed in.
    optimum : float or None
        Least objective with as many grids, same target; None if infeasible.
    communities : DataFrame
        ``community_code, name, grids, households, objective, optimum, excess,
        broken, split``: per community, the optimum with as many grids as the
        layout has there (missing where no such plan obeys the rules).
    district : District
        What was laid out, for maps.
    """

    metrics: LayoutMetrics
    optimum: float | None
    communities: pd.DataFrame
    district: District = field(repr=False)

    def _in_short(self) -> str:
        """Return the size and the distance from the optimum."""
        m = self.metrics
        size = f"{m.n_courtyards:,} courtyards in {m.n_grids:,} grids"
        if self.optimum is None:
            return f"{size}, no plan with so many grids obeys the rules"
        excess = 100 * (m.objective / max(self.optimum, 1e-9) - 1)
        return f"{size}, {max(excess, 0):.1f} % above the optimum"

    def summary(self) -> list[tuple[str, str]]:
        """Return the key figures as rows to print."""
        m = self.metrics
        if self.optimum is None:
            distance = "no plan with so many grids obeys the rules"
        else:
            excess = 100 * (m.objective / max(self.optimum, 1e-9) - 1)
            more = "the same" if m.objective <= self.optimum else f"{excess:.1f} % more"
            distance = f"{self.optimum:,.0f}; this layout costs {more}"
        return [
            ("courtyards, grids", f"{m.n_courtyards:,} in {m.n_grids}"),
            ("balance", f"CV {m.cv:.3f}, {100 * m.share_within_20:.1f} % within 20 % of T"),
            ("households per grid", f"{m.least:.0f} to {m.most:.0f}, target {m.target:.1f}"),
            ("walk", f"mean {m.walk_mean_m:.1f} m, longest {m.walk_max_m:.0f} m"),
            ("not connected", f"{m.n_broken} grids"),
            ("over a community border", f"{m.n_split} grids"),
            ("barriers inside grids", f"{m.n_barriers} neighbouring pairs"),
            ("objective", f"{m.objective:,.0f} household-metres"),
            ("optimum", distance),
        ]

    def worst(self) -> list[tuple[str, ...]]:
        """Return the communities furthest from their optimum as rows to print."""
        rows: list[tuple[str, ...]] = [
            ("community", "grids", "objective", "optimum", "excess", "broken")
        ]
        for row in self.communities.head(_WORST).to_dict("records"):
            known = bool(np.isfinite(row["optimum"]))
            rows.append(
                (
                    str(row["name"]),
                    str(row["grids"]),
                    f"{row['objective']:,.0f}",
                    f"{row['optimum']:,.0f}" if known else "-",
                    f"{100 * row['excess']:.1f} %" if known else "not by the rules",
                    str(row["broken"]),
                )
            )
        return rows

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        table = self.communities.astype(object).where(self.communities.notna(), None)
        return {
            "metrics": self.metrics.as_dict(),
            "optimum": self.optimum,
            "communities": table.to_dict("records"),
        }


def read_assignment(
    courtyards: pd.DataFrame, source: str | Path | pd.Series[Any] | Plan
) -> pd.Series[Any]:
    """Read which grid each courtyard is in.

    Parameters
    ----------
    courtyards : DataFrame, n rows
        With ``courtyard_id``.
    source : str, Path, Series or Plan
        A column of it; a CSV (UTF-8 or GB18030) with ``courtyard_id`` and ``grid`` (or
        ``grid_code``); grids by ``courtyard_id``, or n of them in the courtyards' order;
        or a plan of the same courtyards.

    Returns
    -------
    Series, n rows
        Grid labels in the order of the courtyards.

    Raises
    ------
    InputError
        If there is no such column or file, or a courtyard has no grid or two.
    """
    ids = courtyards["courtyard_id"]
    where = "the layout"
    if isinstance(source, Plan):
        yards = source.courtyards
        labels = ids.map(dict(zip(yards["courtyard_id"], yards["grid_code"], strict=True)))
    elif not isinstance(source, str | Path):
        labels = _of_series(ids, source)
    elif source in courtyards and source != "geometry":
        labels, where = courtyards[str(source)], str(source)
    elif Path(source).is_file():
        labels = ids.map(read_labels(Path(source), known=set(ids)))
        where = str(source)
    else:
        msg = f"{source} is neither a column of the courtyards nor a file."
        raise InputError(msg, source=str(source))
    lost = courtyards.loc[labels.isna() | (labels == ""), "courtyard_id"].tolist()
    if lost:
        msg = f"{len(lost)} courtyards have no grid in {where}: {', '.join(map(str, lost[:8]))}."
        raise InputError(msg, courtyards=lost)
    return labels.astype(str)


def _of_series(ids: pd.Series[Any], given: pd.Series[Any]) -> pd.Series[Any]:
    """Return given grids in the courtyards' order: by their ids, else row by row."""
    import pandas as pd

    given = pd.Series(given)
    if given.index.is_unique and set(ids) <= set(given.index):
        return ids.map(given)
    if len(given) != len(ids):
        msg = (
            f"The layout has {len(given)} rows and not every courtyard_id in its index; give one "
            f"grid for each of the {len(ids)} courtyards."
        )
        raise InputError(msg)
    return given.set_axis(ids.index)


def read_labels(path: Path, *, known: set[str] | None) -> dict[str, str]:
    """Read courtyard_id and grid from a CSV, or refuse it row by row.

    Parameters
    ----------
    path : Path
        UTF-8 or GB18030, with ``courtyard_id`` and ``grid`` (or ``grid_code``).
    known : set of str, optional
        Courtyards that may be named; by default any.

    Returns
    -------
    dict of str to str
        Grid by courtyard_id; empty text where none is given.

    Raises
    ------
    InputError
        If a column is missing, or a courtyard is unknown or stands there twice.
    """
    rows = list(csv.DictReader(decode_text(path.read_bytes(), what=path.name).splitlines()))
    column = next((c for c in ("grid", "grid_code") if rows and c in rows[0]), None)
    if column is None or "courtyard_id" not in rows[0]:
        raise InputError(f"{path} needs the columns courtyard_id and grid (or grid_code).")
    labels: dict[str, str] = {}
    strange, double = [], []
    for row in rows:
        courtyard = (row["courtyard_id"] or "").strip()
        if not courtyard:
            continue
        if known is not None and courtyard not in known:
            strange.append(courtyard)
        if courtyard in labels:
            double.append(courtyard)
        labels[courtyard] = (row[column] or "").strip()
    if strange:
        msg = f"{path} names courtyards that are not there: {', '.join(strange[:8])}."
        raise InputError(msg, courtyards=strange)
    if double:
        msg = f"{path} names courtyards {', '.join(double[:8])} twice; keep one row each."
        raise InputError(msg, courtyards=double)
    return labels


def score_layout(
    district: District,
    labels: pd.Series[Any],
    *,
    rules: LayoutRules,
    problem: Problem | None = None,
) -> Score:
    """Measure a layout and compare it with the optimum of the same size.

    Parameters
    ----------
    district : District
        What was laid out.
    labels : Series, n rows
        Grid of each courtyard, in the district's order.
    rules : LayoutRules
        The rules to measure by; the target defaults to total / number of grids. What
        ``[keep]`` asks for is left aside: walk and balance are compared.
    problem : Problem, optional
        The same district's graph, from `make_problem`, if it is built already.

    Returns
    -------
    Score
        Communities sorted by how far they are from their optimum.
    """
    problem = make_problem(district, rules=rules, ready=problem)
    codes, label_ix = np.unique(labels.to_numpy(str), return_inverse=True)
    k = len(codes)
    target = rules.partition.target or max(float(problem.weights.sum()), 1.0) / k
    rules = replace(rules, partition=replace(rules.partition, target=target))
    metrics, grids = problem.measure(label_ix, rules=rules.partition, target=target)
    try:
        optimum = solve_parts(
            problem.parts, problem.groups, k, rules=rules.partition, options=SolveOptions()
        ).objective
    except (InfeasibleError, SolverError):
        # measured all the same: no plan with so many grids obeys the rules, or none was found
        optimum = None
    return Score(metrics, optimum, _by_community(problem, grids, rules), district)


def _by_community(problem: Problem, grids: pd.DataFrame, rules: LayoutRules) -> pd.DataFrame:
    """Compare every community with its own optimum at the layout's number of grids."""
    import pandas as pd

    codes, community_ix = np.unique(problem.communities.astype(str), return_inverse=True)
    home = rows_by_label(community_ix[grids["medoid_ix"].to_numpy()], len(codes))
    part_home = [community_ix[rows[0]] for rows in problem.graph.part_rows]
    parts_of = rows_by_label(np.array(part_home), len(codes))
    rows = []
    for code, grid_ix, part_ix in zip(codes.tolist(), home, parts_of, strict=True):
        mine = grids.iloc[grid_ix]
        parts = [problem.parts[part] for part in part_ix]
        objective = float((mine["walk_cost"] + mine["balance_cost"]).sum())
        optimum = _optimum(parts, len(mine), rules)
        rows.append(
            {
                "community_code": code,
                "name": problem.community_names.get(code, code),
                "grids": len(mine),
                "households": float(mine["load"].sum()),
                "objective": objective,
                "optimum": optimum,
                "excess": _excess(objective, optimum),
                "broken": int((~mine["is_contiguous"]).sum()),
                "split": int((~mine["is_nested"]).sum()),
            }
        )
    table = pd.DataFrame(rows)
    gap = (table["objective"] - table["optimum"]).fillna(-np.inf)
    return table.iloc[np.argsort(-gap.to_numpy(), kind="stable")].reset_index(drop=True)


def _excess(cost: float, optimum: float) -> float:
    """Return by which share a cost lies above the optimum; nothing above nothing is none."""
    if not optimum:
        return np.inf if cost else 0.0
    return cost / optimum - 1


def _optimum(parts: list[Part], k: int, rules: LayoutRules) -> float:
    """Return the least cost of some parts with k regions, NaN if there is none."""
    rules = replace(rules, partition=replace(rules.partition, apportion="optimal", given=None))
    renumbered, offset = [], 0
    for part in parts:
        units = np.arange(offset, offset + part.n)
        renumbered.append(Part(units, part.weights, part.edges, part.distance))
        offset += part.n
    try:
        found = solve_parts(
            renumbered, [0] * len(parts), k, rules=rules.partition, options=SolveOptions()
        )
    except (InfeasibleError, SolverError):
        return float("nan")
    return found.objective
