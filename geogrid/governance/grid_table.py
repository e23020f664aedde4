"""Grid table: the rows of the layer gov_grids, and what their pictures are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.plans.codes import grid_name
from geogrid.space.cells import clean_coverage, map_pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.district import District

__all__ = ["clip_feet", "grid_table"]


def clip_feet(
    cells: NDArray[np.object_], shapes: NDArray[np.object_], reach_m: float
) -> NDArray[np.object_]:
    """Clip cells to what lies near their courtyards, and make them fit together again.

    Parameters
    ----------
    cells : (n,) Polygon or MultiPolygon
        A valid coverage. Metres.
    shapes : (n,) geometry
        The courtyard of each cell.
    reach_m : float
        Beyond it a cell is park, hill or sea: not coloured.

    Returns
    -------
    (n,) Polygon or MultiPolygon
        A coverage; a grid's picture is the union of its own.
    """
    return clean_coverage(
        (
            (rows, shapely.intersection(cells[rows], shapely.buffer(shapes[rows], reach_m)))
            for rows in map_pieces(cells)
        ),
        len(cells),
    )


def grid_table(
    district: District,
    labels: NDArray[np.int64],
    measured: pd.DataFrame,
    *,
    codes: Sequence[str],
    serials: NDArray[np.int64],
) -> pd.DataFrame:
    """Return one row per grid: code, name, parents and figures; not yet its picture.

    Parameters
    ----------
    district : District
        Its courtyards are grouped.
    labels : (n,) int64
        Grid of each courtyard, in [0, k).
    measured : DataFrame, k rows
        From `measure_labels`.
    codes : sequence of str, length k
        Code of each grid.
    serials : (k,) int64
        Its number inside the community.

    Returns
    -------
    DataFrame, k rows
        In the order of the labels; a grid belongs to the community of its medoid.
    """
    import pandas as pd

    courtyards, communities = district.courtyards, district.communities
    medoid = measured["medoid_ix"].to_numpy()
    community = courtyards["community_code"].to_numpy(object)[medoid]
    titles = dict(zip(communities["community_code"], communities["name"], strict=True))
    parent = communities.set_index("community_code").get("subdistrict_code")
    counted = courtyards["households"].to_numpy(np.float64)
    return pd.DataFrame(
        {
            "grid_code": list(codes),
            "serial": serials,
            "name": [
                grid_name(titles.get(c, c), int(s)) for c, s in zip(community, serials, strict=True)
            ],
            "community_code": community,
            "subdistrict_code": "" if parent is None else parent.reindex(community).to_numpy(),
            "households": np.bincount(labels, weights=counted).astype(np.int64),
            "load": measured["load"].to_numpy(),
            "n_courtyards": measured["n_courtyards"].to_numpy(),
            "beat_id": None,
            "medoid_id": courtyards["courtyard_id"].to_numpy(object)[medoid],
            "walk_mean_m": measured["walk_mean_m"].round(1).to_numpy(),
            "walk_max_m": measured["walk_max_m"].round(1).to_numpy(),
            "deviation": measured["deviation"].round(4).to_numpy(),
        }
    ).astype({"beat_id": object})
