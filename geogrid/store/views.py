"""Views for desktop GIS: the version in force as PostGIS layers, one a collection.

Made wherever the extension postgis is there or may be made; a store lives well without.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import sqlalchemy as sa

from geogrid.publish.features import COLLECTIONS

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from geogrid.publish.features import CollectionInfo

__all__ = ["make_views"]

_LOG = logging.getLogger(__name__)

_TYPES = {"text": "text", "int": "bigint", "float": "double precision", "bool": "boolean"}

# as `geogrid.store.calendar` counts: midnight in China
_IN_FORCE = """
CREATE VIEW geogrid_plans_in_force AS
SELECT DISTINCT ON (district_code)
  plan_id, district_code, number, title, document_no, effective_date
FROM plans
WHERE status = 'published' AND effective_date <= (now() AT TIME ZONE 'Asia/Shanghai')::date
ORDER BY district_code, effective_date DESC
"""


def make_views(connection: Connection) -> bool:
    """Make the views ``geogrid_COLLECTION_in_force`` afresh, on PostgreSQL with PostGIS.

    Parameters
    ----------
    connection : Connection
        Inside a write.

    Returns
    -------
    bool
        Whether they are there now.
    """
    if connection.dialect.name != "postgresql":
        return False
    if not _has_postgis(connection):
        _LOG.info("no extension postgis: no views for desktop GIS")
        return False
    for name in COLLECTIONS:
        connection.execute(sa.text(f"DROP VIEW IF EXISTS geogrid_{name}_in_force"))
    connection.execute(sa.text("DROP VIEW IF EXISTS geogrid_plans_in_force"))
    connection.execute(sa.text(_IN_FORCE))
    for info in COLLECTIONS.values():
        connection.exec_driver_sql(_view(info))
    return True


def _has_postgis(connection: Connection) -> bool:
    """Tell whether PostGIS is there, after an attempt to make it."""
    there = sa.text("SELECT count(*) FROM pg_extension WHERE extname = 'postgis'")
    offered = sa.text("SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'")
    if connection.execute(there).scalar():
        return True
    if not connection.execute(offered).scalar():
        return False
    try:
        # a refusal must not end the transaction around it
        with connection.begin_nested():
            connection.execute(sa.text("CREATE EXTENSION postgis"))
    except sa.exc.DBAPIError:
        return False
    return True


def _view(info: CollectionInfo) -> str:
    """Return the statement of one collection's view."""
    columns = "".join(
        f"""  (f.properties::json->>'{told.name}')::{_TYPES[told.kind]} AS "{told.name}",\n"""
        for told in info.properties.values()
    )
    kinds = set(info.geometry)
    # one type a layer, so that QGIS need not look at every row
    kind = "Geometry"
    shape = "ST_SetSRID(ST_GeomFromWKB(f.geometry), 4326)"
    if kinds <= {"Polygon", "MultiPolygon"}:
        kind, shape = "MultiPolygon", f"ST_Multi(ST_CollectionExtract({shape}, 3))"
    return (
        f"CREATE VIEW geogrid_{info.id}_in_force AS\nSELECT\n{columns}"
        f"  p.plan_id, p.district_code, p.effective_date,\n"
        f"  {shape}::geometry({kind}, 4326) AS geometry\n"
        "FROM features f JOIN geogrid_plans_in_force p ON p.plan_id = f.plan_id\n"
        f"WHERE f.collection = '{info.id}'"
    )
