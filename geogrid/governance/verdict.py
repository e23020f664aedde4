"""Verdict: what is wrong with a draft, in names; hard faults bar publication, soft ones warn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.governance.findings import Finding, FindingKind, Severity, Verdict
from geogrid.governance.homes import find_homes
from geogrid.governance.previous import retired_codes
from geogrid.governance.price import kept_whole, outside_band
from geogrid.governance.rules import rules_of
from geogrid.locale import LANGUAGES, phrases
from geogrid.plans.codes import split_code
from geogrid.plans.plan_graph import PlanGraph

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from geogrid.locale import Language
    from geogrid.plans.plan import Plan

__all__ = ["Finding", "FindingKind", "Judge", "Severity", "Verdict", "judge"]

_SOFT = frozenset({"out_of_band", "station_area", "empty", "rule"})
# courtyards named in a sentence; the finding holds all
_NAMED = 5


def judge(
    plan: Plan,
    assignment: Mapping[str, str],
    *,
    locks: Collection[str] = frozenset(),
    names: Mapping[str, str] | None = None,
    held: Mapping[str, str] | None = None,
    codes: Collection[str] = (),
    reserved: Collection[str] = (),
) -> Verdict:
    """Judge one draft; a `Judge` is faster for many.

    Parameters
    ----------
    plan : Plan
        What the draft started from.
    assignment : mapping of courtyard_id to grid_code
        As it is now, complete or not.
    locks : collection of str
        As `Judge.judge` takes them; so are the next three.
    names : mapping of grid_code to str, optional
        For the words.
    held : mapping of courtyard_id to grid_code, optional
        What the locks hold to.
    codes : collection of str, optional
        Grids that the draft lists.
    reserved : collection of str, optional
        Codes that were given elsewhere.

    Returns
    -------
    Verdict
        Every fault.
    """
    return Judge(plan, reserved=reserved).judge(
        assignment, locks=locks, names=names, held=held, codes=codes
    )


class Judge:
    """Hold a plan's layers as arrays, to judge drafts that start from it.

    Parameters
    ----------
    plan : Plan
        What drafts start from.
    reserved : collection of str, optional
        Codes that were given elsewhere; a new grid may not bear one, nor one that
        the plan knows to have ended.
    """

    def __init__(self, plan: Plan, *, reserved: Collection[str] = ()) -> None:
        self.plan = plan
        self.graph = PlanGraph(plan)
        self.rules = rules_of(plan)
        grids = plan.gov_grids
        self._names = dict(zip(grids["grid_code"], grids["name"], strict=True))
        self._start = dict(
            zip(self.graph.ids.tolist(), plan.courtyards["grid_code"].tolist(), strict=True)
        )
        self._retired = retired_codes(plan).union(reserved) - set(self._names)
        self._communities, self._community_ix = np.unique(
            self.graph.communities.astype(str), return_inverse=True
        )
        table = plan.district.communities
        self._community_names = dict(zip(table["community_code"], table["name"], strict=True))
        held = self.graph.is_usable
        self._edges = np.stack([self.graph.a_ix[held], self.graph.b_ix[held]])
        self._stations, self._station_ix = _stations(plan)
        self._torn = np.flatnonzero(self.graph.spot_ix != np.arange(len(self.graph.ids)))
        self._titles = plan.courtyards["name"].tolist() if "name" in plan.courtyards else []

    @property
    def retired(self) -> frozenset[str]:
        """Return the codes that no grid may be given any more."""
        return frozenset(self._retired)

    @property
    def station_ids(self) -> NDArray[np.object_] | None:
        """Return the station in whose area each courtyard lies; None without beats."""
        if self._station_ix is None:
            return None
        codes = np.unique(self.plan.district["beats"]["station_id"].to_numpy(str))
        found: NDArray[np.object_] = codes.astype(object)[self._station_ix]
        return found

    def judge(
        self,
        assignment: Mapping[str, str],
        *,
        locks: Collection[str] = frozenset(),
        names: Mapping[str, str] | None = None,
        held: Mapping[str, str] | None = None,
        codes: Collection[str] = (),
    ) -> Verdict:
        """Find every fault of a draft.

        Parameters
        ----------
        assignment : mapping of courtyard_id to grid_code
            As it is now; courtyards may be missing, or unknown.
        locks : collection of str
            ``courtyard:ID`` and ``grid:CODE``.
        names : mapping of grid_code to str, optional
            For the words; by default the plan's own.
        held : mapping of courtyard_id to grid_code, optional
            What the locks hold to; by default where the plan has the courtyards. A
            store that locks later hands in what was so then.
        codes : collection of str, optional
            Grids that the draft lists; those without a courtyard are told.

        Returns
        -------
        Verdict
            Every fault, each once.
        """
        ids = self.graph.ids
        given = [assignment.get(ident) or "" for ident in ids.tolist()]
        used = sorted(set(given) - {""})
        number = {code: i for i, code in enumerate(used)} | {"": -1}
        labels = np.array([number[code] for code in given], np.int64)
        draft = _Draft(self, used, labels, {**self._names, **(names or {})})
        unknown = sorted(i for i in assignment if i not in self.graph.row_of)
        if unknown:
            draft.tell("unknown_courtyard", "", unknown)
        if (labels < 0).any():
            draft.tell("unassigned", "", ids[labels < 0])
        self._pieces(draft)
        self._bands(draft)
        self._areas(draft)
        self._locks(draft, locks, self._start if held is None else held, given)
        self._codes(draft)
        self._kept(draft)
        for code in sorted(set(codes) - set(used)):
            draft.tell("empty", code)
        order = {"hard": 0, "soft": 1}
        faults = sorted(draft.found, key=lambda f: (order[f.severity], f.kind, f.grid_code))
        return Verdict(tuple(faults), int((labels >= 0).sum()), len(used))

    def _pieces(self, draft: _Draft) -> None:
        """Find grids over a community border, and grids that do not hang together."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        labels, n = draft.labels, len(draft.labels)
        a, b = self._edges
        inner = (labels[a] == labels[b]) & (labels[a] >= 0)
        links = coo_array((np.ones(inner.sum()), (a[inner], b[inner])), shape=(n, n))
        _, piece = connected_components(links, directed=False)
        weights = self.graph.weights
        # of each grid the community with most of it stays, of each community the piece
        community = self._community_ix
        strays = _not_in_main(labels, community, weights)
        for grid, rows in _by_grid(labels, strays):
            home = str(self._communities[community[(labels == grid) & ~strays][0]])
            draft.tell(
                "split_community",
                draft.codes[grid],
                self.graph.ids[rows],
                home=self._community_names.get(home, home),
            )
        both = np.where(labels < 0, -1, labels * len(self._communities) + community)
        for grid, rows in _by_grid(labels, _not_in_main(both, piece, weights)):
            draft.tell("broken", draft.codes[grid], self.graph.ids[rows])
        for row in self._torn:
            spot = self.graph.spot_ix[row]
            if labels[row] >= 0 and labels[row] != labels[spot]:
                both_ids = self.graph.ids[[spot, row]]
                draft.tell("broken", draft.codes[labels[row]], both_ids, phrase="torn")

    def _bands(self, draft: _Draft) -> None:
        """Find grids with too few or too many households, and walks beyond the limit."""
        graph, labels, k = self.graph, draft.labels, len(draft.codes)
        rows = np.flatnonzero(labels >= 0)
        if not len(rows):
            return
        loads = np.bincount(labels[rows], weights=graph.weights[rows], minlength=k).astype(float)
        main = rows[~_not_in_main(labels, graph.part_ix, graph.weights)[rows]]
        home = np.zeros(k, np.int64)
        home[labels[main]] = graph.part_ix[main]
        whole = kept_whole(graph, self.rules, labels)
        unit = "households" if self.plan.report["provenance"]["weight"] == "households" else "load"
        for grid in np.flatnonzero(outside_band(graph, loads, home, whole)).tolist():
            low, high = graph.bands[home[grid]]
            draft.tell(
                "out_of_band",
                draft.codes[grid],
                phrase="too_light" if loads[grid] < low else "too_heavy",
                numbers={"load": loads[grid], "low": low, "high": high},
                unit=unit,
            )
        limit = self.rules.partition.walk_max_m
        if limit is None or len(rows) < len(labels):
            return
        for grid, square in enumerate(graph.walks_inside(labels)[0]):
            members = labels == grid
            medoid = int(np.argmin(graph.weights[members] @ square))
            far = square[:, medoid] > limit + 1e-6
            if far.any() and not whole[grid]:
                draft.tell(
                    "rule",
                    draft.codes[grid],
                    graph.ids[members][far],
                    phrase="too_far",
                    numbers={"limit": limit},
                )

    def _areas(self, draft: _Draft) -> None:
        """Find grids whose households live in the areas of several police stations."""
        if self._station_ix is None:
            return
        households = self.plan.courtyards["households"].to_numpy(np.float64)
        strays = _not_in_main(draft.labels, self._station_ix, households)
        for grid, rows in _by_grid(draft.labels, strays):
            own = self._station_ix[(draft.labels == grid) & ~strays][0]
            draft.tell(
                "station_area",
                draft.codes[grid],
                self.graph.ids[rows],
                station=self._stations[own],
            )

    def _locks(
        self,
        draft: _Draft,
        locks: Collection[str],
        held: Mapping[str, str],
        given: list[str],
    ) -> None:
        """Find what is locked and no longer as it was."""
        now = dict(zip(self.graph.ids.tolist(), given, strict=True))
        for subject in sorted(locks):
            kind, _, name = subject.partition(":")
            if kind == "courtyard" and name in now and now[name] != held.get(name):
                draft.tell("locked", held.get(name) or "", [name], phrase="locked_courtyard")
            elif kind == "grid":
                moved = [i for i in now if (now[i] == name) != (held.get(i) == name)]
                if moved:
                    draft.tell("locked", name, moved, phrase="locked_grid")
        graph, place = self.graph, self.graph.place_ix
        for group in self.rules.keep.locked:
            rows = np.flatnonzero(np.isin(place, place[[graph.row_of[i] for i in group]]))
            grid = draft.labels[rows[0]]
            if grid < 0 or not np.array_equal(np.flatnonzero(draft.labels == grid), rows):
                code = draft.codes[grid] if grid >= 0 else ""
                draft.tell("locked", code, graph.ids[rows], phrase="locked_rule")

    def _codes(self, draft: _Draft) -> None:
        """Find codes that are not their community's, or were given before."""
        strays = _not_in_main(draft.labels, self._community_ix, self.graph.weights)
        main = np.flatnonzero((draft.labels >= 0) & ~strays)
        home = dict(
            zip(draft.labels[main].tolist(), self._community_ix[main].tolist(), strict=True)
        )
        for grid, code in enumerate(draft.codes):
            community, serial = split_code(code)
            own = str(self._communities[home[grid]])
            if serial == 0 or community != own:
                draft.tell("code", code, phrase="code_form", home=own)
            elif code in self._retired:
                draft.tell("code", code, phrase="code_retired")

    def _kept(self, draft: _Draft) -> None:
        """Find courtyards that the plan's rules want together or apart, and are not."""
        labels, row_of = draft.labels, self.graph.row_of
        for group in self.rules.keep.together:
            grids = np.unique(labels[[row_of[i] for i in group]])
            if len(grids) > 1:
                code = draft.codes[grids[grids >= 0][0]]
                draft.tell("rule", code, group, phrase="together")
        for pair in self.rules.keep.apart:
            a, b = (labels[row_of[i]] for i in pair)
            if a == b >= 0:
                draft.tell("rule", draft.codes[a], pair, phrase="apart")

    def listed(self, ids: Collection[str], frames: Mapping[str, str]) -> str:
        """Return the first few courtyards by name, and count the rest.

        Parameters
        ----------
        ids : collection of str
            ``courtyard_id``.
        frames : mapping of str to str
            Table ``verdict`` of a language.

        Returns
        -------
        str
            For a sentence.
        """
        named = []
        for ident in list(ids)[:_NAMED]:
            row = self.graph.row_of.get(ident)
            title = self._titles[row] if self._titles and row is not None else None
            # a missing name is no text, in any of pandas' ways
            is_named = isinstance(title, str) and title
            named.append(frames["titled"].format(name=title, id=ident) if is_named else ident)
        said = frames["comma"].join(named)
        if len(ids) <= _NAMED:
            return said
        return frames["more"].format(listed=said, n=len(ids) - _NAMED)


class _Draft:
    """Hold one assignment while it is judged, and what was found."""

    def __init__(
        self,
        judge_of: Judge,
        codes: list[str],
        labels: NDArray[np.int64],
        names: Mapping[str, str],
    ) -> None:
        self.judge, self.codes, self.labels, self.names = judge_of, codes, labels, names
        self.found: list[Finding] = []

    def tell(
        self,
        kind: FindingKind,
        code: str,
        courtyards: Iterable[str] = (),
        *,
        phrase: str = "",
        unit: str = "",
        numbers: Mapping[str, float] | None = None,
        **values: str,
    ) -> None:
        """Note a finding, with its sentence in every language."""
        ids = tuple(sorted(map(str, courtyards)))
        words: dict[Language, str] = {}
        for language in LANGUAGES:
            frames = phrases(language, "verdict")
            name = self.names.get(code)
            named = {key: f"{value:,.0f}" for key, value in (numbers or {}).items()}
            words[language] = frames[phrase or kind].format(
                grid=frames["titled"].format(name=name, id=code) if name else code,
                courtyards=self.judge.listed(ids, frames),
                n=len(ids),
                unit=frames.get(unit, ""),
                **named,
                **values,
            )
        severity: Severity = "soft" if kind in _SOFT else "hard"
        self.found.append(Finding(kind, severity, code, ids, words))


def _stations(plan: Plan) -> tuple[list[str], NDArray[np.int64] | None]:
    """Return the names of the station areas, and that of each courtyard; None without beats."""
    beats = plan.district["beats"]
    if not len(beats):
        return [], None
    homes = find_homes(plan, "gov_grids", plan.gov_grids, beats)
    codes, station = np.unique(beats["station_id"].to_numpy(str), return_inverse=True)
    table = plan.district["stations"]
    names = dict(zip(table["station_id"], table["name"], strict=True)) if len(table) else {}
    return [str(names.get(code, code)) for code in codes], station[homes.beat_ix]


def _not_in_main(
    labels: NDArray[np.int64], kind: NDArray[np.int64], weights: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return who is not of the kind that holds most of its grid; of equals the first counts.

    Rows with a negative label are of no grid.
    """
    rows = np.flatnonzero(labels >= 0)
    strays = np.zeros(len(labels), bool)
    if not len(rows):
        return strays
    key = labels[rows] * (int(kind.max()) + 1) + kind[rows]
    keys, of_key = np.unique(key, return_inverse=True)
    # nobody's home still counts as a little
    held = np.bincount(of_key, weights=weights[rows] + 1e-6)
    grid = keys // (int(kind.max()) + 1)
    order = np.lexsort((keys, -held, grid))
    first = np.concatenate([[True], grid[order][1:] != grid[order][:-1]])
    is_main = np.zeros(len(keys), bool)
    is_main[order[first]] = True
    strays[rows] = ~is_main[of_key]
    return strays


def _by_grid(
    labels: NDArray[np.int64], marked: NDArray[np.bool_]
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Hand out the grids of some marked courtyards, and their rows."""
    rows = np.flatnonzero(marked)
    for grid in np.unique(labels[rows]):
        yield int(grid), rows[labels[rows] == grid]
