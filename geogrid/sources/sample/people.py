"""People: how many households live on every plot, and what is known of a courtyard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geogrid.sources.sample.landuse import OLD_TOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.sources.sample.landuse import Site

__all__ = ["describe_courtyards", "settle"]

TOTAL = 127_000
FEWEST, MOST = 20, 300
# spread of the log-normal law; with the size of the lot it gives a CV near 0.45
SIGMA = 0.40
ENTRANCES = 3
# dwellings to a floor of one entrance in a compound; towers have one entrance
FLATS_PER_FLOOR = 2
TOWER_FLATS = 3
TOWER_LEVELS = 10


def settle(sites: list[Site], rng: np.random.Generator) -> NDArray[np.int64]:
    """Say how many households live on every plot.

    Parameters
    ----------
    sites : list of Site
        All plots.
    rng : Generator
        Source of the spread.

    Returns
    -------
    ndarray of int, (s,)
        Open courtyards: log-normal, 20 to 300, together exactly 127,000.
        Compounds: from storeys and entrances. Others: 0.
    """
    households = np.zeros(len(sites), dtype=np.int64)
    opened = np.array([i for i, s in enumerate(sites) if s.kind == "open"])
    floor_m2 = np.array(
        [
            sum(b.area * n for b, n in zip(sites[i].buildings, sites[i].levels, strict=True))
            for i in opened
        ]
    )
    raw = np.exp(rng.normal(0.0, SIGMA, len(opened))) * (floor_m2 / floor_m2.mean()) ** 0.25
    for _ in range(60):
        raw = np.clip(raw * TOTAL / raw.sum(), FEWEST, MOST)
    whole = np.floor(raw).astype(np.int64)
    rest = np.argsort(whole - raw, kind="stable")[: TOTAL - int(whole.sum())]
    whole[rest] += 1
    households[opened] = whole
    for i, site in enumerate(sites):
        if site.kind == "gated":
            households[i] = sum(
                n * (TOWER_FLATS if n >= TOWER_LEVELS else FLATS_PER_FLOOR * ENTRANCES)
                for n in site.levels
            )
    return households


def describe_courtyards(
    sites: list[Site], codes: list[str], rng: np.random.Generator
) -> pd.DataFrame:
    """Make up what a ledger knows of each courtyard.

    Parameters
    ----------
    sites : list of Site
        The courtyards.
    codes : list of str
        Subdistrict code of each.
    rng : Generator
        Source of the spread.

    Returns
    -------
    DataFrame
        Columns n_buildings, n_entrances, year_built, renovated_year (missing
        where none), share_over_60, property_service, committee.
    """
    n = len(sites)
    old = np.isin(codes, sorted(OLD_TOWN))
    built = np.where(old, rng.normal(1968, 17, n), rng.normal(1988, 7, n))
    built = np.clip(np.round(built), np.where(old, 1905, 1965), 2000).astype(int)
    renovated = rng.random(n) < np.where(old, 0.70, 0.76)
    year = pd.array(rng.integers(2018, 2026, n), dtype="Int64")
    year[~renovated] = pd.NA
    ageing = np.clip(rng.normal(np.where(old, 0.36, 0.31), 0.06, n), 0.08, 0.65)
    draw = rng.random(n)
    service = np.select(
        [draw < np.where(renovated, 0.55, 0.15), draw < np.where(renovated, 0.80, 0.25)],
        ["contract", "trial"],
        "none",
    )
    draw = rng.random(n)
    committee = np.select(
        [draw < np.where(renovated, 0.30, 0.12), draw < np.where(renovated, 0.93, 0.4)],
        ["owners", "self"],
        "none",
    )
    return pd.DataFrame(
        {
            "n_buildings": [len(s.buildings) for s in sites],
            "n_entrances": [ENTRANCES * len(s.buildings) for s in sites],
            "year_built": built,
            "renovated_year": year,
            "share_over_60": np.round(ageing, 3),
            "property_service": service,
            "committee": committee,
        }
    )
