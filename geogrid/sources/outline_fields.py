"""Find which fields of the data model the columns of an outline layer stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.district import TABLES
from geogrid.sources.drawn_outlines import DRAWN_ON
from geogrid.sources.field_names import FIELDS, field_names, full_names
from geogrid.sources.findings import Finding

if TYPE_CHECKING:
    from pathlib import Path

    from geogrid.sources.raw_layer import RawLayer

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
# stand-ins until the table of heads is there
_HEADS = {
    "楼院编号": "courtyard_id",
    "院编号": "courtyard_id",
    "楼院名称": "name",
    "名称": "name",
    "地址": "address",
    "社区编码": "community_code",
    "户数": "households",
    "是否引入物业服务": "property_service",
}
_PERSONAL = ("电话", "姓名", "身份证")


def fields_of(
    raw: RawLayer, path: Path, layer: str, words: object
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
    words : object, optional
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
            findings.append(_note(_ignored(column, words), path, column))
        elif column in raw.cut and column != field and column not in stated:
            told = {"field_name": field, "names_file": FIELDS}
            findings.append(_note("head_cut", path, column, told))
    return {one: renamed[one] for one in columns if one in renamed}, findings


def _field(column: str, layer: str, *, is_cut: bool, words: object) -> str | None:
    """Return the field a column means, None if it may be several or none."""
    plain = "".join(column.split())
    heads = _OWN_HEADS.get(layer, {})
    exact = [field for field, names in heads.items() if plain in names]
    begun = [field for field, names in heads.items() if _begins(plain, names, is_cut=is_cut)]
    if exact or len(begun) == 1:
        return (exact or begun)[0]
    _ = words
    fields = [
        f for head, f in _HEADS.items() if head == plain or _begins(plain, (head,), is_cut=is_cut)
    ]
    return fields[0] if len(fields) == 1 else _HEADS.get(plain)


def _begins(head: str, names: tuple[str, ...], *, is_cut: bool) -> bool:
    return is_cut and bool(head) and any(name.startswith(head) for name in names)


def _ignored(column: str, words: object) -> str:
    """Name the finding for a column that is left out."""
    _ = words
    return "column_personal" if any(word in column for word in _PERSONAL) else "column_ignored"


def _note(kind: str, path: Path, column: str, told: dict[str, str] | None = None) -> Finding:
    return Finding(kind, "note", path.name, field="file", column=column, told=told or {})
