"""The table of operations and FastAPI's routes as one OpenAPI 3.0.3 document.

FastAPI writes OpenAPI 3.1, whose schemas are JSON Schema 2020-12; the standard asks for 3.0,
whose schemas are a dialect of its own. What 3.0 cannot say is said as closely as it can be.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from geogrid import __version__
from geogrid_api import schemas
from geogrid_api.problems import MEDIA as PROBLEM
from geogrid_api.routing import LANG, form_parameter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geogrid_api.operations import Call, Operation, Parameter

__all__ = ["MEDIA", "document_of", "to_openapi_30"]

MEDIA = "application/vnd.oai.openapi+json;version=3.0"
_CLASSIC = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# what every read may be refused with
_REFUSALS = {
    400: "A parameter is unknown, repeated or malformed.",
    401: "This is not public: sign in first, or show a key.",
    403: "The role may not do this.",
    404: "There is no such thing.",
    406: "No format that is accepted is available.",
    414: "The address is too long.",
    429: "Too many requests.",
    431: "The headers are too large.",
    500: "Something went wrong inside the service.",
    503: "The service cannot answer at the moment.",
}
_BODY_REFUSALS = {
    413: "The body is too large.",
    415: "The body has a media type that is not read.",
}
_SCHEMES: dict[str, dict[str, str]] = {
    "token": {"type": "http", "scheme": "bearer", "description": "A token of POST /token."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key."},
}
# and what changes something, or reads what may change meanwhile
_CHANGE_REFUSALS = {
    408: "The body did not arrive in time.",
    409: "This is not possible as things stand; the answer says why.",
    412: "Others edited since; the answer says what.",
    428: "If-Match is missing; nobody edits blindly.",
}
_SAME_PARAMETER = re.compile(r"[^A-Za-z0-9._-]")


def document_of(
    operations: Iterable[Operation], others: Mapping[str, Any], call: Call
) -> dict[str, Any]:
    """Write down everything the service answers.

    Parameters
    ----------
    operations : iterable of Operation
        The reader's table.
    others : mapping
        OpenAPI document of everything else, of any version 3; may be empty.
    call : Call
        Where it is asked, and about what.

    Returns
    -------
    dict
        OpenAPI 3.0.3.
    """
    shared: dict[str, dict[str, Any]] = {}
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        if not operation.is_hidden:
            row = _operation(operation, shared)
            paths.setdefault(operation.path, {})[operation.method.lower()] = row
    more = to_openapi_30(others)
    for path, item in more.get("paths", {}).items():
        for method in set(item) & set(_CLASSIC):
            _refuse(method, item[method])
        # where both answer a method, the reader stands in front
        paths[path] = {**item, **paths.get(path, {})}
    components = more.get("components", {})
    about = call.library.about
    info: dict[str, Any] = {
        "title": about.title or "geogrid",
        "version": __version__,
        "description": (
            "Governance grids of open courtyards, their communities, subdistricts and police "
            "beats: one approved version for everybody. Errors are problem details (RFC 9457)."
        ),
    }
    if about.licence:
        url = f"https://spdx.org/licenses/{about.licence}.html"
        info["license"] = {"name": about.licence, "url": url}
    found: dict[str, Any] = {
        "openapi": "3.0.3",
        "info": info,
        "servers": [{"url": call.base or "/"}],
        "tags": [{"name": name} for name in _tags(paths)],
        "paths": paths,
        "components": {
            **components,
            "schemas": {**components.get("schemas", {}), **schemas.COMPONENTS},
            "parameters": {**components.get("parameters", {}), **shared},
            "responses": {**components.get("responses", {}), **_refusals()},
        },
    }
    if call.library.store is not None:
        found["components"]["securitySchemes"] = _SCHEMES
        # nothing, or any of them: what is public needs none
        found["security"] = [{}, *({name: []} for name in _SCHEMES)]
    return found


def _tags(paths: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """List the groups of all operations."""
    found = [
        tag
        for item in paths.values()
        for method, row in item.items()
        if method in _CLASSIC
        for tag in row.get("tags", ())
    ]
    return list(dict.fromkeys(found))


def _refusals() -> dict[str, dict[str, Any]]:
    """Describe the refusals that all operations share."""
    content = {PROBLEM: {"schema": schemas.ref("problem")}}
    return {
        f"Refused{status}": {"description": words, "content": content}
        for status, words in {**_REFUSALS, **_BODY_REFUSALS, **_CHANGE_REFUSALS}.items()
    }


def _refuse(method: str, row: dict[str, Any]) -> None:
    """Write down what a route of the framework may be refused with, all as problems."""
    told = row["responses"]
    # the framework's own word for what does not fit; here that is 400
    told.pop("422", None)
    statuses = set(_REFUSALS) - {406}
    if method != "get":
        statuses.add(409)
    if "requestBody" in row:
        statuses |= {408, *_BODY_REFUSALS}
    for given in row.get("parameters", ()):
        if given["name"].lower() == "if-match":
            # the framework lets a request without it through, so that it is refused with 428
            given["required"] = True
            statuses |= {412, 428}
    for status in sorted(statuses):
        told.setdefault(str(status), {"$ref": f"#/components/responses/Refused{status}"})
    for status, answered in told.items():
        if status >= "4" and "$ref" not in answered:
            answered.setdefault("content", {PROBLEM: {"schema": schemas.ref("problem")}})


def _operation(operation: Operation, shared: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Write one row of the table."""
    parameters = list(operation.parameters)
    if len(operation.formats) > 1:
        parameters.append(form_parameter(operation.formats))
    if "html" in operation.formats:
        parameters.append(LANG)
    refusals = _REFUSALS if operation.request is None else {**_REFUSALS, **_BODY_REFUSALS}
    responses: dict[str, Any] = {str(s): dict(what) for s, what in operation.responses.items()}
    if operation.method == "GET":
        responses["304"] = {"description": "Nothing changed since If-None-Match."}
    for status in refusals:
        responses.setdefault(str(status), {"$ref": f"#/components/responses/Refused{status}"})
    found: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [_parameter(parameter, shared) for parameter in parameters],
        "responses": responses,
    }
    if operation.request is not None:
        found["requestBody"] = dict(operation.request)
    return found


def _parameter(parameter: Parameter, shared: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Write one parameter, or point to the same one written before."""
    written: dict[str, Any] = {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.required or parameter.where == "path",
        "description": parameter.description,
        **parameter.more,
    }
    if "content" not in parameter.more:
        written["schema"] = dict(parameter.schema)
    plain = _SAME_PARAMETER.sub("-", parameter.name)
    name, turn = plain, 1
    while shared.setdefault(name, written) != written:
        turn += 1
        name = f"{plain}-{turn}"
    return {"$ref": f"#/components/parameters/{name}"}


def to_openapi_30(document: Mapping[str, Any]) -> dict[str, Any]:
    """Say an OpenAPI 3.1 document in 3.0.

    Parameters
    ----------
    document : mapping
        Of version 3.1 or 3.0.

    Returns
    -------
    dict
        Schemas without null types, ``const``, numeric exclusive limits and the like.

    Examples
    --------
    >>> to_openapi_30({"anyOf": [{"type": "string"}, {"type": "null"}]})
    {'nullable': True, 'type': 'string'}
    """
    found: dict[str, Any] = _converted(document)
    return found


def _converted(node: Any) -> Any:  # noqa: ANN401 - JSON
    """Convert a node and everything below it."""
    if isinstance(node, list):
        return [_converted(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {name: _converted(value) for name, value in node.items()}
    _convert_types(found)
    if "const" in found:
        found["enum"] = [found.pop("const")]
    for name, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        value = found.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            found[limit], found[name] = value, True
    if isinstance(found.get("examples"), list) and "in" not in found:
        listed = found.pop("examples")
        found.setdefault("example", listed[0] if listed else None)
    if "prefixItems" in found and isinstance(found["prefixItems"], list):
        kinds = found.pop("prefixItems")
        found.setdefault("items", {"anyOf": kinds} if kinds else {})
    if "contentMediaType" in found and found.get("type") == "string":
        del found["contentMediaType"]
        found.setdefault("format", "binary")
    for name in ("$schema", "$defs", "propertyNames", "patternProperties", "unevaluatedProperties"):
        if isinstance(found.get(name), dict | str | bool) and "type" in found:
            del found[name]
    return found


def _convert_types(found: dict[str, Any]) -> None:
    """Turn the type null, alone or among others, into ``nullable``."""
    kinds = found.get("type")
    if isinstance(kinds, list):
        plain = [kind for kind in kinds if kind != "null"]
        if len(plain) < len(kinds):
            found["nullable"] = True
        if len(plain) == 1:
            found["type"] = plain[0]
        else:
            del found["type"]
            found["anyOf"] = [{"type": kind} for kind in plain]
    elif kinds == "null":
        found.pop("type")
        found |= {"nullable": True, "enum": [None]}
    for name in ("anyOf", "oneOf"):
        options = found.get(name)
        if not isinstance(options, list):
            continue
        nothing = {"nullable": True, "enum": [None]}
        plain = [option for option in options if option != nothing]
        if len(plain) == len(options):
            continue
        found["nullable"] = True
        if len(plain) == 1 and "$ref" not in plain[0]:
            del found[name]
            for key, value in plain[0].items():
                found.setdefault(key, value)
        else:
            # beside $ref, 3.0 reads nothing else
            found[name] = plain
