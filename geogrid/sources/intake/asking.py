"""Read a ledger, asking a person what it does not tell: heads, and names of communities."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from geogrid.errors import InputError
from geogrid.sources.ledger import LedgerWords, read_ledger

if TYPE_CHECKING:
    import pandas as pd

    from geogrid.sources.intake.systems import Ask
    from geogrid.sources.ledger import Ledger

__all__ = ["read_asking"]

_DOUBTS = ("community_ambiguous", "community_unknown")


def read_asking(
    raw: bytes, *, name: str, communities: pd.DataFrame, words: LedgerWords, ask: Ask | None
) -> Ledger:
    """Read a ledger; what a person answers is read as if it stood in the office's own words.

    Parameters
    ----------
    raw : bytes
        The file.
    name : str
        Its name.
    communities : DataFrame
        ``community_code`` and ``name``.
    words : LedgerWords
        Ours and the office's.
    ask : Ask or None
        Whom to ask; None in scripts.

    Returns
    -------
    Ledger
        As `read_ledger` reads it with the answers.

    Raises
    ------
    InputError
        If the file is no ledger, even with the answers.
    """
    try:
        ledger = read_ledger(raw, name=name, communities=communities, words=words)
    except InputError as error:
        told = {} if ask is None else _columns(error, ask)
        if not told:
            raise
        words = words.with_told({"columns": told})
        ledger = read_ledger(raw, name=name, communities=communities, words=words)
    if ask is None:
        return ledger
    meant = _communities(ledger, communities, ask)
    if not meant:
        return ledger
    words = words.with_told({"communities": meant})
    return read_ledger(raw, name=name, communities=communities, words=words)


def _columns(error: InputError, ask: Ask) -> dict[str, list[str]]:
    """Ask under which heads the columns stand that a ledger cannot do without."""
    heads = [str(head) for head in error.facts.get("heads", ()) if head]
    told: dict[str, list[str]] = {}
    for field in error.facts.get("missing", ()):
        head = ask.column(field, heads) if heads else None
        if head is not None:
            told.setdefault(field, []).append(head)
    return told


def _communities(ledger: Ledger, communities: pd.DataFrame, ask: Ask) -> dict[str, str]:
    """Ask once for each name that none or several communities have."""
    doubts = Counter(one.value for one in ledger.findings if one.kind in _DOUBTS and one.value)
    if not doubts:
        return {}
    from geogrid.sources.ledger.places import Communities

    codes, names = communities["community_code"].astype(str), communities["name"].astype(str)
    official = dict(zip(codes, names, strict=True))
    known = Communities(official)
    told = {}
    for written, n_rows in doubts.items():
        near = known.place(written).candidates
        first = [(code, name) for code, name in official.items() if name in near]
        others = [pair for pair in official.items() if pair[1] not in near]
        code = ask.community(written, n_rows, [*first, *others])
        if code is not None:
            told[written] = code
    return told
