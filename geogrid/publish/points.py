"""Points as they are handed in by the thousand: JSON, GeoJSON or CSV.

Every row is taken or refused with its number; nothing is dropped silently.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.crs import misplaced, point_system, to_wgs84
from geogrid.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["MEDIA", "MOST_POINTS", "Points", "read_points"]

MEDIA = ("application/json", "application/geo+json", "text/csv")
MOST_POINTS = 200_000
# how many faulty rows are named
_N_NAMED = 20
# names that the columns of a CSV may have
_X = ("lon", "lng", "longitude", "x", "easting", "经度")
_Y = ("lat", "latitude", "y", "northing", "纬度")


@dataclass(frozen=True)
class Points:
    """Hold points in WGS84, in the order they came.

    Parameters
    ----------
    lon, lat : ndarray of float, shape (n,)
        WGS84 degrees.
    ids : tuple of str or None
        The asker's own identifiers, n, where there were any.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    ids: tuple[str, ...] | None


def read_points(body: bytes, media: str, *, crs: str | None = None) -> Points:
    """Read points out of a body.

    Parameters
    ----------
    body : bytes
        JSON ``{"crs": ..., "points": [[x, y], ...], "ids": [...]}``; GeoJSON: MultiPoint, or a
        FeatureCollection of points; CSV with columns ``id`` (optional), ``lon``, ``lat``,
        UTF-8 or GB 18030.
    media : str
        One of `MEDIA`. GeoJSON is known by its ``type`` under either JSON type.
    crs : str, optional
        The system of the coordinates (`geogrid.crs.to_wgs84`), WGS84 by default. A ``crs``
        inside the body must not say otherwise.

    Returns
    -------
    Points
        In WGS84.

    Raises
    ------
    InputError
        If the body is not what it says, holds more than `MOST_POINTS` points, or has rows that
        are no points: ``n_rows`` tells how many, ``rows`` the first 20 of them, counted from
        1 (a CSV's header not counted).
    CrsError
        If the system is not known.
    """
    if media == "text/csv":
        xs, ys, ids = _from_csv(body)
        inner = None
    else:
        xs, ys, ids, inner = _from_json(body)
    if inner is not None and crs is not None and point_system(inner) != point_system(crs):
        msg = f"The address says crs={crs}, the body says {inner[:80]!r}; say it once."
        raise InputError(msg)
    system = point_system(inner or crs or "wgs84")
    wrong = misplaced(xs, ys, system)
    _refuse(np.flatnonzero(wrong), f"are no points in {system} (x comes before y)")
    lon, lat = to_wgs84(xs, ys, system)
    try:
        "".join(ids or ()).encode()
    except UnicodeEncodeError:
        raise InputError("An id holds half a character (a surrogate); no text may.") from None
    return Points(lon, lat, ids)


def _refuse(rows: NDArray[np.intp], why: str) -> None:
    """Refuse rows, counted from nought here and from one in the message."""
    if not rows.size:
        return
    named = (rows[:_N_NAMED] + 1).tolist()
    listed = ", ".join(map(str, named))
    more = " ..." if rows.size > _N_NAMED else ""
    msg = f"{rows.size} rows {why}: {listed}{more}. Mend or drop them; nothing was located."
    raise InputError(msg, rows=named, n_rows=int(rows.size))


def _limit(n: int) -> None:
    """Refuse too many points."""
    if n > MOST_POINTS:
        msg = f"{n} points are more than {MOST_POINTS}; send them in parts."
        raise InputError(msg, n_rows=n)


def _from_json(
    body: bytes,
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[str, ...] | None, str | None]:
    """Read our own JSON or GeoJSON."""
    try:
        told = json.loads(body)
    # too deep, too long a number, no UTF-8: all of them are not ours
    except (ValueError, RecursionError) as error:
        raise InputError(f"The body is not JSON: {str(error)[:120]}.") from error
    if not isinstance(told, dict):
        raise InputError("The body is a JSON object with points, or GeoJSON.")
    inner = told.get("crs")
    pairs: Any
    ids: tuple[str, ...] | None = None
    if told.get("type") == "FeatureCollection":
        pairs, ids = _of_features(told.get("features"))
    elif told.get("type") == "MultiPoint":
        pairs = told.get("coordinates")
    elif "type" in told:
        raise InputError("Of GeoJSON, MultiPoint and FeatureCollection of points are read.")
    else:
        unknown = sorted(set(told) - {"crs", "points", "ids"})
        if unknown:
            msg = f"The body has members that are not known: {', '.join(unknown)[:120]}."
            raise InputError(msg)
        pairs = told.get("points")
        ids = _own_ids(told.get("ids"), pairs)
    if inner is not None and not isinstance(inner, str):
        raise InputError("The member crs is the name of a system, such as gcj02.")
    xs, ys = _coordinates(pairs)
    return xs, ys, ids, inner


def _of_features(features: Any) -> tuple[list[Any], tuple[str, ...] | None]:  # noqa: ANN401 - any JSON
    """Return coordinates and ids of GeoJSON features; None for what is no point."""
    if not isinstance(features, list):
        raise InputError("A FeatureCollection has a list of features.")
    pairs, ids = [], []
    for feature in features:
        shape = feature.get("geometry") if isinstance(feature, dict) else None
        is_point = isinstance(shape, dict) and shape.get("type") == "Point"
        pairs.append(shape.get("coordinates") if is_point and shape is not None else None)
        ids.append(feature.get("id") if isinstance(feature, dict) else None)
    if any(ident is None for ident in ids):
        return pairs, None
    return pairs, tuple(map(str, ids))


def _own_ids(ids: Any, pairs: Any) -> tuple[str, ...] | None:  # noqa: ANN401 - any JSON
    """Check the asker's identifiers."""
    if ids is None:
        return None
    if not isinstance(ids, list) or not isinstance(pairs, list) or len(ids) != len(pairs):
        raise InputError("There is one id for each point, or none at all.")
    wrong = [i for i, ident in enumerate(ids) if type(ident) not in {str, int}]
    _refuse(np.array(wrong, dtype=np.intp), "have an id that is neither text nor a whole number")
    return tuple(map(str, ids))


def _coordinates(pairs: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # noqa: ANN401 - any JSON
    """Turn a list of coordinate pairs into two arrays, or name the rows that are none."""
    if not isinstance(pairs, list):
        raise InputError("Points are a list of [x, y].")
    _limit(len(pairs))
    wrong = [i for i, pair in enumerate(pairs) if not _is_pair(pair)]
    _refuse(np.array(wrong, dtype=np.intp), "are not [x, y] of two numbers")
    flat = np.array([pair[:2] for pair in pairs], dtype=np.float64).reshape(-1, 2)
    return flat[:, 0], flat[:, 1]


def _is_pair(pair: Any) -> bool:  # noqa: ANN401 - any JSON
    """Tell whether a JSON value is a position; a height may follow, and is not read."""
    return (
        type(pair) is list and 2 <= len(pair) <= 3 and _is_number(pair[0]) and _is_number(pair[1])
    )


def _is_number(value: Any) -> bool:  # noqa: ANN401 - any JSON
    """Tell whether a JSON value is a number that fits; true and false are none."""
    kind = type(value)
    return kind is float or (kind is int and -1_000_000_000 < value < 1_000_000_000)


def _from_csv(
    body: bytes,
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[str, ...] | None]:
    """Read a table with a header."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = body.decode("gb18030")
        except UnicodeDecodeError as error:
            raise InputError("The CSV is neither UTF-8 nor GB 18030.") from error
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    except csv.Error as error:
        raise InputError(f"The body is not CSV: {error}.") from error
    if not rows:
        raise InputError("The CSV is empty; its first line names the columns: id,lon,lat.")
    header = [name.strip().casefold() for name in rows.pop(0)]
    _limit(len(rows))
    x_ix, y_ix = _column(header, _X), _column(header, _Y)
    ragged = [i for i, row in enumerate(rows) if len(row) != len(header)]
    _refuse(np.array(ragged, dtype=np.intp), "have more or fewer cells than the header")
    xs, bad_x = _floats([row[x_ix] for row in rows])
    ys, bad_y = _floats([row[y_ix] for row in rows])
    _refuse(np.array(sorted({*bad_x, *bad_y}), dtype=np.intp), "have no number where one belongs")
    ids = None
    if "id" in header:
        at = header.index("id")
        ids = tuple(row[at] for row in rows)
    return xs, ys, ids


def _column(header: Sequence[str], names: Sequence[str]) -> int:
    """Return where a column stands."""
    found = [header.index(name) for name in names if name in header]
    if len(found) != 1:
        msg = f"The CSV names exactly one column of {', '.join(names)}; it names {header[:10]}."
        raise InputError(msg)
    return found[0]


def _floats(cells: Sequence[str]) -> tuple[NDArray[np.float64], list[int]]:
    """Turn cells into numbers; list the rows of those that are none."""
    try:
        return np.array(list(map(float, cells)), dtype=np.float64), []
    except ValueError:
        pass
    numbers, wrong = np.zeros(len(cells)), []
    for row, cell in enumerate(cells):
        try:
            numbers[row] = float(cell)
        except ValueError:
            wrong.append(row)
    return numbers, wrong
