"""Laws of publication: dates decide, what was published stays, no code comes back."""

from __future__ import annotations

import datetime as dt

import pytest

W = "370202001001"
E = "370202001002"
SPRING, SUMMER, AUTUMN = dt.date(2026, 4, 1), dt.date(2026, 7, 1), dt.date(2026, 10, 1)


def publish(store, plan_id, day, **more):
    """Lead a draft to publication."""
    info = store.plan_info(plan_id)
    info = store.submit(plan_id, expected=info.revision, by="planner")
    store.approve(plan_id, expected=info.revision, by="approver")
    return store.publish(
        plan_id,
        expected=info.revision,
        document_no=f"青南网格〔{day.year}〕{day.month}号",
        effective_date=day,
        by="approver",
        **{"accepted_because": "试行", **more},
    )


@pytest.fixture
def published(store, draft):
    return publish(store, draft.plan_id, SPRING)


def test_a_version_is_published_whole(store, published, small_plan):
    assert published.shown == "upcoming"
    assert published.valid_from == SPRING
    assert published.valid_to is None
    tables = store.features(published.plan_id)
    assert len(tables["gov_grids"].ids) == small_plan.n_grids
