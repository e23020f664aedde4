"""The sample as an office hands it in: a workbook of ledgers, and maps without courtyards.

It serves to practise the import, and to show it. What is odd in it is odd on purpose, and is
listed nowhere in it: the import is to find it.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.files import replacing
from geogrid.locale import phrases
from geogrid.offset import wgs84_to_gcj02
from geogrid.sources.vector import layers_of, write_tables

if TYPE_CHECKING:
    import pandas as pd

    from geogrid.district import District
    from geogrid.locale import Language

__all__ = ["write_office_ledger"]

_FIELDS = (
    *("courtyard_id", "name", "address", "community", "households", "n_buildings", "n_entrances"),
    *("year_built", "renovated_year", "share_over_60", "property_service", "committee"),
    *("lon", "lat", "remark"),
)
_WIDTHS = (9, 18, 18, 16, 8, 7, 7, 9, 9, 9, 9, 9, 11, 11, 16)
# a decimetre: what people copy out of a map
_DIGITS = 6
_HEAD_ROWS = 4
# rows of each kind of oddness, of 1,418: those that an import mends, then those it must refuse
_ODD = {
    "approximate": 10,
    "full_width": 8,
    "unit": 6,
    "date": 4,
    "no_coordinates": 8,
    "unknown_count": 4,
    "range": 2,
    "typo_community": 2,
    "far_away": 2,
    "no_road": 1,
    "lost_text": 1,
    "copy": 2,
    "same_id": 1,
}


def write_office_ledger(
    district: District,
    ledger: Path | str,
    maps: Path | str,
    *,
    language: Language = "zh",
    seed: int = 0,
) -> tuple[Path, Path]:
    """Write a district as an office hands it in: an Excel ledger, and maps without courtyards.

    Parameters
    ----------
    district : District
        With communities and subdistricts, for example the sample.
    ledger : Path or str
        Excel workbook to write: a sheet per subdistrict with titles, heads over two
        rows, notes and a total; places in GCJ-02 with six decimals. About one row in
        thirty is odd, by ``seed``: some in a way that can be read, some not.
    maps : Path or str
        GeoPackage to write: all layers but the courtyards.
    language : {"zh", "en"}
        Of titles, heads and remarks; names and addresses stay Chinese.
    seed : int
        Another seed makes other rows odd.

    Returns
    -------
    tuple of Path
        Both files.

    Raises
    ------
    InputError
        If ``maps`` is no GeoPackage's name.
    StorageError
        If a file cannot be written; an older one stays as it was.
    """
    ledger, maps = Path(ledger), Path(maps)
    layers = {name: rows for name, rows in layers_of(district).items() if name != "courtyards"}
    write_tables(layers, maps)
    rows = _odd_rows(_rows(district, phrases(language, "office_ledger")), language, seed)
    with replacing(ledger) as aside:
        _write(aside, rows, phrases(language, "office_ledger"))
    return ledger, maps


def _rows(district: District, words: dict[str, str]) -> pd.DataFrame:
    """Return a row per courtyard as an office knows it, by subdistrict and community."""
    from geogrid.crs import WGS84

    yards = district.courtyards
    places = yards.geometry.representative_point().to_crs(WGS84)
    lon, lat = wgs84_to_gcj02(places.x.to_numpy(), places.y.to_numpy())
    homes = district.communities.set_index("community_code")
    offices = district["subdistricts"].set_index("subdistrict_code")["name"]
    codes = yards["community_code"]
    rows = yards.reindex(columns=[name for name in _FIELDS if name in yards]).astype(object)
    rows["community"] = [homes["name"][code] for code in codes]
    rows["office"] = [offices[homes["subdistrict_code"][code]] for code in codes]
    for field in ("property_service", "committee"):
        rows[field] = [words.get(f"{field}_{kind}", "") for kind in rows[field]]
    rows["lon"], rows["lat"] = np.round(lon, _DIGITS), np.round(lat, _DIGITS)
    rows["remark"] = ""
    order = codes.astype(str) + yards["courtyard_id"].astype(str)
    return rows.loc[order.sort_values(kind="stable").index].reset_index(drop=True)


def _odd_rows(rows: pd.DataFrame, language: Language, seed: int) -> pd.DataFrame:
    """Write some rows as people do; copies and doubled identifiers are rows of their own."""
    import pandas as pd

    words = phrases(language, "office_ledger")
    rng = np.random.default_rng(seed)
    # one office leaves out the word community throughout
    short = rows["office"] == min(rows["office"])
    ending = words["community_ending"]
    rows.loc[short, "community"] = rows.loc[short, "community"].str.removesuffix(ending)
    misspelt = np.flatnonzero(rows["community"] == words["typo_of"])[: _ODD["typo_community"]]
    order = rng.permutation(np.setdiff1d(np.flatnonzero(~short), misspelt))
    ends = np.cumsum(list(_ODD.values()))
    chosen = dict(zip(_ODD, np.split(order[: ends[-1]], ends[:-1]), strict=True))
    chosen["typo_community"] = misspelt
    more = []
    for kind, ixs in chosen.items():
        for ix in ixs.tolist():
            row = rows.loc[ix].copy()
            if kind in {"copy", "same_id"}:
                # beside the first, as a slip of the hand puts it
                row.name = ix + 0.5
                if kind == "same_id":
                    row["households"] = int(row["households"]) + 7
                more.append(row)
            else:
                rows.loc[ix] = _odd(row, kind, words)
    doubled = pd.concat([rows, pd.DataFrame(more)]) if more else rows
    return doubled.sort_index(kind="stable").reset_index(drop=True)


def _odd(row: pd.Series[Any], kind: str, words: dict[str, str]) -> pd.Series[Any]:
    """Write one row as people do."""
    count = str(row["households"])
    spelt = {
        "approximate": ("households", words["approximate"].format(count)),
        "full_width": ("households", "".join(chr(ord(sign) + 0xFEE0) for sign in count)),
        "unit": ("households", words["unit"].format(count)),
        "unknown_count": ("households", words["unknown_count"]),
        "range": ("households", f"{int(count) // 10 * 10}-{int(count) // 10 * 10 + 20}"),
        "date": ("year_built", dt.date(int(row["year_built"]), 6, 1)),
        "typo_community": ("community", words["typo_community"]),
        "far_away": ("lon", row["lon"] + 1),
        "lost_text": ("name", "???"),
    }
    if kind in spelt:
        field, value = spelt[kind]
        row[field] = value
    else:
        row["lon"] = row["lat"] = None
        row["remark"] = words["no_coordinates"]
        if kind == "no_road":
            row["address"] = words["no_road"]
    return row


def _write(path: Path, rows: pd.DataFrame, words: dict[str, str]) -> None:
    """Write the workbook, a sheet per subdistrict."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        # the same district gives the same bytes
        book.set_properties({"title": words["title"], "created": dt.datetime(2026, 1, 1)})  # noqa: DTZ001 - a stamp, no moment
        forms = {
            "title": book.add_format({"bold": True, "font_size": 14, "align": "center"}),
            "head": book.add_format(
                {"bold": True, "align": "center", "valign": "vcenter", "border": 1}
            ),
            "date": book.add_format({"num_format": "yyyy-mm", "border": 1}),
            "cell": book.add_format({"border": 1, "valign": "vcenter"}),
        }
        for office, own in rows.groupby("office", sort=False):
            sheet = book.add_worksheet(str(office))
            _write_heads(sheet, str(office), words, forms)
            _write_rows(sheet, own, forms)
            _write_foot(sheet, own, words, forms)


def _write_heads(sheet: Any, office: str, words: dict[str, str], forms: dict[str, Any]) -> None:  # noqa: ANN401 - of xlsxwriter
    """Write title, office and heads over two rows."""
    last = len(_FIELDS) - 1
    sheet.merge_range(0, 0, 0, last, words["title"], forms["title"])
    sheet.write_string(1, 0, words["filled_in_by"].format(office=office))
    for column, (field, width) in enumerate(zip(_FIELDS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        if field in {"lon", "lat"}:
            sheet.write_string(3, column, words[f"head_{field}"], forms["head"])
        else:
            sheet.merge_range(2, column, 3, column, words[f"head_{field}"], forms["head"])
    lon = _FIELDS.index("lon")
    sheet.merge_range(2, lon, 2, lon + 1, words["head_place"], forms["head"])
    sheet.freeze_panes(_HEAD_ROWS, 2)


def _write_rows(sheet: Any, rows: pd.DataFrame, forms: dict[str, Any]) -> None:  # noqa: ANN401 - of xlsxwriter
    """Write the rows; communities that follow one another share a cell."""
    home = _FIELDS.index("community")
    for n, row in enumerate(rows.to_dict("records"), start=_HEAD_ROWS):
        for column, field in enumerate(_FIELDS):
            value = row.get(field)
            if column == home or value is None or value != value:  # noqa: PLR0124 - NaN
                continue
            if isinstance(value, dt.date):
                sheet.write_datetime(n, column, value, forms["date"])
            elif isinstance(value, str):
                sheet.write_string(n, column, value, forms["cell"])
            else:
                sheet.write_number(n, column, float(value), forms["cell"])
    names = rows["community"].tolist()
    starts = [n for n, name in enumerate(names) if n == 0 or name != names[n - 1]]
    for begin, end in zip(starts, [*starts[1:], len(names)], strict=True):
        first, last = _HEAD_ROWS + begin, _HEAD_ROWS + end - 1
        if first == last:
            sheet.write_string(first, home, names[begin], forms["cell"])
        else:
            sheet.merge_range(first, home, last, home, names[begin], forms["cell"])


def _write_foot(
    sheet: Any,  # noqa: ANN401 - of xlsxwriter
    rows: pd.DataFrame,
    words: dict[str, str],
    forms: dict[str, Any],
) -> None:
    """Write the total, as a formula, and the notes."""
    n = _HEAD_ROWS + len(rows)
    column = _FIELDS.index("households")
    counts = [value for value in rows["households"] if not isinstance(value, str)]
    sheet.write_string(n, 0, words["total"], forms["head"])
    letter = chr(ord("A") + column)
    formula = f"=SUM({letter}{_HEAD_ROWS + 1}:{letter}{n})"
    sheet.write_formula(n, column, formula, forms["cell"], sum(counts))
    sheet.write_string(n + 1, 0, words["note"])
