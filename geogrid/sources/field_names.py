"""Give the fields of vector files their full names."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from geogrid.district import TABLES
from geogrid.errors import InputError
from geogrid.sources.dbf import decode_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["FIELDS", "field_names", "full_names"]

FIELDS = "fields.csv"
# length in bytes of a DBF field name, to which longer names are cut
_DBF_NAME = 10


def field_names(folder: Path) -> dict[str, str]:
    """Read ``fields.csv``: names used in the files, and what they stand for.

    Parameters
    ----------
    folder : Path
        Where it may lie.

    Returns
    -------
    dict of str to str
        Short name to full name; empty without such a file.

    Raises
    ------
    InputError, EncodingError
        If it has no header short,name, a gap, or is in an unknown encoding.
    """
    path = folder / FIELDS
    if not path.exists():
        return {}
    text = decode_text(path.read_bytes(), what=path.name)
    rows = list(csv.DictReader(text.splitlines()))
    if not rows or not {"short", "name"} <= set(rows[0]):
        msg = f"{path} needs the header short,name and one row per field."
        raise InputError(msg, path=str(path))
    names = {(row["short"] or "").strip(): (row["name"] or "").strip() for row in rows}
    if not all(names) or not all(names.values()):
        msg = f"{path} has a row with only one of short and name; fill in both."
        raise InputError(msg, path=str(path))
    return names


def full_names(
    columns: list[str], layer: str, mapping: Mapping[str, str], *, where: str
) -> tuple[dict[str, str], list[str]]:
    """Give fields their full names: as mapped, else by the one that starts so; name the guesses.

    Parameters
    ----------
    columns : list of str
        As the file has them; ten bytes may be the beginning of a longer name.
    layer : str
        Whose fields they are.
    mapping : mapping of str to str
        Names that are stated.
    where : str
        Name of the file, for messages.

    Returns
    -------
    renamed : dict of str to str
        Name in the file to full name, for those that differ.
    guessed : list of str
        What was found by its beginning, as text.

    Raises
    ------
    InputError
        If two fields mean the same.
    """
    names = [column.name for column in TABLES[layer].columns] if layer in TABLES else []
    renamed: dict[str, str] = {}
    for short in columns:
        if short in mapping:
            renamed[short] = mapping[short]
        elif short != "geometry" and short not in names:
            lower = short.lower()
            cut = len(short.encode()) == _DBF_NAME
            fits = [name for name in names if name == lower or (cut and name.startswith(lower))]
            if len(fits) == 1:
                renamed[short] = fits[0]
    taken = [name for name in columns if name not in renamed]
    guessed = {s: n for s, n in renamed.items() if s not in mapping and n not in taken}
    renamed = {s: n for s, n in renamed.items() if s in mapping or s in guessed}
    doubled = sorted({n for n in renamed.values() if [*renamed.values(), *taken].count(n) > 1})
    if doubled:
        msg = f"{where}: several fields mean {', '.join(doubled)}; mend {FIELDS}."
        raise InputError(msg, layer=layer, fields=doubled)
    return renamed, [f"{short} as {name}" for short, name in guessed.items()]
