"""Command line of a store: make it, fill it, save it, look after its accounts and its log.

Stands beside `geogrid.cli`, which hangs it in as ``geogrid store``. A password never comes
as an argument, where other users of the computer and the shell's history could read it.
"""

from __future__ import annotations

import datetime as dt
import getpass
import os
import sys
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geogrid.console import write_json
from geogrid.errors import ConflictError, GeogridError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geogrid.plans.plan import Plan
    from geogrid.store.records import PlanInfo
    from geogrid.store.store import Store

__all__ = ["app"]

EXIT_FINDINGS = 1
CONSOLE = "console"

app = typer.Typer(
    name="store", help="Keep versions, edits, accounts and the audit log.", no_args_is_help=True
)
user_app = typer.Typer(name="user", help="Accounts: one role each.", no_args_is_help=True)
key_app = typer.Typer(name="key", help="Keys for programs, shown once.", no_args_is_help=True)
audit_app = typer.Typer(name="audit", help="Who did what, when.", no_args_is_help=True)
for _part in (user_app, key_app, audit_app):
    app.add_typer(_part)


class RoleName(StrEnum):
    """Name the roles of `geogrid.store.accounts`."""

    viewer = "viewer"
    clerk = "clerk"
    planner = "planner"
    approver = "approver"
    admin = "admin"


StoreUrl = Annotated[
    str,
    typer.Option(
        "--store",
        metavar="URL",
        envvar="GEOGRID_STORE",
        help="A SQLite file, or postgresql://USER@HOST/NAME.",
    ),
]
NewStore = Annotated[
    str, typer.Argument(metavar="URL", help="A path, or postgresql://USER@HOST/NAME.")
]
JsonFile = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Also write a machine report.")
]
UserName = Annotated[str, typer.Argument(metavar="NAME", help="User name.")]
PasswordEnv = Annotated[
    str | None,
    typer.Option(
        "--password-env", metavar="VARIABLE", help="Read the password from this variable."
    ),
]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]
Day = Annotated[
    dt.datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="A day, in UTC."),
]


@app.command()
def init(url: NewStore) -> None:
    """Make a new, empty store; make the first admin next."""
    with _console_acts(), _store_class().create(url) as store:
        typer.echo(f"Made {store.name}. Next: geogrid store user add NAME --role admin")


@app.command()
def upgrade(url: NewStore) -> None:
    """Bring the tables of an older store up to date; make a backup first."""
    with _console_acts():
        typer.echo(f"The tables stand at step {_store_class().upgrade(url)}.")


@app.command()
def add(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan's GeoPackage.")],
    store_url: StoreUrl,
    title: Annotated[str, typer.Option("--title", help="What people call it.")] = "",
    document_no: Annotated[
        str | None,
        typer.Option("--document-no", help="Publish it at once, under this document number,"),
    ] = None,
    effective_date: Annotated[
        dt.datetime | None,
        typer.Option(
            "--effective-date",
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help="from this day on. Only a district's first version can be.",
        ),
    ] = None,
    because: Annotated[
        str | None,
        typer.Option("--because", help="Why soft rules (band, beat) may be broken."),
    ] = None,
) -> None:
    """Put a plan file into the store: as a draft, or as the first version in force."""
    from geogrid.store.known import foreign_layers
    from geogrid.store.plan_file import read_plan

    if (document_no is None) != (effective_date is None):
        raise InputError("Give --document-no and --effective-date together, or neither.")
    plan = read_plan(plan_file)
    with _opened(store_url) as store:
        name = title or plan_file.stem
        if document_no is not None:
            _require_first(store, plan)
        made = store.add_plan(plan, title=name, by=_me(), dropped=foreign_layers(plan_file))
        if made.dropped:
            typer.echo(
                f"Not kept, since the data model does not know it: {', '.join(made.dropped)}."
            )
        if document_no is not None and effective_date is not None:
            made = _publish_first(store, made, document_no, effective_date.date(), because)
        typer.echo(f"Plan {made.plan_id}: version {made.number}, {made.shown}.")


def _require_first(store: Store, plan: Plan) -> None:
    """Refuse a district that has a version: all later ones have two pairs of eyes."""
    from geogrid.store.outlines import district_code

    code = district_code(plan)
    if any(other.valid_from for other in store.plans(district_code=code)):
        msg = f"District {code} has a version already; publish the next one in the service."
        raise ConflictError(msg, district_code=code)


def _publish_first(
    store: Store, made: PlanInfo, document_no: str, day: dt.date, because: str | None
) -> PlanInfo:
    """Lead a draft to a district's first version."""
    try:
        # before the first version nobody else is there who could decide
        made = store.submit(made.plan_id, expected=made.revision, by="plan file")
        made = store.approve(made.plan_id, expected=made.revision, by=_me())
        return store.publish(
            made.plan_id,
            expected=made.revision,
            document_no=document_no,
            effective_date=day,
            by=_me(),
            accepted_because=because,
        )
    except GeogridError as error:
        store.withdraw(made.plan_id, by=_me(), note=f"not published: {error.message}"[:500])
        raise


@app.command()
def backup(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="Archive to write.")],
    store_url: StoreUrl,
) -> None:
    """Write the whole store, as it is now, into one file; it may be in use."""
    with _opened(store_url) as store:
        from geogrid.store.archive import backup as write

        made = write(store.database, out, now=store.now())
    typer.echo(f"Wrote {out} ({out.stat().st_size / 1e6:.1f} MB): {_counts(made.counts)}.")
    typer.echo("It holds password hashes and the audit log: keep it as safe as the store.")


@app.command()
def restore(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="An archive.")],
    url: NewStore,
) -> None:
    """Fill an empty store with an archive, of either database."""
    with _console_acts():
        from geogrid.store.archive import restore as read

        found = read(archive, url, now=dt.datetime.now(dt.UTC))
    typer.echo(f"Restored the store as it was at {found.made_at:%Y-%m-%d %H:%M:%S} UTC: ", nl=False)
    typer.echo(f"{_counts(found.counts)}. Everybody signs in anew.")


@app.command()
def check(store_url: StoreUrl, json_out: JsonFile = None) -> None:
    """Look through the whole store: files, hashes, logs, published versions, codes."""
    with _opened(store_url) as store:
        from geogrid.store.checks import check_store

        found = check_store(store.database)
        name = store.name
    rows = [{"kind": f.kind, "subject": f.subject, "message": f.message} for f in found]
    write_json(json_out, {"ok": not found, "findings": rows})
    for finding in found:
        typer.echo(f"{finding.kind} {finding.subject}: {finding.message}")
    if found:
        typer.echo(f"{name}: {len(found)} findings; restore a backup from before.")
        raise typer.Exit(EXIT_FINDINGS)
    typer.echo(f"{name}: all is well.")


@user_app.command("add")
def user_add(
    name: UserName,
    store_url: StoreUrl,
    role: Annotated[RoleName, typer.Option("--role", help="What they may do.")],
    subdistrict: Annotated[
        str | None, typer.Option("--subdistrict", metavar="CODE", help="A clerk's own.")
    ] = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="For programs: keys only.")
    ] = False,
    password_env: PasswordEnv = None,
    password_stdin: PasswordStdin = False,
) -> None:
    """Make an account; the password is asked for, unless it comes another way."""
    with _opened(store_url) as store:
        from geogrid.store.accounts import check_user

        # before anybody is asked for a password
        check_user(name, role.value, subdistrict)
        password = None if no_password else _password(name, password_env, password_stdin)
        made = store.add_user(
            name, role=role.value, subdistrict=subdistrict, password=password, by=_me()
        )
    typer.echo(f"Made {made.name}, {made.role}{' of ' + subdistrict if subdistrict else ''}.")


@user_app.command("list")
def user_list(store_url: StoreUrl, json_out: JsonFile = None) -> None:
    """List the accounts, closed ones too."""
    with _opened(store_url) as store:
        users = store.users()
    rows = [
        {
            "name": user.name,
            "role": user.role,
            "subdistrict": user.subdistrict,
            "state": "active" if user.is_active else "closed",
            "password": "yes" if user.has_password else "keys only",
            "made": f"{user.created_at:%Y-%m-%d} by {user.created_by}",
        }
        for user in users
    ]
    _print_rows(rows, "no users yet")
    write_json(json_out, {"users": rows})


@user_app.command("password")
def user_password(
    name: UserName,
    store_url: StoreUrl,
    password_env: PasswordEnv = None,
    password_stdin: PasswordStdin = False,
) -> None:
    """Give a user another password; all their sessions end."""
    with _opened(store_url) as store:
        store.user(name)
        store.set_password(name, _password(name, password_env, password_stdin))
    typer.echo(f"{name} has another password; every session of theirs has ended.")


@user_app.command("close")
def user_close(name: UserName, store_url: StoreUrl) -> None:
    """Close an account: sessions and keys end, the name stays on record."""
    with _opened(store_url) as store:
        store.change_user(name, is_active=False)
    typer.echo(f"{name} is closed.")


@user_app.command("open")
def user_open(name: UserName, store_url: StoreUrl) -> None:
    """Open a closed account again, also one that too many failures closed."""
    with _opened(store_url) as store:
        store.change_user(name, is_active=True)
    typer.echo(f"{name} is open; ended keys stay ended.")


@key_app.command("add")
def key_add(
    name: UserName,
    store_url: StoreUrl,
    label: Annotated[str, typer.Option("--label", help="What it is for.")],
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=3660, help="Days until it ends.")
    ] = None,
) -> None:
    """Make a key that acts in a user's name, and show it this once, on standard output."""
    with _opened(store_url) as store:
        until = None if days is None else store.now() + dt.timedelta(days=days)
        made = store.add_key(name, label=label, expires_at=until)
    end = "never ends by itself" if until is None else f"ends on {until:%Y-%m-%d}"
    typer.echo(f"Key {made.key.key_id} of {name} {end}; it is shown only now:", err=True)
    typer.echo(made.secret)


@key_app.command("list")
def key_list(store_url: StoreUrl, json_out: JsonFile = None) -> None:
    """List the keys: whose, what for, until when; never the key itself."""
    with _opened(store_url) as store:
        keys, now = store.keys(), store.now()
    rows = [
        {
            "id": key.key_id,
            "user": key.user_name,
            "label": key.label,
            "made": f"{key.created_at:%Y-%m-%d}",
            "ends": "" if key.expires_at is None else f"{key.expires_at:%Y-%m-%d}",
            "state": "ended"
            if key.ended_at or (key.expires_at is not None and key.expires_at <= now)
            else "good",
        }
        for key in keys
    ]
    _print_rows(rows, "no keys yet")
    write_json(json_out, {"keys": rows})


@key_app.command("end")
def key_end(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `key list` names it.")],
    store_url: StoreUrl,
) -> None:
    """End a key at once."""
    with _opened(store_url) as store:
        ended = store.end_key(key_id)
    typer.echo(f"Key {ended.key_id} of {ended.user_name} ({ended.label}) has ended.")


@audit_app.command("export")
def audit_export(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines, packed by gzip.")],
    store_url: StoreUrl,
    since: Day = None,
    until: Day = None,
) -> None:
    """Write the audit log, or some days of it, into a file; nothing leaves the store."""
    with _opened(store_url) as store:
        n_rows = store.export_audit(
            out,
            since=None if since is None else since.replace(tzinfo=dt.UTC),
            until=None if until is None else until.replace(tzinfo=dt.UTC),
        )
    typer.echo(f"Wrote {out}: {n_rows:,} lines.")


@audit_app.command("rotate")
def audit_rotate(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="Where the old lines go.")],
    store_url: StoreUrl,
    days: Annotated[int, typer.Option("--older-than", metavar="DAYS", help="At least 180.")] = 180,
) -> None:
    """Move lines of the audit log older than so many days into a file."""
    with _opened(store_url) as store:
        done = store.rotate_audit(out, days=days)
    if done.path is None:
        typer.echo(f"No line is older than {days} days.")
    else:
        typer.echo(f"Moved {done.n_rows:,} lines into {out}; SHA-256 {done.sha256}.")


@contextmanager
def _opened(url: str) -> Iterator[Store]:
    """Open a store and act in it as whoever sits at the console."""
    with _console_acts(), _store_class().open(url) as store:
        yield store


@contextmanager
def _console_acts() -> Iterator[None]:
    """Let everything inside be done in the name of the system's user."""
    _store_class()
    from geogrid.store.audit import Actor, acting

    with acting(Actor(_me(), CONSOLE, "local")):
        yield


def _store_class() -> type[Store]:
    """Return the class, or say what it needs."""
    try:
        from geogrid.store.store import Store
    except ImportError as error:
        raise InputError("A store needs the extra `api`: pip install 'geogrid[api]'.") from error
    return Store


def _me() -> str:
    """Return the system's user, in a form that no account can have."""
    try:
        return f"{CONSOLE}:{getpass.getuser()}"[:64]
    except (KeyError, OSError):
        return CONSOLE


def _password(name: str, variable: str | None, from_stdin: bool) -> str:  # noqa: FBT001 - which way
    """Return a password that came by a way that nobody else reads."""
    if variable is not None and from_stdin:
        raise InputError("Give one of --password-env and --password-stdin.")
    if variable is not None:
        if variable not in os.environ:
            raise InputError(f"The variable {variable} is not set.")
        return os.environ[variable]
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise InputError("There is nobody to ask; use --password-env or --password-stdin.")
    first = getpass.getpass(f"Password of {name}: ")
    if getpass.getpass("Once more: ") != first:
        raise InputError("The two differ; nothing was changed.")
    return first


def _print_rows(rows: list[dict[str, Any]], empty: str) -> None:
    """Print a table, or say that it is empty."""
    if not rows:
        typer.echo(empty)
        return
    from rich.table import Table

    from geogrid.console import make_console

    table = Table(*rows[0], box=None, pad_edge=False)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    make_console().print(table)


def _counts(counts: dict[str, int]) -> str:
    shown = ("plans", "revisions", "users", "audit")
    return ", ".join(f"{counts[name]:,} {name}" for name in shown)
