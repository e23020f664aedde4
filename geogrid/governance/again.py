"""Again: a new layout for the district of a plan that is there already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geogrid.errors import InputError
from geogrid.governance.layout import make_plan
from geogrid.governance.pairing import pair_layers
from geogrid.governance.previous import old_layout_of_plan

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from geogrid.governance.rules import LayoutRules
    from geogrid.plans.plan import Plan
    from geogrid.solve.options import SolveOptions

__all__ = ["plan_again"]


def plan_again(  # noqa: PLR0913 - what is planned, how large, by which rules, after what
    base: Plan,
    *,
    n_grids: int | None = None,
    households_per_grid: float | None = None,
    rules: LayoutRules | None = None,
    options: SolveOptions | None = None,
    weight: str = "households",
    bridge: bool = False,
    previous: Plan | None = None,
    reserved: Collection[str] = (),
    created: dt.date | None = None,
) -> Plan:
    """Plan the district of a plan afresh and pair its grids.

    Parameters
    ----------
    base : Plan
        Its district is planned; its own grids count only if it is ``previous`` too.
    n_grids, households_per_grid : int, float, optional
        Exactly one: k, or the total divided by k.
    rules : LayoutRules, optional
        Contiguity, band, balance, what is kept.
    options : SolveOptions, optional
        Time limit, seed and progress.
    weight : str
        Column that balances grids.
    bridge : bool
        Open the cheapest crossings where parts cannot hold a grid.
    previous : Plan, optional
        The layout before: grids that carry on one of its grids keep the code.
    reserved : collection of str
        Codes that ended earlier and may not be given again; they need a layout before.
    created : date, optional
        Stands on the maps.

    Returns
    -------
    Plan
        Every grid layer that the district has is paired, if it has beats.

    Raises
    ------
    InputError
        If sizes, rules, column or layout before do not fit, or codes are reserved
        without a layout before.
    InfeasibleError
        If no k grids exist; the message names parts and communities.
    SolverTimeout
        If the time passed before a first plan.
    """
    before = None
    if previous is not None:
        before = old_layout_of_plan(base.courtyards, previous)
        ended = (set(reserved) | set(before.retired)) - set(before.codes)
        before = replace(before, retired=tuple(sorted(ended)))
    elif reserved:
        msg = (
            f"{len(reserved)} codes were given before and may not be given again; "
            "name the layout before, so that new grids get new codes."
        )
        raise InputError(msg)
    if weight not in base.courtyards or base.courtyards[weight].dtype.kind not in "iuf":
        raise InputError(f"The courtyards have no column of numbers {weight}; check weight.")
    plan = make_plan(
        base.district,
        n_grids=n_grids,
        households_per_grid=households_per_grid,
        rules=rules,
        options=options,
        weight=weight,
        bridge=bridge,
        previous=before,
        created=created,
    )
    return pair_layers(plan) if len(plan.district["beats"]) else plan
