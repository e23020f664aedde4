"""Laws of reading and writing vector files: nothing lost, nothing guessed in silence."""

from __future__ import annotations

import json
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from geopandas.testing import assert_geodataframe_equal
from shapely import box
from shapely.geometry import LineString

from geogrid.crs import SHINAN_CRS, WGS84
from geogrid.errors import CrsError, EncodingError, InputError, SchemaError, StorageError
from geogrid.sources import geopackage, vector
from geogrid.sources.dbf import decode_text
from geogrid.sources.validation import make_district
from geogrid.sources.vector import read_district, read_layer, read_layers, write_district

EAST, NORTH = 500_000, 4_000_000
CODE = "370202001001"


def square(x, y, width=20):
    return box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + width)


def tables():
    """Draw three courtyards in one community, crossed by a lane."""
    road = LineString([(EAST, NORTH + 50), (EAST + 200, NORTH + 50)])
    return {
        "courtyards": gpd.GeoDataFrame(
            {
                "courtyard_id": ["a1", "a2", "a3"],
                "address": ["泰安路1号", "泰安路3号", None],
                "community_code": [CODE] * 3,
                "households": [80, 0, 70],
                "households_source": ["ledger", "ledger", "estimated"],
                "year_built": [1985, None, 1990],
            },
            geometry=[square(10, 60), square(60, 60), square(110, 20)],
            crs=SHINAN_CRS,
        ),
        "communities": gpd.GeoDataFrame(
            {"community_code": [CODE], "name": ["泰安路社区"]},
            geometry=[square(0, 0, 200)],
            crs=SHINAN_CRS,
        ),
        "roads": gpd.GeoDataFrame(
            {"road_id": ["r1"], "name": ["泰安路"], "kind": ["lane"]},
            geometry=[road],
            crs=SHINAN_CRS,
        ),
    }


def district():
    return make_district(tables(), name="市南试点", metadata={"attribution": "手绘"})


def write_shapefiles(folder, *, encoding="GB18030", keep_cpg=False):
    folder.mkdir(exist_ok=True)
    for name, frame in tables().items():
        short = frame.rename(columns=lambda c: c if c == "geometry" else c[:10])
        short = short.loc[:, ~short.columns.duplicated()]
        if name == "courtyards":
            short = frame.drop(columns="households_source").rename(
                columns={"courtyard_id": "院编号", "community_code": "community_"}
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pyogrio.write_dataframe(short, folder / f"{name}.shp", encoding=encoding)
        if not keep_cpg:
            (folder / f"{name}.cpg").unlink(missing_ok=True)
    (folder / "fields.csv").write_text("short,name\n院编号,courtyard_id\n", encoding="gbk")


def test_a_district_survives_writing_and_reading(tmp_path):
    path = tmp_path / "D.gpkg"
    write_district(district(), path)
    again = read_district(path)
    assert (again.name, again.crs) == ("市南试点", SHINAN_CRS)
    assert again.metadata == district().metadata
    for layer, frame in district().tables.items():
        assert_geodataframe_equal(again[layer], frame, check_like=True)
    assert again.courtyards["households"].dtype == "int64"
    assert str(again.courtyards["year_built"].dtype) == "Int64"


def test_codes_stay_text_in_the_file_and_counts_stay_numbers(tmp_path):
    write_district(district(), tmp_path / "D.gpkg")
    info = pyogrio.read_info(tmp_path / "D.gpkg", layer="courtyards")
    types = dict(zip(info["fields"], info["ogr_types"], strict=True))
    assert types["community_code"] == "OFTString"
    assert types["households"] == "OFTInteger64"
    assert types["year_built"] == "OFTInteger64"
    layers = [name for name, _ in pyogrio.list_layers(tmp_path / "D.gpkg")]
    assert layers == ["communities", "courtyards", "roads", "metadata"]


def test_the_same_district_gives_the_same_content(tmp_path):
    write_district(district(), tmp_path / "1.gpkg")
    write_district(district(), tmp_path / "2.gpkg")
    one, two = ((tmp_path / f"{n}.gpkg").read_bytes() for n in (1, 2))
    # all but SQLite's two counters of transactions, which its cache decides
    assert one[:24] + one[28:92] + one[96:] == two[:24] + two[28:92] + two[96:]


@pytest.mark.parametrize("error", [RuntimeError("disk full"), KeyboardInterrupt()])
def test_a_death_in_mid_write_leaves_the_old_file(tmp_path, monkeypatch, error):
    path = tmp_path / "D.gpkg"
    write_district(district(), path)
    before = path.read_bytes()
    write = pyogrio.write_dataframe

    def dying(frame, aside, *, layer, append, **more):
        if layer == "courtyards" and append:
            raise error
        write(frame, aside, layer=layer, append=append, **more)

    monkeypatch.setattr(pyogrio, "write_dataframe", dying)
    monkeypatch.setattr(geopackage, "_ROWS", 2)
    wanted = StorageError if isinstance(error, RuntimeError) else KeyboardInterrupt
    with pytest.raises(wanted):
        write_district(district(), path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["D.gpkg"]


def test_rows_written_some_at_a_time_are_the_layer_as_a_whole(tmp_path, monkeypatch):
    """Also where the first rows are of another kind than the last, or hold nothing."""
    lots = gpd.GeoSeries([square(10, 60), square(60, 60), square(110, 20)], crs=SHINAN_CRS)
    pair = lots.iloc[[0, 2]].union_all()
    layers = {
        "single": lots.to_frame("geometry"),
        "parts": gpd.GeoDataFrame({"n": [1, 2, 3]}, geometry=[*lots[:2], pair], crs=SHINAN_CRS),
        "kinds": gpd.GeoDataFrame(geometry=[lots[0], lots[1].centroid, pair], crs=SHINAN_CRS),
        "plain": pd.DataFrame({"a": ["x", "y", "z"], "b": [None, None, "w"], "c": [1.5, 2, 3]}),
        "empty": pd.DataFrame({"a": np.zeros(0, object)}),
    }
    found = []
    for name, rows in (("whole", 50_000), ("pieces", 1)):
        monkeypatch.setattr(geopackage, "_ROWS", rows)
        vector.write_tables(layers, tmp_path / f"{name}.gpkg")
        found.append(vector.read_tables(tmp_path / f"{name}.gpkg", layers))
        kinds = {str(name): kind for name, kind in pyogrio.list_layers(tmp_path / f"{name}.gpkg")}
        assert kinds["parts"] == "MultiPolygon"
    whole, pieces = found
    assert list(whole) == list(pieces) == list(layers)
    for layer, frame in whole.items():
        pd.testing.assert_frame_equal(pieces[layer], frame)
    # as one call of the library writes it
    pyogrio.write_dataframe(layers["kinds"], tmp_path / "one.gpkg", layer="kinds")
    one = pyogrio.read_dataframe(tmp_path / "one.gpkg")
    assert one.geom_type.tolist() == whole["kinds"].geom_type.tolist()


def test_only_gpkg_is_written(tmp_path):
    with pytest.raises(InputError, match=r"end it in \.gpkg"):
        write_district(district(), tmp_path / "D.shp")


def test_a_folder_of_geojson_is_a_district(tmp_path):
    for name, frame in tables().items():
        frame.to_crs(WGS84).to_file(tmp_path / f"{name}.geojson", driver="GeoJSON")
    again = read_district(tmp_path)
    assert again.crs == SHINAN_CRS
    assert list(again.courtyards["address"]) == ["泰安路1号", "泰安路3号", ""]
    assert again.metadata["source_crs"] == WGS84
    assert set(read_layers(tmp_path)) == {"courtyards", "communities", "roads"}


def test_faults_name_the_file(tmp_path):
    for name, frame in tables().items():
        frame.to_file(tmp_path / f"{name}.geojson", driver="GeoJSON")
    path = tmp_path / "courtyards.geojson"
    path.write_text(
        path.read_text(encoding="utf-8").replace('"households": 80', '"households": -1'),
        encoding="utf-8",
    )
    with pytest.raises(SchemaError) as caught:
        read_district(tmp_path)
    (fault,) = caught.value.faults
    assert (fault.layer, fault.row, fault.ident) == ("courtyards.geojson", 1, "a1")
    assert (fault.field, fault.reason) == ("households", "-1 is negative")
    assert fault.remedy == "write 0 or more in households"


@pytest.mark.parametrize("encoding", ["GB18030", "UTF-8"])
def test_shapefiles_without_cpg_are_decoded_and_noted(tmp_path, encoding):
    write_shapefiles(tmp_path, encoding=encoding)
    again = read_district(tmp_path)
    assert list(again.courtyards["address"]) == ["泰安路1号", "泰安路3号", ""]
    assert list(again.courtyards["courtyard_id"]) == ["a1", "a2", "a3"]
    assert list(again.communities["name"]) == ["泰安路社区"]
    texts = [str(note) for note in again.notes]
    assert any(f"read as {encoding}: '院编号'" in text for text in texts), texts
    assert any("community_ as community_code" in text for text in texts), texts


def test_a_cpg_file_is_believed(tmp_path):
    write_shapefiles(tmp_path, keep_cpg=True)
    for file in tmp_path.glob("*.shp"):
        file.with_suffix(".cpg").write_text("ANSI 936\n", encoding="ascii")
    again = read_district(tmp_path)
    assert again.communities["name"][0] == "泰安路社区"
    assert not any("no .cpg" in note.reason for note in again.notes)


@pytest.mark.parametrize(("page", "reason"), [("UTF-8", "states UTF-8"), ("X-11", "unknown")])
def test_a_wrong_cpg_file_is_an_encoding_error(tmp_path, page, reason):
    write_shapefiles(tmp_path)
    (tmp_path / "courtyards.cpg").write_text(page, encoding="ascii")
    with pytest.raises(EncodingError, match=reason):
        read_district(tmp_path)


def test_text_in_no_known_encoding_is_never_mojibake(tmp_path):
    write_shapefiles(tmp_path)
    table = tmp_path / "communities.dbf"
    name = "泰安路社区".encode("gb18030")
    table.write_bytes(table.read_bytes().replace(name, b"\xff" * len(name)))
    with pytest.raises(EncodingError, match="row 1, field name is neither UTF-8 nor GB18030"):
        read_district(tmp_path)


def test_two_fields_with_one_meaning_are_refused(tmp_path):
    write_shapefiles(tmp_path)
    lines = "short,name\n院编号,courtyard_id\naddress,courtyard_id\n"
    (tmp_path / "fields.csv").write_text(lines, encoding="utf-8")
    with pytest.raises(InputError, match="several fields mean courtyard_id"):
        read_district(tmp_path)


def test_a_layer_without_system_is_asked_for_it_or_told(tmp_path):
    write_shapefiles(tmp_path)
    for file in tmp_path.glob("*.prj"):
        file.unlink()
    with pytest.raises(CrsError, match="declares no coordinate system"):
        read_district(tmp_path)
    assert read_district(tmp_path, declared=SHINAN_CRS).crs == SHINAN_CRS


def test_one_file_is_read_as_one_layer(tmp_path):
    write_shapefiles(tmp_path)
    frame = read_layer(tmp_path / "courtyards.shp", "courtyards")
    assert {"courtyard_id", "community_code"} <= set(frame.columns)


def test_geojson_in_gbk_is_an_encoding_error(tmp_path):
    text = json.dumps({"type": "FeatureCollection", "features": [], "名": "院"}, ensure_ascii=False)
    (tmp_path / "courtyards.geojson").write_text(text, encoding="gbk")
    with pytest.raises(EncodingError, match="not UTF-8"):
        read_district(tmp_path)


def test_what_cannot_be_read_says_why(tmp_path):
    with pytest.raises(InputError, match="no file"):
        read_district(tmp_path / "none.gpkg")
    (tmp_path / "fake.gpkg").write_text("not a database", encoding="utf-8")
    with pytest.raises(InputError, match="not a GeoPackage"):
        read_district(tmp_path / "fake.gpkg")
    (tmp_path / "torn.gpkg").write_bytes(b"SQLite format 3\0" + bytes(100))
    with pytest.raises(InputError, match=r"torn\.gpkg cannot be read"):
        read_district(tmp_path / "torn.gpkg")
    folder = tmp_path / "json"
    folder.mkdir()
    (folder / "courtyards.geojson").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"courtyards\.geojson cannot be read"):
        read_district(folder)


def test_sources_without_a_known_layer_list_what_they_hold(tmp_path):
    path = tmp_path / "other.gpkg"
    tables()["roads"].to_file(path, layer="streets", driver="GPKG")
    with pytest.raises(InputError, match="layers found: streets"):
        read_district(path)
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "readme.txt").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match=r"files found: readme\.txt"):
        read_district(folder)


def test_two_files_for_one_layer_are_refused(tmp_path):
    write_shapefiles(tmp_path)
    tables()["roads"].to_file(tmp_path / "roads.geojson", driver="GeoJSON")
    with pytest.raises(InputError, match=r"roads\.geojson and roads\.shp both hold roads"):
        read_district(tmp_path)


def test_a_layer_without_geometry_in_a_geopackage_is_a_fault(tmp_path):
    path = tmp_path / "D.gpkg"
    write_district(district(), path)
    frame = pd.DataFrame({"beat_id": ["p"], "station_id": ["s"]})
    pyogrio.write_dataframe(frame, path, layer="beats", driver="GPKG", append=False)
    with pytest.raises(InputError, match="no geometry column"):
        read_district(path)


def test_text_is_decoded_or_refused():
    assert decode_text("户".encode("utf-8-sig"), what="f") == "户"
    assert decode_text("户".encode("gbk"), what="f") == "户"
    with pytest.raises(EncodingError, match="f is neither"):
        decode_text(np.uint8([255, 255]).tobytes(), what="f")


@pytest.mark.parametrize("stated", ["uu", "a\x00b", "undefined", "punycode"])
def test_a_cpg_file_that_names_no_encoding_of_texts_is_refused(stated, tmp_path):
    path = tmp_path / "courtyards.shp"
    frame = gpd.GeoDataFrame({"name": ["香港路"]}, geometry=[square(0, 0)], crs="EPSG:4549")
    frame.to_file(path, encoding="GBK")
    path.with_suffix(".cpg").write_text(stated)
    with pytest.raises(EncodingError):
        read_layer(path, "courtyards")


def test_a_ring_left_open_is_refused_and_no_crash(tmp_path):
    path = tmp_path / "courtyards.geojson"
    ring = [[120, 36], [121, 36], [121, 37], [120, 37]]
    area = {"type": "Polygon", "coordinates": [ring]}
    whole = {"type": "Feature", "properties": {}, "geometry": area}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [whole]}))
    with pytest.raises(InputError, match="cannot be read"):
        read_layer(path, "courtyards")
