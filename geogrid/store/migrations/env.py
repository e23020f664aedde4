"""What alembic runs around the steps: our connection, our transaction."""

from __future__ import annotations

from alembic import context

from geogrid.store.tables import METADATA


def run() -> None:
    """Take the steps on the connection that `migrations.upgrade` hands over."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=METADATA, render_as_batch=False)
    context.run_migrations()


# alembic loads this file with its context in place; everybody else may import it
if hasattr(context, "config"):
    run()
