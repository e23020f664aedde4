"""The dialogue of an import on a terminal: what may not be guessed is asked, with the evidence.

Chinese unless the computer speaks English. Every answer can be kept as the office's own
words, so that the next import asks no more.
"""

from __future__ import annotations

import json
import os
import tomllib
from typing import TYPE_CHECKING, Any

from geogrid.crs import POINT_SYSTEMS, point_system
from geogrid.errors import CrsError
from geogrid.locale import LANGUAGES, phrases
from geogrid.sources.names import field_name, layer_name, system_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from geogrid.locale import Language
    from geogrid.sources.coordinates import Detection

__all__ = ["Dialogue", "spoken_language", "words_text"]

# so many choices are shown at once; all of them when asked
_SHOWN = 8
_ALL = "m"


def spoken_language(*, default: Language = "zh") -> Language:
    """Return the language that the computer's surroundings ask for.

    Parameters
    ----------
    default : {"zh", "en"}
        If they ask for none of ours.

    Returns
    -------
    {"zh", "en"}
        By LC_ALL, LC_MESSAGES and LANG, the first that says something.
    """
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        told = os.environ.get(name, "").casefold()
        if told:
            found: list[Language] = [one for one in LANGUAGES if told.startswith(one)]
            return found[0] if found else default
    return default


class Dialogue:
    """Ask a person at a terminal; hold the answers.

    Parameters
    ----------
    console : rich.console.Console
        Where to ask.
    language : {"zh", "en"}
        In which language.
    """

    def __init__(self, console: Console, language: Language) -> None:
        self._console, self._language = console, language
        self._say = phrases(language, "intake_dialogue")
        self.told: dict[str, dict[str, Any]] = {}
        self.n_asked = 0

    def system(self, layer: str, detection: Detection) -> str | None:
        """Ask which system a layer is in, showing what speaks for which."""
        self._head("ask_system", layer=layer_name(layer, self._language))
        for one in detection.evidence:
            self._line(f"  · {one.words(self._language)}")
        likely = [system for system, _ in detection.ranking]
        # CGCS2000 is one with WGS84 here
        offered = [*likely, *(s for s in POINT_SYSTEMS if s not in likely and s != "cgcs2000")]
        shares = dict(detection.ranking)
        for number, system in enumerate(offered, start=1):
            name = system_name(system, self._language)
            share = shares.get(system)
            fit = "" if share is None else self._say["fit"].format(share=f"{100 * share:.0f}")
            self._line(f"  {number}) {name}{fit}")
        self._line(f"  0) {self._say['unknown_system']}")
        best = detection.system if detection.is_sure else None
        default = str(offered.index(best) + 1) if best in offered else None
        while True:
            answer = self._read("your_choice", default)
            if answer == "0":
                return None
            if answer.isdecimal() and 0 < int(answer) <= len(offered):
                return offered[int(answer) - 1]
            try:
                return point_system(answer)
            except CrsError:
                self._line(self._say["no_choice"])

    def community(
        self, written: str, n_rows: int, choices: Sequence[tuple[str, str]]
    ) -> str | None:
        """Ask which community is meant by a name; none leaves its rows out."""
        self._head("ask_community", written=written, count=f"{n_rows:,}")
        chosen = self._choose([f"{name}  {code}" for code, name in choices], "skip_community")
        if chosen is None:
            return None
        code = choices[chosen][0]
        self.told.setdefault("communities", {})[written] = code
        return code

    def column(self, field: str, heads: Sequence[str]) -> str | None:
        """Ask under which head a needed field stands; none leaves the table out."""
        self._head("ask_column", field=field_name(field, self._language))
        chosen = self._choose(list(heads), "skip_column")
        if chosen is None:
            return None
        self.told.setdefault("columns", {}).setdefault(field, []).append(heads[chosen])
        return heads[chosen]

    def confirms(self, key: str, **told: str) -> bool:
        """Ask for a yes; an empty answer is one."""
        while True:
            answer = self._read(key, "", **told).casefold()
            if answer in {"", "y", "yes", "是", "好", "对"}:
                return True
            if answer in {"n", "no", "否", "不"}:
                return False
            self._line(self._say["yes_or_no"])

    def asks_path(self, key: str, **told: str) -> str:
        """Ask for a file's name; empty if there shall be none."""
        return self._read(key, "", **told)

    def say(self, key: str, **told: str) -> None:
        """Say a sentence."""
        self._line(self._say[key].format(**told))

    def _choose(self, texts: list[str], skip: str) -> int | None:
        """Let one of several be chosen by its number, or by itself; None for none."""
        n_shown = min(_SHOWN, len(texts))
        self._list(texts, 0, n_shown)
        if n_shown < len(texts):
            self._line(f"  {_ALL}) {self._say['show_all'].format(count=f'{len(texts):,}')}")
        self._line(f"  0) {self._say[skip]}")
        while True:
            answer = self._read("your_choice", None)
            if answer == "0":
                return None
            if answer == _ALL:
                self._list(texts, n_shown, len(texts))
                continue
            if answer.isdecimal() and 0 < int(answer) <= len(texts):
                return int(answer) - 1
            # a name in full, else a part that only one has
            whole = [ix for ix, text in enumerate(texts) if answer in {text, *text.split()}]
            named = whole or [ix for ix, text in enumerate(texts) if answer in text]
            if len(named) == 1:
                return named[0]
            self._line(self._say["no_choice"])

    def _list(self, texts: list[str], first: int, last: int) -> None:
        for ix in range(first, last):
            self._line(f"  {ix + 1}) {texts[ix]}")

    def _head(self, key: str, **told: str) -> None:
        self.n_asked += 1
        self._console.print()
        self._line(self._say[key].format(**told))

    def _line(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)

    def _read(self, key: str, default: str | None, **told: str) -> str:
        """Read a line; the end of the input ends the import as Ctrl-C does."""
        hint = f" [{default}]" if default else ""
        self._console.print(f"{self._say[key].format(**told)}{hint} ", markup=False, end="")
        try:
            answer = input().strip()
        except EOFError:
            raise KeyboardInterrupt from None
        if not answer and default is None:
            return self._read(key, default, **told)
        return answer or default or ""


def words_text(path: Path | None, told: Mapping[str, Mapping[str, Any]]) -> str:
    """Write answers as a file of the office's own words.

    Parameters
    ----------
    path : Path or None
        Words that were given; the answers go on from them.
    told : mapping of str to mapping
        ``columns`` (field to heads) and ``communities`` (name to code).

    Returns
    -------
    str
        TOML.

    Examples
    --------
    >>> print(words_text(None, {"communities": {"太平": "370202001013"}}), end="")
    [communities]
    "太平" = "370202001013"
    """
    given: dict[str, Any] = {} if path is None else tomllib.loads(path.read_text("utf-8-sig"))
    for name, table in told.items():
        into = given.setdefault(name, {})
        for key, value in table.items():
            if isinstance(value, list):
                before = into.get(key, [])
                into[key] = [*([before] if isinstance(before, str) else before), *value]
            else:
                into[key] = value
    return "\n".join(_table((), given))


def _table(above: tuple[str, ...], table: Mapping[str, Any]) -> list[str]:
    """Return the lines of a table, those below it last."""
    plain = {key: value for key, value in table.items() if not isinstance(value, dict)}
    lines = []
    if plain and above:
        lines.append(f"[{'.'.join(_key(name) for name in above)}]")
    # texts and lists of texts are written alike in TOML and JSON
    lines += [f"{_key(key)} = {json.dumps(v, ensure_ascii=False)}" for key, v in plain.items()]
    if plain:
        lines.append("")
    for key, value in table.items():
        if isinstance(value, dict):
            lines += _table((*above, key), value)
    return lines


def _key(name: str) -> str:
    """Write a key, in quotes unless it is plain."""
    is_plain = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if is_plain else json.dumps(name, ensure_ascii=False)
