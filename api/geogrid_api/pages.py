"""Plain pages for people: Chinese unless asked otherwise, no script, nothing from elsewhere."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from geogrid.locale import phrases
from geogrid_api.page_parts import (
    HTML,
    POLICY,
    cell,
    coordinates,
    frame,
    link_rows,
    link_to,
    linked,
    listing,
    sketch,
    table_of,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from geogrid.publish.features import CollectionInfo
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

# what a reader looks for first; the rest follows as the data model has it
_FIRST = ("name", "households", "beat_id", "station_name", "address")


def _in_reading_order(info: CollectionInfo) -> list[str]:
    """Return the columns of a collection: the key, what is looked for first, the rest."""
    first = [info.key, *(name for name in _FIRST if name in info.properties)]
    return [*first, *(name for name in info.properties if name not in first)]


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
    words = words_of(call)
    about = call.library.about
    title = about.title or words["service"]
    told = words["about"].format(title=about.title or words["several"])
    rows = [
        (words[name], link_to(call, path), path)
        for name, path in (
            ("collections", "/collections"),
            ("api", "/api.html"),
            ("conformance", "/conformance?f=html"),
        )
    ]
    known = {"self", "alternate", "service-desc", "service-doc", "conformance", "data", "license"}
    programs = [
        (link.get("title", link["rel"]), escape(link["href"]), link["href"].removeprefix(call.base))
        for link in links
        if link["rel"] not in known
    ]
    versions = [_version(words, v) for v in call.library.versions()]
    listed = "".join(f"<li>{escape(text)}</li>" for text in versions)
    main = (
        f"<p>{escape(told)}</p>"
        f'<p><a class="big" href="{link_to(call, "/map")}">{escape(words["map"])}</a></p>'
        f"{listing(rows)}<h2>{escape(words['versions'])}</h2>"
        f"<ul>{listed or escape(words['none_yet'])}</ul>"
        f"<h2>{escape(words['programs'])}</h2>{listing(programs)}"
        f"{linked(words, link_rows(links))}"
    )
    return frame(call, title, (), main)


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
    return frame(call, words_of(call)[name], (), f"<ul>{items}</ul>")


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
    words = words_of(call)
    rows = [
        (one["title"], link_to(call, f"/collections/{one['id']}"), one["description"])
        for one in listed
    ]
    crumbs = [(words["collections"], "/collections")]
    more = "".join(f"<h2>{escape(one['title'])}</h2>{_facts(words, one)}" for one in listed)
    folded = f"<details><summary>{words['details']}</summary>{more}</details>"
    main = f"{listing(rows)}{folded}{linked(words, link_rows(links))}"
    return frame(call, words["collections"], crumbs, main)


def _facts(words: Mapping[str, str], one: Mapping[str, Any]) -> str:
    """Write extent, coordinate systems and links of a collection."""
    extent = one.get("extent", {})
    facts = [
        f"<li>{words[name]}: <code>{escape(str(value))}</code></li>"
        for name, value in (
            ("id", one["id"]),
            ("item_type", one["itemType"]),
            *(("bbox", json.dumps(box)) for box in extent.get("spatial", {}).get("bbox", ())),
            *(
                ("interval", f"{start or '..'} / {end or '..'}")
                for start, end in extent.get("temporal", {}).get("interval", ())
            ),
            ("storage_crs", one["storageCrs"]),
            *(("crs", uri) for uri in one["crs"]),
        )
    ]
    return f"<ul>{''.join(facts)}</ul>{linked(words, link_rows(one['links']))}"


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
    words = words_of(call)
    path = f"/collections/{one['id']}"
    rows = [
        (words[name], link_to(call, f"{path}/{name}"), "")
        for name in ("items", "queryables", "schema")
    ]
    crumbs = [(words["collections"], "/collections"), (one["title"], path)]
    main = f"<p>{escape(one['description'])}</p>{listing(rows)}{_facts(words, one)}"
    return frame(call, one["title"], crumbs, main)


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
    words = words_of(call)
    rows = [
        (
            f"<td><code>{escape(key)}</code></td>",
            cell(known.get("title", ""), words),
            cell(known.get("type", known.get("format", "")), words),
            cell(", ".join(known.get("enum", ())) or None, words),
        )
        for key, known in document["properties"].items()
    ]
    head = (words["property"], words["meaning"], words["kind"], words["value"])
    path = f"/collections/{name}"
    crumbs = [(words["collections"], "/collections"), (document["title"], path)]
    return frame(call, f"{document['title']}: {words[what]}", crumbs, table_of(head, rows))


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
    words = words_of(call)
    titles = phrases(call.language, "collections")
    crumbs = [
        (words["collections"], "/collections"),
        (titles[name], f"/collections/{name}"),
        (words["items"], f"/collections/{name}/items"),
    ]
    rows: list[Sequence[str]] = []
    head: list[str] = []
    if collection is not None:
        columns = _in_reading_order(collection.info)
        short = phrases(call.language, "headings")
        head = [*(short[column] for column in columns), ""]
        for row in shown:
            values = collection.properties[row]
            hidden = values.get("suppressed", ())
            ident = collection.ids[row]
            target = link_to(call, f"/collections/{name}/items/{ident}")
            cells = [cell(values[c], words, is_hidden=c in hidden) for c in columns[1:]]
            shape = f"<td>{coordinates(collection.geometry[row], words)}</td>"
            rows.append([f'<td><a href="{target}">{escape(ident)}</a></td>', *cells, shape])
    told = words["shown"].format(matched=n_found, returned=len(rows))
    turn = " ".join(
        f'<a rel="{rel}" href="{escape(href)}">{escape(words[rel])}</a>'
        for rel, _, href in links
        if rel in {"prev", "next"}
    )
    table = table_of(head, rows, "rows") if rows else f"<p>{escape(words['empty'])}</p>"
    plain = next((href for rel, _, href in links if rel == "alternate"), "")
    main = (
        f'<p class="dim">{escape(told)} · <a href="{escape(plain)}">{words["json"]}</a></p>'
        f'{table}<nav class="pages">{turn}</nav>{linked(words, links)}'
    )
    return frame(call, titles[name], crumbs, main)


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
    words = words_of(call)
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
            f"<th>{escape(info.properties[key].meaning[call.language])}</th>",
            cell(values[key], words, is_hidden=key in hidden),
            f'<td class="dim"><code>{escape(key)}</code></td>',
        )
        for key in _in_reading_order(info)
    ]
    plain = next((href for rel, _, href in links if rel == "alternate"), "")
    table = table_of((words["meaning"], words["value"], words["property"]), rows, "facts")
    main = (
        f'<p class="dim"><a href="{escape(plain)}">{words["json"]}</a></p>'
        f"{table}{sketch(collection.geometry[row])}{coordinates(collection.geometry[row], words)}"
        f"{linked(words, links)}"
    )
    title = values.get("name") or f"{info.title[call.language]} {ident}"
    return frame(call, title, crumbs, main)


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
    words = words_of(call)
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
                        cell(known["in"], words),
                        cell(known.get("description", ""), words),
                    )
                )
            rows += [
                (f"<td><code>{escape(key)}</code></td>", cell("body", words), cell(said, words))
                for key, said in _body_members(operation, document)
            ]
            if rows:
                head = (words["parameters"], words["where"], words["meaning"])
                blocks.append(table_of(head, rows))
            listed = ", ".join(operation["responses"])
            blocks.append(f'<p class="dim">{escape(words["answers"])}: {escape(listed)}</p>')
    crumbs = [(words["api"], "/api.html")]
    plain = f'<p><a href="{link_to(call, "/api")}">OpenAPI 3.0</a></p>'
    return frame(call, words["api"], crumbs, plain + "".join(blocks))


def _body_members(
    operation: Mapping[str, Any], document: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield the members of a JSON body, and what is said of them."""
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = schema.get("schema", {})
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    for name, known in schema.get("properties", {}).items():
        kind = known.get("type") or known.get("title", "")
        needed = " *" if name in schema.get("required", ()) else ""
        yield name + needed, known.get("description") or str(kind)
