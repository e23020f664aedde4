"""Refusal: why there is no plan, in names, in every language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from geogrid.locale import LANGUAGES, phrases
from geogrid.solve.conflict import demands

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from geogrid.errors import InfeasibleError
    from geogrid.locale import Language
    from geogrid.solve.conflict import Conflict, Rule
    from geogrid.solve.options import PartitionRules
    from geogrid.solve.parts import Part

__all__ = ["NamedProblem", "say_infeasible"]

# so many names are listed, the rest is counted
_LISTED = 5
_COURTYARDS = 12
# rules whose conflict is one of numbers: what each part can hold helps
_OF_NUMBERS = frozenset({"n_regions", "given", "low", "high"})


class NamedProblem(Protocol):
    """A partition problem whose parts and rows have names for people."""

    parts: list[Part]
    nodes: NDArray[np.int64]
    community_names: dict[str, str]

    @property
    def part_ids(self) -> tuple[str, ...]:
        """Return the name of each part."""

    @property
    def groups(self) -> list[str]:
        """Return the community code of each part."""

    def courtyards_at(self, rows: ArrayLike) -> list[str]:
        """Return the ids of all courtyards in some of the solver's rows."""


def say_infeasible(
    problem: NamedProblem,
    k: int,
    error: InfeasibleError,
    *,
    conflicts: Sequence[Conflict],
    rules: PartitionRules,
) -> dict[Language, str]:
    """Say in names what the solver said in numbers.

    Parameters
    ----------
    problem : NamedProblem
        What was to be solved.
    k : int
        Grids asked for.
    error : InfeasibleError
        What the solver said.
    conflicts : sequence of Conflict
        Rules that clash; may be empty.
    rules : PartitionRules
        With the target, in the problem's rows.

    Returns
    -------
    dict of language to str
        The same in each.
    """
    return {
        language: _Words(problem, k, rules, language).say(error, conflicts)
        for language in LANGUAGES
    }


class _Words:
    """Say one refusal in one language."""

    def __init__(
        self, problem: NamedProblem, k: int, rules: PartitionRules, language: Language
    ) -> None:
        self.problem, self.k, self.rules = problem, k, rules
        self.frames = phrases(language, "infeasible")
        self.clauses = phrases(language, "demands")

    def say(self, error: InfeasibleError, conflicts: Sequence[Conflict]) -> str:
        """Return every sentence."""
        n_parts, n_places = len(self.problem.parts), len(self.problem.nodes)
        if self.k > n_places:
            return self.frames["too_many"].format(k=self.k, most=n_places)
        if self.k < n_parts:
            return self.frames["too_few"].format(k=self.k, parts=n_parts, broken=self._broken())
        said = [self._conflict(conflict) for conflict in conflicts]
        kinds = {rule.kind for conflict in conflicts for rule in conflict.rules}
        rows = error.facts.get("parts", [])
        if not said:
            said.append(self.frames["no_plan"])
        if rows and (not conflicts or kinds & _OF_NUMBERS):
            tight = sorted(rows, key=lambda row: row["least"] - row["most"])[:_LISTED]
            listed = self.frames["between"].join(
                self.frames["limit"].format(**self._name(r["part"]), **r) for r in tight
            )
            said.append(self.frames["limits"].format(listed=listed))
        return self.frames["space"].join(said)

    def _broken(self) -> str:
        """Name the communities that lie in several parts."""
        count: dict[str, int] = {}
        for code in self.problem.groups:
            count[code] = count.get(code, 0) + 1
        worst = sorted((c for c in count if count[c] > 1), key=lambda c: -count[c])
        said = [
            self.frames["broken"].format(community=self._community(code), n=count[code])
            for code in worst
        ]
        return self._listed(said, _LISTED) if said else self.frames["unbroken"]

    def _conflict(self, conflict: Conflict) -> str:
        """Say which rules clash where."""
        clauses = self.frames["between"].join(self._clause(rule) for rule in conflict.rules)
        if len(conflict.parts) == len(self.problem.parts) > 1:
            where = self.frames["whole"]
        else:
            titles = [self._title(part) for part in conflict.parts]
            where = self._listed(titles, _LISTED)
        frame = "conflict" if len(conflict.rules) > 1 else "lone_conflict"
        return self.frames[frame].format(where=where, clauses=clauses)

    def _clause(self, rule: Rule) -> str:
        """Say what one rule demands."""
        phrase, values = demands(rule, self.problem.parts, rules=self.rules, n_regions=self.k)
        named: dict[str, str] = {
            key: f"{values[key]:,.0f}" for key in ("bound", "load") if key in values
        }
        if "n" in values:
            named["n"] = str(values["n"])
        if "group" in values:
            named["group"] = self._community(values["group"])
        if "units" in values:
            named["courtyards"] = self._listed(
                self.problem.courtyards_at(values["units"]), _COURTYARDS
            )
        return self.clauses[phrase].format(**named)

    def _title(self, part: int) -> str:
        """Name a part and say how large it is."""
        found = self.problem.parts[part]
        return self.frames["part"].format(
            **self._name(part),
            households=f"{found.total:,.0f}",
            courtyards=len(self.problem.courtyards_at(found.units)),
        )

    def _name(self, part: int) -> dict[str, str]:
        """Return the community's name and the part's number."""
        code, _, serial = self.problem.part_ids[part].rpartition("-")
        return {"community": self._community(code), "serial": serial}

    def _community(self, code: object) -> str:
        """Return a community's name."""
        return self.problem.community_names.get(str(code), str(code))

    def _listed(self, names: Sequence[str], most: int) -> str:
        """List names; beyond some, count them."""
        listed = self.frames["comma"].join(names[:most])
        if len(names) <= most:
            return listed
        return self.frames["more"].format(listed=listed, n=len(names) - most)
