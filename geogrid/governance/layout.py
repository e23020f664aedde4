"""Layout: from a district to a plan of exactly k governance grids."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.errors import InfeasibleError, InputError
from geogrid.governance.bridges import open_bridges
from geogrid.governance.rules import LayoutRules
from geogrid.plans.codes import grid_name, number_grids
from geogrid.plans.metrics import measure_labels
from geogrid.plans.plan import Plan, empty_pairings
from geogrid.solve.options import SolveOptions
from geogrid.solve.partition import solve_parts
from geogrid.solve.parts import Part
from geogrid.space.cells import clean_coverage
from geogrid.space.graph import SpatialGraph, build_graph

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.district import District
    from geogrid.solve.result import Partition

__all__ = ["Problem", "make_plan", "make_problem"]


class Problem:
    """Hold a district turned into a partition problem.

    Parameters
    ----------
    district : District
        What is planned.
    graph : SpatialGraph
        Its geometry as a graph.
    weights : (n,) float64
        Households (or another load) of each courtyard.
    """

    def __init__(
        self, district: District, graph: SpatialGraph, weights: NDArray[np.float64]
    ) -> None:
        self.district = district
        self.graph = graph
        self.weights = weights
        courtyards = district.courtyards
        self.communities = courtyards["community_code"].to_numpy(object)
        self.community_names: dict[str, str] = dict(
            zip(district.communities["community_code"], district.communities["name"], strict=True)
        )
        nodes = np.unique(graph.node_ix)
        self.nodes = nodes
        merged = np.bincount(graph.node_ix, weights=weights, minlength=len(weights))
        # the solver's rows are the distinct spots, numbered 0 .. n - 1
        number = np.full(len(weights), -1, np.int64)
        number[nodes] = np.arange(len(nodes))
        used = graph.contiguity[graph.contiguity["usable"] == 1]
        a = number[graph.node_ix[used["a_ix"].to_numpy()]]
        b = number[graph.node_ix[used["b_ix"].to_numpy()]]
        self.parts: list[Part] = []
        for part in range(len(graph.part_ids)):
            rows = graph.rows_of(part)
            single = graph.node_ix[rows] == rows
            units = number[rows[single]]
            inner = (graph.part_ix[nodes[a]] == part) & (a != b)
            edges = np.stack(
                [np.searchsorted(units, a[inner]), np.searchsorted(units, b[inner])], axis=1
            )
            walk = graph.walk_m[part][np.ix_(single, single)]
            self.parts.append(Part(units, merged[rows[single]], edges, walk))

    def part_title(self, part: int) -> str:
        """Return a part's name for a message: its community and number."""
        code, _, serial = self.graph.part_ids[part].rpartition("-")
        return f"{self.community_names.get(code, code)} part {serial}"


def make_problem(district: District, *, rules: LayoutRules, weight: str = "households") -> Problem:
    """Build the graph of a district and the parts that the solver takes.

    Parameters
    ----------
    district : District
        What is planned.
    rules : LayoutRules
        When courtyards are neighbours.
    weight : str
        Numeric column of the courtyards that balances grids.

    Returns
    -------
    Problem
        Graph, weights and parts.

    Raises
    ------
    InputError
        If the weight column is missing or holds negative or missing numbers.
    """
    courtyards = district.courtyards
    if weight not in courtyards:
        numbers = courtyards.select_dtypes("number").columns
        msg = f"Courtyards have no column {weight}; numeric ones are {', '.join(numbers)}."
        raise InputError(msg, column=weight)
    try:
        weights = courtyards[weight].to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise InputError(f"Column {weight} is not numeric; choose another weight.") from error
    bad = courtyards.loc[~(weights >= 0), "courtyard_id"].tolist()
    if bad:
        msg = f"Column {weight} is negative or missing for courtyards {', '.join(bad[:8])}."
        raise InputError(msg, courtyards=bad)
    return Problem(district, build_graph(district, rules.contiguity), weights)


def make_plan(
    district: District,
    *,
    n_grids: int | None = None,
    households_per_grid: float | None = None,
    rules: LayoutRules | None = None,
    options: SolveOptions | None = None,
    weight: str = "households",
    bridge: bool = False,
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
        Contiguity, band, balance.
    options : SolveOptions, optional
        Time limit and progress.
    weight : str
        Column that balances grids.
    bridge : bool
        Open the cheapest crossings where parts cannot hold a grid, and list them.

    Returns
    -------
    Plan
        With codes, names, footprints, report and certificate; not yet paired.

    Raises
    ------
    InputError
        If not exactly one of the two sizes is given, or it is not positive.
    InfeasibleError
        If no k grids exist; the message names parts and communities.
    TopologyError
        If a courtyard gets no land.
    """
    rules = rules or LayoutRules()
    options = options or SolveOptions()
    problem = make_problem(district, rules=rules, weight=weight)
    k = _grid_count(problem, n_grids, households_per_grid)
    target = rules.partition.target or max(float(problem.weights.sum()), 1.0) / k
    rules = replace(rules, partition=replace(rules.partition, target=target))
    crossings = open_bridges(problem, rules, k=k)
    if bridge and crossings.waivers:
        contiguity = replace(rules.contiguity, waivers=rules.contiguity.waivers + crossings.waivers)
        rules = replace(rules, contiguity=contiguity)
        problem = Problem(district, build_graph(district, rules.contiguity), problem.weights)
    found = solve_named(problem, k, rules=rules, options=options, hint=crossings.sentence(bridge))
    return _assemble(problem, found, rules, weight=weight, crossings=crossings.rows(bridge))


def solve_named(
    problem: Problem, k: int, *, rules: LayoutRules, options: SolveOptions, hint: str = ""
) -> Partition:
    """Solve a problem; infeasibility speaks of communities instead of numbers."""
    codes = sorted(set(problem.communities))
    groups = [codes.index(i.rpartition("-")[0]) for i in problem.graph.part_ids]
    try:
        return solve_parts(problem.parts, groups, k, rules=rules.partition, options=options)
    except InfeasibleError as error:
        raise InfeasibleError(_infeasible_words(problem, k, error) + hint, **error.facts) from error


def _infeasible_words(problem: Problem, k: int, error: InfeasibleError) -> str:
    """Say in names what the solver said in numbers."""
    n_parts, n_units = len(problem.parts), len(problem.nodes)
    per_community: dict[str, list[int]] = {}
    for part, name in enumerate(problem.graph.part_ids):
        per_community.setdefault(name.rpartition("-")[0], []).append(part)
    broken = {c: p for c, p in per_community.items() if len(p) > 1}
    if k > n_units:
        return (
            f"{k} grids are more than the {n_units} courtyards (those in one spot count once); "
            f"ask for at most {n_units}."
        )
    if k < n_parts:
        worst = sorted(broken.items(), key=lambda item: -len(item[1]))[:5]
        listed = "; ".join(
            f"{problem.community_names.get(c, c)} is in {len(p)} parts" for c, p in worst
        )
        return (
            f"{k} grids are fewer than the {n_parts} parts into which borders and barriers cut "
            f"the courtyards ({listed or 'one per community'}); ask for at least {n_parts} grids, "
            "waive a barrier, or use --bridge."
        )
    rows = sorted(error.facts.get("parts", []), key=lambda r: r["least"] - r["most"])
    tight = "; ".join(
        f"{problem.part_title(r['part'])}: {r['least']} to {r['most']}" for r in rows[:5]
    )
    return f"{error.message} Parts and the grids they can hold: {tight}."


def _grid_count(problem: Problem, n_grids: int | None, households_per_grid: float | None) -> int:
    """Return k from whichever size was given."""
    if (n_grids is None) == (households_per_grid is None):
        raise InputError("Give exactly one of --grids and --households-per-grid.")
    if n_grids is not None:
        if n_grids < 1:
            raise InputError(f"--grids is {n_grids}; ask for at least 1.")
        return n_grids
    if not (households_per_grid and households_per_grid > 0):
        raise InputError(f"--households-per-grid is {households_per_grid}; give a number > 0.")
    return max(1, round(float(problem.weights.sum()) / households_per_grid))


def _assemble(
    problem: Problem,
    found: Partition,
    rules: LayoutRules,
    *,
    weight: str,
    crossings: list[dict[str, Any]],
) -> Plan:
    """Make the plan's layers from the solver's labels."""
    graph, district = problem.graph, problem.district
    number = np.full(len(graph.node_ix), -1, np.int64)
    number[problem.nodes] = np.arange(len(problem.nodes))
    labels = found.labels[number[graph.node_ix]].astype(np.int64)
    metrics, measured = measure_labels(
        labels,
        households=problem.weights,
        communities=problem.communities,
        contiguity=graph.contiguity,
        walk_m=_square(graph),
        target=found.target,
        band=(rules.partition.low, rules.partition.high),
        balance_m=rules.partition.balance_m,
    )
    grids = _grids(problem, labels, measured, rules.reach_m)
    codes = grids["grid_code"].to_numpy(object)
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
        "metrics": metrics.as_dict(),
        "provenance": _provenance(district, weight, graph, crossings),
    }
    ids = courtyards["courtyard_id"].to_numpy(object)
    return Plan(
        district=replace(district, tables={**district.tables, "courtyards": courtyards}),
        cells=graph.cells,
        contiguity=_contiguity_table(graph, ids),
        walks=_walk_table(graph, ids),
        gov_grids=grids.sort_values("grid_code", ignore_index=True),
        report=report,
        certificate=_certificate(problem, found, ids),
        pairings=empty_pairings(),
    )


def _square(graph: SpatialGraph) -> NDArray[np.float64]:
    """Return the walks of all parts in one table, inf between parts."""
    n = len(graph.part_ix)
    out = np.full((n, n), np.inf)
    for part, walk in enumerate(graph.walk_m):
        rows = graph.rows_of(part)
        out[np.ix_(rows, rows)] = walk
    return out


def _grids(
    problem: Problem, labels: NDArray[np.int64], measured: pd.DataFrame, reach_m: float
) -> gpd.GeoDataFrame:
    """Return one row per grid: code, name, parents, figures, footprint."""
    import geopandas as gpd

    graph, district = problem.graph, problem.district
    row_of = np.zeros(len(graph.node_ix), np.int64)
    row_of[problem.nodes] = np.arange(len(problem.nodes))
    shapes = district.courtyards.geometry.to_numpy()[problem.nodes]
    # beyond its reach a cell is park, hill or sea: not coloured
    feet = shapely.intersection(graph.cells.geometry.to_numpy(), shapely.buffer(shapes, reach_m))
    feet = clean_coverage(feet)
    community = problem.communities[measured["medoid_ix"].to_numpy()]
    xy = shapely.get_coordinates(graph.places)
    weight = np.maximum(problem.weights, 1e-9)
    mass = np.bincount(labels, weights=weight)
    centres = np.stack([np.bincount(labels, weights=weight * xy[:, i]) / mass for i in (0, 1)], 1)
    codes, serials = number_grids([str(c) for c in community], centres)
    parent = district.communities.set_index("community_code").get("subdistrict_code")
    node_labels = labels[problem.nodes]
    footprints = [shapely.coverage_union_all(feet[node_labels == g]) for g in range(len(codes))]
    ids = district.courtyards["courtyard_id"].to_numpy(object)
    return gpd.GeoDataFrame(
        {
            "grid_code": codes,
            "serial": serials,
            "name": [
                grid_name(problem.community_names.get(c, c), int(s))
                for c, s in zip(community, serials, strict=True)
            ],
            "community_code": community,
            "subdistrict_code": "" if parent is None else parent.reindex(community).to_numpy(),
            "households": measured["households"].to_numpy(),
            "n_courtyards": measured["n_courtyards"].to_numpy(),
            "beat_id": None,
            "medoid_id": ids[measured["medoid_ix"].to_numpy()],
            "walk_mean_m": measured["walk_mean_m"].round(1).to_numpy(),
            "walk_max_m": measured["walk_max_m"].round(1).to_numpy(),
            "deviation": measured["deviation"].round(4).to_numpy(),
        },
        geometry=footprints,
        crs=district.crs,
    ).astype({"beat_id": object})


def _part_rows(problem: Problem, found: Partition) -> list[dict[str, Any]]:
    """Return what is known of each part, as plain values."""
    rows = []
    for name, part, solved in zip(problem.graph.part_ids, problem.parts, found.parts, strict=True):
        low, high = solved.band
        rows.append(
            {
                "part_id": name,
                "community_code": name.rpartition("-")[0],
                "n_courtyards": part.n,
                "households": part.total,
                "k": solved.k,
                "objective": solved.objective,
                "bound": solved.bound,
                "lp_bound": solved.lp_bound,
                "status": solved.status,
                # infinity is no JSON number
                "band": [low, high if np.isfinite(high) else None],
                "reason": solved.reason,
            }
        )
    return rows


def _provenance(
    district: District, weight: str, graph: SpatialGraph, crossings: list[dict[str, Any]]
) -> dict[str, Any]:
    """Say what the plan was made from, by what, when."""
    from geogrid import __version__

    return {
        "version": __version__,
        "created": dt.datetime.now(dt.UTC).date().isoformat(),
        "district_name": district.name,
        "synthetic": district.is_synthetic,
        "weight": weight,
        "n_parts": len(graph.part_ids),
        "straight_walks": graph.n_straight,
        "crossings": crossings,
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
    for part, walk in enumerate(graph.walk_m):
        rows = graph.rows_of(part)
        i, j = np.triu_indices(len(rows), 1)
        a, b = _ordered_pairs(rows[i], rows[j], ids)
        frames.append(pd.DataFrame({"a": a, "b": b, "walk_m": walk[i, j]}))
    return pd.concat(frames).sort_values(["a", "b"], ignore_index=True)


def _certificate(problem: Problem, found: Partition, ids: NDArray[np.object_]) -> pd.DataFrame:
    """Return the duals of every relaxation that was solved."""
    import pandas as pd

    frames = []
    for name, part, solved in zip(problem.graph.part_ids, problem.parts, found.parts, strict=True):
        rows = [str(i) for i in ids[problem.nodes[part.units]]]
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
    return pd.concat(frames, ignore_index=True)
