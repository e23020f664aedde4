"""Laws of the way from geometry to graph, on the hand-drawn town."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import Point, box
from towns import CRS, area, frame, line, place, town, town_layers

from geogrid.errors import InputError, NotFoundError, TopologyError
from geogrid.space.graph import ContiguityRules, build_graph
from geogrid.space.grouping import rows_by_label
from geogrid.space.walks import build_network, walk_lengths


def edges_of(graph, district):
    ids = district.courtyards["courtyard_id"].to_numpy()
    return {
        frozenset((ids[r.a_ix], ids[r.b_ix])): r for r in graph.contiguity.itertuples(index=False)
    }


def test_cells_are_a_coverage_and_hold_their_courtyards():
    district = town()
    graph = build_graph(district)
    cells = graph.cells.geometry.to_numpy()
    assert shapely.coverage_is_valid(cells)
    held = shapely.covers(shapely.buffer(cells, 0.01), district.courtyards.geometry.to_numpy())
    assert held.all()


def test_the_town_falls_into_three_parts_named_by_community():
    graph = build_graph(town())
    assert graph.part_ids == ("370202001001-1", "370202001001-2", "370202001002-1")
    assert np.bincount(graph.part_ix).tolist() == [6, 6, 12]


def test_an_arterial_bars_and_a_lane_does_not():
    district = town()
    edges = edges_of(build_graph(district), district)
    over_arterial = edges[frozenset(("c04", "c07"))]
    over_lane = edges[frozenset(("c16", "c19"))]
    assert (over_arterial.barrier, over_arterial.usable) == ("arterial", 0)
    assert over_lane.barrier is None or over_lane.barrier != over_lane.barrier
    assert over_lane.usable == 1


def test_a_community_border_is_never_usable():
    district = town()
    home = dict(
        zip(district.courtyards["courtyard_id"], district.courtyards["community_code"], strict=True)
    )
    for pair, row in edges_of(build_graph(district), district).items():
        a, b = sorted(pair)
        assert home[a] == home[b] or row.usable == 0, pair


def test_a_waiver_opens_its_pair_and_no_other():
    district = town()
    rules = ContiguityRules(waivers=(("c07", "c04"),))
    edges = edges_of(build_graph(district, rules), district)
    assert edges[frozenset(("c04", "c07"))].usable == 1
    assert edges[frozenset(("c06", "c09"))].usable == 0


def test_a_waiver_of_strangers_is_refused_by_name():
    with pytest.raises(NotFoundError, match="c01 - c24"):
        build_graph(town(), ContiguityRules(waivers=(("c01", "c24"),)))


def test_rules_that_mean_nothing_are_refused():
    with pytest.raises(InputError, match="hedge"):
        ContiguityRules(barriers=("hedge",))
    with pytest.raises(InputError, match="max_link_m"):
        ContiguityRules(max_link_m=0)


def test_a_river_between_neighbours_is_an_edge_that_cannot_be_used():
    # a river 20 m wide along the lane of the east community
    river = frame([{"barrier_id": "w1", "kind": "river", "geometry": area(300, 290, 600, 310)}])
    district = town(barriers=river)
    graph = build_graph(district)
    edges = edges_of(graph, district)
    row = edges[frozenset(("c16", "c19"))]
    assert (row.border_m, row.barrier, row.usable) == (0.0, "river", 0)
    assert len(graph.part_ids) == 4


def test_a_wall_with_a_loose_end_cuts_only_what_it_crosses():
    # between c13 and c14, open at the south: the face stays one
    wall = frame([{"barrier_id": "w1", "kind": "wall", "geometry": line((407, 30), (407, 110))}])
    district = town(barriers=wall)
    edges = edges_of(build_graph(district), district)
    assert edges[frozenset(("c13", "c14"))].barrier == "wall"
    assert edges[frozenset(("c16", "c17"))].usable == 1


def test_a_compound_between_courtyards_parts_them():
    layers = town_layers()
    courtyards = layers["courtyards"]
    middle = courtyards[~courtyards["courtyard_id"].isin(["c14", "c17"])]
    compound = frame(
        [{"compound_id": "k1", "name": "海滨花园", "geometry": area(405, 0, 485, 300)}]
    )
    district = town(courtyards=middle, compounds=compound, buildings=None)
    edges = edges_of(build_graph(district), district)
    assert frozenset(("c13", "c15")) not in edges
    assert frozenset(("c16", "c18")) not in edges


def test_walks_follow_the_streets_and_end_at_the_door():
    district = town()
    graph = build_graph(district)
    # c01 and c02 lie 75 m apart on one lane, each 50 m from it
    row = edges_of(graph, district)[frozenset(("c01", "c02"))]
    assert row.link_m == pytest.approx(50 + 75 + 50)


def test_without_roads_walks_are_straight_links_times_the_detour():
    barriers = frame([{"barrier_id": "a", "kind": "rail", "geometry": line((0, 300), (300, 300))}])
    district = town(roads=None, barriers=barriers)
    graph = build_graph(district)
    row = edges_of(graph, district)[frozenset(("c01", "c02"))]
    assert row.link_m == pytest.approx(75 * 1.3)
    assert graph.n_straight == 15 + 15 + 66


def test_streets_that_do_not_meet_fall_back_and_are_counted():
    lanes = town_layers()["roads"]
    # two lanes far apart: the northern rows have no street to the southern ones
    keep = lanes[lanes["geometry"].apply(lambda g: g.centroid.y in (3_994_020.0, 3_994_500.0))]
    graph = build_graph(town(roads=keep))
    assert graph.n_straight > 0
    assert all(np.isfinite(w).all() for w in graph.walk_m)


def test_walks_searched_in_windows_are_those_of_the_whole_network():
    """A comb makes neighbours walk to its far end, out of any first window.

    ::

        +---------------------- ... --
        |  o   o      o    o    ...  o     six streets of 3.5 km, 100 m apart,
        +---------------------- ... --     joined at the west end only;
        |    o     o     o      ...        one more that meets none
        +---------------------- ... --
    """
    from scipy.sparse.csgraph import dijkstra

    rng = np.random.default_rng(7)
    teeth = [((0, 100 * i), (3500, 100 * i)) for i in range(6)]
    ways = [*teeth, ((0, 0), (0, 500)), ((0, 900), (3500, 900))]
    roads = frame(
        [{"road_id": str(i), "kind": "lane", "geometry": line(*way)} for i, way in enumerate(ways)]
    )
    east, north = rng.uniform(0, 3500, 240), rng.uniform(-40, 940, 240)
    spots = np.array([place(x, y) for x, y in zip(east, north, strict=True)], object)
    network = build_network(roads, spots)
    a, b = (ix.ravel() for ix in np.indices((240, 240)))
    whole = dijkstra(network.graph, directed=False, indices=network.door)[:, network.door]
    whole[whole > 6000] = np.inf
    expected = whole[a, b] + network.access_m[a] + network.access_m[b]
    far = np.isfinite(expected) & (expected > 5000) & (abs(east[a] - east[b]) < 200)
    assert far.any()
    assert np.isinf(expected).any()
    found = walk_lengths(network, a, b)
    assert np.array_equal(np.isfinite(found), np.isfinite(expected))
    finite = np.isfinite(expected)
    assert found[finite] == pytest.approx(expected[finite], abs=1e-9)
    # one pair alone is searched in another window than with all the others
    some = rng.choice(np.flatnonzero(finite), 40, replace=False)
    alone = [walk_lengths(network, a[[i]], b[[i]])[0] for i in some]
    assert alone == pytest.approx(expected[some], abs=1e-9)


def test_walks_inside_a_layout_are_those_of_its_parts_and_over_them():
    graph = build_graph(town())
    # the first grid lies in one part, the second in two, the third in a part and a community
    labels = np.array([0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, *(2,) * 12])
    inside = graph.walks_inside(labels)
    assert [len(square) for square in inside] == [3, 6, 15]
    assert np.array_equal(inside[0], graph.walk_m[0][:3, :3])
    for label, square in enumerate(inside):
        rows = np.flatnonzero(labels == label)
        a, b = (rows[ix] for ix in np.triu_indices(len(rows), 1))
        assert square[np.triu_indices(len(rows), 1)] == pytest.approx(graph.walks_between(a, b))
        assert np.array_equal(square, square.T)
        assert not square.diagonal().any()


def test_rows_are_grouped_by_label_and_a_label_may_have_none():
    found = rows_by_label(np.array([2, 0, 2, 0, 4]), 5)
    assert [rows.tolist() for rows in found] == [[1, 3], [], [0, 2], [], [4]]
    assert [rows.tolist() for rows in rows_by_label(np.zeros(0, np.int64), 2)] == [[], []]
    assert rows_by_label(np.zeros(0, np.int64), 0) == []


def test_courtyards_in_one_spot_share_a_cell_and_stay_two_rows():
    layers = town_layers()
    twin = layers["courtyards"].iloc[[0]].assign(courtyard_id="c99", address="海滨路1号甲")
    courtyards = gpd.GeoDataFrame(
        np.concatenate([layers["courtyards"].to_numpy(), twin.to_numpy()]),
        columns=layers["courtyards"].columns,
        geometry="geometry",
        crs=CRS,
    ).astype({"households": int})
    district = town(courtyards=courtyards)
    graph = build_graph(district)
    assert len(graph.cells) == 24
    row = edges_of(graph, district)[frozenset(("c01", "c99"))]
    assert (row.link_m, row.usable) == (0.0, 1)


def test_points_are_courtyards_too():
    layers = town_layers()
    points = layers["courtyards"].assign(geometry=layers["courtyards"].geometry.centroid)
    graph = build_graph(town(courtyards=points, buildings=None))
    assert shapely.coverage_is_valid(graph.cells.geometry.to_numpy())
    assert len(graph.part_ids) == 3


def test_a_courtyard_inside_another_is_refused_by_name():
    layers = town_layers()
    courtyards = layers["courtyards"].copy()
    courtyards.loc[1, "geometry"] = area(50, 50, 90, 90)
    compound = frame([{"compound_id": "k1", "geometry": area(45, 45, 95, 95)}])
    with pytest.raises(TopologyError, match="c02"):
        build_graph(town(courtyards=courtyards, compounds=compound))


def test_moving_the_town_changes_no_edge():
    district = town()
    layers = town_layers()
    moved = town(**{n: f.set_geometry(f.translate(3.7, -12.2)) for n, f in layers.items()})
    one, two = build_graph(district).contiguity, build_graph(moved).contiguity
    assert one[["a_ix", "b_ix", "usable"]].equals(two[["a_ix", "b_ix", "usable"]])
    assert np.allclose(one["border_m"], two["border_m"], atol=0.1)


def test_cells_agree_with_momepy_where_both_share_out_a_face():
    momepy = pytest.importorskip("momepy")
    district = town()
    graph = build_graph(district, ContiguityRules(barriers=()))
    communities = district.communities.reset_index(drop=True)
    peers = momepy.enclosed_tessellation(
        district.courtyards, communities.geometry, shrink=1.0, segment=2.0
    )
    areas = peers.dissolve(peers.index).geometry.area
    ours = graph.cells.geometry.area
    assert np.allclose(areas.sort_index().to_numpy(), ours.to_numpy(), rtol=0.02)


def test_the_place_of_a_point_is_itself():
    assert place(0, 0).equals(Point(530_000, 3_994_000))


def test_cells_cleaned_piece_by_piece_fit_over_the_seams(monkeypatch):
    from geogrid.space import cells as room

    district = town()
    whole = build_graph(district).cells.geometry.to_numpy()
    monkeypatch.setattr(room, "_PIECE", 5)
    assert len(room.map_pieces(whole)) > 4
    assert sorted(np.concatenate(room.map_pieces(whole))) == list(range(24))
    pieced = build_graph(district).cells.geometry.to_numpy()
    assert shapely.coverage_is_valid(pieced)
    assert shapely.hausdorff_distance(whole, pieced).max() <= 0.01
    # what counts more than a piece is one
    lone = room.map_pieces(whole, np.where(np.arange(24) == 3, 50, 1))
    assert sorted(np.concatenate(lone)) == list(range(24))
    # two lots meet the long one at a corner that it does not have
    lots = np.array([box(0, 0, 1, 4), box(1, 0, 2, 2), box(1, 2, 2, 4)], object)
    monkeypatch.setattr(room, "_PIECE", 1)
    assert not shapely.coverage_is_valid(lots)
    assert sorted(room._misfits(lots, np.arange(3))) == [0, 1, 2]
    assert shapely.coverage_is_valid(room.clean_coverage([(np.arange(3), lots)], 3))


@pytest.mark.parametrize("angle", [6.87, 10.77, 19.87])
def test_land_is_shared_out_whole_at_seven_digit_coordinates(angle):
    """At these angles the diagram of the full coordinates has tiles that cross themselves."""
    from shapely import affinity

    from geogrid.space.cells import _share_out

    x, y = 532_000.0, 3_993_000.0
    lots = np.array(
        [
            affinity.rotate(box(a, b, a + 34.4, b + 38.2), angle, origin=(x, y))
            for a in x + 36.4 * np.arange(12)
            for b in y + 42.2 * np.arange(6)
        ],
        object,
    )
    face = shapely.buffer(shapely.convex_hull(shapely.union_all(lots)), 20.0)
    cells = _share_out(lots, face)
    assert shapely.is_valid(cells).all()
    assert shapely.area(cells).sum() == pytest.approx(face.area, rel=1e-9)
    assert shapely.covers(shapely.buffer(cells, 0.01), lots).all()
