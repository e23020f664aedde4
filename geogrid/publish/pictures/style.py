"""Style: the font, the inks and the settings of every picture, none of them global.

matplotlib keeps its settings in one dictionary that a notebook's author may have
changed. Pictures are made, drawn and saved under the house's own settings, which
last as long as that takes.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from geogrid.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.font_manager import FontProperties

__all__ = [
    "ACCENT",
    "ALARM",
    "BOLD_LINE",
    "EDGE",
    "HATCH_INK",
    "INK",
    "PAPER",
    "PURPLE",
    "RULE",
    "SOFT",
    "SUBDISTRICT",
    "font",
    "font_path",
    "house_style",
    "ink_on",
    "signed",
    "text_width",
]

INK = "#22303c"
SOFT = "#5c6b78"
RULE = "#d5dade"
PAPER = "#ffffff"
ACCENT = "#17607d"
ALARM = "#b3401e"
PURPLE = "#6b4f7d"
# outlines of grids; borders and names of subdistricts
EDGE = "#51606e"
SUBDISTRICT = "#24384a"
HATCH_INK = "#4b5864"
BOLD_LINE = 1.6
# relative luminance above which dark ink has the better contrast
_HALF_LIGHT = 0.24

_SETTINGS = {
    "axes.edgecolor": SOFT,
    "axes.facecolor": PAPER,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.unicode_minus": False,
    "figure.facecolor": PAPER,
    "hatch.linewidth": 0.5,
    # letters stay letters in a PDF, the font inside; a browser has no such font, so that an
    # SVG carries outlines
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    # names inside an SVG come out the same every time
    "svg.hashsalt": "geogrid",
    "xtick.color": SOFT,
    "ytick.color": SOFT,
}


@cache
def font_path() -> Path:
    """Return where the Chinese font of pictures is.

    Returns
    -------
    Path
        The file in the package.

    Raises
    ------
    StorageError
        If it is not in its place.
    """
    name = "NotoSansSC-Regular.ttf"
    path = Path(str(files("geogrid.publish"))) / "assets" / "vendor" / name
    if not path.is_file():
        msg = f"The pictures' font {path} is missing; run `make font`, which fetches it once."
        raise StorageError(msg, path=str(path))
    return path


def font(size: float) -> FontProperties:
    """Return the font at a size.

    Parameters
    ----------
    size : float
        Points.

    Returns
    -------
    FontProperties
        By file, so that no font of the system is asked for.
    """
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=str(font_path()), size=size)


def text_width(text: str, size: float) -> float:
    """Return how wide a text is, in points.

    Parameters
    ----------
    text : str
        One line.
    size : float
        Points.

    Returns
    -------
    float
        Points.
    """
    return _ems(text) * size


@cache
def _ems(text: str) -> float:
    """Return the width of a text in multiples of its size."""
    from matplotlib.font_manager import get_font

    held = get_font(str(font_path()))
    held.set_size(100, 72)
    held.set_text(text, 0.0)
    return held.get_width_height()[0] / 64 / 100


def ink_on(colour: str) -> str:
    """Return the ink that reads on a ground, dark or white.

    Parameters
    ----------
    colour : str
        ``#rrggbb``.

    Returns
    -------
    str
        Another.

    Examples
    --------
    >>> ink_on("#ffffff"), ink_on("#2c637f")
    ('#22303c', '#ffffff')
    """
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return INK if light > _HALF_LIGHT else "#ffffff"


def signed(value: float, unit: str = "") -> str:
    """Return a whole number with its sign, as printers set it.

    Parameters
    ----------
    value : float
        Any.
    unit : str
        What follows.

    Returns
    -------
    str
        Nothing before a nought, a true minus before what is less.

    Examples
    --------
    >>> signed(12.4), signed(-3.2, "%"), signed(0.2)
    ('+12', '\u22123%', '0')
    """
    # halves go away from nought, whatever arithmetic left in the last digit
    whole = int(abs(value) + 0.5 + 1e-9)
    sign = "" if whole == 0 else "+" if value > 0 else "\u2212"
    return f"{sign}{whole:,}{unit}"


@contextmanager
def house_style() -> Iterator[None]:
    """Set matplotlib to the house's settings for a while.

    Yields
    ------
    None
        The settings of before come back at the end.
    """
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)  # type: ignore[arg-type]  # its stubs list every name
        yield
