"""The plan's file: one GeoPackage that holds everything to re-prove it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from geogrid.errors import InputError
from geogrid.plans.plan import PLAN_LAYERS, Plan, empty_pairings
from geogrid.sources.vector import layers_of, read_district, read_tables, write_tables

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

__all__ = ["read_plan", "write_plan"]


def write_plan(plan: Plan, path: Path | str) -> None:
    """Write a plan as a GeoPackage, aside first, then renamed.

    Parameters
    ----------
    plan : Plan
        What to keep.
    path : Path or str
        ``PLAN.gpkg``; an old file stays whole until the new one is.

    Raises
    ------
    StorageError
        If the file cannot be written.
    """
    import pandas as pd

    report = pd.DataFrame(
        {
            "key": list(plan.report),
            "value": [
                json.dumps(value, ensure_ascii=False, allow_nan=False)
                for value in plan.report.values()
            ],
        }
    )
    layers = layers_of(plan.district) | {
        "cells": plan.cells,
        "contiguity": plan.contiguity,
        "walks": plan.walks,
        "gov_grids": plan.gov_grids,
        "pairings": plan.pairings,
        "report": report,
        "certificate": plan.certificate,
    }
    write_tables(layers, path)


def read_plan(path: Path | str) -> Plan:
    """Read a plan back.

    Parameters
    ----------
    path : Path or str
        A file that `write_plan` wrote.

    Returns
    -------
    Plan
        As it was written, its district validated anew.

    Raises
    ------
    InputError
        If the file is missing, is no GeoPackage, or lacks a plan's layers.
    """
    layers: dict[str, Any] = dict(read_tables(path, PLAN_LAYERS))
    missing = [name for name in PLAN_LAYERS if name not in layers and name != "pairings"]
    if missing:
        msg = (
            f"{path} is no plan: layers {', '.join(missing)} are missing; "
            "make one with `geogrid plan`."
        )
        raise InputError(msg, missing=missing)
    return Plan(
        district=read_district(path),
        cells=layers["cells"],
        contiguity=layers["contiguity"],
        walks=layers["walks"],
        gov_grids=layers["gov_grids"],
        report=_report(layers["report"], path),
        certificate=layers["certificate"],
        pairings=layers.get("pairings", empty_pairings()),
    )


def _report(table: pd.DataFrame, path: Path | str) -> dict[str, Any]:
    """Return the report as plain values."""
    try:
        return {str(k): json.loads(v) for k, v in zip(table["key"], table["value"], strict=True)}
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        msg = f"The report of {path} cannot be read ({error}); make the plan again."
        raise InputError(msg) from error
