"""Which operation an address means, and what its parameters say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from geogrid.locale import LANGUAGES
from geogrid_api.operations import Parameter
from geogrid_api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geogrid_api.operations import Operation

__all__ = ["LANG", "Route", "Routes", "form_parameter", "one_of"]

# query and path together; longer ones are nobody's question
LONGEST = 16_000
_N_NAMED = 40


def one_of(words: Iterable[str]) -> Any:  # noqa: ANN401 - a parser
    """Make the parser of a parameter that takes a few words.

    Parameters
    ----------
    words : iterable of str
        Allowed values.

    Returns
    -------
    callable
        Text to the same text; ValueError names what is allowed.
    """
    allowed = tuple(words)

    def parse(text: str) -> str:
        if text not in allowed:
            msg = f"give one of {', '.join(allowed)}"
            raise ValueError(msg)
        return text

    return parse


LANG = Parameter(
    "lang",
    {"type": "string", "enum": list(LANGUAGES)},
    one_of(LANGUAGES),
    "Language of titles and pages; goes before the header Accept-Language.",
)


def form_parameter(formats: Mapping[str, str]) -> Parameter:
    """Describe the parameter that chooses the format.

    Parameters
    ----------
    formats : mapping of str to str
        Media types by word.

    Returns
    -------
    Parameter
        ``f``.
    """
    return Parameter(
        "f",
        {"type": "string", "enum": list(formats)},
        one_of(formats),
        "Format of the answer; goes before the header Accept.",
    )


class Route:
    """One operation, ready to be asked.

    Parameters
    ----------
    operation : Operation
        Row of the table.
    """

    __slots__ = ("forms", "in_path", "in_query", "known", "operation", "required")

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        more = [form_parameter(operation.formats)] if len(operation.formats) > 1 else []
        if "html" in operation.formats:
            more.append(LANG)
        parameters = [*operation.parameters, *more]
        self.in_query = {p.name: p.parse for p in parameters if p.where == "query"}
        self.in_path = {p.name: p.parse for p in parameters if p.where == "path"}
        self.required = [p.name for p in parameters if p.where == "query" and p.required]
        self.known = ", ".join([*self.in_query][:_N_NAMED]) or "none"

    def read_path(self, found: Mapping[str, str]) -> dict[str, Any]:
        """Parse the parameters of the path; a value that cannot be is not found."""
        values: dict[str, Any] = {}
        for name, text in found.items():
            parse = self.in_path.get(name)
            try:
                values[name] = text if parse is None else parse(text)
            except ValueError as error:
                raise Problem(404, f"Nothing is at {name} {text[:80]!r}: {error}.") from error
        return values

    def read_query(self, query: bytes) -> dict[str, Any]:
        """Parse the query; whatever is unknown, repeated, empty or malformed is refused."""
        values: dict[str, Any] = {}
        if query:
            for pair in query.split(b"&"):
                if not pair:
                    continue
                raw_name, _, raw = pair.partition(b"=")
                name = _decoded(raw_name)
                parse = self.in_query.get(name)
                if parse is None:
                    msg = f"There is no parameter {name[:80]!r} here; known are: {self.known}."
                    raise Problem(400, msg, parameter=name[:80])
                if name in values:
                    raise Problem(400, f"Parameter {name} is given twice.", parameter=name)
                text = _decoded(raw)
                if not text:
                    raise Problem(400, f"Parameter {name} is empty.", parameter=name)
                try:
                    values[name] = parse(text)
                except ValueError as error:
                    msg = f"Parameter {name} is wrong: {error}."
                    raise Problem(400, msg, parameter=name) from error
        for name in self.required:
            if name not in values:
                raise Problem(400, f"Parameter {name} is missing.", parameter=name)
        return values


class Routes:
    """All operations by address.

    Parameters
    ----------
    operations : iterable of Operation
        An exact address goes before a template.

    Raises
    ------
    ValueError
        If two operations answer the same method at the same address.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._exact: dict[str, dict[str, Route]] = {}
        templates: dict[str, dict[str, Route]] = {}
        for operation in operations:
            table = templates if "{" in operation.path else self._exact
            methods = table.setdefault(operation.path, {})
            if operation.method in methods:
                msg = f"Two operations answer {operation.method} {operation.path}."
                raise ValueError(msg)
            methods[operation.method] = Route(operation)
        self._templates = [(_pattern(path), methods) for path, methods in templates.items()]

    def find(self, path: str) -> tuple[dict[str, Route], Mapping[str, str]] | None:
        """Return the routes of an address by method, and what its template says.

        Parameters
        ----------
        path : str
            Decoded, without the query.

        Returns
        -------
        tuple or None
            None: no operation has this address.
        """
        methods = self._exact.get(path)
        if methods is not None:
            return methods, _NOTHING
        for pattern, candidate in self._templates:
            match = pattern.fullmatch(path)
            if match is not None:
                return candidate, match.groupdict()
        return None


_NOTHING: dict[str, str] = {}


def _pattern(path: str) -> re.Pattern[str]:
    """Turn a template into a pattern."""
    pieces = re.split(r"\{(\w+)\}", path)
    named = [
        f"(?P<{piece}>[^/]+)" if turn % 2 else re.escape(piece) for turn, piece in enumerate(pieces)
    ]
    return re.compile("".join(named))


def _decoded(raw: bytes) -> str:
    """Undo the percent encoding of a name or value."""
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise Problem(400, "The address is not UTF-8.") from error
    if "\x00" in text:
        raise Problem(400, "The address holds a character that means nothing.")
    return text
