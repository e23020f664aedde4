"""CQL2 conditions over a collection's columns, evaluated for all rows at a time.

A filter may name the properties of the collection, literals of their kind, and the operators
of `OPERATORS`. Truth has three values, as in SQL: a comparison with a missing value is neither
true nor false.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from geogrid.errors import InputError
from geogrid.publish.boxes import box_shape
from geogrid.publish.cql import DEEPEST, expect, operation_of, property_of, shown
from geogrid.publish.systems import CRS84, System, to_wgs84

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from geogrid.publish.snapshot import Collection

__all__ = ["GEOMETRY", "OPERATORS", "matching"]

# the name under which filters know the shape
GEOMETRY = "geometry"
_COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
_SPATIAL = {
    "s_intersects": "intersects",
    "s_disjoint": "disjoint",
    "s_equals": "equals",
    "s_touches": "touches",
    "s_within": "within",
    "s_overlaps": "overlaps",
    "s_crosses": "crosses",
    "s_contains": "contains",
}
_FOLDS = ("casei", "accenti")
OPERATORS = ("and", "or", "not", *_COMPARISONS, "like", "between", "in", "isNull", *_SPATIAL)
_GEOMETRIES = (
    *("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"),
    "GeometryCollection",
)


@dataclass(frozen=True)
class _Truth:
    """Where a condition is true and where it is false; elsewhere it is unknown."""

    true: NDArray[Any]
    false: NDArray[Any]


@dataclass(frozen=True)
class _Scalars:
    """One value a row, or one for all: numbers, text or truth, and where they are known."""

    values: Any
    known: Any
    kind: Literal["number", "text", "bool"]


def matching(tree: Any, collection: Collection, system: System = CRS84) -> NDArray[np.bool_]:  # noqa: ANN401
    """Evaluate a filter over a collection.

    Parameters
    ----------
    tree : dict or bool
        What `parse_filter` returned.
    collection : Collection
        Whose properties the filter names.
    system : System
        In which the filter's geometries are written.

    Returns
    -------
    ndarray of bool, shape (n,)
        Where the filter is true.

    Raises
    ------
    InputError
        If it names what there is not, or compares what cannot be compared.
    """
    return _Evaluation(collection, system).truth(tree, 0).true


class _Evaluation:
    """One filter over one collection."""

    def __init__(self, collection: Collection, system: System) -> None:
        self._collection = collection
        self._system = system
        self._n = len(collection)

    def truth(self, node: Any, depth: int) -> _Truth:  # noqa: ANN401 - JSON
        """Evaluate a condition."""
        if isinstance(node, bool):
            return self._everywhere(node)
        if depth > DEEPEST:
            raise InputError(f"The filter is nested more than {DEEPEST} deep.")
        op, args = operation_of(node)
        if op in {"and", "or"}:
            return self._joined(op, args, depth)
        if op == "not":
            (inner,) = expect(op, args, 1)
            found = self.truth(inner, depth + 1)
            return _Truth(found.false, found.true)
        if op == "isNull":
            return self._is_null(*expect(op, args, 1))
        if op in _SPATIAL:
            return self._spatial(op, *expect(op, args, 2))
        conditions: dict[str, Callable[..., _Truth]] = {
            **dict.fromkeys(_COMPARISONS, self._compared),
            "between": self._between,
            "in": self._in,
            "like": self._like,
        }
        condition = conditions.get(op)
        if condition is None:
            msg = f"The filter uses {op[:40]!r}; known are {', '.join(OPERATORS)}, casei, accenti."
            raise InputError(msg)
        return condition(op, *expect(op, args, 3 if op == "between" else 2))

    def _everywhere(self, claim: bool) -> _Truth:  # noqa: FBT001 - the claim itself
        """Return the same truth for all rows."""
        return _Truth(np.full(self._n, claim), np.full(self._n, not claim))

    def _joined(self, op: str, args: Sequence[Any], depth: int) -> _Truth:
        """Join conditions by and, or."""
        if len(args) < 2:
            raise InputError(f"{op!r} joins at least two conditions.")
        parts = [self.truth(arg, depth + 1) for arg in args]
        true = np.array([part.true for part in parts])
        false = np.array([part.false for part in parts])
        if op == "and":
            return _Truth(np.logical_and.reduce(true), np.logical_or.reduce(false))
        return _Truth(np.logical_or.reduce(true), np.logical_and.reduce(false))

    def _is_null(self, node: Any) -> _Truth:  # noqa: ANN401 - JSON
        """Tell where a value is missing."""
        import shapely

        if property_of(node) == GEOMETRY:
            missing = shapely.is_missing(self._collection.geometry)
        else:
            missing = ~np.broadcast_to(self._scalars(node).known, (self._n,))
        return _Truth(missing, ~missing)

    def _compared(self, op: str, left: Any, right: Any) -> _Truth:  # noqa: ANN401 - JSON
        """Compare two values."""
        a, b = self._alike(left, right)
        if a.kind == "bool" and op not in {"=", "<>"}:
            raise InputError("true and false are neither more nor less than one another.")
        found = _COMPARE[op](a.values, b.values)
        return self._where(found, a.known & b.known)

    def _between(self, op: str, node: Any, low: Any, high: Any) -> _Truth:  # noqa: ANN401 - JSON
        """Tell where a number lies between two others, both included."""
        a, b = self._alike(node, low)
        _, c = self._alike(node, high)
        if a.kind != "number":
            raise InputError(f"{op!r} takes numbers.")
        found = (a.values >= b.values) & (a.values <= c.values)
        return self._where(found, a.known & b.known & c.known)

    def _in(self, op: str, node: Any, listed: Any) -> _Truth:  # noqa: ANN401 - JSON
        """Tell where a value is one of several."""
        if not isinstance(listed, list) or not listed:
            raise InputError(f"{op!r} takes a list of values.")
        a = self._scalars(node)
        others = [self._alike(node, item)[1] for item in listed]
        found = np.zeros(self._n, dtype=bool)
        for other in others:
            found |= np.asarray(a.values == other.values, dtype=bool)
        return self._where(found, a.known)

    def _like(self, op: str, node: Any, pattern: Any) -> _Truth:  # noqa: ANN401 - JSON
        """Tell where text fits a pattern of % and _."""
        a = self._scalars(node)
        sample = self._scalars(pattern)
        if a.kind != "text" or sample.kind != "text" or not isinstance(sample.values, str):
            raise InputError(f"{op!r} takes text and a pattern.")
        fits = _like_pattern(sample.values).fullmatch
        if isinstance(a.values, str):
            return self._where(fits(a.values) is not None, a.known)
        found = np.fromiter((fits(text) is not None for text in a.values), bool, self._n)
        return self._where(found, a.known)

    def _spatial(self, op: str, left: Any, right: Any) -> _Truth:  # noqa: ANN401 - JSON
        """Tell where two shapes stand to one another as asked."""
        import shapely

        a, b = self._shape(left), self._shape(right)
        for shape in (a, b):
            if not isinstance(shape, np.ndarray):
                shapely.prepare(shape)
        test = getattr(shapely, _SPATIAL[op])
        known = ~(shapely.is_missing(a) | shapely.is_missing(b))
        try:
            found = self._tested(op, test, a, b)
        except shapely.GEOSException as error:
            raise InputError(f"{op!r} cannot be computed for this geometry.") from error
        return self._where(found, known)

    def _tested(self, op: str, test: Any, a: Any, b: Any) -> Any:  # noqa: ANN401 - arrays or one
        """Run a spatial test; where one side is a single shape, on those near it only."""
        if isinstance(a, np.ndarray) == isinstance(b, np.ndarray):
            return test(a, b)
        found = np.full(self._n, op == "s_disjoint")
        if isinstance(a, np.ndarray):
            near = self._collection.tree.query(b)
            found[near] = test(a[near], b)
        else:
            near = self._collection.tree.query(a)
            found[near] = test(a, b[near])
        return found

    def _shape(self, node: Any) -> Any:  # noqa: ANN401 - a geometry or an array of them
        """Return a shape, or all shapes of the collection."""
        if property_of(node) is not None:
            if property_of(node) != GEOMETRY:
                raise InputError(f"{node['property'][:80]!r} is no geometry; {GEOMETRY!r} is.")
            return self._collection.geometry
        return _literal_shape(node, self._system)

    def _alike(self, left: Any, right: Any) -> tuple[_Scalars, _Scalars]:  # noqa: ANN401 - JSON
        """Return two values that can be compared."""
        a, b = self._scalars(left), self._scalars(right)
        if a.kind != b.kind:
            msg = f"The filter compares {a.kind} with {b.kind}: {shown(left)}, {shown(right)}."
            raise InputError(msg)
        return a, b

    def _scalars(self, node: Any) -> _Scalars:  # noqa: ANN401 - JSON
        """Return a literal, a property, or a folded one of either."""
        if isinstance(node, bool):
            return _Scalars(node, np.True_, "bool")
        if isinstance(node, int | float):
            if not math.isfinite(node):
                raise InputError("The filter holds a number that is not finite.")
            return _Scalars(float(node), np.True_, "number")
        if isinstance(node, str):
            return _Scalars(node, np.True_, "text")
        name = property_of(node)
        if name is not None:
            return self._column(name)
        op, args = operation_of(node)
        if op not in _FOLDS:
            msg = f"The filter uses {op[:40]!r} as a value; known are casei and accenti."
            raise InputError(msg)
        inner = self._scalars(*expect(op, args, 1))
        if inner.kind != "text":
            raise InputError(f"{op!r} takes text.")
        fold = _without_case if op == "casei" else _without_accents
        if isinstance(inner.values, str):
            return _Scalars(fold(inner.values), inner.known, "text")
        folded = np.empty(self._n, dtype=object)
        folded[:] = [fold(text) for text in inner.values]
        return _Scalars(folded, inner.known, "text")

    def _column(self, name: str) -> _Scalars:
        """Return a property of all rows."""
        column = self._collection.columns.get(name)
        if column is None:
            listed = ", ".join([*self._collection.columns, GEOMETRY])
            what = "is compared as a shape is" if name == GEOMETRY else "is not there"
            msg = f"Property {name[:80]!r} {what}; {self._collection.info.id} has {listed}."
            raise InputError(msg)
        if column.dtype == object:
            known = np.array([value is not None for value in column], dtype=bool)
            return _Scalars(np.where(known, column, ""), known, "text")
        return _Scalars(column, ~np.isnan(column), "number")

    def _where(self, found: Any, known: Any) -> _Truth:  # noqa: ANN401 - arrays or one for all
        """Return truth out of a result and where its values are known."""
        true = np.broadcast_to(np.asarray(found, dtype=bool), (self._n,))
        sure = np.broadcast_to(known, (self._n,))
        return _Truth(true & sure, ~true & sure)


_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


def _like_pattern(pattern: str) -> re.Pattern[str]:
    """Turn a pattern of % and _ into a regular expression that never runs long.

    Between two % the leftmost fit is final, hence the atomic groups: no pattern can make the
    search go back and forth.
    """
    pieces: list[str] = [""]
    escaped = False
    for sign in pattern:
        if escaped:
            pieces[-1] += re.escape(sign)
            escaped = False
        elif sign == "\\":
            escaped = True
        elif sign == "%":
            pieces.append("")
        else:
            pieces[-1] += "." if sign == "_" else re.escape(sign)
    if escaped:
        raise InputError("The pattern ends with a backslash that escapes nothing.")
    first, *rest = pieces
    if not rest:
        return re.compile(first, re.DOTALL)
    inner = "".join(f"(?>.*?{piece})" for piece in rest[:-1] if piece)
    return re.compile(f"{first}{inner}.*{rest[-1]}", re.DOTALL)


def _without_case(text: str) -> str:
    """Fold upper and lower case together."""
    return text.casefold()


def _without_accents(text: str) -> str:
    """Drop the marks over letters."""
    apart = unicodedata.normalize("NFD", text)
    kept = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return unicodedata.normalize("NFC", kept)


def _literal_shape(node: Any, system: System) -> Any:  # noqa: ANN401 - a geometry
    """Return a shape that a filter writes out, in WGS84."""
    import shapely

    is_box = isinstance(node, dict) and set(node) == {"bbox"}
    if not is_box and not (isinstance(node, dict) and node.get("type") in _GEOMETRIES):
        raise InputError(f"The filter needs a geometry here: {shown(node)}.")
    try:
        if is_box:
            return box_shape([float(x) for x in node["bbox"]], system)
        shape = shapely.force_2d(shapely.from_geojson(json.dumps(node, allow_nan=False)))
    except InputError:
        raise
    except (ValueError, TypeError, shapely.GEOSException) as error:
        raise InputError(f"The filter holds a broken geometry: {shown(node)}.") from error
    if shape.is_empty or not shape.is_valid:
        raise InputError(f"The filter holds an empty or invalid geometry: {shown(node)}.")
    moved = to_wgs84(shape, system)
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        raise InputError("The filter holds a geometry that lies outside its coordinate system.")
    return moved
