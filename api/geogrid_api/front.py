"""The front door: landing page, declared standards, and the description of everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geogrid.locale import phrases
from geogrid_api import schemas
from geogrid_api.ogc import licence_links, self_links
from geogrid_api.openapi import MEDIA as OPENAPI
from geogrid_api.openapi import document_of
from geogrid_api.operations import FORMATS, Answer, Operation, json_bytes
from geogrid_api.pages import HTML, POLICY, api_page, landing_page, list_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from geogrid_api.operations import Call

__all__ = ["Part", "front_operations"]

_DEFINITION = {"json": OPENAPI, "html": "text/html"}
_PAGE = {"html": "text/html"}


@dataclass(frozen=True)
class Part:
    """Hold what one standard, or one extra of ours, adds to the service.

    Parameters
    ----------
    operations : sequence of Operation
        Its rows.
    conformance : sequence of str
        Conformance classes it declares.
    landing_links : sequence of (str, str, str)
        Relation, path and title of what the landing page shows of it.
    """

    operations: Sequence[Operation] = ()
    conformance: Sequence[str] = ()
    landing_links: Sequence[tuple[str, str, str]] = ()

    @classmethod
    def of(cls, module: Any) -> Part:  # noqa: ANN401 - a module has no type
        """Gather what a module declares.

        Parameters
        ----------
        module : module
            With ``OPERATIONS``, and ``CONFORMANCE`` and ``LANDING_LINKS`` if it has them.

        Returns
        -------
        Part
            The same.
        """
        return cls(
            module.OPERATIONS,
            getattr(module, "CONFORMANCE", ()),
            getattr(module, "LANDING_LINKS", ()),
        )


def front_operations(
    parts: Iterable[Part], *, others: Callable[[], Mapping[str, Any]] = dict
) -> tuple[Operation, ...]:
    """Make the rows of the front door, and gather those of all parts behind it.

    Parameters
    ----------
    parts : iterable of Part
        Everything the reader answers.
    others : callable
        Returns the OpenAPI document of whatever else the service answers, FastAPI's own;
        called when the description is first asked for.

    Returns
    -------
    tuple of Operation
        All rows.
    """
    parts = tuple(parts)
    conformance = [uri for part in parts for uri in part.conformance]
    links = [link for part in parts for link in part.landing_links]
    rows: list[Operation] = []

    def landing(call: Call) -> Answer:
        return _landing(call, links)

    def conforms(call: Call) -> Answer:
        if call.form == "html":
            return Answer(list_page(call, "conformance", conformance), HTML, headers=[POLICY])
        return Answer(json_bytes({"conformsTo": conformance}))

    def definition(call: Call) -> Answer:
        document = document_of(rows, others(), call)
        if call.form == "html":
            return Answer(api_page(call, document), HTML, headers=[POLICY])
        return Answer(json_bytes(document), OPENAPI)

    rows += [
        _row("get_landing", "/", "Begin here", landing, schemas.ref("landing")),
        _row(
            "get_conformance",
            "/conformance",
            "List the standards that are kept to",
            conforms,
            schemas.ref("conformance"),
        ),
        Operation(
            "get_api",
            "/api",
            "Describe everything as OpenAPI 3.0",
            "Service",
            definition,
            responses={200: schemas.answered("The document.", {"type": "object"}, OPENAPI)},
            formats=_DEFINITION,
            is_kept=True,
        ),
        Operation(
            "get_api_page",
            "/api.html",
            "Describe everything as a page",
            "Service",
            definition,
            responses={200: schemas.answered("The page.", {"type": "string"}, "text/html")},
            formats=_PAGE,
            is_kept=True,
        ),
    ]
    rows += [row for part in parts for row in part.operations]
    return tuple(rows)


def _row(
    name: str,
    path: str,
    summary: str,
    answer: Callable[[Call], Answer],
    schema: Mapping[str, Any],
) -> Operation:
    """Describe one of the small documents."""
    responses = {200: schemas.answered("The document.", schema)}
    return Operation(
        name, path, summary, "Service", answer, responses=responses, formats=FORMATS, is_kept=True
    )


def _landing(call: Call, more: Iterable[tuple[str, str, str]]) -> Answer:
    """Write the landing page."""
    words = phrases(call.language, "pages")
    about = call.library.about
    named = {
        "data": words["collections"],
        "service-desc": "OpenAPI 3.0",
        "service-doc": words["api"],
        "conformance": words["conformance"],
    }
    links = self_links(call, FORMATS)
    for rel, path, media in (
        ("service-desc", "/api", OPENAPI),
        ("service-doc", "/api.html", "text/html"),
        ("conformance", "/conformance", "application/json"),
    ):
        links.append({"href": call.base + path, "rel": rel, "type": media, "title": named[rel]})
    for rel, path, title in more:
        shown = named.get(rel) or words.get(rel.rpartition("/")[2], title)
        link = {"href": call.base + path, "rel": rel, "type": "application/json", "title": shown}
        links.append(link)
    links += licence_links(call)
    if call.form == "html":
        return Answer(landing_page(call, links), HTML, headers=[POLICY])
    title = about.title or words["service"]
    body: dict[str, Any] = {
        "title": title,
        "description": words["about"].format(title=about.title or words["several"]),
        "links": links,
    }
    if about.attribution:
        body["attribution"] = about.attribution
    if about.is_synthetic:
        body |= {"synthetic": True, "notice": words["synthetic"]}
    header = ", ".join(f'<{link["href"]}>; rel="{link["rel"]}"' for link in links)
    return Answer(json_bytes(body), headers=[("link", header)])
