"""Results: what a job made, in the form that was ordered (OGC API - Processes 1.0)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from geogrid_api.layout_process import OUTPUTS, read_inputs
from geogrid_api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Execute", "OutputWish", "answer_results", "output_value", "read_order"]

JSON: Literal["application/json"] = "application/json"
RESULTS_REL = "http://www.opengis.net/def/rel/ogc/1.0/results"
# no value holds two dashes and this word at the start of a line: it is JSON on one line
_BOUNDARY = "geogrid-results"


class Format(BaseModel):
    """Name a form of an output; there is one."""

    model_config = ConfigDict(extra="forbid")
    mediaType: Literal["application/json"] = JSON  # noqa: N815 - the standard's own word


class OutputWish(BaseModel):
    """Say how one output shall come: itself, or as a link."""

    model_config = ConfigDict(extra="forbid")
    format: Format = Field(default_factory=Format)
    transmissionMode: Literal["value", "reference"] = "value"  # noqa: N815


class Execute(BaseModel):
    """Order one execution: what goes in, what shall come out, in which form."""

    model_config = ConfigDict(extra="forbid")
    inputs: dict[str, Any] = Field(default_factory=dict)
    outputs: dict[str, OutputWish] = Field(default_factory=dict)
    response: Literal["raw", "document"] = "raw"


def read_order(execute: Execute, *, base: str, is_async: bool) -> dict[str, Any]:
    """Check an order and return it as the store keeps it.

    Parameters
    ----------
    execute : Execute
        As it came.
    base : str
        Address of the service.
    is_async : bool
        Whether nobody waits for the answer.

    Returns
    -------
    dict
        ``inputs`` (checked, with defaults), ``outputs`` (name to value or reference),
        ``response``.

    Raises
    ------
    InputError, Problem
        If an input does not fit, or an output is unknown.
    """
    unknown = sorted(set(execute.outputs) - set(OUTPUTS))
    if unknown:
        raise Problem(400, f"There is no output {', '.join(unknown)}; known: {', '.join(OUTPUTS)}.")
    wishes = {name: wish.transmissionMode for name, wish in execute.outputs.items()}
    return {
        "inputs": read_inputs(execute.inputs, base=base, is_async=is_async),
        # whoever names none gets all
        "outputs": wishes or dict.fromkeys(OUTPUTS, "value"),
        "response": execute.response,
    }


def output_value(result: Mapping[str, Any], name: str, base: str) -> Any:  # noqa: ANN401 - any JSON
    """Return one output of a finished job; links lead to this service as it is called now."""
    value = result[name]
    if name == "plan":
        return {**value, "href": f"{base}/plans/{value['plan_id']}"}
    return value


def answer_results(
    order: Mapping[str, Any], result: Mapping[str, Any], *, job_id: str, base: str
) -> Response:
    """Answer the results of a finished job as they were ordered.

    Parameters
    ----------
    order : mapping
        What `read_order` returned.
    result : mapping
        Output name to value.
    job_id : str
        Of the job; references lead to its results.
    base : str
        Address of the service.

    Returns
    -------
    Response
        ``document``: 200, one JSON object; ``raw``: 200 with the value (one output) or
        multipart/related (several), 204 with Link headers where all come as references.
    """
    wishes: dict[str, str] = order["outputs"]
    here = f"{base}/jobs/{job_id}/results"
    values = {name: output_value(result, name, base) for name in wishes}
    monitor = f'<{base}/jobs/{job_id}>; rel="monitor"'
    if order["response"] == "document":
        body = {
            name: {"value": values[name], "mediaType": JSON}
            if way == "value"
            else {"href": f"{here}/{name}", "type": JSON}
            for name, way in wishes.items()
        }
        return _json(body, monitor)
    if set(wishes.values()) == {"reference"}:
        links = [f'<{here}/{name}>; rel="{RESULTS_REL}"; title="{name}"' for name in wishes]
        return Response(status_code=204, headers={"Link": ", ".join([*links, monitor])})
    if len(wishes) == 1:
        return _json(next(iter(values.values())), monitor)
    parts = [
        f"--{_BOUNDARY}\r\nContent-ID: <{name}>\r\nContent-Type: {JSON}\r\n"
        + (
            f"\r\n{json.dumps(values[name], ensure_ascii=False)}\r\n"
            if way == "value"
            else f"Content-Location: {here}/{name}\r\n\r\n\r\n"
        )
        for name, way in wishes.items()
    ]
    return Response(
        "".join(parts) + f"--{_BOUNDARY}--\r\n",
        headers={
            "Content-Type": f'multipart/related; boundary="{_BOUNDARY}"; type="{JSON}"',
            "Link": monitor,
        },
    )


def _json(value: Any, link: str) -> Response:  # noqa: ANN401 - any JSON value
    """Answer one JSON value."""
    text = json.dumps(value, ensure_ascii=False)
    return Response(text, media_type=JSON, headers={"Link": link})
