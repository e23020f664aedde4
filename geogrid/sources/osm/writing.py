"""Write features as an OpenStreetMap file, in the XML that its own tools exchange."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from geogrid.files import replacing

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["INVENTED", "write_osm_file"]

# who wrote a file of features that are nowhere on the ground; its readers say so too
INVENTED = "geogrid (invented, not OpenStreetMap data)"
# about a centimetre, as OpenStreetMap itself keeps places
_DECIMALS = 7


def write_osm_file(features: gpd.GeoDataFrame, path: Path | str) -> Path:
    """Write invented features as an ``.osm`` file.

    Parameters
    ----------
    features : GeoDataFrame
        Points, LineStrings and Polygons without holes, in any declared CRS; the
        column ``tags`` holds a dict each.
    path : Path or str
        Where to; an old file stays until the new one is whole.

    Returns
    -------
    Path
        The file. Its root names the features as invented, which
        `geogrid.sources.osm.read_osm_file` reads. Ends that meet share a node.
    """
    from shapely import Polygon

    path = Path(path)
    node_of: dict[tuple[float, float], int] = {}
    told: dict[int, str] = {}
    ways: list[str] = []
    shapes = features.geometry.to_crs("EPSG:4326")
    for shape, tags in zip(shapes, features["tags"], strict=True):
        edge = shape.exterior if isinstance(shape, Polygon) else shape
        places = [(round(x, _DECIMALS), round(y, _DECIMALS)) for x, y in edge.coords]
        refs = [node_of.setdefault(place, len(node_of) + 1) for place in places]
        text = "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())
        if shape.geom_type == "Point":
            told[refs[0]] = text
            continue
        members = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        ways.append(f'<way id="{len(ways) + 1}" version="1">{members}{text}</way>')
    nodes = [
        f'<node id="{ref}" version="1" lat="{y:.7f}" lon="{x:.7f}">{told.get(ref, "")}</node>'
        for (x, y), ref in node_of.items()
    ]
    west, south, east, north = shapes.total_bounds
    head = (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        f'<osm version="0.6" generator={quoteattr(INVENTED)}>\n'
        f'<bounds minlat="{south:.7f}" minlon="{west:.7f}" '
        f'maxlat="{north:.7f}" maxlon="{east:.7f}"/>'
    )
    with replacing(path) as aside:
        aside.write_text("\n".join([head, *nodes, *ways, "</osm>\n"]), encoding="utf-8")
    return path
