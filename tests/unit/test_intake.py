"""An import: every row is taken, mended or rejected, and the counts add up."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from office import (
    ADDRESS,
    COMMUNITY,
    HOUSEHOLDS,
    ID,
    NAME,
    X,
    Y,
    base_map,
    ledger,
    ledger_rows,
)
from shapely import Polygon
from towns import CRS, EAST_CODE, WEST_CODE, area, town_layers

import geogrid
from geogrid.crs import WGS84
from geogrid.errors import CrsError, InputError
from geogrid.sources.findings import Tally
from geogrid.sources.vector import write_tables

METRES = {"courtyards": "EPSG:4549"}


def imported(folder, rows, **more):
    """Import a ledger of the town over its map."""
    files = {"courtyards": ledger(folder, rows), "vector": base_map(folder), "crs": METRES} | more
    return geogrid.import_district(**files)


def rejected(found):
    return {(one.kind, one.row) for one in found.findings if one.verdict == "rejected"}


def test_a_clean_ledger_makes_the_district_of_its_rows(tmp_path):
    found = imported(tmp_path, ledger_rows())
    assert found.tally == Tally(24, 24, 0, 0)
    assert found.counts("rejected") == found.counts("mended") == {}
    courtyards = found.district.courtyards
    assert courtyards["courtyard_id"].tolist() == [f"c{n:02d}" for n in range(1, 25)]
    assert courtyards["households"].sum() == town_layers()["courtyards"]["households"].sum()
    assert set(courtyards["community_code"]) == {WEST_CODE, EAST_CODE}
    assert found.district.metadata["source_crs"] == "EPSG:4549"
    assert found.district.metadata["source_crs.courtyards"] == "EPSG:4549 (declared)"
    assert found.district.metadata["source_crs.communities"] == "EPSG:4549 (declared)"
    assert courtyards["beat_id"].notna().all()
    assert "24" in repr(found)


def test_a_row_that_is_wrong_leaves_the_others_standing(tmp_path):
    rows = ledger_rows()
    rows[0][HOUSEHOLDS] = ""
    rows[1][X], rows[1][Y] = rows[1][Y], rows[1][X]
    rows[2][COMMUNITY] = ""
    rows[3][COMMUNITY] = "东岸社区"
    rows[4][X] = str(float(rows[4][X]) - 400)
    rows[5][X] = rows[5][Y] = rows[5][ADDRESS] = ""
    rows[6][COMMUNITY] = "火星社区"
    rows[7][HOUSEHOLDS], rows[7][X] = "若干", str(float(rows[7][X]) - 400)
    found = imported(tmp_path, rows)
    assert found.tally == Tally(24, 16, 2, 6)
    assert {
        ("households_missing", 2),
        ("community_mismatch", 5),
        ("outside_district", 6),
        ("no_position", 7),
        ("community_unknown", 8),
        ("households_unreadable", 9),
        # told at once, so that the row is corrected once
        ("outside_district", 9),
    } == rejected(found)
    assert found.counts("mended") == {"axes_swapped": 1, "community_located": 1}
    assert len(found.district.courtyards) == 18
    # buildings that name a courtyard that was left out stand alone
    buildings = found.district["buildings"].set_index("building_id")["courtyard_id"]
    assert buildings.isna().sum() == 6


def test_an_address_is_found_by_its_building(tmp_path):
    rows = ledger_rows()
    for n in (1, 2):
        rows[n][X] = rows[n][Y] = ""
    rows[2][ADDRESS] = "内陆路3号"
    layers = town_layers()
    streets = layers.pop("courtyards")["address"]
    layers["buildings"]["address"] = streets
    path = tmp_path / "addressed.gpkg"
    write_tables(layers, path)
    found = imported(tmp_path, rows, vector=path)
    assert rejected(found) == {("address_not_found", 4)}
    assert found.counts("mended") == {"located_by_address": 1}
    home = layers["buildings"].geometry.iloc[1]
    assert found.district.courtyards.geometry.iloc[1].within(home)


def test_nothing_to_take_is_told_without_a_district(tmp_path):
    rows = ledger_rows()[:3]
    for row in rows:
        row[HOUSEHOLDS] = "不详"
    found = imported(tmp_path, rows)
    assert found.district is None
    assert found.tally == Tally(3, 0, 0, 3)


def test_a_beat_that_is_not_there_rejects_its_row_only(tmp_path):
    rows = [[*row, "s1-1" if n else "s9-9"] for n, row in enumerate(ledger_rows())]
    heads = ("楼院编号", "楼院名称", "地址", "所属社区", "总户数", "经度", "纬度", "警格")
    book = ledger(tmp_path, rows, heads=heads)
    found = geogrid.import_district(courtyards=book, vector=base_map(tmp_path), crs=METRES)
    assert rejected(found) == {("not_in_model", 2)}
    assert found.tally == Tally(24, 23, 0, 1)
    assert len(found.district.courtyards) == 23


@pytest.mark.parametrize("system", ["gcj02", "EPSG:4528"])
def test_an_undeclared_system_that_is_not_sure_is_refused_with_the_evidence(tmp_path, system):
    # seven rows tell nothing of a town
    rows = ledger_rows(system)[:7]
    with pytest.raises(CrsError, match="--crs courtyards=") as caught:
        imported(tmp_path, rows, crs=None)
    assert "坐标系" in caught.value.facts["words"]["zh"]
    told = imported(tmp_path, rows, crs=system)
    assert told.tally == Tally(7, 7, 0, 0)
    assert told.systems["courtyards"].how == "declared"


def test_heads_that_name_a_system_are_among_the_evidence(tmp_path):
    heads = ("楼院编号", "楼院名称", "地址", "所属社区", "总户数", "经度（百度）", "纬度（百度）")
    book = ledger(tmp_path, ledger_rows("bd09"), heads=heads)
    with pytest.raises(CrsError, match="--crs courtyards=bd09") as caught:
        geogrid.import_district(courtyards=book, vector=base_map(tmp_path))
    assert "表头“纬度（百度）”说的是BD-09" in caught.value.facts["words"]["zh"]


class Person:
    """Answer what an import asks."""

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    def system(self, layer, detection):
        self.asked.append(("system", layer, detection.system))
        return self.answers.get("system")

    def community(self, written, n_rows, choices):
        self.asked.append(("community", written, n_rows))
        assert dict(choices) == {WEST_CODE: "西岸社区", EAST_CODE: "东岸社区"}
        return self.answers.get(written)

    def column(self, field, heads):
        self.asked.append(("column", field, tuple(heads)))
        return self.answers.get(field)


def test_a_person_is_asked_once_for_each_thing(tmp_path):
    rows = ledger_rows("gcj02")
    for n in (0, 1):
        rows[n][COMMUNITY] = "海西"
    rows[2][COMMUNITY] = "火星"
    heads = ("楼院编号", "楼院名称", "地址", "所属社区", "家数", "经度", "纬度")
    book = ledger(tmp_path, rows, heads=heads)
    ask = Person(system="gcj02", households="家数", 海西=WEST_CODE)
    found = geogrid.import_district(courtyards=book, vector=base_map(tmp_path), ask=ask)
    assert [one[:2] for one in ask.asked] == [
        ("column", "households"),
        ("community", "海西"),
        ("community", "火星"),
        ("system", "courtyards"),
    ]
    assert rejected(found) == {("community_unknown", 4)}
    assert found.systems["courtyards"].how == "confirmed"
    assert found.district.metadata["source_crs.courtyards"] == "gcj02 (confirmed)"


def test_a_person_who_does_not_know_stops_the_import(tmp_path):
    with pytest.raises(CrsError, match="cannot be told"):
        imported(tmp_path, ledger_rows("gcj02"), crs=None, ask=Person())


def drawn(folder, change=lambda frame: frame, name="courtyards.geojson"):
    """Write the town's lots as a vector file of their own, with nothing but their identifiers."""
    lots = town_layers()["courtyards"][["courtyard_id", "geometry"]]
    folder.mkdir(exist_ok=True)
    path = folder / name
    change(lots).to_crs(WGS84).to_file(path, driver="GeoJSON")
    return path


def map_folder(folder, change=lambda frame: frame):
    """Write the town's map and lots as a folder of layers."""
    whole = folder / "layers"
    drawn(whole, change)
    layers = town_layers()
    for name in ("communities", "roads", "buildings"):
        layers[name].to_crs(WGS84).to_file(whole / f"{name}.geojson", driver="GeoJSON")
    return whole


def test_a_polygon_of_the_same_identifier_is_the_place(tmp_path):
    rows = ledger_rows()
    for row in rows[:5]:
        row[X] = row[Y] = ""
    rows[6][X] = str(float(rows[6][X]) + 100)
    book = ledger(tmp_path, rows)
    crs = METRES | {"polygons": "wgs84"}
    found = geogrid.import_district(courtyards=book, vector=map_folder(tmp_path), crs=crs)
    assert rejected(found) == {("place_contradiction", 8)}
    assert found.tally == Tally(24, 23, 0, 1)
    shapes = found.district.courtyards.geometry
    assert (shapes.geom_type == "Polygon").all()
    assert np.allclose(shapes.area, 3600, rtol=0.01)
    assert found.systems["polygons"].system == "wgs84"


def test_what_is_wrong_with_a_polygon_is_said_of_its_row(tmp_path):
    def twist(frame):
        shapes = frame.geometry.to_numpy().copy()
        a, b, c, d, _ = shapes[0].exterior.coords
        shapes[0] = Polygon([a, c, b, d])
        # two courtyards claim one piece of land, and one is drawn in two places
        shapes[2] = shapes[1].buffer(-1)
        frame = frame.set_geometry(shapes)
        frame.loc[7, "courtyard_id"] = "c07"
        frame.loc[5, "courtyard_id"] = "nobody"
        return frame

    rows = ledger_rows()
    book = ledger(tmp_path, rows)
    crs = METRES | {"polygons": "wgs84"}
    found = geogrid.import_district(courtyards=book, vector=map_folder(tmp_path, twist), crs=crs)
    land = {("same_land", 3), ("same_land", 4)}
    assert rejected(found) == land | {("self_crossing", 2), ("several_outlines", 8)}
    assert found.tally.rejected == 4
    assert found.counts("note")["polygons_unused"] == 1
    # c06 has no polygon now, and stands at its coordinates
    kinds = found.district.courtyards.set_index("courtyard_id").geometry.geom_type
    assert kinds["c06"] == "Point"


def vector(folder, change=lambda _: None):
    """Write the town's layers, changed, as a GeoPackage."""
    layers = town_layers()
    change(layers)
    path = folder / "town.gpkg"
    write_tables(layers, path)
    return path


def test_a_clean_vector_file_comes_in_as_before(tmp_path):
    found = geogrid.import_district(vector=vector(tmp_path))
    assert found.tally == Tally(24, 24, 0, 0)
    again = geogrid.read_district(tmp_path / "town.gpkg")
    ours, theirs = found.district.courtyards, again.courtyards
    assert ours.drop(columns="geometry").equals(theirs.drop(columns="geometry")[ours.columns[:-1]])
    assert ours.geometry.geom_equals_exact(theirs.geometry, 1e-9).all()
    assert found.district.crs == again.crs


def test_features_are_rejected_one_by_one(tmp_path):
    def spoil(layers):
        frame = layers["courtyards"].astype({"households": object})
        frame["beds"] = range(24)
        frame["telephone"] = 13_800_000_000
        frame.loc[0, "households"] = -5
        frame.loc[1, "households"] = "约120户"
        frame.loc[2, "courtyard_id"] = None
        shapes = frame.geometry.to_numpy().copy()
        shapes[3] = area(900, 900, 960, 960)
        shapes[4] = Polygon()
        frame.loc[5, "community_code"] = EAST_CODE
        frame.loc[6, "community_code"] = None
        layers["courtyards"] = frame.set_geometry(shapes)
        layers["courtyards"]["households"] = layers["courtyards"]["households"].astype(str)

    found = geogrid.import_district(vector=vector(tmp_path, spoil))
    assert found.tally == Tally(24, 17, 2, 5)
    told = rejected(found)
    assert {("households_negative", 1), ("id_missing", 3), ("not_an_area", 5)} <= told
    assert {row for _, row in told} == {1, 3, 4, 5, 6}
    assert found.counts("mended") == {"approximate_count": 1, "community_located": 1}
    # numbers that somebody may balance by are kept, and nobody's telephone
    beds = found.district.courtyards.set_index("courtyard_id")["beds"]
    assert beds["c24"] == 23
    assert "telephone" not in found.district.courtyards


def test_a_base_layer_that_is_faulty_refuses_everything(tmp_path):
    def spoil(layers):
        layers["roads"].loc[0, "kind"] = "motorway"

    with pytest.raises(InputError, match="motorway"):
        geogrid.import_district(vector=vector(tmp_path, spoil))


def test_a_map_without_ways_or_communities_is_refused_early(tmp_path):
    path = tmp_path / "bare.gpkg"
    write_tables({"subdistricts": town_layers()["subdistricts"]}, path)
    book = ledger(tmp_path, ledger_rows())
    with pytest.raises(InputError, match="communities") as caught:
        geogrid.import_district(courtyards=book, vector=path, crs=METRES)
    assert [fault.layer for fault in caught.value.faults] == ["communities", "roads"]


def test_without_courtyards_there_is_nothing_to_import(tmp_path):
    with pytest.raises(InputError, match="No courtyards"):
        geogrid.import_district(vector=base_map(tmp_path))
    with pytest.raises(InputError, match="Give a ledger"):
        geogrid.import_district()
    with pytest.raises(InputError, match="There is no file"):
        imported(tmp_path, ledger_rows(), courtyards=tmp_path / "none.xlsx")


def test_a_system_nobody_knows_is_refused_before_anything_is_read(tmp_path):
    for crs, said in (
        ("EPSG:1", "not a known system"),
        ("EPSG:2437", "Beijing 1954"),
        ({"comunities": "gcj02"}, "is not a layer"),
        ({"polygons": "gcj02"}, "is not a layer"),
    ):
        with pytest.raises(CrsError, match=said):
            geogrid.import_district(vector=tmp_path / "nowhere", crs=crs)


def test_an_offset_system_counts_before_what_a_file_calls_itself(tmp_path):
    from geogrid.crs import from_wgs84

    def stretched(frame):
        degrees = frame.to_crs(WGS84)
        moved = degrees.geometry.transform(
            lambda points: np.column_stack(from_wgs84(points[:, 0], points[:, 1], "gcj02"))
        )
        return gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=moved, crs=WGS84)

    book = ledger(tmp_path, ledger_rows())
    crs = METRES | {"polygons": "gcj02"}
    found = geogrid.import_district(
        courtyards=book, vector=map_folder(tmp_path, stretched), crs=crs
    )
    assert found.tally == Tally(24, 24, 0, 0)
    assert str(found.systems["polygons"]) == "gcj02 (declared)"
    assert found.district.crs == CRS


def test_words_of_the_office_are_read(tmp_path):
    rows = ledger_rows()
    rows[0][COMMUNITY] = "海西"
    words = tmp_path / "words.toml"
    words.write_text(f'[communities]\n"海西" = "{WEST_CODE}"\n', "utf-8")
    assert imported(tmp_path, rows, words=words).tally.rejected == 0
    assert ID == 0
    assert NAME == 1


def test_a_wrong_declaration_is_doubted_aloud(sample_path, tmp_path):
    from geogrid.crs import from_wgs84

    sample = geogrid.read_district(sample_path)
    names = dict(zip(sample.communities["community_code"], sample.communities["name"], strict=True))
    points = sample.courtyards.geometry.representative_point().to_crs(WGS84)
    x, y = from_wgs84(points.x.to_numpy(), points.y.to_numpy(), "gcj02")
    rows = [
        [row.courtyard_id, row.name, row.address, names[row.community_code], row.households, e, n]
        for row, e, n in zip(sample.courtyards.itertuples(), x, y, strict=True)
    ]
    book = ledger(tmp_path, rows)
    update = geogrid.Update(sample_path)
    found = geogrid.import_district(courtyards=book, update=update, crs="bd09")
    assert found.counts("note")["system_doubted"] == 1
    doubt = next(one for one in found.findings if one.kind == "system_doubted")
    assert "BD-09 degrees (Baidu)" in doubt.reason("en")
    assert "GCJ-02 degrees (Amap, Tencent)" in doubt.reason("en")
    assert found.counts("rejected")["place_contradiction"] > 1000
    # undeclared, the ground says what it is
    found = geogrid.import_district(courtyards=book, update=update)
    assert str(found.systems["courtyards"]) == "gcj02 (detected)"
    assert found.tally == Tally(1418, 1418, 0, 0)
    assert found.changes.n_unchanged == 1418


def test_one_point_in_every_row_is_noted_row_by_row(tmp_path):
    rows = ledger_rows()
    for row in rows[1:12]:
        row[X:] = rows[0][X:]
    found = imported(tmp_path, rows)
    assert found.tally == Tally(24, 24, 0, 0)
    notes = [one for one in found.findings if one.kind == "same_place"]
    assert {one.told["other"] for one in notes} == {"2"}
    assert len(notes) == 11
