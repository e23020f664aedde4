"""Showing: how a result shows itself, in a notebook as a card and anywhere else in one line.

The lowest room knows only that there are cards: `Shown` finds the one for a result
in the registry `card`, which `geogrid.publish.cards` fills when it is first needed.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import singledispatch
from html import escape
from importlib import import_module
from typing import Any

__all__ = ["Shown", "card"]

# the cards lie above the results that they show: known here by name, never imported
_CARDS = "geogrid.publish.cards"
_LONGEST = 60


@singledispatch
def card(result: object) -> str:
    """Return a result as a piece of HTML that stands by itself.

    Parameters
    ----------
    result : object
        Anything. What has no card of its own is shown as its one line.

    Returns
    -------
    str
        HTML without scripts, and without anything that must be fetched.
    """
    return f"<pre>{escape(repr(result))}</pre>"


class Shown:
    """Let a result show itself: a card in a notebook, one line elsewhere.

    A frozen dataclass that inherits it is declared with ``repr=False``, so that
    tables of thousands of rows stay off the screen.
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        """Return the card that Jupyter shows."""
        import_module(_CARDS)
        return card(self)

    def __repr__(self) -> str:
        """Return the result as one line."""
        return f"{type(self).__name__}({self._in_short()})"

    def _in_short(self) -> str:
        """Return what the one line tells; here the fields, tables by their size."""
        if not is_dataclass(self):
            return ""
        shown = (field.name for field in fields(self) if field.repr)
        return ", ".join(f"{name}={_sized(getattr(self, name))}" for name in shown)


def _sized(value: Any) -> str:  # noqa: ANN401 - any field
    """Return a value if it is short, else what it is and how large."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"<{type(value).__name__} {' x '.join(f'{n:,}' for n in shape)}>"
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        return f"<{type(value).__name__} of {len(value):,}>"
    said = repr(value)
    return said if len(said) <= _LONGEST and "\n" not in said else f"<{type(value).__name__}>"
