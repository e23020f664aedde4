"""GCJ-02 and BD-09 against published points, and every system that points may come in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geogrid.crs import POINT_SYSTEMS, misplaced, point_system, to_wgs84
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


def test_gcj02_agrees_with_the_published_vectors():
    lon, lat = wgs84_to_gcj02(EVILTRANSFORM[:, 0], EVILTRANSFORM[:, 1])
    assert np.abs(lon - EVILTRANSFORM[:, 2]).max() < 1e-9
    assert np.abs(lat - EVILTRANSFORM[:, 3]).max() < 1e-9


def test_bd09_agrees_with_the_published_pairs():
    lon, lat = wgs84_to_bd09(*gcj02_to_wgs84(BAIDU[:, 0], BAIDU[:, 1]))
    assert np.abs(lon - BAIDU[:, 2]).max() < 1e-8
    assert np.abs(lat - BAIDU[:, 3]).max() < 1e-8


def test_the_services_own_points_are_met_within_a_metre():
    lon, lat = SERVICES[:, 0], SERVICES[:, 1]
    for shift, column in ((wgs84_to_gcj02, 2), (wgs84_to_bd09, 4)):
        east, north = shift(lon, lat)
        assert np.abs(east - SERVICES[:, column]).max() * 90_000 < 1.0
        assert np.abs(north - SERVICES[:, column + 1]).max() * 111_000 < 1.0


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
