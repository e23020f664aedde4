"""The web map: its page and files for anybody, and what it reads of plans for whoever may.

Its addresses belong to the page and change with it; programs of others read the collections
and the plans. That is why they do not stand in ``/api``.
"""

from __future__ import annotations

import gzip
import json
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal, cast

from anyio import to_thread

from geogrid.locale import phrases
from geogrid.publish.audience import Audience
from geogrid.publish.features import COLLECTIONS
from geogrid_api.asgi import send_answer
from geogrid_api.basemap import Basemap
from geogrid_api.map_plans import district_wire, one_plan, plan_wire
from geogrid_api.map_stock import Document, MapStock, Wanted
from geogrid_api.negotiation import matches, takes_gzip
from geogrid_api.operations import Operation, Parameter
from geogrid_api.parameters import read_serial
from geogrid_api.problems import CHALLENGE, Problem
from geogrid_api.routing import Route
from geogrid_api.sight import may_see, see_plan
from geogrid_api.web_files import WebFiles
from geogrid_api.wire import plan_tag

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from geogrid.plans.plan import Plan
    from geogrid.store.records import PlanInfo
    from geogrid.store.store import Store
    from geogrid_api.access import Caller
    from geogrid_api.asgi import Scope, Send
    from geogrid_api.exports import ExportLog
    from geogrid_api.library import Library
    from geogrid_api.settings import Settings

__all__ = ["WebMap"]

_JSON = "application/json"
_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "public, max-age=0, must-revalidate"
_ONE_DAY = "public, max-age=86400"
# what nobody but the asker may keep, and whose it is
_PRIVATE = "private, max-age=0, must-revalidate"
_WHO = "Accept-Encoding, Authorization, Cookie, X-API-Key"
# what the grids are drawn from: without these the public sees no map
_NEEDED = ("courtyards", "gov_grids")
_FILES = "/map/"
_BASEMAP = "/map/basemap/"
_MOST_ZOOM = 24

_What = Literal["ground", "detail", "layout"]


def _route(path: str, *parameters: Parameter) -> Route:
    """Return what reads the parameters of an address, by the rules of the house."""
    formats = {"json": _JSON}
    row = Operation(path, path, "", "", cast("Any", None), parameters=parameters, formats=formats)
    return Route(row)


_NUMBER = {"type": "integer", "minimum": 0}
_PLAN = Parameter(
    "plan", _NUMBER, read_serial, "The plan; 0: the one that is served.", required=True
)
_REVISION = Parameter("revision", _NUMBER, read_serial, "An older revision.")
_START = _route("/map/start")
_READS: dict[_What, Route] = {
    "ground": _route("/map/ground", _PLAN),
    "detail": _route("/map/detail", _PLAN),
    "layout": _route("/map/layout", _PLAN, _REVISION),
}


class WebMap:
    """Answer everything below ``/map``.

    Parameters
    ----------
    served : Plan or Store
        What is handed out.
    settings : Settings
        Review number and basemap.
    library : callable
        Returns what is served now; awaited, since it may still be being read.
    identify : callable
        Scope to `Caller`.
    exports : ExportLog
        Notes who took what.
    """

    def __init__(
        self,
        served: Plan | Store,
        *,
        settings: Settings,
        library: Callable[[], Awaitable[Library]],
        identify: Callable[[Scope], Awaitable[Caller]],
        exports: ExportLog,
    ) -> None:
        from geogrid.plans.plan import Plan

        self._plan = served if isinstance(served, Plan) else None
        self._store = None if isinstance(served, Plan) else served
        self._library, self._identify, self._exports = library, identify, exports
        self._review_no = settings.review_no
        self._basemap = Basemap(settings.basemap, settings.basemap_attribution)
        self._stock = MapStock()
        self.files = WebFiles()
        self.policy = _policy(self._basemap.origin)
        self._name_of_plan = ""

    @property
    def fronts(self) -> dict[str, Callable[[Scope, Send], Awaitable[None]]]:
        """Return what answers at each fixed address."""

        def reads(what: _What) -> Callable[[Scope, Send], Awaitable[None]]:
            async def answer(scope: Scope, send: Send) -> None:
                await self._read(scope, send, what)

            return answer

        return {
            "/map": self._page,
            "/map/start": self._start,
            **{f"/map/{what}": reads(what) for what in _READS},
        }

    def front_of(self, path: str) -> Callable[[Scope, Send], Awaitable[None]] | None:
        """Return what answers at one of the page's files, None if there is no such file.

        Parameters
        ----------
        path : str
            As it was asked for.

        Returns
        -------
        callable or None
            As in `fronts`.
        """
        if path.startswith(_BASEMAP):
            return self._tile
        if path.startswith(_FILES) and self.files.part(path[len(_FILES) :]) is not None:
            return self._file
        return None

    async def prepare(self, plan_id: int) -> None:
        """Make the ground of a version ahead, so that its first reader need not wait.

        Parameters
        ----------
        plan_id : int
            In force.
        """
        store = self._store
        if store is None:
            return
        library = await self._library()
        document = _document(store, await to_thread.run_sync(store.plan_info, plan_id))
        for audience in (Audience(), *([_public(library)] if _is_open(library) else [])):
            await self._stock.get(Wanted("ground", document, audience, {}))

    async def _page(self, scope: Scope, send: Send) -> None:
        """Send the page: the same for everybody, and no data in it."""
        page = await to_thread.run_sync(self.files.page)
        headers = {"content-security-policy": self.policy, "cache-control": _ASK_AGAIN}
        await _send(
            scope, send, page.body, page.zipped, media=page.media, etag=page.etag, **headers
        )

    async def _file(self, scope: Scope, send: Send) -> None:
        """Send one of the page's files; its name changes with its content."""
        file = self.files.part(scope["path"][len(_FILES) :])
        assert file is not None  # noqa: S101 - front_of looked
        scope["geogrid.route"] = "/map/{file}"
        headers = {"cache-control": _FOREVER}
        await _send(
            scope, send, file.body, file.zipped, media=file.media, etag=file.etag, **headers
        )

    async def _tile(self, scope: Scope, send: Send) -> None:
        """Send a picture of the basemap that lies on this machine."""
        scope["geogrid.route"] = "/map/basemap/{z}/{x}/{y}"
        told = scope["path"][len(_BASEMAP) :].split("/")
        is_place = len(told) == 3 and all(one.isascii() and one.isdigit() for one in told)
        found = None
        if is_place and all(len(one) <= 8 for one in told) and int(told[0]) <= _MOST_ZOOM:
            place = tuple(map(int, told))
            found = await to_thread.run_sync(self._basemap.tile, place)
        if found is None:
            raise Problem(404, "There is no such picture of the basemap.")
        etag = blake2b(found[0], digest_size=12).hexdigest()
        headers = {"cache-control": _ONE_DAY}
        await _send(scope, send, found[0], b"", media=found[1], etag=etag, **headers)

    async def _start(self, scope: Scope, send: Send) -> None:
        """Say who asks, and what there is to see."""
        _START.read_query(scope["query_string"])
        library = await self._library()
        caller = await self._identify(scope)
        body = await to_thread.run_sync(self._told, library, caller)
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"cache-control": "no-store", "vary": _WHO}
        await send_answer(scope, send, text, media=_JSON, headers=headers)

    def _told(self, library: Library, caller: Caller) -> dict[str, Any]:
        """Write what the map starts with."""
        me = {
            "name": caller.name,
            "role": caller.role,
            "subdistrict": caller.subdistrict,
            "permissions": sorted(caller.permissions),
        }
        return {
            "title": library.about.title or phrases("zh", "pages")["service"],
            "has_accounts": self._store is not None,
            "me": me if caller.name else None,
            "review_no": self._review_no or None,
            "basemap": self._basemap.wire(),
            "districts": self._districts(library, caller),
        }

    def _districts(self, library: Library, caller: Caller) -> list[dict[str, Any]]:
        """Return the districts, each with the versions that the caller may open."""
        if self._store is None:
            own = library.at(None, public=False).versions[0]
            plan = one_plan(own.district_code, own.title)
            return [district_wire(own.district_code, own.title, [plan])]
        if caller.may("read"):
            plans = [info for info in self._store.plans() if may_see(info, caller)]
            told = [plan_wire(info, is_known=True) for info in plans]
        else:
            # the public knows versions in force and nothing else
            plans = self._store.in_force()
            is_open = _is_open(library)
            told = [plan_wire(info, is_known=False) if is_open else {} for info in plans]
        by_district: dict[str, tuple[int, list[dict[str, Any]]]] = {}
        for info, plan in zip(plans, told, strict=True):
            by_district.setdefault(info.district_code, (info.plan_id, []))[1].append(plan)
        return [
            district_wire(code, self._store.outline(plan_id).district_name or code, found)
            for code, (plan_id, found) in sorted(by_district.items())
        ]

    async def _read(self, scope: Scope, send: Send, what: _What) -> None:
        """Send a ground, a detail or a layout to whoever may see it."""
        asked = _READS[what].read_query(scope["query_string"])
        library = await self._library()
        caller = await self._identify(scope)

        def look() -> Wanted:
            if self._store is None:
                return self._of_plan(library, what, asked)
            return self._of_store(library, caller, what, asked)

        packed = await self._stock.get(await to_thread.run_sync(look))
        etag = packed.etag
        headers = {"cache-control": _PRIVATE if caller.is_known else _ASK_AGAIN, "vary": _WHO}
        is_new = await _send(scope, send, None, packed.zipped, media=_JSON, etag=etag, **headers)
        if is_new:
            self._exports.add(scope, caller)

    def _of_plan(self, library: Library, what: _What, asked: Mapping[str, Any]) -> Wanted:
        """Return what is wanted of the one plan that is served."""
        if asked["plan"] != 0 or asked.get("revision"):
            raise Problem(404, "There is one plan here, number 0, without revisions.")
        assert self._plan is not None  # noqa: S101 - without a store there is a plan
        plan, snapshot = self._plan, library.at(None, public=False)
        own = snapshot.versions[0]
        if not self._name_of_plan:
            report = json.dumps(plan.report, sort_keys=True, default=str).encode()
            self._name_of_plan = f"{snapshot.tag} {blake2b(report, digest_size=9).hexdigest()}"
        document = Document(self._name_of_plan, own.district_code, lambda: plan)
        return Wanted(what, document, Audience(), one_plan(own.district_code, own.title))

    def _of_store(
        self, library: Library, caller: Caller, what: _What, asked: Mapping[str, Any]
    ) -> Wanted:
        """Return what is wanted of a plan of the store, if the caller may see it."""
        store, plan_id = self._store, asked["plan"]
        assert store is not None  # noqa: S101 - the other case is `_of_plan`
        within = None
        locks: tuple[str, ...] = ()
        draft = None
        if caller.may("read"):
            sight = see_plan(store, caller, plan_id)
            info, within = sight.info, sight.within
            audience = Audience(within=within)
        else:
            in_force = {version.plan_id for version in library.at(None, public=True).versions}
            if not _is_open(library) or plan_id not in in_force or asked.get("revision"):
                raise Problem(401, "Sign in first, or show a key.", headers=CHALLENGE)
            info = store.plan_info(plan_id)
            audience = _public(library)
        if what == "layout":
            draft = store.draft(plan_id, at_revision=asked.get("revision"))
            info = draft.info
            if caller.may("read"):
                locks = tuple(sight.subjects(sorted(draft.locks)))
        document = _document(store, info)
        plan = plan_wire(info, is_known=caller.is_known)
        if draft is not None and draft.revision != info.revision:
            plan |= {"revision": draft.revision, "etag": plan_tag(plan_id, draft.revision)}
        return Wanted(what, document, audience, plan, draft, locks)


def _document(store: Store, info: PlanInfo) -> Document:
    """Return the file that a plan's ground is made of."""
    name = info.final_document or info.start_document
    return Document(name, info.district_code, lambda: store.standing_on(info.plan_id))


def _public(library: Library) -> Audience:
    """Return the public, and what is open to it."""
    layers = frozenset(name for name in COLLECTIONS if library.is_public(name))
    return Audience(is_known=False, layers=layers)


def _policy(origin: str) -> str:
    """Return the page's policy: its own files, and the pictures of a stated basemap."""
    more = f" {origin}" if origin else ""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' data: blob:{more}",
            "font-src 'self'",
            f"connect-src 'self'{more}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _is_open(library: Library) -> bool:
    """Tell whether the public may see a map at all."""
    return all(library.is_public(name) for name in _NEEDED)


async def _send(
    scope: Scope,
    send: Send,
    body: bytes | None,
    zipped: bytes,
    *,
    media: str,
    etag: str,
    **headers: str,
) -> bool:
    """Send an answer, zipped if the asker can read that; return whether they did not have it."""
    asked: dict[bytes, bytes] = dict(scope["headers"])
    is_zipped = bool(zipped) and takes_gzip(asked.get(b"accept-encoding", b"").decode("latin-1"))
    lines = {name.replace("_", "-"): value for name, value in headers.items()}
    lines.setdefault("vary", "Accept-Encoding")
    lines["etag"] = f'"{etag}-gzip"' if is_zipped else f'"{etag}"'
    if matches(asked.get(b"if-none-match", b""), lines["etag"].encode()):
        await send_answer(scope, send, b"", media="", status=304, headers=lines)
        return False
    if is_zipped:
        lines["content-encoding"] = "gzip"
        shown = zipped
    else:
        shown = gzip.decompress(zipped) if body is None else body
    await send_answer(scope, send, shown, media=media, headers=lines)
    return True
