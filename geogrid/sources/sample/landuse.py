"""Land use: which blocks hold open courtyards, gated compounds, or neither."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.sources.sample.lots import (
    Frame,
    LotStyle,
    cut_bands,
    cut_lots,
    frame_of,
    place_slabs,
)
from geogrid.sources.sample.roads import HALF_WIDTH_M
from geogrid.sources.sample.sweeps import PieceMap, map_pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry import Polygon

    from geogrid.sources.sample.blocks import Blocks, Edges
    from geogrid.sources.sample.roads import Roads

__all__ = ["N_COURTYARDS", "LandUse", "Site", "assign_land_use"]

N_COURTYARDS = 1418
FEWEST, MOST = 8, 56
# courtyards one band holds, so that a band is about one basic grid
LOTS_PER_BAND = 3

# open courtyards per hectare of town and share of other blocks that are gated, by subdistrict
DENSITY = {
    "370202001": (0.38, 0.20),
    "370202002": (1.15, 0.10),
    "370202004": (1.20, 0.10),
    "370202005": (1.10, 0.08),
    "370202007": (1.10, 0.07),
    "370202009": (0.17, 0.09),
    "370202010": (0.52, 0.26),
    "370202011": (0.60, 0.26),
    "370202012": (0.68, 0.26),
    "370202013": (0.40, 0.30),
    "370202014": (0.43, 0.26),
}
OLD_TOWN = frozenset({"370202002", "370202004", "370202005", "370202007"})
OLD_LOT = LotStyle(area_m2=1250.0, one_row_m=52.0, slab_m=10.0, gap_m=6.0)
NEW_LOT = LotStyle(area_m2=2300.0, one_row_m=68.0, slab_m=11.5, gap_m=14.0)
SKIP_BLOCK = 0.10
# a second cluster beyond an arterial road, where it has room and chance will have it
SECOND_CORE = 0.8
SECOND_ROOM_HA = 3.0


@dataclass
class Site:
    """Hold one plot that is built on, and its buildings.

    Parameters
    ----------
    kind : str
        ``open`` (courtyard), ``gated``, ``commercial``, ``public``.
    block : int
        Its block.
    tile : int
        Its band of the block, over all blocks.
    polygon : Polygon
        The plot, metres.
    buildings : list of Polygon
        Footprints inside it.
    levels : list of int
        Storeys of each.
    """

    kind: str
    block: int
    tile: int
    polygon: Polygon
    buildings: list[Polygon] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class LandUse:
    """Hold the plots, and the bands the blocks were cut into.

    Parameters
    ----------
    sites : list of Site
        All plots; 1,418 of them open courtyards.
    tiles : ndarray of Polygon, (t,)
        Seamless pieces of blocks.
    tile_block : ndarray of int, (t,)
        The block of each.
    """

    sites: list[Site]
    tiles: NDArray[np.object_]
    tile_block: NDArray[np.int64]


@dataclass
class _Ground:
    """Carry what the steps below share; the lists grow as blocks are used."""

    blocks: Blocks
    net: NDArray[np.object_]
    codes: tuple[str, ...]
    rng: np.random.Generator
    sites: list[Site] = field(default_factory=list)
    tiles: list[Polygon] = field(default_factory=list)
    tile_block: list[int] = field(default_factory=list)
    used: set[int] = field(default_factory=set)

    def code(self, block: int) -> str:
        return self.codes[self.blocks.subdistrict[block]]


def assign_land_use(
    blocks: Blocks,
    edges: Edges,
    roads: Roads,
    community: NDArray[np.object_],
    codes: tuple[str, ...],
    rng: np.random.Generator,
) -> LandUse:
    """Build the town: courtyards first, near one another, then the rest.

    Parameters
    ----------
    blocks, edges, roads : Blocks, Edges, Roads
        The block map.
    community : ndarray of str, (n,)
        Community of every block.
    codes : tuple of str
        Subdistrict codes.
    rng : Generator
        Source of the irregularities.

    Returns
    -------
    LandUse
        Every community has between `FEWEST` and `MOST` courtyards, in one
        cluster or two.
    """
    ground = _Ground(blocks, _building_land(blocks, edges, roads), codes, rng)
    barrier = np.isin(roads.kind, ["arterial", "rail", "river"])
    quiet = map_pieces(blocks.polygons, edges, np.where(barrier, np.inf, 1.0))
    areas = shapely.area(ground.net) / 1e4
    town = np.where(blocks.park == "", areas, 0.0)
    names = sorted(set(community))
    weight = np.array(
        [
            sum(town[b] * DENSITY[ground.code(b)][0] for b in np.flatnonzero(community == c))
            for c in names
        ]
    )
    quota = _quotas(weight)
    short = 0
    for c, n in sorted(zip(names, quota, strict=True), key=lambda p: -p[1]):
        mine = [int(b) for b in np.flatnonzero((community == c) & (blocks.park == ""))]
        wanted = min(int(n) + short, MOST)
        got = _fill_community(ground, quiet, mine, wanted, town)
        short += int(n) - got
    _top_up(ground, quiet, community, short, town)
    for b in range(len(blocks.polygons)):
        if b not in ground.used:
            _use_otherwise(ground, b, near_arterial=False)
    return LandUse(ground.sites, np.array(ground.tiles, dtype=object), np.array(ground.tile_block))


def _building_land(blocks: Blocks, edges: Edges, roads: Roads) -> NDArray[np.object_]:
    """Take half of every street's width off the blocks beside it."""
    width = np.array([HALF_WIDTH_M[str(k)] for k in roads.kind])
    strips = shapely.buffer(edges.lines, width, cap_style="flat", quad_segs=4)
    beside: list[list[int]] = [[] for _ in blocks.polygons]
    for e, (a, b) in enumerate(zip(edges.left, edges.right, strict=True)):
        for block in {int(a), int(b)} - {-1}:
            beside[block].append(e)
    net = np.empty(len(beside), dtype=object)
    for i, mine in enumerate(beside):
        rest = shapely.difference(blocks.polygons[i], shapely.union_all(strips[mine]))
        # a mitred in-and-out takes the spikes off the corners
        rest = rest.buffer(-5.0).buffer(5.0, join_style="mitre", mitre_limit=2.0)
        parts = shapely.get_parts(rest.intersection(blocks.polygons[i]))
        net[i] = parts[int(np.argmax(shapely.area(parts)))] if len(parts) else shapely.Polygon()
    return net


def _quotas(weight: NDArray[np.float64]) -> NDArray[np.int64]:
    """Share 1,418 out by weight, within limits (largest remainder)."""
    share = weight / weight.sum() * N_COURTYARDS
    for _ in range(50):
        share = np.clip(share, FEWEST, MOST)
        free = (share > FEWEST) & (share < MOST)
        share[free] += (N_COURTYARDS - share.sum()) * share[free] / share[free].sum()
    share = np.clip(share, FEWEST, MOST)
    quota = np.floor(share).astype(np.int64)
    rest = np.argsort(quota - share, kind="stable")
    quota[rest[: N_COURTYARDS - int(quota.sum())]] += 1
    return quota


def _fill_community(
    ground: _Ground, quiet: PieceMap, mine: list[int], wanted: int, town: NDArray[np.float64]
) -> int:
    """Place a community's courtyards in one or two clusters; return their number."""
    faces = quiet.components(mine)
    faces.sort(key=lambda face: -float(town[face].sum()))
    room = [float(town[f].sum()) for f in faces]
    split = [wanted]
    two = len(faces) > 1 and room[1] > SECOND_ROOM_HA and wanted >= 16
    if two and ground.rng.random() < SECOND_CORE:
        second = max(6, round(wanted * min(0.5, room[1] / (room[0] + room[1]))))
        split = [wanted - second, second]
    got = 0
    for face, n in zip(faces, split, strict=False):
        got += _fill_face(ground, quiet, face, n, town)
    for face in faces[len(split) :] if got < wanted else []:
        if wanted - got >= 6:
            got += _fill_face(ground, quiet, face, wanted - got, town)
    return got


def _fill_face(
    ground: _Ground, quiet: PieceMap, face: list[int], wanted: int, town: NDArray[np.float64]
) -> int:
    """Turn the blocks around a face's core into courtyards until enough are there."""
    xy = quiet.xy[face]
    core = np.average(xy, axis=0, weights=town[face] + 1e-6)
    # a core beside the middle, and a slightly longer reach along one axis
    core = core + ground.rng.normal(0.0, 0.18, 2) * np.ptp(xy, axis=0)
    away = np.hypot(*((xy - core) * ground.rng.uniform(0.8, 1.2, 2)).T)
    got = 0
    for i in np.argsort(away, kind="stable"):
        block = face[int(i)]
        if got >= wanted:
            break
        if block in ground.used or town[block] < 0.1 or ground.rng.random() < SKIP_BLOCK:
            continue
        got += _open_block(ground, block, wanted - got)
    return got


def _top_up(
    ground: _Ground,
    quiet: PieceMap,
    community: NDArray[np.object_],
    short: int,
    town: NDArray[np.float64],
) -> None:
    """Place the courtyards that found no room, next to others of their community."""
    count: dict[str, int] = {}
    for site in ground.sites:
        count[community[site.block]] = count.get(community[site.block], 0) + 1
    beside = {
        j
        for s in ground.sites
        for j in quiet.neighbours[s.block]
        if community[j] == community[s.block]
    }
    for _ in range(6):
        for block in sorted(beside - ground.used, key=lambda b: (count[community[b]], b)):
            if short <= 0:
                return
            if town[block] < 0.1 or ground.blocks.park[block]:
                continue
            room = MOST - count[community[block]]
            if room > 0:
                got = _open_block(ground, block, min(short, room, 8))
                count[community[block]] += got
                short -= got
        beside |= {
            j
            for b in sorted(beside & ground.used)
            for j in quiet.neighbours[b]
            if community[j] == community[b]
        }


def _open_block(ground: _Ground, block: int, most: int) -> int:
    """Cut one block into courtyards with their slabs; return how many."""
    style = OLD_LOT if ground.code(block) in OLD_TOWN else NEW_LOT
    net, polygon = ground.net[block], ground.blocks.polygons[block]
    frame = frame_of(net)
    n = max(1, round(net.area / style.area_m2 / LOTS_PER_BAND))
    bands = cut_bands(polygon, frame, n)
    found: list[tuple[int, Polygon, list[Polygon]]] = []
    for i, band in enumerate(bands):
        land = shapely.intersection(net, band)
        for lot in cut_lots(_largest(land), frame, style, ground.rng):
            slabs = _courtyard_slabs(lot, frame, style)
            if len(slabs) >= 2:
                found.append((i, lot, slabs))
    if len(found) < 2:
        return 0
    first = len(ground.tiles)
    ground.tiles += bands
    ground.tile_block += [block] * len(bands)
    ground.used.add(block)
    for i, lot, slabs in found[:most]:
        high = 5 if ground.code(block) in OLD_TOWN else 7
        level = int(ground.rng.integers(high - 2, high + 1))
        levels = [max(3, level - int(ground.rng.random() < 0.2)) for _ in slabs]
        ground.sites.append(Site("open", block, first + i, lot, slabs, levels))
    for i, lot, slabs in found[most:]:
        kind = "commercial" if ground.rng.random() < 0.6 else "public"
        ground.sites.append(Site(kind, block, first + i, lot, slabs[:1], [2]))
    return min(most, len(found))


def _courtyard_slabs(lot: Polygon, frame: Frame, style: LotStyle) -> list[Polygon]:
    """Place two or three slabs, long sides facing south where there is room."""
    local = frame.local(lot)
    x0, y0, x1, y1 = local.bounds
    turned = Frame(frame.origin, np.array([-frame.axis[1], frame.axis[0]]))
    southward = abs(frame.axis[0]) >= abs(frame.axis[1])
    options = [(frame, y1 - y0), (turned, x1 - x0)]
    if not southward:
        options.reverse()
    best: list[Polygon] = []
    for axes, deep in options:
        n = int((deep - 4.0 + style.gap_m) // (style.slab_m + style.gap_m))
        for k in (min(n, 3), min(n, 3) - 1):
            if k < 2:
                continue
            slabs = place_slabs(lot, axes, depths=[style.slab_m] * k, margin_m=2.5, longest_m=48.0)
            if len(slabs) > len(best):
                best = slabs
        if len(best) >= 2:
            break
    return best


def _use_otherwise(ground: _Ground, block: int, *, near_arterial: bool) -> None:
    """Give a block without courtyards its use: gated, commercial, public, or none."""
    first = len(ground.tiles)
    ground.tiles.append(ground.blocks.polygons[block])
    ground.tile_block.append(block)
    ground.used.add(block)
    net = ground.net[block]
    if ground.blocks.park[block] or net.area < 900.0:
        return
    gated = DENSITY[ground.code(block)][1]
    draw = ground.rng.random()
    frame = frame_of(net)
    if draw < gated and 5_000.0 < net.area < 40_000.0:
        site = _compound(ground, block, first, frame)
        if site.buildings:
            ground.sites.append(site)
            return
    kind = "public" if draw > (0.8 if near_arterial else 0.72) else "commercial"
    old = ground.code(block) in OLD_TOWN
    size_m2 = 1_000.0 if old else 2_000.0 if net.area < 9_000.0 else 3_200.0
    style = LotStyle(area_m2=size_m2, one_row_m=60.0, slab_m=18.0, gap_m=14.0)
    high = 4 if old else 9
    for lot in cut_lots(net, frame, style, ground.rng):
        x0, y0, x1, y1 = frame.local(lot).bounds
        deep = min(y1 - y0 - 8.0, float(ground.rng.uniform(13.0, 30.0)))
        slabs = (
            place_slabs(
                lot,
                frame,
                depths=[deep],
                margin_m=4.0,
                longest_m=float(ground.rng.uniform(0.55, 0.9) * (x1 - x0)),
                shortest_m=10.0,
            )
            if deep > 8.0
            else []
        )
        levels = [int(ground.rng.integers(2, high + 1)) for _ in slabs]
        if slabs and ground.rng.random() < 0.9:
            ground.sites.append(Site(kind, block, first, lot, slabs, levels))


def _compound(ground: _Ground, block: int, tile: int, frame: Frame) -> Site:
    """Make one gated compound with its towers or slabs."""
    yard = _largest(ground.net[block].buffer(-1.5, join_style="mitre"))
    x0, y0, x1, y1 = frame.local(yard).bounds
    towers = ground.rng.random() < (0.25 if ground.code(block) in OLD_TOWN else 0.6)
    depth, gap, longest = (17.0, 32.0, 26.0) if towers else (12.0, 19.0, 50.0)
    n_rows = max(1, int((y1 - y0 - 12.0 + gap) // (depth + gap)))
    n_columns = max(1, int((x1 - x0) // (longest + 22.0)))
    site = Site("gated", block, tile, yard)
    at = np.linspace(x0, x1, n_columns + 1)
    local = frame.local(yard)
    for low, high in pairwise(at):
        column = _largest(shapely.intersection(local, shapely.box(low, y0, high, y1)))
        slabs = place_slabs(
            frame.world(column), frame, depths=[depth] * n_rows, margin_m=6.0, longest_m=longest
        )
        site.buildings += slabs
        tall = (11, 28) if towers else (6, 8)
        site.levels += [int(ground.rng.integers(*tall)) for _ in slabs]
    return site


def _largest(shape: object) -> Polygon:
    """Return the largest part of a shape, an empty polygon if it has none."""
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_type_id(parts) == 3]
    return parts[int(np.argmax(shapely.area(parts)))] if len(parts) else shapely.Polygon()
