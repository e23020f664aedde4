"""Features of a collection: joined from what was written beforehand, never serialised anew."""

from __future__ import annotations

from hashlib import blake2b
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from geogrid import __version__
from geogrid.errors import NotFoundError
from geogrid.publish.features import COLLECTIONS
from geogrid.publish.selection import Selection, select
from geogrid.publish.systems import CRS84, System
from geogrid_api import parameters, schemas
from geogrid_api.library import NotAtHandError
from geogrid_api.operations import Answer, Operation, Parameter
from geogrid_api.pages import HTML, POLICY, item_page, items_page
from geogrid_api.parameters import MOST, N_SHOWN, queryable_parameters, read_filter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from geogrid.publish.features import CollectionInfo
    from geogrid.publish.snapshot import Snapshot
    from geogrid_api.library import Library
    from geogrid_api.operations import Call

__all__ = ["GEOJSON", "OPERATIONS", "snapshot_of"]

GEOJSON = "application/geo+json"
_FORMATS = {"json": GEOJSON, "html": "text/html"}
_QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
_QUERYABLE = {name: frozenset(info.properties) for name, info in COLLECTIONS.items()}
_FEATURE_ID = Parameter(
    "feature",
    {"type": "string", "minLength": 1, "maxLength": 200},
    lambda text: text,
    "Identifier of the feature.",
    where="path",
    required=True,
)


def snapshot_of(call: Call) -> Snapshot:
    """Return the version that a request asks for.

    Parameters
    ----------
    call : Call
        Its ``datetime``, or today.

    Returns
    -------
    Snapshot
        For the caller's audience.

    Raises
    ------
    NotFoundError
        If no version was in force then.
    NotAtHandError
        If it must be made first; the reader sees to it and asks again.
    """
    when = call.query.get("datetime")
    library: Library = call.library
    if when is None:
        return library.at(None, public=call.is_public)
    if call.snapshot is not None:
        return call.snapshot
    chosen = library.chosen(when.start, when.end)
    found = library.at_hand(chosen, public=call.is_public)
    if found is None:
        raise NotAtHandError(chosen)
    return found


def _items(name: str) -> Callable[[Call], Answer]:
    """Make the operation that lists one collection's features."""
    queryable = _QUERYABLE[name]

    def answer(call: Call) -> Answer:
        call.demand(name)
        query = call.query
        condition = read_filter(query)
        try:
            snapshot = snapshot_of(call)
        except NotFoundError:
            # nothing was in force then, hence nothing is found
            return _listed(call, name, None, _NO_ROWS)
        collection = snapshot.collections[name]
        rows: NDArray[np.intp] | None = None
        if query:
            values = {key: value for key, value in query.items() if key in queryable}
            if values or condition is not None or "bbox" in query:
                selection = Selection(
                    query.get("bbox"),
                    query.get("bbox-crs", CRS84),
                    values,
                    condition,
                    query.get("filter-crs", CRS84),
                )
                rows = select(collection, selection)
        return _listed(call, name, snapshot, rows)

    return answer


_NO_ROWS = np.empty(0, dtype=np.intp)


def _listed(
    call: Call, name: str, snapshot: Snapshot | None, rows: NDArray[np.intp] | None
) -> Answer:
    """Write one page of what was found."""
    query = call.query
    offset, limit = query.get("offset", 0), query.get("limit", N_SHOWN)
    collection = None if snapshot is None else snapshot.collections[name]
    n_found = len(rows) if rows is not None else len(collection or ())
    if rows is not None:
        shown: Sequence[int] = rows[offset : offset + limit].tolist()
    else:
        shown = range(offset, min(offset + limit, n_found))
    links = _paging(call, name, n_found, offset, limit)
    system: System = query.get("crs", CRS84)
    if call.form == "html":
        body = items_page(call, name, collection, shown, n_found, links)
        return Answer(body, HTML, headers=[*_headers(system, links), POLICY])
    bodies: list[bytes] = [] if collection is None else collection.bodies_in(system)
    head = b'{"type":"FeatureCollection",%b"numberMatched":%d,"numberReturned":%d,"links":%b,' % (
        call.library.about.stamp,
        n_found,
        len(shown),
        _links_json(links),
    )
    joined = b",".join(_picked(bodies, shown))
    body = b'%b"features":[%b]}' % (head, joined)
    return Answer(
        body,
        GEOJSON,
        headers=_headers(system, links),
        etag=_etag(call, snapshot),
        is_export=True,
    )


def _picked(bodies: list[bytes], shown: Sequence[int]) -> Sequence[bytes]:
    """Return the bodies of some rows."""
    if isinstance(shown, range):
        return bodies[shown.start : shown.stop]
    if len(shown) > 1:
        found: tuple[bytes, ...] = itemgetter(*shown)(bodies)
        return found
    return [bodies[row] for row in shown]


def _item(name: str) -> Callable[[Call], Answer]:
    """Make the operation that returns one feature."""

    def answer(call: Call) -> Answer:
        call.demand(name)
        snapshot = snapshot_of(call)
        collection = snapshot.collections[name]
        row = collection.row(call.path["feature"])
        system: System = call.query.get("crs", CRS84)
        links = _item_links(call, name)
        if call.form == "html":
            body = item_page(call, collection, row, links)
            return Answer(body, HTML, headers=[*_headers(system, links), POLICY])
        feature = collection.bodies_in(system)[row]
        stamp = call.library.about.stamp
        body = b'%b,%b"links":%b}' % (feature[:-1], stamp, _links_json(links))
        return Answer(
            body,
            GEOJSON,
            headers=_headers(system, links),
            etag=_etag(call, snapshot),
            is_export=True,
        )

    return answer


_Link = tuple[str, str, str]


def _paging(call: Call, name: str, n_found: int, offset: int, limit: int) -> list[_Link]:
    """Return relation, type and address of everything around a page."""
    here = call.base + call.address
    other = "html" if call.form == "json" else "json"
    links = [
        ("self", _FORMATS[call.form], here),
        ("alternate", _FORMATS[other], call.base + _with(call.address, "f", other)),
        ("collection", "application/json", f"{call.base}/collections/{name}"),
        (_QUERYABLES, "application/schema+json", f"{call.base}/collections/{name}/queryables"),
    ]
    if offset + limit < n_found:
        further = _with(call.address, "offset", str(offset + limit))
        links.append(("next", _FORMATS[call.form], call.base + further))
    if offset > 0:
        before = _with(call.address, "offset", str(max(0, offset - limit)))
        links.append(("prev", _FORMATS[call.form], call.base + before))
    return links


def _item_links(call: Call, name: str) -> list[_Link]:
    """Return relation, type and address of everything around a feature."""
    other = "html" if call.form == "json" else "json"
    return [
        ("self", _FORMATS[call.form], call.base + call.address),
        ("alternate", _FORMATS[other], call.base + _with(call.address, "f", other)),
        ("collection", "application/json", f"{call.base}/collections/{name}"),
    ]


def _with(address: str, name: str, value: str) -> str:
    """Return an address with one parameter set."""
    path, _, query = address.partition("?")
    if not query:
        return f"{path}?{name}={value}"
    start = name + "="
    pairs = [pair for pair in query.split("&") if pair and not pair.startswith(start)]
    return f"{path}?{'&'.join([*pairs, start + value])}"


def _links_json(links: Sequence[_Link]) -> bytes:
    """Write links as JSON; addresses were made safe by the reader."""
    written = [f'{{"rel":"{rel}","type":"{media}","href":"{href}"}}' for rel, media, href in links]
    return f"[{','.join(written)}]".encode()


def _headers(system: System, links: Sequence[_Link]) -> list[tuple[str, str]]:
    """Return the headers that tell of coordinates and links."""
    written = [f'<{href}>; rel="{rel}"; type="{media}"' for rel, media, href in links]
    return [("content-crs", f"<{system.uri}>"), ("link", ", ".join(written))]


def _etag(call: Call, snapshot: Snapshot | None) -> str:
    """Name a body by everything it is made of."""
    tag = "" if snapshot is None else snapshot.tag
    parts = f"{__version__}\n{tag}\n{call.form}\n{call.base}\n{call.address}"
    return blake2b(parts.encode("utf-8", "replace"), digest_size=12).hexdigest()


def _operations() -> list[Operation]:
    """Make the rows of all collections, each with its own queryables."""
    found = []
    for name, info in COLLECTIONS.items():
        found.append(_items_row(name, info))
        found.append(_item_row(name, info))
    return found


def _items_row(name: str, info: CollectionInfo) -> Operation:
    """Describe the listing of one collection."""
    return Operation(
        f"get_{name}",
        f"/collections/{name}/items",
        f"Features of {name}: {info.title['zh']}",
        "Features",
        _items(name),
        (
            parameters.LIMIT,
            parameters.OFFSET,
            parameters.BBOX,
            parameters.BBOX_CRS,
            parameters.CRS,
            parameters.DATETIME,
            parameters.FILTER,
            parameters.FILTER_LANG,
            parameters.FILTER_CRS,
            *queryable_parameters(info),
        ),
        {200: schemas.answered(f"At most {MOST} features.", schemas.features(info), GEOJSON)},
        formats=_FORMATS,
        is_kept=True,
    )


def _item_row(name: str, info: CollectionInfo) -> Operation:
    """Describe the reading of one feature."""
    return Operation(
        f"get_one_of_{name}",
        f"/collections/{name}/items/{{feature}}",
        f"One feature of {name}: {info.title['zh']}",
        "Features",
        _item(name),
        (_FEATURE_ID, parameters.CRS, parameters.DATETIME),
        {200: schemas.answered("The feature.", schemas.feature(info, alone=True), GEOJSON)},
        formats=_FORMATS,
        is_kept=True,
    )


OPERATIONS: tuple[Operation, ...] = tuple(_operations())
