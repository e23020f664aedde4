"""Laws of tiles: the right features, shared borders stay shared, nothing that is not meant."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import replace
from itertools import combinations, pairwise

import mapbox_vector_tile
import morecantile
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from map_plan import A, B, drawn_plan
from pmtiles.reader import MemorySource, Reader, all_tiles
from shapely.geometry import shape

from geogrid.errors import StorageError
from geogrid.publish import tiles as tiles_module
from geogrid.publish.archive import Archive, cut_ahead, split_layers, write_pmtiles
from geogrid.publish.features import FeatureTable, feature_tables
from geogrid.publish.mercator import MAX_ZOOM, limits, tile_bounds, to_mercator
from geogrid.publish.snapshot import Snapshot, VersionInfo
from geogrid.publish.tiles import BUFFER, EXTENT, SHOWN, Tiles, tiles_of

VERSION = VersionInfo(1, "370202", 1, "第一版", None, None, None)
NAMES = tuple(SHOWN)


@pytest.fixture(scope="module")
def tables():
    return feature_tables(drawn_plan())


@pytest.fixture(scope="module")
def snapshot(tables):
    return Snapshot([tables], versions=[VERSION], public=True)


@pytest.fixture(scope="module")
def tiles(snapshot):
    return Tiles(snapshot)


@pytest.fixture(scope="module")
def coverage():
    """Return a seamless coverage of 400 ragged cells, and its tiles."""
    rng = np.random.default_rng(4)
    corner = np.array([120.3, 36.03])
    seeds = shapely.MultiPoint(corner + rng.uniform(0, 0.1, (400, 2)))
    frame = shapely.box(*corner, *(corner + 0.1))
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=frame))
    # more points on every border, each a little aside, the same for both neighbours
    ragged = shapely.transform(
        shapely.segmentize(cells, 0.0004),
        lambda xy: np.round(xy + 4e-5 * np.sin(xy[:, ::-1] * 5e4), 7),
    )
    ragged = shapely.coverage_clean(ragged)
    table = FeatureTable(
        "basic_grids",
        tuple(str(10**14 + i) for i in range(len(ragged))),
        tuple({"grid_code": str(10**14 + i)} for i in range(len(ragged))),
        ragged,
    )
    nothing = {n: FeatureTable(n, (), (), np.empty(0, dtype=object)) for n in NAMES}
    tables = [nothing | {"basic_grids": table}]
    return "basic_grids", Tiles(Snapshot(tables, versions=[VERSION], public=True))


def decoded(body):
    """Read a tile; coordinates stay in its own steps, y downwards."""
    return mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})


def every_tile(tiles, names, zoom):
    for row, col in tiles.limits_of(names)[zoom]:
        body = tiles.tile(names, zoom, row, col).body
        yield row, col, decoded(body) if body else {}


@given(st.integers(0, MAX_ZOOM), st.floats(-179.9, 179.9), st.floats(-85, 85))
def test_squares_are_those_of_the_well_known_scheme(zoom, lon, lat):
    scheme = morecantile.tms.get("WebMercatorQuad")
    tile = scheme.tile(lon, lat, zoom)
    [found] = [level for level in limits((lon, lat, lon, lat)) if level.zoom == zoom]
    assert list(found) == [(tile.y, tile.x)]
    assert (tile.y, tile.x) in found
    box = scheme.xy_bounds(tile)
    west, north, size = tile_bounds(zoom, tile.y, tile.x)
    assert (west, north, west + size, north - size) == pytest.approx(
        (box.left, box.top, box.right, box.bottom), abs=1e-6
    )


def test_degrees_are_projected_as_proj_does():
    from pyproj import Transformer

    points = np.array([[120.38, 36.06], [-70.0, -33.0], [0.0, 0.0], [179.0, 85.0]])
    east, north = Transformer.from_crs(4326, 3857, always_xy=True).transform(*points.T)
    assert to_mercator(points) == pytest.approx(np.column_stack([east, north]), abs=1e-5)


@pytest.mark.parametrize("zoom", [11, 14, 15, 17, 18])
def test_every_feature_is_in_some_tile_and_in_every_tile_it_meets(tiles, snapshot, zoom):
    seen = {name: set() for name in NAMES}
    for row, col, layers in every_tile(tiles, NAMES, zoom):
        west, north, size = tile_bounds(zoom, row, col)
        # half a pixel of thinning and a step of rounding
        slack = size / 256
        inner = shapely.box(west + slack, north - size + slack, west + size - slack, north - slack)
        for name in NAMES:
            found = {
                f["properties"][SHOWN[name][0]]
                for f in layers.get(name, {"features": ()})["features"]
            }
            seen[name] |= found
            shapes = shapely.transform(snapshot[name].geometry, to_mercator)
            meets = shapely.area(shapely.intersection(shapes, inner)) > slack**2
            assert {snapshot[name].ids[i] for i in np.flatnonzero(meets)} <= found
    for name in NAMES:
        assert seen[name] == set(snapshot[name].ids), name


@pytest.mark.parametrize("zoom", [14, 18])
def test_shapes_lie_where_they_are_on_the_ground(tiles, snapshot, zoom):
    yards = snapshot["courtyards"]
    parts = {}
    for row, col, layers in every_tile(tiles, ["courtyards"], zoom):
        west, north, size = tile_bounds(zoom, row, col)
        step = size / EXTENT
        tile = shapely.box(west, north - size, west + size, north)
        for feature in layers.get("courtyards", {"features": ()})["features"]:
            placed = shapely.transform(
                shape(feature["geometry"]),
                lambda xy: np.column_stack([west + xy[:, 0] * step, north - xy[:, 1] * step]),  # noqa: B023 - called at once
            )
            parts.setdefault(feature["properties"]["courtyard_id"], []).append(
                shapely.intersection(placed, tile)
            )
    exact = shapely.transform(yards.geometry, to_mercator)
    for ident, real in zip(yards.ids, exact, strict=True):
        drawn = shapely.union_all(parts[ident])
        assert shapely.hausdorff_distance(drawn, real) < 78_271.5 / 2**zoom * 1.5 + 2 * step


def segments(shapes):
    """Return every edge of polygons as a sorted pair of points, with how often it is drawn."""
    drawn = Counter()
    for ring in shapely.get_rings(shapely.get_parts(shapes)):
        points = list(map(tuple, shapely.get_coordinates(ring).astype(int).tolist()))
        drawn.update(tuple(sorted(edge)) for edge in pairwise(points))
    return drawn


@pytest.mark.parametrize("zoom", range(8, 19))
@pytest.mark.parametrize("name", ["communities", "basic_grids"])
def test_between_neighbours_there_is_never_a_whole_step(tiles, name, zoom):
    for _, _, layers in every_tile(tiles, [name], zoom):
        shapes = [shape(f["geometry"]) for f in layers.get(name, {"features": ()})["features"]]
        for one, other in combinations(shapes, 2):
            assert shapely.intersection(one, other).buffer(-0.5).is_empty
        whole = shapely.union_all(shapely.buffer(shapes, 0.5))
        assert shapely.get_num_interior_rings(shapely.get_parts(whole)).sum() == 0


@pytest.mark.parametrize("zoom", [10, 12, 13, 14, 15, 16, 17])
def test_neighbours_share_their_border_point_by_point(coverage, zoom):
    """Each edge is drawn by both sides, or lies on the outer border."""
    name, cut = coverage
    level = cut.limits_of([name])[zoom]
    row, col = (level.min_row + level.max_row) // 2, (level.min_col + level.max_col) // 2
    features = decoded(cut.tile([name], zoom, row, col).body)[name]["features"]
    shapes = np.array([shape(f["geometry"]) for f in features])
    assert len(shapes) > 1
    assert shapely.is_valid(shapes).all()
    inside = shapely.box(0, 0, EXTENT, EXTENT)
    outer = shapely.union_all(shapes).boundary
    alone = [edge for edge, n in segments(shapes).items() if n == 1]
    slits = [
        edge
        for edge in alone
        if (line := shapely.LineString(edge)).within(inside) and not line.within(outer)
    ]
    assert slits == []


def test_a_layer_carries_ids_and_the_listed_properties_only(tiles):
    for zoom in (10, 16):
        for _, _, layers in every_tile(tiles, NAMES, zoom):
            for name, layer in layers.items():
                assert layer["extent"] == EXTENT
                assert layer["version"] == 2
                for feature in layer["features"]:
                    assert set(feature["properties"]) <= set(SHOWN[name])
                    assert SHOWN[name][0] in feature["properties"]
                    assert feature["id"] > 0


def test_ids_are_codes_where_those_are_numbers_else_rows(tiles, snapshot):
    [(_, _, layers)] = every_tile(tiles, NAMES, 8)
    grids = layers["gov_grids"]["features"]
    assert {f["id"] for f in grids} == {int(code) for code in snapshot["gov_grids"].ids}
    yards = layers["courtyards"]["features"]
    assert {f["id"] for f in yards} <= set(range(1, len(snapshot["courtyards"]) + 1))


def test_what_the_public_may_not_count_is_not_in_the_publics_tiles(tables):
    yards = tables["courtyards"]
    few = tables | {
        "courtyards": replace(
            yards, properties=tuple(v | {"households": 7} for v in yards.properties)
        )
    }
    for public in (True, False):
        cut = Tiles(Snapshot([few], versions=[VERSION], public=public))
        [(_, _, layers)] = every_tile(cut, ["courtyards"], 9)
        told = {f["properties"].get("households") for f in layers["courtyards"]["features"]}
        assert told == ({None} if public else {7})


def test_rings_turn_as_the_format_wants(tiles):
    for _, _, layers in every_tile(tiles, ["gov_grids"], 17):
        for feature in layers.get("gov_grids", {"features": ()})["features"]:
            for part in shapely.get_parts(shape(feature["geometry"])):
                # with y downwards, an outer ring has a positive area by the surveyor's formula
                ring = shapely.get_coordinates(part.exterior)
                x, y = ring[:, 0], ring[:, 1]
                assert (x[:-1] * y[1:] - x[1:] * y[:-1]).sum() > 0
                assert ring.min() >= -BUFFER
                assert ring.max() <= EXTENT + BUFFER


def test_a_tile_of_several_collections_is_their_tiles_together(tiles):
    level = tiles.limits_of(NAMES)[15]
    row, col = next(iter(level))
    together = tiles.tile(("gov_grids", "courtyards"), 15, row, col)
    alone = [tiles.tile((name,), 15, row, col).body for name in ("gov_grids", "courtyards")]
    assert together.body == b"".join(alone)
    assert gzip.decompress(together.zipped) == together.body
    assert b"".join(split_layers(together.body).values()) == together.body


def test_far_away_there_is_an_empty_tile(tiles):
    assert tiles.tile(NAMES, 14, 0, 0).body == b""
    assert tiles.tile(NAMES, 14, 0, 0).zipped == b""


def test_points_and_missing_shapes_are_cut_too(tables):
    yards = tables["courtyards"]
    points = shapely.centroid(yards.geometry)
    points[0] = None
    some = tables | {"courtyards": replace(yards, geometry=points)}
    cut = Tiles(Snapshot([some], versions=[VERSION], public=True))
    [(_, _, layers)] = every_tile(cut, ["courtyards"], 9)
    kinds = {f["geometry"]["type"] for f in layers["courtyards"]["features"]}
    assert kinds == {"Point"}
    assert len(layers["courtyards"]["features"]) == len(yards.ids) - 1


def test_an_empty_collection_has_no_limits_and_no_tiles(tables):
    none = {
        name: replace(t, ids=(), properties=(), geometry=np.empty(0, dtype=object))
        for name, t in tables.items()
    }
    cut = Tiles(Snapshot([none], versions=[VERSION], public=True))
    assert cut.limits_of(NAMES) == ()
    assert cut.tile(NAMES, 0, 0, 0).body == b""


def test_tiles_are_kept_within_a_bound_and_asked_for_once(snapshot, monkeypatch):
    cut = Tiles(snapshot)
    first = cut.tile(NAMES, 15, *next(iter(cut.limits_of(NAMES)[15])))
    assert cut.tile(NAMES, 15, *next(iter(cut.limits_of(NAMES)[15]))) is first
    monkeypatch.setattr(tiles_module, "_KEPT_BYTES", 5000)
    for zoom in range(12, 19):
        for row, col in cut.limits_of(NAMES)[zoom]:
            cut.tile(NAMES, zoom, row, col)
            assert cut._kept_bytes <= 5000
    assert cut._kept_bytes == sum(tiles_module._weight(tile) for tile in cut._kept.values())
    assert tiles_of(snapshot) is tiles_of(snapshot)


def test_the_same_tile_has_the_same_bytes_in_every_process(snapshot):
    place = next(iter(Tiles(snapshot).limits_of(NAMES)[14]))
    cut = {Tiles(snapshot).tile(NAMES, 14, *place).zipped for _ in range(3)}
    assert len(cut) == 1


def test_tiles_cut_ahead_are_the_same_tiles(snapshot, tmp_path):
    path = cut_ahead(snapshot, tmp_path / "ahead", max_zoom=15)
    assert path.name == f"{snapshot.tag}.pmtiles"
    ahead, live = Tiles(snapshot, folder=path.parent), Tiles(snapshot)
    for zoom in range(MAX_ZOOM - 3):
        for row, col in live.limits_of(NAMES)[zoom]:
            for names in (NAMES, ("gov_grids",), ("beats", "courtyards")):
                one = ahead.tile(names, zoom, row, col)
                assert one == live.tile(names, zoom, row, col)
    assert ahead._archive.max_zoom == 15


def test_a_pmtiles_file_is_what_its_readers_expect(snapshot, tmp_path):
    done = []
    path = tmp_path / "t.pmtiles"
    n = write_pmtiles(snapshot, path, max_zoom=14, on_progress=lambda *at: done.append(at))
    data = path.read_bytes()
    assert len(list(all_tiles(MemorySource(data)))) == n > 0
    assert done[-1][0] == done[-1][1] >= n
    reader = Reader(MemorySource(data))
    header = reader.header()
    assert (header["max_zoom"], header["clustered"]) == (14, True)
    assert header["min_lon_e7"] == round(snapshot.extent[0] * 1e7)
    layers = {layer["id"]: layer["fields"] for layer in reader.metadata()["vector_layers"]}
    assert set(layers) == set(NAMES)
    assert layers["gov_grids"]["households"] == "Number"
    # the same content again is the same file
    again = tmp_path / "again.pmtiles"
    write_pmtiles(snapshot, again, max_zoom=14)
    assert again.read_bytes() == data


def test_a_broken_file_is_refused_and_another_contents_file_is_not_read(snapshot, tmp_path):
    (tmp_path / "other.pmtiles").write_bytes(b"x")
    assert Tiles(snapshot, folder=tmp_path)._archive is None
    for content in (b"", b"PMTiles", b"x" * 200):
        broken = tmp_path / f"{snapshot.tag}.pmtiles"
        broken.write_bytes(content)
        with pytest.raises(StorageError, match="cut it again"):
            Archive(broken)
    for damaged in (b"\x1a\xff", b"\x1a\x05ab", b"\x00\x01"):
        with pytest.raises(StorageError, match="cut the file again"):
            split_layers(damaged)


def test_nothing_to_cut_says_so(tables, tmp_path):
    none = {
        name: replace(t, ids=(), properties=(), geometry=np.empty(0, dtype=object))
        for name, t in tables.items()
    }
    empty = Snapshot([none], versions=[VERSION], public=True)
    with pytest.raises(StorageError, match="nothing to cut"):
        write_pmtiles(empty, tmp_path / "t.pmtiles")
    assert not (tmp_path / "t.pmtiles").exists()


def test_properties_that_are_not_listed_are_nowhere_in_the_bytes(tiles):
    written = b"".join(
        tiles.tile(NAMES, 16, row, col).body for row, col in tiles.limits_of(NAMES)[16]
    )
    for word in (b"year_built", b"committee", b"renovated", b"share_over_60", b"room_lon"):
        assert word not in written
    assert A.encode() in written
    assert B.encode() in written
