"""Edits of a draft, as objects and as the plain form that travels."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from geogrid.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "EDITS",
    "MOST_EDITS",
    "Edit",
    "Lock",
    "Merge",
    "Move",
    "Rename",
    "Split",
    "Unlock",
    "parse_edit",
    "parse_edits",
    "plain_text",
    "wire_form",
]

# more in one call is a new plan, not an edit
MOST_EDITS, _MOST_COURTYARDS = 1_000, 20_000
_LONGEST = 100
# C0 and C1 controls, surrogates: no database and no reader takes them kindly
_CONTROLS = frozenset(map(chr, (*range(32), *range(127, 160), *range(0xD800, 0xE000))))


@dataclass(frozen=True, slots=True)
class Move:
    """Move courtyards into a grid that is there.

    Parameters
    ----------
    courtyards : tuple of str
        Their courtyard_id.
    to : str
        Its code.
    """

    courtyards: tuple[str, ...]
    to: str


@dataclass(frozen=True, slots=True)
class Split:
    """Move courtyards of one community into a new grid; the store gives its code.

    Parameters
    ----------
    courtyards : tuple of str
        Their courtyard_id.
    """

    courtyards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """Move all of one grid into another.

    Parameters
    ----------
    grid, into : str
        The code that ends, and the one that stays.
    """

    grid: str
    into: str


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a grid another display name.

    Parameters
    ----------
    grid, name : str
        Its code, and at most 100 characters.
    """

    grid: str
    name: str


@dataclass(frozen=True, slots=True)
class Lock:
    """Keep a courtyard or a grid as it is.

    Parameters
    ----------
    subject : str
        ``courtyard:ID`` or ``grid:CODE``.
    """

    subject: str


@dataclass(frozen=True, slots=True)
class Unlock:
    """Let go of a courtyard or a grid.

    Parameters
    ----------
    subject : str
        ``courtyard:ID`` or ``grid:CODE``.
    """

    subject: str


Edit = Move | Split | Merge | Rename | Lock | Unlock

# the word of the wire form -> the edit; its members are the edit's own
EDITS: dict[str, type[Edit]] = {
    "move": Move,
    "split": Split,
    "merge": Merge,
    "rename": Rename,
    "lock": Lock,
    "unlock": Unlock,
}
_WORDS = {kind: word for word, kind in EDITS.items()}


def parse_edits(given: object) -> list[Edit]:
    """Read a list of edits in their plain form.

    Parameters
    ----------
    given : object
        What JSON made of ``[{"op": "move", "courtyards": ["C1"], "to": "..."}]``.

    Returns
    -------
    list of Edit
        At least one.

    Raises
    ------
    InputError
        If it is no list, or an edit has an unknown word, member or value; every
        message names the place.

    Examples
    --------
    >>> parse_edits([{"op": "merge", "grid": "370202001001002", "into": "370202001001001"}])
    [Merge(grid='370202001001002', into='370202001001001')]
    """
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_EDITS:
        raise InputError(f"Edits are a list of 1 to {MOST_EDITS} objects.")
    edits = []
    for place, row in enumerate(given, start=1):
        try:
            edits.append(parse_edit(row))
        except InputError as error:
            raise InputError(f"Edit {place}: {error}", place=place) from error
    return edits


def parse_edit(given: object) -> Edit:
    """Read one edit in its plain form.

    Parameters
    ----------
    given : object
        ``{"op": WORD, ...}`` with the members of that edit and no other.

    Returns
    -------
    Edit
        The edit.

    Raises
    ------
    InputError
        If the word, a member or a value is unknown or missing.
    """
    if not isinstance(given, dict):
        raise InputError('an edit is an object such as {"op": "lock", "subject": "grid:CODE"}.')
    word = given.get("op")
    kind = EDITS.get(word) if isinstance(word, str) else None
    if kind is None:
        raise InputError(f"op is one of {', '.join(EDITS)}.")
    names = kind.__slots__
    if set(given) != {"op", *names}:
        raise InputError(f"{word} takes op, {', '.join(names)} and nothing else.")
    values = {name: _READERS[name](given[name], name) for name in names}
    return kind(**values)


def wire_form(edit: Edit) -> dict[str, Any]:
    """Return an edit in its plain form.

    Parameters
    ----------
    edit : Edit
        Any edit.

    Returns
    -------
    dict
        ``{"op": WORD, ...}``, for JSON.
    """
    plain: Mapping[str, Any] = asdict(edit)
    members = {k: list(v) if isinstance(v, tuple) else v for k, v in plain.items()}
    return {"op": _WORDS[type(edit)], **members}


def plain_text(value: object, name: str, *, most: int = _LONGEST, least: int = 1) -> str:
    """Return a text that any database keeps and any reader shows.

    Parameters
    ----------
    value : object
        What was handed in.
    name : str
        What it is, for the message.
    most, least : int
        Number of characters, without spaces around.

    Returns
    -------
    str
        The text without spaces around.

    Raises
    ------
    InputError
        If it is no text, too short, too long, or holds control characters.
    """
    if not isinstance(value, str):
        raise InputError(f"{name} is a text.", name=name)
    text = value.strip()
    if not least <= len(text) <= most:
        raise InputError(f"{name} has {least} to {most} characters, not {len(text)}.", name=name)
    # a longer text may have lines
    allowed = "\n\t\r" if most > _LONGEST * 2 else ""
    if any(sign in _CONTROLS and sign not in allowed for sign in text):
        raise InputError(f"{name} holds control characters.", name=name)
    return text


def _idents(value: object, name: str) -> tuple[str, ...]:
    """Read a list of distinct identifiers."""
    if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= _MOST_COURTYARDS:
        raise InputError(f"{name} is a list of 1 to {_MOST_COURTYARDS} identifiers.")
    found = tuple(plain_text(item, name) for item in value)
    if len(set(found)) != len(found):
        raise InputError(f"{name} names one of them twice.")
    return found


_READERS: dict[str, Callable[[object, str], Any]] = {
    "courtyards": _idents,
    "to": plain_text,
    "grid": plain_text,
    "into": plain_text,
    "name": plain_text,
    "subject": plain_text,
}


def checked(edits: Sequence[Edit]) -> list[Edit]:
    """Hold edits that were made in Python against the same limits as those that travelled.

    Parameters
    ----------
    edits : sequence of Edit
        As handed to `Store.edit`.

    Returns
    -------
    list of Edit
        The same, texts without spaces around.
    """
    return parse_edits([wire_form(edit) for edit in edits])
