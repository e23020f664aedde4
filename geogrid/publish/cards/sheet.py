"""Sheet: the parts that cards are made of, each a piece of HTML with all text escaped.

A card stands alone: its style is inside, it has no script and fetches nothing.
Colours of text and lines follow the page around it, so that it reads on light and dark.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import quote

import pandas as pd

from geogrid.locale import LANGUAGES, phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geogrid.district import District
    from geogrid.plans.plan import Plan

__all__ = [
    "MAP_PX",
    "Html",
    "all_proven_mark",
    "beside",
    "best",
    "both",
    "figure_list",
    "html_of",
    "image",
    "in_both",
    "many",
    "map_image",
    "mark",
    "marks_of",
    "note",
    "number",
    "percent",
    "plain",
    "said_status",
    "sheet",
    "source_of",
    "status_mark",
    "status_words",
    "swatches",
    "synthetic_mark",
    "table",
    "titled",
]

# how wide the map of a card is that shows one
MAP_PX = 520

Tone = Literal["good", "warn", "plain"]

# cells that begin with it hold the best value of their column; a shape, not a colour alone
_STAR = "★ "


@cache
def _style() -> str:
    """Return the cards' style sheet in one line."""
    text = (files("geogrid.publish") / "assets" / "cards.css").read_text(encoding="utf-8")
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)).strip()


class Html(str):
    """A piece of HTML that is ready: its text is escaped already."""

    __slots__ = ()


def both(key: str, **values: object) -> Html:
    """Return a phrase of the table ``cards`` in Chinese, and in English behind it.

    Parameters
    ----------
    key : str
        Of the phrase.
    **values : object
        What it holds.

    Returns
    -------
    Html
        Chinese alone, if both are the same.
    """
    zh, en = (phrases(language, "cards")[key].format(**values) for language in LANGUAGES)
    return in_both(zh, en)


def in_both(zh: str, en: str) -> Html:
    """Return a text in Chinese, and in English behind it.

    Parameters
    ----------
    zh, en : str
        Plain text.

    Returns
    -------
    Html
        Chinese alone, if both are the same.
    """
    zh, en = escape(zh), escape(en)
    return Html(zh if zh == en else f'{zh} <span class="gg-en" lang="en">{en}</span>')


def plain(key: str, **values: object) -> str:
    """Return a phrase in both languages as text without markup."""
    said = [phrases(language, "cards")[key].format(**values) for language in LANGUAGES]
    return " · ".join(dict.fromkeys(said))


def html_of(cell: str) -> str:
    """Return a cell's HTML; text that is no `Html` is escaped."""
    return cell if isinstance(cell, Html) else escape(str(cell))


def sheet(title: str, *pieces: str, marks: Iterable[str] = (), notes: Iterable[str] = ()) -> str:
    """Return a card: title and marks, the pieces, notes at the foot.

    Parameters
    ----------
    title : str
        Text, or `Html`.
    *pieces : str
        `Html`; empty ones are left out.
    marks, notes : iterable of str
        `Html`, the notes one line each.

    Returns
    -------
    str
        One ``div`` with its style.
    """
    # blanks between the pieces: viewers that drop styles still part the words
    named = f'<span class="gg-title">{html_of(title)}</span>'
    head = f'<div class="gg-head">{" ".join([named, *marks])}</div>'
    lines = "".join(f"<p>{html_of(line)}</p>" for line in notes if line)
    foot = f'<div class="gg-notes">{lines}</div>' if lines else ""
    return f'<div class="gg-card"><style>{_style()}</style>{head}{"".join(pieces)}{foot}</div>'


def mark(text: str, tone: Tone = "plain") -> Html:
    """Return a few words in a frame."""
    return Html(f'<span class="gg-mark gg-{tone}">{html_of(text)}</span>')


def status_words(plan: Plan) -> Html:
    """Return what is proven of a plan.

    Parameters
    ----------
    plan : Plan
        With ``status`` and ``gap`` in its report.

    Returns
    -------
    Html
        In both languages.
    """
    return said_status(str(plan.report["status"]), plan.report.get("gap"))


def said_status(status: str, gap: float | None) -> Html:
    """Return what is proven, in words.

    Parameters
    ----------
    status : str
        ``optimal``, ``gap``, ``heuristic`` or ``edited``.
    gap : float or None
        (objective - bound) / objective, if there is a bound.

    Returns
    -------
    Html
        In both languages.
    """
    known = status if status in {"optimal", "gap", "edited"} else "heuristic"
    if known == "gap" and gap is None:
        known = "heuristic"
    return both(f"status_{known}", gap="" if gap is None else f"{100 * gap:.2f}")


def status_mark(plan: Plan) -> Html:
    """Return what is proven of a plan as a mark."""
    return mark(status_words(plan), "good" if plan.report["status"] == "optimal" else "plain")


class HasOrigin(Protocol):
    """Whatever knows whether its data is made up."""

    @property
    def is_synthetic(self) -> bool:
        """Return whether it is."""


def all_proven_mark(is_so: bool) -> list[Html]:  # noqa: FBT001 - a claim, made or not
    """Return the mark that everything in a card is proven, if it is."""
    return [mark(both("all_proven"), "good")] if is_so else []


def marks_of(district: District) -> list[Html]:
    """Return the marks that every output of a district bears."""
    return [*synthetic_mark(district), mark(both("internal"))]


def synthetic_mark(result: HasOrigin) -> list[Html]:
    """Return the mark of made-up data, if a result comes from such."""
    return [mark(both("synthetic"), "warn")] if result.is_synthetic else []


def source_of(district: District) -> Html:
    """Return where the data comes from, if the district says so."""
    said = district.metadata.get("attribution", "")
    return Html(f"{both('source')}: {escape(said)}") if said else Html("")


def note(key: str, **values: object) -> Html:
    """Return a phrase as a paragraph."""
    return Html(f"<p>{both(key, **values)}</p>")


def figure_list(rows: Iterable[tuple[str, str, str]]) -> Html:
    """Return key figures: what, how much, what of.

    Parameters
    ----------
    rows : iterable of (str, str, str)
        Key of the phrase that names the figure, the figure with its unit, more about it
        (text or `Html`).

    Returns
    -------
    Html
        A tile each.
    """
    tiles = "".join(
        f'<div class="gg-figure"><b>{html_of(value)}</b> {both(key)}'
        f"{_more(more) if more else ''}</div>"
        for key, value, more in rows
    )
    return Html(f'<div class="gg-figures">{tiles}</div>')


def _more(text: str) -> str:
    """Return what a tile says in small letters."""
    return f' <span class="gg-more">{html_of(text)}</span>'


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    text: Iterable[int] = (),
    most: int = 12,
) -> Html:
    """Return the first rows of a table, and how many more there are.

    Parameters
    ----------
    heads : sequence of str
        Text or `Html`.
    rows : sequence of sequences of str
        Text or `Html`, figures already written out.
    text : iterable of int
        Columns of running text, which may break; the first column is always to the left.
    most : int
        Rows shown.

    Returns
    -------
    Html
        A table that scrolls by itself where the page is narrow.
    """
    words = dict.fromkeys(text, ' class="gg-text"')

    def line(cells: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{words.get(i, '')}>{html_of(cell)}</{tag}>" for i, cell in enumerate(cells)
        )

    body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows[:most])
    more = f"<p>{both('more', n=f'{len(rows) - most:,}')}</p>" if len(rows) > most else ""
    return Html(
        f'<div class="gg-rows"><table><thead><tr>{line(heads, "th")}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{more}"
    )


def titled(key: str, piece: str) -> Html:
    """Return a piece under a heading."""
    return Html(f'<div><p class="gg-over">{both(key)}</p>{piece}</div>')


def best(text: str, *, is_best: bool = True) -> Html:
    """Return a figure, marked if it is the best of its column."""
    said = html_of(text)
    return Html(f'<span class="gg-best">{_STAR}{said}</span>' if is_best else said)


def beside(*pieces: str) -> Html:
    """Return pieces side by side, below one another where the page is narrow."""
    return Html(
        f'<div class="gg-beside">{"".join(f"<div>{piece}</div>" for piece in pieces)}</div>'
    )


def many(pieces: Iterable[str]) -> Html:
    """Return small pictures in rows."""
    return Html(f'<div class="gg-many">{"".join(pieces)}</div>')


def image(svg: str, *, alt: str, caption: str = "", width_px: int = 0) -> Html:
    """Return a drawing that cannot reach anything outside itself.

    Parameters
    ----------
    svg : str
        With its width and height.
    alt : str
        What it shows, in words.
    caption : str
        Text or `Html` under it.
    width_px : int
        How wide the caption may run; 0 for as wide as it likes.

    Returns
    -------
    Html
        An ``img`` whose data stand in its address: no script in it would run.
    """
    # a third shorter than base64: paths hold nothing that must be written otherwise
    data = quote(svg, safe=" ,;:/=()+-.'")
    under = f"<figcaption>{html_of(caption)}</figcaption>" if caption else ""
    picture = f'<img class="gg-mapped" alt="{escape(alt)}" src="data:image/svg+xml,{data}">'
    width = f' style="max-width:{width_px}px"' if width_px else ""
    return Html(f"<figure{width}>{picture}{under}</figure>")


def map_image(svg: str, key: str, *, legend: Mapping[str, str] | None = None) -> Html:
    """Return a small map with what it is called, for readers and for those who cannot see it.

    Parameters
    ----------
    svg : str
        From `geogrid.publish.cards.drawing.small_map`, `MAP_PX` wide.
    key : str
        Of a phrase.
    legend : mapping of str to str, optional
        Colour (``#rrggbb``) of each label.

    Returns
    -------
    Html
        As `image` gives it.
    """
    caption = Html(both(key) + swatches(legend)) if legend else both(key)
    return image(svg, alt=plain(key), caption=caption, width_px=MAP_PX)


def swatches(classes: Mapping[str, str]) -> Html:
    """Return a legend: colour by label.

    Parameters
    ----------
    classes : mapping of str to str
        Colour (``#rrggbb``) of each label.

    Returns
    -------
    Html
        In one line.
    """
    return Html(
        "".join(
            f'<span class="gg-class"><span class="gg-swatch" style="background:{escape(colour)}">'
            f"</span>{html_of(label)}</span> "
            for label, colour in classes.items()
        )
    )


def percent(value: Any, digits: int = 1) -> str:  # noqa: ANN401 - a share or nothing
    """Return a share of one in hundredths, a dash where there is none."""
    return number(value, f".{digits}%").replace("%", " %")


def number(value: Any, form: str = ",.0f", unit: str = "") -> str:  # noqa: ANN401 - a figure or nothing
    """Return a figure as text, a dash where there is none."""
    if pd.isna(value):
        return "–"
    return f"{format(value, form)}{' ' + unit if unit else ''}"
