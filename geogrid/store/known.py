"""Known: what a store keeps of a plan; a column that nobody asked for may name persons."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from geogrid.district import TABLES
from geogrid.plans.plan import PAIRING_COLUMNS, PLAN_LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd

    from geogrid.plans.plan import Plan

__all__ = ["foreign_layers", "known_only", "plain_names"]

_GEOMETRY = "geometry"
_OF_PLAN = ("part_id", "grid_code")
_LAYERS = {
    "cells": ("courtyard_id", _GEOMETRY),
    "contiguity": ("a", "b", "border_m", "link_m", "barrier", "usable"),
    "walks": ("a", "b", "walk_m"),
    "gov_grids": (
        *("grid_code", "serial", "name", "community_code", "subdistrict_code", "households"),
        *("load", "n_courtyards", "beat_id", "medoid_id", "walk_mean_m", "walk_max_m"),
        *("deviation", _GEOMETRY),
    ),
    "certificate": ("part_id", "k", "row", "dual"),
    "pairings": PAIRING_COLUMNS,
}
# names come from a stranger's file: as many, and as much of each, as a log line bears
_MOST, _LONGEST = 50, 64


def known_only(plan: Plan) -> tuple[Plan, tuple[str, ...]]:
    """Return a plan without what the data model does not know.

    Parameters
    ----------
    plan : Plan
        Any plan.

    Returns
    -------
    Plan
        With the columns of `geogrid.district.TABLES`, those of a plan's own layers,
        and the weight that its provenance names, if that is a number; its report whole.
    tuple of str
        What was left out, ``layer.column``.
    """
    dropped: list[str] = []

    def clean(layer: str, frame: pd.DataFrame, known: Iterable[str]) -> pd.DataFrame:
        wanted = set(known)
        kept = [column for column in frame.columns if column in wanted]
        if len(kept) == len(frame.columns):
            return frame
        dropped.extend(f"{layer}.{column}" for column in frame.columns if column not in wanted)
        return frame[kept]

    tables: dict[str, Any] = {}
    for layer, frame in plan.district.tables.items():
        known = {_GEOMETRY, *(column.name for column in TABLES[layer].columns)}
        if layer == "courtyards":
            known |= {*_OF_PLAN, *_weight(plan)}
        tables[layer] = clean(layer, frame, known)
    layers: dict[str, Any] = {
        name: clean(name, getattr(plan, name), known) for name, known in _LAYERS.items()
    }
    if not dropped:
        return plan, ()
    district = replace(plan.district, tables=tables)
    return replace(plan, district=district, **layers), tuple(dropped)


def foreign_layers(path: Path | str) -> tuple[str, ...]:
    """Return the layers of a plan file that no plan has, and that reading it leaves out.

    Parameters
    ----------
    path : Path or str
        A file that `read_plan` reads.

    Returns
    -------
    tuple of str
        Their names.
    """
    import pyogrio

    known = {*TABLES, *PLAN_LAYERS, "metadata"}
    found = (str(name) for name, _ in pyogrio.list_layers(path))
    return tuple(name for name in found if name.lower() not in known)


def plain_names(names: Iterable[str]) -> list[str]:
    """Return names of a stranger's file as they may be printed and logged.

    Parameters
    ----------
    names : iterable of str
        Any.

    Returns
    -------
    list of str
        The first fifty, cut and without control characters; then how many more.
    """
    every = list(names)
    told = [
        "".join(sign if sign.isprintable() else "?" for sign in name[:_LONGEST])
        for name in every[:_MOST]
    ]
    return told + ([f"and {len(every) - _MOST} more"] if len(every) > _MOST else [])


def _weight(plan: Plan) -> set[str]:
    """Return the column whose sums the plan evens out, if it holds numbers."""
    weight = plan.report["provenance"].get("weight")
    frame = plan.courtyards
    is_number = weight in frame.columns and frame[weight].dtype.kind in "iuf"
    return {weight} if is_number else set()
