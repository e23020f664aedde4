"""The rows of an import: of a ledger, with what is drawn of them, or of drawn courtyards alone."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from geogrid.district import Fault
from geogrid.errors import InputError
from geogrid.sources.findings import Finding
from geogrid.sources.intake.claims import Claim
from geogrid.sources.ledger import LedgerRow, read_ledger
from geogrid.sources.outlines import mend_shapes
from geogrid.sources.spelling import plain_ident

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    import geopandas as gpd

    from geogrid.sources.findings import RowKey
    from geogrid.sources.intake.base_layers import Base
    from geogrid.sources.ledger import Ledger, LedgerWords

__all__ = ["Rows", "rows_of_features", "rows_of_ledger"]

KEY, CODE = "courtyard_id", "community_code"
_MOST_NAMED = 10
# numbers the features, so that one without any value is a row all the same
_NUMBER = "序号"


@dataclass
class Rows:
    """Hold the rows of courtyards that an import accounts for.

    Parameters
    ----------
    ledger : Ledger
        As written; drawn courtyards stand in it with their attributes.
    findings : list of Finding
        What was said of them so far.
    drawn : dict of int to geometry
        What is drawn of a row, by its position.
    more : dict of int to dict
        Values of columns that the data model does not know.
    has_points : bool
        Whether the ledger's own coordinates count.
    """

    ledger: Ledger
    findings: list[Finding]
    drawn: dict[int, Any] = field(default_factory=dict)
    more: dict[int, dict[str, Any]] = field(default_factory=dict)
    has_points: bool = True
    _heads_of: dict[int, dict[str, str]] = field(default_factory=dict)

    def key(self, row: LedgerRow) -> RowKey:
        """Return how the sources number a row."""
        return (self.ledger.file, row.sheet, row.row)

    def keys(self) -> Iterator[RowKey]:
        """Yield the numbers of all rows."""
        return (self.key(row) for row in self.ledger.rows)

    def ident(self, ix: int) -> str:
        """Return a row's courtyard_id, empty if it has none."""
        return str(self.ledger.rows[ix].values.get(KEY) or "")

    def told(self, ix: int) -> dict[str, Any]:
        """Return the values of a row, of columns that the data model does not know too."""
        return {**self.more.get(ix, {}), **self.ledger.rows[ix].values}

    def claim(self, ix: int, before: Mapping[str, Any]) -> Claim:
        """Return what a row says of its place."""
        row = self.ledger.rows[ix]
        ident = self.ident(ix)
        drawn, point = self.drawn.get(ix), before.get(ident)
        if drawn is None and point is not None and point.geom_type != "Point":
            drawn, point = point, None
        return Claim(
            self.key(row),
            ident,
            row.x if self.has_points else None,
            row.y if self.has_points else None,
            row.xy_written,
            str(row.values.get("address") or ""),
            _code(row),
            drawn,
            point,
            self._heads(row.table),
        )

    def _heads(self, table: int) -> dict[str, str]:
        """Return the head of each field of a table."""
        if table not in self._heads_of:
            told = self.ledger.tables[table] if table < len(self.ledger.tables) else None
            fields = () if told is None else set(told.columns.values())
            self._heads_of[table] = {name: told.head(name) for name in fields} if told else {}
        return self._heads_of[table]


def rows_of_ledger(ledger: Ledger, base: Base) -> Rows:
    """Join a ledger with what is drawn under its identifiers.

    Parameters
    ----------
    ledger : Ledger
        As read.
    base : Base
        With the courtyards that are drawn, if there are any.

    Returns
    -------
    Rows
        What was said of an outline is said of its row: mended with it, rejected with it.
    """
    rows = Rows(ledger, list(ledger.findings))
    if base.drawn is None:
        return rows
    row_of: dict[str, int] = {}
    for ix, row in enumerate(ledger.rows):
        row_of.setdefault(str(row.values.get(KEY) or ""), ix)
    row_of.pop("", None)
    frame = base.drawn.frame
    if KEY not in frame.columns:
        found = ", ".join(str(name) for name in frame.columns if name != "geometry") or "none"
        reason = f"the drawn courtyards have no column {KEY} (found: {found})"
        remedy = f"add {KEY}, as in the ledger, or say in fields.csv (short,name) which it is"
        fault = Fault(base.drawn_file, None, "", KEY, reason, remedy)
        msg = f"Drawing and ledger cannot be joined: {reason}; {remedy}."
        raise InputError(msg, faults=(fault,))
    frame = frame.assign(courtyard_id=[_ident(value) for value in frame[KEY]])
    stated: list[Any] = [
        _code(ledger.rows[row_of[ident]]) if ident in row_of else None for ident in frame[KEY]
    ]
    if CODE in frame.columns:
        stated = [told or own for told, own in zip(stated, frame[CODE], strict=True)]
    shapes, said = mend_shapes(
        frame.assign(**{CODE: stated}), "courtyards", base.communities, file=base.drawn_file
    )
    drawn: dict[str, list[Any]] = {}
    for ident, shape in zip(shapes[KEY], shapes.geometry, strict=True):
        drawn.setdefault(ident, []).append(shape)
    _hand_on(rows, [*base.drawn.findings, *said], row_of, base.drawn_file, drawn)
    for ident, some in drawn.items():
        if ident not in row_of:
            continue
        ix = row_of[ident]
        rows.drawn[ix] = some[0]
        if len(some) > 1:
            file, sheet, line = rows.key(ledger.rows[ix])
            told = {"count": f"{len(some):,}"}
            rows.findings.append(
                Finding(
                    "several_outlines", "rejected", file, sheet, line, ident, "geometry", told=told
                )
            )
    unused = [ident for ident in frame[KEY] if ident not in row_of]
    if unused:
        shown = _listed(unused)
        told = {"count": f"{len(unused):,}"}
        note = Finding("polygons_unused", "note", base.drawn_file, value=shown, told=told)
        rows.findings.append(note)
    return rows


def _hand_on(
    rows: Rows,
    said: Iterable[Finding],
    row_of: Mapping[str, int],
    file: str,
    drawn: Collection[str],
) -> None:
    """Say of rows what was said of their outlines; the rest is worth a look, and rejects no row."""
    for one in said:
        ix = row_of.get(one.ident) if one.ident else None
        # an outline that was drawn once more is left out, and the row keeps the first
        if ix is None or (one.verdict == "rejected" and one.ident in drawn):
            rows.findings.append(replace(one, verdict="note", file=one.file or file))
            continue
        _, sheet, row = rows.key(rows.ledger.rows[ix])
        rows.findings.append(replace(one, file=rows.ledger.file, sheet=sheet, row=row))


def rows_of_features(base: Base, words: LedgerWords) -> Rows:
    """Read the attributes of drawn courtyards as the ledger that they are.

    Parameters
    ----------
    base : Base
        With drawn courtyards.
    words : LedgerWords
        Heads, communities and choices.

    Returns
    -------
    Rows
        One per feature of the file, numbered as there from 1; features that could not be
        read as shapes are among them.

    Raises
    ------
    InputError
        If there are no drawn courtyards, or they tell no households.
    """
    drawn, file = base.drawn, base.drawn_file
    if drawn is None:
        msg = "No courtyards were given: add a ledger, or a layer courtyards to the vector files."
        raise InputError(msg)
    frame = drawn.frame
    homes = base.communities[[CODE, "name"]]
    read = read_ledger(_as_csv(frame), name=file, communities=homes, words=words)
    # line 1 of the list is its head, and line n + 2 is the n-th of the layer's rows
    number = {n + 2: int(ix) + 1 for n, ix in enumerate(frame.index)}
    told = {row.row: replace(row, row=number[row.row]) for row in read.rows}
    names = _names(frame)
    listed = [
        told.get(n) or LedgerRow("", number[n], tuple(map(_cell, values)), {}, verdict="rejected")
        for n, values in zip(number, frame[names].itertuples(index=False, name=None), strict=True)
    ]
    findings = [
        one if one.row is None else replace(one, row=number[one.row])
        for one in read.findings
        # what the data model does not know is kept as it comes
        if one.kind != "column_ignored"
    ]
    empty = [row for n, row in zip(number, listed, strict=True) if n not in told]
    findings += [Finding("id_missing", "rejected", file, row=row.row, field=KEY) for row in empty]
    lost = sorted(set(range(1, drawn.n_read + 1)) - set(number.values()))
    listed += [LedgerRow("", row, (), {}, verdict="rejected") for row in lost]
    listed.sort(key=lambda row: row.row)
    ledger = replace(read, rows=tuple(listed), findings=tuple(findings))
    codes: dict[int, Any] = {row.row: _code(row) for row in listed}
    stated = frame.assign(community_code=[codes[row] for row in number.values()])
    shapes, said = mend_shapes(stated, "courtyards", base.communities, file=file)
    rows = Rows(ledger, [*findings, *drawn.findings, *said], has_points=False)
    at = {row.row: ix for ix, row in enumerate(listed)}
    rows.drawn = {
        at[int(ix) + 1]: shape
        for ix, shape in zip(shapes.index, shapes.geometry.to_numpy(), strict=True)
    }
    if base.counts is not None and len(base.counts) == drawn.n_read:
        for ix, values in enumerate(base.counts.to_dict("records")):
            rows.more[ix] = {str(name): value for name, value in values.items()}
    return rows


def _code(row: LedgerRow) -> str | None:
    """Return the community that a row states."""
    told = row.values.get(CODE)
    return None if told is None else str(told)


def _names(frame: gpd.GeoDataFrame) -> list[str]:
    return [name for name in frame.columns if name != frame.geometry.name]


def _as_csv(frame: gpd.GeoDataFrame) -> bytes:
    """Write the attributes of a layer as a list."""
    text = io.StringIO()
    names = _names(frame)
    writer = csv.writer(text)
    writer.writerow([*names, _NUMBER])
    for number, values in enumerate(frame[names].itertuples(index=False, name=None), start=1):
        writer.writerow([*(_cell(value) for value in values), number])
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:  # noqa: ANN401 - a value of any column
    """Write a value in one line; whole numbers without a fraction."""
    import pandas as pd

    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).splitlines())


def _ident(value: Any) -> str:  # noqa: ANN401 - a value of any column
    """Write an identifier as a ledger does."""
    return plain_ident(_cell(value))


def _listed(idents: list[str]) -> str:
    """Name some, and say how many more there are."""
    more = len(idents) - _MOST_NAMED
    return ", ".join(idents[:_MOST_NAMED]) + (f" +{more:,}" if more > 0 else "")
