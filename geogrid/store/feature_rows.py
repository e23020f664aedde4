"""Feature rows: a published version as it is handed out, one row a feature."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from geogrid.publish.features import FeatureTable

__all__ = ["rows_of_tables", "tables_of_rows"]


def rows_of_tables(plan_id: int, tables: Mapping[str, FeatureTable]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a version's collections.

    Parameters
    ----------
    plan_id : int
        The version.
    tables : mapping of str to FeatureTable
        From `geogrid.publish.features.feature_tables`.

    Yields
    ------
    dict
        A row of the table ``features``: properties as JSON, geometry as WKB.
    """
    for name, table in tables.items():
        wkb = shapely.to_wkb(table.geometry, byte_order=1)
        for position, ident in enumerate(table.ids):
            properties = table.properties[position]
            yield {
                "plan_id": plan_id,
                "collection": name,
                "feature_id": ident,
                "position": position,
                "properties": json.dumps(properties, ensure_ascii=False, allow_nan=False),
                "geometry": wkb[position],
            }


def tables_of_rows(rows: Iterable[Any]) -> dict[str, FeatureTable]:
    """Return the collections of a version.

    Parameters
    ----------
    rows : iterable of Row
        Of the table ``features``, by collection and position.

    Returns
    -------
    dict of str to FeatureTable
        Every collection, empty ones too.
    """
    from geogrid.publish.features import COLLECTIONS, FeatureTable

    found: dict[str, list[Any]] = {name: [] for name in COLLECTIONS}
    for row in rows:
        found[row.collection].append(row)
    return {
        name: FeatureTable(
            name=name,
            ids=tuple(row.feature_id for row in kept),
            properties=tuple(json.loads(row.properties) for row in kept),
            geometry=shapely.from_wkb(np.array([row.geometry for row in kept], dtype=object)),
        )
        for name, kept in found.items()
    }
