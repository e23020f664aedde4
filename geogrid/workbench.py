"""Workbench: the notebook's face; each call reaches one library function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.errors import InputError
from geogrid.governance.layout import make_plan
from geogrid.governance.pairing import pair_plan
from geogrid.governance.rules import LayoutRules
from geogrid.governance.score import Score, read_assignment, score_layout
from geogrid.plans.compare import Comparison, compare
from geogrid.plans.plan import GRID_LAYERS, Plan

if TYPE_CHECKING:
    from pathlib import Path

    import folium
    import geopandas as gpd

    from geogrid.district import District
    from geogrid.governance.whatif import LayoutWhatIf

__all__ = ["Study", "open_study"]


@dataclass(frozen=True)
class Study:
    """Hold one district on the workbench.

    Parameters
    ----------
    district : District
        What is studied.
    """

    district: District

    def plan(self, *, grids: int, rules: LayoutRules | None = None) -> Plan:
        """Return the optimal plan with exactly so many grids.

        Parameters
        ----------
        grids : int
            k.
        rules : LayoutRules, optional
            By default those of ``data/rules.toml``.

        Returns
        -------
        Plan
            Not yet paired.
        """
        return make_plan(self.district, n_grids=grids, rules=rules)

    def pair(self, plan: Plan) -> Plan:
        """Return the plan with every grid layer that the district has paired with beats."""
        for layer in GRID_LAYERS:
            if layer == "gov_grids" or len(self.district[layer]):
                plan = pair_plan(plan, layer).plan
        return plan

    def table(self, plan: Plan) -> gpd.GeoDataFrame:
        """Return the plan's grids, one row each."""
        return plan.gov_grids

    def map(self, plan: Plan) -> folium.Map:
        """Return the plan as a map that shows itself in the notebook."""
        from geogrid.publish.maps import draw_map

        return draw_map(plan)

    def what_if(self, plan: Plan) -> LayoutWhatIf:
        """Return a plan kept solved, to learn what changes would cost.

        Parameters
        ----------
        plan : Plan
            A proven plan of this district.

        Returns
        -------
        LayoutWhatIf
            Prices, reasons, the front of walk against balance.
        """
        from geogrid.governance.whatif import open_what_if

        return open_what_if(plan)

    def compare(self, a: Plan, b: Plan) -> Comparison:
        """Return two plans side by side: figures, who moves from a to b, and where."""
        return compare(a, b)

    def score(self, column: str, *, rules: LayoutRules | None = None) -> Score:
        """Return how good the layout in a courtyard column is, and how far from the optimum."""
        labels = read_assignment(self.district.courtyards, column)
        return score_layout(self.district, labels, rules=rules or LayoutRules())


def open_study(source: Path | str | District) -> Study:
    """Put a district on the workbench.

    Parameters
    ----------
    source : Path, str or District
        A district's file or folder, the word ``sample``, or a District.

    Returns
    -------
    Study
        Ready to plan.

    Raises
    ------
    InputError
        If the source cannot be read as a district.
    """
    from geogrid.district import District
    from geogrid.sources.vector import read_district

    if isinstance(source, District):
        return Study(source)
    if str(source) == "sample":
        from geogrid.sources.sample import make_sample

        return Study(make_sample())
    if not str(source):
        raise InputError("Name a district's file, or 'sample'.")
    return Study(read_district(source))
