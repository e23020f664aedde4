"""A grid's permanent page for people: who it is, how many homes, which beat, where."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from geogrid.locale import phrases
from geogrid_api.page_parts import cell, frame, link_to, linked, sketch, table_of, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid_api.operations import Call

__all__ = ["grid_page"]


def grid_page(
    call: Call,
    facts: Mapping[str, Any],
    shape: Any,  # noqa: ANN401 - any geometry
) -> bytes:
    """Write a grid's page.

    Parameters
    ----------
    call : Call
        The request.
    facts : mapping
        The grid's card as its JSON has it.
    shape : geometry or None
        Its area.

    Returns
    -------
    bytes
        HTML.
    """
    words, card = words_of(call), phrases(call.language, "card")
    layer, code = facts["grid_layer"], facts["grid_code"]
    kind = phrases(call.language, "collections")[layer]
    rows = [
        (f"<th>{escape(name)}</th>", value)
        for name, value in (
            (kind, cell(code, words)),
            (card["households"], _count(facts, "households", words)),
            (card["n_courtyards"], _count(facts, "n_courtyards", words)),
            (card["beat"], _place(facts.get("beat"))),
            (card["community"], _place(facts.get("community"))),
            (card["subdistrict"], _place(facts.get("subdistrict"))),
            (card["version"], _version(call, facts["version"])),
        )
        if value
    ]
    yards = [
        (
            f'<td><a href="{link_to(call, _yard(one))}">{escape(str(one["name"]))}</a></td>',
            cell(one["address"], words),
            cell(one["courtyard_id"], words),
        )
        for one in facts.get("courtyards", ())
    ]
    head = phrases(call.language, "headings")
    listed = ""
    if yards:
        names = (head["name"], head["address"], head["courtyard_id"])
        listed = f"<h2>{escape(card['courtyards'])}</h2>{table_of(names, yards, 'rows')}"
    here = f"/g/{layer}/{code}"
    more = link_to(call, f"/collections/{layer}/items/{code}?f=html")
    ways = (
        f'<p><a href="{link_to(call, f"/map?grid={layer}:{code}")}">{escape(words["map"])}</a> · '
        f'<a href="{more}">{escape(card["all"])}</a> · '
        f'<a href="{escape(call.base)}{here}?f=json">JSON</a></p>'
    )
    links = [(one["rel"], one["type"], one["href"]) for one in facts["links"]]
    main = f"{table_of((), rows, 'facts card')}{ways}{listed}{sketch(shape)}{linked(words, links)}"
    crumbs = [(kind, f"/collections/{layer}/items?f=html")]
    return frame(call, str(facts["name"] or code), crumbs, main)


def _yard(one: Mapping[str, Any]) -> str:
    """Return the address of a courtyard's page."""
    return f"/collections/courtyards/items/{one['courtyard_id']}?f=html"


def _count(facts: Mapping[str, Any], name: str, words: Mapping[str, str]) -> str:
    """Write a count that may be hidden, or nothing where there is none."""
    is_hidden = name in (facts.get("suppressed") or ())
    return cell(facts[name], words, is_hidden=is_hidden) if name in facts else ""


def _place(known: Mapping[str, Any] | None) -> str:
    """Write what a grid lies in: its name first, its code behind."""
    if known is None:
        return ""
    if not known.get("name"):
        return f"<td>{escape(str(known['id']))}</td>"
    return (
        f'<td>{escape(str(known["name"]))} <span class="dim">{escape(str(known["id"]))}</span></td>'
    )


def _version(call: Call, version: Mapping[str, Any]) -> str:
    """Write which version says so, and since when."""
    card = phrases(call.language, "card")
    told = [str(version["document_no"] or version["title"])]
    if version["valid_from"]:
        told.append(card["since"].format(day=version["valid_from"]))
    return f"<td>{escape(card['comma'].join(told))}</td>"
