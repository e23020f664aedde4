"""Tell gated compounds from open courtyards, by what is mapped: walls, gates, access."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["RULE", "find_compounds"]

# residential land is gated with a wall along this share of its edge
_WALLED_SHARE = 0.5
# how far a wall may be drawn from the edge, and a gate
_WALL_M = 10.0
_GATE_M = 10.0
# what walls alone enclose is an estate between these sizes
_LEAST_M2 = 2_000.0
_MOST_M2 = 200_000.0
_CLOSED = ("private", "no", "residents", "permit", "customers")
_WALLS = ("wall", "fence", "city_wall")

RULE = (
    "A compound is gated if its residential land is tagged access=private (or like) or "
    f"barrier=wall/fence, has walls along {_WALLED_SHARE:.0%} of its edge, or a gate within "
    f"{_GATE_M:g} m of its edge; or if walls alone enclose dwellings on "
    f"{_LEAST_M2:g} to {_MOST_M2:g} m2. What is not mapped counts as open."
)


def find_compounds(
    landuse: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame,
    gates: gpd.GeoDataFrame,
    dwellings: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Find gated compounds by `RULE`.

    Parameters
    ----------
    landuse, barriers, gates : GeoDataFrame
        In plain form (`OsmLayers`), in metres.
    dwellings : GeoDataFrame
        Dwellings in metres; land without any is no compound.

    Returns
    -------
    GeoDataFrame
        ``osm_id, name`` and polygons without overlap, the largest first.
    """
    import geopandas as gpd
    import pandas as pd
    import shapely

    homes = landuse[(landuse["kind"] == "residential") & (landuse.area <= _MOST_M2)]
    walls = shapely.union_all(barriers.geometry.to_numpy())
    near_wall = shapely.buffer(walls, _WALL_M)
    edge = homes.boundary
    walled = edge.intersection(near_wall).length >= _WALLED_SHARE * edge.length
    gated = edge.distance(shapely.union_all(gates.geometry.to_numpy())) <= _GATE_M
    closed = homes["access"].isin(_CLOSED) | homes["barrier"].isin(_WALLS)
    mapped = homes.loc[walled | gated | closed, ["osm_id", "name", "geometry"]]
    rings = shapely.get_parts(shapely.polygonize(list(shapely.get_parts(shapely.node(walls)))))
    rings = rings[(shapely.area(rings) >= _LEAST_M2) & (shapely.area(rings) <= _MOST_M2)]
    ids = [f"walls-{n}" for n in range(1, len(rings) + 1)]
    drawn = gpd.GeoDataFrame({"osm_id": ids, "name": ""}, geometry=list(rings), crs=landuse.crs)
    found = pd.concat([part for part in (mapped, drawn) if len(part)] or [mapped])
    found = gpd.GeoDataFrame(found, geometry="geometry", crs=landuse.crs)
    places = dwellings.representative_point().to_numpy()
    lived_in = [bool(shapely.intersects(shape, places).any()) for shape in found.geometry]
    found = found.iloc[[ix for ix, lived in enumerate(lived_in) if lived]]
    found = found.iloc[found.area.argsort(kind="stable")[::-1]].reset_index(drop=True)
    return _without_overlaps(found)


def _without_overlaps(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep the larger of two polygons that lie mostly on each other."""
    kept: list[int] = []
    for ix, shape in enumerate(frame.geometry):
        if all(shape.intersection(frame.geometry[k]).area < 0.1 * shape.area for k in kept):
            kept.append(ix)
    return frame.iloc[kept].reset_index(drop=True)
