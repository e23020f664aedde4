"""Mend outlines by named rules, each of them counted, and reject what no rule can mend.

Nothing is reshaped in silence: a rule holds only where it changes an area by no more
than it says, and whatever lies beyond it is left to the person who drew it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from geogrid.crs import require_metric
from geogrid.district import TABLES
from geogrid.sources.findings import Finding
from geogrid.sources.outlines.touching import mend_overlaps, over_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["AREA_TOLERANCE", "mend_shapes"]

# share of an outline's area that mending may add or take
AREA_TOLERANCE = 0.01
# gap that is a slip of the hand: nobody walks in or out there
_GAP_M = 0.5
# and that share of the line's length, so that a short line is no outline
_GAP_SHARE = 0.05
# no courtyard is smaller; what is left of a crossing line may be
_LEAST_M2 = 1.0
# a line that crosses itself more often is a scribble, and costs more to mend than it is worth
_MOST_CROSSINGS = 100
# segments looked at at a time while crossings are counted
_SEGMENTS = 256
# beyond any plane of the earth; a number as large as this squared is still a number
_FARTHEST_M = 1e9
# layers whose areas must not lie on one another
_APART = ("communities", "courtyards", "basic_grids", "compounds")


def mend_shapes(
    frame: gpd.GeoDataFrame,
    layer: str,
    communities: gpd.GeoDataFrame | None = None,
    *,
    file: str = "",
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Mend the shapes of one layer, and leave out the rows that cannot be mended.

    Parameters
    ----------
    frame : GeoDataFrame
        Rows as read, in a metric system; index ``row - 1`` as in
        `geogrid.sources.outlines.reading.MessyLayer`. Points are kept where the layer may
        hold points.
    layer : str
        A layer of `geogrid.district.TABLES`.
    communities : GeoDataFrame, optional
        Valid areas with ``community_code`` and ``name`` in the same system, to
        judge courtyards over a community line.
    file : str
        Name of the file, for the findings.

    Returns
    -------
    frame : GeoDataFrame
        Rows taken or mended, in their order and with their index; valid, flat areas
        without repeated vertices. A rule changes an area by 1 % at most,
        ``overlap_sliver`` by 5 %.
    findings : tuple of Finding
        Mended: ``ring_closed``, ``self_crossing``, ``sliver_part``,
        ``overlap_sliver``. Rejected: ``not_an_area``, ``too_small``,
        ``self_crossing`` where the area would change, ``same_outline``
        (the earlier row stays), ``same_land``, ``over_community_line``. Notes:
        ``multipart``, ``overlap``, ``border``.

    Raises
    ------
    CrsError
        If the system is not metric.
    InputError
        If outlines lie on one another a hundred times over.

    Notes
    -----
    The area drawn is the sum of the signed triangles of its rings: two loops of a
    line that crosses itself count against one another, so that a large second loop
    (corners in wrong order) is rejected and a small one (a slip) is mended.
    """
    import geopandas as gpd
    import numpy as np
    import shapely

    require_metric(frame.crs, what=layer)
    shapes = shapely.force_2d(frame.geometry.to_numpy().copy())
    findings: list[Finding] = []
    kept = np.ones(len(frame), bool)
    table = TABLES[layer]
    for ix in np.flatnonzero(~_is_plain(shapes)):
        if shapes[ix] is not None and shapes[ix].geom_type == "Point" and "Point" in table.geometry:
            kept[ix] = _is_somewhere(shapes[ix])
            found = [] if kept[ix] else [_no_area(ix)]
        else:
            shapes[ix], found = _mended(shapes[ix], int(ix))
            kept[ix] = shapes[ix] is not None
        findings += found
    areas = kept & (shapely.get_dimensions(shapes) == 2)
    idents = _texts(frame, table.key)
    labels = [f"{row + 1} ({ident})" for row, ident in zip(frame.index, idents, strict=True)]
    if layer in _APART:
        findings += _doubles(frame, shapes, areas, labels)
        areas &= ~_rejected(findings, len(frame))
        shapes, found = mend_overlaps(shapes, areas, labels)
        findings += found
    kept &= ~_rejected(findings, len(frame))
    if layer == "courtyards" and communities is not None and len(communities):
        own_ix = np.flatnonzero(kept & areas)
        codes = {c: frame[c].to_numpy()[own_ix] for c in ("community_code",) if c in frame.columns}
        own = gpd.GeoDataFrame(codes, geometry=shapes[own_ix], index=own_ix, crs=frame.crs)
        findings += over_lines(own, communities)
        kept &= ~_rejected(findings, len(frame))
    if layer == "courtyards":
        parts = shapely.get_num_geometries(shapes)
        findings += [
            _finding("multipart", "note", ix, count=str(int(parts[ix])))
            for ix in np.flatnonzero(kept & (parts > 1))
        ]
    mended = frame.set_geometry(shapes, crs=frame.crs)[kept]
    return mended, _placed(findings, frame, idents, file)


def _is_plain(shapes: NDArray[Any]) -> NDArray[Any]:
    """Say which shapes are whole: valid areas of 1 m2 or more in one part, no vertex twice."""
    import numpy as np
    import shapely

    is_plain: NDArray[Any] = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    is_plain &= (np.abs(shapely.bounds(shapes)) < _FARTHEST_M).all(axis=1)
    is_plain[is_plain] = shapely.is_valid(shapes[is_plain])
    is_plain[is_plain] = shapely.area(shapes[is_plain]) >= _LEAST_M2
    once = shapely.remove_repeated_points(shapes[is_plain])
    is_plain[is_plain] = shapely.get_num_coordinates(once) == shapely.get_num_coordinates(
        shapes[is_plain]
    )
    return is_plain


def _is_somewhere(shape: Any) -> bool:  # noqa: ANN401 - any geometry
    import numpy as np
    import shapely

    return bool((np.abs(shapely.get_coordinates(shape)) < _FARTHEST_M).all())


def _mended(shape: Any, ix: int) -> tuple[Any, list[Finding]]:  # noqa: ANN401 - any geometry
    """Mend one shape alone; None if it is rejected."""
    import shapely

    if shape is None or shape.is_empty or not _is_somewhere(shape):
        return None, [_no_area(ix)]
    findings = []
    if shape.geom_type in {"LineString", "LinearRing", "MultiLineString"}:
        shape, gap_m = _closed(shape)
        if shape is None:
            return None, [_no_area(ix, f"{gap_m:,.1f}" if gap_m > 0 else "-")]
        findings += [_finding("ring_closed", "mended", ix)] if gap_m > 0 else []
    parts = [part for part in shapely.get_parts(shape) if not part.is_empty]
    if not parts or any(part.geom_type != "Polygon" for part in parts):
        return None, [_no_area(ix)]
    shape = shape if len(parts) > 1 else parts[0]
    if not shape.is_valid:
        shape, found = _uncrossed(shape, ix)
        findings.append(found)
    if shape is not None:
        # the same corner twice is one corner
        shape, more = _without_slivers(shapely.remove_repeated_points(shape), ix)
        findings += more
    # a rejected row is not mended as well
    return shape, findings if shape is not None else findings[-1:]


def _closed(shape: Any) -> tuple[Any, float]:  # noqa: ANN401 - any line
    """Close a line that nearly is: the area (None if it is not) and its gap in metres."""
    import numpy as np
    import shapely

    lines = [line for line in shapely.get_parts(shape) if not line.is_empty]
    if len(lines) != 1:
        return None, 0.0
    points = shapely.get_coordinates(lines[0])
    gap_m = float(np.hypot(*(points[-1] - points[0])))
    if len(points) < 3 or gap_m > min(_GAP_M, _GAP_SHARE * lines[0].length):
        return None, gap_m
    # a last point that misses the first is a corner of its own
    ring = points if gap_m == 0 else [*points, points[0]]
    return (None, gap_m) if len(ring) < 4 else (shapely.Polygon(ring), gap_m)


def _uncrossed(shape: Any, ix: int) -> tuple[Any, Finding]:  # noqa: ANN401 - any area
    """Make an area valid if that keeps what was drawn, else reject it."""
    import shapely

    drawn_m2 = _drawn_area(shape)
    valid = None
    is_simple = _n_crossings(shape) <= _MOST_CROSSINGS
    if is_simple:
        made = shapely.make_valid(shape, method="structure", keep_collapsed=False)
        areas = [part for part in shapely.get_parts(made) if part.geom_type == "Polygon"]
        valid = shapely.union_all(areas) if areas else None
    area_m2 = 0.0 if valid is None else float(valid.area)
    if is_simple and valid is None:
        return None, _finding("too_small", "rejected", ix, area="0.00")
    told = {"before": f"{drawn_m2:,.1f}", "after": f"{area_m2:,.1f}"}
    if valid is None or abs(area_m2 - drawn_m2) > AREA_TOLERANCE * drawn_m2:
        return None, _finding("self_crossing", "rejected", ix, **told)
    return valid, _finding("self_crossing", "mended", ix, **told)


def _drawn_area(shape: Any) -> float:  # noqa: ANN401 - any area
    """Sum the signed triangles of the rings of an area, holes against shells, in m2."""
    import shapely

    # the library's own sum of one ring is this, without its sign
    return float(sum(abs(part.area) for part in shapely.get_parts(shape)))


def _n_crossings(shape: Any) -> int:  # noqa: ANN401 - any area
    """Count where lines of an area cross, up to more than are mended."""
    import numpy as np
    import shapely

    segments = []
    for ring in shapely.get_rings(shapely.get_parts(shape)):
        points = shapely.get_coordinates(ring)
        segments.append(np.stack([points[:-1], points[1:]], axis=1))
    lines: NDArray[Any] = np.asarray(shapely.linestrings(np.concatenate(segments)))
    tree = shapely.STRtree(lines)
    count = 0
    for begin in range(0, len(lines), _SEGMENTS):
        here, _ = tree.query(lines[begin : begin + _SEGMENTS], predicate="crosses")
        count += len(here)
        # each crossing is met from both of its lines
        if count > 2 * _MOST_CROSSINGS:
            break
    return (count + 1) // 2


def _without_slivers(shape: Any, ix: int) -> tuple[Any, list[Finding]]:  # noqa: ANN401 - any area
    """Drop parts below 1 m2 if they are 1 % of the area at most; reject what is all below."""
    import numpy as np
    import shapely

    area_m2 = float(shape.area)
    if area_m2 < _LEAST_M2:
        return None, [_finding("too_small", "rejected", ix, area=f"{area_m2:.2f}")]
    parts = shapely.get_parts(shape)
    sizes = shapely.area(parts)
    small = sizes < _LEAST_M2
    lost_m2 = float(sizes[small].sum())
    if not small.any() or small.all() or lost_m2 > AREA_TOLERANCE * area_m2:
        return shape, []
    left = parts[~small]
    whole = left[0] if len(left) == 1 else shapely.multipolygons(left)
    told = {"count": str(int(np.count_nonzero(small))), "area": f"{lost_m2:.2f}"}
    return whole, [_finding("sliver_part", "mended", ix, **told)]


def _doubles(
    frame: gpd.GeoDataFrame, shapes: NDArray[Any], areas: NDArray[Any], labels: list[str]
) -> list[Finding]:
    """Reject outlines drawn once more over an earlier one that say nothing else."""
    import numpy as np
    import pandas as pd
    import shapely

    rows = np.flatnonzero(areas)
    keys = pd.Series(shapely.to_wkb(shapely.normalize(shapes[rows])))
    later = keys.duplicated().to_numpy()
    first_of = dict(zip(keys[~later], rows[~later], strict=True))
    firsts = np.array([first_of[key] for key in keys[later]], int)
    later_rows = rows[later]
    says_nothing = np.ones(len(later_rows), bool)
    for column in frame.columns:
        if column == frame.geometry.name:
            continue
        values = frame[column].to_numpy(object)
        pairs = zip(values[later_rows], values[firsts], strict=True)
        says = [pd.isna(one) or (pd.notna(other) and one == other) for one, other in pairs]
        says_nothing &= np.array(says, bool)
    return [
        _finding("same_outline", "rejected", row, other=labels[first])
        for row, first in zip(later_rows[says_nothing], firsts[says_nothing], strict=True)
    ]


def _no_area(ix: Any, gap: str = "-") -> Finding:  # noqa: ANN401 - an index of numpy
    return _finding("not_an_area", "rejected", ix, gap=gap)


def _finding(kind: str, verdict: Any, ix: Any, **told: str) -> Finding:  # noqa: ANN401 - a literal
    """Make a finding of a row by its position; `_placed` makes that the source's number."""
    return Finding(kind, verdict, row=int(ix), field="geometry", told=told)


def _rejected(findings: Iterable[Finding], n: int) -> NDArray[Any]:
    import numpy as np

    rejected = np.zeros(n, bool)
    rejected[[one.row for one in findings if one.verdict == "rejected" and one.row is not None]] = 1
    return rejected


def _texts(frame: gpd.GeoDataFrame, column: str) -> list[str]:
    """Return a column as text, "" where there is none."""
    import pandas as pd

    if column not in frame.columns:
        return [""] * len(frame)
    return ["" if pd.isna(value) else str(value).strip() for value in frame[column]]


def _placed(
    findings: Iterable[Finding], frame: gpd.GeoDataFrame, idents: list[str], file: str
) -> tuple[Finding, ...]:
    """Give findings the source's row number and the row's identifier, rows in their order."""
    placed = [
        replace(one, file=file, row=int(frame.index[one.row]) + 1, ident=idents[one.row])
        for one in findings
        if one.row is not None
    ]
    return tuple(sorted(placed, key=lambda one: one.row or 0))
