"""OGC API Tiles: vector tiles of each collection and of all together, in WebMercatorQuad."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from geogrid import __version__
from geogrid.publish.features import COLLECTIONS
from geogrid.publish.mercator import MAX_ZOOM
from geogrid.publish.systems import CRS84
from geogrid.publish.tiles import MEDIA, SHOWN, tiles_of
from geogrid_api import parameters, schemas
from geogrid_api.items import snapshot_of
from geogrid_api.ogc import TILESETS, licence_links, self_links
from geogrid_api.operations import JSON_ONLY, Answer, Operation, Parameter, json_bytes
from geogrid_api.problems import Problem
from geogrid_api.routing import one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from geogrid.publish.snapshot import Snapshot
    from geogrid.publish.tiles import Tiles
    from geogrid_api.operations import Call

__all__ = ["CONFORMANCE", "LANDING_LINKS", "OPERATIONS", "SCHEME"]

_PART1 = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf"
CONFORMANCE = tuple(
    f"{_PART1}/{name}"
    for name in (
        "core",
        "tileset",
        "tilesets-list",
        "geodata-tilesets",
        "dataset-tilesets",
        "mvt",
        "oas30",
    )
)
SCHEME = "WebMercatorQuad"
_REL = "http://www.opengis.net/def/rel/ogc/1.0/"
_SCHEME_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{SCHEME}"
_SCHEME_CRS = "http://www.opengis.net/def/crs/EPSG/0/3857"
_SCHEMES_PATH = "/tileMatrixSets"
LANDING_LINKS = (
    (TILESETS, "/tiles", "Vector tiles"),
    (f"{_REL}tiling-schemes", _SCHEMES_PATH, "Tiling schemes"),
)
_TILESET_FORMATS = JSON_ONLY | {"tilejson": "application/vnd.mapbox.tile+json"}
_TILE_FORMATS = {"mvt": MEDIA}
# where a map of a district begins
_CENTRE_ZOOM = 13
_LAST = 2**MAX_ZOOM - 1

_ZOOM = Parameter(
    "tileMatrix",
    {"type": "string", "enum": [str(zoom) for zoom in range(MAX_ZOOM + 1)]},
    lambda text: int(one_of(map(str, range(MAX_ZOOM + 1)))(text)),
    "Zoom level: one of the scales of the tile matrix set.",
    where="path",
    required=True,
)
_ROW, _COL = (
    Parameter(
        name,
        {"type": "integer", "minimum": 0, "maximum": _LAST},
        parameters.read_whole(0, _LAST),
        f"{what} of the tile in the tile matrix.",
        where="path",
        required=True,
    )
    for name, what in (("tileRow", "Row, from the north,"), ("tileCol", "Column, from the west,"))
)


def _link(rel: str, href: str, media: str, **more: object) -> dict[str, Any]:
    """Write one link."""
    return {"href": href, "rel": rel, "type": media} | more


class _Subject:
    """What tiles are of: one collection, or all that a caller may read."""

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.path = "/tiles" if name is None else f"/collections/{name}/tiles"

    def names(self, call: Call) -> tuple[str, ...]:
        """Return the collections, or refuse the caller."""
        if self.name is not None:
            call.demand(self.name)
            return (self.name,)
        return tuple(name for name in COLLECTIONS if call.may_read(name))

    def title(self, call: Call) -> str:
        """Return what people call it."""
        if self.name is not None:
            return COLLECTIONS[self.name].title[call.language]
        return call.library.about.title or "geogrid"


def _tiles(call: Call, snapshot: Snapshot) -> Tiles:
    """Return the tiles of a version, cut ahead or live."""
    return tiles_of(snapshot, folder=call.library.tiles_folder)


def _tile(subject: _Subject) -> Callable[[Call], Answer]:
    """Make the operation that returns one tile."""

    def answer(call: Call) -> Answer:
        names = subject.names(call)
        zoom, row, col = (call.path[name] for name in ("tileMatrix", "tileRow", "tileCol"))
        snapshot = snapshot_of(call)
        tiles = _tiles(call, snapshot)
        limits = tiles.limits_of(names)
        end = 2**zoom
        if row >= end or col >= end or (limits and (row, col) not in limits[zoom]):
            raise Problem(404, f"No tile is at {zoom}/{row}/{col}; the tileset tells its limits.")
        tile = tiles.tile(names, zoom, row, col)
        key = f"{__version__} {snapshot.tag} {names} {zoom}/{row}/{col}"
        etag = blake2b(key.encode(), digest_size=12).hexdigest()
        return Answer(tile.body, MEDIA, etag=etag, zipped=tile.zipped)

    return answer


def _tileset(subject: _Subject) -> Callable[[Call], Answer]:
    """Make the operation that describes the tiles."""

    def answer(call: Call) -> Answer:
        names = subject.names(call)
        snapshot = snapshot_of(call)
        tiles = _tiles(call, snapshot)
        write = _tilejson if call.form == "tilejson" else _metadata
        document = write(call, subject, names, tiles) | {"version": snapshot.tag}
        return Answer(json_bytes(document), _TILESET_FORMATS[call.form])

    return answer


def _metadata(call: Call, subject: _Subject, names: Sequence[str], tiles: Tiles) -> dict[str, Any]:
    """Describe the tiles in the words of the standard."""
    found = _summary(call, subject)
    data = f"{call.base}/collections/{subject.name}" if subject.name else f"{call.base}/"
    found["links"] = [
        *self_links(call, _TILESET_FORMATS),
        _scheme_link(call),
        _link(
            "item",
            _template(call, subject, "{tileMatrix}/{tileRow}/{tileCol}"),
            MEDIA,
            templated=True,
        ),
        _link(_REL + ("geodata" if subject.name else "dataset"), data, "application/json"),
        *licence_links(call),
    ]
    found["mediaTypes"] = [MEDIA]
    found["layers"] = [_layer(call, name) for name in names]
    extent = tiles.extent_of(names)
    if extent is not None:
        found["tileMatrixSetLimits"] = [
            {
                "tileMatrix": str(level.zoom),
                "minTileRow": level.min_row,
                "maxTileRow": level.max_row,
                "minTileCol": level.min_col,
                "maxTileCol": level.max_col,
            }
            for level in tiles.limits_of(names)
        ]
        west, south, east, north = extent
        found["boundingBox"] = {
            "lowerLeft": [west, south],
            "upperRight": [east, north],
            "crs": CRS84.uri,
            "orderedAxes": ["Lon", "Lat"],
        }
        found["centerPoint"] = {
            "coordinates": [(west + east) / 2, (south + north) / 2],
            "crs": CRS84.uri,
            "tileMatrix": str(_CENTRE_ZOOM),
        }
    return found


def _tilejson(call: Call, subject: _Subject, names: Sequence[str], tiles: Tiles) -> dict[str, Any]:
    """Describe the tiles as TileJSON 3.0, which web maps read."""
    found: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": subject.title(call),
        "scheme": "xyz",
        "tiles": [_template(call, subject, "{z}/{y}/{x}")],
        "minzoom": 0,
        "maxzoom": MAX_ZOOM,
        "vector_layers": [
            {
                "id": name,
                "description": COLLECTIONS[name].title[call.language],
                "fields": {
                    shown: COLLECTIONS[name].properties[shown].meaning[call.language]
                    for shown in SHOWN[name]
                },
                "minzoom": 0,
                "maxzoom": MAX_ZOOM,
            }
            for name in names
        ],
    }
    extent = tiles.extent_of(names)
    if extent is not None:
        west, south, east, north = extent
        found["bounds"] = list(extent)
        found["center"] = [(west + east) / 2, (south + north) / 2, _CENTRE_ZOOM]
    if call.library.about.attribution:
        found["attribution"] = call.library.about.attribution
    return found


def _layer(call: Call, name: str) -> dict[str, Any]:
    """Describe one layer."""
    info = COLLECTIONS[name]
    return {
        "id": name,
        "title": info.title[call.language],
        "description": info.description[call.language],
        "dataType": "vector",
        "geometryDimension": 2,
        "minTileMatrix": "0",
        "maxTileMatrix": str(MAX_ZOOM),
        "propertiesSchema": {
            "type": "object",
            "properties": {
                shown: {
                    "type": schemas.TYPES[info.properties[shown].kind],
                    "title": info.properties[shown].meaning[call.language],
                }
                for shown in SHOWN[name]
            },
        },
        "links": [_link(f"{_REL}geodata", f"{call.base}/collections/{name}", "application/json")],
    }


def _summary(call: Call, subject: _Subject) -> dict[str, Any]:
    """Say what a list of tilesets says of one."""
    return {
        "title": subject.title(call),
        "dataType": "vector",
        "crs": _SCHEME_CRS,
        "tileMatrixSetURI": _SCHEME_URI,
    }


def _tilesets(subject: _Subject) -> Callable[[Call], Answer]:
    """Make the operation that lists the tilesets: there is one."""

    def answer(call: Call) -> Answer:
        subject.names(call)
        query = call.address.partition("?")[2]
        here = f"{call.base}{subject.path}/{SCHEME}{'?' + query if query else ''}"
        one = _summary(call, subject)
        one["links"] = [_link("self", here, "application/json"), _scheme_link(call)]
        return Answer(json_bytes({"links": self_links(call, JSON_ONLY), "tilesets": [one]}))

    return answer


def _template(call: Call, subject: _Subject, place: str) -> str:
    """Return the address of any tile, of the same version as was asked for."""
    when = [
        pair for pair in call.address.partition("?")[2].split("&") if pair.startswith("datetime=")
    ]
    return f"{call.base}{subject.path}/{SCHEME}/{place}{'?' + when[0] if when else ''}"


def _scheme_link(call: Call) -> dict[str, Any]:
    """Write the link to the tile matrix set."""
    return _link(f"{_REL}tiling-scheme", f"{call.base}{_SCHEMES_PATH}/{SCHEME}", "application/json")


@cache
def _scheme() -> dict[str, Any]:
    """Return the definition of the tile matrix set, as it is registered."""
    import morecantile

    found: dict[str, Any] = morecantile.tms.get(SCHEME).model_dump(exclude_none=True, mode="json")
    return found


def _list_schemes(call: Call) -> Answer:
    """List the tile matrix sets: there is one."""
    one = {name: _scheme()[name] for name in ("id", "title", "uri", "crs")}
    one["links"] = [_link("self", f"{call.base}{_SCHEMES_PATH}/{SCHEME}", "application/json")]
    return Answer(json_bytes({"links": self_links(call, JSON_ONLY), "tileMatrixSets": [one]}))


def _one_scheme(call: Call) -> Answer:
    """Return the definition of the tile matrix set."""
    del call
    return Answer(json_bytes(_scheme()))


_LIMITS = {"type": "integer", "minimum": 0}
_SUMMARY: dict[str, Any] = {
    "type": "object",
    "required": ["dataType", "crs", "links"],
    "properties": {
        "title": {"type": "string"},
        "dataType": {"type": "string", "enum": ["vector"]},
        "crs": {"type": "string"},
        "tileMatrixSetURI": {"type": "string"},
        "links": {"type": "array", "items": schemas.ref("link")},
    },
}
_TILESET: dict[str, Any] = {
    **_SUMMARY,
    "properties": {
        **_SUMMARY["properties"],
        "version": {"type": "string"},
        "mediaTypes": {"type": "array", "items": {"type": "string"}},
        "layers": {"type": "array", "items": {"type": "object", "required": ["id", "dataType"]}},
        "tileMatrixSetLimits": {
            "type": "array",
            "items": {
                "type": "object",
                "required": [
                    "tileMatrix",
                    "minTileRow",
                    "maxTileRow",
                    "minTileCol",
                    "maxTileCol",
                ],
                "properties": {
                    "tileMatrix": {"type": "string"},
                    "minTileRow": _LIMITS,
                    "maxTileRow": _LIMITS,
                    "minTileCol": _LIMITS,
                    "maxTileCol": _LIMITS,
                },
            },
        },
        "boundingBox": {"type": "object"},
        "centerPoint": {"type": "object"},
    },
}
_TILEJSON = {
    "type": "object",
    "required": ["tilejson", "tiles", "vector_layers"],
    "properties": {
        "tilejson": {"type": "string"},
        "tiles": {"type": "array", "items": {"type": "string"}},
        "vector_layers": {"type": "array", "items": {"type": "object"}},
    },
}
_LISTED = {
    "type": "object",
    "required": ["tilesets"],
    "properties": {"tilesets": {"type": "array", "items": _SUMMARY}},
}
_SCHEMES = {
    "type": "object",
    "required": ["tileMatrixSets"],
    "properties": {"tileMatrixSets": {"type": "array", "items": {"type": "object"}}},
}
_DEFINITION = {
    "type": "object",
    "required": ["id", "crs", "tileMatrices"],
    "properties": {"tileMatrices": {"type": "array", "items": {"type": "object"}}},
}


def _answered(what: str, content: Mapping[str, Mapping[str, Any]]) -> dict[int, dict[str, Any]]:
    """Describe a successful answer."""
    told = {media: {"schema": schema} for media, schema in content.items()}
    return {200: {"description": what, "content": told}}


def _rows(subject: _Subject, name: str, what: str) -> list[Operation]:
    """Make the rows of one subject; the standard fixes how the names end."""
    tileset = _answered(
        "The tileset.",
        {_TILESET_FORMATS["json"]: _TILESET, _TILESET_FORMATS["tilejson"]: _TILEJSON},
    )
    square = _answered(
        "The tile; without a byte if nothing is there.",
        {MEDIA: {"type": "string", "format": "binary"}},
    )
    return [
        Operation(
            f"{name}.getTileSetsList",
            subject.path,
            f"List the tilesets of {what}",
            "Tiles",
            _tilesets(subject),
            (parameters.DATETIME,),
            _answered("The tilesets.", {"application/json": _LISTED}),
            formats=JSON_ONLY,
            is_kept=True,
        ),
        Operation(
            f"{name}.getTileSet",
            f"{subject.path}/{SCHEME}",
            f"Describe the vector tiles of {what}",
            "Tiles",
            _tileset(subject),
            (parameters.DATETIME,),
            tileset,
            formats=_TILESET_FORMATS,
            is_kept=True,
        ),
        Operation(
            f"{name}.getTile",
            f"{subject.path}/{SCHEME}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}",
            f"One vector tile of {what}",
            "Tiles",
            _tile(subject),
            (_ZOOM, _ROW, _COL, parameters.DATETIME),
            square,
            formats=_TILE_FORMATS,
            is_kept=True,
            # a cold tile takes milliseconds, in which others shall be answered
            is_slow=True,
        ),
    ]


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "getTileMatrixSetsList",
        _SCHEMES_PATH,
        "List the tile matrix sets",
        "Tiles",
        _list_schemes,
        responses=_answered("The tile matrix sets.", {"application/json": _SCHEMES}),
        formats=JSON_ONLY,
        is_kept=True,
        is_slow=True,
    ),
    Operation(
        "getTileMatrixSet",
        f"{_SCHEMES_PATH}/{SCHEME}",
        f"Define the tile matrix set {SCHEME}",
        "Tiles",
        _one_scheme,
        responses=_answered("The tile matrix set.", {"application/json": _DEFINITION}),
        formats=JSON_ONLY,
        is_kept=True,
        is_slow=True,
    ),
    *_rows(_Subject(None), "all.dataset.vector", "all collections"),
    *(
        row
        for name in COLLECTIONS
        for row in _rows(_Subject(name), f"{name}.collection.vector", name)
    ),
)
