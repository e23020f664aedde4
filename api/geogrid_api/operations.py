"""Read operations as data: one table that dispatches, parses and documents.

A route that anybody may call a thousand times a second is an `Operation`: its path,
its parameters (parser and OpenAPI schema side by side) and the function that answers.
`geogrid_api.reader` serves them without a framework between; `geogrid_api.openapi`
writes the same table down. Routes that change something are FastAPI's (``routes/``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from geogrid_api.problems import CHALLENGE, Problem

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from geogrid.locale import Language
    from geogrid.publish.snapshot import Snapshot
    from geogrid_api.access import Caller
    from geogrid_api.library import Library

__all__ = ["FORMATS", "JSON_ONLY", "Answer", "Call", "Operation", "Parameter", "json_bytes"]

FORMATS = {"json": "application/json", "html": "text/html"}
JSON_ONLY = {"json": "application/json"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """Describe one parameter once, for the parser and for the document.

    Parameters
    ----------
    name : str
        As it stands in the address.
    schema : mapping
        OpenAPI 3.0 schema object; what it forbids, ``parse`` refuses.
    parse : callable
        Text to value; raises ValueError with what is allowed.
    description : str
        One or two sentences.
    where : {"query", "path", "header"}
        Where it stands.
    required : bool
        Whether the call is refused without it.
    more : mapping
        Further members of the OpenAPI parameter object (``style``, ``explode``, ``content``).
    """

    name: str
    schema: Mapping[str, Any]
    parse: Callable[[str], Any]
    description: str
    where: Literal["query", "path", "header"] = "query"
    required: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """Hold one request as an operation sees it: parsed, allowed, with the version it reads.

    Parameters
    ----------
    library : Library
        What is served now.
    caller : Caller
        Who asks; anonymous or known.
    path : mapping of str to Any
        Parsed path parameters.
    query : mapping of str to Any
        Parsed query parameters; those not given are absent.
    form : str
        Which of the operation's ``formats`` the reader prefers (``f=`` before ``Accept``).
    base : str
        Scheme, host and root path for links, without a slash at the end.
    address : str
        Path and query as they were asked, for the ``self`` link.
    body : bytes
        The request's body, empty for reads.
    content : str
        Media type of the body, lower case, without its parameters; one of the operation's
        ``accepts``.
    language : {"zh", "en"}
        What the reader prefers (``lang=`` before ``Accept-Language``), Chinese by default.
    snapshot : Snapshot or None
        What its ``datetime`` means, once it had to be made.
    """

    library: Library
    caller: Caller
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    form: str
    base: str
    address: str
    body: bytes = b""
    content: str = ""
    language: Language = "zh"
    snapshot: Snapshot | None = None

    @property
    def is_public(self) -> bool:
        """Tell whether the answer is for everybody: small counts hidden."""
        return not self.caller.may("read")

    def may_read(self, collection: str) -> bool:
        """Tell whether the caller may read a collection; not all are for everybody.

        Parameters
        ----------
        collection : str
            Its id.

        Returns
        -------
        bool
            As the settings say for the public, True for whoever signed in.
        """
        return self.library.is_public(collection) or self.caller.may("read")

    def demand(self, collection: str) -> None:
        """Refuse a caller who may not read a collection.

        Parameters
        ----------
        collection : str
            Its id.

        Raises
        ------
        Problem
            401 for the public, 403 for whoever signed in.
        """
        if self.may_read(collection):
            return
        if self.caller.is_known:
            raise Problem(403, f"The role {self.caller.role} may not read {collection}.")
        msg = f"Collection {collection} is not public; sign in first, or show a key."
        raise Problem(401, msg, headers=CHALLENGE)


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what an operation answers; the reader adds validators, encoding and length.

    Parameters
    ----------
    body : bytes
        Uncompressed.
    media : str
        Media type.
    status : int
        HTTP status.
    headers : sequence of (str, str)
        Further headers: ``Content-Crs``, ``Link``.
    etag : str
        Strong validator without quotes; empty: hashed from the body.
    zipped : bytes
        The same body, gzip; empty: compressed when a reader asks for it.
    is_export : bool
        Whether a known caller's reading of it is written in the audit log.
    """

    body: bytes
    media: str = "application/json"
    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    etag: str = ""
    zipped: bytes = b""
    is_export: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """Describe one read route.

    Parameters
    ----------
    name : str
        ``operationId``.
    path : str
        Template, for example ``/collections/{collection}/items``.
    summary : str
        One line for the document.
    tag : str
        Group in the document.
    answer : callable
        `Call` to `Answer`; raises our errors or `geogrid_api.problems.Problem`.
    parameters : sequence of Parameter
        Whatever else stands in the address is refused with 400.
    responses : mapping of int to mapping
        OpenAPI response objects of success; the refusals are added for all.
    method : {"GET", "POST"}
        GET also answers HEAD. A POST here reads in bulk and changes nothing.
    request : mapping or None
        OpenAPI request body object of a POST.
    is_open : bool
        Whether it answers everybody whatever the settings (landing page, health).
    formats : mapping of str to str
        Media types it can answer in, by the word that ``f=`` takes; the first is the default.
    accepts : sequence of str
        Media types its body may have; others are refused with 415.
    max_body : int
        Largest body, bytes; more is refused with 413.
    is_kept : bool
        Whether answers depend on nothing but the address and what the library serves, so that
        they may be given again until that changes.
    is_slow : bool
        Whether it may take long, and runs in a thread of its own. Whatever has a body does.
    is_hidden : bool
        Whether the document leaves it out, since another row says the same.
    """

    name: str
    path: str
    summary: str
    tag: str
    answer: Callable[[Call], Answer]
    parameters: Sequence[Parameter] = ()
    responses: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    method: Literal["GET", "POST"] = "GET"
    request: Mapping[str, Any] | None = None
    is_open: bool = True
    formats: Mapping[str, str] = field(default_factory=lambda: dict(FORMATS))
    accepts: Sequence[str] = ("application/json",)
    max_body: int = 1_000_000
    is_kept: bool = False
    is_slow: bool = False
    is_hidden: bool = False


def json_bytes(value: object) -> bytes:
    """Write a document of an answer; dates as ISO 8601."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_day).encode()


def _day(day: dt.date) -> str:
    """Write the only values that ours have beyond JSON."""
    return day.isoformat()
