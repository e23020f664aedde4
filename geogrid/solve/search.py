"""Search: good covers of parts whose regions are too many to list.

Seeded annealing from many starts, then the best choice among all regions met
(a set partition over them), then exact re-solving of small neighbourhoods.
Nothing found here is claimed optimal; the bound is a valid one of its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import SolverError
from geogrid.solve.clock import Clock
from geogrid.solve.columns import Columns, columns_of_sets
from geogrid.solve.floors import walk_floor
from geogrid.solve.master import Master
from geogrid.solve.mending import mend
from geogrid.solve.report import NO_COVER, Cover, PartReport
from geogrid.solve.starts import annealed
from geogrid.solve.study import PartStudy, likely_k, narrowest_band, possible_ks
from geogrid.solve.terms import apply_rules

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.solve.part_rules import PartRules
    from geogrid.solve.parts import Part
    from geogrid.solve.result import Cause

__all__ = ["SearchStudy", "open_search", "sketch"]

# annealing runs per number of regions, and tries per unit in each
_RUNS, _TRIES = 16, 2500
# the same for a first plan, to have one at all
_SKETCH_RUNS, _SKETCH_TRIES = 2, 120


class SearchStudy(PartStudy):
    """Hold what a search knows of one part.

    Parameters
    ----------
    part : Part
        The problem.
    rules : PartRules
        What regions must obey.
    band : tuple of float
        Band in use, in multiples of T.
    ks : range
        Numbers of regions that the band leaves possible.
    seed : int
        Same seed, same covers.
    cause, reason : str
        Why the part is searched instead of listed, in a word and in a sentence.
    """

    is_exact = False

    def __init__(
        self,
        part: Part,
        rules: PartRules,
        band: tuple[float, float],
        ks: range,
        *,
        seed: int,
        cause: Cause,
        reason: str,
    ) -> None:
        super().__init__(part, rules, band, ks)
        self.seed = seed
        self.cause: Cause = cause
        self.reason = reason
        self.floors: list[NDArray[np.float64]] = []

    def relax(self, k: int, clock: Clock) -> None:
        """Do nothing: the floors bound every k."""

    def pack(self, k: int, clock: Clock) -> Cover:
        """Return the best cover found by k regions; what was asked before changes nothing."""
        part, rules, band = self.part, self.rules, self.band
        covers = annealed(part, k, rules, band, seed=self.seed, runs=_RUNS, tries=_TRIES)
        cover = _best_choice(part, rules, band, covers, k, clock)
        if cover.exists and not rules.moved_m:
            regions = mend(part, rules, band, list(cover.regions), clock)
            cover = _priced(part, rules, regions)
        return cover

    def bound_walks(self) -> None:
        """Work out the floors under every k."""
        ks = {self.ks[0], likely_k(self.part, self.rules, self.ks), self.ks[-1]}
        self.floors = [walk_floor(self.part, k) for k in sorted(ks)]

    def report(self) -> PartReport:
        """Return what is known so far."""
        return replace(self.start_of_report(self.cause, self.reason), floors=tuple(self.floors))

    @property
    def nbytes(self) -> int:
        """Return the memory that keeping it takes."""
        return sum(f.nbytes for f in self.floors)


def _best_choice(
    part: Part,
    rules: PartRules,
    band: tuple[float, float],
    covers: list[NDArray[np.int64]],
    k: int,
    clock: Clock,
) -> Cover:
    """Choose the best k of all the regions that some covers are made of.

    ``covers`` hold the region of each unit; regions that break a rule or leave
    the band are not looked at.
    """
    met: dict[bytes, NDArray[np.int64]] = {}
    for label in covers:
        for region in range(k):
            rows = np.flatnonzero(label == region)
            met.setdefault(rows.tobytes(), rows)
    pool = _pool(part, rules, [met[key] for key in sorted(met)])
    low, high = rules.limits(band)
    slack = 1e-9 * (1.0 + part.total)
    fits = (pool.weight >= low - slack) & (pool.weight <= high + slack)
    pool = apply_rules(pool.take(np.flatnonzero(fits)), part, rules)
    if not len(pool):
        return NO_COVER
    packing = Master(part, pool).certify(k, clock)
    if not np.isfinite(packing.cost):
        return NO_COVER
    regions = tuple(pool.units_of(int(c)) for c in packing.columns)
    return Cover(packing.cost, regions, pool.medoid[packing.columns].astype(np.int64))


def _pool(part: Part, rules: PartRules, sets: list[NDArray[np.int64]]) -> Columns:
    """Return some sets of units as columns."""
    return columns_of_sets(part, sets, target=rules.target, balance_m=rules.balance_m)


def _priced(part: Part, rules: PartRules, regions: list[NDArray[np.int64]]) -> Cover:
    """Return a cover with its price by all rules."""
    priced = apply_rules(_pool(part, rules, regions), part, rules)
    return Cover(float(priced.cost.sum()), tuple(regions), priced.medoid.astype(np.int64))


def open_search(
    part: Part,
    rules: PartRules,
    *,
    seed: int,
    cause: Cause,
    why: str,
    before: PartReport | None,
    clock: Clock,
) -> SearchStudy:
    """Open a part for searching, in the narrowest band in which a cover is found.

    Parameters
    ----------
    part : Part
        The problem.
    rules : PartRules
        What regions must obey.
    seed : int
        Same seed, same cover.
    cause, why : str
        Why the part is searched instead of listed, in a word and in a sentence.
    before : PartReport, optional
        What is known from an earlier visit.
    clock : Clock
        When to stop.

    Returns
    -------
    SearchStudy
        With at least one k for which a cover was found.

    Raises
    ------
    SolverError
        If no cover was found in any band; one may exist all the same.
    """
    for band in rules.bands if before is None else (before.band,):
        ks = possible_ks(part, rules, band)
        if not ks:
            continue
        reason = why
        if band != rules.bands[0]:
            low, high = rules.bands[0]
            reason += f"; no cover was found in [{low:g}, {high:g}] T"
        study = SearchStudy(part, rules, band, ks, seed=seed, cause=cause, reason=reason)
        if before is not None:
            study.covers, study.steps = dict(before.covers), list(before.steps)
            study.floors = list(before.floors)
            return study
        likely = likely_k(part, rules, ks)
        for k in sorted(ks, key=lambda k: abs(k - likely))[:3]:
            study.ask(("pack", k), clock)
            if study.covers[k].exists:
                study.bound_walks()
                return study
    msg = (
        f"No cover of a part of {part.n} units was found that obeys the rules; there may be one. "
        "Widen the band, drop a rule, or cut the part by a barrier."
    )
    raise SolverError(msg, units=part.units.tolist())


def sketch(part: Part, rules: PartRules, k: int, *, seed: int) -> Cover:
    """Find some cover by k regions in a moment, to have one at all.

    Parameters
    ----------
    part : Part
        The problem.
    rules : PartRules
        What regions must obey.
    k : int
        Regions.
    seed : int
        Same seed, same cover.

    Returns
    -------
    Cover
        In the narrowest band that the weights fit; without regions if none was found.
    """
    band, ks = narrowest_band(part, rules)
    if k not in ks:
        return NO_COVER
    covers = annealed(part, k, rules, band, seed=seed, runs=_SKETCH_RUNS, tries=_SKETCH_TRIES)
    return _best_choice(part, rules, band, covers, k, Clock(None))
