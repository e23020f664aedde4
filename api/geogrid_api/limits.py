"""Limits: how often somebody may ask, and how deep a body may be nested."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address

from geogrid_api.problems import Problem

__all__ = ["Buckets", "check_depth", "neighbourhood"]

# beyond so many callers at a time the longest known are forgotten, and begin afresh
_N_CALLERS = 20_000
# a burst: what may be saved up, in seconds of the steady rate
_BURST_S = 2.0

_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ONE_KIND = bytes.maketrans(b"{}", b"[]")


class Buckets:
    """Hand out requests by token buckets, one per caller; in this process only.

    Parameters
    ----------
    per_second : float
        Steady rate; 0: no limit.
    burst : float, optional
        What may be saved up; by default two seconds' worth.

    Examples
    --------
    >>> once = Buckets(1.0, burst=1.0)
    >>> once.take("somebody", now=0.0), once.take("somebody", now=0.25)
    (0.0, 0.75)
    """

    def __init__(self, per_second: float, *, burst: float | None = None) -> None:
        self.per_second = per_second
        self._burst = max(1.0, per_second * _BURST_S if burst is None else burst)
        self._kept: dict[str, list[float]] = {}

    def take(self, caller: str, *, now: float, cost: float = 1.0) -> float:
        """Take one request's worth.

        Parameters
        ----------
        caller : str
            Whose bucket.
        now : float
            Seconds of any clock that does not step back.
        cost : float
            How much this one counts.

        Returns
        -------
        float
            0.0 if there was enough; else the seconds until there is, and nothing was taken.
        """
        if not self.per_second:
            return 0.0
        kept = self._kept.get(caller)
        if kept is None:
            if len(self._kept) >= _N_CALLERS:
                del self._kept[next(iter(self._kept))]
            self._kept[caller] = [self._burst - cost, now]
            return 0.0
        left = kept[0] + (now - kept[1]) * self.per_second
        left = min(left, self._burst)
        kept[1] = now
        if left < cost:
            kept[0] = left
            return (cost - left) / self.per_second
        kept[0] = left - cost
        return 0.0


@lru_cache(maxsize=4096)
def neighbourhood(address: str) -> str:
    """Return what stands for an address: itself, or a household's whole IPv6 network.

    Parameters
    ----------
    address : str
        IPv4 or IPv6 address, or whatever else the server says.

    Returns
    -------
    str
        The first 64 bits of IPv6, which one customer may use at will.

    Examples
    --------
    >>> neighbourhood("192.0.2.1"), neighbourhood("2001:db8::17")
    ('192.0.2.1', '2001:db8::')
    """
    if ":" not in address:
        return address
    try:
        whole = int(IPv6Address(address.partition("%")[0]))
    except ValueError:
        return address
    return str(IPv6Address(whole >> 64 << 64))


def check_depth(body: bytes, limit: int) -> None:
    """Refuse JSON that is nested too deep, before anything recursive reads it.

    Parameters
    ----------
    body : bytes
        JSON, or what claims to be it.
    limit : int
        Deepest nesting allowed.

    Raises
    ------
    Problem
        400 if it is deeper, or opens more brackets than it closes.

    Notes
    -----
    Without its texts, a body is brackets; each round takes the innermost pairs away. Every round
    is one pass in C, so that a body of millions of points costs milliseconds.

    Examples
    --------
    >>> check_depth(b'{"points": [[120.3, 36.0]]}', 3)
    """
    if body.count(b"[") + body.count(b"{") <= limit:
        return
    left = _TEXT.sub(b"", body).translate(_ONE_KIND, _NO_BRACKETS)
    for _ in range(limit):
        size = len(left)
        left = left.replace(b"[]", b"")
        if len(left) == size:
            # brackets that match nothing: the parser will say so, unless there are very many
            is_deep = size > limit
            break
    else:
        is_deep = bool(left)
    if is_deep:
        raise Problem(400, f"The body is no JSON nested at most {limit} deep.")
