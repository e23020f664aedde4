"""Processes that the service offers: the list and the descriptions, open to everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geogrid_api.layout_process import PROCESS_ID, describe
from geogrid_api.operations import JSON_ONLY, Answer, Operation, Parameter, json_bytes
from geogrid_api.problems import Problem

if TYPE_CHECKING:
    from geogrid_api.operations import Call

__all__ = ["CONFORMANCE", "LANDING_LINKS", "NO_SUCH_PROCESS", "OPERATIONS", "read_limit"]

_SPEC = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf"
CONFORMANCE = tuple(
    f"{_SPEC}/{name}"
    for name in ("core", "ogc-process-description", "json", "oas30", "job-list", "dismiss")
)
# relation, address, title: what the landing page adds for this standard
LANDING_LINKS = (
    ("http://www.opengis.net/def/rel/ogc/1.0/processes", "/processes", "Processes"),
    ("http://www.opengis.net/def/rel/ogc/1.0/job-list", "/jobs", "Jobs"),
)
NO_SUCH_PROCESS = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/no-such-process"
_N_LISTED, _MOST_LISTED = 10, 1000


def read_limit(text: str) -> int:
    """Read how many rows are wanted.

    Parameters
    ----------
    text : str
        A whole number.

    Returns
    -------
    int
        At least 1; more than there may be are cut to that.

    Raises
    ------
    ValueError
        If it is no whole number above 0.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= 20 and int(text) > 0):
        msg = "give a whole number above 0"
        raise ValueError(msg)
    return min(int(text), _MOST_LISTED)


def _list(call: Call) -> Answer:
    """List the processes; there is one."""
    body = {
        "processes": [describe(call.base, whole=False)],
        "links": [
            {
                "rel": "self",
                "type": "application/json",
                "title": "This list",
                "href": f"{call.base}{call.address}",
            }
        ],
    }
    return Answer(json_bytes(body))


def _describe(call: Call) -> Answer:
    """Describe one process."""
    if call.path["processID"] != PROCESS_ID:
        raise no_such_process(call.path["processID"])
    return Answer(json_bytes(describe(call.base)))


def no_such_process(name: str) -> Problem:
    """Return the problem that the standard wants for an unknown process.

    Parameters
    ----------
    name : str
        What was asked for.

    Returns
    -------
    Problem
        404 of the standard's own type.
    """
    msg = f"There is no process {name[:64]}; there is {PROCESS_ID}."
    return Problem(404, msg, type=NO_SUCH_PROCESS)


_LIMIT = Parameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": _MOST_LISTED, "default": _N_LISTED},
    read_limit,
    "How many processes to list at most.",
    more={"style": "form", "explode": False},
)
_PROCESS = Parameter(
    "processID",
    {"type": "string", "minLength": 1, "maxLength": 64},
    str,
    "Name of the process: `layout`.",
    where="path",
    required=True,
)
_DESCRIBED = {
    "type": "object",
    "required": ["id", "version", "jobControlOptions", "outputTransmission"],
}


def _answers(description: str, schema: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """Say what success looks like."""
    return {200: {"description": description, "content": {"application/json": {"schema": schema}}}}


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "getProcesses",
        "/processes",
        "List the processes",
        "Processes",
        _list,
        (_LIMIT,),
        _answers("The processes.", {"type": "object", "required": ["processes", "links"]}),
        formats=JSON_ONLY,
    ),
    Operation(
        "getProcessDescription",
        "/processes/{processID}",
        "Describe one process: its inputs, outputs and how it may be run",
        "Processes",
        _describe,
        (_PROCESS,),
        _answers("The process.", _DESCRIBED),
        formats=JSON_ONLY,
    ),
)
