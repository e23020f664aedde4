"""The hand-drawn plan of `map_plan` after a change: a2 goes to the next grid, C splits in two."""

from __future__ import annotations

from dataclasses import replace
from unittest import mock

import map_plan
from map_plan import A, C, drawn_plan


def measured(plan):
    """Return a drawn plan with the loads and rules that a comparison of one community needs."""
    grids = plan.gov_grids.assign(load=plan.gov_grids["households"].astype(float))
    rules = {"partition": {"low": 0.5, "high": 1.5}}
    return replace(plan, gov_grids=grids).with_report(rules=rules)


def ruled(plan):
    """Return a drawn plan whose rules name its barriers."""
    return plan.with_report(rules={"contiguity": {"barriers": ["rail", "arterial"]}})


def moved_plan():
    """Return the plan after: three courtyards in another grid, one more grid."""
    yards = dict(map_plan.YARDS)
    for key, code in (("a2", A + "002"), ("c3", C + "002"), ("c4", C + "002")):
        yards[key] = (*yards[key][:3], code)
    with mock.patch.object(map_plan, "YARDS", yards):
        return drawn_plan()
