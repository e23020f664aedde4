"""Peers: other people's methods, each given our parts one by one.

A peer takes a case and the number of grids of every part in our optimum, and
returns one label per unit, and notes. Where a peer has chance in it, the best of its runs
by *our* objective is kept, part by part; the CPU seconds count all runs. None
of them optimises that objective by itself: see the page on benchmarks.
"""

from __future__ import annotations

import random
import signal
import tempfile
import warnings
from functools import partial
from pathlib import Path

import numpy as np
from measure import price

SEEDS = 20
# METIS's ufactor: parts may be heavier than the mean by so many thousandths
IMBALANCES = (30, 100, 200, 400)
# steps of every ReCom chain, one chain a part
STEPS = 500
# a start is tried so often before the balance it must keep is loosened
ATTEMPTS = 50
EPSILONS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9)
# the chain may then move within this share of the part's mean
LOOSE = 0.3
# max-p takes a floor instead of a number of grids; floors in multiples of T
FLOORS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
FLOOR = 0.5
FEW_SEEDS = 5
# constructions and CPU seconds of one run of spopt's max-p; it tries 99 unless told
TRIES = 9
RUN_CAP_S = 1.0


def by_part(case, shares, cut_part):
    """Label all units by cutting each part that has a choice; keep labels apart."""
    labels = np.zeros(len(case.xy), np.int64)
    offset = 0
    for part, k in zip(case.parts, shares.tolist(), strict=True):
        if k == 1:
            cut = np.zeros(part.n, np.int64)
        elif k == part.n:
            cut = np.arange(part.n)
        else:
            _, cut = np.unique(cut_part(part, k), return_inverse=True)
        labels[part.units] = cut + offset
        offset += int(cut.max()) + 1
    return labels


class Best:
    """Keep the best of many cuts of one part: right in number first, then by our objective."""

    def __init__(self, part, k, target, balance_m):
        self.part, self.k = part, k
        self.target, self.balance_m = target, balance_m
        self.rank = (np.inf, np.inf)
        self.cut = np.zeros(part.n, np.int64)

    def see(self, cut):
        """Compare one more cut; return its price."""
        names, cut = np.unique(cut, return_inverse=True)
        cost = price(self.part, cut, self.target, self.balance_m)
        rank = (abs(len(names) - self.k), cost)
        if rank < self.rank:
            self.rank, self.cut = rank, cut
        return cost


def neighbours_of(part):
    """Return the list of neighbours of each unit."""
    found = [[] for _ in range(part.n)]
    for a, b in part.edges.tolist():
        found[a].append(b)
        found[b].append(a)
    return found


def metis(case, shares, balance_m):
    """Cut by METIS (k-way, contiguous): 20 seeds times four imbalances."""
    import pymetis

    def cut_part(part, k):
        best = Best(part, k, case.target, balance_m)
        neighbours = neighbours_of(part)
        weights = np.maximum(part.weights, 1).astype(int).tolist()
        for seed in range(SEEDS):
            for ufactor in IMBALANCES:
                options = pymetis.Options(seed=seed, ufactor=ufactor, contig=1)
                _, cut = pymetis.part_graph(
                    k, adjacency=neighbours, vweights=weights, options=options, recursive=False
                )
                best.see(cut)
        return best.cut

    return by_part(case, shares, cut_part), {}


def recom(case, shares, balance_m, *, tilted):
    """Walk by ReCom from a recursive tree cut: plainly, or tilted to our objective."""
    import networkx as nx
    from gerrychain import Graph, MarkovChain, Partition
    from gerrychain.accept import always_accept
    from gerrychain.optimization import SingleMetricOptimizer
    from gerrychain.partition import recursive_tree_part
    from gerrychain.proposals import recom as propose
    from gerrychain.tree import bipartition_tree
    from gerrychain.updaters import cut_edges

    warnings.simplefilter("ignore")

    def start(graph, k, mean, rng):
        bipartition = partial(bipartition_tree, max_attempts=ATTEMPTS)
        for epsilon in EPSILONS:
            try:
                found = recursive_tree_part(
                    graph, range(k), mean, "load", epsilon, bipartition_tree_fn=bipartition, rng=rng
                )
            except (RuntimeError, ValueError, ArithmeticError):
                continue
            return found, epsilon
        raise SystemExit(f"no start within {EPSILONS[-1]} of the mean")

    def cut_part(part, k):
        best = Best(part, k, case.target, balance_m)
        # the library's own seeded generator type
        rng = random.Random(0)  # noqa: S311
        net = nx.Graph()
        net.add_nodes_from((i, {"load": float(w)}) for i, w in enumerate(part.weights))
        net.add_edges_from(part.edges.tolist())
        graph = Graph.from_networkx(net)
        mean = part.total / k
        assignment, epsilon = start(graph, k, mean, rng)
        initial = Partition(graph, assignment, updaters={"cut_edges": cut_edges})
        # a pair that no tree cuts evenly is left for another pair
        bipartition = partial(bipartition_tree, max_attempts=ATTEMPTS, allow_pair_reselection=True)
        proposal = partial(
            propose,
            pop_col="load",
            pop_target=mean,
            epsilon=max(epsilon, LOOSE),
            bipartition_tree_fn=bipartition,
        )

        def score(state):
            return best.see(np.array([state.assignment.mapping[i] for i in range(part.n)]))

        if tilted:
            optimizer = SingleMetricOptimizer(proposal, [], initial, score, maximize=False, rng=rng)
            for _ in optimizer.tilted_run(STEPS, p=0.1):
                pass
        else:
            for state in MarkovChain(proposal, [], always_accept, initial, STEPS, rng=rng):
                score(state)
        return best.cut

    return by_part(case, shares, cut_part), {}


def pygeoda(case, shares, balance_m, *, method):
    """Regionalise coordinates by pygeoda: skater and AZP get our k, max-p ten floors."""
    import pygeoda as library
    from pygeoda.weights import read_gal

    raw = {"scale_method": "raw"}

    def contiguity(part, folder):
        # the library reads neighbours from a file or from shapes, not from arrays
        path = Path(folder) / "part.gal"
        rows = [f"0 {part.n} part unit"]
        for unit, others in enumerate(neighbours_of(part)):
            rows += [f"{unit} {len(others)}", " ".join(map(str, others))]
        path.write_text("\n".join(rows) + "\n", encoding="ascii")
        return read_gal(str(path), [str(i) for i in range(part.n)])

    def cut_part(part, k):
        best = Best(part, k, case.target, balance_m)
        with tempfile.TemporaryDirectory() as folder:
            w = contiguity(part, folder)
        xy, loads = case.xy[part.units].T.tolist(), part.weights.tolist()
        bound = {"bound_variable": loads, "min_bound": FLOOR * case.target}
        if method == "skater":
            best.see(library.skater(k, w, xy, cpu_threads=1, **bound, **raw)["Clusters"])
        elif method == "azp":
            for seed in range(SEEDS):
                run = library.azp_tabu(
                    k, w, xy, tabu_length=10, conv_tabu=10, random_seed=seed + 1, **bound, **raw
                )
                best.see(run["Clusters"])
        else:
            for floor in FLOORS:
                for seed in range(FEW_SEEDS):
                    run = library.maxp_tabu(
                        w,
                        xy,
                        loads,
                        floor * case.target,
                        tabu_length=10,
                        conv_tabu=10,
                        random_seed=seed + 1,
                        cpu_threads=1,
                        **raw,
                    )
                    best.see(run["Clusters"])
        return best.cut

    return by_part(case, shares, cut_part), {}


def spopt(case, shares, balance_m, *, method):
    """Regionalise coordinates by spopt: skater and region k-means get our k, max-p a floor."""
    import geopandas as gpd
    from libpysal.weights import W
    from sklearn.metrics.pairwise import euclidean_distances
    from spopt.region import MaxPHeuristic, RegionKMeansHeuristic
    from spopt.region.skater import SpanningForest

    warnings.simplefilter("ignore")

    # its annealing may turn in place for ever where no unit can move: such a run is dropped
    stopped = []

    def stop(*_):
        raise TimeoutError

    signal.signal(signal.SIGPROF, stop)

    def max_p(part, w, best):
        frame = gpd.GeoDataFrame(
            {"load": part.weights}, geometry=gpd.points_from_xy(*case.xy[part.units].T)
        )
        frame["x"], frame["y"] = case.xy[part.units].T
        for floor in FLOORS[2::2]:
            if part.total < floor * case.target:
                continue
            # the library draws from the module's state
            np.random.seed(0)  # noqa: NPY002
            model = MaxPHeuristic(
                frame,
                w,
                ["x", "y"],
                "load",
                floor * case.target,
                max_iterations_construction=TRIES,
                max_iterations_sa=1,
            )
            signal.setitimer(signal.ITIMER_PROF, RUN_CAP_S)
            try:
                model.solve()
            except TimeoutError:
                stopped.append(part.n)
                continue
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
            best.see(model.labels_)

    def cut_part(part, k):
        best = Best(part, k, case.target, balance_m)
        xy = case.xy[part.units]
        w = W(dict(enumerate(neighbours_of(part))), silence_warnings=True)
        if method == "skater":
            forest = SpanningForest(dissimilarity=euclidean_distances)
            best.see(forest.fit(k, w, data=xy, quorum=1).current_labels_)
        elif method == "k-means":
            for seed in range(FEW_SEEDS):
                model = RegionKMeansHeuristic(xy, k, w, seed=seed)
                model.solve()
                best.see(model.labels_)
        else:
            max_p(part, w, best)
        return best.cut

    labels = by_part(case, shares, cut_part)
    return labels, {"stopped": len(stopped)} if method == "max-p" else {}
