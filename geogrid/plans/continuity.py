"""Continuity: which new grid carries on which old one, and who stays."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.space.grouping import rows_by_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Continuity", "match_grids", "measure_continuity"]

# among old grids that share no household with a new one, the courtyards decide
_PER_COURTYARD = 1e-6


@dataclass(frozen=True)
class Continuity:
    """Hold what a layout keeps of the one before.

    Parameters
    ----------
    n_courtyards, n_new_courtyards : int
        Courtyards that had a grid before, and those that had none.
    gone_courtyards : tuple of str
        Courtyards of the layout before that are no longer there.
    households_staying : int
        Households in courtyards whose grid carries on their old one.
    share_staying : float
        Their share of the households that had a grid before.
    moved : tuple of str
        Courtyards whose grid does not carry on their old one.
    carried_on : dict of str to str
        New code of every old grid that is carried on.
    codes_kept : tuple of str
        Codes that stay as they are.
    codes_ended : tuple of str
        Codes of old grids that no grid carries on.
    codes_new : tuple of str
        Codes of grids that carry on none.
    codes_retired : tuple of str
        Every code that was given once and is no longer in use.
    """

    n_courtyards: int
    n_new_courtyards: int
    gone_courtyards: tuple[str, ...]
    households_staying: int
    share_staying: float
    moved: tuple[str, ...]
    carried_on: dict[str, str]
    codes_kept: tuple[str, ...]
    codes_ended: tuple[str, ...]
    codes_new: tuple[str, ...]
    codes_retired: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain values, as the plan's report keeps them."""
        values = asdict(self) | {"n_moved": len(self.moved)}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}


def match_grids(
    labels: NDArray[np.int64],
    old: NDArray[np.int64],
    *,
    weights: NDArray[np.float64],
    communities: NDArray[np.object_],
) -> NDArray[np.int64]:
    """Match new grids with old ones, so that most households stay.

    An old grid is carried on at most once, in the community where most of its
    households live, and only by a grid that has some of its courtyards.

    Parameters
    ----------
    labels : (n,) int64
        New grid of each courtyard, in [0, k); none reaches over two communities.
    old : (n,) int64
        Old grid of each courtyard, negative for none.
    weights : (n,) float64
        Households.
    communities : (n,) object
        Community code of each courtyard.

    Returns
    -------
    (k,) int64
        Old grid that each new one carries on, -1 for none.
    """
    from scipy.optimize import linear_sum_assignment

    k, n_old = int(labels.max()) + 1, max(int(old.max()) + 1, 0)
    weight = weights + _PER_COURTYARD
    codes, community = np.unique(communities.astype(str), return_inverse=True)
    had = old >= 0
    held = np.zeros((n_old, len(codes)))
    np.add.at(held, (old[had], community[had]), weight[had])
    home = held.argmax(axis=1)
    carries = np.full(k, -1, np.int64)
    for number, rows in enumerate(rows_by_label(community, len(codes))):
        mine = rows[had[rows] & (home[np.maximum(old[rows], 0)] == number)] if n_old else rows[:0]
        if not len(mine):
            continue
        new_names, new_ix = np.unique(labels[mine], return_inverse=True)
        old_names, old_ix = np.unique(old[mine], return_inverse=True)
        stays = np.zeros((len(new_names), len(old_names)))
        np.add.at(stays, (new_ix, old_ix), weight[mine])
        a, b = linear_sum_assignment(stays, maximize=True)
        some = stays[a, b] > 0
        carries[new_names[a[some]]] = old_names[b[some]]
    return carries


def measure_continuity(  # noqa: PLR0913 - both layouts, with their codes
    labels: NDArray[np.int64],
    old: NDArray[np.int64],
    carries: NDArray[np.int64],
    *,
    codes: Sequence[str],
    old_codes: Sequence[str],
    households: NDArray[np.float64],
    ids: NDArray[np.object_],
    gone: Sequence[str] = (),
    retired: Sequence[str] = (),
) -> Continuity:
    """Measure what a layout keeps of the one before.

    Parameters
    ----------
    labels, old : (n,) int64
        New and old grid of each courtyard; old is negative for none.
    carries : (k,) int64
        From `match_grids`.
    codes, old_codes : sequence of str
        Code of each new and each old grid.
    households : (n,) float64
        Of each courtyard.
    ids : (n,) object
        ``courtyard_id``.
    gone : sequence of str
        Courtyards that were in the layout before and are no longer there.
    retired : sequence of str
        Codes that had ended before the layout before.

    Returns
    -------
    Continuity
        Who stays, and what became of each code.
    """
    had = old >= 0
    stays = had & (carries[labels] == old)
    carried = {str(old_codes[o]): str(codes[i]) for i, o in enumerate(carries) if o >= 0}
    staying = float(households[stays].sum())
    ended = sorted(set(map(str, old_codes)) - set(carried))
    return Continuity(
        n_courtyards=int(had.sum()),
        n_new_courtyards=int((~had).sum()),
        gone_courtyards=tuple(gone),
        households_staying=int(staying),
        share_staying=staying / max(float(households[had].sum()), 1.0),
        moved=tuple(str(i) for i in ids[had & ~stays]),
        carried_on=dict(sorted(carried.items())),
        codes_kept=tuple(sorted(a for a, b in carried.items() if a == b)),
        codes_ended=tuple(ended),
        codes_new=tuple(sorted(str(codes[i]) for i, o in enumerate(carries) if o < 0)),
        codes_retired=tuple(
            sorted((set(retired) | set(map(str, old_codes))) - set(map(str, codes)))
        ),
    )
