"""Calendar: which version is in force is said by dates, never by a switch that one forgets."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geogrid.store.records import PlanInfo
from geogrid.store.tables import plans

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, RowMapping
    from sqlalchemy.sql import Select

    from geogrid.store.records import ShownStatus

__all__ = ["CHINA", "info_of", "plans_with_ends", "shown_status"]

# one zone, no summer time: a version is in force from midnight there
CHINA = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")


def plans_with_ends() -> Select[Any]:
    """Return the query of plans with the day on which the next version takes over.

    Returns
    -------
    Select
        Every column of ``plans``, and ``valid_to``: None if no later version is published.
    """
    later = plans.alias("later")
    end = (
        sa.select(sa.func.min(later.c.effective_date))
        .where(
            plans.c.status == "published",
            later.c.status == "published",
            later.c.district_code == plans.c.district_code,
            later.c.effective_date > plans.c.effective_date,
        )
        .correlate(plans)
        .scalar_subquery()
    )
    return sa.select(plans, sa.type_coerce(end, sa.Date).label("valid_to"))


def shown_status(
    status: str, valid_from: dt.date | None, valid_to: dt.date | None, day: dt.date
) -> ShownStatus:
    """Say what a version is on a day.

    Parameters
    ----------
    status : str
        As kept.
    valid_from, valid_to : date or None
        First day in force, first day no longer.
    day : date
        The day of asking.

    Returns
    -------
    ShownStatus
        A published version is upcoming, in_force or retired.
    """
    if status == "published" and valid_from is not None:
        if day < valid_from:
            return "upcoming"
        return "in_force" if valid_to is None or day < valid_to else "retired"
    return status  # type: ignore[return-value] # the tables allow no other word


def info_of(row: RowMapping, day: dt.date) -> PlanInfo:
    """Return a row of `plans_with_ends` as it stands on a day.

    Parameters
    ----------
    row : RowMapping
        Of `plans_with_ends`.
    day : date
        The day of asking.

    Returns
    -------
    PlanInfo
        The same, with the status shown.
    """
    told = dict(row)
    valid_from = told["effective_date"] if told["status"] == "published" else None
    shown = shown_status(told["status"], valid_from, told["valid_to"], day)
    return PlanInfo(**told, valid_from=valid_from, shown=shown)


def in_force_on(connection: Connection, day: dt.date) -> list[PlanInfo]:
    """Return the version of every district that is in force on a day.

    Parameters
    ----------
    connection : Connection
        Any.
    day : date
        Past, present or future.

    Returns
    -------
    list of PlanInfo
        At most one a district, by district_code; ``shown`` as of that day.
    """
    query = plans_with_ends().where(plans.c.status == "published", plans.c.effective_date <= day)
    rows = connection.execute(query.order_by(plans.c.district_code)).mappings()
    found = [info_of(row, day) for row in rows]
    return [info for info in found if info.shown == "in_force"]
