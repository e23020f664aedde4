"""Choices: scenarios as a planner writes them down, a few words each, made whole."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from geogrid.errors import InputError
from geogrid.governance.previous import OldLayout, layout_before
from geogrid.governance.rules import LayoutRules, rules_of
from geogrid.governance.scenarios import Scenario

if TYPE_CHECKING:
    from geogrid.plans.plan import Plan

__all__ = ["Choice", "open_rules_of", "read_choices"]

Choice = Mapping[str, Any] | LayoutRules | Scenario
# what a scenario is told beside its rules
_OWN = tuple(field.name for field in fields(Scenario))


def open_rules_of(plan: Plan) -> LayoutRules:
    """Return the rules that a plan was made by, its target left open if nobody set it.

    Parameters
    ----------
    plan : Plan
        With its report.

    Returns
    -------
    LayoutRules
        Another number of grids gets its own target by them.
    """
    rules = rules_of(plan)
    target, total = rules.partition.target, float(plan.gov_grids["households"].sum())
    if target is not None and math.isclose(target * plan.n_grids, total, rel_tol=1e-9):
        rules = replace(rules, partition=replace(rules.partition, target=None))
    return rules


def read_choices(choices: Mapping[str, Choice], *, base: Plan | None) -> dict[str, Scenario]:
    """Return scenarios whole, each from what makes it different.

    Parameters
    ----------
    choices : mapping of str to mapping, LayoutRules or Scenario
        By name. A mapping holds ``grids`` or ``households_per_grid``, ``previous``,
        ``rules``, and rules by name (see `LayoutRules.changed`).
    base : Plan, optional
        Gives the number of grids, the rules and the layout before to those that do not
        say: its own layout before, or itself if it had none.

    Returns
    -------
    dict of str to Scenario
        In the same order.

    Raises
    ------
    InputError
        If a choice is nothing of the kind, or a name in it is unknown.
    """
    if not isinstance(choices, Mapping):
        msg = f"The scenarios are {choices!r:.60}; give a table by name: {{'even': {{...}}}}."
        raise InputError(msg)
    start = Scenario()
    if base is not None:
        before: Plan | OldLayout = layout_before(base) or base
        start = Scenario(base.n_grids, open_rules_of(base), before)
    return {name: _whole(name, given, start) for name, given in choices.items()}


def _whole(name: str, given: Choice, start: Scenario) -> Scenario:
    """Return one scenario, with the start's values where it gives none."""
    if isinstance(given, Scenario):
        return given
    if isinstance(given, LayoutRules):
        return replace(start, rules=given)
    if not isinstance(given, Mapping):
        msg = f"{name} is {given!r}; give a table such as {{'grids': 340}}, rules, or a Scenario."
        raise InputError(msg)
    own = {key: value for key, value in given.items() if key in _OWN}
    changes = {str(key): value for key, value in given.items() if key not in _OWN}
    if not isinstance(own.get("rules", start.rules), LayoutRules):
        msg = f"{name}: rules is {own['rules']!r:.60}; give rules by name, or LayoutRules."
        raise InputError(msg)
    if "households_per_grid" in own:
        own.setdefault("grids", None)
    found = replace(start, **own)
    try:
        return replace(found, rules=found.rules.changed(**changes)) if changes else found
    except InputError as error:
        raise InputError(f"{name}: {error.message}", **error.facts) from error
