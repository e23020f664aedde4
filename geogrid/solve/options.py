"""Options: what a partition must obey, how long to look, whom to tell."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from geogrid.errors import InputError
from geogrid.solve.result import gap_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from numpy.typing import NDArray

    from geogrid.solve.regions import Regions
    from geogrid.solve.result import Partition

__all__ = ["PartitionRules", "Progress", "SolveOptions"]


Apportionment = Literal["optimal", "largest_remainder", "given"]


# numbers beyond these are slips of the pen, and leave what the solver can tell apart
_MOST, _LEAST = 1e12, 1e-9


def _check_number(value: object, name: str) -> None:
    """Refuse what is no finite number >= 0 of a sensible size."""
    is_number = isinstance(value, int | float | np.integer | np.floating)
    if not is_number or isinstance(value, bool) or not 0 <= value <= _MOST:  # type: ignore[operator]
        raise InputError(f"{name} is {value!r}; give a number from 0 to {_MOST:g}.")


def _check_choice(value: object, name: str, known: tuple[str, ...]) -> None:
    """Refuse a word that is not known."""
    if not (isinstance(value, str) and value in known):
        raise InputError(f"{name} is {value!r}; known: {', '.join(known)}.")


def _row_groups(value: Iterable[Any], name: str) -> tuple[tuple[int, ...], ...]:
    """Return groups of rows as tuples of whole numbers, or refuse them."""
    try:
        arrays = [np.asarray(group) for group in value]
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must hold groups of unit numbers.") from error
    for number, array in enumerate(arrays):
        is_pair = name != "must_part" or array.shape == (2,)
        if array.ndim != 1 or array.dtype.kind not in "iu" or not len(array) or not is_pair:
            want = "two unit numbers" if name == "must_part" else "unit numbers"
            raise InputError(f"{name}[{number}] must be a group of {want}, not {array.tolist()!r}.")
    return tuple(tuple(int(unit) for unit in array) for array in arrays)


def _check_labels(value: object, name: str, kinds: str) -> None:
    """Refuse labels that are not whole numbers (or text, where that will do)."""
    if value is not None and np.asarray(value).dtype.kind not in kinds:
        more = " or text" if "U" in kinds else ""
        raise InputError(f"{name} must hold whole numbers{more}, one label per unit.")


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
    heirs : tuple of (int, int)
        Pairs of a unit and its old region, which its region alone may carry on,
        and no other.
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
    heirs: tuple[tuple[int, int], ...] = ()
    beats: NDArray[np.int64] | None = None
    split_m: float = 0.0
    extra_cost: Callable[[Regions], NDArray[np.float64]] | None = None
    veto: Callable[[Regions], NDArray[np.bool_]] | None = None

    def __post_init__(self) -> None:
        """Refuse values that mean nothing; keep rows as whole numbers."""
        for name in ("low", "high", "balance_m", "moved_m", "split_m"):
            _check_number(getattr(self, name), name)
        if not self.low < self.high:
            msg = f"The band [{self.low}, {self.high}] is empty; give 0 <= low < high."
            raise InputError(msg, low=self.low, high=self.high)
        for name in ("target", "walk_max_m"):
            if getattr(self, name) is not None:
                _check_number(getattr(self, name), name)
        if self.target is not None and not self.target > _LEAST:
            raise InputError(f"The target {self.target} is not a positive number of households.")
        for name in ("locked", "must_join", "must_part"):
            # the dataclass is frozen for its users, not for itself
            object.__setattr__(self, name, _row_groups(getattr(self, name), name))
        for name, kinds in (("previous", "iu"), ("beats", "iuU")):
            _check_labels(getattr(self, name), name, kinds)
        for name in ("extra_cost", "veto"):
            if not (getattr(self, name) is None or callable(getattr(self, name))):
                raise InputError(f"{name} must be a function of regions.")
        self._check_together()

    def _check_together(self) -> None:
        """Refuse values that mean nothing beside one another."""
        if self.moved_m > 0 and self.previous is None:
            raise InputError("moved_m needs the layout before: give previous.")
        if self.split_m > 0 and self.beats is None:
            raise InputError("split_m needs the beat of each unit: give beats.")
        taken = [unit for region in self.locked for unit in region]
        if len(set(taken)) != len(taken):
            raise InputError("Locked regions share units; each unit has one region.")
        _check_choice(self.band, "band", ("soft", "hard"))
        _check_choice(self.apportion, "apportion", get_args(Apportionment))
        if (self.apportion == "given") != (self.given is not None):
            raise InputError("Regions per group go with apportion='given', and only with it.")
        counts = [] if self.given is None else list(self.given.values())
        if not all(isinstance(n, int | np.integer) and n >= 0 for n in counts):
            raise InputError(f"given holds {counts[:5]}; give whole numbers of regions >= 0.")

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
    best : callable
        Makes the best plan so far, None before there is one; to be called while listening.
    """

    stage: str
    incumbent: float | None
    bound: float | None
    parts_done: int
    parts_total: int
    best: Callable[[], Partition | None] = field(default=lambda: None, repr=False, compare=False)

    @property
    def gap(self) -> float | None:
        """Return (incumbent - bound) / incumbent, if both are known."""
        if self.incumbent is None:
            return None
        return gap_of(self.incumbent, self.bound)


@dataclass(frozen=True)
class SolveOptions:
    """State how long to look, with what, and whom to tell.

    Parameters
    ----------
    time_limit : float, optional
        Wall seconds; the best plan by then is returned with its honest status.
    on_progress : callable, optional
        Called with a `Progress` now and then.
    called_off : callable, optional
        Asked before every part; once it says True, the run ends as at its time limit.
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
    on_interrupt : {"best", "raise"}
        What Ctrl-C gets: the best plan so far, or, where a run is one of many, an
        end to all of them (KeyboardInterrupt).
    first_pool : int, optional
        Columns in the first restricted pool of each part; for tests.
    """

    time_limit: float | None = None
    on_progress: Callable[[Progress], None] | None = None
    called_off: Callable[[], bool] | None = None
    mode: Literal["auto", "exact", "search"] = "auto"
    seed: int = 0
    exact_units: int = 128
    memory_mb: int = 1024
    n_jobs: int = 1
    cluster: str | None = None
    on_interrupt: Literal["best", "raise"] = "best"
    first_pool: int | None = None

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        _check_choice(self.mode, "mode", ("auto", "exact", "search"))
        _check_choice(self.on_interrupt, "on_interrupt", ("best", "raise"))
        for name, least in (("n_jobs", 1), ("memory_mb", 1), ("exact_units", 0), ("seed", 0)):
            value = getattr(self, name)
            if not isinstance(value, int | np.integer) or value < least:
                raise InputError(f"{name} is {value!r}; give a whole number >= {least}.")
        limit = self.time_limit
        if limit is not None and not (isinstance(limit, int | float) and math.isfinite(limit)):
            raise InputError(f"time_limit is {limit!r}; give seconds, or None for no limit.")
        if self.on_progress is not None and not callable(self.on_progress):
            raise InputError("on_progress must be a function of a Progress.")
        if self.called_off is not None and not callable(self.called_off):
            raise InputError("called_off must be a function that says whether to stop.")
        if self.cluster is not None and self.n_jobs != 1:
            raise InputError("Give n_jobs or cluster, not both: a cluster brings its own workers.")

    def in_one_process(self) -> SolveOptions:
        """Return the same for a run that is one of many, each in a process of its own."""
        return replace(self, n_jobs=1, cluster=None, on_progress=None, on_interrupt="raise")
