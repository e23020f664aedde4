"""Result of a partition: the regions, what they cost, what is proved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from geogrid.solve.master import Cut

__all__ = ["Cause", "PartResult", "Partition", "Status", "gap_of", "is_closed"]

# why a part does not use the first band (too light, one unit too heavy, its shape), or was not
# solved exactly (too large, a proof too long, as asked, only sketched in the time given)
Cause = Literal["", "light", "heavy", "shape", "large", "long", "asked", "sketched"]

Status = Literal["optimal", "gap", "heuristic"]


def is_closed(objective: float, bound: float) -> bool:
    """Tell whether a gap is nothing but rounding (1e-6 relative)."""
    return objective - bound <= 1e-6 * abs(objective) + 1e-12


def gap_of(objective: float, bound: float | None) -> float | None:
    """Return by how much at most an objective exceeds the optimum, as a share of it itself.

    Parameters
    ----------
    objective : float
        Of a layout.
    bound : float or None
        No layout under its rules costs less; None if nothing is proven.

    Returns
    -------
    float or None
        In [0, 1]; None without a bound.
    """
    return None if bound is None else max(0.0, objective - bound) / max(abs(objective), 1e-12)


@dataclass(frozen=True)
class PartResult:
    """Hold what was found and proved for one part.

    Parameters
    ----------
    units : (n,) int64
        Rows of its units.
    group : int or str
        Label no region may cross.
    regions : tuple of (s,) int64 arrays
        Units of each region, as rows.
    medoids : (k,) int64
        Row of each region's medoid.
    objective : float
        Cost.
    bound, lp_bound : float or None
        Proven lower bound; that of the linear relaxation alone. None if no
        bound holds, since a user's own cost may be negative.
    band : tuple of float
        Band used, in multiples of T.
    reason : str
        Why it is not the first band, or why the part was not solved exactly; else empty.
    cause : str
        The same in one word, see `Cause`.
    cuts : tuple of Cut
        Duals of every relaxation solved; the certificate.
    proven : mapping of int to float
        Optimal cost for every k that was solved; inf where no cover exists.
    """

    units: NDArray[np.int64]
    group: Hashable
    regions: tuple[NDArray[np.int64], ...]
    medoids: NDArray[np.int64]
    objective: float
    bound: float | None
    lp_bound: float | None
    band: tuple[float, float]
    reason: str
    cause: Cause
    cuts: tuple[Cut, ...]
    proven: Mapping[int, float]

    @property
    def k(self) -> int:
        """Return the number of regions."""
        return len(self.regions)

    @property
    def status(self) -> Status:
        """Return what the bound says about the part's own objective for its k."""
        if self.bound is None:
            return "heuristic"
        return "optimal" if is_closed(self.objective, self.bound) else "gap"


@dataclass(frozen=True)
class Partition:
    """Hold the regions, what they cost, and what is proved about that.

    Parameters
    ----------
    labels : (n,) int32
        Region of each unit, in [0, k), numbered by smallest member.
    objective : float
        Household-metres (walk and balance).
    bound : float or None
        Proven lower bound on the objective.
    status : {"optimal", "gap", "heuristic"}
        What the bound says about the objective.
    target : float
        T that was used.
    medoids : (k,) int64
        Row of each region's medoid.
    parts : tuple of PartResult
        One per part, in order of their smallest unit.
    """

    labels: NDArray[np.int32]
    objective: float
    bound: float | None
    status: Status
    target: float
    medoids: NDArray[np.int64]
    parts: tuple[PartResult, ...] = field(repr=False)

    @property
    def gap(self) -> float | None:
        """Return (objective - bound) / objective, or None without a bound."""
        return gap_of(self.objective, self.bound)

    def explain(self) -> str:
        """Return in a few sentences what was proved and where bands gave way."""
        above = self.objective / max(self.bound or 0.0, 1e-9) - 1.0
        proof = {
            "optimal": "proven optimal: no other choice of regions costs less",
            "gap": f"at most {100 * above:.2f} % above the optimum",
            "heuristic": "not proven",
        }[self.status]
        head = (
            f"{len(self.medoids)} regions in {len(self.parts)} parts, target {self.target:.1f}; "
            f"objective {self.objective:,.0f} household-metres, {proof}."
        )
        lines = [head] + [f"Part {i}: {p.reason}" for i, p in enumerate(self.parts) if p.reason]
        return "\n".join(lines)
