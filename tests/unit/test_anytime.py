"""Whenever a run is stopped, it hands out a valid plan that claims no more than it knows."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from oracles import random_case, violations

from geogrid.errors import SolverTimeout
from geogrid.solve import search
from geogrid.solve.options import PartitionRules, SolveOptions
from geogrid.solve.partition import partition
from geogrid.solve.run import Run

SIZES = (30, 26, 4, 28, 25, 30)
K = 34


@cache
def city(sizes=SIZES):
    weights, edges, coords = random_case(list(sizes), np.random.default_rng(11))
    return {"weights": weights, "edges": edges, "coords": coords}


@cache
def large(n):
    weights, edges, coords = random_case([n], np.random.default_rng(n))
    return {"weights": weights, "edges": edges, "coords": coords}


@cache
def optimum(sizes=SIZES, k=K):
    found = partition(**city(sizes), n_regions=k)
    assert found.status == "optimal"
    return found.objective


@pytest.fixture
def talkative(monkeypatch):
    """Every step of a run tells its progress, however soon after the one before."""
    tell = Run.tell
    monkeypatch.setattr(
        Run, "tell", lambda run, stage, done, **_: tell(run, stage, done, at_once=True)
    )


def run(given, k, rules=None, **options):
    """The plan, or the words of a timeout."""
    try:
        return partition(**given, n_regions=k, rules=rules, options=SolveOptions(**options)), ""
    except SolverTimeout as error:
        return None, error.message


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.2, 1.0])
@pytest.mark.parametrize(
    ("n", "options"),
    [(200, {}), (90, {"mode": "exact", "exact_units": 500}), (90, {"mode": "search"})],
    ids=["200 units", "90 units listed", "90 units searched"],
)
def test_a_time_limit_ends_with_an_honest_plan_or_a_timeout(n, options, seconds):
    given, k = large(n), n // 4
    found, words = run(given, k, time_limit=seconds, **options)
    if found is None:
        assert "before any plan was found" in words
        return
    assert violations(found, **given, k=k) == []
    if n == 200:
        # no run proves so large a part
        assert found.status == "gap"


@pytest.mark.usefixtures("talkative")
@pytest.mark.parametrize("apportion", ["optimal", "largest_remainder"])
@pytest.mark.parametrize("mode", ["auto", "search"])
def test_incumbents_only_fall_and_no_bound_exceeds_the_optimum(mode, apportion):
    seen = []
    rules = PartitionRules(apportion=apportion)
    found, _ = run(city(), K, rules, on_progress=seen.append, mode=mode)
    incumbents = [p.incumbent for p in seen if p.incumbent is not None]
    bounds = [p.bound for p in seen if p.bound is not None]
    assert len(seen) > len(SIZES)
    assert incumbents == sorted(incumbents, reverse=True)
    assert incumbents[-1] == pytest.approx(found.objective, rel=1e-12)
    assert min(incumbents) >= optimum() * (1 - 1e-9)
    # one group has but one way to share
    assert max(bounds) <= optimum() * (1 + 1e-9)
    for progress in seen:
        assert 0 <= progress.parts_done <= progress.parts_total == len(SIZES)
        assert progress.gap is None or progress.gap >= -1e-9


class Stops:
    """Someone who listens for a while and then interrupts."""

    def __init__(self, after):
        self.after = after
        self.seen = []

    def __call__(self, progress):
        self.seen.append(progress)
        if len(self.seen) > self.after:
            raise KeyboardInterrupt


@pytest.mark.usefixtures("talkative")
@pytest.mark.parametrize("mode", ["auto", "search"])
def test_an_interrupt_at_any_step_ends_with_an_honest_plan(mode):
    objectives, steps, is_stopped = [], 0, True
    while is_stopped:
        stops = Stops(after=steps)
        found, words = run(city(), K, on_progress=stops, mode=mode)
        is_stopped = len(stops.seen) > steps
        steps += 1
        told = [p.incumbent for p in stops.seen if p.incumbent is not None]
        if found is None:
            assert "interrupted before any plan was found" in words
            assert not told
            continue
        assert violations(found, **city(), k=K) == []
        assert found.bound is None or found.bound <= optimum() * (1 + 1e-9)
        assert found.objective <= min(told, default=np.inf) * (1 + 1e-12)
        objectives.append(found.objective)
    assert len(objectives) > len(SIZES)
    assert objectives == sorted(objectives, reverse=True)
    assert objectives[0] > objectives[-1]


@pytest.mark.usefixtures("talkative")
@pytest.mark.parametrize("apportion", ["optimal", "largest_remainder"])
def test_whoever_listens_gets_a_valid_plan_that_costs_no_more_than_was_told(apportion):
    plans = []

    def listen(progress):
        best = progress.best()
        assert (best is None) == (progress.incumbent is None) or apportion != "optimal"
        if best is not None:
            plans.append(best)
            assert progress.incumbent is None or best.objective <= progress.incumbent * (1 + 1e-12)

    rules = PartitionRules(apportion=apportion)
    found, _ = run(city(), K, rules, on_progress=listen)
    assert plans
    for plan in plans:
        assert violations(plan, **city(), k=K) == []
        assert plan.bound is None or plan.bound <= found.objective * (1 + 1e-9)
    assert plans[-1].objective == pytest.approx(found.objective, rel=1e-12)


@pytest.mark.parametrize("steps", [0, 3, 9, 10_000])
def test_a_run_that_is_called_off_ends_with_an_honest_plan(steps):
    left = iter(range(steps))
    found, words = run(city(), K, called_off=lambda: next(left, None) is None)
    if found is None:
        assert "called off before any plan was found" in words
        assert steps < len(SIZES)
        return
    assert violations(found, **city(), k=K) == []
    assert found.bound is None or found.bound <= optimum() * (1 + 1e-9)
    assert (found.status == "optimal") == (steps == 10_000)


# joblib tells of the tasks that an interrupt leaves undone
@pytest.mark.filterwarnings("ignore:.*tasks which were still being processed:UserWarning")
@pytest.mark.usefixtures("talkative")
def test_an_interrupt_while_others_work_ends_with_an_honest_plan():
    found, _ = run(city(), K, on_progress=Stops(after=4), n_jobs=2)
    assert violations(found, **city(), k=K) == []
    assert found.bound is None or found.bound <= optimum() * (1 + 1e-9)
    # whoever was interrupted works on as if nothing had been
    assert run(city(), K, n_jobs=2)[0].objective == pytest.approx(optimum(), rel=1e-12)


@pytest.mark.parametrize(
    ("apportion", "sizes", "k"),
    [("optimal", SIZES, K), ("largest_remainder", (17, 9, 4, 12), 10)],
)
def test_a_time_limit_at_any_step_ends_with_an_honest_plan(monkeypatch, apportion, sizes, k):
    best = optimum(sizes, k)
    objectives, statuses, steps = [], [], 0
    while "optimal" not in statuses:
        left = iter(range(steps))

        def stop(_run, left=left):
            if next(left, None) is None:
                raise SolverTimeout("The time limit passed.")

        monkeypatch.setattr(Run, "stop_if_late", stop)
        steps += 1
        found, words = run(city(sizes), k, PartitionRules(apportion=apportion))
        if found is None:
            assert "before any plan was found" in words
            # once there is a plan, there always is one
            assert not objectives
            continue
        assert violations(found, **city(sizes), k=k) == []
        assert found.bound is None or found.bound <= best * (1 + 1e-9)
        objectives.append(found.objective)
        statuses.append(found.status)
    assert objectives == sorted(objectives, reverse=True)
    assert objectives[-1] == pytest.approx(best, rel=1e-9)
    # counting what groups can hold proves most of it before there is a plan
    assert "gap" in statuses or apportion == "largest_remainder"


@pytest.mark.usefixtures("talkative")
def test_a_first_plan_is_kept_although_the_search_finds_only_worse(monkeypatch):
    monkeypatch.setattr(search, "_RUNS", 1)
    monkeypatch.setattr(search, "_TRIES", 3)
    monkeypatch.setattr(search, "mend", lambda _part, _rules, _band, regions, _clock: regions)
    seen = []
    found, _ = run(city(), K, on_progress=seen.append, mode="search")
    first = next(p.incumbent for p in seen if p.incumbent is not None)
    assert found.objective <= first
    assert violations(found, **city(), k=K) == []
    for steps in range(1, len(seen)):
        found, _ = run(city(), K, on_progress=Stops(after=steps), mode="search")
        assert found.objective <= first
        assert violations(found, **city(), k=K) == []
