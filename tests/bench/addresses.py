"""Addresses: seeded lists of requests, none of them twice unless it is said."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np
import shapely

ITEMS = "/collections/courtyards/items"
FEW, MANY = 16, 223
# different boxes a list begins with; each further round moves their sides by millimetres
N_BOXES = 400
N_ADDRESSES = 60_000
MOVE_DEG = 2e-8
LIMIT = 10_000


@dataclass(frozen=True)
class Town:
    """Hold the features that both services answer with.

    Parameters
    ----------
    ids : list of str
        Identifiers.
    geometry : (n,) array of Geometry
        Longitude and latitude.
    collection : dict
        The whole GeoJSON document.
    """

    ids: list[str]
    geometry: np.ndarray
    collection: dict

    @classmethod
    def of(cls, collection):
        """Take a GeoJSON collection apart."""
        features = collection["features"]
        geometry = shapely.from_geojson([json.dumps(f["geometry"]) for f in features])
        return cls([f["id"] for f in features], geometry, collection)

    def middles(self):
        """Return the middle of every feature (n, 2)."""
        return shapely.get_coordinates(shapely.centroid(self.geometry))


def boxes(town, wanted, rng):
    """Return boxes (n, 4) around courtyards that touch exactly so many of them."""
    tree = shapely.STRtree(town.geometry)
    middles = shapely.centroid(town.geometry)
    # as wide as high in metres
    stretch = 1 / np.cos(np.radians(shapely.get_y(middles).mean()))
    found = []
    while len(found) < N_BOXES:
        x, y = shapely.get_coordinates(middles[rng.integers(len(middles))])[0]
        least, most = 1e-5, 1.0
        for _ in range(50):
            half = (least + most) / 2
            box = (x - half * stretch, y - half, x + half * stretch, y + half)
            n = len(tree.query(shapely.box(*box), predicate="intersects"))
            if n == wanted:
                found.append(box)
                break
            least, most = (half, most) if n < wanted else (least, half)
    return np.array(found)


def asked_boxes(town, wanted, rng, n=N_ADDRESSES):
    """Return addresses that ask for boxes of so many courtyards."""
    base = boxes(town, wanted, rng)
    moved = base[np.arange(n) % len(base)] + rng.uniform(-MOVE_DEG, MOVE_DEG, (n, 4))
    return [
        f"{ITEMS}?bbox={a:.10f},{b:.10f},{c:.10f},{d:.10f}&limit={LIMIT}"
        for a, b, c, d in moved.tolist()
    ]


def asked_all(town):
    """Return addresses that ask for every courtyard, each with a limit of its own."""
    return [f"{ITEMS}?limit={limit}" for limit in range(len(town.ids), LIMIT + 1)]


def asked_one(town, rng, n=N_ADDRESSES):
    """Return addresses of single courtyards, each time under another name of the host.

    There are fewer courtyards than requests; links in the answer carry the name, so that no
    answer can be kept for another.
    """
    order = rng.permutation(len(town.ids)).tolist()
    names = [town.ids[at] for at in order]
    return [f"{ITEMS}/{names[i % len(names)]} h{i // len(names)}.example" for i in range(n)]


def points(town, n, rng):
    """Return points (n, 2) spread over the courtyards and some metres around them."""
    at = town.middles()[rng.integers(len(town.ids), size=n)]
    return at + rng.normal(0, 4e-4, (n, 2))


def asked_places(town, rng, n=N_ADDRESSES):
    """Return addresses that ask who is responsible for a point."""
    return [
        "/locate?" + urlencode({"lon": f"{x:.7f}", "lat": f"{y:.7f}"})
        for x, y in points(town, n, rng).tolist()
    ]


def asked_tiles(town, zoom=14, collection="courtyards"):
    """Return the addresses of all tiles of one zoom that the courtyards touch."""
    minx, miny, maxx, maxy = shapely.total_bounds(town.geometry)
    n = 2**zoom

    def row(lat):
        turned = np.arcsinh(np.tan(np.radians(lat)))
        return int((1 - turned / np.pi) / 2 * n)

    columns = range(int((minx + 180) / 360 * n), int((maxx + 180) / 360 * n) + 1)
    return [
        f"/collections/{collection}/tiles/WebMercatorQuad/{zoom}/{y}/{x}"
        for y in range(row(maxy), row(miny) + 1)
        for x in columns
    ]
