"""Pages in two languages on one site: words that search finds, the language each page states.

Sphinx splits text at what is no letter. Chinese writes no spaces, so a whole sentence would be
one word, which nobody searches for; its own Chinese support needs a dictionary that has to be
loaded, and knows none of our terms. Two neighbouring characters are word enough: both the index and
the question are cut into every such pair, and a page must hold all pairs of the question.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.search.en import SearchEnglish

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
# with the punctuation that stands on a square of its own
_WIDE = re.compile(f"[{_HAN}\u3000-\u303f\uff00-\uffef\u2018-\u201d]")
_RUNS = re.compile(rf"[{_HAN}]+|[^\W{_HAN}]+")


class SearchBoth(SearchEnglish):
    """Find English words by their stem, and Chinese by pairs of characters."""

    lang = "en+zh"
    # Sphinx makes the name of the stemmer's class in JavaScript of it
    language_name = "English"
    # the same as `split` below, for the question; one character alone is asked for as it is
    js_splitter_code = f"""
var splitQuery = (query) =>
  (query.match(/[{_HAN}]+|(?:(?![{_HAN}])[\\p{{Letter}}\\p{{Number}}_])+/gu) || []).flatMap((run) =>
    run.length < 2 || !/^[{_HAN}]/.test(run)
      ? [run]
      : Array.from({{ length: run.length - 1 }}, (_, at) => run.slice(at, at + 2)));
"""

    def split(self, input: str) -> list[str]:  # noqa: A002 - Sphinx names it so
        """Return the words of a text; of a Chinese run its characters and neighbouring pairs."""
        words: list[str] = []
        for run in _RUNS.findall(input):
            if re.match(f"[{_HAN}]", run):
                words += [*run, *map("".join, pairwise(run))]
            else:
                words.append(run)
        return words


def _state_language(
    _app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: object
) -> None:
    """Say in a page's head that it is Chinese: browsers then choose the right characters."""
    if page.endswith(".zh"):
        context["language"] = "zh-CN"


def _join_lines(_app: Sphinx, tree: nodes.document) -> None:
    """Take the gaps out that ends of lines leave between Chinese characters."""
    for text in list(tree.findall(nodes.Text)):
        place = text.parent.index(text)
        if text.strip() or not 0 < place < len(text.parent) - 1:
            continue
        before, after = (text.parent[place + step].astext() for step in (-1, 1))
        if _WIDE.match(before[-1:]) and _WIDE.match(after[:1]):
            text.parent.remove(text)


def setup(app: Sphinx) -> dict[str, bool]:
    """Hang the three in."""
    app.add_search_language(SearchBoth)
    app.connect("doctree-read", _join_lines)
    app.connect("html-page-context", _state_language)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
