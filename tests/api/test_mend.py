"""Laws of mending over HTTP: a proposal changes nothing, and sent back it does what it said."""

from __future__ import annotations

import datetime as dt

import pytest
from plan_service import EAST_IN_B, A
from towns import WEST_CODE

from geogrid.locale import LANGUAGES

FIGURES = {"objective", "n_grids", "cv", "walk_mean_m", "in_band", "hard", "soft"}


@pytest.fixture
def worse(house):
    """Return a service whose draft has all courtyards of a grid's half in another grid."""
    draft = house.draft()
    grids = house.grids(draft)
    giving, taking = sorted(grids, key=lambda code: len(grids[code]))[:2]
    edit = {"op": "move", "courtyards": grids[giving][:1], "to": taking}
    answer = house.planner.post(f"/plans/{draft}/moves", {"edits": [edit]}, at=0)
    assert answer.status_code == 200
    return house, draft


def mend(desk, draft, *, at, communities=(WEST_CODE,), **more):
    order = {"communities": list(communities), **more}
    return desk.post(f"/plans/{draft}/mend", order, at=at)


def test_a_proposal_is_shown_saved_by_nobody_and_fits(worse):
    house, draft = worse
    answer = mend(house.planner, draft, at=1)
    assert answer.status_code == 200
    body = answer.json()
    assert body["revision"] == house.revision(draft) == 1
    assert answer.headers["ETag"] == f'"{draft}-1"'
    assert body["status"] == "optimal"
    assert set(body["before"]) == set(body["after"]) == FIGURES
    assert body["after"]["objective"] < body["before"]["objective"] or (
        body["after"]["hard"] < body["before"]["hard"]
    )
    assert body["moved"] == 1
    assert body["moved_households"] in {100, 101, 102}
    assert body["gap"] == pytest.approx(0, abs=1e-6)
    assert set(body["words"]) == set(LANGUAGES)
    saved = house.planner.post(f"/plans/{draft}/moves", {"edits": body["edits"]}, at=1)
    assert saved.status_code == 200
    after = house.store.draft(draft).assignment
    assert {i: after[i] for i in body["assignment"]} == body["assignment"]
    again = mend(house.planner, draft, at=2).json()
    assert (again["status"], again["edits"], again["moved"]) == ("unchanged", [], 0)


def test_a_new_grid_gets_its_code_when_the_edits_are_saved(house):
    draft = house.draft()
    grids = house.grids(draft, EAST_IN_B)
    first, *others = sorted(grids)
    edits = [{"op": "merge", "grid": code, "into": first} for code in others]
    assert house.planner.post(f"/plans/{draft}/moves", {"edits": edits}, at=0).status_code == 200
    body = mend(house.planner, draft, at=1, communities=[EAST_IN_B]).json()
    new = sorted(i for i, code in body["assignment"].items() if code == "new:1")
    assert new
    saved = house.planner.post(f"/plans/{draft}/moves", {"edits": body["edits"]}, at=1).json()
    (code,) = saved["created"]
    # a code that ended is not given again
    assert code not in grids
    assert house.grids(draft, EAST_IN_B)[code] == new


def test_locks_hold(worse):
    house, draft = worse
    body = mend(house.planner, draft, at=1).json()
    (yard,) = [i for edit in body["edits"] for i in edit["courtyards"]]
    lock = {"lock": [f"courtyard:{yard}"]}
    assert house.planner.post(f"/plans/{draft}/locks", lock, at=1).status_code == 200
    here = house.store.draft(draft).assignment
    body = mend(house.planner, draft, at=2).json()
    assert body["assignment"][yard] == here[yard]


def test_who_saw_an_older_revision_is_told_what_happened(worse):
    house, draft = worse
    answer = mend(house.planner, draft, at=0)
    assert answer.status_code == 412
    assert answer.json()["revision"] == 1
    assert mend(house.planner, draft, at=None).status_code == 428


def test_a_clerk_mends_the_own_subdistrict(worse):
    house, draft = worse
    assert mend(house.clerk_a, draft, at=1).status_code == 200
    refused = mend(house.clerk_b, draft, at=1)
    assert refused.status_code == 403
    assert mend(house.clerk_b, draft, at=1, communities=[EAST_IN_B]).status_code == 200
    own = house.draft(scope=A)
    assert mend(house.planner, own, at=0, communities=[EAST_IN_B]).status_code == 403


def test_only_a_draft_is_mended(house):
    draft = house.draft()
    house.publish(draft, day=dt.date(2026, 3, 1))
    assert mend(house.planner, draft, at=0).status_code == 409


@pytest.mark.parametrize(
    "order",
    [
        {"communities": []},
        {"communities": [WEST_CODE], "seconds": 16},
        {"communities": [WEST_CODE], "seconds": 0},
        {"communities": ["370202001099"]},
        {"communities": [WEST_CODE], "grids": 3},
        {},
    ],
)
def test_what_makes_no_sense_is_refused(house, order):
    draft = house.draft()
    assert house.planner.post(f"/plans/{draft}/mend", order, at=0).status_code == 400


def test_beyond_those_who_wait_others_come_again(worse, monkeypatch):
    house, draft = worse
    with monkeypatch.context() as patch:
        patch.setattr("geogrid_api.routes.plan_mend._MOST_WAITING", -2)
        answer = mend(house.planner, draft, at=1)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
    # whoever was let in has left the place again, refused or not
    for at, status in [(0, 412)] * 12 + [(1, 200)]:
        assert mend(house.planner, draft, at=at).status_code == status
