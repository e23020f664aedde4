"""Who is responsible here: from a point to courtyard, grid, community, beat and duties.

Geometry only; addresses are read by `geogrid.publish.address`, answers written by
`geogrid.publish.answers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from geogrid.publish.address import AddressBook
from geogrid.publish.nearest import Nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from geogrid.publish.snapshot import Collection, Ground, Snapshot

    Rows = NDArray[np.intp]

__all__ = ["BY", "LAYERS", "NOWHERE", "Layer", "Locator", "Place", "Places", "locator_of"]

# what a point is looked up in, in the order of the answer; beats stand for stations too
LAYERS = (
    "courtyards",
    "gov_grids",
    "basic_grids",
    "communities",
    "subdistricts",
    "beats",
    "compounds",
)
_YARD, _GRID, _BASIC, _COMMUNITY, _SUBDISTRICT, _BEAT, _COMPOUND = range(len(LAYERS))
# row of what is not there
NOWHERE = -1
# how the governance grid was found: through the courtyard around the point, through the
# footprint around it, through the nearest courtyard, or not at all
BY = ("courtyard", "footprint", "nearest", None)
# points beside every courtyard still belong to the next one, up to here: a building's depth
# and a street's width beyond the 60 m that footprints reach
REACH_M = 100.0
# pairs of point and candidate tried at once; bounds the memory of bulk calls
_BATCH = 50_000


@dataclass(frozen=True)
class Layer:
    """Hold what an answer says about the features of one collection.

    Parameters
    ----------
    name : str
        Collection.
    ids : tuple of str
        Stable codes, n.
    properties : tuple of mapping
        JSON values, n.
    lead_beat : ndarray of int, shape (n + 1,)
        Row of each grid's lead beat, `NOWHERE` where there is none and at the end.
    """

    name: str
    ids: tuple[str, ...]
    properties: tuple[Mapping[str, Any], ...]
    lead_beat: Rows


@dataclass(frozen=True, slots=True)
class Place:
    """Hold what lies at one point, as rows of the collections.

    Parameters
    ----------
    lon, lat : float
        WGS84 degrees.
    rows : tuple of int
        Row in each of `LAYERS`; `NOWHERE` where there is none.
    distance_m : int or None
        To the courtyard, whole metres: 0 inside it, None without one. More than 0 means that
        the courtyard is the nearest one, not the one around the point.
    by : int
        Index into `BY`.
    """

    lon: float
    lat: float
    rows: tuple[int, ...]
    distance_m: int | None
    by: int

    @property
    def is_found(self) -> bool:
        """Tell whether the point lies in, or beside, anything of the district."""
        return any(row != NOWHERE for row in self.rows)

    @property
    def is_approximate(self) -> bool:
        """Tell whether the courtyard is the nearest one only."""
        return bool(self.distance_m)


@dataclass(frozen=True)
class Places:
    """Hold what lies at many points.

    Parameters
    ----------
    rows : ndarray of int, shape (7, n)
        Row in each of `LAYERS`; `NOWHERE` where there is none.
    distance_m : ndarray of float, shape (n,)
        To the courtyard, whole metres: 0 inside it, NaN without one.
    by : ndarray of int8, shape (n,)
        Index into `BY`.
    """

    rows: Rows
    distance_m: NDArray[np.float64]
    by: NDArray[np.int8]


class Locator:
    """Answer who is responsible at a point, from memory.

    Parameters
    ----------
    collections : mapping of str to Collection
        Those of a snapshot, every name of `LAYERS`.

    Notes
    -----
    One index over all polygons of all layers gives the candidates; prepared polygons decide.
    Of several polygons around a point (a shared border) the one with the lowest code counts.

    A point inside a courtyard belongs to that courtyard's grid, one inside a grid's footprint
    to that grid, one beside both to the grid of the nearest courtyard of its community within
    `REACH_M`. Inside a gated compound no courtyard is looked for: its homes are in none.
    Community and subdistrict follow the grid, since a grid lies in exactly one.
    """

    def __init__(self, collections: Mapping[str, Collection]) -> None:
        import shapely

        found = [collections[name] for name in LAYERS]
        sizes = [len(collection) for collection in found]
        self._first = np.concatenate([[0], np.cumsum(sizes)])
        self._kind = np.repeat(np.arange(len(LAYERS)), sizes)
        self._shapes = _prepared(np.concatenate([c.geometry for c in found]))
        self._tree = shapely.STRtree(self._shapes)
        self._yard_grid = _refer(found[_YARD], "grid_code", found[_GRID])
        self._yard_community = _refer(found[_YARD], "community_code", found[_COMMUNITY])
        self._grid_community = _refer(found[_GRID], "community_code", found[_COMMUNITY])
        self._above = _refer(found[_COMMUNITY], "subdistrict_code", found[_SUBDISTRICT])
        self._nearest = Nearest(found[_YARD].geometry, reach_m=REACH_M)
        self.layers = tuple(
            Layer(
                collection.info.id,
                collection.ids,
                collection.properties,
                _refer(collection, "beat_id", found[_BEAT]),
            )
            for collection in found
        )

    @cached_property
    def book(self) -> AddressBook:
        """Return the addresses of the courtyards."""
        names = (
            str(values["name"])
            for kind in (_COMMUNITY, _SUBDISTRICT)
            for values in self.layers[kind].properties
            if values.get("name")
        )
        return AddressBook(self.layers[_YARD].properties, places=names)

    def warm(self) -> None:
        """Read the addresses now, so that the first question need not wait for it."""
        self.book.search("")

    def place(self, lon: float, lat: float) -> Place:
        """Look up one point.

        Parameters
        ----------
        lon, lat : float
            WGS84 degrees.

        Returns
        -------
        Place
            Rows of the collections; all `NOWHERE` outside the district.
        """
        import shapely

        near = self._tree.query(shapely.points(lon, lat))
        rows = [NOWHERE] * len(LAYERS)
        if near.size:
            hits = near[shapely.intersects_xy(self._shapes[near], lon, lat)]
            for hit, kind in zip(hits.tolist(), self._kind[hits].tolist(), strict=True):
                row = hit - int(self._first[kind])
                if rows[kind] == NOWHERE or row < rows[kind]:
                    rows[kind] = row
        distance, by = None, "courtyard"
        if rows[_YARD] != NOWHERE:
            distance = 0
            rows[_GRID] = int(self._yard_grid[rows[_YARD]])
        else:
            by = "footprint"
            if rows[_COMPOUND] == NOWHERE:
                distance = self._approach_one(lon, lat, rows)
            if distance is not None and rows[_GRID] == NOWHERE:
                by = "nearest"
                rows[_GRID] = int(self._yard_grid[rows[_YARD]])
        community = int(self._grid_community[rows[_GRID]])
        rows[_COMMUNITY] = rows[_COMMUNITY] if community == NOWHERE else community
        above = int(self._above[rows[_COMMUNITY]])
        rows[_SUBDISTRICT] = rows[_SUBDISTRICT] if above == NOWHERE else above
        told = BY.index(by if rows[_GRID] != NOWHERE else None)
        return Place(lon, lat, tuple(rows), distance, told)

    def places(self, lon: ArrayLike, lat: ArrayLike) -> Places:
        """Look up many points.

        Parameters
        ----------
        lon, lat : array_like of float, shape (n,)
            WGS84 degrees.

        Returns
        -------
        Places
            The same as `place` gives for each.
        """
        x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        rows = np.full((len(LAYERS), len(x)), NOWHERE, dtype=np.intp)
        for start in range(0, len(x), _BATCH):
            part = slice(start, start + _BATCH)
            self._contain(x[part], y[part], rows[:, part])
        inside = rows[_YARD] != NOWHERE
        rows[_GRID, inside] = self._yard_grid[rows[_YARD, inside]]
        by = np.where(inside, BY.index("courtyard"), BY.index("footprint")).astype(np.int8)
        distance = np.where(inside, 0.0, np.nan)
        beside = np.flatnonzero(~inside & (rows[_COMPOUND] == NOWHERE))
        if beside.size:
            self._approach(x, y, beside, Places(rows, distance, by))
        by[rows[_GRID] == NOWHERE] = BY.index(None)
        communities = self._grid_community[rows[_GRID]]
        rows[_COMMUNITY] = np.where(communities == NOWHERE, rows[_COMMUNITY], communities)
        above = self._above[rows[_COMMUNITY]]
        rows[_SUBDISTRICT] = np.where(above == NOWHERE, rows[_SUBDISTRICT], above)
        return Places(rows, distance, by)

    def at_courtyard(self, row: int) -> Place:
        """Look up a courtyard by its row, for an address that names it.

        Parameters
        ----------
        row : int
            Row of the collection courtyards.

        Returns
        -------
        Place
            At a point inside the courtyard, and in no other courtyard than this.
        """
        import shapely

        shape = self._shapes[row]
        if shape is None:
            lon, lat = float("nan"), float("nan")
        else:
            inside = shapely.point_on_surface(shape)
            lon, lat = round(float(inside.x), 7), round(float(inside.y), 7)
        rows = list(self.place(lon, lat).rows)
        rows[_YARD], rows[_COMPOUND] = row, NOWHERE
        rows[_GRID] = int(self._yard_grid[row])
        rows[_COMMUNITY] = int(self._yard_community[row])
        rows[_SUBDISTRICT] = int(self._above[rows[_COMMUNITY]])
        return Place(lon, lat, tuple(rows), 0, BY.index("courtyard"))

    def _contain(self, x: NDArray[np.float64], y: NDArray[np.float64], rows: Rows) -> None:
        """Write into ``rows``, shape (7, n), which features lie around the points."""
        import shapely

        point, shape = self._tree.query(shapely.points(x, y))
        hit = shapely.intersects_xy(self._shapes[shape], x[point], y[point])
        point, shape = point[hit], shape[hit]
        # of two assignments to one place the last one stays: the lowest code
        order = np.argsort(-shape, kind="stable")
        point, shape = point[order], shape[order]
        kind = self._kind[shape]
        rows[kind, point] = shape - self._first[kind]

    def _approach_one(self, lon: float, lat: float, rows: list[int]) -> int | None:
        """Write the nearest courtyard into ``rows``; return its distance, metres."""
        yards, metres = self._nearest.around(lon, lat)
        best: tuple[float, int] | None = None
        for yard, away in zip(yards, metres, strict=True):
            if rows[_GRID] != NOWHERE:
                fits = self._yard_grid[yard] == rows[_GRID]
            else:
                own = self._yard_community[yard]
                fits = NOWHERE in (rows[_COMMUNITY], own) or own == rows[_COMMUNITY]
            if fits and (best is None or (away, yard) < best):
                best = (away, yard)
        if best is None:
            return None
        rows[_YARD] = best[1]
        return max(round(best[0]), 1)

    def _approach(
        self, x: NDArray[np.float64], y: NDArray[np.float64], which: Rows, places: Places
    ) -> None:
        """Give the points ``which`` the nearest courtyard of their grid or community."""
        rows = places.rows
        at, yard, metres = self._nearest.pairs(x[which], y[which])
        point = which[at]
        grid, community = rows[_GRID, point], rows[_COMMUNITY, point]
        # a grid owns its footprint, and no grid reaches over a community's border
        fits = np.where(
            grid != NOWHERE,
            self._yard_grid[yard] == grid,
            (community == NOWHERE)
            | (self._yard_community[yard] == NOWHERE)
            | (self._yard_community[yard] == community),
        )
        point, yard, metres = point[fits], yard[fits], metres[fits]
        order = np.lexsort((yard, metres, point))
        point, first = np.unique(point[order], return_index=True)
        chosen = order[first]
        rows[_YARD, point] = yard[chosen]
        # a step beside the fence is not inside
        places.distance_m[point] = np.maximum(np.rint(metres[chosen]), 1.0)
        homeless = point[rows[_GRID, point] == NOWHERE]
        rows[_GRID, homeless] = self._yard_grid[rows[_YARD, homeless]]
        places.by[homeless] = BY.index("nearest")


_KEPT: WeakKeyDictionary[Ground, Locator] = WeakKeyDictionary()
_LOCK = Lock()


def locator_of(snapshot: Snapshot) -> Locator:
    """Return the locator of a snapshot, made when first asked for.

    Parameters
    ----------
    snapshot : Snapshot
        Of any audience: codes, names and shapes are the same for all.

    Returns
    -------
    Locator
        Kept as long as the snapshot's shapes are.
    """
    ground = snapshot["courtyards"].ground
    with _LOCK:
        if ground not in _KEPT:
            _KEPT[ground] = Locator(snapshot.collections)
        return _KEPT[ground]


def _prepared(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return copies of shapes that many threads may ask at once which points they hold.

    GEOS builds the index of a prepared shape at the first question and guards it by nothing:
    hence copies of our own, each asked once before anybody else can.
    """
    import shapely

    own = shapely.transform(shapes, np.copy)
    shapely.prepare(own)
    west, south, east, north = shapely.bounds(own).T
    shapely.intersects_xy(own, (west + east) / 2, (south + north) / 2)
    return own


def _refer(collection: Collection, column: str, to: Collection) -> Rows:
    """Return the row of ``to`` that each feature names, and one `NOWHERE` at the end.

    Codes of beats may occur in several districts; of equal ones the nearest is meant.
    """
    rows_of: dict[Any, list[int]] = {}
    for row, values in enumerate(to.properties):
        rows_of.setdefault(values[to.info.key], []).append(row)
    found = np.full(len(collection) + 1, NOWHERE, dtype=np.intp)
    middles: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    for row, values in enumerate(collection.properties):
        named = rows_of.get(values.get(column), ())
        if len(named) > 1:
            if middles is None:
                middles = _middles(collection), _middles(to)
            apart = np.abs(middles[1][named] - middles[0][row]).sum(axis=1)
            found[row] = named[int(np.argmin(apart))]
        elif named:
            found[row] = named[0]
    return found


def _middles(collection: Collection) -> NDArray[np.float64]:
    """Return the middle of each feature's box, far away where it has no shape."""
    import shapely

    bounds = shapely.bounds(collection.geometry)
    return np.nan_to_num((bounds[:, :2] + bounds[:, 2:]) / 2, nan=1e6)
