"""The application: which address answers with which document of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.responses import Response

from geogrid_api import ogc
from geogrid_api.access import LOCAL, Caller
from geogrid_api.front import Part, front_operations
from geogrid_api.library import Library
from geogrid_api.problems import add_handlers
from geogrid_api.published import Published
from geogrid_api.reader import Reader

if TYPE_CHECKING:
    from geogrid.plans.plan import Plan

__all__ = ["create_app"]


async def _local(scope: Any) -> Caller:  # noqa: ANN401 - as the reader asks for it
    """Tell that whoever asks sits at this computer."""
    del scope
    return LOCAL


def create_app(plan: Plan) -> Reader:
    """Build the service that hands out one plan.

    Parameters
    ----------
    plan : Plan
        Served read-only; every document is made when first asked for.

    Returns
    -------
    Reader
        An ASGI application: the OGC API from ``/`` on, ``/map``, ``/healthz``. No page loads
        anything from elsewhere, hence no interactive documentation.
    """
    published = Published(plan)
    library = Library.of_plan(plan)
    title = plan.district.name or "geogrid"
    app = FastAPI(title=title, docs_url=None, redoc_url=None, openapi_url=None)
    add_handlers(app)

    @app.get("/map", response_class=Response)
    def map_page() -> Response:
        """Return the map as one HTML page."""
        return Response(published.page(), media_type="text/html; charset=utf-8")

    @app.get("/healthz")
    def health() -> dict[str, Any]:
        """Say that the service is up, and with what."""
        return {"status": "ok", "n_grids": plan.n_grids}

    operations = front_operations([Part.of(ogc)], others=app.openapi)
    return Reader(operations, lambda: library, _local, app)
