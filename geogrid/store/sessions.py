"""Sessions: tokens that open the door for a while, and whom a token or key belongs to.

A token lives half an hour and is changed for a new one until ten hours after the
sign-in.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from geogrid.store.audit import Actor, Entry, record
from geogrid.store.keys import KEY_PREFIX, LONGEST, TOKEN_PREFIX, hash_secret
from geogrid.store.passwords import hash_password, is_right
from geogrid.store.tables import Moment, keys, users
from geogrid.store.tables import sessions as table

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from geogrid.store.records import Role

__all__ = [
    "Account",
    "SignedIn",
    "end_all",
    "renew",
    "sign_in",
    "sign_out",
    "who",
]

TOKEN_LIFE, SESSION_LIFE = timedelta(minutes=30), timedelta(hours=10)
MOST_FAILURES, CLOSED_FOR = 5, timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Account:
    """Name whom a token or key belongs to.

    Parameters
    ----------
    name : str
        User name.
    role : Role
        As it is now, not as it was when they signed in.
    subdistrict : str or None
        A clerk's own.
    via : {"token", "key"}
        What they showed.
    """

    name: str
    role: Role
    subdistrict: str | None
    via: Literal["token", "key"]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Hand out a token, once.

    Parameters
    ----------
    token : str
        The secret itself; not shown by ``repr``.
    expires_at : datetime
        Until when it opens the door.
    renew_until : datetime
        Until when it, or its successors, can be changed for a new one.
    account : Account
        Whose it is.
    """

    token: str = field(repr=False)
    expires_at: dt.datetime
    renew_until: dt.datetime
    account: Account


def sign_in(
    writing: Callable[[], AbstractContextManager[sa.Connection]],
    name: str,
    password: str,
    *,
    address: str,
    clock: Callable[[], dt.datetime],
) -> SignedIn | None:
    """Change a name and a password for a token.

    Every try is counted before the password is looked at, so that no number of tries
    at the same time gets more than five guesses; right ones set the count back. A name
    that does not exist, a closed account and a wrong password cost the same: one
    write, one hash, one answer.

    Parameters
    ----------
    writing : callable
        Opens one transaction that may write.
    name, password : str
        As they were typed.
    address : str
        From where, for the log.
    clock : callable
        Returns the moment in UTC.

    Returns
    -------
    SignedIn or None
        None if refused, for whatever reason.
    """
    name = name.strip().lower()[:64]
    now = clock()
    with writing() as connection:
        known = connection.scalar(sa.select(users.c.user_name).where(users.c.user_name == name))
        kept = _count_try(connection, name, now)
        # an unknown name may be a password in the wrong field: it is not written down
        tried = Entry("session.sign_in", known or "", "tried", by=Actor("", "", address))
        record(connection, tried, now=now)
    # outside of a transaction: it takes a tenth of a second
    right, outdated = is_right(kept, password)
    if not right:
        return None
    fresh = hash_password(password) if outdated else kept
    now = clock()
    with writing() as connection:
        done = connection.execute(
            users.update()
            # nothing may have changed meanwhile: neither the password nor the door
            .where(users.c.user_name == name, users.c.password_hash == kept, users.c.is_active)
            .values(n_failures=0, closed_until=None, password_hash=fresh)
        )
        if done.rowcount != 1:
            return None
        row = connection.execute(sa.select(users).where(users.c.user_name == name)).one()
        connection.execute(
            table.delete().where(table.c.user_name == name, table.c.expires_at < now)
        )
        by = Actor(name, row.role, address)
        record(connection, Entry("session.sign_in", name, by=by), now=now)
        return _hand_out(connection, row, signed_in_at=now, now=now)


def _count_try(connection: sa.Connection, name: str, now: dt.datetime) -> str | None:
    """Count a try; return the hash to hold it against, None where nothing can be right."""
    closed_until = users.c.closed_until
    is_open = sa.or_(closed_until.is_(None), closed_until <= now)
    # a closing that has passed starts the count anew
    n_failures = sa.case((closed_until.is_(None), users.c.n_failures), else_=0) + 1
    shut = sa.case(
        (n_failures >= MOST_FAILURES, sa.literal(now + CLOSED_FOR, Moment())),
        else_=None,
    )
    counted = connection.execute(
        users.update()
        .where(users.c.user_name == name, users.c.is_active, is_open)
        .values(n_failures=n_failures, closed_until=shut)
    )
    if counted.rowcount != 1:
        return None
    return connection.scalar(sa.select(users.c.password_hash).where(users.c.user_name == name))


def _hand_out(
    connection: sa.Connection,
    row: Any,  # noqa: ANN401 - a row of users
    *,
    signed_in_at: dt.datetime,
    now: dt.datetime,
) -> SignedIn:
    """Make a token and keep its hash; ``created_at`` stays the moment of the sign-in."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    renew_until = signed_in_at + SESSION_LIFE
    expires_at = min(now + TOKEN_LIFE, renew_until)
    connection.execute(
        table.insert().values(
            token_hash=hash_secret(token),
            user_name=row.user_name,
            created_at=signed_in_at,
            expires_at=expires_at,
        )
    )
    account = Account(row.user_name, row.role, row.subdistrict_code, "token")
    return SignedIn(token, expires_at, renew_until, account)


def renew(connection: sa.Connection, token: str, *, now: dt.datetime) -> SignedIn | None:
    """Change a token for a new one; the old one ends with that.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Inside a transaction that may write.
    token : str
        One that still opens the door.
    now : datetime
        The moment.

    Returns
    -------
    SignedIn or None
        None if the token is unknown, over or ended, its user is closed, or the
        sign-in is ten hours ago.
    """
    ended = connection.execute(
        table.update()
        .where(
            table.c.token_hash == hash_secret(token[:LONGEST]),
            table.c.ended_at.is_(None),
            table.c.expires_at > now,
            table.c.created_at > now - SESSION_LIFE,
        )
        .values(ended_at=now)
        .returning(table.c.user_name, table.c.created_at)
    ).one_or_none()
    if ended is None:
        return None
    row = connection.execute(sa.select(users).where(users.c.user_name == ended.user_name)).one()
    if not row.is_active:
        return None
    return _hand_out(connection, row, signed_in_at=ended.created_at, now=now)


def sign_out(connection: sa.Connection, token: str, *, now: dt.datetime) -> bool:
    """End a token at once, for every process that looks at this store.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Inside a transaction that may write.
    token : str
        The one to end.
    now : datetime
        The moment.

    Returns
    -------
    bool
        False if there was nothing to end.
    """
    name = connection.scalar(
        table.update()
        .where(table.c.token_hash == hash_secret(token[:LONGEST]), table.c.ended_at.is_(None))
        .values(ended_at=now)
        .returning(table.c.user_name)
    )
    if name is not None:
        record(connection, Entry("session.sign_out", name), now=now)
    return name is not None


def end_all(connection: sa.Connection, name: str, *, now: dt.datetime) -> None:
    """End every session of a user."""
    connection.execute(
        table.update()
        .where(table.c.user_name == name, table.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def who(connection: sa.Connection, secret: str, *, now: dt.datetime) -> Account | None:
    """Return whom a token or key belongs to: one look-up by its hash.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        To read from.
    secret : str
        Whatever was sent.
    now : datetime
        The moment.

    Returns
    -------
    Account or None
        None if it is unknown, over or ended, or its user is closed.
    """
    if len(secret) > LONGEST:
        return None
    if secret.startswith(TOKEN_PREFIX):
        query, via = _TOKEN_QUERY, "token"
    elif secret.startswith(KEY_PREFIX):
        query, via = _KEY_QUERY, "key"
    else:
        return None
    row = connection.execute(query, {"hash": hash_secret(secret), "now": now}).one_or_none()
    return None if row is None else Account(*row, via)  # type: ignore[arg-type]


_NOW = sa.bindparam("now", type_=Moment())
_WHOSE = sa.select(users.c.user_name, users.c.role, users.c.subdistrict_code).where(
    users.c.is_active
)
_TOKEN_QUERY = _WHOSE.join_from(users, table).where(
    table.c.token_hash == sa.bindparam("hash"),
    table.c.ended_at.is_(None),
    table.c.expires_at > _NOW,
)
_KEY_QUERY = _WHOSE.join_from(users, keys).where(
    keys.c.key_hash == sa.bindparam("hash"),
    keys.c.ended_at.is_(None),
    sa.or_(keys.c.expires_at.is_(None), keys.c.expires_at > _NOW),
)
