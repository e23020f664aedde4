"""Pictures against stored ones: small, compared by how much of them differs.

The measure is the root mean square of the difference of two pictures, of 255, within the
16 x 16 pixels where it is greatest: a moved label or another colour is no less visible for
the rest of the sheet being right. Pixels are averaged 2 x 2 before, so that an edge that falls
a little otherwise counts little. With the locked libraries the difference is nought.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from drawn_findings import (
    drawn_front,
    drawn_next_grids,
    drawn_prices,
    drawn_sensitivity,
)
from map_plan import drawn_plan
from matplotlib import image
from moved_plan import measured, moved_plan, ruled
from PIL import Image

from geogrid import pictures
from geogrid.store.plan_file import read_plan

STORED = Path(__file__).parent / "pictures"
DPI = 50
# a map of 349 grids is small enough a file only if it is coarse
SAMPLE_DPI = 27
TILE = 16
# the palest small name, moved by a third of its length, gives 4.8; a class in the colour of the
# next one 15 and more
TOLERANCE = 3.0
LARGEST_BYTES = 60_000


def shown(picture, dpi=DPI):
    """Return a picture as an array of whole numbers, (height, width, 3)."""
    held = io.BytesIO()
    picture.savefig(held, format="png", dpi=dpi)
    held.seek(0)
    return read(held)


def read(source):
    return np.round(image.imread(source, format="png")[..., :3] * 255).astype(np.uint8)


def difference(one, other):
    """Return the greatest difference of any tile of two pictures; infinite if sizes differ."""
    if one.shape != other.shape:
        return np.inf
    high, wide = (size // TILE * TILE for size in one.shape[:2])
    gap = one[:high, :wide].astype(float) - other[:high, :wide]
    calm = gap.reshape(high // 2, 2, wide // 2, 2, 3).mean(axis=(1, 3))
    half = TILE // 2
    tiles = calm.reshape(high // TILE, half, wide // TILE, half, 3)
    return float(np.sqrt((tiles**2).mean(axis=(1, 3, 4))).max())


@pytest.fixture(scope="module")
def sample_plan(sample_plan_path):
    return read_plan(sample_plan_path)


DRAWN = {
    "layout": lambda: pictures.layout(drawn_plan()),
    "layout-en": lambda: pictures.layout(drawn_plan(), language="en"),
    "deviation": lambda: pictures.layout(drawn_plan(), theme="deviation"),
    "walk": lambda: pictures.layout(drawn_plan(), theme="walk"),
    "households": lambda: pictures.households(drawn_plan()),
    "walks": lambda: pictures.walks(drawn_plan()),
    "pairing": lambda: pictures.pairing(drawn_plan()),
    "before-after": lambda: pictures.before_after(drawn_plan(), moved_plan()),
    "before-after-near": lambda: pictures.before_after(
        measured(drawn_plan()), measured(moved_plan()), community="甲社区"
    ),
    "front": lambda: pictures.front(drawn_front("balance_m"), plan=drawn_plan()),
    "front-grids": lambda: pictures.front(drawn_front("grids"), plan=drawn_plan()),
    "next-grids": lambda: pictures.next_grids(drawn_next_grids(), plan=drawn_plan()),
    "prices": lambda: pictures.prices(ruled(drawn_plan()), drawn_prices()),
    "sensitivity": lambda: pictures.sensitivity(drawn_plan(), drawn_sensitivity(drawn_plan())),
    "multiples": lambda: pictures.multiples({"甲案": drawn_plan(), "乙案": moved_plan()}),
}
SAMPLE = {
    "sample-deviation": lambda plan: pictures.layout(plan, theme="deviation"),
    "sample-households": pictures.households,
    "sample-walks": pictures.walks,
}


def check(name, picture, request, folder, dpi=DPI):
    target = STORED / f"{name}.png"
    if request.config.getoption("--update-golden"):
        STORED.mkdir(exist_ok=True)
        Image.fromarray(shown(picture, dpi)).save(target, optimize=True)
        assert target.stat().st_size < LARGEST_BYTES
        return
    wanted, got = read(target), shown(picture, dpi)
    found = difference(wanted, got)
    if found > TOLERANCE:
        image.imsave(folder / f"{name}-got.png", got)
        if wanted.shape == got.shape:
            gap = np.abs(wanted.astype(int) - got).astype(np.uint8)
            image.imsave(folder / f"{name}-difference.png", 255 - gap)
    assert found <= TOLERANCE, (
        f"{name} differs by {found:.1f}; look at {folder}, then --update-golden if it should"
    )


@pytest.mark.parametrize("name", DRAWN)
def test_a_drawn_plan_looks_as_before(name, request, tmp_path):
    check(name, DRAWN[name](), request, tmp_path)


@pytest.mark.parametrize("name", SAMPLE)
def test_the_sample_looks_as_before(name, sample_plan, request, tmp_path):
    check(name, SAMPLE[name](sample_plan), request, tmp_path, SAMPLE_DPI)


def test_no_stored_picture_is_left_over():
    assert {path.stem for path in STORED.glob("*.png")} == {*DRAWN, *SAMPLE}


def test_a_moved_label_fails():
    before, after = pictures.layout(drawn_plan()), pictures.layout(drawn_plan())
    axes = after.axes[0]
    name = next(t for t in axes.texts if t.get_text() == "丙社区")
    for text in (t for t in axes.texts if t.get_position() == name.get_position()):
        text.set_x(text.get_position()[0] + 30)
    assert difference(shown(before), shown(after)) > TOLERANCE


def test_a_changed_colour_fails(monkeypatch):
    from geogrid.publish.pictures import themes

    before = pictures.layout(drawn_plan(), theme="deviation")
    changed = list(themes.DEVIATION_COLOURS)
    changed[2] = changed[3]
    monkeypatch.setattr(themes, "DEVIATION_COLOURS", tuple(changed))
    after = pictures.layout(drawn_plan(), theme="deviation")
    assert difference(shown(before), shown(after)) > TOLERANCE


def test_another_size_fails():
    a4, a3 = pictures.layout(drawn_plan()), pictures.layout(drawn_plan(), paper="a3")
    assert difference(shown(a4), shown(a3)) == np.inf


def test_what_differs_is_drawn(request, tmp_path):
    if request.config.getoption("--update-golden"):
        pytest.skip("writes what it would compare")
    with pytest.raises(AssertionError, match="layout differs by"):
        check("layout", pictures.layout(drawn_plan(), theme="walk"), request, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"layout-got.png", "layout-difference.png"}
