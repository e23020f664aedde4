"""Metrics of a layout: balance and walk; for our plans and for anybody's.

All lengths in metres, all households as counted; nothing here needs history.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.space.grouping import rows_by_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.plans.plan import Plan

__all__ = ["LayoutMetrics", "measure_labels", "measure_plan"]


@dataclass(frozen=True)
class LayoutMetrics:
    """Hold the figures of one layout.

    Parameters
    ----------
    n_courtyards, n_grids, n_communities : int
        Counts.
    households : float
        Total of the weights that balance grids: households, unless another
        column was chosen.
    target : float
        T, per grid.
    mean, least, most : float
        Weight per grid.
    cv : float
        Standard deviation over mean of households per grid.
    share_within_20, share_within_30, share_in_band : float
        Share of grids within 20 % and 30 % of T, and in [low, high] T.
    walk_mean_m : float
        Mean walk of a household to its grid's medoid.
    walk_max_m : float
        Longest walk of any courtyard to its medoid.
    n_broken : int
        Grids that usable contiguity does not hold together.
    n_split : int
        Grids that reach over a community border.
    n_barriers : int
        Contiguous pairs inside one grid with a barrier between them.
    cut_edges : int
        Usable edges between two grids.
    walk_cost, balance_cost, objective : float
        Household-metres.
    """

    n_courtyards: int
    n_grids: int
    n_communities: int
    households: float
    target: float
    mean: float
    least: float
    most: float
    cv: float
    share_within_20: float
    share_within_30: float
    share_in_band: float
    walk_mean_m: float
    walk_max_m: float
    n_broken: int
    n_split: int
    n_barriers: int
    cut_edges: int
    walk_cost: float
    balance_cost: float
    objective: float

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name."""
        return asdict(self)


def measure_labels(
    labels: NDArray[np.int64],
    *,
    households: NDArray[np.float64],
    communities: NDArray[np.object_],
    contiguity: pd.DataFrame,
    walks: Sequence[NDArray[np.float64]],
    target: float,
    band: tuple[float, float],
    balance_m: float,
) -> tuple[LayoutMetrics, pd.DataFrame]:
    """Measure any assignment of courtyards to grids.

    Parameters
    ----------
    labels : (n,) int64
        Grid of each courtyard, in [0, k), every one used.
    households : (n,) float64
        Weights.
    communities : (n,) object
        Community code of each courtyard.
    contiguity : DataFrame
        ``a_ix, b_ix, barrier, usable``.
    walks : sequence of (m, m) float64, length k
        Walks inside each grid, by ascending row; see `SpatialGraph.walks_inside`.
    target : float
        T.
    band : tuple of float
        Low and high, in multiples of T.
    balance_m : float
        Weight of imbalance.

    Returns
    -------
    metrics : LayoutMetrics
        Of the layout.
    grids : DataFrame, k rows
        ``load`` (sum of the weights), ``n_courtyards, medoid_ix, walk_mean_m, walk_max_m,
        deviation, walk_cost, balance_cost, is_contiguous, is_nested``.
    """
    import pandas as pd
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n, k = len(labels), int(labels.max()) + 1
    a, b = contiguity["a_ix"].to_numpy(), contiguity["b_ix"].to_numpy()
    usable = contiguity["usable"].to_numpy() == 1
    inner = labels[a] == labels[b]
    held = usable & inner
    links = coo_array((np.ones(held.sum()), (a[held], b[held])), shape=(n, n))
    _, component = connected_components(links, directed=False)
    rows = []
    for members, square in zip(rows_by_label(labels, k), walks, strict=True):
        weight = households[members]
        costs = weight @ square
        best = int(np.argmin(costs))
        total = float(weight.sum())
        deviation = (total - target) / target
        rows.append(
            {
                "load": total,
                "n_courtyards": len(members),
                "medoid_ix": int(members[best]),
                # a grid without households still has a walk: that of its courtyards
                "walk_mean_m": float(costs[best] / total if total > 0 else square[:, best].mean()),
                "walk_max_m": float(square[:, best].max()),
                "deviation": deviation,
                "walk_cost": float(costs[best]),
                "balance_cost": balance_m * target * deviation**2,
                "is_contiguous": bool(len(np.unique(component[members])) == 1),
                "is_nested": bool(len(set(communities[members])) == 1),
            }
        )
    grids = pd.DataFrame(rows)
    barrier = contiguity["barrier"].notna().to_numpy()
    size = grids["load"].to_numpy(float)
    off = np.abs(grids["deviation"].to_numpy())
    walk_cost = float(grids["walk_cost"].sum())
    balance_cost = float(grids["balance_cost"].sum())
    low, high = (edge * target for edge in band)
    metrics = LayoutMetrics(
        n_courtyards=n,
        n_grids=k,
        n_communities=len(set(communities)),
        households=_plain(float(households.sum())),
        target=target,
        mean=float(size.mean()),
        least=float(size.min()),
        most=float(size.max()),
        cv=float(size.std() / size.mean()) if size.mean() > 0 else 0.0,
        share_within_20=float((off <= 0.2).mean()),
        share_within_30=float((off <= 0.3).mean()),
        share_in_band=float(((size >= low - 1e-9) & (size <= high + 1e-9)).mean()),
        walk_mean_m=walk_cost / max(float(households.sum()), 1.0),
        walk_max_m=float(grids["walk_max_m"].max()),
        n_broken=int((~grids["is_contiguous"]).sum()),
        n_split=int((~grids["is_nested"]).sum()),
        n_barriers=int((inner & barrier).sum()),
        cut_edges=int((usable & ~inner).sum()),
        walk_cost=walk_cost,
        balance_cost=balance_cost,
        objective=walk_cost + balance_cost,
    )
    return metrics, grids


def _plain(total: float) -> float:
    """Return a count as a whole number where it is one."""
    return int(total) if total.is_integer() else total


def measure_plan(plan: Plan) -> dict[str, Any]:
    """Return the figures that the plan's report keeps, pairing included.

    Parameters
    ----------
    plan : Plan
        With or without pairings.

    Returns
    -------
    dict
        The layout's figures; under ``pairings`` those of each paired grid layer:
        grids and households per beat over the beats that lead a grid, and
        ``n_scattered``, the beats whose grids do not hang together.
    """
    figures: dict[str, Any] = dict(plan.report["metrics"])
    paired = {}
    for layer, rows in plan.pairings.groupby("grid_layer"):
        per_beat = rows.groupby("beat_id").agg(
            grids=("grid_code", "size"), households=("households", "sum")
        )
        households = rows["households"].sum()
        solved = plan.report.get("pairing", {}).get(layer, {})
        paired[str(layer)] = {
            "n_grids": len(rows),
            "n_beats": int(rows["beat_id"].nunique()),
            "grids_per_beat": {
                str(size): int(count)
                for size, count in per_beat["grids"].value_counts().sort_index().items()
            },
            **_spread(per_beat["grids"], "grids_per_beat"),
            **_spread(per_beat["households"], "households_per_beat"),
            "households_per_beat_cv": float(
                per_beat["households"].std(ddof=0) / max(per_beat["households"].mean(), 1e-9)
            ),
            # files of before this was looked at do not say
            **({"n_scattered": len(solved["scattered"])} if "scattered" in solved else {}),
            "share_inside": float(rows["households_inside"].sum() / max(households, 1)),
            "n_split": int((rows["households_inside"] < rows["households"]).sum()),
            "distance_mean_m": float(
                (rows["distance_m"] * rows["households"]).sum() / max(households, 1)
            ),
            "distance_max_m": float(rows["distance_m"].max()),
        }
    figures["pairings"] = paired
    return figures


def _spread(values: pd.Series[Any], name: str) -> dict[str, float]:
    """Return the least, the mean and the greatest value, by name."""
    return {
        f"{name}_min": _plain(float(values.min())),
        f"{name}_mean": float(values.mean()),
        f"{name}_max": _plain(float(values.max())),
    }
