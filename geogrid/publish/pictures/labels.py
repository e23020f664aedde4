"""Labels: which names find room on a map, the weightiest first, none over another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.publish.pictures.lettering import axes_text, halo_text
from geogrid.publish.pictures.style import INK, text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes

    from geogrid.publish.pictures.ground import Window

__all__ = ["Label", "Labels"]

_AIR_PT = 1.0
# half of what a line of Chinese takes, of its size
_TALL = 0.58
# a name that would lie more than this outside of what it names is left out
_MOST_OUTSIDE = 0.6


@dataclass(frozen=True)
class Label:
    """Be one name that would like to stand on a map.

    Parameters
    ----------
    text : str
        Words.
    places : sequence of (float, float)
        Where its middle may lie, metres; the best first.
    size : float
        Points.
    color : str
        Ink.
    rim : bool
        Whether it stands on a white rim.
    """

    text: str
    places: Sequence[tuple[float, float]]
    size: float = 8.0
    color: str = INK
    rim: bool = True


@dataclass
class Labels:
    """Hand out the room on one map.

    Parameters
    ----------
    axes : Axes
        Of the map.
    window : Window
        What it shows.
    """

    axes: Axes
    window: Window
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    def size_of(self, text: str, size: float) -> tuple[float, float]:
        """Return half the width and half the height of a text, in metres."""
        wide = self.window.metres(text_width(text, size) / 2 + _AIR_PT)
        return wide, self.window.metres(size * _TALL + _AIR_PT)

    def keep_free(self, west: float, south: float, east: float, north: float) -> None:
        """Bar a box from labels, metres."""
        self.taken.append((west, south, east, north))

    def claim(self, west: float, south: float, east: float, north: float) -> bool:
        """Take a box, metres, if it is free; return whether it was."""
        box = (west, south, east, north)
        free = self._is_free(box)
        if free:
            self.taken.append(box)
        return free

    def place(self, wanted: Iterable[Label]) -> int:
        """Write the labels that find room.

        Parameters
        ----------
        wanted : iterable of Label
            The weightiest first.

        Returns
        -------
        int
            How many were written.
        """
        n = 0
        for label in wanted:
            half = self.size_of(label.text, label.size)
            for at in label.places:
                box = (at[0] - half[0], at[1] - half[1], at[0] + half[0], at[1] + half[1])
                if self._is_free(box):
                    self.taken.append(box)
                    self._write(label, at)
                    n += 1
                    break
        return n

    def _write(self, label: Label, at: tuple[float, float]) -> None:
        """Write one label."""
        write = halo_text if label.rim else axes_text
        write(self.axes, at, label.text, size=label.size, color=label.color)

    def inside(
        self,
        area: Any,  # noqa: ANN401 - any geometry
        avoid: Any,  # noqa: ANN401 - any geometry
        text: str,
        *,
        size: float,
        color: str,
        steps: int = 9,
    ) -> Label:
        """Return a label that would stand inside an area, off what matters there.

        Parameters
        ----------
        area : geometry
            What it names.
        avoid : geometry
            What it should not cover.
        text : str
            Words.
        size : float
            Points.
        color : str
            Ink.
        steps : int
            How many places are tried from west to east, and from south to north.

        Returns
        -------
        Label
            Its places, those first where least of it leaves the area or covers anything.
        """
        import shapely

        west, south, east, north = area.bounds
        wide, high = self.size_of(text, size)
        xs, ys = (
            np.linspace(west, east, steps + 2)[1:-1],
            np.linspace(south, north, steps + 2)[1:-1],
        )
        x, y = (grid.ravel() for grid in np.meshgrid(xs, ys))
        boxes = shapely.box(x - wide, y - high, x + wide, y + high)
        whole = 4 * wide * high
        outside = 1 - shapely.area(shapely.intersection(boxes, area)) / whole
        over = shapely.area(shapely.intersection(boxes, avoid)) / whole
        middle = np.hypot(x - (west + east) / 2, y - (south + north) / 2)
        off = middle / max(float(np.hypot(east - west, north - south)), 1.0)
        cost = 2.0 * outside + 1.5 * over + 0.4 * off
        order = [int(i) for i in np.argsort(cost, kind="stable") if outside[i] < _MOST_OUTSIDE]
        return Label(text, [(float(x[i]), float(y[i])) for i in order], size, color)

    def _is_free(self, box: tuple[float, float, float, float]) -> bool:
        """Return whether a box lies on the map and over no other."""
        west, south, east, north = box
        view = self.window
        inside = west > view.west and south > view.south and east < view.east and north < view.north
        return inside and not any(
            west < b[2] and east > b[0] and south < b[3] and north > b[1] for b in self.taken
        )
