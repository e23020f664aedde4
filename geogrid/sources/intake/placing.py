"""Give every row of a ledger its place: its polygon, its coordinates, or its address.

The first of the three that a row has is taken, and what the others say is held against
it. Where none can be had, or two contradict one another, the row is rejected: no place
is ever guessed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geogrid.sources.intake.claims import metres_told, near_told

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

    from geogrid.sources.findings import Finding, Verdict
    from geogrid.sources.intake.claims import Claim
    from geogrid.sources.intake.gazetteer import Spot

__all__ = ["Ground", "Placed", "place_rows"]

# two places of one courtyard contradict one another beyond this; borders are drawn as roughly
_APART_M = 50.0
# an address that is known is as exact as its yard is large: three blocks in a row take 100 m
_YARD_M = 100.0
# an address leads to the houses; their yard reaches this much further
_AROUND_M = 10.0
# as far from every community, coordinates are no slip of the hand but of another order or system
_FAR_M = 20_000.0
# coordinates so far beyond a known address are another yard's, or in another system
_ELSEWHERE_M = 200.0
# a point that is moved over a border stands clear of it
_CLEAR_M = 0.5


@dataclass(frozen=True)
class Ground:
    """Hold what places are found in and held against, in one metric system.

    Parameters
    ----------
    communities : GeoDataFrame
        Valid polygons in ``crs``, with ``community_code`` and ``name``.
    crs : str
        The metric system.
    gazetteer : callable, optional
        Takes the addresses of rows that are placed, with their places, and returns what
        finds an address; asked only if a row has nothing else.
    """

    communities: gpd.GeoDataFrame
    crs: str
    gazetteer: Callable[[Sequence[tuple[str, Any]]], Callable[[str], Spot]] | None = None


@dataclass(frozen=True)
class Placed:
    """Hold the places of n rows.

    Parameters
    ----------
    shapes : ndarray of object, shape (n,)
        Point, Polygon or MultiPolygon; None where the row is rejected.
    codes : list of str or None, n long
        Community of each.
    findings : tuple of Finding
        What was mended and what was rejected, in the order of the rows.
    """

    shapes: NDArray[np.object_]
    codes: list[str | None]
    findings: tuple[Finding, ...]


def place_rows(claims: Sequence[Claim], ground: Ground, system: str | None) -> Placed:
    """Find the place and the community of every row.

    Parameters
    ----------
    claims : sequence of Claim
        What n rows say.
    ground : Ground
        What there is to find them in.
    system : str or None
        What their coordinates are in; None if no row has any.

    Returns
    -------
    Placed
        Every row is placed or has a finding that rejects it.

    Raises
    ------
    CrsError
        If the system is not known.
    """
    work = _Work(claims, ground)
    work.take_polygons()
    if system is not None:
        work.take_coordinates(system)
    work.hold_against_communities()
    work.take_addresses()
    work.hold_against_communities()
    work.hold_against_addresses()
    found = sorted(work.findings, key=lambda pair: pair[0])
    return Placed(work.shapes, work.codes, tuple(finding for _, finding in found))


class _Work:
    """Place the rows, one source of places after another.

    Parameters
    ----------
    claims : sequence of Claim
        What the rows say.
    ground : Ground
        What there is to find them in.
    """

    def __init__(self, claims: Sequence[Claim], ground: Ground) -> None:
        import numpy as np
        import shapely

        self.claims, self.ground = claims, ground
        self.shapes = np.full(len(claims), None, dtype=object)
        self.codes: list[str | None] = [claim.community for claim in claims]
        self.findings: list[tuple[int, Finding]] = []
        # metres that a place may be off beyond its own drawing
        self.accuracy = np.zeros(len(claims))
        self.is_out = np.zeros(len(claims), dtype=bool)
        self.is_held = np.zeros(len(claims), dtype=bool)
        self.homes = ground.communities.geometry.to_numpy()
        self.names = [str(name) for name in ground.communities["name"]]
        self.home_codes = [str(code) for code in ground.communities["community_code"]]
        self.position = {code: ix for ix, code in enumerate(self.home_codes)}
        self.tree = shapely.STRtree(self.homes)
        self.inner: dict[int, Any] = {}

    def say(
        self, ix: int, kind: str, verdict: Verdict, about: str, value: str, **told: str
    ) -> None:
        """Add a finding; a row that is rejected has no place."""
        self.findings.append((ix, self.claims[ix].finding(kind, verdict, about, value, **told)))
        if verdict == "rejected":
            self.shapes[ix] = None
            self.is_out[ix] = True

    def take_polygons(self) -> None:
        """Take what is drawn."""
        for ix, claim in enumerate(self.claims):
            self.shapes[ix] = claim.drawn

    def take_coordinates(self, system: str) -> None:
        """Bring coordinates into metres; hold them against what is drawn."""
        import numpy as np
        import shapely

        has = [n for n, claim in enumerate(self.claims) if claim.x is not None]
        if not has:
            return
        ix = np.array(has)
        written = np.array([(self.claims[n].x, self.claims[n].y) for n in has], dtype=np.float64)
        points = _metric_points(written[:, 0], written[:, 1], system, self.ground.crs)
        near = shapely.buffer(shapely.box(*self.ground.communities.total_bounds), _FAR_M)
        far = ~shapely.covers(near, points)
        if far.any():
            turned = _metric_points(written[far, 1], written[far, 0], system, self.ground.crs)
            fits = np.zeros(len(has), dtype=bool)
            fits[far] = self._away(turned) <= _APART_M
            points[fits] = turned[fits[far]]
            for n in ix[fits].tolist():
                self.say(n, "axes_swapped", "mended", "x", self.claims[n].point_text)
        for n, point in zip(has, points, strict=True):
            drawn = self.shapes[n]
            if drawn is None:
                self.shapes[n] = point
                continue
            away_m = float(shapely.distance(drawn, point))
            # a point that cannot lie in its system is at no distance
            if not away_m <= _APART_M:
                away = metres_told(away_m)
                text = self.claims[n].point_text
                self.say(n, "place_contradiction", "rejected", "x", text, **away)

    def take_addresses(self) -> None:
        """Look up the addresses of rows that have nothing else, and had no place before."""
        import shapely

        find: Callable[[str], Spot] | None = None
        for ix, claim in enumerate(self.claims):
            if self.shapes[ix] is not None or self.is_out[ix]:
                continue
            if claim.before is not None:
                self.shapes[ix] = claim.before
                continue
            if not claim.address.strip():
                self.say(ix, "no_position", "rejected", "geometry", "")
                continue
            if find is None and self.ground.gazetteer is not None:
                known = [
                    (other.address, shape)
                    for other, shape in zip(self.claims, self.shapes, strict=True)
                    if shape is not None and other.address
                ]
                find = self.ground.gazetteer(known)
            spot = None if find is None else find(claim.address)
            off_m = None if spot is None else spot.accuracy_m
            most_m = _YARD_M if spot is not None and spot.how == "exact" else _APART_M
            if spot is None or spot.x is None or spot.y is None or off_m is None or off_m > most_m:
                told = near_told(spot)
                self.say(ix, "address_not_found", "rejected", "address", claim.address, **told)
                continue
            self.shapes[ix] = shapely.Point(spot.x, spot.y)
            self.accuracy[ix] = off_m
            told = {"accuracy": f"{math.ceil(off_m + _AROUND_M)}"}
            self.say(ix, "located_by_address", "mended", "address", claim.address, **told)

    def hold_against_communities(self) -> None:
        """Reject what lies outside, or not where it says; fill in what is blank."""
        import geopandas as gpd
        import numpy as np

        from geogrid.sources.standing import standings

        is_new = np.array([shape is not None for shape in self.shapes], dtype=bool) & ~self.is_held
        has = np.flatnonzero(is_new)
        if not len(has):
            return
        self.is_held[has] = True
        given = [self.codes[ix] for ix in has]
        frame = gpd.GeoDataFrame(
            {"community_code": given}, geometry=self.shapes[has], crs=self.ground.crs
        )
        for ix, standing in zip(
            has.tolist(), standings(frame, self.ground.communities), strict=True
        ):
            chosen = standing.chosen
            if standing.verdict == "outside":
                chosen = self._bring_in(ix, standing.wanted)
            elif standing.verdict == "contradicts":
                chosen = self._agree(ix, standing.wanted, standing.largest)
            if chosen is None:
                continue
            if standing.wanted is None:
                name = self.names[chosen]
                self.say(ix, "community_located", "mended", "community_code", "", name=name)
            self.codes[ix] = self.home_codes[chosen]

    def hold_against_addresses(self) -> None:
        """Note coordinates that lie elsewhere than their address is known to."""
        import shapely

        claims, gazetteer = self.claims, self.ground.gazetteer
        has = [
            ix
            for ix, claim in enumerate(claims)
            if claim.x is not None and claim.address.strip() and not self.is_out[ix]
        ]
        if gazetteer is None or not has:
            return
        # what the rows themselves say of one another proves nothing
        find = gazetteer([])
        for ix in has:
            spot, address = find(claims[ix].address), claims[ix].address
            if spot.how != "exact" or spot.x is None or spot.y is None or spot.accuracy_m is None:
                continue
            away_m = float(shapely.distance(self.shapes[ix], shapely.Point(spot.x, spot.y)))
            if away_m > spot.accuracy_m + _ELSEWHERE_M:
                self.say(ix, "address_elsewhere", "note", "address", address, **metres_told(away_m))

    def _bring_in(self, ix: int, wanted: int | None) -> int | None:
        """Move a point that lies a little outside; reject what lies further off."""
        import shapely

        shape, claim = self.shapes[ix], self.claims[ix]
        home, away_m = self._nearest(shape)
        if shape.geom_type == "Point" and away_m <= _APART_M:
            if wanted is not None and wanted != home:
                there, home = home, wanted
                away_m = float(shapely.distance(self.homes[wanted], shape))
                if away_m > _APART_M:
                    self._contradict(ix, wanted, there)
                    return None
            self._move_into(ix, home, away_m)
            return home
        told = {"name": self.names[home], **metres_told(away_m)}
        about = "x" if claim.x is not None else "geometry"
        self.say(ix, "outside_district", "rejected", about, claim.point_text, **told)
        return None

    def _agree(self, ix: int, wanted: int | None, largest: int | None) -> int | None:
        """Settle a contradiction if the place is no surer than that; else reject the row."""
        import shapely

        if wanted is None or largest is None:  # nothing contradicts then
            return largest
        away_m = float(shapely.distance(self.homes[wanted], self.shapes[ix]))
        if 0 < away_m <= self.accuracy[ix]:
            self._move_into(ix, wanted, away_m)
            return wanted
        self._contradict(ix, wanted, largest)
        return None

    def _contradict(self, ix: int, wanted: int, there: int) -> None:
        """Reject a row that lies in, or at, another community than it says."""
        told = {"stated": self.names[wanted], "name": self.names[there]}
        stated = self.names[wanted]
        self.say(ix, "community_mismatch", "rejected", "community_code", stated, **told)

    def _move_into(self, ix: int, home: int, away_m: float) -> None:
        """Move a point over a border that it stands just outside of."""
        import shapely

        target = self.inner.get(home)
        if target is None:
            inner = shapely.buffer(self.homes[home], -_CLEAR_M)
            target = self.inner[home] = self.homes[home] if shapely.is_empty(inner) else inner
        way = shapely.shortest_line(self.shapes[ix], target)
        self.shapes[ix] = shapely.get_point(way, 1)
        told = {"name": self.names[home], **metres_told(away_m)}
        claim = self.claims[ix]
        text = claim.point_text or claim.address
        self.say(ix, "moved_inside", "mended", "geometry", text, **told)

    def _nearest(self, shape: Any) -> tuple[int, float]:  # noqa: ANN401 - a geometry
        """Return the nearest community, and how far away it is; infinitely if nowhere."""
        import shapely

        if shapely.is_empty(shape):
            return 0, float("inf")
        home = int(self.tree.nearest(shape))
        return home, float(shapely.distance(self.homes[home], shape))

    def _away(self, points: NDArray[np.object_]) -> NDArray[np.float64]:
        """Return how far points are from the nearest community; infinitely if nowhere."""
        import numpy as np
        import shapely

        away_m = np.full(len(points), np.inf)
        is_real = ~shapely.is_empty(points)
        if is_real.any():
            nearest = self.tree.nearest(points[is_real])
            away_m[is_real] = shapely.distance(self.homes[nearest], points[is_real])
        return away_m


def _metric_points(
    x: NDArray[np.float64], y: NDArray[np.float64], system: str, crs: str
) -> NDArray[np.object_]:
    """Bring coordinates into a metric system; an empty point where they cannot lie in theirs."""
    import numpy as np
    import shapely
    from pyproj import Transformer

    from geogrid.crs import WGS84, misplaced, to_wgs84
    from geogrid.old_systems import own_system
    from geogrid.sources.intake.systems import house_name

    made = np.full(len(x), shapely.Point(), dtype=object)
    is_point_system = house_name(system) is not None or own_system(system) is not None
    fits = np.flatnonzero(~misplaced(x, y, system) if is_point_system else np.isfinite(x + y))
    if not len(fits):
        return made
    east, north = x[fits], y[fits]
    if is_point_system and system != crs:
        east, north = to_wgs84(east, north, system)
    source = WGS84 if is_point_system else system
    if system != crs:
        east, north = Transformer.from_crs(source, crs, always_xy=True).transform(east, north)
    real = np.isfinite(east) & np.isfinite(north)
    made[fits[real]] = shapely.points(east[real], north[real])
    return made
