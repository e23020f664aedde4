"""What a reader would like: media type, language, compression, by its headers."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from geogrid_api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.locale import Language

__all__ = ["best_form", "language_of", "matches", "takes_gzip"]

# headers come from anybody: what is remembered of them is bounded
_N_REMEMBERED = 512
_LONGEST = 1000


def _weights(header: str) -> list[tuple[str, float]]:
    """Return what a header lists, with its weights; what is no weight counts as 0."""
    found = []
    for item in header[:_LONGEST].lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = float(parameter[2:])
                except ValueError:
                    weight = 0.0
        if name:
            found.append((name, weight if 0.0 <= weight <= 1.0 else 0.0))
    return found


@lru_cache(_N_REMEMBERED)
def _rank(formats: tuple[tuple[str, str], ...], accept: str) -> str | None:
    """Return the best format's word for an Accept header, or None."""
    wanted = _weights(accept)
    best, best_weight = None, 0.0
    for word, media in formats:
        plain = media.partition(";")[0].lower()
        # whatever is some JSON may be asked for as plain JSON, and GeoJSON by its old name
        names = [plain]
        if plain.endswith("json"):
            names += ["application/json", "application/geo+json", "application/vnd.geo+json"]
        # the most exact range counts, wherever it stands
        ranges = (*names, plain.partition("/")[0] + "/*", "*/*")
        told = dict(reversed(wanted))
        weight = next((told[name] for name in ranges if name in told), 0.0)
        if weight > best_weight:
            best, best_weight = word, weight
    return best


def best_form(formats: Mapping[str, str], accept: str) -> str:
    """Choose the format of an answer.

    Parameters
    ----------
    formats : mapping of str to str
        Media types by their word; the first is the default.
    accept : str
        The header; empty: anything.

    Returns
    -------
    str
        A word of ``formats``.

    Raises
    ------
    Problem
        406 if the header allows none of them.

    Examples
    --------
    >>> both = {"json": "application/geo+json", "html": "text/html"}
    >>> best_form(both, "text/html,application/xml;q=0.9,*/*;q=0.8")
    'html'
    >>> best_form(both, "*/*")
    'json'
    """
    if not accept or accept == "*/*":
        return next(iter(formats))
    found = _rank(tuple(formats.items()), accept)
    if found is None:
        listed = ", ".join(formats.values())
        raise Problem(406, f"This address answers in {listed} only.", available=[*formats.values()])
    return found


@lru_cache(_N_REMEMBERED)
def language_of(header: str) -> Language:
    """Choose the language of an answer.

    Parameters
    ----------
    header : str
        ``Accept-Language``; empty: anything.

    Returns
    -------
    {"zh", "en"}
        Chinese, unless English is preferred.

    Examples
    --------
    >>> language_of("en-GB,en;q=0.9,zh;q=0.5")
    'en'
    >>> language_of("de")
    'zh'
    """
    weights = {"zh": 0.0, "en": 0.0}
    for name, weight in _weights(header):
        short = name.partition("-")[0]
        if short in weights:
            weights[short] = max(weights[short], weight)
    return "en" if weights["en"] > weights["zh"] else "zh"


@lru_cache(_N_REMEMBERED)
def takes_gzip(header: str) -> bool:
    """Tell whether ``Accept-Encoding`` allows gzip.

    Parameters
    ----------
    header : str
        The header; empty: no.

    Returns
    -------
    bool
        Whether an answer may be compressed.

    Examples
    --------
    >>> takes_gzip("br, gzip;q=0.5"), takes_gzip("gzip;q=0"), takes_gzip("identity")
    (True, False, False)
    """
    told = dict(_weights(header))
    return told.get("gzip", told.get("x-gzip", told.get("*", 0.0))) > 0.0


def matches(header: bytes, etag: bytes) -> bool:
    """Tell whether ``If-None-Match`` names what would be sent.

    Parameters
    ----------
    header : bytes
        The header.
    etag : bytes
        Strong validator, with its quotes.

    Returns
    -------
    bool
        By the weak comparison (RFC 9110, 13.1.2).

    Examples
    --------
    >>> matches(b'"a", W/"b"', b'"b"'), matches(b"*", b'"b"'), matches(b'"bc"', b'"b"')
    (True, True, False)
    """
    if header == etag:
        return True
    named = [item.strip() for item in header.split(b",")]
    return b"*" in named or any(item.removeprefix(b"W/") == etag for item in named)
