"""Accounts: users with one role each, and what each role may do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import sqlalchemy as sa

from geogrid.errors import ConflictError, InputError, NotFoundError
from geogrid.store import keys, sessions
from geogrid.store.audit import Entry, record
from geogrid.store.passwords import check_password, hash_password
from geogrid.store.records import Role
from geogrid.store.tables import users

if TYPE_CHECKING:
    import datetime as dt

__all__ = [
    "PERMISSIONS",
    "Permission",
    "Role",
    "User",
    "add_user",
    "change_user",
    "check_user",
    "list_users",
    "password_for",
    "set_password",
    "user",
]

Permission = Literal[
    "read",  # every published version, unsuppressed counts, collections that are not public
    "see_drafts",  # drafts and proposals; a clerk's own subdistrict only
    "edit",  # make drafts, move, lock, undo, comment, submit; a clerk's own subdistrict only
    "export",  # plan files, ledgers and crosswalks of drafts
    "compute",  # run processes; make drafts from plan files
    "approve",  # agree, object, approve, publish; never what one proposed oneself
    "comment",
    "administer",  # users, keys, settings
    "audit",  # read the audit log
]

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    "viewer": frozenset({"read"}),
    "clerk": frozenset({"read", "see_drafts", "edit", "export", "comment"}),
    "planner": frozenset({"read", "see_drafts", "edit", "export", "comment", "compute"}),
    "approver": frozenset({"read", "see_drafts", "export", "comment", "approve"}),
    "admin": frozenset({"read", "administer", "audit"}),
}

# lower case only: two names that look alike are one; no colon, which marks the console
_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
_CODE = re.compile(r"[0-9A-Za-z_-]{1,32}")


@dataclass(frozen=True, slots=True)
class User:
    """Tell of one user; nothing secret.

    Parameters
    ----------
    name : str
        As they sign in.
    role : Role
        Exactly one.
    subdistrict : str or None
        A clerk's own; None for all others.
    is_active : bool
        Closed users stay on record, since the log names them.
    has_password : bool
        Without one only keys open the door.
    created_by : str
        Who made the account.
    created_at : datetime
        When, in UTC.
    closed_until : datetime or None
        After five failures; None or past: open.
    """

    name: str
    role: Role
    subdistrict: str | None
    is_active: bool
    has_password: bool
    created_by: str
    created_at: dt.datetime
    closed_until: dt.datetime | None


def check_user(name: str, role: str, subdistrict: str | None) -> Role:
    """Refuse an account that could not be told from others, or reaches too far.

    Parameters
    ----------
    name : str
        2 to 32 of a-z, 0-9, dot, dash and underscore, a letter first.
    role : str
        One of the five.
    subdistrict : str or None
        A clerk's own; nobody else has one.

    Returns
    -------
    Role
        The role, known to be one.

    Raises
    ------
    InputError
        If one of them is not so.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name[:64]!r} is no user name; take 2 to 32 of a-z, 0-9, dot, dash and "
            "underscore, a letter first."
        )
    if role not in get_args(Role):
        raise InputError(f"{role[:64]!r} is no role; take one of {', '.join(get_args(Role))}.")
    if role == "clerk" and (subdistrict is None or not _CODE.fullmatch(subdistrict)):
        raise InputError(f"A clerk works for one subdistrict; give {name} its code.")
    if role != "clerk" and subdistrict is not None:
        raise InputError(f"Only clerks belong to a subdistrict; {name} is to be {role}.")
    return cast("Role", role)


def add_user(
    connection: sa.Connection,
    name: str,
    *,
    role: str,
    subdistrict: str | None = None,
    password_hash: str | None = None,
    by: str,
    now: dt.datetime,
) -> User:
    """Make an account.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Inside a transaction that may write.
    name, role, subdistrict : str
        As `check_user` asks.
    password_hash : str, optional
        From `password_for`; none: only keys open the door.
    by : str
        Who makes it.
    now : datetime
        The moment.

    Returns
    -------
    User
        The new one.

    Raises
    ------
    InputError
        If the name, role or subdistrict cannot be.
    ConflictError
        If there is, or ever was, a user of that name.
    """
    role = check_user(name, role, subdistrict)
    if connection.scalar(sa.select(users.c.user_name).where(users.c.user_name == name)):
        raise ConflictError(f"There is a user {name} already; names are not given twice.")
    connection.execute(
        users.insert().values(
            user_name=name,
            role=role,
            subdistrict_code=subdistrict,
            password_hash=password_hash,
            is_active=True,
            created_by=by,
            created_at=now,
            n_failures=0,
        )
    )
    told = {"role": role, "subdistrict": subdistrict}
    record(connection, Entry("user.add", name, details=told), now=now)
    return user(connection, name)


def user(connection: sa.Connection, name: str) -> User:
    """Return one user.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        To read from.
    name : str
        Whom.

    Returns
    -------
    User
        As they are now.

    Raises
    ------
    NotFoundError
        If there is none of that name.
    """
    row = connection.execute(sa.select(users).where(users.c.user_name == name)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no user {name[:64]!r}.")
    return _user(row)


def list_users(connection: sa.Connection) -> list[User]:
    """Return all users by name, closed ones too."""
    rows = connection.execute(sa.select(users).order_by(users.c.user_name))
    return [_user(row) for row in rows]


def _user(row: Any) -> User:  # noqa: ANN401 - a row of the table
    return User(
        name=row.user_name,
        role=row.role,
        subdistrict=row.subdistrict_code,
        is_active=row.is_active,
        has_password=row.password_hash is not None,
        created_by=row.created_by,
        created_at=row.created_at,
        closed_until=row.closed_until,
    )


def password_for(name: str, password: str) -> str:
    """Return what is to be kept of a user's password; slow, so do it before a transaction.

    Parameters
    ----------
    name : str
        Whose.
    password : str
        In clear.

    Returns
    -------
    str
        For `add_user` and `set_password`.

    Raises
    ------
    InputError
        If it is too easily guessed.
    """
    check_password(name, password)
    return hash_password(password)


def set_password(
    connection: sa.Connection, name: str, password_hash: str, *, now: dt.datetime
) -> None:
    """Give a user another password; every session of theirs ends.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Inside a transaction that may write.
    name : str
        Whose.
    password_hash : str
        From `password_for`.
    now : datetime
        The moment.

    Raises
    ------
    NotFoundError
        If there is no such user.
    """
    user(connection, name)
    connection.execute(
        users.update()
        .where(users.c.user_name == name)
        .values(password_hash=password_hash, n_failures=0, closed_until=None)
    )
    sessions.end_all(connection, name, now=now)
    record(connection, Entry("user.password", name), now=now)


def change_user(
    connection: sa.Connection,
    name: str,
    *,
    role: str | None = None,
    subdistrict: str | None = None,
    is_active: bool | None = None,
    now: dt.datetime,
) -> User:
    """Give a user another role, or close or open the account; every session ends.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Inside a transaction that may write.
    name : str
        Whom.
    role, subdistrict : str, optional
        The new ones; a role alone takes the subdistrict away, a subdistrict alone leaves the
        role.
    is_active : bool, optional
        False ends their keys as well, which opening does not bring back.
    now : datetime
        The moment.

    Returns
    -------
    User
        As they are now.

    Raises
    ------
    NotFoundError
        If there is no such user.
    InputError
        If the role and the subdistrict do not go together.
    ConflictError
        If nobody would be left who may make users.
    """
    # all who could be the last one, locked in one order, so that two cannot close each other
    admins = connection.scalars(
        sa.select(users.c.user_name)
        .where(users.c.role == "admin", users.c.is_active, users.c.password_hash.is_not(None))
        .order_by(users.c.user_name)
        .with_for_update()
    ).all()
    before = user(connection, name)
    is_same = role is None and subdistrict is None
    new_role = before.role if is_same else check_user(name, role or before.role, subdistrict)
    stays = before.is_active if is_active is None else is_active
    if list(admins) == [name] and (new_role != "admin" or not stays):
        raise ConflictError(f"{name} is the last active admin; make another one first.")
    connection.execute(
        users.update()
        .where(users.c.user_name == name)
        .values(
            role=new_role,
            subdistrict_code=before.subdistrict if is_same else subdistrict,
            is_active=stays,
            n_failures=0,
            closed_until=None,
        )
    )
    sessions.end_all(connection, name, now=now)
    if not stays:
        keys.end_keys(connection, name, now=now)
    after = user(connection, name)
    told = {"role": after.role, "subdistrict": after.subdistrict, "is_active": after.is_active}
    record(connection, Entry("user.change", name, details=told), now=now)
    return after
