"""The service: one plan, handed out over HTTP, read-only and from memory.

Routes map a request to one library function and an error to problem details;
no geometry is computed here and nothing is decided about a plan. HTTP stops
at this door: `geogrid` itself knows none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geogrid_api.app import create_app
    from geogrid_api.serve import serve

__all__ = ["create_app", "serve"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module holds
    """Import a public name when it is first asked for."""
    if name == "create_app":
        from geogrid_api.app import create_app

        return create_app
    if name == "serve":
        from geogrid_api.serve import serve

        return serve
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
