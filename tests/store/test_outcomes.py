"""Laws of jobs that make plans: the draft and the job's success are one."""

from __future__ import annotations

import pytest

from geogrid.errors import NotFoundError


@pytest.fixture
def job(store):
    ordered = store.add_job("layout", {"grids": 6}, by="planner")
    return store.claim_job("runner-1", job_id=ordered.job_id)


def test_a_finished_job_names_the_draft_that_it_made(store, job, small_plan):
    info = store.finish_with_plan(job, small_plan, title="新版", result={"report": {"gap": 0.0}})
    done = store.job(job.job_id)
    assert (done.status, done.progress, done.plan_id) == ("successful", 100, info.plan_id)
    assert done.result == {"report": {"gap": 0.0}, "plan": {"plan_id": info.plan_id}}
    assert (info.created_by, info.title, info.shown) == ("planner", "新版", "draft")


def test_a_dismissed_job_leaves_no_draft(store, job, small_plan):
    store.dismiss_job(job.job_id)
    assert store.finish_with_plan(job, small_plan, title="新版", result={}) is None
    assert store.plans() == []


def test_a_runner_that_lost_its_job_leaves_no_draft(store, job, small_plan, clock):
    clock.pass_time(hours=1)
    taken = store.claim_job("runner-2")
    assert taken.job_id == job.job_id
    assert store.finish_with_plan(job, small_plan, title="甲", result={}) is None
    assert store.finish_with_plan(taken, small_plan, title="乙", result={}).title == "乙"
    assert len(store.plans()) == 1


def test_a_job_asked_for_by_name_is_that_one_or_none(store):
    first = store.add_job("layout", {}, by="planner")
    second = store.add_job("layout", {}, by="planner")
    assert store.claim_job("runner", job_id=second.job_id).job_id == second.job_id
    assert store.claim_job("runner", job_id=second.job_id) is None
    assert store.claim_job("runner").job_id == first.job_id


def test_the_outline_tells_who_lies_where(store, draft):
    outline = store.outline(draft.plan_id)
    assert outline.subdistrict_of(outline.community_of["c01"]) == "370202001"
    with pytest.raises(NotFoundError):
        store.outline(draft.plan_id + 1)


def test_drafts_give_no_code_for_good(store, draft):
    assert store.used_codes(draft.district_code) == frozenset()
    assert store.latest_published(draft.district_code) is None
