"""Governed: what the store asks of the rooms below, in one place."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from geogrid.plans.plan import Plan

__all__ = ["crosswalk", "events"]


def crosswalk(old: Plan, new: Plan) -> pd.DataFrame:
    """Return which old grid went into which new one."""
    module: Any = import_module("geogrid.plans.crosswalk")
    made: pd.DataFrame = module.crosswalk(old, new)
    return made


def events(old: Plan, new: Plan) -> list[Any]:
    """Return what happened to the grids between two versions."""
    module: Any = import_module("geogrid.plans.crosswalk")
    made: list[Any] = module.grid_events(old, new)
    return made
