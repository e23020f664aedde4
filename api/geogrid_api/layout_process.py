"""The process `layout`: its inputs as one table that describes, checks and reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from geogrid.errors import InputError
from geogrid_api.schemas import LARGEST_WHOLE

__all__ = ["INPUTS", "OUTPUTS", "PROCESS_ID", "SYNC_LIMIT_S", "describe", "read_inputs"]

PROCESS_ID = "layout"
VERSION = "1.0.0"
# who waits at the line gets the best layout of a quarter minute; who wants the proof asks
# for it with respond-async
SYNC_LIMIT_S = 15.0
LONGEST_S = 3600.0
# members that tell a qualified value from a table of rules
_QUALIFIED = frozenset({"value", "mediaType", "encoding", "schema", "format"})


@dataclass(frozen=True, slots=True)
class Input:
    """Describe one input.

    Parameters
    ----------
    title : str
        In Chinese and English.
    description : str
        What it does, in which unit, and what holds if it is left out.
    kind : TypeAdapter
        Checks a value and gives its JSON schema.
    default : Any
        Value if it is left out; None: none.
    """

    title: str
    description: str
    kind: TypeAdapter[Any]
    default: Any = None


def _number(low: float, high: float) -> TypeAdapter[Any]:
    """Take a finite number between two limits."""
    return TypeAdapter(Annotated[float, Field(ge=low, le=high, allow_inf_nan=False, strict=True)])


def _whole(low: int, high: int) -> TypeAdapter[Any]:
    """Take a whole number between two limits."""
    return TypeAdapter(Annotated[int, Field(ge=low, le=high, strict=True)])


_FLAG: TypeAdapter[Any] = TypeAdapter(Annotated[bool, Field(strict=True)])
_WORD: TypeAdapter[Any] = TypeAdapter(
    Annotated[str, Field(min_length=1, max_length=64, pattern=r"^\w+$")]
)

INPUTS: dict[str, Input] = {
    "base": Input(
        "底版 Base plan",
        "The plan whose district is laid out anew, by its number or as a link to /plans/{id} of "
        "this service. Left out: the version in force of `district`.",
        _whole(1, LARGEST_WHOLE),
    ),
    "district": Input(
        "区 District",
        "District code, for example 370202. Left out: the only district with a version in force.",
        _WORD,
    ),
    "grids": Input(
        "网格数 Number of grids",
        "Exactly so many governance grids. Give this or `households_per_grid`.",
        _whole(1, 1_000_000),
    ),
    "households_per_grid": Input(
        "每网格户数 Households per grid",
        "Number of grids = all households divided by this, rounded.",
        _number(1, 1_000_000),
    ),
    "rules": Input(
        "规则 Rules",
        "The tables of data/rules.toml as an object: contiguity, partition, pairing, keep, "
        "reach_m. What is left out keeps its default.",
        TypeAdapter(dict[str, Any]),
        {},
    ),
    "weight": Input(
        "权重列 Weight",
        "Column of the courtyards that balances grids.",
        _WORD,
        "households",
    ),
    "previous": Input(
        "沿用编码 Continuity",
        "Grids that carry on a grid of the version in force keep its code. Only a district that "
        "never had a published version can do without: no code is given twice.",
        _FLAG,
        True,
    ),
    "bridge": Input(
        "跨越障碍 Bridge",
        "Open the cheapest crossings where a part cannot hold a grid; each is listed.",
        _FLAG,
        False,
    ),
    "seed": Input(
        "种子 Seed",
        "Of the search; proven answers do not depend on it.",
        _whole(0, 2**32 - 1),
        0,
    ),
    "time_limit": Input(
        "时限 Time limit",
        f"Seconds; the best layout by then is taken. At most {SYNC_LIMIT_S:g} without "
        "`Prefer: respond-async`; left out: that much, or until it is proven.",
        _number(1, LONGEST_S),
    ),
    "title": Input(
        "名称 Title",
        "Of the draft that is made.",
        TypeAdapter(Annotated[str, Field(min_length=1, max_length=200)]),
        "布局方案 layout",
    ),
}

_LINK = {
    "type": "object",
    "required": ["plan_id", "href", "title"],
    "properties": {
        "plan_id": {"type": "integer"},
        "href": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "n_grids": {"type": "integer"},
        "status": {"type": "string"},
    },
}
OUTPUTS: dict[str, dict[str, Any]] = {
    "plan": {
        "title": "草案 Draft",
        "description": "The draft that was made: its number and address.",
        "schema": _LINK,
    },
    "report": {
        "title": "报告 Report",
        "description": "Objective, bound, gap, status, parts, metrics, provenance.",
        "schema": {"type": "object"},
    },
}


def describe(base: str, *, whole: bool = True) -> dict[str, Any]:
    """Describe the process in the standard's words.

    Parameters
    ----------
    base : str
        Address of the service, without a slash at the end.
    whole : bool
        With inputs and outputs; otherwise the summary of the list.

    Returns
    -------
    dict
        ``process`` or ``processSummary`` of OGC API - Processes 1.0.
    """
    here = f"{base}/processes/{PROCESS_ID}"
    told: dict[str, Any] = {
        "id": PROCESS_ID,
        "version": VERSION,
        "title": "网格布局 Layout of governance grids",
        "description": "Groups the open courtyards of a district into exactly k contiguous grids, "
        "provably best, pairs them with beats, and keeps the result as a draft.",
        "keywords": ["网格", "partition", "governance grid"],
        "jobControlOptions": ["sync-execute", "async-execute", "dismiss"],
        "outputTransmission": ["value", "reference"],
        "links": [
            {"rel": "self", "type": "application/json", "title": "This process", "href": here},
            {
                "rel": "http://www.opengis.net/def/rel/ogc/1.0/execute",
                "type": "application/json",
                "title": "Execution",
                "href": f"{here}/execution",
            },
        ],
    }
    if whole:
        told["inputs"] = {name: _describe_input(given) for name, given in INPUTS.items()}
        told["outputs"] = OUTPUTS
    return told


def _describe_input(given: Input) -> dict[str, Any]:
    """Describe one input."""
    schema = given.kind.json_schema()
    if given.default is not None:
        schema["default"] = given.default
    return {
        "title": given.title,
        "description": given.description,
        "schema": schema,
        "minOccurs": 0,
        "maxOccurs": 1,
    }


def read_inputs(given: Mapping[str, Any], *, base: str, is_async: bool) -> dict[str, Any]:
    """Check the inputs of an execution, all at once.

    Parameters
    ----------
    given : mapping
        As they came: plain values, qualified values, or (for ``base``) a link.
    base : str
        Address of the service; links lead nowhere else, since it calls nobody.
    is_async : bool
        Whether the caller waits for the answer.

    Returns
    -------
    dict
        Every input that has a value, plain.

    Raises
    ------
    InputError
        Naming each input that is unknown, given twice or does not fit.
    """
    from geogrid.governance.rules import rules_from_dict

    faults = [
        f"{name}: unknown; known: {', '.join(INPUTS)}" for name in given if name not in INPUTS
    ]
    read = {name: one.default for name, one in INPUTS.items() if one.default is not None}
    for name, one in INPUTS.items():
        if name in given:
            try:
                read[name] = one.kind.validate_python(_value(name, given[name], base))
            except (ValidationError, ValueError) as error:
                faults.append(f"{name}: {_first(error)}")
    if ("grids" in read) == ("households_per_grid" in read):
        faults.append("give exactly one of grids and households_per_grid")
    if not is_async:
        # whoever does not wait gets the time that was asked for, or none
        limit = read.setdefault("time_limit", SYNC_LIMIT_S)
        if limit > SYNC_LIMIT_S:
            faults.append(
                f"time_limit: at most {SYNC_LIMIT_S:g} s while waiting; "
                "send Prefer: respond-async for more"
            )
    if not faults:
        rules_from_dict(read["rules"], where="rules")
        return read
    raise InputError(f"The inputs do not fit: {'; '.join(faults)}.", inputs=faults)


def _value(name: str, given: Any, base: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the plain value of an input, however it was wrapped."""
    if isinstance(given, list):
        msg = "takes one value, not a list"
        raise ValueError(msg)  # noqa: TRY004 - told with the other values that do not fit
    if not isinstance(given, Mapping):
        return given
    if "href" in given:
        start, _, number = str(given["href"]).rpartition("/plans/")
        if name != "base" or start not in {"", base} or not number.isdecimal() or len(number) > 15:
            msg = "this service calls nobody; only base may be a link, to one of its own plans"
            raise ValueError(msg)
        return int(number)
    if "value" in given and set(given) <= _QUALIFIED:
        return given["value"]
    return dict(given)


def _first(error: ValueError) -> str:
    """Return what is wrong, without what was sent."""
    if isinstance(error, ValidationError):
        return error.errors(include_input=False, include_url=False)[0]["msg"]
    return str(error)
