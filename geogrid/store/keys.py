"""Keys: what lets a program act in a user's name, kept as hashes only.

A key lives until its last day or until somebody ends it. Keys and tokens are 256 random
bits, so one pass of SHA-256 hides them well enough; passwords need more.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geogrid.errors import ConflictError, InputError, NotFoundError
from geogrid.store.audit import Entry, record
from geogrid.store.tables import keys, users

if TYPE_CHECKING:
    import datetime as dt

__all__ = ["Key", "NewKey", "add_key", "end_key", "end_keys", "hash_secret", "list_keys"]

TOKEN_PREFIX, KEY_PREFIX = "gt_", "gg_"
# longer than any key or token of ours: not worth a hash
LONGEST = 128


@dataclass(frozen=True, slots=True)
class Key:
    """Tell of a key; nothing secret.

    Parameters
    ----------
    key_id : str
        Its name in lists and in the log.
    label : str
        What it is for.
    user_name : str
        In whose name it acts.
    created_at : datetime
        When it was made.
    expires_at, ended_at : datetime or None
        When it stops by itself; when somebody stopped it.
    """

    key_id: str
    label: str
    user_name: str
    created_at: dt.datetime
    expires_at: dt.datetime | None
    ended_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """Hand out a key, once.

    Parameters
    ----------
    secret : str
        The key itself, beginning with ``gg_``; not shown by ``repr``.
    key : Key
        What is told of it later.
    """

    secret: str = field(repr=False)
    key: Key


def hash_secret(secret: str) -> str:
    """Return what is kept of a key or token."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def add_key(
    connection: sa.Connection,
    user_name: str,
    *,
    label: str,
    expires_at: dt.datetime | None = None,
    now: dt.datetime,
) -> NewKey:
    """Make a key that acts in a user's name.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Inside a transaction that may write.
    user_name : str
        Whose.
    label : str
        What it is for: ``12345 line, pulls GeoJSON``.
    expires_at : datetime, optional
        When it stops by itself; None: never.
    now : datetime
        The moment.

    Returns
    -------
    NewKey
        The secret is in no other place.

    Raises
    ------
    InputError
        If there is no label, or the key would be over already.
    NotFoundError
        If there is no such user.
    ConflictError
        If the user is closed.
    """
    label = label.strip()
    if not 1 <= len(label) <= keys.c.label.type.length:  # type: ignore[attr-defined]
        raise InputError("A key needs a label of 1 to 128 characters that says what it is for.")
    if expires_at is not None and expires_at <= now:
        raise InputError(f"A key that ends at {expires_at} would be over already.")
    is_active = connection.scalar(
        sa.select(users.c.is_active).where(users.c.user_name == user_name)
    )
    if is_active is None:
        raise NotFoundError(f"There is no user {user_name[:64]!r}.")
    if not is_active:
        raise ConflictError(f"{user_name} is closed; open the account first.")
    secret = KEY_PREFIX + secrets.token_urlsafe(32)
    key = Key(secrets.token_hex(6), label, user_name, now, expires_at, None)
    connection.execute(
        keys.insert().values(
            key_hash=hash_secret(secret),
            key_id=key.key_id,
            label=label,
            user_name=user_name,
            created_at=now,
            expires_at=expires_at,
        )
    )
    told = {"label": label, "user": user_name}
    record(connection, Entry("key.add", key.key_id, details=told), now=now)
    return NewKey(secret, key)


def end_key(connection: sa.Connection, key_id: str, *, now: dt.datetime) -> Key:
    """End a key at once.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Inside a transaction that may write.
    key_id : str
        Its name in the list.
    now : datetime
        The moment.

    Returns
    -------
    Key
        As it is now.

    Raises
    ------
    NotFoundError
        If there is no such key, or it was ended before.
    """
    ended = connection.execute(
        keys.update().where(keys.c.key_id == key_id, keys.c.ended_at.is_(None)).values(ended_at=now)
    )
    if ended.rowcount != 1:
        raise NotFoundError(f"There is no key {key_id[:64]!r} that could be ended.")
    record(connection, Entry("key.end", key_id), now=now)
    return _key(connection.execute(sa.select(keys).where(keys.c.key_id == key_id)).one())


def end_keys(connection: sa.Connection, name: str, *, now: dt.datetime) -> None:
    """End every key of a user."""
    connection.execute(
        keys.update()
        .where(keys.c.user_name == name, keys.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def list_keys(connection: sa.Connection, user_name: str | None = None) -> list[Key]:
    """Return all keys, oldest first, ended ones too; of one user if named."""
    query = sa.select(keys).order_by(keys.c.created_at, keys.c.key_id)
    if user_name is not None:
        query = query.where(keys.c.user_name == user_name)
    return [_key(row) for row in connection.execute(query)]


def _key(row: Any) -> Key:  # noqa: ANN401 - a row of the table
    return Key(row.key_id, row.label, row.user_name, row.created_at, row.expires_at, row.ended_at)
