"""Picture: a matplotlib figure that shows itself, and how it becomes a file."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from geogrid.errors import InputError
from geogrid.files import replacing
from geogrid.publish.pictures.style import house_style

__all__ = ["PAPERS", "Picture", "save"]

# width and height in inches, lying
PAPERS = {"a4": (11.69, 8.27), "a3": (16.54, 11.69)}
# a sheet of A4 is then 1,286 pixels wide, which a notebook shows whole
_SCREEN_DPI = 110
_PRINT_DPI = 300
# what a file would tell of its making: nothing of the moment, so that a plan has one picture
_TIMELESS: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None, "ModDate": None},
    ".png": {"Software": None},
    ".svg": {"Date": None},
}


class Picture(Figure):
    """Be a figure under the house's settings, whatever those of the notebook are.

    Parameters
    ----------
    *given : object
        What `matplotlib.figure.Figure` takes.
    **more : object
        The same by name.
    """

    def __init__(self, *given: Any, **more: Any) -> None:  # noqa: ANN401 - matplotlib's
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        with house_style():
            super().__init__(*given, **more)
            # texts can be measured from the start
            FigureCanvasAgg(self)

    def draw(self, renderer: Any) -> None:  # noqa: ANN401 - any renderer
        """Draw the figure under the house's settings.

        Parameters
        ----------
        renderer : Any
            Of matplotlib.
        """
        with house_style():
            super().draw(renderer)

    def savefig(self, fname: Any, **more: Any) -> None:  # noqa: ANN401 - matplotlib's
        """Save the figure under the house's settings; `save` also does so atomically.

        Parameters
        ----------
        fname : Any
            A path or an open file.
        **more : object
            What matplotlib takes.
        """
        with house_style():
            super().savefig(fname, **more)

    def _repr_png_(self) -> bytes:
        """Return what Jupyter shows."""
        held = BytesIO()
        self.savefig(held, format="png", dpi=_SCREEN_DPI, metadata=_TIMELESS[".png"])
        return held.getvalue()


def save(figure: Figure, path: Path | str, *, dpi: float = _PRINT_DPI) -> Path:
    """Write a picture as a file that prints well anywhere.

    Parameters
    ----------
    figure : Figure
        Any of `geogrid.pictures`.
    path : Path or str
        The file to make or replace; its suffix says what: ``.svg``, ``.pdf``, ``.png``.
    dpi : float
        Dots per inch of a PNG.

    Returns
    -------
    Path
        The file. Text stays text in a PDF, the font inside; in an SVG it is
        outlines. The same plan gives the same bytes.

    Raises
    ------
    InputError
        If the suffix is none of the three.
    StorageError
        If the file cannot be written; an old one stays as it was.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in _TIMELESS:
        msg = f"A picture cannot be saved as {path.name}; end its name in .svg, .pdf or .png."
        raise InputError(msg)
    with house_style(), replacing(path) as aside:
        figure.savefig(aside, format=kind[1:], dpi=dpi, metadata=_TIMELESS[kind])
    return path
