"""Community ledger: the courtyards and grids of one community as a file for the office."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geogrid.errors import NotFoundError
from geogrid.locale import phrases
from geogrid.publish.geojson import plan_stamp, to_geojson

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

    from geogrid.locale import Language
    from geogrid.plans.plan import Plan

__all__ = ["LedgerHead", "ledger_geojson", "ledger_workbook"]

# paper A4, as the format numbers it
_A4 = 9
# heights and widths in the units of a spreadsheet: points, and digits of the usual letter
_TITLE_HEIGHT, _HEAD_HEIGHT = 30.0, 20.0
_COURTYARDS = {
    "courtyard_id": 12,
    "name": 20,
    "address": 26,
    "grid_code": 19,
    "grid_name": 24,
    "households": 8,
    "n_buildings": 8,
    "n_entrances": 8,
    "committee": 12,
    "property_service": 12,
    "beat": 20,
}
_GRIDS = {
    "grid_code": 19,
    "name": 26,
    "households": 8,
    "n_courtyards": 8,
    "walk_mean_m": 12,
    "walk_max_m": 12,
    "deviation": 10,
    "lead_beat": 24,
}
# what a GeoJSON file tells of a courtyard
_PROPERTIES = (
    *("courtyard_id", "name", "address", "community_code", "grid_code", "grid_name", "households"),
    *("n_buildings", "n_entrances", "committee", "property_service", "beat_id"),
)
_FORMS = {"walk_mean_m": "0.0", "walk_max_m": "0", "deviation": "+0.0%;-0.0%;0.0%"}


@dataclass(frozen=True)
class LedgerHead:
    """Say which version a ledger shows, for its first line.

    Parameters
    ----------
    title : str
        Of the version, or what stands for one.
    status : str
        A key of the table ``ledger``: draft, in_force and so on; empty for none.
    printed : date
        When the file is made.
    document_no : str
        Of the order; empty if there is none.
    effective_date : date, optional
        First day in force.
    """

    title: str
    status: str
    printed: dt.date
    document_no: str = ""
    effective_date: dt.date | None = None


def ledger_workbook(
    plan: Plan, community: str, head: LedgerHead, *, language: Language = "zh"
) -> bytes:
    """Return a community's ledger as an Excel workbook.

    Parameters
    ----------
    plan : Plan
        As it stands.
    community : str
        ``community_code``.
    head : LedgerHead
        Which version it is.
    language : {"zh", "en"}
        Of titles, heads and kinds; names stay as they are.

    Returns
    -------
    bytes
        A sheet of courtyards and one of grids. Texts are written as texts, whatever
        they begin with: none becomes a formula. The same plan on the same day gives
        the same bytes.

    Raises
    ------
    NotFoundError
        If the plan has no such community.
    """
    import xlsxwriter

    frames = phrases(language, "ledger")
    title = _title(plan, community, head, frames)
    into = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(into, options) as book:
        made = dt.datetime.combine(head.printed, dt.time())
        book.set_properties({"title": title, "created": made})
        courtyards = _courtyards(plan, community, frames)
        _write(book, frames["courtyards"], title, courtyards, _COURTYARDS, frames)
        _write(book, frames["grids"], title, _grids(plan, community), _GRIDS, frames)
    return into.getvalue()


def ledger_geojson(plan: Plan, community: str) -> dict[str, Any]:
    """Return a community's courtyards with their grids as GeoJSON (RFC 7946).

    Parameters
    ----------
    plan : Plan
        As it stands.
    community : str
        ``community_code``.

    Returns
    -------
    dict
        A FeatureCollection in WGS84, with the stamp that all files of a plan carry.

    Raises
    ------
    NotFoundError
        If the plan has no such community.
    """
    _name(plan, community)
    rows = _own(plan.courtyards, community)
    names = dict(zip(plan.gov_grids["grid_code"], plan.gov_grids["name"], strict=True))
    rows = rows.assign(grid_name=[names.get(code, "") for code in rows["grid_code"]])
    told = [name for name in _PROPERTIES if name in rows]
    found: gpd.GeoDataFrame = rows[[*told, "geometry"]].sort_values("courtyard_id")
    return {**to_geojson(found.reset_index(drop=True)), **plan_stamp(plan)}


def _name(plan: Plan, community: str) -> str:
    """Return a community's name, or refuse one that is not there."""
    table = plan.district.communities.set_index("community_code")["name"]
    if community not in table.index:
        raise NotFoundError(f"This plan has no community {community}.", community=community)
    return str(table[community])


def _own(rows: gpd.GeoDataFrame, community: str) -> gpd.GeoDataFrame:
    """Return the rows of one community."""
    return rows[rows["community_code"].astype(str) == community]


def _title(plan: Plan, community: str, head: LedgerHead, frames: dict[str, str]) -> str:
    """Return the first line of a sheet: whose ledger, of which version, of which day."""
    told = [
        frames["title"].format(community=_name(plan, community)),
        head.title,
        frames.get(head.status, ""),
        frames["document_no"].format(number=head.document_no) if head.document_no else "",
        frames["effective"].format(day=head.effective_date) if head.effective_date else "",
        frames["printed"].format(day=head.printed),
        frames["synthetic"] if plan.district.is_synthetic else "",
    ]
    return frames["between"].join(part for part in told if part)


def _courtyards(plan: Plan, community: str, frames: dict[str, str]) -> pd.DataFrame:
    """Return a row per courtyard, by grid."""
    rows = _own(plan.courtyards, community)
    names = dict(zip(plan.gov_grids["grid_code"], plan.gov_grids["name"], strict=True))
    beats = _beat_names(plan)
    told = rows.assign(
        grid_name=[names.get(code, "") for code in rows["grid_code"]],
        beat=[beats.get(beat, beat) for beat in rows["beat_id"]] if "beat_id" in rows else None,
    )
    for name in ("committee", "property_service"):
        if name in told:
            told[name] = [frames.get(f"{name}_{kind}", kind) for kind in told[name]]
    ordered = told.sort_values(["grid_code", "courtyard_id"])
    return ordered.reindex(columns=list(_COURTYARDS))


def _grids(plan: Plan, community: str) -> pd.DataFrame:
    """Return a row per grid, by code."""
    rows = _own(plan.gov_grids, community)
    beats = _beat_names(plan)
    told = rows.assign(lead_beat=[beats.get(beat, beat) for beat in rows["beat_id"]])
    return told.sort_values("grid_code").reindex(columns=list(_GRIDS))


def _beat_names(plan: Plan) -> dict[str, str]:
    """Return the name of each beat, its id where it has none."""
    beats = plan.district["beats"]
    if not len(beats):
        return {}
    names = beats["name"] if "name" in beats else beats["beat_id"]
    return dict(zip(beats["beat_id"], names.fillna(beats["beat_id"]), strict=True))


def _write(
    book: Any,  # noqa: ANN401 - a Workbook, which carries no types
    name: str,
    title: str,
    rows: pd.DataFrame,
    widths: dict[str, int],
    frames: dict[str, str],
) -> None:
    """Write one sheet, ready to be printed on A4."""
    sheet = book.add_worksheet(name)
    last = len(widths) - 1
    line = {"border": 1, "border_color": "#999999", "valign": "vcenter"}
    bold = {"bold": True, "text_wrap": True}
    sheet.set_row(0, _TITLE_HEIGHT)
    sheet.merge_range(0, 0, 0, last, "", book.add_format({**bold, "font_size": 12, **line}))
    sheet.write_string(0, 0, title, book.add_format({**bold, "font_size": 12, **line}))
    sheet.set_row(1, _HEAD_HEIGHT)
    head = book.add_format({**bold, **line, "align": "center", "bg_color": "#E8EEF4"})
    for column, (key, width) in enumerate(widths.items()):
        sheet.set_column(column, column, width)
        sheet.write_string(1, column, frames[f"column_{key}"], head)
        form = book.add_format({**line, "num_format": _FORMS.get(key, "General")})
        _fill(sheet, column, rows[key].tolist(), form)
    sheet.freeze_panes(2, 0)
    sheet.autofilter(1, 0, max(len(rows) + 1, 1), last)
    sheet.repeat_rows(0, 1)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&C&P / &N")


def _fill(sheet: Any, column: int, values: Sequence[object], form: Any) -> None:  # noqa: ANN401 - of xlsxwriter
    """Write one column: texts as texts, numbers as numbers, nothing where nothing is known."""
    for row, value in enumerate(values, start=2):
        if value is None or value != value or str(value) == "<NA>":  # noqa: PLR0124 - NaN
            sheet.write_blank(row, column, None, form)
        elif isinstance(value, str):
            sheet.write_string(row, column, value, form)
        else:
            sheet.write_number(row, column, float(value), form)  # type: ignore[arg-type]
