"""The sample: every step in order, and the tables it fills."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.crs import SHINAN_CRS
from geogrid.district import District
from geogrid.sources.sample.addresses import number_houses
from geogrid.sources.sample.basic_grids import draw_basic_grids
from geogrid.sources.sample.blocks import Blocks, Edges, find_edges, lay_out_blocks
from geogrid.sources.sample.communities import draw_communities
from geogrid.sources.sample.fabric import Fabric, unite, weave
from geogrid.sources.sample.facts import read_facts
from geogrid.sources.sample.landuse import LandUse, Site, assign_land_use
from geogrid.sources.sample.layout_before import group_by_address
from geogrid.sources.sample.outlines import Land, draw_land, land_from_boundaries
from geogrid.sources.sample.people import ENTRANCES, TOWER_LEVELS, describe_courtyards, settle
from geogrid.sources.sample.police import Police, draw_police
from geogrid.sources.sample.roads import Roads, name_roads, walkable
from geogrid.sources.sample.streets import draw_skeleton

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

__all__ = ["make_sample"]

_STEPS = 7
_USE = {"open": "dwelling", "gated": "dwelling", "commercial": "commercial", "public": "public"}
_NOTE = (
    "Synthetic: streets, courtyards, grids and beats are made up; names and codes are facts, "
    "outlines are invented around published areas and centroids."
)
_ATTRIBUTION = "© OpenStreetMap contributors; codes: National Bureau of Statistics 2023"


def make_sample(
    *,
    seed: int = 0,
    boundaries: gpd.GeoDataFrame | None = None,
    on_progress: Callable[[float, str], None] | None = None,
) -> District:
    """Make the synthetic Shinan District.

    A whole district to try things on: 11 subdistricts, 50 communities, 1,418
    open courtyards with 127,000 households, 505 basic grids, 148 beats.

    Parameters
    ----------
    seed : int
        Another seed gives another town of the same counts.
    boundaries : GeoDataFrame, optional
        Real subdistrict polygons to use in place of the drawn ones; any CRS,
        a column ``division_code`` (or ``subdistrict_code``) or ``name``.
    on_progress : callable, optional
        Called with the share done (0 to 1) and the name of the step.

    Returns
    -------
    District
        All layers in EPSG:4549. The same seed gives the same district.

    Raises
    ------
    SchemaError
        If ``boundaries`` lacks one of the eleven subdistricts.

    Notes
    -----
    Streets are led between the sides of superblocks that drawn arterials make;
    lots are cut from blocks along streets; areas are unions of (half-)blocks.
    """
    done = iter(range(_STEPS + 1))

    def tell(step: str) -> None:
        if on_progress is not None:
            on_progress(next(done) / _STEPS, step)

    rng = np.random.default_rng(seed)
    tell("land")
    land = draw_land() if boundaries is None else land_from_boundaries(boundaries)
    tell("streets")
    skeleton = draw_skeleton(land)
    blocks = lay_out_blocks(land, skeleton, rng)
    edges = find_edges(blocks.polygons)
    roads = name_roads(land, skeleton, blocks, edges)
    tell("communities")
    community = draw_communities(land, blocks, edges, roads.kind)
    tell("courtyards")
    use = assign_land_use(blocks, edges, roads, community, land.codes, rng)
    households = settle(use.sites, rng)
    tell("basic grids")
    fabric = weave(blocks, use, community, land.codes, households)
    basic_grid = draw_basic_grids(fabric)
    tell("beats")
    police = draw_police(fabric, basic_grid)
    tell("tables")
    tables = {
        **_area_tables(fabric, basic_grid),
        **_site_tables(use, fabric, police, (edges, roads), households, rng),
        **_street_tables(land, edges, roads),
        **_police_tables(fabric, police, edges, roads),
        "landscape": _landscape(land, blocks),
    }
    tables["barriers"] = _with_walls(tables["barriers"], tables["compounds"])
    tell("done")
    source = "hand-drawn outlines" if boundaries is None else "given subdistrict boundaries"
    return District(
        tables=tables,
        crs=SHINAN_CRS,
        name="市南区（模拟数据）",
        metadata={
            "synthetic": "true",
            "seed": str(seed),
            "attribution": _ATTRIBUTION,
            "licence": "ODbL-1.0",
            "source_crs": SHINAN_CRS,
            "note": f"{_NOTE} Built on {source}.",
        },
    )


def _frame(columns: dict[str, object], geometry: object) -> gpd.GeoDataFrame:
    """Make one layer."""
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=SHINAN_CRS)


def _area_tables(fabric: Fabric, basic_grid: NDArray[np.object_]) -> dict[str, gpd.GeoDataFrame]:
    """Unite the fabric into subdistricts, communities and basic grids."""
    named = {
        **read_facts("subdistricts").set_index("subdistrict_code")["name"].to_dict(),
        **read_facts("communities").set_index("community_code")["name"].to_dict(),
    }
    subs, sub_areas = unite(fabric.polygons, fabric.subdistrict)
    homes, home_areas = unite(fabric.polygons, fabric.community)
    grids, grid_areas = unite(fabric.polygons, basic_grid)
    living = pd.Series(fabric.all_households).groupby(basic_grid).sum().astype(int)
    return {
        "subdistricts": _frame(
            {"subdistrict_code": subs, "name": [named[c] for c in subs]}, sub_areas
        ),
        "communities": _frame(
            {
                "community_code": homes,
                "name": [named[c] for c in homes],
                "subdistrict_code": [c[:9] for c in homes],
                "duty_phone": _duty_lines(len(homes), 1000),
            },
            home_areas,
        ),
        "basic_grids": _frame(
            {
                "grid_code": grids,
                "name": [f"{named[c[:12]]}第{int(c[12:])}网格" for c in grids],
                "community_code": [c[:12] for c in grids],
                "households": [int(living[c]) for c in grids],
            },
            grid_areas,
        ),
    }


def _site_tables(
    use: LandUse,
    fabric: Fabric,
    police: Police,
    streets: tuple[Edges, Roads],
    households: NDArray[np.int64],
    rng: np.random.Generator,
) -> dict[str, gpd.GeoDataFrame]:
    """Fill courtyards, compounds and buildings."""
    edges, roads = streets
    opened = np.array([i for i, s in enumerate(use.sites) if s.kind == "open"])
    gated = np.array([i for i, s in enumerate(use.sites) if s.kind == "gated"])
    home = fabric.community[fabric.site_tile]
    named = walkable(roads.kind) & (roads.name != "")
    lots = np.array([use.sites[i].polygon for i in opened], dtype=object)
    street, number = number_houses(lots, edges.lines[named], roads.name[named])
    order = np.lexsort((number, street, home[opened].astype(str)))
    opened, lots = opened[order], lots[order]
    street, number = [street[i] for i in order], [number[i] for i in order]
    sites = [use.sites[i] for i in opened]
    codes = [str(c) for c in home[opened]]
    xy = shapely.get_coordinates(shapely.centroid(lots))
    courtyard_id = [f"C{i:04d}" for i in range(1, len(sites) + 1)]
    known = describe_courtyards(sites, [c[:9] for c in codes], rng)
    before = group_by_address(xy, street, number, codes, households[opened], rng)
    courtyards = _frame(
        {
            "courtyard_id": courtyard_id,
            "name": [f"{s}{n}号院" for s, n in zip(street, number, strict=True)],
            "address": [f"{s}{n}号" for s, n in zip(street, number, strict=True)],
            "community_code": codes,
            "households": households[opened],
            "households_source": "synthetic",
            **{str(c): known[c].array for c in known.columns},
            "previous_grid": before,
            "beat_id": [str(b) for b in police.beat[fabric.site_tile[opened]]],
        },
        lots,
    )
    compound_id = [f"G{i:03d}" for i in range(1, len(gated) + 1)]
    compounds = _frame(
        {
            "compound_id": compound_id,
            "name": _compound_names(use, fabric, gated),
            "community_code": [str(c) for c in home[gated]],
            "households": households[gated],
        },
        np.array([use.sites[i].polygon for i in gated], dtype=object),
    )
    owner = dict(zip([*opened, *gated], [*courtyard_id, *compound_id], strict=True))
    return {
        "courtyards": courtyards,
        "compounds": compounds,
        "buildings": _buildings(
            use.sites, owner, dict(zip(courtyard_id, courtyards["address"], strict=True))
        ),
    }


def _compound_names(use: LandUse, fabric: Fabric, gated: NDArray[np.int64]) -> list[str]:
    """Name compounds after their community: 苑, 花园, 小区 in turn."""
    table = read_facts("communities").set_index("community_code")["name"]
    endings = read_facts("compound_names")["ending"].tolist()
    count: dict[str, int] = {}
    names = []
    for i in gated:
        base = str(table[fabric.community[use.sites[i].tile]]).removesuffix("社区")
        n = count[base] = count.get(base, 0) + 1
        names.append(f"{base.removesuffix('路')}{endings[(n - 1) % len(endings)]}")
    return names


def _buildings(
    sites: list[Site], owner: dict[int, str], address: dict[str, str]
) -> gpd.GeoDataFrame:
    """List every footprint with its use, storeys and its courtyard's address."""
    rows = []
    shapes = []
    for i, site in enumerate(sites):
        for shape, levels in zip(site.buildings, site.levels, strict=True):
            entrances = ENTRANCES
            tower = site.kind == "gated" and levels >= TOWER_LEVELS
            if tower or _USE[site.kind] != "dwelling":
                entrances = 1
            rows.append(
                (
                    owner[i] if site.kind == "open" else None,
                    owner[i] if site.kind == "gated" else None,
                    _USE[site.kind],
                    levels,
                    entrances,
                )
            )
            shapes.append(shape)
    table = pd.DataFrame(
        rows, columns=["courtyard_id", "compound_id", "use", "levels", "n_entrances"]
    )
    table.insert(2, "address", table["courtyard_id"].map(address))
    table.insert(0, "building_id", [f"B{i:05d}" for i in range(1, len(table) + 1)])
    return gpd.GeoDataFrame(table, geometry=np.array(shapes, dtype=object), crs=SHINAN_CRS)


def _street_tables(land: Land, edges: Edges, roads: Roads) -> dict[str, gpd.GeoDataFrame]:
    """Fill roads and barriers."""
    is_road = ~np.isin(roads.kind, ["river", "coast"])
    rivers = roads.kind == "river"
    # the outline is traced along the water, so the barrier keeps its own line
    coast = shapely.get_parts(land.coastline)
    merged = [
        (name, part)
        for name in sorted(set(roads.name[rivers]))
        for part in shapely.get_parts(
            shapely.line_merge(shapely.union_all(edges.lines[rivers & (roads.name == name)]))
        )
    ]
    kinds = ["river"] * len(merged) + ["coast"] * len(coast)
    return {
        "roads": _frame(
            {
                "road_id": [f"R{i:04d}" for i in range(1, int(is_road.sum()) + 1)],
                "name": [str(n) if n else None for n in roads.name[is_road]],
                "kind": [str(k) for k in roads.kind[is_road]],
            },
            edges.lines[is_road],
        ),
        "barriers": _frame(
            {
                "barrier_id": [f"X{i:03d}" for i in range(1, len(kinds) + 1)],
                "name": [n for n, _ in merged] + [None] * len(coast),
                "kind": kinds,
            },
            np.array([*[line for _, line in merged], *coast], dtype=object),
        ),
    }


def _with_walls(barriers: gpd.GeoDataFrame, compounds: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the walls of every third compound to the barriers."""
    walled = compounds.iloc[::3]
    first = len(barriers) + 1
    walls = _frame(
        {
            "barrier_id": [f"X{i:03d}" for i in range(first, first + len(walled))],
            "name": [f"{n}围墙" for n in walled["name"]],
            "kind": "wall",
        },
        shapely.boundary(walled.geometry.to_numpy()),
    )
    return gpd.GeoDataFrame(pd.concat([barriers, walls], ignore_index=True), crs=SHINAN_CRS)


def _duty_lines(n: int, first: int) -> list[str]:
    """Return telephone numbers that cannot exist: no local number begins with 0."""
    return [f"0532-0000 {first + i:04d}" for i in range(1, n + 1)]


def _police_tables(
    fabric: Fabric, police: Police, edges: Edges, roads: Roads
) -> dict[str, gpd.GeoDataFrame]:
    """Fill stations and beats; police rooms and stations stand on a street."""
    walk = edges.lines[walkable(roads.kind)]
    tree = shapely.STRtree(walk)
    beats, areas = unite(fabric.polygons, police.beat)
    rooms = []
    for beat, area in zip(beats, areas, strict=True):
        mine = police.beat == beat
        weight = fabric.all_households[mine] + 0.1
        middle = shapely.points(np.average(fabric.pieces.xy[mine], axis=0, weights=weight))
        near = [walk[i] for i in tree.query(area)]
        inside = shapely.union_all(shapely.intersection(near, area.buffer(-1e-3)))
        if inside.length < 5.0:
            inside = shapely.intersection(shapely.union_all(near), area)
        rooms.append(shapely.get_coordinates(shapely.shortest_line(inside, middle))[0])
    room = np.round(np.array(rooms), 2)
    named = dict(zip(police.station_ids, police.station_names, strict=True))
    place = shapely.points(police.station_xy)
    foot = shapely.get_point(shapely.shortest_line(walk[tree.nearest(place)], place), 0)
    return {
        "stations": _frame(
            {
                "station_id": police.station_ids,
                "name": police.station_names,
                "duty_phone": _duty_lines(len(police.station_ids), 0),
            },
            foot,
        ),
        "beats": _frame(
            {
                "beat_id": beats,
                "name": [f"{named[b[:4]]}第{int(b[5:])}警格" for b in beats],
                "station_id": [b[:4] for b in beats],
                "room_x": room[:, 0],
                "room_y": room[:, 1],
                "duty_phone": _duty_lines(len(beats), 100),
            },
            areas,
        ),
    }


def _landscape(land: Land, blocks: Blocks) -> gpd.GeoDataFrame:
    """Draw sea, parks, hills and beaches, drawn in from the streets a little."""
    rows: list[tuple[str, str, BaseGeometry]] = [("sea", name, water) for name, water in land.seas]
    for name in sorted(set(blocks.park) - {""}):
        mine = blocks.park == name
        kind = str(blocks.park_kind[mine][0])
        shape = shapely.union_all(shapely.buffer(blocks.polygons[mine], -7.0))
        if kind == "hill":
            # hills have no corners
            shape = shape.buffer(-25.0).buffer(25.0)
        if not shape.is_empty:
            rows.append((kind, str(name), shape))
    return _frame(
        {
            "landscape_id": [f"L{i:02d}" for i in range(1, len(rows) + 1)],
            "name": [n for _, n, _ in rows],
            "kind": [k for k, _, _ in rows],
        },
        np.array([s for _, _, s in rows], dtype=object),
    )
