"""Command line of the import: the files of an office in, one validated district out.

Stands beside `geogrid.cli`, which hangs it in as ``geogrid import``.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geogrid.console import (
    check_out,
    count_map,
    counts_text,
    make_console,
    print_faults,
    write_json,
)
from geogrid.errors import InputError

if TYPE_CHECKING:
    from geogrid.sources.osm import OsmLayers

__all__ = ["import_"]

JsonFile = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Also write a machine report.")
]


def import_(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="GeoPackage to write.")],
    vector: Annotated[
        Path | None,
        typer.Option("--vector", metavar="PATH", help="GeoPackage, or folder of vector files."),
    ] = None,
    osm: Annotated[
        Path | None,
        typer.Option(
            "--osm",
            metavar="FILE",
            help="OpenStreetMap: .osm, .osm.pbf, or a GeoPackage of layers made from it.",
        ),
    ] = None,
    buildings: Annotated[
        Path | None,
        typer.Option("--buildings", metavar="FILE", help="Or layer by layer: OSM buildings,"),
    ] = None,
    roads: Annotated[Path | None, typer.Option("--roads", metavar="FILE", help="roads,")] = None,
    landuse: Annotated[
        Path | None, typer.Option("--landuse", metavar="FILE", help="residential and other land,")
    ] = None,
    walls: Annotated[
        Path | None, typer.Option("--walls", metavar="FILE", help="walls and fences,")
    ] = None,
    water: Annotated[
        Path | None, typer.Option("--water", metavar="FILE", help="rivers and lakes.")
    ] = None,
    place: Annotated[
        str | None,
        typer.Option("--place", help="Download this place from OpenStreetMap (needs a network)."),
    ] = None,
    communities: Annotated[
        Path | None,
        typer.Option("--communities", metavar="FILE", help="Community polygons; else by barriers."),
    ] = None,
    crs: Annotated[
        str | None, typer.Option("--crs", help="System of files that declare none: EPSG:4549 ...")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Display name of the district.")] = "",
    json_out: JsonFile = None,
) -> None:
    """Turn a district's files into one validated GeoPackage."""
    from geogrid.sources.vector import read_district, read_layer, write_district

    check_out(out)
    if sum(source is not None for source in (vector, osm, buildings, place)) != 1:
        raise InputError("Give exactly one of --vector, --osm, --buildings and --place.")
    if vector is not None:
        district = read_district(vector, declared=crs)
    else:
        from geogrid.sources import osm as reader

        areas = (
            None if communities is None else read_layer(communities, "communities", declared=crs)
        )
        if place is not None:
            district = reader.district_from_place(place, communities=areas)
        else:
            layers = (
                _osm_layers(buildings, roads, landuse, walls, water)
                if osm is None
                else _osm_file(osm)
            )
            title = name or (osm or buildings or out).name.partition(".")[0]
            district = reader.district_from_osm(layers, communities=areas, name=title)
    write_district(district, out)
    typer.echo(f"Wrote {out}: {counts_text(district)}.")
    if district.notes:
        typer.echo(f"{len(district.notes)} notes:")
        print_faults(make_console(), district.notes)
    facts = dict(district.metadata)
    if "dwelling_rule" in facts:
        typer.echo(f"Dwelling rule: {facts['dwelling_rule']}")
    rows = [asdict(n) for n in district.notes]
    write_json(json_out, {"counts": count_map(district), "metadata": facts, "faults": rows})


def _osm_file(path: Path) -> OsmLayers:
    """Read OpenStreetMap data from one file, by its ending."""
    from geogrid.sources.osm import read_osm_file, read_osm_geopackage

    return read_osm_geopackage(path) if path.suffix.lower() == ".gpkg" else read_osm_file(path)


def _osm_layers(
    buildings: Path | None,
    roads: Path | None,
    landuse: Path | None,
    walls: Path | None,
    water: Path | None,
) -> OsmLayers:
    """Read OpenStreetMap data layer by layer."""
    from geogrid.sources.osm import read_osm_layers

    if buildings is None or roads is None:
        raise InputError("OSM layers need at least --buildings and --roads.")
    return read_osm_layers(
        buildings=buildings, roads=roads, landuse=landuse, barriers=walls, water=water
    )
