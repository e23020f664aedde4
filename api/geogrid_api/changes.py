"""Changes for integrators: an ordered feed, and every grid's permanent page."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from geogrid_api.operations import FORMATS, JSON_ONLY, Answer, Operation, Parameter, json_bytes
from geogrid_api.parameters import read_whole
from geogrid_api.problems import Problem
from geogrid_api.routing import one_of
from geogrid_api.schemas import LARGEST_WHOLE

if TYPE_CHECKING:
    from geogrid.publish.snapshot import Collection, Snapshot
    from geogrid.store.records import Change
    from geogrid_api.operations import Call

__all__ = ["LANDING_LINKS", "OPERATIONS"]

LANDING_LINKS = (("http://www.opengis.net/def/rel/ogc/1.0/changes", "/changes", "Changes"),)

_N_LISTED, _MOST_LISTED = 100, 1_000
_LAYERS = ("gov_grids", "basic_grids")
# what a grid points to: its property, the collection, and the word in the answer
_PARENTS = (
    ("community_code", "communities", "community"),
    ("subdistrict_code", "subdistricts", "subdistrict"),
    ("beat_id", "beats", "beat"),
)


def _feed(call: Call) -> Answer:
    """Answer the changes after a cursor, in their order."""
    call.demand("gov_grids")
    since, limit = call.query.get("since", 0), call.query.get("limit", _N_LISTED)
    store = call.library.store
    found = [] if store is None else store.changes(since, limit)
    after = found[-1].cursor if found else since
    here = f"{call.base}/changes"
    links = [{"rel": "self", "type": "application/json", "href": f"{call.base}{call.address}"}]
    if len(found) == limit:
        href = f"{here}?since={after}&limit={limit}"
        links.append({"rel": "next", "type": "application/json", "href": href})
    body = {
        "changes": [_change(call, change) for change in found],
        # where to go on, now or tomorrow
        "next": after,
        "links": links,
    }
    return Answer(json_bytes(body))


def _change(call: Call, change: Change) -> dict[str, Any]:
    """Return one change; grids link to their pages."""
    told = asdict(change)
    if call.is_public:
        told["details"] = _without_counts(told["details"])
    if not call.may_read("courtyards"):
        told["details"] = _without_courtyards(told["details"])
    told["links"] = (
        [{"rel": "about", "href": f"{call.base}/g/gov_grids/{change.subject}"}]
        if change.subject
        else []
    )
    return told


def _without_courtyards(details: dict[str, Any]) -> dict[str, Any]:
    """Drop identifiers of courtyards, and the sentence if it names some."""
    hidden = {"gained", "lost"}
    if any(details.get(name) for name in hidden):
        hidden.add("words")
    return {name: value for name, value in details.items() if name not in hidden}


def _without_counts(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Drop counts of households and courtyards, which may be small."""
    if isinstance(value, dict):
        return {
            key: _without_counts(inner)
            for key, inner in value.items()
            if key not in {"households", "n_courtyards", "share_of_old", "share_of_new"}
        }
    if isinstance(value, list | tuple):
        return [_without_counts(inner) for inner in value]
    return value


def _grid(call: Call) -> Answer:
    """Answer what is known of a grid today, or where it went."""
    layer, code = call.path["grid_layer"], call.path["grid_code"]
    call.demand(layer)
    snapshot = call.library.at(None, public=call.is_public)
    collection = snapshot[layer]
    row = collection.index.get(code)
    if row is None:
        raise _gone(call, layer, code)
    links = [
        {"rel": "self", "type": FORMATS[call.form], "href": f"{call.base}{call.address}"},
        {
            "rel": "item",
            "type": "application/geo+json",
            "href": f"{call.base}/collections/{layer}/items/{code}",
        },
        {"rel": "map", "type": "text/html", "href": f"{call.base}/map"},
    ]
    facts = _facts(call, snapshot, collection, row) | {"links": links}
    if call.form == "html":
        from geogrid_api.grid_page import grid_page
        from geogrid_api.page_parts import HTML, POLICY

        page = grid_page(call, facts, collection.geometry[row])
        return Answer(page, HTML, headers=(POLICY,))
    return Answer(json_bytes(facts))


def _facts(call: Call, snapshot: Snapshot, collection: Collection, row: int) -> dict[str, Any]:
    """Return a grid's card: itself, what it lies in, its beat, its courtyards, the version."""
    own = collection.properties[row]
    facts: dict[str, Any] = {"grid_layer": collection.info.id, **own}
    for key, layer, word in _PARENTS:
        parent = snapshot[layer]
        at = parent.index.get(str(own.get(key)))
        known = at is not None and call.may_read(layer)
        facts[word] = {"id": own[key], "name": None} if own.get(key) else None
        if at is not None and known:
            facts[word]["name"] = parent.properties[at].get("name")
            if "station_name" in parent.info.properties:
                facts[word]["station_name"] = parent.properties[at].get("station_name")
    if collection.info.id == "gov_grids" and call.may_read("courtyards"):
        facts["courtyards"] = [
            {name: yard[name] for name in ("courtyard_id", "name", "address")}
            for yard in snapshot["courtyards"].properties
            if yard["grid_code"] == own["grid_code"]
        ]
    code = str(own["grid_code"])
    version = next(
        (v for v in snapshot.versions if code.startswith(v.district_code)), snapshot.versions[0]
    )
    facts["version"] = {
        "plan_id": version.plan_id,
        "number": version.number,
        "title": version.title,
        "document_no": version.document_no,
        "valid_from": version.valid_from and version.valid_from.isoformat(),
        "valid_to": version.valid_to and version.valid_to.isoformat(),
    }
    return facts


def _gone(call: Call, layer: str, code: str) -> Problem:
    """Say what became of a code that is not in force."""
    store = call.library.store
    fate = None if store is None or layer != "gov_grids" else store.fate_of(code)
    if fate is None:
        return Problem(404, f"No grid {code[:32]} was ever in force in {layer}.")
    if fate.valid_to is None:
        return Problem(
            404,
            f"Grid {code} is in force from {fate.valid_from} on.",
            valid_from=fate.valid_from.isoformat(),
        )
    successors = [
        {
            "grid_code": successor.new_code,
            "name": _name_of(call, layer, successor.new_code),
            "share": None if call.is_public else successor.share_of_old,
            "href": f"{call.base}/g/{layer}/{successor.new_code}",
        }
        for successor in fate.successors
    ]
    into = "、".join(one["grid_code"] for one in successors) or "无"
    lines = [f'<{one["href"]}>; rel="successor-version"' for one in successors]
    return Problem(
        410,
        f"网格 {code} 自 {fate.valid_to} 起不再使用，楼院并入 {into}。 "
        f"Grid {code} ended on {fate.valid_to}; its courtyards went to "
        f"{', '.join(one['grid_code'] for one in successors) or 'no grid'}.",
        headers={"Link": ", ".join(lines)} if lines else {},
        valid_to=fate.valid_to.isoformat(),
        successors=successors,
    )


def _name_of(call: Call, layer: str, code: str) -> str | None:
    """Return the name of a grid in force, if it is."""
    collection = call.library.at(None, public=call.is_public)[layer]
    row = collection.index.get(code)
    return None if row is None else collection.properties[row].get("name")


def _answers(what: str, *media: str) -> dict[int, dict[str, Any]]:
    """Say what success looks like."""
    return {200: {"description": what, "content": {one: {} for one in media}}}


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "getChanges",
        "/changes",
        "What publications changed since a cursor, in order",
        "Changes",
        _feed,
        (
            Parameter(
                "since",
                {"type": "integer", "minimum": 0, "maximum": LARGEST_WHOLE, "default": 0},
                read_whole(0, LARGEST_WHOLE),
                "The `next` of the last answer; 0 or nothing: from the beginning.",
            ),
            Parameter(
                "limit",
                {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": _MOST_LISTED,
                    "default": _N_LISTED,
                },
                read_whole(1, _MOST_LISTED),
                "Changes at most.",
            ),
        ),
        _answers("The changes.", "application/json"),
        formats=JSON_ONLY,
    ),
    Operation(
        "getGridPage",
        "/g/{grid_layer}/{grid_code}",
        "A grid's permanent page: what it is today, or where it went",
        "Changes",
        _grid,
        (
            Parameter(
                "grid_layer",
                {"type": "string", "enum": list(_LAYERS)},
                one_of(_LAYERS),
                "`gov_grids` or `basic_grids`.",
                where="path",
                required=True,
            ),
            Parameter(
                "grid_code",
                {"type": "string", "minLength": 1, "maxLength": 64},
                str,
                "Code of the grid, 15 digits in Shinan.",
                where="path",
                required=True,
            ),
        ),
        _answers("The grid.", "application/json", "text/html")
        | {410: {"description": "The code ended: its successors, and links to them."}},
    ),
)
