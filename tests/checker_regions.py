"""Regions as the checker lists them: every connected group of places, and what it costs.

Imports nothing of geogrid. Groups of places are bits.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

# regions of one part that are held against its duals; a part with more is left as it is
LISTED = 500_000


@dataclass(frozen=True)
class Ground:
    """Places that regions are made of: weights, neighbours as bits, walks from each to all.

    Groups of places are bits. ``old`` holds the places of each old grid that may be
    carried on, at most once, by one region.
    """

    weight: list[float]
    near: list[int]
    walk: list[list[float]]
    target: float
    balance_m: float
    walk_max_m: float = math.inf
    locked: tuple[int, ...] = ()
    together: tuple[int, ...] = ()
    apart: tuple[int, ...] = ()
    beats: tuple[int, ...] = ()
    split_m: float = 0.0
    old: tuple[int, ...] = ()
    moved_m: float = 0.0

    def load(self, group):
        """Households of a group of places."""
        return sum(w for i, w in enumerate(self.weight) if group >> i & 1)


def allowed(ground, low, high):
    """Yield (members, cost) of every region that the rules allow; nobody in it stays yet."""
    g, met = ground, set()
    ruled = g.locked or g.together or g.apart or g.split_m or g.moved_m
    for members, cost in regions(g, low, high):
        if not ruled:
            yield members, cost
            continue
        group = sum(1 << i for i in members)
        if (
            any(group & lock and group != lock for lock in g.locked)
            or any(group & tie not in {0, tie} for tie in g.together)
            or any(group & pair == pair for pair in g.apart)
        ):
            continue
        met.add(group)
        yield members, cost + _extra(g, group)
    for lock in set(g.locked) - met:
        # a locked region need not fit the band, nor the longest walk
        members = [i for i in range(len(g.weight)) if lock >> i & 1]
        load = g.load(lock)
        walk = min(sum(g.weight[i] * g.walk[i][j] for i in members) for j in members)
        cost = walk + g.balance_m * g.target * ((load - g.target) / g.target) ** 2
        yield members, cost + _extra(g, lock)


def _extra(ground, group):
    """What a region costs besides walk and balance, if it carries on no old one."""
    load = ground.load(group)
    most = max((ground.load(group & beat) for beat in ground.beats), default=load)
    return ground.split_m * (load - most) + ground.moved_m * load


def regions(ground, low, high):
    """Yield (members, cost) of every connected group of places in a band, each once.

    A group grows only by places that no earlier member touches, and never by a
    place before its first: so it is met in one order alone (Wernicke 2006,
    doi:10.1109/TCBB.2006.51). ``reach`` holds the walk of all members to each.
    """
    weight, near, walk = ground.weight, ground.near, ground.walk
    target, balance_m, limit = ground.target, ground.balance_m, ground.walk_max_m
    for first in range(len(weight)):
        before = (1 << first + 1) - 1
        stack = [([first], [0.0], weight[first], near[first] & ~before, near[first] | before)]
        while stack:
            members, reach, load, fringe, seen = stack.pop()
            if low - 1e-6 <= load <= high + 1e-6:
                least = min(reach)
                legs = walk[members[reach.index(least)]]
                if math.isinf(limit) or max(legs[i] for i in members) <= limit:
                    yield members, least + balance_m * target * ((load - target) / target) ** 2
            while fringe:
                bit = fringe & -fringe
                fringe ^= bit
                new = bit.bit_length() - 1
                if load + weight[new] > high + 1e-6:
                    continue
                own, legs = weight[new], walk[new]
                longer = [r + own * legs[i] for r, i in zip(reach, members, strict=True)]
                longer.append(sum([weight[i] * legs[i] for i in members]))
                stack.append(
                    (
                        [*members, new],
                        longer,
                        load + own,
                        fringe | near[new] & ~seen,
                        seen | near[new],
                    )
                )


def least_reduced_cost(ground, band, prices, most=LISTED):
    """Hold every region against every set of duals; None if there are too many regions.

    ``prices`` hold a dual per place, then one per old grid, and that of one more region.
    An old grid that nothing carries on costs nothing: so much its dual may be at most.
    """
    n = len(ground.weight)
    worst = min([-dual for price, _ in prices for dual in price[n:]], default=math.inf)
    for number, (members, cost) in enumerate(allowed(ground, *band)):
        if number >= most:
            return None
        group = sum(1 << i for i in members) if ground.old else 0
        stays = [ground.moved_m * ground.load(group & old) for old in ground.old]
        for price, slope in prices:
            bare = cost - slope - sum([price[i] for i in members])
            saved = max([s + d for s, d in zip(stays, price[n:], strict=True) if s], default=0.0)
            worst = min(worst, bare, bare - saved)
    return worst


def cheapest(ground, band):
    """The least cost of covering a part, per number of regions; only those that can be."""
    by_first = defaultdict(list)
    for members, cost in allowed(ground, *band):
        group = sum(1 << i for i in members)
        ways = [(0, cost)]
        for number, old in enumerate(ground.old):
            if group & old:
                ways.append((1 << number, cost - ground.moved_m * ground.load(group & old)))
        by_first[min(members)].append((group, ways))

    @cache
    def best(left, free):
        if not left:
            return {0: 0.0}
        least = {}
        for group, ways in by_first[(left & -left).bit_length() - 1]:
            if group & left != group:
                continue
            for claim, cost in ways:
                if claim & free == claim:
                    for n, rest in best(left ^ group, free ^ claim).items():
                        least[n + 1] = min(least.get(n + 1, math.inf), cost + rest)
        return least

    return best((1 << len(ground.weight)) - 1, (1 << len(ground.old)) - 1)
