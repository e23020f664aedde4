"""Make a district of OpenStreetMap features: dwellings, lots, compounds, communities."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geogrid.crs import metric_crs_for, require_metric
from geogrid.district import District, Fault
from geogrid.errors import InputError
from geogrid.sources.osm import gating
from geogrid.sources.osm.blocks import border_ranks, cut_blocks, join_blocks, reach_frame
from geogrid.sources.osm.dwellings import (
    HOUSEHOLD_RULE,
    RULE,
    building_use,
    estimate_households,
    storeys,
)
from geogrid.sources.osm.elements import mapped_address
from geogrid.sources.osm.lots import address_courtyards, draw_lots, group_dwellings
from geogrid.sources.validation import make_district

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

    from geogrid.sources.osm.elements import OsmLayers

__all__ = ["district_from_osm"]

# land around the outermost dwellings that still belongs to the district
_AROUND_M = 80.0
# smaller groups of dwellings are sheds or cut at the edge of the data
_LEAST_HOUSEHOLDS = 10
# ponds below this size bar nobody's way
_LEAST_WATER_M2 = 2_000.0
# a wall shorter than this is walked around
_LEAST_WALL_M = 30.0
# twelve digits like the national codes, but of no province
_FIRST_CODE = 1001
_PARKS = ("park", "garden", "forest", "wood", "natural_wood", "recreation_ground")

_COMMUNITY_RULE = (
    "communities are not official: faces of arterial roads, railways and rivers, split along "
    "smaller streets to at most 60 courtyards and joined to at least 15; codes "
    "000000001001 ... are made up"
)
_ATTRIBUTION = "© OpenStreetMap contributors"
_LICENCE = "ODbL 1.0"
_INVENTED = {"synthetic": "true", "note": "Synthetic: streets, houses and names are made up."}


def district_from_osm(
    layers: OsmLayers,
    *,
    communities: gpd.GeoDataFrame | None = None,
    name: str = "",
    crs: str | None = None,
) -> District:
    """Make a district of OpenStreetMap features; what is estimated says so.

    Parameters
    ----------
    layers : OsmLayers
        From `read_osm_file`, `read_osm_layers` or `read_osm_geopackage`.
    communities : GeoDataFrame, optional
        Official communities (``community_code``, ``name``) in any declared
        CRS; dwellings outside them are left out. Without them communities are
        made by barriers, with made-up codes 000000001001, ...
    name : str
        Display name, also the stem of the made communities' names.
    crs : str, optional
        Metric system; by default the one of the middle of the buildings.

    Returns
    -------
    District
        ``households_source`` is ``estimated``; ``metadata`` states every rule
        and count, ``notes`` what to look at.

    Raises
    ------
    InputError
        If there are no buildings or no dwellings among them.
    CrsError
        If ``crs`` is not metric.
    SchemaError, TopologyError
        If the given communities are faulty.

    Notes
    -----
    *Dwellings.* A building is a dwelling if it is tagged residential,
    apartments, house, detached, terrace or bungalow, or dormitory outside a
    campus; or if its tag says nothing, no other tag or name gives it another
    use, and it stands on residential land (60 to 3,000 m2), or on land mapped
    as nothing else (60 to 1,500 m2, at most 15 m deep on average and 20
    storeys high, with two other dwellings within 50 m); the exact text is
    `geogrid.sources.osm.dwellings.RULE`. *Households* are footprint x storeys
    x 0.8 / 75 m2. *Courtyards* are up to four near dwellings (more, if small) of one street
    block and estate. *Compounds* are estates with mapped walls, gates or
    closed access; their dwellings are in no courtyard. Tunnels are left out:
    they bar nobody's way.
    """
    import numpy as np

    work = _Work(layers, crs)
    dwellings, compounds = _open_dwellings(work)
    blocks = cut_blocks(np.concatenate(work.cuts), work.lakes.geometry.to_numpy(), work.frame)
    official = None if communities is None else communities.to_crs(work.crs)
    dwellings, areas = _zoned(dwellings, blocks, official, work.landuse)
    left_out = work.n_dwellings - len(dwellings) - compounds.attrs["n_dwellings"]
    zones = dwellings["zone"].to_numpy()
    counts = dwellings["households"].to_numpy()
    dwellings["courtyard"] = group_dwellings(dwellings.geometry.to_numpy(), counts, zones)
    big = dwellings.groupby("courtyard")["households"].transform("sum") >= _LEAST_HOUSEHOLDS
    left_out += int((~big).sum())
    dwellings, areas = dwellings[big], areas[big.to_numpy()]
    if dwellings.empty:
        msg = "No group of dwellings holds 10 households; give an area with more homes."
        raise InputError(msg)
    courtyards = draw_lots(dwellings, areas)
    estates = dwellings.groupby("courtyard")["estate"].first()
    courtyards["estate"] = courtyards["courtyard"].map(estates)
    courtyards = address_courtyards(courtyards, dwellings, work.roads)
    if official is None:
        official = _made_communities(courtyards, blocks, work, name)
    tables = {
        "courtyards": _courtyard_table(courtyards),
        "communities": official,
        "buildings": _building_table(work, dwellings, courtyards, compounds),
        "compounds": compounds,
        "roads": _road_table(work),
        "barriers": _barrier_table(work),
        "landscape": _landscape_table(work),
    }
    facts = {
        **(_INVENTED if layers.is_invented else {"attribution": _ATTRIBUTION, "licence": _LICENCE}),
        "source": layers.source,
        "source_crs": "EPSG:4326",
        "dwelling_rule": RULE,
        "household_rule": HOUSEHOLD_RULE,
        "compound_rule": gating.RULE,
        "community_rule": "given" if communities is not None else _COMMUNITY_RULE,
        "n_dwellings": str(work.n_dwellings),
        "n_dwellings_left_out": str(left_out),
        "n_tunnels_left_out": str(work.n_tunnels),
    }
    tables = {layer: frame for layer, frame in tables.items() if len(frame)}
    district = make_district(tables, name=name, crs=work.crs, metadata=facts)
    notes = _notes(district, left_out=left_out, made=communities is None)
    return replace(district, notes=(*notes, *district.notes))


class _Work:
    """Hold the layers in metres, clipped to the land around the dwellings."""

    def __init__(self, layers: OsmLayers, crs: str | None) -> None:
        import shapely

        if not len(layers.buildings):
            msg = "The OSM data holds no buildings; courtyards cannot be told without them."
            raise InputError(msg)
        if crs is None:
            west, south, east, north = layers.buildings.total_bounds
            crs = metric_crs_for((west + east) / 2, (south + north) / 2)
        require_metric(crs, what="crs argument")
        self.crs = crs
        landuse = layers.landuse.to_crs(crs)
        buildings = layers.buildings.to_crs(crs)
        buildings = buildings[~buildings["part"]].drop_duplicates("osm_id", ignore_index=True)
        self.use = building_use(buildings, landuse)
        dwellings = buildings[self.use == "dwelling"]
        if dwellings.empty:
            msg = f"None of {len(buildings)} buildings is a dwelling by this rule: {RULE}"
            raise InputError(msg)
        around = shapely.convex_hull(shapely.union_all(dwellings.geometry.to_numpy()))
        self.frame = shapely.buffer(around, _AROUND_M)
        self.n_dwellings = len(dwellings)
        self.buildings = buildings.assign(levels=storeys(buildings))
        self.landuse = landuse[landuse.intersects(self.frame)]
        roads = layers.roads.to_crs(crs).clip(self.frame, keep_geom_type=True)
        # one may walk through an underpass; road and rail tunnels neither lead nor bar
        tunnels = roads["tunnel"] & (roads["kind"] != "path")
        self.n_tunnels = int(tunnels.sum())
        self.roads = roads[~tunnels].sort_values("osm_id", kind="stable")
        self.walls = layers.barriers.to_crs(crs).clip(self.frame, keep_geom_type=True)
        self.gates = layers.gates.to_crs(crs).clip(self.frame)
        water = layers.water.to_crs(crs).clip(self.frame)
        is_area = water.geom_type.isin(["Polygon", "MultiPolygon"])
        lakes = water[is_area & (water.area >= _LEAST_WATER_M2)]
        rivers = water[water.geom_type.isin(["LineString", "MultiLineString"])]
        # the middle line of a river that is drawn as an area tells nothing more
        rivers = rivers[~rivers.within(lakes.union_all().buffer(1.0))]
        self.lakes, self.rivers = lakes, rivers
        self.cuts = _cutting_lines(self)


def _open_dwellings(work: _Work) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Split the dwellings into open ones and those of gated compounds."""
    import pandas as pd
    import shapely

    dwellings = work.buildings[work.use == "dwelling"].copy()
    dwellings["households"] = estimate_households(dwellings)
    found = gating.find_compounds(work.landuse, work.walls, work.gates, dwellings)
    places = dwellings.representative_point().to_numpy()
    ix, compound_ix = shapely.STRtree(found.geometry.to_numpy()).query(places, "intersects")
    inside = pd.Series(compound_ix, index=dwellings.index[ix]).groupby(level=0).min()
    ids = [f"osm-{number}" for number in found["osm_id"]]
    dwellings["compound_id"] = inside.map(dict(enumerate(ids)))
    households = dwellings.groupby("compound_id")["households"].sum()
    compounds = found.drop(columns="osm_id").assign(compound_id=ids)
    compounds["households"] = compounds["compound_id"].map(households).fillna(0).astype("int64")
    compounds.attrs["n_dwellings"] = int(dwellings["compound_id"].notna().sum())
    compounds.attrs["members"] = dwellings["compound_id"].dropna()
    return dwellings[dwellings["compound_id"].isna()], compounds


def _cutting_lines(work: _Work) -> list[NDArray[np.object_]]:
    """Collect what parts street blocks, the weakest first: lanes to railways and rivers."""
    import numpy as np

    roads = work.roads[work.roads["highway"] != "service"]
    rails_and_rivers = [roads[roads["kind"] == "rail"].geometry, work.rivers.geometry]
    groups = [roads[roads["kind"] == kind].geometry for kind in ("lane", "secondary", "arterial")]
    arrays = [np.asarray(group.explode(), dtype=object) for group in groups]
    hard = [np.asarray(group.explode(), dtype=object) for group in rails_and_rivers]
    reach_m = 2.0 * _AROUND_M
    return [reach_frame(lines, work.frame, reach_m) for lines in (*arrays, np.concatenate(hard))]


def _zoned(
    dwellings: gpd.GeoDataFrame,
    blocks: NDArray[np.object_],
    communities: gpd.GeoDataFrame | None,
    landuse: gpd.GeoDataFrame,
) -> tuple[gpd.GeoDataFrame, NDArray[np.object_]]:
    """Find each dwelling's block, estate and community; drop what stands on none."""
    import numpy as np
    import shapely

    places = dwellings.representative_point().to_numpy()
    block = _covering(blocks, places)
    estates = landuse[landuse["kind"] == "residential"]
    estate = _covering(estates.geometry.to_numpy(), places)
    home = np.zeros(len(places), dtype=np.int64)
    if communities is not None:
        home = _covering(communities.geometry.to_numpy(), places)
    keep = (block >= 0) & (home >= 0)
    names = np.append(estates["name"].to_numpy(), "")[estate]
    zone = [f"{b}/{e}/{h}" for b, e, h in zip(block, estate, home, strict=True)]
    zoned = dwellings.assign(estate=names, zone=zone)[keep]
    areas = blocks[block[keep]]
    if communities is not None:
        areas = shapely.intersection(areas, communities.geometry.to_numpy()[home[keep]])
    return zoned, areas


def _covering(areas: NDArray[np.object_], places: NDArray[np.object_]) -> NDArray[np.int64]:
    """Find the first area that covers each place, or -1."""
    import numpy as np
    import shapely

    found = np.full(len(places), len(areas), dtype=np.int64)
    ix, area_ix = shapely.STRtree(areas).query(places, predicate="intersects")
    np.minimum.at(found, ix, area_ix)
    return np.where(found == len(areas), -1, found)


def _made_communities(
    courtyards: gpd.GeoDataFrame, blocks: NDArray[np.object_], work: _Work, name: str
) -> gpd.GeoDataFrame:
    """Make communities of street blocks, bounded by barriers where they can be."""
    import geopandas as gpd
    import numpy as np
    import shapely

    block = _covering(blocks, courtyards.representative_point().to_numpy())
    counts = np.bincount(block[block >= 0], minlength=len(blocks))
    labels = join_blocks(counts, border_ranks(blocks, work.cuts[1:]))
    # empty land far from every courtyard belongs to no community
    far = shapely.distance(blocks, shapely.union_all(courtyards.geometry.to_numpy())) > _AROUND_M
    labels[far & (counts == 0)] = -1
    shapes = [shapely.union_all(blocks[labels == n]) for n in range(labels.max() + 1)]
    numbers = range(1, len(shapes) + 1)
    return gpd.GeoDataFrame(
        {
            "community_code": [f"{_FIRST_CODE - 1 + n:012d}" for n in numbers],
            "name": [f"{name}第{n}片区" for n in numbers],
        },
        geometry=shapes,
        crs=work.crs,
    )


def _courtyard_table(courtyards: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    kept = ["courtyard_id", "name", "address", "households", "n_buildings", "geometry"]
    return courtyards[kept].assign(households_source="estimated")


def _building_table(
    work: _Work,
    dwellings: gpd.GeoDataFrame,
    courtyards: gpd.GeoDataFrame,
    compounds: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """List the buildings of the frame, each with its courtyard or compound."""
    frame = work.buildings.assign(use=work.use)
    ids = dict(zip(courtyards["courtyard"], courtyards["courtyard_id"], strict=True))
    frame["courtyard_id"] = dwellings["courtyard"].map(ids)
    frame["compound_id"] = compounds.attrs["members"]
    frame["building_id"] = "osm-" + frame["osm_id"]
    address = mapped_address(frame)
    frame["address"] = address.where(address != "", None)
    kept = ["building_id", "courtyard_id", "compound_id", "address", "use", "levels", "geometry"]
    return _areas_only(frame[frame.intersects(work.frame)][kept])


def _road_table(work: _Work) -> gpd.GeoDataFrame:
    """List what is walked along or bars the way; railways are barriers."""
    roads = work.roads[work.roads["kind"] != "rail"]
    return _numbered(roads, "road_id")[["road_id", "name", "kind", "geometry"]]


def _barrier_table(work: _Work) -> gpd.GeoDataFrame:
    """List railways, waters and walls."""
    import geopandas as gpd
    import pandas as pd

    rails = work.roads[work.roads["kind"] == "rail"]
    walls = work.walls[work.walls.length >= _LEAST_WALL_M].assign(name="")
    parts = {"rail": [rails], "river": [work.lakes, work.rivers], "wall": [walls]}
    frames = [
        frame[["osm_id", "name", "geometry"]].assign(kind=kind)
        for kind, group in parts.items()
        for frame in group
        if len(frame)
    ]
    if not frames:
        return gpd.GeoDataFrame(geometry=[], crs=work.crs)
    stacked = gpd.GeoDataFrame(pd.concat(frames), crs=work.crs)
    return _numbered(stacked, "barrier_id")[["barrier_id", "name", "kind", "geometry"]]


def _landscape_table(work: _Work) -> gpd.GeoDataFrame:
    """List waters and parks, for the eye."""
    import geopandas as gpd
    import pandas as pd

    parks = work.landuse[work.landuse["kind"].isin(_PARKS)].assign(kind="park")
    frames = [frame for frame in (parks, work.lakes.assign(kind="water")) if len(frame)]
    if not frames:
        return gpd.GeoDataFrame(geometry=[], crs=work.crs)
    stacked = gpd.GeoDataFrame(pd.concat(frames), crs=work.crs)
    stacked = _areas_only(stacked.clip(work.frame, keep_geom_type=True))
    return _numbered(stacked, "landscape_id")[["landscape_id", "name", "kind", "geometry"]]


def _areas_only(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame[frame.geom_type.isin(["Polygon", "MultiPolygon"])]


def _numbered(frame: gpd.GeoDataFrame, key: str) -> gpd.GeoDataFrame:
    """Give each piece an identifier of its own; cut pieces of one way get -2, -3, ..."""
    pieces = frame.explode(ignore_index=True)
    turn = pieces.groupby("osm_id").cumcount()
    suffix = ("-" + (turn + 1).astype(str)).where(turn > 0, "")
    return pieces.assign(**{key: "osm-" + pieces["osm_id"] + suffix})


def _notes(district: District, *, left_out: int, made: bool) -> list[Fault]:
    """Say what is estimated, made up or left out."""

    def note(layer: str, field: str, reason: str, remedy: str) -> Fault:
        return Fault(layer, None, "", field, reason, remedy, "note")

    count = len(district.courtyards)
    notes = [
        note(
            "courtyards",
            "households",
            f"the households of all {count} courtyards are estimated from buildings",
            "replace them by the ledger's counts where there are any",
        )
    ]
    if left_out:
        reason = f"{left_out} dwellings outside every block or community, or in groups of fewer "
        reason += f"than {_LEAST_HOUSEHOLDS} households, are in no courtyard"
        remedy = "look at them on the map; enlarge the extract if they lie at its edge"
        notes.append(note("buildings", "courtyard_id", reason, remedy))
    if made:
        reason = f"{len(district.communities)} communities were made by barriers"
        remedy = "hand in the official borders with --communities"
        notes.append(note("communities", "community_code", reason, remedy))
    return notes
