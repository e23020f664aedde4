"""Moves of a plan with the server's verdict after each, for the web map's own judge to match.

``python tests/web_moves.py PLAN.gpkg MOVES.json [--moves 1000] [--seed 5]`` writes what the map
gets of the plan (ground, detail, layout) and edits applied one after another, each with every
finding that `Judge` has then. A good part of the moves is chosen to hurt: courtyards without
which their grid falls apart, and courtyards over the border of a community, a station's area
or a part. ``api/web/tests/moves.test.ts`` reads the file.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from geogrid.governance.verdict import Judge
from geogrid.publish.audience import Audience, rows_seen
from geogrid.publish.ground import Ground
from geogrid.publish.layout import Layouts
from geogrid.store.edits import Edit, Merge, Move, Rename, Split, wire_form
from geogrid.store.folding import Sheet, fold, start_state
from geogrid.store.outlines import outline_of

# after so many moves a sequence begins anew from the plan
_LONGEST = 25
# the figures of all grids are told after so many moves
_FIGURES_EACH = 40
_KINDS = ("cut", "border", "near", "any", "split", "merge", "rename")
_SHARES = (0.3, 0.25, 0.2, 0.06, 0.1, 0.07, 0.02)


@dataclass(frozen=True)
class Step:
    """Hold one edit and whether it was one of those that hurt."""

    edit: Edit
    is_cut: bool
    is_border: bool


class Mover:
    """Choose edits of a layout.

    Parameters
    ----------
    judge : Judge
        Of the plan; its graph and areas are read.
    rng : Generator
        Same seed, same moves.
    """

    def __init__(self, judge: Judge, rng: np.random.Generator) -> None:
        graph = judge.graph
        self.ids = [str(ident) for ident in graph.ids]
        self.row_of = graph.row_of
        self.rng = rng
        stations = judge.station_ids
        self.areas = [
            graph.communities.astype(str).tolist(),
            graph.part_ix.tolist(),
            [""] * len(self.ids) if stations is None else [str(s) for s in stations],
        ]
        self.near: dict[int, list[int]] = defaultdict(list)
        self.joined: dict[int, list[int]] = defaultdict(list)
        for a, b, usable in zip(graph.a_ix, graph.b_ix, graph.is_usable, strict=True):
            for p, q in ((int(a), int(b)), (int(b), int(a))):
                self.near[p].append(q)
                if usable:
                    self.joined[p].append(q)

    def choose(self, codes: list[str]) -> Step:
        """Choose an edit of the layout in which row i lies in grid ``codes[i]``."""
        kind = str(self.rng.choice(_KINDS, p=_SHARES))
        edit = getattr(self, f"_{kind}")(codes)
        return Step(edit, *self._hurts(edit, codes))

    def _row(self) -> int:
        return int(self.rng.integers(len(self.ids)))

    def _members(self, codes: list[str], code: str) -> list[int]:
        return [row for row, own in enumerate(codes) if own == code]

    def _beside(self, rows: list[int], codes: list[str]) -> list[str]:
        """Return the grids beside some rows of one grid."""
        own = codes[rows[0]]
        return sorted({codes[q] for row in rows for q in self.near[row]} - {own})

    def _move(self, rows: list[int], codes: list[str], targets: list[str]) -> Edit:
        """Move rows into one of some grids, into any grid where there are none."""
        others = targets or sorted(set(codes) - {codes[rows[0]]})
        to = str(self.rng.choice(others))
        return Move(tuple(self.ids[row] for row in rows), to)

    def _cut(self, codes: list[str]) -> Edit:
        """Move a courtyard without which its grid falls apart, if there is one nearby."""
        for _ in range(60):
            members = self._members(codes, codes[self._row()])
            cuts = [row for row in members if self._is_cut([row], members)]
            if cuts:
                row = int(self.rng.choice(cuts))
                return self._move([row], codes, self._beside([row], codes))
        return self._near(codes)

    def _border(self, codes: list[str]) -> Edit:
        """Move a courtyard over the border of a community, a station's area or a part."""
        for _ in range(200):
            row = self._row()
            over = [
                codes[q]
                for q in self.near[row]
                if codes[q] != codes[row] and any(a[q] != a[row] for a in self.areas)
            ]
            if over:
                return self._move([row], codes, sorted(set(over)))
        return self._near(codes)

    def _near(self, codes: list[str]) -> Edit:
        """Move one to four neighbours of one grid into a grid beside them."""
        rows = self._some(codes, int(self.rng.integers(1, 5)))
        return self._move(rows, codes, self._beside(rows, codes))

    def _any(self, codes: list[str]) -> Edit:
        """Move some courtyards into any grid."""
        return self._move(self._some(codes, int(self.rng.integers(1, 4))), codes, [])

    def _some(self, codes: list[str], most: int) -> list[int]:
        """Choose up to so many courtyards that hang together in one grid."""
        rows = [self._row()]
        for row in rows:
            rows += [q for q in self.joined[row] if codes[q] == codes[row] and q not in rows]
            if len(rows) >= most:
                break
        return rows[:most]

    def _split(self, codes: list[str]) -> Edit:
        """Take some courtyards of one community out into a grid of their own."""
        rows = self._some(codes, int(self.rng.integers(1, 5)))
        home = self.areas[0][rows[0]]
        return Split(tuple(self.ids[row] for row in rows if self.areas[0][row] == home))

    def _merge(self, codes: list[str]) -> Edit:
        """Merge a grid into one beside it."""
        code = codes[self._row()]
        beside = self._beside(self._members(codes, code), codes)
        return Merge(code, str(self.rng.choice(beside or sorted(set(codes) - {code}))))

    def _rename(self, codes: list[str]) -> Edit:
        """Give a grid a name of its own."""
        return Rename(codes[self._row()], f"海滨{int(self.rng.integers(1_000))}号网格")

    def _hurts(self, edit: Edit, codes: list[str]) -> tuple[bool, bool]:
        """Tell whether an edit tears its grid, and whether it leads over a border."""
        if not isinstance(edit, Move):
            return False, False
        rows = [self.row_of[ident] for ident in edit.courtyards]
        there = self._members(codes, edit.to)
        is_border = any(
            areas[row] not in {areas[q] for q in there} for areas in self.areas for row in rows
        )
        return self._is_cut(rows, self._members(codes, codes[rows[0]])), is_border

    def _is_cut(self, rows: list[int], members: list[int]) -> bool:
        """Tell whether a grid has more pieces without some of its courtyards."""
        rest = [row for row in members if row not in rows]
        return bool(rest) and self._n_pieces(rest) > self._n_pieces(members)

    def _n_pieces(self, rows: list[int]) -> int:
        """Count the pieces in which some rows hang together."""
        waiting, n_pieces = set(rows), 0
        while waiting:
            n_pieces += 1
            edge = [waiting.pop()]
            while edge:
                edge += (reached := waiting.intersection(self.joined[edge.pop()]))
                waiting -= reached
        return n_pieces


def make_moves(plan: Any, *, n_moves: int = 1_000, seed: int = 5) -> dict[str, Any]:
    """Make the moves of one plan.

    Parameters
    ----------
    plan : Plan
        Any plan.
    n_moves : int
        Edits in all.
    seed : int
        Same seed, same moves.

    Returns
    -------
    dict
        ``ground, detail, layout`` as the map gets them; ``findings``, each once;
        ``start``, numbers of those that the plan itself has; ``steps``: ``reset`` (begin anew
        from the plan), ``edit``, ``code`` (of the grid that a split made), ``findings``
        (numbers), ``is_cut``, ``is_border``, now and then ``grids``, the table of a layout.
    """
    audience, outline = Audience(), outline_of(plan)
    ground, layouts, judge = Ground(plan), Layouts(plan), Judge(plan)
    mover = Mover(judge, np.random.default_rng(seed))
    rows = rows_seen(plan, audience)
    key = {"key": "moves"}
    numbers: dict[str, int] = {}

    def judged(state: Any) -> list[int]:
        # as the store asks: what is locked cannot have moved
        verdict = judge.judge(
            state.assignment, locks=state.locks, names=state.names, held=state.assignment
        )
        texts = [json.dumps(fault.as_dict(), ensure_ascii=False) for fault in verdict.faults]
        return [numbers.setdefault(text, len(numbers)) for text in texts]

    start = start_state(outline)
    first, state, since = judged(start), start, _LONGEST
    steps: list[dict[str, Any]] = []
    while len(steps) < n_moves:
        is_reset = since >= _LONGEST
        if is_reset:
            state, since = start, int(mover.rng.integers(0, _LONGEST - 5))
        step = mover.choose([state.assignment[ident] for ident in mover.ids])
        sheet = Sheet(outline, state)
        sheet.apply([step.edit])
        state, since = fold(state, sheet.entries, state.revision + 1), since + 1
        told: dict[str, Any] = {
            "reset": is_reset,
            "edit": wire_form(step.edit),
            "code": next(iter(sheet.created), None) if isinstance(step.edit, Split) else None,
            "findings": judged(state),
            "is_cut": step.is_cut,
            "is_border": step.is_border,
        }
        if len(steps) % _FIGURES_EACH == 0:
            shown = layouts.layout(rows, audience, assignment=state.assignment, names=state.names)
            told["grids"] = shown["grids"]
        steps.append(told)
    info = {"plan_id": 1, "title": "", "status": "draft", "revision": 0, "etag": "1-0"}
    return {
        "ground": key | ground.ground(audience),
        "detail": key | ground.detail(audience),
        "layout": {"ground": "moves", "plan": info, **layouts.layout(rows, audience)},
        "findings": [json.loads(text) for text in numbers],
        "start": first,
        "steps": steps,
    }


def with_rules(plan: Any, **keep: Any) -> Any:
    """Return a plan as if its rules had said more.

    Parameters
    ----------
    plan : Plan
        Any plan.
    **keep : Any
        Members of the table ``keep``; ``walk_max_m``; ``codes_retired``.

    Returns
    -------
    Plan
        The same layout, judged by other rules.
    """
    report = json.loads(json.dumps(plan.report))
    walk_max_m = keep.pop("walk_max_m", None)
    report["edited"] = {"codes_retired": keep.pop("codes_retired", [])}
    report["rules"]["keep"] |= keep
    report["rules"]["partition"]["walk_max_m"] = walk_max_m
    return replace(plan, report=report)


def main() -> None:
    """Write the file that the command line asks for."""
    from geogrid.store.plan_file import read_plan

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--moves", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=5)
    given = parser.parse_args()
    made = make_moves(read_plan(given.plan), n_moves=given.moves, seed=given.seed)
    given.out.write_text(json.dumps([made], ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
