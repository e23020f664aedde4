"""The steps of a draft's life, and the clock they are taken by, for every room's tests."""

from __future__ import annotations

import datetime as dt


class Clock:
    """Stand still until told otherwise."""

    def __init__(self):
        self.moment = dt.datetime(2026, 3, 1, 4, 0, tzinfo=dt.UTC)

    def __call__(self):
        return self.moment

    def pass_time(self, **more):
        self.moment += dt.timedelta(**more)


def approve(store, plan_id):
    """Lead a draft until it may be published."""
    info = store.submit(plan_id, expected=store.plan_info(plan_id).revision, by="planner")
    return store.approve(plan_id, expected=info.revision, by="approver")


def decree(store, plan_id, day, **more):
    """Publish an approved plan."""
    told = {
        "expected": store.plan_info(plan_id).revision,
        "document_no": f"青南网格〔{day.year}〕{day.month}号",
        "effective_date": day,
        "by": "approver",
        "accepted_because": "试行",
    }
    return store.publish(plan_id, **{**told, **more})


def publish(store, plan_id, day, **more):
    """Lead a draft to publication."""
    approve(store, plan_id)
    return decree(store, plan_id, day, **more)
