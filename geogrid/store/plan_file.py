"""The plan's file: one GeoPackage that holds everything to re-prove it."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from geogrid.errors import InputError
from geogrid.plans.plan import PAIRING_COLUMNS, PLAN_LAYERS, Plan, empty_pairings
from geogrid.sources.vector import layers_of, read_district, read_tables, write_tables

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from geogrid.district import District

__all__ = ["read_plan", "read_report", "write_plan"]

_COLUMNS = {
    "cells": ("courtyard_id",),
    "contiguity": ("a", "b", "border_m", "link_m", "barrier", "usable"),
    "walks": ("a", "b", "walk_m"),
    "gov_grids": (
        *("grid_code", "serial", "name", "community_code", "households", "n_courtyards"),
        *("medoid_id", "walk_mean_m", "walk_max_m", "deviation"),
    ),
    "pairings": PAIRING_COLUMNS,
    "certificate": ("part_id", "k", "row", "dual"),
}
_NUMBERS = {
    "contiguity": ("border_m", "link_m", "usable"),
    "walks": ("walk_m",),
    "gov_grids": ("serial", "households", "n_courtyards", "walk_mean_m", "walk_max_m", "deviation"),
    "pairings": ("households", "households_inside", "distance_m"),
}
# which columns name courtyards
_COURTYARDS = {"cells": ("courtyard_id",), "contiguity": ("a", "b"), "walks": ("a", "b")}
_REPORT: dict[str, type | tuple[type, ...]] = {
    "objective": (int, float),
    "target": (int, float),
    "status": str,
    "rules": dict,
    "parts": list,
    "metrics": dict,
    "provenance": dict,
}


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
    report = _report(layers["report"], path)
    layers.setdefault("pairings", empty_pairings())
    _check(layers, report, path)
    district = read_district(path)
    _check_courtyards(layers, report, district, path)
    return Plan(
        district=district,
        cells=layers["cells"],
        contiguity=layers["contiguity"],
        walks=layers["walks"],
        gov_grids=layers["gov_grids"],
        report=report,
        certificate=layers["certificate"],
        pairings=layers["pairings"],
    )


def read_report(path: Path | str) -> dict[str, Any]:
    """Read a plan's report alone, which is much faster than the plan.

    Parameters
    ----------
    path : Path or str
        A file that `write_plan` wrote.

    Returns
    -------
    dict
        The report, its provenance included.

    Raises
    ------
    InputError
        If the file is missing, is no GeoPackage, or holds no report.
    """
    tables = read_tables(path, ("report",))
    if "report" not in tables:
        msg = f"{path} is no plan: its report is missing; make one with `geogrid plan`."
        raise InputError(msg, missing=["report"])
    return _report(tables["report"], path)


def _report(table: pd.DataFrame, path: Path | str) -> dict[str, Any]:
    """Return the report as plain values."""
    try:
        return {
            str(key): json.loads(value, parse_constant=_no_number, parse_float=_finite)
            for key, value in zip(table["key"], table["value"], strict=True)
        }
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        msg = f"The report of {path} cannot be read ({error}); make the plan again."
        raise InputError(msg) from error


def _no_number(word: str) -> float:
    """Refuse NaN and Infinity, which JSON does not know."""
    msg = f"{word} is no number"
    raise ValueError(msg)


def _finite(text: str) -> float:
    """Read a number that a float can hold."""
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def _check(layers: dict[str, Any], report: dict[str, Any], path: Path | str) -> None:
    """Refuse a plan file that somebody edited into something else, naming every fault."""
    wrong = [
        f"report {key}"
        for key, kind in _REPORT.items()
        if isinstance(report.get(key), bool) or not isinstance(report.get(key), kind)
    ]
    wrong += [
        f"report {table}"
        for table in ("partition", "contiguity", "pairing")
        if isinstance(report.get("rules"), dict)
        and not isinstance(report["rules"].get(table), dict)
    ]
    wrong += _wrong_members(report)
    for layer, columns in _COLUMNS.items():
        wrong += [f"{layer}.{column}" for column in columns if column not in layers[layer]]
    for layer, columns in _NUMBERS.items():
        table = layers[layer]
        wrong += [
            f"{layer}.{column} (numbers)"
            for column in columns
            if column in table and len(table) and table[column].dtype.kind not in "iuf"
        ]
    grids = layers["gov_grids"]
    if grids.crs is None or grids.geometry.isna().any():
        wrong.append("gov_grids geometry")
    if "grid_code" in grids and grids["grid_code"].isna().any():
        wrong.append("gov_grids.grid_code (empty)")
    if wrong:
        msg = f"{path} is damaged: {', '.join(wrong[:12])} missing or wrong; make the plan again."
        raise InputError(msg, wrong=wrong)


def _wrong_members(report: dict[str, Any]) -> list[str]:
    """Return what is wrong inside the report's members, as far as others rely on it."""
    target, parts, made = (report.get(name) for name in ("target", "parts", "provenance"))
    wrong = []
    if isinstance(target, int | float) and not target > 0:
        wrong.append("report target (above 0)")
    if isinstance(parts, list) and not all(isinstance(p, dict) and "part_id" in p for p in parts):
        wrong.append("report parts")
    if isinstance(made, dict) and not isinstance(made.get("weight"), str):
        wrong.append("report provenance weight")
    return wrong


def _have_cells(cells: pd.DataFrame, courtyards: gpd.GeoDataFrame) -> bool:
    """Say whether every courtyard has a cell, or shares the spot of one that has."""
    owners = cells["courtyard_id"]
    has_one = courtyards["courtyard_id"].isin(owners)
    if not owners.is_unique or int(has_one.sum()) != len(owners):
        return False
    if has_one.all():
        return True
    spots = courtyards.geometry.to_wkb()
    return bool(spots[~has_one].isin(spots[has_one]).all())


def _check_courtyards(
    layers: dict[str, Any], report: dict[str, Any], district: District, path: Path | str
) -> None:
    """Refuse a plan whose tables name courtyards or communities that its district has not."""
    known = set(district.courtyards["courtyard_id"])
    wrong = [
        f"{layer}.{column} (unknown courtyard)"
        for layer, columns in _COURTYARDS.items()
        for column in columns
        if not known.issuperset(layers[layer][column])
    ]
    if not _have_cells(layers["cells"], district.courtyards):
        wrong.append("cells (one a courtyard, or a spot)")
    if not set(district.communities["community_code"]).issuperset(
        layers["gov_grids"]["community_code"]
    ):
        wrong.append("gov_grids.community_code (unknown community)")
    weight = report["provenance"]["weight"]
    if weight not in district.courtyards or district.courtyards[weight].dtype.kind not in "iuf":
        wrong.append(f"courtyards.{weight[:40]} (numbers)")
    if wrong:
        msg = f"{path} is damaged: {', '.join(wrong)}; make the plan again."
        raise InputError(msg, wrong=wrong)
