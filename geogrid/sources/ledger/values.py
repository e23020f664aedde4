"""Grammar of one cell: what it says, by which rules, or why it is refused.

Here stands what every column shares, and texts; counts, years, shares and positions have files of
their own. Nothing here knows rows or sheets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from geogrid.sources.spelling import half_width, without_unseen
from geogrid.sources.tables.cell_forms import STRUCK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.district import Column

__all__ = [
    "ABOUT",
    "DASHES",
    "NOTHING",
    "WIDE",
    "Cell",
    "clean",
    "out_of_range",
    "read_ident",
    "read_text",
    "rules_of",
    "trouble",
    "within",
]

# what says that a number is none, in front of it
ABOUT = (
    "大约|大概|约计|约为|估计|将近|接近|约|近|≈"
    r"|approximately|approx\.?|about|around|circa|ca\.?|roughly"
)
_BLANKS = re.compile(r"\s+")
WIDE = re.compile(r"[０-９Ａ-Ｚａ-ｚ]|(?<=\S)　+(?=\S)")
_WIDE_SIGNS = {0xFF10 + i: 0x30 + i for i in range(10)} | {0x3000: 0x20}
_WIDE_SIGNS |= {0xFF21 + i: 0x41 + i for i in range(26)} | {0xFF41 + i: 0x61 + i for i in range(26)}
DASHES = str.maketrans("—–−－‐‑‒―～〜﹣", "-----------")

_ERROR = re.compile(
    r"#(?:REF!|N/A|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|UNKNOWN!"
    r"|GETTING_DATA|BUSY!|PYTHON!)|#{2,}",
    re.IGNORECASE,
)
# ="00123": how texts that look like numbers are kept in CSV
_QUOTED = re.compile(r'="([^"]*)"')
# signs that no ledger holds: what decoding could not read, question marks in their place, the
# best known remains of texts read twice, and Latin letters where there are none
_LOST = re.compile(r"\ufffd|\?{2,}|锟斤|斤拷|烫烫烫|屯屯屯|[¡-¯±-¶¸-ÖØ-öø-ÿ]{3,}")
# stricter than `is_rounded`: an office may give out 12E3 itself
_ROUNDED = re.compile(r"[0-9]\.[0-9]+e\+?[0-9]+|[0-9]+e\+[0-9]+", re.IGNORECASE)
_DATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?: [0-9]{2}:[0-9]{2}:[0-9]{2})?")


@dataclass(frozen=True, slots=True)
class Cell:
    """Hold what one cell says.

    Parameters
    ----------
    value : str, int, float or None
        None: nothing is said, or it was refused.
    rules : tuple of str
        Kinds of mending it took; none for a cell that is read as written.
    fault : str
        Kind of the cause it is refused for.
    is_estimated : bool
        Whether it says itself that the number is none.
    told : mapping of str to str
        What a sentence about it names.
    """

    value: str | int | float | None = None
    rules: tuple[str, ...] = ()
    fault: str = ""
    is_estimated: bool = False
    told: Mapping[str, str] = field(default_factory=dict)


NOTHING = Cell()


def clean(text: str) -> str:
    r"""Take away what nobody sees: blanks around, signs without width, the mark of a text.

    Parameters
    ----------
    text : str
        As the file holds it.

    Returns
    -------
    str
        One blank where there were several; nothing else is changed.

    Examples
    --------
    >>> clean("  香港中路\n12号 "), clean("'00123")
    ('香港中路 12号', '00123')
    """
    # most cells are plain already
    if text.isalnum():
        return text
    text = without_unseen(text).strip()
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        text = quoted[1].strip()
    # the sign before a number that a spreadsheet is to keep as text
    if len(text) > 1 and text[0] == "'" and text[1].isalnum() and "'" not in text[1:]:
        text = text[1:]
    if "　" in text:
        return text.strip()
    return _BLANKS.sub(" ", text)


def trouble(text: str, *, is_text: bool) -> str:
    """Return why a cell cannot hold a value whatever its column, empty if it can.

    Parameters
    ----------
    text : str
        Cleaned.
    is_text : bool
        Whether its column holds names, addresses or identifiers.

    Returns
    -------
    str
        ``text_struck``, ``cell_error``, ``formula_without_value``, ``text_lost`` or nothing.
    """
    if STRUCK in text:
        return "text_struck"
    if text[:1] == "#" and _ERROR.fullmatch(text):
        return "cell_error"
    # an old workbook tells that a formula stands there, not which
    if text[:1] in {"=", "＝"}:
        return "formula_without_value"
    if is_text and not text.isascii() and _is_lost(text):
        return "text_lost"
    return "text_lost" if is_text and "??" in text else ""


def _is_lost(text: str) -> bool:
    """Say whether a text was read by the wrong table of signs."""
    if _LOST.search(text):
        return True
    # UTF-8 read as GBK is made of rare signs, and reads well the other way round
    try:
        again = text.encode("gb18030").decode("utf-8")
    except UnicodeEncodeError:
        return True
    except UnicodeDecodeError:
        return False
    return sum("一" <= sign <= "鿿" for sign in again) >= 2


def read_text(text: str, *, keeps_signs: bool = True) -> Cell:
    """Read a name or an address.

    Parameters
    ----------
    text : str
        Cleaned.
    keeps_signs : bool
        Whether full-width punctuation stays, as it should in prose.

    Returns
    -------
    Cell
        Its letters and digits half-width, by the rule ``full_width``.
    """
    if text.isascii():
        return Cell(text)
    value = text.translate(_WIDE_SIGNS) if keeps_signs else half_width(text)
    value = _BLANKS.sub(" ", value)
    if value == text:
        return Cell(text)
    is_wide = bool(WIDE.search(text)) or not keeps_signs
    return Cell(value, rules_of(full_width=is_wide), told={"read": value})


def read_ident(text: str) -> Cell:
    """Read an identifier, which must come back as it was given out.

    Parameters
    ----------
    text : str
        Cleaned.

    Returns
    -------
    Cell
        Refused with ``id_rounded`` where a spreadsheet kept only the first digits, with
        ``id_dated`` where it took a number like 3-5 for a day.
    """
    cell = read_text(text, keeps_signs=False)
    value = str(cell.value)
    if _ROUNDED.fullmatch(value):
        return Cell(fault="id_rounded")
    if _DATED.fullmatch(value):
        return Cell(fault="id_dated")
    # a code that was kept as a number
    if value.endswith(".0") and value[:-2].isdigit():
        return replace(cell, value=value[:-2])
    return cell


def within(value: float, column: Column, rules: tuple[str, ...]) -> Cell:
    """Return a number that is within its column's limits, or the cause why not."""
    low, high = column.low, column.high
    if (low is not None and value < low) or (high is not None and value > high):
        return out_of_range(column)
    return Cell(value, rules, told={"read": f"{value:g}"})


def out_of_range(column: Column) -> Cell:
    """Return the cause of a number beyond its column's limits."""
    told = {"low": f"{column.low:,g}", "high": f"{column.high:,g}"}
    if column.kind == "int" and column.name.endswith(("built", "year")):
        told = {key: text.replace(",", "") for key, text in told.items()}
    return Cell(fault="value_out_of_range", told=told)


def rules_of(**rules: bool) -> tuple[str, ...]:
    """Return the names of the rules that apply."""
    return tuple(rule for rule, applies in rules.items() if applies)
