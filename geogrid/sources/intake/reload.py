"""Load a new ledger into a district that stands: by courtyard_id, telling every change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from geogrid.district import TABLES
from geogrid.sources.findings import Finding
from geogrid.sources.intake.imported import Change, Changes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from geogrid.district import District
    from geogrid.sources.intake.claims import Claim
    from geogrid.sources.intake.row_sources import Rows

__all__ = ["Update", "changes_between", "places_kept", "upserted", "values_kept"]

# a point this near to where it stood stands there still: decimals of a transformation
_SAME_M = 0.5
# points come to rest on a building at most this far off; beyond, a courtyard has moved
_MOVED_M = 20.0
_FLOAT = 1e-9
# what an import finds out itself where a row does not tell it
_NOT_TOLD = {"geometry", "community_code", "beat_id", "households_source"}
_MOST_NAMED = 10


@dataclass(frozen=True)
class Update:
    """Say which district a ledger brings up to date.

    Parameters
    ----------
    district : Path or str
        Its GeoPackage; it is read, never written.
    missing : {"keep", "drop"}
        What becomes of courtyards that the ledger does not tell. They are kept unless asked
        otherwise, since ledgers often come by subdistrict.
    """

    district: Path | str
    missing: Literal["keep", "drop"] = "keep"


def upserted(
    before: gpd.GeoDataFrame,
    told: gpd.GeoDataFrame,
    *,
    seen: Collection[str],
    missing: Literal["keep", "drop"],
) -> gpd.GeoDataFrame:
    """Put told courtyards over those that stand.

    Parameters
    ----------
    before : GeoDataFrame
        Courtyards of the district, n rows, in metres.
    told : GeoDataFrame
        Rows of the ledger that were taken, in the same system; what a row does not tell is
        missing there, and stays as it was.
    seen : collection of str
        Identifiers of all rows of the ledger: a row that was rejected is not missing.
    missing : {"keep", "drop"}
        What becomes of courtyards that are not seen.

    Returns
    -------
    GeoDataFrame
        Courtyards for `geogrid.sources.make_district`: those before in their order, then
        the new ones.
    """
    import geopandas as gpd
    import pandas as pd
    import shapely

    old = before.set_index("courtyard_id", drop=False)
    new = told.set_index("courtyard_id", drop=False)
    if missing == "drop":
        old = old[old.index.isin(set(seen))]
    both = new.index.intersection(old.index, sort=False)
    merged = old.astype({name: object for name in old.columns if name != "geometry"})
    over = new.loc[both]
    away_m = shapely.distance(merged.loc[both].geometry.to_numpy(), over.geometry.to_numpy())
    moved = both[away_m > _MOVED_M]
    if "beat_id" in merged.columns:
        merged.loc[moved, "beat_id"] = None
    for name in over.columns:
        if name == "geometry":
            continue
        values = over[name].dropna()
        if name not in merged.columns:
            merged[name] = pd.Series(None, index=merged.index, dtype=object)
        merged.loc[values.index, name] = values.astype(object)
    if "households_source" in merged.columns:
        # what the ledger counts is no estimate any more, unless it says so itself
        says = over.get("households_source", pd.Series(None, index=over.index, dtype=object))
        counted = over.index[over["households"].notna() & says.isna()]
        was = merged.loc[counted, "households_source"]
        merged.loc[was.index[was == "estimated"], "households_source"] = "ledger"
    shapes = merged.geometry.copy()
    shapes.loc[both] = over.geometry
    merged = merged.set_geometry(shapes, crs=before.crs)
    added = new[~new.index.isin(before["courtyard_id"])].astype(
        {name: object for name in new.columns if name != "geometry"}
    )
    joined = pd.concat([merged, added], ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=before.crs)


def places_kept(before: gpd.GeoDataFrame, claims: Iterable[Claim]) -> list[Finding]:
    """Note rows whose address is a new one, while their place stays that of the old.

    Parameters
    ----------
    before : GeoDataFrame
        Courtyards of the district.
    claims : iterable of Claim
        Of rows that are taken.

    Returns
    -------
    list of Finding
        One of each row that has an address other than before, and no place of its own.
    """
    from geogrid.sources.addresses import plain_address

    was = dict(zip(before["courtyard_id"], before["address"], strict=True))
    return [
        claim.finding("place_kept", "note", "address", claim.address, was=was[claim.ident])
        for claim in claims
        if claim.before is not None and claim.x is None and claim.drawn is None
        # where none was known before, nothing says that it moved
        if isinstance(was.get(claim.ident), str)
        and plain_address(claim.address) not in {"", plain_address(was[claim.ident])}
    ]


def values_kept(before: gpd.GeoDataFrame, rows: Rows, taken: Iterable[int]) -> list[Finding]:
    """Note columns that are empty in some rows, while the district has values there.

    Parameters
    ----------
    before : GeoDataFrame
        Courtyards of the district.
    rows : Rows
        Of the ledger.
    taken : iterable of int
        Places of the rows that are taken.

    Returns
    -------
    list of Finding
        One of each column: an empty cell clears nothing, and who emptied it should know.
    """
    tables, file = rows.ledger.tables, rows.ledger.file
    known = before.set_index("courtyard_id").drop(columns=[*_NOT_TOLD & set(before.columns)])
    was = known.to_dict("index")
    kept: dict[str, list[str]] = {}
    for ix in taken:
        values, told = was.get(rows.ident(ix), {}), rows.told(ix)
        table = rows.ledger.rows[ix].table
        for field in dict.fromkeys(tables[table].columns.values() if table < len(tables) else ()):
            if _text(values.get(field)) and not _text(told.get(field)):
                kept.setdefault(field, []).append(rows.ident(ix))
    return [
        Finding(
            "value_kept",
            "note",
            file,
            field=field,
            column=next(filter(None, (table.head(field) for table in tables)), ""),
            value=", ".join(idents[:_MOST_NAMED]) + ("" if len(idents) <= _MOST_NAMED else " ..."),
            told={"n": f"{len(idents):,}"},
        )
        for field, idents in kept.items()
    ]


def changes_between(
    before: District,
    after: District,
    *,
    told: Sequence[str],
    seen: Collection[str],
    missing: Literal["keep", "drop"],
) -> tuple[District, Changes]:
    """Tell what an update changed, and leave what did not change as it stood.

    Parameters
    ----------
    before, after : District
        As it stood, and with the ledger's rows over it, in one system.
    told : sequence of str
        Identifiers of the rows that were taken.
    seen : collection of str
        Identifiers of all rows of the ledger, rejected ones too.
    missing : {"keep", "drop"}
        What was done with courtyards that are not seen.

    Returns
    -------
    district : District
        ``after``; courtyards that stand where they stood have the very geometry of ``before``.
    changes : Changes
        Every value that differs.
    """
    import shapely

    old = before.courtyards.set_index("courtyard_id", drop=False)
    courtyards = after.courtyards
    new = courtyards.set_index("courtyard_id", drop=False)
    both = [ident for ident in new.index if ident in old.index]
    was, now = old.loc[both].geometry.to_numpy(), new.loc[both].geometry.to_numpy()
    same = shapely.equals_exact(was, now, tolerance=_SAME_M) & (
        shapely.get_type_id(was) == shapely.get_type_id(now)
    )
    shapes = new.geometry.copy()
    stands = [ident for ident, is_same in zip(both, same, strict=True) if is_same]
    shapes.loc[stands] = old.loc[stands].geometry
    courtyards = courtyards.set_geometry(shapes.to_numpy(), crs=courtyards.crs)
    district = replace(after, tables={**after.tables, "courtyards": courtyards})
    changes: list[Change] = []
    changed_at = dict(zip(both, ~same, strict=True))
    wanted = [ident for ident in dict.fromkeys(told) if ident in changed_at]
    for column in TABLES["courtyards"].columns:
        if column.name != "courtyard_id":
            changes += _value_changes(old, new, wanted, column.name)
    for ident in wanted:
        if changed_at[ident]:
            places = (_place_text(frame.geometry.loc[ident]) for frame in (old, new))
            changes.append(Change(ident, "geometry", *places))
    order = {ident: n for n, ident in enumerate(wanted)}
    changes.sort(key=lambda change: order[change.courtyard_id])
    n_changed = len({change.courtyard_id for change in changes})
    seen = set(seen)
    gone = tuple(ident for ident in old.index if ident not in seen)
    added = tuple(ident for ident in new.index if ident not in old.index)
    return district, Changes(
        added, tuple(changes), len(wanted) - n_changed, gone, missing == "drop"
    )


def _value_changes(
    old: pd.DataFrame, new: pd.DataFrame, idents: list[str], column: str
) -> list[Change]:
    """Compare one column of the rows that both have."""
    if column not in new.columns:
        return []
    after = new.loc[idents, column]
    before = old.loc[idents, column] if column in old.columns else [None] * len(idents)
    pairs = zip(idents, before, after, strict=True)
    return [
        Change(ident, column, _text(was), _text(now))
        for ident, was, now in pairs
        if not _is_same(was, now)
    ]


def _is_same(was: Any, now: Any) -> bool:  # noqa: ANN401 - a value of any column
    """Say whether two values are one; missing and empty text are."""
    if isinstance(was, float) and isinstance(now, float) and abs(was - now) <= _FLOAT:
        return True
    return _text(was) == _text(now)


def _text(value: Any) -> str:  # noqa: ANN401 - a value of any column
    """Write a value; nothing for a missing one."""
    import pandas as pd

    return "" if value is None or pd.isna(value) else str(value)


def _place_text(shape: Any) -> str:  # noqa: ANN401 - a geometry
    """Write the middle of a geometry, in metres."""
    point = shape.representative_point()
    return f"{point.x:.1f}, {point.y:.1f}"
