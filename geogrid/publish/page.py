"""Put the map's text into a folium figure as it is, never read as a template."""

from __future__ import annotations

import json
import re
from html import escape
from importlib.resources import files
from typing import Any

from branca.element import Element, Figure, MacroElement

from geogrid.errors import StorageError

__all__ = ["Furniture", "json_for_html"]

_STYLES = ("vendor/leaflet.css", "map.css")
_SCRIPTS = (
    "vendor/leaflet.js",
    "data.js",
    "layers.js",
    "labels.js",
    "views.js",
    "card.js",
    "panel.js",
    "search.js",
    "map.js",
)


class Verbatim(Element):
    """Carry text into a figure; a plain Element would read it as a template."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Verbatim"
        self.text = text

    def render(self, **_: object) -> str:
        """Return the text."""
        return self.text


class Furniture(MacroElement):
    """Bring styles, scripts and data of the map into its figure.

    Parameters
    ----------
    data : dict
        What `geogrid.publish.mapdata.map_data` returns.

    Raises
    ------
    StorageError
        If Leaflet is not in its place.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca says nothing of it
        self._name = "Furniture"
        words = json.loads(_asset("words.json"))
        title = words[data["language"]]["title"].replace("{name}", data["about"]["name"])
        self._title = escape(title.strip())
        self._data = json_for_html(data)
        self._words = json_for_html(words)
        self._styles = [_without_urls(_asset(name)) for name in _STYLES]
        self._scripts = [_without_links(_asset(name)) for name in _SCRIPTS]

    def render(self, **_: object) -> str:
        """Add the parts to the figure, after those of the map itself."""
        figure, sheet = self.get_root(), self._parent
        if sheet is None or not isinstance(figure, Figure):
            raise TypeError("A map is rendered inside a figure; add it to one first.")
        figure.title = self._title
        styles = "\n".join(f"<style>\n{text}\n</style>" for text in self._styles)
        scripts = "\n".join(f"<script>\n{text}\n</script>" for text in self._scripts)
        data = (
            f'<script type="application/json" id="geogrid-words">{self._words}</script>\n'
            f'<script type="application/json" id="geogrid-data">{self._data}</script>'
        )
        start = f"geogridMap.start({sheet.get_name()});"
        figure.header.add_child(Verbatim(f"{styles}\n{scripts}"), name="geogrid_assets")
        figure.html.add_child(Verbatim(data), name="geogrid_data")
        figure.script.add_child(Verbatim(start), name="geogrid_start")
        return ""


def json_for_html(value: object) -> str:
    r"""Write JSON that nothing inside can turn into markup.

    Parameters
    ----------
    value : object
        Any JSON value; NaN is refused.

    Returns
    -------
    str
        JSON without ``<``, ``>`` and ``&``, which are written as escapes.

    Raises
    ------
    ValueError
        If a number is not finite.

    Examples
    --------
    >>> json_for_html(["</script>"])
    '["\\u003c/script\\u003e"]'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign, written in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(sign, written)
    return text


def _asset(name: str) -> str:
    """Read one asset of the package."""
    path = files("geogrid.publish").joinpath("assets").joinpath(*name.split("/"))
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        msg = f"The map's part {path} is missing; run `make web`, which fetches it once."
        raise StorageError(msg, path=str(path)) from error


def _without_urls(css: str) -> str:
    """Drop comments and references to image files, which a single page has not got."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"url\((?!['\"]?data:)[^)]*\)", "none", css)


def _without_links(script: str) -> str:
    """Drop the source map's name and the link to Leaflet's home page."""
    script = re.sub(r"^//# sourceMappingURL=.*$", "", script, flags=re.MULTILINE)
    return script.replace("https://leafletjs.com", "#").replace("</script", "<\\/script")
