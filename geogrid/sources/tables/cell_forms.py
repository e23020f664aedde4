"""Numbers of a spreadsheet as people see them: whole ones plain, those with a date's style dates.

A spreadsheet keeps days as numbers since 1900 or 1904, and 23 % as 0.23; only the style of the
cell tells.
"""

from __future__ import annotations

import datetime as dt
import re

__all__ = [
    "STRUCK",
    "date_styles",
    "padded_styles",
    "percent_styles",
    "plain_number",
    "shown_date",
    "struck_out",
]

# styles of dates and times that every spreadsheet knows by number; those from 27 on are dates of
# Chinese, Japanese and Korean editions (ECMA-376, part 1, 18.8.30)
_BUILT_IN = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_BUILT_IN_PERCENT = frozenset({9, 10})
# texts in quotes, signs behind a backslash, padding and fill, colours, conditions and languages
_NOT_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.DOTALL)
_LONGEST_CODE = 255
# 000: a code of three digits, shown with the noughts in front that a number loses; letters before
_PADDED = re.compile(r'(?P<before>(?:"[^"]*"|\\[^0#?])*)(?P<noughts>0{1,20})')
# beyond 15 digits a spreadsheet has rounded the number
_EXACT = 10**15
_SHOWN_DIGITS = 15
# the sign over each letter that is struck out, as it is shown
STRUCK = "\u0336"
# the day before the first one; 1900 counts a 29th of February that never was
_DAYS_1900, _DAYS_1904 = dt.date(1899, 12, 30).toordinal(), dt.date(1904, 1, 1).toordinal()
_FALSE_LEAP_DAY = 60
_LAST_DAY = dt.date.max.toordinal()
_SECONDS = 86_400


def plain_number(value: str) -> str:
    """Write a number as people do: whole ones without fraction or exponent.

    Parameters
    ----------
    value : str
        As the file holds it.

    Returns
    -------
    str
        At most 15 digits, as a spreadsheet shows them; a number of more is left as it is.

    Raises
    ------
    ValueError
        If it is no number.

    Examples
    --------
    >>> plain_number("1.2E2"), plain_number("120.38330999999999"), plain_number("3.70202E+14")
    ('120', '120.38331', '370202000000000')
    """
    number = float(value)
    if number.is_integer():
        return str(int(number)) if abs(number) < _EXACT else value
    return format(number, f".{_SHOWN_DIGITS}g") if len(value) > _SHOWN_DIGITS else value


def date_styles(codes: dict[int, str], styles: list[int]) -> frozenset[int]:
    """Return which styles of a workbook show a number as a date or a time.

    Parameters
    ----------
    codes : dict of int to str
        The workbook's own number formats by their number.
    styles : list of int
        Number of the format of each style.

    Returns
    -------
    frozenset of int
        Places in ``styles``.

    Examples
    --------
    >>> sorted(date_styles({176: 'yyyy"年"m"月"', 177: '0"套,d"'}, [0, 14, 176, 177]))
    [1, 2]
    """
    dates = {number for number, code in codes.items() if _is_date(code)}
    return _places(styles, dates | (_BUILT_IN - codes.keys()))


def padded_styles(codes: dict[int, str], styles: list[int]) -> dict[int, tuple[str, int]]:
    """Return which styles of a workbook show a number with noughts or letters in front.

    Parameters
    ----------
    codes : dict of int to str
        The workbook's own number formats by their number.
    styles : list of int
        Number of the format of each style.

    Returns
    -------
    dict of int to (str, int)
        What stands in front and the digits that are shown at least, by place in ``styles``.

    Examples
    --------
    >>> padded_styles({176: "000", 177: "0.00", 178: '"C"000'}, [0, 176, 177, 178])
    {1: ('', 3), 3: ('C', 3)}
    """
    found = {}
    for place, number in enumerate(styles):
        form = _PADDED.fullmatch(codes.get(number, "")[:_LONGEST_CODE])
        if form is not None:
            before = re.sub(r'"|\\(?=.)', "", form["before"])
            found[place] = before, len(form["noughts"])
    return found


def percent_styles(codes: dict[int, str], styles: list[int]) -> frozenset[int]:
    """Return which styles of a workbook show a number as per cent.

    Parameters
    ----------
    codes : dict of int to str
        The workbook's own number formats by their number.
    styles : list of int
        Number of the format of each style.

    Returns
    -------
    frozenset of int
        Places in ``styles``.

    Examples
    --------
    >>> sorted(percent_styles({176: "0.0%", 177: '0.0"%"'}, [0, 9, 176, 177]))
    [1, 2]
    """
    percents = {number for number, code in codes.items() if "%" in _plain_code(code)}
    return _places(styles, percents | (_BUILT_IN_PERCENT - codes.keys()))


def _places(styles: list[int], numbers: set[int]) -> frozenset[int]:
    """Return which styles have one of some formats."""
    return frozenset(place for place, number in enumerate(styles) if number in numbers)


def _is_date(code: str) -> bool:
    """Return whether a format is one of dates or times."""
    plain = _plain_code(code)
    return "general" not in plain and any(sign in plain for sign in "ymdhs")


def _plain_code(code: str) -> str:
    """Return the first section of a format, without what is only shown beside the number."""
    return _NOT_CODE.sub("", code[:_LONGEST_CODE]).partition(";")[0].lower()


def shown_date(value: str, *, is_1904: bool) -> str:
    """Write a number with a date's style as a date.

    Parameters
    ----------
    value : str
        Days, as the file holds them.
    is_1904 : bool
        Whether the workbook counts from 1904, as those of old Macintoshes do.

    Returns
    -------
    str
        ISO 8601, with the time where there is one; a number below one is a time alone; one
        beyond the calendar is left a number.

    Raises
    ------
    ValueError
        If it is no number.

    Examples
    --------
    >>> shown_date("35582", is_1904=False), shown_date("0.5", is_1904=False)
    ('1997-06-01', '12:00:00')
    """
    number = float(value)
    if not 0 <= number < _LAST_DAY:
        return plain_number(value)
    days, seconds = divmod(round(number * _SECONDS), _SECONDS)
    time = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if days == 0 and seconds:
        return time
    # a day that never was, and the one before the first
    if days in {0, _FALSE_LEAP_DAY} and not is_1904:
        return plain_number(value)
    first = _DAYS_1904 if is_1904 else _DAYS_1900 + (days < _FALSE_LEAP_DAY)
    if first + days > _LAST_DAY:
        return plain_number(value)
    day = dt.date.fromordinal(first + days).isoformat()
    return f"{day} {time}" if seconds else day


def struck_out(text: str) -> str:
    """Write a text as one that is struck out: what counts of it, only a person can say.

    Parameters
    ----------
    text : str
        Part of a cell.

    Returns
    -------
    str
        With `STRUCK` behind each sign.

    Examples
    --------
    >>> "12" + struck_out("0") == "120" + STRUCK
    True
    """
    return "".join(f"{sign}{STRUCK}" for sign in text)
