"""The map of a version as one page, made once, with a policy that fits it exactly."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import tempfile
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.plans.plan import Plan

__all__ = ["MapPage", "MapPages", "page_policy"]

# a page of Shinan has 3 MB; versions beside the one in force are rarely looked at
_N_PAGES = 8

_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)
_STYLE = re.compile(r"<style[^>]*>(?P<text>.*?)</style>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class MapPage:
    """Hold a finished page.

    Parameters
    ----------
    body, zipped : bytes
        HTML, plain and gzip.
    etag : str
        Hash of the page.
    policy : str
        Content security policy that allows this page's own scripts and styles only.
    """

    body: bytes
    zipped: bytes
    etag: str
    policy: str


class MapPages:
    """Keep the pages of the versions last asked for.

    Parameters
    ----------
    plan_of : callable
        Number of a plan to the plan.
    """

    def __init__(self, plan_of: Callable[[int], Plan]) -> None:
        self._plan_of = plan_of
        self._pages: OrderedDict[int, MapPage] = OrderedDict()
        # two first readers at once must not both do the work
        self._lock = Lock()

    def page(self, plan_id: int) -> MapPage:
        """Return a plan's page; made in a second or two when first asked for.

        Parameters
        ----------
        plan_id : int
            0: the one plan that is served from its file.

        Returns
        -------
        MapPage
            The same for as long as it is kept.
        """
        with self._lock:
            page = self._pages.get(plan_id)
            if page is None:
                page = self._pages[plan_id] = _make(self._plan_of(plan_id))
                while len(self._pages) > _N_PAGES:
                    self._pages.popitem(last=False)
            self._pages.move_to_end(plan_id)
            return page


def _make(plan: Plan) -> MapPage:
    """Draw a plan's page."""
    from geogrid.publish.maps import write_map

    with tempfile.TemporaryDirectory(prefix="geogrid-") as folder:
        path = Path(folder) / "map.html"
        write_map(plan, path)
        body = path.read_bytes()
    return MapPage(
        body=body,
        zipped=gzip.compress(body, 6, mtime=0),
        etag=hashlib.blake2b(body, digest_size=12).hexdigest(),
        policy=page_policy(body.decode("utf-8")),
    )


def page_policy(page: str) -> str:
    """Return the strictest policy under which a page of ours works.

    Parameters
    ----------
    page : str
        HTML with its scripts and styles inside.

    Returns
    -------
    str
        Nothing from elsewhere; of scripts and styles only those whose hash is named.

    Examples
    --------
    >>> page_policy("<script>go()</script>").split("; ")[1]
    "script-src 'sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw='"
    """
    scripts = [
        found["text"]
        for found in _SCRIPT.finditer(page)
        if "application/json" not in found["attributes"]
    ]
    styles = [found["text"] for found in _STYLE.finditer(page)]
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {_sources(scripts)}",
            f"style-src {_sources(styles)}",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _sources(texts: list[str]) -> str:
    """Name texts by their hash."""
    hashes = [
        base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode() for text in texts
    ]
    return " ".join(f"'sha256-{digest}'" for digest in dict.fromkeys(hashes)) or "'none'"
