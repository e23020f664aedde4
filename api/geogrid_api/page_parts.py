"""What plain pages are built of: frame, tables, lists, sketch; no script, nothing else loaded."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.locale import phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geogrid.locale import Language
    from geogrid_api.operations import Call

__all__ = [
    "HTML",
    "POLICY",
    "cell",
    "coordinates",
    "document",
    "frame",
    "in_language",
    "link_rows",
    "link_to",
    "linked",
    "listing",
    "sketch",
    "table_of",
    "words_of",
]

HTML = "text/html; charset=utf-8"
_STYLE = (
    "body{font:16px/1.6 'Noto Sans SC','Microsoft YaHei','PingFang SC',sans-serif;margin:0;"
    "color:#1d2733;background:#f6f7f9}"
    "header,main{max-width:72rem;margin:0 auto;padding:.6rem 1.2rem}"
    "header{display:flex;justify-content:space-between;gap:1rem;font-size:.9rem}"
    "header>a{white-space:nowrap}"
    "main{background:#fff;border:1px solid #dde3ea;border-radius:8px;padding-bottom:1.6rem}"
    "h1{font-size:1.5rem;margin:.6rem 0}h2{font-size:1.15rem;margin:1.4rem 0 .4rem}"
    "a{color:#0b5cad}a.big{display:inline-block;background:#0b5cad;color:#fff;padding:.5rem 1.2rem;"
    "border-radius:6px;text-decoration:none;margin:.3rem 0 .6rem}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-size:.88rem;min-width:50%}"
    "th,td{border-bottom:1px solid #e4e9ef;padding:.3rem .7rem;text-align:left;vertical-align:top}"
    "th{background:#f1f4f8;white-space:nowrap}td.n{text-align:right;"
    "font-variant-numeric:tabular-nums}"
    ".rows td{white-space:nowrap}.facts td{text-align:left}.facts table{min-width:0}"
    ".facts th{white-space:normal}.card th{white-space:nowrap}.card table{font-size:1rem}"
    ".note{background:#fff6dc;border:1px solid #ecd48a;border-radius:6px;padding:.3rem .8rem;"
    "font-size:.9rem}.dim{color:#66727f}nav.pages a{margin-right:1.2rem}"
    "details{margin:.4rem 0}details li{word-break:break-all}"
    ".rows details{margin:0}details code{display:block;white-space:normal;min-width:18rem}"
    "svg{background:#f1f4f8;border-radius:6px;max-width:22rem;width:100%}"
    "svg path{fill:#7fb2e5;fill-opacity:.6;stroke:#0b5cad;vector-effect:non-scaling-stroke}"
    "svg circle{fill:#0b5cad}code{font-size:.85rem}li code,details code{word-break:break-all}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
# no script, no image, no font; the one style is known by its hash
_RULES = ("default-src", "base-uri", "form-action", "frame-ancestors")
POLICY = (
    "content-security-policy",
    "; ".join([*(f"{rule} 'none'" for rule in _RULES), f"style-src 'sha256-{_HASH}'"]),
)
_SKETCH = 300.0

_Crumb = tuple[str, str]


def words_of(call: Call) -> dict[str, str]:
    """Return the phrases in the reader's language."""
    return phrases(call.language, "pages")


def link_to(call: Call, path: str) -> str:
    """Return a link to one of our pages, in the reader's language."""
    return escape(call.base + in_language(path, call.language))


def in_language(address: str, language: Language) -> str:
    """Return an address that asks for a language; Chinese is what pages speak unasked."""
    path, _, query = address.partition("?")
    pairs = [pair for pair in query.split("&") if pair and not pair.startswith("lang=")]
    pairs += ["lang=en"] * (language == "en")
    return path + ("?" + "&".join(pairs) if pairs else "")


def frame(call: Call, title: str, crumbs: Iterable[_Crumb], main: str) -> bytes:
    """Put a page's content between head and foot."""
    words = words_of(call)
    trail = " / ".join(
        f'<a href="{link_to(call, target)}">{escape(text)}</a>'
        for text, target in ((words["home"], "/"), *crumbs)
    )
    about = call.library.about
    note = f'<p class="note">{escape(words["synthetic"])}</p>' if about.is_synthetic else ""
    source = ""
    if about.attribution:
        source = f'<p class="dim">{escape(words["source"])}: {escape(about.attribution)}</p>'
    switch = call.base + in_language(call.address, "en" if call.language == "zh" else "zh")
    return document(call.language, title, trail, switch, note + main + source)


def document(language: Language, title: str, trail: str, switch: str, main: str) -> bytes:
    """Write a whole page.

    Parameters
    ----------
    language : {"zh", "en"}
        What it is written in.
    title : str
        Plain text.
    trail : str
        HTML: the way back.
    switch : str
        Address of the same page in the other language.
    main : str
        HTML.

    Returns
    -------
    bytes
        HTML, to be sent with `POLICY`.
    """
    here, other = ("zh-CN", "en") if language == "zh" else ("en", "zh-CN")
    word = phrases(language, "pages")["other"]
    return (
        f'<!doctype html><html lang="{here}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><header>"
        f'<nav>{trail}</nav><a href="{escape(switch)}" lang="{other}">{word}</a></header>'
        f"<main><h1>{escape(title)}</h1>{main}</main></body></html>"
    ).encode()


def listing(rows: Iterable[tuple[str, str, str]]) -> str:
    """Write links with a remark each: text, address, remark."""
    items = [
        f'<li><a href="{target}">{escape(text)}</a> <span class="dim">{escape(more)}</span></li>'
        for text, target, more in rows
    ]
    return f"<ul>{''.join(items)}</ul>"


def table_of(head: Sequence[str], rows: Iterable[Sequence[str]], name: str = "") -> str:
    """Write a table; cells are HTML already."""
    top = "".join(f"<th>{escape(text)}</th>" for text in head)
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    above = f"<thead><tr>{top}</tr></thead>" if top else ""
    table = f"<table>{above}<tbody>{body}</tbody></table>"
    return f'<div class="wide {name}">{table}</div>'


def cell(value: object, words: Mapping[str, str], *, is_hidden: bool = False) -> str:
    """Write one value as a cell."""
    if is_hidden:
        return f'<td class="dim">{escape(words["suppressed"])}</td>'
    if value is None:
        return '<td class="dim">-</td>'
    kind = ' class="n"' if isinstance(value, int | float) else ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"<td{kind}>{escape(str(value))}</td>"


def linked(words: Mapping[str, str], links: Iterable[tuple[str, str, str]]) -> str:
    """Write every link of a document: relation, media type, address."""
    items = [
        f'<li>{escape(rel)}: <a rel="{escape(rel)}" type="{escape(media)}" href="{escape(href)}">'
        f"{escape(href)}</a></li>"
        for rel, media, href in links
    ]
    return f"<details><summary>{words['links']}</summary><ul>{''.join(items)}</ul></details>"


def link_rows(links: Iterable[Mapping[str, str]]) -> list[tuple[str, str, str]]:
    """Return relation, media type and address of links as JSON has them."""
    return [(link["rel"], link.get("type", ""), link["href"]) for link in links]


def coordinates(shape: Any, words: Mapping[str, str]) -> str:  # noqa: ANN401 - any geometry
    """Write a shape's coordinates, folded away."""
    if shape is None:
        return ""
    text = escape(shape.wkt)
    return f"<details><summary>{words['shape']}</summary><code>{text}</code></details>"


def sketch(shape: Any) -> str:  # noqa: ANN401 - any geometry
    """Draw a shape's outline, true to scale near itself."""
    import shapely

    if shape is None:
        return ""
    west, south, east, north = shape.bounds
    squeeze = float(np.cos(np.radians((south + north) / 2)))
    size = max((east - west) * squeeze, north - south, 1e-9)
    scale = _SKETCH / size

    def placed(xy: Any) -> Any:  # noqa: ANN401 - coordinates
        x = (xy[:, 0] - west) * squeeze * scale + 10
        return np.round(np.column_stack([x, (north - xy[:, 1]) * scale + 10]), 1)

    width = (east - west) * squeeze * scale + 20
    height = (north - south) * scale + 20
    if shapely.get_dimensions(shape) == 0:
        drawn = '<circle cx="10" cy="10" r="5"/>'
    else:
        rings = shapely.get_rings(shapely.get_parts(shape))
        paths = [
            "M" + "L".join(f"{x:g} {y:g}" for x, y in placed(shapely.get_coordinates(ring))) + "Z"
            for ring in rings
        ]
        drawn = f'<path fill-rule="evenodd" d="{"".join(paths)}"/>'
    return f'<p><svg viewBox="0 0 {width:.0f} {height:.0f}" role="img">{drawn}</svg></p>'
