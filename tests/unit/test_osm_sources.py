"""Laws of reading OpenStreetMap: what is estimated says so, what is unknown stays open.

The place of these tests, in metres from a corner near 121.0 E, 31.0 N: slabs of
50 x 12 m in two rows, between two lanes and beside an arterial road::

    y 170 +------ 北街 (residential) ----+
          |                             #
       90 |  ====  ====  ====  ====     #
       40 |  ====  ====  ====  ====     #  中山路 (primary_link)
        0 +------ 南街 (residential) ----#
         x 0  20    90   160   230      340
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import MultiPoint, Point, box
from shapely.geometry import LineString, Polygon

from geogrid import sources
from geogrid.crs import WGS84
from geogrid.errors import CrsError, InputError
from geogrid.sources.osm import (
    district_from_osm,
    district_from_place,
    read_osm_file,
    read_osm_geopackage,
    read_osm_layers,
)
from geogrid.sources.osm.blocks import join_blocks
from geogrid.sources.osm.lots import draw_lots, group_dwellings

METRES = "EPSG:4549"
EAST, NORTH = 595_000.0, 3_430_000.0
DATA = Path(
    os.environ.get(
        "GEOGRID_SHARED_DATA", Path(__file__).resolve().parents[2].parent / "shared/data"
    )
)
SHANGHAI = DATA / "osm-shanghai-huangpu" / "shanghai_huangpu_osm.gpkg"
BEIJING = DATA / "osm-beijing-haidian" / "haidian_wudaokou.osm"


def slab(x, y, width=50, depth=12):
    return box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + depth)


# the land of the lower row
ESTATE = slab(10, 10, 280, 60)


def line(*points):
    return LineString([(EAST + x, NORTH + y) for x, y in points])


def frame(rows, crs=METRES):
    """Make a frame of (geometry, tags) rows, numbered as OSM ways."""
    table = pd.DataFrame([tags for _, tags in rows])
    table.insert(0, "osm_id", [str(n) for n in range(100, 100 + len(rows))])
    return gpd.GeoDataFrame(table, geometry=[shape for shape, _ in rows], crs=crs)


def slabs(**tags):
    """Draw two rows of four slabs, six storeys each: 38 households a slab."""
    places = [(20 + 70 * n, 40 + 50 * m) for m in range(2) for n in range(4)]
    return [(slab(*place), {"building": "yes", **tags}) for place in places]


def streets(*more):
    return frame(
        [
            (line((-100, 0), (400, 0)), {"highway": "residential", "name": "南街"}),
            (line((-100, 170), (400, 170)), {"highway": "residential", "name": "北街"}),
            (line((340, -100), (340, 300)), {"highway": "primary_link", "name": "中山路"}),
            *more,
        ]
    )


def read(buildings=None, **layers):
    rows = slabs() if buildings is None else buildings
    return read_osm_layers(buildings=frame(rows), roads=layers.pop("roads", streets()), **layers)


def land(kind, shape=None, **tags):
    shape = slab(-50, -50, 500, 300) if shape is None else shape
    return frame([(shape, {"landuse": kind, **tags})])


def uses(district):
    return district["buildings"]["use"].value_counts().to_dict()


def write_osm(path, features, nodes=()):
    """Write an OSM XML file: (shape, tags) ways and points."""
    shapes = gpd.GeoSeries([shape for shape, _ in (*features, *nodes)], crs=METRES).to_crs(WGS84)
    lines, ways, number = [], [], 0
    for n, shape in enumerate(shapes):
        tags = (*features, *nodes)[n][1]
        text = "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())
        is_node = shape.geom_type == "Point"
        edge = shape.exterior if shape.geom_type == "Polygon" else shape
        refs = []
        for x, y in edge.coords:
            number += 1
            refs.append(number)
            lines.append(f'<node id="{number}" lon="{x:.9f}" lat="{y:.9f}">{text * is_node}</node>')
        if shape.geom_type == "Polygon":
            refs[-1] = refs[0]
        if not is_node:
            members = "".join(f'<nd ref="{ref}"/>' for ref in refs)
            ways.append(f'<way id="{1000 + n}">{members}{text}</way>')
    body = "\n".join([*lines, *ways])
    path.write_text(f'<osm version="0.6">{body}</osm>', encoding="utf-8")
    return path


def test_the_way_from_layers_to_a_district():
    district = district_from_osm(read(), name="试点")
    courtyards = district.courtyards
    assert district.crs == METRES
    assert set(courtyards["households_source"]) == {"estimated"}
    # 600 m2 x 6 storeys x 0.8 / 75 m2
    assert courtyards["households"].sum() == 8 * 38
    assert uses(district) == {"dwelling": 8}
    assert list(district.communities["community_code"]) == ["000000001001"]
    assert list(district.communities["name"]) == ["试点第1片区"]
    assert "footprint" in district.metadata["dwelling_rule"]
    assert district.metadata["licence"] == "ODbL 1.0"
    assert "not official" in district.metadata["community_rule"]
    texts = [str(note) for note in district.notes]
    assert any("households of all" in text and "estimated" in text for text in texts)
    assert any("made by barriers" in text for text in texts)


def test_roads_get_their_rank():
    more = [
        (line((0, 50), (100, 50)), {"highway": "footway"}),
        (line((0, 60), (100, 60)), {"highway": "tertiary"}),
        (line((0, 70), (100, 70)), {"highway": "construction"}),
    ]
    roads = district_from_osm(read(roads=streets(*more)))["roads"]
    kinds = roads.groupby("kind").size().to_dict()
    assert kinds == {"arterial": 1, "lane": 2, "path": 1, "secondary": 1}


def test_tunnels_and_deep_subways_bar_nobody():
    more = [
        (line((0, 100), (400, 100)), {"highway": "trunk", "tunnel": "yes"}),
        (line((0, 110), (400, 110)), {"railway": "subway", "layer": "-2"}),
        (line((0, 120), (400, 120)), {"railway": "rail"}),
        (line((0, 90), (400, 90)), {"highway": "footway", "tunnel": "yes"}),
    ]
    district = district_from_osm(read(roads=streets(*more)))
    assert district["barriers"]["kind"].tolist() == ["rail"]
    assert "path" in set(district["roads"]["kind"])
    assert (district["roads"]["kind"] == "arterial").sum() == 1
    assert district.metadata["n_tunnels_left_out"] == "2"


def test_water_and_walls_become_barriers():
    water = frame(
        [
            (slab(0, 120, 400, 20), {"natural": "water", "name": "小河"}),
            (slab(20, 65, 20, 10), {"leisure": "swimming_pool", "natural": "water"}),
        ]
    )
    walls = frame(
        [
            (line((0, 75), (100, 75)), {"barrier": "wall"}),
            (line((0, 1), (9, 1)), {"barrier": "fence"}),
        ]
    )
    district = district_from_osm(read(water=water, barriers=walls))
    assert sorted(district["barriers"]["kind"]) == ["river", "wall"]
    assert district["landscape"]["kind"].tolist() == ["water"]


@pytest.mark.parametrize("kind", ["commercial", "industrial", "school", "park"])
def test_untagged_buildings_on_other_land_are_no_dwellings(kind):
    with pytest.raises(InputError, match="None of 8 buildings is a dwelling by this rule"):
        district_from_osm(read(landuse=land(kind)))


def test_the_smallest_land_around_a_building_decides():
    landuse = pd.concat([land("residential", ESTATE), land("commercial")])
    district = district_from_osm(read(landuse=landuse))
    assert uses(district) == {"dwelling": 4, "other": 4}


def test_tags_and_names_tell_what_is_no_dwelling():
    odd = [
        (slab(20, 62), {"building": "yes", "amenity": "school"}),
        (slab(90, 62), {"building": "yes", "name": "市图书馆"}),
        (slab(160, 62), {"building": "retail"}),
        (slab(230, 62), {"building": "yes", "building:part": "yes"}),
        (slab(20, 130), {"building": "yes", "name": "金桥公寓"}),
        (slab(90, 130, 12, 4), {"building": "yes"}),
        (slab(160, 130, 60, 36), {"building": "yes"}),
        (slab(230, 130), {"building": "yes", "height": "100 m"}),
    ]
    district = district_from_osm(read(slabs() + odd))
    found = uses(district)
    assert found["dwelling"] == 9
    assert found["commercial"] == 1
    assert found["public"] == 1


def test_a_lone_untagged_building_is_no_dwelling_but_a_tagged_one_is():
    alone = [(slab(400, 40), {"building": "yes"}), (slab(400, 160), {"building": "apartments"})]
    district = district_from_osm(read(slabs() + alone))
    assert uses(district)["dwelling"] == 9


def test_halls_on_a_campus_are_no_homes():
    halls = [(slab(20, 62), {"building": "dormitory"}), (slab(90, 62), {"building": "apartments"})]
    campus = frame([(slab(0, 56, 400, 30), {"amenity": "university"})])
    assert uses(district_from_osm(read(slabs() + halls, landuse=campus)))["dwelling"] == 9
    assert uses(district_from_osm(read(slabs() + halls)))["dwelling"] == 10


def test_storeys_come_from_levels_then_height_then_footprint():
    rows = [
        (slab(20, 30), {"building": "apartments", "building:levels": "10", "height": "99"}),
        (slab(20, 60), {"building": "apartments", "height": "12 m"}),
        (slab(20, 90), {"building": "apartments", "height": "high"}),
        (slab(20, 120, 10, 10), {"building": "apartments"}),
    ]
    buildings = district_from_osm(read(rows))["buildings"]
    assert buildings["levels"].tolist() == [10, 4, 6, 2]


def test_addresses_are_mapped_or_estimated_and_say_so():
    rows = slabs()
    rows[0][1].update({"addr:street": "南街", "addr:housenumber": "18号"})
    addresses = district_from_osm(read(rows)).courtyards["address"]
    assert "南街18号" in set(addresses)
    assert any(text.endswith("号（估）") for text in addresses)
    nameless = streets().drop(columns="name")
    courtyards = district_from_osm(read(roads=nameless)).courtyards
    assert courtyards["name"].str.fullmatch(r"无名（OSM \d+）").all()


@pytest.mark.parametrize(
    ("evidence", "n_compounds"),
    [({}, 0), ({"access": "private"}, 1), ({"barrier": "fence"}, 1), ({"access": "yes"}, 0)],
)
def test_closed_access_and_fences_make_a_compound(evidence, n_compounds):
    estate = land("residential", ESTATE, name="花园里", **evidence)
    district = district_from_osm(read(landuse=estate))
    assert len(district["compounds"]) == n_compounds
    if n_compounds:
        assert district["compounds"]["name"].tolist() == ["花园里"]
        assert district["compounds"]["households"].tolist() == [4 * 38]
        assert district.courtyards["households"].sum() == 4 * 38
        assert district["buildings"]["compound_id"].notna().sum() == 4
        assert not district.courtyards.intersects(district["compounds"].union_all()).any()
    else:
        assert district.courtyards["households"].sum() == 8 * 38


def test_walls_along_the_edge_and_gates_on_it_make_a_compound():
    landuse = land("residential", ESTATE)
    wall = frame([(LineString(ESTATE.exterior.coords[1:4]), {"barrier": "wall"})])
    stub = frame([(line((10, 10), (60, 10)), {"barrier": "wall"})])
    gate = frame([(Point(EAST + 200, NORTH + 8), {"barrier": "gate"})])
    far = frame([(Point(EAST + 200, NORTH + 100), {"barrier": "gate"})])
    counts = {
        name: len(district_from_osm(read(landuse=landuse, **more))["compounds"])
        for name, more in {
            "wall": {"barriers": wall},
            "stub": {"barriers": stub},
            "gate": {"gates": gate},
            "far": {"gates": far},
        }.items()
    }
    assert counts == {"wall": 1, "stub": 0, "gate": 1, "far": 0}


def test_walls_alone_may_enclose_a_compound():
    ring = frame([(LineString(ESTATE.exterior.coords), {"barrier": "wall"})])
    district = district_from_osm(read(barriers=ring))
    assert len(district["compounds"]) == 1
    assert district["compounds"]["households"].tolist() == [4 * 38]


def test_given_communities_keep_their_codes_and_part_courtyards():
    homes = gpd.GeoDataFrame(
        {"community_code": ["370202001001", "370202001002"], "name": ["西", "东"]},
        geometry=[slab(0, -20, 150, 300), slab(150, -20, 70, 300)],
        crs=METRES,
    ).to_crs(WGS84)
    district = district_from_osm(read(), communities=homes)
    assert set(district.courtyards["community_code"]) == {"370202001001", "370202001002"}
    assert district.metadata["community_rule"] == "given"
    # the last column of slabs lies outside both
    assert district.metadata["n_dwellings_left_out"] == "2"
    assert any("2 dwellings outside" in str(note) for note in district.notes)


def test_groups_stay_small_and_never_cross_a_zone():
    rng = np.random.default_rng(5)
    corners = rng.permutation(64)
    shapes = np.array([slab(60 * (c % 8), 20 * (c // 8)) for c in corners], dtype=object)
    zones = np.array([f"{c % 8 // 4}" for c in corners], dtype=object)
    households = np.full(64, 30)
    groups = group_dwellings(shapes, households, zones)
    sizes = np.unique(groups, return_counts=True)[1]
    assert sizes.max() <= 4
    assert sizes.mean() > 2
    assert all(len(set(zones[groups == g])) == 1 for g in groups)


def test_lots_do_not_overlap_and_hold_their_buildings():
    # an L of two slabs embraces a third of another courtyard
    shapes = [slab(0, 0, 60, 12), slab(0, 12, 12, 40), slab(20, 18, 30, 12)]
    dwellings = gpd.GeoDataFrame(
        {"osm_id": ["w1", "w2", "w3"], "courtyard": [0, 0, 2], "households": [40, 30, 20]},
        geometry=shapes,
        crs=METRES,
    )
    lots = draw_lots(dwellings, np.array([slab(-50, -50, 300, 300)] * 3, dtype=object))
    first, second = lots.geometry
    assert first.intersection(second).area < 0.01
    assert first.buffer(0.1).contains(shapes[0].union(shapes[1]))
    assert second.buffer(0.1).contains(shapes[2])
    assert lots["courtyard_id"].tolist() == ["osm-w1", "osm-w3"]


def test_blocks_join_over_streets_before_barriers():
    r"""Join 10 - 10 - 30 over streets; 5 only over the arterial; the empty one to its neighbour.

    ::

        10 -street- 10 -street- 30 =arterial= 5 ;  0 -street- 30 ;  0 (an island)
    """
    counts = np.array([10, 10, 30, 5, 0, 0])
    borders = {(0, 1): (0, 50.0), (1, 2): (0, 60.0), (2, 3): (2, 50.0), (2, 4): (0, 20.0)}
    assert join_blocks(counts, borders).tolist() == [0, 0, 0, 0, 0, -1]
    crowded = np.array([40, 10, 30, 20, 0, 0])
    assert join_blocks(crowded, borders).tolist() == [0, 1, 1, 2, 1, -1]


def test_an_osm_file_is_read_with_all_its_tags(tmp_path):
    features = [
        *slabs(**{"building:levels": "6"}),
        (line((-100, 0), (400, 0)), {"highway": "residential", "name": '"南"街'}),
        (line((0, 100), (400, 100)), {"railway": "rail", "tunnel": "yes"}),
        (line((0, 90), (400, 90)), {"barrier": "fence"}),
        (line((0, 210), (400, 210)), {"waterway": "river"}),
        (ESTATE, {"landuse": "residential", "name": "南院", "access": "private"}),
    ]
    gate = (Point(EAST + 200, NORTH + 10), {"barrier": "gate"})
    layers = read_osm_file(write_osm(tmp_path / "a.osm", features, [gate]))
    assert len(layers.buildings) == 8
    assert set(layers.buildings["levels"]) == {6.0}
    assert layers.buildings["osm_id"].str.fullmatch(r"w\d+").all()
    assert layers.roads["kind"].tolist() == ["lane", "rail"]
    assert layers.roads["name"][0] == '"南"街'
    assert layers.roads["tunnel"].tolist() == [False, True]
    assert layers.landuse["access"].tolist() == ["private"]
    assert (len(layers.barriers), len(layers.gates), len(layers.water)) == (1, 1, 1)
    assert len(district_from_osm(layers)["compounds"]) == 1


def test_osm_files_that_cannot_be_read_say_why(tmp_path):
    with pytest.raises(InputError, match="no file"):
        read_osm_file(tmp_path / "none.osm")
    (tmp_path / "a.xml").write_text("<osm/>", encoding="utf-8")
    with pytest.raises(InputError, match=r"ends in \.osm or \.osm\.pbf"):
        read_osm_file(tmp_path / "a.xml")
    (tmp_path / "b.osm").write_text("not xml", encoding="utf-8")
    with pytest.raises(InputError, match=r"b\.osm"):
        read_osm_file(tmp_path / "b.osm")
    (tmp_path / "c.osm.pbf").write_bytes(bytes(64))
    with pytest.raises(InputError, match=r"c\.osm\.pbf"):
        read_osm_file(tmp_path / "c.osm.pbf")
    with pytest.raises(InputError, match="neither buildings nor roads"):
        read_osm_file(write_osm(tmp_path / "d.osm", [(line((0, 0), (9, 9)), {"barrier": "wall"})]))


def test_layers_of_a_geopackage_are_found_by_name(tmp_path):
    path = tmp_path / "layers.gpkg"
    tiles = frame([(shape, {"kind": "building", "kind_detail": None}) for shape, _ in slabs()])
    roads = frame([(line((0, 0), (400, 0)), {"kind": "minor_road", "kind_detail": "residential"})])
    walls = frame([(line((0, 90), (99, 90)), {"kind": "wall"})])
    pois = frame(
        [(MultiPoint([(EAST, NORTH)]), {"kind": "gate"}), (Point(EAST, NORTH), {"kind": "x"})]
    )
    given = {"buildings": tiles, "roads": roads, "barriers_and_lines": walls, "pois": pois}
    for name, layer in given.items():
        layer.to_file(path, layer=name, driver="GPKG")
    layers = read_osm_geopackage(path)
    assert set(layers.buildings["building"]) == {"yes"}
    assert layers.roads["kind"].tolist() == ["lane"]
    assert (len(layers.barriers), len(layers.gates), len(layers.water)) == (1, 1, 0)
    assert layers.source == "layers.gpkg"
    with pytest.raises(InputError, match=r"no layer water \(layers found: "):
        read_osm_layers(buildings=path, roads=path, water=path)


def test_layers_must_declare_their_system():
    with pytest.raises(CrsError, match="EPSG:4326"):
        read_osm_layers(buildings=frame(slabs(), crs=None), roads=streets())


def test_without_buildings_there_is_no_district():
    empty = replace(read(), buildings=read().buildings[:0])
    with pytest.raises(InputError, match="no buildings"):
        district_from_osm(empty)


def test_a_place_is_downloaded_by_name_and_goes_the_same_way(monkeypatch):
    asked = []
    rows = pd.concat([frame(slabs()), streets()], ignore_index=True).to_crs(WGS84)
    rows.index = pd.MultiIndex.from_tuples([("way", n) for n in range(len(rows))])

    def features_from_place(name, *, tags):
        asked.append((name, tags["building"]))
        return rows

    stub = SimpleNamespace(features_from_place=features_from_place)
    monkeypatch.setitem(sys.modules, "osmnx", stub)
    district = district_from_place("市南区, 青岛市")
    assert asked == [("市南区, 青岛市", True)]
    assert district.courtyards["households"].sum() == 8 * 38
    assert district.courtyards["courtyard_id"].str.startswith("osm-w").all()
    assert district.metadata["source"] == "市南区, 青岛市"


def test_a_place_needs_osmnx_and_a_network(monkeypatch):
    monkeypatch.setitem(sys.modules, "osmnx", None)
    with pytest.raises(InputError, match=r"pip install geogrid\[osm\]"):
        district_from_place("青岛")

    def unreachable(name, *, tags):
        raise ConnectionError(f"no way to {name} for {len(tags)} tags")

    monkeypatch.setitem(sys.modules, "osmnx", SimpleNamespace(features_from_place=unreachable))
    with pytest.raises(InputError, match="check the name and the network"):
        district_from_place("青岛")


def test_the_room_names_its_ways_in_without_loading_them():
    assert sources.district_from_osm is district_from_osm
    with pytest.raises(AttributeError, match="no attribute 'guess'"):
        _ = sources.guess
    assert set(sources.__all__) == set(sources._HOMES)


def check_real(district, *, least, n_communities):
    courtyards = district.courtyards
    assert len(courtyards) >= least
    assert 40 <= courtyards["households"].mean() <= 200
    assert len(district.communities) >= n_communities
    assert courtyards.groupby("community_code").size().max() <= 60
    assert courtyards.is_valid.all()
    left, right = courtyards.sindex.query(courtyards.geometry, predicate="intersects")
    shared = courtyards.geometry.iloc[left[left < right]].intersection(
        courtyards.geometry.iloc[right[left < right]], align=False
    )
    assert shared.area.max() < 0.01
    blocked = district["barriers"].loc[lambda f: f["kind"] == "river"]
    assert courtyards.representative_point().distance(blocked.union_all()).min() > 0
    assert all(isinstance(shape, Polygon) for shape in courtyards.convex_hull)


@pytest.mark.skipif(not SHANGHAI.exists(), reason="the Shanghai extract is not on this computer")
def test_shanghai_gives_a_district_worth_planning():
    check_real(district_from_osm(read_osm_geopackage(SHANGHAI)), least=120, n_communities=4)


@pytest.mark.skipif(not BEIJING.exists(), reason="the Beijing extract is not on this computer")
def test_beijing_gives_a_district_worth_planning():
    check_real(district_from_osm(read_osm_file(BEIJING)), least=40, n_communities=2)
