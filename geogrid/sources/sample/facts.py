"""The facts the sample is built on: tables typed in, with their sources.

They lie in ``data/facts`` in a checkout and in ``geogrid/facts`` inside an
installed wheel; ``SOURCE.md`` beside them states origin and licence.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geogrid.sources.facts import facts_folder

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry import LineString

__all__ = ["parse_points", "read_facts", "split_line_table"]


@cache
def _read(name: str) -> pd.DataFrame:
    """Read one table once; codes stay text."""
    return pd.read_csv(
        facts_folder() / f"{name}.csv",
        dtype={"subdistrict_code": str, "community_code": str, "station_id": str, "points": str},
        encoding="utf-8",
    )


def read_facts(name: str) -> pd.DataFrame:
    """Read one fact table.

    Parameters
    ----------
    name : str
        File name without ``.csv``, for example ``communities``.

    Returns
    -------
    DataFrame
        A fresh copy; codes are text.
    """
    return _read(name).copy()


def parse_points(text: str) -> NDArray[np.float64]:
    """Read ``"x y;x y"`` as an (n, 2) array of metres."""
    return np.array([[float(v) for v in pair.split()] for pair in text.split(";")])


def split_line_table(table: pd.DataFrame) -> list[LineString]:
    """Return the lines of a sketch table, column ``points``, smoothed."""
    return [_smooth(parse_points(text)) for text in table["points"]]


def _smooth(points: NDArray[np.float64]) -> LineString:
    """Cut the corners of a drawn line twice (Chaikin 1974); its ends stay."""
    for _ in range(2):
        if len(points) < 3:
            break
        near = 0.75 * points[:-1] + 0.25 * points[1:]
        far = 0.25 * points[:-1] + 0.75 * points[1:]
        inner = np.stack([near, far], axis=1).reshape(-1, 2)[1:-1]
        points = np.vstack([points[:1], inner, points[-1:]])
    return shapely.LineString(points)
