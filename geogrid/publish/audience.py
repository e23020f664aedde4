"""Audience: who reads what the web map gets, and what of it they see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.publish.snapshot import suppress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.plans.plan import Plan

__all__ = ["Audience", "hide_counts", "rows_seen", "subdistrict_of"]


@dataclass(frozen=True)
class Audience:
    """Say for whom something is made.

    Parameters
    ----------
    is_known : bool
        Whether it is signed in: it sees every count, and duty lines.
    within : str or None
        The only subdistrict whose rows it sees; None: all.
    layers : frozenset of str or None
        Collections that are open to it; None: all.
    """

    is_known: bool = True
    within: str | None = None
    layers: frozenset[str] | None = None

    def sees(self, layer: str) -> bool:
        """Tell whether a collection is open."""
        return self.layers is None or layer in self.layers


def hide_counts(table: dict[str, Any], audience: Audience) -> dict[str, Any]:
    """Return a table with small counts hidden, as the public's collections hide them.

    Parameters
    ----------
    table : dict
        ``columns`` and ``rows``.
    audience : Audience
        Who reads; whoever is known gets the table as it is.

    Returns
    -------
    dict
        A new table, or the same.
    """
    if audience.is_known:
        return table
    columns = table["columns"]
    hidden = [suppress(dict(zip(columns, row, strict=True))) for row in table["rows"]]
    return {"columns": columns, "rows": [[row[name] for name in columns] for row in hidden]}


def rows_seen(plan: Plan, audience: Audience) -> NDArray[np.int64]:
    """Return the courtyards that an audience sees.

    Parameters
    ----------
    plan : Plan
        Any plan.
    audience : Audience
        Who reads.

    Returns
    -------
    (r,) int64
        Rows of the plan's courtyards; what is sent counts them anew from 0.
    """
    homes = plan.courtyards["community_code"].astype(str)
    if audience.within is None:
        return np.arange(len(homes))
    return np.flatnonzero(homes.map(subdistrict_of(plan)) == audience.within)


def subdistrict_of(plan: Plan) -> dict[str, str]:
    """Return each community's subdistrict, by code.

    Parameters
    ----------
    plan : Plan
        Any plan.

    Returns
    -------
    dict of str to str
        Empty where the district has no subdistricts.
    """
    above = plan.district.communities.set_index("community_code").get("subdistrict_code")
    return {} if above is None else {str(c): str(s) for c, s in above.items()}
