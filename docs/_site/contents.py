"""The sidebar: which page stands where; a page that nobody named comes last in its folder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from geogrid import errors

if TYPE_CHECKING:
    from pathlib import Path

# caption -> (folder whose other pages follow, pages named first)
_SECTIONS = {
    "Tutorial": ("tutorial", ["tutorial/first-layout"]),
    "How to: planners": (
        "",
        [
            "how-to/plan-in-a-notebook",
            "how-to/try-what-if",
            "how-to/pictures",
            "how-to/scale-out",
        ],
    ),
    "How to: offices": ("", ["how-to/load-a-ledger", "how-to/use-the-map"]),
    "How to: operators, integrators": (
        "how-to",
        ["how-to/run-the-service", "how-to/grow", "how-to/integrate", "how-to/locate"],
    ),
    "中文": (
        "zh",
        [
            "tutorial/first-layout.zh",
            "how-to/load-a-ledger.zh",
            "how-to/use-the-map.zh",
            "how-to/plan-in-a-notebook.zh",
            "how-to/try-what-if.zh",
            "how-to/pictures.zh",
        ],
    ),
    "Reference": (
        "reference",
        [
            "reference/cli",
            "reference/options",
            "reference/python/index",
            "reference/data-model",
            "reference/ledgers",
            "reference/outlines",
            "reference/errors",
            "reference/api",
            "reference/plans-api",
            "reference/store",
            "reference/settings",
        ],
    ),
    "Explanation": (
        "explanation",
        [
            "explanation/partition",
            "explanation/mathematics",
            "explanation/why-not",
            "explanation/coordinates",
        ],
    ),
    "About": ("", ["glossary", "benchmarks", "decisions/index", "changelog"]),
}
# a link to a page of the same folder
_BESIDE = re.compile(r"\]\(([\w.-]+)\.md\)")

_SHOWN = re.compile(r"^\.\. autoclass:: (\S+)", re.MULTILINE)


def contents(docs: Path) -> str:
    """Return the hidden lists of pages that the first page ends with.

    Parameters
    ----------
    docs : Path
        The folder of the pages.

    Returns
    -------
    str
        MyST directives, one per section.
    """
    found = sorted(p.relative_to(docs).with_suffix("").as_posix() for p in docs.rglob("*.md"))
    named = {page for _, pages in _SECTIONS.values() for page in pages}
    lists = []
    for caption, (folder, first) in _SECTIONS.items():
        others = [page for page in found if page not in named and _home(page) == folder]
        pages = [page for page in [*first, *others] if page in found]
        lists.append(_toctree(pages, caption))
    return "\n".join(lists)


def below(docs: Path, page: str) -> str:
    """Return the hidden list of the pages that a folder's first page has beside it.

    Parameters
    ----------
    docs : Path
        The folder of the pages.
    page : str
        The first page of a folder, ``.../index``; those it links to come first, as it has them.

    Returns
    -------
    str
        One MyST directive.
    """
    folder = docs / page.rpartition("/")[0]
    beside = sorted(path.stem for path in folder.glob("*.md") if path.stem != "index")
    linked = _BESIDE.findall((folder / "index.md").read_text(encoding="utf-8"))
    return _toctree(sorted(beside, key=[*linked, *beside].index))


def types_shown(docs: Path) -> dict[str, str]:
    """Return the types that the Python reference shows: short name and full one."""
    pages = sorted((docs / "reference/python").glob("*.md"))
    names = [name for page in pages for name in _SHOWN.findall(page.read_text(encoding="utf-8"))]
    names += [f"geogrid.errors.{name}" for name in errors.__all__]
    return {name.rpartition(".")[2]: name for name in names}


def _home(page: str) -> str:
    """Return the folder whose section a page belongs to."""
    return "zh" if page.endswith(".zh") else page.rpartition("/")[0] or "index"


def _toctree(pages: list[str], caption: str = "") -> str:
    """Return one list of pages as a directive."""
    head = ["```{toctree}", ":hidden:", *([f":caption: {caption}"] if caption else []), ""]
    return "\n".join(["", *head, *pages, "```", ""])
