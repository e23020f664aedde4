"""Plain pages for people: Chinese first, no script, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.locale import phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geogrid.publish.snapshot import Collection
    from geogrid_api.operations import Call

__all__ = [
    "HTML",
    "POLICY",
    "api_page",
    "collection_page",
    "collections_page",
    "item_page",
    "items_page",
    "landing_page",
    "list_page",
    "schema_page",
]

HTML = "text/html; charset=utf-8"
_STYLE = (
    "body{font:16px/1.6 'Noto Sans SC','Microsoft YaHei','PingFang SC',sans-serif;margin:0;"
    "color:#1d2733;background:#f6f7f9}"
    "header,main{max-width:72rem;margin:0 auto;padding:.6rem 1.2rem}"
    "header{display:flex;justify-content:space-between;gap:1rem;font-size:.9rem}"
    "main{background:#fff;border:1px solid #dde3ea;border-radius:8px;padding-bottom:1.6rem}"
    "h1{font-size:1.5rem;margin:.6rem 0}h2{font-size:1.15rem;margin:1.4rem 0 .4rem}"
    "a{color:#0b5cad}a.big{display:inline-block;background:#0b5cad;color:#fff;padding:.5rem 1.2rem;"
    "border-radius:6px;text-decoration:none;margin:.3rem 0 .6rem}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-size:.88rem;min-width:50%}"
    "th,td{border-bottom:1px solid #e4e9ef;padding:.3rem .7rem;text-align:left;vertical-align:top}"
    "th{background:#f1f4f8;white-space:nowrap}td.n{text-align:right;"
    "font-variant-numeric:tabular-nums}"
    ".rows th{white-space:normal;min-width:4.5rem}.rows td{white-space:nowrap}"
    ".note{background:#fff6dc;border:1px solid #ecd48a;border-radius:6px;padding:.3rem .8rem;"
    "font-size:.9rem}.dim{color:#66727f}nav.pages a{margin-right:1.2rem}"
    "svg{background:#f1f4f8;border-radius:6px;max-width:22rem;width:100%}"
    "svg path{fill:#7fb2e5;fill-opacity:.6;stroke:#0b5cad;vector-effect:non-scaling-stroke}"
    "svg circle{fill:#0b5cad}code{font-size:.85rem;word-break:break-all}"
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


def _words(call: Call) -> dict[str, str]:
    """Return the phrases in the reader's language."""
    return phrases(call.language, "pages")


def _to(call: Call, path: str) -> str:
    """Return a link to one of our pages, in the language that was chosen by hand."""
    chosen = f"lang={call.language}" if "lang=" in call.address else ""
    sign = "&" if "?" in path else "?"
    return escape(call.base + path + (sign + chosen if chosen else ""))


def _frame(call: Call, title: str, crumbs: Iterable[_Crumb], main: str) -> bytes:
    """Put a page's content between head and foot."""
    words = _words(call)
    other = "en" if call.language == "zh" else "zh"
    path, _, query = call.address.partition("?")
    pairs = [pair for pair in query.split("&") if pair and not pair.startswith("lang=")]
    switch = escape(call.base + path + "?" + "&".join([*pairs, f"lang={other}"]))
    trail = " / ".join(
        f'<a href="{_to(call, target)}">{escape(text)}</a>'
        for text, target in ((words["home"], "/"), *crumbs)
    )
    note = ""
    about = call.library.about
    if about.is_synthetic:
        note = f'<p class="note">{escape(words["synthetic"])}</p>'
    source = ""
    if about.attribution:
        source = f'<p class="dim">{escape(words["source"])}: {escape(about.attribution)}</p>'
    language = "zh-CN" if call.language == "zh" else "en"
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f'<header><nav>{trail}</nav><a href="{switch}" lang="{other}">{words["other"]}</a></header>'
        f"<main><h1>{escape(title)}</h1>{note}{main}{source}</main></body></html>"
    ).encode()


def _list(rows: Iterable[tuple[str, str, str]]) -> str:
    """Write links with a remark each: text, address, remark."""
    items = [
        f'<li><a href="{target}">{escape(text)}</a> <span class="dim">{escape(more)}</span></li>'
        for text, target, more in rows
    ]
    return f"<ul>{''.join(items)}</ul>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], name: str = "") -> str:
    """Write a table; cells are HTML already."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide {name}">{table}</div>'


def _cell(value: object, words: Mapping[str, str], *, is_hidden: bool = False) -> str:
    """Write one value as a cell."""
    if is_hidden:
        return f'<td class="dim">{escape(words["suppressed"])}</td>'
    if value is None:
        return '<td class="dim">-</td>'
    kind = ' class="n"' if isinstance(value, int | float) else ""
    return f"<td{kind}>{escape(str(value))}</td>"


def _linked(words: Mapping[str, str], links: Iterable[tuple[str, str, str]]) -> str:
    """Write every link of a document: relation, media type, address."""
    items = [
        f'<li>{escape(rel)}: <a rel="{escape(rel)}" type="{escape(media)}" href="{escape(href)}">'
        f"{escape(href)}</a></li>"
        for rel, media, href in links
    ]
    return f"<details><summary>{words['links']}</summary><ul>{''.join(items)}</ul></details>"


def _link_rows(links: Iterable[Mapping[str, str]]) -> list[tuple[str, str, str]]:
    """Return relation, media type and address of links as JSON has them."""
    return [(link["rel"], link.get("type", ""), link["href"]) for link in links]


def _coordinates(shape: Any) -> str:  # noqa: ANN401 - any geometry
    """Write a shape's coordinates, folded away."""
    if shape is None:
        return ""
    text = escape(shape.wkt)
    return f"<details><summary>{shape.geom_type}</summary><code>{text}</code></details>"


def landing_page(call: Call, links: Sequence[Mapping[str, str]]) -> bytes:
    """Write the first page: the map first, then the data.

    Parameters
    ----------
    call : Call
        The request.
    links : sequence of mapping
        The landing page's links as its JSON has them.

    Returns
    -------
    bytes
        HTML.
    """
    words = _words(call)
    about = call.library.about
    title = about.title or words["service"]
    told = words["about"].format(title=about.title or words["several"])
    rows = [
        (words[name], _to(call, path), path)
        for name, path in (
            ("collections", "/collections"),
            ("api", "/api.html"),
            ("conformance", "/conformance?f=html"),
        )
    ]
    known = {"self", "alternate", "service-desc", "service-doc", "conformance", "data", "license"}
    rows += [
        (link.get("title", link["rel"]), escape(link["href"]), link["href"])
        for link in links
        if link["rel"] not in known
    ]
    versions = [_version(words, v) for v in call.library.versions()]
    listed = "".join(f"<li>{escape(text)}</li>" for text in versions)
    main = (
        f"<p>{escape(told)}</p>"
        f'<p><a class="big" href="{_to(call, "/map")}">{escape(words["map"])}</a></p>'
        f"{_list(rows)}<h2>{escape(words['versions'])}</h2>"
        f"<ul>{listed or escape(words['none_yet'])}</ul>{_linked(words, _link_rows(links))}"
    )
    return _frame(call, title, (), main)


def _version(words: Mapping[str, str], version: Any) -> str:  # noqa: ANN401 - VersionInfo
    """Say from when until when a version is in force."""
    if version.valid_from is None:
        return words["undated"].format(title=version.title)
    form = words["version" if version.valid_to is None else "until"]
    return form.format(title=version.title, start=version.valid_from, end=version.valid_to)


def list_page(call: Call, name: str, lines: Iterable[str]) -> bytes:
    """Write a list of addresses.

    Parameters
    ----------
    call : Call
        The request.
    name : str
        Which phrase is the title.
    lines : iterable of str
        One each.

    Returns
    -------
    bytes
        HTML.
    """
    items = "".join(f"<li><code>{escape(line)}</code></li>" for line in lines)
    return _frame(call, _words(call)[name], (), f"<ul>{items}</ul>")


def collections_page(
    call: Call, listed: Sequence[Mapping[str, Any]], links: Iterable[Mapping[str, str]]
) -> bytes:
    """Write the list of collections.

    Parameters
    ----------
    call : Call
        The request.
    listed : sequence of mapping
        Collections as their JSON has them.
    links : iterable of mapping
        The document's own links.

    Returns
    -------
    bytes
        HTML.
    """
    words = _words(call)
    rows = [
        (one["title"], _to(call, f"/collections/{one['id']}"), one["description"]) for one in listed
    ]
    crumbs = [(words["collections"], "/collections")]
    more = "".join(f"<h2>{escape(one['title'])}</h2>{_facts(words, one)}" for one in listed)
    main = f"{_list(rows)}{more}{_linked(words, _link_rows(links))}"
    return _frame(call, words["collections"], crumbs, main)


def _facts(words: Mapping[str, str], one: Mapping[str, Any]) -> str:
    """Write extent, coordinate systems and links of a collection."""
    extent = one.get("extent", {})
    facts = [
        f"<li>{name}: <code>{escape(str(value))}</code></li>"
        for name, value in (
            ("id", one["id"]),
            ("itemType", one["itemType"]),
            ("bbox", extent.get("spatial", {}).get("bbox")),
            ("interval", extent.get("temporal", {}).get("interval")),
            ("storageCrs", one["storageCrs"]),
            *(("crs", uri) for uri in one["crs"]),
        )
        if value
    ]
    return f"<ul>{''.join(facts)}</ul>{_linked(words, _link_rows(one['links']))}"


def collection_page(call: Call, one: Mapping[str, Any]) -> bytes:
    """Write what a collection is.

    Parameters
    ----------
    call : Call
        The request.
    one : mapping
        The collection as its JSON has it.

    Returns
    -------
    bytes
        HTML.
    """
    words = _words(call)
    path = f"/collections/{one['id']}"
    rows = [
        (words[name], _to(call, f"{path}/{name}"), "") for name in ("items", "queryables", "schema")
    ]
    crumbs = [(words["collections"], "/collections"), (one["title"], path)]
    main = f"<p>{escape(one['description'])}</p>{_list(rows)}{_facts(words, one)}"
    return _frame(call, one["title"], crumbs, main)


def schema_page(call: Call, name: str, what: str, document: Mapping[str, Any]) -> bytes:
    """Write a JSON Schema's properties as a table.

    Parameters
    ----------
    call : Call
        The request.
    name : str
        Collection.
    what : {"queryables", "schema"}
        Which of the two.
    document : mapping
        JSON Schema.

    Returns
    -------
    bytes
        HTML.
    """
    words = _words(call)
    rows = [
        (
            f"<td><code>{escape(key)}</code></td>",
            _cell(known.get("title", ""), words),
            _cell(known.get("type", known.get("format", "")), words),
            _cell(", ".join(known.get("enum", ())) or None, words),
        )
        for key, known in document["properties"].items()
    ]
    head = (words["property"], words["meaning"], words["kind"], words["value"])
    path = f"/collections/{name}"
    crumbs = [(words["collections"], "/collections"), (document["title"], path)]
    return _frame(call, f"{document['title']}: {words[what]}", crumbs, _table(head, rows))


def items_page(
    call: Call,
    name: str,
    collection: Collection | None,
    shown: Iterable[int],
    n_found: int,
    links: Iterable[tuple[str, str, str]],
) -> bytes:
    """Write a page of features as a table.

    Parameters
    ----------
    call : Call
        The request.
    name : str
        Collection.
    collection : Collection or None
        None: nothing was in force.
    shown : iterable of int
        Rows.
    n_found : int
        How many there are in all.
    links : iterable of tuple
        Relation, type, address.

    Returns
    -------
    bytes
        HTML.
    """
    words = _words(call)
    titles = phrases(call.language, "collections")
    crumbs = [
        (words["collections"], "/collections"),
        (titles[name], f"/collections/{name}"),
        (words["items"], f"/collections/{name}/items"),
    ]
    rows: list[Sequence[str]] = []
    head: list[str] = []
    if collection is not None:
        columns = list(collection.info.properties)
        meanings = collection.info.properties
        head = ["id", *(meanings[column].meaning[call.language] for column in columns), ""]
        for row in shown:
            values = collection.properties[row]
            hidden = values.get("suppressed", ())
            ident = collection.ids[row]
            target = _to(call, f"/collections/{name}/items/{ident}")
            cells = [_cell(values[c], words, is_hidden=c in hidden) for c in columns]
            shape = f"<td>{_coordinates(collection.geometry[row])}</td>"
            rows.append([f'<td><a href="{target}">{escape(ident)}</a></td>', *cells, shape])
    told = words["shown"].format(matched=n_found, returned=len(rows))
    turn = " ".join(
        f'<a rel="{rel}" href="{escape(href)}">{escape(words[rel])}</a>'
        for rel, _, href in links
        if rel in {"prev", "next"}
    )
    table = _table(head, rows, "rows") if rows else f"<p>{escape(words['empty'])}</p>"
    plain = next((href for rel, _, href in links if rel == "alternate"), "")
    main = (
        f'<p class="dim">{escape(told)} · <a href="{escape(plain)}">{words["json"]}</a></p>'
        f'{table}<nav class="pages">{turn}</nav>{_linked(words, links)}'
    )
    return _frame(call, titles[name], crumbs, main)


def item_page(
    call: Call, collection: Collection, row: int, links: Iterable[tuple[str, str, str]]
) -> bytes:
    """Write one feature: all its properties and a sketch of its shape.

    Parameters
    ----------
    call : Call
        The request.
    collection : Collection
        Where it is.
    row : int
        Which it is.
    links : iterable of tuple
        Relation, type, address.

    Returns
    -------
    bytes
        HTML.
    """
    words = _words(call)
    info = collection.info
    ident = collection.ids[row]
    values = collection.properties[row]
    hidden = values.get("suppressed", ())
    path = f"/collections/{info.id}"
    crumbs = [
        (words["collections"], "/collections"),
        (info.title[call.language], path),
        (words["items"], f"{path}/items"),
    ]
    rows = [
        (
            f"<th>{escape(known.meaning[call.language])}</th>",
            f'<td class="dim"><code>{escape(key)}</code></td>',
            _cell(values[key], words, is_hidden=key in hidden),
        )
        for key, known in info.properties.items()
    ]
    plain = next((href for rel, _, href in links if rel == "alternate"), "")
    table = _table((words["meaning"], words["property"], words["value"]), rows)
    main = (
        f'<p class="dim"><a href="{escape(plain)}">{words["json"]}</a></p>'
        f"{table}{_sketch(collection.geometry[row])}{_coordinates(collection.geometry[row])}"
        f"{_linked(words, links)}"
    )
    return _frame(call, f"{info.title[call.language]} {ident}", crumbs, main)


def _sketch(shape: Any) -> str:  # noqa: ANN401 - any geometry
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


def api_page(call: Call, document: Mapping[str, Any]) -> bytes:
    """Write the interface's description as a page.

    Parameters
    ----------
    call : Call
        The request.
    document : mapping
        OpenAPI document.

    Returns
    -------
    bytes
        HTML.
    """
    words = _words(call)
    shared = document["components"]["parameters"]
    blocks = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method not in {"get", "post", "put", "patch", "delete"}:
                continue
            blocks.append(f"<h2><code>{method.upper()} {escape(path)}</code></h2>")
            blocks.append(f"<p>{escape(operation.get('summary', ''))}</p>")
            rows = []
            for given in operation.get("parameters", ()):
                known = shared[given["$ref"].rsplit("/", 1)[1]] if "$ref" in given else given
                rows.append(
                    (
                        f"<td><code>{escape(known['name'])}</code></td>",
                        _cell(known["in"], words),
                        _cell(known.get("description", ""), words),
                    )
                )
            if rows:
                blocks.append(_table((words["parameters"], "", words["meaning"]), rows))
            listed = ", ".join(operation["responses"])
            blocks.append(f'<p class="dim">{escape(words["answers"])}: {escape(listed)}</p>')
    crumbs = [(words["api"], "/api.html")]
    plain = f'<p><a href="{_to(call, "/api")}">OpenAPI 3.0</a></p>'
    return _frame(call, words["api"], crumbs, plain + "".join(blocks))
