"""Laws of telling coordinate systems: right where the ground tells, else a question."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geogrid.crs import from_wgs84, to_wgs84
from geogrid.errors import CrsError
from geogrid.locale import LANGUAGES, phrases
from geogrid.sources.coordinates import (
    Reference,
    detect_layer_system,
    detect_system,
    weigh_heads,
)
from geogrid.sources.osm import read_osm

# what numbers are given in, and the class that is told
GIVEN = {
    "wgs84": "wgs84",
    "cgcs2000": "wgs84",
    "gcj02": "gcj02",
    "bd09": "bd09",
    "EPSG:4549": "EPSG:4549",
    "EPSG:4528": "EPSG:4528",
}
DEGREES = ("wgs84", "gcj02", "bd09")


@pytest.fixture(scope="module")
def points(sample):
    """Return the middles of the sample's courtyards in WGS84, (2, n)."""
    middles = sample.courtyards.centroid
    return np.array(to_wgs84(middles.x.to_numpy(), middles.y.to_numpy(), "EPSG:4549"))


@pytest.fixture(scope="module")
def stated(sample):
    return sample.courtyards["community_code"].tolist()


@pytest.fixture(scope="module")
def ground(sample):
    """Return a function that makes a reference of some layers of the sample."""

    def make(*layers, stated=()):
        return Reference(**{layer: sample[layer] for layer in layers}, stated=stated)

    return make


def as_if(points, system, digits=None):
    """Write points in a system, with so many digits after the point."""
    x, y = from_wgs84(*points, system)
    return (x, y) if digits is None else (x.round(digits), y.round(digits))


def kinds(found):
    return {one.kind for one in found.evidence}


@pytest.mark.parametrize("given", GIVEN)
def test_each_system_is_told_by_communities_buildings_and_roads(ground, points, given):
    known = ground("communities", "roads", "buildings")
    found = detect_system(*as_if(points, given), reference=known)
    assert (found.system, found.is_sure, found.is_swapped) == (GIVEN[given], True, False)
    assert found.ranking[0][0] == GIVEN[given]
    assert list(found.ranking) == sorted(found.ranking, key=lambda one: -one[1])


@pytest.mark.parametrize("given", GIVEN)
def test_each_system_is_told_by_communities_and_what_rows_state(ground, points, stated, given):
    found = detect_system(*as_if(points, given), reference=ground("communities", stated=stated))
    assert (found.system, found.is_sure) == (GIVEN[given], True)


@pytest.mark.parametrize("given", DEGREES)
def test_five_digits_and_a_few_bad_rows_do_no_harm(ground, points, stated, given):
    x, y = as_if(points, given, digits=5)
    x[::20], y[::20] = y[::20], x[::20].copy()
    x[5::50] = np.nan
    y[7::50] = 0.0
    stated = [None if row % 3 else code for row, code in enumerate(stated)]
    found = detect_system(x, y, reference=ground("communities", "buildings", stated=stated))
    assert (found.system, found.is_sure, found.is_swapped) == (given, True, False)


@pytest.mark.parametrize("given", ["gcj02", "EPSG:4549", "EPSG:4528"])
def test_swapped_axes_are_found_and_told_and_nothing_is_turned(ground, points, stated, given):
    x, y = as_if(points, given)
    found = detect_system(y, x, reference=ground("communities", stated=stated))
    assert (found.system, found.is_sure, found.is_swapped) == (given, True, True)
    assert "swapped" in kinds(found)


@pytest.mark.parametrize("given", DEGREES)
def test_three_points_are_too_few(ground, points, stated, given):
    known = ground("communities", "roads", "buildings", stated=stated[:1418:500])
    found = detect_system(*as_if(points[:, ::500], given), reference=known)
    assert not found.is_sure
    assert "few" in kinds(found)


@pytest.mark.parametrize("given", GIVEN)
def test_without_anything_to_compare_a_person_is_asked(points, given):
    found = detect_system(*as_if(points, given), reference=Reference())
    assert not found.is_sure
    assert "no_reference" in kinds(found)
    # six or eight digits say more than degrees do
    assert found.system == (GIVEN[given] if given.startswith("EPSG") else None)


def test_roads_alone_tell_nothing(ground, points):
    assert not detect_system(*as_if(points, "gcj02"), reference=ground("roads")).is_sure


@pytest.mark.parametrize("given", DEGREES)
def test_points_all_in_one_place_tell_nothing(ground, points, stated, given):
    near = np.argsort(np.hypot(*(points - points[:, [700]])))[:12]
    homes = [stated[row] for row in near]
    known = ground("communities", "roads", "buildings", stated=homes)
    assert not detect_system(*as_if(points[:, near], given), reference=known).is_sure
    same = np.repeat(points[:, [700]], 60, axis=1)
    known = ground("communities", "roads", "buildings", stated=[stated[700]] * 60)
    found = detect_system(*as_if(same, given), reference=known)
    assert not found.is_sure
    assert "few" in kinds(found)


def test_another_towns_points_tell_nothing(ground, points, stated):
    x, y = as_if(points + np.array([[0.8], [0.1]]), "gcj02")
    known = ground("communities", "roads", "buildings", stated=stated)
    found = detect_system(x, y, reference=known)
    assert (found.system, found.is_sure) == (None, False)
    assert "far" in kinds(found)


@pytest.mark.parametrize("given", DEGREES)
def test_two_digits_after_the_point_tell_nothing(ground, points, stated, given):
    known = ground("communities", "roads", "buildings", stated=stated)
    found = detect_system(*as_if(points, given, digits=2), reference=known)
    assert not found.is_sure
    assert "coarse" in kinds(found)


@pytest.mark.parametrize("given", DEGREES)
def test_a_shift_within_one_large_community_stays_hidden(sample, points, given):
    whole = sample.communities.iloc[[0]].copy()
    whole.geometry = [sample.communities.union_all().convex_hull.buffer(2_000)]
    found = detect_system(*as_if(points, given), reference=Reference(whole))
    assert not found.is_sure
    assert found.system is None
    assert "runner_up" in kinds(found)


def test_easting_and_northing_without_a_border_to_cross_stay_a_question(sample, points):
    whole = sample.communities.iloc[[0]].copy()
    whole.geometry = [sample.communities.union_all().convex_hull.buffer(2_000)]
    found = detect_system(*as_if(points, "EPSG:4549"), reference=Reference(whole))
    assert (found.system, found.is_sure) == ("EPSG:4549", False)


def test_beijing_1954_in_todays_clothes_is_not_believed(ground, points, stated):
    # a shift of the size that old datums have against today's
    x, y = as_if(points, "EPSG:4549")
    known = ground("communities", "buildings", stated=stated)
    found = detect_system(x + 5.0, y + 70.0, reference=known)
    assert (found.system, found.is_sure) == ("EPSG:4549", False)
    assert "moved" in kinds(found)


def test_a_list_of_two_systems_is_not_believed(ground, points, stated):
    x, y = as_if(points, "gcj02")
    x[::2], y[::2] = points[0, ::2], points[1, ::2]
    known = ground("communities", "roads", "buildings", stated=stated)
    assert not detect_system(x, y, reference=known).is_sure


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([], []),
        ([np.nan], [1.0]),
        ([5e11] * 30, [7e12] * 30),
        ([np.inf, -1e308] * 20, [1e308, 4.0] * 20),
        ([0.0] * 30, [0.0] * 30),
        (np.arange(200.0) * 5e3, np.arange(200.0) * 5e4),
        (np.arange(200.0) * -3e6, np.arange(200.0) * 4e7),
    ],
)
def test_numbers_that_are_nowhere_are_no_trouble(ground, x, y):
    for known in (ground("communities"), Reference()):
        found = detect_system(x, y, reference=known)
        assert not found.is_sure
        assert found.system is None or known.communities is None


def test_a_reference_without_a_system_is_refused(sample):
    bare = sample.communities.set_crs(None, allow_override=True)
    with pytest.raises(CrsError, match="communities"):
        detect_system([1.0], [2.0], reference=Reference(bare))


def test_what_is_stated_has_as_many_rows_as_the_points(ground):
    with pytest.raises(ValueError, match="2 x, 2 y and 1 stated"):
        detect_system([1, 2], [1, 2], reference=ground("communities", stated=["1"]))


def test_a_neighbourhood_is_told_right_or_asked_about(ground, points, stated):
    rng = np.random.default_rng(1)
    middle = points[:, [rng.integers(points.shape[1])]]
    near = np.argsort(np.hypot(*(points - middle)))[:60]
    some = points[:, near] + rng.normal(0, 5e-5, (2, len(near)))
    homes = [stated[row] for row in near]
    for given in DEGREES:
        for known in (
            ground("communities"),
            ground("buildings"),
            ground("communities", "roads", "buildings", stated=homes),
        ):
            found = detect_system(*as_if(some, given), reference=known)
            assert found.system == given or not found.is_sure


@pytest.mark.parametrize(
    ("layer", "given"),
    [("courtyards", "gcj02"), ("communities", "gcj02"), ("communities", "EPSG:4528")],
)
def test_a_drawing_without_a_system_is_told_by_its_shapes(ground, sample, layer, given):
    known = ("roads", "buildings", *(() if layer == "communities" else ("communities",)))

    def moved(xy):
        return np.column_stack(as_if(np.array(to_wgs84(*xy.T, "EPSG:4549")), given))

    shapes = shapely.transform(sample[layer].geometry.to_numpy(), moved)
    found = detect_layer_system([None, *shapes], reference=ground(*known))
    assert (found.system, found.is_sure) == (given, True)


def test_heads_that_name_a_system_agree_or_raise_a_doubt(ground, points, stated):
    known = ground("communities", "roads", "buildings", stated=stated)
    sure = detect_system(*as_if(points, "gcj02"), reference=known)
    assert weigh_heads(sure, ["经度", "纬度"]) == sure
    agreed = weigh_heads(sure, ["高德经度", "高德纬度"])
    assert agreed.is_sure
    assert "高德经度" not in agreed.evidence[0].words("zh")
    assert "“高德纬度”" in agreed.evidence[0].words("zh")
    # another one, several, or one that was given up: a person is asked
    for heads, kind in (
        (["经度(百度)"], "named_otherwise"),
        (["高德坐标", "百度坐标"], "named_otherwise"),
        (["X坐标（北京54）"], "named_old"),
    ):
        doubted = weigh_heads(sure, heads)
        assert not doubted.is_sure
        assert doubted.evidence[-1].kind == kind
    metric = detect_system(*as_if(points, "EPSG:4549"), reference=known)
    assert weigh_heads(metric, ["X(CGCS2000)", "Y(CGCS2000)"]).is_sure
    assert not weigh_heads(metric, ["百度坐标"]).is_sure


def test_where_the_ground_cannot_tell_heads_name_the_likeliest(points):
    thin = detect_system(*as_if(points[:, :3], "bd09"), reference=Reference(None))
    named = weigh_heads(thin, ["百度坐标"])
    assert (named.system, named.is_sure) == ("bd09", False)
    # what the numbers cannot be is not likely, whatever stands above them
    metric = detect_system(*as_if(points[:, :3], "EPSG:4549"), reference=Reference(None))
    assert weigh_heads(metric, ["百度坐标"]).system == metric.system


def test_evidence_is_said_in_both_languages(ground, points, stated):
    known = ground("communities", "roads", "buildings", stated=stated)
    found = detect_system(*as_if(points, "gcj02", digits=2), reference=known)
    for one in found.evidence:
        for language in LANGUAGES:
            told = one.words(language)
            assert told
            assert "{" not in told
            assert "gcj02" not in told
    assert any("高德" in one.words("zh") for one in found.evidence)
    assert {key for key in phrases("zh", "intake") if key.startswith("evidence_")} == {
        key for key in phrases("en", "intake") if key.startswith("evidence_")
    }


def test_a_hundred_thousand_rows_answer_the_same_each_time(ground, points, stated):
    many = np.tile(points, 71)[:, :100_000]
    known = ground("communities", "buildings", stated=(stated * 71)[:100_000])
    found = detect_system(*as_if(many, "bd09"), reference=known)
    assert (found.system, found.is_sure) == ("bd09", True)
    assert found == detect_system(*as_if(many, "bd09"), reference=known)


@pytest.mark.parametrize(
    "path",
    [
        "osm-shanghai-huangpu/shanghai_huangpu_osm.gpkg",
        "osm-beijing-haidian/haidian_wudaokou.osm",
    ],
)
def test_real_quarters_are_told_in_all_three_degrees(shared_data, path):
    if not (shared_data / path).exists():
        pytest.skip(f"the extract {path} is not on this machine")
    district = read_osm(shared_data / path)
    middles = district.courtyards.centroid.to_crs("EPSG:4326")
    points = np.array([middles.x, middles.y])
    known = Reference(district.communities, district["roads"], district["buildings"])
    for given in DEGREES:
        found = detect_system(*as_if(points, given, digits=6), reference=known)
        assert (found.system, found.is_sure) == (given, True)
