"""What is served: versions by date, each made ready once and kept in memory."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from geogrid.errors import NotFoundError
from geogrid.publish.features import COLLECTIONS
from geogrid.publish.locate import locator_of
from geogrid.publish.snapshot import Snapshot, VersionInfo
from geogrid.store.calendar import CHINA
from geogrid_api.versions import source_of_plan, source_of_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from geogrid.plans.plan import Plan
    from geogrid_api.versions import Source, Versions

__all__ = ["Library", "NotAtHandError", "today_in_china"]

# how many dates besides today are kept ready; each is some tens of megabytes for ten districts
N_KEPT = 6


def today_in_china() -> dt.date:
    """Return the day by which versions take over, wherever the server stands."""
    return dt.datetime.now(CHINA).date()


class NotAtHandError(Exception):
    """Say that a snapshot must be made first, which an event loop has no time for.

    Parameters
    ----------
    versions : tuple of VersionInfo
        What it shall hold; for `Library.made`.
    """

    def __init__(self, versions: tuple[VersionInfo, ...]) -> None:
        super().__init__("This snapshot is not at hand.")
        self.versions = versions


class Library:
    """Hand out snapshots by date; safe in many threads.

    Parameters
    ----------
    source : Source
        Where versions come from.
    today : callable
        Says which day it is.

    Attributes
    ----------
    token : str
        Changes whenever anything that is served changes, a new day included.
    about : About
        What the service is about.
    store : Any
        The store behind it or None, for operations that read more than snapshots.
    tiles_folder : Path or None
        Where tiles cut ahead may lie.

    Notes
    -----
    Whoever reads today's versions takes no lock; whoever reads another day's takes one for the
    moment of looking. Work is done under locks that only others with the same work wait for: one
    for taking over what changed, one for each set of versions that is being made.
    """

    def __init__(self, source: Source, *, today: Callable[[], dt.date] = today_in_china) -> None:
        self._source = source
        self._today = today
        self._lock = RLock()
        self._looking = Lock()
        self._making: WeakValueDictionary[tuple[int, ...], Any] = WeakValueDictionary()
        self._now: dict[bool, Snapshot] = {}
        self._kept: OrderedDict[tuple[tuple[int, ...], bool], Snapshot] = OrderedDict()
        self.store: Any = None
        self.tiles_folder: Path | None = None
        self._load(source.head())

    @classmethod
    def of_plan(cls, plan: Plan, *, today: Callable[[], dt.date] = today_in_china) -> Library:
        """Serve one plan, whatever the date.

        Parameters
        ----------
        plan : Plan
            The plan.
        today : callable
            Says which day it is.

        Returns
        -------
        Library
            One version without dates.
        """
        return cls(source_of_plan(plan), today=today)

    @classmethod
    def of_store(cls, store: Versions, *, today: Callable[[], dt.date] = today_in_china) -> Library:
        """Serve the published versions of a store.

        Parameters
        ----------
        store : Store
            Asked for its head often, for features once a version.
        today : callable
            Says which day it is.

        Returns
        -------
        Library
            Empty as long as nothing is published.
        """
        library = cls(source_of_store(store), today=today)
        library.store = store
        return library

    @property
    def token(self) -> str:
        """Return a name for the state of everything that is served."""
        self._today_ready()
        return self._token

    def at(self, when: dt.date | None, *, public: bool) -> Snapshot:
        """Return what is in force on a day.

        Parameters
        ----------
        when : date or None
            None: today.
        public : bool
            Whether small counts are hidden.

        Returns
        -------
        Snapshot
            One version of each district that has one.

        Raises
        ------
        NotFoundError
            If no version is in force that day.
        """
        if when is None:
            now = self._today_ready().get(public)
            if now is None:
                raise NotFoundError("No version is in force today.", when="today")
            return now
        return self.made(self.chosen(when, when), public=public)

    def between(self, start: dt.date | None, end: dt.date | None, *, public: bool) -> Snapshot:
        """Return what was last in force within an interval.

        Parameters
        ----------
        start, end : date or None
            First and last day; None: open.
        public : bool
            Whether small counts are hidden.

        Returns
        -------
        Snapshot
            Of each district the latest version in force on any of these days.

        Raises
        ------
        NotFoundError
            If no version was in force then.
        """
        return self.made(self.chosen(start, end), public=public)

    def chosen(self, start: dt.date | None, end: dt.date | None) -> tuple[VersionInfo, ...]:
        """Return which versions an interval means, without making anything.

        Parameters
        ----------
        start, end : date or None
            First and last day; None: open.

        Returns
        -------
        tuple of VersionInfo
            Of each district the latest in force on any of these days, in order of districts.

        Raises
        ------
        NotFoundError
            If no version was in force then.
        """
        first, last = start or dt.date.min, end or dt.date.max
        # in order of their dates: the latest of a district stays
        found = {v.district_code: v for v in self._versions if _is_in_force(v, first, last)}
        if not found:
            is_day = start is not None and start == end
            words = str(start) if is_day else f"{start or '..'}/{end or '..'}"
            raise NotFoundError(f"No version is in force at {words}.", when=words)
        return _ordered(found.values())

    def at_hand(self, versions: tuple[VersionInfo, ...], *, public: bool) -> Snapshot | None:
        """Return the snapshot of some versions if there is no need to make it.

        Parameters
        ----------
        versions : tuple of VersionInfo
            From `chosen`.
        public : bool
            Whether small counts are hidden.

        Returns
        -------
        Snapshot or None
            At once.
        """
        now = self._now.get(public)
        if now is not None and now.versions == versions:
            return now
        key = (_ids(versions), public)
        with self._looking:
            found = self._kept.get(key)
            if found is None or found.versions != versions:
                return None
            self._kept.move_to_end(key)
            return found

    def made(self, versions: tuple[VersionInfo, ...], *, public: bool) -> Snapshot:
        """Return the snapshot of some versions, made if need be: 0.1 s and more.

        Parameters
        ----------
        versions : tuple of VersionInfo
            From `chosen`.
        public : bool
            Whether small counts are hidden.

        Returns
        -------
        Snapshot
            Made once, however many threads ask for it at a time.
        """
        found = self.at_hand(versions, public=public)
        if found is not None:
            return found
        ids = _ids(versions)
        with self._looking:
            making = self._making.setdefault(ids, Lock())
        with making:
            found = self.at_hand(versions, public=public)
            if found is not None:
                return found
            tables: list[Any] = [self._source.tables(plan_id) for plan_id in ids]
            like = self.at_hand(versions, public=not public)
            found = Snapshot(tables, versions=versions, public=public, like=like)
            # the first to ask where a point lies shall not wait for the index
            locator_of(found).warm()
            with self._looking:
                self._kept[ids, public] = found
                self._kept.move_to_end((ids, public))
                while len(self._kept) > N_KEPT:
                    self._kept.popitem(last=False)
        return found

    def refresh(self) -> bool:
        """Look whether anything changed, and take it over.

        Returns
        -------
        bool
            Whether anything did.
        """
        head = self._source.head()
        if head == self._head:
            self._today_ready()
            return False
        with self._lock:
            if head == self._head:
                return False
            self._load(head)
        return True

    def is_public(self, collection: str) -> bool:
        """Tell whether anybody may read a collection.

        Parameters
        ----------
        collection : str
            Its id.

        Returns
        -------
        bool
            False for names that are no collection.
        """
        return self._public.get(collection, False)

    def versions(self) -> list[VersionInfo]:
        """Return every version that is, was or will be in force, in order of their dates."""
        return list(self._versions)

    def _load(self, head: int) -> None:
        """Read everything anew; readers see the old until all is ready."""
        versions = sorted(
            self._source.versions(), key=lambda v: (v.valid_from or dt.date.min, v.district_code)
        )
        public = {name: self._source.is_public(name) for name in COLLECTIONS}
        about = self._source.about()
        day = self._today()
        now = self._ready(versions, day)
        self.about, self._public, self._versions = about, public, versions
        self._head = head
        self._turn_to(day, now)

    def _today_ready(self) -> dict[bool, Snapshot]:
        """Return today's snapshots by audience; at midnight, make the new day's first."""
        day = self._today()
        if day != self._day:
            with self._lock:
                if day != self._day:
                    self._turn_to(day, self._ready(self._versions, day))
        return self._now

    def _turn_to(self, day: dt.date, now: dict[bool, Snapshot]) -> None:
        """Serve a day."""
        self._now, self._day = now, day
        self._token = f"{self._head}-{day.toordinal()}"

    def _ready(self, versions: Sequence[VersionInfo], day: dt.date) -> dict[bool, Snapshot]:
        """Make a day's snapshots for both audiences; none if nothing is in force."""
        found = _ordered(v for v in versions if _is_in_force(v, day, day))
        if not found:
            return {}
        return {public: self.made(found, public=public) for public in (False, True)}


def _ordered(versions: Iterable[VersionInfo]) -> tuple[VersionInfo, ...]:
    """Return versions in the order that a snapshot has them."""
    return tuple(sorted(versions, key=lambda v: v.district_code))


def _ids(versions: Iterable[VersionInfo]) -> tuple[int, ...]:
    """Return the numbers of versions."""
    return tuple(v.plan_id for v in versions)


def _is_in_force(version: VersionInfo, first: dt.date, last: dt.date) -> bool:
    """Tell whether a version is in force on any day from first to last."""
    begins = version.valid_from or dt.date.min
    return begins <= last and (version.valid_to is None or first < version.valid_to)
