"""Settings of a store: how often what it serves has changed, and what anybody may read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from geogrid.store.edits import plain_text
from geogrid.store.room import Room
from geogrid.store.tables import settings

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["Settings"]

_HEAD, _PUBLIC = "head", "public"


class Settings(Room):
    """Keep what holds for the store as a whole."""

    def head(self) -> int:
        """Return a number that rises with everything that changes what is served.

        Returns
        -------
        int
            One row: ask as often as you like.
        """
        with self.database.peek() as connection:
            return int(connection.execute(_ASK_HEAD).scalar() or 0)

    def is_public(self, collection: str) -> bool:
        """Return whether anybody may read a collection.

        Parameters
        ----------
        collection : str
            For example ``gov_grids``.

        Returns
        -------
        bool
            True unless it was switched off.
        """
        return bool(self.public().get(collection, True))

    def public(self) -> dict[str, bool]:
        """Return the collections for which public reading was switched on or off."""
        with self.database.peek() as connection:
            return dict(self._setting(connection, _PUBLIC) or {})

    def set_public(self, collection: str, public: bool) -> None:  # noqa: FBT001 - the value itself
        """Switch public reading of a collection on or off.

        Parameters
        ----------
        collection : str
            For example ``gov_grids``.
        public : bool
            Whether anybody may read it.
        """
        collection = plain_text(collection, "collection", most=32)
        with self.database.write() as connection:
            self._raise_head(connection)
            told = dict(self._setting(connection, _PUBLIC) or {})
            self._set(connection, _PUBLIC, {**told, collection: bool(public)})
            self._told(connection, "setting.public", collection, public=bool(public))

    def _raise_head(self, connection: Connection) -> int:
        """Count the head up, and keep other publications out until the transaction ends."""
        row = sa.select(settings.c.value).where(settings.c.key == _HEAD).with_for_update()
        head = int(connection.execute(row).scalar() or 0) + 1
        self._set(connection, _HEAD, head)
        return head

    def _setting(self, connection: Connection, key: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return a setting, None if it was never set."""
        row = sa.select(settings.c.value).where(settings.c.key == key)
        return connection.execute(row).scalar()

    def _set(self, connection: Connection, key: str, value: Any) -> None:  # noqa: ANN401
        """Set a setting."""
        dialect = sqlite if self.database.is_sqlite else postgresql
        insert = dialect.insert(settings).values(key=key, value=value)
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=[settings.c.key], set_={"value": insert.excluded.value}
            )
        )


_ASK_HEAD = sa.select(settings.c.value).where(settings.c.key == _HEAD)
