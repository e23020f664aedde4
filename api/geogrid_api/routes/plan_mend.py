"""Mend: better grids for communities of a draft, proposed and not saved."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Request, Response

from geogrid_api.access import Caller
from geogrid_api.problems import Problem
from geogrid_api.routes.desk import Doorkeeper, IfMatch, Seen, answer, heeding, strict
from geogrid_api.security import needs
from geogrid_api.wire import MendOrder

__all__ = ["router"]

router = APIRouter(tags=["Plans"], dependencies=[Depends(strict)])

Editor = Annotated[Caller, Depends(needs("edit"))]

# layouts computed at the same time in one worker, those that wait for one of these places, and
# after how many seconds whoever finds no place may ask again
_MOST, _MOST_WAITING, _RETRY_S = 2, 8, 5


class Bench:
    """Keep the places at which layouts are mended, so that other requests get their turn."""

    def __init__(self) -> None:
        self._places = CapacityLimiter(_MOST)
        self._n = 0

    @contextmanager
    def place(self) -> Iterator[CapacityLimiter]:
        """Let a caller in, or refuse it where too many wait already.

        Yields
        ------
        CapacityLimiter
            For the thread that does the work.

        Raises
        ------
        Problem
            503 with ``Retry-After``.
        """
        if self._n >= _MOST + _MOST_WAITING:
            raise Problem(
                503,
                "Too many layouts are being mended; try again in a moment.",
                headers={"Retry-After": str(_RETRY_S)},
            )
        self._n += 1
        try:
            yield self._places
        finally:
            self._n -= 1


def _bench(request: Request) -> Any:  # noqa: ANN401 - FastAPI would make a model of it
    """Return the bench of this worker."""
    state = request.app.state
    if not hasattr(state, "bench"):
        state.bench = Bench()
    return state.bench


Places = Annotated[Any, Depends(_bench)]


@router.post(
    "/plans/{plan_id}/mend",
    summary="Propose better grids for some communities of a draft; nothing is saved",
    operation_id="mend",
    responses={
        409: {"description": "The plan is no draft any more."},
        412: {"description": "Others edited since."},
        428: {"description": "If-Match is missing."},
        503: {"description": "Too many wait already; try again."},
    },
)
async def mend(
    order: MendOrder,
    sight: Seen,
    store: Doorkeeper,
    caller: Editor,
    expected: IfMatch,
    bench: Places,
) -> Response:
    """Solve the communities anew under every rule and lock, moving as few households as pays.

    ``edits`` are what ``POST /plans/{id}/moves`` takes; sent there as they are, they give
    ``assignment``.
    """
    within = caller.subdistrict if caller.role == "clerk" else None

    def work() -> Any:  # noqa: ANN401 - a Mended
        return store.mend(
            sight.info.plan_id,
            order.communities,
            expected=expected,
            within=within,
            seconds=order.seconds,
        )

    with heeding(sight), bench.place() as limiter:
        found = await to_thread.run_sync(work, limiter=limiter)
    body = asdict(found) | {"revision": expected, "moved": len(found.moved)}
    return answer(body, plan=(sight.info.plan_id, expected))
