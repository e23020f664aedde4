"""Laws of the web map's ground and layouts: everything of the plan, each thing once."""

from __future__ import annotations

import gzip
import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from plan_service import EAST_IN_B, A, B, town_plan, two_subdistricts
from towns import WEST_CODE, town, town_layers

from geogrid.crs import WGS84
from geogrid.governance.edit import regroup
from geogrid.governance.layout import make_plan
from geogrid.governance.rules import KeepRules, LayoutRules
from geogrid.governance.verdict import Judge
from geogrid.plans.plan_graph import PlanGraph
from geogrid.publish.arcs import cut_arcs
from geogrid.publish.audience import Audience, rows_seen
from geogrid.publish.ground import Ground
from geogrid.publish.layout import Layouts

EVERYBODY = Audience()


@pytest.fixture(scope="module")
def plan():
    return town_plan()


@pytest.fixture(scope="module")
def ground(plan):
    return Ground(plan).ground(EVERYBODY)


@pytest.fixture(scope="module")
def detail(plan):
    return Ground(plan).detail(EVERYBODY)


def column(table, name):
    at = table["columns"].index(name)
    return [row[at] for row in table["rows"]]


def layout_of(plan, audience=EVERYBODY, **given):
    return Layouts(plan).layout(rows_seen(plan, audience), audience, **given)


def zipped(body):
    return len(gzip.compress(json.dumps(body, ensure_ascii=False).encode(), 6))


def ring_arrays(shapes):
    """Return the corners of polygons on a fine lattice, as `cut_arcs` takes them."""
    upright = shapely.orient_polygons(shapes, exterior_cw=False)
    parts, area_of = shapely.get_parts(upright, return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    corners, ring_of = shapely.get_coordinates(rings, return_index=True)
    return np.rint(corners).astype(np.int64), ring_of, area_of[part_of]


def rebuilt(lines, left, right, n):
    """Return what the arcs of each area enclose."""
    around = [[] for _ in range(n)]
    for line, sides in zip(lines, zip(left, right, strict=True), strict=True):
        for area in set(sides) - {-1}:
            around[area].append(shapely.linestrings(line))
    return np.array([shapely.build_area(shapely.geometrycollections(own)) for own in around])


def unrolled(arcs):
    return [np.cumsum(np.reshape(arc, (-1, 2)), axis=0) for arc in arcs]


def is_on_the_left(line, area):
    """Tell whether an area lies left of the first step of a line."""
    (x0, y0), (x1, y1) = line[0], line[1]
    middle = shapely.Point((x0 + x1) / 2 - (y1 - y0) * 0.01, (y0 + y1) / 2 + (x1 - x0) * 0.01)
    return shapely.contains(area, middle)


# -- the borders -------------------------------------------------------------------------------


@given(seed=st.integers(0, 10_000), n=st.integers(2, 40))
def test_arcs_are_the_coverage_again(seed, n):
    rng = np.random.default_rng(seed)
    sites = shapely.multipoints(rng.uniform(0, 10_000, (n, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(sites))
    clipped = shapely.intersection(cells, shapely.Point(5_000, 5_000).buffer(4_000))
    # a lake in the middle, and the lattice that everything is rounded to
    clipped = shapely.difference(clipped, shapely.Point(5_000, 5_000).buffer(700))
    shapes = shapely.set_precision(clipped[~shapely.is_empty(clipped)], 1)
    shapes = shapes[shapely.area(shapes) > 0]
    shapes = shapely.coverage_clean(shapes)
    arcs = cut_arcs(*ring_arrays(shapes))
    drawn = rebuilt(arcs.lines, arcs.left.tolist(), arcs.right.tolist(), len(shapes))
    assert np.allclose(shapely.area(drawn), shapely.area(shapes), rtol=0.01, atol=20)
    steps = [
        tuple(sorted((tuple(a), tuple(b))))
        for line in arcs.lines
        for a, b in zip(line[:-1].tolist(), line[1:].tolist(), strict=True)
    ]
    assert len(steps) == len(set(steps)), "a border is there twice"
    assert (arcs.left != arcs.right).all()


def test_an_island_in_a_lake_is_a_closed_arc():
    """One area with a hole in it, and another that fills a part of the hole, touching nothing."""
    outer = shapely.Polygon(
        [(0, 0), (90, 0), (90, 90), (0, 90)], [[(30, 30), (30, 60), (60, 60), (60, 30)]]
    )
    island = shapely.box(40, 40, 50, 50)
    arcs = cut_arcs(*ring_arrays(np.array([outer, island])))
    assert sorted(zip(arcs.left.tolist(), arcs.right.tolist(), strict=True)) != []
    assert len(arcs.lines) == 3
    assert all(tuple(line[0]) == tuple(line[-1]) for line in arcs.lines)
    sides = {frozenset(pair) for pair in zip(arcs.left.tolist(), arcs.right.tolist(), strict=True)}
    assert sides == {frozenset({-1, 0}), frozenset({-1, 1})}
    drawn = rebuilt(arcs.lines, arcs.left.tolist(), arcs.right.tolist(), 2)
    assert drawn[1].area == 100


def test_areas_that_touch_in_a_corner_share_a_node_and_no_border():
    both = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 10, 20, 20)])
    arcs = cut_arcs(*ring_arrays(both))
    pairs = set(zip(arcs.left.tolist(), arcs.right.tolist(), strict=True))
    assert pairs <= {(0, -1), (1, -1), (-1, 0), (-1, 1)}
    assert shapely.area(rebuilt(arcs.lines, arcs.left, arcs.right, 2)).tolist() == [100, 100]


def test_what_rounding_makes_nothing_of_is_left_out():
    sliver = np.array([[0, 0], [10, 0], [10, 0], [0, 0], [0, 0]])
    arcs = cut_arcs(sliver, np.zeros(5, np.int64), np.zeros(1, np.int64))
    assert arcs.lines == ()


def test_the_borders_of_a_plan_enclose_its_footprints(plan, ground):
    cells = ground["cells"]
    lines = unrolled(cells["arcs"])
    drawn = rebuilt(lines, cells["left"], cells["right"], len(plan.courtyards))
    whole = gpd.GeoSeries(list(plan.gov_grids.geometry), crs=plan.gov_grids.crs).to_crs(WGS84)
    in_units = shapely.transform(whole.to_numpy(), lambda xy: xy * 1e6 - ground["origin"])
    layout = layout_of(plan)
    for number, code in enumerate(layout["codes"]):
        own = drawn[np.array(layout["grid_ix"]) == number]
        want = in_units[plan.gov_grids["grid_code"].tolist().index(code)]
        assert shapely.union_all(own).area == pytest.approx(want.area, rel=0.01)
    n_two_sided = 0
    for line, left, right in zip(lines, cells["left"], cells["right"], strict=True):
        assert left != right
        n_two_sided += min(left, right) >= 0
        for side, is_left in ((left, True), (right, False)):
            if side >= 0:
                assert is_on_the_left(line, drawn[side].buffer(0)) == is_left
    assert n_two_sided > 10
    shared = sum(a.touches(b) and a.intersection(b).length > 0 for a in drawn for b in drawn)
    pairs = {frozenset((a, b)) for a, b in zip(cells["left"], cells["right"], strict=True)}
    assert len({pair for pair in pairs if -1 not in pair}) == shared // 2


def test_a_grid_is_drawn_by_the_borders_between_grids(plan, ground):
    cells, layout = ground["cells"], layout_of(plan)
    grid = np.array([*layout["grid_ix"], -1])
    left, right = (grid[cells[side]] for side in ("left", "right"))
    for number in range(len(layout["codes"])):
        own = [
            shapely.linestrings(line)
            for line, a, b in zip(unrolled(cells["arcs"]), left, right, strict=True)
            if (a == number) != (b == number)
        ]
        assert shapely.union_all(shapely.polygonize(own).geoms).area > 0


# -- the tables --------------------------------------------------------------------------------


def test_the_ground_is_json_and_has_every_courtyard_once(plan, ground, detail):
    assert json.loads(json.dumps(ground, allow_nan=False)) == ground
    assert json.loads(json.dumps(detail, allow_nan=False)) == detail
    yards = ground["courtyards"]
    assert column(yards, "courtyard_id") == plan.courtyards["courtyard_id"].tolist()
    assert column(yards, "households") == plan.courtyards["households"].tolist()
    assert sum(column(ground["communities"], "households")) == sum(column(yards, "households"))
    assert column(yards, "spot") == list(range(24))
    assert column(yards, "community_code").count(WEST_CODE) == 12
    assert ground["district"]["code"] == "370202"


def test_label_points_lie_inside(plan, ground):
    inside = shapely.transform(
        plan.courtyards.to_crs(WGS84).geometry.to_numpy(), lambda xy: xy * 1e6 - ground["origin"]
    )
    for shape, at in zip(inside, column(ground["courtyards"], "at"), strict=True):
        assert shape.distance(shapely.Point(at)) < 1


def test_the_ground_says_what_a_verdict_needs(plan, ground):
    judge, graph = Judge(plan), PlanGraph(plan)
    edges = ground["edges"]
    usable = {(a, b) for a, b, u in zip(edges["a"], edges["b"], edges["usable"], strict=True) if u}
    want = zip(graph.a_ix[graph.is_usable], graph.b_ix[graph.is_usable], strict=True)
    assert usable == {(int(a), int(b)) for a, b in want}
    barriers = [kind for kind in edges["barrier"] if kind is not None]
    assert len(barriers) == plan.contiguity["barrier"].notna().sum() > 0
    parts = column(ground["parts"], "part_id")
    assert [parts[i] for i in column(ground["courtyards"], "part")] == plan.courtyards[
        "part_id"
    ].tolist()
    assert np.allclose(np.array([r[2:4] for r in ground["parts"]["rows"]], float), graph.bands)
    stations = column(ground["stations"], "station_id")
    assert stations == sorted(stations)
    told = [stations[i] for i in column(ground["courtyards"], "station")]
    assert told == judge.station_ids.tolist()
    assert ground["rules"]["target"] == plan.target
    assert ground["retired"] == sorted(judge.retired)
    assert set(ground["phrases"]) == {"zh", "en"}


def test_walks_are_those_of_the_plan_in_metres(plan, detail):
    table = plan.walks
    assert len(detail["walks"]["m"]) == len(table)
    row_of = {ident: i for i, ident in enumerate(plan.courtyards["courtyard_id"])}
    want = {
        (row_of[a], row_of[b]): round(walk)
        for a, b, walk in zip(table["a"], table["b"], table["walk_m"], strict=True)
    }
    walks = detail["walks"]
    assert dict(zip(zip(walks["a"], walks["b"], strict=True), walks["m"], strict=True)) == want


def test_rules_are_told_by_rows():
    keep = KeepRules(locked=(("c01", "c04"),), together=(("c05", "c06"),), apart=(("c02", "c13"),))
    plan = make_plan(two_subdistricts(), n_grids=6, rules=LayoutRules(keep=keep))
    rules = Ground(plan).ground(EVERYBODY)["rules"]
    assert rules["locked"] == [[0, 3]]
    assert rules["together"] == [[4, 5]]
    assert rules["apart"] == [[1, 12]]
    own = Ground(plan).ground(Audience(within=A))["rules"]
    assert (own["locked"], own["together"], own["apart"]) == ([[0, 3]], [[4, 5]], [])
    other = Ground(plan).ground(Audience(within=B))["rules"]
    assert (other["locked"], other["together"], other["apart"]) == ([], [], [])


def test_courtyards_in_one_spot_share_a_place_and_one_has_the_borders():
    layers = town_layers()
    yards = layers["courtyards"]
    yards.loc[1, "geometry"] = yards.loc[0, "geometry"]
    plan = make_plan(town(**layers), n_grids=6)
    made = Ground(plan).ground(EVERYBODY)
    spots = column(made["courtyards"], "spot")
    assert spots[0] == spots[1]
    hidden = 1 - spots[0]
    assert hidden not in {*made["cells"]["left"], *made["cells"]["right"]}


def test_duty_lines_are_for_whoever_is_known(plan):
    for layer in ("stations", "beats", "communities"):
        plan.district.tables[layer]["duty_phone"] = "0532-0000"
    try:
        known = Ground(plan).ground(EVERYBODY)
        public = Ground(plan).ground(Audience(is_known=False))
        for layer in ("stations", "beats", "communities"):
            assert set(column(known[layer], "duty_phone")) == {"0532-0000"}
            assert "duty_phone" not in public[layer]["columns"]
        assert "0532" not in json.dumps(public)
    finally:
        for layer in ("stations", "beats", "communities"):
            del plan.district.tables[layer]["duty_phone"]


def test_a_district_without_the_optional_layers_has_a_ground():
    layers = town_layers()
    kept = {name: layers[name] for name in ("communities", "courtyards", "roads")}
    bare = {name: frame.iloc[:0] for name, frame in layers.items() if name not in kept}
    made = Ground(make_plan(town(**kept, **bare), n_grids=6)).ground(EVERYBODY)
    assert made["basic_grids"] is None
    assert made["coast"] is None
    assert made["stations"]["rows"] == []
    assert set(column(made["courtyards"], "station")) == {-1}


def test_a_clerk_knows_the_codes_that_ended_at_home():
    plan = town_plan()
    ended = [f"{WEST_CODE}077", f"{EAST_IN_B}078"]
    edited = plan.with_report(edited={"codes_retired": ended})
    assert Ground(edited).ground(EVERYBODY)["retired"] == ended
    assert Ground(edited).ground(Audience(within=A))["retired"] == ended[:1]


@pytest.mark.slow
def test_the_sample_comes_in_a_second_and_small(sample_plan_path):
    from geogrid.store.plan_file import read_plan

    plan = read_plan(sample_plan_path)
    made = Ground(plan)
    ground, detail = made.ground(EVERYBODY), made.detail(EVERYBODY)
    assert zipped(ground) < 300_000
    assert zipped(detail) < 300_000
    assert zipped(layout_of(plan)) < 20_000
    cells = ground["cells"]
    drawn = rebuilt(unrolled(cells["arcs"]), cells["left"], cells["right"], len(plan.courtyards))
    feet, at = made._footprints
    whole = gpd.GeoSeries(list(feet), crs=plan.cells.crs).to_crs(WGS84).to_numpy()
    want = shapely.area(shapely.transform(whole, lambda xy: xy * 1e6 - ground["origin"]))
    assert np.abs(shapely.area(drawn[at]) / want - 1).max() < 0.01


# -- layouts -----------------------------------------------------------------------------------


def test_a_layout_is_the_plan_as_it_is(plan):
    layout = layout_of(plan)
    grids, yards = plan.gov_grids, plan.courtyards
    assert layout["codes"] == grids["grid_code"].tolist()
    assert [layout["codes"][i] for i in layout["grid_ix"]] == yards["grid_code"].tolist()
    assert column(layout["grids"], "households") == grids["households"].tolist()
    ids = yards["courtyard_id"].tolist()
    assert [ids[i] for i in column(layout["grids"], "medoid")] == grids["medoid_id"].tolist()
    assert column(layout["grids"], "beat_id") == grids["beat_id"].tolist()
    assert layout["report"]["objective"] == plan.report["objective"]
    assert json.loads(json.dumps(layout, allow_nan=False)) == layout


@pytest.mark.parametrize("seed", range(5))
def test_a_changed_layout_has_the_figures_of_a_plan_made_of_it(plan, seed):
    rng = np.random.default_rng(seed)
    yards = plan.courtyards
    home = dict(zip(yards["courtyard_id"], yards["grid_code"], strict=True))
    for ident in rng.choice(sorted(home), 5, replace=False):
        near = sorted({code for code in home.values() if code[:12] == home[ident][:12]})
        home[ident] = str(rng.choice([*near, near[0][:12] + "099"]))
    names = {next(iter(home.values())): "滨海网格"}
    moved = layout_of(plan, assignment=home, names=names)
    anew = layout_of(regroup(plan, home, names=names))
    assert moved["codes"] == anew["codes"]
    assert moved["grid_ix"] == anew["grid_ix"]
    for name in set(moved["grids"]["columns"]) - {"beat_id", "room_m"}:
        assert column(moved["grids"], name) == column(anew["grids"], name), name


def test_a_courtyard_without_a_grid_is_in_none(plan):
    yards = plan.courtyards
    home = dict(zip(yards["courtyard_id"], yards["grid_code"], strict=True))
    del home["c01"]
    layout = layout_of(plan, assignment=home)
    assert layout["grid_ix"][0] == -1


def test_of_a_subdistrict_only_its_own_is_counted(plan):
    """A grid that reaches over the border counts what the clerk sees of it."""
    yards = plan.courtyards
    home = dict(zip(yards["courtyard_id"], yards["grid_code"], strict=True))
    west = home["c01"]
    own = layout_of(plan, Audience(within=A), assignment=home | {"c13": west})
    as_before = layout_of(plan, Audience(within=A))
    assert own == as_before
    east = layout_of(plan, Audience(within=B), assignment=home | {"c13": west})
    assert west in east["codes"]
    row = east["grids"]["rows"][east["codes"].index(west)]
    assert row[east["grids"]["columns"].index("n_courtyards")] == 1
    assert row[east["grids"]["columns"].index("community_code")] == EAST_IN_B
