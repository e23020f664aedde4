"""Mend words: what is proposed for a draft, and why not, in every language."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.governance.mend_problem import CommunityProblem, held_by, rules_for
from geogrid.governance.refusal import say_infeasible
from geogrid.locale import LANGUAGES, phrases
from geogrid.solve.conflict import find_conflicts
from geogrid.solve.options import SolveOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.errors import InfeasibleError
    from geogrid.governance.mend import Mended, Outcome
    from geogrid.governance.mend_measure import WorkingDraft
    from geogrid.governance.mend_problem import Clash
    from geogrid.locale import Language

__all__ = ["say_clash", "say_impossible", "say_mended"]

# courtyards named in a sentence
_NAMED = 12
# a band must end somewhere; no grid is a billion times its target
_NO_END = 1e9


def say_clash(clash: Clash) -> dict[Language, str]:
    """Say which locks contradict one another.

    Parameters
    ----------
    clash : Clash
        From `held_by`.

    Returns
    -------
    dict of language to str
        One sentence each.
    """
    said: dict[Language, str] = {}
    for language in LANGUAGES:
        frames = phrases(language, "mend")
        named = frames["comma"].join(clash.courtyards[:_NAMED])
        said[language] = frames[clash.phrase].format(courtyards=named)
    return said


def say_impossible(
    draft: WorkingDraft, problem: CommunityProblem, error: InfeasibleError
) -> dict[Language, str]:
    """Say which rules and locks leave a community without a layout, in names.

    Parameters
    ----------
    draft : WorkingDraft
        Whose locks hold.
    problem : CommunityProblem
        The community.
    error : InfeasibleError
        What the solver said; ``facts["part"]`` is a part that has none, if it is one alone.

    Returns
    -------
    dict of language to str
        The same in each.
    """
    low, high = 0.0, _NO_END
    number = error.facts.get("part")
    if number is not None and not _is_torn(draft, problem):
        # the others have nothing to do with it
        problem = CommunityProblem(problem.graph, problem.code, part=int(problem.numbers[number]))
        low, high = problem.bands[0]
    now = draft.now[problem.rows]
    held = held_by(problem, now, draft.locks, draft.rules)
    rules = replace(
        rules_for(problem, draft.rules, held, now, moved_m=0.0),
        low=low,
        high=min(high, _NO_END),
        band="hard",
    )
    likely = round(sum(part.total for part in problem.parts) / draft.judge.plan.target)
    k = min(max(likely, len(problem.parts)), len(problem.nodes))
    conflicts = find_conflicts(
        problem.parts, problem.groups, k, rules=rules, options=SolveOptions()
    )
    return say_infeasible(problem, k, error, conflicts=conflicts, rules=rules)


def _is_torn(draft: WorkingDraft, problem: CommunityProblem) -> bool:
    """Tell whether a lock reaches over parts that no grid may join."""
    held = held_by(problem, draft.now[problem.rows], draft.locks, draft.rules)
    part_of = np.zeros(len(problem.nodes), np.int64)
    for number, part in enumerate(problem.parts):
        part_of[part.units] = number
    groups = [*held.whole.values(), *held.tied.values()]
    return any(len(np.unique(part_of[list(units)])) > 1 for units in groups)


def say_mended(
    proposal: Mended, outcomes: Sequence[Outcome], kept: Sequence[Outcome]
) -> dict[Language, str]:
    """Say what is proposed, what is proven of it, and what could not be done.

    Parameters
    ----------
    proposal : Mended
        Without words.
    outcomes : sequence of Outcome
        One a community.
    kept : sequence of Outcome
        Those that the proposal changes.

    Returns
    -------
    dict of language to str
        A few sentences each.
    """
    return {language: _said(proposal, outcomes, kept, language) for language in LANGUAGES}


def _said(
    proposal: Mended, outcomes: Sequence[Outcome], kept: Sequence[Outcome], language: Language
) -> str:
    """Say it in one language."""
    frames = phrases(language, "mend")
    before, after = proposal.before, proposal.after
    said = []
    if kept:
        said.append(
            frames["mended"].format(
                communities=frames["comma"].join(outcome.problem.name for outcome in kept),
                courtyards=len(proposal.moved),
                households=f"{proposal.moved_households:,}",
                walk_before=f"{before.walk_mean_m:.1f}",
                walk_after=f"{after.walk_mean_m:.1f}",
                cv_before=f"{before.cv:.3f}",
                cv_after=f"{after.cv:.3f}",
            )
        )
        for phrase, less in (
            ("hard", before.hard - after.hard),
            ("soft", before.soft - after.soft),
        ):
            if less > 0:
                said.append(frames[phrase].format(n=less))
        if after.objective > before.objective:
            more = f"{after.objective - before.objective:,.0f}"
            said.append(frames["dearer"].format(more=more))
        counts = [o for o in kept if o.n_after != o.n_before]
        said += [
            frames["count"].format(community=o.problem.name, k=o.n_before, n=o.n_after)
            for o in counts
        ]
        gap = f"{100 * (proposal.gap or 0.0):.2f}"
        said.append(frames[proposal.status].format(gap=gap, moved_m=f"{proposal.moved_m:.0f}"))
    elif proposal.status == "unchanged":
        is_proven = all(o.is_proven for o in outcomes)
        phrase = "unchanged_proven" if is_proven else "unchanged"
        said.append(frames[phrase].format(moved_m=f"{proposal.moved_m:.0f}"))
    said += [
        frames["late"].format(community=o.problem.name)
        for o in outcomes
        if o.found is None and o.why is None
    ]
    said += [
        frames["impossible"].format(community=o.problem.name, why=o.why[language])
        for o in outcomes
        if o.why is not None
    ]
    return frames["space"].join(said)
