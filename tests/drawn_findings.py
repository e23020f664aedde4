"""What tools may find about the hand-drawn plan, written by hand: for pictures and cards."""

from __future__ import annotations

import numpy as np
import pandas as pd
from map_plan import TARGET, A, B, C

from geogrid.governance.fronts import Front
from geogrid.governance.next_grid import NextGrids
from geogrid.governance.reasons import Price, Prices
from geogrid.governance.sensitivity import Sensitivity

NAMES = {A: "甲社区", B: "乙社区", C: "丙社区"}


def drawn_front(axis):
    """Return four plans along an axis: one at hand, one within a gap; by grids one is missing."""
    values = [100.0, 500.0, 1000.0, 4000.0] if axis == "balance_m" else [4, 5, 6, 7]
    table = pd.DataFrame(
        {
            "balance_m": values if axis == "balance_m" else 500.0,
            "grids": values if axis == "grids" else 5,
            "target": [980 / k for k in values] if axis == "grids" else TARGET,
            "walk_mean_m": [60.0, 66.5, 80.0, 101.0],
            "walk_max_m": [120.0, 130.0, 180.0, 300.0],
            "cv": [0.34, 0.25, 0.18, 0.15],
            "share_within_20": [0.2, 0.6, 0.6, 0.8],
            "least": 90.0,
            "most": 280.0,
            "objective": [1e5, 1.2e5, 1.5e5, 1.9e5],
            "gap": [0.0, 0.0, 0.01, 0.0],
            "status": ["optimal", "optimal", "gap", "optimal"],
            "is_chosen": [False, True, False, False],
            "reason": "",
        }
    )
    if axis == "grids":
        last = table.index[-1]
        table.loc[last, ["walk_mean_m", "cv", "objective", "gap"]] = np.nan
        table.loc[last, "status"] = "infeasible"
    return Front(axis, table, values[1], {})


def drawn_next_grids():
    """Return a community that gains, one that loses, and one that can have neither."""
    codes = [A, C, B]
    table = pd.DataFrame(
        {
            "community_code": codes,
            "name": [NAMES[code] for code in codes],
            "grids": [2, 1, 2],
            "courtyards": 4,
            "households": [395.0, 200.0, 385.0],
            "walk_mean_m": [87.0, 187.0, 87.0],
            "objective": [40_000.0, 38_000.0, 52_000.0],
            "gain": [12_500.0, -3_400.0, np.nan],
            "gain_each_m": [31.6, -17.0, np.nan],
            "walk_more_m": [48.0, 90.0, np.nan],
            "loss": [31_000.0, np.nan, 8_800.0],
            "loss_each_m": [78.0, np.nan, 22.9],
            "walk_fewer_m": [150.0, np.nan, 170.0],
            "is_proven": True,
            "why_not_more": ["", "", "已到上限。"],
            "why_not_fewer": ["", "至少要有一个网格。", ""],
        }
    )
    reasons = {
        (B, "more"): {"zh": "已到上限。", "en": "At its limit."},
        (C, "fewer"): {"zh": "至少要有一个网格。", "en": "It needs one."},
    }
    return NextGrids(table, reasons, TARGET, whole_gain=12_500.0, whole_loss=None)


def drawn_prices():
    """Return a border that saves, a lock that costs nothing, and a border that leaves no plan."""
    wall = {"community": NAMES[A], "kind": "arterial", "name": "东山路"}
    rail = {"community": NAMES[B], "kind": "rail", "name": ""}
    rows = [
        Price("more_grids", {"n": 4, "k": 5}, 9_000.0, 9.2, is_proven=True),
        Price(
            "without_lock",
            {"units": "b1, b2"},
            0.0,
            0.0,
            is_proven=True,
            community_code=B,
            courtyards=("b1", "b2"),
        ),
        Price(
            "without_border",
            wall,
            -4_321.0,
            -4.4,
            is_proven=False,
            community_code=A,
            courtyards=("a1", "c1"),
            pairs=(("a1", "c1"),),
        ),
        Price(
            "without_border",
            rail,
            None,
            None,
            is_proven=True,
            community_code=B,
            courtyards=("a4", "b1"),
            pairs=(("a4", "b1"),),
        ),
    ]
    return Prices.of(rows, NAMES)


def drawn_sensitivity(plan):
    """Return shares of every class, and one draw of three without a plan."""
    yards = plan.courtyards
    table = pd.DataFrame(
        {
            "courtyard_id": yards["courtyard_id"],
            "community_code": yards["community_code"],
            "grid_code": yards["grid_code"],
            "households": yards["households"].astype(float),
            "share_moved": [0, 0.05, 0.2, 0.4, 0.8, 0, 0, 0.1, 0, 0.25, 0.5, 1.0],
        }
    )
    draws = pd.DataFrame(
        {
            "status": ["optimal", "optimal", "infeasible"],
            "regret": [0.001, 0.004, np.nan],
            "share_codes_kept": [1.0, 0.8, np.nan],
            "share_households_moved": [0.1, 0.3, np.nan],
        }
    )
    return Sensitivity(table, draws, 0.1)
