"""Words that people read, by language: what the code says, as data.

One TOML file a language, all with the same tables and keys; a value is a format
string. Nothing of ours is imported here.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

__all__ = ["LANGUAGES", "Language", "phrases"]

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@cache
def phrases(language: Language, table: str) -> dict[str, str]:
    """Return one table of phrases.

    Parameters
    ----------
    language : {"zh", "en"}
        Chinese or English.
    table : str
        Which phrases, for example ``explain``.

    Returns
    -------
    dict
        Format strings by key.
    """
    text = (files(__package__) / f"{language}.toml").read_text(encoding="utf-8")
    found: dict[str, str] = tomllib.loads(text)[table]
    return found
