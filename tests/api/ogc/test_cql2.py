"""CQL2: what each declared class of the language states, in text and in JSON."""

from __future__ import annotations

import json

import pytest

requirement = pytest.mark.requirement
ITEMS = "/collections/courtyards/items"
SQUARE = [[120.3776, 36.0666], [120.3784, 36.0666], [120.3784, 36.0679], [120.3776, 36.0666]]
YARD = {"property": "geometry"}


def prop(name):
    return {"property": name}


@pytest.fixture
def text(ids):
    return lambda filter_text: ids(filter=filter_text)


@pytest.fixture
def tree(ids):
    return lambda node: ids(filter=json.dumps(node), **{"filter-lang": "cql2-json"})


def op(name, *args):
    return {"op": name, "args": list(args)}


@requirement("/req/basic-cql2/cql2-filter")
def test_conditions_are_joined_and_turned_round(text):
    assert text("households > 100 AND NOT households > 120") == ["a2", "b1"]
    assert text("households < 50 OR (households > 100 AND households < 115)") == ["a2", "c3"]
    assert text("TRUE AND households = 40") == ["c3"]
    assert text("FALSE") == []


@requirement("/req/basic-cql2/property")
def test_a_property_is_a_queryable_and_unset_is_null(client, text):
    assert client.get(ITEMS, params={"filter": "part_of = 1"}).status_code == 400
    assert text("renovated_year > 0") == ["a1"]
    assert text("NOT renovated_year > 0") == [], "not of unknown is unknown"


@requirement("/req/basic-cql2/binary-comparison-predicate")
@pytest.mark.parametrize(
    ("sign", "found"),
    [
        ("=", ["a1"]),
        ("<", ["a3", "a4", "b3", "b4", "c1", "c2", "c3", "c4"]),
        (">", ["a2", "b1", "b2"]),
        ("<=", ["a1", "a3", "a4", "b3", "b4", "c1", "c2", "c3", "c4"]),
        (">=", ["a1", "a2", "b1", "b2"]),
    ],
)
def test_values_are_compared(text, sign, found):
    assert text(f"households {sign} 100") == found


@requirement("/req/basic-cql2/binary-comparison-predicate")
def test_values_are_told_apart(text):
    assert len(text("households <> 100")) == 11
    assert text("name > 'A' AND name < 'D'") == ["b1"]


@requirement("/req/basic-cql2/null-predicate")
def test_missing_values_are_found(text):
    assert text("name IS NOT NULL") == ["a1", "b1"]
    assert text("renovated_year IS NULL AND households > 110") == ["b1", "b2"]


@requirement("/req/advanced-comparison-operators/like-predicate")
@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("东山路_号", 9),
        ("%1%", 4),
        ("东山路1%", 4),
        ("%号", 12),
        ("东_路%号", 12),
        ("%", 12),
        ("_", 0),
        (r"\%", 0),
    ],
)
def test_text_fits_patterns(text, pattern, found):
    assert len(text(f"address LIKE '{pattern}'")) == found
    assert len(text(f"address NOT LIKE '{pattern}'")) == 12 - found


@requirement("/req/advanced-comparison-operators/between-predicate")
def test_numbers_lie_between_others(text):
    assert text("households BETWEEN 95 AND 100") == ["a1", "a4"]
    assert len(text("households NOT BETWEEN 95 AND 100")) == 10


@requirement("/req/advanced-comparison-operators/in-predicate")
def test_values_are_one_of_several(text):
    assert text("households IN (40, 150)") == ["b2", "c3"]
    assert text("address IN ('东山路1号', '东山路2号')") == ["a1", "a2"]
    assert len(text("households NOT IN (40, 150)")) == 10


@requirement("/req/case-insensitive-comparison/casei-function")
def test_case_can_be_overlooked(text):
    assert text("name = 'CAFÉ HOF'") == []
    assert text("CASEI(name) = CASEI('CAFÉ HOF')") == ["b1"]
    assert text("CASEI(name) LIKE CASEI('CAF%')") == ["b1"]
    assert text("CASEI(name) IN (CASEI('café hof'), 'x')") == ["b1"]


@requirement("/req/accent-insensitive-comparison/accenti-function")
def test_accents_can_be_overlooked(text):
    assert text("ACCENTI(name) = ACCENTI('Cafe Hof')") == ["b1"]
    assert text("CASEI(ACCENTI(name)) = 'cafe hof'") == ["b1"]


@requirement("/req/basic-spatial-functions/spatial-predicate")
def test_a_spatial_condition_is_a_condition(text):
    near = "S_INTERSECTS(geometry, BBOX(120.3776, 36.0666, 120.40, 36.0679))"
    assert text(f"{near} AND households > 45") == ["c1", "c2", "c4"]


@requirement("/req/basic-spatial-functions/spatial-functions")
def test_points_and_boxes_meet_features(text):
    assert text("S_INTERSECTS(geometry, POINT(120.378 36.0675))") == ["c1"]
    assert len(text("S_INTERSECTS(geometry, BBOX(120.3776, 36.0666, 120.40, 36.0679))")) == 4
    assert text("S_INTERSECTS(geometry, BBOX(0, 0, 1, 1))") == []


@requirement("/req/basic-spatial-functions-plus/spatial-data-types")
@requirement("/req/spatial-functions/spatial-data-types")
@pytest.mark.parametrize(
    "shape",
    [
        "POINT(120.378 36.0675)",
        "POINT Z(120.378 36.0675 5)",
        "MULTIPOINT((120.378 36.0675), (0 0))",
        "LINESTRING(120.378 36.0675, 120.3781 36.0676)",
        "MULTILINESTRING((120.378 36.0675, 120.3781 36.0676), (0 0, 1 1))",
        "POLYGON((120.378 36.0675, 120.3781 36.0675, 120.3781 36.0676, 120.378 36.0675))",
        "MULTIPOLYGON(((120.378 36.0675, 120.3781 36.0675, 120.3781 36.0676, 120.378 36.0675)))",
        "GEOMETRYCOLLECTION(POINT(120.378 36.0675), POINT(0 0))",
        "BBOX(120.378, 36.0675, 120.3781, 36.0676)",
    ],
)
def test_every_type_of_shape_meets_features(text, shape):
    assert text(f"S_INTERSECTS(geometry, {shape})") == ["c1"]


@requirement("/req/spatial-functions/spatial-functions")
@pytest.mark.parametrize(
    ("name", "shape", "found"),
    [
        ("S_WITHIN", "BBOX(120.3770, 36.0660, 120.3787, 36.0683)", ["c1"]),
        ("S_CONTAINS", "POINT(120.378 36.0675)", ["c1"]),
        ("S_OVERLAPS", "BBOX(120.3770, 36.0660, 120.3780, 36.0680)", ["c1"]),
        ("S_CROSSES", "LINESTRING(120.3770 36.0675, 120.3780 36.0675)", ["c1"]),
        ("S_TOUCHES", "POINT(120.378 36.0675)", []),
        ("S_EQUALS", "POINT(120.378 36.0675)", []),
    ],
)
def test_features_stand_to_shapes_as_asked(text, name, shape, found):
    assert text(f"{name}(geometry, {shape})") == found


@requirement("/req/spatial-functions/spatial-functions")
def test_features_are_told_apart_from_shapes(text, client):
    assert len(text("S_DISJOINT(geometry, POINT(120.378 36.0675))")) == 11
    ring = client.get(f"{ITEMS}/c1").json()["geometry"]["coordinates"][0]
    shape = ", ".join(f"{x} {y}" for x, y in ring)
    assert text(f"S_EQUALS(geometry, POLYGON(({shape})))") == ["c1"]
    x, y = ring[0]
    assert text(f"S_TOUCHES(geometry, POINT({x} {y}))") == ["c1"]


@requirement("/req/property-property/withdraw-permissions")
def test_properties_and_literals_stand_on_either_side(text):
    assert text("100 < households AND 120 > households") == ["a2"]
    assert len(text("n_entrances > n_buildings")) == 0, "the public does not see such counts"
    assert len(text("property_service = committee")) == 11
    assert len(text("1 = 1")) == 12
    assert text("'a' = 'b'") == []
    assert len(text("S_INTERSECTS(BBOX(120, 36, 121, 37), geometry)")) == 12
    assert len(text("S_EQUALS(geometry, geometry)")) == 12
    assert len(text("S_DISJOINT(POINT(1 1), POINT(2 2))")) == 12


@requirement("/req/cql2-text/basic-cql2")
@requirement("/req/cql2-text/advanced-comparison-operators")
@requirement("/req/cql2-text/case-insensitive-comparison")
@requirement("/req/cql2-text/accent-insensitive-comparison")
@requirement("/req/cql2-text/basic-spatial-functions")
@requirement("/req/cql2-text/basic-spatial-functions-plus")
@requirement("/req/cql2-text/spatial-functions")
@requirement("/req/cql2-text/property-property")
def test_everything_can_be_said_in_text_whatever_the_case_of_its_words(text):
    said = (
        "not (households is null) And address lIKe '东%' aNd households Between 1 and 60 "
        "and casei(accenti(committee)) = CASEI('NONE') and s_within(geometry, "
        "polygon((120 36, 121 36, 121 37, 120 37, 120 36))) and committee = property_service"
    )
    assert text(said) == ["b3", "b4", "c1", "c2", "c3", "c4"]


@requirement("/req/cql2-text/escaping")
@pytest.mark.parametrize("quoted", ["O''Hara", r"O\'Hara"])
def test_quotes_inside_text_are_escaped(client, quoted):
    answer = client.get(ITEMS, params={"filter": f"name = '{quoted}'"})
    assert answer.status_code == 200


@requirement("/req/cql2-text/escaping")
def test_control_signs_are_escaped():
    from geogrid.publish.cql import parse_filter

    signs = {"a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
    for letter, sign in signs.items():
        assert parse_filter(f"name = 'x\\{letter}y'")["args"][1] == f"x{sign}y"
    assert parse_filter(r"name LIKE 'a\%b\_c\\'")["args"][1] == r"a\%b\_c\\"


@requirement("/req/cql2-json/basic-cql2")
def test_comparisons_can_be_said_in_json(tree):
    more = op(">", prop("households"), 100)
    assert tree(op("and", more, op("not", op(">", prop("households"), 120)))) == ["a2", "b1"]
    assert tree(op("or", op("=", prop("households"), 40), False)) == ["c3"]
    assert tree(op("not", op("isNull", prop("name")))) == ["a1", "b1"]
    assert len(tree(True)) == 12


@requirement("/req/cql2-json/advanced-comparison-operators")
def test_patterns_and_ranges_can_be_said_in_json(tree):
    assert tree(op("between", prop("households"), 95, 100)) == ["a1", "a4"]
    assert tree(op("in", prop("households"), [40, 150])) == ["b2", "c3"]
    assert len(tree(op("like", prop("address"), "东山路1%"))) == 4


@requirement("/req/cql2-json/case-insensitive-comparison")
def test_case_can_be_overlooked_in_json(tree):
    assert tree(op("=", op("casei", prop("name")), op("casei", "CAFÉ HOF"))) == ["b1"]


@requirement("/req/cql2-json/accent-insensitive-comparison")
def test_accents_can_be_overlooked_in_json(tree):
    assert tree(op("=", op("accenti", prop("name")), op("accenti", "Cafe Hof"))) == ["b1"]


@requirement("/req/cql2-json/basic-spatial-functions")
def test_points_and_boxes_can_be_said_in_json(tree):
    point = {"type": "Point", "coordinates": [120.378, 36.0675]}
    assert tree(op("s_intersects", YARD, point)) == ["c1"]
    assert len(tree(op("s_intersects", YARD, {"bbox": [120, 36, 121, 37]}))) == 12


@requirement("/req/cql2-json/basic-spatial-functions-plus")
def test_polygons_can_be_said_in_json(tree):
    shape = {"type": "Polygon", "coordinates": [SQUARE]}
    assert tree(op("s_intersects", YARD, shape)) == ["c1"]


@requirement("/req/cql2-json/spatial-functions")
def test_spatial_relations_can_be_said_in_json(tree):
    point = {"type": "Point", "coordinates": [120.378, 36.0675]}
    assert len(tree(op("s_disjoint", YARD, point))) == 11
    assert tree(op("s_within", point, YARD)) == ["c1"]


@requirement("/req/cql2-json/property-property")
def test_two_properties_can_be_compared_in_json(tree):
    assert len(tree(op("=", prop("property_service"), prop("committee")))) == 11
