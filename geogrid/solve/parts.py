"""Parts: connected components of usable edges inside one group.

No region reaches over two parts, so each is a problem of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Part", "split_parts", "target_of"]

# people do not walk as the crow flies: usual ratio of walk to straight line in dense towns
DETOUR = 1.3
# metres; beyond that no place on Earth lies
_FARTHEST = 1e9


@dataclass(frozen=True)
class Part:
    """Describe one independent problem: a connected component of usable edges.

    Parameters
    ----------
    units : (n,) int64
        Row numbers of its units in the caller's arrays, ascending.
    weights : (n,) float64
        Households.
    edges : (m, 2) int64
        Pairs of local unit numbers.
    distance : (n, n) float64
        Walking metres between units, symmetric.
    """

    units: NDArray[np.int64]
    weights: NDArray[np.float64]
    edges: NDArray[np.int64]
    distance: NDArray[np.float64]

    @property
    def n(self) -> int:
        """Return the number of units."""
        return len(self.units)

    @property
    def total(self) -> float:
        """Return the households of the part."""
        return float(self.weights.sum())

    def is_connected(self, units: NDArray[np.int64]) -> bool:
        """Tell whether some of its units (local numbers, ascending) hang together."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        inner = np.searchsorted(units, self.edges[np.isin(self.edges, units).all(axis=1)])
        links = (np.ones(len(inner)), (inner[:, 0], inner[:, 1]))
        graph = coo_array(links, shape=(len(units), len(units)))
        return bool(connected_components(graph, directed=False)[0] == 1)


def target_of(parts: Sequence[Part], n_regions: int) -> float:
    """Return the households of a region where all have the same; one where nobody lives.

    Parameters
    ----------
    parts : sequence of Part
        The problem.
    n_regions : int
        k.

    Returns
    -------
    float
        T, positive.
    """
    total = sum(p.total for p in parts)
    # a district without any household is balanced whatever the target
    return total / n_regions if n_regions > 0 and total > 0 else 1.0


def split_parts(
    weights: NDArray[np.float64],
    edges: NDArray[np.int64],
    groups: NDArray[np.int64],
    *,
    coords: NDArray[np.float64] | None = None,
    distance: NDArray[np.float64] | None = None,
) -> list[Part]:
    """Split units into the connected components of their edges inside a group.

    Parameters
    ----------
    weights : (n,) float64
        Households.
    edges : (m, 2) int64
        Pairs; those between two groups are left out.
    groups : (n,) int64
        Labels no region may cross.
    coords : (n, 2) float64, optional
        Planar metres.
    distance : (n, n) float64, optional
        Walking metres.

    Returns
    -------
    list of Part
        In order of their smallest unit.

    Raises
    ------
    InputError
        If distances inside a part are missing, negative or not symmetric.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components, dijkstra

    n = len(weights)
    for name, array, shape in (("coords", coords, (n, 2)), ("distance", distance, (n, n))):
        if array is not None and array.shape != shape:
            raise InputError(f"{name} has shape {array.shape}; it must be {shape}.")
    if coords is not None and not (np.abs(coords) <= _FARTHEST).all():
        bad = np.flatnonzero(~(np.abs(coords) <= _FARTHEST).all(axis=1))
        where = f"coords of units {bad[:5].tolist()}"
        msg = f"{where} are missing or too large; give metres east and north."
        raise InputError(msg, units=bad.tolist())
    edges = edges[groups[edges[:, 0]] == groups[edges[:, 1]]]
    graph = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(n, n))
    _, component = connected_components(graph, directed=False)
    parts = []
    local = np.zeros(n, np.int64)
    for label in np.unique(component):
        units = np.flatnonzero(component == label)
        local[units] = np.arange(len(units))
        inner = local[edges[component[edges[:, 0]] == label]]
        if distance is not None:
            walk = distance[np.ix_(units, units)]
            _check_walks(walk, units)
        else:
            assert coords is not None  # noqa: S101 - the caller passes one of the two
            length = np.hypot(*(coords[units[inner[:, 0]]] - coords[units[inner[:, 1]]]).T)
            links = coo_array(
                # a zero-length edge would count as absent in a sparse matrix
                (np.maximum(length, 1e-9) * DETOUR, (inner[:, 0], inner[:, 1])),
                shape=(len(units), len(units)),
            )
            walk = dijkstra(links, directed=False)
        parts.append(Part(units, weights[units], inner, walk))
    return sorted(parts, key=lambda p: int(p.units[0]))


def _check_walks(walk: NDArray[np.float64], units: NDArray[np.int64]) -> None:
    """Refuse walks that are missing, negative or differ by direction."""
    wrong = ~(walk <= _FARTHEST) | (walk < 0) | (np.abs(walk - walk.T) > 1e-6 * (1 + np.abs(walk)))
    if wrong.any():
        i, j = (int(units[x]) for x in np.argwhere(wrong)[0])
        msg = (
            f"The distance between units {i} and {j} is missing, negative, too large or differs by "
            "direction; give a finite symmetric walk inside every part."
        )
        raise InputError(msg, units=(i, j))
