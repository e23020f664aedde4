"""A second, smaller town, invented from end to end, in the form that another city arrives in.

Streets are drawn straight on paper and then bent; houses keep their right angles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
from shapely import affinity
from shapely.geometry import LineString, Point, Polygon, box

from geogrid.locale import phrases
from geogrid.sources.osm.writing import write_osm_file

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from geogrid.locale import Language

__all__ = ["draw_town", "write_town"]

# farmland in truth; another zone than Shinan's, so that nothing relies on one system
_CRS = "EPSG:4547"
_EAST, _NORTH = 610_000.0, 3_876_000.0

# paper, metres: columns of blocks, and their rows from the south
_X = tuple(175.0 * n for n in range(9))
_Y = (0.0, 120.0, 240.0, 355.0, 480.0, 600.0, 720.0, 840.0, 960.0, 1040.0, 1160.0)
_RIVER = (275.0, 320.0)
_RAIL_Y = 1000.0
# which lines are more than lanes; the rest are residential
_ARTERIAL_X, _ARTERIAL_Y = _X[4], _Y[5]
_SECONDARY_X, _SECONDARY_Y = (_X[2], _X[6]), (_Y[1], _Y[8])
_BRIDGES = (_X[1], _X[4], _X[6])

# what stands in each block, the northern row first: s slabs, l lane houses, t towers behind
# a wall, e school, h hospital, c offices, m market, w works, p park, - nothing
_ROWS = {
    9: "wwsssssw",
    7: "ssstssss",
    6: "sslesslt",
    5: "sssccsms",
    4: "sshccsps",
    3: "lllssspl",
    1: "llsssels",
    0: "sssstsss",
}
_MARGIN_M = 16.0
_SLAB_M, _LANE_M, _TOWER_M = 12.0, 9.0, 22.0


def write_town(path: Path | str, *, language: Language = "zh", seed: int = 0) -> Path:
    """Write a small invented town as an OpenStreetMap file.

    It serves to try the way from another city's extract to a layout, without a
    network and without anybody's data.

    Parameters
    ----------
    path : Path or str
        Where to, ending in ``.osm``.
    language : {"zh", "en"}
        In which its streets are named.
    seed : int
        Another seed gives other storeys and lengths of houses.

    Returns
    -------
    Path
        The file: streets, a river with bridges, a railway, homes, two walled
        estates, a school, a hospital, works and parks. It says that it is invented.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import geogrid
    >>> with TemporaryDirectory() as folder:
    ...     district = geogrid.read_osm(geogrid.write_town(Path(folder) / "town.osm"))
    >>> district.is_synthetic
    True
    """
    return write_osm_file(draw_town(language=language, seed=seed), path)


def draw_town(*, language: Language = "zh", seed: int = 0) -> gpd.GeoDataFrame:
    """Draw the invented town.

    Parameters
    ----------
    language : {"zh", "en"}
        In which its streets are named.
    seed : int
        Another seed gives other storeys and lengths of houses.

    Returns
    -------
    GeoDataFrame
        Points, lines and polygons in EPSG:4547, ``tags`` as OpenStreetMap has them.
    """
    drawing = _Drawing(phrases(language, "town"), np.random.default_rng(seed))
    drawing.streets()
    drawing.land()
    for row, uses in _ROWS.items():
        for column, use in enumerate(uses):
            west, east = _X[column] + _MARGIN_M, _X[column + 1] - _MARGIN_M
            south, north = _Y[row] + _MARGIN_M, _Y[row + 1] - _MARGIN_M
            drawing.block(use, box(west, south, east, north))
    return gpd.GeoDataFrame({"tags": drawing.tags}, geometry=drawing.shapes, crs=_CRS)


class _Drawing:
    """Collect features while they are drawn."""

    def __init__(self, words: dict[str, str], rng: np.random.Generator) -> None:
        self.words = words
        self.rng = rng
        self.shapes: list[BaseGeometry] = []
        self.tags: list[dict[str, str]] = []

    def add(self, shape: BaseGeometry, **tags: str) -> None:
        """Keep a feature; a colon in a key is written as two underscores."""
        self.shapes.append(shape)
        self.tags.append({key.replace("__", ":"): value for key, value in tags.items()})

    def streets(self) -> None:
        """Draw streets through all crossings, the river's bridges, the railway."""
        for x in _X:
            kind, name = self._rank(x == _ARTERIAL_X, x in _SECONDARY_X, f"x{_X.index(x)}")
            # only bridges cross the river, and only the arterial the railway
            reaches = [[y for y in _Y if y <= _RIVER[0]], [y for y in _Y if _RIVER[1] <= y]]
            if x in _BRIDGES:
                reaches = [list(_Y)]
            if x != _ARTERIAL_X:
                last = reaches.pop()
                reaches += [[y for y in last if y < _RAIL_Y], [y for y in last if y > _RAIL_Y]]
            for ys in reaches:
                self.add(_bent([(x, y) for y in ys]), highway=kind, name=name)
        for y in _Y:
            kind, name = self._rank(y == _ARTERIAL_Y, y in _SECONDARY_Y, f"y{_Y.index(y)}")
            self.add(_bent([(x, y) for x in _X]), highway=kind, name=name)
        edges = [(-60.0, _RAIL_Y), (_X[-1] + 60.0, _RAIL_Y)]
        self.add(_bent(edges), railway="rail", name=self.words["railway"])

    def _rank(self, arterial: bool, secondary: bool, key: str) -> tuple[str, str]:  # noqa: FBT001 - two claims
        kind = "primary" if arterial else "secondary" if secondary else "residential"
        return kind, self.words[key]

    def land(self) -> None:
        """Draw the river and its green banks."""
        low, high = _RIVER
        west, east = _X[0] - 60.0, _X[-1] + 60.0
        self.add(_bent_area(box(west, low, east, high)), natural="water", name=self.words["river"])
        middle = [(west, (low + high) / 2), (east, (low + high) / 2)]
        self.add(_bent(middle), waterway="river", name=self.words["river"])

    def block(self, use: str, land: Polygon) -> None:
        """Build one block."""
        if use == "s":
            self._rows(land, depth=_SLAB_M, pitch=34.0, longest=52.0, levels=(5, 8))
        elif use == "l":
            self._rows(land, depth=_LANE_M, pitch=19.0, longest=30.0, levels=(2, 4))
        elif use == "t":
            self._estate(land)
        elif use == "p":
            self.add(_bent_area(land), leisure="park", name=self.words["park"])
        else:
            self._others(use, land)

    def _rows(
        self, land: Polygon, *, depth: float, pitch: float, longest: float, levels: tuple[int, int]
    ) -> None:
        """Set rows of houses that face south."""
        west, south, east, north = land.bounds
        y = south
        while y + depth <= north + 0.1:
            x = west
            while x + 0.7 * longest <= east + 0.1:
                length = min(longest * self.rng.uniform(0.75, 1.0), east - x)
                storeys = int(self.rng.integers(*levels))
                house = _turned(box(x, y, x + length, y + depth))
                self.add(house, building="residential", building__levels=str(storeys))
                x += length + 7.0
            y += pitch

    def _estate(self, land: Polygon) -> None:
        """Set towers behind a wall with a gate."""
        west, south, east, north = land.bounds
        estate = _bent_area(land)
        tags = {"landuse": "residential", "access": "private", "name": self.words["estate"]}
        self.add(estate, **tags)
        self.add(LineString(estate.exterior.coords), barrier="wall")
        gate = _bent([(west, south), ((west + east) / 2, south)])
        self.add(Point(gate.coords[-1]), barrier="gate")
        for x in np.linspace(west + 12.0, east - 12.0 - _TOWER_M, 3):
            for y in (south + 10.0, north - 10.0 - _TOWER_M):
                tower = _turned(box(x, y, x + _TOWER_M, y + _TOWER_M))
                levels = str(int(self.rng.integers(11, 19)))
                self.add(tower, building="apartments", building__levels=levels)

    def _others(self, use: str, land: Polygon) -> None:
        """Set what nobody lives in."""
        kinds: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
            "e": ({"amenity": "school"}, {"building": "school"}, "4"),
            "h": ({"amenity": "hospital"}, {"building": "hospital"}, "8"),
            "c": ({"landuse": "commercial"}, {"building": "office"}, "9"),
            "m": ({"landuse": "retail"}, {"building": "retail"}, "2"),
            "w": ({"landuse": "industrial"}, {"building": "industrial"}, "1"),
        }
        area, house, levels = kinds[use]
        named = {"name": self.words[use]} if use in self.words else {}
        self.add(_bent_area(land), **area, **named)
        west, south, east, north = land.bounds
        wide, high = (east - west) / 2, (north - south) / 2
        for x in (west + 0.1 * wide, west + 1.1 * wide):
            for y in (south + 0.15 * high, south + 1.15 * high):
                hall = _turned(box(x, y, x + 0.8 * wide, y + 0.6 * high))
                self.add(hall, **house, building__levels=levels)


def _bend(x: Any, y: Any) -> tuple[Any, Any]:  # noqa: ANN401 - numbers or arrays
    """Bend the paper, so that no street stays straight for long."""
    east = x + 26.0 * np.sin(y / 230.0) + 10.0 * np.sin(x / 330.0 + 1.0)
    north = y + 30.0 * np.sin(x / 290.0 + 0.5) + 8.0 * np.sin(y / 300.0)
    return _EAST + east, _NORTH + north


def _bent(points: list[tuple[float, float]]) -> LineString:
    """Bend a line; what meets on paper meets bent."""
    line = LineString(points)
    return LineString(np.column_stack(_bend(*np.asarray(line.segmentize(30.0).coords).T)))


def _bent_area(shape: Polygon) -> Polygon:
    """Bend an area."""
    corners = np.asarray(shape.segmentize(30.0).exterior.coords)
    return Polygon(np.column_stack(_bend(*corners.T)))


def _turned(house: Polygon) -> Polygon:
    """Move a house to where the bent paper has its middle, turned as its street is."""
    x, y = house.centroid.coords[0]
    (x0, y0), (x1, y1) = _bend(x - 5.0, y), _bend(x + 5.0, y)
    angle = float(np.degrees(np.arctan2(y1 - y0, x1 - x0)))
    east, north = _bend(x, y)
    return affinity.rotate(affinity.translate(house, east - x, north - y), angle, origin="centroid")
