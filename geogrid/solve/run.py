"""Run: one partition problem from its parts to a proven plan, or the best so far.

The run asks parts, shares the regions out over what it knows of them, and asks
again where the cheapest sharing rests on a bound, until it rests on proven
covers alone.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from geogrid.errors import InfeasibleError, InputError, SolverError, SolverTimeout
from geogrid.solve.apportion import cheapest_shares, largest_remainder, share_price
from geogrid.solve.known import Known
from geogrid.solve.options import Progress
from geogrid.solve.part_rules import fingerprint, localise
from geogrid.solve.parts import target_of
from geogrid.solve.search import sketch
from geogrid.solve.study import likely_k, narrowest_band
from geogrid.solve.tasks import Task
from geogrid.solve.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from numpy.typing import NDArray

    from geogrid.solve.options import PartitionRules, SolveOptions
    from geogrid.solve.part_rules import PartRules
    from geogrid.solve.parts import Part
    from geogrid.solve.report import PartReport, Step
    from geogrid.solve.result import Partition

__all__ = ["Desk", "Run"]

# seconds between two looks at the best plan so far, for whoever watches
_TELL_S = 0.5
# parts that are looked at first, to learn what a region costs
_PILOTS = 256


@dataclass
class Desk:
    """Keep what is known of parts from one run to the next.

    Parameters
    ----------
    options : SolveOptions
        How to work; the same for all runs on this desk.
    """

    options: SolveOptions
    workers: Workers = field(init=False)
    for_parts: SolveOptions = field(init=False)
    # rules are kept beside what they led to: a callable's name holds while it lives
    known: dict[str, tuple[PartRules, PartReport]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Call the workers."""
        self.workers = Workers(self.options)
        # what a worker needs to know: whom to tell and when to stop is the run's own business
        self.for_parts = replace(self.options, on_progress=None, called_off=None, time_limit=None)


class Run:
    """Solve one partition problem.

    Parameters
    ----------
    parts : sequence of Part
        They share no unit; together they hold rows 0 .. n - 1.
    groups : sequence of int or str
        Group of each part.
    n_regions : int
        k.
    rules : PartitionRules
        What is allowed and what is good.
    desk : Desk
        What is known, and who works.
    bands : sequence of (float, float), optional
        Band of each part, as it is; by default each finds its own.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        groups: Sequence[Hashable],
        n_regions: int,
        *,
        rules: PartitionRules,
        desk: Desk,
        bands: Sequence[tuple[float, float]] | None = None,
    ) -> None:
        self.parts = list(parts)
        self.groups = list(groups)
        self.n_regions = n_regions
        self.rules = rules
        self.desk = desk
        limit = desk.options.time_limit
        self.deadline = None if limit is None else time.time() + limit
        self.target = rules.target or target_of(parts, n_regions)
        self.part_rules = localise(parts, rules, self.target)
        self.keys = [fingerprint(p, r) for p, r in zip(parts, self.part_rules, strict=True)]
        for i, band in enumerate(bands or ()):
            self._fix_band(i, band)
        reports = [desk.known[key][1] if key in desk.known else None for key in self.keys]
        self.known = Known(self.parts, self.groups, rules, self.target, reports)
        self.best: tuple[float, NDArray[np.int64]] | None = None
        self.bound: float | None = None
        self._next = 0.0
        self._budgets: list[tuple[NDArray[np.int64], int]] | None = None

    def _fix_band(self, i: int, band: tuple[float, float]) -> None:
        """Let a part use one band and no other."""
        known = self.desk.known.get(self.keys[i])
        # a part that is known to use it anyway keeps its name, and what is known of it
        if known is None or known[1].band != band:
            self.part_rules[i] = replace(self.part_rules[i], bands=(band,))
            self.keys[i] = fingerprint(self.parts[i], self.part_rules[i])

    def solve(self) -> Partition:
        """Ask until everything chosen is proven, the time is up, or somebody interrupts.

        Returns
        -------
        Partition
            The best plan found, with what is proven about it.

        Raises
        ------
        InfeasibleError
            If no k regions exist.
        SolverTimeout
            If the time limit passed, or the run was interrupted, before any plan was found.
        KeyboardInterrupt
            If the run was interrupted and the options ask for an end to it.
        """
        self.check_counts()
        try:
            self.draw_sketches()
            self.open_parts()
            self.prove()
        except (SolverTimeout, KeyboardInterrupt) as stopped:
            is_last = self.desk.options.on_interrupt == "best"
            if isinstance(stopped, KeyboardInterrupt) and not is_last:
                raise
            if self.can_share:
                self.note_incumbent()
                self.bound = self.bound_below()
            if self.best is None:
                word = "The run was interrupted"
                if isinstance(stopped, SolverTimeout):
                    word = "The run was called off" if self.is_off else "The time limit passed"
                raise SolverTimeout(f"{word} before any plan was found; allow more time.") from None
        assert self.best is not None  # noqa: S101 - proved, or kept when stopped
        cost, shares = self.best
        return self.known.plan(shares, cost, self.bound)

    def check_counts(self) -> None:
        """Refuse a k that no choice of regions can meet."""
        n_units = sum(p.n for p in self.parts)
        if not len(self.parts) <= self.n_regions <= n_units:
            msg = (
                f"{self.n_regions} regions are impossible: {n_units} units fall into "
                f"{len(self.parts)} parts that no region may join; "
                f"ask for {len(self.parts)} to {n_units}."
            )
            raise InfeasibleError(
                msg, n_regions=self.n_regions, least=len(self.parts), most=n_units
            )

    def find_any(self) -> None:
        """Find some plan, good or not.

        Raises
        ------
        InfeasibleError
            If it is proven that there is none.
        """
        if self._budgets is None:
            self.check_counts()
        self.draw_sketches()
        if self.best is not None:
            return
        self.check_reach()
        self.open_parts()
        self.note_incumbent()
        while self.best is None:
            self.ask_chosen()
            self.note_incumbent()

    def draw_sketches(self) -> None:
        """Find some plan in a moment, where nothing is known yet."""
        if any(self.known.reports) or not self.can_share:
            return
        bands = [narrowest_band(p, r) for p, r in zip(self.parts, self.part_rules, strict=True)]
        shares = np.zeros(len(self.parts), np.int64)
        try:
            for members, k in self.budgets():
                limits = [bands[i][1] for i in members]
                if not all(limits):
                    return
                shares[members] = largest_remainder(
                    np.array([self.parts[i].total for i in members]),
                    k,
                    least=np.array([ks[0] for ks in limits]),
                    most=np.array([ks[-1] for ks in limits]),
                )
        except InfeasibleError:
            return
        for i, k in enumerate(shares.tolist()):
            self.stop_if_late()
            cover = sketch(self.parts[i], self.part_rules[i], k, seed=self.desk.options.seed)
            self.known.sketches.append((cover, bands[i][0], k))
        self.note_incumbent()
        self.tell("parts", 0, at_once=True)

    def check_reach(self) -> None:
        """Refuse a k that the weights alone exclude, before anything is listed."""
        reach = []
        for i, (part, rules) in enumerate(zip(self.parts, self.part_rules, strict=True)):
            report = self.known.reports[i]
            band, ks = narrowest_band(part, rules) if report is None else (report.band, report.ks)
            if report is None and ks:
                likely = likely_k(part, rules, ks)
                # a band counts once it is known to have a cover; else it may give way
                if not sketch(part, rules, likely, seed=self.desk.options.seed).exists:
                    ks = range(1, part.n + 1)
            reach.append((ks, band) if ks else (range(1, part.n + 1), band))
        for members, k in self.budgets():
            rows = [
                {"part": i, "least": reach[i][0][0], "most": reach[i][0][-1], "band": reach[i][1]}
                for i in members.tolist()
            ]
            if not sum(r["least"] for r in rows) <= k <= sum(r["most"] for r in rows):
                self._refuse(k, rows)

    def open_parts(self, where: Sequence[int] | None = None) -> None:
        """Look at parts for the first time: their bands, their shares, the shares beside them.

        Parameters
        ----------
        where : sequence of int, optional
            Which parts; by default all.

        Raises
        ------
        InfeasibleError
            If one of them has no cover at all; ``facts["part"]`` names it.
        """
        rows = range(len(self.parts)) if where is None else where
        new = [i for i in rows if self.known.reports[i] is None]

        def first_look(i: int) -> tuple[Step, ...]:
            part, rules = self.parts[i], self.part_rules[i]
            near = likely_k(part, rules, range(1, part.n + 1))
            return (("relax", near), ("relax", near - 1), ("relax", near + 1))

        pilots = new[:_PILOTS]
        self.ask({i: first_look(i) for i in pilots}, "parts")
        self.ask(
            {i: first_look(i) for i in new[_PILOTS:]}, "parts", price=self._pilot_price(pilots)
        )
        for i in rows:
            if not self.known.of(i).ks:
                self.raise_impossible_part(i)

    def _pilot_price(self, pilots: Sequence[int]) -> float | None:
        """Return what a region costs by the parts looked at first, for the parts after them.

        In a city this spares most parts a second visit: what they are picked for
        is what they have already proven.
        """
        curves = [self.known.guesses(i) for i in pilots if self.known.of(i).ks]
        if self.rules.apportion != "optimal" or not curves or len(pilots) == len(self.parts):
            return None
        share = sum(self.parts[i].total for i in pilots) / max(
            sum(p.total for p in self.parts), 1e-9
        )
        total = round(self.n_regions * share)
        return share_price([c for _, c in curves], [f for f, _ in curves], total)

    def prove(self) -> None:
        """Certify what is chosen until everything chosen is certified."""
        while not self.ask_chosen():
            self.note_incumbent()
        self.tell("proof", len(self.parts), at_once=True)

    def ask_chosen(self) -> bool:
        """Share the regions out by what is known, and ask where that rests on a bound.

        Returns
        -------
        bool
            Whether there was nothing to ask: the cheapest sharing is the plan.
        """
        shares, cost = self.shares()
        asked = [int(i) for members, _ in self.budgets() for i in members]
        is_exact = all(self.known.of(i).is_exact for i in asked)
        self.bound = cost if is_exact else self.bound_below()
        waiting = {i: int(shares[i]) for i in asked}
        waiting = {i: k for i, k in waiting.items() if k not in self.known.of(i).covers}
        if not waiting:
            self.best = (cost, shares)
            if not is_exact:
                # a search may miss what a first sketch has met
                self.note_incumbent()
            return True
        # a bound by slope alone is weak: sharpen it before packing
        self.ask(
            {
                i: (("pack" if self.known.of(i).is_sharp(k) else "relax", k),)
                for i, k in waiting.items()
            },
            "proof",
        )
        return False

    def ask(
        self,
        questions: dict[int, tuple[Step, ...]],
        stage: str,
        *,
        price: float | None = None,
    ) -> None:
        """Put questions to parts and take in their answers."""
        if not questions:
            return
        self.stop_if_late()
        rows = list(questions)
        tasks = [
            Task(
                self.keys[i],
                self.parts[i],
                self.part_rules[i],
                self.desk.for_parts,
                self.known.reports[i],
                questions[i],
                self.deadline,
                price,
            )
            for i in rows
        ]
        known = sum(report is not None for report in self.known.reports)
        done = known if stage == "parts" else len(self.parts) - len(rows)
        for number, report in self.desk.workers.carry_out(tasks):
            i = rows[number]
            if report is not None:
                self.known.reports[i] = report
                self.desk.known[self.keys[i]] = (self.part_rules[i], report)
            done += 1
            self.tell(stage, done)
            self.stop_if_late()
        if any(self.known.reports[i] is None for i in rows):
            raise SolverTimeout("The time limit passed.")

    def stop_if_late(self) -> None:
        """Stop once the time limit has passed, or nobody wants the answer any more."""
        if self.is_off:
            raise SolverTimeout("The run was called off.")
        if self.deadline is not None and time.time() > self.deadline:
            raise SolverTimeout("The time limit passed.")

    @property
    def is_off(self) -> bool:
        """Return whether somebody has called the run off."""
        called_off = self.desk.options.called_off
        return called_off is not None and called_off()

    def tell(self, stage: str, done: int, *, at_once: bool = False) -> None:
        """Pass progress on, if anybody listens and has not just been told."""
        listener = self.desk.options.on_progress
        now = time.monotonic()
        if listener is None or not (at_once or now > self._next):
            return
        if stage == "parts" and done and self.can_share:
            self.note_incumbent()
            self.bound = self.bound_below()
        # looking takes a fiftieth of the time at most, however many parts there are
        self._next = time.monotonic() + max(_TELL_S, 50 * (time.monotonic() - now))
        incumbent = None if self.best is None else self.best[0]
        listener(
            Progress(stage, incumbent, self.bound, done, len(self.parts), best=self.best_so_far)
        )

    def best_so_far(self) -> Partition | None:
        """Return the best plan so far, None before there is one."""
        if self.can_share:
            # parts looked at since may have better covers
            self.note_incumbent()
        if self.best is None:
            return None
        cost, shares = self.best
        return self.known.plan(shares, cost, self.bound)

    def shares(self) -> tuple[NDArray[np.int64], float]:
        """Choose the shares that cost least by what is known so far."""
        shares, cost, short = self._share_out(self.known.guesses)
        if short is not None:
            _, bound, disproved = self._share_out(self.known.bounds)
            if disproved is None or (math.isinf(bound) and bound < 0):
                msg = (
                    f"No plan with {self.n_regions} regions was found; there may be one, since "
                    "some parts were searched. Ask for another number, or drop a rule."
                )
                raise SolverError(msg, n_regions=self.n_regions)
            self.raise_infeasible(*disproved)
        return shares, cost

    def bound_below(self) -> float | None:
        """Return the least total of the proven bounds over all ways to share k out."""
        _, cost, short = self._share_out(self.known.bounds)
        return cost if short is None and math.isfinite(cost) else None

    def note_incumbent(self) -> None:
        """Keep the best plan among the covers found so far."""
        shares, cost, short = self._share_out(self.known.found)
        if short is None and (self.best is None or cost < self.best[0]):
            self.best = (cost, shares)

    def _share_out(
        self, curve_of: Callable[[int], tuple[int, NDArray[np.float64]]]
    ) -> tuple[NDArray[np.int64], float, tuple[NDArray[np.int64], int] | None]:
        """Share every budget out; also return the first that cannot be met, if any."""
        shares, total = np.zeros(len(self.parts), np.int64), 0.0
        for members, k in self.budgets():
            curves = [curve_of(i) for i in members]
            if any(np.isneginf(costs).any() for _, costs in curves):
                # a part without a bound leaves the whole without one
                return shares, -math.inf, None
            picked, cost = cheapest_shares([c for _, c in curves], [f for f, _ in curves], k)
            if not len(picked):
                return shares, math.inf, (members, k)
            shares[members] = picked
            total += cost
        return shares, total, None

    @property
    def can_share(self) -> bool:
        """Return whether regions can be shared out without asking the parts first."""
        return self._budgets is not None or self.rules.apportion != "largest_remainder"

    def budgets(self) -> list[tuple[NDArray[np.int64], int]]:
        """Return which parts share how many regions."""
        if self._budgets is None and self.rules.apportion == "optimal":
            self._budgets = [(np.arange(len(self.parts)), self.n_regions)]
        if self._budgets is None:
            labels = list(dict.fromkeys(self.groups))
            rows: dict[Hashable, list[int]] = {label: [] for label in labels}
            for i, group in enumerate(self.groups):
                rows[group].append(i)
            members = [np.array(rows[label], np.int64) for label in labels]
            counts = (
                self._given_counts(labels)
                if self.rules.given is not None
                else self._remainder_counts(members)
            )
            self._budgets = [(m, int(c)) for m, c in zip(members, counts, strict=True)]
        return self._budgets

    def share_only(self, budgets: list[tuple[NDArray[np.int64], int]]) -> None:
        """Share out these budgets and no others: which parts, how many regions."""
        self._budgets = budgets
        # a plan of other budgets is none of these
        self.best = self.bound = None

    def _remainder_counts(self, members: list[NDArray[np.int64]]) -> NDArray[np.int64]:
        """Share k out over the groups by households, inside what they can hold."""
        if not all(self.known.reports):
            raise SolverTimeout("The time limit passed.")
        limits = self.limits(range(len(self.parts)))
        return largest_remainder(
            np.array([sum(self.parts[i].total for i in m) for m in members]),
            self.n_regions,
            least=np.array([sum(limits[i][0] for i in m) for m in members]),
            most=np.array([sum(limits[i][1] for i in m) for m in members]),
        )

    def _given_counts(self, labels: list[Hashable]) -> NDArray[np.int64]:
        """Return the given regions per group, or refuse them."""
        given: dict[Hashable, int] = dict(self.rules.given or {})
        wrong = sorted(map(str, set(given) ^ set(labels)))
        if wrong:
            msg = f"Give regions for every group and no other; check {', '.join(wrong[:8])}."
            raise InputError(msg, groups=wrong)
        counts = np.array([given[label] for label in labels], np.int64)
        if counts.sum() != self.n_regions:
            msg = f"The given regions add up to {counts.sum()}, not to {self.n_regions}."
            raise InputError(msg, total=int(counts.sum()), n_regions=self.n_regions)
        return counts

    def limits(self, rows: Sequence[int]) -> dict[int, tuple[int, int]]:
        """Return the fewest and most regions that covers of some parts have, proven."""
        found: dict[int, list[int]] = {i: [] for i in rows}
        for ends in (1, -1):
            waiting = set(rows)
            while waiting:
                questions: dict[int, tuple[Step, ...]] = {}
                for i in sorted(waiting):
                    report = self.known.of(i)
                    for k in report.ks[::ends]:
                        if k not in report.covers:
                            questions[i] = (("pack", k),)
                            break
                        if report.covers[k].exists:
                            found[i].append(k)
                            break
                self.ask(questions, "proof")
                waiting = set(questions)
        if not all(found.values()):
            raise SolverError("No cover of a searched part was found; there may be one.")
        return {i: (ends[0], ends[-1]) for i, ends in found.items()}

    def raise_impossible_part(self, i: int) -> None:
        """Name the part that cannot be covered at all."""
        part = self.parts[i]
        msg = f"A part of {part.n} units cannot be cut into regions at all under the rules."
        raise InfeasibleError(msg, part=i, units=part.units.tolist())

    def raise_infeasible(self, members: NDArray[np.int64], k: int) -> None:
        """Name the parts whose bands leave no room for k regions."""
        rows = []
        for i in members.tolist():
            report = self.known.of(i)
            # what is not disproved; the sum of these is what proves that k is out of reach
            open_ks = [j for j in report.ks if math.isfinite(report.bound(j))]
            low, high = open_ks[0], open_ks[-1]
            rows.append({"part": i, "least": low, "most": high, "band": report.band})
        self._refuse(k, rows)

    def _refuse(self, k: int, rows: list[dict[str, Any]]) -> NoReturn:
        """Say how many regions some parts can hold, if not k."""
        least, most = sum(row["least"] for row in rows), sum(row["most"] for row in rows)
        if k < least:
            reach = f"at least {least}"
        elif k > most:
            reach = f"at most {most}"
        else:
            reach = f"{least} to {most}, but not every number between"
        msg = f"{k} regions are impossible here: in their bands the parts hold {reach}."
        raise InfeasibleError(msg, n_regions=k, least=least, most=most, parts=rows)
