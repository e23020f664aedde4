"""Plan files by the hash of their bytes: written once, checked whenever they are read."""

from __future__ import annotations

import hashlib
import tempfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geogrid.errors import StorageError
from geogrid.store.known import known_only
from geogrid.store.outlines import Outline, outline_of
from geogrid.store.plan_file import read_plan, read_report, write_plan
from geogrid.store.tables import documents

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Connection

    from geogrid.plans.plan import Plan

__all__ = [
    "PackedPlan",
    "bytes_of_plan",
    "pack_plan",
    "plan_of_bytes",
    "read_document",
    "read_outline",
    "report_of_bytes",
    "save_document",
]

# plan files shrink to a third; a higher level takes three times as long for 3 % less
_LEVEL = 1


class PackedPlan:
    """Hold a plan ready to be saved: made outside of any transaction, since it takes seconds.

    Parameters
    ----------
    raw : bytes
        Its GeoPackage.
    outline : Outline
        Who lies where in it.
    dropped : sequence of str
        Columns and layers that were left out of it.
    """

    def __init__(self, raw: bytes, outline: Outline, dropped: Sequence[str] = ()) -> None:
        self.outline = outline
        self.dropped = tuple(dropped)
        self.size = len(raw)
        self.sha256 = hashlib.sha256(raw).hexdigest()
        self.body = zlib.compress(raw, _LEVEL)


def pack_plan(plan: Plan) -> PackedPlan:
    """Write what a store knows of a plan as a GeoPackage and pack it.

    Parameters
    ----------
    plan : Plan
        Any plan.

    Returns
    -------
    PackedPlan
        For `save_document`; ``dropped`` names the columns that were left out.
    """
    kept, dropped = known_only(plan)
    return PackedPlan(bytes_of_plan(kept), outline_of(kept), dropped)


def bytes_of_plan(plan: Plan) -> bytes:
    """Return a plan's GeoPackage.

    Parameters
    ----------
    plan : Plan
        Any plan.

    Returns
    -------
    bytes
        The file.
    """
    with tempfile.TemporaryDirectory(prefix="geogrid-") as folder:
        path = Path(folder) / "plan.gpkg"
        write_plan(plan, path)
        return path.read_bytes()


def plan_of_bytes(raw: bytes) -> Plan:
    """Return the plan of a GeoPackage.

    Parameters
    ----------
    raw : bytes
        The file.

    Returns
    -------
    Plan
        Validated as any plan that is read.
    """
    with _filed(raw) as path:
        return read_plan(path)


def report_of_bytes(raw: bytes) -> dict[str, Any]:
    """Return the report of a GeoPackage, which is much faster than the plan.

    Parameters
    ----------
    raw : bytes
        The file.

    Returns
    -------
    dict
        The report, its provenance included.
    """
    with _filed(raw) as path:
        return read_report(path)


@contextmanager
def _filed(raw: bytes) -> Iterator[Path]:
    """Lay bytes down as a file for a while: GDAL reads no others."""
    with tempfile.TemporaryDirectory(prefix="geogrid-") as folder:
        path = Path(folder) / "plan.gpkg"
        path.write_bytes(raw)
        yield path


def save_document(connection: Connection, packed: PackedPlan, now: dt.datetime) -> str:
    """Save a packed plan unless the same bytes are there.

    Parameters
    ----------
    connection : Connection
        Inside a write.
    packed : PackedPlan
        From `pack_plan`.
    now : datetime
        The moment.

    Returns
    -------
    str
        Its hash.
    """
    known = sa.select(documents.c.sha256).where(documents.c.sha256 == packed.sha256)
    if connection.execute(known).first() is None:
        row = {
            "sha256": packed.sha256,
            "size": packed.size,
            "body": packed.body,
            "outline": packed.outline.pack(),
            "created_at": now,
        }
        connection.execute(documents.insert(), row)
    return packed.sha256


def read_document(connection: Connection, sha256: str) -> bytes:
    """Return a plan file, as it was saved to the last bit.

    Parameters
    ----------
    connection : Connection
        Any.
    sha256 : str
        Its hash.

    Returns
    -------
    bytes
        The GeoPackage.

    Raises
    ------
    StorageError
        If it is gone, or its bytes are others than those saved.
    """
    body = sa.select(documents.c.body).where(documents.c.sha256 == sha256)
    packed = connection.execute(body).scalar()
    try:
        raw = b"" if packed is None else zlib.decompress(packed)
    except zlib.error:
        raw = b""
    if hashlib.sha256(raw).hexdigest() != sha256:
        msg = (
            f"Plan file {sha256[:12]} of the store is damaged or gone; run `geogrid store check`, "
            "then restore a backup."
        )
        raise StorageError(msg, sha256=sha256)
    return raw


def read_outline(connection: Connection, sha256: str) -> Outline:
    """Return the outline of a plan file.

    Parameters
    ----------
    connection : Connection
        Any.
    sha256 : str
        Its hash.

    Returns
    -------
    Outline
        As saved.

    Raises
    ------
    StorageError
        If it is gone or damaged.
    """
    column = sa.select(documents.c.outline).where(documents.c.sha256 == sha256)
    packed = connection.execute(column).scalar()
    try:
        return Outline.unpack(b"" if packed is None else packed)
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        msg = f"The outline of plan file {sha256[:12]} is damaged; run `geogrid store check`."
        raise StorageError(msg, sha256=sha256) from error
