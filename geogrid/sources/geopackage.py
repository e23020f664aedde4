"""Write and read the tables of a GeoPackage, whole or not at all."""

from __future__ import annotations

import logging
import sqlite3
import warnings
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geogrid.errors import EncodingError, InputError, StorageError
from geogrid.files import replacing
from geogrid.locale import LANGUAGES, phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd

__all__ = ["read_tables", "readable", "require_file", "require_geopackage", "write_tables"]

_LOG = logging.getLogger(__name__)

# rows written at a time
_ROWS = 50_000
# a fixed stamp: two writings of one district differ in SQLite's own counters only
_LAST_CHANGE = "1970-01-01T00:00:00.000Z"


def write_tables(tables: Mapping[str, pd.DataFrame], path: Path | str) -> None:
    """Write layers into a GeoPackage, replacing an older file whole or not at all.

    Parameters
    ----------
    tables : mapping of str to DataFrame or GeoDataFrame
        Layer name to rows; frames without geometry become attribute tables.
    path : Path or str
        A file ending in ``.gpkg``. The same tables give the same content.

    Raises
    ------
    InputError
        If the path does not end in ``.gpkg``.
    StorageError
        If writing fails; an older file stays as it was.
    """
    path = Path(path)
    if path.suffix.lower() != ".gpkg":
        msg = f"{path.name} is not a GeoPackage name; end it in .gpkg."
        raise InputError(msg, path=str(path))
    with replacing(path) as aside:
        try:
            with _quiet():
                for layer, frame in tables.items():
                    _write_layer(frame, aside, layer)
            with closing(sqlite3.connect(aside)) as database, database:
                database.execute("UPDATE gpkg_contents SET last_change = ?", (_LAST_CHANGE,))
        except (RuntimeError, ValueError, sqlite3.Error) as error:
            # pyogrio's own errors are RuntimeErrors
            msg = f"Writing {path} failed: {error}; the old file is unchanged."
            raise StorageError(msg, path=str(path)) from error


def _write_layer(frame: pd.DataFrame, path: Path, layer: str) -> None:
    """Write one layer some rows at a time: on their way, rows are held three times."""
    import geopandas as gpd
    import pyogrio

    kinds = set(frame.geom_type.dropna()) if isinstance(frame, gpd.GeoDataFrame) else set()
    plain = {kind.removeprefix("Multi") for kind in kinds}
    shape: dict[str, Any] = {}
    # the first rows settle the layer's kind, so tell them of those to come
    if len(kinds) > 1:
        mixed = len(plain) > 1
        kind = "Unknown" if mixed else f"Multi{plain.pop()}"
        shape = {"geometry_type": kind, "promote_to_multi": not mixed}
    for begin in range(0, max(len(frame), 1), _ROWS):
        rows = frame.iloc[begin : begin + _ROWS]
        pyogrio.write_dataframe(rows, path, layer=layer, driver="GPKG", append=begin > 0, **shape)


def read_tables(path: Path | str, names: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Read layers of a GeoPackage by name, unjudged.

    Parameters
    ----------
    path : Path or str
        A GeoPackage.
    names : iterable of str
        Layers wanted.

    Returns
    -------
    dict of str to DataFrame or GeoDataFrame
        Those of them that the file holds.

    Raises
    ------
    InputError
        If the file is missing or is no readable GeoPackage.
    """
    import pyogrio

    path = Path(path)
    require_file(path)
    require_geopackage(path)
    with readable(path):
        found = {str(name) for name, _ in pyogrio.list_layers(path)}
        return {n: pyogrio.read_dataframe(path, layer=n) for n in names if n in found}


def require_file(path: Path) -> None:
    """Raise InputError if there is nothing at a path."""
    if not path.exists():
        words = {one: phrases(one, "intake")["no_file"].format(path=path) for one in LANGUAGES}
        raise InputError(words["en"], words=words, path=str(path))


def require_geopackage(path: Path) -> None:
    """Raise InputError if a file does not begin as a GeoPackage does."""
    if path.is_file():
        with path.open("rb") as handle:
            if handle.read(16).startswith(b"SQLite format 3"):
                return
    msg = f"{path.name} is not a GeoPackage; give a .gpkg file or a folder of layers."
    raise InputError(msg, path=str(path))


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what the reading libraries raise into an error that names the file."""
    from shapely.errors import ShapelyError

    try:
        with _quiet():
            yield
    except UnicodeDecodeError as error:
        msg = f"{path.name}: text cannot be decoded as {error.encoding}; state it in a .cpg file."
        raise EncodingError(msg, path=str(path)) from error
    except (RuntimeError, ValueError, OSError, ShapelyError, UnboundLocalError) as error:
        # pyogrio's own errors are RuntimeErrors; over a .prj that it cannot read it stumbles
        msg = f"{path.name} cannot be read: {error}; export it again."
        raise InputError(msg, path=str(path)) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Send the warnings of the file library to the log."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        _LOG.info("%s", warning.message)
