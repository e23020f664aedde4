"""Clock: a deadline that compiled loops can see too."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

import numpy as np

from geogrid.errors import SolverTimeout

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.typing import NDArray

__all__ = ["Clock"]

_LONGEST_S = 1e6


class Clock:
    """Stop work at a deadline.

    Compiled loops run without the interpreter's lock and look at ``flag`` now
    and then; a timer raises it. Everybody else calls `check`.

    Parameters
    ----------
    deadline : float or None
        Seconds since the epoch, so that it means the same in every process.
    """

    def __init__(self, deadline: float | None) -> None:
        self.deadline = deadline
        self.flag: NDArray[np.int64] = np.zeros(1, np.int64)
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Self:
        """Start the timer."""
        if self.deadline is not None:
            # a timer of more than some weeks is none
            wait = min(max(0.0, self.left()), _LONGEST_S)
            self._timer = threading.Timer(wait, self._ring)
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def _ring(self) -> None:
        self.flag[0] = int(self.left() <= 0)

    def left(self) -> float:
        """Return the seconds left; inf without a deadline."""
        return np.inf if self.deadline is None else self.deadline - time.time()

    @property
    def is_late(self) -> bool:
        """Return whether the deadline has passed."""
        return bool(self.flag[0]) or self.left() <= 0

    def check(self) -> None:
        """Raise `SolverTimeout` once the deadline has passed."""
        if self.is_late:
            raise SolverTimeout("The time limit passed; allow more time.")
