"""Publication: from a draft to a version that everybody reads and nobody changes."""

from __future__ import annotations

from geogrid.store.reviews import Reviews

__all__ = ["Publication"]


class Publication(Reviews):
    """Lead plans through their life."""
