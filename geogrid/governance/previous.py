"""Previous: the layout before, from a column, a CSV or a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.errors import InputError
from geogrid.governance.score import read_labels
from geogrid.plans.plan import Plan

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "OldLayout",
    "layout_before",
    "layout_of",
    "old_layout",
    "old_layout_of_plan",
    "read_previous",
    "retired_codes",
]


@dataclass(frozen=True)
class OldLayout:
    """Hold the layout before.

    Parameters
    ----------
    grids : (n,) object
        Old grid code of each courtyard of today; empty text for none.
    codes : tuple of str
        Every grid of the layout before, also those without a courtyard of today.
    gone : tuple of str
        Its courtyards that are no longer there.
    retired : tuple of str
        Codes that had ended before it.
    """

    grids: NDArray[np.object_]
    codes: tuple[str, ...]
    gone: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()

    @property
    def labels(self) -> NDArray[np.int64]:
        """Return the number of each courtyard's old grid among ``codes``, -1 for none."""
        number = {code: i for i, code in enumerate(self.codes)} | {"": -1}
        return np.array([number[code] for code in self.grids], np.int64)

    @property
    def used(self) -> frozenset[str]:
        """Return every code that was ever given."""
        return frozenset(self.codes) | frozenset(self.retired)

    def by_id(self, courtyards: pd.DataFrame) -> dict[str, str]:
        """Return the old grid code of each courtyard of today, by ``courtyard_id``."""
        ids = courtyards["courtyard_id"].astype(str)
        return dict(zip(ids, map(str, self.grids), strict=True))


def old_layout(courtyards: pd.DataFrame, previous: pd.Series[Any] | OldLayout) -> OldLayout:
    """Return the layout before in the form that a plan takes.

    Parameters
    ----------
    courtyards : DataFrame, n rows
        Courtyards of today.
    previous : Series or OldLayout
        Old grid codes by ``courtyard_id``; without one in its index, n rows in the
        courtyards' order. Empty or missing for new ones.

    Returns
    -------
    OldLayout
        Codes as text.

    Raises
    ------
    InputError
        If the number of rows is another, a courtyard has two, or none had a grid.
    """
    import pandas as pd

    if isinstance(previous, pd.Series | Mapping):
        given = pd.Series(previous, dtype=object)
        if given.index.isin(courtyards["courtyard_id"]).any():
            return _by_index(courtyards, given)
        previous = given
    if not isinstance(previous, OldLayout):
        if np.ndim(previous) != 1:
            msg = f"The layout before is {previous!r:.60}; give a Series by courtyard_id or a plan."
            raise InputError(msg)
        grids = np.empty(len(previous), object)
        grids[:] = [_text(value) for value in previous]
        previous = OldLayout(grids, tuple(sorted({code for code in grids if code})))
    if len(previous.grids) != len(courtyards):
        msg = (
            f"The layout before has {len(previous.grids)} rows; give one per courtyard, "
            f"{len(courtyards)}."
        )
        raise InputError(msg)
    if not any(previous.grids):
        msg = "No courtyard has a grid in the layout before; check its ids, or leave it out."
        raise InputError(msg)
    return previous


def layout_of(
    courtyards: pd.DataFrame, given: str | Path | pd.Series[Any] | OldLayout | Plan
) -> OldLayout:
    """Return the layout before, in whatever form it is given.

    Parameters
    ----------
    courtyards : DataFrame, n rows
        Courtyards of today.
    given : str, Path, Series, OldLayout or Plan
        A column or a CSV as `read_previous` takes it, codes as `old_layout` takes them, or
        a plan.

    Returns
    -------
    OldLayout
        In the order of the courtyards.

    Raises
    ------
    InputError
        If it is not there, or fits no courtyard.
    """
    if isinstance(given, Plan):
        return old_layout_of_plan(courtyards, given)
    if isinstance(given, str | Path):
        return read_previous(courtyards, str(given))
    return old_layout(courtyards, given)


def read_previous(courtyards: pd.DataFrame, source: str) -> OldLayout:
    """Read the layout before from a column or a CSV.

    Parameters
    ----------
    courtyards : DataFrame, n rows
        With ``courtyard_id``.
    source : str
        A column of it, or a CSV (UTF-8 or GB18030) with ``courtyard_id`` and ``grid`` (or
        ``grid_code``). Courtyards may be missing on either side: new ones, and those that
        are gone.

    Returns
    -------
    OldLayout
        In the order of the courtyards.

    Raises
    ------
    InputError
        If there is no such column or file, a courtyard has two grids, or none has one.
    """
    if source in courtyards and source != "geometry":
        return old_layout(courtyards, courtyards[source])
    if not Path(source).is_file():
        msg = f"{source} is neither a column of the courtyards nor a file."
        raise InputError(msg, source=source)
    return _by_id(courtyards, read_labels(Path(source), known=None))


def old_layout_of_plan(courtyards: pd.DataFrame, plan: Plan) -> OldLayout:
    """Return a plan as the layout before.

    Parameters
    ----------
    courtyards : DataFrame, n rows
        Courtyards of today; they need not be those of the plan.
    plan : Plan
        The plan before; codes that it knows to have ended are not given again.

    Returns
    -------
    OldLayout
        In the order of the courtyards.

    Raises
    ------
    InputError
        If none of the courtyards stands in the plan.
    """
    grid_of = {
        str(ident): str(code)
        for ident, code in zip(
            plan.courtyards["courtyard_id"], plan.courtyards["grid_code"], strict=True
        )
    }
    return _by_id(courtyards, grid_of, tuple(sorted(retired_codes(plan))))


def retired_codes(plan: Plan) -> set[str]:
    """Return every code that a plan knows to have ended.

    Parameters
    ----------
    plan : Plan
        Made after another layout, edited, or neither.

    Returns
    -------
    set of str
        No grid may be given one of them again.
    """
    known = (plan.report.get(key, {}).get("codes_retired", []) for key in ("continuity", "edited"))
    return {str(code) for codes in known for code in codes}


def layout_before(plan: Plan) -> OldLayout | None:
    """Return the layout that a plan was made after, None if there was none."""
    if "continuity" not in plan.report:
        return None
    said = plan.report["continuity"]
    before = old_layout(plan.courtyards, plan.courtyards["previous_grid"])
    codes = {*before.codes, *said["carried_on"], *said["codes_ended"]}
    retired = retired_codes(plan) - codes
    gone = tuple(said["gone_courtyards"])
    return OldLayout(before.grids, tuple(sorted(codes)), gone, tuple(sorted(retired)))


def _by_index(courtyards: pd.DataFrame, given: pd.Series[Any]) -> OldLayout:
    """Return old grids given by courtyard_id in the order of today's courtyards."""
    if not given.index.is_unique:
        twice = sorted(set(given.index[given.index.duplicated()].astype(str)))
        msg = f"The layout before gives two grids to {', '.join(twice[:8])}; give each one."
        raise InputError(msg, courtyards=twice)
    return _by_id(courtyards, dict(zip(given.index, map(_text, given), strict=True)))


def _by_id(
    courtyards: pd.DataFrame, grid_of: dict[str, str], retired: tuple[str, ...] = ()
) -> OldLayout:
    """Return a layout given by courtyard_id in the order of today's courtyards."""
    ids = courtyards["courtyard_id"].tolist()
    grids = np.empty(len(ids), object)
    grids[:] = [grid_of.get(ident, "") for ident in ids]
    codes = tuple(sorted({str(code) for code in grid_of.values() if code}))
    gone = tuple(sorted(set(grid_of) - set(ids)))
    return old_layout(courtyards, OldLayout(grids, codes, gone, retired))


def _text(value: object) -> str:
    """Return a code as text; numbers that a file left a fraction lose it again."""
    if value is None or value != value:  # noqa: PLR0124 - missing numbers equal nothing
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
