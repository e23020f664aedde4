"""What kinds of findings, layers, coordinate systems and columns are called, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.locale import phrases

if TYPE_CHECKING:
    from geogrid.locale import Language

__all__ = ["field_name", "kind_name", "layer_name", "system_name"]


def kind_name(kind: str, language: Language) -> str:
    """Return what a kind of finding is called.

    Parameters
    ----------
    kind : str
        Of a finding, for example ``full_width``.
    language : {"zh", "en"}
        Chinese or English.

    Returns
    -------
    str
        A few words; the key itself for one without a name.
    """
    return phrases(language, "names").get(f"kind_{kind}", kind)


def layer_name(layer: str, language: Language) -> str:
    """Return what a layer is called; the key of an import's ``systems`` if it has no name."""
    return phrases(language, "names").get(f"layer_{layer}", layer)


def system_name(system: str, language: Language) -> str:
    """Return what a coordinate system is called, as the file states it if it has no name."""
    key = f"system_{system.lower().replace(':', '')}"
    return phrases(language, "names").get(key, system)


def field_name(field: str, language: Language) -> str:
    """Return what a column of the data model is called, or the column itself."""
    return phrases(language, "names").get(f"field_{field}", field)
