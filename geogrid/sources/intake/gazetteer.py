"""Where an address lies: at a known number, or between two of them along its road.

Nothing is guessed silently: a spot says how it was found and how far it may be off; an address
that is not found comes back with the nearest ones that are known.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

import numpy as np

from geogrid.crs import require_metric
from geogrid.sources.addresses import (
    Address,
    HouseNumber,
    parse_address,
    plain_address,
    without_places,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import geopandas as gpd
    import shapely
    from numpy.typing import NDArray

__all__ = ["Gazetteer", "How", "Spot"]

How = Literal["exact", "interpolated", "none"]

# between known numbers further apart, another street may begin
MOST_NUMBERS = 20
MOST_METRES = 300.0
# houses stand this near to their road's line; further off the line is another road's
_BESIDE_M = 120.0
# a road of that name and number may occur in two towns: then its shapes lie further apart
_ONE_PLACE_M = 150.0
# an address known by a point: its house is around it
_POINT_M = 20.0
# what is measured inside a lot of that size is not better than this
_LEAST_M = 5.0
_CANDIDATES = 5
# a list with more unknown roads than this is no list of this town
_MOST_ALIKE = 2_000
# share of the signs that two roads' names have in common: one wrong sign of four
_LIKE = 0.74


@dataclass(frozen=True, slots=True)
class Spot:
    """Hold where an address lies, or what may have been meant.

    Parameters
    ----------
    x, y : float or None
        In the gazetteer's own system, metres; None if it was not found.
    accuracy_m : float or None
        The address lies within this distance.
    how : {"exact", "interpolated", "none"}
        At the number itself, between two numbers of the same side, or not found.
    candidates : tuple of str
        Known addresses nearest to one that was not found, the likest first.
    """

    x: float | None = None
    y: float | None = None
    accuracy_m: float | None = None
    how: How = "none"
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Circle:
    """Hold a place and how far it reaches, metres."""

    x: float
    y: float
    radius_m: float


@dataclass(frozen=True, slots=True)
class _Known:
    """Hold what is known at one number: the building within the yard, and the place."""

    building: int | None
    circle: _Circle


class Gazetteer:
    """Find where addresses lie.

    Parameters
    ----------
    addressed : iterable of GeoDataFrame
        Buildings, courtyards: geometry and a column ``address`` (others are passed over), all
        in one metric system.
    roads : GeoDataFrame, optional
        ``name`` and lines in the same system; without them nothing is interpolated.
    places : iterable of str
        Names of communities and subdistricts, which may stand before the road.

    Raises
    ------
    CrsError
        If a layer is not metric.

    Notes
    -----
    A number that is not known is put between the nearest known ones below and above it on its
    side (odd or even) of its road, if these are at most 20 numbers and 300 m apart: along the
    road's line, as far beside it as they are.
    """

    def __init__(
        self,
        addressed: Iterable[gpd.GeoDataFrame],
        roads: gpd.GeoDataFrame | None = None,
        *,
        places: Iterable[str] = (),
    ) -> None:
        plain = {plain_address(place) for place in places}
        self._places = sorted(plain, key=len, reverse=True)
        self._known: dict[str, dict[HouseNumber, list[_Known]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for frame in addressed:
            if "address" in frame.columns and len(frame):
                require_metric(frame.crs, what="addresses")
                self._add(frame)
        self._sides = {
            road: tuple(sorted({h.number for h in houses if h.number % 2 == odd}) for odd in (0, 1))
            for road, houses in self._known.items()
        }
        self._lines = _lines_by_name(roads)
        self._found: dict[str, Spot] = {}
        self._alike: dict[str, list[str]] = {}

    def __len__(self) -> int:
        """Return how many numbers on roads are known."""
        return sum(len(houses) for houses in self._known.values())

    def find(self, address: str) -> Spot:
        """Find where an address lies.

        Parameters
        ----------
        address : str
            As a person wrote it; province, city, district, subdistrict and community may stand
            before the road. Several numbers of one road are one place.

        Returns
        -------
        Spot
            ``exact`` holds all of the building or yard within its accuracy; of
            ``interpolated`` the accuracy is at least half the way between the two numbers.
        """
        plain = plain_address(address)
        if plain not in self._found:
            self._found[plain] = self._look_up(plain)
        return self._found[plain]

    def _look_up(self, plain: str) -> Spot:
        """Find an address in plain spelling."""
        parsed = list(_parsed(plain, self._places))
        for one in parsed:
            if one.road in self._known:
                if one.beyond:
                    return Spot(candidates=self._near(one.road, one.numbers[0].number))
                return self._on_road(one)
        return Spot(candidates=self._like(parsed))

    def _on_road(self, address: Address) -> Spot:
        """Find the numbers of an address on a road that is known."""
        circles, is_exact = [], True
        for house in address.numbers:
            circle = self._at(address.road, house, address.building)
            if circle is None:
                is_exact = False
                circle = self._between(address.road, house)
            if circle is None:
                return Spot(candidates=self._near(address.road, house.number))
            circles.append(circle)
        whole = _around(circles)
        if whole.radius_m > _ONE_PLACE_M + max(one.radius_m for one in circles):
            return Spot(candidates=self._near(address.road, address.numbers[0].number))
        how: How = "exact" if is_exact else "interpolated"
        return Spot(whole.x, whole.y, round(whole.radius_m, 1), how)

    def _at(self, road: str, house: HouseNumber, building: int | None) -> _Circle | None:
        """Return the place of a known number; None if it is not known, or is two places."""
        known = self._known[road].get(house, [])
        if building is not None:
            same = [one for one in known if one.building == building]
            # the yard holds all of its houses, another house does not
            known = same or [one for one in known if one.building is None]
        if not known:
            return None
        whole = _around([one.circle for one in known])
        return whole if whole.radius_m <= _ONE_PLACE_M else None

    def _between(self, road: str, house: HouseNumber) -> _Circle | None:
        """Put a number between the known ones beside it; None if there is no telling."""
        side = self._sides[road][house.number % 2]
        below = max((n for n in side if n < house.number), default=None)
        above = min((n for n in side if n > house.number), default=None)
        if below is None or above is None or above - below > MOST_NUMBERS:
            return None
        ends = [self._all_of(road, number) for number in (below, above)]
        line = self._line_at(road, ends)
        if line is None or any(end.radius_m > _ONE_PLACE_M for end in ends):
            return None
        share = (house.number - below) / (above - below)
        return _along(line, ends[0], ends[1], share)

    def _all_of(self, road: str, number: int) -> _Circle:
        """Return the place of a number; if it is not known itself, of its letters and parts."""
        houses = self._known[road]
        known = houses.get(HouseNumber(number)) or [
            one for house, some in houses.items() if house.number == number for one in some
        ]
        return _around([one.circle for one in known])

    def _line_at(self, road: str, ends: Sequence[_Circle]) -> shapely.LineString | None:
        """Return the road's piece that runs by both ends; None if none does."""
        import shapely

        lines = self._lines.get(road)
        if lines is None:
            return None
        points = [shapely.Point(end.x, end.y) for end in ends]
        away = np.max([shapely.distance(lines, point) for point in points], axis=0)
        nearest = int(np.argmin(away))
        line: shapely.LineString = lines[nearest]
        return line if away[nearest] <= _BESIDE_M else None

    def _near(self, road: str, number: int) -> tuple[str, ...]:
        """List known addresses on a road, the nearest numbers first."""
        houses = self._known.get(road, {})
        order = sorted(
            houses, key=lambda h: (abs(h.number - number), h.number, h.letter, h.part or 0)
        )
        return tuple(_written(road, house) for house in order[:_CANDIDATES])

    def _like(self, parsed: Sequence[Address]) -> tuple[str, ...]:
        """List known addresses on roads of a similar name."""
        for one in parsed:
            if one.road not in self._alike:
                if len(self._alike) >= _MOST_ALIKE:
                    return ()
                alike = get_close_matches(one.road, self._known, n=_CANDIDATES, cutoff=_LIKE)
                self._alike[one.road] = alike
            found = [
                told
                for road in self._alike[one.road]
                for told in self._near(road, one.numbers[0].number)[:2]
            ]
            if found:
                return tuple(found[:_CANDIDATES])
        return ()

    def _add(self, frame: gpd.GeoDataFrame) -> None:
        """Take in what a layer knows."""
        import shapely

        shapes = frame.geometry.to_numpy()
        middles = shapely.centroid(shapely.minimum_bounding_circle(shapes))
        radii = np.maximum(shapely.minimum_bounding_radius(shapes), _LEAST_M)
        radii = np.where(shapely.get_dimensions(shapes) == 0, _POINT_M, radii)
        x, y = shapely.get_x(middles), shapely.get_y(middles)
        told = frame["address"].to_numpy()
        for row in np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes))):
            if not isinstance(told[row], str):
                continue
            circle = _Circle(float(x[row]), float(y[row]), float(radii[row]))
            roads = set()
            for one in _parsed(plain_address(told[row]), self._places):
                if one.road in roads or one.beyond:
                    continue
                roads.add(one.road)
                for house in one.numbers:
                    self._known[one.road][house].append(_Known(one.building, circle))


def _parsed(plain: str, places: Sequence[str]) -> Iterator[Address]:
    """Yield an address taken apart, with and without what stands before the road."""
    for variant in dict.fromkeys(without_places(plain, places)):
        found = parse_address(variant)
        if found is not None:
            yield found


def _lines_by_name(roads: gpd.GeoDataFrame | None) -> dict[str, NDArray[np.object_]]:
    """Merge the pieces of each named road into lines as long as they go."""
    import shapely

    if roads is None or "name" not in roads.columns:
        return {}
    require_metric(roads.crs, what="roads")
    named = roads[roads["name"].notna() & (roads["name"] != "")]
    pieces: dict[str, list[shapely.Geometry]] = defaultdict(list)
    for name, piece in zip(named["name"], named.geometry, strict=True):
        pieces[plain_address(str(name))].append(piece)
    return {
        name: shapely.get_parts(shapely.line_merge(shapely.union_all(some)))
        for name, some in pieces.items()
    }


def _along(line: shapely.LineString, low: _Circle, high: _Circle, share: float) -> _Circle | None:
    """Put a place so far from one end to the other, along a line and beside it as they are."""
    import shapely

    starts = [line.project(shapely.Point(end.x, end.y)) for end in (low, high)]
    gap_m = abs(starts[1] - starts[0])
    if not 0 < gap_m <= MOST_METRES:
        return None
    beside = []
    for end, at in zip((low, high), starts, strict=True):
        foot, normal = _frame(line, at)
        beside.append(float((np.array([end.x, end.y]) - foot) @ normal))
    foot, normal = _frame(line, starts[0] + share * (starts[1] - starts[0]))
    x, y = foot + normal * (beside[0] + share * (beside[1] - beside[0]))
    straight_m = float(np.hypot(high.x - low.x, high.y - low.y))
    uneven_m = abs(beside[1] - beside[0]) / 2
    # a number between two others stands between them: half the way, and as uneven as they stand
    radius_m = max(gap_m, straight_m) / 2 + uneven_m
    return _Circle(float(x), float(y), radius_m)


def _frame(line: shapely.LineString, at: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the point of a line at a distance from its start, and the normal to its left."""
    import shapely

    step = min(1.0, line.length / 2)
    spots = [at, max(at - step, 0.0), min(at + step, line.length)]
    foot, back, ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, spots))
    way = (ahead - back) / max(float(np.hypot(*(ahead - back))), 1e-9)
    return foot, np.array([-way[1], way[0]])


def _around(circles: Sequence[_Circle]) -> _Circle:
    """Return a circle around circles: about the middle of their box."""
    if len(circles) == 1:
        return circles[0]
    xy = np.array([[one.x, one.y] for one in circles])
    radii = np.array([one.radius_m for one in circles])
    low = (xy - radii[:, None]).min(axis=0)
    high = (xy + radii[:, None]).max(axis=0)
    middle = (low + high) / 2
    reach = float((np.hypot(*(xy - middle).T) + radii).max())
    return _Circle(float(middle[0]), float(middle[1]), reach)


def _written(road: str, house: HouseNumber) -> str:
    """Write a known number as an address."""
    part = "" if house.part is None else f"-{house.part}"
    return f"{road}{house.letter}{house.number}{part}号"
