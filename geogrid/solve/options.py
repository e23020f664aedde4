"""Options: what a partition must obey, how long to look, whom to tell."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from geogrid.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from geogrid.solve.regions import Regions

__all__ = ["PartitionRules", "Progress", "SolveOptions"]


Apportionment = Literal["optimal", "largest_remainder", "given"]


@dataclass(frozen=True)
class PartitionRules:
    """State what makes a region allowed and what makes it good.

    Parameters
    ----------
    low, high : float
        Households of a region, in multiples of the target.
    target : float, optional
        T, households per region; by default total / k.
    balance_m : float
        Being 100 % off target costs as if everybody walked so many metres.
    apportion : {"optimal", "largest_remainder", "given"}
        How the k regions are shared out over the groups.
    given : mapping of group label to int, optional
        Regions per group, for ``apportion="given"``.
    band : {"soft", "hard"}
        A soft band gives way in a part that it cannot cover (the ladder); a hard
        one never does.
    walk_max_m : float, optional
        Longest walk of any unit to the medoid of its region.
    locked : tuple of tuples of int
        Regions kept as they are, each the rows of its units; band and walk limit
        do not bind them.
    must_join : tuple of tuples of int
        Units that share one region.
    must_part : tuple of (int, int)
        Pairs of units that may not share a region.
    previous : (n,) array, optional
        Region of each unit in the layout before; negative for none.
    moved_m : float
        Metres that a household costs whose region does not carry on its old
        one. A region carries on at most one old region, an old region is
        carried on at most once, and only in the part where most of it lives.
    beats : (n,) int array, optional
        Beat of each unit.
    split_m : float
        Metres that a household costs outside its region's majority beat.
    extra_cost : callable, optional
        Takes `geogrid.solve.regions.Regions`, returns the cost to add, (m,).
    veto : callable, optional
        Takes `geogrid.solve.regions.Regions`, returns which are forbidden, (m,).
    """

    low: float = 0.5
    high: float = 1.5
    target: float | None = None
    balance_m: float = 500.0
    apportion: Apportionment = "optimal"
    given: Mapping[Hashable, int] | None = None
    band: Literal["soft", "hard"] = "soft"
    walk_max_m: float | None = None
    locked: tuple[tuple[int, ...], ...] = ()
    must_join: tuple[tuple[int, ...], ...] = ()
    must_part: tuple[tuple[int, int], ...] = ()
    previous: NDArray[np.int64] | None = None
    moved_m: float = 0.0
    beats: NDArray[np.int64] | None = None
    split_m: float = 0.0
    extra_cost: Callable[[Regions], NDArray[np.float64]] | None = None
    veto: Callable[[Regions], NDArray[np.bool_]] | None = None

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        if not (0 <= self.low < self.high and math.isfinite(self.high)):
            msg = f"The band [{self.low}, {self.high}] is empty; give 0 <= low < high."
            raise InputError(msg, low=self.low, high=self.high)
        if self.target is not None and not (math.isfinite(self.target) and self.target > 0):
            raise InputError(f"The target {self.target} is not a positive number of households.")
        for name in ("balance_m", "moved_m", "split_m"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise InputError(f"{name} is {value}; give metres >= 0.")
        if self.walk_max_m is not None and not self.walk_max_m >= 0:
            raise InputError(f"walk_max_m is {self.walk_max_m}; give metres >= 0.")
        if self.moved_m > 0 and self.previous is None:
            raise InputError("moved_m needs the layout before: give previous.")
        if self.split_m > 0 and self.beats is None:
            raise InputError("split_m needs the beat of each unit: give beats.")
        taken = [unit for region in self.locked for unit in region]
        if len(set(taken)) != len(taken) or not all(self.locked):
            raise InputError("Locked regions are empty or share units; each unit has one region.")
        if self.apportion not in get_args(Apportionment):
            known = ", ".join(get_args(Apportionment))
            raise InputError(f"apportion is {self.apportion!r}; known: {known}.")
        if self.band not in {"soft", "hard"}:
            raise InputError(f"band is {self.band!r}; known: soft, hard.")
        if (self.apportion == "given") != (self.given is not None):
            raise InputError("Regions per group go with apportion='given', and only with it.")

    def ladder(self) -> tuple[tuple[float, float], ...]:
        """Return the bands a part tries, narrowest first, in multiples of T."""
        narrowest = (self.low, self.high)
        if self.band == "hard":
            return (narrowest,)
        return (narrowest, (self.low / 2, self.high * 4 / 3), (0.0, math.inf))


@dataclass(frozen=True)
class Progress:
    """Tell how far a run has come.

    Parameters
    ----------
    stage : str
        ``parts`` while they are looked at for the first time, then ``proof``;
        ``conflict`` while rules that leave no plan are told apart.
    incumbent, bound : float or None
        Objective of the best plan so far and its lower bound, once there are any.
    parts_done, parts_total : int
        Parts (of a conflict: rules) finished in this stage, and all.
    """

    stage: str
    incumbent: float | None
    bound: float | None
    parts_done: int
    parts_total: int

    @property
    def gap(self) -> float | None:
        """Return (incumbent - bound) / incumbent, if both are known."""
        if self.incumbent is None or self.bound is None:
            return None
        return (self.incumbent - self.bound) / max(abs(self.incumbent), 1e-12)


@dataclass(frozen=True)
class SolveOptions:
    """State how long to look, with what, and whom to tell.

    Parameters
    ----------
    time_limit : float, optional
        Wall seconds; the best plan by then is returned with its honest status.
    on_progress : callable, optional
        Called with a `Progress` now and then.
    mode : {"auto", "exact", "search"}
        ``auto`` lists all regions of a part where they are few enough and
        searches elsewhere; ``exact`` refuses such a part; ``search`` proves nothing.
    seed : int
        Of the search; exact answers do not depend on it.
    exact_units : int
        Largest part, in units, that ``auto`` lists: beyond, the proof takes minutes.
    memory_mb : int
        Memory for the regions of one part, and for those kept between visits;
        a part that needs more is searched. Holds for each worker.
    n_jobs : int
        Processes that work on parts at the same time; the answer is the same.
    cluster : str, optional
        Address of a Dask scheduler whose workers take the parts instead
        (``tcp://host:8786``; extra ``cluster``).
    first_pool : int, optional
        Columns in the first restricted pool of each part; for tests.
    """

    time_limit: float | None = None
    on_progress: Callable[[Progress], None] | None = None
    mode: Literal["auto", "exact", "search"] = "auto"
    seed: int = 0
    exact_units: int = 128
    memory_mb: int = 1024
    n_jobs: int = 1
    cluster: str | None = None
    first_pool: int | None = None

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        if self.mode not in {"auto", "exact", "search"}:
            raise InputError(f"mode is {self.mode!r}; known: auto, exact, search.")
        for name in ("n_jobs", "memory_mb"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; give a whole number >= 1.")
        if self.cluster is not None and self.n_jobs != 1:
            raise InputError("Give n_jobs or cluster, not both: a cluster brings its own workers.")
