"""Laws of mending outlines: each rule on a case of it, and on a near miss."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon, box

from geogrid.crs import SHINAN_CRS, WGS84
from geogrid.errors import CrsError, InputError
from geogrid.locale import LANGUAGES
from geogrid.sources.outlines import touching
from geogrid.sources.outlines.mending import AREA_TOLERANCE, mend_shapes
from geogrid.sources.outlines.touching import CUT_TOLERANCE

EAST, NORTH = 500_000, 4_000_000


def lay(*shapes, **columns):
    """Lay shapes drawn near the origin into the plane of the district."""
    moved = [
        None if one is None else shapely.transform(one, lambda xy: np.add(xy, [EAST, NORTH]))
        for one in shapes
    ]
    ids = [f"a{n}" for n in range(1, len(shapes) + 1)]
    return gpd.GeoDataFrame({"courtyard_id": ids, **columns}, geometry=moved, crs=SHINAN_CRS)


def mend(*shapes, communities=None, layer="courtyards", **columns):
    """Return what is left by its id, and (kind, verdict) by row; every finding speaks."""
    frame = lay(*shapes, **columns)
    before = frame.copy(deep=True)
    mended, findings = mend_shapes(frame, layer, communities, file="a.shp")
    # the argument stays as it was, what is left is sound, every finding speaks both languages
    assert frame.equals(before)
    assert mended.geometry.is_valid.all()
    assert not shapely.has_z(mended.geometry.to_numpy()).any()
    for one in findings:
        assert one.file == "a.shp"
        assert one.ident == f"a{one.row}"
        assert all(one.reason(tongue) and one.remedy(tongue) for tongue in LANGUAGES)
    rejected = {one.row for one in findings if one.verdict == "rejected"}
    assert sorted(mended.index + 1) == sorted(set(range(1, len(shapes) + 1)) - rejected)
    left = dict(zip(mended["courtyard_id"], mended.geometry, strict=True))
    return left, [(one.row, one.kind, one.verdict) for one in findings]


def drawn_area(points):
    """Sum the signed triangles of a ring: an oracle that knows no library."""
    turned = [*points[1:], points[0]]
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(points, turned, strict=True))) / 2


def test_sound_outlines_are_taken_without_a_word():
    """A square, one with a hole, one in three dimensions, one with a corner named twice."""
    square = box(0, 0, 20, 20)
    holed = Polygon(box(30, 0, 50, 20).exterior, [box(35, 5, 40, 10).exterior])
    raised = shapely.force_3d(box(60, 0, 80, 20), 7.5)
    twice = Polygon([(90, 0), (110, 0), (110, 0), (110, 20), (90, 20), (90, 20)])
    left, findings = mend(square, holed, raised, twice)
    assert findings == []
    assert [shape.area for shape in left.values()] == [400, 375, 400, 400]
    assert len(left["a4"].exterior.coords) == 5


def test_a_line_that_ends_just_beside_its_beginning_is_closed():
    """
    D----------C
    |          |
    E          |       the ends A and E lie 0.4 m apart; in the near miss 0.6 m
    A----------B
    """
    near = LineString([(0, 0), (20, 0), (20, 20), (0, 20), (0, 0.4)])
    far = LineString([(40, 0), (60, 0), (60, 20), (40, 20), (40, 0.6)])
    small = LineString([(80, 0), (81, 0), (81, 1.2), (80, 1.2), (80, 0.4)])
    closed = LineString([(90, 0), (99, 0), (99, 9), (90, 0)])
    left, findings = mend(near, far, small, closed)
    assert findings == [
        (1, "ring_closed", "mended"),
        (2, "not_an_area", "rejected"),
        # 0.4 m are a tenth of this line
        (3, "not_an_area", "rejected"),
    ]
    assert left["a1"].area == pytest.approx(400, rel=AREA_TOLERANCE)
    assert left["a4"].area == 40.5


@pytest.mark.parametrize(
    "shape",
    [
        None,
        Polygon(),
        Point(np.nan, 0),
        LineString([(0, 0), (20, 0)]),
        shapely.GeometryCollection([box(0, 0, 9, 9), Point(3, 3)]),
        Polygon([(0, 0), (20, 0), (np.inf, 20)]),
        Polygon([(0, 0), (20, 0), (1e300, 20)]),
        shapely.MultiLineString([[(0, 0), (9, 0), (9, 9), (0, 0)], [(20, 0), (29, 0)]]),
    ],
    ids=["none", "empty", "nowhere", "line", "mixed", "endless", "far", "lines"],
)
def test_what_is_no_area_is_rejected(shape):
    left, findings = mend(shape, box(50, 0, 60, 10))
    assert findings == [(1, "not_an_area", "rejected")]
    assert list(left) == ["a2"]


def test_points_are_courtyards_but_no_communities():
    assert mend(Point(5, 5))[1] == []
    frame = lay(Point(5, 5)).rename(columns={"courtyard_id": "community_code"})
    assert [one.kind for one in mend_shapes(frame, "communities")[1]] == ["not_an_area"]


def test_a_slip_that_crosses_is_put_right_and_a_bow_tie_is_not():
    r"""
    D----------C         D   C
    |          |         |\ /|
    |          |         | X |      corners in wrong order: half the land would be lost
    |      F--E|/B       |/ \|
    A----------/G        A   B
    """
    slip = [(0, 0), (20, 0), (20.4, 0.4), (20.4, 0), (20, 0.4), (20, 20), (0, 20)]
    bow_tie = [(40, 0), (60, 20), (60, 0), (40, 20)]
    left, findings = mend(Polygon(slip), Polygon(bow_tie))
    assert findings == [
        (1, "self_crossing", "mended"),
        (1, "sliver_part", "mended"),
        (2, "self_crossing", "rejected"),
    ]
    assert left["a1"].area == pytest.approx(drawn_area(slip), rel=AREA_TOLERANCE)
    assert drawn_area(bow_tie) == 0


@pytest.mark.parametrize(("loop_m", "verdict"), [(1.4, "mended"), (2.2, "rejected")])
def test_a_second_loop_counts_by_its_share(loop_m, verdict):
    """A loop counts against the square as drawn, so that it adds twice its area when put right."""
    ring = [(0, 0), (20, 0), (20, 20), (-loop_m, 20), (-loop_m, 20 + loop_m), (0, 20 + loop_m)]
    _, findings = mend(Polygon(ring))
    assert findings[0] == (1, "self_crossing", verdict)


def test_a_spike_and_a_corner_that_touches_itself_keep_their_area():
    spike = Polygon([(0, 0), (20, 0), (20, 20), (20, 35), (20, 20), (0, 20)])
    pinch = Polygon([(40, 0), (60, 0), (50, 10), (60, 20), (40, 20), (50, 10)])
    left, findings = mend(spike, pinch)
    assert findings == [
        (1, "self_crossing", "mended"),
        (2, "self_crossing", "mended"),
        (2, "multipart", "note"),
    ]
    assert (left["a1"].area, left["a2"].area) == (400, 200)


def test_parts_that_lie_on_one_another_count_twice_as_drawn():
    """One part laps over the other by 0.5 % of both, in the near miss by 2 %."""
    little = MultiPolygon([box(0, 0, 20, 20), box(19.8, 0, 39.8, 20)])
    much = MultiPolygon([box(60, 0, 80, 20), box(79.2, 0, 99.2, 20)])
    left, findings = mend(little, much)
    assert findings == [(1, "self_crossing", "mended"), (2, "self_crossing", "rejected")]
    assert left["a1"].area == pytest.approx(796)


def test_a_scribble_is_rejected_without_untangling_it():
    """Two thousand corners at random cross half a million times."""
    points = np.random.default_rng(1).uniform(0, 50, (2000, 2))
    assert mend(Polygon(points))[1] == [(1, "self_crossing", "rejected")]


def test_a_flat_shape_is_too_small():
    flat = Polygon([(0, 0), (20, 0), (0, 0)])
    tiny = box(40, 0, 40.9, 1)
    just = box(60, 0, 61, 1)
    left, findings = mend(flat, tiny, just)
    assert findings == [(1, "too_small", "rejected"), (2, "too_small", "rejected")]
    assert list(left) == ["a3"]


def test_scraps_are_dropped_if_they_are_a_hundredth_at_most():
    """Two parts below 1 m2 beside 400 m2; beside 80 m2 they are land that somebody drew."""
    scraps = [box(25, 0, 25.9, 1), box(27, 0, 27.9, 1)]
    large = MultiPolygon([box(0, 0, 20, 20), *scraps])
    small = shapely.transform(
        MultiPolygon([box(0, 0, 8, 10), *scraps]), lambda xy: np.add(xy, [40, 0])
    )
    left, findings = mend(large, small)
    assert findings == [(1, "sliver_part", "mended"), (2, "multipart", "note")]
    assert left["a1"].area == pytest.approx(large.area, rel=AREA_TOLERANCE)
    assert left["a1"].geom_type == "Polygon"
    assert left["a2"].area == pytest.approx(small.area)


def test_a_strip_of_overlap_is_cut_off_the_larger_one():
    """
    +-----------+-+--------+
    |    a1     |#|   a2   |     0.4 m of a1's 40 lie on a2; in the near miss 0.6 m
    +-----------+-+--------+
    """
    left, findings = mend(box(0, 0, 40, 20), box(39.6, 0, 60, 20))
    assert findings == [(1, "overlap_sliver", "mended")]
    assert left["a1"].bounds[2] == EAST + 39.6
    assert left["a1"].area == pytest.approx(800, rel=CUT_TOLERANCE)
    assert left["a2"].area == pytest.approx(408)
    assert not left["a1"].overlaps(left["a2"])

    left, findings = mend(box(0, 0, 40, 20), box(39.4, 0, 60, 20))
    assert findings == [(2, "overlap", "note")]
    assert left["a1"].area == 800


def test_of_two_equals_the_later_gives_way():
    assert mend(box(0, 0, 20, 20), box(19.6, 0, 39.6, 20))[1] == [(2, "overlap_sliver", "mended")]


def test_a_strip_that_is_too_much_of_an_outline_is_left():
    """0.4 m are a tenth of a lane 4 m wide."""
    left, findings = mend(box(0, 0, 4, 20), box(3.6, 0, 7.6, 20))
    assert findings == [(2, "overlap", "note")]
    assert left["a1"].area == left["a2"].area == 80


def test_neighbours_that_share_a_line_overlap_nowhere():
    assert mend(box(0, 0, 20, 20), box(20, 0, 40, 20), box(0, 20, 20, 40))[1] == []


def test_the_same_land_twice_rejects_both():
    """
    +-----------------+      a2 lies in a1 by 60 %, a4 in a3 by 40 %
    | a1   +----------+----+
    |      |##########| a2 |
    +------+----------+----+
    """
    shapes = [box(0, 0, 40, 20), box(28, 0, 48, 20), box(100, 0, 140, 20), box(132, 0, 152, 20)]
    left, findings = mend(*shapes)
    assert findings == [
        (1, "same_land", "rejected"),
        (2, "same_land", "rejected"),
        (4, "overlap", "note"),
    ]
    assert set(left) == {"a3", "a4"}


def test_an_outline_drawn_twice_stays_once_and_two_claims_to_it_do_not():
    """a2 is a1 begun at another corner; a4 lies where a3 lies under a name of its own."""
    square = box(0, 0, 20, 20)
    turned = Polygon([(20, 20), (0, 20), (0, 0), (20, 0)])
    frame = lay(
        square, turned, box(40, 0, 60, 20), box(40, 0, 60, 20), name=["甲", None, "丙", "丁"]
    )
    frame.loc[1, "courtyard_id"] = None
    mended, findings = mend_shapes(frame, "courtyards")
    assert mended.index.tolist() == [0]
    assert [(one.row, one.kind) for one in findings] == [
        (2, "same_outline"),
        (3, "same_land"),
        (4, "same_land"),
    ]


def test_what_is_mended_stays_within_its_tolerance_whatever_was_drawn():
    """Six hundred rings with slips of up to 8 m, against an oracle of its own."""
    rng = np.random.default_rng(3)
    angles = np.linspace(0, 2 * np.pi, 9)[:-1]
    rings = []
    for n in range(600):
        slips_m = rng.normal(0, rng.choice([0.1, 1, 8]), (8, 2))
        corners = 20 * np.column_stack([np.cos(angles), np.sin(angles)]) + slips_m
        order = rng.permutation(8) if n % 9 == 0 else slice(None)
        rings.append(np.add(corners, [100 * (n % 25), 100 * (n // 25)])[order])
    left, findings = mend(*(Polygon(corners) for corners in rings))
    kinds = {}
    for row, kind, _ in findings:
        kinds.setdefault(row, set()).add(kind)
    assert (
        len(
            {
                row
                for row, kind, verdict in findings
                if (kind, verdict) == ("self_crossing", "mended")
            }
        )
        > 5
    )
    assert sum(verdict == "rejected" for *_, verdict in findings) > 30
    for name, shape in left.items():
        row = int(name[1:])
        rules = kinds.get(row, set()) & {"self_crossing", "sliver_part"}
        drawn_m2 = drawn_area(rings[row - 1].tolist())
        allowed = AREA_TOLERANCE * len(rules)
        assert shape.area == pytest.approx(drawn_m2, rel=max(allowed, 1e-6))


def test_strips_cut_off_leave_hardly_any_overlap_and_little_less_land():
    """A hundred lots of 40 m, each drawn up to 0.4 m too far on every side."""
    rng = np.random.default_rng(5)
    far = rng.uniform(-0.1, 0.2, (100, 4))
    lots = [
        box(40 * (n % 10) - w, 40 * (n // 10) - s, 40 * (n % 10) + 40 + e, 40 * (n // 10) + 40 + u)
        for n, (w, s, e, u) in enumerate(far)
    ]
    left, findings = mend(*lots)
    assert {kind for _, kind, _ in findings} == {"overlap_sliver"}
    shapes = np.array([left[f"a{n}"] for n in range(1, 101)], object)
    for lot, shape in zip(lots, shapes, strict=True):
        assert shape.area == pytest.approx(lot.area, rel=CUT_TOLERANCE)
        assert shape.area <= lot.area + 1e-6
    assert shapely.union_all(shapes).area == pytest.approx(shapely.area(shapes).sum(), abs=1)


def test_a_heap_of_one_outline_costs_little():
    """Three thousand times the same square are four million pairs of boxes."""
    frame = gpd.GeoDataFrame(
        {"courtyard_id": [str(n) for n in range(3000)]},
        geometry=[box(EAST, NORTH, EAST + 20, NORTH + 20)] * 3000,
        crs=SHINAN_CRS,
    )
    mended, findings = mend_shapes(frame, "courtyards")
    assert len(mended) == 0
    assert {one.kind for one in findings} == {"same_land"}


def test_a_heap_of_copies_leaves_the_first():
    frame = gpd.GeoDataFrame(geometry=[box(EAST, NORTH, EAST + 9, NORTH + 9)] * 500, crs=SHINAN_CRS)
    mended, findings = mend_shapes(frame, "courtyards")
    assert mended.index.tolist() == [0]
    assert {one.kind for one in findings} == {"same_outline"}


def test_outlines_heaped_without_end_are_refused(monkeypatch):
    monkeypatch.setattr(touching, "_MOST_PAIRS", 3)
    shapes = [box(n * 15, 0, n * 15 + 20, 20) for n in range(6)]
    with pytest.raises(InputError, match="lie on one another"):
        mend(*shapes)


def communities():
    """Two communities that meet at x = 100."""
    return gpd.GeoDataFrame(
        {"community_code": ["370202001001", "370202001002"], "name": ["香港路社区", "珠海路社区"]},
        geometry=[
            box(EAST, NORTH, EAST + 100, NORTH + 100),
            box(EAST + 100, NORTH, EAST + 200, NORTH + 100),
        ],
        crs=SHINAN_CRS,
    )


@pytest.mark.parametrize(
    ("west", "code", "expected"),
    [
        (60, "", []),
        (80, "", []),
        (80.8, "", [(1, "border", "note")]),
        (82, "", [(1, "over_community_line", "rejected")]),
        (86, "370202001001", [(1, "border", "note")]),
        (94, "370202001002", [(1, "border", "note")]),
        (94.8, "370202001001", [(1, "border", "note")]),
        (95.2, "370202001001", [(1, "over_community_line", "rejected")]),
        (86, "370202001002", [(1, "border", "note")]),
        (84, "370202001002", [(1, "over_community_line", "rejected")]),
        (86, "370202009009", [(1, "over_community_line", "rejected")]),
    ],
)
def test_a_courtyard_over_a_community_line_needs_a_clear_share(west, code, expected):
    """
         |x = 100
    +----+--+       20 m wide: 95 % in one are clear, else 25 % in the one stated
    |    |  |
    +----+--+
         |
    """
    shape = box(west, 40, west + 20, 60)
    _, findings = mend(shape, communities=communities(), community_code=[code or None])
    assert findings == expected


def test_land_outside_every_community_counts_for_none():
    shore = box(150, -10, 170, 10)
    assert mend(shore, communities=communities())[1] == []
    assert mend(box(500, 500, 520, 520), communities=communities())[1] == []


def test_parts_in_two_communities_are_over_the_line():
    parts = MultiPolygon([box(60, 0, 80, 20), box(120, 0, 140, 20)])
    near = MultiPolygon([box(20, 40, 40, 60), box(60, 40, 80, 60)])
    assert mend(parts, near, communities=communities())[1] == [
        (1, "over_community_line", "rejected"),
        (2, "multipart", "note"),
    ]


def test_a_system_in_degrees_is_refused():
    with pytest.raises(CrsError):
        mend_shapes(lay(box(0, 0, 1, 1)).set_crs(WGS84, allow_override=True), "courtyards")


def test_ten_thousand_sound_outlines_pass_unchanged():
    corners = [(x * 25, y * 25) for x in range(100) for y in range(100)]
    shapes = shapely.box(
        *np.array([(EAST + x, NORTH + y, EAST + x + 25, NORTH + y + 25) for x, y in corners]).T
    )
    frame = gpd.GeoDataFrame(
        {"courtyard_id": [str(n) for n in range(len(shapes))]}, geometry=shapes, crs=SHINAN_CRS
    )
    mended, findings = mend_shapes(frame, "courtyards")
    assert findings == ()
    assert mended.equals(frame)
