"""Conflict: which rules together leave no plan, as few of them as can be found.

A deletion filter (Chinneck and Dravnieks 1991, doi:10.1287/ijoc.3.2.157): leave
out one rule after the other; what stays infeasible without a rule does not need
it. What is left over conflicts, and would not with any one rule less.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from geogrid.errors import InfeasibleError, SolverError
from geogrid.solve.options import Progress
from geogrid.solve.parts import target_of
from geogrid.solve.run import Desk, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from geogrid.solve.options import PartitionRules, SolveOptions
    from geogrid.solve.parts import Part

__all__ = [
    "PHRASES",
    "Conflict",
    "Rule",
    "RuleKind",
    "demands",
    "explain_conflicts",
    "find_conflicts",
    "without",
]

RuleKind = Literal[
    "n_regions", "given", "low", "high", "walk_max_m", "veto", "locked", "must_join", "must_part"
]

# rules of the whole first: a conflict that can do without them names what somebody set by hand
_ORDER: tuple[RuleKind, ...] = (
    "veto",
    "walk_max_m",
    "low",
    "high",
    "n_regions",
    "given",
    "must_part",
    "must_join",
    "locked",
)
# a trial may not list for long: what is too large to list is searched
_TRIAL_MB = 64
# conflicts that have nothing to do with one another: so many are named
_MOST = 3

# what each kind of rule demands; other languages hold the same keys
PHRASES = {
    "n_regions": "exactly {n} {regions} are asked for",
    "given": "{group} is given exactly {n} {regions}",
    "low": "no {region} has fewer than {bound} households",
    "high": "no {region} has more than {bound} households",
    "walk_max_m": "nobody walks more than {bound} m",
    "veto": "your own veto",
    "locked": "{units} ({load} households) are locked into one {region}",
    "locked_apart": "{units} are locked into one {region} but do not hang together",
    "must_join": "{units} ({load} households) share a {region}",
    "must_join_apart": "{units} share a {region} but lie in parts that nothing joins",
    "must_part": "{units} may not share a {region}",
}


@dataclass(frozen=True)
class Rule:
    """Name one rule of a problem.

    Parameters
    ----------
    kind : str
        Field of `PartitionRules`, or ``n_regions``.
    number : int
        Which of the locks, joins or pairs; 0 where there is but one.
    group : int or str or None
        Group whose given number of regions it is.
    """

    kind: RuleKind
    number: int = 0
    group: Hashable = None


@dataclass(frozen=True)
class Conflict:
    """Name rules that leave no plan together.

    Parameters
    ----------
    rules : tuple of Rule
        None can be left out of the conflict.
    enough : tuple of bool
        Whether dropping that rule alone makes the whole problem feasible; if
        not, there are further conflicts.
    parts : tuple of int
        Parts in which they clash.
    """

    rules: tuple[Rule, ...]
    enough: tuple[bool, ...]
    parts: tuple[int, ...]


def without(rules: PartitionRules, left_out: Sequence[Rule]) -> PartitionRules:
    """Return rules with some of them left out.

    Parameters
    ----------
    rules : PartitionRules
        All of them.
    left_out : sequence of Rule
        Those to leave out; the number of regions is no field, leave it out elsewhere.

    Returns
    -------
    PartitionRules
        The others.
    """
    changes: dict[str, object] = {}
    for kind in ("locked", "must_join", "must_part"):
        numbers = {r.number for r in left_out if r.kind == kind}
        if numbers:
            kept = (g for i, g in enumerate(getattr(rules, kind)) if i not in numbers)
            changes[kind] = tuple(kept)
    for rule in left_out:
        if rule.kind in {"walk_max_m", "veto"}:
            changes[rule.kind] = None
        elif rule.kind == "low":
            changes["low"] = 0.0
        elif rule.kind == "high":
            # a band must end somewhere; no region is a billion times its target
            changes["high"] = 1e9
    return replace(rules, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class _Problem:
    """A problem whose rules can be left out one by one."""

    parts: tuple[Part, ...]
    groups: tuple[Hashable, ...]
    n_regions: int
    rules: PartitionRules
    desk: Desk
    on_progress: Callable[[Progress], None] | None

    def rules_of(self, where: Sequence[int]) -> list[Rule]:
        """Return the rules that bear on some parts, those to try first in front."""
        units = {int(u) for i in where for u in self.parts[i].units}
        given = self.rules.given
        found: list[Rule] = []
        for kind in _ORDER:
            if kind in {"locked", "must_join", "must_part"}:
                named = enumerate(getattr(self.rules, kind))
                found += [Rule(kind, i) for i, group in named if units & set(group)]
            elif kind == "given":
                labels = dict.fromkeys(self.groups[i] for i in where) if given else {}
                found += [Rule(kind, group=label) for label in labels]
            elif kind == "n_regions":
                found += [Rule(kind)] if given is None else []
            elif getattr(self.rules, kind):
                found.append(Rule(kind))
        return found

    def is_feasible(self, left_out: Sequence[Rule], where: Sequence[int], *, counted: bool) -> bool:
        """Tell whether some parts have a plan without some rules; if unknown, say yes.

        ``counted`` tells whether the number of regions matters, or any will do.
        """
        try:
            self._try(left_out, where, counted=counted)
        except InfeasibleError:
            return False
        except SolverError:
            # neither a plan nor a proof that there is none
            return True
        return True

    def _try(self, left_out: Sequence[Rule], where: Sequence[int], *, counted: bool) -> None:
        """Find a plan of some parts without some rules, or raise why there is none."""
        rules = without(self.rules, left_out)
        run = Run(self.parts, self.groups, self.n_regions, rules=rules, desk=self.desk)
        if not counted:
            run.open_parts(where)
        else:
            self._share(run, left_out, where)
            run.find_any()

    def _share(self, run: Run, left_out: Sequence[Rule], where: Sequence[int]) -> None:
        """Let a run share out the regions of some parts; those without a number take any."""
        if self.rules.apportion == "largest_remainder":
            # shares that follow from what parts can hold are no rule that could be left out
            return
        dropped = {r.group for r in left_out if r.kind == "given"}
        is_free = any(r.kind == "n_regions" for r in left_out)
        kept = []
        for members, k in [] if is_free else run.budgets():
            label = self.groups[members[0]]
            if set(members) <= set(where) and not (self.rules.given and label in dropped):
                kept.append((members, k))
        taken = {int(i) for members, _ in kept for i in members}
        alone = [i for i in where if i not in taken]
        if alone:
            run.open_parts(alone)
        run.share_only(kept + [(np.array([i]), run.known.some_count(i)) for i in alone])

    def first_clash(self, left_out: Sequence[Rule]) -> tuple[tuple[int, ...], bool]:
        """Return the parts that have no plan, and whether it is their number that matters."""
        everywhere = range(len(self.parts))
        try:
            self._try(left_out, everywhere, counted=True)
        except InfeasibleError as error:
            if "part" in error.facts:
                return (error.facts["part"],), False
            rows = error.facts.get("parts")
            if rows:
                return tuple(row["part"] for row in rows), True
        return tuple(everywhere), True

    def tell(self, tried: int, total: int) -> None:
        """Pass on how many rules were tried, if anybody listens."""
        if self.on_progress is not None:
            self.on_progress(Progress("conflict", None, None, tried, total))

    def smallest(
        self, named: Sequence[Rule], where: Sequence[int], *, counted: bool
    ) -> tuple[Rule, ...]:
        """Return rules beside those named that conflict in some parts; none can be spared."""
        needed = [r for r in self.rules_of(where) if r not in named]
        if not counted:
            needed = [r for r in needed if r.kind not in {"n_regions", "given"}]
        everything = self.rules_of(range(len(self.parts)))
        listed = list(needed)
        for number, rule in enumerate(listed):
            self.tell(number, len(listed))
            rest = [r for r in needed if r != rule]
            left_out = [r for r in everything if r not in rest]
            if not self.is_feasible(left_out, where, counted=counted):
                needed = rest
        return tuple(needed)


def demands(
    rule: Rule, parts: Sequence[Part], *, rules: PartitionRules, n_regions: int
) -> tuple[str, dict[str, Any]]:
    """Return what a rule demands, for whoever puts it into words.

    Parameters
    ----------
    rule : Rule
        The rule.
    parts : sequence of Part
        The problem.
    rules : PartitionRules
        Where the rule stands; with the target.
    n_regions : int
        k.

    Returns
    -------
    phrase : str
        Key of `PHRASES`.
    values : dict
        ``n`` (regions), ``bound`` (households or metres), ``units`` (rows),
        ``load`` (their households), ``group``; each where it applies.
    """
    if rule.kind == "n_regions":
        return "n_regions", {"n": n_regions}
    if rule.kind == "given":
        return "given", {"n": (rules.given or {})[rule.group], "group": rule.group}
    if rule.kind in {"low", "high"}:
        return rule.kind, {"bound": getattr(rules, rule.kind) * (rules.target or 1.0)}
    if rule.kind == "walk_max_m":
        return "walk_max_m", {"bound": rules.walk_max_m}
    if rule.kind == "veto":
        return "veto", {}
    units = np.unique(getattr(rules, rule.kind)[rule.number])
    homes = [part for part in parts if np.isin(units, part.units).any()]
    load = sum(float(p.weights[np.isin(p.units, units)].sum()) for p in homes)
    local = np.searchsorted(homes[0].units, units)
    apart = len(homes) > 1 or (rule.kind == "locked" and not homes[0].is_connected(local))
    phrase = f"{rule.kind}_apart" if apart and rule.kind != "must_part" else rule.kind
    return phrase, {"units": units.tolist(), "load": load}


def explain_conflicts(
    conflicts: Sequence[Conflict],
    parts: Sequence[Part],
    *,
    rules: PartitionRules,
    n_regions: int,
) -> str:
    """Say in English which rules conflict where, in row numbers.

    Parameters
    ----------
    conflicts : sequence of Conflict
        From `find_conflicts`, at least one.
    parts : sequence of Part
        The problem.
    rules : PartitionRules
        With the target.
    n_regions : int
        k.

    Returns
    -------
    str
        A sentence per conflict.
    """
    sentences = []
    for conflict in conflicts:
        clauses = []
        for rule in conflict.rules:
            phrase, values = demands(rule, parts, rules=rules, n_regions=n_regions)
            if "units" in values:
                values["units"] = "units " + ", ".join(map(str, values["units"]))
            rounded = {k: f"{v:,.0f}" for k, v in values.items() if k in {"bound", "load"}}
            words = {"region": "region", "regions": "regions"}
            clauses.append(PHRASES[phrase].format(**words | values | rounded))
        where = "" if len(conflict.parts) == len(parts) else _title(conflict, parts)
        last = "it" if len(clauses) == 1 else "any one of them"
        sentences.append(f"No plan obeys this{where}: {'; '.join(clauses)}. Change {last}.")
    return " ".join(sentences)


def _title(conflict: Conflict, parts: Sequence[Part]) -> str:
    """Say in which parts rules clash."""
    if len(conflict.parts) > 1:
        return f" in parts {', '.join(map(str, conflict.parts[:5]))}"
    (number,) = conflict.parts
    part = parts[number]
    return f" in part {number} ({part.total:,.0f} households in {part.n} units)"


def find_conflicts(
    parts: Sequence[Part],
    groups: Sequence[Hashable],
    n_regions: int,
    *,
    rules: PartitionRules,
    options: SolveOptions,
) -> tuple[Conflict, ...]:
    """Find out which rules of an infeasible problem conflict.

    Parameters
    ----------
    parts : sequence of Part
        The problem, as `solve_parts` takes it.
    groups : sequence of int or str
        Group of each part.
    n_regions : int
        k.
    rules : PartitionRules
        Those that leave no plan.
    options : SolveOptions
        How to work.

    Returns
    -------
    tuple of Conflict
        The first is what stopped the run; others have no rule in common with
        it. Empty if nothing conflicts.
    """
    trial = replace(
        options, mode="auto", memory_mb=_TRIAL_MB, time_limit=None, on_progress=None, n_jobs=1,
        cluster=None,
    )  # fmt: skip
    rules = replace(rules, target=rules.target or target_of(parts, n_regions))
    desk = Desk(trial)
    problem = _Problem(tuple(parts), tuple(groups), n_regions, rules, desk, options.on_progress)
    everywhere = tuple(range(len(parts)))
    found: list[Conflict] = []
    named: list[Rule] = []
    while len(found) < _MOST and not problem.is_feasible(named, everywhere, counted=True):
        where, counted = problem.first_clash(named)
        if len(found) == 0 and not len(parts) <= n_regions <= sum(p.n for p in parts):
            clash: tuple[Rule, ...] = (Rule("n_regions"),)
        else:
            clash = problem.smallest(named, where, counted=counted)
        if not clash or set(clash) <= set(named):
            break
        enough = tuple(problem.is_feasible([r], everywhere, counted=True) for r in clash)
        found.append(Conflict(clash, enough, tuple(where)))
        named += clash
    return tuple(found)
