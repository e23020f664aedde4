"""Which features are asked for: by box, by filter, by value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.errors import InputError
from geogrid.publish.boxes import box_shape
from geogrid.publish.conditions import matching
from geogrid.publish.systems import CRS84, System

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from geogrid.publish.snapshot import Collection

__all__ = ["Selection", "select"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Say which features are asked for; all conditions hold at once.

    Parameters
    ----------
    box : sequence of float or None
        Four numbers, or six with heights, which nothing here has: lower corner, upper
        corner, in the axis order of ``box_system``.
    box_system : System
        Of the box.
    values : mapping of str to str or float
        What a property must equal; numbers for columns of numbers.
    condition : dict, bool or None
        CQL2 JSON, as `geogrid.publish.cql.parse_filter` returns it.
    condition_system : System
        Of the condition's geometries.
    """

    box: Sequence[float] | None = None
    box_system: System = CRS84
    values: Mapping[str, str | float] = field(default_factory=dict)
    condition: Any = None
    condition_system: System = CRS84


def select(collection: Collection, selection: Selection) -> NDArray[np.intp] | None:
    """Find the features that are asked for.

    Parameters
    ----------
    collection : Collection
        Where to look.
    selection : Selection
        What for.

    Returns
    -------
    ndarray of int or None
        Rows in order; None: all of them.

    Raises
    ------
    InputError
        If the box is upside down, a value cannot be one of its property, or the filter is
        wrong.
    """
    rows: NDArray[np.intp] | None = None
    if selection.box is not None:
        shape = box_shape(selection.box, selection.box_system)
        rows = np.sort(collection.tree.query(shape, predicate="intersects"))
    if selection.values:
        keep = np.ones(len(collection), dtype=bool)
        for name, value in selection.values.items():
            keep &= _equal(collection, name, value)
        rows = _narrowed(rows, keep)
    if selection.condition is not None:
        keep = matching(selection.condition, collection, selection.condition_system)
        rows = _narrowed(rows, keep)
    return rows


def _narrowed(rows: NDArray[np.intp] | None, keep: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return those of the rows that are to be kept."""
    return np.flatnonzero(keep) if rows is None else rows[keep[rows]]


def _equal(collection: Collection, name: str, value: str | float) -> NDArray[np.bool_]:
    """Tell where a property has a value."""
    column = collection.columns[name]
    if isinstance(value, str) != (column.dtype == object):
        raise InputError(f"{value!r} can be no value of property {name}.")
    return np.asarray(column == value, dtype=bool)
