"""Shapes: polygons and lines as few artists as there are styles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection, PathCollection
    from matplotlib.path import Path

__all__ = ["add_areas", "add_lines", "area_path"]

_AREA = 2


def area_path(shape: Any) -> Path:  # noqa: ANN401 - any geometry
    """Return the polygons of a shape as one path, holes left open.

    Parameters
    ----------
    shape : geometry or None
        What is not an area is passed over.

    Returns
    -------
    Path
        Maybe empty.
    """
    import shapely
    from matplotlib.path import Path

    rings = []
    for part in shapely.get_parts(shape) if shape is not None else ():
        if shapely.get_dimensions(part) == _AREA and not part.is_empty:
            # outer rings run one way and holes the other, whatever the fill rule
            part = shapely.orient_polygons(part)  # noqa: PLW2901 - the same part, turned
            rings += list(shapely.get_rings(part))
    if not rings:
        return Path(np.zeros((0, 2)))
    points, codes = [], []
    for ring in rings:
        xy = shapely.get_coordinates(ring)
        code = np.full(len(xy), Path.LINETO, np.uint8)
        code[0], code[-1] = Path.MOVETO, Path.CLOSEPOLY
        points.append(xy)
        codes.append(code)
    return Path(np.concatenate(points), np.concatenate(codes))


def add_areas(axes: Axes, shapes: Iterable[Any], **style: Any) -> PathCollection:  # noqa: ANN401 - what PathCollection takes
    """Draw areas in one style, or in a list of face colours.

    Parameters
    ----------
    axes : Axes
        Where.
    shapes : iterable of geometry
        Polygons, in the axes' coordinates.
    **style : object
        What `PathCollection` takes.

    Returns
    -------
    PathCollection
        One artist.
    """
    from matplotlib.collections import PathCollection

    found = PathCollection([area_path(shape) for shape in shapes], **style)
    axes.add_collection(found, autolim=False)
    return found


def add_lines(axes: Axes, shapes: Iterable[Any], **style: Any) -> LineCollection:  # noqa: ANN401 - what LineCollection takes
    """Draw lines, or the outlines of areas, in one style.

    Parameters
    ----------
    axes : Axes
        Where.
    shapes : iterable of geometry
        Lines or polygons, in the axes' coordinates.
    **style : object
        What `LineCollection` takes.

    Returns
    -------
    LineCollection
        One artist.
    """
    import shapely
    from matplotlib.collections import LineCollection

    held = np.array(
        [shape for shape in shapes if shape is not None and not shape.is_empty], dtype=object
    )
    parts = shapely.get_parts(held)
    areas = shapely.get_dimensions(parts) == _AREA
    lines = [*parts[shapely.get_dimensions(parts) == 1], *shapely.get_rings(parts[areas])]
    found = LineCollection([shapely.get_coordinates(line) for line in lines], **style)
    axes.add_collection(found, autolim=False)
    return found
