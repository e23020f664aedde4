"""GCJ-02 and BD-09 against published points, and every system that points may come in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geogrid.crs import (
    POINT_SYSTEMS,
    from_wgs84,
    misplaced,
    point_system,
    refuse_old,
    require_metric,
    to_wgs84,
)
from geogrid.errors import CrsError
from geogrid.offset import (
    AREA,
    bd09_to_wgs84,
    gcj02_to_wgs84,
    in_offset_area,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)

# lon, lat in WGS84 and GCJ-02: the test vectors of the public library eviltransform
# (googollee/eviltransform on GitHub), which a dozen implementations share
EVILTRANSFORM = np.array(
    [
        [121.5272106, 31.1774276, 121.531541859215, 31.17530398364597],  # Shanghai
        [113.912316, 22.543847, 113.9171764808363, 22.540796131694766],  # Shenzhen
        [116.377817, 39.911954, 116.38404722455657, 39.91334545536069],  # Beijing
    ]
)
# the same place in GCJ-02 and in BD-09: the examples in the tests of wandergis/coordtransform
# and of hujiulong/gcoord on GitHub
BAIDU = np.array(
    [
        [116.404, 39.915, 116.41036949371029, 39.92133699351021],
        [123.0, 45.0, 123.00636499, 45.00636899],
    ]
)
# two towns of Shandong as the map services themselves give them, from the list of towns in
# the tests of hujiulong/gcoord: WGS84, GCJ-02, BD-09, each rounded to seven decimals
SERVICES = np.array(
    [
        [117.0815563, 36.2000071, 117.0876215, 36.2002574, 117.0941183, 36.2062086],
        [117.6708588, 36.2138283, 117.6767323, 36.2138184, 117.6832831, 36.2195866],
    ]
)
# sixteen more of that list, from every part of the country
TOWNS = np.array(
    [
        [114.0164322, 33.0133556, 114.022306, 33.0115324, 114.0287781, 33.0176697],  # Zhumadian
        [92.0499619, 31.4784436, 92.0512438, 31.4762063, 92.0576832, 31.4824421],  # Nagqu
        [102.2658401, 27.8850446, 102.2673386, 27.8816151, 102.2738428, 27.8876621],  # Xichang
        [116.1174053, 24.2912377, 116.1222426, 24.2886182, 116.1287823, 24.2944828],  # Meizhou
        [123.4253306, 41.8032629, 123.4314787, 41.8057023, 123.438095, 41.8114013],  # Shenyang
        [116.0414035, 43.9312805, 116.0482308, 43.9334573, 116.0546232, 43.9397782],  # Xilinhot
        [98.4937175, 39.7319946, 98.4943595, 39.7328234, 98.5008441, 39.7388949],  # Jiuquan
        [108.6503952, 21.9828281, 108.6541485, 21.9799392, 108.6607283, 21.9856319],  # Qinzhou
        [118.6711365, 24.8770487, 118.6756787, 24.8741363, 118.6821251, 24.8804872],  # Quanzhou
        [129.6261001, 44.549697, 129.6331689, 44.5516593, 129.6397099, 44.5576016],  # Mudanjiang
        [87.6140048, 43.824388, 87.6168579, 43.8255962, 87.6232918, 43.8317719],  # Urumqi
        [124.3486948, 39.9992504, 124.3544596, 40.0007902, 124.3610035, 40.0067091],  # Dandong
        [118.3507002, 35.1050725, 118.3564505, 35.1046753, 118.3629807, 35.1105563],  # Linyi
        [122.2030477, 29.9876906, 122.207219, 29.9852981, 122.213776, 29.9910073],  # Zhoushan
        [100.0875697, 23.8867419, 100.0888254, 23.8841574, 100.0952655, 23.8904272],  # Lincang
        [128.8340769, 47.725255, 128.841148, 47.7275393, 128.8476934, 47.7333596],  # Yichun
    ]
)
XIAN_PRJ = (
    'PROJCS["Xian_1980_3_Degree_GK_CM_120E",GEOGCS["GCS_Xian_1980",DATUM["D_Xian_1980",'
    'SPHEROID["Xian_1980",6378140.0,298.257]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],'
    'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",120.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)
# WGS84, GCJ-02, BD-09: the constants in the tests of the tools geotool and pyxis (Rust and Python,
# the same author), and the expected values of wandergis/coordtransform (test/app.js)
GEOTOOL = (121.0917077, 30.6107779, 121.09626935575027, 30.608604331756705)
GEOTOOL_BAIDU = (121.10271732371203, 30.61484572185035)
COORDTRANSFORM = (116.404, 39.915, 116.41024449916938, 39.91640428150164)
# WGS84 to GCJ-02 and to BD-09, from 123 E, 45 N: hujiulong/gcoord, test/unit/crs/WGS84.spec.ts
GCOORD = np.array([[123.00607541, 45.00197815], [123.0124491, 45.0083293]])


def test_gcj02_agrees_with_the_published_vectors():
    lon, lat = wgs84_to_gcj02(EVILTRANSFORM[:, 0], EVILTRANSFORM[:, 1])
    assert np.abs(lon - EVILTRANSFORM[:, 2]).max() < 1e-9
    assert np.abs(lat - EVILTRANSFORM[:, 3]).max() < 1e-9


def test_bd09_agrees_with_the_published_pairs():
    lon, lat = wgs84_to_bd09(*gcj02_to_wgs84(BAIDU[:, 0], BAIDU[:, 1]))
    assert np.abs(lon - BAIDU[:, 2]).max() < 1e-8
    assert np.abs(lat - BAIDU[:, 3]).max() < 1e-8


def test_the_services_own_points_are_met_within_a_metre():
    towns = np.vstack([SERVICES, TOWNS])
    lon, lat = towns[:, 0], towns[:, 1]
    for shift, column in ((wgs84_to_gcj02, 2), (wgs84_to_bd09, 4)):
        east, north = shift(lon, lat)
        assert np.abs(east - towns[:, column]).max() * 100_000 < 1.0
        assert np.abs(north - towns[:, column + 1]).max() * 111_000 < 1.0


@pytest.mark.parametrize("known", [GEOTOOL, COORDTRANSFORM])
def test_other_libraries_constants_are_met(known):
    assert np.allclose(wgs84_to_gcj02(*known[:2]), known[2:], rtol=0, atol=1e-7)
    if known is GEOTOOL:
        assert np.allclose(wgs84_to_bd09(*known[:2]), GEOTOOL_BAIDU, rtol=0, atol=1e-7)


def test_gcoords_expected_values_are_met():
    for system, known in zip(("gcj02", "bd09"), GCOORD, strict=True):
        assert np.allclose(from_wgs84(123.0, 45.0, system), known, rtol=0, atol=1e-7), system


def test_around_qingdao_the_offset_is_two_grids_due_east():
    lon, lat = np.meshgrid([120.28, 120.36, 120.44], [36.03, 36.10])
    east, north = wgs84_to_gcj02(lon, lat)
    metres = (east - lon) * 111_320 * np.cos(np.radians(lat))
    assert metres.min() > 449
    assert metres.max() < 465
    assert np.abs(north - lat).max() * 111_000 < 70


@pytest.mark.parametrize(
    ("there", "back"), [(wgs84_to_gcj02, gcj02_to_wgs84), (wgs84_to_bd09, bd09_to_wgs84)]
)
@given(lon=st.floats(AREA[0], AREA[2]), lat=st.floats(AREA[1], AREA[3]))
def test_there_and_back_is_exact_everywhere_inside(there, back, lon, lat):
    again = back(*there(lon, lat))
    assert abs(float(again[0]) - lon) <= 1e-9
    assert abs(float(again[1]) - lat) <= 1e-9


@pytest.mark.parametrize("shift", [wgs84_to_gcj02, gcj02_to_wgs84, wgs84_to_bd09, bd09_to_wgs84])
@given(lon=st.floats(-180, 180), lat=st.floats(-90, 90))
def test_outside_china_nothing_moves(shift, lon, lat):
    west, south, east, north = AREA
    # beside the border, shifted and unshifted places overlap
    wide = 0.05
    if west - wide <= lon <= east + wide and south - wide <= lat <= north + wide:
        return
    again = shift(lon, lat)
    assert (float(again[0]), float(again[1])) == (lon, lat)


def test_arrays_keep_their_shape_and_what_is_no_number_stays_none():
    lon, lat = gcj02_to_wgs84([[120.38, np.nan], [np.inf, 0.0]], [[36.06, 36.0], [36.0, 0.0]])
    assert lon.shape == lat.shape == (2, 2)
    assert not in_offset_area(lon, lat)[0, 1]
    assert np.isfinite(lon[0, 0])


def test_the_waves_have_a_kink_at_105_east_and_the_inverse_bears_it():
    lon = 105.0 + np.array([-1e-7, -1e-12, 0.0, 1e-12, 1e-7])
    again, _ = gcj02_to_wgs84(*wgs84_to_gcj02(lon, np.full(5, 30.0)))
    assert np.abs(again - lon).max() < 1e-9


def test_every_system_says_the_same_place():
    lon, lat = 120.38, 36.06
    gcj, baidu = wgs84_to_gcj02(lon, lat), wgs84_to_bd09(lon, lat)
    # by Krueger's series to the third order, worked out apart from PROJ
    east, north = 534_236.307, 3_992_267.073
    for system, x, y in (
        ("wgs84", lon, lat),
        ("cgcs2000", lon, lat),
        ("gcj02", *gcj),
        ("bd09", *baidu),
        ("EPSG:4549", east, north),
        ("EPSG:4528", east + 40_000_000, north),
    ):
        again = to_wgs84(x, y, system)
        assert float(again[0]) == pytest.approx(lon, abs=1e-8), system
        assert float(again[1]) == pytest.approx(lat, abs=1e-8), system


@pytest.mark.parametrize("system", POINT_SYSTEMS)
@given(
    lon=st.one_of(st.floats(119.5, 121.0), st.floats(73.7, 135.1)),
    lat=st.one_of(st.floats(35.5, 37.2), st.floats(3.9, 53.6)),
)
def test_out_of_wgs84_and_back_is_exact_in_qingdao_and_in_all_china(system, lon, lat):
    try:
        x, y = from_wgs84(lon, lat, system)
    except CrsError:
        # half of the country is further from 120 E than a six-digit easting says
        assert system.startswith("EPSG")
        assert abs(lon - 120.0) * np.cos(np.radians(lat)) * 111_000 > 400_000
        return
    assert not misplaced(x, y, system)
    again = to_wgs84(x, y, system)
    assert np.abs(np.array(again) - [lon, lat]).max() <= 1e-9


@pytest.mark.parametrize("system", POINT_SYSTEMS)
def test_many_points_go_as_one_by_one_and_keep_their_shape(system):
    lon, lat = np.meshgrid(np.linspace(120.28, 120.44, 5), np.linspace(36.03, 36.10, 3))
    x, y = from_wgs84(lon, lat, system)
    assert x.shape == lon.shape
    one = from_wgs84(lon[1, 2], lat[1, 2], system)
    assert (float(one[0]), float(one[1])) == (x[1, 2], y[1, 2])


def test_a_point_that_is_none_leaves_no_system():
    with pytest.raises(CrsError) as caught:
        from_wgs84([120.38, np.nan], [36.06, 36.0], "gcj02")
    assert caught.value.facts["rows"] == [1]


@pytest.mark.parametrize(
    ("name", "datum"),
    [
        ("beijing54", "Beijing 1954"),
        ("北京54坐标系", "Beijing 1954"),
        ("EPSG:2437", "Beijing 1954"),
        ("EPSG:21420", "Beijing 1954"),
        ("EPSG:4214", "Beijing 1954"),
        ("西安80", "Xi'an 1980"),
        ("Xi'an 80", "Xi'an 1980"),
        ("EPSG:2385", "Xi'an 1980"),
        ("EPSG:4610", "Xi'an 1980"),
        ("青岛市独立坐标系", "a local system"),
        ('LOCAL_CS["Qingdao",UNIT["metre",1]]', "a local system"),
        ("+proj=tmerc +lon_0=120.33 +x_0=150000 +ellps=krass +units=m", "Beijing 1954"),
    ],
)
def test_old_and_local_systems_are_refused_by_number_name_and_text(name, datum):
    with pytest.raises(CrsError, match="towgs84") as caught:
        refuse_old(name, what="courtyards")
    assert caught.value.facts["datum"] == datum


def test_the_text_of_a_prj_file_is_refused_too():
    with pytest.raises(CrsError, match=r"Xi'an 1980.*towgs84"):
        require_metric(XIAN_PRJ, what="courtyards")
    refuse_old(
        XIAN_PRJ.replace("Xian_1980", "China_2000").replace("6378140.0", "6378137.0"), what=""
    )


@pytest.mark.parametrize("told", ["EPSG:4549", "EPSG:3857", "EPSG:32651", "wgs84", "no system"])
def test_todays_systems_and_unknown_words_are_no_old_ones(told):
    refuse_old(told, what="roads")


def test_an_old_system_with_its_parameters_is_taken():
    # parameters such as a surveying office hands out; these only look like some
    own = "+proj=tmerc +lon_0=120 +x_0=500000 +ellps=krass +towgs84=15.8,-154.4,-82.3 +units=m"
    lon, lat = to_wgs84(534_000.0, 3_992_000.0, own)
    plain = to_wgs84(534_000.0, 3_992_000.0, "EPSG:4549")
    assert 20 < abs(float(lat) - float(plain[1])) * 111_000 < 120
    x, y = from_wgs84(lon, lat, own)
    assert abs(float(x) - 534_000) < 0.02
    assert abs(float(y) - 3_992_000) < 0.02


@pytest.mark.parametrize(
    "text",
    [
        "+proj=tmerc +lon_0=120 +ellps=krass +nadgrids=/etc/hostname",
        "+proj=tmerc +lon_0=120 +ellps=krass +towgs84=1,2",
        "+proj=tmerc +lon_0=120 +ellps=krass +towgs84=1,2,inf",
        "+proj=tmerc +lon_0=120 +ellps=GRS80 +units=m",
        "+proj=tmerc +ellps=krass +units=us-ft +towgs84=1,2,3",
        "+init=epsg:2437 +towgs84=1,2,3",
        "+proj=tmerc +towgs84=1,2,3 " * 100,
    ],
)
def test_a_proj_string_names_no_file_and_brings_three_or_seven_numbers(text):
    with pytest.raises(CrsError):
        to_wgs84(1.0, 2.0, text)


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("GCJ-02", "gcj02"),
        ("EPSG:4490", "cgcs2000"),
        ("epsg:4326", "wgs84"),
        ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", "wgs84"),
        ("http://www.opengis.net/def/crs/EPSG/0/4549", "EPSG:4549"),
    ],
)
def test_systems_have_several_names(name, system):
    assert point_system(name) == system


@pytest.mark.parametrize("name", ["", "EPSG:3857", "beijing54", "4549", "x" * 5000])
def test_an_unknown_system_is_refused_with_the_list(name):
    with pytest.raises(CrsError) as caught:
        to_wgs84(1.0, 2.0, name)
    assert all(system in str(caught.value) for system in POINT_SYSTEMS)
    assert len(str(caught.value)) < 300


def test_points_that_cannot_lie_there_are_named():
    with pytest.raises(CrsError, match=r"x, which comes first.*check the order") as caught:
        to_wgs84([120.38, 36.06, np.nan], [36.06, 120.38, 36.0], "wgs84")
    assert caught.value.facts["rows"] == [1, 2]
    # an eight-digit easting is EPSG:4528
    assert misplaced([40_534_196.0], [3_992_266.0], "EPSG:4549").all()
    assert misplaced([534_196.0], [3_992_266.0], "EPSG:4528").all()
    assert not misplaced([534_196.0], [3_992_266.0], "EPSG:4549").any()
