"""Plan: one frozen layout of a district, with everything needed to re-prove it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from geogrid.errors import SchemaError
from geogrid.showing import Shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from geogrid.district import District
    from geogrid.locale import Language

__all__ = ["GRID_LAYERS", "PAIRING_COLUMNS", "PLAN_LAYERS", "Plan", "empty_pairings"]

# the layers that a plan adds to its district's own
PLAN_LAYERS = ("cells", "contiguity", "walks", "gov_grids", "pairings", "report", "certificate")
GRID_LAYERS = ("gov_grids", "basic_grids")
PAIRING_COLUMNS = (
    "grid_layer",
    "grid_code",
    "beat_id",
    "households",
    "households_inside",
    "distance_m",
)


@dataclass(frozen=True, repr=False)
class Plan(Shown):
    """Hold a layout plan: courtyards grouped into governance grids.

    Parameters
    ----------
    district : District
        What was planned; its ``courtyards`` carry ``part_id`` and ``grid_code``.
    cells : GeoDataFrame
        One polygon a courtyard: the contiguity coverage. Metres.
    contiguity : DataFrame
        ``a, b`` (courtyard_id, a < b), ``border_m``, ``link_m``, ``barrier``
        (None or kind), ``usable`` (0 or 1).
    walks : DataFrame
        ``a, b`` (every pair of one part), ``walk_m``.
    gov_grids : GeoDataFrame
        ``grid_code, serial, name, community_code, subdistrict_code, households,
        n_courtyards, beat_id, medoid_id, walk_mean_m, walk_max_m, deviation``
        and the footprint. Deviation is (households - target) / target.
    report : mapping of str to JSON values
        ``objective, bound, gap, status, target, rules, parts, metrics,
        provenance`` (DESIGN section 6).
    certificate : DataFrame
        ``part_id, k, row`` (courtyard_id, ``k``, or ``old:`` and an old grid's
        code), ``dual``.
    pairings : DataFrame
        `PAIRING_COLUMNS`; empty until grids were paired with beats.

    Raises
    ------
    SchemaError
        If a courtyard has no grid, or a grid no courtyard.
    """

    district: District
    cells: gpd.GeoDataFrame
    contiguity: pd.DataFrame
    walks: pd.DataFrame
    gov_grids: gpd.GeoDataFrame
    report: Mapping[str, Any]
    certificate: pd.DataFrame
    pairings: pd.DataFrame = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a plan whose courtyards and grids do not match."""
        if "grid_code" not in self.courtyards:
            raise SchemaError("Layer courtyards has no column grid_code; this is no plan.")
        codes = set(self.gov_grids["grid_code"])
        used = self.courtyards["grid_code"]
        lost = self.courtyards.loc[~used.isin(codes), "courtyard_id"].tolist()
        empty = sorted(codes - set(used))
        if lost or empty or len(codes) != len(self.gov_grids):
            msg = (
                f"{len(lost)} courtyards lie in no grid ({', '.join(map(str, lost[:5]))}) and "
                f"{len(empty)} grids hold no courtyard ({', '.join(empty[:5])}); plan again."
            )
            raise SchemaError(msg, courtyards=lost, grids=empty)

    def _in_short(self) -> str:
        """Return how many grids of what, and what is proven."""
        told = [f"{self.n_grids:,} grids of {len(self.courtyards):,} courtyards"]
        told += [f"target {self.target:.1f} households", str(self.report["status"])]
        told += [f"{len(self.pairings):,} pairings"] if len(self.pairings) else []
        return ", ".join(filter(None, [self.district.name, *told]))

    @property
    def courtyards(self) -> gpd.GeoDataFrame:
        """Return the courtyards with ``part_id`` and ``grid_code``."""
        return self.district.courtyards

    @property
    def n_grids(self) -> int:
        """Return the number of governance grids."""
        return len(self.gov_grids)

    @property
    def target(self) -> float:
        """Return the target T, households per grid."""
        return float(self.report["target"])

    def explain(self, language: Language = "zh") -> str:
        """Say in a few sentences what the plan achieves and why it is as it is.

        Parameters
        ----------
        language : {"zh", "en"}
            Chinese or English.

        Returns
        -------
        str
            One sentence a line.
        """
        from geogrid.plans.explain import explain_plan

        return explain_plan(self, language)

    def with_pairings(self, pairings: pd.DataFrame, gov_grids: gpd.GeoDataFrame) -> Plan:
        """Return the same plan with grids paired to beats."""
        return replace(self, pairings=pairings, gov_grids=gov_grids)

    def with_report(self, **values: Any) -> Plan:  # noqa: ANN401 - any JSON value
        """Return the same plan with some values of its report replaced."""
        return replace(self, report={**self.report, **values})


def empty_pairings() -> pd.DataFrame:
    """Return the pairings of a plan that has none yet."""
    import numpy as np
    import pandas as pd

    kinds = dict.fromkeys(PAIRING_COLUMNS, object) | {
        "households": np.int64,
        "households_inside": np.int64,
        "distance_m": np.float64,
    }
    return pd.DataFrame({name: np.zeros(0, kind) for name, kind in kinds.items()})
