"""One spelling: texts that differ only in how they were typed are compared as one."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["half_width", "is_rounded", "plain_ident", "plain_word", "without_unseen"]

# normal forms of some signs are eighteen times as long; no name is
_LONGEST = 1_000
_FULL_WIDTH = {0xFF01 + i: 0x21 + i for i in range(94)} | {0x3000: 0x20}
# as they come along with what is copied from web pages, and control signs
_UNSEEN = re.compile(
    r"[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u00ad\x00-\x08\x0e-\x1f]"
)
_ROUNDED = re.compile(r"[0-9](?:\.[0-9]+)?e\+?[0-9]+", re.IGNORECASE)


def half_width(text: str) -> str:
    """Write full-width letters, digits, punctuation and blanks half-width, and nothing else.

    Parameters
    ----------
    text : str
        Any.

    Returns
    -------
    str
        As long as the text.

    Examples
    --------
    >>> half_width("Ｃ００１　①")
    'C001 ①'
    """
    return text if text.isascii() else text.translate(_FULL_WIDTH)


def plain_ident(text: str) -> str:
    """Write an identifier half-width and without blanks.

    Parameters
    ----------
    text : str
        As somebody wrote it.

    Returns
    -------
    str
        The one way that identifiers are compared.

    Examples
    --------
    >>> plain_ident(" 香港路　社区 ")
    '香港路社区'
    """
    return "".join(unicodedata.normalize("NFKC", text)[:_LONGEST].split())


def plain_word(text: str) -> str:
    """Write a cell's word the one way that words are compared.

    Parameters
    ----------
    text : str
        As it stands in the sheet.

    Returns
    -------
    str
        Half-width, in lower case, without blanks.

    Examples
    --------
    >>> plain_word(" Ｎ／Ａ ")
    'n/a'
    """
    return plain_ident(text).casefold()


def without_unseen(text: str) -> str:
    """Take away the signs of a text that nobody sees; blanks stay.

    Parameters
    ----------
    text : str
        As the file holds it.

    Returns
    -------
    str
        Without signs of no width, marks of direction and control signs.
    """
    return _UNSEEN.sub("", text)


def is_rounded(plain: str) -> bool:
    """Say whether a text is a long number of which a spreadsheet kept the first digits.

    Parameters
    ----------
    plain : str
        As `plain_ident` writes it.

    Returns
    -------
    bool
        Whether it has a power of ten; `geogrid.sources.ledger` is stricter with identifiers
        that offices give out themselves, which may be 12E3.

    Examples
    --------
    >>> is_rounded("3.70202E+11"), is_rounded("370202001013")
    (True, False)
    """
    return _ROUNDED.fullmatch(plain) is not None
