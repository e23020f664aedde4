"""How a store's tables came to be: steps that alembic takes in order, each at most once.

A step is never changed after a release. ``geogrid store upgrade`` takes the missing ones.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["REVISION", "revision_of", "upgrade"]

# the step that this geogrid's tables stand at; a test compares
REVISION = "0001"

# alembic keeps its context in the module, for one run at a time
_ONE = threading.Lock()
# any number that no other program on the server takes
_ADVISORY = 0x67656F67


def revision_of(connection: Connection) -> str | None:
    """Return the step that a database stands at, None if it is no store.

    Parameters
    ----------
    connection : Connection
        An open connection.

    Returns
    -------
    str or None
        As in ``alembic_version``.
    """
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def upgrade(connection: Connection) -> None:
    """Take every step that is missing, in the transaction of the connection.

    Parameters
    ----------
    connection : Connection
        Inside a write; a failure takes all steps back.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    with _ONE:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY)))
        command.upgrade(config, "head")
