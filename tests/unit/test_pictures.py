"""Laws of the pictures: they show themselves, read on any machine, and leave no trace."""

from __future__ import annotations

import itertools
import subprocess
import sys
import zlib
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from colour_vision import apart
from drawn_findings import (
    drawn_front,
    drawn_next_grids,
    drawn_prices,
    drawn_sensitivity,
)
from fontTools.ttLib import TTFont
from map_plan import drawn_plan
from matplotlib.text import Text
from moved_plan import moved_plan

from geogrid import pictures
from geogrid.errors import InputError, NotFoundError, StorageError
from geogrid.publish.colours import CALM, DEVIATION_COLOURS, PALETTE, WALK_COLOURS
from geogrid.publish.pictures import spread, style
from geogrid.publish.pictures.pairing import _SHADES, _common_end, _stack
from geogrid.publish.pictures.prices import _COLOURS, _ranked
from geogrid.publish.pictures.sensitivity import SHARE_COLOURS

# CIE 1976; one is just noticeable side by side, on one another's edge
NOTICED = 9.0
KINDS = ("layout", "households", "walks", "pairing")


@pytest.fixture(scope="module")
def plan():
    return drawn_plan()


@pytest.fixture(scope="module")
def letters():
    """Return the characters that the font has."""
    with TTFont(style.font_path(), lazy=True) as font:
        return set(font.getBestCmap())


def every_picture(plan, language="zh"):
    """Yield each kind of picture by name."""
    for kind in KINDS:
        yield kind, getattr(pictures, kind)(plan, language=language)
    for theme in ("deviation", "walk"):
        yield theme, pictures.layout(plan, theme=theme, language=language)
    yield "multiples", pictures.multiples({"甲 A": plan, "乙 B": plan}, language=language)
    yield "before_after", pictures.before_after(plan, moved_plan(), language=language)
    for axis in ("balance_m", "grids"):
        yield axis, pictures.front(drawn_front(axis), plan=plan, language=language)
    yield "next_grids", pictures.next_grids(drawn_next_grids(), language=language)
    yield "prices", pictures.prices(plan, drawn_prices(), language=language)
    yield "sensitivity", pictures.sensitivity(plan, drawn_sensitivity(plan), language=language)


def texts_of(picture):
    return [t for t in picture.findobj(Text) if t.get_visible() and t.get_text()]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_text_is_in_our_font_and_every_letter_in_it(plan, letters, language):
    for kind, picture in every_picture(plan, language):
        picture.draw(picture.canvas.get_renderer())
        for text in texts_of(picture):
            assert text.get_fontproperties().get_file() == str(style.font_path()), (kind, text)
            missing = {sign for sign in text.get_text() if ord(sign) not in letters} - {"\n"}
            assert not missing, (kind, text.get_text(), missing)


def test_a_letter_that_the_font_has_not_would_be_noticed():
    picture = pictures.Picture(figsize=(2, 1))
    picture.text(0.1, 0.5, "\ue000", fontproperties=style.font(20))
    with pytest.warns(UserWarning, match="missing from font"):
        picture.draw(picture.canvas.get_renderer())


def test_a_picture_reads_without_any_font_of_the_system(tmp_path):
    """In a process of its own: no fonts but matplotlib's, an empty cache, warnings are errors."""
    empty = tmp_path / "fonts.conf"
    empty.write_text("<?xml version='1.0'?><fontconfig></fontconfig>", encoding="utf-8")
    code = """
import sys
from matplotlib import font_manager
manager = font_manager.fontManager
manager.ttflist = [f for f in manager.ttflist if "mpl-data" in f.fname]
from drawn_findings import (
    drawn_front,
    drawn_next_grids,
    drawn_prices,
    drawn_sensitivity,
)
from map_plan import drawn_plan
from geogrid import pictures
picture = pictures.layout(drawn_plan())
pictures.save(picture, "layout.png", dpi=50)
shown = {}
for sign in ("\\u7f51", "\\u683c", "\\u4e00"):
    one = pictures.Picture(figsize=(1, 1))
    one.text(0.2, 0.3, sign, fontproperties=pictures.font(40))
    shown[sign] = one._repr_png_()
assert len(set(shown.values())) == 3, "signs look alike: empty boxes"
assert "matplotlib.pyplot" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env={
            "PATH": str(tmp_path),
            "HOME": str(tmp_path),
            "MPLCONFIGDIR": str(tmp_path / "mpl"),
            "FONTCONFIG_FILE": str(empty),
            "PYTHONPATH": ":".join(path for path in sys.path if path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "layout.png").stat().st_size > 5_000


def test_saving_leaves_settings_as_they_were_and_does_not_heed_them(plan, tmp_path):
    before = dict(mpl.rcParams)
    first = pictures.save(pictures.layout(plan), tmp_path / "a.svg").read_bytes()
    assert dict(mpl.rcParams) == before
    with mpl.rc_context({"text.usetex": True, "axes.facecolor": "black", "font.size": 30}):
        second = pictures.save(pictures.layout(plan), tmp_path / "b.svg").read_bytes()
    assert first == second


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png"])
def test_the_same_plan_gives_the_same_bytes(tmp_path, suffix):
    saved = [
        pictures.save(pictures.layout(drawn_plan()), tmp_path / f"{n}.{suffix}", dpi=60)
        for n in range(2)
    ]
    assert saved[0].read_bytes() == saved[1].read_bytes()


def test_a_pdf_carries_the_font_and_its_letters_as_letters(plan, tmp_path):
    raw = pictures.save(pictures.households(plan), tmp_path / "a.pdf").read_bytes()
    assert b"/CreationDate" not in raw
    assert b"+NotoSansSC-Regular" in raw
    # Type 42: outlines as TrueType inside, and a table from glyphs back to letters
    assert b"/FontFile2" in raw
    assert b"/CIDFontType2" in raw
    assert b"/ToUnicode" in raw
    assert b"/Type3" not in raw
    streams = [part.split(b"endstream")[0] for part in raw.split(b"stream\n")[1:]]
    drawn = b""
    for held in streams:
        try:
            drawn += zlib.decompress(held)
        except zlib.error:
            continue
    assert drawn.count(b" Tj") + drawn.count(b"TJ") > 10


def test_an_svg_needs_no_font(plan, tmp_path):
    text = pictures.save(pictures.layout(plan), tmp_path / "a.svg").read_text("utf-8")
    assert "<text" not in text
    assert "font-family" not in text
    assert "<dc:date>" not in text


def test_a_suffix_that_nobody_knows_is_refused(plan, tmp_path):
    picture = pictures.households(plan)
    with pytest.raises(InputError, match=r"\.svg, \.pdf or \.png"):
        pictures.save(picture, tmp_path / "a.gif")
    assert not list(tmp_path.iterdir())


def test_a_failed_save_leaves_the_old_file(plan, tmp_path, monkeypatch):
    target = tmp_path / "a.png"
    target.write_bytes(b"old")
    picture = pictures.households(plan)

    def fail(*_given, **_more):
        raise OSError("no room on the disk")

    monkeypatch.setattr(type(picture), "savefig", fail)
    with pytest.raises(StorageError, match="unchanged"):
        pictures.save(picture, target)
    assert target.read_bytes() == b"old"


def test_a_picture_shows_itself(plan):
    raw = pictures.households(plan)._repr_png_()
    assert raw.startswith(b"\x89PNG")
    wide = int.from_bytes(raw[16:20], "big")
    assert 1_000 <= wide <= 1_440


def test_a_missing_font_names_the_command_that_fetches_it(plan, monkeypatch):
    style.font_path.cache_clear()
    monkeypatch.setattr(style, "files", lambda _: "/nowhere")
    with pytest.raises(StorageError, match="make font"):
        pictures.layout(plan)
    style.font_path.cache_clear()


def test_the_font_holds_all_of_gbk(letters):
    signs = {
        sign
        for lead in range(0x81, 0xFF)
        for trail in range(0x40, 0xFF)
        for sign in bytes([lead, trail]).decode("gbk", errors="ignore")
    }
    missing = "".join(sorted(sign for sign in signs if ord(sign) not in letters))
    # the font itself lacks two of 21,855, neither of them a character of a name
    assert len(signs) > 21_000
    assert len(missing) <= 2, missing


@pytest.mark.parametrize(
    "colours",
    [
        DEVIATION_COLOURS,
        WALK_COLOURS,
        _SHADES,
        _COLOURS,
        SHARE_COLOURS,
        tuple(colour for colour, _ in spread._CLASSES),
    ],
)
def test_neighbouring_classes_differ_for_people_with_deuteranopia(colours):
    for one, other in itertools.pairwise(colours):
        assert apart(one, other, deuteranopia=True) >= NOTICED, (one, other)


def test_any_two_colours_of_grids_differ_for_people_with_deuteranopia():
    for one, other in itertools.combinations(PALETTE[:CALM], 2):
        assert apart(one, other, deuteranopia=True) >= NOTICED, (one, other)


def test_red_and_green_of_one_brightness_would_be_noticed():
    assert apart("#c96b4b", "#8f8a3c") >= NOTICED
    assert apart("#c96b4b", "#8f8a3c", deuteranopia=True) < NOTICED


def test_an_unknown_theme_or_community_or_layer_is_refused(plan):
    with pytest.raises(InputError, match="deviation"):
        pictures.layout(plan, theme="colour")
    with pytest.raises(NotFoundError, match="give its name"):
        pictures.before_after(plan, plan, community="nowhere")
    with pytest.raises(InputError, match="pair the plan"):
        pictures.pairing(drawn_plan(paired=False))
    with pytest.raises(InputError, match="at least one"):
        pictures.multiples({})


def test_a_dollar_sign_in_a_name_is_no_formula():
    picture = pictures.layout(drawn_plan(names={"a1": "$a_1$"}))
    pictures.walks(drawn_plan(names={"a1": r"$\frac$"}))._repr_png_()
    assert picture._repr_png_()


def test_a_district_without_the_optional_layers_draws():
    plan = drawn_plan(paired=False, names={"a1": "院"})
    tables = dict(plan.district.tables)
    for name in (
        "buildings",
        "compounds",
        "beats",
        "stations",
        "basic_grids",
        "landscape",
        "roads",
    ):
        tables[name] = tables[name].iloc[:0]
    object.__setattr__(plan.district, "tables", tables)
    for picture in (pictures.layout(plan), pictures.before_after(plan, plan)):
        assert picture._repr_png_()


def test_labels_never_lie_over_one_another(plan):
    picture = pictures.layout(plan, theme="deviation")
    renderer = picture.canvas.get_renderer()
    (axes,) = picture.axes
    # each label is written twice at one place: its rim, then its letters
    boxes = {
        (t.get_position(), t.get_text()): t.get_window_extent(renderer)
        for t in axes.texts
        if t.get_text() != "北"
    }
    assert len(boxes) > 5
    for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
        assert not (a.x0 < b.x1 and b.x0 < a.x1 and a.y0 < b.y1 and b.y0 < a.y1), (one, other)


def test_prices_rank_what_saves_most_first_and_what_leaves_no_plan_last():
    ranked = _ranked(drawn_prices())
    assert [row.price.kind for row in ranked] == ["border", "lock", "border"]
    assert [row.rank for row in ranked] == [1, 2, 3]
    assert np.isnan(ranked[-1].saving)


def test_findings_of_another_plan_are_refused(plan):
    strange = drawn_sensitivity(plan)
    strange = replace(strange, table=strange.table.iloc[1:])
    with pytest.raises(InputError, match="ask it of this plan"):
        pictures.sensitivity(plan, strange)
    nothing = drawn_front("grids")
    nothing = replace(nothing, table=nothing.table[nothing.table["status"] == "infeasible"])
    with pytest.raises(InputError, match="No plan"):
        pictures.front(nothing)


def test_common_ends_of_names_are_left_out():
    assert _common_end(["甲社区", "乙社区"]) == "社区"
    assert _common_end(["社区", "乙社区"]) == "区"
    assert _common_end(["甲", "乙"]) == ""
    assert _common_end(["甲社区"]) == ""


def test_blocks_fill_columns_in_order():
    stacks, step = _stack([11, 15, 8, 9, 9, 8, 15, 15, 18, 22, 18], 10.8, 6.2)
    assert [n for stack in stacks for n in stack] == list(range(11))
    assert 0.1 <= step <= 0.2
    assert _stack([3], 10.8, 6.2) == ([[0]], pytest.approx(0.2))


def test_made_up_figures_say_so_without_their_plan():
    for draw, found in (
        (pictures.front, drawn_front("balance_m")),
        (pictures.next_grids, drawn_next_grids()),
    ):
        for is_synthetic in (True, False):
            sheet = draw(replace(found, is_synthetic=is_synthetic))
            marks = [text.get_text() for text in sheet.findobj(Text)]
            assert any("模拟数据" in mark for mark in marks) is is_synthetic
