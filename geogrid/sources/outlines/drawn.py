"""Make outlines of a drawing: its closed lines, named by the texts that stand in them."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from geogrid.district import TABLES
from geogrid.errors import InputError
from geogrid.locale import LANGUAGES, phrases
from geogrid.sources.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geogrid.sources.outlines.drawing import Drawing

__all__ = ["DRAWN_ON", "outlines_of"]

# column that holds the name of the drawing's layer
DRAWN_ON = "drawing_layer"

# what a drawing's layer is called if it holds ours; closed compounds are no open courtyards
_LAYERS = {
    "subdistricts": r"街道|街办|办事处|subdistrict",
    "communities": r"社区|居委|居民委|communit",
    "courtyards": r"楼院|院落|庭院|院界|院线|(?<!封闭)小区|courtyard",
    "buildings": r"建筑|房屋|楼栋|楼座|building",
    "compounds": r"封闭小区|compound",
    "basic_grids": r"基础网格|basic.?grid",
    "beats": r"警格|beat",
}
# part of a metre that one unit of a drawing is; 0 states none
_UNITS = {0: 1.0, 4: 0.001, 5: 0.01, 6: 1.0, 7: 1000.0, 14: 0.1}
# metres from the equator of any place in China, and degrees
_NORTHING = (1_500_000.0, 6_500_000.0)
_EASTING = (0.0, 100_000_000.0)
_DEGREES = (0.0, 180.0)

_CODE = re.compile(r"\d{12}|\d{9}")
# a storey number or the like is none: three signs and a digit at least
_IDENT = re.compile(r"(?=.*\d)(?=.{3})[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*")
# what a house is built of, and its storeys, as surveyors write it into a plan
_STRUCTURE = re.compile(r"[砖混砼钢简破土木石建棚框]{1,2}\d{0,2}")
_ADDRESS = re.compile(r".*\d+\s*(?:号|弄|巷).*")


def outlines_of(
    drawing: Drawing, layer: str, *, name: str, drawn_on: Sequence[str] = ()
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Make one row of each polyline on the layers that hold what is wanted.

    Parameters
    ----------
    drawing : Drawing
        Its lines and texts.
    layer : str
        Which layer of `geogrid.district.TABLES` is wanted.
    name : str
        Name of the file.
    drawn_on : sequence of str
        Names of the drawing's layers that hold it; by default those whose name
        says so (楼院, 社区), else the only one with closed lines.

    Returns
    -------
    frame : GeoDataFrame
        One row a polyline, in the order of the drawing, in metres or degrees:
        a Polygon where it is closed, else the line as it is. The key of the
        layer, ``name`` and ``address`` come from the texts inside; text that is
        none is missing. ``drawing_layer`` names the drawing's layer.
    findings : list of Finding
        How units were read; texts that several outlines or none could claim;
        rows with two numbers are rejected.

    Raises
    ------
    InputError
        If it cannot be told which of the drawing's layers is meant, or its
        units are not metric or contradict its numbers.
    """
    import geopandas as gpd
    import numpy as np
    import shapely

    is_closed = shapely.is_closed(drawing.lines) & (shapely.get_num_coordinates(drawing.lines) > 3)
    chosen = _chosen(drawing.line_layers, is_closed, layer, name, drawn_on)
    wanted = np.isin(drawing.line_layers, chosen)
    lines, is_closed = drawing.lines[wanted], is_closed[wanted]
    factor, findings = _scale(shapely.total_bounds(lines), drawing.units, name)
    shapes = lines.copy()
    points, of_ring = shapely.get_coordinates(lines[is_closed], return_index=True)
    shapes[is_closed] = shapely.polygons(shapely.linearrings(points, indices=of_ring))
    # a line that is nearly closed claims its texts as if it were
    areas = shapes.copy()
    open_ix = np.flatnonzero(~is_closed & (shapely.get_num_coordinates(lines) > 2))
    for ix in open_ix.tolist():
        ring = shapely.get_coordinates(lines[ix])
        areas[ix] = shapely.polygons(np.vstack([ring, ring[:1]]))
    columns: dict[str, list[Any]] = {
        column: [None] * len(lines) for column in (_key(layer), "name", "address")
    }
    texts, lost = _texts_inside(drawing, areas, drawing.line_layers[wanted])
    for ix, inside in enumerate(texts):
        findings += _name(columns, ix, inside, layer, name)
    n_others = sum(drawing.others.get(one, 0) for one in chosen)
    if n_others:
        told = {"count": str(n_others), "layers": "、".join(chosen)}
        findings.append(Finding("drawing_left", "note", name, field="file", told=told))
    if lost:
        told = {"count": str(len(lost)), "first": "、".join(lost[:5])}
        findings.append(Finding("text_unplaced", "note", name, field="file", told=told))
    frame = gpd.GeoDataFrame(columns, geometry=_scaled(shapes, factor))
    frame[DRAWN_ON] = drawing.line_layers[wanted]
    return frame, findings


def _key(layer: str) -> str:
    return TABLES[layer].key


def _chosen(
    layers: NDArray[Any],
    is_closed: NDArray[Any],
    layer: str,
    name: str,
    drawn_on: Sequence[str],
) -> list[str]:
    """Find the drawing's layers that hold what is wanted."""
    counts = Counter(layers[is_closed].tolist())
    if drawn_on:
        wanted = [one for one in counts if one in set(drawn_on)]
    else:
        pattern = re.compile(_LAYERS.get(layer, layer), re.IGNORECASE)
        wanted = [one for one in counts if pattern.search(one)]
        if not wanted and len(counts) == 1:
            wanted = list(counts)
    if wanted:
        return sorted(wanted)
    found = ", ".join(f"{one} ({n})" for one, n in sorted(counts.items())) or "none"
    msg = f"{name}: no layer of the drawing says that it holds {layer}; closed lines lie on: "
    msg += f"{found}. Rename the one meant, for example to "
    msg += f"{'社区' if layer == 'communities' else '楼院'}."
    raise InputError(msg, path=name, layers=sorted(counts))


def _scale(bounds: NDArray[Any], units: int, name: str) -> tuple[float, list[Finding]]:
    """Find what to multiply the numbers by to have metres, and say so."""
    if units not in _UNITS:
        msg = f"{name}: the drawing's units ($INSUNITS {units}) are not metric; save it in metres."
        raise InputError(msg, path=name, units=units)
    factor = _UNITS[units]
    if factor == 1:
        return 1.0, []
    names = {one: phrases(one, "intake")[f"drawing_unit_{units}"] for one in LANGUAGES}
    told, en = {f"unit_{one}": text for one, text in names.items()}, names["en"]
    # templates of drawing programs state millimetres over plans that are drawn in metres
    if _is_place(bounds):
        return 1.0, [Finding("drawing_units", "note", name, field="file", told=told)]
    if _is_place(bounds * factor):
        return factor, [Finding("drawing_scaled", "note", name, field="file", told=told)]
    msg = f"{name}: the drawing states {en}, but its numbers are neither metres nor {en} of a "
    msg += "place in China; set its units ($INSUNITS) and save it again."
    raise InputError(msg, path=name, units=units)


def _is_place(bounds: NDArray[Any]) -> bool:
    """Say whether these can be metres in a plane of China, or degrees, in either order."""
    west, south, east, north = (float(value) for value in bounds)

    def within(low: float, high: float, span: tuple[float, float]) -> bool:
        return span[0] <= low and high <= span[1]

    upright = within(south, north, _NORTHING) and within(west, east, _EASTING)
    swapped = within(west, east, _NORTHING) and within(south, north, _EASTING)
    degrees = within(west, east, _DEGREES) and within(south, north, _DEGREES)
    return upright or swapped or (degrees and max(east - west, north - south) < 5)


def _scaled(shapes: NDArray[Any], factor: float) -> NDArray[Any]:
    import shapely

    return shapes if factor == 1 else shapely.transform(shapes, lambda xy: xy * factor)


def _texts_inside(
    drawing: Drawing, areas: NDArray[Any], layers: NDArray[Any]
) -> tuple[list[list[str]], list[str]]:
    """Give each text to the smallest outline around it, top to bottom; name those left over.

    An outline with a text on its own layer takes no texts of other layers: a
    plan is full of storeys and road names.
    """
    import numpy as np
    import shapely

    n_inside: list[list[str]] = [[] for _ in areas]
    if not len(drawing.texts) or not len(areas):
        return n_inside, []
    place_ix, area_ix = shapely.STRtree(areas).query(drawing.places, predicate="intersects")
    sizes = shapely.area(areas)
    order = np.lexsort((area_ix, sizes[area_ix], place_ix))
    place_ix, area_ix = place_ix[order], area_ix[order]
    first = np.r_[True, place_ix[1:] != place_ix[:-1]] if len(place_ix) else np.zeros(0, bool)
    place_ix, area_ix = place_ix[first], area_ix[first]
    own = drawing.text_layers[place_ix] == layers[area_ix]
    has_own = np.zeros(len(areas), bool)
    has_own[area_ix[own]] = True
    keep = own | ~has_own[area_ix]
    heights = shapely.get_y(drawing.places[place_ix])
    for n in np.lexsort((shapely.get_x(drawing.places[place_ix]), -heights)).tolist():
        if keep[n]:
            n_inside[area_ix[n]] += _lines(str(drawing.texts[place_ix[n]]))
    on_layer = np.isin(drawing.text_layers, np.unique(layers))
    left = np.setdiff1d(np.flatnonzero(on_layer), place_ix)
    return n_inside, [" ".join(_lines(str(drawing.texts[ix]))) for ix in left]


def _lines(text: str) -> list[str]:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [line for line in lines if line and not _STRUCTURE.fullmatch(line)]


def _name(
    columns: dict[str, list[Any]], ix: int, inside: list[str], layer: str, name: str
) -> list[Finding]:
    """Read the number, address and name of one outline from the texts in it."""
    key = _key(layer)
    pattern = _CODE if key.endswith("_code") else _IDENT
    idents = list(dict.fromkeys(text for text in inside if pattern.fullmatch(text)))
    words = list(dict.fromkeys(text for text in inside if _says_something(text)))
    addresses = [text for text in words if _ADDRESS.fullmatch(text)]
    names = [text for text in words if text not in addresses]
    for column, found in ((key, idents), ("address", addresses), ("name", names)):
        if found:
            columns[column][ix] = found[0]
    findings = []
    ident = idents[0] if idents else ""
    if len(idents) > 1:
        told = {"texts": "、".join(idents[:5])}
        columns[key][ix] = None
        findings.append(
            Finding("several_numbers", "rejected", name, "", ix + 1, "", key, told=told)
        )
    several = [found for found in (addresses, names) if len(found) > 1]
    for found in several:
        field = "address" if found is addresses else "name"
        told = {"texts": "、".join(found[1:5])}
        findings.append(
            Finding("several_texts", "note", name, "", ix + 1, ident, field, "", found[0], told)
        )
    return findings


def _says_something(text: str) -> bool:
    """Say whether a text can be a name: it holds a Chinese sign."""
    return any("一" <= sign <= "鿿" for sign in text)
