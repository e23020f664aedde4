"""Places of rows: polygon, coordinates, address, and what contradicts what."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from shapely import Point
from towns import CRS, EAST, EAST_CODE, NORTH, WEST_CODE, area, place, town_layers

from geogrid.crs import WGS84, from_wgs84
from geogrid.sources.intake.claims import Claim, same_place_findings
from geogrid.sources.intake.placing import Ground, place_rows

COMMUNITIES = town_layers()["communities"]
GROUND = Ground(COMMUNITIES, CRS)


def claim(n=2, *, at=None, address="", community=None, **more):
    """Return a row whose coordinates are metres in the town's own frame."""
    x, y = (None, None) if at is None else (EAST + at[0], NORTH + at[1])
    written = ("", "") if at is None else (str(x), str(y))
    more = {"drawn": None, "before": None} | more
    return Claim(
        ("l.csv", "", n), f"c{n}", x, y, written, address, community, **more, heads={"x": "东"}
    )


def placed(*claims, ground=GROUND, system=CRS):
    return place_rows(claims, ground, system)


def kinds(found):
    return [(one.kind, one.verdict) for one in found.findings]


def test_coordinates_in_their_community_say_nothing():
    found = placed(claim(at=(100, 100), community=WEST_CODE))
    assert found.shapes[0] == place(100, 100)
    assert found.codes == [WEST_CODE]
    assert found.findings == ()


@pytest.mark.parametrize("system", ["gcj02", "bd09", "wgs84", "cgcs2000", "EPSG:4528", "EPSG:4547"])
def test_every_system_leads_to_the_same_place(system):
    import geopandas as gpd

    true = gpd.GeoSeries([place(100, 100)], crs=CRS)
    lon, lat = (float(v[0]) for v in (true.to_crs(WGS84).x, true.to_crs(WGS84).y))
    if system == "EPSG:4547":
        x, y = (float(v) for v in true.to_crs(system).get_coordinates().iloc[0])
    else:
        x, y = (float(v) for v in from_wgs84(lon, lat, system))
    row = claim(community=WEST_CODE)
    found = placed(Claim(row.key, row.ident, x, y, (str(x), str(y)), "", WEST_CODE), system=system)
    assert found.shapes[0].distance(true.iloc[0]) < 0.01
    assert found.findings == ()


def test_a_swapped_row_is_read_the_other_way_round_and_told():
    row = claim(at=(100, 100), community=WEST_CODE)
    swapped = Claim(row.key, row.ident, row.y, row.x, row.written, "", WEST_CODE)
    found = placed(swapped)
    assert kinds(found) == [("axes_swapped", "mended")]
    assert found.shapes[0] == place(100, 100)


def test_a_blank_community_is_filled_in_by_the_place():
    found = placed(claim(at=(400, 100)))
    assert kinds(found) == [("community_located", "mended")]
    assert found.codes == [EAST_CODE]
    assert "东岸社区" in found.findings[0].reason("zh")


def test_a_community_that_is_not_there_is_a_contradiction():
    found = placed(claim(at=(400, 100), community=WEST_CODE))
    assert kinds(found) == [("community_mismatch", "rejected")]
    assert found.shapes[0] is None
    assert "西岸社区" in found.findings[0].reason("zh")


def test_outside_by_a_little_is_moved_in_by_much_is_rejected():
    found = placed(
        claim(2, at=(-30, 100), community=WEST_CODE),
        claim(3, at=(-51, 100)),
        claim(4, at=(-30, 100), community=EAST_CODE),
    )
    assert kinds(found) == [
        ("moved_inside", "mended"),
        ("outside_district", "rejected"),
        ("community_mismatch", "rejected"),
    ]
    assert found.shapes[0].x == pytest.approx(EAST + 0.5)
    assert found.shapes[1] is None


def test_numbers_that_cannot_be_coordinates_are_outside_beyond_measure():
    row = Claim(("l.csv", "", 2), "c2", 999.0, 999.0, ("999", "999"), "", WEST_CODE)
    found = placed(row, system="wgs84")
    assert kinds(found) == [("outside_district", "rejected")]
    assert "999" in found.findings[0].reason("zh")
    assert "beyond all measure" in found.findings[0].reason("en")


def test_a_polygon_counts_before_coordinates_near_it():
    lot = area(40, 40, 100, 100)
    found = placed(claim(at=(140, 70), community=WEST_CODE, drawn=lot))
    assert found.shapes[0] == lot
    assert found.findings == ()


def test_a_polygon_far_from_its_coordinates_is_a_contradiction():
    found = placed(claim(at=(160, 70), community=WEST_CODE, drawn=area(40, 40, 100, 100)))
    assert kinds(found) == [("place_contradiction", "rejected")]
    assert "60 米" in found.findings[0].reason("zh")


def test_without_anything_there_is_no_place():
    found = placed(claim(community=WEST_CODE))
    assert kinds(found) == [("no_position", "rejected")]


def gazetteer(spots):
    """Return what finds those addresses, as `Ground` wants it."""
    asked = []

    def made(known):
        asked.append(list(known))
        none = SimpleNamespace(x=None, y=None, accuracy_m=None, how="none", candidates=("甲路1号",))
        return lambda text: spots.get(text, none)

    return made, asked


def spot(x, y, accuracy_m, how="exact"):
    return SimpleNamespace(x=EAST + x, y=NORTH + y, accuracy_m=accuracy_m, how=how, candidates=())


def test_a_known_address_may_be_as_large_as_a_yard_and_one_between_others_may_not():
    spots = {
        "甲路1号": spot(50, 50, 51.0),
        "甲路3号": spot(50, 60, 101.0),
        "甲路5号": spot(50, 70, 51.0, "interpolated"),
    }
    made, _ = gazetteer(spots)
    asked = [claim(row, address=text, community=WEST_CODE) for row, text in enumerate(spots, 1)]
    found = placed(*asked, ground=Ground(COMMUNITIES, CRS, made))
    assert [one.kind for one in found.findings] == [
        "located_by_address",
        *["address_not_found"] * 2,
    ]


def test_an_address_is_asked_only_where_nothing_else_is_known():
    made, asked = gazetteer({"甲路3号": spot(100, 100, 20.0), "甲路5号": spot(100, 150, 101.0)})
    found = placed(
        claim(2, at=(50, 50), address="甲路1号", community=WEST_CODE),
        claim(3, address="甲路3号", community=WEST_CODE),
        claim(4, address="甲路5号", community=WEST_CODE),
        claim(5, address="乙路9号", community=WEST_CODE),
        ground=Ground(COMMUNITIES, CRS, made),
    )
    assert [(one.kind, one.row) for one in found.findings] == [
        ("located_by_address", 3),
        ("address_not_found", 4),
        ("address_not_found", 5),
    ]
    # the row that stands is known to the gazetteer
    assert asked[0] == [("甲路1号", place(50, 50))]
    # the houses, and the yard around them
    assert "30 米" in found.findings[0].reason("zh")
    assert "甲路1号" in found.findings[2].reason("zh")


def test_coordinates_far_from_their_address_are_told():
    spots = {"甲路1号": spot(50, 50, 30.0), "甲路3号": spot(50, 60, 30.0, "interpolated")}
    made, asked = gazetteer(spots)
    found = placed(
        claim(2, at=(50, 275), address="甲路1号", community=WEST_CODE),
        claim(3, at=(50, 285), address="甲路1号", community=WEST_CODE),
        # between two others is no proof
        claim(4, at=(50, 395), address="甲路3号", community=WEST_CODE),
        ground=Ground(COMMUNITIES, CRS, made),
    )
    assert [(one.kind, one.verdict, one.row) for one in found.findings] == [
        ("address_elsewhere", "note", 3)
    ]
    assert "相距 235 米" in found.findings[0].reason("zh")
    assert found.shapes[1] == place(50, 285)
    # rows prove nothing of one another
    assert asked == [[]]


def test_an_address_is_no_surer_than_its_accuracy():
    made, _ = gazetteer({"甲路3号": spot(310, 100, 20.0), "甲路5号": spot(330, 100, 20.0)})
    found = placed(
        claim(2, address="甲路3号", community=WEST_CODE),
        claim(3, address="甲路5号", community=WEST_CODE),
        ground=Ground(COMMUNITIES, CRS, made),
    )
    # ten metres over the border say nothing against the community, thirty do
    assert found.shapes[0].x == pytest.approx(EAST + 299.5)
    assert found.shapes[1] is None
    assert [kind for kind, _ in kinds(found)] == [
        "located_by_address",
        "moved_inside",
        "located_by_address",
        "community_mismatch",
    ]


def test_a_row_stays_where_it_was_put_before():
    found = placed(claim(address="甲路3号", community=WEST_CODE, before=place(70, 70)))
    assert found.shapes[0] == place(70, 70)
    assert found.findings == ()


def test_rows_in_one_place_are_told_and_kept():
    import numpy as np

    claims = [claim(n, at=(n, n)) for n in (2, 3, 4)]
    shapes = np.array([Point(0, 0), Point(0.4, 0), Point(9, 9)], dtype=object)
    found = same_place_findings(claims, shapes)
    assert [(one.row, one.told["other"]) for one in found] == [(3, "2")]
