"""The drawn town's grids and days, and drafts of its versions, for the store's tests."""

from __future__ import annotations

import datetime as dt

# the town: c01-c03 in W3, c04-c06 in W2, c07-c12 in W1; c13-c16 in E2, c17 c18 c20 c21 in E3
W, E = "370202001001", "370202001002"
W1, W2, W3, W4 = (f"{W}{serial:03d}" for serial in (1, 2, 3, 4))
E1, E2, E3 = (f"{E}{serial:03d}" for serial in (1, 2, 3))
SPRING, SUMMER, AUTUMN = dt.date(2026, 4, 1), dt.date(2026, 7, 1), dt.date(2026, 10, 1)
DAY = dt.timedelta(days=1)


def derive(store, base, *edits, title="下一版"):
    """Start a draft from a version and edit it."""
    info = store.derive_plan(base.plan_id, title=title, by="planner")
    for revision, edit in enumerate(edits):
        store.edit(info.plan_id, [edit], expected=revision, by="planner")
    return info
