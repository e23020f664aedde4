"""Terms: what a rule forbids a region, and what it makes it cost.

Each works on a whole pool of columns at once. Any cost or veto that depends on
the members of a region alone leaves the proof as it is: it only changes which
columns exist and what they cost.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import InputError
from geogrid.solve.columns import Columns, columns_of_sets, set_masks
from geogrid.solve.regions import Regions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geogrid.solve.part_rules import PartRules
    from geogrid.solve.parts import Part

__all__ = ["apply_rules", "price_sets"]


def apply_rules(columns: Columns, part: Part, rules: PartRules) -> Columns:
    """Keep the columns that the rules allow, and price them by the rules.

    Parameters
    ----------
    columns : Columns
        Every connected set in the band, priced by walk and balance.
    part : Part
        What they cover.
    rules : PartRules
        Locks, ties, walk limit, costs, veto, in the part's own numbers.

    Returns
    -------
    Columns
        Locked regions added, forbidden ones gone, fillers for old regions last.

    Raises
    ------
    InputError
        If the user's cost or veto returns another shape, or no number.
    """
    for region in rules.locked:
        columns = _with_region(columns, part, region, rules)
    allowed = _allowed(columns, part, rules)
    if not allowed.all():
        columns = columns.take(np.flatnonzero(allowed))
    if not len(columns):
        return columns
    if rules.veto is not None:
        forbidden = _checked(rules.veto(_view(columns, part)), len(columns), "veto").astype(bool)
        columns = columns.take(np.flatnonzero(~forbidden))
        if not len(columns):
            return columns
    extra = np.zeros(len(columns))
    if rules.beats is not None:
        extra += rules.split_m * _outside_majority(columns, part, rules.beats)
    if rules.extra_cost is not None:
        extra += _checked(rules.extra_cost(_view(columns, part)), len(columns), "extra_cost")
    columns = replace(columns, cost=columns.cost + extra)
    if rules.previous is not None:
        columns = _with_claims(columns, part, rules.previous, rules)
    return columns


def price_sets(part: Part, rules: PartRules, sets: Sequence[NDArray[np.int64]]) -> float | None:
    """Return what some connected sets of a part cost together; None if a rule forbids one.

    Parameters
    ----------
    part : Part
        What they are sets of.
    rules : PartRules
        The part's rules; the layout before is left aside.
    sets : sequence of (s,) int64
        Units of each, ascending.

    Returns
    -------
    float or None
        Household-metres.
    """
    pool = columns_of_sets(part, sets, target=rules.target, balance_m=rules.balance_m)
    free = replace(rules.within(np.arange(part.n)), locked=())
    touched = [r for r in rules.locked if any(np.isin(r, s).any() for s in sets)]
    if any(not any(np.array_equal(r, s) for s in sets) for r in touched):
        return None
    priced = apply_rules(pool, part, free)
    return float(priced.cost.sum()) if len(priced) == len(sets) else None


def _checked(values: object, m: int, name: str) -> NDArray[np.float64]:
    """Return what a user's rule answered, or refuse it."""
    array = np.asarray(values, np.float64)
    if array.shape != (m,) or not np.isfinite(array).all():
        raise InputError(f"{name} must return one finite number for each of {m} regions.")
    return array


def _view(columns: Columns, part: Part) -> Regions:
    """Return the columns in rows of the whole, as a user's rule sees them."""
    return Regions(
        columns.starts,
        part.units[columns.members],
        columns.weight,
        columns.walk,
        part.units[columns.medoid],
    )


def _with_region(
    columns: Columns, part: Part, region: NDArray[np.int64], rules: PartRules
) -> Columns:
    """Add a locked region that the band leaves out."""
    own = columns_of_sets(part, [region], target=rules.target, balance_m=rules.balance_m)
    if len(columns) and (columns.masks == own.masks).all(axis=1).any():
        return columns
    return replace(
        columns,
        masks=np.concatenate([columns.masks, own.masks]),
        starts=np.append(columns.starts, columns.starts[-1] + len(region)),
        members=np.concatenate([columns.members, own.members]),
        weight=np.concatenate([columns.weight, own.weight]),
        walk=np.concatenate([columns.walk, own.walk]),
        cost=np.concatenate([columns.cost, own.cost]),
        medoid=np.concatenate([columns.medoid, own.medoid]),
    )


def _allowed(columns: Columns, part: Part, rules: PartRules) -> NDArray[np.bool_]:
    """Return which columns respect locks, ties and the walk limit."""
    allowed = np.ones(len(columns), bool)
    if not len(columns):
        return allowed
    starts = columns.starts[:-1]

    def count(units: NDArray[np.int64]) -> NDArray[np.int64]:
        flags = np.zeros(part.n, np.int64)
        flags[units] = 1
        total: NDArray[np.int64] = np.add.reduceat(flags[columns.members], starts)
        return total

    free = np.ones(len(columns), bool)
    for region in rules.locked:
        inside = count(region)
        exact = (inside == len(region)) & (columns.sizes == len(region))
        allowed &= (inside == 0) | exact
        free &= ~exact
    for group in rules.must_join:
        inside = count(group)
        allowed &= (inside == 0) | (inside == len(group))
    for pair in rules.must_part:
        allowed &= count(pair) < len(pair)
    if len(rules.torn):
        allowed &= count(rules.torn) == 0
    if rules.walk_max_m is not None:
        owner = np.repeat(np.arange(len(columns)), columns.sizes)
        legs = part.distance[columns.members, columns.medoid[owner]]
        far = np.maximum.reduceat(legs, starts) > rules.walk_max_m
        # a region that is kept as it is may walk as far as it does
        allowed &= ~(far & free)
    return allowed


def _outside_majority(
    columns: Columns, part: Part, beats: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the households of each column outside the beat that holds most of it."""
    _, beat = np.unique(beats, return_inverse=True)
    most = np.zeros(len(columns))
    for number in range(int(beat.max()) + 1):
        held = np.where(beat == number, part.weights, 0.0)[columns.members]
        most = np.maximum(most, np.add.reduceat(held, columns.starts[:-1]))
    return columns.weight - most


def _with_claims(columns: Columns, part: Part, old: NDArray[np.int64], rules: PartRules) -> Columns:
    """Add, per column and old region it overlaps, a copy that carries that region on.

    Each old region is a row of its own, covered by one such copy or by a filler.
    """
    names = np.intersect1d(old[old >= 0], rules.claimable)
    # the old region that each column may carry on and no other, -1 where it is free to choose
    only = np.full(len(columns), -1)
    for unit, name in rules.heirs:
        only[np.add.reduceat(columns.members == unit, columns.starts[:-1]) > 0] = name
    bound = {name for _, name in rules.heirs}
    plain = replace(columns, cost=columns.cost + rules.moved_m * columns.weight)
    pools = [plain]
    for number, name in enumerate(names):
        kept = np.where(old == name, part.weights, 0.0)[columns.members]
        stays = np.add.reduceat(kept, columns.starts[:-1])
        some = np.flatnonzero((stays > 0) & ((only == name) | ((only < 0) & (name not in bound))))
        copy = plain.take(some)
        members = np.insert(copy.members, copy.starts[1:], np.int16(part.n + number))
        pools.append(
            replace(
                copy,
                members=members,
                starts=copy.starts + np.arange(len(copy.starts)),
                cost=copy.cost - rules.moved_m * stays[some],
            )
        )
    return _stack(pools, part.n, len(names))


def _stack(pools: list[Columns], n_units: int, n_claims: int) -> Columns:
    """Join pools into one, add the fillers, and redraw the masks over all rows."""
    fillers = np.arange(n_units, n_units + n_claims).astype(np.int16)
    nothing = np.zeros(n_claims)
    members = np.concatenate([*(p.members for p in pools), fillers])
    sizes = np.concatenate([*(p.sizes for p in pools), np.ones(n_claims, np.int64)])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    n_rows = n_units + n_claims
    return Columns(
        n_rows=n_rows,
        n_units=n_units,
        masks=set_masks(members, sizes, n_rows),
        starts=starts,
        members=members,
        weight=np.concatenate([*(p.weight for p in pools), nothing]),
        walk=np.concatenate([*(p.walk for p in pools), nothing]),
        cost=np.concatenate([*(p.cost for p in pools), nothing]),
        medoid=np.concatenate([*(p.medoid for p in pools), np.full(n_claims, -1, np.int16)]),
    )
