"""Explanations: the card of a text in both languages, Chinese first."""

from __future__ import annotations

from html import escape

from geogrid.governance.explanation import Explanation
from geogrid.publish.cards.sheet import Html, both, number, sheet, synthetic_mark, table
from geogrid.showing import card

__all__: list[str] = []


@card.register(Explanation)
def _(found: Explanation) -> str:
    pieces = [_text(found.texts["zh"], "zh"), _text(found.texts["en"], "en")]
    notes = []
    if found.whys:
        heads = ["grid_code", "why_best", "why_move"]
        rows = [
            (
                why.grid_code,
                "–" if why.best is None else number(why.best, "+,.0f"),
                both(f"obstacle_{why.obstacle}") if why.obstacle else number(why.move, "+,.0f"),
            )
            for why in found.whys
        ]
        pieces.insert(0, table([both(head) for head in heads], rows, text=(2,)))
        notes = [both("why_read")]
    return sheet(both("explanation"), *pieces, marks=synthetic_mark(found), notes=notes)


def _text(text: str, language: str) -> Html:
    """Return a text of some lines, indents kept."""
    quiet = " gg-en" if language == "en" else ""
    return Html(f'<div class="gg-lines{quiet}" lang="{language}">{escape(text)}</div>')
