"""Which coordinate system numbers are in, told by the ground that they must fit.

Degrees of GPS, of Amap and of Baidu look alike and lie half a kilometre apart. Every system is
supposed in turn; the one under which the points lie in their communities, beside buildings and
off the roads is named. Where the ground cannot tell, the answer is not sure, and whoever asked
must ask a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geogrid.crs import misplaced, to_wgs84
from geogrid.offset import in_offset_area
from geogrid.sources.coordinates.evidence import Detection, Evidence
from geogrid.sources.coordinates.ground_truth import Ground, Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    Fits = Mapping[str, NDArray[np.float64]]
    Fitting = Callable[[NDArray[np.float64]], Fits]

__all__ = ["Detection", "Evidence", "Reference", "detect_layer_system", "detect_system"]

# CGCS2000 differs from WGS84 by decimetres: one class, named by the first
_SYSTEMS = ("wgs84", "gcj02", "bd09", "EPSG:4549", "EPSG:4528")
_IN_METRES = ("EPSG:4549", "EPSG:4528")
_METRES_PER_DEGREE = 111_320.0
# where points are put that no ground is near
_NOWHERE = 1e9

# so many rows are looked at, and so many places tried: a town's ledger in a second
_MOST_ROWS = 20_000
_MOST_PLACES = 2_000
# points nearer than this are one place: they fit or fail together
_PLACE_M = 50.0
# fewer places, or places closer together, tell nothing of a town
_FEWEST = 10
_SPREAD_M = 600.0
# coarser numbers cannot tell a shift of 455 m
_COARSE_M = 150.0
# so many of the points lie in a community, or in their own, if all is well
_FITTING = 0.85
# the best is sure if it is this many standard deviations, places and shares of them ahead
_AHEAD_SD = 4.0
_AHEAD_PLACES = 10
_AHEAD_SHARE = 0.05
# a system is named as likely if its score is so much better
_LIKELIER = 0.01
# no known system, if points moved by one of these fit better: old and local systems do
_MOVES_M = (60.0, 120.0, 200.0)
_DIRECTIONS = 8
# the shift of GCJ-02: moved so far, points must fit worse in most directions to tell anything
_ELSEWHERE_M = 450.0
# being off the carriageways alone tells next to nothing
_TELLING = {"own", "inside", "building", "border"}
# a system is supposed if this share of the numbers can be in it
_POSSIBLE = 0.5
# areas wider than this have their corners on roads, smaller ones their middle beside buildings
_WIDE_M = 300.0


@dataclass(frozen=True)
class _Try:
    """Hold one system supposed: where the places lie, and which tests they pass."""

    system: str
    xy: NDArray[np.float64]
    near: float
    fits: Fits

    @property
    def score(self) -> float:
        """Return the mean share of tests passed; far places pass none."""
        return float(np.mean([_mean(fits) for fits in self.fits.values()])) if self.fits else 0.0


def detect_system(x: ArrayLike, y: ArrayLike, *, reference: Reference) -> Detection:
    """Tell which coordinate system points of courtyards are in.

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        Numbers as they stand, in the order in which they stand; NaN where there is none.
    reference : Reference
        What is known to lie right. ``stated``, if given, has n entries.

    Returns
    -------
    Detection
        Sure only if the points fit the ground under one system and clearly not under any other,
        nor when moved a little; CGCS2000 is not told from WGS84.

    Raises
    ------
    ValueError
        If the lengths differ.

    Notes
    -----
    Each place (points nearer than 50 m are one) is tried: is it in its stated community, else
    in any; is a building within 20 m; is it off the main roads? Two systems are compared place
    by place (McNemar's test): of the places that fit under one only, so many more must fit under
    the best that chance is four standard deviations away. At most 2,000 places are tried, evenly
    taken from the rows: the answer is the same each time and takes about a second.

    References
    ----------
    McNemar, Q. (1947), Note on the sampling error of the difference between correlated
    proportions or percentages, Psychometrika 12, 153-157, doi:10.1007/BF02295996.
    """
    xs, ys = np.asarray(x, dtype=np.float64).ravel(), np.asarray(y, dtype=np.float64).ravel()
    stated = list(reference.stated) or [None] * len(xs)
    if not len(xs) == len(ys) == len(stated):
        msg = f"{len(xs)} x, {len(ys)} y and {len(stated)} stated communities"
        raise ValueError(msg)
    ground = Ground(reference)
    rows = np.flatnonzero(_is_number(xs) & _is_number(ys))
    rows = rows[_evenly(len(rows), _MOST_ROWS)]
    homes = [stated[row] for row in rows]
    return _Detecting(xs[rows], ys[rows], ground).judge(
        lambda kept: lambda xy: ground.fit(xy, [homes[row] for row in kept])
    )


def detect_layer_system(shapes: Iterable[object], *, reference: Reference) -> Detection:
    """Tell which coordinate system a drawn layer without a .prj is in.

    Parameters
    ----------
    shapes : iterable of shapely geometry, n
        Areas or points, for example ``frame.geometry``; None and empty ones are passed over.
    reference : Reference
        What is known to lie right; ``stated``, if given, has n entries.

    Returns
    -------
    Detection
        As `detect_system`. Small areas are judged by their middles, wide ones (communities) by
        their corners, which lie along roads.
    """
    import shapely

    every = np.asarray(list(shapes), dtype=object)
    kept = np.flatnonzero(~(shapely.is_missing(every) | shapely.is_empty(every)))
    drawn = every[kept]
    stated = [reference.stated[int(row)] for row in kept] if reference.stated else ()
    if len(drawn) and _typical_width_m(drawn) > _WIDE_M:
        corners = shapely.get_coordinates(drawn)
        corners = corners[_is_number(corners).all(axis=1)]
        corners = corners[_evenly(len(corners), _MOST_ROWS)]
        ground = Ground(reference)
        detecting = _Detecting(corners[:, 0], corners[:, 1], ground)
        return detecting.judge(lambda _: ground.fit_borders)
    middles = shapely.get_coordinates(shapely.centroid(drawn))
    known = Reference(reference.communities, reference.roads, reference.buildings, stated)
    return detect_system(middles[:, 0], middles[:, 1], reference=known)


class _Detecting:
    """Hold numbers while they are judged."""

    def __init__(self, x: NDArray[np.float64], y: NDArray[np.float64], ground: Ground) -> None:
        self._x, self._y, self._ground = x, y, ground
        self._evidence: list[Evidence] = []

    def judge(self, fitting: Callable[[NDArray[np.intp]], Fitting]) -> Detection:
        """Suppose every system in turn and compare."""
        if not len(self._x):
            return Detection(None, False, (Evidence("few", {"n": "0"}),))
        swapped, systems = self._possible()
        if swapped:
            self._x, self._y = self._y, self._x
        step_m = self._describe(swapped=swapped, systems=systems)
        if not systems:
            return self._answer(None, (), ["unknown"], swapped=swapped)
        if self._ground.is_empty:
            only = systems[0] if len(systems) == 1 else None
            equal = tuple((system, 0.0) for system in systems)
            return self._answer(only, equal, ["no_reference"], swapped=swapped)
        places = self._places(systems)
        fit = fitting(places)
        tries = [self._suppose(system, places, fit) for system in systems]
        tries.sort(key=lambda one: -one.score)
        for one in tries:
            for test, fits in one.fits.items():
                share = {"system": one.system, "share": _per_cent(_mean(fits))}
                self._evidence.append(Evidence(test, {**share, "n": str(_count(fits))}))
        doubts = [*self._thin(tries[0], step_m), *self._doubts(tries, fit)]
        ranking = tuple((one.system, round(one.score, 4)) for one in tries)
        is_first = len(tries) == 1 or tries[0].score >= tries[1].score + _LIKELIER
        likely = tries[0].system if is_first and tries[0].near >= _POSSIBLE else None
        return self._answer(likely, ranking, doubts, swapped=swapped)

    def _answer(
        self,
        system: str | None,
        ranking: tuple[tuple[str, float], ...],
        doubts: Sequence[str | Evidence],
        *,
        swapped: bool,
    ) -> Detection:
        """Put the answer together, doubts last."""
        told = [Evidence(one) if isinstance(one, str) else one for one in doubts]
        evidence = (*self._evidence, *told)
        return Detection(system, not told and system is not None, evidence, ranking, swapped)

    def _possible(self) -> tuple[bool, list[str]]:
        """Find the axis order under which most numbers can be somewhere, and the systems."""
        found: dict[bool, tuple[float, list[str]]] = {}
        for swapped in (False, True):
            x, y = (self._y, self._x) if swapped else (self._x, self._y)
            shares = {system: 1.0 - float(misplaced(x, y, system).mean()) for system in _SYSTEMS}
            if not in_offset_area(x, y).any():
                # elsewhere the shifted systems are WGS84 itself
                del shares["gcj02"], shares["bd09"]
            systems = [system for system, share in shares.items() if share >= _POSSIBLE]
            # tiny numbers are in range of everything: metres and degrees are told by size
            if float(np.median(np.maximum(np.abs(x), np.abs(y)))) <= 180.0:
                systems = [system for system in systems if system not in _IN_METRES]
            near = self._share_near(x, y, systems)
            found[swapped] = (near, systems)
        (near, systems), (near_swapped, systems_swapped) = found[False], found[True]
        is_swapped = bool(systems_swapped) and (not systems or near_swapped > near)
        return is_swapped, systems_swapped if is_swapped else systems

    def _share_near(
        self, x: NDArray[np.float64], y: NDArray[np.float64], systems: Sequence[str]
    ) -> float:
        """Return the largest share of numbers near what is known; in China if nothing is."""
        if self._ground.is_empty:
            return float(in_offset_area(x, y).mean()) if "wgs84" in systems else 0.0
        return max((self._lie(s, x, y)[1] for s in systems), default=0.0)

    def _lie(
        self, system: str, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], float]:
        """Return the points in the ground's metres, far out if impossible; the share near."""
        xy = np.full((len(x), 2), _NOWHERE)
        fine = ~misplaced(x, y, system)
        if system in _IN_METRES:
            # a northing of another planet would stop all the others
            fine &= (y > 0) & (y < 9.9e6)
        xy[fine] = self._ground.metres(*to_wgs84(x[fine], y[fine], system))
        near = self._ground.near(xy)
        xy[~near] = _NOWHERE
        return xy, float(near.mean())

    def _describe(self, *, swapped: bool, systems: Sequence[str]) -> float:
        """Note ranges, digits and axis order; return the step of the numbers, metres."""
        low_x, high_x = np.quantile(self._x, (0.0, 1.0))
        low_y, high_y = np.quantile(self._y, (0.0, 1.0))
        told = {"low_x": low_x, "high_x": high_x, "low_y": low_y, "high_y": high_y}
        self._evidence.append(Evidence("range", {k: f"{v:.10g}" for k, v in told.items()}))
        is_metric = bool(systems) and all(system in _IN_METRES for system in systems)
        digits = max(_digits(self._x), _digits(self._y))
        step_m = 10.0**-digits * (1.0 if is_metric else _METRES_PER_DEGREE)
        self._evidence.append(Evidence("digits", {"digits": str(digits), "step": f"{step_m:.2g}"}))
        if swapped:
            self._evidence.append(Evidence("swapped"))
        return step_m

    def _places(self, systems: Sequence[str]) -> NDArray[np.intp]:
        """Return one row of each place, at most `_MOST_PLACES`."""
        in_metres = all(system in _IN_METRES for system in systems)
        scale = 1.0 if in_metres else _METRES_PER_DEGREE
        cells = np.round(np.column_stack([self._x, self._y]) * scale / _PLACE_M)
        _, first = np.unique(cells, axis=0, return_index=True)
        first.sort()
        return np.asarray(first[_evenly(len(first), _MOST_PLACES)])

    def _suppose(self, system: str, places: NDArray[np.intp], fit: Fitting) -> _Try:
        """Try the places under one system."""
        xy, near = self._lie(system, self._x[places], self._y[places])
        return _Try(system, xy, near, fit(xy))

    def _thin(self, best: _Try, step_m: float) -> list[Evidence]:
        """Say where the numbers are too few, too near or too coarse to tell anything."""
        doubts = []
        near = best.xy[(best.xy != _NOWHERE).all(axis=1)]
        if len(best.xy) < _FEWEST:
            doubts.append(Evidence("few", {"n": str(len(best.xy))}))
        elif best.near < _POSSIBLE:
            doubts.append(Evidence("far"))
        elif float(np.hypot(*np.ptp(near, axis=0))) < _SPREAD_M:
            doubts.append(Evidence("one_place", {"metres": f"{_SPREAD_M:.0f}"}))
        if step_m > _COARSE_M:
            doubts.append(Evidence("coarse", {"step": f"{step_m:.0f}"}))
        return doubts

    def _doubts(self, tries: Sequence[_Try], fit: Fitting) -> list[Evidence]:
        """Say which systems, or moves, the ground cannot exclude."""
        best, doubts = tries[0], []
        if not best.fits.keys() & _TELLING:
            return [Evidence("no_reference")]
        homes = [best.fits[test] for test in ("own", "inside") if test in best.fits]
        share = _mean(np.concatenate(homes)) if homes else 1.0
        if share < _FITTING and best.near >= _POSSIBLE:
            told = {"system": best.system, "share": _per_cent(share)}
            doubts.append(Evidence("bad_fit", told))
        doubts += [
            Evidence("runner_up", {"system": best.system, "other": other.system})
            for other in tries[1:]
            if not _is_ahead(best.fits, other.fits)
        ]
        return doubts or self._moved(best, fit)

    def _moved(self, best: _Try, fit: Fitting) -> list[Evidence]:
        """Say whether the places, moved as a whole, fit better; or elsewhere as well."""
        angles = np.arange(_DIRECTIONS) * 2.0 * np.pi / _DIRECTIONS
        ways = np.column_stack([np.cos(angles), np.sin(angles)])
        for metres in _MOVES_M:
            if any(_is_ahead(fit(best.xy + metres * way), best.fits) for way in ways):
                return [Evidence("moved", {"metres": f"{metres:.0f}"})]
        worse = sum(_is_ahead(best.fits, fit(best.xy + _ELSEWHERE_M * way)) for way in ways)
        if worse <= _DIRECTIONS / 2:
            return [Evidence("anywhere", {"metres": f"{_ELSEWHERE_M:.0f}"})]
        return []


def _is_ahead(one: Fits, other: Fits) -> bool:
    """Tell whether places fit under one clearly more often than under the other."""
    only_one = only_other = n_places = 0
    for test, fits in one.items():
        more = fits - other.get(test, fits)
        only_one += int((more > 0).sum())
        only_other += int((more < 0).sum())
        n_places = max(n_places, len(fits))
    lead = only_one - only_other
    enough = max(_AHEAD_PLACES, _AHEAD_SHARE * n_places)
    return lead >= enough and lead >= _AHEAD_SD * float(np.sqrt(only_one + only_other))


def _is_number(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which are numbers that could be somewhere on the globe, in whatever system."""
    return np.asarray(np.abs(np.nan_to_num(values, nan=np.inf)) < _NOWHERE)


def _mean(fits: NDArray[np.float64]) -> float:
    """Return the share that fits, of those that can be told; 0 without any."""
    told = fits[~np.isnan(fits)]
    return float(told.mean()) if len(told) else 0.0


def _per_cent(share: float) -> str:
    """Write a share in whole per cent; a hundred only where nothing is missing."""
    return f"{100 if share >= 1.0 else min(99, round(100 * share))}"


def _count(fits: NDArray[np.float64]) -> int:
    return int((~np.isnan(fits)).sum())


def _evenly(n: int, most: int) -> NDArray[np.intp]:
    """Return at most so many of n positions, evenly spread."""
    return np.linspace(0, max(n - 1, 0), min(n, most)).round().astype(np.intp)


def _digits(values: NDArray[np.float64]) -> int:
    """Count the digits after the point that nineteen of twenty numbers need at most."""
    for digits in range(10):
        rest = np.abs(values * 10.0**digits - np.round(values * 10.0**digits))
        if float((rest < 1e-4).mean()) >= 0.95:
            return digits
    return 10


def _typical_width_m(shapes: NDArray[np.object_]) -> float:
    """Return the middle width of areas whose unit is not known: metres, or degrees of China."""
    import shapely

    scale = 1.0 if np.abs(shapely.total_bounds(shapes)).max() > 360.0 else _METRES_PER_DEGREE
    return float(np.median(np.sqrt(shapely.area(shapes)))) * scale
