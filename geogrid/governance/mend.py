"""Mend: solve some communities of a draft anew, moving as few households as pays.

Everything else stays as it is. The draft is the layout before: a household that changes its
grid costs `MOVED_M` metres, so that a community is not turned upside down for little. Nothing
is saved; the answer is edits that anybody may take or leave.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from geogrid.errors import InfeasibleError, InputError, SolverError, SolverTimeout
from geogrid.governance.carry import NEW, carry_codes, edits_between
from geogrid.governance.mend_measure import WorkingDraft
from geogrid.governance.mend_problem import CommunityProblem, held_by, rules_for
from geogrid.governance.mend_words import say_clash, say_impossible, say_mended
from geogrid.plans.codes import split_code
from geogrid.solve.options import SolveOptions
from geogrid.solve.partition import load_compiled, solve_parts
from geogrid.solve.result import is_closed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from geogrid.governance.mend_measure import Figures, Measured
    from geogrid.governance.verdict import Judge
    from geogrid.locale import Language
    from geogrid.solve.options import PartitionRules
    from geogrid.solve.result import Partition

__all__ = ["MOVED_M", "Mended", "Outcome", "mend"]

# metres that a household costs which changes its grid: worth it only where it saves the district
# as much as that household walking half of a usual way to the middle (105 m in the sample)
MOVED_M = 50.0
# differences below are rounding
_CLOSE, _TINY = 1e-6, 1e-9
# the least seconds for a community, however many there are
_LEAST_S = 0.2

Status = Literal["optimal", "gap", "heuristic", "unchanged", "impossible"]
_PROOFS: tuple[Status, ...] = ("optimal", "gap", "heuristic")


@dataclass(frozen=True)
class Mended:
    """Hold a proposal.

    Parameters
    ----------
    status : {"optimal", "gap", "heuristic", "unchanged", "impossible"}
        What is proven of it (nothing costs less, moving counted; at most ``gap`` less;
        nothing), or that there is nothing to propose.
    edits : tuple of dict
        In their plain form; applied in order to the draft they give ``assignment``.
    assignment : dict of str to str
        Grid of every courtyard of the communities afterwards; grids that are not there yet
        are called ``new:1``, ``new:2`` in the order of the edits that split them off.
    before, after : Figures
        Of the communities.
    moved : tuple of str
        Courtyards that change their grid.
    moved_households : int
        Who lives there.
    moved_m : float
        Metres that each of these was counted with.
    bound, gap : float or None
        What no other layout of these communities undercuts, moving counted, and by how
        much the proposal exceeds it.
    words : dict of language to str
        The same for people.
    """

    status: Status
    edits: tuple[dict[str, Any], ...]
    assignment: dict[str, str]
    before: Figures
    after: Figures
    moved: tuple[str, ...]
    moved_households: int
    moved_m: float
    bound: float | None
    gap: float | None
    words: dict[Language, str]


@dataclass(frozen=True)
class Outcome:
    """Hold what became of one community.

    Parameters
    ----------
    problem : CommunityProblem
        The community.
    now : (n,) object
        Grid code of each of its courtyards, in the order of ``problem.rows``.
    n_before : int
        Its grids.
    found : Partition or None
        None if there is no layout, or none was found in time.
    after : (n,) object or None
        The codes that its courtyards would have, empty for a new grid.
    why : dict of language to str or None
        Why there is no layout.
    """

    problem: CommunityProblem
    now: NDArray[np.object_]
    n_before: int
    found: Partition | None = None
    after: NDArray[np.object_] | None = None
    why: dict[Language, str] | None = None

    @property
    def n_after(self) -> int:
        """Return the number of grids found."""
        return 0 if self.found is None else len(self.found.medoids)

    @property
    def is_proven(self) -> bool:
        """Tell whether what was found is the best with as many grids."""
        is_optimal = self.found is not None and self.found.status == "optimal"
        return is_optimal and self.n_after == self.n_before

    @property
    def is_settled(self) -> bool:
        """Tell whether more time would change nothing."""
        return self.why is not None or (self.found is not None and self.found.status == "optimal")

    @property
    def moves(self) -> NDArray[np.bool_]:
        """Return which courtyards would change their grid."""
        if self.after is None:
            return np.zeros(len(self.now), bool)
        moves: NDArray[np.bool_] = self.after != self.now
        return moves


def mend(
    judge: Judge,
    assignment: Mapping[str, str],
    *,
    communities: Collection[str],
    locks: Collection[str] = frozenset(),
    names: Mapping[str, str] | None = None,
    reserved: Collection[str] = (),
    seconds: float = 10.0,
    moved_m: float = MOVED_M,
) -> Mended:
    """Propose better grids for some communities of a draft.

    Parameters
    ----------
    judge : Judge
        Of the plan that the draft started from.
    assignment : mapping of courtyard_id to grid_code
        The draft, every courtyard of the plan.
    communities : collection of str
        Whose grids may change; their number stays, unless no layout has so many.
    locks : collection of str
        ``courtyard:ID`` (stays in its grid) and ``grid:CODE`` (stays as it is).
    names : mapping of grid_code to str, optional
        Of the grids there are.
    reserved : collection of str
        Codes that were given elsewhere.
    seconds : float
        Wall seconds for all of it; the best by then is proposed.
    moved_m : float
        Metres that a household costs that changes its grid.

    Returns
    -------
    Mended
        The plan's target, bands, walk limit and what it keeps are obeyed, and every lock.
        What is proposed has fewer hard faults than the draft; or as many, and fewer grids
        out of their band or against a rule; or as many of both, and costs less, moving
        counted. Otherwise the status is ``unchanged`` or ``impossible``.

    Raises
    ------
    InputError
        If a community is not in the plan, or a courtyard has no grid.
    """
    known = set(judge.plan.district.communities["community_code"])
    unknown = sorted(set(communities) - known)
    if unknown or not communities:
        named = ", ".join(unknown[:8]) or "none"
        raise InputError(f"Name communities of this plan, not {named}.", communities=unknown)
    # loading compiled code is not what the time is meant for
    load_compiled()
    until = time.monotonic() + seconds
    draft = WorkingDraft(
        judge,
        assignment,
        communities=sorted(set(communities)),
        locks=locks,
        names=names or {},
        reserved=reserved,
    )
    outcomes = _solve_all(draft, until, moved_m)
    return _propose(draft, sorted(outcomes, key=lambda o: o.problem.code), moved_m)


def _solve_all(draft: WorkingDraft, until: float, moved_m: float) -> list[Outcome]:
    """Find the best grids of every community; those cut short share what time is left over."""
    outcomes: dict[str, Outcome] = {}
    # the smallest first: the time that they leave over is the largest ones'
    waiting = sorted(draft.problems, key=lambda p: (len(p.nodes), p.code))
    while waiting:
        late = []
        for done, problem in enumerate(waiting):
            begun = time.monotonic()
            share = max((until - begun) / (len(waiting) - done), _LEAST_S)
            outcome = _solve(draft, problem, share, moved_m)
            outcomes[problem.code] = outcome
            if time.monotonic() - begun >= share and not outcome.is_settled:
                late.append(problem)
        # a round that had all of the time to itself is the last
        waiting = late if until - time.monotonic() > _LEAST_S else []
    return list(outcomes.values())


def _solve(
    draft: WorkingDraft, problem: CommunityProblem, seconds: float, moved_m: float
) -> Outcome:
    """Find the best grids of one community."""
    now = draft.now[problem.rows]
    held = held_by(problem, now, draft.locks, draft.rules)
    own = {code for code in now.tolist() if split_code(code)[0] == problem.code}
    start = Outcome(problem, now, len(own | set(held.whole)))
    if held.clash is not None:
        return replace(start, why=say_clash(held.clash))
    rules = rules_for(problem, draft.rules, held, now, moved_m=moved_m)
    try:
        found = _nearest(problem, start.n_before, rules, seconds)
    except InfeasibleError as error:
        return replace(start, why=say_impossible(draft, problem, error))
    except SolverError:
        # out of time, or a search that neither found a layout nor proved that there is none
        return start
    carried = carry_codes(
        found.labels[problem.unit_ix].astype(np.int64),
        now,
        weights=draft.graph.weights[problem.rows],
        community=problem.code,
        forced={
            code: int(found.labels[units[0]])
            for units_of in (held.whole, held.tied)
            for code, units in units_of.items()
        },
    )
    after = np.array(carried, object)[found.labels[problem.unit_ix]]
    return replace(start, found=found, after=after)


def _nearest(problem: CommunityProblem, k: int, rules: PartitionRules, seconds: float) -> Partition:
    """Solve for k grids, or for the nearest number that there is a layout of."""
    until = time.monotonic() + seconds
    tried: set[int] = set()
    waiting = [min(max(k, len(problem.parts)), len(problem.nodes))]
    refused: InfeasibleError | None = None
    while waiting:
        tried.add(waiting[0])
        left = until - time.monotonic()
        if left <= 0:
            raise SolverTimeout("The time limit passed.")
        try:
            return solve_parts(
                problem.parts,
                problem.groups,
                waiting[0],
                rules=rules,
                options=SolveOptions(time_limit=left),
                bands=problem.bands,
            )
        except InfeasibleError as error:
            refused = refused or error
            # a part that has no layout at all has none with another number either
            reach = range(error.facts.get("least", 0), error.facts.get("most", -1) + 1)
        # of two as near, the one with more grids: smaller ones are walked sooner
        waiting = sorted(set(reach) - tried, key=lambda n: (abs(n - k), -n))
    assert refused is not None  # noqa: S101 - the first try returned or was refused
    raise refused


def _propose(draft: WorkingDraft, outcomes: Sequence[Outcome], moved_m: float) -> Mended:
    """Keep what is better than the draft, and say so."""
    before = after = draft.measure(draft.now)
    codes = draft.now
    kept = [outcome for outcome in outcomes if outcome.moves.any()]
    while kept:
        codes = _assigned(draft, kept)
        after = draft.measure(codes)
        better = [
            outcome
            for outcome in kept
            if _rank(draft, outcome, after, moved_m) < _rank(draft, outcome, before, None)
        ]
        if len(better) == len(kept):
            break
        kept = better
    if not kept:
        after, codes = before, draft.now
    ids = draft.graph.ids
    moved = codes != draft.now
    households = draft.graph.plan.courtyards["households"].to_numpy(np.float64)
    mine = np.isin(draft.graph.communities.astype(str), draft.communities)
    bound, spent = _bound(draft, outcomes, kept, after, moved_m)
    proposal = Mended(
        status=_status(outcomes, kept, is_met=bound is None or is_closed(spent, bound)),
        edits=tuple(
            edits_between(
                dict(zip(ids.tolist(), draft.now.tolist(), strict=True)),
                dict(zip(ids.tolist(), codes.tolist(), strict=True)),
            )
        ),
        assignment=dict(zip(ids[mine].tolist(), codes[mine].tolist(), strict=True)),
        before=before.figures,
        after=after.figures,
        moved=tuple(sorted(map(str, ids[moved]))),
        moved_households=int(households[moved].sum()),
        moved_m=moved_m,
        bound=bound,
        gap=None if bound is None else (spent - bound) / max(abs(spent), _TINY),
        words={},
    )
    return replace(proposal, words=say_mended(proposal, outcomes, kept))


def _assigned(draft: WorkingDraft, kept: Sequence[Outcome]) -> NDArray[np.object_]:
    """Return the draft with some communities as they were found, new grids numbered."""
    codes = draft.now.copy()
    n_new = 0
    for outcome in kept:
        if outcome.found is None or outcome.after is None:
            continue
        mine = outcome.after.copy()
        labels = outcome.found.labels[outcome.problem.unit_ix]
        for grid in np.unique(labels[mine == ""]).tolist():
            n_new += 1
            mine[labels == grid] = f"{NEW}{n_new}"
        codes[outcome.problem.rows] = mine
    return codes


def _rank(
    draft: WorkingDraft, outcome: Outcome, measured: Measured, moved_m: float | None
) -> tuple[int, int, float]:
    """Return how bad a community is: hard faults, mendable ones, cost; no moves without a price."""
    code = outcome.problem.code
    price = measured.cost[code]
    if moved_m is not None:
        price += _moving(draft, outcome, moved_m)
        # what saves next to nothing is no reason to move anybody
        price += _CLOSE * abs(price)
    return (*measured.faults[code], price)


def _moving(draft: WorkingDraft, outcome: Outcome, moved_m: float) -> float:
    """Return what the moves of a community are counted with."""
    return moved_m * float(draft.graph.weights[outcome.problem.rows][outcome.moves].sum())


def _status(outcomes: Sequence[Outcome], kept: Sequence[Outcome], *, is_met: bool) -> Status:
    """Return what is proven of a proposal, or why there is none."""
    if kept:
        proofs: list[Status] = [o.found.status for o in kept if o.found is not None]
        worst = max(proofs, key=_PROOFS.index)
        # a bound on less than the whole price may lie below what is best
        return "gap" if worst == "optimal" and not is_met else worst
    return "impossible" if any(o.why is not None for o in outcomes) else "unchanged"


def _bound(
    draft: WorkingDraft,
    outcomes: Sequence[Outcome],
    kept: Sequence[Outcome],
    after: Measured,
    moved_m: float,
) -> tuple[float | None, float]:
    """Return what nothing undercuts with moving counted, if proven, and what this one costs."""
    total, spent, is_known = 0.0, 0.0, True
    for outcome in outcomes:
        price = after.cost[outcome.problem.code]
        price += _moving(draft, outcome, moved_m) if outcome in kept else 0.0
        spent += price
        found = outcome.found
        # what is left as it is may have another number of grids: another question
        is_answered = outcome in kept or outcome.n_after == outcome.n_before
        if found is None or found.bound is None or not is_answered:
            is_known = False
        else:
            total += min(found.bound, price)
    return (total if is_known else None), spent
