"""The application: which address answers with which document of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.responses import RedirectResponse, Response

from geogrid_api.problems import add_handlers
from geogrid_api.published import Published

if TYPE_CHECKING:
    from geogrid.plans.plan import Plan

__all__ = ["create_app"]


def create_app(plan: Plan) -> FastAPI:
    """Build the service that hands out one plan.

    Parameters
    ----------
    plan : Plan
        Served read-only; every document is made when first asked for.

    Returns
    -------
    FastAPI
        ``/map``, ``/collections``, ``/collections/{layer}/items``,
        ``/healthz``; ``/`` leads to the map. No page loads anything from
        elsewhere, hence no interactive documentation.
    """
    published = Published(plan)
    app = FastAPI(title=plan.district.name or "geogrid", docs_url=None, redoc_url=None)
    add_handlers(app)

    @app.get("/", include_in_schema=False)
    def home() -> RedirectResponse:
        """Lead to the map."""
        return RedirectResponse("map")

    @app.get("/map", response_class=Response)
    def map_page() -> Response:
        """Return the map as one HTML page."""
        return Response(published.page(), media_type="text/html; charset=utf-8")

    @app.get("/collections")
    def collections() -> dict[str, Any]:
        """List the layers."""
        return {"collections": [_collection(name) for name in published.layers()]}

    @app.get("/collections/{layer}/items", response_class=Response)
    def items(layer: str) -> Response:
        """Return one layer as GeoJSON."""
        return Response(published.layer(layer), media_type="application/geo+json")

    @app.get("/healthz")
    def health() -> dict[str, Any]:
        """Say that the service is up, and with what."""
        return {"status": "ok", "n_grids": plan.n_grids}

    return app


def _collection(name: str) -> dict[str, Any]:
    """Describe one layer in the words of OGC API Features."""
    link = {"rel": "items", "type": "application/geo+json", "href": f"/collections/{name}/items"}
    return {"id": name, "itemType": "feature", "links": [link]}
