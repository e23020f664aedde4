"""Part rules: what one part must obey, in its own numbers.

A part's rules and arrays say everything about it: two runs that hand over
equal ones get equal answers, wherever and whenever they are worked out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from geogrid.solve.options import PartitionRules
    from geogrid.solve.parts import Part
    from geogrid.solve.regions import Regions

__all__ = ["PartRules", "fingerprint", "localise"]

_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True)
class PartRules:
    """State the rules of one part.

    Parameters
    ----------
    bands : tuple of (float, float)
        Bands to try, narrowest first, in multiples of T.
    target : float
        T, households.
    balance_m : float
        Metres that being 100 % off target costs every household of T.
    walk_max_m : float, optional
        Longest walk of any unit to the medoid of its region.
    locked : tuple of (s,) int64
        Regions kept as they are.
    must_join : tuple of (s,) int64
        Units that share one region.
    must_part : tuple of (2,) int64
        Units that may not share one.
    torn : (t,) int64
        Units locked or tied to units that they cannot share a region with, in
        another part or in another piece: no region can hold them.
    previous : (n,) int64, optional
        Old region of each unit.
    claimable : (c,) int64
        Old regions that this part may carry on.
    heirs : tuple of (int, int)
        Unit, and the old region that its region alone may carry on, and no other.
    moved_m, split_m : float
        Metres that a moved household, one outside its region's beat costs.
    beats : (n,) int64, optional
        Beat of each unit.
    extra_cost, veto : callable, optional
        The user's own.
    """

    bands: tuple[tuple[float, float], ...]
    target: float
    balance_m: float
    walk_max_m: float | None = None
    locked: tuple[NDArray[np.int64], ...] = ()
    must_join: tuple[NDArray[np.int64], ...] = ()
    must_part: tuple[NDArray[np.int64], ...] = ()
    torn: NDArray[np.int64] = field(default_factory=lambda: _NONE)
    previous: NDArray[np.int64] | None = None
    claimable: NDArray[np.int64] = field(default_factory=lambda: _NONE)
    heirs: tuple[tuple[int, int], ...] = ()
    moved_m: float = 0.0
    beats: NDArray[np.int64] | None = None
    split_m: float = 0.0
    extra_cost: Callable[[Regions], NDArray[np.float64]] | None = None
    veto: Callable[[Regions], NDArray[np.bool_]] | None = None

    def limits(self, band: tuple[float, float]) -> tuple[float, float]:
        """Return a band in households instead of multiples of T."""
        low, high = band
        return low * self.target, high * self.target

    @property
    def is_contradictory(self) -> bool:
        """Return whether the rules leave no region for some unit, whatever is listed."""
        if len(self.torn) or any(len(pair) < 2 for pair in self.must_part):
            return True
        bound = [set(units.tolist()) for units in (*self.locked, *self.must_join)]
        if any(set(pair.tolist()) <= units for pair in self.must_part for units in bound):
            return True
        # a tie that reaches out of a lock
        return any(
            set(tie.tolist()) & lock and not set(tie.tolist()) <= lock
            for tie in self.must_join
            for lock in bound[: len(self.locked)]
        )

    def within(self, rows: NDArray[np.int64]) -> PartRules:
        """Return the rules among some units alone (ascending), renumbered by them.

        Ties and locks that reach beyond these units are left out; so are old
        regions, which only the whole part can hand on.
        """

        def inside(groups: Sequence[NDArray[np.int64]]) -> tuple[NDArray[np.int64], ...]:
            kept = (g for g in groups if np.isin(g, rows).all())
            return tuple(np.searchsorted(rows, g) for g in kept)

        return replace(
            self,
            locked=inside(self.locked),
            must_join=inside(self.must_join),
            must_part=inside(self.must_part),
            torn=np.searchsorted(rows, self.torn[np.isin(self.torn, rows)]),
            previous=None,
            claimable=_NONE,
            heirs=(),
            moved_m=0.0,
            beats=None if self.beats is None else self.beats[rows],
        )


def localise(parts: Sequence[Part], rules: PartitionRules, target: float) -> list[PartRules]:
    """Hand each part the rules that speak of its units, in its own numbers.

    Parameters
    ----------
    parts : sequence of Part
        Together they hold rows 0 .. n - 1.
    rules : PartitionRules
        In rows of the whole.
    target : float
        T.

    Returns
    -------
    list of PartRules
        One per part.

    Raises
    ------
    InputError
        If a rule names a unit that is not there, or has another number of rows.
    """
    n = sum(p.n for p in parts)
    _check_rows(rules, n)
    home, local = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for i, part in enumerate(parts):
        home[part.units] = i
        local[part.units] = np.arange(part.n)
    locked: list[list[NDArray[np.int64]]] = [[] for _ in parts]
    joined: list[list[NDArray[np.int64]]] = [[] for _ in parts]
    kept_apart: list[list[NDArray[np.int64]]] = [[] for _ in parts]
    torn: list[list[int]] = [[] for _ in parts]
    for groups, out in ((rules.locked, locked), (rules.must_join, joined)):
        for group in groups:
            units = np.unique(np.asarray(group, np.int64))
            own = home[units[0]]
            is_whole = bool((home[units] == own).all())
            # a lock in two pieces is as torn as one in two parts
            if is_whole and (out is joined or parts[own].is_connected(local[units])):
                out[own].append(local[units])
            else:
                for unit in units:
                    torn[home[unit]].append(int(local[unit]))
    for pair in rules.must_part:
        units = np.unique(np.asarray(pair, np.int64))
        if len(np.unique(home[units])) == 1:
            kept_apart[home[units[0]]].append(local[units])
    moved = rules.previous is not None and rules.moved_m > 0
    previous = np.asarray(rules.previous, np.int64) if moved else None
    beats = np.asarray(rules.beats) if rules.beats is not None and rules.split_m > 0 else None
    claims = _claims(parts, previous)
    return [
        PartRules(
            bands=rules.ladder(),
            target=target,
            balance_m=rules.balance_m,
            walk_max_m=rules.walk_max_m,
            locked=tuple(locked[i]),
            must_join=tuple(joined[i]),
            must_part=tuple(kept_apart[i]),
            torn=np.unique(np.array(torn[i], np.int64)),
            previous=None if previous is None else previous[part.units],
            claimable=claims[i],
            heirs=tuple((int(local[u]), old) for u, old in rules.heirs if moved and home[u] == i),
            moved_m=rules.moved_m if moved else 0.0,
            beats=None if beats is None else beats[part.units],
            split_m=0.0 if beats is None else rules.split_m,
            extra_cost=rules.extra_cost,
            veto=rules.veto,
        )
        for i, part in enumerate(parts)
    ]


def _check_rows(rules: PartitionRules, n: int) -> None:
    """Refuse rules that speak of units that are not there."""
    for name in ("locked", "must_join", "must_part"):
        for number, group in enumerate(getattr(rules, name)):
            strange = [u for u in group if not 0 <= u < n]
            if strange:
                msg = f"{name}[{number}] names units {strange[:5]}; there are 0 to {n - 1}."
                raise InputError(msg, units=strange)
    for name in ("previous", "beats"):
        values = getattr(rules, name)
        if values is not None and np.shape(values) != (n,):
            msg = f"{name} has shape {np.shape(values)}; give one label per unit, ({n},)."
            raise InputError(msg, shape=np.shape(values))


def _claims(parts: Sequence[Part], previous: NDArray[np.int64] | None) -> list[NDArray[np.int64]]:
    """Return which old regions each part may carry on: those it holds most of."""
    if previous is None:
        return [_NONE for _ in parts]
    held: dict[int, tuple[float, int]] = {}
    for i, part in enumerate(parts):
        old = previous[part.units]
        for name in np.unique(old):
            weight = float(part.weights[old == name].sum())
            # equal shares: the first part
            if name >= 0 and weight > held.get(int(name), (-1.0, 0))[0]:
                held[int(name)] = (weight, i)
    homes: list[list[int]] = [[] for _ in parts]
    for name, (_, i) in held.items():
        homes[i].append(name)
    return [np.array(sorted(h), np.int64) for h in homes]


def fingerprint(part: Part, rules: PartRules, *more: object) -> str:
    """Return a name that two parts share only if they are the same problem."""
    digest = blake2b(digest_size=16)
    for array in (part.units, part.weights, part.edges, part.distance):
        digest.update(np.ascontiguousarray(array).tobytes())
    for each in fields(rules):
        value = getattr(rules, each.name)
        items = value if isinstance(value, tuple) else (value,)
        digest.update(f"{each.name}{len(items)}".encode())
        for item in items:
            if isinstance(item, np.ndarray):
                digest.update(f"{item.shape}".encode() + np.ascontiguousarray(item).tobytes())
            else:
                # a callable is itself: who keeps the name keeps the rules alive too
                digest.update(repr(id(item) if callable(item) else item).encode())
    digest.update(repr(more).encode())
    return digest.hexdigest()
