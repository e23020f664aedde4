"""Read the cells of a workbook of Excel 97-2003 (.xls), in a process of its own.

The library that knows this form builds dense tables and is written for well-meant files. It runs
apart, with limits on memory, time and what it writes: a hostile file ends that process alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geogrid.sources.tables import old_workbook_child as child
from geogrid.sources.tables.sheets import LIST_LIMITS, Sheet, SheetLimits, file_refused, fill_merged

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["is_old_workbook", "read_old_workbook"]

# every compound file; four bytes of it are enough to be none of the other forms
_SIGNATURE = b"\xd0\xcf\x11\xe0"
_WHOLE_SIGNATURE = _SIGNATURE + b"\xa1\xb1\x1a\xe1"
# a busy machine gives a process less than all of its time
_PATIENCE = 6
# what a process needs of its surroundings; passwords of the service stay here
_SURROUNDINGS = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "TMPDIR", "TEMP", "TMP")
_REFUSALS = {
    child.DAMAGED: "damaged",
    child.LOCKED: "old_workbook",
    child.TOO_MUCH: "too_much",
    child.TOO_MANY_ROWS: "too_many_rows",
    child.NOT_LIMITED: "not_here",
}


def is_old_workbook(raw: bytes) -> bool:
    """Tell whether a file has the form of Excel 97-2003, whatever its name says.

    Parameters
    ----------
    raw : bytes
        The file.

    Returns
    -------
    bool
        True also for a damaged one, and for a newer one with a password.
    """
    return raw.startswith(_SIGNATURE)


def read_old_workbook(
    raw: bytes, limits: SheetLimits = LIST_LIMITS, *, tells_hidden: bool = False
) -> list[Sheet]:
    """Read every visible sheet of a workbook of Excel 97-2003.

    Parameters
    ----------
    raw : bytes
        The file.
    limits : SheetLimits
        What is read of it at most; by default what anyone may send to the service.
    tells_hidden : bool
        Whether hidden sheets are told too, without rows.

    Returns
    -------
    list of Sheet
        As `geogrid.sources.tables.workbook.read_workbook` returns them; a formula without a value
        reads as ``=``.

    Raises
    ------
    InputError
        If it is damaged, has a password, or is larger than is read; with ``words``.
    """
    if not raw.startswith(_WHOLE_SIGNATURE):
        raise file_refused("old_workbook")
    return [
        Sheet(
            one["name"],
            fill_merged(
                {int(number): cells for number, cells in one.get("rows", {}).items()},
                map(tuple, one.get("merged", ())),
                limits,
            ),
            frozenset(one.get("hidden", ())),
            is_hidden=one.get("is_hidden", False),
            merged=tuple(map(tuple, one.get("merged", ()))),
        )
        for one in _told(raw, limits)
        if tells_hidden or not one.get("is_hidden", False)
    ]


def _told(raw: bytes, limits: SheetLimits) -> list[dict[str, Any]]:
    """Return what the other process says of a file."""
    library = find_spec("python_calamine")
    if library is None or library.origin is None:
        raise file_refused("not_here")
    where = Path(library.origin).parent.parent
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as answer:
        file.write(raw)
        file.seek(0)
        code = _run([str(where), json.dumps(asdict(limits))], file, answer, limits)
        if code == 0:
            answer.seek(0)
            found: list[dict[str, Any]] = json.loads(answer.read())
            return found
    # a signal ends what takes too much memory or time; anything else is a fault in the file
    key = _REFUSALS.get(code, "too_much" if code < 0 else "damaged")
    raise file_refused(key, most=limits.rows)


def _run(told: list[str], file: BinaryIO, answer: BinaryIO, limits: SheetLimits) -> int:
    """Run the reader to its end and return its exit code."""
    surroundings = {name: os.environ[name] for name in _SURROUNDINGS if name in os.environ}
    try:
        # without our paths: modules of this folder would stand before the library's own
        done = subprocess.run(  # noqa: S603 - our own script
            [sys.executable, "-I", "-X", "utf8", child.__file__, *told],
            stdin=file,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            env=surroundings,
            timeout=limits.seconds * _PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return child.TOO_MUCH
    return done.returncode
