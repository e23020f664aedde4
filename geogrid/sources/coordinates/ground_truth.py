"""What is on the ground, and how well points fit it under one supposed system."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from geogrid.crs import WGS84, metric_crs_for
from geogrid.errors import CrsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray
    from pyproj import Transformer
    from shapely import STRtree

__all__ = ["Ground", "Reference"]

# a courtyard's point stands in a building or this near one; elsewhere in a town two thirds do
_BUILDING_M = 20.0
# and not on a carriageway, whose middle is the line
_ROAD_M = 5.0
_THROUGH_YARDS = ("lane", "path")
# borders of communities are drawn along roads
_BORDER_M = 12.0
# what is further from all that is known lies in another town
_FAR_M = 5_000.0


@dataclass(frozen=True)
class Reference:
    """Hold what is known to lie right, in any declared systems.

    Parameters
    ----------
    communities : GeoDataFrame, optional
        ``community_code`` and areas.
    roads, buildings : GeoDataFrame, optional
        Lines and footprints.
    stated : sequence of str or None
        The community code that each point is said to lie in, in the points' order; empty if
        nothing is said.
    """

    communities: gpd.GeoDataFrame | None = None
    roads: gpd.GeoDataFrame | None = None
    buildings: gpd.GeoDataFrame | None = None
    stated: Sequence[str | None] = field(default=(), repr=False)


class Ground:
    """Hold a reference in one metric system, ready to be asked.

    Parameters
    ----------
    reference : Reference
        Layers without rows count as absent.

    Raises
    ------
    CrsError
        If a layer declares no system, or lies nowhere on the globe.
    """

    def __init__(self, reference: Reference) -> None:
        import numpy as np
        import shapely

        layers = {
            name: frame
            for name in ("communities", "buildings", "roads")
            if (frame := getattr(reference, name)) is not None and len(frame)
        }
        self.is_empty = not layers
        self.has_borders = "communities" in layers
        self._codes: dict[str, int] = {}
        self._trees: dict[str, STRtree] = {}
        self._shapes: dict[str, NDArray[np.object_]] = {}
        if self.is_empty:
            return
        for name, frame in layers.items():
            if frame.crs is None:
                msg = f"Layer {name} declares no CRS, so nothing can be compared with it."
                raise CrsError(msg, layer=name)
        first = next(iter(layers.values()))
        west, south, east, north = first.to_crs(WGS84).total_bounds
        self.crs = metric_crs_for(float(west + east) / 2, float(south + north) / 2)
        for name, frame in layers.items():
            telling = _carriageways(frame) if name == "roads" else frame
            shapes = telling.geometry.to_crs(self.crs).to_numpy()
            self._shapes[name] = shapes
            self._trees[name] = shapely.STRtree(shapes)
        boxes = np.vstack([shapely.total_bounds(shapes) for shapes in self._shapes.values()])
        # the smallest of the layers says where the district is; roads may cover a province
        sizes = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        self._box = boxes[int(np.argmin(sizes))]
        if self.has_borders and "community_code" in layers["communities"]:
            shapely.prepare(self._shapes["communities"])
            codes = layers["communities"]["community_code"].astype(str)
            self._codes = {code: row for row, code in enumerate(codes)}

    def metres(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return WGS84 points in the ground's own metres, (n, 2)."""
        import numpy as np

        return np.column_stack(_from_wgs84(self.crs).transform(lon, lat))

    def near(self, xy: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which points lie within 5 km of what is known, (n,)."""
        import numpy as np

        west, south, east, north = self._box
        low = np.array([west, south]) - _FAR_M
        high = np.array([east, north]) + _FAR_M
        return np.asarray(((xy >= low) & (xy <= high)).all(axis=1))

    def fit(
        self, xy: NDArray[np.float64], stated: Sequence[str | None]
    ) -> Mapping[str, NDArray[np.float64]]:
        """Try points of courtyards on the ground.

        Parameters
        ----------
        xy : (n, 2) float
            Metres.
        stated : sequence of str or None, n or none
            Their communities as stated.

        Returns
        -------
        mapping of str to (n,) float
            By test 1 for a point that fits, 0 for one that does not, NaN where nothing can be
            said: ``own`` (in its stated community), ``inside`` (in any, where none is stated),
            ``building`` (in or at one), ``road`` (on none).
        """
        import numpy as np
        import shapely

        points = np.asarray(shapely.points(xy), dtype=object)
        found: dict[str, NDArray[np.float64]] = {}
        if self.has_borders:
            home = np.array([self._codes.get(str(code), -1) for code in stated] or [-1] * len(xy))
            known = home >= 0
            own = np.full(len(xy), np.nan)
            borders = self._shapes["communities"]
            own[known] = shapely.intersects(borders[home[known]], points[known])
            inside = self._hits("communities", points, predicate="intersects")
            found["own"], found["inside"] = own, np.where(known, np.nan, inside)
        if "buildings" in self._trees:
            near = self._hits("buildings", points, predicate="dwithin", distance=_BUILDING_M)
            found["building"] = near
        if "roads" in self._trees:
            on = self._hits("roads", points, predicate="dwithin", distance=_ROAD_M)
            found["road"] = 1.0 - on
        return {name: fits for name, fits in found.items() if not np.isnan(fits).all()}

    def fit_borders(self, xy: NDArray[np.float64]) -> Mapping[str, NDArray[np.float64]]:
        """Try corners of areas on the ground: within the district, along roads."""
        import numpy as np
        import shapely

        points = np.asarray(shapely.points(xy), dtype=object)
        found: dict[str, NDArray[np.float64]] = {}
        if self.has_borders:
            found["inside"] = self._hits(
                "communities", points, predicate="dwithin", distance=2 * _BORDER_M
            )
        if "roads" in self._trees:
            found["border"] = self._hits("roads", points, predicate="dwithin", distance=_BORDER_M)
        return found

    def _hits(
        self,
        layer: str,
        points: NDArray[np.object_],
        **how: Any,  # noqa: ANN401 - the tree's own arguments
    ) -> NDArray[np.float64]:
        """Return 1 for each point that a layer has something at."""
        import numpy as np

        ix, _ = self._trees[layer].query(points, **how)
        hits = np.zeros(len(points))
        hits[ix] = 1.0
        return hits


@lru_cache(maxsize=8)
def _from_wgs84(crs: str) -> Transformer:
    """Return what turns WGS84 degrees into a metric system; making one takes long."""
    from pyproj import Transformer as _Transformer

    return _Transformer.from_crs(WGS84, crs, always_xy=True)


def _carriageways(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Leave out the lanes and paths that lead into courtyards, if ranks are told."""
    if "kind" not in roads.columns:
        return roads
    main = roads[~roads["kind"].isin(_THROUGH_YARDS)]
    return main if len(main) else roads
