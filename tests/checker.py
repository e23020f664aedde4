"""Re-prove a plan from its file alone: python tests/checker.py PLAN.gpkg [--grids K].

Imports nothing of geogrid. Every claim of a plan is worked out again from the
layers: who is where, what hangs together, what it costs; for every part whose
possible regions can be listed, that no region costs less than its certificate
says; and for parts small enough to try everything, that nothing costs less.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import pyogrio
import shapely
from checker_regions import LISTED, Ground, cheapest, least_reduced_cost, regions
from scipy.optimize import linear_sum_assignment

__all__ = ["Ground", "check_plan", "examine", "least_reduced_cost", "regions"]

LAYERS = (
    *("communities", "courtyards", "cells", "contiguity", "walks"),
    *("gov_grids", "pairings", "report", "certificate"),
)
# parts of at most so many places are solved again by trying everything
SMALL = 13


class Claims:
    """The layers of one plan as plain dictionaries."""

    def __init__(self, path):
        for layer in LAYERS:
            frame = pyogrio.read_dataframe(path, layer=layer)
            setattr(self, layer, frame.astype(object).where(frame.notna(), None))
        self.said = {r.key: json.loads(r.value) for r in self.report.itertuples()}
        rows = list(self.courtyards.itertuples())
        self.grid_of = {r.courtyard_id: r.grid_code for r in rows}
        self.community_of = {r.courtyard_id: r.community_code for r in rows}
        self.part_of = {r.courtyard_id: r.part_id for r in rows}
        weight = self.said["provenance"]["weight"]
        self.weight = {r.courtyard_id: float(getattr(r, weight)) for r in rows}
        self.households = {r.courtyard_id: r.households for r in rows}
        self.walk = {(r.a, r.b): r.walk_m for r in self.walks.itertuples()}
        self.walk |= {(b, a): w for (a, b), w in self.walk.items()}
        # courtyards in one spot are one place: they move together
        self.spot = {i: i for i in self.grid_of}
        for r in self.contiguity.itertuples():
            if r.border_m == 0 and r.link_m == 0 and r.usable == 1:
                self.spot[max(r.a, r.b)] = min(r.a, r.b)
        self.edges = [r for r in self.contiguity.itertuples() if r.usable == 1]
        self.members = defaultdict(list)
        for courtyard, grid in self.grid_of.items():
            self.members[grid].append(courtyard)
        rule = self.said["rules"]["partition"]
        self.target, self.balance_m = self.said["target"], rule["balance_m"]
        # a layout changed by hand tells which grids left their band or walk too far
        self.edited = self.said.get("edited", {})
        self.keep = self.said["rules"].get("keep", {})
        self.moved_m, self.split_m = (self.keep.get(key, 0) for key in ("moved_m", "split_m"))
        # a place goes by the beat and the old grid of its heaviest courtyard that has one
        self.beat = self._at_places("beat_id")
        self.old = self._at_places("previous_grid") if "continuity" in self.said else {}
        self.home = self._homes()

    def _at_places(self, column):
        """Return what the heaviest courtyard of each place says, of equals the first."""
        found = {}
        for r in self.courtyards.itertuples():
            said, weight = getattr(r, column, None), self.weight[r.courtyard_id]
            p = self.spot[r.courtyard_id]
            if said and (p not in found or weight > found[p][0]):
                found[p] = (weight, said)
        return {p: said for p, (_, said) in found.items()}

    def _homes(self):
        """Return the part that may carry on each old grid: the first that holds most of it."""
        held = defaultdict(float)
        for i, p in self.spot.items():
            if p in self.old:
                held[self.old[p], self.part_of[i]] += self.weight[i]
        home = {}
        for part in [p["part_id"] for p in self.said["parts"]]:
            for old in set(self.old.values()):
                share = held.get((old, part), -1.0)
                if share >= 0 and share > home.get(old, (-1.0, ""))[0]:
                    home[old] = (share, part)
        return {old: part for old, (_, part) in home.items()}

    def claims(self, part):
        """Return the old grids that a part may carry on, where moving costs."""
        return sorted(o for o, p in self.home.items() if p == part) if self.moved_m else []

    def staying(self, groups, part):
        """Return the most households that can stay if each old grid is carried on once."""
        claims = self.claims(part)
        held = [
            [sum(self.weight[i] for i in g if self.old.get(self.spot[i]) == o) for o in claims]
            for g in groups
        ]
        if not groups or not claims:
            return 0.0
        a, b = linear_sum_assignment(held, maximize=True)
        return sum(held[i][j] for i, j in zip(a, b, strict=True))

    def spent(self, part):
        """Return what the grids of a part cost together."""
        groups = [g for g in self.members.values() if self.part_of[g[0]] == part]
        moved = sum(self.weight[i] for g in groups for i in g) - self.staying(groups, part)
        return sum(map(self.cost, groups)) + self.moved_m * moved

    def d(self, a, b):
        return 0.0 if a == b else self.walk.get((a, b), math.inf)

    def cost(self, group):
        """Walk to the best medoid, the price of imbalance, that of households in other beats."""
        walk = min(sum(self.weight[i] * self.d(i, j) for i in group) for j in group)
        total = sum(self.weight[i] for i in group)
        if self.split_m:
            beats = Counter()
            for i in group:
                beats[self.beat[self.spot[i]]] += self.weight[i]
            walk += self.split_m * (total - max(beats.values()))
        return walk + self.balance_m * self.target * ((total - self.target) / self.target) ** 2


def hangs_together(group, neighbours):
    """Whether a group is one piece on usable edges."""
    group = set(group)
    seen, stack = set(), [next(iter(group))]
    while stack:
        here = stack.pop()
        if here not in seen:
            seen.add(here)
            stack += neighbours[here] & group - seen
    return seen == group


@dataclass(frozen=True)
class Verdict:
    """Every fault found, as sentences, and how many parts were looked at in which way."""

    faults: list[str]
    ways: Counter


def check_plan(path, *, n_grids=None, small=SMALL, listed=LISTED):
    """Return every fault found, as sentences; an empty list proves the plan."""
    return examine(path, n_grids=n_grids, small=small, listed=listed).faults


def examine(path, *, n_grids=None, small=SMALL, listed=LISTED):
    """Check a plan and also tell how far each part could be checked."""
    c = Claims(path)
    neighbours = defaultdict(set)
    for edge in c.edges:
        neighbours[edge.a].add(edge.b)
        neighbours[edge.b].add(edge.a)
    ways = Counter()
    faults = [
        *_counts(c, n_grids),
        *_codes(c),
        *_kept(c),
        *_continuity(c),
        *_nesting(c),
        *_edges(c),
        *(
            f"grid {grid} is not connected on usable edges"
            for grid, group in c.members.items()
            if not hangs_together(group, neighbours)
        ),
        *_parts(c, neighbours),
        *_cells(c),
        *_pairings(c),
        *_objective(c),
        *_bounds(c, (small, listed), ways),
    ]
    return Verdict(faults, ways)


def _counts(c, n_grids):
    ids = Counter(c.courtyards["courtyard_id"])
    yield from (f"courtyard {i} stands {n} times" for i, n in ids.items() if n > 1)
    yield from (f"courtyard {i} has no grid" for i, g in c.grid_of.items() if not g)
    listed = set(c.gov_grids["grid_code"])
    yield from (f"grid {g} is used but not listed" for g in sorted(set(c.members) - listed))
    yield from (f"grid {g} holds no courtyard" for g in sorted(listed - set(c.members)))
    if n_grids is not None and len(listed) != n_grids:
        yield f"{len(listed)} grids, not {n_grids}"
    for row in c.gov_grids.itertuples():
        group = c.members.get(row.grid_code, [])
        if row.n_courtyards != len(group):
            yield f"grid {row.grid_code} says {row.n_courtyards} courtyards, has {len(group)}"
        households = sum(c.households[i] for i in group)
        if row.households != households:
            yield f"grid {row.grid_code} says {row.households} households, has {households:g}"


def _codes(c):
    codes = Counter(c.gov_grids["grid_code"])
    yield from (f"code {code} stands {n} times" for code, n in codes.items() if n > 1)
    serials = defaultdict(list)
    for row in c.gov_grids.itertuples():
        found = re.fullmatch(re.escape(row.community_code) + r"(\d{3})", row.grid_code)
        if not found:
            yield f"code {row.grid_code} is not community {row.community_code} and three digits"
        else:
            serials[row.community_code].append(int(found[1]))
    again = set(c.members) & set(c.edited.get("codes_retired", []))
    yield from (f"code {code} was given before" for code in sorted(again))
    if "continuity" in c.said or c.edited:
        # serials go on from the layout before
        return
    for community, numbers in serials.items():
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            yield f"serials of community {community} are not 1 to {len(numbers)}"


def _kept(c):
    """Check that locks, ties and the hard band were obeyed."""
    grids = {frozenset(g) for g in c.members.values()}
    for lock in c.keep.get("locked", []):
        spots = {c.spot[i] for i in lock}
        if frozenset(i for i, p in c.spot.items() if p in spots) not in grids:
            yield f"{', '.join(lock)} are locked into one grid and are none"
    for tie in c.keep.get("together", []):
        if len({c.grid_of[i] for i in tie}) > 1:
            yield f"{', '.join(tie)} share no grid"
    for a, b in c.keep.get("apart", []):
        if c.grid_of[a] == c.grid_of[b]:
            yield f"{a} and {b} share a grid"
    rule = c.said["rules"]["partition"]
    for part in c.said["parts"]:
        if rule.get("band") == "hard" and tuple(part["band"]) != (rule["low"], rule["high"]):
            yield f"part {part['part_id']} uses another band, and the band is hard"


def _continuity(c):
    """Check who stays, and that no code was given twice."""
    said = c.said.get("continuity")
    if said is None:
        return
    before = {r.courtyard_id: r.previous_grid for r in c.courtyards.itertuples()}
    carried, used = said["carried_on"], set(c.members)
    if len(set(carried.values())) != len(carried):
        yield "a grid carries on two old ones"
    had = [i for i in before if before[i]]
    moved = [i for i in had if carried.get(before[i]) != c.grid_of[i]]
    staying = sum(c.households[i] for i in set(had) - set(moved))
    if sorted(moved) != sorted(said["moved"]) or staying != said["households_staying"]:
        yield f"{len(moved)} courtyards moved and {staying} households stay, not as the report says"
    again = used & set(said["codes_retired"])
    again |= {code for code in used & {before[i] for i in had} if carried.get(code) != code}
    yield from (f"code {code} was given before" for code in sorted(again))
    for code in said["codes_new"]:
        if code not in used or code in carried.values():
            yield f"code {code} is not new"


def _nesting(c):
    home = dict(zip(c.gov_grids["grid_code"], c.gov_grids["community_code"], strict=True))
    known = set(c.communities["community_code"])
    for courtyard, grid in c.grid_of.items():
        own = c.community_of[courtyard]
        if own not in known:
            yield f"courtyard {courtyard} is in no community"
        if home.get(grid) != own:
            yield f"courtyard {courtyard} of {own} lies in grid {grid} of {home.get(grid)}"
    for grid, group in c.members.items():
        if len({c.part_of[i] for i in group}) > 1:
            yield f"grid {grid} reaches over two parts"


def _edges(c):
    rule = c.said["rules"]["contiguity"]
    waived = {frozenset(pair) for pair in rule["waivers"]}
    for e in c.edges:
        pair = frozenset((e.a, e.b))
        if c.community_of[e.a] != c.community_of[e.b]:
            yield f"usable edge {e.a} - {e.b} crosses a community border"
        if e.barrier is not None and pair not in waived:
            yield f"usable edge {e.a} - {e.b} crosses {e.barrier} without a waiver"
        if e.link_m > rule["max_link_m"] + 1e-6:
            yield f"usable edge {e.a} - {e.b} is a walk of {e.link_m} m"
        same_spot = e.border_m == 0 and e.link_m == 0
        if e.barrier is None and not same_spot and e.border_m < rule["min_border_m"] - 0.01:
            yield f"usable edge {e.a} - {e.b} shares only {e.border_m} m of border"


def _parts(c, neighbours):
    """Check that parts are what usable edges leave connected, no more and no less."""
    members = defaultdict(list)
    for courtyard, part in c.part_of.items():
        members[part].append(courtyard)
    for part, group in members.items():
        if not hangs_together(group, neighbours):
            yield f"part {part} is not connected on usable edges"
    for e in c.edges:
        if c.part_of[e.a] != c.part_of[e.b]:
            yield f"usable edge {e.a} - {e.b} joins two parts"
    said = {p["part_id"] for p in c.said["parts"]}
    if said != set(members):
        yield "the report lists other parts than the courtyards name"


def _pairings(c):
    """Check that every grid of a paired layer has one row, and its beat exists."""
    for layer, rows in c.pairings.groupby("grid_layer"):
        twice = [code for code, n in Counter(rows["grid_code"]).items() if n > 1]
        yield from (f"{layer} {code} is paired twice" for code in twice)
        if layer == "gov_grids":
            lost = set(c.members) - set(rows["grid_code"])
            yield from (f"grid {code} is not paired" for code in sorted(lost))
            lead = dict(zip(rows["grid_code"], rows["beat_id"], strict=True))
            for row in c.gov_grids.itertuples():
                if lead.get(row.grid_code) != row.beat_id:
                    yield f"grid {row.grid_code} and its pairing name two beats"
        wrong = rows[rows["households_inside"] > rows["households"]]["grid_code"]
        yield from (f"{layer} {code} has more households inside than in all" for code in wrong)


def _cells(c):
    shapes = c.cells.geometry.to_numpy()
    if not shapely.coverage_is_valid(shapes):
        yield "the cells are no valid coverage"
    if not shapely.coverage_is_valid(c.gov_grids.geometry.to_numpy()):
        yield "the grids' footprints overlap or do not fit together"
    missing = set(c.grid_of) - set(c.cells["courtyard_id"])
    spots = {frozenset((e.a, e.b)) for e in c.edges if e.border_m == 0 and e.link_m == 0}
    alone = [i for i in missing if not any(i in pair for pair in spots)]
    yield from (f"courtyard {i} has no cell" for i in sorted(alone))


def _objective(c):
    total = sum(c.spent(part["part_id"]) for part in c.said["parts"])
    said = c.said["objective"]
    if not math.isclose(total, said, rel_tol=1e-6):
        yield f"the objective is {total:.3f}, not {said:.3f}"
    bound = c.said["bound"]
    if bound is not None and bound > said * (1 + 1e-9):
        yield f"the bound {bound} lies above the objective {said}"
    if (c.said["status"] == "edited") != bool(c.edited):
        yield f"status {c.said['status']} does not fit what the report says of edits"
    closed = bound is not None and said - bound <= 1e-6 * max(1.0, abs(said))
    if not c.edited and (c.said["status"] == "optimal") != closed:
        yield f"status {c.said['status']} does not fit a gap of {c.said['gap']}"


def _bounds(c, limits, ways):
    """Check the duals over all regions, and the optimum of every small part."""
    small, listed = limits
    units = defaultdict(list)
    for courtyard, part in c.part_of.items():
        units[part].append(courtyard)
    duals = defaultdict(lambda: defaultdict(dict))
    for row in c.certificate.itertuples():
        duals[row.part_id][row.k][row.row] = row.dual
    curves = []
    for part in c.said["parts"]:
        name, k = part["part_id"], part["k"]
        own = sorted(units[name])
        spent, claims = c.spent(name), c.claims(name)
        used = sum(c.part_of[g[0]] == name for g in c.members.values())
        if used != k:
            yield f"part {name} has {used} grids, not {k}"
        yield from _in_band(c, part)
        if not math.isclose(spent, part["objective"], rel_tol=1e-6, abs_tol=1e-6):
            yield f"part {name} costs {spent:.3f}, not {part['objective']:.3f}"
        cuts = list(duals[name].values())
        strays = sorted({row for cut in cuts for row in cut} - {*own, "k"} - _rows_of(claims))
        yield from (f"part {name}: the certificate prices {row} of elsewhere" for row in strays)
        proven = {int(n): math.inf if v is None else v for n, v in part["proven"].items()}
        places = sorted({c.spot[i] for i in own})
        ground, way = _ground(c, places, claims), "without duals"
        if cuts:
            prices = [_by_place(c, places, claims, cut) for cut in cuts]
            worst = least_reduced_cost(ground, _absolute(c, part["band"]), prices, most=listed)
            way = "duals held against all regions" if worst is not None else "too many regions"
            if worst is not None and worst < -1e-6 * (1 + spent):
                yield f"part {name}: a region costs {-worst:.6f} less than the certificate says"
        exact = {}
        if len(places) <= small:
            way = "solved again by trying everything"
            exact = yield from _small_part(c, part, ground, spent)
        ways[way] += 1
        for cut in cuts:
            least = _bound(cut, k)
            if least > spent * (1 + 1e-6) + 1e-6 and not _is_loose(c, part):
                yield f"part {name}: a certificate bounds it by {least:.3f} above its cost"
        curve = {
            n: exact.get(n, max([_bound(cut, n) for cut in cuts] + [proven.get(n, 0.0)]))
            for n in _possible(c, part, ground)
        }
        if part["status"] == "edited" and (part["bound"] or 0) > curve.get(k, 0) * (1 + 1e-6):
            yield f"part {name} says a bound of {part['bound']:.3f} that nothing proves"
        curves.append(curve)
    yield from _apportionment(c, curves)


def _absolute(c, band):
    """A band in households; no upper edge is infinite."""
    low, high = band
    return low * c.target, math.inf if high is None else high * c.target


def _is_loose(c, part):
    """Whether an edit put a grid of a part beyond its rules: it may cost less than any plan."""
    said = {*c.edited.get("out_of_band", []), *c.edited.get("too_far", [])}
    return any(c.part_of[c.members[g][0]] == part["part_id"] for g in said & set(c.members))


def _in_band(c, part):
    """Check that every grid which is not locked fits its part's band and the longest walk.

    After an edit those that do not must be told, and no others.
    """
    low, high = _absolute(c, part["band"])
    limit = c.said["rules"]["partition"].get("walk_max_m") or math.inf
    locks = [{c.spot[i] for i in group} for group in c.keep.get("locked", [])]
    for code, group in c.members.items():
        if c.part_of[group[0]] != part["part_id"] or {c.spot[i] for i in group} in locks:
            continue
        load = sum(c.weight[i] for i in group)
        is_off = not low - 1e-6 <= load <= high + 1e-6
        if is_off != (code in c.edited.get("out_of_band", [])):
            how = "and does not say so" if is_off else "says the report"
            yield f"grid {code} has {load:g}, outside its part's band of {low:g} to {high:g} {how}"
        reach = {j: sum(c.weight[i] * c.d(i, j) for i in group) for j in group}
        # of equally good medoids any may be meant
        best = [j for j in group if reach[j] <= min(reach.values()) * (1 + 1e-9)]
        far = min(max(c.d(i, j) for i in group) for j in best)
        is_far = far > limit + 1e-6
        if is_far != (code in c.edited.get("too_far", [])):
            how = "and the report does not say so" if is_far else "says the report"
            yield f"somebody in grid {code} walks {far:.0f} m, more than {limit:g} {how}"


def _rows_of(claims):
    """The certificate's rows of old grids."""
    return {f"old:{old}" for old in claims}


def _possible(c, part, ground):
    """The numbers of grids that the band leaves possible by weight alone, beside the locks."""
    low, high = _absolute(c, part["band"])
    locked = sum(ground.locked)
    load = sum(ground.weight) - ground.load(locked)
    left, n_locked = len(ground.weight) - locked.bit_count(), len(ground.locked)
    slack = 1e-6 * (1 + load)
    return [
        n_locked + n
        for n in range(bool(left), left + 1)
        if n == 0 or (n * low <= load + slack and n * high >= load - slack)
    ]


def _bound(cut, k):
    """What one set of duals says that k regions cost at least."""
    return sum(v for key, v in cut.items() if key != "k") + k * cut["k"]


def _apportionment(c, curves):
    """Share the grids out anew over the bounds: nothing may come below the objective."""
    claimed = {"optimal": c.said["objective"], "edited": c.said["bound"]}.get(c.said["status"])
    if c.said["rules"]["partition"]["apportion"] != "optimal" or claimed is None:
        return
    total = {0: 0.0}
    n_grids = len(c.members)
    for curve in curves:
        step = {}
        for used, so_far in total.items():
            for more, extra in curve.items():
                if used + more <= n_grids and so_far + extra < step.get(used + more, math.inf):
                    step[used + more] = so_far + extra
        total = step
    least = total.get(n_grids, math.inf)
    if least < claimed * (1 - 1e-6):
        yield (
            f"the grids can be shared out for {least:.3f} by what is proven, "
            f"the plan claims that none costs less than {claimed:.3f}"
        )


def _ground(c, places, claims=()):
    """Number the places of a part."""
    number = {p: i for i, p in enumerate(places)}
    weight, near = [0.0] * len(places), [0] * len(places)
    for courtyard, p in c.spot.items():
        if p in number:
            weight[number[p]] += c.weight[courtyard]
    for e in c.edges:
        a, b = number.get(c.spot[e.a]), number.get(c.spot[e.b])
        if a is not None and b is not None and a != b:
            near[a] |= 1 << b
            near[b] |= 1 << a
    walk = [[c.d(p, q) for q in places] for p in places]
    limit = c.said["rules"]["partition"].get("walk_max_m")

    def bits(named):
        return sum(1 << number[p] for p in set(named) if p in number)

    def inside(rule):
        named = [{c.spot[i] for i in group} for group in c.keep.get(rule, [])]
        return tuple(bits(group) for group in named if group <= set(places) and len(group) > 0)

    beats = sorted({c.beat[p] for p in places}) if c.split_m else []
    return Ground(
        weight,
        near,
        walk,
        c.target,
        c.balance_m,
        math.inf if limit is None else limit,
        locked=inside("locked"),
        together=inside("together"),
        apart=inside("apart"),
        beats=tuple(bits(p for p in places if c.beat[p] == beat) for beat in beats),
        split_m=c.split_m,
        old=tuple(bits(p for p in places if c.old.get(p) == old) for old in claims),
        moved_m=c.moved_m,
    )


def _by_place(c, places, claims, cut):
    """Return the dual of each place and old grid, and that of one more region."""
    price = dict.fromkeys(places, 0.0)
    for row, dual in cut.items():
        if c.spot.get(row) in price:
            price[c.spot[row]] += dual
    return [*price.values(), *(cut.get(f"old:{old}", 0.0) for old in claims)], cut["k"]


def _small_part(c, part, ground, spent):
    """Try everything on a small part: its optimum for every k, its band."""
    name, band = part["part_id"], tuple(part["band"])
    curve = cheapest(ground, _absolute(c, band))
    best = curve.get(part["k"], math.inf)
    is_edited = part["status"] == "edited" and (best <= spent or _is_loose(c, part))
    if not is_edited and not math.isclose(best, spent, rel_tol=1e-6, abs_tol=1e-6):
        yield f"part {name} can be had for {best:.3f}, the plan takes {spent:.3f}"
    rule = c.said["rules"]["partition"]
    for narrower in ((rule["low"], rule["high"]), (rule["low"] / 2, rule["high"] * 4 / 3)):
        if narrower == band:
            break
        if cheapest(ground, _absolute(c, narrower)):
            low, high = narrower
            yield f"part {name} uses a band wider than [{low:g}, {high:g}], which would do"
            break
    return {n: curve.get(n, math.inf) for n in range(1, len(ground.weight) + 1)}


def main():
    """Print the faults of a plan; exit 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--grids", type=int)
    given = parser.parse_args()
    verdict = examine(given.plan, n_grids=given.grids)
    for way, count in sorted(verdict.ways.items()):
        print(f"parts {way}: {count}")
    print("\n".join(verdict.faults) or "every claim holds")
    sys.exit(bool(verdict.faults))


if __name__ == "__main__":
    main()
