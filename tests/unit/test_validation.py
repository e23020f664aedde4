"""Laws of judging raw layers: every fault is named with its row, field and remedy.

The district of these tests, in metres from (500000, 4000000) of EPSG:4549::

    200 +---------+---------+
        | a1   a2 | b1   b2 |     communities A (west) and B (east),
        |         |         |     each 100 wide and 200 high; courtyards
        | a3      |      b3 |     are squares of 20 m
      0 +---------+---------+
        0        100       200
"""

from __future__ import annotations

from collections import UserDict

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, Polygon, box
from shapely.geometry import LineString, MultiPoint
from towns import town, town_layers

from geogrid.crs import SHINAN_CRS, WGS84
from geogrid.district import TABLES
from geogrid.errors import CrsError, InputError, SchemaError, TopologyError
from geogrid.sources.validation import find_faults, make_district

EAST, NORTH = 500_000, 4_000_000
A, B = "370202001001", "370202001002"
CORNERS = {"a1": (10, 160), "a2": (60, 160), "a3": (10, 20)}
CORNERS |= {"b1": (120, 160), "b2": (170, 160), "b3": (170, 20)}


def square(x, y, width=20, height=20):
    return box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def layer(columns, shapes, crs=SHINAN_CRS):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def tables(**replaced):
    road = LineString([(EAST, NORTH + 100), (EAST + 200, NORTH + 100)])
    drawn = {
        "courtyards": layer(
            {"courtyard_id": list(CORNERS), "households": [80, 90, 70, 60, 100, 75]},
            (square(*corner) for corner in CORNERS.values()),
        ),
        "communities": layer(
            {"community_code": [A, B], "name": ["西社区", "东社区"]},
            [square(0, 0, 100, 200), square(100, 0, 100, 200)],
        ),
        "roads": layer({"road_id": ["r1"], "kind": ["lane"]}, [road]),
    }
    return {name: frame for name, frame in (drawn | replaced).items() if frame is not None}


def courtyards(**columns):
    return tables()["courtyards"].assign(**columns)


def redrawn(ix, shape):
    frame = tables()["courtyards"]
    return frame.set_geometry([*frame.geometry[:ix], shape, *frame.geometry[ix + 1 :]])


def only_fault(severity="error", **replaced):
    faults = [f for f in find_faults(tables(**replaced)) if f.severity == severity]
    assert len(faults) == 1, [str(fault) for fault in faults]
    return faults[0]


def test_a_sound_district_has_no_faults():
    assert find_faults(tables()) == []


def test_make_district_fills_in_every_layer_and_places_every_courtyard():
    shuffled = tables()["courtyards"].iloc[::-1]
    district = make_district(tables(courtyards=shuffled), name="试点")
    assert set(district.tables) == set(TABLES)
    assert district.crs == SHINAN_CRS
    assert list(district.courtyards["courtyard_id"]) == sorted(CORNERS)
    assert list(district.courtyards.index) == list(range(6))
    assert list(district.courtyards["community_code"]) == [A, A, A, B, B, B]
    assert set(district.courtyards["households_source"]) == {"ledger"}
    assert set(district.courtyards["name"]) == {""}
    assert "beat_id" not in district.courtyards
    assert "share_over_60" not in district.courtyards
    assert list(district["beats"].columns) == [c.name for c in TABLES["beats"].columns] + [
        "geometry"
    ]
    assert all(frame.crs == SHINAN_CRS for frame in district.tables.values())
    assert district.metadata == {"source_crs": SHINAN_CRS, "synthetic": "false"}


def test_make_district_leaves_its_input_as_it_was():
    raw = tables()
    before = raw["courtyards"].copy()
    make_district(raw)
    pd.testing.assert_frame_equal(raw["courtyards"], before)


def test_each_layer_is_asked_for_once_and_flat_shapes_are_not_copied():
    asked = []

    class Reading(UserDict):
        def __getitem__(self, name):
            frame = super().__getitem__(name)
            asked.append(name)
            return frame

    raw = tables()
    district = make_district(Reading(raw))
    assert sorted(asked) == sorted(raw)
    # the very same shapes in memory, not equal ones
    ours, theirs = district["roads"].geometry.iloc[0], raw["roads"].geometry.iloc[0]
    assert ours is theirs


def test_heights_are_dropped():
    frame = tables()["courtyards"]
    high = frame.set_geometry(frame.geometry.force_3d(7.0))
    district = make_district(tables(courtyards=high))
    assert not district.courtyards.has_z.any()


def test_degrees_are_taken_and_measured_in_the_zone_of_their_middle():
    raw = {name: frame.to_crs(WGS84) for name, frame in tables().items()}
    district = make_district(raw)
    assert district.crs == SHINAN_CRS
    assert district.courtyards.area.iloc[0] == pytest.approx(400, rel=1e-6)
    assert district.metadata["source_crs"] == WGS84


def test_the_wanted_system_wins_and_must_be_metric():
    assert make_district(tables(), crs="EPSG:4528").crs == "EPSG:4528"
    with pytest.raises(CrsError, match="crs argument"):
        make_district(tables(), crs=WGS84)


@pytest.mark.parametrize("missing", ["courtyards", "communities", "roads"])
def test_required_layers_are_asked_for(missing):
    fault = only_fault(**{missing: None})
    assert (fault.layer, fault.row, fault.field) == (missing, None, "layer")
    assert f"add layer {missing}" in fault.remedy


def test_barriers_stand_in_for_roads():
    rail = LineString([(EAST + 50, NORTH), (EAST + 50, NORTH + 200)])
    barriers = layer({"barrier_id": ["x"], "kind": ["rail"]}, [rail])
    assert find_faults(tables(roads=None, barriers=barriers)) == []


def test_a_layer_without_rows_or_geometry_is_refused():
    assert "no rows" in only_fault(courtyards=tables()["courtyards"][:0]).reason
    plain = pd.DataFrame({"road_id": ["r1"], "kind": ["lane"]})
    assert "no geometry column" in only_fault(roads=plain).reason


def test_unknown_layers_are_noted_and_left_out():
    fault = only_fault("note", trees=tables()["roads"])
    assert (fault.layer, fault.severity) == ("trees", "note")


def test_a_missing_column_is_named_with_those_found():
    fault = only_fault(courtyards=courtyards().drop(columns="households"))
    assert (fault.layer, fault.row, fault.field) == ("courtyards", None, "households")
    assert "courtyard_id" in fault.reason
    assert "number of households" in fault.remedy


@pytest.mark.parametrize(
    ("households", "reason", "remedy"),
    [
        ([80, 90, -5, 60, 100, 75], "-5 is negative", "0 or more"),
        ([80, 90, 70.5, 60, 100, 75], "70.5 is not a whole number", "round households"),
        ([80, 90, None, 60, 100, 75], "households is missing", "fill in households"),
        ([80, 90, "约120户", 60, 100, 75], "'约120户' is text", "a whole number"),
        ([80, 90, float("inf"), 60, 100, 75], "inf is not a finite number", "a whole number"),
        ([80, 90, True, 60, 100, 75], "True is bool", "a whole number"),
    ],
)
def test_bad_households_are_refused_with_row_and_value(households, reason, remedy):
    column = pd.Series(households, dtype=object)
    fault = only_fault(courtyards=courtyards(households=column))
    assert (fault.layer, fault.row, fault.ident, fault.field) == (
        "courtyards",
        3,
        "a3",
        "households",
    )
    assert reason in fault.reason
    assert remedy in fault.remedy


def test_zero_households_are_taken_with_a_note():
    frame = courtyards(households=[80, 0, 70, 60, 100, 75])
    fault = only_fault("note", courtyards=frame)
    assert (fault.row, fault.ident) == (2, "a2")
    assert make_district(tables(courtyards=frame)).courtyards["households"].sum() == 385


def test_digits_in_text_are_read_with_one_note():
    frame = courtyards(households=["80", "90", "70", "60", "100", "75"])
    fault = only_fault("note", courtyards=frame)
    assert "rows 1, 2, 3, 4, 5, 6" in fault.reason
    assert make_district(tables(courtyards=frame)).courtyards["households"].dtype == "int64"


def test_duplicate_ids_name_all_their_rows():
    fault = only_fault(courtyards=courtyards(courtyard_id=["a1", "a2", "x", "x", "b2", "x"]))
    assert fault.field == "courtyard_id"
    assert "'x' stands in rows 3, 4, 6" in fault.reason


@pytest.mark.parametrize("gap", [None, "", "  "])
def test_missing_ids_are_refused(gap):
    fault = only_fault(courtyards=courtyards(courtyard_id=["a1", gap, "a3", "b1", "b2", "b3"]))
    assert (fault.row, fault.field) == (2, "courtyard_id")
    assert "missing" in fault.reason


def test_blanks_around_an_id_are_refused():
    fault = only_fault(courtyards=courtyards(courtyard_id=["a1", " a2", "a3", "b1", "b2", "b3"]))
    assert "' a2'" in fault.reason
    assert fault.remedy == "write 'a2'"


def test_text_that_lost_its_encoding_is_refused():
    names = ["一号院", "\ufffd\ufffd", None, None, None, None]
    fault = only_fault(courtyards=courtyards(name=names))
    assert (fault.row, fault.field) == (2, "name")
    assert "UTF-8" in fault.remedy


@pytest.mark.parametrize("kind", ["int64", "float64"])
def test_codes_read_as_numbers_become_text_of_full_width(kind):
    homes = tables()["communities"].assign(community_code=pd.Series([1001, 1002], dtype=kind))
    given = pd.Series([1001, 1001, 1001, 1002, 1002, 1002], dtype=kind)
    district = make_district(tables(communities=homes, courtyards=courtyards(community_code=given)))
    assert list(district.communities["community_code"]) == ["000000001001", "000000001002"]
    assert district.courtyards["community_code"].iloc[-1] == "000000001002"


def test_values_outside_choices_and_limits_are_refused():
    frame = courtyards(
        property_service=["none", "yes", None, None, None, None],
        share_over_60=[0.1, 0.2, 1.5, None, None, None],
        year_built=[1985, None, None, 198, None, None],
    )
    faults = {fault.field: fault for fault in find_faults(tables(courtyards=frame))}
    assert faults["property_service"].row == 2
    assert "none, trial, contract" in faults["property_service"].remedy
    assert (faults["share_over_60"].row, faults["share_over_60"].reason) == (3, "1.5 is above 1")
    assert (faults["year_built"].row, faults["year_built"].reason) == (4, "198 is below 1850")


@pytest.mark.parametrize("layer", ["communities", "beats", "stations"])
def test_duty_lines_are_numbers_of_rooms(layer):
    layers = town_layers()
    rows = layers[layer]
    for good in ("110", "0532-0000 0102", "+86 (532) 0000-0102", None, "", 53200000102):
        layers[layer] = rows.assign(duty_phone=[good] * len(rows))
        assert not [f for f in find_faults(layers) if f.field == "duty_phone"]
    kept = town(**{layer: rows.assign(duty_phone="0532-0000 0102")})
    assert set(kept[layer]["duty_phone"]) == {"0532-0000 0102"}
    for bad in ("王警官 0532-0000", "12", "----", "0532-0000\n0102", "0" * 25, "电话", "1e9x"):
        layers[layer] = rows.assign(duty_phone=["110"] * (len(rows) - 1) + [bad])
        (fault,) = (f for f in find_faults(layers) if f.field == "duty_phone")
        assert (fault.layer, fault.row, fault.severity) == (layer, len(rows), "error")
        assert "3 to 24 digits" in fault.remedy


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (None, "geometry is missing"),
        (Polygon(), "Polygon is empty"),
        (Polygon([(0, 0), (20, 20), (20, 0), (0, 20)]), "Self-intersection"),
        (LineString([(0, 0), (1, 1)]), "LineString is not allowed"),
        (MultiPoint([(0, 0)]), "MultiPoint is not allowed"),
    ],
)
def test_bad_geometry_is_refused_with_its_reason(shape, reason):
    fault = only_fault(courtyards=redrawn(1, shape))
    assert (fault.row, fault.ident, fault.field) == (2, "a2", "geometry")
    assert reason in fault.reason
    assert fault.remedy
    with pytest.raises(TopologyError) as caught:
        make_district(tables(courtyards=redrawn(1, shape)))
    assert caught.value.faults == (fault,)


def test_a_layer_without_crs_is_refused():
    fault = only_fault(roads=tables()["roads"].set_crs(None, allow_override=True))
    assert (fault.layer, fault.field) == ("roads", "crs")
    assert "EPSG:4549" in fault.remedy
    with pytest.raises(CrsError):
        make_district(tables(roads=tables()["roads"].set_crs(None, allow_override=True)))


@pytest.mark.parametrize("old", ["EPSG:2437", "EPSG:2385"])
def test_a_layer_in_an_old_system_is_refused_unless_it_brings_its_parameters(old):
    fault = only_fault(roads=tables()["roads"].set_crs(old, allow_override=True))
    assert (fault.layer, fault.field) == ("roads", "crs")
    assert "towgs84" in fault.remedy
    own = "+proj=tmerc +lon_0=120 +x_0=500000 +ellps=krass +towgs84=1,2,3 +units=m"
    assert find_faults(tables(roads=tables()["roads"].to_crs(own))) == []


def test_metres_declared_as_degrees_are_found():
    fault = only_fault(roads=tables()["roads"].set_crs(WGS84, allow_override=True))
    assert (fault.layer, fault.field) == ("roads", "crs")
    assert "EPSG:4326 is in degrees" in fault.reason


def test_degrees_declared_as_metres_are_found():
    wrong = tables()["courtyards"].to_crs(WGS84).set_crs(SHINAN_CRS, allow_override=True)
    fault = only_fault(courtyards=wrong)
    assert (fault.layer, fault.field) == ("courtyards", "crs")
    assert "look like degrees" in fault.reason


def test_swapped_axes_are_found():
    swapped = tables()["roads"].to_crs(WGS84)
    swapped = swapped.set_geometry([LineString([(36, 120), (36.1, 120.1)])], crs=WGS84)
    assert "swap x and y" in only_fault(roads=swapped).remedy


def test_layers_that_lie_apart_are_found():
    away = tables()["roads"].translate(yoff=300_000)
    fault = only_fault(roads=tables()["roads"].set_geometry(away))
    assert (fault.layer, fault.field) == ("roads", "crs")
    assert "300 km from communities" in fault.reason


def test_feet_are_not_metres():
    feet = {name: frame.to_crs("EPSG:2263") for name, frame in tables().items()}
    with pytest.raises(CrsError, match="not metric"):
        make_district(feet)


def test_a_courtyard_outside_every_community_is_refused_with_the_distance():
    fault = only_fault(courtyards=redrawn(1, square(-80, 160)))
    assert (fault.row, fault.ident, fault.field) == (2, "a2", "geometry")
    assert "西社区" in fault.reason
    assert "60.0 m away" in fault.reason


def test_a_courtyard_on_a_border_goes_where_most_of_it_lies():
    frame = redrawn(1, square(92, 160))
    fault = only_fault("note", courtyards=frame)
    assert "60% in 东社区" in fault.reason
    assert make_district(tables(courtyards=frame)).courtyards["community_code"].iloc[1] == B


def test_a_given_code_settles_a_border():
    frame = redrawn(1, square(92, 160)).assign(community_code=[A, A, A, B, B, B])
    assert make_district(tables(courtyards=frame)).courtyards["community_code"].iloc[1] == A


def test_a_code_that_does_not_exist_is_refused():
    fault = only_fault(courtyards=courtyards(community_code=[A, "999", A, B, B, B]))
    assert (fault.row, fault.ident, fault.field) == (2, "a2", "community_code")
    assert "'999' does not exist in communities" in fault.reason


def test_a_code_that_contradicts_the_place_names_both():
    fault = only_fault(courtyards=courtyards(community_code=[A, B, A, B, B, B]))
    assert (fault.row, fault.field) == (2, "community_code")
    assert f"东社区 {B}" in fault.reason
    assert f"西社区 {A}" in fault.reason


def test_overlapping_communities_are_refused_and_slivers_are_not():
    homes = tables()["communities"]

    def widened(metres):
        return homes.set_geometry([square(0, 0, 100 + metres, 200), homes.geometry[1]])

    fault = only_fault(communities=widened(1.0))
    assert "(row 1)" in fault.reason
    assert "(row 2)" in fault.reason
    assert "200.0 m2" in fault.reason
    assert find_faults(tables(communities=widened(0.05))) == []


def test_courtyards_with_one_geometry_stay_separate_rows():
    frame = redrawn(1, square(*CORNERS["a1"]))
    fault = only_fault("note", courtyards=frame)
    assert "rows 1, 2 (a1, a2) have the same polygon" in fault.reason
    assert len(make_district(tables(courtyards=frame)).courtyards) == 6


def test_points_go_to_their_building_and_stay_separate_rows():
    buildings = layer({"building_id": ["h"]}, [square(10, 150, 30, 10)])
    places = [(12, 145), (30, 165), (60, 20), (120, 160), (170, 160), (170, 20)]
    points = [Point(EAST + x, NORTH + y) for x, y in places]
    frame = tables()["courtyards"].set_geometry(points, crs=SHINAN_CRS)
    district = make_district(tables(courtyards=frame, buildings=buildings))
    assert len(district.courtyards) == 6
    shapes = district.courtyards.geometry
    assert shapes[0].equals(shapes[1])
    assert shapes[0].within(buildings.geometry[0])
    assert shapes[2].equals(points[2])
    texts = [note.reason for note in district.notes]
    assert any("2 points lay beside a building (rows 1, 2)" in text for text in texts)
    assert any("(a1, a2) have the same point" in text for text in texts)


def test_beats_are_located_and_given_ones_are_kept():
    beats = layer(
        {"beat_id": ["p1", "p2"], "station_id": ["s", "s"]},
        [square(0, 0, 100, 200), square(100, 100, 100, 100)],
    )
    frame = courtyards(beat_id=[None, "p2", None, None, None, None])
    located = make_district(tables(beats=beats, courtyards=frame)).courtyards["beat_id"]
    assert list(located[:5]) == ["p1", "p2", "p1", "p2", "p2"]
    assert pd.isna(located[5])


def test_all_faults_come_at_once_and_the_first_names_the_class():
    frame = courtyards(households=[80, -1, 70, 60, 100, 75]).drop(columns="courtyard_id")
    roads = tables()["roads"].assign(kind=["motorway"])
    with pytest.raises(SchemaError) as caught:
        make_district(tables(courtyards=frame, roads=roads), where={"courtyards": "yards.shp"})
    faults = caught.value.faults
    assert [(f.layer, f.row, f.field) for f in faults] == [
        ("yards.shp", None, "courtyard_id"),
        ("yards.shp", 2, "households"),
        ("roads", 1, "kind"),
    ]
    assert "3 faults in yards.shp, roads" in str(caught.value)
    assert isinstance(caught.value, InputError)
