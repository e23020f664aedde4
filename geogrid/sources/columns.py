"""Judge the columns of one layer against its table: types, gaps, limits, doubles.

Done by hand rather than with a schema library: every refused value needs its
row, its reason and its remedy, and codes read as numbers must come back as text.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from geogrid.district import Column, Fault, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import pandas as pd

__all__ = ["Judged", "as_series", "judge_columns", "rows_text"]

# digits of the national codes; a number has lost its leading zeros
_CODE_WIDTHS = {
    "subdistrict_code": 9,
    "community_code": 12,
    "grid_code": 15,
    "previous_grid": 15,
}
# more rows than this are counted, not listed
_ROWS_LISTED = 20


@dataclass(frozen=True)
class Judged:
    """Hold a layer after judging: its rows with clean columns, and what was found.

    Parameters
    ----------
    frame : GeoDataFrame
        All rows in their order, index 0 to n - 1; refused values are missing.
    faults : tuple of Fault
        Errors and notes, in column order.
    """

    frame: gpd.GeoDataFrame
    faults: tuple[Fault, ...]


class _RefusedError(Exception):
    """Say why one value is refused, and what to write instead."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


def judge_columns(frame: gpd.GeoDataFrame, table: Table) -> Judged:
    """Check and convert every known column of a layer.

    Parameters
    ----------
    frame : GeoDataFrame
        One raw layer, n rows; only its attribute columns are looked at.
    table : Table
        What the layer should be.

    Returns
    -------
    Judged
        The layer with text as ``str``, required counts as ``int64``, other
        counts as ``Int64``, and numbers as ``float64``; all faults.
    """
    frame = frame.reset_index(drop=True)
    faults: list[Fault] = []
    idents = _idents(frame, table)
    for column in table.columns:
        if column.name not in frame.columns:
            if column.required:
                faults.append(_missing_column(frame, table, column))
            continue
        values, found = _judge_column(frame[column.name], idents, table, column)
        frame[column.name] = as_series(values, column)
        faults.extend(found)
    faults.extend(_doubles(frame, table))
    return Judged(frame, tuple(faults))


def as_series(values: list[Any], column: Column) -> pd.Series[Any]:
    """Give a column's values its dtype; ``None`` is a missing value."""
    import pandas as pd

    if column.kind == "text":
        # the text dtype of this pandas: `str` from 3.0 on, `object` before
        return pd.Series(values, dtype=pd.Series(["text"]).dtype)
    if column.kind == "float":
        return pd.Series(values, dtype="float64")
    dtype = "Int64" if column.kind == "int" else "boolean"
    series = pd.Series(values, dtype=dtype)
    if column.kind == "int" and column.required and not series.isna().any():
        return series.astype("int64")
    return series


def rows_text(rows: list[int]) -> str:
    """Write row numbers for a message: all of them, or the first and the count."""
    text = ", ".join(str(row) for row in rows[:_ROWS_LISTED])
    more = len(rows) - _ROWS_LISTED
    return f"{text} and {more} more" if more > 0 else text


def _idents(frame: gpd.GeoDataFrame, table: Table) -> list[str]:
    """Name each row by its key, or "" where it has none."""
    if table.key not in frame.columns:
        return [""] * len(frame)
    key = table.column(table.key)
    idents = []
    for value in frame[table.key]:
        try:
            idents.append("" if _is_missing(value) else _as_text(value, key))
        except _RefusedError:
            idents.append(str(value))
    return idents


def _missing_column(frame: gpd.GeoDataFrame, table: Table, column: Column) -> Fault:
    present = ", ".join(str(name) for name in frame.columns if name != "geometry") or "none"
    return Fault(
        table.name,
        None,
        "",
        column.name,
        f"required column {column.name} is missing (columns found: {present})",
        f"add column {column.name}: {column.meaning}",
    )


def _judge_column(
    raw: Iterable[Any], idents: list[str], table: Table, column: Column
) -> tuple[list[Any], list[Fault]]:
    """Convert one column value by value, since each refusal has its own reason."""
    values: list[Any] = []
    faults: list[Fault] = []
    digits_as_text: list[int] = []
    for row, (value, ident) in enumerate(zip(raw, idents, strict=True), start=1):
        try:
            parsed = _judge_value(value, column)
        except _RefusedError as refused:
            parsed = None
            faults.append(
                Fault(table.name, row, ident, column.name, refused.reason, refused.remedy)
            )
        values.append(parsed)
        if column.kind != "text" and isinstance(value, str) and parsed is not None:
            digits_as_text.append(row)
        if (table.name, column.name, parsed) == ("courtyards", "households", 0):
            reason = "0 households; the courtyard is taken and weighs nothing"
            remedy = "check the ledger; fill in the count if people live there"
            faults.append(Fault(table.name, row, ident, column.name, reason, remedy, "note"))
    if digits_as_text:
        reason = f"numbers written as text in rows {rows_text(digits_as_text)}; read as numbers"
        remedy = f"make {column.name} a number column"
        faults.append(Fault(table.name, None, "", column.name, reason, remedy, "note"))
    return values, faults


def _judge_value(value: object, column: Column) -> str | int | float | bool | None:
    """Convert one value and hold it against the column's limits."""
    if _is_missing(value):
        if column.nullable:
            return None
        reason = f"{column.name} is missing"
        raise _RefusedError(reason, f"fill in {column.name}: {column.meaning}")
    if column.kind == "text":
        text = _as_text(value, column)
        if column.choices and text not in column.choices:
            reason = f"{text!r} is not allowed"
            raise _RefusedError(reason, f"write one of {', '.join(column.choices)}")
        if column.pattern and not re.fullmatch(column.pattern, text):
            reason = f"{text!r} is not written as {column.name}s are"
            raise _RefusedError(reason, f"write {column.form}")
        return text
    if column.kind == "bool":
        return _as_bool(value, column)
    number = _as_number(value, column)
    _check_limits(number, column)
    return int(number) if column.kind == "int" else number


def _is_missing(value: Any) -> bool:  # noqa: ANN401 - a cell of any source
    if isinstance(value, str):
        return not value.strip()
    import pandas as pd

    return value is None or bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _as_text(value: object, column: Column) -> str:
    if isinstance(value, str):
        if "\ufffd" in value:
            reason = f"{value!r} holds unreadable characters: its encoding was lost"
            raise _RefusedError(reason, "export the file again in UTF-8 or GB18030")
        if value != value.strip() and _identifies(column):
            reason = f"{value!r} has blanks around it"
            raise _RefusedError(reason, f"write {value.strip()!r}")
        return value
    if isinstance(value, Real) and not isinstance(value, bool):
        number = float(value)
        if isinstance(value, Integral) or number.is_integer():
            whole = int(value) if isinstance(value, Integral) else int(number)
            return str(whole).zfill(_CODE_WIDTHS.get(column.name, 1))
        if _identifies(column):
            reason = f"{value} is a number with a fraction, not an identifier"
            raise _RefusedError(reason, f"write {column.name} as text")
    return str(value)


def _identifies(column: Column) -> bool:
    """Say whether values are compared with other layers, so that blanks matter."""
    return column.unique or column.name in _CODE_WIDTHS or column.name.endswith("_id")


def _as_number(value: object, column: Column) -> int | float:
    wanted = "a whole number" if column.kind == "int" else "a number"
    remedy = f"write {wanted} in {column.name}"
    if isinstance(value, bool) or not isinstance(value, (str, Real)):
        reason = f"{value!r} is {type(value).__name__}, not {wanted}"
        raise _RefusedError(reason, remedy)
    try:
        # whole numbers stay exact beyond 2**53
        number = int(value) if isinstance(value, Integral) else float(value)
    except ValueError:
        reason = f"{value!r} is text, not {wanted}"
        raise _RefusedError(reason, remedy) from None
    if not math.isfinite(number):
        reason = f"{value} is not a finite number"
        raise _RefusedError(reason, remedy)
    if column.kind == "int" and number != int(number):
        reason = f"{value} is not a whole number"
        raise _RefusedError(reason, f"round {column.name} yourself")
    return number


def _as_bool(value: object, column: Column) -> bool:
    truth = {"true": True, "1": True, "false": False, "0": False}
    try:
        return truth[str(value).strip().lower().removesuffix(".0")]
    except KeyError:
        reason = f"{value!r} is neither true nor false"
        raise _RefusedError(reason, f"write true or false in {column.name}") from None


def _check_limits(number: float, column: Column) -> None:
    if column.low is not None and number < column.low:
        word = "negative" if column.low == 0 else f"below {column.low:g}"
        reason = f"{number:g} is {word}"
        raise _RefusedError(reason, f"write {column.low:g} or more in {column.name}")
    if column.high is not None and number > column.high:
        reason = f"{number:g} is above {column.high:g}"
        raise _RefusedError(reason, f"write {column.high:g} or less in {column.name}")


def _doubles(frame: gpd.GeoDataFrame, table: Table) -> list[Fault]:
    """Report each key that stands in several rows, once, with all of them."""
    if table.key not in frame.columns:
        return []
    keys = frame[table.key].dropna()
    doubled = keys[keys.duplicated(keep=False)]
    faults = []
    for ident, group in doubled.groupby(doubled, sort=True):
        rows = [int(ix) + 1 for ix in group.index]
        reason = f"{ident!r} stands in rows {rows_text(rows)}"
        remedy = f"give each row its own {table.key}, or drop the copies"
        faults.append(Fault(table.name, rows[1], str(ident), table.key, reason, remedy))
    return faults
