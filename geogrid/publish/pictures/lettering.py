"""Lettering: words in the coordinates of a map or a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geogrid.publish.pictures.style import INK, font

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

__all__ = ["axes_text", "halo_text"]


def halo_text(
    axes: Axes,
    at: tuple[float, float],
    text: str,
    *,
    size: float,
    color: str = INK,
    zorder: float = 8.0,
    **more: Any,  # noqa: ANN401 - what Text takes
) -> Text:
    """Write on a map, a white rim around the letters.

    Parameters
    ----------
    axes : Axes
        Where.
    at : (float, float)
        In the axes' coordinates; the text's middle unless told otherwise.
    text : str
        Words.
    size : float
        Points.
    color : str
        Ink.
    zorder : float
        Height.
    **more : object
        What `Text` takes.

    Returns
    -------
    Text
        The letters. The rim is a text of its own below, so that letters stay letters in a PDF.
    """
    from matplotlib.patheffects import Stroke

    rim = axes_text(axes, at, text, size=size, color="#ffffff", zorder=zorder, **more)
    rim.set_path_effects([Stroke(linewidth=max(1.2, size / 4), foreground="#ffffff", alpha=0.85)])
    return axes_text(axes, at, text, size=size, color=color, zorder=zorder + 0.01, **more)


def axes_text(
    axes: Axes,
    at: tuple[float, float],
    text: str,
    *,
    size: float,
    color: str = INK,
    zorder: float = 8.0,
    **more: Any,  # noqa: ANN401 - what Text takes
) -> Text:
    """Write on a map or a chart, in the house's font.

    Parameters
    ----------
    axes : Axes
        Where.
    at : (float, float)
        In the axes' coordinates; the text's middle unless told otherwise.
    text : str
        Words.
    size : float
        Points.
    color : str
        Ink.
    zorder : float
        Height.
    **more : object
        What `Text` takes.

    Returns
    -------
    Text
        The letters.
    """
    style = {
        "ha": "center",
        "va": "center",
        "fontproperties": font(size),
        # a dollar sign in a name starts no formula
        "parse_math": False,
        "clip_on": True,
        **more,
    }
    return axes.text(*at, text, color=color, zorder=zorder, **style)
