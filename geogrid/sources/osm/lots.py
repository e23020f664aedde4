"""Group dwellings to courtyards, draw their lots, and name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geogrid.sources.osm.elements import mapped_address

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["address_courtyards", "draw_lots", "group_dwellings"]

# buildings farther apart do not share a courtyard
_APART_M = 25.0
# a courtyard has 1 to 4 buildings, or as many small ones as make up a few dozen homes
_MOST_BUILDINGS = 4
_MOST_HOUSEHOLDS = 250
_SMALL_HOUSEHOLDS = 90
# one that has this many households needs no further building
_ENOUGH_HOUSEHOLDS = 75
# land around the walls, where no street or neighbour is nearer
_MARGIN_M = 3.0
# the nearest named road gives the address up to here
_ROAD_M = 150.0


def group_dwellings(
    shapes: NDArray[np.object_], households: NDArray[np.int64], zones: NDArray[np.object_]
) -> NDArray[np.int64]:
    """Group near dwellings of one zone to courtyards.

    Parameters
    ----------
    shapes : (n,) Polygon
        Dwellings, metres.
    households : (n,) int
        Their households.
    zones : (n,) object
        What may not be mixed: block, estate, community.

    Returns
    -------
    (n,) int
        Courtyard of each dwelling: the smallest row number in it.

    Notes
    -----
    Nearest pairs first (single linkage up to 25 m). A group grows while one of
    the two has under 75 households, to at most 4 buildings and 250 households;
    small houses may be more than 4 up to 90 households.
    """
    import numpy as np
    import shapely

    left, right = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_APART_M)
    keep = (left < right) & (zones[left] == zones[right])
    left, right = left[keep], right[keep]
    gaps_m = shapely.distance(shapes[left], shapes[right])
    parent = list(range(len(shapes)))
    number, homes = [1] * len(shapes), [int(count) for count in households]

    def root(n: int) -> int:
        while parent[n] != n:
            n = parent[n]
        return n

    # rounded, so that equal gaps go by row number on every machine
    for pair in np.lexsort((right, left, np.round(gaps_m, 2))):
        a, b = sorted((root(int(left[pair])), root(int(right[pair]))))
        total = homes[a] + homes[b]
        few = number[a] + number[b] <= _MOST_BUILDINGS and total <= _MOST_HOUSEHOLDS
        fits = few or total <= _SMALL_HOUSEHOLDS
        if a != b and fits and min(homes[a], homes[b]) < _ENOUGH_HOUSEHOLDS:
            parent[b] = a
            number[a] += number[b]
            homes[a] = total
    return np.array([root(n) for n in range(len(shapes))], dtype=np.int64)


def draw_lots(dwellings: gpd.GeoDataFrame, areas: NDArray[np.object_]) -> gpd.GeoDataFrame:
    """Draw one lot per courtyard around its buildings.

    Parameters
    ----------
    dwellings : GeoDataFrame
        n buildings, metres; ``osm_id, courtyard, households``.
    areas : (n,) Polygon
        The block (and community) each building stands in; lots end there.

    Returns
    -------
    GeoDataFrame
        One row per courtyard: ``courtyard_id`` (from its first building),
        ``households, n_buildings``; polygons without overlap, each holding its
        own buildings, 3 m around them where there is room.
    """
    import geopandas as gpd
    import numpy as np
    import shapely

    rows: list[dict[str, Any]] = []
    hulls = []
    for first, group in dwellings.assign(area=areas).groupby("courtyard", sort=True):
        around = shapely.union_all(group.geometry.to_numpy()).convex_hull
        lot = shapely.buffer(around, _MARGIN_M, join_style="mitre", mitre_limit=2.0)
        hulls.append(shapely.intersection(lot, group["area"].iloc[0]))
        rows.append(
            {
                "courtyard": first,
                "courtyard_id": f"osm-{min(group['osm_id'])}",
                "households": int(group["households"].sum()),
                "n_buildings": len(group),
            }
        )
    lots = _parted(np.array(hulls, dtype=object), rows, dwellings)
    return gpd.GeoDataFrame(rows, geometry=list(lots), crs=dwellings.crs)


def _parted(
    lots: NDArray[np.object_], rows: list[dict[str, Any]], dwellings: gpd.GeoDataFrame
) -> NDArray[np.object_]:
    """Take the neighbours' buildings out of each lot, then what two lots both claim."""
    import shapely

    own = dwellings["courtyard"].to_numpy()
    shapes = dwellings.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    for n, row in enumerate(rows):
        near = tree.query(lots[n], predicate="intersects")
        others = shapes[near[own[near] != row["courtyard"]]]
        lots[n] = shapely.difference(lots[n], shapely.union_all(others))
    left, right = shapely.STRtree(lots).query(lots, predicate="intersects")
    for a, b in sorted((a, b) for a, b in zip(left, right, strict=True) if a < b):
        # the one with fewer homes yields; both keep their buildings
        yields, stays = (a, b) if rows[a]["households"] < rows[b]["households"] else (b, a)
        lots[yields] = shapely.difference(lots[yields], lots[stays])
    for n, row in enumerate(rows):
        parts = shapely.get_parts(lots[n])
        homes = shapely.union_all(shapes[own == row["courtyard"]])
        held = [p for p in parts if shapely.intersection(p, homes).area > 1.0]
        lots[n] = shapely.union_all(held)
    return lots


def address_courtyards(
    courtyards: gpd.GeoDataFrame, dwellings: gpd.GeoDataFrame, roads: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Give courtyards a name and an address, estimated ones marked （估）.

    Parameters
    ----------
    courtyards : GeoDataFrame
        From `draw_lots`, with ``estate`` (name of the land they lie on, or "").
    dwellings : GeoDataFrame
        ``courtyard, name, street, number``.
    roads : GeoDataFrame
        ``name`` and lines, metres.

    Returns
    -------
    GeoDataFrame
        With ``name`` and ``address``. A mapped address is taken; else the
        nearest named road within 150 m and a running number along it; else
        无名 and the OSM number.
    """
    import pandas as pd

    named = roads[roads["name"] != ""][["name", "geometry"]].rename(columns={"name": "road"})
    middles = courtyards.set_geometry(courtyards.representative_point())[["geometry"]]
    nearest = middles.sjoin_nearest(named, max_distance=_ROAD_M, how="left")
    road = nearest.sort_values("road").groupby(level=0)["road"].first()
    estimated = pd.Series("", index=courtyards.index, dtype=object)
    for name, group in middles.groupby(road):
        west, south, east, north = group.total_bounds
        along = group.geometry.x if east - west > north - south else group.geometry.y
        for number, ix in enumerate(along.sort_values(kind="stable").index, start=1):
            estimated[ix] = f"{name}{number}号（估）"
    first = dwellings.groupby("courtyard")[["name", "street", "number"]].agg(_first_text)
    first = first.reindex(courtyards["courtyard"]).set_axis(courtyards.index)
    mapped = mapped_address(first)
    nameless = "无名（OSM " + courtyards["courtyard_id"].str.removeprefix("osm-") + "）"
    address = mapped.where(mapped != "", estimated)
    own = courtyards["estate"].where(first["name"] == "", courtyards["estate"] + first["name"])
    name = own.where(own != "", address.where(address != "", nameless))
    return courtyards.assign(name=name, address=address)


def _first_text(values: Any) -> str:  # noqa: ANN401 - one group's column
    return next((str(value) for value in values if value), "")
