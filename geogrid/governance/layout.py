"""Layout: from a district to a plan of exactly k governance grids."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.errors import InputError
from geogrid.governance.borders import forced_imbalance
from geogrid.governance.bridges import open_bridges
from geogrid.governance.grid_table import clip_feet, grid_table
from geogrid.governance.keep import keep_by_rows
from geogrid.governance.previous import OldLayout, old_layout
from geogrid.governance.problem import Problem, make_problem, solve_named
from geogrid.governance.rules import LayoutRules
from geogrid.plans.codes import number_grids
from geogrid.plans.continuity import match_grids, measure_continuity
from geogrid.plans.plan import Plan, empty_pairings
from geogrid.solve.options import SolveOptions
from geogrid.solve.part_rules import localise
from geogrid.space.graph import build_graph
from geogrid.space.grouping import rows_by_label

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.district import District
    from geogrid.solve.options import PartitionRules
    from geogrid.solve.result import Partition
    from geogrid.space.graph import SpatialGraph

__all__ = ["make_plan"]


def make_plan(  # noqa: PLR0913 - what is planned, how large, by which rules, from what
    district: District,
    *,
    n_grids: int | None = None,
    households_per_grid: float | None = None,
    rules: LayoutRules | None = None,
    options: SolveOptions | None = None,
    weight: str = "households",
    bridge: bool = False,
    previous: pd.Series[Any] | OldLayout | None = None,
    created: dt.date | None = None,
    problem: Problem | None = None,
) -> Plan:
    """Group the courtyards of a district into exactly k governance grids.

    Parameters
    ----------
    district : District
        Validated input.
    n_grids : int, optional
        k. Exactly one of this and ``households_per_grid``.
    households_per_grid : float, optional
        k is the total divided by this, rounded.
    rules : LayoutRules, optional
        Contiguity, band, balance, what is kept.
    options : SolveOptions, optional
        Time limit and progress.
    weight : str
        Column that balances grids.
    bridge : bool
        Open the cheapest crossings where parts cannot hold a grid, and list them.
    previous : Series, n rows, or OldLayout, optional
        Old grid code of each courtyard, in their order; empty or missing for new
        ones. Grids that carry on an old one keep its code, no code is given
        twice, and the report tells who stays; ``rules.keep.moved_m`` makes it cost
        to move. An `OldLayout` (`read_previous`, `old_layout_of_plan`) also knows
        codes that ended earlier.
    created : date, optional
        Stands on the maps; the same input gives the same plan on any day.
    problem : Problem, optional
        The same district's graph, from `make_problem`, so that it is built once for
        many plans; the plan is the same to the last bit.

    Returns
    -------
    Plan
        With codes, names, footprints, report and certificate; not yet paired.

    Raises
    ------
    InputError
        If not exactly one of the two sizes is given, or it is not positive; if what is to
        be kept names unknown courtyards, or lacks the layout before or beats; if the
        problem is another district's, or was built by other contiguity rules or weights.
    InfeasibleError
        If no k grids exist; the message names parts and communities.
    TopologyError
        If a courtyard gets no land.
    """
    rules = rules or LayoutRules()
    options = options or SolveOptions()
    problem = make_problem(district, rules=rules, weight=weight, ready=problem)
    k = _grid_count(problem, n_grids, households_per_grid)
    target = rules.partition.target or max(float(problem.weights.sum()), 1.0) / k
    rules = replace(rules, partition=replace(rules.partition, target=target))
    crossings = open_bridges(problem, rules, k=k)
    if bridge and crossings.waivers:
        contiguity = replace(rules.contiguity, waivers=rules.contiguity.waivers + crossings.waivers)
        rules = replace(rules, contiguity=contiguity)
        graph = build_graph(district, rules.contiguity)
        problem = Problem(district, graph, problem.weights, weight=weight)
    before = None if previous is None else old_layout(district.courtyards, previous)
    by_rows = keep_by_rows(problem, rules, before=before)
    found = solve_named(problem, k, rules=by_rows, options=options, hints=crossings.hints(bridge))
    certificate = _certificate(problem, found, by_rows, before)
    plan = _assemble(problem, found, rules, weight=weight, before=before, certificate=certificate)
    provenance = plan.report["provenance"] | {
        "seed": options.seed,
        "created": None if created is None else created.isoformat(),
        "crossings": crossings.rows(bridge),
        "beyond_help": list(crossings.beyond_help),
    }
    return plan.with_report(provenance=provenance)


def _grid_count(problem: Problem, n_grids: int | None, households_per_grid: float | None) -> int:
    """Return k from whichever size was given."""
    if (n_grids is None) == (households_per_grid is None):
        raise InputError("Give exactly one of --grids and --households-per-grid.")
    if n_grids is not None:
        if isinstance(n_grids, bool) or not isinstance(n_grids, int | np.integer):
            raise InputError(f"--grids is {n_grids!r}; give a whole number.")
        if n_grids < 1:
            raise InputError(f"--grids is {n_grids}; ask for at least 1.")
        return int(n_grids)
    if not isinstance(households_per_grid, int | float | np.number) or not households_per_grid > 0:
        raise InputError(f"--households-per-grid is {households_per_grid!r}; give a number > 0.")
    wanted = float(problem.weights.sum()) / households_per_grid
    return max(1, round(min(wanted, len(problem.weights) + 1.0)))


def _assemble(
    problem: Problem,
    found: Partition,
    rules: LayoutRules,
    *,
    weight: str,
    before: OldLayout | None,
    certificate: pd.DataFrame,
) -> Plan:
    """Make the plan's layers from the solver's labels."""
    graph, district = problem.graph, problem.district
    labels = found.labels[problem.rows].astype(np.int64)
    metrics, measured = problem.measure(labels, rules=rules.partition, target=found.target)
    carries = np.full(int(labels.max()) + 1, -1, np.int64)
    if before is not None:
        carries = match_grids(
            labels, before.labels, weights=problem.weights, communities=problem.communities
        )
    grids = _grids(problem, labels, measured, rules.reach_m, before=before, carries=carries)
    codes = grids["grid_code"].to_numpy(object)
    ids = district.courtyards["courtyard_id"].to_numpy(object)
    courtyards = district.courtyards.assign(
        part_id=np.asarray(graph.part_ids, object)[graph.part_ix], grid_code=codes[labels]
    )
    report = {
        "objective": found.objective,
        "bound": found.bound,
        "gap": found.gap,
        "status": found.status,
        "target": found.target,
        "rules": rules.as_dict(),
        "parts": _part_rows(problem, found),
        "forced": forced_imbalance(problem, found, rules),
        "metrics": metrics.as_dict(),
        "provenance": _provenance(district, weight, graph),
    }
    if before is not None:
        # the file tells what was compared, whatever the column held
        courtyards = courtyards.assign(previous_grid=before.grids)
        report["continuity"] = measure_continuity(
            labels,
            before.labels,
            carries,
            codes=codes.tolist(),
            old_codes=before.codes,
            households=courtyards["households"].to_numpy(np.float64),
            ids=ids,
            gone=before.gone,
            retired=before.retired,
        ).as_dict()
    return Plan(
        district=replace(district, tables={**district.tables, "courtyards": courtyards}),
        cells=graph.cells,
        contiguity=_contiguity_table(graph, ids),
        walks=_walk_table(graph, ids),
        gov_grids=grids.sort_values("grid_code", ignore_index=True),
        report=report,
        certificate=certificate,
        pairings=empty_pairings(),
    )


def _grids(
    problem: Problem,
    labels: NDArray[np.int64],
    measured: pd.DataFrame,
    reach_m: float,
    *,
    before: OldLayout | None,
    carries: NDArray[np.int64],
) -> gpd.GeoDataFrame:
    """Return one row per grid: code, name, parents, figures, footprint."""
    import geopandas as gpd

    graph, district = problem.graph, problem.district
    feet = clip_feet(
        graph.cells.geometry.to_numpy(),
        district.courtyards.geometry.to_numpy()[problem.nodes],
        reach_m,
    )
    community = problem.communities[measured["medoid_ix"].to_numpy()]
    xy = shapely.get_coordinates(graph.places)
    weight = np.maximum(problem.weights, 1e-9)
    mass = np.bincount(labels, weights=weight)
    centres = np.stack([np.bincount(labels, weights=weight * xy[:, i]) / mass for i in (0, 1)], 1)
    codes, serials = number_grids(
        [str(c) for c in community],
        centres,
        kept=[] if before is None else ["" if o < 0 else before.codes[o] for o in carries],
        used=() if before is None else before.used,
    )
    footprints = [
        shapely.coverage_union_all(feet[rows])
        for rows in rows_by_label(labels[problem.nodes], len(codes))
    ]
    table = grid_table(district, labels, measured, codes=codes, serials=serials)
    return gpd.GeoDataFrame(table, geometry=footprints, crs=district.crs)


def _part_rows(problem: Problem, found: Partition) -> list[dict[str, Any]]:
    """Return what is known of each part, as plain values."""
    rows = []
    for number, solved in enumerate(found.parts):
        name, (low, high) = problem.graph.part_ids[number], solved.band
        rows.append(
            {
                "part_id": name,
                "community_code": name.rpartition("-")[0],
                "n_courtyards": len(problem.graph.part_rows[number]),
                "load": problem.parts[number].total,
                "k": solved.k,
                "objective": solved.objective,
                "bound": solved.bound,
                "lp_bound": solved.lp_bound,
                "status": solved.status,
                # infinity is no JSON number
                "band": [low, high if np.isfinite(high) else None],
                "reason": solved.reason,
                "cause": solved.cause,
                # what every other number of grids was proven to cost; null: none exists
                "proven": {
                    str(k): cost if np.isfinite(cost) else None for k, cost in solved.proven.items()
                },
            }
        )
    return rows


def _provenance(district: District, weight: str, graph: SpatialGraph) -> dict[str, Any]:
    """Say what the plan was made from, and by what."""
    from geogrid import __version__

    return {
        "version": __version__,
        "district_name": district.name,
        "synthetic": district.is_synthetic,
        "weight": weight,
        "n_parts": len(graph.part_ids),
        "straight_walks": graph.n_straight,
        **{f"district_{key}": value for key, value in sorted(district.metadata.items())},
    }


def _ordered_pairs(
    a: NDArray[np.int64], b: NDArray[np.int64], ids: NDArray[np.object_]
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return two columns of ids with the smaller id first."""
    left, right = ids[a], ids[b]
    swap = left > right
    return np.where(swap, right, left), np.where(swap, left, right)


def _contiguity_table(graph: SpatialGraph, ids: NDArray[np.object_]) -> pd.DataFrame:
    """Return the contiguity layer."""
    import pandas as pd

    pairs = graph.contiguity
    a, b = _ordered_pairs(pairs["a_ix"].to_numpy(), pairs["b_ix"].to_numpy(), ids)
    return pd.DataFrame(
        {
            "a": a,
            "b": b,
            "border_m": pairs["border_m"].round(2),
            "link_m": pairs["link_m"].round(2),
            "barrier": pairs["barrier"],
            "usable": pairs["usable"],
        }
    ).sort_values(["a", "b"], ignore_index=True)


def _walk_table(graph: SpatialGraph, ids: NDArray[np.object_]) -> pd.DataFrame:
    """Return the walks layer: every pair of one part."""
    import pandas as pd

    frames = []
    for rows, walk in zip(graph.part_rows, graph.walk_m, strict=True):
        i, j = np.triu_indices(len(rows), 1)
        a, b = _ordered_pairs(rows[i], rows[j], ids)
        frames.append(pd.DataFrame({"a": a, "b": b, "walk_m": walk[i, j]}))
    return pd.concat(frames).sort_values(["a", "b"], ignore_index=True)


def _certificate(
    problem: Problem, found: Partition, rules: PartitionRules, before: OldLayout | None
) -> pd.DataFrame:
    """Return the duals of every relaxation that was solved.

    Where moving costs, each old grid that a part may carry on is a row of its own
    behind the part's courtyards: ``old:`` and its code.
    """
    import pandas as pd

    ids = problem.district.courtyards["courtyard_id"].to_numpy(object)
    frames = []
    of_parts = localise(problem.parts, rules, found.target)
    for name, part, local, solved in zip(
        problem.graph.part_ids, problem.parts, of_parts, found.parts, strict=True
    ):
        rows = [str(i) for i in ids[problem.nodes[part.units]]]
        if before is not None:
            rows += [f"old:{before.codes[i]}" for i in local.claimable]
        frames += [
            pd.DataFrame(
                {
                    "part_id": name,
                    "k": cut.k,
                    "row": [*rows, "k"],
                    "dual": np.append(cut.dual, cut.slope),
                }
            )
            for cut in solved.cuts
        ]
    if not frames:
        # parts that were searched have no duals
        kinds = {"part_id": object, "k": np.int64, "row": object, "dual": np.float64}
        return pd.DataFrame({name: np.zeros(0, kind) for name, kind in kinds.items()})
    return pd.concat(frames, ignore_index=True)
