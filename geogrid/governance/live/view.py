"""View: a layout seen beside the plan it is tried against: its grids, its figures, who moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.plans.continuity import match_grids
from geogrid.solve.result import gap_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.governance.live.dials import Dials
    from geogrid.plans.metrics import LayoutMetrics
    from geogrid.plans.plan import Plan

__all__ = ["View", "Viewer"]

_FIGURES = ("cv", "share_in_band", "walk_mean_m", "walk_max_m", "least", "most")


@dataclass(frozen=True)
class View:
    """Hold a layout as a planner looks at it.

    Parameters
    ----------
    dials : Dials
        What it was made by.
    labels : (n,) int64
        Grid of each courtyard, in [0, k).
    carries : (k,) int64
        Row of the plan's grid that each carries on, -1 for none.
    moved : (n,) bool
        Courtyards whose grid does not carry on the one they have in the plan.
    grids : dict of str to (k,) float64
        ``households``, ``n_courtyards``, ``walk_mean_m``, ``walk_max_m``.
    figures : dict
        ``objective, bound, gap, status``, those of `LayoutMetrics` that a planner weighs, and
        ``moved``, ``moved_households``.
    """

    dials: Dials
    labels: NDArray[np.int64]
    carries: NDArray[np.int64]
    moved: NDArray[np.bool_]
    grids: dict[str, NDArray[np.float64]]
    figures: dict[str, Any]


class Viewer:
    """See layouts beside one plan.

    Parameters
    ----------
    plan : Plan
        What they are compared with.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        yards = plan.courtyards
        self._households = yards["households"].to_numpy(np.float64)
        self._communities = yards["community_code"].to_numpy(object)
        self.labels: NDArray[np.int64] = self.rows_of(plan)

    def rows_of(self, plan: Plan) -> NDArray[np.int64]:
        """Return each courtyard's grid as a row of ``plan.gov_grids``."""
        row = {code: i for i, code in enumerate(plan.gov_grids["grid_code"])}
        return np.array([row[code] for code in plan.courtyards["grid_code"]], np.int64)

    def plan_itself(self, dials: Dials) -> View:
        """Return the plan as it is seen beside itself, out of its own report."""
        report, grids = self.plan.report, self.plan.gov_grids
        figures = {name: report.get(name) for name in ("objective", "bound", "gap", "status")}
        figures |= {name: report["metrics"].get(name) for name in _FIGURES}
        columns = ("households", "n_courtyards", "walk_mean_m", "walk_max_m")
        return View(
            dials=dials,
            labels=self.labels,
            carries=np.arange(len(grids)),
            moved=np.zeros(len(self.labels), bool),
            grids={name: grids[name].to_numpy(np.float64) for name in columns},
            figures=figures | {"moved": 0, "moved_households": 0},
        )

    def see(
        self,
        dials: Dials,
        labels: NDArray[np.int64],
        measured: tuple[LayoutMetrics, pd.DataFrame],
        *,
        objective: float,
        bound: float | None,
        status: str,
    ) -> View:
        """Return a layout beside the plan.

        Parameters
        ----------
        dials : Dials
            What it was made by.
        labels : (n,) int64
            Grid of each courtyard, in [0, k).
        measured : tuple of LayoutMetrics and DataFrame
            From `Problem.measure`.
        objective : float
            What it costs.
        bound : float or None
            What no layout under its rules undercuts.
        status : str
            What is proven of it.

        Returns
        -------
        View
            For whoever draws it.
        """
        metrics, table = measured
        carries = match_grids(
            labels, self.labels, weights=self._households, communities=self._communities
        )
        moved = carries[labels] != self.labels
        figures = {name: getattr(metrics, name) for name in _FIGURES}
        return View(
            dials=dials,
            labels=labels,
            carries=carries,
            moved=moved,
            grids={
                "households": np.bincount(labels, weights=self._households).astype(np.float64),
                "n_courtyards": table["n_courtyards"].to_numpy(np.float64),
                "walk_mean_m": table["walk_mean_m"].to_numpy(np.float64),
                "walk_max_m": table["walk_max_m"].to_numpy(np.float64),
            },
            figures={
                "objective": objective,
                "bound": bound,
                "gap": gap_of(objective, bound),
                "status": status,
                **figures,
                "moved": int(moved.sum()),
                "moved_households": int(self._households[moved].sum()),
            },
        )
