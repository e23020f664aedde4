"""Workbench: the notebook's face; each call reaches one library function."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geogrid.district import District
from geogrid.errors import InputError
from geogrid.governance.choices import Choice, read_choices
from geogrid.governance.explanation import Explanation, explain_courtyard, explain_layout
from geogrid.governance.fronts import BALANCES_M, Front, balance_front, grids_front
from geogrid.governance.layout import make_plan
from geogrid.governance.next_grid import NextGrids, next_grids
from geogrid.governance.pairing import pair_layers
from geogrid.governance.previous import OldLayout, layout_of
from geogrid.governance.problem import Problem, find_problem
from geogrid.governance.rules import LayoutRules, rules_of
from geogrid.governance.scenarios import Scenarios, run_scenarios
from geogrid.governance.score import Score, read_assignment, score_layout
from geogrid.governance.sensitivity import Sensitivity, household_sensitivity
from geogrid.governance.whatif import LayoutWhatIf, open_what_if
from geogrid.locale import LANGUAGES
from geogrid.plans.compare import Comparison, compare
from geogrid.plans.crosswalk import crosswalk
from geogrid.plans.named import named_grids
from geogrid.plans.plan import Plan
from geogrid.progress import show_count, show_progress
from geogrid.showing import Shown, card
from geogrid.solve.options import SolveOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import folium
    import geopandas as gpd
    import pandas as pd

    from geogrid.governance.reasons import Prices
    from geogrid.locale import Language
    from geogrid.widget import TryOut

__all__ = ["Study", "open_study"]

# a graph of the sample takes some 30 MB
_MOST_GRAPHS = 4


@dataclass(frozen=True, repr=False)
class Study(Shown):
    """Hold one district on the workbench.

    Every method is one call of the library. What it returns shows itself in a notebook,
    and is a GeoDataFrame or a frozen dataclass to work on with.

    Parameters
    ----------
    district : District
        What is studied.
    progress : bool
        Whether long runs show a bar, in notebooks and on terminals; in scripts never.
    """

    district: District
    progress: bool = True
    # graphs, the slowest part of a first plan; and the last plan asked about, kept solved
    _problems: list[Problem] = field(default_factory=list, init=False, repr=False, compare=False)
    _solved: list[LayoutWhatIf] = field(default_factory=list, init=False, repr=False, compare=False)

    def _in_short(self) -> str:
        """Return what is studied."""
        return repr(self.district)

    def plan(
        self,
        *,
        grids: int | None = None,
        households_per_grid: float | None = None,
        rules: LayoutRules | None = None,
        previous: str | Path | pd.Series[Any] | OldLayout | Plan | None = None,
        time_limit: float | None = None,
        seed: int = 0,
        bridge: bool = False,
        **changes: Any,  # noqa: ANN401 - rules by name
    ) -> Plan:
        """Return the optimal plan with exactly so many grids.

        Parameters
        ----------
        grids : int, optional
            k. Exactly one of this and ``households_per_grid``.
        households_per_grid : float, optional
            k is the total divided by this, rounded.
        rules : LayoutRules, optional
            By default those of ``data/rules.toml``.
        previous : str, Path, Series, OldLayout or Plan, optional
            The layout before: a courtyard column, a CSV with ``courtyard_id`` and
            ``grid``, old grids by ``courtyard_id`` or in the courtyards' order, or a plan.
            Grids that carry on an old one keep its code; ``moved_m`` makes it cost to move.
        time_limit : float, optional
            Wall seconds; the best plan by then comes with its honest status.
        seed : int
            Of the search; proven plans do not depend on it.
        bridge : bool
            Open the cheapest crossings where parts cannot hold a grid, and list them.
        **changes : Any
            Rules that differ, by name: ``balance_m=1000``, ``walk_max_m=300``,
            ``moved_m=200``, ``pairing={"outside_m": 300}`` (see `LayoutRules.changed`).

        Returns
        -------
        Plan
            Not yet paired.

        Raises
        ------
        InputError
            If not exactly one of the two sizes is given, or a rule means nothing.
        InfeasibleError
            If no such plan exists; the message names what stands against it.
        """
        rules = (rules or LayoutRules()).changed(**changes)
        courtyards = self.district.courtyards
        with show_progress(is_wanted=self.progress) as on_progress:
            return make_plan(
                self.district,
                n_grids=grids,
                households_per_grid=households_per_grid,
                rules=rules,
                options=SolveOptions(time_limit=time_limit, seed=seed, on_progress=on_progress),
                bridge=bridge,
                previous=None if previous is None else layout_of(courtyards, previous),
                problem=self._problem(rules),
            )

    def _problem(self, rules: LayoutRules) -> Problem:
        """Return the district's graph by some contiguity rules, built once."""
        found = find_problem(self._problems, self.district, rules=rules)
        others = [kept for kept in self._problems if kept is not found]
        self._problems[:] = [found, *others[: _MOST_GRAPHS - 1]]
        return found

    def _own(self, plan: Plan) -> Plan:
        """Return a plan of this district, or say what was given instead."""
        if not isinstance(plan, Plan):
            kind = type(plan).__name__
            raise InputError(f"This asks for a plan, not {kind}; make one: study.plan(grids=...).")
        if plan.district is not self.district:
            ours = set(self.district.courtyards["courtyard_id"])
            theirs = set(plan.district.courtyards["courtyard_id"])
            if ours != theirs:
                msg = (
                    f"The plan is of another district: {len(theirs - ours):,} of its courtyards "
                    f"are not here, and {len(ours - theirs):,} of these not there; open that one."
                )
                raise InputError(msg)
        return plan

    def pair(self, plan: Plan, **changes: Any) -> Plan:  # noqa: ANN401 - rules by name
        """Return the plan with every grid layer that the district has paired with beats.

        Parameters
        ----------
        plan : Plan
            Of this district; its rules say how to pair.
        **changes : Any
            Rules of pairing that differ, by name: ``contiguous=True, gov_grids=(1, 4)``.

        Returns
        -------
        Plan
            The same, each grid with its lead beat.

        Raises
        ------
        InputError
            If the district has no beats.
        InfeasibleError
            If a station area cannot be paired even with wider limits.
        """
        rules = rules_of(self._own(plan)).changed(pairing=changes)
        return pair_layers(plan, rules=rules.pairing)

    def table(self, plan: Plan) -> gpd.GeoDataFrame:
        """Return the plan's grids, one row each, with the names of what they belong to.

        Parameters
        ----------
        plan : Plan
            Paired or not.

        Returns
        -------
        GeoDataFrame
            Columns as `geogrid.plans.named.named_grids` tells; footprints in the
            district's CRS.
        """
        return named_grids(self._own(plan))

    def map(self, plan: Plan, language: Language = "zh") -> folium.Map:
        """Return the plan as a map to explore, which shows itself in the notebook.

        Parameters
        ----------
        plan : Plan
            Paired or not.
        language : {"zh", "en"}
            On opening; one click switches.

        Returns
        -------
        folium.Map
            Asks no server for anything.

        Raises
        ------
        StorageError
            If Leaflet is not in the package yet (``make web`` puts it there).
        """
        from geogrid.publish.maps import draw_map

        return draw_map(self._own(plan), language=_spoken(language))

    def compare(self, a: Plan, b: Plan) -> Comparison:
        """Return two plans side by side: figures, who moves from a to b, and where.

        Parameters
        ----------
        a, b : Plan
            As it is, and as it would be.

        Returns
        -------
        Comparison
            Tables ``moved`` and ``communities``, and the figures of both.

        Raises
        ------
        InputError
            If the plans share no courtyard.
        """
        return compare(a, b)

    def crosswalk(
        self, before: str | Path | pd.Series[Any] | OldLayout | Plan, after: Plan
    ) -> pd.DataFrame:
        """Return what every old grid and every new one share, for ledgers to follow.

        Parameters
        ----------
        before : str, Path, Series, OldLayout or Plan
            The layout before, as `plan` takes it.
        after : Plan
            The layout that follows.

        Returns
        -------
        DataFrame
            Columns as `geogrid.plans.crosswalk.crosswalk` tells; a row a pair.
        """
        if isinstance(before, Plan):
            return crosswalk(before, after)
        if before is None:
            raise InputError("Name the layout before: a column, a CSV, codes or a plan.")
        courtyards = self.district.courtyards
        return crosswalk(layout_of(courtyards, before).by_id(courtyards), after)

    def explain(
        self, plan: Plan, courtyard: str | None = None, language: Language = "zh"
    ) -> Explanation:
        """Say what a plan achieves and why, or why a courtyard is in its grid.

        Parameters
        ----------
        plan : Plan
            For a courtyard: proven, of this district.
        courtyard : str, optional
            A ``courtyard_id``.
        language : {"zh", "en"}
            In which ``print`` says it; the card shows both.

        Returns
        -------
        Explanation
            Of the layout as a whole, or what each neighbouring grid would cost.

        Raises
        ------
        NotFoundError
            If there is no such courtyard.
        InputError
            For a courtyard, if the plan is not the proven optimum under its rules.
        """
        language = _spoken(language)
        if courtyard is None:
            return explain_layout(self._own(plan), language=language)
        return explain_courtyard(self.what_if(plan), courtyard, language=language)

    def what_if(self, plan: Plan) -> LayoutWhatIf:
        """Return a plan kept solved, to learn what changes would cost.

        Parameters
        ----------
        plan : Plan
            A proven plan of this district; the last one asked about stays solved.

        Returns
        -------
        LayoutWhatIf
            Prices and reasons, each the difference of two proven plans.

        Raises
        ------
        InputError
            If the plan is not the proven optimum under its rules.
        """
        if not (self._solved and self._solved[0].plan is plan):
            problem = self._problem(rules_of(self._own(plan)))
            with show_progress(is_wanted=self.progress):
                self._solved[:] = [open_what_if(plan, problems=[problem])]
        return self._solved[0]

    def try_out(self, plan: Plan, *, language: Language = "zh") -> TryOut:
        """Return sliders and a map to try other numbers and rules on a plan, in a notebook.

        Parameters
        ----------
        plan : Plan
            A proven plan of this district.
        language : {"zh", "en"}
            On opening; one click switches.

        Returns
        -------
        TryOut
            A widget: ``.plan`` is the layout kept last, ``.grids`` and ``.rules`` what is shown.
        """
        from geogrid.widget import TryOut

        return TryOut(self._own(plan), language=_spoken(language), problems=self._problems)

    def prices(self, plan: Plan) -> Prices:
        """Return what each change to a plan would cost: grids, band, locks, ties, borders.

        Parameters
        ----------
        plan : Plan
            Proven, of this district.

        Returns
        -------
        Prices
            In household-metres; each the difference of two proven plans.

        Raises
        ------
        InputError
            If the plan is not the proven optimum under its rules.
        """
        what_if = self.what_if(plan)
        with show_progress(is_wanted=self.progress):
            return what_if.prices()

    def front(
        self,
        plan: Plan,
        *,
        balances_m: Iterable[float] | None = None,
        grids: Iterable[int] | None = None,
        n_jobs: int | None = None,
    ) -> Front:
        """Return the best plan at each weight of balance, or with each number of grids.

        Parameters
        ----------
        plan : Plan
            Proven, of this district; it stands on the front itself.
        balances_m : iterable of float, optional
            Weights of balance, metres; by default nine from 50 to 8,000.
        grids : iterable of int, optional
            Numbers of grids instead, each at its own target: ``range(300, 401, 10)``.
        n_jobs : int, optional
            Plans at a time; by default one for each core.

        Returns
        -------
        Front
            Each point with what is proven of it.

        Raises
        ------
        InputError
            If both axes are given, or a value means nothing.
        """
        if balances_m is not None and grids is not None:
            raise InputError("Give balances_m or grids, not both: a front has one axis.")
        what_if = self.what_if(plan)
        with show_count("front", is_wanted=self.progress) as on_progress:
            if grids is not None:
                return grids_front(what_if, grids, n_jobs=n_jobs, on_progress=on_progress)
            weights = BALANCES_M if balances_m is None else balances_m
            return balance_front(what_if, weights, n_jobs=n_jobs, on_progress=on_progress)

    def next_grids(self, plan: Plan) -> NextGrids:
        """Return what each community would gain from one more grid, and lose with one fewer.

        Parameters
        ----------
        plan : Plan
            Proven, of this district; its target and rules stay.

        Returns
        -------
        NextGrids
            Where the next grid helps most first.

        Raises
        ------
        InputError
            If the plan is not the proven optimum under its rules.
        """
        what_if = self.what_if(plan)
        with show_progress(is_wanted=self.progress):
            return next_grids(what_if)

    def sensitivity(
        self,
        plan: Plan,
        error: float = 0.10,
        draws: int = 20,
        *,
        rng: int = 0,
        n_jobs: int | None = None,
    ) -> Sensitivity:
        """Return how much of a plan stays if the counts of households are a little wrong.

        Parameters
        ----------
        plan : Plan
            Proven, of this district.
        error : float in [0, 1)
            How far a count may be off, as a share of it.
        draws : int
            How often counts are drawn and planned again.
        rng : int
            Seed of the draws.
        n_jobs : int, optional
            Draws at a time; by default one for each core.

        Returns
        -------
        Sensitivity
            By courtyard and by draw.

        Raises
        ------
        InputError
            If the plan is not proven, or error or draws mean nothing.
        """
        what_if = self.what_if(plan)
        with show_count("sensitivity", is_wanted=self.progress) as on_progress:
            return household_sensitivity(
                what_if, error=error, draws=draws, rng=rng, n_jobs=n_jobs, on_progress=on_progress
            )

    def score(
        self,
        layout: str | Path | pd.Series[Any] | Plan,
        *,
        rules: LayoutRules | None = None,
        **changes: Any,  # noqa: ANN401 - rules by name
    ) -> Score:
        """Return how good a layout is, and how far from the optimum with as many grids.

        Parameters
        ----------
        layout : str, Path, Series or Plan
            A courtyard column, a CSV with ``courtyard_id`` and ``grid``, grids by
            ``courtyard_id`` or in the courtyards' order, or a plan.
        rules : LayoutRules, optional
            To measure by; by default those of ``data/rules.toml``, for a plan too.
        **changes : Any
            Rules that differ, by name.

        Returns
        -------
        Score
            With the communities furthest from their optimum first.

        Raises
        ------
        InputError
            If there is no such layout, or a courtyard has no grid in it.
        """
        labels = read_assignment(self.district.courtyards, layout)
        rules = (rules or LayoutRules()).changed(**changes)
        return score_layout(self.district, labels, rules=rules, problem=self._problem(rules))

    def scenarios(
        self,
        choices: Mapping[str, Choice],
        *,
        base: Plan | None = None,
        n_jobs: int | None = None,
        time_limit: float | None = None,
    ) -> Scenarios:
        """Return the plans of several sets of rules, side by side.

        Parameters
        ----------
        choices : mapping of str to mapping, LayoutRules or Scenario
            By name: ``{"even": {"grids": 340, "balance_m": 1000}}``.
        base : Plan, optional
            Gives grids, rules and the layout before (its own, or itself) to those that
            do not say.
        n_jobs : int, optional
            Scenarios at a time; by default one for each core.
        time_limit : float, optional
            Wall seconds for each.

        Returns
        -------
        Scenarios
            One without a plan stops no other, and says why.

        Raises
        ------
        InputError
            If a scenario asks for what cannot be; the message names it.
        """
        asked = read_choices(choices, base=base)
        shared = {each.rules.contiguity: each.rules for each in asked.values()}
        with show_count("scenarios", is_wanted=self.progress) as on_progress:
            return run_scenarios(
                self.district,
                asked,
                n_jobs=n_jobs,
                options=SolveOptions(time_limit=time_limit),
                problems=[self._problem(rules) for rules in shared.values()],
                on_progress=on_progress,
            )


def _spoken(language: Language) -> Language:
    """Return a language that people are spoken to in, or say which there are."""
    if language not in LANGUAGES:
        raise InputError(f"There is no language {language!r}; say one of {', '.join(LANGUAGES)}.")
    return language


@card.register(Study)
def _(study: Study) -> str:
    return card(study.district)


def open_study(source: Path | str | District, *, progress: bool = True) -> Study:
    """Put a district on the workbench.

    Parameters
    ----------
    source : Path, str or District
        A district's file or folder, the word ``sample``, or a District.
    progress : bool
        Whether long runs show a bar, in notebooks and on terminals.

    Returns
    -------
    Study
        Ready to plan.

    Raises
    ------
    InputError
        If the source cannot be read as a district.
    """
    from geogrid.sources.vector import read_district

    if isinstance(source, District):
        return Study(source, progress)
    if str(source) == "sample":
        from geogrid.sources.sample import make_sample

        return Study(make_sample(), progress)
    if not str(source):
        raise InputError("Name a district's file, or 'sample'.")
    return Study(read_district(source), progress)
