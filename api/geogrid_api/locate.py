"""Locating over HTTP: one point, one address, or up to 200,000 points at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from geogrid.crs import POINT_SYSTEMS, to_wgs84
from geogrid.errors import InputError
from geogrid.publish.answers import address_answer, answer, columns_csv, columns_json
from geogrid.publish.locate import LAYERS, locator_of
from geogrid.publish.points import MEDIA, MOST_POINTS, read_points
from geogrid_api import parameters
from geogrid_api.items import snapshot_of
from geogrid_api.operations import JSON_ONLY, Answer, Operation, Parameter
from geogrid_api.problems import Problem
from geogrid_api.routing import one_of

if TYPE_CHECKING:
    from geogrid.publish.snapshot import Snapshot, VersionInfo
    from geogrid_api.operations import Call

__all__ = ["OPERATIONS"]

_BULK_FORMATS = JSON_ONLY | {"csv": "text/csv"}
# 200,000 GeoJSON features of 150 bytes
_MOST_BYTES = 32_000_000
_LONGEST_ADDRESS = 200
_SYSTEM_NAMES = tuple(name for key, more in POINT_SYSTEMS.items() for name in (key, *more))


def _read_address(text: str) -> str:
    """Take an address that is not absurdly long."""
    if len(text) > _LONGEST_ADDRESS or not text.strip():
        msg = f"give an address of at most {_LONGEST_ADDRESS} signs"
        raise ValueError(msg)
    return text


_LON, _LAT = (
    Parameter(name, {"type": "number"}, parameters.read_number, what)
    for name, what in (
        ("lon", "Longitude, or easting in a projected system; goes with lat."),
        ("lat", "Latitude, or northing in a projected system; goes with lon."),
    )
)
_CRS = Parameter(
    "crs",
    {"type": "string", "enum": list(_SYSTEM_NAMES), "default": "wgs84"},
    one_of(_SYSTEM_NAMES),
    "System of the coordinates: wgs84, gcj02 (Amap, Tencent), bd09 (Baidu), cgcs2000, EPSG:4549, "
    "EPSG:4528 (easting with zone 40 before it). Always x before y.",
)
_ADDRESS = Parameter(
    "address",
    {"type": "string", "minLength": 1, "maxLength": _LONGEST_ADDRESS},
    _read_address,
    "Road and number, or a courtyard's name, instead of lon and lat.",
)


def _hidden(call: Call) -> frozenset[str]:
    """Return the collections that the caller may not read."""
    return frozenset(name for name in LAYERS if not call.may_read(name))


def _version(version: VersionInfo) -> dict[str, Any]:
    """Say which version answered."""
    return {
        "district_code": version.district_code,
        "number": version.number,
        "title": version.title,
        "document_no": version.document_no,
        "valid_from": None if version.valid_from is None else version.valid_from.isoformat(),
    }


def _stamped(call: Call, body: bytes) -> bytes:
    """Put what every answer carries in front of a JSON object."""
    return b"{" + call.library.about.stamp + body[1:]


def _one(call: Call) -> Answer:
    """Answer for one point or one address."""
    query, hidden = call.query, _hidden(call)
    snapshot = snapshot_of(call)
    locator = locator_of(snapshot)
    if "address" in query:
        if {"lon", "lat", "crs"} & query.keys():
            raise Problem(400, "Give an address, or lon and lat; not both.")
        if "courtyards" in hidden:
            # whoever may not read courtyards may not search them either
            call.demand("courtyards")
        asked = query["address"]
        match = locator.book.search(asked)
        told = address_answer(locator, asked, match, hidden=hidden, base=call.base)
    else:
        missing = [name for name in ("lon", "lat") if name not in query]
        if missing:
            msg = f"Parameter {missing[0]} is missing: give lon and lat, or an address."
            raise Problem(400, msg, parameter=missing[0])
        x, y = query["lon"], query["lat"]
        crs = query.get("crs", "wgs84")
        lon, lat = to_wgs84(x, y, crs)
        place = locator.place(float(lon), float(lat))
        told = answer(locator, place, hidden=hidden, base=call.base)
    told["versions"] = _answering(snapshot, told)
    body = json.dumps(told, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Answer(_stamped(call, body.encode()))


def _answering(snapshot: Snapshot, told: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the version of the district that was found, or all that were asked."""
    code = ((told.get("community") or {}).get("code") or "")[:6]
    own = [version for version in snapshot.versions if version.district_code == code]
    return [_version(version) for version in own or snapshot.versions]


def _many(call: Call) -> Answer:
    """Answer for many points."""
    try:
        points = read_points(call.body, call.content, crs=call.query.get("crs"))
    except InputError as error:
        facts = {name: error.facts[name] for name in ("rows", "n_rows") if name in error.facts}
        raise Problem(400, str(error), **facts) from error
    snapshot, hidden = snapshot_of(call), _hidden(call)
    locator = locator_of(snapshot)
    places = locator.places(points.lon, points.lat)
    if call.form == "csv":
        body = columns_csv(locator, places, ids=points.ids, hidden=hidden)
        return Answer(body, "text/csv; charset=utf-8; header=present", is_export=True)
    more = {"versions": [_version(version) for version in snapshot.versions]}
    body = columns_json(locator, places, ids=points.ids, hidden=hidden, more=more)
    return Answer(_stamped(call, body), is_export=True)


def _object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Describe an object of the answer."""
    found: dict[str, Any] = {"type": "object", "properties": properties}
    return found | ({"required": list(required)} if required else {})


def _list(items: dict[str, Any]) -> dict[str, Any]:
    """Describe a list of the answer."""
    return {"type": "array", "items": items}


_TEXT = {"type": "string"}
_WHOLE = {"type": "integer", "minimum": 0}
_MAYBE_TEXT = {"type": "string", "nullable": True}
_MAYBE_WHOLE = {"type": "integer", "minimum": 0, "nullable": True}
_FLAG = {"type": "boolean"}
_CODED = {"code": _TEXT, "name": _MAYBE_TEXT}
_NAMED = _object(("code", "name"), **_CODED) | {"nullable": True}
_YARD = _object(("code", "name"), **_CODED, address=_MAYBE_TEXT, distance_m=_MAYBE_WHOLE)
_GRID = _object(("code", "name"), **_CODED, by=_MAYBE_TEXT, href=_TEXT)
_YARD["nullable"] = _GRID["nullable"] = True
_VERSION = _object(
    ("district_code", "number"),
    district_code=_TEXT,
    number={"type": "integer"},
    title=_MAYBE_TEXT,
    document_no=_MAYBE_TEXT,
    valid_from=_MAYBE_TEXT,
)
_DUTY = _object(
    ("role", "of", "code"), role=_TEXT, title=_object(zh=_TEXT, en=_TEXT), of=_TEXT, **_CODED
)
_ONE = _object(
    ("found", "approximate"),
    found=_FLAG,
    approximate=_FLAG,
    lon={"type": "number"},
    lat={"type": "number"},
    courtyard=_YARD,
    gov_grid=_GRID,
    **dict.fromkeys(
        ("basic_grid", "community", "subdistrict", "beat", "station", "compound"), _NAMED
    ),
    duties=_list(_DUTY),
    address=_object(
        ("asked", "by", "n_matches"),
        asked=_TEXT,
        by={"type": "string", "enum": ["address", "number", "nearest", "candidates", "nothing"]},
        n_matches=_WHOLE,
        apart=_WHOLE,
    ),
    matches=_list(_object(courtyard=_YARD, gov_grid=_GRID)),
    versions=_list(_VERSION),
)
_MANY = _object(
    ("count", "n_found", "features", "columns"),
    count=_WHOLE,
    n_found=_WHOLE,
    n_approximate=_WHOLE,
    ids=_list(_TEXT),
    versions=_list(_VERSION),
    features={
        "type": "object",
        "description": "By member (courtyard, gov_grid ...) the codes and names that occur.",
    },
    columns={
        "type": "object",
        "description": "By member one position in that list a point, null where there is none; "
        "distance_m is metres to the courtyard, 0 inside it.",
        "additionalProperties": _list(_MAYBE_WHOLE),
    },
)
_PAIR = {"type": "array", "minItems": 2, "maxItems": 3, "items": {"type": "number"}}
_PAIRS = {"type": "array", "maxItems": MOST_POINTS, "items": _PAIR}
_POINT = _object(
    ("type", "coordinates"), type={"type": "string", "enum": ["Point"]}, coordinates=_PAIR
)
_OWN_BODY = _object(
    ("points",),
    crs={"type": "string", "enum": list(_SYSTEM_NAMES)},
    points=_PAIRS,
    ids=_list({"anyOf": [_TEXT, {"type": "integer"}]}),
) | {"additionalProperties": False}
_GEOJSON_BODY = {
    "anyOf": [
        _object(
            ("type", "coordinates"),
            type={"type": "string", "enum": ["MultiPoint"]},
            coordinates=_PAIRS,
        ),
        _object(
            ("type", "features"),
            type={"type": "string", "enum": ["FeatureCollection"]},
            features=_list(_object(("geometry",), geometry=_POINT)),
        ),
    ]
}
_POINTS = "Points, x before y, at most 200,000"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "locate",
        "/locate",
        "Who is responsible at a point or an address",
        "Locate",
        _one,
        (_LON, _LAT, _CRS, _ADDRESS, parameters.DATETIME),
        {
            200: {
                "description": "Codes, names and duty roles; found is false outside the district.",
                "content": {"application/json": {"schema": _ONE}},
            }
        },
        formats=JSON_ONLY,
    ),
    Operation(
        "locate_many",
        "/locate",
        "Who is responsible at up to 200,000 points",
        "Locate",
        _many,
        (_CRS, parameters.DATETIME),
        {
            200: {
                "description": "One value a point in each column, in the order they were sent.",
                "content": {
                    "application/json": {"schema": _MANY},
                    "text/csv": {"schema": _TEXT},
                },
            }
        },
        method="POST",
        request={
            "description": f"{_POINTS}; a CSV has the columns id (optional), lon, lat.",
            "required": True,
            "content": {
                "application/json": {"schema": _OWN_BODY},
                "application/geo+json": {"schema": _GEOJSON_BODY},
                "text/csv": {"schema": _TEXT},
            },
        },
        formats=_BULK_FORMATS,
        accepts=MEDIA,
        max_body=_MOST_BYTES,
    ),
)
