"""Grouping: the rows that carry each label, found by one sort."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["rows_by_label"]


def rows_by_label(labels: NDArray[np.int64], n_labels: int) -> list[NDArray[np.int64]]:
    """Return for every label the rows that carry it.

    A mask per label would read all rows once per label: n squared over a city.

    Parameters
    ----------
    labels : (n,) int64
        In [0, ``n_labels``).
    n_labels : int
        How many lists to return; a label that nothing carries gets an empty one.

    Returns
    -------
    list of (m,) int64, length n_labels
        Row numbers, ascending.
    """
    order = np.argsort(labels, kind="stable")
    ends = np.searchsorted(labels[order], np.arange(1, n_labels))
    return np.split(order, ends)[:n_labels]
