"""What every part of the store stands on: a database, a clock, a calendar."""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from geogrid.store.audit import Actor, Entry, actor, record
from geogrid.store.calendar import CHINA

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from geogrid.store.database import Database

__all__ = ["Room", "Shelf"]

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Room:
    """Hold the database and the clock; the parts of `Store` inherit it.

    Parameters
    ----------
    database : Database
        Open.
    now : callable
        Returns the moment, aware of its zone.
    zone : tzinfo
        Whose midnight begins a day.
    """

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], dt.datetime] | None = None,
        zone: dt.tzinfo = CHINA,
    ) -> None:
        self.database = database
        self.zone = zone
        self._clock = now

    def now(self) -> dt.datetime:
        """Return the moment in UTC."""
        return dt.datetime.now(dt.UTC) if self._clock is None else self._clock().astimezone(dt.UTC)

    def today(self) -> dt.date:
        """Return the day of the district's own midnight."""
        return self.now().astimezone(self.zone).date()

    def _told(
        self,
        connection: Connection,
        action: str,
        subject: str,
        by: str = "",
        **details: Any,  # noqa: ANN401 - JSON values
    ) -> None:
        """Write a line of the audit log with the deed; whoever called has the last word on who."""
        who = None if actor().name else Actor(by)
        record(connection, Entry(action, subject, details=details, by=who), now=self.now())


class Shelf(Generic[_Key, _Value]):
    """Keep the values used last, for many threads.

    Parameters
    ----------
    most : int
        How many.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Key, _Value] = OrderedDict()

    def get(self, key: _Key) -> _Value | None:
        """Return what is kept for a key, None if nothing is."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: _Key, value: _Value) -> _Value:
        """Keep a value and return it; the one used longest ago makes room."""
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
