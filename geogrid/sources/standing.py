"""Where a courtyard stands among the communities: the one rule for files of every kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["GIVEN_SHARE", "Standing", "standings"]

# a ledger may place a courtyard where at least this share of it lies
GIVEN_SHARE = 0.25
# below this share a second community is only a border drawn a little off
_BORDER_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Standing:
    """Say where one courtyard stands among the communities, and whether its code agrees.

    Parameters
    ----------
    verdict : {"inside", "border", "contradicts", "outside"}
        In one community; in several; not where its code says; in none.
    shares : dict of int to float
        Position of each community it lies in, and how much of it does, 0 to 1.
    wanted : int or None
        Position of the community that its code names, if there is one of that code.
    """

    verdict: Literal["inside", "border", "contradicts", "outside"]
    shares: dict[int, float]
    wanted: int | None

    @property
    def largest(self) -> int | None:
        """Return the position of the community with the largest share, the first of equals."""
        return max(self.shares, key=lambda c: (self.shares[c], -c), default=None)

    @property
    def chosen(self) -> int | None:
        """Return the position of the community it belongs to: by its code, else by its share."""
        return self.largest if self.wanted is None else self.wanted


def standings(courtyards: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> list[Standing]:
    """Say of each courtyard where it stands among the communities.

    Parameters
    ----------
    courtyards : GeoDataFrame
        n rows of valid points or polygons in metres; ``community_code`` where it is given.
    communities : GeoDataFrame
        Valid polygons in metres, with ``community_code``.

    Returns
    -------
    list of Standing
        One a row.
    """
    import pandas as pd

    shares = _shares(courtyards, communities)
    position = {code: ix for ix, code in enumerate(communities["community_code"].to_numpy())}
    given: list[Any] = [None] * len(courtyards)
    if "community_code" in courtyards.columns:
        given = list(courtyards["community_code"])
    # an unknown code is reported as a dangling reference; here it counts as none
    wanted = [None if pd.isna(code) else position.get(code) for code in given]
    return [_standing(shares.get(ix, {}), home) for ix, home in enumerate(wanted)]


def _standing(here: dict[int, float], wanted: int | None) -> Standing:
    if not here:
        return Standing("outside", here, wanted)
    if wanted is not None and here.get(wanted, 0.0) < GIVEN_SHARE:
        return Standing("contradicts", here, wanted)
    is_shared = sum(share > _BORDER_SHARE for share in here.values()) > 1
    return Standing("border" if is_shared else "inside", here, wanted)


def _shares(
    courtyards: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> dict[int, dict[int, float]]:
    """Measure how much of each courtyard lies in each community, by position.

    Points count fully in every community that touches them. A polygon that
    only touches a border from outside has no share there.
    """
    import shapely

    shapes, homes = courtyards.geometry.to_numpy(), communities.geometry.to_numpy()
    ix, home_ix = shapely.STRtree(homes).query(shapes, predicate="intersects")
    areas = shapely.area(shapes[ix])
    parts = shapely.area(shapely.intersection(shapes[ix], homes[home_ix]))
    shares: dict[int, dict[int, float]] = {}
    for n, home, area, part in zip(ix, home_ix, areas, parts, strict=True):
        share = float(part / area) if area > 0 else 1.0
        if share > 0:
            shares.setdefault(int(n), {})[int(home)] = share
    return shares
