"""What schemathesis is told beyond the document: what no schema can say.

Its command line loads this in a process of its own; it is no test by itself. Of the requests
that fit the schema three of four are bent so that they mean something: plans, features and
revisions that are there, dates and filters that can be read. The others stay as they were
drawn, and nothing that must be refused is touched.
"""

import json
import os
import re
from urllib.parse import parse_qs, urlsplit

import jsonschema_rs
import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import RejectedPositiveData

# identifiers that are there, by collection or by parameter of the path
THERE = json.loads(os.environ["GEOGRID_CONTRACT_NAMES"])
DAYS = ("2026-03-01", "2026-03-01T00:00:00+08:00", "2020-01-01/..", "../2026-06-30")
FILTERS = {
    "cql2-text": ("name LIKE '%1%'", "name IS NOT NULL AND NOT name = 'x'", "name IN ('a', 'b')"),
    "cql2-json": ('{"op": "=", "args": [{"property": "name"}, "x"]}',),
}


class Bender:
    """Give requests a meaning; remember which were left as they are."""

    def __init__(self):
        self.turn = 0
        self.as_drawn = set()
        self.etags = {}

    def bend(self, case):
        """Change a request that fits the schema."""
        self.turn += 1
        if self.turn % 4 == 0:
            self.as_drawn.add(case.id)
            return
        path, named = case.operation.path, case.path_parameters or {}
        for name in named:
            # features go by their collection: /collections/beats/items/{feature}
            if there := THERE.get(path.split("/")[2] if name == "feature" else name):
                named[name] = self.choose(there)
        if path.endswith("/merge") and isinstance(case.body, dict):
            # the last plan is a draft; it is not merged into itself
            named["plan_id"], case.body["draft"] = THERE["plan_id"][-2:]
        plan = named.get("plan_id")
        if plan is not None and "If-Match" in (case.headers or {}):
            case.headers["If-Match"] = self.etags.get(str(plan), f'"{plan}-0"')
        self.bend_query(case.query, path)
        if path.endswith("/execution") and self.turn // 4 % 12:
            # to wait for all of them would take most of the time
            case.headers["Prefer"] = "respond-async"
        if isinstance(case.body, dict):
            self.bend_body(case.body, path, case.query)

    def choose(self, options):
        """Return one after another."""
        return options[self.turn // 4 % len(options)]

    def bend_query(self, query, path):
        """Mend what ties values together, and what has a grammar of its own."""
        if "bbox" in query:
            query["bbox"] = ordered(query["bbox"])
        if "datetime" in query:
            query["datetime"] = self.choose(DAYS) if path != "/jobs" else "2026-01-01T00:00:00Z/.."
        if "filter" in query:
            query["filter"] = self.choose(FILTERS[query.get("filter-lang", "cql2-text")])
        if path == "/locate":
            query.pop("address", None)
            # numbers that are degrees in one system are nowhere in another
            query.pop("crs", None)
            query |= {"lon": 120.33, "lat": 36.06}

    def bend_body(self, body, path, query):
        """Mend bodies whose members hang together, or name what must be there."""
        yard, grid = self.choose(THERE["courtyards"]), self.choose(THERE["gov_grids"])
        if path == "/locate":
            # its address holds no point; its body holds none or as many identifiers as points
            for name in ("lon", "lat"):
                query.pop(name)
            for name in ("ids", "crs"):
                body.pop(name, None)
            point = {"type": "Point", "coordinates": [120.33, 36.06]}
            found = {
                "points": [point["coordinates"]],
                "coordinates": [point["coordinates"]],
                "features": [{"type": "Feature", "id": "a", "geometry": point}],
            }
            body |= {name: value for name, value in found.items() if name in body}
        elif path == "/plans":
            body.pop("job", None)
            body |= {"base": 1, "scope": self.choose(THERE["subdistricts"])}
        elif path.endswith("/execution"):
            body |= {"inputs": {"grids": 6}, "outputs": {}}
        elif path.endswith("/moves"):
            move = {"op": "move", "courtyards": [yard], "to": grid}
            rename = {"op": "rename", "grid": grid, "name": f"第{self.turn}网格"}
            body["edits"] = self.choose(([move], [rename], [move, rename]))
        elif path.endswith("/locks"):
            body |= {"lock": [f"courtyard:{yard}"], "unlock": []}
        elif path.endswith("/mend"):
            # its grids' community, and no longer than the rest takes
            body |= {"communities": [self.choose(THERE["communities"])], "seconds": 1}
        elif path.endswith("/comments"):
            body["subject"] = self.choose(("", f"grid:{grid}", f"courtyard:{yard}"))


BENDER = Bender()


def ordered(box):
    """Return a box, as a list or as text, whose lower corner is the lower one."""
    numbers = [float(part) for part in (box.split(",") if isinstance(box, str) else box)]
    half = len(numbers) // 2
    pairs = list(zip(numbers[:half], numbers[half:], strict=True))
    found = [*map(min, pairs), *map(max, pairs)]
    return ",".join(map(repr, found)) if isinstance(box, str) else found


def fits_as_sent(case, url):
    """Tell whether an address fits the schema after all.

    A value that was meant to be wrong may leave no trace in it: an empty object is written as
    nothing. A box with one number too many for four corners may have the six of the other kind.
    """
    bent = {place for place, how in case.meta.components.items() if not how.mode.is_positive}
    if bent - {ParameterLocation.QUERY}:
        return False
    sent = parse_qs(urlsplit(url).query, keep_blank_values=True)
    for known in case.operation.query:
        values = sent.pop(known.name, [])
        if len(values) > 1 or (known.is_required and not values):
            return False
        schema = known.definition["schema"]
        if values and not jsonschema_rs.is_valid(schema, read_as(schema, *values)):
            return False
    return not sent


def read_as(schema, text):
    """Return a parameter's text as the value that its schema speaks of; text if it is none."""
    if schema.get("type") == "array":
        return [read_as(schema["items"], part) for part in text.split(",")]
    numbers = {"integer": r"-?\d+", "number": r"-?\d+(\.\d+)?([eE][+-]?\d+)?"}
    form = numbers.get(schema.get("type"))
    return json.loads(text) if form and re.fullmatch(form, text, re.ASCII) else text


@schemathesis.hook
def before_call(context, case, kwargs):  # noqa: ARG001 - the names are theirs
    """Bend what fits."""
    if case.meta is not None and case.meta.generation.mode.is_positive:
        BENDER.bend(case)


@schemathesis.hook
def after_call(context, case, response):  # noqa: ARG001 - the names are theirs
    """Remember the validators of plans."""
    tag = response.headers.get("etag")
    if tag and case.operation.path.startswith("/plans/{plan_id}"):
        BENDER.etags[str(case.path_parameters["plan_id"])] = tag[0]


@schemathesis.hook
def filter_failure(context, failure, case, response):  # noqa: ARG001 - the names are theirs
    """Drop what contradicts the standards or was not bent, and nothing else."""
    if isinstance(failure, AcceptedNegativeData):
        if fits_as_sent(case, response.request.url):
            return False
        # OGC API - Processes: a limit above the largest is no error, it is cut to that
        return case.operation.path != "/processes" or not int(case.query.get("limit", 0)) > 0
    if isinstance(failure, RejectedPositiveData) and response.status_code in {400, 428}:
        # no schema says what is in a spreadsheet
        if case.operation.path.endswith("/change-list"):
            return False
        # OGC API - Features gives filters and dates plain text as schema, and wants 400 for those
        # that cannot be read; in our own bodies, members that hang together are alike, and so is
        # an edit of what is so already
        return case.id not in BENDER.as_drawn and "changes nothing" not in response.text
    return True
