"""A ledger loaded into a district that stands: what changed, what did not, what is missing."""

from __future__ import annotations

import pytest
from office import (
    ADDRESS,
    HEADS,
    HOUSEHOLDS,
    ID,
    NAME,
    X,
    Y,
    base_map,
    ledger,
    ledger_rows,
    whole_district,
)

import geogrid
from geogrid.sources.findings import Tally

METRES = {"courtyards": "EPSG:4549"}


@pytest.fixture
def stands(tmp_path):
    """Return a district imported from the ledger, as a file."""
    book = ledger(tmp_path, ledger_rows(), "first.csv")
    found = geogrid.import_district(courtyards=book, vector=base_map(tmp_path), crs=METRES)
    from geogrid.sources.vector import write_district

    write_district(found.district, tmp_path / "stands.gpkg")
    return tmp_path / "stands.gpkg"


def updated(folder, stands, rows, missing="keep"):
    update = geogrid.Update(stands, missing=missing)
    return geogrid.import_district(courtyards=ledger(folder, rows), update=update, crs=METRES)


def wkb(district):
    frame = district.courtyards.set_index("courtyard_id")
    return frame.geometry.to_wkb()


def test_the_same_ledger_changes_nothing(tmp_path, stands):
    before = geogrid.read_district(stands)
    found = updated(tmp_path, stands, ledger_rows())
    assert found.changes.n_unchanged == 24
    assert found.changes.added == found.changes.changed == found.changes.missing == ()
    assert wkb(found.district).equals(wkb(before))
    assert found.district.courtyards.equals(before.courtyards)
    assert found.district.name == before.name
    assert found.district.is_synthetic == before.is_synthetic


def test_every_changed_value_is_told(tmp_path, stands):
    before = geogrid.read_district(stands)
    rows = ledger_rows()
    rows[0][HOUSEHOLDS] = "77"
    rows[1][NAME] = "新院"
    rows[2][Y] = str(float(rows[2][Y]) + 30)
    # what a row does not tell stays
    rows[3][NAME] = rows[3][X] = rows[3][Y] = ""
    found = updated(tmp_path, stands, rows)
    changes = {(one.courtyard_id, one.field): (one.old, one.new) for one in found.changes.changed}
    assert changes[("c01", "households")] == ("101", "77")
    assert changes[("c02", "name")] == ("2号院", "新院")
    assert set(changes) == {("c01", "households"), ("c02", "name"), ("c03", "geometry")}
    assert found.changes.n_changed == 3
    assert found.changes.n_unchanged == 21
    same = wkb(found.district) == wkb(before)
    assert same[~same].index.tolist() == ["c03"]
    assert found.district.courtyards["name"].iloc[3] == "4号院"


def test_a_new_address_without_coordinates_moves_nothing_and_says_so(tmp_path, stands):
    before = geogrid.read_district(stands)
    rows = ledger_rows()
    for row in rows[:3]:
        row[X] = row[Y] = ""
    rows[0][ADDRESS], rows[3][ADDRESS] = "远方路99号", "远方路98号"
    # only written another way
    rows[1][ADDRESS] = rows[1][ADDRESS].replace("号", " 号 ")
    found = updated(tmp_path, stands, rows)
    kept = [one for one in found.findings if one.kind == "place_kept"]
    assert [(one.ident, one.value, one.verdict) for one in kept] == [("c01", "远方路99号", "note")]
    assert ledger_rows()[0][ADDRESS] in kept[0].reason("zh")
    assert wkb(found.district).equals(wkb(before))


def test_new_and_missing_courtyards(tmp_path, stands):
    rows = ledger_rows()[2:]
    new = [*ledger_rows()[0]]
    new[ID], new[NAME], new[ADDRESS] = "c99", "新建院", "新建路1号"
    new[X] = str(float(new[X]) + 12)
    found = updated(tmp_path, stands, [*rows, new])
    assert found.changes.added == ("c99",)
    # both came to rest on one building
    assert found.counts("note")["place_stands"] == 1
    assert found.changes.missing == ("c01", "c02")
    assert len(found.district.courtyards) == 25
    found = updated(tmp_path, stands, [*rows, new], missing="drop")
    assert found.changes.dropped
    assert len(found.district.courtyards) == 23
    assert "c01" not in set(found.district["buildings"]["courtyard_id"])


@pytest.mark.parametrize("other", ["C01", "z9"])
def test_a_courtyard_that_is_kept_under_another_identifier_does_not_count_twice(
    tmp_path, stands, other
):
    rows = ledger_rows()[:2]
    rows[0][ID] = other
    found = updated(tmp_path, stands, rows)
    assert found.counts("rejected") == {"named_otherwise": 1}
    assert found.findings[0].told["id"] == "c01"
    assert len(found.district.courtyards) == 24
    # where what the ledger does not tell is dropped, the new identifier takes its place
    found = updated(tmp_path, stands, rows, missing="drop")
    assert sorted(found.district.courtyards["courtyard_id"]) == sorted([other, "c02"])
    # under another name it is another courtyard only where the old one is told as well
    rows[0][NAME] = "新建院"
    assert updated(tmp_path, stands, rows).counts("rejected") == {"address_stands": 1}
    both = [*rows, ledger_rows()[0]]
    assert updated(tmp_path, stands, both).changes.added == (other,)


@pytest.mark.parametrize(
    ("address", "name", "kind"),
    [
        ("市南区{}", None, "named_otherwise"),
        ("西岸社区{}院", None, "named_otherwise"),
        ("{}院", "新建院", "address_stands"),
        ("菜场旁边", None, "place_stands"),
    ],
)
@pytest.mark.parametrize("heads", [HEADS, HEADS[1:]])
def test_a_new_identifier_at_an_address_written_otherwise_does_not_count_twice(
    tmp_path, stands, address, name, kind, heads
):
    row = ledger_rows()[0]
    row[ID], row[NAME], row[ADDRESS] = "z9", name or row[NAME], address.format(row[ADDRESS])
    book = ledger(tmp_path, [row[len(HEADS) - len(heads) :]], heads=heads)
    found = geogrid.import_district(courtyards=book, update=stands, crs=METRES)
    assert found.counts("rejected") == {kind: 1}
    (wrong,) = [one for one in found.findings if one.verdict == "rejected"]
    assert wrong.told["id"] == "c01"
    assert "c01" in wrong.reason("zh")


def test_a_road_without_a_number_is_the_address_of_many(tmp_path, stands):
    rows = ledger_rows()
    for row in rows:
        row[ADDRESS] = "海滨路"
    from geogrid.sources.vector import write_district

    write_district(updated(tmp_path, stands, rows).district, tmp_path / "road.gpkg")
    new = rows[0]
    new[ID], new[NAME], new[X] = "c99", "新建院", str(float(new[X]) + 35)
    found = updated(tmp_path, tmp_path / "road.gpkg", [new])
    assert found.changes.added == ("c99",)


@pytest.mark.parametrize("missing", ["keep", "drop"])
@pytest.mark.parametrize("with_points", [True, False])
def test_identifiers_that_moved_up_are_refused(tmp_path, stands, missing, with_points):
    before = geogrid.read_district(stands)
    rows = ledger_rows()
    del rows[3]
    for row, old in zip(rows, ledger_rows(), strict=False):
        row[ID] = old[ID]
        if not with_points:
            row[X] = row[Y] = ""
    found = updated(tmp_path, stands, rows, missing=missing)
    assert found.counts("rejected") == {"id_moved": 20}
    assert found.tally == Tally(23, 3, 0, 20)
    first = next(one for one in found.findings if one.kind == "id_moved")
    assert (first.ident, first.told["id"]) == ("c04", "c05")
    assert "c05" in first.reason("zh")
    # which courtyard is gone cannot be told: none is dropped, none changed
    assert found.changes.changed == ()
    assert found.district.courtyards.equals(before.courtyards)


def test_identifiers_that_moved_down_are_refused(tmp_path, stands):
    rows = ledger_rows()
    new = [*rows[3]]
    new[NAME], new[ADDRESS], new[X] = "新建院", "新建路1号", str(float(new[X]) + 12)
    rows.insert(3, new)
    for row, ident in zip(rows, [*(row[ID] for row in ledger_rows()), "c25"], strict=True):
        row[ID] = ident
    found = updated(tmp_path, stands, rows)
    assert found.counts("rejected") == {"id_reused": 1, "id_moved": 21}
    assert found.changes.added == found.changes.changed == ()


def test_a_courtyard_is_renamed_or_readdressed_but_not_made_another(tmp_path, stands):
    rows = ledger_rows()[:4]
    rows[0][NAME] = "新名院"
    rows[1][ADDRESS] = "新路2号"
    # both, where it stood
    rows[2][NAME], rows[2][ADDRESS] = "三新院", "新路3号"
    found = updated(tmp_path, stands, rows)
    assert found.tally.rejected == 0
    assert found.changes.n_changed == 3
    # both, elsewhere or nowhere: what its row does not tell would be another's
    rows[2][Y] = str(float(rows[2][Y]) + 30)
    rows[3][NAME], rows[3][ADDRESS], rows[3][X], rows[3][Y] = "四新院", "新路4号", "", ""
    found = updated(tmp_path, stands, rows)
    assert found.counts("rejected") == {"id_reused": 2}
    reused = [one for one in found.findings if one.kind == "id_reused"]
    assert {one.ident for one in reused} == {"c03", "c04"}
    assert all(ledger_rows()[3][NAME] in one.reason("zh") for one in reused if one.ident == "c04")


def test_a_row_that_says_neither_name_nor_address_keeps_its_identifier(tmp_path, stands):
    rows = [row[:1] + row[4:5] for row in ledger_rows()]
    book = ledger(tmp_path, rows, heads=(HEADS[ID], HEADS[HOUSEHOLDS]))
    found = geogrid.import_district(courtyards=book, update=stands)
    assert found.tally.rejected == 0
    assert found.changes.n_unchanged == 24


@pytest.mark.parametrize(("written", "source"), [("77", "ledger"), ("约77", "estimated")])
def test_a_count_is_no_estimate_once_it_is_told(tmp_path, stands, written, source):
    rows = ledger_rows()
    rows[0][HOUSEHOLDS] = "约101"
    first = updated(tmp_path, stands, rows).district
    assert first.courtyards["households_source"].iloc[0] == "estimated"
    from geogrid.sources.vector import write_district

    write_district(first, tmp_path / "estimated.gpkg")
    rows[0][HOUSEHOLDS] = written
    found = updated(tmp_path, tmp_path / "estimated.gpkg", rows)
    assert found.district.courtyards["households"].iloc[0] == 77
    assert found.district.courtyards["households_source"].iloc[0] == source


def test_a_ledger_without_identifiers_does_not_double_a_district(tmp_path, stands):
    book = ledger(tmp_path, [row[1:] for row in ledger_rows()], heads=HEADS[1:])
    found = geogrid.import_district(courtyards=book, update=stands, crs=METRES)
    assert found.tally.rejected == 24
    assert {one.kind for one in found.findings if one.verdict == "rejected"} == {"named_otherwise"}


def test_a_rejected_row_leaves_its_courtyard_as_it_was(tmp_path, stands):
    rows = ledger_rows()
    rows[0][HOUSEHOLDS] = "若干"
    found = updated(tmp_path, stands, rows, missing="drop")
    assert found.tally == Tally(24, 23, 0, 1)
    assert found.changes.missing == ()
    assert found.district.courtyards["households"].iloc[0] == 101


def test_polygons_stay_where_coordinates_agree_with_them(tmp_path):
    district = whole_district(tmp_path)
    before = geogrid.read_district(district)
    rows = ledger_rows()
    rows[1][X] = str(float(rows[1][X]) + 200)
    found = updated(tmp_path, district, rows)
    assert found.counts("rejected") == {"place_contradiction": 1}
    assert wkb(found.district).equals(wkb(before))


def test_an_update_by_a_drawing_alone(tmp_path):
    district = whole_district(tmp_path)
    found = geogrid.import_district(vector=whole_district(tmp_path, "new.gpkg"), update=district)
    assert found.changes.n_unchanged == 24
    assert found.district.courtyards.equals(geogrid.read_district(district).courtyards)


def test_nothing_is_dropped_while_a_row_without_identifier_is_rejected(tmp_path):
    heads, rows = HEADS[1:], [row[1:] for row in ledger_rows()]
    book = ledger(tmp_path, rows, "first.csv", heads=heads)
    found = geogrid.import_district(courtyards=book, vector=base_map(tmp_path), crs=METRES)
    geogrid.write_district(found.district, tmp_path / "made.gpkg")
    rows[0][HEADS.index("所属社区") - 1] = "海西社区"
    update = geogrid.Update(tmp_path / "made.gpkg", missing="drop")
    book = ledger(tmp_path, rows, heads=heads)
    found = geogrid.import_district(courtyards=book, update=update, crs=METRES)
    assert found.tally.rejected == 1
    assert not found.changes.dropped
    assert len(found.district.courtyards) == 24


def test_nothing_is_dropped_while_a_row_does_not_say_whose_it_is(tmp_path, stands):
    rows = ledger_rows()[:5]
    rows[0][ID] = ""
    found = updated(tmp_path, stands, rows, missing="drop")
    assert found.counts("rejected") == {"id_missing": 1}
    assert found.counts("note")["drop_withheld"] == 1
    assert not found.changes.dropped
    assert len(found.district.courtyards) == 24


@pytest.mark.parametrize("cleared", ["", "无", "/"])
def test_cleared_cells_clear_nothing_and_are_told(tmp_path, stands, cleared):
    heads = (*HEADS, "改造年份", "建成年份")
    rows = [[*row, "2021", ""] for row in ledger_rows()]
    book = ledger(tmp_path, rows, heads=heads)
    from geogrid.sources.vector import write_district

    first = geogrid.import_district(courtyards=book, update=stands, crs=METRES)
    write_district(first.district, tmp_path / "years.gpkg")
    for row in rows[:2]:
        row[-2] = cleared
    book = ledger(tmp_path, rows, heads=heads)
    found = geogrid.import_district(courtyards=book, update=tmp_path / "years.gpkg", crs=METRES)
    assert found.changes.n_unchanged == 24
    (kept,) = [one for one in found.findings if one.kind == "value_kept"]
    assert (kept.field, kept.column, kept.verdict) == ("renovated_year", "改造年份", "note")
    assert (kept.value, kept.told["n"]) == ("c01, c02", "2")


def test_a_copy_under_a_new_identifier_is_told_as_a_copy_only(tmp_path, stands):
    rows = ledger_rows()
    rows.append(["z9", *rows[0][1:]])
    found = updated(tmp_path, stands, rows)
    assert found.counts("rejected") == {"same_address": 1}
    assert found.changes.n_unchanged == 24


def test_where_a_place_is_refused_no_courtyard_is_dropped_or_counts_twice(tmp_path):
    rows = [row[1:] for row in ledger_rows()]
    book = ledger(tmp_path, rows, heads=HEADS[1:])
    first = geogrid.import_district(courtyards=book, vector=base_map(tmp_path), crs=METRES)
    from geogrid.sources.vector import write_district

    write_district(first.district, tmp_path / "made.gpkg")
    update = geogrid.Update(tmp_path / "made.gpkg", missing="drop")
    # made identifiers are others now
    rows[0][ADDRESS - 1] += "院"
    rows[1][ADDRESS - 1], rows[1][X - 1] = "别路3号", "600000.00"
    book = ledger(tmp_path, rows, heads=HEADS[1:])
    found = geogrid.import_district(courtyards=book, update=update, crs=METRES)
    assert found.counts("rejected") == {"outside_district": 1, "named_otherwise": 1}
    assert found.counts("note")["drop_withheld"] == 1
    assert found.changes.added == ()
    assert len(found.district.courtyards) == 24
