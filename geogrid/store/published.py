"""Published: what readers and later layouts ask of the versions that were published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from geogrid.plans.crosswalk import CROSSWALK_COLUMNS
from geogrid.store.calendar import in_force_on, info_of, plans_with_ends
from geogrid.store.catalogue import Catalogue
from geogrid.store.records import Change
from geogrid.store.tables import LARGEST, changes, columns_of, crosswalk, grid_codes, plans

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd
    from sqlalchemy.engine import Connection

    from geogrid.store.records import PlanInfo

__all__ = ["Fate", "Published", "Successor"]

_MOST_CHANGES = 10_000


@dataclass(frozen=True, slots=True)
class Successor:
    """Hold a grid that took courtyards of one that ended, and its share of them."""

    new_code: str
    share_of_old: float


@dataclass(frozen=True, slots=True)
class Fate:
    """Hold from when to when a grid code is in force, and what came after.

    Parameters
    ----------
    valid_from : date
        First day of the first version that has it.
    valid_to : date or None
        First day of the first version that does not; None if none is published.
    successors : tuple of Successor
        Grids that took its courtyards, the largest share first.
    """

    valid_from: dt.date
    valid_to: dt.date | None
    successors: tuple[Successor, ...]


class Published(Catalogue):
    """Read what was published."""

    def in_force(self, day: dt.date | None = None) -> list[PlanInfo]:
        """Return the version of every district that is in force on a day.

        Parameters
        ----------
        day : date, optional
            Past, present or future; today by default.

        Returns
        -------
        list of PlanInfo
            At most one a district; ``shown`` as of that day.
        """
        with self.database.read() as connection:
            return in_force_on(connection, day or self.today())

    def crosswalk(self, plan_id: int) -> pd.DataFrame:
        """Return which old grid went into which grid of a published version.

        Parameters
        ----------
        plan_id : int
            A published version.

        Returns
        -------
        DataFrame
            ``old_code, new_code, n_courtyards, households, share_of_old,
            share_of_new``; no rows for the first version of a district.

        Raises
        ------
        NotFoundError
            If there is no such plan.
        """
        import pandas as pd

        columns = [crosswalk.c[name] for name in CROSSWALK_COLUMNS]
        query = sa.select(*columns).where(crosswalk.c.plan_id == plan_id)
        with self.database.read() as connection:
            self._info(connection, plan_id)
            rows = connection.execute(query.order_by(*columns[:2])).all()
        return pd.DataFrame([tuple(row) for row in rows], columns=list(CROSSWALK_COLUMNS))

    def changes(self, since: int = 0, limit: int = 1_000) -> list[Change]:
        """Return what publications changed, in the order of publication.

        Parameters
        ----------
        since : int
            The last cursor that one has seen; 0 for everything.
        limit : int
            At most so many.

        Returns
        -------
        list of Change
            Cursors above ``since``, rising.
        """
        query = sa.select(*columns_of(changes, Change)).where(
            changes.c.cursor > max(0, min(since, LARGEST))
        )
        ordered = query.order_by(changes.c.cursor).limit(max(0, min(limit, _MOST_CHANGES)))
        with self.database.peek() as connection:
            return [Change(*row) for row in connection.execute(ordered)]

    def fate_of(self, grid_code: str) -> Fate | None:
        """Return what became of a grid code.

        Parameters
        ----------
        grid_code : str
            Of any district.

        Returns
        -------
        Fate or None
            None if no published version ever had it.
        """
        begun, ended = plans.alias("begun"), plans.alias("ended")
        query = (
            sa.select(begun.c.effective_date, ended.c.effective_date, ended.c.plan_id)
            .select_from(grid_codes)
            .join(begun, grid_codes.c.first_plan_id == begun.c.plan_id)
            .outerjoin(ended, grid_codes.c.ended_plan_id == ended.c.plan_id)
            .where(
                grid_codes.c.grid_code == grid_code,
                # begun and ended with one version: an older layout's, never published here
                grid_codes.c.ended_plan_id.is_distinct_from(grid_codes.c.first_plan_id),
            )
        )
        into = sa.select(crosswalk.c.new_code, crosswalk.c.share_of_old).order_by(
            crosswalk.c.share_of_old.desc(), crosswalk.c.new_code
        )
        with self.database.read() as connection:
            found = connection.execute(query).first()
            if found is None:
                return None
            valid_from, valid_to, plan_id = found
            mine = into.where(crosswalk.c.plan_id == plan_id, crosswalk.c.old_code == grid_code)
            rows = [] if plan_id is None else connection.execute(mine).all()
        return Fate(valid_from, valid_to, tuple(Successor(*row) for row in rows if row[0]))

    def used_codes(self, district_code: str) -> frozenset[str]:
        """Return every grid code that a published version of a district ever gave.

        Parameters
        ----------
        district_code : str
            The district.

        Returns
        -------
        frozenset of str
            Those in force too.
        """
        with self.database.peek() as connection:
            return frozenset(self._published_codes(connection, district_code))

    def latest_published(self, district_code: str) -> PlanInfo | None:
        """Return the version that new layouts carry on: the last one by its day.

        Parameters
        ----------
        district_code : str
            The district.

        Returns
        -------
        PlanInfo or None
            In force, or upcoming; None if nothing was published.
        """
        with self.database.peek() as connection:
            return self._last(connection, district_code)

    def _last(self, connection: Connection, district_code: str) -> PlanInfo | None:
        """Return a district's version of the latest effective date."""
        query = (
            plans_with_ends()
            .where(plans.c.status == "published", plans.c.district_code == district_code)
            .order_by(plans.c.effective_date.desc())
            .limit(1)
        )
        row = connection.execute(query).mappings().first()
        return None if row is None else info_of(row, self.today())
