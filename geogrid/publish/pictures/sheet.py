"""Sheet: the frame of every picture: title, figures, key, marks, all at fixed places in inches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from geogrid.locale import phrases
from geogrid.publish.mapdata import about_plan
from geogrid.publish.pictures.picture import PAPERS, Picture
from geogrid.publish.pictures.style import ALARM, INK, RULE, SOFT, font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from geogrid.locale import Language
    from geogrid.plans.plan import Plan

__all__ = ["Key", "Paper", "Sheet", "status_of"]

Paper = Literal["a4", "a3"]

MARGIN = 0.45
# what lies above and below the content of an A4 sheet
HEAD, FOOT = 1.16, 0.46
_KEY_ROW = 0.25
_KEY_SIZE, _KEY_GAP = 8.0, 0.12
_SWATCH = (0.24, 0.14)
_ABOUT = ("estimated", "synthetic", "created", "attribution", "version")


@dataclass(frozen=True)
class Key:
    """Be one entry of a picture's key.

    Parameters
    ----------
    text : str
        What it means, limits and units included.
    style : dict
        How it is drawn, as matplotlib's patch or line takes it.
    kind : {"area", "line", "dot"}
        Its form.
    count : str
        How many there are, where that is worth a word.
    """

    text: str
    style: dict[str, Any]
    kind: Literal["area", "line", "dot"] = "area"
    count: str = ""


class Sheet:
    """Lay out one picture.

    Parameters
    ----------
    plan : Plan or None
        Whose picture it is: date and marks come from it. Without one only the marks of
        internal use and of made-up data stand there.
    title : str
        The finding, in one line.
    figures : sequence of str
        What stands below it.
    language : {"zh", "en"}
        Of the marks.
    paper : {"a4", "a3"}
        Lying. Everything on A3 is as large as on A4; there is only more room.
    is_synthetic : bool
        Whether figures without a plan are of made-up data.
    """

    def __init__(
        self,
        plan: Plan | None,
        title: str,
        figures: Sequence[str],
        *,
        language: Language = "zh",
        paper: Paper = "a4",
        is_synthetic: bool = False,
    ) -> None:
        self.words = phrases(language, "pictures")
        self.width, self.height = PAPERS[paper]
        self.picture = Picture(figsize=(self.width, self.height), dpi=100)
        about = about_plan(plan) if plan else dict.fromkeys(_ABOUT) | {"synthetic": is_synthetic}
        self.write(MARGIN, self.height - 0.42, title, size=17, va="top", fit=True)
        said = self.words["dot"].join(text for text in figures if text)
        self.write(MARGIN, self.height - 0.83, said, size=10, color=SOFT, va="top", fit=True)
        self._footer(about)

    def _footer(self, about: dict[str, Any]) -> None:
        """Write the marks, the date and where the data come from."""
        words, y = self.words, 0.27
        self.rule(FOOT - 0.02)
        x = MARGIN
        marks = [(words["internal"], ALARM)]
        marks += [(words["estimated"], SOFT)] if about["estimated"] else []
        marks += [(words["synthetic"], "#7a4f00")] if about["synthetic"] else []
        for text, color in marks:
            mark = self.write(x, y, text, size=8, color=color, va="center")
            box = {"boxstyle": "round,pad=0.35", "fc": "#ffffff", "ec": color, "lw": 0.6}
            mark.set_bbox(box)
            x += self.length(mark) + 0.24
        more = [about["created"], about["attribution"]]
        more += [words["made_by"].format(version=about["version"])] if about["version"] else []
        said = words["dot"].join(str(text) for text in more if text)
        last = self.write(
            self.width - MARGIN, y, said, size=7.5, color=SOFT, ha="right", va="center"
        )
        self.shorten(last, self.width - MARGIN - x - 0.1)

    def write(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        color: str = INK,
        ha: str = "left",
        va: str = "baseline",
        fit: bool = False,
    ) -> Text:
        """Write on the sheet.

        Parameters
        ----------
        x, y : float
            Inches from the lower left corner.
        text : str
            Words.
        size : float
            Points.
        color : str
            Ink.
        ha, va : str
            Which point of the text stands there.
        fit : bool
            Whether it is made smaller until it ends at the margin.

        Returns
        -------
        Text
            As it stands.
        """
        held = self.picture.text(
            x / self.width,
            y / self.height,
            text,
            fontproperties=font(size),
            color=color,
            ha=ha,
            va=va,
            # a dollar sign in a name starts no formula
            parse_math=False,
        )
        if fit:
            self.shorten(held, self.width - MARGIN - x)
        return held

    def length(self, text: Text) -> float:
        """Return how long a text is, in inches."""
        return float(text.get_window_extent().width / self.picture.dpi)

    def shorten(self, text: Text, room: float) -> None:
        """Make a text smaller until it fits into some inches."""
        long = self.length(text)
        if long > room:
            text.set_fontproperties(font(float(text.get_fontsize()) * max(room, 0.1) / long * 0.99))

    def rule(self, y: float) -> None:
        """Draw a thin line from margin to margin, some inches up."""
        self._add_line([MARGIN, self.width - MARGIN], [y, y], color=RULE, lw=0.6)

    def _add_line(self, x: Sequence[float], y: Sequence[float], **style: Any) -> None:  # noqa: ANN401 - what Line2D takes
        """Draw a line on the sheet, in inches."""
        from matplotlib.lines import Line2D

        xs, ys = [v / self.width for v in x], [v / self.height for v in y]
        self._add(Line2D(xs, ys, **style))

    def _add(self, artist: Artist) -> None:
        """Put an artist on the sheet."""
        artist.set_transform(self.picture.transFigure)
        artist.set_figure(self.picture)
        self.picture.add_artist(artist)

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Make axes at a place in inches, without ticks.

        Parameters
        ----------
        x, y, width, height : float
            Inches from the lower left corner.

        Returns
        -------
        Axes
            Empty.
        """
        place = (x / self.width, y / self.height, width / self.width, height / self.height)
        axes = self.picture.add_axes(place)
        axes.set_xticks([])
        axes.set_yticks([])
        return axes

    def room(self, *, below: float = 0.0) -> tuple[float, float, float, float]:
        """Return the room between head and foot.

        Parameters
        ----------
        below : float
            Inches kept free at its foot, for a key.

        Returns
        -------
        tuple of float
            x, y, width, height in inches.
        """
        y = FOOT + 0.1 + below
        return MARGIN, y, self.width - 2 * MARGIN, self.height - HEAD - y

    def wrap(self, entries: Sequence[Key]) -> list[list[Key]]:
        """Share the entries of a key out over as few rows as hold them.

        Parameters
        ----------
        entries : sequence of Key
            In order.

        Returns
        -------
        list of list of Key
            Rows.
        """
        rows: list[list[Key]] = [[]]
        x = 0.0
        for entry in entries:
            text = self.write(0, 0, entry.text + entry.count, size=_KEY_SIZE)
            wide = _SWATCH[0] + 0.07 + self.length(text) + _KEY_GAP
            text.remove()
            if rows[-1] and x + wide > self.width - 2 * MARGIN:
                rows.append([])
                x = 0.0
            rows[-1].append(entry)
            x += wide
        return rows

    def key_room(self, rows: int) -> float:
        """Return how many inches a key of some rows takes."""
        return rows * _KEY_ROW + 0.12

    def key(self, rows: Sequence[Sequence[Key]], *, note: str = "") -> None:
        """Draw a key above the foot, its rows as given.

        Parameters
        ----------
        rows : sequence of sequence of Key
            From above.
        note : str
            What stands at the end of the last row.
        """
        for number, row in enumerate(rows):
            y = FOOT + 0.1 + (len(rows) - number - 0.5) * _KEY_ROW
            x = MARGIN
            for entry in row:
                self._swatch(entry, x, y)
                text = self.write(
                    x + _SWATCH[0] + 0.07,
                    y - 0.005,
                    entry.text + entry.count,
                    size=_KEY_SIZE,
                    va="center_baseline",
                )
                x += _SWATCH[0] + 0.07 + self.length(text) + _KEY_GAP
            if note and number == len(rows) - 1:
                last = self.write(
                    self.width - MARGIN,
                    y - 0.005,
                    note,
                    size=_KEY_SIZE,
                    color=SOFT,
                    ha="right",
                    va="center_baseline",
                )
                self.shorten(last, self.width - MARGIN - x)

    def _swatch(self, entry: Key, x: float, y: float) -> None:
        """Draw the sign of one entry of the key."""
        from matplotlib.patches import Rectangle

        wide, high = _SWATCH
        if entry.kind == "area":
            corner = (x / self.width, (y - high / 2) / self.height)
            self._add(Rectangle(corner, wide / self.width, high / self.height, **entry.style))
        elif entry.kind == "line":
            self._add_line([x, x + wide], [y, y], **entry.style)
        else:
            self._add_line([x + wide / 2], [y], ls="", **entry.style)


def status_of(plan: Plan, words: dict[str, str]) -> str:
    """Say how far a plan is proven.

    Parameters
    ----------
    plan : Plan
        Any.
    words : dict
        The table ``pictures``.

    Returns
    -------
    str
        A few words.
    """
    status, gap = str(plan.report["status"]), plan.report.get("gap")
    if status == "gap" and gap is not None:
        return words["status_gap"].format(gap=f"{gap:.2%}")
    return words.get(f"status_{status}", status)
