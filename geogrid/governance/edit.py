"""Edit: a plan whose courtyards were put into other grids by hand.

Everything comes from the plan's own layers: no cell, border or walk is made anew,
and what did not change stays as it is, bit for bit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.governance.grid_table import clip_feet, grid_table
from geogrid.governance.pair_again import pair_again
from geogrid.governance.previous import old_layout, retired_codes
from geogrid.governance.price import kept_whole, outside_band, part_costs, too_far
from geogrid.governance.rules import rules_of
from geogrid.plans.codes import split_code
from geogrid.plans.continuity import measure_continuity
from geogrid.plans.metrics import measure_labels
from geogrid.plans.plan_graph import PlanGraph

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.plans.plan import Plan

__all__ = ["regroup"]

# cells that nearly touch a changed one are cleaned with it; as `geogrid.space.cells` snaps
_TOUCH_M = 0.01
# a bound above the cost by no more than this is rounding
_ROUNDING = 1e-6


def regroup(
    plan: Plan,
    assignment: Mapping[str, str],
    *,
    names: Mapping[str, str] | None = None,
    reserved: Collection[str] = (),
) -> Plan:
    """Return a plan with its courtyards in other grids, measured by the same formula.

    A draft may be faulty: what is wrong with it is for `geogrid.governance.verdict`
    to say. Nothing is refused here but a courtyard without a grid.

    Parameters
    ----------
    plan : Plan
        Where the edit starts from.
    assignment : mapping of courtyard_id to grid_code
        Every courtyard of the plan.
    names : mapping of grid_code to str, optional
        Names that people gave; those of grids that are no more are passed over.
    reserved : collection of str, optional
        Codes that were given elsewhere; the report keeps them, so that no later
        plan gives them again.

    Returns
    -------
    Plan
        Status ``edited``. The bound and its certificate stand as long as k does,
        and the layout costs no less (one that breaks the rules can). Paired
        governance grids are paired again where they changed. An assignment that
        moves nobody gives the plan as it is, with its names.

    Raises
    ------
    InputError
        If a courtyard of the plan has no grid, or one is not in the plan.
    """
    graph = PlanGraph(plan)
    codes, labels = graph.labels(assignment)
    before = plan.courtyards["grid_code"].to_numpy(object)
    after = np.array(codes, object)[labels]
    moved = after != before
    if not moved.any():
        return replace(plan, gov_grids=_named(plan.gov_grids, names or {}))
    changed = set(before[moved]) | set(after[moved])
    rules = rules_of(plan)
    band = (rules.partition.low, rules.partition.high)
    walks, strewn = graph.walks_inside(labels)
    metrics, measured = measure_labels(
        labels,
        households=graph.weights,
        communities=graph.communities,
        contiguity=graph.contiguity,
        walks=walks,
        target=plan.target,
        band=band,
        balance_m=rules.partition.balance_m,
    )
    home = graph.part_ix[measured["medoid_ix"].to_numpy()]
    grids = _grids(graph, codes, labels, measured, changed=changed, reach_m=rules.reach_m)
    whole = kept_whole(graph, rules, labels)
    outside = outside_band(graph, measured["load"].to_numpy(), home, whole)
    retired = retired_codes(plan).union(reserved, before) - set(codes)
    report = dict(plan.report) | _proof(
        graph,
        k=np.bincount(home, minlength=len(graph.part_ids)),
        costs=part_costs(graph, rules, labels, measured),
        touched=np.bincount(graph.part_ix[moved], minlength=len(graph.part_ids)) > 0,
    )
    report |= {
        "metrics": metrics.as_dict(),
        "provenance": {**plan.report["provenance"], "edited": True},
        "edited": {
            "n_moved": int(moved.sum()),
            "grids_changed": sorted(changed & set(codes)),
            "codes_new": sorted(set(codes) - set(before)),
            "codes_ended": sorted(set(before) - set(codes)),
            "codes_retired": sorted(retired),
            "out_of_band": [codes[grid] for grid in np.flatnonzero(outside)],
            "too_far": [codes[grid] for grid in np.flatnonzero(too_far(measured, rules, whole))],
            "straight_walks": [codes[grid] for grid in strewn],
        },
    }
    if "continuity" in plan.report:
        report["continuity"] = _continuity(graph, codes, labels, retired)
    courtyards = plan.courtyards.assign(grid_code=after)
    edited = replace(
        plan,
        district=replace(plan.district, tables={**plan.district.tables, "courtyards": courtyards}),
        gov_grids=_named(grids, names or {}),
        report=report,
        certificate=plan.certificate if report["bound"] is not None else plan.certificate[:0],
    )
    return pair_again(edited, before=plan, changed=changed, rules=rules.pairing)


def _named(grids: gpd.GeoDataFrame, names: Mapping[str, str]) -> gpd.GeoDataFrame:
    """Return the grids with the names that people gave them."""
    given = [
        names.get(code, name) for code, name in zip(grids["grid_code"], grids["name"], strict=True)
    ]
    return grids if given == grids["name"].tolist() else grids.assign(name=given)


def _grids(
    graph: PlanGraph,
    codes: list[str],
    labels: NDArray[np.int64],
    measured: pd.DataFrame,
    *,
    changed: set[str],
    reach_m: float,
) -> gpd.GeoDataFrame:
    """Return the grids' rows: those that did not change as they were, then by code."""
    import geopandas as gpd
    import pandas as pd

    plan = graph.plan
    serials = np.array([split_code(code)[1] for code in codes], np.int64)
    table = grid_table(plan.district, labels, measured, codes=codes, serials=serials)
    kept = plan.gov_grids[~plan.gov_grids["grid_code"].isin(changed)]
    fresh = table[table["grid_code"].isin(changed)]
    shapes = _footprints(graph, labels, fresh.index.to_numpy(), kept, reach_m)
    rows = gpd.GeoDataFrame(fresh, geometry=shapes, crs=plan.gov_grids.crs)
    rows = rows.reindex(columns=plan.gov_grids.columns)
    both = [part.astype({"beat_id": object}) for part in (kept, rows) if len(part)]
    return pd.concat(both).sort_values("grid_code", ignore_index=True)


def _footprints(
    graph: PlanGraph,
    labels: NDArray[np.int64],
    grids: NDArray[np.int64],
    kept: gpd.GeoDataFrame,
    reach_m: float,
) -> list[shapely.Geometry]:
    """Return the pictures of some grids, such that they fit those that are kept."""
    plan = graph.plan
    cells = plan.cells.geometry.to_numpy()
    at = np.array([graph.row_of[ident] for ident in plan.cells["courtyard_id"]], np.int64)
    shapes = plan.courtyards.geometry.to_numpy()[at]
    mine = np.flatnonzero(np.isin(labels[at], grids))
    # what touches them is cleaned with them, so that corners meet as they did
    _, around = shapely.STRtree(cells).query(cells[mine], "dwithin", distance=_TOUCH_M)
    for near in (np.unique(around), np.arange(len(cells))):
        feet = np.full(len(cells), None, object)
        feet[near] = clip_feet(cells[near], shapes[near], reach_m)
        found = [_union(feet, at, graph, labels == grid) for grid in grids]
        if _fits(found, kept):
            break
    return found


def _union(
    feet: NDArray[np.object_],
    at: NDArray[np.int64],
    graph: PlanGraph,
    members: NDArray[np.bool_],
) -> shapely.Geometry:
    """Return the picture of one grid."""
    own = members[at]
    if not own.any():
        # torn from the courtyard in the same spot, a fault: it shows that one's ground
        own = np.isin(at, graph.spot_ix[members])
    return shapely.coverage_union_all(feet[own])


def _fits(found: list[shapely.Geometry], kept: gpd.GeoDataFrame) -> bool:
    """Tell whether new pictures fit together, and with the old ones around them."""
    shapes = np.array(found, object)
    _, around = kept.sindex.query(shapes)
    near = kept.geometry.to_numpy()[np.unique(around)]
    return bool(shapely.coverage_is_valid(np.concatenate([shapes, near])))


def _proof(
    graph: PlanGraph,
    *,
    k: NDArray[np.int64],
    costs: NDArray[np.float64],
    touched: NDArray[np.bool_],
) -> dict[str, Any]:
    """Return what the layout costs, and what of the proof still speaks of it."""
    plan = graph.plan
    objective = float(costs.sum())
    bound = plan.report["bound"]
    same_k = int(k.sum()) == plan.n_grids
    if bound is None or not same_k or bound > objective * (1 + _ROUNDING):
        bound = None
    else:
        bound = min(bound, objective)
    parts = [
        _edited_part(plan, row, int(own_k), float(cost))
        if is_touched or int(own_k) != row["k"]
        else row
        for row, own_k, cost, is_touched in zip(
            plan.report["parts"], k, costs, touched, strict=True
        )
    ]
    k_of = {row["part_id"]: row["k"] for row in parts}
    forced = [
        row | {"k": k_of[row["part_id"]], "deviation": row["share"] / k_of[row["part_id"]] - 1.0}
        for row in plan.report.get("forced", [])
        if k_of[row["part_id"]]
    ]
    return {
        "objective": objective,
        "bound": bound,
        "gap": None if bound is None else (objective - bound) / max(abs(objective), 1e-12),
        "status": "edited",
        "parts": parts,
        "forced": sorted(forced, key=lambda r: (-abs(r["deviation"]), r["part_id"])),
    }


def _edited_part(plan: Plan, row: Mapping[str, Any], k: int, cost: float) -> dict[str, Any]:
    """Return what is known of a part whose grids were changed by hand."""
    proven = dict(row["proven"])
    if row["status"] == "optimal":
        proven.setdefault(str(row["k"]), row["objective"])
    bound = None
    if row["bound"] is not None:
        own = plan.certificate[plan.certificate["part_id"] == row["part_id"]]
        is_slope = own["row"] == "k"
        total = own["dual"].where(~is_slope, k * own["dual"]).groupby(own["k"]).sum()
        known = [*total.tolist(), *([proven[str(k)]] if proven.get(str(k)) is not None else [])]
        # above the cost of a layout that breaks the rules it says nothing
        bound = max((b for b in known if b <= cost * (1 + _ROUNDING)), default=None)
    return {
        **row,
        "k": k,
        "objective": cost,
        "bound": bound if bound is None else min(bound, cost),
        "lp_bound": None,
        "status": "edited",
        "proven": proven,
    }


def _continuity(
    graph: PlanGraph, codes: list[str], labels: NDArray[np.int64], retired: set[str]
) -> dict[str, Any]:
    """Return what the layout keeps of the one before the plan: grids go on by their code."""
    plan = graph.plan
    said = plan.report["continuity"]
    before = old_layout(plan.courtyards, plan.courtyards["previous_grid"])
    old_codes = sorted({*said["carried_on"], *said["codes_ended"]})
    number = {code: i for i, code in enumerate(old_codes)} | {"": -1}
    carries = np.full(len(codes), -1, np.int64)
    place = {code: i for i, code in enumerate(codes)}
    for old, new in said["carried_on"].items():
        if new in place:
            carries[place[new]] = number[old]
    return measure_continuity(
        labels,
        np.array([number[code] for code in before.grids], np.int64),
        carries,
        codes=codes,
        old_codes=old_codes,
        households=plan.courtyards["households"].to_numpy(np.float64),
        ids=graph.ids,
        gone=said["gone_courtyards"],
        retired=sorted(retired),
    ).as_dict()
