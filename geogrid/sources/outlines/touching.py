"""Judge outlines that lie on one another, and courtyards that lie over a community line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geogrid.errors import InputError
from geogrid.sources.findings import Finding
from geogrid.sources.standing import GIVEN_SHARE, standings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["CUT_TOLERANCE", "mend_overlaps", "over_lines"]

# share of an outline that may be cut off where it overlaps its neighbours a little
CUT_TOLERANCE = 0.05
# two drawings of one wall differ by no more
_SLIVER_M = 0.5
# noise of numbers, no overlap
_NOISE_M2 = 0.01
# beyond this share of the smaller one, both rows claim the same land
_SAME_LAND = 0.5
# parts left of a cut that are no land of their own
_LEAST_M2 = 1.0
# the community of a courtyard is clear from this share on
_CLEAR_SHARE = 0.95
# a line drawn this little off is not worth a word
_UNSAID_SHARE = 0.999
# rows looked up at a time; pairs cut at a time; pairs that a sane district never has
_ROWS = 1024
_PAIRS = 16_384
_MOST_PAIRS = 2_000_000


def mend_overlaps(
    shapes: NDArray[Any], areas: NDArray[Any], labels: Sequence[str]
) -> tuple[NDArray[Any], list[Finding]]:
    """Cut slivers off outlines that overlap a little, and reject those on the same land.

    Parameters
    ----------
    shapes : ndarray of geometry, shape (n,)
        In metres.
    areas : ndarray of bool, shape (n,)
        Which of them are valid areas that count.
    labels : sequence of str, length n
        What to call each row when another names it.

    Returns
    -------
    shapes : ndarray of geometry, shape (n,)
        The same, but for what ``overlap_sliver`` cut off the larger of two: an
        overlap less than 0.5 m wide, 5 % of the larger one's area at most.
    findings : list of Finding
        ``row`` is the position: ``same_land`` rejects both of a pair whose
        overlap is more than half of the smaller; ``overlap_sliver`` mends the larger
        one; ``overlap`` notes what is kept as drawn, at the later row.

    Raises
    ------
    InputError
        If there are more than two million pairs: outlines heaped on one another.
    """
    import numpy as np
    import shapely

    shapes = shapes.copy()
    before_m2 = shapely.area(shapes)
    same: dict[int, int] = {}
    partly: list[tuple[int, int]] = []
    for a, b in _neighbours(shapes, np.flatnonzero(areas), same):
        shared_m2 = shapely.area(shapely.intersection(shapes[a], shapes[b]))
        is_same = shared_m2 > _SAME_LAND * np.minimum(before_m2[a], before_m2[b])
        for one, other in zip(a[is_same].tolist(), b[is_same].tolist(), strict=True):
            same.setdefault(one, other)
            same.setdefault(other, one)
        slight = ~is_same & (shared_m2 > _NOISE_M2)
        partly += zip(a[slight].tolist(), b[slight].tolist(), strict=True)
    findings = [
        _finding("same_land", "rejected", one, other=labels[other])
        for one, other in sorted(same.items())
    ]
    for one, other in sorted(partly):
        if one in same or other in same:
            continue
        # equals: the later row gives way
        large, small = (one, other) if before_m2[one] > before_m2[other] else (other, one)
        shared = shapely.intersection(shapes[large], shapes[small])
        told = {"area": f"{shared.area:,.1f}"}
        cut = _cut(shapes[large], shared, before_m2[large])
        if cut is None:
            later = max(one, other)
            told["other"] = labels[min(one, other)]
            findings.append(_finding("overlap", "note", later, **told))
        else:
            shapes[large] = cut
            told["other"] = labels[small]
            findings.append(_finding("overlap_sliver", "mended", large, **told))
    return shapes, findings


def _neighbours(
    shapes: NDArray[Any], rows: NDArray[Any], done: Mapping[int, int]
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Yield pairs of rows whose boxes meet, some at a time, without those already done."""
    import numpy as np
    import shapely

    tree = shapely.STRtree(shapes[rows])
    n_pairs = 0
    for begin in range(0, len(rows), _ROWS):
        # boxes only: the shared area is measured anyway
        here, there = tree.query(shapes[rows[begin : begin + _ROWS]])
        here += begin
        a, b = rows[here[here < there]], rows[there[here < there]]
        while len(a):
            is_done = np.zeros(len(shapes), bool)
            is_done[list(done)] = True
            open_pair = ~(is_done[a] & is_done[b])
            a, b = a[open_pair], b[open_pair]
            n_pairs += len(a[:_PAIRS])
            if n_pairs > _MOST_PAIRS:
                msg = f"More than {_MOST_PAIRS:,} pairs of outlines lie on one another; "
                raise InputError(msg + "hand in one layer of outlines.")
            yield a[:_PAIRS], b[:_PAIRS]
            a, b = a[_PAIRS:], b[_PAIRS:]


def _cut(shape: Any, shared: Any, before_m2: float) -> Any:  # noqa: ANN401 - any geometry
    """Cut a sliver off an area; None if it is no sliver or takes too much."""
    import shapely

    if not shapely.is_empty(shapely.buffer(shared, -_SLIVER_M / 2)):
        return None
    rest = shapely.get_parts(shapely.difference(shape, shared))
    rest = rest[shapely.area(rest) >= _LEAST_M2]
    area_m2 = float(shapely.area(rest).sum())
    if not len(rest) or before_m2 - area_m2 > CUT_TOLERANCE * before_m2:
        return None
    return rest[0] if len(rest) == 1 else shapely.multipolygons(rest)


def over_lines(courtyards: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> list[Finding]:
    """Judge courtyards of which parts lie in several communities.

    Parameters
    ----------
    courtyards : GeoDataFrame of n areas
        In the system of the communities; ``community_code`` where it is stated.
        The index is the position to report.
    communities : GeoDataFrame
        Valid areas with ``community_code`` and ``name``.

    Returns
    -------
    list of Finding
        ``border`` notes where 95 % lie in one community, or 25 % in the stated
        one; ``over_community_line`` rejects the others. What lies in no community
        does not count.
    """
    names = communities["name"] if "name" in communities.columns else communities["community_code"]
    findings = []
    for ix, standing in zip(courtyards.index, standings(courtyards, communities), strict=True):
        here, wanted = standing.shares, standing.wanted
        total = sum(here.values())
        best = max(here.values(), default=0.0)
        if len(here) < 2 or best > _UNSAID_SHARE * total:
            continue
        order = sorted((-share, home) for home, share in here.items())[:4]
        parts = " / ".join(f"{names.iloc[home]} {-share / total:.0%}" for share, home in order)
        given = 0.0 if wanted is None else here.get(wanted, 0.0)
        if best >= _CLEAR_SHARE * total or given >= GIVEN_SHARE * total:
            findings.append(_finding("border", "note", int(ix), parts=parts))
        else:
            findings.append(_finding("over_community_line", "rejected", int(ix), parts=parts))
    return findings


def _finding(kind: str, verdict: Any, ix: int, **told: str) -> Finding:  # noqa: ANN401 - a literal
    return Finding(kind, verdict, row=ix, field="geometry", told=told)
