"""The ledger of a community: a file for whoever is signed in and may take plans out."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from anyio import to_thread

from geogrid.publish.community_ledger import LedgerHead, ledger_geojson, ledger_workbook
from geogrid.store.calendar import CHINA
from geogrid_api.asgi import send_answer
from geogrid_api.operations import Operation, Parameter
from geogrid_api.parameters import read_serial
from geogrid_api.problems import CHALLENGE, Problem
from geogrid_api.routing import LANG, Route
from geogrid_api.sight import see_plan

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from geogrid.plans.plan import Plan
    from geogrid.store.store import Store
    from geogrid_api.access import Caller
    from geogrid_api.asgi import Scope, Send
    from geogrid_api.exports import ExportLog

__all__ = ["MapLedger"]

_FORMS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
}
_PRIVATE = {
    "cache-control": "private, no-store",
    "vary": "Authorization, Cookie, X-API-Key",
}
_LONGEST = 32
_PATH = "/map/ledger"


def _code(text: str) -> str:
    """Read the code of a community."""
    if len(text) > _LONGEST:
        msg = f"a code has at most {_LONGEST} characters"
        raise ValueError(msg)
    return text


_ROUTE = Route(
    Operation(
        _PATH,
        _PATH,
        "",
        "",
        cast("Any", None),
        parameters=(
            Parameter("plan", {"type": "integer"}, read_serial, "The plan.", required=True),
            Parameter("community", {"type": "string"}, _code, "Its code.", required=True),
            LANG,
        ),
        formats=_FORMS,
    )
)


class MapLedger:
    """Answer ``/map/ledger``.

    Parameters
    ----------
    served : Plan or Store
        What is handed out.
    identify : callable
        Scope to `Caller`.
    exports : ExportLog
        Notes who took what.
    """

    def __init__(
        self,
        served: Plan | Store,
        *,
        identify: Callable[[Scope], Awaitable[Caller]],
        exports: ExportLog,
    ) -> None:
        from geogrid.plans.plan import Plan

        self._plan = served if isinstance(served, Plan) else None
        self._store = None if isinstance(served, Plan) else served
        self._identify, self._exports = identify, exports

    @property
    def fronts(self) -> dict[str, Callable[[Scope, Send], Awaitable[None]]]:
        """Return what answers at each fixed address."""
        return {_PATH: self._send}

    async def _send(self, scope: Scope, send: Send) -> None:
        """Send a community's ledger in the form asked for."""
        asked = _ROUTE.read_query(scope["query_string"])
        caller = await self._identify(scope)
        if not caller.is_known:
            raise Problem(401, "Sign in first, or show a key.", headers=CHALLENGE)
        body, name = await to_thread.run_sync(self._made, caller, asked)
        form = asked.get("f", "xlsx")
        # old programs read the first name, all others the second
        plain = f"ledger-{asked['plan']}.{form}"
        headers = {
            **_PRIVATE,
            "content-disposition": (
                f'attachment; filename="{plain}"; '
                f"filename*=UTF-8''{quote(f'{name}.{form}', safe='')}"
            ),
        }
        await send_answer(scope, send, body, media=_FORMS[form], headers=headers)
        self._exports.add(scope, caller)

    def _made(self, caller: Caller, asked: Mapping[str, Any]) -> tuple[bytes, str]:
        """Return the file, and its name without the ending."""
        community = asked["community"]
        plan, head = self._of_plan(asked) if self._store is None else self._of_store(caller, asked)
        names = plan.district.communities.set_index("community_code")["name"]
        name = f"{names.get(community, community)}网格台账-{head.printed}"
        if asked.get("f") == "geojson":
            told = ledger_geojson(plan, community)
            return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(), name
        return ledger_workbook(plan, community, head, language=asked.get("lang", "zh")), name

    def _of_plan(self, asked: Mapping[str, Any]) -> tuple[Plan, LedgerHead]:
        """Return the one plan that is served."""
        if asked["plan"] != 0:
            raise Problem(404, "There is one plan here, number 0.")
        assert self._plan is not None  # noqa: S101 - without a store there is a plan
        today = dt.datetime.now(CHINA).date()
        return self._plan, LedgerHead(self._plan.district.name, "", today)

    def _of_store(self, caller: Caller, asked: Mapping[str, Any]) -> tuple[Plan, LedgerHead]:
        """Return a plan of the store, if the caller may take this community's rows out."""
        store, plan_id = self._store, asked["plan"]
        assert store is not None  # noqa: S101 - the other case is `_of_plan`
        sight = see_plan(store, caller, plan_id)
        if not caller.may("export"):
            raise Problem(403, f"The role {caller.role} may not do this (export).")
        if sight.communities is not None and asked["community"] not in sight.communities:
            raise Problem(403, "Your ledgers are of the communities of your own subdistrict.")
        info = sight.info
        head = LedgerHead(
            info.title,
            info.shown,
            store.today(),
            document_no=info.document_no or "",
            effective_date=info.effective_date,
        )
        return store.plan(plan_id), head
