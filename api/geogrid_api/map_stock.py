"""What the web map reads of plans, made once for each audience and kept, zipped."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from anyio import to_thread

from geogrid import __version__
from geogrid.publish.audience import rows_seen
from geogrid.publish.ground import Ground
from geogrid.publish.layout import Layouts
from geogrid.store.room import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geogrid.plans.plan import Plan
    from geogrid.publish.audience import Audience
    from geogrid.store.records import Draft

__all__ = ["Document", "MapStock", "Packed", "Wanted"]

# as many districts as a store keeps at hand
_N_DOCUMENTS = 3
# a ground of ten districts has 2.4 MB, a layout 0.1 MB
_KEPT_BYTES = 48_000_000
_LEVEL = 6
# raised whenever the same plan would be written otherwise
_FORM = 1


@dataclass(frozen=True, slots=True)
class Packed:
    """Hold a finished answer.

    Parameters
    ----------
    zipped : bytes
        JSON with gzip; whoever cannot read it gets it unzipped, which is rare.
    etag : str
        Names this content.
    """

    zipped: bytes
    etag: str


@dataclass(frozen=True)
class Document:
    """Name a plan's file.

    Parameters
    ----------
    name : str
        Never of two files.
    district_code : str
        Its district.
    load : callable
        Returns the plan.
    """

    name: str
    district_code: str
    load: Callable[[], Plan]

    def key(self, audience: Audience) -> str:
        """Return the key of its ground for an audience; the same in every process."""
        layers = None if audience.layers is None else sorted(audience.layers)
        said = (__version__, _FORM, self.name, self.district_code)
        told = repr((said, audience.is_known, audience.within, layers))
        return blake2b(told.encode(), digest_size=9).hexdigest()


@dataclass(frozen=True)
class Wanted:
    """Say what somebody may get.

    Parameters
    ----------
    what : {"ground", "detail", "layout"}
        Which.
    document : Document
        The file it comes from.
    audience : Audience
        Who reads.
    plan : mapping
        The plan as ``PlanInfo`` of ``types.ts``; needed for a layout, as is the next.
    draft : Draft or None
        How it stands; None: as in the file.
    locks : tuple of str
        Those that the audience sees.
    """

    what: Literal["ground", "detail", "layout"]
    document: Document
    audience: Audience
    plan: Mapping[str, Any]
    draft: Draft | None = None
    locks: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """Return what tells this answer from every other."""
        own = (self.what, self.document.key(self.audience))
        if self.what != "layout":
            return own
        revision = "" if self.draft is None else str(self.draft.revision)
        return (*own, revision, json.dumps(dict(self.plan)))


class MapStock:
    """Make answers in threads, each once however many ask, and keep those asked for last."""

    def __init__(self) -> None:
        self._grounds: Shelf[str, Ground] = Shelf(_N_DOCUMENTS)
        self._layouts: Shelf[str, Layouts] = Shelf(_N_DOCUMENTS)
        self._reading = Lock()
        self._kept: OrderedDict[tuple[str, ...], Packed] = OrderedDict()
        self._n_bytes = 0
        self._making: dict[tuple[str, ...], asyncio.Task[Packed]] = {}

    async def get(self, wanted: Wanted) -> Packed:
        """Return an answer.

        Parameters
        ----------
        wanted : Wanted
            Which.

        Returns
        -------
        Packed
            At once if it is kept; else after about a second for a ground.
        """
        key = wanted.key
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        task = self._making.get(key)
        if task is None:
            task = asyncio.create_task(self._make_and_keep(key, wanted))
            self._making[key] = task
            task.add_done_callback(lambda _: self._making.pop(key, None))
        # one who goes away does not take it from the others
        return await asyncio.shield(task)

    async def _make_and_keep(self, key: tuple[str, ...], wanted: Wanted) -> Packed:
        """Make an answer, and let the one used longest ago make room."""
        made = await to_thread.run_sync(self._make, wanted)
        self._kept[key] = made
        self._n_bytes += len(made.zipped)
        while self._n_bytes > _KEPT_BYTES and len(self._kept) > 1:
            _, old = self._kept.popitem(last=False)
            self._n_bytes -= len(old.zipped)
        return made

    def _make(self, wanted: Wanted) -> Packed:
        """Write an answer."""
        document, audience = wanted.document, wanted.audience
        key = document.key(audience)
        body: dict[str, Any]
        if wanted.what == "layout":
            layouts = self._layouts_of(document)
            draft = wanted.draft
            body = {"ground": key, "plan": dict(wanted.plan)}
            body |= layouts.layout(
                rows_seen(layouts.plan, audience),
                audience,
                assignment=None if draft is None else draft.assignment,
                names=None if draft is None else draft.names,
                locks=wanted.locks,
            )
        else:
            ground = self._ground_of(document)
            made = ground.ground if wanted.what == "ground" else ground.detail
            body = {"key": key, **made(audience)}
        text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        raw = text.encode()
        return Packed(gzip.compress(raw, _LEVEL, mtime=0), blake2b(raw, digest_size=12).hexdigest())

    def _ground_of(self, document: Document) -> Ground:
        """Return what makes the ground of a file."""
        name = f"{document.name} {document.district_code}"
        # ground and detail are asked for at a time
        with self._reading:
            return self._grounds.get(name) or self._grounds.put(
                name, Ground(document.load(), code=document.district_code)
            )

    def _layouts_of(self, document: Document) -> Layouts:
        """Return what makes the layouts of a file."""
        with self._reading:
            return self._layouts.get(document.name) or self._layouts.put(
                document.name, Layouts(document.load())
            )
