"""Who asks and what they may do: one table of roles, looked up once a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from geogrid.store.accounts import PERMISSIONS

if TYPE_CHECKING:
    from geogrid.store.accounts import Permission, Role

__all__ = ["ANONYMOUS", "LOCAL", "Caller"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Name who asks.

    Parameters
    ----------
    name : str
        User name; empty for the public.
    role : Role or None
        None for the public.
    subdistrict : str or None
        A clerk's own subdistrict.
    via : {"nobody", "token", "key", "cookie", "local"}
        How they showed who they are. ``local``: one plan served to this computer only.
    """

    name: str = ""
    role: Role | None = None
    subdistrict: str | None = None
    via: Literal["nobody", "token", "key", "cookie", "local"] = "nobody"

    @property
    def is_known(self) -> bool:
        """Tell whether this is not the public."""
        return self.via != "nobody"

    @property
    def permissions(self) -> frozenset[Permission]:
        """Return all that the caller's role allows."""
        return frozenset() if self.role is None else PERMISSIONS[self.role]

    def may(self, permission: Permission) -> bool:
        """Tell whether the caller's role allows something."""
        return permission in self.permissions


ANONYMOUS = Caller()
LOCAL = Caller(role="viewer", via="local")
