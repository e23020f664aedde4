"""The practice ledger: as an office hands it in, the same every time, and said to be synthetic."""

from __future__ import annotations

import io

import pyogrio
import pytest
from python_calamine import CalamineWorkbook

import geogrid
from geogrid.sources.sample import make_sample


@pytest.fixture(scope="module")
def town():
    return make_sample()


@pytest.fixture(scope="module")
def files(town, tmp_path_factory):
    folder = tmp_path_factory.mktemp("office")
    return geogrid.write_office_ledger(town, folder / "l.xlsx", folder / "maps.gpkg")


def sheets(path):
    book = CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_every_courtyard_stands_in_its_offices_sheet(files):
    ledger, _ = files
    found = sheets(ledger)
    assert len(found) == 11
    rows = [row for sheet in found.values() for row in sheet if str(row[0]).startswith("C")]
    # two rows are copied by a slip, one has the identifier of another
    assert len(rows) == 1418 + 3
    assert len({row[0] for row in rows}) == 1418
    for office, sheet in found.items():
        assert "模拟数据" in sheet[0][0], office
        assert office in sheet[1][0]
        assert [row[0] for row in sheet][-2:] == [
            "合计",
            "注：户数以公安户籍与入户核对为准；空白处待补。",
        ]


def test_the_maps_hold_all_but_the_courtyards(files):
    _, maps = files
    layers = {name for name, _ in pyogrio.list_layers(maps)}
    assert "courtyards" not in layers
    assert {"communities", "roads", "buildings", "beats", "metadata"} <= layers


def test_the_same_seed_writes_the_same_bytes(town, files, tmp_path):
    again, _ = geogrid.write_office_ledger(town, tmp_path / "l.xlsx", tmp_path / "m.gpkg")
    assert again.read_bytes() == files[0].read_bytes()


def test_the_english_ledger_has_english_heads(town, tmp_path):
    ledger, _ = geogrid.write_office_ledger(
        town, tmp_path / "l.xlsx", tmp_path / "m.gpkg", language="en"
    )
    sheet = next(iter(sheets(ledger).values()))
    assert sheet[2][:5] == ["Courtyard ID", "Name", "Address", "Community", "Households"]
    assert sheet[3][12:14] == ["Longitude", "Latitude"]
