"""Options: what a partition must obey, how long to look, whom to tell."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from geogrid.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["PartitionRules", "Progress", "SolveOptions"]


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
    """

    low: float = 0.5
    high: float = 1.5
    target: float | None = None
    balance_m: float = 500.0
    apportion: Literal["optimal", "largest_remainder", "given"] = "optimal"
    given: Mapping[int, int] | None = None

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        if not (0 <= self.low < self.high and math.isfinite(self.high)):
            msg = f"The band [{self.low}, {self.high}] is empty; give 0 <= low < high."
            raise InputError(msg, low=self.low, high=self.high)
        if self.target is not None and not (math.isfinite(self.target) and self.target > 0):
            raise InputError(f"The target {self.target} is not a positive number of households.")
        if not (math.isfinite(self.balance_m) and self.balance_m >= 0):
            raise InputError(f"balance_m is {self.balance_m}; give metres >= 0.")
        if (self.apportion == "given") != (self.given is not None):
            raise InputError("Regions per group go with apportion='given', and only with it.")

    def ladder(self) -> tuple[tuple[float, float], ...]:
        """Return the bands a part tries, narrowest first, in multiples of T."""
        return ((self.low, self.high), (self.low / 2, self.high * 4 / 3), (0.0, math.inf))


@dataclass(frozen=True)
class Progress:
    """Tell how far a run has come.

    Parameters
    ----------
    stage : str
        ``columns``, ``bounds`` or ``proof``.
    incumbent, bound : float or None
        Objective of the best plan so far and its lower bound, once there are any.
    parts_done, parts_total : int
        Parts finished in this stage, and all.
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
    """State how long to look and whom to tell.

    Parameters
    ----------
    time_limit : float, optional
        Wall seconds; the best plan by then is returned with its honest status.
    on_progress : callable, optional
        Called with a `Progress` now and then.
    first_pool : int, optional
        Columns in the first restricted pool of each part; for tests.
    """

    time_limit: float | None = None
    on_progress: Callable[[Progress], None] | None = None
    first_pool: int | None = None
