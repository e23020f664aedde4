"""OGC API Features: the collections, what they hold, what may be asked of them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from geogrid.errors import NotFoundError
from geogrid.publish.features import COLLECTIONS
from geogrid.publish.systems import CRS84, SYSTEMS
from geogrid.store.calendar import CHINA
from geogrid_api import items, schemas
from geogrid_api.items import GEOJSON
from geogrid_api.operations import FORMATS, Answer, Operation, Parameter, json_bytes
from geogrid_api.pages import HTML, POLICY, collection_page, collections_page, schema_page
from geogrid_api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from geogrid.publish.features import CollectionInfo
    from geogrid.publish.snapshot import VersionInfo
    from geogrid_api.operations import Call

__all__ = [
    "CONFORMANCE",
    "LANDING_LINKS",
    "OPERATIONS",
    "TILESETS",
    "CollectionLink",
    "collection_operations",
    "licence_links",
    "self_links",
]

_PART1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf"
_PART2 = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf"
_PART3 = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf"
CONFORMANCE = (
    *(f"{_PART1}/{name}" for name in ("core", "oas30", "html", "geojson")),
    f"{_PART2}/crs",
    *(
        f"{_PART3}/{name}"
        for name in (
            "queryables",
            "queryables-query-parameters",
            "filter",
            "features-filter",
        )
    ),
    *(
        f"{_CQL2}/{name}"
        for name in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "accent-insensitive-comparison",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
            "spatial-functions",
            "property-property",
        )
    ),
)
TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
LANDING_LINKS = (("data", "/collections", "Collections"),)
_QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
_SCHEMA = "application/schema+json"
_SCHEMA_FORMATS = {"json": _SCHEMA, "html": "text/html"}
_GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"

# relation, address behind the collection's, media type, title: what another standard adds
CollectionLink = tuple[str, str, str, str]


def _link(rel: str, href: str, media: str, title: str = "") -> dict[str, str]:
    """Write one link."""
    return {"href": href, "rel": rel, "type": media} | ({"title": title} if title else {})


def self_links(call: Call, formats: Mapping[str, str]) -> list[dict[str, str]]:
    """Write the links of a document to itself and to its other form.

    Parameters
    ----------
    call : Call
        The request.
    formats : mapping of str to str
        Media types by word.

    Returns
    -------
    list of dict
        ``self`` and ``alternate``.
    """
    path = call.base + call.address.partition("?")[0]
    links = [_link("self", call.base + call.address, formats[call.form])]
    links += [
        _link("alternate", f"{path}?f={word}", media)
        for word, media in formats.items()
        if word != call.form
    ]
    return links


def licence_links(call: Call) -> list[dict[str, str]]:
    """Write the link to the data's licence, if it states one.

    Parameters
    ----------
    call : Call
        The request.

    Returns
    -------
    list of dict
        At most one.
    """
    licence = call.library.about.licence
    if not licence:
        return []
    return [_link("license", f"https://spdx.org/licenses/{licence}.html", "text/html", licence)]


def _midnight(day: dt.date | None) -> str | None:
    """Return the moment at which a day begins in China, in UTC."""
    if day is None:
        return None
    begins = dt.datetime.combine(day, dt.time(), CHINA)
    return begins.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _interval(versions: Sequence[VersionInfo]) -> list[str | None]:
    """Return from when until when there are versions."""
    starts = [v.valid_from for v in versions]
    ends = [v.valid_to for v in versions]
    first = None if None in starts else min(day for day in starts if day is not None)
    last = None if None in ends else max(day for day in ends if day is not None)
    return [_midnight(first), _midnight(last)]


def _describe(call: Call, info: CollectionInfo, more: Sequence[CollectionLink]) -> dict[str, Any]:
    """Write what a collection is."""
    path = f"{call.base}/collections/{info.id}"
    title = info.title[call.language]
    extent: dict[str, Any] = {}
    try:
        box = call.library.at(None, public=call.is_public)[info.id].extent
    except NotFoundError:
        box = None
    if box is not None:
        extent["spatial"] = {"bbox": [list(box)], "crs": CRS84.uri}
    versions = call.library.versions()
    if versions:
        extent["temporal"] = {"interval": [_interval(versions)], "trs": _GREGORIAN}
    links = [
        _link("items", f"{path}/items", GEOJSON, title),
        _link("items", f"{path}/items?f=html", "text/html", title),
        _link(_QUERYABLES, f"{path}/queryables", _SCHEMA),
        _link("describedby", f"{path}/schema", _SCHEMA),
        *(_link(rel, path + behind, media, name) for rel, behind, media, name in more),
        *licence_links(call),
    ]
    found: dict[str, Any] = {
        "id": info.id,
        "title": title,
        "description": info.description[call.language],
        "itemType": "feature",
        "links": links,
        "crs": list(SYSTEMS),
        "storageCrs": CRS84.uri,
    }
    if extent:
        found["extent"] = extent
    if call.library.about.attribution:
        found["attribution"] = call.library.about.attribution
    return found


def _collections(more: Sequence[CollectionLink]) -> Callable[[Call], Answer]:
    """Make the operation that lists the collections."""

    def answer(call: Call) -> Answer:
        listed = [
            _describe(call, info, more) for name, info in COLLECTIONS.items() if call.may_read(name)
        ]
        for one in listed:
            path = f"{call.base}/collections/{one['id']}"
            one["links"].insert(0, _link("self", path, "application/json"))
        links = [*self_links(call, FORMATS), *licence_links(call)]
        if call.form == "html":
            return Answer(collections_page(call, listed, links), HTML, headers=[POLICY])
        return Answer(json_bytes({"links": links, "crs": list(SYSTEMS), "collections": listed}))

    return answer


def _collection(name: str, more: Sequence[CollectionLink]) -> Callable[[Call], Answer]:
    """Make the operation that describes one collection."""

    def answer(call: Call) -> Answer:
        call.demand(name)
        one = _describe(call, COLLECTIONS[name], more)
        one["links"] = [*self_links(call, FORMATS), *one["links"]]
        if call.form == "html":
            return Answer(collection_page(call, one), HTML, headers=[POLICY])
        return Answer(json_bytes(one))

    return answer


def _schema(name: str, what: str) -> Callable[[Call], Answer]:
    """Make the operation that returns one of a collection's JSON Schemas."""
    write = schemas.queryables if what == "queryables" else schemas.returnables

    def answer(call: Call) -> Answer:
        call.demand(name)
        address = f"{call.base}/collections/{name}/{what}"
        document = write(COLLECTIONS[name], address, call.language)
        if call.form == "html":
            page = schema_page(call, name, what, document)
            return Answer(page, HTML, headers=[POLICY])
        return Answer(json_bytes(document), _SCHEMA)

    return answer


def _nowhere(call: Call) -> Answer:
    """Say which collections there are."""
    listed = ", ".join(name for name in COLLECTIONS if call.may_read(name))
    name = call.path["collection"]
    raise Problem(404, f"There is no collection {name[:80]!r}; there are {listed}.")


def _missing_rows() -> list[Operation]:
    """Make the rows that answer for collections that are not there."""
    name = Parameter(
        "collection",
        {"type": "string"},
        lambda text: text,
        "Any name.",
        where="path",
        required=True,
    )
    paths = ("", "/items", "/queryables", "/schema", "/items/{feature}")
    return [
        Operation(
            f"no_collection_{turn}",
            "/collections/{collection}" + path,
            "Say which collections there are",
            "Collections",
            _nowhere,
            (name,),
            is_hidden=True,
        )
        for turn, path in enumerate(paths)
    ]


def collection_operations(more: Sequence[CollectionLink] = ()) -> tuple[Operation, ...]:
    """Make the rows of all collections.

    Parameters
    ----------
    more : sequence of CollectionLink
        Links that other standards add to each collection.

    Returns
    -------
    tuple of Operation
        List, descriptions, queryables, schemas, items, single features.
    """
    rows = [
        Operation(
            "get_collections",
            "/collections",
            "List the collections",
            "Collections",
            _collections(more),
            responses={200: schemas.answered("The collections.", schemas.ref("collections"))},
            is_kept=True,
        )
    ]
    for name, info in COLLECTIONS.items():
        title = f"{name} ({info.title['zh']})"
        rows.append(
            Operation(
                f"describe_{name}",
                f"/collections/{name}",
                f"Describe {title}",
                "Collections",
                _collection(name, more),
                responses={200: schemas.answered("The collection.", schemas.ref("collection"))},
                is_kept=True,
            )
        )
        rows += [
            Operation(
                f"{what}_of_{name}",
                f"/collections/{name}/{what}",
                f"{says} {title}",
                "Collections",
                _schema(name, what),
                responses={200: schemas.answered("JSON Schema.", {"type": "object"}, _SCHEMA)},
                formats=_SCHEMA_FORMATS,
                is_kept=True,
            )
            for what, says in (
                ("queryables", "Say what filters may name in"),
                ("schema", "Say what features carry in"),
            )
        ]
    return (*rows, *items.OPERATIONS, *_missing_rows())


OPERATIONS = collection_operations(((TILESETS, "/tiles", "application/json", "Vector tiles"),))
