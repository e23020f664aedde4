"""Laws of succession: no version takes back, unsaid, what came between it and its base."""

from __future__ import annotations

import datetime as dt

import pytest
from steps import approve, decree, publish
from versions import (
    AUTUMN,
    DAY,
    SPRING,
    SUMMER,
    W1,
    W2,
    W3,
    E,
    derive,
)

from geogrid.errors import ConflictError, InputError
from geogrid.store.edits import Merge, Move, Rename, Split


@pytest.fixture
def first(store, draft):
    return publish(store, draft.plan_id, SPRING)


def test_drafts_of_one_version_do_not_take_each_other_back(store, first):
    """Three drafts of the first version, published one after another."""
    made = [
        derive(store, first, Rename(W1, "甲"), title="甲"),
        derive(store, first, Rename(W2, "乙"), title="乙"),
        derive(store, first, Split(("c20", "c21")), title="丙"),
    ]
    for info in made:
        approve(store, info.plan_id)
    second = decree(store, made[0].plan_id, SUMMER)
    with pytest.raises(ConflictError, match=r"version 2 \(plan") as refused:
        decree(store, made[1].plan_id, AUTUMN)
    assert refused.value.facts == {"latest": second.plan_id, "between": [second.plan_id]}
    assert f"follows={second.plan_id}" in str(refused.value)
    assert "made from version 1" in str(refused.value)
    third = decree(store, made[1].plan_id, AUTUMN, follows=second.plan_id)
    with pytest.raises(ConflictError) as refused:
        decree(store, made[2].plan_id, AUTUMN + DAY)
    assert refused.value.facts["between"] == [second.plan_id, third.plan_id]
    told = store.read_audit(action="plan.publish")
    follows = {row.subject: row.details["follows"] for row in told}
    assert follows[f"plan:{third.plan_id}"] == second.plan_id
    assert follows[f"plan:{second.plan_id}"] is None


def test_what_it_follows_is_the_version_published_last(store, first):
    second = publish(store, derive(store, first, Rename(W1, "甲")).plan_id, SUMMER)
    other = derive(store, first, Rename(W2, "乙"))
    approve(store, other.plan_id)
    for wrong in (first.plan_id, other.plan_id, 99, 10**30):
        with pytest.raises(ConflictError, match="published last") as refused:
            decree(store, other.plan_id, AUTUMN, follows=wrong)
        assert refused.value.facts["latest"] == second.plan_id
    assert decree(store, other.plan_id, AUTUMN, follows=second.plan_id).status == "published"


def test_a_first_version_follows_none(store, draft):
    approve(store, draft.plan_id)
    with pytest.raises(ConflictError, match="No version is published"):
        decree(store, draft.plan_id, SPRING, follows=draft.plan_id)
    assert decree(store, draft.plan_id, SPRING).status == "published"


def test_an_older_draft_goes_on_by_merging_into_a_new_one(store, first):
    second = publish(store, derive(store, first, Merge(W2, W3), Split(("c20",))).plan_id, SUMMER)
    old = derive(store, first, Move(("c07",), W3), Split(("c23", "c24")), Rename(W1, "海边"))
    approve(store, old.plan_id)
    with pytest.raises(ConflictError, match="merge"):
        decree(store, old.plan_id, AUTUMN)
    # W2 ended with the second version: submission gave the old draft's another code
    store.send_back(old.plan_id, expected=4, by="approver")
    new = derive(store, second)
    store.merge_draft(new.plan_id, old.plan_id, expected=0, by="planner")
    before, state = store.draft(second.plan_id).assignment, store.draft(new.plan_id)
    # what the second version changed stays, what the old draft changed comes
    moved = {ident: code for ident, code in state.assignment.items() if before[ident] != code}
    assert moved == {"c07": W3, "c23": f"{E}005", "c24": f"{E}005"}
    assert state.assignment["c20"] == f"{E}004"
    assert state.names[W1] == "海边"
    assert publish_whatever(store, new.plan_id).status == "published"


def publish_whatever(store, plan_id):
    """Publish after the merge; a courtyard that is cut off by it is put back first."""
    revision = store.plan_info(plan_id).revision
    if store.verdict(plan_id).hard:
        store.edit(plan_id, [Move(("c07",), W1)], expected=revision, by="planner")
    return publish(store, plan_id, AUTUMN)


def test_moves_into_a_grid_that_is_gone_collide(store, first):
    second = publish(store, derive(store, first, Merge(W2, W3)).plan_id, SUMMER)
    old = derive(store, first, Move(("c07",), W2))
    new = derive(store, second)
    with pytest.raises(ConflictError, match="gone") as refused:
        store.merge_draft(new.plan_id, old.plan_id, expected=0, by="planner")
    assert refused.value.facts["collisions"] == (f"grid:{W2}",)
    assert store.plan_info(old.plan_id).status == "draft"


def test_merging_a_newer_draft_does_not_bring_its_base(store, first):
    """Only what it changed is replayed, so the version between would still be taken back."""
    second = publish(store, derive(store, first, Rename(W1, "甲")).plan_id, SUMMER)
    old, newer = derive(store, first), derive(store, second, Rename(W2, "乙"))
    store.merge_draft(old.plan_id, newer.plan_id, expected=0, by="planner")
    approve(store, old.plan_id)
    with pytest.raises(ConflictError) as refused:
        decree(store, old.plan_id, AUTUMN)
    assert refused.value.facts["between"] == [second.plan_id]


def test_a_draft_of_a_draft_follows_it_if_it_has_all_of_it(store, first):
    base = derive(store, first, Rename(W1, "甲"))
    early = derive(store, base, Rename(W2, "乙"))
    store.edit(base.plan_id, [Rename(W3, "丙")], expected=1, by="planner")
    late = derive(store, base)
    deeper = derive(store, late, Rename(W2, "丁"))
    published = publish(store, base.plan_id, SUMMER)
    approve(store, early.plan_id)
    with pytest.raises(ConflictError) as refused:
        decree(store, early.plan_id, AUTUMN)
    assert refused.value.facts["between"] == [published.plan_id]
    assert publish(store, deeper.plan_id, AUTUMN).status == "published"


def test_a_plan_without_a_base_says_what_it_follows(store, first, small_plan):
    again = store.add_plan(small_plan, title="文件", by="planner")
    approve(store, again.plan_id)
    with pytest.raises(ConflictError, match="not made from a version"):
        decree(store, again.plan_id, SUMMER)
    assert decree(store, again.plan_id, SUMMER, follows=first.plan_id).status == "published"


def test_a_day_more_than_a_year_ahead_is_a_slip(store, draft):
    approve(store, draft.plan_id)
    last = store.today() + dt.timedelta(days=366)
    for day in (last + DAY, dt.date(2206, 4, 1), dt.date.max):
        with pytest.raises(InputError, match="366 days") as refused:
            decree(store, draft.plan_id, day)
        assert refused.value.facts["latest"] == last.isoformat()
    assert decree(store, draft.plan_id, last).shown == "upcoming"
