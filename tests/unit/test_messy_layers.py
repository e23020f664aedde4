"""Laws of reading outlines as offices hand them in: found out and told, or refused."""

from __future__ import annotations

import json
import random
import resource
import sqlite3
import struct
import time
from contextlib import closing, suppress

import geopandas as gpd
import pytest
from drawings import block, dxf, insert, lwpolyline, mtext, polyline, shapefile, text
from shapely import box

from geogrid.crs import SHINAN_CRS
from geogrid.errors import EncodingError, InputError
from geogrid.locale import LANGUAGES
from geogrid.sources.dbf import decode_cut, find_encoding
from geogrid.sources.ledger.columns import LedgerWords
from geogrid.sources.outlines import mend_shapes, read_messy_layer
from geogrid.sources.outlines import reading as outlines_module

EAST, NORTH = 40_500_000, 3_990_000
PRJ = gpd.GeoSeries(crs=SHINAN_CRS).crs.to_wkt("WKT1_ESRI")

FIELDS = [("楼院编号", 12), ("楼院名称", 16), ("户数", 6)]
ROWS = [("A001", "香港路一号院", "80"), ("A002", "海滨院", "75")]


def ring(x, y, width=20):
    corners = [(x, y), (x, y + width), (x + width, y + width), (x + width, y), (x, y)]
    return [(EAST + u, NORTH + v) for u, v in corners]


TWO = [[ring(0, 0)], [ring(30, 0)]]


def read(path, layer="courtyards", **kwargs):
    """Read a layer; its counts add up and every finding speaks."""
    found = read_messy_layer(path, layer, **kwargs)
    rejected = {one.row for one in found.findings if one.verdict == "rejected"}
    assert len(found.frame) + len(rejected) == found.n_read
    for one in found.findings:
        assert one.file == path.name
        assert all(one.reason(tongue) and one.remedy(tongue) for tongue in LANGUAGES)
    return found


def kinds(found):
    return [(one.kind, one.row, one.verdict) for one in found.findings]


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8"])
def test_a_shapefile_without_cpg_and_prj_is_found_out(tmp_path, encoding):
    fields = FIELDS if encoding != "utf-8" else [("编号", 12), ("名称", 20), ("户数", 6)]
    if encoding == "utf-8":
        fields[0] = ("院编号", 12)
    found = read(shapefile(tmp_path / "院", TWO, fields, ROWS, encoding=encoding))
    assert found.frame["courtyard_id"].tolist() == ["A001", "A002"]
    assert found.frame["name"].tolist() == ["香港路一号院", "海滨院"]
    assert found.frame["households"].tolist() == ["80", "75"]
    assert (found.frame.crs, found.crs_from, found.n_read) == (None, "none", 2)
    assert kinds(found) == [("encoding_found", None, "note")]
    assert found.findings[0].value in {"楼院编号", "院编号"}


def test_a_stated_encoding_is_believed_unless_the_text_denies_it(tmp_path):
    path = shapefile(tmp_path / "a", TWO, FIELDS, ROWS)
    (tmp_path / "a.cpg").write_text("GBK")
    assert kinds(read(path)) == []
    # programs write these without being asked
    for page in ("UTF-8", "ISO-8859-1", "ANSI 1252", "", "?"):
        (tmp_path / "a.cpg").write_text(page)
        assert [kind for kind, *_ in kinds(read(path))] == ["encoding_found"]


def test_a_stated_system_is_taken(tmp_path):
    path = shapefile(tmp_path / "a", TWO, FIELDS, ROWS)
    (tmp_path / "a.prj").write_text(PRJ)
    found = read(path)
    assert (found.frame.crs, found.crs_from) == (SHINAN_CRS, "file")
    # the second is read by the file library, and by no other
    for broken in ("PROJCS[nonsense", PRJ.replace("500000.0", "1e999")):
        (tmp_path / "a.prj").write_text(broken)
        found = read(path)
        assert (found.frame.crs, found.crs_from) == (None, "none")
        assert ("system_unreadable", None, "note") in kinds(found)


def test_heads_cut_at_ten_bytes_are_read_and_told(tmp_path):
    """In GBK ten bytes are five signs; an odd one is cut within a sign."""
    fields = [("院编号", 8), ("是否引入物业服务", 12), ("小区A地址门牌", 20)]
    rows = [("A001", "无物业", "香港路1号")]
    found = read(shapefile(tmp_path / "a", TWO[:1], fields, rows))
    assert "property_service" in found.frame.columns
    told = {one.kind: one for one in found.findings}
    assert told["head_cut"].column == "是否引入物"
    assert told["head_cut"].told["field_name"] == "property_service"
    # 小区A地址 and half a sign more: nothing is made of it
    assert told["column_ignored"].column == "小区A地址"


def test_cut_names_that_are_the_same_stay_apart(tmp_path):
    fields = [("院编号", 8), ("所在社区的名称", 12), ("所在社区的编码", 12)]
    found = read(shapefile(tmp_path / "a", TWO[:1], fields, [("A001", "甲", "乙")]))
    ignored = [one.column for one in found.findings if one.kind == "column_ignored"]
    assert ignored == ["所在社区的", "所在社区的_2"]


def test_values_cut_within_a_sign_are_mended_and_numbers_rejected(tmp_path):
    fields = [("楼院编号", 5), ("楼院名称", 7)]
    rows = [("A001", "海滨大院"), ("A002", "海滨院"), ("香港路", "临海院")]
    found = read(shapefile(tmp_path / "a", [*TWO, [ring(60, 0)]], fields, rows))
    assert found.frame["name"].tolist() == ["海滨大", "海滨院"]
    assert kinds(found)[1:] == [("text_cut", 1, "mended"), ("text_cut", 3, "rejected")] or kinds(
        found
    )[1:] == [("text_cut", 3, "rejected"), ("text_cut", 1, "mended")]
    assert found.frame.index.tolist() == [0, 1]


def test_text_in_no_known_encoding_is_refused(tmp_path):
    path = shapefile(tmp_path / "a", TWO, FIELDS, ROWS)
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace("海滨".encode("gbk"), b"\xff\xff\xff\xfe"))
    with pytest.raises(EncodingError, match="neither UTF-8 nor GB18030"):
        read(path)


def test_columns_that_are_no_fields_are_left_out(tmp_path):
    """What is none of ours may be somebody's telephone number."""
    fields = [("楼院编号", 8), ("联系电话", 11), ("备用", 8)]
    found = read(shapefile(tmp_path / "a", TWO[:1], fields, [("A001", "13800000000", "甲乙丙")]))
    assert list(found.frame.columns) == ["courtyard_id", "geometry"]
    assert {one.kind for one in found.findings} >= {"column_personal", "column_ignored"}
    assert not any("138" in str(one) for one in found.findings)


def test_names_stated_in_fields_csv_win(tmp_path):
    path = shapefile(
        tmp_path / "a", TWO, [("甲", 8), ("communit_", 12)], [("A001", "1"), ("A2", "2")]
    )
    (tmp_path / "fields.csv").write_text("short,name\n甲,courtyard_id\n", encoding="gbk")
    assert read(path).frame["courtyard_id"].tolist() == ["A001", "A2"]


def test_a_missing_index_is_made_anew_elsewhere(tmp_path):
    path = shapefile(tmp_path / "a", TWO, FIELDS, ROWS, index=False)
    assert len(read(path).frame) == 2
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.dbf", "a.shp"]


def test_a_missing_table_is_asked_for(tmp_path):
    path = shapefile(tmp_path / "a", TWO, FIELDS, ROWS)
    path.with_suffix(".dbf").unlink()
    with pytest.raises(InputError, match=r"no \.dbf"):
        read(path)


def test_shapes_come_as_drawn_but_flat_and_with_closed_rings(tmp_path):
    """
    Row 1 has heights, row 2 a hole, row 3 two parts, row 4 lacks its last point,
    row 5 draws nothing, row 6 crosses itself and is left for the rules.
    """
    solid = [[(x, y, 7.5) for x, y in ring(0, 0)]]
    crossed = [(0, 0), (20, 20), (20, 0), (0, 20), (0, 0)]
    shapes = [
        [ring(30, 0), ring(35, 5, 5)[::-1]],
        [ring(60, 0), ring(90, 0)],
        [ring(120, 0)[:-1]],
        None,
        [[(EAST + 150 + x, NORTH + y) for x, y in crossed]],
    ]
    rows = [(f"A{n}", "甲", "1") for n in range(2, 7)]
    found = read(shapefile(tmp_path / "a", shapes, FIELDS, rows))
    assert kinds(found)[1:] == [("ring_closed", 3, "mended")]
    frame = found.frame
    assert frame.geom_type.fillna("").tolist() == [
        "Polygon",
        "MultiPolygon",
        "Polygon",
        "",
        "Polygon",
    ]
    assert frame.area.tolist()[:3] == [375, 800, 400]
    assert frame.is_valid.tolist() == [True, True, True, False, False]
    mended, findings = mend_shapes(frame.set_crs("EPSG:4528"), "courtyards")
    assert mended["courtyard_id"].tolist() == ["A2", "A3", "A4"]
    assert [one.row for one in findings if one.verdict == "rejected"] == [4, 5]

    raised = read(shapefile(tmp_path / "z", [solid], FIELDS, ROWS[:1])).frame
    assert not raised.has_z.any()
    assert raised.area.tolist() == [400]


def geojson(path, features, *, encoding="utf-8", **more):
    written = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": told, "geometry": shape} for told, shape in features
        ],
    } | more
    path.write_bytes(json.dumps(written, ensure_ascii=False).encode(encoding))
    return path


AREA = {
    "type": "Polygon",
    "coordinates": [[[120.3, 36], [120.31, 36], [120.31, 36.1], [120.3, 36]]],
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_geojson_is_read_in_what_it_is(tmp_path, encoding):
    """GeoJSON supposes WGS84; whether it is, its numbers must tell."""
    path = geojson(tmp_path / "a.geojson", [({"楼院编号": "甲1"}, AREA)], encoding=encoding)
    found = read(path)
    assert found.frame["courtyard_id"].tolist() == ["甲1"]
    assert (found.frame.crs, found.crs_from) == ("EPSG:4326", "format")
    assert [one.kind for one in found.findings] == (["encoding_found"] if encoding == "gbk" else [])


def test_geojson_that_names_its_system_is_believed(tmp_path):
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}
    path = geojson(tmp_path / "a.geojson", [({"楼院编号": "甲1"}, AREA)], crs=crs)
    found = read(path)
    assert (found.frame.crs, found.crs_from) == ("EPSG:4549", "file")


def test_geojson_with_open_rings_and_without_shapes(tmp_path):
    opened = {"type": "Polygon", "coordinates": [AREA["coordinates"][0][:-1]]}
    rows = [({"楼院编号": "甲1"}, opened), ({"楼院编号": "甲2"}, None), ({"楼院编号": "甲3"}, AREA)]
    found = read(geojson(tmp_path / "a.json", rows))
    assert kinds(found) == [("ring_closed", 1, "mended")]
    assert found.frame.geometry.isna().tolist() == [False, True, False]


def test_lists_in_a_field_are_text(tmp_path):
    rows = [({"楼院编号": ["甲1", "甲2"], "户数": [1, 2], "名称": {"a": 1}}, AREA)]
    found = read(geojson(tmp_path / "a.json", rows))
    told = found.frame.drop(columns="geometry").iloc[0].to_dict()
    assert told == {
        "courtyard_id": "甲1, 甲2",
        "households": "1, 2",
        "name": '{ "a": 1 }',
    }


def test_a_geopackage_gives_the_layer_of_that_name_or_its_only_one(tmp_path):
    path = tmp_path / "a.gpkg"
    frame = gpd.GeoDataFrame({"楼院编号": ["甲1"]}, geometry=[box(0, 0, 20, 20)], crs=SHINAN_CRS)
    frame.to_file(path, layer="院落", driver="GPKG")
    found = read(path)
    assert found.frame["courtyard_id"].tolist() == ["甲1"]
    assert (found.frame.crs, found.crs_from) == (SHINAN_CRS, "file")
    frame.to_file(path, layer="别的", driver="GPKG")
    with pytest.raises(InputError, match=r"院落, 别的.*name the one meant courtyards"):
        read(path)
    frame.to_file(path, layer="courtyards", driver="GPKG")
    assert len(read(path).frame) == 1


def test_a_view_is_not_computed(tmp_path):
    path = tmp_path / "a.gpkg"
    frame = gpd.GeoDataFrame({"楼院编号": ["甲1"]}, geometry=[box(0, 0, 20, 20)], crs=SHINAN_CRS)
    frame.to_file(path, layer="courtyards", driver="GPKG")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA writable_schema = 1")
        database.execute("UPDATE sqlite_master SET type = 'view' WHERE name = 'courtyards'")
    with pytest.raises(InputError, match=r"no table|cannot be read"):
        read(path)


def test_communities_have_heads_of_their_own(tmp_path):
    """In a ledger 社区 says where a courtyard lies; here it is the name."""
    fields = [("社区代码", 12), ("社区", 16), ("街道代码", 9)]
    rows = [("370202001013", "香港路社区", "370202001")]
    found = read(shapefile(tmp_path / "a", TWO[:1], fields, rows), "communities")
    assert found.frame.drop(columns="geometry").to_dict("records") == [
        {
            "community_code": "370202001013",
            "name": "香港路社区",
            "subdistrict_code": "370202001",
        }
    ]


def test_numbers_of_other_layers_are_no_numbers_of_courtyards(tmp_path):
    fields = [("编号", 8), ("名称", 12), ("序号", 4)]
    path = shapefile(tmp_path / "a", TWO[:1], fields, [("B7", "七号楼", "1")])
    found = read(path, "buildings")
    assert "courtyard_id" not in found.frame.columns
    # 序号 is of no use anywhere and passed over without a word
    assert [one.column for one in found.findings if one.kind == "column_ignored"][:1] == ["编号"]
    assert not any(one.column == "序号" for one in found.findings)
    assert read(path).frame["courtyard_id"].tolist() == ["B7"]


def test_heads_of_an_office_of_its_own_win(tmp_path):
    (tmp_path / "words.toml").write_text('[columns]\nname = ["院子叫啥"]\n', encoding="utf-8")
    words = LedgerWords.read(tmp_path / "words.toml")
    path = shapefile(tmp_path / "a", TWO[:1], [("院编号", 8), ("院子叫啥", 12)], [("A1", "海滨院")])
    assert read(path, words=words).frame["name"].tolist() == ["海滨院"]


def test_a_drawing_is_read_as_a_layer(tmp_path):
    path = tmp_path / "图.DXF"
    corners = ring(0, 0)[:-1]
    near = [*ring(30, 0)[:-1], (EAST + 30, NORTH - 0.3)]
    drawn = [
        lwpolyline("楼院", corners),
        lwpolyline("楼院", near, closed=False),
        lwpolyline("楼院", ring(60, 0)[:3], closed=False),
        text("楼院", EAST + 5, NORTH + 5, "A-001"),
        text("楼院", EAST + 35, NORTH + 5, "A-002"),
        text("楼院", EAST + 65, NORTH + 15, "A-003"),
    ]
    path.write_bytes(dxf(drawn))
    found = read(path)
    assert found.frame["courtyard_id"].tolist() == ["A-001", "A-002", "A-003"]
    assert (found.frame.crs, found.crs_from, found.n_read) == (None, "none", 3)
    mended, findings = mend_shapes(found.frame.set_crs("EPSG:4528"), "courtyards", file=path.name)
    assert mended["courtyard_id"].tolist() == ["A-001", "A-002"]
    assert [(one.row, one.kind) for one in findings] == [(2, "ring_closed"), (3, "not_an_area")]


def test_files_of_other_kinds_and_sizes_are_refused(tmp_path, monkeypatch):
    path = shapefile(tmp_path / "a", TWO, FIELDS, ROWS)
    with pytest.raises(InputError, match="There is no file"):
        read(tmp_path / "b.shp")
    with pytest.raises(InputError, match=r"none of \.shp, \.dxf"):
        read(path.with_suffix(".dbf"))
    monkeypatch.setattr(outlines_module, "_MOST_VERTICES", 9)
    with pytest.raises(InputError, match="too many vertices"):
        read(path)
    monkeypatch.setattr(outlines_module, "MOST_BYTES", 99)
    with pytest.raises(InputError, match="larger than"):
        read(path)


def test_a_table_that_claims_four_billion_rows_is_held_against_its_length(tmp_path):
    path = shapefile(tmp_path / "a", TWO, FIELDS, ROWS)
    table = path.with_suffix(".dbf")
    raw = bytearray(table.read_bytes())
    raw[4:8] = struct.pack("<I", 0xFFFFFFFF)
    table.write_bytes(raw)
    began = time.process_time()
    with suppress(InputError):
        assert len(read(path).frame) == 2
    assert time.process_time() - began < 2


def test_short_texts_do_not_pass_for_another_encoding():
    """路 in GBK is a valid sign of UTF-8, and 楼院 in UTF-8 are three signs of GBK."""
    assert find_encoding(["路".encode("gbk")]).name == "GB18030"
    assert find_encoding(["楼院".encode()]).name == "UTF-8"
    assert find_encoding(["香港路".encode()[:8]]).name == "UTF-8"
    assert find_encoding(["香港路".encode("gbk")[:5]]).name == "GB18030"
    assert find_encoding([b"abc"]).name == "UTF-8"
    assert find_encoding([b"\xff\xff\xff"]) is None
    assert decode_cut("香港".encode("gbk")[:3], "gb18030") == ("香", True)
    with pytest.raises(UnicodeDecodeError):
        decode_cut(b"\xff\xff\xff\xff ab", "utf-8")


def mutated(raw, rng):
    """Spoil some bytes, most of them in the head."""
    raw = bytearray(raw)
    for _ in range(rng.choice([1, 1, 2, 5])):
        place = rng.randrange(min(len(raw), rng.choice([64, 160, len(raw)])) or 1)
        kind = rng.random()
        if kind < 0.6:
            raw[place : place + 1] = bytes([rng.choice([0, 255, 127, 128, rng.randrange(256)])])
        elif kind < 0.8:
            raw[place : place + 4] = rng.choice(
                [b"\xff\xff\xff\x7f", b"\x7f\xff\xff\xff", b"\xff" * 4]
            )
        elif kind < 0.9:
            del raw[place:]
        else:
            raw[place:place] = rng.randbytes(5)
    return bytes(raw)


def test_spoilt_files_are_read_or_refused_and_never_heavy(tmp_path):
    """Three hundred spoilt files: InputError or a layer, quickly, without much memory."""
    rng = random.Random(7)  # noqa: S311 - the same spoilt files every time
    whole = shapefile(
        tmp_path / "whole", [*TWO, [ring(60, 0), ring(90, 0)]], FIELDS, [*ROWS, ROWS[0]]
    )
    shape = {part: whole.with_suffix(f".{part}").read_bytes() for part in ("shp", "shx", "dbf")}
    drawn = dxf(
        [
            lwpolyline("楼院", ring(0, 0)[:-1], bulges=[0, 1]),
            polyline("楼院", ring(60, 0)),
            mtext("楼院", EAST + 5, NORTH + 5, r"{\fSimSun;甲}"),
            insert("B", EAST, NORTH),
        ],
        blocks=block("B", lwpolyline("楼院", [(0, 0), (1, 0), (1, 1)])),
    )
    written = geojson(tmp_path / "whole.json", [({"楼院编号": "甲1"}, AREA)]).read_bytes()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    n_read = 0
    for n in range(300):
        kind = ("shp", "shx", "dbf", "dxf", "json")[n % 5]
        path = tmp_path / f"spoilt.{kind if kind in {'dxf', 'json'} else 'shp'}"
        if kind in shape:
            for part, raw in shape.items():
                spoilt = mutated(raw, rng) if part == kind else raw
                path.with_suffix(f".{part}").write_bytes(spoilt)
        else:
            path.write_bytes(mutated(drawn if kind == "dxf" else written, rng))
        began = time.process_time()
        try:
            found = read(path)
        except InputError:
            pass
        else:
            n_read += 1
            mend_shapes(found.frame.set_crs("EPSG:4528", allow_override=True), "courtyards")
        assert time.process_time() - began < 2, n
    assert n_read > 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000
