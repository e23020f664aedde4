"""Laws of the tables: the steps lead to them, and what was published stays."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from geogrid.errors import ConflictError, StorageError
from geogrid.store import migrations
from geogrid.store.store import Store
from geogrid.store.tables import METADATA


def test_the_steps_lead_to_the_tables(store):
    with store.database.read() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                # PostGIS brings a table of its own
                "include_name": lambda name, *_: name != "spatial_ref_sys",
            },
        )
        differences = compare_metadata(context, METADATA)
        constraints = {
            (table.name, check["name"])
            for table in METADATA.sorted_tables
            for check in sa.inspect(connection).get_check_constraints(table.name)
        }
    assert not differences
    assert constraints == {
        (table.name, check.name)
        for table in METADATA.sorted_tables
        for check in table.constraints
        if isinstance(check, sa.CheckConstraint)
    }


def test_the_newest_step_is_the_one_that_open_expects(store):
    with store.database.read() as connection:
        assert migrations.revision_of(connection) == migrations.REVISION


@pytest.mark.parametrize(
    ("found", "words"), [("0000", "older"), ("9999", "newer"), (None, "no geogrid store")]
)
def test_open_refuses_tables_of_another_day(store_url, found, words):
    with Store.open(store_url) as store, store.database.write() as connection:
        if found is None:
            connection.execute(sa.text("DROP TABLE alembic_version"))
        else:
            row = sa.text("UPDATE alembic_version SET version_num = :found")
            connection.execute(row, {"found": found})
    with pytest.raises(StorageError, match=words):
        Store.open(store_url)


def test_create_refuses_what_is_there(store_url):
    with pytest.raises(ConflictError, match="already"):
        Store.create(store_url)


def test_upgrade_of_the_newest_changes_nothing(store_url):
    assert Store.upgrade(store_url) == migrations.REVISION
