"""Laws of the synthetic district: counts, nesting, addresses, balance, repetition."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geogrid.district import TABLES
from geogrid.errors import SchemaError
from geogrid.sources.sample import make_sample
from geogrid.sources.sample.basic_grids import apportion
from geogrid.sources.sample.blocks import find_edges
from geogrid.sources.sample.facts import read_facts
from geogrid.sources.sample.sweeps import cut_regions, map_pieces
from geogrid.sources.validation import find_faults

COUNTS = {
    "subdistricts": 11,
    "communities": 50,
    "courtyards": 1418,
    "beats": 148,
    "stations": 11,
    "basic_grids": 505,
}
COVERAGES = ("subdistricts", "communities", "beats", "basic_grids")


@pytest.fixture(scope="session")
def town():
    return make_sample()


@pytest.fixture(scope="session")
def other_town():
    return make_sample(seed=1)


@pytest.fixture(scope="session")
def boundaries():
    root = Path(__file__).resolve().parents[2]
    shared = Path(os.environ.get("GEOGRID_SHARED_DATA", root.parent / "shared" / "data"))
    path = shared / "qingdao-shinan" / "shinan_subdistricts.geojson"
    if not path.is_file():
        pytest.skip("the real boundaries are not here; set GEOGRID_SHARED_DATA to find them")
    return gpd.read_file(path)


@pytest.fixture(scope="session")
def real_town(boundaries):
    return make_sample(boundaries=boundaries)


def assert_lawful(town):
    for layer, n in COUNTS.items():
        assert len(town[layer]) == n, layer
    for layer in COVERAGES:
        shapes = town[layer].geometry.to_numpy()
        assert set(town[layer].geom_type) == {"Polygon"}, layer
        assert shapely.coverage_is_valid(shapes), layer
    courtyards = town.courtyards
    assert courtyards["households"].sum() == 127_000
    assert courtyards["address"].is_unique
    per_community = courtyards.groupby("community_code").size()
    assert len(per_community) == 50
    assert per_community.between(6, 58).all()


def where(frame, layer, key):
    points = gpd.GeoDataFrame(geometry=frame.geometry.representative_point(), crs=frame.crs)
    joined = points.sjoin(layer[[key, "geometry"]], predicate="within")
    assert joined.index.is_unique
    return joined[key].reindex(frame.index)


def test_sample_has_every_layer_and_no_fault(town):
    assert set(town.tables) == set(TABLES)
    assert not [str(f) for f in find_faults(town.tables) if f.severity == "error"]


def test_sample_says_that_it_is_synthetic(town):
    assert town.is_synthetic
    assert town.metadata["seed"] == "0"
    assert "OpenStreetMap" in town.metadata["attribution"]
    assert set(town.courtyards["households_source"]) == {"synthetic"}


def test_sample_keeps_its_counts_coverages_and_totals(town):
    assert_lawful(town)


def test_coverages_share_one_ground(town):
    area = town["subdistricts"].area.sum()
    for layer in COVERAGES:
        assert town[layer].area.sum() == pytest.approx(area, rel=1e-9)


def test_names_and_codes_are_the_facts(town):
    facts = read_facts("communities").set_index("community_code")["name"]
    found = town["communities"].set_index("community_code")["name"]
    assert found.to_dict() == facts.to_dict()
    assert set(town["subdistricts"]["subdistrict_code"]) == {c[:9] for c in facts.index}


@pytest.mark.parametrize(
    ("inner", "inner_key", "outer", "outer_key", "digits"),
    [
        ("communities", "community_code", "subdistricts", "subdistrict_code", 9),
        ("basic_grids", "grid_code", "communities", "community_code", 12),
    ],
)
def test_areas_nest(town, inner, inner_key, outer, outer_key, digits):
    parents = town[outer].set_index(outer_key).geometry
    for code, shape in zip(town[inner][inner_key], town[inner].geometry, strict=True):
        assert shape.difference(parents[code[:digits]].buffer(0.01)).area < 0.1, code


def test_courtyards_lie_where_they_say(town):
    courtyards = town.courtyards
    home = where(courtyards, town["communities"], "community_code")
    assert (home == courtyards["community_code"]).all()
    assert (where(courtyards, town["beats"], "beat_id") == courtyards["beat_id"]).all()


@pytest.mark.parametrize("other", ["courtyards", "compounds", "landscape"])
def test_courtyards_overlap_nothing(town, other):
    mine, others = town.courtyards.geometry.to_numpy(), town[other].geometry.to_numpy()
    a, b = shapely.STRtree(others).query(mine, predicate="intersects")
    apart = a != b if other == "courtyards" else np.ones(len(a), dtype=bool)
    overlap = shapely.area(shapely.intersection(mine[a[apart]], others[b[apart]]))
    assert (overlap < 0.1).all()


def test_courtyards_stand_back_from_the_road(town):
    roads = shapely.STRtree(town["roads"].geometry.to_numpy())
    _, gap = roads.query_nearest(
        town.courtyards.geometry.to_numpy(), return_distance=True, all_matches=False
    )
    assert gap.min() > 2.5


def test_buildings_stand_inside_their_courtyard(town):
    lots = town.courtyards.set_index("courtyard_id").geometry
    mine = town["buildings"].dropna(subset=["courtyard_id"])
    inside = shapely.covers(
        shapely.buffer(lots.loc[mine["courtyard_id"]].to_numpy(), 0.1), mine.geometry.to_numpy()
    )
    assert inside.all()
    assert mine.groupby("courtyard_id").size().between(2, 3).all()
    assert mine["levels"].between(3, 7).all()


def test_house_numbers_rise_on_odd_and_even_sides(town):
    number = town.courtyards["address"].str.extract(r"^(?P<road>.*\D)(?P<number>\d+)号$")
    assert number.notna().all(axis=None)
    assert set(number["road"]) <= set(town["roads"]["name"].dropna())
    assert set(number["number"].astype(int) % 2) == {0, 1}


def test_roads_meet_at_junctions_and_connect(town):
    roads = town["roads"]
    assert {"arterial", "secondary", "lane", "rail"} <= set(roads["kind"])
    walk = roads.loc[roads["kind"] != "rail"].geometry.to_numpy()
    ends = np.vstack([shapely.get_coordinates(shapely.get_point(walk, i)) for i in (0, -1)])
    _, node = np.unique(np.round(ends, 2), axis=0, return_inverse=True)
    a, b = node.ravel()[: len(walk)], node.ravel()[len(walk) :]
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(node.max() + 1,) * 2)
    assert connected_components(graph, directed=False)[0] == 1
    tree = shapely.STRtree(walk)
    i, j = tree.query(walk, predicate="crosses")
    assert len(i) == 0, roads.iloc[i[:5]]["road_id"].tolist()
    assert len(j) == 0


def test_basic_grids_count_courtyards_and_compounds(town):
    grids = town["basic_grids"]
    total = town.courtyards["households"].sum() + town["compounds"]["households"].sum()
    assert grids["households"].sum() == total
    assert grids["households"].min() > 0


def test_serials_run_from_one_in_every_community(town):
    for code, mine in town["basic_grids"].groupby("community_code"):
        serials = sorted(int(c[12:]) for c in mine["grid_code"])
        assert serials == list(range(1, len(mine) + 1)), code


def test_stations_have_three_to_four_basic_grids_a_beat(town):
    beats = town["beats"].set_index("beat_id")["station_id"]
    homes = pd.concat([town.courtyards, town["compounds"]], ignore_index=True)
    homes = gpd.GeoDataFrame(homes, crs=town.crs)
    share = pd.DataFrame(
        {
            "grid": where(homes, town["basic_grids"], "grid_code"),
            "station": where(homes, town["beats"], "beat_id").map(beats),
            "households": homes["households"],
        }
    )
    majority = share.groupby(["grid", "station"])["households"].sum().reset_index()
    majority = majority.sort_values("households").groupby("grid")["station"].last()
    ratio = majority.value_counts() / beats.value_counts()
    assert ratio.between(3, 4).all(), ratio.to_dict()


def test_stations_have_two_to_three_governance_grids_a_beat(town):
    households = town.courtyards.groupby("beat_id")["households"].sum()
    station = town["beats"].set_index("beat_id")["station_id"]
    per_beat = households.groupby(station).sum() / station.value_counts() / (127_000 / 349)
    assert per_beat.between(2, 3).all(), per_beat.to_dict()
    assert len(households) == 148


def test_beats_do_not_simply_follow_communities(town):
    homes = town.courtyards.groupby("beat_id")["community_code"].nunique()
    assert (homes > 1).sum() >= 15


def test_duty_lines_cannot_exist_and_are_one_a_room(town):
    lines = [
        line for name in ("stations", "beats", "communities") for line in town[name]["duty_phone"]
    ]
    assert len(set(lines)) == len(lines) == 11 + 148 + 50
    # no local number begins with 0
    assert all(line.startswith("0532-0000 ") for line in lines)


def test_police_rooms_stand_on_a_street_of_their_beat(town):
    beats = town["beats"]
    rooms = shapely.points(beats["room_x"], beats["room_y"])
    assert (shapely.distance(rooms, beats.geometry.to_numpy()) < 0.1).all()
    roads = shapely.union_all(town["roads"].geometry.to_numpy())
    assert (shapely.distance(rooms, roads) < 0.1).all()


def test_layout_before_is_uneven_and_stays_in_its_community(town):
    courtyards = town.courtyards
    assert (courtyards["previous_grid"].str[:12] == courtyards["community_code"]).all()
    households = courtyards.groupby("previous_grid")["households"].sum()
    assert 330 <= len(households) <= 350
    assert 0.25 < households.std() / households.mean() < 0.45


def test_same_seed_gives_the_same_town_and_progress_runs_to_the_end(town):
    told = []
    again = make_sample(seed=0, on_progress=lambda done, step: told.append((done, step)))
    for layer in TABLES:
        pd.testing.assert_frame_equal(
            pd.DataFrame(town[layer].to_wkb()), pd.DataFrame(again[layer].to_wkb())
        )
    shares = [done for done, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_another_seed_changes_the_town_but_not_its_counts(town, other_town):
    assert_lawful(other_town)
    one, other = (t.courtyards.geometry.to_wkb() for t in (town, other_town))
    assert not one.equals(other)


def test_real_boundaries_give_a_lawful_town(real_town, boundaries):
    assert_lawful(real_town)
    drawn = real_town["subdistricts"].area.sum()
    # the islet that no bridge reaches is left out
    assert drawn == pytest.approx(boundaries.to_crs(real_town.crs).area.sum(), rel=0.01)


def test_boundaries_that_lack_a_subdistrict_are_refused(town):
    with pytest.raises(SchemaError, match="lack 1 subdistricts"):
        make_sample(boundaries=town["subdistricts"].iloc[1:])


def test_apportion_keeps_the_total_and_the_minimum():
    count = apportion(np.array([1.0, 2.0, 97.0]), 10, fewest=1)
    assert count.tolist() == [1, 1, 8]


def test_cut_regions_are_connected_and_complete():
    # +--+--+--+--+
    # |  |  |  |  |   a 4 x 3 lattice into five regions
    # +--+--+--+--+
    cells = np.array(
        [shapely.box(100 * x, 100 * y, 100 * x + 100, 100 * y + 100)
         for y in range(3) for x in range(4)]
    )  # fmt: skip
    pieces = map_pieces(cells, find_edges(cells))
    regions = cut_regions(pieces, range(12), np.ones(12), 5)
    assert sorted(i for r in regions for i in r) == list(range(12))
    assert len(regions) == 5
    assert all(len(pieces.components(r)) == 1 for r in regions)
