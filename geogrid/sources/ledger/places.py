"""Communities: which one an office means, whose names are short, long, or wrong by one sign.

Whoever asks refuses what is none or several; nothing here is taken because it is near.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.sources.spelling import half_width, is_rounded, plain_ident

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Communities", "Place", "community_key"]

_ENDING = re.compile(
    r"(?:社区)?(?:居委会|居民委员会|居民委|党委|党总支|党支部|工作站|服务中心|网格党支部)?$"
)
# what stands before a name; a community's own name holds 社区, never 街道
_BEFORE = re.compile(
    r"^(?:[^社街]{1,8}省)?(?:[^社街]{1,8}市)?(?:[^社街]{1,8}区)?"
    r"(?:[^社街]{1,12}街道(?:办事处|办|党工委)?)?"
)
_BRACKETS = re.compile(r"(.+)[(（](.+)[)）]")
_MOST_LIKE, _LIKE = 3, 0.5
# likenesses take time; who gets hundreds of names wrong has another trouble than one name
_MOST_GUESSED = 300
# a form of one sign begins too much by chance
_SHORTEST = 2


def community_key(text: str) -> str:
    """Write a community's name the one way that such names are compared.

    Parameters
    ----------
    text : str
        香港路社区, 香港路, 香港路社区居委会.

    Returns
    -------
    str
        Half-width, in lower case, without what every such name ends with.

    Examples
    --------
    >>> community_key("香港路社区居委会"), community_key("香港路")
    ('香港路', '香港路')
    """
    plain = plain_ident(text).casefold()
    return _ENDING.sub("", plain) or plain


@dataclass(frozen=True, slots=True)
class Place:
    """Hold which community a text means.

    Parameters
    ----------
    code : str
        Empty if it is none or several.
    name : str
        Its official name.
    kind : str
        Empty for an official name or code; the rule it was read by, or the cause why not.
    candidates : tuple of str
        Official names that may be meant, of a text that is taken for none.
    """

    code: str = ""
    name: str = ""
    kind: str = ""
    candidates: tuple[str, ...] = ()


class Communities:
    """Tell which community a text means.

    Parameters
    ----------
    names : mapping of str to str
        Official name of each code.
    told : mapping of str to str
        Codes of names that an office uses, plain as `plain_ident` writes them.
    """

    def __init__(self, names: Mapping[str, str], told: Mapping[str, str] | None = None) -> None:
        self._names = dict(names)
        self._told = dict(told or {})
        self._exact: dict[str, list[str]] = defaultdict(list)
        self._by_key: dict[str, list[str]] = defaultdict(list)
        for code, name in self._names.items():
            self._exact[plain_ident(name)].append(code)
            self._by_key[community_key(name)].append(code)
        self._known: dict[str, Place] = {}
        self._n_guessed = 0

    def place(self, text: str) -> Place:
        """Return which community a text means.

        Parameters
        ----------
        text : str
            As written, without blanks around it.

        Returns
        -------
        Place
            With a code if it is exactly one.
        """
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = self._place(text)
        return found

    def _place(self, text: str) -> Place:
        plain = plain_ident(text)
        if plain in self._told:
            return self._one(self._told[plain], "")
        if is_rounded(plain):
            return Place(kind="id_rounded")
        # a code that was kept as a number
        code = plain.removesuffix(".0")
        if code in self._names:
            return self._one(code, "full_width" if half_width(text) != text else "")
        return self._named(text, plain)

    def _named(self, text: str, plain: str) -> Place:
        """Return which community a name means."""
        bracketed = _BRACKETS.fullmatch(plain)
        if bracketed:
            inside, outside = self.place(bracketed[2]), self.place(bracketed[1])
            if outside.code and outside.code == inside.code:
                return self._one(outside.code, "community_short")
        rule = ""
        if text != plain:
            rule = "full_width" if half_width(text) != text else "community_short"
        for form in dict.fromkeys((plain, _BEFORE.sub("", plain) or plain)):
            found = self._exact.get(form, [])
            if not found:
                found, rule = self._by_key.get(community_key(form), []), "community_short"
            elif form != plain:
                rule = "community_short"
            if found:
                return self._single(found, rule)
        begun = [c for name, codes in self._exact.items() if name.startswith(plain) for c in codes]
        if len(plain) >= _SHORTEST and begun:
            return self._single(begun, "community_short")
        return Place(kind="community_unknown", candidates=self._like(plain, begun))

    def _single(self, codes: list[str], rule: str) -> Place:
        if len(codes) == 1:
            return self._one(codes[0], rule)
        return Place(kind="community_ambiguous", candidates=self._listed(codes))

    def _one(self, code: str, rule: str) -> Place:
        return Place(code, self._names.get(code, code), rule)

    def _listed(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Return names, with their codes where two are the same."""
        names = [self._names[code] for code in codes]
        if len(set(names)) < len(names):
            names = [f"{self._names[code]} {code}" for code in codes]
        return tuple(names)

    def _like(self, plain: str, begun: list[str]) -> tuple[str, ...]:
        """Return the names nearest to a text that is none."""
        if begun:
            return self._listed(begun[:_MOST_LIKE])
        self._n_guessed += 1
        if self._n_guessed > _MOST_GUESSED:
            return ()
        key = community_key(_BEFORE.sub("", plain) or plain)
        near = difflib.get_close_matches(key, self._by_key, _MOST_LIKE, _LIKE)
        return tuple(self._names[self._by_key[one][0]] for one in near)
