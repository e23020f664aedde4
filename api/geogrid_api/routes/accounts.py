"""Accounts over HTTP: sign in and out, users, keys, what the public sees, the audit log."""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr

from geogrid_api.access import Caller
from geogrid_api.problems import CHALLENGE, Problem
from geogrid_api.routes.desk import strict
from geogrid_api.security import COOKIE, Asker, Doorkeeper, needs

__all__ = ["HASHING", "router"]

router = APIRouter(tags=["Accounts"], dependencies=[Depends(strict)])

# argon2 takes 64 MiB and a tenth of a second: so many at a time in each worker
HASHING = CapacityLimiter(2)
# what spreadsheets run begins so, also behind a blank; some know the wide signs as well
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]")
_PAGE = 1_000
_AUDIT_COLUMNS = (
    "audit_id",
    "made_at",
    "user_name",
    "role",
    "address",
    "action",
    "subject",
    "outcome",
    "details",
)

Known = Annotated[Caller, Depends(needs())]
Admin = Annotated[Caller, Depends(needs("administer"))]
Auditor = Annotated[Caller, Depends(needs("audit"))]
UserName = Annotated[str, Path(min_length=1, max_length=64, description="Name of the user.")]
Password = Annotated[SecretStr, Field(min_length=1, max_length=256)]
Role = Literal["viewer", "clerk", "planner", "approver", "admin"]


class _Form(BaseModel):
    """A body that holds what it names and nothing else."""

    model_config = ConfigDict(extra="forbid")


class SignIn(_Form):
    """What is shown at the door."""

    name: str = Field(min_length=1, max_length=64)
    password: Password
    cookie: bool = Field(
        default=False, description="Keep the token in a cookie that no script can read."
    )


class NewPassword(_Form):
    """A password and the one before it."""

    old: Password
    new: Password


class NewUser(_Form):
    """An account to make; without a password only keys open the door."""

    name: str = Field(min_length=1, max_length=64)
    role: Role
    subdistrict: str | None = Field(default=None, max_length=32)
    password: Password | None = None


class UserChange(_Form):
    """What shall be otherwise; what is not named stays."""

    role: Role | None = None
    subdistrict: str | None = Field(default=None, max_length=32)
    is_active: bool | None = None
    password: Password | None = None


class KeyOrder(_Form):
    """A key to make."""

    label: str = Field(min_length=1, max_length=128, description="What it is for.")
    user: str | None = Field(
        default=None, max_length=64, description="In whose name it acts; by default your own."
    )
    expires_at: AwareDatetime | None = None


class Openness(_Form):
    """Whether anybody may read a collection."""

    is_public: bool


@router.post("/token", summary="Sign in", operation_id="signIn", status_code=201)
async def sign_in(form: SignIn, request: Request, response: Response, store: Doorkeeper) -> Any:  # noqa: ANN401 - JSON
    """Change a name and a password for a token that lives half an hour."""
    address = request.client.host if request.client else ""

    def knock() -> Any:  # noqa: ANN401 - a SignedIn
        return store.sign_in(form.name, form.password.get_secret_value(), address=address)

    signed = await to_thread.run_sync(knock, limiter=HASHING)
    if signed is None:
        raise Problem(
            401,
            "This name and password do not open the door; after five failures it stays shut for "
            "a quarter of an hour.",
            headers=CHALLENGE,
        )
    return _hand_out(signed, request, response, now=store.now(), as_cookie=form.cookie)


@router.post("/token/renew", summary="Change a token for a new one", operation_id="renewToken")
def renew_token(caller: Known, request: Request, response: Response, store: Doorkeeper) -> Any:  # noqa: ANN401 - JSON
    """End the token shown and hand out another, until ten hours after the sign-in."""
    signed = store.renew(_own_token(caller, request))
    if signed is None:
        raise Problem(401, "This token cannot be renewed any more; sign in again.")
    as_cookie = caller.via == "cookie"
    return _hand_out(signed, request, response, now=store.now(), as_cookie=as_cookie)


@router.delete("/token", summary="Sign out", operation_id="signOut", status_code=204)
def sign_out(caller: Known, request: Request, store: Doorkeeper) -> Response:
    """End the token shown, at once and for all workers."""
    store.sign_out(_own_token(caller, request))
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response


@router.get("/me", summary="Tell who I am", operation_id="getMe")
def show_me(caller: Asker) -> dict[str, Any]:
    """Return who asks, as the service sees it; the public has no name and no role."""
    return {
        "name": caller.name or None,
        "role": caller.role,
        "subdistrict": caller.subdistrict,
        "via": caller.via,
        "permissions": sorted(caller.permissions),
    }


@router.post(
    "/me/password", summary="Change my password", operation_id="setMyPassword", status_code=204
)
async def change_my_password(
    form: NewPassword, caller: Known, request: Request, store: Doorkeeper
) -> None:
    """Set another password; every token of mine ends with that."""
    _own_token(caller, request)
    address = request.client.host if request.client else ""

    def change() -> bool:
        signed = store.sign_in(caller.name, form.old.get_secret_value(), address=address)
        if signed is None:
            return False
        store.sign_out(signed.token)
        store.set_password(caller.name, form.new.get_secret_value())
        return True

    if not await to_thread.run_sync(change, limiter=HASHING):
        raise Problem(403, "The old password is not right, or the account is shut for a while.")


@router.get("/users", summary="List all users", operation_id="getUsers")
def list_users(_: Admin, store: Doorkeeper) -> dict[str, Any]:
    """Return all accounts, closed ones too."""
    return {"users": [asdict(user) for user in store.users()]}


@router.post("/users", summary="Make an account", operation_id="addUser", status_code=201)
def add_user(form: NewUser, caller: Admin, store: Doorkeeper) -> dict[str, Any]:
    """Make an account with one role."""
    password = None if form.password is None else form.password.get_secret_value()
    user = store.add_user(
        form.name, role=form.role, subdistrict=form.subdistrict, password=password, by=caller.name
    )
    return asdict(user)


@router.get("/users/{user_name}", summary="Tell of a user", operation_id="getUser")
def show_user(user_name: UserName, _: Admin, store: Doorkeeper) -> dict[str, Any]:
    """Return one account."""
    return asdict(store.user(user_name))


@router.patch("/users/{user_name}", summary="Change an account", operation_id="changeUser")
def change_user(
    user_name: UserName, form: UserChange, caller: Admin, store: Doorkeeper
) -> dict[str, Any]:
    """Change role, subdistrict or password, close or open; tokens end where that matters."""
    if user_name == caller.name and (form.is_active is False or form.role not in {None, "admin"}):
        raise Problem(409, "Nobody shuts themselves out; let another admin do it.")
    user = store.change_user(
        user_name,
        role=form.role,
        subdistrict=form.subdistrict,
        is_active=form.is_active,
        password=None if form.password is None else form.password.get_secret_value(),
    )
    return asdict(user)


@router.get("/keys", summary="List keys", operation_id="getKeys")
def list_keys(
    caller: Known,
    store: Doorkeeper,
    user: Annotated[str | None, Query(max_length=64)] = None,
) -> dict[str, Any]:
    """Return my own keys; an admin sees those of all, or of one user."""
    name = user if caller.may("administer") else user or caller.name
    if name != caller.name and not caller.may("administer"):
        raise Problem(403, "Only an admin sees the keys of others.")
    return {"keys": [asdict(key) for key in store.keys(name)]}


@router.post("/keys", summary="Make a key", operation_id="addKey", status_code=201)
def add_key(form: KeyOrder, caller: Known, store: Doorkeeper) -> dict[str, Any]:
    """Make a key for a program; its secret is shown this once."""
    if caller.via == "key":
        raise Problem(403, "A key makes no keys; sign in.")
    name = form.user or caller.name
    if name != caller.name and not caller.may("administer"):
        raise Problem(403, "Only an admin makes keys for others.")
    made = store.add_key(name, label=form.label, expires_at=form.expires_at)
    return {"secret": made.secret, **asdict(made.key)}


@router.delete("/keys/{key_id}", summary="End a key", operation_id="endKey", status_code=204)
def end_key(
    key_id: Annotated[str, Path(min_length=1, max_length=64)], caller: Known, store: Doorkeeper
) -> None:
    """End a key at once; an admin may end anybody's."""
    owner = None if caller.may("administer") else caller.name
    if all(key.key_id != key_id for key in store.keys(owner)):
        raise Problem(404, f"You have no key {key_id}.")
    store.end_key(key_id)


@router.get(
    "/settings/collections", summary="Tell what the public reads", operation_id="getOpenness"
)
def list_openness(_: Admin, store: Doorkeeper) -> dict[str, Any]:
    """Return for each collection whether anybody may read it."""
    from geogrid.publish.features import COLLECTIONS

    shown = [{"id": name, "is_public": store.is_public(name)} for name in COLLECTIONS]
    return {"collections": shown}


@router.put(
    "/settings/collections/{collection}",
    summary="Open or close a collection for the public",
    operation_id="setOpenness",
)
def set_openness(
    collection: Annotated[str, Path(max_length=64)],
    form: Openness,
    _: Admin,
    store: Doorkeeper,
) -> dict[str, Any]:
    """Open or close a collection; every worker follows within a second."""
    from geogrid.publish.features import COLLECTIONS

    if collection not in COLLECTIONS:
        raise Problem(404, f"There is no such collection; there are {', '.join(COLLECTIONS)}.")
    store.set_public(collection, form.is_public)
    return {"id": collection, "is_public": form.is_public}


@router.get(
    "/audit",
    summary="Read the audit log",
    operation_id="getAudit",
    responses={200: {"content": {"application/json": {}, "text/csv": {}}}},
)
def read_audit(
    _: Auditor,
    store: Doorkeeper,
    *,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    user: Annotated[str | None, Query(max_length=64)] = None,
    action: Annotated[str | None, Query(max_length=64)] = None,
    subject: Annotated[str | None, Query(max_length=200)] = None,
    outcome: Annotated[str | None, Query(max_length=16)] = None,
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=_PAGE)] = 100,
    f: Literal["json", "csv"] = "json",
) -> Any:  # noqa: ANN401 - a page or a file
    """Return a page, newest first; ``f=csv`` all lines that fit. Reading it is written down too."""
    from geogrid.store.audit import Entry

    wanted = {
        "since": since,
        "until": until,
        "user_name": user,
        "action": action,
        "subject": subject,
        "outcome": outcome,
    }
    told = {name: str(value) for name, value in wanted.items() if value is not None}
    # in their own transaction, before anything is handed out
    store.record(Entry("audit.export" if f == "csv" else "audit.read", "audit", details=told))
    if f == "csv":
        return StreamingResponse(
            _as_csv(store, wanted),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="audit.csv"'},
        )
    rows = store.read_audit(**wanted, before=before, limit=limit)
    return {
        "rows": [row.as_dict() for row in rows],
        "next_before": rows[-1].audit_id if len(rows) == limit else None,
    }


def _as_csv(store: Any, wanted: dict[str, Any]) -> Iterator[str]:  # noqa: ANN401 - a Store
    """Write lines page by page, so that a long log needs no memory."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_AUDIT_COLUMNS)
    before = None
    while True:
        rows = store.read_audit(**wanted, before=before, limit=_PAGE)
        for row in rows:
            line = row.as_dict()
            writer.writerow([_cell(line[name]) for name in _AUDIT_COLUMNS])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
        if len(rows) < _PAGE:
            return
        before = rows[-1].audit_id


def _cell(value: object) -> str:
    """Write a cell that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if _FORMULA.match(text) else text


def _own_token(caller: Caller, request: Request) -> str:
    """Return the token shown; a key cannot do what takes a person."""
    if caller.via not in {"token", "cookie"}:
        raise Problem(403, "This takes a token; a key is not enough.")
    token: str = request.scope["geogrid.secret"]
    return token


def _hand_out(
    signed: Any,  # noqa: ANN401 - a SignedIn
    request: Request,
    response: Response,
    *,
    now: dt.datetime,
    as_cookie: bool,
) -> dict[str, Any]:
    """Return a token in the body, or in a cookie and nowhere else."""
    account = signed.account
    told = {
        "expires_at": signed.expires_at,
        "renew_until": signed.renew_until,
        "name": account.name,
        "role": account.role,
        "subdistrict": account.subdistrict,
    }
    if not as_cookie:
        return told | {"token": signed.token, "token_type": "Bearer"}
    left = signed.expires_at - now
    response.set_cookie(
        COOKIE,
        signed.token,
        max_age=max(0, int(left.total_seconds())),
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return told
