"""What is in force at one moment, for one audience: written once, read from memory.

A snapshot never changes. Each feature is serialised once; the public's copy shares every
shape, index and text with the full one that it does not have to hide.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.errors import NotFoundError
from geogrid.publish.features import COLLECTIONS
from geogrid.publish.systems import CRS84, System, shapes_as_json, to_system

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import shapely
    from numpy.typing import NDArray

    from geogrid.publish.features import CollectionInfo, FeatureTable

__all__ = ["THRESHOLD", "Collection", "Ground", "Snapshot", "VersionInfo", "suppress"]

# counts below this are not told to the public (DOMAIN section 8)
THRESHOLD = 10
# what counts people or homes; counts of areas tell of nobody
_COUNTED = ("households", "load", "households_inside", "n_buildings", "n_entrances")
# from these and the target, or the courtyards, a hidden number of households could be told
_TELLING = ("load", "deviation", "share_over_60", "households_inside")


@dataclass(frozen=True)
class VersionInfo:
    """Name one version of one district's layout plan.

    Parameters
    ----------
    plan_id : int
        Its number in the store; 0 for a plan served from its file.
    district_code : str
        Six digits.
    number : int
        Counted per district.
    title : str
        For people.
    document_no : str or None
        Of the approval.
    valid_from, valid_to : date or None
        First day in force, and first day no more; None: open.
    """

    plan_id: int
    district_code: str
    number: int
    title: str
    document_no: str | None
    valid_from: dt.date | None
    valid_to: dt.date | None


def suppress(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Hide small counts from a feature's properties.

    Parameters
    ----------
    properties : mapping
        JSON values.

    Returns
    -------
    dict
        The same, counts of 1 to 9 as null and ``suppressed`` naming what was hidden.

    Examples
    --------
    >>> suppress({"name": "甲", "households": 7})
    {'name': '甲', 'households': None, 'suppressed': ['households']}
    >>> suppress({"households": 70})
    {'households': 70}
    """
    hidden = {name for name in _COUNTED if 0 < (properties.get(name) or 0) < THRESHOLD}
    if "households" in hidden:
        hidden |= {name for name in _TELLING if properties.get(name) is not None}
    if not hidden:
        return dict(properties)
    left = {name: None if name in hidden else value for name, value in properties.items()}
    return left | {"suppressed": [name for name in properties if name in hidden]}


class Ground:
    """Hold the shapes of a collection, which all audiences share.

    Parameters
    ----------
    geometry : ndarray of Geometry, shape (n,)
        WGS84 longitude and latitude; None where missing.
    """

    def __init__(self, geometry: NDArray[np.object_]) -> None:
        import shapely

        self.geometry = geometry
        self.geometry.setflags(write=False)
        self.tree = shapely.STRtree(geometry)
        self.extent: tuple[float, float, float, float] | None = None
        there = geometry[~shapely.is_missing(geometry)]
        if there.size:
            west, south, east, north = map(float, shapely.total_bounds(there))
            self.extent = (west, south, east, north)
        self._texts: dict[str, list[bytes]] = {CRS84.written_as: shapes_as_json(geometry)}
        self._lock = Lock()

    def texts(self, system: System) -> list[bytes]:
        """Return the shapes as GeoJSON in a system, written when first asked for."""
        with self._lock:
            if system.written_as not in self._texts:
                moved = to_system(self.geometry, system)
                self._texts[system.written_as] = shapes_as_json(moved)
            return self._texts[system.written_as]


class Collection:
    """Hold one collection for one audience.

    Parameters
    ----------
    info : CollectionInfo
        What it is.
    ids : tuple of str
        Identifiers, unique; n of them.
    properties : sequence of dict
        JSON values, n, as this audience may see them.
    ground : Ground
        Shapes.

    Attributes
    ----------
    bodies : list of bytes
        One GeoJSON Feature each, longitude first in WGS84.
    geometry : ndarray of Geometry, shape (n,)
        WGS84 longitude and latitude.
    tree : STRtree
        Over ``geometry``.
    columns : dict of str to ndarray, shape (n,)
        For filters: numbers as float64 with NaN, text as objects with None.
    index : dict of str to int
        Row of each identifier.
    extent : tuple of float or None
        West, south, east, north.
    """

    def __init__(
        self,
        info: CollectionInfo,
        ids: tuple[str, ...],
        properties: Sequence[Mapping[str, Any]],
        ground: Ground,
    ) -> None:
        self.info = info
        self.ids = ids
        self.properties = tuple(properties)
        self.index = {ident: row for row, ident in enumerate(ids)}
        self.ground = ground
        self._heads = [b'{"type":"Feature","id":%b,"geometry":' % _json(ident) for ident in ids]
        self._tails = [b',"properties":%b}' % _json(values) for values in self.properties]
        self._bodies = {CRS84.written_as: self._written(CRS84)}
        self.bodies = self._bodies[CRS84.written_as]
        self.columns = {
            name: _column([values.get(name) for values in self.properties], known.kind)
            for name, known in info.properties.items()
        }

    def __len__(self) -> int:
        """Return how many features there are."""
        return len(self.ids)

    @property
    def geometry(self) -> NDArray[np.object_]:
        """Return the shapes, WGS84."""
        return self.ground.geometry

    @property
    def tree(self) -> shapely.STRtree:
        """Return the index over the shapes."""
        return self.ground.tree

    @property
    def extent(self) -> tuple[float, float, float, float] | None:
        """Return west, south, east, north; None if nothing has a shape."""
        return self.ground.extent

    def row(self, ident: str) -> int:
        """Return the row of an identifier, or raise NotFoundError."""
        try:
            return self.index[ident]
        except KeyError:
            msg = f"Collection {self.info.id} has no feature {ident[:80]!r}."
            raise NotFoundError(msg, collection=self.info.id, feature=ident) from None

    def bodies_in(self, system: System) -> list[bytes]:
        """Return one GeoJSON Feature each in a system, written when first asked for."""
        found = self._bodies.get(system.written_as)
        if found is None:
            # two threads may both write them, the same bytes
            found = self._bodies.setdefault(system.written_as, self._written(system))
        return found

    def share(self, other: Collection) -> None:
        """Take over every body that another audience's copy has the same."""
        for row, body in enumerate(other.bodies):
            if self.bodies[row] == body:
                self.bodies[row] = body

    def _written(self, system: System) -> list[bytes]:
        """Write every feature in a system."""
        parts = zip(self._heads, self.ground.texts(system), self._tails, strict=True)
        return [head + shape + tail for head, shape, tail in parts]


class Snapshot:
    """Hold all collections in force at one moment, for one audience.

    Parameters
    ----------
    tables : sequence of mappings of str to FeatureTable
        One mapping a district, as `geogrid.publish.features.feature_tables` makes it.
    versions : sequence of VersionInfo
        The version of each of them.
    public : bool
        Whether small counts are hidden.
    like : Snapshot, optional
        The other audience's snapshot of the same tables, to share with.

    Attributes
    ----------
    collections : dict of str to Collection
        Every collection there is, in order.
    versions : tuple of VersionInfo
        What is in it.
    tag : str
        Names exactly this content, the same in every process.

    Notes
    -----
    An identifier that two districts use stays with the first; the later one's is written
    ``district_code:identifier``.
    """

    def __init__(
        self,
        tables: Sequence[Mapping[str, FeatureTable]],
        *,
        versions: Sequence[VersionInfo],
        public: bool,
        like: Snapshot | None = None,
    ) -> None:
        self.versions = tuple(versions)
        self.public = public
        self.collections: dict[str, Collection] = {}
        digest = blake2b(digest_size=9)
        digest.update(repr((public, self.versions)).encode())
        for name, info in COLLECTIONS.items():
            parts = [table[name] for table in tables]
            ids, properties = _merged(parts, self.versions)
            if like is None:
                ground = Ground(_joined([part.geometry for part in parts]))
            else:
                ground = like.collections[name].ground
            if public:
                properties = [suppress(values) for values in properties]
            collection = Collection(info, ids, properties, ground)
            if like is not None:
                collection.share(like.collections[name])
            self.collections[name] = collection
            digest.update(b"\n".join([name.encode(), *collection.bodies]))
        self.tag = digest.hexdigest()

    def __getitem__(self, name: str) -> Collection:
        """Return a collection, or raise NotFoundError with the names there are."""
        try:
            return self.collections[name]
        except KeyError:
            msg = f"There is no collection {name[:80]!r}; there are {', '.join(self.collections)}."
            raise NotFoundError(msg, collection=name) from None

    @property
    def extent(self) -> tuple[float, float, float, float] | None:
        """Return west, south, east, north of everything."""
        found = [c.extent for c in self.collections.values() if c.extent is not None]
        if not found:
            return None
        west, south, east, north = zip(*found, strict=True)
        return (min(west), min(south), max(east), max(north))


def _merged(
    parts: Sequence[FeatureTable], versions: Sequence[VersionInfo]
) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """Put the districts' features one after another, identifiers unique."""
    ids: list[str] = []
    properties: list[dict[str, Any]] = []
    taken: set[str] = set()
    for part, version in zip(parts, versions, strict=True):
        for ident in part.ids:
            clear = f"{version.district_code}:{ident}" if ident in taken else ident
            taken.add(clear)
            ids.append(clear)
        properties.extend(part.properties)
    return tuple(ids), properties


def _joined(parts: Sequence[NDArray[np.object_]]) -> NDArray[np.object_]:
    """Put the districts' shapes one after another."""
    whole = np.concatenate(parts) if parts else np.empty(0, dtype=object)
    return np.asarray(whole, dtype=object)


def _json(value: object) -> bytes:
    """Write a JSON value, compact, as UTF-8."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _column(values: Sequence[Any], kind: str) -> NDArray[Any]:
    """Return one property of all features as an array."""
    column: NDArray[Any]
    if kind == "text":
        column = np.empty(len(values), dtype=object)
        column[:] = values
    else:
        column = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
    column.setflags(write=False)
    return column
