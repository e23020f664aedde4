"""A store with accounts and one version in force, as the service's tests need it."""

from __future__ import annotations

import datetime as dt

from towns import town

from geogrid.governance.layout import make_plan
from geogrid.store.store import Store

PASSWORD = "a bicycle by the harbour"  # noqa: S105 - of a test's accounts
DAY = dt.datetime(2026, 3, 1, 4, 0, tzinfo=dt.UTC)


def make_served(path):
    with Store.create(path, now=lambda: DAY) as store:
        for name, role in (("ada", "admin"), ("vera", "viewer")):
            store.add_user(name, role=role, password=PASSWORD, by="console")
        made = store.add_plan(make_plan(town(), n_grids=6), title="第一版", by="pia")
        store.submit(made.plan_id, expected=0, by="pia")
        store.approve(made.plan_id, expected=0, by="leo")
        store.publish(
            made.plan_id,
            expected=0,
            document_no="1",
            effective_date=dt.date(2026, 1, 1),
            by="leo",
            accepted_because="a drawn town",
        )
