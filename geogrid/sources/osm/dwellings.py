"""Tell dwellings from other buildings, and estimate who lives there.

OpenStreetMap seldom says so: around the Bund 26 of 1,321 buildings carry a
residential tag. The rule is stated in `RULE` and travels with the district.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["HOUSEHOLD_RULE", "RULE", "building_use", "estimate_households", "storeys"]

_HOMES = (
    "residential",
    "apartments",
    "house",
    "detached",
    "semidetached_house",
    "terrace",
    "bungalow",
)
_HALLS = "dormitory"
_COMMERCIAL = (
    "commercial",
    "retail",
    "office",
    "hotel",
    "mall",
    "shop",
    "bank",
    "supermarket",
    "industrial",
    "warehouse",
)
# land that says homes, campus (halls, not homes), or anything else than homes
_HOME_LAND = ("residential",)
_CAMPUS_LAND = ("university", "college", "school", "kindergarten")
_OTHER_LAND = (
    "commercial",
    "retail",
    "industrial",
    "hospital",
    "park",
    "garden",
    "attraction",
    "pier",
    "railway",
    "construction",
    "military",
    "place_of_worship",
    "recreation_ground",
    "stadium",
    "sports_centre",
    "golf_course",
    "theme_park",
    "museum",
    "library",
    "protected_area",
    "religious",
    "cemetery",
    "parking",
    "fuel",
)
# names of homes: estates, lanes, numbered blocks
_HOME_NAME = re.compile(r"小区|公寓|住宅|新村|家园|花园|苑|里弄|弄$|街坊|号院|家属|\d+号?楼$")

# untagged buildings on unnamed land: an ordinary slab, neither shed nor tower nor hall
_LEAST_M2 = 60.0
_MOST_M2 = 1_500.0
_MOST_ON_HOME_LAND_M2 = 3_000.0
_DEEPEST_M = 15.0
_HIGHEST = 20
# and among its like: a lone one is a restaurant, a pump house, a gate
_COMPANY = 2
_COMPANY_M = 50.0
# what is deeper is a whole quarter drawn as one building
_DEEPEST_TAGGED_M = 30.0

_STOREY_M = 3.0
_MOST_STOREYS = 40
# storeys where nothing is tagged: lane houses are low, slabs have six
_LOW_M2 = 180.0
_LOW_STOREYS = 2
_SLAB_STOREYS = 6
# share of the floor that is homes (the rest: stairs, shops, porters), and a home's gross area
_EFFICIENCY = 0.8
_HOME_M2 = 75.0

RULE = (
    "A building is a dwelling if (1) it is tagged residential, apartments, house, detached, "
    "terrace or bungalow, or dormitory outside a campus, and is at most "
    f"{_DEEPEST_TAGGED_M:g} m deep (a deeper one is a quarter drawn as a building); or (2) its "
    "tag says nothing (yes), it has no amenity, shop, office or like tag, no name other than one "
    "of homes, and "
    f"(2a) lies on residential land with a footprint of {_LEAST_M2:g} to "
    f"{_MOST_ON_HOME_LAND_M2:g} m2, or (2b) lies on land that is mapped as nothing else (park, "
    "commercial, campus, ...), has a footprint of "
    f"{_LEAST_M2:g} to {_MOST_M2:g} m2, is at most {_DEEPEST_M:g} m deep and {_HIGHEST} storeys "
    f"high, and has {_COMPANY} other dwellings within {_COMPANY_M:g} m. Depth is twice the area "
    "over the perimeter. The smallest land polygon around a building decides. Building parts are "
    "not counted."
)
HOUSEHOLD_RULE = (
    f"households = footprint x storeys x {_EFFICIENCY:g} / {_HOME_M2:g} m2; storeys as tagged, "
    f"else height / {_STOREY_M:g} m, else {_LOW_STOREYS} under {_LOW_M2:g} m2 and "
    f"{_SLAB_STOREYS} above"
)


def building_use(buildings: gpd.GeoDataFrame, landuse: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Say what each building is for, by `RULE`.

    Parameters
    ----------
    buildings : GeoDataFrame
        n rows in plain form (`OsmLayers.buildings`), in metres.
    landuse : GeoDataFrame
        Land in plain form, in metres.

    Returns
    -------
    Series of str, n rows
        ``dwelling``, ``commercial``, ``public`` or ``other``.
    """
    import numpy as np
    import pandas as pd

    land = _land_kinds(buildings, landuse)
    tag, name = buildings["building"], buildings["name"]
    area_m2, depth_m = buildings.area, _depth_m(buildings)
    tagged = (tag.isin(_HOMES) | ((tag == _HALLS) & (land != "campus"))) & ~buildings["part"]
    tagged &= depth_m <= _DEEPEST_TAGGED_M
    silent = (tag == "yes") & (buildings["function"] == "") & ~buildings["part"]
    silent &= (name == "") | (name.str.contains(_HOME_NAME) & (land != "campus"))
    homely = silent & (land == "home") & area_m2.between(_LEAST_M2, _MOST_ON_HOME_LAND_M2)
    plain = silent & (land == "") & area_m2.between(_LEAST_M2, _MOST_M2)
    plain &= (depth_m <= _DEEPEST_M) & (storeys(buildings) <= _HIGHEST)
    dwelling = tagged | homely | plain
    dwelling &= ~plain | (_company(buildings, dwelling) >= _COMPANY)
    commercial = tag.isin(_COMMERCIAL) | buildings["function"].isin(_COMMERCIAL)
    public = ~tag.isin(["yes", *_HOMES]) | (buildings["function"] != "")
    use = np.select([dwelling, commercial, public], ["dwelling", "commercial", "public"], "other")
    return pd.Series(use, index=buildings.index)


def storeys(buildings: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Give each building its storeys: tagged, from its height, or by its footprint.

    Parameters
    ----------
    buildings : GeoDataFrame
        n rows in plain form, in metres.

    Returns
    -------
    Series of int, n rows
        1 to 40.
    """
    import numpy as np
    import pandas as pd

    low = (buildings.area < _LOW_M2) | buildings["building"].isin(["house", "detached", "bungalow"])
    default = pd.Series(np.where(low, _LOW_STOREYS, _SLAB_STOREYS), index=buildings.index)
    height_m = buildings["height_m"].where(buildings["height_m"] > 0)
    count = buildings["levels"].fillna((height_m / _STOREY_M).round()).fillna(default)
    return count.clip(1, _MOST_STOREYS).round().astype("int64")


def estimate_households(buildings: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Estimate the households of dwellings, by `HOUSEHOLD_RULE`.

    Parameters
    ----------
    buildings : GeoDataFrame
        n dwellings in plain form, in metres.

    Returns
    -------
    Series of int, n rows
        At least 1.
    """
    homes = buildings.area * storeys(buildings) * _EFFICIENCY / _HOME_M2
    return homes.round().clip(lower=1).astype("int64")


def _land_kinds(buildings: gpd.GeoDataFrame, landuse: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Name the land around each building: home, campus, other, or "" for unmapped."""
    import numpy as np
    import pandas as pd
    import shapely

    groups = dict.fromkeys(_HOME_LAND, "home") | dict.fromkeys(_CAMPUS_LAND, "campus")
    groups |= dict.fromkeys(_OTHER_LAND, "other")
    telling = landuse[landuse["kind"].isin(groups)]
    kinds = np.full(len(buildings), "", dtype=object)
    if len(telling):
        places = buildings.representative_point().to_numpy()
        ix, land_ix = shapely.STRtree(telling.geometry.to_numpy()).query(places, "intersects")
        sizes = telling.area.to_numpy()[land_ix]
        # written from large to small, so that the smallest land stays
        order = np.argsort(-sizes, kind="stable")
        kinds[ix[order]] = telling["kind"].map(groups).to_numpy()[land_ix[order]]
    return pd.Series(kinds, index=buildings.index)


def _depth_m(buildings: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Measure how deep a building is: twice its area over its perimeter, for a long slab.

    A rectangle of length a and depth b has 2ab / 2(a + b), which nears b as it
    gets longer; courtyards inside do not count as depth.
    """
    return 2.0 * buildings.area / buildings.length


def _company(buildings: gpd.GeoDataFrame, candidate: pd.Series[bool]) -> pd.Series[Any]:
    """Count the other candidates near each building."""
    import numpy as np
    import pandas as pd
    import shapely

    shapes = buildings.geometry.to_numpy()
    tree = shapely.STRtree(shapes[candidate.to_numpy()])
    ix, _ = tree.query(shapes, predicate="dwithin", distance=_COMPANY_M)
    near = np.bincount(ix, minlength=len(shapes)) - candidate.to_numpy()
    return pd.Series(near, index=buildings.index)
