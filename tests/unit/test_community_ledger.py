"""Laws of the ledger file: what the plan says, texts as texts, numbers as numbers, fit to print."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import zipfile
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from map_plan import A, drawn_plan

from geogrid.district import District
from geogrid.errors import NotFoundError
from geogrid.locale import LANGUAGES
from geogrid.publish.community_ledger import LedgerHead, ledger_geojson, ledger_workbook
from geogrid.sources.tables import read_workbook

PRINTED, FROM = dt.date(2026, 3, 5), dt.date(2026, 3, 1)
HEAD = LedgerHead("第一版", "in_force", PRINTED, "青南网格〔2026〕1号", FROM)
WORDS = ("网格台账", "第一版", "现行", "〔2026〕1号", "2026-03-01", "2026-03-05", "模拟数据")
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module")
def plan():
    return drawn_plan()


def sheets(raw):
    read = read_workbook(raw)
    return {sheet.name: [sheet.rows[number] for number in sorted(sheet.rows)] for sheet in read}


def part(raw, name):
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return ET.fromstring(archive.read(name))  # noqa: S314 - made here


def table(sheet):
    """Return the rows under the head, by the head."""
    head, *rows = sheet[1:]
    return [dict(zip(head, row, strict=False)) for row in rows]


def with_yards(plan, **columns):
    tables = dict(plan.district.tables)
    tables["courtyards"] = tables["courtyards"].assign(**columns)
    district = District(tables, plan.district.crs, plan.district.name, plan.district.metadata)
    return replace(plan, district=district)


def test_a_row_a_courtyard_and_a_row_a_grid(plan):
    found = sheets(ledger_workbook(plan, A, HEAD))
    assert list(found) == ["楼院", "网格"]
    yards = plan.courtyards[plan.courtyards["community_code"] == A]
    grids = plan.gov_grids[plan.gov_grids["community_code"] == A]
    rows = table(found["楼院"])
    assert sorted(row["编号"] for row in rows) == sorted(yards["courtyard_id"])
    assert sum(int(row["户数"]) for row in rows) == yards["households"].sum()
    home = dict(zip(yards["courtyard_id"], yards["grid_code"], strict=True))
    assert all(row["网格编码"] == home[row["编号"]] for row in rows)
    rows = table(found["网格"])
    assert [row["网格编码"] for row in rows] == sorted(grids["grid_code"])
    assert [int(row["楼院数"]) for row in rows] == grids.sort_values("grid_code")[
        "n_courtyards"
    ].tolist()


def test_the_first_line_says_what_it_is(plan):
    found = sheets(ledger_workbook(plan, A, HEAD))
    for sheet in found.values():
        (title, *_) = sheet[0]
        assert [word for word in WORDS if word not in title] == []
    real = replace(plan, district=replace(plan.district, metadata={"synthetic": "false"}))
    draft = ledger_workbook(real, A, LedgerHead("草案", "draft", dt.date(2026, 3, 5)))
    title = sheets(draft)["楼院"][0][0]
    assert "模拟数据" not in title
    assert "文号" not in title


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_head_and_kind_has_words(plan, language):
    kinds = {"committee": "self", "property_service": "trial"}
    found = sheets(ledger_workbook(with_yards(plan, **kinds), A, HEAD, language=language))
    text = json.dumps(list(found.values()), ensure_ascii=False)
    assert not re.search(r"column_|committee_|property_service|\{", text)
    if language == "en":
        assert set(found) == {"Courtyards", "Grids"}
        assert "self-management" in text
    else:
        assert "自管会" in text
        assert "试点" in text


HOSTILE = [
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "-2",
    "@SUM(1)",
    "{=1+1}",
    "http://x.example",
    "1e5",
]


@pytest.mark.parametrize("word", HOSTILE)
def test_no_text_becomes_a_formula_a_link_or_a_number(plan, word):
    raw = ledger_workbook(with_yards(plan, name=word, address=word), A, HEAD)
    sheet = part(raw, "xl/worksheets/sheet1.xml")
    assert not sheet.findall(f".//{MAIN}f")
    assert not sheet.findall(f".//{MAIN}hyperlink")
    assert {row["名称"] for row in table(sheets(raw)["楼院"])} == {word}
    # the name's column holds texts alone
    cells = [c for c in sheet.iter(f"{MAIN}c") if re.fullmatch(r"B[0-9]+", c.get("r"))]
    assert {c.get("t") for c in cells[1:]} == {"s"}


def test_numbers_are_numbers_and_what_is_unknown_is_empty(plan):
    raw = ledger_workbook(with_yards(plan, n_buildings=None, n_entrances=3), A, HEAD)
    cells = {c.get("r"): c for c in part(raw, "xl/worksheets/sheet1.xml").iter(f"{MAIN}c")}
    assert cells["F3"].get("t") in {None, "n"}
    assert float(cells["F3"].find(f"{MAIN}v").text) > 0
    assert cells["G3"].find(f"{MAIN}v") is None
    assert float(cells["H3"].find(f"{MAIN}v").text) == 3


def test_it_prints_on_a4_across(plan):
    raw = ledger_workbook(plan, A, HEAD)
    for number in (1, 2):
        sheet = part(raw, f"xl/worksheets/sheet{number}.xml")
        setup = sheet.find(f"{MAIN}pageSetup")
        assert (setup.get("paperSize"), setup.get("orientation")) == ("9", "landscape")
        assert setup.get("fitToHeight") == "0"
        pane = sheet.find(f".//{MAIN}pane")
        assert (pane.get("ySplit"), pane.get("state")) == ("2", "frozen")
        widths = [float(c.get("width")) for c in sheet.iter(f"{MAIN}col")]
        assert min(widths) >= 8


def test_the_same_day_gives_the_same_bytes(plan):
    assert ledger_workbook(plan, A, HEAD) == ledger_workbook(plan, A, HEAD)


def test_the_geojson_is_the_communitys_courtyards(plan):
    told = json.loads(json.dumps(ledger_geojson(plan, A), allow_nan=False))
    assert (told["type"], told["synthetic"], "crs" in told) == ("FeatureCollection", True, False)
    home = dict(zip(plan.courtyards["courtyard_id"], plan.courtyards["grid_code"], strict=True))
    names = dict(zip(plan.gov_grids["grid_code"], plan.gov_grids["name"], strict=True))
    for feature in told["features"]:
        own = feature["properties"]
        assert own["grid_code"] == home[feature["id"]]
        assert own["grid_name"] == names[own["grid_code"]]
        assert own["community_code"] == A
    want = (plan.courtyards["community_code"] == A).sum()
    assert len(told["features"]) == want > 0


def test_a_community_that_is_not_there_is_not_found(plan):
    for make in (lambda: ledger_workbook(plan, "x", HEAD), lambda: ledger_geojson(plan, "x")):
        with pytest.raises(NotFoundError, match="no community x"):
            make()
