"""CQL2 filters, read into trees of plain JSON.

The grammar is read by the ``cql2`` package; `geogrid.publish.conditions` decides what a filter
may say and evaluates it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Literal

from geogrid.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "DEEPEST",
    "FilterLanguage",
    "expect",
    "operation_of",
    "parse_filter",
    "property_of",
    "shown",
]

FilterLanguage = Literal["cql2-text", "cql2-json"]
# a filter stands in an address; deeper nesting than this is no human's
_LONGEST = 8_000
DEEPEST = 48
# what the grammar knows and the parser does not: a quote and control signs behind a backslash;
# other escapes stay for patterns
_QUOTED = re.compile(r"'(?:[^'\\]|\\.|'')*'", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SIGNS = dict(zip("'abtnvfr", ["''", *"\a\b\t\n\v\f\r"], strict=True))


def parse_filter(text: str, language: FilterLanguage = "cql2-text") -> Any:  # noqa: ANN401 - JSON
    """Read a filter, without knowing yet what it is asked of.

    Parameters
    ----------
    text : str
        CQL2, at most 8,000 characters.
    language : {"cql2-text", "cql2-json"}
        Which of its two forms.

    Returns
    -------
    dict or bool
        CQL2 JSON.

    Raises
    ------
    InputError
        If it cannot be read; the text says where.

    Examples
    --------
    >>> parse_filter("households > 100")["op"]
    '>'
    """
    if len(text) > _LONGEST:
        msg = f"The filter has {len(text)} characters; at most {_LONGEST} are read."
        raise InputError(msg)
    if _depth(text) > DEEPEST:
        msg = f"The filter is nested more than {DEEPEST} deep."
        raise InputError(msg)
    if language == "cql2-json":
        return _read_json(text)
    import cql2

    plain = _QUOTED.sub(_without_escapes, text)
    try:
        return cql2.parse_text(plain).to_json()
    except (cql2.ParseError, ValueError) as error:
        where = re.search(r"--> \d+:(\d+)", str(error))
        place = f" at character {where.group(1)}" if where else ""
        msg = f"The filter is not CQL2 text{place}."
        raise InputError(msg) from error


def _without_escapes(quoted: re.Match[str]) -> str:
    """Undo the escapes of one character literal that the parser leaves as they are."""
    return _ESCAPE.sub(lambda sign: _SIGNS.get(sign.group(1), sign.group()), quoted.group())


def _depth(text: str) -> int:
    """Return how deep brackets are nested, those inside quotes counted as well."""
    deepest = depth = 0
    for sign in text:
        if sign in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in ")]}":
            depth -= 1
    return deepest


def _read_json(text: str) -> Any:  # noqa: ANN401 - JSON
    """Read CQL2 JSON; its meaning is checked where it is evaluated."""

    def refuse(name: str) -> None:
        msg = f"{name} is no JSON"
        raise ValueError(msg)

    try:
        found = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise InputError("The filter is not JSON.") from error
    if not isinstance(found, dict | bool):
        raise InputError("The filter is no CQL2 JSON: it is no condition.")
    return found


def property_of(node: Any) -> str | None:  # noqa: ANN401 - JSON
    """Return the name if a node is a property."""
    if isinstance(node, dict) and set(node) == {"property"} and isinstance(node["property"], str):
        return str(node["property"])
    return None


def operation_of(node: Any) -> tuple[str, list[Any]]:  # noqa: ANN401 - JSON
    """Return operator and arguments, or refuse."""
    if (
        isinstance(node, dict)
        and set(node) == {"op", "args"}
        and isinstance(node["op"], str)
        and isinstance(node["args"], list)
    ):
        return node["op"], node["args"]
    msg = f"The filter is wrong here: {shown(node)}; a condition or a value was expected."
    raise InputError(msg)


def expect(op: str, args: Sequence[Any], n: int) -> Sequence[Any]:
    """Return the arguments if there are as many as there must be."""
    if len(args) != n:
        raise InputError(f"{op!r} takes {n} arguments, not {len(args)}.")
    return args


def shown(node: Any) -> str:  # noqa: ANN401 - JSON
    """Return a node as text short enough for a message."""
    text = json.dumps(node, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:77] + "..."
