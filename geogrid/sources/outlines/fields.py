"""Find which fields of the data model the columns of an outline layer stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.district import TABLES
from geogrid.sources.field_names import FIELDS, field_names, full_names
from geogrid.sources.findings import Finding
from geogrid.sources.outlines.drawn import DRAWN_ON

if TYPE_CHECKING:
    from pathlib import Path

    from geogrid.sources.ledger.columns import LedgerWords
    from geogrid.sources.outlines.raw_layer import RawLayer

__all__ = ["fields_of"]

# in a layer of areas "社区" is the name of the area, in a ledger it is where a courtyard lies
_OWN_HEADS = {
    "communities": {
        "community_code": ("社区编码", "社区代码", "社区编号", "编码", "代码", "编号"),
        "name": ("社区名称", "社区", "社区名", "居委会", "居委会名称", "名称"),
        "subdistrict_code": ("街道编码", "街道代码", "街道编号"),
    },
    "subdistricts": {
        "subdistrict_code": ("街道编码", "街道代码", "街道编号", "编码", "代码", "编号"),
        "name": ("街道名称", "街道", "街道名", "街道办事处", "名称"),
    },
}
# what heads of ledgers mean in any layer
_ANYWHERE = ("name", "address", "community_code")


def fields_of(
    raw: RawLayer, path: Path, layer: str, words: LedgerWords | None
) -> tuple[dict[str, str], list[Finding]]:
    """Find the field of the data model that each column stands for, and tell what was guessed.

    Parameters
    ----------
    raw : RawLayer
        Its columns, and which of their names were cut.
    path : Path
        The file; a ``fields.csv`` beside it wins.
    layer : str
        Whose fields are wanted.
    words : LedgerWords, optional
        Heads that stand for fields, besides those known.

    Returns
    -------
    renamed : dict of str to str
        Column to field; columns that are no field of the layer are left out.
    findings : list of Finding
        One note per column found by its beginning, and per column left out.

    Raises
    ------
    InputError, EncodingError
        If ``fields.csv`` is wrong, or its names mean one field twice.
    """
    columns = list(raw.columns)
    stated = field_names(path.parent)
    named, _ = full_names(columns, layer, stated, where=path.name)
    known = {column.name for column in TABLES[layer].columns} | {DRAWN_ON}
    renamed = {one: named.get(one, one) for one in columns if named.get(one, one) in known}
    findings = []
    for column in columns:
        if column in renamed:
            continue
        field = _field(column, layer, is_cut=column in raw.cut, words=words)
        if field in known and field not in renamed.values():
            renamed[column] = field
    for column in columns:
        field = renamed.get(column)
        if field is None:
            findings += _ignored(column, path, words)
        elif column in raw.cut and column != field and column not in stated:
            told = {"field_name": field, "names_file": FIELDS}
            findings.append(_note("head_cut", path, column, told))
    return {one: renamed[one] for one in columns if one in renamed}, findings


def _field(column: str, layer: str, *, is_cut: bool, words: LedgerWords | None) -> str | None:
    """Return the field a column means, None if it may be several or none."""
    from geogrid.sources.ledger.columns import field_of_head

    plain = "".join(column.split())
    heads = _OWN_HEADS.get(layer, {})
    exact = [field for field, names in heads.items() if plain in names]
    begun = [field for field, names in heads.items() if _begins(plain, names, is_cut=is_cut)]
    if exact or len(begun) == 1:
        return (exact or begun)[0]
    field = field_of_head(column, cut=is_cut, words=words)
    # the heads of ledgers are about courtyards: elsewhere 编号 is the number of something else
    return field if layer == "courtyards" or field in _ANYWHERE else None


def _begins(head: str, names: tuple[str, ...], *, is_cut: bool) -> bool:
    return is_cut and bool(head) and any(name.startswith(head) for name in names)


def _ignored(column: str, path: Path, words: LedgerWords | None) -> list[Finding]:
    """Say that a column is left out, unless it is known to be of no use."""
    from geogrid.sources.ledger.columns import LedgerWords

    words = words or LedgerWords.ours()
    if words.is_personal(column):
        return [_note("column_personal", path, column)]
    return [] if words.knows(column) else [_note("column_ignored", path, column)]


def _note(kind: str, path: Path, column: str, told: dict[str, str] | None = None) -> Finding:
    return Finding(kind, "note", path.name, field="file", column=column, told=told or {})
