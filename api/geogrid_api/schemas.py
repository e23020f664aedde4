"""Schemas of what is answered, as OpenAPI 3.0 has them, out of the collections' description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.locale import Language
    from geogrid.publish.features import CollectionInfo, Property

__all__ = [
    "COMPONENTS",
    "LARGEST_WHOLE",
    "TYPES",
    "answered",
    "feature",
    "features",
    "queryables",
    "ref",
    "returnables",
    "value_schema",
]

# JSON readers, JavaScript's too, keep whole numbers exactly up to here; ids and cursors end there
LARGEST_WHOLE = 2**53 - 1
TYPES = {"text": "string", "int": "integer", "float": "number", "bool": "boolean"}

_LINK = {
    "type": "object",
    "required": ["href", "rel"],
    "properties": {
        "href": {"type": "string"},
        "rel": {"type": "string"},
        "type": {"type": "string"},
        "hreflang": {"type": "string"},
        "title": {"type": "string"},
    },
}
_EXTENT = {
    "type": "object",
    "properties": {
        "spatial": {
            "type": "object",
            "required": ["bbox"],
            "properties": {
                "bbox": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "array",
                        "minItems": 4,
                        "maxItems": 4,
                        "items": {"type": "number"},
                    },
                },
                "crs": {"type": "string"},
            },
        },
        "temporal": {
            "type": "object",
            "required": ["interval"],
            "properties": {
                "interval": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "array",
                        "minItems": 2,
                        "maxItems": 2,
                        "items": {"type": "string", "format": "date-time", "nullable": True},
                    },
                },
                "trs": {"type": "string"},
            },
        },
    },
}


def ref(name: str) -> dict[str, str]:
    """Point to a shared schema.

    Parameters
    ----------
    name : str
        Key of `COMPONENTS`.

    Returns
    -------
    dict
        ``$ref``.
    """
    return {"$ref": f"#/components/schemas/{name}"}


_LINKS = {"type": "array", "items": ref("link")}
_COLLECTION = {
    "type": "object",
    "required": ["id", "links"],
    "properties": {
        "id": {"type": "string"},
        "title": {"type": "string"},
        "description": {"type": "string"},
        "attribution": {"type": "string"},
        "links": _LINKS,
        "extent": ref("extent"),
        "itemType": {"type": "string", "enum": ["feature"]},
        "crs": {"type": "array", "items": {"type": "string"}},
        "storageCrs": {"type": "string"},
    },
}
_POSITION = {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}}


def _nested(depth: int) -> dict[str, Any]:
    """Return positions nested in so many arrays."""
    found: dict[str, Any] = _POSITION
    for _ in range(depth):
        found = {"type": "array", "items": found}
    return found


def _shape(kind: str, depth: int) -> dict[str, Any]:
    """Describe one type of geometry."""
    return {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {
            "type": {"type": "string", "enum": [kind]},
            "coordinates": _nested(depth),
        },
    }


COMPONENTS: dict[str, dict[str, Any]] = {
    "link": _LINK,
    "extent": _EXTENT,
    "collection": _COLLECTION,
    "collections": {
        "type": "object",
        "required": ["links", "collections"],
        "properties": {
            "links": _LINKS,
            "collections": {"type": "array", "items": ref("collection")},
        },
    },
    "landing": {
        "type": "object",
        "required": ["links"],
        "properties": {
            "title": {"type": "string"},
            "description": {"type": "string"},
            "attribution": {"type": "string"},
            "links": _LINKS,
        },
    },
    "conformance": {
        "type": "object",
        "required": ["conformsTo"],
        "properties": {"conformsTo": {"type": "array", "items": {"type": "string"}}},
    },
    "problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": "string"},
        },
    },
    "Point": _shape("Point", 0),
    "Polygon": _shape("Polygon", 2),
    "MultiPolygon": _shape("MultiPolygon", 3),
}


def answered(
    description: str, schema: Mapping[str, Any], media: str = "application/json"
) -> dict[str, Any]:
    """Describe a successful answer, which is a page of HTML as well.

    Parameters
    ----------
    description : str
        One sentence.
    schema : mapping
        Of the JSON body.
    media : str
        Its media type.

    Returns
    -------
    dict
        OpenAPI response object.
    """
    content = {media: {"schema": schema}, "text/html": {"schema": {"type": "string"}}}
    return {"description": description, "content": content}


def feature(info: CollectionInfo, *, alone: bool = False) -> dict[str, Any]:
    """Describe a feature of a collection.

    Parameters
    ----------
    info : CollectionInfo
        The collection.
    alone : bool
        Whether it is an answer by itself, with links.

    Returns
    -------
    dict
        Schema.
    """
    values = {name: _nullable(known) for name, known in info.properties.items()}
    values["suppressed"] = {
        "type": "array",
        "items": {"type": "string"},
        "description": "Properties hidden from the public since they count fewer than ten.",
    }
    shapes = [ref(kind) for kind in info.geometry]
    found: dict[str, Any] = {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string"},
            "geometry": {"nullable": True, "anyOf": shapes},
            "properties": {"type": "object", "properties": values},
        },
    }
    if alone:
        found["required"] = [*found["required"], "links"]
        found["properties"]["links"] = _LINKS
    return found


def features(info: CollectionInfo) -> dict[str, Any]:
    """Describe a page of features.

    Parameters
    ----------
    info : CollectionInfo
        The collection.

    Returns
    -------
    dict
        Schema.
    """
    return {
        "type": "object",
        "required": ["type", "features", "links", "numberMatched", "numberReturned"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": feature(info)},
            "links": _LINKS,
            "numberMatched": {"type": "integer", "minimum": 0},
            "numberReturned": {"type": "integer", "minimum": 0},
            "synthetic": {"type": "boolean"},
            "notice": {"type": "string"},
            "attribution": {"type": "string"},
        },
    }


def _nullable(known: Property) -> dict[str, Any]:
    """Describe a property's value, which may be missing."""
    found: dict[str, Any] = {"type": TYPES[known.kind], "nullable": True}
    if known.choices:
        found["enum"] = [*known.choices, None]
    return found | {"description": known.meaning["en"]}


def value_schema(known: Property) -> dict[str, Any]:
    """Describe a value that a property may be asked for.

    Parameters
    ----------
    known : Property
        The property.

    Returns
    -------
    dict
        Schema that is both OpenAPI 3.0 and JSON Schema.
    """
    found: dict[str, Any] = {"type": TYPES[known.kind]}
    if known.choices:
        found["enum"] = list(known.choices)
    elif known.kind == "text":
        # no address may hold U+0000
        found |= {"minLength": 1, "pattern": r"^[^\u0000]+$"}
    limits = {"minimum": known.low, "maximum": known.high}
    return found | {name: limit for name, limit in limits.items() if limit is not None}


def _geometry(info: CollectionInfo) -> dict[str, Any]:
    """Describe the shape in JSON Schema."""
    only = len(info.geometry) == 1
    kind = info.geometry[0].lower() if only else "any"
    if set(info.geometry) == {"Polygon", "MultiPolygon"}:
        kind = "polygon-or-multipolygon"
    return {"x-ogc-role": "primary-geometry", "format": f"geometry-{kind}"}


def _document(info: CollectionInfo, address: str, language: Language) -> dict[str, Any]:
    """Begin a JSON Schema of a collection."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "type": "object",
        "title": info.title[language],
        "description": info.description[language],
    }


def queryables(info: CollectionInfo, address: str, language: Language) -> dict[str, Any]:
    """Write what a filter may name, as JSON Schema.

    Parameters
    ----------
    info : CollectionInfo
        The collection.
    address : str
        Where this document stands.
    language : {"zh", "en"}
        Of titles.

    Returns
    -------
    dict
        JSON Schema.
    """
    values: dict[str, Any] = {
        name: {"title": known.meaning[language], **value_schema(known)}
        for name, known in info.properties.items()
    }
    values["geometry"] = _geometry(info)
    more = {"properties": values, "additionalProperties": False}
    return _document(info, address, language) | more


def returnables(info: CollectionInfo, address: str, language: Language) -> dict[str, Any]:
    """Write what a feature carries, as JSON Schema.

    Parameters
    ----------
    info : CollectionInfo
        The collection.
    address : str
        Where this document stands.
    language : {"zh", "en"}
        Of titles.

    Returns
    -------
    dict
        JSON Schema.
    """
    found = queryables(info, address, language)
    found["properties"][info.key]["x-ogc-role"] = "id"
    return found
