"""Laws of reading drawings: texts in any encoding, arcs and blocks, names from texts, bounds."""

from __future__ import annotations

import math
import resource
import time

import numpy as np
import pytest
import shapely
from drawings import block, dxf, insert, lwpolyline, mtext, polyline, text

from geogrid.errors import EncodingError, InputError
from geogrid.sources.outlines import drawing as drawing_module
from geogrid.sources.outlines.drawing import read_drawing
from geogrid.sources.outlines.drawn import outlines_of

EAST, NORTH = 40_500_000, 3_990_000


def ring(x, y, width=20, *, east=EAST, north=NORTH):
    corners = [(x, y), (x + width, y), (x + width, y + width), (x, y + width)]
    return [(east + u, north + v) for u, v in corners]


def at(x, y):
    return EAST + x, NORTH + y


def read(*entities, name="图.dxf", **kwargs):
    return read_drawing(dxf(entities, **kwargs), name=name)


def outlines(*entities, layer="courtyards", drawn_on=(), **kwargs):
    drawing = read(*entities, **kwargs)
    frame, findings = outlines_of(drawing, layer, name="图.dxf", drawn_on=drawn_on)
    return frame.fillna({column: "" for column in frame.columns if column != "geometry"}), findings


@pytest.mark.parametrize(
    ("version", "page", "encoding", "found"),
    [
        ("AC1009", "ANSI_936", "gbk", ""),
        ("AC1015", "ANSI_936", "gbk", ""),
        ("AC1018", "GB2312", "gbk", ""),
        # newer drawings are UTF-8 and name the page of the machine all the same
        ("AC1021", "ANSI_936", "utf-8", ""),
        ("AC1027", "ANSI_936", "utf-8", ""),
        ("AC1032", "ANSI_1252", "utf-8", ""),
        # drawn on one machine, named on another
        ("AC1015", "ANSI_1252", "gbk", "楼院"),
        ("AC1015", "", "utf-8", "楼院"),
        ("AC1032", "UTF-8", "gbk", "楼院"),
    ],
)
def test_texts_are_read_in_the_encoding_they_are_in(version, page, encoding, found):
    r"""誠 ends in a backslash in GBK, 價 in a brace: both would be escapes."""
    entities = [lwpolyline("楼院", ring(0, 0)), text("楼院", *at(5, 5), "誠{價")]
    drawing = read(*entities, version=version, page=page, encoding=encoding)
    assert drawing.line_layers.tolist() == ["楼院"]
    assert drawing.texts.tolist() == ["誠{價"]
    assert drawing.sample == found


def test_texts_in_no_known_encoding_are_refused():
    raw = dxf([lwpolyline("A", ring(0, 0))]).replace(b"\nA\n", b"\n\xff\xfe\xff\xff A\n")
    with pytest.raises(EncodingError, match="neither UTF-8 nor GB18030"):
        read_drawing(raw, name="图.dxf")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"\U+9999\U+6E2F路1号", "香港路1号"),
        (r"\M+5CFE3\M+5B8DB路", "香港路"),
        ("30%%d %%p2 %%065", "30° ±2 A"),
        (r"x\U+D800y", "x y"),
    ],
)
def test_escapes_of_texts_are_the_signs_they_mean(written, meant):
    assert read(text("楼院", *at(5, 5), written)).texts.tolist() == [meant]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"{\fSimSun|b0|i0|c134|p2;泰安路3号}", "泰安路3号"),
        (r"\A1;{\H2.5x;\C1;泰安路}\P3号", "泰安路\n3号"),
        (r"a\~b\{c\}\\", "a b{c}\\"),
    ],
)
def test_formats_of_long_texts_are_dropped(written, meant):
    assert read(mtext("楼院", *at(5, 5), written)).texts.tolist() == [meant]


def test_an_escaped_line_break_cannot_write_another_entity():
    drawing = read(text("楼院", *at(5, 5), r"a\U+000A0\U+000ALINE"))
    assert drawing.texts.tolist() == ["a 0 LINE"]


def test_polylines_of_every_age_are_lines_without_heights():
    drawing = read(polyline("旧", ring(0, 0)), lwpolyline("新", ring(30, 0), closed=False))
    assert drawing.line_layers.tolist() == ["旧", "新"]
    assert shapely.is_closed(drawing.lines).tolist() == [True, False]
    assert not shapely.has_z(drawing.lines).any()


def test_an_arc_is_drawn_within_a_thousandth_of_its_area():
    """A bulge of 1 is half a circle; two of them are a circle of 20 m."""
    drawing = read(lwpolyline("楼院", [at(0, 0), at(20, 0)], bulges=[1, 1]))
    area_m2 = shapely.Polygon(drawing.lines[0]).area
    assert area_m2 == pytest.approx(math.pi * 100, rel=1e-3)


def test_blocks_are_written_out_where_they_are_put():
    """
    A block turned by 90 degrees and twice as large; in a block; four times in rows.

    Layer 0 of a block takes the layer it is put on, other layers stay.
    """
    square = [(0, 0), (1, 0), (1, 1), (0, 1)]
    blocks = block("B", lwpolyline("0", square), text("院内", 0.5, 0.5, "甲"))
    blocks += block("Outer", insert("b", 0, 0, layer="0"))
    drawing = read(
        insert("B", *at(10, 10), layer="楼院", more="41\n2\n42\n2\n50\n90\n"),
        insert("OUTER", *at(50, 50), layer="楼院"),
        insert("B", *at(100, 100), layer="楼院", more="70\n2\n71\n2\n44\n5\n45\n5\n"),
        insert("Missing", *at(0, 0)),
        blocks=blocks,
    )
    assert len(drawing.lines) == 6
    assert set(drawing.line_layers) == {"楼院"}
    assert drawing.texts.tolist() == ["甲"] * 6
    np.testing.assert_allclose(drawing.lines[0].bounds, (*at(8, 10), *at(10, 12)))
    np.testing.assert_allclose(drawing.lines[1].bounds, (*at(50, 50), *at(51, 51)))


def test_a_number_filled_into_a_block_is_a_text():
    attributes = (
        "66\n1\n0\nATTRIB\n8\n楼院\n10\n{}\n20\n{}\n40\n2\n1\n{}\n2\nNO\n70\n0\n0\nSEQEND\n"
    )
    put = insert("B", *at(0, 0), layer="楼院", more=attributes.format(*at(5, 5), "QD-012"))
    frame, _ = outlines(
        put, blocks=block("B", lwpolyline("楼院", [(0, 0), (9, 0), (9, 9), (0, 9)]))
    )
    assert frame["courtyard_id"].tolist() == ["QD-012"]


def test_paper_and_meshes_are_left_out():
    sheet = lwpolyline("楼院", ring(0, 0), more="67\n1\n")
    mesh = polyline("楼院", ring(0, 0), flags=64)
    drawing = read(sheet, mesh, lwpolyline("楼院", ring(0, 0)))
    assert len(drawing.lines) == 1


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not a DXF"),
        (b"hello\nworld\n", "not a DXF"),
        (b"AC1018\0\0\0", "DWG"),
        (b"AutoCAD Binary DXF\r\n\x1a\0", "binary"),
        (dxf([lwpolyline("A", [("1e400", 0), (1, 1)])]), "group 10"),
        (dxf([lwpolyline("A", [("x", 0), (1, 1)])]), "group 10"),
        (dxf([lwpolyline("A", ring(0, 0), bulges=[1e9])]), "group 42"),
        (dxf([polyline("A", ring(0, 0), flags="many")]), "group 70"),
        (dxf(["0\nLWPOLYLINE\nlayer\nA\n"]), "line 31"),
    ],
)
def test_what_is_no_sound_drawing_says_why(raw, reason):
    with pytest.raises(InputError, match=reason):
        read_drawing(raw, name="图.dxf")


def bombs():
    square = lwpolyline("A", [(0, 0), (1, 0), (1, 1)])
    nested = "".join(block(f"B{n}", insert(f"B{n + 1}", 0, 0) * 10) for n in range(8))
    return {
        "nested": dxf([insert("B0", 0, 0)], blocks=nested + block("B8", square * 10)),
        "array": dxf([insert("B", 0, 0, more="70\n3000\n71\n3000\n")], blocks=block("B", square)),
        "itself": dxf([insert("B", 0, 0)], blocks=block("B", insert("B", 1, 1))),
        "crowd": dxf([insert("B", 0, 0)], blocks=block("B", square * 10_001)),
    }


@pytest.mark.parametrize("name", ["nested", "array", "itself", "crowd"])
def test_a_drawing_that_would_never_end_is_refused_at_once(name):
    raw = bombs()[name]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    with pytest.raises(InputError, match=r"图\.dxf"):
        read_drawing(raw, name="图.dxf")
    assert time.process_time() - began < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_a_drawing_beyond_the_limit_is_not_looked_into(monkeypatch):
    monkeypatch.setattr(drawing_module, "MOST_BYTES", 100)
    with pytest.raises(InputError, match="larger than"):
        read(lwpolyline("楼院", ring(0, 0)))


def test_outlines_are_named_by_the_texts_in_them():
    """
    +------------+  +------------+
    | A-012      |  |  (nothing) |    砖5 is what a house is built of, 6 its storeys
    | 香港路1号  |  +------------+
    | 海滨院     |   南京路   <- in no outline
    +------------+
    """
    frame, findings = outlines(
        lwpolyline("楼院", ring(0, 0)),
        lwpolyline("楼院", ring(30, 0)),
        text("楼院", *at(2, 15), "A-012"),
        text("楼院", *at(2, 10), "香港路1号"),
        mtext("楼院", *at(2, 5), r"{\fSimSun;海滨院}\P砖5\P6"),
        text("楼院", *at(30, -9), "南京路"),
        text("房屋", *at(40, 9), "混3"),
    )
    assert frame["courtyard_id"].tolist() == ["A-012", ""]
    assert frame["address"].tolist() == ["香港路1号", ""]
    assert frame["name"].tolist() == ["海滨院", ""]
    assert frame["drawing_layer"].tolist() == ["楼院", "楼院"]
    assert frame.crs is None
    assert [(one.kind, one.told) for one in findings] == [
        ("text_unplaced", {"count": "1", "first": "南京路"})
    ]


def test_texts_of_other_layers_name_an_outline_without_its_own():
    frame, _ = outlines(
        lwpolyline("楼院", ring(0, 0)),
        lwpolyline("楼院", ring(30, 0)),
        text("楼院", *at(5, 5), "海滨院"),
        text("注记", *at(6, 6), "理发店"),
        text("注记", *at(35, 5), "临海院"),
    )
    assert frame["name"].tolist() == ["海滨院", "临海院"]


def test_a_text_names_the_innermost_outline_and_one_not_quite_closed():
    frame, _ = outlines(
        lwpolyline("楼院", ring(0, 0, 60)),
        lwpolyline("楼院", [*ring(10, 10), at(10, 10.3)], closed=False),
        text("楼院", *at(15, 15), "里院"),
        text("楼院", *at(50, 50), "外院"),
    )
    assert frame["name"].tolist() == ["外院", "里院"]
    assert frame.geom_type.tolist() == ["Polygon", "LineString"]


def test_two_numbers_in_one_outline_reject_it_and_two_names_are_told():
    frame, findings = outlines(
        lwpolyline("楼院", ring(0, 0)),
        lwpolyline("楼院", ring(30, 0)),
        text("楼院", *at(5, 5), "A001"),
        text("楼院", *at(5, 9), "A002"),
        text("楼院", *at(35, 5), "下院"),
        text("楼院", *at(35, 9), "上院"),
    )
    assert [(one.row, one.kind, one.verdict) for one in findings] == [
        (1, "several_numbers", "rejected"),
        (2, "several_texts", "note"),
    ]
    assert frame["courtyard_id"].tolist() == ["", ""]
    assert frame["name"].tolist() == ["", "上院"]


def test_communities_have_codes_of_twelve_digits():
    frame, _ = outlines(
        lwpolyline("社区界", ring(0, 0)),
        lwpolyline("楼院", ring(5, 5, 4)),
        text("社区界", *at(2, 15), "370202001013"),
        text("社区界", *at(2, 10), "香港路社区"),
        text("社区界", *at(2, 5), "A-012"),
        layer="communities",
    )
    assert frame[["community_code", "name"]].to_numpy().tolist() == [["370202001013", "香港路社区"]]


def test_the_layer_meant_is_named_or_the_only_one():
    wanted, frame_line = lwpolyline("院界", ring(0, 0)), lwpolyline("图框", ring(-9, -9, 99))
    other = lwpolyline("YJ", ring(30, 0))
    assert len(outlines(wanted, frame_line, other)[0]) == 1
    assert len(outlines(other, lwpolyline("图框", ring(0, 0), closed=False))[0]) == 1
    assert len(outlines(other, frame_line, drawn_on=["YJ"])[0]) == 1
    with pytest.raises(InputError, match=r"YJ \(1\), 图框 \(1\).*Rename"):
        outlines(other, frame_line)


@pytest.mark.parametrize(
    ("units", "unit_m", "kind"),
    [
        (6, 1, None),
        (0, 1, None),
        (4, 0.001, "drawing_scaled"),
        (4, 1, "drawing_units"),
        (5, 0.01, "drawing_scaled"),
        (14, 1, "drawing_units"),
    ],
)
def test_units_are_held_against_the_numbers(units, unit_m, kind):
    """Drawing programs state millimetres over plans in metres; the numbers tell."""
    points = [(x / unit_m, y / unit_m) for x, y in ring(0, 0)]
    frame, findings = outlines(lwpolyline("楼院", points), units=units)
    assert frame.geometry.iloc[0].area == pytest.approx(400, rel=1e-6)
    assert [one.kind for one in findings] == ([kind] if kind else [])
    assert all(one.reason("zh") and one.reason("en") for one in findings)


def test_units_that_no_number_bears_out_are_refused():
    local = [(0, 0), (20_000, 0), (20_000, 20_000)]
    with pytest.raises(InputError, match="neither metres nor millimetres"):
        outlines(lwpolyline("楼院", local), units=4)
    with pytest.raises(InputError, match="not metric"):
        outlines(lwpolyline("楼院", ring(0, 0)), units=1)


def test_single_lines_beside_the_outlines_are_counted():
    line = "0\nLINE\n8\n{}\n10\n0\n20\n0\n11\n9\n21\n9\n"
    lines = [line.format("楼院"), line.format("楼院"), line.format("道路")]
    _, findings = outlines(lwpolyline("楼院", ring(0, 0)), *lines)
    assert [(one.kind, one.told["count"]) for one in findings] == [("drawing_left", "2")]
