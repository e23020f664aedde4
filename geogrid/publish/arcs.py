"""Arcs: a coverage as its shared borders, each piece of border once.

Whoever knows which area lies left and right of each arc can draw the outlines of any grouping of
the areas: the arcs whose sides lie in different groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Arcs", "cut_arcs"]

_NOBODY = -1


@dataclass(frozen=True)
class Arcs:
    """Hold the borders of a coverage.

    Parameters
    ----------
    lines : tuple of (m, 2) int64
        From node to node; closed ones end where they begin.
    left, right : (a,) int64
        Area on either side, looking along the line with north up; -1: none.
    """

    lines: tuple[NDArray[np.int64], ...]
    left: NDArray[np.int64]
    right: NDArray[np.int64]


@dataclass(frozen=True)
class _Edges:
    """Borders from corner to corner, each once."""

    corners: NDArray[np.int64]
    a: NDArray[np.int64]
    b: NDArray[np.int64]
    # looking from a to b
    left: NDArray[np.int64]
    right: NDArray[np.int64]


def cut_arcs(
    corners: NDArray[np.int64], ring_of: NDArray[np.int64], area_of_ring: NDArray[np.int64]
) -> Arcs:
    """Cut rings that share corners into arcs between nodes.

    Parameters
    ----------
    corners : (c, 2) int64
        Of all rings, one after another, each closed; outer rings counter-clockwise.
    ring_of : (c,) int64
        Ring of each corner, ascending.
    area_of_ring : (r,) int64
        Area that each ring bounds.

    Returns
    -------
    Arcs
        Each border once. Where rounding made an area overlap another, the one of the
        lower number keeps its side.

    Examples
    --------
    Two squares side by side have three arcs: the border between them, and a way around each.

    >>> import numpy as np
    >>> corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]])
    >>> both = np.concatenate([corners, corners + [1, 0]])
    >>> arcs = cut_arcs(both, np.repeat([0, 1], 5), np.array([0, 1]))
    >>> sorted(sorted(pair) for pair in zip(arcs.left.tolist(), arcs.right.tolist()))
    [[-1, 0], [-1, 1], [0, 1]]
    """
    edges = _edges(corners, ring_of, area_of_ring)
    begins, around = _around(edges)
    is_node = _nodes(edges, begins, around)
    chains = _chains(edges, begins.tolist(), around.tolist(), is_node)
    lines, sides = [], []
    for first, chain in chains:
        at, path = first, [first]
        for edge in chain:
            at = int(edges.b[edge] if edges.a[edge] == at else edges.a[edge])
            path.append(at)
        lines.append(edges.corners[path])
        left, right = int(edges.left[chain[0]]), int(edges.right[chain[0]])
        sides.append((left, right) if edges.a[chain[0]] == first else (right, left))
    both = np.array(sides, np.int64).reshape(-1, 2)
    return Arcs(tuple(lines), both[:, 0], both[:, 1])


def _edges(
    corners: NDArray[np.int64], ring_of: NDArray[np.int64], area_of_ring: NDArray[np.int64]
) -> _Edges:
    """Return every border between two corners once, with the areas beside it."""
    places, place_of = np.unique(corners, axis=0, return_inverse=True)
    place_of = place_of.ravel()
    goes_on = (ring_of[1:] == ring_of[:-1]) & (place_of[1:] != place_of[:-1])
    tail, head = place_of[:-1][goes_on], place_of[1:][goes_on]
    area = area_of_ring[ring_of[:-1][goes_on]]
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    # an area that lies on both sides of a border has shrunk to nothing there
    keys, of_key = np.unique(np.stack([low, high, area]), axis=1, return_inverse=True)
    net = np.bincount(of_key.ravel(), weights=np.where(tail < head, 1, -1))
    keys, net = keys[:, net != 0], net[net != 0]
    pairs, of_pair = np.unique(keys[:2], axis=1, return_inverse=True)
    of_pair = of_pair.ravel()
    left = np.full(pairs.shape[1], _NOBODY)
    right = left.copy()
    # written last is first in the list
    for sides, mine in ((left, net > 0), (right, net < 0)):
        sides[of_pair[mine][::-1]] = keys[2][mine][::-1]
    return _Edges(places, pairs[0], pairs[1], left, right)


def _around(edges: _Edges) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the edges at every corner: where each corner's begin, and all of them."""
    ends = np.concatenate([edges.a, edges.b])
    order = np.argsort(ends, kind="stable")
    counts = np.bincount(ends, minlength=len(edges.corners))
    begins = np.concatenate([[0], np.cumsum(counts)])
    return begins, order % len(edges.a)


def _nodes(
    edges: _Edges, begins: NDArray[np.int64], around: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return the corners where borders meet, or where what lies beside one changes."""
    degree = np.diff(begins)
    is_node: NDArray[np.bool_] = (degree != 0) & (degree != 2)
    twos = np.flatnonzero(degree == 2)
    sides = np.sort(np.stack([edges.left, edges.right]), axis=0)
    one, other = around[begins[twos]], around[begins[twos] + 1]
    is_node[twos] = np.any(sides[:, one] != sides[:, other], axis=0)
    return is_node


def _chains(
    edges: _Edges, begins: list[int], around: list[int], is_node: NDArray[np.bool_]
) -> list[tuple[int, list[int]]]:
    """Walk along the borders from node to node; return where each walk begins, and its edges."""
    a, b, ends_here = edges.a.tolist(), edges.b.tolist(), is_node.tolist()
    is_used = [False] * len(a)
    found = []

    def walk(first: int, edge: int) -> None:
        at, chain = first, []
        while not is_used[edge]:
            is_used[edge] = True
            chain.append(edge)
            at = b[edge] if a[edge] == at else a[edge]
            if ends_here[at]:
                break
            # a corner that is no node has two edges
            one, other = around[begins[at] : begins[at + 1]]
            edge = other if one == edge else one
        found.append((first, chain))

    for node in np.flatnonzero(is_node).tolist():
        for edge in around[begins[node] : begins[node + 1]]:
            if not is_used[edge]:
                walk(node, edge)
    # what is left are rings that meet no other
    for edge, first in enumerate(a):
        if not is_used[edge]:
            walk(first, edge)
    return found
