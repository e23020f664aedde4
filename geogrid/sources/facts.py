"""Where the facts lie: tables typed in, and the words that people head their columns with.

They lie in ``data/facts`` in a checkout and in ``geogrid/facts`` inside an
installed wheel; ``SOURCE.md`` beside them states origin and licence.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from geogrid.errors import StorageError

__all__ = ["facts_folder"]


@cache
def facts_folder() -> Path:
    """Find the folder that holds the facts.

    Returns
    -------
    Path
        ``geogrid/facts`` in an installed wheel, else ``data/facts`` of the
        checkout.

    Raises
    ------
    StorageError
        If neither exists: the installation is incomplete.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "facts", package.parent / "data" / "facts"):
        if (folder / "subdistricts.csv").is_file():
            return folder
    msg = "The fact tables (subdistricts.csv ...) are missing; install geogrid again."
    raise StorageError(msg)
