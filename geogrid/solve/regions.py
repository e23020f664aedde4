"""Regions: a pool of possible regions, as a rule written by the user sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Regions"]


@dataclass(frozen=True)
class Regions:
    """Show a pool of possible regions to a rule written by the user.

    Parameters
    ----------
    starts : (m + 1,) int64
        Where each region's members begin in ``members``.
    members : (q,) int64
        Rows of the units, region after region.
    weight, walk : (m,) float64
        Households; household-metres to the medoid.
    medoid : (m,) int64
        Row of the medoid.
    """

    starts: NDArray[np.int64]
    members: NDArray[np.int64]
    weight: NDArray[np.float64]
    walk: NDArray[np.float64]
    medoid: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of regions."""
        return len(self.weight)

    def sum_of(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of a value per unit over the members of each region, (m,)."""
        per_member = np.asarray(values, np.float64)[self.members]
        total: NDArray[np.float64] = np.add.reduceat(per_member, self.starts[:-1])
        return total

    def max_of(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the largest value per unit among the members of each region, (m,)."""
        per_member = np.asarray(values, np.float64)[self.members]
        most: NDArray[np.float64] = np.maximum.reduceat(per_member, self.starts[:-1])
        return most
