"""Laws of links: what a page leads to is there, and where a page leads outside is known."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

import pytest
from pages import Page, read_pages

PAGES = read_pages()
# whom pages may send a reader to; nobody is asked by a test
KNOWN_HOSTS = {
    "doi.org",
    "github.com",
    "keepachangelog.com",
    "pro.arcgis.com",
    "semver.org",
}
ids = [page.name for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_what_a_page_links_to_is_there(page):
    for link in page.links():
        if re.match(r"[a-z]+:", link):
            continue
        address, _, anchor = unquote(link).partition("#")
        target = (page.path.parent / address) if address else page.path
        assert target.exists(), f"{page.name} links to {link}, which is not there"
        if anchor:
            known = Page(target, target.read_text(encoding="utf-8")).anchors()
            assert anchor in known, f"{page.name} links to {link}; {target.name} has {known}"


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_outside_are_well_formed_and_known(page):
    for link in page.links():
        if re.match(r"[a-z]+:", link):
            parts = urlsplit(link)
            assert parts.scheme == "https", f"{page.name}: {link} is not https"
            assert parts.hostname in KNOWN_HOSTS, f"{page.name}: {link}: add its host here"
            assert re.fullmatch(r"[\w\-./~%?=&#+:,@()]*", link), f"{page.name}: {link}"


@pytest.mark.parametrize(
    "page", [p for p in PAGES if p.name.endswith(".zh.md")], ids=lambda p: p.name
)
def test_pages_in_two_languages_know_each_other(page):
    other = page.path.with_name(page.path.name.replace(".zh.md", ".md"))
    assert other.exists(), f"{page.name} has no English page beside it"
    assert other.name in page.links()
    assert page.path.name in Page(other, other.read_text(encoding="utf-8")).links()
