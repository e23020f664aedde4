"""The door of a store: who comes in, with what, and the log of what they did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.files import replacing
from geogrid.store import accounts, audit, keys, sessions
from geogrid.store.audit import Entry
from geogrid.store.room import Room

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from geogrid.store.accounts import User
    from geogrid.store.audit import AuditRow, Rotated
    from geogrid.store.keys import Key, NewKey
    from geogrid.store.sessions import Account, SignedIn

__all__ = ["Door"]


class Door(Room):
    """Accounts, sessions, keys and the audit log of one store, a transaction a call."""

    def add_user(
        self,
        name: str,
        *,
        role: str,
        subdistrict: str | None = None,
        password: str | None = None,
        by: str,
    ) -> User:
        """Make an account; see `geogrid.store.accounts.add_user`."""
        accounts.check_user(name, role, subdistrict)
        kept = None if password is None else accounts.password_for(name, password)
        with self.database.write() as connection:
            return accounts.add_user(
                connection,
                name,
                role=role,
                subdistrict=subdistrict,
                password_hash=kept,
                by=by,
                now=self.now(),
            )

    def user(self, name: str) -> User:
        """Return one user; `NotFoundError` if there is none of that name."""
        with self.database.read() as connection:
            return accounts.user(connection, name)

    def users(self) -> list[User]:
        """Return all users by name, closed ones too."""
        with self.database.read() as connection:
            return accounts.list_users(connection)

    def set_password(self, name: str, password: str) -> None:
        """Give a user another password; see `geogrid.store.accounts.set_password`."""
        kept = accounts.password_for(name, password)
        with self.database.write() as connection:
            accounts.set_password(connection, name, kept, now=self.now())

    def change_user(
        self,
        name: str,
        *,
        role: str | None = None,
        subdistrict: str | None = None,
        is_active: bool | None = None,
        password: str | None = None,
    ) -> User:
        """Change an account, all of it or nothing; see `geogrid.store.accounts.change_user`."""
        kept = None if password is None else accounts.password_for(name, password)
        with self.database.write() as connection:
            if kept is not None:
                accounts.set_password(connection, name, kept, now=self.now())
            return accounts.change_user(
                connection,
                name,
                role=role,
                subdistrict=subdistrict,
                is_active=is_active,
                now=self.now(),
            )

    def sign_in(self, name: str, password: str, *, address: str = "") -> SignedIn | None:
        """Change a name and a password for a token; None if refused, for whatever reason."""
        return sessions.sign_in(
            self.database.write, name, password, address=address, clock=self.now
        )

    def renew(self, token: str) -> SignedIn | None:
        """Change a token for a new one; None if it is no longer good."""
        with self.database.write() as connection:
            return sessions.renew(connection, token, now=self.now())

    def sign_out(self, token: str) -> bool:
        """End a token at once, for all; False if there was nothing to end."""
        with self.database.write() as connection:
            return sessions.sign_out(connection, token, now=self.now())

    def who(self, secret: str) -> Account | None:
        """Return whom a token or key belongs to; None if nobody."""
        with self.database.peek() as connection:
            return sessions.who(connection, secret, now=self.now())

    def add_key(
        self, user_name: str, *, label: str, expires_at: dt.datetime | None = None
    ) -> NewKey:
        """Make a key that acts in a user's name; its secret is shown this once."""
        with self.database.write() as connection:
            return keys.add_key(
                connection, user_name, label=label, expires_at=expires_at, now=self.now()
            )

    def end_key(self, key_id: str) -> Key:
        """End a key at once."""
        with self.database.write() as connection:
            return keys.end_key(connection, key_id, now=self.now())

    def keys(self, user_name: str | None = None) -> list[Key]:
        """Return all keys, ended ones too; of one user if named."""
        with self.database.read() as connection:
            return keys.list_keys(connection, user_name)

    def record(self, *entries: Entry) -> None:
        """Write lines of the audit log that belong to no other write; in batches, for reads."""
        if entries:
            with self.database.write() as connection:
                audit.record(connection, *entries, now=self.now())

    def read_audit(
        self,
        *,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        user_name: str | None = None,
        action: str | None = None,
        subject: str | None = None,
        outcome: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[AuditRow]:
        """Return a page of the audit log, newest first; see `geogrid.store.audit.read`."""
        with self.database.read() as connection:
            return audit.read(
                connection,
                since=since,
                until=until,
                user_name=user_name,
                action=action,
                subject=subject,
                outcome=outcome,
                before=before,
                limit=limit,
            )

    def export_audit(
        self, path: Path, *, since: dt.datetime | None = None, until: dt.datetime | None = None
    ) -> int:
        """Write the audit log, or some days of it, as packed JSON lines; return how many."""
        with self.database.read() as connection, replacing(path) as aside:
            n_rows = audit.write_lines(audit.stream(connection, since=since, until=until), aside)
        self.record(Entry("audit.export", path.name, details={"n_rows": n_rows}))
        return n_rows

    def rotate_audit(self, out: Path | str, *, days: int = audit.KEEP_DAYS) -> Rotated:
        """Move old lines into a file beside the store; see `geogrid.store.audit.rotate`."""
        return audit.rotate(self.database, out, days=days, now=self.now())
