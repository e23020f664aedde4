"""A refusal as a page, for whoever asked with a browser; programs get problem details."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

from geogrid.locale import phrases
from geogrid_api.page_parts import HTML, POLICY, document, in_language
from geogrid_api.problems import MEDIA, Problem, problem_body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.locale import Language

__all__ = ["refusal"]

_LONGEST_SHOWN = 255


def refusal(problem: Problem, scope: Mapping[str, Any]) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Write a refusal in the form that the asker reads.

    Parameters
    ----------
    problem : Problem
        What is wrong.
    scope : mapping
        The request, as ASGI has it.

    Returns
    -------
    body : bytes
        A page if a browser reads (``Accept`` names HTML), else problem details.
    headers : list of (bytes, bytes)
        What the body is, its length, and the problem's own headers.
    """
    path, request_id = scope["path"][:_LONGEST_SHOWN], scope.get("geogrid.request_id", "")
    asked = parse_qs(scope["query_string"].decode("latin-1"))
    accept = b",".join(value for name, value in scope["headers"] if name == b"accept")
    is_page = (
        scope["method"] in {"GET", "HEAD"}
        and b"text/html" in accept
        and asked.get("f", ["html"])[0] == "html"
    )
    headers = [
        (name.lower().encode(), value.encode("latin-1")) for name, value in problem.headers.items()
    ]
    if is_page:
        language: Language = "en" if asked.get("lang") == ["en"] else "zh"
        own = path.removeprefix(scope.get("root_path", ""))
        body = _page(problem, own, request_id, language)
        headers.append((POLICY[0].encode(), POLICY[1].encode()))
    else:
        body = problem_body(problem, path, request_id=request_id)
    media = HTML if is_page else MEDIA
    headers.append((b"content-type", media.encode()))
    headers.append((b"content-length", str(len(body)).encode()))
    return body, headers


def _page(problem: Problem, path: str, request_id: str, language: Language) -> bytes:
    """Write the page; its links are relative, since a proxy may serve us under a path."""
    words, pages = phrases(language, "problems"), phrases(language, "pages")
    up = "../" * (path.count("/") - 1) or "./"

    def to(place: str) -> str:
        return escape(up + in_language(place, language))

    title = words.get(f"title_{problem.status}", words["title"])
    advice = words.get(f"advice_{problem.status}", "")
    if problem.status == 410 and "valid_to" in problem.members:
        advice = words["ended"].format(day=problem.members["valid_to"])
    elif "valid_from" in problem.members:
        advice = words["begins"].format(day=problem.members["valid_from"])
    successors = problem.members.get("successors") or ()
    into = "".join(
        f'<li><a href="{escape(in_language(one["href"], language))}">'
        f"{escape(one.get('name') or '')} {escape(one['grid_code'])}</a></li>"
        for one in successors
    )
    led = f"<p>{escape(words['into'])}</p><ul>{into}</ul>" if into else ""
    if problem.status == 401:
        back = f"sign-in?next={quote(path)}"
        led = f'<p><a class="big" href="{to(back)}">{escape(words["sign_in"])}</a></p>'
    told = [str(problem.status), *([] if led else [problem.detail]), request_id]
    main = (
        f'<p>{escape(advice)}</p>{led}<p class="dim">{escape(" · ".join(filter(None, told)))}</p>'
        f'<p><a href="{to("")}">{escape(words["home"])}</a></p>'
    )
    trail = f'<a href="{to("")}">{escape(pages["home"])}</a>'
    # the query stays behind: it may be what was wrong
    other: Language = "en" if language == "zh" else "zh"
    switch = "?lang=en" if other == "en" else "?"
    return document(language, title, trail, switch, main)
