"""The assignment against all assignments there are, and every conflict against its remedy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import connected

from geogrid.errors import InfeasibleError
from geogrid.solve.assign import assign


@dataclass(frozen=True)
class Case:
    cost: np.ndarray
    low: np.ndarray
    high: np.ndarray
    weights: np.ndarray
    least: np.ndarray
    most: np.ndarray
    balance: float
    adjacent: list | None

    def solve(self):
        return assign(
            self.cost,
            count=(self.low, self.high),
            load=(self.weights, self.least, self.most),
            balance=self.balance,
            adjacent=self.adjacent,
        )


@st.composite
def cases(draw):
    """Return small cases of which about half have an answer."""
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    cost = rng.integers(0, 30, (n, m)).astype(float)
    cost[rng.random((n, m)) < draw(st.sampled_from([0.0, 0.2, 0.5]))] = np.inf
    low = rng.integers(0, draw(st.integers(1, 3)), m)
    high = low + rng.integers(0, n + 1, m)
    weights = rng.integers(0, 6, n).astype(float)
    least, most = np.zeros(m), np.full(m, np.inf)
    if draw(st.booleans()):
        mean = weights.sum() / m
        least, most = np.floor(mean * rng.random(m)), np.ceil(mean * (1 + rng.random(m)))
    pairs = [(a, b) for b in range(n) for a in range(b)]
    share = draw(st.sampled_from([0.2, 0.4, 0.7]))
    adjacent = [pair for pair in pairs if rng.random() < share] if draw(st.booleans()) else None
    balance = draw(st.sampled_from([0.0, 1.0, 7.0]))
    return Case(cost, low, high, weights, least, most, balance, adjacent)


def brute_force(case):
    """Cost of the best of all assignments; inf if none keeps the limits."""
    n, m = case.cost.shape
    mean, best = case.weights.sum() / m, np.inf
    for labels in product(range(m), repeat=n):
        groups = [[i for i in range(n) if labels[i] == j] for j in range(m)]
        load = np.array([sum(case.weights[i] for i in group) for group in groups])
        size = np.array([len(group) for group in groups])
        if (size < case.low).any() or (size > case.high).any():
            continue
        if (load < case.least).any() or (load > case.most).any():
            continue
        if case.adjacent is not None and not all(
            connected(group, case.adjacent) for group in groups if group
        ):
            continue
        total = sum(case.cost[i, j] for i, j in enumerate(labels))
        best = min(best, total + case.balance * np.abs(load - mean).sum())
    return best


@settings(max_examples=300)
@given(case=cases())
def test_the_assignment_agrees_with_brute_force(case):
    expected = brute_force(case)
    if np.isinf(expected):
        with pytest.raises(InfeasibleError):
            case.solve()
        return
    found = case.solve()
    assert found.objective == pytest.approx(expected, abs=1e-6)
    assert found.bound == pytest.approx(expected, abs=1e-4)
    assert found.status == "optimal"
    assert found.counts.tolist() == np.bincount(found.labels, minlength=len(case.low)).tolist()
    for column, load in enumerate(found.loads):
        assert load == case.weights[found.labels == column].sum()
    if case.adjacent is not None:
        assert (found.pieces == (found.counts > 0)).all()


def without(case, rows, columns, kind):
    """The case with what an error names no longer asked for."""
    many = len(case.cost)
    if kind == "allowed":
        return replace(case, cost=np.where(np.isin(np.arange(many), rows)[:, None], 1.0, case.cost))
    named = np.isin(np.arange(len(case.low)), columns)
    if kind == "most":
        return replace(case, high=np.where(named, many, case.high))
    if kind == "least":
        return replace(case, low=np.where(named, 0, case.low))
    return replace(
        case, least=np.where(named, 0, case.least), most=np.where(named, np.inf, case.most)
    )


@settings(max_examples=300)
@given(case=cases())
def test_what_a_conflict_names_is_what_stands_in_the_way(case):
    """Giving way where the error says so ends that conflict; repeated, it ends them all."""
    met = set()
    for _ in range(20):
        try:
            case.solve()
        except InfeasibleError as error:
            facts = error.facts
        else:
            return
        kind, rows, columns = facts["kind"], facts["rows"], facts["columns"]
        conflict = (kind, tuple(rows), tuple(columns))
        assert conflict not in met
        met.add(conflict)
        if kind == "contiguity":
            # possible without it
            replace(case, adjacent=None).solve()
            return
        if kind == "load":
            over, short = facts["over"], facts["short"]
            assert over or short
            most, least = case.most.copy(), case.least.copy()
            for j, by in over.items():
                most[j] += by
            for j, by in short.items():
                least[j] -= by
            given = replace(case, most=most, least=least)
            assert np.isfinite(brute_force(replace(given, adjacent=None)))
        case = without(case, rows, columns, kind)
    pytest.fail(f"still in conflict: {met}")


@settings(max_examples=200)
@given(case=cases())
def test_no_member_of_a_conflict_can_be_spared(case):
    """Each row left out, or each column let free, ends the clash of the others."""
    try:
        case.solve()
    except InfeasibleError as error:
        facts = error.facts
    else:
        return
    kind, rows, columns = facts["kind"], facts["rows"], facts["columns"]
    if kind in {"load", "contiguity"}:
        assert not possible(case, rows, columns, kind)
        for row in rows:
            assert possible(case, [r for r in rows if r != row], columns, kind)
        for column in columns:
            assert possible(case, rows, [c for c in columns if c != column], kind)


def possible(case, rows, columns, kind):
    """Tell whether these rows can all be placed while these columns keep their limits."""
    n, m = case.cost.shape
    others = sorted(set(range(m)) - set(columns))
    kept = case if kind == "contiguity" else without(case, [], others, kind)
    choices = [
        [j for j in range(m) if np.isfinite(case.cost[i, j])] + ([] if i in rows else [None])
        for i in range(n)
    ]
    for labels in product(*choices):
        groups = [[i for i in range(n) if labels[i] == j] for j in range(m)]
        load = np.array([sum(case.weights[i] for i in group) for group in groups])
        size = np.array([len(group) for group in groups])
        good = (size >= case.low).all() and (size <= case.high).all()
        good = good and (load >= kept.least).all() and (load <= kept.most).all()
        if kind == "contiguity":
            good = good and all(connected(groups[j], case.adjacent) for j in columns if groups[j])
        if good:
            return True
    return False
