"""Slow and plain twins of the engine, written without it, to compare with."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np


def connected(units, edges):
    """Whether the units hang together."""
    units = set(units)
    if not units:
        return False
    reached, frontier = set(), {min(units)}
    while frontier:
        reached |= frontier
        touched = {b for a, b in edges if a in reached} | {a for a, b in edges if b in reached}
        frontier = (touched & units) - reached
    return reached == units


def components(n, edges):
    """Connected components as sorted lists."""
    left, found = set(range(n)), []
    while left:
        part = {min(left)}
        while True:
            more = {b for a, b in edges if a in part} | {a for a, b in edges if b in part}
            if more <= part:
                break
            part |= more
        found.append(sorted(part))
        left -= part
    return found


def walks(units, edges, coords, detour=1.3):
    """Floyd-Warshall over straight links."""
    units = list(units)
    row = {u: r for r, u in enumerate(units)}
    d = np.full((len(units), len(units)), math.inf)
    np.fill_diagonal(d, 0.0)
    for a, b in edges:
        if a in row and b in row:
            length = math.dist(coords[a], coords[b]) * detour
            d[row[a], row[b]] = d[row[b], row[a]] = min(d[row[a], row[b]], length)
    for m in range(len(units)):
        d = np.minimum(d, d[:, [m]] + d[[m], :])
    return {(i, j): float(d[row[i], row[j]]) for i in units for j in units}


def cost(members, weights, d, target, balance_m):
    """Walk to the medoid plus the price of imbalance."""
    walk = min(sum(weights[i] * d[i, j] for i in members) for j in members)
    total = sum(weights[i] for i in members)
    return walk + balance_m * target * ((total - target) / target) ** 2


def connected_sets(units, edges, weights, low, high):
    """Every connected subset inside the band, by trying all subsets."""
    return [
        subset
        for size in range(1, len(units) + 1)
        for subset in combinations(units, size)
        if low - 1e-9 <= sum(weights[i] for i in subset) <= high + 1e-9 and connected(subset, edges)
    ]


def cheapest_covers(units, sets, price):
    """Cheapest cost of covering the units exactly, per number of sets."""
    best = {}

    def grow(left, used, total):
        if not left:
            best[used] = min(best.get(used, math.inf), total)
            return
        first = min(left)
        for subset in sets:
            if first in subset and left.issuperset(subset):
                grow(left - set(subset), used + 1, total + price[subset])

    grow(frozenset(units), 0, 0.0)
    return best


def best_partition(weights, edges, k, coords, low, high, balance_m, target=None):
    """Optimal objective over all partitions, band ladder included; None if there is none."""
    n = len(weights)
    target = target or sum(weights) / k
    curves = []
    for part in components(n, edges):
        d = walks(part, edges, coords)
        for lo, hi in ((low, high), (low / 2, high * 4 / 3), (0.0, math.inf)):
            sets = connected_sets(part, edges, weights, lo * target, hi * target)
            price = {s: cost(s, weights, d, target, balance_m) for s in sets}
            curve = cheapest_covers(part, sets, price)
            if curve:
                break
        curves.append(curve)
    total = {0: 0.0}
    for curve in curves:
        step = {}
        for used, so_far in total.items():
            for more, extra in curve.items():
                key = used + more
                step[key] = min(step.get(key, math.inf), so_far + extra)
        total = step
    return total.get(k)


def random_planar_part(n, rng, *, spacing=90.0):
    """Points and a connected set of short links between them."""
    from scipy.spatial import Delaunay

    coords = rng.random((n, 2)) * spacing * math.sqrt(n)
    if n < 4:
        return coords, [(i, i + 1) for i in range(n - 1)]
    pairs = set()
    for triangle in Delaunay(coords).simplices:
        for a, b in combinations(sorted(int(x) for x in triangle), 2):
            pairs.add((a, b))
    ordered = sorted(pairs, key=lambda p: math.dist(coords[p[0]], coords[p[1]]))
    kept = list(ordered)
    # drop long links while the part stays whole
    for pair in reversed(ordered):
        rest = [p for p in kept if p != pair]
        if len(rest) >= 1.6 * n and connected(range(n), rest):
            kept = rest
    return coords, sorted(kept)


def random_case(sizes, rng):
    """Several parts side by side: weights, edges, coords."""
    weights, edges, coords, offset = [], [], [], 0
    for n in sizes:
        places, links = random_planar_part(n, rng)
        coords += [(float(x) + 5000 * offset, float(y)) for x, y in places]
        edges += [(a + offset, b + offset) for a, b in links]
        weights += np.round(np.exp(rng.normal(4.4, 0.45, n))).astype(int).tolist()
        offset += n
    return weights, edges, coords


def covers(units, sets):
    """Yield every way to cover the units exactly with some of the sets."""
    left = frozenset(units)
    if not left:
        yield ()
        return
    first = min(left)
    for subset in sets:
        if first in subset and left.issuperset(subset):
            for rest in covers(left - set(subset), sets):
                yield (subset, *rest)


def best_with_rules(weights, edges, k, coords, rules):
    """Optimal objective under locks, ties, walk limit, old layout and beats; None if none.

    ``rules`` is a plain dict: low, high, band, balance_m, target, locked, join, part,
    walk_max_m, previous, moved_m, beats, split_m.
    """
    n = len(weights)
    target = rules.get("target") or sum(weights) / k
    parts = components(n, edges)
    named = [*rules.get("locked", ()), *rules.get("join", ())]
    if not all(any(set(group) <= set(part) for part in parts) for group in named):
        # no region reaches over two parts
        return None
    homes = _homes_of_old(parts, weights, rules.get("previous"))
    curves = []
    for number, part in enumerate(parts):
        d = walks(part, edges, coords)
        own = {c for c, home in homes.items() if home == number}
        curves.append(_curve(part, weights, edges, d, target, rules, own))
        if not curves[-1]:
            return None
    total = {0: 0.0}
    for curve in curves:
        step = {}
        for used, so_far in total.items():
            for more, extra in curve.items():
                step[used + more] = min(step.get(used + more, math.inf), so_far + extra)
        total = step
    return total.get(k)


def _homes_of_old(parts, weights, previous):
    held = {}
    for number, part in enumerate(parts):
        for code in sorted({previous[i] for i in part} if previous is not None else ()):
            weight = sum(weights[i] for i in part if previous[i] == code)
            if code >= 0 and weight > held.get(code, (-1.0, 0))[0]:
                held[code] = (weight, number)
    return {code: number for code, (_, number) in held.items()}


def _curve(part, weights, edges, d, target, rules, own):
    locked = [frozenset(r) for r in rules.get("locked", ()) if set(r) <= set(part)]
    if not all(connected(r, edges) for r in locked):
        return {}
    low, high = rules["low"], rules["high"]
    ladder = ((low, high), (low / 2, high * 4 / 3), (0.0, math.inf))
    for lo, hi in ladder[:1] if rules.get("band") == "hard" else ladder:
        sets = [
            s
            for s in connected_sets(part, edges, weights, lo * target, hi * target)
            if _may_stand(frozenset(s), locked, weights, d, rules)
        ]
        kept = [tuple(sorted(r)) for r in locked if _tied(r, rules)]
        sets += [r for r in kept if r not in sets]
        curve = {}
        for cover in covers(part, sets):
            price = sum(cost(s, weights, d, target, rules["balance_m"]) for s in cover)
            price += _split(cover, weights, rules) + _moved(cover, weights, rules, own)
            curve[len(cover)] = min(curve.get(len(cover), math.inf), price)
        if curve:
            return curve
    return {}


def _may_stand(group, locked, weights, d, rules):
    if group in locked:
        return _tied(group, rules)
    if any(group & r for r in locked) or not _tied(group, rules):
        return False
    if rules.get("walk_max_m") is None:
        return True
    # equal walks: the smallest unit is the medoid
    medoid = min(sorted(group), key=lambda j: sum(weights[i] * d[i, j] for i in sorted(group)))
    return max(d[i, medoid] for i in group) <= rules["walk_max_m"]


def _tied(group, rules):
    join = all(not group & set(t) or set(t) <= group for t in rules.get("join", ()))
    return join and not any(set(pair) <= group for pair in rules.get("part", ()))


def _split(cover, weights, rules):
    beats = rules.get("beats")
    if beats is None:
        return 0.0
    total = 0.0
    for group in cover:
        held = {}
        for i in group:
            held[beats[i]] = held.get(beats[i], 0.0) + weights[i]
        total += sum(held.values()) - max(held.values())
    return rules["split_m"] * total


def _moved(cover, weights, rules, own):
    previous = rules.get("previous")
    if previous is None:
        return 0.0
    from scipy.optimize import linear_sum_assignment

    codes = sorted(own)
    stays = np.zeros((len(cover), max(1, len(codes))))
    for g, group in enumerate(cover):
        for c, code in enumerate(codes):
            stays[g, c] = sum(weights[i] for i in group if previous[i] == code)
    rows, columns = linear_sum_assignment(-stays)
    everybody = sum(weights[i] for group in cover for i in group)
    return rules["moved_m"] * (everybody - stays[rows, columns].sum())


def violations(found, weights, edges, coords, k, *, within=None, balance_m=500.0):
    """Everything that is wrong with a result of `partition`, as sentences."""
    labels = [int(r) for r in found.labels]
    within = [0] * len(weights) if within is None else list(within)
    inner = [(a, b) for a, b in edges if within[a] == within[b]]
    wrong = _ill_shaped(found, labels, inner, within, k)
    if wrong:
        return wrong
    groups = [[i for i, r in enumerate(labels) if r == region] for region in range(k)]
    total = 0.0
    for number, part in enumerate(found.parts):
        units = part.units.tolist()
        own = [g for g in groups if g[0] in units]
        if sorted(map(tuple, own)) != sorted(tuple(r.tolist()) for r in part.regions):
            wrong.append(f"part {number} lists other regions than the labels say")
        low, high = (edge * found.target for edge in part.band)
        loads = [sum(weights[i] for i in group) for group in own]
        outside = [load for load in loads if not low - 1e-6 <= load <= high + 1e-6]
        wrong += [f"a region of part {number} has {x}, outside {low} to {high}" for x in outside]
        d = walks(units, inner, coords)
        spent = sum(cost(g, weights, d, found.target, balance_m) for g in own)
        total += spent
        if not math.isclose(spent, part.objective, rel_tol=1e-9, abs_tol=1e-6):
            wrong.append(f"part {number} costs {spent}, not {part.objective}")
    if not math.isclose(total, found.objective, rel_tol=1e-9, abs_tol=1e-6):
        wrong.append(f"all costs {total}, not {found.objective}")
    return wrong + _dishonest(found, total)


def _ill_shaped(found, labels, inner, within, k):
    """What keeps labels from being k connected regions inside the groups."""
    if set(labels) != set(range(k)):
        return [f"labels are {sorted(set(labels))}, not 0 to {k - 1}"]
    groups = [[i for i, r in enumerate(labels) if r == region] for region in range(k)]
    wrong = [f"region {r} is in pieces" for r, g in enumerate(groups) if not connected(g, inner)]
    wrong += [
        f"region {r} lies in several groups"
        for r, g in enumerate(groups)
        if len({within[i] for i in g}) > 1
    ]
    if [min(g) for g in groups] != sorted(min(g) for g in groups):
        wrong.append("regions are not numbered by their smallest unit")
    if [p.units.tolist() for p in found.parts] != components(len(labels), inner):
        wrong.append("the parts are not the connected components")
    return wrong


def _dishonest(found, total):
    """What bound and status claim beyond what they may."""
    if found.bound is None:
        return [] if found.status == "heuristic" else [f"no bound, but {found.status}"]
    if found.bound > total * (1 + 1e-9) + 1e-6:
        return [f"the bound {found.bound} lies above the cost {total}"]
    honest = "optimal" if total - found.bound <= 1e-6 * total + 1e-9 else "gap"
    return [] if found.status == honest else [f"the status is {found.status}, not {honest}"]
