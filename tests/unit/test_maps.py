"""Laws of the map: one file, no foreign address, neighbours in different colours."""

from __future__ import annotations

import json
import re

import geopandas as gpd
import numpy as np
import pytest
from shapely import Polygon, box

from geogrid.crs import SHINAN_CRS, WGS84
from geogrid.errors import CrsError, StorageError
from geogrid.publish import colours, draw_map, write_map
from geogrid.publish.flat import to_horizon
from geogrid.publish.mapdata import map_data, plain_outlines
from tests.map_plan import A, drawn_plan

# a name that tries everything at once: markup, a template, a script's end
NASTY = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}{% raw %}{#&\u2028"
)
NAMESPACES = {"http://www.w3.org/2000/svg"}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = write_map(drawn_plan(), tmp_path_factory.mktemp("map") / "map.html")
    return path.read_text(encoding="utf-8")


def blob(page):
    found = re.search(r'<script type="application/json" id="geogrid-data">(.*?)</script>', page)
    return json.loads(found.group(1))


def records(data, table):
    rows = data["tables"][table]
    return [dict(zip(rows["columns"], row, strict=True)) for row in rows["rows"]]


def decoded(flat, origin):
    return (np.cumsum(np.reshape(flat, (-1, 2)), axis=0) + origin) / 1e6


def test_the_page_names_no_foreign_address(page):
    assert set(re.findall(r"(?:https?|wss?|ftp)://[^\s\"'<>)\\]*", page)) <= NAMESPACES
    assert not re.search(r"""(?:src|href)\s*=\s*["']?//""", page)
    assert "sourceMappingURL" not in page
    assert "@import" not in page
    assert set(re.findall(r"url\(([^)]*)\)", page)) <= {"#default#VML"}


def test_the_page_holds_leaflet_and_nothing_else_of_folium(page):
    assert "Leaflet 1.9" in page
    for stranger in ("jquery", "bootstrap", "awesome", "fontawesome"):
        assert stranger not in page.lower()


def test_names_cannot_become_markup_script_or_template(tmp_path):
    plan = drawn_plan(names={"a1": NASTY, "b1": "{{ self }}"})
    text = write_map(plan, tmp_path / "m.html").read_text(encoding="utf-8")
    assert "alert(1)</script>" not in text
    assert "<img" not in text
    yards = {row["courtyard_id"]: row["name"] for row in records(blob(text), "courtyards")}
    assert yards["a1"] == NASTY
    assert yards["b1"] == "{{ self }}"


def test_the_page_carries_the_date_of_the_plan_and_no_other(page):
    assert blob(page)["about"]["created"] == "2026-02-13"


def test_the_same_plan_gives_the_same_data():
    assert map_data(drawn_plan()) == map_data(drawn_plan())


def test_figures_agree_with_the_plan(page):
    plan = drawn_plan()
    about = blob(page)["about"]
    assert about["n_courtyards"] == len(plan.courtyards)
    assert about["n_grids"] == plan.n_grids
    assert about["households"] == plan.courtyards["households"].sum()
    assert about["status"] == "optimal"
    assert about["synthetic"] is True


def test_every_grid_is_there_with_its_beat_or_none(page):
    grids = {row["grid_code"]: row for row in records(blob(page), "gov_grids")}
    plan = drawn_plan()
    assert set(grids) == set(plan.gov_grids["grid_code"])
    assert grids[A + "001"]["beat_id"] == "J1"
    assert grids[A + "001"]["room_m"] == 93
    assert [code for code, row in grids.items() if row["beat_id"] is None] == [
        "370202002001001",
    ]


def test_shapes_decode_to_within_a_decimetre(page):
    data = blob(page)
    exact = drawn_plan().courtyards.to_crs(WGS84)
    for row, polygon in zip(records(data, "courtyards"), exact.geometry, strict=True):
        ring = decoded(row["shape"][0], data["origin"])
        assert ring.min(axis=0) == pytest.approx(polygon.bounds[:2], abs=1e-6)
        assert ring.max(axis=0) == pytest.approx(polygon.bounds[2:], abs=1e-6)


def test_a_map_draws_in_a_notebook():
    import folium

    sheet = draw_map(drawn_plan(), language="en")
    assert isinstance(sheet, folium.Map)
    html = sheet._repr_html_()
    assert "geogridMap.start(" in html
    assert "cdn" not in html.lower()
    # asked twice, it must not hold everything twice
    assert len(sheet._repr_html_()) == len(html)


def test_folium_itself_stays_as_it_was():
    import folium

    before = list(folium.Map.default_js)
    draw_map(drawn_plan())
    assert folium.Map.default_js == before


def test_the_title_is_escaped():
    plan = drawn_plan()
    object.__setattr__(plan.district, "name", "<b>区</b>")
    page = draw_map(plan).get_root().render()
    assert "<title>&lt;b&gt;区&lt;/b&gt;" in page


def test_a_district_of_points_without_the_optional_layers_draws(tmp_path):
    plan = drawn_plan(paired=False)
    tables = dict(plan.district.tables)
    for name in ("buildings", "compounds", "beats", "stations", "basic_grids", "landscape"):
        tables[name] = tables[name].iloc[:0]
    tables["courtyards"] = plan.courtyards.set_geometry(plan.courtyards.centroid)
    object.__setattr__(plan.district, "tables", tables)
    assert write_map(plan, tmp_path / "map.html").stat().st_size > 0


def test_missing_leaflet_names_the_command_that_fetches_it(monkeypatch):
    from geogrid.publish import page as module

    monkeypatch.setattr(module, "_STYLES", ("vendor/nowhere.css",))
    with pytest.raises(StorageError, match="make web"):
        draw_map(drawn_plan())


def test_scripts_speak_a_language_old_browsers_know():
    from importlib.resources import files

    for asset in files("geogrid.publish").joinpath("assets").iterdir():
        if asset.name.endswith(".js"):
            code = asset.read_text(encoding="utf-8")
            for young in (
                r"\?\.[a-zA-Z_(\[]",
                r"\?\?",
                r"\.replaceAll\(",
                r"\.flatMap?\(",
                "innerHTML",
            ):
                assert not re.search(young, code), f"{asset.name} uses {young}"


def test_both_languages_say_everything():
    from importlib.resources import files

    assets = files("geogrid.publish").joinpath("assets")
    words = json.loads(assets.joinpath("words.json").read_text(encoding="utf-8"))
    assert set(words["zh"]) == set(words["en"])
    for key, said in words["zh"].items():
        holes = set(re.findall(r"\{\w+\}", said))
        assert holes == set(re.findall(r"\{\w+\}", words["en"][key])), key
    code = "".join(
        p.read_text(encoding="utf-8") for p in assets.iterdir() if p.name.endswith(".js")
    )
    for asked in set(re.findall(r'app\.text\("(\w+?)"', code)):
        # some keys are put together: "layer_" + id
        begun = asked.endswith("_") and any(key.startswith(asked) for key in words["zh"])
        assert begun or asked in words["zh"], asked


def test_the_sea_goes_on_to_the_horizon_and_its_coast_stays(page):
    data = blob(page)
    (sea,) = (row for row in records(data, "landscape") if row["kind"] == "sea")
    ring = decoded(sea["shape"][0], data["origin"])
    west, south, east, north = drawn_plan().district["landscape"].to_crs(WGS84).total_bounds
    assert ring[:, 0].min() < west - 0.5
    assert ring[:, 0].max() > east + 0.5
    assert ring[:, 1].min() < south - 0.5
    label = decoded(sea["at"], data["origin"])[0]
    assert west < label[0] < east
    assert south < label[1] < north


def test_a_cape_of_the_sea_is_no_edge_of_its_frame():
    lake = Polygon([(0, 0), (50, -10), (100, 0), (50, 40)])
    assert to_horizon(lake).equals(lake)


def test_saw_teeth_between_grids_are_smoothed_for_both_alike():
    """Two grids whose common border zigzags by 3 m get the same plain border."""
    teeth = [(100.0 + 3 * (i % 2), 4.0 * i) for i in range(51)]
    left = Polygon([(0, 0), *teeth, (0, 200)])
    right = Polygon([(200, 0), *teeth, (200, 200)])
    frame = gpd.GeoDataFrame(geometry=[left, right], crs=SHINAN_CRS)
    plain = plain_outlines(frame).geometry
    assert len(plain.iloc[0].exterior.coords) < 12
    assert plain.iloc[0].intersection(plain.iloc[1]).area == 0
    assert plain.area.sum() == pytest.approx(frame.area.sum())


# colours


def lattice(n, side=100.0, gap=20.0):
    step = side + gap
    cells = [
        box(x * step, y * step, x * step + side, y * step + side)
        for x in range(n)
        for y in range(n)
    ]
    return gpd.GeoDataFrame(geometry=cells, crs=SHINAN_CRS)


def test_grids_across_a_street_are_neighbours():
    """The middle of a 3 x 3 lattice with streets of 20 m touches all eight others."""
    pairs = colours.adjacent_pairs(lattice(3))
    assert sum(4 in pair for pair in pairs.tolist()) == 8


def test_grids_across_a_square_are_not():
    assert len(colours.adjacent_pairs(lattice(3, gap=80.0))) == 0


def test_degrees_are_refused():
    with pytest.raises(CrsError):
        colours.adjacent_pairs(lattice(2).to_crs(WGS84))


@pytest.mark.parametrize("seed", range(5))
def test_neighbours_differ(seed):
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 4000, (250, 2))
    blocks = [box(x, y, x + 180, y + 180) for x, y in centres]
    pairs = colours.adjacent_pairs(gpd.GeoDataFrame(geometry=blocks, crs=SHINAN_CRS))
    found = colours.colour_graph(len(blocks), pairs)
    clash = [pair for pair in pairs.tolist() if found[pair[0]] == found[pair[1]]]
    assert len(pairs) > 200
    assert not clash


def test_a_flat_map_needs_only_the_calm_colours_and_uses_all_of_them():
    found = colours.grid_colours(lattice(12))
    assert set(found.tolist()) == set(range(colours.CALM))


def test_neighbours_differ_on_the_page(page):
    shades = [row["colour"] for row in records(blob(page), "gov_grids")]
    pairs = colours.adjacent_pairs(drawn_plan().gov_grids)
    assert len(pairs) >= 4
    assert all(shades[a] != shades[b] for a, b in pairs)


@pytest.mark.parametrize(
    ("walks", "expected"),
    [
        ([], ()),
        ([np.nan], ()),
        ([5.0, 5.0, 5.0], (10,)),
        ([0, 100, 200, 300, 400, 500], (100, 200, 300, 400)),
    ],
)
def test_walk_classes_are_round_and_rising(walks, expected):
    assert colours.walk_breaks(np.array(walks, dtype=float)) == expected
