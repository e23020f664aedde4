"""Laws of the invented town: a file as another city's, that never passes for one."""

from __future__ import annotations

import re
from collections import Counter

import pytest

import geogrid
from geogrid.sources.osm import read_osm_file


@pytest.fixture(scope="module")
def town_path(tmp_path_factory):
    return geogrid.write_town(tmp_path_factory.mktemp("town") / "town.osm")


def test_the_town_holds_what_makes_a_district(town_path):
    layers = read_osm_file(town_path)
    assert layers.is_invented
    assert {"rail", "arterial", "secondary", "lane"} <= set(layers.roads["kind"])
    assert len(layers.water) == 2
    assert len(layers.gates) == len(layers.barriers) == 3
    district = geogrid.read_osm(town_path)
    assert 100 <= len(district.courtyards) <= 160
    assert len(district["compounds"]) == 3
    assert len(district.communities) >= 4
    assert district.name == "town"
    # another zone than Shinan's
    assert district.crs == "EPSG:4547"


def test_the_town_says_that_it_is_invented(town_path):
    facts = geogrid.read_osm(town_path).metadata
    assert facts["synthetic"] == "true"
    assert "licence" not in facts
    assert "attribution" not in facts
    assert "OpenStreetMap contributors" not in town_path.read_text(encoding="utf-8")


def test_the_town_is_the_same_every_time(town_path, tmp_path):
    again = geogrid.write_town(tmp_path / "again.osm")
    assert again.read_bytes() == town_path.read_bytes()
    other = geogrid.write_town(tmp_path / "other.osm", seed=1)
    assert other.read_bytes() != town_path.read_bytes()
    english = geogrid.write_town(tmp_path / "english.osm", language="en")
    assert 'v="Ferry Road"' in english.read_text(encoding="utf-8")


def test_streets_that_cross_share_a_node(town_path):
    text = town_path.read_text(encoding="utf-8")
    # nine streets of the one kind cross eight or more of the other
    streets = [way for way in text.split("<way ") if 'k="highway"' in way]
    ways_at = Counter(ref for way in streets for ref in set(re.findall(r'<nd ref="(\d+)"', way)))
    assert sum(count > 1 for count in ways_at.values()) >= 80


def test_official_communities_may_come_as_a_file(town_path, tmp_path):
    made = geogrid.read_osm(town_path)
    given = made.communities.assign(name=[f"{n}" for n in range(len(made.communities))])
    given.to_file(tmp_path / "communities.geojson", driver="GeoJSON")
    district = geogrid.read_osm(
        town_path, communities=tmp_path / "communities.geojson", name="given"
    )
    assert district.name == "given"
    assert district.metadata["community_rule"] == "given"
    assert len(district.courtyards) == len(made.courtyards)
