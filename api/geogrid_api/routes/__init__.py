"""Routes that write, or that only known people read: one module a resource.

A route maps a request to one call of the store or the library; who may call it stands
beside it; nothing here computes geometry or decides about a plan.
"""

from __future__ import annotations

from geogrid_api.routes import (
    accounts,
    plan_edits,
    plan_lists,
    plan_mend,
    plan_steps,
    plan_views,
    plans,
    processes,
)

__all__ = ["ROUTERS"]

ROUTERS = (
    accounts.router,
    plans.router,
    plan_edits.router,
    plan_lists.router,
    plan_mend.router,
    plan_steps.router,
    plan_views.router,
    processes.router,
)
