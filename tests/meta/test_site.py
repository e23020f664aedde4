"""Laws of the documentation site: it builds in silence, asks nobody, and lacks no public name."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import os
import re
import shutil
import subprocess
import sys
import zlib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
import typer

import geogrid
from geogrid import cli, errors
from geogrid.showing import Shown
from geogrid.workbench import Study

# what a page loads by itself, as against what a reader clicks
LOADING = {
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "img": "src",
    "link": "href",
    "object": "data",
    "script": "src",
    "source": "src",
    "video": "src",
}
# relations of a <link> that load nothing
TELLING = {"canonical", "next", "prev", "search", "index", "author"}


@pytest.fixture(scope="module")
def site(once, root, tmp_path_factory):
    """Return the folder of the built site; any warning fails every test that asks for it."""

    def build(target):
        folder = tmp_path_factory.mktemp("site")
        words = ["-W", "-n", "--keep-going", "-q", "-d", folder / "trees", root / "docs"]
        done = subprocess.run(
            [sys.executable, "-m", "sphinx", *words, folder / "html"],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(root), str(root / "api")])},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        shutil.move(folder / "html", target)

    return once("site", build)


@pytest.fixture(scope="module")
def inventory(site):
    """Return what other sites may link to: the kind and name of each thing, and its page."""
    raw = (site / "objects.inv").read_bytes()
    head, _, packed = raw.partition(b"using zlib.\n")
    assert head
    found = {}
    for line in zlib.decompress(packed).decode().splitlines():
        name, kind, _, place, _ = re.fullmatch(r"(.+?) (\S+) (-?\d+) (\S*) (.*)", line).groups()
        found[kind, name] = place.replace("$", name).partition("#")[0]
    return found


class Loaded(HTMLParser):
    """Collect the addresses that a page loads."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        address = given.get(LOADING.get(tag, ""))
        if tag == "link" and set((given.get("rel") or "").split()) <= TELLING:
            return
        self.found += [address] if address else []
        self.found += re.findall(r"\S+(?=\s+[\d.]+[wx])", given.get("srcset") or "")


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(site):
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        parser = Loaded()
        parser.feed(page.read_text(encoding="utf-8"))
        assert parser.found
        foreign = [a for a in parser.found if re.match(r"(https?:)?//", a)]
        assert not foreign, f"{page.name} loads {foreign}"
        lost = [
            address
            for address in (a.partition("?")[0].partition("#")[0] for a in parser.found)
            if not address.startswith("data:") and not (page.parent / address).is_file()
        ]
        assert not lost, f"{page.name} loads {lost}, which is not there"
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert not re.search(r"""(@import|url\()\s*["']?(https?:)?//""", text), sheet.name


@pytest.mark.slow
def test_chinese_pages_say_so_and_have_no_gaps_at_ends_of_lines(site, root):
    for page in (root / "docs").rglob("*.zh.md"):
        built = site / page.relative_to(root / "docs").with_suffix(".html")
        text = built.read_text(encoding="utf-8")
        assert '<html class="no-js" lang="zh-CN"' in text, page.name
        prose = re.sub(r"<pre>.*?</pre>", "", text, flags=re.DOTALL)
        assert not re.findall("[\u4e00-\u9fff，。；：]\n[\u4e00-\u9fff]", prose), page.name


def leaves(group, above=("geogrid",)):
    """Yield the words of every command."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from leaves(command, (*above, name))
        else:
            yield " ".join((*above, name))


@pytest.mark.slow
def test_every_command_has_its_place_on_the_site(inventory):
    named = {name for kind, name in inventory if kind == "std:label"}
    commands = list(leaves(typer.main.get_command(cli.app)))
    missing = [words for words in commands if f"reference/options:{words}" not in named]
    assert not missing
    first = {words.split()[1] for words in commands}
    assert not [word for word in first if f"reference/cli:geogrid {word}" not in named]


def returned(function):
    """Return the frozen dataclasses that a function's annotation says it returns."""
    module = importlib.import_module(function.__module__)
    words = set(re.findall(r"\w+", str(function.__annotations__.get("return", ""))))
    homes = {
        alias.asname or alias.name: node.module
        for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("geogrid")
        for alias in node.names
    }
    kinds = [getattr(module, word, None) for word in words]
    kinds += [getattr(importlib.import_module(homes[w]), w) for w in words & set(homes)]
    return {kind for kind in kinds if isinstance(kind, type) and dataclasses.is_dataclass(kind)}


def public_names():
    """Yield the full name of everything that a user may meet, and where it is defined."""
    functions = []
    for name in geogrid.__all__:
        thing = getattr(geogrid, name)
        # errors are shown where they live, rooms by what they hold
        if not name.startswith("__") and name not in {*errors.__all__, "pictures"}:
            yield f"geogrid.{name}"
            functions += [thing] if callable(thing) and not isinstance(thing, type) else []
    yield from (f"geogrid.errors.{name}" for name in errors.__all__)
    yield from (f"geogrid.pictures.{name}" for name in geogrid.pictures.__all__)
    yield "geogrid.widget.TryOut"
    # whatever shows itself in a notebook
    importlib.import_module("geogrid.publish.cards")
    for kind in Shown.__subclasses__():
        if kind.__module__.partition(".")[0] != "geogrid":
            # made by a test that ran in this process before
            continue
        yield f"{kind.__module__}.{kind.__qualname__}"
    yield "geogrid.Study"
    for name, method in vars(Study).items():
        if callable(method) and not name.startswith("_"):
            yield f"geogrid.Study.{name}"
            functions.append(method)
    for function in functions:
        for kind in returned(function):
            yield f"{kind.__module__}.{kind.__qualname__}"


@pytest.mark.slow
def test_every_public_name_has_its_place_on_the_site(inventory):
    shown = {name for kind, name in inventory if kind.startswith("py:")}
    wanted = sorted(set(public_names()))
    assert len(wanted) > 30
    assert not [name for name in wanted if name not in shown]


@pytest.mark.slow
@pytest.mark.e2e
@pytest.mark.parametrize(
    ("question", "page"),
    [
        ("撤销", "how-to/use-the-map.zh.html"),
        ("审批人", "how-to/use-the-map.zh.html"),
        ("网", "how-to/use-the-map.zh.html"),
        ("reverse proxy", "how-to/run-the-service.html"),
        ("set partition", "explanation/partition.html"),
    ],
)
def test_search_finds_words_of_both_languages_without_a_server(site, chromium_path, question, page):
    from playwright.sync_api import sync_playwright

    asked = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        tab = browser.new_page()
        tab.set_default_timeout(10_000)
        tab.on("request", lambda request: asked.append(request.url))
        # a folder that somebody was handed is opened as files
        tab.goto(f"{site.as_uri()}/search.html?q={quote(question)}")
        tab.wait_for_selector("#search-results .search li a")
        found = tab.eval_on_selector_all(
            "#search-results .search li a", "links => links.map(link => link.href)"
        )
        browser.close()
    assert any(page in address for address in found), found
    assert not [address for address in asked if not address.startswith(("file:", "data:"))]
