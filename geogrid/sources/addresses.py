"""Addresses and numbers as people write them, brought to the one way they are compared."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["plain_address", "spelt_number"]

_SAME = str.maketrans({"號": "号", "樓": "楼", "單": "单", "—": "-", "–": "-", "−": "-"})
_LISTED = str.maketrans({"、": ",", "，": ",", "~": "-", "至": "-"})
_DIGITS = {sign: number for number, sign in enumerate("零一二三四五六七八九")}
# beginning where the number does: a long row of signs is read once
_SPELT = re.compile(r"(?<![一二三四五六七八九十百零])[一二三四五六七八九十百零]+(?=号)")
# normal forms of some signs are eighteen times as long; no address is
_LONGEST = 1_000


def plain_address(text: str) -> str:
    """Write an address the one way that addresses are compared.

    Parameters
    ----------
    text : str
        Full-width digits, spaces, 號, and numbers spelt before 号 are all fine.

    Returns
    -------
    str
        Half-width, without spaces, in lower case.

    Examples
    --------
    >>> plain_address("漳州二路 ６９ 號")
    '漳州二路69号'
    >>> plain_address("闽江一路十二号")
    '闽江一路12号'
    """
    half_width = unicodedata.normalize("NFKC", text)[:_LONGEST]
    plain = half_width.casefold().translate(_SAME).translate(_LISTED)
    plain = "".join(plain.split())
    return _SPELT.sub(lambda found: spelt_number(found.group()), plain)


def spelt_number(spelt: str) -> str:
    """Turn a number up to 999 spelt in Chinese into digits; leave anything else.

    Parameters
    ----------
    spelt : str
        For example 二十三.

    Returns
    -------
    str
        Digits, or the text as it was.

    Examples
    --------
    >>> spelt_number("二十三"), spelt_number("三号")
    ('23', '三号')
    """
    found = re.fullmatch(r"(?:(.)百)?零?(?:(.?)十)?(.?)", spelt)
    if found is None:
        return spelt
    hundreds, tens, ones = found.groups()
    parts = ((hundreds, 100), (tens, 10), (ones, 1))
    total = 0
    for sign, worth in parts:
        if sign:
            total += _DIGITS.get(sign, 1000) * worth
        elif sign == "" and worth == 10:
            total += worth
    return str(total) if 0 < total < 1000 else spelt
