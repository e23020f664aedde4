"""Hold a layer as the file library reads it, within bounds, before it is named and judged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from geogrid.errors import InputError
from geogrid.sources.findings import Finding
from geogrid.sources.geopackage import readable

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MOST_BYTES", "CrsFrom", "RawLayer", "encoding_note", "read_raw", "require_small"]

CrsFrom = Literal["file", "format", "none"]

# a district's outlines are some ten megabytes
MOST_BYTES = 512 << 20
_MOST_ROWS = 200_000


@dataclass
class RawLayer:
    """Hold columns and shapes while they are made a layer."""

    columns: dict[str, Any]
    shapes: NDArray[Any]
    crs: Any
    findings: list[Finding]
    cut: frozenset[str] = frozenset()
    crs_from: CrsFrom = "file"


def encoding_note(path: Path, encoding: str) -> Finding:
    """Note an encoding that was found out; a text to look at is added once columns are known."""
    told = {"encoding": encoding}
    return Finding("encoding_found", "note", path.name, field="file", told=told)


def require_small(path: Path, most: int) -> None:
    """Raise InputError if a file has more bytes than are read."""
    if path.stat().st_size > most:
        msg = f"{path.name} is larger than {most >> 20} MB; hand in this layer alone."
        raise InputError(msg, path=str(path))


def read_raw(
    source: Path | bytes,
    *,
    name: Path | None = None,
    **options: Any,  # noqa: ANN401 - forwarded to the library
) -> tuple[dict[str, Any], NDArray[Any], list[NDArray[Any]]]:
    """Read one layer in well-known binary, one row more than is taken, and require few.

    A system that the file library passes on and the one for systems cannot read is none.
    """
    from pyogrio.raw import read
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    path = name or Path(source if isinstance(source, Path) else "")
    with readable(path):
        meta, _, shapes, data = read(source, max_features=_MOST_ROWS + 1, **options)
    if shapes is None:
        msg = f"{path.name} holds no shapes; hand in the layer with its outlines."
        raise InputError(msg, path=str(path))
    if len(shapes) > _MOST_ROWS:
        msg = f"{path.name} holds more than {_MOST_ROWS:,} rows; hand in one district."
        raise InputError(msg, path=str(path))
    try:
        CRS.from_user_input(meta["crs"] or "EPSG:4326")
    except CRSError:
        meta["crs"] = None
    return meta, shapes, list(data)
