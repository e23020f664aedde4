"""Write files so that a crash never leaves half of one: aside, then renamed."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from geogrid.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["replacing"]


@contextmanager
def replacing(target: Path | str) -> Iterator[Path]:
    """Give a scratch path beside the target and rename it over on success.

    Parameters
    ----------
    target : Path or str
        The file to make or replace; its folder is made if missing.

    Yields
    ------
    Path
        A path with the same suffix in a fresh folder on the same disk.

    Raises
    ------
    StorageError
        If the folder cannot be made or written; the old file stays as it was.
    """
    target = Path(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        msg = f"Cannot write beside {target}: {error.strerror or error}; choose another folder."
        raise StorageError(msg, path=str(target)) from error
    try:
        aside = scratch / target.name
        yield aside
        with aside.open("rb+") as handle:
            os.fsync(handle.fileno())
        aside.replace(target)
        _keep_name(target.parent)
    except OSError as error:
        msg = f"Writing {target} failed: {error.strerror or error}; the old file is unchanged."
        raise StorageError(msg, path=str(target)) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _keep_name(folder: Path) -> None:
    """Let the disk know of a renaming, so that a power cut cannot undo it."""
    if os.name != "posix":  # elsewhere a folder cannot be opened, and need not be
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
