"""Views for desktop GIS: the version in force as PostGIS layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["make_views"]


def make_views(connection: Connection) -> None:
    """Make the views."""
