"""Laws of what leaves the house: known columns only, WGS84, small counts hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from map_plan import A, B, drawn_plan

from geogrid.district import TABLES, District
from geogrid.errors import NotFoundError
from geogrid.publish.features import COLLECTIONS, feature_tables
from geogrid.publish.snapshot import THRESHOLD, Snapshot, VersionInfo, suppress
from geogrid.publish.systems import SYSTEMS, shapes_as_json, to_system, to_wgs84
from geogrid.sources.vector import read_district, write_district

VERSION = VersionInfo(1, "370202", 1, "第一版", None, None, None)


def with_column(plan, layer, **columns):
    tables = dict(plan.district.tables)
    tables[layer] = tables[layer].assign(**columns)
    district = District(tables, plan.district.crs, plan.district.name, plan.district.metadata)
    return replace(plan, district=district)


@pytest.fixture(scope="module")
def tables():
    return feature_tables(drawn_plan())


@pytest.fixture(scope="module")
def whole(tables):
    return Snapshot([tables], versions=[VERSION], public=False)


def row(tables, layer, ident):
    table = tables[layer]
    return table.properties[table.ids.index(ident)]


def test_there_are_seven_collections_whatever_the_district_has(tables):
    assert list(tables) == list(COLLECTIONS)
    assert len(COLLECTIONS) == 7
    plan = drawn_plan(paired=False)
    bare = District(
        {n: f.iloc[:0] if n == "beats" else f for n, f in plan.district.tables.items()},
        plan.district.crs,
    )
    assert feature_tables(replace(plan, district=bare))["beats"].ids == ()


def test_every_feature_carries_exactly_the_properties_of_its_collection(tables):
    for name, info in COLLECTIONS.items():
        for values in tables[name].properties:
            assert list(values) == list(info.properties), name
        assert list(tables[name].ids) == sorted(tables[name].ids)


def test_a_column_nobody_knows_does_not_leave_the_house():
    plan = with_column(drawn_plan(), "courtyards", telephone="13800000000", share_over_60=0.5)
    body = str(feature_tables(plan)["courtyards"].properties)
    assert "13800000000" not in body
    assert "share_over_60" not in body


@pytest.mark.parametrize("layer", ["stations", "beats", "communities"])
def test_duty_lines_are_no_open_data(layer):
    tables = feature_tables(with_column(drawn_plan(), layer, duty_phone="0532-0000 0101"))
    assert not any("0532-0000" in str(table.properties) for table in tables.values())
    assert not any("duty_phone" in info.properties for info in COLLECTIONS.values())


def test_the_share_of_the_old_is_told_for_grids_weighted_by_households():
    plan = with_column(drawn_plan(), "courtyards", share_over_60=[1.0, *[0.0] * 11])
    # a1 has 100 of the 210 households of its grid
    share = row(feature_tables(plan), "gov_grids", A + "001")["share_over_60"]
    assert share == pytest.approx(100 / 210, abs=1e-4)


def test_grids_beats_and_parents_name_one_another(tables):
    yard = row(tables, "courtyards", "a1")
    assert yard["grid_code"] == A + "001"
    assert yard["subdistrict_code"] == A[:9]
    grid = row(tables, "gov_grids", A + "001")
    assert (grid["beat_id"], grid["distance_m"]) == ("J1", 93.4)
    assert row(tables, "basic_grids", A + "011")["beat_id"] == "J1"
    assert row(tables, "basic_grids", B + "011")["beat_id"] is None
    beat = row(tables, "beats", "J1")
    assert (beat["n_gov_grids"], beat["n_basic_grids"]) == (2, 1)
    assert beat["station_name"] == "东山派出所"
    assert 120 < beat["room_lon"] < 121
    community = row(tables, "communities", A)
    assert (community["n_courtyards"], community["n_gov_grids"]) == (4, 2)
    assert community["households"] == 395
    assert row(tables, "subdistricts", A[:9])["n_communities"] == 2


def test_shapes_are_wgs84_and_valid(tables):
    for table in tables.values():
        assert shapely.is_valid(table.geometry).all()
        west, south, east, north = shapely.total_bounds(table.geometry)
        assert 119 < west < east < 122
        assert 35 < south < north < 37


def test_degrees_are_written_with_seven_decimals_at_most():
    # doubles of which GEOS writes sixteen decimals, though seven name them
    degrees = np.array([[120.3918526, 36.0681756], [120.3824033, 36.0683878]])
    (written,) = shapes_as_json(shapely.linestrings(degrees[None]))
    assert b"".join(written.split()).endswith(
        b"[[120.3918526,36.0681756],[120.3824033,36.0683878]]}"
    )


def test_a_shape_has_one_type_whichever_way_its_plan_came(tables, tmp_path):
    plan = drawn_plan()
    write_district(plan.district, tmp_path / "town.gpkg")
    grids = plan.gov_grids.assign(
        geometry=shapely.multipolygons(plan.gov_grids.geometry, indices=range(len(plan.gov_grids)))
    )
    reread = feature_tables(
        replace(plan, district=read_district(tmp_path / "town.gpkg"), gov_grids=grids)
    )
    for name, table in tables.items():
        assert list(reread[name].geometry) == list(table.geometry), name
    assert {shape.geom_type for shape in reread["gov_grids"].geometry} == {"Polygon"}


def test_a_shape_of_two_parts_keeps_both():
    apart = [
        shapely.unary_union([shape, shapely.affinity.translate(shape, 9_000)])
        for shape in drawn_plan().courtyards.geometry
    ]
    table = feature_tables(with_column(drawn_plan(), "courtyards", geometry=apart))["courtyards"]
    assert {shape.geom_type for shape in table.geometry} == {"MultiPolygon"}


def test_small_counts_are_hidden_and_named():
    for count in (1, THRESHOLD - 1):
        seen = suppress({"households": count, "deviation": -0.9, "n_courtyards": 1})
        assert seen["households"] is None
        assert seen["deviation"] is None, "with the target it tells the households"
        assert seen["n_courtyards"] == 1
        assert seen["suppressed"] == ["households", "deviation"]
    for count in (0, THRESHOLD, None):
        assert suppress({"households": count}) == {"households": count}


def test_the_public_snapshot_shares_what_it_need_not_hide(whole, tables):
    public = Snapshot([tables], versions=[VERSION], public=True, like=whole)
    alone = Snapshot([tables], versions=[VERSION], public=True)
    assert public.tag == alone.tag != whole.tag
    assert public["gov_grids"].bodies[0] is whole["gov_grids"].bodies[0]
    assert public["courtyards"].tree is whole["courtyards"].tree
    assert public["courtyards"].properties[0]["n_buildings"] is None
    assert whole["courtyards"].properties[0]["n_buildings"] == 2


def test_the_tag_names_the_content(tables, whole):
    assert Snapshot([tables], versions=[VERSION], public=False).tag == whole.tag
    other = feature_tables(with_column(drawn_plan(), "courtyards", address="别处"))
    assert Snapshot([other], versions=[VERSION], public=False).tag != whole.tag


def test_districts_stand_side_by_side_with_identifiers_of_their_own(tables):
    second = replace(VERSION, district_code="370203")
    both = Snapshot([tables, tables], versions=[VERSION, second], public=False)
    yards = both["courtyards"]
    assert len(yards) == 24
    assert len(set(yards.ids)) == 24
    assert yards.row("a1") == 0
    assert yards.row("370203:a1") == 12


def test_what_is_not_there_is_named(whole):
    with pytest.raises(NotFoundError, match="gov_grids"):
        whole["cells"]
    with pytest.raises(NotFoundError, match="c99"):
        whole["courtyards"].row("c99")


def test_columns_are_arrays_for_filters(whole):
    yards = whole["courtyards"]
    assert yards.columns["households"].dtype == np.float64
    assert np.isnan(yards.columns["year_built"][0])
    assert yards.columns["name"][0] is None


@pytest.mark.parametrize("uri", list(SYSTEMS))
def test_a_shape_comes_back_from_every_system(whole, uri):
    shapes = whole["courtyards"].geometry
    moved = to_system(shapes, SYSTEMS[uri])
    back = to_wgs84(moved[0], SYSTEMS[uri])
    assert shapely.hausdorff_distance(back, shapes[0]) < 1e-7


def test_metric_systems_put_the_northing_first_in_millimetres(whole):
    system = next(s for s in SYSTEMS.values() if s.epsg == "EPSG:4549")
    north, east = shapely.get_coordinates(to_system(whole["courtyards"].geometry, system))[0]
    assert 3_992_000 < north < 3_995_000
    assert 533_000 < east < 536_000
    assert north == round(north, 3)


def test_every_property_has_words_in_every_language():
    for info in COLLECTIONS.values():
        for known in info.properties.values():
            assert set(known.meaning) == {"zh", "en"}
        known = {c.name for t in TABLES.values() for c in t.columns}
        assert info.key in known
